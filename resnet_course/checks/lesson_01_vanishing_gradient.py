"""The checks of lesson 01: the sigmoid's slope, deep nets, their gradients, eight predictions, four diagnoses."""

from __future__ import annotations

import math
import re
from collections import OrderedDict
from functools import partial
from itertools import pairwise
from numbers import Real
from typing import Any

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor, nn

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
from resnet_course.drawing import say
from resnet_course.experiments import DIAGNOSES, FATES, diagnose, example_curves, fate, profile_of
from resnet_course.language import number
from resnet_course.mlp import CLASSES, PIXELS, initialise_linear
from resnet_course.mlp import deep_mlp as reference_mlp
from resnet_course.recorders import gradient_norms as reference_norms

LESSON = "01_vanishing_gradient"


# --- sigmoid-derivative ------------------------------------------------------------------------------------------


def _slope_inputs(seed: int) -> Plain:
    draw = np.random.default_rng(seed)
    x = np.concatenate([[0.0, -20.0, 20.0], draw.uniform(-6, 6, 9)])
    return {"x": x.reshape(3, 4).astype(np.float32), "depths": [1, 2, 3, int(draw.integers(10, 40))]}


def _slope_observe(sigmoid_derivative: Any, sigmoid_bound: Any, inputs: Plain) -> Plain:
    def derivative() -> Plain:
        x = torch.from_numpy(inputs["x"].copy())
        return {**describe(sigmoid_derivative(x)), "input_after": to_numpy(x).copy()}

    return {
        "derivative": trying("call", derivative),
        "bounds": [trying("call", partial(_bound, sigmoid_bound, depth)) for depth in inputs["depths"]],
    }


def _bound(sigmoid_bound: Any, depth: int) -> Plain:
    value = sigmoid_bound(depth)
    if isinstance(value, Tensor | np.ndarray | np.generic) and math.prod(value.shape) == 1:
        value = value.item()
    return {"value": float(value) if isinstance(value, Real) else type(value).__name__}


SLOPE_MISTAKES = {
    "sigmoid-itself": lambda x, s: s,
    "one-factor-missing": lambda x, s: 1 - s,
    "x-in-formula": lambda x, s: s * (1 - x),
    "no-sigmoid": lambda x, s: x * (1 - x),
    "tanh-derivative": lambda x, s: 1 - torch.tanh(x) ** 2,
    "tanh-formula": lambda x, s: 1 - s**2,
    "squared": lambda x, s: s**2,
    "plus": lambda x, s: s * (1 + s),
    "negative": lambda x, s: -s * (1 - s),
}


def _slope_judge(observation: Plain, inputs: Plain) -> Verdict:
    seen = observation["derivative"]
    error = first_raised(seen)
    if error:
        return raised(error)
    problem = not_a_tensor(seen, "sigmoid_derivative") or not_finite(seen)
    if problem:
        return problem
    x = torch.from_numpy(inputs["x"]).double()
    sigmoid = torch.sigmoid(x)
    expected = to_numpy(sigmoid * (1 - sigmoid))
    if not close(seen["values"], expected):
        return _slope_mistake(seen["values"], x, sigmoid, expected)
    if not close(seen["input_after"], to_numpy(x)):
        return Verdict("input-changed", worst(seen["input_after"], to_numpy(x)))
    return _judge_bounds(observation["bounds"], inputs["depths"])


def _slope_mistake(values: np.ndarray, x: Tensor, sigmoid: Tensor, expected: np.ndarray) -> Verdict:
    if values.shape != expected.shape:
        return Verdict("shape", {"seen": shape(values.shape), "wanted": shape(expected.shape)})
    # At 0, a number that everybody can check by hand.
    figures = worst(values, expected) | {"at_zero": number(values[0, 0], ".4g")}
    for key, mistake in SLOPE_MISTAKES.items():
        if close(values, to_numpy(mistake(x, sigmoid))):
            return Verdict(key, figures)
    return Verdict("numbers-differ", figures)


