"""The check of the number of paths of each length."""

from __future__ import annotations

import math
import operator
import time
from collections.abc import Callable
from functools import partial
from typing import Any, TypedDict

import numpy as np

from resnet_course.checks.check import Check
from resnet_course.checks.judging import Fault, name_mistake, ran
from resnet_course.checks.observing import Plain, Raised, kind_of, trying
from resnet_course.language import number

ENUMERABLE = 18  # 2 ** 18 paths: counted one by one they take far longer than any formula
TOO_SLOW = 0.005  # seconds; a formula takes a hundredth of a millisecond
EXACT = 8  # blocks, for whose small counts no float is off
LONGEST = 10**300  # what is larger fits neither a float nor a card
HUGE: list[int | float] = [math.inf]  # stands for counts with such a number
DICTIONARIES = ("dict", "Counter", "defaultdict")


class Given(TypedDict):
    """What is given: numbers of blocks."""

    blocks: list[int]


class Seen(TypedDict, total=False):
    """What a call shows: a list's numbers, the type of a wrong element, or the number that came instead of a list."""

    kind: str
    number: int | float
    counts: list[int | float]
    huge: bool  # instead of the numbers: one is larger than can be shown
    element: str
    raised: Raised


def inputs(seed: int) -> Given:
    """Return small and large numbers of blocks, and none at all."""
    draw = np.random.default_rng(seed)
    return {"blocks": [2, 0, 1, int(draw.integers(3, 9)), int(draw.integers(9, 14)), ENUMERABLE, 60]}


def observe(path_lengths: Any, inputs: Given) -> dict[str, Plain]:
    """Ask for the counts of each number of blocks."""
    seen: dict[str, Plain] = {}
    for blocks in inputs["blocks"]:
        began = time.thread_time()
        seen[str(blocks)] = trying("call", partial(count, path_lengths, blocks))
        seconds = time.thread_time() - began
        # 2 ** 60 paths would fill the memory before the time is up: whoever counts one by one is stopped before.
        if blocks == ENUMERABLE and seconds > TOO_SLOW and "raised" not in seen[str(blocks)]:
            began = time.thread_time()
            trying("call", partial(count, path_lengths, blocks))
            if time.thread_time() - began > TOO_SLOW:
                seen["too_slow"] = blocks
                break
    return seen


def count(path_lengths: Any, blocks: int) -> Seen:
    """Ask for the counts of one number of blocks."""
    value = path_lengths(blocks)
    if isinstance(value, int | float):
        return {"kind": kind_of(value), "number": math.inf if abs(value) >= LONGEST else value}
    if not isinstance(value, list):
        return {"kind": kind_of(value)}
    counts: list[int | float] = []
    for each in value:
        if isinstance(each, float):
            counts.append(float(each))
        else:
            try:
                counts.append(operator.index(each))  # also NumPy's whole numbers
            except TypeError:
                return {"kind": "list", "element": kind_of(each)}
    if any(isinstance(each, int) and abs(each) >= LONGEST for each in counts):
        return {"kind": "list", "huge": True}
    return {"kind": "list", "counts": counts}


# What one mistake gives for n blocks.
MISTAKES: tuple[tuple[str, Callable[[int], list[int]]], ...] = (
    ("last-missing", lambda n: [math.comb(n, k) for k in range(n)]),
    ("zero-missing", lambda n: [math.comb(n, k) for k in range(1, n + 1)]),
    ("one-block-more", lambda n: [math.comb(n + 1, k) for k in range(n + 2)]),
    ("one-block-more", lambda n: [math.comb(n + 1, k) for k in range(n + 1)]),
    ("one-block-less", lambda n: [math.comb(max(n - 1, 0), k) for k in range(max(n, 1))]),
    ("one-block-less", lambda n: [math.comb(max(n - 1, 0), k) for k in range(n)]),
    ("lengths", lambda n: list(range(n + 1))),
    ("lengths", lambda n: list(range(1, n + 1))),
    ("cumulative", lambda n: [sum(math.comb(n, i) for i in range(k + 1)) for k in range(n + 1)]),
    ("ordered", lambda n: [math.perm(n, k) for k in range(n + 1)]),
    ("powers", lambda n: [2**k for k in range(n + 1)]),
    ("products", lambda n: [n * k for k in range(n + 1)]),
    ("arguments-swapped", lambda n: [math.comb(k, n) for k in range(n + 1)]),
    ("ones", lambda n: [1] * (n + 1)),
    ("changed-on-the-way", lambda n: changed_on_the_way(n, from_the_left=True)),
    ("changed-on-the-way", lambda n: changed_on_the_way(n, from_the_left=False)),
)

