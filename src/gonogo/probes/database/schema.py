"""Catalog snapshots: what a database's schemas hold, object by object."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from psycopg.rows import tuple_row

from gonogo.errors import CannotTell
from gonogo.probes.database.failures import explained, place
from gonogo.probes.database.schema_comparison import compare, compare_exactly
from gonogo.probes.database.schema_objects import KINDS, Attributes, SchemaSnapshot, new_objects
from gonogo.probes.database.session import Connection, fix_text_forms

__all__ = ["KINDS", "SchemaSnapshot", "compare", "compare_exactly", "new_objects", "snapshot"]

QUERY = Path(__file__).with_name("schema_snapshot.sql")


def snapshot(connection: Connection, *, schemas: Sequence[str]) -> SchemaSnapshot:
    """Return every object of *schemas*, read in one moment.

    Raises:
        CannotTell: when one of the schemas does not exist, or the catalog cannot be read.
    """
    query = QUERY.read_text(encoding="utf-8").encode()
    with (
        explained(place(connection), "catalog snapshot"),
        # Rolled back, so that the settings end here, inside another transaction too.
        connection.transaction(force_rollback=True),
        connection.cursor(row_factory=tuple_row) as cursor,
    ):
        cursor.execute("SET LOCAL search_path = ''")
        # Constants in definitions are printed in the session's formats.
        fix_text_forms(connection, local=True)
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
