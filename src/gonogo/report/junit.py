"""The items in scope as JUnit XML, for what reads test results in CI."""

from __future__ import annotations

from collections import Counter
from datetime import UTC, datetime
from typing import TYPE_CHECKING
from xml.etree.ElementTree import Element, SubElement, indent, tostring

from gonogo.report.headline import by_phase, heads, in_scope
from gonogo.report.message import told
from gonogo.report.plaintext import one_line, visible
from gonogo.report.wording import STATES
from gonogo.verdict import RED, SETTLED, State

if TYPE_CHECKING:
    from collections.abc import Sequence

    from gonogo.records import ReleaseView, Standing

_ERRORS = frozenset({State.ERROR, State.INVALID})
_OUTCOMES = {"failure": "failures", "error": "errors", "skipped": "skipped"}


def junit_xml(view: ReleaseView) -> str:
    """Return one test case for each item in scope, one suite for each phase.

    FAIL and REFUSED are failures, ERROR and INVALID errors; whatever else is not settled, or does
    not apply, is skipped, with its state as the type. Times are seconds and UTC.
    """
    chosen = in_scope(view)
    root = Element("testsuites", {"name": "gonogo", **_attributes(chosen, view.generated_at)})
    facts = _facts(view)
    for phase, standings in by_phase(chosen).items():
        attributes = {"name": visible(phase), **_attributes(standings, view.generated_at)}
        suite = SubElement(root, "testsuite", attributes)
        properties = SubElement(suite, "properties")
        for name, value in facts.items():
            SubElement(properties, "property", name=name, value=value)
        for standing in standings:
            _add_case(suite, standing)
    indent(root)
    body = tostring(root, encoding="unicode")
    return f'<?xml version="1.0" encoding="utf-8"?>\n{body}\n'


def _attributes(standings: Sequence[Standing], at: datetime) -> dict[str, str]:
    outcomes = Counter(_outcome(standing.state) for standing in standings)
    began = [s.latest.started_at for s in standings if s.latest]
    return {
        "tests": str(len(standings)),
        **{attribute: str(outcomes[tag]) for tag, attribute in _OUTCOMES.items()},
        "time": f"{sum(_seconds(standing) for standing in standings):.3f}",
        "timestamp": f"{min(began, default=at).astimezone(UTC):%Y-%m-%dT%H:%M:%S}",
    }


def _facts(view: ReleaseView) -> dict[str, str]:
    facts = {
        "verdict": view.decision.verdict.value,
        "scope": view.decision.scope,
        "heads": ", ".join(head.word for head in heads(view)),
        "release": view.release.name,
        "commit": view.release.commit,
        "target": view.target,
        "instance": view.instance,
        "checklist_sha256": view.checklist_sha256,
    }
    return {name: visible(value) for name, value in facts.items()}


def _add_case(suite: Element, standing: Standing) -> None:
    item = standing.item
    case = SubElement(
        suite,
        "testcase",
        classname=visible(f"{item.phase}.{item.section}"),
        name=one_line(f"{item.id} {item.label}"),
        time=f"{_seconds(standing):.3f}",
    )
    tag = _outcome(standing.state)
    if not tag:
        return
    account = told(standing)
    words = STATES[standing.state]
    headline = one_line(account.headline) or words.meaning
    outcome = SubElement(case, tag, type=standing.state.value, message=f"{words.text}: {headline}")
    latest = standing.latest
    outcome.text = visible((latest.message if latest else "") or standing.reason)


def _outcome(state: State) -> str:
    if state in SETTLED and state is not State.NOT_APPLICABLE:
        return ""
    if state in RED:
        return "failure"
    return "error" if state in _ERRORS else "skipped"


def _seconds(standing: Standing) -> float:
    return standing.latest.duration_s if standing.latest else 0.0
