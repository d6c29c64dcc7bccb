from __future__ import annotations

from dataclasses import replace

from gonogo.errors import CannotTell
from gonogo.gate import decide
from gonogo.records import Absence, ActionRecord, Observation, Standing
from gonogo.report.message import Told, read_message, told, with_unit
from gonogo.report.obstacles import not_run_by_reason, obstacles
from gonogo.report.wording import ADVICE
from gonogo.verdict import State
from selftest.report import records, sample

ITEMS = {item.id: item for item in records.items()}
MIGRATE = ActionRecord(
    name="migrate",
    run_id=records.RUN,
    instance=records.INSTANCE,
    command="./migrate.sh",
    started_at=records.NOW,
    exit_status=1,
    outcome="failed",
)


def _red(item_id: str, message: str, cause: str = "") -> Standing:
    red = records.attempt(item_id, State.FAIL, message=message, cause=cause)
    return records.standing(ITEMS[item_id], red)


def test_the_parts_of_an_error_are_read_back() -> None:
    error = CannotTell("refused", where="host", expected="yes", found="no\nand no", do="look")
    said = read_message(str(error))
    assert (said.headline, said.where, said.expected) == ("refused", "host", "yes")
    assert said.found == "no\nand no"
    assert said.do == "look"
    assert not said.detail


def test_a_label_counts_once_so_that_a_value_cannot_rewrite_it() -> None:
    said = read_message("x\n  expected: 1\n  found: a\n  expected: 2")
    assert said.expected == "1"
    assert said.found == "a\n  expected: 2"


def test_advice_ends_where_another_comparison_begins() -> None:
    said = read_message("rows: 1\n  - a\n  what to do: set it\nkeys: 2\n  what to do: go on")
    assert said.do == "set it"
    assert said.detail == "  - a\nkeys: 2\n  what to do: go on"
    assert read_message(str(CannotTell("x", do="first\nthen"))).do == "first\nthen"


def test_lines_before_the_first_label_are_details() -> None:
    assert read_message("x\n  - a: b\n  what to do: y").detail == "  - a: b"


def test_a_red_without_expectation_in_its_text_takes_it_from_the_differing_observation() -> None:
    seen = (records.observation("a", "1", "2", unit="ms"), records.observation("b", "3", "3"))
    red = records.attempt("MIG-1.1", State.FAIL, *seen, message="too slow")
    said = told(records.standing(ITEMS["MIG-1.1"], red))
    assert (said.headline, said.expected, said.found) == ("too slow", "1", "2 ms")


def test_a_red_without_any_text_is_named_by_what_was_looked_at() -> None:
    red = records.attempt("MIG-1.1", State.FAIL, records.observation("the port", "open", "open"))
    assert told(records.standing(ITEMS["MIG-1.1"], red)).headline == "the port"


def _told(state: State, message: str, *seen: Observation) -> Told:
    return told(
        records.standing(
            ITEMS["MIG-1.1"], records.attempt("MIG-1.1", state, *seen, message=message)
        )
    )


def test_the_observation_whose_words_the_message_has_is_not_told_twice() -> None:
    columns = records.observation(
        "columns",
        "columns: 3 as expected",
        "columns: 1 difference in 3 checked\n  - a",
        source="db",
    )
    query = records.observation("query", "query: 1 as expected", "query: 1 of 1 as expected")
    said = _told(State.FAIL, "columns: 1 difference in 3 checked\n  - a", columns, query)
    assert (said.expected, said.found, said.where) == ("", "", "db")
    assert said.detail == "  - a"


def test_an_error_line_leads_to_the_log_it_was_read_from() -> None:
    log = records.observation(
        "log", "", "log: 1 errors\n  ERROR: no such table", source="logs/a.log"
    )
    server = records.observation("server", "", "nothing", source="server_log_of()")
    assert _told(State.FAIL, "ERROR: no such table", log, server).where == "logs/a.log"


def test_an_observation_that_the_message_quotes_is_the_failing_one() -> None:
    script = records.observation("script", "exit status 0", "./x: failed, exit status 1")
    backup = records.observation("backup", "made in this phase", "made an hour ago")
    said = _told(State.FAIL, "the backup failed: ./x: failed, exit status 1", script, backup)
    assert (said.expected, said.found) == ("exit status 0", "./x: failed, exit status 1")
    assert _told(State.FAIL, "none was made", script, backup).expected == "made in this phase"


def test_what_went_well_is_never_shown_as_what_failed() -> None:
    good = records.observation("ledger", "rows: 1 as expected", "rows: 1 of 1 as expected")
    said = _told(State.FAIL, "the migration failed", good)
    assert (said.expected, said.found, said.where) == ("", "", "")


def test_an_error_takes_nothing_from_what_was_seen_before_it() -> None:
    seen = records.observation("a", "1", "2")
    assert not _told(State.ERROR, "nothing answers", seen).expected


