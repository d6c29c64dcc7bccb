from __future__ import annotations

import base64
import io
import json
import os
import zipfile
from pathlib import Path

import pytest

from gonogo.errors import CannotTell
from gonogo.redaction import MASK, Redactor, Secret
from gonogo.trace_archive import LARGEST_BYTES, LARGEST_UNPACKED_BYTES, masked_archive

CANARY = "s3cr3t-canary-value"
BINARY = b"\x89PNG\0\xff\xfe" + bytes(range(256))


@pytest.fixture
def redactor() -> Redactor:
    return Redactor([Secret(CANARY)])


def archive(folder: Path, members: dict[str, bytes], *, packed: bool = True) -> Path:
    path = folder / "trace.zip"
    kind = zipfile.ZIP_DEFLATED if packed else zipfile.ZIP_STORED
    with zipfile.ZipFile(path, "w", kind) as written:
        for name, data in members.items():
            written.writestr(name, data)
    return path


def unpacked(data: bytes) -> dict[str, bytes]:
    with zipfile.ZipFile(io.BytesIO(data)) as found:
        return {name: found.read(name) for name in found.namelist()}


def test_no_member_holds_a_secret_and_lines_stay_json(tmp_path: Path, redactor: Redactor) -> None:
    typed = {"type": "before", "method": "fill", "params": {"selector": "x", "value": CANARY}}
    kept = {"name": "session", "value": json.dumps({"access_token": "a1B2c3D4e5", "n": 1})}
    sent = {"headers": [{"name": "authorization", "value": f"Bearer {CANARY}"}]}
    path = archive(
        tmp_path,
        {
            "trace.trace": "\n".join([json.dumps(typed), json.dumps(kept), ""]).encode(),
            "trace.network": json.dumps(sent).encode(),
            "trace.stacks": b'{"files":[],"stacks":[]}',
            "resources/ab12.json": json.dumps({"password": "hunter2-7"}).encode(),
            "resources/ab13.html": f"<input value='{CANARY}'>".encode(),
            "resources/ab14.bin": base64.b64encode(CANARY.encode()),
            "resources/ab15.png": BINARY,
        },
    )
    masked = unpacked(masked_archive(path, redactor))
    assert list(masked) == list(unpacked(path.read_bytes()))
    everything = b"".join(masked.values())
    for secret in (CANARY, "a1B2c3D4e5", "hunter2-7", base64.b64encode(CANARY.encode()).decode()):
        assert secret.encode() not in everything
    first, second = (json.loads(each) for each in masked["trace.trace"].splitlines())
    assert first == {**typed, "params": {"selector": "x", "value": MASK}}
    assert json.loads(second["value"]) == {"access_token": MASK, "n": 1}
    assert masked["resources/ab15.png"] == BINARY
    assert masked["trace.stacks"] == b'{"files": [], "stacks": []}'


@pytest.mark.parametrize(
    ("members", "reason"),
    [
        ({"trace.trace": b'{"half": '}, "cannot be masked"),
        ({f"resources/{CANARY}.html": b""}, "holds a secret"),
        ({"x.bin": bytes(LARGEST_UNPACKED_BYTES + 1)}, "too large"),
    ],
)
def test_what_cannot_be_masked_is_not_kept(
    tmp_path: Path, redactor: Redactor, members: dict[str, bytes], reason: str
) -> None:
    with pytest.raises(CannotTell, match=reason) as refused:
        masked_archive(archive(tmp_path, members), redactor)
    assert CANARY not in str(refused.value)


def test_a_large_archive_is_not_kept(tmp_path: Path, redactor: Redactor) -> None:
    path = archive(tmp_path, {"x.bin": os.urandom(LARGEST_BYTES)}, packed=False)
    with pytest.raises(CannotTell, match="too large") as refused:
        masked_archive(path, redactor)
    assert "20,971,520 bytes" in refused.value.expected


@pytest.mark.parametrize(("data", "reason"), [(None, "none"), (b"PK no", "cannot be masked")])
def test_what_is_no_archive_is_not_kept(
    tmp_path: Path, redactor: Redactor, data: bytes | None, reason: str
) -> None:
    path = tmp_path / "trace.zip"
    if data is not None:
        path.write_bytes(data)
    with pytest.raises(CannotTell, match=reason) as refused:
        masked_archive(path, redactor)
    assert str(tmp_path) not in str(refused.value)
