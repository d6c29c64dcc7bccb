"""The steps of phase 4 in their order: import, import once more, look at pages, exchange."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from contextlib import AbstractContextManager
from dataclasses import dataclass, field, replace
from typing import Protocol

from gonogo.clock import Clock, SystemClock
from gonogo.config_app import PulseSection
from gonogo.config_import import FieldSection
from gonogo.probes.application_database.connections import LogPosition
from gonogo.probes.browser.unchanged import while_unchanged
from gonogo.probes.browser.visit import Window
from gonogo.probes.database.connection import Reader
from gonogo.probes.pulse.clocked_page import LimitSeen, watch_interval, watch_limit
from gonogo.probes.pulse.importing import ImportSeen, import_everything
from gonogo.probes.pulse.records import TREND, Holdings, Record, holdings, record_of
from gonogo.probes.pulse.shown import ShownRecord, Told, differs, read_record, sample
from gonogo.probes.pulse.steps import Arrived, Synced, apply, changes_to_make
from gonogo.vendors.pulse import Profile, Pulse


class OpenWindow(Protocol):
    """Opens a window of somebody who is signed in."""

    def __call__(self, *, may_write: bool = False) -> AbstractContextManager[Window]:
        """Open one; what its page writes is let through only where it *may_write*."""
        ...


EVERYWHERE = "."
"""Every address: where a page calls what would import, and nobody allowed an import."""


@dataclass(frozen=True, kw_only=True)
class Journey:
    """What the steps need; *may_import* and *may_sync* say what the target allows."""

    pulse: Pulse
    agreed: PulseSection
    database: Reader
    open_window: OpenWindow = field(repr=False)
    config_path: str
    detail_path: str
    server_log: str
    """Empty where it cannot be read from here."""
    told_by: Told
    may_import: bool
    may_sync: bool
    names: Callable[[], Mapping[str, str]]
    """What the list calls each row, by its key."""
    clock: Clock = field(default_factory=SystemClock, repr=False)

    @property
    def fields(self) -> Mapping[str, FieldSection]:
        """Where each of the partner's fields arrives, and where the derived direction stands."""
        return {**self.agreed.records.fields, TREND: self.agreed.records.trend}

    def held(self) -> Holdings:
        """Return what the database holds now; raises CannotTell."""
        return holdings(self.database, self.agreed.records)

    def arrive(self) -> Arrived:
        """Import everything where that is allowed; else say what is there.

        The partner is asked after the rows: what it changed in between says so itself.

        Raises:
            CannotTell: the partner, the database or the page cannot be asked.
        """
        if not self.may_import:
            read_at, after = self.clock.now(), self.held()
            return Arrived(profiles=self.pulse.profiles(), after=after, read_at=read_at)
        self.pulse.refuse_nobody()
        before, log = self.held(), LogPosition.at_end(self.server_log)
        seen = self._import()
        read_at, after, errors = self.clock.now(), self.held(), log.errors()
        return Arrived(
            profiles=self.pulse.profiles(),
            before=before,
            seen=seen,
            after=after,
            read_at=read_at,
            server_errors=errors,
            server_log=log.where,
        )

    def again(self, first: Arrived) -> Arrived:
        """Import everything once more."""
        seen = self._import()
        return Arrived(
            profiles=first.profiles,
            before=first.after,
            seen=seen,
            read_at=self.clock.now(),
            after=self.held(),
        )

    def look(self, arrived: Arrived) -> tuple[ShownRecord, ...]:
        """Return the pages of a few records with as many kinds of values as can be.

        A row that is gone by then has no page; one that changes meanwhile is looked at anew.
        """
        chosen = sample(arrived.imported.records, self.fields, told_by=self.told_by)
        before = self.names()
        with self.open_window() as window:
            pages = [self._page(window, each.key) for each in chosen]
        after = self.names()
        return tuple(
            replace(
                page,
                names=frozenset(
                    names[page.record.key] for names in (before, after) if page.record.key in names
                ),
            )
            for page in pages
            if page
        )

    def _page(self, window: Window, key: str) -> ShownRecord | None:
        address = self.detail_path.replace("{id}", key)

        def look(record: Record | None) -> ShownRecord | None:
            if record is None:
                return None
            return read_record(window, address, record, self.fields, told_by=self.told_by)

        return while_unchanged(
            lambda: record_of(self.database, self.agreed.records, key),
            look,
            # A page is opened at every look.
            anew=lambda: None,
            where=self.database.where,
            differs=lambda page: page and differs(page, self.fields, told_by=self.told_by),
        )

    def sync(self, arrived: Arrived) -> Synced:
        """Let one interval pass, with changes at the partner's where some may be made."""
        before = self.held()
        changes = changes_to_make(arrived.people, before) if self.may_sync else {}
        changed: list[Profile] = []
        with self.open_window(may_write=self.may_sync) as window:
            if not self.may_sync:
                window.ear.keep_from_writing(EVERYWHERE)
            seen = watch_interval(
                window,
                self.agreed.sync,
                requests=self.agreed.requests,
                config_path=self.config_path,
                meanwhile=lambda: changed.extend(
                    apply(changes, arrived.profiles, self.pulse.change)
                ),
                answer_nothing=not self.may_sync,
            )
        return Synced(seen=seen, before=before, after=self.held(), changed=tuple(changed))

    def limit(self) -> LimitSeen:
        """Return what a page does that is told to wait."""
        with self.open_window() as window:
            if not self.may_import:
                window.ear.keep_from_writing(EVERYWHERE)
            return watch_limit(window, self.agreed.bulk_import, requests=self.agreed.requests)

    def _import(self) -> ImportSeen:
        with self.open_window(may_write=True) as window:
            return import_everything(
                window, self.agreed.bulk_import, requests=self.agreed.requests, clock=self.clock
            )
