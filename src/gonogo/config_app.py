"""The sections of a target file about the deployed application and the services around it."""

from __future__ import annotations

import re
from typing import Annotated, Literal

from pydantic import AfterValidator, Field

from gonogo.config_section import NonEmpty, Seconds, Section, VariableName, regular_expression

Pattern = Annotated[NonEmpty, AfterValidator(regular_expression)]
Platform = Literal["vercel", "netlify", "docker"]
PATH = re.compile(r"^/\S*$")
Path = Annotated[str, Field(pattern=PATH.pattern)]
"""The path of an address of the application."""


class SignInSection(Section):
    """How a person signs in to the application."""

    path: Path = "/signin"
    user_label: NonEmpty = "Email"
    password_label: NonEmpty = "Password"  # noqa: S105 - the name of a field
    button: NonEmpty = "Sign in"
    user_env: VariableName = ""
    """The variable with the account's name."""
    password_env: VariableName = ""
    """The variable with its password."""


class ExpectedNoise(Section):
    """A message of the application that says nothing bad, and why."""

    pattern: Pattern
    reason: NonEmpty


class AppSection(Section):
    """Where the application is, and how it is used."""

    url: str = ""
    """Its address; empty: what ``url_variable`` says."""
    url_variable: VariableName = ""
    """The variable of the product's env file with its address."""
    health_path: Path = "/health"
    sign_in: SignInSection = SignInSection()
    expected_noise: tuple[ExpectedNoise, ...] = ()
    page_timeout_s: Seconds = 15.0


class EngineSection(Section):
    """Where one kind of browser is found; with nothing set, Playwright's own is used."""

    path: str = ""
    """An executable of this machine; a name without a folder is looked for on PATH."""
    channel: str = ""
    """A channel that Playwright knows, such as ``msedge``."""
    address: str = ""
    """A remote browser server, ``ws://…``."""
    arguments: tuple[NonEmpty, ...] = ()


class DeploymentSection(Section):
    """How the application is deployed."""

    platforms: tuple[Platform, ...] = ()
    """Those in use; the items of the others are not applicable."""
    config_path: str = "/config.json"
    """Where the deployed application tells its public values; empty where they are built in."""


class ServiceSection(Section):
    """A service that the application relies on, asked through its own API."""

    url: str = ""
    url_variable: VariableName = ""
    """The variable of the product's env file with the address."""
    token_env: VariableName = ""
    """The variable of this command's environment with the key."""
    token_variable: VariableName = ""
    """The variable of the product's env file with the key, where the application's own is used."""


class VercelSection(ServiceSection):
    """The platform Vercel."""

    url: str = "https://api.vercel.com"
    team: str = ""
    project: str = ""


class NetlifySection(ServiceSection):
    """The platform Netlify."""

    url: str = "https://api.netlify.com"
    site: str = ""


class SentrySection(ServiceSection):
    """Sentry: where errors are collected."""

    url: str = "https://sentry.io"
    organization: str = ""
    project: str = ""
    dsn_variable: VariableName = ""
    """The variable of the product's env file with the address that the application reports to."""


class PostHogSection(ServiceSection):
    """PostHog: where page views are counted."""

    url: str = "https://us.posthog.com"
    project: str = ""
    key_variable: VariableName = ""
    """The variable of the product's env file with the key that the application sends with."""


class PulseSection(ServiceSection):
    """The partner's API."""

    rate_limit_per_minute: int = 0
    """The documented limit; 0: none is documented."""


class ServicesSection(Section):
    """The services by name."""

    vercel: VercelSection = VercelSection()
    netlify: NetlifySection = NetlifySection()
    sentry: SentrySection = SentrySection()
    posthog: PostHogSection = PostHogSection()
    pulse: PulseSection = PulseSection()
