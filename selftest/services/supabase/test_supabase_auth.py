from __future__ import annotations

import jwt
import pytest

from selftest.services.supabase.box import SECRET, Box, credentials
from staging.services.supabase.accounts import hashed, matches

NEW = {"X-Supabase-Api-Version": "2024-01-01"}


def refresh(box: Box, token: str) -> tuple[int, dict[str, object]]:
    path = "/auth/v1/token?grant_type=refresh_token"
    answer = box.ask("POST", path, json={"refresh_token": token}, who=None)
    return answer.status_code, answer.json()


def user(box: Box, token: str, **headers: str) -> tuple[int, dict[str, object]]:
    sent = {"Authorization": f"Bearer {token}", **headers}
    answer = box.ask("GET", "/auth/v1/user", who=None, headers=sent)
    return answer.status_code, answer.json()


def sign_out(box: Box, token: str, scope: str) -> int:
    headers = {"Authorization": f"Bearer {token}"}
    path = f"/auth/v1/logout?scope={scope}"
    return box.ask("POST", path, who=None, headers=headers).status_code


def test_a_password_opens_a_session_as_gotrue_does(box: Box) -> None:
    session = box.sign_in("admin").json()
    claims = jwt.decode(
        session["access_token"], SECRET, algorithms=["HS256"], audience="authenticated"
    )
    assert (
        claims["sub"] == session["user"]["id"] == box.sql("SELECT md5('staff-1')::uuid::text")[0][0]
    )
    assert (claims["role"], claims["email"], claims["aal"]) == (
        "authenticated",
        "admin@example.org",
        "aal1",
    )
    assert claims["exp"] - claims["iat"] == session["expires_in"] == 3600
    assert session["user"]["user_metadata"] == {"full_name": "Admin", "email_verified": True}
    assert user(box, session["access_token"])[1]["email"] == "admin@example.org"


def test_the_users_row_is_kept(box: Box) -> None:
    box.sign_in("fundraiser")
    ((role, stored, at),) = box.sql(
        "SELECT role, encrypted_password, last_sign_in_at > now() - interval '1 minute' "
        "FROM auth.users WHERE email = 'fundraiser@example.org'"
    )
    assert (role, at) == ("authenticated", True)
    assert stored.startswith("scrypt$")
    assert credentials("fundraiser")["password"] not in stored


def test_a_wrong_password_and_an_unknown_address_are_told_alike(box: Box) -> None:
    wrong = box.sign_in("admin", password="wrong")
    unknown = box.sign_in("stranger")
    assert wrong.status_code == unknown.status_code == 400
    assert wrong.json() == unknown.json() == {
        "code": 400,
        "error_code": "invalid_credentials",
        "msg": "Invalid login credentials",
    }  # fmt: skip


def test_a_newer_client_is_told_errors_in_the_newer_form(box: Box) -> None:
    answer = box.ask(
        "POST",
        "/auth/v1/token?grant_type=password",
        json=credentials("admin") | {"password": "x"},
        headers=NEW,
        who=None,
    )
    assert answer.json() == {"code": "invalid_credentials", "message": "Invalid login credentials"}
    assert answer.headers["x-supabase-api-version"] == "2024-01-01"


def test_a_refresh_token_is_followed_by_another(box: Box) -> None:
    first = box.sign_in("member").json()["refresh_token"]
    status, second = refresh(box, first)
    assert (status, second["refresh_token"] != first) == (200, True)
    again = refresh(box, first)[1]
    assert again["refresh_token"] == second["refresh_token"]
    assert user(box, str(second["access_token"]))[0] == 200
    unknown = refresh(box, "made-up")
    assert (unknown[0], unknown[1]["error_code"]) == (400, "refresh_token_not_found")


@pytest.mark.parametrize(
    ("scope", "mine", "other"),
    [("local", 403, 200), ("others", 200, 403), ("global", 403, 403)],
)
def test_signing_out_ends_the_sessions_of_its_scope(
    box: Box, scope: str, mine: int, other: int
) -> None:
    one, two = (box.sign_in("fundraiser").json()["access_token"] for _ in range(2))
    assert sign_out(box, one, scope) == 204
    assert (user(box, one)[0], user(box, two)[0]) == (mine, other)
    if mine == 403:
        assert user(box, one)[1]["error_code"] == "session_not_found"


def test_a_token_that_is_none_of_a_user_is_refused(box: Box) -> None:
    assert user(box, "a.b.c")[1]["error_code"] == "bad_jwt"
    foreign = jwt.encode({"sub": "x"}, SECRET[::-1], algorithm="HS256")
    assert user(box, foreign)[0] == 403
    old = jwt.encode({"sub": "x", "exp": 1}, SECRET, algorithm="HS256")
    assert "token is expired" in str(user(box, old)[1]["msg"])
    assert user(box, box.anon_key)[1]["msg"] == "invalid claim: missing sub claim"
    nobody = box.ask("GET", "/auth/v1/user", who=None)
    assert (nobody.status_code, nobody.json()["error_code"]) == (401, "no_authorization")


@pytest.mark.parametrize(
    ("path", "body", "status", "code"),
    [
        ("token?grant_type=password", {"email": "", "password": "x"}, 400, "validation_failed"),
        ("token?grant_type=refresh_token", {}, 400, "validation_failed"),
        ("token?grant_type=magic", {}, 400, "invalid_credentials"),
        ("token?grant_type=password", [], 400, "bad_json"),
        ("signup", {"email": "a@b.org", "password": "x"}, 422, "signup_disabled"),
    ],
)
def test_what_is_no_sign_in_is_refused(
    box: Box, path: str, body: object, status: int, code: str
) -> None:
    answer = box.ask("POST", f"/auth/v1/{path}", json=body, who=None)
    assert (answer.status_code, answer.json()["error_code"]) == (status, code)


def test_health_and_settings_are_told(box: Box) -> None:
    assert box.ask("GET", "/auth/v1/health").json()["name"] == "GoTrue"
    assert box.ask("GET", "/auth/v1/settings").json()["external"]["email"] is True
    assert box.ask("GET", "/auth/v1/.well-known/jwks.json").json() == {"keys": []}


def test_a_password_is_known_by_its_hash_alone() -> None:
    stored = hashed("secret ß")
    assert matches("secret ß", stored)
    assert not matches("secret s", stored)
    assert not matches("", None)
    assert not matches("x", "$2a$10$made.by.another.program")
    assert stored != hashed("secret ß")
