"""The check of the central difference."""

from __future__ import annotations

import re
from collections.abc import Callable
from functools import partial
from typing import Any, TypedDict

import numpy as np
import torch

from resnet_course.checks.check import Check
from resnet_course.checks.judging import Fault, first_line, in_stages, is_finite, name_mistake, ran, shape, worst
from resnet_course.checks.observing import Described, Plain, Raised, describe, trying
from resnet_course.language import number

DEFAULT_EPS = 1e-3
AUTOGRAD = re.compile(r"backward\(|requires_grad|autograd|torch\.func|jacrev|jacfwd|\.grad\b|\bgrad\(")


class Case(TypedDict):
    """What a case gives: the coefficients of the polynomial f, x (a number or an array), and a step if one is given."""

    f: list[float]
    x: Any
    eps: float | None


class Seen(Described, total=False):
    """What a case shows: the slope, how far from x it was looked for, and x after the call where x is a tensor."""

    reach: float | None  # None where that cannot be told, or f was not asked at all


def polynomial(coefficients: list[float], x: Any) -> Any:
    """Return a + bx + cx² + dx³, of a number, a tensor or an array."""
    a, b, c, d = coefficients
    return a + x * (b + x * (c + x * d))


def inputs(seed: int) -> dict[str, Case]:
    """Return numbers and a tensor; in some places f falls and is below 0; the last case gives no step."""
    draw = np.random.default_rng(seed)

    def coefficients(sign: int = 1) -> list[float]:
        return [sign * float(each) for each in draw.uniform(0.5, 2.0, 4)]

    # The steps are large, so that forward, backward and central differences and the exact slope differ clearly.
    return {
        "number": {"f": coefficients(), "x": float(draw.uniform(0.5, 1.5)), "eps": 0.25},
        "tensor": {"f": coefficients(-1), "x": draw.uniform(0.5, 1.5, 5), "eps": 0.125},
        "falling": {"f": coefficients(-1), "x": float(draw.uniform(0.5, 1.5)), "eps": 0.25},
        "default": {"f": coefficients(), "x": float(draw.uniform(0.5, 1.5)), "eps": None},
    }


def observe(numerical_derivative: Any, inputs: dict[str, Case]) -> Plain:
    """Ask for the slope in each case, with the step by place, by name, and left out."""
    return {name: trying("call", partial(run, numerical_derivative, given)) for name, given in inputs.items()}


def run(numerical_derivative: Any, given: Case) -> Seen:
    """Ask for the slope in a case."""
    distances: list[float] = []

    def f(at: Any) -> Any:
        distances.extend(distance(at, given["x"]))
        return polynomial(given["f"], at)

    is_number = isinstance(given["x"], float)
    x = given["x"] if is_number else torch.from_numpy(given["x"].copy())
    eps = given["eps"]
    if eps is None:
        found = numerical_derivative(f, x)
    else:
        found = numerical_derivative(f, x, eps) if is_number else numerical_derivative(f, x, eps=eps)
    if isinstance(found, int | float):
        found = torch.tensor(float(found), dtype=torch.float64)
    seen: Seen = {**describe(found), "reach": max(distances, default=None)}
    if not is_number:
        seen["input_after"] = x.detach().numpy().copy()
    return seen


def distance(at: Any, x: Any) -> list[float]:
    """Return how far from x a function is asked, nothing where that cannot be told."""
    try:
        return [float(np.abs((at.detach().numpy() if isinstance(at, torch.Tensor) else at) - x).max())]
    except (RuntimeError, TypeError, ValueError):
        return []  # torch.func asks with tensors that show no numbers; what else is no number fails in f


Function = Callable[[Any], Any]
Formula = Callable[[Function, Any, float], Any]

# What a wrong formula gives, of f, x and eps.
MISTAKES: tuple[tuple[str, Formula], ...] = (
    ("forward", lambda f, x, e: (f(x + e) - f(x)) / e),
    ("backward", lambda f, x, e: (f(x) - f(x - e)) / e),
    ("two-missing", lambda f, x, e: (f(x + e) - f(x - e)) / e),
    ("one-sided-by-two", lambda f, x, e: (f(x + e) - f(x)) / (2 * e)),
    ("one-sided-by-two", lambda f, x, e: (f(x) - f(x - e)) / (2 * e)),
    ("precedence", lambda f, x, e: (f(x + e) - f(x - e)) / 2 * e),
    ("precedence", lambda f, x, e: f(x + e) - f(x - e) / (2 * e)),
    ("precedence", lambda f, x, e: f(x + e) - f(x - e) / 2 * e),
    ("not-divided", lambda f, x, e: f(x + e) - f(x - e)),
    ("sign", lambda f, x, e: (f(x - e) - f(x + e)) / (2 * e)),
    ("plus", lambda f, x, e: (f(x + e) + f(x - e)) / (2 * e)),
    ("half-step", lambda f, x, e: (f(x + e / 2) - f(x - e / 2)) / e),
    ("value", lambda f, x, e: f(x)),
    ("absolute", lambda f, x, e: abs(f(x + e) - f(x - e)) / (2 * e)),
    ("absolute", lambda f, x, e: (abs(f(x + e)) - abs(f(x - e))) / (2 * e)),
    ("absolute", lambda f, x, e: abs(central(f, x, e)) if isinstance(x, float) else central(f, x, e)),
)