def _judge_bounds(bounds: list[Plain], depths: list[int]) -> Verdict:
    error = first_raised(*bounds)
    if error:
        return raised(error)
    values = [bound["value"] for bound in bounds]
    deepest = {"depth": depths[-1], "seen": values[-1], "wanted": say(0.25 ** depths[-1])}
    if not all(isinstance(value, float) for value in values):
        return Verdict("bound-type", deepest)
    deepest["seen"] = say(values[-1])
    if deepest["seen"] == deepest["wanted"]:
        deepest |= {"seen": number(values[-1], ".9g"), "wanted": number(0.25 ** depths[-1], ".9g")}

    def gives(bound: Any) -> bool:
        return all(math.isclose(value, bound(depth), rel_tol=1e-6) for value, depth in zip(values, depths, strict=True))

    if gives(lambda depth: 0.25**depth):
        return PASSED
    mistakes = {
        "bound-of-one-layer": lambda depth: 0.25,
        "bound-of-the-sigmoid": lambda depth: 0.5**depth,
        "bound-adds": lambda depth: 0.25 * depth,
        "bound-divides": lambda depth: 0.25 / depth,
        "bound-of-tanh": lambda depth: 1.0,
        "bound-grows": lambda depth: 4.0**depth,
    }
    key = next((key for key, mistake in mistakes.items() if gives(mistake)), "bound-differs")
    return Verdict(key, deepest)


# --- deep-mlp ----------------------------------------------------------------------------------------------------

# Sigmoid comes first: unlike ReLU, it takes no argument, so activation(nn.Linear(…)) fails at the learner's line.
NETS = {"four": (4, 5, "Sigmoid"), "five": (5, 4, "ReLU"), "two": (2, 6, "Tanh")}


def _mlp_inputs(seed: int) -> Plain:
    draw = np.random.default_rng(seed)
    inputs = {}
    for name, (depth, width, activation) in NETS.items():
        sizes = [PIXELS, *[width] * (depth - 1), CLASSES]
        inputs[name] = {
            "arguments": [depth, width, activation],
            "weights": [
                draw.normal(0, fan_in**-0.5, (fan_out, fan_in)).astype(np.float32)
                for fan_in, fan_out in pairwise(sizes)
            ],
            "biases": [draw.normal(0, 0.5, fan_out).astype(np.float32) for fan_out in sizes[1:]],
            "x": draw.normal(0, 1, (3, 1, 28, 28)).astype(np.float32),
        }
    return inputs


def _mlp_observe(deep_mlp: Any, inputs: Plain) -> Plain:
    earlier: list[nn.Module] = []  # the linear layers of the nets made so far

    def case(given: Plain) -> Plain:
        depth, width, activation = given["arguments"]
        net = deep_mlp(depth, width, getattr(nn, activation))
        if not isinstance(net, nn.Module):
            return {"returned": kind_of(net)}
        layers = [part for _, part in net.named_modules(remove_duplicate=False) if not any(part.children())]
        linears = [layer for layer in layers if isinstance(layer, nn.Linear)]
        seen = {
            "sequential": isinstance(net, nn.Sequential),
            "kind": type(net).__name__,
            "kinds": [type(layer).__name__ for layer in layers],
            "shapes": [list(layer.weight.shape) for layer in linears],
            "biases": [layer.bias is not None for layer in linears],
            "different": len({id(layer) for layer in linears}),
            "fresh": [_fresh_sizes(layer) for layer in linears],
            "kept": any(layer is other for layer in linears for other in earlier),
        }
        earlier.extend(linears)
        with torch.no_grad():
            for layer, weight, bias in zip(linears, given["weights"], given["biases"], strict=False):
                for parameter, array in ((layer.weight, weight), (layer.bias, bias)):
                    if parameter is not None and parameter.shape == array.shape:
                        parameter.copy_(torch.from_numpy(array))
            seen["output"] = trying("forward", lambda: describe(net(torch.from_numpy(given["x"].copy()))))
        return seen

    return {name: trying("call", partial(case, given)) for name, given in inputs.items()}


