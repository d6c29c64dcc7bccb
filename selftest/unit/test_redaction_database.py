from __future__ import annotations

import json

import pytest
from hypothesis import given

from gonogo.redaction import MASK, Redactor, Secret
from selftest.unit.drawn_texts import PASSWORD, lively, printable


@pytest.mark.parametrize(
    ("text", "masked"),
    [
        (
            "DETAIL:  Failing row contains (1, Ada (née X), null).\nSTATEMENT:  x",
            "DETAIL:  Failing row contains (***).\nSTATEMENT:  x",
        ),
        (
            "DETAIL:  Failing row contains (1, two\nlines, null).\nnext",
            "DETAIL:  Failing row contains (***).\nnext",
        ),
        ("Failing row contains (1, cut", "Failing row contains (***"),
        (
            "DETAIL:  Partition key of the failing row contains (day) = (2026-01-01).",
            "DETAIL:  Partition key of the failing row contains (day) = (***).",
        ),
        ("Key (email)=(a@b.c) already exists.", "Key (email)=(***) already exists."),
        (
            "Key (lower(name))=(Foo (Bar) B) already exists.",
            "Key (lower(name))=(***) already exists.",
        ),
        ("Key (name)=(two\nlines) already exists.", "Key (name)=(***) already exists."),
        (
            'Key (a, b)=(1, x) is not present in table "t".',
            'Key (a, b)=(***) is not present in table "t".',
        ),
        (
            "Key (r)=([1,2)) conflicts with existing key (r)=([1,3)).",
            "Key (r)=(***) conflicts with existing key (r)=(***).",
        ),
        (
            'CONTEXT:  COPY contacts, line 3, column email: "a "quoted" b"',
            'CONTEXT:  COPY contacts, line 3, column email: "***"',
        ),
        ('COPY contacts, line 3: "1\tAda"', 'COPY contacts, line 3: "***"'),
        (
            'invalid input syntax for type integer: "Ada"',
            'invalid input syntax for type integer: "***"',
        ),
        ('invalid input value for enum mood: "sad"', 'invalid input value for enum mood: "***"'),
        (
            'date/time field value out of range: "32.1."',
            'date/time field value out of range: "***"',
        ),
        (
            'value "99999" is out of range for type smallint',
            'value "***" is out of range for type smallint',
        ),
        ('malformed array literal: "x"', 'malformed array literal: "***"'),
        ('DETAIL:  Token "Ada" is invalid.', 'DETAIL:  Token "***" is invalid.'),
        ("CONTEXT:  JSON data, line 1: Ada...", "CONTEXT:  JSON data, line 1: ***"),
        (
            "CONTEXT:  unnamed portal with parameters: $1 = 'Ada', $2 = NULL",
            "CONTEXT:  unnamed portal with parameters: ***",
        ),
    ],
)
def test_row_data_in_database_messages_is_masked_and_names_stay(text: str, masked: str) -> None:
    redactor = Redactor()
    assert redactor.text(text) == masked
    assert redactor.text(masked) == masked


def test_row_data_is_masked_inside_json_too() -> None:
    message = json.dumps("ERROR\nDETAIL:  Failing row contains (1, Ada).\nCONTEXT:  x")
    assert "Ada" not in Redactor().text(message)
    assert "CONTEXT" in Redactor().text(message)


POLICY = "(token = current_setting('request.headers'::text, true))"
FUNCTION = """\
CREATE FUNCTION public.redeem(p_token text) RETURNS void LANGUAGE plpgsql AS $$
BEGIN -- it isn't api_key = x that is looked up
  UPDATE invites SET used = true WHERE token = p_token AND secret=p_secret;
  NEW.encrypted_password := OLD.encrypted_password;
  api_key := gen_random_uuid();
  url := 'https://shop.example/?token=' || p_token || '&password=' || p_password;
  EXECUTE format('UPDATE x SET token = %L, password=%L', p_token, p_password);
  RAISE 'Key (token)=(%) already exists, token: %', p_token, p_token;
END $$;
"""
NAMES = """\
CREATE TABLE public.plans (basic timestamp(3) without time zone, token text, "password" text,
  CONSTRAINT pk_test_accounts PRIMARY KEY (token), CONSTRAINT "secret: x" CHECK (token <> ''));
"""