Found = dict[int, list[int | float]]

# What else can be wrong, told from the counts of all numbers of blocks.
PATTERNS: tuple[tuple[str, Callable[[Found], bool]], ...] = (
    ("zero-blocks", lambda found: wrong(found) == [0]),
    ("return-in-loop", lambda found: all(counts == [1] for counts in found.values())),
    ("always-the-same", lambda found: len(found) > 1 and len({tuple(counts) for counts in found.values()}) == 1),
    ("every-path", lambda found: all(is_every_path(blocks, counts) for blocks, counts in found.items())),
    ("shares", lambda found: all(nearly(counts, right(n), 2**n, rtol=1e-5) for n, counts in found.items())),
)


def judge(observation: dict[str, Plain], inputs: Given) -> None:
    """Compare with the binomial coefficients."""
    seen = {blocks: observation[str(blocks)] for blocks in inputs["blocks"] if str(blocks) in observation}
    judge_shorter(seen)
    ran(seen[2])
    stopped = [blocks for blocks in seen if "raised" in seen[blocks]]
    judge_number({blocks: seen[blocks]["number"] for blocks in seen if "number" in seen[blocks]})
    for blocks in seen:
        if blocks not in stopped:
            judge_type(blocks, seen[blocks])
    found = {blocks: seen[blocks].get("counts", HUGE) for blocks in seen if blocks not in stopped}
    if stopped == [0] and not wrong(found):
        raise Fault("zero-blocks", blocks=0, seen=seen[0]["raised"]["type"])
    ran(*seen.values())
    judge_counts(found)
    if "too_slow" in observation:
        raise Fault("too-slow", blocks=ENUMERABLE, paths=number(2**ENUMERABLE, ","))


def judge_shorter(seen: dict[int, Seen]) -> None:
    """Ask for the list of one block, on which a function that asks itself builds that of two."""
    error, counts = seen[2].get("raised"), seen.get(1, {}).get("counts", right(1))
    if error and error["type"] == "IndexError" and counts != right(1):
        raise Fault("shorter-first", text=error["message"], seen=some(counts), wanted=some(right(1)))


def judge_number(numbers: dict[int, int | float]) -> None:
    """Name what gives a single number instead of a list."""
    if not numbers:
        return
    blocks = next(iter(numbers))
    figures = {"blocks": blocks, "seen": some([numbers[blocks]])[1:-1], "wanted": some(right(blocks))}
    if all(numbers[each] == 1 for each in numbers):
        raise Fault("return-in-loop", **figures)
    raise Fault("total" if all(numbers[each] == 2**each for each in numbers) else "one-number", **figures)


def judge_type(blocks: int, seen: Seen) -> None:
    """Ask for a list of numbers."""
    if seen["kind"] == "NoneType":
        raise Fault("returned-nothing", blocks=blocks, type=seen["kind"])
    if seen["kind"] != "list":
        raise Fault("dictionary" if seen["kind"] in DICTIONARIES else "not-a-list", blocks=blocks, type=seen["kind"])
    if "element" in seen:
        raise Fault("elements", blocks=blocks, type=seen["element"])


