from __future__ import annotations

import random
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

import pytest

from selftest.promises.kills import (
    GONE_WITHIN_S,
    Killed,
    is_said,
    journals,
    kill_when,
    last_run,
)
from selftest.promises.runs import Ended, Place, Started, box
from selftest.promises.tiny import Tiny

SEED = 20261123
MOMENTS, AT_ONCE = 15, 3
ONCE = ["begun", "ended"]


def moments() -> list[float]:
    """Shares of a run's duration, one at random in each of equal parts, in random order."""
    chance = random.Random(SEED)
    shares = [(part + chance.random()) / MOMENTS for part in range(MOMENTS)]
    chance.shuffle(shares)
    return shares


def waves() -> list[tuple[float, ...]]:
    shares = moments()
    return [tuple(shares[at : at + AT_ONCE]) for at in range(0, MOMENTS, AT_ONCE)]


def names_all(killed: Killed, run: Ended) -> None:
    for words in killed.must_be_named():
        assert is_said(words, run.output), f"not named: {words}\n{run}"


@pytest.fixture(scope="module")
def duration_s(make_tinies: Callable[[str, int], list[Tiny]]) -> float:
    """How long a run takes when as many run side by side as will be killed."""
    runs = [tiny.start() for tiny in make_tinies("measured", AT_ONCE)]
    ended = [run.end() for run in runs]
    assert [each.status for each in ended] == [0] * AT_ONCE, ended[0]
    return min(run.elapsed_s() for run in runs)


def reached(run: Started, at_s: float) -> Callable[[], bool]:
    return lambda: run.elapsed_s() >= at_s


@pytest.mark.parametrize("shares", waves(), ids=lambda shares: "-".join(f"{s:.2f}" for s in shares))
def test_a_run_killed_at_any_moment_loses_nothing_and_the_next_one_says_so(
    make_tinies: Callable[[str, int], list[Tiny]], duration_s: float, shares: tuple[float, ...]
) -> None:
    tinies = make_tinies("killed", len(shares))
    runs = [tiny.start() for tiny in tinies]
    killed: dict[Tiny, Killed] = {}
    for share, tiny, run in sorted(
        zip(shares, tinies, runs, strict=True), key=lambda each: each[0]
    ):
        killed[tiny] = kill_when(tiny, run, reached(run, share * duration_s))
    for tiny, run in zip(tinies, runs, strict=True):
        run.end(GONE_WITHIN_S)
        assert tiny.calls in ([], ONCE), "the script did not go on to its end"
    nexts = [(tiny, tiny.start()) for tiny in tinies]
    for tiny, run in nexts:
        ended = run.end()
        assert ended.status == 0, ended
        names_all(killed[tiny], ended)
        assert set(tiny.states.values()) == {"PASS"}, tiny.states
        assert len(tiny.states) == 5
        assert tiny.calls == ONCE


def test_a_run_killed_right_when_its_action_is_announced_leaves_nothing_and_it_is_done_once(
    tiny: Tiny,
) -> None:
    def announced() -> bool:
        return any(record["kind"] == "action" for record in last_run(tiny))

    with tiny.start() as run:
        killed = kill_when(tiny, run, announced, interval_s=0.001)
        run.end(GONE_WITHIN_S)
    assert killed.was_acting
    assert not list(tiny.temporary.glob("gonogo-clients-*")), "a connection's password was left"
    ended = tiny.run()
    names_all(killed, ended)
    assert ended.status == 0, ended
    assert tiny.calls == ONCE


