"""How a build is put together: commands, headers, packages, variables."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path
from typing import Any

import httpx
import pytest

from selftest.services.conftest import Starting
from selftest.services.vercel.project import NAME, Platform, orders
from staging.services.vercel.build_settings import BrokenConfig, BuildSettings
from staging.services.vercel.build_variables import Withheld
from staging.services.vercel.header_rules import HeaderRules
from staging.services.vercel.state import UploadedFile

RULE = {"variables": "VITE_*", "read_by": r"import\.meta\.env", "sources": ["src/*", "*.html"]}


@pytest.mark.parametrize(
    ("source", "path", "fits"),
    [
        ("/(.*)", "/", True),
        ("/(.*)", "/a/b.js", True),
        ("/assets/(.*)", "/assets/a.js", True),
        ("/assets/(.*)", "/a.js", False),
        ("/:path*", "/a/b", True),
        ("/user/:id", "/user/7", True),
        ("/user/:id", "/user/7/edit", False),
        (r"/post/:id(\d+)", "/post/x", False),
        ("/index.html", "/index.html", True),
    ],
)
def test_a_source_fits_as_on_vercel(source: str, path: str, fits: bool) -> None:  # noqa: FBT001 - a column
    rules = HeaderRules([{"source": source, "headers": [{"key": "X-A", "value": "1"}]}])
    assert list(rules.of(path)) == ([("X-A", "1")] if fits else [])


def test_the_later_of_two_header_rules_counts_and_conditions_are_left_out() -> None:
    def rule(value: str, **more: object) -> dict[str, Any]:
        return {"source": "/(.*)", "headers": [{"key": "X-A", "value": value}], **more}

    rules = HeaderRules([rule("1"), rule("2"), rule("3", has=[])])
    assert list(rules.of("/")) == [("X-A", "2")]


@pytest.mark.parametrize(
    ("files", "settings", "expected"),
    [
        ({}, {}, (None, None, "public")),
        ({}, {"framework": "vite"}, (None, "vite build", "dist")),
        ({"package.json": {"scripts": {"build": "x"}}}, {}, (None, "npm run build", "public")),
        ({"package.json": {"scripts": {"vercel-build": "x", "build": "y"}}}, {},
         (None, "npm run vercel-build", "public")),
        ({"vercel.json": {"buildCommand": "make", "outputDirectory": "out"}},
         {"buildCommand": "other"}, (None, "make", "out")),
        ({"vercel.json": {"buildCommand": ""}}, {"framework": "vite"}, (None, None, "dist")),
    ],
)  # fmt: skip
def test_the_commands_are_chosen_as_on_vercel(
    tmp_path: Path, files: dict[str, Any], settings: dict[str, Any], expected: tuple[object, ...]
) -> None:
    for name, content in files.items():
        (tmp_path / name).write_text(json.dumps(content), "utf-8")
    chosen = BuildSettings.of(tmp_path, settings)
    assert (chosen.install, chosen.build, chosen.output) == expected


def test_packages_are_installed_by_the_lock_file_where_there_is_one(tmp_path: Path) -> None:
    (tmp_path / "package.json").write_text('{"dependencies": {"a": "1"}}', "utf-8")
    assert str(BuildSettings.of(tmp_path, {}).install).startswith("npm install ")
    (tmp_path / "package-lock.json").write_text("{}", "utf-8")
    assert str(BuildSettings.of(tmp_path, {}).install).startswith("npm ci ")


def test_a_file_that_is_no_json_is_named(tmp_path: Path) -> None:
    (tmp_path / "vercel.json").write_text("{", "utf-8")
    with pytest.raises(BrokenConfig, match=r"vercel\.json"):
        BuildSettings.of(tmp_path, {})


@pytest.mark.parametrize(
    ("path", "content", "seen"),
    [
        ("src/app.ts", "fetch('/config.json')", {"OTHER"}),
        ("src/deep/app.ts", "import.meta.env.VITE_KEY", {"OTHER", "VITE_KEY"}),
        ("server/app.mjs", "import.meta.env", {"OTHER"}),
    ],
)
def test_variables_are_withheld_until_a_source_reads_them(
    tmp_path: Path, path: str, content: str, seen: set[str]
) -> None:
    sha = hashlib.sha1(content.encode()).hexdigest()
    (tmp_path / sha).write_text(content, "utf-8")
    files = [UploadedFile(path=path, sha=sha)]
    variables = {"VITE_KEY": "1", "OTHER": "2"}
    assert set(Withheld.from_json(RULE).seen(variables, files, uploads=tmp_path)) == seen


def test_installed_packages_are_linked_in_and_changed_keys_need_no_new_build(
    company: Starting, tmp_path: Path
) -> None:
    packages = tmp_path / "installed" / "node_modules"
    (packages / "greeting").mkdir(parents=True)
    (packages / "greeting/index.js").write_text("export default 'from a package';", "utf-8")
    (packages / "greeting/package.json").write_text('{"type": "module"}', "utf-8")
    (packages.parent / "package-lock.json").write_text('{"lock": 1}', "utf-8")
    build = "import g from 'greeting'; import { mkdirSync, writeFileSync } from 'node:fs';"
    build += "mkdirSync('dist'); writeFileSync('dist/index.html', g + process.env.VITE_FLAG);"
    cache = {"build_cache": str(tmp_path / "cache"), "withheld": RULE}
    box = company(*orders(node_modules=str(packages), **cache))
    with Platform(box, tmp_path) as platform:
        server = next(f for f in platform.uploaded("any") if f["file"] == "server/index.mjs")
        files = [
            {
                "file": "package.json",
                "data": '{"type": "module", "scripts": {"build": "node b.mjs"}}',
            },
            {"file": "package-lock.json", "data": '{"lock": 1}'},
            {"file": "b.mjs", "data": build},
            server,
        ]
        for value in ("one", "two"):
            variable = {"key": "VITE_FLAG", "value": value, "type": "plain", "target": "preview"}
            platform.api.post(
                f"/v10/projects/{NAME}/env",
                json=variable,
                params={"teamId": "team_of_the_box", "upsert": "true"},
            ).raise_for_status()
            made = platform.api.post("/v13/deployments", json={"name": NAME, "files": files})
            deployed = platform.ended(made.json()["id"])
            assert deployed["readyState"] == "READY", platform.log(deployed["id"])
            served = f"http://{deployed['url']}"
            assert httpx.get(served).text == "from a packageundefined"
            assert httpx.get(f"{served}/echo").json()["VITE_FLAG"] == value
        assert len(list((tmp_path / "cache").iterdir())) == 1
        files[1] = {"file": "package-lock.json", "data": '{"lock": 2}'}
        made = platform.api.post("/v13/deployments", json={"name": NAME, "files": files})
        failed = platform.ended(made.json()["id"])["errorCode"]
        assert failed == "BUILD_FAILED", "packages of another lock file are not linked in"


def test_settings_of_one_deployment_make_a_build_of_their_own(
    company: Starting, tmp_path: Path
) -> None:
    with Platform(company(*orders()), tmp_path) as platform:
        assert platform.deploy("any")["readyState"] == "READY"
        broken = platform.deploy("any", projectSettings={"buildCommand": "exit 3"})
        assert (broken["readyState"], broken.get("errorCode")) == ("ERROR", "BUILD_FAILED")
