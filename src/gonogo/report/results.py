"""A release's standing as plain data, for results.json."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from gonogo.clock import rfc3339
from gonogo.records import Absence
from gonogo.report.headline import covers, heads, in_order, in_scope, why
from gonogo.report.wording import counts

if TYPE_CHECKING:
    from datetime import datetime

    from gonogo.records import ActionRecord, Attachment, ReleaseView, RunSummary, Standing

SCHEMA = "gonogo/results/v1"


def results(view: ReleaseView) -> dict[str, Any]:
    """Return what the report says as JSON types, in a stable order: the document's for items.

    Times are RFC 3339 in UTC, durations seconds, sizes bytes; null is "not known".
    """
    decision = view.decision
    chosen = set(decision.in_scope)
    said = {
        "schema": SCHEMA,
        "verdict": decision.verdict.value,
        "why": why(view),
        "scope": decision.scope,
        "covers": covers(view),
        "partial": decision.partial,
        "rehearsal": view.rehearsal,
        "heads": [head.word for head in heads(view)],
        "release": {
            "name": view.release.name,
            "version": view.release.version,
            "commit": view.release.commit,
            "environment": view.release.environment,
        },
        "target": view.target,
        "instance": view.instance,
        "stand_ins": list(view.stand_ins),
        "facts": dict(sorted(view.facts.items())),
        "checklist": {
            "title": view.checklist_title,
            "path": view.checklist_path,
            "sha256": view.checklist_sha256,
        },
        "generated_at": rfc3339(view.generated_at),
        "tool_version": view.tool_version,
        "counts": {state.value: number for state, number in counts(in_scope(view)).items()},
        "blocking": [standing.item.id for standing in decision.blocking],
        "items": [
            _item(standing, in_scope=standing.item.id in chosen) for standing in in_order(view)
        ],
        "actions": [_action(action) for action in view.actions],
        "runs": [_run(run) for run in view.runs],
        "problems": problems_of(view),
    }
    encodable: dict[str, Any] = _encodable(said)
    return encodable


def problems_of(view: ReleaseView) -> list[str]:
    """Return every problem of the record once: what keeps the gate from GO first."""
    return list(dict.fromkeys([*view.decision.problems, *view.problems]))


def _encodable(value: Any) -> Any:  # noqa: ANN401 - a JSON value
    # Output of programs may hold bytes that are no UTF-8, kept as halves of surrogate pairs.
    if isinstance(value, str):
        return value.encode("utf-8", errors="replace").decode("utf-8")
    if isinstance(value, dict):
        return {_encodable(key): _encodable(member) for key, member in value.items()}
    if isinstance(value, list):
        return [_encodable(member) for member in value]
    return value


def _item(standing: Standing, *, in_scope: bool) -> dict[str, Any]:
    latest = standing.latest
    return {
        "id": standing.item.id,
        "label": standing.item.label,
        "section": standing.item.section,
        "phase": standing.item.phase,
        "kind": standing.item.kind.value,
        "state": standing.state.value,
        "in_scope": in_scope,
        "advisory": standing.item.advisory,
        "reason": standing.reason,
        "absence": str(standing.absence) if standing.absence else None,
        "blank": blank_of(standing),
        "message": latest.message if latest else "",
        "duration_s": latest.duration_s if latest else None,
        "finished_at": rfc3339(latest.finished_at) if latest else None,
        "attempts": len(standing.attempts),
    }


def blank_of(standing: Standing) -> str:
    """Return the measured value that fills the item's blank, or nothing."""
    latest = None if standing.absence is Absence.NOT_FINISHED else standing.latest
    blanks = [o.blank for o in latest.observations if o.blank] if latest else []
    return blanks[-1] if blanks else ""


def _action(action: ActionRecord) -> dict[str, Any]:
    return {
        "name": action.name,
        "run_id": action.run_id,
        "instance": action.instance,
        "command": action.command,
        "outcome": action.outcome,
        "exit_status": action.exit_status,
        "started_at": rfc3339(action.started_at),
        "finished_at": _time(action.finished_at),
        "message": action.message,
        "deviation": action.deviation,
        "notes": list(action.notes),
        "attachments": [_attachment(attachment) for attachment in action.attachments],
    }


def _run(run: RunSummary) -> dict[str, Any]:
    return {
        "run_id": run.run_id,
        "started_at": rfc3339(run.started_at),
        "ended_at": _time(run.ended_at),
        "exit_status": run.exit_status,
        "verdict": run.verdict or None,
        "options": run.options,
        "planned": list(run.planned),
        "interrupted_items": list(run.interrupted_items),
        "problems": list(run.problems),
        "notes": list(run.notes),
    }


def _attachment(attachment: Attachment) -> dict[str, Any]:
    return {
        "name": attachment.name,
        "media_type": attachment.media_type,
        "size_bytes": attachment.size_bytes,
        "sha256": attachment.sha256,
    }


def _time(at: datetime | None) -> str | None:
    return rfc3339(at) if at else None
