"""What a right block computes, and what blocks with well-known mistakes compute."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import torch
from torch import Tensor
from torch.nn import functional as F

from resnet_course.checks.residual_blocks.kinds import BlockKind, Mistake, Setting

# What a block with one well-known mistake would compute: each choice is one way to be wrong. The order matters only
# where two mistakes give the same numbers.
MISTAKES: tuple[Mistake, ...] = (
    ("no-shortcut", {"join": lambda f, s: f}),
    ("no-residual", {"join": lambda f, s: s}),
    ("subtracts", {"join": lambda f, s: f - s}),
    ("subtracts-residual", {"join": lambda f, s: s - f}),
    ("doubled-shortcut", {"join": lambda f, s: f + 2 * s}),
    ("doubled-residual", {"join": lambda f, s: 2 * f + s}),
    ("adds-itself", {"join": lambda f, s: 2 * f}),
    ("adds-itself", {"bare_join": lambda f, s: 2 * f}),
    ("returns-shortcut", {"join": lambda f, s: s, "last": lambda y: y}),
    ("averages", {"join": lambda f, s: (f + s) / 2}),
    ("multiplies", {"join": lambda f, s: f * s}),
    ("no-final-relu", {"last": lambda y: y}),
    ("add-after-relu", {"residual": F.relu, "last": lambda y: y}),
    ("relu-before-add", {"residual": F.relu}),
    ("relu-on-shortcut", {"shortcut": F.relu}),
    ("relu-on-shortcut", {"bare_shortcut": F.relu}),
    ("no-relu", {"no_relu_after": ("conv1", "conv2", "conv3"), "last": lambda y: y}),
    ("relu-before-bn", {"order": "conv-relu-bn"}),
    ("bn-before-conv", {"order": "bn-conv", "last": lambda y: y}),
    ("skip-from-bn", {"skip_from": "bn1"}),
    ("skip-from-conv", {"skip_from": "conv1"}),
    ("skip-from-relu", {"skip_from": "relu1"}),
    ("clobbered-skip", {"start": F.relu}),
    ("clobbered-skip", {"bare_start": F.relu}),
    ("clobbered-skip", {"late_start": F.relu}),
    ("zeros", {"last": torch.zeros_like}),
)


def normalise(x: Tensor, weights: dict[str, Tensor], name: str, *, train: bool = False) -> Tensor:
    """Return what a BatchNorm with these weights and statistics gives; in training it moves the statistics."""
    mean, var = weights[f"{name}.running_mean"], weights[f"{name}.running_var"]
    return F.batch_norm(x, mean, var, weights[f"{name}.weight"], weights[f"{name}.bias"], training=train)


@dataclass
class Layers:
    """Weights by name, and how a block uses them: the groups, and keywords of `simulate` that make it wrong."""

    weights: dict[str, Tensor]
    train: bool = False
    unused: tuple[str, ...] = ()
    rename: dict[str, str] = field(default_factory=dict)
    groups: dict[str, int] = field(default_factory=dict)

    def convolve(self, name: str, x: Tensor, stride: int) -> Tensor:
        """Return the convolution of that name, applied."""
        if name in self.unused:
            return x
        weight = self.weights[f"{self.rename.get(name, name)}.weight"]
        return F.conv2d(x, weight, stride=stride, padding=weight.shape[-1] // 2, groups=self.groups.get(name, 1))

    def norm(self, name: str, x: Tensor) -> Tensor:
        """Return the BatchNorm of that name, applied."""
        if name in self.unused:
            return x
        return normalise(x, self.weights, self.rename.get(name, name), train=self.train)


def layers_of(
    kind: BlockKind,
    setting: Setting,
    weights: dict[str, Tensor] | None = None,
    train: bool = False,
    unused: tuple[str, ...] = (),
    rename: dict[str, str] | None = None,
) -> Layers:
    """Return the layers of a setting, with its weights or others."""
    if weights is None:
        weights = {name: torch.from_numpy(array.copy()) for name, array in setting["weights"].items()}
    return Layers(weights, train, unused, rename or {}, {kind.strided: setting["groups"]})


def mistakes_of(kind: BlockKind) -> tuple[Mistake, ...]:
    """Return the well-known mistakes that a kind of block allows, as keywords of `simulate`."""
    return kind.mistakes if kind.pre_activation else (*MISTAKES, *kind.mistakes)


def simulate(kind: BlockKind, setting: Setting, **choices: Any) -> Tensor:
    """Compute a block with the weights of a setting; the keywords make it wrong in known ways.

    Raises
    ------
    RuntimeError
        If a mistake cannot be computed in this setting, because its shapes do not fit.
    """
    return (pre_activation if kind.pre_activation else post_activation)(kind, setting, **choices)


def post_activation(
    kind: BlockKind,
    setting: Setting,
    *,
    train: bool = False,
    join: Callable[[Tensor, Tensor], Tensor] = torch.add,
    bare_join: Callable[[Tensor, Tensor], Tensor] | None = None,
    start: Callable[[Tensor], Tensor] | None = None,
    bare_start: Callable[[Tensor], Tensor] | None = None,
    late_start: Callable[[Tensor], Tensor] | None = None,
    residual: Callable[[Tensor], Tensor] | None = None,
    shortcut: Callable[[Tensor], Tensor] | None = None,
    bare_shortcut: Callable[[Tensor], Tensor] | None = None,
    no_relu_after: tuple[str, ...] = (),
    last: Callable[[Tensor], Tensor] = F.relu,
    order: str = "conv-bn",
    skip_from: str = "x",
    bare_skip_from: str = "x",
    unused: tuple[str, ...] = (),
    rename: dict[str, str] | None = None,
    strided: str | None = None,
    x: Tensor | None = None,
    weights: dict[str, Tensor] | None = None,
) -> Tensor:
    """Compute He et al. 2015, equations 1 and 2 and figure 5, or the same with a mistake.

    Written with functions only: the reference that judges learners' blocks and shares no code with them.
    """
    layers = layers_of(kind, setting, weights, train, unused, rename)
    x = torch.from_numpy(setting["x"]) if x is None else x
    if start:
        x = start(x)
    if bare_start and not setting["projected"]:
        x = bare_start(x)

    steps = {"x": x}
    out = x
    if late_start:  # writes into x, after the projection has read it
        out = late_start(x)
        steps["x"] = out
    for conv, norm in zip(kind.convolutions, kind.norms, strict=True):
        stride = setting["stride"] if conv == (strided or kind.strided) else 1
        relu = conv != kind.convolutions[-1] and conv not in no_relu_after
        if order == "conv-bn":
            out = steps[conv] = layers.convolve(conv, out, stride)
            out = steps[norm] = layers.norm(norm, out)
            out = steps[f"relu{conv[-1]}"] = F.relu(out) if relu else out
        elif order == "conv-relu-bn":
            out = layers.convolve(conv, out, stride)
            out = layers.norm(norm, F.relu(out) if relu else out)
        else:
            out = layers.convolve(conv, F.relu(layers.norm(norm, out)), stride)

    identity = steps[skip_from]
    if not setting["projected"] and bare_skip_from != "x":
        identity = steps[bare_skip_from]
    if setting["projected"] and skip_from == "x":
        identity = layers.norm("downsample.1", layers.convolve("downsample.0", x, setting["stride"]))
    if residual:
        out = residual(out)
    if shortcut:
        identity = shortcut(identity)
    if bare_shortcut and not setting["projected"]:
        identity = bare_shortcut(identity)
    if bare_join and not setting["projected"]:
        join = bare_join
    return last(join(out, identity))


def pre_activation(
    kind: BlockKind,
    setting: Setting,
    *,
    train: bool = False,
    join: Callable[[Tensor, Tensor], Tensor] = torch.add,
    start: Callable[[Tensor], Tensor] | None = None,
    residual: Callable[[Tensor], Tensor] | None = None,
    shortcut: Callable[[Tensor], Tensor] | None = None,
    no_relu_after: tuple[str, ...] = (),
    last: Callable[[Tensor], Tensor] | None = None,
    relu_first: bool = False,
    bare_skip_from: str = "x",
    projection_from: str = "relu1",
    unused: tuple[str, ...] = (),
    rename: dict[str, str] | None = None,
    strided: str | None = None,
    x: Tensor | None = None,
    weights: dict[str, Tensor] | None = None,
) -> Tensor:
    """Compute He et al. 2016, figure 4e, or the same with a mistake; a projection gets what the first ReLU gives."""
    layers = layers_of(kind, setting, weights, train, unused, rename)
    x = torch.from_numpy(setting["x"]) if x is None else x
    x = start(x) if start else x
    steps, out = {"x": x}, x
    for conv, norm in zip(kind.convolutions, kind.norms, strict=True):
        bend = torch.Tensor.clone if norm in no_relu_after else F.relu
        out = layers.norm(norm, bend(out)) if relu_first else bend(layers.norm(norm, out))
        steps[f"relu{norm[-1]}"] = out
        out = layers.convolve(conv, out, setting["stride"] if conv == (strided or kind.strided) else 1)
    identity = steps[bare_skip_from]
    if setting["projected"]:
        identity = layers.convolve("downsample.0", steps[projection_from], setting["stride"])
        identity = layers.norm("downsample.1", identity)
    out = residual(out) if residual else out
    identity = shortcut(identity) if shortcut else identity
    total = join(out, identity)
    return last(total) if last else total
