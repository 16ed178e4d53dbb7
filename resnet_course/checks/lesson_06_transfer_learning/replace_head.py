"""The check of a new head for other classes."""

from __future__ import annotations

import re
from functools import partial
from typing import Any

import numpy as np
import torch
from torch import nn

from resnet_course.checks.check import Check
from resnet_course.checks.judging import Fault, close, is_finite, ran, shape, to_numpy
from resnet_course.checks.lesson_06_transfer_learning.small_net import (
    HEAD,
    Net,
    SeenNet,
    altered,
    different_rows,
    features,
    few,
    images,
    is_a_net,
    lent_net,
    made_net,
    modes,
    moved,
    switched,
    trainable,
)
from resnet_course.checks.observing import Described, describe, trying
from resnet_course.checks.weights import Names, shapes_of


class Case(Net):
    """What a case gives: a net, whether it is in train mode, for how many classes its new head shall be, and images."""

    training: bool
    asked: int
    x: np.ndarray


class Seen(SeenNet, total=False):
    """What a case shows: what was returned, its output, and the net that was given, afterwards."""

    same: bool
    type: str
    output: Described
    features: Described
    fc: str
    names: Names
    out_features: Any
    trainable: list[str]
    modes: dict[str, bool]
    moved: list[str]
    rows: int
    weight: np.ndarray
    bias: np.ndarray | None


def inputs(seed: int) -> dict[str, Case]:
    """Return a net that gets more classes, one of another width that gets fewer, and one that gets as many."""
    draw = np.random.default_rng(seed)
    fewer, more = int(draw.integers(2, 5)), int(draw.integers(6, 12))

    def case(place: int, width: int, asked: int, training: bool) -> Case:
        net: Net = {"width": width, "classes": 5, "seed": seed + place}
        return {**net, "training": training, "asked": asked, "x": images(seed + place, 2)}

    return {"more": case(0, 8, more, True), "fewer": case(1, 12, fewer, False), "as many": case(2, 8, 5, True)}


def observe(replace_head: Any, inputs: dict[str, Case]) -> dict[str, Seen]:
    """Replace each net's head, look at what is left as it was, run the net, and look at its last layer."""

    def case(given: Case) -> Seen:
        net = lent_net(given, given["training"])
        before = {name: tensor.clone() for name, tensor in net.state_dict().items() if name not in HEAD}
        result = replace_head(net, given["asked"])
        if not isinstance(result, nn.Module):
            return {"returned": describe(result)}
        fc, x = getattr(net, "fc", None), torch.from_numpy(given["x"])
        seen: Seen = {"modes": modes(net), "moved": moved(net, before)}
        result.eval()
        with torch.no_grad():
            output = trying("forward", lambda: describe(result(x)))
        seen |= {
            "same": result is net,
            "type": type(result).__name__,
            "output": output,
            "features": trying("forward", lambda: {"values": features(net, x)}),
            "fc": type(fc).__name__,
            "names": shapes_of(net),
            "out_features": getattr(fc, "out_features", None),
            "trainable": trainable(net),
        }
        if isinstance(fc, nn.Linear):
            seen["rows"] = different_rows(fc.weight)
            seen["weight"] = to_numpy(fc.weight)
            seen["bias"] = None if fc.bias is None else to_numpy(fc.bias)
        return seen

    return {name: trying("call", partial(case, given)) for name, given in inputs.items()}


def judge(observation: dict[str, Seen], inputs: dict[str, Case]) -> None:
    """Ask each net for a new linear layer in the old one's place, and for all else as it was."""
    for name, given in inputs.items():
        seen, wanted = observation[name], shape([given["asked"], given["width"]])
        figures = {"call": f"replace_head(model, {given['asked']})", "asked": given["asked"]}
        judge_error(seen, figures)
        is_a_net(seen, **figures)
        judge_place(seen, given, figures)
        figures |= {"seen": shape(seen["weight"].shape), "wanted": wanted}
        judge_shape(seen, given, figures)
        judge_weights(seen, given, figures)
        judge_backbone(seen, given, figures)
        judge_settings(seen, given, figures)
        judge_output(seen, given, figures)


def judge_error(seen: Seen, figures: dict[str, Any]) -> None:
    """Ask for no error, and name a number that is called."""
    lines = seen["raised"]["lines"] if "raised" in seen else []
    called = re.search(r"\.(in_features|out_features)\(", lines[-1]["code"]) if lines else None
    if called and "'int' object is not callable" in seen["raised"]["message"]:
        raise Fault("number-called", **figures, code=lines[-1]["code"], name=called[1])
    ran(seen)


