from __future__ import annotations

import re
import tomllib
from pathlib import Path

import pytest

from gonogo.checklist import parse
from gonogo.cli.main import COMMANDS, command_group
from selftest.unit.documentation import PROJECT, README, plugin_options

CHECKLIST = "checklist/contacts-redesign.md"
MADE = (".venv", ".cache", "reports", "node_modules")
OF_PRODUCTS = ("staging/crm", "checklist", "selftest/products")


def name_of(page: Path) -> str:
    return page.relative_to(PROJECT).as_posix()


ALL_PAGES = sorted(page for page in PROJECT.rglob("*.md") if not name_of(page).startswith(MADE))
PAGES = [page for page in ALL_PAGES if not name_of(page).startswith(OF_PRODUCTS)]


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


def test_the_readme_says_which_python_is_needed() -> None:
    project = tomllib.loads((PROJECT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    assert project["requires-python"] == ">=3.11"
    assert "Python 3.11 or newer" in README
