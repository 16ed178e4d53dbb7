"""``resnet-course check-submission``: what the grader would find in a notebook and say of it, before it is handed in.

The learner runs code of their own, so there is no sandbox here; and no gradebook, and nothing of nbgrader's.
"""

from __future__ import annotations

import os
from pathlib import Path

from resnet_course import checks
from resnet_course.grading import GradingError
from resnet_course.grading.batch import Pool
from resnet_course.grading.belonging import PACKAGE, demand_belonging
from resnet_course.grading.graded import Graded, Settings, Task
from resnet_course.grading.intake import (
    Release,
    Submission,
    language_of,
    parse,
    read_file,
    read_folder,
    read_release,
)
from resnet_course.grading.kernels import Template
from resnet_course.language import course_language, message, speaking


def inspect_file(file: Path, lesson: str | None = None) -> int:
    """Print the integrity report and the verdicts of a notebook; return 0 if there is nothing to mend, else 1.

    Parameters
    ----------
    file : Path
        The notebook, or the folder that is handed in.
    lesson : str, optional
        The lesson's id, where neither the file's name nor its setup cell says it.

    Raises
    ------
    GradingError
        If there is no such file, or it is not known which lesson it is.
    """
    if not file.exists():
        raise GradingError(message("grading.command.no-file", path=file))
    if not hasattr(os, "fork"):
        raise GradingError(message("grading.command.no-fork"))
    with Template() as template:
        graded = inspect(file, lesson, template, Settings(closed=False))
    with speaking(graded.language):
        print(_told(file, graded))
    return int(bool(graded.findings) or graded.passed < len(graded.questions))


def inspect(file: Path, lesson: str | None, template: Template, settings: Settings) -> Graded:
    """Return what the grader would find in a notebook, or in a folder that is handed in, and say of it.

    Raises
    ------
    GradingError
        If it is not known which lesson it is.
    """
    file = file.absolute()
    submission = read_file(file) if file.is_file() else read_folder(file, lesson or file.name)
    language = language_of(submission.content, course_language())
    with speaking(language):
        release = _release_of(file, submission, lesson, language)
    pool = Pool(template)
    try:
        return pool.grade(Task("", submission, release), settings)
    finally:
        pool.end()


def _release_of(file: Path, submission: Submission, lesson: str | None, language: str) -> Release:
    lesson = lesson or next((name for name in checks.LESSONS if name in file.name), None)
    lesson = lesson or _lesson_in(submission.content)
    if lesson not in checks.LESSONS:
        raise GradingError(message("grading.command.which-lesson", path=file, known=", ".join(checks.LESSONS)))
    # The course is where the file is, where the command runs, or where the package was installed from.
    for root in (*file.parents, *Path.cwd().parents, Path.cwd(), PACKAGE.parent):
        try:
            release = read_release(root, lesson, language)
        except FileNotFoundError:
            continue
        demand_belonging(root)
        return release
    raise GradingError(message("grading.command.no-release", lesson=lesson))


def _lesson_in(content: bytes | None) -> str | None:
    """Return the lesson that a notebook's setup cell opens."""
    notebook = parse(content) if content is not None else None
    sources = [cell.source for cell in notebook.cells] if notebook is not None else []
    return next((name for name in checks.LESSONS for source in sources if f'start("{name}"' in source), None)


def _told(file: Path, graded: Graded) -> str:
    lines = [message("grading.report.integrity", path=file)]
    lines += [f"  - {sentence}" for _, sentence in graded.findings] or [f"  {message('grading.report.clean')}"]
    lines += ["", message("grading.report.verdicts")]
    lines += [f"{'✓' if question.passed else '✗'} {question.text}" for question in graded.questions]
    return "\n".join(lines)
