"""The stand-in for Netlify answers as its document says, and serves what was deployed to it."""

from __future__ import annotations

import json
import os
import subprocess
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from selftest.services.conftest import Starting
from selftest.services.vercel.project import SERVER
from selftest.specification import Specification, specification
from staging.services.company import Company, Order
from staging.services.switches import Break

TOKEN, SITE = "nfp_of_the_box", "5b1f7e1c-0000-4000-8000-0000000000aa"
COMMAND = Path(__file__).parents[2] / "staging/services/netlify/bin/netlify"
API = "staging.services.netlify.service:Netlify"
PRODUCTION = "staging.services.netlify.production:NetlifyProduction"
CONFIG = """
[build]
command = "mkdir -p dist && cat page.txt > dist/index.html && echo $VITE_FLAG >> dist/index.html"
publish = "dist"
[functions]
directory = "netlify/functions"
[[headers]]
for = "/*"
[headers.values]
X-Frame-Options = "DENY"
X-Of-The-Config = "yes"
"""


class Platform:
    """The running stand-in, and a folder with a small project."""

    def __init__(self, company: Company, folder: Path) -> None:
        self.company = company
        self.folder = folder
        self.production = company.addresses["netlify-production"]
        self.api = httpx.Client(
            base_url=f"{company.addresses['netlify']}/api/v1",
            headers={"Authorization": f"Bearer {TOKEN}"},
            trust_env=False,
        )

    def run(self, *arguments: str, **more: str) -> subprocess.CompletedProcess[str]:
        own = {
            "PATH": os.environ["PATH"],
            "NETLIFY_API_URL": self.company.addresses["netlify"],
            "NETLIFY_AUTH_TOKEN": TOKEN,
            "NETLIFY_SITE_ID": SITE,
        }
        return subprocess.run(
            [COMMAND, *arguments],
            cwd=self.folder,
            env={**own, **more},
            capture_output=True,
            text=True,
            check=False,
        )

    def deploy(self, page: str, *arguments: str) -> subprocess.CompletedProcess[str]:
        files = {
            "page.txt": page,
            "netlify.toml": CONFIG,
            "package.json": '{"type": "module"}',
            "server/index.mjs": SERVER,
            "netlify/functions/server.mjs": "export default () => new Response('');",
        }
        for name, text in files.items():
            (self.folder / name).parent.mkdir(parents=True, exist_ok=True)
            (self.folder / name).write_text(text, "utf-8")
        return self.run("deploy", *arguments)

    def served(self) -> str:
        return httpx.get(self.production, trust_env=False).text


@pytest.fixture(scope="module")
def running(company: Starting, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Platform]:
    options = {
        "token": TOKEN,
        "site_id": SITE,
        "site_name": "small",
        "account_id": "acme",
        "environment": {"VITE_FLAG": "on"},
    }
    made = company(
        Order(name="netlify", service=API, options=options),
        Order(name="netlify-production", service=PRODUCTION),
    )
    platform = Platform(made, tmp_path_factory.mktemp("project"))
    yield platform
    platform.api.close()


@pytest.fixture
def platform(running: Platform) -> Platform:
    running.company.reset("netlify")
    running.company.clear("netlify-production")
    return running


@pytest.fixture(scope="module")
def document() -> Specification:
    return specification("netlify")


def test_every_answer_is_one_of_the_vendors(platform: Platform, document: Specification) -> None:
    assert platform.deploy("one", "--prod").returncode == 0
    [deploy] = platform.api.get(f"/sites/{SITE}/deploys").json()
    paths = (
        "/user",
        "/sites",
        f"/sites/{SITE}",
        f"/sites/{SITE}/deploys",
        f"/sites/{SITE}/deploys/{deploy['id']}",
        f"/deploys/{deploy['id']}",
        "/accounts/acme/env",
        "/sites/nobody",
        "/deploys/nobody",
    )
    for path in paths:
        document.check(platform.api.get(path))
    document.check(platform.api.post(f"/sites/{SITE}/deploys/{deploy['id']}/restore"))
    refused = platform.api.get("/user", headers={"Authorization": "Bearer other"})
    assert refused.json() == {"code": 401, "message": "Access Denied"}
    document.check(refused)


@pytest.mark.parametrize("kind", [Break.UNAUTHORIZED, Break.LIMITED, Break.BROKEN])
def test_a_broken_service_refuses_in_the_vendors_words(
    platform: Platform, document: Specification, kind: Break
) -> None:
    platform.company.turn_on("netlify", kind, path="/api/v1/user")
    answer = platform.api.get("/user")
    assert answer.is_error
    document.check(answer)


def test_the_command_builds_uploads_and_publishes(platform: Platform) -> None:
    done = platform.deploy("one", "--prod", "--message", "of a test")
    assert (done.returncode, done.stderr) == (0, "")
    assert f"Production URL:     {platform.production}" in done.stdout
    assert platform.served() == "oneon\n"
    live = platform.api.get("/sites/small.netlify.app").json()["published_deploy"]
    assert (live["state"], live["context"], live["title"]) == ("ready", "production", "of a test")
    own = httpx.get(live["deploy_url"], trust_env=False)
    assert own.text == "oneon\n"
    assert own.headers["x-frame-options"] == "SAMEORIGIN"  # the server's own comes first
    assert (own.headers["x-of-the-config"], own.headers["server"]) == ("yes", "Netlify")


