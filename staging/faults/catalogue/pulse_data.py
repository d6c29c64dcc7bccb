"""What arrives is not what the partner has, or changes do not arrive."""

from __future__ import annotations

from collections.abc import Generator
from threading import Event, Thread

from gonogo.waiting import pause
from staging.faults.fault import control, fault
from staging.faults.meddling import as_rows_are_written
from staging.faults.page_edits import asking
from staging.faults.served_scripts import script_with
from staging.faults.whole_clone import WholeClone
from staging.services.pulse import Pulse
from staging.services.switches import Break

LIST = "/api/contacts/relationship-profiles"
SERVICE = "[Pulse sync] looking for changes since"
API = "no page of profiles"
ON_PAGES = "PUL-3.1 PUL-3.2 PUL-3.3 PUL-3.4 PUL-3.5"
EXCHANGE = "PUL-4.1 PUL-4.2 PUL-4.3 PUL-4.4"

# What arrived.


@fault(fails="PUL-3.2 PUL-3.4 PUL-3.5 PUL-4.4", phase="phase4")
def fields_of_pulse_are_left_out(clone: WholeClone) -> None:
    """The import writes a list of known fields that was made before Pulse's were added."""
    as_rows_are_written(
        clone,
        "NEW.relationship_score := NULL; NEW.last_interaction_date := NULL;"
        "NEW.preferred_channel := NULL; NEW.communication_frequency := NULL;"
        "NEW.pulse_tags := '{}'; NEW.pulse_notes := NULL;",
    )


@fault(fails="PUL-3.2", phase="phase4")
def no_score_becomes_zero(clone: WholeClone) -> None:
    """Whoever has no score is shown as the weakest."""
    as_rows_are_written(clone, "NEW.relationship_score := coalesce(NEW.relationship_score, 0);")


@fault(fails="PUL-3.2 PUL-4.4", phase="phase4")
def scores_are_rounded(clone: WholeClone) -> None:
    """Scores are rounded to tens on their way."""
    as_rows_are_written(clone, "NEW.relationship_score := round(NEW.relationship_score, -1);")


@fault(fails="PUL-3.3", phase="phase4")
def directions_are_inverted(clone: WholeClone) -> None:
    """Relationships that rise are said to fall."""
    as_rows_are_written(
        clone,
        "NEW.relationship_trend := CASE NEW.relationship_trend WHEN 'rising' THEN 'falling'"
        " WHEN 'falling' THEN 'rising' ELSE NEW.relationship_trend END;",
        when="UPDATE",
    )


@fault(fails="PUL-3.3", phase="phase4")
def silence_is_not_noticed(clone: WholeClone) -> None:
    """Who was silent for half a year counts as stable."""
    script_with(clone, SERVICE).replace('"dormant"', '"stable"')


@fault(fails="PUL-3.1 PUL-3.2 PUL-3.3", phase="phase4")
def scores_are_not_shown(clone: WholeClone) -> None:
    """The switch for scores is off: they arrive, and nobody sees them."""
    clone.set_runtime(VITE_FEATURE_RELATIONSHIP_SCORING="false")


@fault(fails="PUL-3.1", phase="phase4")
def the_strong_are_not_found(clone: WholeClone) -> None:
    """The filter for strong relationships asks for scores that nobody can have."""
    asking(clone, 'url.replace("relationship_score=gte.70", "relationship_score=gte.700")')


@fault(fails="PUL-3.1", phase="phase4")
def those_who_rise_are_not_found(clone: WholeClone) -> None:
    """The filter for rising relationships asks for the label in place of the value."""
    asking(clone, 'url.replace("relationship_trend=eq.rising", "relationship_trend=eq.Rising")')


@fault(fails="PUL-3.4 PUL-4.4", phase="phase4")
def dates_are_moved_by_a_zone(clone: WholeClone) -> None:
    """Times of interactions are read as New York's where they are UTC's."""
    as_rows_are_written(
        clone,
        "NEW.last_interaction_date := NEW.last_interaction_date AT TIME ZONE 'UTC'"
        " AT TIME ZONE 'America/New_York';",
        when="UPDATE",
    )


@fault(fails="PUL-3.4 PUL-4.4", phase="phase4")
def dates_lose_their_time(clone: WholeClone) -> None:
    """Of the moment of an interaction only the day is kept."""
    as_rows_are_written(
        clone, "NEW.last_interaction_date := date_trunc('day', NEW.last_interaction_date);"
    )


@fault(fails="PUL-3.4", phase="phase4")
def pages_show_dates_of_another_zone(clone: WholeClone) -> None:
    """Pages show the days of UTC to people in New York."""
    clone.set_runtime(VITE_DEFAULT_TIMEZONE="UTC")


@fault(fails="PUL-3.5 PUL-4.4", phase="phase4")
def notes_are_cut_at_the_first_accent(clone: WholeClone) -> None:
    """A note ends before its first character that is not ASCII."""
    as_rows_are_written(
        clone, "NEW.pulse_notes := substring(NEW.pulse_notes from '^[\\x01-\\x7f]*');"
    )


@fault(fails="PUL-3.5", phase="phase4")
def one_tag_is_shown(clone: WholeClone) -> None:
    """Pages show the first tag alone."""
    script_with(clone, "pulse_tags.map(").replace("pulse_tags.map(", "pulse_tags.slice(0,1).map(")


