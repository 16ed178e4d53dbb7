"""The whole corpus, graded in every way that there is, each in one batch: 0 wrong outcomes.

What uses up its time is graded in two ways only. ``check-submission`` runs code without a sandbox: here it does so for
what is safe.
"""

from __future__ import annotations

import json
import os
import re
import shutil
import sqlite3
import subprocess
import sys
from collections.abc import Iterable, Iterator
from contextlib import closing
from dataclasses import dataclass, field
from pathlib import Path

import nbformat
import pytest
from corpus import CASES, DAEMON_SECONDS, Case, by_name, is_running, write_all
from course import make_course, nbgrader
from kernel import says

from resnet_course import checks
from resnet_course.grading.graded import Settings
from resnet_course.grading.inspection import inspect
from resnet_course.grading.kernels import Template
from resnet_course.grading.record import counted_key
from resnet_course.grading.sandbox import Limits

pytestmark = [
    pytest.mark.notebook,
    pytest.mark.xdist_group("corpus"),
    pytest.mark.usefixtures("sandboxed"),
]

BIN = Path(sys.executable).parent
LESSONS = sorted({case.lesson for case in CASES})
# Those who write a gradebook, and what they take.
GRADERS = {"autograde": CASES, "jobs-1": [case for case in CASES if not case.slow], "jobs-4": CASES}
WAYS = {**GRADERS, "check-submission": GRADERS["jobs-1"]}
SECRET = "SECRET-of-the-grader"
LATE = {way: set() if way in GRADERS else {"timestamp"} for way in WAYS}  # what a way does not look at
# Shorter than what teachers get, so that what never ends ends sooner here.
LIMITS = Limits(question_seconds=15, notebook_seconds=40)
CONFIG = f"""
c.SealedAutograde.question_seconds = {LIMITS.question_seconds}
c.SealedAutograde.notebook_seconds = {LIMITS.notebook_seconds}
"""


@dataclass
class Gradebook:
    """What a way of grading recorded."""

    course: Path
    points: dict[tuple[str, str, str], float] = field(default_factory=dict)
    most: dict[str, float] = field(default_factory=dict)
    keys: dict[tuple[str, str, str], str] = field(default_factory=dict)
    findings: dict[tuple[str, str], set[str]] = field(default_factory=dict)
    output: str = ""

    def read(self) -> None:
        with closing(sqlite3.connect(self.course / "gradebook.db")) as book:
            rows = book.execute(
                """
                SELECT s.student_id, a.name, b.name, g.auto_score
                FROM grade g JOIN submitted_notebook n ON g.notebook_id = n.id
                JOIN submitted_assignment s ON n.assignment_id = s.id
                JOIN assignment a ON s.assignment_id = a.id JOIN base_cell b ON g.cell_id = b.id
                """
            )
            self.points = {(learner, lesson, name): score for learner, lesson, name, score in rows}
            rows = book.execute("SELECT b.name, g.max_score FROM grade_cells g JOIN base_cell b ON g.id = b.id")
            self.most = dict(rows)
            rows = book.execute("SELECT learner, lesson, grade_id, key FROM resnet_course_verdict")
            self.keys = {(learner, lesson, name): key for learner, lesson, name, key in rows}
            rows = book.execute("SELECT learner, lesson, findings FROM resnet_course_submission")
            self.findings = {
                (learner, lesson): {key for key, _ in json.loads(found)} for learner, lesson, found in rows
            }

    def check(self, cases: Iterable[Case]) -> None:
        """Let ``check-submission`` look at the submissions instead."""
        with Template() as template:
            for case in cases:
                folder = self.course / "submitted" / case.learner / case.lesson
                graded = inspect(folder, case.lesson, template, Settings(LIMITS, closed=not case.safe))
                for each in graded.questions:
                    self.most[each.grade_id] = 1
                    self.points[case.learner, case.lesson, each.grade_id] = float(each.passed)
                    self.keys[case.learner, case.lesson, each.grade_id] = counted_key(each)
                self.findings[case.learner, case.lesson] = {key for key, _ in graded.findings}


@pytest.fixture(scope="module")
def released_course(tmp_path_factory: pytest.TempPathFactory) -> Path:
    course = tmp_path_factory.mktemp("released")
    for lesson in LESSONS:
        make_course(course, lesson)
    return course


