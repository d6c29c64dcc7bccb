"""What the checks of phase 4 share: the partner, and each step taken once in a run."""

from __future__ import annotations

from functools import partial
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from gonogo.config import Settings
from gonogo.config_app import PulseSection
from gonogo.config_contacts import ContactsSection
from gonogo.probes.browser.engines import Engine
from gonogo.probes.browser.expected_rows import ExpectedRows
from gonogo.probes.database.connection import Reader
from gonogo.probes.pulse.journey import Journey
from gonogo.probes.pulse.shown import ShownRecord, Told
from gonogo.probes.pulse.steps import Arrived, Synced
from gonogo.provider import Instance
from gonogo.pytest_plugin.browsing import Browsers
from gonogo.pytest_plugin.run import SuiteRun
from gonogo.pytest_plugin.shared import once
from gonogo.vendors.pulse import Pulse
from gonogo.vendors.transport import Transport


@pytest.fixture(scope="session")
def agreed(settings: Settings) -> PulseSection:
    """What was agreed with the partner, and how the application uses it."""
    return settings.services.pulse


@pytest.fixture(scope="session")
def pulse(instance: Instance, agreed: PulseSection) -> Pulse:
    """The partner's API, asked with the application's own key."""
    return Pulse(Transport(access=instance.service("pulse")), path=agreed.profiles)


@pytest.fixture(scope="session")
def journey(
    pulse: Pulse,
    agreed: PulseSection,
    contacts: ContactsSection,
    settings: Settings,
    instance: Instance,
    database: Reader,
    browsers: Browsers,
    engine: Engine,
    session: dict[str, Any],
) -> Journey:
    """The steps of this phase; elsewhere than in a box the target's word is asked for."""
    allowed, boxed = settings.target.actions, instance.acts_by_itself
    return Journey(
        pulse=pulse,
        agreed=agreed,
        database=database,
        open_window=partial(browsers.window, engine, session=session),
        config_path=settings.deployment.config_path,
        detail_path=contacts.detail_path,
        server_log=instance.server_log,
        told_by=Told(ZoneInfo(settings.release.time_zone), agreed.records.date_format),
        may_import=boxed or ("third-party-write" in allowed and not settings.target.production),
        may_sync=boxed or "target-write" in allowed,
        names=ExpectedRows(database=database, section=contacts).names,
    )


@pytest.fixture(scope="session")
def arrived(journey: Journey, suite_run: SuiteRun) -> Arrived:
    """What arrived: after an import of our own where that is allowed, else as it is there."""
    return once(suite_run.workspace, "arrived", journey.arrive)


@pytest.fixture(scope="session")
def shown(journey: Journey, arrived: Arrived) -> tuple[ShownRecord, ...]:
    """The pages of a few records with as many different kinds of values as can be."""
    return journey.look(arrived)


@pytest.fixture(scope="session")
def synced(journey: Journey, arrived: Arrived, suite_run: SuiteRun) -> Synced:
    """One interval on a page's own clock."""
    return once(suite_run.workspace, "synced", lambda: journey.sync(arrived))