def test_green_after_a_red_and_a_kill_says_that_it_was_a_retry(tiny: Tiny) -> None:
    checks = tiny.folder / "tests" / "test_checks.py"
    good = checks.read_text("utf-8")
    checks.write_text(
        good.replace("def test_second(evidence):", "def test_second(evidence):\n    assert not 1")
    )
    assert tiny.run("-m", "final").status == 1
    checks.write_text(good, "utf-8")
    with tiny.start() as run:
        killed = kill_when(tiny, run, lambda: bool(tiny.calls))
        run.end(GONE_WITHIN_S)
    ended = tiny.run()
    assert ended.status == 0, ended
    names_all(killed, ended)
    assert tiny.states.pop("FIN-1.2") == "PASS_AFTER_RETRY"
    assert tiny.states["FIN-1.1"] == "PASS"
    assert tiny.calls == ONCE


@pytest.mark.parametrize("options", [[], ["--again", "migrate", "--reason", "to be sure"]])
def test_a_run_that_comes_while_the_script_still_goes_on_waits_for_its_end(
    make_tinies: Callable[[str, int], list[Tiny]], options: list[str]
) -> None:
    tiny = make_tinies("waiting", 1)[0]
    tiny.slow_down(step_s=0.8)
    with tiny.start() as run:
        killed = kill_when(tiny, run, lambda: bool(tiny.calls))
        ended = tiny.run(*options)
        run.end(GONE_WITHIN_S)
    assert killed.was_acting
    assert ended.status == 0, ended
    names_all(killed, ended)
    assert tiny.calls == (ONCE * 2 if options else ONCE), "two of them ran at once"


def acting(place: Place, name: str) -> bool:
    """Whether the newest run's action *name* is under way, and its script has printed already."""
    records = [r["action"] for r in last_run(place) if r["kind"] == "action"]
    if not records or records[-1]["name"] != name or records[-1]["finished_at"]:
        return False
    output = place.dossier.folder / "actions" / f"{records[-1]['run_id']}-{name}" / "output.log"
    return output.exists() and output.stat().st_size > 0


def data_folders(run: Started) -> set[Path]:
    """The folders of the PostgreSQL servers that live below *run*."""
    found = set()
    for each in run.processes():
        with suppress(OSError):
            words = Path(f"/proc/{each.pid}/cmdline").read_bytes().decode().split("\0")
            if "-D" in words:
                found.add(Path(words[words.index("-D") + 1]).parent)
    return found


def finished(place: Place, run_ids: set[str]) -> int:
    """How many checks the newest run has finished; 0 before there is a run beside *run_ids*."""
    newest = {path.parent.name for path in journals(place)} - run_ids
    return sum(record["kind"] == "finished" for record in last_run(place)) if newest else 0


def box_moments(place: Place) -> list[Callable[[set[str]], bool]]:
    """While each action runs, and after some number of finished checks."""
    chance = random.Random(SEED)
    low, high = sorted(chance.sample(range(1, 12), 2))
    return [
        lambda _: acting(place, "backup"),
        lambda _: acting(place, "migrate"),
        lambda earlier: finished(place, earlier) >= low,
        lambda earlier: finished(place, earlier) >= high,
    ]


def kill_box(place: Place, moment: Callable[[set[str]], bool]) -> Killed:
    """Kill a run of the box, and see that no process and no server's data is left."""
    earlier = {path.parent.name for path in journals(place)}
    folders: set[Path] = set()

    def looked() -> bool:
        folders.update(data_folders(run))
        return moment(earlier)

    with place.start("-m", "phase1") as run:
        killed = kill_when(place, run, looked, interval_s=0.05)
        run.end(GONE_WITHIN_S)
    assert folders
    assert not [folder for folder in folders if folder.exists()]
    return killed


def test_the_box_killed_at_four_moments_leaves_nothing_behind_and_then_is_green(
    tmp_path: Path,
) -> None:
    place = box(tmp_path)
    killed = [kill_box(place, moment) for moment in box_moments(place)]
    assert [each.was_acting for each in killed[:2]] == [True, True]
    assert all(each.must_be_named() for each in killed)
    ended = place.run("-m", "phase1")
    assert ended.status == 0, ended
    for each in killed:
        names_all(each, ended)
    assert len(place.states) == 12
    assert set(place.states.values()) == {"PASS"}, place.states
