"""Browsers for checks: one engine for a run, a window for each check, visits that checks share."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import ExitStack, suppress
from typing import Any

import pytest
from playwright.sync_api import Playwright

from gonogo.comparison import Comparison
from gonogo.config import Settings
from gonogo.config_contacts import ContactsSection
from gonogo.config_journeys import Journey as Way
from gonogo.env_file import read_env_file
from gonogo.errors import CannotTell
from gonogo.evidence import Evidence
from gonogo.probes.browser.engines import Engine
from gonogo.probes.browser.expected_rows import ExpectedRows
from gonogo.probes.browser.journey import Journey
from gonogo.probes.browser.list_comparison import ListComparison
from gonogo.probes.browser.list_page import ListPage
from gonogo.probes.browser.signing_in import (
    Account,
    leave_nobody_signed_in,
    session_of,
    sign_in,
    sign_out,
    why_left,
)
from gonogo.probes.browser.visit import PICTURE, Visit, Window
from gonogo.probes.database.connection import Reader
from gonogo.probes.deployment.deployment_protection import bypass_secret
from gonogo.probes.deployment.site import Site
from gonogo.provider import Instance
from gonogo.pytest_plugin.browsers import Browsers
from gonogo.pytest_plugin.run import SuiteRun
from gonogo.records import ActionRecord
from gonogo.secret import Secret

__all__ = ["Browsers", "RecordVisit"]

PNG = "image/png"

RecordVisit = Callable[[str, Visit], Visit]
"""Attaches a visit's screenshot and records what it saw; returns the visit."""


@pytest.fixture(scope="session")
def app_address(instance: Instance, settings: Settings) -> str:
    """Where the deployed application is."""
    app = settings.app
    address = instance.app_url or app.url
    if not address and app.url_variable and instance.env_file:
        address = read_env_file(settings.path(instance.env_file)).text_of(app.url_variable)
    if not address:
        raise CannotTell(
            "it is not known where the application is",
            where=settings.file,
            expected="app.url, or a variable of the product's env file in app.url_variable",
            found="nothing",
            do="set app.url",
        )
    return address.rstrip("/")


@pytest.fixture(scope="session")
def account(instance: Instance, settings: Settings) -> Account | None:
    """Whom the checks sign in as; None where nobody is named."""
    if instance.sign_in:
        return Account(user=instance.sign_in["user"], password=instance.sign_in["password"])
    form = settings.app.sign_in
    if not form.user_env or not form.password_env:
        return None
    return Account(
        user=settings.secret("app.sign_in.user_env").reveal(),
        password=settings.secret("app.sign_in.password_env").reveal(),
    )


@pytest.fixture(scope="session")
def browsers(  # noqa: PLR0913, PLR0917 - the fixtures it needs done
    deployed: ActionRecord | None,  # noqa: ARG001 - what is looked at must be there
    settings: Settings,
    app_address: str,
    account: Account | None,
    suite_run: SuiteRun,
    playwright: Playwright,
    browser_type_launch_args: dict[str, Any],
    browser_context_args: dict[str, Any],
) -> Iterator[Browsers]:
    """The browsers of this run, on the application as it is deployed."""
    app, bypass = settings.app, bypass_secret(settings)
    site = Site(where=app_address, timeout_s=app.page_timeout_s, bypass=bypass)
    passes = site.passes()
    for value in passes.values():
        suite_run.redactor.add(Secret(value))
    found = Browsers(
        settings=settings,
        address=app_address,
        account=account,
        playwright=playwright,
        launch=browser_type_launch_args,
        options=browser_context_args,
        passes=passes,
        traces=suite_run.traces,
        said=suite_run.said,
    )
    yield found
    found.close()


@pytest.fixture(scope="session")
def engine(browsers: Browsers, pytestconfig: pytest.Config) -> Engine:
    """The browser of every check that names no other: --browser, else the first there is."""
    channel: str = pytestconfig.getoption("--browser-channel") or ""
    named: list[str] = pytestconfig.getoption("--browser") or []
    return browsers.engine(channel.partition("-")[0] or (named[0] if named else ""))


@pytest.fixture(scope="session")
def session(browsers: Browsers, engine: Engine, suite_run: SuiteRun) -> Iterator[dict[str, Any]]:
    """What signing in left in the browser; the session is signed out at the end of the run."""
    account = browsers.required_account()
    with browsers.window(engine) as opened:
        sign_in(opened, account)
        state = session_of(opened)
    yield state

    def end() -> None:
        with browsers.window(engine, session=state, of_a_check=False) as opened:
            opened.open(browsers.settings.app.home_path)
            sign_out(opened)

    # Where the application lost its way out, the checks have said so; no item is red for it twice.
    note_if(suite_run, why_left(end))


@pytest.fixture
def visitor(browsers: Browsers, engine: Engine) -> Iterator[Window]:
    """A window of somebody who is not signed in."""
    with browsers.window(engine, public=True) as opened:
        yield opened


