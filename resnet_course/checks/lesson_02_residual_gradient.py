"""The checks of lesson 02: finite differences, the residual wrapper, its Jacobian, its paths, its start as identity."""

from __future__ import annotations

import inspect
import math
import operator
import re
import time
from collections.abc import Callable
from functools import partial
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn

from resnet_course.blocks import BasicBlock, Bottleneck, make_shortcut
from resnet_course.checks.check import Check
from resnet_course.checks.judging import (
    PASSED,
    Verdict,
    close,
    first_line,
    first_raised,
    not_a_tensor,
    not_finite,
    raised,
    shape,
    to_numpy,
    worst,
)
from resnet_course.checks.observing import Plain, describe, kind_of, load_arrays, trying
from resnet_course.language import number

LESSON = "02_residual_gradient"


# --- numerical-derivative ----------------------------------------------------------------------------------------

DEFAULT_EPS = 1e-3


def _polynomial(coefficients: list[float], x: Any) -> Any:
    """Return a + bx + cx² + dx³, of a number, a tensor or an array."""
    a, b, c, d = coefficients
    return a + x * (b + x * (c + x * d))


def _derivative_inputs(seed: int) -> Plain:
    draw = np.random.default_rng(seed)

    def coefficients() -> list[float]:
        return [float(each) for each in draw.uniform(0.5, 2.0, 4)]

    # The steps are large, so that forward, backward and central differences and the exact slope differ clearly.
    return {
        "number": {"f": coefficients(), "x": float(draw.uniform(0.5, 1.5)), "eps": 0.25},
        "tensor": {"f": coefficients(), "x": draw.uniform(0.5, 1.5, 5), "eps": 0.125},
        "default": {"f": coefficients(), "x": float(draw.uniform(0.5, 1.5)), "eps": None},
    }


def _derivative_observe(numerical_derivative: Any, inputs: Plain) -> Plain:
    def case(given: Plain) -> Plain:
        f = partial(_polynomial, given["f"])
        is_number = isinstance(given["x"], float)
        x = given["x"] if is_number else torch.from_numpy(given["x"].copy())
        eps = given["eps"]
        if eps is None:
            found = numerical_derivative(f, x)
        else:
            found = numerical_derivative(f, x, eps) if is_number else numerical_derivative(f, x, eps=eps)
        if isinstance(found, int | float):
            found = torch.tensor(float(found), dtype=torch.float64)
        after = None if is_number else x.detach().numpy().copy()
        return {**describe(found), "input_after": after}

    return {name: trying("call", partial(case, given)) for name, given in inputs.items()}


Function = Callable[[Any], Any]

# What a wrong formula gives: f, x and eps to a number.
SLOPES: tuple[tuple[str, Callable[[Function, Any, float], Any]], ...] = (
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
    ("eps-ignored", lambda f, x, e: (f(x + DEFAULT_EPS) - f(x - DEFAULT_EPS)) / (2 * DEFAULT_EPS)),
    ("value", lambda f, x, e: f(x)),
)


def _exact_slope(coefficients: list[float], x: Any) -> Any:
    _, b, c, d = coefficients
    return b + x * (2 * c + x * 3 * d)


def _derivative_judge(observation: Plain, inputs: Plain) -> Verdict:
    error = first_raised(*observation.values())
    if error:
        return raised(error)
    for name, seen in observation.items():
        given = np.asarray(inputs[name]["x"])
        if seen["kind"] == "none":
            return Verdict("returned-nothing")
        if seen["kind"] != "tensor":
            return Verdict("returned-type", {"type": seen["type"]})
        if seen["values"].shape != given.shape:
            return Verdict("shape", {"x": shape(given.shape), "seen": shape(seen["values"].shape)})
        problem = not_finite(seen)
        if problem:
            return problem
    wanted = {name: _slope(_central, inputs[name]) for name in inputs}
    right = {name: _same_slope(observation[name]["values"], wanted[name]) for name in inputs}
    if not all(right.values()):
        return _wrong_slope(observation, inputs, wanted, right)
    for name, seen in observation.items():
        if seen["input_after"] is not None and not np.array_equal(seen["input_after"], inputs[name]["x"]):
            return Verdict("input-changed", worst(seen["input_after"], inputs[name]["x"]))
    return PASSED


def _central(f: Function, x: Any, e: float) -> Any:
    return (f(x + e) - f(x - e)) / (2 * e)


def _slope(formula: Callable[[Function, Any, float], Any], given: Plain) -> np.ndarray:
    eps = DEFAULT_EPS if given["eps"] is None else given["eps"]
    return np.asarray(formula(partial(_polynomial, given["f"]), given["x"], eps))


