"""The class report of a lesson: how many passed each exercise, and which misconceptions are how frequent.

One self-contained page that a teacher can project: no learner is named in it.
"""

from __future__ import annotations

import base64
import io
import re
from collections import Counter
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import matplotlib as mpl
from jinja2 import Environment, FileSystemLoader, select_autoescape
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator
from nbgrader.coursedir import CourseDirectory
from sqlalchemy import select
from traitlets.config import Config

from resnet_course import checks
from resnet_course.drawing import COLORS, DPI, STYLE
from resnet_course.grading.intake import read_release
from resnet_course.grading.record import CourseGradebook, GradedQuestion
from resnet_course.language import catalogue, current_language, find, message, number

UNTOUCHED = ("unsolved", "unfilled", "no-notebook")
# Of an exercise's cards so many are shown; the rest are rare.
MOST_ROWS = 8


@dataclass(frozen=True)
class Row:
    """One message of an exercise: its title, how many learners got it, and the whole card of one of them."""

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
    with CourseGradebook(course.db_url, course.course_id) as gradebook:
        points = gradebook.points(lesson)
        verdicts = gradebook.db.execute(
            select(GradedQuestion.learner, GradedQuestion.grade_id, GradedQuestion.key).where(
                GradedQuestion.lesson == lesson
            )
        ).all()
        gradebook.db.rollback()
    if not verdicts:
        return None
    learners = {row.learner for row in verdicts}
    found: dict[str, Counter[str]] = {grade_id: Counter() for grade_id in checks.LESSONS[lesson]}
    for row in verdicts:
        found.setdefault(row.grade_id, Counter())[row.key] += 1
    exercises = [_exercise(lesson, grade_id, keys) for grade_id, keys in found.items() if keys]
    earned = sum(points.get(each.grade_id, 0) * each.passed for each in exercises) / len(learners)
    hardest = min(exercises, key=lambda each: each.passed)
    texts: dict[str, Any] = {
        "lesson": read_release(Path(course.root), lesson, current_language()).notebook.metadata.get("title", lesson),
        "count": len(learners),
        "mean": number(earned, ".1f"),
        "most": number(sum(points.values()), "g"),
        "hardest": hardest.grade_id,
        "hardest_share": hardest.share,
    }
    templates = Environment(loader=FileSystemLoader(Path(__file__).parent), autoescape=select_autoescape(["html"]))
    return templates.get_template("report.html").render(
        language=current_language(),
        text={name: message(f"grading.page.{name}", **texts) for name in find("grading.page") if name != "percent"},
        picture=_picture(exercises, message("grading.page.finding", **texts)),
        exercises=exercises,
    )


def _exercise(lesson: str, grade_id: str, keys: Counter[str]) -> Exercise:
    total = sum(keys.values())
    rows = [
        Row(title_of(lesson, grade_id, key), count, _percent(count, total), key)
        for key, count in keys.most_common()
        if key != "passed"
    ]
    return Exercise(
        grade_id=grade_id,
        passed=keys["passed"],
        waiting=sum(keys[key] for key in UNTOUCHED),
        total=total,
        share=_percent(keys["passed"], total),
        rows=rows[:MOST_ROWS],
    )


def _percent(count: int, total: int) -> str:
    return message("grading.page.percent", number=number(100 * count / total, ".0f"))


def title_of(lesson: str, grade_id: str, key: str) -> str:
    """Return the title of a message, with an ellipsis for what differs from learner to learner."""
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


def _picture(exercises: list[Exercise], title: str) -> str:
    """Return the figure as base64 PNG: for each exercise who passed, who was told something, who has not begun."""
    parts = (
        ("passed", COLORS["residual"], [each.passed for each in exercises]),
        ("told", COLORS["plain"], [each.total - each.passed - each.waiting for each in exercises]),
        ("waiting", "#BDBDBD", [each.waiting for each in exercises]),
    )
    with mpl.rc_context({**STYLE, "font.size": 15, "axes.titlesize": 17}):
        figure = Figure(figsize=(12, 1.9 + 0.75 * len(exercises)), layout="constrained")
        axes = figure.subplots()
        left = [0] * len(exercises)
        for name, color, counts in parts:
            label = message(f"grading.page.{name}")
            bars = axes.barh(range(len(exercises)), counts, left=left, color=color, edgecolor="white", label=label)
            axes.bar_label(
                bars,
                [str(count) if count else "" for count in counts],
                label_type="center",
                color="black" if name == "waiting" else "white",
                weight="bold",
            )
            left = [start + count for start, count in zip(left, counts, strict=True)]
        axes.set_yticks(range(len(exercises)), [each.grade_id for each in exercises])
        axes.invert_yaxis()
        axes.set(xlabel=message("grading.page.learners"))
        axes.grid(False, axis="y")
        axes.xaxis.set_major_locator(MaxNLocator(integer=True))
        figure.suptitle(title, fontsize=17, weight="bold", x=0.01, ha="left")
        figure.legend(loc="outside lower center", ncols=3)
        png = io.BytesIO()
        figure.savefig(png, format="png", dpi=DPI, metadata={"Software": None})
    return base64.b64encode(png.getvalue()).decode()
