"""The checks of lesson 03: the 3×3 convolution, the BasicBlock, the projection shortcut, and three bugs."""

from __future__ import annotations

from functools import partial
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn import functional as F

from resnet_course.checks.check import Check
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
    load_arrays,
    trying,
)
from resnet_course.checks.residual_blocks import (
    BlockKind,
    batch_norm,
    bind,
    block_inputs,
    convolution,
    image,
    judge_block,
    normalise,
    observe_block,
)

LESSON = "03_basic_block"


# --- conv3x3 -----------------------------------------------------------------------------------------------------


def _conv3x3_inputs(seed: int) -> Plain:
    draw = np.random.default_rng(seed)
    return {
        "default": {
            "arguments": [3, 5],
            "weight": convolution(draw, 5, 3, 3),
            "x": image(draw, 3, 7, 6),
        },
        "strided": {
            "arguments": [4, 6, 2],
            "weight": convolution(draw, 6, 4, 3),
            "x": image(draw, 4, 7, 6),
        },
    }


def _conv3x3_observe(conv3x3: Any, inputs: Plain) -> Plain:
    def case(given: Plain) -> Plain:
        layer = conv3x3(*given["arguments"])
        if not isinstance(layer, nn.Module):
            return {"returned": describe(layer)}
        load_arrays(layer, {"weight": given["weight"]})
        return {
            "layers": describe_layers(layer),
            "output": trying("forward", lambda: describe(layer(torch.from_numpy(given["x"])))),
        }

    return {name: trying("call", partial(case, given)) for name, given in inputs.items()}


def _conv3x3_judge(observation: Plain, inputs: Plain) -> Verdict:
    for name, given in inputs.items():
        verdict = _judge_convolution(observation[name], given)
        if not verdict.passed:
            return verdict
    return PASSED


def _judge_convolution(seen: Plain, given: Plain) -> Verdict:
    arguments = given["arguments"]
    figures: dict[str, Any] = {"call": f"conv3x3({', '.join(map(str, arguments))})"}
    error = first_raised(seen)
    if error:
        return raised(error)
    if "returned" in seen:
        key = "returned-nothing" if seen["returned"]["kind"] == "none" else "not-a-layer"
        return Verdict(key, figures | {"type": seen["returned"]["type"]})

    wanted = list(given["weight"].shape)
    names = seen["layers"]["names"]
    if "bias" in names:
        return Verdict("bias", figures | {"size": names["bias"][0]})
    if set(names) != {"weight"}:
        return Verdict("not-a-convolution", figures | {"names": ", ".join(names) or "–"})
    figures |= {"seen": shape(names["weight"]), "wanted": shape(wanted)}
    if names["weight"] != wanted:
        if names["weight"][2:] != wanted[2:]:
            return Verdict("kernel-size", figures)
        swapped = names["weight"][:2] == wanted[1::-1]
        return Verdict("swapped-channels" if swapped else "weight-shape", figures)

    error = first_raised(seen["output"])
    if error:
        return raised(error)
    problem = not_a_tensor(seen["output"]) or not_finite(seen["output"])
    if problem:
        return problem
    return _judge_convolution_output(seen, given, figures)


def _judge_convolution_output(seen: Plain, given: Plain, figures: dict[str, Any]) -> Verdict:
    x, weight = torch.from_numpy(given["x"]), torch.from_numpy(given["weight"])
    stride = (given["arguments"] + [1])[2]
    expected = to_numpy(F.conv2d(x, weight, stride=stride, padding=1))
    values = seen["output"]["values"]
    if close(values, expected):
        return PASSED
    figures |= {"x": shape(x.shape), "seen": shape(values.shape), "wanted": shape(expected.shape)}
    if values.shape != expected.shape:
        mistakes = {
            "no-padding": F.conv2d(x, weight, stride=stride),
            "stride-ignored": F.conv2d(x, weight, padding=1),
            "stride-default": F.conv2d(x, weight, stride=2, padding=1),
            "padding-too-large": F.conv2d(x, weight, stride=stride, padding=2),
        }
        for key, mistake in mistakes.items():
            if values.shape == mistake.shape:
                return Verdict(key, figures)
        return Verdict("output-shape", figures)
    if close(values, to_numpy(F.conv2d(x, weight, stride=stride, padding=2, dilation=2))):
        return Verdict("dilated", figures)
    inside = np.s_[:, :, 1:-1, 1:-1]
    if values[inside].size and close(values[inside], expected[inside]):
        return Verdict("padding-values", figures | worst(values, expected))
    return Verdict("numbers-differ", figures | worst(values, expected))


# --- basic-block -------------------------------------------------------------------------------------------------

