from __future__ import annotations

import base64
import copy
import html
import json
import pickle
import time
from collections.abc import Callable
from typing import NamedTuple
from urllib.parse import quote, quote_plus

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from gonogo.redaction import MASK, Redactor, Secret
from selftest.unit.drawn_texts import PASSWORD, lively, printable

ENCODINGS: dict[str, Callable[[str], str]] = {
    "plain": lambda s: s,
    "percent, all": lambda s: quote(s, safe=""),
    "percent, path": quote,
    "percent, form": quote_plus,
    "percent, lower case": lambda s: quote(s, safe="").lower() if s.islower() else quote(s),
    "percent, every character": lambda s: "".join(f"%{byte:02X}" for byte in s.encode()),
    "base64": lambda s: base64.b64encode(s.encode()).decode(),
    "base64 for addresses": lambda s: base64.urlsafe_b64encode(s.encode()).decode(),
    "JSON": lambda s: json.dumps(s)[1:-1],
    "JSON in JSON": lambda s: json.dumps(json.dumps(s))[3:-3],
    "Python repr": lambda s: repr(s)[1:-1],
    "HTML": html.escape,
    "SQL": lambda s: s.replace("'", "''"),
    "shell": lambda s: s.replace("'", "'\\''"),
    "hexadecimal": lambda s: s.encode().hex(),
    "hexadecimal, upper case": lambda s: s.encode().hex().upper(),
}


@pytest.mark.parametrize("encoding", ENCODINGS)
@given(secret=printable)
def test_a_registered_secret_never_survives(encoding: str, secret: str) -> None:
    encoded = ENCODINGS[encoding](secret)
    if not secret.strip() or set(secret) <= set(MASK) or encoded in f"<< {MASK} >>":
        return
    masked = Redactor([Secret(secret)]).text(f"<< {encoded} >>")
    assert encoded not in masked


