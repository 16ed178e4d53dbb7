"""The lessons as they run from their scripts, each run shared by all tests that look at it."""

from __future__ import annotations

import os
import tempfile
from functools import cache
from pathlib import Path
from typing import NamedTuple

import pytest
from kernel import ROOT, Kernel, kernel
from nbformat.notebooknode import NotebookNode

from resnet_course import checks
from resnet_course.authoring.assemble import make_notebook
from resnet_course.authoring.build import CELL_SECONDS, WIDGET, execute
from resnet_course.authoring.script import read_lesson

# As when a lesson is built: bars depend on the clock, and several threads round differently from run to run.
AS_BUILT = {"MPLBACKEND": "agg", "TQDM_DISABLE": "1", "OMP_NUM_THREADS": "1"}

# The code is the same in all languages, so one of them, with the longer words, is enough; nbval runs the English ones.
LANGUAGE = "pt"

# Tests that share a run must be on one worker.
EVERY_LESSON = [pytest.param(each, marks=pytest.mark.xdist_group(f"run-{each}")) for each in sorted(checks.LESSONS)]


def fresh(lesson: str, language: str = LANGUAGE) -> NotebookNode:
    """Return a lesson made from its script, not executed."""
    return make_notebook(read_lesson(ROOT / "lessons" / f"{lesson}.py"), language)


@cache
def built(lesson: str) -> NotebookNode:
    """Return a lesson as `resnet-course build` makes it."""
    return execute(fresh(lesson))


class Runs(NamedTuple):
    """What each code cell of a lesson showed: run once, at once again, and once more after the last cell."""

    cells: list[NotebookNode]
    first: list[list[NotebookNode]]
    at_once: list[list[NotebookNode]]
    after_all: list[list[NotebookNode]]


@cache
def run_again(lesson: str, language: str) -> Runs:
    """Run every code cell of a lesson twice, and all of them once more after the last; none may fail."""
    cells = [each for each in fresh(lesson, language).cells if each.cell_type == "code"]
    with (
        tempfile.TemporaryDirectory() as folder,
        kernel(Path(folder), env=os.environ | AS_BUILT, timeout=CELL_SECONDS) as session,
    ):
        first, at_once = zip(*((shown(session, each), shown(session, each)) for each in cells), strict=True)
        after_all = [shown(session, each) for each in cells]
    return Runs(cells, list(first), list(at_once), after_all)


def shown(session: Kernel, cell: NotebookNode) -> list[NotebookNode]:
    """Run a cell and return its outputs; it must not fail."""
    ran = session.run(cell.source)
    assert ran.error is None, f"{cell.source}\n\n{ran.text}"
    # What a widget shows has a random name; an explorer's figure stands beside it.
    return [each for each in ran.outputs if WIDGET not in each.get("data", {})]
