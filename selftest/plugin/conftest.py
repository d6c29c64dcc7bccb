from __future__ import annotations

from collections.abc import Iterator

import pytest

from gonogo.probes.database.binaries import find_binaries
from gonogo.probes.database.preparation import run_script
from gonogo.probes.database.server import EmbeddedServer
from selftest.plugin.project import CHECKLIST, PROVIDER, TARGET, Project
from selftest.plugin.reached import ReachedProject, scratch_server, shop_server


@pytest.fixture
def project(pytester: pytest.Pytester) -> Project:
    pytester.makeconftest('pytest_plugins = ["gonogo.pytest_plugin"]')
    pytester.makepyprojecttoml('[tool.pytest]\nstrict = true\ntestpaths = ["tests"]\n')
    made = Project(pytester)
    made.write("checklist.md", CHECKLIST)
    made.write("gonogo.toml", TARGET)
    made.write("tiny.py", PROVIDER)
    return made


@pytest.fixture(scope="session")
def server() -> Iterator[EmbeddedServer]:
    with shop_server(find_binaries()) as running:
        yield running


@pytest.fixture(scope="session")
def scratch() -> Iterator[str]:
    with scratch_server(find_binaries()) as dsn:
        yield dsn


@pytest.fixture
def shop(project: Project, server: EmbeddedServer, scratch: str) -> ReachedProject:
    run_script(server.dsn("shop"), "DELETE FROM orders WHERE id > 20")  # an earlier test's
    return ReachedProject(project, server, scratch)
