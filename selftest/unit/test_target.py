from __future__ import annotations

from pathlib import Path

import pytest

from gonogo.config import load
from gonogo.errors import ConfigError, TargetRefused
from gonogo.project_identity import reader_dsn
from gonogo.target import check_declaration, check_identity
from selftest.unit.target_parts import (
    ANON,
    DIRECT,
    FILE,
    OTHER_REF,
    POOLED,
    REF,
    URL,
    address,
    env_file,
    production,
    settings_of,
    token,
)


class TestConnectionStrings:
    def test_its_parts_are_read_without_the_password(self) -> None:
        found = address(DIRECT)
        assert str(found) == f"db.{REF}.supabase.co:5432/postgres"
        assert found.user == "reader"
        assert "hunter22" not in repr(found)
        assert not found.loopback

    def test_the_port_and_database_have_libpqs_defaults(self) -> None:
        found = address("host=127.0.0.1 user=reader")
        assert (found.port, found.database, found.loopback) == (5432, "reader", True)

    @pytest.mark.parametrize(
        "dsn",
        [
            "postgresql://reader:hunter22@",
            "dbname=crm password=hunter22",
            "postgresql://reader:hunter22@one,two/crm",
            "host=db.example.org hostaddr=10.0.0.1 password=hunter22",
            "service=crm host=db.example.org password=hunter22",
            "postgresql://reader:hun@ter22@db.example.org/crm",
            "postgresql://reader:hun%zzter22@db.example.org/crm",
            "not a connection string: hunter22",
            "host=db.example.org port=5432,5433 password=hunter22",
        ],
    )
    def test_one_that_names_no_one_server_is_refused_and_not_repeated(self, dsn: str) -> None:
        with pytest.raises(TargetRefused) as caught:
            address(dsn)
        assert caught.value.where == "READER"
        assert "hunter22" not in str(caught.value)
        assert "ter22" not in str(caught.value)

    def test_the_readers_gets_the_certificate_of_the_settings(self, tmp_path: Path) -> None:
        settings = settings_of(
            tmp_path, database__url_env="READER", database__ssl_root_cert="ca.crt"
        )
        assert f"sslrootcert={tmp_path}/ca.crt" in reader_dsn(settings).reveal()
        plain = settings_of(tmp_path, database__url_env="READER")
        assert reader_dsn(plain).reveal() == "postgresql://r:pw@h/d"
        with pytest.raises(ConfigError):
            reader_dsn(settings_of(tmp_path))

    def test_the_readers_is_refused_when_it_cannot_be_read(self, tmp_path: Path) -> None:
        (tmp_path / "gonogo.toml").write_text(FILE)
        settings = load(
            root=tmp_path,
            environ={"READER": "hunter22 = = ="},
            overrides={"database.url_env": "READER", "database.ssl_root_cert": "ca.crt"},
        )
        with pytest.raises(TargetRefused) as caught:
            reader_dsn(settings)
        assert "hunter22" not in str(caught.value)


