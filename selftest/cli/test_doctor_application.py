from __future__ import annotations

from pathlib import Path

import httpx
import pytest

from gonogo.diagnosis import Condition, Finding
from gonogo.diagnosis_application import diagnose_application
from selftest.cli.doctors_project import settings_of
from selftest.cli.doctors_providers import provided_by

HERE = "https://app.test"
ACCOUNT = {"WHO": "ada@example.test", "WORD": "hunter22"}


def look(
    project: Path,
    answer: httpx.Response | Exception | None = None,
    *,
    environ: dict[str, str] | None = None,
    **changed: object,
) -> dict[str, Finding]:
    def answers(request: httpx.Request) -> httpx.Response:
        assert request.method == "GET"
        if isinstance(answer, Exception):
            raise answer
        return answer or httpx.Response(200, text="<html></html>")

    given: dict[str, object] = {
        "app__url": HERE,
        "app__sign_in__user_env": "WHO",
        "app__sign_in__password_env": "WORD",
    }
    settings = settings_of(project, ACCOUNT if environ is None else environ, **given | changed)
    found = diagnose_application(settings, ("phase3",), via=httpx.MockTransport(answers))
    return {finding.service.partition(" ")[2]: finding for finding in found}


def test_an_application_that_answers_with_somebody_to_sign_in_is_reachable(project: Path) -> None:
    found = look(project)
    assert {each.condition for each in found.values()} == {Condition.REACHABLE}
    assert found["address"].found == "answers HTTP 200"
    assert found["address"].where == "https://app.test/"
    assert not any(value in str(found) for value in ACCOUNT.values())


def test_a_phase_that_looks_at_no_application_needs_none(project: Path) -> None:
    assert diagnose_application(settings_of(project), ("phase1",)) == ()


@pytest.mark.parametrize("provider", ["Opens", "StartsOnly"])
def test_what_the_target_brings_along_is_not_looked_for(project: Path, provider: str) -> None:
    provided_by(project, provider)
    assert {each.condition for each in look(project).values()} == {Condition.NOT_NEEDED}


class TestAddress:
    def test_the_env_file_may_have_it(self, project: Path) -> None:
        (project / "product/.env.production").write_text(f"APP_URL={HERE}/\n")
        assert (
            look(project, app__url="", app__url_variable="APP_URL")["address"].where
            == "https://app.test/"
        )
        (project / "product/.env.production").write_text("A=1\n")
        finding = look(project, app__url="", app__url_variable="APP_URL")["address"]
        assert finding.condition is Condition.MISSING
        assert finding.found == "APP_URL is not set in .env.production"
        assert finding.do == "set APP_URL in the product's .env.production, or app.url"

    def test_one_that_nobody_named_is_missing(self, project: Path) -> None:
        finding = look(project, app__url="")["address"]
        assert (finding.condition, finding.do) == (Condition.MISSING, "set app.url")

    def test_an_env_file_that_cannot_be_read_is_wrong(self, project: Path) -> None:
        (project / "product/.env.production").write_bytes(b"\xff")
        finding = look(project, app__url="", app__url_variable="APP_URL")["address"]
        assert finding.condition is Condition.WRONG
        assert "not UTF-8" in finding.found

    @pytest.mark.parametrize(
        ("status", "do"),
        [
            (401, "sign-in of the platform's own"),
            (404, "first deployment"),
            (502, "platform's log"),
        ],
    )
    def test_an_answer_that_is_no_page_says_what_to_do(
        self, project: Path, status: int, do: str
    ) -> None:
        finding = look(project, httpx.Response(status))["address"]
        assert (finding.condition, finding.found) == (Condition.WRONG, f"answers HTTP {status}")
        assert do in finding.do

    def test_another_host_that_it_leads_to_is_named(self, project: Path) -> None:
        def answers(request: httpx.Request) -> httpx.Response:
            if request.url.host == "app.test":
                return httpx.Response(302, headers={"Location": "https://sso.test/?nonce=hunter22"})
            return httpx.Response(200)

        settings = settings_of(project, app__url=HERE)
        [address, _] = diagnose_application(settings, via=httpx.MockTransport(answers))
        assert address.found == "answers HTTP 200, led on to sso.test"

    def test_one_that_does_not_answer_is_wrong(self, project: Path) -> None:
        finding = look(project, httpx.ConnectError("Connection refused"))["address"]
        assert finding.condition is Condition.WRONG
        assert "Connection refused" in finding.found

    def test_one_that_is_none_is_wrong(self, project: Path) -> None:
        finding = look(project, app__url="https://[::1")["address"]
        assert finding.condition is Condition.WRONG


class TestDataAddresses:
    def test_production_must_name_them(self, project: Path) -> None:
        finding = look(project, target__production=True)["data addresses"]
        assert finding.condition is Condition.MISSING
        assert finding.stops
        assert finding.do.startswith("set app.data_addresses")
        named = look(project, target__production=True, app__data_addresses="/rest/v1/")
        assert "data addresses" not in named

    def test_no_other_target_needs_them(self, project: Path) -> None:
        assert "data addresses" not in look(project)


class TestProtection:
    REFUSAL = httpx.Response(401, text="https://vercel.com/sso-api?url=x&nonce=y")

    def test_it_is_named_with_the_setting_that_passes_it(self, project: Path) -> None:
        finding = look(project, self.REFUSAL)["address"]
        assert finding.condition is Condition.WRONG
        assert "deployment protection stands before this address" in finding.found
        assert "services.vercel.bypass_env" in finding.do

    def test_a_secret_that_is_not_there_is_named(self, project: Path) -> None:
        finding = look(project, services__vercel__bypass_env="PASS")["address"]
        assert (finding.condition, finding.found) == (Condition.WRONG, "PASS is not set")


class TestAccount:
    def test_half_an_account_is_missing_and_says_which_half(self, project: Path) -> None:
        finding = look(project, environ={"WHO": "ada@example.test"})["account"]
        assert (finding.condition, finding.found) == (Condition.MISSING, "WORD is not set")
        assert "an ordinary user" in finding.least_scope

    def test_one_that_nobody_named_says_what_to_set(self, project: Path) -> None:
        finding = look(project, app__sign_in__user_env="", app__sign_in__password_env="")["account"]
        assert finding.condition is Condition.MISSING
        assert "set app.sign_in.user_env" in finding.do
        assert "set app.sign_in.password_env" in finding.do
