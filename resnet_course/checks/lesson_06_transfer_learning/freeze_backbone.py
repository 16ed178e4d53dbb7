"""The check of freezing all but the head."""

from __future__ import annotations

import re
from functools import partial
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn
from torch.optim import SGD

from resnet_course.checks.check import Check
from resnet_course.checks.judging import Fault, close, first_line, in_stages, name_mistake, ran, to_numpy, worst
from resnet_course.checks.lesson_06_transfer_learning.small_net import (
    HEAD,
    Net,
    SeenNet,
    SmallNet,
    altered,
    few,
    images,
    is_a_net,
    made_net,
    modes,
    moved,
    trainable,
)
from resnet_course.checks.observing import Plain, describe, trying
from resnet_course.checks.weights import shapes_of

STATISTICS = ("running_mean", "running_var")
# What Python and PyTorch say of a hook that cannot be one, where no line of the learner's failed.
HOOKS = (
    ("hook-returns", "'BatchNorm2d' object has no attribute|not BatchNorm2d"),
    ("eval-as-train", r"Module\.eval\(\) takes .* but 2 "),
    ("eval-as-hook", r"Module\.eval\(\) takes"),
    ("hook-not-a-function", "object is not callable|maximum recursion depth"),
    ("hook-arguments", r"positional arguments? but|missing \d+ required positional"),
)


class Case(Net):
    """What a case gives: a net, whether it is in train mode, and images."""

    training: bool
    x: np.ndarray


class Seen(SeenNet, total=False):
    """What a case shows: what can learn, and what the backbone gives before, in and after a little training."""

    same: bool
    trainable: list[str]
    modes: dict[str, bool]
    norms: list[str]
    hooked: list[str]
    awake: list[str]
    eval: Plain
    run: Plain
    moved: list[str]
    train: Plain
    dropout: Plain
    dropout_run: Plain


def inputs(seed: int) -> dict[str, Case]:
    """Return a net in train mode and one in eval mode."""

    def case(width: int, classes: int, number: int, seed: int, training: bool) -> Case:
        net: Net = {"width": width, "classes": classes, "dropout": 0.5, "seed": seed}
        return {**net, "training": training, "x": images(seed, number)}

    return {"train": case(8, 4, 6, seed, True), "eval": case(6, 3, 5, seed + 1, False)}


def observe(freeze_backbone: Any, inputs: dict[str, Case]) -> dict[str, Seen]:
    """Freeze each net, train it a little, and look at what moves."""

    def case(given: Case) -> Seen:
        net = made_net(given).train(given["training"])
        x = torch.from_numpy(given["x"])
        result = freeze_backbone(net)
        if not isinstance(result, SmallNet):
            return {"returned": describe(result)}
        before = {name: tensor.clone() for name, tensor in result.state_dict().items()}
        return {
            "same": result is net,
            "trainable": trainable(result),
            "modes": modes(result),
            "norms": norms(result),
            "hooked": [name for name in norms(result) if has_hooks(result.get_submodule(name.removeprefix("model.")))],
            "eval": trying("forward", lambda: outputs(result.eval(), x)),
            "awake": [name for name, awake in modes(result).items() if awake],
            "run": trying("backward", lambda: train_a_little(result, x, given["classes"])),
            "moved": moved(result, before),
            "train": trying("forward", lambda: outputs(result.train(), x)),
            "dropout": trying("forward", lambda: {"training": result.train().get_submodule("dropout").training}),
            "dropout_run": trying("forward", lambda: dropout_trains(result.train(), x)),
        }

    return {name: trying("call", partial(case, given)) for name, given in inputs.items()}


def norms(net: nn.Module) -> list[str]:
    """Return the names of all BatchNorm layers, as a learner would write them."""
    return [f"model.{name}" for name, each in net.named_modules() if "BatchNorm" in type(each).__name__]


def has_hooks(layer: nn.Module) -> bool:
    """Tell whether something is called before or after each run of a layer."""
    return bool(layer._forward_pre_hooks or layer._forward_hooks)


def outputs(net: Any, x: Tensor) -> dict[str, np.ndarray]:
    """Return what leaves the backbone, before the dropout, and what leaves the head."""
    caught: list[Tensor] = []
    hook = net.avgpool.register_forward_hook(lambda _, __, output: caught.append(output.detach().clone()))
    with hook, torch.no_grad():
        logits = net(x)
    return {"features": to_numpy(caught[-1].flatten(1)), "logits": to_numpy(logits)}


def dropout_trains(net: Any, x: Tensor) -> Plain:
    """Return in which mode the dropout is while the net runs: a hook may have changed it since ``train()``."""
    modes: list[bool] = []
    hook = net.get_submodule("dropout").register_forward_hook(lambda module, _, __: modes.append(module.training))
    with hook, torch.no_grad():
        net(x)
    return {"training": bool(modes) and all(modes)}


