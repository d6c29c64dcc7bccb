"""The pytest plugin: one marked test for each item, one verdict for each run.

A project uses it with one line in its root ``conftest.py``::

    pytest_plugins = ["gonogo.pytest_plugin"]
"""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from gonogo.checklist import Checklist, parse
from gonogo.clock import SystemClock
from gonogo.config import Settings, load
from gonogo.errors import ChecklistError, UsageError
from gonogo.provider import Intent, Provider, load_provider
from gonogo.pytest_plugin.barrier import PhaseBarrier
from gonogo.pytest_plugin.collecting import Collector
from gonogo.pytest_plugin.lifecycle import Owner, Target
from gonogo.pytest_plugin.markers import declare_markers, teststatus
from gonogo.pytest_plugin.options import Options, add_options, read_options
from gonogo.pytest_plugin.permission import EffectGuard
from gonogo.pytest_plugin.recording import Recorder
from gonogo.pytest_plugin.run import SuiteRun, run_key
from gonogo.pytest_plugin.scope import scope_of
from gonogo.redaction import Redactor
from gonogo.target import check_permissions

pytest_plugins = ["gonogo.pytest_plugin.fixtures", "gonogo.pytest_plugin.browsing"]

BUILT_IN_PROVIDER = "gonogo.reached_target:ReachedTarget"


def pytest_addoption(parser: pytest.Parser) -> None:
    """Declare the options."""
    add_options(parser)


@pytest.hookimpl(tryfirst=True)
def pytest_configure(config: pytest.Config) -> None:
    """Read the target and the checklist; refuse what is wrong before anything starts."""
    declare_markers(config)
    if config.option.help or config.option.version or getattr(config.option, "markers", False):
        return
    try:
        run = _prepare(config, read_options(config))
    except UsageError as error:
        raise pytest.UsageError(str(error)) from error
    config.stash[run_key] = run
    barrier = PhaseBarrier(run)
    config.pluginmanager.register(Collector(run, barrier), "gonogo-collector")
    worker = getattr(config, "workerinput", None)
    distributed = worker is None and config.getoption("dist", "no") != "no"
    if worker is not None:
        run.join(worker["gonogo"])
        config.pluginmanager.register(barrier, "gonogo-barrier")
    else:
        target = Target(run, lambda phases: _provider(run, phases))
        config.pluginmanager.register(Owner(run, target, distributed=distributed), "gonogo-owner")
        if config.pluginmanager.hasplugin("html") and not config.option.htmlpath:
            config.option.htmlpath = str(run.workspace / "pytest-html.html")
            config.option.self_contained_html = True
    if not distributed:
        config.pluginmanager.register(Recorder(run), "gonogo-recorder")
        config.pluginmanager.register(EffectGuard(run), "gonogo-effect-guard")


def pytest_report_teststatus(report: pytest.TestReport) -> tuple[str, str, str] | None:
    """Name the states that pytest has no word for."""
    return teststatus(report)


def _prepare(config: pytest.Config, options: Options) -> SuiteRun:
    settings = load(options.target, root=config.rootpath, environ=os.environ, overrides={})
    checklist = _checklist(settings)
    scope = scope_of(config, checklist)
    check_permissions(settings, options.execute, scope.phases, options.confirm)
    return SuiteRun(
        settings=settings,
        checklist=checklist,
        options=options,
        scope=scope,
        clock=SystemClock(),
        redactor=Redactor(settings.secrets(), personal_data=settings.real_data),
        # A crashed worker's replacement has its name, never its process id.
        process=f"{os.environ.get('PYTEST_XDIST_WORKER', 'main')}-{os.getpid()}",
        environ=os.environ,
    )


def _checklist(settings: Settings) -> Checklist:
    path = settings.path(settings.checklist.path)
    try:
        text = path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise ChecklistError(
            "the checklist cannot be read",
            where=str(path),
            found=str(error),
            do=f"correct checklist.path ({settings.source_of('checklist.path')})",
        ) from error
    return parse(text, path=settings.checklist.path)


def _provider(run: SuiteRun, phases: frozenset[str]) -> Provider:
    settings = run.settings
    name = settings.target.provider or BUILT_IN_PROVIDER
    factory = load_provider(name, where=settings.source_of("target.provider"))
    workspace = Path(run.workspace) / "target"
    workspace.mkdir(parents=True, exist_ok=True)
    intent = Intent(execute=run.options.execute, phases=phases)
    return factory(settings, root=settings.root, workspace=workspace, intent=intent)
