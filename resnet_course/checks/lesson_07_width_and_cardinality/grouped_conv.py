"""The check of split–transform–merge: a grouped convolution, path by path."""

from __future__ import annotations

import operator
import re
from collections.abc import Callable
from functools import partial
from typing import Any, TypedDict

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor
from torch.overrides import TorchFunctionMode

from resnet_course.checks.check import Check
from resnet_course.checks.judging import (
    Fault,
    close,
    first_line,
    in_stages,
    is_a_tensor,
    is_finite,
    name_mistake,
    ran,
    shape,
    to_numpy,
    worst,
)
from resnet_course.checks.observing import Described, Raised, describe, trying

NAME = "split_transform_merge"

# channels in, channels out, window, groups
CONVOLUTIONS: dict[str, tuple[int, int, int, int]] = {
    "two-paths": (6, 4, 3, 2),
    "three-paths": (6, 9, 3, 3),
    "window-5": (8, 4, 5, 4),
    "window-1": (4, 8, 1, 2),
    "depthwise": (5, 5, 3, 5),
    "one-path": (3, 4, 3, 1),
}


class Case(TypedDict):
    """What a case gives: the call's arguments, and the slope of what is computed from the output."""

    groups: int
    x: np.ndarray
    weight: np.ndarray
    slope: np.ndarray


class Grouped(TypedDict):
    """A function of PyTorch's that convolved, and its number of groups."""

    function: str
    groups: int


class Seen(TypedDict, total=False):
    """What a case shows: the output, every convolution with groups that ran, the gradients by argument."""

    output: Described
    grouped: list[Grouped]
    gradient: dict[str, Any]
    raised: Raised


