"""What verdicts say of exercises: difficulty, discrimination with an honest interval, misconceptions that stay."""

from __future__ import annotations

import numpy as np
import pytest

from resnet_course.grading.item_analysis import Correlation, Verdict, correlation, items, misconceptions

LESSON = "03_basic_block"


def verdicts(*rows: tuple[str, str, str]) -> list[Verdict]:
    return [Verdict(learner, LESSON, grade_id, key) for learner, grade_id, key in rows]


def history(*told: tuple[str, str], grade_id: str = "shortcut") -> Verdict:
    return Verdict("ana", LESSON, grade_id, told[-1][0], told)


def test_an_empty_folder_is_no_submission() -> None:
    (found,) = items(
        verdicts(
            ("ana", "shortcut", "passed"), ("bia", "shortcut", "always-none"), ("caio", "shortcut", "no-notebook")
        ),
        {},
    )

    assert (found.total, found.right, found.waiting, found.share) == (2, 1, 0, 0.5)


def test_who_has_not_begun_is_counted_but_is_no_evidence() -> None:
    able = [(f"able{n}", grade_id, "passed") for n in range(15) for grade_id in ("conv3x3", "shortcut")]
    not_able = [(f"weak{n}", grade_id, "wrong") for n in range(15) for grade_id in ("conv3x3", "shortcut")]
    asleep = [(f"asleep{n}", grade_id, "unsolved") for n in range(50) for grade_id in ("conv3x3", "shortcut")]
    points = {(LESSON, "conv3x3"): 1.0, (LESSON, "shortcut"): 2.0}
    found = items(verdicts(*able, *not_able, *asleep), points)

    assert [(each.total, each.right, each.waiting) for each in found] == [(80, 15, 50)] * 2
    alone = items(verdicts(*able, *not_able), points)
    assert [each.discrimination for each in found] == [each.discrimination for each in alone]


@pytest.mark.parametrize(("count", "right"), [(19, 9), (60, 4), (60, 56), (60, 60)])
def test_of_too_few_nothing_is_said(count: int, right: int) -> None:
    assert correlation(np.arange(count) < right, np.arange(count) / count) is None


def test_where_all_have_the_same_rest_nothing_is_said() -> None:
    assert correlation(np.arange(40) < 20, np.ones(40)) is None


@pytest.mark.parametrize(
    ("low", "high", "meaning"),
    [(0.1, 0.5, "separates"), (-0.5, -0.1, "reversed"), (-0.2, 0.25, "weak"), (-0.1, 0.5, "unclear")],
)
def test_what_an_interval_means(low: float, high: float, meaning: str) -> None:
    assert Correlation((low + high) / 2, low, high).meaning == meaning


@pytest.mark.parametrize("slope", [0.0, 0.5, 0.8])
def test_the_interval_holds_the_true_value_as_often_as_it_says(slope: float) -> None:
    draw = np.random.default_rng(0)

    def classes(count: int, learners: int) -> tuple[np.ndarray, np.ndarray]:
        rest = draw.normal(size=(count, learners))
        ability = slope * rest + np.sqrt(1 - slope**2) * draw.normal(size=(count, learners))
        return ability > 0.7, rest

    right, rest = classes(1, 1_000_000)
    true = np.corrcoef(right[0], rest[0])[0, 1]
    intervals = [correlation(*each) for each in zip(*classes(1000, 60), strict=True)]
    holds = [each.low <= true <= each.high for each in intervals if each is not None]

    assert len(holds) > 900
    assert np.mean(holds) >= 0.93


def test_a_misconception_that_stays() -> None:
    (found,) = misconceptions(
        [
            history(("always-none", "a"), ("always-none", "a")),
            history(("always-none", "a"), ("passed", "b")),
            history(("always-none", "a")),
        ]
    )

    assert (found.first, found.resubmitted, found.still) == (3, 2, 1)


def test_a_card_that_does_not_help_is_got_again_by_a_changed_answer() -> None:
    (found,) = misconceptions(
        [history(("always-none", "a"), ("always-none", "b"), ("always-none", "b"), ("passed", "c"))]
    )

    assert (found.changed, found.again) == (2, 1)


def test_where_the_answers_are_not_known_nothing_is_said_of_the_card() -> None:
    (found,) = misconceptions([history(("always-none", ""), ("always-none", "b"))])

    assert (found.still, found.changed) == (1, 0)


@pytest.mark.parametrize("key", ["passed", "unsolved", "no-notebook", "earlier-exercise"])
def test_what_is_no_misconception(key: str) -> None:
    assert misconceptions([history((key, "a"), (key, "b"))]) == []


def test_a_first_folder_without_a_notebook_is_no_first_submission() -> None:
    (found,) = misconceptions([history(("no-notebook", ""), ("always-none", "a"))])

    assert (found.first, found.resubmitted) == (1, 0)
