"""Keeps a target's premises open after the command that opened them has ended.

Run as a program of its own with a target file and a folder. A lock in the folder is held as long
as the premises are open, so a process number that is read while it is held belongs to the keeper.
"""

from __future__ import annotations

import os
import shutil
import signal
import sys
from collections.abc import Sequence
from pathlib import Path
from types import FrameType

from filelock import FileLock, Timeout

from gonogo.config import load
from gonogo.errors import GonogoError, UsageError
from gonogo.premises import OpensPremises, Premises
from gonogo.provider import Intent, load_provider
from gonogo.redaction import Redactor

LOCK = "lock"
OPEN = "premises.json"
PROCESS = "process"
PROGRESS = "progress"
FAILED = "failed"
WORKSPACE = "box"
LOCK_TIMEOUT_S = 2.0
"""Longer than a command needs that only looks whether the lock is held."""
OF_AN_OPEN_BOX = (OPEN, PROCESS, PROGRESS, WORKSPACE)
PARTIAL = ".partial"
PRIVATE_FOLDER = 0o700
PRIVATE_FILE = 0o600


class Closed(BaseException):
    """Someone asked for the end; no ``except Exception`` on the way may swallow it."""


def keep(target: str, folder: Path) -> int:
    """Open the premises of *target* and keep them until a signal; return the exit status."""
    make_private(folder)
    lock = FileLock(folder / LOCK)
    try:
        lock.acquire(timeout=LOCK_TIMEOUT_S)
    except Timeout:
        return 1
    for number in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP):
        signal.signal(number, _close)
    try:
        return _kept(target, folder)
    except Closed:
        return 0
    finally:
        clear(folder)
        lock.release()


def make_private(folder: Path) -> None:
    """Make *folder* if it is not there; only its owner may enter it."""
    folder.mkdir(mode=PRIVATE_FOLDER, parents=True, exist_ok=True)
    folder.chmod(PRIVATE_FOLDER)  # also one that is left of an earlier version


def left_in(folder: Path) -> tuple[Path, ...]:
    """Return what an open box has in *folder*: without a keeper, a killed one left it."""
    own = (folder / name for name in OF_AN_OPEN_BOX)
    return (*(path for path in own if path.exists()), *folder.glob(f"*{PARTIAL}"))


def clear(folder: Path) -> bool:
    """Remove what an open box has in *folder*, for who holds its lock; return whether it had."""
    found = left_in(folder)
    for path in found:
        if path.is_dir():
            shutil.rmtree(path, ignore_errors=True)
        else:
            path.unlink(missing_ok=True)
    return bool(found)


def _kept(target: str, folder: Path) -> int:
    clear(folder)  # a killed keeper's
    (folder / FAILED).unlink(missing_ok=True)
    _write(folder / PROCESS, str(os.getpid()))
    workspace = folder / WORKSPACE
    workspace.mkdir(mode=PRIVATE_FOLDER)
    provider: OpensPremises | None = None
    try:
        provider = _provider(target, workspace)
        _write(folder / OPEN, _opened(provider, folder).to_json())
        while True:
            signal.pause()
    except Exception as error:  # noqa: BLE001 - whatever it is, the waiting command shows it
        known = isinstance(error, GonogoError)
        text = str(error) if known else f"{type(error).__name__}: {error}"
        _write(folder / FAILED, Redactor().text(text))
        return 1
    finally:
        if provider is not None:
            provider.stop()


def _provider(target: str, workspace: Path) -> OpensPremises:
    settings = load(target)
    if settings.target.provider:
        factory = load_provider(settings.target.provider, where=settings.file)
        provider = factory(settings, root=settings.root, workspace=workspace, intent=Intent())
        if isinstance(provider, OpensPremises):
            return provider
    raise UsageError(
        "this target has no premises to open",
        where=settings.file,
        expected="a target.provider that starts services, as staging in a box does",
        found=settings.target.provider or "a target that is already there",
        do="name the box's target file with --target",
    )


def _opened(provider: OpensPremises, folder: Path) -> Premises:
    (folder / PROGRESS).touch(mode=PRIVATE_FILE)
    with (folder / PROGRESS).open("a", encoding="utf-8", buffering=1) as log:
        return provider.open(lambda line: print(line, file=log))


def _write(path: Path, text: str) -> None:
    """Write *text* so that a reader sees all of it or nothing; only the owner may read it."""
    partial = path.with_suffix(PARTIAL)
    partial.touch(mode=PRIVATE_FILE)
    partial.write_text(text, encoding="utf-8")
    partial.rename(path)


def _close(number: int, frame: FrameType | None) -> None:  # noqa: ARG001 - the handler's shape
    for other in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP):
        signal.signal(other, signal.SIG_IGN)  # closing is not interrupted by a second one
    raise Closed


def main(arguments: Sequence[str]) -> int:
    """Run the keeper; *arguments* are the target file and the folder."""
    target, folder = arguments
    return keep(target, Path(folder))


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
