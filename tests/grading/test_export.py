"""Tables for spreadsheets and learning platforms."""

from __future__ import annotations

import csv
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from nbgrader.api import Gradebook

from resnet_course.grading.export import Canvas, CsvExport, Moodle, safe_cell

NAME = "=cmd|' /C calc'!A0"


@pytest.fixture(scope="module")
def gradebook(tmp_path_factory: pytest.TempPathFactory) -> Any:
    with Gradebook(f"sqlite:///{tmp_path_factory.mktemp('book')}/gradebook.db", "course") as book:
        book.add_assignment("03_basic_block")
        book.add_notebook("03_basic_block", "03_basic_block")
        book.add_grade_cell("conv3x3", "03_basic_block", "03_basic_block", max_score=1, cell_type="code")
        book.add_student(NAME, first_name='He said "hi"', last_name="+1, 2\n3", email="@SUM(1)")
        book.add_student("zoe", first_name="Zoë", last_name="Li", email="z@example.org")
        book.add_submission("03_basic_block", NAME)
        grade = book.find_submission_notebook("03_basic_block", "03_basic_block", NAME).grades[0]
        grade.auto_score = 1
        book.db.commit()
        yield book


def table(exporter: Any, gradebook: Gradebook, tmp_path: Path, **options: Any) -> list[list[str]]:
    path = tmp_path / "table.csv"
    exporter(to=str(path), **options).export(gradebook)
    with path.open(encoding="utf-8", newline="") as file:
        return list(csv.reader(file))


def test_no_cell_is_a_formula(gradebook: Gradebook, tmp_path: Path) -> None:
    for exporter in (CsvExport, Moodle, Canvas):
        for row in table(exporter, gradebook, tmp_path):
            for value in row:
                assert not value.startswith(("=", "+", "-", "@", "\t", "\r")), value


def test_commas_quotes_and_lines_stay_in_their_cell(gradebook: Gradebook, tmp_path: Path) -> None:
    rows = table(CsvExport, gradebook, tmp_path)
    first = dict(zip(rows[0], rows[1], strict=True))

    assert {len(row) for row in rows} == {len(rows[0])}
    assert first["first_name"] == 'He said "hi"'
    assert first["last_name"] == "'+1, 2\n3"
    assert (first["score"], first["max_score"]) == ("1.0", "1.0")


def test_moodle_gets_one_row_for_each_learner(gradebook: Gradebook, tmp_path: Path) -> None:
    assert table(Moodle, gradebook, tmp_path)[0] == [
        *("ID number", "First name", "Last name", "Email address", "03_basic_block")
    ]
    assert ["zoe", "Zoë", "Li", "z@example.org", "0.0"] in table(Moodle, gradebook, tmp_path)


def test_canvas_gets_its_own_columns(gradebook: Gradebook, tmp_path: Path) -> None:
    heading, most, *rows = table(Canvas, gradebook, tmp_path)

    assert heading == ["Student", "ID", "SIS User ID", "SIS Login ID", "Section", "03_basic_block"]
    assert (most[0], most[-1]) == ("Points Possible", "1.0")
    assert ["Li, Zoë", "", "zoe", "z@example.org", "", "0.0"] in rows


def test_only_the_learners_that_were_asked_for(gradebook: Gradebook, tmp_path: Path) -> None:
    assert [row[0] for row in table(Moodle, gradebook, tmp_path, student=["zoe"])[1:]] == ["zoe"]


@pytest.mark.parametrize(
    ("value", "shown"),
    [("=1", "'=1"), ("-x", "'-x"), (-1.5, "-1.5"), (None, ""), ("plain", "plain"), ("\t=1", "'\t=1"), ("＝1", "'＝1")],
)
def test_texts_that_spreadsheets_run_get_an_apostrophe(value: object, shown: str) -> None:
    assert safe_cell(value) == shown


def test_penalties_are_taken_off(gradebook: Gradebook, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    found = SimpleNamespace(score=1.0, late_submission_penalty=0.25)
    monkeypatch.setattr(gradebook, "find_submission", lambda *_: found)

    assert {row[-1] for row in table(Moodle, gradebook, tmp_path)[1:]} == {"0.75"}
