from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from gonogo.errors import CannotTell
from gonogo.probes.database.connection import connect_admin
from gonogo.probes.database.preparation import apply_prelude, run_script
from gonogo.probes.database.reference import Declared, apply_file, declared
from gonogo.probes.database.schema import compare, snapshot
from gonogo.probes.database.server import EmbeddedServer, PostgresBinaries

BASELINE = """
CREATE TABLE people (id int PRIMARY KEY, name text, stage int NOT NULL CHECK (stage > 0));
CREATE INDEX people_stage ON people (name);
CREATE VIEW staged AS SELECT id, stage FROM people;
"""
FIRST = """
BEGIN;
ALTER TABLE people
  ADD COLUMN IF NOT EXISTS stage text DEFAULT 'new' CHECK (stage <> ''),
  ADD COLUMN IF NOT EXISTS score int CHECK (score BETWEEN 0 AND 100);
DO $$ BEGIN
  EXECUTE format('CREATE TABLE people_copy_%s AS SELECT * FROM people',
                 to_char(now(), 'YYYYMMDD_HH24MISS'));
END $$;
COMMIT;
CREATE INDEX CONCURRENTLY IF NOT EXISTS people_stage ON people (stage);
"""
SECOND = """
CREATE TABLE IF NOT EXISTS public.notes (id int PRIMARY KEY, person int REFERENCES people (id));
ALTER TABLE notes ENABLE ROW LEVEL SECURITY;
CREATE OR REPLACE FUNCTION stamp() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RETURN NEW; END $$;
DROP TRIGGER IF EXISTS stamped ON notes;
CREATE TRIGGER stamped BEFORE INSERT ON notes FOR EACH ROW EXECUTE FUNCTION stamp();
DROP POLICY IF EXISTS everybody ON notes;
CREATE POLICY everybody ON notes FOR SELECT TO authenticated USING (true);
CREATE OR REPLACE VIEW staged AS SELECT id, stage, score FROM people;
ALTER TABLE people ALTER COLUMN score SET DEFAULT 50;
"""


class Migration:
    def __init__(self, server: EmbeddedServer, folder: Path) -> None:
        self._server = server
        self.first = folder / "migration-001-first.sql"
        self.second = folder / "migration-002-second.sql"
        self.first.write_text(FIRST)
        self.second.write_text(SECOND)

    def declared(self, baseline: str = BASELINE, **options: object) -> tuple[Declared, ...]:
        def prepare(dsn: str) -> None:
            apply_prelude(dsn)
            run_script(dsn, f"SET ROLE postgres; {baseline}")

        return declared(
            [self.first, self.second],
            admin_dsn=self._server.dsn(),
            prepare=prepare,
            binaries=self._server.binaries,
            role="postgres",
            **options,  # type: ignore[arg-type]
        )


@pytest.fixture
def migration(server: EmbeddedServer, tmp_path: Path) -> Migration:
    return Migration(server, tmp_path)


def test_each_file_declares_what_it_makes_as_the_last_file_leaves_it(migration: Migration) -> None:
    first, second = migration.declared()
    assert (first.number, second.number) == ("001", "002")
    assert len(first.sha256) == 64
    assert set(first.objects.of("column")) >= {"public.people.stage", "public.people.score"}
    assert first.objects.of("column")["public.people.score"]["default"] == "50"
    assert set(second.objects.of("table")) == {"public.notes"}
    assert set(second.objects.of("trigger")) == {"public.notes.stamped"}
    assert set(second.objects.of("function")) == {"public.stamp()"}
    assert set(second.objects.of("policy")) == {"public.notes.everybody"}
    assert "table public.notes to anon" in second.objects.of("grant")
    assert first.notes == ()


def test_if_not_exists_does_not_make_an_older_object_the_declared_one(
    migration: Migration,
) -> None:
    first, second = migration.declared()
    stage = first.objects.of("column")["public.people.stage"]
    assert (stage["type"], stage["default"], stage["not_null"]) == ("text", "'new'::text", False)
    index = first.objects.of("index")["public.people_stage"]
    assert index["definition"] == "CREATE INDEX people_stage ON public.people USING btree (stage)"
    assert "public.people.people_stage_check" in first.objects.of("constraint")
    view = second.objects.of("view")["public.staged"]
    assert view["columns"] == ["id integer", "stage text", "score integer"]


def test_the_real_database_with_the_older_objects_differs_from_what_is_declared(
    migration: Migration, dsn: str, binaries: PostgresBinaries
) -> None:
    run_script(dsn, f"DROP TABLE gifts, people; {BASELINE}")
    migration.second.write_text(SECOND.replace("stage, score", "stage"))
    reference = migration.declared()
    for path in (migration.first, migration.second):
        apply_file(path, dsn=dsn, binaries=binaries)
    with connect_admin(dsn) as connection:
        observed = snapshot(connection, schemas=["public"])
    differences = {str(each) for each in compare(reference[0].objects, observed).differences}
    assert "column public.people.stage: type: expected text, found integer" in differences
    assert any(each.startswith("index public.people_stage: definition") for each in differences)
    assert all("<timestamp>" not in each for each in differences)


