"""Phase 4, step 3: is every value there as the partner has it, in the database and on the pages?"""

from __future__ import annotations

import pytest

from gonogo.comparison import Comparison
from gonogo.config import Settings
from gonogo.config_app import PulseSection
from gonogo.config_contacts import ContactsSection
from gonogo.evidence import Evidence
from gonogo.probes.browser.list_comparison import ListComparison
from gonogo.probes.browser.visit import PICTURE
from gonogo.probes.database.connection import Reader
from gonogo.probes.pulse.fields import same_values
from gonogo.probes.pulse.journey import Journey
from gonogo.probes.pulse.records import TREND
from gonogo.probes.pulse.shown import ShownRecord, named_pages, shown_as_held
from gonogo.probes.pulse.steps import Arrived, Synced, moved_trends
from gonogo.probes.pulse.trend import fitting_trends


class Beside:
    """The partner's values beside the database's, and those beside the pages'."""

    def __init__(
        self,
        journey: Journey,
        arrived: Arrived,
        shown: tuple[ShownRecord, ...],
        evidence: Evidence,
        *,
        private: bool,
    ) -> None:
        self._journey, self._arrived, self._shown = journey, arrived, shown
        self._evidence, self._private = evidence, private

    def in_database(self, *names: str) -> Comparison:
        """Compare every row with the partner's record."""
        return self._evidence.observe(
            "the database beside the partner",
            same_values,
            self._arrived.profiles,
            self._arrived.after,
            {name: self._journey.fields[name] for name in names},
            private=self._private,
        )

    def on_pages(self, *names: str) -> Comparison:
        """Compare a sample's pages with the rows; two of their pictures are kept."""
        for page in self._shown[:2]:
            if page.picture:
                name = f"{page.record.key}.jpg"
                self._evidence.attach(page.picture, name=name, media_type=PICTURE)
        return self._evidence.observe(
            "pages beside the database",
            shown_as_held,
            self._shown,
            {name: self._journey.fields[name] for name in names},
            told_by=self._journey.told_by,
            private=self._private,
        )


@pytest.fixture
def beside(
    journey: Journey,
    arrived: Arrived,
    shown: tuple[ShownRecord, ...],
    evidence: Evidence,
    settings: Settings,
) -> Beside:
    """What this step compares."""
    return Beside(journey, arrived, shown, evidence, private=settings.target.production)


@pytest.mark.item("PUL-3.1")
def test_imported_records_are_on_pages(
    arrived: Arrived,
    shown: tuple[ShownRecord, ...],
    lists: ListComparison,
    contacts: ContactsSection,
    database: Reader,
    evidence: Evidence,
) -> None:
    """List and filters have as many as the database, each of a sample a page with its name."""
    rows = dict(database.rows(contacts.rows.format(condition="true", order=contacts.order)).rows)
    seen = evidence.observe("the list", lists.page.until, lambda each: each.total == len(rows))
    assert seen.total == len(rows), f"expected {len(rows)}: {seen}"
    pages = evidence.observe("pages of single records", named_pages, shown, rows)
    filters = evidence.observe("filters of the list", lists.filters)
    assert pages.equal, str(pages)
    assert filters.equal, str(filters)


@pytest.mark.item("PUL-3.2")
def test_scores_are_the_partners(beside: Beside) -> None:
    """Every score is the partner's, in the database and on the pages."""
    held = beside.in_database("relationship_score")
    pages = beside.on_pages("relationship_score")
    assert held.equal, str(held)
    assert pages.equal, str(pages)


@pytest.mark.item("PUL-3.3")
def test_directions_follow_from_the_scores(
    beside: Beside, arrived: Arrived, synced: Synced, agreed: PulseSection, evidence: Evidence
) -> None:
    """Every direction follows by the agreed rule, also after a change, and pages show it."""
    rule, people = agreed.trend, arrived.people
    first = evidence.observe(
        "directions", fitting_trends, people, arrived.after, rule=rule, before=arrived.before
    )
    assert first.equal, str(first)
    if synced.changed:
        moved = evidence.observe("after changes", moved_trends, synced, rule=rule)
        assert moved.equal, str(moved)
    pages = beside.on_pages(TREND)
    assert pages.equal, str(pages)


@pytest.mark.item("PUL-3.4")
def test_dates_of_interactions_are_the_partners(beside: Beside) -> None:
    """Every last interaction is the same moment, and pages show its day in the right zone."""
    held = beside.in_database(
        "last_interaction_date",
        "total_interactions",
        "preferred_channel",
        "communication_frequency",
    )
    pages = beside.on_pages("last_interaction_date")
    assert held.equal, str(held)
    assert pages.equal, str(pages)


@pytest.mark.item("PUL-3.5")
def test_tags_and_notes_are_the_partners(beside: Beside) -> None:
    """Every tag and note is the partner's, whatever its script and length, and also when empty."""
    held = beside.in_database("tags", "notes", "is_favorite", "is_blocked")
    pages = beside.on_pages("tags", "notes")
    assert held.equal, str(held)
    assert pages.equal, str(pages)
