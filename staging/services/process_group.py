"""Programs that never outlive the process that started them, with everything they start."""

from __future__ import annotations

import asyncio
import asyncio.subprocess
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Self

END_WITH_OWNER = """
exec 3<&0
{ read -r _ <&3; kill -KILL 0; } >/dev/null 2>&1 &
exec "$@" 3<&- </dev/null
"""
"""A shell that becomes the program. What it leaves behind reads the owner's pipe and, when that
ends because the owner closed it or died in any way, kills the whole group."""

STANDARD_OUTPUT = 1
LINE_LIMIT_BYTES = 1_000_000


class ProcessGroup:
    """One program in a process group of its own; its output arrives as one stream."""

    def __init__(self, process: asyncio.subprocess.Process, gone: asyncio.Event) -> None:
        self._process = process
        self._gone = gone

    @classmethod
    async def start(
        cls, command: Sequence[str], *, folder: Path, environment: Mapping[str, str]
    ) -> Self:
        """Start *command* in *folder*; raises OSError when the folder is not there."""
        loop = asyncio.get_running_loop()
        transport, protocol = await loop.subprocess_exec(
            lambda: _EndsTheRest(limit=LINE_LIMIT_BYTES, loop=loop),
            *("/bin/sh", "-c", END_WITH_OWNER, "sh", *command),
            cwd=folder,
            env=dict(environment),
            stdin=asyncio.subprocess.PIPE,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.STDOUT,
            start_new_session=True,
        )
        return cls(asyncio.subprocess.Process(transport, protocol, loop), protocol.gone)

    @property
    def output(self) -> asyncio.StreamReader:
        """Standard output and standard error, in the order they were written."""
        assert self._process.stdout is not None
        return self._process.stdout

    @property
    def is_running(self) -> bool:
        """Whether the program itself still runs."""
        return self._process.returncode is None

    def end(self) -> None:
        """Kill the whole group; twice is harmless."""
        assert self._process.stdin is not None
        self._process.stdin.close()

    async def ended(self) -> int:
        """Return the program's exit status once it and all it started are gone.

        What it writes has to be read meanwhile: a full pipe holds it up.
        """
        status = await self._process.wait()
        await self._gone.wait()
        return status


class _EndsTheRest(asyncio.subprocess.SubprocessStreamProtocol):
    """Ends what a program left behind as soon as the program itself has ended."""

    def __init__(self, *, limit: int, loop: asyncio.AbstractEventLoop) -> None:
        super().__init__(limit=limit, loop=loop)
        self.gone = asyncio.Event()

    def pipe_connection_lost(self, fd: int, exc: Exception | None) -> None:
        """Note when nobody holds the output any more."""
        super().pipe_connection_lost(fd, exc)
        if fd == STANDARD_OUTPUT:
            self.gone.set()

    def process_exited(self) -> None:
        """Close the owner's pipe: whoever still holds the output would keep it open for ever."""
        assert self.stdin is not None
        self.stdin.close()
        super().process_exited()
