"""The check of a function that measures the gradient at every layer."""

from __future__ import annotations

import math
import re
from collections import OrderedDict
from collections.abc import Callable
from functools import partial
from itertools import pairwise
from numbers import Real
from typing import Any, Literal, TypedDict

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn import functional as F

from resnet_course.checks.check import Check
from resnet_course.checks.judging import Fault, first_line, is_finite, name_mistake, ran, shape
from resnet_course.checks.observing import Raised, kind_of, load_arrays, trying
from resnet_course.drawing import say
from resnet_course.language import number
from resnet_course.recorders import gradient_norms as reference_norms

Which = Literal["used", "new", "convolution"]
NETS: tuple[Which, ...] = ("used", "new", "convolution")
LEFT_OVER = 0.5  # every .grad of the used net holds this before the learner's function is called


class Net(TypedDict):
    """The weights and biases of a net's layers, and the weights of its BatchNorm."""

    norm: np.ndarray | None
    weights: list[np.ndarray]
    biases: list[np.ndarray]


class Case(TypedDict):
    """What is given: a net that has gradients, a new one, and one with a convolution; images and labels."""

    used: Net
    new: Net
    convolution: Net
    x: np.ndarray
    labels: np.ndarray


class Norm(TypedDict, total=False):
    """An entry of the learner's dict: a number, or what stands in its place."""

    name: str
    kind: str
    value: float
    type: str
    shape: list[int]


class Call(TypedDict, total=False):
    """What a call shows: the entries of the dict, or what was returned if no dict."""

    norms: list[Norm]
    returned: str
    raised: Raised


class Seen(TypedDict):
    """What is seen of a net: the call; after it, whether all gradients are there, and what else is different."""

    call: Call
    computed: bool
    changed: list[str]  # parameters and statistics with other numbers
    frozen: list[str]  # parameters that are not trained any more
    evaluates: bool


def inputs(seed: int) -> Case:
    """Return the weights of three nets, and random images."""
    draw = np.random.default_rng(seed)

    def numbers(spread: float, *sizes: int) -> np.ndarray:
        return draw.normal(0, spread, sizes).astype(np.float32)

    def net(sizes: list[int], weights: list[float], biases: list[float], norm: np.ndarray | None = None) -> Net:
        """Draw a net's weights and biases, with the given standard deviation in each layer."""
        return {
            "norm": norm,
            "weights": [
                numbers(spread, fan_out, fan_in)
                for (fan_in, fan_out), spread in zip(pairwise(sizes), weights, strict=True)
            ],
            "biases": [numbers(spread, size) for size, spread in zip(sizes[1:], biases, strict=True)],
        }

    return {
        # Nearly always the middle layer's gradient is the largest: sorting by size then changes the order.
        "used": net([6, 5, 4, 3], weights=[0.7, 0.2, 3.0], biases=[1.0, 0.1, 0.1]),
        # Its layers have other names, and a BatchNorm has a weight that is no matrix.
        "new": net([6, 4, 3], norm=draw.uniform(0.5, 1.5, 4), weights=[0.7, 0.7], biases=[0.7, 0.7]),
        "x": numbers(0.2, 8, 1, 2, 3),
        "labels": draw.integers(0, 3, 8),
        # Weights as small as the last ones leave the convolution a tiny gradient, of which no rounding leaves anything.
        "convolution": {
            "norm": None,
            "weights": [numbers(0.7, 2, 1, 2, 2), numbers(1e-11, 3, 4)],
            "biases": [numbers(0.7, 2), numbers(0.5, 3)],
        },
    }


