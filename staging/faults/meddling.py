"""What a bug of the product or of the database does to rows while they are written."""

from __future__ import annotations

from staging.faults.clone import Clone


def as_rows_are_written(clone: Clone, statements: str, *, when: str = "INSERT OR UPDATE") -> None:
    """Run PL/pgSQL on each row of a contact from Pulse before it is written: as a bug would."""
    clone.sql(
        "CREATE FUNCTION public.meddle() RETURNS trigger LANGUAGE plpgsql AS $meddle$ BEGIN"
        f" IF NEW.pulse_profile_id IS NOT NULL THEN {statements} END IF; RETURN NEW;"
        f" END $meddle$; CREATE TRIGGER a_meddling BEFORE {when} ON public.contacts"
        " FOR EACH ROW EXECUTE FUNCTION public.meddle()"
    )


def rows_are_let_go(clone: Clone, table: str) -> None:
    """Take every new row of *table* and keep none, without a word."""
    clone.sql(
        "CREATE FUNCTION public.let_go() RETURNS trigger LANGUAGE plpgsql"
        " AS 'BEGIN RETURN NULL; END'; CREATE TRIGGER let_go BEFORE INSERT OR UPDATE"
        f" ON {table} FOR EACH ROW EXECUTE FUNCTION public.let_go()"
    )
