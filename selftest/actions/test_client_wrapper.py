from __future__ import annotations

import pytest

from gonogo.actions import client_wrapper as wrapper
from gonogo.actions.client_wrapper import RefusedError

REF = "abcdefghijklmnopqrst"
TARGET: dict[str, object] = {
    "expected_project": REF,
    "expected_hosts": ["db.internal.example"],
    "expected_database": "postgres",
    "connection": {"PGHOST": "/socket", "PGUSER": "real", "PGPASSWORD": "real-password"},
    "options": "-c lock_timeout=1000",
    "database": "clone",
    "lock_timeout_ms": 1000,
    "snapshot": "",
    "application": "action migrate",
}
DIRECT = f"postgresql://postgres:made-up@db.{REF}.supabase.co:5432/postgres"


def named(program: str, *arguments: str) -> tuple[list[tuple[str, str]], list[str]]:
    parts, others = wrapper.split_arguments(program, list(arguments))
    return wrapper.expand(parts), others


@pytest.mark.parametrize(
    ("program", "arguments", "parts", "others"),
    [
        ("psql", "-h H -p 1 -U u -d d -c select", "host=H port=1 user=u dbname=d", "-c select"),
        ("psql", "-hH -p1 -Uu -dd", "host=H port=1 user=u dbname=d", ""),
        ("psql", "--host=H --port 1 --username=u --dbname d", "host=H port=1 user=u dbname=d", ""),
        ("psql", "--user u --db=d --ho H", "user=u dbname=d host=H", ""),
        ("psql", "d u extra", "dbname=d user=u", "extra"),
        ("psql", "-Atqc select d", "dbname=d", "-Atq -c select"),
        ("psql", "-XAtd d -f file.sql", "dbname=d", "-XAt -f file.sql"),
        ("psql", "-d d -v ON_ERROR_STOP=1 --set a=b", "dbname=d", "-v ON_ERROR_STOP=1 --set a=b"),
        ("psql", "-W -w --password --no-password -wq d", "dbname=d", "-q"),
        (
            "psql",
            "--file=x.sql --single-transaction d",
            "dbname=d",
            "--file=x.sql --single-transaction",
        ),
        ("psql", "-v host=db.evil -d d", "dbname=d", "-v host=db.evil"),
        ("pg_dump", "-Fc -n public -f out.dump d", "dbname=d", "-F c -n public -f out.dump"),
        (
            "pg_dump",
            "--schema public --exclude-table t d",
            "dbname=d",
            "--schema public --exclude-table t",
        ),
        ("pg_restore", "-d d -j 2 file.dump", "dbname=d", "-j 2 file.dump"),
        ("pg_dumpall", "-l d --database=e -g", "dbname=d dbname=e", "-g"),
        ("createdb", "-l C -h H --maintenance-db=m new", "host=H dbname=m", "-l C new"),
        ("dropdb", "-h H old", "host=H", "old"),
        ("pg_isready", "-t 3 -h H", "host=H", "-t 3"),
        ("psql", "", "", ""),
    ],
)
def test_the_connection_is_taken_out_of_the_arguments(
    program: str, arguments: str, parts: str, others: str
) -> None:
    found, left = named(program, *arguments.split())
    assert [f"{name}={value}" for name, value in found] == parts.split()
    assert left == others.split()


@pytest.mark.parametrize(
    ("address", "parts"),
    [
        (
            DIRECT,
            {
                "user": "postgres",
                "host": f"db.{REF}.supabase.co",
                "port": "5432",
                "dbname": "postgres",
            },
        ),
        ("postgres://h", {"host": "h"}),
        ("postgresql:///d", {"dbname": "d"}),
        ("postgresql://[::1]:5433/d", {"host": "::1", "port": "5433", "dbname": "d"}),
        ("postgresql://[::1]/d", {"host": "::1", "dbname": "d"}),
        ("postgresql://u%40x:p%3Aq@h/d%C3%A9", {"user": "u@x", "host": "h", "dbname": "dé"}),
        ("postgresql://u:p@q@h/d", {"user": "u", "host": "h", "dbname": "d"}),
        (
            "postgresql://?host=h&user=u&sslmode=require",
            {"host": "h", "user": "u", "sslmode": "require"},
        ),
    ],
)
def test_addresses_are_taken_apart(address: str, parts: dict[str, str]) -> None:
    assert dict(wrapper.address_parts(address)) == parts


def test_every_host_of_a_list_is_named() -> None:
    parts = wrapper.address_parts("postgresql://a:1,b:2/d")
    assert [value for name, value in parts if name == "host"] == ["a", "b"]


@pytest.mark.parametrize(
    ("text", "parts"),
    [
        ("host=h port=1", {"host": "h", "port": "1"}),
        (" host = 'a b'  user=u ", {"host": "a b", "user": "u"}),
        (r"password='it\'s' dbname=a\ b", {"password": "it's", "dbname": "a b"}),
        ("host='' dbname=d", {"host": "", "dbname": "d"}),
    ],
)
def test_key_value_strings_are_taken_apart(text: str, parts: dict[str, str]) -> None:
    assert dict(wrapper.conninfo_parts(text)) == parts


def check(*arguments: str, **environ: str) -> None:
    parts, _ = named("psql", *arguments)
    wrapper.check(parts, environ, TARGET)


