"""Where the documentation lies, and the options of the plugin that it must name."""

from __future__ import annotations

import typing
from pathlib import Path

import pytest

from gonogo.pytest_plugin.options import add_options

PROJECT = Path(__file__).parents[2]
DOCS = PROJECT / "docs"
README = (PROJECT / "README.md").read_text(encoding="utf-8")


class OptionNames:
    """Takes what the plugin declares, as pytest's own parser does."""

    def __init__(self) -> None:
        self.names: set[str] = set()

    def getgroup(self, *_: str) -> OptionNames:
        return self

    def addoption(self, name: str, **_: object) -> None:
        self.names.add(name)


def plugin_options() -> set[str]:
    parser = OptionNames()
    add_options(typing.cast("pytest.Parser", parser))
    return parser.names
