from __future__ import annotations

import random
from collections.abc import Callable

import pytest

from selftest.promises.kills import GONE_WITHIN_S, Killed, is_said, kill_when, last_run
from selftest.promises.runs import Ended
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
        at_s = share * duration_s
        killed[tiny] = kill_when(tiny, run, lambda run=run, at_s=at_s: run.elapsed_s() >= at_s)
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


def test_an_action_that_was_announced_but_not_begun_is_done_by_the_next_run(tiny: Tiny) -> None:
    def announced() -> bool:
        return any(record["kind"] == "action" for record in last_run(tiny))

    with tiny.start() as run:
        killed = kill_when(tiny, run, announced, interval_s=0.001)
        run.end(GONE_WITHIN_S)
    assert killed.was_acting
    ended = tiny.run()
    names_all(killed, ended)
    assert ended.status == 0, ended
    assert tiny.calls == ONCE


def test_green_after_a_red_and_a_kill_says_that_it_was_a_retry(tiny: Tiny) -> None:
    checks = tiny.folder / "tests" / "test_checks.py"
    good = checks.read_text("utf-8")
    checks.write_text(good.replace("def test_second():", "def test_second():\n    assert not 1"))
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
