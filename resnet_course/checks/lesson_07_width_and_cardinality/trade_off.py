"""The check of a choice: the net with the lowest error within limits."""

from __future__ import annotations

import copy
import operator
from collections.abc import Callable, Iterable
from typing import Any, TypedDict

import numpy as np

from resnet_course.checks.check import Check
from resnet_course.checks.judging import Fault, first_line, in_stages, name_mistake, ran
from resnet_course.checks.observing import Raised, trying
from resnet_course.language import number
from resnet_course.trade_offs import COSTS, net_figures

FAMILY = ("resnet18", "resnet34", "resnet50", "resnext50_32x4d", "wide_resnet50_2")
NEARLY = 0.5  # percent: who accepts so few more errors for a cheaper net may do so on purpose
Nets = dict[str, dict[str, float]]


class Case(TypedDict):
    """What a case gives: the figures of each net, and the limits."""

    nets: Nets
    limits: dict[str, float]


class Seen(TypedDict, total=False):
    """What a case shows: what was returned if it is a name or None, its type, and whether the arguments changed."""

    type: str
    chosen: str | None
    changed: bool
    raised: Raised


def inputs(seed: int) -> dict[str, Case]:
    """Return real nets and made-up ones, with limits of every kind."""
    draw = np.random.default_rng(seed)
    real = {str(name): net_figures(str(name)) for name in draw.permutation(FAMILY)}
    costs = {name: sorted(net[name] for net in real.values()) for name in COSTS}

    def between(name: str, position: int) -> float:
        low, high = costs[name][position], costs[name][position + 1]
        return round(float(draw.uniform(low + 0.2 * (high - low), high - 0.2 * (high - low))), 3)

    made_up, limit = made_up_nets(draw)
    winner = min(made_up, key=lambda name: made_up[name]["error"])
    # The same error for less work, neither first nor last by order or by name: whoever takes another pays for nothing.
    cheaper = made_up[winner] | {"gmacs": made_up[winner]["gmacs"] - 5, "parameters": 99.5, "memory": 99.5}
    dearer = made_up[winner] | {"gmacs": made_up[winner]["gmacs"] + 5}
    twins = {"net-Z": dearer} | made_up | {"net-M": cheaper, "net-0": dearer}
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
        "limit-of-zero": {"nets": real, "limits": {"memory": 0}},
        "made-up": {"nets": made_up, "limits": dict.fromkeys(COSTS, limit)},
        "equally-good": {"nets": twins, "limits": {}},
        "equally-good-turned": {"nets": dict(reversed(twins.items())), "limits": {}},
        "to-the-limit": {"nets": nets_at_the_limit(draw, limit), "limits": dict.fromkeys(COSTS, limit)},
        "nearly-equal": {"nets": nearly_equal_nets(draw), "limits": {}},
    }


def nets_at_the_limit(draw: np.random.Generator, limit: int) -> Nets:
    """Return a net whose every cost is the limit, better ones that exceed one limit by a trifle, and a worse one."""
    high = int(draw.integers(300, 400)) / 10
    at_limit = dict.fromkeys(COSTS, float(limit))
    over = [{**at_limit, name: limit + 0.004, "error": high - 5 - i} for i, name in enumerate(draw.permutation(COSTS))]
    return {
        "net-H": over[0],
        "net-I": {**dict.fromkeys(COSTS, limit / 4), "error": high},
        "net-J": over[1],
        "net-K": {**at_limit, "error": high - 3},
        "net-L": over[2],
    }


def nearly_equal_nets(draw: np.random.Generator) -> Nets:
    """Return nets of which the best is so by a thousandth of a percent, and so dear that no price is small.

    As text, the error of the worst would come before the others.
    """
    good = int(draw.integers(200, 300)) / 10
    return {
        "net-M": {**dict.fromkeys(COSTS, 20.0), "error": round(good + 0.001, 3)},
        "net-N": {**dict.fromkeys(COSTS, 9e6), "error": good},
        "net-O": {**dict.fromkeys(COSTS, 10.0), "error": 100.0},
    }


def made_up_nets(draw: np.random.Generator) -> tuple[Nets, int]:
    """Return seven nets and a limit for every cost.

    Four keep to it: the best of them is neither the first nor the last, neither the cheapest nor the dearest, in
    nothing. Each of the other three would be better, and exceeds one limit only.
    """

    def ranks(low: int, high: int, count: int) -> list[int]:
        return sorted(int(each) for each in draw.choice(np.arange(low, high), count, replace=False))

    e = [float(each) for each in ranks(20, 40, 7)][::-1]  # not nearly equal: that is another case
    g, p, m = (ranks(10, 80, 4) for _ in COSTS)
    over = ranks(85, 99, 3)
    rows = [
        (p[1], g[3], m[1], e[2]),
        (over[0], g[0], m[0], e[6]),
        (p[2], g[1], m[2], e[3]),
        (p[0], over[1], m[0], e[4]),
        (p[3], g[2], m[0], e[0]),
        (p[0], g[0], over[2], e[5]),
        (p[0], g[0], m[3], e[1]),
    ]
    letters = [str(each) for each in draw.permutation(list("ABCDEFG"))]
    fitting, exceeding = sorted(letters[:4]), letters[4:]
    best = fitting.pop(int(draw.integers(1, 3)))  # not even the first or last by name
    rest = [str(each) for each in draw.permutation(fitting)]
    order = (rest[0], exceeding[0], best, exceeding[1], rest[1], exceeding[2], rest[2])
    names = [f"net-{letter}" for letter in order]
    return {name: dict(zip((*COSTS, "error"), row, strict=True)) for name, row in zip(names, rows, strict=True)}, 80


