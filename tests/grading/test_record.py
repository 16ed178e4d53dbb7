"""The gradebook: whole submissions, several graders at once, on SQLite and on PostgreSQL."""

from __future__ import annotations

import multiprocessing
import os
import shutil
from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest
from nbgrader.api import Gradebook
from postgresql import database
from sqlalchemy import text

from resnet_course.grading import GradingError
from resnet_course.grading.graded import Graded, Question
from resnet_course.grading.record import CourseGradebook, Overtaken

pytestmark = [pytest.mark.notebook, pytest.mark.xdist_group("record")]

LESSON = "03_basic_block"
POINTS = {"conv3x3": 1.0, "basic-block": 4.0, "shortcut": 2.0}


def graded(learner: str, *passed: str, digest: str = "d1") -> Graded:
    questions = [Question(name, "passed" if name in passed else "unsolved", f"about {name}", 7, 0.1) for name in POINTS]
    return Graded(learner, LESSON, "en", digest, tuple(questions), (("moved", "Moved."),), "{}", "versions")


def release(url: str) -> None:
    """Make a gradebook that knows a lesson, as `nbgrader generate_assignment` does."""
    with Gradebook(url, "course") as book:
        book.update_or_create_assignment(LESSON)
        book.update_or_create_notebook(LESSON, LESSON)
        for name, most in POINTS.items():
            book.update_or_create_grade_cell(name, LESSON, LESSON, max_score=most, cell_type="code")
            book.update_or_create_solution_cell(f"{name}-answer", LESSON, LESSON)


