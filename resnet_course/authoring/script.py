"""Read a lesson script and say, with file and line, what is wrong with it.

A lesson script is a jupytext percent script. Its cells carry what they are as attributes:

=====================================================  ============================================================
``# %% [markdown] lang="en"``                          prose; the twin in each other language follows at once
``# %% [markdown] lang="en" banner="basic-block"``     the prose that introduces an exercise; build adds its banner
``# %% [markdown] lang="en" asked="why-two-layers"``   the prose that answers a question that learners ask
``# %% setup=true``                                    where build stamps the setup cell
``# %% setup=true gpu=true``                           the same; Colab starts this notebook with a GPU
``# %% exercise="basic-block" difficulty=3 minutes=20``  an answer cell, with ``### BEGIN SOLUTION`` regions
``# %% exercise="find-the-bug" part="a" …``            one of several answer cells of one exercise
``# %% check="basic-block" points=4``                  the cell that checks and grades it
``# %% predict="padding"``                             an ungraded guess, with a solution region
``# %% claims=true``                                   asserts that the prose after it makes in words; not in notebooks
``# %%``                                               any other code; ``tags=["nbval-check-output"]`` may stand
=====================================================  ============================================================

In a solution region a line ``# was: code`` gives the code that the learner finds in its place (a bug to repair, a
guess to make). A region without such lines becomes ``raise NotImplementedError()``.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import jupytext

from resnet_course import checks
from resnet_course.language import languages

BEGIN, END = "### BEGIN SOLUTION", "### END SOLUTION"
WAS = "# was:"
TOTAL_POINTS = 10

ALLOWED = {
    "prose": {"lang", "banner", "asked"},
    "setup": {"setup", "gpu"},
    "exercise": {"exercise", "part", "difficulty", "minutes"},
    "check": {"check", "points"},
    "predict": {"predict"},
    "claims": {"claims"},
    "code": {"tags"},
}


@dataclass(frozen=True)
class Problem:
    """One thing wrong in a lesson script."""

    path: Path
    line: int
    text: str

    def __str__(self) -> str:
        return f"{self.path}:{self.line}: {self.text}"


class LessonError(Exception):
    """A lesson script cannot be built; ``problems`` says where and why."""

    def __init__(self, problems: list[Problem]) -> None:
        super().__init__("\n".join(str(problem) for problem in problems))
        self.problems = problems


@dataclass(frozen=True)
class Cell:
    """One cell of a lesson script: what kind it is, its text, the line of its marker and its attributes."""

    kind: str
    source: str
    line: int
    attributes: dict[str, Any] = field(default_factory=dict)

    def get(self, name: str, default: Any = None) -> Any:
        """Return an attribute of the cell's marker line."""
        return self.attributes.get(name, default)


@dataclass(frozen=True)
class Lesson:
    """A lesson script that has been read; `validate` says whether it is sound."""

    path: Path
    cells: list[Cell]

    @property
    def id(self) -> str:
        """The lesson's id, which is the script's name."""
        return self.path.stem

    def of_kind(self, kind: str) -> list[Cell]:
        """Return the cells of one kind, in order."""
        return [cell for cell in self.cells if cell.kind == kind]

    def answers(self, grade_id: str) -> list[Cell]:
        """Return the answer cells of an exercise."""
        return [cell for cell in self.of_kind("exercise") if cell.get("exercise") == grade_id]

    def points(self, grade_id: str) -> int:
        """Return what an exercise is worth."""
        return sum(int(cell.get("points")) for cell in self.of_kind("check") if cell.get("check") == grade_id)


def read_lesson(path: Path) -> Lesson:
    """Read a lesson script and return it, sound.

    Raises
    ------
    LessonError
        If anything in it is wrong; every problem is listed with file and line.
    """
    text = path.read_text(encoding="utf-8")
    notebook = jupytext.reads(text, fmt="py:percent")
    lines = [number for number, line in enumerate(text.splitlines(), start=1) if line.startswith("# %%")]
    if len(lines) != len(notebook.cells):
        raise LessonError([Problem(path, 1, "text stands before the first cell marker `# %%`")])
    cells = []
    for line, cell in zip(lines, notebook.cells, strict=True):
        # jupytext's own note on blank lines is no attribute of the author's.
        attributes = {name: value for name, value in cell.metadata.items() if name != "lines_to_next_cell"}
        cells.append(Cell(_kind(cell.cell_type, attributes), cell.source, line, attributes))
    lesson = Lesson(path, cells)
    problems = sorted(validate(lesson), key=lambda problem: problem.line)
    if problems:
        raise LessonError(problems)
    return lesson


