from __future__ import annotations

import pytest

from gonogo.probes.database.masked_definitions import same, same_attributes
from gonogo.probes.database.schema_objects import Attribute


@pytest.mark.parametrize(
    ("kept", "seen"),
    [
        ("a = 'x'", "a = 'x'"),
        ("a = '***'", "a = 'hunter2'"),
        ("a = '***'", "a = 'it''s'"),
        ("a = '***' OR b = '***'::text", "a = 'x' OR b = 'y'::text"),
        ("***", "whole"),
        ("'***'", "'****'"),
        (["a", "b ***"], ["a", "b c"]),
        (None, None),
    ],
)
def test_only_what_is_masked_may_differ(kept: Attribute, seen: Attribute) -> None:
    assert same(kept, seen)


@pytest.mark.parametrize(
    ("kept", "seen"),
    [
        ("a = '***'", "a = ''"),
        ("a = '***'", "b = 'x'"),
        ("a = '***'", "a = 'x' OR true OR b = 'y'"),
        ("a = '***' OR b", "a = 'x' AND b"),
        ("a = '***' OR b = '***'", "a = 'x'"),
        ("a = '***'", "a"),
        ("a = 'x'", "a = '***'"),
        ("***", None),
        (["***"], ["a", "b"]),
        (True, "***"),
    ],
)
def test_everything_else_is_a_difference(kept: Attribute, seen: Attribute) -> None:
    assert not same(kept, seen)


def test_attributes_are_the_same_by_name() -> None:
    kept: dict[str, Attribute] = {"using": "'***'", "roles": ["a"]}
    assert same_attributes(kept, {"using": "'x'", "roles": ["a"]})
    assert not same_attributes(kept, {"using": "'x'", "roles": ["b"]})
    assert same_attributes(kept, {"using": "'x'", "roles": ["b"]}, ["using"])
    assert not same_attributes(kept, {"using": "'x'"})
    assert not same_attributes(kept, None)
    assert not same_attributes({}, None)
    assert same_attributes(None, None)
    assert same_attributes(None, {}, ["using"])
