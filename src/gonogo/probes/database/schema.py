"""Catalog snapshots: what a database's schemas hold, object by object, as plain data."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, TypeAlias

from psycopg.rows import tuple_row

from gonogo.errors import CannotTell
from gonogo.probes.database.failures import explained, place
from gonogo.probes.database.session import Connection

Attribute: TypeAlias = str | bool | list[str] | None
Attributes: TypeAlias = Mapping[str, Attribute]
Objects: TypeAlias = Mapping[str, Mapping[str, Attributes]]

QUERY = Path(__file__).with_name("schema_snapshot.sql")
KINDS = (
    "schema",
    "extension",
    "type",
    "table",
    "column",
    "sequence",
    "constraint",
    "index",
    "function",
    "trigger",
    "rule",
    "view",
    "policy",
    "statistics",
    "grant",
    "default grant",
    "event trigger",
)


@dataclass(frozen=True, kw_only=True)
class SchemaSnapshot:
    """Objects by kind and qualified name, each with its attributes.

    A kind that holds nothing is present and empty. *server_major* is the version of the server
    that wrote the definitions; 0 when unknown.
    """

    objects: Objects = field(default_factory=dict)
    server_major: int = 0

    def of(self, kind: str) -> Mapping[str, Attributes]:
        """Return the objects of *kind* by name."""
        return self.objects.get(kind, {})

    def count(self, kinds: Iterable[str] = KINDS) -> int:
        """Return how many objects of *kinds* there are."""
        return sum(len(self.of(kind)) for kind in kinds)

    def to_json(self) -> dict[str, Any]:
        """Return plain data that `from_json` reads back."""
        return {
            "server_major": self.server_major,
            "objects": {
                kind: {name: dict(each) for name, each in named.items()}
                for kind, named in self.objects.items()
            },
        }

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> SchemaSnapshot:
        """Return the snapshot that `to_json` wrote."""
        return cls(objects=data["objects"], server_major=data["server_major"])

    def filtered(self, keep: Callable[[str, str], bool]) -> SchemaSnapshot:
        """Return the objects for which ``keep(kind, name)`` is true."""
        return SchemaSnapshot(
            objects={
                kind: {name: each for name, each in named.items() if keep(kind, name)}
                for kind, named in self.objects.items()
            },
            server_major=self.server_major,
        )


def snapshot(connection: Connection, *, schemas: Sequence[str]) -> SchemaSnapshot:
    """Return every object of *schemas*, read in one moment.

    Raises:
        CannotTell: when one of the schemas does not exist, or the catalog cannot be read.
    """
    query = QUERY.read_text(encoding="utf-8").encode()
    with (
        explained(place(connection), "catalog snapshot"),
        connection.transaction(),
        connection.cursor(row_factory=tuple_row) as cursor,
    ):
        cursor.execute("SET LOCAL search_path = ''")
        rows = cursor.execute(query, {"schemas": list(schemas)}).fetchall()
    objects: dict[str, dict[str, Attributes]] = {kind: {} for kind in KINDS}
    for kind, name, attributes in rows:
        objects[kind][name] = attributes
    absent = [name for name in schemas if name not in objects["schema"]]
    if absent:
        raise CannotTell(
            f"the database has no schema {', '.join(absent)}",
            where=place(connection),
            expected=f"schemas {', '.join(schemas)}",
            do="correct the configured schemas, or the DSN",
        )
    return SchemaSnapshot(objects=objects, server_major=connection.info.server_version // 10000)


def new_objects(before: SchemaSnapshot, after: SchemaSnapshot) -> SchemaSnapshot:
    """Return the objects of *after* that *before* lacks or has with other attributes."""
    return after.filtered(
        lambda kind, name: before.of(kind).get(name) != after.of(kind)[name],
    )
