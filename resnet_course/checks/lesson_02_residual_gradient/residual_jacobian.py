"""The check of the Jacobian of F(x) + x."""

from __future__ import annotations

import re
from collections.abc import Callable
from functools import partial
from typing import Any, TypedDict

import numpy as np
import torch
from torch import nn

from resnet_course.checks.check import Check
from resnet_course.checks.judging import (
    Fault,
    close,
    first_line,
    in_stages,
    is_finite,
    name_mistake,
    shape,
    stopped,
    worst,
)
from resnet_course.checks.observing import Described, Plain, Raised, describe, load_arrays, trying


class Case(TypedDict, total=False):
    """What a case gives: x, and the weights of F, a module (first, second) or a function (matrix, shift)."""

    first: np.ndarray
    second: np.ndarray
    matrix: np.ndarray
    shift: np.ndarray
    x: np.ndarray


class Seen(Described, total=False):
    """What a case shows: the Jacobian, x after the call, and the parameters of F that the call changed."""

    changed: list[str]


def inputs(seed: int) -> dict[str, Case]:
    """Return a module, and functions of other sizes."""
    # The first jacrev of a process imports PyTorch's compiler: seconds on a busy machine, and not the learner's.
    torch.func.jacrev(torch.sin)(torch.ones(1))
    draw = np.random.default_rng(seed)

    def function(size: int) -> Case:
        return {
            "matrix": draw.normal(0, 0.8, (size, size)),
            "shift": draw.uniform(0.5, 1.0, size),
            "x": draw.normal(size=size),
        }

    return {
        "module": {
            "first": draw.normal(0, 0.8, (5, 3)),
            "second": draw.normal(0, 0.8, (3, 5)),
            "x": draw.normal(size=3),
        },
        # With the shift this F, unlike the first, has another slope at -x than at x.
        "function": function(4),
        "large": function(7),
        "single": function(1),
    }


def observe(residual_jacobian: Any, inputs: dict[str, Case]) -> Plain:
    """Ask for the Jacobian in each case."""

    def case(given: Case) -> Seen:
        F, x = residual(given), torch.from_numpy(given["x"].copy())  # noqa: N806 - the paper's name
        found = describe(residual_jacobian(F, x))
        return {**found, "input_after": x.detach().numpy().copy(), "changed": changed(F, given)}

    return {name: trying("call", partial(case, given)) for name, given in inputs.items()}


def changed(residual_part: Any, given: Case) -> list[str]:
    """Return the parameters of an F that have other numbers than its case gives, or cannot learn any more."""
    if not isinstance(residual_part, nn.Module):
        return []
    before = dict(residual(given).named_parameters())  # type: ignore[attr-defined]
    after = residual_part.named_parameters()
    return [name for name, each in after if not each.requires_grad or not torch.equal(each, before[name])]


def residual(given: Case) -> Callable[[torch.Tensor], torch.Tensor]:
    """Build the F of a case."""
    if "matrix" in given:
        matrix, shift = torch.from_numpy(given["matrix"]), torch.from_numpy(given["shift"])
        return lambda x: torch.sin(matrix @ x + shift)
    module = nn.Sequential(nn.Linear(3, 5, bias=False), nn.Tanh(), nn.Linear(5, 3, bias=False)).double()
    load_arrays(module, {"0.weight": given["first"], "2.weight": given["second"]})
    return module


Formula = Callable[[np.ndarray, np.ndarray, np.ndarray], np.ndarray]

# What one mistake gives: from the Jacobian of F, F(x) and x.
MISTAKES: tuple[tuple[str, Formula], ...] = (
    ("no-identity", lambda j, f, x: j),
    ("only-identity", lambda j, f, x: np.eye(len(x))),
    ("ones", lambda j, f, x: j + 1),
    ("transposed", lambda j, f, x: (np.eye(len(x)) + j).T),
    ("minus-identity", lambda j, f, x: j - np.eye(len(x))),
    ("subtracted", lambda j, f, x: np.eye(len(x)) - j),
    ("doubled-identity", lambda j, f, x: j + 2 * np.eye(len(x))),
    ("adds-x", lambda j, f, x: j + x),
    ("adds-x", lambda j, f, x: j + np.diag(x)),
    ("adds-x", lambda j, f, x: j + x[:, None]),
    ("multiplied", lambda j, f, x: np.diag(np.diag(j))),
    ("zeros-around", lambda j, f, x: np.diag(np.diag(np.eye(len(x)) + j))),
    ("diagonal-only", lambda j, f, x: np.diag(np.eye(len(x)) + j)),
    ("value", lambda j, f, x: f + x),
    ("sum-gradient", lambda j, f, x: (np.eye(len(x)) + j).sum(0)),
    ("sum-gradient", lambda j, f, x: j.sum(0)),
    ("sum-gradient-rows", lambda j, f, x: j.sum(0) + np.eye(len(x))),
    ("sum-gradient-rows", lambda j, f, x: (np.eye(len(x)) + j).sum(0) + np.eye(len(x))),
    ("moved-together", lambda j, f, x: j.sum(1)),
    ("moved-together", lambda j, f, x: j.sum(1) + 1),
    ("moved-together-rows", lambda j, f, x: j.sum(1) + np.eye(len(x))),
    ("moved-together-rows", lambda j, f, x: (np.eye(len(x)) + j).sum(1) + np.eye(len(x))),
)


