from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

import pytest

from selftest.promises.deployed_box import DeployedBox
from selftest.promises.runs import Ended
from selftest.staging.conftest import skip_without_node

READING = {"GET", "HEAD", "OPTIONS"}
ASKS_BY_POST = re.compile(r"/api/projects/\d+/query/$")
"""PostHog's way to read: a query is posted."""
PEOPLES_BROWSER = "Mozilla"
STATEMENT = re.compile(r"LOG:  (?:statement|execute [^:]*): (?P<sql>.*)")
NEEDS_AN_EFFECT = re.compile(r"DEP-V\.1|SMK-4\.|PUL-2\.|PUL-3\.|PUL-4\.4")
"""What cannot be observed without deploying, without a test event, or before anybody imported."""

pytestmark = pytest.mark.xdist_group("verify-only")


@dataclass(frozen=True, kw_only=True)
class Judged:
    place: DeployedBox
    ended: Ended
    before: dict[str, str]
    written: list[str]
    """What the server's log has of statements that may change something."""


@pytest.fixture(scope="module")
def judged(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Judged]:
    skip_without_node()
    with DeployedBox(tmp_path_factory.mktemp("deployed")) as place:
        place.note_every_write()
        before, log = place.rows_of_tables(), place.stack.server.log_path
        position = log.stat().st_size
        ended = place.run("-m", "phase2 or phase3 or phase4", extra=place.environment)
        text = log.read_bytes()[position:].decode("utf-8", "replace")
        written = [found["sql"] for found in STATEMENT.finditer(text)]
        yield Judged(place=place, ended=ended, before=before, written=written)


def test_what_needs_no_effect_is_green_and_the_rest_is_not_run(judged: Judged) -> None:
    results = judged.place.results["items"]
    states = {each["id"]: each["state"] for each in results if each["in_scope"]}
    applicable = {item: s for item, s in states.items() if s != "NOT_APPLICABLE"}
    expected = {item: "NOT_RUN" if NEEDS_AN_EFFECT.match(item) else "PASS" for item in applicable}
    assert applicable == expected, judged.ended


def test_the_tables_of_the_product_are_as_they_were(judged: Judged) -> None:
    assert judged.place.rows_of_tables() == judged.before


def test_no_statement_of_anybody_wrote_to_the_product_s_tables(judged: Judged) -> None:
    assert [sql for sql in judged.written if "auth." not in sql] == []


def test_only_the_pages_send_what_may_write(judged: Judged) -> None:
    company = judged.place.opening.company
    asked = [each for service in company.addresses for each in company.requests(service)]
    ours = [each for each in asked if each["agent"].startswith(("gonogo", "python"))]
    assert ours, "gonogo asked nobody"
    assert [
        each
        for each in ours
        if each["method"] not in READING and not ASKS_BY_POST.search(each["path"])
    ] == []


def test_the_report_lists_what_the_pages_sent_themselves(judged: Judged) -> None:
    told = (judged.place.dossier.folder / "report.html").read_text("utf-8")
    company = judged.place.opening.company
    sent = {
        each["path"]
        for service in ("supabase", "sentry", "posthog", "vercel-production")
        for each in company.requests(service)
        if each["agent"] == PEOPLES_BROWSER and each["method"] not in READING
        if not each["path"].startswith("/auth/")  # signing in and out is the checks' own
    }
    assert sent, "the pages sent nothing"
    assert [path for path in sorted(sent) if path not in told] == []
