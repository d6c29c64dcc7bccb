"""Turns what pytest saw of a check into a state, and journals it in the process that ran it."""

from __future__ import annotations

from collections.abc import Generator
from dataclasses import dataclass

import pytest

from gonogo.errors import (
    Blocked,
    GonogoError,
    NotDoneYet,
    NothingToCompare,
    NotRunYet,
    RecordError,
    TooLittleToDecide,
    ToolMissing,
)
from gonogo.evidence import Evidence
from gonogo.pytest_plugin.reds import note_red
from gonogo.pytest_plugin.run import SuiteRun
from gonogo.pytest_plugin.traceability import item_id_key
from gonogo.pytest_plugin.windows import leave_in
from gonogo.records import Absence
from gonogo.verdict import State

STATE_ATTRIBUTE = "gonogo_state"
"""A plain attribute crosses from worker to controller; an item's stash does not."""
_ABSENCES = {
    Blocked: Absence.BLOCKED,
    NothingToCompare: Absence.BASELINE,
    NotDoneYet: Absence.NOT_DONE,
    ToolMissing: Absence.TOOL,
}


@dataclass(kw_only=True)
class _Outcome:
    """What is known of a check so far: nothing, until its body has run to the end."""

    state: State = State.NOT_RUN
    message: str = "the check's own body was never run to its end"
    cause: str = ""
    absence: Absence | None = Absence.NOT_FINISHED
    duration_s: float = 0.0


_outcome_key = pytest.StashKey[_Outcome]()
evidence_key = pytest.StashKey[Evidence]()


class Recorder:
    """Journals started and finished records, and marks pytest's reports with the state."""

    def __init__(self, run: SuiteRun) -> None:
        self._run = run

    @pytest.hookimpl(tryfirst=True)
    def pytest_runtest_setup(self, item: pytest.Item) -> None:
        """Journal that the check started."""
        item.stash[_outcome_key] = _Outcome()
        item_id = item.stash[item_id_key]
        text = self._run.checklist.item(item_id).text_sha256
        self._run.segment.append("started", item=item_id, nodeid=item.nodeid, text_sha256=text)
        item.stash[evidence_key] = self._run.evidence_of(item_id)
        if isinstance(item, pytest.Function) and "evidence" in item.fixturenames:
            # What is there already is not asked for as a fixture, which takes pytest longer than
            # the record takes us.
            item.funcargs["evidence"] = item.stash[evidence_key]

    @pytest.hookimpl(wrapper=True)
    def pytest_runtest_makereport(
        self, item: pytest.Item, call: pytest.CallInfo[None]
    ) -> Generator[None, pytest.TestReport, pytest.TestReport]:
        """Fold one phase of a check into its outcome; journal it at the end of the last."""
        report = yield
        outcome = item.stash[_outcome_key]
        outcome.duration_s += call.duration
        if call.excinfo is not None:
            self._judge(outcome, call, report)
            if report.failed:
                note_red(report, call, self._run.redactor.text(_message(call.excinfo.value)))
        elif report.when == "call" and report.passed:
            self._pass(outcome, report, item.stash[evidence_key])
        self._redact(report)
        setattr(report, STATE_ATTRIBUTE, str(outcome.state))
        if report.when == "teardown":
            self._finish(item, outcome)
        return report

    @pytest.hookimpl(trylast=True)
    def pytest_unconfigure(self) -> None:
        """Bring the last records of this process to the disk; a worker has no other to do so."""
        self._run.close_segment()

    @staticmethod
    def _pass(outcome: _Outcome, report: pytest.TestReport, evidence: Evidence) -> None:
        """Give green to a check that looked at something; green is earned (design §1.1)."""
        outcome.absence = None
        if evidence.looks:
            outcome.state, outcome.message = State.PASS, ""
            return
        outcome.state = State.ERROR
        outcome.message = outcome.cause = "the check passed without having looked at anything"
        report.outcome = "failed"
        report.longrepr = f"{outcome.message}\n  what to do: look through evidence.observe"

    def _judge(
        self, outcome: _Outcome, call: pytest.CallInfo[None], report: pytest.TestReport
    ) -> None:
        assert call.excinfo is not None
        error = call.excinfo.value
        if isinstance(error, KeyboardInterrupt):
            return
        if isinstance(error, pytest.skip.Exception):
            state, absence = State.NOT_RUN, Absence.BLOCKED
        elif isinstance(error, NotRunYet):
            state, absence = State.NOT_RUN, _ABSENCES.get(type(error), Absence.BLOCKED)
            _show_as_skipped(report, call, str(error))
        elif isinstance(error, TooLittleToDecide):
            state, absence = State.INCONCLUSIVE, None
            _show_as_skipped(report, call, str(error))
        elif isinstance(error, AssertionError) and call.when == "call":
            state, absence = State.FAIL, None
        else:
            state, absence = State.ERROR, None
        if outcome.state is State.FAIL and state is not State.ERROR:
            return
        outcome.state, outcome.absence = state, absence
        outcome.message = _message(error)
        outcome.cause = _cause(error, state)

    def _redact(self, report: pytest.TestReport) -> None:
        """Mask what the report would print; a traceback that needs masking becomes plain text."""
        redactor = self._run.redactor
        if report.longrepr is not None and not isinstance(report.longrepr, tuple):
            text = str(report.longrepr)
            if redactor.text(text) != text:
                report.longrepr = redactor.text(text)
        elif isinstance(report.longrepr, tuple):
            path, line, reason = report.longrepr
            report.longrepr = (path, line, redactor.text(reason))
        report.sections = [(name, redactor.text(text)) for name, text in report.sections]

    def _finish(self, item: pytest.Item, outcome: _Outcome) -> None:
        try:
            red = outcome.state in {State.FAIL, State.ERROR}
            leave_in(item.stash[evidence_key], self._run, red=red)
            self._run.segment.append(
                "finished",
                item=item.stash[item_id_key],
                nodeid=item.nodeid,
                state=outcome.state,
                duration_s=round(outcome.duration_s, 6),
                message=outcome.message,
                cause=outcome.cause,
                absence=outcome.absence,
            )
        except RecordError as error:
            # A check that leaves no record proves nothing, and neither would those after it.
            self._run.unrecorded = error
            item.session.shouldstop = error.what


def _show_as_skipped(report: pytest.TestReport, call: pytest.CallInfo[None], text: str) -> None:
    assert call.excinfo is not None
    entry = call.excinfo.traceback[-1]
    report.outcome = "skipped"
    report.longrepr = (str(entry.path), entry.lineno + 1, text)


def _message(error: BaseException) -> str:
    text = str(error) or type(error).__name__
    if isinstance(error, AssertionError):
        # pytest's rewriting appends the comparison it saw; the requirement's own words lead.
        return text.split("\nassert ", maxsplit=1)[0].strip()
    if isinstance(error, GonogoError):
        return text
    return f"{type(error).__name__}: {text}"


def _cause(error: BaseException, state: State) -> str:
    """Return what reds of one origin share: the headline, where there is no better word."""
    given: str = getattr(error, "cause", "")
    if given or state is State.FAIL:
        return given
    return _message(error).splitlines()[0]


def state_of_report(report: pytest.TestReport) -> State | None:
    """Return the state that a report carries, also one that came from another process."""
    text: str | None = getattr(report, STATE_ATTRIBUTE, None)
    return State(text) if text else None
