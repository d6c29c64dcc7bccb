"""The partner whose records the application brings over: its answers, limits and refusals."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from gonogo.errors import CannotTell
from gonogo.vendors.hosting import understood
from gonogo.vendors.transport import Answer, Transport

PAGE = 200
MOST_PAGES = 1000
PAUSE_S = 1.0
"""How long to wait for a limit that does not say when it opens, and at least."""
PATIENCE_S = 600.0
"""How long a whole list may wait for the limit."""
A_MOMENT = 10**9
"""A reset of so much is a Unix time, one of less a number of seconds: services use both."""
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

    def wait_s(self, *, needed: int, most: int, now: datetime) -> float:
        """Return how long to wait before the next of *needed* requests.

        *most* is how many a window has. The key is the application's own, which takes its requests
        from the same limit: half of what is left, or of a window, stays with it.
        """
        if self.remaining is None or self.remaining >= 2 * needed or self.remaining > most // 2:
            return 0.0
        if self.resets_at_s is None:
            return PAUSE_S
        is_moment = self.resets_at_s >= A_MOMENT
        left_s = self.resets_at_s - (now.timestamp() if is_moment else 0.0)
        return max(left_s, PAUSE_S)


class Pulse:
    """Reads records page by page; *path* is where they are listed."""

    def __init__(self, transport: Transport, *, path: str) -> None:
        self._ask = transport
        self._path = path
        self.where = transport.where

    def profiles(self) -> tuple[Profile, ...]:
        """Return every record, in the partner's order, no faster than its limit allows.

        Raises:
            CannotTell: it cannot be asked, its limit leaves too little, or it gives fewer records
                than it says there are.
        """
        found: list[Profile] = []
        most, waited_s = 0, 0.0
        for _ in range(MOST_PAGES):
            answer, page = self._page(offset=len(found), limit=PAGE)
            found += page.profiles
            if not page.has_more or not page.profiles:
                break
            limit = _limit_of(answer)
            most = max(most, limit.limit or 0, limit.remaining or 0)
            needed = -(-max(page.total - len(found), 1) // PAGE)
            wait_s = limit.wait_s(needed=needed, most=most, now=self._ask.clock.now())
            waited_s += wait_s
            if waited_s > PATIENCE_S:
                raise self._too_little_left(limit, needed)
            if wait_s:
                self._ask.sleep(wait_s)
        if len(found) != page.total or not found:
            raise self._not_all(page.total, len(found))
        return tuple(found)

    def refuse_nobody(self) -> None:
        """See that there are records to be had.

        Raises:
            CannotTell: it cannot be asked, or gives none.
        """
        page = self.page(limit=1)
        if not page.profiles:
            raise CannotTell(
                f"{self._ask.access.name} gives no record",
                where=f"{self.where}{self._path}",
                expected=f"one of {page.total}",
                found="none",
                do="see whether the key is that of the right account",
            )

    def page(self, *, offset: int = 0, limit: int = PAGE) -> ProfilePage:
        """Return one page; raises CannotTell where it cannot be read."""
        return self._page(offset=offset, limit=limit)[1]

    def _page(self, *, offset: int, limit: int) -> tuple[Answer, ProfilePage]:
        answer = self._ask.ask("GET", self._path, query={"limit": limit, "offset": offset})
        said = self._ask.accepted(self._path, answer)
        with understood(self._ask.access.name, f"{self.where}{self._path}"):
            pagination = said["pagination"]
            return answer, ProfilePage(
                profiles=tuple(dict(each) for each in said["data"]),
                total=int(pagination["total"]),
                has_more=bool(pagination["has_more"]),
            )

    def _not_all(self, total: int, found: int) -> CannotTell:
        return CannotTell(
            f"{self._ask.access.name} did not give all its records",
            where=f"{self.where}{self._path}",
            expected=f"{total or 'some'} records",
            found=f"{found}",
            do="ask again; when it stays so, ask the partner",
        )

    def _too_little_left(self, limit: LimitHeaders, needed: int) -> CannotTell:
        return CannotTell(
            f"the limit of {self._ask.access.name} leaves too little for its list",
            where=f"{self.where}{self._path}",
            expected=f"{needed} more requests within {PATIENCE_S:.0f} s, half of it left to others",
            found=str(limit),
            do="run again when the application asks less, or agree on a higher limit",
        )

    def limit_headers(self) -> LimitHeaders:
        """Return what the smallest question's answer says of the limit."""
        return _limit_of(self.answer())

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


def _limit_of(answer: Answer) -> LimitHeaders:
    return LimitHeaders(
        limit=_whole(answer.headers.get("x-ratelimit-limit")),
        remaining=_whole(answer.headers.get("x-ratelimit-remaining")),
        resets_at_s=_whole(answer.headers.get("x-ratelimit-reset")),
    )


def _whole(text: str | None) -> int | None:
    return int(text) if text and text.strip().isdigit() else None
