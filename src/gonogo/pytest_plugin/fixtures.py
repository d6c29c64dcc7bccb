"""What every check can ask for, whatever its phase."""

from __future__ import annotations

import pytest

from gonogo.action_desk import ActionDesk
from gonogo.clock import Clock
from gonogo.config import Settings
from gonogo.errors import CannotTell
from gonogo.evidence import Evidence
from gonogo.probes.database.connection import Reader
from gonogo.provider import Instance
from gonogo.pytest_plugin.recording import evidence_key
from gonogo.pytest_plugin.run import SuiteRun, run_key


@pytest.fixture(scope="session")
def suite_run(pytestconfig: pytest.Config) -> SuiteRun:
    """This process of this run."""
    return pytestconfig.stash[run_key]


@pytest.fixture(scope="session")
def settings(suite_run: SuiteRun) -> Settings:
    """The target's configuration."""
    return suite_run.settings


@pytest.fixture(scope="session")
def clock(suite_run: SuiteRun) -> Clock:
    """The run's clock."""
    return suite_run.clock


@pytest.fixture(scope="session")
def instance(suite_run: SuiteRun) -> Instance:
    """The running target; ERROR with the reason where it could not be started or reached."""
    return suite_run.target


@pytest.fixture
def evidence(request: pytest.FixtureRequest) -> Evidence:
    """Where this check records what it sees."""
    kept: Evidence = request.node.stash[evidence_key]
    return kept


@pytest.fixture(scope="session")
def database(instance: Instance, settings: Settings) -> Reader:
    """The target's database, for reading only."""
    if not instance.reader_dsn:
        raise CannotTell(
            "no database is configured for this target",
            where=settings.file,
            do="set database.url_env to the name of the variable with the reader's address",
        )
    return Reader(
        instance.reader_dsn,
        schemas=settings.database.schemas,
        exclude_tables=settings.database.exclude_tables,
        statement_timeout_s=settings.database.statement_timeout_s,
        anonymous_role=settings.database.anonymous_role,
    )


@pytest.fixture(scope="session")
def actions(suite_run: SuiteRun, instance: Instance) -> ActionDesk:
    """Where checks ask for a step that changes the target."""
    return ActionDesk(
        settings=suite_run.settings,
        checklist=suite_run.checklist,
        instance=instance,
        dossier=suite_run.dossier,
        run_id=suite_run.run_id,
        journal=suite_run.segment,
        keeper=suite_run,
        redactor=suite_run.redactor,
        clock=suite_run.clock,
        workspace=suite_run.workspace,
        execute=suite_run.options.execute,
        again=suite_run.options.again,
        reason=suite_run.options.reason,
        planned=suite_run.planned,
        selected=suite_run.selected,
        history=suite_run.history,
        states=suite_run.finished_items,
        wait_timeout_s=suite_run.options.barrier_timeout_s,
    )