@given(secret=printable, before=st.binary(max_size=5), after=st.binary(max_size=5))
def test_a_secret_inside_a_longer_base64_text_never_survives(
    secret: str, before: bytes, after: bytes
) -> None:
    if not secret.strip() or set(secret) <= set(MASK):
        return
    whole = base64.b64encode(before + secret.encode() + after).decode()
    masked = Redactor([Secret(secret)]).text(whole)
    left = 4 * (len(before) // 3 + len(after) // 3 + 3)  # what does not touch the secret
    assert MASK in masked
    assert len(masked.replace(MASK, "")) <= left


@given(secret=printable, text=lively, other=lively)
@example(secret="******", text="**********", other="")
@example(secret="***abc", text="sk_live_1234567890", other="abc")
@example(secret="secret", text="password: Bearer abc", other="***")
@example(secret="secret", text="Authorization: Bearer abc123456", other="token=token ***")
@settings(max_examples=300)
def test_masking_twice_changes_nothing_more(secret: str, text: str, other: str) -> None:
    redactor = Redactor([Secret(secret)], personal_data=True)
    once = redactor.text(text + secret + other)
    assert redactor.text(once) == once


@pytest.mark.parametrize("newline", ["\n", "\r\n"])
def test_a_secret_broken_over_line_ends_is_masked(newline: str) -> None:
    for place in range(1, len(PASSWORD)):
        broken = PASSWORD[:place] + newline + PASSWORD[place:]
        assert Redactor([Secret(PASSWORD)]).text(f"[{broken}]") == f"[{MASK}]"


def test_a_short_secret_is_masked_in_context_only() -> None:
    redactor = Redactor([Secret("cat"), Secret(""), Secret("   ")])
    assert redactor.text("concatenate the cat") == "concatenate the cat"
    assert redactor.text("Password?\ncat\nok") == "Password?\n***\nok"
    assert redactor.text("a://u:cat@h password=cat") == "a://u:***@h password=***"


def test_the_longest_of_two_overlapping_secrets_is_masked_whole() -> None:
    redactor = Redactor([Secret("abcdef"), Secret("abcdefghi")])
    assert redactor.text("abcdefghi abcdef") == "*** ***"


def test_every_line_of_a_secret_with_several_lines_is_masked() -> None:
    secret = "first line of it\nsecond line of it\nx"
    redactor = Redactor([Secret(secret)])
    assert redactor.text(secret.replace("\n", "\r\n")) == MASK
    assert redactor.text("| second line of it") == "| ***"


def test_the_line_end_of_a_secret_read_from_a_file_does_not_hide_it() -> None:
    assert Redactor([Secret("abcdefg\n")]).text("x abcdefg y") == "x *** y"


class Row(NamedTuple):
    name: str
    number: int


def test_a_tree_is_masked_in_keys_and_values() -> None:
    redactor = Redactor([Secret(PASSWORD)])
    tree = {
        "a": [PASSWORD, 1, None, (f"x {PASSWORD}", {PASSWORD})],
        PASSWORD: Row(PASSWORD, 2),
        f"{PASSWORD} ": Secret("other"),
        MASK: PASSWORD.encode(),
        "password": "short",
        "token": 3,
    }
    masked = redactor.tree(tree)
    assert masked == {
        "a": [MASK, 1, None, ("x ***", {MASK})],
        "***": Row(MASK, 2),
        "*** ": MASK,
        "*** (2)": b"***",
        "password": MASK,
        "token": 3,
    }
    assert tree["password"] == "short"


def test_data_is_masked_and_other_bytes_stay() -> None:
    redactor = Redactor([Secret(PASSWORD)])
    assert redactor.data(b"\xff " + PASSWORD.encode() + b" token=abc") == b"\xff *** token=***"
    assert redactor.data(b"\x00\xff token=abc " + PASSWORD.encode()) == b"\x00\xff token=abc ***"
    picture = bytes(range(256)) * 4
    assert redactor.data(picture) is picture


def test_a_row_hash_is_salted_and_short() -> None:
    one, other = Redactor(salt=b"1"), Redactor(salt=b"2")
    assert len(one.row_key_hash("x")) == 12
    assert one.row_key_hash(5) == Redactor(salt=b"1").row_key_hash("5")
    assert one.row_key_hash("x") != other.row_key_hash("x")
    assert Redactor().row_key_hash("x") != Redactor().row_key_hash("x")


def test_github_masks_name_every_line_of_a_registered_secret() -> None:
    redactor = Redactor([Secret("line one%\nline two"), Secret("abc")])
    assert redactor.github_masks() == ["::add-mask::line one%25", "::add-mask::line two"]


def test_a_secret_does_not_show_itself() -> None:
    secret = Secret("abc")
    shown = f"{secret} {secret!r} {secret:>20} {[secret]} %s" % secret
    assert "abc" not in shown
    assert str(secret) == "Secret('***')"
    assert secret.reveal() == "abc"
    with pytest.raises(TypeError, match="not pickled"):
        pickle.dumps(secret)
    with pytest.raises(TypeError):
        json.dumps(secret)


def test_secrets_compare_by_value() -> None:
    secret = Secret("abc")
    assert secret == Secret("abc")
    assert secret != Secret("abd")
    assert secret != "abc"
    assert len({secret, Secret("abc")}) == 1
    assert secret
    assert not Secret("")
    assert copy.copy(secret) is copy.deepcopy(secret) is secret


@pytest.mark.parametrize(
    ("text", "settled"),
    [
        ("nothing here\nand more", "nothing here\n"),
        ("x\nbegins: c0rrect-h\n", "x\n"),
        ("x\nbegins: c0rr\nect-h\n", "x\n"),
        ("x\nbegins: c0rr\nand is none\n", "x\nbegins: c0rr\nand is none\n"),
        ("whole: c0rrect-h0rse/battery=staple\n", "whole: c0rrect-h0rse/battery=staple\n"),
        ("x\nc0rrect-\nh0rse/battery=staple", "x\n"),
        ("x\n-----BEGIN PRIVATE KEY-----\nabc\n", "x\n"),
        ("x\n Failing row contains (1,\n2\n", "x\n"),
        ("x Failing row contains (1).\ny", "x Failing row contains (1).\n"),
        ("Key (a)=(1\n", ""),
        ("Key (a)=(1\n2) already exists.\nc0rrect\n", "Key (a)=(1\n2) already exists.\n"),
        ("", ""),
        ("no line end", ""),
        ("a line that is far too long: c0rrect", "a line that is far too long: "),
        ("c0rrect-h0rse/battery=staple_c0rr", "c0rrect-h0rse/battery=staple_"),
    ],
)
def test_settled_text_ends_before_what_may_be_half_of_a_secret(text: str, settled: str) -> None:
    redactor = Redactor([Secret(PASSWORD)])
    assert text[: redactor.settled(text, longest_line=30)] == settled


def test_three_thousand_small_records_are_quick() -> None:
    redactor = Redactor([Secret(f"s3cret-{n}-{'x' * n}") for n in range(12)], personal_data=True)
    records = [
        {
            "item": f"MIG-{n}.1",
            "message": f"expected {n} rows in public.contacts, found {n}",
            "at": "2026-01-02T03:04:05.678901Z",
        }
        for n in range(3000)
    ]
    best_s = 60.0
    for _ in range(3):
        began_s = time.perf_counter()
        for record in records:
            redactor.tree(record)
        best_s = min(best_s, time.perf_counter() - began_s)
    assert best_s < 0.5  # 0.1 s when nothing else runs; the margin is for busy machines


def test_json_stays_json_whatever_its_names_and_texts_look_like() -> None:
    columns = {"public.invites.token": {"type": "text"}, "public.people.password": {"type": "text"}}
    raised = "RAISE 'Key (id)=(%)', id;"
    data = json.dumps({"column": columns, "api_key": "k-1", "said": [raised, f"is {PASSWORD}"]})
    masked = json.loads(Redactor([Secret(PASSWORD)]).json_data(data.encode()))
    assert masked["column"] == columns
    assert masked["api_key"] == "***"
    assert masked["said"][1] == "is ***"
