"""Phase 3, monitoring: does what happens in a browser arrive where it is collected?"""

from __future__ import annotations

import secrets
from urllib.parse import urlsplit

import pytest

from gonogo.config import Settings
from gonogo.effects import require_effect
from gonogo.evidence import Evidence
from gonogo.probes.browser.engines import Engine
from gonogo.probes.browser.visit import Window
from gonogo.probes.monitoring.browser_events import Sent, throw_error, view_page
from gonogo.probes.monitoring.issues import ReleaseIssues
from gonogo.provider import Instance
from gonogo.pytest_plugin.browsing import Browsers
from gonogo.vendors.posthog import PostHog
from gonogo.vendors.sentry import Sentry, SentryEvent
from gonogo.vendors.transport import Transport


@pytest.fixture(scope="session")
def sentry(instance: Instance) -> Sentry:
    """The project that errors are collected in."""
    return Sentry(Transport(access=instance.service("sentry")))


@pytest.fixture(scope="session")
def sentry_release(settings: Settings) -> str:
    """What the application calls this release when it reports an error."""
    return settings.services.sentry.release.format(version=settings.release.version)


@pytest.fixture(scope="session")
def thrown(
    settings: Settings, sentry: Sentry, browsers: Browsers, engine: Engine
) -> Sent[tuple[SentryEvent, ...]]:
    """An error of ours, thrown in a page of the application."""
    require_effect(settings, "test-event")
    section = settings.services.sentry
    with browsers.window(engine) as window:
        return throw_error(
            window,
            section.page,
            tag=secrets.token_hex(6),
            arrived=sentry.events_titled,
            within_s=section.arrives_within_s,
        )


@pytest.mark.item("SMK-4.1")
def test_an_error_in_a_browser_reaches_sentry(
    thrown: Sent[tuple[SentryEvent, ...]], sentry: Sentry, sentry_release: str, evidence: Evidence
) -> None:
    """Thrown in the page, sent by the page's own means, found by its tag, with its release."""
    evidence.record("a test event", found=thrown, source=sentry.where)
    assert thrown.arrived, f"it did not arrive: {thrown}"
    releases = {each.release for each in thrown.arrived}
    assert releases == {sentry_release}, f"expected release {sentry_release}, found {releases}"


@pytest.mark.item("SMK-4.2")
def test_a_page_view_reaches_posthog(
    visitor: Window, instance: Instance, settings: Settings, evidence: Evidence
) -> None:
    """One view of one page, found by its tag, is counted once."""
    section = settings.services.posthog
    posthog = PostHog(Transport(access=instance.service("posthog")))
    seen = view_page(
        visitor,
        section.page,
        tag=f"gonogo-{secrets.token_hex(6)}",
        arrived=posthog.tagged_page_views,
        within_s=section.arrives_within_s,
    )
    evidence.record("a page view", found=seen, source=posthog.where)
    assert seen.arrived == {urlsplit(section.page).path: 1}, f"expected one view: {seen}"


@pytest.mark.item("SMK-4.3")
def test_the_release_brought_no_serious_errors(
    thrown: Sent[tuple[SentryEvent, ...]],
    sentry: Sentry,
    sentry_release: str,
    settings: Settings,
    evidence: Evidence,
) -> None:
    """Beside our own test event, no open error is new in this release, or flares up in it."""
    release = ReleaseIssues(sentry=sentry, release=sentry_release, control=thrown.arrived)
    patience_s = settings.services.sentry.arrives_within_s
    issues = evidence.observe("issues of this release", release.listed, within_s=patience_s)
    compared = evidence.observe("what it has to answer for", release.news, issues)
    assert compared.equal, str(compared)
