"""Is what the migration made or changed closed to the anonymous role?"""

from __future__ import annotations

from collections.abc import Sequence

from gonogo.comparison import Comparison
from gonogo.probes.database.connection import Reader
from gonogo.probes.database.masked_definitions import same
from gonogo.probes.database.reference import Declared
from gonogo.probes.database.schema_comparison import plain_name
from gonogo.probes.database.schema_objects import Attribute, SchemaSnapshot
from gonogo.probes.migration.objects import all_of

RELATIONS = ("table", "view")
PROTECTION = {
    "table": ("row_security", "force_row_security"),
    "view": ("security_invoker",),
    "policy": ("command", "permissive", "roles", "using", "check"),
    "column": ("grants",),
    "function": ("definition",),
    "grant": ("privileges",),
}
"""What decides who can read and write a relation, or what a function shows to whom."""


def left_closed(
    files: Sequence[Declared], before: SchemaSnapshot, observed: SchemaSnapshot, reader: Reader
) -> Comparison:
    """Compare what is the migration's business with "closed to the anonymous role".

    Raises:
        CannotTell: the role does not exist, or the catalog cannot be read.
    """
    relations = relations_to_be_closed(files, before, observed)
    functions = functions_to_be_closed(before, observed)
    if not relations and not functions:  # it may add no more than a column to an older table
        note = "it made none, and changed of none who may use it"
        return Comparison(subject="relations of the migration", checked=1, notes=(note,))
    return reader.open_to_anonymous(relations, functions)


def relations_to_be_closed(
    files: Sequence[Declared], before: SchemaSnapshot, observed: SchemaSnapshot
) -> list[str]:
    """Return the tables and views whose protection is the migration's business.

    Those that *files* declare, those that were not there before, and those whose row security,
    security_invoker, policies or grants are not as before. What was open before and was left alone
    is somebody else's decision.
    """
    declared = {plain_name(name) for kind in RELATIONS for name in all_of(files).of(kind)}
    changed = _with_another_protection(before, observed)
    return [
        name
        for kind in RELATIONS
        for name in observed.of(kind)
        if plain_name(name) in declared or name not in before.of(kind) or name in changed
    ]


def functions_to_be_closed(before: SchemaSnapshot, observed: SchemaSnapshot) -> list[str]:
    """Return the functions that are new, or whose definition or grants are not as before."""
    changed = _with_another_protection(before, observed)
    return [name for name in observed.of("function") if name in changed]


def views_with_owners_rights(
    files: Sequence[Declared], before: SchemaSnapshot, observed: SchemaSnapshot
) -> list[str]:
    """Return the views of the migration without security_invoker: they pass row security by."""
    ours = relations_to_be_closed(files, before, observed)
    return [
        name
        for name, attributes in observed.of("view").items()
        if name in ours and not attributes["materialized"] and not attributes["security_invoker"]
    ]


def _with_another_protection(before: SchemaSnapshot, observed: SchemaSnapshot) -> set[str]:
    return {
        _protected_by(kind, name)
        for kind in PROTECTION
        for name in {*before.of(kind), *observed.of(kind)}
        if not _same_protection(before, observed, kind, name)
    }


def _same_protection(
    before: SchemaSnapshot, observed: SchemaSnapshot, kind: str, name: str
) -> bool:
    attributes = PROTECTION[kind]
    one, other = (_protection(each, kind, name, attributes) for each in (before, observed))
    return all(map(same, one, other))


def _protection(
    snapshot: SchemaSnapshot, kind: str, name: str, attributes: Sequence[str]
) -> list[Attribute]:
    found = snapshot.of(kind).get(name, {})
    if kind == "grant" and name.rpartition(" to ")[2] == _owner(snapshot, name):
        found = {}  # a restored backup belongs to somebody else, who may do everything, too
    return [found.get(each) for each in attributes]


def _owner(snapshot: SchemaSnapshot, grant: str) -> Attribute:
    """Return who owns what a grant is on, as far as the snapshot says."""
    name = _protected_by("grant", grant)
    kinds = (*RELATIONS, "function")
    return next((snapshot.of(k)[name].get("owner") for k in kinds if name in snapshot.of(k)), None)


def _protected_by(kind: str, name: str) -> str:
    """Return the relation or function that a policy, a column or a grant belongs to."""
    if kind == "grant":
        return name.partition(" ")[2].rpartition(" to ")[0]
    return name.rpartition(".")[0] if kind in {"policy", "column"} else name
