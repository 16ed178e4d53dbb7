"""The check of the projection shortcut."""

from __future__ import annotations

from functools import partial
from typing import Any, TypedDict

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn import functional as F

from resnet_course.checks.check import Check
from resnet_course.checks.judging import Fault, close, in_stages, is_a_tensor, is_finite, ran, shape, to_numpy, worst
from resnet_course.checks.observing import Described, LayerFacts, Plain, describe, load_arrays, trying
from resnet_course.checks.residual_blocks.judge import batch_fault
from resnet_course.checks.residual_blocks.making import (
    Making,
    describe_making,
    describe_settings,
    judge_frozen,
    judge_making,
    judge_types,
)
from resnet_course.checks.residual_blocks.observe import Ran, batch_of, observe_running
from resnet_course.checks.residual_blocks.simulate import normalise
from resnet_course.checks.weights import batch_norm, convolution, image

SHORTCUTS = {
    "same": (4, 4, 1),
    "wider": (4, 6, 1),
    "narrower": (6, 4, 1),
    "strided": (4, 4, 2),
    "strided-3": (4, 4, 3),
    "both": (4, 6, 2),
    "double": (4, 8, 2),
    "large": (300, 300, 1),
}


class Case(TypedDict):
    """What a case gives: inplanes, planes and stride, weights to load, images, a slope for the gradient."""

    arguments: list[int]
    weights: dict[str, np.ndarray]
    x: np.ndarray
    slope: np.ndarray  # of the sum of output × slope, whose gradient is taken


class Seen(Ran, total=False):
    """What a case shows: what was returned if it is no module, else the module, the types of its parts, its output."""

    returned: Described
    layers: LayerFacts
    making: Making
    kinds: list[str]


