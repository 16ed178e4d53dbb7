"""The check of the 3×3 convolution."""

from __future__ import annotations

from functools import partial
from typing import Any, TypedDict

import numpy as np
import torch
from torch import nn
from torch.nn import functional as F

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
from resnet_course.checks.observing import Described, LayerFacts, Plain, describe, load_arrays, trying
from resnet_course.checks.residual_blocks.making import (
    Making,
    describe_making,
    describe_settings,
    judge_frozen,
    judge_making,
    judge_types,
)
from resnet_course.checks.weights import convolution, image


class Case(TypedDict):
    """What a case gives: the call's arguments, weights to load, images."""

    arguments: list[int]
    weight: np.ndarray
    x: np.ndarray


class Seen(TypedDict, total=False):
    """What a case shows: what was returned if it is no layer, else the layer and its output."""

    returned: Described
    layers: LayerFacts
    making: Making
    output: Described


def inputs(seed: int) -> dict[str, Case]:
    """Return calls without a stride and with one; where the channels stay, `groups` could hide."""
    draw = np.random.default_rng(seed)
    return {
        "default": {
            "arguments": [3, 5],
            "weight": convolution(draw, 5, 3, 3),
            "x": image(draw, 3, 7, 6),
        },
        "strided": {
            "arguments": [4, 6, 2],
            "weight": convolution(draw, 6, 4, 3),
            "x": image(draw, 4, 7, 6),
        },
        "same": {
            "arguments": [4, 4],
            "weight": convolution(draw, 4, 4, 3),
            "x": image(draw, 4, 7, 6),
        },
        "strided-3": {
            "arguments": [3, 4, 3],
            "weight": convolution(draw, 4, 3, 3),
            "x": image(draw, 3, 7, 6),
        },
    }


def observe(conv3x3: Any, inputs: dict[str, Case]) -> Plain:
    """Make each layer, load the weights, run it."""

    def case(given: Case) -> Seen:
        layer = conv3x3(*given["arguments"])
        if not isinstance(layer, nn.Module):
            return {"returned": describe(layer)}
        another = conv3x3(*given["arguments"])
        making = describe_making(layer, another if isinstance(another, nn.Module) else nn.Identity())
        load_arrays(layer, {"weight": given["weight"]})
        return {
            "layers": describe_settings(layer),
            "making": making,
            "output": trying("forward", lambda: describe(layer(torch.from_numpy(given["x"])))),
        }

    return {name: trying("call", partial(case, given)) for name, given in inputs.items()}


def judge(observation: Plain, inputs: dict[str, Case]) -> None:
    """Ask each call for one convolution of the right weights, then for the right numbers."""
    for name, given in inputs.items():
        figures = {"call": f"conv3x3({', '.join(map(str, given['arguments']))})"}
        judge_layer(observation[name], given, figures)
        judge_output(observation[name], given, figures)
        judge_frozen(observation[name]["making"], Fault, **figures)
        judge_making(observation[name]["making"], Fault, **figures)


def judge_layer(seen: Seen, given: Case, figures: dict[str, Any]) -> None:
    """Ask for a layer with one weight of the right shape."""
    ran(seen)
    if "returned" in seen:
        key = "returned-nothing" if seen["returned"]["kind"] == "none" else "not-a-layer"
        raise Fault(key, **figures, type=seen["returned"]["type"])
    names, wanted = seen["layers"]["names"], list(given["weight"].shape)
    if "bias" in names:
        raise Fault("bias", **figures, size=names["bias"][0])
    if not names:
        raise Fault("no-weights", **figures)
    if set(names) != {"weight"}:
        raise Fault("not-a-convolution", **figures, names=", ".join(names))
    weight = names["weight"]
    if weight != wanted:
        key = "swapped-channels" if weight[:2] == wanted[1::-1] else "weight-shape"
        key = "kernel-size" if weight[2:] != wanted[2:] else key
        key = "dimensions" if len(weight) != len(wanted) else key
        raise Fault(key, **figures, seen=shape(weight), wanted=shape(wanted))
    judge_types(seen["making"], Fault, **figures)


def judge_output(seen: Seen, given: Case, figures: dict[str, Any]) -> None:
    """Ask for the numbers of PyTorch's own convolution."""
    output = seen["output"]
    ran(output)
    is_a_tensor(output)
    is_finite(output)
    x, weight = torch.from_numpy(given["x"]), torch.from_numpy(given["weight"])
    stride = (given["arguments"] + [1])[2]
    values, expected = output["values"], to_numpy(F.conv2d(x, weight, stride=stride, padding=1))
    if close(values, expected):
        return
    figures = figures | {"x": shape(x.shape), "seen": shape(values.shape), "wanted": shape(expected.shape)}
    if values.shape != expected.shape:
        judge_dilation(seen, figures)
        at_2 = "stride-default" if len(given["arguments"]) == 2 else "stride-always-2"
        mistakes = {
            "no-padding": F.conv2d(x, weight, stride=stride),
            "stride-ignored": F.conv2d(x, weight, padding=1),
            at_2: F.conv2d(x, weight, stride=2, padding=1),
            "stride-as-padding": F.conv2d(x, weight, padding=stride),
            "padding-too-large": F.conv2d(x, weight, stride=stride, padding=2),
        }
        name_mistake(mistakes.items(), lambda mistake: values.shape == mistake.shape, **figures)
        raise Fault("output-shape", **figures)
    if close(values, to_numpy(F.conv2d(x, weight, stride=stride, padding=2, dilation=2))):
        raise Fault("dilated", **figures)
    inside = np.s_[:, :, 1:-1, 1:-1]
    only_the_rim = values[inside].size and close(values[inside], expected[inside])
    raise Fault("padding-values" if only_the_rim else "numbers-differ", **figures | worst(values, expected))


def judge_dilation(seen: Seen, figures: dict[str, Any]) -> None:
    """Ask for a window of neighbours, where the image has another size than it should."""
    for settings in seen["layers"]["convolutions"].values():
        if settings["dilation"] != [1, 1]:
            raise Fault("dilation", **figures, dilation=settings["dilation"][0], stride=settings["stride"][0])


conv3x3 = Check(
    grade_id="conv3x3",
    lesson="03_basic_block",
    answers=("conv3x3",),
    inputs=inputs,
    observe=observe,
    judge=judge,
    arguments=("in_planes", "out_planes", "stride=1"),
    references=("resnet_course.blocks.conv3x3",),
)
