"""A browser's trace with every secret masked in it, as an archive that its viewer still opens."""

from __future__ import annotations

import io
import zipfile
import zlib
from pathlib import Path

from gonogo.errors import CannotTell
from gonogo.redaction import Redactor

LARGEST_BYTES = 20 * 2**20
LARGEST_UNPACKED_BYTES = 60 * 2**20
"""What is masked within some twenty seconds."""
OF_LINES = (".trace", ".network", ".stacks")
"""Members that hold one JSON value a line, by the ends of their names."""


def masked_archive(path: Path, redactor: Redactor) -> bytes:
    """Return the archive at *path*, masked member by member.

    Raises:
        CannotTell: it is too large, or cannot be masked, so that nobody may see it.
    """
    if not path.exists():
        raise CannotTell("there is no trace", found="the browser made none")
    try:
        with zipfile.ZipFile(path) as archive:
            size_bytes = path.stat().st_size
            unpacked_bytes = sum(member.file_size for member in archive.infolist())
            if size_bytes > LARGEST_BYTES or unpacked_bytes > LARGEST_UNPACKED_BYTES:
                raise CannotTell(
                    "the trace is too large to be kept",
                    expected=f"{LARGEST_BYTES:,} bytes, {LARGEST_UNPACKED_BYTES:,} unpacked",
                    found=f"{size_bytes:,} bytes; {unpacked_bytes:,} unpacked",
                )
            return _masked(archive, redactor)
    except (OSError, ValueError, zipfile.BadZipFile, zlib.error) as error:
        said = getattr(error, "strerror", None) or str(error)
        raise CannotTell("the trace cannot be masked", found=said) from error


def _masked(archive: zipfile.ZipFile, redactor: Redactor) -> bytes:
    written = io.BytesIO()
    with zipfile.ZipFile(written, "w", zipfile.ZIP_DEFLATED) as masked:
        for name in archive.namelist():
            if redactor.text(name) != name:
                raise ValueError("the name of a member holds a secret")
            masked.writestr(name, _masked_member(name, archive.read(name), redactor))
    return written.getvalue()


def _masked_member(name: str, data: bytes, redactor: Redactor) -> bytes:
    if not name.endswith(OF_LINES):
        return redactor.data(data)
    # A mask over their syntax would leave no JSON.
    return b"\n".join(redactor.json_data(line) for line in data.split(b"\n") if line)
