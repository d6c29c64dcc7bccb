"""``make product``: the stand-in product held to what the checklist asks of a product.

Its own tests with coverage of all source files, a build, the preview, Lighthouse (the median of
three runs, each alone) and axe on every page, on the deployed product of an open box.
"""

from __future__ import annotations

import gzip
import json
import os
import re
import shutil
import statistics
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import httpx
from playwright.sync_api import Page, sync_playwright

from gonogo.config import load
from gonogo.premises import Premises
from selftest.services.npm import installed as tools_installed
from staging.node_modules import installed, node
from staging.stack import Stack

PROJECT = Path(__file__).parents[2]
CRM = PROJECT / "staging" / "crm"
LIGHTHOUSE = {"lighthouse": "12.8.2", "axe-core": "4.14.1"}
CATEGORIES = ("performance", "accessibility", "best-practices", "seo")
LEAST_SCORE = 95
LEAST_COVERAGE = 80
RUNS = 3
FIRST_ROUTE_MOST_KB = 200
ADDRESS = re.compile(r"http://[\d.]+:\d+")
PAGES = ("/", "/signin", "/contacts", "/settings", "/privacy", "/terms", "/no-such-page")


@dataclass(frozen=True, kw_only=True)
class Figure:
    """One line of the table."""

    what: str
    found: str
    good: bool


def main() -> int:
    """Print each figure as it is known; return 1 when one is not good."""
    figures = []
    with tempfile.TemporaryDirectory(prefix="gonogo-product-") as folder:
        for figure in _figures(Path(folder)):
            print(f"{'ok ' if figure.good else 'BAD'} {figure.what:<28} {figure.found}", flush=True)
            figures.append(figure)
    return 0 if all(figure.good for figure in figures) else 1


def _figures(folder: Path) -> Iterator[Figure]:
    copy = folder / "crm"
    shutil.copytree(CRM, copy)
    packages = installed(CRM, cache=PROJECT / ".cache" / "gonogo" / "box" / "node_modules")
    (copy / "node_modules").symlink_to(packages)
    yield from _own_tests(copy)
    yield from _build(copy)
    yield _preview(copy)
    with _box(folder) as (stack, premises), sync_playwright() as playwright:
        address = premises.address("product")
        for category, scores in _lighthouse(address, folder).items():
            median = statistics.median(scores)
            found = f"{median:.0f} of {', '.join(f'{s:.0f}' for s in scores)}"
            yield Figure(what=f"Lighthouse {category}", found=found, good=median >= LEAST_SCORE)
        browser = playwright.chromium.launch(executable_path=_chromium())
        page = browser.new_page(bypass_csp=True)
        yield from _axe(page, address, premises.sign_in)
        browser.close()
        assert stack.opening is not None


def _own_tests(copy: Path) -> Iterator[Figure]:
    done = _npm(copy, "test:coverage")
    passed = re.findall(r"Tests\s+.*?(\d+) passed", done.stdout)
    yield Figure(
        what="its own tests",
        found=f"{passed[-1] if passed else 'none'} passed, exit {done.returncode}",
        good=done.returncode == 0 and bool(passed),
    )
    total = json.loads((copy / "coverage" / "coverage-summary.json").read_text("utf-8"))["total"]
    for kind in ("statements", "branches", "functions", "lines"):
        share = total[kind]["pct"]
        yield Figure(what=f"coverage, {kind}", found=f"{share} %", good=share > LEAST_COVERAGE)


def _build(copy: Path) -> Iterator[Figure]:
    done = _npm(copy, "build")
    scripts = list((copy / "dist" / "assets").glob("*.js"))
    yield Figure(
        what="build",
        found=f"{len(scripts)} scripts, exit {done.returncode}",
        good=done.returncode == 0 and bool(scripts),
    )
    maps = list((copy / "dist").rglob("*.map"))
    yield Figure(what="published source maps", found=str(len(maps)), good=not maps)
    page = (copy / "dist" / "index.html").read_text("utf-8")
    first = [
        copy / "dist" / path.lstrip("/") for path in re.findall(r'src="(/assets/[^"]+)"', page)
    ]
    size = sum(len(gzip.compress(path.read_bytes())) for path in first) / 1000
    yield Figure(
        what="first script, gzip", found=f"{size:.0f} kB", good=0 < size <= FIRST_ROUTE_MOST_KB
    )


