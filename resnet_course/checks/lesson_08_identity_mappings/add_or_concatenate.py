"""The check of what concatenating costs: the channels that leave a dense block, and its weights."""

from __future__ import annotations

import math
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
    """What a case gives: the channels that enter, those that each layer adds, and the number of layers."""

    sizes: list[int]


class Seen(TypedDict, total=False):
    """What a case shows: the numbers returned, or what was returned if it is no sequence."""

    returned: Described
    numbers: list[Any]


def inputs(seed: int) -> dict[str, Case]:
    """Return a block of some layers, one of many, one of a single layer, and one that adds more than it gets."""
    draw = np.random.default_rng(seed)

    def case(layers: int, channels: tuple[int, int], growth: tuple[int, int]) -> Case:
        return {"sizes": [int(draw.integers(*channels)), int(draw.integers(*growth)), layers]}

    return {
        "some": case(int(draw.integers(3, 6)), (13, 24), (6, 12)),
        "many": case(int(draw.integers(10, 14)), (13, 24), (6, 12)),
        "one": case(1, (13, 24), (6, 12)),
        "growing": case(2, (3, 6), (14, 20)),
    }


def observe(dense_cost: Any, inputs: dict[str, Case]) -> dict[str, Seen]:
    """Ask for the cost of each block."""

    def case(given: Case) -> Seen:
        result = dense_cost(*given["sizes"])
        if not isinstance(result, tuple | list):
            return {"returned": describe(result)}
        return {"numbers": [as_number(each) for each in result]}

    return {name: trying("call", partial(case, given)) for name, given in inputs.items()}


# What a formula gives, of: channels, growth, layers.
Formula = Callable[[int, int, int], float]
Mistakes = tuple[tuple[str, Formula], ...]


def added_up(c: int, g: int, n: int, weights: Callable[[int], int], first: int = 0) -> int:
    """Return the sum of what each layer has, which is given the channels that it sees."""
    return sum(weights(c + each * g) for each in range(first, n + first))


CHANNEL_MISTAKES: Mistakes = (
    ("input-lost", lambda c, g, n: g * n),
    ("last-layer-only", lambda c, g, n: g),
    ("channels-kept", lambda c, g, n: c),
    ("one-layer", lambda c, g, n: c + g),
    ("doubled", lambda c, g, n: c * 2**n),
    ("layers-times-channels", lambda c, g, n: (c + g) * n),
    ("layers-times-channels", lambda c, g, n: c * n),
    ("multiplied", lambda c, g, n: c * g * n),
    ("one-too-few", lambda c, g, n: c + g * (n - 1)),
    ("one-too-many", lambda c, g, n: c + g * (n + 1)),
)
WEIGHT_MISTAKES: Mistakes = (
    ("widths-kept", lambda c, g, n: 9 * c * g * n),
    ("as-if-added", lambda c, g, n: 9 * c * c * n),
    # The same number: only the last layer's weights, or those of layers each of which sees the one before it.
    ("sees-the-last-only", lambda c, g, n: 9 * c * g + 9 * g * g * (n - 1)),
    ("sees-the-last-only", lambda c, g, n: 9 * g * g * n),
    ("counted-from-1", lambda c, g, n: added_up(c, g, n, lambda seen: 9 * seen * g, 1)),
    ("widest-for-all", lambda c, g, n: 9 * (c + (n - 1) * g) * g * n),
    ("widest-for-all", lambda c, g, n: 9 * (c + n * g) * g * n),
    ("makes-all-anew", lambda c, g, n: added_up(c, g, n, lambda seen: 9 * seen * (seen + g))),
    ("makes-all-anew", lambda c, g, n: added_up(c, g, n, lambda seen: 9 * seen * seen)),
    ("window-forgotten", lambda c, g, n: added_up(c, g, n, lambda seen: seen * g)),
    ("window-not-squared", lambda c, g, n: added_up(c, g, n, lambda seen: 3 * seen * g)),
    ("growth-forgotten", lambda c, g, n: added_up(c, g, n, lambda seen: 9 * seen)),
    ("bias-counted", lambda c, g, n: added_up(c, g, n, lambda seen: 9 * seen * g + g)),
)
# For each number of the pair: its name, the mistakes, and what to say where it is none of them.
COUNTS = (("channels", CHANNEL_MISTAKES, "channels-differ"), ("weights", WEIGHT_MISTAKES, "weights-differ"))


