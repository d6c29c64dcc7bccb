from __future__ import annotations

import pytest

from gonogo.errors import CannotTell
from gonogo.probes.database.clones import scratch_database
from gonogo.probes.database.connection import connect_reader
from gonogo.probes.database.dump import dump_schema, rebuild_schema
from gonogo.probes.database.preparation import apply_reader
from gonogo.probes.database.schema import KINDS, compare_exactly, snapshot
from gonogo.probes.database.server import EmbeddedServer, PostgresBinaries


def test_a_dumped_schema_is_rebuilt_without_its_rows(
    shared_dsn: str, server: EmbeddedServer, binaries: PostgresBinaries
) -> None:
    apply_reader(shared_dsn, schemas=["public"], password="x")
    reader_dsn = server.dsn("shared", "gonogo_reader", "x")
    text = dump_schema(reader_dsn, schemas=["public"], binaries=binaries)
    with scratch_database(server.dsn()) as dsn:
        rebuild_schema(text, dsn, schemas=["public"], binaries=binaries)
        with connect_reader(dsn) as copy, connect_reader(shared_dsn) as source:
            kinds = [kind for kind in KINDS if "grant" not in kind]
            before = snapshot(source, schemas=["public"])
            after = snapshot(copy, schemas=["public"])
            assert compare_exactly(before, after, kinds=kinds).equal
            assert copy.execute("SELECT count(*) FROM public.people").fetchone() == (0,)


def test_a_dump_that_is_refused_says_why(
    shared_dsn: str, server: EmbeddedServer, binaries: PostgresBinaries
) -> None:
    closed = server.dsn("shared", "authenticator")
    with pytest.raises(CannotTell, match="refused to dump") as caught:
        dump_schema(closed, schemas=["vault"], binaries=binaries, owners=False)
    assert "permission denied" in caught.value.found


def test_a_schema_that_cannot_be_rebuilt_says_why(
    server: EmbeddedServer, binaries: PostgresBinaries
) -> None:
    with (
        scratch_database(server.dsn()) as dsn,
        pytest.raises(CannotTell, match="cannot be rebuilt") as caught,
    ):
        rebuild_schema("SELECT 1/0;", dsn, schemas=["public"], binaries=binaries)
    assert "division by zero" in caught.value.found
