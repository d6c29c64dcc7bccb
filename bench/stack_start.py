"""How long until the first check runs, beside a bare PostgreSQL server started by hand."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from bench.plan import CLOCK, Benchmark, Contender, Figure, Plan, timed
from bench.processes import Processes
from gonogo.clock import from_rfc3339
from gonogo.config import load
from gonogo.probes.database.binaries import PostgresBinaries, find_binaries
from gonogo.probes.database.connection import connect_reader
from gonogo.probes.database.server import NOBODY, SETTINGS
from staging.stack import Stack

ROOT = Path(__file__).parents[1]
# Its fixtures need nothing but the box: what is timed is the way to it.
FIRST_CHECK = "MIG-1.1"
SUITE, STACK, SERVER = "pytest to its first check", "the box alone", "bare server by hand"


@contextmanager
def prepare() -> Iterator[Plan]:
    """Nothing to prepare but folders: starting is what is timed."""
    binaries = find_binaries()
    with tempfile.TemporaryDirectory(prefix="gonogo-bench-") as name:
        folder = Path(name)
        folder.chmod(0o755)
        yield Plan(
            contenders=(
                Contender(name=SERVER, run=lambda: bare_server(binaries, folder / "server")),
                Contender(name=STACK, run=lambda: _stack(folder / "stack")),
                Contender(name=SUITE, run=_suite(folder)),
            ),
            figures=(
                Figure(of=SUITE, at_most=3.0),
                Figure(of=SUITE, to=SERVER),
                Figure(of=STACK, to=SERVER),
            ),
            notes=(f"warm file cache, bytecode compiled before; {binaries.source}",),
        )


BENCHMARK = Benchmark(
    name="start",
    title="from nothing to the first check on staging in a box",
    rounds=7,
    prepare=prepare,
)


def bare_server(binaries: PostgresBinaries, folder: Path) -> float:
    """Return the seconds that initdb and pg_ctl take, with the box's settings; then clear away."""
    user = NOBODY if os.geteuid() == 0 else None
    folder.mkdir()
    data = folder / "data"
    if user is not None:
        os.chown(folder, user, user)
    settings = {
        **SETTINGS,
        "listen_addresses": "''",
        "unix_socket_directories": str(folder),
        "log_line_prefix": "%m",
    }
    options = " ".join(f"-c {name}={value}" for name, value in settings.items())
    initdb = ["initdb", "-D", str(data), "-U", "postgres", "-E", "UTF8", "--locale=C.UTF-8"]
    initdb += ["-N", "-A", "trust"]
    start = ["pg_ctl", "-D", str(data), "-w", "-l", str(folder / "log"), "-o", options, "start"]
    stop = ["pg_ctl", "-D", str(data), "-m", "immediate", "stop"]

    def run(command: list[str]) -> None:
        subprocess.run(
            [binaries.program(command[0]), *command[1:]],
            stdout=subprocess.DEVNULL,
            check=True,
            cwd="/",
            env={"PATH": "/usr/bin:/bin", "HOME": str(folder), "LANG": "C.UTF-8", "TZ": "UTC"},
            user=user,
            group=user,
            extra_groups=None if user is None else [],
        )

    def make_and_start() -> None:
        run(initdb)
        run(start)

    try:
        return timed(make_and_start)()
    finally:
        if (data / "postmaster.pid").exists():
            run(stop)
        shutil.rmtree(folder)


def _stack(folder: Path) -> float:
    settings = load("gonogo.toml", root=ROOT, environ={}, overrides={})
    folder.mkdir()
    stack = Stack(settings, root=ROOT, workspace=folder)

    def start() -> None:
        instance = stack.start()
        with connect_reader(instance.reader_dsn) as connection:
            connection.execute("SELECT count(*) FROM public.contacts")

    try:
        return timed(start)()
    finally:
        stack.stop()
        shutil.rmtree(folder)


def _suite(folder: Path) -> Callable[[], float]:
    reports = folder / "reports"
    processes = Processes(folder, GONOGO_REPORTS__FOLDER=str(reports))
    command = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "-k", FIRST_CHECK]

    def run() -> float:
        """Read from the journal when the first check started: the run itself goes on."""
        began = CLOCK.now()
        processes.run(command, folder=ROOT, statuses=(0, 1, 20))
        (journal,) = reports.glob("*/runs/*/*.jsonl")
        records = map(json.loads, journal.read_text(encoding="utf-8").splitlines())
        started = next(record["at"] for record in records if record["kind"] == "started")
        shutil.rmtree(reports)
        return (from_rfc3339(started) - began).total_seconds()

    return run
