"""Tell the lines of a Markdown checklist apart: headings, boxes, metric rows, blanks. Pure."""

from __future__ import annotations

import re
from dataclasses import dataclass
from enum import StrEnum

from gonogo.errors import ChecklistError

BLANK = re.compile(r"_{4,}")
_MARK = r"\[(?:\s*|[xX✓✔☑~-])\]"
# Within a line a box stands free, and a link such as [x](…) is no box.
_INNER_MARK = r"(?<![^\s|])\[[ xX✓✔☑]\](?![(\[:])"
_TICK = re.compile(_INNER_MARK)
_CHOICE = re.compile(_INNER_MARK + r"\s*(?P<words>[^\[|]*)")
_BULLET = r"(?:[-*+]|\d{1,9}[.)])"
_BOX = re.compile(rf"(?P<indent>\s*)(?P<bullet>{_BULLET})\s+{_MARK}(?P<words>(?:\s+\S.*)?)$")
_LIST_MARKER = re.compile(rf"^{_BULLET}\s+")
_HEADING = re.compile(r" {0,3}(?P<marks>#{1,6})\s+(?P<title>.*?)(?:\s+#+)?$")
_FENCE = re.compile(
    rf"(?P<indent>\s*(?:{_BULLET}\s+)?)(?P<marks>`{{3,}}(?=[^`]*$)|~{{3,}})(?P<info>.*)$"
)
_DELIMITER_ROW = re.compile(r"\|?\s*:?-+:?\s*(?:\|\s*:?-+:?\s*)*\|?$")
_CELL_BORDER = re.compile(r"(?<!\\)\|")
_COMMENT = re.compile(r" <!-- gonogo: (?P<body>(?:(?!--).)*?) -->")
_COMMENT_ATTEMPT = re.compile(r"<!--\s*gonogo\b", re.IGNORECASE)
_AFTER_COMMENT = re.compile(r"\s*\|?\s*$")
# What follows a blank up to a parenthesis is its unit: "____%", "____ per user".
_CUT_BLANK = re.compile(r":?\s*_{4,}[^(_|]*")
_CUT_CHOICES = re.compile(rf":?\s*(?:{_INNER_MARK}\s*[^\[|]*)+")
_EMPHASIS = re.compile(r"\*\*|`")


class LineKind(StrEnum):
    """What a line is to a checklist."""

    HEADING = "heading"
    BOX = "box"
    METRIC_ROW = "metric row"
    OTHER = "line"


@dataclass(frozen=True, kw_only=True)
class Line:
    """One line outside code blocks; ``text`` has no comment, no indentation and no ticks.

    ``label`` is ``text`` without list marker, box, blanks, choices and emphasis. ``level`` is that
    of a heading, else 0. ``comment`` is what stands after ``gonogo:``, empty where none does.
    """

    number: int
    kind: LineKind
    text: str
    label: str
    comment: str
    level: int
    blanks: int
    choices: tuple[str, ...]


def read(text: str, *, path: str) -> tuple[Line, ...]:
    """Return the non-empty lines outside code blocks, in order.

    Raises ChecklistError for a malformed comment and for a code block that is never closed, since
    boxes swallowed by one would be lost without a word.
    """
    raw = text.split("\n")
    openers, unclosed = _code_blocks(raw)
    lines: list[Line] = []
    in_metric_table = False
    header = ""
    for number, (line, opener) in enumerate(zip(raw, openers, strict=True), start=1):
        if opener:
            _refuse_swallowed_box(line, number, raw[opener - 1], opener, path)
            continue
        bare = line.strip()
        in_table = bare.startswith("|")
        if in_table and _DELIMITER_ROW.match(bare):
            in_metric_table = _cells(header)[:1] == ["metric"]
            continue
        in_metric_table = in_metric_table and in_table
        header = bare.casefold()
        if bare:
            lines.append(_line(line, number, path, metric_table=in_metric_table))
    if unclosed:
        raise _never_closed(path, unclosed, found="the end of the file")
    return tuple(lines)


def strip_ids(text: str) -> str:
    """Return the document without this project's comments, byte for byte as its author wrote it."""
    raw = text.split("\n")
    openers, _ = _code_blocks(raw)
    return "\n".join(
        line if opener else _COMMENT.sub("", line)
        for line, opener in zip(raw, openers, strict=True)
    )


def plain(text: str) -> str:
    """Return the text without emphasis marks."""
    return _EMPHASIS.sub("", text)


