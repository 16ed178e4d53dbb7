"""What is special about a kind of residual block, and the settings in which one is tried."""

from __future__ import annotations

from dataclasses import dataclass, field
from itertools import pairwise
from typing import Any, TypedDict

import numpy as np

from resnet_course.checks.judging import Fault
from resnet_course.checks.weights import batch_norm, convolution, image
from resnet_course.language import find

Mistake = tuple[str, dict[str, Any]]  # message key, what `simulate` does wrong


@dataclass(frozen=True)
class BlockKind:
    """What is special about one kind of block.

    Parameters
    ----------
    name : str
        The class, as torchvision names it.
    lesson, exercise : str
        The lesson and the ``grade_id`` under which the messages are that only this block needs.
    windows : tuple of int
        Height (and width) of each convolution's window, in order.
    strided : str
        The convolution that takes the block's stride.
    expansion : int
        How many times `planes` the output has.
    sizes : dict
        Name of each setting in which the block is tried: inplanes, planes, stride, whether it gets a projection.
    mistakes : tuple
        Well-known mistakes that only this block allows.
    train_mistakes : tuple
        Mistakes that change nothing in eval mode.
    grouped : dict
        Name of the settings in which the block is made with ``groups`` and ``base_width``, to these two numbers.
    pre_activation : bool
        Whether BatchNorm and ReLU come before each convolution, and nothing after the sum.
    """

    name: str
    lesson: str
    exercise: str
    windows: tuple[int, ...]
    strided: str
    expansion: int
    sizes: dict[str, tuple[int, int, int, bool]]
    mistakes: tuple[Mistake, ...]
    train_mistakes: tuple[Mistake, ...] = ()
    grouped: dict[str, tuple[int, int]] = field(default_factory=dict)
    pre_activation: bool = False

    @property
    def convolutions(self) -> tuple[str, ...]:
        """Names of the convolutions in order."""
        return tuple(f"conv{number}" for number in range(1, len(self.windows) + 1))

    @property
    def norms(self) -> tuple[str, ...]:
        """Names of the BatchNorms in order."""
        return tuple(f"bn{number}" for number in range(1, len(self.windows) + 1))

    @property
    def layers(self) -> tuple[tuple[str, str], ...]:
        """Each convolution with its BatchNorm, which follows it or comes before it."""
        return tuple(zip(self.convolutions, self.norms, strict=True))

    @property
    def road(self) -> str:
        """The layers of F in their order, as a reader follows them."""
        if self.pre_activation:
            return " → ".join(f"{norm} → ReLU → {conv}" for conv, norm in self.layers)
        return " → ".join(f"{conv} → {norm} → ReLU" for conv, norm in self.layers).removesuffix(" → ReLU")

    def channels(self, inplanes: int, planes: int, groups: int = 1, base_width: int = 64) -> list[tuple[int, int]]:
        """Return the channels that enter and leave each convolution."""
        width = planes * base_width // 64 * groups
        widths = [inplanes, *[width] * (len(self.windows) - 1), planes * self.expansion]
        return list(pairwise(widths))

    def fault(self, key: str, /, **figures: Any) -> Fault:
        """Return a fault whose message is this exercise's own, or else the one that all blocks share."""
        if key in find(f"{self.lesson}.checks.{self.exercise}"):
            return Fault(key, self.exercise, **figures)
        words = {
            "kind": self.name,
            "expansion": self.expansion,
            "layers": ", ".join(f"`{each}`" for pair in self.layers for each in pair),
            "road": self.road,
            "norms": ", ".join(f"`{norm}`" for norm in self.norms),
            "last_norm": self.norms[-1],
        }
        return Fault(key, "blocks", **words | figures)


class Setting(TypedDict):
    """A block's arguments, whether it gets a projection, weights to load, images, and a slope for the gradient."""

    inplanes: int
    planes: int
    stride: int
    projected: bool
    groups: int
    base_width: int
    weights: dict[str, np.ndarray]
    x: np.ndarray
    slope: np.ndarray


def block_inputs(kind: BlockKind, seed: int) -> dict[str, Setting]:
    """Return the settings in which a block is tried, each with weights, an image and a slope for the gradient."""
    draw = np.random.default_rng(seed)
    return {
        name: setting_of(kind, draw, *sizes, *kind.grouped.get(name, (1, 64))) for name, sizes in kind.sizes.items()
    }


def setting_of(
    kind: BlockKind,
    draw: np.random.Generator,
    inplanes: int,
    planes: int,
    stride: int,
    projected: bool,
    groups: int,
    base_width: int,
) -> Setting:
    """Return one setting with random weights."""
    height, width = 7, 6
    weights = {}
    channels = kind.channels(inplanes, planes, groups, base_width)
    for conv, norm, window, (entering, leaving) in zip(
        kind.convolutions, kind.norms, kind.windows, channels, strict=True
    ):
        seen = entering // groups if conv == kind.strided else entering
        weights[f"{conv}.weight"] = convolution(draw, leaving, seen, window)
        weights |= batch_norm(draw, norm, entering if kind.pre_activation else leaving)
    outplanes = planes * kind.expansion
    if projected:
        weights["downsample.0.weight"] = convolution(draw, outplanes, inplanes, 1)
        weights |= batch_norm(draw, "downsample.1", outplanes)
    return {
        "inplanes": inplanes,
        "planes": planes,
        "stride": stride,
        "projected": projected,
        "groups": groups,
        "base_width": base_width,
        "weights": weights,
        "x": image(draw, inplanes, height, width),
        # The loss is the sum of output × slope, so that every output has a gradient of its own.
        "slope": image(draw, outplanes, -(-height // stride), -(-width // stride)),
    }
