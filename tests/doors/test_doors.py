"""The course works where people open it: with Colab's versions, with the lowest that we allow, with the newest.

Each lesson runs cell by cell in a kernel of that environment, as the notebook that learners open and as the solved one,
and what a learner would see is compared with what the built notebook shows.
"""

from __future__ import annotations

import ast
import html
import re
from functools import cache
from pathlib import Path

import pytest
from environments import Environment, false_bounds, uv
from front_end import FrontEnd, kinds, opened, plain, text
from images import figures_in, is_blank, is_cut_off
from kernel import released, says, solved
from nbformat.notebooknode import NotebookNode
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from resnet_course import checks
from resnet_course.language import find, languages, message, speaking

pytestmark = pytest.mark.notebook

OPENS = ("colab", "lowest", "newest")

# What an unsolved exercise brings about further down. Any other error would be the course's own.
FOLLOWING = {"NotImplementedError", "ValueError", "RuntimeError"}
IN_BOTH_LANGUAGES = ("00_start_here", "03_basic_block")
# They train whatever learners write.
LONG = (
    "01_vanishing_gradient",
    "05_full_resnet",
    "06_transfer_learning",
    "07_width_and_cardinality",
    "08_identity_mappings",
)
UNSOLVED, SOLVED = "unsolved-", "solved-"
# What the card says of the exercises that begin with code to change; the others begin with none.
BEGINS_WITH = {
    "warm-up": "no-shortcut",
    "find-the-bug": "earlier-exercise",
    "resnext-block": "nothing-changed",
    "pre-activation": "still-post-activation",
}


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """Run each lesson in the languages that are due: all where every language is asked for, else a part of them."""
    every = metafunc.config.getoption("--every-language")
    if "lesson" in metafunc.fixturenames:
        due = [
            (lesson, language)
            for lesson in checks.LESSONS
            for language in languages()
            if every or lesson in IN_BOTH_LANGUAGES or (language == "pt" and lesson not in LONG)
        ]
        metafunc.parametrize(("lesson", "language"), due)
    if "long_lesson" in metafunc.fixturenames:
        metafunc.parametrize(("long_lesson", "language"), [] if every else [(lesson, "pt") for lesson in LONG])


def test_it_has_the_versions_that_it_stands_for(environment: Environment) -> None:
    installed = environment.versions()
    if environment.door.name == "colab":
        promised = [Requirement(line) for line in environment.door.requirements().splitlines() if line[0] != "#"]
        assert [each for each in promised if installed[canonicalize_name(each.name)] not in each.specifier] == []
    assert false_bounds(environment) == []


def test_nothing_that_the_packages_ask_for_is_missing(environment: Environment) -> None:
    uv("pip", "check", "--python", str(environment.python))


def test_the_solved_lesson_shows_what_the_built_one_shows(
    environment: Environment, lesson: str, language: str, tmp_path: Path
) -> None:
    with opened(environment, solved(lesson, language), tmp_path) as page:
        page.run()
        for cell in page.nb.cells:
            shows_what_the_built_one_shows(cell, lesson, language)
        every_bar_ends(page)
        every_control_redraws_its_figure(page)


def test_the_lesson_that_learners_open_waits_for_them(
    environment: Environment, lesson: str, language: str, tmp_path: Path
) -> None:
    with opened(environment, released(lesson, language), tmp_path) as page:
        page.run()
        for cell in page.nb.cells:
            error = next((output.ename for output in cell.outputs if output.output_type == "error"), "")
            assert "stderr" not in kinds(cell.outputs), told(cell)
            if error == "NameError":
                tells_what_is_missing(cell, lesson, language)
            elif cell.id in checks.LESSONS[lesson]:
                shows_the_card_of_an_unsolved_exercise(cell, language)
            elif cell.source.startswith("expect("):
                waits_for_a_guess(cell, language)
            elif error:
                assert error in FOLLOWING, told(cell)
            else:
                shows_what_the_built_one_shows(cell, lesson, language)
        every_control_redraws_its_figure(page)


