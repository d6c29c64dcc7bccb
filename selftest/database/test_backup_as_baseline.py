from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from gonogo.config import Settings
from gonogo.errors import NothingToCompare
from gonogo.probes.database.connection import Reader
from gonogo.probes.database.preparation import run_script
from gonogo.probes.database.programs import run_program
from gonogo.probes.database.server import EmbeddedServer
from gonogo.probes.migration.backup_as_baseline import baseline_of_backup, tables_held
from gonogo.probes.migration.rehearsal import declared_objects
from gonogo.probes.migration.restored_backup import RestoredBackup
from gonogo.provider import Instance
from selftest.database.product_folder import instance_in, settings_in

CHANGE = "CREATE TABLE visits (id int PRIMARY KEY); ALTER TABLE gifts ADD COLUMN note text;"
LEDGER = "CREATE TABLE changes (version text PRIMARY KEY);"


@dataclass
class Product:
    dsn: str
    folder: Path
    settings: Settings
    instance: Instance

    def migrate(self) -> None:
        run_script(self.dsn, f"{CHANGE} INSERT INTO changes VALUES ('001');")

    def save(self, *arguments: str) -> Path:
        path = self.folder / "saved.dump"
        words = ["--format=custom", "--schema=public", f"--file={path}", *arguments]
        done = run_program(self.instance.binaries, "pg_dump", words, dsn=self.dsn)
        assert done.exit_status == 0, done.stderr
        return path

    @property
    def reader(self) -> Reader:
        return Reader(self.dsn)


@pytest.fixture
def product(dsn: str, server: EmbeddedServer, tmp_path: Path) -> Product:
    folder = tmp_path / "product" / "migrations"
    folder.mkdir(parents=True)
    (folder / "001_visits.sql").write_text(CHANGE)
    run_script(dsn, LEDGER)
    instance = instance_in(tmp_path, dsn, server)
    settings = settings_in(tmp_path)
    return Product(dsn, tmp_path, settings, instance)


@pytest.fixture
def restored(product: Product) -> Iterator[Callable[[Path], RestoredBackup]]:
    made: list[RestoredBackup] = []

    def restore(path: Path) -> RestoredBackup:
        made.append(RestoredBackup(path, product.instance, reader=product.reader, hashed=str))
        return made[-1]

    yield restore
    for each in made:
        each.close()


Restore = Callable[[Path], RestoredBackup]


def test_the_backup_shows_the_state_before(product: Product, restored: Restore) -> None:
    copy = restored(product.save())
    product.migrate()
    baseline = baseline_of_backup(copy, product.instance, product.settings)
    assert baseline.source == "the backup saved.dump, restored in scratch"
    assert baseline.rows == 250
    assert "note" not in baseline.columns["public.gifts"]
    assert baseline.statistics is None
    (declared,) = declared_objects(baseline, product.instance, product.settings)
    assert "public.visits" in declared.objects.of("table")


def test_a_backup_from_after_the_migration_shows_nothing_of_before(
    product: Product, restored: Restore
) -> None:
    product.migrate()
    copy = restored(product.save())
    with pytest.raises(NothingToCompare, match="made after the migration") as caught:
        baseline_of_backup(copy, product.instance, product.settings)
    assert caught.value.found == "001 recorded in it"


def test_a_backup_holds_every_table_that_the_migration_did_not_make(
    product: Product, restored: Restore
) -> None:
    copy = restored(product.save())
    product.migrate()
    proof = tables_held(copy, product.reader, product.instance, product.settings)
    assert proof.holds, proof
    assert "rows were not compared" in str(proof)


def test_what_the_restored_copy_lacks_by_design_is_told(
    product: Product, restored: Restore
) -> None:
    run_script(
        product.dsn,
        "CREATE TABLE devices (id int PRIMARY KEY,"
        " holder uuid CONSTRAINT of_user REFERENCES auth.users (id))",
    )
    copy = restored(product.save())
    proof = tables_held(copy, product.reader, product.instance, product.settings)
    assert proof.holds, proof
    assert "were left out: public.devices.of_user" in str(proof)


def test_a_backup_that_lacks_a_table_does_not_hold_the_database(
    product: Product, restored: Restore
) -> None:
    run_script(product.dsn, "CREATE TABLE lonely (id int PRIMARY KEY)")
    copy = restored(product.save("--exclude-table=lonely"))
    proof = tables_held(copy, product.reader, product.instance, product.settings)
    assert not proof.holds
    assert "table public.lonely" in str(proof)


def test_a_backup_that_does_not_restore_holds_nothing(product: Product, restored: Restore) -> None:
    path = product.folder / "empty.dump"
    path.touch()
    proof = tables_held(restored(path), product.reader, product.instance, product.settings)
    assert not proof.holds
    assert proof.trouble == "it is empty"


def test_without_the_scripts_role_the_files_run_as_whoever_restored(
    product: Product, restored: Restore
) -> None:
    product.instance = Instance.from_json(product.instance.to_json())
    copy = restored(product.save())
    bare = Instance(**{**vars(product.instance), "script_connection": {}})
    baseline = baseline_of_backup(copy, bare, product.settings)
    assert not baseline.schema_sql.startswith("SET ROLE")
    assert declared_objects(baseline, bare, product.settings)
