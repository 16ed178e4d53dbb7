"""The check of the whole ResNet: its names and shapes, what each part gives, and how it starts to learn."""

from __future__ import annotations

import inspect
from contextlib import ExitStack
from functools import cache, partial
from typing import Any, NoReturn, TypedDict

import numpy as np
import torch
from torch import Tensor, nn

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
    to_numpy,
    worst,
)
from resnet_course.checks.lesson_05_full_resnet.nets import (
    BLOCKS,
    Forward,
    Modes,
    Start,
    changes_mode,
    forward_once,
    frozen_of,
    has_usual_norms,
    leaves_the_input,
    modes_of,
    output_of,
    random_images,
    said,
    shapes_or_worst,
    some,
    start_of,
    starts_as_usual,
    stride_of,
    train_once,
    trains_as,
)
from resnet_course.checks.observing import Described, Plain, describe, describe_layers, kind_of, trying
from resnet_course.checks.weights import Names, fill, shapes_of
from resnet_course.language import number
from resnet_course.resnet import ResNet

STAGES = ("layer1", "layer2", "layer3", "layer4")
# The parts with weights. ReLU and pools have none, so functions may stand in their place and in another order: they are
# judged by what follows.
STEPS = ("conv1", "bn1", *STAGES, "fc")
MANY = 3_000  # weights: enough to know their spread
# No step of a right net gives more; where a shape is wrong, the numbers are not looked at and need not cross.
MOST_NUMBERS = 3 * 64 * 32 * 32


class Case(TypedDict):
    """What a case gives: the call's arguments, the seed of the weights, images; more images, where it also trains."""

    block: str
    layers: list[int]
    classes: int | None  # None: the default
    seed: int
    x: np.ndarray | None  # None: names and shapes only
    others: dict[str, np.ndarray]


class Step(Described, total=False):
    """What a part of the net gives, by its name, and the shape of what it gets."""

    name: str
    entering: list[int]


class Run(TypedDict):
    """What each part of the net gets and gives, in the order of the run, and the output.

    Where an error ends the run, it stands as the output's; a part that it ended has no shape.
    """

    steps: list[Step]
    output: Forward


class Seen(TypedDict, total=False):
    """What a case shows: names and settings, how the weights begin, each step, the outputs, a step of training."""

    names: Names
    norms: dict[str, dict[str, Any]]
    frozen: list[str]
    start: Start
    modes: Modes
    strides: dict[str, list[int | str]]  # of each stage's blocks
    run: Run
    others: dict[str, Any]
    training: Any


def inputs(seed: int) -> dict[str, Case]:
    """Return a net of each block, and a recipe whose numbers of blocks all differ, with the default classes."""
    x = random_images(seed, 3, 64, count=3)
    others = {"one": x[:1].copy(), "wide": random_images(seed, 3, 64, 96, count=1)}
    return {
        "basic": case_of("BasicBlock", [2, 2, 1, 1], 7, seed, x, others),
        # Names and shapes only: longer nets take time, and the way of the image is the same.
        "bottleneck": case_of("Bottleneck", [1, 2, 3, 1], None, seed),
        "wide-head": case_of("Bottleneck", [1, 1, 1, 1], 5, seed, x[:1].copy()),
    }


def case_of(
    block: str,
    layers: list[int],
    classes: int | None,
    seed: int,
    x: np.ndarray | None = None,
    others: dict[str, np.ndarray] | None = None,
) -> Case:
    """Return a case; without images the net is only made, without others it is not trained."""
    return {"block": block, "layers": layers, "classes": classes, "seed": seed, "x": x, "others": others or {}}


def observe(resnet_class: Any, inputs: dict[str, Case]) -> Plain:
    """Make each net, look at its names and first weights; run it, and train one of them once."""
    if not (inspect.isclass(resnet_class) and issubclass(resnet_class, nn.Module)):
        return {"not_a_module": {"type": kind_of(resnet_class)}}

    def case(given: Case) -> Seen:
        x = given["x"]
        if x is None:
            with torch.device("meta"):
                return {"names": shapes_of(make(resnet_class, given))}
        net = make(resnet_class, given)
        layers = describe_layers(net)
        seen: Seen = {
            "names": layers["names"],
            "norms": layers["norms"],
            "frozen": frozen_of(net),
            "start": start_of(net),
            "modes": modes_of(net),
            "strides": {
                name: [stride_of(block) for block in stage.children()]
                for name, stage in net.named_children()
                if name in STAGES
            },
        }
        fill(net, given["seed"])
        seen["run"] = run_noting_steps(net, x)
        seen["others"] = {
            name: trying("forward", partial(forward_once, net, images)) for name, images in given["others"].items()
        }
        if given["others"]:
            seen["training"] = trying("forward", lambda: train_once(net, x))
        return seen

    return {name: trying("call", partial(case, given)) for name, given in inputs.items()}


