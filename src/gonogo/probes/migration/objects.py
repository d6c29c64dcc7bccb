"""Is what the migration files declare there, and as declared?"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import replace
from functools import reduce

from gonogo.comparison import Comparison, Difference
from gonogo.errors import CannotTell
from gonogo.probes.database.reference import Declared
from gonogo.probes.database.schema_comparison import compare, plain_name
from gonogo.probes.database.schema_objects import Attribute, SchemaSnapshot
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
)
"""What stands beside columns and indexes, which have items of their own."""
GRANTS = ("grant", "default grant")
ADDED_WITH_EFFECT = ("trigger", "rule", "policy")
RELATIONS = ("table", "view")
PROTECTION = {
    "table": ("row_security", "force_row_security"),
    "view": ("security_invoker",),
    "policy": ("command", "permissive", "roles", "using", "check"),
    "column": ("grants",),
    "grant": ("privileges",),
}
"""What decides who can read and write a relation."""
DO = "read the migration's log for the statement that should have made this"


def objects_of(files: Sequence[Declared], observed: SchemaSnapshot) -> Comparison:
    """Compare what *files* declare with what is there: names, definitions of what runs, grants.

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
    # What a grant of everything means depends on the server's version.
    same_version = declared.server_major == observed.server_major
    kinds = (*DEFINED, "grant") if same_version else DEFINED
    defined = compare(declared, observed, kinds=kinds)
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


def older_objects_of(
    kinds: Sequence[str],
    baseline: MigrationBaseline,
    files: Sequence[Declared],
    observed: SchemaSnapshot,
) -> Comparison:
    """Compare what was there before, and no file makes, changes or drops, with what is there now.

    Whatever else the script did, for example beside the files, shows here. A baseline that is a
    restored backup cannot tell of grants: they are of another server's roles.
    """
    before = baseline.schema
    if baseline.source != RECORDED:
        kinds = [kind for kind in kinds if kind not in GRANTS]
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
    found = compare(older, observed, kinds=kinds)
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
    """Return what acts on the rows of older tables and what no file declares."""
    return [
        Difference(subject=f"{kind} {name}", expected="none", found="made beside the files")
        for kind in ADDED_WITH_EFFECT
        if kind in kinds
        for name in observed.of(kind)
        if name not in before.of(kind)
        and name not in declared.of(kind)
        and name.rpartition(".")[0] in before.of("table")
    ]


def relations_to_be_closed(
    files: Sequence[Declared], before: SchemaSnapshot, observed: SchemaSnapshot
) -> list[str]:
    """Return the tables and views whose protection is the migration's business.

    Those that *files* declare, those that were not there before, and those whose row security,
    security_invoker, policies or grants are not as before. What was open before and was left alone
    is somebody else's decision.
    """
    declared = {plain_name(name) for kind in RELATIONS for name in all_of(files).of(kind)}
    changed = _relations_with_another_protection(before, observed)
    return [
        name
        for kind in RELATIONS
        for name in observed.of(kind)
        if plain_name(name) in declared or name not in before.of(kind) or name in changed
    ]


def views_with_owners_rights(observed: SchemaSnapshot, names: Collection[str]) -> list[str]:
    """Return the views among *names* that lack security_invoker: they pass row security by."""
    return [
        name
        for name, attributes in observed.of("view").items()
        if name in names and not attributes["materialized"] and not attributes["security_invoker"]
    ]


def _relations_with_another_protection(
    before: SchemaSnapshot, observed: SchemaSnapshot
) -> set[str]:
    return {
        _relation_of(kind, name)
        for kind, names in PROTECTION.items()
        for name in {*before.of(kind), *observed.of(kind)}
        if _protection(before, kind, name, names) != _protection(observed, kind, name, names)
    }


def _protection(
    snapshot: SchemaSnapshot, kind: str, name: str, attributes: Sequence[str]
) -> list[Attribute]:
    found = snapshot.of(kind).get(name, {})
    return [found.get(each) for each in attributes]


def _relation_of(kind: str, name: str) -> str:
    """Return the relation that a policy, a column or a grant belongs to."""
    if kind == "grant":
        return name.partition(" ")[2].rpartition(" to ")[0]
    return name.rpartition(".")[0] if kind in {"policy", "column"} else name


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
