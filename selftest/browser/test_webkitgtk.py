from __future__ import annotations

import json
import shutil
import subprocess
import sys
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from gonogo.config_app import EngineSection
from gonogo.errors import CannotTell, ToolMissing
from gonogo.probes.browser.virtual_display import kept, virtual_display
from gonogo.probes.browser.webkitgtk import WebKitGtk, start_webkitgtk
from gonogo.waiting import wait_until
from selftest.browser.fake_playwright import AGENTS

GTK = "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/26.0"
DRIVER = """
import http.server, json, os, pathlib, sys
told = {key: os.environ.get(key) for key in ("DISPLAY", "XAUTHORITY", "no_proxy")}
pathlib.Path(sys.argv[0] + ".told").write_text(json.dumps(told))
class Handler(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        self.send_response(200)
        self.end_headers()
    def log_message(self, *args): ...
port = int(sys.argv[1].removeprefix("--port="))
http.server.HTTPServer(("127.0.0.1", port), Handler).serve_forever()
"""
DISPLAY = """
import os, signal, sys
os.write(int(sys.argv[sys.argv.index("-displayfd") + 1]), b"77\\n")
signal.pause()
"""


def put(machine: Path, name: str, script: str) -> Path:
    program = machine / name
    program.write_text(f"#!{sys.executable}\n{script}", encoding="utf-8")
    program.chmod(0o755)
    return program


class RefusedError(Exception):
    """What this Selenium raises."""


@dataclass
class Session:
    agent: str = GTK
    capabilities: dict[str, str] = field(default_factory=lambda: {"browserVersion": "2.50.6"})
    has_quit: bool = False

    def execute_script(self, _: str) -> str:
        return self.agent

    def quit(self) -> None:
        self.has_quit = True


class FakeSelenium:
    """Its modules, as one; ``fails`` is what is said in place of opening a session."""

    def __init__(self) -> None:
        self.agent = GTK
        self.fails = ""
        self.sessions: list[Session] = []
        self.given: list[dict[str, Any]] = []

    def load(self, _: str) -> SimpleNamespace:
        return SimpleNamespace(
            WebDriver=self.connect,
            Options=lambda: SimpleNamespace(arguments=[], add_argument=lambda _: None),
            RemoteConnection=dict,
            ClientConfig=dict,
            Proxy=dict,
            WebDriverException=RefusedError,
            HTTPError=RefusedError,
        )

    def connect(self, **options: Any) -> Session:  # noqa: ANN401 - Selenium's own
        self.given.append(options)
        if self.fails:
            raise RefusedError(self.fails)
        self.sessions.append(Session(self.agent))
        return self.sessions[-1]


def nowhere(name: str) -> None:
    raise ModuleNotFoundError(name)


@pytest.fixture
def selenium() -> FakeSelenium:
    return FakeSelenium()


@pytest.fixture
def start(selenium: FakeSelenium, machine: Path) -> Callable[..., tuple[WebKitGtk, str]]:
    def started(section: EngineSection | None = None, **given: Any) -> tuple[WebKitGtk, str]:  # noqa: ANN401
        environment = given.pop("environment", {})
        options = {"load": selenium.load, "environment": environment, **given}
        return start_webkitgtk(section or EngineSection(), **options)

    return started


Start = Callable[..., tuple[WebKitGtk, str]]


def test_the_driver_draws_on_a_display_of_its_own(
    machine: Path, start: Start, selenium: FakeSelenium
) -> None:
    program = put(machine, "WebKitWebDriver", DRIVER)
    put(machine, "Xvfb", DISPLAY)
    browser, version = start(environment={"DISPLAY": ":0", "NO_PROXY": "example.org"})
    told = json.loads(Path(f"{program}.told").read_text("utf-8"))
    assert told["DISPLAY"] == ":77"
    assert told["no_proxy"] == "example.org,127.0.0.1,localhost,::1"
    assert Path(told["XAUTHORITY"]).exists()
    assert version == "2.50.6"
    assert browser.source.startswith(f"{program} through Selenium, which hears neither")
    config = selenium.given[0]["command_executor"]["client_config"]
    assert config["proxy"] == {"proxyType": "direct"}
    assert config["remote_server_addr"] == browser.address
    browser.close()
    assert not Path(told["XAUTHORITY"]).exists()
    assert [each.has_quit for each in selenium.sessions] == [True]


def test_each_session_is_a_browser_of_its_own(
    machine: Path, start: Start, selenium: FakeSelenium
) -> None:
    put(machine, "mine", DRIVER)
    browser, _ = start(EngineSection(path="mine"), environment={"DISPLAY": ":5"})
    told = json.loads((machine / "mine.told").read_text("utf-8"))
    assert told == {"DISPLAY": ":5", "XAUTHORITY": None, "no_proxy": "127.0.0.1,localhost,::1"}
    with browser.session() as session:
        assert session is selenium.sessions[-1]
        assert not session.has_quit
    assert session.has_quit
    selenium.fails = "Message: Failed to create session\nand a log"
    with pytest.raises(CannotTell) as refused, browser.session():
        pass
    assert refused.value.found == "Failed to create session\nand a log"
    browser.close()


