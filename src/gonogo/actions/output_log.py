"""A script's output on its way from the terminal to a file: decoded, cleaned, redacted."""

from __future__ import annotations

import codecs
import re
from typing import IO

from gonogo.redaction import Redactor

LARGEST_LOG_BYTES = 64 * 1024 * 1024
LONGEST_LINE_CHARACTERS = 65_536
REMEMBERED_CHARACTERS = 16_384
FORGOTTEN_CHARACTERS = 2_048
# ECMA-48 control sequences (colours, cursor), operating system commands, single escapes.
_ESCAPES = re.compile(
    r"\x1b(?:\[[0-?]*[ -/]*[@-~]|[\]PX^_][^\x07\x1b]*(?:\x07|\x1b\\)|[ -/]*(?![\[\]PX^_])[0-~])"
)
_CONTROLS = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f]")


class OutputLog:
    r"""Writes whole redacted lines as they come, and remembers the last ones for questions.

    Bytes that are no UTF-8 appear as ``\xNN``. Terminal control sequences are dropped, a lone
    carriage return (a progress bar) begins a new line. Text that may be half of a secret waits for
    the rest. After ``largest_bytes`` only the end is kept, and the log says what was left out. A
    file that cannot be written must not end a migration: ``problem`` says why, the script goes on.
    """

    def __init__(
        self, file: IO[str], redactor: Redactor, *, largest_bytes: int = LARGEST_LOG_BYTES
    ) -> None:
        self._file = file
        self._redactor = redactor
        self._largest_bytes = largest_bytes
        self._decoder = codecs.getincrementaldecoder("utf-8")("backslashreplace")
        self._raw = ""  # ends inside an escape sequence or with a carriage return
        self._pending = ""  # not yet written
        self._written_bytes = 0
        self._left_out_bytes = 0
        self._since_answer = ""
        self.problem = ""

    @property
    def since_answer(self) -> str:
        """What was printed since the last answer: its end, unredacted, for matching only."""
        return self._since_answer

    def feed(self, data: bytes) -> None:
        """Take what the terminal gave."""
        self._take(self._decoder.decode(data), final=False)

    def answered(self) -> None:
        """Note that an answer was typed: earlier text asks no more."""
        self._since_answer = ""
        self._pending += "<answered>\n"
        self._write(final=False)

    def finish(self) -> None:
        """Write what is left."""
        self._take(self._decoder.decode(b"", final=True), final=True)

    def tail(self, lines: int = 5) -> str:
        """Return the last lines not older than the last answer, redacted."""
        text = self._since_answer
        if len(text) >= REMEMBERED_CHARACTERS:  # its beginning may be half of a secret
            text = text[FORGOTTEN_CHARACTERS:]
        text = self._redactor.text(text)
        return "\n".join([line for line in text.splitlines() if line.strip()][-lines:])

    def _take(self, text: str, *, final: bool) -> None:
        self._raw += text
        cut = len(self._raw)
        if not final:
            last_escape = self._raw.rfind("\x1b")
            if last_escape >= max(0, cut - 64) and not _ESCAPES.match(self._raw, last_escape):
                cut = last_escape
            while cut and self._raw[cut - 1] == "\r":
                cut -= 1
        clean = _ESCAPES.sub("", self._raw[:cut])
        clean = re.sub(r"\r+\n", "\n", clean).replace("\r", "\n")
        clean = _CONTROLS.sub("", clean)
        self._raw = self._raw[cut:]
        self._pending += clean
        self._since_answer = (self._since_answer + clean)[-REMEMBERED_CHARACTERS:]
        self._write(final=final)

    def _write(self, *, final: bool) -> None:
        ready = len(self._pending)
        if not final:
            ready = self._redactor.settled(self._pending, longest_line=LONGEST_LINE_CHARACTERS)
        masked = self._redactor.text(self._pending[:ready])
        self._pending = self._pending[ready:]
        size_bytes = len(masked.encode("utf-8", "backslashreplace"))
        if self._written_bytes + size_bytes <= self._largest_bytes:
            self._written_bytes += size_bytes
        else:
            self._left_out_bytes += size_bytes
            masked = ""
        if final and self._left_out_bytes:
            masked += f"[{self._left_out_bytes} bytes were left out; the last lines were:]\n"
            masked += f"{self.tail(40)}\n"
        try:
            self._file.write(masked)
            self._file.flush()
        except OSError as error:
            self.problem = f"its output could not be written: {error.strerror}"
