"""Grades for spreadsheets and learning platforms: ``nbgrader export --exporter=resnet_course.grading.export.Moodle``.

Every cell is quoted as CSV asks, and what a spreadsheet would take for a formula gets an apostrophe: names come from
learners, and ``=cmd|…`` in a name would otherwise run on the teacher's machine. Where nothing was handed in or nothing
is graded, a platform gets "-", which it takes for "no grade", and never a zero; a lesson of which that is true for all
is left out.
"""

from __future__ import annotations

import csv
import json
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from nbgrader.api import (
    Assignment,
    Grade,
    Gradebook,
    Student,
    SubmittedAssignment,
    SubmittedNotebook,
)
from nbgrader.plugins import ExportPlugin
from sqlalchemy import func, or_, select

from resnet_course.grading.findings import listed, printable
from resnet_course.grading.record import GradedSubmission, overtaken_in
from resnet_course.grading.roster import alphabetical, ids_of
from resnet_course.language import message, number

NO_GRADE = "-"
FORMULA = "=+@|＝＋－＠-"  # some spreadsheets read wide ones too
# A cell of a spreadsheet begins with the text, and, where the spreadsheet splits at semicolons or tabs (Excel in Brazil
# does), behind each of these; there a quotation mark inside a line quotes nothing, so that line breaks end a row.
BEGINNING = re.compile(rf"(^|[;\t\r\n])(?=[\s\"']*[{re.escape(FORMULA)}])")
CONTROL = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\u2028\u2029\u202a-\u202e\u2066-\u2069]")
NOTHING = {"no-notebook", "timestamp"}  # what the integrity report says of an empty folder, and nothing else


def safe_cell(value: object) -> str:
    """Return a value for a spreadsheet: numbers as they are, text so that no spreadsheet takes it for a formula.

    Examples
    --------
    >>> safe_cell("=1+1"), safe_cell(-2.5), safe_cell(None), safe_cell("x;=1+1")
    ("'=1+1", '-2.5', '', "x;'=1+1")
    """
    if value is None:
        return ""
    text = str(value)
    if isinstance(value, int | float) or text == NO_GRADE:
        return text
    text = CONTROL.sub("�", text)
    return f"'{text}" if text.startswith(("\t", "\r", "\n")) else BEGINNING.sub(r"\1'", text)


@dataclass(frozen=True)
class Result:
    """What a learner has in a lesson."""

    timestamp: datetime | None
    raw: float
    penalty: float

    @property
    def score(self) -> float:
        """The points, the penalty for lateness taken off."""
        return max(0.0, self.raw - self.penalty)


class _Table(ExportPlugin):  # type: ignore[misc]  # nbgrader has no types
    """What the exports share: which learners and lessons, and writing the file."""

    default_file = "grades.csv"
    encoding = "utf-8"

    def export(self, gradebook: Gradebook) -> None:
        """Write the file that ``--to`` names."""
        path = Path(self.to or self.default_file)
        rows = list(self.rows(gradebook))
        with path.open("w", encoding=self.encoding, newline="") as file:
            writer = csv.writer(file)
            for row in rows:
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

    def open_assignments(self, gradebook: Gradebook, found: dict[tuple[str, str], Result]) -> list[Assignment]:
        """Return the lessons that were asked for, or all of which something is graded; the others are named."""
        graded = {lesson for lesson, _ in found}
        every = self.assignments(gradebook)
        shown = [each for each in every if self.assignment or each.name in graded]
        closed = [each.name for each in every if each not in shown]
        if closed:
            self.log.warning(message("grading.export.closed", names=listed(closed)))
        return shown


def results(gradebook: Gradebook) -> dict[tuple[str, str], Result]:
    """Return what is graded, for each lesson and learner; nothing of whoever handed in nothing."""
    GradedSubmission.metadata.create_all(gradebook.db.connection())
    empty = {
        (row.lesson, row.learner)
        for row in gradebook.db.scalars(select(GradedSubmission))
        if (keys := {key for key, _ in json.loads(row.findings)}) and "no-notebook" in keys and keys <= NOTHING
    }
    # Summed up in one go for all: nbgrader's own sums look through all grades again for each submission.
    scores = gradebook.db.execute(
        select(SubmittedNotebook.assignment_id, func.sum(Grade.score))
        .join(Grade, Grade.notebook_id == SubmittedNotebook.id)
        .where(or_(Grade.auto_score.is_not(None), Grade.manual_score.is_not(None)))
        .group_by(SubmittedNotebook.assignment_id)
    )
    raw = {identity: float(score or 0.0) for identity, score in scores}
    penalties = gradebook.db.execute(
        select(SubmittedNotebook.assignment_id, func.sum(SubmittedNotebook.late_submission_penalty)).group_by(
            SubmittedNotebook.assignment_id
        )
    )
    penalty = {identity: float(sum_ or 0.0) for identity, sum_ in penalties}
    rows = gradebook.db.execute(
        select(
            SubmittedAssignment.id, Assignment.name, SubmittedAssignment.student_id, SubmittedAssignment.timestamp
        ).join(Assignment, SubmittedAssignment.assignment_id == Assignment.id)
    )
    return {
        (lesson, learner): Result(timestamp, raw[identity], penalty.get(identity, 0.0))
        for identity, lesson, learner, timestamp in rows
        if identity in raw and (lesson, learner) not in empty
    }


