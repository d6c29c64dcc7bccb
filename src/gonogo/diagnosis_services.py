"""Looks whether the services that checks ask can be asked: address, key, and what the key opens."""

from __future__ import annotations

from collections.abc import Callable, Collection
from dataclasses import dataclass, replace
from typing import Literal

import httpx

from gonogo.checklist import PHASES
from gonogo.config import Settings
from gonogo.config_app import ServiceSection
from gonogo.diagnosis import Condition, Finding, in_trouble
from gonogo.diagnosis_node import opens_premises
from gonogo.errors import CannotTell, ConfigError, ServiceRefused
from gonogo.services import declared_address, declared_key, declared_services
from gonogo.vendors.posthog import PostHog
from gonogo.vendors.pulse import Pulse
from gonogo.vendors.sentry import Sentry
from gonogo.vendors.transport import Transport

TIMEOUT_S = 5.0
LONGEST_WAIT_S = 1.0
"""Who asks the doctor wants an answer, not a wait: a service's longer limit is told instead."""
NO_TITLE = "gonogo doctor"
"""What no error is called: that it can be looked for is enough."""
THE_BOXES_OWN = "the box brings its own"
THE_PROVIDERS = "left to the target's provider"


@dataclass(frozen=True, kw_only=True)
class Known:
    """A service that checks ask, and how it is seen that they can."""

    name: str
    """Its name in the section ``services``."""
    service: str
    phases: tuple[str, ...]
    """The phases with checks that ask it."""
    needs: tuple[str, ...] = ()
    """Its own words that must be set, such as project."""
    way: tuple[str, ...] = ()
    """All its words that lead to what is asked for."""
    least_scope: str
    ask: Callable[[Transport, Settings], str]
    """Asks the least that checks need, and says in words what was seen; raises CannotTell."""


def _sentry(transport: Transport, settings: Settings) -> str:
    sentry = Sentry(transport)
    sentry.serious_issues(settings.release.version)
    sentry.events_titled(NO_TITLE)
    section = settings.services.sentry
    return f"issues and events of {section.organization}/{section.project} can be read"


def _posthog(transport: Transport, settings: Settings) -> str:
    PostHog(transport).rows("select 1")
    return f"project {settings.services.posthog.project} can be queried"


def _pulse(transport: Transport, settings: Settings) -> str:
    page = Pulse(transport, path=settings.services.pulse.profiles).page(limit=1)
    return f"its list can be read: {page.total} records"


SERVICES = (
    Known(
        name="sentry",
        service="Sentry (error tracking)",
        phases=("phase3",),
        needs=("organization", "project"),
        way=("organization", "project"),
        least_scope="the token of an internal integration with Project: Read, Issue & Event: Read"
        " and Organization: Read; an organization token may not read them",
        ask=_sentry,
    ),
    Known(
        name="posthog",
        service="PostHog (analytics)",
        phases=("phase3",),
        needs=("project",),
        way=("project",),
        least_scope="a personal API key (phx_…) for this project alone, with the scope query:read",
        ask=_posthog,
    ),
    Known(
        name="pulse",
        service="Pulse (partner API)",
        phases=("phase4",),
        way=("profiles",),
        least_scope="the key that the application itself uses; reading is enough",
        ask=_pulse,
    ),
)


def diagnose_services(
    settings: Settings,
    phases: Collection[str] = PHASES,
    *,
    via: httpx.BaseTransport | None = None,
) -> tuple[Finding, ...]:
    """Return how the services are found that checks of *phases* ask; they are asked to read only.

    *via* takes the place of the network in tests.
    """
    return tuple(
        look_at(known, settings, via)
        for known in SERVICES
        if not set(known.phases).isdisjoint(phases)
    )


def brought_along(settings: Settings) -> str:
    """Return why what is around the application is not looked for; empty where it has to be."""
    if not settings.target.provider:
        return ""
    return THE_BOXES_OWN if opens_premises(settings) else THE_PROVIDERS


def look_at(known: Known, settings: Settings, via: httpx.BaseTransport | None) -> Finding:
    """Return how one service is found."""
    brought = brought_along(settings)
    if brought:
        return Finding(
            service=known.service,
            condition=Condition.NOT_NEEDED,
            found=brought,
            phases=known.phases,
        )
    unset = _unset(known, settings)
    if unset:
        return Finding(
            service=known.service,
            condition=Condition.MISSING,
            found="; ".join(error.what for error in unset),
            where=settings.file,
            do="; ".join(error.do for error in unset),
            least_scope=known.least_scope,
            phases=known.phases,
        )
    try:
        access = declared_services(settings)[known.name]
        transport = Transport(
            access=access, timeout_s=TIMEOUT_S, longest_wait_s=LONGEST_WAIT_S, via=via
        )
        found = known.ask(transport, settings)
    except ServiceRefused as error:
        return _refused(known, settings, error)
    except (CannotTell, ConfigError) as error:
        finding = in_trouble(known.service, error, phases=known.phases)
        return replace(finding, where=f"{finding.where} ({_named(settings, known.name, 'url')})")
    return Finding(
        service=known.service,
        condition=Condition.REACHABLE,
        found=found,
        where=access.where,
        phases=known.phases,
    )


def _unset(known: Known, settings: Settings) -> list[ConfigError]:
    """Return an error for each setting that lacks: all of them at once."""
    found = []
    for ask in (declared_address, declared_key):
        try:
            ask(settings, known.name)
        except ConfigError as error:
            found.append(error)
    section: ServiceSection = getattr(settings.services, known.name)
    words = [f"services.{known.name}.{word}" for word in known.needs if not getattr(section, word)]
    if words:
        listed = " and ".join(words)
        verb = "are" if len(words) > 1 else "is"
        found.append(ConfigError(f"{listed} {verb} not set", do=f"set {listed}"))
    return found


def _refused(known: Known, settings: Settings, error: ServiceRefused) -> Finding:
    keys_fault = error.status in (httpx.codes.UNAUTHORIZED, httpx.codes.FORBIDDEN)
    do, address = error.do, _named(settings, known.name, "url")
    if keys_fault:
        variable = _named(settings, known.name, "token")
        do = f"put a valid key with the rights named here into {variable}"
    elif error.status == httpx.codes.NOT_FOUND:
        keys = [f"services.{known.name}.{word}" for word in known.way]
        do = f"correct {', '.join(keys)} or {address}, or give the key access to what they name"
    elif error.status == httpx.codes.TOO_MANY_REQUESTS:
        do = "ask again in a while: others use up what the service allows"
    elif httpx.codes.is_server_error(error.status):
        do = "ask again in a while; when it stays so, ask those who run the service"
    return Finding(
        service=known.service,
        condition=Condition.WRONG,
        found=f"it answers HTTP {error.status}" + (f": {error.said}" if error.said else ""),
        where=f"{error.where.partition('?')[0]} ({address})",
        do=do,
        least_scope=known.least_scope if keys_fault else "",
        phases=known.phases,
    )


def _named(settings: Settings, name: str, part: Literal["url", "token"]) -> str:
    """Return what has to be corrected: the key of the target file, or the variable it names."""
    section: ServiceSection = getattr(settings.services, name)
    of_product = section.url_variable if part == "url" else section.token_variable
    if of_product:
        return f"{of_product} of {settings.repository.env_file}"
    return f"services.{name}.url" if part == "url" else section.token_env
