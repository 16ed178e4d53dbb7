"""The checks of lesson 06: measuring, a new head, a frozen backbone, two learning rates, and the official weights."""

from __future__ import annotations

import copy
import warnings
import zlib
from collections.abc import Iterator
from contextlib import contextmanager, nullcontext
from functools import cache, lru_cache, partial
from typing import Any
from unittest.mock import patch

import numpy as np
import torch
from torch import Tensor, nn
from torch.optim import SGD
from torchvision.models import get_model

from resnet_course.blocks import BasicBlock
from resnet_course.checks.check import Check
from resnet_course.checks.judging import (
    PASSED,
    Verdict,
    close,
    first_line,
    first_raised,
    raised,
    shape,
    to_numpy,
    worst,
)
from resnet_course.checks.lesson_05_full_resnet import fill, shapes_of
from resnet_course.checks.observing import Plain, describe, trying
from resnet_course.resnet import make_layer
from resnet_course.transfer import pretrained_weights, weights_from

LESSON = "06_transfer_learning"
HEAD = ["fc.weight", "fc.bias"]


# --- a net on which hasty code stumbles, shared by the exercises -------------------------------------------------


class Gate(nn.Module):
    """Squeeze and excitation; torchvision names its first layer ``fc1``, and it belongs to the backbone."""

    def __init__(self, channels: int) -> None:
        super().__init__()
        self.fc1 = nn.Linear(channels, channels)

    def forward(self, x: Tensor) -> Tensor:
        return x * torch.sigmoid(self.fc1(x.mean((2, 3))))[:, :, None, None]


class SmallNet(nn.Module):
    """A residual net of a few thousand weights, with torchvision's names."""

    def __init__(self, width: int = 8, classes: int = 5, dropout: float = 0.0) -> None:
        super().__init__()
        self.conv1 = nn.Conv2d(1, 6, 3, padding=1, bias=False)
        self.bn1 = nn.BatchNorm2d(6)
        self.relu = nn.ReLU()
        self.layer1 = make_layer(BasicBlock, 6, width, 2, 2)
        self.gate = Gate(width)
        self.avgpool = nn.AdaptiveAvgPool2d((1, 1))
        self.dropout = nn.Dropout(dropout)
        self.fc = nn.Linear(width, classes)

    def forward(self, x: Tensor) -> Tensor:
        x = self.gate(self.layer1(self.relu(self.bn1(self.conv1(x)))))
        return self.fc(self.dropout(self.avgpool(x).flatten(1)))


def _made_net(given: Plain) -> SmallNet:
    # Inputs are made outside the check's own random state, and the learner's must not notice.
    with torch.random.fork_rng(devices=[]):
        net = SmallNet(given["width"], given["classes"], given.get("dropout", 0.0))
    fill(net, given["seed"])
    return net


def _images(seed: int, count: int, channels: int = 1, side: int = 12) -> np.ndarray:
    return np.random.default_rng(seed).normal(0, 1, (count, channels, side, side)).astype(np.float32)


def _features(net: Any, x: Tensor) -> np.ndarray:
    """Return what reaches the head."""
    caught: list[Tensor] = []
    hook = net.fc.register_forward_pre_hook(lambda _, inputs: caught.append(inputs[0].detach().clone()))
    try:
        with torch.no_grad():
            net(x)
    finally:
        hook.remove()
    return to_numpy(caught[-1])


def _moved(net: nn.Module, before: dict[str, Tensor]) -> list[str]:
    return [name for name, tensor in net.state_dict().items() if name in before and not tensor.equal(before[name])]


def _trainable(net: nn.Module) -> list[str]:
    return [name for name, parameter in net.named_parameters() if parameter.requires_grad]


def _not_the_net(seen: Plain, figures: dict[str, Any]) -> Verdict | None:
    """Return the verdict on a function that was to return a net and returned something else."""
    if "returned" not in seen:
        return None
    key = "returned-nothing" if seen["returned"]["kind"] == "none" else "not-a-net"
    return Verdict(key, figures | {"type": seen["returned"]["type"]})


