"""How Netlify's API words what the platform remembers."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from starlette.responses import JSONResponse, Response

from staging.services.netlify.state import Deploy, State

WORDS = {
    400: "Bad Request",
    401: "Access Denied",
    403: "Forbidden",
    404: "Not Found",
    422: "Unprocessable Entity",
    429: "Too Many Requests",
    500: "Internal Server Error",
}


class Refused(Exception):
    """A request that is answered with an error."""

    def __init__(self, status: int, message: str = "") -> None:
        self.status = status
        self.message = message or WORDS[status]
        super().__init__(self.message)

    def answer(self) -> Response:
        """Return it in the vendor's form."""
        return JSONResponse({"code": self.status, "message": self.message}, self.status)


def deploy(state: State, each: Deploy, *, site_id: str, required: Sequence[str] = ()) -> Any:  # noqa: ANN401 - JSON
    """Return a deploy as ``/deploys/{id}`` shows it."""
    url = f"http://{each.host}"
    messages = [] if each.state != "ready" else [_uploaded(each)]
    return {
        "id": each.id,
        "site_id": site_id,
        "user_id": "box-deployer",
        "build_id": None if each.commit_ref is None else each.id,
        "state": each.state,
        "name": state.site_name,
        "url": state.address,
        "ssl_url": state.address,
        "admin_url": f"https://app.netlify.com/projects/{state.site_name}",
        "deploy_url": url,
        "deploy_ssl_url": url,
        "draft": each.context != "production",
        "required": list(required),
        "required_functions": [],
        "error_message": each.error_message,
        "branch": each.branch,
        "commit_ref": each.commit_ref,
        "created_at": each.created_at,
        "updated_at": each.published_at or each.created_at,
        "published_at": each.published_at,
        "title": each.title or None,
        "context": each.context,
        "locked": False,
        "summary": {"status": each.state, "messages": messages},
    }


def _uploaded(each: Deploy) -> dict[str, str]:
    words = f"{len(each.files)} new files uploaded"
    return {"type": "info", "title": words, "description": "", "details": ""}


def without_nulls(body: dict[str, Any]) -> dict[str, Any]:
    """Return *body* without what is not known: the vendor's document knows no null."""
    return {name: value for name, value in body.items() if value is not None}


def site(state: State, *, site_id: str, name: str) -> dict[str, Any]:
    """Return the body of ``/sites/{site_id}``."""
    live = state.published()
    body = {
        "id": site_id,
        "state": "current",
        "plan": "nf_team_dev",
        "name": name,
        "url": state.address,
        "ssl_url": state.address,
        "admin_url": f"https://app.netlify.com/projects/{name}",
        "created_at": state.created_at,
        "updated_at": state.created_at,
        "account_id": state.account_id,
        "account_slug": state.account_id,
        "ssl": True,
        "force_ssl": True,
        "build_settings": {"cmd": "npm run build", "dir": "dist"},
    }
    if live is not None:
        body["published_deploy"] = without_nulls(deploy(state, live, site_id=site_id))
    return body


def variable(key: str, value: str, at: str) -> dict[str, Any]:
    """Return one variable of the account, as set for all contexts of the site."""
    return {
        "key": key,
        "scopes": ["builds", "functions", "runtime", "post-processing"],
        "values": [{"id": key, "value": value, "context": "all"}],
        "is_secret": False,
        "updated_at": at,
    }
