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

URL = "https://abc.supabase.co"
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


def test_an_empty_value_is_built_in_nowhere() -> None:
    assert values("A=\nB=crm", {"/a.js": "x"}, A="", B="name").equal


def test_an_address_is_expected_as_what_stands_in_for_it() -> None:
    config = {"url": "http://127.0.0.1:5/rest"}
    standing_in = {"https://other.test": "http://127.0.0.1:4", URL: "http://127.0.0.1:5"}
    env = f"A={URL}/rest"
    assert values(env, config=config, standing_in=standing_in, A="url").equal


def test_another_project_of_the_same_provider_in_a_script_is_a_difference() -> None:
    scripts = {"/a.js": f'"{URL}/x" "https://old1.supabase.co/rest" "https://supabase.co.evil.org"'}
    found = values(f"A={URL}", scripts, A="url")
    assert [each.found for each in found.differences] == ["https://old1.supabase.co in /a.js"]


def test_numbered_and_one_word_hosts_have_no_relatives() -> None:
    scripts = {"/a.js": '"https://10.0.0.9" "https://x.localhost"'}
    assert values("A=http://10.0.0.1", scripts, config={"a": "http://10.0.0.1"}, A="a").equal


def test_without_any_value_nothing_was_compared() -> None:
    with pytest.raises(CannotTell, match="no public value"):
        values("B=1", A="url")
    with pytest.raises(CannotTell, match="no public value"):
        values("B=1")


def test_the_site_is_asked_for_its_configuration_and_scripts(tmp_path: Path) -> None:
    (tmp_path / ".env").write_text(f"A={URL}\n", "utf-8")
    instance = Instance(id="box", commit="c", env_file=str(tmp_path / ".env"))
    crm = site({"/config.json": ("application/json", f'{{"url": "{URL}"}}')})
    by_place = DeploymentSection(public_values={"A": "url"})
    built_in = DeploymentSection(public_values={"A": ""}, config_path="")
    nowhere = DeploymentSection(public_values={"A": "url"}, config_path="")
    assert served_values(crm, instance, by_place).equal
    assert served_values(crm, instance, built_in).equal
    assert not served_values(crm, instance, nowhere).equal