# --- evaluate ----------------------------------------------------------------------------------------------------

BATCH_SIZES = (7, 7, 3)


def _evaluate_inputs(seed: int) -> Plain:
    def case(number: int, mode: str) -> Plain:
        given = {"width": 8, "classes": 5, "dropout": 0.5, "seed": seed + number, "mode": mode}
        batches = [_images(seed + 10 * number + place, size) for place, size in enumerate(BATCH_SIZES)]
        # In the last, smaller batch every image is right, in the others about half: a mean of means is another number.
        net = _made_net(given).eval()
        labels, draw = [], np.random.default_rng(seed + number)
        for place, images in enumerate(batches):
            with torch.no_grad():
                said = net(torch.from_numpy(images)).argmax(1).numpy()
            wrong = (np.arange(len(said)) + place) % 2 == 0 if place < 2 else np.zeros(len(said), bool)
            labels.append(np.where(wrong, (said + draw.integers(1, 5, len(said))) % given["classes"], said))
        return given | {"images": batches, "labels": labels}

    return {"train": case(0, "train"), "eval": case(1, "eval")}


def _evaluate_observe(accuracy: Any, inputs: Plain) -> Plain:
    def case(given: Plain) -> Plain:
        net = _made_net(given)
        net.train(given["mode"] == "train")
        net.layer1.eval()  # a part that someone froze
        calls: list[Plain] = []

        def note(module: nn.Module, arguments: tuple[Tensor, ...]) -> None:
            calls.append(
                {
                    "images": len(arguments[0]),
                    "training": [name for name, each in module.named_modules() if each.training],
                    "gradients": torch.is_grad_enabled(),
                }
            )

        net.register_forward_pre_hook(note)
        before = {name: tensor.clone() for name, tensor in net.state_dict().items()}
        loader = [
            (torch.from_numpy(images), torch.from_numpy(labels))
            for images, labels in zip(given["images"], given["labels"], strict=True)
        ]
        value = accuracy(net, loader)
        number = isinstance(value, int | float | np.number) or (isinstance(value, Tensor) and value.numel() == 1)
        return {
            "value": float(value) if number else None,
            "type": type(value).__name__,
            "calls": calls,
            "modes": {name: module.training for name, module in net.named_modules()},
            "moved": _moved(net, before),
        }

    return {name: trying("call", partial(case, given)) for name, given in inputs.items()}


def _evaluate_judge(observation: Plain, inputs: Plain) -> Verdict:
    error = first_raised(*observation.values())
    if error:
        return raised(error)
    for judge in (_judge_run, _judge_value, _judge_own_mode, _judge_modes):
        for name, given in inputs.items():
            verdict = judge(observation[name], given)
            if not verdict.passed:
                return verdict
    return PASSED


def _judge_run(seen: Plain, given: Plain) -> Verdict:
    if seen["value"] is None:
        return Verdict("returned-nothing" if seen["type"] == "NoneType" else "not-a-number", {"type": seen["type"]})
    if not seen["calls"]:
        return Verdict("not-run", {})
    loud = [call for call in seen["calls"] if call["training"]]
    if loud:
        return Verdict("train-mode", {"count": len(loud[0]["training"]), "moved": len(seen["moved"])})
    if any(call["gradients"] for call in seen["calls"]):
        return Verdict("gradients", {})
    return PASSED


def _judge_value(seen: Plain, given: Plain) -> Verdict:
    net = _made_net(given).eval()
    with torch.no_grad():
        logits = [to_numpy(net(torch.from_numpy(images))) for images in given["images"]]
    right = [each.argmax(1) == labels for each, labels in zip(logits, given["labels"], strict=True)]
    every = np.concatenate(right)
    value, wanted = seen["value"], float(every.mean())
    figures = {"seen": f"{value:.4g}", "wanted": f"{wanted:.4f}", "right": int(every.sum()), "total": len(every)}
    if abs(value - wanted) < 1e-6:
        return PASSED
    other = {
        "percent": 100 * wanted,
        "count": float(every.sum()),
        "mean-of-means": float(np.mean([each.mean() for each in right])),
        "per-batch": float(every.sum()) / len(right),
        "first-batch-only": float(right[0].mean()),
        "last-batch-only": float(right[-1].mean()),
        "error-rate": 1 - wanted,
    }
    for key, number in other.items():
        if abs(value - number) < 1e-4:
            return Verdict(key, figures)
    return Verdict("numbers-differ", figures)


