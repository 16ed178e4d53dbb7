"""``resnet-course check-submission``: what the grader would find in a notebook and say of it, before it is handed in.

The learner runs code of their own, so there is no sandbox here; and no gradebook, and nothing of nbgrader's.
"""

from __future__ import annotations

import os
from pathlib import Path

from resnet_course import checks
from resnet_course.grading import GradingError
from resnet_course.grading.grade import Graded, Settings, grade
from resnet_course.grading.intake import Release, Submission, language_of, parse, read_release, read_untrusted
from resnet_course.grading.kernels import Template
from resnet_course.language import course_language, message, speaking

PACKAGE = Path(__file__).resolve().parents[1]


def inspect_file(file: Path, lesson: str | None = None) -> int:
    """Print the integrity report and the verdicts of a notebook; return 0 if there is nothing to mend, else 1.

    Parameters
    ----------
    file : Path
        The notebook.
    lesson : str, optional
        The lesson's id, where neither the file's name nor its setup cell says it.

    Raises
    ------
    GradingError
        If there is no such file, or it is not known which lesson it is.
    """
    if not file.is_file():
        raise GradingError(message("grading.command.no-file", path=file))
    if not hasattr(os, "fork"):
        raise GradingError(message("grading.command.no-fork"))
    content, findings = read_untrusted(file.resolve())
    language = language_of(content, course_language())
    with speaking(language):
        release = _release_of(file, content, lesson, language)
        with Template() as template:
            graded = grade("", Submission(content, findings), release, template, Settings(closed=False))
        print(_told(file, graded))
    return int(bool(graded.findings) or graded.passed < len(graded.questions))


def _release_of(file: Path, content: bytes | None, lesson: str | None, language: str) -> Release:
    lesson = lesson or next((name for name in checks.LESSONS if name in file.name), None) or _lesson_in(content)
    if lesson not in checks.LESSONS:
        raise GradingError(message("grading.command.which-lesson", path=file, known=", ".join(checks.LESSONS)))
    # The course is where the file is, where the command runs, or where the package was installed from.
    for root in (*file.resolve().parents, *Path.cwd().parents, Path.cwd(), PACKAGE.parent):
        try:
            return read_release(root, lesson, language)
        except FileNotFoundError:
            continue
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
