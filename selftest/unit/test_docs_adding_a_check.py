from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from selftest.unit.documentation import DOCS, PROJECT

BOX_CACHE = ".cache/gonogo/box"


def files_of_the_page() -> dict[str, str]:
    text = (DOCS / "adding-a-check.md").read_text(encoding="utf-8")
    found = re.findall(
        r"^`([\w./-]+\.py)`:\n\n```python\n(.*?)^```", text, re.MULTILINE | re.DOTALL
    )
    return dict(found)


def additions_of_the_page() -> list[tuple[str, str, str]]:
    """Return each file that gets an addition, the line it stands below (or ""), and its text."""
    text = (DOCS / "adding-a-check.md").read_text(encoding="utf-8")
    return re.findall(
        r"dd (?:this one )?to\s`([\w./-]+)`(?:,\sbelow\s\"([^\"]+)\")?:\n\n```\w+\n(.*?)^```",
        text,
        re.MULTILINE | re.DOTALL,
    )


@pytest.fixture(scope="module")
def copy_with_the_check(tmp_path_factory: pytest.TempPathFactory) -> Path:
    copy = tmp_path_factory.mktemp("project") / "gonogo"
    copy.mkdir()
    for name in ("src", "tests", "staging", "checklist", "selftest"):
        ignored = shutil.ignore_patterns("__pycache__", "*.pyc")
        shutil.copytree(PROJECT / name, copy / name, ignore=ignored)
    for name in ("conftest.py", "gonogo.toml", "pyproject.toml"):
        shutil.copy(PROJECT / name, copy / name)
    for name, text in files_of_the_page().items():
        assert not (copy / name).exists(), f"{name} of the page exists in the project by now"
        (copy / name).parent.mkdir(exist_ok=True)
        (copy / name).write_text(text, encoding="utf-8")
    for name, below, text in additions_of_the_page():
        add(copy / name, text, below=below)
    # The product in the copy is the same: its packages and builds need not be made again.
    (PROJECT / BOX_CACHE).mkdir(parents=True, exist_ok=True)
    (copy / BOX_CACHE).parent.mkdir(parents=True)
    (copy / BOX_CACHE).symlink_to(PROJECT / BOX_CACHE)
    return copy


def add(path: Path, text: str, *, below: str) -> None:
    old = path.read_text(encoding="utf-8")
    if below:
        (place,) = re.findall(rf"^.*{re.escape(below)}.*\n", old, re.MULTILINE)
        path.write_text(old.replace(place, place + text), encoding="utf-8")
    else:
        path.write_text(f"{old}\n\n{text}", encoding="utf-8")


def run_in(copy: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    kept = ("COV_CORE", "PYTEST", "GONOGO")
    environment = {k: v for k, v in os.environ.items() if not k.startswith(kept)}
    return subprocess.run(
        [sys.executable, *arguments],
        cwd=copy,
        env={**environment, "PYTHONPATH": str(copy / "src")},
        capture_output=True,
        text=True,
        check=False,
        timeout=300,
    )


RUN_ONE_FAULT = """
import sys, tempfile
from pathlib import Path
from staging.faults.box import PreparedBox
from staging.faults.catalogue import FAULTS
from staging.faults.running import run_fault
(fault,) = [each for each in FAULTS if each.id == sys.argv[1]]
with tempfile.TemporaryDirectory() as folder:
    box = PreparedBox(Path.cwd(), Path(folder))
    try:
        box.start()
        observed = run_fault(fault, box, root=Path.cwd())
    finally:
        box.stop()
print(observed.trouble, *(f"{item} {state}" for item, state in observed.states.items()), sep="\\n")
"""


class TestAddingACheck:
    def test_the_page_has_every_part(self) -> None:
        added = [name for name, _, _ in additions_of_the_page()]
        assert list(files_of_the_page()) == [
            "src/gonogo/probes/migration/durability.py",
            "tests/migration/test_durability.py",
            "selftest/unit/test_durability.py",
            "tests/preflight/test_rollback_files.py",
        ]
        assert added == [
            "checklist/contacts-redesign.md",
            "tests/migration/conftest.py",
            "staging/faults/catalogue/objects.py",
            "checklist/contacts-redesign.md",
        ]

    def test_its_first_lines_name_the_check_that_it_adds(self) -> None:
        text = (DOCS / "adding-a-check.md").read_text(encoding="utf-8")
        [named] = re.findall(r'fault that proves it: "([^"]+)"', text)
        _, _, first = additions_of_the_page()[0]
        assert f"- [ ] {named} <!--" in first

    def test_the_new_check_is_green_in_the_box(self, copy_with_the_check: Path) -> None:
        done = run_in(copy_with_the_check, "-m", "pytest", "tests/migration/test_durability.py")
        assert done.returncode == 0, done.stdout + done.stderr
        (results,) = copy_with_the_check.glob("reports/*/results.json")
        (item,) = [i for i in json.loads(results.read_text())["items"] if i["in_scope"]]
        assert (item["id"], item["state"]) == ("MIG-3.5", "PASS")

    def test_its_fault_turns_it_red_and_nothing_else(self, copy_with_the_check: Path) -> None:
        done = run_in(copy_with_the_check, "-c", RUN_ONE_FAULT, "an-unlogged-table")
        assert done.stdout.splitlines()[-1:] == ["MIG-3.5 FAIL"], done.stdout + done.stderr

    @pytest.mark.parametrize(("taken", "state"), [("", "PASS"), ("migration-002-*", "FAIL")])
    def test_the_check_of_another_phase_runs_by_its_marker_and_can_be_red(
        self, copy_with_the_check: Path, taken: str, state: str
    ) -> None:
        folder = copy_with_the_check / "staging/crm/deployment"
        for path in folder.glob(f"{taken}rollback.sql") if taken else ():
            path.unlink()
        done = run_in(copy_with_the_check, "-m", "pytest", "-m", "preflight")
        assert done.returncode == {"PASS": 20, "FAIL": 1}[state], done.stdout + done.stderr
        results = max(
            copy_with_the_check.glob("reports/*/results.json"), key=lambda p: p.stat().st_mtime
        )
        states = {i["id"]: i["state"] for i in json.loads(results.read_text())["items"]}
        assert states["DBP-2.5"] == state

    def test_the_test_of_its_probe_passes(self, copy_with_the_check: Path) -> None:
        done = run_in(
            copy_with_the_check,
            *("-m", "pytest", "-c", "selftest/pytest.toml", "selftest/unit/test_durability.py"),
        )
        assert done.returncode == 0, done.stdout + done.stderr

    def test_what_it_adds_is_of_the_form_that_make_check_asks_for(
        self, copy_with_the_check: Path
    ) -> None:
        changed = [*files_of_the_page(), "tests/migration/conftest.py"]
        for arguments in (("format", "--check"), ("check",)):
            done = run_in(copy_with_the_check, "-m", "ruff", *arguments, *changed)
            assert done.returncode == 0, done.stdout + done.stderr
