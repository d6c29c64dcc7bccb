from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from playwright._impl._driver import compute_driver_executable

from gonogo.waiting import wait_until
from selftest.promises.programs import BROWSERS, path_without
from selftest.promises.runs import box
from selftest.staging.conftest import skip_without_node

PROGRAMS = ("chromium-headless-shell", "chromium", "chromium-browser", "google-chrome")


@contextmanager
def browser_server(folder: Path) -> Iterator[str]:
    """Give the address of a browser server of Playwright's; it ends with all that it started."""
    program = next(filter(None, map(shutil.which, PROGRAMS)), None)
    if program is None:
        pytest.skip("no Chromium on PATH that a server could run")
    config = folder / "server.json"
    config.write_text(
        json.dumps({"executablePath": program, "args": ["--no-sandbox"], "host": "127.0.0.1"})
    )
    said = folder / "server.log"
    command = [*compute_driver_executable(), "launch-server", "--browser", "chromium"]
    with said.open("wb") as output:
        server = subprocess.Popen(
            [*command, "--config", str(config)],
            stdout=output,
            stderr=subprocess.STDOUT,
            stdin=subprocess.DEVNULL,
            start_new_session=True,
        )
    try:
        text = wait_until(
            lambda: said.read_text("utf-8"),
            lambda seen: "ws://" in seen,
            what="the address of the browser server",
            timeout_s=30,
        )
        yield text[text.index("ws://") :].split()[0]
    finally:
        os.killpg(server.pid, signal.SIGKILL)
        server.wait(30)


def test_a_browser_server_is_enough_for_phase_3(tmp_path: Path) -> None:
    skip_without_node()
    place = box(tmp_path)
    with browser_server(tmp_path) as address:
        with place.target.open("a", encoding="utf-8") as target:
            target.write(f'\n[browsers.chromium]\naddress = "{address}"\n')
        path = path_without(BROWSERS, tmp_path / "programs")
        with place.start("-m", "phase3", extra={"PATH": path}) as run:
            ended = run.end()
    assert ended.status == 0, ended
    assert len(place.states) == 16
    assert set(place.states.values()) == {"PASS"}, ended
    server = address.rpartition("/")[0]  # what follows is as good as a password, and masked
    report = (place.dossier.folder / "report.html").read_text("utf-8")
    assert f"server at {server}" in report, "the browser came from elsewhere"
