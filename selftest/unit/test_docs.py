from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
import tomllib
import types
import typing
from collections.abc import Iterator, Mapping
from pathlib import Path

import pytest
from pydantic import BaseModel
from pydantic.fields import FieldInfo

from gonogo.checklist import parse
from gonogo.cli.main import COMMANDS, command_group
from gonogo.config_models import TargetFile
from gonogo.pytest_plugin.options import add_options

PROJECT = Path(__file__).parents[2]
BOX_CACHE = ".cache/gonogo/box"
DOCS = PROJECT / "docs"
CHECKLIST = "checklist/contacts-redesign.md"
MADE = (".venv", ".cache", "reports", "node_modules")
OF_PRODUCTS = ("staging/crm", "checklist", "selftest/products")


def name_of(page: Path) -> str:
    return page.relative_to(PROJECT).as_posix()


ALL_PAGES = sorted(page for page in PROJECT.rglob("*.md") if not name_of(page).startswith(MADE))
PAGES = [page for page in ALL_PAGES if not name_of(page).startswith(OF_PRODUCTS)]
README = (PROJECT / "README.md").read_text(encoding="utf-8")


def without_code(text: str) -> str:
    return re.sub(r"^```.*?^```", "", text, flags=re.MULTILINE | re.DOTALL)


def links_in(page: Path) -> list[str]:
    text = re.sub(r"`[^`\n]*`", "", without_code(page.read_text(encoding="utf-8")))
    return re.findall(r"\]\(([^)\s]+)\)", text)


def anchors_in(page: Path) -> set[str]:
    headings = re.findall(r"^#+ (.+)$", without_code(page.read_text("utf-8")), re.MULTILINE)
    return {re.sub(r"[^\w -]", "", each.lower()).replace(" ", "-") for each in headings}


@pytest.mark.parametrize("page", ALL_PAGES, ids=name_of)
def test_every_relative_link_leads_to_a_file_and_a_heading(page: Path) -> None:
    dead = []
    for link in links_in(page):
        place, _, anchor = link.partition("#")
        if re.match(r"[a-z]+:", link):
            continue
        target = (page.parent / place).resolve() if place else page
        missing_anchor = anchor and target.suffix == ".md" and anchor not in anchors_in(target)
        if not target.exists() or missing_anchor:
            dead.append(link)
    assert dead == []


def code_in(text: str, *languages: str) -> str:
    blocks = re.findall(r"^```(\w*)\n(.*?)^```", text, re.MULTILINE | re.DOTALL)
    return "\n".join(body for language, body in blocks if language in languages)


def shell_in(page: Path) -> str:
    text = page.read_text(encoding="utf-8")
    inline = re.findall(r"`((?:make|gonogo|\.venv/bin/|pytest )[^`\n]*)`", without_code(text))
    commands = code_in(text, "sh", "yaml").replace("- run: ", "").splitlines()
    lines = (re.sub(r"\s+#.*", "", line).strip() for line in [*inline, *commands])
    return "\n".join(line.removeprefix(".venv/bin/") for line in lines)


MAKE_TARGETS = {
    *re.findall(r"^([a-z]+):", (PROJECT / "Makefile").read_text(encoding="utf-8"), re.MULTILINE),
    ".venv/.ready",
}


@pytest.mark.parametrize("page", PAGES, ids=name_of)
def test_every_make_target_that_is_named_exists(page: Path) -> None:
    named = {
        word
        for line in re.findall(r"^make (.+)$", shell_in(page), re.MULTILINE)
        for word in line.split()
        if "=" not in word
    }
    assert named - MAKE_TARGETS == set()


def options_of(command: str) -> set[str]:
    group = command_group()
    context = group.make_context("gonogo", [command, "--help"], resilient_parsing=True)
    found = group.get_command(context, command)
    assert found is not None
    return {option for parameter in found.params for option in parameter.opts}


@pytest.mark.parametrize("page", PAGES, ids=name_of)
def test_every_gonogo_command_and_option_that_is_named_exists(page: Path) -> None:
    for line in re.findall(r"^gonogo (.+)$", shell_in(page), re.MULTILINE):
        command, *words = line.split()
        if command.startswith("-"):
            continue
        assert command in COMMANDS, f"gonogo {line}"
        named = {word.partition("=")[0] for word in words if word.startswith("--")}
        assert named - options_of(command) == set(), f"gonogo {line}"


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