def _preview(copy: Path) -> Figure:
    with subprocess.Popen(
        [node("npm"), "run", "preview"],
        cwd=copy,
        env={**os.environ, "PORT": "0"},
        stdout=subprocess.PIPE,
        text=True,
        start_new_session=True,
    ) as process:
        assert process.stdout is not None
        try:
            address = next(m.group() for line in process.stdout if (m := ADDRESS.search(line)))
            status = httpx.get(address, trust_env=False).status_code
        finally:
            os.killpg(process.pid, 15)
    return Figure(what="preview", found=f"HTTP {status}", good=status == 200)


def _npm(copy: Path, script: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [node("npm"), "run", script], cwd=copy, capture_output=True, text=True, check=False
    )


@contextmanager
def _box(folder: Path) -> Iterator[tuple[Stack, Premises]]:
    stack = Stack(load(root=PROJECT, environ={}), root=PROJECT, workspace=folder / "box")
    try:
        yield stack, stack.open(lambda line: print(f"    {line}", flush=True))
    finally:
        stack.stop()


def _lighthouse(address: str, folder: Path) -> Mapping[str, list[float]]:
    program = tools_installed(LIGHTHOUSE) / "node_modules" / ".bin" / "lighthouse"
    scores: dict[str, list[float]] = {category: [] for category in CATEGORIES}
    for run in range(RUNS):
        report = folder / f"lighthouse-{run}.json"
        subprocess.run(
            [
                program,
                address,
                "--output=json",
                f"--output-path={report}",
                "--quiet",
                "--chrome-flags=--headless=new --no-sandbox --disable-background-networking",
            ],
            env={**os.environ, "CHROME_PATH": _chromium()},
            check=True,
            capture_output=True,
        )
        categories = json.loads(report.read_text("utf-8"))["categories"]
        for category in CATEGORIES:
            scores[category].append(categories[category]["score"] * 100)
    return scores


def _axe(page: Page, address: str, account: Mapping[str, str]) -> Iterator[Figure]:
    axe = tools_installed(LIGHTHOUSE) / "node_modules" / "axe-core" / "axe.min.js"
    page.goto(f"{address}/signin")
    page.get_by_label("Email").fill(account["email"])
    page.get_by_label("Password", exact=True).fill(account["password"])
    page.get_by_role("button", name="Sign in").click()
    page.wait_for_url("**/contacts")
    yield from _axe_on(page, axe, "one contact", lambda: _open_first_contact(page))
    for path in PAGES:
        yield from _axe_on(page, axe, path, lambda path=path: page.goto(f"{address}{path}"))  # type: ignore[misc]


def _open_first_contact(page: Page) -> None:
    page.get_by_role("button", name=re.compile("^View profile for")).first.click()
    page.get_by_text("Back to Contacts").wait_for()


def _axe_on(page: Page, axe: Path, what: str, reach: Callable[[], object]) -> Iterator[Figure]:
    reach()
    page.wait_for_load_state("networkidle")
    page.add_script_tag(path=axe)
    found = page.evaluate("axe.run().then(r => r.violations.map(v => v.id))")
    yield Figure(what=f"axe, {what}", found=", ".join(found) or "0 violations", good=not found)


def _chromium() -> str:
    for name in ("chromium", "chromium-browser", "google-chrome"):
        if path := shutil.which(name):
            return path
    raise SystemExit("no Chromium on PATH; on Debian: apt-get install chromium")


if __name__ == "__main__":
    sys.exit(main())
