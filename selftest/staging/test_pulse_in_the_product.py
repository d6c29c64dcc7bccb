"""The import from Pulse and the synchronisation, in a real browser and read back by SQL."""

from __future__ import annotations

import re
from itertools import pairwise

import pytest
from playwright.sync_api import Page, Request, expect

from selftest.staging.browsing import Noise
from selftest.staging.conftest import WITHOUT_REPLAYS, Imported, import_contacts
from selftest.staging.whole_box import WholeBox

pytestmark = pytest.mark.xdist_group("box")

PROFILES = 1200
BATCH = 50
FROM_PULSE = "FROM public.contacts WHERE pulse_profile_id IS NOT NULL"
SERVICE = "window.pulseSyncService?.state"


def pulse_profiles(box: WholeBox) -> list[dict[str, str]]:
    path = "contacts/relationship-profiles"
    found: list[dict[str, str]] = []
    while len(found) < PROFILES:
        found += box.pulse(path, limit=200, offset=len(found))["data"]
    return found


def figures(result: str) -> tuple[int, int, int]:
    """Return how many were imported, updated and refused, as the page says."""
    imported, updated, errors = re.findall(r"([\d,]+) (?:imported|updated|errors)", result)
    return tuple(int(each.replace(",", "")) for each in (imported, updated, errors))  # type: ignore[return-value]  # three are unpacked above


def test_the_import_shows_its_progress_in_batches(imported: Imported) -> None:
    assert imported.progress[-1] == PROFILES
    assert len(imported.progress) > PROFILES / BATCH / 2
    assert all(after > before for before, after in pairwise(imported.progress))


def test_the_import_says_what_it_did(imported: Imported) -> None:
    new, updated, errors = figures(imported.result)
    assert imported.result.startswith("Done")
    assert (new + updated, errors) == (PROFILES, 0)
    assert new > 0


def test_after_the_import_the_database_has_pulses_addresses_once(
    box: WholeBox, imported: Imported
) -> None:
    profiles = pulse_profiles(box)
    wanted = {each["canonical_email"].lower() for each in profiles if each["canonical_email"]}
    found = [row[0] for row in box.rows(f"SELECT lower(email) {FROM_PULSE} AND email IS NOT NULL")]
    assert len(wanted) == box.company.state("pulse")["distinct_emails"]
    assert sorted(found) == sorted(wanted)
    without = sum(1 for each in profiles if not each["canonical_email"])
    assert box.value(f"SELECT count(*) {FROM_PULSE} AND email IS NULL") == without


def test_a_second_import_adds_nothing(
    page: Page, box: WholeBox, imported: Imported, noise: Noise
) -> None:
    of_all = "SELECT count(*) FROM public.contacts"
    before, ties = box.value(of_all), box.value("SELECT count(*) FROM public.entity_mappings")
    again = import_contacts(page)
    assert figures(again.result) == (0, PROFILES, 0)
    assert box.value(of_all) == before
    assert box.value("SELECT count(*) FROM public.entity_mappings") == ties


def test_every_fifteen_minutes_only_what_changed_is_fetched(
    page: Page, box: WholeBox, imported: Imported, switches: None, noise: Noise
) -> None:
    box.opening.set_runtime(**WITHOUT_REPLAYS)
    asked: list[Request] = []
    page.on("request", lambda each: asked.append(each) if "/api/pulse/" in each.url else None)
    page.clock.install()
    page.clock.pause_at(page.evaluate("Date.now()") / 1000 + 1)  # time moves by run_for alone
    page.goto("/contacts")
    page.wait_for_function(f"() => {SERVICE}?.automatic")
    box.change_in_pulse("pp_00010", notes="Changed a moment ago")

    page.clock.run_for("14:59")
    assert page.evaluate(f"[{SERVICE}.running, {SERVICE}.lastResult]") == [None, None]
    assert asked == []

    with page.expect_response(lambda each: "/api/pulse/" in each.url) as answer:
        page.clock.run_for("00:01")
    fetched = answer.value.json()["data"]
    assert "modified_since=" in answer.value.url
    assert [each["id"] for each in fetched] == ["pp_00010"]
    page.wait_for_function(f"() => {SERVICE}.lastResult?.updated === 1")
    assert len(asked) == 1
    notes = "SELECT pulse_notes FROM public.contacts WHERE pulse_profile_id = 'pp_00010'"
    assert box.value(notes) == "Changed a moment ago"


def test_the_emergency_switch_stops_pulse(
    page: Page, box: WholeBox, switches: None, noise: Noise
) -> None:
    box.opening.set_runtime(VITE_EMERGENCY_DISABLE_PULSE_SYNC="true")
    page.goto("/settings")
    button = page.get_by_role("button", name="Import contacts from Pulse")
    expect(button).to_be_disabled()
    expect(page.get_by_text("switched off by the emergency switch").first).to_be_visible()
    assert page.evaluate(f"{SERVICE}.automatic") is False
