from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from gonogo.journal import read_segment
from gonogo.waiting import wait_until
from selftest.plugin.project import Project
from selftest.plugin.reached import ReachedProject, complete, usage_error

IN_A_SMALL_DISK = """
set -e
mount -t tmpfs -o size=160k none reports
status=0
"$@" || status=$?
mkdir kept
cp -r reports/. kept/
exit $status
"""
FILLS_THE_DISK = """
def fill():
    with open("reports/filler", "wb", buffering=0) as file:
        try:
            while True:
                file.write(b"x" * 512)
        except OSError:
            pass
"""


def own_mounts() -> list[str]:
    """Return how a command gets mounts of its own, as root or as anybody."""
    for words in (["unshare", "--mount"], ["unshare", "--user", "--map-root-user", "--mount"]):
        tried = subprocess.run(
            [*words, "mount", "-t", "tmpfs", "none", "/mnt"], capture_output=True, check=False
        )
        if tried.returncode == 0:
            return words
    pytest.skip("this system lets nobody mount a small disk")


def test_a_disk_that_fills_up_ends_the_run_with_words_and_loses_nothing(project: Project) -> None:
    project.write_tests(
        "FIN-1.1: evidence.record('seen', found='kept-canary')",
        "FIN-1.2: evidence.attach(bytes(range(256)) * 2000, name='too big')",
        "MIG-1.1: import filling; filling.fill()",
        "MIG-1.2: [evidence.record('seen', found='y') for _ in range(400)]",
        "MIG-2.1: raise RuntimeError('nothing may run that leaves no record')",
    )
    project.write("filling.py", FILLS_THE_DISK)
    (project.pytester.path / "reports").mkdir()
    done = subprocess.run(
        [
            *(*own_mounts(), "sh", "-c", IN_A_SMALL_DISK, "sh"),
            *(sys.executable, "-m", "pytest", "-p", "no:cacheprovider"),
        ],
        cwd=project.pytester.path,
        env={**os.environ, "PYTHONPATH": str(project.pytester.path)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 20, done.stdout + done.stderr
    assert "INTERNALERROR" not in done.stdout
    assert "Traceback" not in done.stderr
    _, _, said = done.stdout.partition("not everything could be recorded")
    message = said.partition("ERROR: ")[2].partition("\n====")[0]
    assert ".jsonl" in complete(message)["where"]
    assert "No space left on device" in done.stdout
    assert "nothing may run that leaves no record" not in done.stdout
    (segment,) = (project.pytester.path / "kept").glob("*/runs/*/*.jsonl")
    reading = read_segment(segment)
    assert not reading.damage
    finished = {r["item"]: r["state"] for r in reading.records if r["kind"] == "finished"}
    assert finished["FIN-1.1"] == "PASS"
    assert finished["FIN-1.2"] == "ERROR"
    assert "MIG-2.1" not in finished


def test_a_reports_folder_that_cannot_be_written_is_refused(shop: ReachedProject) -> None:
    (shop.path / "file").write_text("no folder")
    shop.add('[reports]\nfolder = "file/reports"\n')
    parts = usage_error(shop.run())
    assert parts["what"] == "the reports folder cannot be written"
    assert "file/reports" in parts["where"]


def test_a_copy_that_cannot_be_written_is_an_error(shop: ReachedProject) -> None:
    (shop.path / ".cache").write_text("a file where a folder should be")
    assert shop.migrate().ret == 20
    parts = complete(shop.message("MIG-2.1"))
    assert ".cache" in parts["where"]
    assert shop.project.results["actions"] == []


def test_a_repository_that_is_not_there_is_an_error(shop: ReachedProject) -> None:
    shutil.rmtree(shop.path / "product")
    assert shop.run().ret == 20
    parts = complete(shop.message("FIN-1.1"))
    assert parts["what"] == "the repository is not there"
    assert parts["where"].endswith("/product")


def test_an_env_file_that_cannot_be_read_is_refused(shop: ReachedProject) -> None:
    env_file = shop.path / "product" / "live.env"
    env_file.write_bytes(b"NAME=\xff\xfe\n")
    parts = usage_error(shop.run())
    assert parts["what"] == "the env file cannot be read"
    assert parts["found"] == "bytes that are not UTF-8"


def test_two_machines_never_act_on_one_target_at_once(shop: ReachedProject, tmp_path: Path) -> None:
    go = tmp_path / "go"
    shop.script(f"#!/bin/sh\necho waiting\nwhile [ ! -e {go} ]; do sleep 0.1; done\n")
    elsewhere = tmp_path / "elsewhere"
    shutil.copytree(shop.path, elsewhere)
    other = subprocess.Popen(
        [sys.executable, "-m", "pytest", "-m", "phase1", "--execute", "migrate"],
        cwd=elsewhere,
        env={**os.environ, **shop.environment},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
    )
    try:
        wait_until(
            lambda: list(elsewhere.glob("reports/*/actions/*/running.json")),
            bool,
            what="the other machine's script to run",
            timeout_s=60,
        )
        assert shop.migrate().ret == 20
        parts = complete(shop.message("MIG-2.1"))
        assert parts["what"] == "another gonogo is acting on this database"
        assert parts["where"].endswith("/shop")
        assert "gonogo" in parts["found"]
        assert shop.project.results["actions"] == []
    finally:
        go.touch()
        output = other.communicate(timeout=60)[0].decode()
    assert "MIG-2.1" not in output or other.returncode == 20, output
    shop.migrate()
    assert shop.project.states["MIG-2.1"] == "PASS_AFTER_RETRY"


def test_two_runs_of_one_dossier_run_the_script_once(shop: ReachedProject, tmp_path: Path) -> None:
    count = tmp_path / "count"
    shop.script(f"#!/bin/sh\necho once >> {count}\nsleep 1\n")
    words = [sys.executable, "-m", "pytest", "-m", "phase1", "--execute", "migrate"]
    environment = {**os.environ, **shop.environment}
    runs = [
        subprocess.Popen(
            words, cwd=shop.path, env=environment, stdout=subprocess.PIPE, stderr=subprocess.STDOUT
        )
        for _ in range(2)
    ]
    outputs = [run.communicate(timeout=120)[0].decode() for run in runs]
    assert count.read_text() == "once\n", "\n".join(outputs)
    assert shop.project.states["MIG-2.1"] == "PASS"
