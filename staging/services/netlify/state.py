"""What the platform remembers: one site, its variables, its deploys, and which is published."""

from __future__ import annotations

import secrets
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from gonogo.clock import Clock, rfc3339
from staging.services.vercel.header_rules import HeaderRules

PRODUCTION = "production"
ENDED = frozenset({"ready", "error"})


def identifier() -> str:
    """Return a fresh id of 24 hexadecimal digits, like those of the platform."""
    return secrets.token_hex(12)


@dataclass(kw_only=True)
class Deploy:
    """One deploy, from the list of its files to what it serves."""

    files: Mapping[str, str]
    """The SHA-1 of every file by its path."""
    functions: Mapping[str, str]
    """The SHA-256 of every function's archive by its name."""
    context: str
    created_at: str
    host: str
    """Where it is served, as ``127.0.0.1:port``."""
    title: str = ""
    branch: str = "main"
    commit_ref: str | None = None
    """The commit of a build that the platform made; None for files that a person uploaded."""
    id: str = field(default_factory=identifier)
    state: str = "uploading"
    error_message: str | None = None
    published_at: str | None = None
    folder: Path | None = None
    """What is served, once it is ready."""
    header_rules: HeaderRules = field(default_factory=lambda: HeaderRules([]))
    variables: Mapping[str, str] = field(default_factory=dict, repr=False)

    @property
    def target(self) -> str | None:
        """What the edge asks: ``production``, or None for a draft."""
        return PRODUCTION if self.context == PRODUCTION else None


@dataclass(kw_only=True)
class State:
    """The site, and all that was deployed to it."""

    token: str = field(repr=False)
    site_id: str
    site_name: str
    account_id: str
    address: str
    """Where production answers."""
    clock: Clock
    variables: dict[str, str] = field(default_factory=dict, repr=False)
    deploys: dict[str, Deploy] = field(default_factory=dict)
    history: list[str] = field(default_factory=list)
    """What was published, the last one last."""
    created_at: str = ""

    def now(self) -> str:
        """Return the time as the platform writes it."""
        return rfc3339(self.clock.now())

    def published(self, *, ago: int = 0) -> Deploy | None:
        """Return what production serves, or served *ago* switches before."""
        if len(self.history) <= ago:
            return None
        return self.deploys.get(self.history[-1 - ago])

    def publish(self, deploy: Deploy) -> None:
        """Point production at *deploy*."""
        deploy.published_at = self.now()
        self.history.append(deploy.id)


@dataclass(frozen=True, kw_only=True)
class Kept:
    """A state as it was at one moment."""

    deploys: Mapping[str, Deploy]
    history: tuple[str, ...]
    variables: Mapping[str, str] = field(repr=False)

    @classmethod
    def of(cls, state: State) -> Kept:
        """Return *state* as it is now."""
        return cls(
            deploys=dict(state.deploys),
            history=tuple(state.history),
            variables=dict(state.variables),
        )

    def back_into(self, state: State) -> None:
        """Make *state* what it was."""
        state.deploys = dict(self.deploys)
        state.history = list(self.history)
        state.variables = dict(self.variables)
