"""The box's cache keeps what was used last, and takes nothing from an open box."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import pytest
from filelock import FileLock

from staging.box_cache import BoxCache

DAY_NS = 86_400 * 10**9


@pytest.fixture
def cache(tmp_path: Path) -> Iterator[BoxCache]:
    made = BoxCache(tmp_path)
    for folder in (made.builds, made.packages):
        for days, name in enumerate(("e", "d", "c", "b", "a")):
            put(folder / name, used_days_ago=days)
    put(made.builds / "building-x1y2")
    put(made.packages / "f-x1y2")
    yield made
    made.leave()


def put(folder: Path, *, used_days_ago: int = 0) -> None:
    (folder / "inside").mkdir(parents=True)
    then_ns = folder.stat().st_mtime_ns - used_days_ago * DAY_NS
    os.utime(folder, ns=(then_ns, then_ns))


def folders(parent: Path) -> set[str]:
    return {path.name for path in parent.iterdir() if path.is_dir()}


def test_a_box_that_is_alone_keeps_what_was_used_last(cache: BoxCache) -> None:
    cache.use()
    assert folders(cache.builds) == {"e", "d", "c"}
    assert folders(cache.packages) == {"e", "d"}


def test_nothing_is_taken_from_an_open_box(cache: BoxCache, tmp_path: Path) -> None:
    cache.use()
    put(cache.builds / "building-now")
    put(cache.builds / "z", used_days_ago=9)
    second, third = BoxCache(tmp_path), BoxCache(tmp_path)
    second.use()
    cache.leave()
    cache.leave()
    third.use()
    assert folders(cache.builds) == {"e", "d", "c", "z", "building-now"}
    second.leave()
    third.leave()
    cache.use()
    assert folders(cache.builds) == {"e", "d", "c"}


def test_packages_that_somebody_installs_now_stay(cache: BoxCache) -> None:
    with FileLock(cache.packages / "a.lock"), FileLock(cache.packages / "f.lock"):
        cache.use()
        assert folders(cache.packages) == {"e", "d", "a", "f-x1y2"}


def test_an_empty_cache_is_used_too(tmp_path: Path) -> None:
    made = BoxCache(tmp_path / "new")
    made.use()
    assert folders(made.builds) == folders(made.packages) == set()
    made.leave()
