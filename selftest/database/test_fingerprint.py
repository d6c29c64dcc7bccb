from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import pytest

from gonogo.comparison import Comparison
from gonogo.errors import CannotTell
from gonogo.probes.database.binaries import find_binaries
from gonogo.probes.database.clones import create_database
from gonogo.probes.database.connection import Connection, connect_admin, connect_reader
from gonogo.probes.database.fingerprint import (
    NULL_TEXT,
    RowsLeftOut,
    TableFingerprint,
    compare_fingerprints,
    fingerprint,
)
from gonogo.probes.database.preparation import run_script
from gonogo.probes.database.server import EmbeddedServer
from selftest.database.conftest import PRODUCT

PEOPLE = "public.people"
PAIR = "(7, 8), (8, 7))"
ONE_UP_ONE_DOWN = "CASE number WHEN 7 THEN 1 ELSE -1 END WHERE number IN (7, 8)"


def _of(connection: Connection, **options: object) -> dict[str, TableFingerprint]:
    return fingerprint(connection, schemas=["public"], **options)  # type: ignore[arg-type]


def _after(owner: Connection, reading: Connection, change: str) -> Comparison:
    before = _of(reading)
    owner.execute(change.encode())
    columns = {name: each.columns for name, each in before.items()}
    return compare_fingerprints(before, _of(reading, columns=columns))


def test_the_same_content_gives_the_same_figures(reading: Connection) -> None:
    first = _of(reading)
    assert list(first) == ["public.gifts", PEOPLE]
    assert first[PEOPLE].rows == 200
    comparison = compare_fingerprints(first, _of(reading))
    assert comparison.equal
    assert comparison.checked == 2
    assert comparison.do == ""


@pytest.mark.parametrize(
    "change",
    [
        "UPDATE people SET email = '' WHERE number = 7",
        "UPDATE people SET nick = '' WHERE number = 7",
        "UPDATE people SET email = NULL WHERE number = 7",
        "UPDATE people SET active = NULL WHERE number = 7",
        "UPDATE people SET active = false WHERE number = 7",
        "UPDATE people SET token = NULL WHERE number = 7",
        "UPDATE people SET token = '00000000-0000-0000-0000-000000000000' WHERE number = 7",
        "UPDATE people SET stage = NULL WHERE number = 7",
        "UPDATE people SET stage = 'donor' WHERE number = 7",
        "UPDATE people SET tags = NULL WHERE number = 7",
        "UPDATE people SET tags = '{}' WHERE number = 7",
        "UPDATE people SET tags = ARRAY['a,b'] WHERE number = 7",
        "UPDATE people SET extra = NULL WHERE number = 7",
        "UPDATE people SET extra = 'null' WHERE number = 7",
        "UPDATE people SET giving = giving + 0.01 WHERE number = 7",
        "UPDATE people SET born = born + 1 WHERE number = 7",
        "UPDATE people SET seen = seen + interval '1 hour'",
        "UPDATE people SET seen = seen + interval '1 microsecond' WHERE number = 7",
        "UPDATE people SET name = lower(name) WHERE number = 7",
        "UPDATE people SET name = name || ' ' WHERE number = 7",
        # Between columns, between rows, and in pairs that cancel in sums of single values.
        "UPDATE people SET name = email, email = name WHERE number = 7",
        "UPDATE people a SET name = b.name FROM people b WHERE (a.number, b.number) IN (" + PAIR,
        "UPDATE people a SET nick = b.name FROM people b WHERE (a.number, b.number) IN (" + PAIR,
        "UPDATE people SET giving = giving + " + ONE_UP_ONE_DOWN,
        "UPDATE people SET number = number + " + ONE_UP_ONE_DOWN,
    ],
)
def test_every_change_of_a_value_is_seen(undone: Connection, change: str) -> None:
    comparison = _after(undone, undone, change)
    (difference,) = comparison.differences
    assert difference.subject == f"table {PEOPLE}"
    assert difference.found == "same 200 rows, other values"


def test_no_swap_of_values_between_neighbours_is_missed(undone: Connection) -> None:
    undone.execute("CREATE TABLE pairs (a int, b text)")
    undone.execute("INSERT INTO pairs SELECT i, (i % 10)::text FROM generate_series(1, 400) i")
    sums = {_of(undone)["public.pairs"].sum}
    different = [number for number in range(1, 400) if number % 10]
    for number in different:
        with undone.transaction(force_rollback=True):
            undone.execute(
                "UPDATE pairs x SET b = y.b FROM pairs y "
                "WHERE (x.a, y.a) IN ((%(a)s, %(b)s), (%(b)s, %(a)s))",
                {"a": number, "b": number + 1},
            )
            columns = {"public.pairs": ("a", "b")}
            sums.add(_of(undone, columns=columns)["public.pairs"].sum)
    assert len(sums) == 1 + len(different)


