"""A made-up release with everything a report must be able to show."""

from __future__ import annotations

import hashlib
import struct
import zlib
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

from gonogo.checklist import PHASES, Item, Kind
from gonogo.checklist_items import MILESTONE_OF_PHASE
from gonogo.errors import CannotTell
from gonogo.gate import decide
from gonogo.records import (
    Absence,
    ActionRecord,
    Attachment,
    Attempt,
    Observation,
    Release,
    ReleaseView,
    RunSummary,
    Standing,
)
from gonogo.verdict import State

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Sequence

NOW = datetime(2026, 1, 25, 14, 3, 22, tzinfo=UTC)
HOSTILE = (
    "<script>document.title='owned'</script><img src=x onerror=alert(1)>"
    "\x1b[31mred\x1b[0m\u202e\x00"
)
COMMIT = "3f2a91c0de4b7788a1c2d3e4f5061728394a5b6c"
INSTANCE = "pg-7461184930265109021/box-4f7c"
CAUSE = "migration 002 stopped at its statement 14 of 22"
RUN = "20260125T140311Z-4f7c21"
EARLIER_RUN = "20260125T121502Z-a90b13"

# section: (phase, groups of items)
SECTIONS = {
    "ENV": ("preflight", (3, 8, 4, 4)),
    "DBP": ("preflight", (4, 4, 6, 4)),
    "BLD": ("preflight", (3, 5, 4, 6)),
    "MON": ("preflight", (6, 6, 4, 3)),
    "VCL": ("preflight", (5, 4)),
    "DOC": ("preflight", (4, 4, 4)),
    "FIN": ("final", (4, 4, 4, 4)),
    "MIG": ("phase1", (3, 5, 4)),
    "DEP": ("phase2", (4, 3, 4)),
    "VER": ("phase3", (4, 6, 3, 3)),
    "PLS": ("phase4", (4, 5, 5, 4)),
    "H2": ("monitoring", (8, 3, 4, 3, 3)),
    "D1": ("monitoring", (4, 3, 3)),
    "R1": ("rollout1", (1, 4, 5)),
    "R2": ("rollout2", (1, 5, 4)),
    "R3": ("rollout3", (1, 4, 4)),
    "SUC": ("success", (5, 5, 4)),
    "PST": ("closeout", (3, 3, 3, 3, 3)),
    "RBK": ("rollback", (3, 3, 4)),
    "SGN": ("signoff", (4,)),
}
TITLES = {
    "ENV": "Environment Configuration",
    "DBP": "Database Preparation",
    "MIG": "Database Migration (15-20 minutes)",
    "MIG-1": "1. Create final backup",
    "MIG-2": "2. Run migrations",
    "MIG-3": "3. Verify database changes",
    "VER": "Initial Verification",
    "phase1": "Phase 1: Database Migration",
}
LABELS = {
    "MIG-1.1": "Backup file created",
    "MIG-1.2": "Backup size verified",
    "MIG-1.3": "Backup location noted:",
    "MIG-2.1": "Migration 001 completed",
    "MIG-2.2": "Migration 002 completed",
    "MIG-2.3": "Migration 003 completed",
    "MIG-2.4": "No errors in logs",
    "MIG-2.5": "Log file saved:",
    "MIG-3.1": "All columns added",
    "MIG-3.2": "All tables created",
    "MIG-3.3": "All indexes created",
    "MIG-3.4": "No data loss confirmed",
    "VER-1.1": "Homepage loads: https://app.example.com",
    "VER-1.2": "Health endpoint: https://app.example.com/health",
    "SUC-1.1": "Error rate (target: < 0.5%)",
}


@dataclass
class Blobs:
    """Attachments by digest, as a dossier keeps them."""

    kept: dict[str, bytes] = field(default_factory=dict)

    def keep(self, name: str, media_type: str, data: bytes) -> Attachment:
        sha256 = hashlib.sha256(data).hexdigest()
        self.kept[sha256] = data
        return Attachment(sha256=sha256, name=name, media_type=media_type, size_bytes=len(data))

    def read(self, sha256: str) -> bytes | None:
        return self.kept.get(sha256)


