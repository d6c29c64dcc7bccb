"""What a target opens for people and for checks beside its database: its running services."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass, field
from typing import Protocol, Self, runtime_checkable

Progress = Callable[[str], None]
"""Says what is being done now."""


@dataclass(frozen=True, kw_only=True)
class OpenService:
    """One running service: where it is, what it is, and its log."""

    name: str
    address: str
    what: str
    log: str = ""


@dataclass(frozen=True, kw_only=True)
class Premises:
    """All that runs: the addresses, and how a person signs in; secrets never show in its repr."""

    services: tuple[OpenService, ...]
    sign_in: Mapping[str, str] = field(default_factory=dict, repr=False)
    """Made-up accounts: what a person types, by the name of the field."""
    notes: tuple[str, ...] = ()

    def address(self, name: str) -> str:
        """Return where the service *name* listens; raises KeyError for an unknown one."""
        return {service.name: service.address for service in self.services}[name]

    def to_json(self) -> str:
        """Return it as text for another process."""
        return json.dumps(asdict(self), indent=1)

    @classmethod
    def from_json(cls, text: str) -> Self:
        """Return what :meth:`to_json` wrote."""
        data = json.loads(text)
        services = tuple(OpenService(**service) for service in data["services"])
        return cls(services=services, sign_in=data["sign_in"], notes=tuple(data["notes"]))


@runtime_checkable
class OpensPremises(Protocol):
    """A provider that can start everything around its target, too."""

    def open(self, progress: Progress) -> Premises:
        """Start the target and its services; returns when every one of them answers."""
        ...

    def stop(self) -> None:
        """Stop all that was started; stopping twice is harmless."""
        ...
