"""Real npm packages for selftests, installed once and kept by name and version."""

from __future__ import annotations

import hashlib
import json
import shutil
import subprocess
import tempfile
from collections.abc import Mapping
from pathlib import Path

import pytest
from filelock import FileLock

KEPT = Path(__file__).parents[2] / ".cache"
TIMEOUT_S = 180
LOCK_TIMEOUT_S = 240


def installed(packages: Mapping[str, str]) -> Path:
    """Return a folder whose ``node_modules`` holds *packages*; skips the test where npm cannot."""
    name = hashlib.sha256(json.dumps(dict(packages), sort_keys=True).encode()).hexdigest()[:12]
    folder = KEPT / f"selftest-npm-{name}"
    if shutil.which("npm") is None:
        pytest.skip("no npm on this machine: the SDKs for browsers are not proven")
    KEPT.mkdir(exist_ok=True)
    with FileLock(KEPT / f"selftest-npm-{name}.lock", timeout=LOCK_TIMEOUT_S):
        if not folder.is_dir():
            _install(packages, folder)
    return folder


def _install(packages: Mapping[str, str], folder: Path) -> None:
    """Install beside *folder* and rename: half an installation is never found."""
    with tempfile.TemporaryDirectory(dir=KEPT, ignore_cleanup_errors=True) as made:
        wanted = {"private": True, "dependencies": dict(packages)}
        Path(made, "package.json").write_text(json.dumps(wanted))
        command = ["npm", "install", "--no-audit", "--no-fund", "--ignore-scripts", "--silent"]
        try:
            done = subprocess.run(
                command, cwd=made, capture_output=True, timeout=TIMEOUT_S, check=False
            )
        except subprocess.TimeoutExpired:
            pytest.skip("npm did not end in time: the SDKs for browsers are not proven")
        if done.returncode != 0:
            said = done.stderr.decode(errors="replace").strip()[-200:]
            pytest.skip(f"npm cannot install: the SDKs for browsers are not proven ({said})")
        shutil.move(made, folder)
        Path(made).mkdir()
