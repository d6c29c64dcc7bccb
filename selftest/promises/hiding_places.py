"""Looks for a text in whatever it may be wrapped in: archives, encodings, escapes."""

from __future__ import annotations

import base64
import binascii
import html
import io
import re
import zipfile
import zlib
from collections.abc import Iterable, Iterator
from contextlib import suppress
from pathlib import Path
from urllib.parse import unquote_to_bytes

DEEPEST = 5
LARGEST_BYTES = 64 * 2**20
_BASE64 = re.compile(rb"[A-Za-z0-9+/_-]{12,}(?:(?<=[A-Za-z0-9+/_-]{20})\r?\n[A-Za-z0-9+/_-]+)*")
_HEX = re.compile(rb"(?:[0-9A-Fa-f]{2}){8,}")
_JSON_ESCAPE = re.compile(r'\\(?:u([0-9a-fA-F]{4})|(["\\/]))')
_GZIP = re.compile(rb"\x1f\x8b\x08")


def sightings(folder: Path, texts: Iterable[str]) -> list[str]:
    """Return where below *folder* any of *texts* stands, as it is or wrapped."""
    wanted = tuple(texts)
    found = []
    for path in sorted(folder.rglob("*")):
        name = str(path.relative_to(folder))
        found += [f"{name}: in its name: {text}" for text in wanted if text in name]
        if path.is_file() and not path.is_symlink():
            found += [f"{name}: {text}" for text in seen_in(path.read_bytes(), wanted)]
    return found


def seen_in(data: bytes, texts: Iterable[str]) -> list[str]:
    """Return those of *texts* that stand in *data*, as they are or wrapped."""
    left = {text: text.encode() for text in texts}
    for layer in layers(data):
        left = {text: raw for text, raw in left.items() if raw not in layer}
    return [text for text in texts if text not in left]


def layers(data: bytes) -> Iterator[bytes]:
    """Yield *data* and everything that can be unwrapped from it, each once."""
    seen = {hash(data)}
    waiting = [(data, 0)]
    while waiting:
        layer, depth = waiting.pop()
        yield layer
        if depth == DEEPEST:
            continue
        for inner in _inside(layer):
            if len(inner) >= 6 and hash(inner) not in seen:
                seen.add(hash(inner))
                waiting.append((inner, depth + 1))


def _inside(data: bytes) -> Iterator[bytes]:
    yield from _unpacked(data)
    if b"\0" in data:
        yield data.replace(b"\0", b"")
    if b"%" in data:
        yield unquote_to_bytes(data)
    text = data.decode("utf-8", "surrogateescape")
    if "&" in text:
        yield html.unescape(text).encode("utf-8", "surrogateescape")
    if "\\" in text:
        plain = _JSON_ESCAPE.sub(lambda m: chr(int(m[1], 16)) if m[1] else m[2], text)
        yield plain.encode("utf-8", "surrogatepass" if plain.isprintable() else "replace")
    for match in _HEX.finditer(data):
        yield bytes.fromhex(match[0].decode())
    for match in _BASE64.finditer(data):
        run = re.sub(rb"\s", b"", match[0]).translate(bytes.maketrans(b"-_", b"+/"))
        for offset in range(4):
            part = run[offset:]
            with suppress(binascii.Error):
                yield base64.b64decode(part[: len(part) // 4 * 4] + _rest(part))


def _rest(part: bytes) -> bytes:
    """Return the last, incomplete group of four with its padding."""
    rest = part[len(part) // 4 * 4 :]
    return b"" if len(rest) < 2 else rest + b"=" * (4 - len(rest))


def _unpacked(data: bytes) -> Iterator[bytes]:
    for match in _GZIP.finditer(data):
        with suppress(zlib.error):
            yield zlib.decompressobj(31).decompress(data[match.start() :], LARGEST_BYTES)
    if data[:1] == b"\x78":
        with suppress(zlib.error):
            yield zlib.decompressobj().decompress(data, LARGEST_BYTES)
    if b"PK\x03\x04" in data:
        spoilt = (zipfile.BadZipFile, zlib.error, EOFError, ValueError, RuntimeError, OSError)
        with suppress(*spoilt), zipfile.ZipFile(io.BytesIO(data)) as archive:
            for member in archive.infolist():
                yield member.filename.encode()
                yield archive.read(member)