def observe(choose_net: Any, inputs: dict[str, Case]) -> dict[str, Seen]:
    """Ask for a net in each case."""

    def case(given: Case) -> Seen:
        nets, limits = copy.deepcopy(given["nets"]), copy.deepcopy(given["limits"])
        seen: Seen = trying("call", lambda: describe_choice(choose_net(nets, limits)))
        return {**seen, "changed": nets != given["nets"] or limits != given["limits"]}

    return {name: case(given) for name, given in inputs.items()}


def describe_choice(value: Any) -> Seen:
    """Return a name (NumPy's as well) or None as it is, and the type of whatever it is."""
    if isinstance(value, str):
        return {"type": "str", "chosen": str(value)}
    return {"type": type(value).__name__, "chosen": None}


def within(given: Case, fits: Callable[[float, float], bool] = operator.le) -> list[str]:
    """Return the nets whose every cost fits its limit."""
    nets, limits = given["nets"], given["limits"]
    return [name for name, net in nets.items() if all(fits(net[cost], limit) for cost, limit in limits.items())]


def within_some(given: Case) -> list[str]:
    """Return the nets that keep to at least one of the limits."""
    nets, limits = given["nets"], given["limits"]
    some = [name for name, net in nets.items() if any(net[cost] <= limit for cost, limit in limits.items())]
    return some if limits else list(nets)


def within_one_place(given: Case, place: int) -> list[str]:
    """Return the nets that keep to the first of the limits (place 0) or to the last (place -1)."""
    names = list(given["limits"])
    return within_one(given, names[place]) if names else list(given["nets"])


def within_one(given: Case, cost: str) -> list[str]:
    """Return the nets that keep to the limit of this cost."""
    limits = {name: limit for name, limit in given["limits"].items() if name == cost}
    return within({"nets": given["nets"], "limits": limits})


def best(given: Case, names: Iterable[str], seen_as: Callable[[float], Any] = float) -> str | None:
    """Return that of some nets with the lowest error, of equally good ones that with the fewest multiply-adds."""
    nets = given["nets"]
    return min(names, key=lambda name: (seen_as(nets[name]["error"]), nets[name]["gmacs"]), default=None)


def right(given: Case) -> str | None:
    """Return the net to choose."""
    return best(given, within(given))


def figure(given: Case, name: str) -> Callable[[str], float]:
    """Return a function that gives this figure of a net."""
    return lambda net: given["nets"][net][name]


# Which nets a function lets through, and which of them it then takes.
Fitting = Callable[[Case], list[str]]
Choose = Callable[[Case, list[str]], str | None]

FILTERS: tuple[tuple[str, Fitting], ...] = (
    ("limits-ignored", lambda given: list(given["nets"])),
    ("any-limit", within_some),
    ("one-limit-only", lambda given: within_one(given, "gmacs")),
    ("one-limit-only", lambda given: within_one(given, "parameters")),
    ("one-limit-only", lambda given: within_one(given, "memory")),
    ("one-limit-only", lambda given: within_one_place(given, 0)),
    ("one-limit-only", lambda given: within_one_place(given, -1)),
    ("exact-fit-refused", lambda given: within(given, operator.lt)),
    ("limits-turned", lambda given: within(given, operator.ge)),
    ("limits-turned", lambda given: within(given, operator.gt)),
)
# The best, and the best where of equally good ones the first or the last is taken.
BEST: tuple[Choose, ...] = (
    best,
    lambda given, names: min(names, key=figure(given, "error"), default=None),
    lambda given, names: min(names[::-1], key=figure(given, "error"), default=None),
)
CHOICES: tuple[tuple[str, Choose], ...] = (
    ("first-that-fits", lambda given, names: next(iter(names), None)),
    ("last-that-fits", lambda given, names: next(reversed(names), None)),
    ("error-as-text", lambda given, names: best(given, names, str)),
    ("largest-error", lambda given, names: max(names, key=figure(given, "error"), default=None)),
    ("cheapest", lambda given, names: min(names, key=figure(given, "gmacs"), default=None)),
    ("dearest", lambda given, names: max(names, key=figure(given, "gmacs"), default=None)),
    ("dearest", lambda given, names: max(names, key=figure(given, "parameters"), default=None)),
    *(("tie", choose) for choose in BEST[1:]),
)
MISTAKES: tuple[tuple[str, tuple[Fitting, Choose]], ...] = (
    *((key, (fitting, choose)) for key, fitting in FILTERS for choose in BEST),
    *((key, (within, choose)) for key, choose in CHOICES),
)


