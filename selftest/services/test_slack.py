"""Slack's stand-in answers as Slack's own description says."""

from __future__ import annotations

from collections.abc import Iterator

import httpx
import pytest

from selftest.services.conftest import Starting
from selftest.specification import Specification, specification
from staging.services.company import Company, Order
from staging.services.slack import WEBHOOK
from staging.services.switches import Break

TOKEN = "xoxb-box"


@pytest.fixture(scope="module")
def slack(company: Starting) -> Company:
    order = Order(name="slack", service="staging.services.slack:Slack", options={"token": TOKEN})
    return company(order)


@pytest.fixture
def spec() -> Specification:
    return specification("slack")


@pytest.fixture
def api(slack: Company) -> Iterator[httpx.Client]:
    slack.reset("slack")
    headers = {"Authorization": f"Bearer {TOKEN}"}
    with httpx.Client(base_url=slack.addresses["slack"], headers=headers) as client:
        yield client


def channel(api: httpx.Client, name: str) -> str:
    channels = api.get("/api/conversations.list").json()["channels"]
    return next(str(each["id"]) for each in channels if each["name"] == name)


def texts(api: httpx.Client, name: str) -> list[str]:
    answer = api.get("/api/conversations.history", params={"channel": channel(api, name)})
    return [each["text"] for each in answer.json()["messages"]]


def test_the_token_is_known(api: httpx.Client, spec: Specification) -> None:
    answer = api.get("/api/auth.test")
    spec.check(answer)
    assert answer.json()["team"] == "Logos Vision"


@pytest.mark.parametrize("path", ["auth.test", "conversations.list", "conversations.history"])
@pytest.mark.parametrize(
    ("header", "code"), [("Bearer xoxb-wrong", "invalid_auth"), ("", "not_authed")]
)
def test_a_wrong_token_is_200_and_not_ok(
    api: httpx.Client, spec: Specification, path: str, header: str, code: str
) -> None:
    answer = api.get(f"/api/{path}", headers={"Authorization": header})
    spec.check(answer)
    assert (answer.status_code, answer.json()) == (200, {"ok": False, "error": code})


def test_a_message_is_in_the_channel_and_can_be_taken_back(
    api: httpx.Client, spec: Specification
) -> None:
    sent = api.post("/api/chat.postMessage", data={"channel": "#incidents", "text": "release 1"})
    spec.check(sent)
    history = api.get("/api/conversations.history", params={"channel": sent.json()["channel"]})
    spec.check(history)
    assert history.json()["messages"][0]["text"] == "release 1"
    which = {"channel": sent.json()["channel"], "ts": sent.json()["ts"]}
    deleted = api.post("/api/chat.delete", data=which)
    spec.check(deleted)
    assert "release 1" not in texts(api, "incidents")
    again = api.post("/api/chat.delete", data=which)
    spec.check(again)
    assert again.json()["error"] == "message_not_found"


@pytest.mark.parametrize(
    ("body", "code"),
    [
        ({"channel": "nowhere", "text": "x"}, "channel_not_found"),
        ({"channel": "old-releases", "text": "x"}, "is_archived"),
        ({"channel": "random", "text": "x"}, "not_in_channel"),
        ({"channel": "incidents"}, "no_text"),
        ({"channel": "incidents", "text": "x" * 40_001}, "msg_too_long"),
    ],
)
def test_a_message_that_cannot_be_posted_says_why(
    api: httpx.Client, spec: Specification, body: dict[str, str], code: str
) -> None:
    answer = api.post("/api/chat.postMessage", json=body)
    spec.check(answer)
    assert answer.json() == {"ok": False, "error": code}


def test_channels_are_listed_in_pages(api: httpx.Client, spec: Specification) -> None:
    names, cursor = [], ""
    while True:
        query = {"limit": "2", "cursor": cursor, "exclude_archived": "true"}
        answer = api.get("/api/conversations.list", params=query)
        spec.check(answer)
        names += [each["name"] for each in answer.json()["channels"]]
        if not (cursor := answer.json()["response_metadata"]["next_cursor"]):
            break
    assert names == ["incidents", "contacts-beta", "releases", "random"]


