from __future__ import annotations

import gzip
import secrets
import shutil
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from gonogo.errors import CannotTell
from gonogo.probes.database.backup import RestoreResult, inspect_backup, restore
from gonogo.probes.database.binaries import PostgresBinaries, find_binaries
from gonogo.probes.database.clones import drop_database
from gonogo.probes.database.connection import connect_admin, connect_reader
from gonogo.probes.database.fingerprint import compare_fingerprints, fingerprint
from gonogo.probes.database.preparation import run_script
from gonogo.probes.database.programs import run_program
from gonogo.probes.database.server import EmbeddedServer

TABLES = {"public.people", "public.gifts"}
FORMATS = ["plain", "gzip plain", "custom", "directory", "tar"]


class Backups:
    """Backups of one database, and databases they are restored into."""

    def __init__(self, server: EmbeddedServer, dsn: str, folder: Path) -> None:
        self.server = server
        self.dsn = dsn
        self.folder = folder
        self.names: list[str] = []

    def make(self, kind: str, *arguments: str, name: str = "") -> Path:
        path = self.folder / (name or kind.replace(" ", "."))
        letter = {"gzip plain": "plain"}.get(kind, kind)
        done = run_program(
            self.server.binaries,
            "pg_dump",
            [f"--format={letter}", "--schema=public", f"--file={path}", *arguments],
            dsn=self.dsn,
        )
        assert done.exit_status == 0, done.stderr
        if kind == "gzip plain":
            packed = path.with_suffix(".gz")
            packed.write_bytes(gzip.compress(path.read_bytes()))
            return packed
        return path

    def restore(self, path: Path, **options: bool) -> RestoreResult:
        self.names.append(f"restored_{secrets.token_hex(4)}")
        return restore(
            path,
            admin_dsn=self.server.dsn(),
            database=self.names[-1],
            binaries=self.server.binaries,
            **options,
        )


@pytest.fixture
def backups(server: EmbeddedServer, dsn: str, tmp_path: Path) -> Iterator[Backups]:
    made = Backups(server, dsn, tmp_path)
    yield made
    for name in made.names:
        drop_database(server.dsn(), name)


@pytest.mark.parametrize("kind", FORMATS)
def test_a_whole_backup_is_read_and_restores_to_the_same_content(
    backups: Backups, binaries: PostgresBinaries, kind: str
) -> None:
    path = backups.make(kind)
    found = inspect_backup(path, binaries)
    assert (found.format, found.whole, found.damage) == (kind, True, "")
    assert set(found.tables) == set(found.with_data) == TABLES
    assert found.schemas == ("public",)
    assert found.size_bytes > 1000
    assert len(found.sha256) == 64
    if kind in ("custom", "directory", "tar"):
        assert found.created_at is not None
        assert abs(found.created_at - datetime.now(UTC)) < timedelta(minutes=5)
    else:
        assert found.created_at is None
    result = backups.restore(path)
    assert (result.ok, result.exit_status, result.errors) == (True, 0, ())
    assert [key.name for key in found.foreign_keys] == ["public.gifts.gifts_person_fkey"]
    assert result.left_out == ()
    with connect_reader(backups.dsn) as source, connect_reader(result.dsn) as copy:
        assert compare_fingerprints(
            fingerprint(source, schemas=["public"]), fingerprint(copy, schemas=["public"])
        ).equal


