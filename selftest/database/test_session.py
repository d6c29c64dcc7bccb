from __future__ import annotations

import psycopg
import pytest

from gonogo.errors import CannotTell, ConfigError, UsageError
from gonogo.probes.database.clones import create_database
from gonogo.probes.database.connection import (
    check_tool_version,
    connect_admin,
    connect_reader,
    where_of,
)
from gonogo.probes.database.failures import connect_failure, explained, place, query_failure
from gonogo.probes.database.server import EmbeddedServer
from gonogo.probes.database.session import hermetic_dsn


class Hidden:
    def __init__(self, text: str) -> None:
        self._text = text

    def reveal(self) -> str:
        return self._text


def test_a_reading_session_is_read_only_and_fixed_in_its_formats(dsn: str) -> None:
    with connect_reader(Hidden(dsn), statement_timeout_s=12.5) as connection:
        assert connection.autocommit
        assert connection.prepare_threshold is None
        wanted = {
            "application_name": "gonogo",
            "default_transaction_read_only": "on",
            "row_security": "off",
            "lock_timeout": "1s",
            "statement_timeout": "12500ms",
            "TimeZone": "UTC",
            "IntervalStyle": "iso_8601",
        }
        for name, value in wanted.items():
            row = connection.execute("SELECT current_setting(%s)", [name]).fetchone()
            assert row == (value,), name
        with pytest.raises(psycopg.errors.ReadOnlySqlTransaction):
            connection.execute("DELETE FROM people")


