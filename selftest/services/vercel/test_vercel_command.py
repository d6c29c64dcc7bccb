"""The ``vercel`` command of the box, from a folder to a served page."""

from __future__ import annotations

import json
from pathlib import Path

import httpx
import pytest

from selftest.git_repository import made_repository
from selftest.services.vercel.project import PROJECT, TEAM, Platform, write_project
from staging.services.switches import Break
from staging.services.vercel.command_line.upload import names_not_ignored


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return write_project(tmp_path / "small", "hello")


@pytest.fixture
def linked(platform: Platform, folder: Path) -> Path:
    assert platform.run(folder, "link", "--yes").returncode == 0
    return folder


def text(url: str) -> str:
    return httpx.get(url).text


def test_it_says_its_version_and_who_asks(platform: Platform, folder: Path) -> None:
    version = platform.run(folder, "--version")
    assert version.stdout.strip() in version.stderr
    assert platform.run(folder, "whoami").stdout == "box-deployer\n"


@pytest.mark.parametrize(
    ("arguments", "variables", "said"),
    [
        (["whoami", "--token", "wrong"], {}, "token is not valid"),
        (["whoami"], {"VERCEL_TOKEN": ""}, "No existing credentials"),
        (["whoami"], {"VERCEL_API": "http://127.0.0.1:1"}, "cannot be reached"),
        (["whoami"], {"VERCEL_API": ""}, "VERCEL_API is not set"),
        (["--prod"], {}, "requires confirmation"),
        (["ls"], {"VERCEL_ORG_ID": "x"}, "forgot to specify `VERCEL_PROJECT_ID`"),
        (["ls"], {"VERCEL_ORG_ID": TEAM, "VERCEL_PROJECT_ID": "x"}, "Project not found"),
        (["ls"], {"VERCEL_ORG_ID": "x", "VERCEL_PROJECT_ID": PROJECT}, "Project not found"),
        (["link", "--yes", "--project", "others"], {}, "Project not found"),
        (["link", "--yes", "--scope", "others"], {}, "scope does not exist"),
        (["domains"], {}, "no command"),
        (["domains", "ls"], {}, "unrecognized arguments"),
        (["deploy", "--bogus"], {}, "unrecognized arguments: --bogus"),
        (["build"], {}, "No Project Settings found locally"),
        (["promote", "x", "--timeout", "soon"], {}, "invalid"),
    ],
)
def test_it_stops_with_a_clear_line(
    platform: Platform,
    folder: Path,
    arguments: list[str],
    variables: dict[str, str],
    said: str,
) -> None:
    done = platform.run(folder, *arguments, **variables)
    assert (done.returncode, done.stdout) == (1, "")
    assert said in done.stderr.splitlines()[-1]


def test_a_folder_is_linked_by_its_name(platform: Platform, folder: Path) -> None:
    assert platform.run(folder, "link", "--yes").returncode == 0
    link = json.loads((folder / ".vercel/project.json").read_text("utf-8"))
    assert link == {"projectId": PROJECT, "orgId": TEAM, "projectName": "small"}
    assert (folder / ".gitignore").read_text("utf-8") == ".vercel\n"


def test_a_production_deployment_is_served(platform: Platform, folder: Path) -> None:
    done = platform.run(folder, "--prod", "--yes")
    assert done.returncode == 0, done.stderr
    assert text(done.stdout) == platform.served() == "hello on  production"
    assert f"Aliased: {platform.production}" in done.stderr


def test_a_preview_gets_its_own_address(platform: Platform, linked: Path) -> None:
    done = platform.run(linked, "deploy", "-e", "VITE_FLAG=own", "-m", "why=test", "--logs")
    assert text(done.stdout) == "hello own yes preview"
    assert "building the page" in done.stderr
    assert httpx.get(platform.production).status_code == 404
    found = platform.api.get("/v6/deployments").json()["deployments"][0]
    assert (found["target"], found["meta"]) == (None, {"why": "test"})


def test_the_commit_is_told(platform: Platform, linked: Path) -> None:
    commit = made_repository(linked)
    platform.run(linked, "--prod")
    found = platform.api.get("/v6/deployments").json()["deployments"][0]
    assert found["meta"]["githubCommitSha"] == commit
    assert found["meta"]["githubCommitRef"] == "main"
    seen = httpx.get(f"{platform.production}/echo").json()
    assert seen["VERCEL_GIT_COMMIT_SHA"] == commit


