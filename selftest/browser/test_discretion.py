from __future__ import annotations

import pytest

from gonogo.config_app import AppSection, DataSection
from gonogo.probes.browser.discretion import LONGEST, Discretion, discretion

PRIVATE = discretion(
    AppSection(data_addresses=r"/api/v2/|/rest/v1/", data=DataSection(pages=("/", "/people"))),
    private=True,
)


@pytest.mark.parametrize(
    ("address", "kind", "shown"),
    [
        ("http://a.example/people/ann?q=1#x", "document", "http://a.example/people/…?…"),
        ("http://a.example/signin", "document", "http://a.example/signin"),
        ("http://a.example/rest/v1/rows?id=eq.7", "fetch", "http://a.example/rest/v1/rows?…"),
        (
            "http://a.example/rest/v1/rpc/count_them",
            "fetch",
            "http://a.example/rest/v1/rpc/count_them",
        ),
        (
            "http://a.example/auth/v1/logout?scope=local",
            "fetch",
            "http://a.example/auth/v1/logout?…",
        ),
        ("http://a.example/storage/v1/object/ann.png", "fetch", "http://a.example/…/v1/…/…"),
        ("http://a.example/api/v2/rows/17/p%20q", "xhr", "http://a.example/api/v2/…/…/…"),
        ("http://a.example/app-3f2.js", "script", "http://a.example/app-3f2.js"),
        ("", "script", ""),
    ],
)
def test_an_address_of_real_people_keeps_what_the_makers_named(
    address: str, kind: str, shown: str
) -> None:
    assert PRIVATE.address(address, kind) == shown
    assert Discretion().address(address, kind) == address


@pytest.mark.parametrize("private", [True, False])
@pytest.mark.parametrize(
    ("address", "shown"),
    [
        ("data:image/png;base64,AAAA", "data:… (26 characters)"),
        ("http://[half", "an address of 12 characters that cannot be read"),
        (f"http://a.example/rest/v1/rows?q={'x' * LONGEST}", "http://a.example/rest/v1/rows?…"),
    ],
)
def test_an_address_that_says_too_much_is_not_cut_but_left_out(
    address: str, shown: str, *, private: bool
) -> None:
    words = frozenset({"rest", "v1", "rows"})
    assert Discretion(private=private, words=words).address(address, "fetch") == shown


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("TypeError: Ann is no function", "TypeError, 29 characters, which are not written down"),
        ("Uncaught RangeError: Ann", "RangeError, 24 characters, which are not written down"),
        ("Ann is gone", "11 characters, which are not written down"),
        ("Ann", "3 characters, which are not written down"),
    ],
)
def test_of_what_is_said_of_real_people_the_class_of_an_error_is_told(text: str, told: str) -> None:
    assert PRIVATE.text(text) == told
    assert PRIVATE.text(text, place="app.js:3") == f"{told} (app.js:3)"
    assert Discretion().text(text) == text


def test_a_text_that_is_too_long_is_not_cut() -> None:
    assert Discretion().text("x" * (LONGEST + 1)) == "10,001 characters, too many to be kept"
