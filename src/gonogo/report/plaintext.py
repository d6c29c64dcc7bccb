"""Text from anywhere made safe to show: control characters are seen, never obeyed."""

from __future__ import annotations

import re

_TERMINAL_CODE = re.compile(
    r"\x1b(?:\[[0-?]*[ -/]*[@-~]"  # colours and cursor movements
    r"|\][^\x07\x1b]*(?:\x07|\x1b\\)"  # titles and links
    r"|[@-Z\\-_])"
)
_LINE_END = re.compile(r"\r\n?")
# Control characters, text-direction overrides (they can make a line read as another one), halves
# of surrogate pairs and what XML 1.0 forbids. Tab and line feed stay.
_UNSAFE = re.compile(
    "[\x00-\x08\x0b-\x1f\x7f-\x9f\u200e\u200f\u202a-\u202e\u2066-\u2069\ud800-\udfff\ufffe\uffff]"
)


def visible(text: str) -> str:
    """Return *text* with terminal codes removed and other control characters shown by name."""
    if "\x1b" in text:
        text = _TERMINAL_CODE.sub("", text)
    if "\r" in text:
        text = _LINE_END.sub("\n", text)
    return _UNSAFE.sub(_name, text) if _UNSAFE.search(text) else text


def one_line(text: str) -> str:
    """Return *text* made safe and folded onto one line."""
    return " ".join(visible(text).split())


def cut(text: str, limit: int) -> str:
    """Return at most *limit* characters of *text*, saying how many are left out."""
    left = len(text) - limit
    return text if left <= 0 else f"{text[:limit]}… ({left:,} more characters in the dossier)"


def _name(match: re.Match[str]) -> str:
    return f"⟨U+{ord(match[0]):04X}⟩"
