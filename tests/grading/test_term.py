"""A term: 60 learners, eight lessons, two instructors; the platform has at the end what was earned, to the point.

Nothing runs here: a submission says itself which exercises are right, and `CourseGradebook.record` takes the grades.
"""

from __future__ import annotations

import csv
import random
import shutil
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path

import pytest
from course import empty_course
from nbgrader.api import Gradebook
from platforms import Canvas, Moodle, Upload, User

from resnet_course import checks
from resnet_course.grading.autograde import read_timestamp
from resnet_course.grading.collect import collect, take_roster
from resnet_course.grading.export import Canvas as CanvasTable
from resnet_course.grading.export import Moodle as MoodleTable
from resnet_course.grading.export import Remarks
from resnet_course.grading.graded import Graded, Question
from resnet_course.grading.record import CourseGradebook
from resnet_course.grading.returning import export_feedback

LESSONS = [lesson for lesson in checks.LESSONS if not lesson.startswith("00")]
POINTS = {"first": 3.0, "second": 4.5, "third": 2.5}
PENALTY = 1.25
START = datetime(2025, 3, 7, 12)
NAMES = ["Ana", "João", "Zoë", "Mary Ann", "Íris", "O’Neil", "Bo"]


@dataclass
class Truth:
    """What a learner did in a lesson."""

    attempts: list[frozenset[str]] = field(default_factory=list)
    late: bool = False
    manual: float | None = None  # for the exercise `second`

    def points(self) -> float | None:
        if not self.attempts:
            return None
        scores = {name: most if name in self.attempts[-1] else 0.0 for name, most in POINTS.items()}
        if self.manual is not None:
            scores["second"] = self.manual
        return max(0.0, sum(scores.values()) - (PENALTY if self.late else 0.0))


def make_class() -> list[User]:
    users = []
    for number in range(60):
        first, last = NAMES[number % len(NAMES)], f"Silva {'ABCDEFGHIJ'[number // 7]}"
        users.append(User(400 + number, first, last, f"2025{number:03}", f"u{number}@example.org"))
    return users


def make_truth(users: list[User]) -> dict[tuple[User, str], Truth]:
    """Draw who hands in what; two learners never do, a learner is late in every lesson, and one does all right."""
    draw = random.Random(16)
    truth = {}
    for index, lesson in enumerate(LESSONS):
        for number, user in enumerate(users):
            each = truth[user, lesson] = Truth()
            if number < 2 or draw.random() < 0.15 + 0.02 * index:
                continue
            each.attempts.append(frozenset(name for name in POINTS if number == 3 or draw.random() < 0.6))
            each.late = number == 2 or draw.random() < 0.1
            if index % 2 and draw.random() < 0.25:
                each.attempts.append(frozenset(name for name in POINTS if draw.random() < 0.8))
            if draw.random() < 0.1:
                each.manual = draw.choice([0.0, 1.75, 4.25])
    return truth


