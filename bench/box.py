"""How long ``gonogo staging up`` takes with its caches filled and empty, and what it then holds."""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from bench.plan import Benchmark, Contender, Figure, Plan, timed
from bench.stack_start import ROOT
from gonogo.waiting import pause
from staging.box_from_outside import BoxFromOutside

CACHE = ".cache"
LINKED = ("staging", "checklist", "tests")
COPIED = "gonogo.toml"
WARM, COLD_START, MEMORY = "staging up, warm", "staging up, cold", "memory of the open box"
IDLE_S = 3.0


@contextmanager
def box() -> Iterator[BoxFromOutside]:
    """Give a box of a project folder of its own, which has no cache and no npm cache yet."""
    with tempfile.TemporaryDirectory(prefix="gonogo-bench-", ignore_cleanup_errors=True) as name:
        folder = Path(name)
        folder.chmod(0o755)
        project, home = folder / "project", folder / "home"
        project.mkdir()
        home.mkdir()
        for each in LINKED:
            (project / each).symlink_to(ROOT / each)
        shutil.copy2(ROOT / COPIED, project)
        made = BoxFromOutside(project, name="bench", folder=folder / "tmp", HOME=str(home))
        try:
            yield made
        finally:
            made.down()


def warm(made: BoxFromOutside) -> float:
    """Return the seconds until the command has opened the box."""
    try:
        return timed(made.up)()
    finally:
        made.down()


def memory_mb(made: BoxFromOutside) -> float:
    """Return the memory of the open box once nothing has been asked of it for some seconds."""
    made.up()
    try:
        pause(IDLE_S)
        return made.memory_mb()
    finally:
        made.down()


@contextmanager
def prepare() -> Iterator[Plan]:
    """The first round, which does not count, fills the caches."""
    with box() as made:
        yield Plan(
            contenders=(
                Contender(name=WARM, run=lambda: warm(made)),
                Contender(name=MEMORY, run=lambda: memory_mb(made), unit="MB"),
            ),
            figures=(Figure(of=WARM, at_most=8.0), Figure(of=MEMORY, at_most=900.0)),
            notes=("memory: the sum of PSS of all its processes, the keeper's included",),
        )


@contextmanager
def prepare_cold() -> Iterator[Plan]:
    """Each start has a project folder and a home of its own."""

    def cold() -> float:
        with box() as made:
            return warm(made)

    yield Plan(
        contenders=(Contender(name=COLD_START, run=cold),),
        figures=(Figure(of=COLD_START, at_most=120.0),),
        notes=("npm fetches every package from the registry; the product is built",),
    )


BENCHMARK = Benchmark(name="box", title="staging in a box, whole", rounds=5, prepare=prepare)
COLD = Benchmark(
    name="box-cold", title="the same with empty caches", rounds=1, prepare=prepare_cold
)
