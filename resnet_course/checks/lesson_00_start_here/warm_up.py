"""The check of the start page: a first shortcut, f(x) + x."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any, TypedDict

import numpy as np
import torch

from resnet_course.checks.check import Check
from resnet_course.checks.judging import (
    Fault,
    close,
    in_stages,
    is_a_tensor,
    is_finite,
    name_mistake,
    ran,
    shape,
    worst,
)
from resnet_course.checks.observing import Described, Plain, describe, trying
from resnet_course.language import number

NAME = "add_shortcut"


class Case(TypedDict):
    """What a case gives: the coefficients of the parabola f, and x."""

    f: list[float]
    x: np.ndarray


class Seen(Described, total=False):
    """What a case shows: the result, and the slope of its sum (None where no gradient comes)."""

    slope: Any


def parabola(coefficients: list[float], x: Any) -> Any:
    """Return a + bx + cx², of a tensor or an array; without coefficients x itself, and not a copy."""
    if not coefficients:
        return x
    a, b, c = coefficients
    return a + x * (b + x * c)


def inputs(seed: int) -> dict[str, Case]:
    """Return a vector and images, of whole and half numbers, which a learner can add in their head."""
    draw = np.random.default_rng(seed)

    def case(*sizes: int) -> Case:
        # f is below 0 at -1 and above it at 4, so that a ReLU shows.
        b, c = (float(each) / 2 for each in draw.integers(1, 4, 2))
        return {"f": [-2.5, b, c], "x": draw.choice([-4.0, -3.0, -2.0, -1.0, 1.0, 2.0, 3.0, 4.0], sizes)}

    cases = {"vector": case(5), "image": case(2, 3, 4, 4), "one image": case(1, 2, 1, 3)}
    return {**cases, "f is nothing": {**case(4), "f": []}}


def observe(add_shortcut: Any, inputs: dict[str, Case]) -> Plain:
    """Add the shortcut to each case's parabola, forward and backward."""

    def run(given: Case) -> Seen:
        x = torch.from_numpy(given["x"].astype(np.float32))
        result = add_shortcut(partial(parabola, given["f"]), x)
        return {
            **describe(result),
            "input_after": x.numpy().copy(),
            "slope": trying("backward", lambda: slope(given)),
        }

    def slope(given: Case) -> np.ndarray | None:
        x = torch.from_numpy(given["x"].astype(np.float32)).requires_grad_()
        result = add_shortcut(partial(parabola, given["f"]), x)
        if not (isinstance(result, torch.Tensor) and result.requires_grad):
            return None
        result.sum().backward()
        return None if x.grad is None else x.grad.double().numpy()

    return {name: trying("call", partial(run, given)) for name, given in inputs.items()}


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
    ("one-number-of-x", lambda f, x: f(x) + x.sum()),
    ("one-number-of-x", lambda f, x: f(x) + x.mean()),
)


def judge(observation: Plain, inputs: dict[str, Case]) -> None:
    """Compare with f(x) + x, and its slope with f'(x) + 1."""

    def judge_numbers(seen: Seen, given: Case) -> None:
        if close(seen["values"], right(given)):
            return
        figures = figures_of(seen, given)
        name_mistake(MISTAKES, gives, **figures)
        raise Fault("numbers-differ", **figures)

    def gives(formula: Callable[[Function, Any], Any]) -> bool:
        said = {name: formula(partial(parabola, given["f"]), given["x"]) for name, given in inputs.items()}
        return all(close(observation[name]["values"], values) for name, values in said.items())

    ran(*observation.values())
    in_stages(observation, inputs, judge_shape, judge_numbers, judge_input, judge_slope)


def right(given: Case) -> Any:
    """Return f(x) + x."""
    return parabola(given["f"], given["x"]) + given["x"]


def judge_shape(seen: Seen, given: Case) -> None:
    """Ask for numbers in the shape of x."""
    is_a_tensor(seen, NAME)
    if seen["values"].shape != given["x"].shape:
        raise Fault("shape", x=shape(given["x"].shape), seen=shape(seen["values"].shape))
    is_finite(seen)
    if seen["dtype"] != "float32":
        raise Fault("precision", seen=seen["dtype"])


def figures_of(seen: Seen, given: Case) -> dict[str, str]:
    """Return where the numbers differ most, and what x and f(x) are there."""
    figures = worst(seen["values"], right(given))
    place = tuple(int(each) for each in figures["place"].strip("[]").split(","))
    x = given["x"]
    return figures | {"x": number(x[place], ".4g"), "f": number(parabola(given["f"], x)[place], ".4g")}


def judge_input(seen: Seen, given: Case) -> None:
    """Ask for an x that is still what it was."""
    if not np.array_equal(seen["input_after"], given["x"].astype(np.float32)):
        raise Fault("input-changed")


def judge_slope(seen: Seen, given: Case) -> None:
    """Ask for a gradient that comes through both ways: f'(x) through f, and 1 through the shortcut."""
    ran(seen["slope"])
    _, b, c = given["f"] or (0, 1, 0)
    if seen["slope"] is None or not close(seen["slope"], b + 2 * c * given["x"] + 1):
        raise Fault("no-gradient")


warm_up = Check(
    grade_id="warm-up",
    lesson="00_start_here",
    answers=(NAME,),
    inputs=inputs,
    observe=observe,
    judge=judge,
    arguments=("f", "x"),
)