def _kind(cell_type: str, attributes: dict[str, Any]) -> str:
    if cell_type != "code":
        return "prose"
    return next((kind for kind in ("setup", "exercise", "check", "predict", "claims") if kind in attributes), "code")


def validate(lesson: Lesson) -> Iterator[Problem]:
    """Yield everything that is wrong in a lesson script."""
    for examine in (_attributes, _twins, _exercises, _banners, _points, _regions, _syntax, _frame):
        for line, text in examine(lesson):
            yield Problem(lesson.path, line, text)


Finding = tuple[int, str]


def _attributes(lesson: Lesson) -> Iterator[Finding]:
    for cell in lesson.cells:
        unknown = sorted(set(cell.attributes) - ALLOWED[cell.kind])
        if unknown:
            known = ", ".join(sorted(ALLOWED[cell.kind]))
            yield (
                cell.line,
                f"unknown attribute {', '.join(unknown)} on a {cell.kind} cell; it may have: {known}",
            )


def _twins(lesson: Lesson) -> Iterator[Finding]:
    for group in prose_groups(lesson):
        given = [cell.get("lang") for cell in group]
        for cell in group:
            if cell.get("lang") not in languages():
                known = ", ".join(languages())
                yield cell.line, f"prose needs lang=, one of: {known}; it has {cell.get('lang')!r}"
        for code in languages():
            if code not in given:
                yield group[0].line, f"this prose cell has no twin in {code!r} beside it"
        for name in ("banner", "asked"):
            if len({cell.get(name) for cell in group}) > 1:
                yield group[0].line, f"{name}= stands on one of these twins only; put it on all of them"


def prose_groups(lesson: Lesson) -> list[list[Cell]]:
    """Return the prose cells as groups of twins: neighbours, each in another language."""
    groups: list[list[Cell]] = []
    previous: Cell | None = None
    for cell in lesson.cells:
        if cell.kind == "prose":
            apart = previous is None or previous.kind != "prose"
            if apart or cell.get("lang") in {twin.get("lang") for twin in groups[-1]}:
                groups.append([])
            groups[-1].append(cell)
        previous = cell
    return groups


def _exercises(lesson: Lesson) -> Iterator[Finding]:
    known = checks.LESSONS.get(lesson.id)
    if known is None:
        yield (
            1,
            f"unknown lesson {lesson.id!r}; resnet_course.checks.LESSONS has: {', '.join(checks.LESSONS)}",
        )
        return
    seen: set[tuple[str, str]] = set()
    answered: set[str] = set()
    for cell in lesson.cells:
        if cell.kind not in ("exercise", "check", "predict"):
            continue
        name = cell.get(cell.kind)
        identity = (cell.kind, f"{name}/{cell.get('part', '')}")
        if identity in seen:
            yield (
                cell.line,
                f'duplicate id: {cell.kind}="{name}" stands twice (several answer cells need part=)',
            )
        seen.add(identity)
        if cell.kind == "predict":
            continue
        if name not in known:
            yield cell.line, f"unknown exercise {name!r}; this lesson has: {', '.join(known)}"
        elif cell.kind == "exercise":
            answered.add(name)
        else:
            if name not in answered:
                yield cell.line, f'check="{name}" has no exercise="{name}" before it'
            yield from _check_call(cell, name)
    for name in known:
        if ("exercise", f"{name}/") not in seen and name not in answered:
            yield 1, f'there is no cell with exercise="{name}"'
        elif ("check", f"{name}/") not in seen:
            yield lesson.answers(name)[-1].line, f'exercise="{name}" has no check="{name}"'


def _check_call(cell: Cell, name: str) -> Iterator[Finding]:
    call = getattr(checks, checks.attribute(name)).call
    if cell.source.strip() != call:
        yield cell.line, f'check="{name}" must be exactly the line `{call}`'


def _banners(lesson: Lesson) -> Iterator[Finding]:
    given = {cell.get("banner") for cell in lesson.of_kind("prose")} - {None}
    for cell in lesson.of_kind("prose"):
        if cell.get("banner") and not lesson.answers(cell.get("banner")):
            yield cell.line, f'banner="{cell.get("banner")}" names no exercise of this lesson'
    for cell in lesson.of_kind("exercise"):
        if cell.get("part", "a") != "a":
            continue
        if cell.get("exercise") not in given:
            yield (
                cell.line,
                f'exercise="{cell.get("exercise")}" has no prose with banner="{cell.get("exercise")}"',
            )
        if cell.get("difficulty") not in range(1, 6):
            yield cell.line, f"difficulty must be 1 to 5, not {cell.get('difficulty')!r}"
        if not isinstance(cell.get("minutes"), int) or cell.get("minutes") < 1:
            yield cell.line, f"minutes must be a whole number of minutes, not {cell.get('minutes')!r}"


