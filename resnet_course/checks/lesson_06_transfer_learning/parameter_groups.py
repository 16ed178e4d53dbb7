"""The check of a learning rate for the head and another for the backbone."""

from __future__ import annotations

import warnings
from collections import Counter
from collections.abc import Iterator
from functools import partial
from itertools import chain
from typing import Any, TypedDict

import numpy as np
import torch
from torch import Tensor, nn
from torch.optim import SGD

from resnet_course.checks.check import Check
from resnet_course.checks.judging import Fault, first_line, name_mistake, ran
from resnet_course.checks.lesson_06_transfer_learning.small_net import (
    HEAD,
    Net,
    SmallNet,
    altered,
    few,
    lent_net,
    modes,
    moved,
    switched,
    trainable,
)
from resnet_course.checks.observing import Described, Plain, describe, kind_of, trying
from resnet_course.language import number

# What an optimizer can be told besides the rate; a group that has such a key learns otherwise than the task says.
SETTINGS = {"momentum", "dampening", "weight_decay", "nesterov", "maximize", "betas", "eps", "amsgrad", "alpha"}


class Case(Net):
    """What a case gives: a net in one of its modes, two learning rates, and whether they are given by name."""

    training: bool
    head_lr: float
    backbone_lr: float
    by_name: bool


class Seen(TypedDict, total=False):
    """What a case shows: what was returned, if no groups; else these, and how far a step takes each weight."""

    returned: Described
    entry: str
    keys: list[list[str]]
    rates: list[str]
    steps: Plain
    sizes: list[int]  # how much each group holds
    doubled: list[str]  # what stands in them more than once
    strangers: int  # how many tensors in them are no parameters of the net
    modes: dict[str, bool]
    trainable: list[str]
    moved: list[str]


def inputs(seed: int) -> dict[str, Case]:
    """Return a call with rates by position and one with rates by name."""
    draw = np.random.default_rng(seed)

    def case(place: int, by_name: bool) -> Case:
        head, backbone = (float(f"{rate:.2g}") for rate in (draw.uniform(0.05, 0.2), draw.uniform(0.001, 0.009)))
        net: Net = {"width": 8 + place, "classes": 4, "seed": seed + place}
        return {**net, "training": by_name, "head_lr": head, "backbone_lr": backbone, "by_name": by_name}

    return {"positions": case(0, False), "names": case(1, True)}


def lent(given: Case) -> SmallNet:
    """Return a case's net: a part of its backbone is frozen, and in one case a part of its head as well."""
    net = lent_net(given, given["training"])
    if given["by_name"]:
        net.fc.bias.requires_grad_(False)
    return net


def observe(parameter_groups: Any, inputs: dict[str, Case]) -> dict[str, Seen]:
    """Make the groups of each net, and take a step with them."""

    def case(given: Case) -> Seen:
        net = lent(given)
        before = {name: tensor.clone() for name, tensor in net.state_dict().items()}
        rates = {"head_lr": given["head_lr"], "backbone_lr": given["backbone_lr"]}
        made = parameter_groups(net, **rates) if given["by_name"] else parameter_groups(net, *rates.values())
        groups = list(made) if isinstance(made, list | tuple) else made
        if not isinstance(groups, list):
            return {"returned": describe(made)}
        others = [kind_of(group) for group in groups if not isinstance(group, dict)]
        if others:
            return {"returned": describe(made), "entry": others[0]}
        seen: Seen = {
            "keys": [sorted(map(str, group)) for group in groups],
            "modes": modes(net),
            "trainable": trainable(net),
            "moved": moved(net, before),
        }
        if all({"params", "lr"} <= set(group) for group in groups):
            members = [members_of(group) for group in groups]
            own = {id(parameter) for parameter in net.parameters()}
            seen["sizes"] = [len(each) for each in members]
            times = Counter(id(each) for each in chain(*members))
            seen["doubled"] = [name for name, each in net.named_parameters() if times[id(each)] > 1]
            seen["strangers"] = sum(isinstance(each, Tensor) and id(each) not in own for each in chain(*members))
            seen["rates"] = [kind_of(group["lr"]) for group in groups if not is_a_rate(group["lr"])]
            seen["steps"] = trying("optimizer", lambda: effective_rates(net, groups))
        return seen

    return {name: trying("call", partial(case, given)) for name, given in inputs.items()}


def members_of(group: dict[str, Any]) -> list[Any]:
    """Return what a group holds; what a generator gives is kept in the group, or it would be gone."""
    if isinstance(group["params"], Iterator):
        group["params"] = list(group["params"])
    return list(group["params"]) if isinstance(group["params"], list | tuple) else [group["params"]]


def is_a_rate(value: Any) -> bool:
    """Tell whether a value is a number, or a tensor of one."""
    return isinstance(value, int | float | np.number) or (isinstance(value, Tensor) and value.numel() == 1)


def effective_rates(net: nn.Module, groups: list[dict[str, Any]]) -> dict[str, float | None]:
    """Return how far one step of SGD moves each parameter whose gradient is 1: its rate; None without a group."""
    before = {name: tensor.detach().clone() for name, tensor in net.named_parameters()}
    if not groups:
        return dict.fromkeys(before)
    with warnings.catch_warnings():
        warnings.simplefilter("error")  # PyTorch only warns of a parameter that stands twice in one group
        optimizer = SGD(groups, lr=0.0)
    for parameter in net.parameters():
        parameter.grad = torch.ones_like(parameter)
    optimizer.step()
    known = {id(parameter) for group in optimizer.param_groups for parameter in group["params"]}
    return {
        name: float((before[name] - now.detach()).mean()) if id(now) in known else None
        for name, now in net.named_parameters()
    }


