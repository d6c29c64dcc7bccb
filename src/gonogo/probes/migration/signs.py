"""Has anybody begun to migrate? What differs from the state that was recorded before."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator, Sequence
from datetime import datetime
from pathlib import Path

from gonogo.config import Settings
from gonogo.probes.database.connection import Reader
from gonogo.probes.database.fingerprint import compare_fingerprints
from gonogo.probes.database.masked_definitions import same_attributes
from gonogo.probes.database.reference import read_file
from gonogo.probes.database.schema_objects import SchemaSnapshot
from gonogo.probes.database.sequences import gone_back, newly_used_up
from gonogo.probes.migration.baseline import MigrationBaseline
from gonogo.probes.migration.content import tables_that_differ
from gonogo.probes.migration.files import CLOCK_GRAIN_S, files_since
from gonogo.probes.migration.ledger import applied_versions, ledger_rows
from gonogo.repository import migration_files


def signs_on_the_target(
    baselines: Sequence[MigrationBaseline], reader: Reader, settings: Settings, repository: Path
) -> Iterator[str]:
    """Yield what shows that the migration has begun since *baselines*, oldest first, were recorded.

    Ledger, schema, and rows of the tables that a file of the release names; where nobody else
    writes, rows of any table, since the first of *baselines*. What is cheap to see comes first.
    Doubt is a sign, too: without one the checks would not judge.

    Raises:
        CannotTell: the database or a migration file cannot be read.
    """
    if not baselines:
        yield "nobody recorded the state before"
        return
    before = baselines[-1]
    ledger = applied_versions(settings, reader)
    if ledger is None or before.ledger is None:
        yield "nobody knows what the ledger held"
        return
    versions = ledger_rows(settings, repository).versions
    if not set(versions) - set(before.ledger):
        yield "every migration was applied when the state before was recorded"
    if ledger != before.ledger:
        yield f"the ledger holds {_listed(ledger)}, before {_listed(before.ledger)}"
    now = reader.snapshot()
    for each in baselines:
        yield from _other_objects(each.schema, now)
    if any(before.ledger != each.ledger for each in baselines):
        yield "the state before was recorded more than once, and the ledger was not the same"
    nobody_writes = settings.database.writes_during_migration == "stopped"
    yield from _other_rows(baselines[0] if nobody_writes else before, reader, settings, repository)


def _other_objects(before: SchemaSnapshot, now: SchemaSnapshot) -> Iterator[str]:
    for kind in dict.fromkeys((*before.objects, *now.objects)):
        one, other = before.of(kind), now.of(kind)
        for name in dict.fromkeys((*one, *other)):
            if not same_attributes(one.get(name), other.get(name)):
                yield f"{kind} {name} is not as it was"


def _other_rows(
    before: MigrationBaseline, reader: Reader, settings: Settings, repository: Path
) -> Iterator[str]:
    after = reader.fingerprint(columns=before.columns)
    differing = tables_that_differ(compare_fingerprints(before.fingerprints, after))
    if settings.database.writes_during_migration != "stopped":
        named = _words_of_the_release(before, settings, repository)
        differing = [table for table in differing if _words(table.partition(".")[2]) <= named]
    yield from (f"rows of {table} are not as they were" for table in differing)
    sequences = before.sequences, reader.sequences(before.sequences)
    for moved in (*gone_back(*sequences), *newly_used_up(*sequences)):
        yield f"{moved.subject} is not as it was"


def signs_in_logs(
    settings: Settings,
    repository: Path,
    *,
    since: datetime,
    backed_up: Collection[tuple[datetime, datetime]],
) -> Iterator[str]:
    """Yield the logs written from *since* on that no backup explains: a script was run by hand.

    *backed_up* is when each journaled backup began and ended. The log of one made by hand names
    the backup's file, and no migration's.

    Raises:
        CannotTell: a folder cannot be read.
    """
    migration = settings.migration
    backups = [
        path.name for path in files_since(repository / migration.backups, migration.backup_pattern)
    ]
    files = [file.path.stem for file in migration_files(settings, repository=repository)]
    for log in files_since(repository / migration.logs, migration.log_pattern, since):
        try:
            written_s = log.stat().st_mtime
            text = log.read_text(encoding="utf-8", errors="replace")
        except OSError as error:
            yield f"the log {log.name} cannot be read: {error.strerror or error}"
            continue
        if any(
            begin.timestamp() - CLOCK_GRAIN_S <= written_s <= end.timestamp()
            for begin, end in backed_up
        ):
            continue
        if not any(name in text for name in backups) or any(name in text for name in files):
            yield f"the log {log.name} was written since"


def _words_of_the_release(
    before: MigrationBaseline, settings: Settings, repository: Path
) -> set[str]:
    """Return the words of the files that were not applied before, and of the ledger's name."""
    files = migration_files(settings, repository=repository)
    versions = ledger_rows(settings, repository).versions
    texts = [
        read_file(file.path)
        for file, version in zip(files, versions, strict=True)
        if version not in (before.ledger or ())
    ]
    return _words("\n".join([settings.migration.ledger_table, *texts]))


def _words(text: str) -> set[str]:
    return set(re.findall(r"\w+", text.lower()))


def _listed(versions: Sequence[str]) -> str:
    return ", ".join(versions) or "nothing"
