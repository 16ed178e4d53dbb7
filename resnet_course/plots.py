"""The figures of the course, all in one style.

Wherever plain and residual nets are compared, each has its colour and its marker. Every figure has a title that states
the finding, and alt text. Titles, labels and alt text are messages: a function gets a `caption`, the key of a table
with them, such as ``"03_basic_block.figures.signal"``, and the `figures` that fill their placeholders. Each returns a
`Picture`, which a notebook shows where it is a cell's last line. Charts are made here, pictures of images in
`resnet_course.pictures`, diagrams in `resnet_course.diagrams`; all are called as ``plots.…``.
"""

from __future__ import annotations

import textwrap
from collections.abc import Mapping, Sequence

import matplotlib as mpl
import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import FuncFormatter, MaxNLocator
from torch import Tensor

from resnet_course.diagrams import block_diagram
from resnet_course.drawing import (
    COLORS,
    MARKERS,
    STYLE,
    Picture,
    choose_colors,
    fill_texts,
    label_ends,
    line_styles,
    localise,
    say,
    say_percent,
    title_above,
)
from resnet_course.language import message
from resnet_course.pictures import confusion_matrix, heat_maps, image, image_grid, image_rows

__all__ = [
    "COLORS",
    "Picture",
    "bars",
    "block_diagram",
    "channel_statistics",
    "confusion_matrix",
    "heat_maps",
    "image",
    "image_grid",
    "image_rows",
    "lines",
    "panels",
    "profile",
    "say",
    "training_curves",
]

HATCHES = {"plain": "///", "residual": "", "accent": "...", "light": "xxx", "pink": "+++", "neutral": ""}


def lines(
    caption: str,
    x: Sequence[float],
    series: Mapping[str, Sequence[float]],
    *,
    colors: Mapping[str, str] | None = None,
    log: bool = False,
    figures: Mapping[str, object] | None = None,
) -> Picture:
    """Draw one line for each series.

    Parameters
    ----------
    caption : str
        Key of the texts: ``title``, ``alt``, ``x``, ``y`` and one for each series (or its name is shown as it is).
    x : sequence of float
        Shared horizontal positions.
    series : mapping
        Name of the series (its text's key) to its values.
    colors : mapping, optional
        Name of the series to a key of `COLORS`; by default a series is coloured by its own name.
    log : bool
        Logarithmic vertical axis.
    figures : mapping, optional
        What fills the placeholders of the texts; a float is written with three digits.

    Returns
    -------
    Picture

    Examples
    --------
    In a notebook this shows a figure; elsewhere it prints the alt text.

    >>> lines(
    ...     "03_basic_block.figures.signal", [0, 10, 20], {"before": [0.5, 0.7, 0.9], "after": [0.5, 1.2, 2.1]},
    ...     colors={"before": "residual", "after": "plain"}, figures={"before": 0.9, "after": 2.1},
    ... )
    Line chart: mean activation over the number of blocks. The line for order B (ReLU, then add) climbs \
steadily, the line for order A (add, then ReLU) stays far lower.
    """
    texts = fill_texts(caption, figures)
    values = _read(series)
    for name, each in values.items():
        if each.shape[1] != len(x):
            raise ValueError(message("errors.plots.lengths", counted=f"`x`: {len(x)}, `{name}`: {each.shape[1]}"))
    with mpl.rc_context(STYLE):
        figure = Figure(figsize=(9.2, 4.2), layout="constrained")
        axes = figure.subplots()
        _draw_runs(axes, x, values, texts, colors, log)
    return Picture(figure, texts["alt"])


Runs = Sequence[float] | Sequence[Sequence[float]]