def make(resnet_class: Any, given: Case) -> Any:
    """Return a case's net, of the learner's class or of ours."""
    classes = [] if given["classes"] is None else [given["classes"]]
    return resnet_class(BLOCKS[given["block"]], given["layers"], *classes)


def run_noting_steps(net: nn.Module, x: np.ndarray) -> Run:
    """Run the net and note what each of its steps gets and gives."""
    steps: list[Step] = []

    def enter(name: str, _module: object, entering: Any) -> None:
        sizes = list(entering[0].shape) if entering and isinstance(entering[0], Tensor) else []
        steps.append({"name": name, "entering": sizes})

    def leave(name: str, _module: object, _entering: object, out: object) -> None:
        step = next(each for each in reversed(steps) if each["name"] == name)
        step.update(describe(out))  # a copy: a ReLU in place may write into it afterwards
        if step.get("values", np.empty(0)).size > MOST_NUMBERS:
            del step["values"]

    with ExitStack() as hooks:
        for name, child in net.named_children():
            if name in STEPS:
                hooks.enter_context(child.register_forward_pre_hook(partial(enter, name)))
                hooks.enter_context(child.register_forward_hook(partial(leave, name)))
        return {"steps": steps, "output": trying("forward", lambda: forward_once(net, x))}


def judge(observation: Plain, inputs: dict[str, Case]) -> None:
    """Ask all nets for the reference's names and shapes; then follow the image through the smaller ones."""
    if "not_a_module" in observation:
        raise Fault("not-a-module", **observation["not_a_module"])
    in_stages(observation, inputs, judge_names)
    running = {name: given for name, given in inputs.items() if given["x"] is not None}
    in_stages(observation, running, judge_net)
    in_stages(observation, running, judge_start)


def call_of(given: Case) -> str:
    """Return the call as a learner would write it."""
    classes = "" if given["classes"] is None else f", {given['classes']}"
    return f"ResNet({given['block']}, {given['layers']}{classes})"


def judge_names(seen: Seen, given: Case) -> None:
    """Ask for the names and shapes of the official net."""
    ran(seen)
    wanted = wanted_names(given["block"], tuple(given["layers"]), given["classes"])
    call, names = call_of(given), seen["names"]
    if not names:
        raise Fault("no-layers", call=call)
    if "conv1.bias" in names:
        raise Fault("stem-bias", call=call)
    for key, sizes in wanted.items():
        if key not in names:
            raise_missing(key, names, given)
        if names[key] != sizes:
            fault = shape_fault(key, names[key], sizes, given)
            raise Fault(fault, call=call, key=key, seen=shape(names[key]), wanted=shape(sizes))
    for stage in STAGES:
        judge_count(stage, names, given)
    extra = [key for key in names if key not in wanted]
    if extra:
        raise Fault("extra-key", call=call, key=extra[0], count=len(extra))


@cache
def wanted_names(block: str, layers: tuple[int, ...], classes: int | None) -> Names:
    """Return the names and shapes of the official net."""
    with torch.device("meta"):
        return shapes_of(make(ResNet, case_of(block, list(layers), classes, seed=0)))


def raise_missing(key: str, names: Names, given: Case) -> NoReturn:
    """Raise the fault of a net that has no such key: a stage is too short, or a part is not there."""
    part = key.split(".")[0]
    if part in STAGES and any(each.startswith(f"{part}.0.") for each in names):
        judge_count(part, names, given)
    parts = dict.fromkeys(each.split(".")[0] for each in names)
    raise Fault("missing-key", call=call_of(given), key=key, names=", ".join(parts))


def judge_count(stage: str, names: Names, given: Case) -> None:
    """Ask for as many blocks in a stage as the call says."""
    count = len({each.split(".")[1] for each in names if each.startswith(f"{stage}.")})
    wanted = given["layers"][STAGES.index(stage)]
    if count != wanted:
        raise Fault("block-count", call=call_of(given), stage=stage, seen=count, wanted=wanted)


