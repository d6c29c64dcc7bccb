"""``gonogo before``: records how the target is before a phase. It only reads the target."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import click
import pytest

from gonogo.clock import SystemClock
from gonogo.config import Settings, load
from gonogo.diagnosis_files import read_checklist
from gonogo.errors import ConfigError, GonogoError, UsageError
from gonogo.probes.database.connection import Reader
from gonogo.probes.migration.baseline import MigrationBaseline
from gonogo.probes.migration.ledger import recorded_versions
from gonogo.provider import Instance, Provider
from gonogo.pytest_plugin.lifecycle import Target
from gonogo.pytest_plugin.options import Options
from gonogo.pytest_plugin.run import SuiteRun
from gonogo.pytest_plugin.scope import Scope
from gonogo.reached_target import ReachedTarget
from gonogo.redaction import Redactor

PHASES = ("phase1",)


@click.command()
@click.argument("phase", type=click.Choice(PHASES))
@click.option("--target", metavar="FILE|NAME", help="The target, one that is already there.")
def before(phase: str, target: str | None) -> int:
    """Record the state before PHASE, so that what the team does by hand can be judged.

    Rows are kept as digests and counts, the schema as text; the target is only read. Run it
    right before the team's own scripts, then `pytest -m phase1` without --execute after them.
    """
    settings = load(target)
    if settings.target.provider:
        raise UsageError(
            "the state before a phase is recorded by the run itself on this target",
            where=settings.file,
            expected="a target that is already there",
            found=f'target.provider = "{settings.target.provider}": the suite starts it',
            do="name a real target with --target, or just run pytest",
        )
    if not settings.database.url_env:
        raise ConfigError(
            "no database is configured for this target",
            where=settings.file,
            expected="database.url_env",
            found="nothing",
            do="set database.url_env to the name of the variable with the reader's address",
        )
    with _started(settings) as (run, instance):
        reader = Reader(
            instance.reader_dsn,
            schemas=settings.database.schemas,
            exclude_tables=settings.database.exclude_tables,
            statement_timeout_s=settings.database.statement_timeout_s,
        )
        baselines = run.baselines(reader, instance)
        recorded = _recorded(settings, reader, instance, earlier=baselines.before(None))
        taken = baselines.take()
        run.segment.append("ended", exit_status=0)
        click.echo(f"recorded before {phase}: {taken}")
        click.echo(f"  database: {reader.where} ({instance.id})")
        click.echo(f"  ledger:   {recorded}")
        click.echo(f"  kept in:  {run.segment.path}")
        click.echo(f"  next:     run the scripts, then pytest -m {phase} --target={settings.file}")
    return 0


@contextmanager
def _started(settings: Settings) -> Iterator[tuple[SuiteRun, Instance]]:
    """Give a run of its own, with the target reached and its journal open."""
    run = SuiteRun(
        settings=settings,
        checklist=read_checklist(settings),
        options=_NO_OPTIONS,
        scope=Scope(label="before phase1", partial=True, ids=(), phases=frozenset()),
        clock=SystemClock(),
        redactor=Redactor(settings.secrets(), personal_data=settings.real_data),
        process=f"before-{os.getpid()}",
        environ=os.environ,
    )

    def reached(_phases: frozenset[str]) -> Provider:
        return ReachedTarget(settings, root=settings.root, workspace=run.workspace, scratch=False)

    target = Target(run, reached)
    try:
        target.start(frozenset({"phase1"}))
        instance = run.target
        run.open_segment(planned=(), covered=None)
        yield run, instance
    except GonogoError:
        if run.journaling:  # refused in order: nothing was interrupted
            run.segment.append("ended", exit_status=REFUSED_STATUS)
        raise
    except pytest.UsageError as error:
        cause = error.__cause__
        raise cause if isinstance(cause, GonogoError) else UsageError(str(error)) from None
    finally:
        run.close_segment()
        target.stop()


def _recorded(
    settings: Settings,
    reader: Reader,
    instance: Instance,
    *,
    earlier: MigrationBaseline | None,
) -> str:
    """Return which migrations the ledger names already, refusing a state that is none "before".

    Raises:
        UsageError: every migration is recorded, or one although *earlier* was recorded before.
    """
    if not settings.migration.ledger_table:
        return "not configured, so nobody can tell whether this is before the migration"
    names, done = recorded_versions(settings, reader, Path(instance.repository))
    if len(done) == len(names):
        raise UsageError(
            "this database is migrated already, so its state is none from before",
            where=f"{settings.migration.ledger_table} in {reader.where}",
            expected="at least one migration that is not recorded yet",
            found=f"{', '.join(done)} recorded",
            do="judge it by the release's backup: pytest -m phase1 restores that in scratch",
        )
    begun = [each for each in done if earlier and each not in (earlier.ledger or ())]
    if begun and earlier is not None:
        raise UsageError(
            "the migration has begun since the state before it was recorded",
            where=f"{settings.migration.ledger_table} in {reader.where}",
            expected="no further migration in the ledger",
            found=f"{', '.join(begun)} recorded; the state before: {earlier}",
            do="go on with the migration: that earlier state is what it is judged by",
        )
    return f"{len(done)} of {len(names)} migrations recorded"


REFUSED_STATUS = 4
_NO_OPTIONS = Options(
    target=None,
    execute=(),
    confirm=None,
    again=None,
    reason="",
    rehearse=False,
    barrier_timeout_s=0.0,
)
