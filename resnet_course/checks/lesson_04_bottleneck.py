"""The checks of lesson 04: what a convolution costs, the Bottleneck, a budget for it, and where its stride belongs."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from functools import partial
from typing import Any

import numpy as np
from torch import nn

from resnet_course.blocks import Bottleneck, make_shortcut
from resnet_course.checks.check import Check
from resnet_course.checks.judging import PASSED, Verdict, first_raised, raised
from resnet_course.checks.observing import Plain, describe, describe_layers, load_arrays, trying
from resnet_course.checks.residual_blocks import RUNNING, BlockKind, bind, block_inputs, observe_running
from resnet_course.language import number

LESSON = "04_bottleneck"


# --- conv-cost ---------------------------------------------------------------------------------------------------

# What a formula with one well-known mistake gives, of: channels in, channels out, window, height, width, groups.
Formula = Callable[..., float]

PARAMETER_MISTAKES: tuple[tuple[str, Formula], ...] = (
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
MAC_MISTAKES: tuple[tuple[str, Formula], ...] = (
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


def _cost_inputs(seed: int) -> Plain:
    draw = np.random.default_rng(seed)

    def case(window: int, groups: int | None) -> Plain:
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


def _cost_observe(conv_cost: Any, inputs: Plain) -> Plain:
    def case(given: Plain) -> Plain:
        grouped = {} if given["groups"] is None else {"groups": given["groups"]}
        result = conv_cost(*given["sizes"], **grouped)
        if not isinstance(result, tuple | list):
            return {"returned": describe(result)}
        return {"numbers": [_as_number(each) for each in result]}

    return {name: trying("call", partial(case, given)) for name, given in inputs.items()}


def _as_number(value: Any) -> Plain:
    """Return a number (a tensor's or NumPy's as well) as Python's own, anything else as the name of its type."""
    try:
        return float(value)
    except (TypeError, ValueError, RuntimeError):
        return type(value).__name__


def _cost_judge(observation: Plain, inputs: Plain) -> Verdict:
    error = first_raised(*observation.values())
    if error:
        return raised(error)
    for name, given in inputs.items():
        figures = {"call": _cost_call(given)}
        returned = observation[name].get("returned")
        if returned:
            key = "returned-nothing" if returned["kind"] == "none" else "not-a-pair"
            return Verdict(key, figures | {"type": returned["type"]})
        numbers = observation[name]["numbers"]
        if len(numbers) != 2 or not all(isinstance(each, float) for each in numbers):
            return Verdict("not-a-pair", figures | {"type": f"({', '.join(map(str, numbers))})"})
    right = [_right_cost(given) for given in inputs.values()]
    seen = [tuple(observation[name]["numbers"]) for name in inputs]
    if seen == right:
        return PASSED
    if seen == [pair[::-1] for pair in right]:
        return Verdict("swapped")
    for part, mistakes in ((0, PARAMETER_MISTAKES), (1, MAC_MISTAKES)):
        verdict = _judge_count(part, [pair[part] for pair in seen], mistakes, inputs)
        if not verdict.passed:
            return verdict
    return PASSED


def _judge_count(part: int, seen: list[float], mistakes: tuple[tuple[str, Formula], ...], inputs: Plain) -> Verdict:
    """Judge the parameters (part 0) or the multiply-adds (part 1) of all cases."""
    wanted = [_right_cost(given)[part] for given in inputs.values()]
    if seen == wanted:
        return PASSED
    position = next(index for index, pair in enumerate(zip(seen, wanted, strict=True)) if pair[0] != pair[1])
    given = list(inputs.values())[position]
    figures = {
        "call": _cost_call(given),
        "seen": number(seen[position], ",.10g"),
        "wanted": number(wanted[position], ",.10g"),
    }
    for key, formula in mistakes:
        if seen == [formula(*case["sizes"], case["groups"] or 1) for case in inputs.values()]:
            return Verdict(key, figures)
    return Verdict("macs-differ" if part else "parameters-differ", figures)


def _right_cost(given: Plain) -> tuple[float, float]:
    entering, leaving, window, height, width = given["sizes"]
    parameters = entering * leaving * window * window / (given["groups"] or 1)
    return float(parameters), float(parameters * height * width)


