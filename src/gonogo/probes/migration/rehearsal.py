"""Runs the migration files on a scratch copy of the schema, to see what they declare."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from gonogo.config import Settings
from gonogo.errors import CannotTell
from gonogo.probes.database.binaries import PostgresBinaries
from gonogo.probes.database.dump import rebuild_schema
from gonogo.probes.database.reference import Declared, Doubt, declared, number_of, read_file
from gonogo.probes.database.replay import Replayed, replayed
from gonogo.probes.database.schema_objects import Attributes, SchemaSnapshot
from gonogo.probes.migration.baseline import MigrationBaseline
from gonogo.probes.migration.ledger import ledger_rows
from gonogo.provider import Instance
from gonogo.repository import migration_files

APPLIED = "applied before this release: the ledger held it when the state before was recorded"
SHOWN_VERSIONS = 5


def file_digests(instance: Instance, settings: Settings) -> dict[str, str]:
    """Return the sha256 of each migration file, by its name; empty where there is none."""
    try:
        files = migration_files(settings, repository=Path(instance.repository))
        return {f.path.name: hashlib.sha256(f.path.read_bytes()).hexdigest() for f in files}
    except (CannotTell, OSError):
        return {}


def declared_objects(
    baseline: MigrationBaseline, instance: Instance, settings: Settings
) -> tuple[Declared, ...]:
    """Return what each migration file declares, in the order of their numbers.

    All files are run. Where that fails and the ledger held some of them before, only the others
    are run, and of those it held is told what is there. What cannot be told is a file's `failure`:
    it is not as it was before the migration, or the scratch server cannot hold the schema or run
    it.

    Raises:
        CannotTell: there is no file.
    """
    repository = Path(instance.repository)
    paths = [file.path for file in migration_files(settings, repository=repository)]
    versions = dict(zip(paths, ledger_rows(settings, repository).versions, strict=True))
    applied = frozenset(path for path in paths if versions[path] in (baseline.ledger or ()))
    unknown = sorted(set(baseline.ledger or ()) - set(versions.values()))
    try:
        _check_unchanged(baseline, file_digests(instance, settings))
        found = _Scratch.of(baseline, instance, settings).look(paths, applied)
    except CannotTell as error:
        found = tuple(_untold(path, error) for path in paths)
    advice = _advice(baseline, settings, unknown)
    without_file = (f"{APPLIED}, and there is no file of it: {_listed(unknown)}",)
    return tuple(
        replace(
            each,
            notes=(*each.notes, *(without_file if unknown and each.path == paths[0] else ())),
            failure=each.failure and _with_advice(each.failure, advice),
            applied_before=each.path in applied,
        )
        for each in _with_doubts(found, settings.database.schemas)
    )


@dataclass(frozen=True, kw_only=True)
class _Scratch:
    """Where files are run, and how; one copy of the schema before for each call."""

    admin_dsn: str
    prepare: Callable[[str], None]
    binaries: PostgresBinaries
    schemas: Sequence[str]
    role: str | None

    @classmethod
    def of(cls, baseline: MigrationBaseline, instance: Instance, settings: Settings) -> _Scratch:
        schemas, binaries = settings.database.schemas, instance.binaries
        return cls(
            admin_dsn=instance.scratch_dsn,
            prepare=lambda dsn: rebuild_schema(
                baseline.schema_sql, dsn, schemas=schemas, binaries=binaries
            ),
            binaries=binaries,
            schemas=schemas,
            role=instance.script_role,
        )

    def look(self, paths: Sequence[Path], applied: frozenset[Path]) -> tuple[Declared, ...]:
        """Run every file; where one fails and some were applied before, only the others."""
        files = declared(paths, **vars(self))
        if not applied or all(each.failure is None for each in files):
            return tuple(
                replace(each, notes=(APPLIED, *each.notes)) if each.path in applied else each
                for each in files
            )
        release = declared([path for path in paths if path not in applied], **vars(self))
        older = replayed([path for path in paths if path in applied], **vars(self))
        by_path = {each.path: each for each in (*release, *(_kept(e, release) for e in older))}
        return tuple(by_path[path] for path in paths)


def _kept(older: Replayed, release: Sequence[Declared]) -> Declared:
    """Return what must be there of an applied file: by name, and without what the release does."""
    touched = {each for file in release for each in file.dropped}
    touched |= {
        (kind, n) for file in release for kind, names in file.objects.objects.items() for n in names
    }
    names: dict[str, dict[str, Attributes]] = {}
    for (kind, name), attributes in {**older.there, **older.missing}.items():
        if (kind, name) not in touched:
            kept = {"table": attributes["table"]} if kind == "index" else {}
            names.setdefault(kind, {})[name] = kept
    made = len(older.there) + len(older.missing)
    told = f"{len(older.there)} of {made} objects that it makes were there"
    return Declared(
        number=number_of(older.path),
        path=older.path,
        sha256=hashlib.sha256(older.path.read_bytes()).hexdigest(),
        objects=SchemaSnapshot(objects=names),
        notes=(f"{APPLIED}; not run again, so how they look was not compared: {told}",),
        failure=older.failure,
        run=False,
    )


def _with_doubts(files: Sequence[Declared], schemas: Sequence[str]) -> Iterator[Declared]:
    """Doubt of each file what a file that could not be run names: it may have changed that."""
    failed = [each for each in files if each.failure and each.run]
    named = {word for each in failed for word in _words(read_file(each.path))} - {*schemas}
    for each in files:
        doubtful = frozenset(
            (kind, name)
            for kind, names in each.objects.objects.items()
            for name in names
            if not named.isdisjoint(_words(name))
        )
        reason = failed[0].failure if failed else None
        yield replace(each, doubt=Doubt(names=doubtful, reason=reason) if reason else None)


def _words(text: str) -> set[str]:
    return set(re.findall(r"\w+", text.lower()))


def _untold(path: Path, why: CannotTell) -> Declared:
    return Declared(
        number=number_of(path), path=path, sha256="", objects=SchemaSnapshot(), failure=why
    )


def _advice(baseline: MigrationBaseline, settings: Settings, without_file: Sequence[str]) -> str:
    """Return what may be behind a file that cannot be run, as far as the ledger tells."""
    if not settings.migration.ledger_table:
        return ""
    if baseline.ledger is None:
        return (
            "the state before was recorded without what the ledger held, so a file that was applied"
            " long ago cannot be told from one of this release: narrow migration.files to those"
        )
    if without_file:
        return (
            f"the ledger also held {_listed(without_file)}, which is no file's version:"
            " see whether migration.ledger_versions says how it names files"
        )
    return ""


def _with_advice(failure: CannotTell, advice: str) -> CannotTell:
    return CannotTell(
        failure.what,
        where=failure.where,
        expected=failure.expected,
        found=failure.found,
        do="; ".join(each for each in (failure.do, advice) if each),
    )


def _listed(versions: Sequence[str]) -> str:
    more = len(versions) - SHOWN_VERSIONS
    return ", ".join(versions[:SHOWN_VERSIONS]) + (f" and {more} more" if more > 0 else "")


def _check_unchanged(baseline: MigrationBaseline, now: Mapping[str, str]) -> None:
    """Refuse files that changed since: what they declare now is not what was to be done."""
    changed = [name for name, digest in baseline.files.items() if now.get(name) != digest]
    added = [name for name in now if baseline.files and name not in baseline.files]
    if changed or added:
        raise CannotTell(
            "the migration files are not those that were there before the migration",
            where=", ".join(sorted([*changed, *added])),
            expected="every file as it was when the state before was recorded",
            found="changed, gone or new since",
            do="put the release's own files back; see whether the script writes to them",
        )
