"""Phase 4, step 4: are changes brought over, by themselves and at the agreed interval?"""

from __future__ import annotations

import pytest

from gonogo.config_app import PulseSection
from gonogo.evidence import Evidence
from gonogo.probes.pulse.fields import same_values
from gonogo.probes.pulse.partner_requests import matching
from gonogo.probes.pulse.steps import Arrived, Synced, only_changes_fetched


@pytest.mark.item("PUL-4.1")
def test_the_exchange_starts_by_itself(synced: Synced, evidence: Evidence) -> None:
    """Nobody clicks: the page of somebody who is signed in starts it."""
    evidence.record("one interval", found=synced.seen, source=synced.seen.where)
    assert synced.seen.automatic, str(synced.seen)


@pytest.mark.item("PUL-4.2")
def test_the_interval_is_the_agreed_one(synced: Synced, evidence: Evidence) -> None:
    """By the page's clock: nothing a second before its end, one exchange at its end."""
    evidence.record("one interval", found=synced.seen, source=synced.seen.where)
    assert synced.seen.early == 0, str(synced.seen)
    assert synced.seen.due == 1, str(synced.seen)


@pytest.mark.item("PUL-4.3")
def test_the_console_tells_of_it(synced: Synced, agreed: PulseSection, evidence: Evidence) -> None:
    """Start and exchange stand on the console."""
    lines = synced.seen.lines
    started, looked = (matching(lines, each) for each in (agreed.sync.started, agreed.sync.looked))
    evidence.record("the console", found=[*started, *looked], source=synced.seen.where)
    assert started, f"nothing of a start among {len(lines)} lines"
    assert looked, f"nothing of an exchange among {len(lines)} lines"


@pytest.mark.item("PUL-4.4")
def test_changes_arrive_without_errors(
    synced: Synced, arrived: Arrived, agreed: PulseSection, evidence: Evidence
) -> None:
    """Only what changed is fetched, it arrives as it is, and nothing goes wrong."""
    fields, total = agreed.records.fields, len(arrived.profiles)
    evidence.record("one interval", found=synced.seen, source=synced.seen.where)
    asked = evidence.observe("questions", only_changes_fetched, synced, agreed.sync, total)
    assert asked.equal, str(asked)
    arrivals, after = synced.arrivals(), synced.after
    came = evidence.observe("changed rows", same_values, arrivals, after, fields)
    assert came.equal, str(came)
    complaints, lines = synced.seen.heard.complaints, synced.seen.lines
    assert not complaints, "; ".join(map(str, complaints))
    assert matching(lines, agreed.sync.completed), f"no good end: {lines}"
