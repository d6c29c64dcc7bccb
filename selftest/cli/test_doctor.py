from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from io import StringIO
from pathlib import Path
from threading import Thread

import pytest
from rich.console import Console

from gonogo.checklist import PHASES, parse
from gonogo.cli.doctor import show
from gonogo.cli.main import run
from gonogo.diagnosis import Condition, Finding, needed_in, without_checks
from gonogo.diagnosis_application import diagnose_application
from gonogo.diagnosis_database import diagnose_database
from gonogo.diagnosis_files import diagnose_files
from gonogo.diagnosis_hosting import diagnose_hosting
from gonogo.diagnosis_services import diagnose_services
from selftest.cli.doctors_project import CHECKLIST, settings_of

PROJECT = Path(__file__).parents[2]


class TestPhases:
    def test_only_what_a_phase_needs_is_kept(self) -> None:
        findings = [
            Finding(service="a", condition=Condition.WRONG, found="", phases=("phase1",)),
            Finding(service="b", condition=Condition.WRONG, found="", phases=("phase2",)),
        ]
        assert [finding.service for finding in needed_in(["phase1"], findings, None)] == ["a"]

    def test_items_of_platforms_that_are_not_in_use_do_not_count(self) -> None:
        text = CHECKLIST.replace("phase=phase1", "phase=phase1 platform=netlify")
        finding = Finding(service="a", condition=Condition.WRONG, found="", phases=("phase1",))
        for platforms, number in (((), 1), (("netlify",), 1), (("vercel",), 0)):
            [found] = needed_in(
                ["phase1"], [finding], parse(text, path="list.md"), platforms=platforms
            )
            assert found.unlocks.endswith(f"({number} items for a machine)")


class EchoesTheKey(BaseHTTPRequestHandler):
    """A service that repeats what it was given."""

    def do_GET(self) -> None:
        key = self.headers["Authorization"].removeprefix("Bearer ")
        body = json.dumps({"error": f"{key} is no key of ours"}).encode()
        self.send_response(401)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: object) -> None: ...


@pytest.fixture
def echo() -> Iterator[str]:
    server = HTTPServer(("127.0.0.1", 0), EchoesTheKey)
    thread = Thread(target=server.serve_forever)
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    thread.join()
    server.server_close()


