"""Diagrams of nets, drawn from the layers that really run. All are ``plots.…`` too."""

from __future__ import annotations

import itertools
import math
from collections.abc import Mapping
from functools import cache
from typing import Any

import matplotlib as mpl
import torch
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.patches import Circle, FancyArrowPatch, FancyBboxPatch, Rectangle
from matplotlib.ticker import FuncFormatter
from torch import Tensor, nn

from resnet_course.blocks import Bottleneck, make_shortcut
from resnet_course.drawing import COLORS, STYLE, Picture, fill_texts, say, title_above
from resnet_course.language import message, number
from resnet_course.resnet import create_resnet
from resnet_course.shapes import Call, record_calls

LEAST = 9.8  # points: on the page 10 pixels high
MANY = 7  # layers that have room beside each other


def block_diagram(caption: str, block: nn.Module, x: Tensor, *, figures: Mapping[str, object] | None = None) -> Picture:
    """Draw a residual block from the layers that really run when it gets `x`.

    Parameters
    ----------
    caption : str
        Key of the texts: ``title``, ``alt``, ``input``, ``output``, ``shortcut``.
    block : torch.nn.Module
        A block whose shortcut is its submodule ``downsample`` (or nothing). What it calls last stands after the sum,
        unless that is a convolution: then nothing does.
    x : torch.Tensor
        An input for it.
    figures : mapping, optional
        What fills the placeholders of the texts.

    Returns
    -------
    Picture

    Examples
    --------
    >>> import torch
    >>> from resnet_course import BasicBlock
    >>> block_diagram("03_basic_block.figures.block", BasicBlock(4, 4), torch.zeros(1, 4, 8, 8))  # doctest: +ELLIPSIS
    Diagram: a row of boxes for each layer of the block; an arc leads from the input around them to a plus sign...
    """
    texts = fill_texts(caption, figures)
    calls = [call for call in record_calls(block, x) if call.name]
    shortcut = [call for call in calls if call.name.startswith("downsample")]
    layers = [call for call in calls if call not in shortcut]
    last = [] if isinstance(layers[-1].module, nn.Conv2d) else [layers.pop()]
    road = _boxes(layers)
    step, lift = 1.6, 1.75  # between boxes, and up to the shortcut
    plus = step * (len(road) + 1)
    end = plus + step * (1 + len(last))
    with mpl.rc_context(STYLE):
        figure = Figure(figsize=(9.6, 2.75), layout="constrained")
        axes = figure.subplots()
        axes.set(xlim=(-0.6, end + 0.6), ylim=(-0.95, lift + 0.6), aspect="equal")
        axes.axis("off")
        axes.set_title(texts["title"], wrap=True)

        for position, together in enumerate(road, start=1):
            _arrow(axes, (step * (position - 1) + (0.2 if position == 1 else 0.64), 0), (step * position - 0.64, 0))
            _box(axes, step * position, 0, together, COLORS["neutral"])
        _arrow(axes, (plus - step + 0.64, 0), (plus - 0.25, 0))
        if last:
            _arrow(axes, (plus + 0.25, 0), (plus + step - 0.64, 0))
            _box(axes, plus + step, 0, last, COLORS["neutral"])
        _arrow(axes, (plus + 0.25 if not last else plus + step + 0.64, 0), (end - 0.5, 0))

        axes.plot([0, 0, plus], [0.25, lift, lift], color=COLORS["residual"], lw=1.8, zorder=1)
        _arrow(axes, (plus, lift), (plus, 0.25), color=COLORS["residual"])
        for number, call in enumerate(shortcut):
            _box(axes, plus / 2 + step * (number - (len(shortcut) - 1) / 2), lift, [call], COLORS["residual"])
        if not shortcut:
            axes.text(plus / 2, lift + 0.14, texts["shortcut"], ha="center", va="bottom", color=COLORS["residual"])

        axes.add_patch(Circle((plus, 0), 0.25, fc="white", ec="black", lw=1.6, zorder=2))
        axes.text(plus, 0, "+", ha="center", va="center_baseline", fontsize=15, zorder=3)
        _label(axes, 0, texts["input"], x)
        _label(axes, end, texts["output"], calls[-1].output)
    return Picture(figure, texts["alt"])


def _boxes(layers: list[Call]) -> list[list[Call]]:
    """Return which layers share a box: each has its own, but in a long block a ReLU stands with its BatchNorm."""
    boxes: list[list[Call]] = []
    for call in layers:
        with_norm = boxes and isinstance(boxes[-1][-1].module, nn.BatchNorm2d) and isinstance(call.module, nn.ReLU)
        if len(layers) > MANY and with_norm:
            boxes[-1].append(call)
        else:
            boxes.append([call])
    return boxes


