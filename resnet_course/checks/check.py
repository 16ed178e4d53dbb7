"""What a check is: observe what the learner's code does, then judge it.

`observe` runs the learner's code and knows no right answer; `judge` knows the right answer and runs none of the
learner's code. So the two can run in different processes: the notebook runs both, a sealed grader only the first.
"""

from __future__ import annotations

import functools
import re
from collections.abc import Callable
from dataclasses import dataclass

from torch import nn

from resnet_course.checks import card
from resnet_course.checks.judging import PASSED, Fault, Verdict, common, stopped
from resnet_course.checks.observing import Plain, kind_of, neutral_torch, watch
from resnet_course.checks.registry import IMPORT, LESSONS, earlier
from resnet_course.checks.slips import find_slips, slip_behind
from resnet_course.checks.used import used_objects
from resnet_course.language import find, message
from resnet_course.restart import NotStarted, what_to_run

NOTEBOOK_SEED = 2015  # the year of the paper; a grader draws its own
SECONDS = 5.0


@dataclass(frozen=True, kw_only=True)
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
        ``judge(observation, inputs)`` raises a `Fault`, or finds nothing wrong.
    functions : bool
        Whether the answers are functions.
    arguments : tuple of str
        The function's arguments in their order, where a learner may well write another and is to be told.
    uses : tuple of str
        The names of what the notebook computes with the answers, given to the check (and to `observe`) after them.
    references : tuple of str
        The dotted names of what solves the exercise in this package; an answer that imports such a module is named to
        the teacher. The first is the reference implementation itself, where there is one.
    """

    grade_id: str
    lesson: str
    answers: tuple[str, ...]
    inputs: Callable[[int], Plain]
    observe: Callable[..., Plain]
    judge: Callable[[Plain, Plain], None]
    functions: bool = True
    arguments: tuple[str, ...] = ()
    uses: tuple[str, ...] = ()
    references: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        # A learner's cell may have left another default dtype, device or mode behind: inputs are the same under any.
        object.__setattr__(self, "inputs", _neutral(self.inputs))

    @property
    def call(self) -> str:
        """The line with which a notebook calls this check."""
        return f"checks.{self.grade_id.replace('-', '_')}({', '.join(self.answers + self.uses)})"

    @property
    def cell(self) -> str:
        """The check cell of a notebook."""
        return f"{IMPORT}\n{self.call}"

    def __call__(self, *answers: object) -> None:
        """Check the learner's answers in a notebook and show the result card.

        Raises
        ------
        CheckFailed
            If an answer is not right yet; its text is the message for the learner.
        NotStarted
            If an answer lacks what cells before it make, and the setup cell or that with the imports has not run.
        """
        verdict, observation, printed = self.try_out(answers)
        missing = missing_name(verdict)
        to_run = what_to_run(missing) if missing else None
        if to_run:
            raise NotStarted(to_run)
        if not verdict.passed:
            verdict = self._blame_earlier(answers) or verdict
        card.show(self, verdict, observation, printed)

    def try_out(self, answers: tuple[object, ...]) -> tuple[Verdict, Plain, str]:
        """Return the verdict on answers, what was seen of them, and what they printed."""
        inputs = self.inputs(NOTEBOOK_SEED)
        observation, printed = self.watch(answers, inputs)
        verdict = self.conclude(observation, inputs)
        return self._not_run(missing_name(verdict)) or verdict, observation, printed

    def _not_run(self, missing: str) -> Verdict | None:
        """Return the verdict that the cell of an earlier exercise, which makes a missing name, has not run."""
        makers = (other for other in earlier(self.grade_id) if missing in other.answers)
        return next((not_run_fault(other, missing).verdict for other in makers), None)

    def _blame_earlier(self, answers: tuple[object, ...]) -> Verdict | None:
        """Return the verdict that an earlier exercise, which a wrong answer uses, is not right itself."""
        used: dict[str, object] = {}
        for answer in answers:
            used |= used_objects(answer)
        for other in earlier(self.grade_id):
            if set(other.answers) <= set(used) and not other.uses:
                given = tuple(used[name] for name in other.answers)
                verdict, *_ = other.try_out(given)
                if not verdict.passed:
                    return other._blame_earlier(given) or earlier_fault(other, verdict).verdict
        return None

    def watch(
        self, answers: tuple[object, ...], inputs: Plain, seed: int = NOTEBOOK_SEED, seconds: float = SECONDS
    ) -> tuple[Plain, str]:
        """Return the observation of these answers and what they printed; never raises for a learner's mistake."""
        if len(answers) != len(self.answers + self.uses):
            return {"answers_given": len(answers)}, ""
        if self.functions:
            for name, answer in zip(self.answers, answers, strict=False):
                if not callable(answer) or isinstance(answer, nn.Module):
                    return {"not_a_function": {"name": name, "type": kind_of(answer)}}, ""
        observation, printed = watch(self.observe, answers, inputs, seed=seed, seconds=seconds)
        return {**observation, "slips": find_slips(answers, self.arguments)}, printed

    def conclude(self, observation: Plain, inputs: Plain, seed: int = NOTEBOOK_SEED) -> Verdict:
        """Judge an observation, the cases that are the same for every exercise first."""
        try:
            self._judge(observation, inputs, seed)
        except Fault as fault:
            return (slip_behind(fault, observation.get("slips", [])) or fault).verdict
        except Exception as error:
            # No answer may lead to a traceback of ours; the learner is told that the fault is not theirs.
            return common("internal", error=type(error).__name__, text=str(error)).verdict
        return PASSED

    def _judge(self, observation: Plain, inputs: Plain, seed: int) -> None:
        if "answers_given" in observation:
            raise common("call", call=self.call, given=observation["answers_given"])
        if "not_a_function" in observation:
            raise common("not-a-function", **observation["not_a_function"])
        if "time_limit" in observation:
            raise common("time-limit", seconds=f"{observation['time_limit']:g}")
        if "raised" in observation:
            raise stopped(observation["raised"])
        try:
            with neutral_torch(seed):
                self.judge({name: seen for name, seen in observation.items() if name != "slips"}, inputs)
        except Fault as fault:
            find(fault.verdict.message_key(self.lesson, self.grade_id))  # a fault without a message is a bug of ours
            raise