@pytest.mark.parametrize("page", PAGES, ids=name_of)
def test_every_option_of_pytest_that_is_named_exists(page: Path) -> None:
    own = plugin_options()
    for line in re.findall(r"^pytest (.+)$", shell_in(page), re.MULTILINE):
        named = {word.partition("=")[0] for word in line.split() if word.startswith("--")}
        assert named - own <= {"--markers", "--cov"}, f"pytest {line}"


def test_the_readme_names_every_command_that_exists() -> None:
    existing = command_group().list_commands(None)  # type: ignore[arg-type]
    assert [name for name in existing if f"gonogo {name}" not in README] == []


def test_the_readme_says_how_many_checks_there_are() -> None:
    checks = sum(
        len(re.findall(r"^@pytest\.mark\.item\(", path.read_text(encoding="utf-8"), re.MULTILINE))
        for path in (PROJECT / "tests").rglob("test_*.py")
    )
    items = parse((PROJECT / CHECKLIST).read_text(encoding="utf-8"), path=CHECKLIST).items
    assert f"{checks} of {len(items)} items" in README
    assert f"The other {len(items) - checks} items" in README


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


def files_of_the_page() -> dict[str, str]:
    text = (DOCS / "adding-a-check.md").read_text(encoding="utf-8")
    found = re.findall(
        r"^`([\w./-]+\.py)`:\n\n```python\n(.*?)^```", text, re.MULTILINE | re.DOTALL
    )
    return dict(found)


def additions_of_the_page() -> list[tuple[str, str, str]]:
    """Return each file that gets an addition, the line it stands below (or ""), and its text."""
    text = (DOCS / "adding-a-check.md").read_text(encoding="utf-8")
    return re.findall(
        r"dd (?:this one )?to\s`([\w./-]+)`(?:,\sbelow\s\"([^\"]+)\")?:\n\n```\w+\n(.*?)^```",
        text,
        re.MULTILINE | re.DOTALL,
    )


@pytest.fixture(scope="module")
def copy_with_the_check(tmp_path_factory: pytest.TempPathFactory) -> Path:
    copy = tmp_path_factory.mktemp("project") / "gonogo"
    copy.mkdir()
    for name in ("src", "tests", "staging", "checklist", "selftest"):
        ignored = shutil.ignore_patterns("__pycache__", "*.pyc")
        shutil.copytree(PROJECT / name, copy / name, ignore=ignored)
    for name in ("conftest.py", "gonogo.toml", "pyproject.toml"):
        shutil.copy(PROJECT / name, copy / name)
    for name, text in files_of_the_page().items():
        assert not (copy / name).exists(), f"{name} of the page exists in the project by now"
        (copy / name).parent.mkdir(exist_ok=True)
        (copy / name).write_text(text, encoding="utf-8")
    for name, below, text in additions_of_the_page():
        add(copy / name, text, below=below)
    # The product in the copy is the same: its packages and builds need not be made again.
    (PROJECT / BOX_CACHE).mkdir(parents=True, exist_ok=True)
    (copy / BOX_CACHE).parent.mkdir(parents=True)
    (copy / BOX_CACHE).symlink_to(PROJECT / BOX_CACHE)
    return copy


def add(path: Path, text: str, *, below: str) -> None:
    old = path.read_text(encoding="utf-8")
    if below:
        (place,) = re.findall(rf"^.*{re.escape(below)}.*\n", old, re.MULTILINE)
        path.write_text(old.replace(place, place + text), encoding="utf-8")
    else:
        path.write_text(f"{old}\n\n{text}", encoding="utf-8")


