"""What another user may reach: folders for a server that does not run as its owner."""

from __future__ import annotations

import stat
import subprocess
import tempfile
from collections.abc import Iterable
from pathlib import Path

from gonogo.errors import CannotTell
from gonogo.probes.database.binaries import ENVIRONMENT

LONGEST_SOCKET_PATH = 100


def private_folder(parents: Iterable[str], user: int | None) -> Path:
    """Return a new folder with a short path that the server's user can reach."""
    for parent in map(Path, parents):
        short = len(f"{parent}/gonogo-pg-xxxxxxxx/.s.PGSQL.65535") <= LONGEST_SOCKET_PATH
        if short and parent.is_dir() and (user is None or _everybody_may_enter(parent)):
            return Path(tempfile.mkdtemp(prefix="gonogo-pg-", dir=parent))
    raise CannotTell(
        "no folder fits the scratch PostgreSQL server",
        where=", ".join(parents),
        expected="a temporary folder with a short path that every user may enter",
        do="set TMPDIR to such a folder",
    )


def _everybody_may_enter(folder: Path) -> bool:
    return all(each.stat().st_mode & stat.S_IXOTH for each in (folder, *folder.parents))


def can_run(program: str, user: int) -> bool:
    """Whether *user* may run *program* and load its libraries."""
    try:
        return (
            subprocess.run(
                [program, "-V"],
                stdout=subprocess.DEVNULL,
                stderr=subprocess.DEVNULL,
                cwd="/",
                env=ENVIRONMENT,
                check=False,
                user=user,
                group=user,
                extra_groups=[],
            ).returncode
            == 0
        )
    except PermissionError:
        return False
