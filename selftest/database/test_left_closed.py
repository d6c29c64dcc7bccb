from __future__ import annotations

from gonogo.probes.database.connection import Reader
from gonogo.probes.database.preparation import run_script
from gonogo.probes.migration.protection import left_closed

OPEN = """
CREATE TABLE notes (id int);
CREATE FUNCTION find_people() RETURNS SETOF people LANGUAGE sql SECURITY DEFINER
  AS 'TABLE people';
"""


def test_what_is_new_and_open_is_found_and_what_was_open_before_is_left_alone(dsn: str) -> None:
    reader = Reader(dsn)
    run_script(dsn, OPEN.replace("notes", "older_notes").replace("find_", "find_older_"))
    before = reader.snapshot()
    run_script(dsn, OPEN)
    found = left_closed((), before, reader.snapshot(), reader)
    assert {each.subject for each in found.differences} == {
        "table public.notes",
        "function public.find_people()",
    }
    assert "EXECUTE, from PUBLIC too" in found.do
