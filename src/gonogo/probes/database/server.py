"""A PostgreSQL server of our own: started here, private, and gone when its owner is gone."""

from __future__ import annotations

import json
import os
import re
import shutil
import socket
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from types import TracebackType
from typing import Self

from psycopg.conninfo import make_conninfo

from gonogo.errors import CannotTell
from gonogo.probes.database import supervisor
from gonogo.probes.database.binaries import PostgresBinaries, find_binaries
from gonogo.probes.database.scratch import scratch_from_environment
from gonogo.probes.database.server_access import can_run, private_folder
from gonogo.waiting import wait_until

__all__ = ["EmbeddedServer", "PostgresBinaries", "find_binaries", "scratch_from_environment"]

NOBODY = 65534
START_TIMEOUT_S = 60.0
STOP_TIMEOUT_S = 20.0
POLL_S = 0.01
PORT_ATTEMPTS = 3
SETTINGS: Mapping[str, str] = {
    "fsync": "off",
    "synchronous_commit": "off",
    "full_page_writes": "off",
    "max_connections": "100",
    "shared_buffers": "128MB",
    "log_lock_waits": "on",
    "deadlock_timeout": "20ms",
    "log_line_prefix": "%m [%p] %q%a %u@%d ",
    "timezone": "UTC",
    "log_timezone": "UTC",
    "lc_messages": "C",
}