def _judge_own_mode(seen: Plain, given: Plain) -> Verdict:
    was_training, is_training = given["mode"] == "train", seen["modes"][""]
    if was_training == is_training:
        return PASSED
    return Verdict("left-in-eval" if was_training else "always-train", {})


def _judge_modes(seen: Plain, given: Plain) -> Verdict:
    was_training, modes = given["mode"] == "train", seen["modes"]
    if any(training for name, training in modes.items() if name.startswith("layer1")):
        return Verdict("frozen-woken", {})
    asleep = [name for name, training in modes.items() if training != was_training and not name.startswith("layer1")]
    return Verdict("modes-mixed", {"names": ", ".join(asleep[:3])}) if asleep else PASSED


# --- replace-head ------------------------------------------------------------------------------------------------


def _head_inputs(seed: int) -> Plain:
    draw = np.random.default_rng(seed)
    fewer, more = int(draw.integers(2, 5)), int(draw.integers(6, 12))
    return {
        "more": {"width": 8, "classes": 5, "seed": seed, "asked": more, "x": _images(seed, 2)},
        "fewer": {"width": 12, "classes": 5, "seed": seed + 1, "asked": fewer, "x": _images(seed + 1, 2)},
    }


def _head_observe(replace_head: Any, inputs: Plain) -> Plain:
    def case(given: Plain) -> Plain:
        net = _made_net(given).eval()
        result = replace_head(net, given["asked"])
        if not isinstance(result, nn.Module):
            return {"returned": describe(result)}
        x = torch.from_numpy(given["x"])
        seen: dict[str, Plain] = {"same": result is net, "type": type(result).__name__}
        with torch.no_grad():
            seen["output"] = trying("forward", lambda: describe(result(x)))
        seen["features"] = trying("forward", lambda: {"values": _features(net, x)})
        fc = getattr(net, "fc", None)
        seen["fc"] = type(fc).__name__
        seen["names"] = shapes_of(net)
        seen["out_features"] = getattr(fc, "out_features", None)
        seen["trainable"] = _trainable(net)
        if isinstance(fc, nn.Linear):
            seen["weight"] = to_numpy(fc.weight)
            seen["bias"] = None if fc.bias is None else to_numpy(fc.bias)
        return seen

    return {name: trying("call", partial(case, given)) for name, given in inputs.items()}


def _head_judge(observation: Plain, inputs: Plain) -> Verdict:
    for name, given in inputs.items():
        verdict = _judge_head(observation[name], given)
        if not verdict.passed:
            return verdict
    return PASSED


def _judge_head(seen: Plain, given: Plain) -> Verdict:
    figures: dict[str, Any] = {"call": f"replace_head(model, {given['asked']})", "asked": given["asked"]}
    error = first_raised(seen)
    if error:
        return raised(error)
    problem = _not_the_net(seen, figures)
    if problem:
        return problem
    if seen["type"] == "Linear":
        return Verdict("returned-head", figures)
    net = _made_net(given).eval()
    wanted = [given["asked"], given["width"]]
    if not seen["same"]:
        is_copy = seen["type"] == "SmallNet"
        return Verdict("a-copy" if is_copy else "head-on-top", figures | {"type": seen["type"]})
    if seen["fc"] != "Linear":
        on_top = seen["fc"] == "Sequential" and any(
            key.startswith("fc.") and sizes == [given["classes"], given["width"]]
            for key, sizes in seen["names"].items()
        )
        return Verdict("head-on-top" if on_top else "not-linear", figures | {"type": seen["fc"]})
    found = list(seen["weight"].shape)
    figures |= {"seen": shape(found), "wanted": shape(wanted)}
    if found != wanted:
        if found[0] == given["classes"] and seen["out_features"] == given["asked"]:
            return Verdict("attribute-only", figures)
        if found == [given["classes"], given["width"]]:
            return Verdict("not-replaced", figures)
        return Verdict("inputs-fixed" if found[0] == given["asked"] else "outputs-wrong", figures)
    return _judge_new_head(seen, given, net, figures)


