"""Pulse as the product and the checks use it."""

from __future__ import annotations

import hmac
import json
import threading
from collections.abc import Iterator
from datetime import UTC, datetime
from http.server import BaseHTTPRequestHandler, HTTPServer
from typing import Any

import httpx
import pytest

from selftest.services.conftest import Starting
from staging.services.company import Company, Order
from staging.services.pulse.limit import Budgets
from staging.services.switches import Break

PROFILES = "/api/contacts/relationship-profiles"
KEYS = {"keys": ["pk_one", "pk_two"], "box_key": "box", "webhook_secret": "whsec"}
AGREED = {
    "id", "canonical_email", "display_name", "first_name", "last_name", "phone_number", "company",
    "title", "relationship_score", "total_interactions", "last_interaction_date",
    "communication_frequency", "preferred_channel", "tags", "notes", "is_favorite", "is_blocked",
    "created_at", "updated_at",
}  # fmt: skip


@pytest.fixture(scope="module")
def received() -> Iterator[list[tuple[str, bytes]]]:
    """What a product with a webhook was sent; the first entry is its address."""
    kept: list[tuple[str, bytes]] = []

    class Receiver(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            kept.append((self.headers["X-Pulse-Signature"], body))
            self.send_response(200)
            self.end_headers()

        def log_message(self, *_: object) -> None:
            pass

    server = HTTPServer(("127.0.0.1", 0), Receiver)
    kept.append((f"http://127.0.0.1:{server.server_port}/hook", b""))
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    yield kept
    server.shutdown()
    thread.join()
    server.server_close()


@pytest.fixture(scope="module")
def pulse(company: Starting, received: list[tuple[str, bytes]]) -> Company:
    service = "staging.services.pulse:Pulse"
    options = {**KEYS, "webhook_url": received[0][0]}
    few = {"keys": ["pk_few"], "limit_per_minute": 3, "profiles": 3}
    return company(
        Order(name="pulse", service=service, options=options),
        Order(name="few", service=service, options=few),
    )


@pytest.fixture
def api(pulse: Company) -> Iterator[httpx.Client]:
    pulse.reset("pulse")
    headers = {"Authorization": "Bearer pk_one"}
    with httpx.Client(base_url=pulse.addresses["pulse"], headers=headers) as client:
        yield client


def every(api: httpx.Client, path: str = PROFILES, **query: str | int) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = []
    while True:
        answer = api.get(path, params={"limit": 200, "offset": len(found), **query})
        answer.raise_for_status()
        found += answer.json()["data"]
        if not answer.json()["pagination"]["has_more"]:
            return found


def test_1200_profiles_have_the_agreed_fields_and_are_the_same_after_a_reset(
    pulse: Company, api: httpx.Client
) -> None:
    first = every(api)
    pulse.reset("pulse")
    assert every(api) == first
    assert len(first) == len({each["id"] for each in first}) == 1200
    assert all(each.keys() == AGREED for each in first)


def test_the_profiles_are_untidy(pulse: Company, api: httpx.Client) -> None:
    found = every(api)
    state = pulse.state("pulse")
    emails = [each["canonical_email"] for each in found]
    assert state["without_email"] == emails.count(None) > 0
    assert state["distinct_emails"] == len({each.lower() for each in emails if each})
    assert state["distinct_emails"] < len({each for each in emails if each})
    assert {0, 100, None} <= {each["relationship_score"] for each in found}
    assert any(not str(each["display_name"]).isascii() for each in found)
    assert {"", None} <= {each["notes"] for each in found}


def test_a_page_says_where_it_is(api: httpx.Client) -> None:
    answer = api.get(PROFILES, params={"limit": 100, "offset": 1150}).json()
    assert len(answer["data"]) == 50
    assert answer["pagination"] == {
        "total": 1200, "limit": 100, "offset": 1150, "has_more": False,
    }  # fmt: skip


@pytest.mark.parametrize(
    "query",
    [{"limit": "0"}, {"limit": "201"}, {"offset": "-1"}, {"modified_since": "soon"},
     {"include_annotations": "maybe"}],
)  # fmt: skip
def test_what_cannot_be_meant_is_refused(api: httpx.Client, query: dict[str, str]) -> None:
    answer = api.get(PROFILES, params=query)
    assert answer.status_code == 400
    assert answer.json()["error"]["code"] == "invalid_parameter"


def test_a_profile_is_found_by_email_in_any_case(api: httpx.Client) -> None:
    found = every(api, email="PERSON1@example.ORG")
    assert [each["id"] for each in found] == ["pp_00001"]


def test_annotations_can_be_left_out(api: httpx.Client) -> None:
    profile = every(api, email="person1@example.org", include_annotations="false")[0]
    assert not {"tags", "notes", "is_favorite", "is_blocked"} & profile.keys()


def test_a_changed_profile_is_the_only_one_modified_since(
    api: httpx.Client, received: list[tuple[str, bytes]]
) -> None:
    before = datetime.now(UTC).isoformat()
    headers = {"Authorization": "Bearer box"}
    change = {"relationship_score": 42, "tags": ["neu"]}
    answer = api.patch("/box/contacts/pp_00007", json=change, headers=headers)
    assert answer.status_code == 200
    found = every(api, modified_since=before)
    assert [(each["id"], each["relationship_score"]) for each in found] == [("pp_00007", 42)]

    signature, body = received[-1]
    at, given = (part.partition("=")[2] for part in signature.split(","))
    expected = hmac.new(b"whsec", f"{at}.".encode() + body, "sha256").hexdigest()
    assert given == expected
    assert json.loads(body)["type"] == "contact.updated"


@pytest.mark.parametrize(
    ("key", "change", "status"),
    [("pk_one", {}, 404), ("box", {"id": "x"}, 400), ("box", {"shoe_size": 4}, 400)],
)
def test_the_back_door_opens_to_its_own_key_alone(
    api: httpx.Client, key: str, change: dict[str, str], status: int
) -> None:
    headers = {"Authorization": f"Bearer {key}"}
    answer = api.patch("/box/contacts/pp_00007", json=change, headers=headers)
    assert answer.status_code == status


@pytest.mark.parametrize("headers", [{"Authorization": "Bearer wrong"}, {"Authorization": ""}])
def test_without_a_valid_key_nothing_is_told(api: httpx.Client, headers: dict[str, str]) -> None:
    answer = api.get(PROFILES, headers=headers)
    assert answer.status_code == 401
    assert "data" not in answer.json()
    assert "access-control-allow-origin" not in answer.headers


def test_an_open_door_lets_everybody_in_until_it_is_mended(
    pulse: Company, api: httpx.Client
) -> None:
    pulse.turn_on("pulse", Break.OPEN)
    assert api.get(PROFILES, headers={"Authorization": "Bearer nobody"}).status_code == 200
    pulse.reset("pulse")
    assert api.get(PROFILES, headers={"Authorization": "Bearer nobody"}).status_code == 401


def test_a_limit_can_be_told_that_is_not_kept(pulse: Company, api: httpx.Client) -> None:
    pulse.turn_on("pulse", Break.MISCOUNTS, value="60")
    assert api.get(PROFILES).headers["X-RateLimit-Limit"] == "60"


def test_each_key_has_a_budget_of_its_own(api: httpx.Client) -> None:
    left = [int(api.get(PROFILES).headers["X-RateLimit-Remaining"]) for _ in range(2)]
    other = api.get(PROFILES, headers={"Authorization": "Bearer pk_two"})
    assert other.headers["X-RateLimit-Limit"] == "600"
    assert int(other.headers["X-RateLimit-Remaining"]) == 599
    assert left[1] in {left[0] - 1, 599}


def test_a_spent_budget_is_429_and_says_how_long_to_wait(pulse: Company) -> None:
    pulse.reset("few")
    url, headers = pulse.addresses["few"] + PROFILES, {"Authorization": "Bearer pk_few"}
    answers = [httpx.get(url, headers=headers) for _ in range(7)]
    refused = [each for each in answers if each.status_code == 429]
    assert refused
    assert 1 <= int(refused[0].headers["Retry-After"]) <= 60
    assert refused[0].headers["X-RateLimit-Remaining"] == "0"


def test_a_budget_is_whole_again_in_the_next_window() -> None:
    budgets = Budgets(1)
    noon = datetime(2026, 3, 1, 12, tzinfo=UTC)
    assert budgets.spend("k", at=noon).wait_s == 0
    assert budgets.spend("k", at=noon.replace(second=50)).wait_s == 10
    assert budgets.spend("k", at=noon.replace(minute=1)).left == 0


def test_interactions_are_as_many_as_the_profile_says(api: httpx.Client) -> None:
    profile = next(each for each in every(api) if each["total_interactions"] == 55)
    found = every(api, f"/api/contacts/{profile['id']}/interactions")
    assert len(found) == 55
    assert found[0]["date"] == profile["last_interaction_date"]
    calls = every(api, f"/api/contacts/{profile['id']}/interactions", types="call,meeting")
    assert {each["type"] for each in calls} <= {"call", "meeting"}
    assert len(every(api, f"/api/contacts/{profile['id']}/interactions", days=1)) < 55


def test_the_trends_of_all_kinds_occur(api: httpx.Client) -> None:
    ids = [each["id"] for each in every(api)[:250]]
    answers = [api.get(f"/api/contacts/{name}/ai-insights").json()["data"] for name in ids]
    kinds = {each["relationship_trend"] for each in answers}
    assert kinds == {"new", "rising", "stable", "falling", "dormant"}


def test_an_unknown_contact_is_404(api: httpx.Client) -> None:
    assert api.get("/api/contacts/pp_99999/interactions").status_code == 404


def test_recommended_actions_name_people_to_reconnect_with(api: httpx.Client) -> None:
    assert {each["action"] for each in every(api, "/api/contacts/recommended-actions")} == {
        "reconnect"
    }


def test_a_google_sync_runs_and_completes(api: httpx.Client) -> None:
    started = api.post("/api/contacts/google-sync/trigger")
    assert started.status_code == 202
    path = f"/api/contacts/google-sync/status/{started.json()['data']['job_id']}"
    seen = [api.get(path).json()["data"]["status"] for _ in range(3)]
    assert seen == ["running", "running", "completed"]
    assert api.get("/api/contacts/google-sync/status/gs_none").status_code == 404


def test_the_webhook_is_listed_and_can_be_pinged(
    pulse: Company, api: httpx.Client, received: list[tuple[str, bytes]]
) -> None:
    hook = api.get("/api/webhooks").json()["data"][0]
    assert (hook["url"], hook["active"]) == (received[0][0], True)
    ping = api.post(f"/api/webhooks/{hook['id']}/ping").json()["data"]
    assert ping == {"delivered": True, "status": 200}
    assert pulse.state("pulse")["deliveries"][-1]["type"] == "ping"


def test_stale_never_and_twice(
    pulse: Company, api: httpx.Client, received: list[tuple[str, bytes]]
) -> None:
    def change() -> None:
        headers = {"Authorization": "Bearer box"}
        api.patch("/box/contacts/pp_00003", headers=headers, json={"company": "New"})

    pulse.turn_on("pulse", Break.NEVER, path="contact.updated")
    heard = len(received)
    before = datetime.now(UTC).isoformat()
    change()
    assert len(received) == heard
    pulse.turn_on("pulse", Break.STALE, path=PROFILES)
    assert every(api, modified_since=before) == []
    assert len(every(api)) == 1200
    pulse.clear("pulse")
    pulse.turn_on("pulse", Break.TWICE)
    change()
    assert len(received) == heard + 2
    assert len(every(api)) == 2400
