"""Looks whether the platforms that the application is deployed on can be asked about it."""

from __future__ import annotations

from collections.abc import Callable, Collection

import httpx

from gonogo.checklist import PHASES
from gonogo.config import Settings
from gonogo.diagnosis import Condition, Finding, in_trouble
from gonogo.diagnosis_services import Known, look_at
from gonogo.errors import CannotTell, ConfigError, ToolMissing
from gonogo.services import declared_services
from gonogo.vendors.docker import Docker, engine_at
from gonogo.vendors.netlify import Netlify
from gonogo.vendors.transport import Transport
from gonogo.vendors.vercel import Vercel

HOSTING_PHASES = ("phase2",)
"""The phases with checks that ask a platform."""


def _vercel(transport: Transport, settings: Settings) -> str:  # noqa: ARG001 - as others are asked
    return f"project {Vercel(transport).name()} can be read"


def _netlify(transport: Transport, settings: Settings) -> str:  # noqa: ARG001 - as others are asked
    return f"site {Netlify(transport).name()} can be read"


PLATFORMS = {
    "vercel": Known(
        name="vercel",
        service="Vercel (hosting platform)",
        phases=HOSTING_PHASES,
        needs=("project",),
        way=("project", "team"),
        least_scope="a token for this project's team alone, made by a member with the role Viewer:"
        " a token may do what its maker may",
        ask=_vercel,
    ),
    "netlify": Known(
        name="netlify",
        service="Netlify (hosting platform)",
        phases=HOSTING_PHASES,
        needs=("site",),
        way=("site",),
        least_scope="a token made by a user who has this site alone: a token may do what its maker"
        " may",
        ask=_netlify,
    ),
}


def diagnose_hosting(
    settings: Settings,
    phases: Collection[str] = PHASES,
    *,
    via: httpx.BaseTransport | None = None,
    engine: Callable[..., Docker] = engine_at,
) -> tuple[Finding, ...]:
    """Return how the platforms in use are found; where nobody named them, those with a key.

    *via* and *engine* take the place of the network and of a container engine in tests.
    """
    if set(HOSTING_PHASES).isdisjoint(phases):
        return ()
    named = settings.deployment.platforms
    in_use = named or _with_key(settings)
    found = [
        _docker(settings, engine) if name == "docker" else look_at(PLATFORMS[name], settings, via)
        for name in in_use
    ]
    return tuple(found) if named else (_unnamed(settings), *found)


def _with_key(settings: Settings) -> tuple[str, ...]:
    try:
        return tuple(name for name in declared_services(settings) if name in PLATFORMS)
    except ConfigError:
        return ()


def _unnamed(settings: Settings) -> Finding:
    return Finding(
        service="hosting platform",
        condition=Condition.MISSING,
        found="nobody said which are in use, so that the items of all of them apply",
        where=settings.file,
        expected="deployment.platforms: vercel, netlify, docker, or several of them",
        do="set deployment.platforms to those in use",
        phases=HOSTING_PHASES,
    )


def _docker(settings: Settings, engine: Callable[..., Docker]) -> Finding:
    """Look at the containers' engine: checks ask the one of this machine, in a box as well."""
    service, section = "Docker (hosting platform)", settings.deployment.docker
    if not section.project:
        return Finding(
            service=service,
            condition=Condition.MISSING,
            found="deployment.docker.project is not set",
            where=settings.file,
            expected="the name of the compose project",
            do="set deployment.docker.project; docker compose ls names those that run",
            phases=HOSTING_PHASES,
        )
    try:
        containers = engine(section.socket, project=section.project).containers()
    except ToolMissing as error:
        return in_trouble(service, error, condition=Condition.MISSING, phases=HOSTING_PHASES)
    except CannotTell as error:
        return in_trouble(
            service,
            error,
            phases=HOSTING_PHASES,
            least_scope=f"to read and write {section.socket}, as the group docker may",
        )
    number = len(containers) or "no"
    return Finding(
        service=service,
        condition=Condition.REACHABLE,
        found=f"the engine answers; {number} containers of project {section.project} so far",
        where=section.socket,
        phases=HOSTING_PHASES,
    )
