"""Answers that are alike: copies are found, whatever they are called; independent answers are not."""

from __future__ import annotations

import random
import time
from functools import cache

import pytest
from classes import LESSONS, Answer, disguised, rights, solution, stub, wrongs
from kernel import ROOT

from resnet_course import checks
from resnet_course.grading.class_report import _explained
from resnet_course.grading.likeness import Alike, alike, statements

CLASS = 60


@cache
def explained(lesson: str) -> tuple[dict[str, list[str]], set[str]]:
    return _explained(ROOT, lesson)


def independent(lesson: str, seed: int) -> dict[str, dict[str, str]]:
    """Return a class in which everybody has an answer of their own: the bank's right ones, or the textbook's."""
    draw = random.Random(seed)
    answers: dict[str, dict[str, str]] = {}
    for grade_id in checks.LESSONS[lesson]:
        sources = [each.source for each in rights(grade_id)]
        sources += [solution(grade_id)] * (CLASS - len(sources))
        draw.shuffle(sources)
        answers[grade_id] = {f"learner{number:02}": source for number, source in enumerate(sources)}
    return answers


def compare(lesson: str, answers: dict[str, dict[str, str]]) -> list[Alike]:
    return alike(answers, *explained(lesson))


@pytest.mark.parametrize("lesson", LESSONS)
def test_independent_right_answers_are_not_alike(lesson: str) -> None:
    for seed in range(3):
        assert compare(lesson, independent(lesson, seed)) == []


@pytest.mark.parametrize("lesson", ["01_vanishing_gradient", "02_residual_gradient", "06_transfer_learning"])
def test_copies_are_found_with_other_names_and_another_order(lesson: str) -> None:
    answers = independent(lesson, 0)
    for grade_id in checks.LESSONS[lesson]:
        unusual = max(rights(grade_id), key=lambda each: len(_own(grade_id, each)))
        answers[grade_id] = {learner: each for learner, each in answers[grade_id].items() if each != unusual.source}
        answers[grade_id] |= {"ana": unusual.source, "bia": disguised(unusual.source)}
    (found,) = compare(lesson, answers)

    assert found.learners == ("ana", "bia")
    assert len(found.exercises) >= 3
    assert found.shared >= 0.9 * found.of
    assert found.examples


def _own(grade_id: str, answer: Answer) -> set[str]:
    return set(statements(answer.source)) - set(statements(solution(grade_id)))


def test_a_copied_mistake_is_found_too() -> None:
    answers = independent("05_full_resnet", 0)
    mistake = max(wrongs("create-resnet"), key=lambda each: len(_own("create-resnet", each)))
    # The bank's mistakes are made out of its right answers.
    answers["create-resnet"] = dict.fromkeys(answers["create-resnet"], solution("create-resnet"))
    answers["create-resnet"] |= {"ana": mistake.source, "bia": disguised(mistake.source)}

    assert [each.learners for each in compare("05_full_resnet", answers)] == [("ana", "bia")]


def test_three_who_wrote_the_same_are_one_group() -> None:
    answers = independent("05_full_resnet", 0)
    mistake = max(wrongs("create-resnet"), key=lambda each: len(_own("create-resnet", each)))
    # The bank's mistakes are made out of its right answers.
    answers["create-resnet"] = dict.fromkeys(answers["create-resnet"], solution("create-resnet"))
    answers["create-resnet"] |= dict.fromkeys(("ana", "bia", "caio"), mistake.source)

    assert [each.learners for each in compare("05_full_resnet", answers)] == [("ana", "bia", "caio")]


def test_what_half_the_class_writes_is_no_hint() -> None:
    answers = independent("06_transfer_learning", 0)
    unusual = max(rights("evaluate"), key=lambda each: len(_own("evaluate", each)))
    for learner in sorted(answers["evaluate"])[::2]:
        answers["evaluate"][learner] = unusual.source

    assert compare("06_transfer_learning", answers) == []


@pytest.mark.parametrize("given", [stub, solution], ids=["the stub", "the course's solution"])
def test_what_the_course_gives_is_no_hint(given: object) -> None:
    answers = {
        grade_id: {f"learner{number}": rights(grade_id)[0].source for number in range(CLASS)}
        for grade_id in checks.LESSONS["05_full_resnet"]
    }
    for grade_id, sources in answers.items():
        sources |= {"ana": given(grade_id), "bia": given(grade_id)}  # type: ignore[operator]

    assert compare("05_full_resnet", answers) == []


def test_of_a_handful_of_answers_nothing_is_said() -> None:
    unusual = max(rights("evaluate"), key=lambda each: len(_own("evaluate", each))).source

    assert alike({"evaluate": {"ana": unusual, "bia": unusual, "caio": solution("evaluate")}}, {}) == []


@pytest.mark.parametrize(
    "other",
    [
        "def f(a):\n    b = nn.ReLU()(a)\n    return b + 1",
        "def f(x):  # mine\n\n  y = nn.ReLU( )( x )\n  return y+1\n",
        'def f(x):\n    """What it does."""\n    y = nn.ReLU(\n    )(x); return y + 1',
    ],
    ids=["names", "layout", "docstring"],
)
def test_what_makes_no_difference(other: str) -> None:
    one = "def f(x):\n    y = nn.ReLU()(x)\n    return y + 1"
    given = frozenset({"nn", "f"})

    assert statements(one, given) == statements(other, given)


def test_what_makes_a_difference() -> None:
    given = frozenset({"nn"})
    found = [
        statements(source, given) for source in ("nn.ReLU()(x)", "nn.GELU()(x)", "nn.ReLU()(x, 1)", "nn.ReLU()(x, 2)")
    ]

    assert len(set(found)) == 4


@pytest.mark.parametrize("source", ["def f(:", "'", '"""', "x = (((", "\\", "\0", "🎈 = 1", "!pip install x", ")" * 9])
def test_whatever_an_answer_holds_it_has_statements(source: str) -> None:
    assert isinstance(statements(source), tuple)


def test_a_hostile_answer_takes_no_time() -> None:
    began = time.process_time()
    for source in ('"' * 20_000, "'''" + "\\" * 19_000, "(" * 20_000, "#" * 20_000, "\\\n" * 10_000, "'''a\n" * 5_000):
        statements(source)

    assert time.process_time() - began < 5
