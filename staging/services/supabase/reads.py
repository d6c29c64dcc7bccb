"""One read: the rows of a table or of what a function returns, and how many there are."""

from __future__ import annotations

from dataclasses import dataclass

from psycopg.sql import SQL, Composed

from staging.services.supabase.answers import Asked
from staging.services.supabase.plan import Node
from staging.services.supabase.statements import SOURCE, Shape, answer_sql, count_sql, read_sql


@dataclass(frozen=True, kw_only=True)
class Read:
    """What to read, and in which shape to show it."""

    node: Node
    shape: Shape = "rows"
    call: Composed | None = None
    """What calls the function whose rows they are."""
    writes: bool = False
    is_void: bool = False

    @property
    def wants_one(self) -> bool:
        """Whether a request for one object may find more rows, or none."""
        return self.shape == "rows"

    def everything(self) -> Composed | None:
        """Return a SELECT with one row for each there is; None where there can be only one."""
        if self.shape in {"scalar", "scalars"}:
            return None
        return count_sql(self.node, origin=None if self.call is None else SOURCE)

    def statement(self, asked: Asked, *, most_rows: int) -> Composed:
        """Return the statement that answers *asked*; an estimate counts no further than needed."""
        total, count = None, asked.preferences.given.get("count")
        if count in {"exact", "estimated"}:
            total = self.everything()
        if total is not None and count == "estimated":
            total = SQL("{} LIMIT {}").format(total, most_rows + 1)
        shape: Shape = "row" if self.wants_one and asked.wanted.single else self.shape
        if asked.method == "HEAD":
            shape = "nothing"
        strip = asked.wanted.strip_nulls
        if self.call is None:
            return answer_sql(read_sql(self.node), shape=shape, strip_nulls=strip, total=total)
        rows = None
        if self.shape in {"rows", "row"}:
            rows = read_sql(self.node, origin=SOURCE)
        return answer_sql(self.call, shape=shape, strip_nulls=strip, total=total, answer=rows)

    def guesses(self, count: str | None, whole: int | None, *, most_rows: int) -> bool:
        """Whether the planner is asked how many rows there are."""
        if self.call is not None:
            return False
        return count == "planned" or (count == "estimated" and (whole or 0) > most_rows)