def _fresh_sizes(layer: nn.Linear) -> Plain:
    """Return the largest weight and bias of a layer as it was made, times the root of its number of inputs."""
    sizes = [0.0 if each is None else each.detach().abs().max().item() for each in (layer.weight, layer.bias)]
    return [size * layer.in_features**0.5 for size in sizes]


def _mlp_judge(observation: Plain, inputs: Plain) -> Verdict:
    for name, given in inputs.items():
        if observation[name].get("kept"):
            return Verdict(
                "kept-between-calls", {"call": _mlp_call(given), "layers": ", ".join(observation[name]["kinds"])}
            )
    for name, given in inputs.items():
        verdict = _judge_layers(observation[name], given)
        if not verdict.passed:
            return verdict
    for name, given in inputs.items():
        verdict = _judge_mlp_output(observation[name], given)
        if not verdict.passed:
            return verdict
    return PASSED


def _mlp_call(given: Plain) -> str:
    depth, width, activation = given["arguments"]
    return f"deep_mlp({depth}, {width}, nn.{activation})"


def _judge_layers(seen: Plain, given: Plain) -> Verdict:
    depth, _, activation = given["arguments"]
    figures: dict[str, Any] = {"call": _mlp_call(given)}
    error = first_raised(seen)
    if error:
        return _judge_mlp_error(error, activation, figures)
    if "returned" in seen:
        key = "returned-nothing" if seen["returned"] == "NoneType" else "not-a-net"
        return Verdict(key, figures | {"type": seen["returned"]})
    if not seen["sequential"]:
        return Verdict("not-sequential", figures | {"type": seen["kind"]})
    figures |= {"layers": ", ".join(seen["kinds"]) or "–", "activation": activation}
    count = len(seen["shapes"])
    if count != depth:
        key = "hidden-layers-only" if count == depth + 1 else "depth"
        return Verdict(key, figures | {"seen": count, "wanted": depth})
    if seen["different"] < count:
        return Verdict("same-layer", figures | {"seen": seen["different"], "wanted": count})
    for place, (weight, wanted) in enumerate(zip(seen["shapes"], given["weights"], strict=True)):
        if weight != list(wanted.shape):
            key = "first-layer" if place == 0 else "last-layer" if place == depth - 1 else "width"
            swapped = {"number": place + 1, "seen": shape(weight), "wanted": shape(wanted.shape)}
            return Verdict(key, figures | swapped)
    if not all(seen["biases"]):
        return Verdict("no-bias", figures)
    verdict = _judge_activations(seen["kinds"], depth, activation, figures)
    return _judge_fresh(seen, figures) if verdict.passed else verdict


def _judge_fresh(seen: Plain, figures: dict[str, Any]) -> Verdict:
    # nn.Linear draws weights and biases evenly between -1 / √inputs and 1 / √inputs. There are at least 16 weights in
    # a layer: one of them is nearly always beyond a third of that.
    for place, (weight, bias) in enumerate(seen["fresh"]):
        if not 0.3 < weight < 1.001 or not 0 < bias < 1.001:
            return Verdict("drawn-anew", figures | {"number": place + 1})
    return PASSED


def _judge_mlp_error(error: Plain, activation: str, figures: dict[str, Any]) -> Verdict:
    figures = figures | {"text": first_line(error["message"]), "activation": activation}
    if ".__init__() takes 1 positional argument" in error["message"] and activation in error["message"]:
        return Verdict(
            "activation-arguments", figures | {"code": error["lines"][-1]["code"] if error["lines"] else "–"}
        )
    refused, found, _ = error["message"].partition(" is not a Module subclass")
    if not found:
        return raised(error)
    if refused in ("list", "tuple") or "<genexpr>" in refused:
        return Verdict("list-not-unpacked", figures)
    if refused.endswith("Tensor"):
        return Verdict("tensor-in-net", figures)
    return Verdict("activation-class" if refused.endswith(f".{activation}") else "not-a-layer", figures)


