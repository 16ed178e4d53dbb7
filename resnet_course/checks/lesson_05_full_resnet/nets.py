"""What the checks of this lesson share: blocks and images, what is noted of a net, and what is asked of it."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, TypedDict

import numpy as np
import torch
from torch import Tensor, nn

from resnet_course.blocks import BasicBlock, Bottleneck
from resnet_course.checks.judging import Fault, close, is_a_tensor, is_finite, ran, shape, to_numpy, worst
from resnet_course.checks.observing import Described, Raised, describe
from resnet_course.language import number

BLOCKS: dict[str, Any] = {"BasicBlock": BasicBlock, "Bottleneck": Bottleneck}
NORM_SETTINGS = {"eps": 1e-5, "momentum": 0.1}
NORM_START = {"weight": 1, "bias": 0, "running_mean": 0, "running_var": 1}
SAMPLE = 20_000  # weights of a layer, from which its spread is known within a percent
NAMED = 3  # names of parts in one sentence


class Forward(Described, total=False):
    """A net's output, and whether a gradient could come back from it."""

    attached: bool


class Training(Described, total=False):
    """What a net gives in training mode, its statistics then, and which parameters the gradient does not reach."""

    statistics: dict[str, np.ndarray]
    unreached: list[str]


class Start(TypedDict):
    """How a net's weights begin: the spread of its convolutions and linear layers, the range of its norms' numbers."""

    spread: dict[str, float]
    norms: dict[str, list[float]]


Modes = dict[str, list[str]]  # "eval" and "train": the parts which that call did not reach


def random_images(seed: int, channels: int, height: int, width: int | None = None, count: int = 2) -> np.ndarray:
    """Return random images, square unless a width is given, that depend on the seed only."""
    sizes = (count, channels, height, width or height)
    return np.random.default_rng(seed).normal(0, 1, sizes).astype(np.float32)


# ---------------------------------------------------------------- observing


def forward_once(net: nn.Module, x: np.ndarray) -> Forward:
    """Return a net's output, and what became of the input."""
    # A copy goes in: what the net writes into it must reach neither the next run nor the judge.
    copied = torch.from_numpy(x).clone()
    output = net(copied.view_as(copied))  # a view keeps `copied` in its shape, whatever becomes of the net's own `x`
    attached = isinstance(output, Tensor) and output.requires_grad
    return {**describe(output), "input_after": copied.detach().double().numpy().copy(), "attached": attached}


def train_once(net: nn.Module, x: np.ndarray) -> Training:
    """Run a net in training mode, forward and backward."""
    net.train()
    output = net(torch.from_numpy(x).clone())
    seen: Training = {**describe(output), "statistics": statistics_of(net), "unreached": []}
    if isinstance(output, Tensor) and output.requires_grad:
        output.sum().backward()
    seen["unreached"] = [name for name, each in net.named_parameters() if each.grad is None]
    return seen


def statistics_of(net: nn.Module) -> dict[str, np.ndarray]:
    """Return the running means and variances of all BatchNorms."""
    buffers = net.named_buffers(remove_duplicate=False)
    return {name: to_numpy(each).copy() for name, each in buffers if "running" in name}


def modes_of(net: nn.Module) -> Modes:
    """Return which parts stay in the other mode after ``eval()`` and after ``train()``; leave the net in eval mode."""
    net.train()
    unreached_by_train = [name for name, each in net.named_modules() if not each.training]
    net.eval()
    return {"eval": [name for name, each in net.named_modules() if each.training], "train": unreached_by_train}


def frozen_of(net: nn.Module) -> list[str]:
    """Return the parameters for which no gradient is asked."""
    return [name for name, each in net.named_parameters() if not each.requires_grad]


def start_of(net: nn.Module) -> Start:
    """Return how the weights of a net begin."""
    layers = {name: each for name, each in net.named_modules() if isinstance(each, nn.Conv2d | nn.Linear)}
    norms = {
        f"{name}.{part}": tensor.detach()
        for name, each in net.named_modules()
        if isinstance(each, nn.BatchNorm2d)
        for part, tensor in each.state_dict().items()
        if tensor.is_floating_point() and tensor.numel()
    }
    return {
        "spread": {
            name: float(each.weight.detach().flatten()[:SAMPLE].std(correction=0)) for name, each in layers.items()
        },
        "norms": {name: [float(tensor.min()), float(tensor.max())] for name, tensor in norms.items()},
    }


def kept(net: nn.Module, earlier: dict[int, nn.Module]) -> list[str]:
    """Return the layers with weights that an earlier net has as well, and remember all of these."""
    layers = {name: each for name, each in net.named_modules() if any(True for _ in each.parameters(recurse=False))}
    again = [name for name, each in layers.items() if id(each) in earlier]
    # Held here, so that no other layer can get the same identity.
    earlier.update({id(each): each for each in layers.values()})
    return again


