"""The check of moving a Bottleneck's stride to where the paper has it."""

from __future__ import annotations

from dataclasses import replace
from functools import partial
from typing import Any

import numpy as np
from torch import nn

from resnet_course.blocks import Bottleneck, make_shortcut
from resnet_course.checks.check import Check
from resnet_course.checks.judging import Fault, close, first_line, in_stages, ran, shape, to_numpy
from resnet_course.checks.lesson_04_bottleneck.bottleneck import BOTTLENECK
from resnet_course.checks.observing import Plain, load_arrays, trying
from resnet_course.checks.residual_blocks.judge import Expected, Judging
from resnet_course.checks.residual_blocks.kinds import Setting, block_inputs
from resnet_course.checks.residual_blocks.making import describe_settings
from resnet_course.checks.residual_blocks.observe import SeenBlock, observe_running
from resnet_course.checks.residual_blocks.simulate import simulate

PAPER = replace(
    BOTTLENECK,
    exercise="stride-placement",
    strided="conv1",
    sizes={"strided": (8, 3, 2, True), "strided-3": (6, 2, 3, True), "same": (8, 2, 1, False)},
    mistakes=(),
)


SETTINGS = ("padding", "dilation", "groups", "padding_mode")  # of a convolution, beside its stride


class Seen(SeenBlock, total=False):
    """What a case shows: the block after the move."""

    returned_a_block: bool
    frozen: list[str]
    in_eval_mode: bool
    weights: dict[str, np.ndarray]
    settings: list[dict[str, str]]  # of its convolutions, those that have changed


def observe(move_stride: Any, inputs: dict[str, Setting]) -> Plain:
    """Move the stride of a reference block with given weights, then run it."""

    def case(setting: Setting) -> Seen:
        inplanes, planes, stride = setting["inplanes"], setting["planes"], setting["stride"]
        downsample = make_shortcut(inplanes, 4 * planes, stride) if setting["projected"] else None
        block = Bottleneck(inplanes, planes, stride, downsample)
        load_arrays(block, setting["weights"])
        before = settings_of(block)
        returned = move_stride(block)
        frozen = [name for name, parameter in block.named_parameters() if not parameter.requires_grad]
        weights = {name: tensor.double().numpy().copy() for name, tensor in block.state_dict().items()}
        seen: Seen = {
            "returned_a_block": isinstance(returned, nn.Module) and returned is not block,
            "frozen": frozen,
            "in_eval_mode": any(not module.training for module in block.modules()),
            "layers": describe_settings(block),
            "settings": [
                {"name": name, "what": what, "seen": after, "wanted": before.get((name, what), "–")}
                for (name, what), after in settings_of(block).items()
                if before.get((name, what)) != after
            ],
            "weights": {name: array for name, array in weights.items() if name in setting["weights"]},
        }
        return {**seen, **observe_running(block, setting["x"], setting["slope"])}

    return {name: trying("call", partial(case, setting)) for name, setting in inputs.items()}


def settings_of(block: nn.Module) -> dict[tuple[str, str], str]:
    """Return the settings of each convolution as text, by its name and theirs."""
    convolutions = [(name, layer) for name, layer in block.named_modules() if isinstance(layer, nn.Conv2d)]
    return {(name, what): str(getattr(layer, what)) for name, layer in convolutions for what in SETTINGS}


def judge(observation: Plain, inputs: dict[str, Setting]) -> None:
    """Ask for strides where they belong, then for the paper's numbers."""
    ran(*observation.values())
    for name, setting in inputs.items():
        in_stages({name: observation[name]}, {name: setting}, judge_weights, judge_strides, judge_running, judge_block)
    blocks: dict[str, SeenBlock] = {**observation}
    Judging(PAPER, blocks, inputs, Expected(PAPER)).run()


def judge_weights(seen: Seen, setting: Setting) -> None:
    """Ask for the weights that were there."""
    for name, array in setting["weights"].items():
        after = seen["weights"].get(name)
        if after is None or not np.array_equal(after, array.astype(np.float64)):
            raise Fault("weights-changed", name=name)


def judge_strides(seen: Seen, setting: Setting) -> None:
    """Ask for the stride in conv1, and in the shortcut as before."""
    stride, convolutions = setting["stride"], seen["layers"]["convolutions"]
    strides = {name: layer["stride"][0] for name, layer in convolutions.items() if name.startswith("conv")}
    for name, each in strides.items():
        if not isinstance(each, int):
            raise Fault("not-a-stride", name=name, seen=each)
    figures = {"stride": stride, "strides": ", ".join(f"`{name}`: {each}" for name, each in strides.items())}
    if 0 in strides.values():
        raise Fault("stride-0", **figures)
    shortcut = convolutions.get("downsample.0", {}).get("stride", [stride])
    if shortcut[0] != stride:
        raise Fault("shortcut-changed", **figures, seen=shortcut[0])
    found = tuple(strides.get(name) for name in BOTTLENECK.convolutions)
    if stride == 1:
        if found != (1, 1, 1):
            raise Fault("stride-1-changed", **figures)
        return
    known = {
        (1, stride, 1): "copied" if seen["returned_a_block"] else "nothing-moved",
        (stride, stride, 1): "stride-twice",
        (1, 1, 1): "stride-lost",
        (1, 1, stride): "in-the-third",
        **({} if stride == 2 else {(2, 1, 1): "always-2"}),
    }
    if found in known:
        raise Fault(known[found], **figures)


def judge_running(seen: Seen, setting: Setting) -> None:
    """Ask for the paper's numbers: where they do not come, for settings and sizes that are what they were."""
    output, wanted = seen["output"], to_numpy(simulate(PAPER, setting))
    if "values" in output and close(output["values"], wanted):
        return
    stride, strides = setting["stride"], {name: each["stride"] for name, each in seen["layers"]["convolutions"].items()}
    right = {"conv1": [stride] * 2, "conv2": [1, 1], "conv3": [1, 1]}
    if any(strides.get(name) != each for name, each in right.items()):
        found = ", ".join(f"`{name}`: {strides.get(name)}" for name in right)
        raise Fault("strides-differ", stride=stride, strides=found)
    for each in seen["settings"]:
        raise Fault("setting-changed", **each)
    if "raised" in output:
        raise Fault("runs-no-more", text=f"`{output['raised']['type']}: {first_line(output['raised']['message'])}`")
    if output.get("shape") != list(wanted.shape):
        raise Fault("runs-no-more", text=shape(output["shape"]) if "shape" in output else f"`{output['type']}`")


def judge_block(seen: Seen, setting: Setting) -> None:
    """Ask for a block that can learn as before, and for its mode."""
    if seen["frozen"]:
        raise Fault("frozen", names=", ".join(seen["frozen"]))
    if seen["in_eval_mode"]:
        raise Fault("mode-changed")


stride_placement = Check(
    grade_id="stride-placement",
    lesson="04_bottleneck",
    answers=("move_stride",),
    inputs=partial(block_inputs, PAPER),
    observe=observe,
    judge=judge,
)
