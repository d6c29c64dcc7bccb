from __future__ import annotations

import hashlib

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gonogo.redaction import Redactor, Secret
from selftest.unit.drawn_texts import PASSWORD


@given(
    key=st.sampled_from(["password", "API_KEY", '"token"', "Authorization", "client_secret"]),
    operator=st.sampled_from(["=", ": ", ":", " = ", "=>", ":="]),
    value=st.text(st.characters(min_codepoint=33, max_codepoint=126), max_size=20),
)
@settings(max_examples=300)
def test_masking_keyed_values_twice_changes_nothing_more(
    key: str, operator: str, value: str
) -> None:
    redactor = Redactor()
    once = redactor.text(f"{key}{operator}{value} and more")
    assert redactor.text(once) == once


@pytest.mark.parametrize(
    "text",
    [
        hashlib.sha256(b"x").hexdigest(),
        "/srv/releases/2026-01-02/deployment/logs/migration_20260102_030405.log",
        "2026-01-02T03:04:05.678901Z",
        "SELECT id, token FROM api_tokens WHERE token = $1 AND password IS NOT NULL",
        "CREATE TABLE sessions (id uuid PRIMARY KEY, token text NOT NULL, secret bytea)",
        "select token::text, secret::bytea from t",
        "INSERT INTO schema_migrations (version) VALUES ('001')",
        "PWD=/home/deploy",
        "passwords: 3, tokens: 12, secrets: 0 found",
        "password: str",
        '{"token": null, "secret": true}',
        "export PGPASSWORD=$PGPASSWORD",
        "password=${DB_PASSWORD}",
        "http://[::1]:8080/users/@me",
        "http://127.0.0.1:4173/contacts?search=a@b",
        "Basic authentication and bearer authorizations are refused",
        "Basic Authentication",
        "https://abcdef0123456789@o1.ingest.example/42",
        "phc_0123456789abcdef0123456789abcdef",
        "task-0123456789abcdef0123456789 disk-usage",
        "COPY public.contacts (id, name) FROM stdin;",
        "CONTEXT:  COPY contacts, line 3, column name: null input",
        "UNIQUE KEY (email)",
        "expected 3 tables, found 2",
        'psql: error: FATAL:  password authentication failed for user "postgres"',
        "",
    ],
)
def test_text_without_secrets_is_unchanged(text: str) -> None:
    assert Redactor([Secret(PASSWORD)]).text(text) == text


@given(st.from_regex(r"[a-z ,.\n/0-9-]{0,200}", fullmatch=True))
def test_plain_prose_is_unchanged(text: str) -> None:
    if "sk-" in text or "pypi-" in text or "glpat-" in text:
        return
    assert Redactor([Secret(PASSWORD)]).text(text) == text


@pytest.mark.parametrize(
    ("text", "masked"),
    [
        (
            "postgresql://postgres:pa/s@s@db.x.example:5432/p",
            "postgresql://postgres:***@db.x.example:5432/p",
        ),
        ("https://me:pw@example.org/a?b=c@d", "https://me:***@example.org/a?b=c@d"),
        ("PGPASSWORD=abc psql", "PGPASSWORD=*** psql"),
        ("host=h password='a b' user=u", "host=h password='***' user=u"),
        ("password=x,y; next", "password=***; next"),
        ('{"api_key": "abc", "n": 1}', '{"api_key": "***", "n": 1}'),
        ("{'secret': 'abc'}", "{'secret': '***'}"),
        (r'"{\"password\": \"abc\"}"', r'"{\"password\": \"***\"}"'),
        ("https://x.example/?token=abc&n=1", "https://x.example/?token=***&n=1"),
        ("Authorization: Bearer abc", "Authorization: Bearer ***"),
        ("authorization: Basic dXNlcjpwYXNz", "authorization: Basic ***"),
        ("sent bearer abcdefgh1 to", "sent bearer *** to"),
        ("--token abcdefgh1", "--token ***"),
        ("ALTER ROLE r PASSWORD 'it''s'", "ALTER ROLE r PASSWORD '***'"),
        ("eyJhbGciOiJIUzI1NiJ9.eyJyb2xlIjoiYW5vbiJ9.c2lnbmF0dXJl", "***"),
        ("key sk_live_0123456789abcdef.", "key ***."),
        ("https://hooks.slack.com/services/T00/B00/abc", "https://hooks.slack.com/services/***"),
        ("AKIAABCDEFGHIJKLMNOP", "***"),
        (
            "a\n-----BEGIN EC PRIVATE KEY-----\nabc\ndef\n-----END EC PRIVATE KEY-----\nb",
            "a\n-----BEGIN EC PRIVATE KEY-----***-----END EC PRIVATE KEY-----\nb",
        ),
        (
            "-----BEGIN PRIVATE KEY-----\nabc",
            "-----BEGIN PRIVATE KEY-----***-----END PRIVATE KEY-----",
        ),
    ],
)
def test_what_looks_like_a_secret_is_masked(text: str, masked: str) -> None:
    assert Redactor().text(text) == masked


def test_addresses_are_personal_data() -> None:
    text = "written to ada.lovelace+x@mail.example.org and a%40b.example"
    assert Redactor().text(text) == text
    assert Redactor(personal_data=True).text(text) == "written to *** and ***"
