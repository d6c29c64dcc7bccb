"""Which files a page of the application loads, and which scripts a script leads to."""

from __future__ import annotations

import re
from collections.abc import Iterator
from html.parser import HTMLParser
from urllib.parse import urldefrag, urljoin, urlsplit

_SCRIPT_NAME = re.compile(r"""["'`]((?:\./|/|[\w-]+/)?[\w./~-]*[\w~-]+\.js)["'`]""")


class _Files(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.names: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = dict(attrs)
        loads = {"stylesheet", "modulepreload"} & {*(given.get("rel") or "").split()}
        name = given.get("src") if tag == "script" else given.get("href") if loads else None
        if name:
            self.names.append(name)


def local_files(address: str, page: str) -> list[str]:
    """Return the paths of what the *page* at *address* loads from there, in their order."""
    parser = _Files()
    parser.feed(page)
    here = urlsplit(address)
    paths = []
    for name in parser.names:
        parts = urlsplit(urldefrag(urljoin(address, name)).url)
        if (parts.scheme, parts.netloc) == (here.scheme, here.netloc):
            paths.append(parts.path + (f"?{parts.query}" if parts.query else ""))
    return list(dict.fromkeys(paths))


def scripts_named_in(script: str, own_name: str) -> Iterator[str]:
    """Yield the paths of scripts that a script names: beside it, or from the root."""
    for match in _SCRIPT_NAME.finditer(script):
        name = match[1]
        beside = name.startswith(("./", "/")) or "/" not in name
        yield urljoin(own_name if beside else "/", name)
