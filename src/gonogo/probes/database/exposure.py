"""What the anonymous role can read or write, by the catalog."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from pathlib import Path

from gonogo.comparison import Comparison, Difference
from gonogo.errors import CannotTell
from gonogo.probes.database.failures import explained, place
from gonogo.probes.database.session import Connection

ANONYMOUS = "anon"
QUERY = Path(__file__).with_name("exposure.sql")
FUNCTIONS_QUERY = Path(__file__).with_name("exposed_functions.sql")
# In an expression as PostgreSQL writes it, keywords are in capitals and auth is never left out.
ASKS_WHO = (
    r"\mauth\.(uid|jwt|role|email)\(|\mcurrent_setting\("
    r"|\m(CURRENT_USER|SESSION_USER|CURRENT_ROLE)\M"
    # A function of the product's own, always written with its schema, may ask in turn.
    r"|\m\w+\.\w+\("
)
QUOTED = """'[^']*'|"[^"]*\""""
# In a function's own text. There CURRENT_USER is the owner, and no call counts for its name alone.
FUNCTION_ASKS_WHO = (
    r'\m"?auth"?\s*\.\s*"?(uid|jwt|role|email)"?\s*\(|\mcurrent_setting"?\s*\(|\mSESSION_USER\M'
)
ASIDES = r"(--[^\n]*|/\*(?:[^*]|\*+[^*/])*\*+/)|('[^']*')"


def open_to_anonymous(
    connection: Connection,
    *,
    schemas: Sequence[str],
    relations: Collection[str] | None = None,
    functions: Collection[str] | None = None,
    role: str = ANONYMOUS,
) -> Comparison:
    """Compare every relation of *schemas* with "closed to *role*"; *relations* narrows them.

    Open is: a table the role has a privilege on (its own, by membership or of PUBLIC) with row
    security off, or with a permissive policy for it whose expression does not ask who it is; a view
    or materialized view it may read that does not run with the reader's own rights; a security
    invoker view is as open as what it reads. To a role with BYPASSRLS all it has a privilege on is.

    *functions*, named as in a schema snapshot, are compared as well, none by default: open is one
    that runs with its owner's rights, gives data back, reads what is closed to the role (itself or
    by what it calls, as far as the texts show), and does not ask who it is.

    Raises:
        CannotTell: when the role does not exist or the catalog cannot be read.
    """
    with explained(place(connection), "what the anonymous role may do"):
        known = connection.execute("SELECT 1 FROM pg_roles WHERE rolname = %s", [role]).fetchone()
        if known is None:
            raise CannotTell(
                f"the database has no role {role}",
                where=place(connection),
                expected="the role of requests by nobody in particular",
                found="no such role",
                do="set database.anonymous_role to its name, or to nothing where there is none",
            )
        with connection.transaction(force_rollback=True):
            connection.execute("SET LOCAL search_path = ''")
            place_and_role = {"schemas": list(schemas), "role": role}
            found = connection.execute(
                QUERY.read_text(encoding="utf-8").encode(),
                {**place_and_role, "asks_who": ASKS_WHO, "quoted": QUOTED},
            ).fetchall()
            rows = [row for row in found if relations is None or row[0] in relations]
            if functions:
                closed = [name for name, _, open_to, _ in found if "SELECT" not in open_to]
                called = connection.execute(
                    FUNCTIONS_QUERY.read_text(encoding="utf-8").encode(),
                    {
                        **place_and_role,
                        "functions": list(functions),
                        "closed": closed,
                        "asks_who": FUNCTION_ASKS_WHO,
                        "asides": ASIDES,
                    },
                ).fetchall()
                rows += [(name, "function", ["EXECUTE"], reason) for name, reason in called]
    return Comparison(
        subject=f"relations and functions closed to {role}"
        if functions
        else f"relations closed to {role}",
        checked=len(rows),
        differences=tuple(
            Difference(
                subject=f"{kind} {name}",
                expected=f"closed to {role}",
                found=f"{', '.join(privileges)} allowed: {reason}",
            )
            for name, kind, privileges, reason in rows
            if reason
        ),
        do="enable row security with policies that name who may read, revoke the grants (of a "
        "function: EXECUTE, from PUBLIC too), or set security_invoker on the view",
    )
