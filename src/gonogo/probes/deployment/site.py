"""What an address of the application serves, asked as a visitor's browser would."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urljoin

import httpx

from gonogo import __version__
from gonogo.comparison import Comparison, Difference
from gonogo.errors import CannotTell
from gonogo.probes.deployment.deployment_protection import (
    COOKIE_HEADER,
    PLATFORMS_OWN,
    Bypass,
    in_the_way,
    is_protection,
)
from gonogo.probes.deployment.page_files import local_files, scripts_named_in
from gonogo.secret import Secret

TIMEOUT_S = 15.0
MOST_FILES = 200
MISSING = "not served: "
AGENT = {"User-Agent": f"gonogo/{__version__}"}


@dataclass(frozen=True, kw_only=True)
class Page:
    """One answer: where it came from in the end, its status, type and content."""

    address: str
    status: int
    media_type: str
    content: bytes

    @property
    def text(self) -> str:
        """The content as text."""
        return self.content.decode("utf-8", "replace")

    @property
    def is_html(self) -> bool:
        """Whether it is a page."""
        return self.media_type == "text/html"


@dataclass(frozen=True, kw_only=True)
class ServedBuild:
    """The files that a page of the application loads, each by its path with its digest.

    What is not there, or is a page in place of a file, has words in place of the digest.
    """

    address: str
    files: Mapping[str, str]

    def __str__(self) -> str:
        """Read as the address and the names."""
        return f"{self.address}: {', '.join(sorted(self.files))}"


@dataclass(frozen=True, kw_only=True)
class Told:
    """What the application's own address for it says: its status, and the JSON it answers."""

    status: int
    said: Mapping[str, Any]

    def __str__(self) -> str:
        """Read as one line."""
        return f"HTTP {self.status}: {dict(self.said)}"

    def at(self, place: str) -> Any:  # noqa: ANN401 - any JSON
        """Return the value at a dotted *place*; None where there is none."""
        value: Any = self.said
        for name in place.split("."):
            value = value.get(name) if isinstance(value, Mapping) else None
        return value


