"""An env file's values with nothing real left in them, for copies of a repository. Pure."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from urllib.parse import urlsplit, urlunsplit

from gonogo.project_identity import LOOPBACK_HOSTS

PROJECT = "gonogocopy"
"""A Supabase project that cannot exist: real ones have twenty letters."""
HOST = "gonogo-copy.invalid"
"""A host that cannot exist (RFC 2606)."""
SHORTEST_SECRET = 12
"""Shorter values of secret-sounding names are mostly words, such as "enabled"."""
ADDRESSEE = f"nobody@{HOST}"

_SECRET_NAME = re.compile(
    r"KEY|TOKEN|SECRET|PASS|PWD|DSN|CREDENTIAL|WEBHOOK|AUTH|SALT|SIGNATURE", re.IGNORECASE
)
_ADDRESS = re.compile(r"^[A-Za-z][A-Za-z0-9+.-]*://")
_HOST_NAME = re.compile(r"^[A-Za-z0-9-]+(\.[A-Za-z0-9-]+)*\.[A-Za-z]{2,}$|^\d+\.\d+\.\d+\.\d+$")
_SUPABASE = re.compile(r"\.supabase\.(?:co|com|in)$")


def made_up_values(
    values: Mapping[str, str], *, refs: Iterable[str], password: str
) -> dict[str, str]:
    """Return *values* with every secret, host and project replaced; flags and numbers stay.

    *refs* are the real projects; *password* stands in for every secret.
    """
    return {
        name: _made_up(name, value, tuple(refs), password) if value else value
        for name, value in values.items()
    }


def _made_up(name: str, value: str, refs: tuple[str, ...], password: str) -> str:
    if _ADDRESS.match(value):
        return _address(value, refs, password)
    if _SECRET_NAME.search(name):
        return password
    if "@" in value:
        return ADDRESSEE
    if _HOST_NAME.match(value):
        return _host(value, refs)
    return _without_refs(value, refs)


def _address(value: str, refs: tuple[str, ...], password: str) -> str:
    """Return an address of the same form that leads nowhere; its query is left out."""
    try:
        parts = urlsplit(value)
        port = parts.port
    except ValueError:
        return f"https://{HOST}"
    host = _host(parts.hostname or "", refs)
    place = f"{host}:{port}" if port else host
    if parts.username:
        user = _without_refs(parts.username, refs)
        place = f"{user}:{password}@{place}" if parts.password else f"{user}@{place}"
    is_database = parts.scheme.startswith("postgres")
    return urlunsplit((parts.scheme, place, parts.path if is_database else "", "", ""))


def _host(host: str, refs: tuple[str, ...]) -> str:
    if host in LOOPBACK_HOSTS:
        return host
    if not _SUPABASE.search(host.lower()):
        return HOST
    if host.endswith(".pooler.supabase.com"):
        return host  # it serves every project; the user names which
    known = _without_refs(host, refs)
    if known != host:
        return known
    return re.sub(r"^(db\.)?[^.]+", rf"\g<1>{PROJECT}", host)


def _without_refs(text: str, refs: tuple[str, ...]) -> str:
    for ref in refs:
        text = text.replace(ref, PROJECT) if ref else text
    return text


def secret_values(values: Mapping[str, str]) -> tuple[str, ...]:
    """Return the values that are secrets by their names, short words apart."""
    return tuple(
        value
        for name, value in values.items()
        if len(value) >= SHORTEST_SECRET and _SECRET_NAME.search(name) and not _ADDRESS.match(value)
    )
