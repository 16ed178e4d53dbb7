"""The figures of the course, all in one style.

Every figure has one colour for plain networks and one for residual ones, a title that states the finding, and alt
text. Titles, labels and alt text are messages: a function gets a `caption`, the key of a table with them, such as
``"03_basic_block.figures.signal"``, and the `figures` that fill their placeholders.
"""

from __future__ import annotations

import io
from collections.abc import Mapping, Sequence
from typing import Any

import matplotlib as mpl
import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.patches import Circle, FancyArrowPatch, FancyBboxPatch, Rectangle
from matplotlib.ticker import FuncFormatter, MaxNLocator
from torch import Tensor, nn

from resnet_course.language import find, number
from resnet_course.shapes import Call, record_calls

# Okabe and Ito's colours, which colour-blind readers tell apart.
COLORS = {
    "plain": "#D55E00",
    "residual": "#0072B2",
    "accent": "#009E73",
    "light": "#E69F00",
    "neutral": "#6B6B6B",
}
STYLE: dict[Any, Any] = {  # Any, because matplotlib types every name of a setting
    "font.size": 11,
    "axes.titlesize": 12,
    "axes.titleweight": "bold",
    "axes.titlelocation": "left",
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.grid": True,
    "grid.color": "#E5E5E5",
    "axes.axisbelow": True,
    "legend.frameon": False,
    "lines.linewidth": 2.2,
    "figure.facecolor": "white",
}
DPI = 150  # shown at half of it: sharp on dense screens, and about 700 pixels wide


def show(figure: Figure, alt: str) -> None:
    """Display a figure as an image with alt text.

    Parameters
    ----------
    figure : matplotlib.figure.Figure
        What to show.
    alt : str
        What a reader who does not see it should know.
    """
    from IPython.display import Image, display

    png = io.BytesIO()
    figure.savefig(png, format="png", dpi=DPI, metadata={"Software": None})
    display(Image(data=png.getvalue(), format="png", retina=True, alt=alt))


def _texts(caption: str, figures: Mapping[str, object] | None) -> dict[str, str]:
    # Some texts have placeholders that the drawing function fills itself, {number} for example; they stay.
    class Rest(dict[str, object]):
        def __missing__(self, key: str) -> str:
            return "{" + key + "}"

    filled = {name: number(value) if isinstance(value, float) else value for name, value in (figures or {}).items()}
    return {name: text.format_map(Rest(filled)) for name, text in find(caption).items()}


def lines(
    caption: str,
    x: Sequence[float],
    series: Mapping[str, Sequence[float]],
    *,
    colors: Mapping[str, str] | None = None,
    log: bool = False,
    figures: Mapping[str, object] | None = None,
) -> None:
    """Draw one line for each series.

    Parameters
    ----------
    caption : str
        Key of the texts: ``title``, ``alt``, ``x``, ``y`` and one for each series.
    x : sequence of float
        Shared horizontal positions.
    series : mapping
        Name of the series (its text's key) to its values.
    colors : mapping, optional
        Name of the series to a key of `COLORS`; by default a series is coloured by its own name.
    log : bool
        Logarithmic vertical axis.
    figures : mapping, optional
        What fills the placeholders of the texts; a float is written with two digits.
    """
    texts = _texts(caption, figures)
    with mpl.rc_context(STYLE):
        figure = Figure(figsize=(9.2, 4.2), layout="constrained")
        axes = figure.subplots()
        for name, values in series.items():
            axes.plot(x, values, label=texts[name], color=COLORS[(colors or {}).get(name, name)])
            axes.annotate(
                texts[name], (x[-1], values[-1]), xytext=(6, 0), textcoords="offset points", va="center",
                color=COLORS[(colors or {}).get(name, name)],
            )  # fmt: skip
        axes.set(title=texts["title"], xlabel=texts["x"], ylabel=texts["y"])
        axes.xaxis.set_major_locator(MaxNLocator(integer=all(isinstance(each, int) for each in x), steps=[1, 2, 5, 10]))
        if log:
            axes.set_yscale("log")
        _localise(axes)
        show(figure, texts["alt"])


def image(caption: str, x: Tensor, *, figures: Mapping[str, object] | None = None) -> None:
    """Draw one greyscale image beside the numbers of its middle.

    Parameters
    ----------
    caption : str
        Key of the texts: ``title`` and ``alt``.
    x : torch.Tensor
        ``[1, 1, H, W]``, from 0 (black) to 1 (white).
    figures : mapping, optional
        What fills the placeholders of the texts.
    """
    texts = _texts(caption, figures)
    pixels = x[0, 0].numpy()
    top, left, size = pixels.shape[0] // 2 - 4, pixels.shape[1] // 2 - 4, 8
    with mpl.rc_context(STYLE):
        figure = Figure(figsize=(8.6, 4.2), layout="constrained")
        whole, part = figure.subplots(1, 2)
        whole.imshow(pixels, cmap="gray", vmin=0, vmax=1)
        corner = (left - 0.5, top - 0.5)
        whole.add_patch(Rectangle(corner, size, size, fill=False, ec=COLORS["light"], lw=2))
        window = pixels[top : top + size, left : left + size]
        part.imshow(window, cmap="gray", vmin=0, vmax=1)
        for (row, column), value in np.ndenumerate(window):
            part.text(
                column, row, number(value, ".1f"), ha="center", va="center", fontsize=9,
                color="black" if value > 0.5 else "white",
            )  # fmt: skip
        for axes in (whole, part):
            _bare(axes)
        for spine in part.spines.values():
            spine.set(visible=True, color=COLORS["light"], linewidth=2)
        figure.suptitle(texts["title"], x=0.02, ha="left", fontsize=12, fontweight="bold")
        show(figure, texts["alt"])


