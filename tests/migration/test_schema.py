"""Phase 1, step 3: what the migration did to the schema."""

from __future__ import annotations

import pytest

from gonogo.config import Settings
from gonogo.evidence import Evidence
from gonogo.probes.database.connection import Reader
from gonogo.probes.database.reference import Declared
from gonogo.probes.database.schema_objects import SchemaSnapshot
from gonogo.probes.migration.baseline import MigrationBaseline
from gonogo.probes.migration.document_queries import document_query
from gonogo.probes.migration.objects import (
    OTHER_KINDS,
    columns_of,
    indexes_of,
    of_this_release,
    older_objects_of,
    tables_of,
)
from gonogo.probes.migration.protection import left_closed, views_with_owners_rights

DeclaredFiles = tuple[Declared, ...]


@pytest.mark.item("MIG-3.1")
def test_all_columns_added(
    declared: DeclaredFiles,
    schema: SchemaSnapshot,
    before_migration: MigrationBaseline,
    database: Reader,
    settings: Settings,
    evidence: Evidence,
) -> None:
    """Every declared column is there as declared, and every older one as it was."""
    columns = evidence.observe("declared columns", columns_of, declared, schema)
    older = evidence.observe(
        "older", older_objects_of, ["column"], before_migration, declared, schema
    )
    query = evidence.observe("document's query", document_query, "columns", database, settings)
    assert columns.equal, str(columns)
    assert older.equal, str(older)
    assert query.equal, str(query)


@pytest.mark.item("MIG-3.2")
def test_all_tables_created(
    declared: DeclaredFiles,
    schema: SchemaSnapshot,
    before_migration: MigrationBaseline,
    database: Reader,
    settings: Settings,
    evidence: Evidence,
) -> None:
    """Every table is there with its keys, what is older as it was, nothing new open to anon."""
    before = before_migration
    tables = evidence.observe("declared tables", tables_of, declared, schema)
    older = evidence.observe("older", older_objects_of, OTHER_KINDS, before, declared, schema)
    query = evidence.observe("document's query", document_query, "tables", database, settings)
    ours = of_this_release(declared), before.schema, schema
    closed = evidence.observe("open to anonymous", left_closed, *ours, database)
    views = evidence.observe("owner's rights", views_with_owners_rights, *ours)
    assert tables.equal, str(tables)
    assert older.equal, str(older)
    assert query.equal, str(query)
    assert closed.equal, str(closed)
    assert not views, f"views that read with their owner's rights, past row security: {views}"


@pytest.mark.item("MIG-3.3")
def test_all_indexes_created(
    declared: DeclaredFiles,
    schema: SchemaSnapshot,
    before_migration: MigrationBaseline,
    database: Reader,
    settings: Settings,
    evidence: Evidence,
) -> None:
    """Every declared index is there, valid and ready, and every older one as it was."""
    indexes = evidence.observe("declared indexes", indexes_of, declared, schema)
    older = evidence.observe(
        "older", older_objects_of, ["index"], before_migration, declared, schema
    )
    query = evidence.observe("document's query", document_query, "indexes", database, settings)
    assert indexes.equal, str(indexes)
    assert older.equal, str(older)
    assert query.equal, str(query)
