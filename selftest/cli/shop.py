"""A small target whose box is a shop that opens at once."""

from __future__ import annotations

import subprocess
from collections.abc import Callable
from pathlib import Path

from gonogo.premises_keeper import PROCESS

TARGET = """
[target]
name = "a small box"
environment = "rehearsal"
provider = "shop:Provider"

[release]
version = "1.0.0"

[checklist]
path = "checklist.md"

[repository]
path = "."
"""
SHOP = """
import signal
import socket
from pathlib import Path
from gonogo.errors import CannotTell
from gonogo.premises import OpenService, Premises
from gonogo.waiting import pause

class Provider:
    def __init__(self, settings, *, root, workspace, intent):
        self.workspace = workspace
        self.root = root

    def open(self, progress):
        progress("hanging up the sign")
        while (self.root / "slow").exists():
            pause(0.05)
        if (self.root / "closed-today").exists():
            raise CannotTell("the shop stays closed", where="the door", do="come back tomorrow")
        if (self.root / "on-fire").exists():
            raise RuntimeError("fire")
        self.socket = socket.create_server(("127.0.0.1", 0))
        signal.signal(signal.SIGUSR1, lambda *_: self.socket.close())
        log = self.root / "till.log"
        log.write_text("one sale\\n")
        address = f"http://127.0.0.1:{self.socket.getsockname()[1]}"
        (self.root / "workspace").write_text(str(self.workspace))
        return Premises(
            services=(
                OpenService(name="till", address=address, what="a till " * 20, log=str(log)),
                OpenService(name="door", address=address, what="a door"),
                OpenService(name="cat", address=address, what="a cat", log=str(log) + ".cat"),
            ),
            sign_in={"password": "made-up"},
            notes=("mind the step",),
        )

    def stop(self):
        (self.root / "swept").touch()
"""
COLUMNS = 80
Command = Callable[..., "subprocess.CompletedProcess[str]"]


def keeper(shop: Path, name: str = "default") -> int:
    return int((shop / ".cache/gonogo/staging" / name / PROCESS).read_text())