def _label(axes: Axes, position: float, text: str, tensor: Tensor) -> None:
    axes.text(position, 0, text, ha="center", va="center", fontsize=11, fontweight="bold")
    axes.text(position, -0.72, _size(tensor), ha="center", va="center", fontsize=LEAST, color=COLORS["neutral"])


def _size(tensor: Tensor) -> str:
    return "×".join(str(size) for size in tensor.shape[1:])


def _box(axes: Axes, x: float, y: float, calls: list[Call], color: str) -> None:
    kinds, names = ", ".join(_kind(call.module) for call in calls), ", ".join(call.name for call in calls)
    half = 0.58 if len(names) <= 10 else 0.7  # "downsample.0"
    axes.add_patch(
        FancyBboxPatch(
            (x - half, y - 0.34), 2 * half, 0.68, boxstyle="round,pad=0.04", fc="white", ec=color, lw=2, zorder=2
        )
    )
    axes.text(x, y + 0.14, kinds, ha="center", va="center", fontsize=LEAST, zorder=3)
    axes.text(x, y - 0.16, names, ha="center", va="center", fontsize=LEAST, color=COLORS["neutral"], zorder=3)
    axes.text(x, y - 0.72, _size(calls[-1].output), ha="center", va="center", fontsize=LEAST, color=COLORS["neutral"])


def _kind(module: nn.Module) -> str:
    if isinstance(module, nn.Conv2d):
        size = "×".join(str(side) for side in module.kernel_size)
        return f"conv {size}" + (f" /{module.stride[0]}" if module.stride[0] != 1 else "")
    return {"BatchNorm2d": "BN"}.get(type(module).__name__, type(module).__name__)


def _arrow(axes: Axes, start: tuple[float, float], end: tuple[float, float], color: Any = "black") -> None:
    axes.add_patch(FancyArrowPatch(start, end, arrowstyle="-|>", mutation_scale=12, color=color, lw=1.8, zorder=1))