def _same_slope(seen: np.ndarray, wanted: np.ndarray) -> bool:
    # Everything is float64: only rounding, magnified by 1 / eps, may differ, and the exact slope must not pass.
    return bool(np.allclose(seen, wanted, rtol=1e-9, atol=1e-9))


def _wrong_slope(observation: Plain, inputs: Plain, wanted: dict[str, np.ndarray], right: dict[str, bool]) -> Verdict:
    name = next(each for each in inputs if not right[each])
    figures = worst(observation[name]["values"], wanted[name]) | {
        "eps": number(inputs[name]["eps"] or DEFAULT_EPS, "g")
    }
    for key, formula in SLOPES:
        if all(_same_slope(observation[each]["values"], _slope(formula, inputs[each])) for each in inputs):
            return Verdict(key, figures)
    exact = {each: np.asarray(_exact_slope(inputs[each]["f"], inputs[each]["x"])) for each in inputs}
    if all(np.allclose(observation[each]["values"], exact[each], rtol=1e-6) for each in inputs):
        return Verdict("exact", figures)
    if right["number"] and right["tensor"]:
        return Verdict("default-eps", figures)
    if all(np.allclose(observation[each]["values"], wanted[each], rtol=1e-2) for each in inputs):
        return Verdict("imprecise", figures)
    return Verdict("numbers-differ", figures)


# --- residual-wrapper --------------------------------------------------------------------------------------------


def _wrapper_inputs(seed: int) -> Plain:
    draw = np.random.default_rng(seed)

    def case(inputs: int, outputs: int, projected: bool) -> Plain:
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

    return {"alone": case(4, 4, False), "projected": case(4, 5, True), "given": case(4, 4, True)}


def _wrapper_parts(given: Plain) -> tuple[nn.Sequential, nn.Linear | None]:
    """Build F (linear, BatchNorm) and the shortcut of a case."""
    outputs, inputs = given["F"]["0.weight"].shape
    residual = nn.Sequential(nn.Linear(inputs, outputs), nn.BatchNorm1d(outputs))
    load_arrays(residual, given["F"])
    if given["shortcut"] is None:
        return residual, None
    shortcut = nn.Linear(inputs, outputs)
    load_arrays(shortcut, given["shortcut"])
    return residual, shortcut


def _wrapper_observe(residual_class: Any, inputs: Plain) -> Plain:
    if not (inspect.isclass(residual_class) and issubclass(residual_class, nn.Module)):
        return {"not_a_module": {"type": kind_of(residual_class)}}
    return {name: _run_wrapper(residual_class, name, given) for name, given in inputs.items()}


def _run_wrapper(residual_class: type[nn.Module], name: str, given: Plain) -> Plain:
    residual, shortcut = _wrapper_parts(given)
    calls: list[int] = []
    residual.register_forward_hook(lambda *_: calls.append(1))

    def build() -> nn.Module:
        if shortcut is None:
            return residual_class(residual)
        return (
            residual_class(residual, shortcut) if name == "projected" else residual_class(residual, shortcut=shortcut)
        )

    built: list[nn.Module] = []
    seen: dict[str, Plain] = {"built": trying("call", lambda: built.append(build()))}
    if not built:
        return seen
    (wrapper,) = built
    seen["built"] = True
    kept = {id(parameter) for parameter in wrapper.parameters()}
    parts = {"F": residual, **({"shortcut": shortcut} if shortcut is not None else {})}
    seen["lost"] = [part for part, module in parts.items() if not {id(p) for p in module.parameters()} <= kept]
    seen["weights"] = len(kept) - sum(len(list(module.parameters())) for module in parts.values())

    x = torch.from_numpy(given["x"])
    wrapper.eval()
    seen["output"] = trying("forward", lambda: _forward_once(wrapper, x))
    seen["calls"] = len(calls)
    seen["gradient"] = trying("backward", lambda: _gradients(wrapper, parts, x, torch.from_numpy(given["slope"])))
    wrapper.train()
    seen["train_output"] = trying("forward", lambda: describe(wrapper(x.clone())))
    return seen


def _forward_once(module: nn.Module, x: Tensor) -> Plain:
    copy = x.clone()
    with torch.no_grad():
        output = describe(module(copy))
    return {**output, "input_after": copy.double().numpy().copy()}


