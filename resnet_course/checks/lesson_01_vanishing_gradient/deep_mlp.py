"""The check of a function that makes deep nets of linear layers."""

from __future__ import annotations

import re
from functools import partial
from itertools import combinations, pairwise
from typing import Any, TypedDict

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn import functional as F
from torch.nn.parameter import is_lazy

from resnet_course.checks.check import Check
from resnet_course.checks.judging import (
    Fault,
    close,
    first_line,
    in_stages,
    is_a_tensor,
    is_finite,
    ran,
    shape,
    stopped,
    to_numpy,
    worst,
)
from resnet_course.checks.observing import Described, Raised, describe, kind_of, trying
from resnet_course.drawing import say
from resnet_course.mlp import CLASSES, PIXELS

# Sigmoid comes first: unlike ReLU, it takes no argument, so activation(nn.Linear(…)) fails at the learner's line.
# The last net is wide: of many weights one can say for certain that they were not drawn by PyTorch.
NETS = {
    "four": (4, 5, "Sigmoid"),
    "five": (5, 4, "ReLU"),
    "two": (2, 6, "Tanh"),
    "wide": (3, 40, "Sigmoid"),
    "again": (4, 5, "Sigmoid"),
}
CHANCE = 1e-9  # of taking weights that PyTorch has drawn for others


class Case(TypedDict):
    """What a case gives: depth, width and the activation's name, weights and biases to load, images."""

    arguments: tuple[int, int, str]
    weights: list[np.ndarray]
    biases: list[np.ndarray]
    x: np.ndarray


class Spread(TypedDict):
    """How the numbers of a parameter are spread: how many, the smallest and largest, their mean and mean size."""

    count: int
    low: float
    high: float
    mean: float
    size: float


class Seen(TypedDict, total=False):
    """What a case shows: what was returned if it is no module, else the net, its layers and its output."""

    returned: str
    sequential: bool
    kind: str
    lazy: str  # a linear layer without weights, instead of all that follows
    kinds: list[str]  # of all layers
    linear: list[bool]  # whether each of them is a linear layer
    shapes: list[list[int]]  # of the linear layers, as all that follows
    biases: list[bool]
    different: int
    fresh: list[dict[str, Spread]]  # of weight and bias as they were made
    copied: list[int]  # the places of two layers with the same weights
    kept: bool
    output: Described
    raised: Raised  # instead of all of these


def inputs(seed: int) -> dict[str, Case]:
    """Return nets of three depths, with an activation each."""
    draw = np.random.default_rng(seed)
    cases: dict[str, Case] = {}
    for name, (depth, width, activation) in NETS.items():
        sizes = [PIXELS, *[width] * (depth - 1), CLASSES]
        cases[name] = {
            "arguments": (depth, width, activation),
            "weights": [
                draw.normal(0, fan_in**-0.5, (fan_out, fan_in)).astype(np.float32)
                for fan_in, fan_out in pairwise(sizes)
            ],
            "biases": [draw.normal(0, 0.5, fan_out).astype(np.float32) for fan_out in sizes[1:]],
            "x": draw.normal(0, 1, (3, 1, 28, 28)).astype(np.float32),
        }
    return cases


def observe(deep_mlp: Any, inputs: dict[str, Case]) -> dict[str, Seen]:
    """Make each net, look at its layers, load the weights, run it."""
    earlier: list[nn.Linear] = []  # the linear layers of the nets made so far

    def case(given: Case) -> Seen:
        depth, width, activation = given["arguments"]
        net = deep_mlp(depth, width, getattr(nn, activation))
        if not isinstance(net, nn.Module):
            return {"returned": kind_of(net)}
        layers = [part for _, part in net.named_modules(remove_duplicate=False) if not any(part.children())]
        linears = [layer for layer in layers if isinstance(layer, nn.Linear)]
        seen: Seen = {"sequential": isinstance(net, nn.Sequential), "kind": type(net).__name__}
        lazy = [type(layer).__name__ for layer in linears if is_lazy(layer.weight)]
        if lazy:
            return {**seen, "lazy": lazy[0]}
        seen |= {
            "kinds": [type(layer).__name__ for layer in layers],
            "linear": [isinstance(layer, nn.Linear) for layer in layers],
            "shapes": [list(layer.weight.shape) for layer in linears],
            "biases": [layer.bias is not None for layer in linears],
            "different": len({id(layer) for layer in linears}),
            "fresh": [
                {name: spread(parameter.detach()) for name, parameter in layer.named_parameters()} for layer in linears
            ],
            "copied": copied(linears),
            "kept": any(layer is other for layer in linears for other in earlier),
        }
        earlier.extend(linears)
        with torch.no_grad():
            load(linears, given)
            seen["output"] = trying("forward", lambda: describe(net(torch.from_numpy(given["x"].copy()))))
        return seen

    return {name: trying("call", partial(case, given)) for name, given in inputs.items()}


