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
import signal
import statistics
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import httpx
import pytest
from playwright.sync_api import Error as BrowserError
from playwright.sync_api import Page, sync_playwright

from gonogo.config import load
from gonogo.errors import GonogoError
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
LINES_SHOWN = 15
FIRST_ROUTE_MOST_KB = 200
ADDRESS = re.compile(r"http://[\d.]+:\d+")
PAGES = ("/", "/signin", "/contacts", "/settings", "/privacy", "/terms", "/no-such-page")


@dataclass(frozen=True, kw_only=True)
class Figure:
    """One line of the table."""

    what: str
    found: str
    good: bool


class StepFailed(Exception):
    """A step that the following figures need did not do its work."""

    def __init__(self, what: str, *, found: str, said: str) -> None:
        self.what = what
        self.found = found
        self.said = said
        super().__init__(f"{what}: {found}")


def main() -> int:
    """Print each figure as it is known; return 1 when one is not good."""
    with tempfile.TemporaryDirectory(prefix="gonogo-product-") as folder:
        return show(_figures(Path(folder)))


def show(figures: Iterator[Figure]) -> int:
    """Print *figures* until a step fails, that with its last lines; return the exit status."""
    good = True
    try:
        for figure in figures:
            _print(figure)
            good = good and figure.good
    except StepFailed as failed:
        _print(Figure(what=failed.what, found=failed.found, good=False))
        _print_said("\n".join(failed.said.rstrip().splitlines()[-LINES_SHOWN:]))
        return 1
    except (GonogoError, BrowserError, pytest.skip.Exception) as error:
        _print(Figure(what="the next step", found="it could not be taken", good=False))
        _print_said(str(error))
        return 1
    return 0 if good else 1


def _print(figure: Figure) -> None:
    print(f"{'ok ' if figure.good else 'BAD'} {figure.what:<28} {figure.found}", flush=True)


def _print_said(text: str) -> None:
    print("".join(f"    {line}\n" for line in text.splitlines()), end="", flush=True)


def _figures(folder: Path) -> Iterator[Figure]:
    copy = folder / "crm"
    shutil.copytree(CRM, copy)
    packages = installed(CRM, cache=PROJECT / ".cache" / "gonogo" / "box" / "node_modules")
    (copy / "node_modules").symlink_to(packages)
    yield from own_tests(copy)
    yield from build(copy)
    yield from preview(copy)
    with _box(folder) as premises, sync_playwright() as playwright:
        address = premises.address("product")
        tools = tools_installed(LIGHTHOUSE) / "node_modules"
        yield from lighthouse(tools / ".bin" / "lighthouse", address, folder)
        browser = playwright.chromium.launch(executable_path=_chromium())
        page = browser.new_page(bypass_csp=True)
        yield from _axe(page, tools / "axe-core" / "axe.min.js", address, premises.sign_in)
        browser.close()


def own_tests(copy: Path) -> Iterator[Figure]:
    """Run the product's own tests with coverage; raises StepFailed when they fail."""
    said = _done("its own tests", [node("npm"), "run", "test:coverage"], copy)
    passed = re.findall(r"Tests\s+.*?(\d+) passed", said)
    yield Figure(
        what="its own tests", found=f"{passed[-1] if passed else 'none'} passed", good=bool(passed)
    )
    summary = copy / "coverage" / "coverage-summary.json"
    if not summary.exists():
        raise StepFailed("coverage", found="no coverage was written", said=said)
    total = json.loads(summary.read_text("utf-8"))["total"]
    for kind in ("statements", "branches", "functions", "lines"):
        share = total[kind]["pct"]
        yield Figure(what=f"coverage, {kind}", found=f"{share} %", good=share > LEAST_COVERAGE)


def build(copy: Path) -> Iterator[Figure]:
    """Build the product; raises StepFailed when that fails."""
    said = _done("build", [node("npm"), "run", "build"], copy)
    scripts = list((copy / "dist" / "assets").glob("*.js"))
    if not scripts:
        raise StepFailed("build", found="no scripts", said=said)
    yield Figure(what="build", found=f"{len(scripts)} scripts", good=True)
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


def preview(copy: Path) -> Iterator[Figure]:
    """Start the preview and ask it once; raises StepFailed when it does not say where it is."""
    with subprocess.Popen(
        [node("npm"), "run", "preview"],
        cwd=copy,
        env={**os.environ, "PORT": "0"},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        start_new_session=True,
    ) as process:
        assert process.stdout is not None
        said = []
        try:
            for line in process.stdout:
                said.append(line)
                if match := ADDRESS.search(line):
                    yield _answer(match.group(), said)
                    return
            raise StepFailed("preview", found=f"exit {process.wait()}", said="".join(said))
        finally:
            if process.returncode is None:
                os.killpg(process.pid, signal.SIGTERM)


def _answer(address: str, said: Iterable[str]) -> Figure:
    try:
        status = httpx.get(address, trust_env=False).status_code
    except httpx.HTTPError as error:
        raise StepFailed("preview", found=f"{address}: {error}", said="".join(said)) from error
    return Figure(what="preview", found=f"HTTP {status}", good=status == httpx.codes.OK)


def _done(what: str, command: Sequence[str], folder: Path, **environment: str) -> str:
    """Run a command of the step *what*; return what it said on both outputs."""
    done = subprocess.run(
        command,
        cwd=folder,
        env={**os.environ, **environment},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        errors="replace",
        check=False,
    )
    if done.returncode != 0:
        raise StepFailed(what, found=f"exit {done.returncode}", said=done.stdout)
    return done.stdout


@contextmanager
def _box(folder: Path) -> Iterator[Premises]:
    stack = Stack(load(root=PROJECT, environ={}), root=PROJECT, workspace=folder / "box")
    try:
        yield stack.open(lambda line: print(f"    {line}", flush=True))
    finally:
        stack.stop()


def lighthouse(
    program: Path,
    address: str,
    folder: Path,
    *,
    load_of: Callable[[], float] = lambda: os.getloadavg()[0],
) -> Iterator[Figure]:
    """Measure *address*; the figures depend on how busy the machine is, so that is told, too.

    Raises:
        StepFailed: a run failed, or could not judge a category.
    """
    scores: dict[str, list[float]] = {category: [] for category in CATEGORIES}
    loads = []
    for run in range(RUNS):
        report = folder / f"lighthouse-{run}.json"
        loads.append(load_of())
        command = [
            str(program),
            address,
            "--output=json",
            f"--output-path={report}",
            "--quiet",
            "--chrome-flags=--headless=new --no-sandbox --disable-background-networking",
        ]
        said = _done("Lighthouse", command, folder, CHROME_PATH=_chromium())
        _print_said(said)
        for category, judged in json.loads(report.read_text("utf-8"))["categories"].items():
            if judged["score"] is None:
                raise StepFailed("Lighthouse", found=f"{category} was not judged", said=said)
            scores[category].append(judged["score"] * 100)
    load = f"load before each {', '.join(f'{each:.1f}' for each in loads)} on {os.cpu_count()} CPUs"
    for category, found in scores.items():
        median = statistics.median(found)
        runs = f"{median:.0f} of {', '.join(f'{score:.0f}' for score in found)}"
        yield Figure(
            what=f"Lighthouse {category}", found=f"{runs}; {load}", good=median >= LEAST_SCORE
        )


def _axe(page: Page, axe: Path, address: str, account: Mapping[str, str]) -> Iterator[Figure]:
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