def _gradients(wrapper: nn.Module, parts: dict[str, nn.Module], x: Tensor, slope: Tensor) -> Plain:
    leaf = x.clone().requires_grad_()
    output = wrapper(leaf.clone())  # a copy, because PyTorch forbids in-place changes of a leaf
    if not isinstance(output, Tensor) or output.shape != slope.shape:
        return {"kind": "none", "type": "None"}
    if not output.requires_grad:
        return {"kind": "detached"}
    (output * slope).sum().backward()
    frozen = [part for part, module in parts.items() if any(p.grad is None for p in module.parameters())]
    return {**describe(leaf.grad), "frozen": frozen}


# What a wrapper with one mistake would compute, from F, the shortcut (None if none was given) and x.
WRAPPERS: tuple[tuple[str, Callable[[Any, Any, Tensor], Tensor]], ...] = (
    ("no-shortcut", lambda f, s, x: f(x)),
    ("only-shortcut", lambda f, s, x: s(x)),
    ("residual-twice", lambda f, s, x: f(x) + f(x)),
    ("shortcut-ignored", lambda f, s, x: f(x) + x),
    ("shortcut-and-x", lambda f, s, x: f(x) + x + s(x) if s.given else f(x) + x),
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
    ("shortcut-of-residual", lambda f, s, x: f(x) + (s(f(x)) if s.given else x)),
    ("residual-of-residual", lambda f, s, x: f(f(x)) + s(x)),
    ("residual-of-residual", lambda f, s, x: f(f(x))),
)


class _Shortcut:
    """The shortcut of a case as a function; `given` tells whether there is more than x itself."""

    def __init__(self, module: nn.Module | None) -> None:
        self.given, self._module = module is not None, module

    def __call__(self, x: Tensor) -> Tensor:
        return x if self._module is None else self._module(x)


def _wrapped(
    given: Plain, formula: Callable[[Any, Any, Tensor], Tensor], x: Tensor | None = None, *, train: bool = False
) -> Tensor:
    """Compute what a formula gives in a case.

    Raises
    ------
    RuntimeError
        If the shapes do not allow it.
    """
    residual, shortcut = _wrapper_parts(given)
    residual.train(train)
    return formula(residual, _Shortcut(shortcut), torch.from_numpy(given["x"]) if x is None else x)


def _sum(f: Any, s: Any, x: Tensor) -> Tensor:
    return f(x) + s(x)


def _wrapper_judge(observation: Plain, inputs: Plain) -> Verdict:
    if "not_a_module" in observation:
        return Verdict("not-a-module", {"type": observation["not_a_module"]["type"]})
    # Every case passes one stage before any is asked the next: the most basic fault is named first.
    for judge in (_judge_wrapper_built, _judge_wrapper_output, _judge_wrapper_numbers, _judge_wrapper_training):
        for name in inputs:
            verdict = judge(name, observation, inputs)
            if not verdict.passed:
                return verdict
    return PASSED


def _judge_wrapper_built(name: str, observation: Plain, inputs: Plain) -> Verdict:
    seen = observation[name]
    error = first_raised(seen["built"])
    if error:
        return raised(error)
    if seen["lost"]:
        return Verdict("not-registered", {"part": " + ".join(seen["lost"])})
    if seen["weights"]:
        return Verdict("extra-weights", {"count": seen["weights"]})
    return PASSED


def _judge_wrapper_output(name: str, observation: Plain, inputs: Plain) -> Verdict:
    output, given = observation[name]["output"], inputs[name]
    error = first_raised(output)
    if error:
        message = error["message"]
        if given["shortcut"] is None and "'NoneType' object is not callable" in message:
            return Verdict("shortcut-unguarded", {"text": message})
        return _known_wrapper(observation, inputs) or raised(error)
    problem = not_a_tensor(output) or not_finite(output)
    if problem:
        return problem
    if output["shape"] != list(given["slope"].shape):
        figures = {"seen": shape(output["shape"]), "wanted": shape(given["slope"].shape), "x": shape(given["x"].shape)}
        joined = math.prod(output["shape"]) == 2 * given["slope"].size
        return Verdict("concatenates" if joined else "output-shape", figures)
    return PASSED


def _judge_wrapper_numbers(name: str, observation: Plain, inputs: Plain) -> Verdict:
    output, given = observation[name]["output"], inputs[name]
    expected = to_numpy(_wrapped(given, _sum))
    if not close(output["values"], expected):
        figures = worst(output["values"], expected)
        return _known_wrapper(observation, inputs) or Verdict("numbers-differ", figures)
    before = given["x"].astype(np.float64)
    if not close(output["input_after"], before):
        return Verdict("input-changed", worst(output["input_after"], before))
    if observation[name]["calls"] > 1:
        return Verdict("called-twice", {"calls": observation[name]["calls"]})
    return PASSED


