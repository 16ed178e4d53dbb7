"""The check of the start as the identity: 0 in the last BatchNorm of a block."""

from __future__ import annotations

import re
from functools import partial
from typing import Any, TypedDict

import numpy as np
import torch
from torch import nn

from resnet_course.blocks import BasicBlock, Bottleneck, make_shortcut
from resnet_course.checks.check import Check
from resnet_course.checks.judging import Fault, close, first_line, ran, stopped, to_numpy
from resnet_course.checks.observing import Described, Plain, Raised, describe, load_arrays, trying
from resnet_course.language import number

State = dict[str, np.ndarray]

BLOCKS: dict[str, tuple[type[BasicBlock] | type[Bottleneck], int, int, int]] = {
    "BasicBlock(4, 4)": (BasicBlock, 4, 4, 1),
    "BasicBlock(4, 6, 2, downsample)": (BasicBlock, 4, 6, 2),
    "Bottleneck(8, 2)": (Bottleneck, 8, 2, 1),
    "Bottleneck(4, 2, 2, downsample)": (Bottleneck, 4, 2, 2),
}
# PyTorch's words where a layer or a block stands in place of a tensor.
NOT_A_TENSOR = re.compile(
    r"'(BatchNorm2d|Conv2d|Sequential|BasicBlock|Bottleneck)' object has no attribute '(\w+_|data)'|as child module"
)
LAST = {BasicBlock: "bn2.weight", Bottleneck: "bn3.weight"}


class Case(TypedDict):
    """What a case gives: a block's weights, images."""

    weights: State
    x: np.ndarray


class Seen(TypedDict, total=False):
    """What a case shows: the block afterwards, its parameters that are new or learn no more, its output."""

    state: State
    settings: dict[str, str]  # of every layer
    evaluating: list[str]  # the layers in eval mode
    copy: State  # of another module that was returned, else empty
    replaced: list[str]
    frozen: list[str]
    output: Described
    raised: Raised


def fresh(name: str) -> nn.Module:
    """Build a block."""
    kind, inplanes, planes, stride = BLOCKS[name]
    return kind(inplanes, planes, stride, make_shortcut(inplanes, planes * kind.expansion, stride))


def trained(name: str, given: Case) -> nn.Module:
    """Build a block with the weights of its case."""
    block = fresh(name)
    load_arrays(block, given["weights"])
    return block


def state_of(block: Any) -> State:
    """Return the parameters and statistics of a block."""
    return {name: tensor.detach().double().numpy().copy() for name, tensor in block.state_dict().items()}


def settings_of(block: nn.Module) -> dict[str, str]:
    """Return the kind and the settings of every layer of a block, as PyTorch shows them."""
    return {name: f"{type(layer).__name__}({layer.extra_repr()})" for name, layer in block.named_modules() if name}


def inputs(seed: int) -> dict[str, Case]:
    """Return weights and images for each block."""
    draw = np.random.default_rng(seed)

    def case(name: str) -> Case:
        weights = {
            # Nothing is 0 or 1 as in a fresh block, so that every change shows; whole numbers are counts of batches.
            each: draw.uniform(0.5, 1.5, tuple(tensor.shape)).astype(np.float32)
            if tensor.is_floating_point()
            else np.full(tuple(tensor.shape), 7)
            for each, tensor in fresh(name).state_dict().items()
        }
        return {"weights": weights, "x": draw.normal(0, 1, (3, BLOCKS[name][1], 5, 4)).astype(np.float32)}

    return {name: case(name) for name in BLOCKS}


def observe(zero_init_residual: Any, inputs: dict[str, Case]) -> Plain:
    """Let the function change each block, then run the block."""

    def case(name: str, given: Case) -> Seen:
        block = trained(name, given)
        before = dict(block.named_parameters())
        returned = zero_init_residual(block)
        after = dict(block.named_parameters())
        return {
            "state": state_of(block),
            "settings": settings_of(block),
            "evaluating": [each for each, layer in block.named_modules() if not layer.training],
            "copy": state_of(returned) if isinstance(returned, nn.Module) and returned is not block else {},
            "replaced": [each for each in before if each in after and after[each] is not before[each]],
            "frozen": [each for each, parameter in after.items() if not parameter.requires_grad],
            "output": trying("forward", lambda: describe(block.eval()(torch.from_numpy(given["x"]).clone()))),
        }

    return {name: trying("call", partial(case, name, given)) for name, given in inputs.items()}


def judge(observation: Plain, inputs: dict[str, Case]) -> None:
    """Ask for a block in which only the weight of the last BatchNorm has changed, to 0."""
    # A block on which the code ran says more than an error on the next one, unless it is right.
    for name, given in inputs.items():
        seen = observation[name]
        if "raised" in seen:
            raise broken(name, seen["raised"])
        judge_change(name, seen, given)
        judge_rest(name, seen)
        judge_output(name, seen, given)


