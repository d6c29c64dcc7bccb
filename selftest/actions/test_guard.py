from __future__ import annotations

import os
import secrets
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import psycopg
import pytest
from psycopg.conninfo import conninfo_to_dict

from gonogo.actions import Guard, Lost, Running, ScriptResult, adopt, start
from gonogo.actions.action_folder import ActionFolder
from gonogo.actions.supervisor import StopRequest, supervise
from gonogo.errors import CannotTell, ConfigError, TargetRefused
from gonogo.probes.database.clones import create_database
from gonogo.probes.database.only_place import OnlyPlace, action_session
from gonogo.probes.database.server import EmbeddedServer
from gonogo.redaction import Secret
from gonogo.waiting import wait_until
from selftest.actions.asking import Asker, order_for
from selftest.actions.conftest import MakeSpec

KEY = "gonogo: one action at a time"
OWN = action_session("product", "20260125T120000Z-abc123")
CALLER = """
import os, sys
from pathlib import Path
from gonogo.actions import Guard, ScriptSpec, clean_environment, start
from gonogo.redaction import Secret
folder = Path(sys.argv[1])
spec = ScriptSpec(
    name="product", argv=("./product.sh",), cwd=folder,
    env=clean_environment(folder, "/usr/bin:/bin"), timeout_s=30.0,
)
guard = Guard(dsn=Secret(sys.stdin.readline().strip()), purpose="run 7 product")
running = start(spec, folder / "run", guard=guard)
print("started", flush=True)
running.wait()
"""


@pytest.fixture(scope="module")
def server() -> Iterator[EmbeddedServer]:
    with EmbeddedServer() as running:
        yield running


@pytest.fixture
def dsn(server: EmbeddedServer) -> str:
    return create_database(server.dsn(), f"guarded_{secrets.token_hex(4)}")


@pytest.fixture
def start_guarded(make_spec: MakeSpec, tmp_path: Path, dsn: str) -> Iterator[Callable[..., Path]]:
    """Start a script that waits for the file ``go`` and then returns 3; return its folder."""
    folder = tmp_path / "run"

    def run(begin: Callable[[], None] = lambda: None) -> Path:
        spec = make_spec("echo up; until [ -e go ]; do sleep 0.05; done; exit 3")
        guard = Guard(dsn=Secret(dsn), purpose="run 7 product", own_applications=(OWN,))
        start(spec, folder, guard=guard, begin=begin)
        return folder

    yield run
    found = adopt(folder)
    if isinstance(found, Running):
        found.stop()
        found.wait(20.0)


def is_free(dsn: str) -> bool:
    with psycopg.connect(dsn) as late:
        found = late.execute("SELECT pg_try_advisory_lock(hashtextextended(%s, 0))", [KEY])
        return found.fetchone() == (True,)


def session_of(dsn: str) -> int | None:
    """The session that keeps others out."""
    with psycopg.connect(dsn) as onlooker:
        row = onlooker.execute(
            "SELECT a.pid FROM pg_locks l JOIN pg_stat_activity a USING (pid) "
            "WHERE l.locktype = 'advisory' AND a.application_name = 'gonogo run 7 product'"
        ).fetchone()
        return row[0] if row else None


def end_of(folder: Path) -> ScriptResult:
    (folder.parent / "go").touch()
    found = wait_until(
        lambda: adopt(folder), lambda seen: not isinstance(seen, Running), what="it", timeout_s=20.0
    )
    assert isinstance(found, ScriptResult)
    return found


