"""What judges share: the fault that ends judging, stages, comparing numbers, and what can go wrong in every exercise.

A judge raises a `Fault` as soon as it knows what is wrong; a judge that ends has found nothing wrong.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any, TypeVar

import numpy as np
from torch import Tensor

from resnet_course.checks.observing import Described, Raised
from resnet_course.language import number

TOLERANCE = 1e-4


@dataclass(frozen=True)
class Verdict:
    """What a check concludes.

    Parameters
    ----------
    key : str
        ``"passed"`` or the name of the misconception; the message stands under it in the lesson's messages.
    figures : dict
        What fills the message's placeholders.
    exercise : str, optional
        The ``grade_id`` under whose messages to look, where it is not the check's own; ``"common"`` for those of every
        exercise, ``"blocks"`` for those of every residual block.
    """

    key: str
    figures: dict[str, Any] = field(default_factory=dict)
    exercise: str | None = None

    @property
    def passed(self) -> bool:
        """Whether the answer is right."""
        return self.key == "passed"

    def message_key(self, lesson: str, grade_id: str) -> str:
        """Return where the verdict's sentences stand in the messages, given by which exercise's check it is."""
        if self.exercise == "common":
            return f"common.faults.{self.key}"
        if self.exercise == "blocks":
            return f"blocks.{self.key}"
        return f"{lesson}.checks.{self.exercise or grade_id}.{self.key}"


PASSED = Verdict("passed")


class Fault(Exception):
    """What is wrong with an answer.

    Parameters
    ----------
    key : str
        The name of the misconception, as in `Verdict`.
    exercise : str, optional
        Where its message stands, as in `Verdict`.
    **figures
        What fills the message's placeholders.
    """

    def __init__(self, key: str, exercise: str | None = None, /, **figures: Any) -> None:
        super().__init__(key)
        self.verdict = Verdict(key, figures, exercise)


# The faults that every exercise can have; their messages stand in ``messages/<language>/common.toml``.
COMMON = frozenset(
    {
        "call",
        "earlier-exercise",
        "exercise-not-run",
        "inf",
        "internal",
        "missing-self",
        "nan",
        "no-forward",
        "no-super-init",
        "not-a-function",
        "raised",
        "raised-outside",
        "recursion",
        "returned-none",
        "returned-type",
        "signature",
        "slip-always",
        "slip-and",
        "slip-append",
        "slip-arguments",
        "slip-attribute",
        "slip-braces",
        "slip-call",
        "slip-caret",
        "slip-colon",
        "slip-comma",
        "slip-decimal",
        "slip-default",
        "slip-dot",
        "slip-equality",
        "slip-identity",
        "slip-loop",
        "slip-lost",
        "slip-plus",
        "slip-raise",
        "slip-self",
        "slip-stranger",
        "slip-text",
        "slip-value",
        "time-limit",
        "unsolved",
    }
)


def common(key: str, /, **figures: Any) -> Fault:
    """Return a fault that every exercise can have.

    Raises
    ------
    KeyError
        If `key` is none of `COMMON`.
    """
    if key not in COMMON:
        raise KeyError(key)
    return Fault(key, "common", **figures)


Case = TypeVar("Case")
Seen = TypeVar("Seen")
Mistake = TypeVar("Mistake")


def in_stages(
    observation: Mapping[str, Seen], inputs: Mapping[str, Case], *stages: Callable[[Seen, Case], None]
) -> None:
    """Let every case pass one stage before any is asked the next, so that the most basic fault is named first.

    Parameters
    ----------
    observation : mapping
        What was seen in each case.
    inputs : mapping
        What was given in each case.
    *stages : callable
        ``stage(seen, given)`` raises a `Fault`, or finds nothing wrong.
    """
    for stage in stages:
        for name, given in inputs.items():
            stage(observation[name], given)


def name_mistake(mistakes: Iterable[tuple[str, Mistake]], gives: Callable[[Mistake], bool], /, **figures: Any) -> None:
    """Raise the first of the well-known mistakes that gives what the learner's code gave, if one does.

    Parameters
    ----------
    mistakes : iterable of (str, anything)
        Message keys, each with what the mistake computes, or how.
    gives : callable
        Tells whether a mistake gives the learner's numbers, in every case.
    **figures
        What fills the placeholders of the messages.
    """
    for key, mistake in mistakes:
        if gives(mistake):
            raise Fault(key, **figures)


def close(seen: np.ndarray, expected: np.ndarray) -> bool:
    """Tell whether two arrays agree as well as float32 arithmetic in another order allows."""
    if seen.shape != expected.shape:
        return False
    sizes = np.abs(expected)  # np.allclose does the same and takes four times as long for arrays as small as these
    with np.errstate(invalid="ignore", over="ignore"):  # a learner's infinities
        return bool((np.abs(seen - expected) <= TOLERANCE * (max(1.0, float(sizes.max())) + sizes)).all())


def shape(sizes: Any) -> str:
    """Return a shape as PyTorch users write it.

    Examples
    --------
    >>> shape((2, 3))
    '[2, 3]'
    """
    return str([int(size) for size in sizes])


def worst(seen: np.ndarray, expected: np.ndarray) -> dict[str, str]:
    """Return where two arrays of one shape differ most, as a message's figures, in the current language's marks."""
    difference = np.abs(seen - expected)
    place = np.unravel_index(int(difference.argmax()), difference.shape)
    digits = next(n for n in (4, 6, 9, 17) if n == 17 or f"{seen[place]:.{n}g}" != f"{expected[place]:.{n}g}")
    return {
        "difference": number(difference[place], ".3g"),
        "place": shape(place),
        "seen": number(seen[place], f".{digits}g"),
        "wanted": number(expected[place], f".{digits}g"),
    }


def to_numpy(tensor: Tensor) -> np.ndarray:
    """Return a tensor as the array of float64 that observations hold."""
    return tensor.detach().double().numpy()


def ran(*parts: Any) -> None:
    """Raise the fault of the first part of an observation in which the learner's code stopped with an error."""
    for part in parts:
        if isinstance(part, dict) and "raised" in part:
            raise stopped(part["raised"])


