"""Starts the target before the first check and ends the run with a verdict and a report."""

from __future__ import annotations

import shutil
import signal
from collections.abc import Callable, Generator, Mapping
from contextlib import suppress
from types import FrameType
from typing import Any

import pytest
from filelock import FileLock, Timeout

from gonogo.errors import CannotTell, RecordError, UsageError
from gonogo.gate import acceptable_in_rehearsal
from gonogo.provider import Provider
from gonogo.pytest_plugin.closing import (
    nothing_selected_lines,
    rehearsal_lines,
    unknown_marker_problems,
)
from gonogo.pytest_plugin.reds import told_once
from gonogo.pytest_plugin.run import SuiteRun
from gonogo.pytest_plugin.traceability import item_id_key
from gonogo.records import Decision, ReleaseView
from gonogo.release_view import Question, view_of, write_reports
from gonogo.report.terminal import summary_lines
from gonogo.verdict import State, Verdict

Start = Callable[[frozenset[str]], Provider]
PYTESTS_OWN = frozenset({2, 3, 4, 5})


class Target:
    """Starts and stops the target, in the one process that owns it."""

    def __init__(self, run: SuiteRun, start: Start) -> None:
        self._run = run
        self._start = start
        self._provider: Provider | None = None
        self._lock: FileLock | None = None

    def start(self, phases: frozenset[str]) -> None:
        """Start the target for checks of *phases*; where it fails, every check reports that."""
        try:
            self._provider = self._start(phases)
            self._run.adopt(self._provider.start())
        except UsageError as error:
            raise pytest.UsageError(str(error)) from error
        except CannotTell as error:
            self._run.failure = error
            # What could not be looked at still belongs to its release, where that much is known.
            self._run.commit = getattr(self._provider, "commit", "") or self._run.commit
        self._run.run_id = self._run.dossier.new_run_id(self._run.clock.now())
        self._hold_run_lock()

    def stop(self) -> None:
        """Stop what was started."""
        if self._provider is not None:
            self._provider.stop()
        if self._lock is not None:
            self._lock.release()
        shutil.rmtree(self._run.workspace, ignore_errors=True)

    def _hold_run_lock(self) -> None:
        path = self._run.dossier.lock_path(f"run-{self._run.run_id}")
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            self._lock = FileLock(path)
            self._lock.acquire(timeout=0)
        except (OSError, Timeout) as error:
            refusal = UsageError(
                "the reports folder cannot be written",
                where=str(path.parent),
                expected="a folder that can be written, with room on its disk",
                found=getattr(error, "strerror", None) or str(error),
                do="make it writable, or set reports.folder to another",
            )
            raise pytest.UsageError(str(refusal)) from error