def test_others_are_kept_out_until_the_script_has_ended(
    start_guarded: Callable[..., Path], dsn: str
) -> None:
    assert is_free(dsn)
    begun: list[bool] = []
    folder = start_guarded(begin=lambda: begun.append(is_free(dsn)))
    assert begun == [False], "the caller was asked before others were kept out"
    assert not is_free(dsn)
    result = end_of(folder)
    assert is_free(dsn)
    assert result.exit_status == 3
    assert result.watched is not None
    assert (result.watched.notes, result.watched.unguarded) == ((), "")


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGKILL])
def test_others_are_kept_out_and_watched_also_when_the_caller_has_ended(
    make_spec: MakeSpec, tmp_path: Path, dsn: str, number: int
) -> None:
    make_spec("echo up; until [ -e go ]; do sleep 0.05; done")
    with psycopg.connect(dsn) as owner:
        owner.execute("CREATE TABLE orders (id int)")
    caller = subprocess.Popen(
        [sys.executable, "-c", CALLER, str(tmp_path)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        start_new_session=True,
    )
    with caller:
        assert caller.stdin is not None
        assert caller.stdout is not None
        caller.stdin.write(f"{dsn}\n".encode())
        caller.stdin.flush()
        assert caller.stdout.readline() == b"started\n"
        os.killpg(caller.pid, number)
    assert caller.poll() is not None
    assert not is_free(dsn), "another machine could act while the script goes on"
    with psycopg.connect(dsn, application_name="app") as other:
        other.execute("INSERT INTO orders VALUES (1)")
        supervisor = ActionFolder(path=tmp_path / "run")
        wait_until(supervisor.is_alive, bool, what="it to go on", timeout_s=5.0)
        wait_for_looks(dsn)
    result = end_of(tmp_path / "run")
    assert is_free(dsn)
    assert result.watched is not None
    assert result.watched.written_by_others == ("public.orders",)


def wait_for_looks(dsn: str) -> None:
    """Wait until the watcher has asked for writers again, as it does now and then."""
    with psycopg.connect(dsn, autocommit=True) as session:
        now = session.execute("SELECT clock_timestamp()").fetchone()
        # One that began before says nothing, and one that is under way may not have looked yet.
        asked = "SELECT count(*) FROM pg_stat_activity WHERE query LIKE '%%ShareRowExclusive%%' \
            AND application_name = 'gonogo run 7 product' AND query_start > %s AND state = 'idle'"
        wait_until(
            lambda: session.execute(asked, now).fetchone(),
            lambda seen: bool(seen and seen[0]),
            what="a look for writers",
            timeout_s=10.0,
            interval_s=0.001,
        )


def test_supervising_keeps_others_out_and_writes_down_what_it_saw(
    make_spec: MakeSpec, tmp_path: Path, dsn: str
) -> None:
    (tmp_path / "go").touch()
    guard = Guard(dsn=Secret(dsn), purpose="run 7 product")
    spec = make_spec("echo up", argv=(str(tmp_path / "product.sh"),))
    caller = Asker()
    supervise(order_for(spec, tmp_path, guard=guard), StopRequest(), caller, root=None)
    assert caller.heard == ["ready", "started"]
    result = adopt(tmp_path)
    assert isinstance(result, ScriptResult)
    assert result.watched is not None
    assert result.watched.unguarded == ""
    assert is_free(dsn)


def test_a_supervisor_that_finds_another_acting_says_so(
    make_spec: MakeSpec, tmp_path: Path, dsn: str
) -> None:
    guard = Guard(dsn=Secret(dsn), purpose="run 7 product")
    caller = Asker()
    with guard.kept():
        order = order_for(make_spec("echo up"), tmp_path, guard=guard)
        supervise(order, StopRequest(), caller, root=None)
    assert caller.heard == []
    assert isinstance(caller.error, TargetRefused)


def test_nothing_begins_where_another_gonogo_acts(
    start_guarded: Callable[..., Path], dsn: str, tmp_path: Path
) -> None:
    other = OnlyPlace(dsn, purpose="run 6 backup")
    other.take()
    begun: list[bool] = []
    with pytest.raises(TargetRefused, match="another gonogo is acting") as caught:
        start_guarded(begin=lambda: begun.append(True))
    other.close()
    assert "gonogo run 6 backup" in caught.value.found
    assert caught.value.where == OnlyPlace(dsn, purpose="x").where
    assert begun == []
    found = adopt(tmp_path / "run")
    assert isinstance(found, Lost)
    assert not found.begun


def test_nothing_begins_where_nobody_can_be_kept_out(make_spec: MakeSpec, tmp_path: Path) -> None:
    guard = Guard(dsn=Secret("host=127.0.0.1 port=1 user=a dbname=b"), purpose="x")
    with pytest.raises(CannotTell, match="nothing accepts connections"):
        start(make_spec("touch begun"), tmp_path / "run", guard=guard)
    assert not (tmp_path / "begun").exists()


def test_the_script_goes_on_when_the_place_is_lost_and_that_is_said(
    start_guarded: Callable[..., Path], dsn: str
) -> None:
    folder = start_guarded()
    first = session_of(dsn)
    with psycopg.connect(dsn, autocommit=True) as admin:
        admin.execute("SELECT pg_terminate_backend(%s)", [first])
    wait_until(
        lambda: session_of(dsn),
        lambda pid: pid not in (first, None),
        what="the place to be held again",
        timeout_s=10.0,
    )
    result = end_of(folder)
    assert result.exit_status == 3
    assert result.watched is not None
    assert "its session was lost at" in result.watched.notes[-1]
    assert result.watched.unguarded == ""


def test_a_place_that_another_took_meanwhile_is_said(
    start_guarded: Callable[..., Path], dsn: str
) -> None:
    folder = start_guarded()
    with psycopg.connect(dsn, autocommit=True) as admin:
        admin.execute("SELECT pg_terminate_backend(%s)", [session_of(dsn)])
        admin.execute("SELECT pg_advisory_lock(hashtextextended(%s, 0))", [KEY])
        result = end_of(folder)
    assert result.exit_status == 3
    assert result.watched is not None
    assert result.watched.unguarded.startswith("another gonogo was seen acting: pid ")


def test_an_order_names_files_so_that_they_are_found_from_another_folder(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    dsn = "postgresql://a:s3cret-pass@db.example.org/x?sslrootcert=ca.pem&sslkey=%2Fk.pem"
    guard = Guard(dsn=Secret(dsn), purpose="run 7 product", own_applications=("a", "b"))
    assert "s3cret-pass" not in repr(guard)
    order = guard.to_order()
    parts = conninfo_to_dict(order["dsn"])
    assert parts["sslrootcert"] == f"{tmp_path}/ca.pem"
    assert parts["sslkey"] == "/k.pem"
    assert parts["password"] == "s3cret-pass"
    again = Guard.from_order(order)
    assert (again.purpose, again.own_applications) == (guard.purpose, guard.own_applications)
    system = Guard(dsn=Secret(dsn.replace("ca.pem", "system")), purpose="x").to_order()["dsn"]
    assert conninfo_to_dict(system)["sslrootcert"] == "system"


def test_an_order_for_what_cannot_be_read_is_refused_without_showing_it() -> None:
    with pytest.raises(ConfigError, match="cannot be read") as caught:
        Guard(dsn=Secret("postgresql://a:p@ss@[x/y"), purpose="x").to_order()
    assert "p@ss" not in str(caught.value)