def _judge_new_head(seen: Plain, given: Plain, net: SmallNet, figures: dict[str, Any]) -> Verdict:
    if seen["bias"] is None:
        return Verdict("no-bias", figures)
    old, rows = to_numpy(net.fc.weight), min(given["asked"], given["classes"])
    if close(seen["weight"][:rows], old[:rows]):
        return Verdict("old-rows", figures | {"rows": rows})
    backbone = {key: sizes for key, sizes in shapes_of(net).items() if key not in HEAD}
    mine = {key: sizes for key, sizes in seen["names"].items() if key not in HEAD}
    features = _features(net, torch.from_numpy(given["x"]))
    error = first_raised(seen["features"], seen["output"])
    if error:
        return raised(error)
    if backbone != mine or not close(seen["features"]["values"], features):
        return Verdict("backbone-changed", figures)
    if any(name not in seen["trainable"] for name in HEAD):
        return Verdict("head-frozen", figures)
    expected = features @ seen["weight"].T + seen["bias"]
    if seen["output"]["kind"] != "tensor" or not close(seen["output"]["values"], expected):
        return Verdict("something-after", figures)
    return PASSED


# --- freeze-backbone ---------------------------------------------------------------------------------------------


def _freeze_inputs(seed: int) -> Plain:
    return {
        "train": {"width": 8, "classes": 4, "dropout": 0.5, "seed": seed, "mode": "train", "x": _images(seed, 6)},
        "eval": {"width": 6, "classes": 3, "dropout": 0.5, "seed": seed + 1, "mode": "eval", "x": _images(seed + 1, 5)},
    }


def _freeze_observe(freeze_backbone: Any, inputs: Plain) -> Plain:
    def case(given: Plain) -> Plain:
        net = _made_net(given).train(given["mode"] == "train")
        x = torch.from_numpy(given["x"])
        result: Any = freeze_backbone(net)
        if not isinstance(result, nn.Module):
            return {"returned": describe(result)}
        before = {name: tensor.clone() for name, tensor in result.state_dict().items()}
        seen: dict[str, Plain] = {
            "same": result is net,
            "trainable": _trainable(result),
            "norm_modes": [each.training for each in result.modules() if "BatchNorm" in type(each).__name__],
        }
        seen["eval"] = trying("forward", lambda: {"values": _pooled(result.eval(), x)})
        seen["run"] = trying("backward", lambda: _train_a_little(result, x, given["classes"]))
        seen["moved"] = _moved(result, before)
        seen["train"] = trying("forward", lambda: {"values": _pooled(result.train(), x)})
        result.train()
        seen["dropout"] = result.get_submodule("dropout").training
        seen["dropout_run"] = trying("forward", lambda: _dropout_trains(result.train(), x))
        return seen

    return {name: trying("call", partial(case, given)) for name, given in inputs.items()}


def _pooled(net: Any, x: Tensor) -> np.ndarray:
    """Return what leaves the backbone, before the dropout."""
    caught: list[Tensor] = []
    hook = net.avgpool.register_forward_hook(lambda _, __, output: caught.append(output.detach().clone()))
    try:
        with torch.no_grad():
            net(x)
    finally:
        hook.remove()
    return to_numpy(caught[-1].flatten(1))


def _dropout_trains(net: Any, x: Tensor) -> Plain:
    """Return in which mode the dropout is while the net runs: a hook may have changed it since ``train()``."""
    modes: list[bool] = []
    hook = net.get_submodule("dropout").register_forward_hook(lambda module, _, __: modes.append(module.training))
    try:
        with torch.no_grad():
            net(x)
    finally:
        hook.remove()
    return {"training": bool(modes) and all(modes)}


def _train_a_little(net: nn.Module, x: Tensor, classes: int) -> Plain:
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


