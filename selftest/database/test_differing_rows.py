from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest

from gonogo.errors import CannotTell
from gonogo.probes.database.connection import Connection, connect_admin
from gonogo.probes.database.differing_rows import differing_rows

TABLE = "public.t"
COLUMNS = ("id", "name", "note")


@pytest.fixture
def sides(new_database: Callable[[], str]) -> Iterator[tuple[Connection, Connection]]:
    with connect_admin(new_database()) as before, connect_admin(new_database()) as after:
        for each in (before, after):
            each.execute("CREATE TABLE t (id int PRIMARY KEY, name text, note text)")
            each.execute("INSERT INTO t SELECT i, 'n' || i, 'o' FROM generate_series(1, 300) i")
        yield before, after


def _hash(value: str) -> str:
    return f"#{len(value)}"


def _named(sides: tuple[Connection, Connection], **options: object) -> list[str]:
    arguments = {"table": TABLE, "columns": COLUMNS, "redactor_hash": _hash, **options}
    return [str(each) for each in differing_rows(*sides, **arguments)]  # type: ignore[arg-type]


def test_equal_tables_name_nothing(sides: tuple[Connection, Connection]) -> None:
    assert _named(sides) == []


def test_changed_lost_and_new_rows_are_named_by_key_column_and_hash(
    sides: tuple[Connection, Connection],
) -> None:
    sides[1].execute("UPDATE t SET name = 'secret name', note = NULL WHERE id = 15")
    sides[1].execute("DELETE FROM t WHERE id = 300")
    sides[1].execute("INSERT INTO t VALUES (0, 'x', 'y'), (999, 'x', 'y')")
    named = _named(sides)
    assert named == [
        "public.t row 0: before no row, now a row",
        "public.t row 15, column name: before #3, now #11",
        "public.t row 15, column note: before #1, now NULL",
        "public.t row 300: before a row, now no row",
        "public.t row 999: before no row, now a row",
    ]
    assert "secret" not in " ".join(named)


def test_rows_at_either_end_are_named(sides: tuple[Connection, Connection]) -> None:
    sides[1].execute("DELETE FROM t WHERE id IN (1, 99)")
    assert _named(sides) == [
        "public.t row 1: before a row, now no row",
        "public.t row 99: before a row, now no row",
    ]


def test_no_more_than_the_limit_is_named_and_the_sessions_stay_usable(
    sides: tuple[Connection, Connection],
) -> None:
    sides[1].execute("UPDATE t SET name = ''")
    assert len(_named(sides, limit=3)) == 3
    assert sides[0].execute("SELECT 1").fetchone() == (1,)


def test_columns_that_are_gone_are_left_out(sides: tuple[Connection, Connection]) -> None:
    sides[1].execute("ALTER TABLE t DROP COLUMN note")
    assert _named(sides) == []


def test_a_table_without_a_key_needs_one_named(sides: tuple[Connection, Connection]) -> None:
    for each in sides:
        each.execute("CREATE TABLE loose (a int, b text)")
        each.execute("INSERT INTO loose VALUES (1, 'x'), (NULL, 'y')")
    sides[1].execute("UPDATE loose SET b = 'zz' WHERE a IS NULL")
    with pytest.raises(CannotTell, match="cannot be told apart") as caught:
        _named(sides, table="public.loose", columns=("a", "b"))
    assert caught.value.found == "no primary key"
    assert _named(sides, table="public.loose", columns=("a", "b"), key_columns=("a",)) == [
        "public.loose row , column b: before #1, now #2"
    ]
    with pytest.raises(CannotTell, match="cannot be told apart"):
        _named(sides, table="public.loose", columns=("a",), key_columns=("no",))


def test_a_table_that_is_missing_cannot_be_told(sides: tuple[Connection, Connection]) -> None:
    sides[1].execute("DROP TABLE t")
    with pytest.raises(CannotTell, match=r"no table public\.t"):
        _named(sides)