def make_net(given: Net) -> nn.Sequential:
    """Return a net with given weights."""
    layers = [make_layer(*pair) for pair in zip(given["weights"], given["biases"], strict=True)]
    if given["norm"] is not None:
        first, last = layers
        norm = nn.BatchNorm1d(len(given["norm"]))
        load_arrays(norm, {"weight": given["norm"].astype(np.float32)})
        parts = {"flatten": nn.Flatten(), "first": first, "norm": norm, "tanh": nn.Tanh(), "last": last}
        return nn.Sequential(OrderedDict(parts))
    if isinstance(layers[0], nn.Conv2d):
        conv, last = layers
        return nn.Sequential(OrderedDict({"conv": conv, "tanh": nn.Tanh(), "flatten": nn.Flatten(), "last": last}))
    between = [part for layer in layers[:-1] for part in (layer, nn.Tanh())]
    return nn.Sequential(nn.Flatten(), *between, layers[-1])


def make_layer(weight: np.ndarray, bias: np.ndarray) -> nn.Module:
    """Return a linear layer, or a convolution where the weight has four dimensions."""
    outputs, inputs, *window = weight.shape
    layer = nn.Conv2d(inputs, outputs, tuple(window)) if window else nn.Linear(inputs, outputs)
    layer.load_state_dict({"weight": torch.from_numpy(weight), "bias": torch.from_numpy(bias)})
    return layer


def net_and_loss(inputs: Case, which: Which) -> tuple[nn.Sequential, Tensor]:
    """Return one of the nets, and its loss."""
    net = make_net(inputs[which])
    return net, F.cross_entropy(net(torch.from_numpy(inputs["x"])), torch.from_numpy(inputs["labels"]))


def observe(gradient_norms: Any, inputs: Case) -> dict[str, Seen]:
    """Measure a net whose gradients hold something already, then new ones, where every .grad is None."""

    def measure(net: nn.Module, loss: Tensor) -> Call:
        found = gradient_norms(net, loss)
        if not isinstance(found, dict):
            return {"returned": kind_of(found)}
        return {"norms": [{"name": layer_name(name), **describe_norm(value)} for name, value in found.items()]}

    def case(which: Which) -> Seen:
        net, loss = net_and_loss(inputs, which)
        if which == "used":
            for parameter in net.parameters():
                parameter.grad = torch.full_like(parameter, LEFT_OVER)
        before = {name: tensor.clone() for name, tensor in net.state_dict().items()}
        call = trying("call", partial(measure, net, loss))
        after = net.state_dict()
        return {
            "call": call,
            "computed": all(parameter.grad is not None for parameter in net.parameters()),
            "changed": [name for name, tensor in before.items() if not same(after.get(name), tensor)],
            "frozen": [name for name, parameter in net.named_parameters() if not parameter.requires_grad],
            "evaluates": not all(module.training for module in net.modules()),
        }

    return {str(which): case(which) for which in NETS}


def same(tensor: Tensor | None, other: Tensor) -> bool:
    """Tell whether a tensor is still there, of the same type and with the same numbers."""
    return tensor is not None and tensor.dtype == other.dtype and torch.equal(tensor, other)


def layer_name(name: object) -> str:
    """Return a key of the learner's dict, or its type."""
    return str(name) if isinstance(name, str | int) else kind_of(name)


def describe_norm(value: object) -> Norm:
    """Return a value of the learner's dict, or what it is if no number."""
    if isinstance(value, Tensor | np.ndarray):
        kind = "number-tensor" if value.ndim == 0 else "tensor"
        return {"kind": kind, "type": type(value).__name__, "shape": list(value.shape)}
    if isinstance(value, Real):  # also NumPy's numbers
        return {"kind": "number", "value": float(value)}
    return {"kind": "other", "type": type(value).__name__, "shape": []}


# What else a learner can measure, of a layer's gradient and its weight.
MISTAKES: tuple[tuple[str, Callable[[Tensor, Tensor], Tensor]], ...] = (
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
    ("spectral-norm", lambda gradient, weight: torch.linalg.matrix_norm(gradient.flatten(1), 2)),
)

# Digits after the decimal mark, as `round` counts them, and digits in all.
ROUNDINGS: tuple[Callable[[float], float], ...] = (
    *(partial(round, ndigits=digits) for digits in range(9)),
    *(lambda norm, digits=digits: float(f"{norm:.{digits}g}") for digits in range(1, 6)),
)


