from __future__ import annotations

import pytest

from gonogo.actions.questions import QUESTION_LIKE_S, Move, Questions
from gonogo.actions.script import Prompt
from gonogo.actions.terminal_readers import Waiting

PASSWORD = Prompt(pattern="[Pp]assword", answer="a")
SURE = Prompt(pattern="sure", answer="yes")
WAIT = Move()


def questions(*prompts: Prompt) -> Questions:
    return Questions(prompts, quiet_s=1.0)


@pytest.mark.parametrize(
    ("printed", "waiting", "waited_s", "answers"),
    [
        ("Password: ", Waiting.READING, 0.0, True),
        ("Password:\n", Waiting.READING, 0.0, True),
        ("Password: ", Waiting.NOBODY, 99.0, False),
        ("Password: ", Waiting.WATCHING, 0.1, False),
        ("Password: ", Waiting.WATCHING, 0.4, True),
        ("Password: ", Waiting.UNSEEN, 0.5, False),
        ("Password: ", Waiting.UNSEEN, 1.5, True),
        ("Password:\n", Waiting.UNSEEN, 99.0, False),
        ("", Waiting.READING, 0.0, False),
        ("Name: ", Waiting.READING, 0.0, False),
    ],
)
def test_an_answer_is_typed_when_somebody_waits_for_it(
    printed: str,
    waiting: Waiting,
    waited_s: float,
    answers: bool,  # noqa: FBT001 - a parameter of the table
) -> None:
    move = questions(PASSWORD).move(printed, waiting, waited_s)
    assert (move.answer is PASSWORD) is answers


@pytest.mark.parametrize(
    ("printed", "waiting", "waited_s", "stops"),
    [
        ("Name: ", Waiting.READING, 0.9, False),
        ("Name: ", Waiting.READING, 1.0, True),
        ("anything", Waiting.READING, 1.0, True),
        ("", Waiting.READING, 1.0, True),
        ("\n\n", Waiting.READING, 1.0, True),
        ("done\n", Waiting.READING, 99.0, False),
        ("Name?\n", Waiting.READING, 4.0, False),
        ("Name?\n", Waiting.READING, QUESTION_LIKE_S, True),
        ("Go on (y/n)\n", Waiting.READING, QUESTION_LIKE_S, True),
        ("Name? ", Waiting.WATCHING, QUESTION_LIKE_S, True),
        ("Name?\n", Waiting.WATCHING, 99.0, False),
        ("working", Waiting.WATCHING, 99.0, False),
        ("Name? ", Waiting.UNSEEN, QUESTION_LIKE_S, True),
        ("Name?\n", Waiting.UNSEEN, 99.0, False),
        ("working... ", Waiting.UNSEEN, 99.0, False),
        ("", Waiting.UNSEEN, 99.0, False),
        ("Name? ", Waiting.NOBODY, 99.0, False),
    ],
)
def test_a_script_is_stopped_when_it_waits_for_an_answer_nobody_has(
    printed: str,
    waiting: Waiting,
    waited_s: float,
    stops: bool,  # noqa: FBT001 - a parameter of the table
) -> None:
    assert bool(questions(PASSWORD).move(printed, waiting, waited_s).stop) is stops


def test_the_last_line_decides_before_the_lines_above_it() -> None:
    asked = questions(PASSWORD, SURE)
    move = asked.move("Checking the password\nAre you sure? ", Waiting.READING, 0.0)
    assert move.answer is SURE
    assert asked.move("Are you sure?\nType it: ", Waiting.READING, 0.0) == WAIT
    assert asked.answered == ["sure"]


def test_a_question_of_several_lines_is_matched() -> None:
    move = questions(SURE).move("Are you sure?\n(yes/no): ", Waiting.READING, 0.0)
    assert move.answer is SURE


def test_a_repeated_question_is_not_taken_for_another_above_it() -> None:
    asked = questions(PASSWORD, SURE)
    asked.move("password: ", Waiting.READING, 0.0)
    move = asked.move("are you sure it is right?\npassword: ", Waiting.READING, 2.0)
    assert "a second time" in move.stop
