from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any, cast

import pytest

from gonogo.config import Settings
from gonogo.diagnosis import Condition, Finding
from gonogo.diagnosis_browsers import diagnose_browsers
from gonogo.errors import CannotTell, ToolMissing
from gonogo.probes.browser.engines import Engine
from selftest.cli.doctors_project import settings_of


class Machine:
    """A machine with these browsers; those in ``broken`` are there and do not start."""

    def __init__(self, *there: str, broken: tuple[str, ...] = ()) -> None:
        self.there = there
        self.broken = broken
        self.opened = 0
        self.closed = 0

    @contextmanager
    def open(self, _settings: Settings) -> Iterator[Machine]:
        self.opened += 1
        yield self
        self.closed += 1

    def engine(self, kind: str = "") -> Engine:
        if kind in self.broken:
            raise CannotTell(
                f"{kind} did not start", found="libnss3.so: no such file", do="start it"
            )
        for each in self.there:
            if kind in {"", each}:
                browser = cast("Any", None)
                return Engine(kind=each, version="156.0", source=f"/bin/{each}", browser=browser)
        what = f"there is no {kind or 'browser'} on this machine"
        raise ToolMissing(what, found="not on PATH" if kind else "", do=f"install {kind or 'one'}")

    def first_of(self, kinds: Sequence[str], *, as_phone: bool) -> Engine:
        for kind in kinds:
            if kind in {*self.there, *self.broken}:
                return self.engine(kind)
        phone = " as a phone" if as_phone else ""
        raise ToolMissing("none", found=f"no {kinds[0]}{phone}", do=f"install {kinds[0]}")


def look(project: Path, machine: Machine, *phases: str, **changed: object) -> dict[str, Finding]:
    settings = settings_of(project, None, **changed)
    found = diagnose_browsers(settings, phases or ("phase3",), opened=machine.open)
    return {finding.service: finding for finding in found}


def test_a_phase_without_browsers_starts_none(project: Path) -> None:
    machine = Machine("chromium")
    assert look(project, machine, "phase1", "phase2") == {}
    assert machine.opened == 0


@pytest.mark.parametrize("phase", ["phase3", "phase4"])
def test_any_browser_is_enough_for_most_checks(project: Path, phase: str) -> None:
    machine = Machine("firefox")
    [finding] = look(project, machine, phase).values()
    assert finding.condition is Condition.REACHABLE
    assert finding.found == "firefox 156.0 (/bin/firefox)"
    assert (machine.opened, machine.closed) == (1, 1)


def test_without_any_the_way_to_one_is_told(project: Path) -> None:
    finding = look(project, Machine())["browser"]
    assert finding.condition is Condition.MISSING
    assert finding.found == "there is no browser on this machine"
    assert finding.do == "install one"


def test_each_browser_that_people_have_is_looked_for(project: Path) -> None:
    found = look(project, Machine("chromium", "webkit"), "preflight")
    assert {name: each.condition for name, each in found.items()} == {
        "browser (chrome)": Condition.REACHABLE,
        "browser (firefox)": Condition.MISSING,
        "browser (safari)": Condition.REACHABLE,
        "browser (edge)": Condition.MISSING,
        "browser (ios)": Condition.REACHABLE,
        "browser (android)": Condition.REACHABLE,
    }
    assert found["browser (android)"].found == "chromium 156.0 (/bin/chromium), as Pixel 7"
    assert found["browser (edge)"].found == "no msedge"
    assert found["browser (edge)"].do == "install msedge"


def test_what_counts_as_which_browser_is_the_target_files_word(project: Path) -> None:
    found = look(
        project, Machine("chromium"), "preflight", journeys__edge={"kinds": ["msedge", "chromium"]}
    )
    assert found["browser (edge)"].condition is Condition.REACHABLE
    phone = look(project, Machine(), "preflight")["browser (ios)"]
    assert phone.found == "no webkit as a phone"


def test_one_that_is_there_and_does_not_start_is_wrong(project: Path) -> None:
    found = look(project, Machine("webkit", broken=("firefox",)), "preflight")
    finding = found["browser (firefox)"]
    assert finding.condition is Condition.WRONG
    assert "libnss3.so" in finding.found


def test_a_configured_one_is_told_where_it_cannot_be_had_though_others_can(project: Path) -> None:
    found = look(
        project,
        Machine("chromium"),
        browsers__chromium__path="/bin/chromium",
        browsers__firefox__path="/nowhere/firefox",
    )
    assert list(found) == ["browser", "browsers.firefox"]
    assert found["browser"].condition is Condition.REACHABLE
    assert found["browsers.firefox"].condition is Condition.WRONG
