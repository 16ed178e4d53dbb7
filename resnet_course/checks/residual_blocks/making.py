"""How layers are made: observed before a check loads weights of its own, and judged.

The numbers of a layer with loaded weights do not show how it starts, nor whether it can learn.
"""

from __future__ import annotations

import inspect
import random
from collections.abc import Callable, Iterable
from typing import Any, TypedDict

import numpy as np
import torch
from torch import nn

from resnet_course.checks.judging import Fault
from resnet_course.checks.observing import LayerFacts, describe_layers, kind_of
from resnet_course.language import number

MakeFault = Callable[..., Fault]

NORM_STARTS = {"weight": 1, "bias": 0, "running_mean": 0, "running_var": 1}
# A BatchNorm behind a convolution makes up for weights that start too small or too large, but for nothing beyond this.
MOST_TIMES_USUAL = 100
# So many numbers of a parameter show how it starts; much wider layers than were asked for need not cross whole.
MOST_NUMBERS = 2**15
# How many standard errors the mean of a convolution's weights may be away from 0.
MOST_ERRORS = 8


class Window(TypedDict):
    """The settings of a convolution that the shape of its weight does not show."""

    dilation: list[Any]
    groups: int
    padding_mode: str


class Making(TypedDict):
    """How a module is made: what each parameter and statistic starts with, and of which type its numbers are."""

    starts: dict[str, np.ndarray]
    types: dict[str, str]
    frozen: list[str]
    windows: dict[str, Window]
    classes: dict[str, str]  # attributes that are the class of a layer and no layer
    attributes: dict[str, str]  # what all other attributes are, layers among them
    kept: list[str]  # parameters that a second module, made by the same call, has as well


def describe_making(module: nn.Module, another: nn.Module) -> Making:
    """Return how a module is made, and what it shares with another one that was made by the same call."""
    state = {name: tensor for name, tensor in module.state_dict().items() if tensor.is_floating_point()}
    others = {id(parameter) for parameter in another.parameters()}
    kept = [name for name, parameter in module.named_parameters() if id(parameter) in others]
    return {
        # What is kept from call to call may hold the weights that a check has loaded before: that is no start.
        "starts": {} if kept else {name: first_numbers(tensor) for name, tensor in state.items()},
        "types": {name: str(tensor.dtype).removeprefix("torch.") for name, tensor in state.items()},
        "frozen": [name for name, parameter in module.named_parameters() if not parameter.requires_grad],
        "windows": {
            name: {
                "dilation": plain_pair(layer.dilation),
                "groups": int(layer.groups),
                "padding_mode": str(layer.padding_mode),
            }
            for name, layer in module.named_modules()
            if isinstance(layer, nn.Conv2d)
        },
        "classes": {
            name: value.__name__
            for name, value in vars(module).items()
            if inspect.isclass(value) and issubclass(value, nn.Module)
        },
        "attributes": {
            name: kind_of(value)
            for name, value in {**vars(module), **dict(module.named_children())}.items()
            if not name.startswith("_") and not inspect.isclass(value)
        },
        "kept": kept,
    }


def first_numbers(tensor: torch.Tensor) -> np.ndarray:
    """Return the numbers of a parameter; of a large one whole filters, as many as `MOST_NUMBERS` allows, or one."""
    filters = tensor.detach()
    if tensor.ndim > 1 and tensor.numel() > MOST_NUMBERS:
        filters = filters[: max(1, MOST_NUMBERS // tensor[0].numel())]
    return filters.double().numpy().copy()


def describe_settings(module: nn.Module) -> LayerFacts:
    """Return `describe_layers`, with the type of a stride in its place where that is no number."""
    layers = describe_layers(module)
    for convolution in layers["convolutions"].values():
        convolution["stride"] = plain_pair(convolution["stride"])
    return layers


def plain_pair(setting: Iterable[Any]) -> list[Any]:
    """Return the numbers of a setting, with the type of each that is none in its place."""
    return [each if isinstance(each, int) else kind_of(each) for each in setting] or ["tuple"]


def drawing(action: Callable[[], Any]) -> tuple[Any, bool]:
    """Return what `action` returns, and whether it drew random numbers."""
    before = random_states()
    result = action()
    return result, random_states() != before


def random_states() -> tuple[Any, ...]:
    """Return the states of the three sources of random numbers that a learner may use."""
    name, keys, *rest = np.random.get_state(legacy=True)
    return torch.get_rng_state().numpy().tobytes(), random.getstate(), (name, np.asarray(keys).tobytes(), *rest)


def judge_types(making: Making, fault: MakeFault, **figures: Any) -> None:
    """Ask for numbers of float32."""
    for name, kind in making["types"].items():
        if kind != "float32":
            raise fault("precision", name=name, seen=kind, **figures)


def judge_frozen(making: Making, fault: MakeFault, **figures: Any) -> None:
    """Ask for weights that can learn."""
    if making["frozen"]:
        raise fault("frozen", names=", ".join(making["frozen"]), **figures)


def judge_windows(making: Making, fault: MakeFault, names: tuple[str, ...], **figures: Any) -> None:
    """Ask for windows without holes that meet zeros at the border; a 1×1 window cannot have either."""
    usual: dict[str, list[int] | str] = {"dilation": [1, 1], "padding_mode": "zeros"}
    for name in names:
        window: dict[str, Any] = {**making["windows"].get(name, {})}
        for what, wanted in usual.items():
            if window.get(what, wanted) != wanted:
                shown = {"seen": plainly(window[what]), "wanted": plainly(wanted)}
                raise fault("convolution-settings", name=name, what=what, **shown, **figures)


def plainly(value: list[int] | str) -> str:
    """Return a setting as a learner writes it."""
    return value if isinstance(value, str) else str(value[0])


def judge_making(making: Making, fault: MakeFault, **figures: Any) -> None:
    """Ask for layers of the module's own that start as PyTorch makes them."""
    if making["kept"]:
        raise fault("made-once", names=", ".join(making["kept"]), **figures)
    starts = making["starts"]
    for name, values in starts.items():
        layer, _, part = name.rpartition(".")
        if f"{layer}.running_mean" in starts and part in NORM_STARTS and (values != NORM_STARTS[part]).any():
            differs = values[values != NORM_STARTS[part]][0]
            raise fault("norm-start", name=name, seen=number(differs, ".4g"), wanted=NORM_STARTS[part], **figures)
    for name, values in starts.items():
        if values.ndim == 4:
            judge_convolution_start(name, values, fault, **figures)


def judge_convolution_start(name: str, weight: np.ndarray, fault: MakeFault, **figures: Any) -> None:
    """Ask for weights that are drawn around 0."""
    mean, spread, usual = float(weight.mean()), float(weight.std()), float((3 * weight[0].size) ** -0.5)
    # A few numbers may well lie close together on one side of 0.
    around_0 = abs(mean) * weight.size**0.5 <= MOST_ERRORS * max(spread, usual)
    if around_0 and usual / MOST_TIMES_USUAL < spread < usual * MOST_TIMES_USUAL:
        return
    shown = {"mean": number(mean, ".2g"), "spread": number(spread, ".2g"), "usual": number(usual, ".2g")}
    raise fault("weights-start", name=name, **shown, **figures)
