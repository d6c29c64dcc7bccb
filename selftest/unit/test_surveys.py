from __future__ import annotations

from pathlib import Path, PurePosixPath

import pytest

from gonogo.errors import CannotTell
from gonogo.literal_secrets import find_secrets, secret_kind
from gonogo.migration_survey import ledger_in, names_of_migrations
from gonogo.repository_survey import MOST_FILES, survey
from gonogo.script_survey import SeenPrompt, read_script, seems_database_script


class TestMigrationNames:
    @pytest.mark.parametrize(
        ("names", "glob", "rollback"),
        [
            (
                ["migration-001-a.sql", "migration-002-b.sql", "migration-001-rollback.sql"],
                "migration-[0-9][0-9][0-9]-*.sql",
                "migration-{number}-rollback.sql",
            ),
            (["1_a.sql", "10_b.sql"], "[0-9]*_*.sql", ""),
            (["20240101120000_a.sql"], "[0-9]*_*.sql", ""),
            (["01.sql", "02.sql", "01.down.sql"], "[0-9][0-9].sql", "{number}.down.sql"),
            (["V1-a.sql", "2_b.sql"], "*[0-9]*.sql", ""),
            (["01-a.sql", "01-a-rollback.sql", "02-b-undo.sql"], "[0-9][0-9]-*.sql", ""),
        ],
    )
    def test_they_are_described_by_a_glob(self, names: list[str], glob: str, rollback: str) -> None:
        found = names_of_migrations("folder", names)
        assert found
        assert found.glob == glob
        assert found.rollback_pattern == rollback
        assert all(PurePosixPath(name).match(found.glob) for name in found.forward)

    @pytest.mark.parametrize("names", [[], ["seed.sql"], ["01-rollback.sql"]])
    def test_a_folder_may_hold_none(self, names: list[str]) -> None:
        assert names_of_migrations("folder", names) is None


class TestLedgers:
    def test_its_table_column_and_line_are_read(self) -> None:
        sql = (
            "BEGIN;\nINSERT INTO public.schema_migrations (description, version)\n"
            "VALUES ('adds', '001');"
        )
        found = ledger_in("migration-001-a.sql", sql)
        assert found
        assert (found.table, found.column, found.line) == ("schema_migrations", "version", 2)

    def test_a_number_and_a_name_are_told_apart(self) -> None:
        sql = 'insert into "db_changelog" ("filename") select \'001-a.sql\''
        by_name = ledger_in("001-a.sql", sql)
        by_number = ledger_in("001-a.sql", "INSERT INTO migrations (nr) VALUES ('1')")
        assert by_name
        assert by_number
        assert (by_name.versions, by_name.column) == ("name", "filename")
        assert (by_number.versions, by_number.column) == ("number", "nr")

    def test_a_migration_may_write_to_none(self) -> None:
        assert ledger_in("001.sql", "INSERT INTO contacts (version) VALUES ('001')") is None


SCRIPT = """\
#!/usr/bin/env bash
# read -p "not a prompt"
BACKUP_DIR="$HERE/backups"
readonly log_folder="$HERE/logs"
log=$log_folder/migration_$(date +%Y).log
case "$1" in
  --dry-run) dry=1 ;;
  --backup|--save) backup ;;
esac
read -r -s -p "Database password for $USER: " password
echo -n "Type 'yes' to go on: "
read -r answer
read -p "Continue anyway? (y/n) " answer
pg_dump --format=custom "$url" > "backups/backup_${now}.sql.gz"
"""


class TestScripts:
    def test_only_shell_scripts_with_a_database_program_count(self) -> None:
        assert seems_database_script(SCRIPT)
        assert not seems_database_script("#!/bin/sh\n# psql\nls\n")
        assert not seems_database_script("#!/usr/bin/python3\npsql\n")
        assert not seems_database_script("psql\n")

    def test_options_prompts_and_folders_are_read(self) -> None:
        found = read_script(PurePosixPath("deployment/migrate.sh"), SCRIPT)
        assert found.backup_option == "--backup"
        assert found.options["--dry-run"] == 7
        assert (found.command, found.folder) == ("./migrate.sh", "deployment")
        assert [(prompt.text, prompt.line) for prompt in found.prompts] == [
            ("Database password for $USER: ", 10),
            ("Type 'yes' to go on: ", 12),
            ("Continue anyway? (y/n) ", 13),
        ]
        assert {key: seen.value for key, seen in found.settings.items()} == {
            "migration.backups": "deployment/backups",
            "migration.logs": "deployment/logs",
            "migration.log_pattern": "migration_*.log",
            "migration.backup_pattern": "backup_*.sql.gz",
        }

    def test_a_script_without_a_backup_option_has_none(self) -> None:
        found = read_script(PurePosixPath("migrate.sh"), "#!/bin/sh\npsql\n")
        assert (found.backup_option, found.folder) == ("", "")

    @pytest.mark.parametrize(
        ("text", "pattern", "secret", "never"),
        [
            ("Database password for $USER: ", "Database password for", True, False),
            ("Deploy (to) $(hostname)?", r"Deploy \(to\)", False, False),
            ("Continue anyway?", "Continue anyway", False, True),
        ],
    )
    def test_a_prompt_is_matched_by_its_fixed_words(
        self, text: str, pattern: str, *, secret: bool, never: bool
    ) -> None:
        prompt = SeenPrompt(text=text, line=1)
        assert prompt.pattern == pattern
        assert (prompt.secret, prompt.never_answered) == (secret, never)


