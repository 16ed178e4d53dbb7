"""The check of what the ReLUs after the sums leave of a gradient on the shortcuts."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any, TypedDict

import numpy as np
import torch
from torch import Tensor

from resnet_course.checks.check import Check
from resnet_course.checks.judging import (
    Fault,
    close,
    in_stages,
    is_a_tensor,
    is_finite,
    name_mistake,
    ran,
    shape,
    to_numpy,
    worst,
)
from resnet_course.checks.observing import Described, describe, trying

NAME = "road_gradient"


class Case(TypedDict):
    """What a case gives: the sum of each block, from the first to the last, and the gradient at the last output."""

    sums: list[np.ndarray]
    gradient: np.ndarray


class Seen(Described, total=False):
    """What a case shows: what was returned, and which arguments the call changed."""

    changed: list[str]


def inputs(seed: int) -> dict[str, Case]:
    """Return one block, some, and many; sums of every sign, also of exactly 0; and blocks that are open everywhere."""
    draw = np.random.default_rng(seed)

    def case(blocks: int, centre: float, sizes: tuple[int, ...] = (2, 3, 4, 5)) -> Case:
        sums = [draw.normal(centre, 1, sizes).astype(np.float32) for _ in range(blocks)]
        for each in sums:
            each.reshape(-1)[draw.choice(each.size, each.size // 8, replace=False)] = 0
        return {"sums": sums, "gradient": draw.normal(0, 1, sizes).astype(np.float32)}

    all_open = case(3, 0.0)
    all_open["sums"] = [np.abs(each) + np.float32(0.5) for each in all_open["sums"]]
    return {
        "three": case(3, 0.7),
        "one": case(1, 0.0),
        "ten": case(10, 1.5, (1, 4, 6, 5)),
        "open": all_open,
    }


def observe(road_gradient: Any, inputs: dict[str, Case]) -> dict[str, Seen]:
    """Ask for the gradient in each case."""

    def case(given: Case) -> Seen:
        sums, gradient = tensors(given)
        returned = describe(road_gradient(sums, gradient))
        before, was = tensors(given)
        # What is no tensor any more, or one too few, is changed as well.
        kept = len(sums) == len(before) and all(map(torch.equal, sums, before))
        changed = ([] if kept else ["sums"]) + ([] if torch.equal(gradient, was) else ["gradient"])
        return {**returned, "changed": changed}

    return {name: trying("call", partial(case, given)) for name, given in inputs.items()}


def tensors(given: Case) -> tuple[list[Tensor], Tensor]:
    """Return the arguments of the call."""
    return [torch.from_numpy(each.copy()) for each in given["sums"]], torch.from_numpy(given["gradient"].copy())


def every(masks: list[Tensor]) -> Tensor:
    """Return the product of the masks: 1 where all are 1."""
    return torch.stack([each.float() for each in masks]).prod(0)


# What a function gives, of the sums and the gradient.
Formula = Callable[[list[Tensor], Tensor], Tensor]
MISTAKES: tuple[tuple[str, Formula], ...] = (
    ("nothing-blocked", lambda s, g: g),
    ("last-block-only", lambda s, g: g * (s[-1] > 0)),
    ("first-block-only", lambda s, g: g * (s[0] > 0)),
    ("some-block-open", lambda s, g: g * (torch.stack(s) > 0).any(0)),
    ("masks-added", lambda s, g: g * (torch.stack(s) > 0).sum(0)),
    ("masks-added", lambda s, g: g * (torch.stack(s) > 0).float().mean(0)),
    ("masks-added", lambda s, g: g * (1 + (torch.stack(s) > 0).sum(0))),
    ("sum-of-sums", lambda s, g: g * (torch.stack(s).sum(0) > 0)),
    ("zero-lets-pass", lambda s, g: g * every([each >= 0 for each in s])),
    ("inverted", lambda s, g: g * every([each <= 0 for each in s])),
    ("inverted", lambda s, g: g * every([each < 0 for each in s])),
    ("sums-not-masks", lambda s, g: g * every([each.relu() for each in s])),
    ("sums-not-masks", lambda s, g: g * every(s)),
    ("sums-not-masks", lambda s, g: g * torch.stack(s).sum(0)),
    ("signs", lambda s, g: g * every([each.sign() for each in s])),
    ("mask-alone", lambda s, g: every([each > 0 for each in s])),
    ("one-plus-mask", lambda s, g: g * every([1.0 + (each > 0) for each in s])),
    ("relu-on-gradient", lambda s, g: g.relu()),
    ("relu-on-gradient", lambda s, g: g.relu() * every([each > 0 for each in s])),
    ("sums-added", lambda s, g: (g + torch.stack(s).sum(0)) * every([each > 0 for each in s])),
)


def right(given: Case) -> np.ndarray:
    """Return the gradient where all sums are positive, 0 elsewhere."""
    # + 0.0: a card shows 0, not -0.
    return given["gradient"].astype(np.float64) * (np.stack(given["sums"]) > 0).all(axis=0) + 0.0


def judge(observation: dict[str, Seen], inputs: dict[str, Case]) -> None:
    """Ask for the gradient times all masks, and for arguments that are still what they were."""

    def judge_numbers(seen: Seen, given: Case) -> None:
        values, wanted = seen["values"], right(given)
        if close(values, wanted):
            return
        figures = {"blocks": len(given["sums"]), "seen_shape": shape(values.shape), "wanted_shape": shape(wanted.shape)}
        name_mistake(MISTAKES, gives, **figures)
        if values.shape != wanted.shape:
            raise Fault("shape", **figures)
        raise Fault("numbers-differ", **figures, **worst(values, wanted))

    def gives(formula: Formula) -> bool:
        return all(
            close(observation[name]["values"], to_numpy(formula(*tensors(given)))) for name, given in inputs.items()
        )

    in_stages(observation, inputs, judge_output, judge_numbers, judge_arguments)


def judge_output(seen: Seen, given: Case) -> None:
    """Ask for a tensor of numbers."""
    ran(seen)
    is_a_tensor(seen, NAME)
    is_finite(seen)


def judge_arguments(seen: Seen, given: Case) -> None:
    """Ask for arguments that are still what they were."""
    if seen["changed"]:
        raise Fault("arguments-changed", changed=", ".join(f"`{each}`" for each in seen["changed"]))


relu_on_the_road = Check(
    grade_id="relu-on-the-road",
    lesson="08_identity_mappings",
    answers=(NAME,),
    inputs=inputs,
    observe=observe,
    judge=judge,
    arguments=("sums", "gradient"),
    references=("resnet_course.roads.road_gradient",),
)
