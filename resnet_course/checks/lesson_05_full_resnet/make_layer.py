"""The check of a stage: blocks in a row, of which only the first changes the shape."""

from __future__ import annotations

import re
from functools import partial
from typing import Any, TypedDict

import numpy as np
from torch import nn

from resnet_course import resnet
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
)
from resnet_course.checks.lesson_05_full_resnet.nets import (
    BLOCKS,
    Forward,
    Modes,
    Start,
    changes_mode,
    difference,
    forward_once,
    frozen_of,
    has_usual_norms,
    is_a_net,
    kept,
    leaves_the_input,
    modes_of,
    output_of,
    random_images,
    some,
    start_of,
    starts_as_usual,
    stride_of,
    train_once,
    trains_as,
)
from resnet_course.checks.observing import Described, Raised, describe, describe_layers, kind_of, trying
from resnet_course.checks.weights import Names, fill, shapes_of
from resnet_course.language import number

# block, inplanes, planes, blocks, stride
STAGES: dict[str, tuple[str, int, int, int, int]] = {
    "same": ("BasicBlock", 4, 4, 3, 1),
    "strided": ("BasicBlock", 4, 6, 3, 2),
    "expanding": ("Bottleneck", 4, 4, 3, 1),
    "bottleneck-same": ("Bottleneck", 16, 4, 2, 1),
    "strided-same-channels": ("BasicBlock", 4, 4, 2, 2),
    "one-block": ("Bottleneck", 8, 4, 1, 2),
    "strided-bottlenecks": ("Bottleneck", 8, 4, 3, 2),
    "strided-again": ("BasicBlock", 4, 6, 3, 2),
}
FEW = 100  # weights, of which the spread tells nothing
# What Python says where a block stands in the place of a list of blocks.
BLOCK_AS_LIST = re.compile(
    r"unsupported operand .* '(\w+)' and '\1'|can only concatenate list \(not|object is not iterable|"
    r"must be an iterable, not|has no attribute '(append|extend)'"
)


class Case(TypedDict):
    """What a case gives: the call's arguments, the seed of the weights, images."""

    block: str
    inplanes: int
    planes: int
    blocks: int
    stride: int
    seed: int
    x: np.ndarray


class Seen(TypedDict, total=False):
    """What a case shows: what was returned if it is no module, else the stage, its blocks and its output."""

    raised: Raised
    returned: Described
    type: str
    block_names: list[str]
    blocks: int
    first_places: list[int]  # of each block, where in the row it stands first
    names: Names
    norms: dict[str, dict[str, Any]]
    strides: list[int | str]
    odd_downsamples: list[str]  # the types of those that are neither a layer nor None
    frozen: list[str]
    kept: list[str]
    start: Start
    modes: Modes
    output: Forward
    training: Any


def inputs(seed: int) -> dict[str, Case]:
    """Return stages of both blocks in which the first one needs a projection for each reason, and for none."""
    return {
        name: {
            "block": block,
            "inplanes": inplanes,
            "planes": planes,
            "blocks": blocks,
            "stride": stride,
            "seed": seed,
            "x": random_images(seed, inplanes, 8),
        }
        for name, (block, inplanes, planes, blocks, stride) in STAGES.items()
    }


def observe(make_layer: Any, inputs: dict[str, Case]) -> dict[str, Seen]:
    """Make each stage, look at its blocks and first weights, fill it, run it, and train it once."""
    earlier: dict[int, nn.Module] = {}

    def case(given: Case) -> Seen:
        asked = {"stride": given["stride"]} if given["stride"] != 1 else {}
        stage = make_layer(BLOCKS[given["block"]], given["inplanes"], given["planes"], given["blocks"], **asked)
        if not isinstance(stage, nn.Module):
            return {"returned": describe(stage)}
        start, frozen, modes = start_of(stage), frozen_of(stage), modes_of(stage)
        fill(stage, given["seed"])
        # Not `children()`: that leaves out a block which stands there twice.
        rows = list(stage) if isinstance(stage, nn.Sequential) else list(stage.children())
        objects = [id(each) for each in rows]
        layers = describe_layers(stage)
        downsamples = [getattr(each, "downsample", None) for each in rows]
        return {
            "type": type(stage).__name__,
            "block_names": [name for name, _ in stage.named_children()],
            "blocks": len(rows),
            "first_places": [objects.index(each) for each in objects],
            "names": layers["names"],
            "norms": layers["norms"],
            "strides": [stride_of(each) for each in rows],
            "odd_downsamples": [kind_of(each) for each in downsamples if not isinstance(each, nn.Module | None)],
            "frozen": frozen,
            "kept": kept(stage, earlier),
            "start": start,
            "modes": modes,
            "output": trying("forward", lambda: forward_once(stage, given["x"])),
            "training": trying("forward", lambda: train_once(stage, given["x"])),
        }

    return {name: trying("call", partial(case, given)) for name, given in inputs.items()}