def test_a_draft_has_an_address_of_its_own_and_leaves_production_alone(platform: Platform) -> None:
    platform.deploy("one", "--prod")
    told = json.loads(platform.deploy("two", "--json", "--no-build").stdout.splitlines()[-1])
    draft = httpx.get(told["deploy_url"], trust_env=False)
    assert draft.headers["x-robots-tag"] == "noindex"
    assert platform.served() == "oneon\n"
    listed = platform.api.get(f"/sites/{SITE}/deploys", params={"production": "true"}).json()
    assert [each["context"] for each in listed] == ["production"]


def test_a_deploy_that_was_published_before_can_be_restored(platform: Platform) -> None:
    platform.deploy("one", "--prod")
    platform.deploy("two", "--prod")
    newest, first = platform.api.get(f"/sites/{SITE}/deploys").json()
    platform.company.turn_on("netlify-production", Break.STALE)
    assert platform.served() == "oneon\n"
    platform.company.clear("netlify-production")
    assert platform.served() == "twoon\n"
    assert platform.api.post(f"/sites/{SITE}/deploys/{first['id']}/restore").status_code == 201
    assert platform.served() == "oneon\n"
    latest = {"latest-published": "true"}
    [live] = platform.api.get(f"/sites/{SITE}/deploys", params=latest).json()
    assert (live["id"], newest["id"] == live["id"]) == (first["id"], False)


def test_variables_of_the_site_reach_the_next_deploy(platform: Platform) -> None:
    platform.deploy("one", "--prod")
    assert platform.run("env:set", "VITE_FLAG", "off").returncode == 0
    assert httpx.get(f"{platform.production}/echo", trust_env=False).json()["VITE_FLAG"] == "on"
    platform.deploy("one", "--prod")
    assert httpx.get(f"{platform.production}/echo", trust_env=False).json()["VITE_FLAG"] == "off"


@pytest.mark.parametrize(
    ("arguments", "variables", "said"),
    [
        (("deploy", "--prod"), {"NETLIFY_AUTH_TOKEN": "other"}, "HTTP 401"),
        (("deploy", "--prod"), {"NETLIFY_SITE_ID": ""}, "linked to a project"),
        (("deploy", "--prod", "-s", "other"), {}, "HTTP 404"),
        (("deploy", "--prod", "--dir", "nowhere", "--no-build"), {}, "has not been found"),
        (("deploy", "--prod"), {"NETLIFY_API_URL": "http://127.0.0.1:9"}, "cannot be asked"),
        (("deploy", "--launch"), {}, "knows only what deployments need"),
    ],
)
def test_the_command_says_why_it_cannot(
    platform: Platform, arguments: tuple[str, ...], variables: dict[str, str], said: str
) -> None:
    platform.deploy("one")
    done = platform.run(*arguments, **variables)
    assert (done.returncode, said in done.stderr) == (1, True), done.stderr


def test_a_build_that_fails_deploys_nothing(platform: Platform) -> None:
    platform.deploy("one")
    (platform.folder / "netlify.toml").write_text('[build]\ncommand = "exit 3"\n', "utf-8")
    done = platform.run("deploy", "--prod")
    assert (done.returncode, "exited with 3" in done.stderr) == (1, True)
    assert platform.api.get(f"/sites/{SITE}").json().get("published_deploy") is None


def test_a_deploy_that_never_gets_ready_times_out(platform: Platform) -> None:
    platform.deploy("one")
    (platform.folder / "page.txt").write_text("never", "utf-8")
    platform.company.turn_on("netlify", Break.NEVER, method="PUT")
    done = platform.run("deploy", "--prod", NETLIFY_DEPLOY_TIMEOUT_S="0.5")
    assert "Timeout while waiting" in done.stderr
    [newest, *_] = platform.api.get(f"/sites/{SITE}/deploys").json()
    assert newest["state"] == "processing"


def test_another_site_is_shown_where_the_switch_says_so(platform: Platform) -> None:
    platform.company.turn_on("netlify", Break.WRONG_PROJECT)
    assert platform.api.get(f"/sites/{SITE}").json()["name"] == "another-site"


def test_what_was_not_listed_is_not_taken(platform: Platform) -> None:
    platform.deploy("one")
    [deploy] = platform.api.get(f"/sites/{SITE}/deploys").json()
    put = platform.api.put(f"/deploys/{deploy['id']}/files/index.html", content=b"other")
    assert put.status_code == 422
    outside = platform.api.post(f"/sites/{SITE}/deploys", json={"files": {"/../x": "0" * 40}})
    nothing = platform.api.post(f"/sites/{SITE}/deploys", json={"files": {}})
    assert (outside.status_code, nothing.status_code) == (422, 422)


def test_what_was_kept_comes_back(platform: Platform) -> None:
    platform.deploy("one", "--prod")
    platform.company.keep("netlify")
    before = platform.company.state("netlify")
    platform.run("env:set", "VITE_FLAG", "off")
    platform.deploy("two", "--prod")
    assert platform.served() == "twooff\n"
    platform.company.bring_back("netlify")
    assert platform.company.state("netlify") == before
    assert platform.served() == "oneon\n"
    variables = platform.api.get("/accounts/acme/env").json()
    assert [each["values"][0]["value"] for each in variables] == ["on"]
