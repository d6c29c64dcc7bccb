from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import pytest
from playwright.sync_api import Browser, Page, sync_playwright

from gonogo.errors import ToolMissing
from selftest.staging.browsing import Noise, chromium, new_page, quiet, sign_in
from selftest.staging.whole_box import WholeBox
from staging.node_modules import check_node

WITHOUT_REPLAYS = {f"VITE_SENTRY_REPLAYS_{kind}_SAMPLE_RATE": "0" for kind in ("SESSION", "ERROR")}
"""For tests that turn the page's clock: a replay takes its timers from a frame, and then each frame
numbers its own, so that the replay would clear timers of the page."""
IMPORT_TIMEOUT_MS = 180_000
NOTE_PROGRESS = """() => {
    window.progressSeen = [];
    new MutationObserver(() => {
        const bar = document.querySelector("progress");
        if (bar && bar.value !== window.progressSeen.at(-1)) window.progressSeen.push(bar.value);
    }).observe(document.body, { subtree: true, childList: true, attributes: true });
}"""


def skip_without_node() -> None:
    try:
        check_node()
    except ToolMissing as error:
        pytest.skip(f"the box as a whole is not proven: {str(error).splitlines()[0]}")


@pytest.fixture(scope="package")
def box(tmp_path_factory: pytest.TempPathFactory) -> Iterator[WholeBox]:
    """One box for all tests here; under xdist they run on one worker (the group ``box``)."""
    skip_without_node()
    opened = WholeBox.open(tmp_path_factory.mktemp("box"))
    yield opened
    opened.stop()


@pytest.fixture(scope="package")
def browser() -> Iterator[Browser]:
    with sync_playwright() as playwright:
        started = chromium(playwright)
        if started is None:
            pytest.skip("no Chromium on this machine: the box is not proven in a browser")
        yield started
        started.close()


@pytest.fixture(scope="package")
def session(box: WholeBox, browser: Browser) -> Any:  # noqa: ANN401 - Playwright's storage state
    """What a browser keeps of somebody who signed in."""
    context = browser.new_context(base_url=box.product)
    page = new_page(context)
    with quiet(page):
        sign_in(page, **box.premises.sign_in)
        page.get_by_text("contacts", exact=False).first.wait_for()
    state = context.storage_state()
    context.close()
    return state


@pytest.fixture
def visitor(box: WholeBox, browser: Browser) -> Iterator[Page]:
    """A page of somebody who is not signed in."""
    context = browser.new_context(base_url=box.product)
    yield new_page(context)
    context.close()


@pytest.fixture
def page(box: WholeBox, browser: Browser, session: Any) -> Iterator[Page]:  # noqa: ANN401 - as above
    """A page of an administrator who is signed in."""
    context = browser.new_context(base_url=box.product, storage_state=session)
    yield new_page(context)
    context.close()


@pytest.fixture
def noise(request: pytest.FixtureRequest) -> Iterator[Noise]:
    """Fails the test when its page complains of anything that was not expected."""
    name = "visitor" if "visitor" in request.fixturenames else "page"
    with quiet(request.getfixturevalue(name)) as heard:
        yield heard


@dataclass(frozen=True, kw_only=True)
class Imported:
    """What an administrator saw of the import from Pulse."""

    progress: list[float]
    result: str


def import_contacts(page: Page) -> Imported:
    page.goto("/settings")
    button = page.get_by_role("button", name="Import contacts from Pulse")
    button.wait_for()
    page.evaluate(NOTE_PROGRESS)
    button.click()
    done = page.get_by_text("imported,")
    done.wait_for(timeout=IMPORT_TIMEOUT_MS)
    return Imported(progress=page.evaluate("window.progressSeen"), result=done.inner_text())


@pytest.fixture(scope="package")
def imported(box: WholeBox, browser: Browser, session: Any) -> Imported:  # noqa: ANN401 - as above
    context = browser.new_context(base_url=box.product, storage_state=session)
    page = new_page(context)
    with quiet(page):
        seen = import_contacts(page)
    context.close()
    return seen


@pytest.fixture
def switches(box: WholeBox) -> Iterator[None]:
    """Lets a test turn the product's switches; afterwards the platform's are in force again."""
    yield
    box.opening.set_runtime()
