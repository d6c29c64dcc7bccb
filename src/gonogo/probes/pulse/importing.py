"""The bulk import, called on the console of a page in a real browser."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from playwright.sync_api import Error as PlaywrightError

from gonogo.clock import Clock
from gonogo.config_import import BulkImportSection
from gonogo.errors import CannotTell
from gonogo.probes.browser.listening import Heard
from gonogo.probes.browser.visit import Window
from gonogo.probes.pulse.partner_requests import PartnerEar, PartnerRequest, matching

CALL = """(latest) => Promise.race([
    Promise.resolve().then({call}).then(
        (result) => ({{ result: JSON.parse(JSON.stringify(result ?? null)) }}),
        (error) => ({{ thrown: String(error) }}),
    ),
    new Promise((resolve) => setTimeout(() => resolve({{ late: true }}), latest)),
])"""
"""Not by eval(): a page's content security policy may forbid it."""


@dataclass(frozen=True, kw_only=True)
class Progress:
    """One line of the console about how far it is."""

    done: int
    total: int


@dataclass(frozen=True, kw_only=True)
class ImportSeen:
    """What was seen of one import; ``stopped`` says why there is no result."""

    where: str
    began: datetime
    duration_s: float
    requests: tuple[PartnerRequest, ...] = field(repr=False)
    lines: tuple[str, ...] = field(repr=False)
    progress: tuple[Progress, ...] = field(repr=False)
    heard: Heard
    result: Mapping[str, Any] = field(default_factory=dict)
    stopped: str = ""
    picture: bytes = field(default=b"", repr=False)

    def figure(self, name: str) -> int:
        """Return a figure of the result; -1 where it has none."""
        value = self.result.get(name)
        return value if isinstance(value, int) and not isinstance(value, bool) else -1

    @property
    def succeeded(self) -> bool:
        """Whether its result says so."""
        return self.result.get("success") is True

    def __str__(self) -> str:
        """Read as a few lines."""
        # Texts of the result may be about somebody.
        figures = {name: value for name, value in self.result.items() if isinstance(value, int)}
        said = self.stopped or f"result {figures}"
        answered = [each for each in self.requests if each.status == 200]
        asked = f"{len(self.requests)} questions to the partner, {len(answered)} answered well"
        lines = [f"{asked}, in {self.duration_s:.1f} s; {said}"]
        lines += [f"complaint: {each}" for each in self.heard.complaints]
        lines += [f"sent by the page itself: {each}" for each in self.heard.wrote]
        return "\n".join(lines)


def import_everything(
    window: Window, section: BulkImportSection, *, requests: str, clock: Clock
) -> ImportSeen:
    """Open the page, make the call, and return all that was seen until its result.

    *requests* is how the addresses read by which the page reaches the partner.

    Raises:
        CannotTell: nobody said how to call it, or the page cannot be opened.
    """
    if not section.call:
        raise CannotTell(
            "nobody said how the import is started",
            expected="services.pulse.bulk_import.call in the target file",
            found="nothing",
            do="name the call that the checklist gives for the console",
        )
    ear = PartnerEar(window.page, requests)
    window.open(section.page)
    began, begin_s = clock.now(), clock.monotonic_s()
    result, stopped = _called(window, section)
    window.rest()
    return ImportSeen(
        where=f"{window.page.url} in {window.engine}",
        began=began,
        duration_s=clock.monotonic_s() - begin_s,
        requests=ear.requests(),
        lines=ear.lines,
        progress=progress_in(ear.lines, section.progress),
        heard=window.ear.heard(),
        result=result,
        stopped=stopped,
        picture=window.picture(private=True),
    )


def _called(window: Window, section: BulkImportSection) -> tuple[Mapping[str, Any], str]:
    try:
        if section.ready:
            window.page.wait_for_function(section.ready)
    except PlaywrightError:
        return {}, f"the page did not offer the call within {window.timeout_s:.0f} s"
    try:
        said = window.page.evaluate(CALL.format(call=section.call), section.timeout_s * 1000)
    except PlaywrightError as error:
        return {}, error.message.splitlines()[0]
    if "thrown" in said:
        return {}, f"it threw: {said['thrown']}"
    if "late" in said:
        return {}, f"no result within {section.timeout_s:.0f} s"
    result = said["result"]
    return (result, "") if isinstance(result, dict) else ({}, f"its result is {result!r}")


def progress_in(lines: tuple[str, ...], pattern: str) -> tuple[Progress, ...]:
    """Return the figures that the console told, in their order."""
    found = (re.search(pattern, line) for line in matching(lines, pattern))
    return tuple(
        Progress(done=_number(each["done"]), total=_number(each["total"])) for each in found if each
    )


def _number(text: str) -> int:
    return int(re.sub(r"\D", "", text))
