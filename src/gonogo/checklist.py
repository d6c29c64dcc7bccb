"""Read a checklist document into data. Pure: takes text, touches no file."""

from __future__ import annotations

import hashlib

from gonogo.checklist_document import Line, LineKind, read, strip_ids
from gonogo.checklist_items import (
    MILESTONES,
    PHASES,
    Checklist,
    Counts,
    Field,
    Group,
    Item,
    Kind,
    Section,
    Signature,
)
from gonogo.checklist_reader import Reader

__all__ = [
    "MILESTONES",
    "PHASES",
    "Checklist",
    "Counts",
    "Field",
    "Group",
    "Item",
    "Kind",
    "Section",
    "Signature",
    "parse",
    "strip_ids",
]


def parse(text: str, *, path: str) -> Checklist:
    """Return the checklist that ``text`` declares; ``path`` only names it in messages.

    Raises ChecklistError, with path and line, for whatever would leave a box, a metric row, a
    signature line or a blank without a known, unique id, and for a document without items.
    """
    lines = read(text, path=path)
    reader = Reader(path=path)
    for line in lines:
        reader.take(line)
    reader.refuse_loose_ends()
    return Checklist(
        path=path,
        sha256=hashlib.sha256(text.encode()).hexdigest(),
        title=next((line.label for line in lines if line.level), ""),
        items=tuple(reader.items),
        groups=tuple(reader.groups.values()),
        sections=tuple(reader.sections.values()),
        signatures=reader.signatures(),
        fields=tuple(reader.fields),
        counts=_counts(lines, reader),
    )


def _counts(lines: tuple[Line, ...], reader: Reader) -> Counts:
    boxes = sum(line.kind is LineKind.BOX for line in lines)
    return Counts(
        boxes=boxes,
        groups=reader.group_boxes,
        leaves=boxes - reader.group_boxes,
        metric_rows=sum(line.kind is LineKind.METRIC_ROW for line in lines),
        blanks=sum(line.blanks for line in lines),
        blank_lines=sum(line.blanks > 0 for line in lines),
        choice_boxes=sum(len(line.choices) for line in lines),
        signatures=len(reader.signs),
    )
