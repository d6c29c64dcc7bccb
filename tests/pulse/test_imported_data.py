"""Phase 4, step 3: is every value there as the partner has it, in the database and on the pages?"""

from __future__ import annotations

from functools import partial

import pytest

from gonogo.comparison import Comparison
from gonogo.config import Settings
from gonogo.config_app import PulseSection
from gonogo.evidence import Evidence
from gonogo.probes.browser.list_comparison import ListComparison
from gonogo.probes.browser.visit import PICTURE
from gonogo.probes.pulse.fields import same_values
from gonogo.probes.pulse.journey import Journey
from gonogo.probes.pulse.meanwhile import as_exchanged
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
        fields = {name: self._journey.fields[name] for name in names}
        arrived, private = self._arrived, self._private
        return self._evidence.observe(
            "the database beside the partner",
            as_exchanged,
            arrived.profiles,
            arrived.after,
            lambda held: same_values(arrived.profiles, held, fields, private=private),
            timing=arrived.timing(self._journey.agreed.sync),
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
    return Beside(journey, arrived, shown, evidence, private=settings.real_data)


@pytest.mark.item("PUL-3.1")
def test_imported_records_are_on_pages(
    shown: tuple[ShownRecord, ...], lists: ListComparison, evidence: Evidence
) -> None:
    """Tabs and filters have as many as the database, each of a sample a page with its name."""
    seen = evidence.observe("tabs of the list", lists.tabs)
    pages = evidence.observe("pages of single records", named_pages, shown)
    filters = evidence.observe("filters of the list", lists.filters)
    assert seen.equal, str(seen)
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
    rule, after, timing = agreed.trend, arrived.after, arrived.timing(agreed.sync)
    follow = partial(fitting_trends, arrived.people, rule=rule, before=arrived.before)
    first = evidence.observe(
        "directions", as_exchanged, arrived.profiles, after, follow, timing=timing
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
