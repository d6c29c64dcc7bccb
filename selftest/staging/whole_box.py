"""One open box with all that a test asks of it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Self

import httpx
import psycopg

from gonogo.config import load
from gonogo.premises import Premises
from staging import offices
from staging.opening import Opening
from staging.services.company import Company
from staging.stack import DATABASE, Stack

ROOT = Path(__file__).parents[2]


@dataclass(frozen=True, kw_only=True)
class WholeBox:
    stack: Stack
    opening: Opening
    premises: Premises

    @classmethod
    def open(cls, workspace: Path) -> Self:
        settings = load("gonogo.toml", root=ROOT, environ={}, overrides={})
        stack = Stack(settings, root=ROOT, workspace=workspace)
        try:
            premises = stack.open(lambda _: None)
        except BaseException:
            stack.stop()
            raise
        assert stack.opening is not None
        return cls(stack=stack, opening=stack.opening, premises=premises)

    def stop(self) -> None:
        self.stack.stop()

    @property
    def company(self) -> Company:
        return self.opening.company

    @property
    def product(self) -> str:
        return self.premises.address("product")

    def rows(self, query: str, **values: object) -> Sequence[tuple[Any, ...]]:
        """Ask the box's database, past the gateway and every right."""
        with psycopg.connect(self.stack.server.dsn(DATABASE)) as connection:
            return connection.execute(query.encode(), values or None).fetchall()

    def value(self, query: str, **values: object) -> Any:  # noqa: ANN401 - of any column
        ((found,),) = self.rows(query, **values)
        return found

    def pulse(self, path: str, **query: str | int) -> Any:  # noqa: ANN401 - JSON
        url = f"{self.premises.address('pulse')}/api/{path}"
        headers = {"Authorization": f"Bearer {self.opening.keys.pulse_key}"}
        answer = httpx.get(url, params=query, headers=headers, trust_env=False)
        return answer.raise_for_status().json()

    def change_in_pulse(self, profile: str, **change: object) -> None:
        url = f"{self.premises.address('pulse')}/box/contacts/{profile}"
        headers = {"Authorization": f"Bearer {self.opening.keys.pulse_box_key}"}
        httpx.patch(url, json=change, headers=headers, trust_env=False).raise_for_status()

    def sentry(self, path: str, **query: str) -> httpx.Response:
        project = f"projects/{offices.SENTRY_ORG}/{offices.SENTRY_PROJECT}"
        url = f"{self.premises.address('sentry')}/api/0/{project}/{path}/"
        headers = {"Authorization": f"Bearer {self.opening.keys.sentry_token}"}
        return httpx.get(url, params=query, headers=headers, trust_env=False)

    def posthog(self, query: str, **values: str) -> Sequence[Sequence[Any]]:
        project = f"api/projects/{offices.POSTHOG_PROJECT_ID}"
        url = f"{self.premises.address('posthog')}/{project}/query/"
        asked: Mapping[str, Any] = {"kind": "HogQLQuery", "query": query, "values": values}
        body = {"query": asked, "refresh": "force_blocking"}
        headers = {"Authorization": f"Bearer {self.opening.keys.posthog_key}"}
        answer = httpx.post(url, json=body, headers=headers, trust_env=False)
        found: Sequence[Sequence[Any]] = answer.raise_for_status().json()["results"]
        return found
