"""``pull`` and ``env``: the platform's variables, into files and out of them."""

from __future__ import annotations

import sys
from argparse import Namespace
from pathlib import Path
from typing import Any
from urllib.parse import quote

from staging.services.vercel.command_line.link import FOLDER, Link, write_project_file
from staging.services.vercel.command_line.terminal import Stopped, note, result

HEADER = "# Created by Vercel CLI\n"
OWNER_ONLY = 0o600


def pull(link: Link, folder: Path, environment: str) -> int:
    """Write the project's settings and the variables of one environment below ``.vercel``."""
    (folder / FOLDER).mkdir(exist_ok=True)
    pull_variables(link, folder / FOLDER / f".env.{environment}.local", environment)
    names = ("framework", "buildCommand", "outputDirectory", "installCommand", "nodeVersion")
    settings = {name: link.project.get(name) for name in names}
    write_project_file(folder, link, settings=settings)
    note(f"Downloaded project settings to {FOLDER}/project.json")
    return 0


def pull_variables(link: Link, path: Path, environment: str) -> int:
    """Write the variables of one environment into *path*, for its owner alone."""
    project = quote(link.project_id, safe="")
    found = link.api.ask("GET", f"/v3/env/pull/{project}/{environment}")["env"]
    lines = [f'{name}="{_escaped(value)}"\n' for name, value in sorted(found.items())]
    path.touch(mode=OWNER_ONLY)
    path.write_text(HEADER + "".join(lines), "utf-8")
    note(f"Created {path.name} with the {environment} Environment Variables of {link.name}")
    return 0


def _escaped(value: str) -> str:
    return value.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n")


def list_variables(link: Link, environment: str | None) -> int:
    """List names and environments; values stay unread."""
    found = _variables(link, environment)
    if not found:
        note(f"No Environment Variables found in Project {link.name}")
        return 0
    note(f"Environment Variables found in Project {link.name}")
    rows = [("name", "value", "environments")]
    for each in found:
        value = each["value"] if each["type"] == "plain" else "Encrypted"
        rows.append((each["key"], value, ", ".join(t.title() for t in each["target"])))
    widths = [max(len(row[column]) for row in rows) for column in range(3)]
    for row in rows:
        cells = (cell.ljust(width) for cell, width in zip(row, widths, strict=True))
        result(f" {'   '.join(cells).rstrip()}\n")
    return 0


def add_variable(link: Link, options: Namespace) -> int:
    """Add one variable; its value is read from standard input."""
    if sys.stdin.isatty():
        raise Stopped("Give the value on standard input: echo VALUE | vercel env add NAME TARGET")
    body = {
        "key": options.name,
        "value": sys.stdin.read().removesuffix("\n"),
        "type": "sensitive" if options.sensitive else "encrypted",
        "target": [options.environment],
    }
    query = {"upsert": "true"} if options.force else {}
    link.api.ask("POST", f"/v10/projects/{link.project_id}/env", query=query, body=body)
    note(f"Added Environment Variable {options.name} to Project {link.name}")
    return 0


def remove_variable(link: Link, options: Namespace) -> int:
    """Remove one variable from an environment."""
    found = [v for v in _variables(link, options.environment) if v["key"] == options.name]
    if not found:
        raise Stopped(f"Environment Variable was not found: {options.name}")
    if not options.yes:
        raise Stopped('Command `vercel env rm` requires confirmation. Use option "--yes".')
    for each in found:
        link.api.ask("DELETE", f"/v9/projects/{link.project_id}/env/{each['id']}")
    note(f"Removed Environment Variable {options.name} from Project {link.name}")
    return 0


def _variables(link: Link, environment: str | None) -> list[dict[str, Any]]:
    every: list[dict[str, Any]] = link.api.ask("GET", f"/v10/projects/{link.project_id}/env")[
        "envs"
    ]
    return [each for each in every if environment in {None, *each["target"]}]
