"""Diagrams of nets, drawn from the layers that really run. All are ``plots.…`` too."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import matplotlib as mpl
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.patches import Circle, FancyArrowPatch, FancyBboxPatch
from torch import Tensor, nn

from resnet_course.drawing import COLORS, STYLE, Picture, fill_texts
from resnet_course.shapes import Call, record_calls


def draw_block_diagram(
    caption: str, block: nn.Module, x: Tensor, *, figures: Mapping[str, object] | None = None
) -> Picture:
    """Return the picture that `resnet_course.plots.block_diagram` shows.

    Examples
    --------
    >>> import torch
    >>> from resnet_course import BasicBlock
    >>> picture = draw_block_diagram("03_basic_block.figures.block", BasicBlock(4, 4), torch.zeros(1, 4, 8, 8))
    >>> "conv 3×3" in {text.get_text() for text in picture.figure.axes[0].texts}
    True
    """
    texts = fill_texts(caption, figures)
    calls = [call for call in record_calls(block, x) if call.name]
    shortcut = [call for call in calls if call.name.startswith("downsample")]
    *road, last = [call for call in calls if call not in shortcut]
    step, lift = 1.6, 1.75  # between boxes, and up to the shortcut
    plus = step * (len(road) + 1)
    end = plus + 2 * step
    with mpl.rc_context(STYLE):
        figure = Figure(figsize=(9.6, 2.75), layout="constrained")
        axes = figure.subplots()
        axes.set(xlim=(-0.6, end + 0.6), ylim=(-0.95, lift + 0.6), aspect="equal")
        axes.axis("off")
        axes.set_title(texts["title"], wrap=True)

        for position, call in enumerate(road, start=1):
            _arrow(axes, (step * (position - 1) + (0.2 if position == 1 else 0.64), 0), (step * position - 0.64, 0))
            _box(axes, step * position, 0, call, COLORS["plain"])
        _arrow(axes, (plus - step + 0.64, 0), (plus - 0.25, 0))
        _arrow(axes, (plus + 0.25, 0), (plus + step - 0.64, 0))
        _box(axes, plus + step, 0, last, COLORS["neutral"])
        _arrow(axes, (plus + step + 0.64, 0), (end - 0.5, 0))

        axes.plot([0, 0, plus], [0.25, lift, lift], color=COLORS["residual"], lw=1.8, zorder=1)
        _arrow(axes, (plus, lift), (plus, 0.25), color=COLORS["residual"])
        for number, call in enumerate(shortcut):
            _box(axes, plus / 2 + step * (number - (len(shortcut) - 1) / 2), lift, call, COLORS["residual"])
        if not shortcut:
            axes.text(plus / 2, lift + 0.14, texts["shortcut"], ha="center", va="bottom", color=COLORS["residual"])

        axes.add_patch(Circle((plus, 0), 0.25, fc="white", ec="black", lw=1.6, zorder=2))
        axes.text(plus, 0, "+", ha="center", va="center_baseline", fontsize=15, zorder=3)
        _label(axes, 0, texts["input"], x)
        _label(axes, end, texts["output"], calls[-1].output)
    return Picture(figure, texts["alt"])


def _label(axes: Axes, position: float, text: str, tensor: Tensor) -> None:
    axes.text(position, 0, text, ha="center", va="center", fontsize=11, fontweight="bold")
    axes.text(position, -0.72, _size(tensor), ha="center", va="center", fontsize=8, color=COLORS["neutral"])


def _size(tensor: Tensor) -> str:
    return "×".join(str(size) for size in tensor.shape[1:])


def _box(axes: Axes, x: float, y: float, call: Call, color: str) -> None:
    axes.add_patch(
        FancyBboxPatch(
            (x - 0.58, y - 0.34), 1.16, 0.68, boxstyle="round,pad=0.04", fc="white", ec=color, lw=2, zorder=2
        )
    )
    axes.text(x, y + 0.13, _kind(call.module), ha="center", va="center", fontsize=8.5, zorder=3)
    axes.text(x, y - 0.15, call.name, ha="center", va="center", fontsize=7.5, color=COLORS["neutral"], zorder=3)
    axes.text(x, y - 0.72, _size(call.output), ha="center", va="center", fontsize=8, color=COLORS["neutral"])


def _kind(module: nn.Module) -> str:
    if isinstance(module, nn.Conv2d):
        size = "×".join(str(side) for side in module.kernel_size)
        return f"conv {size}" + (f" /{module.stride[0]}" if module.stride[0] != 1 else "")
    return {"BatchNorm2d": "BN"}.get(type(module).__name__, type(module).__name__)


def _arrow(axes: Axes, start: tuple[float, float], end: tuple[float, float], color: Any = "black") -> None:
    axes.add_patch(FancyArrowPatch(start, end, arrowstyle="-|>", mutation_scale=12, color=color, lw=1.8, zorder=1))
