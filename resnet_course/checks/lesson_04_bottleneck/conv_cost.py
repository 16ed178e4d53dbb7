"""The check of what a convolution costs: its parameters and its multiply-adds."""

from __future__ import annotations

import math
import operator
from collections.abc import Callable
from functools import partial
from itertools import permutations
from typing import Any, TypedDict

import numpy as np

from resnet_course.checks.check import Check
from resnet_course.checks.judging import Fault, in_stages, name_mistake, ran
from resnet_course.checks.observing import Described, describe, trying
from resnet_course.checks.plain_numbers import as_number
from resnet_course.language import number


class Case(TypedDict):
    """What a case gives: channels in, channels out, window, height and width; groups, where they are named."""

    sizes: list[int]
    groups: int | None


class Seen(TypedDict, total=False):
    """What a case shows: the numbers returned, or what was returned if it is no sequence."""

    returned: Described
    numbers: list[Any]


def inputs(seed: int) -> dict[str, Case]:
    """Return windows of three sizes, without groups, with some, and with as many as the filters see channels."""
    draw = np.random.default_rng(seed)

    def case(window: int, groups: int | None) -> Case:
        g = groups or 1
        entering, leaving = (g * int(each) for each in draw.choice([2, 3, 5, 7, 11], 2, replace=False))
        height, width = (int(each) for each in draw.choice([6, 8, 9, 13], 2, replace=False))
        return {"sizes": [entering, leaving, window, height, width], "groups": groups}

    return {
        "3x3": case(3, None),
        "1x1": case(1, None),
        "grouped": case(5, 4),
        "depthwise": case(3, 6),
    }


def observe(conv_cost: Any, inputs: dict[str, Case]) -> dict[str, Seen]:
    """Ask for the cost of each convolution."""

    def case(given: Case) -> Seen:
        grouped = {} if given["groups"] is None else {"groups": given["groups"]}
        result = conv_cost(*given["sizes"], **grouped)
        if not isinstance(result, tuple | list):
            return {"returned": describe(result)}
        return {"numbers": [as_number(each) for each in result]}

    return {name: trying("call", partial(case, given)) for name, given in inputs.items()}


# What a formula gives, of: channels in, channels out, window, height, width, groups.
Formula = Callable[..., float]
Mistakes = tuple[tuple[str, Formula], ...]

PARAMETER_MISTAKES: Mistakes = (
    ("bias-counted", lambda i, o, k, h, w, g: i * o * k * k / g + o),
    ("groups-ignored", lambda i, o, k, h, w, g: i * o * k * k),
    ("groups-twice", lambda i, o, k, h, w, g: i * o * k * k / g**2),
    ("groups-multiplied", lambda i, o, k, h, w, g: i * o * k * k * g),
    ("window-not-squared", lambda i, o, k, h, w, g: i * o * k / g),
    ("window-forgotten", lambda i, o, k, h, w, g: i * o / g),
    ("one-filter", lambda i, o, k, h, w, g: i * k * k / g),
    ("one-channel", lambda i, o, k, h, w, g: o * k * k),
    ("weights-at-every-position", lambda i, o, k, h, w, g: i * o * k * k * h * w / g),
)
MAC_MISTAKES: Mistakes = (
    ("flops", lambda i, o, k, h, w, g: 2 * i * o * k * k * h * w / g),
    ("positions-forgotten", lambda i, o, k, h, w, g: i * o * k * k / g),
    ("one-side", lambda i, o, k, h, w, g: i * o * k * k * h / g),
    ("one-side", lambda i, o, k, h, w, g: i * o * k * k * w / g),
    ("one-side", lambda i, o, k, h, w, g: i * o * k * k * h * h / g),
    ("sides-added", lambda i, o, k, h, w, g: i * o * k * k * (h + w) / g),
    ("shrunk", lambda i, o, k, h, w, g: i * o * k * k * (h - k + 1) * (w - k + 1) / g),
    ("bias-counted", lambda i, o, k, h, w, g: (i * o * k * k / g + o) * h * w),
    ("groups-ignored", lambda i, o, k, h, w, g: i * o * k * k * h * w),
    ("groups-twice", lambda i, o, k, h, w, g: i * o * k * k * h * w / g**2),
    ("window-forgotten", lambda i, o, k, h, w, g: i * o * h * w / g),
    ("one-filter", lambda i, o, k, h, w, g: i * k * k * h * w / g),
)
# For each number of the pair: its name, the mistakes, and what to say where it is none of them.
COUNTS = (("params", PARAMETER_MISTAKES, "parameters-differ"), ("macs", MAC_MISTAKES, "macs-differ"))


def judge(observation: dict[str, Seen], inputs: dict[str, Case]) -> None:
    """Ask for two numbers, in the right order, then compare the parameters and the multiply-adds of all cases."""
    ran(*observation.values())
    in_stages(observation, inputs, judge_pair)
    if all(are_swapped(observation[name]["numbers"], given) for name, given in inputs.items()):
        raise Fault("swapped")
    judge_order(observation, inputs)
    judge_places(observation, inputs)
    for position, (count, mistakes, otherwise) in enumerate(COUNTS):
        seen = {name: observation[name]["numbers"][position] for name in inputs}
        wanted = {name: right(given)[position] for name, given in inputs.items()}
        judge_count(count, mistakes, otherwise, seen, wanted, inputs)


