from __future__ import annotations

import httpx
import pytest

from gonogo.errors import CannotTell
from gonogo.probes.deployment.site import Site, same_build
from selftest.deployment.served import FILES, PAGE, site


def test_a_build_is_the_files_that_the_page_loads_from_its_own_address() -> None:
    built = site().build()
    assert sorted(built.files) == ["/assets/a.css", "/assets/index-1.js"]
    assert all(digest.startswith("sha256 ") for digest in built.files.values())
    assert str(built) == "https://crm.test/: /assets/a.css, /assets/index-1.js"


def test_two_addresses_of_one_deployment_serve_the_same() -> None:
    same = same_build(site().build(), site(where="https://crm-abc.test").build())
    assert (same.equal, same.checked) == (True, 2)


def test_an_older_build_names_other_files() -> None:
    older = site({"/": ("text/html", PAGE.replace("index-1", "part-2"))}).build()
    found = str(same_build(older, site().build()))
    assert "/assets/index-1.js: expected sha256" in found
    assert "/assets/part-2.js: expected no such file: the deployment has none" in found


def test_a_file_of_one_name_and_another_content_differs() -> None:
    other = site({"/assets/a.css": ("text/css", "other")}).build()
    assert len(same_build(other, site().build()).differences) == 1


@pytest.mark.parametrize(
    ("broken", "said"),
    [(503, "not served: HTTP 503"), (("text/html", PAGE), "not served: a page in its place")],
)
def test_what_both_lack_is_a_difference_all_the_same(broken: object, said: str) -> None:
    own = site({"/assets/a.css": broken}).build()
    found = same_build(own, own)
    assert (found.equal, said in str(found)) == (False, True)


@pytest.mark.parametrize("page", [401, ("text/html", "<p>sign in</p>"), ("application/json", "{}")])
def test_an_address_without_the_application_tells_nothing(page: object) -> None:
    with pytest.raises(CannotTell, match="no page of the application"):
        site({"/": page}).build()


def test_a_servers_own_error_in_place_of_the_page_is_a_difference() -> None:
    broken = site({"/": 502}).build()
    assert broken.files == {"/": "not served: HTTP 502"}
    assert not same_build(broken, site().build()).equal
    assert not same_build(site().build(), broken).equal
    assert not same_build(broken, broken).equal


def test_without_an_address_nothing_can_be_asked() -> None:
    with pytest.raises(CannotTell, match="not known"):
        Site(where="").get()


@pytest.mark.parametrize("where", ["https://[::1", "https://host:port", "nowhere"])
def test_an_address_that_is_none_tells_nothing(where: str) -> None:
    with pytest.raises(CannotTell, match="does not answer"):
        Site(where=where).get()


def test_an_address_that_does_not_answer_tells_nothing() -> None:
    with pytest.raises(CannotTell, match="does not answer"):
        site({"/": httpx.ConnectError("refused")}).get()


def test_scripts_are_followed_to_those_they_name_and_a_missing_one_is_left_out() -> None:
    found = site().scripts()
    assert sorted(found) == ["/assets/index-1.js", "/assets/part-2.js", "/assets/part-3.js"]


def test_a_script_that_the_page_itself_names_has_to_be_there() -> None:
    with pytest.raises(CannotTell, match="is not served"):
        site({"/assets/index-1.js": FILES["/"]}).scripts()


def test_a_page_without_scripts_tells_nothing() -> None:
    with pytest.raises(CannotTell, match="is not served"):
        site({"/": ("text/html", "<p>")}).scripts()


def test_what_an_address_tells_is_read_by_its_place() -> None:
    told = site({"/health": ("application/json", '{"a": {"b": 1}}')}).told("/health")
    assert (told.status, told.at("a.b"), told.at("a.c"), told.at("a.b.c")) == (200, 1, None, None)
    assert str(told) == "HTTP 200: {'a': {'b': 1}}"


@pytest.mark.parametrize("body", [FILES["/"], ("application/json", "[1]")])
def test_what_is_no_object_tells_nothing_of_itself(body: object) -> None:
    assert site({"/health": body}).told("/health").said == {}


def test_all_paths_are_told_and_an_empty_one_is_left_out() -> None:
    told = site({"/health": ("application/json", "{}")}).all_told(("/health", ""))
    assert list(told) == ["/health"]
