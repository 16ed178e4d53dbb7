"""The check of the channels of a Wide ResNet."""

from __future__ import annotations

import operator
from collections.abc import Callable
from functools import partial
from typing import Any, TypedDict

import numpy as np

from resnet_course.checks.check import Check
from resnet_course.checks.judging import Fault, in_stages, name_mistake, ran
from resnet_course.checks.observing import Described, describe, trying
from resnet_course.language import in_short


class Case(TypedDict):
    """What a case gives: the widening factor."""

    factor: int


class Seen(TypedDict, total=False):
    """What a case shows: the list returned, or what was returned if it is none."""

    returned: Described
    channels: list[Any]


def inputs(seed: int) -> dict[str, Case]:
    """Return three factors, then 1, with which many mistakes do not show."""
    draw = np.random.default_rng(seed)
    factors = [*(int(each) for each in draw.choice(np.arange(2, 15), 3, replace=False)), 1]
    return {f"k = {factor}": {"factor": factor} for factor in factors}


def observe(wrn_channels: Any, inputs: dict[str, Case]) -> dict[str, Seen]:
    """Ask for the channels with each factor."""

    def case(given: Case) -> Seen:
        result = wrn_channels(given["factor"])
        if not isinstance(result, list | tuple):
            return {"returned": describe(result)}
        return {"channels": [as_whole(each) for each in result]}

    return {name: trying("call", partial(case, given)) for name, given in inputs.items()}


def as_whole(value: Any) -> int | str:
    """Return a whole number (NumPy's or a tensor's as well) as Python's own, anything else as the name of its type."""
    if isinstance(value, bool):
        return "bool"
    try:
        return operator.index(value)
    except (TypeError, ValueError, RuntimeError):
        return type(value).__name__


# What a list holds, of the widening factor.
Formula = Callable[[int], list[int]]
MISTAKES: tuple[tuple[str, Formula], ...] = (
    ("stem-widened", lambda k: [16 * k, 16 * k, 32 * k, 64 * k]),
    ("stem-missing", lambda k: [16 * k, 32 * k, 64 * k]),
    ("factor-ignored", lambda k: [16, 16, 32, 64]),
    ("first-stage-thin", lambda k: [16, 16, 32 * k, 64 * k]),
    ("no-doubling", lambda k: [16, 16 * k, 16 * k, 16 * k]),
    ("powers", lambda k: [16, 16 * k, 16 * k**2, 16 * k**3]),
    ("powers", lambda k: [16, 16 * k, 32 * k**2, 64 * k**3]),
    ("powers", lambda k: [16, 32 * k, 64 * k**2, 128 * k**3]),
    ("doubled-too-early", lambda k: [16, 32 * k, 64 * k, 128 * k]),
    ("counted-from-0", lambda k: [16, 0, 16 * k, 32 * k]),
    ("factor-added", lambda k: [16, 16 + k, 32 + k, 64 + k]),
    ("imagenet-widths", lambda k: [64, 64 * k, 128 * k, 256 * k, 512 * k]),
    ("imagenet-widths", lambda k: [64 * k, 128 * k, 256 * k, 512 * k]),
    ("imagenet-widths", lambda k: [16, 64 * k, 128 * k, 256 * k]),
    ("list-repeated", lambda k: [16, *[16, 32, 64] * k]),
    ("list-repeated", lambda k: [16, 32, 64] * k),
    ("list-repeated", lambda k: [16, 16, 32, 64] * k),
    ("fourth-stage", lambda k: [16, 16 * k, 32 * k, 64 * k, 128 * k]),
)


def judge(observation: dict[str, Seen], inputs: dict[str, Case]) -> None:
    """Ask for a list of whole numbers in each case, then for the right ones."""

    def judge_channels(seen: Seen, given: Case) -> None:
        wanted = right(given["factor"])
        if seen["channels"] == wanted:
            return
        figures = {
            "call": call_of(given),
            "seen": f"[{', '.join(map(in_short, seen['channels']))}]",
            "wanted": str(wanted),
        }
        name_mistake(MISTAKES, gives, **figures)
        if len(seen["channels"]) != len(wanted):
            raise Fault("not-four", count=len(seen["channels"]), **figures)
        raise Fault("channels-differ", **figures)

    def gives(formula: Formula) -> bool:
        return all(observation[name]["channels"] == formula(given["factor"]) for name, given in inputs.items())

    ran(*observation.values())
    in_stages(observation, inputs, judge_list, judge_channels)


def call_of(given: Case) -> str:
    """Return the call as a learner would write it."""
    return f"wrn_channels({given['factor']})"


def right(factor: int) -> list[int]:
    """Return the channels that leave the first convolution and each stage."""
    return [16, 16 * factor, 32 * factor, 64 * factor]


def judge_list(seen: Seen, given: Case) -> None:
    """Ask for a list of whole numbers."""
    if "returned" in seen:
        key = "returned-nothing" if seen["returned"]["kind"] == "none" else "not-a-list"
        raise Fault(key, call=call_of(given), type=seen["returned"]["type"])
    for each in seen["channels"]:
        if not isinstance(each, int):
            key = "not-whole" if "float" in each else "not-numbers"
            raise Fault(key, call=call_of(given), type=each)


wrn_channels = Check(
    grade_id="wrn-channels",
    lesson="07_width_and_cardinality",
    answers=("wrn_channels",),
    inputs=inputs,
    observe=observe,
    judge=judge,
    references=("resnet_course.small_nets.WideResNet",),
)
