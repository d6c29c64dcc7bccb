from __future__ import annotations

from pathlib import Path

from gonogo.config import Settings, load
from gonogo.probes.database.server import EmbeddedServer
from gonogo.provider import Instance

TARGET = """
[target]
name = "x"
environment = "x"
[release]
version = "1"
[checklist]
path = "x"
[repository]
path = "product"
"""
WITH_LEDGER = f'{TARGET}[migration]\nledger_table = "changes"\n'


def settings_in(folder: Path, text: str = WITH_LEDGER) -> Settings:
    (folder / "target.toml").write_text(text)
    return load(str(folder / "target.toml"), root=folder, environ={})


def instance_in(folder: Path, dsn: str, server: EmbeddedServer) -> Instance:
    return Instance(
        id="pg-test",
        commit="c0ffee",
        repository=str(folder / "product"),
        reader_dsn=dsn,
        scratch_dsn=server.dsn(),
        script_connection={"user": "postgres"},
        postgres={
            "folder": str(server.binaries.folder),
            "version": server.binaries.version,
            "source": server.binaries.source,
        },
    )