@dataclass(frozen=True, kw_only=True)
class Site:
    """One address of the application; ``via`` is injected by tests.

    ``bypass`` passes the platform's protection of this address; it is sent to no other.
    """

    where: str
    timeout_s: float = TIMEOUT_S
    bypass: Secret | None = field(default=None, repr=False)
    via: httpx.BaseTransport | None = None

    def get(self, path: str = "/") -> Page:
        """Return what *path* answers in the end, whatever its status.

        Raises:
            CannotTell: there is no address, nothing answers there, or the platform's protection.
        """
        answer = self._ask(path)
        said = f"{answer.headers.get('Set-Cookie', '')}\n{answer.text}"
        if is_protection(
            asked=self.where, address=str(answer.url), status=answer.status_code, said=said
        ):
            raise in_the_way(self.where)
        kind = answer.headers.get("Content-Type", "").partition(";")[0].strip().lower()
        return Page(
            address=str(answer.url),
            status=answer.status_code,
            media_type=kind,
            content=answer.content,
        )

    def passes(self) -> dict[str, str]:
        """Return the cookies with which a browser passes the protection of this address.

        There are none without a secret, or where nothing is protected.

        Raises:
            CannotTell: nothing answers there.
        """
        if self.bypass is None:
            return {}
        answer = self._ask("/", headers={COOKIE_HEADER: "true"}, follow=False)
        # What the application sets for somebody who comes by is its own affair.
        own = (each for each in answer.cookies.jar if each.name.startswith(PLATFORMS_OWN))
        return {each.name: each.value for each in own if each.value}

    def _ask(
        self, path: str, *, headers: Mapping[str, str] | None = None, follow: bool = True
    ) -> httpx.Response:
        if not self.where:
            raise CannotTell(
                "the application's address is not known",
                expected="app.url, or a variable of the env file that app.url_variable names",
                found="nothing",
                do="set app.url in the target file",
            )
        bypass = Bypass(where=self.where, secret=self.bypass)
        address = f"{self.where}{path}"  # where no better one can be made of the two
        try:
            address = urljoin(f"{self.where}/", path)
            with httpx.Client(
                headers={**AGENT, **(headers or {})},
                timeout=self.timeout_s,
                transport=self.via,
                follow_redirects=follow,
                trust_env=False,
                # Of every request, also of those that a redirect leads to another address.
                event_hooks={"request": [bypass.identify]},
            ) as client:
                return client.get(address)
        except (httpx.HTTPError, httpx.InvalidURL, ValueError) as error:
            raise CannotTell(
                "the address does not answer",
                where=address,
                expected="an answer",
                found=f"{type(error).__name__}: {error}",
                do="open it in a browser; see whether the platform serves it at all",
            ) from error

    def told(self, path: str) -> Told:
        """Return the JSON that *path* answers; what is no JSON object is told as empty.

        Raises:
            CannotTell: nothing answers there.
        """
        page = self.get(path)
        return Told(status=page.status, said=_object(page))

    def all_told(self, paths: Sequence[str]) -> dict[str, Told]:
        """Return what each of *paths* tells, by path; an empty one is left out.

        Raises:
            CannotTell: nothing answers there.
        """
        return {path: self.told(path) for path in paths if path}

    def build(self) -> ServedBuild:
        """Return the files that the first page loads; of a server's own error, that it is one.

        Raises:
            CannotTell: nothing answers, or the page is none of an application.
        """
        first = self.get()
        if first.status >= httpx.codes.INTERNAL_SERVER_ERROR:
            return ServedBuild(address=first.address, files={"/": _digest(first)})
        names = _files_of(first)
        if first.status != httpx.codes.OK or not names:
            raise CannotTell(
                "the address serves no page of the application",
                where=first.address,
                expected="a page that loads scripts or style sheets of its own",
                found=f"HTTP {first.status}, {first.media_type or 'no type'}",
                do="open it in a browser; a deployment behind a sign-in of the platform's own"
                " has to be opened for this check",
            )
        return ServedBuild(
            address=first.address, files={name: _digest(self.get(name)) for name in names}
        )

    def scripts(self) -> dict[str, str]:
        """Return the text of every script that the first page leads to, by its path.

        Raises:
            CannotTell: there is none, or one of those that the page names is not there.
        """
        first = self.get()
        waiting = [name for name in _files_of(first) if name.endswith(".js")]
        named_by_page = frozenset(waiting)
        found: dict[str, str] = {}
        seen = set(waiting)
        while waiting and len(found) < MOST_FILES:
            name = waiting.pop()
            page = self.get(name)
            if page.status != httpx.codes.OK or page.is_html:
                if name in named_by_page:
                    raise _not_served(page, name)
                continue
            found[name] = page.text
            further = [each for each in scripts_named_in(page.text, name) if each not in seen]
            waiting += further
            seen.update(further)
        if not found:
            raise _not_served(first, "a script")
        return found


def same_build(public: ServedBuild, own: ServedBuild) -> Comparison:
    """Compare what an address serves with what the deployment itself does, file by file."""
    names = sorted({*public.files, *own.files})
    none = "no such file: the deployment has none"
    return Comparison(
        subject="files that the first page loads",
        checked=len(names),
        differences=tuple(
            Difference(
                subject=name,
                expected=own.files.get(name, none),
                found=public.files.get(name, "not loaded at the public address"),
            )
            for name in names
            if public.files.get(name) != own.files.get(name, none) or is_missing(own.files[name])
        ),
        do="see which deployment the address leads to; empty the cache in front of it, or promote"
        " again",
    )


def _files_of(page: Page) -> list[str]:
    return local_files(page.address, page.text) if page.is_html else []


def _object(page: Page) -> Mapping[str, Any]:
    try:
        said = httpx.Response(page.status, content=page.content).json()
    except ValueError:
        return {}
    return said if isinstance(said, dict) else {}


def _not_served(page: Page, name: str) -> CannotTell:
    return CannotTell(
        "a script of the application is not served",
        where=page.address,
        expected=f"{name}, with HTTP 200",
        found=f"HTTP {page.status}, {page.media_type or 'no type'}",
        do="open the address in a browser and read its network log",
    )


def is_missing(digest: str) -> bool:
    """Whether these words stand in place of a digest."""
    return digest.startswith(MISSING)


def _digest(page: Page) -> str:
    """Return the digest of a file; of what is none, the words that say so."""
    if page.status != httpx.codes.OK:
        return f"{MISSING}HTTP {page.status}"
    if page.is_html:
        return f"{MISSING}a page in its place"
    return f"sha256 {hashlib.sha256(page.content).hexdigest()[:16]}"
