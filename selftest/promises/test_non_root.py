from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import sysconfig
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from selftest.promises.runs import LONGEST_RUN_S, ROOT

NOBODY = 65534
CANDIDATES = (
    sys.executable,
    f"/usr/bin/python3.{sys.version_info.minor}",
    f"/usr/local/bin/python3.{sys.version_info.minor}",
)
TREE = ("conftest.py", "pyproject.toml", "gonogo.toml", "checklist", "src", "staging", "tests")
NOT_NEEDED = (
    *("mypy*", "*__mypyc*", "ruff*", "hypothesis*", "_hypothesis*", "ast_serialize*", "reladiff*"),
    *("coverage*", "a1_coverage.pth", "pytest_cov*", "__pycache__", "_editable_impl_*"),
)


def python_for(user: int) -> str | None:
    """Return a Python of this very version line that *user* can start; None without one."""
    ask = "import sys; print(sys.version_info[:2])"
    for program in CANDIDATES:
        try:
            done = subprocess.run(
                [program, "-I", "-c", ask],
                capture_output=True,
                text=True,
                check=False,
                cwd="/",
                user=user,
                group=user,
                extra_groups=[],
                env={},
            )
        except OSError:
            continue
        if done.stdout.strip() == str(sys.version_info[:2]):
            return program
    return None


@pytest.fixture
def open_folder() -> Iterator[Path]:
    """A folder that everybody may enter and that belongs to the other user."""
    folder = Path(tempfile.mkdtemp(prefix="gonogo-promises-", dir="/tmp"))
    try:
        yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def test_phase_1_is_green_for_an_ordinary_user(open_folder: Path) -> None:
    if os.geteuid() != 0:
        pytest.skip("every other test runs as an ordinary user already")
    python = python_for(NOBODY)
    if python is None:
        pytest.skip(f"no Python {sys.version_info.major}.{sys.version_info.minor} is for everybody")
    packages = open_folder / "packages"
    ignored = shutil.ignore_patterns(*NOT_NEEDED)
    shutil.copytree(sysconfig.get_path("purelib"), packages, ignore=ignored, symlinks=True)
    tree = open_folder / "tree"
    tree.mkdir()
    for name in TREE:
        source = ROOT / name
        if source.is_dir():
            shutil.copytree(source, tree / name, ignore=ignored)
        else:
            shutil.copy(source, tree / name)
    (open_folder / "home").mkdir()
    for path in (open_folder, *open_folder.rglob("*")):
        os.chown(path, NOBODY, NOBODY, follow_symlinks=False)
    done = subprocess.run(
        [python, "-m", "pytest", "-p", "no:cacheprovider", "-m", "phase1"],
        cwd=tree,
        env={
            "HOME": str(open_folder / "home"),
            "PATH": os.defpath,
            "PYTHONPATH": f"{tree / 'src'}:{packages}",
            "LANG": "C.UTF-8",
        },
        capture_output=True,
        text=True,
        check=False,
        timeout=LONGEST_RUN_S,
        user=NOBODY,
        group=NOBODY,
        extra_groups=[],
    )
    assert done.returncode == 0, done.stdout + done.stderr
    results = json.loads(next(tree.glob("reports/*/results.json")).read_text("utf-8"))
    states = {item["id"]: item["state"] for item in results["items"] if item["state"] == "PASS"}
    assert len(states) == 12, states
