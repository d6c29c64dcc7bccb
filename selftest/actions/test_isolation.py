from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from gonogo.actions import Ended, Prompt, ScriptSpec, clean_environment, start
from gonogo.actions.database_clients import RealTarget, database_clients
from gonogo.actions.isolation import isolated_command, without_network
from gonogo.probes.database.server import EmbeddedServer
from gonogo.redaction import Secret
from selftest.actions.conftest import PATH

REF = "abcdefghijklmnopqrst"
REFUSAL = (
    "psql: refused by gonogo: it names the host 'db.elsewhere.supabase.co', "
    f"which is not of the project '{REF}'"
)
CONNECT = "import socket; socket.create_connection(('127.0.0.1', {port}), 2).close()"


@pytest.fixture(scope="module")
def server() -> Iterator[EmbeddedServer]:
    with EmbeddedServer() as running:
        yield running


def written(path: Path, text: str) -> str:
    path.write_text(text)
    path.chmod(0o755)
    return str(path)


def test_an_isolated_command_reaches_no_network(server: EmbeddedServer) -> None:
    command = [sys.executable, "-c", CONNECT.format(port=server.port)]
    isolated = without_network(command)
    if not isolated.cut_off:
        pytest.skip(isolated.how)
    assert subprocess.run(command, check=False).returncode == 0
    refused = subprocess.run(isolated.argv, check=False, capture_output=True, text=True)
    assert "unreachable" in refused.stderr


def test_without_the_program_the_command_stays_and_the_reason_is_given(tmp_path: Path) -> None:
    refusing = written(tmp_path / "unshare", "#!/bin/sh\necho 'not permitted' >&2\nexit 1\n")
    isolated = without_network(["./migrate.sh", "--backup"], unshare=refusing)
    assert isolated.argv == ("./migrate.sh", "--backup")
    assert not isolated.cut_off
    assert isolated.how == "this system allows no network namespace: not permitted"
    missing = without_network(["x"], unshare=str(tmp_path / "missing"))
    assert "No such file" in missing.how


def test_a_system_without_unshare_says_so(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", "/nonexistent")
    assert without_network(["x"]).how == "this system has no `unshare`"


def test_the_first_form_that_works_is_used(tmp_path: Path) -> None:
    picky = written(tmp_path / "unshare", '#!/bin/sh\n[ "$2" = --map-root-user ] || exit 1\n')
    isolated = without_network(["x"], unshare=picky)
    assert isolated.argv == (picky, "--user", "--map-root-user", "--net", "--", "x")
    assert isolated.how == "unshare --user --map-root-user --net"
    assert isolated_command(isolated.argv) == 5
    assert isolated_command(["x"]) == 0


def test_a_product_script_without_network_backs_up_and_migrates_by_the_socket(
    server: EmbeddedServer, tmp_path: Path
) -> None:
    """Name the project, read a password, call the clients by name: as the product does."""
    script = written(
        tmp_path / "migrate.sh",
        f"""#!/bin/bash
set -euo pipefail
read -s -p "Enter database password: " password; echo
url="postgresql://postgres:$password@db.{REF}.supabase.co:5432/postgres"
psql "$url" -v ON_ERROR_STOP=1 -q -c "create table made as select 7 as id"
pg_dump "$url" -f backup.sql
psql "$url" -Atc "select id, current_setting('lock_timeout') from made"
psql "$url" -qc "drop table made"
grep -c "COPY public.made" backup.sql
psql -h db.elsewhere.supabase.co postgres -c "select 1" || echo "status $?"
""",
    )
    made_up = Secret("made-up-password-1")
    isolated = without_network([script])
    with database_clients(
        binaries=server.binaries.folder,
        target=RealTarget(
            host=str(server.socket_dir), port=server.port, user="postgres", database="postgres"
        ),
        expected_project=REF,
        lock_timeout_s=3.0,
    ) as clients:
        spec = ScriptSpec(
            name="migrate",
            argv=isolated.argv,
            cwd=tmp_path,
            env=clean_environment(tmp_path, f"{clients.folder}:{PATH}"),
            prompts=(Prompt(pattern="database password", answer=made_up),),
            timeout_s=30.0,
            private_folders=(clients.private,),
        )
        result = start(spec, tmp_path / "run").wait(40.0)
        calls = clients.calls()
    assert result.ended is Ended.EXITED, result.message
    assert result.output.splitlines()[1:] == [
        "",
        "7|3s",
        "1",
        REFUSAL,
        "status 2",
    ]
    assert [call.program for call in calls] == ["psql", "pg_dump", "psql", "psql", "psql"]
    assert bool(calls[-1].refused)
    assert (tmp_path / "backup.sql").stat().st_uid == os.getuid()
