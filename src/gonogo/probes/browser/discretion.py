"""What of a window's addresses and words may be written down, where they may be about somebody."""

from __future__ import annotations

import re
from dataclasses import dataclass
from urllib.parse import urlsplit

from gonogo.config_app import AppSection
from gonogo.config_contacts import ContactsSection

LONGEST = 10_000
"""Characters of one text. A longer one is not cut: nobody would know half of a secret for one."""
OF_THE_PROGRAM = frozenset({"script", "stylesheet", "font"})
"""Files whose names the application's makers gave, and nobody's data."""
OF_SUPABASE = re.compile(r"/(?:rest/v1(?:/rpc)?|auth/v1|functions/v1)/[A-Za-z_][\w-]*")
"""How paths of its interfaces begin: with a table's or a function's name, and no row's.
Source: supabase.com/docs/guides/api."""
WORD = re.compile(r"[A-Za-z_][\w-]*")
OF_AN_ERROR = re.compile(r"(?:Uncaught )?([A-Z][A-Za-z]{0,40}(?:Error|Exception))(?![\w-])")
"""The name of an error's class, as which nobody is called."""


@dataclass(frozen=True, kw_only=True)
class Discretion:
    """Says how addresses and words are written down; where they are not *private*, as they are.

    ``words`` are parts of paths that the application's makers chose, such as ``contacts``.
    """

    private: bool = False
    words: frozenset[str] = frozenset()

    def address(self, address: str, kind: str) -> str:
        """Return *address* of a resource of this *kind*, such as ``script`` or ``fetch``.

        What is private loses its query, its fragment, and what of its path is not known to be
        the makers' choice: a plain word may be a name.
        """
        try:
            parts = urlsplit(address)
        except ValueError:
            return f"an address of {len(address):,} characters that cannot be read"
        if parts.scheme in {"data", "blob"}:
            return f"{parts.scheme}:… ({len(address):,} characters)"
        if not self.private and len(address) <= LONGEST:
            return address
        place = f"{parts.scheme}://{parts.netloc}" if parts.scheme else ""
        path = parts.path if kind in OF_THE_PROGRAM else self._path(parts.path)
        return f"{place}{path}{'?…' if parts.query else ''}"

    def text(self, text: str, *, place: str = "", name: str = "") -> str:
        """Return what was said on a console; of what is private only an error's class and length.

        *place* is where it was said, as it may be written down; *name* that of an error's class,
        where *text* does not begin with it.
        """
        told = text
        if self.private:
            error = OF_AN_ERROR.match(name or text)
            known = f"{error[1]}, " if error else ""
            told = f"{known}{len(text):,} characters, which are not written down"
        elif len(text) > LONGEST:
            told = f"{len(text):,} characters, too many to be kept"
        return f"{told} ({place})" if place else told

    def _path(self, path: str) -> str:
        known = OF_SUPABASE.match(path)
        beginning = known[0] if known else ""
        rest = path.removeprefix(beginning).split("/")
        return beginning + "/".join(each if self._is_known(each) else "…" for each in rest)

    def _is_known(self, part: str) -> bool:
        return not part or part in self.words


def discretion(
    app: AppSection, contacts: ContactsSection | None = None, *, private: bool
) -> Discretion:
    """Return what may be written down of an application whose paths a target file names."""
    paths = [
        app.home_path,
        app.health_path,
        app.data_addresses,
        app.data.requests,
        *app.data.pages,
        app.sign_in.path,
    ]
    if contacts:
        paths += [contacts.path, re.sub(r"\{\w+\}", "", contacts.detail_path)]
    words = (word for path in paths for word in WORD.findall(path))
    return Discretion(private=private, words=frozenset(words))