def _freeze_judge(observation: Plain, inputs: Plain) -> Verdict:
    for judge in (_judge_frozen_weights, _judge_frozen_statistics):
        for name, given in inputs.items():
            verdict = judge(observation[name], given)
            if not verdict.passed:
                return verdict
    return PASSED


def _judge_frozen_weights(seen: Plain, given: Plain) -> Verdict:
    error = first_raised(seen)
    if error:
        return raised(error)
    problem = _not_the_net(seen, {})
    if problem:
        return problem
    if not seen["same"]:
        return Verdict("a-copy", {})
    all_names = [name for name, _ in _made_net(given).named_parameters()]
    trainable = seen["trainable"]
    backbone = [name for name in trainable if name not in HEAD]
    missing = [name for name in HEAD if name not in trainable]
    figures = {"names": ", ".join(backbone[:4]), "count": len(backbone), "total": len(all_names) - len(HEAD)}
    if trainable == all_names:
        return Verdict("nothing-frozen", figures)
    if not trainable:
        return Verdict("head-frozen", figures | {"names": ", ".join(missing)})
    if backbone and all(".fc" in name for name in backbone):
        return Verdict("fc-in-the-backbone", figures)
    if backbone and missing:
        return Verdict("wrong-way-round", figures)
    if backbone:
        norms = all("bn" in name or "downsample.1" in name for name in backbone)
        return Verdict("norms-trainable" if norms else "some-trainable", figures)
    if missing:
        return Verdict("head-frozen", figures | {"names": ", ".join(missing)})
    return PASSED


def _judge_frozen_statistics(seen: Plain, given: Plain) -> Verdict:
    error = first_raised(seen["eval"], seen["run"], seen["train"], seen["dropout_run"])
    if error:
        if "'BatchNorm2d' object has no attribute" in error["message"] or "not BatchNorm2d" in error["message"]:
            return Verdict("hook-returns", {"text": first_line(error["message"])})
        return raised(error)
    expected = _pooled(_made_net(given).eval(), torch.from_numpy(given["x"]))
    if not close(seen["eval"]["values"], expected):
        return Verdict("net-changed", worst(seen["eval"]["values"], expected))
    statistics = [name for name in seen["moved"] if name.endswith(("running_mean", "running_var"))]
    total = sum(name.endswith(("running_mean", "running_var")) for name in shapes_of(_made_net(given)))
    figures = {"moved": len(statistics), "total": total}
    if statistics:
        slept = seen["norm_modes"] and not any(seen["norm_modes"]) and given["mode"] == "train"
        partly = len(statistics) < total
        return Verdict("some-move" if partly else "train-undoes-it" if slept else "statistics-move", figures)
    if not close(seen["train"]["values"], expected):
        return Verdict("batch-statistics", worst(seen["train"]["values"], expected))
    if not seen["dropout"]:
        return Verdict("nothing-trains", {})
    if not seen["dropout_run"]["training"]:
        return Verdict("dropout-stopped", {})
    return PASSED


# --- parameter-groups --------------------------------------------------------------------------------------------


def _groups_inputs(seed: int) -> Plain:
    draw = np.random.default_rng(seed)
    cases = {}
    for number, (name, by_name) in enumerate({"positions": False, "names": True}.items()):
        head, backbone = (float(f"{rate:.2g}") for rate in (draw.uniform(0.05, 0.2), draw.uniform(0.001, 0.009)))
        cases[name] = {
            "width": 8 + number, "classes": 4, "seed": seed + number,
            "head_lr": head, "backbone_lr": backbone, "by_name": by_name,
        }  # fmt: skip
    return cases


