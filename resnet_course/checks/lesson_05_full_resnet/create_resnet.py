"""The check of the family by name: five nets from one recipe."""

from __future__ import annotations

import inspect
import re
from functools import partial
from typing import Any, TypedDict

import numpy as np
import torch
from torch import nn

from resnet_course import resnet
from resnet_course.blocks import Bottleneck
from resnet_course.checks.check import Check
from resnet_course.checks.judging import Fault, close, first_line, is_a_tensor, ran
from resnet_course.checks.lesson_05_full_resnet.nets import (
    Forward,
    forward_once,
    frozen_of,
    is_a_net,
    kept,
    random_images,
    said,
    shapes_or_worst,
    some,
)
from resnet_course.checks.observing import Described, LayerFacts, Raised, describe, describe_layers, trying
from resnet_course.checks.used import functions_of
from resnet_course.checks.weights import Names, fill

RECIPES = {
    name: resnet.ARCHITECTURES[name][:2] for name in ("resnet18", "resnet34", "resnet50", "resnet101", "resnet152")
}
RUN = ("layer1.0", "layer2.0")  # blocks without and with a stride, whose numbers are compared
# A block is asked for what only its class has, or its class is called as if it were a net.
NO_CLASS = re.compile(r"'(list|tuple|str)' object has no attribute 'expansion'")
CALLED_ALREADY = re.compile(r"(BasicBlock|Bottleneck)\.__init__\(\) missing")


class Case(TypedDict):
    """What a case gives: the name of a net, how many classes if not the default, and a seed for its weights."""

    architecture: str
    options: dict[str, int]
    seed: int


class Seen(TypedDict, total=False):
    """What a case shows: what was returned if it is no net, else its class, names, shapes and convolutions."""

    raised: Raised
    returned: Described
    type: str
    own: bool  # whether the net is of the learner's own class
    names: Names
    convolutions: dict[str, dict[str, Any]]
    training: bool
    frozen: list[str]
    kept: list[str]
    blocks: dict[str, Any]  # Forward, or the error


def inputs(seed: int) -> dict[str, Case]:
    """Return every net of the family with a number of classes, one without, and some that there are not."""
    draw = np.random.default_rng(seed)
    classes = draw.permutation(np.arange(3, 30))[: len(RECIPES)]
    cases: dict[str, Case] = {
        name: {"architecture": name, "options": {"num_classes": int(count)}, "seed": seed}
        for name, count in zip(RECIPES, classes, strict=True)
    }
    cases["again"] = cases["resnet18"]
    cases["default"] = {"architecture": "resnet18", "options": {}, "seed": seed}
    return cases | {name: {"architecture": name, "options": {}, "seed": seed} for name in unknown_names(draw)}


def unknown_names(draw: np.random.Generator) -> list[str]:
    """Return names of no net in the table: one of the kind, what all begin with, one that this package knows."""
    return [f"resnet{int(draw.integers(19, 33))}", "resnet"]


def observe(create_resnet: Any, inputs: dict[str, Case]) -> dict[str, Seen]:
    """Make each net and look at it."""
    named = [function.__globals__.get("ResNet") for function in functions_of(create_resnet)]
    classes = [each for each in named if inspect.isclass(each)]
    earlier: dict[int, nn.Module] = {}

    def case(given: Case) -> Seen:
        # On the meta device a net has shapes and no numbers: it is made at once.
        with torch.device("meta"):
            net = create_resnet(given["architecture"], **given["options"])
        if not isinstance(net, nn.Module):
            return {"returned": describe(net)}
        layers = describe_layers(net)
        return {
            "type": f"{type(net).__module__}.{type(net).__qualname__}",
            "own": all(isinstance(net, each) for each in classes) if classes else not is_of_a_library(net),
            "names": layers["names"],
            "convolutions": layers["convolutions"],
            "training": net.training,
            "frozen": frozen_of(net),
            "kept": kept(net, earlier),
            "blocks": {name: trying("forward", partial(run_block, net, name, given["seed"])) for name in RUN},
        }

    return {name: trying("call", partial(case, given)) for name, given in inputs.items()}


def run_block(net: nn.Module, name: str, seed: int) -> Forward:
    """Give one block of a net on the meta device memory and the seed's weights, and run it."""
    block = net.get_submodule(name).to_empty(device="cpu").eval()
    fill(block, seed)
    planes = next(each.in_channels for each in block.modules() if isinstance(each, nn.Conv2d))
    with torch.no_grad():
        return forward_once(block, random_images(seed, planes, 5, 4, count=1))


def is_of_a_library(net: nn.Module) -> bool:
    """Tell whether a net's class is another's; the grader leaves out the learner's where an answer does not use it."""
    return type(net).__module__.partition(".")[0] in ("resnet_course", "torchvision", "timm")


def judge(observation: dict[str, Seen], inputs: dict[str, Case]) -> None:
    """Ask for each net of the family, for ImageNet's classes by default, and for an error that helps."""
    if all(refused(observation[name]) for name in RECIPES):
        raise Fault("all-refused", **refusal_figures(observation["resnet18"], inputs["resnet18"]))
    accepted = [name for name in RECIPES if not refused(observation[name])]
    if len(accepted) == 1:
        name = next(name for name in RECIPES if name not in accepted)
        raise Fault("one-accepted", **refusal_figures(observation[name], inputs[name]), accepted=accepted[0])
    for name in RECIPES:
        judge_member(observation[name], inputs[name])
    for name in ("again", "default"):
        judge_kept(observation[name], inputs[name])
    judge_default(observation["default"], inputs["default"])
    for name, given in inputs.items():
        if given["architecture"] not in RECIPES:
            judge_unknown(observation[name], given)