def stride_of(block: nn.Module) -> int | str:
    """Return the product of the strides on the path of F, or the type of one that is not a number."""
    strides: list[Any] = [
        next(iter(module.stride), None) if isinstance(module.stride, tuple) else module.stride
        for name, module in block.named_modules()
        if isinstance(module, nn.Conv2d) and not name.startswith("downsample")
    ]
    strange = [type(each).__name__ for each in strides if not isinstance(each, int)]
    return strange[0] if strange else int(np.prod(strides))


# ---------------------------------------------------------------- judging


def output_of(net: nn.Module, x: np.ndarray) -> np.ndarray:
    """Return what a net of ours gives."""
    with torch.no_grad():
        return to_numpy(net(torch.from_numpy(x)))


def some(names: Iterable[str]) -> str:
    """Return the first of the names for a sentence."""
    listed = list(names)
    return ", ".join(f"`{each}`" for each in listed[:NAMED]) + (" …" if len(listed) > NAMED else "")


def said(error: Raised) -> str:
    """Return an error as Python shows it: its type, and its text if it has one."""
    return f"{error['type']}: {error['message']}" if error["message"] else error["type"]


def is_a_net(returned: Described | None, key: str, **figures: Any) -> None:
    """Raise a fault, `key` if it was anything at all, where what was returned is no module."""
    if returned:
        raise Fault("returned-nothing" if returned["kind"] == "none" else key, **figures, type=returned["type"])


def shapes_or_worst(values: np.ndarray, expected: np.ndarray) -> dict[str, str]:
    """Return the two shapes, or if they agree the two numbers that differ most."""
    if values.shape != expected.shape:
        return {"seen": shape(values.shape), "wanted": shape(expected.shape)}
    return worst(values, expected)


def difference(values: np.ndarray, expected: np.ndarray, **figures: Any) -> Fault:
    """Return the fault of numbers that differ, or of their shapes."""
    if values.shape != expected.shape:
        return Fault("output-shape", **figures, seen=shape(values.shape), wanted=shape(expected.shape))
    return Fault("numbers-differ", **figures, **worst(values, expected))


def leaves_the_input(output: Described, x: np.ndarray, **figures: Any) -> None:
    """Raise a fault where a net has written into its input."""
    before = x.astype(np.float64)
    if not close(output["input_after"], before):
        raise Fault("input-changed", **figures, **worst(output["input_after"], before))


def has_usual_norms(norms: dict[str, dict[str, Any]], **figures: Any) -> None:
    """Raise a fault where a BatchNorm has other settings than PyTorch gives it."""
    for name, settings in norms.items():
        for what, usual in NORM_SETTINGS.items():
            if settings[what] != usual:
                given = number(settings[what], "g") if isinstance(settings[what], float | int) else str(settings[what])
                raise Fault("norm-settings", **figures, name=name, what=what, seen=given, wanted=number(usual, "g"))


def starts_as_usual(norms: dict[str, list[float]], **figures: Any) -> None:
    """Raise a fault where a BatchNorm does not begin as PyTorch makes it."""
    for name, (lowest, highest) in norms.items():
        wanted = NORM_START[name.rsplit(".", 1)[1]]
        if lowest != wanted or highest != wanted:
            seen = lowest if lowest != wanted else highest
            raise Fault("norm-start", **figures, name=name, seen=number(seen, "g"), wanted=wanted)


def changes_mode(modes: Modes, call: str) -> None:
    """Raise a fault where ``eval()`` or ``train()`` does not reach every part."""
    for mode, unreached in modes.items():
        if unreached:
            raise Fault("mode-stuck", call=call, method=f"{mode}()", names=some(filter(None, unreached)) or f"`{call}`")


def trains_as(seen: Any, x: np.ndarray, reference: nn.Module, call: str) -> None:
    """Raise a fault where a net in training mode gives other numbers than the reference's, or moves other statistics.

    Parameters
    ----------
    seen : Training
        What the net gave, or the error that stopped it.
    x : ndarray
        Its input.
    reference : torch.nn.Module
        The right net, with the same weights; it is trained too.
    call : str
        How a learner would write the net.
    """
    ran(seen)
    if seen["kind"] != "tensor":
        raise Fault("train-output", call=call, seen=seen["type"])
    is_a_tensor(seen)
    is_finite(seen)
    expected = output_of(reference.train(), x)
    if seen["values"].shape != expected.shape:
        raise Fault("train-output", call=call, seen=shape(seen["values"].shape))
    pairs = {call: (seen["values"], expected)}
    pairs |= {name: (seen["statistics"][name], each) for name, each in statistics_of(reference).items()}
    for name, (values, wanted) in pairs.items():
        if not close(values, wanted):
            raise Fault("train-differs", name=name, **worst(values, wanted))
