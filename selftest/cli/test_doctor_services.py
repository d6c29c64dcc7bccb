from __future__ import annotations

from pathlib import Path
from typing import Any

import httpx
import pytest

from gonogo.diagnosis import Condition, Finding
from gonogo.diagnosis_services import diagnose_services
from selftest.cli.doctors_project import settings_of
from selftest.cli.doctors_providers import provided_by

TOKEN = "sntrys_hunter22"
ENVIRON = {"SENTRY_TOKEN": TOKEN, "POSTHOG_KEY": "phx_hunter22"}
ENV_FILE = "PULSE_URL=https://pulse.test/\nPULSE_KEY=pulse_hunter22\n"
NAMES: dict[str, object] = {
    "services__sentry__token_env": "SENTRY_TOKEN",
    "services__sentry__organization": "acme",
    "services__sentry__project": "crm",
    "services__posthog__token_env": "POSTHOG_KEY",
    "services__posthog__project": "7",
    "services__pulse__url_variable": "PULSE_URL",
    "services__pulse__token_variable": "PULSE_KEY",
}
PROFILES = {"data": [{"id": "1"}], "pagination": {"total": 1200, "has_more": True}}
ISSUES = "/api/0/organizations/acme/issues/"
EVENTS = "/api/0/organizations/acme/events/"
ANSWERS: dict[str, Any] = {
    "/api/0/projects/acme/crm/": {"id": "4501"},
    ISSUES: [],
    EVENTS: {"data": []},
    "/api/projects/7/query/": {"results": [[1]]},
    "/api/contacts/relationship-profiles": PROFILES,
}


class Vendors:
    """All services behind one door; ``but`` answers in place of what a path has."""

    def __init__(self, **but: httpx.Response | Exception) -> None:
        self.but = but
        self.asked: list[httpx.Request] = []

    def __call__(self, request: httpx.Request) -> httpx.Response:
        self.asked.append(request)
        for part, answer in self.but.items():
            if part in request.url.path:
                if isinstance(answer, Exception):
                    raise answer
                return answer
        return httpx.Response(200, json=ANSWERS[request.url.path])


def look(
    project: Path,
    vendors: Vendors | None = None,
    *,
    environ: dict[str, str] | None = None,
    phases: tuple[str, ...] = ("phase3", "phase4"),
    **changed: object,
) -> dict[str, Finding]:
    env_file = project / "product/.env.production"
    if not env_file.read_bytes().startswith(b"\xff"):
        env_file.write_text(ENV_FILE)
    given = ENVIRON if environ is None else environ
    settings = settings_of(project, given, **NAMES | changed)
    via = httpx.MockTransport(vendors or Vendors())
    found = diagnose_services(settings, phases, via=via)
    return {finding.service.partition(" ")[0]: finding for finding in found}


def test_services_that_answer_are_reachable_and_say_what_was_seen(project: Path) -> None:
    found = look(project)
    assert {each.condition for each in found.values()} == {Condition.REACHABLE}
    assert found["Sentry"].found == "issues and events of acme/crm can be read"
    assert found["PostHog"].found == "project 7 can be queried"
    assert found["Pulse"].found == "its list can be read: 1200 records"
    assert found["Pulse"].where == "https://pulse.test"
    assert not any(each.do or each.least_scope for each in found.values())


def test_each_is_asked_with_its_own_key_and_only_to_read(project: Path) -> None:
    vendors = Vendors()
    look(project, vendors)
    keys = {
        request.url.host: request.headers["Authorization"].removeprefix("Bearer ")
        for request in vendors.asked
    }
    assert keys == {
        "sentry.io": TOKEN,
        "us.posthog.com": "phx_hunter22",
        "pulse.test": "pulse_hunter22",
    }
    # PostHog's way to ask is a POST with the question.
    others = [each for each in vendors.asked if each.method != "GET"]
    assert [each.url.path for each in others] == ["/api/projects/7/query/"]
    assert b"select 1" in others[0].content


@pytest.mark.parametrize(
    ("phase", "services"),
    [("phase1", set()), ("phase3", {"Sentry", "PostHog"}), ("phase4", {"Pulse"})],
)
def test_only_those_that_a_phase_needs_are_asked(
    project: Path, phase: str, services: set[str]
) -> None:
    vendors = Vendors()
    assert set(look(project, vendors, phases=(phase,))) == services
    assert bool(vendors.asked) == bool(services)


class TestMissing:
    def test_all_that_lacks_is_told_at_once_and_nobody_is_asked(self, project: Path) -> None:
        vendors = Vendors()
        changed: dict[str, Any] = dict.fromkeys(NAMES, "")
        found = look(project, vendors, **changed)
        assert vendors.asked == []
        assert {each.condition for each in found.values()} == {Condition.MISSING}
        assert found["Sentry"].found == (
            "services.sentry.token_env is not set;"
            " services.sentry.organization and services.sentry.project are not set"
        )
        assert "set services.sentry.organization and services.sentry.project" in found["Sentry"].do
        assert found["PostHog"].found.endswith("services.posthog.project is not set")
        assert found["Pulse"].found == (
            "services.pulse.url is not set; services.pulse.token_env is not set"
        )
        assert "services.pulse.url_variable" in found["Pulse"].do

    def test_a_variable_that_is_not_set_is_named_with_the_least_rights(self, project: Path) -> None:
        found = look(project, environ={})
        assert found["Sentry"].found == "SENTRY_TOKEN is not set"
        assert found["Sentry"].do == "set SENTRY_TOKEN in the environment of this command"
        assert "Issue & Event: Read" in found["Sentry"].least_scope
        assert "query:read" in found["PostHog"].least_scope
        assert found["Pulse"].condition is Condition.REACHABLE

    def test_a_variable_of_the_products_env_file_is_looked_for_there(self, project: Path) -> None:
        found = look(project, services__pulse__token_variable="PULSE_KEY_2")["Pulse"]
        assert (found.condition, found.found) == (Condition.MISSING, "PULSE_KEY_2 is not set")
        assert "set PULSE_KEY_2 in the product's .env.production" in found.do