def judge_counts(found: Found) -> None:
    """Ask for the right counts, as whole numbers."""
    floats = [blocks for blocks in found if any(isinstance(each, float) for each in found[blocks])]
    if floats and all(nearly(counts, right(blocks)) for blocks, counts in found.items()):
        raise Fault("floats", blocks=floats[0], seen=some(found[floats[0]]))
    if not wrong(found):
        return
    blocks = wrong(found)[0]
    figures: dict[str, Any] = {
        "blocks": blocks,
        "seen": some(found[blocks]),
        "wanted": some(right(blocks)),
        "seen_sum": total(found[blocks]),
        "wanted_sum": total(right(blocks)),
    }
    if found[blocks] is HUGE:
        raise Fault("huge", **figures)
    name_mistake(MISTAKES, lambda formula: all(found[each] == formula(each) for each in found), **figures)
    name_mistake(PATTERNS, lambda pattern: pattern(found), **figures)
    only_large = wrong(found) == [max(found)] and len(found[blocks]) == blocks + 1
    rounded = blocks > EXACT and all(is_rounded(counts, right(each)) for each, counts in found.items())
    if rounded or only_large:
        key = "rounded" if rounded else "only-large"
        raise Fault(key, blocks=blocks, **first_difference(found[blocks], right(blocks)))
    if all(len(counts) == each for each, counts in found.items()):
        raise Fault("too-short", **figures, lengths=blocks + 1)
    raise Fault("numbers-differ", **figures)


def changed_on_the_way(blocks: int, from_the_left: bool) -> list[int]:
    """Return what Pascal's triangle gives if each row is written over the one before, with its last 1 put on first."""
    row = [1]
    for _ in range(blocks):
        if from_the_left:
            row.append(1)
        for place in range(1, len(row) - from_the_left):
            row[place] += row[place - 1]
        if not from_the_left:
            row.append(1)
    return row


def first_difference(counts: list[int | float], wanted: list[int]) -> dict[str, Any]:
    """Return the first place where counts are not right, and what stands there and should."""
    length = next(place for place, count in enumerate(counts) if count != wanted[place])
    return {"length": length, "seen": short(counts[length]), "wanted": short(wanted[length])}


def right(blocks: int) -> list[int]:
    """Return the counts: in how many ways k of the blocks can be chosen."""
    return [math.comb(blocks, k) for k in range(blocks + 1)]


def wrong(found: Found) -> list[int]:
    """Return the numbers of blocks whose counts are not right."""
    return [blocks for blocks, counts in found.items() if counts != right(blocks)]


def nearly(counts: list[int | float], wanted: list[int], whole: int = 1, rtol: float = 1e-9) -> bool:
    """Tell whether counts, or their shares of a whole, are right but for rounding."""
    pairs = zip(counts, wanted, strict=False)
    return len(counts) == len(wanted) and all(abs(each * whole - want) <= rtol * want for each, want in pairs)


def is_rounded(counts: list[int | float], wanted: list[int]) -> bool:
    """Tell whether counts are right but for the last digits of a float, or for what `int` cuts off behind the point."""
    pairs = zip(counts, wanted, strict=False)
    return len(counts) == len(wanted) and all(abs(each - want) <= max(1, 1e-6 * want) for each, want in pairs)


def is_every_path(blocks: int, counts: list[int | float]) -> bool:
    """Tell whether the list holds the length of every single path."""
    return len(counts) == 2**blocks and sorted(counts) == sorted(bin(path).count("1") for path in range(2**blocks))


def some(counts: list[Any], most: int = 8) -> str:
    """Return the first counts as a card shows them."""
    return f"[{', '.join(map(short, counts[:most]))}{', …' if len(counts) > most else ''}]"


def short(count: int | float) -> str:
    """Return a number as Python shows it, very long ones by their size."""
    # A float shows that it is one: 2.0, not 2.
    return repr(count) if isinstance(count, float) or abs(count) < 10**25 else f"{count:.3g}"


def total(counts: list[Any]) -> str:
    """Return what counts add up to, in the current language's marks."""
    found = sum(counts)
    return number(found, "," if isinstance(found, int) and abs(found) < 10**25 else ".6g")


path_lengths = Check(
    grade_id="path-lengths",
    lesson="02_residual_gradient",
    answers=("path_lengths",),
    inputs=inputs,
    observe=observe,
    judge=judge,
    references=("resnet_course.gradients.path_lengths",),
)
