"""The proof that no row or value was lost, beside reladiff and beside a bare scan.

The proof is what the product does: the fingerprint before, the fingerprint after, compared. The
peer compares the same two tables by its own hashes. The limit touches every column of every row
once and computes nothing.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from importlib import import_module
from pathlib import Path

from bench.plan import Benchmark, Contender, Figure, Missing, Plan, timed
from gonogo.probes.database.clones import create_clone, create_database
from gonogo.probes.database.connection import connect_admin, connect_reader
from gonogo.probes.database.fingerprint import compare_fingerprints, fingerprint
from gonogo.probes.database.server import EmbeddedServer
from gonogo.probes.database.session import Connection

ROWS = 1_000_000
STATEMENT_TIMEOUT_S = 600.0
SCRIPT = Path(__file__).with_name("data_loss.sql")
PROOF, ONE, PEER, SCAN = "proof (before, after)", "one fingerprint", "reladiff hashdiff", "scan"
# Both give a size without building a text; octet_length is for strings only.
SIZES = """
SELECT 'SELECT sum(' || string_agg(
  CASE WHEN t.typcategory = 'S' THEN 'coalesce(octet_length(' ELSE 'coalesce(pg_column_size(' END
  || quote_ident(a.attname) || '), 0)', ' + ') || ') FROM public.contacts'
FROM pg_attribute a JOIN pg_type t ON t.oid = a.atttypid
WHERE a.attrelid = 'public.contacts'::regclass AND a.attnum > 0 AND NOT a.attisdropped
"""


@contextmanager
def prepare(rows: int = ROWS) -> Iterator[Plan]:
    """Fill a table of *rows* rows and copy its database; both are gone at the end."""
    with ExitStack() as stack:
        server = stack.enter_context(EmbeddedServer())
        before_dsn = create_database(server.dsn(), "before")
        size_bytes = _fill(before_dsn, rows)
        after_dsn = create_clone(server.dsn(), "after", template="before")
        before, after = (
            stack.enter_context(connect_reader(dsn, statement_timeout_s=STATEMENT_TIMEOUT_S))
            for dsn in (before_dsn, after_dsn)
        )
        contenders = [
            Contender(name=PROOF, run=timed(lambda: _prove(before, after))),
            Contender(name=ONE, run=timed(lambda: fingerprint(after, schemas=["public"]))),
            Contender(name=SCAN, run=timed(_scan(after))),
        ]
        figures = [Figure(of=ONE, to=SCAN, at_most=4.0)]
        missing = []
        columns = _columns(before)
        peer = _peer(server, columns, stack)
        if peer:
            contenders.append(Contender(name=PEER, run=timed(peer)))
            figures.insert(0, Figure(of=PROOF, to=PEER, at_most=0.25))
        else:
            do = "pip install 'reladiff[postgresql]' into this environment"
            missing.append(Missing(name="reladiff with its PostgreSQL driver", do=do))
        yield Plan(
            contenders=tuple(contenders),
            figures=tuple(figures),
            missing=tuple(missing),
            notes=(
                f"{rows:,} rows of {len(columns)} columns, {size_bytes / 1e6:.0f} MB",
                f"{server.binaries.source}; the tables are equal, the peer's best case",
            ),
        )


BENCHMARK = Benchmark(
    name="data-loss",
    title="no row and no value was lost, 1,000,000 rows",
    rounds=5,
    prepare=prepare,
)


def _fill(dsn: str, rows: int) -> int:
    script = SCRIPT.read_text(encoding="utf-8").replace("%(rows)s", str(rows))
    with connect_admin(dsn) as connection:
        for statement in script.split(";\n"):
            if statement.strip():
                connection.execute(statement.encode())
        row = connection.execute("SELECT pg_table_size('public.contacts')").fetchone()
    assert row is not None
    return int(row[0])


def _prove(before: Connection, after: Connection) -> None:
    old = fingerprint(before, schemas=["public"])
    columns = {name: each.columns for name, each in old.items()}
    comparison = compare_fingerprints(old, fingerprint(after, schemas=["public"], columns=columns))
    if not comparison.equal:
        raise AssertionError(str(comparison))


def _scan(connection: Connection) -> Callable[[], object]:
    row = connection.execute(SIZES).fetchone()
    assert row is not None
    query = row[0].encode()
    return lambda: connection.execute(query).fetchone()


def _columns(connection: Connection) -> list[str]:
    rows = connection.execute(
        "SELECT attname FROM pg_attribute WHERE attrelid = 'public.contacts'::regclass "
        "AND attnum > 0 AND NOT attisdropped ORDER BY attnum"
    )
    return [row[0] for row in rows]


def _peer(
    server: EmbeddedServer, columns: Sequence[str], stack: ExitStack
) -> Callable[[], object] | None:
    """Return what compares the two tables with reladiff; None where it is not installed."""
    try:
        # A peer is optional; psycopg2 is the driver it asks for.
        import_module("psycopg2")
        reladiff = import_module("reladiff")
    except ImportError:
        return None
    for name in ("hashdiff_tables", "diff_tables", "database"):
        logging.getLogger(name).setLevel(logging.ERROR)
    tables = []
    for database in ("before", "after"):
        address = f"postgresql://{server.superuser}@{server.host}:{server.port}/{database}"
        table = reladiff.connect_to_table(address, "public.contacts", "id")
        stack.callback(table.database.close)
        tables.append(table)

    def compare() -> None:
        found = list(
            reladiff.diff_tables(
                *tables,
                extra_columns=tuple(name for name in columns if name != "id"),
                algorithm=reladiff.Algorithm.HASHDIFF,
            )
        )
        if found:
            raise AssertionError(f"reladiff sees {len(found)} differences in equal tables")

    return compare