def draw_bottleneck(inplanes: int = 256, width: int = 64, stride: int = 1, groups: int = 1) -> Picture:
    """Return a picture of a Bottleneck: its tensors, and what each of its convolutions costs for 56 × 56 pixels.

    Parameters
    ----------
    inplanes : int
        Channels of the input.
    width : int
        Channels inside; the output has four times as many.
    stride : int
        Step of the 3×3 convolution.
    groups : int
        Groups of the 3×3 convolution; they must divide `width` and 64.

    Raises
    ------
    ValueError
        If the groups do not divide the width.

    Returns
    -------
    Picture

    Examples
    --------
    >>> print(draw_bottleneck().figure.get_suptitle())
    218 million multiply-adds, 53% of them in the 3×3 convolution
    """
    if width % groups or 64 % groups:
        raise ValueError(message("errors.diagrams.groups", groups=groups, width=width))
    side = 56
    with torch.device("meta"):  # shapes only, no numbers
        shortcut = make_shortcut(inplanes, 4 * width, stride)
        block = Bottleneck(inplanes, width, stride, shortcut, groups, base_width=64 // groups)
        x = torch.empty(1, inplanes, side, side)
        convolutions = _convolutions(block, x)
    macs = {call.name: _macs(call) for call in convolutions}
    road = [call for call in convolutions if call.name in ("conv1", "conv2", "conv3")]
    tensors = [road[0].inputs, *(call.output for call in road)]
    figures = {
        "macs": number(sum(macs.values()) / 1e6, ",.0f"),
        "percent": number(100 * macs["conv2"] / sum(macs.values()), ".0f"),
        "channels": ", ".join(str(tensor.shape[1]) for tensor in tensors),
        "bars": ", ".join(f"{name} {say(value / 1e6)}" for name, value in macs.items()),
    }
    texts = fill_texts("04_bottleneck.figures.explorer", figures)
    with mpl.rc_context(STYLE):
        figure = Figure(figsize=(9.2, 5.6), layout="constrained")
        top, bottom = figure.subplots(2, 1, height_ratios=(1.25, 1))
        _draw_hourglass(top, road, tensors, texts["channels"])
        _draw_costs(bottom, convolutions, macs, texts)
        title_above(figure, texts["title"])
    return Picture(figure, texts["alt"])


def _convolutions(block: nn.Module, x: Tensor) -> list[Call]:
    return [call for call in record_calls(block, x) if isinstance(call.module, nn.Conv2d)]


def _macs(call: Call) -> int:
    return call.parameters * call.output.shape[2] * call.output.shape[3]


def draw_stages(architecture: str = "resnet50") -> Picture:
    """Return a picture of a whole ResNet for a photo of 224 × 224: its stages, and what comes out of each.

    Parameters
    ----------
    architecture : str
        One of `resnet_course.resnet.ARCHITECTURES`.

    Returns
    -------
    Picture

    Examples
    --------
    >>> print(draw_stages("resnet18").figure.axes[0].get_title("left"))
    resnet18: 18 layers with weights, 8 blocks, 11.7 million parameters
    """
    model, calls = _run_without_numbers(architecture)
    names = list(dict.fromkeys(call.name.split(".")[0] for call in calls if call.name))
    # What comes out of a stage is what its last layer gives.
    outputs = {call.name.split(".")[0]: call.output for call in calls if call.name}
    steps = [name for name in names if name not in ("bn1", "relu")]
    layers = sum(
        isinstance(module, nn.Conv2d | nn.Linear) and "downsample" not in name for name, module in model.named_modules()
    )
    stages = {name: len(stage) for name, stage in model.named_children() if isinstance(stage, nn.Sequential)}
    figures = {
        "architecture": architecture,
        "layers": layers,
        "blocks": sum(stages.values()),
        "parameters": say(sum(each.numel() for each in model.parameters()) / 1e6),
        "shapes": ", ".join(f"{name} {_size(outputs[name])}" for name in steps),
    }
    texts = fill_texts("05_full_resnet.figures.stages", figures)
    with mpl.rc_context(STYLE):
        figure = Figure(figsize=(9.6, 4.0), layout="constrained")
        axes = figure.subplots()
        axes.set(xlim=(-0.6, len(steps) + 0.6), ylim=(-0.95, 0.78))
        axes.axis("off")
        axes.set_title(texts["title"], wrap=True)
        _draw_step(axes, 0, torch.empty(1, 3, 224, 224, device="meta"), texts["photo"], "", "neutral")
        for position, name in enumerate(steps, start=1):
            detail = texts["count"].format(count=stages[name]) if name in stages else ""
            _draw_step(axes, position, outputs[name], name, detail, "residual" if name in stages else "light")
            _arrow(axes, (position - 0.68, 0), (position - 0.36, 0))
    return Picture(figure, texts["alt"])


@cache
def _run_without_numbers(architecture: str) -> tuple[nn.Module, list[Call]]:
    """Return a net and the calls of its layers for one photo, on the meta device: an explorer asks again and again."""
    with torch.device("meta"):
        model = create_resnet(architecture)
        return model, record_calls(model, torch.empty(1, 3, 224, 224))


def _draw_step(axes: Axes, position: float, tensor: Tensor, name: str, detail: str, color: str) -> None:
    """Draw what comes out of one step: the taller, the larger the image; the wider, the more channels."""
    side = tensor.shape[2] if tensor.dim() == 4 else 1
    tall = 0.12 + 1.05 * math.log2(side) / math.log2(224)
    wide = 0.1 + 0.5 * math.log2(tensor.shape[1]) / 11
    axes.add_patch(Rectangle((position - wide / 2, -tall / 2), wide, tall, fc=COLORS[color], ec="black", alpha=0.85))
    axes.text(position, 0.66, name, ha="center", va="bottom", fontsize=10, fontweight="bold")
    axes.text(position, -0.66, _size(tensor), ha="center", va="top", fontsize=9)
    axes.text(position, -0.78, detail, ha="center", va="top", fontsize=9, color=COLORS["neutral"])


def draw_three_forms(paths: int = 32, width: int = 4, channels: int = 256) -> Picture:
    """Return a picture of the three forms of a ResNeXt block, without its shortcut: Xie et al. 2017, figure 3.

    Parameters
    ----------
    paths : int
        Number of parallel paths, of which the first two and the last are drawn.
    width : int
        Channels inside each path.
    channels : int
        Channels of the block's input and output.

    Returns
    -------
    Picture

    Examples
    --------
    >>> sorted({text.get_text() for text in draw_three_forms().figure.axes[0].texts})[:4]
    ['(a)', '(b)', '(c)', '+']
    """
    inside = paths * width
    texts = fill_texts("07_width_and_cardinality.figures.three-forms", {"paths": paths, "inside": inside})
    reduce, middle, expand = f"1×1\n{channels}→{width}", f"3×3\n{width}→{width}", f"1×1\n{width}→{channels}"
    last = f"1×1\n{inside}→{channels}"
    forms: dict[str, list[list[str]]] = {  # from top to bottom: what stands in each box of a row
        "(a)": [[reduce] * 3, [middle] * 3, [expand] * 3, ["+"]],
        "(b)": [[reduce] * 3, [middle] * 3, [texts["side-by-side"]], [last]],
        "(c)": [[f"1×1\n{channels}→{inside}"], [f"3×3, {texts['groups']}\n{inside}→{inside}"], [last]],
    }
    with mpl.rc_context(STYLE):
        figure = Figure(figsize=(9.6, 4.4), layout="constrained")
        axes = figure.subplots()
        axes.set(xlim=(-2.3, 11.9), ylim=(-0.75, 4.75))
        axes.axis("off")
        axes.set_title(texts["title"], wrap=True)
        for turn, (name, rows) in enumerate(forms.items()):
            _draw_form(axes, 4.8 * turn, name, rows, channels)
    return Picture(figure, texts["alt"])


def _draw_form(axes: Axes, middle: float, name: str, rows: list[list[str]], channels: int) -> None:
    """Draw the boxes of one form in rows, the input above and the output below; of many paths, three."""
    axes.text(middle - 2.1, 4.4, name, fontsize=11, fontweight="bold", va="center")
    axes.text(middle, 4.4, str(channels), fontsize=LEAST, ha="center", va="center")
    above, bottom = [middle], 4.2
    for level, row in zip((3.4, 2.3, 1.2, 0.1), rows, strict=False):
        places = [middle] if len(row) == 1 else [middle - 1.6, middle - 0.4, middle + 1.6]
        if len(row) > 1:
            axes.text(middle + 0.6, level, "…", ha="center", va="center")
        pairs = zip(above, places, strict=True) if len(above) == len(places) else itertools.product(above, places)
        for start, end in pairs:
            _arrow(axes, (start, bottom), (end, level + 0.34))
        for place, text in zip(places, row, strict=True):
            half = 0.52 if len(row) > 1 or text == "+" else 1.5
            box = (place - half, level - 0.3), 2 * half, 0.6
            axes.add_patch(FancyBboxPatch(*box, boxstyle="round,pad=0.04", fc="white", ec=COLORS["accent"], lw=2))
            axes.text(place, level, text, ha="center", va="center", fontsize=LEAST)
        above, bottom = places, level - 0.34
    _arrow(axes, (middle, bottom), (middle, bottom - 0.32))


def _draw_hourglass(axes: Axes, road: list[Call], tensors: list[Tensor], channels: str) -> None:
    tallest = max(tensor.shape[1] for tensor in tensors)
    axes.set(xlim=(-0.6, 3.6), ylim=(-0.78, 0.62))
    axes.axis("off")
    for position, tensor in enumerate(tensors):
        _, count, height, width = tensor.shape
        tall, wide = count / tallest, 0.42 * width / tensors[0].shape[3]
        axes.add_patch(
            Rectangle((position - wide / 2, -tall / 2), wide, tall, fc=COLORS["neutral"], ec="black", alpha=0.6)
        )
        axes.text(position, -0.55, f"{count} {channels}", ha="center", va="top", fontsize=10)
        axes.text(position, -0.67, f"{height} × {width}", ha="center", va="top", fontsize=10, color=COLORS["neutral"])
    for position, call in enumerate(road):
        _arrow(axes, (position + 0.27, 0), (position + 0.73, 0))
        axes.text(position + 0.5, 0.08, _kind(call.module), ha="center", va="bottom", fontsize=10)
        axes.text(position + 0.5, -0.07, call.name, ha="center", va="top", fontsize=10, color=COLORS["neutral"])


def _draw_costs(axes: Axes, convolutions: list[Call], macs: Mapping[str, int], texts: Mapping[str, str]) -> None:
    for position, call in enumerate(convolutions):
        on_the_road = call.name.startswith("conv")
        axes.barh(position, macs[call.name] / 1e6, height=0.66, color=COLORS["accent" if on_the_road else "neutral"])
        weights = texts["parameters"].format(count=number(call.parameters, ","))
        axes.annotate(
            f"{say(macs[call.name] / 1e6)}  ({weights})", (macs[call.name] / 1e6, position), xytext=(5, 0),
            textcoords="offset points", va="center", fontsize=10,
        )  # fmt: skip
    axes.set_yticks(range(len(convolutions)), [f"{call.name}\n{_kind(call.module)}" for call in convolutions])
    axes.set_ylim(len(convolutions) - 0.5, -0.5)
    axes.set_xlim(0, 1.35 * max(macs.values()) / 1e6)
    axes.set_xlabel(texts["x"])
    axes.grid(False, axis="y")
    axes.tick_params(axis="y", length=0)
    axes.xaxis.set_major_formatter(FuncFormatter(lambda value, _: say(value)))
