from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from gonogo.actions import Running, ScriptResult, ScriptSpec, clean_environment, start
from gonogo.actions.output_log import OutputLog
from gonogo.actions.process_tree import members
from gonogo.actions.supervision import Supervision
from gonogo.clock import SystemClock
from gonogo.redaction import Redactor, Secret
from gonogo.waiting import wait_until

PATH = "/usr/local/bin:/usr/bin:/bin"

MakeSpec = Callable[..., ScriptSpec]
Watch = Callable[..., ScriptResult]
Start = Callable[..., Running]


@pytest.fixture
def make_spec(tmp_path: Path) -> MakeSpec:
    """Write a script and return the spec that runs it; bash unless it begins with #!."""

    def make(text: str, **changes: Any) -> ScriptSpec:  # noqa: ANN401 - fields of a spec
        script = tmp_path / "product.sh"
        script.write_text(text if text.startswith("#!") else f"#!/bin/bash\n{text}\n")
        script.chmod(0o755)
        given = {
            "name": "product",
            "argv": ("./product.sh",),
            "cwd": tmp_path,
            "env": clean_environment(tmp_path, PATH),
            "timeout_s": 30.0,
            "grace_s": 1.0,
        }
        return ScriptSpec(**{**given, **changes})

    return make


@pytest.fixture
def watch(make_spec: MakeSpec, tmp_path: Path) -> Watch:
    """Run a script under supervision within this process; the output is redacted as ever."""

    def run(text: str, secrets: tuple[Secret, ...] = (), **changes: Any) -> ScriptResult:  # noqa: ANN401 - fields of a spec
        stop = changes.pop("stop_requested", lambda: False)
        spec = make_spec(text, **changes)
        absolute = {**vars(spec), "argv": (str(tmp_path / spec.argv[0]), *spec.argv[1:])}
        path = tmp_path / "output.log"
        with path.open("w", encoding="utf-8", errors="backslashreplace") as file:
            supervision = Supervision(
                ScriptSpec(**absolute),
                OutputLog(file, Redactor(secrets)),
                clock=SystemClock(),
                stop_requested=stop,
            )
            result = supervision.run()
        # What was killed takes a moment to be gone.
        wait_until(
            lambda: members(supervision.session),
            lambda left: not left,
            what="nothing left of the script",
            timeout_s=5.0,
        )
        return ScriptResult(**{**vars(result), "output": path.read_text()})

    return run


@pytest.fixture
def start_script(make_spec: MakeSpec, tmp_path: Path) -> Iterator[Start]:
    """Start a script under a real supervisor, stopped at the end of the test."""
    started: list[Running] = []

    def run(text: str, secrets: tuple[Secret, ...] = (), **changes: Any) -> Running:  # noqa: ANN401 - fields of a spec
        folder = tmp_path / f"run-{len(started)}"
        running = start(make_spec(text, **changes), folder, secrets)
        started.append(running)
        return running

    yield run
    for running in started:
        running.stop()
        running.wait(20.0)


@pytest.fixture
def descriptors() -> Iterator[None]:
    """Fail when a test leaves file descriptors open."""
    before = len(list(Path("/proc/self/fd").iterdir()))
    yield
    assert len(list(Path("/proc/self/fd").iterdir())) <= before
