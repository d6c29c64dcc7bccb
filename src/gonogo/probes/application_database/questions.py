"""The questions that pages ask the database through its API, and how long the answers take."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace

import httpx
from playwright.sync_api import Request

from gonogo.clock import Clock, SystemClock
from gonogo.errors import CannotTell
from gonogo.probes.browser.visit import Window
from gonogo.statistics import (
    Decision,
    Outcome,
    Quantile,
    decide,
    decide_early,
    number_below,
    quantile,
)

READING = frozenset({"GET", "HEAD"})
LEFT_OUT = re.compile(r"^(:|host$|connection$|content-length$|accept-encoding$)", re.IGNORECASE)
SHARE = 0.95
EARLY_LOOKS = (12, 30, 60)
"""After how many answers it is looked whether the rest need not be waited for."""
TIMEOUT_S = 15.0
NEVER_S = float("inf")


@dataclass(frozen=True, kw_only=True)
class Question:
    """One question as a page asks it; its headers hold the session."""

    address: str
    headers: Mapping[str, str] = field(default_factory=dict, repr=False)

    def __str__(self) -> str:
        """Name what is asked, without values that may be people's own."""
        return re.sub(r"=[^&]*", "=…", self.address)


@dataclass(frozen=True, kw_only=True)
class Measured:
    """How long answers took, in seconds; infinity for one that was none."""

    where: str
    questions: tuple[Question, ...]
    durations_s: tuple[float, ...] = field(repr=False)
    failures: tuple[str, ...]
    limit_ms: int
    early: Decision | None = None
    """Why it ended before its planned end."""

    @property
    def decision(self) -> Decision:
        """Whether more than 95 % of all answers come within the limit.

        Raises:
            CannotTell: nothing was measured.
        """
        if self.early is not None:
            return self.early
        good = number_below(self.durations_s, limit=self.limit_ms / 1000)
        return decide(
            good=good, of=len(self.durations_s), share=SHARE, early_looks=len(EARLY_LOOKS)
        )

    @property
    def p95(self) -> Quantile:
        """The p95 in seconds, with its bounds."""
        return quantile(self.durations_s, share=SHARE)

    def __str__(self) -> str:
        """Read as a few lines."""
        lines = [
            f"{len(self.durations_s)} answers to {len(self.questions)} questions: {self.p95} s",
            f"within {self.limit_ms} ms: {self.decision}",
            *(f"asked: {each}" for each in self.questions),
            *(f"failed: {each}" for each in self.failures[:10]),
        ]
        return "\n".join(lines)


def questions_of(window: Window, pages: Sequence[str], pattern: str) -> tuple[Question, ...]:
    """Open *pages* and return what they ask at addresses that match *pattern*, each once.

    Raises:
        CannotTell: a page cannot be opened, or none of them asks anything.
    """
    heard: list[Request] = []
    context = window.page.context
    context.on("request", lambda each: heard.append(each))  # noqa: PLW0108 - Playwright marks it
    # One beside the other: what takes long is that each has to come to rest.
    opened = [replace(window, page=context.new_page()) for _ in pages]
    for one, page in zip(opened, pages, strict=True):
        one.open(page)
    for one in opened:
        one.rest(drawn=True)
    asked: dict[str, Question] = {}
    for each in heard:
        if each.method in READING and re.search(pattern, each.url) and each.url not in asked:
            headers = {k: v for k, v in each.all_headers().items() if not LEFT_OUT.search(k)}
            asked[each.url] = Question(address=each.url, headers=headers)
    if not asked:
        raise CannotTell(
            "no page asks the database anything",
            where=", ".join(pages),
            expected=f"requests to addresses with {pattern}",
            found="none",
            do="correct app.data.pages or app.data.requests; or the page shows made-up data",
        )
    return tuple(asked.values())


def measure(
    questions: Sequence[Question],
    *,
    number: int,
    limit_ms: int,
    via: httpx.BaseTransport | None = None,
    clock: Clock | None = None,
) -> Measured:
    """Ask the questions in turn, *number* times in all, and return how long the answers took.

    It ends before that when it is shown already that too many are late (see `decide_early`).
    """
    clock = clock or SystemClock()
    durations_s: list[float] = []
    failures: list[str] = []
    early = None
    with httpx.Client(timeout=TIMEOUT_S, transport=via, trust_env=False) as client:
        for turn in range(number):
            question = questions[turn % len(questions)]
            duration_s, failure = _asked(client, question, clock)
            durations_s.append(duration_s)
            failures += [failure] if failure else []
            if len(durations_s) in EARLY_LOOKS:
                early = _looked(durations_s, limit_ms)
                if early is not None:
                    break
    return Measured(
        where=re.sub(r"\?.*", "", questions[0].address),
        questions=tuple(questions),
        durations_s=tuple(durations_s),
        failures=tuple(dict.fromkeys(failures)),
        limit_ms=limit_ms,
        early=early,
    )


def _asked(client: httpx.Client, question: Question, clock: Clock) -> tuple[float, str]:
    begin_s = clock.monotonic_s()
    try:
        response = client.get(question.address, headers=dict(question.headers))
    except httpx.HTTPError as error:
        return NEVER_S, f"{question}: {type(error).__name__}: {error}"
    if response.is_error:
        return NEVER_S, f"{question}: HTTP {response.status_code}"
    return clock.monotonic_s() - begin_s, ""


def _looked(durations_s: Sequence[float], limit_ms: int) -> Decision | None:
    good = number_below(durations_s, limit=limit_ms / 1000)
    found = decide_early(good=good, of=len(durations_s), share=SHARE, looks=len(EARLY_LOOKS))
    return found if found.outcome is Outcome.VIOLATED else None
