"""Phases 3 and 4 of the rehearsal, whole, beside the visits to their pages alone.

Alone means: an open box, a browser that runs already, somebody signed in, and each page that the
checks open, opened as often in a window of its own until its network is quiet. What is left is what
the checks cost beside looking: starting the box, searches and filters, waiting for what arrives.
"""

from __future__ import annotations

import shutil
import sys
import tempfile
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from functools import partial
from pathlib import Path

from playwright.sync_api import sync_playwright

from bench.plan import Benchmark, Contender, Figure, Plan, timed
from bench.processes import Processes
from bench.stack_start import ROOT
from gonogo.config import Settings, load
from gonogo.probes.browser.engines import Engine, start_any
from gonogo.probes.browser.signing_in import Account, session_of, sign_in
from gonogo.probes.browser.visit import window
from gonogo.probes.database.connection import Reader
from staging.opening import Opening
from staging.stack import DATABASE, Stack

ALONE = "the visits to its pages alone"
LIST = "/contacts"
DETAIL = "/contacts/{id}"
PAGES = {
    "phase3": (
        *("/", LIST, "/", *([LIST] * 5), *([DETAIL] * 7), LIST),
        *("/contacts?score=strong&stage=major", "/contacts?tab=recent&q=an", "/privacy", "/terms"),
    ),
    "phase4": ("/settings", "/settings", "/settings", *([DETAIL] * 8), LIST, LIST, "/"),
}
"""What the checks of a phase open, in any order; a row's page as often as they open one."""
LONGEST_S = {"phase3": 12.0, "phase4": 20.0}
BESIDE_VISITS = 1.5


@contextmanager
def prepare(phase: str) -> Iterator[Plan]:
    """Open a box for the visits; each run of the checks opens its own."""
    suite = f"pytest -m {phase}"
    with tempfile.TemporaryDirectory(prefix="gonogo-bench-") as name, sync_playwright() as driver:
        settings = load("gonogo.toml", root=ROOT, environ={}, overrides={})
        folder = Path(name)
        stack = Stack(settings, root=ROOT, workspace=folder)
        opening = Opening(stack, settings, root=ROOT, workspace=folder)
        try:
            instance = opening.start(
                lambda _: None, database=DATABASE, stack_id="bench", whole=True
            )
            query = "SELECT id::text FROM public.contacts WHERE is_active ORDER BY id LIMIT 1"
            ((row,),) = Reader(instance.reader_dsn).rows(query).rows
            pages = [page.replace("{id}", row) for page in PAGES[phase]]
            engine = start_any(driver, {})
            account = Account(user=instance.sign_in["user"], password=instance.sign_in["password"])
            visits = partial(_visits, engine, settings, instance.app_url, account, pages)
            yield Plan(
                contenders=(
                    Contender(name=ALONE, run=timed(visits)),
                    Contender(name=suite, run=_suite(folder, phase)),
                ),
                figures=(
                    Figure(of=suite, at_most=LONGEST_S[phase]),
                    Figure(of=suite, to=ALONE, at_most=BESIDE_VISITS),
                ),
                notes=(f"one engine: {engine}; {len(pages)} visits; filled caches",),
            )
            engine.browser.close()
        finally:
            opening.stop()
            stack.stop()


def _visits(
    engine: Engine, settings: Settings, address: str, account: Account, pages: Sequence[str]
) -> None:
    opened = partial(window, engine.browser, app=settings.app, address=address, engine=str(engine))
    with opened() as first:
        sign_in(first, account)
        session = session_of(first)
    for page in pages:
        with opened(options={"storage_state": session}) as each:
            each.page.goto(page, wait_until="networkidle")


def _suite(folder: Path, phase: str) -> Callable[[], float]:
    reports = folder / "reports"
    processes = Processes(folder, GONOGO_REPORTS__FOLDER=str(reports))
    command = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "-m", phase]

    def run() -> float:
        seconds = timed(lambda: processes.run(command, folder=ROOT))()
        shutil.rmtree(reports)
        return seconds

    return run


PHASE3 = Benchmark(
    name="phase3",
    title="phase 3 on staging in a box, one browser",
    rounds=3,
    prepare=partial(prepare, "phase3"),
)
PHASE4 = Benchmark(
    name="phase4",
    title="phase 4 on staging in a box, one browser",
    rounds=3,
    prepare=partial(prepare, "phase4"),
)
