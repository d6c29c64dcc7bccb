from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from gonogo.baselines import BEFORE, Baselines
from gonogo.clock import SystemClock
from gonogo.config import load
from gonogo.dossier import Dossier
from gonogo.history import History
from gonogo.probes.database.connection import Reader
from gonogo.probes.database.schema import SchemaSnapshot
from gonogo.probes.migration.baseline import MigrationBaseline
from gonogo.provider import Instance
from gonogo.records import ActionRecord
from gonogo.segment_fold import Baseline

TARGET = """
target = {name = "x", environment = "x"}
release.version = "1"
checklist.path = "x"
repository.path = "product"
migration.ledger_table = "changes"
"""
AT = datetime(2026, 1, 25, 12, tzinfo=UTC)
LEFT = ("0", "1")
"""What an earlier release left in the ledger; 2 and 3 are of this one."""
Taken = tuple[str, str, tuple[str, ...] | None]
Make = Callable[..., Baselines]


def action(name: str, run_id: str, minute: int, outcome: str = "finished") -> ActionRecord:
    started = AT + timedelta(minutes=minute)
    ended = None if outcome == "interrupted" else started
    return ActionRecord(
        name=name,
        run_id=run_id,
        instance="here",
        command="x",
        started_at=started,
        finished_at=ended,
        outcome=outcome,
    )


@pytest.fixture
def make(tmp_path: Path) -> Make:
    """Baselines of ``(name, run, ledger)``, one each minute, beside these actions."""
    (tmp_path / "gonogo.toml").write_text(TARGET)
    folder = tmp_path / "product" / "migrations"
    folder.mkdir(parents=True)
    for version in ("1", "2", "3"):
        (folder / f"{version}.sql").write_text("SELECT 1")
    dossier = Dossier(tmp_path / "dossier")

    def recorded(minute: int, name: str, run_id: str, ledger: tuple[str, ...] | None) -> Baseline:
        at = AT + timedelta(minutes=minute)
        data = MigrationBaseline(
            taken_at=at,
            source=name,
            fingerprints={},
            schema=SchemaSnapshot(),
            schema_sql="",
            statistics=None,
            ledger=ledger,
        ).to_json()
        kept = dossier.attach(data, name=name, media_type="application/json")
        return Baseline(phase=BEFORE, run_id=run_id, instance="here", at=at, attachment=kept)

    def made(*taken: Taken, actions: tuple[ActionRecord, ...] = ()) -> Baselines:
        history = History(
            baselines=tuple(recorded(minute, *each) for minute, each in enumerate(taken)),
            actions=actions,
        )
        nobody: Any = None
        return Baselines(
            reader=Reader("host=nowhere user=x dbname=x"),
            instance=Instance(id="here", commit="", repository=str(tmp_path / "product")),
            settings=load(None, root=tmp_path, environ={}),
            run_id="r9",
            dossier=dossier,
            journal=nobody,
            keeper=dossier,
            clock=SystemClock(),
            history=lambda: history,
        )

    return made


def name_of(found: MigrationBaseline | None) -> str | None:
    return found.source if found else None


def test_a_state_recorded_after_a_migration_by_hand_had_begun_is_none_from_before(
    make: Make,
) -> None:
    half = make(("before", "r1", LEFT), ("half", "r2", (*LEFT, "2")))
    assert name_of(half.before(None)) == "before"
    assert name_of(half.before(action("migrate", "r2", 2))) == "before"
    assert name_of(half.before(action("migrate", "r2", 2), nobody_writes=True)) == "before"
    whole = make(("whole", "r2", (*LEFT, "2", "3")))
    assert whole.before(None) is None
    assert name_of(whole.before(action("migrate", "r2", 1))) == "whole"


def test_the_newest_state_counts_while_the_ledger_holds_no_more_of_the_release(make: Make) -> None:
    others = make(("old", "r1", None), ("first", "r1", LEFT), ("next", "r1", (*LEFT, "other")))
    assert name_of(others.before(None)) == "next"
    taken_back = make(("first", "r1", LEFT), ("half", "r2", (*LEFT, "2")), ("back", "r3", LEFT))
    assert name_of(taken_back.before(None)) == "back"


def test_a_backup_made_again_must_hold_the_state_right_before_it(make: Make) -> None:
    runs = action("backup", "r1", 0), action("backup", "r2", 1)
    found = make(("first", "r1", LEFT), ("second", "r2", LEFT), actions=runs)
    assert [name_of(found.held_by(run)) for run in runs] == ["first", "second"]
    assert name_of(found.held_by(None)) == "second"


def test_an_action_that_was_announced_and_never_began_is_no_first_attempt(make: Make) -> None:
    announced = action("migrate", "r1", 0, "interrupted")
    done = action("migrate", "r2", 1)
    found = make(("first", "r1", LEFT), ("second", "r2", LEFT), actions=(announced, done))
    assert name_of(found.before(done)) == "second"
    assert found.times_of("migrate") == ((done.started_at, done.finished_at),)
