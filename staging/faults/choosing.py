"""Which faults a run takes: named ones, a shard, a rotating sample, those whose inputs changed."""

from __future__ import annotations

import ast
import hashlib
import subprocess
from collections.abc import Callable, Collection, Sequence
from pathlib import Path

from staging.faults.checked_items import machine_items
from staging.faults.fault import Fault
from staging.faults.known_results import CATALOGUE, text_of

CHECKS = "tests/"
PRODUCT = "staging/crm/"
SERVICES = (
    *("staging/services/", "staging/opening.py", "staging/offices.py"),
    *("staging/runtime_file.py", "staging/health.py"),
)
"""Beside a fault's own text and its items' checks: a change of the first is every fault's, of the
others that of every fault with services."""


class NoSuchFaultError(LookupError):
    """An id or a part of one that no fault has."""


def named(faults: Sequence[Fault], ids: Collection[str]) -> list[Fault]:
    """Return the faults with these ids or of these groups, in the catalogue's order.

    Raises:
        NoSuchFaultError: naming the words that are neither.
    """
    known = {word for each in faults for word in (each.id, each.group)}
    unknown = sorted(set(ids) - known)
    if unknown:
        raise NoSuchFaultError(f"no fault or group is called {', '.join(unknown)}; see --list")
    return [each for each in faults if not ids or each.id in ids or each.group in ids]


def shard(faults: Sequence[Fault], number: int, of: int) -> list[Fault]:
    """Return part *number* (from 1) of *of* equal parts; together they are all faults."""
    return list(faults[number - 1 :: of])


def sample(faults: Sequence[Fault], size: int, *, turn: int) -> list[Fault]:
    """Return *size* faults; with *turn* growing by one each time, all have been taken soonest."""
    mixed = sorted(faults, key=lambda each: hashlib.sha256(each.id.encode()).hexdigest())
    start = turn * size % len(mixed) if mixed else 0
    taken = {each.id for each in [*mixed[start:], *mixed[:start]][:size]}
    return [each for each in faults if each.id in taken]


def changed(
    faults: Sequence[Fault],
    *,
    root: Path,
    paths: Collection[str],
    text_before: Callable[[str], str],
) -> list[Fault]:
    """Return the faults whose inputs changed, given all changed *paths* below *root*.

    A fault's inputs are its own text, the checks of its items, and what all share: the product,
    what lies beside the checks of the phase and above them, and the services for those that have
    them. A change of the engine is every fault's, and left to the sample. *text_before* gives
    a file as it was.
    """
    if any(path.startswith(PRODUCT) for path in paths):
        return list(faults)
    services = any(path.startswith(SERVICES) for path in paths)
    shared = "".join(_text_below(root, path) for path in paths)
    old: dict[str, Collection[str]] = {}
    found = []
    for each in faults:
        path = f"{CATALOGUE}/{each.group}.py"
        if path in paths and path not in old:
            old[path] = _functions(text_before(path))
        own = path in paths and text_of(each).strip() not in old[path]
        if (
            own
            or (services and each.needs_services)
            or any(_checks_items_of(root, path, each) for path in paths)
            or any(f'"{item}"' in shared for item in machine_items(root, each))
        ):
            found.append(each)
    return found


def _functions(text: str) -> set[str]:
    """Return the source of every function in *text*, decorators and all."""
    lines = text.splitlines()
    return {
        "\n".join(lines[min([n.lineno, *(d.lineno for d in n.decorator_list)]) - 1 : n.end_lineno])
        for n in ast.walk(ast.parse(text))
        if isinstance(n, ast.FunctionDef)
    }


def _text_below(root: Path, path: str) -> str:
    """Return all checks that share *path*, no test itself: those in its folder, else in the next.

    Empty where it is none of the checks' files.
    """
    if not path.startswith(CHECKS) or Path(path).name.startswith("test_"):
        return ""
    for folder in Path(path).parents:
        tests = sorted((root / folder).rglob("test_*.py"))
        if tests:
            return "".join(each.read_text(encoding="utf-8") for each in tests)
    return ""


def _checks_items_of(root: Path, path: str, fault: Fault) -> bool:
    if not (path.startswith("tests/") and Path(path).name.startswith("test_")):
        return False
    text = (root / path).read_text(encoding="utf-8") if (root / path).exists() else ""
    return any(f'"{item}"' in text for item in fault.expected)


class History:
    """What git knows of the project's files since *base*."""

    def __init__(self, root: Path, base: str) -> None:
        self._root = root
        self._base = base

    def paths(self) -> set[str]:
        """Return the paths that differ from *base*, committed or not, and the new ones."""
        differing = self._git("diff", "--name-only", self._base)
        new = self._git("ls-files", "--others", "--exclude-standard")
        return {*differing.splitlines(), *new.splitlines()}

    def text(self, path: str) -> str:
        """Return the file as it was, empty where it was not there."""
        return self._git("show", f"{self._base}:{path}", check=False)

    def _git(self, *arguments: str, check: bool = True) -> str:
        done = subprocess.run(
            ["git", "-C", str(self._root), *arguments], capture_output=True, text=True, check=check
        )
        return done.stdout if done.returncode == 0 else ""