def test_what_is_ignored_is_not_uploaded(tmp_path: Path) -> None:
    for name in ("a.txt", ".env.local", "node_modules/x.js", "keep/b.txt", "secret.key", "q.key"):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_text("x", "utf-8")
    (tmp_path / ".gitignore").write_text("a.txt\n", "utf-8")
    (tmp_path / ".vercelignore").write_text("*.key\n!q.key\n/b.txt\n", "utf-8")
    assert names_not_ignored(tmp_path) == [".vercelignore", "a.txt", "keep/b.txt", "q.key"]


def test_a_failed_build_is_a_failed_command(platform: Platform, linked: Path) -> None:
    platform.run(linked, "--prod")
    done = platform.run(linked, "--prod", "--build-env", "VITE_BREAK=1")
    assert done.returncode == 1
    assert done.stderr.splitlines()[-1] == 'Error: Command "npm run build" exited with 3'
    assert platform.served().startswith("hello")
    assert platform.run(linked, "inspect", done.stdout).returncode == 1


def test_rollback_and_promote_take_an_address(platform: Platform, linked: Path) -> None:
    first = platform.run(linked, "--prod").stdout
    (linked / "page.txt").write_text("newer", "utf-8")
    second = platform.run(linked, "--prod").stdout
    assert platform.run(linked, "rollback").stderr.splitlines()[-1].startswith("No deployment")
    back = platform.run(linked, "rollback", first, "--timeout", "10s")
    assert back.returncode == 0, back.stderr
    assert platform.served().startswith("hello")
    assert platform.run(linked, "ls").stdout.splitlines() == [second, first]
    assert platform.run(linked, "promote", second).returncode == 0
    assert platform.served().startswith("newer")
    assert "was promoted to" in platform.run(linked, "promote", "status").stderr
    assert platform.run(linked, "promote", "dpl_of_nobody").returncode == 1


def test_a_rollback_that_never_ends_is_a_failed_command(platform: Platform, linked: Path) -> None:
    first = platform.run(linked, "--prod").stdout
    (linked / "page.txt").write_text("newer", "utf-8")
    platform.run(linked, "--prod")
    platform.company.turn_on("vercel", Break.NEVER)
    done = platform.run(linked, "rollback", first, "--timeout", "1s")
    assert (done.returncode, "exceeded its deadline" in done.stderr) == (1, True)


def test_a_preview_is_promoted_by_a_new_build(platform: Platform, linked: Path) -> None:
    preview = platform.run(linked).stdout
    assert platform.run(linked, "promote", preview).returncode == 1
    assert platform.run(linked, "promote", preview, "--yes").returncode == 0
    newest = platform.api.get("/v6/deployments").json()["deployments"][0]["uid"]
    platform.ended(newest)
    assert platform.served() == "hello on  production"


def test_a_local_build_is_deployed_as_it_is(platform: Platform, linked: Path) -> None:
    assert platform.run(linked, "deploy", "--prebuilt").returncode == 1, "there is none yet"
    pulled = platform.run(linked, "pull", "--yes", "--environment=production")
    assert pulled.returncode == 0, pulled.stderr
    built = platform.run(linked, "build", "--prod")
    assert built.returncode == 0, built.stderr
    assert platform.run(linked, "deploy", "--prebuilt").returncode == 1, "another environment"
    (linked / "page.txt").write_text("changed after the build", "utf-8")
    done = platform.run(linked, "deploy", "--prebuilt", "--prod")
    assert text(done.stdout) == platform.served() == "hello on  production"


def test_variables_are_added_listed_pulled_and_removed(platform: Platform, linked: Path) -> None:
    add = ("env", "add", "GREETING", "production")
    assert platform.run(linked, *add, input='say "hi"\n').returncode == 0
    assert platform.run(linked, *add, input="again\n").returncode == 1
    listed = platform.run(linked, "env", "ls", "production").stdout
    assert "GREETING" in listed
    assert "hi" not in listed
    platform.run(linked, "env", "pull", "--environment=production")
    assert 'GREETING="say \\"hi\\""' in (linked / ".env.local").read_text("utf-8")
    assert platform.run(linked, "env", "rm", "GREETING", "production").returncode == 1
    assert platform.run(linked, "env", "rm", "GREETING", "production", "-y").returncode == 0
    assert "GREETING" not in platform.run(linked, "env", "ls").stdout
