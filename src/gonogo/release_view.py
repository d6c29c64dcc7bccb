"""Reads a dossier into the one view that reports, the gate and the command line share."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from gonogo import __version__
from gonogo.checklist import Checklist
from gonogo.config import Settings
from gonogo.document_copy import document_problems
from gonogo.dossier import Dossier, write_atomically
from gonogo.errors import RecordError
from gonogo.gate import decide
from gonogo.history import History, read_history
from gonogo.records import NO_INSTANCE, UNKNOWN_COMMIT, Release, ReleaseView
from gonogo.report.html import render_html
from gonogo.report.junit import junit_xml
from gonogo.report.results import results
from gonogo.standing import Circumstances, standings

CLOCKS_DIFFER_BY_AT_MOST = timedelta(minutes=5)


@dataclass(frozen=True, kw_only=True)
class Question:
    """What the gate is asked: over which items, and for which run if it is a run that asks."""

    scope: str
    ids: Sequence[str] | None
    """None: the items that the asking run planned."""
    partial: bool = False
    run_id: str = ""
    problems: tuple[str, ...] = ()
    """What whoever asks already knows to stand in the way, such as a release of another version."""


def view_of(
    dossier: Dossier | None,
    *,
    checklist: Checklist,
    settings: Settings,
    question: Question,
    now: datetime,
) -> ReleaseView:
    """Return where the release stands at *now*; without a dossier nothing has been run."""
    history = _history(dossier, question.run_id) if dossier else History()
    release = _release(history.latest_header, settings)
    circumstances = Circumstances(
        commit=release.commit,
        instance=history.instance,
        now=now,
        bindings=history.reached_header.get("bindings", {}),
        covered=history.covered,
        run_id=question.run_id,
        platforms=settings.deployment.platforms,
    )
    stands = standings(checklist.items, history, circumstances)
    ids = _planned(history, question.run_id) if question.ids is None else question.ids
    decision = decide(
        stands,
        scope=question.scope,
        in_scope=ids,
        partial=question.partial,
        problems=[
            *question.problems,
            *history.damage,
            *_unknown_ids(history, checklist),
            *_bound_to_nothing(history),
            *_from_the_future(history, now),
            *document_problems(settings, checklist),
        ],
    )
    return ReleaseView(
        release=release,
        rehearsal=settings.rehearsal,
        in_a_box=bool(settings.target.provider),
        target=settings.target.name,
        instance=history.instance,
        checklist_title=checklist.title,
        checklist_path=checklist.path,
        checklist_sha256=checklist.sha256,
        decision=decision,
        standings=stands,
        actions=tuple(a for a in history.actions if a.instance == history.instance),
        runs=history.runs,
        problems=history.problems,
        damage=history.damage,
        generated_at=now,
        tool_version=__version__,
        stand_ins=tuple(history.reached_header.get("stand_ins", ())),
        facts=dict(history.reached_header.get("facts", {})),
    )


def write_reports(view: ReleaseView, dossier: Dossier, checklist: Checklist) -> None:
    """Write ``report.html``, ``results.json`` and ``junit.xml`` into the dossier."""

    def attachment(sha256: str) -> bytes | None:
        try:
            return dossier.blob(sha256)
        except RecordError:
            return None

    titles = {section.id: section.title for section in checklist.sections}
    titles |= {group.id: group.label for group in checklist.groups}
    pages = {
        "report.html": render_html(view, attachments=attachment, titles=titles),
        "results.json": json.dumps(results(view), indent=2, ensure_ascii=False) + "\n",
        "junit.xml": junit_xml(view),
    }
    for name, text in pages.items():
        write_atomically(dossier.folder / name, text.encode())


def _history(dossier: Dossier, run_id: str) -> History:
    readings = {run: dossier.segments(run) for run in dossier.run_ids()}
    return read_history(readings, alive=[*dossier.alive_runs(), run_id])


def _release(header: Any, settings: Settings) -> Release:  # noqa: ANN401 - a JSON object
    named = header.get("release", {})
    return Release(
        version=named.get("version", settings.release.version),
        commit=named.get("commit", settings.release.commit or UNKNOWN_COMMIT),
        environment=named.get("environment", settings.target.environment),
    )


def _planned(history: History, run_id: str) -> tuple[str, ...]:
    return next((run.planned for run in history.runs if run.run_id == run_id), ())


def _unknown_ids(history: History, checklist: Checklist) -> list[str]:
    known = {item.id for item in checklist.items}
    strange = sorted({a.item_id for a in history.attempts} - known)
    return [
        f"the dossier names {item_id}, which the checklist does not have" for item_id in strange
    ]


def _bound_to_nothing(history: History) -> list[str]:
    """Return why evidence of the newest run is for no release: nothing was there to look at."""
    header = history.latest_header
    if not header or (
        header["instance"] not in ("", NO_INSTANCE)
        and header["release"]["commit"] not in ("", UNKNOWN_COMMIT)
    ):
        return []
    return ["the newest run did not reach the target, so its evidence is for no release"]


def _from_the_future(history: History, now: datetime) -> list[str]:
    """Return the runs dated after *now*: theirs would count as the newest evidence wrongly."""
    late = {a.run_id for a in history.attempts if a.finished_at > now + CLOCKS_DIFFER_BY_AT_MOST}
    return [f"run {run} is dated in the future: the clocks disagree" for run in sorted(late)]
