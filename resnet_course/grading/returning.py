"""``resnet-course export-feedback``: feedback in the form in which Moodle and Canvas take it back, many at once."""

from __future__ import annotations

import os
import zipfile
from pathlib import Path

import nbformat
from nbgrader.api import Gradebook, MissingEntry
from nbgrader.coursedir import CourseDirectory

from resnet_course import checks
from resnet_course.files import why
from resnet_course.grading import GradingError
from resnet_course.grading.command import course_config
from resnet_course.grading.findings import listed
from resnet_course.grading.record import CourseGradebook
from resnet_course.grading.roster import PlatformSubmission, Roster
from resnet_course.language import message, number


def export_feedback(root: Path, lesson: str, to: Path | None = None) -> str:
    """Write a zip file of a lesson's feedback and return a sentence that says for whom, and for whom not.

    Moodle gets the pages of ``nbgrader generate_feedback``, each in the folder that tells whose it is. Canvas shows
    what comes back under the name of the learner's own file, so it gets notebooks: the graded one, the points on top.

    Raises
    ------
    GradingError
        If there is nothing to give back, or the file cannot be written.
    """
    if lesson not in checks.LESSONS:
        known = ", ".join(checks.LESSONS)
        raise GradingError(message("grading.command.unknown-lesson", lesson=lesson, known=known))
    course = CourseDirectory(config=course_config(root))
    path = to or root / f"{lesson}_feedback.zip"
    with CourseGradebook.of(course) as gradebook:
        calls = Roster(gradebook).calls(lesson)
        files = {learner: _file(course, gradebook, call) for learner, call in sorted(calls.items())}
        platform = next((call.platform for call in calls.values()), "")
        gradebook.db.rollback()
    ready = {learner: file for learner, file in files.items() if file is not None}
    if not calls:
        raise GradingError(message("grading.returning.not-collected", lesson=lesson))
    if not ready:
        raise GradingError(message("grading.returning.no-feedback", lesson=lesson))
    try:
        with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
            for name, content in ready.values():
                archive.writestr(name, content)
    except OSError as problem:
        raise GradingError(message("grading.command.unwritten", path=path, reason=why(problem))) from problem
    lines = [message(f"grading.returning.{platform}", path=os.path.relpath(path), count=len(ready))]
    others = [learner for learner in _folders(course, lesson) if learner not in ready]
    if others:
        lines.append("  " + message("grading.returning.without", count=len(others), names=listed(others, 200)))
    return "\n".join(lines)


def _folders(course: CourseDirectory, lesson: str) -> list[str]:
    submitted = Path(course.root) / course.submitted_directory
    return sorted(folder.name for folder in submitted.glob("*") if (folder / lesson).is_dir())


def _file(course: CourseDirectory, gradebook: Gradebook, call: PlatformSubmission) -> tuple[str, bytes] | None:
    """Return how a learner's feedback is to be called, and its content, or None if there is none."""
    lesson, learner = call.lesson, call.learner
    if call.platform == "moodle":
        page = Path(course.format_path(course.feedback_directory, learner, lesson)) / f"{lesson}.html"
        return (f"{call.name}/{lesson}.html", page.read_bytes()) if page.is_file() else None
    graded = Path(course.format_path(course.autograded_directory, learner, lesson)) / f"{lesson}.ipynb"
    if not graded.is_file():
        return None
    notebook = nbformat.read(graded, as_version=4)
    notebook.cells.insert(0, nbformat.v4.new_markdown_cell(_points(gradebook, lesson, learner)))
    return call.name, nbformat.writes(notebook).encode()


def _points(gradebook: Gradebook, lesson: str, learner: str) -> str:
    """Return the points of each exercise, and what the teacher or the grader remarked, as Markdown."""
    try:
        submission = gradebook.find_submission(lesson, learner)
        notebook = gradebook.find_submission_notebook(lesson, lesson, learner)
    except MissingEntry:
        return ""
    score = max(0.0, submission.score - (submission.late_submission_penalty or 0.0))
    lines = [message("grading.returning.points", score=number(score, "g"), most=number(submission.max_score, "g")), ""]
    lines += [
        f"- `{grade.name}`: {number(grade.score, 'g')} / {number(grade.max_score, 'g')}" for grade in notebook.grades
    ]
    lines += [f"- `{each.name}`: {each.manual_comment}" for each in notebook.comments if each.manual_comment]
    return "\n".join(lines)