def judge(observation: dict[str, Seen], inputs: Case) -> None:
    """Ask for a new dict at each call; then, net by net, for its norms, and for a net that is as it was."""
    judge_newness(observation["used"]["call"], observation["new"]["call"], inputs)
    for which in NETS:
        seen = observation[which]
        judge_call(seen, inputs, which)
        judge_net(seen)


def names_in(call: Call) -> list[str]:
    """Return the keys of the learner's dict."""
    return [entry["name"] for entry in call.get("norms", [])]


def judge_newness(used: Call, new: Call, inputs: Case) -> None:
    """Ask for a second dict that does not hold all of the first, and more."""
    of_first = {name for name, _ in make_net(inputs["used"]).named_parameters()}
    # Of the first call only these: a dict that is kept for ever has even more in it, from the check before.
    first = [entry for entry in used.get("norms", []) if entry["name"] in of_first]
    second = new.get("norms", [])
    if first and set(names_in(new)) - of_first and all(entry in second for entry in first):
        raise Fault(
            "kept-between-calls", names=", ".join(names_in(new)), old=", ".join(entry["name"] for entry in first)
        )


def judge_net(seen: Seen) -> None:
    """Ask for a net in which nothing but gradients has changed."""
    if seen["changed"]:
        raise Fault("weights-changed", names=", ".join(seen["changed"]))
    if seen["frozen"]:
        raise Fault("frozen", names=", ".join(seen["frozen"]))
    if seen["evaluates"]:
        raise Fault("mode-changed")


def judge_call(observed: Seen, inputs: Case, which: Which) -> None:
    """Ask for a dict of the right names, numbers and order."""
    seen, (net, loss) = observed["call"], net_and_loss(inputs, which)
    if "raised" in seen and is_about_none(seen["raised"]):
        raise Fault(without_gradient(observed, which), text=first_line(seen["raised"]["message"]))
    if which == "convolution":
        judge_dimensions(seen)
    ran(seen)
    if "returned" in seen:
        key = "returned-nothing" if seen["returned"] == "NoneType" else "not-a-dict"
        raise Fault(key, type=seen["returned"])
    expected = reference_norms(net, loss)
    names = [name.removesuffix(".weight") for name in names_in(seen)]
    wanted = ", ".join(f"{name}.weight" for name in expected)
    figures = {"names": ", ".join(names_in(seen)), "wanted": wanted}
    elsewhere = set() if which == "used" else {name for name, _ in make_net(inputs["used"]).named_modules() if name}
    judge_names(names, list(expected), elsewhere, figures)
    judge_kinds(seen["norms"])
    values = {name: entry["value"] for name, entry in zip(names, seen["norms"], strict=True)}
    judge_norms(values, expected, net, loss)
    if names != list(expected):
        raise Fault("order", **figures)


def without_gradient(seen: Seen, which: Which) -> str:
    """Name what is wrong where the learner's code took a `.grad` that is None for a tensor."""
    if which != "used":
        return "new-net"
    # The gradients may have been computed all the same; then the learner looked for them at another tensor.
    return "other-tensor" if seen["computed"] else "grad-is-none"


def judge_dimensions(seen: Call) -> None:
    """Ask for one number of a weight with four dimensions; all went well with two."""
    if "raised" in seen and seen["raised"]["type"] in ("IndexError", "RuntimeError", "TypeError", "ValueError"):
        raise Fault("only-matrices", text=first_line(seen["raised"]["message"]))
    for entry in seen.get("norms", []):
        if entry["kind"] != "number":
            raise Fault("only-matrices", text=f"{entry['name']}: {entry['type']}")


def is_about_none(error: Raised) -> bool:
    """Tell whether the learner's code took a `.grad` that is None for a tensor."""
    attribute = re.search(r"'NoneType' object has no attribute '(\w+)'", error["message"])
    if attribute:
        return hasattr(Tensor, attribute[1])
    return re.search(r"must be Tensor, not NoneType|unsupported operand .*'NoneType'", error["message"]) is not None


