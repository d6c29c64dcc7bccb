"""Looks whether Node.js is there, where a target's services are opened with it."""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
from collections.abc import Callable

from gonogo.config import Settings
from gonogo.diagnosis import APPLICATION_PHASES, Condition, Finding
from gonogo.errors import ConfigError
from gonogo.premises import OpensPremises
from gonogo.provider import load_provider

LEAST_NODE = 20
WANTED_NODE = f"Node.js {LEAST_NODE} or newer with npm"
GET_NODE = (
    "install it from https://nodejs.org, or on Debian 13 or newer: apt-get install nodejs npm"
)
NEEDED = "the target's services start with it, also for gonogo staging up"
NODE_TIMEOUT_S = 5.0


def version_said_by(program: str, *, timeout_s: float = NODE_TIMEOUT_S) -> str:
    """Return what *program* says to ``--version``; empty where it says nothing in time."""
    try:
        done = subprocess.run(
            [program, "--version"],
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            errors="replace",
            timeout=timeout_s,
            check=False,
        )
    except (OSError, subprocess.TimeoutExpired):
        return ""
    return done.stdout.strip() if done.returncode == 0 else ""


def diagnose_node(
    settings: Settings,
    *,
    which: Callable[[str], str | None] = shutil.which,
    ask: Callable[[str], str] = version_said_by,
) -> tuple[Finding, ...]:
    """Return how Node.js is found, where the target's provider has services to open with it."""
    if not opens_premises(settings):
        return ()
    node = which("node")
    said = ask(node) if node else ""
    version = re.fullmatch(r"v((\d+)\..*)", said)
    condition, found = Condition.WRONG, ""
    if node is None:
        condition, found = Condition.MISSING, "node is not on PATH"
    elif version is None:
        found = f"{node} is there, but it does not say its version"
    elif int(version[2]) < LEAST_NODE:
        found = f"version {version[1]} is too old"
    elif which("npm") is None:
        condition, found = Condition.MISSING, "npm is not on PATH"
    else:
        condition, found = Condition.REACHABLE, f"version {version[1]}, with npm"
    stops = condition is not Condition.REACHABLE
    return (
        Finding(
            service="Node.js",
            condition=condition,
            found=f"{found}; {NEEDED}" if stops else found,
            where=node or "",
            expected=WANTED_NODE if stops else "",
            do=GET_NODE if stops else "",
            phases=APPLICATION_PHASES,
        ),
    )


def opens_premises(settings: Settings) -> bool:
    """Whether ``gonogo staging up`` works for this target, as far as its provider's class says."""
    if not settings.target.provider:
        return False
    folder = str(settings.root)
    sys.path.insert(0, folder)  # where a run and the box's keeper find it, too
    try:
        factory = load_provider(settings.target.provider, where=settings.file)
    except ConfigError:
        return False
    finally:
        sys.path.remove(folder)
    return isinstance(factory, type) and issubclass(factory, OpensPremises)