@pytest.mark.parametrize("more", [[], ["--json"]])
def test_a_service_that_repeats_a_key_of_the_env_file_does_not_show_it(
    project: Path, echo: str, more: list[str]
) -> None:
    (project / "product/.env.production").write_text(f"URL={echo}\nKEY=the-hunter22\n")
    with (project / "gonogo.toml").open("a") as file:
        file.write('[services.pulse]\nurl_variable = "URL"\ntoken_variable = "KEY"\n')
    # A process of its own: the browser that phase 4 needs is started in it.
    program = "from gonogo.cli.main import main; main()"
    done = subprocess.run(
        [sys.executable, "-c", program, "doctor", "--phase", "phase4", *more],
        cwd=project,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 20, done.stderr
    assert "it answers HTTP 401: " in done.stdout
    assert " is no key of ours" in done.stdout
    assert "hunter22" not in done.stdout + done.stderr
    assert "browser" in done.stdout


class TestTheCommand:
    def test_the_box_is_ready(
        self, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.chdir(PROJECT)
        assert run(["doctor", "--phase", "phase1"]) == 0
        said = capsys.readouterr().out
        assert "nothing is missing or wrong" in said
        assert "\x1b" not in said

    def test_json_says_what_to_do_and_what_it_unlocks(
        self,
        project: Path,
        capsys: pytest.CaptureFixture[str],
        monkeypatch: pytest.MonkeyPatch,
    ) -> None:
        monkeypatch.chdir(project)
        assert run(["doctor", "--phase", "phase1", "--json"]) == 20
        report = json.loads(capsys.readouterr().out)
        assert report["schema"] == "gonogo.doctor/1"
        assert not report["ready"]
        found = {finding["service"]: finding for finding in report["findings"]}
        assert found["database"]["condition"] == "missing"
        assert found["database"]["unlocks"] == "up to 0 checks of phase1 (1 items for a machine)"
        assert found["scripts' database"]["condition"] == "by hand"
        assert not {"PostHog (analytics)", "application address", "browser"} & set(found)

    def test_a_broken_checklist_does_not_hide_the_rest(
        self,
        project: Path,
        capsys: pytest.CaptureFixture[str],
        monkeypatch: pytest.MonkeyPatch,
    ) -> None:
        (project / "list.md").unlink()
        monkeypatch.chdir(project)
        assert run(["doctor", "--phase", "phase1", "--phase", "final"]) == 20
        said = capsys.readouterr().out
        assert "checklist is wrong" in said
        assert "database is missing" in said
        assert "no check looks yet at: notifications" in said
        assert "scripts' database is by hand: set database.admin_url_env" in said

    def test_what_is_unlocked_is_said_once_for_all_that_unlock_it(
        self,
        project: Path,
        capsys: pytest.CaptureFixture[str],
        monkeypatch: pytest.MonkeyPatch,
    ) -> None:
        (project / "product/db/save.sh").unlink()
        monkeypatch.chdir(project)
        assert run(["doctor", "--phase", "phase1"]) == 20
        said = capsys.readouterr().out
        unlocked = "unlocks up to 0 checks of phase1 (1 items for a machine)"
        assert f"mending action backup, action migrate and database {unlocked}" in said
        assert said.count("0 checks of phase1") == 1

    def test_a_repository_beside_the_project_is_shown_by_its_whole_path(
        self,
        project: Path,
        capsys: pytest.CaptureFixture[str],
        monkeypatch: pytest.MonkeyPatch,
    ) -> None:
        (project / "here").mkdir()
        (project / "gonogo.toml").rename(project / "here/gonogo.toml")
        (project / "list.md").rename(project / "here/list.md")
        (project / "product/.env.production").unlink()
        (project / "product/db/save.sh").unlink()
        text = (project / "here/gonogo.toml").read_text().replace('"product"', '"../product"')
        (project / "here/gonogo.toml").write_text(text)
        monkeypatch.chdir(project / "here")
        assert run(["doctor", "--phase", "phase1"]) == 20
        said = capsys.readouterr().out
        assert f"where: {project}/product/.env.production\n" in said
        assert f"where: {project}/product/db/save.sh (actions.backup" in said
        assert "../" not in said

    def test_an_unknown_phase_is_a_usage_error(self) -> None:
        assert run(["doctor", "--phase", "phase9"]) == 4

    def test_a_wrong_target_file_is_a_usage_error(
        self,
        project: Path,
        capsys: pytest.CaptureFixture[str],
        monkeypatch: pytest.MonkeyPatch,
    ) -> None:
        monkeypatch.chdir(project)
        assert run(["doctor", "--target", "no-such"]) == 4
        assert "no-such" in capsys.readouterr().err

    def test_colour_only_repeats_what_words_say(self, project: Path) -> None:
        rows: list[dict[str, object]] = [
            {
                **dict.fromkeys(("where", "expected", "least_scope", "unlocks"), ""),
                "service": "[red]x",
                "condition": condition.value,
                "found": "f",
                "do": "d",
            }
            for condition in Condition
        ]
        written = StringIO()
        show(rows, settings_of(project), Console(file=written, force_terminal=True, width=100))
        plain = StringIO()
        show(rows, settings_of(project), Console(file=plain, width=100))
        assert "\x1b[31m" in written.getvalue()
        for word in ("ready", "missing", "wrong", "not needed", "by hand"):
            assert word in plain.getvalue()
        assert "reachable" not in plain.getvalue()
        assert "[red]x is wrong: f" in plain.getvalue()
        assert "2 of 5 are missing or wrong" in plain.getvalue()
        assert "no check looks yet at: [red]x" in plain.getvalue()


def test_every_phase_named_is_one_of_the_checklists(project: Path) -> None:
    found = [
        *diagnose_files(settings_of(project)),
        *diagnose_database(settings_of(project), environ={}),
        *diagnose_application(settings_of(project)),
        *diagnose_hosting(settings_of(project)),
        *diagnose_services(settings_of(project)),
        *without_checks(),
    ]
    assert all(set(finding.phases) <= set(PHASES) for finding in found)
