"""Figures made of images: what goes into a net, what it says of them, and where it looks. All are ``plots.…`` too."""

from __future__ import annotations

import textwrap
from collections.abc import Mapping, Sequence

import matplotlib as mpl
import numpy as np
import torch.nn.functional as F
from matplotlib.axes import Axes
from matplotlib.colors import LinearSegmentedColormap
from matplotlib.figure import Figure
from matplotlib.patches import Rectangle
from torch import Tensor

from resnet_course.drawing import COLORS, STYLE, Picture, bare, fill_texts, title_above
from resnet_course.language import message, number

# A class may be called "R$ 2 R$ 5", which Matplotlib would take for a formula.
WORDS = STYLE | {"text.parse_math": False}
LARGEST = 3.6  # inches: the side of an image
SMALL = WORDS | {"axes.titlesize": 10, "axes.titleweight": "normal"}
SIGNED = LinearSegmentedColormap.from_list("signed", [COLORS["pink"], "white", COLORS["accent"]])


def image(caption: str, x: Tensor, *, figures: Mapping[str, object] | None = None) -> Picture:
    """Draw one greyscale image beside the numbers of its middle.

    Parameters
    ----------
    caption : str
        Key of the texts: ``title`` and ``alt``.
    x : torch.Tensor
        ``[1, 1, H, W]``, from 0 (black) to 1 (white); NaN is a gap, which stays empty.
    figures : mapping, optional
        What fills the placeholders of the texts.

    Returns
    -------
    Picture

    Examples
    --------
    >>> from resnet_course import data
    >>> image("03_basic_block.figures.digit", data.digit(7), figures={"label": 7})  # doctest: +ELLIPSIS
    Left, a handwritten digit in white on black with a frame in its middle; right, the framed part enlarged...
    """
    texts = fill_texts(caption, figures)
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
            if np.isnan(value):  # a gap, which is no pixel
                continue
            part.text(
                column, row, number(value, ".1f"), ha="center", va="center", fontsize=9,
                color="black" if value > 0.5 else "white",
            )  # fmt: skip
        for axes in (whole, part):
            bare(axes)
            axes.set_facecolor("#CFE3F1")  # of gaps: no shade of grey, which could be a pixel
        _frame(part, COLORS["light"], 2)
        title_above(figure, texts["title"])
    return Picture(figure, texts["alt"])


