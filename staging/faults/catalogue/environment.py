"""A server, a reader or somebody else's session that gets in the way."""

from __future__ import annotations

import threading
from collections.abc import Generator, Iterator
from contextlib import contextmanager
from dataclasses import replace

from psycopg.conninfo import make_conninfo

from gonogo.waiting import wait_until
from staging.faults.clone import Clone
from staging.faults.fault import fault
from staging.faults.items import EVERYTHING, MIGRATION, SCHEMA
from staging.faults.script_edits import after_migrations, tidy_up_with

READER = "gonogo_reader"
LAST_IS_RECORDED = "SELECT EXISTS (SELECT FROM public.schema_migrations WHERE version = '003')"
AFTER_THE_FIRST = '      say "Migration $version completed"\n'


@fault(errors=EVERYTHING, own_server=True)
def reader_sees_no_rows(clone: Clone) -> None:
    """The reading role lost BYPASSRLS: row security would show it empty tables."""
    clone.sql_as_superuser(f"ALTER ROLE {READER} NOBYPASSRLS")


@fault(errors="MIG-2.1 MIG-2.2 MIG-2.3 MIG-3.4", own_server=True)
def reader_sees_no_rows_any_more(clone: Clone) -> None:
    """The migration takes BYPASSRLS from the reading role: "after" would be empty tables."""
    tidy_up_with(clone, f"ALTER ROLE {READER} NOBYPASSRLS;")


@fault(fails="MIG-3.1 MIG-3.2", errors="MIG-3.4")
def reader_may_no_longer_read_contacts(clone: Clone) -> None:
    """The migration revokes the reading role's right on contacts."""
    tidy_up_with(clone, f"REVOKE SELECT ON public.contacts FROM {READER};")


@fault(errors="MIG-2.1 MIG-2.2 MIG-2.3")
def reader_may_not_read_the_ledger(clone: Clone) -> None:
    """The migration leaves a ledger that the reading role may not read."""
    tidy_up_with(clone, f"REVOKE ALL ON public.schema_migrations FROM {READER};")


@fault(errors=EVERYTHING)
def readers_password_is_wrong(clone: Clone) -> None:
    """The password of the reading role was changed last night."""
    dsn = make_conninfo(clone.instance.reader_dsn, password="not-this-one")
    clone.instance = replace(clone.instance, reader_dsn=dsn)


@fault(errors=EVERYTHING)
def database_does_not_exist(clone: Clone) -> None:
    """The address of the reading role names a database that is not there."""
    dsn = make_conninfo(clone.instance.reader_dsn, dbname="crm_old")
    clone.instance = replace(clone.instance, reader_dsn=dsn)


@fault(errors="MIG-1.2", not_run=MIGRATION)
def scratch_server_is_unreachable(clone: Clone) -> None:
    """The server that the backup should be restored on does not answer: it proves nothing."""
    dsn = make_conninfo(clone.instance.scratch_dsn, port=1)
    clone.instance = replace(clone.instance, scratch_dsn=dsn)


@fault(errors=EVERYTHING, own_server=True)
def server_is_down(clone: Clone) -> None:
    """The database server is not running."""
    clone.server.stop()


@fault(fails="MIG-2.4", errors=f"{SCHEMA} MIG-3.4", own_server=True)
def server_goes_away_half_way(clone: Clone) -> None:
    """The database server dies after the first migration."""
    clone.script.insert_after(
        AFTER_THE_FIRST, f"      kill -INT {clone.server.pid}\n      sleep 1\n"
    )


@fault(fails="MIG-2.4", errors=f"{SCHEMA} MIG-3.4")
def database_takes_no_session_any_more(clone: Clone) -> None:
    """The database's limit of connections is set to zero while the migration runs."""
    database = clone.instance.script_connection["dbname"]
    clone.add_file("limit.sql", f'ALTER DATABASE "{database}" CONNECTION LIMIT 0;\n')
    clone.script.insert_after(AFTER_THE_FIRST, '      run_file "$here/limit.sql"\n')


