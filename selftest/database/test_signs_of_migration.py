from __future__ import annotations

import os
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from gonogo.config import Settings
from gonogo.errors import CannotTell
from gonogo.probes.database.connection import Reader
from gonogo.probes.database.preparation import run_script
from gonogo.probes.migration.baseline import MigrationBaseline, take_baseline
from gonogo.probes.migration.ledger import applied_versions
from gonogo.probes.migration.signs import signs_in_logs, signs_on_the_target
from selftest.database.product_folder import TARGET, settings_in

SECTIONS = """[database]
writes_during_migration = "{writes}"
[migration]
folder = "."
files = "[0-9]*.sql"
ledger_table = "{ledger}"
backups = "backups"
logs = "logs"
"""
LEDGER = """
CREATE TABLE changes (version text PRIMARY KEY, note text);
INSERT INTO changes VALUES ('001');
CREATE TABLE visits (id int GENERATED ALWAYS AS IDENTITY PRIMARY KEY);
INSERT INTO visits DEFAULT VALUES;
"""
BEGAN = datetime(2026, 1, 25, 12, tzinfo=UTC)


@dataclass
class Product:
    dsn: str
    folder: Path

    def settings(self, *, writes: str = "allowed", ledger: str = "changes") -> Settings:
        sections = SECTIONS.format(writes=writes, ledger=ledger)
        return settings_in(self.folder, f"{TARGET}{sections}")

    @property
    def repository(self) -> Path:
        return self.folder / "product"

    def before(self) -> MigrationBaseline:
        reader = Reader(self.dsn)
        taken = take_baseline(
            reader,
            now=BEGAN,
            source="test",
            schema_sql="",
            ledger=applied_versions(self.settings(), reader),
        )
        return MigrationBaseline.from_json(taken.to_json())

    def signs(self, *before: MigrationBaseline, writes: str = "allowed") -> list[str]:
        settings = self.settings(writes=writes)
        reader = Reader(self.dsn)
        return list(signs_on_the_target(before, reader, settings, self.repository))

    def write(self, name: str, text: str = "", *, after_s: float = 30.0) -> Path:
        path = self.repository / name
        path.parent.mkdir(exist_ok=True)
        path.write_text(text)
        moment = (BEGAN + timedelta(seconds=after_s)).timestamp()
        os.utime(path, (moment, moment))
        return path

    def logs(self, *backed_up: tuple[datetime, datetime]) -> list[str]:
        signs = signs_in_logs(self.settings(), self.repository, since=BEGAN, backed_up=backed_up)
        return list(signs)


@pytest.fixture
def product(dsn: str, tmp_path: Path) -> Product:
    run_script(dsn, LEDGER)
    made = Product(dsn, tmp_path)
    made.repository.mkdir()
    made.write("001-visits.sql", "CREATE TABLE visits (id int); UPDATE gifts SET amount = 1;")
    made.write("002-people.sql", 'UPDATE public."people" SET nick = name; -- and nothing else')
    return made


def test_a_target_that_is_as_it_was_shows_no_sign(product: Product) -> None:
    assert product.signs(product.before()) == []
    assert product.signs(product.before(), product.before(), writes="stopped") == []


@pytest.mark.parametrize(
    ("statement", "sign"),
    [
        ("INSERT INTO changes VALUES ('002')", "the ledger holds 001, 002, before 001"),
        ("DELETE FROM changes", "the ledger holds nothing, before 001"),
        ("UPDATE changes SET note = 'x'", "rows of public.changes are not as they were"),
        ("UPDATE people SET nick = 'x' WHERE number = 7", "rows of public.people are not as"),
        ("CREATE INDEX i ON gifts (amount)", "index public.i is not as it was"),
        ("ALTER TABLE people ADD COLUMN x int", "column public.people.x is not as it was"),
        ("DROP TABLE visits", "table public.visits is not as it was"),
        ("GRANT SELECT ON gifts TO PUBLIC", "grant "),
        ("ALTER SEQUENCE visits_id_seq RESTART", "sequence public.visits_id_seq"),
    ],
)
def test_whatever_a_migration_leaves_is_a_sign(product: Product, statement: str, sign: str) -> None:
    before = product.before()
    run_script(product.dsn, statement)
    found = product.settings(), Reader(product.dsn)
    first = next(signs_on_the_target([before], found[1], found[0], product.repository))
    assert sign in first


