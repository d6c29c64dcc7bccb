from __future__ import annotations

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from gonogo.waiting import wait_until
from selftest.plugin.project import Project

SLOW = "import time; open('slow', 'w').close(); time.sleep(60)"


def start(project: Project, *arguments: str) -> subprocess.Popen[bytes]:
    return subprocess.Popen(
        [sys.executable, "-m", "pytest", "-p", "no:cacheprovider", *arguments],
        cwd=project.pytester.path,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
    )


def wait_for(path: Path) -> None:
    wait_until(path.exists, bool, what=f"{path.name} to appear", timeout_s=30)


@pytest.mark.parametrize("workers", [[], ["-n", "2"]])
@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_an_interrupted_run_reports_what_is_missing(
    project: Project, number: signal.Signals, workers: list[str]
) -> None:
    project.write_tests("FIN-1.1: pass", f"FIN-1.2: {SLOW}", "MIG-1.1: pass")
    running = start(project, *workers)
    wait_for(project.pytester.path / "slow")
    running.send_signal(number)
    output = running.communicate(timeout=60)[0].decode()
    assert running.returncode == pytest.ExitCode.INTERRUPTED, output
    assert project.states["FIN-1.1"] == "PASS"
    assert project.states["FIN-1.2"] == "NOT_RUN"
    assert project.results["verdict"] != "GO"


def test_a_killed_run_loses_no_finished_record_and_the_next_says_so(project: Project) -> None:
    project.write_tests("FIN-1.1: pass", f"FIN-1.2: {SLOW}")
    running = start(project)
    wait_for(project.pytester.path / "slow")
    os.kill(running.pid, signal.SIGKILL)
    running.communicate()
    project.write_tests("FIN-1.2: pass")
    result = project.run("-k", "test_0")
    assert result.ret == 0
    assert project.states["FIN-1.1"] == "PASS"
    result.stdout.fnmatch_lines(["*was interrupted; checks under way: FIN-1.2*"])


def test_a_crashed_worker_leaves_its_item_in_error(project: Project) -> None:
    project.write_tests("FIN-1.1: pass", "FIN-1.2: import os; os._exit(9)", "MIG-1.1: pass")
    result = project.run("-n", "2")
    assert result.ret == 20
    assert project.states["FIN-1.2"] == "ERROR"
    assert project.states["FIN-1.1"] == "PASS"
    assert project.states["MIG-1.1"] == "PASS"


def test_phases_wait_for_each_other_across_workers(project: Project) -> None:
    slow = "import time; time.sleep(1); open('done', 'w').close()"
    look = "import os; assert os.path.exists('done')"
    project.write_tests("FIN-1.1: pass", f"FIN-1.2: {slow}", f"MIG-1.1: {look}", f"MIG-1.2: {look}")
    project.run("-n", "2")
    assert project.states["MIG-1.1"] == "PASS"
    assert project.states["MIG-1.2"] == "PASS"


def test_a_barrier_that_does_not_open_is_an_error(project: Project) -> None:
    project.write_tests("FIN-1.1: import time; time.sleep(4)", "MIG-1.1: pass", "MIG-1.2: pass")
    project.run("-n", "2", "--barrier-timeout", "0.5")
    assert "ERROR" in {project.states["MIG-1.1"], project.states["MIG-1.2"]}


def test_a_killed_run_is_spoken_of_by_the_run_that_covers_it_and_by_none_after(
    project: Project,
) -> None:
    project.write_tests("FIN-1.1: pass", f"FIN-1.2: {SLOW}")
    running = start(project)
    wait_for(project.pytester.path / "slow")
    os.kill(running.pid, signal.SIGKILL)
    running.communicate()
    project.write_tests("FIN-1.1: pass", "FIN-1.2: pass")
    project.run().stdout.fnmatch_lines(["*was interrupted; checks under way: FIN-1.2*"])
    project.run().stdout.no_fnmatch_line("*was interrupted*")
