from __future__ import annotations

import subprocess
from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from gonogo.config_app import DeploymentSection
from gonogo.errors import CannotTell, NotDoneYet
from gonogo.probes.deployment.build_log import read_build
from gonogo.probes.deployment.release import ReleaseDeployment
from gonogo.probes.deployment.release_comparison import built, serving
from gonogo.probes.deployment.site import Told
from gonogo.records import ActionRecord
from gonogo.vendors.hosting import Deployment, LogLine

COMMIT = "a" * 40
NOW = datetime(2026, 9, 20, 10, tzinfo=UTC)
GOOD = Deployment(
    id="d1",
    address="https://d1.test",
    state="READY",
    is_ready=True,
    has_ended=True,
    is_production=True,
    is_live=True,
    commit=COMMIT,
    created_at=NOW,
)
OTHER = replace(GOOD, id="d0", commit="b" * 40, created_at=NOW - timedelta(days=1))
BUILDING = replace(GOOD, state="BUILDING", is_ready=False, has_ended=False)
RECORD = ActionRecord(
    name="deploy",
    run_id="r",
    instance="box",
    command="./deploy.sh",
    started_at=NOW,
    exit_status=0,
    outcome="finished",
)
FAILED = replace(RECORD, exit_status=1, outcome="failed")
OUTPUT = "tests passed\n== Deployment\nuploaded\n"
SETTINGS = DeploymentSection(checks_end="^== Deployment", build_timeout_s=0.01)


class Platform:
    """A platform with these deployments; each look at the newest takes the next answer."""

    where = "https://api.test"
    keeps_log = True

    def __init__(self, *looks: Sequence[Deployment], live: Deployment | None = None) -> None:
        self._looks = [tuple(each) for each in looks or [()]]
        self._live = live

    def live(self) -> Deployment | None:
        return self._live

    def newest(self) -> tuple[Deployment, ...]:
        return self._looks.pop(0) if len(self._looks) > 1 else self._looks[0]

    def build_log(self, deployment_id: str) -> tuple[LogLine, ...]:
        return (LogLine(text=f"built {deployment_id}"),)


def release(*found: Deployment, **parts: Any) -> ReleaseDeployment:  # noqa: ANN401
    given = {"platform": Platform(found), "commit": COMMIT, "settings": SETTINGS, **parts}
    return ReleaseDeployment(**given)


class TestHasAnybodyDeployed:
    def test_nothing_of_this_release_is_not_deployed_yet(self) -> None:
        with pytest.raises(NotDoneYet, match="not deployed yet") as caught:
            release(OTHER, command="./deploy.sh").require()
        assert "d0, production" in caught.value.found
        assert "pytest -m phase2 --execute deploy" in caught.value.do

    def test_nothing_at_all_is_not_deployed_yet(self) -> None:
        with pytest.raises(NotDoneYet) as caught:
            release().require()
        assert caught.value.found == "no production deployment"
        assert caught.value.do.startswith("deploy by hand")

    def test_a_deployment_older_than_the_day_is_none_of_it(self) -> None:
        with pytest.raises(NotDoneYet):
            release(OTHER, since=NOW).require()

    @pytest.mark.parametrize(
        "parts", [{"begun": True}, {"record": RECORD}, {"since": NOW - timedelta(days=2)}]
    )
    def test_what_was_begun_is_judged(self, parts: dict[str, Any]) -> None:
        release(OTHER, **parts).require()

    def test_a_deployment_of_this_commit_is_judged(self) -> None:
        release(OTHER, GOOD).require()
        assert release().where == Platform.where


class TestNewest:
    def test_it_is_waited_for_until_its_build_has_ended(self) -> None:
        slow = SETTINGS.model_copy(update={"build_timeout_s": 2.5})
        platform = Platform([BUILDING], [GOOD])
        assert release(platform=platform, settings=slow).newest() == GOOD

    def test_one_that_does_not_end_is_returned_as_it_is(self) -> None:
        assert release(BUILDING).newest() == BUILDING

    def test_there_may_be_none(self) -> None:
        assert release().newest() is None

    def test_what_is_live_is_the_platforms_word(self) -> None:
        assert release(platform=Platform(live=OTHER)).live() == OTHER


class TestBuild:
    def test_the_platforms_log_is_read(self) -> None:
        reading = release(output="npm ERR! of the script").build_log(GOOD)
        assert (reading.lines, reading.errors) == (1, ())

    def test_where_the_command_built_its_output_is_the_log(self) -> None:
        platform = Platform()
        platform.keeps_log = False
        reading = release(platform=platform, output="a\nnpm ERR! b").build_log(GOOD)
        assert (reading.lines, reading.errors) == (3, ("npm ERR! b",))

    def test_a_good_build_is_as_expected(self) -> None:
        assert built(GOOD, read_build([LogLine(text="done")]), commit=COMMIT).equal

    @pytest.mark.parametrize(
        ("made", "line", "said"),
        [
            (OTHER, "done", "commit that the platform names: expected aaaa"),
            (replace(GOOD, commit=""), "done", "found none"),
            (BUILDING, "done", "state of the build: expected ready, found d1, production, BUILD"),
            (GOOD, "npm ERR! no", "errors in its log: expected none, found npm ERR! no"),
        ],
    )
    def test_each_fault_is_told(self, made: Deployment, line: str, said: str) -> None:
        assert said in str(built(made, read_build([LogLine(text=line)]), commit=COMMIT))


