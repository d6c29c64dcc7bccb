from __future__ import annotations

import gzip
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest

from gonogo.probes.database.connection import Reader
from gonogo.probes.database.preparation import run_script
from gonogo.probes.database.programs import run_program
from gonogo.probes.database.server import EmbeddedServer
from gonogo.probes.migration.baseline import take_baseline
from gonogo.probes.migration.restored_backup import BackupProof, RestoredBackup
from gonogo.provider import Instance

ACCOUNTS = """
INSERT INTO auth.users (id) VALUES ('00000000-0000-0000-0000-00000000000a');
CREATE TABLE "Accounts" (
  id int PRIMARY KEY,
  "user" uuid CONSTRAINT "of User" REFERENCES auth.users (id) ON DELETE CASCADE,
  person uuid REFERENCES people (id)
);
COMMENT ON CONSTRAINT "of User" ON "Accounts" IS 'the person''s;
see schema auth';
COMMENT ON CONSTRAINT "Accounts_person_fkey" ON "Accounts" IS 'of
a person';
INSERT INTO "Accounts" VALUES (1, '00000000-0000-0000-0000-00000000000a', NULL);
"""
COMMENTS = "SELECT obj_description(oid) FROM pg_constraint WHERE conname = 'Accounts_person_fkey'"
LEFT_OUT = "public.Accounts.of User"
# What a restore writes, names or leaves in another way, though the backup is healthy.
ODD = """
CREATE TABLE visits (
  id int,
  day date,
  state varchar(9) CHECK (state IN ('open', 'done')),
  person uuid REFERENCES people (id),
  PRIMARY KEY (id, day)
) PARTITION BY RANGE (day);
CREATE TABLE visits_old (
  id int, day date, state varchar(9), person uuid,
  CONSTRAINT visits_state_check CHECK (state IN ('open', 'done')),
  PRIMARY KEY (id, day),
  CONSTRAINT its_own_name FOREIGN KEY (person) REFERENCES people (id)
);
ALTER TABLE visits_old ALTER id SET NOT NULL, ALTER day SET NOT NULL;
ALTER TABLE visits ATTACH PARTITION visits_old FOR VALUES FROM ('2020-01-01') TO ('2021-01-01');
CREATE TABLE visits_new PARTITION OF visits FOR VALUES FROM ('2021-01-01') TO ('2022-01-01');
CREATE TABLE notes (
  visit int, day date,
  CONSTRAINT of_visit FOREIGN KEY (visit, day) REFERENCES visits (id, day)
);
CREATE INDEX open_visits ON visits (day) WHERE state IN ('open', 'done');
CREATE VIEW open_ones AS SELECT * FROM visits WHERE state IN ('open', 'done');
CREATE POLICY open_only ON people USING (nick IN ('a', 'b'));
CREATE FUNCTION touch() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN new; END';
CREATE TRIGGER touched BEFORE UPDATE ON people FOR EACH ROW EXECUTE FUNCTION touch();
CREATE DOMAIN colour AS varchar(9) CHECK (VALUE IN ('red', 'blue'));
"""
FORMATS = ["plain", "gzip plain", "custom", "directory", "tar"]


class Backups:
    """A database, its state, and backups of it with their proof."""

    def __init__(self, dsn: str, server: EmbeddedServer, folder: Path) -> None:
        self.dsn = dsn
        self.folder = folder
        self.copies: list[RestoredBackup] = []
        self.instance = Instance(
            id="pg-test",
            commit="c0ffee",
            repository=str(folder),
            reader_dsn=dsn,
            scratch_dsn=server.dsn(),
            postgres={
                "folder": str(server.binaries.folder),
                "version": server.binaries.version,
                "source": server.binaries.source,
            },
        )

    def dump(self, *arguments: str, kind: str = "custom") -> Path:
        path = self.folder / f"saved.{kind}"
        words = [f"--format={kind.removeprefix('gzip ')}", "--schema=public", f"--file={path}"]
        done = run_program(self.instance.binaries, "pg_dump", [*words, *arguments], dsn=self.dsn)
        assert done.exit_status == 0, done.stderr
        if kind == "gzip plain":
            path.write_bytes(gzip.compress(path.read_bytes()))
        return path

    def proof(self, path: Path, *, exclude: tuple[str, ...] = ()) -> BackupProof:
        reader = Reader(self.dsn, exclude_tables=exclude)
        self.copies.append(RestoredBackup(path, self.instance, reader=reader, hashed=str))
        now = datetime.now(UTC)
        return self.copies[-1].proof(take_baseline(reader, now=now, source="x", schema_sql=""))


