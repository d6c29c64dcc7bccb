"""The part of HogQL that the stand-in answers, and that it refuses the rest."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from staging.services.posthog.hogql import MOST_ROWS, answer
from staging.services.posthog.values import NotUnderstood

NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)


def row(event: str, person: str, *, minutes_ago: float = 5, **properties: Any) -> dict[str, Any]:  # noqa: ANN401 - any property
    named = {name.replace("dollar_", "$"): value for name, value in properties.items()}
    return {
        "uuid": f"{event}-{person}-{minutes_ago}",
        "event": event,
        "distinct_id": person,
        "timestamp": NOW - timedelta(minutes=minutes_ago),
        "created_at": NOW,
        "properties": named,
        "person": {"id": "1", "properties": {"email": f"{person}@example.org"}},
        "person_id": "1",
        "$session_id": named.get("$session_id"),
    }


ROWS = [
    row("$pageview", "ann", minutes_ago=70, dollar_session_id="s1", dollar_lib="web"),
    row("$pageview", "ann", minutes_ago=10, dollar_session_id="s1", flag="test"),
    row("$pageview", "bob", minutes_ago=30, dollar_session_id="s2", flag=True),
    row("web_vitals", "ann", LCP=1000, tags=["a"]),
    row("web_vitals", "bob", LCP=2000.5),
    row("web_vitals", "cyd", LCP="3000", nested={"deep": 4}),
]


def ask(query: str, **values: object) -> list[list[Any]]:
    return answer(query, values, ROWS, now=NOW).results


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ("select count() from events", [[6]]),
        ("select count(*) from events where event = '$pageview'", [[3]]),
        ("select count() from events where event = '$pageview' and distinct_id = 'ann'", [[2]]),
        ("select count() from events where properties.$session_id = 's1'", [[2]]),
        ("select count() from events where properties['$lib'] = 'web'", [[1]]),
        ("select count() from events where $session_id = 's2'", [[1]]),
        ("select count() from events where JSONExtractString(properties, '$lib') = 'web'", [[1]]),
        ("select quantiles(0, 1)(properties.LCP) from events", [[[1000, 3000]]]),
        ("select count() from events where timestamp > now() - interval 1 hour", [[5]]),
        ("select count() from events where timestamp >= now() - toIntervalMinute(10)", [[4]]),
        ("select count() from events where timestamp < toDateTime('2026-03-01 11:00:00')", [[1]]),
        ("select count() from events where timestamp < '2026-03-01T11:00:00Z'", [[1]]),
        (
            "select event, count() as n from events group by event order by n desc, event limit 1",
            [["$pageview", 3]],
        ),
        (
            "select distinct_id, count() from events group by 1 having count() > 1 order by 1",
            [["ann", 3], ["bob", 2]],
        ),
        (
            """select quantile(0.5)(properties.LCP), quantile(0.95)(toFloat(properties.LCP))
            from events where event = 'web_vitals'""",
            [[2000.5, pytest.approx(2900.05)]],
        ),
        ("select median(properties.LCP), max(properties.nested.deep) from events", [[2000.5, 4]]),
        ("select countIf(event = 'web_vitals'), uniq(distinct_id) from events", [[3, 3]]),
        ("select count(distinct distinct_id), countDistinct(event) from events", [[3, 2]]),
        ("select quantileIf(0.5)(properties.LCP, distinct_id = 'ann') from events", [[1000]]),
        ("select sumIf(properties.LCP, distinct_id in ('ann', 'bob')) from events", [[3000.5]]),
        ("select count() from events where properties.flag = true", [[1]]),
        ("select count() from events where properties.flag is null", [[4]]),
        ("select count() from events where properties.flag is not null", [[2]]),
        ("select count() from events where event ilike 'WEB%' and not isNull(uuid)", [[3]]),
        ("select count() from events where event not in ('a') and distinct_id != 'ann'", [[3]]),
        ("select count() from events where person.properties.email = 'bob@example.org'", [[2]]),
        (
            "select toStartOfHour(timestamp) as h, count() from events group by h order by h",
            [["2026-03-01T10:00:00.000000Z", 1], ["2026-03-01T11:00:00.000000Z", 5]],
        ),
        (
            """select avg(d) from (select distinct_id, dateDiff('minute', min(timestamp),
            max(timestamp)) as d from events where event = '$pageview' group by distinct_id)""",
            [[30.0]],
        ),
        ("select if(count() > 5, 'many', 'few'), round(1 / 3, 2) from events", [["many", 0.33]]),
        ("select distinct event from events order by event", [["$pageview"], ["web_vitals"]]),
        ("select e.event from events e where e.distinct_id = 'cyd'", [["web_vitals"]]),
        ("select count(), avg(properties.LCP) from events where event = 'none'", [[0, None]]),
        ("select 1 + 1", [[2]]),
    ],
)
def test_a_query_finds(query: str, found: list[list[Any]]) -> None:
    assert ask(query) == found


def test_placeholders_are_values_and_never_code() -> None:
    query = "select count() from events where event = {event} and distinct_id in {people}"
    assert ask(query, event="$pageview", people=["bob", "x' or 1=1 --"]) == [[1]]
    assert ask("select count() from events where event = '{event}'") == [[0]]


def test_columns_are_named_and_more_rows_are_admitted() -> None:
    query = "select event, count() as n, count() from events group by event"
    found = answer(query, {}, ROWS, now=NOW)
    assert found.columns == ["event", "n", "count()"]
    assert not found.has_more
    many = answer("select event from events", {}, ROWS * 30, now=NOW)
    assert (len(many.results), many.has_more) == (100, True)
    all_of_them = answer(f"select event from events limit {MOST_ROWS}", {}, ROWS * 30, now=NOW)
    assert len(all_of_them.results) == 180
    paged = answer("select uuid from events order by uuid limit 2 offset 4", {}, ROWS, now=NOW)
    assert (len(paged.results), paged.has_more) == (2, False)


@pytest.mark.parametrize(
    "query",
    [
        "",
        "select",
        "delete from events",
        "select count() from persons",
        "select nope from events",
        "select nope(event) from events",
        "select event, count() from events",
        "select sum(count()) from events",
        "select count() from events where count() > 1",
        "select count() from events where event = {missing}",
        "select count() from events e join events f on e.uuid = f.uuid",
        "with x as (select 1) select * from x",
        "select row_number() over (order by event) from events",
        "select * from events",
        "select topK(3)(event) from events",
        "select now() - interval 1 month",
        "select count() from events where event in (select event from events)",
        "select 1 union all select 2",
    ],
)
def test_what_it_does_not_understand_it_refuses(query: str) -> None:
    with pytest.raises(NotUnderstood):
        ask(query)


def test_nothing_compares_with_what_is_missing() -> None:
    assert ask("select count() from events where properties.nope > 1") == [[0]]
    assert ask("select count() from events where properties.tags > 1") == [[0]]
    assert ask("select uuid from events where 'x' < timestamp") == []


@pytest.mark.parametrize(
    "expression",
    [
        "match(event, '(')",
        "toDateTime()",
        "uniq(properties)",
        "1 limit x",
    ],
)
def test_what_cannot_be_computed_is_refused_and_not_a_failure(expression: str) -> None:
    with pytest.raises(NotUnderstood):
        ask(f"select {expression} from events")
