"""The report over several lessons, for teachers: exercises, misconceptions that stay, answers that are alike."""

from __future__ import annotations

import ast
import csv
import io
from collections.abc import Iterable, Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path

import nbformat
from nbformat.notebooknode import NotebookNode
from nbgrader.coursedir import CourseDirectory
from traitlets.config import Config

from resnet_course import checks
from resnet_course.grading.export import safe_cell
from resnet_course.grading.findings import printable
from resnet_course.grading.intake import read_release
from resnet_course.grading.item_analysis import (
    UNSEEN,
    UNTOUCHED,
    Item,
    Misconception,
    Verdict,
    items,
    misconceptions,
    seen,
)
from resnet_course.grading.likeness import Alike, alike
from resnet_course.grading.record import CourseGradebook
from resnet_course.grading.report import counts, lesson_title, percent, templates, title_of
from resnet_course.language import current_language, find, languages, message, number

# What the page shows of what can be long; the tables have all.
MOST_STAYS = 15
MOST_HINTS = 30
MOST_LOOKS = 3  # of one kind
FEWEST_TOLD = 5  # learners, or changed answers: of fewer nothing is said first


@dataclass
class Hint:
    """Learners whose answers are alike, and in which lessons."""

    learners: tuple[str, ...]
    found: list[tuple[str, Alike]] = field(default_factory=list)

    @property
    def bits(self) -> float:
        """How much they share in all lessons."""
        return sum(each.bits for _, each in self.found)


@dataclass(frozen=True)
class ClassResults:
    """All that the page and the tables are made from.

    Parameters
    ----------
    lessons : tuple of str
        Which lessons somebody handed in.
    learners, submissions : int
        How many learners handed something in, and how many notebooks that could be read.
    unseen : int
        How many folders held none.
    unkept : int
        How many notebooks were graded by a version of the course that did not keep their answers.
    items, misconceptions, hints
        What was found.
    names : dict
        How each learner is called.
    """

    lessons: tuple[str, ...]
    learners: int
    submissions: int
    unseen: int
    unkept: int
    items: list[Item]
    misconceptions: list[Misconception]
    hints: list[Hint]
    names: dict[str, str]


def class_results(config: Config, lessons: Sequence[str]) -> ClassResults | None:
    """Return what the gradebook says of some lessons, or of all; None if nothing of them is graded.

    Raises
    ------
    GradingError
        If the gradebook cannot be reached.
    """
    course = CourseDirectory(config=config)
    with CourseGradebook.of(course) as gradebook:
        recorded = [each for each in gradebook.outcomes(lessons) if each[0].lesson in checks.LESSONS]
        points, names = gradebook.all_points(), gradebook.names()
    order = {grade_id: place for place, grade_id in enumerate(each for ids in checks.LESSONS.values() for each in ids)}
    recorded.sort(key=lambda each: order.get(each[0].grade_id, len(order)))
    verdicts = seen(verdict for verdict, _ in recorded)
    if not verdicts:
        return None
    notebooks = {(each.learner, each.lesson) for each in verdicts}
    return ClassResults(
        lessons=tuple(dict.fromkeys(each.lesson for each in verdicts)),
        learners=len({learner for learner, _ in notebooks}),
        submissions=len(notebooks),
        unseen=len({(each.learner, each.lesson) for each, _ in recorded} - notebooks),
        unkept=len({(each.learner, each.lesson) for each, source in recorded if not source} & notebooks),
        items=items(verdicts, points),
        misconceptions=misconceptions(verdicts),
        hints=_hints(Path(course.root), recorded),
        names=names,
    )


def _hints(root: Path, recorded: Sequence[tuple[Verdict, str]]) -> list[Hint]:
    answers: dict[str, dict[str, dict[str, str]]] = {}
    for verdict, source in recorded:
        if source and verdict.key not in (*UNTOUCHED, *UNSEEN):
            answers.setdefault(verdict.lesson, {}).setdefault(verdict.grade_id, {})[verdict.learner] = source
    hints: dict[tuple[str, ...], Hint] = {}
    for lesson, of_lesson in answers.items():
        explained, given = _explained(root, lesson)
        for found in alike(of_lesson, explained, given, lessons=len(answers)):
            hints.setdefault(found.learners, Hint(found.learners)).found.append((lesson, found))
    return sorted(hints.values(), key=lambda each: (-each.bits, each.learners))


