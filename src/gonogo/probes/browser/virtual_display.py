"""A display that nobody sees, for a browser that cannot do without a window."""

from __future__ import annotations

import os
import secrets
import select
import shutil
import struct
import subprocess
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory

from gonogo.errors import CannotTell

SCREEN = "1280x1024x24"
STARTS_WITHIN_S = 20.0
STOPS_WITHIN_S = 10.0
ANY_HOST = 0xFFFF
"""FamilyWild of libXau: the key is good for the display, however it is reached."""


@contextmanager
def virtual_display(program: str, *, within_s: float = STARTS_WITHIN_S) -> Iterator[dict[str, str]]:
    """Start *program*, an Xvfb, and give the variables with which a program draws there.

    Only who has the key may look: another user of the machine would see whom the checks sign in.

    Raises:
        CannotTell: it does not start.
    """
    with TemporaryDirectory(prefix="display-") as folder:
        key = Path(folder) / "key"
        key.write_bytes(_key(secrets.token_bytes(16)))
        screen = ("-screen", "0", SCREEN, "-auth", str(key), "-nolisten", "tcp")
        told, tell = os.pipe()
        with (
            os.fdopen(told, "rb", buffering=0) as ear,
            os.fdopen(tell, "wb", buffering=0) as mouth,
            kept((program, "-displayfd", str(tell), *screen), tell=tell),
        ):
            mouth.close()  # so that its end is heard
            ready, _, _ = select.select([ear], [], [], within_s)
            number = ear.read(20).decode().strip() if ready else ""
            if not number:
                raise CannotTell(
                    "the display for the browser did not start",
                    where=program,
                    expected=f"a display within {within_s:.0f} s",
                    found="it ended" if ready else "no answer",
                    do=f"start it by hand: {program} :99 -screen 0 {SCREEN}",
                )
            yield {"DISPLAY": f":{number}", "XAUTHORITY": str(key)}


@contextmanager
def kept(
    command: Sequence[str],
    *,
    environment: Mapping[str, str] | None = None,
    tell: int | None = None,
    stops_within_s: float = STOPS_WITHIN_S,
) -> Iterator[subprocess.Popen[bytes]]:
    """Run *command* until the end of the context, or of this process, however that ends.

    It has *environment*, and *tell* as one more open file.
    """
    keeper = ("setpriv", "--pdeathsig", "TERM", "--") if shutil.which("setpriv") else ()
    with subprocess.Popen(
        [*keeper, *command],
        env=environment,
        pass_fds=() if tell is None else (tell,),
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    ) as process:
        try:
            yield process
        finally:
            process.terminate()
            try:
                process.wait(stops_within_s)
            except subprocess.TimeoutExpired:
                process.kill()


def _key(cookie: bytes) -> bytes:
    """Return a file of Xauthority with one key: family, address, display, its kind and itself."""
    parts = (b"", b"", b"MIT-MAGIC-COOKIE-1", cookie)
    return struct.pack(">H", ANY_HOST) + b"".join(
        struct.pack(">H", len(part)) + part for part in parts
    )
