from __future__ import annotations

import pytest

from selftest.plugin.project import Project

USAGE = pytest.ExitCode.USAGE_ERROR


@pytest.mark.parametrize(
    ("source", "words"),
    [
        ("def test_one(): pass", "expected one @pytest.mark.item"),
        ('@pytest.mark.item("MIG-9.9")\ndef test_one(): pass', "unknown item 'MIG-9.9'"),
        (
            (
                '@pytest.mark.item("MIG-1.1")\ndef test_one(): pass\n'
                '@pytest.mark.item("MIG-1.1")\ndef test_two(): pass'
            ),
            "MIG-1.1 is already checked by",
        ),
        (
            '@pytest.mark.xfail\n@pytest.mark.item("MIG-1.1")\ndef test_one(): pass',
            "xfail is refused",
        ),
        (
            '@pytest.mark.item("MIG-1.1")\n@pytest.mark.item("MIG-1.2")\ndef test_one(): pass',
            "found 2",
        ),
        ("@pytest.mark.item()\ndef test_one(): pass", "unknown item 'item()'"),
    ],
)
def test_checks_and_items_match_one_to_one(project: Project, source: str, words: str) -> None:
    (project.pytester.path / "tests").mkdir()
    project.write("tests/test_checks.py", f"import pytest\n{source}\n")
    result = project.run()
    assert result.ret == USAGE
    assert words in result.stdout.str() + result.stderr.str()


def test_a_usage_error_found_by_workers_is_said_by_the_run(project: Project) -> None:
    project.write_tests("MIG-9.9: pass")
    result = project.run("-n", "2")
    assert result.ret == USAGE
    assert "unknown item 'MIG-9.9'" in result.stdout.str()


def test_an_unknown_marker_is_refused(project: Project) -> None:
    (project.pytester.path / "tests").mkdir()
    project.write(
        "tests/test_checks.py",
        'import pytest\n@pytest.mark.item("MIG-1.1")\n@pytest.mark.phse1\ndef test_one(): pass\n',
    )
    assert project.run().ret == pytest.ExitCode.INTERRUPTED


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["--again", "migrate"], "--reason"),
        (["--execute", "nonsense"], "nonsense"),
        (["--target", "missing.toml"], "missing.toml"),
    ],
)
def test_wrong_usage_is_refused_before_anything_starts(
    project: Project, arguments: list[str], words: str
) -> None:
    project.write_tests("MIG-1.1: pass")
    result = project.run(*arguments)
    assert result.ret == USAGE
    assert words in result.stderr.str()
    assert not (project.pytester.path / "reports").exists()


def test_checks_run_by_phase_and_then_as_in_the_document(project: Project) -> None:
    project.write_tests("MIG-2.1: pass", "MIG-1.1: pass", "FIN-1.2: pass", "FIN-1.1: pass")
    result = project.run("--collect-only", "-q")
    result.stdout.fnmatch_lines(["*test_3", "*test_2", "*test_1", "*test_0"])