BASIC_BLOCK = BlockKind(
    name="BasicBlock",
    exercise="basic-block",
    windows=(3, 3),
    strided="conv1",
    expansion=1,
    sizes={
        "same": (3, 3, 1, False),
        "strided": (3, 5, 2, True),
        "wider": (3, 5, 1, True),
        # The paper's option C: a projection though the shapes agree. Whoever gives one wants it used.
        "option-c": (4, 4, 1, True),
    },
    mistakes=(
        ("no-middle-relu", {"no_relu_after": ("conv1",)}),
        ("bn1-unused", {"unused": ("bn1",)}),
        ("bn2-unused", {"unused": ("bn2",)}),
        ("bn-unused", {"unused": ("bn1", "bn2")}),
        ("same-conv-twice", {"rename": {"conv2": "conv1"}}),
        ("same-conv-shared", {"rename": {"conv1": "conv2"}}),
        ("same-bn-twice", {"rename": {"bn2": "bn1"}}),
        ("same-bn-shared", {"rename": {"bn1": "bn2"}}),
        ("conv2-skipped", {"unused": ("conv2",)}),
        ("stride-in-second-conv", {"strided": "conv2"}),
    ),
    own=frozenset(
        {
            "layer-shape",
            "stride-ignored",
            "stride-twice",
            "no-middle-relu",
            "bn1-unused",
            "bn2-unused",
            "bn-unused",
            "same-conv-twice",
            "same-conv-shared",
            "same-bn-twice",
            "same-bn-shared",
            "conv2-skipped",
            "stride-in-second-conv",
        }
    ),
)


# --- shortcut ----------------------------------------------------------------------------------------------------

SHORTCUTS = {
    "same": (4, 4, 1),
    "wider": (4, 6, 1),
    "narrower": (6, 4, 1),
    "strided": (4, 4, 2),
    "strided-3": (4, 4, 3),
    "both": (4, 6, 2),
}


def _shortcut_inputs(seed: int) -> Plain:
    draw = np.random.default_rng(seed)
    inputs = {}
    for name, (inplanes, planes, stride) in SHORTCUTS.items():
        weights = {"0.weight": convolution(draw, planes, inplanes, 1), **batch_norm(draw, "1", planes)}
        inputs[name] = {
            "arguments": [inplanes, planes, stride],
            "weights": weights,
            "x": image(draw, inplanes, 7, 6),
        }
    return inputs


def _shortcut_observe(make_shortcut: Any, inputs: Plain) -> Plain:
    def case(given: Plain) -> Plain:
        module = make_shortcut(*given["arguments"])
        if not isinstance(module, nn.Module):
            return {"returned": describe(module)}
        load_arrays(module, given["weights"])
        module.eval()
        return {
            "layers": describe_layers(module),
            "kinds": [type(part).__name__ for part in module.modules()][1:],
            "output": trying("forward", lambda: describe(module(torch.from_numpy(given["x"]).clone()))),
        }

    return {name: trying("call", partial(case, given)) for name, given in inputs.items()}


def _shortcut_judge(observation: Plain, inputs: Plain) -> Verdict:
    error = first_raised(*observation.values())
    if error:
        return raised(error)
    nothing = {name for name, seen in observation.items() if seen.get("returned", {}).get("kind") == "none"}
    if nothing == set(inputs):
        return Verdict("always-none")
    if nothing == set(inputs) - {"same"}:
        return Verdict("inverted")
    if nothing >= {"same", "wider", "strided"} and "both" not in nothing:
        return Verdict("both-conditions")
    for name, given in inputs.items():
        verdict = _judge_shortcut(name, observation[name], given)
        if not verdict.passed:
            return verdict
    return PASSED


def _judge_shortcut(name: str, seen: Plain, given: Plain) -> Verdict:
    figures: dict[str, Any] = {"call": f"make_shortcut({', '.join(map(str, given['arguments']))})"}
    if "returned" in seen and seen["returned"]["kind"] != "none":
        return Verdict("not-a-module", figures | {"type": seen["returned"]["type"]})
    if name == "same":
        return _judge_no_shortcut(seen, given, figures)
    if "returned" in seen:
        same_channels = given["arguments"][0] == given["arguments"][1]
        return Verdict("none-when-strided" if same_channels else "none-when-wider", figures)
    names, wanted = seen["layers"]["names"], given["weights"]
    biases = [each for each in names if each.endswith("bias") and each.replace("bias", "running_mean") not in names]
    if biases:
        return Verdict("bias", figures | {"names": ", ".join(biases)})
    if not any("running_mean" in each for each in names):
        return Verdict("no-norm", figures | {"kinds": ", ".join(seen["kinds"]) or "–"})
    if len(names.get("0.weight", [])) == 1:
        return Verdict("bn-first", figures)
    if set(names) - {"1.num_batches_tracked"} != set(wanted):
        return Verdict("names", figures | {"names": ", ".join(names), "wanted": ", ".join(wanted)})
    figures |= {"seen": shape(names["1.weight"]), "wanted": shape(wanted["1.weight"].shape)}
    if names["1.weight"] != list(wanted["1.weight"].shape):
        return Verdict("norm-channels", figures)
    figures |= {"seen": shape(names["0.weight"]), "wanted": shape(wanted["0.weight"].shape)}
    if names["0.weight"] != list(wanted["0.weight"].shape):
        other_size = names["0.weight"][2:] != [1, 1]
        return Verdict("kernel-size" if other_size else "weight-shape", figures)
    return _judge_shortcut_output(seen, given, figures)


