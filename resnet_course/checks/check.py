"""What a check is: observe what the learner's code does, then judge it.

`observe` runs the learner's code and knows no right answer; `judge` knows the right answer and runs none of the
learner's code. So the two can run in different processes: the notebook runs both, a sealed grader only the first.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from resnet_course.checks.judging import Verdict, raised
from resnet_course.checks.observing import Plain, neutral_torch, watch

NOTEBOOK_SEED = 2015  # the year of the paper; a grader draws its own
SECONDS = 5.0


@dataclass(frozen=True)
class Check:
    """One exercise's check; call it with the learner's objects.

    Parameters
    ----------
    grade_id : str
        The exercise, as nbgrader knows it.
    lesson : str
        The lesson's id, which is also where the messages are.
    answers : tuple of str
        The names a learner defines for it.
    inputs : callable
        ``inputs(seed)`` returns the plain data on which the answers are tried.
    observe : callable
        ``observe(*answers, inputs)`` runs the learner's objects and returns plain data.
    judge : callable
        ``judge(observation, inputs)`` returns a `Verdict`.
    uses : tuple of str
        The names of what the notebook computes with the answers, given to the check (and to `observe`) after them.
    """

    grade_id: str
    lesson: str
    answers: tuple[str, ...]
    inputs: Callable[[int], Plain]
    observe: Callable[..., Plain]
    judge: Callable[[Plain, Plain], Verdict]
    uses: tuple[str, ...] = ()

    @property
    def call(self) -> str:
        """The line with which a notebook calls this check."""
        return f"checks.{self.grade_id.replace('-', '_')}({', '.join(self.answers + self.uses)})"

    def __call__(self, *answers: object) -> None:
        """Check the learner's answers in a notebook and show the result card.

        Raises
        ------
        CheckFailed
            If an answer is not right yet; its text is the message for the learner.
        """
        from resnet_course.checks import card

        inputs = self.inputs(NOTEBOOK_SEED)
        observation, printed = self.watch(answers, inputs)
        card.show(self, self.conclude(observation, inputs), observation, printed)

    def watch(
        self, answers: tuple[object, ...], inputs: Plain, seed: int = NOTEBOOK_SEED, seconds: float = SECONDS
    ) -> tuple[Plain, str]:
        """Return the observation of these answers and what they printed; never raises for a learner's mistake."""
        if len(answers) != len(self.answers + self.uses):
            return {"answers_given": len(answers)}, ""
        return watch(self.observe, answers, inputs, seed=seed, seconds=seconds)

    def conclude(self, observation: Plain, inputs: Plain, seed: int = NOTEBOOK_SEED) -> Verdict:
        """Judge an observation, the cases that are the same for every exercise first."""
        if "answers_given" in observation:
            return Verdict("call", {"call": self.call, "given": observation["answers_given"]}, "common")
        if "time_limit" in observation:
            return Verdict("time-limit", {"seconds": f"{observation['time_limit']:g}"}, "common")
        if "raised" in observation:
            return raised(observation["raised"])
        try:
            with neutral_torch(seed):
                return self.judge(observation, inputs)
        except Exception as error:
            # No answer may lead to a traceback of ours; the learner is told that the fault is not theirs.
            return Verdict("internal", {"error": type(error).__name__, "text": str(error)}, "common")
