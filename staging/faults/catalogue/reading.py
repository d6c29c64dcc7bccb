"""Pages do not show what the database holds, or wait for it too long."""

from __future__ import annotations

import json
import threading
from collections.abc import Generator

import psycopg

from staging.faults.fault import control, fault
from staging.faults.whole_clone import WholeClone
from staging.services.supabase import Supabase
from staging.services.switches import Break

SLOW_POLICY = """
CREATE FUNCTION public.slowly() RETURNS boolean LANGUAGE sql VOLATILE
    AS 'SELECT true FROM (SELECT pg_sleep({seconds})) AS waited';
GRANT EXECUTE ON FUNCTION public.slowly() TO authenticated;
CREATE POLICY slowly ON public.contacts AS RESTRICTIVE FOR SELECT TO authenticated
    USING ((SELECT public.slowly()));
"""
TREND = "idx_contacts_relationship_trend"


@fault(fails="SMK-2.3 SMK-2.4 SMK-2.6 SMK-3.1", errors="SMK-2.5", phase="phase3")
def list_shows_made_up_people(clone: WholeClone) -> None:
    """The list shows sample data that was left in: the same three people whatever is asked."""
    row = {"is_active": True, "type": "donor", "pulse_tags": [], "pulse_profile_id": None}
    people = [
        {**row, "id": f"00000000-0000-4000-8000-00000000000{n}", "name": name}
        for n, name in enumerate(("Jane Sample", "Joe Sample", "Jo Sample"))
    ]
    headers = {
        "access-control-allow-origin": "*",
        "access-control-expose-headers": "content-range",
        "content-range": "0-2/3",
    }
    clone.answer(
        Supabase.name, "/rest/v1/contacts", json.dumps(people), headers=headers, method="GET"
    )


@fault(fails="SMK-3.1", phase="phase3")
def pages_read_the_copy_of_last_night(clone: WholeClone) -> None:
    """What was added today is not shown: a rule lets signed-in people see old rows only."""
    clone.sql(
        "CREATE POLICY old_rows ON public.contacts AS RESTRICTIVE FOR SELECT TO authenticated"
        " USING (created_at < now() - interval '1 minute')"
    )


@fault(fails="SMK-3.3", phase="phase3")
def row_security_is_slow(clone: WholeClone) -> None:
    """A rule of row security asks a function that takes 0.6 s."""
    clone.sql(SLOW_POLICY.format(seconds=0.6))


@fault(fails="SMK-3.3", phase="phase3")
def gateway_is_slow(clone: WholeClone) -> None:
    """The API answers each question for companies after 0.8 s."""
    clone.company.turn_on(Supabase.name, Break.SLOW, path="/rest/v1/contact_directory", value=0.8)


@fault(fails="SMK-3.3", phase="phase3")
def index_was_dropped(clone: WholeClone) -> None:
    """Somebody dropped an index after the migration to make room."""
    clone.sql(f"DROP INDEX public.{TREND}")


@fault(fails="SMK-3.3", phase="phase3")
def index_is_not_valid(clone: WholeClone) -> None:
    """Building an index anew was interrupted: it is there, and the planner ignores it."""
    clone.sql_as_superuser(
        f"UPDATE pg_index SET indisvalid = false WHERE indexrelid = 'public.{TREND}'::regclass"
    )


@fault(fails="SMK-3.3", phase="phase3")
def index_is_on_another_column(clone: WholeClone) -> None:
    """An index has the right name and is on a column that nobody filters by."""
    clone.sql(f"DROP INDEX public.{TREND}; CREATE INDEX {TREND} ON public.contacts (city)")


@fault(fails="SMK-3.3", phase="phase3")
def index_covers_a_few_rows(clone: WholeClone) -> None:
    """An index was made anew for inactive rows only."""
    clone.sql(
        f"DROP INDEX public.{TREND};"
        f"CREATE INDEX {TREND} ON public.contacts (relationship_trend) WHERE NOT is_active"
    )


@fault(fails="SMK-3.2", phase="phase3")
def connections_are_used_up(clone: WholeClone) -> Generator[None]:
    """Somebody's job opens one connection after another and closes none."""
    with clone.session() as session:
        row = session.execute("SELECT current_setting('max_connections')::int").fetchone()
    assert row is not None
    # Those of the application come to it; which of them are open just now changes.
    held = [clone.session() for _ in range(round(row[0] * 0.9))]
    yield
    for each in held:
        each.close()


@fault(fails="SMK-3.2", phase="phase3")
def server_ends_connections(clone: WholeClone) -> Generator[None]:
    """The server refuses somebody at the door again and again."""
    done = threading.Event()
    thread = threading.Thread(target=_knock, args=(clone, done))
    thread.start()
    yield
    done.set()
    thread.join()


def _knock(clone: WholeClone, done: threading.Event) -> None:
    database = clone.instance.script_connection["dbname"]
    dsn = clone.server.dsn(database, "nobody_of_this_name", "wrong")
    while not done.wait(0.2):
        try:
            psycopg.connect(dsn).close()
        except psycopg.OperationalError:
            continue


@control(phase="phase3")
def one_answer_is_late(clone: WholeClone) -> None:
    """One single answer for companies takes 0.7 s."""
    path = "/rest/v1/contact_directory"
    clone.company.turn_on(Supabase.name, Break.SLOW, path=path, value=0.7, times=1)
