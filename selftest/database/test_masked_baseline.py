from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from gonogo.baselines import Baselines
from gonogo.clock import SystemClock
from gonogo.dossier import Dossier
from gonogo.errors import CannotTell
from gonogo.history import History
from gonogo.probes.database.clones import scratch_database
from gonogo.probes.database.connection import Reader, connect_admin
from gonogo.probes.database.dump import dump_schema, rebuild_schema
from gonogo.probes.database.preparation import run_script
from gonogo.probes.database.programs import run_program
from gonogo.probes.database.schema import snapshot
from gonogo.probes.database.schema_comparison import compare
from gonogo.probes.database.schema_objects import SchemaSnapshot
from gonogo.probes.database.server import EmbeddedServer, PostgresBinaries
from gonogo.probes.migration.baseline import SQL_MEMBERS, MigrationBaseline, take_baseline
from gonogo.probes.migration.protection import relations_to_be_closed
from gonogo.probes.migration.restored_backup import RestoredBackup
from gonogo.provider import Instance
from gonogo.records import Attachment
from gonogo.redaction import Redactor, Secret
from selftest.database.test_signs_of_migration import Product

KNOWN, SHORT, EMAIL, LIVE = "canary-known-5e1f", "sh0rt", "canary@example.org", "sk_live_51Hcanary0"
DEFINITIONS = f"""
CREATE TABLE changes (version text);
CREATE TABLE invites (
  id int PRIMARY KEY, token text DEFAULT '{KNOWN}', sender varchar(50) DEFAULT '{EMAIL}',
  api_key text DEFAULT '{LIVE}', state text DEFAULT '{SHORT}',
  CONSTRAINT ours CHECK (sender IN ('{EMAIL}', 'b-{EMAIL}') AND token <> api_key)
);
CREATE INDEX of_ours ON invites (id) WHERE sender = '{EMAIL}';
CREATE VIEW ours WITH (security_invoker) AS SELECT id FROM invites WHERE sender = '{EMAIL}';
CREATE POLICY by_token ON people USING (token::text = current_setting('token', true));
CREATE FUNCTION redeem(p_token text) RETURNS void LANGUAGE plpgsql AS $f$
BEGIN PERFORM '{KNOWN}', '{LIVE}' FROM invites WHERE token = p_token; END $f$;
"""


@dataclass(frozen=True, kw_only=True)
class Kept:
    """A database, and what was kept of its state."""

    dsn: str
    data: bytes

    @property
    def baseline(self) -> MigrationBaseline:
        return MigrationBaseline.from_json(self.data)

    def seen(self) -> SchemaSnapshot:
        return Reader(self.dsn).snapshot()


@pytest.fixture
def kept(dsn: str, binaries: PostgresBinaries) -> Kept:
    run_script(dsn, DEFINITIONS)
    return recorded(dsn, binaries, [KNOWN, SHORT])


def recorded(dsn: str, binaries: PostgresBinaries, secrets: Sequence[str]) -> Kept:
    taken = take_baseline(
        Reader(dsn),
        now=datetime(2026, 1, 25, tzinfo=UTC),
        source="test",
        schema_sql=dump_schema(dsn, schemas=["public"], binaries=binaries),
        ledger=(),
    )
    redactor = Redactor(map(Secret, secrets), personal_data=True)
    return Kept(dsn=dsn, data=redactor.json_data(taken.to_json(), sql=SQL_MEMBERS))


def instance_of(
    dsn: str, binaries: PostgresBinaries, *, scratch_dsn: str = "", repository: str = ""
) -> Instance:
    return Instance(
        id="here",
        commit="",
        repository=repository,
        reader_dsn=dsn,
        scratch_dsn=scratch_dsn,
        postgres={"folder": str(binaries.folder), "version": binaries.version, "source": ""},
    )


def test_no_secret_is_kept_and_every_name_is(kept: Kept) -> None:
    for secret in (KNOWN, EMAIL, LIVE, f"'{SHORT}'"):
        assert secret.encode() not in kept.data
    fresh = kept.baseline.names
    assert ("column", "public.invites.token") in fresh
    assert len(fresh) > 50