def _known_wrapper(observation: Plain, inputs: Plain) -> Verdict | None:
    """Name the mistake whose numbers the wrapper gives in every case where it runs and the mistake shows."""
    ran = {name: given for name, given in inputs.items() if "values" in observation[name]["output"]}
    for key, formula in WRAPPERS:
        verdicts = [_gives(observation[name]["output"]["values"], given, formula) for name, given in ran.items()]
        if True in verdicts and False not in verdicts:
            name = next(name for name, verdict in zip(ran, verdicts, strict=True) if verdict)
            seen, wanted = observation[name]["output"]["values"], to_numpy(_wrapped(inputs[name], _sum))
            return Verdict(key, worst(seen, wanted))
    return None


def _gives(output: np.ndarray, given: Plain, formula: Callable[[Any, Any, Tensor], Tensor]) -> bool | None:
    """Tell whether a formula gives this output; None where the formula is right here."""
    right = to_numpy(_wrapped(given, _sum))
    try:
        mistaken = to_numpy(_wrapped(given, formula))
    except RuntimeError:
        mistaken = right
    if close(mistaken, right):
        return None if close(output, right) else False
    return close(output, mistaken)


def _judge_wrapper_training(name: str, observation: Plain, inputs: Plain) -> Verdict:
    seen, given = observation[name], inputs[name]
    error = first_raised(seen["gradient"], seen["train_output"])
    if error:
        return raised(error)
    gradient = seen["gradient"]
    if gradient["kind"] == "detached":
        return Verdict("detached")
    if gradient["kind"] == "none":
        return Verdict("no-gradient")
    expected = _wrapper_gradient(given, _sum)
    if not close(gradient["values"], expected):
        figures = worst(gradient["values"], expected)
        for key, formula in (
            ("detached-shortcut", lambda f, s, x: f(x) + s(x).detach()),
            ("detached-shortcut", lambda f, s, x: f(x) + s(x.detach())),
            ("detached-residual", lambda f, s, x: f(x).detach() + s(x)),
            ("detached-residual", lambda f, s, x: f(x.detach()) + s(x)),
        ):
            if close(gradient["values"], _wrapper_gradient(given, formula)):
                return Verdict(key, figures)
        return Verdict("gradient-differs", figures)
    if gradient["frozen"]:
        return Verdict("frozen", {"part": " + ".join(gradient["frozen"])})
    expected = to_numpy(_wrapped(given, _sum, train=True))
    if not close(seen["train_output"].get("values", np.zeros(0)), expected):
        return Verdict("train-differs")
    return PASSED


def _wrapper_gradient(given: Plain, formula: Callable[[Any, Any, Tensor], Tensor]) -> np.ndarray:
    x = torch.from_numpy(given["x"].copy()).requires_grad_()
    output = _wrapped(given, formula, x)
    (output * torch.from_numpy(given["slope"])).sum().backward()
    return to_numpy(x.grad) if x.grad is not None else np.zeros(given["x"].shape)


# --- residual-jacobian -------------------------------------------------------------------------------------------


def _jacobian_inputs(seed: int) -> Plain:
    # The first jacrev of a process imports PyTorch's compiler: seconds on a busy machine, and not the learner's.
    torch.func.jacrev(torch.sin)(torch.ones(1))
    draw = np.random.default_rng(seed)
    return {
        "module": {
            "first": draw.normal(0, 0.8, (5, 3)),
            "second": draw.normal(0, 0.8, (3, 5)),
            "x": draw.normal(size=3),
        },
        # With the shift this F, unlike the first, has another slope at -x than at x.
        "function": {
            "matrix": draw.normal(0, 0.8, (4, 4)),
            "shift": draw.uniform(0.5, 1.0, 4),
            "x": draw.normal(size=4),
        },
    }


def _jacobian_observe(residual_jacobian: Any, inputs: Plain) -> Plain:
    def case(given: Plain) -> Plain:
        residual: Any
        if "matrix" in given:
            matrix, shift = torch.from_numpy(given["matrix"]), torch.from_numpy(given["shift"])
            residual = lambda x: torch.sin(matrix @ x + shift)  # noqa: E731
        else:
            residual = nn.Sequential(nn.Linear(3, 5, bias=False), nn.Tanh(), nn.Linear(5, 3, bias=False)).double()
            load_arrays(residual, {"0.weight": given["first"], "2.weight": given["second"]})
        x = torch.from_numpy(given["x"].copy())
        found = describe(residual_jacobian(residual, x))
        return {**found, "input_after": x.detach().numpy().copy()}

    return {name: trying("call", partial(case, given)) for name, given in inputs.items()}


