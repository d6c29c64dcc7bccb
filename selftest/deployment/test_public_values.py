from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import pytest

from gonogo.comparison import Comparison
from gonogo.config_app import DeploymentSection
from gonogo.env_file import parse_env
from gonogo.errors import CannotTell
from gonogo.probes.deployment.public_values import public_values, served_values
from gonogo.probes.deployment.site import Told
from gonogo.provider import Instance
from selftest.deployment.served import site

URL = "https://abcdefghijklmnopqrst.supabase.co"
OLD = "https://tsrqponmlkjihgfedcba.supabase.co"
SERVED = {"url": URL, "on": True, "off": False, "share": 1, "wait": 15, "name": "crm", "list": []}


def values(
    env: str,
    scripts: dict[str, str] | None = None,
    *,
    config: Mapping[str, object] | None = None,
    standing_in: dict[str, str] | None = None,
    **places: str,
) -> Comparison:
    return public_values(
        places,
        parse_env(env, shown=".env"),
        config=Told(status=200, said=SERVED if config is None else config),
        scripts=scripts or {},
        standing_in=standing_in or {},
    )


@pytest.mark.parametrize(
    ("env", "place"),
    [
        (f"A={URL}", "url"),
        (f"A={URL}/", "url"),
        ("A=true", "on"),
        ("A=ON", "on"),
        ("A=false", "off"),
        ("A=1.0", "share"),
        ("A=15", "wait"),
        ("A=crm", "name"),
    ],
)
def test_a_value_means_what_is_served(env: str, place: str) -> None:
    assert values(env, A=place).equal


@pytest.mark.parametrize(
    ("env", "place", "found"),
    [
        ("A=https://def.supabase.co", "url", f"{URL} at url"),
        ("A=false", "on", "true at on"),
        ("A=yes please", "off", "false at off"),
        ("A=16", "wait", "15 at wait"),
        ("A=soon", "wait", "15 at wait"),
        ("A=crm", "nowhere", "not set at nowhere"),
        ("A=crm", "list", "nothing at list"),
    ],
)
def test_another_value_is_a_difference(env: str, place: str, found: str) -> None:
    compared = values(env, A=place)
    if place == "list":
        assert not compared.equal
    else:
        assert f"found {found}" in str(compared)


def test_without_a_place_the_value_is_built_into_a_script() -> None:
    assert values("A=key-1", {"/a.js": 'x="key-1"'}, A="").equal
    assert "in none of the scripts" in str(values("A=key-1", {"/a.js": "x"}, A=""))


def test_an_empty_value_cannot_be_looked_for_and_is_not_counted() -> None:
    found = values("A=\nB=crm\nC=", {"/a.js": "x"}, A="", B="name", C="nowhere")
    assert (found.equal, found.checked) == (True, 1)
    assert "note: not looked for, because they are empty: A, C" in str(found)


def test_an_empty_switch_that_is_on_where_it_is_served_is_a_difference() -> None:
    found = values("A=\nB=crm", A="on", B="name")
    assert (found.equal, found.checked) == (False, 2)
    assert "A: expected not set, found true at on" in str(found)
    assert values("A=\nB=crm", A="off", B="name").checked == 1


def test_an_address_is_expected_as_what_stands_in_for_it() -> None:
    config = {"url": "http://127.0.0.1:5/rest"}
    standing_in = {"https://other.test": "http://127.0.0.1:4", URL: "http://127.0.0.1:5"}
    env = f"A={URL}/rest"
    assert values(env, config=config, standing_in=standing_in, A="url").equal


def test_another_project_of_the_same_provider_in_a_script_is_a_difference() -> None:
    scripts = {"/a.js": f'"{URL}/x" "{OLD}/rest" "{OLD}.evil.org" "https://status.supabase.co"'}
    found = values(f"A={URL}", scripts, A="url")
    assert [each.found for each in found.differences] == [f"{OLD} in /a.js"]


def test_two_projects_that_the_env_file_names_are_both_its_own() -> None:
    scripts = {"/a.js": f'"{URL}" "{OLD}"'}
    assert values(f"A={URL}\nB={OLD}", scripts, A="", B="").equal


def test_another_organizations_error_service_in_a_script_is_a_difference() -> None:
    env = "A=https://k@o12.ingest.us.sentry.io/3"
    built = '"https://k@o12.ingest.us.sentry.io/3" "https://o9.ingest.us.sentry.io/3"'
    found = values(env, {"/a.js": built}, A="")
    assert [each.found for each in found.differences] == ["https://o9.ingest.us.sentry.io in /a.js"]


@pytest.mark.parametrize(
    ("env", "in_script"),
    [
        ("A=https://eu.i.posthog.com", '"https://us.i.posthog.com" "https://eu.i.posthog.com"'),
        ("A=https://us.i.posthog.com", '"https://us-assets.i.posthog.com"'),
        ("A=https://app.posthog.com", '"https://us.posthog.com"'),
        (
            "A=https://api.example.org",
            '"https://docs.example.org" "https://internationalisation.example.org"',
        ),
        (f"A={URL}", '"https://app.supabase.co" "https://xyzcompany.supabase.co"'),
    ],
)
def test_a_host_that_names_no_project_is_nobody_elses_value(env: str, in_script: str) -> None:
    value = env.removeprefix("A=")
    config = {"url": value}
    assert values(env, {"/a.js": in_script}, config=config, A="url").equal


def test_what_is_standing_in_at_a_numbered_host_has_no_relatives() -> None:
    scripts = {"/a.js": '"https://10.0.0.9" "https://x.localhost"'}
    assert values("A=http://10.0.0.1", scripts, config={"a": "http://10.0.0.1"}, A="a").equal


def test_without_any_value_nothing_was_compared() -> None:
    with pytest.raises(CannotTell, match="no public value"):
        values("A=\nC=  ", A="url", C="")
    with pytest.raises(CannotTell, match="no public value"):
        values("B=1", A="url")
    with pytest.raises(CannotTell, match="no public value"):
        values("B=1")


def test_the_site_is_asked_for_its_configuration_and_scripts(tmp_path: Path) -> None:
    (tmp_path / ".env").write_text(f"A={URL}\n", "utf-8")
    instance = Instance(id="box", commit="c", env_file=str(tmp_path / ".env"))
    part = ("text/javascript", f'const url = "{URL}";')
    crm = site(
        {
            "/config.json": ("application/json", f'{{"url": "{URL}"}}'),
            "/assets/part-2.js": part,
        }
    )
    by_place = DeploymentSection(public_values={"A": "url"})
    built_in = DeploymentSection(public_values={"A": ""}, config_path="")
    nowhere = DeploymentSection(public_values={"A": "url"}, config_path="")
    assert served_values(crm, instance, by_place).equal
    assert served_values(crm, instance, built_in).equal
    assert not served_values(crm, instance, nowhere).equal