def _run(command: list[str], course: Path) -> str:
    done = subprocess.run(
        command,
        cwd=course,
        env=os.environ | {"COURSE_LANGUAGE": "pt", "MPLBACKEND": "agg", "GRADER": SECRET},
        capture_output=True,
        text=True,
        timeout=580,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout + done.stderr


@pytest.fixture(scope="module")
def books(released_course: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, Gradebook]]:
    """The gradebook of each way, after the whole corpus."""
    found = {}
    for way, cases in WAYS.items():
        course = tmp_path_factory.mktemp(way) / "course"
        shutil.copytree(released_course, course)
        with (course / "nbgrader_config.py").open("a") as config:
            config.write(CONFIG)
        write_all(course, cases)
        book = found[way] = Gradebook(course)
        if way == "check-submission":
            book.check(cases)
            continue
        if way == "autograde":
            for lesson in LESSONS:
                book.output += _run([str(BIN / "nbgrader"), "autograde", lesson], course)
        else:
            book.output = _run([str(BIN / "resnet-course"), "grade", *LESSONS, "--jobs", way[-1]], course)
        book.read()
    yield found


@pytest.mark.parametrize(
    ("way", "case"),
    [pytest.param(way, case, id=f"{case.name}-{way}") for way, cases in WAYS.items() for case in cases],
)
def test_a_submission_comes_out_right(books: dict[str, Gradebook], way: str, case: Case) -> None:
    book = books[way]
    exercises = checks.LESSONS[case.lesson]
    points = {name: book.points[case.learner, case.lesson, name] for name in exercises}
    keys = {name: book.keys[case.learner, case.lesson, name] for name in exercises}

    assert points == {name: book.most[name] if name in case.passes else 0 for name in exercises}, (case.why, keys)
    assert keys == {name: "passed" if name in case.passes else keys[name] for name in exercises}
    assert {name: keys[name] for name in case.keys} == case.keys, case.why
    assert book.findings[case.learner, case.lesson] == case.findings - LATE[way], case.why
    assert "internal" not in keys.values()


def test_the_corpus_is_a_specification() -> None:
    assert len(CASES) >= 50
    assert all(case.why.endswith(("…", ".")) and len(case.why) < 200 for case in CASES)


@pytest.mark.parametrize("way", WAYS)
def test_all_ways_give_equal_grades(books: dict[str, Gradebook], way: str) -> None:
    first, other = books["jobs-4"], books[way]

    assert {name for name, points in other.points.items() if (points > 0) != (first.points[name] > 0)} == set()
    assert {name for name, key in other.keys.items() if key != first.keys[name]} == set()
    assert {name for name, found in other.findings.items() if found != first.findings[name] - LATE[way]} == set()


def test_the_same_submission_twice_gets_the_same_grade(books: dict[str, Gradebook]) -> None:
    once, twice = by_name("same-twice-1"), by_name("same-twice-2")
    for book in books.values():
        for name in checks.LESSONS[once.lesson]:
            assert book.points[once.learner, once.lesson, name] == book.points[twice.learner, twice.lesson, name]


@pytest.mark.parametrize("way", GRADERS)
def test_the_gradebook_is_whole(books: dict[str, Gradebook], way: str) -> None:
    with closing(sqlite3.connect(books[way].course / "gradebook.db")) as book:
        assert book.execute("PRAGMA integrity_check").fetchone() == ("ok",)
        learners = {name for (name,) in book.execute("SELECT id FROM student")}
        seeds = [seed for (seed,) in book.execute("SELECT seed FROM resnet_course_verdict WHERE key = 'passed'")]

    assert learners == {case.learner for case in GRADERS[way]}
    assert len(set(seeds)) == len(seeds)


@pytest.mark.parametrize("way", GRADERS)
def test_nothing_of_a_submission_is_left_on_the_machine(books: dict[str, Gradebook], way: str) -> None:
    course = books[way].course
    # The package stands beside the tests; a learner's code that could write anywhere would have written here.
    places = [course, Path(checks.__file__).parents[1], Path(sys.prefix), Path.home(), Path("/tmp")]
    traces = [path for place in places for path in place.glob(".trace-of-a-learner")]
    made = {path.name for path in course.iterdir()} - {".ipynb_checkpoints"}

    assert traces == []
    assert not Path("/tmp/exploded-in-the-grader").exists()
    assert made == {"autograded", "gradebook.db", "nbgrader_config.py", "notebooks", "solutions", "submitted"}
    assert not is_running(str(DAEMON_SECONDS))


