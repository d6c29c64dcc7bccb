"""``gonogo staging``: opens the box with everything in it, for people who want to look around."""

from __future__ import annotations

import fcntl
import json
import os
import signal
import socket
import subprocess
import sys
from contextlib import suppress
from dataclasses import asdict
from pathlib import Path
from urllib.parse import urlsplit

import click
from rich.console import Console
from rich.table import Table

from gonogo.config import Settings, load
from gonogo.errors import CannotTell, UsageError, WaitTimedOut
from gonogo.premises import Premises
from gonogo.premises_keeper import (
    FAILED,
    LOCK,
    OPEN,
    PRIVATE_FILE,
    PROCESS,
    PROGRESS,
    make_private,
)
from gonogo.waiting import wait_until

FOLDER = ".cache/gonogo/staging"
OPEN_TIMEOUT_S = 300.0
CLOSE_TIMEOUT_S = 30.0
ANSWER_TIMEOUT_S = 2.0
USUAL_PORTS = {"http": 80, "https": 443}
KEEPER_LOG = "keeper.log"

target_option = click.option("--target", metavar="FILE|NAME", help="The target to open.")
name_option = click.option(
    "--name", default="default", show_default=True, help="Which of several open boxes."
)


@click.group()
def staging() -> None:
    """Open staging in a box and keep it open."""


class Door:
    """One box, open or not, as its folder tells."""

    def __init__(self, settings: Settings, name: str) -> None:
        if not name.replace("-", "").isalnum():
            raise UsageError(
                "a box's name is letters, digits and hyphens",
                where="--name",
                expected="for example: demo",
                found=name,
                do="choose another name",
            )
        self.settings = settings
        self.folder = settings.root / FOLDER / name

    @property
    def held(self) -> bool:
        """Whether a keeper is there, opening or open."""
        try:
            lock = os.open(self.folder / LOCK, os.O_RDONLY)
        except FileNotFoundError:
            return False
        try:
            # Shared: others who only look must not take this one for a keeper.
            fcntl.flock(lock, fcntl.LOCK_SH | fcntl.LOCK_NB)
        except BlockingIOError:
            return True
        finally:
            os.close(lock)
        return False

    @property
    def premises(self) -> Premises | None:
        """What is open, or None."""
        told = self.text(OPEN) if self.held else ""
        return Premises.from_json(told) if told else None

    def text(self, name: str) -> str:
        """Return a file of the folder, or nothing."""
        try:
            return (self.folder / name).read_text("utf-8", errors="replace")
        except FileNotFoundError:
            return ""


@staging.command()
@target_option
@name_option
def up(target: str | None, name: str) -> int:
    """Start everything and print the addresses; it stays until `gonogo staging down`."""
    door = Door(load(target), name)
    if not door.held:
        _open(door)
    premises = door.premises
    if premises is None:
        premises = _wait_for(door)
    _show(premises)
    _check_answers(door, premises)
    return 0


def _open(door: Door) -> None:
    make_private(door.folder)
    (door.folder / FAILED).unlink(missing_ok=True)
    (door.folder / KEEPER_LOG).unlink(missing_ok=True)
    (door.folder / KEEPER_LOG).touch(mode=PRIVATE_FILE)
    with (door.folder / KEEPER_LOG).open("wb") as log:
        process = subprocess.Popen(
            [sys.executable, "-m", "gonogo.premises_keeper", door.settings.file, str(door.folder)],
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=log,
            cwd=door.settings.root,
            start_new_session=True,
        )
    wait_until(
        lambda: door.held or process.poll() is not None,
        bool,
        what="the keeper of the box",
        timeout_s=OPEN_TIMEOUT_S,
    )


def _wait_for(door: Door) -> Premises:
    """Show the keeper's progress until the box is open.

    Raises:
        CannotTell: it cannot be opened; says what the keeper said.
    """
    console = Console(stderr=True)
    with console.status("opening the box") as status:

        def ended() -> bool:
            lines = door.text(PROGRESS).splitlines()
            if lines:
                status.update(lines[-1])
            return not door.held or door.premises is not None

        try:
            wait_until(ended, bool, what="the box to open", timeout_s=OPEN_TIMEOUT_S)
        except WaitTimedOut:
            close(door)
            raise
    premises = door.premises
    if premises is None:
        raise CannotTell(
            "the box did not open",
            where=str(door.folder),
            expected="every service answering",
            found=door.text(FAILED) or door.text(KEEPER_LOG)[-2000:] or "its keeper ended",
            do=f"read {door.folder / KEEPER_LOG}",
        )
    return premises


@staging.command()
@target_option
@name_option
def down(target: str | None, name: str) -> int:
    """Stop everything; nothing of it stays."""
    door = Door(load(target), name)
    if not door.held:
        click.echo("nothing is open")
        return 0
    close(door)
    click.echo("closed")
    return 0


def close(door: Door) -> None:
    """End the keeper, which holds the lock: so its process number cannot be another's."""
    # It holds the lock for a moment before it says who it is.
    wait_until(
        lambda: door.text(PROCESS) or not door.held,
        bool,
        what="the keeper's process number",
        timeout_s=CLOSE_TIMEOUT_S,
        do=f"see {door.folder / KEEPER_LOG}",
    )
    number = door.text(PROCESS)
    if number and door.held:
        with suppress(ProcessLookupError):  # it ended by itself
            os.kill(int(number), signal.SIGTERM)
    wait_until(
        lambda: door.held,
        lambda held: not held,
        what="the box to close",
        timeout_s=CLOSE_TIMEOUT_S,
        do=f"see {door.folder / KEEPER_LOG}",
    )


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
        click.echo("nothing is open; gonogo staging up opens the box")
    else:
        _show(premises)
    if premises is None:
        return 1
    _check_answers(door, premises)
    return 0


@staging.command()
@target_option
@name_option
@click.argument("service", required=False)
def logs(target: str | None, name: str, service: str | None) -> int:
    """Print the log of SERVICE, or name the logs there are."""
    premises = Door(load(target), name).premises
    if premises is None:
        click.echo("nothing is open; gonogo staging up opens the box")
        return 1
    by_name = {each.name: each.log for each in premises.services if each.log}
    if service is None:
        for each, path in by_name.items():
            click.echo(f"{each}: {path}")
    elif service in by_name:
        click.echo(Path(by_name[service]).read_text("utf-8", errors="replace"), nl=False)
    else:
        raise UsageError(
            "no such service",
            where="gonogo staging logs",
            expected=", ".join(by_name),
            found=service,
            do="name one of these",
        )
    return 0


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
    console = Console(highlight=False)
    table = Table(box=None, header_style="bold")
    for heading in ("service", "address", "what it is"):
        table.add_column(heading, overflow="fold")
    for service in premises.services:
        table.add_row(service.name, service.address, service.what)
    console.print(table)
    for field, value in premises.sign_in.items():
        console.print(f"sign in, {field}: [bold]{value}[/bold]")
    for note in premises.notes:
        console.print(note)
