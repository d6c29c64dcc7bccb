from __future__ import annotations

from collections.abc import Callable
from dataclasses import fields, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from gonogo.action_desk import ActionDesk
from gonogo.actions.action_folder import ActionFolder
from gonogo.baselines import AFTER, BEFORE, Baselines
from gonogo.beginning import BACKUP, MIGRATE, Beginning
from gonogo.clock import SystemClock
from gonogo.config import Settings
from gonogo.dossier import Dossier
from gonogo.errors import NotDoneYet
from gonogo.history import History
from gonogo.probes.database.connection import Reader
from gonogo.probes.database.preparation import run_script
from gonogo.probes.migration.baseline import take_baseline
from gonogo.provider import Instance
from gonogo.records import ActionRecord, Attachment
from gonogo.segment_fold import Baseline
from selftest.database.product_folder import WITH_LEDGER, settings_in

TARGET = f"""{WITH_LEDGER}[actions.backup]
command = ["./save.sh", "--all"]
folder = "tools"
"""
AT = datetime(2026, 1, 25, 12, tzinfo=UTC)
RAN = ActionRecord(
    name=BACKUP, run_id="r1", instance="here", command="./save.sh", started_at=AT, outcome="failed"
)


class Journal:
    def __init__(self) -> None:
        self.records: list[dict[str, Any]] = []

    def append(self, kind: str, **fields: object) -> None:
        self.records.append({"kind": kind, **fields})


Make = Callable[..., Beginning]


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    for name in ("product", "copy"):
        folder = tmp_path / name / "migrations"
        folder.mkdir(parents=True)
        (folder / "001.sql").write_text("UPDATE people SET nick = name")
    return settings_in(tmp_path, TARGET)


@pytest.fixture
def beginning(dsn: str, tmp_path: Path, settings: Settings) -> Make:
    """Record the state before, and say who looks for signs of a migration later."""
    run_script(dsn, "CREATE TABLE changes (version text)")
    dossier, reader = Dossier(tmp_path / "dossier"), Reader(dsn)
    taken = take_baseline(reader, now=AT, source="test", schema_sql="", ledger=())
    kept = dossier.attach(taken.to_json(), name="before.json", media_type="application/json")

    def recorded(phase: str, instance: str, attachment: Attachment = kept) -> Baseline:
        return Baseline(phase=phase, run_id="r0", instance=instance, at=AT, attachment=attachment)

    def make(*actions: ActionRecord, begun: bool = False, known: bool = True) -> Beginning:
        nothing = Attachment(sha256="0" * 64, name="", media_type="", size_bytes=0)
        others = (recorded(BEFORE, "elsewhere", nothing), recorded(AFTER, "here", nothing))
        baselines = (*others, recorded(BEFORE, "here")) if known else others
        return Beginning(
            begun=lambda name: begun and name == MIGRATE,
            baselines=Baselines(
                reader=reader,
                instance=Instance(id="here", commit="", repository=str(tmp_path / "copy")),
                settings=settings,
                run_id="r1",
                dossier=dossier,
                journal=Journal(),
                keeper=dossier,
                clock=SystemClock(),
                history=lambda: History(baselines=baselines, actions=actions),
            ),
        )

    return make


def test_what_nobody_began_is_not_judged_and_the_advice_says_what_to_run(beginning: Make) -> None:
    untouched = beginning()
    assert untouched.sign == ""
    with pytest.raises(NotDoneYet) as caught:
        untouched.require_backup()
    assert caught.value.what == "no backup made yet"
    assert caught.value.do == (
        "run ./save.sh --all in tools and then this again, or pytest -m phase1 --execute backup"
    )
    with pytest.raises(NotDoneYet) as caught:
        untouched.require_migration()
    assert caught.value.what == "not migrated yet"
    assert caught.value.do == "do the migrate by hand, then run this again"
    assert "everything as recorded before: " in caught.value.found


def test_an_action_that_was_started_is_judged(beginning: Make) -> None:
    started = beginning(begun=True)
    started.require_backup()
    started.require_migration()
    assert started.sign == "the action migrate was started"


def test_without_a_state_recorded_here_all_is_judged(beginning: Make) -> None:
    unknown = beginning(known=False)
    unknown.require_migration()
    assert unknown.sign == "nobody recorded the state before"


def test_what_differs_is_judged_and_looked_at_once(beginning: Make, dsn: str) -> None:
    changed = beginning()
    run_script(dsn, "UPDATE people SET nick = 'x' WHERE number = 1")
    changed.require_migration()
    run_script(dsn, "UPDATE people SET nick = NULL WHERE number = 1")
    changed.require_backup()
    assert changed.sign == "rows of public.people are not as they were"
    assert beginning().sign == ""


def test_the_log_of_a_backup_that_was_run_here_is_no_sign(beginning: Make, tmp_path: Path) -> None:
    log = tmp_path / "product" / "logs" / "x.log"
    log.parent.mkdir()
    log.write_text("something")
    written = datetime.fromtimestamp(log.stat().st_mtime, UTC) + timedelta(seconds=1)
    assert beginning(replace(RAN, finished_at=written)).sign == ""
    ended = replace(RAN, finished_at=AT + timedelta(seconds=1))
    assert beginning(ended).sign == "the log x.log was written since"
    never_began = replace(RAN, outcome="interrupted")
    assert beginning(never_began).sign == "the log x.log was written since"
    elsewhere = replace(RAN, instance="elsewhere", finished_at=written)
    assert beginning(elsewhere).sign == "the log x.log was written since"


def desk(tmp_path: Path, *records: ActionRecord) -> ActionDesk:
    """A desk that is only asked what was begun."""
    given: dict[str, Any] = {field.name: None for field in fields(ActionDesk)}
    given["instance"] = Instance(id="here", commit="")
    given["dossier"] = Dossier(tmp_path)
    given["history"] = lambda: History(actions=records)
    return ActionDesk(**given)


def test_an_action_has_begun_once_its_script_was_started(tmp_path: Path) -> None:
    announced = replace(RAN, outcome="interrupted")
    folder = ActionFolder(path=tmp_path / "actions" / "r1-backup")
    assert not desk(tmp_path).begun(BACKUP)
    assert not desk(tmp_path, replace(RAN, instance="elsewhere")).begun(BACKUP)
    assert desk(tmp_path, RAN).begun(BACKUP)
    assert desk(tmp_path, announced).begun(BACKUP), "its folder is on another machine"
    folder.make()
    assert not desk(tmp_path, announced).begun(BACKUP), "it was announced and never started"
    assert desk(tmp_path, replace(RAN, run_id="r0"), announced).begun(BACKUP), "it ran before"
    folder.output_path.touch()
    assert desk(tmp_path, announced).begun(BACKUP)


def test_what_was_announced_again_and_never_began_does_not_undo_the_run_before(
    tmp_path: Path,
) -> None:
    finished = replace(RAN, run_id="r0", outcome="finished", exit_status=0)
    announced = replace(RAN, outcome="interrupted", started_at=AT + timedelta(minutes=1))
    ActionFolder(path=tmp_path / "actions" / "r1-backup").make()
    assert desk(tmp_path, finished, announced).perform(BACKUP) == finished
