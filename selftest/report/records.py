"""The items, observations, attempts and attachments of a made-up release."""

from __future__ import annotations

import hashlib
import struct
import zlib
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

from gonogo.checklist import PHASES, Item, Kind
from gonogo.checklist_items import MILESTONE_OF_PHASE
from gonogo.records import Absence, Attachment, Attempt, Observation, Standing
from gonogo.verdict import State

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


def passed(item: Item) -> Standing:
    return standing(item, attempt(item.id, State.PASS, observation(item.label, "yes", "yes")))