def call_of(given: Case) -> str:
    """Return the call as a learner would write it."""
    groups = [] if given["groups"] is None else [f"groups={given['groups']}"]
    return f"conv_cost({', '.join([*map(str, given['sizes']), *groups])})"


def right(given: Case) -> list[float]:
    """Return the parameters and the multiply-adds."""
    entering, leaving, window, height, width = given["sizes"]
    parameters = entering * leaving * window * window / (given["groups"] or 1)
    return [parameters, parameters * height * width]


def same(seen: list[float], wanted: list[float]) -> bool:
    """Tell whether numbers agree, but for the rounding in divisions."""
    return all(math.isclose(one, other, rel_tol=1e-9) for one, other in zip(seen, wanted, strict=True))


def are_swapped(numbers: list[float], given: Case) -> bool:
    """Tell whether the second number times the positions is the first, be they right or not."""
    positions = math.prod(given["sizes"][3:])
    return same([numbers[0]], [numbers[1] * positions])


def judge_pair(seen: Seen, given: Case) -> None:
    """Ask for two numbers."""
    call = call_of(given)
    if "returned" in seen:
        key = "returned-nothing" if seen["returned"]["kind"] == "none" else "not-a-pair"
        raise Fault(key, call=call, type=seen["returned"]["type"])
    numbers = seen["numbers"]
    if len(numbers) != 2:
        raise Fault("not-two", call=call, count=len(numbers))
    for position, each in enumerate(numbers, start=1):
        if not isinstance(each, float):
            raise Fault("not-numbers", call=call, position=position, type=each)


def judge_order(observation: dict[str, Seen], inputs: dict[str, Case]) -> None:
    """Ask for the arguments in their order, if the numbers are right for another one."""
    seen = {name: observation[name]["numbers"] for name in inputs}
    wrong = next((name for name, given in inputs.items() if not same(seen[name], right(given))), None)
    if wrong is None:
        return
    for order in permutations(range(5)):
        if all(same(seen[name], right(turn(given, order))) for name, given in inputs.items()):
            figures = {"seen": say(seen[wrong]), "wanted": say(right(inputs[wrong]))}
            raise Fault("arguments-order", call=call_of(inputs[wrong]), **figures)


def judge_places(observation: dict[str, Seen], inputs: dict[str, Case]) -> None:
    """Ask for each number in its place, if one is right in the place of the other, which is not."""
    first, second = ([seen["numbers"][place] for seen in observation.values()] for place in (0, 1))
    params, macs = ([right(given)[place] for given in inputs.values()] for place in (0, 1))
    name, given = next(iter(inputs.items()))
    numbers, wanted = observation[name]["numbers"], say(right(given))
    if same(second, params) and not same(first, params):
        figures = {"name": "params", "place": 2, "seen": number(numbers[1], ",.10g")}
    elif same(first, macs) and all(map(operator.lt, second, first)):  # what is larger is no number of parameters
        figures = {"name": "macs", "place": 1, "seen": number(numbers[0], ",.10g")}
    else:
        return
    raise Fault("in-the-others-place", call=call_of(given), wanted=wanted, **figures)


def turn(given: Case, order: tuple[int, ...]) -> Case:
    """Return a case with its sizes in another order."""
    return {"sizes": [given["sizes"][place] for place in order], "groups": given["groups"]}


def say(numbers: list[float]) -> str:
    """Return the two numbers, each with its name."""
    params, macs = (number(each, ",.10g") for each in numbers)
    return f"`params` {params}, `macs` {macs}"


def judge_count(
    count: str,
    mistakes: Mistakes,
    otherwise: str,
    seen: dict[str, float],
    wanted: dict[str, float],
    inputs: dict[str, Case],
) -> None:
    """Compare one of the two numbers in all cases."""
    wrong = next((name for name in inputs if not same([seen[name]], [wanted[name]])), None)
    if wrong is None:
        return
    figures = {
        "call": call_of(inputs[wrong]),
        "count": count,
        "seen": number(seen[wrong], ",.10g"),
        "wanted": number(wanted[wrong], ",.10g"),
    }

    def gives(formula: Formula) -> bool:
        return all(
            same([seen[name]], [formula(*given["sizes"], given["groups"] or 1)]) for name, given in inputs.items()
        )

    name_mistake(mistakes, gives, **figures)
    raise Fault(otherwise, **figures)


conv_cost = Check(
    grade_id="conv-cost",
    lesson="04_bottleneck",
    answers=("conv_cost",),
    inputs=inputs,
    observe=observe,
    judge=judge,
    arguments=("in_channels", "out_channels", "kernel_size", "height", "width", "groups=1"),
    references=("resnet_course.cost.count_cost",),
)