def test_what_is_lacking_is_said_with_the_way_to_it(machine: Path, start: Start) -> None:
    with pytest.raises(ToolMissing, match="no webkitgtk on this machine") as missing:
        start(load=nowhere)
    assert missing.value.found == "no WebKitWebDriver, no Xvfb, nor a display, no Selenium"
    assert "webkit2gtk-driver and xvfb" in missing.value.do
    assert "pip install '.[webkitgtk]'" in missing.value.do
    put(machine, "WebKitWebDriver", DRIVER)
    with pytest.raises(ToolMissing) as missing:
        start(load=nowhere, environment={"DISPLAY": ":0"})
    assert missing.value.found == "no Selenium"


@pytest.mark.parametrize(
    "section", [EngineSection(address="ws://x"), EngineSection(channel="stable")]
)
def test_it_is_not_looked_for_elsewhere(start: Start, section: EngineSection) -> None:
    with pytest.raises(CannotTell, match="on this machine alone"):
        start(section)


def test_another_browser_is_no_webkitgtk(
    machine: Path, start: Start, selenium: FakeSelenium
) -> None:
    put(machine, "WebKitWebDriver", DRIVER)
    selenium.agent = AGENTS["chromium"]
    with pytest.raises(CannotTell, match="no webkitgtk") as other:
        start(environment={"DISPLAY": ":0"})
    assert other.value.found == AGENTS["chromium"]


def test_a_driver_that_ends_or_refuses_did_not_start(
    machine: Path, start: Start, selenium: FakeSelenium
) -> None:
    put(machine, "WebKitWebDriver", "raise SystemExit(3)")
    with pytest.raises(CannotTell, match="did not start") as ended:
        start(environment={"DISPLAY": ":0"})
    assert ended.value.found == "exit status 3"
    put(machine, "WebKitWebDriver", DRIVER)
    selenium.fails = "no session"
    with pytest.raises(CannotTell, match="did not start") as refused:
        start(environment={"DISPLAY": ":0"})
    assert refused.value.found == "no session"


def test_a_driver_that_is_silent_did_not_start(machine: Path, start: Start) -> None:
    put(machine, "WebKitWebDriver", "import signal; signal.pause()")
    with pytest.raises(CannotTell, match="did not start") as silent:
        start(environment={"DISPLAY": ":0"}, within_s=0.2)
    assert silent.value.found == "no answer"


@pytest.mark.parametrize(
    ("script", "found"),
    [("raise SystemExit(1)", "it ended"), ("import signal; signal.pause()", "no answer")],
)
def test_a_display_that_does_not_start_tells_nothing(
    machine: Path, script: str, found: str
) -> None:
    program = put(machine, "Xvfb", script)
    with (
        pytest.raises(CannotTell, match="display for the browser") as missing,
        virtual_display(str(program), within_s=0.5),
    ):
        pass
    assert found in missing.value.found


def test_the_key_of_a_display_is_good_for_it_alone(machine: Path) -> None:
    program = put(machine, "Xvfb", DISPLAY)
    with virtual_display(str(program)) as seen:
        key = Path(seen["XAUTHORITY"])
        assert key.parent.stat().st_mode & 0o077 == 0
        content = key.read_bytes()
    assert content[:6] == b"\xff\xff\0\0\0\0"
    assert b"\0\x12MIT-MAGIC-COOKIE-1\0\x10" in content
    assert len(content) == 6 + 2 + 18 + 2 + 16


OWNER = """
import os, signal, sys
sys.path.insert(0, "src")
from gonogo.probes.browser.virtual_display import kept
with kept(["sleep", "60"]) as process:
    print(process.pid, flush=True)
    os.kill(os.getpid(), signal.SIGKILL)
"""


@pytest.mark.skipif(shutil.which("setpriv") is None, reason="this machine has no setpriv")
def test_what_is_kept_ends_with_its_owner_however_that_ends() -> None:
    owner = subprocess.run([sys.executable, "-c", OWNER], capture_output=True, check=False)
    alive = Path(f"/proc/{int(owner.stdout)}/cmdline")
    wait_until(lambda: _command(alive), lambda it: b"sleep" not in it, what="its end", timeout_s=5)


def _command(place: Path) -> bytes:
    try:
        return place.read_bytes()
    except OSError:
        return b""


def test_what_does_not_stop_is_killed(machine: Path) -> None:
    deaf = "import signal, sys; signal.signal(15, signal.SIG_IGN); print(1, flush=True)"
    program = put(machine, "deaf", f"{deaf}\nopen('{machine}/up', 'w').close()\nsignal.pause()")
    with kept([str(program)], stops_within_s=0.2) as process:
        wait_until((machine / "up").exists, bool, what="it to run", timeout_s=5)
    assert process.returncode == -9