def test_nothing_of_the_environment_is_used(dsn: str, monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in {
        "PGHOSTADDR": "10.255.255.1",
        "PGPASSWORD": "from the environment",
        "PGOPTIONS": "-c no_such=1",
        "PGSSLMODE": "require",
        "PGPASSFILE": "/dev/null",
        "PGSERVICE": "no such service",
    }.items():
        monkeypatch.setenv(name, value)
    with connect_reader(dsn) as connection:
        assert connection.execute("SELECT 1").fetchone() == (1,)


@pytest.fixture(scope="module")
def guarded() -> EmbeddedServer:
    return EmbeddedServer(password="right-password")


def _refusal(dsn: str) -> CannotTell:
    with pytest.raises(CannotTell) as caught:
        connect_reader(dsn)
    return caught.value


def test_refusals_say_where_and_what_to_do_and_never_the_password(guarded: EmbeddedServer) -> None:
    with guarded as server:
        wrong = _refusal(server.dsn(password="wrong-password"))
        unknown = _refusal(server.dsn("absent"))
        nobody = _refusal(server.socket_dsn(user="nobody_knows"))
        port = server.port
    stopped = _refusal(f"host=127.0.0.1 port={port} user=a dbname=b password=wrong-password")
    lost = _refusal("host=no-such-host.invalid user=a dbname=b password=wrong-password")
    assert wrong.what == "the database refused the password"
    assert unknown.what == "there is no such database on that server"
    assert nobody.what == "there is no such user on that server"
    assert stopped.what == "nothing accepts connections at that address"
    assert lost.what == "the host name of the database is not known"
    assert wrong.where == f"127.0.0.1:{port}/postgres"
    for each in (wrong, unknown, nobody, stopped, lost):
        assert each.do
        assert "wrong-password" not in str(each)
        assert each.__cause__ is None


@pytest.mark.parametrize(
    ("text", "what"),
    [
        ("FATAL: the database system is starting up", "starting or shutting down"),
        ("FATAL: the database system is shutting down", "starting or shutting down"),
        ("FATAL: no pg_hba.conf entry for host", "does not let this user in"),
        ("FATAL: sorry, too many clients already", "no connection left"),
        ("connection timeout expired", "did not answer in time"),
        ("SSL error: certificate verify failed", "no trusted TLS connection"),
        ("something new", "no connection to the database"),
    ],
)
def test_each_reason_has_its_own_words(text: str, what: str) -> None:
    failure = connect_failure(
        psycopg.OperationalError(f"{text} s3cret"), where="h", secret="s3cret"
    )
    assert what in failure.what
    assert "s3cret" not in str(failure)


@pytest.mark.parametrize(
    ("dsn", "message"),
    [
        ("postgresql://user:pa ss@@:x/db", "cannot be read"),
        ("postgresql://u:p@ss@w:rd@host:5432/x", "cannot be read"),
        ("no dsn at all secret", "cannot be read"),
        ("host=x", "lacks a part"),
        ("user=x dbname=y", "lacks a part"),
    ],
)
def test_a_dsn_that_cannot_be_used_is_an_error_that_does_not_show_it(
    dsn: str, message: str
) -> None:
    with pytest.raises(ConfigError, match=message) as caught:
        connect_reader(dsn)
    assert "ss@" not in str(caught.value)
    assert "secret" not in str(caught.value)


def test_the_transaction_pooler_is_refused_with_the_reason() -> None:
    pooler = "postgresql://postgres.ref:secret@aws-0.pooler.supabase.com:6543/postgres"
    with pytest.raises(UsageError, match="transaction pooler") as caught:
        connect_reader(pooler)
    assert "5432" in caught.value.do
    assert "secret" not in str(caught.value)


def test_a_remote_host_is_trusted_only_with_its_certificate() -> None:
    assert "sslmode=verify-full" in hermetic_dsn("host=db.example.org user=a dbname=b")
    assert "sslmode=require" in hermetic_dsn("host=db.example.org user=a dbname=b sslmode=require")
    assert "sslmode=prefer" in hermetic_dsn("host=/tmp user=a dbname=b")
    assert where_of("host=db.example.org user=a dbname=b") == "db.example.org:5432/b"


def test_a_client_program_older_than_the_server_is_refused() -> None:
    check_tool_version(tool="pg_dump", tool_major=18, server_version=180001, where="h")
    check_tool_version(tool="pg_dump", tool_major=18, server_version=150004, where="h")
    with pytest.raises(CannotTell, match="older than the server") as caught:
        check_tool_version(tool="pg_dump", tool_major=15, server_version=170002, where="h")
    assert caught.value.expected == "pg_dump 17 or newer"


def test_a_connection_lost_in_the_middle_is_said(server: EmbeddedServer) -> None:
    dsn = create_database(server.dsn(), "lost")
    with connect_reader(dsn) as connection, connect_admin(server.dsn()) as admin:
        where = place(connection)
        admin.execute("SELECT pg_terminate_backend(%s)", [connection.info.backend_pid])
        with pytest.raises(CannotTell, match="lost in the middle"), explained(where, "x"):
            connection.execute("SELECT 1")
        with pytest.raises(CannotTell, match="lost in the middle"), explained(where):
            connection.execute("SELECT 1")
    assert place(connection) == where


def test_a_statement_that_takes_too_long_or_meets_a_lock_is_said(dsn: str) -> None:
    with (
        connect_reader(dsn, statement_timeout_s=0.05) as connection,
        pytest.raises(CannotTell, match="longer than allowed"),
        explained(place(connection)),
    ):
        connection.execute("SELECT pg_sleep(5)")
    with connect_reader(dsn) as connection, connect_admin(dsn) as other, other.transaction():
        other.execute("LOCK TABLE people")
        with pytest.raises(CannotTell, match="holds a lock"), explained("h"):
            connection.execute("SELECT count(*) FROM people")


@pytest.mark.parametrize(
    ("query", "what"),
    [
        ("SELECT * FROM absent", "a table the database does not have"),
        ("SELECT absent FROM people", "a column the database does not have"),
        ("SELECT 1 / 0", "did not answer the question"),
    ],
)
def test_queries_that_fail_are_said_in_words(dsn: str, query: str, what: str) -> None:
    with (
        connect_reader(dsn) as connection,
        pytest.raises(CannotTell, match=what),
        explained("h", "a question"),
    ):
        connection.execute(query.encode())


def test_an_error_without_text_is_named_by_its_kind() -> None:
    failure = query_failure(psycopg.DataError(), where="h")
    assert failure.found == "DataError"


def test_a_server_that_refuses_the_settings_is_an_error(dsn: str, server: EmbeddedServer) -> None:
    with pytest.raises(CannotTell):
        connect_reader(dsn, statement_timeout_s=1e12)
    assert server.running