def call_of(given: Case) -> str:
    """Return the call as a learner would write it."""
    options = "".join(f", {name}={value}" for name, value in given["options"].items())
    return f'create_resnet("{given["architecture"]}"{options})'


def classes_of(seen: Seen) -> int:
    """Return how many outputs a net has."""
    return seen.get("names", {}).get("fc.weight", [0])[0]


def refused(seen: Seen) -> bool:
    """Tell whether the learner's own code has refused a name, by a ``raise`` of its own."""
    error = seen.get("raised")
    return bool(error and error["type"] in ("ValueError", "KeyError") and "raise" in last_line(error))


def last_line(error: Raised) -> str:
    """Return the learner's line at which an error arose."""
    return error["lines"][-1]["code"] if error["lines"] else ""


def refusal_figures(seen: Seen, given: Case) -> dict[str, str]:
    """Return the call and the error that it led to."""
    return {"call": call_of(given), "error": first_line(said(seen["raised"]))}


def judge_member(seen: Seen, given: Case) -> None:
    """Ask for the net of that name."""
    call, error = call_of(given), seen.get("raised")
    if error:
        judge_error(error, seen, given)
    is_a_net(seen.get("returned"), "not-a-net", call=call)
    if not seen["own"]:
        raise Fault("another-class", call=call, type=seen["type"])
    judge_recipe(seen["names"], given)
    wanted = given["options"]["num_classes"]
    if classes_of(seen) != wanted:
        raise Fault("classes-ignored", call=call, seen=classes_of(seen), wanted=wanted)
    if not seen["training"]:
        raise Fault("eval-mode", call=call)
    if seen["frozen"]:
        raise Fault("frozen", call=call, names=some(seen["frozen"]))
    with torch.device("meta"):
        reference = resnet.create_resnet(given["architecture"], **given["options"])
    judge_layers(seen, describe_layers(reference), call)
    for name, output in seen["blocks"].items():
        judge_block(output, run_block(reference, name, given["seed"]), f"{call}.{name}")


def judge_error(error: Raised, seen: Seen, given: Case) -> None:
    """Raise the fault of a call that stopped with an error."""
    figures = refusal_figures(seen, given)
    if refused(seen) or error["type"] == "KeyError":
        raise Fault("known-refused", **figures)
    if NO_CLASS.search(error["message"]):
        raise Fault("not-a-class", **figures)
    if CALLED_ALREADY.search(error["message"]) and error["lines"][-1]["function"] == "create_resnet":
        raise Fault("block-called", **figures, code=last_line(error))
    ran(seen)


def judge_recipe(names: Names, given: Case) -> None:
    """Ask for the right block, and the right number of them in each stage."""
    block, layers = RECIPES[given["architecture"]]
    if any(".conv3." in key for key in names) != (block is Bottleneck):
        raise Fault("wrong-block", call=call_of(given), wanted=block.__name__)
    counts = [len({key.split(".")[1] for key in names if key.startswith(f"layer{stage}.")}) for stage in range(1, 5)]
    if counts != list(layers):
        raise Fault("wrong-recipe", call=call_of(given), seen=str(counts), wanted=str(list(layers)))


def judge_layers(seen: Seen, wanted: LayerFacts, call: str) -> None:
    """Ask for the names and shapes of the official net, and for its strides: names and shapes do not show those."""
    for key in {**wanted["names"], **seen["names"]}:
        if wanted["names"].get(key) != seen["names"].get(key):
            raise Fault("net-differs", call=call, key=key)
    for name, settings in wanted["convolutions"].items():
        found = seen["convolutions"].get(name, settings)
        for what in ("stride", "padding"):
            figures = {"what": f"{name}.{what}", "seen": found[what], "wanted": settings[what]}
            if found[what] not in (settings[what], "same"):
                raise Fault("convolution-differs", call=call, **figures)


def judge_block(output: Any, wanted: Forward, name: str) -> None:
    """Ask for the official block's numbers."""
    ran(output)
    is_a_tensor(output)
    if not close(output["values"], wanted["values"]):
        raise Fault("block-differs", name=name, **shapes_or_worst(output["values"], wanted["values"]))


def judge_kept(seen: Seen, given: Case) -> None:
    """Ask for a new net in every call."""
    ran(seen)
    if seen.get("kept"):
        raise Fault("kept-between-calls", call=call_of(given))


def judge_default(seen: Seen, given: Case) -> None:
    """Ask for ImageNet's classes where no number is given."""
    ran(seen)
    if classes_of(seen) != 1000:
        raise Fault("default-classes", call=call_of(given), seen=classes_of(seen))


def judge_unknown(seen: Seen, given: Case) -> None:
    """Ask for an error that lists the names."""
    call, error = call_of(given), seen.get("raised")
    if error is None:
        raise Fault("no-error", call=call)
    code = last_line(error)
    if error["type"] != "ValueError" and ("raise ValueError" in code or "join(" in code):
        raise Fault("text-fails", call=call, error=first_line(said(error)), code=code)
    if error["type"] != "ValueError":
        raise Fault("other-error", call=call, error=first_line(said(error)))
    missing = ", ".join(known for known in RECIPES if known not in error["message"])
    if missing:
        raise Fault("names-not-listed", call=call, text=first_line(error["message"]) or "''", missing=missing)


create_resnet = Check(
    grade_id="create-resnet",
    lesson="05_full_resnet",
    answers=("create_resnet",),
    inputs=inputs,
    observe=observe,
    judge=judge,
    arguments=("architecture", "num_classes"),
    references=("resnet_course.resnet.create_resnet",),
)
