"""Phase 4, step 2: does the import bring everybody over, and say so truthfully?"""

from __future__ import annotations

from functools import partial
from itertools import pairwise

import pytest

from gonogo.config import Settings
from gonogo.config_app import PulseSection
from gonogo.evidence import Evidence
from gonogo.probes.browser.visit import PICTURE
from gonogo.probes.pulse.counting import (
    brought_over,
    in_words,
    left_in_order,
    nothing_added,
    written_since,
)
from gonogo.probes.pulse.importing import ImportSeen
from gonogo.probes.pulse.journey import Journey
from gonogo.probes.pulse.partner_requests import matching
from gonogo.probes.pulse.steps import Arrived


def recorded(evidence: Evidence, subject: str, seen: ImportSeen) -> ImportSeen:
    """Keep the picture and what was seen."""
    if seen.picture:
        evidence.attach(seen.picture, name=f"{subject}.jpg", media_type=PICTURE)
    evidence.attach_log(seen.heard.said)
    evidence.record(subject, found=seen, source=seen.where, duration_s=seen.duration_s)
    return seen


@pytest.mark.item("PUL-2.1")
def test_the_import_starts(arrived: Arrived, agreed: PulseSection, evidence: Evidence) -> None:
    """The application's own call, made in a browser, asks the partner, who answers."""
    seen = recorded(evidence, "the import", arrived.our_import)
    answered = [each for each in seen.requests if each.status == 200 and each.profiles]
    assert answered, f"the partner gave nothing: {seen}"
    if agreed.bulk_import.started:
        assert matching(seen.lines, agreed.bulk_import.started), "the console says nothing of it"


@pytest.mark.item("PUL-2.2")
def test_its_progress_is_on_the_console(
    arrived: Arrived, agreed: PulseSection, evidence: Evidence
) -> None:
    """The console tells figures that only grow, up to the partner's total, page by page."""
    progress = arrived.our_import.progress
    evidence.record("progress", found=[each.done for each in progress], source="the console")
    assert progress, "the console tells no figures"
    assert all(a.done < b.done for a, b in pairwise(progress)), "the figures do not only grow"
    total, pages = progress[-1].total, len(arrived.profiles) / agreed.bulk_import.page_size
    assert {each.total for each in progress} <= {*arrived.totals}, f"not {arrived.totals} in all"
    assert progress[-1].done == total, f"it ends at {progress[-1].done} of {total}"
    assert len(progress) >= pages / 2, f"only {len(progress)} lines for {pages:.0f} pages"


@pytest.mark.item("PUL-2.3")
def test_nothing_went_wrong_on_the_way(arrived: Arrived, evidence: Evidence) -> None:
    """No error in the result, on the console, in the network, and in the database."""
    seen = recorded(evidence, "the import", arrived.our_import)
    rows = evidence.observe("rows and ties", left_in_order, arrived.people, arrived.after)
    evidence.record("refusals", found=arrived.server_errors, source=arrived.server_log)
    assert not seen.stopped, seen.stopped
    assert seen.figure("errors") == 0, str(seen.result.get("error_messages"))
    assert not seen.heard.complaints, "; ".join(map(str, seen.heard.complaints))
    assert not arrived.server_errors, "; ".join(arrived.server_errors)
    assert rows.equal, str(rows)


@pytest.mark.item("PUL-2.4")
def test_it_comes_to_a_good_end(arrived: Arrived, agreed: PulseSection, evidence: Evidence) -> None:
    """It reports success, counts every record, and every row has the stamp of this import."""
    seen = recorded(evidence, "the import", arrived.our_import)
    assert seen.succeeded, str(seen)
    assert seen.figure("imported") + seen.figure("updated") in arrived.totals, str(seen)
    if agreed.bulk_import.completed:
        assert matching(seen.lines, agreed.bulk_import.completed), "the console says no end"
    rows = evidence.observe(
        "rows that it wrote", written_since, arrived.people, arrived.after, since=seen.began
    )
    assert rows.equal, str(rows)


@pytest.mark.item("PUL-2.5")
def test_everybody_is_there_once(
    arrived: Arrived, journey: Journey, settings: Settings, evidence: Evidence
) -> None:
    """Each person of the partner has one row, nobody has two, and a second import adds none."""
    people, after, timing = arrived.people, arrived.imported, arrived.timing(journey.agreed.sync)
    compare = partial(brought_over, before=arrived.before, timing=timing)
    compared = evidence.observe("people", compare, people, after)
    evidence.fill(f"{len(after.records):,}; {in_words(people)}", source=after.where)
    assert compared.equal, str(compared)
    if arrived.seen is not None and not settings.target.production:
        again = evidence.observe("a second import", journey.again, arrived)
        told = again.our_import.figure("imported")
        added = evidence.observe("rows", nothing_added, after, again.after, people, told=told)
        assert added.equal, str(added)
