from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path

import pytest

from gonogo.config import Settings
from gonogo.probes.database.connection import Reader
from gonogo.probes.database.dump import dump_schema
from gonogo.probes.database.preparation import run_script
from gonogo.probes.database.reference import Declared
from gonogo.probes.database.server import EmbeddedServer
from gonogo.probes.migration.baseline import MigrationBaseline, take_baseline
from gonogo.probes.migration.ledger import applied_versions
from gonogo.probes.migration.objects import all_of, columns_of, objects_of, of_this_release
from gonogo.probes.migration.rehearsal import declared_objects, file_digests
from gonogo.provider import Instance
from selftest.database.product_folder import instance_in, settings_in

LEDGER = "CREATE TABLE changes (version text PRIMARY KEY);"
ONCE = "CREATE TABLE visits (id int PRIMARY KEY); CREATE INDEX visits_id ON visits (id);"
AGAIN = "ALTER TABLE gifts ADD COLUMN IF NOT EXISTS note text;"
LAST = "ALTER TABLE visits ADD COLUMN place text; DROP INDEX visits_id;"


@dataclass
class Product:
    dsn: str
    folder: Path
    settings: Settings
    instance: Instance

    def write(self, **texts: str) -> None:
        for name, text in texts.items():
            (self.folder / f"{name.removeprefix('m')}_change.sql").write_text(text)

    def apply(self, *texts: str, recorded: Iterable[str] = ()) -> None:
        rows = "".join(f"INSERT INTO changes VALUES ('{version}');" for version in recorded)
        run_script(self.dsn, f"{LEDGER.replace('TABLE', 'TABLE IF NOT EXISTS')} {rows}")
        for text in texts:
            run_script(self.dsn, text)

    def before(self) -> MigrationBaseline:
        reader = Reader(self.dsn)
        return take_baseline(
            reader,
            now=datetime.now(UTC),
            source="test",
            schema_sql=dump_schema(self.dsn, schemas=["public"], binaries=self.instance.binaries),
            files=file_digests(self.instance, self.settings),
            ledger=applied_versions(self.settings, reader),
        )

    def declared(self, before: MigrationBaseline | None = None) -> tuple[Declared, ...]:
        return declared_objects(before or self.before(), self.instance, self.settings)


@pytest.fixture
def product(dsn: str, server: EmbeddedServer, tmp_path: Path) -> Product:
    folder = tmp_path / "product" / "migrations"
    folder.mkdir(parents=True)
    instance = instance_in(tmp_path, dsn, server)
    settings = settings_in(tmp_path)
    made = Product(dsn, folder, settings, instance)
    made.write(m001=ONCE, m002=AGAIN, m003=LAST)
    return made


def names(file: Declared) -> set[str]:
    return {f"{kind} {name}" for kind, named in file.objects.objects.items() for name in named}


def test_a_ledger_that_is_not_there_yet_holds_nothing(product: Product) -> None:
    assert applied_versions(product.settings, Reader(product.dsn)) == ()
    bare = product.settings.model_copy(
        update={"migration": product.settings.migration.model_copy(update={"ledger_table": ""})}
    )
    assert applied_versions(bare, Reader(product.dsn)) is None


def test_the_ledger_of_the_state_before_is_kept_with_it(product: Product) -> None:
    product.apply(recorded=["001", "000"])
    before = product.before()
    assert before.ledger == ("000", "001")
    assert MigrationBaseline.from_json(before.to_json()).ledger == ("000", "001")


def test_a_state_before_that_an_older_version_recorded_says_nothing_of_the_ledger(
    product: Product,
) -> None:
    data = product.before().to_json().replace(b', "ledger": []', b"")
    assert b'"ledger"' not in data
    assert MigrationBaseline.from_json(data).ledger is None


def test_every_file_is_run_where_all_can_run_again(product: Product) -> None:
    product.write(
        m001=ONCE.replace("TABLE", "TABLE IF NOT EXISTS").replace("INDEX", "INDEX IF NOT EXISTS")
    )
    product.apply(ONCE, recorded=["001"])
    first, second, third = product.declared()
    assert first.run
    assert first.applied_before
    assert first.notes[0].startswith("applied before this release")
    assert "column public.visits.id" in names(first)
    assert not second.applied_before
    assert "column public.visits.place" in names(third)