@pytest.fixture
def backups(dsn: str, server: EmbeddedServer, tmp_path: Path) -> Iterator[Backups]:
    made = Backups(dsn, server, tmp_path)
    yield made
    for copy in made.copies:
        copy.close()


@pytest.mark.parametrize("kind", FORMATS)
def test_foreign_keys_into_schemas_that_are_elsewhere_are_left_out(
    backups: Backups, kind: str
) -> None:
    run_script(backups.dsn, ACCOUNTS)
    proof = backups.proof(backups.dump(kind=kind))
    assert proof.holds, proof
    assert f"were left out: {LEFT_OUT}" in str(proof)
    kept = backups.copies[0].reader.snapshot().of("constraint")
    assert LEFT_OUT not in kept
    assert "public.Accounts.Accounts_person_fkey" in kept
    assert backups.copies[0].reader.rows(COMMENTS).rows == (("of\na person",),)


def test_a_foreign_key_within_the_backup_is_never_left_out(backups: Backups) -> None:
    path = backups.dump("--exclude-table-data=people")
    proof = backups.proof(path)
    assert not proof.holds
    assert "violates foreign key constraint" in proof.trouble


def test_a_stale_materialized_view_is_no_fault_of_the_backup(backups: Backups) -> None:
    run_script(
        backups.dsn,
        "CREATE MATERIALIZED VIEW total AS SELECT sum(amount) FROM gifts; DELETE FROM gifts;",
    )
    proof = backups.proof(backups.dump())
    assert proof.holds, proof
    assert "rows not compared of public.total" in str(proof)
    lost = backups.proof(backups.dump("--exclude-table=total"))
    assert not lost.holds
    assert "view public.total" in str(lost)


@pytest.mark.parametrize("kind", ["plain", "custom"])
def test_what_a_restore_writes_in_another_way_is_no_difference(backups: Backups, kind: str) -> None:
    run_script(backups.dsn, ODD)
    proof = backups.proof(backups.dump(kind=kind))
    assert proof.holds, proof
    assert proof.schema is not None
    assert proof.schema.checked > 50


def test_rows_without_the_rest_of_the_schema_are_no_backup(backups: Backups) -> None:
    run_script(backups.dsn, ODD)
    sections = backups.proof(backups.dump("--section=pre-data", "--section=data"))
    assert sections.content
    assert not sections.holds
    assert "constraint public.gifts.gifts_pkey: expected PRIMARY KEY (id), found none" in str(
        sections
    )
    assert sections.schema is not None
    kinds = {each.subject.partition(" ")[0] for each in sections.schema.differences}
    assert kinds == {"constraint", "index", "trigger", "policy", "table"}


@pytest.mark.parametrize(
    ("edit", "subject"),
    [
        (("CREATE POLICY open_only", "-- "), "policy public.people.open_only"),
        (("CREATE TRIGGER touched", "-- "), "trigger public.people.touched"),
        (("RETURN new; END", "RETURN NULL; END"), "function public.touch(): definition"),
        (("'done'", "'shut'"), "visits_state_check: definition"),
    ],
)
def test_one_object_that_is_lost_or_other_is_named(
    backups: Backups, edit: tuple[str, str], subject: str
) -> None:
    run_script(backups.dsn, ODD)
    path = backups.dump(kind="plain")
    path.write_text(path.read_text().replace(*edit))
    proof = backups.proof(path)
    assert proof.content
    assert subject in str(proof)
    assert not proof.holds


def test_a_table_that_is_not_looked_at_need_not_be_in_the_backup(backups: Backups) -> None:
    run_script(backups.dsn, 'CREATE TABLE "Log" (id serial PRIMARY KEY)')
    path = backups.dump('--exclude-table="Log"', '--exclude-table="Log_id_seq"')
    assert not backups.proof(path).holds
    proof = backups.proof(path, exclude=("L*",))
    assert proof.holds, proof


def test_rows_that_a_backup_lacks_call_for_no_rollback(backups: Backups) -> None:
    path = backups.dump()
    run_script(backups.dsn, "UPDATE people SET nick = 'x'")
    proof = backups.proof(path)
    assert "table public.people: " in str(proof)
    assert "what to do" not in str(proof), "the check that asked for the backup says what to do"


def test_the_scratch_database_is_dropped(backups: Backups, server: EmbeddedServer) -> None:
    assert backups.proof(backups.dump()).holds
    copy = backups.copies[0]
    names = "SELECT datname FROM pg_database WHERE datname LIKE 'gonogo_restored%'"
    assert Reader(server.dsn()).rows(names).rows
    copy.close()
    assert not Reader(server.dsn()).rows(names).rows
