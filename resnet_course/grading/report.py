"""The class report of a lesson: how many passed each exercise, and which misconceptions are how frequent.

One self-contained page that a teacher can project: no learner is named in it.
"""

from __future__ import annotations

import re
from collections import Counter
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from jinja2 import Environment, FileSystemLoader, select_autoescape
from markupsafe import Markup, escape
from nbgrader.coursedir import CourseDirectory
from traitlets.config import Config

from resnet_course import checks
from resnet_course.grading.export import results
from resnet_course.grading.intake import read_release
from resnet_course.grading.item_analysis import UNTOUCHED, seen
from resnet_course.grading.record import CourseGradebook
from resnet_course.language import catalogue, current_language, find, message, number

# Of an exercise's cards so many are shown; the rest are rare.
MOST_ROWS = 8


@dataclass(frozen=True)
class Row:
    """One message of an exercise: its title, and how many learners got it."""

    title: str
    count: int
    share: str
    key: str


@dataclass(frozen=True)
class Exercise:
    """One exercise of the report."""

    grade_id: str
    passed: int
    waiting: int
    total: int
    share: str
    rows: list[Row]

    @property
    def told(self) -> int:
        """How many were told of a mistake."""
        return self.total - self.passed - self.waiting

    @property
    def counts(self) -> str:
        """Say the three numbers."""
        return counts(self.passed, self.told, self.waiting)


def report_page(config: Config, lesson: str) -> str | None:
    """Return the report of a lesson as HTML, in the language of the course, or None if nothing is graded.

    Parameters
    ----------
    config : Config
        The course's nbgrader configuration.
    lesson : str
        The lesson's id.

    Raises
    ------
    GradingError
        If the gradebook cannot be reached.
    """
    course = CourseDirectory(config=config)
    with CourseGradebook.of(course) as gradebook:
        points = gradebook.points(lesson)
        recorded = [verdict for verdict, _ in gradebook.outcomes([lesson])]
        scores = {learner: each.score for (graded, learner), each in results(gradebook).items() if graded == lesson}
    verdicts = seen(recorded)
    if not verdicts:
        return None
    learners = {each.learner for each in verdicts}
    found: dict[str, Counter[str]] = {grade_id: Counter() for grade_id in checks.LESSONS[lesson]}
    for each in verdicts:
        found.setdefault(each.grade_id, Counter())[each.key] += 1
    exercises = [_exercise(lesson, grade_id, keys) for grade_id, keys in found.items() if keys]
    texts: dict[str, Any] = {
        "lesson": lesson_title(Path(course.root), lesson),
        "count": len(learners),
        "mean": number(sum(scores.get(learner, 0.0) for learner in learners) / len(learners), ".2f"),
        "most": number(sum(points.values()), "g"),
    }
    unseen = len({each.learner for each in recorded} - learners)
    return (
        templates()
        .get_template("report.html")
        .render(
            language=current_language(),
            text={
                name: message(f"grading.page.{name}", **texts)
                for name in find("grading.page")
                if name not in ("percent", "counts", "unseen", "finding", "even")
            },
            finding=_finding(exercises),
            unseen=message("grading.page.unseen", count=unseen) if unseen else "",
            exercises=exercises,
        )
    )


def _finding(exercises: list[Exercise]) -> str:
    """Say which exercises are the hardest, if any stands out."""
    lowest = min(each.passed / each.total for each in exercises)
    hardest = [each for each in exercises if each.passed / each.total == lowest]
    if len(hardest) == len(exercises):
        return message("grading.page.even", share=hardest[0].share)
    return message("grading.page.finding", hardest=", ".join(each.grade_id for each in hardest), share=hardest[0].share)


def _exercise(lesson: str, grade_id: str, keys: Counter[str]) -> Exercise:
    total = sum(keys.values())
    rows = [
        Row(title_of(lesson, grade_id, key), count, percent(count / total), key)
        for key, count in keys.most_common()
        if key != "passed"
    ]
    return Exercise(
        grade_id=grade_id,
        passed=keys["passed"],
        waiting=sum(keys[key] for key in UNTOUCHED),
        total=total,
        share=percent(keys["passed"] / total),
        rows=rows[:MOST_ROWS],
    )


def percent(share: float) -> str:
    """Return a share between 0 and 1 in per cent."""
    return message("grading.page.percent", number=number(100 * share, ".0f"))


def counts(passed: int, told: int, waiting: int) -> str:
    """Say how many have an exercise right, were told of a mistake, have not begun."""
    return message("grading.page.counts", passed=passed, told=told, waiting=waiting)


def lesson_title(root: Path, lesson: str) -> str:
    """Return a lesson's title, or its id where its release is gone."""
    try:
        return str(read_release(root, lesson, current_language()).notebook.metadata.get("title", lesson))
    except FileNotFoundError:
        return lesson


def title_of(lesson: str, grade_id: str, key: str) -> str:
    """Return the title of a message, with an ellipsis for what differs from learner to learner."""
    if key in find("grading.titles"):
        return str(find(f"grading.titles.{key}"))
    of_lesson = catalogue(current_language(), lesson)["checks"]
    places = [
        of_lesson.get(grade_id, {}),
        find("blocks"),
        find("common.faults"),
        find("grading.faults"),
        *of_lesson.values(),
    ]
    title = next((place[key]["title"] for place in places if key in place), key)
    return re.sub(r"\{[^}]*\}", "…", title)


@cache
def templates() -> Environment:
    """Return where the pages' templates are; whatever is filled in is escaped."""
    made = Environment(loader=FileSystemLoader(Path(__file__).parent), autoescape=select_autoescape(["html"]))
    made.filters["marked"] = _marked
    return made


def _marked(text: str) -> Markup:
    """Return a sentence as HTML, with its `code`."""
    return Markup(re.sub(r"`([^`]+)`", r"<code>\1</code>", str(escape(text))))