def _jacobian_of_residual(given: Plain) -> np.ndarray:
    """Return the Jacobian of F by the chain rule, written out by hand."""
    x = given["x"]
    if "matrix" in given:
        return np.asarray(np.cos(given["matrix"] @ x + given["shift"])[:, None] * given["matrix"])
    hidden = np.tanh(given["first"] @ x)
    return np.asarray(given["second"] @ ((1 - hidden**2)[:, None] * given["first"]))


def _residual_value(given: Plain) -> np.ndarray:
    if "matrix" in given:
        return np.asarray(np.sin(given["matrix"] @ given["x"] + given["shift"]))
    return np.asarray(given["second"] @ np.tanh(given["first"] @ given["x"]))


# What one mistake gives: from the Jacobian of F, F(x) and x.
JACOBIANS: tuple[tuple[str, Callable[[np.ndarray, np.ndarray, np.ndarray], np.ndarray]], ...] = (
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
    ("diagonal-only", lambda j, f, x: np.diag(np.diag(np.eye(len(x)) + j))),
    ("diagonal-only", lambda j, f, x: np.diag(np.eye(len(x)) + j)),
    ("value", lambda j, f, x: f + x),
    ("sum-gradient", lambda j, f, x: (np.eye(len(x)) + j).sum(0)),
    ("sum-gradient", lambda j, f, x: j.sum(0)),
    ("sum-gradient", lambda j, f, x: j.sum(0) + np.eye(len(x))),
)


def _jacobian_judge(observation: Plain, inputs: Plain) -> Verdict:
    error = first_raised(*observation.values())
    if error:
        return _judge_jacobian_error(error)
    for seen in observation.values():
        if seen["kind"] == "none":
            return Verdict("returned-nothing")
        if seen["kind"] != "tensor":
            return Verdict("not-called" if seen["type"] == "function" else "returned-type", {"type": seen["type"]})
        problem = not_finite(seen)
        if problem:
            return problem
    wanted = {name: np.eye(len(given["x"])) + _jacobian_of_residual(given) for name, given in inputs.items()}
    wrong = [name for name in inputs if not close(observation[name]["values"], wanted[name])]
    if wrong:
        return _wrong_jacobian(observation, inputs, wanted, wrong[0])
    for name, seen in observation.items():
        if not close(seen["input_after"], inputs[name]["x"]):
            return Verdict("input-changed", worst(seen["input_after"], inputs[name]["x"]))
    return PASSED


def _judge_jacobian_error(error: Plain) -> Verdict:
    text = first_line(error["message"])
    figures = {"text": text, "code": error["lines"][-1]["code"] if error["lines"] else "–"}
    # F is a Sequential at first: so a Python function in a sum is what jacrev returned.
    if "supports only objects of Sequential" in text:
        return Verdict("adds-to-function", figures)
    if re.search(r"for [+-]: .*'function'", text):
        return Verdict("adds-function", figures)
    if text.startswith("eye()"):
        return Verdict("eye-of-a-tensor", figures)
    return raised(error)


def _wrong_jacobian(observation: Plain, inputs: Plain, wanted: dict[str, np.ndarray], name: str) -> Verdict:
    values = observation[name]["values"]
    figures = {"seen_shape": shape(values.shape), "wanted_shape": shape(wanted[name].shape)}
    same_shape = values.shape == wanted[name].shape
    if same_shape:
        figures |= worst(values, wanted[name])
    for key, formula in JACOBIANS:
        mistaken = {
            each: formula(_jacobian_of_residual(given), _residual_value(given), given["x"])
            for each, given in inputs.items()
        }
        if all(close(observation[each]["values"], mistaken[each]) for each in inputs):
            return Verdict(key, {"place": "–", "seen": "–", "wanted": "–", **figures})
    if not same_shape:
        return Verdict("shape", figures)
    # Measured over 500 seeds: differences with a large step are at most 2.7 % off, the Jacobian at -x at least 3.8 %.
    near = [
        observation[each]["values"].shape == wanted[each].shape
        and np.allclose(observation[each]["values"], wanted[each], rtol=0.035, atol=0.035)
        for each in inputs
    ]
    return Verdict("imprecise" if all(near) else "numbers-differ", figures)


# --- path-lengths ------------------------------------------------------------------------------------------------

ENUMERABLE = 18  # 2 ** 18 paths: counted one by one they take far longer than any formula
TOO_SLOW = 0.03  # seconds; a formula takes a hundredth of a millisecond