def test_lost_and_doubled_rows_are_counted_in_words(owner: Connection, reading: Connection) -> None:
    owner.execute("CREATE TABLE twice (a int)")
    owner.execute("INSERT INTO twice SELECT generate_series(1, 5000)")
    lost = _after(owner, reading, "DELETE FROM twice WHERE a = 1")
    assert [str(each) for each in lost.differences] == [
        "table public.twice: expected 5,000 rows, found 4,999 rows (-1)"
    ]
    assert "do not run the migration again" in lost.do
    doubled = _after(owner, reading, "INSERT INTO twice SELECT a FROM twice WHERE a IN (2, 3)")
    assert doubled.differences[0].found == "5,001 rows (+2)"


def test_two_equal_rows_do_not_cancel_out(owner: Connection, reading: Connection) -> None:
    owner.execute("CREATE TABLE twins (a text)")
    owner.execute("INSERT INTO twins VALUES ('x'), ('x'), ('z')")
    change = "UPDATE twins SET a = 'y' WHERE a = 'x'"
    assert not _after(owner, reading, change).equal


def test_a_new_column_and_a_wider_type_change_nothing(
    owner: Connection, reading: Connection
) -> None:
    change = """
    ALTER TABLE people ADD COLUMN score int DEFAULT 5;
    ALTER TABLE people ALTER COLUMN number TYPE bigint;
    ALTER TABLE people ALTER COLUMN nick TYPE text;
    CREATE TABLE another (a int);
    """
    assert _after(owner, reading, change).equal


def test_a_column_that_is_gone_is_a_difference(owner: Connection, reading: Connection) -> None:
    change = "ALTER TABLE people DROP COLUMN email; DELETE FROM people WHERE number = 200"
    comparison = _after(owner, reading, change)
    assert [str(each) for each in comparison.differences] == [
        f"column {PEOPLE}.email: expected its values in 200 rows, found it is gone",
        f"table {PEOPLE}: expected 200 rows, found 199 rows (-1)",
    ]
    only = _after(owner, reading, "ALTER TABLE people DROP COLUMN nick")
    assert [each.subject for each in only.differences] == [f"column {PEOPLE}.nick"]


def test_a_table_that_is_gone_is_a_difference(owner: Connection, reading: Connection) -> None:
    comparison = _after(owner, reading, "DROP TABLE gifts")
    assert [str(each) for each in comparison.differences] == [
        "table public.gifts: expected 50 rows, found it is gone"
    ]
    owner.execute("DROP TABLE people")
    columns = {PEOPLE: ("id",)}
    assert _of(reading, columns=columns) == {}


def test_one_row_is_said_in_the_singular() -> None:
    one = TableFingerprint(table="public.t", columns=("a",), rows=1, sum="1", xor="1")
    changed = compare_fingerprints({"public.t": one}, {"public.t": replace(one, sum="2")})
    assert changed.differences[0].expected == "the same 1 row, same values"


def test_excluded_tables_are_left_out(owner: Connection, reading: Connection) -> None:
    owner.execute("CREATE TABLE log_a (x int); CREATE TABLE log_b (x int)")
    assert set(_of(reading, exclude=["public.log_*", "gifts"])) == {PEOPLE}


def test_rows_can_be_left_out_by_the_text_of_a_column(undone: Connection) -> None:
    before = _of(undone, without={PEOPLE: RowsLeftOut(column="number", values=["7", "8"])})
    assert before[PEOPLE].rows == 198
    undone.execute("UPDATE people SET name = 'x' WHERE number = 7")
    after = _of(undone, without={PEOPLE: RowsLeftOut(column="number", values=["7", "8"])})
    assert compare_fingerprints(before, after).equal
    none = _of(undone, without={PEOPLE: RowsLeftOut(column="nick", values=["7"])})
    assert none[PEOPLE].rows == 200


def test_no_table_at_all_cannot_be_told(reading: Connection, owner: Connection) -> None:
    with pytest.raises(CannotTell, match="no table to fingerprint") as caught:
        _of(reading, exclude=["*"])
    assert "after leaving out *" in caught.value.found
    owner.execute("CREATE SCHEMA bare")
    with pytest.raises(CannotTell, match="no table to fingerprint"):
        fingerprint(reading, schemas=["bare"])
    with pytest.raises(CannotTell, match="no schema absent"):
        fingerprint(reading, schemas=["public", "absent"])
    with pytest.raises(CannotTell, match="hold no table"):
        compare_fingerprints({}, {})


