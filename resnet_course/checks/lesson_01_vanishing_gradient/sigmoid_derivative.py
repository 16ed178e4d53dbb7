"""The check of the sigmoid's slope, and of the bound that it sets to a product of slopes."""

from __future__ import annotations

import math
from functools import partial
from numbers import Real
from typing import Any, TypedDict

import numpy as np
import torch
from torch import Tensor

from resnet_course.checks.check import Check
from resnet_course.checks.judging import (
    Fault,
    close,
    is_a_tensor,
    is_finite,
    name_mistake,
    ran,
    shape,
    to_numpy,
    worst,
)
from resnet_course.checks.observing import Described, Raised, describe, kind_of, trying
from resnet_course.drawing import say
from resnet_course.language import number

PRECISION = 5e-6  # float32 computes the slope to 1e-7, half precision and four decimals to 5e-5
NEARLY = 1e-3


class Case(TypedDict):
    """What is given: numbers at which to take the slope, the first of them 0, and depths for the bound."""

    x: np.ndarray
    depths: list[int]


class Bound(TypedDict, total=False):
    """What `sigmoid_bound` returned: a number, or the name of another type."""

    value: float | str
    raised: Raised


class Seen(TypedDict, total=False):
    """What is seen: the slopes at x, what of x other than its numbers was changed, and a bound for each depth."""

    derivative: Described
    marked: list[str]
    bounds: list[Bound]


def inputs(seed: int) -> Case:
    """Return numbers near 0 and far from it, and small depths and a large one."""
    draw = np.random.default_rng(seed)
    x = np.concatenate([[0.0, -20.0, 20.0], draw.uniform(-6, 6, 9)])
    return {"x": x.reshape(3, 4).astype(np.float32), "depths": [1, 2, 3, int(draw.integers(10, 40))]}


def observe(sigmoid_derivative: Any, sigmoid_bound: Any, inputs: Case) -> Seen:
    """Compute the slopes and the bounds."""
    x = torch.from_numpy(inputs["x"].copy())

    def derivative() -> Described:
        return {**describe(sigmoid_derivative(x)), "input_after": to_numpy(x).copy()}

    def bound(depth: int) -> Bound:
        value = sigmoid_bound(depth)
        if isinstance(value, Tensor | np.ndarray | np.generic) and math.prod(value.shape) == 1:
            value = value.item()
        if value is None:
            return {"value": "None"}
        return {"value": float(value) if isinstance(value, Real) else kind_of(value)}

    return {
        "derivative": trying("call", derivative),
        "marked": marks(x),
        "bounds": [trying("call", partial(bound, depth)) for depth in inputs["depths"]],
    }


def marks(x: Tensor) -> list[str]:
    """Return what autograd has left on a tensor that had nothing to do with it before."""
    return [name for name, is_there in (("requires_grad", x.requires_grad), ("grad", x.grad is not None)) if is_there]


def sigmoid_slope(x: Tensor) -> Tensor:
    """Return the sigmoid's derivative."""
    s = torch.sigmoid(x)
    return s * (1 - s)


# What a wrong formula gives, of x and its sigmoid s.
MISTAKES = {
    "sigmoid-itself": lambda x, s: s,
    "one-factor-missing": lambda x, s: 1 - s,
    "x-in-formula": lambda x, s: s * (1 - x),
    "no-sigmoid": lambda x, s: x * (1 - x),
    "tanh-derivative": lambda x, s: 1 - torch.tanh(x) ** 2,
    "tanh-formula": lambda x, s: 1 - s**2,
    "squared": lambda x, s: s**2,
    "zero": lambda x, s: 0 * s,
    "plus": lambda x, s: s * (1 + s),
    "negative": lambda x, s: -s * (1 - s),
}

BOUND_MISTAKES = {
    "bound-of-one-layer": lambda depth: 0.25,
    "bound-of-the-sigmoid": lambda depth: 0.5**depth,
    "bound-adds": lambda depth: 0.25 * depth,
    "bound-divides": lambda depth: 0.25 / depth,
    "bound-of-tanh": lambda depth: 1.0,
    "bound-grows": lambda depth: 4.0**depth,
    "bound-at-depth": lambda depth: float(sigmoid_slope(torch.tensor(float(depth)))),
}


def judge(observation: Seen, inputs: Case) -> None:
    """Ask for the slopes, for an x that is still what it was, then for the bounds."""
    seen, x = observation["derivative"], torch.from_numpy(inputs["x"]).double()
    ran(seen)
    is_a_tensor(seen, "sigmoid_derivative")
    is_finite(seen)
    judge_slopes(seen["values"], x)
    if not close(seen["input_after"], to_numpy(x)):
        raise Fault("input-changed", **worst(seen["input_after"], to_numpy(x)))
    if observation["marked"]:
        raise Fault("marks-x", changed=", ".join(f"`x.{name}`" for name in observation["marked"]))
    ran(*observation["bounds"])
    judge_bounds([bound["value"] for bound in observation["bounds"]], inputs["depths"])


def judge_slopes(values: np.ndarray, x: Tensor) -> None:
    """Compare with s (1 − s)."""
    s, expected = torch.sigmoid(x), to_numpy(sigmoid_slope(x))
    if values.shape != expected.shape:
        raise Fault("shape", seen=shape(values.shape), wanted=shape(expected.shape))
    difference = np.abs(values - expected).max()
    if difference < PRECISION:
        return
    # At 0, a number that everybody can check by hand.
    figures = worst(values, expected) | {"difference": say(difference), "at_zero": number(values[0, 0], ".4g")}
    figures["z"] = number(x.flatten()[np.abs(values - expected).argmax()].item(), ".4g")
    name_mistake(MISTAKES.items(), lambda formula: close(values, to_numpy(formula(x, s))), **figures)
    raise Fault("imprecise" if difference < NEARLY else "numbers-differ", **figures)


def judge_bounds(values: list[Any], depths: list[int]) -> None:
    """Compare with a quarter for every layer."""

    def agree(value: float, bound: float, rounding: float = 0) -> bool:
        return math.isclose(value, bound, rel_tol=1e-6, abs_tol=rounding)

    def gives(bound: Any) -> bool:
        return all(agree(value, bound(depth), 1e-6) for value, depth in zip(values, depths, strict=True))

    for value, depth in zip(values, depths, strict=True):
        if not isinstance(value, float):
            raise Fault("bound-type", depth=depth, seen=value, wanted=say(0.25**depth))
    wrong = [(value, depth) for value, depth in zip(values, depths, strict=True) if not agree(value, 0.25**depth)]
    if not wrong:
        return
    value, depth = wrong[-1]
    seen, wanted = say(value), say(0.25**depth)
    if seen == wanted:
        seen, wanted = number(value, ".9g"), number(0.25**depth, ".9g")
    figures = {"depth": depth, "seen": seen, "wanted": wanted}
    name_mistake(BOUND_MISTAKES.items(), gives, **figures)
    if value == 0:
        raise Fault("bound-zero", **figures)
    raise Fault("bound-differs", **figures)


sigmoid_derivative = Check(
    grade_id="sigmoid-derivative",
    lesson="01_vanishing_gradient",
    answers=("sigmoid_derivative", "sigmoid_bound"),
    inputs=inputs,
    observe=observe,
    judge=judge,
)
