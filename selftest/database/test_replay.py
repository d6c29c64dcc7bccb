from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from gonogo.errors import CannotTell
from gonogo.probes.database.preparation import apply_prelude, run_script
from gonogo.probes.database.replay import Replayed, replayed
from gonogo.probes.database.server import EmbeddedServer

PEOPLE = "CREATE TABLE people (id int PRIMARY KEY, name text);"
NOTES = """
BEGIN;
CREATE TABLE notes (id serial PRIMARY KEY, person int REFERENCES people (id), body text);
CREATE INDEX notes_body ON notes (body);
CREATE FUNCTION stamp() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RETURN NEW; END $$;
CREATE TRIGGER stamped BEFORE INSERT ON notes FOR EACH ROW EXECUTE FUNCTION stamp();
CREATE TYPE mood AS ENUM ('glad', 'sad');
ALTER TABLE people ADD COLUMN mood mood;
COMMIT;
"""
Replay = Callable[..., list[Replayed]]


@pytest.fixture
def replay(server: EmbeddedServer, tmp_path: Path) -> Replay:
    def run(*texts: str, now: str) -> list[Replayed]:
        """Replay files of these *texts* where the schema is *now* like this."""
        files = []
        for number, text in enumerate(texts, start=1):
            files.append(tmp_path / f"{number:03}.sql")
            files[-1].write_text(text)

        def prepare(dsn: str) -> None:
            apply_prelude(dsn)
            run_script(dsn, f"SET ROLE postgres; {PEOPLE} {now}")

        found = replayed(
            files,
            admin_dsn=server.dsn(),
            prepare=prepare,
            binaries=server.binaries,
            role="postgres",
        )
        assert [each.path for each in found] == files
        return list(found)

    return run


def missing(file: Replayed) -> set[str]:
    assert file.failure is None, file.failure
    return {f"{kind} {name}" for kind, name in file.missing}


def test_what_a_file_that_cannot_run_twice_makes_is_there(replay: Replay) -> None:
    (notes,) = replay(NOTES, now=NOTES.replace("BEGIN;\n", "").replace("COMMIT;", ""))
    assert missing(notes) == set()
    assert {("table", "public.notes"), ("column", "public.people.mood")} <= set(notes.there)
    assert ("trigger", "public.notes.stamped") in notes.there


def test_a_file_that_was_never_applied_misses_all_it_makes(replay: Replay) -> None:
    (notes,) = replay(NOTES, now="")
    assert missing(notes) >= {
        "table public.notes",
        "column public.notes.body",
        "column public.people.mood",
        "index public.notes_body",
        "trigger public.notes.stamped",
        "type public.mood",
        "function public.stamp()",
        "sequence public.notes_id_seq",
    }
    assert not notes.there


def test_a_column_is_missing_from_a_table_that_a_trial_left(replay: Replay) -> None:
    (file,) = replay("CREATE TABLE notes (id int, body text)", now="CREATE TABLE notes (id int)")
    assert missing(file) == {"column public.notes.body"}


def test_what_a_do_block_would_make_is_missed(replay: Replay) -> None:
    text = "DO $$ BEGIN IF to_regclass('notes') IS NULL THEN CREATE TABLE notes (); END IF; END $$"
    assert missing(replay(text, now="")[0]) == {"table public.notes"}
    assert missing(replay(text, now="CREATE TABLE notes ()")[0]) == set()


