from __future__ import annotations

import tomllib

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gonogo.toml_lines import key_lines


def paths_of(tree: object, path: tuple[str, ...] = ()) -> set[tuple[str, ...]]:
    found = {path} if path else set()
    if isinstance(tree, dict):
        for key, value in tree.items():
            found |= paths_of(value, (*path, key))
    elif isinstance(tree, list):
        for index, value in enumerate(tree):
            found |= paths_of(value, (*path, str(index)))
    return found


TRICKY = '''\
# a comment with [brackets] = and "quotes"
top = 1 # another
"quoted key" = 'literal # no comment'
a.b . c = """
[not.a.table]
x = 1
""" # after
long = \'\'\'
''\'\'\'

[table]  # comment
list = [ # comment
  "one", [1, 2],

  { x = 1, y.z = [true] }, # comment
]
date = 1979-05-27 07:32:00

[table."sub.table"]
empty = []
none = {}

[[many]]
name = "first"
[many.inner]
x = 1.5

[[many]]
name = "second"
  [[many.deep]]
  x = 1
  [[many.deep]]
  x = 2
'''


@pytest.mark.parametrize(
    ("path", "line"),
    [
        (("top",), 2),
        (("quoted key",), 3),
        (("a", "b", "c"), 4),
        (("a",), 4),
        (("long",), 8),
        (("table",), 11),
        (("table", "list"), 12),
        (("table", "list", "0"), 13),
        (("table", "list", "1", "1"), 13),
        (("table", "list", "2", "y", "z"), 15),
        (("table", "date"), 17),
        (("table", "sub.table", "empty"), 20),
        (("table", "sub.table", "none"), 21),
        (("many",), 23),
        (("many", "0", "name"), 24),
        (("many", "0", "inner", "x"), 26),
        (("many", "1", "name"), 29),
        (("many", "1", "deep", "1", "x"), 33),
    ],
)
def test_every_key_has_its_line(path: tuple[str, ...], line: int) -> None:
    assert key_lines(TRICKY)[path] == line


def test_all_that_tomllib_reads_has_a_line_and_nothing_else_has() -> None:
    assert set(key_lines(TRICKY)) == paths_of(tomllib.loads(TRICKY))


def test_an_empty_text_has_no_keys() -> None:
    assert key_lines("") == {}
    assert key_lines("\n# only a comment") == {}


@settings(database=None)
@given(st.text(alphabet="ab=.[]{}\"'#\n, 1", max_size=40))
def test_whatever_tomllib_reads_is_read(text: str) -> None:
    try:
        tree = tomllib.loads(text)
    except tomllib.TOMLDecodeError:
        return
    assert set(key_lines(text)) == paths_of(tree)