def image_rows(
    caption: str, rows: Mapping[str, Tensor], *, columns: int = 4, figures: Mapping[str, object] | None = None
) -> Picture:
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

    Returns
    -------
    Picture

    Examples
    --------
    >>> import torch
    >>> x = torch.randn(1, 4, 6, 6)
    >>> image_rows("03_basic_block.figures.features", {"input": x, "sum": x.relu()})  # doctest: +ELLIPSIS
    Small images in three rows: the four channels of the input x...
    """
    texts = fill_texts(caption, figures)
    with mpl.rc_context(SMALL):
        side = 2.1 if len(rows) <= 3 else 1.55  # so that the whole figure is seen at once on a laptop
        figure = Figure(figsize=(side * columns, (side + 0.2) * len(rows) + 0.35), layout="constrained")
        grid = figure.subplots(len(rows), columns, squeeze=False)
        for line, (name, tensor) in zip(grid, rows.items(), strict=True):
            channels = tensor.detach()[0]
            limit = float(channels.abs().max()) or 1.0
            for index, axes in enumerate(line):
                bare(axes)
                if index >= len(channels):
                    axes.set_visible(False)
                    continue
                axes.imshow(channels[index].numpy(), cmap=SIGNED, vmin=-limit, vmax=limit)
                axes.set_title(texts[name].format(number=index + 1), loc="center")
                _frame(axes, "#CCCCCC", 0.8)
        title_above(figure, texts["title"])
    return Picture(figure, texts["alt"])


def image_grid(
    images: Tensor,
    labels: Tensor | Sequence[int],
    classes: Sequence[str],
    *,
    probabilities: Tensor | None = None,
    columns: int = 5,
    caption: str | None = None,
    figures: Mapping[str, object] | None = None,
) -> Picture:
    """Draw images with their classes, or with what a model says of them.

    Parameters
    ----------
    images : torch.Tensor
        ``[N, 1, H, W]`` or ``[N, 3, H, W]``, from 0 (black) to 1 (white).
    labels : torch.Tensor or sequence of int
        The true class of each image, counted from 0.
    classes : sequence of str
        Names of the classes.
    probabilities : torch.Tensor, optional
        ``[N, classes]``, as `resnet_course.evaluation.predict` returns them. Under each image then stands the most
        probable class with its probability: ✓ in a thin frame if it is right, ✗ in a thick dashed one if not.
    columns : int
        How many images to draw beside each other.
    caption : str, optional
        Key of other texts: ``title`` and ``alt``, with ``{total}`` images and their ``{classes}``, and with
        probabilities ``{right}`` and ``{wrong}``. By default the title names the classes, or says how many are right.
    figures : mapping, optional
        What else fills the placeholders of the texts.

    Raises
    ------
    ValueError
        If the images are not what they should be, or do not fit the labels, classes or probabilities.

    Returns
    -------
    Picture

    Examples
    --------
    >>> import torch
    >>> image_grid(torch.rand(2, 3, 8, 8), [0, 1], ["ant", "bee"], probabilities=torch.tensor([[0.9, 0.1], [0.7, 0.3]]))
    Grid of 2 images, each with the class that the model finds most probable. Right: 1; wrong: 1.
    """
    pixels = _pixels(images)
    truth = _class_numbers("labels", labels, len(classes))
    _same_length(images=len(pixels), labels=len(truth))
    seen = [classes[number] for number in np.unique(truth)]
    finding: dict[str, object] = {"total": len(pixels), "classes": ", ".join(seen[:10]) + (" …" if seen[10:] else "")}
    said = truth
    if probabilities is not None:
        if probabilities.shape != (len(pixels), len(classes)):
            shape, wanted = list(probabilities.shape), [len(pixels), len(classes)]
            raise ValueError(message("errors.plots.probabilities", shape=shape, wanted=wanted))
        said = probabilities.argmax(1).cpu().numpy()
        right = int((said == truth).sum())
        finding |= {"right": right, "wrong": len(truth) - right}
    default = "figures.images" if probabilities is None else "figures.predictions"
    texts = fill_texts(caption or default, finding, figures)
    with mpl.rc_context(SMALL):
        figure, places, room = _grid(len(pixels), columns, lines=1 if probabilities is None else 2)
        for index, axes in enumerate(places):
            axes.imshow(pixels[index], cmap="gray", vmin=0, vmax=1)
            if probabilities is None:
                axes.set_xlabel(_short(classes[truth[index]], room))
                continue
            is_right = said[index] == truth[index]
            percent = number(100 * float(probabilities[index, said[index]]), ".0f")
            mark, name = "✓" if is_right else "✗", _short(classes[said[index]], room - 8)
            lines = [message("figures.predictions.said", mark=mark, name=name, percent=percent)]
            if not is_right:
                lines.append(message("figures.predictions.true", name=_short(classes[truth[index]], room - 8)))
            axes.set_xlabel("\n".join(lines))
            _frame(axes, COLORS["accent" if is_right else "plain"], 1 if is_right else 3, dashed=not is_right)
        title_above(figure, texts["title"])
    return Picture(figure, texts["alt"], photos=pixels.ndim == 4)


def confusion_matrix(
    labels: Tensor | Sequence[int],
    predicted: Tensor | Sequence[int],
    classes: Sequence[str],
    *,
    caption: str | None = None,
    figures: Mapping[str, object] | None = None,
) -> Picture:
    """Draw how often each class was taken for each other one.

    Parameters
    ----------
    labels, predicted : torch.Tensor or sequence of int
        The true and the predicted class of each image, counted from 0.
    classes : sequence of str
        Names of the classes.
    caption : str, optional
        Key of other texts: ``title``, ``alt``, ``x`` and ``y``, with ``{accuracy}`` percent right, ``{wrong}`` of
        ``{total}`` wrong, and the most frequent mix-up: ``{true}`` taken for ``{predicted}`` ``{count}`` times. By
        default the title says just that.
    figures : mapping, optional
        What else fills the placeholders of the texts.

    Raises
    ------
    ValueError
        If there are not as many predictions as labels, or a class has no name.

    Returns
    -------
    Picture

    Examples
    --------
    >>> confusion_matrix([0, 0, 1, 1], [0, 1, 1, 1], ["ant", "bee"])
    Table of counts, a row for each true class and a column for each predicted one: 75.0% of 4 images lie on the \
