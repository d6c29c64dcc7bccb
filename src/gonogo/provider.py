"""What starts a target, or reaches one that is already there."""

from __future__ import annotations

import importlib
import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Protocol

from gonogo.errors import CannotTell, ConfigError, ToolMissing
from gonogo.probes.database.binaries import PostgresBinaries
from gonogo.services import ServiceAccess, not_configured

if TYPE_CHECKING:
    from gonogo.config import Settings


@dataclass(frozen=True, kw_only=True)
class Instance:
    """One running target, as every process of a run sees it; secrets never show in its repr.

    ``script_connection`` holds libpq keywords: where the product's own database clients are
    routed to. ``reader_dsn`` is what the probes use. ``scratch_dsn`` is a superuser on a server
    that may be filled and emptied at will.
    """

    id: str
    commit: str
    repository: str = ""
    env_file: str = ""
    reader_dsn: str = field(default="", repr=False)
    script_connection: Mapping[str, str] = field(default_factory=dict, repr=False)
    script_hosts: tuple[str, ...] = ()
    """Hosts, beside the project's own, that the product's scripts may name."""
    script_database: str = "postgres"
    """The database that they name; on Supabase it is always this one."""
    owner: str = ""
    """The role that most of the product's tables belong to."""
    project_ref: str = ""
    """The project that the product's own scripts believe they talk to."""
    scratch_dsn: str = field(default="", repr=False)
    postgres: Mapping[str, str] = field(default_factory=dict)
    """PostgreSQL's programs: their ``folder``, ``version`` and ``source``."""
    server_log: str = ""
    """The server's own log, where this machine can read it."""
    made_up_password: str = field(default="", repr=False)
    secrets: tuple[str, ...] = field(default=(), repr=False)
    stand_ins: tuple[str, ...] = ()
    facts: Mapping[str, str] = field(default_factory=dict)
    bindings: Mapping[str, str] = field(default_factory=dict)
    acts_by_itself: bool = False
    """Whether actions run when a check needs them, without being named by --execute."""
    done: tuple[str, ...] = ()
    """The actions that were done before this run began, such as those of a box opened whole."""
    app_url: str = ""
    """Where the deployed application answers."""
    sign_in: Mapping[str, str] = field(default_factory=dict, repr=False)
    """The account that checks sign in with: ``user`` and ``password``."""
    services: Mapping[str, ServiceAccess] = field(default_factory=dict)
    without_services: str = ""
    """Why the services could not be started or reached; empty where they were."""
    lacks: str = ""
    """What this machine lacks to start the services; empty where nothing does."""
    standing_in: Mapping[str, str] = field(default_factory=dict)
    """Addresses that the env file names, and where their stand-ins are."""
    action_environments: Mapping[str, Mapping[str, str]] = field(default_factory=dict, repr=False)
    """What an action's command is told beside its own; where it is named here it has network."""

    @property
    def binaries(self) -> PostgresBinaries:
        """PostgreSQL's programs for this target.

        Raises:
            CannotTell: the provider named none.
        """
        if not self.postgres:
            raise CannotTell(
                "no PostgreSQL programs are known for this target",
                do="see gonogo doctor: it says where they are looked for",
            )
        return PostgresBinaries(
            folder=Path(self.postgres["folder"]),
            version=self.postgres["version"],
            source=self.postgres["source"],
        )

    def service(self, name: str) -> ServiceAccess:
        """Return how the service *name* is asked.

        Raises:
            ToolMissing: this machine lacks what it would be started with.
            CannotTell: it is not configured, or could not be started.
        """
        if name not in self.services:
            self.require_services()
            raise not_configured(name, "url and key")
        return self.services[name]

    def require_services(self) -> None:
        """Pass where nothing that this run should have started is missing.

        Raises:
            ToolMissing: this machine lacks what they would be started with.
            CannotTell: they could not be started.
        """
        if self.lacks:
            first, _, rest = self.lacks.partition("\n")
            raise ToolMissing(f"the services cannot be started: {first}", found=rest)
        if self.without_services:
            raise CannotTell("the services are not there", found=self.without_services)

    def folder_of(self, action: str, settings: Settings) -> Path:
        """Return where the product's script of *action* runs."""
        configured = settings.actions.get(action)
        return Path(self.repository) / (configured.folder if configured else "")

    @property
    def script_role(self) -> str | None:
        """The role that the product's scripts act as: their connection's, else the tables' owner.

        A pooler's ``role.project`` is the role.
        """
        return self.script_connection.get("user", "").partition(".")[0] or self.owner or None

    def to_json(self) -> str:
        """Return it as text for another process of the same run."""
        return json.dumps(asdict(self))

    @classmethod
    def from_json(cls, text: str) -> Instance:
        """Return the instance that :meth:`to_json` wrote."""
        data = json.loads(text)
        for name in ("script_hosts", "secrets", "stand_ins", "done"):
            data[name] = tuple(data[name])
        data["services"] = {name: ServiceAccess(**each) for name, each in data["services"].items()}
        return cls(**data)


@dataclass(frozen=True, kw_only=True)
class Intent:
    """What a run will do on its target: the actions it was told, the phases it answers for."""

    execute: tuple[str, ...] = ()
    phases: frozenset[str] = frozenset()


class Provider(Protocol):
    """Starts a target and stops it clean."""

    def start(self) -> Instance:
        """Start the target, or check that it is the one it should be, and say how to reach it."""
        ...

    def stop(self) -> None:
        """Stop all that was started; stopping twice is harmless."""
        ...


class ProviderFactory(Protocol):
    """The class a configuration names as its provider."""

    def __call__(
        self, settings: Settings, *, root: Path, workspace: Path, intent: Intent
    ) -> Provider:
        """Return a provider with its files in *workspace*."""
        ...


def load_provider(name: str, *, where: str) -> ProviderFactory:
    """Return the class that ``module:Class`` names.

    Raises:
        ConfigError: when the module or the class does not exist.
    """
    module_name, _, class_name = name.partition(":")
    try:
        factory: ProviderFactory = getattr(importlib.import_module(module_name), class_name)
        found = "" if callable(factory) else f"a {type(factory).__name__}"
    except Exception as error:  # the module is the user's own: whatever it raises
        found = f"{type(error).__name__}: {error}"
        raise _not_loaded(name, where, found) from error
    if found:
        raise _not_loaded(name, where, found)
    return factory


def _not_loaded(name: str, where: str, found: str) -> ConfigError:
    return ConfigError(
        "the target's provider cannot be loaded",
        where=where,
        expected="module:Class, importable from the folder of the target file",
        found=f"{name!r} ({found})",
        do="correct target.provider",
    )
