from __future__ import annotations

import pytest

from selftest.plugin.project import CHECKLIST, PROVIDER, TARGET, Project


@pytest.fixture
def project(pytester: pytest.Pytester) -> Project:
    pytester.makeconftest('pytest_plugins = ["gonogo.pytest_plugin"]')
    pytester.makepyprojecttoml('[tool.pytest]\nstrict = true\ntestpaths = ["tests"]\n')
    made = Project(pytester)
    made.write("checklist.md", CHECKLIST)
    made.write("gonogo.toml", TARGET)
    made.write("tiny.py", PROVIDER)
    return made
