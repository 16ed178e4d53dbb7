"""Grades for spreadsheets and learning platforms: ``nbgrader export --exporter=resnet_course.grading.export.Moodle``.

Every cell is quoted as CSV asks, and what a spreadsheet would take for a formula gets an apostrophe: names come from
learners, and ``=cmd|…`` in a name would otherwise run on the teacher's machine.
"""

from __future__ import annotations

import csv
from collections.abc import Iterator, Sequence
from pathlib import Path

from nbgrader.api import Assignment, Gradebook, MissingEntry, Student
from nbgrader.plugins import ExportPlugin

FORMULA = ("=", "+", "-", "@", "\t", "\r", "\n", "|", "＝", "＋", "－", "＠")  # some spreadsheets read wide ones too


def safe_cell(value: object) -> str:
    """Return a value for a spreadsheet: numbers as they are, text so that no spreadsheet takes it for a formula.

    Examples
    --------
    >>> safe_cell("=1+1"), safe_cell(-2.5), safe_cell(None)
    ("'=1+1", '-2.5', '')
    """
    if value is None:
        return ""
    text = str(value)
    is_number = isinstance(value, int | float)
    return f"'{text}" if not is_number and text.startswith(FORMULA) else text


class _Table(ExportPlugin):  # type: ignore[misc]  # nbgrader has no types
    """What the exports share: which learners and lessons, and writing the file."""

    default_file = "grades.csv"

    def export(self, gradebook: Gradebook) -> None:
        """Write the file that ``--to`` names."""
        path = Path(self.to or self.default_file)
        with path.open("w", encoding="utf-8", newline="") as file:
            writer = csv.writer(file)
            for row in self.rows(gradebook):
                writer.writerow([safe_cell(value) for value in row])
        self.log.info("Exported grades to %s", path)

    def rows(self, gradebook: Gradebook) -> Iterator[Sequence[object]]:
        """Yield the rows, the heading first."""
        raise NotImplementedError

    def students(self, gradebook: Gradebook) -> list[Student]:
        """Return the learners that were asked for, or all."""
        wanted = {str(name) for name in self.student}
        return [each for each in gradebook.students if not wanted or each.id in wanted]

    def assignments(self, gradebook: Gradebook) -> list[Assignment]:
        """Return the lessons that were asked for, or all."""
        wanted = {str(name) for name in self.assignment}
        return [each for each in gradebook.assignments if not wanted or each.name in wanted]


def points(gradebook: Gradebook, assignment: Assignment, student: Student) -> float:
    """Return what a learner has in a lesson, its penalty for lateness taken off; 0 where nothing was handed in."""
    try:
        submission = gradebook.find_submission(assignment.name, student.id)
    except MissingEntry:
        return 0.0
    return max(0.0, submission.score - (submission.late_submission_penalty or 0.0))


class CsvExport(_Table):
    """The columns of nbgrader's own export, quoted."""

    def rows(self, gradebook: Gradebook) -> Iterator[Sequence[object]]:
        """Yield one row for each learner and lesson."""
        yield (
            *("assignment", "duedate", "timestamp", "student_id", "last_name", "first_name", "email"),
            *("raw_score", "late_submission_penalty", "score", "max_score"),
        )
        for assignment in self.assignments(gradebook):
            for student in self.students(gradebook):
                timestamp, raw, penalty = None, 0.0, 0.0
                try:
                    submission = gradebook.find_submission(assignment.name, student.id)
                    timestamp, raw = submission.timestamp, submission.score
                    penalty = submission.late_submission_penalty or 0.0
                except MissingEntry:
                    pass  # nothing handed in
                yield (
                    *(assignment.name, assignment.duedate, timestamp),
                    *(student.id, student.last_name, student.first_name, student.email),
                    *(raw, penalty, max(0.0, raw - penalty), assignment.max_score),
                )


class Moodle(_Table):
    """A table for Moodle's "Grades → Import → CSV file": one row a learner, one column a lesson.

    Map "Identify user by" to the ID number (nbgrader's student id) or to the e-mail address.
    """

    default_file = "moodle.csv"

    def rows(self, gradebook: Gradebook) -> Iterator[Sequence[object]]:
        """Yield one row for each learner."""
        assignments = self.assignments(gradebook)
        yield ("ID number", "First name", "Last name", "Email address", *(each.name for each in assignments))
        for student in self.students(gradebook):
            scores = [points(gradebook, each, student) for each in assignments]
            yield (student.id, student.first_name, student.last_name, student.email, *scores)


class Canvas(_Table):
    """A table for Canvas's "Grades → Import": its own five columns, then one column a lesson.

    Canvas matches learners by "SIS User ID" (nbgrader's student id); the second row holds the points possible.
    """

    default_file = "canvas.csv"

    def rows(self, gradebook: Gradebook) -> Iterator[Sequence[object]]:
        """Yield the points possible, then one row for each learner."""
        assignments = self.assignments(gradebook)
        yield ("Student", "ID", "SIS User ID", "SIS Login ID", "Section", *(each.name for each in assignments))
        yield ("Points Possible", "", "", "", "", *(each.max_score for each in assignments))
        for student in self.students(gradebook):
            name = ", ".join(part for part in (student.last_name, student.first_name) if part) or student.id
            scores = [points(gradebook, each, student) for each in assignments]
            yield (name, "", student.id, student.email or student.id, "", *scores)
