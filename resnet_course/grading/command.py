"""What ``resnet-course grade`` and ``resnet-course report`` do, with nbgrader's configuration and classes."""

from __future__ import annotations

import logging
import os
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from copy import deepcopy
from pathlib import Path
from typing import Any

from nbgrader.converters.base import NbGraderException
from nbgrader.coursedir import CourseDirectory
from traitlets.config import Config
from traitlets.config.loader import PyFileConfigLoader

from resnet_course import checks
from resnet_course.files import why
from resnet_course.grading import GradingError
from resnet_course.grading.autograde import Outcome, SealedAutograde
from resnet_course.grading.batch import Workers
from resnet_course.grading.intake import listed, printable
from resnet_course.language import message, number

MOST_NAMES = 30  # in one line of the summary


class _Refusals(logging.Handler):
    """Keeps the sentences that nbgrader logs as errors, to say them once, without a log around them."""

    def __init__(self) -> None:
        super().__init__(logging.ERROR)
        self.sentences: list[str] = []

    def emit(self, record: logging.LogRecord) -> None:
        self.sentences.append(record.getMessage())


def course_config(root: Path) -> Config:
    """Return the course's nbgrader configuration.

    Raises
    ------
    GradingError
        If this is no course folder.
    """
    if not (root / "nbgrader_config.py").is_file():
        raise GradingError(message("grading.command.no-course", root=root))
    config = PyFileConfigLoader("nbgrader_config.py", path=str(root)).load_config()
    config.CourseDirectory.root = str(root)
    return config


def grade_lessons(
    root: Path,
    lessons: Sequence[str],
    workers: Workers,
    *,
    resume: bool = False,
    students: str = "*",
) -> None:
    """Grade the submissions of some lessons and print a summary of each.

    Parameters
    ----------
    root : Path
        The course folder.
    lessons : sequence of str
        Lesson ids.
    workers : Workers
        Who grades. They take their limits from the course's configuration.
    resume : bool
        Whether to skip what is graded already from the same notebook.
    students : str
        Which learners, as a pattern.

    Raises
    ------
    GradingError
        If nothing can be graded; the gradebook is as it was.
    """
    config = course_config(root)
    converters = [_converter(config, lesson, students, not resume, workers) for lesson in lessons]
    with _saying_why(converters):
        for converter in converters:
            converter.init_notebooks()
            converter.released_points()
        if not workers.settings.closed:
            print(message("grading.sandbox.open"))
        workers.settings = converters[0].settings()
        for converter in converters:
            converter.start()
            print_summary(converter.coursedir.assignment_id, converter.outcome)


def _converter(config: Config, lesson: str, students: str, again: bool, workers: Workers) -> SealedAutograde:
    settings = deepcopy(config)
    settings.CourseDirectory.assignment_id = lesson
    settings.CourseDirectory.student_id = students
    settings.SealedAutograde.again = again
    settings.SealedAutograde.sandbox = workers.settings.closed
    return SealedAutograde(coursedir=CourseDirectory(config=settings), config=settings, workers=workers)


@contextmanager
def _saying_why(converters: Sequence[SealedAutograde]) -> Iterator[None]:
    """Turn nbgrader's refusals, which it logs, into an error with the same sentences."""
    refusals = _Refusals()
    log = logging.getLogger("resnet_course.grading")
    log.propagate = False
    log.addHandler(refusals)
    for converter in converters:
        converter.log = log
    try:
        yield
    except NbGraderException:
        raise GradingError("\n".join(refusals.sentences)) from None
    finally:
        log.removeHandler(refusals)


def print_summary(lesson: str, outcome: Outcome) -> None:
    """Print, for each exercise, how many passed and what most of the others were told."""
    total = len(outcome.points)
    rows = [(lesson, message("grading.summary.passed"), message("grading.summary.most-common"))]
    for grade_id, keys in outcome.keys.items():
        others = [(key, count) for key, count in keys.most_common() if key != "passed"]
        told = f"{others[0][0]} ({others[0][1]})" if others else message("grading.summary.none")
        rows.append((grade_id, f"{keys['passed']}/{total}", told))
    widths = [max(len(row[column]) for row in rows) for column in range(3)]
    for row in rows:
        print("  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip())
    mean = sum(outcome.points.values()) / total if total else 0.0
    facts: dict[str, Any] = {"count": outcome.graded, "skipped": outcome.skipped, "flagged": len(outcome.remarks)}
    facts |= {"mean": number(mean, ".2f"), "most": number(outcome.most, "g")}
    print(message("grading.summary.graded", **facts))
    if outcome.skipped and not outcome.graded:
        print(message("grading.summary.nothing-new"))
    if outcome.remarks:
        print(message("grading.summary.remarks", names=listed(outcome.remarks, most=MOST_NAMES)))
    for learner, sentence in outcome.told:
        print(f"  {printable(learner)}: {printable(sentence, 400)}")


def write_report(root: Path, lesson: str, to: Path | None = None) -> str:
    """Write a lesson's class report and return a sentence that names it.

    Raises
    ------
    GradingError
        If the lesson is unknown, nothing of it is graded, or the page cannot be written.
    """
    from resnet_course.grading.report import report_page

    if lesson not in checks.LESSONS:
        known = ", ".join(checks.LESSONS)
        raise GradingError(message("grading.command.unknown-lesson", lesson=lesson, known=known))
    path = to or root / f"{lesson}_report.html"
    page = report_page(course_config(root), lesson)
    if page is None:
        raise GradingError(message("grading.command.not-graded", lesson=lesson))
    try:
        path.write_text(page, encoding="utf-8")
    except OSError as problem:
        raise GradingError(message("grading.command.unwritten", path=path, reason=why(problem))) from problem
    return message("grading.command.wrote", path=os.path.relpath(path))
