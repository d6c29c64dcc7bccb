from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import psycopg
import pytest

from gonogo.cli.main import run
from gonogo.dossier import Dossier
from gonogo.history import read_history
from gonogo.probes.database.binaries import find_binaries
from gonogo.probes.database.server import EmbeddedServer
from gonogo.probes.migration.baseline import MigrationBaseline
from selftest.plugin.project import CHECKLIST
from selftest.plugin.reached import OWNER, PASSWORDS, READER, TARGET, shop_server

LEDGER = '[migration]\nledger_table = "done"\n'
RECORDED = "CREATE TABLE done (version text); GRANT SELECT ON done TO shop_reader"


@pytest.fixture(scope="module")
def server() -> Iterator[EmbeddedServer]:
    with shop_server(find_binaries()) as running:
        yield running


@dataclass
class Shop:
    folder: Path
    owner: str

    def set(self, text: str) -> None:
        (self.folder / "gonogo.toml").write_text(text)

    def execute(self, statement: str) -> None:
        with psycopg.connect(self.owner, autocommit=True) as connection:
            connection.execute(statement.encode())

    @property
    def dossier(self) -> Dossier:
        return Dossier(next((self.folder / "reports").iterdir()))


@pytest.fixture
def shop(server: EmbeddedServer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Shop]:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("SHOP_READER_URL", server.dsn("shop", READER, PASSWORDS[READER]))
    monkeypatch.delenv("SHOP_OWNER_URL", raising=False)
    (tmp_path / "checklist.md").write_text(CHECKLIST)
    folder = tmp_path / "product" / "migrations"
    folder.mkdir(parents=True)
    for number in ("001", "002"):
        (folder / f"{number}_change.sql").write_text("SELECT 1;")
    made = Shop(tmp_path, server.dsn("shop", OWNER, PASSWORDS[OWNER]))
    made.set(TARGET + LEDGER)
    yield made
    made.execute("DROP TABLE IF EXISTS done")


def test_the_state_is_recorded_in_a_run_of_its_own(
    shop: Shop, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(["before", "phase1"]) == 0
    said = capsys.readouterr().out
    assert "recorded before phase1: 1 tables, 20 rows" in said
    assert "0 of 2 migrations recorded" in said
    assert "next:     run the scripts, then pytest -m phase1 --target=gonogo.toml" in said
    dossier = shop.dossier
    (run_id,) = dossier.run_ids()
    (segment,) = dossier.segments(run_id)
    assert str(segment.path) in said.replace("\n", "")
    assert segment.path.name.startswith("before-")
    assert segment.header["planned"] == []
    history = read_history({run_id: [segment]})
    assert history.problems == ()
    (baseline,) = history.baselines
    kept = MigrationBaseline.from_json(dossier.blob(baseline.attachment.sha256))
    assert kept.rows == 20
    assert "CREATE TABLE public.orders" in kept.schema_sql
    written = [path.read_bytes() for path in dossier.folder.rglob("*") if path.is_file()]
    assert PASSWORDS[READER].encode() not in b"".join(written)


def test_what_was_migrated_before_is_said(shop: Shop, capsys: pytest.CaptureFixture[str]) -> None:
    shop.execute(f"{RECORDED}; INSERT INTO done VALUES ('001')")
    assert run(["before", "phase1"]) == 0
    assert "1 of 2 migrations recorded" in capsys.readouterr().out


def test_the_state_is_recorded_anew_as_long_as_nothing_further_is_applied(
    shop: Shop, capsys: pytest.CaptureFixture[str]
) -> None:
    shop.execute(f"{RECORDED}; INSERT INTO done VALUES ('000'), ('001')")
    (shop.folder / "product" / "migrations" / "003_change.sql").write_text("SELECT 1;")
    assert run(["before", "phase1"]) == 0
    assert run(["before", "phase1"]) == 0
    shop.execute("INSERT INTO done VALUES ('002')")
    assert run(["before", "phase1"]) == 4
    said = capsys.readouterr().err
    assert "the migration has begun since the state before it was recorded" in said
    assert "found: 002 recorded" in said


def test_a_database_that_is_migrated_has_no_state_from_before(
    shop: Shop, capsys: pytest.CaptureFixture[str]
) -> None:
    shop.execute(f"{RECORDED}; INSERT INTO done VALUES ('001'), ('002')")
    assert run(["before", "phase1"]) == 4
    said = capsys.readouterr().err
    assert "this database is migrated already" in said
    assert "found: 001, 002 recorded" in said
    assert "what to do:" in said


def test_without_a_ledger_it_says_that_nobody_can_tell(
    shop: Shop, capsys: pytest.CaptureFixture[str]
) -> None:
    shop.set(TARGET)
    assert run(["before", "phase1"]) == 0
    assert "nobody can tell whether this is before the migration" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (
            (
                "[release]",
                'provider = "tiny:Provider"\n[release]',
            ),
            'found: target.provider = "tiny:Provider": the suite starts it',
        ),
        (('url_env = "SHOP_READER_URL"', ""), "what to do: set database.url_env"),
        (('"SHOP_READER_URL"', '"NOT_SET_ANYWHERE"'), "NOT_SET_ANYWHERE is not set"),
    ],
    ids=["a target with a provider", "no database", "no address"],
)
def test_a_target_that_cannot_be_read_is_a_usage_error(
    shop: Shop, capsys: pytest.CaptureFixture[str], change: tuple[str, str], said: str
) -> None:
    text = TARGET.replace(*change)
    if "provider" in text:
        text = text.partition("[database]")[0]
    shop.set(text)
    assert run(["before", "phase1"]) == 4
    assert said in capsys.readouterr().err
    assert not (shop.folder / "reports").exists()


def test_a_database_that_does_not_answer_is_no_usage_error(
    shop: Shop, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SHOP_READER_URL", "postgresql://u:pw-canary@127.0.0.1:1/shop")
    assert run(["before", "phase1"]) == 20
    said = capsys.readouterr().err
    assert "nothing accepts connections at that address" in said
    assert "canary" not in said


def test_a_reports_folder_that_cannot_be_written_is_a_usage_error(
    shop: Shop, capsys: pytest.CaptureFixture[str]
) -> None:
    (shop.folder / "reports").write_text("a file")
    assert run(["before", "phase1"]) == 4
    assert "the reports folder cannot be written" in capsys.readouterr().err


def test_another_phase_is_refused(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["before", "phase2"]) == 4
    assert "phase1" in capsys.readouterr().err
