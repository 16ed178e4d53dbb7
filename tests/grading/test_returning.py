"""Feedback goes back to whom it belongs, by the rules of the platforms' importers."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path

import nbformat
import pytest
from course import empty_course
from nbgrader.api import Gradebook
from platforms import Canvas, Moodle, Upload, User

from resnet_course.grading import GradingError
from resnet_course.grading.collect import collect
from resnet_course.grading.returning import export_feedback

LESSON = "03_basic_block"
NOTEBOOK = f"{LESSON}.ipynb"
ANA = User(11, "Ana", "Silva", "2024001", "ana@example.org")
JOSE = User(12, "José_María", "D’Ávila/Sá", "2024002", "jose@example.org")
ZE = User(13, "Zé", "Ninguém", "2024003", "ze@example.org")
UPLOADS = [Upload(ANA, NOTEBOOK, b"ana"), Upload(JOSE, "x (1).ipynb", b"jose"), Upload(ANA, "notes.txt", b"n")]


@pytest.fixture(scope="module")
def released(tmp_path_factory: pytest.TempPathFactory) -> Path:
    course = tmp_path_factory.mktemp("course")
    with Gradebook(empty_course(course), "resnet-course") as book:
        book.add_assignment(LESSON)
        book.add_notebook(LESSON, LESSON)
        book.add_grade_cell("conv3x3", LESSON, LESSON, max_score=4, cell_type="code")
        book.add_solution_cell("conv3x3-answer", LESSON, LESSON)
    return course


@pytest.fixture
def course(released: Path, tmp_path: Path) -> Path:
    return Path(shutil.copytree(released, tmp_path / "course"))


@pytest.fixture(autouse=True)
def here(course: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.chdir(course)
    yield


def roster(folder: Path, text: str) -> Path:
    path = folder / "roster.csv"
    path.write_text(text, encoding="utf-8")
    return path


def write_pages(course: Path, *learners: str) -> None:
    for learner in learners:
        page = course / "feedback" / learner / LESSON / f"{LESSON}.html"
        page.parent.mkdir(parents=True)
        page.write_text(f"page of {learner}")


@pytest.mark.parametrize("folders", [True, False], ids=["folders", "flat"])
def test_moodle_gives_each_learner_the_own_page(course: Path, tmp_path: Path, folders: bool) -> None:
    moodle = Moodle([ANA, JOSE, ZE])
    download = moodle.download(LESSON, UPLOADS, tmp_path / "m.zip", folders=folders)
    collect(course, download, LESSON, roster=roster(tmp_path, moodle.worksheet(LESSON, {})))
    write_pages(course, ANA.email, ZE.email)  # José's was not made; Zé's notebook came by mail
    (course / "submitted" / ZE.email / LESSON).mkdir(parents=True)
    told = export_feedback(course, LESSON)

    assert moodle.import_feedback(LESSON, course / f"{LESSON}_feedback.zip") == []
    assert moodle.feedback == {
        (user.id, LESSON): {f"{LESSON}.html": f"page of {user.email}".encode()} for user in (ANA, ZE)
    }
    assert f"{LESSON}_feedback.zip: feedback for 2." in told
    assert "Without feedback in it (1)" in told and JOSE.email in told


def test_canvas_gives_each_learner_the_graded_notebook(course: Path, tmp_path: Path) -> None:
    canvas = Canvas([ANA, JOSE, ZE])
    collect(
        course,
        canvas.download(LESSON, UPLOADS, tmp_path / "c.zip"),
        LESSON,
        roster=roster(tmp_path, canvas.gradebook()),
    )
    graded = course / "autograded" / ANA.number / LESSON / NOTEBOOK
    graded.parent.mkdir(parents=True)
    nbformat.write(nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell("1")]), graded)
    with Gradebook(f"sqlite:///{course}/gradebook.db", "resnet-course") as book:
        book.add_submission(LESSON, ANA.number)
        notebook = book.find_submission_notebook(LESSON, LESSON, ANA.number)
        notebook.grades[0].auto_score, notebook.comments[0].manual_comment = 2.5, "Well done."
        book.db.commit()
    told = export_feedback(course, LESSON, tmp_path / "back.zip")

    assert canvas.reupload(LESSON, tmp_path / "back.zip") == []
    (key, content), *others = canvas.comments.items()
    assert (key, others) == ((ANA.id, LESSON), [])
    first, second = nbformat.reads(content.decode(), as_version=4).cells
    assert first.source == "**2.5 of 4 points**\n\n- `conv3x3`: 2.5 / 4\n- `conv3x3-answer`: Well done."
    assert second.source == "1"
    assert "Without feedback in it (1)" in told and JOSE.number in told


def test_where_there_is_nothing_to_give_back_it_says_what_to_do(course: Path, tmp_path: Path) -> None:
    with pytest.raises(GradingError, match=f"resnet-course collect FILE {LESSON}"):
        export_feedback(course, LESSON)
    moodle = Moodle([ANA])
    collect(course, moodle.download(LESSON, UPLOADS[:1], tmp_path / "m.zip"), LESSON)
    with pytest.raises(GradingError, match=f"resnet-course grade {LESSON}, then nbgrader generate_feedback {LESSON}"):
        export_feedback(course, LESSON)
    write_pages(course, "Ana Silva")
    with pytest.raises(GradingError, match="cannot be written"):
        export_feedback(course, LESSON, tmp_path / "no" / "back.zip")
    with pytest.raises(GradingError, match="There is no lesson '99'"):
        export_feedback(course, "99")
