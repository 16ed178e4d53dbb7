"""The check of the module that adds a shortcut to any other module."""

from __future__ import annotations

import inspect
import math
from collections.abc import Callable
from functools import partial
from typing import Any, TypedDict

import numpy as np
import torch
from torch import Tensor, nn

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
    to_numpy,
    worst,
)
from resnet_course.checks.observing import Described, Plain, Raised, describe, kind_of, load_arrays, trying

PASSES = 8  # in training: what a wrapper does at random rarely hides in all passes of all cases


class Case(TypedDict):
    """What a case gives: weights of F and of the shortcut, x, and the slope of the loss.

    Without weights a part is the identity; a shortcut that is None is not given at all.
    """

    F: dict[str, np.ndarray]
    shortcut: dict[str, np.ndarray] | None
    x: np.ndarray
    slope: np.ndarray


class Gradient(Described, total=False):
    """The gradient of x, and the parts with weights that cannot have one, or have none although they could."""

    frozen: list[str]
    cut_off: list[str]


class Output(Described, total=False):
    """An output, x after the call, and how often F was called for it."""

    calls: int


class Seen(TypedDict, total=False):
    """What a case shows: parts that the wrapper does not hold, its own weights, outputs and gradients in both modes."""

    lost: list[str]
    copied: list[str]
    weights: int
    output: Output
    gradient: Gradient
    train_outputs: list[Output]
    train_gradient: Gradient
    raised: Raised


def inputs(seed: int) -> dict[str, Case]:
    """Return F without a shortcut, with one that is given by place and by name, and parts that return x itself."""
    draw = np.random.default_rng(seed)

    def case(inputs: int, outputs: int, projected: bool) -> Case:
        weights = {
            "0.weight": draw.normal(0, 0.7, (outputs, inputs)),
            "0.bias": draw.normal(0, 0.7, outputs),
            "1.weight": draw.uniform(0.5, 1.5, outputs),
            "1.bias": draw.normal(0, 0.5, outputs),
            "1.running_mean": draw.normal(0, 0.5, outputs),
            "1.running_var": draw.uniform(0.5, 2.0, outputs),
        }
        shortcut = {"weight": draw.normal(0, 0.7, (outputs, inputs)), "bias": draw.normal(0, 0.7, outputs)}
        return {
            "F": {name: array.astype(np.float32) for name, array in weights.items()},
            "shortcut": {name: array.astype(np.float32) for name, array in shortcut.items()} if projected else None,
            "x": draw.normal(0, 1, (6, inputs)).astype(np.float32),
            # The loss is the sum of output × slope, so that every output has a gradient of its own.
            "slope": draw.normal(0, 1, (6, outputs)).astype(np.float32),
        }

    return {
        "alone": case(4, 4, False),
        "projected": case(4, 5, True),
        "given": case(4, 4, True),
        # What is written into the output of a part that returns x itself is written into x.
        "identity": {**case(4, 4, False), "F": {}},
        "identity projected": {**case(4, 4, True), "F": {}},
        "identity given": {**case(4, 4, True), "shortcut": {}},
    }


class NoShortcut(nn.Identity):
    """What stands for the shortcut where none is given."""


def parts_of(given: Case) -> dict[str, nn.Module]:
    """Build F (linear, BatchNorm) and the shortcut of a case, if it has one."""
    inputs, outputs = given["x"].shape[1], given["slope"].shape[1]
    parts: dict[str, nn.Module] = {"F": nn.Identity()}
    if given["F"]:
        parts["F"] = nn.Sequential(nn.Linear(inputs, outputs), nn.BatchNorm1d(outputs))
        load_arrays(parts["F"], given["F"])
    if given["shortcut"] is not None:
        parts["shortcut"] = nn.Linear(inputs, outputs) if given["shortcut"] else nn.Identity()
        load_arrays(parts["shortcut"], given["shortcut"])
    return parts


def observe(residual_class: Any, inputs: dict[str, Case]) -> Plain:
    """Build the wrapper of each case and run it, forward and backward."""
    if not (inspect.isclass(residual_class) and issubclass(residual_class, nn.Module)):
        return {"not_a_module": {"type": kind_of(residual_class)}}
    return {name: trying("call", partial(run, residual_class, name, given)) for name, given in inputs.items()}


