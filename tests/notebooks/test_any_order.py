"""Every cell of a lesson may be run again, also after any later cell, and shows the same."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import pytest
from kernel import ROOT, Kernel, kernel
from nbformat.notebooknode import NotebookNode

from resnet_course import checks
from resnet_course.authoring.build import CELL_SECONDS, WIDGET
from resnet_course.authoring.lesson import read_lesson
from resnet_course.authoring.notebook import make_notebook
from resnet_course.language import languages

pytestmark = pytest.mark.notebook

# As when a lesson is built: bars depend on the clock, and several threads round differently from run to run.
AS_BUILT = {"MPLBACKEND": "agg", "TQDM_DISABLE": "1", "OMP_NUM_THREADS": "1"}

# Which of two nets answers sooner is measured with the clock, and on a busy machine it is now one and now the other.
TIMED = "time_per_image("


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    every = metafunc.config.getoption("--every-language")
    turns = [(lesson, code) for at, lesson in enumerate(checks.LESSONS) for code in _spoken(at, every)]
    groups = [pytest.param(*each, marks=pytest.mark.xdist_group("any-order-" + "-".join(each))) for each in turns]
    metafunc.parametrize(("lesson", "language"), groups)


def _spoken(at: int, every: bool) -> tuple[str, ...]:
    """Return all languages, or of one lesson after the other one language in turn: the code is the same in all."""
    return languages() if every else (languages()[at % len(languages())],)


def test_a_cell_that_runs_again_shows_the_same(lesson: str, language: str, tmp_path: Path) -> None:
    notebook = make_notebook(read_lesson(ROOT / "solutions" / f"{lesson}.py"), language)
    cells = [each for each in notebook.cells if each.cell_type == "code"]
    with kernel(tmp_path, env=os.environ | AS_BUILT, timeout=CELL_SECONDS) as session:
        first, at_once = zip(*((shown(session, each), shown(session, each)) for each in cells), strict=True)
        after_all = [shown(session, each) for each in cells]

    assert "\n".join([*changed(cells, first, at_once), *changed(cells, first, after_all)]) == ""


def shown(session: Kernel, cell: NotebookNode) -> list[Any]:
    """Run a cell and return what it prints and displays; it must not fail."""
    ran = session.run(cell.source)
    assert ran.error is None, f"{cell.source}\n\n{ran.text}"
    # What a widget shows has a random name; an explorer's figure stands beside it.
    return [
        each.text if each.output_type == "stream" else dict(each.data)
        for each in ran.outputs
        if WIDGET not in each.get("data", {})
    ]


def changed(cells: list[NotebookNode], before: Any, after: Any) -> list[str]:
    """Return, for each cell that shows something else than before, its first lines and what has changed."""
    return [
        f"{cell.id}: {cell.source[:100]!r}: {text(old)} became {text(new)}"
        for cell, old, new in zip(cells, before, after, strict=True)
        if old != new and TIMED not in cell.source
    ]


def text(outputs: list[Any]) -> str:
    return " | ".join(each if isinstance(each, str) else str(each.get("text/plain"))[:500] for each in outputs)
