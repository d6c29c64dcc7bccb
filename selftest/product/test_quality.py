"""``make product`` shows what a failed step said, and ends with 1, not in a traceback."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from gonogo.errors import CannotTell
from selftest.product.quality import (
    CATEGORIES,
    Figure,
    StepFailed,
    build,
    lighthouse,
    own_tests,
    preview,
    show,
)

TWENTY_LINES = "for i in 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 17 18 19 20; do echo line $i; done"
NPM = f"""#!/bin/sh
{TWENTY_LINES}
echo "the reason" >&2
exit 3
"""


@pytest.fixture
def programs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder of programs that comes first on PATH; what they do is the subject here."""
    folder = tmp_path / "bin"
    folder.mkdir()
    monkeypatch.setenv("PATH", f"{folder}{os.pathsep}{os.environ['PATH']}")
    put(folder / "npm", NPM)
    return folder


def put(path: Path, text: str) -> Path:
    path.write_text(text)
    path.chmod(0o755)
    return path


@pytest.mark.parametrize(
    ("step", "what"), [(own_tests, "its own tests"), (build, "build"), (preview, "preview")]
)
def test_a_failed_step_shows_its_last_lines_and_ends_all(
    programs: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str], step: object, what: str
) -> None:
    assert programs.is_dir()
    assert callable(step)
    assert show(step(tmp_path)) == 1
    lines = capsys.readouterr().out.splitlines()
    assert lines[0].split() == ["BAD", *what.split(), "exit", "3"]
    assert lines[-2:] == ["    line 20", "    the reason"]
    assert "    line 1" not in lines


def test_tests_that_pass_without_a_summary_of_coverage_are_a_failed_step(
    programs: Path, tmp_path: Path
) -> None:
    put(programs / "npm", "#!/bin/sh\necho 'Tests  3 passed'\n")
    with pytest.raises(StepFailed, match="no coverage"):
        list(own_tests(tmp_path))


def test_what_cannot_be_looked_at_is_a_bad_figure(capsys: pytest.CaptureFixture[str]) -> None:
    def figures() -> Iterator[Figure]:
        yield Figure(what="its own tests", found="3 passed", good=True)
        raise CannotTell("node is not on PATH", do="install it")

    assert show(figures()) == 1
    said = capsys.readouterr().out
    assert said.startswith("ok  its own tests")
    assert "BAD the next step" in said
    assert "what to do: install it" in said


@pytest.mark.parametrize("good", [True, False])
def test_the_status_tells_whether_all_was_good(*, good: bool) -> None:
    assert show(iter([Figure(what="a", found="b", good=good)])) == (0 if good else 1)


def write_report(score: float | None) -> str:
    report = {"categories": {each: {"score": score} for each in CATEGORIES}}
    return (
        '#!/bin/sh\nfor a in "$@"; do case "$a" in --output-path=*) out="${a#*=}";; esac; done\n'
        f"echo '{json.dumps(report)}' > \"$out\"\necho 'a warning of Lighthouse' >&2\n"
    )


def test_lighthouse_is_told_with_the_load_and_what_it_said(
    programs: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    put(programs / "chromium", "#!/bin/sh\n")
    program = put(tmp_path / "lighthouse", write_report(1.0))
    loads = iter([0.5, 1.25, 2.0])
    found = list(lighthouse(program, "http://127.0.0.1:1", tmp_path, load_of=lambda: next(loads)))
    assert [each.what for each in found] == [f"Lighthouse {each}" for each in CATEGORIES]
    assert all(each.good for each in found)
    assert "100 of 100, 100, 100; load before each 0.5, 1.2, 2.0 on " in found[0].found
    assert capsys.readouterr().out.count("    a warning of Lighthouse\n") == 3


@pytest.mark.parametrize(
    ("text", "said"),
    [(NPM, "the reason"), (write_report(None), "a warning of Lighthouse")],
)
def test_a_lighthouse_that_fails_says_why(
    programs: Path, tmp_path: Path, text: str, said: str
) -> None:
    put(programs / "chromium", "#!/bin/sh\n")
    program = put(tmp_path / "lighthouse", text)
    with pytest.raises(StepFailed) as failed:
        list(lighthouse(program, "http://127.0.0.1:1", tmp_path))
    assert failed.value.what == "Lighthouse"
    assert said in failed.value.said
