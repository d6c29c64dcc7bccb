"""Stands between a client and a PostgreSQL server, and makes the server's version another."""

from __future__ import annotations

import selectors
import socket
import threading
from types import TracebackType
from typing import Self


class VersionProxy:
    """Passes everything on, with each *real* version text of the server replaced by *claimed*.

    Both have the same length, so that every message keeps its own.
    """

    def __init__(self, server_port: int, *, real: str, claimed: str) -> None:
        assert len(real) == len(claimed)
        self._server_port = server_port
        self._texts = real.encode(), claimed.encode()
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.port = str(self._listener.getsockname()[1])
        self._thread = threading.Thread(target=self._accept, daemon=True)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()
        self._thread.join()

    def _accept(self) -> None:
        while True:
            try:
                client, _ = self._listener.accept()
            except OSError:
                return
            threading.Thread(target=self._pass_on, args=[client], daemon=True).start()

    def _pass_on(self, client: socket.socket) -> None:
        with (
            client,
            socket.create_connection(("127.0.0.1", self._server_port)) as server,
            selectors.DefaultSelector() as ready,
        ):
            ready.register(client, selectors.EVENT_READ, server)
            ready.register(server, selectors.EVENT_READ, client)
            while True:
                for key, _ in ready.select():
                    source = key.fileobj
                    assert isinstance(source, socket.socket)
                    data = source.recv(65_536)
                    if not data:
                        return
                    if source is server:
                        data = data.replace(*self._texts)
                    key.data.sendall(data)
