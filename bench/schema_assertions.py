"""200 assertions about a schema: one catalog snapshot and comparison, beside pgTAP.

Ours is timed as a check runs it: inside the suite, with the connection open. pg_prove has no such
mode: each call is a process. For those who start ours cold, that is told as well, without a goal.
"""

from __future__ import annotations

import shutil
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from bench.plan import Benchmark, Contender, Figure, Missing, Plan, timed
from bench.processes import Processes
from gonogo.errors import CannotTell
from gonogo.probes.database.binaries import PostgresBinaries, find_binaries
from gonogo.probes.database.clones import create_database
from gonogo.probes.database.connection import connect_admin, connect_reader
from gonogo.probes.database.schema import compare, snapshot
from gonogo.probes.database.schema_objects import SchemaSnapshot
from gonogo.probes.database.server import EmbeddedServer
from gonogo.probes.database.session import Connection

TABLES, COLUMNS = 20, 8
ASSERTIONS = TABLES * (1 + COLUMNS + 1)
KINDS = ("table", "column", "index")
TYPES = ("uuid", "text", "integer", "bigint", "boolean", "date", "jsonb", "numeric(12,2)")
OURS, COLD, PEER = "snapshot and comparison", "the same, cold process", "pg_prove"
COLD_SCRIPT = """
import json, sys
from gonogo.probes.database.connection import connect_reader
from gonogo.probes.database.schema import compare, snapshot
from gonogo.probes.database.schema_objects import SchemaSnapshot
declared = SchemaSnapshot.from_json(json.loads(open(sys.argv[2]).read()))
with connect_reader(sys.argv[1]) as connection:
    found = compare(declared, snapshot(connection, schemas=["public"]), kinds=sys.argv[3].split())
sys.exit(not (found.equal and found.checked == int(sys.argv[4])))
"""
HOW_TO_GET_IT = (
    "pgTAP and pg_prove for the system's PostgreSQL; on Debian 12: "
    "apt-get install libtap-parser-sourcehandler-pgtap-perl postgresql-15-pgtap"
)


@contextmanager
def prepare() -> Iterator[Plan]:
    """Create the tables on one server for both sides."""
    binaries, has_pgtap = _server_with_pgtap()
    with (
        tempfile.TemporaryDirectory(prefix="gonogo-bench-") as folder,
        EmbeddedServer(binaries=binaries) as server,
    ):
        dsn = create_database(server.dsn(), "schema")
        with connect_admin(dsn) as connection:
            for number in range(TABLES):
                connection.execute(_table(number).encode())
        with connect_reader(dsn) as connection:
            declared = _declared(connection)
            contenders = [
                Contender(name=OURS, run=timed(lambda: _assert_equal(declared, connection))),
                Contender(name=COLD, run=_cold(Path(folder), dsn, declared)),
            ]
            figures, missing = [], []
            if has_pgtap:
                with connect_admin(dsn) as owner:
                    owner.execute("CREATE SCHEMA tap; CREATE EXTENSION pgtap SCHEMA tap")
                peer = _pg_prove(Path(folder), server)
                contenders.append(Contender(name=PEER, run=timed(peer)))
                figures += [Figure(of=OURS, to=PEER, at_most=0.25), Figure(of=COLD, to=PEER)]
            else:
                missing.append(Missing(name=PEER, do=HOW_TO_GET_IT))
            yield Plan(
                contenders=tuple(contenders),
                figures=tuple(figures),
                missing=tuple(missing),
                notes=(f"{ASSERTIONS} objects on {binaries.source}",),
            )


BENCHMARK = Benchmark(
    name="schema",
    title=f"{ASSERTIONS} assertions about a schema",
    rounds=15,
    prepare=prepare,
)


def _server_with_pgtap() -> tuple[PostgresBinaries, bool]:
    """Return the server that pgTAP is installed for, or any."""
    if shutil.which(PEER):
        try:
            return find_binaries(extensions=["pgtap"]), True
        except CannotTell:
            pass
    return find_binaries(), False


def _table(number: int) -> str:
    columns = ", ".join(f"c{place} {TYPES[place]} NOT NULL" for place in range(COLUMNS))
    table = f"public.t{number}"
    return f"CREATE TABLE {table} ({columns}); CREATE INDEX i{number} ON {table} (c1)"


def _declared(connection: Connection) -> SchemaSnapshot:
    declared = snapshot(connection, schemas=["public"])
    if declared.count(KINDS) != ASSERTIONS:
        raise AssertionError(f"{declared.count(KINDS)} objects instead of {ASSERTIONS}")
    return declared


def _assert_equal(declared: SchemaSnapshot, connection: Connection) -> None:
    found = compare(declared, snapshot(connection, schemas=["public"]), kinds=KINDS)
    if not found.equal or found.checked != ASSERTIONS:
        raise AssertionError(str(found))


def _cold(folder: Path, dsn: str, declared: SchemaSnapshot) -> Callable[[], float]:
    processes = Processes(folder)
    file = processes.write_json("declared.json", declared.to_json())
    arguments = ["-c", COLD_SCRIPT, dsn, str(file), " ".join(KINDS), str(ASSERTIONS)]
    return timed(lambda: processes.run([sys.executable, *arguments]))


def _pg_prove(folder: Path, server: EmbeddedServer) -> Callable[[], object]:
    assertions = [f"SELECT has_table('public', 't{n}', 't{n}')" for n in range(TABLES)]
    assertions += [
        f"SELECT col_type_is('public', 't{n}', 'c{c}', '{TYPES[c]}', 't{n}.c{c}')"
        for n in range(TABLES)
        for c in range(COLUMNS)
    ]
    assertions += [
        f"SELECT has_index('public', 't{n}', 'i{n}', 'c1', 'i{n}')" for n in range(TABLES)
    ]
    script = folder / "schema.sql"
    script.write_text(
        f"BEGIN;\nSET search_path = tap, public;\nSELECT plan({len(assertions)});\n"
        + "".join(f"{each};\n" for each in assertions)
        + "SELECT * FROM finish();\nROLLBACK;\n",
        encoding="utf-8",
    )
    command = ["pg_prove", "-h", str(server.socket_dir), "-p", str(server.port)]
    command += ["-U", server.superuser, "-d", "schema", str(script)]

    def prove() -> None:
        done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=120)
        if done.returncode != 0 or f"Tests={len(assertions)}" not in done.stdout:
            raise AssertionError(done.stdout + done.stderr)

    return prove
