"""What grading is asked for, and what comes out of it: plain facts, for whoever records, reports and gives feedback."""

from __future__ import annotations

from dataclasses import dataclass, field

from resnet_course.grading.intake import Release, Submission
from resnet_course.grading.sandbox import Limits


@dataclass(frozen=True)
class Task:
    """One submission to grade."""

    learner: str
    submission: Submission
    release: Release


@dataclass(frozen=True)
class Question:
    """The outcome of one exercise.

    Parameters
    ----------
    grade_id : str
        The exercise.
    key : str
        ``"passed"`` or the name of the misconception.
    text : str
        The whole message, in the learner's language.
    seed : int
        Where this question's inputs started.
    seconds : float
        How long it took.
    part : str
        The answer cell that the message is about, where an exercise has several and it is about one.
    begun : bool
        Whether its answer cells hold anything but what was released, which may be code with a bug.
    """

    grade_id: str
    key: str
    text: str
    seed: int
    seconds: float
    part: str = ""
    begun: bool = True

    @property
    def passed(self) -> bool:
        """Whether the answer is right."""
        return self.key == "passed"


@dataclass(frozen=True)
class Graded:
    """A graded submission: what the gradebook, the feedback and the reports are made from."""

    learner: str
    lesson: str
    language: str
    digest: str
    questions: tuple[Question, ...]
    findings: tuple[tuple[str, str], ...]
    notebook: str
    versions: str = field(default="")
    answers: dict[str, str] = field(default_factory=dict)  # of each exercise: what its answer cells hold

    @property
    def passed(self) -> int:
        """How many questions are right."""
        return sum(question.passed for question in self.questions)


@dataclass(frozen=True)
class Settings:
    """How to grade.

    Parameters
    ----------
    limits : Limits
        What a submission may use.
    closed : bool
        Whether to run learners' code in a sandbox.
    """

    limits: Limits = field(default_factory=Limits)
    closed: bool = True
