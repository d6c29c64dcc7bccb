"""The texts and secrets that the tests of what is masked draw from."""

from __future__ import annotations

from hypothesis import strategies as st

PASSWORD = "c0rrect-h0rse/battery=staple"
printable = st.text(st.characters(min_codepoint=32, max_codepoint=126), min_size=6, max_size=40)
lively = st.text(st.characters(codec="utf-8", exclude_characters="\0"), max_size=80)
