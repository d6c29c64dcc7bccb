"""Web servers inside the services' process: many, quiet, each stopped by its owner."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import uvicorn
from starlette.types import ASGIApp


class OwnedServer(uvicorn.Server):
    """A server that leaves the process's signals alone: its owner decides when it ends."""

    @contextmanager
    def capture_signals(self) -> Iterator[None]:
        """Take no signal."""
        yield


def quiet_server(app: ASGIApp) -> OwnedServer:
    """Return a server of *app* that logs nothing and ends within a second."""
    return OwnedServer(
        uvicorn.Config(
            app,
            lifespan="off",
            access_log=False,
            log_config=None,
            server_header=False,
            timeout_graceful_shutdown=1,
        )
    )