@pytest.mark.parametrize("kind", ["plain", "gzip plain", "custom", "tar"])
def test_a_backup_that_is_cut_off_is_damaged_and_does_not_restore(
    backups: Backups, binaries: PostgresBinaries, kind: str
) -> None:
    path = backups.make(kind)
    whole = path.read_bytes()
    path.write_bytes(whole[: len(whole) * 2 // 3])
    found = inspect_backup(path, binaries)
    assert not found.whole
    assert "end" in found.damage
    result = backups.restore(path)
    assert not result.ok
    assert result.errors == (found.damage,)


def test_a_flipped_byte_in_an_archive_is_damage(
    backups: Backups, binaries: PostgresBinaries
) -> None:
    path = backups.make("custom")
    data = bytearray(path.read_bytes())
    data[len(data) * 2 // 3] ^= 0xFF
    path.write_bytes(bytes(data))
    assert not inspect_backup(path, binaries).whole


def test_a_folder_without_one_of_its_files_is_damage(
    backups: Backups, binaries: PostgresBinaries
) -> None:
    path = backups.make("directory")
    next(path.glob("*.dat.gz")).unlink()
    assert "end" in inspect_backup(path, binaries).damage


def test_a_plain_dump_without_its_last_line_or_with_more_after_it_is_damage(
    backups: Backups, binaries: PostgresBinaries
) -> None:
    path = backups.make("plain")
    text = path.read_text()
    path.write_text(text.replace("-- PostgreSQL database dump complete", "--"))
    assert "its last line" in inspect_backup(path, binaries).damage
    path.write_text(text + "CREATE TABLE public.later (\n")
    assert "its last line" in inspect_backup(path, binaries).damage
    path.write_text(text + "\n\n\\unrestrict x\n--\n")
    assert inspect_backup(path, binaries).whole
    path.write_text(text[: text.index("@example.org")])
    assert inspect_backup(path, binaries).damage == "it ends inside the rows of public.people"


def test_what_is_empty_or_no_dump_is_damage(tmp_path: Path, binaries: PostgresBinaries) -> None:
    empty = tmp_path / "empty.sql"
    empty.touch()
    assert inspect_backup(empty, binaries).damage == "it is empty"
    text = tmp_path / "text.sql"
    text.write_text("pg_dump: error: connection refused")
    assert "no dump" in inspect_backup(text, binaries).damage
    folder = tmp_path / "folder"
    folder.mkdir()
    assert inspect_backup(folder, binaries).damage == "it is empty"


def test_tables_without_rows_in_the_dump_and_odd_names_are_told(
    backups: Backups, binaries: PostgresBinaries
) -> None:
    run_script(backups.dsn, 'CREATE TABLE "Odd ""one" (a int); INSERT INTO "Odd ""one" VALUES (1)')
    for kind in ("plain", "custom"):
        found = inspect_backup(backups.make(kind, "--exclude-table-data=gifts"), binaries)
        assert set(found.tables) == {*TABLES, 'public.Odd "one'}
        assert set(found.with_data) == {"public.people", 'public.Odd "one'}
    inserts = inspect_backup(backups.make("plain", "--inserts"), binaries)
    assert set(inserts.with_data) == set(inserts.tables)


def test_a_backup_that_is_missing_or_too_new_cannot_be_told(
    backups: Backups, binaries: PostgresBinaries, tmp_path: Path
) -> None:
    with pytest.raises(CannotTell, match="cannot be read"):
        inspect_backup(tmp_path / "absent", binaries)
    path = backups.make("custom")
    data = bytearray(path.read_bytes())
    data[6] = 99
    path.write_bytes(bytes(data))
    with pytest.raises(CannotTell, match="too old for this backup"):
        inspect_backup(path, binaries)


def test_a_dump_of_the_whole_database_brings_its_managed_schemas(
    backups: Backups, binaries: PostgresBinaries, server: EmbeddedServer
) -> None:
    path = backups.folder / "whole.dump"
    with connect_admin(backups.dsn) as connection:
        database = connection.info.dbname
    done = run_program(
        binaries, "pg_dump", ["--format=custom", f"--file={path}"], dsn=server.dsn(database)
    )
    assert done.exit_status == 0
    assert set(inspect_backup(path, binaries).schemas) >= {"auth", "vault", "extensions"}
    result = backups.restore(path)
    assert result.ok, result.errors
    with connect_admin(result.dsn) as connection:
        assert connection.execute("SELECT count(*) FROM people").fetchone() == (200,)
        assert connection.execute("SELECT auth.uid()").fetchone() == (None,)


def test_a_restore_that_fails_for_another_reason_is_data(backups: Backups) -> None:
    path = backups.make("plain")
    text = path.read_text().replace("CREATE TABLE public.gifts", "CREATE TABLE public.people")
    path.write_text(text)
    result = backups.restore(path, prelude=True)
    assert not result.ok
    assert result.exit_status != 0
    assert "does not exist" in " ".join(result.errors)


@pytest.mark.parametrize(
    ("old", "new"),
    [
        (" OWNER TO postgres", " OWNER TO the_missing_role"),
        (
            "CREATE TYPE public.stage",
            "CREATE EXTENSION no_such_extension;\nCREATE TYPE public.stage",
        ),
    ],
)
def test_a_role_or_extension_the_scratch_server_lacks_cannot_be_told(
    backups: Backups, old: str, new: str
) -> None:
    path = backups.make("plain")
    path.write_text(path.read_text().replace(old, new))
    with pytest.raises(CannotTell, match="cannot take this backup") as caught:
        backups.restore(path)
    assert "missing_role" in caught.value.found or "no_such_extension" in caught.value.found


def test_the_other_version_s_programs_read_what_this_one_wrote(backups: Backups) -> None:
    try:
        older = find_binaries(packages=())
    except CannotTell:
        pytest.skip("no second PostgreSQL on this machine")
    path = backups.make("plain")
    assert inspect_backup(path, older).whole
    shutil.copy(path, backups.folder / "copy.sql")
    copied = inspect_backup(backups.folder / "copy.sql", older)
    assert copied.sha256 == inspect_backup(path, older).sha256
