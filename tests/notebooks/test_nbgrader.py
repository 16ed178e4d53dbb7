"""An instructor's work, really done: release, collect, autograde, feedback, export, on a copy of the course."""

from __future__ import annotations

import csv
import os
import shutil
import subprocess
import sys
from pathlib import Path

import nbformat
import pytest
from kernel import ROOT, cell, released, says, solved
from nbformat.notebooknode import NotebookNode

from resnet_course import checks
from resnet_course.language import languages

pytestmark = [pytest.mark.notebook, pytest.mark.xdist_group("nbgrader")]

LESSON = "03_basic_block"
WRONG = ROOT / "tests" / "wrong_answers" / LESSON / "basic_block" / "no_shortcut.py"


def nbgrader(course: Path, *arguments: str) -> str:
    """Run an nbgrader command in the course with nothing but its nbgrader_config.py."""
    done = subprocess.run(
        [str(Path(sys.executable).parent / "nbgrader"), *arguments],
        cwd=course,
        env=os.environ | {"COURSE_LANGUAGE": "pt", "PATH": "/usr/bin:/bin", "MPLBACKEND": "agg"},
        capture_output=True,
        text=True,
        timeout=500,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout + done.stderr


def answer(notebook: NotebookNode, language: str, *grade_ids: str) -> NotebookNode:
    """Write the solutions of some exercises into a released notebook."""
    for given in solved(LESSON, language).cells:
        if any(given.id.startswith(f"{grade_id}-") and given.id.endswith("-answer") for grade_id in grade_ids):
            cell(notebook, given.id).source = given.source
    return notebook


def half_done(language: str) -> NotebookNode:
    notebook = answer(released(LESSON, language), language, "conv3x3", "shortcut")
    cell(notebook, "basic-block-answer").source = WRONG.read_text(encoding="utf-8")
    return notebook


def submissions() -> dict[str, NotebookNode]:
    made = {}
    for language in languages():
        made[f"solved_{language}"] = answer(released(LESSON, language), language, *checks.LESSONS[LESSON])
        made[f"untouched_{language}"] = released(LESSON, language)
        made[f"half_{language}"] = half_done(language)
    return made


@pytest.fixture(scope="module")
def course(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A copy of the course in which six learners were graded; it was released in Portuguese."""
    course = tmp_path_factory.mktemp("course")
    shutil.copy(ROOT / "nbgrader_config.py", course)
    for folder in ("solutions", "notebooks"):
        for language in languages():
            target = course / folder / language / LESSON
            if folder == "solutions":
                shutil.copytree(ROOT / folder / language / LESSON, target)
    nbgrader(course, "generate_assignment", LESSON)
    for learner, notebook in submissions().items():
        folder = course / "submitted" / learner / LESSON
        folder.mkdir(parents=True)
        nbformat.write(notebook, folder / f"{LESSON}.ipynb")
    nbgrader(course, "autograde", LESSON)
    nbgrader(course, "generate_feedback", LESSON)
    nbgrader(course, "export", "--to", "grades.csv")
    return course


@pytest.fixture(scope="module")
def grades(course: Path) -> dict[str, dict[str, str]]:
    with (course / "grades.csv").open(encoding="utf-8") as file:
        return {row["student_id"]: row for row in csv.DictReader(file)}


def test_the_release_is_the_notebook_in_the_repository(course: Path) -> None:
    made = nbformat.read(course / "notebooks" / "pt" / LESSON / f"{LESSON}.ipynb", as_version=4)
    kept = released(LESSON, "pt")

    assert [(each.id, each.source) for each in made.cells] == [(each.id, each.source) for each in kept.cells]


def test_the_release_holds_no_solution_and_no_output() -> None:
    for language in languages():
        for each in released(LESSON, language).cells:
            assert "SOLUTION" not in each.source
            assert not each.get("outputs")


@pytest.mark.parametrize("language", languages())
def test_the_solved_notebook_scores_10_of_10(grades: dict[str, dict[str, str]], language: str) -> None:
    row = grades[f"solved_{language}"]

    assert (float(row["score"]), float(row["max_score"])) == (10, 10)


@pytest.mark.parametrize("language", languages())
def test_the_untouched_notebook_scores_0_of_10(grades: dict[str, dict[str, str]], language: str) -> None:
    row = grades[f"untouched_{language}"]

    assert (float(row["score"]), float(row["max_score"])) == (0, 10)


@pytest.mark.parametrize("language", languages())
def test_the_half_done_notebook_keeps_the_points_of_its_right_answers(
    grades: dict[str, dict[str, str]], language: str
) -> None:
    assert float(grades[f"half_{language}"]["score"]) == 1 + 2


@pytest.mark.parametrize("language", languages())
def test_feedback_tells_the_message_in_the_learners_language(course: Path, language: str) -> None:
    feedback = course / "feedback" / f"half_{language}" / LESSON / f"{LESSON}.html"
    text = feedback.read_text(encoding="utf-8")

    assert says(text, f"{LESSON}.checks.basic-block.no-shortcut", language)


def test_feedback_runs_no_script_of_a_learner(course: Path) -> None:
    folder = course / "submitted" / "mallory" / LESSON
    folder.mkdir(parents=True)
    notebook = answer(released(LESSON, "en"), "en", *checks.LESSONS[LESSON])
    cell(notebook, "conv3x3-answer").source += (
        "\n\nfrom IPython.display import HTML, display\ndisplay(HTML('<script>alert(4711)</script>'))"
    )
    notebook.cells[0].source += "\n\n<script>alert(4711)</script><img src=x onerror='alert(4711)'>"
    nbformat.write(notebook, folder / f"{LESSON}.ipynb")
    nbgrader(course, "autograde", LESSON, "--student", "mallory")
    nbgrader(course, "generate_feedback", LESSON, "--student", "mallory")
    html = (course / "feedback" / "mallory" / LESSON / f"{LESSON}.html").read_text(encoding="utf-8")

    assert "<script>alert(4711)" not in html
    assert "onerror='alert" not in html
    assert 'onerror="alert' not in html


def test_a_cell_tagged_to_be_skipped_earns_nothing(course: Path) -> None:
    folder = course / "submitted" / "skipper" / LESSON
    folder.mkdir(parents=True)
    notebook = released(LESSON, "en")
    for each in notebook.cells:
        if each.cell_type == "code" and each.metadata.get("nbgrader", {}).get("grade"):
            each.metadata["tags"] = ["skip-execution"]
    nbformat.write(notebook, folder / f"{LESSON}.ipynb")
    nbgrader(course, "autograde", LESSON, "--student", "skipper")
    nbgrader(course, "export", "--to", "again.csv")
    with (course / "again.csv").open(encoding="utf-8") as file:
        rows = {row["student_id"]: row for row in csv.DictReader(file)}

    assert float(rows["skipper"]["score"]) == 0


def test_an_unknown_course_language_lists_the_known_ones(course: Path) -> None:
    done = subprocess.run(
        [str(Path(sys.executable).parent / "nbgrader"), "generate_assignment", LESSON],
        cwd=course,
        env=os.environ | {"COURSE_LANGUAGE": "klingon"},
        capture_output=True,
        text=True,
        timeout=100,
    )

    assert "COURSE_LANGUAGE is 'klingon'; the course speaks: en, pt" in done.stdout + done.stderr
