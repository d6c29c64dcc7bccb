"""The process that runs one script and outlives whoever asked for it.

Started as ``python -m gonogo.actions.supervisor LOCK_FD``; the order, secrets included, comes as
JSON on standard input, see ``handover``. Once the script runs it is silent: everything else stands
in the action's folder. Ctrl-C and the end of the caller do not concern it from then on; SIGTERM to
this process stops the script. Until the script has ended it keeps other machines from acting.
"""

from __future__ import annotations

import os
import signal
import sys
from contextlib import AbstractContextManager, nullcontext
from dataclasses import replace
from pathlib import Path
from typing import Any

from gonogo.actions.action_folder import ActionFolder
from gonogo.actions.database_clients import hold, remove_unless_used
from gonogo.actions.guard import Guard, Watched
from gonogo.actions.handover import Caller, CallerOnPipes
from gonogo.actions.output_log import OutputLog
from gonogo.actions.process_tree import adopt_orphans, started_ticks
from gonogo.actions.script import ScriptSpec
from gonogo.actions.supervision import Supervision
from gonogo.clock import SystemClock, rfc3339
from gonogo.errors import GonogoError
from gonogo.probes.database.locks import LockWatcher
from gonogo.redaction import Redactor, Secret


class StopRequest:
    """Set by SIGTERM, asked between looks."""

    def __init__(self) -> None:
        self.made = False

    def make(self, *_: object) -> None:
        """Note that the script should be stopped."""
        self.made = True


def redactor_for(spec: ScriptSpec, order: dict[str, Any]) -> Redactor:
    """Return a redactor that knows the order's secrets and every secret answer."""
    answers = [prompt.answer for prompt in spec.prompts if isinstance(prompt.answer, Secret)]
    return Redactor(
        [*map(Secret, order["secrets"]), *answers], personal_data=order["personal_data"]
    )


def supervise(
    order: dict[str, Any], stop: StopRequest, caller: Caller, *, root: int | None
) -> None:
    """Run the order's script to its end and write its result, once the caller lets it begin."""
    spec = ScriptSpec.from_order(order["spec"])
    held = [hold(folder) for folder in spec.private_folders]
    try:
        with _kept(order["guard"]) as watcher:
            if caller.lets_begin():
                _supervise(spec, order, stop, caller, watcher, root=root)
    except GonogoError as error:
        caller.told(error)
    finally:
        for descriptor in held:
            os.close(descriptor)
        for private in spec.private_folders:
            remove_unless_used(private)


def _kept(guard: dict[str, Any] | None) -> AbstractContextManager[LockWatcher | None]:
    return Guard.from_order(guard).kept() if guard else nullcontext()


def _supervise(  # noqa: PLR0913 - what was ordered, by whom, and what goes on beside it
    spec: ScriptSpec,
    order: dict[str, Any],
    stop: StopRequest,
    caller: Caller,
    watcher: LockWatcher | None,
    *,
    root: int | None,
) -> None:
    folder = ActionFolder(path=Path(order["folder"]))
    redactor = redactor_for(spec, order)
    clock = SystemClock()
    with folder.output_path.open("w", encoding="utf-8", errors="backslashreplace") as file:
        supervision = Supervision(
            spec,
            OutputLog(file, redactor),
            clock=clock,
            stop_requested=lambda: stop.made,
            root=root,
        )
        noted = {
            "name": spec.name,
            "supervisor": os.getpid(),
            "session": supervision.session,
            "session_started_ticks": started_ticks(supervision.session),
            "started_at": rfc3339(supervision.started_at),
            "private_folders": [str(private) for private in spec.private_folders],
        }
        folder.write(folder.running_path, noted)
        caller.told_started()
        result = supervision.run()
    if watcher is not None:
        watcher.stop()
        result = replace(result, watched=Watched.of(watcher.report()))
    folder.write(folder.result_path, redactor.tree(result.to_json()))


def main() -> None:
    """Take the order from standard input and carry it out, as nobody's child."""
    if os.fork():
        os._exit(0)
    stop = StopRequest()
    signal.signal(signal.SIGTERM, stop.make)
    for ignored in (signal.SIGINT, signal.SIGHUP, signal.SIGPIPE):
        signal.signal(ignored, signal.SIG_IGN)
    os.set_inheritable(int(sys.argv[1]), False)  # noqa: FBT003 - takes no keyword
    os.umask(0o077)
    adopt_orphans()
    caller = CallerOnPipes(sys.stdin)
    supervise(caller.order(), stop, caller, root=os.getpid())


if __name__ == "__main__":
    main()
