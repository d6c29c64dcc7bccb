"""A page driven over WebDriver: as much of a Playwright page as the journey uses, and no more."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import Any, Protocol
from urllib.parse import urljoin

from playwright.sync_api import Error as PlaywrightError

from gonogo.errors import WaitTimedOut
from gonogo.probes.browser.entrance import require_page_let_in
from gonogo.waiting import wait_until

CONTROL, DELETE = "\ue009", "\ue017"
"""The keys of the WebDriver standard, section 15.4.2."""
ROLES: Mapping[str, str] = {
    "button": "button:not([role]), [role=button],"
    " input:is([type=button], [type=submit], [type=reset]):not([role])",
    "combobox": "select:not([multiple], [role]), [role=combobox]",
    "link": "a[href]:not([role]), [role=link]",
    "searchbox": "input[type=search]:not([role]), [role=searchbox]",
    "tab": "[role=tab]",
    "textbox": "input:is(:not([type]), [type=text], [type=email], [type=tel], [type=url])"
    ":not([role]), textarea:not([role]), [role=textbox]",
}
"""Which elements have a role, by HTML's mapping to ARIA; the roles that the journey asks for."""
LABELLED = "input, select, textarea, [aria-label], [aria-labelledby]"
FIND = r"""
const drawn = (each) => each.checkVisibility({ visibilityProperty: true })
    && each.getClientRects().length > 0 && !each.closest("[aria-hidden=true]");
const words = (each) => {
    const copy = each.cloneNode(true);
    copy.querySelectorAll("[aria-hidden=true], input, select, textarea")
        .forEach((unsaid) => unsaid.remove());
    copy.querySelectorAll("img[alt]").forEach((picture) => picture.replaceWith(picture.alt));
    return copy.textContent;
};
const joined = (all) => [...all].map(words).join(" ").trim();
const name = (each) => {
    const ids = (each.getAttribute("aria-labelledby") ?? "").split(/\s+/).filter(Boolean);
    const others = ids.map((id) => document.getElementById(id)).filter(Boolean);
    const own = each.matches("input, select, textarea")
        ? (each.matches("[type=button], [type=submit], [type=reset]") && each.value)
        : words(each);
    const found = joined(others) || each.getAttribute("aria-label") || joined(each.labels ?? [])
        || own || each.title || each.placeholder || "";
    return found.trim().replace(/\s+/g, " ");
};
return [...document.querySelectorAll(arguments[0])].filter(drawn).map((each) => [each, name(each)]);
"""
"""The visible elements of a selector with their accessible names, in the order of the page."""
OPTION = """return [...arguments[0].options ?? []]
    .find((each) => each.label.trim() === arguments[1]) ?? null;"""
CALL = """const said = (%s);
return typeof said === "function" ? said(...arguments) : said;"""
HIDE = """const all = arguments[0].flatMap((each) => [...document.querySelectorAll(each)]);
all.forEach((each) => { each.style.opacity = 0; });
return all;"""
SHOW = "arguments[0].forEach((each) => { each.style.opacity = ''; });"
LANDED = """() => [performance.getEntriesByType("navigation")[0]?.responseStatus ?? 0,
    document.documentElement.outerHTML]"""
"""How what was opened was answered, 0 where the engine does not tell, and what stands there."""
NOWHERE = "about:blank"
"""Where a browser stays when nothing answers."""
RETRY_S = 0.1


class Element(Protocol):
    """An element of Selenium's."""

    def click(self) -> None:
        """Press it with the mouse."""
        ...

    def send_keys(self, *keys: str) -> None:
        """Type into it."""
        ...


class Driver(Protocol):
    """What is used of a driver of Selenium's."""

    current_url: str

    def get(self, url: str) -> None:
        """Go there."""
        ...

    def execute_script(self, script: str, *arguments: Any) -> Any:  # noqa: ANN401 - JSON
        """Run *script* as the body of a function in the page."""
        ...

    def get_screenshot_as_png(self) -> bytes:
        """Return a picture of the page."""
        ...


