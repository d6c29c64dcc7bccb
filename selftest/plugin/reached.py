"""A small target that is already there: plain PostgreSQL, one table, one script."""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from gonogo.probes.database.binaries import PostgresBinaries
from gonogo.probes.database.clones import create_database
from gonogo.probes.database.preparation import run_script
from gonogo.probes.database.server import EmbeddedServer
from selftest.git_repository import made_repository
from selftest.plugin.project import Project

READER, OWNER = "shop_reader", "shop_owner"
PASSWORDS = {READER: "reader-canary-77", OWNER: "owner-canary-88"}
PRODUCT_PASSWORD = "product-canary-99"
ROLES = f"""
CREATE ROLE {OWNER} LOGIN PASSWORD '{PASSWORDS[OWNER]}';
CREATE ROLE {READER} LOGIN BYPASSRLS PASSWORD '{PASSWORDS[READER]}';
"""
TABLE = f"""
ALTER DATABASE shop OWNER TO {OWNER};
SET ROLE {OWNER};
CREATE TABLE orders (id integer PRIMARY KEY, total numeric(10, 2));
INSERT INTO orders SELECT n, n * 1.5 FROM generate_series(1, 20) AS n;
GRANT SELECT ON orders TO {READER};
"""
TARGET = """\
[target]
name = "shop"
environment = "staging"
[release]
version = "1.0"
commit = "c0ffee0c0ffee0c0ffee"
[checklist]
path = "checklist.md"
[repository]
path = "product"
env_file = "live.env"
[database]
url_env = "SHOP_READER_URL"
admin_url_env = "SHOP_OWNER_URL"
[actions.migrate]
command = ["./migrate.sh"]
timeout_s = 30
"""
CHECKS = """\
import pytest

@pytest.mark.item("FIN-1.1")
def test_who(database, evidence):
    evidence.observe("identity", database.identity)

@pytest.mark.item("MIG-2.1")
def test_migrated(actions, evidence):
    record = actions.perform("migrate")
    evidence.record("migrate", found=record)
    assert record is not None and record.ended_well, str(record)
"""
SCRIPT = """\
#!/bin/sh
. ./live.env
psql -X -q -c "INSERT INTO orders VALUES (100, 1)" "$DATABASE_URL" && echo migrated
"""
ENV_FILE = f"DATABASE_URL=postgresql://{OWNER}:{PRODUCT_PASSWORD}@db.shop.example:5432/shop\n"


@contextmanager
def shop_server(binaries: PostgresBinaries) -> Iterator[EmbeddedServer]:
    with EmbeddedServer(binaries=binaries, superuser="dba", password="dba-canary") as server:
        dsn = create_database(server.dsn(), "shop")
        run_script(dsn, ROLES)
        run_script(dsn, TABLE)
        yield server


@contextmanager
def scratch_server(binaries: PostgresBinaries) -> Iterator[str]:
    with EmbeddedServer(binaries=binaries, superuser="dba", password="scratch-canary") as server:
        run_script(server.dsn(), "COMMENT ON DATABASE postgres IS 'gonogo scratch'")
        yield server.dsn()


@dataclass
class ReachedProject:
    """The project, and the environment its runs get; ``addresses`` may be changed by a test."""

    project: Project
    server: EmbeddedServer
    scratch: str = ""
    addresses: dict[str, str] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.addresses = {
            # One for all tests: without it every run starts one of its own.
            "GONOGO_SCRATCH_DATABASE_URL": self.scratch,
            "SHOP_READER_URL": self.dsn(READER),
            "SHOP_OWNER_URL": self.dsn(OWNER),
            **self.addresses,
        }
        self.set(TARGET)
        (self.path / "product").mkdir()
        (self.path / "tests").mkdir()
        (self.path / "tests" / "test_checks.py").write_text(CHECKS)
        (self.path / "product" / "live.env").write_text(ENV_FILE)
        self.script(SCRIPT)

    @property
    def path(self) -> Path:
        return self.project.pytester.path

    def dsn(self, role: str, **changes: str) -> str:
        parts = {"host": self.server.host, "port": str(self.server.port), "db": "shop", **changes}
        password = changes.get("password", PASSWORDS[role])
        return f"postgresql://{role}:{password}@{parts['host']}:{parts['port']}/{parts['db']}"

    def set(self, target: str) -> None:
        (self.path / "gonogo.toml").write_text(target)

    def add(self, lines: str) -> None:
        self.set((self.path / "gonogo.toml").read_text() + lines)

    def script(self, text: str, *, mode: int = 0o755) -> Path:
        path = self.path / "product" / "migrate.sh"
        path.write_text(text)
        path.chmod(mode)
        return path

    @property
    def environment(self) -> Mapping[str, str]:
        return {name: value for name, value in self.addresses.items() if value}

    def commit_product(self) -> None:
        """Make the product's folder a repository with a commit of its own."""
        made_repository(self.path / "product")

    def run(self, *arguments: str) -> pytest.RunResult:
        with changed_environment(self.addresses):
            return self.project.run(*arguments)

    def migrate(self) -> pytest.RunResult:
        return self.run("-m", "phase1", "--execute", "migrate")

    def message(self, item: str) -> str:
        found = (each for each in self.project.results["items"] if each["id"] == item)
        return str(next(found)["message"])


@contextmanager
def changed_environment(values: Mapping[str, str]) -> Iterator[None]:
    """Set variables, or take out those that are empty, and put everything back."""
    before = dict(os.environ)
    for name, value in values.items():
        os.environ.pop(name, None)
        if value:
            os.environ[name] = value
    try:
        yield
    finally:
        os.environ.clear()
        os.environ.update(before)


def parts_of(message: str) -> dict[str, str]:
    """Return the labelled parts of a message: what, where, expected, found, what to do."""
    first, *lines = message.splitlines()
    parts = {"what": first}
    label = "what"
    for line in lines:
        name, colon, text = line.strip().partition(": ")
        if colon and name in ("where", "expected", "found", "what to do"):
            label = name
            parts[label] = text
        else:
            parts[label] += f"\n{line}"
    return parts


def complete(message: str) -> dict[str, str]:
    """Return the parts of *message*, of which none may be missing."""
    parts = parts_of(message)
    missing = {"where", "expected", "found", "what to do"} - parts.keys()
    assert not missing, f"without {missing}: {message}"
    return parts


def usage_error(result: pytest.RunResult) -> dict[str, str]:
    """Return the parts of the usage error that ended a run before anything started."""
    assert result.ret == pytest.ExitCode.USAGE_ERROR, result.stdout.str()
    text = result.stderr.str() + result.stdout.str()
    _, _, message = text.partition("ERROR: ")
    return complete(message.strip().split("\n\n")[0])