def spread(numbers: Tensor) -> Spread:
    """Return how numbers are spread."""
    return {
        "count": numbers.numel(),
        "low": numbers.min().item(),
        "high": numbers.max().item(),
        "mean": numbers.mean().item(),
        "size": numbers.abs().mean().item(),
    }


def copied(linears: list[nn.Linear]) -> list[int]:
    """Return the places, from 1, of the first two layers that have the same weights; none if there are no such two."""
    for (first, layer), (second, other) in combinations(enumerate(linears, 1), 2):
        if torch.equal(layer.weight, other.weight):
            return [first, second]
    return []


def load(linears: list[nn.Linear], given: Case) -> None:
    """Copy weights and biases into the layers where they fit."""
    for layer, weight, bias in zip(linears, given["weights"], given["biases"], strict=False):
        for parameter, array in ((layer.weight, weight), (layer.bias, bias)):
            if parameter is not None and parameter.shape == array.shape:
                parameter.copy_(torch.from_numpy(array))


def judge(observation: dict[str, Seen], inputs: dict[str, Case]) -> None:
    """Ask for new layers in each net, then for the right ones, then for the right numbers."""
    in_stages(observation, inputs, judge_newness, judge_net, judge_output)


def call_of(given: Case) -> str:
    """Return the call as a learner would write it."""
    depth, width, activation = given["arguments"]
    return f"deep_mlp({depth}, {width}, nn.{activation})"


def judge_newness(seen: Seen, given: Case) -> None:
    """Ask for layers that no earlier net has."""
    if seen.get("kept"):
        raise Fault("kept-between-calls", call=call_of(given), layers=", ".join(seen["kinds"]))


def judge_net(seen: Seen, given: Case) -> None:
    """Ask for an nn.Sequential of the right layers, as PyTorch makes them."""
    call, (_, _, activation) = call_of(given), given["arguments"]
    if "raised" in seen:
        raise refused(seen["raised"], call, activation)
    if "returned" in seen:
        key = {"NoneType": "returned-nothing", "Tensor": "returned-tensor"}.get(seen["returned"], "not-a-net")
        raise Fault(key, call=call, type=seen["returned"])
    if not seen["sequential"]:
        raise Fault("not-sequential", call=call, type=seen["kind"])
    if "lazy" in seen:
        raise Fault("lazy-layers", call=call, layer=seen["lazy"])
    figures = {"call": call, "layers": ", ".join(seen["kinds"]), "activation": activation}
    judge_linears(seen, given, figures)
    judge_activations(seen, given, figures)
    judge_fresh(seen, figures)


def refused(error: Raised, call: str, activation: str) -> Fault:
    """Return the fault of a call that stopped: often PyTorch takes no such layer."""
    text, lines = error["message"], error["lines"]
    figures = {"call": call, "text": first_line(text), "activation": activation}
    if ".__init__() takes 1 positional argument" in text and activation in text and lines:
        return Fault("activation-arguments", **figures, code=lines[-1]["code"])
    thing, found, _ = text.partition(" is not a Module subclass")
    if not found:
        return stopped(error)
    if thing in ("list", "tuple") or "<genexpr>" in thing:
        unpacked = lines and re.search(r"[(,]\s*\*", lines[-1]["code"])
        return Fault("list-in-list" if unpacked else "list-not-unpacked", **figures)
    if thing.endswith("Tensor"):
        return Fault("tensor-in-net", **figures)
    if thing.endswith(f".{activation}"):
        return Fault("activation-class", **figures)
    if thing.startswith("torch.nn.modules."):
        return Fault("class-in-net", **figures, layer=thing.rpartition(".")[2])
    return Fault("not-a-layer", **figures)


def judge_linears(seen: Seen, given: Case, figures: dict[str, str]) -> None:
    """Ask for as many linear layers as the depth says, each of its own and of the right shape, with a bias."""
    depth, count = given["arguments"][0], len(seen["shapes"])
    if count != depth:
        outputs = sum(weight[0] == CLASSES for weight in seen["shapes"])  # no net here is as wide as that
        if outputs > 1:
            raise Fault("output-in-the-loop", **figures, seen=count, wanted=depth, outputs=outputs)
        key = "hidden-layers-only" if count == depth + 1 else "depth"
        raise Fault(key, **figures, seen=count, wanted=depth)
    if seen["different"] < count:
        raise Fault("same-layer", **figures, seen=seen["different"], wanted=count)
    keys = ["first-layer", *["width"] * (depth - 2), "last-layer"]
    for place, (key, weight, wanted) in enumerate(zip(keys, seen["shapes"], given["weights"], strict=True), 1):
        if weight != list(wanted.shape):
            raise Fault(key, **figures, number=place, seen=shape(weight), wanted=shape(wanted.shape))
    if not all(seen["biases"]):
        raise Fault("no-bias", **figures)