def test_a_long_lesson_is_worked_through(
    environment: Environment, long_lesson: str, language: str, tmp_path: Path
) -> None:
    """Both of the above in one run, because what takes long is the same in both: each check first without an answer."""
    notebook = solved(long_lesson, language)
    unsolved = {cell.id: cell for cell in released(long_lesson, language).cells}
    cells: list[NotebookNode] = []
    for cell in notebook.cells:
        if cell.id in checks.LESSONS[long_lesson]:
            answers = [each for each in cells if each.id.startswith(f"{cell.id}-") and each.id.endswith("-answer")]
            cells += [copy_of(unsolved[each.id], UNSOLVED) for each in [*answers, cell]]
            cells += [copy_of(each, SOLVED) for each in answers]
        cells.append(cell)
    notebook.cells = cells
    with opened(environment, notebook, tmp_path) as page:
        page.run()
        for cell in page.nb.cells:
            if cell.id.removeprefix(UNSOLVED) in checks.LESSONS[long_lesson] and cell.id.startswith(UNSOLVED):
                shows_the_card_of_an_unsolved_exercise(cell, language)
            elif not cell.id.startswith((UNSOLVED, SOLVED)):
                shows_what_the_built_one_shows(cell, long_lesson, language)
        every_bar_ends(page)
        every_control_redraws_its_figure(page)


def copy_of(cell: NotebookNode, mark: str) -> NotebookNode:
    """Return a copy of a cell that has its own id."""
    return NotebookNode(cell | {"id": mark + cell.id})


def shows_what_the_built_one_shows(cell: NotebookNode, lesson: str, language: str) -> None:
    """Demand of a cell all that it shows in the built notebook, which was made with other versions."""
    assert kinds(cell.outputs) == shown_when_built(lesson, language)[cell.id], told(cell)
    everything_has_its_words(cell)


@cache
def shown_when_built(lesson: str, language: str) -> dict[str, list[str]]:
    """Return what each cell of the built notebook shows."""
    return {cell.id: kinds(cell.outputs) for cell in solved(lesson, language).cells if cell.cell_type == "code"}


def shows_the_card_of_an_unsolved_exercise(cell: NotebookNode, language: str) -> None:
    """Demand a card, and under it one line instead of a traceback."""
    assert kinds(cell.outputs) == ["text/html text/plain", "error CheckFailed"], told(cell)
    everything_has_its_words(cell)
    card, error = cell.outputs
    facts = card.metadata["resnet_course"]
    assert facts["grade_id"] == cell.id.removeprefix(UNSOLVED)
    assert facts["key"] in ("unsolved", BEGINS_WITH.get(facts["grade_id"]))
    if facts["key"] == "unsolved":
        with speaking(language):
            check = getattr(checks, checks.attribute(facts["grade_id"]))
            own = find(f"{check.lesson}.checks.{check.grade_id}")
            sentences = own.get("unsolved", find("common.faults.unsolved"))
        assert all(plain(sentence) in plain(text(card)) for sentence in sentences.values()), told(cell)
    with speaking(language):
        assert text(error) == message("common.card.below", grade_id=facts["grade_id"])


def waits_for_a_guess(cell: NotebookNode, language: str) -> None:
    """Demand one line in place of the experiment."""
    assert kinds(cell.outputs) == ["error NoPrediction"], told(cell)
    assert says(text(cell.outputs[0]), "common.predict.empty", language), told(cell)


def tells_what_is_missing(cell: NotebookNode, lesson: str, language: str) -> None:
    """Demand the sentence on a name that another cell should have made, as everywhere below an unsolved exercise."""
    error = cell.outputs[-1]
    name = re.findall(r"`(\w+)`", text(error))[0]
    assert name in names_made_in(lesson) and re.search(rf"\b{name}\b", cell.source), told(cell)
    if cell.id in checks.LESSONS[lesson]:
        assert name in getattr(checks, checks.attribute(cell.id)).uses, told(cell)
    keys = ("common.setup.missing-name", "common.setup.missing-answer")
    assert any(says(text(error), key, language) for key in keys), told(cell)