def _cost_call(given: Plain) -> str:
    groups = [] if given["groups"] is None else [f"groups={given['groups']}"]
    return f"conv_cost({', '.join([*map(str, given['sizes']), *groups])})"


# --- bottleneck --------------------------------------------------------------------------------------------------

BOTTLENECK = BlockKind(
    name="Bottleneck",
    exercise="bottleneck",
    windows=(1, 3, 1),
    strided="conv2",
    expansion=4,
    sizes={
        "same": (8, 2, 1, False),
        "strided": (8, 3, 2, True),
        # The first block of ResNet-50: as many channels enter as `planes` says.
        "wider": (3, 3, 1, True),
        "option-c": (8, 2, 1, True),
    },
    mistakes=(
        ("no-first-relu", {"no_relu_after": ("conv1",)}),
        ("no-second-relu", {"no_relu_after": ("conv2",)}),
        ("no-middle-relus", {"no_relu_after": ("conv1", "conv2")}),
        ("bn1-unused", {"unused": ("bn1",)}),
        ("bn2-unused", {"unused": ("bn2",)}),
        ("bn3-unused", {"unused": ("bn3",)}),
        ("bn-unused", {"unused": ("bn1", "bn2", "bn3")}),
        ("same-bn-twice", {"rename": {"bn2": "bn1"}}),
        ("same-bn-shared", {"rename": {"bn1": "bn2"}}),
        ("conv2-skipped", {"unused": ("conv2",)}),
        ("conv2-skipped", {"unused": ("conv2", "bn2")}),
        ("stride-in-first-conv", {"strided": "conv1"}),
    ),
    own=frozenset(
        {
            "layer-shape",
            "expansion-forgotten",
            "stride-ignored",
            "stride-twice",
            "no-first-relu",
            "no-second-relu",
            "no-middle-relus",
            "bn1-unused",
            "bn2-unused",
            "bn3-unused",
            "bn-unused",
            "same-bn-twice",
            "same-bn-shared",
            "conv2-skipped",
            "stride-in-first-conv",
            "stride-in-third-conv",
        }
    ),
    # A 1×1 convolution that skips pixels gives the numbers of a 3×3 one that skips them before: only the statistics of
    # BatchNorm tell, and the price.
    train_mistakes=(("stride-in-third-conv", {"strided": "conv3"}),),
)


_block_inputs, _block_observe, _block_judge = bind(BOTTLENECK)


def _bottleneck_judge(observation: Plain, inputs: Plain) -> Verdict:
    for name in inputs:
        error = first_raised(observation.get(name, {}).get("built"))
        # Inside a method the names of the class are not at hand, as the task's table might make one think.
        if error and error["type"] == "NameError" and "'expansion'" in error["message"]:
            return Verdict("expansion-without-self", {"text": error["message"]})
    return _block_judge(observation, inputs)


# --- block-budget ------------------------------------------------------------------------------------------------

WIDEST = 100_000  # no search of ours goes on for longer

# `conv_cost` returns a pair, and pairs that are added make a longer one: nothing fails, and `<=` compares the first
# numbers that differ. What that leads to depends on which convolution is named first.
PAIRS_ADDED: tuple[Callable[[int, int], tuple[int, ...]], ...] = (
    lambda c, w: (c * w,) * 4 + (9 * w * w,) * 2,
    lambda c, w: (c * w,) * 2 + (9 * w * w,) * 2 + (c * w,) * 2,
    lambda c, w: (9 * w * w,) * 2 + (c * w,) * 4,
)

# The multiply-adds at one position of a bottleneck of width w on c channels, and of a basic block with p planes.
BUDGET_MISTAKES: tuple[tuple[str, Callable[[int, int], float], Callable[[int, int, int], float]], ...] = (
    ("one-1x1", lambda c, p: 18 * p * p, lambda c, p, w: c * w + 9 * w * w),
    ("no-1x1", lambda c, p: 18 * p * p, lambda c, p, w: 9 * w * w),
    ("window-of-1", lambda c, p: 18 * p * p, lambda c, p, w: 2 * c * w + w * w),
    ("three-windows-of-3", lambda c, p: 18 * p * p, lambda c, p, w: 18 * c * w + 9 * w * w),
    ("half-a-basic-block", lambda c, p: 9 * p * p, lambda c, p, w: 2 * c * w + 9 * w * w),
    ("channels-not-planes", lambda c, p: 18 * c * c, lambda c, p, w: 2 * c * w + 9 * w * w),
    ("expands-its-width", lambda c, p: 18 * p * p, lambda c, p, w: c * w + 9 * w * w + 4 * w * w),
    ("from-channels-to-planes", lambda c, p: 9 * c * p + 9 * p * p, lambda c, p, w: 2 * c * w + 9 * w * w),
)