def training_curves(
    caption: str,
    runs: Mapping[str, Runs],
    *,
    colors: Mapping[str, str] | None = None,
    percent: bool = False,
    log: bool = False,
    figures: Mapping[str, object] | None = None,
) -> Picture:
    """Draw what training did, epoch by epoch: a line for each net, and a band where it was trained several times.

    Parameters
    ----------
    caption : str
        Key of the texts: ``title``, ``alt``, ``x``, ``y`` and one for each net (or its name is shown as it is). The
        net that ends lowest fills ``{best}`` and ``{lowest}``, the one that ends highest ``{worst}`` and
        ``{highest}``; and ``{plain-56}`` is the last value of the net of that name.
    runs : mapping
        Name of the net to its values after each epoch, or to several such runs. The line is the mean of the runs,
        the band reaches from the lowest to the highest.
    colors : mapping, optional
        Name of the net to a key of `COLORS`; without it ``"plain-56"`` is coloured as ``"plain"``. Nets of one colour
        get different dashes, in the order given.
    percent : bool
        The values are shares of 1, to be written as percent.
    log : bool
        Logarithmic vertical axis.
    figures : mapping, optional
        What fills the placeholders of the texts.

    Raises
    ------
    ValueError
        If a net has no run, runs of different lengths, or no value that is a number.

    Returns
    -------
    Picture

    Examples
    --------
    >>> errors = {"plain-20": [[0.41, 0.05], [0.36, 0.06]], "plain-56": [[0.90, 0.72], [0.88, 0.60]]}
    >>> training_curves("figures.training-error", errors, percent=True)
    Line chart: training error after each epoch. After the last one plain-20 is at 5.5% and plain-56 at 66.0%.
    """
    labels = fill_texts(caption)
    values = _read(runs, percent)
    last = {name: float(each.mean(axis=0)[-1]) for name, each in values.items()}
    write = say_percent if percent else say
    order = sorted(last, key=lambda name: last[name] if np.isfinite(last[name]) else np.inf)
    best, worst = order[0], order[-1]
    finding = {name: write(value) for name, value in last.items()} | {
        "best": labels.get(best, best),
        "lowest": write(last[best]),
        "worst": labels.get(worst, worst),
        "highest": write(last[worst]),
    }
    texts = fill_texts(caption, finding, figures)
    with mpl.rc_context(STYLE):
        figure = Figure(figsize=(9.2, 4.4), layout="constrained")
        axes = figure.subplots()
        longest = max(each.shape[1] for each in values.values())
        _draw_runs(axes, range(1, longest + 1), values, texts, colors, log)
        fewest, most = min(map(len, values.values())), max(map(len, values.values()))
        if most > 1:
            counted = str(most) if fewest == most else f"{fewest}–{most}"
            axes.set_xlabel(f"{texts['x']}\n{message('figures.runs.band', runs=counted)}")
    return Picture(figure, texts["alt"])


def profile(
    caption: str,
    series: Mapping[str, Sequence[float]],
    *,
    colors: Mapping[str, str] | None = None,
    figures: Mapping[str, object] | None = None,
) -> Picture:
    """Draw one value for each layer, from the first to the last, on a logarithmic axis: a line for each net.

    Parameters
    ----------
    caption : str
        Key of the texts: ``title``, ``alt``, ``x``, ``y`` and one for each net (or its name is shown as it is). The
        net whose first value differs most from its last fills ``{extreme}``, and ``{ratio}`` is its first value
        divided by its last; ``{plain-56}`` is that ratio of the net of that name.
    series : mapping
        Name of the net to the value of each of its layers, such as the norms of their gradients.
    colors : mapping, optional
        Name of the net to a key of `COLORS`; without it ``"plain-56"`` is coloured as ``"plain"``.
    figures : mapping, optional
        What fills the placeholders of the texts.

    Raises
    ------
    ValueError
        If a net has no value that is a number.

    Returns
    -------
    Picture

    Examples
    --------
    >>> profile("figures.gradient-profile", {"plain-4": [1e-6, 1e-4, 1e-2, 1], "residual-4": [0.5, 0.6, 0.8, 1]})
    Line chart: norm of the gradient at each layer. In plain-4 the first layer's is 1.0×10⁻⁶ times the last layer's.
    """
    labels = fill_texts(caption)
    values = _read(series)
    ratios = {name: _ratio(float(each[0, 0]), float(each[0, -1])) for name, each in values.items()}
    # A ratio of 0 is the most extreme there is: even the logarithm of the smallest float32 is far from this.
    extreme = max(ratios, key=lambda name: abs(np.log10(ratios[name] or 1e-300)) if np.isfinite(ratios[name]) else -1)
    finding = {name: say(ratio) for name, ratio in ratios.items()} | {
        "extreme": labels.get(extreme, extreme),
        "ratio": say(ratios[extreme]),
    }
    texts = fill_texts(caption, finding, figures)
    with mpl.rc_context(STYLE):
        figure = Figure(figsize=(9.2, 4.2), layout="constrained")
        axes = figure.subplots()
        longest = max(each.shape[1] for each in values.values())
        _draw_runs(axes, range(1, longest + 1), values, texts, colors, log=True)
    return Picture(figure, texts["alt"])