def run(residual_class: type[nn.Module], name: str, given: Case) -> Seen:
    """Build the wrapper of a case and run it."""
    parts = parts_of(given)
    calls: list[int] = []
    parts["F"].register_forward_hook(lambda *_: calls.append(1))
    if name == "given":
        wrapper = residual_class(parts["F"], shortcut=parts["shortcut"])
    else:
        wrapper = residual_class(*parts.values())
    own, kept = set(map(id, wrapper.modules())), set(map(id, wrapper.parameters()))
    slope = torch.from_numpy(given["slope"])
    x = torch.from_numpy(given["x"])
    seen: Seen = {
        "lost": [part for part, module in parts.items() if not set(map(id, module.parameters())) <= kept],
        "copied": [part for part, module in parts.items() if id(module) not in own],
        "weights": len(kept) - sum(len(list(module.parameters())) for module in parts.values()),
    }
    wrapper.eval()
    seen["output"] = trying("forward", lambda: forward(wrapper, x, calls))
    seen["gradient"] = trying("backward", lambda: backward(wrapper, parts, x, slope))
    wrapper.train()
    seen["train_outputs"] = [trying("forward", lambda: forward(wrapper, x, calls)) for _ in range(PASSES)]
    seen["train_gradient"] = trying("backward", lambda: backward(wrapper, parts, x, slope))
    return seen


def forward(wrapper: nn.Module, x: Tensor, calls: list[int]) -> Output:
    """Return the output, x after the call, and how often F was called."""
    calls.clear()
    copy = x.clone()
    with torch.no_grad():
        output = describe(wrapper(copy))
    return {**output, "input_after": copy.double().numpy().copy(), "calls": len(calls)}


def backward(wrapper: nn.Module, parts: dict[str, nn.Module], x: Tensor, slope: Tensor) -> Gradient:
    """Return the gradient of x, and which parts get none."""
    for module in parts.values():
        module.zero_grad()
    leaf = x.clone().requires_grad_()
    output = wrapper(leaf.clone())  # a copy, because PyTorch forbids in-place changes of a leaf
    if not isinstance(output, Tensor) or output.shape != slope.shape:
        return {"kind": "none", "type": "None"}
    if not output.requires_grad:
        return {"kind": "detached"}
    (output * slope).sum().backward()
    without = {part: [p for p in module.parameters() if p.grad is None] for part, module in parts.items()}
    return {
        **describe(leaf.grad),
        "frozen": [part for part in without if any(not p.requires_grad for p in without[part])],
        "cut_off": [part for part in without if any(p.requires_grad for p in without[part])],
    }


Formula = Callable[[Any, Any, Tensor], Tensor]


def is_none(shortcut: nn.Module) -> bool:
    """Tell whether no shortcut was given."""
    return isinstance(shortcut, NoShortcut)


# What a wrapper with one mistake would compute, from F, the shortcut (the identity if none was given) and x.
MISTAKES: tuple[tuple[str, Formula], ...] = (
    ("no-shortcut", lambda f, s, x: f(x)),
    ("only-shortcut", lambda f, s, x: s(x)),
    ("residual-twice", lambda f, s, x: f(x) + f(x)),
    ("shortcut-ignored", lambda f, s, x: f(x) + x),
    ("shortcut-and-x", lambda f, s, x: f(x) + x if is_none(s) else f(x) + x + s(x)),
    ("doubled-shortcut", lambda f, s, x: f(x) + 2 * s(x)),
    ("doubled-residual", lambda f, s, x: 2 * f(x) + s(x)),
    ("subtracts", lambda f, s, x: f(x) - s(x)),
    ("subtracts-residual", lambda f, s, x: s(x) - f(x)),
    ("averages", lambda f, s, x: (f(x) + s(x)) / 2),
    ("multiplies", lambda f, s, x: f(x) * s(x)),
    ("final-relu", lambda f, s, x: torch.relu(f(x) + s(x))),
    ("relu-on-residual", lambda f, s, x: torch.relu(f(x)) + s(x)),
    ("relu-on-shortcut", lambda f, s, x: f(x) + torch.relu(s(x))),
    ("residual-of-shortcut", lambda f, s, x: f(s(x)) + s(x)),
    ("shortcut-of-residual", lambda f, s, x: f(x) + (x if is_none(s) else s(f(x)))),
    ("residual-of-residual", lambda f, s, x: f(f(x)) + s(x)),
    ("residual-of-residual", lambda f, s, x: f(f(x))),
)

