"""Objects of a database's schemas as plain data. No I/O."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any, TypeAlias

Attribute: TypeAlias = str | bool | list[str] | None
Attributes: TypeAlias = Mapping[str, Attribute]
Objects: TypeAlias = Mapping[str, Mapping[str, Attributes]]

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
    "setting",
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

    def named(self, names: Collection[tuple[str, str]]) -> SchemaSnapshot:
        """Return the objects whose (kind, name) is one of *names*."""
        return self.filtered(lambda kind, name: (kind, name) in names)


def new_objects(before: SchemaSnapshot, after: SchemaSnapshot) -> SchemaSnapshot:
    """Return the objects of *after* that *before* lacks or has with other attributes."""
    return after.filtered(
        lambda kind, name: before.of(kind).get(name) != after.of(kind)[name],
    )
