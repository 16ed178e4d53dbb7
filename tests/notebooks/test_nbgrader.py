"""An instructor's work, really done: release, collect, autograde, feedback, export, on a copy of the course."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import nbformat
import pytest
from course import answer, make_course, nbgrader, scores, submit
from kernel import ROOT, cell, kernel, released, says
from nbformat.notebooknode import NotebookNode

from resnet_course import checks
from resnet_course.authoring.build import release
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


# --- a graded class ------------------------------------------------------------------------------------------------

# Answers that are wrong in three ways.
WRONG_TRIES = [f"checks.shortcut(lambda inplanes, planes, stride: {value})" for value in ("None", "1", "[]")]
SWITCH = "c.GradedClass.hide_solutions = False"


@pytest.fixture(scope="module", params=languages())
def graded_class(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> tuple[str, NotebookNode]:
    """A lesson as it is released where the configuration hides where solutions are, and its language."""
    root, language = tmp_path_factory.mktemp("graded"), request.param
    shutil.copytree(ROOT / "solutions" / language / LESSON, root / "solutions" / language / LESSON)
    config = (ROOT / "nbgrader_config.py").read_text(encoding="utf-8")
    assert SWITCH in config
    (root / "nbgrader_config.py").write_text(config.replace(SWITCH, SWITCH.replace("False", "True")), encoding="utf-8")
    return language, nbformat.reads(release(root, LESSON, language), as_version=4)


def cards_after(notebook: NotebookNode, folder: Path, *first: str) -> list[str]:
    """Return what the cards say after the setup cell (or other cells), of three wrong answers."""
    sources = [cell(notebook, name).source for name in first]
    with kernel(folder) as running:
        shown = [running.run(source) for source in (*sources, "from resnet_course import checks", *WRONG_TRIES)]
    assert all(each.error is None for each in shown[:-3]), shown
    return [each.card_text for each in shown[-3:]]


def test_in_a_graded_class_no_card_points_to_the_solved_cell(
    graded_class: tuple[str, NotebookNode], tmp_path: Path
) -> None:
    language, notebook = graded_class
    *_, last = cards_after(notebook, tmp_path, "setup")

    assert says(last, "common.card.attempt", language)
    assert "solutions/" not in last


def test_nor_does_one_after_a_restart_before_the_setup_cell_has_run(tmp_path: Path) -> None:
    assert "solutions/" not in cards_after(released(LESSON, "en"), tmp_path)[-1]


@pytest.mark.parametrize("language", languages())
def test_in_any_other_class_cards_point_to_it_and_the_release_is_what_it_was(language: str, tmp_path: Path) -> None:
    path = ROOT / "notebooks" / language / LESSON / f"{LESSON}.ipynb"

    assert release(ROOT, LESSON, language).encode() == path.read_bytes()
    assert f"solutions/{language}/{LESSON}" in cards_after(released(LESSON, language), tmp_path, "setup")[-1]


def test_a_graded_release_differs_in_the_setup_cell_alone(graded_class: tuple[str, NotebookNode]) -> None:
    language, notebook = graded_class
    usual = released(LESSON, language)
    changed = [each.id for each, was in zip(notebook.cells, usual.cells, strict=True) if each.source != was.source]

    assert changed == ["setup"]
    assert cell(notebook, "setup").source == cell(usual, "setup").source[:-1] + ", solutions=False)"
