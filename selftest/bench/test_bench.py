from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path

import pytest

from bench.command import BENCHMARKS, main
from bench.measuring import interleaved
from bench.plan import Benchmark, Contender, Figure, Missing, Plan, timed


def benchmark(plan: Plan, name: str = "tiny") -> Benchmark:
    @contextmanager
    def prepare() -> Iterator[Plan]:
        yield plan

    return Benchmark(name=name, title="a tiny one", rounds=3, prepare=prepare)


def taking(*seconds: float) -> Callable[[], float]:
    left = list(seconds)
    return lambda: left.pop(0)


OURS = Contender(name="ours", run=lambda: 0.5)
PEER = Contender(name="peer", run=lambda: 2.0)
FIGURE = Figure(of="ours", to="peer", at_most=0.3)


def test_a_ratio_is_printed_with_its_goal(capsys: pytest.CaptureFixture[str]) -> None:
    tiny = benchmark(Plan(contenders=(OURS, PEER), figures=(FIGURE,), notes=("small",)))
    assert main([], benchmarks={"tiny": tiny}) == 0
    printed = capsys.readouterr().out
    assert "tiny: a tiny one" in printed
    assert "ours / peer    0.250   (0.250 to 0.250)   goal at most 0.3: met" in printed
    assert "note: small" in printed


def test_a_missed_goal_is_said_and_is_not_fatal(capsys: pytest.CaptureFixture[str]) -> None:
    figures = (Figure(of="ours", at_most=0.1),)
    assert main([], benchmarks={"tiny": benchmark(Plan(contenders=(OURS,), figures=figures))}) == 0
    assert "0.500 s (0.500 to 0.500)   goal at most 0.1 s: NOT MET" in capsys.readouterr().out


def test_a_benchmark_that_cannot_run_is_fatal_and_the_others_run(
    capsys: pytest.CaptureFixture[str],
) -> None:
    def no_server() -> AbstractContextManager[Plan]:
        raise OSError("no server")

    broken = Benchmark(name="broken", title="cannot start", rounds=1, prepare=no_server)
    tiny = benchmark(Plan(contenders=(OURS, PEER), figures=(FIGURE,)))
    assert main([], benchmarks={"broken": broken, "tiny": tiny}) == 1
    printed = capsys.readouterr().out
    assert "COULD NOT RUN: OSError: no server" in printed
    assert "ours / peer" in printed


def test_a_missing_peer_is_said_with_how_to_get_it(capsys: pytest.CaptureFixture[str]) -> None:
    missing = (Missing(name="rival", do="install rival"),)
    plan = Plan(contenders=(OURS,), figures=(), missing=missing)
    assert main([], benchmarks={"tiny": benchmark(plan)}) == 0
    assert "missing: rival; to get it: install rival" in capsys.readouterr().out


def test_the_figures_are_written_as_json(tmp_path: Path) -> None:
    tiny = benchmark(Plan(contenders=(OURS, PEER), figures=(FIGURE,)))
    file = tmp_path / "figures.json"
    main(["tiny", "--rounds", "2", "--json", str(file)], benchmarks={"tiny": tiny})
    (found,) = json.loads(file.read_text())["benchmarks"]
    assert found["seconds"] == {"ours": [0.5, 0.5], "peer": [2.0, 2.0]}
    (figure,) = found["figures"]
    assert (figure["of"], figure["to"], figure["median"]) == ("ours", "peer", 0.25)
    assert figure["met"] is True


def test_the_first_round_does_not_count_and_ratios_are_of_one_round_each() -> None:
    slow_start = Contender(name="a", run=taking(9.0, 1.0, 2.0))
    said: list[str] = []
    seconds = interleaved([slow_start], rounds=2, tell=said.append)
    assert seconds["a"].values == (1.0, 2.0)
    assert said == ["warming up", "round 1 of 2", "round 2 of 2"]


def test_contenders_take_turns_in_both_orders() -> None:
    order: list[str] = []

    def noting(name: str) -> Contender:
        return Contender(name=name, run=timed(lambda: order.append(name)))

    interleaved([noting("a"), noting("b")], rounds=2, tell=lambda _text: None)
    assert order == ["b", "a", "a", "b", "b", "a"]


@pytest.mark.parametrize("arguments", [["no-such"], ["--rounds", "0"]])
def test_wrong_arguments_are_refused(arguments: list[str]) -> None:
    with pytest.raises(SystemExit) as ended:
        main(arguments)
    assert ended.value.code == 2


def test_each_goal_of_the_project_has_its_benchmark() -> None:
    phases = {"data-loss", "schema", "overhead", "start", "phase1", "phase3", "phase4"}
    assert set(BENCHMARKS) == {*phases, "box", "box-cold"}


def test_what_is_no_time_says_its_unit(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    size = Contender(name="size", run=lambda: 12.0, unit="MB")
    plan = Plan(contenders=(OURS, size), figures=(Figure(of="size", at_most=900.0),))
    file = tmp_path / "figures.json"
    main(["--json", str(file)], benchmarks={"tiny": benchmark(plan)})
    assert "12.000 MB (12.000 to 12.000)   goal at most 900 MB: met" in capsys.readouterr().out
    (found,) = json.loads(file.read_text())["benchmarks"]
    assert list(found["seconds"]) == ["ours"]
    assert found["figures"][0]["unit"] == "MB"