def test_a_channel_says_whether_the_bot_is_in_it(api: httpx.Client, spec: Specification) -> None:
    answer = api.get("/api/conversations.info", params={"channel": channel(api, "random")})
    spec.check(answer)
    assert answer.json()["channel"]["is_member"] is False


def test_an_incoming_webhook_posts(api: httpx.Client) -> None:
    assert api.post(WEBHOOK, json={"text": "by webhook"}).text == "ok"
    assert texts(api, "incidents")[0] == "by webhook"
    assert api.post(WEBHOOK, json={}).text == "no_text"
    broken = api.post(WEBHOOK, content="{", headers={"content-type": "application/json"})
    assert (broken.status_code, broken.text) == (400, "invalid_payload")
    assert api.post("/services/T0/B0/other", json={"text": "x"}).status_code == 404


def test_never_twice_and_wrong_project(slack: Company, api: httpx.Client) -> None:
    said = {"channel": "incidents", "text": "hello"}
    slack.turn_on("slack", Break.NEVER, times=1)
    assert api.post("/api/chat.postMessage", json=said).json()["ok"]
    assert "hello" not in texts(api, "incidents")
    slack.turn_on("slack", Break.TWICE, times=1)
    api.post("/api/chat.postMessage", json=said)
    assert texts(api, "incidents").count("hello") == 2
    slack.turn_on("slack", Break.WRONG_PROJECT)
    assert api.get("/api/auth.test").json()["team"] == "Somebody Else"


@pytest.mark.parametrize("kind", [Break.UNAUTHORIZED, Break.FORBIDDEN])
@pytest.mark.parametrize("path", ["auth.test", "conversations.info"])
def test_a_switched_refusal_is_slacks_own(
    slack: Company, api: httpx.Client, spec: Specification, kind: Break, path: str
) -> None:
    slack.turn_on("slack", kind)
    answer = api.get(f"/api/{path}")
    spec.check(answer)
    assert answer.json()["ok"] is False


@pytest.mark.parametrize(
    ("method", "name"),
    [("GET", "conversations.info"), ("GET", "conversations.history"), ("POST", "chat.delete")],
)
def test_only_a_message_is_addressed_by_name(
    api: httpx.Client, spec: Specification, method: str, name: str
) -> None:
    which = {"channel": "incidents", "ts": "1.0"}
    answer = api.request(method, f"/api/{name}", params=which)
    spec.check(answer)
    assert answer.json() == {"ok": False, "error": "channel_not_found"}


def test_the_history_of_a_channel_is_for_its_members(api: httpx.Client) -> None:
    answer = api.get("/api/conversations.history", params={"channel": channel(api, "random")})
    assert answer.json() == {"ok": False, "error": "not_in_channel"}


@pytest.mark.parametrize(
    ("kind", "path", "kept"),
    [
        (Break.NEVER, "/api/chat.postMessage", 0),
        (Break.TWICE, "/api/chat.postMessage", 2),
        (Break.NEVER, "/services/*", 1),
    ],
)
def test_a_switch_for_one_path_breaks_that_path(
    slack: Company, api: httpx.Client, kind: Break, path: str, kept: int
) -> None:
    slack.turn_on("slack", kind, path=path)
    api.post("/api/chat.postMessage", data={"channel": "#incidents", "text": "broken"})
    assert texts(api, "incidents").count("broken") == kept
    api.post(WEBHOOK, json={"text": "by the webhook"})
    expected = 0 if path == "/services/*" else 1
    assert texts(api, "incidents").count("by the webhook") == expected


def test_the_wrong_team_can_be_for_one_path(slack: Company, api: httpx.Client) -> None:
    slack.turn_on("slack", Break.WRONG_PROJECT, path="/api/auth.test")
    assert api.get("/api/auth.test").json()["team"] != "Logos Vision"
