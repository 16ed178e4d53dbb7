"""Judge what a learner's residual block did."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import partial
from typing import Any, TypeVar

import numpy as np
import torch

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
from resnet_course.checks.observing import Described, LayerFacts, Plain, Raised
from resnet_course.checks.residual_blocks.kinds import BlockKind, Setting, block_inputs
from resnet_course.checks.residual_blocks.making import judge_making, judge_types, judge_windows
from resnet_course.checks.residual_blocks.observe import Call, Gradient, SeenBlock, observe_block
from resnet_course.checks.residual_blocks.simulate import mistakes_of, simulate

SIZES_DIFFER = re.compile(r"size of tensor a \((\d+)\) must match the size of tensor b \((\d+)\) .*dimension (\d+)")


Known = TypeVar("Known")
MOST_SHOWN = 20  # of the layers that were called
ARGUMENTS = ("self", "inplanes", "planes", "stride=1", "downsample=None")
GROUPED = ("groups=1", "base_width")  # of another `base_width` the exercise's own message says more


def check_of(kind: BlockKind, answer: str, judge: Callable[..., None] | None = None, **others: Any) -> Check:
    """Return the check of an exercise whose answer is one block of this kind.

    Parameters
    ----------
    kind : BlockKind
        What is special about the block.
    answer : str
        The name of the learner's class.
    judge : callable, optional
        Judges in another way than `judge_block`.
    **others
        Further fields of `Check`.
    """
    return Check(
        grade_id=kind.exercise,
        lesson=kind.lesson,
        answers=(answer,),
        functions=False,
        inputs=partial(block_inputs, kind),
        observe=partial(observe_block, kind),
        judge=judge or partial(judge_block, kind),
        arguments=(*ARGUMENTS, *(GROUPED if kind.grouped else ())),
        references=(f"resnet_course.blocks.{kind.name}",),
        **others,
    )


def judge_block(
    kind: BlockKind, observation: Plain, inputs: dict[str, Setting], expected: Expected | None = None
) -> None:
    """Judge a learner's block; the most basic fault is named first.

    Parameters
    ----------
    kind : BlockKind
        What is special about the block.
    observation : plain data
        What it showed.
    inputs : dict
        The settings in which it was observed.
    expected : Expected, optional
        What the reference gives in them, where several blocks are judged.
    """
    if "not_a_module" in observation:
        raise kind.fault("not-a-module", type=observation["not_a_module"]["type"])
    if type(observation["expansion"]) is int:
        # Where there is another one, the shapes of the last layers are others as well.
        judge_expansion(kind, observation["expansion"], {})
    judging = Judging(kind, {name: observation[name] for name in inputs}, inputs, expected or Expected(kind))
    in_stages(judging.seen, inputs, judging.building, judging.layers)
    judging.run()
    in_stages(judging.seen, inputs, judging.starting)
    judge_expansion(kind, observation["expansion"], judging.seen)


def judge_expansion(kind: BlockKind, expansion: Any, seen: dict[str, SeenBlock]) -> None:
    """Ask the class for its expansion."""
    if expansion == "NoneType":
        own = all(each["own_expansion"] == kind.expansion for each in seen.values())
        raise kind.fault("expansion-of-the-object" if own else "no-expansion")
    if type(expansion) is not int or expansion != kind.expansion:
        raise kind.fault("expansion", seen=expansion)


@dataclass(frozen=True)
class Expected:
    """What the reference of a kind of block gives; what it gave once in a setting is not computed again."""

    kind: BlockKind
    _known: dict[tuple[Any, ...], tuple[Setting, Any]] = field(default_factory=dict)

    def output(self, setting: Setting, size: int | None = None) -> np.ndarray:
        """Return the output in eval mode, for the setting's images or for a batch of another size."""
        return self._once(
            setting, ("output", size), lambda: to_numpy(simulate(self.kind, setting, x=images(setting, size)))
        )

    def gradient(self, setting: Setting, *, train: bool) -> np.ndarray:
        """Return the gradient of the input."""
        return self._once(setting, ("gradient", train), lambda: expected_gradient(self.kind, setting, train=train))

    def training(self, setting: Setting) -> tuple[np.ndarray, dict[str, np.ndarray]]:
        """Return the output in train mode, and the statistics after it."""

        def train() -> tuple[np.ndarray, dict[str, np.ndarray]]:
            weights = {name: torch.from_numpy(array.copy()) for name, array in setting["weights"].items()}
            output = to_numpy(simulate(self.kind, setting, train=True, weights=weights))
            # simulate's batch_norm has moved the running ones, as training does
            return output, {name: to_numpy(tensor) for name, tensor in weights.items() if "running" in name}

        return self._once(setting, ("training",), train)

    def _once(self, setting: Setting, what: tuple[Any, ...], compute: Callable[[], Known]) -> Known:
        key = (id(setting), *what)
        if key not in self._known:
            self._known[key] = (setting, compute())  # a setting that is kept keeps its id
        known: Known = self._known[key][1]
        return known


