"""What happens in a browser does not arrive where it is collected, or arrives otherwise."""

from __future__ import annotations

import json
from datetime import timedelta
from uuid import uuid4

import httpx

from gonogo.clock import SystemClock
from gonogo.waiting import pause, wait_until
from staging import offices
from staging.faults.fault import control, fault
from staging.faults.served_scripts import script_with
from staging.faults.whole_clone import WholeClone
from staging.services.posthog import PostHog
from staging.services.sentry import Sentry
from staging.services.switches import Break

RELEASE = "logos-vision-crm@1.0.0"
OLDER = "logos-vision-crm@0.9.0"
LONG_AGO = timedelta(days=2)
FOR_ANYBODY = {"access-control-allow-origin": "*"}
SEEN = '"$pageview",{$current_url:location'
OPTIONS = "disable_surveys:!0"
ENVELOPES = "/api/*/envelope/"


def _report(  # noqa: PLR0913 - what a report says
    clone: WholeClone,
    title: str,
    *,
    level: str = "error",
    release: str = RELEASE,
    environment: str = "production",
    ago: timedelta = timedelta(0),
) -> None:
    """Let somebody's browser report an error that happened some time *ago*."""
    event = {
        "event_id": uuid4().hex,
        "timestamp": (SystemClock().now() - ago).timestamp(),
        "level": level,
        "release": release,
        "environment": environment,
        "exception": {"values": [{"type": "TypeError", "value": title}]},
    }
    lines = ({"event_id": event["event_id"]}, {"type": "event"}, event)
    key = f"sentry_version=7, sentry_key={clone.keys.sentry_public_key}"
    httpx.post(
        f"{clone.company.addresses[Sentry.name]}/api/{offices.SENTRY_PROJECT_ID}/envelope/",
        content="\n".join(map(json.dumps, lines)),
        headers={"X-Sentry-Auth": f"Sentry {key}"},
        trust_env=False,
    ).raise_for_status()


def _resolve(clone: WholeClone, title: str) -> None:
    """Let somebody take the issue of that title for mended."""
    organization = f"/api/0/organizations/{offices.SENTRY_ORG}/issues/"
    with httpx.Client(
        base_url=clone.company.addresses[Sentry.name],
        headers={"Authorization": f"Bearer {clone.keys.sentry_token}"},
        trust_env=False,
    ) as client:

        def known() -> list[str]:
            issues = client.get(organization).raise_for_status().json()
            return [each["id"] for each in issues if each["title"].endswith(title)]

        (number,) = wait_until(known, bool, what="the issue", timeout_s=10)
        client.put(f"{organization}{number}/", json={"status": "resolved"}).raise_for_status()


@fault(fails="SMK-4.1", errors="SMK-4.3", phase="phase3")
def errors_go_to_another_project(clone: WholeClone) -> None:
    """The DSN is that of another project, which takes every event without a word."""
    address = clone.company.addresses[Sentry.name]
    clone.answer(Sentry.name, "/api/9999/envelope/", "{}", headers=FOR_ANYBODY)
    dsn = address.replace("//", f"//{clone.keys.sentry_public_key}@")
    clone.set_runtime(VITE_SENTRY_DSN=f"{dsn}/9999")


@fault(fails="SMK-1.4 SMK-2.2 SMK-4.1", errors="SMK-4.3", phase="phase3")
def policy_blocks_sentry(clone: WholeClone) -> None:
    """The content security policy does not name the host that errors are sent to."""
    policy = clone.served("server/security-headers.mjs")
    policy.replace("env.VITE_SENTRY_DSN, env.VITE_POSTHOG_HOST", "env.VITE_POSTHOG_HOST")


@fault(fails="SMK-4.2", phase="phase3")
def policy_blocks_posthog(clone: WholeClone) -> None:
    """The content security policy does not name the host that page views are sent to."""
    # A page that sees a driven browser sends nothing there: the policy is not in its way.
    policy = clone.served("server/security-headers.mjs")
    policy.replace("env.VITE_SENTRY_DSN, env.VITE_POSTHOG_HOST", "env.VITE_SENTRY_DSN")


@fault(fails="SMK-4.1", errors="SMK-4.3", phase="phase3")
def errors_are_sampled_away(clone: WholeClone) -> None:
    """The sample rate of errors is 0: the page keeps all of them to itself."""
    script = script_with(clone, "replaysOnErrorSampleRate:")
    script.replace("tracesSampleRate:", "sampleRate:0,tracesSampleRate:")


@fault(fails="SMK-4.1", errors="SMK-4.3", phase="phase3")
def errors_are_reported_by_nobody(clone: WholeClone) -> None:
    """The variable with the DSN is empty, so that Sentry is never loaded."""
    clone.set_runtime(VITE_SENTRY_DSN="")


@fault(fails="SMK-4.1", errors="SMK-4.3", phase="phase3")
def errors_name_another_release(clone: WholeClone) -> None:
    """Errors are reported as those of the release before."""
    clone.set_runtime(RELEASE=OLDER)


@fault(fails="SMK-4.1", errors="SMK-4.3", phase="phase3")
def sentry_throws_events_away(clone: WholeClone) -> None:
    """Sentry takes every event and drops it: the quota of the month is used up."""
    clone.company.turn_on(Sentry.name, Break.NEVER, path=ENVELOPES)


