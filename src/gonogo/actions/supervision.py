"""Watch over one script on its terminal, from its start to its end."""

from __future__ import annotations

import signal
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from gonogo.actions.output_log import OutputLog
from gonogo.actions.process_tree import Process, members, signal_all
from gonogo.actions.questions import Questions
from gonogo.actions.script import Ended, ScriptResult, ScriptSpec
from gonogo.actions.terminal import Terminal
from gonogo.actions.terminal_readers import Waiting, waiting_for_input
from gonogo.clock import Clock
from gonogo.redaction import Secret

LOOK_S = 0.1
LAZY_LOOK_S = 0.5
LAZY_AFTER_S = 10.0
DRAIN_QUIET_S = 0.2
DRAIN_AT_MOST_S = 3.0


@dataclass(frozen=True, kw_only=True)
class _End:
    """Why the loop ended."""

    ended: Ended
    exit_status: int | None = None
    message: str = ""


class Supervision:
    """One script under watch.

    ``stop_requested`` is asked between looks. ``root`` is the process below which every living
    process belongs to the script; None where the caller has other children.
    """

    def __init__(
        self,
        spec: ScriptSpec,
        log: OutputLog,
        *,
        clock: Clock,
        stop_requested: Callable[[], bool] = lambda: False,
        root: int | None = None,
    ) -> None:
        self._spec = spec
        self._log = log
        self._clock = clock
        self._stop_requested = stop_requested
        self._root = root
        self._questions = Questions(spec.prompts, quiet_s=spec.quiet_s)
        self.started_at = clock.now()
        self._deadline_s = clock.monotonic_s() + spec.timeout_s
        self._terminal = Terminal(spec)

    @property
    def session(self) -> int:
        """The id of the script's session and process group."""
        return self._terminal.session

    def run(self) -> ScriptResult:
        """Return how the script ended; its output is in the log."""
        end = self._watch()
        if self._terminal.ended:
            self._drain(DRAIN_AT_MOST_S)
        else:
            self._stop()
        left = [] if end.ended is not Ended.EXITED else self._others()
        self._terminal.close()
        self._log.finish()
        names = ", ".join(sorted(f"{process.name} ({process.pid})" for process in left))
        notes = (end.message, f"left running: {names}" if names else "", self._log.problem)
        message = "\n".join(note for note in notes if note)
        return self._result(end, message, self._clock.now())

    def _result(self, end: _End, message: str, finished_at: datetime) -> ScriptResult:
        return ScriptResult(
            name=self._spec.name,
            exit_status=end.exit_status,
            ended=end.ended,
            started_at=self.started_at,
            finished_at=finished_at,
            prompts_answered=tuple(self._questions.answered),
            message=message,
        )

    def _watch(self) -> _End:
        """Read and answer until the script ends or has to be stopped."""
        quiet_since_s = waiting_since_s = self._clock.monotonic_s()
        waiting_before = Waiting.NOBODY
        while True:
            quiet_s = self._clock.monotonic_s() - quiet_since_s
            data = self._terminal.read(LOOK_S if quiet_s < LAZY_AFTER_S else LAZY_LOOK_S)
            now_s = self._clock.monotonic_s()
            if data:
                self._log.feed(data)
                quiet_since_s, waiting_before = now_s, Waiting.NOBODY
            if self._terminal.ended:
                return self._end_of_script()
            if self._stop_requested():
                return _End(ended=Ended.KILLED, message="stopped: its supervisor was told to end")
            if now_s >= self._deadline_s:
                return self._stopped(
                    Ended.TIMED_OUT, f"it took longer than {self._spec.timeout_s:g} s"
                )
            if data:
                continue
            waiting = waiting_for_input(self._others(), self._terminal.name)
            if waiting is not waiting_before:
                waiting_before, waiting_since_s = waiting, now_s
            waited_s = now_s - max(waiting_since_s, quiet_since_s)
            move = self._questions.move(self._log.since_answer, waiting, waited_s)
            if move.stop:
                return self._stopped(Ended.UNKNOWN_PROMPT, move.stop)
            if move.answer is not None:
                answer = move.answer.answer
                self._terminal.type(answer.reveal() if isinstance(answer, Secret) else answer)
                self._log.answered()
                quiet_since_s, waiting_before = now_s, Waiting.NOBODY

    def _end_of_script(self) -> _End:
        status = self._terminal.status
        if status is None:
            return _End(
                ended=Ended.KILLED, exit_status=137, message="its whole process group was killed"
            )
        if status < 0:
            name = signal.Signals(-status).name
            return _End(
                ended=Ended.KILLED,
                exit_status=128 - status,
                message=f"ended by {name}, which did not come from gonogo",
            )
        return _End(ended=Ended.EXITED, exit_status=status)

    def _stopped(self, ended: Ended, reason: str) -> _End:
        tail = self._log.tail()
        shown = f"; its last lines were:\n{tail}" if tail else "; it had printed nothing since"
        return _End(ended=ended, message=f"stopped: {reason}{shown}")

    def _others(self) -> list[Process]:
        """Return the script's living processes, without the session's leader."""
        processes = members(self.session, root=self._root)
        return [process for process in processes if process.pid != self.session]

    def _stop(self) -> None:
        """Stop everything the script started: first asked, then made to."""
        signal_all(self._others(), self.session, signal.SIGTERM)
        self._drain(self._spec.grace_s)
        signal_all(self._others(), self.session, signal.SIGKILL)
        self._drain(DRAIN_QUIET_S)

    def _drain(self, at_most_s: float) -> None:
        """Read what is still printed until it is quiet and nothing of the script is left."""
        deadline_s = self._clock.monotonic_s() + at_most_s
        seen_alone = 0  # twice: a list of processes taken while one starts another can miss both
        while self._clock.monotonic_s() < deadline_s and seen_alone < 2:
            data = self._terminal.read(DRAIN_QUIET_S)
            if data:
                self._log.feed(data)
            seen_alone = 0 if data or self._others() else seen_alone + 1