def judge(observation: dict[str, Seen], inputs: dict[str, Case]) -> None:
    """Ask for the blocks, their strides and the projection, then for the reference's numbers, also in training."""

    def judge_any_projection(seen: Seen, given: Case) -> None:
        found = any(any(projected(observation[name], each)) for name, each in inputs.items())
        if needs_projection(given) and not found:
            raise Fault("no-projection", **projection_figures(given))

    stages = (
        judge_type,
        judge_blocks,
        judge_downsamples,
        judge_any_projection,
        judge_projection,
        judge_shapes,
        judge_run,
        judge_kept,
        judge_start,
    )
    in_stages(observation, inputs, *stages)


def call_of(given: Case) -> str:
    """Return the call as a learner would write it."""
    stride = f", stride={given['stride']}" if given["stride"] != 1 else ""
    return f"make_layer({given['block']}, {given['inplanes']}, {given['planes']}, {given['blocks']}{stride})"


def judge_type(seen: Seen, given: Case) -> None:
    """Ask for a module that can be called."""
    call = call_of(given)
    if "list is not a Module subclass" in (text := seen.get("raised", {}).get("message", "")):
        raise Fault("list-not-unpacked", call=call, text=text)
    if BLOCK_AS_LIST.search(text) and re.search(r"\b(BasicBlock|Bottleneck)\b", text):
        raise Fault("block-as-list", call=call, text=first_line(text), code=seen["raised"]["lines"][-1]["code"])
    ran(seen)
    is_a_net(seen.get("returned"), "not-a-sequential", call=call)
    if seen["type"] in ("ModuleList", "ModuleDict"):
        raise Fault("not-a-sequential", call=call, type=seen["type"])


def judge_blocks(seen: Seen, given: Case) -> None:
    """Ask for so many blocks of that kind, each its own, and the stride in the first."""
    firsts, figures = seen["first_places"], {"call": call_of(given), "seen": seen["blocks"], "wanted": given["blocks"]}
    repeated = [first for first in firsts if firsts.count(first) > 1]
    if repeated:
        places = [str(place) for place, first in enumerate(firsts) if first == repeated[0]]
        raise Fault("one-block-repeated", **figures, places=", ".join(places))
    if seen["block_names"] != [str(place) for place in range(len(seen["block_names"]))]:
        raise Fault("block-names", call=figures["call"], names=some(seen["block_names"]))
    if seen["blocks"] != given["blocks"]:
        raise Fault("single-block" if seen["blocks"] == 1 else "block-count", **figures)
    if given["block"] == "Bottleneck" and not any("conv3" in each for each in seen["names"]):
        raise Fault("block-ignored", **figures)
    judge_strides(seen, given, figures)


def judge_strides(seen: Seen, given: Case, figures: dict[str, Any]) -> None:
    """Ask for the stride in the first block, and only there."""
    strides, stride, others = seen["strides"], given["stride"], given["blocks"] - 1
    for place, each in enumerate(strides):
        if isinstance(each, str):
            raise Fault("not-a-stride", call=figures["call"], place=place, type=each)
    wanted = [stride] + [1] * others
    if strides == wanted:
        return
    figures = figures | {"strides": ", ".join(map(str, strides)), "wanted": ", ".join(map(str, wanted))}
    mistakes = {"stride-everywhere": [stride] * (others + 1), "stride-ignored": [1] * (others + 1)}
    name_mistake(mistakes.items(), lambda mistake: strides == mistake, **figures)
    raise Fault("stride-default" if stride == 1 else "stride-elsewhere", **figures)


def judge_downsamples(seen: Seen, given: Case) -> None:
    """Ask for layers as projections."""
    if seen["odd_downsamples"]:
        raise Fault("not-a-projection", call=call_of(given), type=seen["odd_downsamples"][0])


def projected(seen: Seen, given: Case) -> list[bool]:
    """Tell of each block whether it has a projection."""
    return [any(name.startswith(f"{place}.downsample.") for name in seen["names"]) for place in range(given["blocks"])]


def needs_projection(given: Case) -> bool:
    """Tell whether the first block changes the shape."""
    return given["stride"] != 1 or given["inplanes"] != outplanes_of(given)


def outplanes_of(given: Case) -> int:
    """Return how many channels leave the stage."""
    return given["planes"] * int(BLOCKS[given["block"]].expansion)


def projection_figures(given: Case) -> dict[str, Any]:
    """Return what a learner needs to see why there is a projection, or none."""
    stride, inplanes = given["stride"], given["inplanes"]
    return {"call": call_of(given), "inplanes": inplanes, "outplanes": outplanes_of(given), "stride": stride}


