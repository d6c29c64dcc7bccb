from __future__ import annotations

from dataclasses import replace

import pytest

from gonogo.records import Attachment
from gonogo.report import embedding
from gonogo.report.embedding import Embedded, Embedder
from selftest.report.records import Blobs, picture

JPEG = b"\xff\xd8\xff\xe0" + bytes(20)
WEBP = b"RIFF\x00\x00\x00\x00WEBP" + bytes(20)


def _embed(name: str, media_type: str, data: bytes) -> Embedded:
    blobs = Blobs()
    return Embedder(read=blobs.read).embed(blobs.keep(name, media_type, data))


@pytest.mark.parametrize(
    ("media_type", "data"),
    [("image/png", picture(9, 9)), ("image/jpeg", JPEG), ("image/webp", WEBP)],
)
def test_pictures_become_data(media_type: str, data: bytes) -> None:
    assert _embed("shot", media_type, data).picture.startswith(f"data:{media_type};base64,")


def test_a_picture_that_is_none_is_not_embedded() -> None:
    shown = _embed("shot.png", "image/png", b"<svg onload=alert(1)>")
    assert not shown.picture
    assert shown.note == "not shown: it is not image/png"


@pytest.mark.parametrize("media_type", ["image/svg+xml", "text/html"])
def test_what_could_carry_script_is_shown_as_text(media_type: str) -> None:
    shown = _embed("x", media_type, b"<svg onload=alert(1)>")
    assert shown.text == "<svg onload=alert(1)>"


def test_a_file_of_another_type_is_only_named() -> None:
    assert _embed("trace.zip", "application/zip", b"PK").note == "kept in the dossier"


def test_a_missing_file_is_said_to_be_missing() -> None:
    lost = Attachment(sha256="0" * 64, name="log", media_type="text/plain", size_bytes=3)
    assert Embedder(read=lambda _: None).embed(lost).note == "missing from the dossier"


def test_a_changed_file_is_not_shown() -> None:
    blobs = Blobs()
    log = blobs.keep("log", "text/plain", b"true")
    blobs.kept[log.sha256] = b"false"
    shown = Embedder(read=blobs.read).embed(log)
    assert not shown.text
    assert "do not match" in shown.note


def test_long_texts_show_their_first_lines_and_say_so() -> None:
    shown = _embed("log", "text/plain; charset=utf-8", b"\n".join([b"line"] * 600))
    assert shown.text.count("\n") == embedding.TEXT_LINES - 1
    assert shown.note == "the first 200 of 600 lines"
    assert "more characters" in _embed("log", "text/plain", b"x" * 500).text


def test_a_huge_text_is_not_decoded_whole() -> None:
    shown = _embed("log", "text/plain", b"x" * 500_000 + b"\n")
    assert shown.note == "the first 1 of 1 lines"
    assert len(shown.text) < 500


def test_short_and_empty_texts_are_whole() -> None:
    assert _embed("a.json", "application/json", b'{"a": 1}\n').text == '{"a": 1}'
    assert _embed("a", "text/plain", b"").text == "(empty)"


def test_a_file_is_embedded_once_and_linked_after() -> None:
    blobs = Blobs()
    shot = blobs.keep("shot.png", "image/png", picture(9, 9))
    embedder = Embedder(read=blobs.read)
    first, second = embedder.embed(shot), embedder.embed(replace(shot, name="again.png"))
    assert second.repeated
    assert not second.picture
    assert second.anchor == first.anchor


def test_pictures_stay_within_the_limits() -> None:
    large = picture(9, 9) + bytes(embedding.PICTURE_LIMIT_BYTES)
    assert "too large" in _embed("shot", "image/png", large).note
    blobs = Blobs()
    embedder = Embedder(read=blobs.read)
    size = embedding.PICTURE_LIMIT_BYTES - 100
    shown = [
        embedder.embed(blobs.keep("x", "image/webp", WEBP + bytes([n]) + bytes(size - 100)))
        for n in range(embedding.PAGE_LIMIT_BYTES // size + 2)
    ]
    assert shown[0].picture
    assert "too large" in shown[-1].note
