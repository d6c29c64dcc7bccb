"""The one choke point: whatever is written or printed passes here first.

The rule for registered secrets: 6 characters or more are masked wherever they stand, in every
usual encoding. Shorter ones would mask ordinary words, so they are masked in context only: alone
on a line, as a password in an address, or after a key such as ``password=``.
"""

from __future__ import annotations

import hashlib
import hmac
import json
import re
import secrets as random_source
from collections.abc import Callable, Collection, Iterable, Sequence
from typing import TypeVar, cast
from urllib.parse import unquote, unquote_plus

from gonogo.secret import Secret
from gonogo.secret_forms import any_of, encoded_forms, percent_tolerant
from gonogo.sensitive_patterns import (
    EMAIL_PATTERNS,
    MASK,
    ROW_DATA_PATTERNS,
    SECRET_PATTERNS,
    SENSITIVE_KEY,
    SQL_PATTERNS,
    SensitivePattern,
    mask_keyed_literals,
)

__all__ = ["MASK", "SHORTEST_SECRET", "Redactor", "Secret"]

T = TypeVar("T")
SHORTEST_SECRET = 6
SHORTEST_WRAPPED = 8
MOST_PASSES = 8
REMEMBERED_CHARACTERS = 64
REMEMBERED_TEXTS = 4096
HELD_CHARACTERS = 65_536
_LINE_BREAK = r"(?:\r?\n)?"
_SENSITIVE_KEY = re.compile(SENSITIVE_KEY + r"\Z", re.IGNORECASE)
# What may go on over line ends: where it begins, and what ends it.
_BLOCKS = (
    (
        re.compile(r"-----BEGIN [A-Z0-9 ]*PRIVATE KEY"),
        re.compile(r"-----END [A-Z0-9 ]*PRIVATE KEY"),
    ),
    (re.compile(r"[Kk]ey \([^\n]*?\)=\("), re.compile(r"\)(?:[ .]|\r?\n|\Z)")),
    (re.compile(r"row contains (?:\([^()\n]*\) = )?\("), re.compile(r"\)\.?(?:\r?\n|\Z)")),
)