def judge(observation: Plain, inputs: dict[str, Case]) -> None:
    """Compare with the central difference."""

    def judge_numbers(seen: Seen, given: Case) -> None:
        values, wanted = seen["values"], slope(central, given)
        if same(values, wanted):
            return
        eps = DEFAULT_EPS if given["eps"] is None else given["eps"]
        reach = seen["reach"] or 0.0
        figures = worst(values, wanted) | {"eps": number(eps, "g"), "reach": number(reach, ".3g")}
        name_mistake(MISTAKES, lambda formula: everywhere(partial(slope, formula), 1e-9, 1e-9), **figures)
        if reach and all(np.isclose(each["reach"] or 0.0, reach, rtol=0.01) for each in observation.values()):
            raise Fault("eps-ignored", **figures)
        if everywhere(exact, 1e-6):
            raise Fault("finer" if reach else "exact", **figures)
        if all(each["reach"] == 0 for each in observation.values()):
            raise Fault("only-at-x", **figures)
        if given["eps"] is None:
            raise Fault("default-eps", **figures)  # the last case: the others are right
        whole_steps = np.isclose(reach, eps, rtol=0.01)
        imprecise = whole_steps and everywhere(partial(slope, central), 1e-2)
        otherwise = "divided-wrongly" if whole_steps else "numbers-differ"
        raise Fault("imprecise" if imprecise else otherwise, **figures)

    def everywhere(right: Callable[[Case], np.ndarray], rtol: float, atol: float = 1e-8) -> bool:
        return all(same(observation[name]["values"], right(given), rtol, atol) for name, given in inputs.items())

    for seen in observation.values():
        if "raised" in seen:
            judge_error(seen["raised"])
    ran(*observation.values())
    in_stages(observation, inputs, judge_shape, judge_numbers, judge_input)


def judge_error(error: Raised) -> None:
    """Name a line that stopped and should not be there, however it could be repaired: it takes an exact derivative."""
    code = error["lines"][-1]["code"] if error["lines"] else ""
    if AUTOGRAD.search(code):
        raise Fault("autograd", error=error["type"], text=first_line(error["message"]), code=code)


def judge_shape(seen: Seen, given: Case) -> None:
    """Ask for a number for each number of x."""
    if seen["kind"] == "none":
        raise Fault("returned-nothing")
    if seen["kind"] != "tensor":
        raise Fault("returned-type", type=seen["type"])
    if seen["values"].shape != np.shape(given["x"]):
        raise Fault("shape", x=shape(np.shape(given["x"])), seen=shape(seen["values"].shape))
    is_finite(seen)


def judge_input(seen: Seen, given: Case) -> None:
    """Ask for an x that is still what it was."""
    if "input_after" in seen and not np.array_equal(seen["input_after"], given["x"]):
        raise Fault("input-changed", **worst(seen["input_after"], given["x"]))


def central(f: Function, x: Any, e: float) -> Any:
    """Return the central difference."""
    return (f(x + e) - f(x - e)) / (2 * e)


def slope(formula: Formula, given: Case) -> np.ndarray:
    """Return what a formula gives in a case."""
    eps = DEFAULT_EPS if given["eps"] is None else given["eps"]
    return np.asarray(formula(partial(polynomial, given["f"]), given["x"], eps))


def exact(given: Case) -> np.ndarray:
    """Return the derivative of the polynomial."""
    _, b, c, d = given["f"]
    return np.asarray(b + given["x"] * (2 * c + given["x"] * 3 * d))


def same(seen: np.ndarray, wanted: np.ndarray, rtol: float = 1e-9, atol: float = 1e-9) -> bool:
    """Tell whether two slopes agree, unless told otherwise but for rounding."""
    # Everything is float64: only rounding, magnified by 1 / eps, may differ, and the exact slope must not pass.
    return bool(np.allclose(seen, wanted, rtol=rtol, atol=atol))


numerical_derivative = Check(
    grade_id="numerical-derivative",
    lesson="02_residual_gradient",
    answers=("numerical_derivative",),
    inputs=inputs,
    observe=observe,
    judge=judge,
    arguments=("f", "x", "eps"),
    references=("resnet_course.gradients.numerical_derivative",),
)