def picture(width: int = 640, height: int = 360, shade: int = 120) -> bytes:
    """Return a PNG of a window with three cards."""
    rows = []
    for y in range(height):
        row = bytearray([0])
        for x in range(width):
            card = 60 < y < 200 and x % (width // 3) > 20
            row += bytes((shade, 190, 210)) if card else b"\xf2\xf4\xf6"
        rows.append(bytes(row))

    def chunk(kind: bytes, data: bytes) -> bytes:
        body = kind + data
        return struct.pack(">I", len(data)) + body + struct.pack(">I", zlib.crc32(body))

    header = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    pixels = zlib.compress(b"".join(rows), 9)
    signature = b"\x89PNG\r\n\x1a\n"
    return signature + chunk(b"IHDR", header) + chunk(b"IDAT", pixels) + chunk(b"IEND", b"")


def items(copies: int = 1) -> tuple[Item, ...]:
    found: list[Item] = []
    for copy in range(copies):
        for name, (phase, groups) in SECTIONS.items():
            section = name if copy == 0 else f"{name}{copy}"
            for group, size in enumerate(groups, start=1):
                for leaf in range(1, size + 1):
                    found.append(_item(section, phase, group, leaf, 20 + len(found) * 2))
    return tuple(sorted(found, key=lambda item: (PHASES.index(item.phase), item.line)))


def _item(section: str, phase: str, group: int, leaf: int, line: int) -> Item:
    item_id = f"{section}-{group}.{leaf}"
    label = LABELS.get(item_id, f"{section} requirement {group}.{leaf} is met and documented")
    kind = Kind.M if section == "SUC" else Kind.H if section in {"SGN", "DOC"} else Kind.A
    return Item(
        id=item_id,
        label=label,
        section=section,
        group=f"{section}-{group}",
        phase=phase,
        kind=kind,
        line=line,
        text=label,
        text_sha256=hashlib.sha256(label.encode()).hexdigest(),
        markers=frozenset({phase}),
        blocks="" if item_id == "BLD-3.1" else MILESTONE_OF_PHASE[phase],
        waivable=item_id != "MIG-3.4",
        advisory=item_id == "BLD-3.1",
    )


def observation(subject: str, expected: str, found: str, **parts: object) -> Observation:
    given = {"source": "SELECT … FROM pg_catalog", "at": NOW, "duration_s": 0.042, **parts}
    return Observation(subject=subject, expected=expected, found=found, **given)  # type: ignore[arg-type]


def attempt(
    item_id: str,
    state: State = State.PASS,
    *observations: Observation,
    message: str = "",
    cause: str = "",
    run_id: str = RUN,
) -> Attempt:
    began = NOW - (timedelta(hours=2) if run_id == EARLIER_RUN else timedelta(seconds=40))
    return Attempt(
        item_id=item_id,
        run_id=run_id,
        nodeid=f"tests/migration/test_migration.py::test_{item_id.lower().replace('-', '_')}",
        commit=COMMIT,
        instance=INSTANCE,
        state=state,
        started_at=began,
        finished_at=began + timedelta(seconds=1.25),
        duration_s=1.25,
        message=message,
        cause=cause,
        observations=observations,
    )


def standing(
    item: Item, *attempts: Attempt, state: State | None = None, reason: str = ""
) -> Standing:
    latest = attempts[-1] if attempts else None
    return Standing(
        item=item,
        state=state or (latest.state if latest else State.NOT_RUN),
        reason=reason or (latest.message if latest else "not run on this target"),
        absence=None if latest or state else Absence.NOT_SELECTED,
        attempts=attempts,
    )


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
    log = blobs.keep("migrate.log", "text/plain", _log())
    shot = blobs.keep("contacts-page.png", "image/png", picture())
    result = blobs.keep("missing-rows.json", "application/json", b'{"missing": 3}\n')
    trace = blobs.keep("trace.zip", "application/zip", b"PK\x03\x04" + bytes(2048))
    special = _special(log, shot, result, trace)
    standings = [special(item) for item in items(copies)]
    later = {"rollout1", "rollout2", "rollout3", "success", "closeout", "signoff"}
    scope = {s.item.id for s in standings if s.item.phase not in later}
    return view(
        standings,
        scope,
        name="preflight or final or phase1 or phase2 or phase3 or phase4 or monitoring or rollback",
        rehearsal=rehearsal,
        problems=("run 20260125T121502Z-a90b13, main.jsonl: line 214 does not continue line 213",),
        actions=_actions(log),
    )


def _log() -> bytes:
    lines = [f"2026-01-25 14:02:{n % 60:02d} applying statement {n}" for n in range(600)]
    lines[30] = '\x1b[31mERROR:  relation "pulse_contact_interactions" already exists\x1b[0m'
    lines[31] = HOSTILE
    return "\n".join(lines).encode()


def _actions(log: Attachment) -> tuple[ActionRecord, ...]:
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


def _special(
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


def passed(item: Item) -> Standing:
    return standing(item, attempt(item.id, State.PASS, observation(item.label, "yes", "yes")))


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
