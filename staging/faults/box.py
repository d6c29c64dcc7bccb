"""The prepared box: filled once, cloned for every fault."""

from __future__ import annotations

import secrets
import shutil
import threading
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path

from gonogo.config import load
from gonogo.probes.database.clones import create_clone, drop_database
from staging.faults.clone import Clone
from staging.faults.fault import Fault
from staging.faults.text_file import TextFile
from staging.stack import DATABASE, Stack

TEMPLATE = "prepared"
TARGET_FILE = "target.toml"
REPORTS = "reports"
PROVIDER = "staging.faults.handed_over:HandedOver"


class PreparedBox:
    """One server with the product's data in a template database; clones of it take 0.2 s."""

    def __init__(self, root: Path, workspace: Path) -> None:
        self._root = root
        self._workspace = workspace
        self._settings = load(root=root, environ={})
        self._stack = Stack(self._settings, root=root, workspace=workspace)
        self._cloning = threading.Lock()

    def start(self) -> None:
        """Start the server and fill the template."""
        self._stack.server.start()
        self._stack.fill_database(TEMPLATE)

    def stop(self) -> None:
        """Stop the server; its data goes with it."""
        self._stack.server.stop()

    def clone_for(self, fault: Fault) -> AbstractContextManager[Clone]:
        """Give what *fault* may break."""
        return self.clone(own_server=fault.own_server)

    @contextmanager
    def clone(self, *, own_server: bool = False) -> Iterator[Clone]:
        """Give a clone that one run may break: with *own_server* also its server and roles."""
        stack_id = f"fault-{secrets.token_hex(4)}"
        folder = self._workspace / stack_id
        folder.mkdir(mode=0o700)
        try:
            if own_server:
                with self._server_of_its_own(stack_id) as clone:
                    yield clone
            else:
                with self._database_of_its_own(stack_id) as clone:
                    yield clone
        finally:
            shutil.rmtree(folder, ignore_errors=True)

    @contextmanager
    def _database_of_its_own(self, stack_id: str) -> Iterator[Clone]:
        database = stack_id.replace("-", "_")
        admin = self._stack.server.dsn()
        with self._cloning:
            create_clone(admin, database, template=TEMPLATE)
        try:
            yield self._clone_of(self._stack, database, stack_id)
        finally:
            drop_database(admin, database)

    @contextmanager
    def _server_of_its_own(self, stack_id: str) -> Iterator[Clone]:
        stack = Stack(self._settings, root=self._root, workspace=self._workspace)
        try:
            stack.server.start()
            stack.fill_database(DATABASE)
            yield self._clone_of(stack, DATABASE, stack_id)
        finally:
            stack.stop()

    def _clone_of(self, stack: Stack, database: str, stack_id: str) -> Clone:
        return Clone(
            stack.instance(database, stack_id=stack_id),
            server=stack.server,
            owner_dsn=stack.owner_dsn(database),
            target=target_file(self._root, self._workspace / stack_id),
        )


def target_file(root: Path, folder: Path) -> TextFile:
    """Write the default target with another provider and a reports folder of its own."""
    target = TextFile(folder / TARGET_FILE)
    target.write((root / "gonogo.toml").read_text(encoding="utf-8"))
    target.replace('provider = "staging.stack:Stack"', f'provider = "{PROVIDER}"')
    target.replace('folder = "reports"', f'folder = "{folder / REPORTS}"')
    return target
