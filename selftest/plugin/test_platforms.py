from __future__ import annotations

import xml.etree.ElementTree as ET

import pytest

from selftest.plugin.project import CHECKLIST, TARGET, Project

ON_NETLIFY = "FIN-1.2 platform=netlify"
WHY = "deployment.platforms names vercel, not netlify"


@pytest.fixture
def on_vercel(project: Project) -> Project:
    project.write("checklist.md", CHECKLIST.replace("FIN-1.2", ON_NETLIFY))
    project.write("gonogo.toml", f'{TARGET}[deployment]\nplatforms = ["vercel"]\n')
    project.write_tests("FIN-1.1: pass", "FIN-1.2: raise RuntimeError('it was run')")
    return project


@pytest.mark.parametrize("workers", [[], ["-n", "2"]])
def test_the_checks_of_another_platform_are_not_run_and_counted_apart(
    on_vercel: Project, workers: list[str]
) -> None:
    result = on_vercel.run("-m", "final", *workers)
    assert result.ret == 0
    assert on_vercel.states["FIN-1.2"] == "NOT_APPLICABLE"
    [item] = [each for each in on_vercel.results["items"] if each["id"] == "FIN-1.2"]
    assert item["reason"] == WHY
    result.stdout.fnmatch_lines(
        [
            "final  1 PASS, 1 NOT APPLICABLE",
            f"not applicable  FIN-1.2: {WHY}",
            "gonogo: GO * 1 of 1 item in scope settled; 1 not applicable (final)",
        ]
    )
    assert on_vercel.results["why"].endswith("; 1 item not applicable.")


def test_in_junit_it_is_skipped_not_passed(on_vercel: Project) -> None:
    on_vercel.run("-m", "final")
    [junit] = on_vercel.pytester.path.glob("reports/*/junit.xml")
    [skipped] = ET.parse(junit).getroot().iter("skipped")
    assert (skipped.get("type"), skipped.text) == ("NOT_APPLICABLE", WHY)


def test_a_platform_in_use_is_judged(on_vercel: Project) -> None:
    on_vercel.write("gonogo.toml", f'{TARGET}[deployment]\nplatforms = ["vercel", "netlify"]\n')
    assert on_vercel.run("-m", "final").ret == 20
    assert on_vercel.states["FIN-1.2"] == "ERROR"


def test_where_nobody_named_a_platform_all_are_judged(on_vercel: Project) -> None:
    on_vercel.write("gonogo.toml", TARGET)
    on_vercel.run("-m", "final")
    assert on_vercel.states["FIN-1.2"] == "ERROR"


def test_nothing_else_in_scope_is_no_go(on_vercel: Project) -> None:
    result = on_vercel.run("-k", "test_1")
    assert result.ret == 5
    result.stdout.fnmatch_lines(["*missing: none of the 2 checks is selected by this"])