def shape_fault(key: str, seen: list[int], wanted: list[int], given: Case) -> str:
    """Return the name of the misconception behind the first weight whose shape is wrong."""
    expansion, part = BLOCKS[given["block"]].expansion, key.split(".")[0]
    if key == "conv1.weight":
        return "stem-window" if seen[2:] != wanted[2:] else "stem-channels"
    if part == "fc" and seen[0] != wanted[0] and given["classes"] is None:
        return "default-classes"
    if part == "fc" and seen[0] != wanted[0]:
        return "classes-ignored"
    if part == "fc":
        return "head-expansion" if expansion != 1 and seen[1] * expansion == wanted[1] else "head-width"
    convolution = part in STAGES and len(seen) == 4
    if convolution and seen[2:] != wanted[2:] and "downsample" not in key:
        return "stage-block"
    if convolution and seen[1] != wanted[1] and seen[1] * expansion == wanted[1]:
        return "stage-expansion"
    return "stage-width"


def judge_net(seen: Seen, given: Case) -> None:
    """Ask for the usual settings, the reference's numbers, and weights that learn."""
    call, reference = call_of(given), reference_net(given)
    has_usual_norms(seen["norms"], call=call)
    changes_mode(seen["modes"], call)
    judge_strides(seen["strides"], call)
    if given["block"] == "Bottleneck" and "raised" in seen["run"]["output"]:
        # The net of BasicBlocks has run before.
        raise Fault("only-basic", call=call, text=first_line(said(seen["run"]["output"]["raised"])))
    judge_run(seen["run"], given, reference)
    if given["others"]:
        judge_one(seen["others"]["one"], given["others"]["one"], reference, call)
        judge_wide(seen["others"]["wide"], given["others"]["wide"], reference, call)
        trains_as(seen["training"], images_of(given), reference, call)
    unreached = seen["frozen"] or (seen["training"]["unreached"] if given["others"] else [])
    if unreached or not seen["run"]["output"]["attached"]:
        raise Fault("no-gradient", call=call, names=some(unreached or seen["names"]))


def judge_strides(strides: dict[str, list[int | str]], call: str) -> None:
    """Ask for a stride in no block but the first; which one that has, the sizes of the images will show."""
    for stage, (first, *others) in strides.items():
        wanted = [first] + [1] * len(others)
        if others != wanted[1:]:
            listed = {"seen": ", ".join(map(str, [first, *others])), "wanted": ", ".join(map(str, wanted))}
            raise Fault("block-strides", call=call, stage=stage, **listed)


def judge_run(run: Run, given: Case, reference: nn.Module) -> None:
    """Ask for the reference's steps, in their order: the first that differs is where to look."""
    call, x = call_of(given), images_of(given)
    if "raised" in run["output"]:
        judge_stopped(run["steps"], first_line(run["output"]["raised"]["message"]), x, call)
    ran(run["output"])
    judge_order([each["name"] for each in run["steps"]], call)
    wanted = {each["name"]: each for each in run_noting_steps(reference, x)["steps"]}
    for each in run["steps"]:
        judge_step(each, wanted[each["name"]], call)
    judge_output(run["output"], wanted["fc"]["values"], call)
    leaves_the_input(run["output"], x, call=call)


def judge_stopped(steps: list[Step], text: str, x: np.ndarray, call: str) -> None:
    """Name what PyTorch's words for an error hide: a part left out, a result left lying, a wrong way into `fc`."""
    names = [each["name"] for each in steps]
    for name, wanted in zip(names, STEPS, strict=False):
        if name != wanted:
            raise Fault("step-skipped", call=call, step=wanted, instead=name, seen=" → ".join(names), text=text)
    if len(names) > len(STEPS):
        judge_order(names, call)
    if names == list(STEPS[:-1]) and "Input dimension should be at least 3" in text:
        raise Fault("flattened-early", call=call, text=text)
    if "Output size is too small" in text:
        raise_size(text, x, call)
    if len(steps) > 1 and "shape" not in steps[-1]:
        judge_entrance(steps[-2], steps[-1], text, call)


def judge_entrance(before: Step, last: Step, text: str, call: str) -> None:
    """Ask the part that stopped for what the part before it gave."""
    got, gave, channels = last["entering"], before.get("shape", []), before["entering"][1:2]
    figures = {"call": call, "text": text, "entering": shape(got), "gave": shape(gave)}
    if got[1:2] == channels != gave[1:2]:
        raise Fault("result-lost", step=before["name"], next=last["name"], was=shape(before["entering"]), **figures)
    if last["name"] == "fc" and got != gave[:2]:
        raise Fault("not-flattened", wanted=shape(gave[:2]), **figures)


def images_of(given: Case) -> np.ndarray:
    """Return the images of a case that has some."""
    assert given["x"] is not None
    return given["x"]


