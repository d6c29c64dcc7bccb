"""The partner whose records the application brings over: its answers, limits and refusals."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from gonogo.errors import CannotTell
from gonogo.vendors.hosting import understood
from gonogo.vendors.transport import Answer, Transport

PAGE = 200
MOST_PAGES = 1000
Profile = Mapping[str, Any]


@dataclass(frozen=True, kw_only=True)
class ProfilePage:
    """One page of the partner's records, and how many there are in all."""

    profiles: tuple[Profile, ...]
    total: int
    has_more: bool


@dataclass(frozen=True, kw_only=True)
class LimitHeaders:
    """What an answer says of the limit of requests; None for a header that is not there."""

    limit: int | None
    remaining: int | None
    resets_at_s: int | None

    def __str__(self) -> str:
        """Read as one line."""
        return f"limit {self.limit}, {self.remaining} left, reset at {self.resets_at_s}"


class Pulse:
    """Reads records page by page; *path* is where they are listed."""

    def __init__(self, transport: Transport, *, path: str) -> None:
        self._ask = transport
        self._path = path
        self.where = transport.where

    def profiles(self) -> tuple[Profile, ...]:
        """Return every record, in the partner's order.

        Raises:
            CannotTell: it cannot be asked, or gives fewer records than it says there are.
        """
        found: list[Profile] = []
        for _ in range(MOST_PAGES):
            page = self.page(offset=len(found))
            found += page.profiles
            if not page.has_more or not page.profiles:
                break
        if len(found) != page.total or not found:
            raise CannotTell(
                f"{self._ask.access.name} did not give all its records",
                where=f"{self.where}{self._path}",
                expected=f"{page.total or 'some'} records",
                found=f"{len(found)}",
                do="ask again; when it stays so, ask the partner",
            )
        return tuple(found)

    def page(self, *, offset: int = 0, limit: int = PAGE) -> ProfilePage:
        """Return one page; raises CannotTell where it cannot be read."""
        said = self._ask.get(self._path, limit=limit, offset=offset)
        with understood(self._ask.access.name, f"{self.where}{self._path}"):
            pagination = said["pagination"]
            return ProfilePage(
                profiles=tuple(dict(each) for each in said["data"]),
                total=int(pagination["total"]),
                has_more=bool(pagination["has_more"]),
            )

    def limit_headers(self) -> LimitHeaders:
        """Return what the smallest question's answer says of the limit."""
        headers = self.answer().headers
        return LimitHeaders(
            limit=_whole(headers.get("x-ratelimit-limit")),
            remaining=_whole(headers.get("x-ratelimit-remaining")),
            resets_at_s=_whole(headers.get("x-ratelimit-reset")),
        )

    def status_for(self, key: str) -> int:
        """Return the status of the smallest question asked with *key*; with none where empty."""
        headers = {"Authorization": f"Bearer {key}"} if key else {}
        return self._ask.ask("GET", self._path, query={"limit": 1}, headers=headers).status

    def answer(self, *, limit: int = 1) -> Answer:
        """Return the answer to a question with the application's key, also a refusal."""
        return self._ask.ask("GET", self._path, query={"limit": limit})

    def change(self, profile_id: str, change: Mapping[str, object]) -> bool:
        """Change a record as the partner's own people would; False where nobody outside can.

        Only a stand-in has such a door: it says where (``change_path``) and with which key.

        Raises:
            CannotTell: the door is there and does not open.
        """
        names = self._ask.access.names
        if not names.get("change_path"):
            return False
        path = names["change_path"].format(id=profile_id)
        headers = {"Authorization": f"Bearer {names.get('change_key', '')}"}
        answer = self._ask.ask("PATCH", path, headers=headers, json=dict(change))
        if answer.status != 200:
            raise CannotTell(
                f"a record of {self._ask.access.name} could not be changed",
                where=f"{self.where}{path}",
                expected="HTTP 200",
                found=f"HTTP {answer.status}: {answer.body}",
            )
        return True


def _whole(text: str | None) -> int | None:
    return int(text) if text and text.strip().isdigit() else None