def test_a_baseline_that_is_migrated_already_declares_the_same(
    migration: Migration, dsn: str, binaries: PostgresBinaries
) -> None:
    fresh = migration.declared()
    migrated = (
        f"{BASELINE} ALTER TABLE people DROP stage CASCADE; "
        + FIRST.replace("CONCURRENTLY", "")
        .replace("to_char(now()", "to_char(now() - interval '1 day'")
        .replace("BEGIN;", "")
        .replace("COMMIT;", "DROP INDEX people_stage;")
        + SECOND
    )
    again = migration.declared(migrated)
    for one, other in zip(fresh, again, strict=True):
        for kind in ("table", "column", "index", "trigger", "function", "policy", "view"):
            names = {name for name in one.objects.of(kind) if "_copy_" not in name}
            assert names == {name for name in other.objects.of(kind) if "_copy_" not in name}


def test_columns_that_need_care_are_set_aside_or_left(migration: Migration) -> None:
    migration.first.write_text(
        "ALTER TABLE people ADD COLUMN IF NOT EXISTS id int, "
        "ADD COLUMN IF NOT EXISTS serial int NOT NULL DEFAULT 1, "
        "ADD COLUMN IF NOT EXISTS brand_new int; "
        "ALTER TABLE IF EXISTS absent ADD COLUMN IF NOT EXISTS x int"
    )
    migration.second.write_text("CREATE SEQUENCE IF NOT EXISTS counter; SELECT 1")
    baseline = (
        f"{BASELINE} ALTER TABLE people ADD serial int GENERATED ALWAYS AS IDENTITY UNIQUE; "
        "CREATE SEQUENCE counter START 9"
    )
    first, second = migration.declared(baseline)
    columns = first.objects.of("column")
    assert set(columns) == {"public.people.serial", "public.people.brand_new"}
    assert columns["public.people.serial"]["identity"] is None
    assert second.objects.of("sequence")["public.counter"]["start"] == "1"


def test_what_is_only_seen_by_running_it_is_noted(migration: Migration) -> None:
    migration.first.write_text(
        "DO $$ BEGIN IF NOT EXISTS (SELECT) THEN NULL; END IF; END $$; CREATE TABLE z (a int)"
    )
    migration.second.write_text("SELECT 1")
    first, second = migration.declared()
    assert first.notes[0].startswith("line 1: DO $$ BEGIN IF …")
    assert second.objects.count() == 0


def test_a_file_that_fails_names_file_line_and_message(migration: Migration) -> None:
    migration.second.write_text("SELECT 1;\n\nALTER TABLE absent ADD x int;\n")
    first, second = migration.declared()
    assert first.failure is None
    assert "public.people.score" in first.objects.of("column")
    assert second.failure is not None
    assert second.failure.what == "a migration file does not run in the scratch database"
    assert second.failure.where == "migration-002-second.sql, line 3"
    assert second.failure.found == 'ERROR:  relation "absent" does not exist'
    assert "correct the file" in second.failure.do
    assert second.objects.count() == 0


def test_what_comes_after_a_file_that_fails_is_not_tried(migration: Migration) -> None:
    migration.first.write_text("ALTER TABLE absent ADD x int;")
    _, second = migration.declared()
    assert second.failure is not None
    assert second.failure.where == "migration-002-second.sql"
    assert second.failure.found == "migration-001-first.sql does not run there"


def test_what_a_failing_file_did_before_it_failed_is_not_declared(migration: Migration) -> None:
    migration.second.write_text("ALTER TABLE people ALTER score SET DEFAULT 9; SELECT 1 / 0;")
    first, _ = migration.declared()
    assert first.objects.of("column")["public.people.score"]["default"] is None


def test_an_older_object_stays_until_the_first_file_that_makes_it_where_it_is_missing(
    migration: Migration,
) -> None:
    migration.first.write_text("INSERT INTO done VALUES ('001');")
    migration.second.write_text("CREATE TABLE IF NOT EXISTS done (version text, at date);")
    first, second = migration.declared("CREATE TABLE done (version varchar(3))")
    assert first.failure is None
    assert second.objects.of("column")["public.done.version"]["type"] == "text"


def test_a_missing_extension_says_what_to_install(migration: Migration) -> None:
    migration.first.write_text("CREATE EXTENSION no_such_extension;")
    first, _ = migration.declared()
    assert first.failure is not None
    assert "contrib" in first.failure.do


def test_a_baseline_that_cannot_be_set_aside_cannot_be_told(migration: Migration) -> None:
    with pytest.raises(CannotTell):
        migration.declared("CREATE SEQUENCE staged; CREATE TABLE people (id int)")


def test_a_file_that_cannot_be_read_cannot_be_told(server: EmbeddedServer, tmp_path: Path) -> None:
    def call(files: list[Path]) -> Callable[[], object]:
        return lambda: declared(
            files, admin_dsn=server.dsn(), prepare=apply_prelude, binaries=server.binaries
        )

    assert call([])() == ()
    with pytest.raises(CannotTell, match="cannot be read"):
        call([tmp_path / "absent.sql"])()
    (tmp_path / "binary").write_bytes(b"\xff\xfe")
    with pytest.raises(CannotTell, match="cannot be read"):
        call([tmp_path / "binary"])()


def test_a_file_without_a_number_goes_by_its_name(server: EmbeddedServer, tmp_path: Path) -> None:
    path = tmp_path / "initial.sql"
    path.write_text("CREATE TABLE q (a int)")
    (only,) = declared(
        [path], admin_dsn=server.dsn(), prepare=apply_prelude, binaries=server.binaries
    )
    assert only.number == "initial"
    assert set(only.objects.of("table")) == {"public.q"}
