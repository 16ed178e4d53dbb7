"""The checks of lesson 07: the channels of a Wide ResNet, split–transform–merge, the block of ResNeXt, a choice."""

from __future__ import annotations

import copy
import re
from collections.abc import Callable
from functools import partial
from typing import Any

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor
from torch.overrides import TorchFunctionMode

from resnet_course.checks.check import Check
from resnet_course.checks.judging import (
    PASSED,
    Verdict,
    close,
    first_line,
    first_raised,
    not_a_tensor,
    not_finite,
    raised,
    shape,
    to_numpy,
    worst,
)
from resnet_course.checks.observing import Plain, describe, trying
from resnet_course.checks.residual_blocks import BlockKind, block_inputs, judge_block, observe_block
from resnet_course.trade_offs import COSTS, net_figures

LESSON = "07_width_and_cardinality"


# --- wrn-channels ------------------------------------------------------------------------------------------------

# What a list with one well-known mistake holds, of the widening factor.
CHANNEL_MISTAKES: tuple[tuple[str, Callable[[int], list[int]]], ...] = (
    ("stem-widened", lambda k: [16 * k, 16 * k, 32 * k, 64 * k]),
    ("stem-missing", lambda k: [16 * k, 32 * k, 64 * k]),
    ("factor-ignored", lambda k: [16, 16, 32, 64]),
    ("first-stage-thin", lambda k: [16, 16, 32 * k, 64 * k]),
    ("no-doubling", lambda k: [16, 16 * k, 16 * k, 16 * k]),
    ("powers", lambda k: [16, 16 * k, 16 * k**2, 16 * k**3]),
    ("factor-added", lambda k: [16, 16 + k, 32 + k, 64 + k]),
    ("imagenet-widths", lambda k: [64, 64 * k, 128 * k, 256 * k, 512 * k]),
    ("imagenet-widths", lambda k: [64 * k, 128 * k, 256 * k, 512 * k]),
    ("imagenet-widths", lambda k: [16, 64 * k, 128 * k, 256 * k]),
    ("fourth-stage", lambda k: [16, 16 * k, 32 * k, 64 * k, 128 * k]),
)


def _channels_inputs(seed: int) -> Plain:
    draw = np.random.default_rng(seed)
    return {"factors": [1, *(int(each) for each in draw.choice(np.arange(2, 15), 3, replace=False))]}


def _channels_observe(wrn_channels: Any, inputs: Plain) -> Plain:
    def case(factor: int) -> Plain:
        result = wrn_channels(factor)
        if not isinstance(result, list | tuple):
            return {"returned": describe(result)}
        return {"channels": [_as_whole(each) for each in result]}

    return {"results": [trying("call", partial(case, factor)) for factor in inputs["factors"]]}


def _as_whole(value: Any) -> Plain:
    """Return a whole number (NumPy's as well) as Python's own, anything else as the name of its type."""
    if isinstance(value, bool) or not hasattr(value, "__index__"):
        return type(value).__name__
    return int(value)


def _channels_judge(observation: Plain, inputs: Plain) -> Verdict:
    factors, results = inputs["factors"], observation["results"]
    error = first_raised(*results)
    if error:
        return raised(error)
    for factor, result in zip(factors, results, strict=True):
        figures = {"call": f"wrn_channels({factor})"}
        returned = result.get("returned")
        if returned:
            key = "returned-nothing" if returned["kind"] == "none" else "not-a-list"
            return Verdict(key, figures | {"type": returned["type"]})
        odd = [each for each in result["channels"] if not isinstance(each, int)]
        if odd:
            return Verdict("not-whole", figures | {"type": odd[0]})
    seen = [result["channels"] for result in results]
    wanted = [[16, 16 * k, 32 * k, 64 * k] for k in factors]
    if seen == wanted:
        return PASSED
    position = next(index for index, pair in enumerate(zip(seen, wanted, strict=True)) if pair[0] != pair[1])
    figures = {
        "call": f"wrn_channels({factors[position]})",
        "seen": str(seen[position]),
        "wanted": str(wanted[position]),
    }
    for key, formula in CHANNEL_MISTAKES:
        if seen == [formula(k) for k in factors]:
            return Verdict(key, figures)
    return Verdict("channels-differ", figures)


