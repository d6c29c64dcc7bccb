"""Boxes that differ from the ordinary one in a single respect; target files name them."""

from __future__ import annotations

import json
import shutil
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

from psycopg.conninfo import make_conninfo

from gonogo.config import Settings
from gonogo.dossier import write_atomically
from gonogo.probes.database.server import EmbeddedServer
from gonogo.provider import Instance, Intent
from staging.stack import DATABASE, SUPERUSER, Stack

OWNER_PASSWORD = "cänary0wner/:@%41+7f3&\"x y'"
READER_PASSWORD = "cänaryReader\\/:@%42+9c1&'z q"
WRONG_PASSWORD = "canary-wrong-5e7/:@%43 k"
ENV_VALUES = {
    "VITE_PULSE_API_KEY": "pulse_canary-env-0b7c1d9e",
    "VITE_GEMINI_API_KEY": "canary gemini & env 4f/2a",
    "SMTP_PASSWORD": "canary-smtp-3311ee",
}


class LeakyStack(Stack):
    """Knows the secrets that a test looks for afterwards."""

    def start(self) -> Instance:
        self._owner_password = OWNER_PASSWORD
        self._reader_password = READER_PASSWORD
        return super().start()

    def _env_values(self, services: Mapping[str, str]) -> dict[str, str]:
        return super()._env_values(services) | ENV_VALUES


class StrangerStack(Stack):
    """Its reader has another password than the server knows, and nobody registered it."""

    def start(self) -> Instance:
        instance = super().start()
        return replace(
            instance, reader_dsn=make_conninfo(instance.reader_dsn, password=WRONG_PASSWORD)
        )


class ObservedStack(Stack):
    """Logs every statement, says where its server is, and leaves what a test looks at later.

    Beside the reports: ``box.json``, then ``server.log`` and ``deployment/`` with the scripts'
    own logs and backups.
    """

    def __init__(self, settings: Settings, *, root: Path, workspace: Path, intent: Intent) -> None:
        super().__init__(settings, root=root, workspace=workspace, intent=intent)
        self.server = EmbeddedServer(
            superuser=SUPERUSER,
            password=self._superuser_password,
            settings={"log_statement": "all"},
        )
        self._beside = settings.reports_path.parent
        self._repository = ""

    def start(self) -> Instance:
        instance = super().start()
        self._repository = instance.repository
        told = {"dsn": self.server.dsn(), "database": DATABASE}
        write_atomically(self._beside / "box.json", json.dumps(told).encode())
        return instance

    def stop(self) -> None:
        if self.server.running and self._repository:
            shutil.copy(self.server.log_path, self._beside / "server.log")
            shutil.copytree(f"{self._repository}/deployment", self._beside / "deployment")
        super().stop()