@pytest.fixture
def signed_in(browsers: Browsers, engine: Engine, session: dict[str, Any]) -> Iterator[Window]:
    """A window of somebody who is signed in."""
    with browsers.window(engine, session=session) as opened:
        yield opened


@pytest.fixture(scope="session")
def home_visit(browsers: Browsers, engine: Engine) -> Visit:
    """One visit to the start page by somebody who is not signed in."""
    with browsers.window(engine, public=True) as opened:
        return opened.visit(browsers.settings.app.home_path, private=False)


@pytest.fixture
def record_visit(evidence: Evidence) -> RecordVisit:
    """How a check records a visit that it shares with others."""

    def record(subject: str, visit: Visit) -> Visit:
        if visit.picture:
            evidence.attach(visit.picture, name=f"{subject}.jpg", media_type=PICTURE)
        evidence.attach_log(visit.heard.said)
        evidence.record(subject, found=visit, source=visit.where)
        return visit

    return record


@pytest.fixture(scope="session")
def contacts(settings: Settings) -> ContactsSection:
    """How the list of the application is reached and used."""
    if settings.contacts is None:
        raise CannotTell(
            "it is not known how the list is reached and used",
            where=settings.file,
            expected="a section [contacts]",
            found="none",
            do="describe it; docs/configuration.md says each key",
        )
    return settings.contacts


@pytest.fixture
def list_page(signed_in: Window, contacts: ContactsSection) -> ListPage:
    """The list of somebody who is signed in, opened by its address."""
    page = ListPage(window=signed_in, section=contacts)
    page.open()
    return page


@pytest.fixture(scope="session")
def list_visits(
    browsers: Browsers, engine: Engine, session: dict[str, Any], contacts: ContactsSection
) -> tuple[Visit, Visit]:
    """Two visits to the list side by side: by its address, and by its link on the start page."""
    with (
        browsers.window(engine, session=session) as one,
        browsers.window(engine, session=session) as other,
    ):
        response = one.open(contacts.path)
        other.open(browsers.settings.app.home_path)
        # Without its link there is no way: the page that is open then shows it.
        with suppress(CannotTell):
            ListPage(window=other, section=contacts).follow_link()
        by_link = other.seen(f"{contacts.link}, a link of the start page", private=True)
        status = response.status if response else 0
        return one.seen(contacts.path, private=True, status=status), by_link


@pytest.fixture(scope="session")
def list_visit(list_visits: tuple[Visit, Visit]) -> Visit:
    """The visit to the list by its address."""
    return list_visits[0]


@pytest.fixture(scope="session")
def list_by_link(list_visits: tuple[Visit, Visit]) -> Visit:
    """The visit to the list by its link."""
    return list_visits[1]


@pytest.fixture
def lists(
    list_page: ListPage, database: Reader, suite_run: SuiteRun, evidence: Evidence
) -> Iterator[ListComparison]:
    """The list beside the database; what it shows in the end is kept as a screenshot."""
    yield beside_database(list_page, database, suite_run)
    keep_picture(list_page, evidence)


@pytest.fixture
def journey(
    browsers: Browsers,
    contacts: ContactsSection,
    database: Reader,
    suite_run: SuiteRun,
    evidence: Evidence,
) -> Iterator[Callable[[Way], Comparison]]:
    """How a check goes through the application in one of the browsers that people have."""
    with ExitStack() as windows:

        def go(way: Way) -> Comparison:
            engine = browsers.first_of(way.kinds, as_phone=bool(way.device))
            device = browsers.playwright.devices[way.device] if way.device else {}
            opened = windows.enter_context(browsers.window(engine, **device))
            page = ListPage(window=opened, section=contacts)
            lists = beside_database(page, database, suite_run)
            # In reverse order: the picture is of where the way ended.
            windows.callback(lambda: note_if(suite_run, leave_nobody_signed_in(opened)))
            windows.callback(keep_picture, page, evidence)
            return Journey(lists=lists, account=browsers.required_account()).go()

        yield go


def beside_database(page: ListPage, database: Reader, suite_run: SuiteRun) -> ListComparison:
    """Return the list beside the database; names of real people are shown as hashes."""
    shown = suite_run.redactor.row_key_hash if suite_run.settings.real_data else str
    rows = ExpectedRows(database=database, section=page.section)
    return ListComparison(page=page, rows=rows, shown=shown)


def note_if(suite_run: SuiteRun, left: str) -> None:
    """Write down for the report what was *left* behind; nothing where that is empty."""
    if left:
        suite_run.note(left)


def keep_picture(page: ListPage, evidence: Evidence) -> None:
    """Record what *page* shows in the end, with a screenshot where one can be had."""
    with suppress(CannotTell):
        picture = page.window.picture(private=True)
        if picture:
            # Over WebDriver there is no JPEG.
            ending, kind = ("png", PNG) if picture.startswith(b"\x89PNG") else ("jpg", PICTURE)
            evidence.attach(picture, name=f"the page in the end.{ending}", media_type=kind)
        evidence.attach_log(page.window.ear.said)
        evidence.record("the page in the end", found=page.read(), source=page.where)
