"""Boxes that differ from the ordinary one in a single respect; target files name them."""

from __future__ import annotations

from dataclasses import replace

from psycopg.conninfo import make_conninfo

from gonogo.provider import Instance
from staging.stack import Stack

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

    def _env_values(self) -> dict[str, str]:
        return super()._env_values() | ENV_VALUES


class StrangerStack(Stack):
    """Its reader has another password than the server knows, and nobody registered it."""

    def start(self) -> Instance:
        instance = super().start()
        return replace(
            instance, reader_dsn=make_conninfo(instance.reader_dsn, password=WRONG_PASSWORD)
        )
