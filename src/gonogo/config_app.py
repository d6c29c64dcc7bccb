"""The sections of a target file about the deployed application and the services around it."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Annotated, Literal

from pydantic import AfterValidator, Field

from gonogo.config_import import (
    BulkImportSection,
    RecordsSection,
    ShapeKind,
    SqlName,
    SyncSection,
    TrendSection,
)
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
    sign_out: NonEmpty = "Sign out"
    """The button that ends the session; it is also how a page shows that somebody is signed in."""
    user_env: VariableName = ""
    """The variable with the account's name."""
    password_env: VariableName = ""
    """The variable with its password."""


class ExpectedNoise(Section):
    """A message of the application that says nothing bad, and why."""

    pattern: Pattern
    reason: NonEmpty


class PlanSection(Section):
    """A query of the application, and the index that serves it."""

    query: NonEmpty
    index: NonEmpty


class DataSection(Section):
    """How the application reads its database."""

    requests: Pattern = "/rest/v1/"
    """How the addresses read by which its pages ask for data."""
    pages: tuple[Path, ...] = ("/",)
    """The pages whose questions are measured."""
    limit_ms: Annotated[int, Field(gt=0)] = 500
    measured: Annotated[int, Field(ge=59)] = 153
    """How many answers are measured, all questions together: 59 prove a p95 if none is late."""
    plans: tuple[PlanSection, ...] = ()
    planted: Mapping[str, str | bool] = {}
    """The columns of a row that is planted for a moment; {tag} is replaced."""
    planted_table: SqlName = ""
    """Its table; empty: nothing is planted."""
    planted_key: SqlName = "id"
    most_connections: Annotated[float, Field(gt=0, le=1)] = 0.9
    """The share of the server's connections that may be taken."""


class AppSection(Section):
    """Where the application is, and how it is used."""

    url: str = ""
    """Its address; empty: what ``url_variable`` says."""
    url_variable: VariableName = ""
    """The variable of the product's env file with its address."""
    home_path: Path = "/"
    home_heading: Pattern = "."
    """A regular expression for the heading of the start page."""
    health_path: Path = "/health"
    health_status_key: NonEmpty = "status"
    health_good: tuple[NonEmpty, ...] = ("ok",)
    """What stands under that key when the application is well."""
    health_commit_key: NonEmpty = "commit"
    """The key under which the health endpoint names the release's commit."""
    error_boundary: str = ""
    """A CSS selector of what the application shows when a page of it broke."""
    data_addresses: Annotated[str, AfterValidator(regular_expression)] = ""
    """A regular expression for the addresses that data is written to: no look of ours lets the page
    write there. Empty: the page may write, and the evidence lists what it sent."""
    masked: tuple[NonEmpty, ...] = ()
    """CSS selectors of what is covered on screenshots where the data is real; with none, none is
    taken of a page for which somebody signed in."""
    sign_in: SignInSection = SignInSection()
    expected_noise: tuple[ExpectedNoise, ...] = ()
    page_timeout_s: Seconds = 15.0
    data: DataSection = DataSection()


class EngineSection(Section):
    """Where one kind of browser is found; with nothing set, Playwright's own is used."""

    path: str = ""
    """An executable of this machine; a name without a folder is looked for on PATH."""
    channel: str = ""
    """A channel that Playwright knows, such as ``msedge``."""
    address: str = ""
    """A remote browser server, ``ws://…``."""
    arguments: tuple[NonEmpty, ...] = ()


class DockerSection(Section):
    """The containers, where the application runs in some."""

    socket: NonEmpty = "/var/run/docker.sock"
    """The socket of the engine, Docker's or Podman's."""
    project: str = ""
    """The name of the compose project."""
    services: tuple[NonEmpty, ...] = ()
    """The services of the project that must run; empty: those that there are."""
    commit_variable: VariableName = "COMMIT_SHA"
    """The variable in an image that names its commit; empty where none does."""


class DeploymentSection(Section):
    """How the application is deployed."""

    platforms: tuple[Platform, ...] = ()
    """Those in use; the items of the others are not applicable. Empty: nobody said, all apply."""
    config_path: str = "/config.json"
    """Where the deployed application tells its public values; empty where they are built in."""
    commit_field: str = "commit"
    """The field of health and configuration that names the commit; empty where none does."""
    public_values: Mapping[VariableName, str] = {}
    """Variables that everybody may read, each with its place in what ``config_path`` answers, such
    as ``supabase.url``; with an empty place it is built into the scripts."""
    checks_end: Annotated[str, AfterValidator(regular_expression)] = ""
    """A line of the deploy action's output with which its own checks are over; empty: the whole
    output counts as checks."""
    harmless_lines: tuple[ExpectedNoise, ...] = ()
    """Lines of the action's output and of the build's log that look like errors and are none."""
    build_timeout_s: Seconds = 300.0
    """How long a build that is still going on, or a container that starts, is waited for."""
    docker: DockerSection = DockerSection()


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
    bypass_env: VariableName = ""
    """The variable of this command's environment with the secret that passes the protection of
    deployments, its "Protection Bypass for Automation"; empty: there is none."""


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
    release: str = "{version}"
    """What the application calls its release, with {version}."""
    page: Path = "/"
    """The page that the test event starts on."""
    arrives_within_s: Seconds = 120.0
    """How long an event may take until it can be read back."""


class PostHogSection(ServiceSection):
    """PostHog: where page views are counted."""

    url: str = "https://us.posthog.com"
    project: str = ""
    key_variable: VariableName = ""
    """The variable of the product's env file with the key that the application sends with."""
    page: Path = "/"
    """The page whose view is counted as a test."""
    arrives_within_s: Seconds = 120.0


class PulseSection(ServiceSection):
    """The partner's API."""

    rate_limit_per_minute: int = 0
    """The documented limit; 0: none is documented."""
    profiles: Path = "/api/contacts/relationship-profiles"
    """Where it lists its records."""
    answers_within_s: Seconds = 2.0
    shape: Mapping[str, ShapeKind] = {}
    """The agreed fields of a record."""
    requests: Pattern = "/api/pulse/"
    """How the addresses read by which the application's pages reach it."""
    records: RecordsSection = RecordsSection()
    trend: TrendSection = TrendSection()
    bulk_import: BulkImportSection = BulkImportSection()
    sync: SyncSection = SyncSection()


class ServicesSection(Section):
    """The services by name."""

    vercel: VercelSection = VercelSection()
    netlify: NetlifySection = NetlifySection()
    sentry: SentrySection = SentrySection()
    posthog: PostHogSection = PostHogSection()
    pulse: PulseSection = PulseSection()