def _paths_inputs(seed: int) -> Plain:
    draw = np.random.default_rng(seed)
    return {"blocks": [2, 0, 1, int(draw.integers(3, 9)), int(draw.integers(9, 14)), ENUMERABLE, 60]}


def _paths_observe(path_lengths: Any, inputs: Plain) -> Plain:
    seen: dict[str, Plain] = {}
    for blocks in inputs["blocks"]:
        began = time.thread_time()
        seen[str(blocks)] = trying("call", partial(_count, path_lengths, blocks))
        seconds = time.thread_time() - began
        # 2 ** 60 paths would fill the memory before the time is up: whoever counts one by one is stopped before.
        if blocks == ENUMERABLE and seconds > TOO_SLOW and "raised" not in seen[str(blocks)]:
            began = time.thread_time()
            trying("call", partial(_count, path_lengths, blocks))
            if time.thread_time() - began > TOO_SLOW:
                seen["too_slow"] = blocks
                break
    return seen


def _count(path_lengths: Any, blocks: int) -> Plain:
    value = path_lengths(blocks)
    if not isinstance(value, list):
        number = float(value) if isinstance(value, int | float) else None
        return {"kind": kind_of(value), "number": number}
    counts: list[Plain] = []
    for each in value:
        if isinstance(each, float):
            counts.append(float(each))
        else:
            try:
                counts.append(operator.index(each))  # also NumPy's whole numbers
            except TypeError:
                return {"kind": "list", "element": kind_of(each)}
    return {"kind": "list", "counts": counts}


# What one mistake gives for L blocks.
COUNTS: tuple[tuple[str, Callable[[int], list[Any]]], ...] = (
    ("last-missing", lambda n: [math.comb(n, k) for k in range(n)]),
    ("zero-missing", lambda n: [math.comb(n, k) for k in range(1, n + 1)]),
    ("one-block-more", lambda n: [math.comb(n + 1, k) for k in range(n + 2)]),
    ("one-block-more", lambda n: [math.comb(n + 1, k) for k in range(n + 1)]),
    ("one-block-less", lambda n: [math.comb(max(n - 1, 0), k) for k in range(max(n, 1))]),
    ("one-block-less", lambda n: [math.comb(max(n - 1, 0), k) for k in range(n)]),
    ("lengths", lambda n: list(range(n + 1))),
    ("lengths", lambda n: list(range(1, n + 1))),
    ("cumulative", lambda n: [sum(math.comb(n, i) for i in range(k + 1)) for k in range(n + 1)]),
    ("ordered", lambda n: [math.perm(n, k) for k in range(n + 1)]),
    ("powers", lambda n: [2**k for k in range(n + 1)]),
    ("products", lambda n: [n * k for k in range(n + 1)]),
    ("ones", lambda n: [1] * (n + 1)),
)


def _paths_judge(observation: Plain, inputs: Plain) -> Verdict:
    called = {blocks: observation[str(blocks)] for blocks in inputs["blocks"] if str(blocks) in observation}
    error = first_raised(*called.values())
    small = {blocks: seen for blocks, seen in called.items() if "raised" not in seen}
    if error and 2 not in small:
        return raised(error)
    for blocks, seen in small.items():
        verdict = _judge_counts_type(blocks, seen)
        if not verdict.passed:
            return verdict
    if not error:
        verdict = _judge_counts(small, "too_slow" in observation)
        return verdict
    if 0 in called and "raised" in called[0] and all("raised" not in seen for n, seen in called.items() if n):
        return Verdict("zero-blocks", {"blocks": 0, "seen": called[0]["raised"]["type"]})
    return raised(error)


def _judge_counts_type(blocks: int, seen: Plain) -> Verdict:
    figures: dict[str, Any] = {"blocks": blocks, "type": seen["kind"]}
    if seen["kind"] == "NoneType":
        return Verdict("returned-nothing", figures)
    if seen["kind"] != "list":
        total = seen["number"] == 2**blocks
        return Verdict("total" if total else "not-a-list", figures)
    if "element" in seen:
        return Verdict("elements", figures | {"type": seen["element"]})
    return PASSED