def judge(observation: dict[str, Seen], inputs: dict[str, Case]) -> None:
    """Ask for a name or None in each case, then for the right one."""
    in_stages(observation, inputs, judge_run)
    if all(seen["type"] == "NoneType" for seen in observation.values()):
        raise Fault("returned-nothing")
    in_stages(observation, inputs, judge_name)
    judge_choices({name: seen["chosen"] for name, seen in observation.items()}, inputs)


def judge_choices(chosen: dict[str, str | None], inputs: dict[str, Case]) -> None:
    """Ask for the right net in each case, and for none where none fits."""
    wrong = [name for name, given in inputs.items() if chosen[name] != right(given)]
    if not wrong:
        return
    choosable = {name: given for name, given in inputs.items() if right(given) is not None}
    wrong_nets = [name for name in wrong if name in choosable]
    if not wrong_nets:
        key = "limit-of-zero" if wrong == ["limit-of-zero"] else "nothing-fits"
        raise Fault(key, seen=f'"{chosen[wrong[0]]}"', **limits_of(inputs[wrong[0]]))

    def gives(mistake: tuple[Fitting, Choose]) -> bool:
        fitting, choose = mistake
        return all(chosen[name] == choose(given, fitting(given)) for name, given in choosable.items())

    given, seen = inputs[wrong_nets[0]], chosen[wrong_nets[0]]
    figures = limits_of(given) | {"seen": say(given, seen), "wanted": say(given, right(given))}
    name_mistake(MISTAKES, gives, **figures)
    # Two mistakes together choose as none of the list does: the first that shows is named.
    raise Fault(first_that_shows(given, seen), **figures)


def judge_run(seen: Seen, given: Case) -> None:
    """Ask for a call without an error, also where nothing fits and where not every cost has a limit."""
    if "raised" not in seen:
        return
    error = seen["raised"]
    empty = error["type"] in ("ValueError", "IndexError") or (error["type"], error["message"]) == ("KeyError", "None")
    if right(given) is None and empty:
        text = f"{error['type']}: {first_line(error['message'])}"
        raise Fault("nothing-fits-raises", text=text, **limits_of(given))
    if error["type"] == "KeyError":
        judge_key(error["message"].strip("'"), given)
    if seen["changed"] and "changed size during iteration" in error["message"]:
        raise Fault("inputs-changed", **limits_of(given))
    ran(seen)


def judge_key(key: str, given: Case) -> None:
    """Ask for limits and nets that there are."""
    if key in COSTS and key not in given["limits"]:
        raise Fault("missing-limit", key=key, **limits_of(given))
    if key in FAMILY and key not in given["nets"]:
        raise Fault("names-written-out", key=key, **limits_of(given))


def judge_name(seen: Seen, given: Case) -> None:
    """Ask for the name of a net or None, and for arguments that are still what they were."""
    if seen["type"] not in ("str", "NoneType"):
        raise Fault("not-a-name", type=seen["type"], **limits_of(given))
    chosen = seen["chosen"]
    if chosen is not None and chosen not in given["nets"]:
        key = "none-as-text" if chosen == "None" or right(given) is None else "unknown-net"
        raise Fault(key, seen=f'"{first_line(chosen, 60)}"', **limits_of(given))
    if seen["changed"]:
        raise Fault("inputs-changed", **limits_of(given))


def first_that_shows(given: Case, chosen: str | None) -> str:
    """Return what is most wrong with a choice."""
    fitting, wanted = within(given), right(given)
    just_fits = wanted in fitting and wanted not in within(given, operator.lt)
    if just_fits and (chosen is None or chosen in fitting):
        return "exact-fit-refused"
    if chosen is None:
        return "none-though-one-fits" if given["limits"] else "none-without-limits"
    if chosen not in fitting:
        return "over-the-limit"
    assert wanted is not None  # something fits
    mine, theirs = given["nets"][chosen], given["nets"][wanted]
    if mine["error"] == theirs["error"] and mine["gmacs"] > theirs["gmacs"]:
        return "tie"
    if mine["gmacs"] < theirs["gmacs"] and mine["error"] - theirs["error"] < NEARLY:
        return "nearly-equal"
    return "not-the-best"


def limits_of(given: Case) -> dict[str, str]:
    """Return the limits as a learner would write them."""
    limits = ", ".join(f'"{name}": {limit}' for name, limit in given["limits"].items())
    return {"limits": f"{{{limits}}}"}


def say(given: Case, name: str | None) -> str:
    """Return a net with the figures by which it is chosen."""
    if name is None:
        return "`None`"
    net = given["nets"][name]
    parts = [f"{part} {number(net[part], '.7g')}" for part in ("error", *dict.fromkeys([*given["limits"], "gmacs"]))]
    return f"`{name}` ({', '.join(parts)})"


trade_off = Check(
    grade_id="trade-off",
    lesson="07_width_and_cardinality",
    answers=("choose_net",),
    inputs=inputs,
    observe=observe,
    judge=judge,
    arguments=("nets", "limits"),
)
