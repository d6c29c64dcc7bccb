from __future__ import annotations

import io
import json
import zipfile
from pathlib import Path
from typing import Any

import pytest

from selftest.plugin.project import TARGET, Project
from selftest.promises.hiding_places import sightings

CANARY = "s3cr3t-canary-value"
CHECKS = f"""\
import json
import zipfile

import pytest

from gonogo.probes.browser.page_log import Said


def close_window(run, name, trace):
    run.said.append(Said(window=name, lines=("a browser: 1 request", "GET /?key={CANARY}")))
    if run.traces is None or not trace:
        return
    run.traces.mkdir(exist_ok=True)
    with zipfile.ZipFile(run.traces / f"{{name}}.zip", "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("trace.trace", json.dumps({{"value": "{CANARY}"}}))


@pytest.fixture(scope="session")
def shared(suite_run):
    close_window(suite_run, "shared", True)
    return Said(window="shared", lines=("a browser: 1 request", "GET /?key={CANARY}"))


@pytest.fixture
def window(suite_run):
    yield
    close_window(suite_run, "own", True)


@pytest.mark.item("FIN-1.1")
def test_one(shared, evidence):
    evidence.record("the page", found="seen")


@pytest.mark.item("FIN-1.2")
def test_two(shared, window, evidence, suite_run):
    evidence.attach_log(shared)
    evidence.record("the page", found="seen")
    close_window(suite_run, "untraced", False)
    assert False, "it is not as wanted"


@pytest.mark.item("MIG-1.1")
def test_three(shared, evidence):
    evidence.attach_log(shared)
    evidence.record("the page", found="seen")
    raise RuntimeError("unexpected")
"""


@pytest.fixture
def looked(project: Project) -> Project:
    (project.pytester.path / "tests").mkdir()
    project.write("tests/test_checks.py", CHECKS)
    return project


def observations(project: Project, item: str) -> list[dict[str, Any]]:
    reports = project.pytester.path / "reports"
    lines = [line for path in reports.rglob("*.jsonl") for line in path.read_text().splitlines()]
    records = [json.loads(line) for line in lines]
    return [r for r in records if r["kind"] == "observation" and r["item"] == item]


def traces(project: Project) -> list[Path]:
    return sorted((project.pytester.path / "reports").glob("traces/*/*.zip"))


def test_a_check_keeps_the_logs_of_its_windows(looked: Project) -> None:
    looked.run("-k", "test_one")
    page, log = observations(looked, "FIN-1.1")
    assert (page["attachments"], log["subject"]) == ([], "console and network")
    assert log["found"] == "a browser: 1 request"
    [kept] = log["attachments"]
    assert kept["name"] == "console and network.txt"
    [blob] = (looked.pytester.path / "reports").glob(f"*/blobs/{kept['sha256']}")
    assert blob.read_text() == "a browser: 1 request\nGET /?key=***\n"
    assert traces(looked) == []


def test_a_red_check_keeps_the_traces_of_all_its_windows_masked(looked: Project) -> None:
    looked.run("-m", "final")
    page, log, *kept = observations(looked, "FIN-1.2")
    assert len(page["attachments"]) == 1, "the shared window, told where it was recorded"
    assert len(log["attachments"]) == 2
    by_window = {each["source"]: each for each in kept}
    assert set(by_window) == {"shared", "own", ""}
    assert by_window[""]["found"] == "there is no trace: the browser made none"
    [own, shared] = traces(looked)
    assert (own.name, shared.name) == ("own.zip", "shared.zip")
    place = by_window["own"]["trace"]
    assert own == looked.pytester.path / "reports" / place
    assert f"playwright show-trace reports/{place}" in by_window["own"]["found"]
    with zipfile.ZipFile(io.BytesIO(own.read_bytes())) as archive:
        assert json.loads(archive.read("trace.trace")) == {"value": "***"}
    assert sightings(looked.pytester.path / "reports", [CANARY]) == []
    [report] = (looked.pytester.path / "reports").glob("*/report.html")
    assert f'href="../{place}"' in report.read_text("utf-8")
    assert (report.parent / ".." / place).exists()


@pytest.mark.parametrize("workers", [[], ["-n", "2"]], ids=["alone", "workers"])
def test_checks_that_share_a_window_share_its_trace(looked: Project, workers: list[str]) -> None:
    looked.run(*workers)
    places = [
        each["trace"]
        for item in ("FIN-1.2", "MIG-1.1")
        for each in observations(looked, item)
        if each.get("source") == "shared"
    ]
    assert len(places) == 2
    assert len(set(places)) == 1
    assert observations(looked, "FIN-1.1")[-1]["subject"] != "trace", "it was green"


def test_where_the_data_is_real_there_are_no_traces(looked: Project) -> None:
    looked.write("gonogo.toml", TARGET.replace("[release]", 'data = "real"\n[release]'))
    looked.run("-k", "test_two")
    subjects = {each["subject"] for each in observations(looked, "FIN-1.2")}
    assert subjects == {"the page", "console and network"}
    assert traces(looked) == []
