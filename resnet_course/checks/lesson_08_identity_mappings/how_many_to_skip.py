"""The check of a shortcut around one convolution, put into its weights."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any, TypedDict

import numpy as np
import torch
from torch import Tensor

from resnet_course.checks.check import Check
from resnet_course.checks.judging import (
    Fault,
    close,
    first_line,
    in_stages,
    is_a_tensor,
    is_finite,
    name_mistake,
    ran,
    shape,
    to_numpy,
    worst,
)
from resnet_course.checks.observing import Described, describe, trying

NAME = "fold_shortcut"


class Case(TypedDict):
    """What a case gives: the weights of a convolution that keeps its channels."""

    weight: np.ndarray


def inputs(seed: int) -> dict[str, Case]:
    """Return windows of three sizes, and a single channel."""
    draw = np.random.default_rng(seed)
    sizes = {"window-3": (4, 3), "window-5": (3, 5), "window-1": (5, 1), "one-channel": (1, 3)}
    return {
        name: {"weight": draw.normal(0, 1, (channels, channels, window, window)).astype(np.float32)}
        for name, (channels, window) in sizes.items()
    }


def observe(fold_shortcut: Any, inputs: dict[str, Case]) -> dict[str, Described]:
    """Ask for the new weights in each case."""

    def case(given: Case) -> Described:
        weight = torch.from_numpy(given["weight"].copy())
        return {**describe(fold_shortcut(weight)), "input_after": to_numpy(weight).copy()}

    return {name: trying("call", partial(case, given)) for name, given in inputs.items()}


def at(weight: Tensor, row: int, column: int) -> Tensor:
    """Return weights that hand on each channel as it is, moved so that they look at one place of the window."""
    only = torch.zeros_like(weight)
    for channel in range(len(weight)):
        only[channel, channel, row, column] = 1
    return only


def centre(weight: Tensor) -> Tensor:
    """Return the weights of the identity: 1 in the middle of each filter's own channel."""
    middle = weight.shape[-1] // 2
    return at(weight, middle, middle)


def own_channels(weight: Tensor) -> Tensor:
    """Return 1 everywhere in each filter's own channel."""
    return torch.eye(len(weight))[:, :, None, None].expand(weight.shape)


def middle_of_all(weight: Tensor) -> Tensor:
    """Return 1 in the middle of every filter's every channel."""
    ones, middle = torch.zeros_like(weight), weight.shape[-1] // 2
    ones[:, :, middle, middle] = 1
    return ones


def first_channel(weight: Tensor) -> Tensor:
    """Return 1 in the middle of the first filter's first channel only."""
    only = torch.zeros_like(weight)
    only[0, 0] = centre(weight)[0, 0]
    return only


# What a function gives, of the weights.
Formula = Callable[[Tensor], Tensor]
MISTAKES: tuple[tuple[str, Formula], ...] = (
    ("nothing-added", lambda w: w),
    ("added-everywhere", lambda w: w + 1),
    ("every-place", lambda w: w + own_channels(w)),
    ("every-channel", lambda w: w + middle_of_all(w)),
    ("first-channel-only", lambda w: w + first_channel(w)),
    ("corner", lambda w: w + at(w, 0, 0)),
    ("corner", lambda w: w + at(w, -1, -1)),
    ("diagonal-of-the-window", lambda w: w + torch.eye(w.shape[-1])),
    ("replaced", lambda w: torch.where(centre(w) == 1, 1.0, w)),
    ("replaced", lambda w: torch.where(middle_of_all(w) == 1, centre(w), w)),
    ("identity-alone", centre),
    ("subtracted", lambda w: w - centre(w)),
    ("multiplied", lambda w: w * centre(w)),
    ("doubled", lambda w: 2 * w),
    ("twice", lambda w: w + 2 * centre(w)),
)


def right(weight: Tensor) -> Tensor:
    """Return the weights plus those of the identity."""
    return weight + centre(weight)


def judge(observation: dict[str, Described], inputs: dict[str, Case]) -> None:
    """Ask for the weights of one convolution that gives the sum, and for an argument that is still what it was."""

    def judge_numbers(seen: Described, given: Case) -> None:
        values, wanted = seen["values"], computed(right, given)
        if close(values, wanted):
            return
        figures = {"sizes": shape(given["weight"].shape)}
        figures |= {"seen_shape": shape(values.shape), "wanted_shape": shape(wanted.shape)}
        name_mistake(MISTAKES, gives, **figures)
        if values.shape != wanted.shape:
            raise Fault("shape", **figures)
        # What is wrong with a window of 5 alone has the middle of a window of 3.
        if close(values, computed(lambda w: w + at(w, 1, 1), given)):
            raise Fault("middle-of-three", **figures)
        raise Fault("numbers-differ", **figures, **worst(values, wanted))

    def gives(formula: Formula) -> bool:
        return all(close(observation[name]["values"], computed(formula, given)) for name, given in inputs.items())

    in_stages(observation, inputs, judge_run, judge_output, judge_numbers, judge_argument)


def computed(formula: Formula, given: Case) -> np.ndarray:
    """Return what a formula gives in a case."""
    return to_numpy(formula(torch.from_numpy(given["weight"].copy())))


def judge_run(seen: Described, given: Case) -> None:
    """Ask for a call without an error."""
    if "raised" in seen:
        error = seen["raised"]
        if error["type"] == "IndexError" and "index 1 is out of bounds" in error["message"]:
            figures = {"sizes": shape(given["weight"].shape)}
            raise Fault("no-second-place", **figures, text=first_line(error["message"]))
        if error["type"] == "RuntimeError" and "must match the size of tensor" in error["message"]:
            raise Fault("does-not-fit", sizes=shape(given["weight"].shape), text=first_line(error["message"]))
    ran(seen)


def judge_output(seen: Described, given: Case) -> None:
    """Ask for a tensor."""
    if seen["type"] == "Conv2d":
        raise Fault("a-layer")
    is_a_tensor(seen, NAME)
    is_finite(seen)


def judge_argument(seen: Described, given: Case) -> None:
    """Ask for weights that are still what they were."""
    if not close(seen["input_after"], given["weight"].astype(np.float64)):
        raise Fault("argument-changed", sizes=shape(given["weight"].shape))


how_many_to_skip = Check(
    grade_id="how-many-to-skip",
    lesson="08_identity_mappings",
    answers=(NAME,),
    inputs=inputs,
    observe=observe,
    judge=judge,
    arguments=("weight",),
    references=("resnet_course.roads.fold_shortcut",),
)
