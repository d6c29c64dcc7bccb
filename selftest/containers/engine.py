"""A Docker engine to build and start the product's images with: this machine's, or one of our own.

One of our own needs root. It shares the network of this machine without changing its rules, and
ends with the process that started it.
"""

from __future__ import annotations

import os
import shutil
import subprocess
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from tempfile import TemporaryDirectory

from gonogo.errors import WaitTimedOut
from gonogo.waiting import wait_until
from selftest.containers.debian_packages import CACHE, PLUGIN, NotHere, unpacked

LONGEST_S = 900.0
STARTS_IN_S = 60.0
UNIX = "unix://"
OWN = ("--iptables=false", "--ip6tables=false", "--bridge=none")


@dataclass(frozen=True, kw_only=True)
class Engine:
    """Where an engine listens, and the variables with which ``docker`` finds it."""

    socket: Path
    variables: Mapping[str, str] = field(repr=False)
    is_own: bool

    def docker(self, *words: str, **extra: str) -> str:
        """Return what ``docker WORDS`` prints; the test fails where it does."""
        done = self.ask(*words, **extra)
        assert not done.returncode, f"docker {' '.join(words)}\n{done.stdout}"
        return done.stdout

    def ask(self, *words: str, **extra: str) -> subprocess.CompletedProcess[str]:
        """Return how ``docker WORDS`` ended; its complaints are in its output."""
        return subprocess.run(
            ["docker", *words],
            env={**self.variables, **extra},
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            encoding="utf-8",
            errors="replace",
            timeout=LONGEST_S,
            check=False,
        )


@contextmanager
def an_engine() -> Iterator[Engine]:
    """Give this machine's engine, else one of our own until the context ends.

    Raises:
        NotHere: there is none, and none can be started.
    """
    found = _of_this_machine()
    if found is not None:
        yield found
        return
    if os.geteuid() != 0:
        raise NotHere("no container engine answers here, and to start one takes root")
    for program in ("unshare", "setpriv", "iptables"):
        if shutil.which(program) is None:
            raise NotHere(f"no container engine answers here, and to start one takes {program}")
    with _own() as own:
        yield own


def _of_this_machine() -> Engine | None:
    if shutil.which("docker") is None:
        return None
    variables = dict(os.environ)
    engine = Engine(socket=Path(), variables=variables, is_own=False)
    answers = engine.ask("version").returncode == 0 == engine.ask("compose", "version").returncode
    address = os.environ.get("DOCKER_HOST") or _address_of(engine)
    if not answers or not address.startswith(UNIX):
        return None
    return Engine(socket=Path(address.removeprefix(UNIX)), variables=variables, is_own=False)


def _address_of(engine: Engine) -> str:
    return engine.ask("context", "inspect", "--format", "{{.Endpoints.docker.Host}}").stdout.strip()


@contextmanager
def _own() -> Iterator[Engine]:
    programs = unpacked()
    folders = [programs / "usr" / name for name in ("bin", "sbin")]
    path = os.pathsep.join([*map(str, folders), os.environ.get("PATH", os.defpath)])
    with TemporaryDirectory(prefix="engine-") as folder:  # short: so is the name of a socket
        place = Path(folder)
        socket = place / "docker.sock"
        plugins = place / "client" / "cli-plugins"
        plugins.mkdir(parents=True)
        (plugins / "docker-compose").symlink_to(programs / PLUGIN)
        variables = {
            "PATH": path,
            "HOME": folder,
            "DOCKER_HOST": f"{UNIX}{socket}",
            "DOCKER_CONFIG": str(place / "client"),
            "DOCKER_BUILDKIT": "0",  # the engine's own builder needs nothing further
        }
        with (place / "log").open("wb") as log:
            server = subprocess.Popen(
                _command(socket, place), env=variables, stdout=log, stderr=subprocess.STDOUT
            )
            try:
                engine = Engine(socket=socket, variables=variables, is_own=True)
                _wait(engine, server, place / "log")
                _clear(engine)
                yield engine
            finally:
                server.terminate()
                server.wait(STARTS_IN_S)


def _command(socket: Path, place: Path) -> Sequence[str]:
    """Return the command: what it mounts only it sees, and it ends when this process does."""
    return (
        *("unshare", "--mount", "setpriv", "--pdeathsig", "TERM", "dockerd", *OWN),
        *(f"--host={UNIX}{socket}", f"--pidfile={place / 'pid'}", f"--exec-root={place / 'run'}"),
        f"--data-root={CACHE / 'data'}",
    )


def _wait(engine: Engine, server: subprocess.Popen[bytes], log: Path) -> None:
    def answers() -> bool:
        if server.poll() is not None:
            raise NotHere(f"an engine of our own did not start: {_last_line(log)}")
        return engine.ask("version").returncode == 0

    try:
        wait_until(answers, bool, what="the engine", timeout_s=STARTS_IN_S, interval_s=0.2)
    except WaitTimedOut as error:
        raise NotHere(f"an engine of our own does not answer: {_last_line(log)}") from error


def _clear(engine: Engine) -> None:
    """Remove what a run that was killed has left; the images stay."""
    left = engine.docker("container", "ls", "--all", "--quiet").split()
    if left:
        engine.docker("rm", "--force", *left)
    engine.docker("network", "prune", "--force")


def _last_line(log: Path) -> str:
    return (log.read_text("utf-8", "replace").splitlines() or [""])[-1]
