"""What migration files declare, found by running them in a scratch copy of the baseline.

``IF NOT EXISTS`` skips an object of that name that is there already, whatever it looks like. So
that the file's own definition counts, everything a file is the first to declare so is set aside
in the scratch copy before it. Then the file runs by psql, stopping at the first error, with a
catalog snapshot before and after. What a file made, changed or made again is what it declares, as
the last file leaves it.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from gonogo.errors import CannotTell
from gonogo.probes.database.binaries import PostgresBinaries
from gonogo.probes.database.catalog_moment import CatalogMoment
from gonogo.probes.database.clones import scratch_database
from gonogo.probes.database.declarations import Conditional, read_declarations
from gonogo.probes.database.programs import run_program
from gonogo.probes.database.schema import snapshot
from gonogo.probes.database.schema_objects import SchemaSnapshot
from gonogo.probes.database.session import connect_admin
from gonogo.probes.database.set_aside import set_aside, without_other_names

FIRST_ERROR = re.compile(
    r"^psql:(?P<file>.*?):(?P<line>\d+): (?P<message>(?:ERROR|FATAL).*)$", re.MULTILINE
)


@dataclass(frozen=True, kw_only=True)
class Doubt:
    """The kinds and names of what a later file may have changed that could not be run, and why."""

    names: frozenset[tuple[str, str]]
    reason: CannotTell


@dataclass(frozen=True, kw_only=True)
class Declared:
    """What one migration file declares; *notes* name what could only be seen by running it.

    *dropped* are the kinds and names of older objects that it takes away. *failure* is why nobody
    can tell what it declares, *doubt* what of it is not certain. *applied_before* files were in the
    ledger before the release; those of them that were not *run* declare what is there of them.
    """

    number: str
    path: Path
    sha256: str
    objects: SchemaSnapshot
    dropped: frozenset[tuple[str, str]] = frozenset()
    notes: tuple[str, ...] = ()
    failure: CannotTell | None = None
    doubt: Doubt | None = None
    applied_before: bool = False
    run: bool = True


def declared(  # noqa: PLR0913 - each is one keyword of the call
    files: Sequence[Path],
    *,
    admin_dsn: str,
    prepare: Callable[[str], None],
    binaries: PostgresBinaries,
    schemas: Sequence[str] = ("public",),
    role: str | None = None,
) -> tuple[Declared, ...]:
    """Return what each of *files* declares, run in their order in a new scratch database.

    *prepare* gets the scratch database's DSN and gives it the baseline's schema. *role* is the one
    the files run as, where default grants depend on it. A file that fails here, naming line and
    message, ends the run: what it and later ones declare cannot be told.

    Raises:
        CannotTell: when a file cannot be read, or the scratch database not be prepared.
    """
    if not files:
        return ()
    texts = {path: read_file(path) for path in files}
    readings = {path: read_declarations(text) for path, text in texts.items()}
    made: dict[Path, set[tuple[str, str]]] = {}
    gone: dict[Path, frozenset[tuple[str, str]]] = {}
    failures: dict[Path, CannotTell] = {}
    with scratch_database(admin_dsn, prefix="gonogo_reference") as dsn:
        prepare(dsn)
        with connect_admin(dsn) as connection:
            last = snapshot(connection, schemas=schemas)
            aside: set[Conditional] = set()
            for path in files:
                if failures:
                    failures[path] = _not_tried(path, next(iter(failures)))
                    continue
                set_aside(connection, readings[path].conditionals, schemas, done=aside)
                before = CatalogMoment.of(connection, schemas)
                try:
                    apply_file(path, dsn=dsn, binaries=binaries, role=role)
                except CannotTell as error:
                    failures[path] = error
                    continue
                after = CatalogMoment.of(connection, schemas)
                made[path] = after.names_new_since(before)
                gone[path] = frozenset(before.names - after.names)
                last = after.objects
    return tuple(
        Declared(
            number=number_of(path),
            path=path,
            sha256=hashlib.sha256(texts[path].encode()).hexdigest(),
            objects=without_other_names(last.named(made.get(path, ()))),
            dropped=gone.get(path, frozenset()),
            notes=tuple(
                f"{each}: an object of it that existed before is taken as it was"
                for each in readings[path].unread
            ),
            failure=failures.get(path),
        )
        for path in files
    )


def apply_file(
    path: Path, *, dsn: str, binaries: PostgresBinaries, role: str | None = None
) -> None:
    """Run one SQL file by psql, stopping at the first error.

    Raises:
        CannotTell: when a statement fails, naming file, line and the server's message.
    """
    done = run_program(
        binaries,
        "psql",
        ["-X", "-q", "-v", "ON_ERROR_STOP=1", "-f", str(path.resolve())],
        dsn=dsn,
        role=role,
        folder=path.resolve().parent,
    )
    if done.exit_status == 0:
        return
    failed = FIRST_ERROR.search(done.stderr)
    message = failed["message"] if failed else done.stderr.strip()[-500:]
    raise CannotTell(
        "a migration file does not run in the scratch database",
        where=f"{path.name}, line {failed['line']}" if failed else path.name,
        expected="every statement runs",
        found=message,
        do=_advice(message),
    )


def read_file(path: Path) -> str:
    """Return a migration file's text.

    Raises:
        CannotTell: it cannot be read.
    """
    try:
        return path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise CannotTell(
            "a migration file cannot be read",
            where=str(path),
            found=str(error),
            do="correct the configured pattern of migration files",
        ) from error


def number_of(path: Path) -> str:
    """Return the first number in a file's name; its stem where there is none."""
    match = re.search(r"\d+", path.name)
    return match[0] if match else path.stem


def _not_tried(path: Path, failed: Path) -> CannotTell:
    return CannotTell(
        "a migration file was not run in the scratch database",
        where=path.name,
        expected="every file before it runs",
        found=f"{failed.name} does not run there",
        do="see what is said of that file",
    )


def _advice(message: str) -> str:
    if re.search(r"extension .* is not available|could not open extension control file", message):
        return "install PostgreSQL with its contrib package, so that the scratch server has it"
    return "correct the file, or the baseline the scratch database was given"
