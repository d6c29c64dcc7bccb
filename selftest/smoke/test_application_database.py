from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, cast

import httpx
import pytest

from gonogo.config_app import PlanSection
from gonogo.errors import CannotTell, TooLittleToDecide
from gonogo.probes.application_database.connections import LogPosition, connections
from gonogo.probes.application_database.plans import served_by_indexes
from gonogo.probes.application_database.questions import Measured, Question, measure
from gonogo.probes.database.connection import QueryResult, Reader

QUESTIONS = [Question(address=f"https://db.test/rest/v1/{n}?name=secret") for n in "abc"]


class Answers:
    """Answers after so many seconds, or not at all, in turn."""

    def __init__(self, *kinds: float | Exception) -> None:
        self.kinds, self.asked = kinds, 0

    def __call__(self, _: httpx.Request) -> httpx.Response:
        kind = self.kinds[self.asked % len(self.kinds)]
        self.asked += 1
        if isinstance(kind, Exception):
            raise kind
        return httpx.Response(int(kind), json=[])


def measured(answers: Answers, number: int = 153) -> Measured:
    return measure(QUESTIONS, number=number, limit_ms=500, via=httpx.MockTransport(answers))


def test_enough_answers_in_time_prove_the_p95() -> None:
    answers = Answers(200)
    seen = measured(answers)
    assert answers.asked == 153
    assert seen.decision
    assert seen.failures == ()
    assert seen.where == "https://db.test/rest/v1/a"
    assert "secret" not in str(seen)
    assert "name=…" in str(seen)


def test_failures_count_as_answers_that_never_came_and_end_it_early() -> None:
    answers = Answers(200, 500)
    seen = measured(answers)
    assert answers.asked == 12
    assert not seen.decision
    assert seen.failures == tuple(f"https://db.test/rest/v1/{n}?name=…: HTTP 500" for n in "bac")


def test_who_hangs_up_is_a_failure() -> None:
    seen = measured(Answers(httpx.ReadTimeout("late")))
    assert seen.failures[0].endswith("ReadTimeout: late")


def test_few_answers_decide_nothing() -> None:
    with pytest.raises(TooLittleToDecide):
        _ = measured(Answers(200), number=20).decision.holds


SEQ = {"Node Type": "Seq Scan", "Total Cost": 10.0}
INDEX = {"Node Type": "Index Scan", "Index Name": "idx", "Total Cost": 12.0}
NESTED = {"Node Type": "Bitmap Heap Scan", "Total Cost": 12.0, "Plans": [INDEX]}


class Planner:
    """A reader whose planner says the first plan, and the second when reading all is dear."""

    where = "db"

    def __init__(self, first: dict[str, Any], forced: dict[str, Any]) -> None:
        self.plans = [first, forced]

    @contextmanager
    def session(self) -> Iterator[Planner]:
        yield self

    @contextmanager
    def transaction(self) -> Iterator[None]:
        yield

    def execute(self, _: object) -> Planner:
        return self

    def fetchone(self) -> object:
        return ([{"Plan": self.plans.pop(0)}],)


PLANS = (PlanSection(query="SELECT 1", index="idx"),)


@pytest.mark.parametrize(
    ("first", "forced", "equal", "notes"),
    [(INDEX, INDEX, True, 0), (SEQ, NESTED, True, 1), (SEQ, SEQ, False, 0)],
)
def test_an_index_must_serve_where_it_could(
    first: dict[str, Any],
    forced: dict[str, Any],
    equal: bool,  # noqa: FBT001 - a parameter of the test
    notes: int,
) -> None:
    compared = served_by_indexes(cast("Reader", Planner(first, forced)), PLANS)
    assert (compared.equal, len(compared.notes)) == (equal, notes)
    if notes:
        assert "cost 12 with it, 10 without" in compared.notes[0]


def test_without_queries_no_plan_is_looked_at() -> None:
    with pytest.raises(CannotTell, match="nobody said which queries"):
        served_by_indexes(cast("Reader", Planner(SEQ, SEQ)), ())


def test_taken_connections_are_a_share() -> None:
    class Counting:
        def rows(self, _: str) -> QueryResult:
            return QueryResult(columns=("a", "b"), rows=((9, 10),))

    found = connections(cast("Reader", Counting()))
    assert (found.share, str(found)) == (0.9, "9 of 10 connections are taken")


def test_refusals_are_read_from_where_the_log_ended(tmp_path: Path) -> None:
    log = tmp_path / "server.log"
    log.write_text("FATAL:  the database system is starting up\n", "utf-8")
    position = LogPosition.at_end(str(log))
    with log.open("a", encoding="utf-8") as more:
        more.write("LOG:  x\nFATAL:  sorry, too many clients already\nERROR:  no\n" * 2)
    assert position.errors() == ("sorry, too many clients already", "no")
    assert position.refusals() == ("sorry, too many clients already",)
    assert position.where == str(log)


@pytest.mark.parametrize("path", ["", "/nowhere/server.log"])
def test_where_there_is_no_log_nothing_is_read(path: str) -> None:
    position = LogPosition.at_end(path)
    assert position.refusals() == ()
    assert "no log" in position.where
