"""Observe and judge a learner's residual block: BasicBlock (lesson 03), Bottleneck (04), or that with groups (07).

What is the same for every block stands here, its messages in ``messages/<language>/blocks.toml``; what only one block
can get wrong is in its `BlockKind`, with messages in its own lesson.
"""

from __future__ import annotations

import inspect
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import partial
from itertools import pairwise
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn import functional as F

from resnet_course.checks.judging import (
    PASSED,
    Verdict,
    close,
    first_raised,
    not_a_tensor,
    not_finite,
    raised,
    shape,
    to_numpy,
    worst,
)
from resnet_course.checks.observing import (
    Plain,
    describe,
    describe_layers,
    describe_number,
    kind_of,
    load_arrays,
    trying,
)

Mistake = tuple[str, dict[str, Any]]  # message key, what `simulate` does wrong


@dataclass(frozen=True)
class BlockKind:
    """What is special about one kind of block.

    Parameters
    ----------
    name : str
        The class, as torchvision names it.
    exercise : str
        The ``grade_id`` under which the messages are that only this block needs.
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
    own : frozenset of str
        Keys of the messages that stand with the exercise.
    train_mistakes : tuple
        Mistakes that change nothing in eval mode.
    grouped : dict
        Name of the settings in which the block is made with ``groups`` and ``base_width``, to these two numbers.
    """

    name: str
    exercise: str
    windows: tuple[int, ...]
    strided: str
    expansion: int
    sizes: dict[str, tuple[int, int, int, bool]]
    mistakes: tuple[Mistake, ...]
    own: frozenset[str]
    train_mistakes: tuple[Mistake, ...] = ()
    grouped: dict[str, tuple[int, int]] = field(default_factory=dict)

    @property
    def convolutions(self) -> tuple[str, ...]:
        """Names of the convolutions in order."""
        return tuple(f"conv{number}" for number in range(1, len(self.windows) + 1))

    @property
    def norms(self) -> tuple[str, ...]:
        """Names of the BatchNorms in order."""
        return tuple(f"bn{number}" for number in range(1, len(self.windows) + 1))

    def channels(self, inplanes: int, planes: int, groups: int = 1, base_width: int = 64) -> list[tuple[int, int]]:
        """Return the channels that enter and leave each convolution."""
        width = planes * base_width // 64 * groups
        widths = [inplanes, *[width] * (len(self.windows) - 1), planes * self.expansion]
        return list(pairwise(widths))

    def verdict(self, key: str, figures: dict[str, Any] | None = None) -> Verdict:
        """Return a verdict whose message is this block's own, or the one that all blocks share."""
        if key in self.own:
            return Verdict(key, figures or {}, self.exercise)
        road = " → ".join(f"{c} → {n} → ReLU" for c, n in zip(self.convolutions, self.norms, strict=True))
        words = {
            "kind": self.name,
            "expansion": self.expansion,
            "layers": ", ".join(
                f"`{each}`" for pair in zip(self.convolutions, self.norms, strict=True) for each in pair
            ),
            "road": road.removesuffix(" → ReLU"),
            "norms": ", ".join(f"`{norm}`" for norm in self.norms),
            "last_norm": self.norms[-1],
        }
        return Verdict(key, words | (figures or {}), "blocks")


# --- random weights and inputs -----------------------------------------------------------------------------------


def convolution(draw: np.random.Generator, out_planes: int, in_planes: int, size: int) -> np.ndarray:
    """Return random weights of a convolution."""
    return draw.normal(0, 0.5, (out_planes, in_planes, size, size)).astype(np.float32)


def batch_norm(draw: np.random.Generator, name: str, planes: int) -> dict[str, np.ndarray]:
    """Return random weights and statistics of a BatchNorm, by their names in a ``state_dict``."""
    values = {
        "weight": draw.uniform(0.5, 1.5, planes),
        "bias": draw.normal(0, 0.5, planes),
        "running_mean": draw.normal(0, 0.5, planes),
        "running_var": draw.uniform(0.5, 2.0, planes),
    }
    return {f"{name}.{part}": value.astype(np.float32) for part, value in values.items()}


