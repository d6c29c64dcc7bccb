from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import pytest

from gonogo.clock import SystemClock
from gonogo.comparison import Comparison
from gonogo.config_import import BulkImportSection, FieldSection, SyncSection
from gonogo.errors import CannotTell
from gonogo.probes.application_database.questions import questions_of
from gonogo.probes.browser.visit import Window
from gonogo.probes.monitoring.browser_events import Sent, throw_error, view_page
from gonogo.probes.pulse.clocked_page import SyncSeen, watch_interval, watch_limit
from gonogo.probes.pulse.importing import ImportSeen, Progress, import_everything
from gonogo.probes.pulse.partner_requests import matching
from gonogo.probes.pulse.records import Record
from gonogo.probes.pulse.shown import (
    ShownRecord,
    Told,
    fits,
    named_pages,
    read_record,
    sample,
    shown_as_held,
)
from selftest.pulse.known import row
from selftest.pulse.partner_app import IMPORT, REQUESTS, SYNC, PartnerApp

NEW_YORK = Told(ZoneInfo("America/New_York"), "%b %-d")
AT = datetime(2026, 3, 1, 1, tzinfo=UTC)
FIELDS = {
    "score": FieldSection(column="score", kind="number", shown=".score", absent="–"),
    "tags": FieldSection(column="tags", kind="words", shown="li"),
    "at": FieldSection(column="at", kind="moment", shown="time", attribute="datetime"),
    "hidden": FieldSection(column="hidden"),
}
VALUES = {"score": 50, "tags": ["a", "é"], "at": AT, "hidden": "x"}


def imported(opened: Window, section: BulkImportSection = IMPORT) -> ImportSeen:
    return import_everything(opened, section, requests=REQUESTS, clock=SystemClock())


def test_an_import_is_seen_with_its_result_its_questions_and_its_words(opened: Window) -> None:
    seen = imported(opened)
    assert seen.succeeded
    assert seen.stopped == ""
    assert seen.progress == (Progress(done=1, total=1),)
    assert [(each.status, len(each.profiles)) for each in seen.requests] == [(200, 1)]
    assert seen.requests[0].questions == {"offset": "0"}
    assert matching(seen.lines, "started") == ("[import] started",)
    assert "a warning" not in seen.lines
    assert seen.picture
    assert "HTTP 200, 1 records" in str(seen.requests[0])


@pytest.mark.parametrize(
    ("changed", "stopped"),
    [
        ({"call": "() => { throw new Error('no') }"}, "it threw: Error: no"),
        ({"call": "() => undefined"}, "its result is None"),
        ({"call": "() => new Promise(() => {})", "timeout_s": 0.1}, "no result within 0 s"),
        ({"call": "this is no script"}, "Page.evaluate"),
    ],
)
def test_an_import_without_a_result_says_why(
    opened: Window, changed: dict[str, object], stopped: str
) -> None:
    seen = imported(opened, IMPORT.model_copy(update=changed))
    assert seen.stopped.startswith(stopped)
    assert not seen.succeeded
    assert seen.figure("imported") == -1


def test_a_page_without_the_call_starts_nothing(opened: Window) -> None:
    opened.page.set_default_timeout(1500)
    seen = imported(opened, IMPORT.model_copy(update={"ready": "() => window.absent"}))
    assert seen.stopped == "the page did not offer the call within 5 s"
    assert seen.requests == ()


def test_an_import_that_nobody_described_cannot_be_made(opened: Window) -> None:
    with pytest.raises(CannotTell, match="nobody said how the import is started"):
        imported(opened, BulkImportSection())


@pytest.mark.parametrize("body", [["odd"], {"data": "odd"}, b"<html>"])
def test_answers_that_are_no_pages_hold_no_records(
    opened: Window, app: PartnerApp, body: object
) -> None:
    script = "svc.run = () => svc.ask('x').catch(() => 0).then(() => ({ success: false }));"
    app.script, app.body = script, body
    assert [each.profiles for each in imported(opened).requests] == [()]


def test_a_question_without_an_answer_has_no_status(opened: Window) -> None:
    opened.page.route("**/api/list*", lambda route: route.abort())
    seen = imported(opened)
    assert [each.status for each in seen.requests] == [0]
    assert seen.stopped.startswith("it threw: TypeError")
    assert "complaint: request: GET" in str(seen)