class EmbeddedServer:
    """A PostgreSQL server on a private socket and a free port of 127.0.0.1.

    Without *password* everybody who reaches it is trusted. With one, connections over TCP must
    give it (scram-sha-256), those over the socket need not. A server that is stopped, or whose
    owner dies in any way, takes its data folder with it. As root it runs as user 65534.
    """

    host = "127.0.0.1"

    def __init__(  # noqa: PLR0913 - each is one setting of the server
        self,
        *,
        binaries: PostgresBinaries | None = None,
        superuser: str = "postgres",
        password: str = "",
        settings: Mapping[str, str] | None = None,
        user: int | None = None,
        parents: Iterable[str] = (tempfile.gettempdir(), "/tmp"),  # noqa: S108 - mkdtemp is in it
        pick_port: Callable[[], int] | None = None,
    ) -> None:
        self.binaries = binaries or find_binaries()
        self.superuser = superuser
        self.port = 0
        self.pid = 0
        self._password = password
        self._settings = {**SETTINGS, **(settings or {})}
        self._user = NOBODY if user is None and os.geteuid() == 0 else user
        self._parents = tuple(parents)
        self._pick_port = pick_port or _free_port
        self._folder = Path()
        self._supervisor: subprocess.Popen[bytes] | None = None

    @property
    def socket_dir(self) -> Path:
        """The folder of the private socket."""
        return self._folder

    @property
    def log_path(self) -> Path:
        """The server's log; it goes with the server."""
        return self._folder / "server.log"

    @property
    def running(self) -> bool:
        """Whether the server was started and not stopped."""
        return self._supervisor is not None

    def dsn(
        self, database: str = "postgres", user: str | None = None, password: str | None = None
    ) -> str:
        """Return the address over TCP; *user* and *password* default to the superuser's."""
        given = password or (self._password if user in (None, self.superuser) else "")
        return make_conninfo(
            host=self.host,
            port=self.port,
            dbname=database,
            user=user or self.superuser,
            **({"password": given} if given else {}),
        )

    def socket_dsn(self, database: str = "postgres", user: str | None = None) -> str:
        """Return the address over the private socket, where no password is asked."""
        return make_conninfo(
            host=str(self.socket_dir),
            port=self.port,
            dbname=database,
            user=user or self.superuser,
        )

    def start(self) -> Self:
        """Create the data folder and start the server; return once it accepts connections.

        Raises:
            CannotTell: with the end of the server's log, when it does not start.
        """
        if self._supervisor is not None:
            return self
        for attempts_left in reversed(range(PORT_ATTEMPTS)):
            self.port = self._pick_port()
            self._folder = private_folder(self._parents, self._user)
            try:
                self._supervisor = self._start_supervisor()
                problem = self._wait_until_ready()
            except BaseException:
                self.stop()
                raise
            if not problem:
                return self
            self.stop()
            if attempts_left == 0 or "could not bind" not in problem:
                break
        raise CannotTell(
            "the scratch PostgreSQL server did not start",
            where=self.binaries.source,
            found=problem,
            do="read the log lines above; a full disk, too little shared memory or a missing "
            "library are the usual causes",
        )

    def stop(self) -> None:
        """Stop the server at once and remove its data; harmless when it is not running."""
        running, self._supervisor = self._supervisor, None
        if running is not None:
            assert running.stdin is not None
            running.stdin.close()
            try:
                running.wait(STOP_TIMEOUT_S)
            except subprocess.TimeoutExpired:
                running.kill()
                running.wait()
        if self._folder != Path():
            shutil.rmtree(self._folder, ignore_errors=True)
        self.pid = 0

    def __enter__(self) -> Self:
        """Start it."""
        return self.start()

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """Stop it."""
        self.stop()

    def _start_supervisor(self) -> subprocess.Popen[bytes]:
        home = self._folder / "home"
        home.mkdir()
        binaries = self._reachable_binaries()
        environment = {
            "PATH": f"{binaries}:/usr/bin:/bin",
            "HOME": str(home),
            "LANG": "C.UTF-8",
            "TZ": "UTC",
        }
        initdb = [str(binaries / "initdb"), "-D", str(self._folder / "data")]
        initdb += ["-U", self.superuser, "-E", "UTF8", "--locale=C.UTF-8", "-N", "-A", "trust"]
        if self._password:
            password_file = self._folder / "password"
            password_file.touch(mode=0o600)
            password_file.write_text(self._password, encoding="utf-8")
            initdb += ["--auth-host=scram-sha-256", f"--pwfile={password_file}"]
        settings = {
            **self._settings,
            "listen_addresses": self.host,
            "port": str(self.port),
            "unix_socket_directories": str(self._folder),
        }
        postgres = [str(binaries / "postgres"), "-D", str(self._folder / "data")]
        postgres += [each for name, value in settings.items() for each in ("-c", f"{name}={value}")]
        if self._user is not None:
            for path in (self._folder, *self._folder.iterdir()):
                os.chown(path, self._user, self._user)
        orders: supervisor.Orders = {
            "commands": [initdb, postgres],
            "folder": str(self._folder),
            "log": str(self.log_path),
            "user": self._user,
            "environment": environment,
        }
        return subprocess.Popen(
            [sys.executable, "-I", "-S", supervisor.__file__, json.dumps(orders)],
            stdin=subprocess.PIPE,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            env=environment,
            cwd="/",
            start_new_session=True,
        )

    def _reachable_binaries(self) -> Path:
        """Return the folder of the programs, copied when the server's user may not read it.

        The usual cause is a virtual environment below a home folder that only root may enter.
        """
        if self._user is None or can_run(self.binaries.program("postgres"), self._user):
            return self.binaries.folder
        install = self.binaries.folder.parent
        copy = self._folder / "programs" / install.parent.name / install.name
        shutil.copytree(install, copy, symlinks=True)
        libraries = install.parent.with_name(f"{install.parent.name}.libs")
        if libraries.is_dir():
            shutil.copytree(libraries, copy.parent.with_name(libraries.name), symlinks=True)
        return copy / "bin"

    def _wait_until_ready(self) -> str:
        """Return "" once the server is ready, or the end of its log when it gave up."""
        gave_up = self._folder / supervisor.FAILED
        state = wait_until(
            lambda: "gave up" if gave_up.exists() or self._supervisor_ended() else self._ready(),
            lambda seen: seen != "",
            what="the scratch PostgreSQL server to accept connections",
            timeout_s=START_TIMEOUT_S,
            interval_s=POLL_S,
            do="the machine may be overloaded, or its disk full",
        )
        if state == "gave up":
            log = self.log_path
            return log.read_text(errors="replace")[-2000:] if log.exists() else "no log was written"
        return ""

    def _supervisor_ended(self) -> bool:
        return self._supervisor is not None and self._supervisor.poll() is not None

    def _ready(self) -> str:
        """Return "ready" when the server's own status line says so (pg_ctl -w reads the same)."""
        try:
            lines = (self._folder / "data" / "postmaster.pid").read_text().splitlines()
        except FileNotFoundError:
            return ""
        if len(lines) < 8 or not re.fullmatch(r"ready\s*", lines[7]):
            return ""
        self.pid = int(lines[0])
        return "ready"


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port