# --- grouped-conv ------------------------------------------------------------------------------------------------

# channels in, channels out, window, groups
CONVOLUTIONS: dict[str, tuple[int, int, int, int]] = {
    "two-paths": (6, 4, 3, 2),
    "three-paths": (6, 9, 3, 3),
    "window-5": (8, 4, 5, 4),
    "window-1": (4, 8, 1, 2),
    "depthwise": (5, 5, 3, 5),
    "one-path": (3, 4, 3, 1),
}


class _ConvolutionWatch(TorchFunctionMode):
    """Note the groups of every convolution that runs."""

    def __init__(self) -> None:
        self.groups: list[int] = []

    def __torch_function__(self, func: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
        kwargs = kwargs or {}
        if func in (torch.conv2d, F.conv2d):
            given = kwargs.get("groups", args[6] if len(args) > 6 else 1)
            self.groups.append(given if isinstance(given, int) else 1)
        return func(*args, **kwargs)


def _merge_inputs(seed: int) -> Plain:
    draw = np.random.default_rng(seed)

    def normal(*sizes: int) -> np.ndarray:
        return draw.normal(0, 1, sizes).astype(np.float32)

    return {
        name: {
            "groups": groups,
            # As many images as there is no number of groups, so that a cut in the wrong place shows.
            "x": normal(7, entering, 6, 5),
            "weight": normal(leaving, entering // groups, window, window),
            "slope": normal(7, leaving, 6, 5),
        }
        for name, (entering, leaving, window, groups) in CONVOLUTIONS.items()
    }


def _merge_observe(split_transform_merge: Any, inputs: Plain) -> Plain:
    def case(given: Plain) -> Plain:
        x, weight = (torch.from_numpy(given[part]).clone() for part in ("x", "weight"))
        with _ConvolutionWatch() as watch:
            result = split_transform_merge(x, weight, given["groups"])
        return {
            "output": describe(result),
            "groups": watch.groups,
            "gradient": trying("backward", lambda: _gradients(split_transform_merge, given)),
        }

    return {name: trying("call", partial(case, given)) for name, given in inputs.items()}


def _gradients(function: Any, given: Plain) -> Plain:
    x, weight = (torch.from_numpy(given[part]).clone().requires_grad_() for part in ("x", "weight"))
    result = function(x, weight, given["groups"])
    slope = torch.from_numpy(given["slope"])
    if not isinstance(result, Tensor) or result.shape != slope.shape:
        return {}
    if not result.requires_grad:
        return {"detached": True}
    (result * slope).sum().backward()
    return {"x": describe(x.grad), "weight": describe(weight.grad)}


Parts = list[Tensor]


def _paths(x: Tensor, weight: Tensor, groups: int) -> Parts:
    """Return what the paths of a grouped convolution give, one by one: a reference that shares no code with PyTorch's.

    One matrix product for each path, of its filters with the windows of its channels.
    """
    window = weight.shape[-1]
    patches = F.unfold(x, window, padding=window // 2)  # [N, C · k · k, H · W], the rows of each channel together
    rows = patches.shape[1] // groups
    filters = len(weight) // groups
    return [
        (weight[i * filters : (i + 1) * filters].flatten(1) @ patches[:, i * rows : (i + 1) * rows]).unflatten(
            2, x.shape[2:]
        )
        for i in range(groups)
    ]


def _merge_right(x: Tensor, weight: Tensor, groups: int) -> Tensor:
    return torch.cat(_paths(x, weight, groups), dim=1)


def _deal(tensor: Tensor, groups: int, dim: int) -> Tensor:
    """Return a tensor whose channels are dealt out one by one, as cards are, instead of cut into runs."""
    return torch.cat([tensor.index_select(dim, torch.arange(i, tensor.shape[dim], groups)) for i in range(groups)], dim)


def _same_part(x: Tensor, groups: int) -> Tensor:
    return torch.cat([x[:, : x.shape[1] // groups]] * groups, dim=1)


def _same_filters(weight: Tensor, groups: int) -> Tensor:
    return torch.cat([weight[: len(weight) // groups]] * groups)


# What a function with one well-known mistake gives, of: x, weight, groups.
MERGE_MISTAKES: tuple[tuple[str, Callable[[Tensor, Tensor, int], Tensor]], ...] = (
    ("paths-added", lambda x, w, g: torch.stack(_paths(x, w, g)).sum(0)),
    ("paths-averaged", lambda x, w, g: torch.stack(_paths(x, w, g)).mean(0)),
    ("paths-stacked", lambda x, w, g: torch.stack(_paths(x, w, g))),
    ("paths-stacked", lambda x, w, g: torch.stack(_paths(x, w, g), dim=1)),
    ("one-path-only", lambda x, w, g: _paths(x, w, g)[0]),
    ("one-path-only", lambda x, w, g: _paths(x, w, g)[-1]),
    ("merged-elsewhere", lambda x, w, g: torch.cat(_paths(x, w, g), dim=0)),
    ("merged-elsewhere", lambda x, w, g: torch.cat(_paths(x, w, g), dim=2)),
    ("merged-elsewhere", lambda x, w, g: torch.cat(_paths(x, w, g), dim=3)),
    ("same-part", lambda x, w, g: _merge_right(_same_part(x, g), w, g)),
    ("same-filters", lambda x, w, g: _merge_right(x, _same_filters(w, g), g)),
    ("order-turned", lambda x, w, g: torch.cat(_paths(x, w, g)[::-1], dim=1)),
    ("order-turned", lambda x, w, g: _merge_right(torch.cat(x.chunk(g, 1)[::-1], 1), w, g)),
    ("dealt-out", lambda x, w, g: _merge_right(_deal(x, g, 1), w, g)),
    ("dealt-out", lambda x, w, g: _merge_right(x, _deal(w, g, 0), g)),
    ("dealt-out", lambda x, w, g: _merge_right(_deal(x, g, 1), _deal(w, g, 0), g)),
    ("shuffled", lambda x, w, g: torch.stack(_paths(x, w, g), dim=2).flatten(1, 2)),
    (
        "filters-not-split",
        lambda x, w, g: torch.cat([_merge_right(part, w, 1) for part in x.chunk(g, 1)], dim=1),
    ),
    ("relu", lambda x, w, g: F.relu(_merge_right(x, w, g))),
)


def _merge_judge(observation: Plain, inputs: Plain) -> Verdict:
    for name, given in inputs.items():
        error = first_raised(observation[name])
        if error:
            return _judge_merge_error(error, given)
    for name in inputs:
        output = observation[name]["output"]
        problem = not_a_tensor(output, "split_transform_merge") or not_finite(output)
        if problem:
            return problem
    right = {name: to_numpy(_merge_right(*_tensors(given))) for name, given in inputs.items()}
    outputs = {name: observation[name]["output"]["values"] for name in inputs}
    wrong = [name for name in inputs if not close(outputs[name], right[name])]
    if wrong:
        return _judge_merge_numbers(wrong[0], outputs, right, inputs)
    groups = [each for name in inputs for each in observation[name]["groups"] if each != 1]
    if groups:
        return Verdict("groups-used", {"groups": groups[0]})
    return _judge_merge_gradients(observation, inputs)


def _tensors(given: Plain) -> tuple[Tensor, Tensor, int]:
    return torch.from_numpy(given["x"]), torch.from_numpy(given["weight"]), given["groups"]


def _merge_figures(given: Plain) -> dict[str, Any]:
    return {"x": shape(given["x"].shape), "weight": shape(given["weight"].shape), "groups": given["groups"]}


def _judge_merge_error(error: Plain, given: Plain) -> Verdict:
    figures = _merge_figures(given) | {"text": first_line(error["message"])}
    if error["type"] == "RuntimeError" and re.search(r"to have \d+ channels, but got \d+ channels", error["message"]):
        return Verdict("channels-do-not-fit", figures)
    if error["type"] == "TypeError" and re.search("float|slice indices must be integers", error["message"]):
        return Verdict("size-not-whole", figures)
    return raised(error)


def _judge_merge_numbers(
    name: str, outputs: dict[str, np.ndarray], right: dict[str, np.ndarray], inputs: Plain
) -> Verdict:
    seen, wanted = outputs[name], right[name]
    figures = _merge_figures(inputs[name]) | {"seen": shape(seen.shape), "wanted": shape(wanted.shape)}
    for key, mistaken in MERGE_MISTAKES:
        if all(_gives(outputs[each], mistaken, inputs[each]) for each in inputs):
            return Verdict(key, figures)
    if seen.shape != wanted.shape:
        if seen.ndim == 4 and seen.shape[:2] == wanted.shape[:2]:
            key = "shrinks" if seen.shape[2] < wanted.shape[2] else "grows"
            return Verdict(key, figures | {"window": inputs[name]["weight"].shape[-1]})
        return Verdict("output-shape", figures)
    return Verdict("numbers-differ", figures | worst(seen, wanted))


def _gives(seen: np.ndarray, mistaken: Callable[[Tensor, Tensor, int], Tensor], given: Plain) -> bool:
    return close(seen, to_numpy(mistaken(*_tensors(given))))


def _judge_merge_gradients(observation: Plain, inputs: Plain) -> Verdict:
    for name, given in inputs.items():
        seen = observation[name]["gradient"]
        error = first_raised(seen)
        if error:
            return raised(error)
        x, weight, groups = _tensors(given)
        leaves = (x.clone().requires_grad_(), weight.clone().requires_grad_())
        (_merge_right(*leaves, groups) * torch.from_numpy(given["slope"])).sum().backward()
        for part, leaf in zip(("x", "weight"), leaves, strict=True):
            assert leaf.grad is not None
            if seen.get(part, {}).get("kind") != "tensor":
                return Verdict("no-gradient", {"part": part})
            if not close(seen[part]["values"], to_numpy(leaf.grad)):
                return Verdict("gradient-differs", {"part": part, **worst(seen[part]["values"], to_numpy(leaf.grad))})
    return PASSED


# --- resnext-block -----------------------------------------------------------------------------------------------

RESNEXT = BlockKind(
    name="Bottleneck",
    exercise="resnext-block",
    windows=(1, 3, 1),
    strided="conv2",
    expansion=4,
    sizes={
        "same": (8, 2, 1, False),
        "strided": (6, 3, 2, True),
        "grouped": (32, 8, 1, False),
        "grouped-strided": (6, 8, 2, True),
        "wide": (16, 4, 1, False),
        # A width that is no whole number has to be cut before it is multiplied by the groups.
        "cut": (5, 6, 1, True),
    },
    grouped={"grouped": (4, 32), "grouped-strided": (2, 16), "wide": (1, 128), "cut": (3, 16)},
    mistakes=(("stride-in-first-conv", {"strided": "conv1"}),),
    train_mistakes=(("stride-in-third-conv", {"strided": "conv3"}),),
    own=frozenset(
        {
            "layer-shape",
            "expansion-forgotten",
            "stride-ignored",
            "stride-twice",
            "stride-in-first-conv",
            "stride-in-third-conv",
        }
    ),
)

# The shapes that a block with one well-known mistake has, of: inplanes, planes, groups, base width. They are: the
# channels that each filter of conv1 sees and those that leave it, the same of conv2, and of conv3.
Shapes = tuple[float, ...]


def _shapes(inplanes: int, planes: int, groups: int, width: int, **other: float) -> Shapes:
    sizes = {"in1": inplanes, "out1": width, "in2": width / groups, "out2": width, "in3": width, "out3": 4 * planes}
    return tuple((sizes | other).values())


WIDTH_MISTAKES: tuple[tuple[str, Callable[[int, int, int, int], Shapes]], ...] = (
    ("nothing-changed", lambda i, p, g, b: _shapes(i, p, 1, p)),
    ("groups-ignored", lambda i, p, g, b: _shapes(i, p, 1, p * b // 64 * g)),
    ("groups-nowhere", lambda i, p, g, b: _shapes(i, p, 1, p * b // 64)),
    ("width-without-groups", lambda i, p, g, b: _shapes(i, p, g, p * b // 64)),
    ("base-width-ignored", lambda i, p, g, b: _shapes(i, p, g, p * g)),
    ("width-ignored", lambda i, p, g, b: _shapes(i, p, g, p)),
    ("base-width-as-it-is", lambda i, p, g, b: _shapes(i, p, g, b * g)),
    ("not-divided-by-64", lambda i, p, g, b: _shapes(i, p, g, p * b * g)),
    ("output-widened", lambda i, p, g, b: _shapes(i, p, g, p * b // 64 * g, out3=p * b // 64 * g * 4)),
    ("groups-everywhere", lambda i, p, g, b: _shapes(i, p, g, p * b // 64 * g, in1=i / g, in3=p * b // 64)),
    ("groups-everywhere", lambda i, p, g, b: _shapes(i, p, g, p * b // 64 * g, in3=p * b // 64)),
    ("groups-everywhere", lambda i, p, g, b: _shapes(i, p, g, p * b // 64 * g, in1=i / g)),
    ("groups-misplaced", lambda i, p, g, b: _shapes(i, p, 1, p * b // 64 * g, in1=i / g)),
    ("groups-misplaced", lambda i, p, g, b: _shapes(i, p, 1, p * b // 64 * g, in3=p * b // 64)),
    ("depthwise", lambda i, p, g, b: _shapes(i, p, p * b // 64 * g, p * b // 64 * g)),
)


def _resnext_judge(observation: Plain, inputs: Plain) -> Verdict:
    """Name mistakes in the widths, which are this exercise's own; the rest is what any block can get wrong."""
    if "not_a_module" not in observation:
        verdict = _judge_building(observation, inputs) or _judge_widths(observation, inputs)
        if verdict:
            return verdict
    return judge_block(RESNEXT, observation, inputs)


def _judge_building(observation: Plain, inputs: Plain) -> Verdict | None:
    for name, setting in inputs.items():
        error = first_raised(observation[name]["built"])
        if error is None:
            continue
        figures = {"call": _block_call(setting), "text": first_line(error["message"])}
        if error["type"] == "TypeError" and "float" in error["message"]:
            return Verdict("width-not-whole", figures)
        if name == "cut" and error["type"] == "ValueError" and "divisible" in error["message"]:
            return _judge_widths(observation, inputs) or Verdict("cut-too-late", figures)
        if error["type"] == "ValueError" and "divisible" in error["message"]:
            return Verdict("not-divisible", figures)
        return None
    return None


def _judge_widths(observation: Plain, inputs: Plain) -> Verdict | None:
    built = {name: each for name, each in inputs.items() if "layers" in observation[name]}
    seen: dict[str, Shapes] = {}
    for name in built:
        names = observation[name]["layers"]["names"]
        sizes = [names.get(f"{conv}.weight", []) for conv in RESNEXT.convolutions]
        if any(len(each) != 4 for each in sizes):
            return None
        seen[name] = tuple(size for leaving, entering, *_ in sizes for size in (entering, leaving))
    for key, formula in WIDTH_MISTAKES:
        mistaken = {name: formula(*_arguments(each)) for name, each in built.items()}
        if seen == mistaken and any(mistaken[name] != _right_shapes(built[name]) for name in built):
            name = next(name for name in built if mistaken[name] != _right_shapes(built[name]))
            right = [f"{int(each)}" for each in _right_shapes(built[name])]
            numbers = [f"{int(each)}" for each in seen[name]]
            return Verdict(key, {"call": _block_call(built[name]), "seen": _road(numbers), "wanted": _road(right)})
    return None


def _road(sizes: list[str]) -> str:
    """Return the six numbers as a reader follows them: what each filter sees, and how many filters there are."""
    pairs = zip(RESNEXT.convolutions, sizes[::2], sizes[1::2], strict=True)
    return ", ".join(f"`{name}` {leaving} × {entering}" for name, entering, leaving in pairs)


def _arguments(setting: Plain) -> tuple[int, int, int, int]:
    return setting["inplanes"], setting["planes"], setting["groups"], setting["base_width"]


def _right_shapes(setting: Plain) -> Shapes:
    inplanes, planes, groups, base_width = _arguments(setting)
    return _shapes(inplanes, planes, groups, planes * base_width // 64 * groups)


def _block_call(setting: Plain) -> str:
    inplanes, planes, groups, base_width = _arguments(setting)
    given = [str(inplanes), str(planes)]
    given += [f"stride={setting['stride']}"] if setting["stride"] != 1 else []
    given += ["downsample=…"] if setting["projected"] else []
    if (groups, base_width) != (1, 64):
        given += [f"groups={groups}", f"base_width={base_width}"]
    return f"Bottleneck({', '.join(given)})"


# --- trade-off ---------------------------------------------------------------------------------------------------

FAMILY = ("resnet18", "resnet34", "resnet50", "resnext50_32x4d", "wide_resnet50_2")
Nets = dict[str, dict[str, float]]
Limits = dict[str, float]


def _choice_inputs(seed: int) -> Plain:
    draw = np.random.default_rng(seed)
    real = {str(name): net_figures(str(name)) for name in draw.permutation(FAMILY)}
    costs = {name: sorted(net[name] for net in real.values()) for name in COSTS}

    def between(name: str, position: int) -> float:
        low, high = costs[name][position], costs[name][position + 1]
        return round(float(draw.uniform(low + 0.2 * (high - low), high - 0.2 * (high - low))), 3)

    made_up, limit = _made_up_nets(draw)
    best = max(made_up, key=lambda name: made_up[name]["accuracy"])
    # The same accuracy for less work: whoever takes the other pays twice for nothing.
    twin = made_up[best] | {"gmacs": made_up[best]["gmacs"] - 5, "parameters": 99.5, "memory": 99.5}
    twins = made_up | {"net-0": twin}
    return {
        "no-limit": {"nets": real, "limits": {}},
        "one-limit": {"nets": real, "limits": {"gmacs": between("gmacs", int(draw.integers(1, 4)))}},
        "parameters": {"nets": real, "limits": {"parameters": between("parameters", int(draw.integers(0, 4)))}},
        "memory": {"nets": real, "limits": {"memory": between("memory", int(draw.integers(0, 3)))}},
        "two-limits": {
            "nets": real,
            "limits": {"gmacs": between("gmacs", 3), "memory": between("memory", int(draw.integers(1, 3)))},
        },
        "just-fits": {"nets": real, "limits": {"gmacs": net_figures("resnext50_32x4d")["gmacs"]}},
        "nothing-fits": {"nets": real, "limits": {"parameters": 2.0}},
        "made-up": {"nets": made_up, "limits": dict.fromkeys(COSTS, limit)},
        "equally-good": {"nets": twins, "limits": {}},
        "equally-good-turned": {"nets": dict(reversed(twins.items())), "limits": {}},
    }


def _made_up_nets(draw: np.random.Generator) -> tuple[Nets, int]:
    """Return seven nets and a limit for every cost.

    Four keep to it: the best of them is neither the first nor the last, neither the cheapest nor the dearest, in
    nothing. Each of the other three would be better, and exceeds one limit only.
    """

    def ranks(low: int, high: int, count: int) -> list[int]:
        return sorted(int(each) for each in draw.choice(np.arange(low, high), count, replace=False))

    a = [each / 10 for each in ranks(600, 800, 7)]
    g, p, m = (ranks(10, 80, 4) for _ in COSTS)
    over = ranks(85, 99, 3)
    rows = [
        (p[1], g[3], m[1], a[2]),
        (over[0], g[0], m[0], a[6]),
        (p[2], g[1], m[2], a[3]),
        (p[0], over[1], m[0], a[4]),
        (p[3], g[2], m[0], a[0]),
        (p[0], g[0], over[2], a[5]),
        (p[0], g[0], m[3], a[1]),
    ]
    letters = [str(each) for each in draw.permutation(list("ABCDEFG"))]
    fitting, exceeding = sorted(letters[:4]), letters[4:]
    best = fitting.pop(int(draw.integers(1, 3)))  # not even the first or last by name
    rest = [str(each) for each in draw.permutation(fitting)]
    order = (rest[0], exceeding[0], best, exceeding[1], rest[1], exceeding[2], rest[2])
    names = [f"net-{letter}" for letter in order]
    return {name: dict(zip((*COSTS, "accuracy"), row, strict=True)) for name, row in zip(names, rows, strict=True)}, 80


def _choice_observe(choose_net: Any, inputs: Plain) -> Plain:
    def case(given: Plain) -> Plain:
        nets, limits = copy.deepcopy(given["nets"]), copy.deepcopy(given["limits"])
        result = choose_net(nets, limits)
        changed = nets != given["nets"] or limits != given["limits"]
        known = result is None or isinstance(result, str)
        return {"type": type(result).__name__, "chosen": result if known else "", "changed": changed}

    return {name: trying("call", partial(case, given)) for name, given in inputs.items()}


def _fitting(given: Plain, fits: Callable[[float, float], bool] = lambda cost, limit: cost <= limit) -> list[str]:
    nets: Nets = given["nets"]
    limits: Limits = given["limits"]
    return [name for name, net in nets.items() if all(fits(net[cost], limit) for cost, limit in limits.items())]


def _best(given: Plain, names: list[str]) -> str | None:
    nets: Nets = given["nets"]
    return max(names, key=lambda name: (nets[name]["accuracy"], -nets[name]["gmacs"]), default=None)


def _choice_of(given: Plain) -> str | None:
    return _best(given, _fitting(given))


def _some(given: Plain) -> list[str]:
    """Return the nets that keep to at least one of the limits."""
    nets, limits = given["nets"], given["limits"]
    if not limits:
        return list(nets)
    return [name for name, net in nets.items() if any(net[cost] <= limit for cost, limit in limits.items())]


def _only(cost: str, given: Plain) -> list[str]:
    limits = {name: limit for name, limit in given["limits"].items() if name == cost}
    return _fitting({"nets": given["nets"], "limits": limits})


# What a function with one well-known mistake chooses.
CHOICES: tuple[tuple[str, Callable[[Plain], str | None]], ...] = (
    ("limits-ignored", lambda given: _best(given, list(given["nets"]))),
    ("any-limit", lambda given: _best(given, _some(given))),
    ("one-limit-only", lambda given: _best(given, _only("gmacs", given))),
    ("one-limit-only", lambda given: _best(given, _only("parameters", given))),
    ("one-limit-only", lambda given: _best(given, _only("memory", given))),
    ("first-that-fits", lambda given: next(iter(_fitting(given)), None)),
    ("last-that-fits", lambda given: next(reversed(_fitting(given)), None)),
    ("least-accurate", lambda given: min(_fitting(given), key=lambda n: given["nets"][n]["accuracy"], default=None)),
    ("cheapest", lambda given: min(_fitting(given), key=lambda n: given["nets"][n]["gmacs"], default=None)),
    ("dearest", lambda given: max(_fitting(given), key=lambda n: given["nets"][n]["gmacs"], default=None)),
    ("dearest", lambda given: max(_fitting(given), key=lambda n: given["nets"][n]["parameters"], default=None)),
    ("exact-fit-refused", lambda given: _best(given, _fitting(given, lambda cost, limit: cost < limit))),
    ("limits-turned", lambda given: _best(given, _fitting(given, lambda cost, limit: cost >= limit))),
    ("tie", lambda given: max(_fitting(given), key=lambda n: given["nets"][n]["accuracy"], default=None)),
    ("tie", lambda given: max(_fitting(given)[::-1], key=lambda n: given["nets"][n]["accuracy"], default=None)),
)


def _choice_judge(observation: Plain, inputs: Plain) -> Verdict:
    for name in inputs:
        error = first_raised(observation[name])
        if error and name == "nothing-fits" and error["type"] in ("ValueError", "IndexError"):
            return Verdict("nothing-fits-raises", {"text": f"{error['type']}: {first_line(error['message'])}"})
        if error and error["type"] == "KeyError" and error["message"].strip("'") in COSTS:
            return Verdict("missing-limit", {"key": error["message"].strip("'"), **_choice_figures(inputs[name])})
        if error:
            return raised(error)
    if all(observation[name]["type"] == "NoneType" for name in inputs):
        return Verdict("returned-nothing")
    for name, given in inputs.items():
        seen = observation[name]
        if seen["type"] not in ("str", "NoneType"):
            return Verdict("not-a-name", {"type": seen["type"]})
        if seen["type"] == "str" and seen["chosen"] not in given["nets"]:
            return Verdict("unknown-net", {"seen": seen["chosen"], **_choice_figures(given)})
        if seen["changed"]:
            return Verdict("inputs-changed", _choice_figures(given))
    chosen = {name: observation[name]["chosen"] for name in inputs}
    wrong = [name for name, given in inputs.items() if chosen[name] != _choice_of(given)]
    if not wrong:
        return PASSED
    if wrong == ["nothing-fits"]:
        return Verdict("nothing-fits", {"seen": chosen["nothing-fits"]})
    return _judge_choice(wrong[0], chosen, inputs)


def _judge_choice(name: str, chosen: dict[str, str | None], inputs: Plain) -> Verdict:
    given = inputs[name]
    figures = _choice_figures(given) | {
        "seen": f"`{chosen[name]}`{_say_net(given, chosen[name])}",
        "wanted": f"`{_choice_of(given)}`{_say_net(given, _choice_of(given))}",
    }
    others = [each for each in inputs if each != "nothing-fits"]
    for key, choose in CHOICES:
        if all(chosen[each] == choose(inputs[each]) for each in others):
            return Verdict(key, figures)
    # Two mistakes together choose as none of the list does: the first that shows is named.
    fitting, wanted = _fitting(given), _choice_of(given)
    just_fits = wanted in fitting and wanted not in _fitting(given, lambda cost, limit: cost < limit)
    if just_fits and (chosen[name] is None or chosen[name] in fitting):
        return Verdict("exact-fit-refused", figures)
    if chosen[name] is None:
        return Verdict("none-though-one-fits", figures)
    if chosen[name] not in fitting:
        return Verdict("over-the-limit", figures)
    mine, best = given["nets"][chosen[name]], given["nets"][wanted]
    if mine["accuracy"] == best["accuracy"] and mine["gmacs"] > best["gmacs"]:
        return Verdict("tie", figures)
    return Verdict("not-the-best", figures)


def _choice_figures(given: Plain) -> dict[str, Any]:
    limits = ", ".join(f'"{name}": {limit:g}' for name, limit in given["limits"].items())
    return {"limits": f"{{{limits}}}"}


def _say_net(given: Plain, name: str | None) -> str:
    if name is None:
        return ""
    net = given["nets"][name]
    parts = [f"{part} {net[part]:.4g}" for part in ("accuracy", *dict.fromkeys([*given["limits"], "gmacs"]))]
    return f" ({', '.join(parts)})"


# --- the checks --------------------------------------------------------------------------------------------------

wrn_channels = Check("wrn-channels", LESSON, ("wrn_channels",), _channels_inputs, _channels_observe, _channels_judge)
grouped_conv = Check("grouped-conv", LESSON, ("split_transform_merge",), _merge_inputs, _merge_observe, _merge_judge)
resnext_block = Check(
    "resnext-block",
    LESSON,
    ("Bottleneck",),
    partial(block_inputs, RESNEXT),
    partial(observe_block, RESNEXT),
    _resnext_judge,
)
trade_off = Check("trade-off", LESSON, ("choose_net",), _choice_inputs, _choice_observe, _choice_judge)