def _judge_activations(kinds: list[str], depth: int, activation: str, figures: dict[str, Any]) -> Verdict:
    after_last = kinds[len(kinds) - kinds[::-1].index("Linear") :]
    if "Softmax" in after_last or "LogSoftmax" in after_last:
        return Verdict("softmax-at-end", figures)
    if activation in after_last:
        return Verdict("activation-at-end", figures)
    between = [kind for kind in kinds if kind not in ("Linear", "Flatten", "Identity")]
    if not between:
        return Verdict("no-activation", figures)
    if activation not in between:
        return Verdict("activation-ignored", figures | {"seen": between[0]})
    if between.count(activation) != depth - 1:
        return Verdict("activation-count", figures | {"seen": between.count(activation), "wanted": depth - 1})
    if len(between) != depth - 1:
        extra = sorted(set(between) - {activation})
        return Verdict("extra-layers", figures | {"seen": ", ".join(extra)})
    return PASSED


def _judge_mlp_output(seen: Plain, given: Plain) -> Verdict:
    depth, _, activation = given["arguments"]
    figures: dict[str, Any] = {"call": _mlp_call(given), "x": shape(given["x"].shape)}
    error = first_raised(seen["output"])
    if error:
        if seen["kinds"][0] != "Flatten" and error["type"] == "RuntimeError":
            return Verdict("no-flatten", figures | {"text": error["message"].splitlines()[0]})
        return raised(error)
    problem = not_a_tensor(seen["output"]) or not_finite(seen["output"])
    if problem:
        return problem
    out = torch.from_numpy(given["x"]).flatten(1)
    for place, (weight, bias) in enumerate(zip(given["weights"], given["biases"], strict=True)):
        out = F.linear(out, torch.from_numpy(weight), torch.from_numpy(bias))
        if place < depth - 1:
            out = getattr(nn, activation)()(out)
    values, expected = seen["output"]["values"], to_numpy(out)
    if values.shape != expected.shape:
        return Verdict("output-shape", figures | {"seen": shape(values.shape), "wanted": shape(expected.shape)})
    if not close(values, expected):
        return Verdict("numbers-differ", figures | worst(values, expected))
    return PASSED


# --- gradient-norms ----------------------------------------------------------------------------------------------

LEFT_OVER = 0.5  # every .grad holds this before the learner's function is called


def _norms_inputs(seed: int) -> Plain:
    draw = np.random.default_rng(seed)

    def net(sizes: list[int], weights: list[float], biases: list[float]) -> Plain:
        """Draw a net's weights and biases, with the given standard deviation in each layer."""
        return {
            "weights": [
                draw.normal(0, spread, (fan_out, fan_in)).astype(np.float32)
                for (fan_in, fan_out), spread in zip(pairwise(sizes), weights, strict=True)
            ],
            "biases": [
                draw.normal(0, spread, size).astype(np.float32) for size, spread in zip(sizes[1:], biases, strict=True)
            ],
        }

    return {
        # Nearly always the middle layer's gradient is the largest: sorting by size then changes the order.
        "used": {"norm": None, **net([6, 5, 4, 3], weights=[0.7, 0.2, 3.0], biases=[1.0, 0.1, 0.1])},
        # Its layers have other names, and a BatchNorm has a weight that is no matrix.
        "new": {"norm": draw.uniform(0.5, 1.5, 4), **net([6, 4, 3], weights=[0.7, 0.7], biases=[0.7, 0.7])},
        "x": draw.normal(0, 0.2, (8, 1, 2, 3)).astype(np.float32),
        "labels": draw.integers(0, 3, 8),
    }


