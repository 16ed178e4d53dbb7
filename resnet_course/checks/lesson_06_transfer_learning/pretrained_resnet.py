"""The check of a net with official weights, a frozen backbone and a new head."""

from __future__ import annotations

import re
import zlib
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from functools import lru_cache, partial
from math import prod
from typing import Any, TypedDict
from unittest.mock import patch

import numpy as np
import torch
from torch import Tensor, nn
from torchvision.models import get_model

from resnet_course.checks.check import Check
from resnet_course.checks.judging import Fault, close, first_line, ran, stopped, worst
from resnet_course.checks.lesson_06_transfer_learning.small_net import (
    HEAD,
    SeenNet,
    different_rows,
    features,
    images,
    is_a_net,
    moved,
    trainable,
)
from resnet_course.checks.observing import Described, describe, trying
from resnet_course.checks.weights import Names, fill, shapes_of
from resnet_course.language import number
from resnet_course.transfer import pretrained_weights, weights_from

WHOLE = "resnet18"  # of the others the large convolutions have no numbers: drawing and copying them takes too long
LOOKED_AT = (WHOLE, "resnet34", "resnet50")
DEEPER = ("resnet101", "resnet152")  # of these only the weights that are asked for: it takes long enough to get there
AGAIN = "resnet34"  # is asked for twice
LARGE = 100_000


class Inputs(TypedDict):
    """What is given: for how many classes each net shall be, names of no ResNet, and images."""

    known: dict[str, int]
    unknown: list[str]
    seed: int
    x: np.ndarray


class Seen(SeenNet, total=False):
    """What a name shows: which weights were asked for, the net, and what reaches its head in both modes."""

    asked: list[str]
    training: bool
    kept: bool  # whether the same call gives the same net again
    rows: int
    names: Names
    trainable: list[str]
    features: Described
    still: Described
    moved: list[str]
    statistics: int


class Observation(TypedDict):
    """What the names show."""

    known: dict[str, Seen]
    unknown: list[Seen]


def inputs(seed: int) -> Inputs:
    """Return the five names of the family, and two others."""
    draw, names = np.random.default_rng(seed), LOOKED_AT + DEEPER
    classes = draw.permutation(np.arange(2, 30))[: len(names)]
    return {
        "known": {name: int(count) for name, count in zip(names, classes, strict=True)},
        "unknown": [f"resnet{int(draw.integers(19, 33))}", str(draw.choice(["vgg11", "alexnet", "squeezenet1_0"]))],
        "seed": seed,
        "x": images(seed, 2, channels=3, side=32),
    }


def architecture(weights: Any) -> str:
    """Return the name of the net that a member of torchvision's enums of weights is for."""
    return type(weights).__name__.removesuffix("_Weights").lower()


class Enough(BaseException):
    """A learner's function has asked for weights; nothing that it would catch."""


@contextmanager
def quickly(name: str) -> Iterator[None]:
    """Let nets be made and run in no time.

    Large tensors are filled instead of drawn. Except in the net that is to be whole, large convolutions have no
    numbers at all: they are on the meta device, and give a mean of what they get. Nets stay where they are made,
    because from the meta device there is no way to another.
    """
    empty, rules = torch.empty, ("kaiming_normal_", "kaiming_uniform_")

    def without_numbers(*size: Any, **settings: Any) -> Tensor:
        shape = size[0] if size and isinstance(size[0], tuple) else size
        if len(shape) == 4 and prod(shape) > LARGE:
            settings["device"] = "meta"
        return empty(*size, **settings)

    def fill_large(draw: Callable[..., Tensor], tensor: Tensor, *settings: Any, **named: Any) -> Tensor:
        with torch.no_grad():
            return tensor.fill_(0.01) if tensor.numel() > LARGE else draw(tensor, *settings, **named)

    def stay(net: nn.Module, *_: Any, **__: Any) -> nn.Module:
        return net

    with ExitStack() as patches:
        patches.enter_context(patch.object(nn.Module, "to", stay))
        for rule in rules:
            patches.enter_context(patch.object(nn.init, rule, partial(fill_large, getattr(nn.init, rule))))
        if name != WHOLE:
            patches.enter_context(patch.object(torch, "empty", without_numbers))
            patches.enter_context(patch.object(nn.functional, "conv2d", thin_convolution))
        yield


