"""Recognises a secret written out in a text that should only name it. Pure."""

from __future__ import annotations

import re
from collections.abc import Iterator

_KINDS = (
    ("a connection string with a password", re.compile(r"\w://[^/\s:@]*:[^@/\s]+@")),
    (
        "a connection string with a password",
        re.compile(r"\b(?:PGPASSWORD|password)\s*=\s*[^\s;&*$]", re.IGNORECASE),
    ),
    ("a signed token (JWT)", re.compile(r"\beyJ[\w-]{6,}\.[\w-]{6,}\.[\w-]*")),
    ("a private key", re.compile(r"-----BEGIN [A-Z ]*PRIVATE KEY-----")),
    (
        "a service's secret key",
        re.compile(
            r"\b(?:sb_secret_|sbp_|sk_(?:live|test)_|sk-|phx_|ghp_|github_pat_|glpat-|xox[abp]-"
            r"|AIza|AKIA|sntrys_|sntryu_)[\w-]{8,}"
        ),
    ),
)


def secret_kind(text: str) -> str:
    """Return what secret *text* seems to hold, in words, or "" when it seems to hold none."""
    return next((kind for kind, pattern in _KINDS if pattern.search(text)), "")


def find_secrets(tree: object, path: tuple[str, ...] = ()) -> Iterator[tuple[tuple[str, ...], str]]:
    """Yield path and kind of every text in nested mappings and lists that seems a secret."""
    if isinstance(tree, str):
        if kind := secret_kind(tree):
            yield path, kind
    elif isinstance(tree, dict):
        for key, value in tree.items():
            if kind := secret_kind(str(key)):
                yield path, kind
            yield from find_secrets(value, (*path, str(key)))
    elif isinstance(tree, list | tuple):
        for index, value in enumerate(tree):
            yield from find_secrets(value, (*path, str(index)))