# What gives the right numbers and a wrong gradient.
DETACHED: tuple[tuple[str, Formula], ...] = (
    ("detached-shortcut", lambda f, s, x: f(x) + s(x).detach()),
    ("detached-shortcut", lambda f, s, x: f(x) + s(x.detach())),
    ("detached-residual", lambda f, s, x: f(x).detach() + s(x)),
    ("detached-residual", lambda f, s, x: f(x.detach()) + s(x)),
)


def judge(observation: Plain, inputs: dict[str, Case]) -> None:
    """Compare with F(x) + shortcut(x), forward and backward."""

    def judge_output(seen: Seen, given: Case) -> None:
        if "raised" in seen["output"]:
            text = seen["output"]["raised"]["message"]
            if given["shortcut"] is None and "'NoneType' object is not callable" in text:
                raise Fault("shortcut-unguarded", text=text)
            name_known(observation, inputs)
        judge_shape(seen["output"], given)

    def judge_numbers(seen: Seen, given: Case) -> None:
        values, expected = seen["output"]["values"], right(given)
        if not close(values, expected):
            name_known(observation, inputs)
            raise Fault("numbers-differ", **worst(values, expected))
        judge_use(seen["output"], given)

    if "not_a_module" in observation:
        raise Fault("not-a-module", type=observation["not_a_module"]["type"])
    in_stages(observation, inputs, judge_parts, judge_output, judge_numbers, judge_gradient)
    in_stages(observation, inputs, judge_training, judge_training_gradient)


def name_known(observation: dict[str, Seen], inputs: dict[str, Case]) -> None:
    """Name the mistake that gives the wrapper's numbers in every case where it runs, and fails where it fails."""
    cases = [(observation[name]["output"], given) for name, given in inputs.items()]
    # Where x was changed on the way, the numbers tell nothing.
    numbers = [(seen["values"], given) for seen, given in cases if "values" in seen and keeps_x(seen, given)]
    failed = [given for seen, given in cases if "raised" in seen]
    wrong = [(values, right(given)) for values, given in numbers if not close(values, right(given))]
    for key, formula in MISTAKES:
        fails = all(mistaken(formula, given) is None for given in failed)
        if wrong and fails and all(close(values, possible(formula, given)) for values, given in numbers):
            raise Fault(key, **worst(*wrong[0]))


def judge_parts(seen: Seen, given: Case) -> None:
    """Ask for a module with the parameters of F and of the shortcut, and no others."""
    ran(seen)
    if seen["lost"] and seen["weights"]:
        raise Fault("not-registered", part=" + ".join(seen["lost"]))
    if seen["copied"]:
        raise Fault("copied", part=" + ".join(seen["copied"]))
    if seen["weights"]:
        raise Fault("extra-weights", count=seen["weights"])


def judge_shape(output: Described, given: Case) -> None:
    """Ask for an output of the right shape."""
    ran(output)
    is_a_tensor(output)
    is_finite(output)
    wanted = given["slope"]
    if output["shape"] != list(wanted.shape):
        joined = math.prod(output["shape"]) == 2 * wanted.size
        figures = {"seen": shape(output["shape"]), "wanted": shape(wanted.shape), "x": shape(given["x"].shape)}
        raise Fault("concatenates" if joined else "output-shape", **figures)


def judge_use(output: Output, given: Case) -> None:
    """Ask for an x that is still what it was, and for one call of F."""
    if not keeps_x(output, given):
        changes = worst(output["input_after"], given["x"].astype(np.float64))
        # Wrappers that write into x whatever the parts are have been named before.
        if is_identity(given):
            raise Fault("writes-through", **changes, call=call_of(given))
        raise Fault("input-changed", **changes)
    if output["calls"] > 1:
        raise Fault("called-twice", calls=output["calls"])


