"""A server that may be filled and emptied, with the roles that the target's schema names."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass

import psycopg
from psycopg import sql

from gonogo.errors import CannotTell, TargetRefused
from gonogo.probes.database.binaries import PostgresBinaries, find_binaries
from gonogo.probes.database.connection import Connection, Reader, check_tool_version
from gonogo.probes.database.failures import explained, place
from gonogo.probes.database.scratch import VARIABLE, scratch_from_environment
from gonogo.probes.database.session import connect_admin, where_of

DATABASE_OWNER = "postgres"
"""Who owns the databases that a Supabase prelude prepares."""
USUAL_EXTENSIONS = ("uuid-ossp", "pgcrypto")

ROLES = """
SELECT rolname, rolsuper, rolinherit, rolcreaterole, rolcreatedb, rolbypassrls
FROM pg_roles WHERE rolname !~ '^pg_' ORDER BY 1
"""
MEMBERSHIPS = """
SELECT granted.rolname, member.rolname FROM pg_auth_members m
JOIN pg_roles granted ON granted.oid = m.roleid JOIN pg_roles member ON member.oid = m.member
WHERE member.rolname !~ '^pg_' ORDER BY 1, 2
"""
MAKERS = """
SELECT rolname FROM pg_roles
WHERE has_database_privilege(oid, current_database(), 'CREATE') AND NOT rolsuper
  AND rolname !~ '^pg_' ORDER BY 1
"""
ATTRIBUTES = ("SUPERUSER", "INHERIT", "CREATEROLE", "CREATEDB", "BYPASSRLS")
SYSTEM = "SELECT system_identifier::text FROM pg_control_system()"

Find = Callable[..., PostgresBinaries]


@dataclass(frozen=True, kw_only=True)
class Roles:
    """A server's roles with their attributes, and who is a member of what.

    ``makers`` are the roles that may create schemas in the database that was looked at.
    """

    attributes: Mapping[str, tuple[bool, ...]]
    memberships: tuple[tuple[str, str], ...]
    makers: tuple[str, ...]


def roles_of(reader: Reader) -> Roles:
    """Return the roles of the reader's server."""
    with reader.session():
        attributes = reader.rows(ROLES).rows
        memberships = reader.rows(MEMBERSHIPS).rows
        makers = reader.rows(MAKERS).rows
    return Roles(
        attributes={str(name): tuple(map(bool, given)) for name, *given in attributes},
        memberships=tuple((str(granted), str(member)) for granted, member in memberships),
        makers=tuple(str(name) for (name,) in makers),
    )


def give_roles(admin_dsn: str, roles: Roles) -> None:
    """Give a scratch server the roles it lacks, none of which can log in.

    Raises:
        CannotTell: the server refuses; a scratch server's role must be a superuser.
    """
    with connect_admin(admin_dsn) as connection, explained(place(connection), "the target's roles"):
        there = {str(name) for (name,) in connection.execute("SELECT rolname FROM pg_roles")}
        for name, given in roles.attributes.items():
            if name not in there:
                _create(connection, name, given)
        if DATABASE_OWNER not in {*there, *roles.attributes}:
            _create(connection, DATABASE_OWNER, (False, True, True, True, True))
        known = {*there, *roles.attributes}
        for granted, member in roles.memberships:
            if granted in known and member in known:
                _grant(connection, granted, member)
        for maker in roles.makers:
            _grant(connection, DATABASE_OWNER, maker)


def _create(connection: Connection, name: str, given: Iterable[bool]) -> None:
    words = [word if has else f"NO{word}" for word, has in zip(ATTRIBUTES, given, strict=True)]
    attributes = sql.SQL(" ".join(words))
    connection.execute(
        sql.SQL("CREATE ROLE {} NOLOGIN {}").format(sql.Identifier(name), attributes)
    )


def _grant(connection: Connection, granted: str, member: str) -> None:
    """Make *member* a member of *granted*, unless that would close a circle."""
    names = sql.Identifier(granted), sql.Identifier(member)
    with suppress(psycopg.errors.InvalidGrantOperation):
        connection.execute(sql.SQL("GRANT {} TO {}").format(*names))


def programs_for(
    server_version: int, *, extensions: Sequence[str], where: str, find: Find = find_binaries
) -> PostgresBinaries:
    """Return PostgreSQL's programs for a server, with its *extensions* where some set has them.

    *server_version* is the server's number, such as 150004.

    Raises:
        CannotTell: no set is installed, or every one is older than the server.
    """
    major = server_version // 10_000
    wanted = [name for name in extensions if name in USUAL_EXTENSIONS]
    try:
        found = find(prefer_major=major, extensions=wanted)
    except CannotTell:
        found = find(prefer_major=major)
    if found.major < major:
        found = find(prefer_major=major)
    check_tool_version(
        tool="pg_dump", tool_major=found.major, server_version=server_version, where=where
    )
    return found


def named_scratch(environ: Mapping[str, str], *, target_system: str) -> str:
    """Return the DSN of the scratch server that the environment names, or "" without one.

    Raises:
        TargetRefused: it may not be filled and emptied, or it is the target's own server,
            *target_system*.
        ConfigError, CannotTell: its address cannot be read, or it cannot be reached.
    """
    dsn = scratch_from_environment(environ)
    if dsn is None:
        return ""
    with connect_admin(dsn) as connection, explained(place(connection), "the scratch server"):
        row = connection.execute(SYSTEM).fetchone()
    if row is not None and row[0] == target_system:
        raise TargetRefused(
            "the scratch server is the target's own server",
            where=f"{where_of(dsn)} ({VARIABLE})",
            expected="another server: roles and databases are made and dropped there",
            found=f"system identifier {target_system}, as the target's",
            do=f"name another, or unset {VARIABLE}: then one is started here",
        )
    return dsn
