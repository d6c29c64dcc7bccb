"""Phase 3, contacts page basic test: the list as people use it, beside the database."""

from __future__ import annotations

from urllib.parse import urlsplit

import pytest

from gonogo.config_contacts import ContactsSection
from gonogo.evidence import Evidence
from gonogo.probes.browser.detail_comparison import opened_and_closed
from gonogo.probes.browser.held_back import refuse_if_held_back
from gonogo.probes.browser.list_comparison import ListComparison
from gonogo.probes.browser.visit import Visit
from gonogo.pytest_plugin.browsing import RecordVisit


@pytest.mark.item("SMK-2.1")
def test_the_list_is_reached_by_its_link_and_by_its_address(
    list_by_link: Visit, list_visit: Visit, contacts: ContactsSection, record_visit: RecordVisit
) -> None:
    """Both ways lead to the list's own address, under its own heading."""
    for way, visit in (("by its link", list_by_link), ("by its address", list_visit)):
        seen = record_visit(f"the list {way}", visit)
        wrong = [] if contacts.heading in seen.look.headings else [str(seen)]
        refuse_if_held_back(wrong, seen.held_back, where=seen.where)
        assert seen.rendered, str(seen)
        assert urlsplit(seen.look.address).path == contacts.path, str(seen)
        assert contacts.heading in seen.look.headings, str(seen)


@pytest.mark.item("SMK-2.2")
def test_the_list_loads_without_errors(list_visit: Visit, record_visit: RecordVisit) -> None:
    """The list is drawn; neither console nor network nor the page itself tells of an error."""
    seen = record_visit("the list", list_visit)
    wrong = seen.heard.complaints or seen.look.alerts or not seen.rendered
    refuse_if_held_back([str(seen)] if wrong else [], seen.held_back, where=seen.where)
    assert seen.rendered, str(seen)
    assert not seen.heard.complaints, str(seen)
    assert not seen.look.alerts, str(seen)


@pytest.mark.item("SMK-2.3")
def test_each_tab_shows_the_cards_of_its_rows(lists: ListComparison, evidence: Evidence) -> None:
    """Every tab shows as many as its own SQL says, with the same names in the same order."""
    tabs = evidence.observe("the list's tabs", lists.tabs)
    assert tabs.equal, str(tabs)


@pytest.mark.item("SMK-2.4")
def test_a_search_finds_what_the_database_finds(lists: ListComparison, evidence: Evidence) -> None:
    """Each text finds those it should and hides the others, also one made to confuse."""
    searches = evidence.observe("searches", lists.searches)
    assert searches.equal, str(searches)


@pytest.mark.item("SMK-2.5")
def test_each_option_of_each_filter_shows_what_the_database_has(
    lists: ListComparison, evidence: Evidence
) -> None:
    """Each option shows what the same filter in SQL finds; cleared, everything is back."""
    filters = evidence.observe("filters", lists.filters)
    assert filters.equal, str(filters)


@pytest.mark.item("SMK-2.6")
def test_the_page_of_a_contact_opens_and_closes(lists: ListComparison, evidence: Evidence) -> None:
    """A card and an address open the right contact; closing leads back to the list as it was."""
    pages = evidence.observe("pages of single contacts", opened_and_closed, lists)
    assert pages.equal, str(pages)
