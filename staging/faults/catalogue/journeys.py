"""The way through the application is broken in one browser, or in all: faults of the browsers."""

from __future__ import annotations

import json

from staging.faults.fault import fault
from staging.faults.page_edits import asking, before_the_list, in_the_page
from staging.faults.whole_clone import WholeClone

ON_DESKTOPS = "BLD-4.1 BLD-4.2 BLD-4.3 BLD-4.4"
ON_PHONES = "BLD-4.5 BLD-4.6"
EVERYWHERE = f"{ON_DESKTOPS} {ON_PHONES}"


@fault(fails=EVERYWHERE, phase="preflight")
def the_journey_ends_at_the_search(clone: WholeClone) -> None:
    """In every browser the search finds what it should not."""
    asking(clone, 'url.replaceAll(".ilike.", ".not.ilike.")')


@fault(fails=ON_PHONES, phase="preflight")
def fingers_find_no_filters(clone: WholeClone) -> None:
    """On phones the button of the filters does nothing."""
    in_the_page(
        clone,
        """document.addEventListener("click", (event) => {
            const isPhone = matchMedia("(pointer: coarse)").matches;
            if (isPhone && event.target.closest("[aria-controls=contact-filters]"))
                event.stopImmediatePropagation();
        }, true);""",
    )


@fault(fails=ON_DESKTOPS, phase="preflight")
def mice_open_no_card(clone: WholeClone) -> None:
    """On a desktop no card can be opened."""
    in_the_page(
        clone,
        """document.addEventListener("click", (event) => {
            const isPhone = matchMedia("(pointer: coarse)").matches;
            if (!isPhone && event.target.closest("[data-contact-id]"))
                event.stopImmediatePropagation();
        }, true);""",
    )


@fault(fails=EVERYWHERE, phase="preflight")
def nobody_can_sign_in(clone: WholeClone) -> None:
    """The right password is refused."""
    refusal = json.dumps({"code": 400, "error_code": "invalid_credentials", "msg": "Invalid"})
    clone.answer("supabase", "/auth/v1/token", refusal, status=400)


@fault(fails="BLD-4.2", phase="preflight")
def firefox_lacks_what_the_list_needs(clone: WholeClone) -> None:
    """The list is asked for by way of a feature that Firefox never had."""
    before_the_list(clone, "document.body.scrollIntoViewIfNeeded()")


@fault(fails="BLD-4.3 BLD-4.5", phase="preflight")
def safari_lacks_what_the_list_needs(clone: WholeClone) -> None:
    """The list is asked for once the browser has nothing to do, which Safari cannot tell."""
    before_the_list(clone, "await new Promise((ready) => requestIdleCallback(ready))")


@fault(errors="BLD-4.4", phase="preflight")
def chromium_is_called_edge(clone: WholeClone) -> None:
    """The configuration names Chromium as Edge, of which there is none."""
    clone.target.append('[browsers.msedge]\npath = "chromium"')


@fault(errors="BLD-4.2", phase="preflight")
def chromium_is_called_firefox(clone: WholeClone) -> None:
    """The configuration names Chromium as Firefox."""
    clone.target.append('[browsers.firefox]\npath = "chromium"')


@fault(errors="BLD-4.3 BLD-4.5", phase="preflight")
def chromium_is_called_webkit(clone: WholeClone) -> None:
    """The configuration names Chromium as WebKit."""
    clone.target.append('[browsers.webkit]\npath = "chromium"')
