"""What is known around an import and around an exchange of changes."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from itertools import islice

from gonogo.comparison import Comparison, Difference
from gonogo.config_import import SyncSection, TrendSection
from gonogo.errors import NotDoneYet
from gonogo.probes.pulse.clocked_page import SyncSeen
from gonogo.probes.pulse.importing import ImportSeen
from gonogo.probes.pulse.meanwhile import Timing, made_since
from gonogo.probes.pulse.people import Person, changed_at, moment_of, people_in
from gonogo.probes.pulse.records import Holdings
from gonogo.probes.pulse.trend import fitting_trends
from gonogo.vendors.pulse import Profile

SCORE = "relationship_score"
MOVED = 20
NOTE = "Changed a moment ago — née “Ødegård” 🎉"


@dataclass(frozen=True, kw_only=True)
class Arrived:
    """The partner's records and the rows after the import; ``before`` and ``seen`` where ours."""

    profiles: tuple[Profile, ...] = field(repr=False)
    after: Holdings
    read_at: datetime
    """When the rows after the import were read."""
    before: Holdings | None = None
    seen: ImportSeen | None = None
    server_errors: tuple[str, ...] = ()
    """What the database refused meanwhile, where its log can be read."""
    server_log: str = ""
    """The log that says so, or that there is none to read."""

    def __str__(self) -> str:
        """Read as a few lines."""
        return f"{len(self.profiles)} records of the partner; {self.after}; {self.seen or ''}"

    @property
    def people(self) -> tuple[Person, ...]:
        """The people behind the records."""
        return people_in(self.profiles)

    @property
    def imported_at(self) -> datetime | None:
        """When this run began to import; None where it did not."""
        return self.seen.began if self.seen else None

    def timing(self, section: SyncSection) -> Timing:
        """Return what of the partner's changes need have arrived, where exchanges are as agreed."""
        interval = timedelta(minutes=section.interval_minutes)
        return Timing(read_at=self.read_at, interval=interval, imported=self.imported_at)

    @property
    def totals(self) -> range:
        """How many records the import can have met: some may have been made while it went on."""
        since = sum(made_since([each], self.imported_at) for each in self.profiles)
        return range(len(self.profiles) - since, len(self.profiles) + 1)

    @property
    def our_import(self) -> ImportSeen:
        """The import that this run made.

        Raises:
            NotDoneYet: it made none.
        """
        if self.seen is None:
            raise NotDoneYet(
                "this run did not import anything",
                expected='target.actions with "third-party-write", off production',
                found="this target does not allow it",
                do="allow it there; elsewhere import by hand: what arrived is judged in any case",
            )
        return self.seen

    @property
    def imported(self) -> Holdings:
        """The rows after the import, whoever made it.

        Raises:
            NotDoneYet: nobody has made one.
        """
        if self.seen is None and not self.after.records:
            raise NotDoneYet(
                "nobody has imported anything yet",
                where=self.after.where,
                expected="a row that came from the partner",
                found="none",
                do="import, then run this again",
            )
        return self.after


@dataclass(frozen=True, kw_only=True)
class Synced:
    """One exchange of changes: what the page did, and the rows before and after.

    ``changed`` are the partner's records as they are since they were changed on purpose; empty
    where nobody outside can change one.
    """

    seen: SyncSeen
    before: Holdings
    after: Holdings
    changed: tuple[Profile, ...] = field(default=(), repr=False)

    def arrivals(self) -> tuple[Profile, ...]:
        """Return the changed records whose arrival can be judged: on purpose, or by nature.

        Raises:
            NotDoneYet: nothing changed at the partner's.
        """
        found = self.changed or self.fetched
        if not found:
            raise NotDoneYet(
                "nothing changed at the partner's while this was watched",
                expected="a record that changed, to see it arrive",
                found="none",
                do="run again after the next change there",
            )
        return found

    @property
    def fetched(self) -> tuple[Profile, ...]:
        """Every record that the page was given."""
        return tuple(profile for each in self.seen.requests for profile in each.profiles)


def changes_to_make(people: Sequence[Person], held: Holdings) -> Mapping[str, Mapping[str, object]]:
    """Return changes that show in every part: a score that rises, one that falls, other notes.

    People with one record and one row are taken, from the end: scores with room on both sides,
    and notes where there are tags to take away. Where there is none of a kind, it is left out.
    """
    rows = held.by_partner_id
    single = (person.records[0] for person in people if len(person.records) == 1)
    known = {str(each["id"]): each for each in single if str(each["id"]) in rows}
    ids = sorted(known, reverse=True)
    with_room = [each for each in ids if MOVED < (known[each].get(SCORE) or 0) < 100 - MOVED]
    changes: dict[str, Mapping[str, object]] = {}
    for each, moved in zip(with_room, (MOVED, -MOVED), strict=False):
        changes[each] = {SCORE: known[each][SCORE] + moved}
    tagged = (each for each in ids if known[each].get("tags") and each not in changes)
    changes.update((each, {"notes": NOTE, "tags": []}) for each in islice(tagged, 1))
    return changes


def apply(
    changes: Mapping[str, Mapping[str, object]],
    profiles: Sequence[Profile],
    change: Callable[[str, Mapping[str, object]], bool],
) -> tuple[Profile, ...]:
    """Make *changes* at the partner's; return the changed records, none where that cannot be."""
    by_id = {str(each["id"]): each for each in profiles}
    return tuple({**by_id[each], **given} for each, given in changes.items() if change(each, given))


def only_changes_fetched(synced: Synced, section: SyncSection, total: int) -> Comparison:
    """Compare what the page fetched with what changed since the time that it asked from.

    *total* is how many records the partner has. Records that others changed meanwhile may come
    along: only what is older than that time is too much.
    """
    return Comparison(
        subject="questions for changes",
        checked=len(synced.seen.requests),
        differences=tuple(_beyond_changes(synced, total, section.since_parameter)),
        do="see which time the exchange asks from, and what becomes of it on its way",
    )


def _beyond_changes(synced: Synced, total: int, parameter: str) -> Iterator[Difference]:
    for number, request in enumerate(synced.seen.requests, start=1):
        since = moment_of(request.questions.get(parameter))
        subject = f"question {number}"
        if since is None:
            found = request.questions.get(parameter, "not asked for")
            yield Difference(subject=subject, expected=f"{parameter} with a time", found=found)
            continue
        older = [each for each in request.profiles if changed_at(each) <= since]
        if older:
            yield Difference(
                subject=subject, expected=f"nothing older than {since}", found=f"{len(older)} older"
            )
        if synced.changed and len(request.profiles) >= total:
            yield Difference(subject=subject, expected="the changed records", found=f"all {total}")
    wanted = {str(each["id"]) for each in synced.changed}
    missing = wanted - {str(each["id"]) for each in synced.fetched}
    if missing:
        yield Difference(
            subject="what was fetched",
            expected=f"{', '.join(sorted(missing))}, which changed meanwhile",
            found="not among it",
        )


def moved_trends(synced: Synced, *, rule: TrendSection) -> Comparison:
    """Compare the directions of the rows whose records were changed on purpose."""
    return fitting_trends(people_in(synced.changed), synced.after, rule=rule, before=synced.before)
