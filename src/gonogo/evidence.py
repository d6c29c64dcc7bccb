"""What a check saw: each look becomes an observation in the journal as it happens."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import asdict
from typing import ParamSpec, Protocol, TypeVar

from gonogo.clock import Clock
from gonogo.comparison import Comparison
from gonogo.errors import GonogoError
from gonogo.journal import Redaction
from gonogo.records import Attachment

P = ParamSpec("P")
T = TypeVar("T")

SHOWN_CHARACTERS = 1500
LOG_LINE_CHARACTERS = 1000
LOG_NAME = "console and network.txt"


class Journal(Protocol):
    """Where records go."""

    def append(self, kind: str, **fields: object) -> None:
        """Append one record."""
        ...


class Keeper(Protocol):
    """Where attachments go; it redacts what it keeps."""

    def attach(self, data: bytes, *, name: str, media_type: str) -> Attachment:
        """Keep *data* and return how to refer to it."""
        ...


class Log(Protocol):
    """What a window's console and network said."""

    @property
    def window(self) -> str:
        """The window's name."""
        ...

    @property
    def lines(self) -> Sequence[str]:
        """One line for each event; none where nothing was heard."""
        ...


class Evidence:
    """The evidence of one item: probes are called through it, so that no look goes unrecorded."""

    def __init__(
        self,
        item_id: str,
        *,
        journal: Journal,
        keeper: Keeper,
        redaction: Redaction,
        clock: Clock,
    ) -> None:
        self.item_id = item_id
        self._journal = journal
        self._keeper = keeper
        self._redaction = redaction
        self._clock = clock
        self._attachments: list[Attachment] = []
        self.windows: list[str] = []
        """Names of the browser windows whose logs were kept."""
        self.looks = 0
        """How many observations were recorded."""

    def observe(self, subject: str, probe: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
        """Call *probe*, record what it found or why it could not look, and return its value."""
        start_s = self._clock.monotonic_s()
        source = _source(probe, args, kwargs)
        try:
            value = probe(*args, **kwargs)
        except Exception as error:
            said = str(error) if isinstance(error, GonogoError) else repr(error)
            self.record(
                subject,
                found=f"could not look: {said}",
                source=source,
                duration_s=self._clock.monotonic_s() - start_s,
            )
            raise
        elapsed_s = self._clock.monotonic_s() - start_s
        expected, found = _sides(value)
        self.record(subject, expected=expected, found=found, source=source, duration_s=elapsed_s)
        return value

    def record(  # noqa: PLR0913 - the parts of an observation
        self,
        subject: str,
        *,
        found: object,
        expected: object = "",
        unit: str = "",
        source: str = "",
        duration_s: float = 0.0,
        blank: str = "",
        trace: str = "",
    ) -> None:
        """Record something already seen, with the attachments kept since the last record.

        *trace* is the place of a browser's trace, seen from the folder of all reports.
        """
        self._journal.append(
            "observation",
            item=self.item_id,
            subject=subject,
            expected=self._shown(expected),
            found=self._shown(found),
            unit=unit,
            source=source,
            duration_s=round(duration_s, 6),
            blank=blank,
            attachments=[asdict(a) for a in self._attachments],
            **({"trace": trace} if trace else {}),
        )
        self._attachments.clear()
        self.looks += 1

    def fill(self, blank: str, *, unit: str = "", source: str = "") -> None:
        """Fill the item's blank in the checklist with a measured value."""
        self.record("value for the checklist", found=blank, unit=unit, source=source, blank=blank)

    def attach(self, data: bytes, *, name: str, media_type: str = "text/plain") -> Attachment:
        """Keep a file for the next observation."""
        attachment = self._keeper.attach(data, name=name, media_type=media_type)
        self._attachments.append(attachment)
        return attachment

    def attach_log(self, log: Log) -> None:
        """Keep what a window's console and network said for the next observation, once."""
        if not log.lines or log.window in self.windows:
            return
        self.windows.append(log.window)
        # Before it is cut: nobody would know half of a secret for one.
        masked = self._redaction.text("\n".join(log.lines)).split("\n")
        text = "\n".join(_cut(line, LOG_LINE_CHARACTERS) for line in masked)
        self.attach(f"{text}\n".encode(errors="replace"), name=LOG_NAME)

    def _shown(self, value: object) -> str:
        # Before it is cut: nobody would know half of a secret for one.
        text = self._redaction.text(in_words(value))
        whole = self._redaction.text(value.told()) if isinstance(value, Comparison) else text
        if len(whole) <= SHOWN_CHARACTERS and whole == text:
            return text
        self.attach(whole.encode(errors="replace"), name="in-full.txt")
        return _cut(text, SHOWN_CHARACTERS)


def _cut(text: str, characters: int) -> str:
    if len(text) <= characters:
        return text
    return f"{text[:characters]}… ({len(text)} characters in all)"


def _sides(value: object) -> tuple[str, object]:
    if isinstance(value, Comparison):
        return value.expected, value
    return "", value


def _source(probe: object, args: Collection[object], kwargs: Mapping[str, object]) -> str:
    """Return the place that was looked at; where none is known, the probe's name with ``()``."""
    named = kwargs.get("source")
    looked_at = (getattr(probe, "__self__", None), *args, *kwargs.values())
    places = (getattr(each, "where", "") for each in looked_at)
    known = [place for place in (named, *places) if isinstance(place, str) and place]
    return known[0] if known else f"{getattr(probe, '__qualname__', type(probe).__name__)}()"


def in_words(value: object) -> str:
    """Return *value* as a person reads it: without Python's brackets, quotes and names."""
    if value is None:
        return "nothing"
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, Mapping):
        return _listed([f"{in_words(name)}: {in_words(each)}" for name, each in value.items()])
    if isinstance(value, set | frozenset):
        return _listed(sorted(map(in_words, value)))
    if isinstance(value, list | tuple):
        return _listed([in_words(each) for each in value])
    return str(value)


def _listed(texts: list[str]) -> str:
    """Return short texts on one line, texts of several lines each on its own."""
    return ("\n" if any("\n" in text for text in texts) else ", ").join(texts) or "nothing"