def stopped(error: Raised) -> Fault:
    """Return the fault of code that stopped with an error: not yet written, or broken at one of the learner's lines."""
    without = re.match(r'Module \[(\w+)\] is missing the required "forward"', error["message"])
    if error["type"] == "NotImplementedError" and without:
        return common("no-forward", type=without[1])
    if error["type"] == "NotImplementedError" and not error["message"]:
        return common("unsolved")
    figures: dict[str, Any] = {"error": error["type"], "text": first_line(error["message"])}
    if error["lines"]:
        last = error["lines"][-1]
        figures |= {"function": last["function"], "line": last["line"], "code": last["code"], "meant": error["meant"]}
    if "before Module.__init__" in error["message"]:
        return common("no-super-init", **figures)
    refused = re.match(r"(?P<name>[\w.<>]+)\(\) (?:takes|missing|got) .*argument", error["message"])
    if error["type"] == "TypeError" and not error["lines"] and refused:
        # Python refused the call itself: no line of the learner's ran.
        if refused["name"].endswith("forward"):
            return common("missing-self", **figures)
        if error["module"].startswith("resnet_course."):
            return common("signature", **figures)
    if error["type"] == "RecursionError":
        return common("recursion", **figures)
    return common("raised" if error["lines"] else "raised-outside", **figures)


def first_line(text: str, longest: int = 200) -> str:
    """Return the first line of an error's text, cut where a card would overflow."""
    line = text.splitlines()[0] if text else ""
    return line if len(line) <= longest else line[: longest - 1] + "…"


def is_a_tensor(value: Described, function: str = "forward") -> None:
    """Raise a fault where a function of the learner's returned something else than a tensor of real numbers."""
    if value["kind"] == "none":
        raise common("returned-none", function=function)
    if value["kind"] != "tensor":
        raise common("returned-type", function=function, type=value["type"])


def is_finite(value: Described) -> None:
    """Raise a fault where a tensor has NaN or infinity in it."""
    values = value["values"]
    if np.isnan(values).any():
        raise common("nan", count=int(np.isnan(values).sum()), total=values.size)
    if np.isinf(values).any():
        raise common("inf", count=int(np.isinf(values).sum()), total=values.size)