class CsvExport(_Table):
    """The columns of nbgrader's own export, quoted; no score where nothing was handed in."""

    def rows(self, gradebook: Gradebook) -> Iterator[Sequence[object]]:
        """Yield one row for each learner and lesson."""
        yield (
            *("assignment", "duedate", "timestamp", "student_id", "last_name", "first_name", "email"),
            *("raw_score", "late_submission_penalty", "score", "max_score"),
        )
        found = results(gradebook)
        for assignment in self.assignments(gradebook):
            for student in self.students(gradebook):
                result = found.get((assignment.name, student.id))
                yield (
                    *(assignment.name, assignment.duedate, result and result.timestamp),
                    *(student.id, student.last_name, student.first_name, student.email),
                    *((result.raw, result.penalty, result.score) if result else (None, None, None)),
                    assignment.max_score,
                )


class _ForPlatform(_Table):
    """What the tables for platforms share: only whom the platform knows."""

    def known(self, gradebook: Gradebook, ids: dict[str, dict[str, Any]]) -> list[Student]:
        """Return the learners that were asked for and that a platform's file named; the others are named."""
        every = self.students(gradebook)
        shown = [each for each in every if not ids or each.id in ids]
        self.leave_out([each.id for each in every if each not in shown])
        return shown

    def leave_out(self, learners: Sequence[str]) -> None:
        """Say who is left out."""
        if learners:
            facts = {"count": len(learners), "names": listed(learners, 200)}
            self.log.warning(message("grading.export.left-out", **facts))

    def shown(self, gradebook: Gradebook, found: dict[tuple[str, str], Result]) -> list[Assignment]:
        """Return the lessons that are exported; points in them on which the teacher has yet to decide are named."""
        lessons = self.open_assignments(gradebook, found)
        undecided = [
            f"{each.learner} ({lesson.name}: {each.grade_id})"
            for lesson in lessons
            for each in overtaken_in(gradebook.db, lesson.name)
        ]
        if undecided:
            facts = {"count": len(undecided), "names": listed(undecided, 200)}
            self.log.warning(message("grading.export.undecided", **facts))
        return lessons


class Moodle(_ForPlatform):
    """A table for Moodle's "Grades → Import → CSV file": one row a learner, one column a lesson.

    Only columns stand there that tell every learner from the others. Moodle refuses the whole file for one learner whom
    it does not know, and gives the grades of a row without an id to the learner above: no such row is written.
    """

    default_file = "moodle.csv"
    COLUMNS = (("idnumber", "ID number"), ("username", "Username"), ("email", "Email address"))

    def rows(self, gradebook: Gradebook) -> Iterator[Sequence[object]]:
        """Yield one row for each learner."""
        ids = ids_of(gradebook)
        students = self.known(gradebook, ids)
        found = results(gradebook)
        assignments = self.shown(gradebook, found)

        def value(student: Student, kind: str) -> str:
            own = ids.get(student.id, {"idnumber": student.id, "email": student.email})
            return str(own.get(kind) or "")

        def whom(kind: str) -> list[Student]:
            values = [value(student, kind) for student in students]
            times = {each.casefold(): 0 for each in values}
            for each in values:
                times[each.casefold()] += 1
            # What a spreadsheet would run gets an apostrophe, and is no id any more.
            return [
                student
                for student, each in zip(students, values, strict=True)
                if each.strip() and each != "0" and times[each.casefold()] == 1 and safe_cell(each) == each
            ]

        best = max((kind for kind, _ in self.COLUMNS), key=lambda kind: len(whom(kind)))
        rows = whom(best)
        self.leave_out([each.id for each in students if each not in rows])
        columns = [(kind, title) for kind, title in self.COLUMNS if rows and set(rows) <= set(whom(kind))]
        columns = columns or [pair for pair in self.COLUMNS if pair[0] == best]
        self.log.info(message("grading.export.moodle", column=columns[0][1]))
        before, behind = (
            [pair for pair in columns if pair[0] != "email"],
            [pair for pair in columns if pair[0] == "email"],
        )
        yield (
            *(*(title for _, title in before), "First name", "Last name", *(title for _, title in behind)),
            *(each.name for each in assignments),
        )
        for student in rows:
            yield (
                *(*(value(student, kind) for kind, _ in before), student.first_name, student.last_name),
                *(value(student, kind) for kind, _ in behind),
                *(_score(found, each, student) for each in assignments),
            )