@pytest.mark.parametrize(
    "arguments",
    [
        [DIRECT],
        [DIRECT.upper().replace("POSTGRES", "postgres").replace("QL://", "ql://")],
        ["-h", f"db.{REF}.supabase.co", "-U", "postgres", "postgres"],
        [f"host=db.{REF}.supabase.co dbname=postgres user=postgres password=x"],
        [f"postgresql://postgres.{REF}:x@aws-0-eu-central-1.pooler.supabase.com:5432/postgres"],
        ["-h", "db.internal.example"],
    ],
)
def test_the_expected_project_is_let_through(arguments: list[str]) -> None:
    check(*arguments)


def test_the_expected_project_may_be_named_by_the_environment() -> None:
    check(PGHOST=f"db.{REF}.supabase.co", PGDATABASE="postgres", PGPORT="5432")


@pytest.mark.parametrize(
    ("arguments", "environ", "reason"),
    [
        ([], {}, "names no host"),
        (["-d", "postgres"], {}, "names no host"),
        (["postgresql://postgres@db.other.supabase.co/postgres"], {}, "'db.other.supabase.co'"),
        ([f"postgresql://db.{REF}.supabase.co,evil.example/postgres"], {}, "'evil.example'"),
        (["-h", f"db.{REF}.supabase.co,evil.example"], {}, "'evil.example'"),
        (["-h", "evil.example", DIRECT], {}, "'evil.example'"),
        ([f"postgresql://db.{REF}.supabase.co.evil.example/postgres"], {}, "evil.example"),
        (["-h", "/tmp"], {}, "'/tmp'"),
        (["-h", "localhost"], {}, "'localhost'"),
        ([], {"PGHOST": "evil.example"}, "'evil.example'"),
        (["host=db.internal.example hostaddr=10.0.0.1"], {}, "hostaddr hides"),
        (["-h", "db.internal.example"], {"PGHOSTADDR": "10.0.0.1"}, "hostaddr hides"),
        (["service=prod"], {}, "service hides"),
        ([], {"PGSERVICE": "prod"}, "service hides"),
        ([DIRECT.replace("5432", "6543")], {}, "transaction pooler"),
        (["-h", "db.internal.example"], {"PGPORT": "6543"}, "transaction pooler"),
        (
            ["postgresql://postgres.other:x@aws-0-eu.pooler.supabase.com:5432/postgres"],
            {},
            "the user 'postgres.other'",
        ),
        (["-h", "aws-0-eu.pooler.supabase.com"], {}, "the user ''"),
        ([DIRECT.replace("/postgres", "/other")], {}, "the database 'other'"),
        (["-h", "db.internal.example"], {"PGDATABASE": "other"}, "the database 'other'"),
    ],
)
def test_anything_else_is_refused(
    arguments: list[str], environ: dict[str, str], reason: str
) -> None:
    with pytest.raises(RefusedError) as caught:
        check(*arguments, **environ)
    assert reason in str(caught.value)


@pytest.mark.parametrize(
    "arguments",
    [
        ["-d"],
        ["--host"],
        ["--", "postgres"],
        ["host h=1 =", "-h"],
        ["postgresql://%zz/d"],
        ["a=b c"],
    ],
)
def test_what_cannot_be_read_is_refused(arguments: list[str]) -> None:
    with pytest.raises(RefusedError):
        named("psql", *arguments)


def test_the_environment_leads_to_the_real_target() -> None:
    environ = {
        "PATH": "/bin",
        "PGAPPNAME": "migrate",
        "PGPASSWORD": "made-up",
        "PGSERVICEFILE": "/x",
        "PGOPTIONS": "-c a=1",
    }
    real = wrapper.real_environment(environ, [("options", "-c b=2"), ("host", "x")], TARGET)
    assert real == {
        "PATH": "/bin",
        "PGAPPNAME": "action migrate",
        "PGHOST": "/socket",
        "PGUSER": "real",
        "PGPASSWORD": "real-password",
        "PGOPTIONS": "-c a=1 -c b=2 -c lock_timeout=1000",
    }


def test_a_made_up_password_is_dropped_even_when_the_target_needs_none() -> None:
    target = {**TARGET, "connection": {"PGHOST": "/socket"}}
    assert "PGPASSWORD" not in wrapper.real_environment({"PGPASSWORD": "made-up"}, [], target)


@pytest.mark.parametrize(
    ("program", "others", "extra"),
    [
        ("psql", [], []),
        ("pg_dump", [], ["--lock-wait-timeout=1000", "--snapshot=S1"]),
        ("pg_dump", ["--lock-wait-timeout=5"], ["--snapshot=S1"]),
        ("pg_dumpall", [], ["--lock-wait-timeout=1000"]),
        ("pg_restore", [], ["--dbname=clone"]),
    ],
)
def test_options_that_programs_override_are_given_as_arguments(
    program: str, others: list[str], extra: list[str]
) -> None:
    assert wrapper.extra_arguments(program, others, {**TARGET, "snapshot": "S1"}) == extra


@pytest.mark.parametrize(
    ("program", "arguments", "connects"),
    [
        ("psql", ["--version"], False),
        ("psql", ["--help=variables"], False),
        ("pg_dump", ["-V"], False),
        ("pg_restore", ["--list", "file"], False),
        ("pg_restore", ["-d", "postgres", "file"], True),
        ("psql", [], True),
    ],
)
def test_calls_that_reach_for_no_server_are_let_through(
    program: str,
    arguments: list[str],
    connects: bool,  # noqa: FBT001 - a parameter of the table
) -> None:
    parts, others = wrapper.split_arguments(program, arguments)
    assert wrapper.connects(program, parts, others) is connects
