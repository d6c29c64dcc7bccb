"""Is what the migration files declare there, and as declared?"""

from __future__ import annotations

import re
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import replace
from functools import reduce
from pathlib import Path

from gonogo.comparison import Comparison, Difference
from gonogo.errors import CannotTell
from gonogo.probes.database.reference import Declared
from gonogo.probes.database.schema_comparison import compare, plain_name
from gonogo.probes.database.schema_objects import SchemaSnapshot
from gonogo.probes.migration.baseline import RECORDED, MigrationBaseline

PRESENT = ("table", "column", "index", "sequence", "type")
"""Judged here by name; how columns, tables and indexes look is judged by items of their own."""
DEFINED = ("function", "trigger", "view", "policy", "rule")
"""No other item looks at these, so their definitions are judged with their migration."""
OTHER_KINDS = (
    "table",
    "constraint",
    "sequence",
    "type",
    "function",
    "trigger",
    "view",
    "policy",
    "rule",
    "grant",
    "default grant",
    "setting",
)
"""What stands beside columns and indexes, which have items of their own."""
OF_THE_PLACE = ("grant", "default grant", "setting")
"""A restored backup cannot tell of these: they are of another server."""
ADDED_WITH_EFFECT = ("trigger", "rule", "policy")
KEPT_TOO = {"table": ("replica_identity",)}
"""What a declaration leaves open and nobody may change beside the files."""
SETS = re.compile(
    r"\bALTER\s+(?:ROLE|USER|DATABASE)\b[^;]*?\b(?:RE)?SET\s+\"?([\w.]+)", re.IGNORECASE
)
STEPS = 3
"""The migrations that the checklist names."""
DO = "read the migration's log for the statement that should have made this"


def files_of(position: int, files: Sequence[Declared]) -> Sequence[Declared]:
    """Return the files that migration *position* (1 to 3) of the checklist stands for.

    The first stands for all that was applied before the release, too, as long as three are left;
    the last for every later one.

    Raises:
        CannotTell: there is no such file.
    """
    older = next((n for n, each in enumerate(files) if not each.applied_before), len(files))
    first = max(min(older, len(files) - STEPS), 0) + 1
    parts = (files[:first], files[first : first + 1], files[first + 1 :])
    if not parts[position - 1]:
        raise CannotTell(
            "the checklist names more migrations than there are files",
            expected="a migration file for each of the checklist's migrations",
            found=f"{len(files)}",
            do="correct migration.files, or mark the item not applicable",
        )
    return parts[position - 1]


def objects_of(files: Sequence[Declared], observed: SchemaSnapshot) -> Comparison:
    """Compare what *files* declare with what is there: names, definitions of what runs, grants.

    What is certain and differs decides, whatever else cannot be told.

    Raises:
        CannotTell: of one of them nobody can tell what it declares, and nothing certain differs.
    """
    told = [each for each in files if each.failure is None]
    found = _objects_of(told, observed)
    certain = _objects_of([_certain(each) for each in told], observed)
    failures = [each.failure for each in files if each.failure]
    doubts = [each.doubt.reason for each in told if each.doubt and found.differences]
    if (failures or doubts) and not certain.differences:
        raise [*failures, *doubts][0].with_traceback(None)
    return found


def _certain(file: Declared) -> Declared:
    """Leave out what a later file that could not be run may have changed."""
    names = file.doubt.names if file.doubt else ()
    return replace(file, objects=file.objects.filtered(lambda *each: each not in names))


def _objects_of(files: Sequence[Declared], observed: SchemaSnapshot) -> Comparison:
    declared = all_of(files)
    names = {kind: {plain_name(name) for name in observed.of(kind)} for kind in PRESENT}
    wanted = [(kind, plain_name(name)) for kind in PRESENT for name in declared.of(kind)]
    missing = [
        Difference(subject=f"{kind} {name}", expected="made by the migration", found="none")
        for kind, name in wanted
        if name not in names[kind]
    ]
    # What a grant of everything means depends on the server's version.
    same_version = declared.server_major == observed.server_major
    kinds = (*DEFINED, "grant") if same_version else DEFINED
    defined = compare(declared, observed, kinds=kinds)
    # An applied file may make nothing, say when it filled a table: that it was applied is seen.
    applied = sum(not each.run for each in files)
    return Comparison(
        subject=f"objects of {', '.join(each.path.name for each in files)}",
        checked=len(wanted) + defined.checked + applied,
        differences=(*missing, *defined.differences),
        notes=tuple(f"{each.path.name}: {note}" for each in files for note in each.notes),
        do=DO,
    )


