from __future__ import annotations

import pytest

from gonogo.errors import CannotTell
from gonogo.probes.database.connection import Connection
from gonogo.probes.database.exposure import open_to_anonymous

TRUE_POLICY = 'policy "p" is true for every row'
VISITORS = "CREATE ROLE visitors; ALTER ROLE anon INHERIT; GRANT visitors TO anon;"
RLS_OFF = "ALTER TABLE people DISABLE ROW LEVEL SECURITY"
ONLY_SELECT = "REVOKE ALL ON {0} FROM anon; GRANT SELECT ON {0} TO anon"


def _found(
    reading: Connection, relations: set[str] | None = None, **options: str
) -> dict[str, str]:
    comparison = open_to_anonymous(reading, schemas=["public"], relations=relations, **options)
    return {each.subject.rpartition(".")[2]: each.found for each in comparison.differences}


@pytest.mark.parametrize(
    ("change", "found"),
    [
        ("", {}),
        (
            "CREATE POLICY p ON people FOR SELECT TO anon USING (id IS NOT NULL)",
            {"people": 'SELECT allowed: policy "p" does not ask who it is: (id IS NOT NULL)'},
        ),
        (
            "CREATE POLICY p ON people FOR SELECT USING (1 = 1)",
            {"people": 'SELECT allowed: policy "p" does not ask who it is: (1 = 1)'},
        ),
        (
            "CREATE POLICY p ON people FOR INSERT WITH CHECK (name <> 'auth.uid()')",
            {
                "people": 'INSERT allowed: policy "p" does not ask who it is: '
                "(name <> 'auth.uid()'::text)"
            },
        ),
        ("CREATE POLICY p ON people USING (false)", {}),
        ("CREATE POLICY p ON people USING (id = (SELECT auth.uid()))", {}),
        ("SET search_path = public, auth; CREATE POLICY p ON people USING (id = uid())", {}),
        ("CREATE POLICY p ON people TO anon USING ((auth.jwt() ->> 'email') = email)", {}),
        ("CREATE POLICY p ON people USING (name = current_user OR name = session_user)", {}),
        ("CREATE POLICY p ON people USING (name = current_setting('a.b', true))", {}),
        (
            VISITORS + "CREATE POLICY p ON people FOR SELECT TO visitors USING (1 = 1)",
            {"people": 'SELECT allowed: policy "p" does not ask who it is: (1 = 1)'},
        ),
        ("CREATE POLICY p ON people TO authenticated USING (true)", {}),
        ("CREATE POLICY p ON people AS RESTRICTIVE TO anon USING (true)", {}),
        (
            "CREATE POLICY p ON people FOR SELECT TO anon USING (true)",
            {"people": 'SELECT allowed: policy "p" is true for every row'},
        ),
        (
            "CREATE POLICY p ON people FOR SELECT USING (true)",
            {"people": 'SELECT allowed: policy "p" is true for every row'},
        ),
        (
            "CREATE POLICY p ON people FOR INSERT TO anon WITH CHECK (true)",
            {"people": 'INSERT allowed: policy "p" is true for every row'},
        ),
        (
            "CREATE POLICY p ON people TO anon USING (true)",
            {"people": 'DELETE, INSERT, SELECT, UPDATE allowed: policy "p" is true for every row'},
        ),
        (
            "CREATE POLICY p ON people FOR UPDATE TO anon USING (true) WITH CHECK (id IS NULL)",
            {"people": 'UPDATE allowed: policy "p" is true for every row'},
        ),
        ("CREATE POLICY p ON people TO anon USING (true); REVOKE ALL ON people FROM anon", {}),
        (
            "ALTER TABLE people DISABLE ROW LEVEL SECURITY",
            {"people": "DELETE, INSERT, SELECT, UPDATE allowed: row security is off"},
        ),
        (
            "REVOKE ALL ON people FROM anon; GRANT SELECT (name) ON people TO PUBLIC;" + RLS_OFF,
            {"people": "SELECT allowed: row security is off"},
        ),
        ("CREATE VIEW v WITH (security_invoker = on) AS SELECT 1 AS a", {}),
        (
            "CREATE VIEW v AS SELECT 1 AS a;" + ONLY_SELECT.format("v"),
            {"v": "SELECT allowed: a view that runs with its owner's rights (no security_invoker)"},
        ),
        (
            "CREATE MATERIALIZED VIEW m AS SELECT 1 AS a;" + ONLY_SELECT.format("m"),
            {"m": "SELECT allowed: a materialized view, which row security does not cover"},
        ),
        ("CREATE VIEW v AS SELECT 1 AS a; REVOKE ALL ON v FROM anon", {}),
        (
            f"{RLS_OFF}; REVOKE USAGE ON SCHEMA public FROM anon",
            {},
        ),
    ],
)
def test_what_the_anonymous_role_may_do_is_found(
    undone: Connection, change: str, found: dict[str, str]
) -> None:
    undone.execute("ALTER TABLE gifts ENABLE ROW LEVEL SECURITY")
    undone.execute("REVOKE USAGE ON SCHEMA public FROM PUBLIC")
    undone.execute(change.encode() or b"SELECT 1")
    assert _found(undone) == found


def test_a_role_that_passes_row_security_by_is_let_in_everywhere(undone: Connection) -> None:
    undone.execute("RESET ROLE; ALTER TABLE gifts ENABLE ROW LEVEL SECURITY")
    undone.execute("REVOKE ALL ON gifts FROM service_role, PUBLIC")
    assert _found(undone, role="service_role") == {
        "people": "DELETE, INSERT, SELECT, UPDATE allowed: "
        "the role passes row security by (BYPASSRLS)"
    }


