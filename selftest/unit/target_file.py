"""The smallest target file, its settings, and what is refused of it."""

from __future__ import annotations

from pathlib import Path

import pytest

from gonogo.config import Settings, load
from gonogo.errors import ConfigError

MINIMAL = """\
[target]
name = "the box"
environment = "rehearsal"

[release]
version = "1.0.0"

[checklist]
path = "checklist/list.md"

[repository]
path = "../product"
"""


def settings_of(
    folder: Path, more: str = "", *, environ: dict[str, str] | None = None, **overrides: object
) -> Settings:
    (folder / "gonogo.toml").write_text(MINIMAL + more, encoding="utf-8")
    dotted = {name.replace("__", "."): value for name, value in overrides.items()}
    return load(root=folder, environ=environ or {}, overrides=dotted)


def refusal(
    folder: Path, more: str = "", *, environ: dict[str, str] | None = None, **overrides: object
) -> ConfigError:
    with pytest.raises(ConfigError) as caught:
        settings_of(folder, more, environ=environ, **overrides)
    return caught.value
