"""What is there of migration files that were applied long ago and cannot be run a second time.

They run in a scratch copy of the baseline, and psql goes on after an error. Before each file,
whatever it is the first to make is set aside. What they make there, and no later one of them takes
away, is what should be there in the baseline. "It exists already" is no trouble; any other error
is, unless the empty copy lacks rows, or a file took away or renamed what is missing. Only names are
told: how an object of an older migration looks may have been changed since, for reasons that no
file names.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from gonogo.errors import CannotTell
from gonogo.probes.database.binaries import PostgresBinaries
from gonogo.probes.database.catalog_moment import CatalogMoment
from gonogo.probes.database.clones import scratch_database
from gonogo.probes.database.declarations import Conditional, names_removed, read_makings
from gonogo.probes.database.programs import run_program
from gonogo.probes.database.reference import read_file
from gonogo.probes.database.schema import snapshot
from gonogo.probes.database.schema_comparison import plain_name
from gonogo.probes.database.schema_objects import Attributes, SchemaSnapshot
from gonogo.probes.database.session import connect_admin
from gonogo.probes.database.set_aside import set_aside, without_other_names

Found = Mapping[tuple[str, str], Attributes]
LOOKED_FOR = frozenset(
    "table column index sequence type function trigger view policy rule".split()  # noqa: SIM905
)
NUMBERED = frozenset({"index", "sequence"})
"""The server gives these names with a number where the plain one is taken."""
ERROR = re.compile(
    r"^psql:.*?:(?P<line>\d+): (?:ERROR|FATAL):  (?P<code>\w{5}): (?P<message>.*)$", re.MULTILINE
)
EXISTS = frozenset({"42P07", "42701", "42710", "42723", "42P06"})
SECOND_KEY = "multiple primary keys for table"
UNDEFINED = frozenset({"42P01", "42703", "42704", "42883", "3F000"})
DATA = ("22", "23")
"""Classes of errors in rows; the copy has none."""
LACKING = re.compile(r'(?:"([^"]+)"|\b([\w.]+)(?:\([^)]*\))?)(?: of relation ".*")? does not exist')


@dataclass(frozen=True, kw_only=True)
class Replayed:
    """One applied file: what it makes that is *there* in the baseline, and what is *missing*.

    *failure* is why nobody can tell. A file that makes nothing has neither.
    """

    path: Path
    there: Found
    missing: Found
    failure: CannotTell | None = None


def replayed(  # noqa: PLR0913 - each is one keyword of the call
    files: Sequence[Path],
    *,
    admin_dsn: str,
    prepare: Callable[[str], None],
    binaries: PostgresBinaries,
    schemas: Sequence[str] = ("public",),
    role: str | None = None,
) -> tuple[Replayed, ...]:
    """Return what is there of each of *files*, in their order; the arguments are `declared`'s.

    Raises:
        CannotTell: when a file cannot be read, or the scratch database not be prepared.
    """
    texts = [read_file(path) for path in files]
    removed = frozenset().union(*(names_removed(text) for text in texts))
    troubles: list[tuple[str, ...]] = []
    moments: list[tuple[CatalogMoment, CatalogMoment]] = []
    with scratch_database(admin_dsn, prefix="gonogo_replay") as dsn:
        prepare(dsn)
        with connect_admin(dsn) as connection:
            older = snapshot(connection, schemas=schemas)
            aside: set[Conditional] = set()
            for path, text in zip(files, texts, strict=True):
                set_aside(connection, read_makings(text), schemas, done=aside)
                before = CatalogMoment.of(connection, schemas)
                errors = _run_on(path, dsn=dsn, binaries=binaries, role=role)
                troubles.append(tuple(_unexplained(errors, removed)))
                moments.append((before, CatalogMoment.of(connection, schemas)))
            last = without_other_names(snapshot(connection, schemas=schemas))
    return tuple(
        _judged(path, before, after, older=older, last=last, troubles=troubles[position:])
        for position, (path, (before, after)) in enumerate(zip(files, moments, strict=True))
    )


def _judged(  # noqa: PLR0913 - the parts of one judgement
    path: Path,
    before: CatalogMoment,
    after: CatalogMoment,
    *,
    older: SchemaSnapshot,
    last: SchemaSnapshot,
    troubles: Sequence[tuple[str, ...]],
) -> Replayed:
    """Hold what a file made beside the baseline; *troubles* are its own and the later ones'."""
    made = {
        (kind, name)
        for kind, name in after.names - before.names
        if kind in LOOKED_FOR and name in last.of(kind)
    }
    found = {each: _found(each, older) for each in sorted(made)}
    there = {key: older.of(key[0])[key[1]] for keys in found.values() for key in keys}
    missing = {(kind, n): last.of(kind)[n] for (kind, n), keys in found.items() if not keys}
    # A later file that did not run to its end may be the one that takes it away again.
    unclear = [line for lines in (troubles if missing else troubles[:1]) for line in lines]
    changed = {
        f"{kind} {name}"
        for kind, name in after.names_new_since(before) - made
        if name in older.of(kind) and older.of(kind)[name] != last.of(kind).get(name)
    }
    failure = None
    if unclear:
        failure = _cannot_tell(path, "; ".join(unclear[:3]))
    elif not made and changed:
        told = ", ".join(sorted(changed)[:3])
        failure = _cannot_tell(path, f"to run it again changes what is there: {told}")
    return Replayed(path=path, there=there, missing=missing, failure=failure)


def _found(made: tuple[str, str], older: SchemaSnapshot) -> list[tuple[str, str]]:
    """Return what the baseline has in the place of an object that was made in the copy."""
    kind, name = made
    names = {plain_name(name)}
    if kind in NUMBERED:
        names.add(name.rstrip("0123456789"))
    return [(kind, each) for each in older.of(kind) if plain_name(each) in names]


def _run_on(
    path: Path, *, dsn: str, binaries: PostgresBinaries, role: str | None
) -> list[Mapping[str, str]]:
    """Run one file by psql, going on after errors; return the errors."""
    settings = ("ON_ERROR_STOP=off", "ON_ERROR_ROLLBACK=on", "VERBOSITY=verbose")
    arguments = ["-X", "-q", *(word for each in settings for word in ("-v", each))]
    done = run_program(
        binaries,
        "psql",
        [*arguments, "-f", str(path.resolve())],
        dsn=dsn,
        role=role,
        folder=path.resolve().parent,
    )
    errors: list[Mapping[str, str]] = [found.groupdict() for found in ERROR.finditer(done.stderr)]
    if done.exit_status != 0:
        said = (done.stderr.strip().splitlines() or [f"exit status {done.exit_status}"])[0]
        errors.append({"line": "", "code": "", "message": f"psql did not reach its end: {said}"})
    return errors


def _unexplained(errors: Iterable[Mapping[str, str]], removed: Collection[str]) -> Iterable[str]:
    for error in errors:
        code, message = error["code"], error["message"]
        if code in EXISTS or SECOND_KEY in message or code.startswith(DATA):
            continue
        lacking = LACKING.search(message) if code in UNDEFINED else None
        name = (lacking[1] or lacking[2]) if lacking else ""
        if name and name.rpartition(".")[2] in removed:
            continue
        yield f"line {error['line']}: {message}" if error["line"] else message


def _cannot_tell(path: Path, found: str) -> CannotTell:
    return CannotTell(
        "a migration file that was applied before this release cannot be looked after",
        where=path.name,
        expected="its objects in the state before, or an error that says they exist",
        found=found,
        do="see by hand whether it is applied, or narrow migration.files to this release's files",
    )
