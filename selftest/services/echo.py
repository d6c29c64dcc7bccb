from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import BaseRoute, Route

from staging.services.service import Service


class Echo(Service):
    name = "echo"
    stands_in_for = "nobody"

    def reset(self) -> None:
        if self.setup.options.get("refuses"):
            raise ValueError("an option nobody understands")
        self.heard: list[str] = []

    def routes(self) -> Sequence[BaseRoute]:
        return [Route("/said/{word}", self._said)]

    async def _said(self, request: Request) -> Response:
        self.heard.append(request.path_params["word"])
        return JSONResponse({"heard": self.heard})

    def belongings(self) -> Mapping[str, Any]:
        return {"heard": self.heard}
