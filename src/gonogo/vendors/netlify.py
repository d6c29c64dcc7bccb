"""Netlify: what it says of a site's deploys."""

from __future__ import annotations

import re
from collections.abc import Mapping
from contextlib import AbstractContextManager
from datetime import UTC, datetime
from typing import Any

from gonogo.errors import CannotTell
from gonogo.vendors.hosting import Deployment, LogLine, understood
from gonogo.vendors.transport import Transport

READY = frozenset({"ready", "current"})
ENDED = READY | {"error", "rejected", "skipped"}
API = "/api/v1"
LISTED = 20
_COMMIT = re.compile(r"\b[0-9a-f]{40}\b")


class Netlify:
    """Reads one site; source: open-api.netlify.com, docs.netlify.com/api/get-started.

    A deploy from a person's machine has no commit of its own: it is read from the deploy's title,
    where ``netlify deploy --message`` has put one.
    """

    keeps_log = False
    """What the API tells of a build is its end: its lines are in the command's own output."""

    def __init__(self, transport: Transport) -> None:
        self._ask = transport
        self._site = transport.access.required("site")
        self.where = f"{transport.where}, site {self._site}"

    def name(self) -> str:
        """Return what Netlify calls the site; the cheapest question of all.

        Raises:
            CannotTell: Netlify cannot be asked, or answers for another site.
        """
        with self._understood():
            return str(self._own_site()["name"])

    def live(self) -> Deployment | None:
        """Return the deploy that is published; None where there is none.

        Raises:
            CannotTell: as :meth:`name`.
        """
        with self._understood():
            site = self._own_site()
            live = site.get("published_deploy")
            return _read(live, live_id=live["id"]) if live else None

    def newest(self) -> tuple[Deployment, ...]:
        """Return the newest production deploys, published or not, newest first.

        Raises:
            CannotTell: as :meth:`name`.
        """
        with self._understood():
            site = self._own_site()
            live_id = (site.get("published_deploy") or {}).get("id", "")
            asked: dict[str, str | int] = {"production": "true", "per_page": LISTED}
            listed = self._ask.get(f"{API}/sites/{site['id']}/deploys", **asked)
            found = [_read(each, live_id=live_id) for each in listed]
        production = (each for each in found if each.is_production)
        return tuple(sorted(production, key=lambda each: each.created_at, reverse=True))

    def build_log(self, deployment_id: str) -> tuple[LogLine, ...]:
        """Return what Netlify says of a deploy's end; raises CannotTell where it cannot be read."""
        with self._understood():
            said = self._ask.get(f"{API}/deploys/{deployment_id}")
            error = said.get("error_message") or ""
            told = [LogLine(text=f"Netlify: deploy {said['state']}")]
            messages = (said.get("summary") or {}).get("messages") or ()
            told += [
                LogLine(text=each["title"], is_error=each["type"] == "error") for each in messages
            ]
        return (*told, LogLine(text=error, is_error=True)) if error else tuple(told)

    def _own_site(self) -> Mapping[str, Any]:
        said: Mapping[str, Any] = self._ask.get(f"{API}/sites/{self._site}")
        names = {said["id"], said.get("name"), said.get("custom_domain"), said.get("id_domain")}
        if self._site not in names | {f"{said.get('name')}.netlify.app"}:
            raise CannotTell(
                "Netlify answers for another site",
                where=self.where,
                expected=self._site,
                found=str(said.get("name") or said["id"]),
                do="correct services.netlify.site, or use a token that may read that site",
            )
        return said

    def _understood(self) -> AbstractContextManager[None]:
        return understood("Netlify", self.where)


def _read(said: Mapping[str, Any], *, live_id: str) -> Deployment:
    state = said["state"]
    in_title = _COMMIT.search(said.get("title") or "")
    is_live = said["id"] == live_id
    commit = said.get("commit_ref") or (in_title[0] if in_title else "")
    return Deployment(
        id=said["id"],
        address=said.get("deploy_ssl_url") or said["deploy_url"],
        state=f"{state}, published" if is_live else state,
        is_ready=state in READY,
        has_ended=state in ENDED,
        is_production=said.get("context") == "production",
        is_live=is_live,
        commit=commit,
        names_commit=bool(commit),
        created_at=_moment(said["created_at"]),
        error=said.get("error_message") or "",
    )


def _moment(text: str) -> datetime:
    return datetime.fromisoformat(text).astimezone(UTC)
