from __future__ import annotations

import pytest

from gonogo.errors import CannotTell
from gonogo.probes.database.connection import Connection
from gonogo.probes.database.exposure import open_to_anonymous

TRUE_POLICY = 'policy "p" is true for every row'
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
        ("CREATE POLICY p ON people TO anon USING (id IS NOT NULL)", {}),
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