def judge(observation: Plain, inputs: dict[str, Case]) -> None:
    """Compare with the chain rule, written out by hand."""

    def judge_numbers(seen: Seen, given: Case) -> None:
        values, wanted = seen["values"], computed(total, given)
        if close(values, wanted):
            if all(is_rounded(each["values"]) for each in observation.values()):
                raise Fault("rounded", **worst(values, wanted))
            return
        same_shape = values.shape == wanted.shape
        figures = {"seen_shape": shape(values.shape), "wanted_shape": shape(wanted.shape)}
        if same_shape:
            figures |= worst(values, wanted)  # a mistake of another shape is told by its shape
        name_mistake(MISTAKES, lambda formula: everywhere(close, formula), **figures)
        if not same_shape:
            raise Fault("shape", **figures)
        raise Fault("imprecise" if everywhere(near, total) else "numbers-differ", **figures)

    def everywhere(agree: Callable[[np.ndarray, np.ndarray], bool], formula: Formula) -> bool:
        return all(agree(observation[name]["values"], computed(formula, given)) for name, given in inputs.items())

    for seen in observation.values():
        if "raised" in seen:
            raise broken(seen["raised"])
    in_stages(observation, inputs, judge_type, judge_side_effects, judge_numbers)


def broken(error: Raised) -> Fault:
    """Return the fault of code that stopped with an error: what stands in its sum, or anything else."""
    if not error["lines"]:
        return stopped(error)
    text, code = first_line(error["message"]), error["lines"][-1]["code"]
    figures = {"text": text, "code": code}
    # F is a Sequential at first: so a Python function in a sum is what jacrev returned.
    if "supports only objects of Sequential" in text:
        return Fault("adds-to-function", **figures)
    if re.search(r"for [+-]: .*'function'", text):
        return Fault("adds-function", **figures)
    if ".backward(" in code:
        return Fault("backward", **figures)
    if text.startswith("eye()"):
        return Fault("eye-of-a-tensor", **figures)
    if text == "'Tensor' object is not callable" and "jacrev(F)" not in code:
        return Fault("tensor-called", **figures)
    return stopped(error)


def judge_type(seen: Seen, given: Case) -> None:
    """Ask for a tensor."""
    if seen["kind"] == "none":
        raise Fault("returned-nothing")
    if seen["kind"] != "tensor":
        raise Fault("not-called" if seen["type"] == "function" else "returned-type", type=seen["type"])
    is_finite(seen)


def judge_side_effects(seen: Seen, given: Case) -> None:
    """Ask for an x and an F that are still what they were."""
    # Differences may move x there and back again, up to rounding.
    if not np.allclose(seen["input_after"], given["x"], rtol=0, atol=1e-9):
        raise Fault("input-changed", **worst(seen["input_after"], given["x"]))
    if seen["changed"]:
        raise Fault("changes-f", changed=", ".join(seen["changed"]))


def total(jacobian: np.ndarray, value: np.ndarray, x: np.ndarray) -> np.ndarray:
    """Return the Jacobian of F(x) + x."""
    return np.eye(len(x)) + jacobian


def computed(formula: Formula, given: Case) -> np.ndarray:
    """Return what a formula gives in a case; the Jacobian of F is the chain rule, written out by hand."""
    x = given["x"]
    if "matrix" in given:
        angle = given["matrix"] @ x + given["shift"]
        return formula(np.cos(angle)[:, None] * given["matrix"], np.sin(angle), x)
    hidden = np.tanh(given["first"] @ x)
    return formula(given["second"] @ ((1 - hidden**2)[:, None] * given["first"]), given["second"] @ hidden, x)


def is_rounded(values: np.ndarray) -> bool:
    """Tell whether all numbers end after nine digits, but for what float64 itself leaves behind them."""
    return np.allclose(values, values.round(9), rtol=0, atol=1e-14)


def near(seen: np.ndarray, wanted: np.ndarray) -> bool:
    """Tell whether two Jacobians agree as well as differences with a large step allow."""
    # Measured over 500 seeds: differences with a large step are at most 2.7 % off, the Jacobian at -x at least 3.8 %.
    return seen.shape == wanted.shape and np.allclose(seen, wanted, rtol=0.035, atol=0.035)


residual_jacobian = Check(
    grade_id="residual-jacobian",
    lesson="02_residual_gradient",
    answers=("residual_jacobian",),
    inputs=inputs,
    observe=observe,
    judge=judge,
    arguments=("F", "x"),
    references=("resnet_course.gradients.residual_jacobian",),
)