def judge_gradient(seen: Seen, given: Case) -> None:
    """Ask for the right gradient."""
    judge_slope(seen["gradient"], given)


def judge_training(seen: Seen, given: Case) -> None:
    """Ask for the same in training, in each of several passes."""
    expected = to_numpy(computed(total, given, train=True))
    for output in seen["train_outputs"]:
        ran(output)
        if not close(output.get("values", np.zeros(0)), expected):
            raise Fault("train-differs")
        judge_use(output, given)


def judge_training_gradient(seen: Seen, given: Case) -> None:
    """Ask for the right gradient in training."""
    judge_slope(seen["train_gradient"], given, train=True)


def judge_slope(gradient: Gradient, given: Case, *, train: bool = False) -> None:
    """Ask for the right gradient of x, and for one of every parameter."""
    ran(gradient)
    if gradient["kind"] == "detached":
        raise Fault("detached")
    if gradient["kind"] == "none":
        raise Fault("no-gradient")
    values, expected = gradient["values"], gradient_of(total, given, train=train)
    if not close(values, expected):
        figures = worst(values, expected)
        name_mistake(DETACHED, lambda formula: close(values, gradient_of(formula, given, train=train)), **figures)
        raise Fault("gradient-differs", **figures)
    if gradient["frozen"]:
        raise Fault("frozen", part=" + ".join(gradient["frozen"]))
    if gradient["cut_off"]:
        raise Fault("weights-cut-off", part=" + ".join(gradient["cut_off"]))


def keeps_x(output: Output, given: Case) -> bool:
    """Tell whether x is after the call what it was before."""
    return close(output["input_after"], given["x"].astype(np.float64))


def is_identity(given: Case) -> bool:
    """Tell whether a part of a case returns x itself."""
    return not given["F"] or given["shortcut"] == {}


def call_of(given: Case) -> str:
    """Return how the wrapper of a case is built, as Python."""
    residual = "F" if given["F"] else "nn.Identity()"
    if given["shortcut"] is None:
        return f"Residual({residual})"
    return f"Residual({residual}, {'shortcut' if given['shortcut'] else 'nn.Identity()'})"


def total(f: Any, s: Any, x: Tensor) -> Tensor:
    """Return F(x) + shortcut(x)."""
    return f(x) + s(x)


def computed(formula: Formula, given: Case, x: Tensor | None = None, *, train: bool = False) -> Tensor:
    """Return what a formula gives in a case.

    Raises
    ------
    RuntimeError
        If the shapes do not allow it.
    """
    parts = parts_of(given)
    x = torch.from_numpy(given["x"]) if x is None else x
    return formula(parts["F"].train(train), parts.get("shortcut", NoShortcut()), x)


def right(given: Case) -> np.ndarray:
    """Return the right output of a case."""
    return to_numpy(computed(total, given))


def mistaken(formula: Formula, given: Case) -> np.ndarray | None:
    """Return the output of a wrong formula, None where the shapes do not allow the mistake."""
    try:
        return to_numpy(computed(formula, given))
    except RuntimeError:
        return None


def possible(formula: Formula, given: Case) -> np.ndarray:
    """Return the output of a wrong formula, the right one where the shapes do not allow the mistake."""
    output = mistaken(formula, given)
    return right(given) if output is None else output


def gradient_of(formula: Formula, given: Case, *, train: bool = False) -> np.ndarray:
    """Return the gradient of x that a formula gives, 0 where it cuts x off."""
    x = torch.from_numpy(given["x"].copy()).requires_grad_()
    (computed(formula, given, x, train=train) * torch.from_numpy(given["slope"])).sum().backward()
    return np.zeros(given["x"].shape) if x.grad is None else to_numpy(x.grad)


residual_wrapper = Check(
    grade_id="residual-wrapper",
    lesson="02_residual_gradient",
    answers=("Residual",),
    functions=False,
    inputs=inputs,
    observe=observe,
    judge=judge,
    references=("resnet_course.blocks.Residual",),
)
