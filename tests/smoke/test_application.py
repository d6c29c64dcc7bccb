"""Phase 3, application health check: what anybody sees who opens the application."""

from __future__ import annotations

import re

import pytest

from gonogo.config import Settings
from gonogo.evidence import Evidence
from gonogo.probes.browser.held_back import refuse_if_held_back
from gonogo.probes.browser.visit import Visit
from gonogo.probes.deployment.deployment_protection import bypass_secret
from gonogo.probes.deployment.site import Site
from gonogo.provider import Instance
from gonogo.pytest_plugin.browsing import RecordVisit
from gonogo.records import ActionRecord


@pytest.mark.item("SMK-1.1")
def test_the_homepage_loads(
    home_visit: Visit, settings: Settings, record_visit: RecordVisit, evidence: Evidence
) -> None:
    """The start page is drawn, under its own heading, and is no error page."""
    home = record_visit("the start page", home_visit)
    refuse_if_held_back([] if home.rendered else [home], home.held_back, where=home.where)
    evidence.record("load time", found=f"{home.load_s:.2f}", unit="s", source=home.where)
    assert home.rendered, str(home)
    headings = [each for each in home.look.headings if re.search(settings.app.home_heading, each)]
    assert headings, f"expected a heading like {settings.app.home_heading!r}: {home}"


@pytest.mark.item("SMK-1.2")
def test_the_health_endpoint_speaks_for_this_release(
    deployed: ActionRecord | None,
    app_address: str,
    settings: Settings,
    instance: Instance,
    evidence: Evidence,
) -> None:
    """It says in its own words that the application is well, and which commit that is."""
    app = settings.app
    site = Site(where=app_address, bypass=bypass_secret(settings))
    health = evidence.observe("health", site.told, app.health_path)
    assert (health.status, health.at(app.health_status_key) in app.health_good) == (200, True), (
        f"expected {' or '.join(app.health_good)} as JSON, found {health}"
    )
    assert health.at(app.health_commit_key) == instance.commit, str(health)


@pytest.mark.item("SMK-1.3")
def test_the_console_tells_of_no_error(home_visit: Visit, record_visit: RecordVisit) -> None:
    """Nothing on the console is an error, and no exception went uncaught."""
    home = record_visit("the start page", home_visit)
    errors = home.complaints("console", "exception")
    refuse_if_held_back(errors, home.held_back, where=home.where)
    assert not errors, str(home)


@pytest.mark.item("SMK-1.4")
def test_no_request_fails(home_visit: Visit, record_visit: RecordVisit) -> None:
    """Every request is answered well, and the page's own policy forbids none."""
    home = record_visit("the start page", home_visit)
    failures = home.complaints("request", "policy")
    refuse_if_held_back(failures, home.held_back, where=home.where)
    assert not failures, str(home)
