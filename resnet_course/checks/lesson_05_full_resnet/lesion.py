"""The check of a net without one of its blocks."""

from __future__ import annotations

import copy
from functools import partial
from typing import Any, NoReturn, TypedDict

import numpy as np
from torch import nn

from resnet_course.blocks import conv1x1
from resnet_course.checks.check import Check
from resnet_course.checks.judging import Fault, close, first_line, in_stages, is_a_tensor, is_finite, name_mistake, ran
from resnet_course.checks.lesson_05_full_resnet.nets import (
    Forward,
    difference,
    forward_once,
    frozen_of,
    is_a_net,
    leaves_the_input,
    output_of,
    random_images,
    some,
)
from resnet_course.checks.observing import Described, Raised, describe, trying
from resnet_course.checks.weights import fill
from resnet_course.lesion import without_block
from resnet_course.small_nets import create_plain_net, create_small_resnet

# kind of net, stage, index
LESIONS = {
    "identity": ("residual", 1, 1),
    "last": ("residual", 3, 2),
    "projected": ("residual", 2, 0),
    "after-it": ("residual", 2, 1),
    "plain": ("plain", 1, 2),
    "padded": ("padded", 3, 0),
    # Whether a block has a projection is seen from the block, and neither from its stage nor from its place.
    "first": ("residual", 1, 0),
    "first-projected": ("projecting", 1, 0),
    "later-projected": ("projecting", 3, 1),
}
IN_TRAINING = ("last", "plain")


class Case(TypedDict):
    """What a case gives: the kind of net, which block goes, the seed of the weights, images."""

    kind: str
    stage: int
    index: int
    trains: bool  # whether the net is in training mode when the block is taken out
    seed: int
    x: np.ndarray


class Seen(TypedDict, total=False):
    """What a case shows: the net's output before and after, and the copy's, or what was returned instead of one."""

    before: Forward
    after: Any  # the same of the net itself afterwards, or the error that stopped it
    mode_changed: bool  # whether any part of the net itself is in another mode afterwards
    own_frozen: list[str]  # the net's own parameters that ask for no gradient afterwards
    returned: Described
    raised: Raised
    same: bool  # whether the net itself was returned
    remains: list[str]  # the types of the layers in the block's place
    type: str
    parts: list[str]
    other_mode: list[str]  # the copy's norms that are not in the mode of the net
    frozen: list[str]
    output: Any
    shared: int  # of the copy's parameters and statistics, how many are the net's own


def inputs(seed: int) -> dict[str, Case]:
    """Return blocks of every kind: with x, a projection or padding as shortcut, behind one, and without a shortcut."""
    return {
        name: {
            "kind": kind,
            "stage": stage,
            "index": index,
            "trains": name in IN_TRAINING,
            "seed": seed + number,
            "x": random_images(seed + number, 1, 16),
        }
        for number, (name, (kind, stage, index)) in enumerate(LESIONS.items())
    }


def small_net(given: Case) -> nn.Module:
    """Return a case's net, the same to both sides."""
    if given["kind"] == "plain":
        net: nn.Module = create_plain_net(20, width=4, in_channels=1)
    else:
        shortcut = "A" if given["kind"] == "padded" else "B"
        net = create_small_resnet(20, shortcut=shortcut, width=4, in_channels=1)
    if given["kind"] == "projecting":
        net.get_submodule("layer1.0").downsample = projection(4)
        net.get_submodule("layer3.1").downsample = projection(16)
    fill(net, given["seed"])
    return net.eval()


def projection(channels: int) -> nn.Module:
    """Return a projection where none is needed."""
    return nn.Sequential(conv1x1(channels, channels), nn.BatchNorm2d(channels))


def observe(without_block: Any, inputs: dict[str, Case]) -> dict[str, Seen]:
    """Take each block out; run the net before and after, and what came back."""

    def case(given: Case) -> Seen:
        net, x = small_net(given), given["x"]
        before = forward_once(net, x)
        result = without_block(net.train(given["trains"]), given["stage"], given["index"])
        seen: Seen = {
            "before": before,
            "mode_changed": any(each.training != given["trains"] for each in net.modules()),
            "own_frozen": frozen_of(net),
        }
        norms = norms_in_another_mode(result, given["trains"]) if isinstance(result, nn.Module) else []
        # A model that was changed in place may not even run any more.
        seen["after"] = trying("original", lambda: forward_once(net.eval(), x))
        if not isinstance(result, nn.Module):
            return {**seen, "returned": describe(result)}
        own = {tensor.data_ptr() for tensor in net.state_dict().values()}
        return {
            **seen,
            "same": result is net,
            "remains": layers_at(result, f"layer{given['stage']}.{given['index']}"),
            "type": type(result).__name__,
            "parts": [name for name, _ in result.named_children()],
            "other_mode": norms,
            "frozen": frozen_of(result),
            "output": trying("forward", lambda: forward_once(result.eval(), x)),
            "shared": sum(tensor.data_ptr() in own for tensor in result.state_dict().values()),
        }

    return {name: trying("call", partial(case, given)) for name, given in inputs.items()}


def layers_at(net: nn.Module, place: str) -> list[str]:
    """Return the types of the layers at a place of a net, those in a row one by one."""
    modules = net.named_modules(remove_duplicate=False)  # what stands here may stand in another block too
    layers = [each for name, each in modules if f"{name}.".startswith(f"{place}.")]
    return [type(each).__name__ for each in layers if not list(each.children())]


