"""What the list of records shows at one moment."""

from __future__ import annotations

from dataclasses import dataclass

READ = """(empty) => {
    const visible = (each) => each.getClientRects().length > 0;
    const all = (selector) => [...document.querySelectorAll(selector)].filter(visible);
    const text = (each) => each.innerText.trim();
    const name = (each) => {
        const label = each.getAttribute("aria-label");
        if (label) return label;
        const copy = each.cloneNode(true);
        copy.querySelectorAll("[aria-hidden=true]").forEach((hidden) => hidden.remove());
        return copy.textContent.trim().replace(/\\s+/g, " ");
    };
    return {
        buttons: all("button, [role=button]").map(name),
        told: all("[role=status], output").map(text),
        alerts: all("[role=alert]").map(text).filter(Boolean),
        empty: all("h1, h2, h3, [role=heading]").map(text).includes(empty),
    };
}"""
"""By role and name; one question, because it is asked many times while a page changes."""


@dataclass(frozen=True, kw_only=True)
class Listing:
    """What the list shows: how many there are in all, the cards of this page, an empty result."""

    total: int | None = None
    """None while it is not told."""
    names: tuple[str, ...] = ()
    empty: bool = False
    alerts: tuple[str, ...] = ()

    def __str__(self) -> str:
        """One line."""
        total = "no number" if self.total is None else f"{self.total} in all"
        said = "".join(f", alert: {each}" for each in self.alerts)
        return f"{total}, {len(self.names)} cards{', an empty result' * self.empty}{said}"