def thin_convolution(
    x: Tensor, weight: Tensor, bias: Tensor | None = None, stride: tuple[int, int] = (1, 1), *_: Any, **__: Any
) -> Tensor:
    """Return a tenth of the channels' mean in each output channel: a ResNet's convolution without its numbers."""
    down, right = stride
    return 0.1 * x.mean(1, keepdim=True)[:, :, ::down, ::right].expand(-1, len(weight), -1, -1)


@lru_cache(maxsize=3)
def seeded_net(weights: Any, seed: int) -> nn.Module:
    """Return an architecture with numbers that depend on the weights' name and the seed, in place of a download."""
    name = architecture(weights)
    with quickly(name):
        net: nn.Module = get_model(name, weights=None)
    fill(net, seed + zlib.crc32(str(weights).encode()) % 1000)
    return net


def shapes(weights: Any) -> dict[str, Tensor]:
    """Return what an architecture of any family is loaded with, without numbers."""
    with torch.device("meta"):
        return dict(get_model(architecture(weights), weights=None).state_dict())


def observe(get_resnet_pretrained: Any, inputs: Inputs) -> Observation:
    """Ask for each net, with weights of our own in place of a download, and run it."""
    asked: list[str] = []

    def source(weights: Any) -> dict[str, Tensor]:
        asked.append(str(weights))
        if architecture(weights) in DEEPER:
            raise Enough
        return {key: tensor.clone() for key, tensor in seeded_net(weights, inputs["seed"]).state_dict().items()}

    def case(name: str, classes: int) -> Seen:
        asked.clear()
        with weights_from(source), quickly(name):
            try:
                net = get_resnet_pretrained(name, classes)
                # Again where it is made in no time, or where it asked for no weights: a check before may have.
                kept = (name == AGAIN or not asked) and net is get_resnet_pretrained(name, classes)
            except (Enough, Exception):
                # Also where the learner's code has made another error of it.
                if name in DEEPER and asked:
                    return {"asked": list(asked)}
                raise
        if not isinstance(net, nn.Module):
            return {"returned": describe(net), "asked": list(asked)}
        seen: Seen = {"asked": list(asked), "names": shapes_of(net), "trainable": trainable(net)}
        seen |= {"training": net.training, "kept": kept}
        if isinstance(getattr(net, "fc", None), nn.Linear):
            with quickly(name):
                seen |= observe_running(net, torch.from_numpy(inputs["x"]))
        return seen

    def stranger(name: str) -> Seen:
        with weights_from(shapes), torch.device("meta"):
            return {"returned": describe(get_resnet_pretrained(name, 3))}

    return {
        "known": {name: trying("call", partial(case, name, count)) for name, count in inputs["known"].items()},
        "unknown": [trying("call", partial(stranger, name)) for name in inputs["unknown"]],
    }


def observe_running(net: Any, x: Tensor) -> Seen:
    """Run the net in eval mode, then in train mode."""
    in_eval_mode = trying("forward", lambda: {"values": features(net.eval(), x)})
    before = {key: tensor.clone() for key, tensor in net.state_dict().items() if "running" in key}
    return {
        "rows": different_rows(net.fc.weight),
        "features": in_eval_mode,
        "still": trying("forward", lambda: {"values": features(net.train(), x)}),
        "moved": moved(net, before),
        "statistics": len(before),
    }


def judge(observation: Observation, inputs: Inputs) -> None:
    """Ask each name of the family for its net, and the strangers for an error."""
    for name, classes in inputs["known"].items():
        seen, wanted = observation["known"][name], str(pretrained_weights(name))
        figures = {"call": f'get_resnet_pretrained("{name}", {classes})', "wanted": wanted}
        judge_error(seen, figures)
        is_a_net(seen, **figures)
        judge_weights(seen, figures)
        if name in DEEPER:
            continue
        official = seeded_net(pretrained_weights(name), inputs["seed"])
        judge_shapes(seen, shapes_of(official), classes, figures)
        judge_trainable(seen, figures)
        if seen["kept"]:
            raise Fault("kept-between-calls", **figures)
        if not seen["training"]:
            raise Fault("eval-mode", **figures)
        with quickly(name):
            judge_numbers(seen, features(official.eval(), torch.from_numpy(inputs["x"])), figures)
        if seen["rows"] < classes:
            raise Fault("head-not-random", **figures, rows=seen["rows"], classes=classes)
    for name, seen in zip(inputs["unknown"], observation["unknown"], strict=True):
        judge_refusal(seen, {"call": f'get_resnet_pretrained("{name}", 3)'})


