"""What tells a page that a program drives the browser, and how such a page is opened unmarked.

Who counts visitors leaves programs out: posthog-js keeps its events to itself where
``navigator.webdriver`` is true, or the user agent or one of its brands is on a list that has
HeadlessChrome (``isLikelyBot`` in ``@posthog/browser-common``), unless the application sets
``opt_out_useragent_filter``. What is asked here is whether the events of people arrive, so that the
page must not see the difference. Sentry's filter of crawlers (``relay-filter/src/web_crawlers.rs``)
has no headless browser on its list.
"""

from __future__ import annotations

from playwright.sync_api import Page

HEADLESS = "Headless"
HIDE = """(() => {
    const plain = (text) => text.replaceAll("Headless", "");
    const show = (owner, name, value) => Object.defineProperty(
        owner, name, { configurable: true, enumerable: true, get: () => value });
    show(Navigator.prototype, "webdriver", false);
    show(Navigator.prototype, "userAgent", plain(navigator.userAgent));
    const data = navigator.userAgentData;
    if (data) {
        const brands = data.brands.map((each) => ({ ...each, brand: plain(each.brand) }));
        show(Object.getPrototypeOf(data), "brands", brands);
    }
})();"""
MARKS = """() => [
    navigator.webdriver ? "navigator.webdriver" : "",
    ...[navigator.userAgent, ...(navigator.userAgentData?.brands ?? []).map((each) => each.brand)]
        .filter((each) => each.includes("Headless")),
].filter(Boolean)"""


def hide_driver(page: Page) -> None:
    """Let whatever *page* opens from now on see a browser as people have it."""
    agent: str = page.evaluate("navigator.userAgent")
    if HEADLESS in agent:
        page.set_extra_http_headers({"User-Agent": agent.replace(HEADLESS, "")})
    page.add_init_script(HIDE)


def marks_of(page: Page) -> tuple[str, ...]:
    """Return by what the page that is open can tell that a program drives the browser."""
    return tuple(page.evaluate(MARKS))
