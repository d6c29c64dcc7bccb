from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path

import pytest

from gonogo.probes.database.reference import Declared
from gonogo.probes.database.schema_comparison import plain_name
from gonogo.probes.database.schema_objects import Attributes, SchemaSnapshot
from gonogo.probes.migration.baseline import RECORDED, MigrationBaseline
from gonogo.probes.migration.objects import older_objects_of

Kinds = Mapping[str, Mapping[str, Attributes]]
TABLE: Attributes = {"row_security": True, "replica_identity": "d"}
TIMEOUT = "statement_timeout of this database"
BEFORE: Kinds = {
    "table": {"public.people": TABLE},
    "setting": {"search_path of this database": {"value": "public"}},
}


def differences(
    after: Kinds, *texts: str, source: str = RECORDED, before: Kinds = BEFORE, folder: Path
) -> list[str]:
    baseline = MigrationBaseline(
        taken_at=datetime(2026, 1, 25, tzinfo=UTC),
        source=source,
        fingerprints={},
        schema=SchemaSnapshot(objects=before),
        schema_sql="",
        statistics=None,
    )
    files = []
    for number, text in enumerate(texts):
        path = folder / f"{number}.sql"
        path.write_text(text)
        files.append(Declared(number="", path=path, sha256="", objects=SchemaSnapshot()))
    gone = Declared(number="", path=folder / "gone.sql", sha256="", objects=SchemaSnapshot())
    observed = SchemaSnapshot(objects={**BEFORE, **after})
    found = older_objects_of(["table", "setting"], baseline, [*files, gone], observed)
    return [str(each) for each in found.differences]


def with_settings(**values: str) -> Kinds:
    names = {"path": "search_path of this database", "timeout": TIMEOUT}
    return {"setting": {names[name]: {"value": value} for name, value in values.items()}}


def test_what_is_as_it_was_is_no_difference(tmp_path: Path) -> None:
    assert differences({}, folder=tmp_path) == []


@pytest.mark.parametrize(
    ("after", "found"),
    [
        (
            with_settings(path="public", timeout="90min"),
            f"setting {TIMEOUT}: expected none, found made beside the files",
        ),
        (
            with_settings(path="other"),
            "setting search_path of this database: value: expected public, found other",
        ),
        ({"setting": {}}, "setting search_path of this database: expected a setting, found none"),
        (
            {"table": {"public.people": {**TABLE, "replica_identity": "n"}}},
            "table public.people: replica identity: expected d, found n",
        ),
    ],
)
def test_what_the_script_left_behind_is_named(tmp_path: Path, after: Kinds, found: str) -> None:
    assert differences(after, folder=tmp_path) == [found]


@pytest.mark.parametrize(
    "text",
    [
        "ALTER DATABASE app SET statement_timeout = '90min';",
        "alter database app\n  set \"statement_timeout\" to '90min';",
        "ALTER ROLE anon IN DATABASE app SET statement_timeout = 1;",
        "DO $$ BEGIN EXECUTE format('ALTER DATABASE %I RESET ALL', current_database()); END $$;",
    ],
)
def test_a_setting_that_a_file_names_is_declared(tmp_path: Path, text: str) -> None:
    after = with_settings(path="public", timeout="90min")
    assert differences(after, text, folder=tmp_path) == []
    assert differences(after, text.replace("_timeout", "_x").replace("ALL", "x"), folder=tmp_path)


def test_a_restored_backup_or_an_older_baseline_tells_nothing_of_settings(tmp_path: Path) -> None:
    after = with_settings(timeout="90min")
    assert differences(after, folder=tmp_path, source="a backup") == []
    assert differences(after, folder=tmp_path, before={"table": BEFORE["table"]}) == []


@pytest.mark.parametrize(
    ("name", "plain"),
    [
        ("public.copy_20260125_120000", "public.copy_<timestamp>"),
        ("public.copy_20260125120000", "public.copy_<timestamp>"),
        ("public.copy_1769342400", "public.copy_<timestamp>"),
        ("public.copy_1769342400123", "public.copy_<timestamp>"),
        ("public.copy_1769342400_pkey", "public.copy_<timestamp>_pkey"),
        ("public.copy_1769342400.id", "public.copy_<timestamp>.id"),
        ("public.messages_20260125", "public.messages_20260125"),
        ("public.range_1000000000", "public.range_1000000000"),
        ("public.copy_17693424001", "public.copy_17693424001"),
    ],
)
def test_names_with_a_moment_in_them_are_the_same_name(name: str, plain: str) -> None:
    assert plain_name(name) == plain
