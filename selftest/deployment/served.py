"""A made-up application at two addresses, served without a network."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import httpx

from gonogo.probes.deployment.site import Site

PAGE = """<!doctype html><html><head>
<link rel="stylesheet" href="/assets/a.css"><link rel="icon" href="/favicon.svg">
<link rel="preload" as="fetch" href="/config.json">
<script type="module" src="./assets/index-1.js"></script>
<script src="https://elsewhere.test/x.js"></script>
</head></html>"""
FILES: Mapping[str, Any] = {
    "/": ("text/html; charset=utf-8", PAGE),
    "/assets/index-1.js": ("text/javascript", 'import("./part-2.js"); f("assets/part-3.js")'),
    "/assets/part-2.js": ("text/javascript", 'const url = "https://abc.supabase.co";'),
    "/assets/part-3.js": ("text/javascript", 'import "./gone-4.js"; import "./index-1.js"'),
    "/assets/a.css": ("text/css", "body{}"),
}


def site(changed: Mapping[str, Any] | None = None, *, where: str = "https://crm.test") -> Site:
    """Return a site with *changed* files: (type, text), a status, or None for one that is gone."""
    files = {**FILES, **(changed or {})}

    def answer(request: httpx.Request) -> httpx.Response:
        found = files.get(request.url.path)
        if isinstance(found, int):
            return httpx.Response(found)
        if isinstance(found, Exception):
            raise found
        if found is None:
            return httpx.Response(404, headers={"Content-Type": "text/html"}, text="not here")
        kind, text = found
        return httpx.Response(200, headers={"Content-Type": kind}, text=text)

    return Site(where=where, via=httpx.MockTransport(answer))
