"""Which way a relationship moves, by the agreed rule. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta

from gonogo.comparison import Comparison, Difference
from gonogo.config_import import TrendSection
from gonogo.errors import CannotTell
from gonogo.probes.pulse.people import Person, moment_of
from gonogo.probes.pulse.records import Holdings, Record
from gonogo.vendors.pulse import Profile

GIVEN = "relationship_trend"
SCORE = "relationship_score"


def trends_for(
    profile: Profile, *, at: datetime, rule: TrendSection, before: Record | None, known: bool
) -> frozenset[str]:
    """Return the words that fit *profile* at the time of its exchange.

    The partner's own word counts where it gives one. Else, in this order: a young record without
    an earlier score is new; half a year of silence is dormant; a noticeable change of the score
    rises or falls; an unchanged one keeps what was seen before; the rest is stable. *before* is
    the row of the time before; where nothing is *known* of that time, every word that its score
    could have led to fits.
    """
    words = frozenset({rule.rising, rule.falling, rule.stable, rule.dormant, rule.new})
    if profile.get(GIVEN) in words:
        return frozenset({str(profile[GIVEN])})
    score = profile.get(SCORE)
    was = before.values.get(SCORE) if before else None
    young = _age(profile.get("created_at"), at) <= timedelta(days=rule.new_for_days)
    if young and known and was is None:
        return frozenset({rule.new})
    maybe = frozenset({rule.new}) if young and not known else frozenset()
    if _age(profile.get("last_interaction_date"), at) > timedelta(days=rule.dormant_after_days):
        return maybe | {rule.dormant}
    if not known:
        return maybe | (words - {rule.new, rule.dormant})
    return frozenset({_by_change(score, was, before.trend if before else "", rule)})


def _by_change(score: int | None, was: int | None, kept: str, rule: TrendSection) -> str:
    if was is None or score is None:
        return rule.stable
    if abs(score - was) >= rule.noticeable_change:
        return rule.rising if score > was else rule.falling
    return kept if score == was and kept in {rule.rising, rule.falling} else rule.stable


def fitting_trends(
    people: Sequence[Person], after: Holdings, *, rule: TrendSection, before: Holdings | None
) -> Comparison:
    """Compare each row's direction with what the rule says of the record whose id it carries.

    Of a person with several records nobody knows which came first.

    Raises:
        CannotTell: there is no row to look at.
    """
    of_id = {each: person for person in people for each in person.ids}
    rows = [each for each in after.records if each.partner_id in of_id and each.synced_at]
    if not rows:
        raise CannotTell(
            "there is no row with a direction to compare",
            where=after.where,
            expected="rows with an id of the partner's and the time of their exchange",
            found="none",
            do="see whether anything was imported",
        )
    earlier = _by_key(before)
    differences = []
    for row in rows:
        person = of_id[row.partner_id]
        (profile,) = (each for each in person.records if str(each["id"]) == row.partner_id)
        known = before is not None and len(person.records) == 1
        assert row.synced_at is not None
        fits = trends_for(
            profile, at=row.synced_at, rule=rule, before=earlier.get(row.key), known=known
        )
        if row.trend not in fits:
            wanted = " or ".join(sorted(fits))
            found = row.trend or "nothing"
            differences.append(Difference(subject=f"row {row.key}", expected=wanted, found=found))
    return Comparison(
        subject="directions",
        checked=len(rows),
        differences=tuple(differences),
        do="follow one of them: the partner's scores of then and now, and what was made of them",
    )


def _by_key(held: Holdings | None) -> Mapping[str, Record]:
    return {each.key: each for each in held.records} if held else {}


def _age(text: object, at: datetime) -> timedelta:
    moment = moment_of(text) if text else None
    return at - moment if moment else timedelta.max
