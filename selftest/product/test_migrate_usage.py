from __future__ import annotations

import shutil
import subprocess

import pytest

from selftest.product.product_copy import Product


def test_without_a_password_it_stops(product: Product) -> None:
    product.replace_program("psql", "#!/bin/sh\nexit 1\n")
    outcome = product.migrate(answers=())
    assert outcome.status == 1
    assert "no password was given" in outcome.errors


@pytest.mark.parametrize("options", [("--frobnicate",), ("--rollback", "2"), ("--backup", "x")])
def test_wrong_usage_is_told_apart(product: Product, options: tuple[str, ...]) -> None:
    outcome = product.migrate(*options)
    assert outcome.status == 2
    assert "Usage: migrate.sh" in outcome.errors


def test_help_is_help(product: Product) -> None:
    outcome = product.migrate("--help")
    assert outcome.status == 0
    assert "--rollback NNN" in outcome.output


def test_a_rollback_of_an_unknown_migration_is_refused(product: Product) -> None:
    outcome = product.migrate("--rollback", "009")
    assert outcome.status == 1
    assert "there is no migration 009" in outcome.errors


def test_a_missing_program_is_named(product: Product) -> None:
    for name in ("bash", "dirname", "cat"):
        (product.programs / name).symlink_to(shutil.which(name) or name)
    environment = {**product.environment(), "PATH": str(product.programs)}
    done = subprocess.run(
        [str(product.deployment / "migrate.sh"), "--dry-run"],
        capture_output=True,
        text=True,
        check=False,
        env=environment,
    )
    assert done.returncode == 1
    assert "psql is not installed" in done.stderr


@pytest.mark.parametrize(
    ("text", "project"),
    [
        ("VITE_SUPABASE_URL=https://one.supabase.co", "one"),
        ('export VITE_SUPABASE_URL="https://two.supabase.co/" # comment\r\n', "two"),
        ("VITE_SUPABASE_URL='https://a.supabase.co'\nVITE_SUPABASE_URL=https://b.supabase.co", "b"),
        ("# VITE_SUPABASE_URL=https://a.supabase.co\n", None),
        ("VITE_SUPABASE_URL=https://supabase.example.com\n", None),
        ("VITE_SUPABASE_URL=$(touch /tmp/never)\n", None),
    ],
)
def test_the_project_is_read_from_the_env_file(
    product: Product, text: str, project: str | None
) -> None:
    product.write_env(text)
    product.replace_program("psql", '#!/bin/sh\necho "asked $*" >&2\nexit 2\n')
    outcome = product.migrate("--dry-run")
    assert outcome.status == 1
    if project is None:
        assert "VITE_SUPABASE_URL" in outcome.errors
    else:
        assert f"postgresql://postgres@db.{project}.supabase.co:5432/postgres" in outcome.errors


def test_the_local_env_file_comes_second(product: Product) -> None:
    product.write_env("VITE_SUPABASE_URL=https://local.supabase.co\n", ".env.local")
    product.replace_program("psql", "#!/bin/sh\nexit 2\n")
    assert "no-such-project (from .env.production)" in product.migrate("--dry-run").output
    (product.root / ".env.production").unlink()
    assert "Project: local (from .env.local)" in product.migrate("--dry-run").output
    (product.root / ".env.local").unlink()
    assert "neither .env.production nor .env.local" in product.migrate("--dry-run").errors


def test_shellcheck_has_nothing_to_say(product: Product) -> None:
    program = shutil.which("shellcheck")
    if program is None:
        pytest.skip("shellcheck is not installed here")
    script = str(product.deployment / "migrate.sh")
    done = subprocess.run([program, "-S", "warning", script], capture_output=True, check=False)
    assert done.returncode == 0, done.stdout.decode()
