"""The built notebooks are fresh, sound and what authors may rely on."""

from __future__ import annotations

import re
import shutil
from pathlib import Path

import nbformat
import pytest
from executed import EVERY_LESSON, LANGUAGE, built
from images import figures_in
from kernel import ROOT, released, solved
from nbformat.notebooknode import NotebookNode

from resnet_course import checks
from resnet_course.authoring.build import execute, find_lessons, find_stale, solved_path
from resnet_course.authoring.code_texts import in_language, same_code
from resnet_course.authoring.script import read_lesson, stub_of
from resnet_course.authoring.lint import lint
from resnet_course.authoring.lock import read_origins, write_origin
from resnet_course.language import languages

LESSONS = sorted(checks.LESSONS)
NEVER_CHANGES = "nbval-check-output"  # the tag that nbval knows


@pytest.fixture
def course(tmp_path: Path) -> Path:
    shutil.copy(ROOT / "nbgrader_config.py", tmp_path)
    for folder in ("lessons", "solutions", "notebooks"):
        shutil.copytree(ROOT / folder, tmp_path / folder)
    return tmp_path


def test_everything_built_is_fresh() -> None:
    assert find_stale(ROOT) == []


@pytest.mark.parametrize("lesson", LESSONS)
def test_prose_twins_agree_and_keep_to_the_glossary(lesson: str) -> None:
    assert list(lint(read_lesson(ROOT / "lessons" / f"{lesson}.py"))) == []


def test_a_changed_script_is_named_as_stale(course: Path) -> None:
    script = course / "lessons" / "03_basic_block.py"
    script.write_text(script.read_text().replace("seven = data.digit(7)", "seven = data.digit(7, 1)"))

    assert find_stale(course) == [
        "solutions/en/03_basic_block/03_basic_block.ipynb: 03_basic_block.py has changed since",
        "solutions/pt/03_basic_block/03_basic_block.ipynb: 03_basic_block.py has changed since",
    ]


def test_an_edited_or_missing_release_is_named_as_stale(course: Path) -> None:
    edited = course / "notebooks" / "en" / "03_basic_block" / "03_basic_block.ipynb"
    edited.write_text(edited.read_text().replace("seven", "eight"))
    (course / "notebooks" / "pt" / "03_basic_block" / "03_basic_block.ipynb").unlink()

    assert find_stale(course) == [
        "notebooks/en/03_basic_block/03_basic_block.ipynb: it differs from what nbgrader generates now",
        "notebooks/pt/03_basic_block/03_basic_block.ipynb: it has not been built",
    ]


def test_a_map_of_the_course_older_than_a_lesson_is_named_as_stale(course: Path) -> None:
    script = course / "lessons" / "03_basic_block.py"
    script.write_text(re.sub(r"about \d+ minutes", "about 999 minutes", script.read_text()))

    assert find_stale(course)[0] == "resnet_course/lessons.json: a lesson script has changed since"


def test_a_notebook_built_from_an_older_package_is_named_as_stale(course: Path) -> None:
    origin = read_origins(course)["en/03_basic_block"]
    write_origin(course, "en/03_basic_block", {**origin, "digest": "0" * 16})

    assert find_stale(course) == [
        "solutions/en/03_basic_block/03_basic_block.ipynb: a file of resnet_course that it uses has changed since"
    ]


def test_what_notebooks_were_built_from_stands_in_one_file() -> None:
    assert sorted(read_origins(ROOT)) == [f"{language}/{lesson}" for language in languages() for lesson in LESSONS]
    for lesson in LESSONS:
        assert "resnet_course" not in solved(lesson, LANGUAGE).metadata
        assert "resnet_course" not in released(lesson, LANGUAGE).metadata


@pytest.mark.notebook
@pytest.mark.parametrize("lesson", EVERY_LESSON)
def test_a_lesson_that_is_built_now_shows_what_must_never_change_as_the_repository_does(lesson: str) -> None:
    """What nbval demands of the English notebooks: they run through, and what is tagged shows the same words."""
    now, kept = built(lesson), solved(lesson, LANGUAGE)
    tagged = [
        (new, old) for new, old in zip(now.cells, kept.cells, strict=True) if NEVER_CHANGES in new.metadata.get("tags", [])
    ]

    assert [new.source for new in now.cells] == [old.source for old in kept.cells]
    assert tagged
    for new, old in tagged:
        assert words(new) == words(old), new.source


def words(cell: NotebookNode) -> list[str]:
    """Return what a cell prints, and in words what it displays."""
    return [each.text if each.output_type == "stream" else each.data["text/plain"] for each in cell.outputs]


