from __future__ import annotations

import json
import re
import types
import typing
from collections.abc import Iterator, Mapping

import pytest
from pydantic import BaseModel
from pydantic.fields import FieldInfo

from gonogo.config_models import TargetFile
from selftest.unit.documentation import DOCS, plugin_options


def test_the_configuration_page_has_every_option_of_the_plugin() -> None:
    text = (DOCS / "configuration.md").read_text(encoding="utf-8")
    assert [name for name in sorted(plugin_options()) if f"`{name}" not in text] == []


def sections_of(path: str, annotation: object) -> Iterator[tuple[str, type[BaseModel]]]:
    """Yield the sections at *path* and below, each with the heading of its page."""
    forms: Mapping[object, tuple[int, str]] = {
        tuple: (0, "[[{}]]"),
        Mapping: (1, "[{}.NAME]"),
        typing.Union: (0, "[{}]"),
        types.UnionType: (0, "[{}]"),
        None: (0, "[{}]"),
    }
    origin = typing.get_origin(annotation)
    if origin not in forms:
        return
    place, form = forms[origin]
    model = typing.get_args(annotation)[place] if origin else annotation
    if isinstance(model, type) and issubclass(model, BaseModel):
        yield form.format(path), model
        inner = f"{path}.NAME" if origin is Mapping else path
        for name, info in model.model_fields.items():
            yield from sections_of(f"{inner}.{name}", info.annotation)


class TestConfigurationPage:
    TEXT = (DOCS / "configuration.md").read_text(encoding="utf-8")

    def documented(self) -> dict[str, dict[str, tuple[str, str]]]:
        sections = re.split(r"^### `(\[+[\w.]+\]+)`$", self.TEXT, flags=re.MULTILINE)
        row = re.compile(r"^\| `(\w+)` \| (\w+) \| (.+?) \| .{10,} \|$", re.MULTILINE)
        return {
            heading: {key: (kind, default) for key, kind, default in row.findall(body)}
            for heading, body in zip(sections[1::2], sections[2::2], strict=True)
        }

    @staticmethod
    def models() -> Iterator[tuple[str, type[BaseModel]]]:
        for name, info in TargetFile.model_fields.items():
            yield from sections_of(name, info.annotation)

    @staticmethod
    def described(info: FieldInfo) -> tuple[str, str]:
        origin = typing.get_origin(info.annotation)
        kinds: Mapping[object, str] = {
            bool: "boolean",
            float: "number",
            int: "number",
            tuple: "list",
            Mapping: "table",
        }
        kind = kinds.get(origin or info.annotation, "text")
        if info.is_required():
            return kind, "required"
        default = list(info.default) if isinstance(info.default, tuple) else info.default
        return kind, f"`{json.dumps(default, ensure_ascii=False)}`"

    def test_it_has_every_section_and_no_other(self) -> None:
        assert set(self.documented()) == {heading for heading, _ in self.models()}

    @pytest.mark.parametrize(
        ("heading", "model"), [pytest.param(*each, id=each[0]) for each in models()]
    )
    def test_a_section_has_every_key_with_its_type_and_default(
        self, heading: str, model: type[BaseModel]
    ) -> None:
        expected = {
            name: self.described(info)
            for name, info in model.model_fields.items()
            if not list(sections_of(name, info.annotation))
        }
        assert self.documented()[heading] == expected
