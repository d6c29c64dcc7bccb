from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import pytest

from gonogo.errors import CannotTell
from gonogo.probes.database.reference import Declared, Doubt
from gonogo.probes.database.schema_objects import Objects, SchemaSnapshot
from gonogo.probes.migration.objects import all_of, files_of, objects_of

FAILED = CannotTell("003 does not run")


def there(*tables: str) -> SchemaSnapshot:
    objects: Objects = {"table": {f"public.{name}": {} for name in tables}}
    return SchemaSnapshot(objects=objects, server_major=18)


def file(
    number: str,
    *tables: str,
    applied: bool = False,
    failure: CannotTell | None = None,
    doubt: Doubt | None = None,
    run: bool = True,
) -> Declared:
    return Declared(
        number=number,
        path=Path(f"{number}.sql"),
        sha256="",
        objects=there(*tables),
        applied_before=applied,
        failure=failure,
        doubt=doubt,
        run=run,
    )


def numbered(applied: int, pending: int) -> list[Declared]:
    return [file(str(n), applied=n < applied) for n in range(applied + pending)]


@pytest.mark.parametrize(
    ("applied", "pending", "parts"),
    [
        (0, 3, ["0", "1", "2"]),
        (0, 5, ["0", "1", "234"]),
        (1, 2, ["0", "1", "2"]),
        (3, 0, ["0", "1", "2"]),
        (1, 3, ["01", "2", "3"]),
        (5, 3, ["012345", "6", "7"]),
        (5, 4, ["012345", "6", "78"]),
        (5, 1, ["0123", "4", "5"]),
        (5, 0, ["012", "3", "4"]),
    ],
)
def test_the_three_migrations_of_the_checklist_are_the_last_ones_where_older_are_applied(
    applied: int, pending: int, parts: list[str]
) -> None:
    files = numbered(applied, pending)
    found = ["".join(each.number for each in files_of(n, files)) for n in (1, 2, 3)]
    assert found == parts


def test_a_file_that_was_applied_out_of_turn_is_not_older() -> None:
    files = [file("0"), file("1", applied=True), file("2"), file("3")]
    assert [each.number for each in files_of(1, files)] == ["0"]


@pytest.mark.parametrize("files", [[], numbered(0, 2), numbered(2, 0)])
def test_more_migrations_than_files_cannot_be_told(files: Sequence[Declared]) -> None:
    with pytest.raises(CannotTell, match="more migrations than there are files"):
        files_of(3, files)


def test_a_file_that_could_not_be_run_cannot_be_told() -> None:
    with pytest.raises(CannotTell, match="003 does not run"):
        objects_of([file("003", failure=FAILED)], there())
    with pytest.raises(CannotTell, match="003 does not run"):
        all_of([file("001"), file("003", failure=FAILED)])


def test_what_is_certainly_missing_fails_beside_a_file_that_could_not_be_run() -> None:
    files = [file("002", "notes"), file("003", failure=FAILED)]
    assert not objects_of(files, there()).equal
    with pytest.raises(CannotTell, match="003 does not run"):
        objects_of(files, there("notes"))


def test_what_a_later_file_may_have_taken_away_is_not_missing() -> None:
    doubt = Doubt(names=frozenset({("table", "public.notes")}), reason=FAILED)
    two = file("002", "notes", "people", doubt=doubt)
    assert objects_of([two], there("notes", "people")).equal
    assert len(objects_of([two], there()).differences) == 2
    with pytest.raises(CannotTell, match="003 does not run"):
        objects_of([two], there("people"))


def test_that_a_file_was_applied_before_is_something_seen() -> None:
    assert objects_of([file("000", applied=True, run=False)], there()).equal
    assert not objects_of([file("000", applied=True)], there()).equal