def judge_one(output: Any, x: np.ndarray, reference: nn.Module, call: str) -> None:
    """Ask for the same numbers where the batch has one image."""
    ran(output)
    is_a_tensor(output)
    expected = output_of(reference, x)
    if not close(output["values"], expected):
        raise Fault("one-image", call=call, **shapes_or_worst(output["values"], expected))


def judge_wide(output: Any, x: np.ndarray, reference: nn.Module, call: str) -> None:
    """Ask for the right numbers where the images have another size."""
    if "raised" in output:
        raise_size(first_line(said(output["raised"])), x, call)
    is_a_tensor(output)
    expected = output_of(reference, x)
    if not close(output["values"], expected):
        figures = shapes_or_worst(output["values"], expected)
        raise_size(f"{figures['seen']} ≠ {figures['wanted']}", x, call)


def raise_size(seen: str, x: np.ndarray, call: str) -> NoReturn:
    """Raise the fault of a net that fits images of one size only."""
    raise Fault("other-size", call=call, seen=seen, size=" × ".join(map(str, x.shape[2:])))


def judge_order(names: list[str], call: str) -> None:
    """Ask for every step, once and in its place."""
    for name in STEPS:
        if name not in names:
            raise Fault("step-missing", call=call, step=name)
    if names != list(STEPS):
        raise Fault("step-order", call=call, seen=" → ".join(names), wanted=" → ".join(STEPS))


def reference_net(given: Case) -> nn.Module:
    """Return the reference, with the weights that the learner's net has."""
    with torch.device("meta"):
        net = make(ResNet, given)
    net = net.to_empty(device="cpu").eval()
    fill(net, given["seed"])
    return net


def judge_step(seen: Step, wanted: Step, call: str) -> None:
    """Ask a part of the net for the reference's numbers."""
    step = seen["name"]
    is_a_tensor(seen, step)
    if step == "layer1" and seen["entering"] != wanted["entering"]:
        key = "no-max-pool" if seen["entering"][2:] > wanted["entering"][2:] else "pool-size"
        raise Fault(key, call=call, seen=shape(seen["entering"]), wanted=shape(wanted["entering"]))
    if seen["shape"] != wanted["shape"]:
        key = {"conv1": "stem-stride", "bn1": "stem-order", "fc": "head-shape"}.get(step, "stage-stride")
        entering = {"entering": shape(seen["entering"]), "wanted_entering": shape(wanted["entering"])}
        raise Fault(key, call=call, step=step, seen=shape(seen["shape"]), wanted=shape(wanted["shape"]), **entering)
    if not close(seen["values"], wanted["values"]):
        key = {"layer1": "stem-differs", "fc": "head-differs"}.get(step, "diverges")
        raise Fault(key, call=call, step=step, **worst(seen["values"], wanted["values"]))


def judge_output(output: Described, expected: np.ndarray, call: str) -> None:
    """Ask for what the last layer gives, and nothing after it."""
    ran(output)
    is_a_tensor(output)
    is_finite(output)
    values, logits = output["values"], torch.from_numpy(expected)
    if values.shape != expected.shape:
        raise Fault("output-shape", call=call, seen=shape(values.shape), wanted=shape(expected.shape))
    if close(values, expected):
        return
    if any(close(values, to_numpy(each)) for each in (logits.softmax(1), logits.log_softmax(1))):
        raise Fault("softmax", call=call)
    raise Fault("output-differs", call=call, **worst(values, expected))


def judge_start(seen: Seen, given: Case) -> None:
    """Ask for convolutions drawn by the He rule with fan-out, and for the other layers as PyTorch makes them."""
    call = call_of(given)
    for name, spread in seen["start"]["spread"].items():
        sizes = seen["names"][f"{name}.weight"]
        if name == "fc":
            key, expected = "head-start", (1 / (3 * sizes[1])) ** 0.5
        else:
            key, expected = "initialisation", (2 / (sizes[0] * sizes[2] * sizes[3])) ** 0.5
        # Thousands of weights: their spread is within a few percent of the rule's.
        if np.prod(sizes) > MANY and abs(spread / expected - 1) > 0.05:
            raise Fault(key, call=call, name=name, seen=number(spread), wanted=number(expected))
    starts_as_usual(seen["start"]["norms"], call=call)


resnet = Check(
    grade_id="resnet",
    lesson="05_full_resnet",
    answers=("ResNet",),
    functions=False,
    inputs=inputs,
    observe=observe,
    judge=judge,
    references=("resnet_course.resnet.ResNet",),
)