def _groups_observe(parameter_groups: Any, inputs: Plain) -> Plain:
    def case(given: Plain) -> Plain:
        net = _made_net(given)
        rates = (given["head_lr"], given["backbone_lr"])
        if given["by_name"]:
            made = parameter_groups(net, head_lr=rates[0], backbone_lr=rates[1])
        else:
            made = parameter_groups(net, *rates)
        groups = list(made) if isinstance(made, list | tuple) else made
        if not isinstance(groups, list) or not all(isinstance(group, dict) for group in groups):
            of = f" of {type(groups[0]).__name__}" if isinstance(groups, list) and groups else ""
            return {"returned": describe(made) | {"type": f"{type(made).__name__}{of}"}}
        seen: dict[str, Plain] = {"keys": [sorted(map(str, group)) for group in groups]}
        if not all({"params", "lr"} <= set(group) for group in groups):
            return seen
        before = {name: tensor.detach().clone() for name, tensor in net.named_parameters()}
        seen["steps"] = trying("optimizer", lambda: _effective_rates(net, groups, before))
        return seen

    return {name: trying("call", partial(case, given)) for name, given in inputs.items()}


def _effective_rates(net: nn.Module, groups: list[dict[str, Any]], before: dict[str, Tensor]) -> Plain:
    """Return how far one step of SGD moves each parameter whose gradient is 1: its learning rate."""
    with warnings.catch_warnings():
        warnings.simplefilter("error")  # PyTorch only warns of a parameter that stands twice in one group
        optimizer = SGD(groups, lr=0.0)
    for parameter in net.parameters():
        parameter.grad = torch.ones_like(parameter)
    optimizer.step()
    return {name: float((before[name] - now.detach()).mean()) for name, now in net.named_parameters()}


def _groups_judge(observation: Plain, inputs: Plain) -> Verdict:
    for name, given in inputs.items():
        verdict = _judge_groups(observation[name], given)
        if not verdict.passed:
            return verdict
    return PASSED


def _judge_groups(seen: Plain, given: Plain) -> Verdict:
    head, backbone = given["head_lr"], given["backbone_lr"]
    words = ("head_lr=", "backbone_lr=") if given["by_name"] else ("", "")
    figures: dict[str, Any] = {
        "call": f"parameter_groups(model, {words[0]}{head}, {words[1]}{backbone})",
        "head_lr": head,
        "backbone_lr": backbone,
    }
    error = first_raised(seen)
    if error:
        return raised(error)
    if "returned" in seen:
        key = "returned-nothing" if seen["returned"]["kind"] == "none" else "not-groups"
        return Verdict(key, figures | {"type": seen["returned"]["type"]})
    if "steps" not in seen:
        return Verdict("key-missing", figures | {"keys": "; ".join(", ".join(each) for each in seen["keys"])})
    error = first_raised(seen["steps"])
    if error and ("more than one parameter group" in error["message"] or "duplicate" in error["message"]):
        return Verdict("in-both", figures | {"text": first_line(error["message"])})
    if error:
        return Verdict("refused", figures | {"error": error["type"], "text": first_line(error["message"])})
    return _judge_rates(seen["steps"], head, backbone, figures)


def _judge_rates(steps: dict[str, float], head: float, backbone: float, figures: dict[str, Any]) -> Verdict:
    def at(rate: float) -> list[str]:
        return [name for name, step in steps.items() if abs(step - rate) < 1e-3 * rate]

    still = [name for name, step in steps.items() if abs(step) < 1e-9]
    rest = [name for name in steps if name not in HEAD]
    if still:
        return Verdict("left-out", figures | {"names": ", ".join(still[:4]), "count": len(still), "total": len(steps)})
    if at(head) == HEAD and at(backbone) == rest:
        return PASSED
    if at(backbone) == HEAD and at(head) == rest:
        return Verdict("swapped", figures)
    if len(at(head)) == len(steps) or len(at(backbone)) == len(steps):
        return Verdict("one-rate", figures)
    strangers = [name for name in at(head) if name not in HEAD]
    if strangers and all(".fc" in name for name in strangers):
        return Verdict("fc-in-the-backbone", figures | {"names": ", ".join(strangers)})
    if "fc.weight" in at(head) and "fc.bias" not in at(head):
        return Verdict("bias-left-behind", figures)
    wrong = [name for name, step in steps.items() if abs(step - (head if name in HEAD else backbone)) > 1e-3 * backbone]
    name = wrong[0]
    wanted = head if name in HEAD else backbone
    return Verdict("rate-wrong", figures | {"name": name, "seen": f"{steps[name]:.3g}", "wanted": f"{wanted:g}"})