def test_an_untouched_target_is_as_it_was_kept(kept: Kept, tmp_path: Path) -> None:
    product = Product(kept.dsn, tmp_path)
    product.repository.mkdir()
    product.write("001-x.sql", "SELECT 1")
    assert product.signs(kept.baseline) == []
    assert relations_to_be_closed([], kept.baseline.schema, kept.seen()) == []
    assert compare(kept.baseline.schema, kept.seen()).equal


@pytest.mark.parametrize(
    "statement",
    [
        "ALTER TABLE invites ALTER sender DROP DEFAULT",
        "ALTER TABLE invites ALTER token SET DEFAULT 'a' || 'b'",
        "ALTER POLICY by_token ON people USING (true)",
        "CREATE OR REPLACE VIEW ours AS SELECT id FROM invites",
    ],
)
def test_what_was_changed_around_a_secret_is_seen(
    kept: Kept, tmp_path: Path, statement: str
) -> None:
    run_script(kept.dsn, statement)
    product = Product(kept.dsn, tmp_path)
    product.repository.mkdir()
    product.write("001-x.sql", "SELECT 1")
    assert len(product.signs(kept.baseline)) == 1
    assert not compare(kept.baseline.schema, kept.seen()).equal


def test_the_masked_schema_is_rebuilt_and_compares_as_the_whole_one(
    kept: Kept, server: EmbeddedServer, binaries: PostgresBinaries
) -> None:
    with scratch_database(server.dsn()) as dsn:
        rebuild_schema(kept.baseline.schema_sql, dsn, schemas=["public"], binaries=binaries)
        with connect_admin(dsn) as connection:
            rebuilt = snapshot(connection, schemas=["public"])
    assert compare(rebuilt, kept.seen(), kinds=("column", "index", "view", "function")).equal


def test_a_backup_holds_the_masked_schema(
    kept: Kept,
    dsn: str,
    server: EmbeddedServer,
    binaries: PostgresBinaries,
    tmp_path: Path,
) -> None:
    path = tmp_path / "saved.dump"
    arguments = ["--format=custom", "--schema=public", f"--file={path}"]
    assert run_program(binaries, "pg_dump", arguments, dsn=dsn).exit_status == 0
    instance = instance_of(dsn, binaries, scratch_dsn=server.dsn())
    copy = RestoredBackup(path, instance, reader=Reader(dsn), hashed=str)
    try:
        proof = copy.proof(kept.baseline)
    finally:
        copy.close()
    assert proof.holds, str(proof)


def test_a_schema_that_a_mask_made_unbuildable_is_nobodys_fault(
    dsn: str, server: EmbeddedServer, binaries: PostgresBinaries
) -> None:
    run_script(dsn, "CREATE TYPE sender AS ENUM ('a@example.org', 'b@example.org')")
    schema_sql = recorded(dsn, binaries, []).baseline.schema_sql
    with scratch_database(server.dsn()) as copy, pytest.raises(CannotTell) as caught:
        rebuild_schema(schema_sql, copy, schemas=["public"], binaries=binaries)
    assert 'it was recorded as "***"' in caught.value.do


class Masking:
    """Keeps what it is given as a run does."""

    def __init__(self, dossier: Dossier, secret: str) -> None:
        self._dossier = dossier
        self._redactor = Redactor([Secret(secret)])

    def attach(self, data: bytes, *, name: str, media_type: str) -> Attachment:
        masked = self._redactor.json_data(data, sql=SQL_MEMBERS)
        return self._dossier.attach(masked, name=name, media_type=media_type)


@pytest.mark.parametrize("name", ["invites", "api_key", "redeem"])
def test_a_secret_that_is_a_name_is_said_before_anything_runs(
    kept: Kept, binaries: PostgresBinaries, tmp_path: Path, name: str
) -> None:
    product = Product(kept.dsn, tmp_path)
    product.repository.mkdir()
    product.write("001-x.sql", "SELECT 1")
    dossier = Dossier(tmp_path / "dossier")
    instance = instance_of(kept.dsn, binaries, repository=str(product.repository))
    nobody: Any = None
    baselines = Baselines(
        reader=Reader(kept.dsn),
        instance=instance,
        settings=product.settings(),
        run_id="r1",
        dossier=dossier,
        journal=nobody,
        keeper=Masking(dossier, name),
        clock=SystemClock(),
        history=History,
    )
    with pytest.raises(CannotTell, match="cannot be recorded"):
        baselines.take()