@pytest.mark.parametrize("text", [POLICY, FUNCTION, NAMES])
def test_sql_that_only_speaks_of_secrets_stays_as_it_is(text: str) -> None:
    assert Redactor([Secret("plans"), Secret("used")], personal_data=True).ddl(text) == text


@pytest.mark.parametrize(
    ("text", "masked"),
    [
        ("DEFAULT 'sk_live_51Habcdefgh'::text", "DEFAULT '***'::text"),
        ("token = 'abc-1', x = 'y'", "token = '***', x = 'y'"),
        ("api_key := 'it''s'; y", "api_key := '***'; y"),
        ("EXECUTE 'SET secret = ''abc'''", "EXECUTE 'SET secret = ''***'''"),
        ("dblink('host=x password=hunter2', y)", "dblink('host=x password=***', y)"),
        ("'Authorization: Bearer abc' || x", "'Authorization: Bearer ***' || x"),
        ('\'{\n "api_key": "abc", "n": 1}\'', '\'{\n "api_key": "***", "n": 1}\''),
        ("OPTIONS (user 'x', password 'y')", "OPTIONS (user 'x', password '***')"),
        ("x := 'Bearer abc123def456'", "x := 'Bearer ***'"),
        ("'curl --token abc12345'", "'curl --token ***'"),
        (
            "'-----BEGIN PRIVATE KEY-----\nMII\n-----END PRIVATE KEY-----'",
            "'-----BEGIN PRIVATE KEY-----***-----END PRIVATE KEY-----'",
        ),
        ("'-----BEGIN PRIVATE KEY-----' || x", "'-----BEGIN PRIVATE KEY-----' || x"),
        ("'postgres://u:p@ss@db/x'", "'postgres://u:***@db/x'"),
        (f"x = y || {PASSWORD}", "x = y || ***"),
        ("DEFAULT 'sh0rt'::text, sh0rt text", "DEFAULT '***'::text, sh0rt text"),
        ("DEFAULT 'ann@example.org'", "DEFAULT '***'"),
        ("'token=' || password = 'hunter2'", "'token=' || password = '***'"),
    ],
)
def test_a_secret_in_sql_is_masked_and_the_statement_stays_one(text: str, masked: str) -> None:
    redactor = Redactor([Secret(PASSWORD), Secret("sh0rt")], personal_data=True)
    assert redactor.ddl(text) == masked
    assert redactor.ddl(masked) == masked


@given(secret=printable, text=lively)
def test_a_registered_secret_never_survives_in_sql_either(secret: str, text: str) -> None:
    if not secret.strip() or set(secret) <= set(MASK) or secret in f"'{MASK}'":
        return
    masked = Redactor([Secret(secret)]).ddl(f"{text} '{secret}' {text}")
    assert f"'{secret}'" not in masked


def test_members_that_hold_sql_are_masked_as_sql() -> None:
    data = {
        "schema_sql": f"{FUNCTION} -- {PASSWORD}",
        "schema": {"policy": {"public.t.p": {"using": POLICY, "roles": ["x"], "check": None}}},
        "other": POLICY,
    }
    redactor, encoded = Redactor([Secret(PASSWORD)]), json.dumps(data).encode()
    masked = json.loads(redactor.json_data(encoded, sql=("schema", "schema_sql", "absent")))
    assert masked["schema_sql"] == f"{FUNCTION} -- ***"
    assert masked["schema"] == data["schema"]
    assert masked["other"] != POLICY
    assert json.loads(redactor.json_data(b"[1]", sql=("schema",))) == [1]
