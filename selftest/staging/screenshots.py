"""Pictures of the contacts page for the documents: ``python -m selftest.staging.screenshots``."""

from __future__ import annotations

import sys
import tempfile
from pathlib import Path

from playwright.sync_api import Browser, BrowserContext, expect, sync_playwright

from selftest.staging.browsing import chromium, sign_in
from selftest.staging.conftest import import_contacts
from selftest.staging.whole_box import ROOT, WholeBox

FOLDER = ROOT / "docs" / "images"
RECENT = "/contacts?tab=recent"
WITH_FILTERS = f"{RECENT}&score=strong"


def desktop(browser: Browser, url: str) -> BrowserContext:
    return browser.new_context(
        base_url=url, color_scheme="light", viewport={"width": 1280, "height": 860}
    )


def phone(browser: Browser, url: str) -> BrowserContext:
    return browser.new_context(
        base_url=url,
        color_scheme="light",
        viewport={"width": 390, "height": 844},
        device_scale_factor=2,
        is_mobile=True,
        has_touch=True,
    )


def main(folder: Path = FOLDER) -> int:
    """Write one picture for each screen."""
    with tempfile.TemporaryDirectory() as workspace, sync_playwright() as playwright:
        browser = chromium(playwright)
        if browser is None:
            print("no Chromium on this machine", file=sys.stderr)
            return 1
        box = WholeBox.open(Path(workspace))
        try:
            for screen, shown in ((desktop, WITH_FILTERS), (phone, RECENT)):
                context = screen(browser, box.product)
                page = context.new_page()
                sign_in(page, **box.premises.sign_in)
                if screen is desktop:
                    import_contacts(page)
                page.goto(shown)
                expect(page.locator("[data-contact-id]").first).to_be_visible()
                name = f"contacts-{screen.__name__}.png"
                page.screenshot(path=folder / name, animations="disabled")
                context.close()
        finally:
            box.stop()
            browser.close()
    return 0


if __name__ == "__main__":
    sys.exit(main())