def pattern(text: str) -> re.Pattern[str]:
    """Match a line's plain text whatever its blanks and choice boxes have been filled with."""
    text, bullet = plain(text), ""
    if box := _BOX.match(text):
        text, bullet = box["words"].strip(), rf"{_BULLET} \[ \] "
    # A filled table cell may be padded otherwise than an empty one.
    literals = re.split(rf"_{{4,}}|(?:{_INNER_MARK}\s*[^\[|]*)+", text)
    return re.compile(bullet + ".*".join(_loose(part) for part in literals))


def _loose(literal: str) -> str:
    words = [re.escape(word) for word in literal.split()]
    before = r"\s*" if literal[:1].isspace() else ""
    after = r"\s*" if literal[-1:].isspace() else ""
    return before + r"\s+".join(words) + (after if words else "")


def _code_blocks(raw: list[str]) -> tuple[list[int], int]:
    """Return for each line the number of its code block's first line (0: none), and an open one."""
    openers: list[int] = []
    opener, marks = 0, ""
    for number, line in enumerate(raw, start=1):
        fence = _FENCE.match(line.rstrip("\r"))
        if not opener:
            if fence:
                opener, marks = number, fence["marks"]
            openers.append(opener)
            continue
        openers.append(opener)
        closes = fence and fence["marks"].startswith(marks) and not fence["info"].strip()
        if closes:
            opener = 0
    return openers, opener


def _refuse_swallowed_box(line: str, number: int, first: str, opener: int, path: str) -> None:
    """Refuse a box further left than its code block: the block was meant to end before it."""
    box, fence = _BOX.match(line), _FENCE.match(first)
    if box and fence and len(box["indent"]) < len(fence["indent"]):
        raise _never_closed(path, opener, found=f"a box at line {number}")


def _never_closed(path: str, opener: int, *, found: str) -> ChecklistError:
    return ChecklistError(
        "a code block is never closed",
        where=f"{path}:{opener}",
        expected="a closing fence",
        found=found,
        do="close the code block; boxes inside one are not boxes",
    )


def _line(raw: str, number: int, path: str, *, metric_table: bool) -> Line:
    text, comment = _cut_comment(raw.rstrip("\r"), number, path)
    kind, level = LineKind.OTHER, 0
    bare = text.strip()
    box, heading = _BOX.match(text), _HEADING.match(text)
    words = _LIST_MARKER.sub("", bare)
    if box:
        kind, words = LineKind.BOX, box["words"].strip()
    elif heading:
        kind, level, words = LineKind.HEADING, len(heading["marks"]), heading["title"]
    elif bare.startswith("|") and (metric_table or _CHOICE.search(bare)):
        kind = LineKind.METRIC_ROW
    choices = _CHOICE.findall(words) if "[" in words else ()
    return Line(
        number=number,
        kind=kind,
        text=_untick(f"{box['bullet']} [ ] {words}".rstrip() if box else bare),
        label=_row_label(words) if kind is LineKind.METRIC_ROW else _label(words),
        comment=comment,
        level=level,
        blanks=len(BLANK.findall(words)),
        choices=tuple(choice.strip() for choice in choices),
    )


def _cut_comment(text: str, number: int, path: str) -> tuple[str, str]:
    attempts = len(_COMMENT_ATTEMPT.findall(text)) if "<!--" in text else 0
    if not attempts:
        return text, ""
    comment = _COMMENT.search(text)
    well_formed = (
        attempts == 1
        and comment is not None
        and comment["body"] == comment["body"].strip() != ""
        and _AFTER_COMMENT.match(text, comment.end())
    )
    if comment is None or not well_formed:
        raise ChecklistError(
            "a comment of this checklist is malformed",
            where=f"{path}:{number}",
            expected="one ' <!-- gonogo: ID attribute=value -->' after a blank, last in its line",
            found=text[text.lower().find("<!--") :].strip(),
            do="correct the comment; in a table it stands before the last pipe",
        )
    return text[: comment.start()] + text[comment.end() :], comment["body"]


def _untick(text: str) -> str:
    return _TICK.sub("[ ]", text)


def _label(words: str) -> str:
    kept = _CUT_CHOICES.sub(" ", plain(words)) if "[" in words else plain(words)
    return " ".join(_CUT_BLANK.sub(" ", kept).split())


def _row_label(row: str) -> str:
    """Join the cells that are neither blank nor choice: the metric and its target."""
    kept = [c for c in _cells(row) if not BLANK.search(c) and not _CHOICE.search(c)]
    return " ".join(_label(cell) for cell in kept)


def _cells(row: str) -> list[str]:
    return [cell.strip() for cell in _CELL_BORDER.split(row.strip().strip("|"))]
