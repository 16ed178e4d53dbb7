"""Where learners get stuck: what the bank of wrong answers holds and, with a gradebook, what a class was told."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from resnet_course import checks
from resnet_course.language import find

if TYPE_CHECKING:
    from resnet_course.grading.class_report import ClassResults

MOST = 4  # of one exercise on a page
BANK = Path("tests", "wrong_answers")
EXPECT = "# expect: "


@dataclass(frozen=True)
class Misunderstanding:
    """What one card of an exercise says.

    Parameters
    ----------
    grade_id, key : str
        Which card of which exercise.
    title, cause, ask : str
        Its words; the last two may be empty.
    answers : int
        How many different wrong answers of the bank get it.
    learners : int
        How many learners of a class got it for their first answer; 0 without a gradebook.
    """

    grade_id: str
    key: str
    title: str
    cause: str
    ask: str
    answers: int
    learners: int = 0


def wrong_answers(root: Path, lesson: str) -> dict[str, Counter[str]]:
    """Return how many wrong answers of the bank get each card: exercise to message key to number."""
    found: dict[str, Counter[str]] = {grade_id: Counter() for grade_id in checks.LESSONS[lesson]}
    for grade_id, counts in found.items():
        for path in sorted((root / BANK / lesson / checks.attribute(grade_id)).glob("*.py")):
            counts[expected(path)] += 1
    return found


def expected(path: Path) -> str:
    """Return the key of the card that a wrong answer of the bank gets, which its first line says."""
    with path.open(encoding="utf-8") as file:
        return file.readline().strip().removeprefix(EXPECT)


def misunderstandings(
    root: Path, lesson: str, results: ClassResults | None = None
) -> dict[str, list[Misunderstanding]]:
    """Return, for each exercise of a lesson, the cards that tell most about how learners think.

    Those come first that most learners of the class got; then those that ask a question, because they are written
    for a wrong idea and not for a slip; then those that name a cause; then those that most wrong answers of the
    bank get. Cards that every exercise has, such as those of Python's errors, are left out.

    Parameters
    ----------
    root : Path
        The course folder.
    lesson : str
        Which lesson.
    results : ClassResults, optional
        What a class's gradebook says.
    """
    told = _told(lesson, results)
    found = {}
    for grade_id, counts in wrong_answers(root, lesson).items():
        own = {**find("blocks"), **find(f"{lesson}.checks.{grade_id}")}  # several exercises build a block
        keys = [key for key in counts if key in own and "{" not in own[key]["title"]]
        cards = [_card(grade_id, key, own[key], counts[key], told.get((grade_id, key), 0)) for key in keys]
        cards.sort(key=lambda each: (-each.learners, not each.ask, not each.cause, -each.answers, each.key))
        found[grade_id] = cards[:MOST]
    return found


def _told(lesson: str, results: ClassResults | None) -> dict[tuple[str, str], int]:
    every = results.misconceptions if results else []
    return {(each.grade_id, each.key): each.first for each in every if each.lesson == lesson}


def _card(grade_id: str, key: str, words: Mapping[str, str], answers: int, learners: int) -> Misunderstanding:
    # What has figures in it speaks of one answer, not of all that get the card.
    cause, ask = (words.get(name, "") if "{" not in words.get(name, "") else "" for name in ("cause", "ask"))
    return Misunderstanding(grade_id, key, words["title"], cause, ask, answers, learners)


def exercise_names(lesson: str) -> dict[str, str]:
    """Return what learners call each exercise: its answers' names."""
    return {
        grade_id: ", ".join(f"`{name}`" for name in getattr(checks, checks.attribute(grade_id)).answers)
        for grade_id in checks.LESSONS[lesson]
    }


def titles(lesson: str, grade_id: str, keys: Sequence[str]) -> list[str]:
    """Return the titles of cards in the current language."""
    own = find(f"{lesson}.checks.{grade_id}")
    return [own[key]["title"] for key in keys]