def told(cell: NotebookNode) -> str:
    """Return what to know of a cell that is not as it should be."""
    return "\n".join([cell.id, cell.source, *map(text, cell.outputs)])


@cache
def names_made_in(lesson: str) -> set[str]:
    """Return the names that the cells of a lesson give to something."""
    cells = [ast.parse(cell.source) for cell in solved(lesson, "en").cells if cell.cell_type == "code"]
    nodes = [node for cell in cells for node in ast.walk(cell)]
    stored = {node.id for node in nodes if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store)}
    return stored | {node.name for node in nodes if isinstance(node, ast.FunctionDef | ast.ClassDef)}


# A card's link to a form of a thousand characters, which as text would only be in the way.
REPORT = re.compile(r'<a href="[^"]*/issues/new[^"]*">[^<]*</a>')


def everything_has_its_words(cell: NotebookNode) -> None:
    """Demand of each figure its alt text, and of each card and table its twin in plain text."""
    for output in cell.outputs:
        data = output.get("data", {})
        assert not any(kind.startswith("image/") for kind in data), "a page shows no alt text of a bare image"
        for figure in figures_in(data.get("text/html", "")):
            assert len(figure.alt) > 20, told(cell)
            assert data["text/plain"].startswith(figure.alt)
            assert not is_cut_off(figure.pixels) and not is_blank(figure.pixels), told(cell)
        if "text/html" in data:
            assert re.match(r"\s*[^<\s]", data["text/plain"]), told(cell)
        if "resnet_course" in output.get("metadata", {}):
            shown = REPORT.sub("", data["text/html"])
            assert words(html.unescape(re.sub(r"<[^>]+>", " ", shown))) == words(data["text/plain"])


def words(sentences: str) -> list[str]:
    """Return the words of a text, without what only its layout brings."""
    return re.findall(r"\w+", sentences)


def every_bar_ends(page: FrontEnd) -> None:
    """Demand that no progress bar stands still when everything has run."""
    for bar, ended in page.bars():
        assert ended, f"a progress bar of cell {bar.cell} stopped at {bar.state['value']:g} of {bar.state['max']:g}"


def every_control_redraws_its_figure(page: FrontEnd) -> None:
    """Demand that each control, moved as a page moves it, gives the figure of its own cell another image."""
    for cell in page.nb.cells:
        controls = page.controls(cell.id)
        failed = any(output.output_type == "error" for output in cell.outputs)
        assert bool(controls) == ("explore(" in cell.source and not failed), told(cell)
        for name, control in controls.items():
            label = control.state["description"]
            redrawn = page.move(name)
            assert redrawn is not None, f"{label!r} of cell {cell.id} changes nothing"
            assert len(redrawn.alt) > 20, label
            assert not is_cut_off(redrawn.pixels) and not is_blank(redrawn.pixels), label
    assert page.complaints == ""


def test_training_shows_a_bar_that_ends(environment: Environment, tmp_path: Path) -> None:
    """Lessons whose bars were all switched off would pass the test above as well."""
    notebook = released("03_basic_block", "en")
    setup = next(cell for cell in notebook.cells if cell.id == "setup")
    notebook.cells = [setup, setup.copy()]
    notebook.cells[1].update(id="training", source=TRAINING)
    with opened(environment, notebook, tmp_path) as page:
        page.run()

    assert [(bar.cell, bar.state["max"], ended) for bar, ended in page.bars()] == [("training", 8, True)]


TRAINING = """
import torch
from torch import nn
from resnet_course.data import Batches, mnist5k
from resnet_course.training import fit

images, labels = mnist5k()
train = Batches(images[:400], labels[:400], batch_size=50)
_ = fit(nn.Sequential(nn.Flatten(), nn.Linear(784, 10)), train, epochs=1)
"""
