from __future__ import annotations

import pytest

from gonogo.report.plaintext import cut, one_line, visible


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("plain, ünïcode, 日本語", "plain, ünïcode, 日本語"),
        ("tab\tand\nline", "tab\tand\nline"),
        ("\x1b[31mred\x1b[0m", "red"),
        ("\x1b]0;title\x07after", "after"),
        ("\x1b]8;;http://x\x1b\\link", "link"),
        ("a\r\nb\rc", "a\nb\nc"),
        ("nul\x00", "nul⟨U+0000⟩"),
        ("over\u202eride", "over⟨U+202E⟩ride"),
        ("half \ud800", "half ⟨U+D800⟩"),
        ("lone \x1b", "lone ⟨U+001B⟩"),
    ],
)
def test_control_characters_are_seen_and_never_obeyed(text: str, shown: str) -> None:
    assert visible(text) == shown


def test_one_line_folds_white_space() -> None:
    assert one_line("  a\n  b\t c ") == "a b c"


def test_a_cut_text_says_how_much_is_left_out() -> None:
    assert cut("abc", 3) == "abc"
    assert cut("abcdef" * 1000, 3) == "abc… (5,997 more characters in the dossier)"