def _small_net(inputs: Plain, which: str) -> tuple[nn.Sequential, Tensor]:
    """Return a net with given weights, and its loss."""
    given = inputs[which]
    linears = []
    for weight, bias in zip(given["weights"], given["biases"], strict=True):
        layer = nn.Linear(weight.shape[1], weight.shape[0])
        layer.load_state_dict({"weight": torch.from_numpy(weight), "bias": torch.from_numpy(bias)})
        linears.append(layer)
    if given["norm"] is None:
        between = [part for layer in linears[:-1] for part in (layer, nn.Tanh())]
        net = nn.Sequential(nn.Flatten(), *between, linears[-1])
    else:
        first, last = linears
        norm = nn.BatchNorm1d(len(given["norm"]))
        load_arrays(norm, {"weight": given["norm"].astype(np.float32)})
        parts = {"flatten": nn.Flatten(), "first": first, "norm": norm, "tanh": nn.Tanh(), "last": last}
        net = nn.Sequential(OrderedDict(parts))
    return net, F.cross_entropy(net(torch.from_numpy(inputs["x"])), torch.from_numpy(inputs["labels"]))


def _norms_observe(gradient_norms: Any, inputs: Plain) -> Plain:
    net, loss = _small_net(inputs, "used")
    for parameter in net.parameters():
        parameter.grad = torch.full_like(parameter, LEFT_OVER)
    return {
        "used": trying("call", partial(_norms_call, gradient_norms, net, loss)),
        "computed": all(parameter.grad is not None for parameter in net.parameters()),
        "weights": [to_numpy(parameter).copy() for parameter in net.parameters() if parameter.dim() > 1],
        # In a new net every .grad is None.
        "new": trying("call", partial(_norms_call, gradient_norms, *_small_net(inputs, "new"))),
    }


def _norms_call(gradient_norms: Any, net: nn.Module, loss: Tensor) -> Plain:
    found = gradient_norms(net, loss)
    if not isinstance(found, dict):
        return {"returned": kind_of(found)}
    return {"norms": [{"name": _layer_name(name), **_describe_norm(value)} for name, value in found.items()]}


def _layer_name(name: object) -> str:
    return str(name) if isinstance(name, str | int) else kind_of(name)


def _describe_norm(value: object) -> Plain:
    if isinstance(value, Tensor | np.ndarray):
        return {
            "kind": "number-tensor" if value.ndim == 0 else "tensor",
            "type": type(value).__name__,
            "shape": list(value.shape),
        }
    if isinstance(value, Real):  # also NumPy's numbers
        return {"kind": "number", "value": float(value)}
    return {"kind": "other", "type": type(value).__name__}


def _norms_judge(observation: Plain, inputs: Plain) -> Verdict:
    used, new = observation["used"], observation["new"]
    net, loss = _small_net(inputs, "used")
    names = {name: [entry["name"] for entry in call.get("norms", [])] for name, call in (("used", used), ("new", new))}
    if {name for name, _ in net.named_parameters()} & set(names["new"]):
        return Verdict("kept-between-calls", {"names": ", ".join(names["new"]), "old": ", ".join(names["used"])})
    error = first_raised(used)
    if error and _on_none(error):
        # The gradients may have been computed all the same; then the learner looked for them at another tensor.
        key = "other-tensor" if observation["computed"] else "grad-is-none"
        return Verdict(key, {"text": first_line(error["message"])})
    verdict = _judge_norms_call(used, net, loss)
    if not verdict.passed:
        return verdict
    for seen, given in zip(observation["weights"], inputs["used"]["weights"], strict=True):
        if not close(seen, given.astype(np.float64)):
            return Verdict("weights-changed")
    error = first_raised(new)
    if error and _on_none(error):
        return Verdict("new-net", {"text": first_line(error["message"])})
    return _judge_norms_call(new, *_small_net(inputs, "new"))


def _on_none(error: Plain) -> bool:
    """Tell whether the learner's code took a `.grad` that is None for a tensor."""
    attribute = re.search(r"'NoneType' object has no attribute '(\w+)'", error["message"])
    if attribute:
        return hasattr(Tensor, attribute[1])
    return re.search(r"must be Tensor, not NoneType|unsupported operand .*'NoneType'", error["message"]) is not None


