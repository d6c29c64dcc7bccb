"""The section of a target file about the list of records that people work with."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from gonogo.config_app import Path, Pattern
from gonogo.config_section import NonEmpty, Section

Template = NonEmpty
"""SQL with words in braces that are filled in."""


class ListTab(Section):
    """One tab of the list, and what the database says belongs there."""

    name: NonEmpty
    """The tab's own name; for a list without tabs, any."""
    condition: NonEmpty = "true"
    """The SQL condition of its rows."""
    order: str = ""
    """The SQL order of its rows; empty: that of the list."""
    empty: str = ""
    """Its heading where there is no row; empty: that of an empty result."""


class FilterOption(Section):
    """One option of a filter, and the SQL condition of what it shows."""

    label: NonEmpty
    condition: NonEmpty


class ListFilter(Section):
    """A filter of the list: a choice among options."""

    label: NonEmpty
    """The name of the control."""
    neutral: NonEmpty
    """The option that filters nothing."""
    options: tuple[FilterOption, ...] = ()
    values: str = ""
    """SQL of further options: a column with their labels, one with the values."""
    condition: str = ""
    """The SQL condition of such an option, with ``{value}`` in it."""


class ContactsSection(Section):
    """How the list is reached and used, and the SQL of what it must show."""

    path: Path
    link: NonEmpty
    """The name of the link that leads to it."""
    heading: NonEmpty
    card: Pattern
    """A regular expression for the name of a card's button, with ``(?P<name>…)`` in it."""
    count: Pattern
    """A regular expression for how many there are in all, with ``(?P<count>…)`` in it."""
    empty: NonEmpty
    """The heading of an empty result."""
    search: NonEmpty
    """The name of the search box."""
    filter_button: str = ""
    """The button that opens the filters; empty: they are open."""
    clear_filters: NonEmpty
    tabs: Annotated[tuple[ListTab, ...], Field(min_length=1)]
    """The first one is shown at first."""
    filters: tuple[ListFilter, ...] = ()
    page_size: Annotated[int, Field(gt=0)]
    next_page: str = ""
    """The button that leads to the next page; empty: the list has none, its first page is all."""
    rows: Template
    """SQL of the rows' ids and names, with ``{condition}`` and ``{order}`` in it."""
    order: NonEmpty
    search_condition: Template
    """The SQL condition of what a search finds, with ``{text}`` in it."""
    search_order: str = ""
    """The SQL order of what a search finds, with ``{text}`` in it; empty: that of the list."""
    search_samples: str = ""
    """SQL of texts that people search for, such as an address or a company."""
    detail_path: Path
    """The address of one row's own page, with ``{id}`` in it."""
    detail_texts: str = ""
    """SQL of texts that the page of one row must show, with ``{id}`` in it; empty ones are passed
    over."""
    detail_samples: str = ""
    """SQL of the ids of rows whose page may be hard to draw."""
    back: NonEmpty
    """The button that closes that page."""
