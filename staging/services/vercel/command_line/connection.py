"""Asks the API, in the name of the team."""

from __future__ import annotations

import json
import urllib.error
import urllib.parse
import urllib.request
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from staging.services.vercel.command_line.terminal import Stopped

TIMEOUT_S = 60.0
INVALID_TOKEN = "The specified token is not valid. Use `vercel login` to generate a new token."


class ApiError(Stopped):
    """An answer that is an error."""

    def __init__(self, status: int, error: Mapping[str, Any]) -> None:
        self.status = status
        self.error = error
        message = str(error.get("message", "The API sent an unexpected answer"))
        super().__init__(INVALID_TOKEN if error.get("invalidToken") else f"{message} ({status})")


@dataclass(frozen=True, kw_only=True)
class Api:
    """The API at one address."""

    address: str
    token: str = field(repr=False)
    team_id: str | None = None

    def ask(
        self,
        method: str,
        path: str,
        *,
        query: Mapping[str, str] | None = None,
        body: object = None,
    ) -> Any:  # noqa: ANN401 - the API's JSON
        """Return the answer's JSON, None where it has none.

        Raises:
            Stopped: the API cannot be reached; as ApiError: it answers with an error.
        """
        data = None if body is None else json.dumps(body).encode()
        return self._sent(method, path, query, data, {"content-type": "application/json"})

    def upload(self, content: bytes, sha: str) -> None:
        """Upload one file."""
        headers = {"content-type": "application/octet-stream", "x-vercel-digest": sha}
        self._sent("POST", "/v2/files", None, content, headers)

    def _sent(
        self,
        method: str,
        path: str,
        query: Mapping[str, str] | None,
        data: bytes | None,
        headers: Mapping[str, str],
    ) -> Any:  # noqa: ANN401 - the API's JSON
        asked = dict(query or {})
        if self.team_id is not None:
            asked["teamId"] = self.team_id
        url = f"{self.address.rstrip('/')}{path}?{urllib.parse.urlencode(asked)}"
        request = urllib.request.Request(url, data=data, method=method, headers=dict(headers))
        request.add_header("authorization", f"Bearer {self.token}")
        # The box is on this machine: a proxy of the environment has no part in it.
        opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
        try:
            with opener.open(request, timeout=TIMEOUT_S) as answer:
                text = answer.read()
        except urllib.error.HTTPError as error:
            raise ApiError(error.code, _error_in(error.read())) from None
        except (OSError, ValueError) as error:
            raise Stopped(f"The API at {self.address} cannot be reached: {error}") from None
        try:
            return json.loads(text) if text else None
        except ValueError:
            raise Stopped("The API sent something that is no JSON") from None


def _error_in(text: bytes) -> Mapping[str, Any]:
    try:
        error = json.loads(text)["error"]
    except (ValueError, KeyError, TypeError):
        return {}
    return error if isinstance(error, dict) else {}