ROWS = "CREATE FUNCTION f(stage) RETURNS SETOF people LANGUAGE sql SECURITY DEFINER AS "
ONE_ROW = ROWS.replace("SETOF ", "")
AS_THE_READER = ROWS.replace("DEFINER", "INVOKER")
NUMBER = ROWS.replace("SETOF people", "bigint")
JSON = ROWS.replace("SETOF people", "json")
NAMES = ROWS.replace("SETOF people", "SETOF text")
TEXT = ROWS.replace("SETOF people", "text")
BLOCK = TEXT.replace("sql", "plpgsql")
STANDARD = ROWS.removesuffix("AS ")
ME = "CREATE FUNCTION me() RETURNS uuid LANGUAGE sql AS 'SELECT auth.uid()';"
ALL_PEOPLE = "CREATE FUNCTION all_people() RETURNS SETOF people LANGUAGE sql AS 'TABLE people';"
OPEN_FUNCTION = "EXECUTE allowed: it reads {} with its owner's rights (SECURITY DEFINER)"
OF_PEOPLE = [OPEN_FUNCTION.format("public.people")]
PUT_TOGETHER = (
    "EXECUTE allowed: it puts statements together (EXECUTE) and runs them with its owner's rights"
)


@pytest.mark.parametrize(
    ("change", "found"),
    [
        (ROWS + "'TABLE people'", OF_PEOPLE),
        (ROWS + "'SELECT * FROM people WHERE id = auth.uid()'", []),
        (ROWS + "'TABLE people'; REVOKE ALL ON FUNCTION f FROM PUBLIC, anon", []),
        (ONE_ROW + "'TABLE people'", OF_PEOPLE),
        (AS_THE_READER + "'TABLE people'", []),
        (NUMBER + "'SELECT count(*) FROM people'", []),
        (JSON + "'SELECT json_agg(p) FROM ONLY people AS p'", OF_PEOPLE),
        (NAMES + "'SELECT name FROM gifts JOIN public.people ON true'", OF_PEOPLE),
        (NAMES + """'SELECT p.name FROM gifts, "public" . "people" AS p'""", OF_PEOPLE),
        (STANDARD + "BEGIN ATOMIC SELECT * FROM people; END", OF_PEOPLE),
        (STANDARD + "BEGIN ATOMIC SELECT * FROM people WHERE id = auth.uid(); END", []),
        # Not a table that is closed, or no table at all.
        (TEXT + "'SELECT max(amount)::text FROM gifts'", []),
        (NAMES + "$$ VALUES ('FROM people') /* FROM people */ -- FROM people\n $$", []),
        (NAMES + "$$ SELECT people FROM (VALUES ('a')) AS peoples (people) $$", []),
        (TEXT + "$$ INSERT INTO people (number, name) VALUES (0, '') RETURNING 'done' $$", []),
        # Whether it asks is in what runs, not in remarks; CURRENT_USER is always the owner.
        (ROWS + "$$ SELECT * FROM people -- WHERE id = auth.uid()\n $$", OF_PEOPLE),
        (ROWS + "$$ SELECT * FROM people WHERE name <> 'auth.uid()' $$", OF_PEOPLE),
        (ROWS + "$$ SELECT * FROM people WHERE CURRENT_USER <> 'anon' $$", OF_PEOPLE),
        (ROWS + "$$ SELECT * FROM people WHERE extensions.f(name) $$", OF_PEOPLE),
        # What it calls counts as well.
        (ME + ROWS + "$$ TABLE people $$", OF_PEOPLE),
        (ME + ROWS + "$$ SELECT * FROM people WHERE id = me() $$", []),
        (ALL_PEOPLE + ROWS + "$$ SELECT * FROM public.all_people() $$", OF_PEOPLE),
        (ALL_PEOPLE + ROWS + "$$ SELECT * FROM other.all_people() $$", []),
        # Statements that are put together.
        (BLOCK + "$$ BEGIN EXECUTE 'SELECT name FROM people'; END $$", OF_PEOPLE),
        (BLOCK + "$$ BEGIN EXECUTE format('SELECT 1 FROM %I', 'x'); END $$", [PUT_TOGETHER]),
        (BLOCK + "$$ BEGIN EXECUTE 'SELECT name FROM people WHERE id = auth.uid()'; END $$", []),
        # In a schema that is not looked at.
        (TEXT + "'SELECT secret FROM vault.secrets'", [OPEN_FUNCTION.format("vault.secrets")]),
        (TEXT + "'SELECT name FROM secrets'", []),
    ],
)
def test_functions_that_show_what_is_closed_are_found_when_asked_for(
    undone: Connection, change: str, found: list[str]
) -> None:
    undone.execute("SET LOCAL check_function_bodies = off")
    undone.execute(change.encode())
    comparison = open_to_anonymous(
        undone, schemas=["public"], relations=(), functions=["public.f(public.stage)"]
    )
    assert [each.found for each in comparison.differences] == found
    assert comparison.subject == "relations and functions closed to anon"
    assert not open_to_anonymous(undone, schemas=["public"], relations=()).differences


def test_it_can_be_narrowed_to_some_relations(undone: Connection) -> None:
    assert set(_found(undone)) == {"gifts"}
    assert _found(undone, {"public.people"}) == {}
    comparison = open_to_anonymous(undone, schemas=["public"], relations={"public.people"})
    assert comparison.equal
    assert comparison.checked == 1
    nothing = open_to_anonymous(undone, schemas=["public"], relations={"public.absent"})
    assert nothing.checked == 0


def test_a_role_that_does_not_exist_cannot_be_told(undone: Connection) -> None:
    with pytest.raises(CannotTell, match="no role visitor"):
        _found(undone, role="visitor")
