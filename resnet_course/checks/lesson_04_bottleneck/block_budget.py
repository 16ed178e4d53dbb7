"""The check of a budget: the widest bottleneck that costs no more than a basic block."""

from __future__ import annotations

import re
from collections.abc import Callable
from functools import partial
from typing import Any, TypedDict

import numpy as np

from resnet_course.checks.check import Check
from resnet_course.checks.judging import Fault, first_line, in_stages, name_mistake, ran
from resnet_course.checks.observing import Raised, trying
from resnet_course.checks.plain_numbers import as_number
from resnet_course.checks.used import used_objects
from resnet_course.language import number


class Case(TypedDict):
    """What a case gives: the channels of the bottleneck, the planes of the basic block."""

    channels: int
    planes: int


class Seen(TypedDict, total=False):
    """What a case shows: what was returned, as a number if it is one, its type, and whether `conv_cost` is used."""

    type: str
    width: Any
    raised: Raised
    uses_conv_cost: bool


def inputs(seed: int) -> dict[str, Case]:
    """Return blocks of a ResNet and others, a fit that is exact, and a budget in which nothing fits."""
    draw = np.random.default_rng(seed)
    planes = int(draw.integers(5, 12)) * 8

    def drawn(channels: tuple[int, int], planes: tuple[int, int]) -> Case:
        return {"channels": int(draw.integers(*channels)), "planes": int(draw.integers(*planes))}

    return {
        "four-times": {"channels": 4 * planes, "planes": planes},
        # Here the bottleneck of width `planes` costs exactly as much as the basic block.
        "exact-fit": {"channels": 9 * planes // 2, "planes": planes},
        "same": {"channels": planes, "planes": planes},
        "large": drawn((200, 300), (100, 150)),
        # Wider than a search looks that ends at a round number; not so wide that a slow `conv_cost` takes long.
        "wide": drawn((1200, 1240), (300, 310)),
        "small": drawn((30, 60), (20, 28)),
        # Not even one channel fits.
        "nothing-fits": {"channels": int(draw.integers(900, 1000)), "planes": 2},
    }


def observe(block_budget: Any, inputs: dict[str, Case]) -> dict[str, Seen]:
    """Ask for the width in each case."""
    uses_conv_cost = "conv_cost" in used_objects(block_budget)

    def ask(given: Case) -> Seen:
        width = block_budget(given["channels"], given["planes"])
        return {"type": type(width).__name__, "width": as_number(width)}

    def case(given: Case) -> Seen:
        seen: Seen = trying("call", partial(ask, given))
        return {**seen, "uses_conv_cost": uses_conv_cost}

    return {name: case(given) for name, given in inputs.items()}


# Multiply-adds are counted at one position: the image's size is the same for both blocks.
def bottleneck(channels: int, width: float) -> float:
    """Return what a bottleneck costs."""
    return 2 * channels * width + 9 * width * width


def basic_block(planes: int) -> int:
    """Return what a basic block costs."""
    return 18 * planes * planes


def largest(budget: Any, cost: Callable[[int], Any]) -> int:
    """Return the largest width whose cost is within the budget, none larger than any search of ours goes on for."""
    low, high = 0, 100_000
    while low < high:
        middle = (low + high + 1) // 2
        low, high = (middle, high) if cost(middle) <= budget else (low, middle - 1)
    return low


def right(channels: int, planes: int) -> int:
    """Return the largest width that fits."""
    return largest(basic_block(planes), partial(bottleneck, channels))


# The width to which a well-known mistake leads, of channels and planes.
Mistake = Callable[[int, int], int]
MISTAKES: tuple[tuple[str, Mistake], ...] = (
    # `conv_cost` returns a pair, and pairs that are added make a longer one: nothing fails, and `<=` compares the first
    # numbers that differ. What that leads to depends on which convolution is named first.
    ("pairs-added", lambda c, p: largest((9 * p * p,) * 4, lambda w: (c * w,) * 4 + (9 * w * w,) * 2)),
    ("pairs-added", lambda c, p: largest((9 * p * p,) * 4, lambda w: (c * w,) * 2 + (9 * w * w,) * 2 + (c * w,) * 2)),
    ("pairs-added", lambda c, p: largest((9 * p * p,) * 4, lambda w: (9 * w * w,) * 2 + (c * w,) * 4)),
    ("one-1x1", lambda c, p: largest(18 * p * p, lambda w: c * w + 9 * w * w)),
    ("no-1x1", lambda c, p: largest(18 * p * p, lambda w: 9 * w * w)),
    ("no-3x3", lambda c, p: largest(18 * p * p, lambda w: 2 * c * w)),
    ("window-of-1", lambda c, p: largest(18 * p * p, lambda w: 2 * c * w + w * w)),
    ("three-windows-of-3", lambda c, p: largest(18 * p * p, lambda w: 18 * c * w + 9 * w * w)),
    ("half-a-basic-block", lambda c, p: largest(9 * p * p, partial(bottleneck, c))),
    ("channels-not-planes", lambda c, p: largest(18 * c * c, partial(bottleneck, c))),
    ("expands-its-width", lambda c, p: largest(18 * p * p, lambda w: c * w + 9 * w * w + 4 * w * w)),
    ("from-channels-to-planes", lambda c, p: largest(9 * c * p + 9 * p * p, partial(bottleneck, c))),
    ("rule-of-thumb", lambda c, p: p),
    ("rule-of-thumb", lambda c, p: c // 4),
    ("arguments-order", lambda c, p: right(p, c)),
    ("stops-at-planes", lambda c, p: min(right(c, p), p)),
    ("stops-at-planes", lambda c, p: min(right(c, p), p - 1)),
    ("stops-at-planes", lambda c, p: min(right(c, p), c)),
    ("stops-at-planes", lambda c, p: min(right(c, p), c - 1)),
    ("cost-returned", lambda c, p: int(bottleneck(c, right(c, p)))),
    ("cost-returned", lambda c, p: basic_block(p)),
    ("exact-fit-refused", lambda c, p: largest(18 * p * p - 1, partial(bottleneck, c))),
)


# Python's words where a pair stands in the place of a number.
PAIR = re.compile(r"'(tuple|list)' and '|and '(tuple|list)'|concatenate (tuple|list)|can't multiply sequence")


def judge(observation: dict[str, Seen], inputs: dict[str, Case]) -> None:
    """Ask for a number in each case, also where nothing fits, then compare."""
    for name, seen in observation.items():
        if name != "nothing-fits":
            judge_run(seen)
    if all(seen.get("type") == "NoneType" for seen in observation.values()):
        raise Fault("returned-nothing", call=call_of(next(iter(inputs.values()))))
    judge_nothing_fits(observation["nothing-fits"], inputs["nothing-fits"])
    in_stages(observation, inputs, judge_type)
    judge_widths({name: seen["width"] for name, seen in observation.items()}, inputs)


def call_of(given: Case) -> str:
    """Return the call as a learner would write it."""
    return f"block_budget({given['channels']}, {given['planes']})"


def figures_of(given: Case) -> dict[str, Any]:
    """Return the call, the width that it should return, and the budget."""
    return {"call": call_of(given), "wanted": right(**given), "budget": number(basic_block(given["planes"]), ",")}


def costs_of(width: float, given: Case) -> dict[str, Any]:
    """Return the figures of a case, with a width, what it costs, and the same of one channel more."""
    costs = [number(bottleneck(given["channels"], each), ",.10g") for each in (width, width + 1)]
    more = {"seen": number(width, ",.6g"), "spent": costs[0], "next": number(width + 1, ".6g"), "next_spent": costs[1]}
    return figures_of(given) | more


def judge_run(seen: Seen) -> None:
    """Ask for a call without an error."""
    if "raised" not in seen:
        return
    error = seen["raised"]
    lines = [each["code"] for each in error["lines"]]
    if error["type"] == "TypeError" and lines and PAIR.search(error["message"]) and seen["uses_conv_cost"]:
        raise Fault("pair-not-number", code=lines[-1], text=first_line(error["message"]))
    ran(seen)


def judge_nothing_fits(seen: Seen, given: Case) -> None:
    """Ask for an answer where nothing fits."""
    if "raised" in seen:
        error = seen["raised"]
        raise Fault("nothing-fits", call=call_of(given), seen=f"`{error['type']}: {first_line(error['message'])}`")
    if seen["type"] == "NoneType":
        raise Fault("nothing-fits", call=call_of(given), seen="`None`")


def judge_type(seen: Seen, given: Case) -> None:
    """Ask for a number."""
    if seen["type"] == "NoneType":
        raise Fault("returned-nothing", call=call_of(given))
    if not isinstance(seen["width"], float):
        key = "complex" if seen["width"] == "complex" else "not-a-number"
        raise Fault(key, **figures_of(given), type=seen["width"])


def judge_widths(seen: dict[str, float], inputs: dict[str, Case]) -> None:
    """Ask for the largest widths that fit."""
    wanted = {name: right(**given) for name, given in inputs.items()}
    wrong = [name for name in inputs if seen[name] != wanted[name]]
    if not wrong:
        return
    fractions = [name for name in inputs if not seen[name].is_integer()]
    if fractions:
        # The root of a square may come out a little too small.
        near = all((seen[name] + 1e-6) // 1 == wanted[name] for name in inputs)
        raise Fault("not-whole" if near else "fraction", **costs_of(seen[fractions[0]], inputs[fractions[0]]))
    figures = costs_of(seen[wrong[0]], inputs[wrong[0]])
    if wrong == ["nothing-fits"]:
        raise Fault("nothing-fits", **figures)

    def gives(mistake: Mistake) -> bool:
        return all(seen[name] == mistake(given["channels"], given["planes"]) for name, given in inputs.items())

    name_mistake(MISTAKES, gives, **figures)
    off = {seen[name] - wanted[name] for name in inputs}
    name_mistake((("one-too-many", {0, 1}), ("one-too-few", {0, -1})), off.issubset, **figures)
    if ends_early(seen, wanted):
        raise Fault("search-too-short", **figures)
    too_narrow = all(seen[name] < wanted[name] for name in wrong if name != "nothing-fits")
    raise Fault("wider-fits" if too_narrow else "numbers-differ", **figures)


def ends_early(seen: dict[str, float], wanted: dict[str, int]) -> bool:
    """Tell whether the widths are right up to one at which every search ends."""
    end = max(seen.values())
    return all(seen[name] == min(width, end) for name, width in wanted.items())


block_budget = Check(
    grade_id="block-budget",
    lesson="04_bottleneck",
    answers=("block_budget",),
    inputs=inputs,
    observe=observe,
    judge=judge,
)