def inputs(seed: int) -> dict[str, Case]:
    """Return images and filters for each of the convolutions."""
    draw = np.random.default_rng(seed)

    def normal(*sizes: int) -> np.ndarray:
        return draw.normal(0, 1, sizes).astype(np.float32)

    return {
        name: {
            "groups": groups,
            # As many images as there is no number of groups, so that a cut in the wrong place shows.
            "x": normal(7, entering, 6, 5),
            "weight": normal(leaving, entering // groups, window, window),
            "slope": normal(7, leaving, 6, 5),
        }
        for name, (entering, leaving, window, groups) in CONVOLUTIONS.items()
    }


# Where the groups stand among the arguments of PyTorch's convolutions, if they are not given by name.
PLACES = {
    **{f"conv{sides}d": 6 for sides in (1, 2, 3)},
    **{f"conv_transpose{sides}d": 6 for sides in (1, 2, 3)},
    "mkldnn_convolution": 6,
    "convolution": 8,
    "_convolution": 8,
}


class ConvolutionWatch(TorchFunctionMode):
    """Note every convolution that splits its channels into groups."""

    def __init__(self) -> None:
        self.grouped: list[Grouped] = []

    def __torch_function__(self, func: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
        """Run a function of PyTorch's."""
        kwargs = kwargs or {}
        name = getattr(func, "__name__", "").split(".")[0]
        if name in PLACES:
            place = PLACES[name]
            given = kwargs.get("groups", args[place] if len(args) > place else 1)
            if given != 1:
                self.grouped.append({"function": name, "groups": operator.index(given)})
        return func(*args, **kwargs)


def observe(split_transform_merge: Any, inputs: dict[str, Case]) -> dict[str, Seen]:
    """Compute each convolution, and again for its gradients, both watched."""

    def case(given: Case) -> Seen:
        x, weight = (torch.from_numpy(array).clone() for array in (given["x"], given["weight"]))
        with ConvolutionWatch() as watch:
            result = split_transform_merge(x, weight, given["groups"])
            gradient = trying("backward", lambda: gradients(split_transform_merge, given))
        return {"output": describe(result), "grouped": watch.grouped, "gradient": gradient}

    return {name: trying("call", partial(case, given)) for name, given in inputs.items()}


def gradients(function: Any, given: Case) -> dict[str, Described]:
    """Return the gradients of x and weight; nothing where the output has another shape or none comes."""
    x, weight = (torch.from_numpy(array).clone().requires_grad_() for array in (given["x"], given["weight"]))
    result = function(x, weight, given["groups"])
    slope = torch.from_numpy(given["slope"])
    if not isinstance(result, Tensor) or result.shape != slope.shape or not result.requires_grad:
        return {}
    (result * slope).sum().backward()
    return {"x": describe(x.grad), "weight": describe(weight.grad)}


# What a function computes, of x, weight and groups.
Function = Callable[[Tensor, Tensor, int], Tensor]


def paths(x: Tensor, weight: Tensor, groups: int) -> list[Tensor]:
    """Return what the paths of a grouped convolution give, one by one: a reference that shares no code with PyTorch's.

    One matrix product for each path, of its filters with the windows of its channels.
    """
    window = weight.shape[-1]
    patches = F.unfold(x, window, padding=window // 2)  # [N, C · k · k, H · W], the rows of each channel together
    parts = zip(weight.flatten(1).chunk(groups), patches.chunk(groups, dim=1), strict=True)
    return [(filters @ windows).unflatten(2, x.shape[2:]) for filters, windows in parts]


def right(x: Tensor, weight: Tensor, groups: int) -> Tensor:
    """Return the grouped convolution."""
    return torch.cat(paths(x, weight, groups), dim=1)


def deal(tensor: Tensor, groups: int, dim: int) -> Tensor:
    """Return a tensor whose channels are dealt out one by one, as cards are, instead of cut into runs."""
    return torch.cat([tensor.index_select(dim, torch.arange(i, tensor.shape[dim], groups)) for i in range(groups)], dim)


def repeat_first(tensor: Tensor, groups: int, dim: int) -> Tensor:
    """Return a tensor in which the first part stands in the place of every part."""
    return torch.cat([tensor.chunk(groups, dim)[0]] * groups, dim)


def cut_by_channels(x: Tensor, weight: Tensor, groups: int) -> Tensor:
    """Return what comes out where the filters are cut into parts as large as those of the channels."""
    size = x.shape[1] // groups
    parts = zip(x.split(size, dim=1), weight.split(size), strict=False)
    return torch.cat([right(part, filters, 1) for part, filters in parts], dim=1)


MISTAKES: tuple[tuple[str, Function], ...] = (
    ("paths-added", lambda x, w, g: torch.stack(paths(x, w, g)).sum(0)),
    ("paths-averaged", lambda x, w, g: torch.stack(paths(x, w, g)).mean(0)),
    ("paths-stacked", lambda x, w, g: torch.stack(paths(x, w, g))),
    ("paths-stacked", lambda x, w, g: torch.stack(paths(x, w, g), dim=1)),
    ("one-path-only", lambda x, w, g: paths(x, w, g)[0]),
    ("one-path-only", lambda x, w, g: paths(x, w, g)[-1]),
    ("merged-elsewhere", lambda x, w, g: torch.cat(paths(x, w, g), dim=0)),
    ("merged-elsewhere", lambda x, w, g: torch.cat(paths(x, w, g), dim=2)),
    ("merged-elsewhere", lambda x, w, g: torch.cat(paths(x, w, g), dim=3)),
    *(
        ("images-opened", lambda x, w, g, dim=dim: torch.cat([each for path in paths(x, w, g) for each in path], dim))
        for dim in (0, 1, 2)
    ),
    ("x-among-outputs", lambda x, w, g: torch.cat([x.chunk(g, 1)[0], right(x, w, g)], dim=1)),
    ("x-among-outputs", lambda x, w, g: torch.cat([x, right(x, w, g)], dim=1)),
    ("same-part", lambda x, w, g: right(repeat_first(x, g, 1), w, g)),
    ("same-filters", lambda x, w, g: right(x, repeat_first(w, g, 0), g)),
    ("order-turned", lambda x, w, g: torch.cat(paths(x, w, g)[::-1], dim=1)),
    ("order-turned", lambda x, w, g: right(torch.cat(x.chunk(g, 1)[::-1], 1), w, g)),
    ("dealt-out", lambda x, w, g: right(deal(x, g, 1), w, g)),
    ("dealt-out", lambda x, w, g: right(x, deal(w, g, 0), g)),
    ("dealt-out", lambda x, w, g: right(deal(x, g, 1), deal(w, g, 0), g)),
    ("shuffled", lambda x, w, g: torch.stack(paths(x, w, g), dim=2).flatten(1, 2)),
    ("filters-cut-by-channels", cut_by_channels),
    ("filters-not-split", lambda x, w, g: torch.cat([right(part, w, 1) for part in x.chunk(g, 1)], dim=1)),
    ("relu", lambda x, w, g: F.relu(right(x, w, g))),
)


def judge(observation: dict[str, Seen], inputs: dict[str, Case]) -> None:
    """Ask for the numbers of a grouped convolution, made of ordinary ones, and for its gradients."""

    def judge_numbers(seen: Seen, given: Case) -> None:
        values, wanted = seen["output"]["values"], to_numpy(right(*tensors(given)))
        if close(values, wanted):
            return
        figures = figures_of(given) | {"seen": shape(values.shape), "wanted": shape(wanted.shape)}
        name_mistake(MISTAKES, gives, **figures)
        # Two mistakes together, of which one shows in some cases only. Of two paths, one is also all but one.
        others = [each for each in MISTAKES if each[0] != "one-path-only"]
        name_mistake(others, lambda function: close(values, to_numpy(function(*tensors(given)))), **figures)
        judge_shape(values, wanted, figures, given)
        if seen["gradient"].get("weight", {}).get("kind") == "none":
            raise Fault("weight-unused", **figures)
        raise Fault("numbers-differ", **figures | worst(values, wanted))

    def gives(function: Function) -> bool:
        return all(
            close(observation[name]["output"]["values"], to_numpy(function(*tensors(given))))
            for name, given in inputs.items()
        )

    in_stages(observation, inputs, judge_run, judge_output, judge_numbers, judge_groups, judge_gradients)


def tensors(given: Case) -> tuple[Tensor, Tensor, int]:
    """Return the arguments of the call."""
    return torch.from_numpy(given["x"]), torch.from_numpy(given["weight"]), given["groups"]


def figures_of(given: Case) -> dict[str, Any]:
    """Return the shapes of x, of weight and of a path's output, the groups, and how many filters each of them has."""
    groups, filters = given["groups"], given["weight"].shape[0]
    images, _, *sides = given["x"].shape
    return {
        "x": shape(given["x"].shape),
        "weight": shape(given["weight"].shape),
        "groups": groups,
        "filters": filters // groups,
        "path": shape([images, filters // groups, *sides]),
    }


# Errors that tell which mistake it was: its message key, the error's type, and what the text has in it.
ERRORS = (
    ("layer-not-function", "TypeError", r"Conv2d\.__init__\(\)"),
    # `nn.Conv2d` asks whether the number of channels is 0, which a tensor cannot answer.
    ("layer-not-function", "RuntimeError", "Boolean value of Tensor"),
    # Filters as large as an image: no window is.
    ("arguments-swapped", "RuntimeError", r"weight of size \[\d+, \d+, 6, 5\]|Kernel size can't be greater"),
    ("place-does-not-fit", "RuntimeError", "expanded size of the tensor"),
    ("channels-do-not-fit", "RuntimeError", r"to have \d+ channels, but got \d+ channels"),
    ("filters-cut-by-channels", "RuntimeError", r"weight of size \[0,"),
    ("padding-not-whole", "TypeError", r"padding=\(?float"),
    ("size-not-whole", "TypeError", "float|slice indices must be integers"),
    ("one-filter-each", "RuntimeError", "expected stride to be a single integer value or a list of 1 values"),
    ("paths-do-not-fit", "RuntimeError", "Sizes of tensors must match except in dimension"),
)


def judge_run(seen: Seen, given: Case) -> None:
    """Ask for a call without an error."""
    if "raised" in seen:
        error = seen["raised"]
        for key, kind, text in ERRORS:
            if error["type"] == kind and re.search(text, error["message"]):
                raise Fault(key, **figures_of(given), text=first_line(error["message"]))
    ran(seen)


def judge_output(seen: Seen, given: Case) -> None:
    """Ask for a tensor."""
    if seen["output"]["type"] in ("list", "tuple"):
        raise Fault("not-merged", **figures_of(given), type=seen["output"]["type"])
    is_a_tensor(seen["output"], NAME)
    is_finite(seen["output"])


def judge_shape(values: np.ndarray, wanted: np.ndarray, figures: dict[str, Any], given: Case) -> None:
    """Ask for the shape of a convolution that keeps the image's size."""
    if values.shape == wanted.shape:
        return
    if values.ndim == 4 and values.shape[:2] == wanted.shape[:2]:
        key = "shrinks" if values.shape[2] < wanted.shape[2] else "grows"
        raise Fault(key, **figures, window=given["weight"].shape[-1])
    raise Fault("output-shape", **figures)


def judge_groups(seen: Seen, given: Case) -> None:
    """Ask for ordinary convolutions: PyTorch must not do the splitting."""
    for each in seen["grouped"]:
        raise Fault("groups-used", **each)


def judge_gradients(seen: Seen, given: Case) -> None:
    """Ask for the gradients of x and weight."""
    ran(seen["gradient"])
    x, weight, groups = tensors(given)
    leaves = {"x": x.clone().requires_grad_(), "weight": weight.clone().requires_grad_()}
    (right(**leaves, groups=groups) * torch.from_numpy(given["slope"])).sum().backward()
    for part, leaf in leaves.items():
        found = seen["gradient"].get(part, {})
        if found.get("kind") != "tensor":
            raise Fault("no-gradient", part=part)
        assert leaf.grad is not None
        wanted = to_numpy(leaf.grad)
        if not close(found["values"], wanted):
            raise Fault("gradient-differs", part=part, **worst(found["values"], wanted))


grouped_conv = Check(
    grade_id="grouped-conv",
    lesson="07_width_and_cardinality",
    answers=(NAME,),
    inputs=inputs,
    observe=observe,
    judge=judge,
    arguments=("x", "weight", "groups"),
)
