"""Every cell of a lesson may be run again, also after any later cell, and shows the same; so does a second build."""

from __future__ import annotations

import copy
from typing import Any

import nbformat
import pytest
from executed import EVERY_LESSON, LANGUAGE, built, fresh, run_again
from nbformat.notebooknode import NotebookNode

from resnet_course import checks
from resnet_course.language import languages

pytestmark = pytest.mark.notebook

# Which of two nets answers sooner is measured with the clock, and on a busy machine it is now one and now the other.
TIMED = "time_per_image("


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    if "language" in metafunc.fixturenames:
        spoken = languages() if metafunc.config.getoption("--every-language") else (LANGUAGE,)
        turns = [(lesson, code) for lesson in checks.LESSONS for code in spoken]
        groups = [pytest.param(*each, marks=pytest.mark.xdist_group(f"run-{each[0]}")) for each in turns]
        metafunc.parametrize(("lesson", "language"), groups)


def test_a_cell_that_runs_again_shows_the_same(lesson: str, language: str) -> None:
    cells, first, at_once, after_all = run_again(lesson, language)

    assert "\n".join([*changed(cells, first, at_once), *changed(cells, first, after_all)]) == ""


@pytest.mark.parametrize("lesson", EVERY_LESSON)
def test_building_twice_gives_the_same_bytes(lesson: str) -> None:
    """The second time each cell has run again before the next; what a cell shows first must not depend on that either."""
    # The repository's own may differ in a last digit: it was made on another processor.
    second = fresh(lesson)
    second.metadata.pop("claims", None)
    second.metadata["resnet_course"] = built(lesson).metadata["resnet_course"]  # which files were used: no result
    code = [each for each in second.cells if each.cell_type == "code"]
    for count, (cell, outputs) in enumerate(zip(code, run_again(lesson, LANGUAGE).first, strict=True), 1):
        cell.execution_count = count
        cell.outputs = copy.deepcopy(outputs)
        for each in cell.outputs:
            if each.output_type == "execute_result":
                each.execution_count = count

    assert nbformat.writes(second) == nbformat.writes(built(lesson))


def changed(cells: list[NotebookNode], before: Any, after: Any) -> list[str]:
    """Return, for each cell that shows something else than before, its first lines and what has changed."""
    return [
        f"{cell.id}: {cell.source[:100]!r}: {text(old)} became {text(new)}"
        for cell, old, new in zip(cells, before, after, strict=True)
        if content(old) != content(new) and TIMED not in cell.source
    ]


def content(outputs: list[NotebookNode]) -> list[Any]:
    """Return what outputs print and display, without how often cells have run."""
    return [each.text if each.output_type == "stream" else dict(each.data) for each in outputs]


def text(outputs: list[NotebookNode]) -> str:
    return " | ".join(each if isinstance(each, str) else str(each.get("text/plain"))[:500] for each in content(outputs))
