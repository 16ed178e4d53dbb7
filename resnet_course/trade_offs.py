"""What a net costs and what it is worth: the figures between which one has to choose."""

from __future__ import annotations

from functools import cache

import matplotlib as mpl
import torch
from matplotlib.axes import Axes
from matplotlib.collections import LineCollection, PatchCollection
from matplotlib.figure import Figure
from matplotlib.patches import Rectangle
from matplotlib.ticker import FuncFormatter, MaxNLocator
from torch import nn

from resnet_course.blocks import Bottleneck
from resnet_course.cost import count_cost, memory_per_image
from resnet_course.drawing import COLORS, STYLE, Picture, fill_texts, say, title_above
from resnet_course.language import message
from resnet_course.resnet import ARCHITECTURES, ResNet, create_resnet
from resnet_course.shapes import Call, record_calls

COSTS = ("parameters", "gmacs", "memory")


@cache
def _net_figures(architecture: str) -> dict[str, float]:
    from torchvision.models import get_model_weights

    with torch.device("meta"):  # shapes only, no numbers
        model = create_resnet(architecture)
    cost = count_cost(model)
    accuracy = get_model_weights(architecture)["IMAGENET1K_V1"].meta["_metrics"]["ImageNet-1K"]["acc@1"]
    return {
        "parameters": round(cost.parameters / 1e6, 2),
        "gmacs": round(cost.macs / 1e9, 2),
        "memory": round(memory_per_image(model) / 2**20, 1),
        "error": round(100 - accuracy, 3),
    }


def net_figures(architecture: str) -> dict[str, float]:
    """Return three costs of a net for a photo of 224 × 224, and its error on ImageNet.

    Parameters
    ----------
    architecture : str
        One of `resnet_course.resnet.ARCHITECTURES`.

    Returns
    -------
    dict
        ``"parameters"`` in millions; ``"gmacs"``, thousand millions of multiply-adds; ``"memory"``, what the
        activations of one photo take during training, in MiB; all computed. And ``"error"``, top-1 in percent, as
        torchvision measured it for its first set of weights ("V1").

    Raises
    ------
    ValueError
        If the architecture is unknown; the message lists the known ones.

    Examples
    --------
    >>> net_figures("resnet50")
    {'parameters': 25.56, 'gmacs': 4.09, 'memory': 82.0, 'error': 23.87}
    """
    if architecture not in ARCHITECTURES:
        raise ValueError(message("errors.resnet.unknown", architecture=architecture, known=", ".join(ARCHITECTURES)))
    return dict(_net_figures(architecture))


# --- three dials -------------------------------------------------------------------------------------------------

DEPTHS: dict[int, tuple[int, int, int, int]] = {
    26: (2, 2, 2, 2),
    50: (3, 4, 6, 3),
    101: (3, 4, 23, 3),
    152: (3, 8, 36, 3),
}
STAGES = ("layer1", "layer2", "layer3", "layer4")


@cache
def _convolutions(width: int, cardinality: int) -> tuple[tuple[str, int, int], ...]:
    """Return name, parameters and multiply-adds of what runs in a net with two blocks in every stage."""
    with torch.device("meta"):
        model = ResNet(Bottleneck, (2, 2, 2, 2), groups=cardinality, base_width=width)
        calls = record_calls(model, torch.empty(1, 3, 224, 224))
    return tuple(
        (call.name, call.parameters, _macs(call))
        for call in calls
        if call.parameters and not list(call.module.children())
    )


def _macs(call: Call) -> int:
    if isinstance(call.module, nn.Conv2d):
        return call.parameters * call.output.shape[2] * call.output.shape[3]
    return call.module.weight.numel() if isinstance(call.module, nn.Linear) else 0


def dial_cost(depth: int, width: int, cardinality: int) -> tuple[int, int]:
    """Return parameters and multiply-adds, for a photo of 224 × 224, of a net of bottlenecks.

    Parameters
    ----------
    depth : {26, 50, 101, 152}
        Layers with weights.
    width : int
        Width of one path in the first stage.
    cardinality : int
        Number of parallel paths.

    Notes
    -----
    A net with two blocks in every stage is run without numbers; all blocks of a stage but the first cost the same.

    Examples
    --------
    >>> dial_cost(50, 64, 1), dial_cost(50, 4, 32)
    ((25557032, 4089184256), (25028904, 4230479872))
    """
    more = dict(zip(STAGES, (blocks - 1 for blocks in DEPTHS[depth]), strict=True))
    parameters = macs = 0
    for name, weights, products in _convolutions(width, cardinality):
        stage, _, block = name.partition(".")
        times = more[stage] if block.startswith("1.") else 1
        parameters, macs = parameters + times * weights, macs + times * products
    return parameters, macs


