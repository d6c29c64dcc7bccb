"""Looks whether the application answers at its address, and whether somebody can sign in there."""

from __future__ import annotations

from collections.abc import Collection

import httpx

from gonogo.checklist import PHASES
from gonogo.config import Settings
from gonogo.diagnosis import APPLICATION_PHASES, BROWSER_PHASES, Condition, Finding, in_trouble
from gonogo.diagnosis_services import TIMEOUT_S, brought_along
from gonogo.errors import CannotTell, ConfigError
from gonogo.probes.deployment.deployment_protection import bypass_secret
from gonogo.probes.deployment.site import Site
from gonogo.services import app_url

ADDRESS = "application address"
ACCOUNT = "application account"
DATA = "application data addresses"


def diagnose_application(
    settings: Settings,
    phases: Collection[str] = PHASES,
    *,
    via: httpx.BaseTransport | None = None,
) -> tuple[Finding, ...]:
    """Return how the application's address and the checks' account are found.

    *via* takes the place of the network in tests.
    """
    if set(APPLICATION_PHASES).isdisjoint(phases):
        return ()
    brought = brought_along(settings)
    if not brought:
        return _address(settings, via), *_data_addresses(settings), _account(settings)
    both = ((ADDRESS, APPLICATION_PHASES), (ACCOUNT, BROWSER_PHASES))
    return tuple(
        Finding(service=name, condition=Condition.NOT_NEEDED, found=brought, phases=needing)
        for name, needing in both
    )


def _address(settings: Settings, via: httpx.BaseTransport | None) -> Finding:
    try:
        address = app_url(settings)
    except ConfigError as error:
        return in_trouble(ADDRESS, error, phases=APPLICATION_PHASES)
    if not address:
        return _no_address(settings)
    try:
        site = Site(where=address, timeout_s=TIMEOUT_S, bypass=bypass_secret(settings), via=via)
        page = site.get(settings.app.home_path)
    except (CannotTell, ConfigError) as error:
        return in_trouble(ADDRESS, error, phases=APPLICATION_PHASES)
    do = _do(page.status)
    host = httpx.URL(page.address).host
    led = "" if host == httpx.URL(address).host else f", led on to {host}"
    return Finding(
        service=ADDRESS,
        condition=Condition.WRONG if do else Condition.REACHABLE,
        found=f"answers HTTP {page.status}{led}",
        where=f"{address}{settings.app.home_path}",
        expected="the start page of the application" if do else "",
        do=do,
        phases=APPLICATION_PHASES,
    )


def _do(status: int) -> str:
    """Return what to do about an answer; empty where it is a good one."""
    if status < httpx.codes.BAD_REQUEST:
        return ""
    if status in (httpx.codes.UNAUTHORIZED, httpx.codes.FORBIDDEN):
        return "open it for the checks: they cannot pass a sign-in of the platform's own"
    if status == httpx.codes.NOT_FOUND:
        return "correct app.url or app.home_path; before the first deployment nothing is there"
    return "open it in a browser, and read the platform's log"


def _no_address(settings: Settings) -> Finding:
    variable = settings.app.url_variable
    env_file = settings.repository.env_file
    return Finding(
        service=ADDRESS,
        condition=Condition.MISSING,
        found=f"{variable} is not set in {env_file}" if variable else "app.url is not set",
        where=settings.file,
        expected="app.url, or app.url_variable where the product's env file has the address",
        do=f"set {variable} in the product's {env_file}, or app.url" if variable else "set app.url",
        phases=APPLICATION_PHASES,
    )


def _data_addresses(settings: Settings) -> tuple[Finding, ...]:
    """Say where production has no word for what its pages may not write to."""
    if settings.app.data_addresses or not settings.target.production:
        return ()
    missing = Finding(
        service=DATA,
        condition=Condition.MISSING,
        found="app.data_addresses is not set, so no page of production is opened",
        where=settings.file,
        expected="a regular expression for the addresses that its pages write data to",
        do="set app.data_addresses: /rest/v1/ for Supabase, and the paths of the product's own API",
        phases=BROWSER_PHASES,
    )
    return (missing,)


def _account(settings: Settings) -> Finding:
    unset = []
    for part in ("user", "password"):
        try:
            settings.secret(f"app.sign_in.{part}_env")
        except ConfigError as error:
            unset.append(error)
    return Finding(
        service=ACCOUNT,
        condition=Condition.MISSING if unset else Condition.REACHABLE,
        found="; ".join(error.what for error in unset)
        or "name and password are there; whether they are right, signing in will show",
        where=settings.file,
        do="; ".join(error.do for error in unset),
        least_scope="an account of its own for the checks, with the rights of an ordinary user"
        if unset
        else "",
        phases=BROWSER_PHASES,
    )