def _neutral(make: Callable[[int], Plain]) -> Callable[[int], Plain]:
    """Return a function that makes the same inputs, whatever earlier cells changed in PyTorch."""

    @functools.wraps(make)
    def inputs(seed: int) -> Plain:
        with neutral_torch(seed):
            return make(seed)

    return inputs


def earlier_fault(other: Check, verdict: Verdict) -> Fault:
    """Return the fault of an answer that uses the answer to an earlier exercise, which is not right yet."""
    return common(
        "earlier-exercise",
        name=other.answers[0],
        other=other.grade_id,
        link=_link(other),
        fault=card.find_message(other, verdict)["title"],
    )


def not_run_fault(other: Check, name: str) -> Fault:
    """Return the fault of an answer that uses a name of an earlier exercise, whose cell has not run."""
    return common("exercise-not-run", name=name, link=_link(other))


def _link(other: Check) -> str:
    number = LESSONS[other.lesson].index(other.grade_id) + 1
    return message("common.card.exercise-link", number=number, name=other.answers[0])


def missing_name(verdict: Verdict) -> str:
    """Return the name whose absence stopped the learner's code, "" if it was something else.

    Examples
    --------
    >>> missing_name(Verdict("raised", {"error": "NameError", "text": "name 'nn' is not defined"}))
    'nn'
    """
    found = re.match(r"name '(.*?)' is not defined", verdict.figures.get("text", ""))
    return found[1] if found and verdict.figures.get("error") == "NameError" else ""
