from __future__ import annotations

import re
import shutil
import subprocess
from typing import TYPE_CHECKING

import pytest

from gonogo.report import render_html
from selftest.report import records, sample

if TYPE_CHECKING:
    from pathlib import Path

CHROMIUM = next(
    filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None
)
needs_chromium = pytest.mark.skipif(CHROMIUM is None, reason="no Chromium on this machine")
needs_pdf_reader = pytest.mark.skipif(
    shutil.which("pdftotext") is None, reason="no pdftotext (poppler-utils) on this machine"
)

# Reads the page from outside: the page itself allows no script.
MEASURE = """<!DOCTYPE html><meta charset="utf-8"><body>
<iframe id="frame" width="390" height="800" src="report.html"></iframe>
<script>
onload = () => {
  const page = document.getElementById("frame").contentDocument;
  for (const details of page.querySelectorAll("details")) details.open = true;
  const root = page.documentElement;
  document.title = [root.scrollWidth, root.clientWidth, page.title].join("|");
};
</script>
"""


def _chromium(folder: Path, *options: str) -> str:
    command = [
        str(CHROMIUM),
        "--headless=new",
        "--no-sandbox",
        "--disable-gpu",
        "--disable-dev-shm-usage",
        "--disable-background-networking",
        "--allow-file-access-from-files",
        f"--user-data-dir={folder / 'profile'}",
        *options,
    ]
    ended = subprocess.run(command, capture_output=True, text=True, timeout=120, check=True)
    return ended.stdout


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("report")
    blobs = records.Blobs()
    html = render_html(sample.full_view(blobs), attachments=blobs.read)
    (folder / "report.html").write_text(html, encoding="utf-8")
    (folder / "measure.html").write_text(MEASURE, encoding="utf-8")
    return folder


@needs_chromium
def test_a_phone_shows_it_without_scrolling_sideways_and_no_script_runs(folder: Path) -> None:
    dom = _chromium(
        folder, "--virtual-time-budget=10000", "--dump-dom", (folder / "measure.html").as_uri()
    )
    title = re.search(r"<title>(.*?)</title>", dom)
    assert title, dom[:500]
    needed, shown, name = title[1].split("|")
    assert int(needed) <= int(shown) <= 390
    assert name == "REHEARSAL INCOMPLETE RUN NO-GO: 1.4.0 on staging"


@needs_chromium
@needs_pdf_reader
def test_print_is_whole_and_every_page_carries_the_heads(folder: Path) -> None:
    pdf = folder / "report.pdf"
    _chromium(
        folder, "--no-pdf-header-footer", f"--print-to-pdf={pdf}", (folder / "report.html").as_uri()
    )
    read = subprocess.run(
        ["pdftotext", "-layout", str(pdf), "-"], capture_output=True, text=True, check=True
    )
    pages = [page for page in read.stdout.split("\f") if page.strip()]
    assert len(pages) > 5
    assert all("REHEARSAL" in page and "INCOMPLETE RUN" in page for page in pages)
    whole = "".join(read.stdout.split())
    # In closed details on the screen: an item's evidence, a log's last line, an untouched section.
    for hidden in ("fillstheblankwith3.2MB", "applyingstatement199", "SGN-1.4"):
        assert hidden in whole