def judge(observation: dict[str, Seen], inputs: dict[str, Case]) -> None:
    """Ask each call for groups that an optimizer takes, then for the right rate of every parameter."""
    for name, given in inputs.items():
        seen, head, backbone = observation[name], given["head_lr"], given["backbone_lr"]
        rates = f"head_lr={head}, backbone_lr={backbone}" if given["by_name"] else f"{head}, {backbone}"
        figures = {
            "call": f"parameter_groups(model, {rates})",
            "head_lr": number(head, "g"),
            "backbone_lr": number(backbone, "g"),
        }
        judge_groups(seen, figures)
        judge_optimizer(seen, figures)
        judge_members(seen, given, figures)
        judge_rates(seen, given, figures)
        if len(seen["keys"]) != 2:
            raise Fault("not-two", **figures, count=len(seen["keys"]))
        judge_net(seen, given, figures)


def judge_groups(seen: Seen, figures: dict[str, Any]) -> None:
    """Ask for dicts with the keys that an optimizer wants."""
    ran(seen)
    if "returned" in seen:
        key = "returned-nothing" if seen["returned"]["kind"] == "none" else "not-groups"
        key = "not-dicts" if "entry" in seen else key
        raise Fault(key, **figures, type=seen["returned"]["type"], entry=seen.get("entry"))
    if "steps" not in seen:
        raise Fault("key-missing", **figures, keys=", ".join(f"`{{{', '.join(keys)}}}`" for keys in seen["keys"]))
    if seen["rates"]:
        raise Fault("rate-no-number", **figures, type=seen["rates"][0])
    added = sorted(SETTINGS & {key for keys in seen["keys"] for key in keys})
    if added:
        raise Fault("settings-added", **figures, names=few(added))


def judge_optimizer(seen: Seen, figures: dict[str, Any]) -> None:
    """Ask for groups that the optimizer accepts."""
    steps = seen["steps"]
    if "raised" not in steps:
        return
    error, text = steps["raised"], first_line(steps["raised"]["message"])
    if any(words in error["message"] for words in ("more than one parameter group", "duplicate")):
        in_both = "more than one" in text and set(seen["doubled"]) <= set(HEAD)
        key = "in-both" if in_both else "given-twice"
        raise Fault(key, **figures, names=few(seen["doubled"]), text=text)
    raise Fault("refused", **figures, error=error["type"], text=text)


def judge_members(seen: Seen, given: Case, figures: dict[str, Any]) -> None:
    """Ask for every parameter to be in a group."""
    steps = seen["steps"]
    missing = [name for name, step in steps.items() if step is None]
    if not missing:
        return
    asleep = set(steps) - set(trainable(lent(given)))
    reasons = {
        "strangers": seen["strangers"],
        "frozen-left-out": set(missing) in (asleep, asleep & set(HEAD)),
        "head-left-out": set(missing) <= set(HEAD),
        "fc-left-out": all(".fc" in name for name in missing),
        "left-out": True,
    }
    name_mistake(
        reasons.items(),
        bool,
        **figures,
        names=few(missing),
        count=len(missing),
        total=len(steps),
        strangers=seen["strangers"],
    )


def judge_rates(seen: Seen, given: Case, figures: dict[str, Any]) -> None:
    """Ask for the head's rate at the head, and for the backbone's at all else."""
    steps: dict[str, float] = seen["steps"]
    head, backbone = given["head_lr"], given["backbone_lr"]
    wanted = {name: head if name in HEAD else backbone for name in steps}
    # Not one that is far off, but one that is not near: NaN is neither.
    off = [name for name, step in steps.items() if not abs(step - wanted[name]) < 1e-3 * wanted[name]]
    if not off:
        return
    fast, slow = ([name for name, step in steps.items() if abs(step - rate) < 1e-3 * rate] for rate in (head, backbone))
    rest = [name for name in steps if name not in HEAD]
    if slow == HEAD and fast == rest:
        raise Fault("swapped", **figures)
    if len(steps) in (len(fast), len(slow)):
        raise Fault("empty-group" if 0 in seen["sizes"] else "one-rate", **figures)
    strangers = [name for name in fast if name not in HEAD]
    if strangers and all(".fc" in name for name in strangers):
        raise Fault("fc-in-the-backbone", **figures, names=few(strangers))
    if fast and not set(fast) & set(HEAD) and fast == list(steps)[-len(fast) :]:
        raise Fault("by-place", **figures, names=few(fast))
    if "fc.weight" in fast and "fc.bias" not in fast:
        raise Fault("bias-left-behind", **figures)
    name = off[0]
    raise Fault("rate-wrong", **figures, name=name, seen=number(steps[name], ".3g"), wanted=number(wanted[name], "g"))


def judge_net(seen: Seen, given: Case, figures: dict[str, Any]) -> None:
    """Ask for a net that is what it was: its numbers, its modes, and what can learn."""
    before = lent(given)
    changed = seen["moved"] or switched(seen["trainable"], before) or altered(seen["modes"], modes(before))
    if changed:
        raise Fault("net-changed", **figures, names=few(changed))


parameter_groups = Check(
    grade_id="parameter-groups",
    lesson="06_transfer_learning",
    answers=("parameter_groups",),
    inputs=inputs,
    observe=observe,
    judge=judge,
    arguments=("model", "head_lr", "backbone_lr"),
    references=("resnet_course.transfer.parameter_groups",),
)
