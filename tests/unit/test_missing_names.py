"""A name that does not exist: what a learner is told first is to run the cells that make it."""

from __future__ import annotations

import ast
import linecache
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from kernel import ROOT, says

from resnet_course import blocks, checks
from resnet_course.authoring.script import Cell, Lesson, read_lesson
from resnet_course.checks.card import CheckFailed, find_message
from resnet_course.checks.check import Check
from resnet_course.checks.registry import GRADED, LESSONS
from resnet_course.language import languages, message, speaking
from resnet_course.notebook import error_advice
from resnet_course.restart import IMPORTED_BY_ALL

SCRIPTS = sorted((ROOT / "lessons").glob("*.py"))
IN_EACH_LANGUAGE = pytest.mark.parametrize("language", languages())


def code_cells(lesson: Lesson) -> list[Cell]:
    return [each for each in lesson.cells if each.kind not in ("prose", "setup")]


def advice_on(lesson: str, name: str, line: str) -> str:
    """Return what is said when a line in a cell lacks a name."""
    linecache.cache["<cell>"] = (len(line), None, [f"{line}\n"], "<cell>")
    try:
        exec(compile(name, "<cell>", "exec"), {"__name__": "__main__"})
    except NameError as error:
        assert error.__traceback__ is not None
        advice, _ = error_advice(lesson, error, error.__traceback__.tb_next)
        return advice or ""
    raise AssertionError(f"{name} exists")


def made_by(source: str) -> set[str]:
    """Return the names that a cell's own lines give a value."""
    return {
        each.id
        for statement in ast.parse(source).body
        if not isinstance(statement, ast.FunctionDef | ast.ClassDef)
        for each in ast.walk(statement)
        if isinstance(each, ast.Name) and isinstance(each.ctx, ast.Store)
    }


def used_from_above(lesson: Lesson) -> Iterator[tuple[str, str]]:
    """Yield each name that a cell's own lines take from a cell above, with the first such line."""
    above: set[str] = set()
    for cell in code_cells(lesson):
        lines = cell.source.splitlines()
        own = made_by(cell.source)
        seen: set[str] = set()
        for statement in ast.parse(cell.source).body:
            for each in ast.walk(statement) if not isinstance(statement, ast.FunctionDef | ast.ClassDef) else []:
                if isinstance(each, ast.Name) and each.id in above - own - seen:
                    seen.add(each.id)
                    yield each.id, lines[each.lineno - 1].strip()
        above |= own


@pytest.mark.parametrize("script", SCRIPTS, ids=lambda path: path.stem)
@IN_EACH_LANGUAGE
def test_what_another_cell_makes_is_never_called_misspelt_or_pytorchs_only(script: Path, language: str) -> None:
    lesson = read_lesson(script)
    answers = {name for check in checks.of_lesson(lesson.id) for name in check.answers}
    with speaking(language):
        for name, line in used_from_above(lesson):
            said = advice_on(lesson.id, name, line)
            key = "missing-answer" if name in answers else "missing-name"
            assert says(said, f"common.setup.{key}", language), f"{name} in {line!r}: {said}"


@IN_EACH_LANGUAGE
@pytest.mark.parametrize(
    ("name", "line", "meant"),
    [
        ("relu", "relu(seven)", "`torch.relu`"),
        ("decimal", "decimal.Decimal(3)", "`import decimal`"),
    ],
)
def test_what_python_or_pytorch_has_under_that_name_is_named_as_well(
    name: str, line: str, meant: str, language: str
) -> None:
    import decimal  # noqa: F401 - modules are known by what is loaded

    with speaking(language):
        assert meant in advice_on("03_basic_block", name, line)


@pytest.mark.parametrize("script", SCRIPTS, ids=lambda path: path.stem)
def test_one_cell_of_each_lesson_imports_what_the_others_use(script: Path) -> None:
    first, *others = code_cells(read_lesson(script))

    assert re.search(rf"^from .* import .*\b{IMPORTED_BY_ALL}\b", first.source, re.MULTILINE)
    assert not any(re.search(rf"import .*\b{IMPORTED_BY_ALL}\b", each.source) for each in others)
    assert not any(re.search(r"^import ", each.source, re.MULTILINE) for each in others)


BLOCK = """
class BasicBlock(Course):
    def __init__(self, inplanes, planes, stride=1, downsample=None):
        super().__init__(inplanes, planes, stride, downsample)
        self.conv1 = conv3x3(inplanes, planes, stride)
"""


def lacks(name: str) -> object:
    """Return an answer of a learner that uses a name that does not exist."""
    source = f"def answer(*given, **named):\n    return {name}(*given, **named)\n"
    namespace: dict[str, object] = {"__name__": "__main__"}
    linecache.cache["<answer>"] = (len(source), None, source.splitlines(keepends=True), "<answer>")
    exec(compile(source, "<answer>", "exec"), namespace)
    return namespace["answer"]


EARLIER = [
    (made, other, name)
    for lesson in GRADED
    for made in checks.of_lesson(lesson)
    for other in checks.earlier(made.grade_id)
    for name in other.answers
    if made.functions and not made.uses
]


@IN_EACH_LANGUAGE
@pytest.mark.parametrize(
    ("made", "other", "name"), EARLIER, ids=[f"{made.grade_id}: {name}" for made, _, name in EARLIER]
)
def test_an_answer_that_lacks_an_earlier_exercise_says_which_cell_to_run(
    made: Check, other: Check, name: str, language: str
) -> None:
    with speaking(language):
        verdict, _, _ = made.try_out(tuple(lacks(name) for _ in made.answers))

        assert (verdict.key, verdict.exercise) == ("exercise-not-run", "common")
        number = LESSONS[other.lesson].index(other.grade_id) + 1
        found = find_message(made, verdict)
        assert message("common.card.exercise-link", number=number, name=other.answers[0]) in found["title"]
        assert f"`{name}`" in found["seen"]


@IN_EACH_LANGUAGE
def test_a_right_block_that_lacks_an_earlier_exercise_is_not_called_misspelt(language: str) -> None:
    namespace: dict[str, Any] = {"Course": blocks.BasicBlock, "__name__": "__main__"}
    exec(BLOCK, namespace)
    with speaking(language), pytest.raises(CheckFailed) as caught:
        checks.basic_block(namespace["BasicBlock"])

    assert says(str(caught.value), "common.faults.exercise-not-run", language)