def judge_error(seen: Seen, figures: dict[str, Any]) -> None:
    """Ask for no error."""
    if "raised" not in seen:
        return
    error, text = seen["raised"], first_line(seen["raised"]["message"])
    given = re.search(r"Invalid Weight class provided; expected (\w+) but received (\w+)", text)
    if given:
        raise Fault("net-and-weights", **figures, net=given[1].removesuffix("_Weights"), seen=given[2])
    stranger = re.match(r"Unknown model (\w+)", text)
    if stranger:
        raise Fault("unknown-model", **figures, seen=stranger[1])
    if "num_classes" in error["message"] and "expected value 1000" in error["message"]:
        raise Fault("classes-at-once", **figures, text=text)
    if error["type"] in ("ValueError", "KeyError"):
        raise Fault("known-refused", **figures, error=error["type"], text=text)
    raise stopped(error)


def judge_weights(seen: Seen, figures: dict[str, Any]) -> None:
    """Ask for the default weights: those that are best on ImageNet."""
    if not seen["asked"]:
        raise Fault("kept-between-calls" if seen.get("kept") else "no-weights", **figures)
    others = [weights for weights in seen["asked"] if weights != figures["wanted"]]
    if not others:
        return
    enum, _, _ = figures["wanted"].partition(".")
    same_net = all(weights.startswith(f"{enum}.") for weights in others)
    raise Fault("other-weights" if same_net else "other-net", **figures, seen=", ".join(others))


def judge_shapes(seen: Seen, official: Names, classes: int, figures: dict[str, Any]) -> None:
    """Ask for torchvision's net with a head for these classes."""
    names = seen["names"]
    outputs = names["fc.weight"][0] if "fc.weight" in names else classes
    if outputs != classes:
        raise Fault("classes-ignored", **figures, seen=number(outputs, ","), classes=classes)
    wanted = official | {key: [classes, *official[key][1:]] for key in HEAD}
    for key in wanted | names:
        # A norm that stands still for good, such as torchvision's FrozenBatchNorm2d, counts no batches.
        if wanted.get(key) != names.get(key) and not key.endswith("num_batches_tracked"):
            raise Fault("net-differs", **figures, key=key)
    if "rows" not in seen:
        raise Fault("net-differs", **figures, key="fc")


def judge_trainable(seen: Seen, figures: dict[str, Any]) -> None:
    """Ask for a head that can learn, and for nothing else that can."""
    backbone = set(seen["trainable"]) - set(HEAD)
    if backbone:
        raise Fault("not-frozen", **figures, count=len(backbone))
    if set(seen["trainable"]) != set(HEAD):
        raise Fault("head-frozen", **figures)


def judge_numbers(seen: Seen, expected: np.ndarray, figures: dict[str, Any]) -> None:
    """Ask for a head that is asked, and for what the official weights give, in both modes."""
    ran(seen["features"], seen["still"])
    values = seen["features"]["values"]
    if values.shape != expected.shape:
        raise Fault("net-differs", **figures, key="fc")
    if not close(values, expected):
        difference = worst(values, expected)
        raise Fault("numbers-differ", **figures | difference, number=difference["wanted"])
    if seen["moved"] or not close(seen["still"]["values"], expected):
        raise Fault("statistics-move", **figures, moved=len(seen["moved"]), total=seen["statistics"])


def judge_refusal(seen: Seen, figures: dict[str, Any]) -> None:
    """Ask for a ValueError."""
    if "raised" not in seen:
        raise Fault("no-error", **figures)
    error = seen["raised"]
    if error["type"] != "ValueError":
        raise Fault("other-error", **figures, error=error["type"], text=first_line(error["message"]))


pretrained_resnet = Check(
    grade_id="pretrained-resnet",
    lesson="06_transfer_learning",
    answers=("get_resnet_pretrained",),
    inputs=inputs,
    observe=observe,
    judge=judge,
    arguments=("model_name", "num_classes"),
    references=("resnet_course.transfer.get_resnet_pretrained", "resnet_course.get_resnet_pretrained"),
)
