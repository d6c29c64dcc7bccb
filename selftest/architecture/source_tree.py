"""Reads the project's Python files as syntax trees, for the rules that they are held to."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache, cached_property
from pathlib import Path

PROJECT = Path(__file__).parents[2]
ENGINE = "src/gonogo"
LEFT_OUT = re.compile(r"(^|/)(\.[^/]+|__pycache__|reports|node_modules)(/|$)")


@dataclass(frozen=True)
class Module:
    path: Path

    @property
    def name(self) -> str:
        """The path seen from the project, as messages show it."""
        return self.path.relative_to(PROJECT).as_posix()

    @property
    def dotted(self) -> str:
        """The name it is imported by."""
        parts = self.path.relative_to(PROJECT / "src").with_suffix("").parts
        return ".".join(parts).removesuffix(".__init__")

    @cached_property
    def text(self) -> str:
        return self.path.read_text(encoding="utf-8")

    @cached_property
    def nodes(self) -> tuple[ast.AST, ...]:
        return tuple(ast.walk(ast.parse(self.text)))

    @property
    def imports(self) -> Iterator[str]:
        """Dotted names of what is imported: ``module`` and ``module.name``."""
        for node in self.nodes:
            if isinstance(node, ast.Import):
                yield from (alias.name for alias in node.names)
            elif isinstance(node, ast.ImportFrom):
                assert node.level == 0, f"{self.name}: relative import"
                yield node.module or ""
                yield from (f"{node.module}.{alias.name}" for alias in node.names)

    @property
    def used_names(self) -> Iterator[tuple[int, str]]:
        """Line and dotted form of every attribute, such as ``datetime.now``, and every name."""
        for node in self.nodes:
            if isinstance(node, ast.Attribute):
                yield node.lineno, ast.unparse(node)
            elif isinstance(node, ast.Name):
                yield node.lineno, node.id

    @property
    def texts(self) -> Iterator[tuple[int, str]]:
        """Line and value of every text in code: no comment, no docstring, nor what stands bare."""
        bare = {
            id(node.value)
            for node in self.nodes
            if isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant)
        }
        for node in self.nodes:
            if not isinstance(node, ast.Constant) or id(node) in bare:
                continue
            if isinstance(node.value, str):
                yield node.lineno, node.value

    @property
    def functions(self) -> Iterator[ast.FunctionDef]:
        return (node for node in self.nodes if isinstance(node, ast.FunctionDef))


@cache
def modules(*folders: str) -> tuple[Module, ...]:
    """Return every Python module below *folders*, seen from the project."""
    found = [path for folder in folders for path in sorted((PROJECT / folder).rglob("*.py"))]
    return tuple(module(path) for path in found if not LEFT_OUT.search(module(path).name))


@cache
def module(path: Path) -> Module:
    """Return the module at *path*, read and parsed once for all rules."""
    return Module(path)


def files() -> Iterator[Path]:
    """Return every file of the project that people read or run."""
    for path in sorted(PROJECT.iterdir()):
        within = sorted(path.rglob("*")) if path.is_dir() else [path]
        if LEFT_OUT.search(path.name) and path.name != ".ci":
            continue
        for file in within:
            inner = file.relative_to(path).as_posix() if file != path else ""
            if file.is_file() and not LEFT_OUT.search(inner):
                yield file


def body_lines(function: ast.FunctionDef) -> int:
    """Return how many lines a function's body has, its docstring left out."""
    body = function.body[1:] if ast.get_docstring(function) else function.body
    if not body:
        return 0
    last = body[-1].end_lineno
    assert last is not None
    return last - body[0].lineno + 1