def norms_in_another_mode(net: nn.Module, trains: bool) -> list[str]:
    """Return the BatchNorms that are in another mode than the one given."""
    norms = {name: each for name, each in net.named_modules() if isinstance(each, nn.BatchNorm2d)}
    return [name for name, each in norms.items() if each.training != trains]


def judge(observation: dict[str, Seen], inputs: dict[str, Case]) -> None:
    """Ask for an untouched original and the copy's numbers, then for weights and a mode as a copy has them."""
    for name, seen in observation.items():
        if "has no attribute 'layer'" in seen.get("raised", {}).get("message", ""):
            raise Fault("stage-name", call=call_of(inputs[name]), text=first_line(seen["raised"]["message"]))
    ran(*observation.values())
    in_stages(observation, inputs, judge_case, judge_original, judge_copy)


def call_of(given: Case) -> str:
    """Return the call as a learner would write it."""
    return f"without_block(model, {given['stage']}, {given['index']})"


def judge_case(seen: Seen, given: Case) -> None:
    """Ask for the original as it was, and for a copy that runs and lacks the right block."""
    figures: dict[str, Any] = {"call": call_of(given), "stage": given["stage"], "index": given["index"]}
    if "raised" in seen["after"] or not close(seen["after"]["values"], seen["before"]["values"]):
        raise Fault("no-copy" if seen.get("same") else "original-changed", **figures)
    is_a_net(seen.get("returned"), "not-a-net", **figures)
    output = seen["output"]
    right = output_of(without_block(small_net(given), given["stage"], given["index"]), given["x"])
    if "values" in output and close(output["values"], right):
        leaves_the_input(output, given["x"], **figures)
        return
    if seen["parts"] != [name for name, _ in small_net(given).named_children()]:
        raise Fault("not-a-net", **figures, type=seen["type"])
    if "raised" in output:
        error = output["raised"]
        if "'NoneType' object is not callable" in error["message"]:
            raise Fault("none-called", **figures)
        figures |= {"text": first_line(error["message"]) or error["type"], "layers": ", ".join(seen["remains"])}
        if "Conv2d" not in seen["remains"]:
            raise Fault("shapes-broken", **figures)
        raise Fault("layer-too-many" if shortcut_of(small_net(given), given) else "foreign-projection", **figures)
    is_a_tensor(output)
    is_finite(output)
    raise_numbers(output["values"], right, given, figures)


def raise_numbers(values: np.ndarray, right: np.ndarray, given: Case, figures: dict[str, Any]) -> NoReturn:
    """Raise the fault behind other numbers than those of the net without that block."""

    def gives(lesioned: nn.Module) -> bool:
        return close(values, output_of(lesioned, given["x"]))

    net, stage, index = small_net(given), given["stage"], given["index"]
    mistakes = [("nothing-removed", net)]
    shortcut = shortcut_of(net, given)
    if shortcut is not None:
        mistakes.append(("no-relu", with_instead(net, stage, index, shortcut)))
    if given["kind"] == "projecting":
        mistakes.append(("projection-lost", with_instead(net, stage, index, nn.Identity())))
    name_mistake(mistakes, gives, **figures)
    for other_stage in (1, 2, 3):
        for other in range(3):
            if given["kind"] == "plain" and other == 0 and other_stage > 1:
                continue  # it changes the shape and cannot be spared
            if gives(without_block(net, other_stage, other)):
                raise Fault("another-block", **figures, other_stage=other_stage, other=other)
    raise difference(values, right, **figures)


def shortcut_of(net: nn.Module, given: Case) -> nn.Module | None:
    """Return the projection of the block that goes, if it has one."""
    shortcut: nn.Module | None = getattr(
        net.get_submodule(f"layer{given['stage']}.{given['index']}"), "downsample", None
    )
    return shortcut


def with_instead(net: nn.Module, stage: int, index: int, remains: nn.Module) -> nn.Module:
    """Return the net in which something else stands in a block's place."""
    copied = copy.deepcopy(net)
    getattr(copied, f"layer{stage}")[index] = remains
    return copied


def judge_original(seen: Seen, given: Case) -> None:
    """Ask for a model whose mode and weights are as they were."""
    call = call_of(given)
    if seen["mode_changed"]:
        raise Fault("original-mode", call=call)
    if seen["own_frozen"]:
        raise Fault("original-frozen", call=call, names=some(seen["own_frozen"]))


def judge_copy(seen: Seen, given: Case) -> None:
    """Ask for a copy with weights of its own that can learn, and norms in the mode of the model."""
    call = call_of(given)
    if seen["shared"]:
        raise Fault("shared", call=call)
    if seen["other_mode"]:
        raise Fault("copy-mode", call=call, names=some(seen["other_mode"]))
    if seen["frozen"]:
        raise Fault("copy-frozen", call=call, names=some(seen["frozen"]))


lesion = Check(
    grade_id="lesion",
    lesson="05_full_resnet",
    answers=("without_block",),
    inputs=inputs,
    observe=observe,
    judge=judge,
    arguments=("model", "stage", "index"),
    references=("resnet_course.lesion.without_block",),
)