def image(draw: np.random.Generator, planes: int, height: int, width: int) -> np.ndarray:
    """Return two random images."""
    return draw.normal(0, 1, (2, planes, height, width)).astype(np.float32)


def block_inputs(kind: BlockKind, seed: int) -> Plain:
    """Return the settings in which a block is tried, each with weights, an image and a slope for the gradient."""
    draw = np.random.default_rng(seed)
    return {name: _setting(kind, draw, *sizes, *kind.grouped.get(name, (1, 64))) for name, sizes in kind.sizes.items()}


def _setting(
    kind: BlockKind,
    draw: np.random.Generator,
    inplanes: int,
    planes: int,
    stride: int,
    projected: bool,
    groups: int,
    base_width: int,
) -> Plain:
    height, width = 7, 6
    weights = {}
    channels = kind.channels(inplanes, planes, groups, base_width)
    for conv, norm, window, (entering, leaving) in zip(
        kind.convolutions, kind.norms, kind.windows, channels, strict=True
    ):
        seen = entering // groups if conv == kind.strided else entering
        weights[f"{conv}.weight"] = convolution(draw, leaving, seen, window)
        weights |= batch_norm(draw, norm, leaving)
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


# --- observing ---------------------------------------------------------------------------------------------------


def observe_block(kind: BlockKind, block_class: Any, inputs: Plain) -> Plain:
    """Build a learner's block in each setting, load given weights, run it forward and backward, note everything."""
    if not (inspect.isclass(block_class) and issubclass(block_class, nn.Module)):
        return {"not_a_module": {"type": kind_of(block_class)}}
    return {
        "parameters": list(inspect.signature(block_class.__init__).parameters),
        "expansion": describe_number(getattr(block_class, "expansion", None)),
        **{name: _run_block(kind, block_class, setting) for name, setting in inputs.items()},
    }


def _run_block(kind: BlockKind, block_class: type[nn.Module], setting: Plain) -> Plain:
    def build() -> nn.Module:
        inplanes, planes, stride = setting["inplanes"], setting["planes"], setting["stride"]
        outplanes = planes * kind.expansion
        grouped = {name: setting[name] for name in ("groups", "base_width")}
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
    seen: dict[str, Plain] = {"built": trying("call", lambda: built.append(build()))}
    if not built:
        return seen
    (block,) = built
    seen["built"] = True
    seen["layers"] = describe_layers(block)
    load_arrays(block, setting["weights"])
    return seen | observe_running(block, setting)


def observe_running(block: nn.Module, setting: Plain) -> dict[str, Plain]:
    """Run a block that has its weights, forward and backward, in eval and in train mode."""
    seen: dict[str, Plain] = {}
    x = torch.from_numpy(setting["x"])

    block.eval()
    seen["output"] = trying("forward", lambda: _forward_once(block, x))
    seen["gradient"] = trying("backward", lambda: _gradient(block, x, torch.from_numpy(setting["slope"])))
    block.train()
    seen["train_output"] = trying("forward", lambda: describe(block(x.clone())))
    seen["statistics"] = trying(
        "forward",
        lambda: {name: tensor.double().numpy().copy() for name, tensor in block.named_buffers() if "running" in name},
    )
    return seen


def _forward_once(block: nn.Module, x: Tensor) -> Plain:
    given = x.clone()
    with torch.no_grad():
        output = describe(block(given))
    return {**output, "input_after": given.double().numpy().copy()}