# --- pretrained-resnet -------------------------------------------------------------------------------------------

MEASURED = "resnet18"  # with numbers; of the others, on the meta device, shapes and the name of the weights
OTHERS = ("resnet34", "resnet101")  # one of them each time: making a net takes longer than looking at it


def _official_inputs(seed: int) -> Plain:
    draw = np.random.default_rng(seed)
    names = (MEASURED, "resnet50", str(draw.choice(OTHERS)))
    classes = draw.permutation(np.arange(2, 30))[: len(names)]
    return {
        "known": {name: int(count) for name, count in zip(names, classes, strict=True)},
        "unknown": [f"resnet{int(draw.integers(19, 33))}", str(draw.choice(["vgg11", "alexnet", "squeezenet1_0"]))],
        "seed": seed,
        "x": _images(seed, 2, channels=3, side=64),
    }


def _architecture(weights: Any) -> str:
    return type(weights).__name__.removesuffix("_Weights").lower()


@contextmanager
def _shapes_only() -> Iterator[None]:
    """On the meta device tensors have no numbers; without the rules that would draw them nets are made in no time."""

    def leave(tensor: Tensor, *_: Any, **__: Any) -> Tensor:
        return tensor

    rules: dict[str, Any] = dict.fromkeys(("kaiming_normal_", "kaiming_uniform_", "constant_", "uniform_"), leave)
    with patch.multiple(nn.init, **rules), torch.device("meta"):
        yield


@cache
def _skeleton(architecture: str) -> nn.Module:
    with _shapes_only():
        made: nn.Module = get_model(architecture, weights=None)
    return made


@lru_cache(maxsize=1)
def _seeded_net(weights: Any, seed: int) -> nn.Module:
    """Return an architecture with numbers that depend on the weights' name and the seed, in place of a download."""
    net = copy.deepcopy(_skeleton(_architecture(weights))).to_empty(device="cpu")
    for name, tensor in net.state_dict().items():
        if name.endswith("num_batches_tracked"):
            tensor.zero_()
    fill(net, seed + zlib.crc32(str(weights).encode()) % 1000)
    return net


def _reference_shapes(architecture: str, classes: int) -> dict[str, list[int]]:
    names = shapes_of(_skeleton(architecture))
    return names | {key: [classes, *names[key][1:]] for key in HEAD}


def _official_observe(get_resnet_pretrained: Any, inputs: Plain) -> Plain:
    asked: list[str] = []

    def source(weights: Any) -> dict[str, Tensor]:
        asked.append(str(weights))
        measured = _architecture(weights) == MEASURED
        net = _seeded_net(weights, inputs["seed"]) if measured else _skeleton(_architecture(weights))
        return {key: tensor.clone() for key, tensor in net.state_dict().items()}

    def case(name: str, classes: int) -> Plain:
        asked.clear()
        with weights_from(source), nullcontext() if name == MEASURED else _shapes_only():
            net = get_resnet_pretrained(name, classes)
        if not isinstance(net, nn.Module):
            return {"returned": describe(net), "asked": list(asked)}
        seen: dict[str, Plain] = {"asked": list(asked), "names": shapes_of(net), "trainable": _trainable(net)}
        if name == MEASURED and hasattr(net, "fc"):
            x = torch.from_numpy(inputs["x"])
            seen["features"] = trying("forward", lambda: {"values": _features(net.eval(), x)})
            before = {key: tensor.clone() for key, tensor in net.state_dict().items() if "running" in key}
            seen["still"] = trying("forward", lambda: {"values": _features(net.train(), x)})
            seen["moved"] = _moved(net, before)
            seen["statistics"] = len(before)
        return seen

    def refused(name: str) -> Plain:
        with weights_from(source), _shapes_only():
            return {"returned": describe(get_resnet_pretrained(name, 3))}

    return {
        "known": {name: trying("call", partial(case, name, count)) for name, count in inputs["known"].items()},
        "unknown": [trying("call", partial(refused, name)) for name in inputs["unknown"]],
    }


