"""The check of the start page: a first shortcut."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any

import numpy as np
import torch

from resnet_course.checks.check import Check
from resnet_course.checks.judging import (
    PASSED,
    Verdict,
    close,
    first_raised,
    not_a_tensor,
    not_finite,
    raised,
    shape,
    worst,
)
from resnet_course.checks.observing import Plain, describe, trying
from resnet_course.language import number

LESSON = "00_start_here"
NAME = "add_shortcut"


def _parabola(coefficients: list[float], x: Any) -> Any:
    """Return a + bx + cx², of a tensor or an array."""
    a, b, c = coefficients
    return a + x * (b + x * c)


def _warm_up_inputs(seed: int) -> Plain:
    draw = np.random.default_rng(seed)

    def case(*sizes: int) -> Plain:
        # Whole and half numbers, which a learner can add in their head.
        # f is below 0 at -1 and above it at 4, so that a ReLU shows.
        b, c = (float(each) / 2 for each in draw.integers(1, 4, 2))
        return {"f": [-2.5, b, c], "x": draw.choice([-4.0, -3.0, -2.0, -1.0, 1.0, 2.0, 3.0, 4.0], sizes)}

    return {"vector": case(5), "image": case(2, 3, 4, 4)}


def _warm_up_observe(add_shortcut: Any, inputs: Plain) -> Plain:
    def run(given: Plain) -> Plain:
        x = torch.from_numpy(given["x"].astype(np.float32))
        result = add_shortcut(partial(_parabola, given["f"]), x)
        return {**describe(result), "input_after": x.numpy().copy()}

    def slope(given: Plain) -> Plain:
        x = torch.from_numpy(given["x"].astype(np.float32)).requires_grad_()
        result = add_shortcut(partial(_parabola, given["f"]), x)
        if not (isinstance(result, torch.Tensor) and result.requires_grad):
            return None
        result.sum().backward()
        return None if x.grad is None else x.grad.double().numpy()

    seen = {name: trying("call", partial(run, given)) for name, given in inputs.items()}
    return seen | {"slope": trying("backward", lambda: slope(inputs["vector"]))}


Function = Callable[[Any], Any]

# What a wrong formula gives, of f and x.
MISTAKES: tuple[tuple[str, Callable[[Function, Any], Any]], ...] = (
    ("no-shortcut", lambda f, x: f(x)),
    ("only-x", lambda f, x: x),
    ("minus", lambda f, x: f(x) - x),
    ("minus", lambda f, x: x - f(x)),
    ("times", lambda f, x: f(x) * x),
    ("x-twice", lambda f, x: f(x) + 2 * x),
    ("f-twice", lambda f, x: 2 * f(x)),
    ("f-twice", lambda f, x: 2 * f(x) + x),
    ("f-of-the-sum", lambda f, x: f(x + x)),
    ("f-of-f", lambda f, x: f(f(x))),
    ("f-of-f", lambda f, x: f(f(x)) + x),
    ("relu", lambda f, x: np.maximum(f(x) + x, 0)),
    ("relu", lambda f, x: np.maximum(f(x), 0) + x),
    ("mean", lambda f, x: (f(x) + x) / 2),
)


def _warm_up_judge(observation: Plain, inputs: Plain) -> Verdict:
    cases = {name: observation[name] for name in inputs}
    error = first_raised(*cases.values())
    if error:
        return raised(error)
    right = {name: _parabola(given["f"], given["x"]) + given["x"] for name, given in inputs.items()}
    for name, seen in cases.items():
        problem = not_a_tensor(seen, NAME)
        if problem:
            return problem
        if seen["values"].shape != right[name].shape:
            return Verdict("shape", {"x": shape(right[name].shape), "seen": shape(seen["values"].shape)})
        problem = not_finite(seen)
        if problem:
            return problem
    if not all(close(seen["values"], right[name]) for name, seen in cases.items()):
        return _wrong_numbers(cases, inputs, right)
    for name, seen in cases.items():
        if not np.array_equal(seen["input_after"], inputs[name]["x"].astype(np.float32)):
            return Verdict("input-changed")
    return _judge_slope(observation["slope"], inputs["vector"])


def _wrong_numbers(cases: Plain, inputs: Plain, right: dict[str, np.ndarray]) -> Verdict:
    name = next(each for each in cases if not close(cases[each]["values"], right[each]))
    figures = worst(cases[name]["values"], right[name])
    place = tuple(int(each) for each in figures["place"].strip("[]").split(","))
    x = inputs[name]["x"]
    figures |= {"x": number(x[place], ".4g"), "f": number(_parabola(inputs[name]["f"], x)[place], ".4g")}
    for key, formula in MISTAKES:
        said = {each: formula(partial(_parabola, given["f"]), given["x"]) for each, given in inputs.items()}
        if all(close(cases[each]["values"], said[each]) for each in cases):
            return Verdict(key, figures)
    return Verdict("numbers-differ", figures)


def _judge_slope(slope: Plain, given: Plain) -> Verdict:
    """Tell whether the gradient comes through both ways: f'(x) through f, and 1 through the shortcut."""
    if isinstance(slope, dict):
        return raised(slope["raised"])
    _, b, c = given["f"]
    wanted = b + 2 * c * given["x"] + 1
    if slope is None or not close(slope, wanted):
        return Verdict("no-gradient")
    return PASSED


warm_up = Check(
    grade_id="warm-up",
    lesson=LESSON,
    answers=(NAME,),
    inputs=_warm_up_inputs,
    observe=_warm_up_observe,
    judge=_warm_up_judge,
)
