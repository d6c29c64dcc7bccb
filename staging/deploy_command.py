"""Runs a command of the deployment as a person would, and says what it said."""

from __future__ import annotations

import subprocess
from collections.abc import Mapping
from pathlib import Path

from gonogo.errors import CannotTell


def run_command(
    command: list[str],
    *,
    folder: Path,
    environment: Mapping[str, str],
    timeout_s: float,
    do: str,
) -> str:
    """Run a command of the deployment and return what it printed.

    Raises:
        CannotTell: it failed, or took too long.
    """
    where = " ".join(Path(word).name if "/" in word else word for word in command)
    try:
        result = subprocess.run(
            command,
            cwd=folder,
            env=environment,
            capture_output=True,
            text=True,
            timeout=timeout_s,
            check=False,
        )
    except subprocess.TimeoutExpired as error:
        found = f"none within {timeout_s:.0f} s"
        raise _not_deployed(where, found, do) from error
    if result.returncode != 0:
        said = (result.stderr or result.stdout)[-2000:]
        raise _not_deployed(where, f"{result.returncode}: {said}", do)
    return result.stdout.strip()


def _not_deployed(where: str, found: str, do: str) -> CannotTell:
    return CannotTell(
        "the product was not deployed to the box",
        where=where,
        expected="exit status 0",
        found=found,
        do=do,
    )
