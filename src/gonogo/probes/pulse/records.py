"""What the application's database holds of the partner's records."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from psycopg import sql

from gonogo.config_import import RecordsSection, sql_name
from gonogo.errors import CannotTell
from gonogo.probes.database.connection import Reader

TREND = "trend"
"""The name of the derived direction among a row's values."""


@dataclass(frozen=True, kw_only=True)
class Record:
    """One row that carries a partner's id; ``values`` by the partner's names of the fields."""

    key: str
    partner_id: str
    email: str
    synced_at: datetime | None = None
    error: str = ""
    trend: str = ""
    values: Mapping[str, Any] = field(default_factory=dict, repr=False)


@dataclass(frozen=True, kw_only=True)
class Holdings:
    """The rows that carry a partner's id, among all rows, at one moment."""

    where: str
    records: tuple[Record, ...] = field(repr=False)
    rows: int
    """All rows of the table."""
    emails: Mapping[str, int] = field(default_factory=dict, repr=False)
    """How many rows have each address, in small letters."""
    links: Mapping[str, str] = field(default_factory=dict, repr=False)
    """The partner's id that each row is tied to, by the row's key."""
    link_errors: tuple[str, ...] = ()
    has_links: bool = False
    """Whether the application ties rows to the partner's at all."""

    def __str__(self) -> str:
        """Read as one line."""
        ties = f", {len(self.links)} ties to the partner's" if self.has_links else ""
        return f"{len(self.records)} rows with a partner's id among {self.rows}{ties}"

    @property
    def by_partner_id(self) -> Mapping[str, Record]:
        """The rows by the partner's id; of several with one id, the last."""
        return {each.partner_id: each for each in self.records}


def holdings(reader: Reader, section: RecordsSection) -> Holdings:
    """Read the rows, the addresses and the ties at one moment.

    Raises:
        CannotTell: the target file does not say where they are, or they cannot be read.
    """
    if not section.table or not section.partner_key:
        raise CannotTell(
            "nobody said where the partner's records are kept",
            expected="services.pulse.records.table and partner_key in the target file",
            found="nothing",
            do="name the table and its column with the partner's id",
        )
    table, email = sql_name(section.table), sql_name(section.email)
    with reader.session():
        (rows,) = reader.rows(f"SELECT count(*) FROM {table}").rows[0]
        addresses = reader.rows(
            f"SELECT lower(btrim({email})), count(*) FROM {table}"
            f" WHERE btrim({email}) <> '' GROUP BY 1"
        ).rows
        return Holdings(
            where=reader.where,
            rows=rows,
            records=tuple(_records(reader, section)),
            emails=dict(addresses),
            has_links=bool(section.links),
            **_links(reader, section),
        )


def record_of(reader: Reader, section: RecordsSection, key: str) -> Record | None:
    """Read the row with *key* as it is now; None where it is gone, or carries no partner's id."""
    found = _records(reader, section, of=key)
    return found[0] if found else None


def _records(reader: Reader, section: RecordsSection, *, of: str = "") -> list[Record]:
    names = list(section.fields)
    columns = [
        f"{sql_name(section.key)}::text",
        f"{sql_name(section.partner_key)}::text",
        f"coalesce({sql_name(section.email)}, '')",
        _or_null(section.synced_at),
        _or_null(section.error),
        _or_null(section.trend.column),
        *(sql_name(section.fields[name].column) for name in names),
    ]
    only = f" AND {sql_name(section.key)}::text = {sql.Literal(of).as_string()}" if of else ""
    found = reader.rows(
        f"SELECT {', '.join(columns)} FROM {sql_name(section.table)}"
        f" WHERE {sql_name(section.partner_key)} IS NOT NULL{only} ORDER BY 2, 1"
    )
    return [
        Record(
            key=key,
            partner_id=partner_id,
            email=email.strip().lower(),
            synced_at=synced_at,
            error=error or "",
            trend=trend or "",
            values={**dict(zip(names, values, strict=True)), TREND: trend},
        )
        for key, partner_id, email, synced_at, error, trend, *values in found.rows
    ]


def _or_null(column: str) -> str:
    return sql_name(column) if column else "NULL"


def _links(reader: Reader, section: RecordsSection) -> dict[str, Any]:
    if not section.links:
        return {}
    found = reader.rows(
        f"SELECT {sql_name(section.link_key)}::text, {sql_name(section.link_partner_key)}::text,"
        f" {_or_null(section.link_error)} FROM {sql_name(section.links)}"
    )
    return {
        "links": {key: partner_id for key, partner_id, _ in found.rows},
        "link_errors": tuple(f"{key}: {error}" for key, _, error in found.rows if error),
    }
