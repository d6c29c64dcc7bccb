"""A made-up release with everything a report must be able to show."""

from __future__ import annotations

import hashlib
from datetime import timedelta
from typing import TYPE_CHECKING

from gonogo.gate import decide
from gonogo.records import ActionRecord, Release, ReleaseView, RunSummary, Standing
from selftest.report.records import (
    COMMIT,
    EARLIER_RUN,
    INSTANCE,
    NOW,
    RUN,
    Blobs,
    items,
    passed,
    picture,
    standing,
)
from selftest.report.stories import actions_of, migration_log, stories

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence


def view(
    standings: Sequence[Standing],
    scope: Collection[str],
    *,
    name: str = "phase1",
    rehearsal: bool = True,
    partial: bool = False,
    problems: Sequence[str] = (),
    actions: Sequence[ActionRecord] = (),
) -> ReleaseView:
    decision = decide(standings, scope=name, in_scope=scope, partial=partial, problems=problems)
    planned = tuple(s.item.id for s in standings if s.item.id in scope)
    return ReleaseView(
        release=Release(version="1.4.0", commit=COMMIT, environment="staging"),
        rehearsal=rehearsal,
        in_a_box=rehearsal,
        target="staging in a box",
        instance=INSTANCE,
        checklist_title="Production Deployment Checklist - Contacts Redesign",
        checklist_path="checklist/contacts-redesign.md",
        checklist_sha256=hashlib.sha256(b"checklist").hexdigest(),
        decision=decision,
        standings=tuple(standings),
        actions=tuple(actions),
        runs=(
            RunSummary(
                run_id=EARLIER_RUN,
                started_at=NOW - timedelta(hours=2),
                ended_at=None,
                exit_status=None,
                options="pytest -m phase1 -n 2",
                planned=planned[:12],
                interrupted_items=planned[4:6],
                problems=(f"run {EARLIER_RUN}, gw1.jsonl ends in half a line, which is ignored",),
            ),
            RunSummary(
                run_id=RUN,
                started_at=NOW - timedelta(seconds=75),
                ended_at=NOW,
                exit_status=decision.verdict.exit_code,
                options="pytest -m phase1 -n 2",
                planned=planned,
            ),
        ),
        problems=(),
        generated_at=NOW,
        tool_version="0.1.0",
        stand_ins=("Sentry: local imitation, port 40121", "Pulse API: local imitation"),
        facts={
            "PostgreSQL": "18.6 on x86_64",
            "Database": "app, 14 tables, 48,210 rows",
            "Backup": "app-2026-01-25.sql.gz, 3.2 MB",
        },
    )


def green_view(*, rehearsal: bool = True, partial: bool = False) -> ReleaseView:
    """Twelve items of phase 1 in scope, all passed; nothing else was run."""
    standings = [passed(i) if i.phase == "phase1" else standing(i) for i in items()]
    scope = {s.item.id for s in standings if s.item.phase == "phase1"}
    return view(standings, scope, rehearsal=rehearsal, partial=partial)


def full_view(blobs: Blobs, *, rehearsal: bool = True, copies: int = 1) -> ReleaseView:
    """The whole checklist in scope: most of it seen, some of it red, hostile texts among it."""
    log = blobs.keep("migrate.log", "text/plain", migration_log())
    shot = blobs.keep("contacts-page.png", "image/png", picture())
    result = blobs.keep("missing-rows.json", "application/json", b'{"missing": 3}\n')
    trace = blobs.keep("trace.zip", "application/zip", b"PK\x03\x04" + bytes(2048))
    told = stories(log, shot, result, trace)
    standings = [told(item) for item in items(copies)]
    later = {"rollout1", "rollout2", "rollout3", "success", "closeout", "signoff"}
    scope = {s.item.id for s in standings if s.item.phase not in later}
    return view(
        standings,
        scope,
        name="preflight or final or phase1 or phase2 or phase3 or phase4 or monitoring or rollback",
        rehearsal=rehearsal,
        problems=("run 20260125T121502Z-a90b13, main.jsonl: line 214 does not continue line 213",),
        actions=actions_of(log),
    )
