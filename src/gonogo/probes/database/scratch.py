"""An external scratch server: named only by GONOGO_SCRATCH_DATABASE_URL, and provably scratch."""

from __future__ import annotations

from collections.abc import Mapping

from psycopg.conninfo import conninfo_to_dict

from gonogo.errors import TargetRefused
from gonogo.probes.database.failures import explained
from gonogo.probes.database.session import LOOPBACK, connect_admin, hermetic_dsn, where_of

VARIABLE = "GONOGO_SCRATCH_DATABASE_URL"
COMMENT = "gonogo scratch"


def scratch_from_environment(environ: Mapping[str, str]) -> str | None:
    """Return the administrating DSN of the external scratch server, or None when none is named.

    Raises:
        TargetRefused: when it is not on this machine, or its database does not carry the comment
            ``gonogo scratch``: faults and restores would destroy what is there.
        ConfigError, CannotTell: when its DSN cannot be read or no session is made.
    """
    dsn = environ.get(VARIABLE, "")
    if not dsn:
        return None
    where = where_of(dsn)
    host = str(conninfo_to_dict(hermetic_dsn(dsn))["host"])
    if host not in LOOPBACK and not host.startswith("/"):
        raise TargetRefused(
            f"the scratch server of {VARIABLE} is not on this machine",
            where=where,
            expected=f"a host of {', '.join(sorted(LOOPBACK))}, or a socket's folder",
            found=host,
            do=f"unset {VARIABLE} to use the server that gonogo starts by itself",
        )
    with connect_admin(dsn) as connection, explained(where, "the scratch server's comment"):
        row = connection.execute(
            "SELECT coalesce(shobj_description(oid, 'pg_database'), '') FROM pg_database "
            "WHERE datname = current_database()"
        ).fetchone()
    if row is None or row[0] != COMMENT:
        raise TargetRefused(
            f"the database of {VARIABLE} is not marked as scratch",
            where=where,
            expected=f"the database comment {COMMENT!r}",
            found=repr(row[0]) if row and row[0] else "no comment",
            do=f"only where everything may be destroyed: COMMENT ON DATABASE … IS '{COMMENT}'",
        )
    return dsn
