"""Tables for spreadsheets and learning platforms."""

from __future__ import annotations

import csv
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest
from course import empty_course
from nbgrader.api import Gradebook
from sqlalchemy import delete

from resnet_course.grading.export import Canvas, CsvExport, Moodle, Remarks, safe_cell
from resnet_course.grading.record import GradedSubmission
from resnet_course.grading.roster import Person, PlatformLearner, Roster

NAME = "=cmd|' /C calc'!A0"


LESSON = "03_basic_block"


@pytest.fixture(scope="module")
def gradebook(tmp_path_factory: pytest.TempPathFactory) -> Any:
    with Gradebook(empty_course(tmp_path_factory.mktemp("book")), "resnet-course") as book:
        for lesson in (LESSON, "04_bottleneck"):  # of the second one nobody has handed in anything
            book.add_assignment(lesson)
            book.add_notebook(lesson, lesson)
            book.add_grade_cell("conv3x3", lesson, lesson, max_score=1, cell_type="code")
        book.add_student(NAME, first_name='He said "hi"', last_name="+1, 2\n3", email="@SUM(1)")
        book.add_student("zoe", first_name="Zoë", last_name="Li", email="z@example.org")
        book.add_student("bo", first_name="Bo", last_name="Li; =1", email="b@example.org")
        book.add_student("eva", first_name="Points Possible", last_name="Sá", email="e@example.org")
        for learner in (NAME, "bo", "eva"):
            book.add_submission(LESSON, learner)
        for learner in (NAME, "bo"):  # what eva handed in is not graded yet
            grade = book.find_submission_notebook(LESSON, LESSON, learner).grades[0]
            grade.auto_score = 1
        book.find_submission_notebook(LESSON, LESSON, "bo").late_submission_penalty = 0.25
        book.db.commit()
        yield book


def table(exporter: Any, gradebook: Gradebook, tmp_path: Path, **options: Any) -> list[list[str]]:
    path = tmp_path / "table.csv"
    exporter(to=str(path), **options).export(gradebook)
    with path.open(encoding="utf-8-sig", newline="") as file:
        return list(csv.reader(file))


def test_no_cell_is_a_formula(gradebook: Gradebook, tmp_path: Path) -> None:
    for exporter in (CsvExport, Moodle, Canvas):
        for row in table(exporter, gradebook, tmp_path):
            for value in row:
                assert value == "-" or not value.startswith(("=", "+", "-", "@", "\t", "\r")), value


def test_commas_quotes_and_lines_stay_in_their_cell(gradebook: Gradebook, tmp_path: Path) -> None:
    rows = table(CsvExport, gradebook, tmp_path)
    first = dict(zip(rows[0], rows[1], strict=True))

    assert {len(row) for row in rows} == {len(rows[0])}
    assert first["first_name"] == 'He said "hi"'
    assert first["last_name"] == "'+1, 2\n3"
    assert (first["score"], first["max_score"]) == ("1.0", "1.0")


def test_moodle_gets_one_row_for_each_learner(gradebook: Gradebook, tmp_path: Path) -> None:
    assert table(Moodle, gradebook, tmp_path) == [
        ["ID number", "First name", "Last name", "Email address", LESSON],
        ["zoe", "Zoë", "Li", "z@example.org", "-"],
        ["bo", "Bo", "Li;' =1", "b@example.org", "0.75"],
        ["eva", "Points Possible", "Sá", "e@example.org", "-"],
    ]


