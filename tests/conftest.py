"""The steps of the day, in their order: each asks for the one before it."""

from __future__ import annotations

import pytest

from gonogo.action_desk import ActionDesk
from gonogo.baselines import Baselines
from gonogo.beginning import Beginning
from gonogo.probes.database.connection import Reader
from gonogo.provider import Instance
from gonogo.pytest_plugin.run import SuiteRun
from gonogo.records import ActionRecord


@pytest.fixture(scope="session")
def baselines(suite_run: SuiteRun, instance: Instance, database: Reader) -> Baselines:
    """Where the state before the migration is kept."""
    return suite_run.baselines(database, instance)


@pytest.fixture(scope="session")
def beginning(actions: ActionDesk, baselines: Baselines) -> Beginning:
    """Whether anybody has begun to migrate; until then nothing of it is judged."""
    return Beginning(begun=actions.begun, baselines=baselines)


@pytest.fixture(scope="session")
def backed_up(actions: ActionDesk, baselines: Baselines) -> ActionRecord | None:
    """How the backup ended; None when the team makes it by hand."""
    return actions.perform("backup", prepare=baselines.take)


@pytest.fixture(scope="session")
def migrated(
    actions: ActionDesk,
    baselines: Baselines,
    backed_up: ActionRecord | None,
    beginning: Beginning,
) -> ActionRecord | None:
    """How the migration ended; None when the team runs it by hand."""
    done = actions.perform(
        "migrate",
        after=("MIG-1.1", "MIG-1.2", "MIG-1.3"),
        prepare=lambda: baselines.take_after(backed_up),
        conclude=baselines.mark_end,
    )
    if done is None:
        beginning.require_migration()
    return done


@pytest.fixture(scope="session")
def deployed(
    actions: ActionDesk, instance: Instance, request: pytest.FixtureRequest
) -> ActionRecord | None:
    """How the deployment ended; None when the team runs it by hand, or it was done already."""
    instance.require_services()
    if instance.acts_by_itself and not instance.done:
        request.getfixturevalue("migrated")
    return actions.perform("deploy")