def test_partitions_children_and_materialized_views_are_read_once(
    owner: Connection, reading: Connection
) -> None:
    owner.execute("""
    CREATE TABLE whole (a int) PARTITION BY RANGE (a);
    CREATE TABLE part PARTITION OF whole FOR VALUES FROM (0) TO (10);
    INSERT INTO whole VALUES (1), (2);
    CREATE TABLE parent (a int);
    CREATE TABLE child () INHERITS (parent);
    INSERT INTO parent VALUES (1);
    INSERT INTO child VALUES (2);
    CREATE MATERIALIZED VIEW seen AS SELECT 1 AS a;
    CREATE MATERIALIZED VIEW unseen AS SELECT 1 AS a WITH NO DATA;
    CREATE TABLE nothing ();
    INSERT INTO nothing DEFAULT VALUES;
    CREATE VIEW looking AS SELECT 1 AS a;
    """)
    found = _of(reading)
    rows = {name.removeprefix("public."): each.rows for name, each in found.items()}
    assert rows == {
        "child": 1, "gifts": 50, "nothing": 1, "parent": 1, "people": 200, "seen": 1,
        "unseen": 0, "whole": 2,
    }  # fmt: skip
    assert found["public.unseen"].sum == "not populated"
    # A baseline's table that became a partition since is still read by its name.
    assert set(_of(reading, columns={"public.part": ("a",)})) == {"public.part"}


def test_a_table_of_a_hundred_nullable_columns_tells_every_null_apart(
    owner: Connection, reading: Connection
) -> None:
    columns = ", ".join(f"c{number} text" for number in range(100))
    owner.execute(f"CREATE TABLE wide ({columns})".encode())
    owner.execute("INSERT INTO wide DEFAULT VALUES")
    sums = {_of(reading)["public.wide"].sum}
    for number in (0, 30, 31, 32, 61, 62, 99):
        owner.execute(f"UPDATE wide SET c{number} = ''".encode())
        sums.add(_of(reading)["public.wide"].sum)
    assert len(sums) == 8


def test_not_even_the_text_that_stands_for_null_hides_a_text_value(
    owner: Connection, reading: Connection
) -> None:
    change = f"UPDATE people SET nick = '{NULL_TEXT[:40]}', email = '{NULL_TEXT}'"
    assert not _after(owner, reading, change).equal


def test_names_that_need_quotes_are_quoted(owner: Connection, reading: Connection) -> None:
    owner.execute('CREATE TABLE "Odd ""table" ("a ""b" int, "100%" text)')
    owner.execute("""INSERT INTO "Odd ""table" VALUES (1, 'x')""")
    assert _of(reading)['public.Odd "table'].rows == 1


def test_the_session_s_formats_do_not_matter(dsn: str, reading: Connection) -> None:
    with connect_admin(dsn) as other:
        other.execute(
            "SET TimeZone = 'Asia/Tokyo'; SET DateStyle = 'German'; SET row_security = on"
        )
        assert _of(other) == _of(reading)


def test_a_filtered_read_is_an_error_and_not_a_smaller_table(
    dsn: str, owner: Connection, server: EmbeddedServer, reading: Connection
) -> None:
    owner.execute("GRANT USAGE ON SCHEMA public TO authenticator")
    owner.execute("GRANT SELECT ON people TO authenticator")
    filtered = server.dsn(reading.info.dbname, "authenticator")
    with (
        connect_reader(filtered) as connection,
        pytest.raises(CannotTell, match="row security would filter") as caught,
    ):
        _of(connection, columns={PEOPLE: ("id",)})
    assert "gonogo_reader.sql" in caught.value.do
    with (
        connect_reader(filtered) as connection,
        pytest.raises(CannotTell, match="may not read this") as caught,
    ):
        _of(connection)
    assert "public.gifts" in str(caught.value)


def test_another_server_version_gives_the_same_figures(
    reading: Connection, new_database: Callable[[], str]
) -> None:
    try:
        system = find_binaries(packages=())
    except CannotTell:
        pytest.skip("no second PostgreSQL on this machine")
    with EmbeddedServer(binaries=system) as other:
        dsn = create_database(other.dsn(), "product")
        run_script(dsn, PRODUCT)
        with connect_reader(dsn) as connection:
            there = _of(connection)
    assert compare_fingerprints(_of(reading), there).equal
