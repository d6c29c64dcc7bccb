from __future__ import annotations

import socket

import pytest

from selftest.plugin.reached import (
    OWNER,
    PASSWORDS,
    READER,
    ReachedProject,
    complete,
    usage_error,
)


def test_a_healthy_target_is_reached_and_its_script_run_in_a_copy(shop: ReachedProject) -> None:
    result = shop.run("-m", "final or phase1", "--execute", "migrate")
    states = shop.project.states
    assert states["FIN-1.1"] == states["MIG-2.1"] == "PASS", result.stdout.str()
    assert not list(shop.path.glob("product/.git"))
    facts = shop.project.results["facts"]
    assert facts["product scripts"].startswith("run in a copy of the repository, .cache/gonogo/pg-")
    assert facts["PostgreSQL"].endswith(f"/shop, read as {READER}")
    written = shop.project.everything_written()
    assert not any(password.encode() in written for password in PASSWORDS.values())


@pytest.mark.parametrize(
    ("address", "what"),
    [
        ("", "SHOP_READER_URL is not set"),
        ("postgresql://u:p@ss@w/rd@host:5432/x", "the connection string cannot be read"),
        ("postgresql://u:pw-canary@one,two/x", "does not name one server"),
        ("postgresql://u:pw-canary@db.example.org:6543/x", "transaction pooler"),
    ],
)
def test_a_wrong_address_is_refused_before_anything_starts(
    shop: ReachedProject, address: str, what: str
) -> None:
    shop.addresses["SHOP_READER_URL"] = address
    result = shop.run()
    assert what in usage_error(result)["what"]
    assert "canary" not in result.stderr.str() + result.stdout.str()
    assert not (shop.path / "reports").exists()


def test_a_refused_connection_is_an_error_of_this_release(shop: ReachedProject) -> None:
    with socket.socket() as closed:
        closed.bind(("127.0.0.1", 0))
        port = str(closed.getsockname()[1])
        shop.addresses["SHOP_READER_URL"] = shop.dsn(READER, port=port)
        assert shop.run().ret == 20
    parts = complete(shop.message("FIN-1.1"))
    assert parts["what"] == "nothing accepts connections at that address"
    assert parts["where"] == f"127.0.0.1:{port}/shop"
    assert "Connection refused" in parts["found"]
    assert shop.project.states["MIG-2.1"] == "ERROR"
    # Nothing is lost: the attempt stands in the release's dossier, and the next run adds to it.
    shop.addresses["SHOP_READER_URL"] = shop.dsn(READER)
    shop.run("-m", "final")
    assert shop.project.states["FIN-1.1"] == "PASS_AFTER_RETRY"


def test_a_wrong_password_is_an_error_and_is_not_shown(shop: ReachedProject) -> None:
    shop.addresses["SHOP_READER_URL"] = shop.dsn(READER, password="wrong-canary")
    result = shop.run()
    assert result.ret == 20
    parts = complete(shop.message("FIN-1.1"))
    assert parts["what"] == "the database refused the password"
    assert "/shop" in parts["where"]
    assert "wrong-canary" not in result.stdout.str()
    assert b"wrong-canary" not in shop.project.everything_written()


def test_the_wrong_password_of_the_scripts_is_found_before_they_run(shop: ReachedProject) -> None:
    shop.addresses["SHOP_OWNER_URL"] = shop.dsn(OWNER, password="wrong-canary")
    assert shop.migrate().ret == 20
    assert complete(shop.message("MIG-2.1"))["what"] == "the database refused the password"
    assert shop.project.results["actions"] == []