@pytest.mark.parametrize("way", GRADERS)
def test_every_submission_has_a_notebook_for_feedback(books: dict[str, Gradebook], way: str) -> None:
    for case in GRADERS[way]:
        path = books[way].course / "autograded" / case.learner / case.lesson / f"{case.lesson}.ipynb"
        nbformat.validate(nbformat.read(path, as_version=4))
        assert path.stat().st_size < 3 * 2**20, case.name


def test_the_summary_counts_everybody(books: dict[str, Gradebook]) -> None:
    of_lesson = [case for case in CASES if case.lesson == "03_basic_block"]

    assert f"{len(of_lesson)} corrigidas" in books["jobs-4"].output


@pytest.fixture(scope="module")
def feedback(books: dict[str, Gradebook]) -> Path:
    course = books["jobs-4"].course
    nbgrader(course, "generate_feedback", "03_basic_block")
    return course / "feedback"


WITH_FEEDBACK = [case for case in CASES if case.lesson == "03_basic_block"]


def page(feedback: Path, name: str) -> str:
    case = by_name(name)
    return (feedback / case.learner / case.lesson / f"{case.lesson}.html").read_text(encoding="utf-8")


@pytest.mark.parametrize("case", WITH_FEEDBACK, ids=lambda case: case.name)
def test_feedback_runs_nothing_and_shows_no_hidden_test(feedback: Path, case: Case) -> None:
    html = page(feedback, case.name)

    assert not re.search(r'<[^>]* style="[^"]*(?:position|url\()', html)
    for live in ("<script>alert", "<img src=x", '<img src="x"', "<svg onload", "evil.example/4711'"):
        assert live not in html
    assert "def _shortcut_judge" not in html
    assert "NOTEBOOK_SEED" not in html


def test_feedback_shows_the_message_in_the_learners_language(feedback: Path) -> None:
    assert says(page(feedback, "half-right"), "blocks.no-shortcut", "en")
    assert says(page(feedback, "html-in-an-error"), "common.card.not-yet", "pt")
    assert "&lt;script&gt;alert(4711)" in page(feedback, "html-in-an-error")


def test_feedback_tells_what_the_grader_found(feedback: Path) -> None:
    assert says(page(feedback, "deleted-tests"), "grading.findings.missing-test", "en")
    assert says(page(feedback, "missing-notebook"), "common.faults.no-notebook", "pt")


def test_honest_work_gets_the_same_from_stock_nbgrader(
    books: dict[str, Gradebook], released_course: Path, tmp_path: Path
) -> None:
    honest = [case for case in CASES if case.honest]
    assert len(honest) >= 5
    course = tmp_path / "course"
    shutil.copytree(released_course, course)
    config = course / "nbgrader_config.py"
    assert "\ninstall()\n" in config.read_text(encoding="utf-8")
    config.write_text(config.read_text(encoding="utf-8").replace("\ninstall()\n", "\n"), encoding="utf-8")
    for case in honest:
        folder = course / "submitted" / case.learner / case.lesson
        folder.mkdir(parents=True)
        case.write(folder)
    _run([str(BIN / "nbgrader"), "autograde", "03_basic_block"], course)
    with closing(sqlite3.connect(course / "gradebook.db")) as book:
        tables = {name for (name,) in book.execute("SELECT name FROM sqlite_master")}
        rows = book.execute(
            """
            SELECT s.student_id, SUM(COALESCE(g.auto_score, 0))
            FROM grade g JOIN submitted_notebook n ON g.notebook_id = n.id
            JOIN submitted_assignment s ON n.assignment_id = s.id GROUP BY s.student_id
            """
        )
        stock = dict(rows)

    assert "resnet_course_verdict" not in tables
    for way in GRADERS:
        ours = {
            case.learner: sum(
                books[way].points[case.learner, case.lesson, name] for name in checks.LESSONS[case.lesson]
            )
            for case in honest
        }
        assert ours == stock
