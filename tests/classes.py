"""Classes made from the banks of answers, of which is known what a report must find in them."""

from __future__ import annotations

import ast
import json
import random
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from hashlib import sha256
from typing import Any

from bank import bank, expected_key
from kernel import released, solved
from nbgrader.api import Assignment, Gradebook, GradeCell, Notebook, Student
from sqlalchemy import insert

from resnet_course import checks
from resnet_course.grading.likeness import statements
from resnet_course.grading.record import CourseGradebook, GradedAnswer, GradedQuestion, GradedSubmission

LESSONS = tuple(lesson for lesson in checks.LESSONS if lesson != "00_start_here")


@dataclass(frozen=True)
class Answer:
    """An answer, and what the learner who handed it in was told."""

    key: str
    source: str


@cache
def rights(grade_id: str) -> tuple[Answer, ...]:
    """Return the bank's right answers to an exercise: each written in a way of its own."""
    return tuple(Answer("passed", each.read_text("utf-8")) for each in _files("right_answers", grade_id))


@cache
def wrongs(grade_id: str) -> tuple[Answer, ...]:
    """Return the bank's wrong answers to an exercise."""
    return tuple(Answer(expected_key(each), each.read_text("utf-8")) for each in _files("wrong_answers", grade_id))


@cache
def slips(grade_id: str) -> tuple[Answer, ...]:
    """Return the wrong answers that are the course's own but for a statement or two: nobody is recognised by them."""
    usual = set(statements(solution(grade_id)))
    return tuple(each for each in wrongs(grade_id) if len(set(statements(each.source)) - usual) <= 2)


def _files(kind: str, grade_id: str) -> list[Any]:
    return [each for each in bank(kind) if each.parent.name == checks.attribute(grade_id)]


@cache
def solution(grade_id: str) -> str:
    """Return the course's own answer."""
    return "\n\n".join(
        cell.source for cell in solved(_home(grade_id), "en").cells if checks.exercise_of(cell.id) == grade_id
    )


@cache
def stub(grade_id: str) -> str:
    """Return what stands in an exercise's cells before anybody has written anything."""
    return "\n\n".join(
        cell.source for cell in released(_home(grade_id), "en").cells if checks.exercise_of(cell.id) == grade_id
    )


def _home(grade_id: str) -> str:
    return next(lesson for lesson, ids in checks.LESSONS.items() if grade_id in ids)


Work = Mapping[
    str, Mapping[str, Sequence[Answer]]
]  # learner → exercise → its answers in one submission after the other


def release(url: str, lessons: Iterable[str] = LESSONS) -> None:
    """Make a gradebook that knows some lessons, as `nbgrader generate_assignment` does."""
    with Gradebook(url, "course") as book:
        for lesson in lessons:
            notebook = Notebook(name=lesson, assignment=Assignment(name=lesson, course_id="course"))
            for cell in released(lesson, "en").cells:
                noted = cell.metadata.get("nbgrader", {})
                if noted.get("grade"):
                    facts = {"max_score": noted["points"], "cell_type": "code"}
                    book.db.add(GradeCell(name=noted["grade_id"], notebook=notebook, **facts))
        book.db.commit()


def write(url: str, work: Work, names: Mapping[str, tuple[str, str]] | None = None) -> None:
    """Write a class's outcomes into a gradebook, as if they had been graded."""
    questions, answers, submissions = [], [], {}
    for learner, of_learner in work.items():
        for grade_id, history in of_learner.items():
            keys = {"learner": learner, "lesson": _home(grade_id)}
            last = history[-1]
            told = [[each.key, sha256(each.source.encode()).hexdigest()[:16]] for each in history]
            facts = {"key": last.key, "passed": last.key == "passed", "text": "", "seed": 0, "seconds": 0.0}
            questions.append({**keys, "grade_id": grade_id, **facts})
            answers.append({**keys, "grade_id": grade_id, "source": last.source, "told": json.dumps(told)})
            submissions[tuple(keys.values())] = keys
    facts = {"digest": "d", "language": "en", "findings": "[]", "versions": "", "graded_at": ""}
    called = names or {}
    students = [
        {"id": each, "first_name": called.get(each, ("", ""))[0], "last_name": called.get(each, ("", ""))[1]}
        for each in work
    ]
    with CourseGradebook(url, "course") as book:
        book.db.execute(insert(Student), students)
        book.db.execute(insert(GradedQuestion), questions)
        book.db.execute(insert(GradedAnswer), answers)
        book.db.execute(insert(GradedSubmission), [{**keys, **facts} for keys in submissions.values()])
        book.db.commit()


# What `made_class` plants, exercise by exercise.
HARD = "shortcut"
SEPARATES_NOBODY = "conv-cost"
STAYS = "bottleneck"  # who has it wrong hands the same in again
UNHELPFUL = "make-layer"  # who has it wrong changes the answer, and is told the same


def made_class(count: int, lessons: Sequence[str] = LESSONS, seed: int = 0) -> dict[str, dict[str, list[Answer]]]:
    """Make a class with the faults above; who is able has more right, and half of them hand in twice."""
    draw = random.Random(seed)
    return {f"learner{number:04}": _work(draw, lessons, twice=number % 2 == 0) for number in range(count)}


def _work(draw: random.Random, lessons: Sequence[str], *, twice: bool) -> dict[str, list[Answer]]:
    ability = draw.gauss(0, 1)
    work = {}
    for grade_id in (each for lesson in lessons for each in checks.LESSONS[lesson]):
        able = draw.gauss(0, 1) if grade_id == SEPARATES_NOBODY else ability + draw.gauss(0, 0.8)
        right = Answer("passed", solution(grade_id))
        slip = draw.choice(slips(grade_id))
        if able > (1.4 if grade_id == HARD else -0.3):
            history = [right, right]
        elif grade_id == STAYS:
            history = [misconception(grade_id)] * 2
        elif grade_id == SEPARATES_NOBODY:  # nor does it help to hand in twice, which helps in all others
            history = [slip] * 2
        elif grade_id == UNHELPFUL:
            told = misconception(grade_id)
            history = [told, Answer(told.key, f"{told.source}\ntried = 2")]
        else:
            history = [slip, right if draw.random() < 0.5 else draw.choice(slips(grade_id))]
        work[grade_id] = history if twice else history[:1]
    return work


def misconception(grade_id: str) -> Answer:
    """Return the wrong answer that stands for a planted misconception."""
    return wrongs(grade_id)[0]


def disguised(source: str) -> str:
    """Return a copy of an answer as somebody makes it who does not want it to be seen: other names, order, comments."""
    tree = ast.parse(source)
    stored = {node.id for node in ast.walk(tree) if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store)}
    taken = {node.arg for node in ast.walk(tree) if isinstance(node, ast.arg)} - {"self"}
    names = {name: f"my_{name}" for name in stored | taken}
    for node in ast.walk(tree):
        if isinstance(node, ast.Name):
            node.id = names.get(node.id, node.id)
        elif isinstance(node, ast.arg):
            node.arg = names.get(node.arg, node.arg)
        elif isinstance(node, ast.ClassDef):
            node.body.reverse()
        if isinstance(node, ast.FunctionDef) and node.name == "__init__":
            node.body[1:] = reversed(node.body[1:])
    return f"# all my own work\n{ast.unparse(tree)}\n"
