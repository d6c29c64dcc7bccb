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


def open_to_anonymous(
    connection: Connection,
    *,
    schemas: Sequence[str],
    relations: Collection[str] | None = None,
    role: str = ANONYMOUS,
) -> Comparison:
    """Compare every relation of *schemas* with "closed to *role*"; *relations* narrows them.

    Open is: a table the role has a privilege on (its own, by membership or of PUBLIC) with row
    security off, or with a permissive policy for it whose expression is literally true; a view or
    materialized view it may read that does not run with the reader's own rights; a security
    invoker view is as open as what it reads. Anything narrower is the policies' business.

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
        rows = connection.execute(
            QUERY.read_text(encoding="utf-8").encode(), {"schemas": list(schemas), "role": role}
        ).fetchall()
    if relations is not None:
        rows = [row for row in rows if row[0] in relations]
    return Comparison(
        subject=f"relations closed to {role}",
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
        do="enable row security with policies that name who may read, revoke the grants, or set "
        "security_invoker on the view",
    )