@dataclass(frozen=True, kw_only=True)
class WebDriverPage:
    """A page; *refused* is what its driver raises, and becomes the error of Playwright's pages."""

    driver: Driver
    refused: tuple[type[Exception], ...]
    address: str
    """The application's, which relative ones are seen from."""
    timeout_s: float
    """How long a control is waited for."""

    @property
    def url(self) -> str:
        """Where it is."""
        return str(self.asked(lambda driver: driver.current_url))

    def goto(self, address: str) -> None:
        """Go there; WebDriver says nothing of the answer.

        Raises:
            PlaywrightError: there is none.
            CannotTell: only the platform's protection answered.
        """
        asked = urljoin(self.address, address)
        self.asked(lambda driver: driver.get(asked))
        if self.url == NOWHERE:
            raise PlaywrightError("nothing answered")
        status, page = self.evaluate(LANDED)
        require_page_let_in(asked=asked, address=self.url, status=status, page=page)

    def evaluate(self, expression: str, argument: object = None) -> Any:  # noqa: ANN401 - JSON
        """Return the value of *expression*; of a function, what it makes of *argument*."""
        return self.asked(lambda driver: driver.execute_script(CALL % expression, argument))

    def locator(self, selector: str) -> str:
        """Return what ``screenshot`` masks by."""
        return selector

    def screenshot(self, *, mask: list[str], **_: object) -> bytes:
        """Return a picture as PNG, whatever form is asked for; what is masked is not drawn."""

        def taken(driver: Driver) -> bytes:
            masked = driver.execute_script(HIDE, mask)
            picture = driver.get_screenshot_as_png()
            driver.execute_script(SHOW, masked)
            return picture

        return bytes(self.asked(taken))

    def get_by_role(
        self, role: str, *, name: str | re.Pattern[str], exact: bool = False
    ) -> WebDriverControl:
        """Return the controls of *role* with that name."""
        return WebDriverControl(page=self, selector=ROLES[role], fits=_fitting(name, exact=exact))

    def get_by_label(self, text: str, *, exact: bool = False) -> WebDriverControl:
        """Return the controls with that label."""
        return WebDriverControl(page=self, selector=LABELLED, fits=_fitting(text, exact=exact))

    def asked(self, ask: Callable[[Driver], Any]) -> Any:  # noqa: ANN401 - whatever it answers
        """Return what the driver answers.

        Raises:
            PlaywrightError: it refuses.
        """
        try:
            return ask(self.driver)
        except self.refused as error:
            said = str(error).strip() or type(error).__name__
            raise PlaywrightError(said.removeprefix("Message: ")) from None


@dataclass(frozen=True, kw_only=True)
class WebDriverControl:
    """Those visible elements of *selector* whose name *fits*; looked for anew each time."""

    page: WebDriverPage
    selector: str
    fits: Callable[[str], bool]
    only_first: bool = False

    @property
    def first(self) -> WebDriverControl:
        """The first one in the order of the page."""
        return replace(self, only_first=True)

    def or_(self, other: WebDriverControl) -> WebDriverControl:
        """Return these or those: two roles of one name."""
        return replace(self, selector=f"{self.selector}, {other.selector}")

    def count(self) -> int:
        """Return how many there are now."""
        return len(self._found())

    def is_visible(self) -> bool:
        """Return whether there is one."""
        return self.count() > 0

    def click(self) -> None:
        """Press it, as soon as it can be."""
        self._use(lambda found: found.click())

    def fill(self, text: str) -> None:
        """Type *text* in the place of what stands there: a page hears keys, however it is made."""

        def written(found: Element) -> None:
            found.send_keys(CONTROL + "a")
            found.send_keys(DELETE)
            if text:
                found.send_keys(text)

        self._use(written)

    def select_option(self, *, label: str, timeout: float) -> None:
        """Choose the option *label*; *timeout* is in milliseconds."""

        def chosen(found: Element) -> None:
            option = self.page.driver.execute_script(OPTION, found, label)
            if option is None:
                raise PlaywrightError(f"there is no option {label}")
            option.click()

        self._use(chosen, timeout_s=timeout / 1000)

    def wait_for(self, *, state: str = "visible") -> None:
        """Wait until it is there; with *state* ``detached``, until it is gone."""
        self._until(lambda: self.is_visible() is (state == "visible"), f"it to be {state}")

    def _found(self) -> list[Element]:
        pairs = self.page.asked(lambda driver: driver.execute_script(FIND, self.selector))
        return [element for element, name in pairs if self.fits(name)]

    def _use(self, act: Callable[[Element], None], *, timeout_s: float | None = None) -> None:
        """Act on the one element, again while it is covered or changes just then."""

        def done() -> bool:
            found = self._found()
            if not found or (len(found) > 1 and not self.only_first):
                raise PlaywrightError(f"{len(found) or 'no'} controls of that name")
            self.page.asked(lambda _: act(found[0]))
            return True

        self._until(done, "it to be used", timeout_s=timeout_s)

    def _until(
        self, done: Callable[[], bool], what: str, *, timeout_s: float | None = None
    ) -> None:
        refusals = [f"waited in vain for {what}"]

        def attempt() -> bool:
            try:
                return done()
            except PlaywrightError as error:
                refusals.append(error.message)
                return False

        try:
            wait_until(
                attempt,
                bool,
                what=what,
                timeout_s=self.page.timeout_s if timeout_s is None else timeout_s,
                interval_s=RETRY_S,
            )
        except WaitTimedOut:
            raise PlaywrightError(refusals[-1]) from None


def _fitting(name: str | re.Pattern[str], *, exact: bool) -> Callable[[str], bool]:
    """Return whether a name is meant, by the rules of Playwright's locators."""
    if isinstance(name, re.Pattern):
        return lambda found: name.search(found) is not None
    wanted = " ".join(name.split())
    if exact:
        return lambda found: found == wanted
    return lambda found: wanted.casefold() in found.casefold()
