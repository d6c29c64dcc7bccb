from __future__ import annotations

from pathlib import Path

import pytest

from gonogo.cli.main import run
from gonogo.config import Settings, load
from gonogo.repository import run_git
from gonogo.repository_copy import COMMIT_IDENTITY

SCRIPT = """\
#!/usr/bin/env bash
backup_folder="$here/backups"
log_folder="$here/logs"
case "$1" in
  --backup) pg_dump "$url" > "$backup_folder/backup_$(date +%s).dump" ;;
  *) psql "$url" | tee "$log_folder/migration_$(date +%s).log" ;;
esac
read -r -s -p "Enter database password: " password
printf 'Enter database password: '
read -r password
read -r -p "Type yes to roll back: " answer
read -r -p "Tests failed. Continue anyway? (y/n) " answer
"""


def made_a_repository(folder: Path) -> Path:
    run_git(folder, "init", "--quiet", "-b", "main")
    run_git(folder, "commit", "--quiet", "--allow-empty", "-m", "first", variables=COMMIT_IDENTITY)
    return folder


@pytest.fixture
def product(tmp_path: Path) -> Path:
    files = {
        "package.json": '{\n  "name": "@acme/Donor CRM",\n  "version": "2.3.0",\n'
        '  "scripts": {\n    "build": "vite build",\n    "test": "KEY=ghp_0123456789 vitest"\n}}',
        ".env.production.example": "# names only\nVITE_SUPABASE_URL=\nVITE_SUPABASE_ANON_KEY=\n",
        "deployment/migrate.sh": SCRIPT,
        "deployment/migration-001-contacts.sql": "INSERT INTO schema_migrations (version)\n"
        "VALUES ('001');\n",
        "deployment/migration-002-more.sql": "",
        "deployment/migration-001-rollback.sql": "",
        "deployment/migration-002-rollback.sql": "",
        "deployment/CHECKLIST.md": "- [ ] one\n",
        "vercel.json": "{}",
    }
    for name, text in files.items():
        path = tmp_path / "product" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    (tmp_path / "product/deployment/migrate.sh").chmod(0o755)
    return made_a_repository(tmp_path / "product")


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    folder = tmp_path / "project"
    folder.mkdir()
    monkeypatch.chdir(folder)
    return folder


def written(project: Path, name: str = "targets/donor-crm.toml") -> Settings:
    return load(name, root=project, environ={})


