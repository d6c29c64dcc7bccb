"""Phase 1 of the rehearsal, whole, beside its own steps without any check.

By hand means: the same box, and in it the product's two scripts, the backup and the migration,
started as a person would. What is left is what the checks cost: two restores, fingerprints and
catalog snapshots, the record and the report.
"""

from __future__ import annotations

import os
import shlex
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from bench.plan import Benchmark, Contender, Figure, Plan, timed
from bench.processes import Processes
from bench.stack_start import ROOT
from gonogo.config import load
from gonogo.provider import Instance
from staging.stack import Stack

SUITE, HAND = "pytest -m phase1", "its steps by hand"
CLIENTS = ("psql", "pg_dump", "pg_restore")
# The scripts name the project's own host: lead that address to the box, and no other.
CLIENT = """\
#!/bin/sh
left=$#
while [ "$left" -gt 0 ]; do
  each=$1
  shift
  case $each in postgresql://*) each={connection} ;; esac
  set -- "$@" "$each"
  left=$((left - 1))
done
exec {program} "$@"
"""


@contextmanager
def prepare() -> Iterator[Plan]:
    """Nothing to prepare but a folder."""
    with tempfile.TemporaryDirectory(prefix="gonogo-bench-") as name:
        folder = Path(name)
        yield Plan(
            contenders=(
                Contender(name=HAND, run=lambda: _by_hand(folder / "by-hand")),
                Contender(name=SUITE, run=_suite(folder)),
            ),
            figures=(Figure(of=SUITE, at_most=10.0), Figure(of=SUITE, to=HAND)),
            notes=("whole process from start to exit; warm file cache, bytecode compiled before",),
        )


BENCHMARK = Benchmark(
    name="phase1",
    title="phase 1 on staging in a box",
    rounds=5,
    prepare=prepare,
)


def _suite(folder: Path) -> Callable[[], float]:
    reports = folder / "reports"
    processes = Processes(folder, GONOGO_REPORTS__FOLDER=str(reports))
    command = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "-m", "phase1"]

    def run() -> float:
        seconds = timed(lambda: processes.run(command, folder=ROOT))()
        shutil.rmtree(reports)
        return seconds

    return run


def _by_hand(folder: Path) -> float:
    settings = load("gonogo.toml", root=ROOT, environ={}, overrides={})
    folder.mkdir()
    stack = Stack(settings, root=ROOT, workspace=folder)

    def steps() -> None:
        instance = stack.start()
        clients = folder / "clients"
        clients.mkdir()
        for name in CLIENTS:
            _client(clients / name, name, instance)
        for action in ("backup", "migrate"):
            command = settings.actions[action].command
            _script(command, instance.folder_of(action, settings), clients, instance)

    try:
        return timed(steps)()
    finally:
        stack.stop()
        shutil.rmtree(folder)


def _client(path: Path, name: str, instance: Instance) -> None:
    given = {key: value for key, value in instance.script_connection.items() if key != "password"}
    connection = shlex.quote(" ".join(f"{key}={value}" for key, value in given.items()))
    program = shlex.quote(instance.binaries.program(name))
    path.write_text(CLIENT.format(connection=connection, program=program), encoding="utf-8")
    path.chmod(0o755)


def _script(command: tuple[str, ...], folder: Path, clients: Path, instance: Instance) -> None:
    done = subprocess.run(
        command,
        cwd=folder,
        input=f"{instance.made_up_password}\n",
        env={"PATH": f"{clients}:{os.defpath}", "HOME": str(clients), "LANG": "C.UTF-8"},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        check=False,
        timeout=300,
    )
    if done.returncode != 0:
        raise RuntimeError(f"{' '.join(command)}: exit status {done.returncode}\n{done.stdout}")