class TestPreflight:
    @pytest.fixture
    def repository(self, tmp_path: Path) -> Path:
        for command in ("init -q", "-c user.name=a -c user.email=a@b commit -q --allow-empty -m x"):
            subprocess.run(["git", *command.split()], cwd=tmp_path, check=True)
        return tmp_path

    def test_a_clean_start_is_as_expected(self, repository: Path) -> None:
        passed = release(GOOD, record=RECORD, output=OUTPUT).preflight(repository)
        assert (passed.equal, passed.checked) == (True, 6)

    def test_by_hand_the_platforms_record_speaks_against_it_only(self, tmp_path: Path) -> None:
        with pytest.raises(NotDoneYet, match="nobody here saw"):
            release(GOOD).preflight(tmp_path)
        assert "uncommitted changes" in str(
            release(replace(GOOD, is_dirty=True)).preflight(tmp_path)
        )

    def test_a_script_that_stopped_in_its_checks_did_not_pass(self, repository: Path) -> None:
        output = "FAILED: the tests failed\n"
        found = str(release(record=FAILED, output=output).preflight(repository))
        assert "the script's own checks: expected passed, found ./deploy.sh: failed" in found
        assert "errors in its output: expected none, found FAILED: the tests failed" in found
        assert "found no production deployment" in found

    def test_a_script_that_failed_later_passed_its_checks(self, repository: Path) -> None:
        assert release(GOOD, record=FAILED, output=OUTPUT).preflight(repository).equal

    def test_where_nobody_says_where_they_end_the_exit_status_decides(
        self, repository: Path
    ) -> None:
        anywhere = SETTINGS.model_copy(update={"checks_end": ""})
        parts = {"output": OUTPUT, "settings": anywhere}
        assert release(GOOD, record=RECORD, **parts).preflight(repository).equal
        assert not release(GOOD, record=FAILED, **parts).preflight(repository).equal

    def test_a_changed_tree_is_a_difference(self, repository: Path) -> None:
        (repository / "new.txt").write_text("x", "utf-8")
        found = str(release(GOOD, record=RECORD, output=OUTPUT).preflight(repository))
        assert "working tree: expected nothing changed, found new.txt" in found

    def test_a_tree_that_nobody_can_look_at_tells_nothing(self, tmp_path: Path) -> None:
        with pytest.raises(CannotTell):
            release(GOOD, record=RECORD, output=OUTPUT).preflight(tmp_path)


class TestServing:
    TOLD = Told(status=200, said={"commit": COMMIT})

    def serves(
        self,
        live: Deployment | None,
        told: dict[str, Told] | None = None,
        **parts: Any,  # noqa: ANN401
    ) -> str:
        answers = {"/health": self.TOLD} if told is None else told
        found = serving(release(**parts), live, answers)
        return "" if found.equal else str(found)

    def test_this_commit_at_production_is_as_expected(self) -> None:
        assert self.serves(GOOD, record=RECORD) == ""

    @pytest.mark.parametrize(
        ("live", "said"),
        [
            (None, "the platform's word: expected ready and live, found no production deployment"),
            (OTHER, f"commit that the platform names: expected {COMMIT}, found {'b' * 40}"),
            (BUILDING, "found d1, production, BUILDING"),
            (replace(GOOD, is_live=False), "found d1, production, READY"),
            (replace(GOOD, is_production=False), "found d1, preview, READY"),
        ],
    )
    def test_the_platforms_word_may_be_another(self, live: Deployment | None, said: str) -> None:
        assert said in self.serves(live)

    @pytest.mark.parametrize(
        ("told", "said"),
        [
            (Told(status=200, said={"commit": "b"}), "commit in /health: expected aaa"),
            (Told(status=200, said={}), "/health answers with: expected JSON, found something"),
            (Told(status=200, said={"status": "ok"}), "commit in /health: expected aaaaaaaa"),
            (
                Told(status=503, said=TOLD.said),
                "/health answers: expected HTTP 200, found HTTP 503",
            ),
        ],
    )
    def test_the_address_may_answer_as_another(self, told: Told, said: str) -> None:
        assert said in self.serves(GOOD, {"/health": told})

    def test_one_address_that_names_the_commit_is_enough(self) -> None:
        silent = Told(status=200, said={"flags": {}})
        assert self.serves(GOOD, {"/health": self.TOLD, "/config.json": silent}) == ""

    def test_a_command_that_failed_is_a_difference(self) -> None:
        assert "the deploy command: expected exit status 0" in self.serves(GOOD, record=FAILED)

    def test_an_unnamed_commit_is_taken_from_the_application(self) -> None:
        unnamed = replace(GOOD, commit="", names_commit=False)
        assert self.serves(unnamed) == ""

    def test_where_nobody_names_a_commit_nothing_can_be_told(self) -> None:
        unnamed = replace(GOOD, commit="", names_commit=False)
        silent = SETTINGS.model_copy(update={"commit_field": ""})
        with pytest.raises(CannotTell, match="nobody names the commit"):
            self.serves(unnamed, settings=silent)
        assert self.serves(GOOD, settings=silent) == ""
