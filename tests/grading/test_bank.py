"""The whole bank of answers, graded sealed: each wrong answer gets its own message, each right one passes."""

from __future__ import annotations

import json
import re
from copy import deepcopy
from functools import cache
from pathlib import Path

import pytest
from bank import bank, check_of, expected_key, name
from corpus import solution
from kernel import ROOT

from resnet_course import checks
from resnet_course.grading.batch import grade_all
from resnet_course.grading.graded import Question, Task
from resnet_course.grading.intake import Release, Submission, read_release
from resnet_course.language import languages

pytestmark = [pytest.mark.notebook, pytest.mark.xdist_group("bank"), pytest.mark.usefixtures("sandboxed")]


def brings_its_own_run(path: Path) -> bool:
    """Tell whether a file computes what a cell of the lesson computes: sealed, that cell's own run counts instead."""
    source = path.read_text(encoding="utf-8")
    return any(re.search(rf"^{each}\b.*=", source, re.MULTILINE) for each in check_of(path).uses)


WRONG = [path for path in bank("wrong_answers") if not brings_its_own_run(path)]
RIGHT = [path for path in bank("right_answers") if not brings_its_own_run(path)]
FILES = [*WRONG, *RIGHT]
assert len(set(map(name, FILES))) == len(FILES), "a wrong and a right answer have the same name"


def language_of(path: Path) -> str:
    """Return in which language a file is graded: each in one, the notebook's tests do both."""
    return languages()[FILES.index(path) % len(languages())]


@cache
def release_of(lesson: str, grade_id: str, language: str) -> Release:
    """Return a lesson with one exercise: grading the others as well would only take time."""
    whole = read_release(ROOT, lesson, language)
    notebook = deepcopy(whole.notebook)
    others = {test.id for test in whole.tests} - {grade_id}
    notebook.cells = [each for each in notebook.cells if each.id not in others]
    return Release(lesson, language, notebook)


def task_of(path: Path) -> Task:
    """Return a submission in which everything is right but for one exercise, which is answered as the file does."""
    check, language = check_of(path), language_of(path)
    made = solution(check.lesson, language)
    answers = [each for each in made.cells if checks.exercise_of(each.id) == check.grade_id]
    answers[0].source = path.read_text(encoding="utf-8")
    for each in answers[1:]:
        each.source = "# all of it stands in the first cell"
    content = json.dumps(made).encode()
    return Task(name(path), Submission(content), release_of(check.lesson, check.grade_id, language))


@pytest.fixture(scope="module")
def outcomes(request: pytest.FixtureRequest) -> dict[str, Question]:
    """The outcome of every file of the bank for which a test runs."""
    calls = (getattr(item, "callspec", None) for item in request.session.items if item.path == request.path)
    asked = [call.params["path"] for call in calls if call and "path" in call.params]
    return {graded.learner: graded.questions[0] for graded in grade_all(map(task_of, asked), jobs=2)}


@pytest.mark.parametrize("path", WRONG, ids=name)
def test_a_wrong_answer_gets_its_own_message(outcomes: dict[str, Question], path: Path) -> None:
    found = outcomes[name(path)]

    assert found.key == expected_key(path), found.text
    assert found.text.count("\n") >= 1


@pytest.mark.parametrize("path", RIGHT, ids=name)
def test_a_right_answer_passes(outcomes: dict[str, Question], path: Path) -> None:
    found = outcomes[name(path)]

    assert found.passed, found.text
