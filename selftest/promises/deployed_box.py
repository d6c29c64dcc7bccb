"""A whole box, deployed, as a target that is already there: described by its file alone."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, Self

import psycopg

from gonogo.config import load
from gonogo.provider import Instance
from selftest.promises.runs import ROOT, Place
from staging.opening import Opening
from staging.stack import DATABASE, Stack

NAMES = {
    "vercel": ("project", "team"),
    "sentry": ("organization", "project"),
    "posthog": ("project",),
}
TABLES = """
SELECT format('%I.%I', schemaname, tablename) FROM pg_tables
WHERE schemaname = 'public' ORDER BY 1
"""


class DeployedBox(Place):
    """Use as a context manager; everything that it holds was migrated and deployed before."""

    def __init__(self, folder: Path) -> None:
        super().__init__(folder, root=ROOT, target=folder / "target.toml")
        settings = load("gonogo.toml", root=ROOT, environ={}, overrides={})
        workspace = folder / "box"
        workspace.mkdir()
        self.stack = Stack(settings, root=ROOT, workspace=workspace)
        self.opening = Opening(self.stack, settings, root=ROOT, workspace=workspace)
        self._instance: Instance | None = None

    def __enter__(self) -> Self:
        try:
            self._instance = self.opening.start(
                lambda _: None, database=DATABASE, stack_id="deployed", whole=True
            )
        except BaseException:
            self.close()
            raise
        # A target's own env file has the address that its pages use: here the stand-in's.
        env_file = Path(self.instance.env_file)
        text = env_file.read_text("utf-8")
        for address, stand_in in self.instance.standing_in.items():
            text = text.replace(address, stand_in)
        env_file.write_text(text, "utf-8")
        self.target.write_text(self._described(), "utf-8")
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        self.opening.stop()
        self.stack.stop()

    @property
    def instance(self) -> Instance:
        assert self._instance is not None
        return self._instance

    @property
    def environment(self) -> Mapping[str, str]:
        """What a person exports before the run."""
        tokens = {f"BOX_{name.upper()}": self.instance.services[name].token for name in NAMES}
        account = {f"BOX_{part.upper()}": text for part, text in self.instance.sign_in.items()}
        return {**tokens, **account, "BOX_READER": self.instance.reader_dsn}

    def rows_of_tables(self) -> dict[str, str]:
        """Return a digest of the rows of each table of the product."""
        with psycopg.connect(self.stack.owner_dsn(DATABASE)) as session:
            return {
                table: hashlib.sha256(
                    b"".join(sorted(str(row).encode() for row in _all(session, table)))
                ).hexdigest()
                for (table,) in session.execute(TABLES).fetchall()
            }

    def note_every_write(self) -> None:
        """Let the server's log have each statement that may change something, with its program."""
        with psycopg.connect(self.stack.server.dsn(), autocommit=True) as session:
            for setting in ("log_statement = 'mod'", "log_line_prefix = '%m [%a] %u@%d '"):
                session.execute(f"ALTER SYSTEM SET {setting}".encode())
            session.execute("SELECT pg_reload_conf()")

    def _described(self) -> str:
        text = (ROOT / "gonogo.toml").read_text("utf-8")
        changes = {
            'provider = "staging.stack:Stack"\n': "",
            'actions = ["test-event", "target-write", "third-party-write"]\n': "actions = []\n",
            "[database]\n": '[database]\nurl_env = "BOX_READER"\n',
            '[reports]\nfolder = "reports"': f'[reports]\nfolder = "{self.reports}"',
            'path = "staging/crm"': f'path = "{self.instance.repository}"',
            'url_variable = "VITE_APP_URL"\n': f'url = "{self.instance.app_url}"\n',
            '[services.sentry]\nurl = "https://sentry.io"\n': self._service("sentry"),
            "[services.posthog]\n": self._service("posthog"),
        }
        for old, new in changes.items():
            assert text.count(old) == 1, old
            text = text.replace(old, new)
        account = '[app.sign_in]\nuser_env = "BOX_USER"\npassword_env = "BOX_PASSWORD"\n'
        return f"{text}\n{account}\n{self._service('vercel')}"

    def _service(self, name: str) -> str:
        access = self.instance.services[name]
        words = "".join(f'{key} = "{access.names[key]}"\n' for key in NAMES[name])
        return f'[services.{name}]\nurl = "{access.url}"\ntoken_env = "BOX_{name.upper()}"\n{words}'


def _all(session: psycopg.Connection[Any], table: str) -> Sequence[tuple[Any, ...]]:
    return session.execute(f"SELECT * FROM {table}".encode()).fetchall()
