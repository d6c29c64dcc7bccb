from __future__ import annotations

from collections.abc import Callable

import pytest

from gonogo.comparison import Comparison
from gonogo.errors import CannotTell
from gonogo.probes.database.connection import Reader
from gonogo.probes.database.preparation import apply_reader, run_script
from gonogo.probes.database.sequences import (
    SequencePosition,
    gone_back,
    newly_used_up,
    with_sequences,
)
from gonogo.probes.database.server import EmbeddedServer

AT_7 = SequencePosition(last=7)
UNUSED = SequencePosition(last=None)
DOWN_AT_7 = SequencePosition(last=7, descending=True)


def at(last: int | None, *, descending: bool = False) -> SequencePosition:
    return SequencePosition(last=last, descending=descending)


def test_positions_are_read_by_name(dsn: str) -> None:
    run_script(
        dsn,
        'CREATE SEQUENCE "Odd Name"; CREATE SEQUENCE down INCREMENT -1;'
        "SELECT nextval('down'), nextval('down')",
    )
    found = Reader(dsn).sequences()
    assert found["public.Odd Name"] == UNUSED
    assert found["public.down"] == at(-2, descending=True)
    assert found["public.gifts_id_seq"] == at(50)


def test_a_sequence_that_may_not_be_read_cannot_be_told(
    dsn: str, server: EmbeddedServer, new_database: Callable[[], str]
) -> None:
    apply_reader(dsn, schemas=["public"], password="p")
    run_script(dsn, "REVOKE ALL ON SEQUENCE gifts_id_seq FROM gonogo_reader")
    name = dsn.split("dbname=")[1].split(maxsplit=1)[0]
    reader = Reader(server.dsn(name, "gonogo_reader", "p"))
    with pytest.raises(CannotTell, match="may not read a sequence") as caught:
        reader.sequences()
    grant = "GRANT SELECT ON SEQUENCE public.gifts_id_seq TO gonogo_reader;"
    assert grant in caught.value.do
    assert reader.sequences({"public.absent"}) == {}


@pytest.mark.parametrize(
    ("statements", "used_up"),
    [
        ("CREATE SEQUENCE s MAXVALUE 7; SELECT setval('s', 7)", True),
        ("CREATE SEQUENCE s MAXVALUE 7; SELECT setval('s', 6)", False),
        ("CREATE SEQUENCE s MAXVALUE 7; SELECT setval('s', 7, false)", False),
        ("CREATE SEQUENCE s MAXVALUE 7 INCREMENT 5; SELECT setval('s', 3)", True),
        ("CREATE SEQUENCE s MAXVALUE 7 CYCLE; SELECT setval('s', 7)", False),
        ("CREATE SEQUENCE s; SELECT setval('s', 9223372036854775807)", True),
        ("CREATE SEQUENCE s INCREMENT -1 MINVALUE -7; SELECT setval('s', -7)", True),
        ("CREATE SEQUENCE s INCREMENT -1 MINVALUE -7; SELECT setval('s', -6)", False),
        ("CREATE SEQUENCE s; SELECT setval('s', 2147483647)", False),
        ("CREATE SEQUENCE s OWNED BY people.number; SELECT setval('s', 2147483647)", True),
    ],
)
def test_a_sequence_without_a_next_number_is_used_up(
    dsn: str, statements: str, *, used_up: bool
) -> None:
    run_script(dsn, statements)
    assert Reader(dsn).sequences({"public.s"})["public.s"].used_up is used_up


def test_one_that_had_a_next_number_and_has_none_is_a_difference() -> None:
    end = SequencePosition(last=9, used_up=True)
    (difference,) = newly_used_up({"public.s": AT_7}, {"public.s": end, "public.t": end})
    assert "used up at 9: the next insert fails" in str(difference)
    assert newly_used_up({"s": end}, {"s": end}) == ()
    assert newly_used_up({"s": AT_7, "t": AT_7}, {"s": at(8)}) == ()


@pytest.mark.parametrize("now", [at(7), at(8)])
def test_a_sequence_may_stay_or_go_on(now: SequencePosition) -> None:
    assert gone_back({"s": AT_7}, {"s": now}) == ()


@pytest.mark.parametrize(("now", "shown"), [(at(6), "back at 6"), (UNUSED, "unused")])
def test_a_sequence_that_goes_back_is_a_difference(now: SequencePosition, shown: str) -> None:
    (difference,) = gone_back({"public.s": AT_7}, {"public.s": now})
    assert str(difference) == f"sequence public.s: expected at 7 or further on, found {shown}"


def test_a_descending_sequence_goes_back_upwards() -> None:
    assert gone_back({"s": DOWN_AT_7}, {"s": at(6, descending=True)}) == ()
    assert len(gone_back({"s": DOWN_AT_7}, {"s": at(8, descending=True)})) == 1


def test_an_unused_or_dropped_sequence_has_nowhere_to_go_back_to() -> None:
    assert gone_back({"s": UNUSED, "t": AT_7}, {"s": AT_7}) == ()
    assert gone_back({"s": UNUSED}, {"s": UNUSED}) == ()


def test_a_comparison_takes_sequences_up_and_says_what_to_do() -> None:
    equal = Comparison(subject="rows", checked=2)
    assert with_sequences(equal, ()) == equal
    back = gone_back({"s": AT_7}, {"s": UNUSED})
    told = with_sequences(equal, back)
    assert not told.equal
    assert "setval()" in told.do
    assert with_sequences(Comparison(subject="rows", checked=2, do="stop"), back).do == "stop"