def judge_place(seen: Seen, given: Case, figures: dict[str, Any]) -> None:
    """Ask for the same net, with a linear layer as its head."""
    if seen["type"] == "Linear":
        raise Fault("returned-head", **figures)
    if not seen["same"]:
        raise Fault("a-copy" if seen["type"] == "SmallNet" else "head-on-top", **figures, type=seen["type"])
    if seen["fc"] != "Linear":
        old = [given["classes"], given["width"]]
        kept = any(key.startswith("fc.") and sizes == old for key, sizes in seen["names"].items())
        raise Fault("head-on-top" if kept and seen["fc"] == "Sequential" else "not-linear", **figures, type=seen["fc"])


def judge_shape(seen: Seen, given: Case, figures: dict[str, Any]) -> None:
    """Ask for a row of weights for each of the new classes."""
    asked, width, classes = given["asked"], given["width"], given["classes"]
    found = list(seen["weight"].shape)
    if found == [asked, width]:
        return
    if found[0] == classes and seen["out_features"] == asked:
        raise Fault("attribute-only", **figures)
    if found == [classes, width]:
        raise Fault("not-replaced", **figures)
    raise Fault("inputs-fixed" if found[0] == asked else "outputs-wrong", **figures)


def judge_weights(seen: Seen, given: Case, figures: dict[str, Any]) -> None:
    """Ask for a bias, and for weights that were drawn, and are not the old ones."""
    if seen["bias"] is None:
        raise Fault("no-bias", **figures)
    old, rows = to_numpy(made_net(given).fc.weight), min(given["asked"], given["classes"])
    if close(seen["weight"][:rows], old[:rows]):
        raise Fault("old-rows", **figures, rows=rows)
    if np.isfinite(seen["weight"]).all() and seen["rows"] < given["asked"]:
        raise Fault("head-not-random", **figures, rows=seen["rows"])


def judge_backbone(seen: Seen, given: Case, figures: dict[str, Any]) -> None:
    """Ask for a net that runs, and for all but the head as it was: numbers, names, shapes, and what they give."""
    ran(seen["features"], seen["output"])
    net = made_net(given)
    old, new = backbone(shapes_of(net)), backbone(seen["names"])
    changed = seen["moved"] or [name for name in old | new if old.get(name) != new.get(name)]
    changed = changed or sorted(set(seen["modes"]) ^ set(modes(net)))  # parts without numbers
    if changed:
        raise Fault("backbone-changed", **figures, names=few(changed))
    if not close(seen["features"]["values"], reaching(given)):
        raise Fault("features-changed", **figures)


def judge_settings(seen: Seen, given: Case, figures: dict[str, Any]) -> None:
    """Ask for a head that can learn, and for a backbone in its old modes, which can learn as far as it could before."""
    if not set(HEAD) <= set(seen["trainable"]):
        raise Fault("head-frozen", **figures)
    lent = lent_net(given, given["training"])
    others = switched(seen["trainable"], lent)
    if others:
        raise Fault("requires-grad-changed", **figures, names=few(others), count=len(others))
    modes_before = modes(lent)
    del modes_before["model.fc"]  # a new layer is in train mode, whatever the net is in
    changed = altered(seen["modes"], modes_before)
    if changed:
        raise Fault("mode-changed", **figures, names=few(changed))


def judge_output(seen: Seen, given: Case, figures: dict[str, Any]) -> None:
    """Ask for what the head gives, with nothing behind it."""
    output = seen["output"]
    if output["kind"] == "tensor":
        is_finite(output)
    expected = reaching(given) @ seen["weight"].T + seen["bias"]
    if output["kind"] != "tensor" or not close(output["values"], expected):
        raise Fault("something-after", **figures)


def reaching(given: Case) -> np.ndarray:
    """Return what reaches the head of a case's net."""
    return features(made_net(given).eval(), torch.from_numpy(given["x"]))


def backbone(names: Names) -> Names:
    """Return the shapes of all but the head."""
    return {name: sizes for name, sizes in names.items() if name not in HEAD}


replace_head = Check(
    grade_id="replace-head",
    lesson="06_transfer_learning",
    answers=("replace_head",),
    inputs=inputs,
    observe=observe,
    judge=judge,
    arguments=("model", "num_classes"),
    references=("resnet_course.transfer.replace_head",),
)
