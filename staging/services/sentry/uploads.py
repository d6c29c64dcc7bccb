"""Takes files: in chunks as Sentry's command line sends them, or as one form."""

from __future__ import annotations

import gzip
import hashlib
import json
import zipfile
import zlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from email.parser import BytesParser
from email.policy import HTTP
from io import BytesIO
from pathlib import Path
from typing import Any, cast

from staging.services.sentry.asking import Refused

CHUNK_BYTES = 8 * 1024 * 1024
BUNDLE_MAGIC = b"SYSB"
BUNDLE_HEADER_BYTES = 8
KINDS = {"minified_source": 2, "source_map": 3, "source": 1, "indexed_ram_bundle": 4}


@dataclass(frozen=True, kw_only=True)
class Part:
    """One field of a multipart form."""

    name: str
    filename: str | None
    content: bytes


def form(content_type: str, body: bytes) -> list[Part]:
    """Return the parts of a multipart form; raises Refused when it is none."""
    head = f"Content-Type: {content_type}\r\n\r\n".encode()
    message = BytesParser(policy=HTTP).parsebytes(head + body)
    if not message.is_multipart():
        raise Refused(400, "Missing uploaded file")
    return [
        Part(
            name=str(part.get_param("name", header="content-disposition")),
            filename=part.get_filename(),
            content=cast("bytes", part.get_payload(decode=True)),
        )
        for part in message.iter_parts()
    ]


class Chunks:
    """Pieces of files, kept by their SHA-1 until the file is put together."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        folder.mkdir(parents=True, exist_ok=True)
        for old in folder.iterdir():
            old.unlink()

    def take(self, parts: Sequence[Part]) -> None:
        """Keep the pieces; raises Refused when one is not what its name says."""
        for part in parts:
            content = _unpacked(part)
            if sha1(content) != part.filename:
                raise Refused(400, "Checksum mismatch")
            (self._folder / part.filename).write_bytes(content)

    def missing(self, names: Sequence[str]) -> list[str]:
        """Return those that did not come yet."""
        return [name for name in names if not (self._folder / Path(name).name).is_file()]

    def assembled(self, names: Sequence[str], checksum: str) -> bytes:
        """Return the whole file and forget its pieces; raises Refused when it is another one."""
        paths = [self._folder / Path(name).name for name in names]
        whole = b"".join(path.read_bytes() for path in paths)
        if sha1(whole) != checksum:
            raise Refused(400, "Reported checksum mismatch")
        for path in set(paths):
            path.unlink()
        return whole


def _unpacked(part: Part) -> bytes:
    if part.name != "file_gzip":
        return part.content
    try:
        return gzip.decompress(part.content)
    except (OSError, EOFError, zlib.error):
        raise Refused(400, "Invalid gzip data") from None


def bundle(content: bytes, *, release: str | None, dist: str | None) -> dict[str, Any]:
    """Return what an artifact bundle holds; raises Refused when it is none."""
    if content.startswith(BUNDLE_MAGIC):
        content = content[BUNDLE_HEADER_BYTES:]
    try:
        with zipfile.ZipFile(BytesIO(content)) as archive:
            manifest = json.loads(archive.read("manifest.json"))
            sizes = {each.filename: each.file_size for each in archive.infolist()}
    except (zipfile.BadZipFile, KeyError, ValueError) as error:
        raise Refused(400, f"Failed to process the artifact bundle: {error}") from None
    files = [
        _file(path, each, sizes.get(path, 0)) for path, each in manifest.get("files", {}).items()
    ]
    made = sha1(content)
    return {
        "bundleId": manifest.get("debug_id") or made,
        "release": manifest.get("release") or release,
        "dist": manifest.get("dist") or dist,
        "files": files,
    }


def _file(path: str, given: Mapping[str, Any], size: int) -> dict[str, Any]:
    headers = {key.lower(): value for key, value in (given.get("headers") or {}).items()}
    return {
        "id": sha1(path.encode()),
        "filePath": given.get("url") or path,
        "fileType": KINDS.get(given.get("type", ""), 0),
        "fileSize": size,
        "debugId": headers.get("debug-id"),
        "sourcemap": headers.get("sourcemap"),
    }


def sha1(content: bytes) -> str:
    """Return the checksum that Sentry names files by."""
    return hashlib.sha1(content, usedforsecurity=False).hexdigest()