def judge_activations(seen: Seen, given: Case, figures: dict[str, str]) -> None:
    """Ask for the activation after every linear layer but the last, and for nothing else."""
    depth, _, activation = given["arguments"]
    # A linear layer may be of a class of the learner's own.
    kinds = ["Linear" if linear else kind for kind, linear in zip(seen["kinds"], seen["linear"], strict=True)]
    after_last = kinds[len(kinds) - kinds[::-1].index("Linear") :]
    if "Softmax" in after_last or "LogSoftmax" in after_last:
        raise Fault("softmax-at-end", **figures)
    if activation in after_last:
        raise Fault("activation-at-end", **figures)
    between = [kind for kind in kinds if kind not in ("Linear", "Flatten", "Identity")]
    if not between:
        raise Fault("no-activation", **figures)
    if activation not in between:
        raise Fault("activation-ignored", **figures, seen=between[0])
    if between.count(activation) != depth - 1:
        raise Fault("activation-count", **figures, seen=between.count(activation), wanted=depth - 1)
    if len(between) != depth - 1:
        raise Fault("extra-layers", **figures, seen=", ".join(sorted(set(between) - {activation})))


def judge_fresh(seen: Seen, figures: dict[str, str]) -> None:
    """Ask for weights and biases as PyTorch draws them, for each layer anew."""
    for place, (parameters, (_, fan_in)) in enumerate(zip(seen["fresh"], seen["shapes"], strict=True), 1):
        # nn.Linear draws weights and biases evenly between -1 / √inputs and 1 / √inputs.
        limit = fan_in**-0.5
        for part, found in parameters.items():
            if not is_drawn_evenly(found, limit):
                low, high = say(found["low"]), say(found["high"])
                raise Fault("drawn-anew", **figures, number=place, part=part, low=low, high=high, limit=say(limit))
    if seen["copied"]:
        first, second = seen["copied"]
        raise Fault("copied-layers", **figures, first=first, second=second)


def is_drawn_evenly(found: Spread, limit: float) -> bool:
    """Tell whether numbers may have been drawn evenly between -limit and limit."""
    largest = max(-found["low"], found["high"]) / limit
    # The standard errors of the mean and of the mean size; six of them are as improbable as CHANCE.
    of_mean, of_size = (3 * found["count"]) ** -0.5, (12 * found["count"]) ** -0.5
    return (
        CHANCE ** (1 / found["count"]) < largest < 1.001
        and abs(found["mean"]) / limit < 6 * of_mean
        and abs(found["size"] / limit - 0.5) < 6 * of_size
    )


def judge_output(seen: Seen, given: Case) -> None:
    """Ask for the numbers of a net with these weights."""
    output, figures = seen["output"], {"call": call_of(given), "x": shape(given["x"].shape)}
    if "raised" in output and output["raised"]["type"] == "RuntimeError" and seen["kinds"][0] != "Flatten":
        raise Fault("no-flatten", **figures, text=first_line(output["raised"]["message"]))
    ran(output)
    is_a_tensor(output)
    is_finite(output)
    values, expected = output["values"], to_numpy(run(given))
    if values.shape != expected.shape:
        raise Fault("output-shape", **figures, seen=shape(values.shape), wanted=shape(expected.shape))
    if not close(values, expected):
        raise Fault("numbers-differ", **figures, **worst(values, expected))


def run(given: Case) -> Tensor:
    """Return the output of a net with the given weights."""
    depth, _, activation = given["arguments"]
    out = torch.from_numpy(given["x"]).flatten(1)
    for place, (weight, bias) in enumerate(zip(given["weights"], given["biases"], strict=True), 1):
        out = F.linear(out, torch.from_numpy(weight), torch.from_numpy(bias))
        if place < depth:
            out = getattr(nn, activation)()(out)
    return out


deep_mlp = Check(
    grade_id="deep-mlp",
    lesson="01_vanishing_gradient",
    answers=("deep_mlp",),
    inputs=inputs,
    observe=observe,
    judge=judge,
    arguments=("depth", "width", "activation"),
    references=("resnet_course.mlp.deep_mlp", "resnet_course.experiments.deep_mlp"),
)
