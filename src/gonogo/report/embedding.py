"""Attachments as they stand inside a page: pictures as data, texts as lines, the rest by name."""

from __future__ import annotations

import base64
import hashlib
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from gonogo.report.plaintext import cut, visible

if TYPE_CHECKING:
    from collections.abc import Callable

    from gonogo.records import Attachment

PICTURE_LIMIT_BYTES = 1_000_000
PAGE_LIMIT_BYTES = 24_000_000
TEXT_LINES = 200
TEXT_LINE_CHARACTERS = 400

_PICTURES = {
    "image/png": lambda data: data.startswith(b"\x89PNG\r\n\x1a\n"),
    "image/jpeg": lambda data: data.startswith(b"\xff\xd8\xff"),
    "image/webp": lambda data: data[:4] == b"RIFF" and data[8:12] == b"WEBP",
}
_TEXT_TYPES = frozenset({"application/json", "application/xml", "application/sql"})


@dataclass(frozen=True, kw_only=True)
class Embedded:
    """One attachment as a page shows it: a picture, a text, a link to it, or only a note."""

    attachment: Attachment
    anchor: str
    picture: str = ""
    text: str = ""
    note: str = ""
    repeated: bool = False


@dataclass
class Embedder:
    """Embeds each file once a page and keeps the page within its limit.

    *read* returns the bytes kept under a sha256, or None when the dossier lacks them.
    """

    read: Callable[[str], bytes | None]
    _used_bytes: int = 0
    _seen: dict[str, Embedded] = field(default_factory=dict)

    def embed(self, attachment: Attachment) -> Embedded:
        """Return how *attachment* is shown here; the second time it is a link to the first."""
        first = self._seen.get(attachment.sha256)
        if first is not None:
            return Embedded(attachment=attachment, anchor=first.anchor, repeated=True)
        shown = self._first(attachment, f"file-{attachment.sha256[:16]}")
        self._seen[attachment.sha256] = shown
        return shown

    def _first(self, attachment: Attachment, anchor: str) -> Embedded:
        kind = attachment.media_type.partition(";")[0].strip().lower()
        is_text = (
            kind.startswith("text/") or kind in _TEXT_TYPES or kind.endswith(("+json", "+xml"))
        )
        if kind not in _PICTURES and not is_text:
            return Embedded(attachment=attachment, anchor=anchor, note="kept in the dossier")
        data = self.read(attachment.sha256)
        if data is None:
            note = "missing from the dossier"
        elif hashlib.sha256(data).hexdigest() != attachment.sha256:
            note = "not shown: its bytes do not match its digest"
        elif is_text:
            text, note = _first_lines(data)
            return Embedded(attachment=attachment, anchor=anchor, text=text, note=note)
        elif not _PICTURES[kind](data):
            note = f"not shown: it is not {kind}"
        elif len(data) > PICTURE_LIMIT_BYTES or self._used_bytes + len(data) > PAGE_LIMIT_BYTES:
            note = "too large for this page, kept in the dossier"
        else:
            self._used_bytes += len(data)
            source = f"data:{kind};base64,{base64.b64encode(data).decode('ascii')}"
            return Embedded(attachment=attachment, anchor=anchor, picture=source)
        return Embedded(attachment=attachment, anchor=anchor, note=note)


def _first_lines(data: bytes) -> tuple[str, str]:
    # A log of gigabytes is not decoded whole for its first lines.
    head = data[: TEXT_LINES * TEXT_LINE_CHARACTERS * 4]
    lines = visible(head.decode("utf-8", errors="replace")).split("\n")
    shown = [cut(line, TEXT_LINE_CHARACTERS) for line in lines[:TEXT_LINES]]
    note = ""
    if len(lines) > TEXT_LINES or len(head) < len(data):
        total = data.count(b"\n") + (not data.endswith(b"\n"))
        note = f"the first {len(shown)} of {total:,} lines"
    return "\n".join(shown).rstrip("\n") or "(empty)", note
