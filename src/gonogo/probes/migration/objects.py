"""Is what the migration files declare there, and as declared?"""

from __future__ import annotations

from collections.abc import Sequence
from functools import reduce

from gonogo.comparison import Comparison, Difference
from gonogo.errors import CannotTell
from gonogo.probes.database.reference import Declared
from gonogo.probes.database.schema_comparison import compare, plain_name
from gonogo.probes.database.schema_objects import SchemaSnapshot

PRESENT = ("table", "column", "index", "sequence", "type")
"""Judged here by name; how columns, tables and indexes look is judged by items of their own."""
DEFINED = ("function", "trigger", "view", "policy", "rule")
"""No other item looks at these, so their definitions are judged with their migration."""
DO = "read the migration's log for the statement that should have made this"


def objects_of(files: Sequence[Declared], observed: SchemaSnapshot) -> Comparison:
    """Compare what *files* declare with what is there: names, and definitions of what runs.

    Raises:
        CannotTell: there is no such file.
    """
    if not files:
        raise CannotTell(
            "the checklist names more migrations than there are files",
            expected="a migration file for each of the checklist's migrations",
            do="correct migration.files, or mark the item not applicable",
        )
    declared = all_of(files)
    names = {kind: {plain_name(name) for name in observed.of(kind)} for kind in PRESENT}
    wanted = [(kind, plain_name(name)) for kind in PRESENT for name in declared.of(kind)]
    missing = [
        Difference(subject=f"{kind} {name}", expected="made by the migration", found="none")
        for kind, name in wanted
        if name not in names[kind]
    ]
    defined = compare(declared, observed, kinds=DEFINED)
    return Comparison(
        subject=f"objects of {', '.join(each.path.name for each in files)}",
        checked=len(wanted) + defined.checked,
        differences=(*missing, *defined.differences),
        notes=tuple(note for each in files for note in each.notes),
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


def new_relations(before: SchemaSnapshot, observed: SchemaSnapshot) -> list[str]:
    """Return the tables and views that the migration left and that were not there before."""
    return [
        name
        for kind in ("table", "view")
        for name in observed.of(kind)
        if name not in before.of(kind)
    ]


def all_of(files: Sequence[Declared]) -> SchemaSnapshot:
    """Return what *files* declare together."""
    return reduce(_union, (each.objects for each in files))


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
        server_major=one.server_major,
    )