def test_a_probes_name_is_no_place() -> None:
    assert not _told(State.FAIL, "x", records.observation("a", "1", "2", source="look()")).where


def test_the_advice_within_what_was_found_is_not_the_advice() -> None:
    inner = "rows: 1 difference\n  - a\n  what to do: stop"
    said = read_message(str(CannotTell("cannot say", found=inner, do="wait")))
    assert (said.found, said.do) == (inner, "wait")


def test_the_reason_speaks_where_the_state_is_not_the_checks_own() -> None:
    stale = records.standing(
        ITEMS["MIG-1.1"], records.attempt("MIG-1.1"), state=State.STALE, reason="too old"
    )
    assert told(stale) == read_message("too old")


def test_a_unit_is_added_to_figures_only() -> None:
    assert with_unit("3.2", "MB") == "3.2 MB"
    assert with_unit("no answer", "MB") == "no answer"
    assert with_unit("", "MB") == ""


def test_items_of_one_cause_are_told_once_reds_first() -> None:
    view = sample.full_view(records.Blobs())
    ways = obstacles(view.decision)
    assert [way.state for way in ways[:3]] == [State.FAIL] * 3
    assert ways[0].stories[0][1][0].item.id == "MIG-3.4"  # nobody may waive it: it comes first
    first = ways[1]
    assert first.cause == records.CAUSE
    assert [s.item.id for s in first.looked] == ["MIG-2.2", "MIG-2.4", "MIG-3.2"]
    assert [s.item.id for s in first.not_run] == ["MIG-3.3"]
    assert first.where.startswith("public schema")
    assert first.do.startswith("read migrate.log")
    assert all(not account.where and not account.do for account, _ in first.stories)


def test_what_differs_between_the_items_of_a_cause_stays_with_each() -> None:
    reds = [
        records.standing(
            ITEMS[item_id],
            records.attempt(
                item_id, State.FAIL, message=f"x\n  what to do: mend {item_id}", cause="one"
            ),
        )
        for item_id in ("MIG-1.1", "MIG-1.2")
    ]
    (way,) = obstacles(decide(reds, scope="", in_scope={"MIG-1.1", "MIG-1.2"}))
    assert not way.do
    assert [account.do for account, _ in way.stories] == ["mend MIG-1.1", "mend MIG-1.2"]


def test_a_failed_action_comes_before_what_is_missing_because_of_it() -> None:
    missing = _red("MIG-2.1", "two tables are missing")
    failed = _red("MIG-2.4", f"the migration failed: {MIGRATE}")
    decision = decide([missing, failed], scope="", in_scope={"MIG-2.1", "MIG-2.4"})
    assert [way.action for way in obstacles(decision)] == [None, None]
    first, second = obstacles(decision, [MIGRATE])
    assert first.action == MIGRATE
    assert first.where == f"actions/{records.RUN}-migrate/output.log, beside the report"
    assert "--again migrate" in first.do
    assert second.do == ADVICE[State.FAIL]


def test_nobody_is_told_to_run_a_script_again_before_lost_rows_are_looked_at() -> None:
    failed = _red("MIG-2.4", f"the migration failed: {MIGRATE}")
    lost = _red("MIG-3.4", "a row is lost\n  what to do: stop")
    decision = decide([failed, lost], scope="", in_scope={"MIG-2.4", "MIG-3.4"})
    assert obstacles(decision, [MIGRATE])[0].do == "stop"


def test_every_red_says_what_to_do() -> None:
    said = _red("MIG-1.1", "x\n  what to do: mend it", "one")
    silent = _red("MIG-1.2", "y", "one")
    (way,) = obstacles(decide([said, silent], scope="", in_scope={"MIG-1.1", "MIG-1.2"}))
    assert [account.do for account, _ in way.stories] == ["mend it", ADVICE[State.FAIL]]


def test_an_advisory_red_stands_in_nobodys_way() -> None:
    view = sample.full_view(records.Blobs())
    held = {s.item.id for way in obstacles(view.decision) for s in way.standings}
    assert "BLD-3.1" not in held


def test_items_nobody_looked_at_are_grouped_by_why_interrupted_ones_first() -> None:
    bare = records.standing(ITEMS["MIG-1.1"])
    lost = replace(bare, item=ITEMS["MIG-1.2"], reason="", absence=Absence.NOT_FINISHED)
    unknown = replace(bare, item=ITEMS["MIG-1.3"], reason="", absence=None)
    assert list(not_run_by_reason([bare, lost, unknown])) == [
        "planned, never finished",
        "not run on this target",
        "no reason is recorded",
    ]


def test_a_state_without_any_words_is_explained_by_its_meaning() -> None:
    refused = replace(records.standing(ITEMS["MIG-1.1"]), state=State.REFUSED, reason="")
    (way,) = obstacles(decide([refused], scope="", in_scope={"MIG-1.1"}))
    assert way.cause == "A person in the role said no."