def judge_projection(seen: Seen, given: Case) -> None:
    """Ask for a projection in the first block, if one is needed, and only there."""
    first, *others = projected(seen, given)
    figures = projection_figures(given)
    if needs_projection(given) and not first:
        same_channels = given["inplanes"] == outplanes_of(given)
        raise Fault("not-for-the-stride" if same_channels else "not-for-the-channels", **figures)
    if any(others):
        raise Fault("projection-everywhere", **figures, seen=first + sum(others))
    if first and not needs_projection(given):
        channels = seen["names"].get("0.downsample.0.weight", ["–"])[0]
        raise Fault("needless-projection", **figures, given=channels)


def reference_of(given: Case) -> nn.Module:
    """Return the reference's stage."""
    block = BLOCKS[given["block"]]
    return resnet.make_layer(block, given["inplanes"], given["planes"], given["blocks"], given["stride"])


def judge_shapes(seen: Seen, given: Case) -> None:
    """Ask for the reference's names and shapes, and for BatchNorms as PyTorch makes them."""
    call, names, wanted = call_of(given), seen["names"], shapes_of(reference_of(given))
    strange = [key for key in names if key not in wanted]
    if any(key not in names for key in wanted) or any("downsample" in key for key in strange):
        raise Fault("projection-differs", call=call, names=some(each for each in names if "downsample" in each))
    if strange:
        raise Fault("extra-weights", call=call, names=some(strange))
    for key, sizes in wanted.items():
        if names[key] != sizes:
            fault = shape_fault(key, names[key], sizes, given)
            raise Fault(fault, call=call, key=key, seen=shape(names[key]), wanted=shape(sizes))
    has_usual_norms(seen["norms"], call=call)


def shape_fault(key: str, seen: list[int], wanted: list[int], given: Case) -> str:
    """Return the name of the misconception behind the first weight whose shape is wrong."""
    inplanes, planes = given["inplanes"], given["planes"]
    if key.startswith("0.downsample") and seen[0] == planes != wanted[0]:
        return "expansion-forgotten"
    behind_the_first = not key.startswith("0.") and len(wanted) == 4
    if behind_the_first and seen[1] != wanted[1] and seen[1] in (inplanes, planes):
        return "inplanes-again"
    return "shape-differs"


def judge_run(seen: Seen, given: Case) -> None:
    """Ask for the reference's numbers, for an input that is still what it was, and for a stage that learns."""
    call, output = call_of(given), seen["output"]
    if "must match the size of tensor" in (text := output.get("raised", {}).get("message", "")):
        raise Fault("projection-stride", call=call, text=text.splitlines()[0])
    ran(output)
    changes_mode(seen["modes"], call)
    is_a_tensor(output)
    is_finite(output)
    reference = filled_reference(given)
    expected = output_of(reference, given["x"])
    if not close(output["values"], expected):
        raise difference(output["values"], expected, call=call)
    leaves_the_input(output, given["x"], call=call)
    judge_training(seen, given, reference)


def filled_reference(given: Case) -> nn.Module:
    """Return the reference's stage with the weights that the learner's has."""
    stage = reference_of(given)
    fill(stage, given["seed"])
    return stage.eval()


def judge_training(seen: Seen, given: Case, reference: nn.Module) -> None:
    """Ask for a stage of which every weight learns, and for the reference's numbers and statistics in training mode."""
    call = call_of(given)
    trains_as(seen["training"], given["x"], reference, call)
    unreached = seen["frozen"] or seen["training"]["unreached"]
    if unreached or not seen["output"]["attached"]:
        raise Fault("frozen", call=call, names=some(unreached or seen["names"]))


def judge_kept(seen: Seen, given: Case) -> None:
    """Ask for new layers in every call."""
    if seen["kept"]:
        raise Fault("kept-between-calls", call=call_of(given), names=some(seen["kept"]))


def judge_start(seen: Seen, given: Case) -> None:
    """Ask for weights that begin at random, and for norms that begin as usual."""
    call = call_of(given)
    starts_as_usual(seen["start"]["norms"], call=call)
    for name, spread in seen["start"]["spread"].items():
        sizes = seen["names"][f"{name}.weight"]
        fan_in, fan_out = np.prod(sizes[1:]), sizes[0] * np.prod(sizes[2:])
        # PyTorch's own rule, or already the He rule that the whole net will follow.
        rules = [(1 / (3 * fan_in)) ** 0.5, (2 / fan_out) ** 0.5]
        usual = min(rules) / 2 < spread < max(rules) * 2
        if spread == 0 or (np.prod(sizes) >= FEW and not usual):
            raise Fault("first-weights", call=call, name=name, seen=number(spread), wanted=number(rules[0]))


make_layer = Check(
    grade_id="make-layer",
    lesson="05_full_resnet",
    answers=("make_layer",),
    inputs=inputs,
    observe=observe,
    judge=judge,
    arguments=("block", "inplanes", "planes", "blocks", "stride=1"),
    references=("resnet_course.resnet.make_layer",),
)