def test_what_the_repository_shows_becomes_a_target_that_loads(
    product: Path, project: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(["init", str(product)]) == 0
    settings = written(project)
    assert settings.target.name == "donor-crm"
    assert not settings.target.production
    assert settings.release.version == "2.3.0"
    assert settings.repository_path.resolve() == product
    assert settings.path(settings.checklist.document).resolve() == product / (
        "deployment/CHECKLIST.md"
    )
    assert settings.repository.env_file == ".env.production"
    assert settings.supabase.api_url_variable == "VITE_SUPABASE_URL"
    assert settings.migration.model_dump() == {
        "folder": "deployment",
        "files": "migration-[0-9][0-9][0-9]-*.sql",
        "rollback_files": "migration-{number}-rollback.sql",
        "ledger_table": "schema_migrations",
        "ledger_version_column": "version",
        "ledger_versions": "number",
        "backups": "deployment/backups",
        "backup_pattern": "backup_*.dump",
        "logs": "deployment/logs",
        "log_pattern": "migration_*.log",
        "queries": "",
    }
    assert "gonogo doctor --target targets/donor-crm.toml" in capsys.readouterr().out


def test_where_the_pages_write_is_told_with_its_reason(product: Path, project: Path) -> None:
    run(["init", str(product)])
    settings = written(project)
    assert settings.app.data_addresses == "/rest/v1/"
    text = (project / "targets/donor-crm.toml").read_text()
    assert "# No look of a check lets a page write to the addresses of data." in text
    assert 'data_addresses = "/rest/v1/"  # found: .env.production.example:2' in text
    assert '# data = "made up"' in text
    assert settings.real_data


def test_the_scripts_commands_and_prompts_become_actions(product: Path, project: Path) -> None:
    run(["init", str(product)])
    actions = written(project).actions
    assert actions["backup"].command == ("./migrate.sh", "--backup")
    assert actions["migrate"].command == ("./migrate.sh",)
    assert actions["backup"].folder == "deployment"
    prompts = actions["migrate"].prompts
    assert [(prompt.pattern, prompt.answer_env) for prompt in prompts] == [
        ("Enter database password", "GONOGO_SCRIPT_PASSWORD")
    ]


def test_every_guess_names_its_source(product: Path, project: Path) -> None:
    run(["init", str(product)])
    text = (project / "targets/donor-crm.toml").read_text()
    assert "# found: deployment/migrate.sh:5" in text
    assert "# found: deployment/migration-001-contacts.sql:1" in text
    assert "# found: .env.production.example:2" in text
    assert "# seen: npm run build: vite build (package.json:5)" in text
    assert "# seen: deploys to Vercel (vercel.json)" in text
    assert "(deployment/migrate.sh:12) is never answered" in text
    assert '# { pattern = "Type yes to roll back", answer = "" }' in text


def test_no_secret_of_the_repository_is_repeated(product: Path, project: Path) -> None:
    (product / ".env.production").write_text("VITE_SUPABASE_ANON_KEY=hunter22\n")
    run(["init", str(product)])
    text = (project / "targets/donor-crm.toml").read_text()
    assert "ghp_" not in text
    assert "hunter22" not in text


def test_an_empty_repository_gives_a_file_that_says_what_to_set(
    tmp_path: Path, project: Path
) -> None:
    (tmp_path / "empty 'repo'").mkdir()
    made_a_repository(tmp_path / "empty 'repo'")
    assert run(["init", "../empty 'repo'", "--output", "new.toml"]) == 0
    settings = written(project, "new.toml")
    assert settings.actions == {}
    assert settings.target.name == "empty-repo"
    text = (project / "new.toml").read_text()
    assert '# folder = "migrations"  # not found' in text
    assert '# document = ""  # not found' in text
    assert '# data_addresses = ""  # not found' in text
    assert "# [actions.backup]" in text


def test_a_script_without_a_backup_option_leaves_that_to_be_set(
    product: Path, project: Path
) -> None:
    (product / "deployment/migrate.sh").write_text("#!/bin/sh\npsql\n")
    run(["init", str(product)])
    assert set(written(project).actions) == {"migrate"}
    assert "makes a backup" in (project / "targets/donor-crm.toml").read_text()


def test_names_that_would_end_a_comment_or_a_text_do_not(product: Path, project: Path) -> None:
    (product / "package.json").write_text(
        '{"name": "\\n[x]", "version": "1\\n2", "scripts": {"build": "a\\n[b]\\u007f"}}'
    )
    odd = product / 'odd"\n\x7f[folder]'
    odd.mkdir()
    (odd / "checklist.md").write_text("- [ ] one\n" * 9)
    assert run(["init", str(product), "--output", "x.toml"]) == 0
    settings = written(project, "x.toml")
    assert settings.target.name == "x"
    assert settings.release.version == "0.0.0"
    assert settings.path(settings.checklist.document).resolve() == odd / "checklist.md"


def test_the_projects_checklist_is_named(product: Path, project: Path) -> None:
    (project / "checklist").mkdir()
    (project / "checklist/ours.md").touch()
    run(["init", str(product)])
    assert written(project).checklist.path == "checklist/ours.md"


def test_an_existing_file_is_never_overwritten(
    product: Path, project: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (project / "mine.toml").write_text("mine")
    assert run(["init", str(product), "--output", "mine.toml"]) == 4
    assert (project / "mine.toml").read_text() == "mine"
    assert "not overwritten" in capsys.readouterr().err


def test_a_folder_that_cannot_be_written_is_named(
    product: Path, project: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (project / "file").touch()
    assert run(["init", str(product), "--output", "file/x.toml"]) == 4
    assert "cannot be written" in capsys.readouterr().err


def test_a_missing_repository_is_named(project: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["init", "../missing"]) == 20
    assert "../missing" in capsys.readouterr().err
    assert list(project.iterdir()) == []


def test_a_folder_in_no_git_repository_is_refused_with_what_to_do(
    tmp_path: Path, project: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "plain").mkdir()
    assert run(["init", "../plain"]) == 4
    said = capsys.readouterr().err
    assert "../plain is in no git repository" in said
    assert "bound to the product's commit" in said
    assert "clone" in said
    assert list(project.iterdir()) == []


def test_a_repository_without_a_commit_is_refused(
    tmp_path: Path, project: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "new").mkdir()
    run_git(tmp_path / "new", "init", "--quiet")
    assert run(["init", "../new"]) == 4
    said = capsys.readouterr().err
    assert "the commit of ../new cannot be read" in said
    assert "git -C ../new rev-parse HEAD" in said
    assert list(project.iterdir()) == []


def test_a_folder_within_a_repository_is_of_that_repository(product: Path, project: Path) -> None:
    assert run(["init", str(product / "deployment"), "--output", "x.toml"]) == 0