def test_moodle_never_sees_an_id_that_is_none(
    gradebook: Gradebook, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    # With the apostrophe it would be unknown, and Moodle would refuse the whole file.
    assert not any(NAME in row[0] for row in table(Moodle, gradebook, tmp_path))
    assert "the platform would not know them (1)" in caplog.text


def test_canvas_gets_its_own_columns(gradebook: Gradebook, tmp_path: Path) -> None:
    heading, most, *rows = table(Canvas, gradebook, tmp_path)

    assert heading == ["Student", "ID", "SIS User ID", "SIS Login ID", "Section", LESSON]
    assert (most[0], most[-1]) == ("Points Possible", "1.0")
    assert ["Li, Zoë", "", "zoe", "z@example.org", "", "-"] in rows
    # Canvas takes every row with these words for the one with the points possible.
    assert ["", "", "eva", "e@example.org", "", "-"] in rows


def test_a_lesson_of_which_nothing_is_graded_is_left_out_unless_it_is_asked_for(
    gradebook: Gradebook, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    for exporter in (Moodle, Canvas):
        assert table(exporter, gradebook, tmp_path)[0][-1] == LESSON
    assert "Left out, because nothing of them is graded: 04_bottleneck" in caplog.text
    asked = table(Moodle, gradebook, tmp_path, assignment=["04_bottleneck"])
    assert [row[-1] for row in asked] == ["04_bottleneck", "-", "-", "-"]


def test_nothing_handed_in_is_no_score(gradebook: Gradebook, tmp_path: Path) -> None:
    rows = table(CsvExport, gradebook, tmp_path)
    scores = {(row[0], row[3]): row[7:10] for row in rows[1:]}

    assert scores[LESSON, "bo"] == ["1.0", "0.25", "0.75"]
    assert scores[LESSON, "zoe"] == scores["04_bottleneck", "bo"] == ["", "", ""]


def test_an_empty_folder_that_was_graded_is_nothing_handed_in(tmp_path: Path, gradebook: Gradebook) -> None:
    GradedSubmission.metadata.create_all(gradebook.db.connection())
    facts = {"learner": "bo", "lesson": LESSON, "digest": "d", "language": "en", "versions": "", "graded_at": ""}
    row = GradedSubmission(**facts, findings='[["no-notebook", "There is none."]]')
    gradebook.db.add(row)
    gradebook.db.flush()
    assert ["bo", "Bo", "Li;' =1", "b@example.org", "-"] in table(Moodle, gradebook, tmp_path)
    row.findings = '[["no-notebook", "There is none."], ["extra-files", "x.txt"]]'
    gradebook.db.flush()
    assert ["bo", "Bo", "Li;' =1", "b@example.org", "0.75"] in table(Moodle, gradebook, tmp_path)
    remarks = table(Remarks, gradebook, tmp_path)
    gradebook.db.rollback()

    assert remarks[0] == ["lesson", "learner", "name", "what", "why"]
    assert [LESSON, "bo", "Bo Li;' =1", "integrity report", "x.txt"] in remarks
    assert [row[3] for row in remarks[1:] if row[1] == "zoe"] == ["nothing handed in"]


def test_points_by_hand_that_wait_for_a_decision_and_lateness_are_told(
    gradebook: Gradebook, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    table(Moodle, gradebook, tmp_path)
    assert "by hand" not in caplog.text
    grade = gradebook.find_submission_notebook(LESSON, LESSON, "bo").grades[0]
    grade.manual_score, grade.needs_manual_grade = 0.5, True
    submission = gradebook.find_submission(LESSON, "bo")
    submission.timestamp = datetime(2026, 3, 2, 1, 30)
    gradebook.find_assignment(LESSON).duedate = datetime(2026, 3, 1, 23)
    gradebook.db.flush()
    for exporter in (Moodle, Canvas):
        caplog.clear()
        table(exporter, gradebook, tmp_path)
        assert "you have not looked again since (1)" in caplog.text and f"bo ({LESSON}: conv3x3)" in caplog.text
    assert lateness(gradebook, tmp_path, "bo") == ["2.5 h after the due date; points taken off: 0.25"]
    gradebook.db.rollback()


def lateness(gradebook: Gradebook, tmp_path: Path, learner: str) -> list[str]:
    return [row[4] for row in table(Remarks, gradebook, tmp_path) if row[1] == learner and row[3] == "handed in late"]


@pytest.mark.parametrize(
    ("due", "said"),
    [
        (datetime(2026, 3, 2, 1, 29, 52, 300_000), "7 s after the due date; points taken off: 0.25"),
        (datetime(2026, 3, 2, 1, 28, 38), "1 min after the due date; points taken off: 0.25"),
        (datetime(2026, 2, 28, 1, 30), "48.0 h after the due date; points taken off: 0.25"),
        (datetime(2026, 2, 1), "29 d after the due date; points taken off: 0.25"),
        (datetime(2026, 3, 2, 1, 29, 59, 800_000), "1 s after the due date; points taken off: 0.25"),
        # The due date was put off, and the grade is of before.
        (datetime(2026, 3, 3), "not late by the due date that there is now, but points are still taken off: 0.25."),
        (None, "not late by the due date that there is now, but points are still taken off: 0.25."),
    ],
)
def test_how_late_and_what_it_costs(gradebook: Gradebook, tmp_path: Path, due: datetime | None, said: str) -> None:
    gradebook.find_submission(LESSON, "bo").timestamp = datetime(2026, 3, 2, 1, 30)
    gradebook.find_assignment(LESSON).duedate = due
    gradebook.db.flush()
    (told,) = lateness(gradebook, tmp_path, "bo")
    gradebook.db.rollback()

    assert told.startswith(said)
    assert (f"resnet-course grade {LESSON} --resume" in told) == (due is None or due > datetime(2026, 3, 2, 1, 30))


def test_only_the_learners_that_were_asked_for(gradebook: Gradebook, tmp_path: Path) -> None:
    assert [row[0] for row in table(Moodle, gradebook, tmp_path, student=["zoe"])[1:]] == ["zoe"]


@pytest.mark.parametrize(
    ("value", "shown"),
    [
        *[
            ("=1", "'=1"),
            ("-x", "'-x"),
            (-1.5, "-1.5"),
            (None, ""),
            ("plain", "plain"),
            ("\t=1", "'\t=1"),
            ("＝1", "'＝1"),
        ],
        # Excel in Brazil splits at semicolons; there a quotation mark inside a line quotes nothing.
        *[("x;=1", "x;'=1"), ('x; "=1', "x;' \"=1"), ("x\t@A1", "x\t'@A1"), ("x\n+1", "x\n'+1"), ("x;y=1", "x;y=1")],
        *[(" =1", "' =1"), ("-", "-"), ("- x", "'- x"), ("a\x1b[31m\x00\u202e", "a�[31m��"), ("a|b;c", "a|b;c")],
    ],
)
def test_texts_that_spreadsheets_run_get_an_apostrophe(value: object, shown: str) -> None:
    assert safe_cell(value) == shown


@pytest.mark.parametrize("separator", [",", ";", "\t"])
def test_no_cell_is_a_formula_wherever_the_spreadsheet_splits(
    gradebook: Gradebook, tmp_path: Path, separator: str
) -> None:
    table(CsvExport, gradebook, tmp_path)
    for line in (tmp_path / "table.csv").read_text(encoding="utf-8").splitlines():
        for cell in line.split(separator):
            assert not cell.lstrip(' "').startswith(("=", "+", "-", "@")), line


def ids(gradebook: Gradebook, *people: Person) -> None:
    Roster(gradebook).update(people)


def test_ids_that_go_back_in(gradebook: Gradebook, tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    """With a platform's file, its ids are in the table, and whom it does not name is left out."""
    before = {each.id: (each.email, each.lms_user_id) for each in gradebook.students}
    ids(
        gradebook,
        Person(name="Bo Li", first="Bo", last="Li", ids={"email": "b@example.org", "canvas": "77", "section": "A"}),
        Person(name="Zoë Li", first="Zoë", last="Li", ids={"email": "z@example.org", "canvas": "78", "login": "zoe"}),
    )
    try:
        moodle, (_, _, *canvas) = table(Moodle, gradebook, tmp_path), table(Canvas, gradebook, tmp_path)
        assert moodle == [
            ["First name", "Last name", "Email address", LESSON],
            *[["Bo", "Li", "b@example.org", "0.75"], ["Zoë", "Li", "z@example.org", "-"]],
        ]
        assert [row[1:4] for row in canvas] == [["77", "", ""], ["78", "", "zoe"]]
        assert "the platform would not know them (2)" in caplog.text
    finally:
        gradebook.db.execute(delete(PlatformLearner))
        gradebook.db.commit()
    assert {each.id for each in gradebook.students} == set(before)  # nobody is there twice
