"""What a class's verdicts say about the exercises: how hard they are, whom they separate, which misconceptions stay."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import pairwise
from math import atanh, sqrt, tanh
from typing import Any

import numpy as np

UNTOUCHED = ("unsolved", "unfilled")
# Nothing was handed in that could be graded: an empty folder, a broken file; or the grader itself failed.
UNSEEN = ("no-notebook", "internal")
# What says nothing about an understanding of this exercise.
NO_MISCONCEPTION = frozenset({"passed", *UNTOUCHED, *UNSEEN, "earlier-exercise"})

FEWEST = 20  # learners, and of them
FEWEST_EACH = 5  # with a right answer and with a wrong one: of fewer a correlation says nothing
NORMAL_95 = 1.96
WEAK = 0.3  # the usual bound below which an item is called one that should be improved (Ebel, 1972)


@dataclass(frozen=True)
class Verdict:
    """What one learner was told of an exercise.

    Parameters
    ----------
    learner, lesson, grade_id, key : str
        Whose, of what, and the message's key now.
    told : sequence of (str, str)
        Of one submission after the other the message's key and a digest of the answer, which is empty if unknown.
    """

    learner: str
    lesson: str
    grade_id: str
    key: str
    told: Sequence[tuple[str, str]] = ()


@dataclass(frozen=True)
class Correlation:
    """A correlation with its 95% interval."""

    value: float
    low: float
    high: float

    @property
    def meaning(self) -> str:
        """Say ``"separates"``, ``"reversed"``, ``"weak"``, or ``"unclear"`` where the interval allows too much."""
        if self.low > 0:
            return "separates"
        if self.high < 0:
            return "reversed"
        return "weak" if self.high < WEAK else "unclear"


@dataclass(frozen=True)
class Item:
    """An exercise: its difficulty and its discrimination.

    Parameters
    ----------
    lesson, grade_id : str
        Which one.
    total, right, waiting : int
        How many handed its lesson in, how many of them have it right, how many have not begun it.
    discrimination : Correlation or None
        How having it right goes with the points for all other exercises; None where there are too few learners to say.
    """

    lesson: str
    grade_id: str
    total: int
    right: int
    waiting: int
    discrimination: Correlation | None

    @property
    def share(self) -> float:
        """Which part of those who handed in has it right."""
        return self.right / self.total


@dataclass
class Misconception:
    """A message of an exercise, and whether those who got it got rid of it.

    Parameters
    ----------
    lesson, grade_id, key : str
        The message.
    first : int
        How many learners got it for their first submission.
    resubmitted : int
        How many of them handed the lesson in again.
    still : int
        How many of these have it in their last submission.
    changed : int
        How often an answer that had got it was changed and handed in again.
    again : int
        How often the changed answer got it again: the card had not helped.
    """

    lesson: str
    grade_id: str
    key: str
    first: int = field(default=0)
    resubmitted: int = field(default=0)
    still: int = field(default=0)
    changed: int = field(default=0)
    again: int = field(default=0)


def seen(verdicts: Iterable[Verdict]) -> list[Verdict]:
    """Return the verdicts on submissions that could be read: an empty folder is none."""
    return [each for each in verdicts if each.key not in UNSEEN]


def items(verdicts: Sequence[Verdict], points: Mapping[tuple[str, str], float]) -> list[Item]:
    """Return each exercise's difficulty and discrimination, in the order in which the exercises come.

    Parameters
    ----------
    verdicts : sequence of Verdict
        Of one lesson or of several.
    points : mapping of (str, str) to float
        What each exercise of each lesson is worth.

    Notes
    -----
    The discrimination is the point-biserial correlation with the rest score: the share of their points that learners
    have in all other exercises of the lessons that they handed in. An untouched notebook says nothing and is left out.
    The interval is Fisher's.
    """
    verdicts = seen(verdicts)
    begun = {(each.learner, each.lesson) for each in verdicts if each.key not in UNTOUCHED}
    columns = {each: place for place, each in enumerate(dict.fromkeys((v.lesson, v.grade_id) for v in verdicts))}
    rows = {each: place for place, each in enumerate(dict.fromkeys(v.learner for v in verdicts))}
    right = np.full((len(rows), len(columns)), np.nan)
    for each in verdicts:
        if (each.learner, each.lesson) in begun:
            right[rows[each.learner], columns[each.lesson, each.grade_id]] = each.key == "passed"
    worth = np.array([points.get(each, 0.0) for each in columns])
    earned, possible = np.nansum(right * worth, axis=1), (~np.isnan(right)) @ worth
    found = []
    counts: dict[tuple[str, str], Counter[str]] = {each: Counter() for each in columns}
    for each in verdicts:
        counts[each.lesson, each.grade_id][each.key] += 1
    for (lesson, grade_id), place in columns.items():
        own, most = right[:, place], possible - worth[place]
        usable = ~np.isnan(own) & (most > 0)
        rest = (earned[usable] - own[usable] * worth[place]) / most[usable]
        keys = counts[lesson, grade_id]
        waiting = sum(keys[key] for key in UNTOUCHED)
        item = Item(lesson, grade_id, keys.total(), keys["passed"], waiting, correlation(own[usable], rest))
        found.append(item)
    return found


def correlation(right: Any, rest: Any) -> Correlation | None:
    """Return how right answers (0 or 1) go with a score, or None where there are too few to say.

    Examples
    --------
    >>> correlation(np.tile([0, 1], 20), np.tile([0.2, 0.8, 0.5, 0.6], 10)).meaning
    'separates'
    >>> correlation(np.array([0, 1]), np.array([0.2, 0.8])) is None
    True
    """
    count, passed = len(right), int(np.sum(right))
    if count < FEWEST or min(passed, count - passed) < FEWEST_EACH or np.ptp(rest) == 0:
        return None
    value = float(np.corrcoef(right, rest)[0, 1])
    middle, margin = atanh(min(max(value, -0.999), 0.999)), NORMAL_95 / sqrt(count - 3)
    return Correlation(value, tanh(middle - margin), tanh(middle + margin))


def misconceptions(verdicts: Iterable[Verdict]) -> list[Misconception]:
    """Return the messages that somebody got, those first that most learners still have after handing in again."""
    found: dict[tuple[str, str, str], Misconception] = {}

    def of(each: Verdict, key: str) -> Misconception:
        place = (each.lesson, each.grade_id, key)
        return found.setdefault(place, Misconception(*place))

    for each in verdicts:
        told = [(key, digest) for key, digest in each.told if key not in UNSEEN]
        if told and told[0][0] not in NO_MISCONCEPTION:
            row = of(each, told[0][0])
            row.first += 1
            row.resubmitted += len(told) > 1
            row.still += len(told) > 1 and told[-1][0] == row.key
        for key, again in _changes(told):
            if key not in NO_MISCONCEPTION:
                row = of(each, key)
                row.changed += 1
                row.again += again
    return sorted(found.values(), key=lambda each: (-each.still, -each.again, -each.first, each.lesson, each.key))


def _changes(told: Sequence[tuple[str, str]]) -> Iterator[tuple[str, bool]]:
    """Yield, for each answer that was changed and handed in again, what it had got and whether it got that again."""
    for (key, answer), (following, changed) in pairwise(told):
        if answer and changed and answer != changed:
            yield key, following == key