def _judge_counts(small: dict[int, Plain], too_slow: bool) -> Verdict:
    found = {blocks: seen["counts"] for blocks, seen in small.items()}
    wanted = {blocks: [math.comb(blocks, k) for k in range(blocks + 1)] for blocks in found}
    floats = [blocks for blocks in found if any(isinstance(each, float) for each in found[blocks])]
    if floats and all(_nearly(found[blocks], wanted[blocks]) for blocks in found):
        return Verdict("floats", {"blocks": floats[0], "seen": _some(found[floats[0]])})
    wrong = [blocks for blocks in found if found[blocks] != wanted[blocks]]
    if wrong:
        blocks = wrong[0]
        figures = {"blocks": blocks, "seen": _some(found[blocks]), "wanted": _some(wanted[blocks])}
        figures |= {"seen_sum": sum(found[blocks]), "wanted_sum": 2**blocks}
        for key, formula in COUNTS:
            if all(found[each] == formula(each) for each in found):
                return Verdict(key, figures)
        if wrong == [0]:
            return Verdict("zero-blocks", figures)
        if len(found) > 1 and len({tuple(each) for each in found.values()}) == 1:
            return Verdict("always-the-same", figures)
        if all(len(counts) == 2**each and sorted(counts) == _every_path(each) for each, counts in found.items()):
            return Verdict("every-path", figures)
        if all(_shares(found[each], wanted[each]) for each in found):
            return Verdict("shares", figures)
        if wrong == [max(found)] and len(found[blocks]) == blocks + 1:
            return Verdict("rounded", figures)
        if all(len(counts) == each for each, counts in found.items()):
            return Verdict("too-short", figures | {"lengths": blocks + 1})
        return Verdict("numbers-differ", figures)
    return Verdict("too-slow", {"blocks": ENUMERABLE, "paths": 2**ENUMERABLE}) if too_slow else PASSED


def _nearly(counts: list[Any], wanted: list[int]) -> bool:
    return len(counts) == len(wanted) and bool(np.allclose(counts, np.array(wanted, dtype=float), rtol=1e-9))


def _every_path(blocks: int) -> list[int]:
    return sorted(bin(path).count("1") for path in range(2**blocks))


def _shares(counts: list[Any], wanted: list[int]) -> bool:
    return len(counts) == len(wanted) and bool(np.allclose(counts, np.array(wanted, dtype=float) / sum(wanted)))


def _some(counts: list[Any], most: int = 8) -> str:
    # A float shows that it is one: 2.0, not 2.
    shown = ", ".join(repr(each) if isinstance(each, float) else str(each) for each in counts[:most])
    return f"[{shown}{', …' if len(counts) > most else ''}]"


# --- identity-init -----------------------------------------------------------------------------------------------

BLOCKS: dict[str, tuple[type[BasicBlock] | type[Bottleneck], int, int, int]] = {
    "BasicBlock(4, 4)": (BasicBlock, 4, 4, 1),
    "BasicBlock(4, 6, 2, downsample)": (BasicBlock, 4, 6, 2),
    "Bottleneck(8, 2)": (Bottleneck, 8, 2, 1),
}
LAST = {BasicBlock: "bn2.weight", Bottleneck: "bn3.weight"}


def _fresh(name: str) -> nn.Module:
    kind, inplanes, planes, stride = BLOCKS[name]
    return kind(inplanes, planes, stride, make_shortcut(inplanes, planes * kind.expansion, stride))


def _init_inputs(seed: int) -> Plain:
    draw = np.random.default_rng(seed)
    inputs = {}
    for name in BLOCKS:
        weights = {
            # Nothing is 0 or 1 as in a fresh block, so that every change shows.
            each: draw.uniform(0.5, 1.5, tuple(tensor.shape)).astype(np.float32)
            for each, tensor in _fresh(name).state_dict().items()
            if tensor.is_floating_point()
        }
        inputs[name] = {"weights": weights, "x": draw.normal(0, 1, (3, BLOCKS[name][1], 5, 4)).astype(np.float32)}
    return inputs


def _init_observe(zero_init_residual: Any, inputs: Plain) -> Plain:
    def case(name: str, given: Plain) -> Plain:
        block = _given_block(name, given)
        before = dict(block.named_parameters())
        returned = zero_init_residual(block)
        after = dict(block.named_parameters())
        return {
            "state": _state(block),
            "returned": {
                "type": type(returned).__name__,
                **({"state": _state(returned)} if _other(returned, block) else {}),
            },
            "replaced": [each for each in before if each in after and after[each] is not before[each]],
            "frozen": [each for each, parameter in after.items() if not parameter.requires_grad],
            "output": trying("forward", lambda: describe(block.eval()(torch.from_numpy(given["x"]).clone()))),
        }

    return {name: trying("call", partial(case, name, given)) for name, given in inputs.items()}


def _other(returned: object, block: nn.Module) -> bool:
    return isinstance(returned, nn.Module) and returned is not block


