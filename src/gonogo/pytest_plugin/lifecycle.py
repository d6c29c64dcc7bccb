"""Starts the target before the first check and ends the run with a verdict and a report."""

from __future__ import annotations

import gc
import shutil
import signal
from collections import Counter
from collections.abc import Callable, Generator, Mapping
from contextlib import suppress
from types import FrameType
from typing import Any

import pytest
from filelock import FileLock, Timeout

from gonogo.errors import CannotTell, RecordError, UsageError
from gonogo.gate import acceptable_in_rehearsal
from gonogo.provider import Provider
from gonogo.pytest_plugin.barrier import PhaseBarrier
from gonogo.pytest_plugin.run import SuiteRun
from gonogo.pytest_plugin.traceability import (
    check_traceability,
    item_id_key,
    mark_with_phase,
    order_key,
)
from gonogo.records import Decision, ReleaseView
from gonogo.release_view import Question, view_of, write_reports
from gonogo.report.terminal import summary_lines
from gonogo.verdict import State, Verdict

Start = Callable[[], Provider]
PYTESTS_OWN = frozenset({2, 3, 4, 5})


class Collector:
    """What every process that collects does: trace, mark, order, open its journal."""

    def __init__(self, run: SuiteRun, barrier: PhaseBarrier) -> None:
        self._run = run
        self._barrier = barrier
        self._covered: tuple[str, ...] | None = None

    def pytest_itemcollected(self, item: pytest.Item) -> None:
        """Give the check its phase before ``-m`` is applied."""
        mark_with_phase(item, self._run.checklist)

    @pytest.hookimpl(wrapper=True, tryfirst=True)
    def pytest_collection_modifyitems(
        self, config: pytest.Config, items: list[pytest.Item]
    ) -> Generator[None]:
        """Check traceability over all tests, then order what was selected after all other hooks."""
        try:
            check_traceability(items, self._run.checklist)
        except UsageError as error:
            self._refuse(config, items, error)
        if config.args_source is not pytest.Config.ArgsSource.ARGS:
            self._covered = tuple(sorted(test.stash[item_id_key] for test in items))
        yield
        items.sort(key=lambda test: order_key(test, self._run.checklist))

    @pytest.hookimpl(trylast=True)
    def pytest_collection_finish(self, session: pytest.Session) -> None:
        """Open the journal, now that it is known what is planned."""
        if self._run.instance is None and self._run.failure is None:
            return
        selected = [test.stash[item_id_key] for test in session.items]
        ids = self._run.scope.ids
        self._run.selected = tuple(selected)
        self._barrier.plan(session.items)
        try:
            self._run.open_segment(planned=selected if ids is None else ids, covered=self._covered)
        except RecordError as error:
            raise pytest.UsageError(str(error)) from error
        # What was imported and collected stays: the garbage collector need not look at it again.
        gc.freeze()

    @staticmethod
    def _refuse(config: pytest.Config, items: list[pytest.Item], error: UsageError) -> None:
        """Stop; a worker cannot raise a usage error, so it hands the words to the controller."""
        items.clear()
        output: dict[str, Any] | None = getattr(config, "workeroutput", None)
        if output is None:
            raise pytest.UsageError(str(error)) from error
        output["gonogo_usage_error"] = str(error)


class Target:
    """Starts and stops the target, in the one process that owns it."""

    def __init__(self, run: SuiteRun, start: Start) -> None:
        self._run = run
        self._start = start
        self._provider: Provider | None = None
        self._lock: FileLock | None = None

    def start(self) -> None:
        """Start the target; a failure to start is what every check then reports."""
        try:
            self._provider = self._start()
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
        decision = self._read().decision
        own = int(session.exitstatus)
        session.exitstatus = own if own in PYTESTS_OWN else self._exit_status(decision)
        self._run.segment.append("ended", exit_status=int(session.exitstatus))
        self._run.close_segment()
        self._view = self._read()
        write_reports(self._view, self._run.dossier, self._run.checklist)

    @pytest.hookimpl(trylast=True)
    def pytest_terminal_summary(self, terminalreporter: pytest.TerminalReporter) -> None:
        """Print what a tired person must know."""
        if self._usage_error:
            terminalreporter.write_line(f"ERROR: {self._usage_error}", red=True)
        if self._run.unrecorded is not None:
            terminalreporter.section("gonogo: not everything could be recorded", bold=True)
            terminalreporter.write_line(f"ERROR: {self._run.unrecorded}", red=True)
        if self._view is None:
            return
        report = self._run.dossier.folder / "report.html"
        terminalreporter.section("gonogo", bold=True)
        width = terminalreporter._tw.fullwidth  # noqa: SLF001 - has no public name
        for line in summary_lines(self._view, report_path=str(report), width=width):
            terminalreporter.write_line(self._run.redactor.text(line))
        for line in self._rehearsal_lines(self._view.decision):
            terminalreporter.write_line(line)

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
        self._target.start()
        terminal = session.config.pluginmanager.get_plugin("terminalreporter")
        if terminal is not None and self._run.environ.get("GITHUB_ACTIONS") == "true":
            for line in self._run.redactor.github_masks():
                terminal.write_line(line)

    def _exit_status(self, decision: Decision) -> int:
        if self._run.options.rehearse and acceptable_in_rehearsal(decision):
            return 0
        return decision.verdict.exit_code

    def _rehearsal_lines(self, decision: Decision) -> list[str]:
        """Say why a rehearsal's HOLD is accepted, or what of it is not."""
        if not self._run.options.rehearse or decision.verdict is not Verdict.HOLD:
            return []
        if not acceptable_in_rehearsal(decision):
            return ["--rehearse: this HOLD is not accepted; a rehearsal could mend it"]
        counts = Counter(str(standing.absence) for standing in decision.blocking)
        reasons = (f"  {count} items: {reason}" for reason, count in counts.most_common())
        return ["--rehearse: this HOLD is accepted (exit status 0), it rests only on", *reasons]

    def _read(self) -> ReleaseView:
        scope = self._run.scope
        return view_of(
            self._run.dossier,
            checklist=self._run.checklist,
            settings=self._run.settings,
            question=Question(
                scope=scope.label, ids=scope.ids, partial=scope.partial, run_id=self._run.run_id
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
