"""Runs psql, pg_dump and pg_restore without anything of the caller's environment."""

from __future__ import annotations

import subprocess
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from psycopg.conninfo import conninfo_to_dict, make_conninfo

from gonogo.errors import CannotTell
from gonogo.probes.database.binaries import PostgresBinaries
from gonogo.probes.database.session import APPLICATION_NAME, hermetic_dsn, where_of

TIMEOUT_S = 1800.0


@dataclass(frozen=True, kw_only=True)
class Finished:
    """How a client program ended, and what it said."""

    program: str
    exit_status: int
    stdout: str
    stderr: str

    @property
    def errors(self) -> tuple[str, ...]:
        """The lines of its error output that name an error; all of them when it failed silently."""
        lines = [line for line in self.stderr.splitlines() if line.strip()]
        named = [line for line in lines if "ERROR:" in line or "error:" in line or "FATAL:" in line]
        return tuple(named or (lines if self.exit_status else ()))


def run_program(  # noqa: PLR0913 - each is one keyword of the call
    binaries: PostgresBinaries,
    program: str,
    arguments: Sequence[str],
    *,
    dsn: str | None = None,
    role: str | None = None,
    folder: Path | None = None,
    stdin: Path | None = None,
    timeout_s: float = TIMEOUT_S,
) -> Finished:
    """Run one client program to its end.

    The password goes by the program's own environment, never by its arguments. *role* is what the
    session acts as (SET ROLE). *folder* is where it runs, *stdin* the file it reads.

    Raises:
        CannotTell: when the program is missing or does not end in *timeout_s*.
    """
    where = f" on {where_of(dsn)}" if dsn else ""
    with tempfile.TemporaryDirectory(prefix="gonogo-home-") as home:
        environment = {
            "PATH": f"{binaries.folder}:/usr/bin:/bin",
            "HOME": home,
            "LANG": "C.UTF-8",
            "TZ": "UTC",
        }
        command = [binaries.program(program), *arguments]
        if dsn is not None:
            parts: dict[str, Any] = conninfo_to_dict(hermetic_dsn(dsn))
            environment["PGPASSWORD"] = str(parts.pop("password", ""))
            parts["application_name"] = APPLICATION_NAME
            if role is not None:
                parts["options"] = f"-c role={role}"
            command += ["--dbname", make_conninfo(**parts)]
        with (stdin or Path("/dev/null")).open("rb") as source:
            try:
                done = subprocess.run(
                    command,
                    stdin=source,
                    capture_output=True,
                    env=environment,
                    cwd=folder,
                    check=False,
                    timeout=timeout_s,
                )
            except FileNotFoundError as error:
                raise CannotTell(
                    f"the program {program} is missing",
                    where=str(binaries.folder),
                    do="install the client programs of PostgreSQL",
                ) from error
            except subprocess.TimeoutExpired as error:
                raise CannotTell(
                    f"{program} did not end in time{where}",
                    expected=f"an end within {timeout_s:.0f} s",
                    do="look for a lock or a network fault, then run again",
                ) from error
    return Finished(
        program=program,
        exit_status=done.returncode,
        stdout=done.stdout.decode(errors="replace"),
        stderr=done.stderr.decode(errors="replace"),
    )
