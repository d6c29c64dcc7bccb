"""Start a script under its supervisor, wait for it, or pick up what an earlier process started."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Callable, Iterable
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

import gonogo
from gonogo.actions.action_folder import ActionFolder
from gonogo.actions.database_clients import remove_unless_used
from gonogo.actions.environment import clean_environment
from gonogo.actions.guard import Guard
from gonogo.actions.handover import ANSWER_TIMEOUT_S, hand_over
from gonogo.actions.preconditions import checked
from gonogo.actions.process_tree import Process, members, process_table, signal_all
from gonogo.actions.script import Ended, ScriptResult, ScriptSpec
from gonogo.clock import SystemClock, from_rfc3339
from gonogo.errors import GonogoError, WaitTimedOut
from gonogo.redaction import Secret
from gonogo.waiting import wait_until

LAST_MOMENTS_S = 10.0
FOREVER_S = 10 * 365 * 86_400.0


@dataclass(frozen=True, kw_only=True)
class Lost:
    """A supervisor that died before it wrote a result; what is known is in ``result``.

    ``begun`` is false where the script certainly never started, so that it may be run anew.
    """

    result: ScriptResult
    begun: bool


@dataclass(frozen=True, kw_only=True)
class Running:
    """A script that runs, or has ended, under a supervisor of its own."""

    name: str
    folder: Path

    def wait(self, timeout_s: float | None = None) -> ScriptResult:
        """Return how the script ended; ``lost`` when its supervisor died first.

        Raises:
            WaitTimedOut: the script goes on.
        """
        files = ActionFolder(path=self.folder)
        wait_until(
            files.is_alive,
            lambda alive: not alive,
            what=f"the end of {self.name!r}",
            timeout_s=FOREVER_S if timeout_s is None else timeout_s,
            do=f"wait longer; its output is in {files.output_path}",
        )
        return files.result() or _lost(files)

    def stop(self) -> None:
        """Ask the supervisor to stop the script and everything it started."""
        files = ActionFolder(path=self.folder)
        if files.is_alive():
            with suppress(ProcessLookupError):
                os.kill(files.running()["supervisor"], signal.SIGTERM)


def start(  # noqa: PLR0913 - what is run, and what must hold before and meanwhile
    spec: ScriptSpec,
    folder: Path,
    redactor_secrets: Iterable[Secret] = (),
    *,
    personal_data: bool = False,
    guard: Guard | None = None,
    begin: Callable[[], None] = lambda: None,
    answer_timeout_s: float = ANSWER_TIMEOUT_S,
) -> Running:
    """Run the script in a process of its own that outlives the caller.

    *folder* (made when absent, one for each run) gets ``output.log`` and ``result.json``, both
    redacted. Secret answers need not be named again in *redactor_secrets*. With *guard*, that
    process keeps other machines from acting until the script has ended, whatever becomes of the
    caller. *begin* is called when nothing stands in the way any more, right before the script
    starts; without its return nothing is run.

    Raises:
        ActionUnfinished: nothing was run: script, interpreter, folder or rights are missing. Or
            its supervisor gave no answer, and nothing of the script is left: `adopt` says more.
        TargetRefused: nothing was run: another gonogo acts on the guarded database.
        CannotTell: nothing was run: that database cannot be reached.
    """
    spec = checked(spec)
    order = {
        "spec": spec.to_order(),
        "folder": str(folder.absolute()),
        "secrets": [secret.reveal() for secret in redactor_secrets],
        "personal_data": personal_data,
        "guard": guard.to_order() if guard else None,
    }
    files = ActionFolder(path=folder)
    lock = files.claim()
    try:
        supervisor = subprocess.Popen(
            [sys.executable, "-m", "gonogo.actions.supervisor", str(lock)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            cwd=folder,
            env=_supervisor_environment(),
            start_new_session=True,
            pass_fds=(lock,),
        )
    finally:
        os.close(lock)
    try:
        hand_over(supervisor, order, name=spec.name, begin=begin, answer_timeout_s=answer_timeout_s)
    except GonogoError:
        # Whoever asks next must not take its last moments for a script that runs. A script that
        # did start has a session of its own, and is not ended with its supervisor.
        with suppress(WaitTimedOut):
            wait_until(
                files.is_alive,
                lambda alive: not alive,
                what="the supervisor's end",
                timeout_s=LAST_MOMENTS_S,
            )
            if files.running() and files.result() is None:
                _lost(files)
        raise
    return Running(name=spec.name, folder=folder)


def adopt(folder: Path) -> Running | ScriptResult | Lost:
    """Return what became of the script once started in *folder*.

    ``Running`` while its supervisor lives; its result; or ``Lost``, after what was left of the
    script has been killed, or when nothing was started there.
    """
    files = ActionFolder(path=folder)
    if files.is_alive():
        return Running(name=str(files.running().get("name", folder.name)), folder=folder)
    result = files.result()
    return result if result is not None else Lost(result=_lost(files), begun=files.begun)


def _supervisor_environment() -> dict[str, str]:
    """Return an environment with nothing of the caller's but where modules are found.

    The home folder is where libpq looks for certificates that a DSN does not name.
    """
    source = str(Path(gonogo.__file__).parent.parent)
    modules = dict.fromkeys([source, *(path for path in sys.path if Path(path).is_absolute())])
    path = os.environ.get("PATH", os.defpath)
    return clean_environment(Path.home(), path, {"PYTHONPATH": os.pathsep.join(modules)})


def _lost(files: ActionFolder) -> ScriptResult:
    """Kill what is left of a script without supervisor, and say what is known of it."""
    noted = files.running()
    clock = SystemClock()
    name = noted.get("name", files.path.name)
    left = _left_over(noted)
    if left:
        signal_all(left, noted["session"], signal.SIGKILL)
    for private in noted.get("private_folders", []):
        remove_unless_used(Path(private))
    killed = ", ".join(f"{process.name} ({process.pid})" for process in left)
    message = "the script's supervisor was killed, so nobody knows how the script ended; " + (
        f"killed what was left of it: {killed}" if killed else "nothing of it was left"
    )
    return ScriptResult(
        name=name,
        exit_status=None,
        ended=Ended.LOST,
        started_at=from_rfc3339(noted["started_at"]) if noted else clock.now(),
        finished_at=clock.now(),
        output=files.output(),
        message=message if noted else "the script was never started",
    )


def _left_over(noted: dict[str, int]) -> list[Process]:
    """Return the script's living processes, unless its id belongs to a younger process by now."""
    session, ticks = noted.get("session"), noted.get("session_started_ticks")
    if session is None or ticks is None:
        return []
    leader = process_table().get(session)
    if leader is not None and leader.started_ticks != ticks:
        return []
    return [process for process in members(session) if process.started_ticks >= ticks]