@fault(errors=EVERYTHING)
def somebody_locks_contacts(clone: Clone) -> Generator[None]:
    """Somebody's session holds contacts in ACCESS EXCLUSIVE mode and went to lunch."""
    with clone.session() as session, session.transaction():
        session.execute("LOCK TABLE public.contacts IN ACCESS EXCLUSIVE MODE")
        yield


@fault(fails=f"{SCHEMA} MIG-2.4")
def somebody_left_a_transaction_open(clone: Clone) -> Generator[None]:
    """Somebody changed a contact and did not commit: 001 does not get its lock and gives up."""
    clone.migration("001").replace("FOR attempt IN 1..40 LOOP", "FOR attempt IN 1..3 LOOP")
    clone.migration("001").replace("IF attempt = 40 THEN", "IF attempt = 3 THEN")
    with clone.session() as session, session.transaction():
        session.execute("UPDATE public.contacts SET notes = 'draft' WHERE name LIKE 'Grace %'")
        yield


@fault(fails=f"{SCHEMA} MIG-2.4")
def database_is_read_only(clone: Clone) -> None:
    """The project was put into read-only mode: its disk is nearly full."""
    database = clone.instance.script_connection["dbname"]
    clone.sql_as_superuser(f'ALTER DATABASE "{database}" SET default_transaction_read_only = on')


@fault(fails="MIG-2.1 MIG-2.2 MIG-2.3 MIG-2.4", errors="MIG-3.1 MIG-3.2 MIG-3.3")
def somebody_else_owns_contacts(clone: Clone) -> None:
    """Contacts belongs to another role: the scripts may read and write it, but not alter it."""
    clone.sql_as_superuser(
        "ALTER TABLE public.contacts OWNER TO supabase_admin;"
        "GRANT ALL ON public.contacts TO postgres"
    )


@fault(errors=f"{SCHEMA} MIG-3.4")
def migration_file_is_gone_afterwards(clone: Clone) -> None:
    """The script moves the migration files away when it is done: nothing says what they declare."""
    after_migrations(clone, '    mkdir -p "$here/done"; mv "$here"/migration-0*.sql "$here/done/"')


@contextmanager
def _somebody_writing(clone: Clone) -> Iterator[None]:
    """Keep changing one organization while the migration runs."""
    ended = threading.Event()

    def found(query: str) -> bool:
        with clone.session() as session:
            row = session.execute(query.encode()).fetchone()
        return row is not None and bool(row[0])

    def begun() -> bool:
        return ended.is_set() or found("SELECT to_regclass('public.schema_migrations') IS NOT NULL")

    def write() -> None:
        wait_until(begun, bool, what="the migration to begin", timeout_s=240, interval_s=0.1)
        with clone.session() as session:
            while not (ended.is_set() or found(LAST_IS_RECORDED)):
                with session.transaction():
                    session.execute(
                        "UPDATE public.organizations SET website = 'https://example.org/' || now()"
                        " WHERE id = md5('organization-7')::uuid"
                    )
                    session.execute("SELECT pg_sleep(0.05)")

    writer = threading.Thread(target=write)
    writer.start()
    try:
        yield
    finally:
        ended.set()
        writer.join()


@fault(fails="MIG-3.4")
def somebody_writes_although_writes_are_stopped(clone: Clone) -> Generator[None]:
    """The app was to be in maintenance mode, yet somebody changes an organization meanwhile."""
    with _somebody_writing(clone):
        yield


@fault(inconclusive="MIG-3.4")
def somebody_writes_and_may(clone: Clone) -> Generator[None]:
    """Writes go on during the migration: whose change it was cannot be told afterwards."""
    clone.target.replace(
        'writes_during_migration = "stopped"', 'writes_during_migration = "allowed"'
    )
    with _somebody_writing(clone):
        yield


@fault(fails="MIG-3.4")
def a_row_is_lost_while_somebody_writes(clone: Clone) -> Generator[None]:
    """Writes go on during the migration, and it deletes a row of a table nobody else wrote to."""
    clone.target.replace(
        'writes_during_migration = "stopped"', 'writes_during_migration = "allowed"'
    )
    clone.migration("002").append("DELETE FROM public.contact_activities WHERE position = 3;")
    with _somebody_writing(clone):
        yield
