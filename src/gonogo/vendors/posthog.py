"""PostHog: what it counted."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from gonogo.vendors.hosting import understood
from gonogo.vendors.transport import Transport

PAGE_VIEWS = """select properties.$pathname, count() from events
    where event = '$pageview' and properties.utm_campaign = {tag}
    and timestamp > now() - interval 1 hour group by properties.$pathname"""


class PostHog:
    """Reads one project's events; source: posthog.com/docs/api/query."""

    def __init__(self, transport: Transport) -> None:
        self._ask = transport
        self._path = f"/api/projects/{transport.access.required('project')}/query/"
        self.where = transport.where

    def tagged_page_views(self, tag: str) -> Mapping[str, int]:
        """Return how often each path was viewed in the last hour under the campaign *tag*.

        Raises:
            CannotTell: PostHog cannot be asked.
        """
        rows = self.rows(PAGE_VIEWS, tag=tag)
        with understood("PostHog", self.where):
            return {str(path): int(count) for path, count in rows}

    def rows(self, query: str, **values: str) -> Sequence[Sequence[Any]]:
        """Return what the HogQL *query* finds now, never from its cache; raises CannotTell."""
        asked = {"kind": "HogQLQuery", "query": query, "values": values}
        answer = self._ask.ask(
            "POST", self._path, json={"query": asked, "refresh": "force_blocking"}
        )
        body = self._ask.accepted(self._path, answer)
        with understood("PostHog", self.where):
            found: Sequence[Sequence[Any]] = body["results"]
            return found
