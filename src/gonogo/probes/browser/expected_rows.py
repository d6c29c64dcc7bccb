"""What the database says the list must show: the configured SQL, filled in and asked."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from psycopg import sql

from gonogo.config_contacts import ContactsSection, ListFilter
from gonogo.errors import CannotTell
from gonogo.probes.database.connection import Reader

HOSTILE = ("%", "_", "a,b.(c)'\"\\<b>", "x" * 500)
"""What a pattern, a query, a page or an address could take for its own language."""


@dataclass(frozen=True, kw_only=True)
class Row:
    """One row of the list."""

    id: str
    name: str


@dataclass(frozen=True, kw_only=True)
class Option:
    """One option of a filter and what it must show."""

    label: str
    condition: str


@dataclass(frozen=True, kw_only=True)
class ExpectedRows:
    """Asks the target's own database; nothing is remembered between two questions."""

    database: Reader
    section: ContactsSection

    @property
    def where(self) -> str:
        """The database."""
        return self.database.where

    def of_tab(self, name: str) -> tuple[Row, ...]:
        """Return the rows of the tab *name*, in its order."""
        (tab,) = (each for each in self.section.tabs if each.name == name)
        return self._rows(tab.condition, tab.order)

    def of_search(self, text: str) -> tuple[Row, ...]:
        """Return the rows of the first tab that a search for *text* finds."""
        literal = sql.Literal(text).as_string()
        condition = self.section.search_condition.replace("{text}", literal)
        order = self.section.search_order.replace("{text}", literal)
        return self._rows(f"({self._first}) AND ({condition})", order)

    def of_option(self, option: Option) -> tuple[Row, ...]:
        """Return the rows of the first tab that *option* shows."""
        return self._rows(f"({self._first}) AND ({option.condition})", "")

    def options(self, choice: ListFilter) -> tuple[Option, ...]:
        """Return every option that a filter must have, the neutral one left out."""
        fixed = [Option(label=each.label, condition=each.condition) for each in choice.options]
        values = self.database.rows(choice.values).rows if choice.values else ()
        found = [
            Option(
                label=label,
                condition=choice.condition.replace("{value}", sql.Literal(value).as_string()),
            )
            for label, value in values
        ]
        return (*fixed, *found)

    def search_texts(self) -> tuple[str, ...]:
        """Return what is searched for: what people write, and between it what nobody should.

        Names are taken from the rows themselves: one in full, one in other letters, a part of
        one, one beyond ASCII, one with a quotation mark.
        """
        rows = self.of_tab(self.section.tabs[0].name)
        if not rows:
            raise CannotTell(
                "there is no row to search for",
                where=self.where,
                expected=f"rows in {self.section.tabs[0].name}",
                found="none",
            )
        names = [row.name for row in rows]
        beyond_ascii = [name for name in names if not name.isascii()]
        cased = [name for name in names if name.swapcase() != name] or names
        quoted = [name for name in names if "'" in name or "’" in name]
        middle = names[len(names) // 2]
        samples = (
            self.database.rows(self.section.search_samples).rows
            if self.section.search_samples
            else ()
        )
        honest = [
            names[0],
            cased[-1].swapcase(),
            middle[1 : len(middle) - 1].strip(),
            *beyond_ascii[len(beyond_ascii) // 2 :][:1],
            *quoted[:1],
            *(str(text) for (text, *_) in samples),
        ]
        return _in_turns([each for each in honest if each.strip()], HOSTILE)

    def unambiguous(self) -> Row:
        """Return a row of the list's first page whose name no other row has, nor begins with.

        Raises:
            CannotTell: there is none.
        """
        rows = self.of_tab(self.section.tabs[0].name)
        names = [row.name for row in rows]
        for row in rows[: self.section.page_size]:
            if sum(name.startswith(row.name) for name in names) == 1:
                return row
        raise CannotTell(
            "no row of the first page can be told by its name",
            where=self.where,
            expected="a name that only one row has",
            found=f"{len(rows)} rows",
        )

    def hard_to_draw(self) -> tuple[Row, ...]:
        """Return the rows that ``detail_samples`` names."""
        if not self.section.detail_samples:
            return ()
        ids = [str(row[0]) for row in self.database.rows(self.section.detail_samples).rows]
        by_id = {row.id: row for row in self._rows("true", "")}
        return tuple(by_id[each] for each in dict.fromkeys(ids) if each in by_id)

    def names(self) -> Mapping[str, str]:
        """Return the name of every row that the list can show, by its id."""
        return {row.id: row.name for row in self._rows("true", "")}

    def texts_of(self, row: Row) -> tuple[str, ...]:
        """Return the texts that the page of *row* must show."""
        if not self.section.detail_texts:
            return ()
        literal = sql.Literal(row.id).as_string()
        found = self.database.rows(self.section.detail_texts.replace("{id}", literal)).rows
        return tuple(str(text) for line in found for text in line if text not in {None, ""})

    @property
    def _first(self) -> str:
        return self.section.tabs[0].condition

    def _rows(self, condition: str, order: str) -> tuple[Row, ...]:
        query = self.section.rows.replace("{condition}", condition)
        query = query.replace("{order}", order or self.section.order)
        return tuple(Row(id=str(row[0]), name=row[1]) for row in self.database.rows(query).rows)


def _in_turns(first: Sequence[str], second: Sequence[str]) -> tuple[str, ...]:
    """Return both, one of each in turn: what was shown before should differ from what comes."""
    most = max(len(first), len(second))
    return tuple(
        each
        for place in range(most)
        for each in (*first[place : place + 1], *second[place : place + 1])
    )