def _explained(root: Path, lesson: str) -> tuple[dict[str, list[str]], set[str]]:
    """Return what the course itself writes into each exercise's cells, and the names that it imports and defines."""
    explained: dict[str, list[str]] = {}
    given: set[str] = set()
    for cell in (cell for notebook in _of_the_course(root, lesson) for cell in notebook.cells):
        exercise = checks.exercise_of(cell.id)
        if exercise is not None:
            explained.setdefault(exercise, []).append(cell.source)
        if cell.cell_type == "code":
            given |= _named(cell.source)
    return explained, given


def _of_the_course(root: Path, lesson: str) -> Iterator[NotebookNode]:
    with suppress(FileNotFoundError):  # graded once; the release is gone
        yield read_release(root, lesson, current_language()).notebook
    for language in languages():
        path = root / "solutions" / language / lesson / f"{lesson}.ipynb"
        if path.is_file():
            yield nbformat.read(path, as_version=4)
            break


def _named(source: str) -> set[str]:
    """Return the names of modules, functions and classes that a cell brings."""
    try:
        tree = ast.parse(source)
    except SyntaxError:  # an IPython command
        return set()
    found = set()
    for node in tree.body:
        if isinstance(node, ast.Import | ast.ImportFrom):
            found |= {(alias.asname or alias.name).split(".")[0] for alias in node.names}
        elif isinstance(node, ast.FunctionDef | ast.ClassDef):
            found.add(node.name)
    return found


# --- the page -----------------------------------------------------------------------------------------------------


def class_page(root: Path, results: ClassResults) -> str:
    """Return the report as HTML, in the language of the course."""
    of_lesson: dict[str, list[Item]] = {}
    for item in results.items:
        of_lesson.setdefault(item.lesson, []).append(item)
    stays = [each for each in results.misconceptions if each.still or each.again]
    facts = {"learners": results.learners, "notebooks": results.submissions, "lessons": len(results.lessons)}
    facts |= {"unseen": results.unseen, "unkept": results.unkept}
    facts |= {"stays": len(stays) - MOST_STAYS, "hints": len(results.hints) - MOST_HINTS}
    return (
        templates()
        .get_template("class_report.html")
        .render(
            language=current_language(),
            text={name: text for name, text in find("grading.class").items() if isinstance(text, str)},
            summary=message("grading.class.summary", **facts),
            uncounted=[message(f"grading.class.{each}", **facts) for each in ("unseen", "unkept") if facts[each]],
            looks=list(_looks(results)),
            lessons=[
                {"title": lesson_title(root, lesson), "rows": [_item(item) for item in of_lesson[lesson]]}
                for lesson in of_lesson
            ],
            stays=[_stay(each) for each in stays[:MOST_STAYS]],
            more_stays=message("grading.class.more_stays", **facts) if facts["stays"] > 0 else "",
            hints=[_hint(each, results.names) for each in results.hints[:MOST_HINTS]],
            more_hints=message("grading.class.more_hints", **facts) if facts["hints"] > 0 else "",
        )
    )


def _looks(results: ClassResults) -> Iterator[dict[str, str]]:
    """Yield what a teacher should look at first: of each kind what stands out most."""

    def look(kind: str, place: str, **facts: object) -> dict[str, str]:
        return {"text": message(f"grading.class.looks.{kind}", **facts), "place": place}

    lowest = min(each.share for each in results.items)
    hardest = [each.grade_id for each in results.items if each.share == lowest]
    if lowest < 1 and len(hardest) <= MOST_LOOKS:  # where most are equally hard, none stands out
        yield look("hardest", hardest[0], exercise="`, `".join(hardest), share=percent(lowest))
    found = results.misconceptions
    stay = [each for each in found if each.resubmitted >= FEWEST_TOLD and 2 * each.still >= each.resubmitted]
    for each in stay[:MOST_LOOKS]:
        yield look("stays", "misconceptions", exercise=each.grade_id, title=_title(each), **_numbers(each))
    unhelpful = [each for each in found if each.changed >= FEWEST_TOLD and 2 * each.again >= each.changed]
    for each in sorted(unhelpful, key=lambda each: -each.again)[:MOST_LOOKS]:
        yield look("card", "misconceptions", exercise=each.grade_id, title=_title(each), **_numbers(each))
    for meaning in ("reversed", "weak"):
        names = [
            item.grade_id for item in results.items if item.discrimination and item.discrimination.meaning == meaning
        ]
        if names:
            listed = ", ".join(f"`{name}`" for name in names)
            yield look(meaning, names[0], exercises=listed)
    if results.hints:
        yield look("alike", "alike", count=len(results.hints))


