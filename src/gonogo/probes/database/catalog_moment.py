"""The catalog before and after a file: what the file made, changed or made again."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from gonogo.probes.database.failures import explained, place
from gonogo.probes.database.schema import snapshot
from gonogo.probes.database.schema_objects import SchemaSnapshot
from gonogo.probes.database.session import Connection
from gonogo.probes.database.set_aside import OTHER_NAME

# Remakes such as CREATE OR REPLACE leave equal attributes and a new row version.
VERSIONS = """
SELECT 'function', format('%%s.%%s(%%s)', n.nspname, p.proname,
                          pg_get_function_identity_arguments(p.oid)), p.oid, p.xmin::text
FROM pg_proc p JOIN pg_namespace n ON n.oid = p.pronamespace WHERE n.nspname = ANY (%(schemas)s)
UNION ALL
SELECT 'trigger', format('%%s.%%s.%%s', n.nspname, c.relname, t.tgname), t.oid, t.xmin::text
FROM pg_trigger t JOIN pg_class c ON c.oid = t.tgrelid JOIN pg_namespace n ON n.oid = c.relnamespace
WHERE n.nspname = ANY (%(schemas)s)
UNION ALL
SELECT 'policy', format('%%s.%%s.%%s', n.nspname, c.relname, p.polname), p.oid, p.xmin::text
FROM pg_policy p JOIN pg_class c ON c.oid = p.polrelid JOIN pg_namespace n ON n.oid = c.relnamespace
WHERE n.nspname = ANY (%(schemas)s)
UNION ALL
SELECT 'constraint', format('%%s.%%s.%%s', n.nspname, c.relname, o.conname), o.oid, o.xmin::text
FROM pg_constraint o JOIN pg_class c ON c.oid = o.conrelid
JOIN pg_namespace n ON n.oid = c.relnamespace WHERE n.nspname = ANY (%(schemas)s)
UNION ALL
SELECT CASE c.relkind WHEN 'i' THEN 'index' WHEN 'S' THEN 'sequence'
       WHEN 'v' THEN 'view' WHEN 'm' THEN 'view' ELSE 'table' END,
       format('%%s.%%s', n.nspname, c.relname), c.oid, ''
FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace WHERE n.nspname = ANY (%(schemas)s)
"""


@dataclass(frozen=True, kw_only=True)
class CatalogMoment:
    """The catalog at one moment: what is there, and the row versions of what can be remade."""

    objects: SchemaSnapshot
    versions: dict[tuple[str, str], tuple[int, str]]

    @classmethod
    def of(cls, connection: Connection, schemas: Sequence[str]) -> CatalogMoment:
        """Read the catalog now.

        Raises:
            CannotTell: it cannot be read.
        """
        objects = snapshot(connection, schemas=schemas)
        with explained(place(connection), "row versions of the catalog"):
            rows = connection.execute(VERSIONS, {"schemas": list(schemas)}).fetchall()
        return cls(
            objects=objects,
            versions={(kind, name): (oid, version) for kind, name, oid, version in rows},
        )

    @property
    def names(self) -> set[tuple[str, str]]:
        """The kind and name of each object."""
        return {(kind, name) for kind, named in self.objects.objects.items() for name in named}

    def names_new_since(self, before: CatalogMoment) -> set[tuple[str, str]]:
        """The kind and name of what is new, has other attributes, or was made again."""
        return {
            (kind, name)
            for kind, named in self.objects.objects.items()
            for name, attributes in named.items()
            if before.objects.of(kind).get(name) != attributes
            or before.versions.get((kind, name)) != self.versions.get((kind, name))
            if OTHER_NAME not in name
        }
