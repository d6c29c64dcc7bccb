from __future__ import annotations

import base64
import hashlib
import re
from dataclasses import replace
from html.parser import HTMLParser
from itertools import pairwise
from typing import TYPE_CHECKING

import pytest

from gonogo.records import Absence
from gonogo.report import render_html
from gonogo.report.wording import STATES
from gonogo.verdict import State
from selftest.report import records, sample

if TYPE_CHECKING:
    from gonogo.records import ReleaseView

VOID = {"meta", "link", "img", "br", "rect"}


class Page(HTMLParser):
    """The tags of a page, and whether each was closed in its place."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict[str, str]]] = []
        self.open: list[str] = []
        self.words: list[str] = []
        self.feed(text)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, {name: value or "" for name, value in attrs}))
        if tag not in VOID:
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        if tag not in VOID:
            assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        if self.open and self.open[-1] != "style":
            self.words.append(data)

    @property
    def text(self) -> str:
        return " ".join(" ".join(self.words).split())

    def all(self, tag: str) -> list[dict[str, str]]:
        return [attributes for name, attributes in self.tags if name == tag]


def _render(view: ReleaseView, blobs: records.Blobs | None = None) -> str:
    return render_html(view, attachments=(blobs or records.Blobs()).read, titles=records.TITLES)


@pytest.fixture(scope="module")
def full() -> str:
    blobs = records.Blobs()
    return _render(sample.full_view(blobs), blobs)


@pytest.fixture(scope="module")
def page(full: str) -> Page:
    return Page(full)


def test_every_tag_is_closed_in_its_place(page: Page) -> None:
    assert page.open == []


def test_nothing_runs_and_nothing_is_fetched(page: Page) -> None:
    names = {name for name, _ in page.tags}
    assert not names & {"script", "iframe", "object", "embed", "form", "base"}
    for _, attributes in page.tags:
        assert not any(name.startswith("on") or name == "style" for name in attributes)
        for name in ("src", "href", "xlink:href", "srcset", "action"):
            assert attributes.get(name, "#").startswith(("#", "data:"))


def test_the_policy_allows_the_pages_own_style_and_nothing_else(full: str, page: Page) -> None:
    (policy,) = [m["content"] for m in page.all("meta") if "http-equiv" in m]
    style = re.search(r"<style>(.*?)</style>", full, re.DOTALL)
    assert style
    digest = base64.b64encode(hashlib.sha256(style[1].encode()).digest()).decode()
    assert policy == (
        f"default-src 'none'; style-src 'sha256-{digest}'; img-src data:; base-uri 'none';"
        " form-action 'none'"
    )
    assert "url(" not in style[1]
    assert "@import" not in style[1]


def test_hostile_text_is_shown_as_text(full: str, page: Page) -> None:
    assert "&lt;script&gt;document.title" in full
    assert "\x00" not in full
    assert "\x1b" not in full
    assert "\u202e" not in full
    assert "⟨U+202E⟩" in page.text


def test_the_first_screen_says_verdict_why_counts_and_what_it_is_about(page: Page) -> None:
    first = page.text.partition("What stands in the way")[0]
    for said in (
        "REHEARSAL in a box on made-up data",
        "Covers: 8 of 14 phases only",
        "INCOMPLETE RUN 69 of 209 items in scope were not run",
        "NO-GO",
        "5 items failed for 3 causes; the first is MIG-3.4",
        "6 FAIL",
        "105 PASS",
        "1.4.0",
        records.COMMIT,
        "staging",
        records.INSTANCE,
        "2 services",
    ):
        assert said in first


def test_a_real_green_release_has_no_heads() -> None:
    text = Page(_render(sample.green_view(rehearsal=False))).text
    for word in ("REHEARSAL", "PARTIAL", "INCOMPLETE"):
        assert word not in text
    assert "All 12 items in scope are settled." in text


def test_the_heads_stand_in_what_is_repeated_on_each_printed_page() -> None:
    html = _render(sample.green_view(partial=True))
    running = html.partition('<div class="running"')[2].partition('<div class="page">')[0]
    assert "REHEARSAL" in running
    assert "PARTIAL" in running
    assert "1.4.0-3f2a91c0de-staging" in running


def test_every_item_is_there_once_with_id_label_and_state(page: Page) -> None:
    ids = [attributes["id"] for _, attributes in page.tags if "id" in attributes]
    assert len(ids) == len(set(ids))
    assert {item.id for item in records.items()} <= set(ids)
    for item in records.items():
        assert item.label in page.text


def test_every_link_within_the_page_leads_somewhere(page: Page) -> None:
    ids = {attributes["id"] for _, attributes in page.tags if "id" in attributes}
    assert {a["href"][1:] for a in page.all("a")} <= ids


def test_headings_do_not_skip_a_level_and_there_is_one_first(page: Page) -> None:
    levels = [int(name[1]) for name, _ in page.tags if re.fullmatch(r"h[1-6]", name)]
    assert levels[0] == 1
    assert levels.count(1) == 1
    assert all(after - before <= 1 for before, after in pairwise(levels))


def test_landmarks_and_alternatives_are_there(page: Page) -> None:
    names = [name for name, _ in page.tags]
    for landmark in ("header", "nav", "main", "footer"):
        assert names.count(landmark) == 1
    assert all(image["alt"] for image in page.all("img"))
    assert page.all("html") == [{"lang": "en"}]


def test_a_retried_item_shows_every_attempt(page: Page) -> None:
    assert "attempt 1 of 2" in page.text
    assert "attempt 2 of 2" in page.text
    assert "backup size: 0 bytes" in page.text


def test_a_waived_item_shows_the_state_beneath(page: Page) -> None:
    assert "accepted by M. Weber" in page.text
    assert "Beneath the state ~ WAIVED the check itself ended in ✕ FAIL" in page.text


def test_figures_say_expected_found_unit_source_time_and_blank(page: Page) -> None:
    assert "Expected 2 MB to 5 MB Found 3.2 MB" in page.text
    assert "took 42 ms, fills the blank with 3.2 MB" in page.text
    assert "from SELECT … FROM pg_catalog" in page.text


def test_actions_show_command_status_deviation_and_log(page: Page) -> None:
    assert "Exit status 3." in page.text
    assert "Differs from the checklist: run in a copy of the repository" in page.text
    assert "migrate.log, 25.8 kB, the first 200 of 600 lines" in page.text
    assert "Exit status not known." in page.text
    assert "no end was recorded" in page.text


def test_runs_show_what_was_planned_and_never_finished(page: Page) -> None:
    assert "INTERRUPTED" in page.text
    assert "Planned and never finished:" in page.text
    assert "ends in half a line" in page.text
    assert "1: NO-GO" in page.text


def test_an_item_without_a_check_is_named_once_on_the_page() -> None:
    bare = [replace(records.standing(i), absence=Absence.NO_CHECK) for i in records.items()]
    view = sample.view(bare, {s.item.id for s in bare}, name="")
    view = replace(view, runs=view.runs[1:])
    text = Page(_render(view)).text
    for item in records.items():
        assert len(re.findall(rf"\b{re.escape(item.id)}\b(?!\.)", text)) == 1, item.id
    assert "Without a check:" in text
    assert "ENV (19), DBP (18)" in text


def test_a_few_items_are_named_where_they_are_counted() -> None:
    few = [records.standing(item) for item in records.items()[:3]]
    text = Page(_render(sample.view(few, {s.item.id for s in few}))).text
    assert "not run on this target ENV-1.1 , ENV-1.2 , ENV-1.3" in text


def test_a_section_nobody_touched_is_closed_and_tells_its_reason_once() -> None:
    html = _render(sample.green_view())
    section = html.partition('<details class="section untouched">')[2].partition("</details>")[0]
    assert section.count("not run on this target") == 1
    assert html.count('<details class="section" open>') == 1


def test_stand_ins_facts_and_legend_are_listed(page: Page) -> None:
    assert "Sentry: local imitation, port 40121" in page.text
    assert "PostgreSQL 18.6 on x86_64" in page.text
    for state in State:
        assert STATES[state].meaning in page.text


def test_an_empty_record_is_said_to_be_empty() -> None:
    view = replace(sample.green_view(), runs=(), actions=(), facts={}, stand_ins=())
    text = Page(_render(view)).text
    assert "No run is recorded." in text
    assert "No action changed the target." in text
    assert "Stand-ins" not in text


def test_a_trace_is_linked_beside_the_dossier() -> None:
    green = sample.green_view()
    seen = records.observation("trace", "", "89 kB", trace="traces/javascript:/one.zip")
    red, *others = green.standings
    told = replace(red, attempts=(records.attempt(red.item.id, State.FAIL, seen),))
    page = Page(_render(replace(green, standings=(told, *others))))
    assert "../traces/javascript:/one.zip" in [each.get("href") for each in page.all("a")]


def test_titles_are_optional() -> None:
    text = Page(render_html(sample.green_view(), attachments=lambda _: None)).text
    assert "Phase 1" in text
    assert "Database Migration" not in text


def test_the_same_view_gives_the_same_bytes() -> None:
    assert _render(sample.green_view()) == _render(sample.green_view())


def test_a_page_stays_small(full: str) -> None:
    assert len(full.encode()) < 300_000


def _luminance(colour: str) -> float:
    parts = [int(colour[n : n + 2], 16) / 255 for n in (1, 3, 5)]
    red, green, blue = (p / 12.92 if p <= 0.04045 else ((p + 0.055) / 1.055) ** 2.4 for p in parts)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def _contrast(one: str, other: str) -> float:
    light, dark = sorted((_luminance(one), _luminance(other)), reverse=True)
    return (light + 0.05) / (dark + 0.05)


def test_every_ink_can_be_read_on_every_paper(full: str) -> None:
    palettes = [
        dict(re.findall(r"--([a-z-]+): (#[0-9a-f]{6});", block))
        for block in re.findall(r":root \{(.*?)\}", full, re.DOTALL)
    ]
    assert len(palettes) == 3  # light, dark, print
    for palette in palettes:
        papers = {palette.pop("paper"), palette.pop("wash")}
        on_tone = palette.pop("on-tone")
        del palette["line"]
        for ink in palette.values():
            assert min(_contrast(ink, paper) for paper in papers) >= 4.5
        for tone in ("good", "bad", "unsure"):
            assert _contrast(on_tone, palette[tone]) >= 4.5
