"""Preflight, browser compatibility: the same way through the application in each browser."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from gonogo.comparison import Comparison
from gonogo.config import Settings
from gonogo.config_journeys import Journey
from gonogo.evidence import Evidence

Go = Callable[[Journey], Comparison]


@pytest.mark.item("BLD-4.1")
def test_people_with_chrome_can_use_it(journey: Go, settings: Settings, evidence: Evidence) -> None:
    """Sign in, list, search, filter, one contact and back, in Chrome."""
    steps = evidence.observe("the journey", journey, settings.journeys.chrome)
    assert steps.equal, str(steps)


@pytest.mark.item("BLD-4.2")
def test_people_with_firefox_can_use_it(
    journey: Go, settings: Settings, evidence: Evidence
) -> None:
    """The same in Firefox."""
    steps = evidence.observe("the journey", journey, settings.journeys.firefox)
    assert steps.equal, str(steps)


@pytest.mark.item("BLD-4.3")
def test_people_with_safari_can_use_it(journey: Go, settings: Settings, evidence: Evidence) -> None:
    """The same in what Safari is made of."""
    steps = evidence.observe("the journey", journey, settings.journeys.safari)
    assert steps.equal, str(steps)


@pytest.mark.item("BLD-4.4")
def test_people_with_edge_can_use_it(journey: Go, settings: Settings, evidence: Evidence) -> None:
    """The same in Edge, and in no other."""
    steps = evidence.observe("the journey", journey, settings.journeys.edge)
    assert steps.equal, str(steps)


@pytest.mark.item("BLD-4.5")
def test_people_with_an_iphone_can_use_it(
    journey: Go, settings: Settings, evidence: Evidence
) -> None:
    """The same by touch, on the screen of an iPhone."""
    steps = evidence.observe("the journey", journey, settings.journeys.ios)
    assert steps.equal, str(steps)


@pytest.mark.item("BLD-4.6")
def test_people_with_an_android_phone_can_use_it(
    journey: Go, settings: Settings, evidence: Evidence
) -> None:
    """The same by touch, on the screen of an Android phone."""
    steps = evidence.observe("the journey", journey, settings.journeys.android)
    assert steps.equal, str(steps)