def _budget_inputs(seed: int) -> Plain:
    draw = np.random.default_rng(seed)
    planes = int(draw.integers(5, 12)) * 8
    return {
        "cases": [
            [4 * planes, planes],
            # Here the bottleneck of width `planes` costs exactly as much as the basic block.
            [9 * planes // 2, planes],
            [planes, planes],
            [int(draw.integers(200, 300)), int(draw.integers(100, 150))],
            [int(draw.integers(30, 60)), int(draw.integers(20, 28))],
            # Not even one channel fits.
            [int(draw.integers(900, 1000)), 2],
        ]
    }


def _budget_observe(block_budget: Any, inputs: Plain) -> Plain:
    def case(channels: int, planes: int) -> Plain:
        width = block_budget(channels, planes)
        return {"type": type(width).__name__, "width": _as_number(width)}

    return {"results": [trying("call", partial(case, *each)) for each in inputs["cases"]]}


def _budget_judge(observation: Plain, inputs: Plain) -> Verdict:
    cases, results = inputs["cases"], observation["results"]
    wanted = [_largest_width(18 * p * p, partial(_bottleneck_cost, c, p)) for c, p in cases]
    error = first_raised(*results[:-1])
    if error:
        return raised(error)
    if first_raised(results[-1]) or results[-1]["type"] == "NoneType":
        if all(each.get("type") == "NoneType" for each in results):
            return Verdict("returned-nothing")
        return Verdict("nothing-fits", {"call": _budget_call(cases[-1]), "seen": results[-1].get("type", "error")})
    seen = [each["width"] for each in results]
    if seen == wanted:
        return PASSED
    position = next(index for index, pair in enumerate(zip(seen, wanted, strict=True)) if pair[0] != pair[1])
    channels, planes = cases[position]
    figures = {"call": _budget_call(cases[position]), "wanted": wanted[position], "budget": number(18 * planes**2, ",")}
    if results[position]["type"] == "NoneType":
        return Verdict("returned-nothing")
    if not isinstance(seen[position], float):
        return Verdict("not-a-number", figures | {"type": seen[position]})
    figures["seen"] = number(seen[position], ".6g")
    figures["spent"] = number(2 * channels * seen[position] + 9 * seen[position] ** 2, ",.10g")
    if not all(each.is_integer() for each in seen):
        return Verdict("not-whole", figures)
    return Verdict(_budget_mistake(seen, wanted, cases), figures)


def _budget_mistake(seen: list[float], wanted: list[int], cases: list[list[int]]) -> str:
    """Return the name of the well-known mistake that leads to these widths."""
    for pairs in PAIRS_ADDED:
        if seen == [_largest_width((9 * p * p,) * 4, partial(pairs, c)) for c, p in cases]:
            return "pairs-added"
    for key, budget, cost in BUDGET_MISTAKES:
        if seen == [_largest_width(budget(c, p), partial(cost, c, p)) for c, p in cases]:
            return key
    if seen[:-1] == wanted[:-1]:
        return "nothing-fits"
    if seen == [p for _, p in cases] or seen == [c // 4 for c, _ in cases]:
        return "rule-of-thumb"
    if seen == [min(right, p) for right, (_, p) in zip(wanted, cases, strict=True)]:
        return "stops-at-planes"
    if seen == [
        right - (2 * c * right + 9 * right**2 == 18 * p * p) for right, (c, p) in zip(wanted, cases, strict=True)
    ]:
        return "exact-fit-refused"
    if all(each - right in (0, 1) for each, right in zip(seen, wanted, strict=True)):
        return "one-too-many"
    if all(each - right in (0, -1) for each, right in zip(seen, wanted, strict=True)):
        return "one-too-few"
    return "numbers-differ"


def _bottleneck_cost(channels: int, planes: int, width: int) -> int:
    return 2 * channels * width + 9 * width * width


def _largest_width(budget: Any, cost: Callable[[int], Any]) -> int:
    low, high = 0, WIDEST
    while low < high:
        middle = (low + high + 1) // 2
        low, high = (middle, high) if cost(middle) <= budget else (low, middle - 1)
    return low


def _budget_call(case: list[int]) -> str:
    return f"block_budget({case[0]}, {case[1]})"


# --- stride-placement --------------------------------------------------------------------------------------------

PAPER = replace(
    BOTTLENECK,
    exercise="stride-placement",
    strided="conv1",
    sizes={"strided": (8, 3, 2, True), "strided-3": (6, 2, 3, True), "same": (8, 2, 1, False)},
    mistakes=(),
    own=frozenset({"numbers-differ", "numbers-differ-strided"}),
)


def _stride_observe(move_stride: Any, inputs: Plain) -> Plain:
    def case(setting: Plain) -> Plain:
        inplanes, planes, stride = setting["inplanes"], setting["planes"], setting["stride"]
        downsample = make_shortcut(inplanes, 4 * planes, stride) if setting["projected"] else None
        block = Bottleneck(inplanes, planes, stride, downsample)
        load_arrays(block, setting["weights"])
        returned = move_stride(block)
        weights = {name: tensor.double().numpy().copy() for name, tensor in block.state_dict().items()}
        return {
            "returned_a_block": isinstance(returned, nn.Module) and returned is not block,
            "layers": describe_layers(block),
            "weights": {name: array for name, array in weights.items() if name in setting["weights"]},
            **observe_running(block, setting),
        }

    return {name: trying("call", partial(case, setting)) for name, setting in inputs.items()}


def _stride_judge(observation: Plain, inputs: Plain) -> Verdict:
    error = first_raised(*observation.values())
    if error:
        return raised(error)
    for name, setting in inputs.items():
        verdict = _judge_strides(observation[name], setting)
        if not verdict.passed:
            return verdict
    for judge in RUNNING:
        for name in inputs:
            verdict = judge(PAPER, name, observation, inputs)
            if not verdict.passed:
                return verdict
    return PASSED


def _judge_strides(seen: Plain, setting: Plain) -> Verdict:
    stride = setting["stride"]
    for name, array in setting["weights"].items():
        after = seen["weights"].get(name)
        if after is None or not np.array_equal(after, array.astype(np.float64)):
            return Verdict("weights-changed", {"name": name})
    strides = {
        name: layer["stride"][0] for name, layer in seen["layers"]["convolutions"].items() if name.startswith("conv")
    }
    figures = {"stride": stride, "strides": ", ".join(f"`{name}`: {each}" for name, each in strides.items())}
    shortcut = seen["layers"]["convolutions"].get("downsample.0", {}).get("stride", [stride])
    if shortcut[0] != stride:
        return Verdict("shortcut-changed", figures | {"seen": shortcut[0]})
    found = tuple(strides.get(name) for name in ("conv1", "conv2", "conv3"))
    if stride == 1:
        return PASSED if found == (1, 1, 1) else Verdict("stride-1-changed", figures)
    known = {
        (1, stride, 1): "copied" if seen["returned_a_block"] else "nothing-moved",
        (stride, stride, 1): "stride-twice",
        (1, 1, 1): "stride-lost",
        (1, 1, stride): "in-the-third",
    }
    if found in known:
        return Verdict(known[found], figures)
    if found == (2, 1, 1) and stride != 2:
        return Verdict("always-2", figures)
    return PASSED


# --- the checks --------------------------------------------------------------------------------------------------

conv_cost = Check("conv-cost", LESSON, ("conv_cost",), _cost_inputs, _cost_observe, _cost_judge)
bottleneck = Check("bottleneck", LESSON, ("Bottleneck",), _block_inputs, _block_observe, _bottleneck_judge)
block_budget = Check("block-budget", LESSON, ("block_budget",), _budget_inputs, _budget_observe, _budget_judge)
stride_placement = Check(
    "stride-placement", LESSON, ("move_stride",), partial(block_inputs, PAPER), _stride_observe, _stride_judge
)
