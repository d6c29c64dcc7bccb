"""A page that imports and synchronises, behind a real server; each test says how it behaves."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from typing import Any

from gonogo.config_import import BulkImportSection, SyncSection

PAGE = """<!doctype html><title>x</title><h1>{heading}</h1>
<p class="score">50</p><ul><li>a</li><li>é</li></ul>
<time datetime="2026-03-01T01:00:00Z">Feb 28</time>
<script>
const svc = {{ automatic: false, last: undefined,
  async ask(query) {{
    for (;;) {{
      const answer = await fetch('/api/list?' + query);
      if (answer.status !== 429) return answer.json();
      await new Promise((done) => setTimeout(done, 1000 * answer.headers.get('retry-after')));
    }}
  }},
  async run() {{
    console.info('[import] started');
    const page = await this.ask('offset=0');
    console.info('[import] ' + page.data.length + ' of ' + page.pagination.total);
    console.warn('a warning');
    return {{ success: true, imported: page.data.length, updated: 0, errors: 0 }};
  }},
  async sync() {{
    const page = await this.ask('modified_since=2026-01-01T00:00:00Z');
    this.last = page.data.length;
    console.info('[sync] completed');
  }},
}};
fetch('/config.json').then((answer) => answer.json()).then((config) => {{
  document.title = config.recorder.rate === 0 ? 'quiet' : 'loud';
  setInterval(() => svc.sync(), config.minutes * 60000);
  svc.automatic = true;
}});
{script}
window.svc = svc;
</script>"""
IMPORT = BulkImportSection(
    page="/settings",
    ready="() => window.svc !== undefined",
    call="() => window.svc.run()",
    progress=r"\[import\] (?P<done>\d+) of (?P<total>[\d,]+)",
    timeout_s=5.0,
)
SYNC = SyncSection(
    page="/list",
    automatic="() => window.svc?.automatic",
    settled="() => window.svc.last !== undefined",
    interval_minutes=15,
    since_parameter="modified_since",
    public_values={"recorder.rate": 0.0},
)
REQUESTS = "/api/list"


class PartnerApp:
    """What the server answers; *asked* are the paths it was asked for."""

    def __init__(self) -> None:
        self.address = ""
        self.asked: list[str] = []
        self.script = ""
        self.heading = "Ann"
        self.minutes = 15
        self.body: Any = {"data": [{"id": "p1"}], "pagination": {"total": 1}}

    def answer(self, path: str) -> tuple[str, bytes]:
        self.asked.append(path)
        if path.startswith("/config.json"):
            config = {"recorder": {"rate": 1}, "minutes": self.minutes}
            return "application/json", json.dumps(config).encode()
        if path.startswith(REQUESTS):
            raw = self.body if isinstance(self.body, bytes) else json.dumps(self.body).encode()
            return "application/json", raw
        return "text/html", PAGE.format(script=self.script, heading=self.heading).encode()


@contextmanager
def partner_app() -> Iterator[PartnerApp]:
    app = PartnerApp()

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            kind, body = app.answer(self.path)
            self.send_response(200)
            self.send_header("Content-Type", f"{kind}; charset=utf-8")
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: object) -> None:
            return

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        app.address = f"http://127.0.0.1:{server.server_address[1]}"
        thread = Thread(target=server.serve_forever, args=(0.02,))
        thread.start()
        try:
            yield app
        finally:
            server.shutdown()
            thread.join()