def test_a_file_that_cannot_run_again_declares_what_is_there_of_it(product: Product) -> None:
    product.apply(ONCE, recorded=["001"])
    files = product.declared()
    first, second, third = files
    assert (first.run, first.applied_before, first.failure) == (False, True, None)
    assert "not run again" in first.notes[0]
    assert "4 of 4 objects that it makes were there" in first.notes[0]
    # The index is not asked for: the release drops it.
    assert names(first) == {
        "table public.visits",
        "column public.visits.id",
        "index public.visits_pkey",
    }
    assert (second.number, third.number) == ("002", "003")
    assert ("index", "public.visits_id") in third.dropped
    assert of_this_release(files) == [second, third]
    run_script(product.dsn, AGAIN + LAST)
    observed = Reader(product.dsn).snapshot()
    assert all(objects_of([each], observed).equal for each in files)
    assert columns_of(files, observed).equal


def test_what_is_in_the_ledger_only_is_missing(product: Product) -> None:
    product.apply(recorded=["001"])
    product.write(m003="SELECT 1;")
    files = product.declared()
    assert not files[0].failure
    observed = Reader(product.dsn).snapshot()
    found = objects_of(files[:1], observed)
    assert {each.subject for each in found.differences} >= {
        "table public.visits",
        "column public.visits.id",
        "index public.visits_id",
    }
    assert not columns_of(files, observed).equal


def test_a_release_that_is_in_the_ledger_whole_is_looked_at(product: Product) -> None:
    product.apply(ONCE, AGAIN, LAST, recorded=["001", "002", "003"])
    observed = Reader(product.dsn).snapshot()
    assert all(objects_of([each], observed).equal for each in product.declared())
    run_script(product.dsn, "ALTER TABLE gifts DROP note; ALTER TABLE visits DROP place;")
    _, second, third = product.declared()
    observed = Reader(product.dsn).snapshot()
    assert not objects_of([second], observed).equal
    assert not objects_of([third], observed).equal


def test_a_file_that_filled_rows_is_judged_by_its_record(product: Product) -> None:
    product.write(m000="INSERT INTO gifts (person, amount) VALUES (NULL, 0);")
    product.apply(ONCE, recorded=["000", "001"])
    filled = product.declared()[0]
    assert names(filled) == set()
    found = objects_of([filled], Reader(product.dsn).snapshot())
    assert found.equal
    assert "0 of 0 objects" in str(found)


def test_only_the_files_after_the_one_that_fails_cannot_be_told(product: Product) -> None:
    product.write(m003="SELECT 1 / (SELECT count(*)::int FROM people);")
    product.apply()
    first, second, third = product.declared()
    assert first.failure is None
    assert second.failure is None
    assert third.failure is not None
    assert third.failure.found == "ERROR:  division by zero"


def test_a_state_before_without_its_ledger_says_so_where_a_file_fails(product: Product) -> None:
    product.apply(ONCE, recorded=["001"])
    before = replace(product.before(), ledger=None)
    first = product.declared(before)[0]
    assert not first.applied_before
    assert first.failure is not None
    assert "recorded without what the ledger held" in first.failure.do


def test_a_version_without_a_file_is_named(product: Product) -> None:
    product.apply(recorded=[f"a{number}" for number in range(7)])
    first = product.declared()[0]
    assert "there is no file of it: a0, a1, a2, a3, a4 and 2 more" in first.notes[-1]
    product.write(m001="SELECT 1 / 0;")
    failure = product.declared()[0].failure
    assert failure is not None
    assert "migration.ledger_versions" in failure.do


def test_a_file_that_changed_since_cannot_be_told_and_neither_can_the_others(
    product: Product,
) -> None:
    product.apply(ONCE, recorded=["001"])
    before = product.before()
    product.write(m001=f"{ONCE} SELECT 1;")
    for each in product.declared(before):
        assert each.failure is not None
        assert each.failure.where == "001_change.sql"


def test_what_is_missing_and_what_a_failing_file_names_is_not_certain(product: Product) -> None:
    product.write(
        m003="ALTER TABLE visits RENAME TO calls; SELECT 1 / (SELECT count(*) FROM people);"
    )
    product.apply(ONCE, recorded=["001"])
    first, second, _ = product.declared()
    assert first.doubt is not None
    assert ("table", "public.visits") in first.doubt.names
    assert second.doubt is not None
    assert ("column", "public.gifts.note") not in second.doubt.names


def test_what_cannot_be_told_of_an_applied_file_stops_the_whole(product: Product) -> None:
    product.write(m001=f"{ONCE} DO $$ BEGIN RAISE 'no'; END $$;")
    product.apply(ONCE, recorded=["001"])
    files = product.declared()
    assert files[0].failure is not None
    assert files[1].failure is None
    with pytest.raises(type(files[0].failure)):
        all_of(files)
