"""Reads the arguments; what is not known is refused with exit status 1."""

from __future__ import annotations

import argparse
import os
from argparse import Namespace
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import NoReturn

from staging.services.vercel.command_line import local_build, releases, variables
from staging.services.vercel.command_line.connection import Api
from staging.services.vercel.command_line.link import Link, ensure_link, make_link
from staging.services.vercel.command_line.terminal import Stopped, note, result

VERSION = "50.0.0"
ADDRESS_VARIABLE = "VERCEL_API"
COMMANDS = {
    "build",
    "deploy",
    "env",
    "inspect",
    "link",
    "list",
    "promote",
    "pull",
    "rollback",
    "whoami",
}
ALSO_CALLED = {"ls": "list"}
UNITS_S = {"ms": 0.001, "s": 1.0, "m": 60.0, "h": 3600.0}
TAKES_VALUE = {"-t", "--token", "--cwd", "-S", "--scope", "-T", "--team", "--api"}


class Parser(argparse.ArgumentParser):
    """A parser that refuses with exit status 1."""

    def error(self, message: str) -> NoReturn:
        """Refuse."""
        raise Stopped(f"{message}. The stand-in knows only what deployments need.")


def main(argv: Sequence[str]) -> int:
    """Run one command; returns its exit status."""
    try:
        if {"-v", "--version"} & set(argv):
            note(f"Vercel CLI {VERSION} (stand-in)")
            result(f"{VERSION}\n")
            return 0
        options = _parser().parse_args(_command_first(argv))
        note(f"Vercel CLI {VERSION} (stand-in)")
        return _run(options)
    except Stopped as stopped:
        note(f"Error: {stopped}")
        return 1


def _command_first(argv: Sequence[str]) -> list[str]:
    """Move the command's name to the front; without one it is ``deploy``."""
    rest = list(argv)
    position = 0
    while position < len(rest):
        word = rest[position]
        if not word.startswith("-"):
            name = ALSO_CALLED.get(word, word)
            if name in COMMANDS:
                return [name, *rest[:position], *rest[position + 1 :]]
            break
        position += 2 if word in TAKES_VALUE else 1
    return ["deploy", *rest]


def _parser() -> Parser:
    everywhere = Parser(add_help=False, allow_abbrev=False)
    everywhere.add_argument("-t", "--token")
    everywhere.add_argument("-S", "--scope", "-T", "--team")
    everywhere.add_argument("--cwd", type=Path, default=Path())
    everywhere.add_argument("--api")
    everywhere.add_argument("-y", "--yes", action="store_true")
    everywhere.add_argument("-d", "--debug", "--no-color", action="store_true")
    parser = Parser(prog="vercel", allow_abbrev=False)
    commands = parser.add_subparsers(dest="command", required=True)

    def command(name: str) -> argparse.ArgumentParser:
        made: argparse.ArgumentParser = commands.add_parser(
            name, parents=[everywhere], allow_abbrev=False
        )
        return made

    _add_target(command("build"))
    _add_deploy(command("deploy"))
    _add_env(command("env"))
    inspect = command("inspect")
    inspect.add_argument("deployment")
    for flag in ("--logs", "--wait"):
        inspect.add_argument(flag, action="store_true")
    command("link").add_argument("-p", "--project")
    listing = command("list")
    listing.add_argument("project", nargs="?")
    _add_target(listing, "--environment")
    _add_target(command("pull"), "--environment")
    for name in ("promote", "rollback"):
        switching = command(name)
        switching.add_argument("deployment", nargs="?", default="status")
        switching.add_argument("--timeout", type=_seconds, default=releases.SWITCH_TIMEOUT_S)
    command("whoami")
    return parser


def _add_target(parser: argparse.ArgumentParser, flag: str = "--target") -> None:
    environments = ("production", "preview", "development")
    parser.add_argument(flag, dest="target", choices=environments)
    parser.add_argument("--prod", dest="target", action="store_const", const="production")


def _add_deploy(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("path", nargs="?", type=Path)
    _add_target(parser)
    for flag in ("--prebuilt", "--skip-domain", "--no-wait", "--logs"):
        parser.add_argument(flag, action="store_true")
    parser.add_argument("-f", "--force", "--with-cache", action="store_true")
    parser.add_argument("-e", "--env", action="append", default=[])
    parser.add_argument("-b", "--build-env", action="append", default=[])
    parser.add_argument("-m", "--meta", action="append", default=[])


def _add_env(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("action", choices=("ls", "list", "add", "rm", "remove", "pull"))
    parser.add_argument("name", nargs="?")
    parser.add_argument("environment", nargs="?")
    parser.add_argument("--environment", dest="target")
    parser.add_argument("--sensitive", action="store_true")
    parser.add_argument("--force", action="store_true")


def _seconds(text: str) -> float:
    """Return a time like ``30s`` or ``3m`` in seconds; plain numbers are milliseconds."""
    unit = text.lstrip("0123456789.")
    return float(text.removesuffix(unit)) * UNITS_S[unit or "ms"]


def _run(options: Namespace) -> int:
    folder: Path = getattr(options, "path", None) or options.cwd
    if not folder.is_dir():
        raise Stopped(f"Could not find {folder}: no folder, and no command of the stand-in")
    if options.command == "build":
        return local_build.build(folder, options.target or "preview")
    api = _api(options)
    if options.command == "whoami":
        result(f"{api.ask('GET', '/v2/user')['user']['username']}\n")
        return 0
    if options.command == "link":
        make_link(api, folder, project=options.project, scope=options.scope)
        return 0
    link = ensure_link(api, folder, command=options.command, yes=options.yes, scope=options.scope)
    return _run_linked(link, folder, options)


def _run_linked(link: Link, folder: Path, options: Namespace) -> int:
    def switch(act: Callable[[Link, str, Namespace], int]) -> int:
        if options.deployment == "status":
            return releases.switch_status(link, options.command, options)
        return act(link, options.deployment, options)

    run: Mapping[str, Callable[[], int]] = {
        "deploy": lambda: releases.deploy(link, folder, options),
        "env": lambda: _env(link, folder, options),
        "inspect": lambda: releases.inspect(link.api, options),
        "list": lambda: releases.list_deployments(link, options),
        "promote": lambda: switch(releases.promote),
        "pull": lambda: variables.pull(link, folder, options.target or "development"),
        "rollback": lambda: switch(releases.roll_back),
    }
    return run[options.command]()


def _env(link: Link, folder: Path, options: Namespace) -> int:
    match options.action:
        case "ls" | "list":
            return variables.list_variables(link, options.name)
        case "pull":
            path = folder / (options.name or ".env.local")
            return variables.pull_variables(link, path, options.target or "development")
        case _ if options.name is None or options.environment is None:
            raise Stopped(f"Usage: vercel env {options.action} NAME ENVIRONMENT")
        case "add":
            return variables.add_variable(link, options)
        case _:
            return variables.remove_variable(link, options)


def _api(options: Namespace) -> Api:
    address = options.api or os.environ.get(ADDRESS_VARIABLE)
    if not address:
        raise Stopped(f"The box did not say where its API is: {ADDRESS_VARIABLE} is not set")
    token = options.token or os.environ.get("VERCEL_TOKEN")
    if not token:
        raise Stopped('No existing credentials found. Please run `vercel login` or pass "--token"')
    return Api(address=address, token=token)