@fault(errors="SMK-4.1 SMK-4.3", phase="phase3")
def sentry_cannot_be_read(clone: WholeClone) -> None:
    """Sentry's API answers 500, while events are still taken."""
    clone.company.turn_on(Sentry.name, Break.BROKEN, path="/api/0/*")


@fault(errors="SMK-4.1 SMK-4.3", phase="phase3")
def token_for_sentry_was_revoked(clone: WholeClone) -> None:
    """The token with which errors are read back is not valid any more."""
    clone.company.turn_on(Sentry.name, Break.UNAUTHORIZED, path="/api/0/*")


@fault(fails="SMK-4.3", phase="phase3")
def release_throws_an_error(clone: WholeClone) -> None:
    """Somebody's browser reported an error of this release a minute ago."""
    _report(clone, "Cannot read properties of undefined (reading 'score')")


@fault(fails="SMK-4.3", phase="phase3")
def an_error_known_only_from_staging(clone: WholeClone) -> None:
    """An error that staging has had for days reached production with this release."""
    _report(clone, "a stranger", release=OLDER, environment="staging", ago=LONG_AGO)
    _report(clone, "a stranger")


@fault(fails="SMK-4.3", phase="phase3")
def release_is_fatal_for_somebody(clone: WholeClone) -> None:
    """Somebody's page of this release died."""
    _report(clone, "out of memory", level="fatal")


@fault(fails="SMK-4.3", phase="phase3")
def release_brings_a_mended_error_back(clone: WholeClone) -> None:
    """An error of the release before was resolved; in this release it happens again."""
    _report(clone, "an old friend", release=OLDER, ago=LONG_AGO)
    _resolve(clone, "an old friend")
    _report(clone, "an old friend")


@fault(fails="SMK-4.3", phase="phase3")
def release_makes_a_known_error_frequent(clone: WholeClone) -> None:
    """An error that happened now and then happens all the time since the release is out."""
    _report(clone, "an old friend", release=OLDER, ago=LONG_AGO)
    for _ in range(20):
        _report(clone, "an old friend")


@fault(fails="SMK-4.3", phase="phase3")
def known_error_is_fatal(clone: WholeClone) -> None:
    """An error of the release before kills the page of somebody in this one, too."""
    _report(clone, "out of memory", level="fatal", release=OLDER, ago=LONG_AGO)
    _report(clone, "out of memory", level="fatal")


@fault(fails="SMK-4.2", phase="phase3")
def analytics_are_off(clone: WholeClone) -> None:
    """Page views are counted by nobody: the switch for analytics is off."""
    clone.set_runtime(VITE_ANALYTICS_ENABLED="false")


@fault(fails="SMK-4.2", phase="phase3")
def page_views_go_to_another_project(clone: WholeClone) -> None:
    """The key for page views is that of another project: capture says OK all the same."""
    clone.set_runtime(VITE_POSTHOG_API_KEY="phc_somebodyelse")


@fault(fails="SMK-4.2", phase="phase3")
def page_views_count_twice(clone: WholeClone) -> None:
    """Every page view is kept two times."""
    clone.company.turn_on(PostHog.name, Break.TWICE)


@fault(fails="SMK-4.2", phase="phase3")
def page_views_are_lost(clone: WholeClone) -> None:
    """PostHog takes page views that are never found again."""
    clone.company.turn_on(PostHog.name, Break.NEVER)


@fault(fails="SMK-4.2", phase="phase3")
def page_views_are_named_otherwise(clone: WholeClone) -> None:
    """Somebody renamed the event of a page view, which no dashboard knows."""
    script = script_with(clone, SEEN)
    # Only here: the vendor's own library names the event as well.
    script.replace('"$pageview",{$current_url', '"page_view",{$current_url')


@fault(errors="SMK-4.2", phase="phase3")
def page_views_of_this_browser_are_left_out(clone: WholeClone) -> None:
    """The application takes browsers of the checks' kind for bots, whose views nobody counts."""
    script = script_with(clone, OPTIONS)
    script.replace(OPTIONS, f'custom_blocked_useragents:["Chrome/","Firefox/"],{OPTIONS}')


@fault(errors="SMK-4.2", phase="phase3")
def posthog_cannot_be_read(clone: WholeClone) -> None:
    """The personal key with which page views are read back is not valid any more."""
    clone.company.turn_on(PostHog.name, Break.UNAUTHORIZED, path="/api/projects/*")


@control(phase="phase3")
def sentry_knows_harmless_news(clone: WholeClone) -> None:
    """A warning of this release, an error of staging, one of another release, one of both."""
    _report(clone, "slow answer", level="warning")
    _report(clone, "a stranger", environment="staging")
    _report(clone, "an old acquaintance", release=OLDER)
    _report(clone, "an old friend", release=OLDER, ago=LONG_AGO)
    _report(clone, "an old friend")


@control(phase="phase3")
def a_regression_of_the_release_before(clone: WholeClone) -> None:
    """An error was resolved and came back before this release, which has it as well."""
    _report(clone, "an old friend", release=OLDER, ago=LONG_AGO)
    _resolve(clone, "an old friend")
    _report(clone, "an old friend", release=OLDER)
    # Sentry tells when a release was first heard to the second.
    pause(1.0)
    _report(clone, "an old friend")
