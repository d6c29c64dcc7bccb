"""Results of earlier runs, valid as long as fault and checks are the same to the letter."""

from __future__ import annotations

import hashlib
import inspect
import json
import sys
from collections.abc import Iterable
from functools import cache
from pathlib import Path

from staging.faults.every_fault import FAULTS, HEALTHY
from staging.faults.fault import Breaks, BreaksWhile, Fault
from staging.faults.running import Observed

FOLDER = Path(".cache/faults")
CHECKS = (
    *("tests", "src/gonogo", "staging", "checklist"),
    *("gonogo.toml", "conftest.py", "pyproject.toml", "requirements.lock"),
)
"""What decides a result beside the fault: product and services stand below staging."""
KEY_LENGTH = 16
CATALOGUE = "staging/faults/catalogue"


class KnownResults:
    """Results kept below the project's folder, by the digest of what they came from."""

    def __init__(self, root: Path, faults: Iterable[Fault] = (*HEALTHY.values(), *FAULTS)) -> None:
        self._folder = root / FOLDER
        checks = digest_of_files(root)
        # All at once: a file that is edited while the faults run must not change them.
        self._keys = {each.id: key_of(each, checks) for each in faults}

    def of(self, fault: Fault) -> Observed | None:
        """Return what is known of *fault*, or None."""
        try:
            data = json.loads(self._path(fault).read_text(encoding="utf-8"))
            return Observed.from_json(data)
        except (OSError, ValueError, KeyError):
            return None

    def keep(self, fault: Fault, observed: Observed) -> None:
        """Keep a result; trouble is not one."""
        if observed.trouble:
            return
        self._folder.mkdir(parents=True, exist_ok=True)
        for old in self._folder.glob(f"{fault.id}-{'?' * KEY_LENGTH}.json"):
            old.unlink(missing_ok=True)
        text = json.dumps({"fault": fault.id, **observed.to_json()}, indent=1)
        self._path(fault).write_text(text, encoding="utf-8")

    def _path(self, fault: Fault) -> Path:
        return self._folder / f"{fault.id}-{self._keys[fault.id][:KEY_LENGTH]}.json"


def key_of(fault: Fault, checks: str) -> str:
    """Return the digest of the fault, what its module shares, and all checks."""
    parts = (checks, text_of(fault), shared_text(fault))
    return hashlib.sha256("\0".join(parts).encode()).hexdigest()


def text_of(fault: Fault) -> str:
    """Return the fault's own source, decorator and all."""
    return _source(fault.breaks)


def shared_text(fault: Fault) -> str:
    """Return its module's source without the faults in it: what they share."""
    return _shared(fault.breaks.__module__)


@cache
def _source(function: Breaks | BreaksWhile) -> str:
    return inspect.getsource(function)


@cache
def _shared(module: str) -> str:
    text = inspect.getsource(sys.modules[module])
    for other in FAULTS:
        if other.breaks.__module__ == module:
            text = text.replace(text_of(other), "")
    return text


def digest_of_files(root: Path, parts: Iterable[str] = CHECKS) -> str:
    """Return a digest over the names and contents of all files that decide a run's outcome."""
    digest = hashlib.sha256()
    for part in parts:
        path = root / part
        for file in sorted(path.rglob("*")) if path.is_dir() else [path]:
            name = file.relative_to(root).as_posix()
            if file.is_file() and "__pycache__" not in name and not name.startswith(CATALOGUE):
                digest.update(f"{name}\0{file.stat().st_size}\0".encode())
                digest.update(file.read_bytes())
    return digest.hexdigest()