def draw_dials(depth: int = 50, width: int = 64, cardinality: int = 1) -> Picture:
    """Return a picture of a net of bottlenecks: its blocks with their parallel paths, and what it costs.

    Parameters
    ----------
    depth, width, cardinality
        As `dial_cost` takes them.

    Examples
    --------
    >>> print(draw_dials(50, 4, 32).figure.get_suptitle())
    50 layers, 32 paths of width 4:
    97.9% of ResNet-50's parameters, 103% of its multiply-adds
    """
    base, cost = dial_cost(50, 64, 1), dial_cost(depth, width, cardinality)
    paths = "one-path" if cardinality == 1 else "paths"
    figures = {
        "depth": depth,
        "in_paths": message(f"07_width_and_cardinality.figures.dials.{paths}", width=width, cardinality=cardinality),
        "blocks": sum(DEPTHS[depth]),
        "parameters": say(cost[0] / 1e6),
        "gmacs": say(cost[1] / 1e9),
        "parameters_percent": say(100 * cost[0] / base[0]),
        "macs_percent": say(100 * cost[1] / base[1]),
    }
    texts = fill_texts("07_width_and_cardinality.figures.dials", figures)
    with mpl.rc_context(STYLE):
        figure = Figure(figsize=(9.4, 5.4), layout="constrained")
        left, right = figure.subplots(1, 2, width_ratios=(1.35, 1))
        _draw_blocks(left, depth, width, cardinality, texts)
        _draw_costs(right, cost, base, texts)
        title_above(figure, texts["title"])
    return Picture(figure, texts["alt"])


def _draw_blocks(axes: Axes, depth: int, width: int, cardinality: int, texts: dict[str, str]) -> None:
    """Draw a bar for each block, from the photo (top) to the output: its length grows with the root of the width.

    Drawn to scale, the thinnest of the widths that the dials allow would be a thousandth as long as the widest.
    """
    blocks = [2**stage for stage, count in enumerate(DEPTHS[depth]) for _ in range(count)]
    widest = 4096  # of what the dials allow most have at most this; wider ones are drawn as long as that
    bars, gaps = [], []
    for position, factor in enumerate(blocks):
        inner = cardinality * (width * factor)
        long = min(1.0, (inner / widest) ** 0.5)
        bars.append(Rectangle((-long / 2, position + 0.1), long, 0.8))
        for path in range(1, cardinality):
            x = -long / 2 + long * path / cardinality
            gaps.append([(x, position + 0.1), (x, position + 0.9)])
    # All in two collections: one by one, 50 blocks of 32 paths would take longer than a slider may.
    axes.add_collection(PatchCollection(bars, facecolor=COLORS["residual"], edgecolor="none", alpha=0.85))
    axes.add_collection(LineCollection(gaps, colors="white", linewidths=1.0 if cardinality < 16 else 0.6))
    axes.set(xlim=(-0.55, 0.55), ylim=(len(blocks) + 0.3, -0.3))
    axes.set_title(texts["blocks"], fontsize=10, fontweight="normal")
    axes.axis("off")


def _draw_costs(axes: Axes, cost: tuple[int, int], base: tuple[int, int], texts: dict[str, str]) -> None:
    shares = [100 * each / other for each, other in zip(cost, base, strict=True)]
    names = [texts["parameters"], texts["macs"]]
    axes.barh(range(2), shares, height=0.5, color=COLORS["neutral"])
    axes.axvline(100, color="black", lw=1.4, ls=(0, (5, 2)))
    for position, share in enumerate(shares):
        axes.annotate(
            say(share), (share, position), xytext=(5, 0), textcoords="offset points", va="center",
            bbox={"fc": "white", "ec": "none", "pad": 1},
        )  # fmt: skip
    axes.set_yticks(range(2), names)
    axes.set_ylim(1.6, -0.6)
    axes.set_xlim(0, 1.3 * max(*shares, 100))
    axes.set_xlabel(texts["x"])
    axes.xaxis.set_major_locator(MaxNLocator(4))
    axes.grid(False, axis="y")
    axes.tick_params(axis="y", length=0)
    axes.xaxis.set_major_formatter(FuncFormatter(lambda value, _: say(value)))