def run_in(copy: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    kept = ("COV_CORE", "PYTEST", "GONOGO")
    environment = {k: v for k, v in os.environ.items() if not k.startswith(kept)}
    return subprocess.run(
        [sys.executable, *arguments],
        cwd=copy,
        env={**environment, "PYTHONPATH": str(copy / "src")},
        capture_output=True,
        text=True,
        check=False,
        timeout=300,
    )


RUN_ONE_FAULT = """
import sys, tempfile
from pathlib import Path
from staging.faults.box import PreparedBox
from staging.faults.catalogue import FAULTS
from staging.faults.running import run_fault
(fault,) = [each for each in FAULTS if each.id == sys.argv[1]]
with tempfile.TemporaryDirectory() as folder:
    box = PreparedBox(Path.cwd(), Path(folder))
    try:
        box.start()
        observed = run_fault(fault, box, root=Path.cwd())
    finally:
        box.stop()
print(observed.trouble, *(f"{item} {state}" for item, state in observed.states.items()), sep="\\n")
"""


class TestAddingACheck:
    def test_the_page_has_every_part(self) -> None:
        added = [name for name, _, _ in additions_of_the_page()]
        assert list(files_of_the_page()) == [
            "src/gonogo/probes/migration/durability.py",
            "tests/migration/test_durability.py",
            "selftest/unit/test_durability.py",
            "tests/preflight/test_rollback_files.py",
        ]
        assert added == [
            "checklist/contacts-redesign.md",
            "tests/migration/conftest.py",
            "staging/faults/catalogue/objects.py",
            "checklist/contacts-redesign.md",
        ]

    def test_its_first_lines_name_the_check_that_it_adds(self) -> None:
        text = (DOCS / "adding-a-check.md").read_text(encoding="utf-8")
        [named] = re.findall(r'fault that proves it: "([^"]+)"', text)
        _, _, first = additions_of_the_page()[0]
        assert f"- [ ] {named} <!--" in first

    def test_the_new_check_is_green_in_the_box(self, copy_with_the_check: Path) -> None:
        done = run_in(copy_with_the_check, "-m", "pytest", "tests/migration/test_durability.py")
        assert done.returncode == 0, done.stdout + done.stderr
        (results,) = copy_with_the_check.glob("reports/*/results.json")
        (item,) = [i for i in json.loads(results.read_text())["items"] if i["in_scope"]]
        assert (item["id"], item["state"]) == ("MIG-3.5", "PASS")

    def test_its_fault_turns_it_red_and_nothing_else(self, copy_with_the_check: Path) -> None:
        done = run_in(copy_with_the_check, "-c", RUN_ONE_FAULT, "an-unlogged-table")
        assert done.stdout.splitlines()[-1:] == ["MIG-3.5 FAIL"], done.stdout + done.stderr

    @pytest.mark.parametrize(("taken", "state"), [("", "PASS"), ("migration-002-*", "FAIL")])
    def test_the_check_of_another_phase_runs_by_its_marker_and_can_be_red(
        self, copy_with_the_check: Path, taken: str, state: str
    ) -> None:
        folder = copy_with_the_check / "staging/crm/deployment"
        for path in folder.glob(f"{taken}rollback.sql") if taken else ():
            path.unlink()
        done = run_in(copy_with_the_check, "-m", "pytest", "-m", "preflight")
        assert done.returncode == {"PASS": 20, "FAIL": 1}[state], done.stdout + done.stderr
        results = max(
            copy_with_the_check.glob("reports/*/results.json"), key=lambda p: p.stat().st_mtime
        )
        states = {i["id"]: i["state"] for i in json.loads(results.read_text())["items"]}
        assert states["DBP-2.5"] == state

    def test_the_test_of_its_probe_passes(self, copy_with_the_check: Path) -> None:
        done = run_in(
            copy_with_the_check,
            *("-m", "pytest", "-c", "selftest/pytest.toml", "selftest/unit/test_durability.py"),
        )
        assert done.returncode == 0, done.stdout + done.stderr

    def test_what_it_adds_is_of_the_form_that_make_check_asks_for(
        self, copy_with_the_check: Path
    ) -> None:
        changed = [*files_of_the_page(), "tests/migration/conftest.py"]
        for arguments in (("format", "--check"), ("check",)):
            done = run_in(copy_with_the_check, "-m", "ruff", *arguments, *changed)
            assert done.returncode == 0, done.stdout + done.stderr


def test_the_readme_says_which_python_is_needed() -> None:
    project = tomllib.loads((PROJECT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    assert project["requires-python"] == ">=3.11"
    assert "Python 3.11 or newer" in README