def panels(
    caption: str,
    series: Mapping[str, Mapping[str, Sequence[float]]],
    *,
    colors: Mapping[str, str] | None = None,
    figures: Mapping[str, object] | None = None,
) -> Picture:
    """Draw several small charts side by side, with the same lines in each and one logarithmic scale.

    Parameters
    ----------
    caption : str
        Key of the texts: ``title``, ``alt``, ``x``, ``y`` and one for each line (or its name is shown as it is).
    series : mapping
        Name of the panel to its lines: the name of each to its values after each epoch.
    colors : mapping, optional
        Name of the line to a key of `COLORS`.
    figures : mapping, optional
        What fills the placeholders of the texts.

    Returns
    -------
    Picture

    Examples
    --------
    >>> curves = {"train": [2.0, 0.5, 0.1], "validation": [2.1, 0.9, 1.4]}
    >>> panels("figures.losses", {"A": curves, "B": curves})
    2 line charts of losses after each epoch: A, B.
    """
    if not series:
        raise ValueError(message("errors.plots.no-items"))
    texts = fill_texts(caption, {"panels": ", ".join(series), "count": len(series)}, figures)
    with mpl.rc_context(STYLE):
        figure = Figure(figsize=(9.2, 0.8 + 2.6 * -(-len(series) // 2)), layout="constrained")
        grid = figure.subplots(-(-len(series) // 2), 2, sharey=True, squeeze=False)
        for axes, (name, lines_) in zip(grid.flat, series.items(), strict=False):
            values = _read(lines_)
            longest = max(each.shape[1] for each in values.values())
            axes.set_yscale("log")
            for line, style in line_styles(values, colors).items():
                curve = values[line][0]
                axes.plot(
                    range(1, len(curve) + 1),
                    curve,
                    label=texts.get(line, line),
                    markevery=max(1, len(curve) // 8),
                    **style,
                )
            axes.set_title(name)
            axes.set_xlabel(texts["x"])
            _set_ticks(axes, range(1, longest + 1))
        for axes in grid.flat[len(series) :]:
            axes.set_visible(False)
        for axes in grid[:, 0]:
            axes.set_ylabel(texts["y"])
            localise(axes)
        title_above(figure, texts["title"])
        handles, labels = grid.flat[0].get_legend_handles_labels()
        figure.legend(handles, labels, loc="outside lower center", ncols=len(labels))
    return Picture(figure, texts["alt"])


def _ratio(first: float, last: float) -> float:
    return first / last if last else float("nan")


def _read(series: Mapping[str, Runs], percent: bool = False) -> dict[str, np.ndarray]:
    if not series:
        raise ValueError(message("errors.plots.no-items"))
    return {name: _as_runs(name, each) * (100 if percent else 1) for name, each in series.items()}


def _as_runs(name: str, values: Runs) -> np.ndarray:
    """Return the values of one net as ``[runs, epochs]``; what is infinite becomes NaN, which is not drawn."""
    runs = [values] if len(values) and np.ndim(values[0]) == 0 else list(values)
    lengths = sorted({len(run) for run in runs})  # type: ignore[arg-type]
    if lengths in ([], [0]):
        raise ValueError(message("errors.plots.empty", name=name))
    if len(lengths) > 1:
        raise ValueError(message("errors.plots.ragged", name=name, lengths=", ".join(map(str, lengths))))
    array = np.array([np.asarray(run, dtype=float) for run in runs])
    array[~np.isfinite(array)] = np.nan
    if np.isnan(array).all():
        raise ValueError(message("errors.plots.nothing-finite", name=name))
    return array


def _draw_runs(
    axes: Axes,
    x: Sequence[float],
    runs: Mapping[str, np.ndarray],
    texts: Mapping[str, str],
    colors: Mapping[str, str] | None,
    log: bool,
) -> None:
    if log and any((values > 0).any() for values in runs.values()):  # there is no logarithm of zeros alone
        axes.set_yscale("log")
    ends = []
    for name, style in line_styles(runs, colors).items():
        values, text = runs[name], texts.get(name, name)
        mean = values.mean(axis=0)
        at = x[: len(mean)]
        axes.plot(at, mean, label=text, markevery=max(1, len(mean) // 12), **style)
        if len(values) > 1:
            axes.fill_between(at, values.min(axis=0), values.max(axis=0), color=style["color"], alpha=0.18, lw=0)
        seen = np.flatnonzero(np.isfinite(mean))
        if len(seen):
            ends.append((float(np.nanmean(mean)), (at[seen[-1]], float(mean[seen[-1]]), text, style["color"])))
    axes.set_title(texts["title"], wrap=True)
    axes.set(xlabel=texts["x"], ylabel=texts["y"])
    _set_ticks(axes, x)
    localise(axes)
    label_ends(axes, [end for _, end in sorted(ends)])


def _set_ticks(axes: Axes, x: Sequence[float]) -> None:
    """Put round numbers under the axis; where layers or epochs are counted, also the first and nothing before it."""
    if not isinstance(x, range):
        whole = all(isinstance(each, int) for each in x)
        axes.xaxis.set_major_locator(MaxNLocator(integer=whole, steps=[1, 2, 5, 10]))
        return
    margin = min(0.5, 0.04 * (len(x) - 1)) or 0.5
    axes.set_xlim(x[0] - margin, x[-1] + margin)
    locator = MaxNLocator(7, integer=True, steps=[1, 2, 5, 10])
    ticks = [tick for tick in locator.tick_values(x[0], x[-1]) if x[0] <= tick <= x[-1]]
    if len(ticks) > 1 and ticks[0] - x[0] > (ticks[1] - ticks[0]) / 2:
        ticks = [x[0], *ticks]
    axes.set_xticks(ticks)


def bars(
    caption: str,
    values: Mapping[str, float | Sequence[float]],
    *,
    colors: Mapping[str, str] | None = None,
    percent: bool = False,
    longest: float | None = None,
    figures: Mapping[str, object] | None = None,
) -> Picture:
    """Draw one bar for each item, from top to bottom, with its value at the end.

    Parameters
    ----------
    caption : str
        Key of the texts: ``title``, ``alt``, ``x`` (what the length of a bar means), ``y`` if the items need a
        heading, and one for each item (or its name is shown as it is). The longest bar fills ``{largest}`` and
        ``{largest_value}``, the shortest ``{smallest}`` and ``{smallest_value}``.
    values : mapping
        Name of the item to its value, or to several: the bar is their mean, the thin line goes from the lowest to
        the highest.
    colors : mapping, optional
        Name of the item to a key of `COLORS`; without it ``"plain-56"`` is coloured as ``"plain"``, and what is no
        net is grey. Bars of different colours have different hatches.
    percent : bool
        The values are shares of 1, to be written as percent.
    longest : float, optional
        The value for which there is to be room at least: figures that are compared need one scale. On the other side
        of 0 there is always some room, so that a small negative value moves nothing.
    figures : mapping, optional
        What fills the placeholders of the texts.

    Raises
    ------
    ValueError
        If there is no item, or one has no value that is a number.

    Returns
    -------
    Picture

    Examples
    --------
    >>> bars("figures.parameters", {"resnet18": 11.69, "resnet34": 21.80, "resnet50": 25.56})
    Bar chart: millions of parameters. The most has resnet50, 25.6; the fewest has resnet18, 11.7.
    """
    labels = fill_texts(caption)
    runs = _read({name: [each] if np.ndim(each) == 0 else each for name, each in values.items()}, percent)  # type: ignore
    for name, each in runs.items():
        if np.isnan(each).any():
            raise ValueError(message("errors.plots.not-finite", name=name))
    means = {name: float(each.mean()) for name, each in runs.items()}
    largest, smallest = max(means, key=means.__getitem__), min(means, key=means.__getitem__)
    write = say_percent if percent else say
    finding = {
        "largest": labels.get(largest, largest),
        "largest_value": write(means[largest]),
        "smallest": labels.get(smallest, smallest),
        "smallest_value": write(means[smallest]),
    }
    texts = fill_texts(caption, finding, figures)
    grey = {name: "neutral" for name in means if name.split("-")[0] not in COLORS}
    kinds = choose_colors(means, grey | dict(colors or {}))
    with mpl.rc_context(STYLE):
        # Many thin bars, such as the 27 blocks of a deep net, stay within a screen.
        figure = Figure(figsize=(9.2, 1.3 + len(means) * (0.42 if len(means) <= 12 else 0.27)), layout="constrained")
        axes = figure.subplots()
        for position, (name, mean) in enumerate(means.items()):
            kind = kinds[name]
            hatch = HATCHES[kind] if len(set(kinds.values())) > 1 else ""
            low, high = float(np.min(runs[name])), float(np.max(runs[name]))
            axes.barh(position, mean, height=0.7, color=COLORS[kind], hatch=hatch, edgecolor="white", lw=0)
            if high > low:
                axes.plot([low, high], [position, position], color="black", lw=1.4, marker="|", ms=7)
            end = min(low, 0) if mean < 0 else max(high, 0)
            axes.annotate(
                write(mean), (end, position), xytext=(-5 if mean < 0 else 5, 0), textcoords="offset points",
                ha="right" if mean < 0 else "left", va="center", fontsize=10,
            )  # fmt: skip
        names = ["\n".join(textwrap.wrap(texts.get(name, name), 34)) for name in means]
        axes.set_yticks(range(len(means)), names)
        axes.set_ylim(len(means) - 0.4, -0.6)  # the first item on top
        axes.set_title(texts["title"], wrap=True)
        axes.set(xlabel=texts["x"], ylabel=texts.get("y", ""))
        axes.axvline(0, color="black", lw=0.8)
        axes.grid(False, axis="y")
        axes.tick_params(axis="y", length=0)
        axes.margins(x=0.09)
        if longest is not None:
            room = longest * (100 if percent else 1)
            axes.set_xlim(min(axes.get_xlim()[0], -0.1 * room), max(axes.get_xlim()[1], 1.1 * room))
        axes.xaxis.set_major_formatter(FuncFormatter(lambda value, _: say(value)))
    return Picture(figure, texts["alt"])


def channel_statistics(
    caption: str, before: Tensor, after: Tensor, *, figures: Mapping[str, object] | None = None
) -> Picture:
    """Draw mean and standard deviation of each channel before and after a step.

    Parameters
    ----------
    caption : str
        Key of the texts: ``title``, ``alt``, ``x``, ``y``, ``before`` and ``after``.
    before, after : torch.Tensor
        ``[N, C, H, W]``.
    figures : mapping, optional
        What fills the placeholders of the texts.

    Returns
    -------
    Picture

    Examples
    --------
    >>> import torch
    >>> x = torch.randn(2, 8, 4, 4)
    >>> channel_statistics("03_basic_block.figures.before-after-norm", 3 * x + 1, x)  # doctest: +ELLIPSIS
    A dot with an error bar for each of eight channels. Before BatchNorm the dots lie at different heights...
    """
    texts = fill_texts(caption, figures)
    with mpl.rc_context(STYLE):
        figure = Figure(figsize=(9.2, 3.6), layout="constrained")
        axes = figure.subplots()
        channels = np.arange(1, before.shape[1] + 1)
        for tensor, name, color, shift in ((before, "before", "neutral", -0.12), (after, "after", "accent", 0.12)):
            values = tensor.detach().transpose(0, 1).flatten(1)
            axes.errorbar(
                channels + shift, values.mean(1).numpy(), yerr=values.std(1).numpy(), fmt=MARKERS[color], ms=7, lw=2.2,
                capsize=4, color=COLORS[color], label=texts[name],
            )  # fmt: skip
        axes.set_title(texts["title"], wrap=True)
        axes.set(xlabel=texts["x"], ylabel=texts["y"], xticks=channels)
        figure.legend(loc="outside lower center", ncols=2)
        localise(axes)
    return Picture(figure, texts["alt"])