def _gradient(block: nn.Module, x: Tensor, slope: Tensor) -> Plain:
    # A copy goes in, because PyTorch forbids in-place changes of a leaf: that is noted elsewhere.
    leaf = x.clone().requires_grad_()
    output = block(leaf.clone())
    if not isinstance(output, Tensor) or output.shape != slope.shape:
        return {"kind": "none", "type": "None"}
    if not output.requires_grad:
        return {"kind": "detached"}
    (output * slope).sum().backward()
    frozen = [name for name, parameter in block.named_parameters() if parameter.grad is None]
    return {**describe(leaf.grad), "frozen": frozen}


# --- the reference, and known ways to be wrong -------------------------------------------------------------------

# What a block with one well-known mistake would compute: each choice is one way to be wrong. The order matters only
# where two mistakes give the same numbers.
MISTAKES: tuple[Mistake, ...] = (
    ("no-shortcut", {"join": lambda f, s: f}),
    ("no-residual", {"join": lambda f, s: s}),
    ("subtracts", {"join": lambda f, s: f - s}),
    ("subtracts-residual", {"join": lambda f, s: s - f}),
    ("doubled-shortcut", {"join": lambda f, s: f + 2 * s}),
    ("doubled-residual", {"join": lambda f, s: 2 * f + s}),
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


def simulate(
    kind: BlockKind,
    setting: Plain,
    *,
    train: bool = False,
    join: Callable[[Tensor, Tensor], Tensor] = torch.add,
    start: Callable[[Tensor], Tensor] | None = None,
    residual: Callable[[Tensor], Tensor] | None = None,
    shortcut: Callable[[Tensor], Tensor] | None = None,
    bare_shortcut: Callable[[Tensor], Tensor] | None = None,
    no_relu_after: tuple[str, ...] = (),
    last: Callable[[Tensor], Tensor] = F.relu,
    order: str = "conv-bn",
    skip_from: str = "x",
    unused: tuple[str, ...] = (),
    rename: dict[str, str] | None = None,
    strided: str | None = None,
    x: Tensor | None = None,
    weights: dict[str, Tensor] | None = None,
) -> Tensor:
    """Compute a block with the weights of a setting; the keywords make it wrong in known ways.

    Without keywords this is He et al. 2015, equations 1 and 2 and figure 5, written with functions only: the reference
    that judges learners' blocks and shares no code with them.

    Raises
    ------
    RuntimeError
        If a mistake cannot be computed in this setting, because its shapes do not fit.
    """
    if weights is None:
        weights = {name: torch.from_numpy(array.copy()) for name, array in setting["weights"].items()}
    layers = Layers(weights, train, unused, rename or {}, {kind.strided: setting["groups"]})
    x = torch.from_numpy(setting["x"]) if x is None else x
    if start:
        x = start(x)

    steps = {"x": x}
    out = x
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
    if setting["projected"] and skip_from == "x":
        identity = layers.norm("downsample.1", layers.convolve("downsample.0", x, setting["stride"]))
    if residual:
        out = residual(out)
    if shortcut:
        identity = shortcut(identity)
    if bare_shortcut and not setting["projected"]:
        identity = bare_shortcut(identity)
    return last(join(out, identity))


# --- judging -----------------------------------------------------------------------------------------------------


def judge_block(kind: BlockKind, observation: Plain, inputs: Plain) -> Verdict:
    """Judge a learner's block; the most basic fault is named first."""
    if "not_a_module" in observation:
        return kind.verdict("not-a-module", {"type": observation["not_a_module"]["type"]})
    order = [name for name in observation["parameters"] if name in ("stride", "downsample")]
    if order == ["downsample", "stride"]:
        return kind.verdict("argument-order", {"seen": ", ".join(observation["parameters"])})
    # Every setting passes one stage before any is asked the next: a missing layer explains a wrong number.
    for judge in (_judge_building, _judge_layers, *RUNNING):
        for name in inputs:
            verdict = judge(kind, name, observation, inputs)
            if not verdict.passed:
                return verdict
    if observation["expansion"] != kind.expansion:
        return kind.verdict("expansion", {"seen": observation["expansion"]})
    return PASSED


def _judge_building(kind: BlockKind, name: str, observation: Plain, inputs: Plain) -> Verdict:
    error = first_raised(observation[name]["built"])
    return raised(error) if error else PASSED


def _judge_layers(kind: BlockKind, name: str, observation: Plain, inputs: Plain) -> Verdict:
    names: dict[str, list[int]] = observation[name]["layers"]["names"]
    wanted = {name: list(array.shape) for name, array in inputs[name]["weights"].items()}
    verdict = _judge_missing(kind, names, wanted)
    if not verdict.passed:
        return verdict
    biases = [f"{conv}.bias" for conv in kind.convolutions if f"{conv}.bias" in names]
    if biases:
        return kind.verdict("conv-bias", {"names": ", ".join(biases)})
    for layer, sizes in wanted.items():
        if names[layer] != sizes:
            figures = {"name": layer, "seen": shape(names[layer]), "wanted": shape(sizes)}
            if len(sizes) == 4 and names[layer][2:] != sizes[2:]:
                return kind.verdict("kernel-size", figures)
            if "values" in observation[name]["output"] and _normalises_first(kind, names, inputs[name]):
                return kind.verdict("bn-before-conv")
            last = layer.split(".")[0] in (kind.convolutions[-1], kind.norms[-1])
            if last and kind.expansion != 1 and names[layer][0] == inputs[name]["planes"] != sizes[0]:
                return kind.verdict("expansion-forgotten", figures)
            # One layer under two names, for one, fits in some settings only: there its numbers give it away.
            return _known_mistake(kind, observation, inputs) or kind.verdict("layer-shape", figures)
    extra = {each.rsplit(".", 1)[0] for each in names} - {each.rsplit(".", 1)[0] for each in wanted}
    if extra:
        return kind.verdict("extra-layers", {"extra": ", ".join(sorted(extra))})
    return _judge_settings(kind, observation[name]["layers"], inputs[name])


def _judge_missing(kind: BlockKind, names: dict[str, list[int]], wanted: dict[str, list[int]]) -> Verdict:
    missing_layers = sorted({each.rsplit(".", 1)[0] for each in wanted if each not in names})
    partial = [layer for layer in missing_layers if any(each.startswith(f"{layer}.") for each in names)]
    if partial:
        lacking = [each for each in wanted if each not in names and each.rsplit(".", 1)[0] in partial]
        return kind.verdict("norm-incomplete", {"name": partial[0], "missing": ", ".join(lacking)})
    if not missing_layers:
        return PASSED
    figures = {
        "missing": ", ".join(missing_layers),
        "names": ", ".join(dict.fromkeys(each.rsplit(".", 1)[0] for each in names)) or "–",
    }
    if missing_layers == list(kind.norms) and not any(
        "running_mean" in each for each in names if not each.startswith("downsample")
    ):
        return kind.verdict("no-norm", figures)
    if all(each.startswith("downsample") for each in missing_layers):
        return kind.verdict("downsample-not-kept", figures)
    return kind.verdict("missing-layers", figures)


def _normalises_first(kind: BlockKind, names: dict[str, list[int]], setting: Plain) -> bool:
    """Tell whether each BatchNorm has the size of what enters its convolution: a pre-activation block."""
    channels = kind.channels(setting["inplanes"], setting["planes"])
    return all(
        names[f"{norm}.weight"] == [entering] for norm, (entering, _) in zip(kind.norms, channels, strict=True)
    ) and all(
        names[f"{conv}.weight"][:2] == [leaving, entering]
        for conv, (entering, leaving) in zip(kind.convolutions, channels, strict=True)
    )


def _judge_settings(kind: BlockKind, layers: Plain, setting: Plain) -> Verdict:
    for layer, settings in layers["norms"].items():
        for what, usual in (("eps", 1e-5), ("momentum", 0.1)):
            if settings[what] != usual:
                figures = {"name": layer, "what": what, "seen": str(settings[what]), "wanted": str(usual)}
                return kind.verdict("norm-settings", figures)
    convolutions = layers["convolutions"]
    for layer, window in zip(kind.convolutions, kind.windows, strict=True):
        padding = convolutions.get(layer, {}).get("padding", [window // 2] * 2)
        if padding not in ([window // 2] * 2, "same"):
            return kind.verdict("padding", {"name": layer, "padding": padding, "wanted": window // 2})
    stride = setting["stride"]
    strided = [layer for layer in kind.convolutions if convolutions.get(layer, {}).get("stride", [0])[0] == stride]
    if stride != 1 and all(convolutions.get(layer, {}).get("stride") == [1, 1] for layer in kind.convolutions):
        return kind.verdict("stride-ignored", {"stride": stride})
    if stride != 1 and len(strided) > 1:
        return kind.verdict("stride-twice", {"stride": stride, "names": ", ".join(f"`{each}`" for each in strided)})
    return PASSED


def _judge_running(kind: BlockKind, name: str, observation: Plain, inputs: Plain) -> Verdict:
    output, setting = observation[name]["output"], inputs[name]
    error = first_raised(output)
    if error:
        return _known_mistake(kind, observation, inputs) or _judge_forward_error(kind, error, setting)
    problem = not_a_tensor(output) or not_finite(output)
    if problem:
        return problem
    wanted = list(simulate(kind, setting).shape)
    if output["shape"] != wanted:
        figures = {"seen": shape(output["shape"]), "wanted": shape(wanted), "x": shape(setting["x"].shape)}
        channels = output["shape"][1:2]
        if channels and channels[0] > wanted[1] and output["shape"][2:] == wanted[2:]:
            return kind.verdict("concatenates", figures)
        return kind.verdict("output-shape", figures)
    return PASSED


def _judge_forward_error(kind: BlockKind, error: Plain, setting: Plain) -> Verdict:
    last = error["lines"][-1]["code"] if error["lines"] else ""
    if not setting["projected"] and "'NoneType' object is not callable" in error["message"]:
        return kind.verdict("downsample-unguarded", {"code": last})
    if error["type"] == "RuntimeError":
        text = error["message"].splitlines()[0]
        sizes_differ = "must match the size of tensor" in text
        if sizes_differ and not setting["projected"]:
            return kind.verdict("skip-does-not-fit", {"x": shape(setting["x"].shape), "text": text})
        if sizes_differ:
            shapes = {"x": shape(setting["x"].shape), "branch": shape(simulate(kind, setting).shape)}
            return kind.verdict("downsample-ignored", {**shapes, "text": text})
        if "downsample(" in last:
            return kind.verdict("downsample-wrong-input", {"code": last, "text": text})
    return raised(error)


def _judge_mistakes(kind: BlockKind, name: str, observation: Plain, inputs: Plain) -> Verdict:
    values = observation[name]["output"]["values"]
    if close(values, to_numpy(simulate(kind, inputs[name]))):
        return PASSED
    # Where it is none of the known mistakes, _judge_numbers says how far off it is.
    return _known_mistake(kind, observation, inputs) or PASSED


def _known_mistake(kind: BlockKind, observation: Plain, inputs: Plain) -> Verdict | None:
    """Name the well-known mistake whose numbers the learner's block gives in every setting where it runs."""
    ran = {name: setting for name, setting in inputs.items() if _has_run(observation[name], setting)}
    for key, choices in (*MISTAKES, *kind.mistakes):
        given = [_gives(kind, observation[name]["output"]["values"], each, choices) for name, each in ran.items()]
        if True in given and False not in given:
            return kind.verdict(key)
    return None


def _has_run(seen: Plain, setting: Plain) -> bool:
    """Tell whether a block ran with all the given weights in it."""
    names = seen["layers"]["names"]
    weights_fit = all(names.get(name) == list(array.shape) for name, array in setting["weights"].items())
    return weights_fit and "values" in seen["output"]


def _gives(kind: BlockKind, output: np.ndarray, setting: Plain, choices: dict[str, Any]) -> bool | None:
    """Tell whether a block with this mistake gives this output; None where the mistake changes nothing."""
    right = to_numpy(simulate(kind, setting))
    try:
        mistaken = to_numpy(simulate(kind, setting, **choices))
    except RuntimeError:
        # The mistake cannot be made with these shapes.
        mistaken = right
    if mistaken.shape == right.shape and close(mistaken, right):
        return None if close(output, right) else False
    return close(output, mistaken)


def _judge_numbers(kind: BlockKind, name: str, observation: Plain, inputs: Plain) -> Verdict:
    seen, setting = observation[name], inputs[name]
    values, expected = seen["output"]["values"], to_numpy(simulate(kind, setting))
    if not close(values, expected):
        figures = worst(values, expected)
        return kind.verdict("numbers-differ-strided" if setting["projected"] else "numbers-differ", figures)
    if not close(seen["output"]["input_after"], setting["x"].astype(np.float64)):
        return kind.verdict("input-changed", worst(seen["output"]["input_after"], setting["x"].astype(np.float64)))
    return PASSED


def _judge_training(kind: BlockKind, name: str, observation: Plain, inputs: Plain) -> Verdict:
    seen, setting = observation[name], inputs[name]
    error = first_raised(seen["gradient"], seen["train_output"])
    if error:
        return raised(error)
    gradient = seen["gradient"]
    if gradient["kind"] == "detached":
        return kind.verdict("detached")
    if gradient["kind"] == "none":
        return kind.verdict("no-gradient")
    expected = _expected_gradient(kind, setting)
    if not close(gradient["values"], expected):
        if close(gradient["values"], _expected_gradient(kind, setting, shortcut=torch.Tensor.detach)):
            return kind.verdict("detached-shortcut", worst(gradient["values"], expected))
        if close(gradient["values"], _expected_gradient(kind, setting, residual=torch.Tensor.detach)):
            return kind.verdict("detached-residual", worst(gradient["values"], expected))
        return kind.verdict("gradient-differs", worst(gradient["values"], expected))
    if gradient["frozen"]:
        return kind.verdict("frozen-weights", {"names": ", ".join(gradient["frozen"])})
    return _judge_train_mode(kind, seen, setting)


def _expected_gradient(kind: BlockKind, setting: Plain, **choices: Any) -> np.ndarray:
    x = torch.from_numpy(setting["x"].copy()).requires_grad_()
    (simulate(kind, setting, x=x, **choices) * torch.from_numpy(setting["slope"])).sum().backward()
    assert x.grad is not None
    return to_numpy(x.grad)


def _judge_train_mode(kind: BlockKind, seen: Plain, setting: Plain) -> Verdict:
    weights = {name: torch.from_numpy(array.copy()) for name, array in setting["weights"].items()}
    expected = to_numpy(simulate(kind, setting, train=True, weights=weights))
    values = seen["train_output"]["values"]
    if not close(values, expected):
        for key, choices in kind.train_mistakes:
            if close(values, to_numpy(simulate(kind, setting, train=True, **choices))):
                return kind.verdict(key)
        return kind.verdict("train-differs", worst(values, expected))
    for name, tensor in weights.items():  # simulate's batch_norm has moved the running ones, as training does
        if "running" in name and not close(seen["statistics"][name], to_numpy(tensor)):
            return kind.verdict("statistics", {"name": name, **worst(seen["statistics"][name], to_numpy(tensor))})
    return PASSED


# The stages that need no names or shapes of layers: they also judge a block that a learner has changed.
RUNNING = (_judge_running, _judge_mistakes, _judge_numbers, _judge_training)


def bind(kind: BlockKind) -> tuple[Callable[..., Plain], Callable[..., Plain], Callable[..., Verdict]]:
    """Return the inputs, observe and judge of a check of this kind of block."""
    return partial(block_inputs, kind), partial(observe_block, kind), partial(judge_block, kind)