class TestRepositories:
    def test_an_empty_one_suggests_nothing(self, tmp_path: Path) -> None:
        found = survey(tmp_path)
        assert found.guesses == {}
        assert found.script is None

    def test_a_missing_one_is_named(self, tmp_path: Path) -> None:
        with pytest.raises(CannotTell, match="no repository"):
            survey(tmp_path / "missing")
        (tmp_path / "file").touch()
        with pytest.raises(CannotTell) as caught:
            survey(tmp_path / "file")
        assert caught.value.found == "a file"

    @pytest.mark.parametrize("text", ["not json", "[]", '{"version": 1, "scripts": 2}'])
    def test_a_strange_package_file_suggests_nothing(self, tmp_path: Path, text: str) -> None:
        (tmp_path / "package.json").write_text(text)
        assert survey(tmp_path).guesses == {}

    def test_files_that_are_no_text_or_too_large_are_passed_over(self, tmp_path: Path) -> None:
        (tmp_path / "package.json").write_bytes(b"\xff")
        (tmp_path / "huge.sh").write_text("#!/bin/sh\npsql\n" + "#" * 2_000_000)
        (tmp_path / "link").symlink_to(tmp_path)
        found = survey(tmp_path)
        assert found.guesses == {}
        assert found.script is None

    def test_the_project_of_the_production_env_file_is_production(self, tmp_path: Path) -> None:
        ref = "abcdefghijklmnopqrst"
        (tmp_path / ".env.production").write_text(
            f"A=1\nX_SUPABASE_URL=https://{ref}.supabase.co\nX_SUPABASE_ANON_KEY=hunter22\n"
        )
        (tmp_path / ".env.local").write_text("SUPABASE_URL=http://localhost\n")
        found = survey(tmp_path)
        assert found.guesses["supabase.production_refs"].value == [ref]
        assert found.guesses["supabase.production_refs"].source == ".env.production:2"
        assert found.guesses["supabase.api_url_variable"].value == "X_SUPABASE_URL"
        assert found.guesses["supabase.anon_key_variable"].value == "X_SUPABASE_ANON_KEY"
        assert found.guesses["repository.env_file"].value == ".env.production"
        assert "hunter22" not in repr(found)

    def test_a_script_that_is_not_executable_is_remarked(self, tmp_path: Path) -> None:
        (tmp_path / "migrate.sh").write_text("#!/bin/sh\npsql\n")
        (tmp_path / "migrate.sh").chmod(0o644)
        assert "chmod +x" in str(survey(tmp_path).remarks[0].value)

    def test_the_script_beside_the_migrations_is_preferred(self, tmp_path: Path) -> None:
        for name in ("a.sh", "db/z-migrate.sh", "db/b.sh"):
            (tmp_path / name).parent.mkdir(exist_ok=True)
            (tmp_path / name).write_text("#!/bin/sh\npsql\n")
        (tmp_path / "db/1.sql").touch()
        found = survey(tmp_path)
        assert found.script
        assert str(found.script.path) == "db/z-migrate.sh"

    def test_folders_platforms_and_the_document_are_found(self, tmp_path: Path) -> None:
        (tmp_path / "logs").mkdir()
        (tmp_path / "backups").mkdir()
        (tmp_path / "backups/one.dump").touch()
        (tmp_path / "vercel.json").touch()
        (tmp_path / "CHECKLIST.md").write_text("- [ ] one\n- [ ] two\n")
        (tmp_path / "old-checklist.md").write_text("none")
        found = survey(tmp_path)
        assert found.guesses["migration.logs"].value == "logs"
        assert found.guesses["migration.backups"].value == "backups"
        assert found.guesses["checklist.document"].value == "CHECKLIST.md"
        assert [remark.value for remark in found.remarks] == ["deploys to Vercel"]

    def test_a_checklist_without_boxes_is_none(self, tmp_path: Path) -> None:
        (tmp_path / "checklist.md").touch()
        assert "checklist.document" not in survey(tmp_path).guesses

    def test_there_is_a_limit_to_the_files_looked_at(self) -> None:
        assert MOST_FILES <= 50_000


class TestLiteralSecrets:
    @pytest.mark.parametrize(
        "text",
        [
            "",
            "GONOGO_DATABASE_URL",
            "https://abcdefghijklmnopqrst.supabase.co",
            "postgresql://reader@localhost/crm",
            "./migrate.sh --backup",
            "Enter database password:",
            "0123456789abcdef" * 4,
        ],
    )
    def test_what_only_names_things_is_none(self, text: str) -> None:
        assert secret_kind(text) == ""

    def test_numbers_hold_none(self) -> None:
        assert list(find_secrets({"a": [1, {"b": True}]})) == []

    def test_a_secrets_path_is_named(self) -> None:
        tree = {"a": [{"b": "ghp_0123456789"}]}
        assert list(find_secrets(tree)) == [(("a", "0", "b"), "a service's secret key")]
