"""What became of the items of a made-up release that a report has most to say about."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import TYPE_CHECKING

from gonogo.checklist import Item
from gonogo.errors import CannotTell
from gonogo.records import ActionRecord, Attachment, Standing
from gonogo.verdict import State
from selftest.report.records import (
    CAUSE,
    EARLIER_RUN,
    HOSTILE,
    INSTANCE,
    NOW,
    RUN,
    attempt,
    observation,
    passed,
    standing,
)

if TYPE_CHECKING:
    from collections.abc import Callable


def migration_log() -> bytes:
    lines = [f"2026-01-25 14:02:{n % 60:02d} applying statement {n}" for n in range(600)]
    lines[30] = '\x1b[31mERROR:  relation "pulse_contact_interactions" already exists\x1b[0m'
    lines[31] = HOSTILE
    return "\n".join(lines).encode()


def actions_of(log: Attachment) -> tuple[ActionRecord, ...]:
    backup = ActionRecord(
        name="backup",
        run_id=RUN,
        instance=INSTANCE,
        command="./migrate.sh --backup",
        started_at=NOW - timedelta(seconds=70),
        finished_at=NOW - timedelta(seconds=61),
        exit_status=0,
        outcome="finished",
        notes=("answered 1 prompt: Continue? [y/N] → y",),
    )
    migrate = replace(
        backup,
        name="migrate",
        command="./migrate.sh",
        started_at=NOW - timedelta(seconds=60),
        finished_at=NOW - timedelta(seconds=41),
        exit_status=3,
        outcome="failed",
        message="psql ended with status 3 in migration 002",
        deviation="run in a copy of the repository, with PGOPTIONS=-c lock_timeout=2s",
        attachments=(log,),
        notes=(),
    )
    lost = replace(
        backup, name="import", finished_at=None, exit_status=None, outcome="interrupted", notes=()
    )
    return (backup, migrate, lost)


def stories(
    log: Attachment, shot: Attachment, result: Attachment, trace: Attachment
) -> Callable[[Item], Standing]:
    told: dict[str, Callable[[Item], Standing]] = {
        "MIG-2.2": _red("exit status 0 and a line in schema_migrations", "exit status 3"),
        "MIG-2.4": _red("no ERROR line in the log", "1 ERROR line, line 31", log),
        "MIG-3.2": _red("14 tables", "12 tables; missing: a, b", result, trace),
        "MIG-3.3": _blocked,
        "MIG-3.4": _lost_rows,
        "MIG-1.2": _passed_at_last,
        "VER-1.1": _with_pictures(shot),
        "VER-1.2": _unreachable,
        "MON-1.1": _unreachable,
        "MON-1.2": _unreachable,
        "VER-2.1": _hostile,
        "ENV-2.2": _stale,
        "BLD-3.1": _advisory,
        "BLD-3.2": _waived,
        "H2-1.1": _undecided,
        "H2-1.8": lambda item: standing(item, state=State.WAITING, reason="due at 16:00 UTC"),
    }

    def at(item: Item) -> Standing:
        if item.id in told:
            return told[item.id](item)
        if item.section == "DOC":
            return standing(item, state=State.PENDING, reason="role product-owner has to sign")
        if item.section == "VCL":
            return standing(item, state=State.NOT_APPLICABLE, reason="platform is docker")
        if item.phase in {"preflight", "final", "phase1", "phase3"}:
            return passed(item)
        return standing(item)

    return at


def _red(expected: str, found: str, *attachments: Attachment) -> Callable[[Item], Standing]:
    def story(item: Item) -> Standing:
        error = CannotTell(
            f"{item.label}: not so",
            where="public schema of app on 127.0.0.1:40118",
            expected=expected,
            found=found,
            do="read migrate.log at the first ERROR, mend migration 002, run again",
        )
        seen = observation(item.label, expected, found, attachments=attachments)
        return standing(item, attempt(item.id, State.FAIL, seen, message=str(error), cause=CAUSE))

    return story


def _blocked(item: Item) -> Standing:
    return standing(item, attempt(item.id, State.NOT_RUN, message="waits for MIG-3.2", cause=CAUSE))


def _lost_rows(item: Item) -> Standing:
    message = (
        "content fingerprints: 1 difference in 14 checked\n"
        "  - public.contacts: expected 48210 rows, found 48207 rows\n"
        "  what to do: compare with the backup before anything else is changed"
    )
    seen = observation("fingerprints", "14 tables as before", "contacts differs", unit="tables")
    return standing(item, attempt(item.id, State.FAIL, seen, message=message))


def _passed_at_last(item: Item) -> Standing:
    seen = observation("backup size", "2 MB to 5 MB", "3.2", unit="MB", blank="3.2 MB")
    early = attempt(item.id, State.FAIL, message="backup size: 0 bytes", run_id=EARLIER_RUN)
    late = attempt(item.id, State.PASS, seen)
    reason = "an earlier attempt of this commit was red"
    return standing(item, early, late, state=State.PASS_AFTER_RETRY, reason=reason)


def _with_pictures(shot: Attachment) -> Callable[[Item], Standing]:
    seen = observation("the first page", "cards", "12 cards", attachments=(shot, shot))
    return lambda item: standing(item, attempt(item.id, State.PASS, seen))


def _unreachable(item: Item) -> Standing:
    error = CannotTell(
        "the health endpoint did not answer",
        where="https://app.example.com/health",
        expected="an answer within 5 s",
        found="connection refused, 3 attempts",
        do="start the application, or correct [app] url in the target file",
    )
    return standing(
        item, attempt(item.id, State.ERROR, message=str(error), cause="nothing listens")
    )


def _hostile(item: Item) -> Standing:
    long = "x" * 9000 + " " + "wörter-日本語-עברית " * 300
    message = f"{HOSTILE}\n  expected: {HOSTILE}\n  found: {long}"
    seen = observation(HOSTILE, HOSTILE, long, source=HOSTILE, blank="1,204")
    return standing(item, attempt(item.id, State.FAIL, seen, message=message))


def _stale(item: Item) -> Standing:
    latest = passed(item).attempts
    return standing(item, *latest, state=State.STALE, reason="env changed since this was observed")


def _advisory(item: Item) -> Standing:
    return standing(item, attempt(item.id, State.FAIL, message="score 84, target 90"))


def _waived(item: Item) -> Standing:
    failed = attempt(item.id, State.FAIL, message="score 88, target 90")
    reason = "accepted by M. Weber until 2026-02-01: known contrast fault"
    return standing(item, failed, state=State.WAIVED, reason=reason)


def _undecided(item: Item) -> Standing:
    seen = observation("error rate", "< 0.5", "0.2", unit="%", blank="0.2%")
    undecided = attempt(item.id, State.INCONCLUSIVE, seen, message="1 of 480, not yet proven")
    return standing(item, undecided)
