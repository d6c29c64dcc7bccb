from __future__ import annotations

import inspect
import pickle
import re

import pytest

from gonogo import errors
from gonogo.errors import CannotTell, GonogoError, UsageError

ALL = [cls for _, cls in inspect.getmembers(errors, inspect.isclass)]


def test_an_error_says_each_part_it_knows_on_a_line_of_its_own() -> None:
    error = GonogoError("it broke", where="a.py:1", expected="1", found="2", do="mend it")
    assert str(error).splitlines() == [
        "it broke",
        "  where: a.py:1",
        "  expected: 1",
        "  found: 2",
        "  what to do: mend it",
    ]
    assert str(GonogoError("it broke")) == "it broke"
    assert str(GonogoError("it broke", do="mend it")) == "it broke\n  what to do: mend it"


def test_a_label_within_a_part_stands_deeper_than_the_errors_own() -> None:
    error = GonogoError("it broke", found="a\n  what to do: run\nb", do="stop")
    assert str(error).splitlines() == [
        "it broke",
        "  found: a",
        "        what to do: run",
        "      b",
        "  what to do: stop",
    ]


@pytest.mark.parametrize("cls", ALL)
def test_every_error_is_of_one_tree_and_described(cls: type) -> None:
    assert issubclass(cls, GonogoError)
    assert cls.__doc__


def test_the_tree_in_the_docstring_is_the_tree() -> None:
    assert errors.__doc__ is not None
    drawn = re.findall(r"^(.*?)\b([A-Z]\w+Error|[A-Z]\w+)\b", errors.__doc__, re.MULTILINE)
    names = [name for lead, name in drawn if not lead.strip() or set(lead) <= set(" │├└─")]
    assert set(names[1:]) == {cls.__name__ for cls in ALL}


def test_cannot_tell_is_no_usage_error_and_no_assertion() -> None:
    for cls in (CannotTell, UsageError):
        assert not issubclass(cls, AssertionError)
    assert not issubclass(CannotTell, UsageError)


def test_an_error_crosses_to_another_process_whole() -> None:
    error = pickle.loads(pickle.dumps(CannotTell("it broke", where="here", do="mend it")))
    assert str(error) == "it broke\n  where: here\n  what to do: mend it"
