from __future__ import annotations

import contextlib
import json
import os
import statistics
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from gonogo.actions import ScriptSpec, clean_environment, start
from gonogo.actions import client_wrapper as wrapper
from gonogo.actions.database_clients import (
    ClientCall,
    DatabaseClients,
    RealTarget,
    database_clients,
    hold,
    remove_left_over,
    remove_unless_used,
)
from gonogo.errors import CannotTell
from gonogo.redaction import Secret
from selftest.actions.conftest import PATH

REF = "abcdefghijklmnopqrst"
HOST = f"db.{REF}.supabase.co"
PASSWORD = Secret("the-real-password")
SHOW = '#!/bin/sh\necho "$0"; for a in "$@"; do echo "[$a]"; done; env | grep ^PG | sort\n'


@pytest.fixture
def binaries(tmp_path: Path) -> Path:
    folder = tmp_path / "real programs"
    folder.mkdir()
    for name in ("psql", "pg_dump"):
        (folder / name).write_text(SHOW)
        (folder / name).chmod(0o755)
    return folder


TARGET = RealTarget(
    host="10.0.0.1", port=5433, user="real", database="clone", password=PASSWORD, sslmode="disable"
)


@pytest.fixture
def clients(binaries: Path) -> Iterator[DatabaseClients]:
    with database_clients(
        binaries=binaries,
        target=TARGET,
        expected_project=REF,
        lock_timeout_s=1.5,
        statement_timeout_s=120.0,
    ) as private:
        yield private


def call(
    clients: DatabaseClients, program: str, *arguments: str, **environ: str
) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [program, *arguments],
        env={"PATH": f"{clients.folder}:{PATH}", **environ},
        capture_output=True,
        text=True,
        check=False,
    )


def test_a_call_to_the_expected_project_reaches_the_real_target(
    clients: DatabaseClients, binaries: Path
) -> None:
    done = call(
        clients,
        "psql",
        f"postgresql://postgres:made-up@{HOST}:5432/postgres",
        "-c",
        "select 'a b'",
        PGAPPNAME="migrate",
    )
    assert done.stderr == ""
    assert done.stdout.splitlines() == [
        str(binaries / "psql"),
        "[-c]",
        "[select 'a b']",
        "PGAPPNAME=gonogo action",
        "PGDATABASE=clone",
        "PGHOST=10.0.0.1",
        "PGOPTIONS=-c lock_timeout=1500 -c statement_timeout=120000",
        f"PGPASSFILE={clients.private}/none",
        "PGPASSWORD=the-real-password",
        "PGPORT=5433",
        "PGSSLMODE=disable",
        "PGUSER=real",
    ]
    assert clients.calls() == (ClientCall(program="psql", arguments=("-c", "select 'a b'")),)


def test_another_host_is_refused_and_noted(clients: DatabaseClients) -> None:
    done = call(clients, "pg_dump", "-h", "db.evil.example", "-Fc", "postgres", PGPASSWORD="x")
    assert done.returncode == 2
    assert done.stdout == ""
    assert done.stderr.startswith("pg_dump: refused by gonogo: it names the host 'db.evil.example'")
    [noted] = clients.calls()
    assert noted.arguments == ("-F", "c")
    assert "db.evil.example" in noted.refused


def test_what_asks_no_server_is_left_as_it_is(clients: DatabaseClients) -> None:
    done = call(clients, "psql", "--version", PGHOST="anywhere")
    assert "[--version]\nPGHOST=anywhere\n" in done.stdout


def test_secrets_in_arguments_are_masked_in_the_list_of_calls(clients: DatabaseClients) -> None:
    call(clients, "psql", "-h", HOST, "-c", f"alter role x password '{PASSWORD.reveal()}'")
    assert clients.calls()[0].arguments == ("-c", "alter role x password '***'")


def test_only_programs_that_exist_are_offered(clients: DatabaseClients) -> None:
    assert sorted(path.name for path in clients.folder.iterdir()) == ["pg_dump", "psql"]
    assert clients.calls() == ()


def test_the_private_folder_is_private_and_gone_at_the_end(binaries: Path) -> None:
    with database_clients(binaries=binaries, target=TARGET, expected_project=REF) as clients:
        assert clients.private.stat().st_mode & 0o777 == 0o700
        assert (clients.private / "target.json").stat().st_mode & 0o777 == 0o600
    assert not clients.private.exists()


def test_the_private_folder_stays_while_somebody_uses_it(binaries: Path) -> None:
    with database_clients(binaries=binaries, target=TARGET, expected_project=REF) as clients:
        used = hold(clients.private)
    assert clients.private.exists()
    os.close(used)
    remove_unless_used(clients.private)
    assert not clients.private.exists()
    remove_unless_used(clients.private)


def test_what_a_killed_run_left_is_removed_and_nothing_else(tmp_path: Path) -> None:
    left, used, fresh = (tmp_path / f"gonogo-clients-{name}" for name in ("left", "used", "fresh"))
    for folder in (left, used, fresh):
        folder.mkdir()
    for folder in (left, used):
        (folder / "target.json").write_text("{}")
    os.close(hold(left))
    held = hold(used)
    remove_left_over(tmp_path)
    assert [folder for folder in (left, used, fresh) if folder.exists()] == [used, fresh]
    os.close(held)


def test_a_script_keeps_its_clients_although_its_caller_ends(
    binaries: Path, tmp_path: Path
) -> None:
    script = tmp_path / "product.sh"
    script.write_text(f"#!/bin/bash\nsleep 1\npsql -h {HOST} -c 'select 1'\n")
    script.chmod(0o755)
    with (
        contextlib.suppress(KeyboardInterrupt),
        database_clients(binaries=binaries, target=TARGET, expected_project=REF) as clients,
    ):
        spec = ScriptSpec(
            name="migrate",
            argv=("./product.sh",),
            cwd=tmp_path,
            env=clean_environment(tmp_path, f"{clients.folder}:{PATH}"),
            private_folders=(clients.private,),
            timeout_s=20.0,
        )
        running = start(spec, tmp_path / "run", (PASSWORD,))
        raise KeyboardInterrupt
    assert clients.private.exists()
    result = running.wait(20.0)
    assert "PGPASSWORD=***" in result.output
    assert result.exit_status == 0
    assert not clients.private.exists()


def test_missing_programs_are_named(tmp_path: Path) -> None:
    with (
        pytest.raises(CannotTell, match="client programs are missing"),
        database_clients(binaries=tmp_path, target=TARGET, expected_project=REF),
    ):
        pass


def test_a_failure_on_the_way_leaves_no_folder(binaries: Path) -> None:
    with (
        pytest.raises(ZeroDivisionError),
        database_clients(binaries=binaries, target=TARGET, expected_project=REF) as clients,
    ):
        raise ZeroDivisionError
    assert not clients.private.exists()


def test_the_program_itself_refuses_with_status_2(
    clients: DatabaseClients, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit) as ended:
        wrapper.main(str(clients.private / "target.json"), "psql", ["-h", "elsewhere"])
    assert ended.value.code == 2
    assert "refused" in capsys.readouterr().err
    assert json.loads((clients.private / "calls.jsonl").read_text())["refused"]


def test_a_wrapped_call_starts_quickly(clients: DatabaseClients) -> None:
    took_s = []
    for _ in range(7):
        began_s = time.perf_counter()
        call(clients, "psql", "--version")
        took_s.append(time.perf_counter() - began_s)
    assert statistics.median(took_s) < 0.25  # some 30 ms when nothing else runs
