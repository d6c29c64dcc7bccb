"""The browsers of one run, and their windows on the application."""

from __future__ import annotations

import secrets
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, cast

from playwright.sync_api import Playwright

from gonogo.config import Settings
from gonogo.config_app import EngineSection
from gonogo.errors import CannotTell, ToolMissing
from gonogo.probes.browser.discretion import discretion
from gonogo.probes.browser.engines import Engine, start_any, start_engine
from gonogo.probes.browser.kinds import KINDS
from gonogo.probes.browser.listening import Ear
from gonogo.probes.browser.page_log import Said
from gonogo.probes.browser.signing_in import Account
from gonogo.probes.browser.visit import Window, window
from gonogo.probes.browser.webkitgtk import WEBKITGTK, WebKitGtk, webkitgtk_window

LOOPBACK = ("http://127.", "http://localhost", "http://[::1]")


@dataclass(frozen=True, kw_only=True)
class Browsers:
    """Opens windows on the application, and starts what engines the checks ask for."""

    settings: Settings
    address: str
    account: Account | None = field(repr=False)
    playwright: Playwright = field(repr=False)
    launch: dict[str, Any]
    options: dict[str, Any]
    passes: Mapping[str, str] = field(default_factory=dict, repr=False)
    """Cookies that pass the protection of the application's address, where it is protected."""
    traces: Path | None = None
    """Where the traces of windows are written; None where none may be made."""
    said: list[Said] = field(default_factory=list)
    """The logs of windows that were closed, until somebody takes them out."""
    started: dict[str, Engine] = field(default_factory=dict)

    def engine(self, kind: str = "") -> Engine:
        """Return the running browser of *kind*, by default the first that can be had.

        Raises:
            ToolMissing: there is none, with how to get it.
        """
        if kind not in self.started:
            sections: dict[str, EngineSection] = dict(self.settings.browsers.items())
            loopback = self.address.startswith(LOOPBACK)
            engine = (
                start_engine(
                    self.playwright,
                    kind,
                    section=sections.get(kind),
                    launch=self.launch,
                    expose_loopback=loopback,
                )
                if kind
                else start_any(
                    self.playwright, sections, launch=self.launch, expose_loopback=loopback
                )
            )
            # Whoever asks for that kind by its name shares it.
            self.started[kind] = self.started[engine.kind] = engine
        return self.started[kind]

    def first_of(self, kinds: Sequence[str], *, as_phone: bool) -> Engine:
        """Return a browser of the first of *kinds* that can be had, and be a phone where it must.

        Raises:
            ToolMissing: none of them can, with how to get each.
        """
        ways = []
        for kind in kinds:
            if kind == WEBKITGTK and not self.settings.rehearsal:
                continue
            try:
                self._require_harmless(kind)
                engine = self.engine(kind)
            except ToolMissing as error:
                ways.append(error)
                continue
            if not as_phone or engine.can_be_a_phone:
                return engine
            ways.append(ToolMissing(f"{engine} knows no touch", do=KINDS[kind].get))
        raise ToolMissing(
            "none of the browsers that count here can be had",
            expected=" or ".join(kinds),
            found="; ".join(": ".join(filter(None, (e.what, e.found))) for e in ways),
            do="; ".join(error.do for error in ways),
        )

    def _require_harmless(self, kind: str) -> None:
        """Pass unless what a page of this kind of browser writes would change real data.

        Raises:
            ToolMissing: over WebDriver nothing can be held back.
        """
        if kind == WEBKITGTK and self.settings.real_data:
            raise ToolMissing(
                f"{WEBKITGTK} is not used where the data is real",
                found="what its pages write cannot be held back",
                do="use Playwright's WebKit, or a target with made-up data (target.data)",
            )

    def required_account(self) -> Account:
        """Return whom to sign in as.

        Raises:
            CannotTell: nobody is named.
        """
        if self.account is None:
            raise CannotTell(
                "it is not known whom to sign in as",
                where=self.settings.file,
                expected="app.sign_in.user_env and app.sign_in.password_env",
                found="nothing",
                do="make an account for the checks, and name the two variables that hold it",
            )
        return self.account

    @contextmanager
    def window(
        self,
        engine: Engine,
        *,
        session: dict[str, Any] | None = None,
        may_write: bool = False,
        of_a_check: bool = True,
        public: bool = False,
        **options: Any,  # noqa: ANN401 - Playwright's own
    ) -> Iterator[Window]:
        """Give a window on the application; *session* is what signing in left in a browser.

        Only a check whose subject is what the page writes says that it *may_write*. Of a window
        that is *of a check*, log and trace are kept until the check has ended. In a *public* window
        nobody signs in: what it says is about nobody.
        """
        settings = self.settings
        if settings.target.production and not (may_write or settings.app.data_addresses):
            raise CannotTell(
                "it is not known where the application writes its data",
                where=settings.file,
                expected="app.data_addresses",
                found="nothing",
                do="name these addresses, so that no look of a check can write there",
            )
        self._require_harmless(engine.kind)
        if engine.kind == WEBKITGTK:
            with webkitgtk_window(
                cast("WebKitGtk", engine.browser),
                app=settings.app,
                address=self.address,
                engine=str(engine),
                real_data=settings.real_data,
                passes=self.passes,
            ) as opened:
                yield opened
            return
        if session is not None:
            options["storage_state"] = session
        name = f"{engine.kind}-{secrets.token_hex(4)}"
        trace = self.traces / f"{name}.zip" if self.traces and of_a_check else None
        ear: Ear | None = None
        try:
            with window(
                engine.browser,
                app=self.settings.app,
                address=self.address,
                engine=str(engine),
                real_data=settings.real_data,
                discretion=discretion(
                    settings.app, settings.contacts, private=settings.real_data and not public
                ),
                types_keys=engine.types_keys,
                may_write=may_write,
                options={**self.options, **options},
                name=name,
                trace=trace,
            ) as opened:
                ear = opened.ear
                if self.passes:
                    place = f"{self.address}/"
                    opened.page.context.add_cookies(
                        [
                            {"name": name, "value": each, "url": place}
                            for name, each in self.passes.items()
                        ]
                    )
                yield opened
        finally:
            if ear is not None and of_a_check:
                self.said.append(ear.said)

    def close(self) -> None:
        """Close every browser that was started."""
        for browser in {engine.browser for engine in self.started.values()}:
            browser.close()