def _state(block: Any) -> Plain:
    return {
        name: tensor.detach().double().numpy().copy()
        for name, tensor in block.state_dict().items()
        if tensor.is_floating_point()
    }


def _init_judge(observation: Plain, inputs: Plain) -> Verdict:
    # A block on which the code ran says more than an error on the next one, unless it is right.
    for name, given in inputs.items():
        seen = observation[name]
        if "raised" in seen:
            text = seen["raised"]["message"]
            if ("cannot assign" in text and "parameter" in text) or "in-place operation" in text:
                return Verdict("fill-in-place", {"text": text.splitlines()[0]})
            if "no attribute 'bn3'" in text:
                return Verdict("no-bn3", {"name": name, "text": first_line(text)})
            return raised(seen["raised"])
        verdict = _judge_init(name, seen, given)
        if not verdict.passed:
            return verdict
    return PASSED


def _given_block(name: str, given: Plain) -> nn.Module:
    block = _fresh(name)
    load_arrays(block, given["weights"])
    return block


def _judge_init(name: str, seen: Plain, given: Plain) -> Verdict:
    last = LAST[BLOCKS[name][0]]
    figures: dict[str, Any] = {"name": name, "last": last}
    before: dict[str, np.ndarray] = _state(_given_block(name, given))
    state: dict[str, np.ndarray] = seen["state"]
    missing = sorted(set(before) - set(state))
    if missing:
        return Verdict("missing", figures | {"missing": ", ".join(missing)})
    changed = [each for each in before if not np.array_equal(state[each], before[each])]
    figures["changed"] = ", ".join(changed) or "–"
    if not changed:
        copy = seen["returned"].get("state", {})
        done = last in copy and not copy[last].any()
        return Verdict("returned-copy" if done else "unchanged", figures)
    if changed != [last]:
        return _judge_changed(changed, last, figures)
    if state[last].any():
        largest = state[last].flat[np.abs(state[last]).argmax()]
        return Verdict("not-zero", figures | {"seen": number(largest, ".4g")})
    if last in seen["frozen"]:
        return Verdict("frozen", figures)
    if seen["replaced"]:
        return Verdict("replaced", figures)
    if seen["frozen"]:
        return Verdict("others-frozen", figures | {"frozen": ", ".join(seen["frozen"])})
    error = first_raised(seen["output"])
    if error:
        return raised(error)
    return PASSED if _same_output(seen["output"], name, given, last) else Verdict("output-differs", figures)


def _same_output(seen: Plain, name: str, given: Plain, last: str) -> bool:
    """Tell whether the block still computes what its numbers say: no layer or method was exchanged."""
    block = _given_block(name, given).eval()
    with torch.no_grad():
        block.get_parameter(last).zero_()
        expected = to_numpy(block(torch.from_numpy(given["x"])))
    return seen["kind"] == "tensor" and close(seen["values"], expected)


def _judge_changed(changed: list[str], last: str, figures: dict[str, Any]) -> Verdict:
    parameters = [each for each in changed if not each.startswith("downsample") and "running" not in each]
    convolutions = [each for each in parameters if each.startswith("conv")]
    norms = [each for each in parameters if each.startswith("bn") and each.endswith("weight")]
    if any("running" in each for each in changed):
        return Verdict("statistics", figures)
    if any(each.startswith("downsample") for each in changed):
        return Verdict("downsample-norm", figures)
    if convolutions:
        return Verdict("convolution" if len(parameters) == 1 else "too-much", figures)
    if len(norms) > 1:
        return Verdict("all-norms", figures)
    if norms and norms != [last]:
        return Verdict("first-norm" if norms == ["bn1.weight"] else "middle-norm", figures)
    return Verdict("bias-too" if norms else "bias", figures)


# --- the checks --------------------------------------------------------------------------------------------------

numerical_derivative = Check(
    "numerical-derivative",
    LESSON,
    ("numerical_derivative",),
    _derivative_inputs,
    _derivative_observe,
    _derivative_judge,
)
residual_wrapper = Check("residual-wrapper", LESSON, ("Residual",), _wrapper_inputs, _wrapper_observe, _wrapper_judge)
residual_jacobian = Check(
    "residual-jacobian", LESSON, ("residual_jacobian",), _jacobian_inputs, _jacobian_observe, _jacobian_judge
)
path_lengths = Check("path-lengths", LESSON, ("path_lengths",), _paths_inputs, _paths_observe, _paths_judge)
identity_init = Check("identity-init", LESSON, ("zero_init_residual",), _init_inputs, _init_observe, _init_judge)