class Redactor:
    """Masks registered secrets in every usual encoding, and what looks like one.

    With *personal_data*, e-mail addresses are masked too. *salt* makes ``row_key_hash`` comparable
    within one dossier; without one it is random. Masking twice changes nothing more.
    """

    def __init__(
        self,
        secrets: Iterable[Secret] = (),
        *,
        personal_data: bool = False,
        salt: bytes | None = None,
    ) -> None:
        self.personal_data = personal_data
        self._salt = salt if salt is not None else random_source.token_bytes(16)
        self._patterns = SECRET_PATTERNS + ROW_DATA_PATTERNS
        self._sql_patterns = SQL_PATTERNS
        if personal_data:
            self._patterns += EMAIL_PATTERNS
            self._sql_patterns += EMAIL_PATTERNS
        words = {word for pattern in self._patterns for word in pattern.needs}
        self._trigger = re.compile(any_of(words))
        self._clean: set[str] = set()  # short texts, such as keys, that were seen to hold nothing
        self._secrets: dict[str, None] = {}
        self._forms: dict[str, str] = {}  # an encoded form of a secret → its expression
        self._short: list[re.Pattern[str]] = []
        self._short_literals: list[re.Pattern[str]] = []
        for secret in secrets:
            self.add(secret)

    def add(self, secret: Secret) -> None:
        """Register *secret*; see the module's rule for short ones. Blank ones are ignored."""
        for value in {secret.reveal(), secret.reveal().strip()}:
            if not value.strip() or value in self._secrets or set(value) <= set(MASK):
                continue
            self._secrets[value] = None
            if len(value) < SHORTEST_SECRET:
                alone = rf"^([ \t\"']*){re.escape(value)}(?=[ \t\"']*\r?$)"
                self._short.append(re.compile(alone, re.MULTILINE))
                self._short_literals.append(re.compile(rf"('){re.escape(value)}(?=')"))
            else:
                self._forms |= dict.fromkeys(encoded_forms(value), "")
        self._clean.clear()
        self._forms = dict.fromkeys(sorted(self._forms, key=len, reverse=True), "")

    @property
    def secrets(self) -> tuple[Secret, ...]:
        """What was registered, to be handed to another process's redactor."""
        return tuple(map(Secret, self._secrets))

    def text(self, text: str) -> str:
        """Return *text* with every secret masked."""
        if text in self._clean:
            return text
        original = text
        text = _until_settled(self._once, text)
        if text == original and len(text) <= REMEMBERED_CHARACTERS:
            if len(self._clean) >= REMEMBERED_TEXTS:
                self._clean.clear()
            self._clean.add(text)
        return text

    def ddl(self, sql: str) -> str:
        """Return SQL definitions masked so that they still are statements.

        Registered secrets go wherever they stand, short ones where they are a whole literal; what
        only looks like a secret goes out of literals and comments.
        """
        return _until_settled(self._once_as_sql, sql)

    def tree(self, value: T) -> T:
        """Return a copy of dicts, lists, tuples and sets with every text, key and value, masked."""
        return cast("T", self._tree(value))

    def data(self, data: bytes) -> bytes:
        """Return text-like *data* masked; in binary data only registered secrets are masked."""
        text = data.decode("utf-8", "surrogateescape")
        masked = self._registered(text, self._short) if "\0" in text else self.text(text)
        return data if masked == text else masked.encode("utf-8", "surrogateescape")

    def json_data(self, data: bytes, *, sql: Collection[str] = ()) -> bytes:
        """Return JSON *data* masked text by text: a mask over its syntax would leave none.

        The members named in *sql* hold SQL definitions, see `ddl`.

        Raises:
            ValueError: it is no JSON.
        """
        loaded, as_sql = json.loads(data), {}
        if isinstance(loaded, dict):
            as_sql = {name: _each(self.ddl, loaded.pop(name)) for name in sql if name in loaded}
        masked = self.tree(loaded)
        return json.dumps({**masked, **as_sql} if as_sql else masked, ensure_ascii=False).encode()

    def row_key_hash(self, value: object) -> str:
        """Return 12 hexadecimal digits that stand for *value* within one dossier (HMAC-SHA-256)."""
        return hmac.new(self._salt, str(value).encode(), hashlib.sha256).hexdigest()[:12]

    def github_masks(self) -> list[str]:
        """Return the lines by which GitHub Actions masks the registered secrets in its own log."""
        lines = {line for value in self._secrets for line in value.splitlines()}
        usable = sorted(line for line in lines if len(line.strip()) >= SHORTEST_SECRET)
        return [f"::add-mask::{line.replace('%', '%25')}" for line in usable]

    def settled(self, text: str, *, longest_line: int = HELD_CHARACTERS) -> int:
        """Return how much of *text*, in whole lines, may be masked without its continuation.

        What follows may be the first half of a secret. A line longer than *longest_line* is cut
        where no secret stands.
        """
        place = text.rfind("\n") + 1
        while place:
            begun = _open_block(text, place)
            if begun is None and not self._goes_on(text, place):
                return place
            place = text.rfind("\n", 0, place - 1 if begun is None else begun) + 1
        if len(text) < longest_line:
            return 0
        return next(at for at in range(len(text), -1, -1) if not at or not self._goes_on(text, at))

    def _goes_on(self, text: str, place: int) -> bool:
        """Return whether a registered secret may reach over *place*, seen without line ends."""
        reach = 2 * max(map(len, self._forms), default=0)
        before = _flat(text[max(0, place - reach) : place])
        after = _flat(text[place : place + reach])
        for form in map(_flat, self._forms):
            for size in range(min(len(form) - 1, len(before)), 0, -1):
                known = form[size : size + len(after)]
                if before.endswith(form[:size]) and after.startswith(known):
                    return True
        return False

    def _tree(self, value: object) -> object:  # noqa: PLR0911 - one for each kind of value
        match value:
            case str():
                return self.text(value)
            case Secret():
                return MASK
            case bytes():
                return self.data(value)
            case dict():
                return self._mapping(value)
            case list():
                return [self._tree(item) for item in value]
            case tuple() if hasattr(value, "_make"):
                return value._make(self._tree(item) for item in value)
            case tuple() | set() | frozenset():
                return type(value)(self._tree(item) for item in value)
            case _:
                return value

    def _mapping(self, mapping: dict[object, object]) -> dict[object, object]:
        masked: dict[object, object] = {}
        for key, value in mapping.items():
            name = self._tree(key)
            number = 1
            while name in masked:  # two keys that look alike once masked: lose neither
                number += 1
                name = f"{self._tree(key)} ({number})"
            hidden = isinstance(value, str) and isinstance(key, str) and _SENSITIVE_KEY.search(key)
            masked[name] = MASK if hidden and value else self._tree(value)
        return masked

    def _once(self, text: str) -> str:
        return self._matched(self._registered(text, self._short), self._patterns)

    def _once_as_sql(self, sql: str) -> str:
        masked = self._registered(sql, self._short_literals)
        return mask_keyed_literals(self._matched(masked, self._sql_patterns))

    def _matched(self, text: str, patterns: Sequence[SensitivePattern]) -> str:
        lowered = text.lower()
        if not self._trigger.search(lowered):
            return text
        for pattern in patterns:
            text = pattern.apply(text, lowered)
        return text

    def _registered(self, text: str, short: Sequence[re.Pattern[str]]) -> str:
        for alone in short:
            text = alone.sub(rf"\1{MASK}", text)
        found = [form for form in self._forms if form in text]
        if "\n" in text:
            flat = _flat(text)
            found += [
                form
                for form in self._forms
                if len(form) >= SHORTEST_WRAPPED and form in flat and form not in found
            ]
        if "%" in text:
            plain, plus = unquote(text), unquote_plus(text)
            for value in self._secrets:
                if len(value) >= SHORTEST_SECRET and (value in plain or value in plus):
                    text = re.sub(percent_tolerant(value), MASK, text)
        if not found:
            return text
        found.sort(key=len, reverse=True)
        return re.sub("|".join(map(self._expression, found)), MASK, text)

    def _expression(self, form: str) -> str:
        """Return the expression that finds *form*, also broken over line ends."""
        if not self._forms[form]:
            between = _LINE_BREAK if len(form) >= SHORTEST_WRAPPED else ""
            self._forms[form] = between.join(map(re.escape, form))
        return self._forms[form]


def _until_settled(mask: Callable[[str], str], text: str) -> str:
    """Mask again: what stood on both sides of a mask may form a secret."""
    for _ in range(MOST_PASSES):
        masked = mask(text)
        if masked == text:
            break
        text = masked
    return text


def _each(mask: Callable[[str], str], value: object) -> object:
    """Return JSON's *value* with every text, key and value, masked."""
    match value:
        case str():
            return mask(value)
        case dict():
            return {mask(key): _each(mask, each) for key, each in value.items()}
        case list():
            return [_each(mask, each) for each in value]
        case _:
            return value


def _flat(text: str) -> str:
    return text.replace("\r", "").replace("\n", "")


def _open_block(text: str, place: int) -> int | None:
    """Return where a block of several lines begins that is not closed before *place*."""
    for opening, closing in _BLOCKS:
        for begun in opening.finditer(text, max(0, place - HELD_CHARACTERS), place):
            if not closing.search(text, begun.end(), place):
                return begun.start()
    return None