def _judge_no_shortcut(seen: Plain, given: Plain, figures: dict[str, Any]) -> Verdict:
    if "returned" in seen:
        return PASSED
    output = seen["output"]
    # nn.Identity() has no weights and changes nothing: another way to write the same shortcut.
    untouched = output.get("kind") == "tensor" and close(output["values"], given["x"].astype(np.float64))
    if untouched and not seen["layers"]["names"]:
        return PASSED
    return Verdict("needless-projection", figures | {"kinds": ", ".join(seen["kinds"]) or "–"})


def _judge_shortcut_output(seen: Plain, given: Plain, figures: dict[str, Any]) -> Verdict:
    error = first_raised(seen["output"])
    if error:
        return raised(error)
    problem = not_a_tensor(seen["output"]) or not_finite(seen["output"])
    if problem:
        return problem
    values, expected = seen["output"]["values"], _project(given)
    if close(values, to_numpy(expected)):
        return PASSED
    figures |= {"x": shape(given["x"].shape), "seen": shape(values.shape), "wanted": shape(expected.shape)}
    if values.shape != tuple(expected.shape):
        stride_missing = values.shape == tuple(_project(given, stride=1).shape)
        return Verdict("stride-missing" if stride_missing else "output-shape", figures)
    if close(values, to_numpy(F.relu(expected))):
        return Verdict("relu", figures)
    return Verdict("numbers-differ", figures | worst(values, to_numpy(expected)))


def _project(given: Plain, stride: int | None = None) -> Tensor:
    weights = {name: torch.from_numpy(array) for name, array in given["weights"].items()}
    x = F.conv2d(torch.from_numpy(given["x"]), weights["0.weight"], stride=stride or given["arguments"][2])
    return normalise(x, weights, "1")


# --- find-the-bug ------------------------------------------------------------------------------------------------

# The mistake that stands in each block when the learner gets it.
PLANTED = {"BlockA": "no-norm", "BlockB": "stride-in-second-conv", "BlockC": "clobbered-skip"}


def _bugs_observe(block_a: Any, block_b: Any, block_c: Any, inputs: Plain) -> Plain:
    blocks = zip(PLANTED, (block_a, block_b, block_c), strict=True)
    return {name: observe_block(BASIC_BLOCK, block, inputs) for name, block in blocks}


def _bugs_judge(observation: Plain, inputs: Plain) -> Verdict:
    repaired: list[str] = []
    broken: list[Verdict] = []
    for name, planted in PLANTED.items():
        verdict = judge_block(BASIC_BLOCK, observation[name], inputs)
        if verdict.passed:
            repaired.append(name)
        elif verdict.key == planted:
            # Its own message would give the bug away.
            broken.append(Verdict(f"still-broken-{name[-1].lower()}", {"block": name}))
        else:
            broken.append(Verdict(verdict.key, {**verdict.figures, "block": name}, verdict.exercise))
    if not broken:
        return PASSED
    first = broken[0]
    return Verdict(first.key, {**first.figures, "repaired": ", ".join(repaired) or "–"}, first.exercise)


# --- the checks --------------------------------------------------------------------------------------------------

conv3x3 = Check("conv3x3", LESSON, ("conv3x3",), _conv3x3_inputs, _conv3x3_observe, _conv3x3_judge)
basic_block = Check("basic-block", LESSON, ("BasicBlock",), *bind(BASIC_BLOCK))
shortcut = Check("shortcut", LESSON, ("make_shortcut",), _shortcut_inputs, _shortcut_observe, _shortcut_judge)
find_the_bug = Check(
    "find-the-bug", LESSON, tuple(PLANTED), partial(block_inputs, BASIC_BLOCK), _bugs_observe, _bugs_judge
)
