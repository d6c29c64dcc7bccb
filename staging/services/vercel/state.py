"""What the platform remembers: one project, its variables and domains, its deployments."""

from __future__ import annotations

import secrets
import string
from collections.abc import Mapping, Sequence
from copy import deepcopy
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from gonogo.clock import Clock
from staging.services.vercel.header_rules import HeaderRules

PRODUCTION = "production"
TARGETS = (PRODUCTION, "preview", "development")
PROMOTE = "promote"
ROLLBACK = "rollback"


def identifier(prefix: str = "", length: int = 24) -> str:
    """Return a fresh id of letters and digits, like ``dpl_2euZBFqxYdDMDG1jTrHFnNZ2``."""
    letters = string.ascii_letters + string.digits
    return prefix + "".join(secrets.choice(letters) for _ in range(length))


@dataclass(frozen=True, kw_only=True)
class Account:
    """Who the token belongs to, and the team that owns the project."""

    token: str = field(repr=False)
    team_id: str
    team_slug: str
    role: str
    user_id: str = "usr0box0of0gonogo0000001"
    username: str = "box-deployer"
    email: str = "deployer@example.org"

    @property
    def may_deploy_to_production(self) -> bool:
        """Whether the role allows it: developers and viewers of a team may not."""
        return self.role in {"OWNER", "MEMBER"}


@dataclass(kw_only=True)
class Project:
    """The project and its settings; None is the framework's own default."""

    id: str
    name: str
    created_ms: int
    link: Mapping[str, Any] | None
    settings: dict[str, Any]
    assigns_domains: bool = True
    """Whether a finished production deployment goes live by itself."""


@dataclass(kw_only=True)
class Variable:
    """One environment variable of the project."""

    key: str
    value: str = field(repr=False)
    targets: tuple[str, ...]
    type: str
    created_ms: int
    id: str = field(default_factory=lambda: identifier(length=16))


@dataclass(frozen=True, kw_only=True)
class UploadedFile:
    """One file of a deployment, known by the SHA-1 of its content."""

    path: str
    sha: str
    is_executable: bool = False


@dataclass(frozen=True, kw_only=True)
class Event:
    """One line of a build's log."""

    at_ms: int
    text: str
    type: str = "stdout"


@dataclass(kw_only=True)
class Deployment:
    """One deployment, from its upload to what it serves."""

    files: Sequence[UploadedFile]
    target: str | None
    """``production``, or None for a preview."""
    created_ms: int
    meta: Mapping[str, str]
    host: str
    """Where it is served, as ``127.0.0.1:port``."""
    id: str = field(default_factory=lambda: identifier("dpl_"))
    source: str = "cli"
    settings: Mapping[str, Any] = field(default_factory=dict)
    """Settings of this deployment alone: those of its vercel.json."""
    env: Mapping[str, str] = field(default_factory=dict, repr=False)
    build_env: Mapping[str, str] = field(default_factory=dict, repr=False)
    is_prebuilt: bool = False
    assigns_domains: bool = True
    state: str = "QUEUED"
    building_ms: int | None = None
    ended_ms: int | None = None
    error: tuple[str, str] | None = None
    """Code and message, once it is ERROR."""
    was_live: bool = False
    """Whether it has ever seen production's visitors."""
    events: list[Event] = field(default_factory=list)
    folder: Path | None = None
    """What is served, once it is READY."""
    header_rules: HeaderRules = field(default_factory=lambda: HeaderRules([]))
    variables: Mapping[str, str] = field(default_factory=dict, repr=False)
    """What its build and its server see: later changes of the project do not reach it."""

    @property
    def environment(self) -> str:
        """``production`` or ``preview``."""
        return self.target or "preview"

    @property
    def commit(self) -> str:
        """The commit that its metadata name, or nothing."""
        return self.meta.get("githubCommitSha") or self.meta.get("gitCommitSha", "")


@dataclass(frozen=True, kw_only=True)
class AliasRequest:
    """The last wish to point production at another deployment."""

    kind: str
    to_id: str
    from_id: str
    at_ms: int
    status: str


@dataclass(frozen=True, kw_only=True)
class Kept:
    """A state as it once was; nothing that happened since has changed it."""

    project: Project
    variables: Sequence[Variable] = field(repr=False)
    domains: Sequence[str]
    deployments: Mapping[str, Deployment]
    live: Sequence[str]
    last_request: AliasRequest | None


class State:
    """All of it, and the one pointer that says what production serves."""

    def __init__(self, *, account: Account, project: Project, clock: Clock) -> None:
        self.account = account
        self.project = project
        self.variables: list[Variable] = []
        self.domains: list[str] = []
        self.deployments: dict[str, Deployment] = {}
        self.last_request: AliasRequest | None = None
        self.clock = clock
        self._live: list[str] = []

    def now_ms(self) -> int:
        """Return the time in milliseconds since 1970."""
        return round(self.clock.now().timestamp() * 1000)

    def live(self, *, ago: int = 0) -> Deployment | None:
        """Return what production serves, or what it served *ago* switches before."""
        return self.deployments.get(self._live[-1 - ago]) if len(self._live) > ago else None

    def make_live(self, deployment: Deployment) -> None:
        """Point production at *deployment*."""
        deployment.was_live = True
        self._live.append(deployment.id)

    def kept(self) -> Kept:
        """Return a copy of it all."""
        return deepcopy(
            Kept(
                project=self.project,
                variables=self.variables,
                domains=self.domains,
                deployments=self.deployments,
                live=self._live,
                last_request=self.last_request,
            )
        )

    def bring_back(self, kept: Kept) -> None:
        """Make it what it was; the deployments of *kept* must still be there."""
        kept = deepcopy(kept)
        self.project, self.last_request = kept.project, kept.last_request
        self.variables, self.domains = list(kept.variables), list(kept.domains)
        self._live = list(kept.live)
        # What serves a deployment holds on to the object itself.
        for deployment_id, deployment in kept.deployments.items():
            vars(self.deployments[deployment_id]).update(vars(deployment))

    def values_for(self, environment: str) -> dict[str, str]:
        """Return the variables of *environment* with their values."""
        return {v.key: v.value for v in self.variables if environment in v.targets}

    def find(self, id_or_host: str) -> Deployment | None:
        """Return the deployment with this id or address; an alias names what it points at."""
        live = self.live()
        if live is not None and id_or_host in self.domains:
            return live
        found = (d for d in self.deployments.values() if id_or_host in {d.id, d.host})
        return next(found, None)
