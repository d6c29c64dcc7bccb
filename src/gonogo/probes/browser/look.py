"""What a page shows at one moment."""

from __future__ import annotations

from dataclasses import dataclass

LOOK = """(boundary) => {
    const timing = performance.getEntriesByType("navigation")[0];
    // What is not drawn tells its text all the same.
    const drawn = (each) => each.getClientRects().length > 0;
    const all = (selector) => [...document.querySelectorAll(selector)].filter(drawn);
    const texts = (selector) => all(selector).map((each) => each.innerText.trim()).filter(Boolean);
    return {
        title: document.title,
        text: texts("body").join(""),
        headings: texts("h1, h2, [role=heading]"),
        alerts: texts("[role=alert]"),
        pictures: all("img, canvas, video").length,
        broken: boundary ? document.querySelector(boundary) !== null : false,
        loaded_ms: timing?.loadEventEnd ?? 0,
    };
}"""


@dataclass(frozen=True, kw_only=True)
class Look:
    """What a page shows at one moment."""

    address: str
    title: str = ""
    text: str = ""
    headings: tuple[str, ...] = ()
    alerts: tuple[str, ...] = ()
    pictures: int = 0
    broken: bool = False
    """Whether the application's own error page stands there."""
    loaded_ms: float = 0.0

    @property
    def blank(self) -> bool:
        """Whether there is nothing to see."""
        return not self.text and not self.pictures
