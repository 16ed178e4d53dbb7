"""The check of measuring the accuracy of a net."""

from __future__ import annotations

import re
from functools import partial
from typing import Any, TypedDict

import numpy as np
import torch
from torch import Tensor, nn

from resnet_course.checks.check import Check
from resnet_course.checks.judging import Fault, first_line, in_stages, name_mistake, ran, to_numpy
from resnet_course.checks.lesson_06_transfer_learning.small_net import (
    ASLEEP,
    Net,
    altered,
    few,
    images,
    lent_net,
    made_net,
    modes,
    moved,
    switched,
    trainable,
)
from resnet_course.checks.observing import Raised, trying
from resnet_course.data import Batches
from resnet_course.language import number

COUNT, BATCH_SIZE = 18, 7  # so the last batch has four images only: not as many as there are batches


class Case(Net):
    """What a case gives: a net, whether it is in train mode, images and their labels."""

    training: bool
    images: np.ndarray
    labels: np.ndarray


class Call(TypedDict):
    """One run of the net: how many modules were in train mode, and whether gradients were recorded."""

    training: int
    gradients: bool


class Seen(TypedDict, total=False):
    """What a case shows: the returned number, the net's runs, and the net afterwards."""

    value: Any  # None where no number was returned
    type: str
    whole: bool
    calls: list[Call]
    modes: dict[str, bool]
    trainable: list[str]
    moved: list[str]
    gradients_off: bool
    raised: Raised


