"""Which commands build a project: vercel.json, the project's settings, the framework's defaults."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Self

CONFIG = "vercel.json"
PACKAGE = "package.json"
LOCK_FILE = "package-lock.json"
OVERRIDES = ("buildCommand", "devCommand", "framework", "installCommand", "outputDirectory")
"""The settings that vercel.json may give for one deployment."""
OUTPUT_OF = {"vite": "dist"}
OUTPUT = "public"


class BrokenConfig(Exception):
    """A file that should be JSON is not."""


@dataclass(frozen=True, kw_only=True)
class BuildSettings:
    """What is run, and where the result is."""

    install: str | None
    build: str | None
    output: str

    @classmethod
    def of(cls, folder: Path, settings: Mapping[str, Any]) -> Self:
        """Return the settings for the source in *folder*, *settings* being the project's.

        Raises:
            BrokenConfig: vercel.json or package.json is no JSON object.
        """
        chosen = {**settings, **overrides(read_json(folder / CONFIG))}
        scripts = read_json(folder / PACKAGE).get("scripts", {})
        by_script = next((f"npm run {s}" for s in ("vercel-build", "build") if s in scripts), None)
        by_framework = "vite build" if chosen.get("framework") == "vite" else None
        return cls(
            install=_first(chosen.get("installCommand"), _install(folder)),
            build=_first(chosen.get("buildCommand"), by_script, by_framework),
            output=chosen.get("outputDirectory")
            or OUTPUT_OF.get(chosen.get("framework") or "", OUTPUT),
        )


def _first(*commands: str | None) -> str | None:
    """Return the first that is given; an empty command means that the step is left out."""
    given = next((command for command in commands if command is not None), None)
    return given or None


def _install(folder: Path) -> str | None:
    if (folder / LOCK_FILE).exists():
        return "npm ci --no-audit --no-fund --loglevel=error"
    package = read_json(folder / PACKAGE)
    needs_some = package.get("dependencies") or package.get("devDependencies")
    return "npm install --no-audit --no-fund --loglevel=error" if needs_some else None


def read_json(path: Path) -> dict[str, Any]:
    """Return the object in *path*, empty when there is no such file.

    Raises:
        BrokenConfig: it is no JSON object.
    """
    try:
        data = json.loads(path.read_text("utf-8"))
    except FileNotFoundError:
        return {}
    except ValueError as error:
        raise BrokenConfig(f"Couldn't parse JSON file {path.name}.") from error
    if not isinstance(data, dict):
        raise BrokenConfig(f"{path.name} should be an object.")
    return data


def overrides(config: Mapping[str, Any]) -> dict[str, Any]:
    """Return the settings that a vercel.json gives."""
    return {name: config[name] for name in OVERRIDES if name in config}