EXPLORER = """
from resnet_course import plots
from resnet_course.explorers import explore

def bound(depth=20):
    return plots.profile("figures.product", {"bound": [0.25**layer for layer in range(depth)]})

explore(bound, "figures.product", depth=range(2, 101))
"""
TRAINING = """
import torch
from torch import nn
from resnet_course.data import Batches, mnist5k
from resnet_course.training import fit

images, labels = mnist5k()
torch.manual_seed(0)
fit(nn.Sequential(nn.Flatten(), nn.Linear(784, 10)), Batches(images[::10], labels[::10]), epochs=1, seed=0)
"""


@pytest.mark.notebook
def test_explorers_and_progress_bars_leave_only_what_is_the_same_in_every_build() -> None:
    def outputs() -> list[list[dict[str, object]]]:
        cells = [nbformat.v4.new_code_cell(code) for code in ('language="en"', EXPLORER, TRAINING)]
        cells[0].id = "setup"
        notebook = execute(nbformat.v4.new_notebook(cells=cells, metadata={"title": "test"}))
        assert "widgets" not in notebook.metadata
        return [[dict(output["data"]) for output in cell.outputs] for cell in notebook.cells]

    first = outputs()

    assert [[sorted(each) for each in cell] for cell in first] == [[], [["text/html", "text/plain"]], [["text/plain"]]]
    assert outputs() == first


@pytest.mark.parametrize("lesson", LESSONS)
@pytest.mark.parametrize("language", languages())
def test_an_answer_cell_is_the_solution_with_lines_removed(lesson: str, language: str) -> None:
    script = next(each for each in find_lessons(ROOT) if each.id == lesson)
    answers = [each for each in script.cells if each.kind in ("exercise", "predict")]
    cells = [each for each in released(lesson, language).cells if each.metadata.get("nbgrader", {}).get("solution")]

    assert len(cells) == len(answers)
    for given, made in zip(answers, cells, strict=True):
        without_stub_comment = "\n".join(
            line for line in made.source.splitlines() if "# YOUR CODE" not in line and "# SEU" not in line
        )
        assert without_stub_comment == stub_of(in_language(given.source, language))


@pytest.mark.parametrize("lesson", LESSONS)
@pytest.mark.parametrize("language", languages())
def test_a_solved_notebook_ran_through_quietly(lesson: str, language: str) -> None:
    for each in solved(lesson, language).cells:
        for output in each.get("outputs", []):
            assert output.output_type != "error"
            assert output.get("name") != "stderr"


@pytest.mark.parametrize("lesson", LESSONS)
@pytest.mark.parametrize("language", languages())
def test_every_figure_has_alt_text(lesson: str, language: str) -> None:
    figures = [
        figure
        for each in solved(lesson, language).cells
        for output in each.get("outputs", [])
        for figure in figures_in(output.get("data", {}).get("text/html", ""))
    ]

    assert figures
    assert all(len(figure.alt) > 20 and figure.lang == language for figure in figures)


@pytest.mark.parametrize("language", languages())
@pytest.mark.parametrize("lesson", LESSONS)
def test_every_row_of_a_table_has_as_many_cells_as_its_head(lesson: str, language: str) -> None:
    """JupyterLab drops what is too much, other readers then show no table at all."""
    prose = "\n\n".join(cell.source for cell in released(lesson, language).cells if cell.cell_type == "markdown")
    tables = re.findall(r"(?:^\|.*\n?)+", prose, re.MULTILINE)
    widths = [{len(re.split(r"(?<!\\)\|", row)) for row in table.strip().splitlines()} for table in tables]

    assert widths
    assert [table for table, found in zip(tables, widths, strict=True) if len(found) > 1] == []


@pytest.mark.parametrize("lesson", LESSONS)
def test_code_is_the_same_in_all_languages_but_for_its_texts(lesson: str) -> None:
    codes = [
        [each.source for each in solved(lesson, language).cells if each.cell_type == "code" and each.id != "setup"]
        for language in languages()
    ]

    for code in codes:
        assert all(same_code(first, other) for first, other in zip(codes[0], code, strict=True))


@pytest.mark.parametrize("lesson", LESSONS)
@pytest.mark.parametrize("language", languages())
def test_there_are_never_more_than_two_code_cells_without_prose(lesson: str, language: str) -> None:
    run = 0
    for each in solved(lesson, language).cells:
        run = run + 1 if each.cell_type == "code" else 0
        assert run <= 2, each.source