def inputs(seed: int) -> dict[str, Case]:
    """Return a net in train mode and one in eval mode, with images for batches of which the last is smaller."""

    def case(place: int, training: bool) -> Case:
        net: Net = {"width": 8, "classes": 5, "dropout": 0.5, "seed": seed + place}
        x = images(seed + 10 * place, COUNT)
        classes = np.argsort(-logits(net, x), axis=1)  # of each image, the net's own answer first
        # In the last, smaller batch every image is right, in the others about half: a mean of means is another number.
        batch, in_batch = np.divmod(np.arange(COUNT), BATCH_SIZE)
        wrong = (batch < COUNT // BATCH_SIZE) & ((in_batch + batch) % 2 == 0)
        # The wrong labels go through all other classes, so that no answer is right by chance, or never.
        other = 1 + np.cumsum(wrong) % (net["classes"] - 1)
        labels = classes[np.arange(COUNT), np.where(wrong, other, 0)]
        return {**net, "training": training, "images": x, "labels": labels}

    return {"train": case(0, True), "eval": case(1, False)}


def logits(given: Net, x: np.ndarray) -> np.ndarray:
    """Return what a case's net says in eval mode."""
    with torch.no_grad():
        return to_numpy(made_net(given).eval()(torch.from_numpy(x)))


def observe(accuracy: Any, inputs: dict[str, Case]) -> dict[str, Seen]:
    """Measure each net, and note in which state it runs."""

    def case(given: Case) -> Seen:
        net = lent_net(given, given["training"])
        calls: list[Call] = []

        def note(module: nn.Module, _: Any) -> None:
            calls.append({"training": sum(modes(module).values()), "gradients": torch.is_grad_enabled()})

        net.register_forward_pre_hook(note)
        before = {name: tensor.clone() for name, tensor in net.state_dict().items()}
        loader = Batches(torch.from_numpy(given["images"]), torch.from_numpy(given["labels"]), BATCH_SIZE)
        value = accuracy(net, loader)
        gradients_off = not torch.is_grad_enabled()
        torch.set_grad_enabled(True)  # for the next case, and what is still to be seen of this one
        return {
            "gradients_off": gradients_off,
            "value": float(value) if is_a_number(value) else None,
            "type": type(value).__name__,
            "whole": is_whole(value),
            "calls": calls,
            "modes": modes(net),
            "trainable": trainable(net),
            "moved": moved(net, before),
        }

    return {name: trying("call", partial(case, given)) for name, given in inputs.items()}


def is_a_number(value: Any) -> bool:
    """Tell whether a value is a real number, or a tensor or array of one."""
    if isinstance(value, Tensor):
        return value.numel() == 1 and not value.is_complex()
    return isinstance(value, int | float | np.number)


def is_whole(value: Any) -> bool:
    """Tell whether a number is of a type that knows whole numbers only."""
    if isinstance(value, Tensor):
        return not value.is_floating_point()
    return isinstance(value, int | np.integer)


def judge(observation: dict[str, Seen], inputs: dict[str, Case]) -> None:
    """Ask for runs in eval mode without gradients, for the right number, and for a net left as it was."""
    stages = (
        judge_error,
        judge_run,
        judge_value,
        judge_gradients,
        judge_own_mode,
        judge_modes,
        judge_net,
    )
    in_stages(observation, inputs, *stages)


def judge_error(seen: Seen, given: Case) -> None:
    """Ask for no error, and name what PyTorch's words for one hide."""
    if "raised" not in seen:
        return
    message, lines, classes = seen["raised"]["message"], seen["raised"]["lines"], given["classes"]
    code = lines[-1]["code"] if lines else ""
    hidden = {
        "no-parentheses": re.search("context manager|__enter__", message) and re.search("no_grad|inference_mode", code),
        "modes-not-unpacked": re.search(r"'tuple' object has no attribute '(training|train|eval)'", message),
        "no-pairs": re.search(r"expected 2, got 0|cannot unpack non-iterable", message) and "loader" not in code,
        "pair-not-unpacked": re.search(r"'tuple' object has no attribute|got \(tuple", message),
        "list-of-tensors": re.search("'list' object has no attribute '(mean|sum|float)'", message),
        "answer-for-a-batch": "with more than one value is ambiguous" in message,
        "logits-compared": two_sizes(message, 1) == {classes, BATCH_SIZE},
        "max-is-a-pair": re.search(r"return_types\.max|'bool' object has no attribute", message),
        "argmax-over-images": two_sizes(message, 0) == {classes, BATCH_SIZE},
    }
    name_mistake(hidden.items(), bool, text=first_line(message), code=code, classes=classes, images=BATCH_SIZE)
    ran(seen)


def two_sizes(message: str, dim: int) -> set[int]:
    """Return the sizes that do not fit in this dimension, of two tensors that PyTorch refuses to put together."""
    found = re.search(rf"a \((\d+)\) must match .* b \((\d+)\) at non-singleton dimension {dim}", message)
    return {int(size) for size in found.groups()} if found else set()


def judge_run(seen: Seen, given: Case) -> None:
    """Ask for a number, from runs in eval mode."""
    if seen["value"] is None:
        raise Fault("returned-nothing" if seen["type"] == "NoneType" else "not-a-number", type=seen["type"])
    if not seen["calls"]:
        raise Fault("not-run")
    awake = max(call["training"] for call in seen["calls"])
    if awake and not seen["calls"][0]["training"]:
        first = next(place for place, call in enumerate(seen["calls"], 1) if call["training"])
        raise Fault("train-mode-later", first=first, count=awake)
    if awake:
        raise Fault("train-mode", count=awake, moved=len(seen["moved"]))


def judge_value(seen: Seen, given: Case) -> None:
    """Ask for the share of all images that the net gets right."""
    right = logits(given, given["images"]).argmax(1) == given["labels"]
    value, wanted, count = seen["value"], float(right.mean()), int(right.sum())
    if abs(value - wanted) < 1e-6:
        return
    batches = np.split(right, range(BATCH_SIZE, COUNT, BATCH_SIZE))
    counted = BATCH_SIZE * len(batches)
    mistakes = {
        "percent": 1 < value <= 100 and abs(value - 100 * wanted) < 0.6,  # rounded or not
        "count": value == count,
        "whole-number": seen["whole"] and value in (0, 1),
        "none-right": value == 0,
        "mean-of-means": near(value, np.mean([batch.mean() for batch in batches])),
        "per-batch": near(value, count / len(batches)),
        "whole-batches": near(value, count / counted),
        "first-batch-only": near(value, batches[0].mean()),
        "last-batch-only": near(value, batches[-1].mean()),
        "error-rate": near(value, 1 - wanted),
        "rounded": any(abs(value - round(wanted, digits)) < 1e-6 for digits in range(1, 6)),
    }
    figures = {"seen": number(value, ".6g"), "wanted": number(wanted, ".6g"), "right": count, "total": COUNT}
    name_mistake(mistakes.items(), bool, counted=counted, **figures)
    raise Fault("numbers-differ", **figures)


def near(value: float, other: Any) -> bool:
    """Tell whether a number is another one, as well as float32 arithmetic allows."""
    return abs(value - float(other)) < 1e-4


def judge_gradients(seen: Seen, given: Case) -> None:
    """Ask for runs that record no gradients, and for gradients that are on again afterwards."""
    if any(call["gradients"] for call in seen["calls"]):
        raise Fault("gradients")
    if seen["gradients_off"]:
        raise Fault("gradients-stay-off")


def judge_own_mode(seen: Seen, given: Case) -> None:
    """Ask for a net in the mode that it had."""
    if seen["modes"]["model"] == given["training"]:
        return
    if given["training"] and any(seen["modes"].values()):
        raise Fault("parts-only", names=few(altered(seen["modes"], modes(lent_net(given, given["training"])))))
    raise Fault("left-in-eval" if given["training"] else "always-train")


def judge_modes(seen: Seen, given: Case) -> None:
    """Ask for all its modules in the mode that they had."""
    changed = altered(seen["modes"], modes(lent_net(given, given["training"])))
    if any(name.startswith(f"model.{ASLEEP}") for name in changed):
        raise Fault("frozen-woken")
    if changed:
        raise Fault("modes-mixed", names=few(changed))


def judge_net(seen: Seen, given: Case) -> None:
    """Ask for a net whose numbers are what they were, and whose parameters can learn that could before."""
    changed = seen["moved"] or switched(seen["trainable"], lent_net(given, given["training"]))
    if changed:
        raise Fault("net-changed", names=few(changed))


evaluate = Check(
    grade_id="evaluate",
    lesson="06_transfer_learning",
    answers=("accuracy",),
    inputs=inputs,
    observe=observe,
    judge=judge,
    arguments=("model", "loader"),
    references=("resnet_course.evaluation.accuracy", "resnet_course.evaluation.evaluate"),
)
