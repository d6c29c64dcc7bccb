"""The target's database as a noun: what can be observed of it, and nothing that changes it."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import psycopg

from gonogo.comparison import Comparison
from gonogo.errors import CannotTell
from gonogo.probes.database.activity import Statistics, statistics
from gonogo.probes.database.exposure import ANONYMOUS, open_to_anonymous
from gonogo.probes.database.failures import explained
from gonogo.probes.database.fingerprint import RowsLeftOut, TableFingerprint, fingerprint
from gonogo.probes.database.schema import SchemaSnapshot, snapshot
from gonogo.probes.database.sequences import SequencePosition, positions
from gonogo.probes.database.session import (
    Connection,
    Revealing,
    check_tool_version,
    connect_admin,
    connect_reader,
    where_of,
)

__all__ = [
    "Connection",
    "Identity",
    "QueryResult",
    "Reader",
    "check_tool_version",
    "connect_admin",
    "connect_reader",
    "where_of",
]


@dataclass(frozen=True, kw_only=True)
class Identity:
    """Which database this is; *system_identifier* is "" when the role may not ask for it."""

    system_identifier: str
    server_version: str
    server_version_number: int
    database: str
    user: str
    encrypted: bool


@dataclass(frozen=True, kw_only=True)
class QueryResult:
    """The rows a query gave, with the names of their columns."""

    columns: tuple[str, ...]
    rows: tuple[tuple[Any, ...], ...]


class Reader:
    """Reads one database through one session, which is open only inside `session`.

    An observation outside of a session opens one for itself and closes it, so none is open while
    an action runs.
    """

    def __init__(
        self,
        dsn: str | Revealing,
        *,
        schemas: Sequence[str] = ("public",),
        exclude_tables: Iterable[str] = (),
        statement_timeout_s: float = 60.0,
        anonymous_role: str = ANONYMOUS,
    ) -> None:
        self.schemas = tuple(schemas)
        self.exclude_tables = tuple(exclude_tables)
        self.where = where_of(dsn)
        self._dsn = dsn
        self._statement_timeout_s = statement_timeout_s
        self._anonymous_role = anonymous_role
        self._connection: Connection | None = None

    def __repr__(self) -> str:
        """Name the place, not the user or password."""
        return f"Reader({self.where})"

    @property
    def is_open(self) -> bool:
        """Whether a session is open right now."""
        return self._connection is not None

    @contextmanager
    def session(self) -> Iterator[Connection]:
        """Give the session, opened for this block unless it is open already.

        Raises:
            CannotTell: when no session is made, or it breaks inside the block.
        """
        if self._connection is not None:
            yield self._connection
            return
        self._connection = connect_reader(self._dsn, statement_timeout_s=self._statement_timeout_s)
        try:
            with explained(self.where):
                yield self._connection
        finally:
            self._connection.close()
            self._connection = None

    @contextmanager
    def exported_snapshot(self) -> Iterator[str]:
        """Hold one moment of the database still; give the id that ``pg_dump --snapshot`` takes.

        Every observation inside the block sees that same moment.
        """
        with (
            self.session() as connection,
            explained(self.where, "exporting a snapshot"),
            connection.transaction(),
        ):
            connection.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ")
            row = connection.execute("SELECT pg_export_snapshot()").fetchone()
            assert row is not None
            yield row[0]

    def identity(self) -> Identity:
        """Return which server, database and role this is."""
        with self.session() as connection, explained(self.where, "identity"):
            row = connection.execute(
                "SELECT current_setting('server_version'), current_database(), current_user, "
                "coalesce((SELECT ssl FROM pg_stat_ssl WHERE pid = pg_backend_pid()), false)"
            ).fetchone()
            assert row is not None
            return Identity(
                system_identifier=_system_identifier(connection),
                server_version=row[0],
                server_version_number=connection.info.server_version,
                database=row[1],
                user=row[2],
                encrypted=row[3],
            )

    def rows(self, query: str) -> QueryResult:
        """Return what *query* gives, verbatim.

        Raises:
            CannotTell: when the server refuses it, or it gives no rows at all by nature.
        """
        with self.session() as connection, explained(self.where, "a query"):
            cursor = connection.execute(query.encode())
            if cursor.description is None:
                raise CannotTell(
                    "the query returns no rows by its nature",
                    where=self.where,
                    expected="a SELECT",
                    found=query[:200],
                )
            return QueryResult(
                columns=tuple(each.name for each in cursor.description),
                rows=tuple(cursor.fetchall()),
            )

    def fingerprint(
        self,
        columns: Mapping[str, Sequence[str]] | None = None,
        without: Mapping[str, RowsLeftOut] | None = None,
    ) -> dict[str, TableFingerprint]:
        """Return the content fingerprint of every table, or of a baseline's *columns* only.

        *without* leaves rows out, by table.
        """
        with self.session() as connection:
            return fingerprint(
                connection,
                schemas=self.schemas,
                columns=columns,
                exclude=self.exclude_tables,
                without=without,
            )

    def sequences(self, names: Collection[str] | None = None) -> dict[str, SequencePosition]:
        """Return where the sequences of the schemas stand, all or those with *names*."""
        with self.session() as connection:
            return positions(connection, schemas=self.schemas, names=names)

    def snapshot(self) -> SchemaSnapshot:
        """Return every object of the schemas."""
        with self.session() as connection:
            return snapshot(connection, schemas=self.schemas)

    def statistics(self) -> Statistics:
        """Return write counters by table and the open transactions of others."""
        with self.session() as connection:
            return statistics(connection)

    def open_to_anonymous(
        self, relations: Collection[str] | None = None, functions: Collection[str] | None = None
    ) -> Comparison:
        """Compare the relations, all or these, with "closed to the anonymous role".

        *functions*, named as in a snapshot, are compared as well; none by default. Where the
        database has no such role nobody gets in without a password: the answer says so.
        """
        if not self._anonymous_role:
            note = "the database has no anonymous role (database.anonymous_role is empty)"
            return Comparison(subject="ways in for nobody in particular", checked=1, notes=(note,))
        with self.session() as connection:
            return open_to_anonymous(
                connection,
                schemas=self.schemas,
                relations=relations,
                functions=functions,
                role=self._anonymous_role,
            )


def _system_identifier(connection: Connection) -> str:
    try:
        row = connection.execute(
            "SELECT system_identifier::text FROM pg_control_system()"
        ).fetchone()
    except psycopg.errors.InsufficientPrivilege:
        return ""
    return row[0] if row else ""
