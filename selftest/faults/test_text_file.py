from __future__ import annotations

from pathlib import Path

import pytest

from staging.faults.text_file import PlaceNotFoundError, TextFile

TEXT = "one\ntwo\nthree\ntwo and a half\n"


@pytest.fixture
def file(tmp_path: Path) -> TextFile:
    path = tmp_path / "script.sh"
    path.write_text(TEXT)
    return TextFile(path)


def test_text_is_replaced_at_its_place(file: TextFile) -> None:
    file.replace("three\n", "3\n")
    assert file.text == "one\ntwo\n3\ntwo and a half\n"


def test_text_is_inserted_around_its_place(file: TextFile) -> None:
    file.insert_before("three", "<")
    file.insert_after("three", ">")
    assert "<three>" in file.text


def test_a_line_is_added_at_the_end(file: TextFile) -> None:
    file.append("four")
    assert file.text == f"{TEXT}four\n"


def test_all_between_two_places_is_replaced(file: TextFile) -> None:
    file.replace_between("two\n", "three\n", "2 3\n")
    assert file.text == "one\n2 3\ntwo and a half\n"


@pytest.mark.parametrize("place", ["four", "two"])
def test_a_place_that_is_missing_or_ambiguous_is_an_error(file: TextFile, place: str) -> None:
    with pytest.raises(PlaceNotFoundError, match=r"script\.sh.*expected 1"):
        file.replace(place, "")


@pytest.mark.parametrize(("first", "last"), [("zero", "two"), ("one", "four")])
def test_a_missing_end_of_a_part_is_an_error(file: TextFile, first: str, last: str) -> None:
    with pytest.raises(PlaceNotFoundError):
        file.replace_between(first, last, "")
