"""A caller that starts a script, and what is seen of a script from outside."""

from __future__ import annotations

from pathlib import Path

from gonogo.actions.process_tree import process_table
from gonogo.redaction import Secret
from gonogo.waiting import wait_until

PASSWORD = Secret("c0rrect-h0rse-battery")
CALLER = """
import os, sys
from pathlib import Path
from gonogo.actions import ScriptSpec, clean_environment, start
folder = Path(sys.argv[1])
spec = ScriptSpec(
    name="product", argv=("./product.sh",), cwd=folder,
    env=clean_environment(folder, "/usr/bin:/bin"), timeout_s=30.0,
)
running = start(spec, folder / "run")
print("started", flush=True)
running.wait()
"""


def alive(pid: int) -> bool:
    found = process_table().get(pid)
    return found is not None and found.state not in "ZX"


def wait_for_text(path: Path, text: str) -> None:
    wait_until(
        lambda: path.read_text() if path.exists() else "",
        lambda seen: text in seen,
        what=f"{text!r} in {path.name}",
        timeout_s=20.0,
    )