def columns_of(files: Sequence[Declared], observed: SchemaSnapshot) -> Comparison:
    """Compare every declared column: type, default, nullability, and the checks on it."""
    return compare(_with_constraints(files, checks=True), observed, kinds=("column", "constraint"))


def tables_of(files: Sequence[Declared], observed: SchemaSnapshot) -> Comparison:
    """Compare every declared table: row security, keys and references."""
    return compare(_with_constraints(files, checks=False), observed, kinds=("table", "constraint"))


def indexes_of(files: Sequence[Declared], observed: SchemaSnapshot) -> Comparison:
    """Compare every declared index: its definition, and that it is valid and ready."""
    return compare(all_of(files), observed, kinds=("index",))


def older_objects_of(
    kinds: Sequence[str],
    baseline: MigrationBaseline,
    files: Sequence[Declared],
    observed: SchemaSnapshot,
) -> Comparison:
    """Compare what was there before, and no file makes, changes or drops, with what is there now.

    Whatever else the script did, for example beside the files, shows here. A baseline that is a
    restored backup cannot tell of grants and settings: they are of another server.
    """
    before = baseline.schema
    files = of_this_release(files)
    if baseline.source != RECORDED:
        kinds = [kind for kind in kinds if kind not in OF_THE_PLACE]
    before, observed = (_without_named_settings(each, files) for each in (before, observed))
    declared = all_of(files)
    dropped = {each for file in files for each in file.dropped}
    older = before.filtered(
        lambda kind, name: (
            kind in kinds and name not in declared.of(kind) and (kind, name) not in dropped
        )
    )
    subject = f"older objects ({', '.join(kinds)}) that the migration files leave alone"
    if older.count(kinds) == 0:
        return Comparison(subject=subject, checked=1, notes=("there was none",))
    found = compare(older, observed, kinds=kinds, more=KEPT_TOO)
    differences = (*found.differences, *_strange_additions(kinds, before, declared, observed))
    return replace(
        found,
        subject=subject,
        differences=differences,
        do="see in the script's output what it did beside the migration files"
        if differences
        else "",
    )


def _strange_additions(
    kinds: Sequence[str],
    before: SchemaSnapshot,
    declared: SchemaSnapshot,
    observed: SchemaSnapshot,
) -> list[Difference]:
    """Return settings, and what acts on the rows of older tables, that no file declares."""
    # A baseline of an earlier version holds no settings.
    added = (*ADDED_WITH_EFFECT, *({"setting"} & set(before.objects)))
    return [
        Difference(subject=f"{kind} {name}", expected="none", found="made beside the files")
        for kind in added
        if kind in kinds
        for name in observed.of(kind)
        if name not in before.of(kind)
        and name not in declared.of(kind)
        and (kind == "setting" or name.rpartition(".")[0] in before.of("table"))
    ]


def _without_named_settings(snapshot: SchemaSnapshot, files: Sequence[Declared]) -> SchemaSnapshot:
    """Leave out the settings that a file sets or resets by name.

    Running the files in a scratch database does not tell: they name the target's database and
    roles, which the scratch server may share.
    """
    named = {name.lower() for each in files for name in SETS.findall(_text(each.path))}
    return snapshot.filtered(
        lambda kind, name: kind != "setting" or not named & {"all", name.partition(" ")[0].lower()}
    )


def _text(path: Path) -> str:
    with suppress(OSError):  # it was read and run before: what it declares says so
        return path.read_text(encoding="utf-8", errors="replace")
    return ""


def of_this_release(files: Sequence[Declared]) -> list[Declared]:
    """Leave out the files that were applied before and not run again: they made what is older."""
    return [each for each in files if each.run]


def all_of(files: Sequence[Declared]) -> SchemaSnapshot:
    """Return what *files* declare together.

    Raises:
        CannotTell: of one of them nobody can tell.
    """
    for each in files:
        if each.failure:
            raise each.failure.with_traceback(None)
    return reduce(_union, (each.objects for each in files), SchemaSnapshot())


def _with_constraints(files: Sequence[Declared], *, checks: bool) -> SchemaSnapshot:
    def keep(kind: str, name: str) -> bool:
        definition = str(declared.of(kind)[name].get("definition", ""))
        return kind != "constraint" or definition.startswith("CHECK") is checks

    declared = all_of(files)
    return declared.filtered(keep)


def _union(one: SchemaSnapshot, other: SchemaSnapshot) -> SchemaSnapshot:
    kinds = {*one.objects, *other.objects}
    return SchemaSnapshot(
        objects={kind: {**one.of(kind), **other.of(kind)} for kind in kinds},
        server_major=one.server_major or other.server_major,
    )
