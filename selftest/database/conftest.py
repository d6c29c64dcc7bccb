from __future__ import annotations

import os
import secrets
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from gonogo.probes.database.clones import create_clone, create_database, drop_database
from gonogo.probes.database.connection import Connection, connect_admin, connect_reader
from gonogo.probes.database.preparation import apply_prelude, run_script
from gonogo.probes.database.schema import SchemaSnapshot, snapshot
from gonogo.probes.database.server import EmbeddedServer, PostgresBinaries
from selftest.database.rich_schema import RICH

PRODUCT = """
CREATE TYPE stage AS ENUM ('lead', 'donor');
CREATE TABLE people (
  id uuid PRIMARY KEY DEFAULT gen_random_uuid(),
  number int NOT NULL,
  name text NOT NULL,
  email text,
  nick varchar(40),
  stage stage,
  giving numeric(12,2),
  active bool,
  token uuid,
  born date,
  seen timestamptz,
  tags text[],
  extra jsonb
);
ALTER TABLE people ENABLE ROW LEVEL SECURITY;
INSERT INTO people
SELECT md5(i::text)::uuid, i, 'Person ' || i, 'p' || i || '@example.org', NULL, 'lead', i, true,
       md5('t' || i)::uuid, date '2000-01-01' + i,
       timestamptz '2026-01-01 00:00Z' + i * interval '1 s',
       ARRAY['a', 'b'], '{"k": 1}'
FROM generate_series(1, 200) i;
CREATE TABLE gifts (
  id int GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  person uuid NOT NULL REFERENCES people (id),
  amount numeric NOT NULL CHECK (amount > 0)
);
INSERT INTO gifts (person, amount) SELECT id, number FROM people WHERE number <= 50;
"""


@pytest.fixture(scope="session")
def server() -> Iterator[EmbeddedServer]:
    with EmbeddedServer(superuser="supabase_admin") as running:
        yield running


@pytest.fixture(scope="session")
def binaries(server: EmbeddedServer) -> PostgresBinaries:
    return server.binaries


@pytest.fixture(scope="session")
def template(server: EmbeddedServer) -> str:
    apply_prelude(create_database(server.dsn(), "product_template"))
    run_script(server.dsn("product_template", "postgres"), PRODUCT)
    return "product_template"


@pytest.fixture
def new_database(server: EmbeddedServer, template: str) -> Iterator[Callable[[], str]]:
    names: list[str] = []

    def create() -> str:
        names.append(f"test_{secrets.token_hex(6)}")
        create_clone(server.dsn(), names[-1], template=template)
        return server.dsn(names[-1], "postgres")

    yield create
    for name in names:
        drop_database(server.dsn(), name)


@pytest.fixture(scope="session")
def shared_dsn(server: EmbeddedServer, template: str) -> str:
    """One database for every test that changes nothing, or only what it rolls back."""
    create_clone(server.dsn(), "shared", template=template)
    return server.dsn("shared", "postgres")


@pytest.fixture
def undone(shared_dsn: str) -> Iterator[Connection]:
    """The owner's session in a transaction that is rolled back."""
    with connect_admin(shared_dsn) as connection, connection.transaction(force_rollback=True):
        yield connection


@pytest.fixture
def dsn(new_database: Callable[[], str]) -> str:
    """The product's database, as its owner."""
    return new_database()


@pytest.fixture
def owner(dsn: str) -> Iterator[Connection]:
    with connect_admin(dsn, application_name="test owner") as connection:
        yield connection


@pytest.fixture
def reading(dsn: str) -> Iterator[Connection]:
    with connect_reader(dsn) as connection:
        yield connection


@pytest.fixture
def shared_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder that the server's user may enter."""
    folder = tmp_path_factory.mktemp("shared")
    for each in (folder, *folder.parents[:3]):
        if each.stat().st_uid == os.getuid() and each != Path("/"):
            each.chmod(each.stat().st_mode | 0o055)
    return folder


@pytest.fixture(scope="module")
def rich(server: EmbeddedServer, template: str) -> Iterator[Connection]:
    create_clone(server.dsn(), "rich", template=template)
    dsn = server.dsn("rich", "postgres")
    run_script(dsn, RICH)
    with connect_admin(dsn) as connection:
        yield connection
    drop_database(server.dsn(), "rich")


@pytest.fixture(scope="module")
def whole(rich: Connection) -> SchemaSnapshot:
    return snapshot(rich, schemas=["public"])
