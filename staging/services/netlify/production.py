"""The address of production."""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar

from starlette.routing import BaseRoute, Mount
from starlette.types import Receive, Scope, Send

from staging.services.netlify.service import PRODUCTION_SERVICE, Netlify
from staging.services.service import Service
from staging.services.switches import Break


class NetlifyProduction(Service):
    """The one address of production: it answers with the deploy that is published.

    With the switch ``stale`` it answers with the one before, as a cache that was not told.
    """

    name = PRODUCTION_SERVICE
    stands_in_for: ClassVar[str] = "Netlify's edge: what visitors of production are served"

    def reset(self) -> None:
        """Nothing is kept here."""

    async def keep(self) -> None:
        """Nothing is kept here."""

    async def bring_back(self) -> None:
        """Nothing is kept here."""

    def routes(self) -> Sequence[BaseRoute]:
        """Return every address."""
        return [Mount("/", app=self._answer)]

    async def _answer(self, scope: Scope, receive: Receive, send: Send) -> None:
        netlify = self.setup.others["netlify"]
        assert isinstance(netlify, Netlify)
        stale = self.switches.on(Break.STALE, path=scope["path"], method=scope["method"])
        live = netlify.state.published(ago=1 if stale else 0)
        await netlify.publishing.edge.answer(live, scope, receive, send)