def inputs(seed: int) -> dict[str, Case]:
    """Return every way in which the shapes can agree or differ."""
    draw = np.random.default_rng(seed)
    slopes = np.random.default_rng([seed, 1])
    cases: dict[str, Case] = {}
    for name, (inplanes, planes, stride) in SHORTCUTS.items():
        weights = {"0.weight": convolution(draw, planes, inplanes, 1), **batch_norm(draw, "1", planes)}
        cases[name] = {
            # Equal numbers, but not one object: `is` does not compare them.
            "arguments": [inplanes, int(str(planes)), stride],
            "weights": weights,
            "x": image(draw, inplanes, 7, 6),
            "slope": image(slopes, planes, -(-7 // stride), -(-6 // stride)),
        }
    return cases


def observe(make_shortcut: Any, inputs: dict[str, Case]) -> Plain:
    """Make each shortcut, load the weights, run it."""

    def case(given: Case) -> Seen:
        module = make_shortcut(*given["arguments"])
        if not isinstance(module, nn.Module):
            return {"returned": describe(module)}
        another = make_shortcut(*given["arguments"])
        seen: Seen = {
            "layers": describe_settings(module),
            "making": describe_making(module, another if isinstance(another, nn.Module) else nn.Identity()),
            "kinds": [type(part).__name__ for part in module.modules() if not list(part.children())],
        }
        load_arrays(module, given["weights"])
        return {**seen, **observe_running(module, given["x"], given["slope"])}

    return {name: trying("call", partial(case, given)) for name, given in inputs.items()}


def judge(observation: Plain, inputs: dict[str, Case]) -> None:
    """Ask when there is a projection, then what it is."""
    ran(*observation.values())
    nothing = {name for name, seen in observation.items() if seen.get("returned", {}).get("kind") == "none"}
    if nothing == set(inputs):
        raise Fault("always-none")
    if nothing == {name for name, given in inputs.items() if is_needed(given)}:
        raise Fault("inverted")
    if nothing >= {"same", "wider", "strided"} and not nothing & {"both", "double"}:
        raise Fault("both-conditions")
    for name, given in inputs.items():
        in_stages({name: observation[name]}, {name: given}, judge_presence, judge_layers, judge_output)
    needed = {name: given for name, given in inputs.items() if is_needed(given)}
    in_stages(observation, needed, judge_input, judge_batches, judge_train_mode, judge_gradient, judge_start)


def call_of(given: Case) -> str:
    """Return the call as a learner would write it."""
    return f"make_shortcut({', '.join(map(str, given['arguments']))})"


def is_needed(given: Case) -> bool:
    """Tell whether the shapes differ."""
    inplanes, planes, stride = given["arguments"]
    return inplanes != planes or stride != 1


def judge_presence(seen: Seen, given: Case) -> None:
    """Ask for a projection where one is needed, and only there."""
    inplanes, planes, _ = given["arguments"]
    returned = seen.get("returned")
    if returned and returned["kind"] != "none":
        raise Fault("not-a-module", call=call_of(given), type=returned["type"])
    if is_needed(given):
        if returned:
            sizes = given["x"].shape[2:], given["slope"].shape[2:]
            before, after = (f"{height}×{width}" for height, width in sizes)
            figures = {"call": call_of(given), "inplanes": inplanes, "planes": planes}
            key = "none-when-strided" if inplanes == planes else "none-when-wider"
            raise Fault(key, **figures, before=before, after=after)
        return
    if not returned and not is_identity(seen, given):
        raise Fault("needless-projection", call=call_of(given), kinds=", ".join(seen["kinds"]) or "–")


def is_identity(seen: Seen, given: Case) -> bool:
    """Tell whether a module has no weights and changes nothing: another way to write the same shortcut."""
    outputs = (seen["output"], seen["train_output"])
    return not seen["layers"]["names"] and all(is_untouched(output, given) for output in outputs)


def is_untouched(output: Described, given: Case) -> bool:
    """Tell whether the images come out as they went in."""
    return output.get("kind") == "tensor" and close(output["values"], given["x"].astype(np.float64))


def judge_layers(seen: Seen, given: Case) -> None:
    """Ask for a 1×1 convolution without bias and a BatchNorm, of the right shapes."""
    if not is_needed(given):
        return
    call, names, wanted = call_of(given), seen["layers"]["names"], given["weights"]
    biases = [f"{each}.bias".lstrip(".") for each in convolutions(names) if f"{each}.bias".lstrip(".") in names]
    if biases:
        raise Fault("bias", call=call, names=", ".join(biases))
    if len(names.get("0.weight", [])) == 1:
        raise Fault("bn-first", call=call)
    judge_norm(seen, call)
    if set(names) - {"1.num_batches_tracked"} != set(wanted):
        raise Fault("names", call=call, names=", ".join(names), wanted=", ".join(wanted))
    judge_types(seen["making"], Fault, call=call)
    window = "kernel-size" if names["0.weight"][2:] != [1, 1] else "weight-shape"
    for name, key in (("1.weight", "norm-channels"), ("0.weight", window)):
        if names[name] != list(wanted[name].shape):
            raise Fault(key, call=call, seen=shape(names[name]), wanted=shape(wanted[name].shape))


def convolutions(names: dict[str, list[int]]) -> list[str]:
    """Return the names of the layers whose weight is that of a convolution."""
    return [name.removesuffix("weight").rstrip(".") for name, sizes in names.items() if len(sizes) == 4]


def judge_norm(seen: Seen, call: str) -> None:
    """Ask for a BatchNorm with all that belongs to it, made as PyTorch makes it."""
    names, norms = seen["layers"]["names"], [kind for kind in seen["kinds"] if "Norm" in kind]
    others = [kind for kind in norms if "BatchNorm" not in kind or kind in ("BatchNorm1d", "BatchNorm3d")]
    if norms and norms == others:
        raise Fault("other-norm", call=call, kind=norms[0])
    parts = {part for part in ("weight", "bias", "running_mean", "running_var") if f"1.{part}" in names}
    if norms and set(names) >= {"0.weight"} and len(parts) < 4 and len(seen["kinds"]) == 2:
        raise Fault("norm-incomplete", call=call)
    if not any("running_mean" in each for each in names):
        raise Fault("no-norm", call=call, kinds=", ".join(seen["kinds"]))
    for settings in seen["layers"]["norms"].values():
        for what, usual in (("eps", 1e-5), ("momentum", 0.1)):
            if settings[what] != usual:
                raise Fault("norm-settings", call=call, what=what, seen=str(settings[what]), wanted=str(usual))


def judge_output(seen: Seen, given: Case) -> None:
    """Ask for the numbers of the reference."""
    if not is_needed(given):
        return
    ran(seen["output"])
    is_a_tensor(seen["output"])
    is_finite(seen["output"])
    values, expected = seen["output"]["values"], project(given)
    if close(values, to_numpy(expected)):
        return
    figures = {"call": call_of(given), "x": shape(given["x"].shape)}
    figures |= {"seen": shape(values.shape), "wanted": shape(expected.shape)}
    if values.shape != tuple(expected.shape):
        stride_missing = values.shape == tuple(project(given, stride=1).shape)
        raise Fault("stride-missing" if stride_missing else "output-shape", **figures)
    if close(values, to_numpy(F.relu(expected))):
        raise Fault("relu", **figures)
    raise Fault("numbers-differ", **figures | worst(values, to_numpy(expected)))


def judge_input(seen: Seen, given: Case) -> None:
    """Ask for an input that is still what it was."""
    for output in (seen["output"], seen["train_output"]):
        if "input_after" in output and not np.array_equal(output["input_after"], given["x"].astype(np.float64)):
            raise Fault("input-changed", call=call_of(given))


def judge_batches(seen: Seen, given: Case) -> None:
    """Ask for the same of one image and of three as of two."""
    for size, output in seen["batches"].items():
        x = batch_of(torch.from_numpy(given["x"]), int(size))
        expected = to_numpy(project(given, x=x))
        found = batch_fault(output, expected)
        if found:
            raise Fault("batch-size", call=call_of(given), x=shape(x.shape), seen=found, wanted=shape(expected.shape))


def judge_train_mode(seen: Seen, given: Case) -> None:
    """Ask for the numbers and the statistics of the reference in train mode."""
    output, call = seen["train_output"], call_of(given)
    ran(output)
    is_a_tensor(output)
    is_finite(output)
    if seen["train_draws"]:
        raise Fault("draws", call=call)
    weights = {name: torch.from_numpy(array.copy()) for name, array in given["weights"].items()}
    expected = to_numpy(project(given, weights=weights, train=True))
    if output["values"].shape != expected.shape:
        figures = {"seen": shape(output["values"].shape), "wanted": shape(expected.shape)}
        raise Fault("output-shape", call=call, x=shape(given["x"].shape), **figures)
    if not close(output["values"], expected):
        raise Fault("train-differs", call=call, **worst(output["values"], expected))
    for name in ("1.running_mean", "1.running_var"):  # which `project` has moved, as training does
        statistic, moved = seen["statistics"][name], to_numpy(weights[name])
        if not close(statistic, moved):
            raise Fault("statistics", call=call, name=name, **worst(statistic, moved))


def judge_gradient(seen: Seen, given: Case) -> None:
    """Ask for the gradient of the reference, of the images and of every weight."""
    judge_frozen(seen["making"], Fault, call=call_of(given))
    for train, gradient in ((False, seen["gradient"]), (True, seen["train_gradient"])):
        ran(gradient)
        x = torch.from_numpy(given["x"].copy()).requires_grad_()
        (project(given, x=x, train=train) * torch.from_numpy(given["slope"])).sum().backward()
        assert x.grad is not None
        if gradient["kind"] != "tensor" or not close(gradient["values"], to_numpy(x.grad)) or gradient["frozen"]:
            raise Fault("no-gradient", call=call_of(given))


def judge_start(seen: Seen, given: Case) -> None:
    """Ask for layers that start as PyTorch makes them."""
    judge_making(seen["making"], Fault, call=call_of(given))


def project(
    given: Case,
    *,
    stride: int | None = None,
    x: Tensor | None = None,
    weights: dict[str, Tensor] | None = None,
    train: bool = False,
) -> Tensor:
    """Return what the projection of the reference gives; in training it moves the statistics."""
    if weights is None:
        weights = {name: torch.from_numpy(array.copy()) for name, array in given["weights"].items()}
    x = torch.from_numpy(given["x"]) if x is None else x
    mixed = F.conv2d(x, weights["0.weight"], stride=stride or given["arguments"][2])
    return normalise(mixed, weights, "1", train=train)


shortcut = Check(
    grade_id="shortcut",
    lesson="03_basic_block",
    answers=("make_shortcut",),
    inputs=inputs,
    observe=observe,
    judge=judge,
    arguments=("inplanes", "planes", "stride"),
    references=("resnet_course.blocks.make_shortcut",),
)