def _judge_norms_call(seen: Plain, net: nn.Sequential, loss: Tensor) -> Verdict:
    error = first_raised(seen)
    if error:
        return raised(error)
    if "returned" in seen:
        key = "returned-nothing" if seen["returned"] == "NoneType" else "not-a-dict"
        return Verdict(key, {"type": seen["returned"]})
    expected = reference_norms(net, loss)
    given = [entry["name"] for entry in seen["norms"]]
    names = [name.removesuffix(".weight") for name in given]
    figures = {"names": ", ".join(given) or "–", "wanted": ", ".join(f"{name}.weight" for name in expected)}
    if any(name.endswith("bias") for name in names):
        return Verdict("biases", figures)
    if sorted(names) != sorted(expected):
        if "norm" in names and set(names) - {"norm"} == set(expected):
            return Verdict("norm-weights", figures)
        missing = set(names) < set(expected)
        return Verdict("missing-layers" if missing else "names", figures)
    for entry in seen["norms"]:
        if entry["kind"] != "number":
            key = {"tensor": "whole-gradients", "number-tensor": "not-numbers", "other": "value-type"}[entry["kind"]]
            return Verdict(key, {"name": entry["name"], "type": entry["type"], "shape": shape(entry.get("shape", []))})
    values = {name: entry["value"] for name, entry in zip(names, seen["norms"], strict=True)}
    verdict = _judge_norms(values, expected, net, loss)
    if verdict.passed and names != list(expected):
        return Verdict("order", figures)
    return verdict


NORM_MISTAKES = (
    ("no-backward", lambda gradient, weight: torch.full_like(weight, LEFT_OVER).norm()),
    ("left-over-gradients", lambda gradient, weight: (gradient + LEFT_OVER).norm()),
    ("norms-of-weights", lambda gradient, weight: weight.norm()),
    ("squared", lambda gradient, weight: gradient.square().sum()),
    ("sum", lambda gradient, weight: gradient.sum()),
    ("sum", lambda gradient, weight: gradient.sum().abs()),
    ("sum", lambda gradient, weight: gradient.mean()),
    ("other-measure", lambda gradient, weight: gradient.abs().sum()),
    ("other-measure", lambda gradient, weight: gradient.abs().mean()),
    ("other-measure", lambda gradient, weight: gradient.abs().max()),
    ("other-measure", lambda gradient, weight: gradient.square().mean().sqrt()),
    ("other-measure", lambda gradient, weight: gradient.square().mean()),
    ("other-measure", lambda gradient, weight: gradient.std()),
    ("spectral-norm", lambda gradient, weight: torch.linalg.matrix_norm(gradient, 2)),
)


def _judge_norms(values: dict[str, float], expected: dict[str, float], net: nn.Sequential, loss: Tensor) -> Verdict:
    def agree(name: str, wanted: float) -> bool:
        return math.isclose(values[name], wanted, rel_tol=1e-3, abs_tol=1e-6)

    wrong = next((name for name, norm in expected.items() if not agree(name, norm)), None)
    if wrong is None:
        return PASSED
    weights = [net.get_parameter(f"{name}.weight") for name in expected]
    pairs = dict(zip(expected, zip(torch.autograd.grad(loss, weights), weights, strict=True), strict=True))
    figures = {
        "name": f"{wrong}.weight",
        "seen": number(values[wrong], ".4g"),
        "wanted": number(expected[wrong], ".4g"),
    }
    for key, mistake in NORM_MISTAKES:
        if all(agree(name, mistake(*pair).item()) for name, pair in pairs.items()):
            return Verdict(key, figures)
    return Verdict("numbers-differ", figures)


# --- prophecy ----------------------------------------------------------------------------------------------------

PROPHECIES = (
    "sigmoid", "tanh", "relu", "sigmoid_xavier", "tanh_xavier", "tanh_triple_xavier", "relu_he", "sigmoid_batchnorm",
)  # fmt: skip


def _prophecy_inputs(seed: int) -> Plain:
    draw = np.random.default_rng(seed)
    return {
        "seed": int(draw.integers(2**31)),
        "images": draw.random((32, 1, 28, 28)),
        "labels": draw.integers(0, 10, 32),
    }