@pytest.fixture(scope="module")
def sqlite(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("book") / "gradebook.db"
    release(f"sqlite:///{path}")
    return path


@pytest.fixture(scope="module")
def postgresql() -> Iterator[str]:
    with database() as url:
        release(url)
        yield url


@pytest.fixture(params=["sqlite", "postgresql"])
def url(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    """A gradebook that knows the lesson, and nobody's work yet."""
    if request.param == "postgresql":
        found = request.getfixturevalue("postgresql")
        with CourseGradebook(found, "course") as book:
            for learner in list(book.students):
                book.remove_student(learner.id)
            for table in ("resnet_course_verdict", "resnet_course_submission", "resnet_course_answer"):
                book.db.execute(text(f"DELETE FROM {table}"))
            book.db.commit()
        yield found
    else:
        copied = shutil.copy(request.getfixturevalue("sqlite"), tmp_path / "gradebook.db")
        yield f"sqlite:///{copied}"


@pytest.fixture
def book(url: str) -> Iterator[CourseGradebook]:
    with CourseGradebook(url, "course") as made:
        yield made


def scores(book: CourseGradebook, learner: str) -> dict[str, float]:
    notebook = book.find_submission_notebook(LESSON, LESSON, learner)
    found = {grade.name: grade.score for grade in notebook.grades}
    book.db.rollback()
    return found


def verdicts(book: CourseGradebook) -> list[Any]:
    rows = book.db.execute(text("SELECT learner, grade_id, key, passed FROM resnet_course_verdict ORDER BY 1, 2")).all()
    book.db.rollback()
    return [tuple(row) for row in rows]


def test_scores_comments_and_verdicts_are_recorded(book: CourseGradebook) -> None:
    assert book.points(LESSON) == POINTS
    book.record(graded("ana", "conv3x3", "shortcut"), datetime(2025, 1, 2))

    assert scores(book, "ana") == {"conv3x3": 1, "basic-block": 0, "shortcut": 2}
    assert ("ana", "basic-block", "unsolved", False) in verdicts(book)
    assert book.recorded_digests(LESSON) == {"ana": "d1"}
    comments = {each.name: each.comment for each in book.find_submission_notebook(LESSON, LESSON, "ana").comments}
    assert comments["basic-block-answer"] == "about basic-block"
    assert comments["shortcut-answer"] is None
    assert book.find_submission(LESSON, "ana").timestamp == datetime(2025, 1, 2)


def test_a_worse_resubmission_replaces_the_better_one(book: CourseGradebook) -> None:
    book.record(graded("ana", *POINTS))
    book.record(graded("ana", "conv3x3", digest="d2"))

    assert scores(book, "ana") == {"conv3x3": 1, "basic-block": 0, "shortcut": 0}
    assert len(verdicts(book)) == 3
    assert book.recorded_digests(LESSON) == {"ana": "d2"}


def test_an_exercise_that_the_grader_knows_nothing_of_earns_nothing(book: CourseGradebook) -> None:
    book.record(graded("ana", *POINTS))
    without = graded("ana", *POINTS)
    book.record(replace(without, questions=without.questions[:1]))

    assert scores(book, "ana") == {"conv3x3": 1, "basic-block": 0, "shortcut": 0}


def told(book: CourseGradebook) -> dict[str, list[str]]:
    return {verdict.grade_id: [key for key, _ in verdict.told] for verdict, _ in book.outcomes([LESSON])}


def test_what_was_told_of_one_submission_after_the_other_is_kept(book: CourseGradebook) -> None:
    for digest, passed in (("d1", []), ("d2", ["shortcut"]), ("d3", ["shortcut", "conv3x3"])):
        book.record(replace(graded("ana", *passed, digest=digest), answers={"shortcut": f"x = {digest!r}"}))

    assert told(book) == {
        "conv3x3": ["unsolved", "unsolved", "passed"],
        "basic-block": ["unsolved"] * 3,
        "shortcut": ["unsolved", "passed", "passed"],
    }
    answers = {verdict.grade_id: source for verdict, source in book.outcomes()}
    assert answers == {"conv3x3": "", "basic-block": "", "shortcut": "x = 'd3'"}


def test_the_same_notebook_graded_again_is_no_further_submission(book: CourseGradebook) -> None:
    book.record(graded("ana"))
    book.record(graded("ana", "shortcut"))

    assert told(book)["shortcut"] == ["passed"]


def test_of_very_many_submissions_the_first_and_the_last_are_kept(book: CourseGradebook) -> None:
    book.record(graded("ana", digest="first"))
    for number in range(30):
        book.record(graded("ana", "shortcut", digest=f"d{number}"))

    assert told(book)["shortcut"] == ["unsolved", *["passed"] * 19]


def test_the_record_of_an_earlier_version_is_gone_on_with(book: CourseGradebook) -> None:
    book.record(graded("ana"))
    book.record(graded("bia"))
    book.db.execute(text("DROP TABLE resnet_course_answer"))
    book.db.commit()
    with CourseGradebook(str(book.engine.url.render_as_string(hide_password=False)), "course") as newer:
        assert told(newer)["shortcut"] == ["unsolved"]
        newer.record(graded("ana", "shortcut", digest="d2"))
        newer.record(graded("bia", "shortcut"))
        found = {verdict.learner: verdict for verdict, _ in newer.outcomes() if verdict.grade_id == "shortcut"}

    assert [key for key, _ in found["ana"].told] == ["unsolved", "passed"]
    assert [key for key, _ in found["bia"].told] == ["passed"]


def test_what_a_report_reads(book: CourseGradebook) -> None:
    book.record(graded("ana", "shortcut"))
    book.record(graded("bia"))
    book.update_or_create_student("ana", first_name="Ana", last_name="Sá")

    assert book.all_points() == {(LESSON, name): most for name, most in POINTS.items()}
    assert book.names() == {"ana": "Ana Sá (ana)", "bia": "bia"}
    found = [(each.learner, each.grade_id, each.key) for each, _ in book.outcomes([LESSON])]
    assert found == [row[:3] for row in verdicts(book)]
    assert book.outcomes(["01_vanishing_gradient"]) == []


def test_a_score_given_by_hand_stays_and_is_marked(book: CourseGradebook) -> None:
    book.record(graded("ana"))
    grade = book.find_grade("basic-block", LESSON, LESSON, "ana")
    grade.manual_score = 3.5
    book.db.commit()
    book.record(graded("ana", "conv3x3", digest="d2"))

    assert scores(book, "ana") == {"conv3x3": 1, "basic-block": 3.5, "shortcut": 0}
    assert book.find_grade("basic-block", LESSON, LESSON, "ana").needs_manual_grade
    assert not book.find_grade("conv3x3", LESSON, LESSON, "ana").needs_manual_grade


def by_hand(book: CourseGradebook, score: float) -> None:
    grade = book.find_grade("basic-block", LESSON, LESSON, "ana")
    grade.manual_score, grade.needs_manual_grade = score, False
    book.db.commit()


def test_a_score_by_hand_that_a_right_submission_overtook_is_told_until_somebody_decides(book: CourseGradebook) -> None:
    book.record(graded("ana"))
    by_hand(book, 2.5)
    assert book.overtaken(LESSON) == []
    book.record(graded("ana", *POINTS, digest="d2"))

    assert book.overtaken(LESSON) == [Overtaken("ana", "basic-block", 2.5, 4.0, 4.0)]
    assert book.standings(LESSON, ["ana"])["ana"].points == 5.5
    by_hand(book, 4)
    book.record(graded("ana", *POINTS, digest="d2"))  # the same again: nothing to decide
    assert book.overtaken(LESSON) == []


def test_a_comment_on_an_earlier_submission_says_so(book: CourseGradebook) -> None:
    def comment() -> Any:
        comments = book.find_submission_notebook(LESSON, LESSON, "ana").comments
        return next(each for each in comments if each.name == "basic-block-answer")

    book.record(graded("ana"))
    comment().manual_comment = "Look at the shortcut."
    book.db.commit()
    book.record(graded("ana"))  # the same notebook, graded once more
    assert comment().comment == "Look at the shortcut."
    for digest in ("d2", "d3"):
        book.record(replace(graded("ana", digest=digest), language="pt"))

    assert comment().comment == "(Isto foi escrito sobre uma entrega anterior.) Look at the shortcut."


def test_a_released_bug_that_nobody_touched_is_no_misconception(book: CourseGradebook) -> None:
    before = graded("ana")
    questions = tuple(replace(each, key="bug-a", begun=each.grade_id != "shortcut") for each in before.questions)
    book.record(replace(before, questions=questions))

    assert told(book) == {
        "basic-block": ["bug-a"],
        "conv3x3": ["bug-a"],
        "shortcut": ["unsolved"],
    }


def test_standings_are_those_of_the_gradebook(book: CourseGradebook) -> None:
    book.record(graded("ana", *POINTS))
    book.record(graded("zoë", "conv3x3"))
    book.find_submission_notebook(LESSON, LESSON, "ana").late_submission_penalty = 1.5
    book.db.commit()
    found = book.standings(LESSON, ["ana", "zoë", "nobody"])

    assert {learner: each.points for learner, each in found.items()} == {"ana": 5.5, "zoë": 1.0}
    assert found["zoë"].keys["shortcut"] == "unsolved"
    assert found["zoë"].findings == [("moved", "Moved.")]


def flagged(book: CourseGradebook) -> bool:
    (row,) = book.notebook_submission_dicts(LESSON, LESSON)  # what formgrader lists
    return bool(row["flagged"])


def test_formgrader_shows_who_is_flagged(book: CourseGradebook) -> None:
    book.record(graded("ana"))
    assert not flagged(book)
    suspicious = replace(graded("ana", digest="d2"), findings=(("reference", "Imports it."),))
    book.record(suspicious)
    assert flagged(book)
    book.find_submission_notebook(LESSON, LESSON, "ana").flagged = False
    book.db.commit()
    book.record(suspicious)
    assert not flagged(book)  # somebody has looked


def test_a_teachers_own_flag_stays_and_the_graders_goes_with_its_reason(book: CourseGradebook) -> None:
    book.record(replace(graded("ana"), findings=(("machinery", "Mentions it."),)))
    book.record(graded("ana", digest="d2"))
    assert not flagged(book)
    book.find_submission_notebook(LESSON, LESSON, "ana").flagged = True
    book.db.commit()
    book.record(graded("ana", digest="d3"))
    assert flagged(book)


def test_what_is_said_of_one_part_stands_under_that_part(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path / 'parts.db'}"
    parts = [f"find-the-bug-{part}-answer" for part in "abc"]
    with Gradebook(url, "course") as plain:
        plain.update_or_create_assignment(LESSON)
        plain.update_or_create_notebook(LESSON, LESSON)
        plain.update_or_create_grade_cell("find-the-bug", LESSON, LESSON, max_score=3, cell_type="code")
        for part in parts:
            plain.update_or_create_solution_cell(part, LESSON, LESSON)
    question = Question("find-the-bug", "still-broken-b", "BlockB: The bug is still there", 7, 0.1, part=parts[1])
    with CourseGradebook(url, "course") as book:
        book.record(replace(graded("ana"), questions=(question,)))
        notebook = book.find_submission_notebook(LESSON, LESSON, "ana")
        assert {each.name: each.comment for each in notebook.comments if each.comment} == {parts[1]: question.text}
        book.record(replace(graded("ana"), questions=(replace(question, part=""),)))
        assert {each.name for each in notebook.comments if each.comment} == set(parts)


def test_a_learners_name_is_a_name_and_nothing_else(book: CourseGradebook) -> None:
    for name in ("=cmd|' /C calc'!A0", "Robert'); DROP TABLE student;--", "Zoë", "%s %(x)s"):
        book.record(graded(name, "conv3x3"))
        assert scores(book, name)["conv3x3"] == 1


def _grade_some(url: str, learners: list[str], passed: list[str]) -> None:
    with CourseGradebook(url, "course") as book:
        for learner in learners:
            book.record(graded(learner, *passed))


def test_two_graders_at_once_lose_nothing(url: str) -> None:
    context = multiprocessing.get_context("spawn")
    shared = [f"both-{number}" for number in range(15)]
    work = [
        [*shared, *(f"one-{number}" for number in range(15))],
        [*shared, *(f"two-{number}" for number in range(15))],
    ]
    graders = [context.Process(target=_grade_some, args=(url, learners, ["conv3x3"])) for learners in work]
    for grader in graders:
        grader.start()
    for grader in graders:
        grader.join(240)

    assert [grader.exitcode for grader in graders] == [0, 0]
    with CourseGradebook(url, "course") as book:
        assert len(book.students) == 45
        found = verdicts(book)
        assert len(found) == 45 * 3
        assert {learner for learner, *_ in found} == set(work[0]) | set(work[1])
        assert all(scores(book, learner)["conv3x3"] == 1 for learner in shared)


def test_a_gradebook_that_does_not_know_the_lesson_says_so(book: CourseGradebook) -> None:
    with pytest.raises(GradingError, match="nbgrader generate_assignment 01_vanishing_gradient"):
        book.points("01_vanishing_gradient")


@pytest.mark.parametrize(
    "url",
    ["sqlite:////nowhere/gradebook.db", "postgresql+psycopg2://teacher:secret@127.0.0.1:9/none"],
    ids=["sqlite", "postgresql"],
)
def test_a_database_that_cannot_be_reached_is_named_without_its_password(url: str) -> None:
    with pytest.raises(GradingError) as caught:
        CourseGradebook(url, "course")

    assert "cannot be reached" in str(caught.value)
    assert "secret" not in str(caught.value)


def test_a_gradebook_that_we_may_only_read_is_named_before_anything_is_graded(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    address = f"sqlite:///{tmp_path}/gradebook.db"
    CourseGradebook(address, "course").close()
    monkeypatch.setattr(os, "access", lambda path, _: Path(path).is_dir())  # root may write to everything

    with pytest.raises(GradingError, match=r"gradebook\.db.* cannot be reached: "):
        CourseGradebook(address, "course")
