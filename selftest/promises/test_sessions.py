from __future__ import annotations

import re
from collections import Counter, defaultdict
from collections.abc import Callable
from datetime import timedelta

import pytest

from gonogo.probes.database.preparation import READER_ROLE
from selftest.promises.observed import Observed, Statement, within

WORKERS: list[list[str]] = [[], ["-n", "2"]]
MOST_SESSIONS = 2
CLOSING = timedelta(milliseconds=150)
FIRST_WORDS = {
    "default_transaction_read_only": "on",
    "lock_timeout": "1000ms",
    "statement_timeout": r"\d+ms",
    "row_security": "off",
    "TimeZone": "UTC",
}
CHANGING = re.compile(
    r"^(?:\s|--[^\n]*\n)*(?:insert|update|delete|merge|truncate|create|alter|drop|grant|revoke"
    r"|copy .* from|vacuum|call|do|set role|reset|lock (?!table .* in access share mode))\b",
    re.IGNORECASE | re.DOTALL,
)


def ours(observed: Observed) -> dict[int, list[Statement]]:
    found = defaultdict(list)
    for statement in observed.statements():
        if statement.user == READER_ROLE:
            found[statement.pid].append(statement)
    return found


def is_dump(statements: list[Statement]) -> bool:
    """Whether this is the schema's dump: pg_dump has settings of its own."""
    return "set_config('search_path'" in statements[0].text


@pytest.mark.parametrize("workers", WORKERS, ids=["alone", "two workers"])
@pytest.mark.parametrize("action", ["backup", "migrate"])
def test_only_the_lock_watcher_has_a_session_while_an_action_runs(
    observe: Callable[..., Observed], workers: list[str], action: str
) -> None:
    observed = observe(*workers)
    looks = within(observed.looks, observed.period(action), CLOSING)
    assert len(looks) >= 10
    names = [sorted({each.application for each in look.ours}) for look in looks]
    watched = [look for look in names if len(look) == 1 and look[0].endswith(f" {action}")]
    assert len(watched) == len(names), [look for look in names if look not in watched][:5]
    assert {len(look.ours) for look in looks} == {1}
    products = {each.application for look in looks for each in look.sessions} - {
        name for look in names for name in look
    }
    assert products, "the product's own sessions were never seen, so nothing was looked at"


@pytest.mark.parametrize("workers", WORKERS, ids=["alone", "two workers"])
def test_never_more_than_two_sessions_at_once(
    observe: Callable[..., Observed], workers: list[str]
) -> None:
    looks = observe(*workers).looks
    counts = Counter(len(look.ours) for look in looks)
    assert counts[1] > 10, counts
    assert max(counts) <= MOST_SESSIONS, counts


@pytest.mark.parametrize("workers", WORKERS, ids=["alone", "two workers"])
def test_every_session_of_ours_only_reads_and_says_so_first(
    observe: Callable[..., Observed], workers: list[str]
) -> None:
    sessions = ours(observe(*workers))
    dumps = {pid: said for pid, said in sessions.items() if is_dump(said)}
    readers = {pid: said for pid, said in sessions.items() if pid not in dumps}
    assert len(readers) >= 5
    assert dumps
    for statements in readers.values():
        first = " ".join(each.text for each in statements[:2])
        for name, value in FIRST_WORDS.items():
            assert re.search(rf"SET {name} = '{value}'", first), f"{name}: {first}"
        later = " ".join(each.text for each in statements[2:])
        assert "read_only" not in later
        assert not re.search(r"row_security\s*(=|to)\s*'?on", later, re.IGNORECASE)
    for statements in dumps.values():
        said = "\n".join(each.text for each in statements)
        assert "SET TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ ONLY" in said
        assert "SET row_security = off" in said
    for statements in sessions.values():
        assert [each.text for each in statements if CHANGING.match(each.text)] == []
        assert all(each.application.startswith("gonogo") for each in statements)
