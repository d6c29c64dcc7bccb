from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

import httpx
import pytest

from gonogo.errors import CannotTell, ConfigError
from gonogo.probes.deployment.deployment_protection import (
    COOKIE_HEADER,
    SECRET_HEADER,
    bypass_secret,
    is_protection,
)
from gonogo.probes.deployment.site import Site
from gonogo.redaction import Redactor
from gonogo.secret import Secret
from selftest.deployment.served import PAGE
from selftest.unit.target_file import settings_of

HERE = "https://crm-abc.vercel.app"
WORD = "bypass-hunter22-hunter22"
REFUSAL = """<!doctype html><title>Authentication Required</title>
<a href="https://vercel.com/sso-api?url=https%3A%2F%2Fcrm-abc.vercel.app%2F&nonce=1">sign in</a>"""


@dataclass
class Protected:
    """A deployment behind the platform's protection; ``asked`` keeps what reached whom."""

    refuses: Callable[[httpx.Request], httpx.Response] = lambda _: httpx.Response(401, text=REFUSAL)
    asked: list[tuple[str, str, str]] = field(default_factory=list)

    def __call__(self, request: httpx.Request) -> httpx.Response:
        given = request.headers.get(SECRET_HEADER, "")
        self.asked.append((request.url.host, request.url.path, given))
        if request.url.host != "crm-abc.vercel.app":
            return httpx.Response(200, headers={"Content-Type": "text/html"}, text="elsewhere")
        if request.url.path == "/away":
            return httpx.Response(302, headers={"Location": "https://third.test/x"})
        if request.url.path == "/back":
            return httpx.Response(302, headers={"Location": "/assets/a.css"})
        if given != WORD:
            return self.refuses(request)
        kind = "text/html" if request.url.path == "/" else "text/css"
        headers = [("Content-Type", kind), ("Set-Cookie", "theme=system")]
        if request.headers.get(COOKIE_HEADER) == "true":
            headers.append(("Set-Cookie", "_vercel_jwt=jwt-1; Path=/; Secure; HttpOnly"))
        return httpx.Response(200, headers=headers, text=PAGE)

    def site(self, word: str = "") -> Site:
        return Site(
            where=HERE, bypass=Secret(word) if word else None, via=httpx.MockTransport(self)
        )


def led_to(address: str) -> Callable[[httpx.Request], httpx.Response]:
    return lambda _: httpx.Response(302, headers={"Location": address})


@pytest.mark.parametrize(
    "refuses",
    [
        lambda _: httpx.Response(401, text=REFUSAL),
        lambda _: httpx.Response(403, headers={"Set-Cookie": "_vercel_sso_nonce=n"}, text=""),
        lambda _: httpx.Response(401, text='<input name="_vercel_password">'),
        lambda _: httpx.Response(401, json={"error": {"message": "Protected deployment"}}),
        led_to("https://vercel.com/sso-api?url=x&nonce=y"),
        led_to("https://vercel.com/login?next=%2Fsso-api"),
    ],
    ids=["its page", "its cookie", "a password", "json", "led to it", "led to signing in"],
)
def test_the_protection_is_named_with_the_setting_that_passes_it(
    refuses: Callable[[httpx.Request], httpx.Response],
) -> None:
    with pytest.raises(CannotTell, match="deployment protection stands before") as caught:
        Protected(refuses=refuses).site().build()
    assert caught.value.where == HERE
    assert "Protection Bypass for Automation" in caught.value.do
    assert "services.vercel.bypass_env" in caught.value.do
    assert "nonce" not in str(caught.value)


def test_the_secret_passes_and_reaches_every_file() -> None:
    protected = Protected()
    built = protected.site(WORD).build()
    assert sorted(built.files) == ["/assets/a.css", "/assets/index-1.js"]
    assert {given for _, _, given in protected.asked} == {WORD}


def test_a_secret_that_is_not_good_is_said_and_never_shown() -> None:
    site = Protected().site("wrong-hunter22")
    with pytest.raises(CannotTell, match="is still good") as caught:
        site.get()
    assert "hunter22" not in f"{caught.value}{site!r}"


def test_the_secret_goes_to_no_other_address() -> None:
    protected = Protected()
    site = protected.site(WORD)
    site.get("/away")
    site.get("https://other.test/page")
    with pytest.raises(CannotTell, match="protection"):
        site.get("http://crm-abc.vercel.app/assets/a.css")
    assert [each for each in protected.asked if each[2]] == [("crm-abc.vercel.app", "/away", WORD)]
    assert ("third.test", "/x", "") in protected.asked


def test_the_secret_goes_along_where_the_address_leads_to_itself() -> None:
    protected = Protected()
    assert protected.site(WORD).get("/back").status == 200
    assert [given for _, _, given in protected.asked] == [WORD, WORD]


def test_a_browser_gets_a_cookie_in_place_of_the_secret() -> None:
    assert Protected().site(WORD).passes() == {"_vercel_jwt": "jwt-1"}
    protected = Protected()
    assert protected.site().passes() == {}
    assert protected.asked == []


@pytest.mark.parametrize(
    ("status", "address", "said"),
    [
        (200, HERE, REFUSAL),
        (401, HERE, '{"error": "authentication required"}'),
        (200, "https://vercel.com/docs", ""),
        (404, f"{HERE}/login", ""),
    ],
)
def test_what_the_application_answers_itself_is_no_protection(
    status: int, address: str, said: str
) -> None:
    assert not is_protection(asked=HERE, address=address, status=status, said=said)


def test_who_looks_at_the_platform_itself_is_not_kept_out() -> None:
    login = "https://vercel.com/login"
    assert not is_protection(asked="https://vercel.com", address=login, status=200, said="")


def test_the_secret_is_named_by_the_target_file_and_known_to_the_redactor(tmp_path: Path) -> None:
    more = '[services.vercel]\nbypass_env = "PASS"\n'
    settings = settings_of(tmp_path, more, environ={"PASS": WORD})
    assert bypass_secret(settings) == Secret(WORD)
    assert WORD not in Redactor(settings.secrets()).text(f"{SECRET_HEADER}: {WORD}")
    assert bypass_secret(settings_of(tmp_path)) is None
    with pytest.raises(ConfigError, match="PASS is not set"):
        bypass_secret(settings_of(tmp_path, more))
