"""One static page that says everything about a release; it needs no script and no network."""

from __future__ import annotations

import base64
import hashlib
import re
from dataclasses import dataclass
from functools import cache, cached_property
from itertools import groupby
from typing import TYPE_CHECKING

from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup

from gonogo.clock import rfc3339
from gonogo.records import Absence
from gonogo.report import headline, message, obstacles, wording
from gonogo.report.embedding import Embedder
from gonogo.report.plaintext import cut, visible
from gonogo.report.results import blank_of, problems_of
from gonogo.verdict import SETTLED, State

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping
    from datetime import datetime

    from gonogo.records import ReleaseView, RunSummary, Standing

_UNCHECKED = frozenset({Absence.NO_CHECK, Absence.PERSON})

VALUE_LIMIT = 2000
"""Characters of one value that a page shows; the dossier keeps the rest."""
NAMED_ITEMS = 8
"""Items that a list names one by one; more are told by section, for each stands below."""
BRIEF_LIMIT = 500
"""The same where a value is told a second time, above the items."""


@dataclass(frozen=True, kw_only=True)
class SectionBlock:
    """One section of the document with its items, in order."""

    id: str
    title: str
    standings: tuple[Standing, ...]
    scoped: bool

    @cached_property
    def untouched(self) -> bool:
        """Whether nobody looked at any of its items."""
        return all(s.state is State.NOT_RUN and not s.attempts for s in self.standings)

    @cached_property
    def shared_reason(self) -> str:
        """Why nobody looked, where all its items say the same; told once for the section."""
        reasons = {s.reason for s in self.standings}
        return reasons.pop() if self.untouched and len(reasons) == 1 else ""

    @property
    def groups(self) -> tuple[tuple[str, tuple[Standing, ...]], ...]:
        """Its items by group id, in order."""
        return tuple((i, tuple(s)) for i, s in groupby(self.standings, lambda s: s.item.group))


@dataclass(frozen=True, kw_only=True)
class Unfinished:
    """What a run planned and did not finish: the ids that were ``lost``, and how many had no check.

    Which ones have no check is told in its own place.
    """

    lost: tuple[str, ...]
    unchecked: int


@dataclass(frozen=True, kw_only=True)
class PhaseBlock:
    """One phase with its sections, in the document's order."""

    id: str
    title: str
    sections: tuple[SectionBlock, ...]


def render_html(
    view: ReleaseView,
    *,
    attachments: Callable[[str], bytes | None],
    titles: Mapping[str, str] | None = None,
) -> str:
    """Return the report of a release as one self-contained page.

    *attachments* returns the bytes kept under a sha256, or None. *titles* names sections, groups
    and phases by id; an id stands for itself where it has none.
    """
    names = titles or {}
    style = _style()
    digest = base64.b64encode(hashlib.sha256(style.encode()).digest()).decode("ascii")
    chosen = headline.in_scope(view)
    page = (
        _environment()
        .get_template("report.html.j2")
        .render(
            view=view,
            style=Markup(style),  # noqa: S704 - the project's own file
            style_digest=digest,
            verdict=wording.VERDICTS[view.decision.verdict],
            heads=headline.heads(view),
            why=headline.why(view),
            next_step=headline.next_step(view),
            settled=headline.settled(view),
            scope=headline.scope_name(view),
            scope_ids=frozenset(view.decision.in_scope),
            counts=wording.counts(chosen),
            scope_size=len(chosen),
            covers=headline.covers(view),
            obstacles=obstacles.obstacles(view.decision, view.actions),
            aside=[s for s in obstacles.unsettled_advisory(chosen) if s.attempts],
            not_run=obstacles.not_run_by_reason(chosen),
            problems=problems_of(view),
            phases=tuple(
                _phases(headline.in_order(view), frozenset(view.decision.in_scope), names)
            ),
            unfinished={run.run_id: _unfinished(run, view.standings) for run in view.runs},
            titles=names,
            embed=Embedder(read=attachments).embed,
        )
    )
    return page.rstrip() + "\n"


def anchor(text: str) -> str:
    """Return an HTML id for an item, section or run id."""
    return re.sub(r"[^A-Za-z0-9_.-]", "_", text)


def _phases(
    standings: Iterable[Standing], scope: frozenset[str], titles: Mapping[str, str]
) -> Iterable[PhaseBlock]:
    for phase, members_of_phase in headline.by_phase(standings).items():
        sections: dict[str, list[Standing]] = {}
        for standing in members_of_phase:
            sections.setdefault(standing.item.section, []).append(standing)
        yield PhaseBlock(
            id=phase,
            title=titles.get(phase) or wording.PHASES.get(phase, phase),
            sections=tuple(
                SectionBlock(
                    id=section,
                    title=titles.get(section, ""),
                    standings=tuple(members),
                    scoped=any(s.item.id in scope for s in members),
                )
                for section, members in sections.items()
            ),
        )


def _unfinished(run: RunSummary, standings: Iterable[Standing]) -> Unfinished:
    by_id = {standing.item.id: standing for standing in standings}
    finished = {s.item.id for s in by_id.values() for a in s.attempts if a.run_id == run.run_id}
    unchecked = {i for i, s in by_id.items() if s.absence in _UNCHECKED and not s.attempts}
    left = [item_id for item_id in run.planned if item_id not in finished]
    return Unfinished(
        lost=tuple(item_id for item_id in left if item_id not in unchecked),
        unchecked=sum(item_id in unchecked for item_id in left),
    )


@cache
def _environment() -> Environment:
    environment = Environment(
        loader=PackageLoader("gonogo.report"),
        autoescape=True,
        trim_blocks=True,
        lstrip_blocks=True,
        undefined=StrictUndefined,
        finalize=_shown,
    )
    environment.filters.update(
        anchor=anchor,
        moment=wording.moment,
        duration=wording.duration,
        size=wording.size,
        value=lambda text: cut(text, VALUE_LIMIT),
        brief=lambda text: cut(text, BRIEF_LIMIT),
    )
    environment.globals.update(
        state_mark=_state_mark,
        when=_when,
        states=wording.STATES,
        verdicts=wording.VERDICTS,
        kinds=wording.KINDS,
        counts_of=wording.counts,
        count=wording.count,
        exit_meaning=wording.exit_meaning,
        named_items=NAMED_ITEMS,
        told=message.told,
        with_unit=message.with_unit,
        blank_of=blank_of,
        settled_states=SETTLED,
    )
    return environment


def _style() -> str:
    # The text between the tags is what the policy's digest is over.
    return _environment().get_template("report.css").render()


@cache
def _state_mark(state: State) -> Markup:
    words = wording.STATES[state]
    mark = '<span class="state {}"><span aria-hidden="true">{}</span> {}</span>'
    return Markup(mark).format(words.tone, words.symbol, words.text)  # noqa: S704 - our own text


def _when(at: datetime) -> Markup:
    """Return a time for machines and for people."""
    tag = f'<time datetime="{rfc3339(at)}">{wording.moment(at)}</time>'
    return Markup(tag)  # noqa: S704 - digits only


def _shown(value: object) -> object:
    """Make every text of a template safe to show; markup of our own passes."""
    if isinstance(value, str) and not isinstance(value, Markup):
        return visible(value)
    return value
