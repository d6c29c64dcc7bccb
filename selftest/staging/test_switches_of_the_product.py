"""Feature flag, rollout and kill switch change what people see, without a new build."""

from __future__ import annotations

import pytest
from playwright.sync_api import Page, expect

from selftest.staging.browsing import Noise
from selftest.staging.conftest import WITHOUT_REPLAYS
from selftest.staging.whole_box import WholeBox

pytestmark = pytest.mark.xdist_group("box")

OLD = "Contact list"


@pytest.mark.parametrize("variable", ["FEATURE_CONTACTS_REDESIGN", "ROLLOUT_PERCENTAGE"])
def test_with_the_flag_off_or_at_zero_percent_the_old_page_is_back(
    page: Page, box: WholeBox, switches: None, noise: Noise, variable: str
) -> None:
    page.goto("/contacts")
    expect(page.get_by_role("heading", level=1)).to_have_text("Contacts")
    box.opening.set_runtime(**{f"VITE_{variable}": "0"})
    page.reload()
    expect(page.get_by_role("heading", level=1)).to_have_text(OLD)
    expect(page.get_by_role("row")).to_have_count(49)
    box.opening.set_runtime()
    page.reload()
    expect(page.get_by_role("heading", level=1)).to_have_text("Contacts")


def test_an_open_page_follows_the_flag_within_a_minute(
    page: Page, box: WholeBox, switches: None, noise: Noise
) -> None:
    box.opening.set_runtime(**WITHOUT_REPLAYS)
    page.clock.install()
    page.goto("/contacts")
    expect(page.get_by_role("heading", level=1)).to_have_text("Contacts")
    box.opening.set_runtime(**WITHOUT_REPLAYS, VITE_FEATURE_CONTACTS_REDESIGN="false")
    page.clock.fast_forward(61_000)
    expect(page.get_by_role("heading", level=1)).to_have_text(OLD)


def test_the_kill_switch_takes_the_contacts_away(
    page: Page, box: WholeBox, switches: None, noise: Noise
) -> None:
    box.opening.set_runtime(VITE_EMERGENCY_DISABLE_CONTACTS="true")
    page.goto("/contacts")
    expect(page.get_by_role("alert")).to_contain_text("Contacts are switched off")
    expect(page.locator("[data-contact-id]")).to_have_count(0)


def test_an_unknown_address_is_a_true_404_that_helps(visitor: Page, noise: Noise) -> None:
    noise.expect(r"HTTP 404: GET .*/nowhere$")
    noise.expect(r"console error: .*404")
    answer = visitor.goto("/nowhere")
    assert answer is not None
    assert answer.status == 404
    expect(visitor.get_by_role("heading", name="This page does not exist")).to_be_visible()
    visitor.get_by_role("link", name="Go to the start page").click()
    expect(visitor.get_by_role("heading", level=1)).to_have_text(
        "Know your people. Keep them close."
    )
