"""``gonogo staging``: opens the box with everything in it, for people who want to look around."""

from __future__ import annotations

import json
import signal
import socket
import subprocess
from contextlib import suppress
from dataclasses import asdict
from pathlib import Path
from urllib.parse import urlsplit

import click
from rich.console import Console
from rich.text import Text

from gonogo.config import load
from gonogo.errors import CannotTell, UsageError, WaitTimedOut
from gonogo.premises import Premises
from gonogo.premises_door import Door, Keeper, close, end_keeper, not_opened, start_keeper
from gonogo.waiting import wait_until

OPEN_TIMEOUT_S = 300.0
ANSWER_TIMEOUT_S = 2.0
USUAL_PORTS = {"http": 80, "https": 443}
HEADINGS = ("service", "address", "what it is")

target_option = click.option("--target", metavar="FILE|NAME", help="The target to open.")
name_option = click.option(
    "--name", default="default", show_default=True, help="Which of several open boxes."
)


@click.group()
def staging() -> None:
    """Open staging in a box and keep it open."""


@staging.command()
@target_option
@name_option
def up(target: str | None, name: str) -> int:
    """Start everything and print the addresses; it stays until `gonogo staging down`.

    Ctrl-C while it opens closes it again; a box that another command is opening goes on.
    """
    door = Door(load(target), name)
    premises = door.premises
    if premises is None:
        premises = _opened(door)
    elif since := door.open_since:
        click.echo(f"already open since {since.astimezone():%Y-%m-%d %H:%M}")
    _show(premises)
    _check_answers(door, premises)
    return 0


def _opened(door: Door) -> Premises:
    """Open the box, or wait for who is opening it.

    Raises:
        CannotTell: it cannot be opened; says what the keeper said.
    """
    keeper: Keeper | None = None
    try:
        if door.held:
            click.echo("another command is opening the box; waiting for it", err=True)
        else:
            door.clear()  # else what a killed box said of itself could be taken for this one's
            keeper = start_keeper(door)
        return _wait_for(door, keeper)
    except KeyboardInterrupt:
        _say_what_stays(door, keeper)
        raise click.Abort from None
    except WaitTimedOut:
        end_keeper(keeper)
        raise


def _wait_for(door: Door, keeper: Keeper | None) -> Premises:
    """Show the progress until the box is open."""
    console = Console(stderr=True)
    with console.status("opening the box") as status:

        def ended() -> bool:
            if door.progress:
                status.update(door.progress)
            starting = keeper is not None and keeper.poll() is None
            return door.premises is not None or not (starting or door.held)

        wait_until(ended, bool, what="the box to open", timeout_s=OPEN_TIMEOUT_S)
    premises = door.premises
    if premises is None:
        raise not_opened(door)
    return premises


def _say_what_stays(door: Door, keeper: Keeper | None) -> None:
    """Close the box if this command was opening it, and say what is true afterwards."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # closing is not interrupted by a second one
    with suppress(subprocess.TimeoutExpired):
        end_keeper(keeper)
    if not door.held:
        click.echo("the box is closed; nothing of it runs", err=True)
    elif keeper is not None and keeper.poll() is None:
        click.echo("the box is still closing; see gonogo staging status", err=True)
    else:
        click.echo("the box goes on opening: another command started it", err=True)
        click.echo("  gonogo staging status shows how far it is, down closes it", err=True)


@staging.command()
@target_option
@name_option
def down(target: str | None, name: str) -> int:
    """Stop everything; nothing of it stays."""
    door = Door(load(target), name)
    if door.held:
        close(door)
        click.echo("closed")
    else:
        click.echo("nothing is open")
        _clear(door)
    return 0


def _clear(door: Door) -> None:
    if door.clear():
        click.echo(f"cleared what a killed box left in {door.folder}", err=True)


@staging.command()
@target_option
@name_option
@click.option("--json", "as_json", is_flag=True, help="As JSON, with the made-up sign-in.")
def status(target: str | None, name: str, *, as_json: bool) -> int:
    """Say what is open and where; exit status 1 when nothing is, 20 when it does not answer."""
    door = Door(load(target), name)
    premises = door.premises
    if as_json:
        click.echo(json.dumps(None if premises is None else asdict(premises), indent=1))
    elif premises is None:
        _say_not_open(door)
    else:
        _show(premises)
    if door.others and not as_json:
        click.echo(f"also open: {', '.join(door.others)}; see one with --name")
    if premises is None:
        _clear(door)
        return 1
    _check_answers(door, premises)
    return 0


def _say_not_open(door: Door) -> None:
    if door.held:
        click.echo(f"opening: {door.progress or 'its keeper starts'}")
    else:
        click.echo("nothing is open; gonogo staging up opens the box")


@staging.command()
@target_option
@name_option
@click.argument("service", required=False)
def logs(target: str | None, name: str, service: str | None) -> int:
    """Print the log of SERVICE, or name the logs there are."""
    door = Door(load(target), name)
    premises = door.premises
    if premises is None:
        _say_not_open(door)
        return 1
    by_name = {each.name: each.log for each in premises.services}
    if service is None:
        for each, path in by_name.items():
            click.echo(f"{each}: {path or 'keeps no log'}")
    elif service in by_name:
        _print_log(service, by_name[service])
    else:
        raise UsageError(
            "no such service",
            where="gonogo staging logs",
            expected=", ".join(by_name),
            found=service,
            do="name one of these",
        )
    return 0


def _print_log(service: str, path: str) -> None:
    if not path:
        click.echo(f"{service} keeps no log", err=True)
    elif not Path(path).exists():
        click.echo(f"nothing is in the log of {service} yet", err=True)
    else:
        click.echo(Path(path).read_text("utf-8", errors="replace"), nl=False)


def _check_answers(door: Door, premises: Premises) -> None:
    """Raise CannotTell when somebody of the open box has died: its keeper does not notice."""
    silent = [each.name for each in premises.services if not _accepts(each.address)]
    if silent:
        raise CannotTell(
            "the box is open, but not all of it answers",
            where=str(door.folder),
            expected="a connection to every service",
            found=f"nobody at {', '.join(silent)}",
            do="gonogo staging down, then up; before that, gonogo staging logs",
        )


def _accepts(address: str) -> bool:
    """Whether somebody listens at *address*, a URL or ``host:port``."""
    url = urlsplit(address if "//" in address else f"//{address}")
    port = url.port or USUAL_PORTS.get(url.scheme, 0)
    try:
        with socket.create_connection((url.hostname or "", port), timeout=ANSWER_TIMEOUT_S):
            return True
    except OSError:
        return False


def _show(premises: Premises) -> None:
    """Print one line for each service, cut at the terminal's width, then what is to be copied."""
    console = Console(highlight=False)
    rows = [HEADINGS, *((each.name, each.address, each.what) for each in premises.services)]
    name_width, address_width = (max(len(row[column]) for row in rows) for column in (0, 1))
    for number, (name, address, what) in enumerate(rows):
        line = f"{name:<{name_width}}  {address:<{address_width}}  {what}"
        style = "" if number else "bold"
        console.print(Text(line, style), no_wrap=True, overflow="ellipsis")
    for field, value in premises.sign_in.items():
        console.print(Text.assemble(f"sign in, {field}: ", (value, "bold")), soft_wrap=True)
    for note in premises.notes:
        console.print(Text(note), soft_wrap=True)
