from __future__ import annotations

import inspect
from pathlib import Path

import pytest
from click.testing import CliRunner

from selftest.git_repository import made_repository
from staging.faults.__main__ import main
from staging.faults.catalogue import data
from staging.faults.choosing import History, NoSuchFaultError, changed, named, sample, shard
from staging.faults.every_fault import FAULTS

DATA = "staging/faults/catalogue/data.py"
ROOT = Path(__file__).parents[2]


def ids(faults: object) -> list[str]:
    return [each.id for each in faults]  # type: ignore[attr-defined]


def test_all_are_taken_when_none_is_named() -> None:
    assert named(FAULTS, []) == list(FAULTS)


def test_faults_are_named_by_id_or_by_group() -> None:
    assert ids(named(FAULTS, ["one-row-is-lost"])) == ["one-row-is-lost"]
    assert {each.group for each in named(FAULTS, ["data"])} == {"data"}


def test_an_unknown_name_is_refused() -> None:
    with pytest.raises(NoSuchFaultError, match="no fault or group is called rain"):
        named(FAULTS, ["rain", "data"])


def test_shards_are_all_faults_each_once() -> None:
    parts = [shard(FAULTS, number, 4) for number in range(1, 5)]
    assert sorted(ids(each for part in parts for each in part)) == sorted(ids(FAULTS))
    assert max(map(len, parts)) - min(map(len, parts)) <= 1


def test_samples_of_following_turns_take_every_fault() -> None:
    size = 7
    turns = -(-len(FAULTS) // size)
    taken = [sample(FAULTS, size, turn=turn) for turn in range(1000, 1000 + turns)]
    assert all(len(each) == size for each in taken)
    assert {each.id for part in taken for each in part} == set(ids(FAULTS))


def test_a_sample_larger_than_all_is_all() -> None:
    assert sample(FAULTS, 10_000, turn=3) == list(FAULTS)
    assert sample([], 3, turn=3) == []


def test_a_fault_whose_own_text_changed_is_taken() -> None:
    before = inspect.getsource(data).replace("WHERE id = 4321", "WHERE id = 4320")
    taken = changed(FAULTS, root=ROOT, paths={DATA}, text_before=lambda _path: before)
    assert ids(taken) == ["one-row-is-lost"]


def test_a_fault_is_taken_whose_expectation_changed() -> None:
    text = inspect.getsource(data)
    before = text.replace(
        '@fault(fails="MIG-3.4")\ndef one_row', '@fault(fails="MIG-3.3")\ndef one_row'
    )
    assert before != text
    assert ids(changed(FAULTS, root=ROOT, paths={DATA}, text_before=lambda _path: before)) == [
        "one-row-is-lost"
    ]


def test_faults_of_a_new_module_are_all_taken() -> None:
    taken = changed(FAULTS, root=ROOT, paths={DATA}, text_before=lambda _path: "")
    assert ids(taken) == ids(named(FAULTS, ["data"]))


def test_a_changed_check_takes_the_faults_of_its_items() -> None:
    path = "tests/migration/test_backup.py"
    taken = changed(FAULTS, root=ROOT, paths={path}, text_before=lambda _path: "")
    expected = [each.id for each in FAULTS if {"MIG-1.1", "MIG-1.2", "MIG-1.3"} & {*each.expected}]
    assert ids(taken) == expected


def test_a_changed_product_takes_every_fault() -> None:
    path = "staging/crm/deployment/migrate.sh"
    assert changed(FAULTS, root=ROOT, paths={path}, text_before=lambda _path: "") == list(FAULTS)


def test_a_changed_service_takes_the_faults_that_have_services() -> None:
    path = "staging/services/vercel/state.py"
    taken = changed(FAULTS, root=ROOT, paths={path}, text_before=lambda _path: "")
    assert ids(taken) == ids(each for each in FAULTS if each.phase != "phase1")


@pytest.mark.parametrize("path", ["tests/migration/conftest.py", "tests/migration/sql/tables.sql"])
def test_what_checks_share_takes_the_faults_of_their_phase(path: str) -> None:
    taken = changed(FAULTS, root=ROOT, paths={path}, text_before=lambda _path: "")
    assert ids(taken) == ids(each for each in FAULTS if each.phase == "phase1")


def test_what_all_checks_share_takes_every_fault() -> None:
    path = "tests/conftest.py"
    taken = changed(FAULTS, root=ROOT, paths={path}, text_before=lambda _path: "")
    assert taken == list(FAULTS)


def test_a_changed_engine_takes_none() -> None:
    assert (
        changed(FAULTS, root=ROOT, paths={"src/gonogo/gate.py"}, text_before=lambda _path: "") == []
    )


def test_git_says_what_changed_and_how_it_was(tmp_path: Path) -> None:
    for name in ("kept.py", "edited.py"):
        (tmp_path / name).write_text("old\n")
    made_repository(tmp_path)
    (tmp_path / "edited.py").write_text("new\n")
    (tmp_path / "added.py").write_text("new\n")
    history = History(tmp_path, "HEAD")
    assert history.paths() == {"edited.py", "added.py"}
    assert history.text("edited.py") == "old\n"
    assert history.text("added.py") == ""


def test_the_command_lists_what_is_chosen() -> None:
    shown = CliRunner().invoke(main, ["--list", "logs"])
    assert shown.exit_code == 0
    assert "log-is-empty" in shown.output
    assert "one-row-is-lost" not in shown.output


def test_the_command_lists_a_sample() -> None:
    words = ["--list", "--sample", "3", "--turn", "5", "--base", "no-such-revision"]
    shown = CliRunner().invoke(main, words)
    assert shown.exit_code == 0
    assert {line.strip() for line in shown.output.splitlines()} >= {
        each.id for each in sample(FAULTS, 3, turn=5)
    }
    assert "one-row-is-lost" not in shown.output


def test_without_git_only_the_sample_is_taken() -> None:
    shown = CliRunner().invoke(main, ["--list", "--changed", "--base", "no-such-revision"])
    assert "what changed since no-such-revision is not known here" in shown.output
    assert shown.exit_code == 0


@pytest.mark.parametrize("words", [["rain"], ["--shard", "5/4"], ["--shard", "one"]])
def test_the_command_refuses_what_it_does_not_know(words: list[str]) -> None:
    assert CliRunner().invoke(main, words).exit_code == 2
