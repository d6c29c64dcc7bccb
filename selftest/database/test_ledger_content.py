from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import pytest

from gonogo.config import load
from gonogo.probes.database.connection import Reader
from gonogo.probes.database.preparation import run_script
from gonogo.probes.migration.baseline import MigrationBaseline, take_baseline
from gonogo.probes.migration.content import WritesMeanwhile, content_since
from gonogo.probes.migration.ledger import LedgerRows, ledger_rows, recorded_versions

LEDGER = """
CREATE TABLE changes (name text PRIMARY KEY, at timestamptz NOT NULL DEFAULT now(), by text);
INSERT INTO changes (name) VALUES ('000_start'), ('001_first');
"""
ROWS = LedgerRows(
    tables=("other.changes", "public.changes"),
    column="name",
    versions=("001_first", "002_second", "003_third"),
)
STOPPED = WritesMeanwhile(allowed=False, ledger=ROWS)
BOTH = "INSERT INTO changes (name) VALUES ('002_second'), ('003_third');"


@pytest.fixture
def before(dsn: str) -> MigrationBaseline:
    run_script(dsn, LEDGER)
    now = datetime.now(UTC)
    return take_baseline(Reader(dsn), now=now, source="test", schema_sql="")


@pytest.mark.parametrize(
    ("statement", "equal"),
    [
        (BOTH, True),
        ("INSERT INTO changes (name) VALUES ('003_third')", True),
        ("", True),
        ("INSERT INTO changes (name) VALUES ('999_unknown')", False),
        (f"{BOTH} DELETE FROM changes WHERE name = '000_start'", False),
        (f"{BOTH} UPDATE changes SET by = 'somebody' WHERE name = '001_first'", False),
        ("DELETE FROM changes WHERE name = '001_first'", False),
        ("DROP TABLE changes", False),
        (f"{BOTH} DELETE FROM gifts WHERE id = 1", False),
    ],
    ids=[
        "both recorded",
        "one recorded",
        "none recorded",
        "an unknown one recorded",
        "an old record lost",
        "an old record changed",
        "a record less",
        "no ledger left",
        "a row of another table lost",
    ],
)
def test_what_the_migration_records_of_itself_is_no_difference(
    dsn: str, before: MigrationBaseline, statement: str, *, equal: bool
) -> None:
    run_script(dsn, statement)
    assert content_since(before, Reader(dsn), writes=STOPPED).equal is equal


def test_a_ledger_is_any_other_table_where_none_is_configured(
    dsn: str, before: MigrationBaseline
) -> None:
    run_script(dsn, BOTH)
    assert not content_since(before, Reader(dsn), writes=WritesMeanwhile(allowed=False)).equal


@pytest.mark.parametrize(
    ("lines", "tables", "versions"),
    [
        ('ledger_table = "changes"\nledger_versions = "name"', ROWS.tables, ("001_a", "002_b")),
        ('ledger_table = "public.changes"', ("public.changes",), ("001", "002")),
        ("", (), ("001", "002")),
    ],
)
def test_the_ledger_is_found_in_any_of_the_schemas(
    tmp_path: Path, dsn: str, lines: str, tables: tuple[str, ...], versions: tuple[str, ...]
) -> None:
    for name in ("001_a.sql", "002_b.sql"):
        (tmp_path / name).write_text("SELECT 1;")
    (tmp_path / "target.toml").write_text(
        '[target]\nname = "x"\nenvironment = "x"\n[release]\nversion = "1"\n'
        '[checklist]\npath = "x"\n[repository]\npath = "."\n'
        '[database]\nschemas = ["other", "public"]\n'
        f'[migration]\nfolder = "."\nledger_version_column = "name"\n{lines}\n'
    )
    settings = load(str(tmp_path / "target.toml"), root=tmp_path, environ={})
    found = ledger_rows(settings, tmp_path)
    assert found.tables == tables
    assert found.versions == versions
    run_script(dsn, f"{LEDGER} UPDATE changes SET name = '001_a' WHERE name = '001_first'")
    names, done = recorded_versions(settings, Reader(dsn), tmp_path)
    assert names == versions
    assert done == (("001_a",) if "name" in lines else ())
