"""Build a learner's residual block, give it weights, run it, and note what it does."""

from __future__ import annotations

import inspect
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from typing import Any, TypedDict

import numpy as np
import torch
from torch import Tensor, nn

from resnet_course.checks.observing import (
    Described,
    LayerFacts,
    Plain,
    describe,
    describe_number,
    kind_of,
    load_arrays,
    trying,
)
from resnet_course.checks.residual_blocks.kinds import BlockKind, Setting
from resnet_course.checks.residual_blocks.making import Making, describe_making, describe_settings, drawing

BATCHES = (1, 3)  # sizes of the batches beside that of 2
MOST_CALLS = 1000  # of a block's layers that are noted; a loop may make thousands


class Call(TypedDict):
    """A layer that was called: its names, whether it got what the whole block got, and whether it ended well."""

    names: list[str]
    given_x: bool
    finished: bool


class Gradient(Described, total=False):
    """The gradient of a block's input (kind "detached" where there is none), and parameters that get none."""

    frozen: list[str]


class Ran(TypedDict, total=False):
    """What a module that runs shows, in eval mode and in train mode."""

    output: Described
    calls: list[Call]  # of its layers, on the way to the output
    gradient: Gradient
    batches: dict[str, Described]  # the output for batches of other sizes
    train_output: Described
    train_draws: bool  # whether random numbers are drawn in train mode
    statistics: dict[str, np.ndarray]
    train_gradient: Gradient


class SeenBlock(Ran, total=False):
    """What a block shows in one setting."""

    built: Any  # True, or the error that building it raised
    layers: LayerFacts
    making: Making
    own_expansion: Any  # that of the block itself, which may differ from its class's


def observe_block(kind: BlockKind, block_class: Any, inputs: dict[str, Setting]) -> Plain:
    """Build a learner's block in each setting, load given weights, run it forward and backward, note everything."""
    if not (inspect.isclass(block_class) and issubclass(block_class, nn.Module)):
        return {"not_a_module": {"type": kind_of(block_class)}}
    parameters = inspect.signature(block_class.__init__).parameters
    return {
        "parameters": list(parameters),
        "defaults": {name: each.default for name, each in parameters.items() if isinstance(each.default, int)},
        "expansion": describe_number(getattr(block_class, "expansion", None)),
        **{name: run_block(kind, block_class, setting) for name, setting in inputs.items()},
    }


def run_block(kind: BlockKind, block_class: type[nn.Module], setting: Setting) -> SeenBlock:
    """Build a learner's block in one setting and run it."""

    def build() -> nn.Module:
        inplanes, planes, stride = setting["inplanes"], setting["planes"], setting["stride"]
        outplanes = planes * kind.expansion
        grouped = {"groups": setting["groups"], "base_width": setting["base_width"]}
        if grouped == {"groups": 1, "base_width": 64}:
            grouped = {}  # the defaults must do
        if not setting["projected"]:
            return block_class(inplanes, planes, **grouped)
        downsample = nn.Sequential(
            nn.Conv2d(inplanes, outplanes, kernel_size=1, stride=stride, bias=False), nn.BatchNorm2d(outplanes)
        )
        if stride != 1:
            return block_class(inplanes, planes, stride=stride, downsample=downsample, **grouped)
        return block_class(inplanes, planes, stride, downsample, **grouped)

    built: list[nn.Module] = []
    seen: SeenBlock = {"built": trying("call", lambda: built.extend((build(), build())))}
    if not built:
        return seen
    block, another = built
    seen = {
        "built": True,
        "layers": describe_settings(block),
        "making": describe_making(block, another),
        "own_expansion": describe_number(getattr(block, "expansion", None)),
    }
    load_arrays(block, setting["weights"])
    return {**seen, **observe_running(block, setting["x"], setting["slope"])}


def observe_running(block: nn.Module, images: np.ndarray, slopes: np.ndarray) -> Ran:
    """Run a module that has its weights, forward and backward, in eval and in train mode."""
    seen: Ran = {}
    x, slope = torch.from_numpy(images), torch.from_numpy(slopes)

    block.eval()
    with noting_calls(block) as calls:
        seen["output"] = trying("forward", lambda: forward_once(block, x))
    seen["calls"] = calls
    seen["gradient"] = trying("backward", lambda: gradient_of(block, x, slope))
    seen["batches"] = {
        str(size): trying("forward", partial(forward_once, block, batch_of(x, size))) for size in BATCHES
    }
    block.train()
    seen["train_output"], seen["train_draws"] = drawing(lambda: trying("forward", lambda: forward_once(block, x)))
    seen["statistics"] = trying(
        "forward",
        lambda: {name: tensor.double().numpy().copy() for name, tensor in block.named_buffers() if "running" in name},
    )
    seen["train_gradient"] = trying("backward", lambda: gradient_of(block, x, slope))
    return seen


@contextmanager
def noting_calls(block: nn.Module) -> Iterator[list[Call]]:
    """Note which layers of a block are called, in their order."""
    names: dict[nn.Module, list[str]] = {}
    for name, layer in block.named_modules(remove_duplicate=False):
        names.setdefault(layer, []).append(name)
    calls: list[Call] = []
    x: list[Any] = []

    def begin(layer: nn.Module, arguments: tuple[Any, ...]) -> None:
        if layer is block:
            x[:] = arguments[:1]
        elif len(calls) < MOST_CALLS:
            given_x = bool(x and arguments) and arguments[0] is x[0]
            calls.append({"names": names[layer], "given_x": given_x, "finished": False})

    def end(layer: nn.Module, arguments: tuple[Any, ...], result: Any) -> None:
        for call in reversed(calls):
            if call["names"] is names[layer] and not call["finished"]:
                call["finished"] = True
                return

    hooks = [layer.register_forward_pre_hook(begin) for layer in names]
    hooks += [layer.register_forward_hook(end) for layer in names]
    try:
        yield calls
    finally:
        for hook in hooks:
            hook.remove()


def batch_of(x: Tensor, size: int) -> Tensor:
    """Return that many of the images, from the first on and then again from the first."""
    return x[torch.arange(size) % len(x)]


def forward_once(block: nn.Module, x: Tensor) -> Described:
    """Return the output, and what became of the input."""
    given = x.clone()
    with torch.no_grad():
        output = describe(block(given))
    return {**output, "input_after": given.double().numpy().copy()}


def gradient_of(block: nn.Module, x: Tensor, slope: Tensor) -> Gradient:
    """Return the gradient of the sum of output × slope."""
    # A copy goes in, because PyTorch forbids in-place changes of a leaf: that is noted elsewhere.
    leaf = x.clone().requires_grad_()
    block.zero_grad(set_to_none=True)
    output = block(leaf.clone())
    if not isinstance(output, Tensor) or output.shape != slope.shape:
        return {"kind": "none", "type": "None"}
    if not output.requires_grad:
        return {"kind": "detached"}
    (output * slope).sum().backward()
    frozen = [name for name, parameter in block.named_parameters() if parameter.grad is None]
    return {**describe(leaf.grad), "frozen": frozen}