def _prophecy_observe(prophecy: Any, profiles: Any, inputs: Plain) -> Plain:
    if not isinstance(prophecy, dict):
        return {"not_a_dict": kind_of(prophecy)}
    return {"said": {str(name): _word(guess) for name, guess in prophecy.items()}, "run": _plain_profiles(profiles)}


def _word(guess: object) -> Plain:
    if isinstance(guess, str):
        return guess.strip().lower() or None
    return None if guess is ... or guess is None else f"{kind_of(guess)} {guess!r}"[:60]


def _plain_profiles(profiles: Any) -> Plain:
    if not isinstance(profiles, dict):
        return kind_of(profiles)
    return {str(name): _plain_norms(norms) for name, norms in profiles.items()}


def _plain_norms(norms: Any) -> list[float]:
    try:
        return [float(norm) for norm in (norms.values() if isinstance(norms, dict) else norms)]
    except (TypeError, ValueError, RuntimeError):
        return []  # what gradient_norms gave before it was right


# What each wrong word reveals, where many learners share the thought.
BELIEFS = (
    ("relu-survives", "relu", ("survives", "explodes")),
    ("tanh-survives", "tanh", ("survives", "explodes")),
    ("xavier-saves-sigmoid", "sigmoid_xavier", ("survives", "explodes")),
    ("batchnorm-does-not-help", "sigmoid_batchnorm", ("vanishes",)),
    ("never-explodes", "tanh_triple_xavier", ("survives", "vanishes")),
    ("he-does-not-help", "relu_he", ("vanishes",)),
)


def _prophecy_judge(observation: Plain, inputs: Plain) -> Verdict:
    error = first_raised(observation)
    if error:
        return raised(error)
    if "not_a_dict" in observation:
        return Verdict("not-a-dict", {"type": observation["not_a_dict"]})
    said, run = observation["said"], observation["run"]
    if set(said) != set(PROPHECIES):
        return Verdict("keys", {"given": ", ".join(said) or "–", "wanted": ", ".join(PROPHECIES)})
    empty = [name for name in PROPHECIES if said[name] is None]
    if len(empty) == len(said):
        return Verdict("unsolved")
    if empty:
        return Verdict("unfilled", {"names": ", ".join(empty)})
    for name, word in said.items():
        if word not in FATES:
            return Verdict("unknown-word", {"name": name, "word": word, "known": ", ".join(FATES)})
    if not isinstance(run, dict) or set(run) != set(PROPHECIES) or any(len(norms) < 2 for norms in run.values()):
        return Verdict("no-run", {"names": ", ".join(PROPHECIES)})
    return _compare_with_run(said, run, inputs)


def _compare_with_run(said: dict[str, str], run: dict[str, list[float]], inputs: Plain) -> Verdict:
    measured = {name: fate(norms) for name, norms in run.items()}
    # The learner's own run decides. Ours, with other weights and images, only tells whether theirs was really run.
    for name in PROPHECIES:
        if measured[name] != fate(_fresh_norms(name, inputs)):
            return Verdict("run-differs", {"name": name, "ratio": _ratio(run[name])})
    wrong = [name for name in PROPHECIES if said[name] != measured[name]]
    if not wrong:
        return PASSED
    figures = {"wrong": len(wrong), "names": ", ".join(wrong), "total": len(PROPHECIES)}
    if len(set(said.values())) == 1:
        return Verdict("all-the-same", figures | {"word": next(iter(said.values()))})
    for key, name, words in BELIEFS:
        if said[name] in words and said[name] != measured[name]:
            return Verdict(key, figures | {"ratio": _ratio(run[name])})
    return Verdict("disagrees", figures | {"name": wrong[0], "ratio": _ratio(run[wrong[0]])})


def _ratio(norms: list[float]) -> str:
    return say(norms[0] / norms[-1]) if norms[-1] else "∞"