def _official_judge(observation: Plain, inputs: Plain) -> Verdict:
    for name, classes in inputs["known"].items():
        verdict = _judge_official(observation["known"][name], name, classes, inputs)
        if not verdict.passed:
            return verdict
    for seen, name in zip(observation["unknown"], inputs["unknown"], strict=True):
        figures = {"call": f'get_resnet_pretrained("{name}", 3)'}
        error = first_raised(seen)
        if error is None:
            return Verdict("no-error", figures)
        if error["type"] != "ValueError":
            return Verdict("other-error", figures | {"error": error["type"], "text": first_line(error["message"])})
    return PASSED


def _judge_official(seen: Plain, name: str, classes: int, inputs: Plain) -> Verdict:
    wanted = str(pretrained_weights(name))
    figures: dict[str, Any] = {"call": f'get_resnet_pretrained("{name}", {classes})', "wanted": wanted}
    error = first_raised(seen)
    if error:
        if "num_classes" in error["message"] and "expected value 1000" in error["message"]:
            return Verdict("classes-at-once", figures | {"text": first_line(error["message"])})
        if error["type"] in ("ValueError", "KeyError"):
            return Verdict("known-refused", figures | {"error": error["type"], "text": first_line(error["message"])})
        return raised(error)
    problem = _not_the_net(seen, figures)
    if problem:
        return problem
    if not seen["asked"]:
        return Verdict("no-weights", figures)
    if wanted not in seen["asked"]:
        return Verdict("other-weights", figures | {"seen": ", ".join(seen["asked"])})
    reference = _reference_shapes(name, classes)
    outputs = seen["names"].get("fc.weight", [0])[0]
    if outputs != classes and "fc.weight" in seen["names"]:
        return Verdict("classes-ignored", figures | {"seen": outputs, "classes": classes})
    differing = [key for key in {**reference, **seen["names"]} if reference.get(key) != seen["names"].get(key)]
    if differing:
        return Verdict("net-differs", figures | {"key": differing[0]})
    if set(seen["trainable"]) != set(HEAD):
        backbone = [key for key in seen["trainable"] if key not in HEAD]
        if backbone:
            return Verdict("not-frozen", figures | {"count": len(backbone)})
        return Verdict("head-frozen", figures)
    return _judge_official_numbers(seen, name, inputs, figures) if name == MEASURED else PASSED


def _judge_official_numbers(seen: Plain, name: str, inputs: Plain, figures: dict[str, Any]) -> Verdict:
    error = first_raised(seen["features"], seen["still"])
    if error:
        return raised(error)
    net = _seeded_net(pretrained_weights(name), inputs["seed"])
    expected = _features(net.eval(), torch.from_numpy(inputs["x"]))
    values = seen["features"]["values"]
    if not close(values, expected):
        difference = worst(values, expected)
        return Verdict("numbers-differ", figures | difference | {"number": difference["wanted"]})
    if seen["moved"]:
        return Verdict("statistics-move", figures | {"moved": len(seen["moved"]), "total": seen["statistics"]})
    if not close(seen["still"]["values"], expected):
        return Verdict("statistics-move", figures | {"moved": 0, "total": seen["statistics"]})
    return PASSED


# --- the checks --------------------------------------------------------------------------------------------------

evaluate = Check("evaluate", LESSON, ("accuracy",), _evaluate_inputs, _evaluate_observe, _evaluate_judge)
replace_head = Check("replace-head", LESSON, ("replace_head",), _head_inputs, _head_observe, _head_judge)
freeze_backbone = Check("freeze-backbone", LESSON, ("freeze_backbone",), _freeze_inputs, _freeze_observe, _freeze_judge)
parameter_groups = Check(
    "parameter-groups", LESSON, ("parameter_groups",), _groups_inputs, _groups_observe, _groups_judge
)
pretrained_resnet = Check(
    "pretrained-resnet",
    LESSON,
    ("get_resnet_pretrained",),
    _official_inputs,
    _official_observe,
    _official_judge,
)
