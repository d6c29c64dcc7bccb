"""The partner answers otherwise, and what the import and the exchange of changes make of it."""

from __future__ import annotations

from staging.faults.fault import fault
from staging.faults.meddling import as_rows_are_written, rows_are_let_go
from staging.faults.served_scripts import script_with
from staging.faults.whole_clone import WholeClone
from staging.services.pulse import Pulse
from staging.services.switches import Break

LIST = "/api/contacts/relationship-profiles"
SERVICE = "[Pulse sync] looking for changes since"
API = "no page of profiles"
ON_PAGES = "PUL-3.1 PUL-3.2 PUL-3.3 PUL-3.4 PUL-3.5"
IMPORT = "PUL-2.1 PUL-2.2 PUL-2.3 PUL-2.4 PUL-2.5"
EXCHANGE = "PUL-4.1 PUL-4.2 PUL-4.3 PUL-4.4"


# The API.


@fault(errors=f"PUL-1.1 PUL-1.2 PUL-1.3 PUL-1.4 {IMPORT} {ON_PAGES} {EXCHANGE}", phase="phase4")
def pulse_is_down(clone: WholeClone) -> None:
    """Pulse hangs up without an answer."""
    clone.company.turn_on(Pulse.name, Break.DOWN, path="/api/*")


@fault(fails="PUL-1.1", phase="phase4")
def pulse_is_slow(clone: WholeClone) -> None:
    """Pulse takes 2.5 s for its first answer."""
    clone.company.turn_on(Pulse.name, Break.SLOW, path=LIST, value=2.5, times=1)


@fault(fails="PUL-1.2", phase="phase4")
def every_key_is_accepted(clone: WholeClone) -> None:
    """Pulse lets everybody in, with whatever key and with none."""
    clone.company.turn_on(Pulse.name, Break.OPEN)


@fault(fails="PUL-1.2 PUL-1.3 PUL-1.4", errors=f"{IMPORT} {ON_PAGES} {EXCHANGE}", phase="phase4")
def key_was_revoked(clone: WholeClone) -> None:
    """Pulse does not know our key any more."""
    clone.company.turn_on(Pulse.name, Break.UNAUTHORIZED, path="/api/*")


@fault(fails="PUL-1.3", phase="phase4")
def a_date_is_no_date_any_more(clone: WholeClone) -> None:
    """Pulse writes a date in words where a time with its zone was agreed."""
    clone.pulse_changes("pp_00003", created_at="the day before yesterday")


@fault(fails="PUL-1.3", errors=f"{IMPORT} {ON_PAGES} {EXCHANGE}", phase="phase4")
def pulse_has_nobody(clone: WholeClone) -> None:
    """Pulse's list is empty, while it says that there are people."""
    clone.company.turn_on(Pulse.name, Break.EMPTY, path=LIST)


@fault(errors=f"PUL-1.1 PUL-1.2 PUL-1.3 PUL-1.4 {IMPORT} {ON_PAGES} {EXCHANGE}", phase="phase4")
def answers_are_cut_off(clone: WholeClone) -> None:
    """Every answer of Pulse ends half-way."""
    clone.company.turn_on(Pulse.name, Break.MALFORMED, path=LIST)


@fault(fails="PUL-1.4", phase="phase4")
def limit_is_another_than_agreed(clone: WholeClone) -> None:
    """Pulse names a limit of 60 requests a minute, where 600 were agreed."""
    clone.company.turn_on(Pulse.name, Break.MISCOUNTS, value="60")


@fault(fails="PUL-1.4", phase="phase4")
def wait_is_ignored(clone: WholeClone) -> None:
    """Told to wait, the client asks again at once."""
    script_with(clone, API).replace("*1e3)", "*0)")


@fault(fails="PUL-1.4", phase="phase4")
def wait_is_too_short(clone: WholeClone) -> None:
    """The client takes the seconds of Retry-After for tenths."""
    script_with(clone, API).replace("*1e3)", "*1e2)")


@fault(fails="PUL-1.4", phase="phase4")
def client_gives_up_at_the_limit(clone: WholeClone) -> None:
    """Told to wait, the client fails instead."""
    script_with(clone, API).replace(".status!==429", ".status!==430")


# The import.


@fault(fails=f"PUL-1.4 {IMPORT}", errors=ON_PAGES, not_run="PUL-4.4", phase="phase4")
def import_is_switched_off(clone: WholeClone) -> None:
    """The switch for the bulk import is off."""
    clone.set_runtime(VITE_FEATURE_BULK_CONTACT_IMPORT="false")


@fault(fails="PUL-2.2", phase="phase4")
def progress_is_not_told(clone: WholeClone) -> None:
    """The console says nothing between the import's start and its end."""
    script_with(clone, SERVICE).replace(" contacts${", " c${")


@fault(fails="PUL-2.3 PUL-4.4", phase="phase4")
def import_complains_on_the_console(clone: WholeClone) -> None:
    """The import writes an error to the console and goes on as if nothing were."""
    script = script_with(clone, SERVICE)
    script.replace("async run(", "async run(t){console.error('odd');return this.all(t)}async all(")


@fault(fails="PUL-2.3 PUL-2.5", phase="phase4")
def ties_are_refused_silently(clone: WholeClone) -> None:
    """The database drops what ties a contact to its profile, and the import does not notice."""
    rows_are_let_go(clone, "public.entity_mappings")


@fault(fails="PUL-2.3 PUL-2.4 PUL-2.5", errors=ON_PAGES, not_run="PUL-4.4", phase="phase4")
def success_without_a_row(clone: WholeClone) -> None:
    """The import reports success, and not one row was written."""
    as_rows_are_written(clone, "RETURN NULL;")
    rows_are_let_go(clone, "public.organization_contacts")


@fault(fails="PUL-2.4 PUL-2.5", phase="phase4")
def last_page_is_not_written(clone: WholeClone) -> None:
    """The last fifty profiles are counted as imported and never written."""
    rows_are_let_go(clone, "public.organization_contacts")
    as_rows_are_written(
        clone, "IF NEW.pulse_profile_id > 'pp_01150' THEN RETURN NULL; END IF;", when="INSERT"
    )


@fault(fails="PUL-2.3 PUL-2.4 PUL-2.5", phase="phase4")
def one_row_is_refused(clone: WholeClone) -> None:
    """The database refuses one profile, and the import says so in its result."""
    as_rows_are_written(
        clone,
        "IF NEW.pulse_profile_id = 'pp_00777' THEN"
        " RAISE EXCEPTION 'not this one' USING ERRCODE = '23514'; END IF;",
    )


@fault(fails="PUL-2.5", phase="phase4")
def people_are_there_twice(clone: WholeClone) -> None:
    """An address in capitals is taken for another person's."""
    script_with(clone, SERVICE).replace("?.trim().toLowerCase()||void 0", "?.trim()||void 0")


@fault(fails="PUL-2.5", phase="phase4")
def older_record_wins(clone: WholeClone) -> None:
    """Of two records of one person, the one that was changed first is kept."""
    changed = 'Date.parse(c.updated_at??"")||0'
    script_with(clone, SERVICE).replace(changed, f"1e15-({changed})")


@fault(fails="PUL-2.4", phase="phase4")
def figures_are_made_up(clone: WholeClone) -> None:
    """The result counts only new contacts, the others nowhere."""
    script_with(clone, SERVICE).replace(
        "errors:this.#t.length,error_messages", "updated:0,errors:this.#t.length,error_messages"
    )
