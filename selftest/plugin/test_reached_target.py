from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from gonogo.config import load
from gonogo.errors import CannotTell
from gonogo.made_up_env import HOST, PROJECT
from gonogo.probes.database.binaries import PostgresBinaries
from gonogo.probes.database.connection import Reader
from gonogo.probes.database.preparation import run_script
from gonogo.probes.database.server import EmbeddedServer
from gonogo.provider import Instance, Intent
from gonogo.reached_target import ReachedTarget
from gonogo.scratch_server import Roles, give_roles, programs_for, roles_of
from selftest.plugin.reached import ENV_FILE, OWNER, PASSWORDS, READER, TARGET


@contextmanager
def reached(
    root: Path,
    server: EmbeddedServer,
    scratch: str,
    *,
    execute: tuple[str, ...] = (),
    addition: str = "",
) -> Iterator[Instance]:
    (root / "gonogo.toml").write_text(TARGET + addition)
    product = root / "product"
    product.mkdir(exist_ok=True)
    (product / "live.env").write_text(ENV_FILE)
    environ = {
        "SHOP_READER_URL": server.dsn("shop", READER, PASSWORDS[READER]),
        "SHOP_OWNER_URL": server.dsn("shop", OWNER, PASSWORDS[OWNER]),
        "GONOGO_SCRATCH_DATABASE_URL": scratch,
    }
    settings = load(None, root=root, environ=environ)
    target = ReachedTarget(
        settings,
        root=root,
        workspace=root,
        intent=Intent(execute=execute),
        environ=environ,
        scratch=bool(scratch),
    )
    try:
        yield target.start()
    finally:
        target.stop()


def test_by_hand_the_repository_itself_is_judged_until_there_is_a_copy(
    tmp_path: Path, server: EmbeddedServer, scratch: str
) -> None:
    with reached(tmp_path, server, scratch) as instance:
        assert instance.repository == str(tmp_path / "product")
        assert "product scripts" not in instance.facts
    with reached(tmp_path, server, scratch, execute=("migrate",)) as acting:
        assert acting.repository.startswith(f"{tmp_path}/.cache/gonogo/{instance.id}/")
        assert acting.project_ref == PROJECT
        assert HOST in acting.script_hosts
        env_file = (Path(acting.repository) / "live.env").read_text()
        assert env_file == (
            f"DATABASE_URL=postgresql://{OWNER}:{acting.made_up_password}@{HOST}:5432/shop\n"
        )
    with reached(tmp_path, server, scratch) as again:
        assert again.repository == acting.repository
        assert again.id == instance.id == acting.id


def test_scripts_are_led_to_the_target_as_their_own_role(
    tmp_path: Path, server: EmbeddedServer, scratch: str
) -> None:
    (tmp_path / "ca.pem").write_text("a certificate")
    line = 'admin_url_env = "SHOP_OWNER_URL"\n'
    certificate = f'{line}ssl_root_cert = "ca.pem"\n'
    with reached(tmp_path, server, scratch) as instance:
        assert instance.script_connection["user"] == instance.script_role == OWNER
        assert instance.script_connection["port"] == str(server.port)
        assert instance.script_database == "shop"
        assert "sslrootcert" not in instance.script_connection
        assert PASSWORDS[OWNER] in instance.secrets
        assert PASSWORDS[OWNER] not in repr(instance)
    text = (tmp_path / "gonogo.toml").read_text().replace(line, certificate)
    environ = {
        "SHOP_READER_URL": server.dsn("shop", READER, PASSWORDS[READER]),
        "SHOP_OWNER_URL": server.dsn("shop", OWNER, PASSWORDS[OWNER]),
    }
    (tmp_path / "gonogo.toml").write_text(text)
    settings = load(None, root=tmp_path, environ=environ)
    target = ReachedTarget(
        settings, root=tmp_path, workspace=tmp_path, environ=environ, scratch=False
    )
    found = target.start()
    assert found.script_connection["sslrootcert"] == str(tmp_path / "ca.pem")
    assert found.scratch_dsn == ""


def test_a_reader_that_may_not_ask_for_the_systems_name_is_named_by_its_address(
    tmp_path: Path, server: EmbeddedServer, scratch: str
) -> None:
    shop = server.dsn("shop")
    run_script(shop, "REVOKE EXECUTE ON FUNCTION pg_control_system() FROM PUBLIC")
    try:
        with reached(tmp_path, server, scratch) as instance:
            assert instance.id == f"at-127.0.0.1-{server.port}-shop"
    finally:
        run_script(shop, "GRANT EXECUTE ON FUNCTION pg_control_system() TO PUBLIC")


def test_the_scratch_server_has_the_targets_roles_and_nobody_can_log_in_as_them(
    tmp_path: Path, server: EmbeddedServer, scratch: str
) -> None:
    run_script(server.dsn(), f"GRANT pg_monitor TO {READER}")
    with reached(tmp_path, server, scratch) as instance:
        roles = roles_of(Reader(instance.scratch_dsn))
        assert {OWNER, READER, "postgres"} <= roles.attributes.keys()
        assert ("pg_monitor", READER) in roles.memberships
        assert ("postgres", OWNER) in roles.memberships
        login = Reader(instance.scratch_dsn).rows(
            f"SELECT rolcanlogin, rolbypassrls FROM pg_roles WHERE rolname = '{READER}'"
        )
        assert login.rows == ((False, True),)


def test_roles_that_are_members_of_each_other_are_no_trouble(scratch: str) -> None:
    plain = (False, True, False, False, False)
    roles = Roles(
        attributes={"circle_one": plain, "circle_two": plain},
        memberships=(
            ("circle_one", "circle_two"),
            ("circle_two", "circle_one"),
            ("gone", "circle_one"),
        ),
        makers=("circle_one",),
    )
    give_roles(scratch, roles)
    give_roles(scratch, roles)
    found = roles_of(Reader(scratch))
    assert ("circle_one", "circle_two") in found.memberships
    assert ("circle_two", "circle_one") not in found.memberships


@pytest.mark.parametrize(
    ("server_major", "installed", "with_extension", "chosen"),
    [
        (15, (18, 15), 15, 15),
        (15, (18,), None, 18),
        (17, (18, 15), 15, 18),
        (18, (18, 15), 15, 18),
    ],
)
def test_programs_are_as_new_as_the_server_and_have_its_extensions_where_some_do(
    server_major: int, installed: tuple[int, ...], with_extension: int | None, chosen: int
) -> None:
    def find(*, prefer_major: int, extensions: tuple[str, ...] = ()) -> PostgresBinaries:
        fit = [m for m in installed if not extensions or m == with_extension]
        if not fit:
            raise CannotTell("none has the extensions")
        major = prefer_major if prefer_major in fit else fit[0]
        return PostgresBinaries(folder=Path("/"), version=f"{major}.1", source="test")

    found = programs_for(
        server_major * 10_000, extensions=["uuid-ossp", "plpgsql"], where="h", find=find
    )
    assert found.major == chosen


def test_programs_older_than_the_server_are_an_error() -> None:
    def find(**_: object) -> PostgresBinaries:
        return PostgresBinaries(folder=Path("/"), version="15.4", source="test")

    with pytest.raises(CannotTell, match="older than the server") as caught:
        programs_for(170_002, extensions=[], where="db.example.org:5432/x", find=find)
    assert caught.value.expected == "pg_dump 17 or newer"