class Owner:
    """The process that owns the target: starts it, ends the run, prints the verdict."""

    def __init__(self, run: SuiteRun, target: Target, *, distributed: bool) -> None:
        self._run = run
        self._target = target
        self._distributed = distributed
        self._usage_error = ""
        self._view: ReleaseView | None = None

    @pytest.hookimpl(tryfirst=True)
    def pytest_sessionstart(self, session: pytest.Session) -> None:
        """Turn SIGTERM into an orderly end; with workers, start the target before them."""
        signal.signal(signal.SIGTERM, _end_orderly)
        if self._distributed and not session.config.option.collectonly:
            self._start_target(session)
            self._run.open_segment(planned=self._run.scope.ids or (), covered=None)

    @pytest.hookimpl(tryfirst=True)
    def pytest_collection_finish(self, session: pytest.Session) -> None:
        """Without workers, start the target when something was selected."""
        if not self._distributed and session.items and not session.config.option.collectonly:
            self._start_target(session)

    @pytest.hookimpl(optionalhook=True)
    def pytest_configure_node(self, node: Any) -> None:  # noqa: ANN401 - xdist has no types
        """Tell a worker how to join this run."""
        node.workerinput["gonogo"] = self._run.for_worker()

    @pytest.hookimpl(optionalhook=True)
    def pytest_testnodedown(self, node: Any) -> None:  # noqa: ANN401 - xdist has no types
        """Take a usage error that a worker found."""
        output: Mapping[str, str] = getattr(node, "workeroutput", None) or {}
        self._usage_error = self._usage_error or output.get("gonogo_usage_error", "")

    @pytest.hookimpl(optionalhook=True)
    def pytest_handlecrashitem(self, crashitem: str, report: pytest.TestReport) -> None:
        """Journal the check that took its worker down; nobody else can."""
        report.when = "teardown"  # what pytest-html needs to show the row at all
        marked = [r for r in self._unfinished() if r[1] == crashitem]
        for item_id, nodeid in marked:
            message = "the worker process died while this check ran"
            self._run.segment.append(
                "finished",
                item=item_id,
                nodeid=nodeid,
                text_sha256=self._run.checklist.item(item_id).text_sha256,
                state=State.ERROR,
                duration_s=0.0,
                message=message,
                cause=message,
                absence=None,
            )

    @pytest.hookimpl(trylast=True)
    def pytest_sessionfinish(self, session: pytest.Session) -> None:
        """Decide, journal the end, write the reports, set the exit status."""
        if self._usage_error:
            session.exitstatus = pytest.ExitCode.USAGE_ERROR
        _silence_pytest_html(session.config.pluginmanager)
        if not self._run.journaling:
            return
        try:
            self._end(session)
        except RecordError as error:
            self._run.unrecorded = self._run.unrecorded or error
        except Exception as error:  # noqa: BLE001 - a defect here must not read as NO-GO
            defect = RecordError("the reports could not be made", found=repr(error))
            self._run.unrecorded = self._run.unrecorded or defect
        if self._run.unrecorded is not None:
            session.exitstatus = Verdict.HOLD.exit_code

    def _end(self, session: pytest.Session) -> None:
        decision = self._read(session.config).decision
        own = int(session.exitstatus)
        session.exitstatus = own if own in PYTESTS_OWN else self._exit_status(decision)
        status = int(session.exitstatus)
        self._run.segment.append("ended", exit_status=status, verdict=decision.verdict)
        self._run.close_segment()
        self._view = self._read(session.config)
        write_reports(self._view, self._run.dossier, self._run.checklist)

    @pytest.hookimpl(wrapper=True, tryfirst=True)
    def pytest_terminal_summary(
        self, terminalreporter: pytest.TerminalReporter, exitstatus: int
    ) -> Generator[None]:
        """Print what a tired person must know, below all that pytest itself has to say."""
        with told_once(terminalreporter, self._view):
            yield
        if self._usage_error:
            terminalreporter.write_line(f"ERROR: {self._usage_error}", red=True)
        if self._run.unrecorded is not None:
            terminalreporter.section("gonogo: not everything could be recorded", bold=True)
            terminalreporter.write_line(f"ERROR: {self._run.unrecorded}", red=True)
        lines: list[str] = []
        if self._view is not None:
            lines = self._closing_lines(self._view, terminalreporter._tw.fullwidth)  # noqa: SLF001 - has no public name
        elif exitstatus == pytest.ExitCode.NO_TESTS_COLLECTED:
            run = self._run
            lines = nothing_selected_lines(
                terminalreporter.config, run.checklist, run.scope, run.checked
            )
        if lines:
            terminalreporter.section("gonogo", bold=True)
        for line in lines:
            terminalreporter.write_line(self._run.redactor.text(line))

    def _closing_lines(self, view: ReleaseView, width: int) -> list[str]:
        report = self._run.dossier.folder / "report.html"
        lines = summary_lines(view, report_path=str(report), width=width)
        return [*lines, *(rehearsal_lines(view.decision) if self._run.options.rehearse else ())]

    @pytest.hookimpl(trylast=True)
    def pytest_unconfigure(self) -> None:
        """Keep pytest-html's page of this run, and stop the target."""
        page = self._run.workspace / "pytest-html.html"
        # A full disk was said already, and must not keep the target from being stopped.
        with suppress(OSError, RecordError):
            if self._view is not None and page.exists():
                kept = self._run.dossier.run_folder(self._run.run_id) / page.name
                kept.write_bytes(self._run.redactor.data(page.read_bytes()))
            self._run.close_segment()
        self._target.stop()

    def _start_target(self, session: pytest.Session) -> None:
        """Start the target; GitHub's own log learns the secrets before anything can print them."""
        self._target.start(self._phases(session))
        terminal = session.config.pluginmanager.get_plugin("terminalreporter")
        if terminal is not None and self._run.environ.get("GITHUB_ACTIONS") == "true":
            for line in self._run.redactor.github_masks():
                terminal.write_line(line)

    def _phases(self, session: pytest.Session) -> frozenset[str]:
        """Return the phases of the checks that will run, as far as they are known yet."""
        chosen = [item.stash[item_id_key] for item in session.items if item_id_key in item.stash]
        if self._distributed or not chosen:
            return self._run.scope.phases
        return frozenset(self._run.checklist.item(item_id).phase for item_id in chosen)

    def _exit_status(self, decision: Decision) -> int:
        if self._run.options.rehearse and acceptable_in_rehearsal(decision):
            return 0
        return decision.verdict.exit_code

    def _read(self, config: pytest.Config) -> ReleaseView:
        scope = self._run.scope
        return view_of(
            self._run.dossier,
            checklist=self._run.checklist,
            settings=self._run.settings,
            question=Question(
                scope=scope.label,
                ids=scope.ids,
                partial=scope.partial,
                run_id=self._run.run_id,
                problems=unknown_marker_problems(config, self._run.checklist),
            ),
            now=self._run.clock.now(),
        )

    def _unfinished(self) -> list[tuple[str, str]]:
        finished = set(self._run.finished_items())
        started = [
            (record["item"], record["nodeid"])
            for segment in self._run.dossier.segments(self._run.run_id)
            for record in segment.records
            if record["kind"] == "started"
        ]
        return [(item, nodeid) for item, nodeid in started if item not in finished]


def _silence_pytest_html(plugins: pytest.PytestPluginManager) -> None:
    """Keep pytest-html from naming its temporary file as the report; ours is named instead."""
    for plugin in plugins.get_plugins():
        if type(plugin).__module__.startswith("pytest_html."):
            plugins.unregister(plugin)


def _end_orderly(_signal: int, _frame: FrameType | None) -> None:
    raise KeyboardInterrupt
