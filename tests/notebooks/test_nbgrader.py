"""An instructor's work, really done: release, collect, autograde, feedback, export, on a copy of the course."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import nbformat
import pytest
from course import answer, make_course, nbgrader, scores, submit
from kernel import ROOT, cell, released, says
from nbformat.notebooknode import NotebookNode

from resnet_course import checks
from resnet_course.language import languages

pytestmark = [pytest.mark.notebook, pytest.mark.xdist_group("nbgrader")]

# Each lesson is graded by one worker, in a course of its own.
EVERY_LESSON = [pytest.param(each, marks=pytest.mark.xdist_group(f"nbgrader-{each}")) for each in checks.GRADED]
LESSON = "03_basic_block"
WRONG = ROOT / "tests" / "wrong_answers" / LESSON / "basic_block" / "no_shortcut.py"


def half_done(language: str) -> NotebookNode:
    notebook = answer(LESSON, language, "conv3x3", "shortcut")
    cell(notebook, "basic-block-answer").source = WRONG.read_text(encoding="utf-8")
    return notebook


@pytest.mark.parametrize("lesson", EVERY_LESSON)
def test_the_solved_notebook_scores_10_of_10_and_the_untouched_one_0(
    lesson: str, tmp_path: Path, sandboxed: None
) -> None:
    course = make_course(tmp_path, lesson)
    for language in languages():
        submit(course, lesson, f"solved_{language}", answer(lesson, language, *checks.LESSONS[lesson]))
        submit(course, lesson, f"untouched_{language}", released(lesson, language))
    nbgrader(course, "autograde", lesson)

    assert scores(course) == {
        f"{learner}_{language}": (points, 10)
        for learner, points in {"solved": 10, "untouched": 0}.items()
        for language in languages()
    }


def test_the_start_page_has_no_points_and_disturbs_no_grades(tmp_path: Path, sandboxed: None) -> None:
    page = "00_start_here"
    course = make_course(tmp_path, page)
    submit(course, page, "solved", answer(page, "pt", *checks.LESSONS[page]))
    submit(course, page, "untouched", released(page, "en"))
    nbgrader(course, "autograde", page)
    nbgrader(course, "generate_feedback", page)

    assert scores(course) == {"solved": (0, 0), "untouched": (0, 0)}


def test_validating_the_start_page_tells_the_solved_one_from_the_untouched_one(tmp_path: Path) -> None:
    page = "00_start_here"
    nbformat.write(released(page, "pt"), tmp_path / "untouched.ipynb")
    nbformat.write(answer(page, "pt", *checks.LESSONS[page]), tmp_path / "solved.ipynb")

    assert says(nbgrader(tmp_path, "validate", "untouched.ipynb"), "common.card.below", "pt")
    assert "Success!" in nbgrader(tmp_path, "validate", "solved.ipynb")


@pytest.fixture(scope="module")
def released_course(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return make_course(tmp_path_factory.mktemp("course"), LESSON)


@pytest.fixture(scope="module")
def course(released_course: Path, sandboxed: None) -> Path:
    """The course after two learners, one for each language, have handed in one wrong answer."""
    course = released_course
    for language in languages():
        submit(course, LESSON, f"half_{language}", half_done(language))
    nbgrader(course, "autograde", LESSON)
    nbgrader(course, "generate_feedback", LESSON)
    return course


def test_the_release_is_the_notebook_in_the_repository(released_course: Path) -> None:
    made = nbformat.read(released_course / "notebooks" / "pt" / LESSON / f"{LESSON}.ipynb", as_version=4)
    kept = released(LESSON, "pt")

    assert [(each.id, each.source) for each in made.cells] == [(each.id, each.source) for each in kept.cells]


def test_the_release_holds_no_solution_and_no_output() -> None:
    for language in languages():
        for each in released(LESSON, language).cells:
            assert "SOLUTION" not in each.source
            assert not each.get("outputs")


def test_the_half_done_notebook_keeps_the_points_of_its_right_answers(course: Path) -> None:
    found = scores(course)

    assert {learner: found[learner] for learner in ("half_en", "half_pt")} == {"half_en": (3, 10), "half_pt": (3, 10)}


@pytest.mark.parametrize("language", languages())
def test_feedback_tells_the_message_in_the_learners_language(course: Path, language: str) -> None:
    feedback = course / "feedback" / f"half_{language}" / LESSON / f"{LESSON}.html"
    text = feedback.read_text(encoding="utf-8")

    assert says(text, "blocks.no-shortcut", language)


def test_feedback_runs_no_script_of_a_learner(course: Path) -> None:
    notebook = answer(LESSON, "en", *checks.LESSONS[LESSON])
    cell(
        notebook, "conv3x3-answer"
    ).source += "\n\nfrom IPython.display import HTML, display\ndisplay(HTML('<script>alert(4711)</script>'))"
    notebook.cells[0].source += "\n\n<script>alert(4711)</script><img src=x onerror='alert(4711)'>"
    submit(course, LESSON, "mallory", notebook)
    nbgrader(course, "autograde", LESSON, "--student", "mallory")
    nbgrader(course, "generate_feedback", LESSON, "--student", "mallory")
    html = (course / "feedback" / "mallory" / LESSON / f"{LESSON}.html").read_text(encoding="utf-8")

    assert "<script>alert(4711)" not in html
    assert "onerror='alert" not in html
    assert 'onerror="alert' not in html


def test_a_cell_tagged_to_be_skipped_earns_nothing(course: Path) -> None:
    notebook = released(LESSON, "en")
    for each in notebook.cells:
        if each.cell_type == "code" and each.metadata.get("nbgrader", {}).get("grade"):
            each.metadata["tags"] = ["skip-execution"]
    submit(course, LESSON, "skipper", notebook)
    nbgrader(course, "autograde", LESSON, "--student", "skipper")

    assert scores(course)["skipper"] == (0, 10)


def test_an_unknown_course_language_is_one_sentence(released_course: Path) -> None:
    done = subprocess.run(
        [str(Path(sys.executable).parent / "nbgrader"), "generate_assignment", LESSON],
        cwd=released_course,
        env=os.environ | {"COURSE_LANGUAGE": "klingon"},
        capture_output=True,
        text=True,
        timeout=100,
    )

    assert done.returncode != 0
    said = "COURSE_LANGUAGE is 'klingon'; the course speaks: en, pt. Set it to one of these."
    assert (done.stdout + done.stderr).strip() == said
