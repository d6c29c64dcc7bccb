"""The contacts page in a real browser, each answer compared with the database."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import Page, expect

from gonogo.waiting import wait_until
from selftest.staging.browsing import Noise, sign_in
from selftest.staging.conftest import Imported
from selftest.staging.whole_box import WholeBox

pytestmark = pytest.mark.xdist_group("box")

PAGE_SIZE = 48
FILTERS = {
    "Relationship score": {
        "strong": "relationship_score BETWEEN 70 AND 100",
        "fair": "relationship_score BETWEEN 40 AND 69",
        "weak": "relationship_score BETWEEN 0 AND 39",
    },
    "Trend": {
        trend: f"relationship_trend = '{trend}'"
        for trend in ("rising", "stable", "falling", "dormant", "new")
    },
    "Donor stage": {
        stage: f"donor_stage = '{stage}'"
        for stage in ("first gift", "lapsed", "major", "prospect", "repeat")
    },
}


def shown(page: Page) -> list[str]:
    """Return the ids of the cards, in their order."""
    found: list[str] = page.locator("[data-contact-id]").evaluate_all(
        "cards => cards.map(card => card.dataset.contactId)"
    )
    return found


def expect_these(page: Page, box: WholeBox, condition: str, **values: object) -> int:
    """Compare the number and the first page with the database; return the number."""
    of = f"FROM public.contacts WHERE is_active AND {condition}"
    count = int(box.value(f"SELECT count(*) {of}", **values))
    first = f"SELECT id {of} ORDER BY name, id LIMIT {PAGE_SIZE}"
    ids = [str(row[0]) for row in box.rows(first, **values)]
    expect(page.locator("main [role=status].count")).to_have_text(
        f"{count:,} contact{'' if count == 1 else 's'}"
    )
    # The list before may be as long, so that its length does not tell the two apart.
    wait_until(lambda: shown(page), lambda found: found == ids, what=f"{ids}", timeout_s=5)
    return count


def test_who_signs_in_sees_all_contacts(visitor: Page, box: WholeBox, noise: Noise) -> None:
    sign_in(visitor, **box.premises.sign_in)
    assert expect_these(visitor, box, "true") > PAGE_SIZE
    key = visitor.evaluate("Object.keys(localStorage).find(key => /^sb-.+-auth-token$/.test(key))")
    assert key


def test_a_wrong_password_is_refused_in_words(visitor: Page, box: WholeBox, noise: Noise) -> None:
    noise.expect(r"HTTP 400: POST .*/auth/v1/token")
    noise.expect(r"console error: .*400")
    visitor.goto("/signin")
    visitor.get_by_label("Email").fill(box.premises.sign_in["email"])
    visitor.get_by_label("Password").fill("wrong")
    visitor.get_by_role("button", name="Sign in").click()
    expect(visitor.get_by_text("Email or password is not right.")).to_be_visible()


@pytest.mark.parametrize(
    ("text", "at_least"),
    [("łUKASZ", 1), ("person77@", 1), ("O’Brien", 1), ("100% _no_ such*", 0)],
)
@pytest.mark.usefixtures("imported", "noise")
def test_search_finds_what_the_database_finds(
    page: Page, box: WholeBox, text: str, at_least: int
) -> None:
    page.goto("/contacts")
    page.get_by_placeholder("Search by name, email, or company...").fill(text)
    page.wait_for_url("**/contacts?q=*")
    contains = "strpos(lower({}), lower(%(text)s)) > 0"
    either = f"({contains.format('name')} OR {contains.format('email')})"
    assert expect_these(page, box, either, text=text) >= at_least


def test_search_finds_people_by_their_company(
    page: Page, box: WholeBox, imported: Imported, noise: Noise
) -> None:
    company = "Nordlys AS"
    page.goto("/contacts")
    page.get_by_placeholder("Search by name, email, or company...").fill(company)
    page.wait_for_url("**/contacts?q=*")
    of_company = """id IN (SELECT contact_id FROM public.organization_contacts AS tie
        JOIN public.organizations AS firm ON firm.id = tie.organization_id
        WHERE tie.is_primary AND firm.name = %(company)s)"""
    assert expect_these(page, box, of_company, company=company) > 0
    expect(page.get_by_text(company).first).to_be_visible()


@pytest.fixture
def every_trend(box: WholeBox, imported: Imported) -> None:
    """Give each trend somebody: a first import knows of no change yet."""
    for number, trend in enumerate(FILTERS["Trend"]):
        chosen = f"SELECT id FROM public.contacts ORDER BY id OFFSET {number * 3} LIMIT 3"
        change = f"UPDATE public.contacts SET relationship_trend = '{trend}', is_active = true"
        box.rows(f"{change} WHERE id IN ({chosen}) RETURNING 1")


@pytest.mark.parametrize("name", FILTERS)
@pytest.mark.usefixtures("every_trend", "noise")
def test_each_option_of_a_filter_shows_what_the_database_has(
    page: Page, box: WholeBox, name: str
) -> None:
    page.goto("/contacts")
    page.get_by_role("button", name="Filter contacts").click()
    choice = page.get_by_label(name)
    expect(choice.locator("option")).to_have_count(len(FILTERS[name]) + 1)
    for option, condition in FILTERS[name].items():
        choice.select_option(option)
        page.wait_for_url(re.compile(re.escape(option.split()[0])))
        assert expect_these(page, box, condition) > 0
    page.get_by_role("button", name="Clear filters").click()
    page.wait_for_url("**/contacts")
    expect_these(page, box, "true")


def test_all_three_filters_together_narrow_down(
    page: Page, box: WholeBox, imported: Imported, noise: Noise
) -> None:
    page.goto("/contacts?score=strong&trend=stable&stage=major")
    chosen = [FILTERS["Relationship score"]["strong"], FILTERS["Trend"]["stable"]]
    chosen.append(FILTERS["Donor stage"]["major"])
    assert expect_these(page, box, " AND ".join(chosen)) > 0


def test_a_profile_opens_by_its_link_and_leads_back(
    page: Page, box: WholeBox, imported: Imported, noise: Noise
) -> None:
    query = """SELECT id, name, relationship_score FROM public.contacts
        WHERE pulse_profile_id = 'pp_00010' LIMIT 1"""
    ((contact, name, score),) = box.rows(query)
    page.goto(f"/contacts/{contact}")
    expect(page.get_by_role("heading", level=1, name=name)).to_be_visible()
    expect(page.get_by_text(str(score), exact=True).first).to_be_visible()
    page.get_by_role("button", name="Back to Contacts").click()
    page.wait_for_url("**/contacts")
    expect_these(page, box, "true")


def test_a_card_opens_its_profile(
    page: Page, box: WholeBox, imported: Imported, noise: Noise
) -> None:
    page.goto("/contacts?score=strong")
    card = page.get_by_role("button", name=re.compile(r"^View profile for .+, relationship score"))
    expect(card.first).to_be_visible()
    contact = shown(page)[0]
    card.first.click()
    page.wait_for_url(f"**/contacts/{contact}")
    name = box.value("SELECT name FROM public.contacts WHERE id = %(id)s", id=contact)
    expect(page.get_by_role("heading", level=1, name=name)).to_be_visible()
    page.get_by_role("button", name="Back to Contacts").click()
    page.wait_for_url("**/contacts?score=strong")