class TestWrong:
    @pytest.mark.parametrize("status", [401, 403])
    def test_a_key_that_is_refused_says_which_variable_and_which_rights(
        self, project: Path, status: int
    ) -> None:
        refused = httpx.Response(status, json={"error": {"message": "Not authorized"}})
        found = look(project, Vendors(projects=refused, profiles=refused))
        for finding in found.values():
            assert finding.condition is Condition.WRONG
            assert finding.found == f"it answers HTTP {status}: Not authorized"
            assert finding.least_scope
            assert "hunter22" not in str(finding)
        assert "rights named here into SENTRY_TOKEN" in found["Sentry"].do
        assert "into PULSE_KEY of .env.production" in found["Pulse"].do

    @pytest.mark.parametrize("path", ["issues", "events"])
    def test_a_key_that_opens_only_half_of_what_checks_read_is_wrong(
        self, project: Path, path: str
    ) -> None:
        refused = httpx.Response(403, json={"detail": "You do not have permission"})
        finding = look(project, Vendors(**{path: refused}))["Sentry"]
        assert finding.condition is Condition.WRONG
        assert finding.where.endswith(f"/organizations/acme/{path}/ (services.sentry.url)")

    def test_a_name_that_is_not_there_says_what_to_correct(self, project: Path) -> None:
        absent = httpx.Response(404, text="<html>no</html>")
        found = look(project, Vendors(projects=absent, profiles=absent))
        assert found["Sentry"].found == "it answers HTTP 404"
        assert found["Sentry"].do.startswith(
            "correct services.sentry.organization, services.sentry.project or services.sentry.url,"
        )
        assert "services.pulse.profiles or PULSE_URL of .env.production" in found["Pulse"].do
        assert not found["Pulse"].least_scope

    @pytest.mark.parametrize(
        ("status", "do"),
        [(429, "others use up"), (503, "those who run the service"), (400, "service is up")],
    )
    def test_other_refusals_have_their_own_advice(
        self, project: Path, status: int, do: str
    ) -> None:
        limited = httpx.Response(status, json=["no"], headers={"Retry-After": "0"})
        finding = look(project, Vendors(profiles=limited), phases=("phase4",))["Pulse"]
        assert finding.condition is Condition.WRONG
        assert finding.found == f"it answers HTTP {status}"
        assert do in finding.do

    @pytest.mark.parametrize("named", ["20", "3600"])
    def test_a_limit_is_told_and_not_waited_for(self, project: Path, named: str) -> None:
        limited = httpx.Response(429, json={}, headers={"Retry-After": named})
        vendors = Vendors(profiles=limited)
        finding = look(project, vendors, phases=("phase4",))["Pulse"]
        assert finding.condition is Condition.WRONG
        assert f"HTTP 429: asks to wait {named} s" in finding.found
        assert "ask again later" in finding.do
        assert len(vendors.asked) == 1

    def test_an_address_that_does_not_answer_is_named_with_its_setting(self, project: Path) -> None:
        refused = httpx.ConnectError("Connection refused")
        finding = look(project, Vendors(profiles=refused), phases=("phase4",))["Pulse"]
        assert finding.condition is Condition.WRONG
        assert "Connection refused" in finding.found
        assert finding.where.endswith("(PULSE_URL of .env.production)")
        assert "see that the address is right" in finding.do

    @pytest.mark.parametrize("url", ["https://[::1", "https://host:port", "nowhere"])
    def test_an_address_that_is_none_is_wrong(self, project: Path, url: str) -> None:
        settings = settings_of(project, ENVIRON, **NAMES | {"services__sentry__url": url})
        finding = diagnose_services(settings, ("phase3",))[0]
        assert finding.condition is Condition.WRONG
        assert finding.where.endswith("(services.sentry.url)")

    def test_a_key_that_no_header_can_hold_is_wrong_and_not_shown(self, project: Path) -> None:
        environ = {**ENVIRON, "SENTRY_TOKEN": "hunter22-ö"}
        finding = look(project, environ=environ)["Sentry"]
        assert finding.condition is Condition.WRONG
        assert "hunter22" not in str(finding)

    def test_what_is_no_answer_of_the_service_is_wrong(self, project: Path) -> None:
        page = httpx.Response(200, text="<html>Welcome</html>")
        finding = look(project, Vendors(profiles=page), phases=("phase4",))["Pulse"]
        assert finding.condition is Condition.WRONG
        assert "Welcome" in finding.found

    def test_an_env_file_that_cannot_be_read_hides_nothing_else(self, project: Path) -> None:
        (project / "product/.env.production").write_bytes(b"\xff")
        found = look(project)
        assert {each.stops for each in found.values()} == {True}
        assert "not UTF-8" in found["Sentry"].found


@pytest.mark.parametrize(
    ("provider", "found"),
    [("Opens", "the box brings its own"), ("StartsOnly", "left to the target's provider")],
)
def test_what_the_target_brings_along_is_not_looked_for(
    project: Path, provider: str, found: str
) -> None:
    provided_by(project, provider)
    vendors = Vendors()
    services = look(project, vendors).values()
    assert vendors.asked == []
    assert {(each.condition, each.found) for each in services} == {(Condition.NOT_NEEDED, found)}
