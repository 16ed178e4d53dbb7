"""The solved lessons as namespaces in this process: answers can be tried against their checks without a kernel."""

from __future__ import annotations

import linecache
import re
from functools import cache
from itertools import count
from typing import Any

import torch
from kernel import solved
from nbformat.notebooknode import NotebookNode

from resnet_course import checks
from resnet_course.checks.check import NOTEBOOK_SEED, Check
from resnet_course.checks.judging import Verdict
from resnet_course.checks.observing import quiet
from resnet_course.language import speaking

_numbers = count()


def run(source: str, namespace: dict[str, Any]) -> None:
    """Run a cell quietly; its lines can be read in errors, as those of a notebook's cell can."""
    name = f"<ipython-input-{next(_numbers)}>"
    linecache.cache[name] = (len(source), None, source.splitlines(keepends=True), name)
    with quiet():
        exec(compile(source, name, "exec"), namespace)


def answer_of(check: Check) -> str:
    """Return the solved answer to an exercise, all its parts."""
    return "\n\n".join(cell.source for cell in _code(check.lesson) if checks.exercise_of(cell.id) == check.grade_id)


@cache
def _code(lesson: str) -> list[NotebookNode]:
    return [cell for cell in solved(lesson, "en").cells if cell.cell_type == "code"]


@cache
def _namespace(lesson: str) -> dict[str, Any]:
    """Return what a learner has who has solved everything, demonstrations left out."""
    cells = _code(lesson)
    imports = cells[[cell.id for cell in cells].index("setup") + 1]
    computed = {name for check in checks.of_lesson(lesson) for name in check.uses}
    runs = [cell for cell in cells if any(re.search(rf"^{name} = ", cell.source, re.MULTILINE) for name in computed)]
    namespace: dict[str, Any] = {"__name__": "__main__", "checks": checks}
    torch.manual_seed(0)
    with speaking("en"):
        for cell in [imports, *(each for each in cells if checks.exercise_of(each.id)), *runs]:
            run(cell.source, namespace)
    return namespace


def verdict_of(check: Check, source: str, seconds: float = 5.0) -> Verdict | None:
    """Return the verdict on an answer where everything else is solved; None where the cell itself fails."""
    namespace = dict(_namespace(check.lesson))
    for name in check.answers:
        namespace.pop(name, None)
    try:
        run(source, namespace)
        answers = tuple(namespace[name] for name in check.answers + check.uses)
    except Exception:
        return None
    inputs = check.inputs(NOTEBOOK_SEED)
    observation, _ = check.watch(answers, inputs, seconds=seconds)
    return check.conclude(observation, inputs)
