"""The steps of phase 4 in their order: import, import once more, look at pages, exchange."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from typing import Protocol

from gonogo.clock import Clock, SystemClock
from gonogo.config_app import PulseSection
from gonogo.config_import import FieldSection
from gonogo.probes.application_database.connections import LogPosition
from gonogo.probes.browser.visit import Window
from gonogo.probes.database.connection import Reader
from gonogo.probes.pulse.clocked_page import LimitSeen, watch_interval, watch_limit
from gonogo.probes.pulse.importing import ImportSeen, import_everything
from gonogo.probes.pulse.records import TREND, Holdings, holdings
from gonogo.probes.pulse.shown import ShownRecord, Told, read_record, sample
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

        Raises:
            CannotTell: the partner, the database or the page cannot be asked.
        """
        profiles = self.pulse.profiles()
        if not self.may_import:
            return Arrived(profiles=profiles, after=self.held())
        before, log = self.held(), LogPosition.at_end(self.server_log)
        seen = self._import()
        return Arrived(
            profiles=profiles,
            before=before,
            seen=seen,
            after=self.held(),
            server_errors=log.errors(),
            server_log=log.where,
        )

    def again(self, first: Arrived) -> Arrived:
        """Import everything once more."""
        seen = self._import()
        return Arrived(profiles=first.profiles, before=first.after, seen=seen, after=self.held())

    def look(self, arrived: Arrived) -> tuple[ShownRecord, ...]:
        """Return the pages of a few records with as many kinds of values as can be."""
        chosen = sample(arrived.imported.records, self.fields, told_by=self.told_by)
        now = {each.key: each for each in self.held().records}
        with self.open_window() as window:
            return tuple(
                read_record(
                    window,
                    self.detail_path.replace("{id}", each.key),
                    now.get(each.key, each),
                    self.fields,
                    told_by=self.told_by,
                )
                for each in chosen
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