diagonal, where both agree. No mix-up is more frequent than ant taken for bee: 1 of 2.
    """
    from sklearn.metrics import confusion_matrix as count_pairs

    truth = _class_numbers("labels", labels, len(classes))
    guesses = _class_numbers("predicted", predicted, len(classes))
    _same_length(labels=len(truth), predicted=len(guesses))
    counts = count_pairs(truth, guesses, labels=range(len(classes)))
    mistakes = counts * (1 - np.eye(len(classes), dtype=int))
    row, column = np.unravel_index(mistakes.argmax(), mistakes.shape)
    finding: dict[str, object] = {
        "accuracy": number(100 * (truth == guesses).mean(), ".1f"),
        "wrong": int(mistakes.sum()),
        "total": len(truth),
        "true": classes[row],
        "predicted": classes[column],
        "count": int(mistakes.max()),
        "of": int(counts[row].sum()),
    }
    default = "figures.confusion" if mistakes.any() else "figures.no-confusion"
    texts = fill_texts(caption or default, finding, figures)
    with mpl.rc_context(WORDS):
        side = min(8.0, 2.6 + 0.55 * len(classes))
        figure = Figure(figsize=(max(7.0, side), side), layout="constrained")
        axes = figure.subplots()
        bare(axes)
        # Two scales: beside the diagonal, which is full in any good model, single mistakes would be invisible.
        limits = {"right": max(1, np.diag(counts).max()), "wrong": max(1, mistakes.max())}
        shades = np.where(np.eye(len(classes), dtype=bool), counts / limits["right"], -mistakes / limits["wrong"])
        axes.imshow(0.7 * shades, cmap=SIGNED, vmin=-1, vmax=1)
        for (row, column), count in np.ndenumerate(counts):
            axes.text(
                column, row, number(count, ","), ha="center", va="center", fontsize=min(10, 150 / len(classes)),
                color="black" if count else "#999999", fontweight="bold" if row == column else "normal",
            )  # fmt: skip
        names = [_short(name) for name in classes]
        axes.set_xticks(range(len(names)), names)
        if max(map(len, names)) > (9 if len(names) < 5 else 4):
            for label in axes.get_xticklabels():
                label.set(rotation=40, ha="right", rotation_mode="anchor")
        axes.set_yticks(range(len(names)), names)
        axes.tick_params(length=0)
        axes.set(xlabel=texts["x"], ylabel=texts["y"])
        title_above(figure, texts["title"])
    return Picture(figure, texts["alt"])


def heat_maps(
    images: Tensor,
    maps: Tensor,
    names: Sequence[str],
    *,
    columns: int = 5,
    caption: str | None = None,
    figures: Mapping[str, object] | None = None,
) -> Picture:
    """Draw where a model looks: each image, and under it the same with its heat map, such as Grad-CAM's.

    Parameters
    ----------
    images : torch.Tensor
        ``[N, 1, H, W]`` or ``[N, 3, H, W]``, from 0 (black) to 1 (white).
    maps : torch.Tensor
        ``[N, h, w]``, the larger the more important; stretched to the size of the images. Negative values count as 0.
    names : sequence of str
        What to write above each image, such as the predicted class.
    columns : int
        How many images to draw beside each other.
    caption : str, optional
        Key of other texts: ``title``, ``alt``, ``low`` and ``high`` (the ends of the colour scale) and ``line`` (what
        the line around the heat is), with ``{total}`` images and ``{share}``, the percentage of an image that holds
        half of its heat, on average. By default the title says just that.
    figures : mapping, optional
        What else fills the placeholders of the texts.

    Raises
    ------
    ValueError
        If the images or maps are not what they should be, or there are not as many of each.

    Returns
    -------
    Picture

    Examples
    --------
    >>> import torch
    >>> heat_maps(torch.rand(2, 3, 32, 32), torch.eye(8).expand(2, 8, 8), ["ant", "bee"])  # doctest: +ELLIPSIS
    Row of images, each above the same image under a heat map: on average half of the heat lies on ...% of an image.
    """
    pixels = _pixels(images)
    if maps.ndim != 3:
        raise ValueError(message("errors.plots.maps", shape=list(maps.shape)))
    _same_length(images=len(pixels), maps=len(maps), names=len(names))
    heat = F.interpolate(
        maps.detach().float().cpu().clamp(min=0)[:, None], size=pixels.shape[1:3], mode="bilinear", align_corners=False
    )[:, 0].nan_to_num(0)
    finding: dict[str, object] = {"total": len(pixels), "share": number(100 * _half_share(heat), ".0f")}
    texts = fill_texts(caption or "figures.heat-maps", finding, figures)
    columns = min(columns, len(pixels))
    rows = -(-len(pixels) // columns)
    with mpl.rc_context(SMALL):
        figure = Figure(figsize=(max(4.5, 1.75 * columns + 0.8), 3.7 * rows + 0.7), layout="constrained")
        grid = figure.subplots(2 * rows, columns, squeeze=False)
        for axes in grid.flat:
            axes.axis("off")
        for index in range(len(pixels)):
            row, column = divmod(index, columns)
            above, below = grid[2 * row, column], grid[2 * row + 1, column]
            above.set_title("\n".join(textwrap.wrap(names[index], 22)), loc="center")
            above.imshow(pixels[index], cmap="gray", vmin=0, vmax=1)
            below.imshow(pixels[index].mean(-1) if pixels.ndim == 4 else pixels[index], cmap="gray", vmin=0, vmax=1)
            peak = float(heat[index].max()) or 1.0
            relative = (heat[index] / peak).numpy()
            drawn = below.imshow(relative, cmap="inferno", vmin=0, vmax=1, alpha=0.75 * relative)
            if relative.max() > relative.min():  # white on black: seen on any image, and without colours too
                below.contour(relative, levels=[0.5], colors="black", linewidths=3)
                below.contour(relative, levels=[0.5], colors="white", linewidths=1.2)
        scale = figure.colorbar(drawn, ax=grid, ticks=[0, 1], shrink=0.6, aspect=30)
        scale.ax.set_yticklabels([texts["low"], texts["high"]])
        figure.supxlabel(texts["line"], fontsize=9.5)
        title_above(figure, texts["title"])
    return Picture(figure, texts["alt"], photos=pixels.ndim == 4)


def _half_share(heat: Tensor) -> float:
    """Return the smallest share of the pixels that holds half of the heat, as the mean of all maps with any heat."""
    shares = []
    for each in heat.flatten(1).double():
        if each.sum() > 0:
            total = each.sort(descending=True).values.cumsum(0)
            shares.append((int((total < total[-1] / 2).sum()) + 1) / len(total))
    return float(np.mean(shares)) if shares else 0.0


def _grid(count: int, columns: int, lines: int) -> tuple[Figure, list[Axes], int]:
    """Return a figure with places for images with so many lines under each, and how many characters a line holds.

    It is as wide as its images.
    """
    columns = min(columns, count)
    side, rows = min(9 / columns, LARGEST), -(-count // columns)
    figure = Figure(figsize=(side * columns, (side + 0.18 * lines) * rows + 0.45), layout="constrained")
    places = list(figure.subplots(rows, columns, squeeze=False).flat)
    for unused in places[count:]:
        unused.set_visible(False)
    for axes in places[:count]:
        bare(axes)
        axes.set_anchor("N")  # spare height goes below, to the texts
        axes.xaxis.label.set_size(9.5)
    return figure, places[:count], max(14, int(13 * side))


def _frame(axes: Axes, color: str, width: float, dashed: bool = False) -> None:
    for spine in axes.spines.values():
        spine.set(visible=True, color=color, linewidth=width, linestyle=(0, (3, 1.5)) if dashed else "solid")


def _short(name: str, width: int = 18) -> str:
    return name if len(name) <= width else name[: width - 1] + "…"


def _pixels(images: Tensor) -> np.ndarray:
    """Return images as imshow wants them: ``[N, H, W]`` for grey, ``[N, H, W, 3]`` for colour."""
    if images.ndim != 4 or images.shape[1] not in (1, 3) or len(images) == 0:
        raise ValueError(message("errors.plots.images", shape=list(images.shape)))
    low, high = float(images.min()), float(images.max())
    # Resized photos may leave 0 to 1 by a rounding error; normalised ones leave it by far.
    if not (low >= -1e-3 and high <= 1 + 1e-3):
        raise ValueError(message("errors.plots.range", low=number(low), high=number(high)))
    pixels = images.detach().float().cpu().clamp(0, 1)
    return (pixels[:, 0] if images.shape[1] == 1 else pixels.permute(0, 2, 3, 1)).numpy()


def _class_numbers(name: str, given: Tensor | Sequence[int], classes: int) -> np.ndarray:
    numbers = np.asarray(given.detach().cpu() if isinstance(given, Tensor) else given)
    if numbers.size == 0:
        raise ValueError(message("errors.plots.empty", name=f"`{name}`"))
    if numbers.ndim != 1 or numbers.dtype.kind not in "iu" or numbers.min() < 0 or numbers.max() >= classes:
        seen = _short(", ".join(str(each) for each in np.unique(numbers)), 60)
        raise ValueError(message("errors.plots.class-numbers", name=name, seen=seen, last=classes - 1, classes=classes))
    return numbers


def _same_length(**lengths: int) -> None:
    if len(set(lengths.values())) > 1:
        counted = ", ".join(f"`{name}`: {length}" for name, length in lengths.items())
        raise ValueError(message("errors.plots.lengths", counted=counted))