@pytest.fixture(scope="module")
def released(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A course with eight lessons of three exercises, in which nothing is handed in."""
    course = tmp_path_factory.mktemp("course")
    with Gradebook(empty_course(course), "resnet-course") as book:
        for index, lesson in enumerate(LESSONS):
            book.add_assignment(lesson, duedate=START + timedelta(weeks=index))
            book.add_notebook(lesson, lesson)
            for name, most in POINTS.items():
                book.add_grade_cell(name, lesson, lesson, max_score=most, cell_type="code")
    return course


class Term:
    """The class, its platform, and two instructors at one gradebook."""

    def __init__(self, course: Path, folder: Path, platform: Moodle | Canvas) -> None:
        self.course, self.folder, self.platform = course, folder, platform
        self.truth = make_truth(platform.users)
        url = f"sqlite:///{course}/gradebook.db"
        self.instructors = [CourseGradebook(url, "resnet-course"), CourseGradebook(url, "resnet-course")]

    def collect(self, lesson: str, attempt: int) -> str:
        """Download what stands in the platform then, and collect it."""
        due = START + timedelta(weeks=LESSONS.index(lesson))
        uploads, times = [], {}
        for user in self.platform.users:
            each = self.truth[user, lesson]
            if each.attempts:
                answers = each.attempts[min(attempt, len(each.attempts) - 1)]
                uploads.append(Upload(user, f"{lesson}.ipynb", ",".join(sorted(answers)).encode() or b"-", each.late))
                moment = due + timedelta(hours=2 if each.late else -5)
                times[user.id] = moment.strftime("%A, %d %B %Y, %I:%M %p")
        download = self.platform.download(lesson, uploads, self.folder / "download.zip")
        roster = self.folder / "roster.csv"
        if isinstance(self.platform, Moodle):
            (self.folder / "participants.csv").write_text(self.platform.participants(), encoding="utf-8")
            roster.write_text(self.platform.worksheet(lesson, times), encoding="utf-8")
            if lesson == LESSONS[0] and not attempt:
                take_roster(self.course, self.folder / "participants.csv")
        else:
            roster.write_text(self.platform.gradebook(), encoding="utf-8")
        return collect(self.course, download, lesson, roster=roster, timezone="UTC")

    def grade(self, lesson: str) -> None:
        """Let two instructors grade in turn what was collected, as the grader does."""
        done = self.instructors[0].recorded_digests(lesson)
        for number, folder in enumerate(sorted((self.course / "submitted").glob(f"*/{lesson}"))):
            text = (folder / f"{lesson}.ipynb").read_text()
            if done.get(folder.parent.name) == text:
                continue
            right = text.split(",")
            questions = [Question(name, "passed" if name in right else "unsolved", "…", 7, 0.1) for name in POINTS]
            graded = Graded(folder.parent.name, lesson, "en", text, tuple(questions), (), "{}", "v")
            book = self.instructors[number % 2]
            submission = book.record(graded, read_timestamp(folder))
            if submission.total_seconds_late > 0:
                book.find_submission_notebook(lesson, lesson, graded.learner).late_submission_penalty = PENALTY
            book.db.commit()

    def give_points_by_hand(self, lesson: str) -> None:
        for number, user in enumerate(self.platform.users):
            manual = self.truth[user, lesson].manual
            if manual is not None:
                book = self.instructors[number % 2]
                grade = book.find_grade("second", lesson, lesson, user.number)
                grade.manual_score, grade.needs_manual_grade = manual, False
                book.db.commit()

    def hand_back(self, lesson: str) -> None:
        for folder in (self.course / "submitted").glob(f"*/{lesson}"):
            page = self.course / "feedback" / folder.parent.name / lesson / f"{lesson}.html"
            page.parent.mkdir(parents=True)
            page.write_text(f"feedback for {folder.parent.name}")
        assert "feedback for" in export_feedback(self.course, lesson, self.folder / "feedback.zip")

    def export(self) -> str:
        table = MoodleTable if isinstance(self.platform, Moodle) else CanvasTable
        path = self.folder / "grades.csv"
        table(to=str(path)).export(self.instructors[0])
        self.instructors[0].db.rollback()
        return path.read_text(encoding="utf-8")

    def reconcile(self, lessons: list[str]) -> None:
        """Compare what the platform has with what was earned."""
        expected = {
            (user.id, lesson): each.points() for (user, lesson), each in self.truth.items() if lesson in lessons
        }
        assert self.platform.grades == expected
        for user in self.platform.users:
            total = sum(self.truth[user, lesson].points() or 0.0 for lesson in lessons)
            assert sum(grade or 0.0 for (who, _), grade in self.platform.grades.items() if who == user.id) == total


@pytest.fixture(params=[Moodle, Canvas])
def term(request: pytest.FixtureRequest, released: Path, tmp_path: Path) -> Term:
    course = tmp_path / "course"
    shutil.copytree(released, course)
    made = Term(course, tmp_path, request.param(make_class()))
    request.addfinalizer(lambda: [book.close() for book in made.instructors])
    return made


def test_a_term_is_reconciled_to_the_last_point(term: Term) -> None:
    middle = LESSONS[: len(LESSONS) // 2]
    for lesson in LESSONS:
        term.collect(lesson, 0)
        term.grade(lesson)
        term.give_points_by_hand(lesson)
        if any(len(term.truth[user, lesson].attempts) > 1 for user in term.platform.users):
            told = term.collect(lesson, 1)
            assert "what they had handed in before is in" in told
            term.grade(lesson)
        if lesson == middle[-1]:
            import_grades(term)
            term.reconcile(middle)
    text = term.export()
    import_grades(term)
    term.reconcile(LESSONS)

    assert ",-," in text  # who handed in nothing has no grade, not a zero

    lesson = LESSONS[1]
    if isinstance(term.platform, Moodle):
        term.hand_back(lesson)
        assert term.platform.import_feedback(lesson, term.folder / "feedback.zip") == []
        assert term.platform.feedback == {
            (user.id, lesson): {f"{lesson}.html": f"feedback for {user.number}".encode()}
            for user in term.platform.users
            if term.truth[user, lesson].attempts
        }

    Remarks(to=str(term.folder / "remarks.csv")).export(term.instructors[0])
    with (term.folder / "remarks.csv").open(encoding="utf-8-sig", newline="") as file:
        rows = list(csv.DictReader(file))
    overtaken = {
        (user.number, lesson)
        for (user, lesson), each in term.truth.items()
        if each.manual is not None and each.attempts[0] != each.attempts[-1]
    }
    assert overtaken
    nothing = {(user.number, lesson) for (user, lesson), each in term.truth.items() if not each.attempts}
    assert {(row["learner"], row["lesson"]) for row in rows if row["what"] == "grade by hand"} == overtaken
    assert {(row["learner"], row["lesson"]) for row in rows if row["what"] == "nothing handed in"} == nothing


def import_grades(term: Term) -> None:
    text = term.export()
    if isinstance(term.platform, Moodle):
        term.platform.import_grades(text, "ID number", LESSONS)
    else:
        assert term.platform.import_grades(text)[0] == []