def judge_names(names: list[str], expected: list[str], elsewhere: set[str], figures: dict[str, str]) -> None:
    """Ask for the names of all weight matrices, and of nothing else, least of all of the net before."""
    if not names:
        raise Fault("empty", **figures)
    if any(name.endswith("bias") for name in names):
        raise Fault("biases", **figures)
    if sorted(names) == sorted(expected):
        return
    if "norm" in names and set(names) - {"norm"} == set(expected):
        raise Fault("norm-weights", **figures)
    if "conv" in expected and set(names) == set(expected) - {"conv"}:
        raise Fault("convolution-missing", **figures)
    if set(names) & elsewhere:
        raise Fault("names-of-another-net", **figures)
    if names == expected[-1:]:
        raise Fault("last-layer-only", **figures)
    raise Fault("missing-layers" if set(names) < set(expected) else "names", **figures)


def judge_kinds(norms: list[Norm]) -> None:
    """Ask for plain numbers."""
    keys = {"tensor": "whole-gradients", "number-tensor": "not-numbers", "other": "value-type"}
    for entry in norms:
        if entry["kind"] in keys:
            raise Fault(keys[entry["kind"]], name=entry["name"], type=entry["type"], shape=shape(entry["shape"]))


def judge_norms(values: dict[str, float], expected: dict[str, float], net: nn.Sequential, loss: Tensor) -> None:
    """Compare with the norms of the reference."""
    is_finite({"values": np.array(list(values.values()))})
    wrong = next((name for name, norm in expected.items() if not math.isclose(values[name], norm, rel_tol=1e-5)), None)
    if wrong is None:
        return
    weights = [net.get_parameter(f"{name}.weight") for name in expected]
    pairs = list(zip(torch.autograd.grad(loss, weights), weights, strict=True))

    def gives(measure: Callable[[Tensor, Tensor], Tensor]) -> bool:
        return all(
            # A sum can be 0 but for the last digits.
            math.isclose(values[name], measure(*pair).item(), rel_tol=1e-3, abs_tol=1e-5 * norm)
            for (name, norm), pair in zip(expected.items(), pairs, strict=True)
        )

    seen, wanted = written_apart(values[wrong], expected[wrong])
    figures = {"name": f"{wrong}.weight", "seen": seen, "wanted": wanted}
    if any(is_rounded(values, expected, rounding) for rounding in ROUNDINGS):
        raise Fault("rounded", **figures)
    name_mistake(MISTAKES, gives, **figures)
    raise Fault("numbers-differ", **figures)


def is_rounded(values: dict[str, float], expected: dict[str, float], rounding: Callable[[float], float]) -> bool:
    """Tell whether the values are the norms of the reference, rounded; nothing but zeros has other causes."""
    # In the last digit of float32 theirs may be another number, and then just on the other side of a half.
    nearly = (1.0, 1 - 1e-6, 1 + 1e-6)
    return any(values.values()) and all(
        any(math.isclose(values[name], rounding(norm * each), rel_tol=1e-6) for each in nearly)
        for name, norm in expected.items()
    )


def written_apart(seen: float, wanted: float) -> tuple[str, str]:
    """Return two numbers with as many digits as tell them apart."""
    tiny = 0 < abs(wanted) < 1e-3
    writings: tuple[Callable[[float], str], ...] = (
        say if tiny else partial(number, form=".4g"),
        partial(number, form=".6g"),
        partial(number, form=".9g"),
        partial(number, form=".17g"),
    )
    pairs = [(write(seen), write(wanted)) for write in writings]
    return next((pair for pair in pairs if pair[0] != pair[1]), pairs[-1])


gradient_norms = Check(
    grade_id="gradient-norms",
    lesson="01_vanishing_gradient",
    answers=("gradient_norms",),
    inputs=inputs,
    observe=observe,
    judge=judge,
    arguments=("model", "loss"),
    references=(
        "resnet_course.recorders.gradient_norms",
        "resnet_course.recorders.GradientRecorder",
        "resnet_course.experiments.gradient_norms",
    ),
)
