from __future__ import annotations

import time

import jwt
import pytest

from selftest.services.supabase.box import SECRET, Box, credentials
from staging.services.switches import Break

LONG_AGO_S = 1_600_000_000


def signed(**claims: object) -> str:
    return jwt.encode(claims, SECRET, algorithm="HS256")


def test_row_security_decides_what_each_role_sees(box: Box) -> None:
    contacts = "contacts?select=id&limit=5"
    assert len(box.get(contacts).json()) == 5
    assert box.get(contacts, who=None).json() == []
    assert len(box.get(contacts, who="service").json()) == 5
    own = box.get("staff_members?select=display_name", who="admin").json()
    assert own == [{"display_name": "Ada Admin"}]
    assert len(box.get("staff_members", who="service").json()) == 3


def test_the_database_knows_who_asks(box: Box) -> None:
    (expected,) = box.sql("SELECT md5('staff-3')::uuid::text")
    assert box.get("rpc/who_am_i").json() == {
        "uid": expected[0],
        "role": "authenticated",
        "said": "authenticated",
    }
    nobody = {"uid": None, "role": "anon", "said": "anon"}
    assert box.get("rpc/who_am_i", who=None).json() == nobody
    assert box.get("rpc/who_am_i", who="service").json()["role"] == "service_role"


def test_a_missing_right_is_401_for_nobody_and_403_for_somebody(box: Box) -> None:
    nobody = box.get("entity_mappings", who=None)
    assert (nobody.status_code, nobody.json()["code"]) == (401, "42501")
    body = {"name": "New", "goal": 1, "starts_on": "2026-01-01"}
    somebody = box.ask("POST", "/rest/v1/campaigns", json=body)
    assert (somebody.status_code, somebody.json()["code"]) == (403, "42501")
    assert "row-level security" in somebody.json()["message"]


def test_without_one_of_the_projects_keys_nobody_comes_in(box: Box) -> None:
    without = box.get("contacts", headers={"apikey": ""})
    assert (without.status_code, without.json()["message"]) == (401, "No API key found in request")
    wrong = box.get("contacts", headers={"apikey": "sb_wrong"})
    assert (wrong.status_code, wrong.json()["message"]) == (401, "Invalid API key")
    assert box.ask("GET", "/auth/v1/settings", headers={"apikey": ""}).status_code == 401


@pytest.mark.parametrize(
    ("token", "code", "message"),
    [
        (signed(role="authenticated", exp=LONG_AGO_S), "PGRST303", "JWT expired"),
        (signed(role="anon", nbf=LONG_AGO_S * 2), "PGRST303", "JWT not yet valid"),
        (signed(role="anon", exp="soon"), "PGRST303", "The JWT 'exp' claim must be a number"),
        (signed(role=7), "PGRST303", "Parsing claims failed"),
        (
            jwt.encode({"role": "service_role"}, SECRET[::-1], algorithm="HS256"),
            "PGRST301",
            "No suitable key or wrong key type",
        ),
        (
            jwt.encode({"role": "service_role"}, None, algorithm="none"),
            "PGRST301",
            "Wrong or unsupported encoding algorithm",
        ),
        ("abc", "PGRST301", "Expected 3 parts in JWT; got 1"),
        ("a.b.c", "PGRST301", "JWT cryptographic operation failed"),
    ],
)
def test_a_token_that_does_not_hold_is_refused(
    box: Box, token: str, code: str, message: str
) -> None:
    answer = box.get("contacts", who=None, headers={"Authorization": f"Bearer {token}"})
    assert (answer.status_code, answer.json()["code"]) == (401, code)
    assert answer.json()["message"] == message
    assert message in answer.headers["www-authenticate"]


def test_an_empty_token_is_refused(box: Box) -> None:
    answer = box.get("contacts", who=None, headers={"Authorization": "Bearer"})
    assert answer.json()["message"] == "Empty JWT is sent in Authorization header"


def test_a_token_of_an_unknown_role_is_refused(box: Box) -> None:
    token = signed(role="nobody_at_all", exp=int(time.time()) + 60)
    answer = box.get("contacts", who=None, headers={"Authorization": f"Bearer {token}"})
    assert (answer.status_code, answer.json()["code"]) == (401, "22023")


def test_a_token_without_a_role_is_the_anonymous_one(box: Box) -> None:
    headers = {"Authorization": f"Bearer {signed(sub='x')}"}
    assert box.get("contacts?limit=1", who=None, headers=headers).json() == []


def test_pages_of_any_origin_may_read_the_answers(box: Box) -> None:
    asking = {"Origin": "http://page", "Access-Control-Request-Headers": "apikey,prefer"}
    before = box.ask("OPTIONS", "/rest/v1/contacts", headers=asking)
    assert before.status_code == 200
    assert before.headers["access-control-allow-headers"] == "apikey,prefer"
    for path in ("/rest/v1/contacts?limit=1", "/rest/v1/nope", "/auth/v1/user"):
        answer = box.ask("GET", path)
        assert answer.headers["access-control-allow-origin"] == "*"
        assert "Content-Range" in answer.headers["access-control-expose-headers"]


def test_a_break_answers_in_the_words_of_the_part_that_is_broken(box: Box) -> None:
    try:
        box.company.turn_on("supabase", Break.UNAUTHORIZED)
        assert box.get("contacts").json()["message"] == "Invalid API key"
        box.company.clear("supabase")
        box.company.turn_on("supabase", Break.LIMITED)
        assert box.get("contacts").json()["code"] == "429"
        limited = box.ask("GET", "/auth/v1/user").json()
        assert limited["error_code"] == "over_request_rate_limit"
    finally:
        box.company.clear("supabase")


def test_no_key_or_password_is_written_to_the_log_or_told(box: Box) -> None:
    box.sign_in("member")
    told = str(box.company.state("supabase")) + str(box.company.requests("supabase"))
    assert SECRET not in told
    assert credentials("member")["password"] not in told
    assert box.token("member") not in told
    assert box.anon_key not in told
