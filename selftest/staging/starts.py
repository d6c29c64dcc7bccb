"""Opens and closes the box so many times and looks for what it leaves behind.

``python -m selftest.staging.starts 50``; the exit status is 1 when anything was left.
"""

from __future__ import annotations

import argparse
import secrets
import shutil
import socket
import statistics
import sys
import tempfile
from collections.abc import Iterable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path

from gonogo.clock import SystemClock
from gonogo.errors import WaitTimedOut
from gonogo.waiting import wait_until
from selftest.staging.whole_box import ROOT
from staging.box_from_outside import IPV6, BoxFromOutside, Listening

CLOCK = SystemClock()
GONE_TIMEOUT_S = 20.0
LEAST_PROCESSES = 4
"""The keeper, the server, the services, the product: fewer means that the search is blind."""


@dataclass(frozen=True, kw_only=True)
class Turn:
    """One opening and closing."""

    open_s: float
    close_s: float
    processes: int
    ports: int
    left: tuple[str, ...]


@contextmanager
def from_outside() -> Iterator[BoxFromOutside]:
    """Give a box that is nobody else's; what is left of it is cleared away at the end."""
    with ExitStack() as closing:
        temporary = Path(tempfile.mkdtemp(prefix="gonogo-starts-"))
        closing.callback(shutil.rmtree, temporary, ignore_errors=True)
        box = BoxFromOutside(ROOT, name=f"starts-{secrets.token_hex(4)}", folder=temporary)
        closing.callback(shutil.rmtree, box.folder, ignore_errors=True)
        closing.callback(box.down)
        yield box


def turn(box: BoxFromOutside) -> Turn:
    """Open and close *box* once and look for what is left."""
    start_s = CLOCK.monotonic_s()
    box.up()
    open_s = CLOCK.monotonic_s() - start_s
    processes, places = box.processes(), box.listening()
    start_s = CLOCK.monotonic_s()
    box.down()
    close_s = CLOCK.monotonic_s() - start_s
    left = [*left_running(box), *answering(places), *box.files()]
    left += [f"it listened on {place}" for place in places if place.is_open_to_others]
    if len(processes) < LEAST_PROCESSES or len(places) < LEAST_PROCESSES:
        left.append(f"only {len(processes)} processes and {len(places)} ports were found open")
    return Turn(
        open_s=open_s,
        close_s=close_s,
        processes=len(processes),
        ports=len(places),
        left=tuple(left),
    )


def left_running(box: BoxFromOutside) -> tuple[str, ...]:
    """Return the box's processes that do not end within some seconds."""
    try:
        wait_until(box.processes, lambda found: not found, what="an end", timeout_s=GONE_TIMEOUT_S)
    except WaitTimedOut:
        return tuple(f"process {pid}: {each}" for pid, each in box.processes().items())
    return ()


def answering(places: Iterable[Listening]) -> tuple[str, ...]:
    """Return those of *places* where somebody still listens."""
    found = []
    for place in places:
        family = socket.AF_INET6 if place.address.version == IPV6 else socket.AF_INET
        with socket.socket(family) as probe:
            probe.settimeout(1)
            if probe.connect_ex((str(place.address), place.port)) == 0:
                found.append(f"somebody at {place}")
    return tuple(found)


def main(arguments: list[str]) -> int:
    parser = argparse.ArgumentParser(prog="python -m selftest.staging.starts", description=__doc__)
    parser.add_argument("times", nargs="?", type=int, default=50)
    times = parser.parse_args(arguments).times
    turns = []
    with from_outside() as box:
        for number in range(1, times + 1):
            turns.append(turn(box))
            last = turns[-1]
            print(
                f"{number:3}: open {last.open_s:.1f} s, closed {last.close_s:.1f} s, "
                f"{last.processes} processes, {last.ports} ports; "
                f"left: {'; '.join(last.left) or 'nothing'}",
                flush=True,
            )
    opened = [each.open_s for each in turns]
    left = [each for every in turns for each in every.left]
    print(
        f"{len(turns)} starts, median {statistics.median(opened):.1f} s "
        f"({min(opened):.1f} to {max(opened):.1f}); left behind: {len(left)}"
    )
    return int(bool(left))


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