def watched(
    opened: Window, section: SyncSection = SYNC, *, answer_nothing: bool = False
) -> SyncSeen:
    return watch_interval(
        opened,
        section,
        requests=REQUESTS,
        config_path="/config.json",
        meanwhile=lambda: None,
        answer_nothing=answer_nothing,
        patience_s=2.0,
    )


def test_an_interval_passes_on_the_pages_own_clock(opened: Window) -> None:
    seen = watched(opened)
    assert (seen.automatic, seen.early, seen.due, seen.settled) == (True, 0, 1, True)
    assert [each.questions for each in seen.requests] == [
        {"modified_since": "2026-01-01T00:00:00Z"}
    ]
    assert seen.given == ("recorder.rate = 0.0",)
    assert opened.page.title() == "quiet"
    assert matching(seen.lines, "completed")


def test_an_interval_that_is_too_short_is_early(opened: Window, app: PartnerApp) -> None:
    app.minutes = 10
    seen = watched(opened)
    assert (seen.early, seen.due) == (1, 0)


def test_what_is_not_described_or_never_true_is_no(opened: Window) -> None:
    changed = {"automatic": "", "settled": "() => false", "public_values": {}}
    seen = watched(opened, SYNC.model_copy(update=changed))
    assert (seen.automatic, seen.settled, seen.due, seen.given) == (False, False, 1, ())
    assert "automatic exchange not started" in str(seen)


def test_where_nothing_may_be_written_the_partner_is_not_asked(
    opened: Window, app: PartnerApp
) -> None:
    seen = watched(opened, answer_nothing=True)
    assert (seen.due, seen.given[-1]) == (1, "an empty answer of the partner")
    assert not [each for each in app.asked if each.startswith(REQUESTS)]


def test_a_page_that_is_told_to_wait_waits(opened: Window, app: PartnerApp) -> None:
    seen = watch_limit(opened, IMPORT, requests=REQUESTS)
    assert (seen.first, seen.while_waiting, seen.afterwards) == (1, 0, 1)
    assert "told to wait 7 s: 0 questions meanwhile, 1 afterwards" in str(seen)
    assert not [each for each in app.asked if each.startswith(REQUESTS)]


def test_a_page_that_does_not_wait_is_seen(opened: Window, app: PartnerApp) -> None:
    app.script = "svc.run = () => svc.ask('x'); window.setTimeout = (work) => work();"
    seen = watch_limit(opened, IMPORT, requests=REQUESTS)
    assert (seen.while_waiting, seen.afterwards) != (0, 1)


PARTS = {
    "score": (("50", ""),),
    "tags": (("a", ""), ("é", "")),
    "at": (("Feb 28", "2026-03-01T01:00:00Z"),),
}


def shown_with(**values: object) -> Comparison:
    """Compare a page that shows VALUES with a row that holds *values* instead."""
    record = row(1, values={**VALUES, **values})
    page = ShownRecord(where="page", record=record, headings=("Ann",), fields=PARTS)
    return shown_as_held([page], FIELDS, told_by=NEW_YORK)


def test_a_page_is_read_field_by_field(opened: Window) -> None:
    page = read_record(opened, "/ann", row(1, values=VALUES), FIELDS, told_by=NEW_YORK)
    assert page.fields == PARTS
    assert page.headings == ("Ann",)
    assert shown_as_held([page], FIELDS, told_by=NEW_YORK).equal


def test_a_page_that_shows_something_else_is_read_once_it_rests(opened: Window) -> None:
    other = row(1, values={**VALUES, "score": 51})
    page = read_record(opened, "/ann", other, FIELDS, told_by=NEW_YORK)
    assert page.fields == PARTS


@pytest.mark.parametrize(
    ("name", "value", "difference"),
    [
        ("score", 51, "score: expected '51', found '50'"),
        ("score", None, "score: expected '–', found '50'"),
        ("tags", ["é", "a"], "tags: expected 'é, a', found 'a, é'"),
        ("tags", [], "tags: expected nothing"),
        ("at", None, "at: expected nothing, found 'Feb 28 (2026-03-01T01:00:00Z)'"),
        ("at", AT.replace(minute=1), "at: expected 'Feb 28'"),
        ("at", AT.replace(hour=9), "at: expected 'Mar 1'"),
    ],
)
def test_a_page_must_show_what_the_row_holds(name: str, value: object, difference: str) -> None:
    assert difference in str(shown_with(**{name: value}))