class TestIdentity:
    @pytest.mark.parametrize("dsn", [DIRECT, POOLED])
    def test_a_target_whose_parts_agree_proves_itself(self, tmp_path: Path, dsn: str) -> None:
        proofs = check_identity(production(tmp_path), address(dsn), env_file(URL, ANON))
        assert [proof.ref for proof in proofs] == [REF, REF, REF]

    def test_a_box_on_this_machine_needs_no_project(self, tmp_path: Path) -> None:
        local = address("postgresql://reader@127.0.0.1:6543/crm")
        check_identity(settings_of(tmp_path), local, env_file(URL, ANON))

    @pytest.mark.parametrize(
        ("dsn", "url", "key", "where"),
        [
            (DIRECT.replace(REF, OTHER_REF), URL, ANON, "default"),
            (POOLED.replace(REF, OTHER_REF), URL, ANON, "default"),
            ("postgresql://r@db.example.org/crm", URL, ANON, "default"),
            ("postgresql://r@127.0.0.1/crm", URL, ANON, "default"),
            (DIRECT, URL.replace(REF, OTHER_REF), ANON, ".env.production:2"),
            (DIRECT, "https://api.example.org", ANON, ".env.production:2"),
            (DIRECT, URL, token(role="anon", ref=OTHER_REF), ".env.production:3"),
        ],
    )
    def test_a_part_of_another_project_is_refused(
        self, tmp_path: Path, dsn: str, url: str, key: str, where: str
    ) -> None:
        with pytest.raises(TargetRefused, match="another project") as caught:
            check_identity(production(tmp_path), address(dsn), env_file(url, key))
        assert caught.value.where == where
        assert REF in caught.value.expected
        assert "hunter22" not in str(caught.value)

    def test_parts_must_agree_with_each_other_where_no_project_is_named(
        self, tmp_path: Path
    ) -> None:
        with pytest.raises(TargetRefused, match="another project") as caught:
            check_identity(
                settings_of(tmp_path), address(DIRECT.replace(REF, OTHER_REF)), env_file(URL)
            )
        assert OTHER_REF in caught.value.expected

    def test_a_production_api_may_have_a_domain_of_its_own(self, tmp_path: Path) -> None:
        settings = production(tmp_path, supabase__production_hosts=["API.example.org."])
        check_identity(settings, address(DIRECT), env_file("https://api.example.org", ANON))

    def test_keys_of_the_new_form_name_no_project(self, tmp_path: Path) -> None:
        key = "sb_publishable_abcdefgh"
        proofs = check_identity(production(tmp_path), address(DIRECT), env_file(URL, key))
        assert proofs[-1].ref == ""

    def test_a_broken_url_names_no_project(self, tmp_path: Path) -> None:
        proofs = check_identity(settings_of(tmp_path), None, env_file("https://[broken"))
        assert proofs[0].host == ""

    @pytest.mark.parametrize(
        ("key", "found"),
        [
            (token(role="service_role", ref=REF), "service_role"),
            ("sb_secret_hunter22", "service_role"),
            (token(role="authenticated", ref=REF), "authenticated"),
            ("hunter22", "not shown"),
            ("hunter22.é.x", "not shown"),
            ("hunter22.W10.x", "not shown"),
            ("hunter22.x.x", "not shown"),
        ],
    )
    def test_only_an_anonymous_key_is_accepted(self, tmp_path: Path, key: str, found: str) -> None:
        with pytest.raises(TargetRefused, match="not an anonymous key") as caught:
            check_identity(settings_of(tmp_path), None, env_file(URL, key))
        assert found in caught.value.found
        assert caught.value.where == ".env.production:3"
        assert "hunter22" not in str(caught.value)

    @pytest.mark.parametrize("dsn", [DIRECT, POOLED])
    def test_the_transaction_pooler_is_refused_with_the_reason(
        self, tmp_path: Path, dsn: str
    ) -> None:
        with pytest.raises(TargetRefused, match="transaction pooler") as caught:
            check_identity(production(tmp_path), address(dsn.replace(":5432", ":6543")))
        assert "read-only" in caught.value.do

    def test_a_poolers_user_names_the_project(self, tmp_path: Path) -> None:
        with pytest.raises(TargetRefused, match="user does not name a project"):
            check_identity(production(tmp_path), address(POOLED.replace(f"reader.{REF}", "reader")))


class TestProduction:
    def test_it_must_name_its_project(self, tmp_path: Path) -> None:
        with pytest.raises(TargetRefused, match="which project it is") as caught:
            check_identity(production(tmp_path, supabase__project_ref=""))
        assert "supabase.project_ref" in caught.value.do

    def test_it_must_be_one_of_the_production_projects(self, tmp_path: Path) -> None:
        with pytest.raises(TargetRefused, match="none of the production projects"):
            check_declaration(production(tmp_path, supabase__production_refs=[OTHER_REF]))

    def test_something_must_prove_it(self, tmp_path: Path) -> None:
        with pytest.raises(TargetRefused, match="nothing proves"):
            check_identity(production(tmp_path))

    @pytest.mark.parametrize(
        ("dsn", "url", "key"),
        [(DIRECT, "", ""), (POOLED, "", ""), ("", URL, ""), ("", "", ANON)],
    )
    def test_a_target_not_marked_so_may_not_reach_its_project(
        self, tmp_path: Path, dsn: str, url: str, key: str
    ) -> None:
        settings = settings_of(tmp_path, supabase__production_refs=[REF])
        with pytest.raises(TargetRefused, match="not marked production") as caught:
            check_identity(settings, address(dsn) if dsn else None, env_file(url, key))
        assert REF in caught.value.found

    @pytest.mark.parametrize(
        ("dsn", "url"),
        [
            ("postgresql://r@DB.example.org/crm", ""),
            ("postgresql://r@example.org/crm", ""),
            ("", "https://crm.example.org/rest"),
        ],
    )
    def test_a_target_not_marked_so_may_not_reach_its_hosts(
        self, tmp_path: Path, dsn: str, url: str
    ) -> None:
        settings = settings_of(tmp_path, supabase__production_hosts=["example.org"])
        with pytest.raises(TargetRefused, match="not marked production"):
            check_identity(settings, address(dsn) if dsn else None, env_file(url))

    def test_a_host_that_only_ends_alike_is_another(self, tmp_path: Path) -> None:
        settings = settings_of(tmp_path, supabase__production_hosts=["example.org"])
        check_identity(settings, address("postgresql://r@notexample.org/crm"))

    def test_a_target_not_marked_so_may_not_name_its_project(self, tmp_path: Path) -> None:
        settings = settings_of(tmp_path, supabase__project_ref=REF, supabase__production_refs=[REF])
        with pytest.raises(TargetRefused, match="not marked production"):
            check_declaration(settings)