def image_rows(
    caption: str, rows: Mapping[str, Tensor], *, columns: int = 4, figures: Mapping[str, object] | None = None
) -> None:
    """Draw the channels of several tensors, a row for each tensor.

    Parameters
    ----------
    caption : str
        Key of the texts: ``title``, ``alt`` and one for each row, in which ``{number}`` is the channel.
    rows : mapping
        Name of the row (its text's key) to a tensor ``[1, C, H, W]``.
    columns : int
        How many channels to draw at most.
    figures : mapping, optional
        What fills the placeholders of the texts.

    Notes
    -----
    Blue is positive, orange negative, white zero; each row has one scale for all its channels.
    """
    texts = _texts(caption, figures)
    palette = mpl.colors.LinearSegmentedColormap.from_list("signed", [COLORS["plain"], "white", COLORS["residual"]])
    with mpl.rc_context(STYLE | {"axes.titlesize": 10, "axes.titleweight": "normal"}):
        figure = Figure(figsize=(2.1 * columns, 2.3 * len(rows) + 0.35), layout="constrained")
        grid = figure.subplots(len(rows), columns, squeeze=False)
        for line, (name, tensor) in zip(grid, rows.items(), strict=True):
            channels = tensor.detach()[0]
            limit = float(channels.abs().max()) or 1.0
            for number, axes in enumerate(line):
                _bare(axes)
                if number >= len(channels):
                    axes.set_visible(False)
                    continue
                axes.imshow(channels[number].numpy(), cmap=palette, vmin=-limit, vmax=limit)
                axes.set_title(texts[name].format(number=number + 1), loc="center")
                for spine in axes.spines.values():
                    spine.set(visible=True, color="#CCCCCC", linewidth=0.8)
        figure.suptitle(texts["title"], x=0.02, ha="left", fontsize=12, fontweight="bold")
        show(figure, texts["alt"])


def channel_statistics(
    caption: str, before: Tensor, after: Tensor, *, figures: Mapping[str, object] | None = None
) -> None:
    """Draw mean and standard deviation of each channel before and after a step.

    Parameters
    ----------
    caption : str
        Key of the texts: ``title``, ``alt``, ``x``, ``y``, ``before`` and ``after``.
    before, after : torch.Tensor
        ``[N, C, H, W]``.
    figures : mapping, optional
        What fills the placeholders of the texts.
    """
    texts = _texts(caption, figures)
    with mpl.rc_context(STYLE):
        figure = Figure(figsize=(9.2, 3.6), layout="constrained")
        axes = figure.subplots()
        channels = np.arange(1, before.shape[1] + 1)
        for tensor, name, color, shift in ((before, "before", "plain", -0.12), (after, "after", "residual", 0.12)):
            values = tensor.detach().transpose(0, 1).flatten(1)
            axes.errorbar(
                channels + shift, values.mean(1).numpy(), yerr=values.std(1).numpy(), fmt="o", ms=7, lw=2.2, capsize=4,
                color=COLORS[color], label=texts[name],
            )  # fmt: skip
        axes.set(title=texts["title"], xlabel=texts["x"], ylabel=texts["y"], xticks=channels)
        figure.legend(loc="outside lower center", ncols=2)
        _localise(axes)
        show(figure, texts["alt"])


def block_diagram(caption: str, block: nn.Module, x: Tensor, *, figures: Mapping[str, object] | None = None) -> None:
    """Draw a residual block from the layers that really run when it gets `x`.

    Parameters
    ----------
    caption : str
        Key of the texts: ``title``, ``alt``, ``input``, ``output``, ``shortcut``.
    block : torch.nn.Module
        A block whose shortcut is its submodule ``downsample`` (or nothing), with an activation after the sum.
    x : torch.Tensor
        An input for it.
    figures : mapping, optional
        What fills the placeholders of the texts.
    """
    texts = _texts(caption, figures)
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
        axes.set_title(texts["title"])

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
        show(figure, texts["alt"])


def _localise(axes: Axes) -> None:
    """Write the numbers of linear axes as the current language does."""
    for axis in (axes.xaxis, axes.yaxis):
        if axis.get_scale() == "linear":
            axis.set_major_formatter(FuncFormatter(lambda value, _: number(value)))


def _bare(axes: Axes) -> None:
    axes.set(xticks=[], yticks=[])
    axes.grid(False)


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