def train_a_little(net: nn.Module, x: Tensor, classes: int) -> Plain:
    """Take three steps with what can learn."""
    labels = torch.arange(len(x)) % classes
    trained = [parameter for parameter in net.parameters() if parameter.requires_grad]
    for _ in range(3):
        net.train()
        loss = nn.functional.cross_entropy(net(x), labels)
        if not trained:
            return {"steps": 0}
        optimizer = SGD(trained, lr=0.1)
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        net.eval()  # as between two epochs, to measure
    return {"steps": 3}


def judge(observation: dict[str, Seen], inputs: dict[str, Case]) -> None:
    """Ask for a backbone whose weights cannot learn, then for one that also gives the same numbers after training."""
    in_stages(observation, inputs, judge_trainable, judge_still, judge_head, judge_modes)


def judge_trainable(seen: Seen, given: Case) -> None:
    """Ask for the same net, in which the head can learn, and nothing else."""
    ran(seen)
    is_a_net(seen)
    if not seen["same"]:
        raise Fault("a-copy")
    everything = [name for name, _ in made_net(given).named_parameters()]
    backbone = [name for name in seen["trainable"] if name not in HEAD]
    missing = [name for name in HEAD if name not in seen["trainable"]]
    figures = {"names": few(backbone), "count": len(backbone), "total": len(everything) - len(HEAD)}
    if seen["trainable"] == everything:
        raise Fault("nothing-frozen", **figures)
    if backbone and all(".fc" in name for name in backbone):
        raise Fault("fc-in-the-backbone", **figures)
    if backbone and missing:
        raise Fault("wrong-way-round", **figures)
    if backbone:
        only_norms = all("bn" in name or "downsample.1" in name for name in backbone)
        raise Fault("norms-trainable" if only_norms else "some-trainable", **figures)
    if missing:
        raise Fault("head-frozen", **figures | {"names": few(missing)})


def judge_still(seen: Seen, given: Case) -> None:
    """Ask for the same features before and after training and in both modes, and for a dropout that still works."""
    judge_hooks(seen)
    expected = outputs(made_net(given).eval(), torch.from_numpy(given["x"]))
    if seen["awake"] and not all(close(seen["eval"][part], values) for part, values in expected.items()):
        raise Fault("eval-broken", names=few(seen["awake"]))
    if not close(seen["eval"]["features"], expected["features"]):
        raise Fault("net-changed", **worst(seen["eval"]["features"], expected["features"]))
    if not close(seen["eval"]["logits"], expected["logits"]):
        raise Fault("head-changed")
    judge_statistics(seen, given)
    if not close(seen["train"]["features"], expected["features"]):
        raise Fault("batch-statistics", **worst(seen["train"]["features"], expected["features"]))
    if not seen["dropout"]["training"]:
        raise Fault("nothing-trains")
    if not seen["dropout_run"]["training"]:
        raise Fault("dropout-stopped")


def judge_hooks(seen: Seen) -> None:
    """Ask for a net that runs."""
    for part in (seen["eval"], seen["run"], seen["train"], seen["dropout"], seen["dropout_run"]):
        error = part.get("raised", {"message": "", "lines": []})
        for key, words in HOOKS:
            if re.search(words, error["message"]) and not error["lines"]:
                raise Fault(key, text=first_line(error["message"]))
        ran(part)


def judge_statistics(seen: Seen, given: Case) -> None:
    """Ask for running means and variances that have not moved."""
    gone = [name for name in seen["moved"] if name.endswith(STATISTICS)]
    if not gone:
        return
    total = sum(name.endswith(STATISTICS) for name in shapes_of(made_net(given)))
    modes_after = [seen["modes"][name] for name in seen["norms"]]
    reasons = {
        "hook-without-effect": seen["norms"] and seen["hooked"] == seen["norms"],
        "some-move": len(gone) < total,
        "train-undoes-it": given["training"] and modes_after and not any(modes_after),
        "statistics-move": True,
    }
    layers = few(list(dict.fromkeys(f"model.{name.rpartition('.')[0]}" for name in gone)))
    figures = {"hooked": len(seen["hooked"]), "norms": len(seen["norms"]), "layers": layers}
    name_mistake(reasons.items(), bool, moved=len(gone), total=total, **figures)


def judge_head(seen: Seen, given: Case) -> None:
    """Ask for a head that has learned."""
    still = [name for name in HEAD if name not in seen["moved"]]
    if still:
        raise Fault("head-stuck", names=few(still))


def judge_modes(seen: Seen, given: Case) -> None:
    """Ask for all but BatchNorm in the mode that it had, right after freezing."""
    net = made_net(given).train(given["training"])
    before = {name: mode for name, mode in modes(net).items() if name not in norms(net)}
    changed = altered(seen["modes"], before)
    if changed:
        raise Fault("mode-changed", names=few(changed))


freeze_backbone = Check(
    grade_id="freeze-backbone",
    lesson="06_transfer_learning",
    answers=("freeze_backbone",),
    inputs=inputs,
    observe=observe,
    judge=judge,
    references=("resnet_course.transfer.freeze_backbone",),
)
