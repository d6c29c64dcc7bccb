from __future__ import annotations

import base64
import gzip
import html
import io
import json
import zipfile
import zlib
from collections.abc import Callable
from pathlib import Path
from urllib.parse import quote

import pytest

from selftest.promises.hiding_places import seen_in, sightings

CANARY = 'canary/"71c"&ö+x'


def zipped(data: bytes) -> bytes:
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("a/member.txt", data)
    return file.getvalue()


WRAPPINGS: dict[str, Callable[[bytes], bytes]] = {
    "plain": lambda data: data,
    "gzip": gzip.compress,
    "zlib": zlib.compress,
    "zip": zipped,
    "base64": base64.b64encode,
    "base64 of lines": base64.encodebytes,
    "base64 for addresses": base64.urlsafe_b64encode,
    "hex": lambda data: data.hex().encode(),
    "percent": lambda data: quote(data).encode(),
    "data URI": lambda data: b"data:text/plain;base64," + base64.b64encode(data),
    "HTML": lambda data: html.escape(data.decode()).encode(),
    "JSON": lambda data: json.dumps(data.decode("utf-8", "replace")).encode(),
    "UTF-16": lambda data: data.decode("utf-8", "replace").encode("utf-16"),
}


TEXTS = {"HTML", "JSON", "UTF-16"}


@pytest.mark.parametrize(
    ("outer", "inner"),
    [
        (outer, inner)
        for outer in WRAPPINGS
        for inner in ("plain", "gzip", "base64", "percent", "HTML")
        if inner != "gzip" or outer not in TEXTS
    ],
)
def test_a_text_is_found_in_two_wrappings(outer: str, inner: str) -> None:
    text = CANARY if outer != "UTF-16" else "canary-71c"
    wrapped = WRAPPINGS[inner](f"before {text} after".encode())
    data = b"<p>" + WRAPPINGS[outer](wrapped) + b"</p>"
    assert seen_in(data if outer != "zlib" else data[3:], [text, "absent"]) == [text]


def test_the_name_of_a_file_is_looked_at_too(tmp_path: Path) -> None:
    (tmp_path / "sub").mkdir()
    (tmp_path / "sub" / "of canary-71c").write_bytes(b"nothing")
    (tmp_path / "file").write_bytes(base64.b64encode(b"my canary-71c"))
    assert sightings(tmp_path, ["canary-71c"]) == [
        "file: canary-71c",
        "sub/of canary-71c: in its name: canary-71c",
    ]
