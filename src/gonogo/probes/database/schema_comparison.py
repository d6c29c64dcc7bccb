"""Holds a schema as it should be beside the schema as it is."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from fnmatch import fnmatchcase

from gonogo.comparison import Comparison, Difference
from gonogo.probes.database.masked_definitions import same
from gonogo.probes.database.schema_objects import KINDS, Attribute, Attributes, SchemaSnapshot

# What a declaration fixes. Owners, storage and the like belong to the place, not the declaration.
DECLARED_ATTRIBUTES: Mapping[str, tuple[str, ...]] = {
    "schema": (),
    "extension": (),
    "type": ("kind", "definition"),
    "table": (
        "kind",
        "persistence",
        "row_security",
        "force_row_security",
        "partition_key",
        "partition_bound",
    ),
    "column": ("type", "not_null", "default", "generated", "identity", "collation"),
    "sequence": ("type", "start", "increment", "min", "max", "cycle"),
    "constraint": ("definition", "validated", "enforced"),
    "index": ("definition", "unique", "valid", "ready"),
    "function": ("definition",),
    "trigger": ("definition", "enabled"),
    "rule": ("definition", "enabled"),
    "view": ("definition", "materialized", "security_invoker"),
    "policy": ("command", "permissive", "roles", "using", "check"),
    "statistics": ("definition",),
    "grant": ("privileges",),
    "default grant": ("privileges",),
    "event trigger": ("event", "enabled", "function"),
    "setting": ("value",),
}
PRESENCE_ATTRIBUTES: Mapping[str, tuple[str, ...]] = {
    "table": ("row_security", "force_row_security"),
}
OF_A_RELATION = frozenset({"column", "constraint", "trigger", "rule", "policy"})
# A day and a time, or seconds or milliseconds since 1970; not a day alone: partitions have those.
TIMESTAMP = re.compile(r"_(?:20\d{6}_?\d{6}|1[5-9]\d{8}(?:\d{3})?)(?![0-9])")
# Owners of tables have it from PostgreSQL 17 on.
NEWER_PRIVILEGES = frozenset({"MAINTAIN"})
STAMPED = "_<timestamp>"
WORDS = {True: "yes", False: "no", None: "none"}


def compare(
    declared: SchemaSnapshot,
    observed: SchemaSnapshot,
    *,
    kinds: Sequence[str] = KINDS,
    presence_only: Iterable[str] = (),
    more: Mapping[str, tuple[str, ...]] | None = None,
) -> Comparison:
    """Compare every declared object of *kinds* with the observed one; extra objects are fine.

    Names ending in a timestamp are the same name whatever the time; they, and what *presence_only*
    names or matches (``public.copy_*``), need only be there with the same row security; what
    belongs to such a table is not looked at. *more* attributes, by kind, are compared than those
    that a declaration fixes. When two server versions wrote the definitions, those of views are
    compared as parsed SQL.
    """
    patterns = tuple(presence_only)
    observed_names = {kind: _by_plain_name(observed.of(kind)) for kind in kinds}
    same_version = declared.server_major == observed.server_major
    checked = 0
    differences: list[Difference] = []
    for kind in kinds:
        for name, attributes in _by_plain_name(declared.of(kind)).items():
            owner = _owner(kind, name, attributes)
            if STAMPED in owner or _matches(owner, patterns):
                continue
            checked += 1
            loose = STAMPED in name or _matches(name, patterns)
            fixed = (PRESENCE_ATTRIBUTES if loose else DECLARED_ATTRIBUTES).get(kind, ())
            fixed += (more or {}).get(kind, ())
            found = observed_names[kind].get(name)
            if found is None:
                differences.append(
                    Difference(
                        subject=f"{kind} {name}", expected=_short(kind, attributes), found="none"
                    )
                )
            else:
                differences += _attribute_differences(
                    f"{kind} {name}", attributes, found, fixed, same_version=same_version
                )
    return Comparison(
        subject=_subject(kinds),
        checked=checked,
        differences=tuple(differences),
        do="read the migration's log for the statement that should have made this; a definition "
        "that differs was usually there before and skipped by IF NOT EXISTS"
        if differences
        else "",
    )


def compare_exactly(
    before: SchemaSnapshot, after: SchemaSnapshot, *, kinds: Sequence[str] = KINDS
) -> Comparison:
    """Compare two snapshots both ways: nothing lost, nothing left over, nothing changed."""
    differences: list[Difference] = []
    for kind in kinds:
        old, new = before.of(kind), after.of(kind)
        for name in [*old, *(name for name in new if name not in old)]:
            subject = f"{kind} {name}"
            if name not in new:
                expected = _short(kind, old[name])
                differences.append(
                    Difference(subject=subject, expected=expected, found="it is gone")
                )
            elif name not in old:
                found = f"{_short(kind, new[name])}, left over"
                differences.append(Difference(subject=subject, expected="none", found=found))
            else:
                differences += _attribute_differences(
                    subject,
                    old[name],
                    new[name],
                    tuple(old[name]),
                    same_version=before.server_major == after.server_major,
                )
    return Comparison(
        subject=_subject(kinds),
        checked=before.count(kinds),
        differences=tuple(differences),
    )


def plain_name(name: str) -> str:
    """Return *name* with a timestamp suffix (``_20260125_120000``) written ``_<timestamp>``."""
    return TIMESTAMP.sub(STAMPED, name)


def _by_plain_name(objects: Mapping[str, Attributes]) -> dict[str, Attributes]:
    return {plain_name(name): attributes for name, attributes in objects.items()}


def _owner(kind: str, name: str, attributes: Attributes) -> str:
    """Return the relation that the object belongs to, or ""."""
    if kind == "index":
        return plain_name(str(attributes["table"]))
    if kind == "grant":
        return name.partition(" ")[2].rpartition(" to ")[0]
    return name.rpartition(".")[0] if kind in OF_A_RELATION else ""


def _matches(name: str, patterns: Iterable[str]) -> bool:
    return any(fnmatchcase(name, pattern) for pattern in patterns)


def _attribute_differences(
    subject: str,
    expected: Attributes,
    found: Attributes,
    names: Sequence[str],
    *,
    same_version: bool,
) -> list[Difference]:
    differences = []
    for name in names:
        if name not in expected:  # not declared
            continue
        one, other = expected[name], found.get(name)
        if same(one, other) or (
            not same_version and _same_in_any_version(name, expected, one, other)
        ):
            continue
        differences.append(
            Difference(
                subject=f"{subject}: {name.replace('_', ' ')}",
                expected=_words(one),
                found=_words(other),
            )
        )
    return differences


def _same_in_any_version(
    name: str, attributes: Attributes, one: Attribute, other: Attribute
) -> bool:
    if name == "definition" and "security_invoker" in attributes:
        return same(_parsed_view(str(one)), _parsed_view(str(other)))
    if isinstance(one, list) and isinstance(other, list):
        return [each for each in one if each not in NEWER_PRIVILEGES] == [
            each for each in other if each not in NEWER_PRIVILEGES
        ]
    return False


def _parsed_view(definition: str) -> str:
    """Return a view's SQL without the qualifiers that only some server versions print."""
    import sqlglot  # noqa: PLC0415 - large, and rarely needed here
    from sqlglot import exp  # noqa: PLC0415

    tree = sqlglot.parse_one(definition, dialect="postgres")
    for column in tree.find_all(exp.Column):
        column.replace(exp.column(column.this))
    return tree.sql(dialect="postgres")


def _words(value: Attribute) -> str:
    if isinstance(value, list):
        return ", ".join(value) or "none"
    return WORDS[value] if value is None or isinstance(value, bool) else value


def _short(kind: str, attributes: Attributes) -> str:
    value = attributes.get("type" if kind == "column" else "definition")
    return str(value) if value and "\n" not in str(value) else f"a {kind}"


def _subject(kinds: Sequence[str]) -> str:
    if len(kinds) > 3:
        return "schema objects"
    plurals = {"index": "indexes", "policy": "policies", "statistics": "statistics"}
    return ", ".join(plurals.get(kind, f"{kind}s") for kind in kinds)
