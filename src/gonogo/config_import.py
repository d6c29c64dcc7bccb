"""The parts of a target file about records that the application brings over from a partner."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Annotated, Literal

from pydantic import AfterValidator, Field

from gonogo.config_section import NonEmpty, Seconds, Section, regular_expression

Pattern = Annotated[NonEmpty, AfterValidator(regular_expression)]
MaybePattern = Annotated[str, AfterValidator(regular_expression)]
SqlName = Annotated[str, Field(pattern=r"^([A-Za-z_]\w*(\.[A-Za-z_]\w*)?)?$")]
"""A table or column, or empty; it is quoted before it becomes part of a query."""
FieldKind = Literal["text", "number", "moment", "words", "flag"]
ShapeKind = Annotated[str, Field(pattern=r"^(text|number|moment|words|flag)\??$")]
"""What a field of the partner's answer holds; with ``?`` it may be null."""


class FieldSection(Section):
    """One field of the partner's records, and where it must be found again."""

    column: SqlName = ""
    kind: FieldKind = "text"
    shown: str = ""
    """CSS of where the record's own page shows it; empty: it is not shown."""
    attribute: str = ""
    """The attribute with the value itself; empty: the text is read."""
    absent: str = ""
    """The text that stands where there is no value."""


class RecordsSection(Section):
    """Where the application keeps what it brought over."""

    table: SqlName = ""
    key: SqlName = "id"
    partner_key: SqlName = ""
    """The column with the partner's id of the record."""
    email: SqlName = "email"
    synced_at: SqlName = ""
    """The column with the time of the last exchange."""
    error: SqlName = ""
    """The column with what went wrong with a record; null where nothing did."""
    trend: FieldSection = FieldSection()
    """Where the direction stands that the application derives from two scores."""
    links: SqlName = ""
    """The table that ties records to the partner's; empty: there is none."""
    link_key: SqlName = ""
    link_partner_key: SqlName = ""
    link_error: SqlName = ""
    fields: Mapping[str, FieldSection] = {}
    """By the partner's name of the field."""
    date_format: NonEmpty = "%b %-d, %Y"
    """How pages write dates, in the release's time zone (strftime)."""


class TrendSection(Section):
    """The words of a direction, and the agreed rule by which it follows from what is known."""

    rising: str = "rising"
    falling: str = "falling"
    stable: str = "stable"
    dormant: str = "dormant"
    new: str = "new"
    noticeable_change: Annotated[int, Field(ge=1)] = 5
    dormant_after_days: Annotated[int, Field(ge=1)] = 180
    new_for_days: Annotated[int, Field(ge=1)] = 30


class BulkImportSection(Section):
    """How everything is brought over at once."""

    page: str = "/"
    """The page on whose console the call is made."""
    ready: str = ""
    """JavaScript that is true as soon as the call can be made."""
    call: str = ""
    """JavaScript that imports everything and gives a promise of the result."""
    started: MaybePattern = ""
    """What the console says at the start."""
    progress: MaybePattern = ""
    """What it says on the way, with the groups ``done`` and ``total``."""
    completed: MaybePattern = ""
    page_size: Annotated[int, Field(ge=1)] = 50
    """How many records it asks for at once."""
    timeout_s: Seconds = 300.0


class SyncSection(Section):
    """How changes are brought over from time to time."""

    page: str = "/"
    automatic: str = ""
    """JavaScript that is true once the automatic exchange has been started."""
    settled: str = ""
    """JavaScript that is true once an exchange has come to its end."""
    interval_minutes: Annotated[int, Field(ge=1)] = 15
    since_parameter: str = ""
    """The question that asks the partner for changes only."""
    started: MaybePattern = ""
    """What the console says when the automatic exchange is started."""
    looked: MaybePattern = ""
    """What it says at each exchange."""
    completed: MaybePattern = ""
    """What it says at the end of one that went well."""
    public_values: Mapping[str, float | str | bool] = {}
    """Public values, by dotted name, that a page with a turned clock is given instead: recorders
    that take their timers from another frame do not survive it."""


def sql_name(name: str) -> str:
    """Return a table or column of the target file, quoted."""
    return ".".join(f'"{part}"' for part in re.split(r"\.", name))
