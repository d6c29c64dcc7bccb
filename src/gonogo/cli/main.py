"""The command ``gonogo``: finds its sub-commands, and ends in an exit status, never a traceback."""

from __future__ import annotations

import importlib
import importlib.util
import os
import sys
import traceback
from collections.abc import Mapping, Sequence
from typing import NoReturn

import click

from gonogo import __version__
from gonogo.errors import GonogoError, UsageError
from gonogo.redaction import Redactor

USAGE_STATUS = 4
"""Refused before anything was touched; pytest's own status for the same."""
TROUBLE_STATUS = 20
INTERRUPTED_STATUS = 2
TRACEBACK_VARIABLE = "GONOGO_TRACEBACK"

COMMANDS: Mapping[str, str] = {
    "init": "gonogo.cli.init:init",
    "doctor": "gonogo.cli.doctor:doctor",
    "before": "gonogo.cli.before:before",
    "items": "gonogo.cli.items:items",
    "status": "gonogo.cli.status:status",
    "gate": "gonogo.cli.gate:gate",
    "staging": "gonogo.cli.staging:staging",
}


class LazyGroup(click.Group):
    """A group whose commands are imported when they are asked for."""

    def __init__(self, *, lazy: Mapping[str, str], help: str) -> None:  # noqa: A002 - click's word
        super().__init__(name="gonogo", help=help)
        self._lazy = lazy

    def list_commands(self, ctx: click.Context) -> list[str]:  # noqa: ARG002 - click gives it
        """Return the commands whose modules exist, in the order of their use."""
        return [name for name in self._lazy if _module_exists(self._lazy[name])]

    def get_command(
        self,
        ctx: click.Context,  # noqa: ARG002 - click gives it
        cmd_name: str,
    ) -> click.Command | None:
        """Return the command *cmd_name*, importing its module."""
        place = self._lazy.get(cmd_name, "")
        if not place or not _module_exists(place):
            return None
        module, _, function = place.partition(":")
        command: click.Command = getattr(importlib.import_module(module), function)
        return command


def _module_exists(place: str) -> bool:
    return importlib.util.find_spec(place.partition(":")[0]) is not None


def command_group(commands: Mapping[str, str] = COMMANDS) -> click.Group:
    """Return the command with *commands*, each a name and its ``module:function``."""
    group = LazyGroup(
        lazy=commands, help="A deployment checklist that runs itself: GO, HOLD or NO-GO."
    )
    return click.version_option(__version__, prog_name="gonogo")(group)


def main(
    arguments: Sequence[str] | None = None, *, commands: Mapping[str, str] = COMMANDS
) -> NoReturn:
    """Run the command line and exit with its status; an error is printed as its own text.

    Exit status 4 is a usage error, 20 anything that could not be told; a command may end in
    others, such as the gate's 0, 1 and 20.
    """
    sys.exit(run(arguments, commands=commands))


def run(arguments: Sequence[str] | None = None, *, commands: Mapping[str, str] = COMMANDS) -> int:
    """Run the command line and return its exit status."""
    try:
        status = command_group(commands).main(
            args=None if arguments is None else list(arguments),
            prog_name="gonogo",
            standalone_mode=False,
        )
    except click.ClickException as error:
        error.show()
        return USAGE_STATUS
    except click.Abort:
        click.echo("stopped", err=True)
        return INTERRUPTED_STATUS
    except GonogoError as error:
        click.echo(Redactor().text(str(error)), err=True)
        return USAGE_STATUS if isinstance(error, UsageError) else TROUBLE_STATUS
    except Exception as error:  # noqa: BLE001 - the last place: nothing may end in a traceback
        _show_defect(error)
        return TROUBLE_STATUS
    return status if isinstance(status, int) else 0


def _show_defect(error: Exception) -> None:
    shown = Redactor().text(f"{type(error).__name__}: {error}")
    click.echo(f"gonogo has a defect, or met something it does not know: {shown}", err=True)
    if os.environ.get(TRACEBACK_VARIABLE):
        click.echo(Redactor().text("".join(traceback.format_exception(error))), err=True)
    else:
        click.echo(f"  what to do: report it; {TRACEBACK_VARIABLE}=1 shows where", err=True)