def _title(found: Misconception) -> str:
    return title_of(found.lesson, found.grade_id, found.key)


def _numbers(found: Misconception) -> dict[str, int]:
    return {name: getattr(found, name) for name in ("first", "resubmitted", "still", "changed", "again")}


def _item(item: Item) -> dict[str, object]:
    told = item.total - item.right - item.waiting
    found = item.discrimination
    figures = (
        {name: number(getattr(found, name), ".2f").replace("-", "−") for name in ("value", "low", "high")}
        if found
        else {}
    )
    return {
        "item": item,
        "told": told,
        "counts": counts(item.right, told, item.waiting),
        "share": percent(item.share),
        "interval": message("grading.class.interval", **figures) if found else "",
        "stands_out": found is not None and found.meaning in ("weak", "reversed"),
        "meaning": message(f"grading.class.meanings.{found.meaning if found else 'too-few'}"),
    }


def _stay(found: Misconception) -> dict[str, object]:
    def part(some: int, of: int) -> str:
        return message("grading.class.part", some=some, of=of) if of else "–"

    return {
        "found": found,
        "title": _title(found),
        "still": part(found.still, found.resubmitted),
        "again": part(found.again, found.changed),
    }


def _hint(hint: Hint, names: dict[str, str]) -> dict[str, object]:
    shared, of = (sum(getattr(each, name) for _, each in hint.found) for name in ("shared", "of"))
    return {
        "learners": [printable(names.get(learner, learner)) for learner in hint.learners],
        "places": [{"lesson": lesson, "exercises": each.exercises} for lesson, each in hint.found],
        "shared": message("grading.class.part", some=shared, of=of),
        "examples": hint.found[0][1].examples,
    }


# --- the tables ---------------------------------------------------------------------------------------------------


def class_tables(results: ClassResults) -> dict[str, str]:
    """Return the page's tables, whole, as CSV that no spreadsheet takes for formulas: name to text."""
    return {
        "exercises": _table(_exercise_rows(results)),
        "misconceptions": _table(_misconception_rows(results)),
        "alike": _table(_alike_rows(results)),
    }


def _table(rows: Iterable[Sequence[object]]) -> str:
    file = io.StringIO(newline="")
    csv.writer(file).writerows([safe_cell(value) for value in row] for row in rows)
    return file.getvalue()


def _columns(*names: str) -> Sequence[str]:
    return [message(f"grading.class.columns.{name}") for name in names]


def _exercise_rows(results: ClassResults) -> Iterator[Sequence[object]]:
    figures = ("discrimination", "low", "high", "meaning")
    yield _columns("lesson", "exercise", "submissions", "right", "not-begun", *figures)
    for item in results.items:
        found = item.discrimination
        said = message(f"grading.class.meanings.{found.meaning if found else 'too-few'}")
        numbers = [round(each, 3) for each in (found.value, found.low, found.high)] if found else [""] * 3
        yield item.lesson, item.grade_id, item.total, item.right, item.waiting, *numbers, said


def _misconception_rows(results: ClassResults) -> Iterator[Sequence[object]]:
    numbers = ("first", "resubmitted", "still", "changed", "again")
    yield _columns("lesson", "exercise", "message", "title", *numbers)
    for found in results.misconceptions:
        yield found.lesson, found.grade_id, found.key, _title(found), *_numbers(found).values()


def _alike_rows(results: ClassResults) -> Iterator[Sequence[object]]:
    yield _columns("group", "learner", "name", "lesson", "exercises", "shared", "of", "bits")
    for group, hint in enumerate(results.hints, start=1):
        for learner in hint.learners:
            name = printable(results.names.get(learner, learner))
            for lesson, found in hint.found:
                facts = (" ".join(found.exercises), found.shared, found.of, round(found.bits, 1))
                yield group, learner, name, lesson, *facts