class Canvas(_ForPlatform):
    """A table for Canvas's "Grades → Import": its own five columns, then one column a lesson.

    Canvas knows learners by "ID", or else by "SIS User ID" (without its file: nbgrader's student id). The second row
    holds the points possible.
    """

    default_file = "canvas.csv"

    def rows(self, gradebook: Gradebook) -> Iterator[Sequence[object]]:
        """Yield the points possible, then one row for each learner."""
        ids = ids_of(gradebook)
        students = self.known(gradebook, ids)
        found = results(gradebook)
        assignments = self.shown(gradebook, found)
        yield ("Student", "ID", "SIS User ID", "SIS Login ID", "Section", *(each.name for each in assignments))
        yield ("Points Possible", "", "", "", "", *(each.max_score for each in assignments))
        for student in students:
            own = ids.get(student.id, {"sis": student.id, "login": student.email or student.id})
            name = ", ".join(part for part in (student.last_name, student.first_name) if part) or student.id
            if "Points Possible" in name:
                name = ""  # Canvas would read this row as the points possible
            scores = [_score(found, each, student) for each in assignments]
            yield (name, *(own.get(kind, "") for kind in ("canvas", "sis", "login", "section")), *scores)


def _score(found: dict[tuple[str, str], Result], assignment: Assignment, student: Student) -> float | str:
    result = found.get((assignment.name, student.id))
    return NO_GRADE if result is None else result.score


def duration(time: timedelta) -> str:
    """Return how long something is, in the unit in which people would say it.

    Examples
    --------
    >>> duration(timedelta(seconds=0.2)), duration(timedelta(seconds=82)), duration(timedelta(hours=50.5))
    ('1 s', '1 min', '50.5 h')
    """
    seconds = int(time.total_seconds())
    if seconds < 60:
        return f"{max(1, seconds)} s"  # not 0: late all the same
    if seconds < 3600:
        return f"{seconds // 60} min"
    return f"{number(seconds / 3600, '.1f')} h" if time.days < 3 else f"{time.days} d"


class Remarks(_Table):
    """What a teacher should look at: integrity reports, grades by hand that were overtaken, late, nothing handed in."""

    default_file = "remarks.csv"
    encoding = "utf-8-sig"  # it is read by people, in spreadsheets

    def rows(self, gradebook: Gradebook) -> Iterator[Sequence[object]]:
        """Yield one row for each thing to look at."""
        yield tuple(message(f"grading.remarks.{name}") for name in ("lesson", "learner", "name", "what", "why"))
        names = {
            each.id: f"{each.first_name or ''} {each.last_name or ''}".strip() for each in self.students(gradebook)
        }
        found = results(gradebook)
        for assignment in self.open_assignments(gradebook, found):
            rows = [*self._reports(gradebook, assignment), *self._overtaken(gradebook, assignment)]
            rows.sort(key=lambda row: (alphabetical(row[0]), row))
            rows += [(learner, message("grading.remarks.late"), why) for learner, why in self._late(assignment, found)]
            rows += [
                (learner, message("grading.remarks.nothing"), message("grading.remarks.nothing-why"))
                for learner in sorted(names, key=alphabetical)
                if (assignment.name, learner) not in found
            ]
            for learner, what, why in rows:
                if learner in names:
                    yield (assignment.name, learner, names[learner], what, why)

    def _reports(self, gradebook: Gradebook, assignment: Assignment) -> Iterator[tuple[str, str, str]]:
        for row in gradebook.db.scalars(select(GradedSubmission).where(GradedSubmission.lesson == assignment.name)):
            for key, sentence in json.loads(row.findings):
                if key != "no-notebook":
                    yield row.learner, message("grading.remarks.report"), sentence

    def _late(self, assignment: Assignment, found: dict[tuple[str, str], Result]) -> Iterator[tuple[str, str]]:
        """Yield who handed in late, by how much, and what it cost; or what an earlier due date still costs."""
        for (lesson, learner), result in sorted(found.items()):
            if lesson != assignment.name:
                continue
            facts = {"lesson": lesson, "penalty": number(result.penalty, "g")}
            if assignment.duedate and result.timestamp and result.timestamp > assignment.duedate:
                late = duration(result.timestamp - assignment.duedate)
                yield learner, message("grading.remarks.late-why", late=late, **facts)
            elif result.penalty:
                yield learner, message("grading.remarks.late-before", **facts)

    def _overtaken(self, gradebook: Gradebook, assignment: Assignment) -> Iterator[tuple[str, str, str]]:
        """Yield the scores that were given by hand and that the grader marked to be looked at again."""
        for each in overtaken_in(gradebook.db, assignment.name):
            facts = {
                "exercise": printable(each.grade_id),
                "manual": number(each.by_hand, "g"),
                "automatic": number(each.automatic, "g"),
            }
            yield each.learner, message("grading.remarks.manual"), message("grading.remarks.manual-why", **facts)