@pytest.mark.parametrize(
    ("texts", "now"),
    [
        (("CREATE TABLE t (a int)", "ALTER TABLE t RENAME TO u"), "CREATE TABLE u (a int)"),
        (("CREATE TABLE t (a int)", "ALTER TABLE t RENAME a TO b"), "CREATE TABLE t (b int)"),
        (
            ("ALTER TABLE people ADD a int", "ALTER TABLE people RENAME a TO b"),
            "ALTER TABLE people ADD b int",
        ),
        (("CREATE TABLE t (a int)", "DROP TABLE t"), ""),
        (
            ("CREATE TABLE t (a int)", "DROP TABLE t", "CREATE TABLE t (b int)"),
            "CREATE TABLE t (b int)",
        ),
        (
            ("CREATE VIEW v AS SELECT id FROM people", "DROP VIEW v"),
            "",
        ),
        (("ALTER TABLE people DROP COLUMN fax",), ""),
        (("ALTER TABLE people RENAME surname TO name",), ""),
        (
            ("UPDATE people SET fax = ''; CREATE TABLE t ()", "ALTER TABLE people DROP fax"),
            "CREATE TABLE t ()",
        ),
        (("CREATE INDEX ON people (name)",), "CREATE INDEX ON people (name)"),
        (("ALTER TABLE people ADD UNIQUE (name)",), "ALTER TABLE people ADD UNIQUE (name)"),
        (("ALTER TABLE people ADD PRIMARY KEY (id)",), ""),
        (
            ("CREATE TABLE copy_20240101_120000 AS SELECT 1 AS a",),
            "CREATE TABLE copy_20250101_130000 AS SELECT 1 AS a",
        ),
        (
            ("INSERT INTO done VALUES ('1')", "CREATE TABLE IF NOT EXISTS done (v text)"),
            "CREATE TABLE done (v text)",
        ),
        (("CREATE TYPE mood AS ENUM ('a')",), "CREATE TYPE mood AS ENUM ('a', 'b')"),
        (
            ("CREATE OR REPLACE FUNCTION f() RETURNS int LANGUAGE sql AS 'SELECT 1'",),
            "CREATE FUNCTION f() RETURNS int LANGUAGE sql AS 'SELECT 1'",
        ),
        (("INSERT INTO people VALUES (1, 'a')",), ""),
        (
            ("CREATE TABLE t (p int REFERENCES people); INSERT INTO t VALUES (7)",),
            "CREATE TABLE t (p int)",
        ),
    ],
    ids=[
        "a table renamed since",
        "a column renamed since",
        "an older table's column renamed since",
        "a table dropped since",
        "a table made anew since",
        "a view dropped since",
        "a column dropped",
        "a column renamed",
        "a column that was dropped since is filled",
        "an index named by the server",
        "a constraint named by the server",
        "a second primary key",
        "a copy named by the time",
        "a ledger that a later file makes where it is missing",
        "a type",
        "a function made again as it is",
        "rows only",
        "a row that needs another row",
    ],
)
def test_a_history_that_is_whole_misses_nothing(
    replay: Replay, texts: tuple[str, ...], now: str
) -> None:
    assert [missing(each) for each in replay(*texts, now=now)] == [set()] * len(texts)


@pytest.mark.parametrize(
    ("texts", "found"),
    [
        (("ALTER TABLE later ADD a int",), 'line 1: relation "later" does not exist'),
        (
            ("DROP TRIGGER IF EXISTS t ON later; ALTER TABLE later ADD a int",),
            'line 1: relation "later" does not exist',
        ),
        (("\\set ON_ERROR_STOP on\nCREATE TYPE kind AS ENUM ()",), "psql did not reach its end"),
        (("ALTER TABLE people ALTER name SET DEFAULT 'x'",), "column public.people.name"),
        (("CREATE TABLE t ()", "DROP TABLE t; SELECT 1 / 0 + nope()"), None),
        (("CREATE TABLE t ()", "DO $$ BEGIN RAISE 'not now'; DROP TABLE t; END $$"), "not now"),
    ],
    ids=[
        "a table that only a later file makes",
        "a trigger's table is not what is dropped",
        "it stops at its first error by itself",
        "it changes what is there and makes nothing",
        "a later file fails after it took the table away",
        "a later file fails before it took the table away",
    ],
)
def test_what_nobody_can_tell_is_no_green(
    replay: Replay, texts: tuple[str, ...], found: str | None
) -> None:
    first = replay(*texts, now="CREATE TYPE kind AS ENUM ();")[0]
    if found is None:
        assert missing(first) == set()
    else:
        assert first.failure is not None
        assert found in first.failure.found
        assert first.failure.where == "001.sql"


def test_a_file_that_cannot_be_read_cannot_be_told(server: EmbeddedServer, tmp_path: Path) -> None:
    with pytest.raises(CannotTell, match="cannot be read"):
        replayed(
            [tmp_path / "absent.sql"],
            admin_dsn=server.dsn(),
            prepare=apply_prelude,
            binaries=server.binaries,
        )
