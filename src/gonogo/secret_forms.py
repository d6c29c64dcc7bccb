"""How a secret looks once it is quoted, escaped or encoded. Pure functions."""

from __future__ import annotations

import base64
import html
import json
import re
from collections.abc import Callable, Iterable, Iterator
from itertools import groupby
from urllib.parse import quote, quote_plus

LONG_LINE = 12
"""A line of a secret with several lines is a secret of its own from this length on."""
_COMPONENT_SAFE = "!'()*~"  # what JavaScript's encodeURIComponent leaves as it is
_ADDRESS_SAFE = ";/?:@&=+$,#!'()*~"  # and what encodeURI leaves


def encoded_forms(value: str) -> set[str]:
    """Return *value* as it looks once quoted, escaped or encoded."""
    as_json = json.dumps(value)[1:-1]
    as_html = html.escape(value)
    forms = {
        value,
        value.replace("\n", "\r\n"),
        as_json,
        json.dumps(as_json)[1:-1],
        json.dumps(value, ensure_ascii=False)[1:-1],
        repr(value)[1:-1],
        as_html,
        as_html.replace("&#x27;", "&#39;").replace("&quot;", "&#34;"),
        value.replace("'", "''"),
        value.replace("'", "'\\''"),
        value.replace("\\", "\\\\").replace("'", "\\'"),
        value.encode().hex(),
        value.encode().hex().upper(),
        *(line.strip() for line in value.splitlines() if len(line.strip()) >= LONG_LINE),
    }
    for safe in ("", "/", _COMPONENT_SAFE, _ADDRESS_SAFE):
        forms |= {quote(value, safe=safe), quote_plus(value, safe=safe)}
    for encode in (base64.b64encode, base64.urlsafe_b64encode):
        forms |= set(_base64_cores(value.encode(), encode))
    return forms


def _base64_cores(data: bytes, encode: Callable[[bytes], bytes]) -> Iterator[str]:
    """Yield what every base64 text that holds *data* has in common, for each of 3 alignments."""
    for before in range(3):
        encoded = encode(b"\0" * before + data).decode()
        first = -(-before * 8 // 6)
        yield encoded[first : (before + len(data)) * 8 // 6]


def percent_tolerant(value: str) -> str:
    """Return an expression for *value* with any of its characters percent-encoded."""
    parts = []
    for character in value:
        encoded = "".join(f"%{byte:02x}" for byte in character.encode())
        plus = r"|\+" if character == " " else ""
        parts.append(f"(?:{re.escape(character)}|(?i:{encoded}){plus})")
    return "".join(parts)


def any_of(words: Iterable[str]) -> str:
    """Return an expression for one of *words*; by first letter, which is searched faster."""
    return "|".join(
        f"{re.escape(first)}(?:{'|'.join(re.escape(word[1:]) for word in group)})"
        for first, group in groupby(sorted(words), key=lambda word: word[0])
    )
