"""Which items a run answers for: ``-m`` over the checklist, or the named items (design §3)."""

from __future__ import annotations

from dataclasses import dataclass

import pytest
from _pytest.mark.expression import Expression

from gonogo.checklist import Checklist, Item


@dataclass(frozen=True, kw_only=True)
class Scope:
    """The items a run answers for; ``ids`` is None until a partial run has collected."""

    label: str
    partial: bool
    ids: tuple[str, ...] | None
    phases: frozenset[str]


def scope_of(config: pytest.Config, checklist: Checklist) -> Scope:
    """Return the scope of the command line: an item without a test is in it all the same."""
    marks: str = config.option.markexpr
    keyword: str = config.option.keyword
    paths = config.args if config.args_source is pytest.Config.ArgsSource.ARGS else []
    chosen = [item for item in checklist.items if _matches(item, marks)]
    phases = frozenset(item.phase for item in chosen)
    if keyword or paths:
        named = " ".join([*(f"-k {keyword!r}" for _ in [1] if keyword), *paths])
        label = f"{marks + ', ' if marks else ''}{named}"
        return Scope(label=label, partial=True, ids=None, phases=phases)
    return Scope(
        label=marks or "whole checklist",
        partial=False,
        ids=tuple(item.id for item in chosen),
        phases=phases,
    )


def _matches(item: Item, expression: str) -> bool:
    if not expression:
        return True

    def matcher(name: str, /, **_parameters: str | int | bool | None) -> bool:
        return name in item.markers

    return Expression.compile(expression).evaluate(matcher)
