"""The server processes of deployments: started when asked for, few at a time, ended when idle."""

from __future__ import annotations

import asyncio
import contextlib
import re
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Generic, Protocol, TypeVar

from gonogo.clock import Clock
from staging.services.process_group import ProcessGroup
from staging.services.vercel.header_rules import HeaderRules

ADDRESS = re.compile(rb"http://(?:127\.0\.0\.1|localhost):(\d+)")
START_TIMEOUT_S = 20.0
LINES_BEFORE_ADDRESS = 50


class Served(Protocol):
    """One deployment as its server and the edge see it."""

    @property
    def id(self) -> str:
        """Its own id."""
        ...

    @property
    def host(self) -> str:
        """Where it is served, as ``127.0.0.1:port``."""
        ...

    @property
    def target(self) -> str | None:
        """``production``, or None for a preview."""
        ...

    @property
    def folder(self) -> Path | None:
        """What is served, once it is ready."""
        ...

    @property
    def header_rules(self) -> HeaderRules:
        """The headers that its configuration adds."""
        ...


S = TypeVar("S", bound=Served)


class ServerFailed(Exception):
    """A deployment's server did not start, with the end of what it said."""


@dataclass(kw_only=True)
class Running:
    """One server process."""

    group: ProcessGroup
    address: str
    used_at_s: float
    requests: int = 0
    draining: asyncio.Task[None] | None = None


class Servers(Generic[S]):
    """Starts and ends the servers.

    A server is started with PORT=0 and says on its standard output where it listens
    (``http://127.0.0.1:port``): no port is guessed, so no two boxes can meet.
    """

    def __init__(  # noqa: PLR0913 - how to start, and when to end
        self,
        command: Sequence[str],
        *,
        environment: Callable[[S], Mapping[str, str]],
        clock: Clock,
        logs: Path,
        at_most: int,
        idle_s: float,
    ) -> None:
        self._command = command
        self._environment = environment
        self._clock = clock
        self._logs = logs
        self._at_most = at_most
        self._idle_s = idle_s
        self._running: dict[str, Running] = {}
        self._locks: dict[str, asyncio.Lock] = {}
        self._alarm: asyncio.TimerHandle | None = None

    @property
    def running(self) -> Sequence[str]:
        """The ids of the deployments whose server runs."""
        return [i for i, each in self._running.items() if each.group.is_running]

    @asynccontextmanager
    async def using(self, deployment: S) -> AsyncIterator[str]:
        """Give the address of the deployment's server for one request, starting it if need be.

        Raises:
            ServerFailed: it ends at once, or does not say where it listens.
        """
        async with self._locks.setdefault(deployment.id, asyncio.Lock()):
            running = self._running.get(deployment.id)
            if running is None or not running.group.is_running:
                self.end(deployment.id)
                self._make_room()
                running = self._running[deployment.id] = await self._start(deployment)
                self._set_alarm()
        running.requests += 1
        try:
            yield running.address
        finally:
            running.requests -= 1
            running.used_at_s = self._clock.monotonic_s()

    def end(self, deployment_id: str) -> None:
        """End the server of one deployment, if it runs."""
        running = self._running.pop(deployment_id, None)
        if running is not None:
            running.group.end()

    async def end_all(self) -> None:
        """End all servers and wait until they are gone."""
        if self._alarm is not None:
            self._alarm.cancel()
        every = list(self._running.values())
        for deployment_id in list(self._running):
            self.end(deployment_id)
        await asyncio.gather(*(each.group.ended() for each in every))

    async def _start(self, deployment: S) -> Running:
        assert deployment.folder is not None
        group = await ProcessGroup.start(
            self._command,
            folder=deployment.folder,
            environment={**self._environment(deployment), "PORT": "0", "HOST": "127.0.0.1"},
        )
        said: list[bytes] = []
        try:
            async with asyncio.timeout(START_TIMEOUT_S):
                address = await _address(group, said)
        except (TimeoutError, ServerFailed) as error:
            group.end()
            text = b"".join(said).decode("utf-8", "replace")[-500:]
            raise ServerFailed(text or "it said nothing") from error
        running = Running(group=group, address=address, used_at_s=self._clock.monotonic_s())
        log = self._logs / f"{deployment.id}.log"
        running.draining = asyncio.create_task(_drain(group, log, b"".join(said)))
        return running

    def _make_room(self) -> None:
        """End those that were not used for longest, so that one more may start."""
        idle = sorted(
            (i for i, each in self._running.items() if each.requests == 0),
            key=lambda i: self._running[i].used_at_s,
        )
        for deployment_id in idle[: max(len(self._running) - self._at_most + 1, 0)]:
            self.end(deployment_id)

    def _set_alarm(self) -> None:
        if self._alarm is not None:
            self._alarm.cancel()
        loop = asyncio.get_running_loop()
        self._alarm = loop.call_later(self._idle_s / 2, self._end_idle)

    def _end_idle(self) -> None:
        now_s = self._clock.monotonic_s()
        for deployment_id, each in list(self._running.items()):
            if each.requests == 0 and now_s - each.used_at_s >= self._idle_s:
                self.end(deployment_id)
        if self._running:
            self._set_alarm()


async def _address(group: ProcessGroup, said: list[bytes]) -> str:
    """Read until the server says where it listens."""
    async for line in group.output:
        said.append(line)
        if match := ADDRESS.search(line):
            return f"http://127.0.0.1:{int(match[1])}"
        if len(said) >= LINES_BEFORE_ADDRESS:
            break
    raise ServerFailed


async def _drain(group: ProcessGroup, log: Path, said: bytes) -> None:
    """Keep what the server says, and notice its end."""
    with contextlib.suppress(asyncio.CancelledError), log.open("ab", buffering=0) as kept:
        kept.write(said)
        while block := await group.output.read(65_536):
            kept.write(block)
    await group.ended()