def judge(observation: dict[str, Seen], inputs: dict[str, Case]) -> None:
    """Ask for two numbers, in the right order, then compare the channels and the weights of all cases."""
    ran(*observation.values())
    in_stages(observation, inputs, judge_pair)
    seen = {name: observation[name]["numbers"] for name in inputs}
    if all(same(seen[name], right(given)[::-1]) for name, given in inputs.items()):
        raise Fault("swapped", **figures_of(inputs["some"]))
    judge_order(seen, inputs)
    for position, (count, mistakes, otherwise) in enumerate(COUNTS):
        judge_count(position, count, mistakes, otherwise, seen, inputs)


def call_of(given: Case) -> str:
    """Return the call as a learner would write it."""
    return f"dense_cost({', '.join(map(str, given['sizes']))})"


def figures_of(given: Case) -> dict[str, Any]:
    """Return the call, its three numbers by name, and what it should return."""
    channels, growth, layers = given["sizes"]
    leaving, weights = (number(each, ",.10g") for each in right(given))
    named = {"channels": channels, "growth": growth, "layers": layers}
    return {"call": call_of(given), **named, "leaving": leaving, "weights": weights}


def right(given: Case) -> list[float]:
    """Return the channels that leave the block and the weights of its convolutions."""
    channels, growth, layers = given["sizes"]
    return [channels + layers * growth, added_up(channels, growth, layers, lambda seen: 9 * seen * growth)]


def same(seen: list[float], wanted: list[float]) -> bool:
    """Tell whether numbers agree, but for the rounding in divisions."""
    return all(math.isclose(one, other, rel_tol=1e-9) for one, other in zip(seen, wanted, strict=True))


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


def judge_order(seen: dict[str, list[float]], inputs: dict[str, Case]) -> None:
    """Ask for the arguments in their order, if both numbers are right for another one."""
    if all(same(seen[name], right(given)) for name, given in inputs.items()):
        return
    for order in permutations(range(3)):
        turned: dict[str, Case] = {
            name: {"sizes": [given["sizes"][place] for place in order]} for name, given in inputs.items()
        }
        if all(same(seen[name], right(each)) for name, each in turned.items()):
            raise Fault("arguments-order", **figures_of(inputs["some"]))


def judge_count(
    position: int,
    count: str,
    mistakes: Mistakes,
    otherwise: str,
    seen: dict[str, list[float]],
    inputs: dict[str, Case],
) -> None:
    """Compare one of the two numbers in all cases."""
    wrong = [name for name, given in inputs.items() if not same([seen[name][position]], [right(given)[position]])]
    if not wrong:
        return
    given = inputs[wrong[0]]
    figures = figures_of(given) | {
        "count": count,
        "seen": number(seen[wrong[0]][position], ",.10g"),
        "wanted": number(right(given)[position], ",.10g"),
    }

    def gives(formula: Formula) -> bool:
        return all(same([seen[name][position]], [formula(*each["sizes"])]) for name, each in inputs.items())

    name_mistake(mistakes, gives, **figures)
    raise Fault(otherwise, **figures)


add_or_concatenate = Check(
    grade_id="add-or-concatenate",
    lesson="08_identity_mappings",
    answers=("dense_cost",),
    inputs=inputs,
    observe=observe,
    judge=judge,
    arguments=("channels", "growth", "layers"),
    references=("resnet_course.cost.count_cost",),
)