def _points(lesson: Lesson) -> Iterator[Finding]:
    graded = lesson.of_kind("check")
    if lesson.id in checks.NOT_GRADED:
        # nbgrader's button "Validate" looks at a check without points too.
        yield from ((cell.line, "this lesson is not graded: points=0") for cell in graded if cell.get("points") != 0)
        return
    for cell in graded:
        if not isinstance(cell.get("points"), int) or cell.get("points") < 1:
            yield cell.line, f"points must be a whole number above 0, not {cell.get('points')!r}"
            return
    total = sum(cell.get("points") for cell in graded)
    if graded and total != TOTAL_POINTS:
        each = ", ".join(f"{cell.get('check')} {cell.get('points')}" for cell in graded)
        yield graded[-1].line, f"the points add up to {total}, not {TOTAL_POINTS} ({each})"


def _regions(lesson: Lesson) -> Iterator[Finding]:
    for cell in lesson.cells:
        lines = cell.source.splitlines()
        marked = [number for number, line in enumerate(lines) if line.strip() in (BEGIN, END)]
        kinds = [lines[number].strip() for number in marked]
        if cell.kind not in ("exercise", "predict"):
            if marked:
                yield (
                    cell.line + 1 + marked[0],
                    "a solution region stands outside an exercise or predict cell",
                )
            continue
        loose = [n for n, line in enumerate(lines) if re.search("(BEGIN|END) SOLUTION", line) and n not in marked]
        if loose:
            yield (
                cell.line + 1 + loose[0],
                f"a solution marker must be exactly `{BEGIN}` or `{END}` on its own line",
            )
        elif not marked:
            yield cell.line, "the stub is the whole solution: there is no solution region to remove"
        elif kinds != [BEGIN, END] * (len(kinds) // 2):
            yield cell.line + 1 + marked[0], f"`{BEGIN}` and `{END}` do not come in pairs"
        else:
            yield from _stub(cell, lines, marked)


def _stub(cell: Cell, lines: list[str], marked: list[int]) -> Iterator[Finding]:
    for begin, end in zip(marked[::2], marked[1::2], strict=True):
        region = lines[begin + 1 : end]
        code = [line for line in region if line.strip() and not line.strip().startswith("#")]
        if not code:
            yield cell.line + 1 + begin, "the solution region is empty: removing it leaves the stub solved"
    stub = stub_of(cell.source)
    try:
        ast.parse(stub)
    except SyntaxError as error:
        yield (
            cell.line + (error.lineno or 1),
            f"the stub, which is the solution with its regions removed, is not Python: {error.msg}",
        )


def stub_of(source: str) -> str:
    """Return what a learner finds in an answer cell: the solution with its regions removed.

    Examples
    --------
    >>> print(stub_of("def f():\\n    ### BEGIN SOLUTION\\n    return 1\\n    ### END SOLUTION"))
    def f():
        raise NotImplementedError()
    """
    return re.sub(
        rf"^([ \t]*){BEGIN}\n(.*?)^[ \t]*{END}$",
        lambda match: show_broken(match[2]) or f"{match[1]}raise NotImplementedError()",
        source,
        flags=re.DOTALL | re.MULTILINE,
    )


def show_broken(region: str) -> str:
    """Return the code that the ``# was:`` lines of a solution region give, or nothing if it has none."""
    broken = [line for line in region.splitlines() if line.strip().startswith(WAS)]
    return "\n".join(line.replace(f"{WAS} ", "", 1) for line in broken)


def _syntax(lesson: Lesson) -> Iterator[Finding]:
    for cell in lesson.cells:
        if cell.kind == "prose":
            continue
        try:
            ast.parse(cell.source)
        except SyntaxError as error:
            yield cell.line + (error.lineno or 1), f"not Python: {error.msg}"


def _frame(lesson: Lesson) -> Iterator[Finding]:
    setups = lesson.of_kind("setup")
    if len(setups) != 1:
        line = setups[1].line if setups else 1
        yield line, f"a lesson needs one cell with setup=true; this one has {len(setups)}"
    for cell in setups:
        if cell.source.strip():
            yield cell.line, "the setup cell must be empty: build stamps it"
        if cell.get("gpu", True) is not True:
            yield cell.line, f"gpu must be true, or not stand there at all; it is {cell.get('gpu')!r}"
    if not lesson.cells or not lesson.cells[0].source.startswith("# "):
        yield 1, "a lesson must begin with prose that has a first-level heading"