def images(setting: Setting, size: int | None = None) -> torch.Tensor:
    """Return the images of a setting, or a batch of another size of them."""
    x = setting["x"]
    return torch.from_numpy(x if size is None else x[np.arange(size) % len(x)])


@dataclass(frozen=True)
class Judging:
    """The stages of judging a block. A mistake is known by its numbers in all settings, so each stage has them all."""

    kind: BlockKind
    seen: dict[str, SeenBlock]
    inputs: dict[str, Setting]
    expected: Expected

    def run(self) -> None:
        """Go through the stages that need no names or shapes of layers: also for a block that a learner changed."""
        stages = (self.running, self.mistakes, self.numbers, self.batches, self.training, self.train_mode)
        in_stages(self.seen, self.inputs, *stages)

    def building(self, seen: SeenBlock, setting: Setting) -> None:
        """Ask for a block that can be made."""
        built = seen["built"]
        if isinstance(built, dict) and "has no attribute 'expansion'" in built["raised"]["message"]:
            raise self.kind.fault("no-expansion")
        ran(built)

    def layers(self, seen: SeenBlock, setting: Setting) -> None:
        """Ask for layers with the right names, shapes and settings."""
        names = seen["layers"]["names"]
        wanted = {name: list(array.shape) for name, array in setting["weights"].items()}
        self.missing(seen, wanted)
        biases = [f"{conv}.bias" for conv in self.kind.convolutions if f"{conv}.bias" in names]
        if biases:
            raise self.kind.fault("conv-bias", names=", ".join(biases))
        wrong = next((layer for layer, sizes in wanted.items() if names[layer] != sizes), None)
        if wrong:
            self.wrong_shape(wrong, wanted[wrong], seen, setting)
        extra = {each.rsplit(".", 1)[0] for each in names} - {each.rsplit(".", 1)[0] for each in wanted}
        if extra:
            raise self.kind.fault("extra-layers", extra=", ".join(sorted(extra)))
        judge_types(seen["making"], self.kind.fault)
        self.norm_settings(seen["layers"])
        windows = zip(self.kind.convolutions, self.kind.windows, strict=True)
        judge_windows(seen["making"], self.kind.fault, tuple(conv for conv, window in windows if window > 1))
        self.convolution_settings(seen["layers"], setting)

    def missing(self, seen: SeenBlock, wanted: dict[str, list[int]]) -> None:
        """Ask for every layer."""
        kind, names = self.kind, seen["layers"]["names"]
        layers = sorted({each.rsplit(".", 1)[0] for each in wanted if each not in names})
        classes, attributes = seen["making"]["classes"], seen["making"]["attributes"]
        incomplete = [
            layer
            for layer in layers
            if any(each.startswith(f"{layer}.") for each in names)
            # What is put into an `nn.Sequential` is another layer, not a normalisation that lacks something.
            and "Norm" in attributes.get(layer, "Norm")
        ]
        if incomplete:
            lacking = [each for each in wanted if each not in names and each.rsplit(".", 1)[0] in incomplete]
            raise kind.fault("norm-incomplete", name=incomplete[0], missing=", ".join(lacking))
        if not layers:
            return
        for layer in layers:
            if layer in classes:
                raise kind.fault("class-not-layer", name=layer, seen=classes[layer])
            if attributes.get(layer, "Identity") != "Identity":
                usual = "Conv2d" if layer in kind.convolutions else "BatchNorm2d"
                raise kind.fault("not-the-layer", name=layer, seen=attributes[layer], wanted=usual)
        if not names:
            raise kind.fault("no-layers")
        there = ", ".join(dict.fromkeys(each.rsplit(".", 1)[0] for each in names))
        figures = {"missing": ", ".join(layers), "names": there}
        normalised = any("running_mean" in each for each in names if not each.startswith("downsample"))
        if layers == list(kind.norms) and not normalised:
            raise kind.fault("no-norm", **figures)
        if all(each.startswith("downsample") for each in layers):
            raise kind.fault("downsample-not-kept", **figures)
        raise kind.fault("missing-layers", **figures)

    def wrong_shape(self, layer: str, wanted: list[int], seen: SeenBlock, setting: Setting) -> None:
        """Name the reason for a weight of another shape."""
        kind, names = self.kind, seen["layers"]["names"]
        found = names[layer]
        figures = {"name": layer, "seen": shape(found), "wanted": shape(wanted)}
        if len(wanted) == 4 and found[2:] != wanted[2:]:
            raise kind.fault("kernel-size", **figures)
        if not kind.pre_activation and "values" in seen["output"] and normalises_first(kind, names, setting):
            raise kind.fault("bn-before-conv")
        last = layer.split(".")[0] in (kind.convolutions[-1], kind.norms[-1])
        if last and kind.expansion != 1 and found[0] == setting["planes"] != wanted[0]:
            raise kind.fault("expansion-forgotten", **figures)
        # One layer under two names, for one, fits in some settings only: there its numbers give it away.
        self.name_mistake()
        raise kind.fault("layer-shape", **figures)

    def norm_settings(self, layers: LayerFacts) -> None:
        """Ask for BatchNorms as PyTorch makes them."""
        for layer, settings in layers["norms"].items():
            for what, usual in (("eps", 1e-5), ("momentum", 0.1)):
                if settings[what] != usual:
                    figures = {"name": layer, "what": what, "seen": str(settings[what]), "wanted": str(usual)}
                    raise self.kind.fault("norm-settings", **figures)

    def convolution_settings(self, layers: LayerFacts, setting: Setting) -> None:
        """Ask for padding that keeps the size, and for the stride in one convolution."""
        kind, convolutions, stride = self.kind, layers["convolutions"], setting["stride"]
        for layer, window in zip(kind.convolutions, kind.windows, strict=True):
            padding = convolutions.get(layer, {}).get("padding", [window // 2] * 2)
            if padding not in ([window // 2] * 2, "same") and (window, padding) != (1, "valid"):
                raise kind.fault("padding", name=layer, padding=padding, wanted=window // 2)
        if stride == 1:
            return
        strides = {layer: convolutions.get(layer, {}).get("stride", [0]) for layer in kind.convolutions}
        if all(each == [1, 1] for each in strides.values()):
            raise kind.fault("stride-ignored", stride=stride)
        strided = [layer for layer, each in strides.items() if each[0] == stride]
        if len(strided) > 1:
            raise kind.fault("stride-twice", stride=stride, names=", ".join(f"`{each}`" for each in strided))

    def running(self, seen: SeenBlock, setting: Setting) -> None:
        """Ask for a forward pass that gives numbers of the right shape."""
        output = seen["output"]
        self.relu_applied(seen)
        if "raised" in output:
            self.name_mistake()
            raise self.forward_error(output["raised"], seen["calls"], setting)
        self.one_tensor(output)
        is_finite(output)
        wanted = list(self.expected.output(setting).shape)
        if output["shape"] != wanted:
            if all(returns_input(self.seen[name], each) for name, each in self.inputs.items()):
                raise self.kind.fault("returns-input")
            channels = output["shape"][1:2]
            concatenated = channels and channels[0] > wanted[1] and output["shape"][2:] == wanted[2:]
            figures = {"seen": shape(output["shape"]), "wanted": shape(wanted), "x": shape(setting["x"].shape)}
            raise self.kind.fault("concatenates" if concatenated else "output-shape", **figures)
        if output["dtype"] != "float32":
            raise self.kind.fault("output-precision", seen=output["dtype"])

    def one_tensor(self, output: Described) -> None:
        """Ask for a tensor, not for a tensor among others."""
        if output["type"] in ("tuple", "list"):
            raise self.kind.fault("returns-several", type=output["type"])
        is_a_tensor(output)

    def relu_applied(self, seen: SeenBlock) -> None:
        """Ask for a ReLU that is applied: `nn.ReLU(out)` makes a layer, and so does `self.relu(out)` of a class."""
        output = seen["output"]
        error = output.get("raised", {"type": "", "message": ""})
        found = re.search(r"\bReLU\b", error["message"] if error["type"] == "TypeError" else output.get("type", ""))
        if not found:
            return
        classes = seen["making"]["classes"] if "making" in seen else {}
        name = next((name for name, kind in classes.items() if kind == "ReLU"), None)
        if name:
            raise self.kind.fault("class-not-layer", name=name, seen="ReLU")
        raise self.kind.fault("relu-not-applied")

    def forward_error(self, error: Raised, calls: list[Call], setting: Setting) -> Fault:
        """Return the fault behind an error in ``forward``."""
        kind, last = self.kind, error["lines"][-1]["code"] if error["lines"] else ""
        called_none = "'NoneType' object is not callable" in error["message"]
        if called_none and not setting["projected"] and "downsample" in last:
            return kind.fault("downsample-unguarded", code=last)
        if error["type"] != "RuntimeError":
            return stopped(error)
        text = error["message"].splitlines()[0]
        broken = [call["names"][0] for call in calls if call["given_x"] and not call["finished"]]
        if broken and broken[-1] in (*kind.convolutions[1:], *kind.norms):
            return kind.fault("layer-gets-input", name=broken[-1], code=last, text=text)
        sizes = SIZES_DIFFER.search(text)
        skipped = self.not_called(calls)
        if sizes and skipped:
            return kind.fault("layers-skipped", names=skipped, code=last, text=text)
        if sizes and not setting["projected"]:
            called = {"called": in_order(calls)}
            return kind.fault("skip-does-not-fit", x=shape(setting["x"].shape), text=text, **called)
        if sizes:
            *both, dimension = map(int, sizes.groups())
            x, branch = setting["x"].shape, self.expected.output(setting).shape
            key = "downsample-ignored" if x[dimension] in both else "paths-differ"
            figures = {"dimension": dimension, "own": x[dimension], "wanted": branch[dimension]}
            called = {"called": in_order(calls)}
            return kind.fault(key, x=shape(x), branch=shape(branch), text=text, **figures, **called)
        if "downsample(" in last:
            return kind.fault("downsample-wrong-input", code=last, text=text)
        return stopped(error)

    def not_called(self, calls: list[Call]) -> str:
        """Return the layers of F that were not called."""
        called = {name for call in calls for name in call["names"]}
        return ", ".join(f"`{name}`" for pair in self.kind.layers for name in pair if name not in called)

    def mistakes(self, seen: SeenBlock, setting: Setting) -> None:
        """Name the mistake behind other numbers, if it is known."""
        if not close(seen["output"]["values"], self.expected.output(setting)):
            self.name_mistake()

    def name_mistake(self) -> None:
        """Name the well-known mistake whose numbers the learner's block gives in every setting where it runs."""
        for key, choices in mistakes_of(self.kind):
            if self.gives_everywhere(choices):
                raise self.kind.fault(key)

    def gives_everywhere(self, choices: dict[str, Any]) -> bool:
        """Tell whether the learner's block has this mistake, by its outputs; one setting that differs is enough."""
        borne_out = False
        for name, setting in self.inputs.items():
            if has_run(self.seen[name], setting):
                given = self.gives(self.seen[name]["output"]["values"], setting, choices)
                if given is False:
                    return False
                borne_out = borne_out or given is True
        return borne_out

    def gives(self, output: np.ndarray, setting: Setting, choices: dict[str, Any]) -> bool | None:
        """Tell whether a block with this mistake gives this output; None where the mistake changes nothing."""
        right = self.expected.output(setting)
        try:
            mistaken = to_numpy(simulate(self.kind, setting, **choices))
        except RuntimeError:
            # The mistake cannot be made with these shapes.
            mistaken = right
        if mistaken.shape == right.shape and close(mistaken, right):
            return None if close(output, right) else False
        return close(output, mistaken)

    def numbers(self, seen: SeenBlock, setting: Setting) -> None:
        """Ask for the numbers of the reference, and for an input that is still what it was."""
        values, expected = seen["output"]["values"], self.expected.output(setting)
        if not close(values, expected):
            skipped = self.not_called(seen["calls"])
            if skipped:
                raise self.kind.fault("layers-unused", names=skipped, **worst(values, expected))
            key = "numbers-differ-strided" if setting["projected"] else "numbers-differ"
            raise self.kind.fault(key, called=in_order(seen["calls"]), **worst(values, expected))
        self.input_kept(seen["output"], setting)

    def batches(self, seen: SeenBlock, setting: Setting) -> None:
        """Ask for the same of one image and of three as of two."""
        for size, output in seen["batches"].items():
            expected = self.expected.output(setting, int(size))
            found = batch_fault(output, expected)
            if found:
                figures = {"x": shape(images(setting, int(size)).shape), "wanted": shape(expected.shape)}
                raise self.kind.fault("batch-size", seen=found, **figures)

    def training(self, seen: SeenBlock, setting: Setting) -> None:
        """Ask for the gradient of the reference."""
        self.gradient(seen["gradient"], setting, train=False)

    def gradient(self, gradient: Gradient, setting: Setting, *, train: bool) -> None:
        """Ask for the gradient of the reference in one of the modes."""
        kind = self.kind
        ran(gradient)
        if gradient["kind"] == "detached":
            raise kind.fault("detached")
        if gradient["kind"] == "none":
            raise kind.fault("no-gradient")
        expected = self.expected.gradient(setting, train=train)
        if not close(gradient["values"], expected):
            keys = {"detached-shortcut": "shortcut", "detached-residual": "residual"}
            detached = {
                key: expected_gradient(kind, setting, train=train, **{part: torch.Tensor.detach})
                for key, part in keys.items()
            }
            key = next((key for key, each in detached.items() if close(gradient["values"], each)), "gradient-differs")
            raise kind.fault(key, **worst(gradient["values"], expected))
        if gradient["frozen"]:
            raise kind.fault("frozen-weights", names=", ".join(gradient["frozen"]))

    def train_mode(self, seen: SeenBlock, setting: Setting) -> None:
        """Ask for the reference's numbers and statistics in training mode."""
        kind, output = self.kind, seen["train_output"]
        ran(output)
        self.one_tensor(output)
        is_finite(output)
        if seen["train_draws"]:
            raise kind.fault("draws")
        values = output["values"]
        expected, statistics = self.expected.training(setting)
        if not close(values, expected):
            for key, choices in kind.train_mistakes:
                if close(values, to_numpy(simulate(kind, setting, train=True, **choices))):
                    raise kind.fault(key)
            if values.shape != expected.shape:
                figures = {"seen": shape(values.shape), "wanted": shape(expected.shape), "x": shape(setting["x"].shape)}
                raise kind.fault("output-shape", **figures)
            raise kind.fault("train-differs", **worst(values, expected))
        for name, wanted in statistics.items():
            if not close(seen["statistics"][name], wanted):
                raise kind.fault("statistics", name=name, **worst(seen["statistics"][name], wanted))
        self.input_kept(output, setting)
        self.gradient(seen["train_gradient"], setting, train=True)

    def input_kept(self, output: Described, setting: Setting) -> None:
        """Ask for an input that is still what it was."""
        x = setting["x"].astype(np.float64)
        if not close(output["input_after"], x):
            raise self.kind.fault("input-changed", **worst(output["input_after"], x))

    def starting(self, seen: SeenBlock, setting: Setting) -> None:
        """Ask for layers that start as PyTorch makes them."""
        judge_making(seen["making"], self.kind.fault)


def batch_fault(output: Described, expected: np.ndarray) -> str:
    """Return what a block gave for a batch in place of what is expected; "" where nothing is wrong."""
    if "raised" in output:
        return f"{output['raised']['type']}: {first_line(output['raised']['message'])}"
    if output["kind"] != "tensor":
        return output["type"]
    if output["values"].shape != expected.shape:
        return shape(output["values"].shape)
    if close(output["values"], expected):
        return ""
    figures = worst(output["values"], expected)
    return f"{figures['place']}: {figures['seen']} ≠ {figures['wanted']}"


def in_order(calls: list[Call]) -> str:
    """Return the layers that were called, but for those inside others."""
    names = [f"`{call['names'][0]}`" for call in calls if "." not in call["names"][0]]
    if len(names) > MOST_SHOWN:
        names[MOST_SHOWN:] = ["…"]
    return " → ".join(names) or "–"


def returns_input(seen: SeenBlock, setting: Setting) -> bool:
    """Tell whether a block returns x as it came."""
    return "values" in seen["output"] and close(seen["output"]["values"], setting["x"].astype(np.float64))


def normalises_first(kind: BlockKind, names: dict[str, list[int]], setting: Setting) -> bool:
    """Tell whether each BatchNorm has the size of what enters its convolution: a pre-activation block."""
    channels = kind.channels(setting["inplanes"], setting["planes"])
    return all(
        names[f"{norm}.weight"] == [entering] and names[f"{conv}.weight"][:2] == [leaving, entering]
        for (conv, norm), (entering, leaving) in zip(kind.layers, channels, strict=True)
    )


def has_run(seen: SeenBlock, setting: Setting) -> bool:
    """Tell whether a block ran with all the given weights in it."""
    names = seen["layers"]["names"]
    weights_fit = all(names.get(name) == list(array.shape) for name, array in setting["weights"].items())
    return weights_fit and "values" in seen["output"]


def expected_gradient(kind: BlockKind, setting: Setting, **choices: Any) -> np.ndarray:
    """Return the gradient of a block's input, of the reference or of one that is wrong by choice."""
    x = torch.from_numpy(setting["x"].copy()).requires_grad_()
    (simulate(kind, setting, x=x, **choices) * torch.from_numpy(setting["slope"])).sum().backward()
    assert x.grad is not None
    return to_numpy(x.grad)
