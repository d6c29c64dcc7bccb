"""A small application on a local server, its rows, and a database that says the same."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread
from typing import Any
from urllib.parse import parse_qs, urlsplit

from gonogo.config_app import AppSection, SignInSection
from gonogo.config_contacts import ContactsSection, ListFilter, ListTab
from gonogo.probes.browser.signing_in import Account

PAGE = (Path(__file__).parent / "small_app.html").read_text(encoding="utf-8")
HERE = "/* broken here */"
ACCOUNT = Account(user="ada@example.org", password="right")
OTHERS = {"Access-Control-Allow-Origin": "*", "Access-Control-Allow-Headers": "*"}
"""Pages of another address may write here."""
KINDS = ("friend", "guest")

Person = Mapping[str, str]


def person(number: int, name: str, kind: str) -> Person:
    return {"id": str(number), "name": name, "email": f"p{number}@example.org", "kind": kind}


PEOPLE: tuple[Person, ...] = (
    person(1, "Ann O'Neill", "friend"),
    person(2, "Ben", "guest"),
    person(3, "Zoë 100%", "friend"),
    person(4, "李 Wei", "guest"),
)

APP = AppSection(
    url="http://127.0.0.1",
    home_heading="Know",
    error_boundary="[data-broken]",
    data_addresses="/rows",
    page_timeout_s=4.0,
    sign_in=SignInSection(path="/signin"),
)
LIST = ContactsSection(
    path="/people",
    link="People",
    heading="People",
    card=r"^Open (?P<name>.+)$",
    count=r"^(?P<count>\d+) people$",
    empty="Nobody found",
    search="Search people",
    filter_button="Filter people",
    clear_filters="Clear filters",
    tabs=(ListTab(name="All"), ListTab(name="Late", condition="late", empty="Nobody is late")),
    filters=(
        ListFilter(label="Kind", neutral="Any kind", values="kinds", condition="kind={value}"),
    ),
    page_size=3,
    next_page="Next",
    rows="rows where {condition} by {order}",
    order="id",
    search_condition="text={text}",
    search_samples="samples",
    detail_path="/people/{id}",
    detail_texts="texts of {id}",
    detail_samples="hard",
    back="Back to people",
)


def chosen(people: Sequence[Person], *, tab: str, text: str, kind: str) -> list[Person]:
    if tab == "late":
        return []
    found = [each for each in people if text.lower() in f"{each['name']} {each['email']}".lower()]
    return [each for each in found if kind in {"", "Any kind", each["kind"]}]


OTHER_ROWS = """const asked = window.fetch;
window.fetch = (url, init) => asked(String(url).replace(%s, %s), init);"""


def instead(pattern: str, text: str) -> str:
    """Return the script with which the page asks for other rows than it was told to."""
    return OTHER_ROWS % (pattern, f'"{text}"')


@dataclass(frozen=True, kw_only=True)
class Answer:
    columns: tuple[str, ...] = ()
    rows: tuple[tuple[Any, ...], ...] = ()


@dataclass
class Database:
    """Takes the place of the reader: it understands the words of ``LIST``."""

    people: Sequence[Person] = PEOPLE
    where: str = "the small database"

    @contextmanager
    def session(self) -> Iterator[None]:
        yield

    def rows(self, query: str) -> Answer:
        if query == "kinds":
            return Answer(rows=tuple((kind, kind) for kind in KINDS))
        if query == "samples":
            return Answer(rows=(("p2@example.org",),))
        if query == "hard":
            return Answer(rows=(("3",), ("3",), ("99",)))
        if found := re.fullmatch(r"texts of '(\d+)'", query):
            return Answer(rows=tuple((e["email"], "", None) for e in self._of(id=found[1])))
        words = dict.fromkeys(("tab", "text", "kind"), "")
        words["tab"] = "late" if "where late" in query else ""
        for key, value in re.findall(r"(text|kind)= ?E?'((?:[^']|'')*)'", query):
            plain = value.replace("''", "'")
            words[key] = plain.replace("\\\\", "\\") if "E'" in query else plain
        return Answer(rows=tuple((e["id"], e["name"]) for e in chosen(self.people, **words)))

    def _of(self, **wanted: str) -> list[Person]:
        return [each for each in self.people if wanted.items() <= each.items()]


@dataclass
class SmallApp:
    """The server: ``broken`` is script before the page draws, ``headers`` go with every page."""

    address: str = ""
    people: Sequence[Person] = PEOPLE
    broken: str = ""
    status: int = 200
    status_of: dict[str, int] = field(default_factory=dict)
    """What a path that is written to answers."""
    headers: dict[str, str] = field(default_factory=dict)
    written: list[str] = field(default_factory=list)

    def reset(self) -> None:
        self.people, self.broken, self.status = PEOPLE, "", 200
        self.headers, self.written, self.status_of = {}, [], {}

    def told(self, path: str, query: Mapping[str, str]) -> object:
        if path == "/kinds":
            return KINDS
        if "id" in query:
            return [each for each in self.people if each["id"] == query["id"]]
        words = {key: query.get(key, "") for key in ("tab", "text", "kind")}
        return chosen(self.people, **words)


def handler_of(app: SmallApp) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            parts = urlsplit(self.path)
            query = {key: values[-1] for key, values in parse_qs(parts.query).items()}
            if parts.path in {"/rows", "/kinds"}:
                self.answer(200, json.dumps(app.told(parts.path, query)), "application/json")
            elif "." in parts.path or parts.path.startswith("/api/"):
                self.answer(404, "none", "text/plain")
            else:
                page = PAGE.replace(HERE, app.broken)
                self.answer(app.status, page, "text/html; charset=utf-8", app.headers)

        def do_OPTIONS(self) -> None:
            self.answer(204, "", "text/plain", OTHERS)

        def do_POST(self) -> None:
            sent = self.rfile.read(int(self.headers.get("Content-Length", 0))).decode()
            app.written.append(self.path)
            parts = urlsplit(self.path)
            if parts.path == "/rows/search":
                query = {key: values[-1] for key, values in parse_qs(parts.query).items()}
                self.answer(200, json.dumps(app.told("/rows", query)), "application/json")
                return
            refused = self.path == "/session" and "right" not in sent
            status = app.status_of.get(self.path, 200 if refused else 204)
            self.answer(status, "", "text/plain", OTHERS)

        def answer(
            self, status: int, text: str, kind: str, headers: Mapping[str, str] | None = None
        ) -> None:
            body = text.encode()
            self.send_response(status)
            for name, value in {"Content-Type": kind, **(headers or {})}.items():
                self.send_header(name, value)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            with suppress(ConnectionError):
                self.wfile.write(body if status != 204 else b"")

        def log_message(self, *args: object) -> None: ...

    return Handler


@contextmanager
def small_app() -> Iterator[SmallApp]:
    app = SmallApp()
    server = ThreadingHTTPServer(("127.0.0.1", 0), handler_of(app))
    server.daemon_threads = True
    app.address = f"http://127.0.0.1:{server.server_address[1]}"
    thread = Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True)
    thread.start()
    try:
        yield app
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
