from __future__ import annotations

import pytest

from gonogo.probes.database.binaries import find_binaries
from gonogo.probes.database.clones import create_clone, drop_database
from gonogo.probes.database.preparation import run_script
from selftest.plugin.project import Project
from selftest.plugin.reached import (
    OWNER,
    READER,
    TARGET,
    ReachedProject,
    complete,
    shop_server,
    usage_error,
)
from selftest.plugin.version_proxy import VersionProxy

REF, OTHER = "abcdefghijklmnopqrst", "zyxwvutsrqponmlkjihg"


def test_a_server_newer_than_the_tools_is_an_error(shop: ReachedProject) -> None:
    version = shop.server.binaries.version
    claimed = "9" * len(version.split(".")[0]) + version[len(version.split(".")[0]) :]
    with VersionProxy(shop.server.port, real=version, claimed=claimed) as proxy:
        shop.addresses["SHOP_READER_URL"] = shop.dsn(READER, port=proxy.port)
        assert shop.run().ret == 20
    parts = complete(shop.message("FIN-1.1"))
    assert parts["what"] == "pg_dump is older than the server"
    assert parts["where"] == f"127.0.0.1:{proxy.port}/shop"
    assert parts["expected"] == f"pg_dump {claimed.split('.')[0]} or newer"
    assert parts["found"] == f"pg_dump {version.split('.')[0]}"


def test_a_server_older_than_the_tools_is_read_and_migrated(project: Project) -> None:
    binaries = find_binaries(prefer_major=15)
    if binaries.major != 15:
        pytest.skip("PostgreSQL 15 is not installed here")
    with shop_server(binaries) as old:
        shop = ReachedProject(project, old)
        assert shop.run("-m", "final or phase1", "--execute", "migrate")
        assert shop.project.states["FIN-1.1"] == "PASS"
        assert shop.project.states["MIG-2.1"] == "PASS"
        assert shop.project.results["facts"]["PostgreSQL"].startswith("15.")


@pytest.mark.parametrize(
    ("addition", "env_file", "what", "found"),
    [
        (
            f'[supabase]\nproject_ref = "{REF}"\n',
            f"SUPABASE_URL=https://{OTHER}.supabase.co\n",
            "belongs to another project than the target",
            "host 127.0.0.1",
        ),
        (
            f'[supabase]\nproduction_refs = ["{OTHER}"]\n',
            f"SUPABASE_URL=https://{OTHER}.supabase.co\n",
            "is production, but this target is not marked production",
            f"project {OTHER}",
        ),
        (
            '[supabase]\nproduction_hosts = ["127.0.0.1"]\n',
            "",
            "is production, but this target is not marked production",
            "host 127.0.0.1",
        ),
        (
            "",
            f"SUPABASE_URL=https://{OTHER}.supabase.co\nSUPABASE_ANON_KEY=sb_secret_abcdefgh\n",
            "SUPABASE_ANON_KEY is not an anonymous key",
            "a key with the role service_role",
        ),
    ],
    ids=["another project", "production ref", "production host", "service key"],
)
def test_a_target_that_is_not_who_it_says_is_refused_before_anything_starts(
    shop: ReachedProject, addition: str, env_file: str, what: str, found: str
) -> None:
    shop.add(addition)
    (shop.path / "product" / "live.env").write_text(env_file)
    parts = usage_error(shop.run())
    assert what in parts["what"]
    assert parts["found"] == found
    assert not (shop.path / "reports").exists()


def test_production_without_proof_of_which_project_is_refused(shop: ReachedProject) -> None:
    marked = TARGET.replace('"staging"', '"live"\nproduction = true')
    shop.set(f'{marked}[supabase]\nproject_ref = "{REF}"\n')
    parts = usage_error(shop.run())
    assert "belongs to another project than the target" in parts["what"]


def test_scripts_led_to_another_database_than_the_one_judged_are_refused(
    shop: ReachedProject,
) -> None:
    create_clone(shop.server.dsn(), "other", template="shop")
    try:
        shop.addresses["SHOP_OWNER_URL"] = shop.dsn(OWNER, db="other")
        parts = usage_error(shop.migrate())
    finally:
        drop_database(shop.server.dsn(), "other")
    assert "another database than the one judged" in parts["what"]
    assert "/shop" in parts["expected"]
    assert "/other" in parts["found"]


def test_a_repository_at_another_commit_is_refused(shop: ReachedProject) -> None:
    shop.commit_product()
    parts = usage_error(shop.run())
    assert parts["what"] == "the repository is at another commit than the release"
    assert parts["expected"].startswith("commit c0ffee0")


@pytest.mark.parametrize(
    ("change", "what"),
    [
        (
            ('admin_url_env = "SHOP_OWNER_URL"', ""),
            "--execute migrate needs database.admin_url_env",
        ),
        (
            (
                "timeout_s = 30",
                "prompts = [{ pattern = 'word', answer_env = 'NOT_SET_ANYWHERE' }]",
            ),
            "NOT_SET_ANYWHERE is not set",
        ),
    ],
)
def test_actions_that_cannot_be_carried_through_are_refused(
    shop: ReachedProject, change: tuple[str, str], what: str
) -> None:
    shop.set(TARGET.replace(*change))
    assert what in usage_error(shop.migrate())["what"]


@pytest.mark.parametrize(
    ("comment", "what"),
    [
        ("", "the database of GONOGO_SCRATCH_DATABASE_URL is not marked as scratch"),
        ("gonogo scratch", "the scratch server is the target's own server"),
    ],
)
def test_a_named_scratch_server_must_be_one(shop: ReachedProject, comment: str, what: str) -> None:
    dsn = shop.server.dsn()
    run_script(dsn, f"COMMENT ON DATABASE postgres IS '{comment}'")
    shop.addresses["GONOGO_SCRATCH_DATABASE_URL"] = dsn
    assert usage_error(shop.run())["what"] == what


def test_a_scratch_server_elsewhere_is_refused(shop: ReachedProject) -> None:
    shop.addresses["GONOGO_SCRATCH_DATABASE_URL"] = "postgresql://u:pw@db.example.org/x"
    assert "is not on this machine" in usage_error(shop.run())["what"]


def test_without_a_named_scratch_server_one_is_started(shop: ReachedProject) -> None:
    shop.addresses["GONOGO_SCRATCH_DATABASE_URL"] = ""
    shop.run("-m", "final")
    assert shop.project.states["FIN-1.1"] == "PASS"