def test_a_page_is_compared_with_the_name_of_its_row() -> None:
    page = ShownRecord(where="page", record=row(1), headings=("Ann",), fields={})
    assert named_pages([replace(page, names=frozenset({"Ann"}))]).equal
    renamed = replace(page, names=frozenset({"Bob", "Ann"}))
    assert named_pages([renamed]).equal, "it was renamed while its page was looked at"
    assert "another heading" in str(named_pages([replace(page, names=frozenset({"Bob"}))]))
    with pytest.raises(CannotTell, match="no page of a record"):
        named_pages([page])


def test_what_a_page_lacks_for_a_request_that_was_blocked_is_not_its_fault() -> None:
    other = row(1, values={**VALUES, "score": 51})
    page = ShownRecord(
        where="page",
        record=other,
        headings=("Ann",),
        fields=PARTS,
        names=frozenset({"Bob"}),
        blocked=("POST https://x/rpc/one",),
    )
    with pytest.raises(CannotTell, match="not let through by this check") as caught:
        shown_as_held([page], FIELDS, told_by=NEW_YORK, private=True)
    assert "POST https://x/rpc/one" in caught.value.found
    with pytest.raises(CannotTell, match="not let through by this check"):
        named_pages([page])
    right = replace(page, record=row(1, values=VALUES), names=frozenset({"Ann"}))
    assert shown_as_held([right], FIELDS, told_by=NEW_YORK).equal
    assert named_pages([right]).equal


def test_without_pages_or_places_nothing_is_compared() -> None:
    with pytest.raises(CannotTell, match="no page to compare"):
        shown_as_held([], FIELDS, told_by=NEW_YORK)


def test_a_word_with_an_attribute_may_begin_with_a_capital() -> None:
    field = FieldSection(column="trend", shown=".t", attribute="data-t")
    assert fits("rising", (("Rising", "rising"),), field, NEW_YORK)
    assert fits("", (), field, NEW_YORK)
    assert not fits("rising", (("Rising", "falling"),), field, NEW_YORK)
    assert not fits("rising", (("Falling", "rising"),), field, NEW_YORK)


def test_a_sample_has_as_many_kinds_of_values_as_can_be() -> None:
    def record(number: int, **values: object) -> Record:
        return row(number, values={**VALUES, **values})

    records = [
        record(1, at=AT.replace(hour=12), tags=["a"]),
        record(2),
        record(3),
        record(4, score=None, tags=[], at=None),
        record(5, score=100, tags=["a<b"]),
    ]
    chosen = [each.partner_id for each in sample(records, FIELDS, told_by=NEW_YORK)]
    assert chosen == ["p2", "p4", "p5"]
    assert len(sample(records, FIELDS, told_by=NEW_YORK, most=1)) == 1
    with pytest.raises(CannotTell, match="no record to look at"):
        sample([], FIELDS, told_by=NEW_YORK)


def test_the_questions_of_pages_are_kept_once_each(opened: Window) -> None:
    questions = questions_of(opened, ["/", "/other"], "/config")
    assert [each.address.rpartition("/")[2] for each in questions] == ["config.json"]
    assert "host" not in questions[0].headers
    assert "user-agent" in questions[0].headers


def test_pages_that_ask_nothing_are_not_measured(opened: Window) -> None:
    with pytest.raises(CannotTell, match="no page asks the database anything"):
        questions_of(opened, ["/"], "/rest/v1/")


def test_an_error_is_thrown_in_the_page_and_looked_for(opened: Window) -> None:
    looks: list[str] = []

    def arrived(title: str) -> tuple[str, ...]:
        looks.append(title)
        return (title,) if len(looks) > 2 else ()

    sent = throw_error(opened, "/", tag="abc", arrived=arrived, within_s=5)
    assert sent.arrived == ("gonogo test event abc",)
    assert "gonogo test event abc" in str(sent)
    assert any("gonogo test event abc" in each.text for each in sent.heard.of("exception"))


def test_what_does_not_arrive_in_time_did_not_arrive(opened: Window, app: PartnerApp) -> None:
    sent: Sent[dict[str, int]] = view_page(
        opened, "/terms?x=1", tag="t", arrived=lambda _: {}, within_s=0.1
    )
    assert sent.arrived == {}
    assert "/terms?x=1&utm_source=gonogo&utm_campaign=t" in app.asked
    assert "arrived nothing" in str(sent)