def broken(name: str, error: Raised) -> Fault:
    """Return the fault of code that stopped with an error: a parameter replaced, a layer not there, or another."""
    text = error["message"]
    if NOT_A_TENSOR.search(text) and error["lines"]:
        return Fault("layer-not-weight", text=first_line(text), code=error["lines"][-1]["code"])
    if ("cannot assign" in text and "parameter" in text) or "in-place operation" in text:
        return Fault("fill-in-place", text=first_line(text))
    if "no attribute 'bn3'" in text:
        return Fault("no-bn3", name=name, text=first_line(text))
    return stopped(error)


def judge_change(name: str, seen: Seen, given: Case) -> None:
    """Ask for a change of the last weight and of nothing else."""
    last = LAST[BLOCKS[name][0]]
    before, after = state_of(trained(name, given)), seen["state"]
    missing = sorted(set(before) - set(after))
    if missing:
        raise Fault("missing", name=name, last=last, missing=", ".join(missing))
    added = sorted((set(after) - set(before)) | (set(seen["settings"]) - set(settings_of(fresh(name)))))
    if added:
        raise Fault("added", name=name, last=last, added=", ".join(added))
    changed = [each for each in before if not np.array_equal(after[each], before[each])]
    if changed == [last]:
        return
    if changed:
        key = misplaced(changed, last)
        if key == "bias-too":
            judge_zero(name, seen)
        if key == "statistics" and seen["replaced"]:
            raise Fault("new-layer", name=name, last=last, replaced=", ".join(seen["replaced"]))
        raise Fault(key, name=name, last=last, changed=", ".join(changed))
    if last in seen["copy"] and not seen["copy"][last].any():
        raise Fault("returned-copy", name=name, last=last)
    raise Fault("unchanged" if name == next(iter(BLOCKS)) else "only-some-blocks", name=name, last=last)


def misplaced(changed: list[str], last: str) -> str:
    """Return the name of the mistake that changes these parameters and statistics."""
    statistics = [each for each in changed if "running" in each or "num_batches" in each]
    parameters = [each for each in changed if not each.startswith("downsample") and each not in statistics]
    norms = [each for each in parameters if each.startswith("bn") and each.endswith("weight")]
    if statistics:
        return "statistics"
    if any(each.startswith("downsample") for each in changed):
        return "downsample-norm"
    if any(each.startswith("conv") for each in parameters):
        return "convolution" if len(parameters) == 1 else "too-much"
    if len(norms) > 1:
        return "all-norms"
    if norms and norms != [last]:
        return "first-norm" if norms == ["bn1.weight"] else "middle-norm"
    return "bias-too" if norms else "bias"


def judge_zero(name: str, seen: Seen) -> None:
    """Ask for 0 in the last weight."""
    last = LAST[BLOCKS[name][0]]
    weight = seen["state"][last]
    if weight.any():
        raise Fault("not-zero", name=name, last=last, seen=number(weight.flat[np.abs(weight).argmax()], ".4g"))


def judge_rest(name: str, seen: Seen) -> None:
    """Ask for 0 in the last weight, and for parameters that are the same and still learn."""
    last = LAST[BLOCKS[name][0]]
    judge_zero(name, seen)
    if last in seen["frozen"]:
        raise Fault("frozen", name=name, last=last)
    if seen["replaced"]:
        raise Fault("replaced", name=name, last=last, replaced=", ".join(seen["replaced"]))
    if seen["frozen"]:
        raise Fault("others-frozen", name=name, last=last, frozen=", ".join(seen["frozen"]))


def judge_output(name: str, seen: Seen, given: Case) -> None:
    """Ask for a block that computes as it did, with the same settings and in the same mode."""
    last = LAST[BLOCKS[name][0]]
    ran(seen["output"])
    block = trained(name, given)
    settings = settings_of(block)
    with torch.no_grad():
        block.get_parameter(last).zero_()
        expected = to_numpy(block.eval()(torch.from_numpy(given["x"])))
    # Where the numbers are right and the output is not, a layer or a method was exchanged.
    if seen["output"]["kind"] != "tensor" or not close(seen["output"]["values"], expected):
        raise Fault("output-differs", name=name, last=last)
    for layer, setting in settings.items():
        if seen["settings"].get(layer) != setting:
            after = seen["settings"].get(layer, "None")
            raise Fault("settings-changed", name=name, last=last, layer=layer, before=setting, after=after)
    if seen["evaluating"]:
        raise Fault("mode-changed", name=name, layers=len(seen["evaluating"]), all=len(settings) + 1)


identity_init = Check(
    grade_id="identity-init",
    lesson="02_residual_gradient",
    answers=("zero_init_residual",),
    inputs=inputs,
    observe=observe,
    judge=judge,
    references=("resnet_course.gradients.zero_init_residual",),
)