def test_what_users_write_elsewhere_is_none_unless_nobody_should_write(product: Product) -> None:
    before = product.before()
    run_script(product.dsn, "UPDATE gifts SET amount = 2; INSERT INTO visits DEFAULT VALUES;")
    assert product.signs(before) == []
    assert product.signs(before, writes="stopped") == [
        "rows of public.gifts are not as they were",
        "rows of public.visits are not as they were",
    ]


def test_where_nobody_should_write_what_was_written_between_two_records_is_a_sign(
    product: Product,
) -> None:
    first = product.before()
    run_script(product.dsn, "UPDATE gifts SET amount = 2")
    second = product.before()
    assert product.signs(first, second) == []
    changed = ["rows of public.gifts are not as they were"]
    assert product.signs(first, second, writes="stopped") == changed


def test_where_nothing_was_recorded_nobody_can_say_that_nothing_began(product: Product) -> None:
    assert product.signs() == ["nobody recorded the state before"]
    old = replace(product.before(), ledger=None)
    assert product.signs(old) == ["nobody knows what the ledger held"]
    before = product.before()
    without = product.settings(ledger="")
    found = signs_on_the_target([before], Reader(product.dsn), without, product.repository)
    assert list(found) == ["nobody knows what the ledger held"]


def test_a_state_recorded_after_the_migration_is_none_from_before(product: Product) -> None:
    run_script(product.dsn, "INSERT INTO changes VALUES ('002')")
    assert product.signs(product.before()) == [
        "every migration was applied when the state before was recorded"
    ]


def test_what_was_done_before_the_state_was_recorded_again_is_a_sign(product: Product) -> None:
    first = product.before()
    run_script(product.dsn, "ALTER TABLE people ADD COLUMN x int")
    assert product.signs(first, product.before()) == ["column public.people.x is not as it was"]
    third = product.before()
    earlier = replace(third, ledger=())
    assert product.signs(earlier, third) == [
        "the state before was recorded more than once, and the ledger was not the same"
    ]


def test_a_migration_file_that_cannot_be_read_leaves_nobody_able_to_tell(product: Product) -> None:
    before = product.before()
    run_script(product.dsn, "UPDATE gifts SET amount = 2")
    (product.repository / "002-people.sql").unlink()
    (product.repository / "002-people.sql").mkdir()
    with pytest.raises(CannotTell):
        product.signs(before)


def test_a_log_is_a_sign_unless_a_backup_explains_it(product: Product) -> None:
    product.write("logs/old.log", after_s=-60)
    assert product.logs() == []
    product.write("backups/saved_7.dump", after_s=20)
    product.write("logs/b.log", "Backup saved to: /x/backups/saved_7.dump\n")
    assert product.logs() == []
    product.write("logs/m.log", "All migrations completed\n")
    assert product.logs() == ["the log m.log was written since"]


def test_a_log_that_names_backup_and_migration_is_a_sign(product: Product) -> None:
    product.write("backups/saved_7.dump", after_s=20)
    product.write("logs/m.log", "Backup: saved_7.dump\nApplying 002-people\nAll done\n")
    assert product.logs() == ["the log m.log was written since"]


def test_a_log_of_a_backup_that_gonogo_ran_is_none(product: Product) -> None:
    product.write("logs/b.log", "something\n", after_s=30)
    ran = BEGAN + timedelta(seconds=10), BEGAN + timedelta(seconds=31)
    assert product.logs(ran) == []
    product.write("logs/later.log", "something\n", after_s=32)
    assert product.logs(ran) == ["the log later.log was written since"]


def test_a_log_that_cannot_be_read_is_a_sign(product: Product) -> None:
    product.write("logs/x.log")
    (product.repository / "logs" / "x.log").unlink()
    (product.repository / "logs" / "x.log").mkdir()
    (sign,) = product.logs()
    assert sign.startswith("the log x.log cannot be read: ")