def _fresh_norms(name: str, inputs: Plain) -> list[float]:
    activation, _, rest = name.partition("_")
    torch.manual_seed(inputs["seed"])
    kind = {"sigmoid": nn.Sigmoid, "tanh": nn.Tanh, "relu": nn.ReLU}[activation]
    net = reference_mlp(30, 64, kind, norm=rest == "batchnorm")
    initialise_linear(net, {"xavier": "xavier", "triple_xavier": "xavier", "he": "he"}.get(rest, "default"))
    if rest == "triple_xavier":
        with torch.no_grad():
            for layer in net:
                if isinstance(layer, nn.Linear):
                    layer.weight.mul_(3)
    return list(profile_of(net, torch.from_numpy(inputs["images"]), torch.from_numpy(inputs["labels"])).values())


# --- diagnose-curves ---------------------------------------------------------------------------------------------


def _curves_inputs(seed: int) -> Plain:
    # The order in which the panels are looked at; the curves are everybody's.
    order = np.random.default_rng(seed).permutation(4)
    return {"curves": example_curves(), "order": order}


def _curves_observe(diagnosis: Any, inputs: Plain) -> Plain:
    if not isinstance(diagnosis, dict):
        return {"not_a_dict": kind_of(diagnosis)}
    return {"said": {str(name): _word(word) for name, word in diagnosis.items()}}


CONFUSED = {
    ("degradation", "overfitting"): "degradation-as-overfitting",
    ("diverging", "overfitting"): "diverging-as-overfitting",
    ("diverging", "degradation"): "diverging-as-degradation",
    ("healthy", "overfitting"): "healthy-as-overfitting",
}


def _curves_judge(observation: Plain, inputs: Plain) -> Verdict:
    error = first_raised(observation)
    if error:
        return raised(error)
    if "not_a_dict" in observation:
        return Verdict("not-a-dict", {"type": observation["not_a_dict"]})
    said, curves = observation["said"], inputs["curves"]
    if set(said) != set(curves):
        return Verdict("keys", {"given": ", ".join(said) or "–", "wanted": ", ".join(curves)})
    empty = [name for name in curves if said[name] is None]
    if len(empty) == len(said):
        return Verdict("unsolved")
    if empty:
        return Verdict("unfilled", {"names": ", ".join(empty)})
    for name, word in said.items():
        if word not in DIAGNOSES:
            return Verdict("unknown-word", {"name": name, "word": word, "known": ", ".join(DIAGNOSES)})
    repeated = [word for word in DIAGNOSES if list(said.values()).count(word) > 1]
    if repeated:
        return Verdict("used-twice", {"word": repeated[0]})
    wrong = [name for name in curves if said[name] != diagnose(curves[name])]
    if not wrong:
        return PASSED
    name = wrong[0]
    for each in wrong:
        if (diagnose(curves[each]), said[each]) in CONFUSED:
            name = each
            break
    figures = {
        "panel": name,
        "wrong": ", ".join(wrong),
        "train": say(curves[name]["train"][-1]),
        "lowest": say(min(curves[name]["train"])),
        "validation": say(curves[name]["validation"][-1]),
        "shallower": say(curves[name]["shallower"][-1]),
    }
    return Verdict(CONFUSED.get((diagnose(curves[name]), said[name]), "mixed-up"), figures)


# --- the checks --------------------------------------------------------------------------------------------------

sigmoid_derivative = Check(
    "sigmoid-derivative", LESSON, ("sigmoid_derivative", "sigmoid_bound"), _slope_inputs, _slope_observe, _slope_judge
)
deep_mlp = Check("deep-mlp", LESSON, ("deep_mlp",), _mlp_inputs, _mlp_observe, _mlp_judge)
gradient_norms = Check("gradient-norms", LESSON, ("gradient_norms",), _norms_inputs, _norms_observe, _norms_judge)
prophecy = Check(
    "prophecy", LESSON, ("prophecy",), _prophecy_inputs, _prophecy_observe, _prophecy_judge, uses=("profiles",)
)
diagnose_curves = Check("diagnose-curves", LESSON, ("diagnosis",), _curves_inputs, _curves_observe, _curves_judge)