@fault(fails="PUL-3.5 PUL-4.4", phase="phase4")
def tags_that_were_taken_away_stay(clone: WholeClone) -> None:
    """An empty list of tags is taken for none that was told, so that old tags stay."""
    as_rows_are_written(
        clone,
        "IF NEW.pulse_tags = '{}' THEN NEW.pulse_tags := OLD.pulse_tags; END IF;",
        when="UPDATE",
    )


@fault(fails=ON_PAGES, phase="phase4")
def pages_of_contacts_are_switched_off(clone: WholeClone) -> None:
    """The emergency switch for contacts was left on: the rows are there, and no page shows them."""
    clone.set_runtime(VITE_EMERGENCY_DISABLE_CONTACTS="true")


# The exchange of changes.


@fault(fails=f"PUL-3.3 {EXCHANGE}", phase="phase4")
def exchange_is_never_started(clone: WholeClone) -> None:
    """The switch for the automatic exchange is off."""
    clone.set_runtime(VITE_PULSE_ENABLE_AUTO_SYNC="false")


@fault(fails="PUL-3.3 PUL-4.2 PUL-4.3 PUL-4.4", phase="phase4")
def exchange_is_too_rare(clone: WholeClone) -> None:
    """Changes are looked for every 20 minutes."""
    clone.set_runtime(VITE_PULSE_SYNC_INTERVAL_MINUTES="20")


@fault(fails="PUL-4.2", phase="phase4")
def exchange_is_too_frequent(clone: WholeClone) -> None:
    """Changes are looked for every 10 minutes."""
    clone.set_runtime(VITE_PULSE_SYNC_INTERVAL_MINUTES="10")


@fault(fails="PUL-4.2", phase="phase4")
def exchange_runs_twice(clone: WholeClone) -> None:
    """Each exchange is followed by another one at once."""
    script_with(clone, SERVICE).replace(
        "this.performIncrementalSync()}",
        "this.performIncrementalSync().then(()=>this.performIncrementalSync())}",
    )


@fault(fails="PUL-4.2 PUL-4.4", phase="phase4")
def exchange_fetches_everything(clone: WholeClone) -> None:
    """The server drops the question for changes only, so that Pulse gives everything."""
    clone.served("server/pulse-proxy.mjs").replace('"modified_since", ', "")


@fault(fails="PUL-4.2 PUL-4.4", phase="phase4")
def exchange_does_not_ask_for_changes(clone: WholeClone) -> None:
    """The page asks without a time since when."""
    script_with(clone, API).replace('"modified_since"', '"modifiedSince"')


@fault(fails="PUL-4.3", phase="phase4")
def exchange_is_silent(clone: WholeClone) -> None:
    """An exchange leaves no word on the console."""
    script_with(clone, SERVICE).replace("looking for changes since", "…")


@fault(fails="PUL-3.3 PUL-4.4", phase="phase4")
def pulse_answers_of_yesterday(clone: WholeClone) -> None:
    """Pulse's list does not know of changes yet."""
    clone.company.turn_on(Pulse.name, Break.STALE, path=LIST)


@fault(fails="PUL-4.4", phase="phase4")
def a_change_is_refused(clone: WholeClone) -> None:
    """The database refuses one of the changed notes."""
    as_rows_are_written(
        clone,
        "IF NEW.pulse_notes LIKE 'Changed a moment ago%' THEN"
        " RAISE EXCEPTION 'not this one' USING ERRCODE = '23514'; END IF;",
    )


@fault(fails="PUL-2.5 PUL-3.3 PUL-4.4", phase="phase4")
def changes_are_dropped(clone: WholeClone) -> None:
    """A score that changes by much is kept as it was, without a word."""
    as_rows_are_written(
        clone,
        "IF abs(NEW.relationship_score - OLD.relationship_score) >= 15 THEN RETURN OLD; END IF;",
        when="UPDATE",
    )


@control(phase="phase4")
def pulse_waits_a_little(clone: WholeClone) -> None:
    """Two answers of Pulse take 0.4 s."""
    clone.company.turn_on(Pulse.name, Break.SLOW, path=LIST, value=0.4, times=2)


@control(phase="phase4")
def a_row_of_our_own_is_changed(clone: WholeClone) -> None:
    """Somebody adds a contact of our own while all this is tried."""
    clone.sql(
        "INSERT INTO public.contacts (name, email) VALUES ('New Friend', 'new@friend.example')"
    )


@control(phase="phase4")
def somebody_works_in_pulse_meanwhile(clone: WholeClone) -> Generator[None]:
    """While the import goes on, somebody in Pulse writes a note about one of the last people."""
    over = Event()

    def write() -> None:
        begun = "SELECT 1 FROM public.contacts WHERE pulse_last_synced_at IS NOT NULL LIMIT 1"
        while not over.is_set():
            with clone.session() as connection:
                if connection.execute(begun).fetchone():
                    clone.pulse_changes("pp_01190", notes="Called during the import")
                    return
            pause(0.05)

    at_work = Thread(target=write)
    at_work.start()
    try:
        yield
    finally:
        over.set()
        at_work.join()
