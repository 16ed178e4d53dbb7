"""What a learner answers who has understood one thing wrongly: for each question of the review, wrong formulas.

A formula is given the figures of a question as attributes, ``answer`` among them. What each mistake is called, the
words of the kit say, under ``slips``. A formula may give the right answer, or what another gives: then it is left out.
"""

from __future__ import annotations

from collections.abc import Callable
from math import ceil, log2, log10, perm, prod
from types import SimpleNamespace
from typing import Any

Formula = Callable[[Any], float]

SLIPS: dict[str, tuple[tuple[str, Formula], ...]] = {
    "sigmoid-layers": (
        ("halved", lambda q: ceil(log2(q.fraction))),
        ("tenths", lambda q: round(log10(q.fraction))),
        ("one-too-few", lambda q: q.answer - 1),
    ),
    "sigmoid-slope": (
        ("value-not-slope", lambda q: q.value),
        ("one-factor", lambda q: q.rest),
        ("steepest", lambda q: 0.25),
    ),
    "halving-layers": (
        ("added", lambda q: 2 * q.layers),
        ("squared", lambda q: q.layers**2),
        ("one-too-few", lambda q: 2 ** (q.layers - 1)),
    ),
    "linear-parameters": (
        ("bias-forgotten", lambda q: q.inputs * q.outputs),
        ("bias-per-input", lambda q: q.inputs * q.outputs + q.inputs),
        ("added", lambda q: q.inputs + q.outputs),
    ),
    "relu-slope": (
        ("value-not-slope", lambda q: q.x),
        ("gate-inverted", lambda q: 1 - q.answer),
    ),
    "paths": (
        ("added", lambda q: 2 * q.blocks),
        ("squared", lambda q: q.blocks**2),
        ("shortcuts-alone", lambda q: 2**q.blocks - 1),
    ),
    "paths-of-length": (
        ("order-counted", lambda q: perm(q.blocks, q.length)),
        ("multiplied", lambda q: q.blocks * q.length),
        ("two-ways-each", lambda q: 2**q.length),
    ),
    "paths-left": (
        ("one-path", lambda q: q.whole - 1),
        ("added", lambda q: 2 * (q.blocks - 1)),
        ("nothing-removed", lambda q: q.whole),
    ),
    "residual-slope": (
        ("shortcut-forgotten", lambda q: q.factor),
        ("shortcut-only", lambda q: 1),
        ("shortcut-subtracted", lambda q: q.factor - 1),
    ),
    "residual-chain": (
        ("shortcut-forgotten", lambda q: q.factor**q.blocks),
        ("added", lambda q: getattr(q, "with") * q.blocks),
        ("one-shortcut", lambda q: q.factor**q.blocks + 1),
    ),
    "zero-init": (
        ("shortcut-forgotten", lambda q: 0),
        ("relu-forgotten", lambda q: q.x),
        ("identity-twice", lambda q: 2 * q.x),
    ),
    "conv-size": (
        ("padding-forgotten", lambda q: (q.side - 3) // q.stride + 1),
        ("stride-forgotten", lambda q: q.side),
        ("rounded-down", lambda q: q.side // q.stride),
        ("window-forgotten", lambda q: (q.side + 2) // q.stride),
    ),
    "window-size": (
        ("one-too-few", lambda q: q.side + 2 * q.padding - q.window),
        ("padding-forgotten", lambda q: q.side - q.window + 1),
        ("padding-once", lambda q: q.side + q.padding - q.window + 1),
        ("size-kept", lambda q: q.side),
    ),
    "conv-parameters": (
        ("one-channel", lambda q: 9 * q.outputs),
        ("window-forgotten", lambda q: q.inputs * q.outputs),
        ("bias-counted", lambda q: 9 * q.inputs * q.outputs + q.outputs),
        ("window-not-squared", lambda q: 3 * q.inputs * q.outputs),
    ),
    "batchnorm-parameters": (
        ("shift-forgotten", lambda q: q.channels),
        ("statistics-counted", lambda q: 4 * q.channels),
        ("one-for-all", lambda q: 2),
    ),
    "block-convolutions": (
        ("projection-misjudged", lambda q: 5 - q.answer),
        ("norms-counted", lambda q: 2 * q.answer),
    ),
    "pointwise-parameters": (
        ("added", lambda q: q.inputs + q.outputs),
        ("window-3x3", lambda q: 9 * q.inputs * q.outputs),
        ("one-channel", lambda q: q.outputs),
    ),
    "bottleneck-output": (
        ("expansion-forgotten", lambda q: q.planes),
        ("expansion-of-2", lambda q: 2 * q.planes),
        ("reduced", lambda q: q.planes // 4),
    ),
    "conv-macs": (
        ("positions-forgotten", lambda q: 9 * q.inputs * q.outputs),
        ("one-side", lambda q: 9 * q.inputs * q.outputs * q.side),
        ("window-forgotten", lambda q: q.inputs * q.outputs * q.side**2),
        ("flops", lambda q: 2 * q.answer),
    ),
    "stride-saving": (
        ("one-side", lambda q: q.stride),
        ("stride-forgotten", lambda q: 1),
        ("size-not-cost", lambda q: q.side // q.stride),
    ),
    "bottleneck-parameters": (
        ("third-forgotten", lambda q: q.channels * q.planes + 9 * q.planes**2),
        ("window-forgotten", lambda q: 2 * q.channels * q.planes + q.planes**2),
        ("one-channel", lambda q: 2 * q.channels * q.planes + 9 * q.planes),
        ("basic-block", lambda q: 2 * 9 * q.channels**2),
    ),
    "weighted-layers": (
        ("blocks-not-layers", lambda q: q.total),
        ("ends-forgotten", lambda q: q.answer - 2),
        ("other-block", lambda q: _convolutions(q.block, other=True) * q.total + 2),
        ("projections-counted", lambda q: q.answer + (4 if q.block == "Bottleneck" else 3)),
    ),
    "projections": (
        ("every-block", lambda q: sum(_listed(q.blocks))),
        ("first-stage", lambda q: 7 - q.answer),
        ("once", lambda q: 1),
    ),
    "last-map": (
        ("one-halving-less", lambda q: q.side // 16),
        ("stages-only", lambda q: q.side // 8),
        ("undivided", lambda q: q.side),
    ),
    "stage-channels": (
        ("expansion-misjudged", lambda q: q.planes * (5 - q.expansion)),
        ("stage-before", lambda q: q.answer // 2),
        ("stage-after", lambda q: q.answer * 2),
    ),
    "small-depth": (
        ("blocks-not-layers", lambda q: 3 * q.n),
        ("ends-forgotten", lambda q: 6 * q.n),
        ("one-stage", lambda q: 2 * q.n + 2),
    ),
    "frozen-parameters": (
        ("bias-forgotten", lambda q: q.features * q.classes),
        ("bias-per-input", lambda q: q.features * q.classes + q.features),
        ("other-net", lambda q: (2560 - q.features + 1) * q.classes),
    ),
    "group-rate": (
        ("other-group", lambda q: round(q.head + q.backbone - q.answer, 6)),
        ("frozen", lambda q: 0.0),
        ("mean-of-both", lambda q: round((q.head + q.backbone) / 2, 6)),
    ),
    "features": (
        ("one-image", lambda q: q.each),
        ("classes-not-features", lambda q: 1000 * q.images),
        ("mean-forgotten", lambda q: 49 * q.answer),
    ),
    "grouped-parameters": (
        ("groups-forgotten", lambda q: 9 * q.channels**2),
        ("groups-twice", lambda q: 9 * q.channels**2 // q.groups**2),
        ("window-forgotten", lambda q: q.channels**2 // q.groups),
    ),
    "channels-seen": (
        ("groups-forgotten", lambda q: q.channels),
        ("groups-not-channels", lambda q: q.groups),
        ("depthwise", lambda q: 1),
    ),
    "branch-width": (
        ("stage-forgotten", lambda q: q.width),
        ("all-paths", lambda q: q.groups * q.answer),
        ("stage-after", lambda q: 2 * q.answer),
        ("stage-multiplied", lambda q: q.width * q.stage),
    ),
    "wide-channels": (
        ("factor-forgotten", lambda q: q.plain),
        ("stage-forgotten", lambda q: 16 * q.factor),
        ("added", lambda q: q.plain + q.factor),
        ("stage-after", lambda q: 2 * q.answer),
    ),
    "widening": (
        ("one-side", lambda q: q.factor),
        ("added", lambda q: 2 * q.factor),
        ("window-counted", lambda q: 9 * q.answer),
    ),
    "wide-blocks": (
        ("layers-not-blocks", lambda q: (q.depth - 4) // 3),
        ("width-not-depth", lambda q: q.factor),
        ("all-stages", lambda q: 3 * q.answer),
    ),
    "road-gradient": (
        ("relu-forgotten", lambda q: q.gradient),
        ("road-closed", lambda q: 0),
        ("sum-not-slope", lambda q: prod(_listed(q.sums)) * q.gradient),
    ),
    "scaled-road": (
        ("added", lambda q: 2 * q.blocks),
        ("once", lambda q: 2),
        ("squared", lambda q: q.blocks**2),
    ),
    "first-norm": (
        ("norm-after", lambda q: q.planes),
        ("added", lambda q: q.inplanes + q.planes),
    ),
    "folded-weight": (
        ("shortcut-forgotten", lambda q: q.weight),
        ("one-per-channel", lambda q: q.weight + q.channels),
        ("doubled", lambda q: 2 * q.weight),
    ),
    "dense-channels": (
        ("added-not-beside", lambda q: q.channels),
        ("input-forgotten", lambda q: q.growth * q.layers),
        ("one-layer", lambda q: q.channels + q.growth),
    ),
}


def slips(name: str, figures: dict[str, object]) -> list[tuple[str, float]]:
    """Return what mistakes make of a question: what each is called, and its number, none twice and none right.

    Parameters
    ----------
    name : str
        A question of `resnet_course.questions`.
    figures : dict
        Its numbers, with its ``answer``.

    Examples
    --------
    >>> slips("paths", {"blocks": 4, "answer": 16})
    [('added', 8), ('shortcuts-alone', 15)]
    """
    seen, found = {figures["answer"]}, []
    for slip, formula in SLIPS.get(name, ()):
        value = formula(SimpleNamespace(**figures))
        if value not in seen:
            seen.add(value)
            found.append((slip, value))
    return found


def _listed(numbers: str) -> list[int]:
    return [int(each) for each in numbers.strip("[]").split(", ")]


def _convolutions(block: str, *, other: bool) -> int:
    return 3 if (block == "Bottleneck") != other else 2
