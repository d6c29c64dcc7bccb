"""Where settings come from: the file, the environment, the command line, and what wins."""

from __future__ import annotations

import json
import re
import tomllib
import typing
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from pydantic import BaseModel

from gonogo.config_models import TargetFile
from gonogo.errors import ConfigError
from gonogo.toml_lines import key_lines

ENVIRONMENT_PREFIX = "GONOGO_"
DEFAULT_FILE = "gonogo.toml"
NAMED_FOLDER = "targets"

KeyPath = tuple[str, ...]


def value_at(path: KeyPath, values: object) -> object:
    """Return what nested mappings and lists hold at *path*; None where they end before it."""
    for part in path:
        if isinstance(values, Mapping):
            values = values.get(part)
        elif isinstance(values, list) and part.isdigit() and int(part) < len(values):
            values = values[int(part)]
        else:
            return None
    return values


@dataclass(frozen=True, kw_only=True)
class Layers:
    """Values of all sources laid over each other, and the source of each."""

    values: dict[str, object]
    sources: dict[KeyPath, str] = field(default_factory=dict)
    file: str = ""

    def source_of(self, path: KeyPath) -> str:
        """Return where the value at *path* came from; "default" where no source gives it."""
        for length in range(len(path), 0, -1):
            known = self.sources.get(path[:length])
            if known:
                inside = length < len(path) and isinstance(
                    value_at(path[:length], self.values), dict
                )
                return "default" if inside else known
        return "default"

    def place_of(self, path: KeyPath) -> str:
        """Return where to look for *path*: its source, else that of what encloses it."""
        for length in range(len(path), 0, -1):
            if path[:length] in self.sources:
                return self.sources[path[:length]]
        return self.file


def find_target(target: str | None, *, root: Path, environ: Mapping[str, str]) -> Path:
    """Return the file that *target* (a file, a name, or nothing) means.

    Raises:
        ConfigError: there is no such file; the names that exist are listed.
    """
    wanted = target or environ.get("GONOGO_TARGET", "") or DEFAULT_FILE
    said = "--target" if target else "GONOGO_TARGET" if environ.get("GONOGO_TARGET") else "default"
    is_file = wanted.endswith(".toml") or "/" in wanted or "\\" in wanted
    path = root / wanted if is_file else root / NAMED_FOLDER / f"{wanted}.toml"
    if path.is_file():
        return path
    names = sorted(found.stem for found in (root / NAMED_FOLDER).glob("*.toml"))
    raise ConfigError(
        f"there is no target file for {wanted!r} ({said})",
        where=str(path),
        expected="a target file",
        found="a folder" if path.is_dir() else "no such file",
        do=(
            f"name one of {', '.join(names)}, or a file ending in .toml"
            if names
            else "name a file ending in .toml, or write one with: gonogo init PATH"
        ),
    )


def read_layers(
    path: Path,
    *,
    root: Path,
    environ: Mapping[str, str],
    overrides: Mapping[str, object],
) -> Layers:
    """Return the file at *path* under the environment's settings under *overrides*.

    Raises:
        ConfigError: the file cannot be read or is not TOML, or a variable or override is not
            the name of a setting.
    """
    shown = shown_path(path, root=root)
    text = _read_text(path, shown)
    layers = Layers(values=_parse(text, shown), file=shown)
    layers.sources.update({keys: f"{shown}:{line}" for keys, line in key_lines(text).items()})
    for name, raw in sorted(environ.items()):
        if name.startswith(ENVIRONMENT_PREFIX) and "__" in name:
            keys = tuple(name.removeprefix(ENVIRONMENT_PREFIX).lower().split("__"))
            _put(layers, keys, _typed(keys, raw), f"environment {name}")
    for dotted, value in overrides.items():
        keys = tuple(dotted.split("."))
        typed = _typed(keys, value) if isinstance(value, str) else value
        _put(layers, keys, typed, "command line")
    return layers


def shown_path(path: Path, *, root: Path) -> str:
    """Return *path* as messages show it: relative where it lies below *root*."""
    try:
        return str(path.relative_to(root))
    except ValueError:
        return str(path)


def _read_text(path: Path, shown: str) -> str:
    try:
        return path.read_text(encoding="utf-8")
    except UnicodeDecodeError as error:
        raise ConfigError(
            "the target file is not UTF-8 text",
            where=shown,
            expected="TOML in UTF-8",
            found=f"byte 0x{error.object[error.start]:02x} at offset {error.start}",
            do="save the file as UTF-8",
        ) from error
    except OSError as error:
        raise ConfigError(
            "the target file cannot be read",
            where=shown,
            found=error.strerror or type(error).__name__,
            do="give your user the right to read it, or name another with --target",
        ) from error


def _parse(text: str, shown: str) -> dict[str, object]:
    try:
        return tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        place = re.search(r"\(at line (\d+), column \d+\)", str(error))
        line = int(place.group(1)) if place else max(1, len(text.splitlines()))
        raise ConfigError(
            "the target file is not TOML",
            where=f"{shown}:{line}",
            expected="TOML",
            found=str(error),
            do="correct this line",
        ) from error


def _put(layers: Layers, keys: KeyPath, value: object, source: str) -> None:
    table = layers.values
    for key in keys[:-1]:
        below = table.setdefault(key, {})
        if not isinstance(below, dict):
            below = table[key] = {}
        table = below
    table[keys[-1]] = value
    for known in [known for known in layers.sources if known[: len(keys)] == keys]:
        del layers.sources[known]
    layers.sources[keys] = source


def _typed(keys: KeyPath, raw: str) -> object:
    """Return *raw* as the type of the setting at *keys*: text as it is, all else as JSON."""
    annotation = annotation_of(keys)
    if annotation is None or _takes_text(annotation):
        return raw
    try:
        return json.loads(raw)
    except ValueError:
        return raw


def annotation_of(keys: KeyPath) -> object:
    """Return the declared type of the setting at *keys*, or None for an unknown one."""
    annotation: object = TargetFile
    for key in keys:
        if isinstance(annotation, type) and issubclass(annotation, BaseModel):
            known = annotation.model_fields.get(key)
            annotation = known.annotation if known else None
        elif typing.get_origin(annotation) is Mapping:
            annotation = typing.get_args(annotation)[1]
        elif typing.get_origin(annotation) is tuple and key.isdigit():
            annotation = typing.get_args(annotation)[0]
        else:
            return None
    return annotation


def _takes_text(annotation: object) -> bool:
    return annotation is str or typing.get_origin(annotation) is typing.Literal
