"""What all figures of the course share: colours, style, texts, and how a figure reaches the page."""

from __future__ import annotations

import html
import io
import math
from base64 import b64encode
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

import matplotlib as mpl
import numpy as np
from matplotlib.axes import Axes
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure
from matplotlib.ticker import FixedLocator, FuncFormatter, LogLocator, NullFormatter
from PIL import Image

from resnet_course.language import current_language, find, message, number

# Okabe and Ito's colours, which colour-blind readers tell apart. In grey some are alike, so each has a marker too.
COLORS = {
    "plain": "#D55E00",
    "residual": "#0072B2",
    "accent": "#009E73",
    "light": "#E69F00",
    "pink": "#CC79A7",
    "neutral": "#6B6B6B",
}
MARKERS = {"plain": "o", "residual": "s", "accent": "^", "light": "D", "pink": "X", "neutral": "v"}
FILLS = ("full", "left", "none", "bottom")
DASHES: tuple[Any, ...] = ("solid", (0, (5, 2)), (0, (1, 1.5)), (0, (5, 2, 1, 2)))
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
    "lines.markersize": 5.5,
    "figure.facecolor": "white",
}
POWERS = (1, 2, 5, 10, 20, 50)  # of ten, between two marks of an axis
DPI = 150  # shown at half of it: sharp on dense screens, and about 700 pixels wide
MARGIN = 8  # pixels around a figure, which is a white card on a dark page
CARD = f"box-sizing:border-box;padding:{MARGIN}px;background:white;border-radius:{MARGIN}px"
NARROWEST = 560  # pixels: on a phone a wide figure is scrolled sideways rather than made too small to read


@dataclass(frozen=True, repr=False)
class Picture:
    """A figure and its alt text; Jupyter shows it as an image, a plain Python prints the alt text.

    Parameters
    ----------
    figure : matplotlib.figure.Figure
        What to see.
    alt : str
        What a reader who does not see it should know.
    photos : bool
        Whether it holds colour photos: as a JPEG it is then a fraction of the size of a PNG.

    Notes
    -----
    Jupyter is given HTML and not an image, because no page shows the alt text of an image: not JupyterLab, nor
    Notebook, nor Colab. The image is inside the HTML, so a notebook is no larger for it.

    Examples
    --------
    >>> Picture(Figure(), "An empty figure.")
    An empty figure.
    """

    figure: Figure
    alt: str
    photos: bool = False

    def __repr__(self) -> str:
        return self.alt

    def _repr_html_(self) -> str:
        saved = io.BytesIO()
        self.figure.set_dpi(DPI)
        canvas = FigureCanvasAgg(self.figure)  # itself, because `savefig` lays everything out once more
        with mpl.rc_context(STYLE):  # ticks are made while saving
            if self.photos:
                canvas.print_jpg(saved, pil_kwargs={"quality": 90})
            else:
                canvas.print_png(saved, metadata={"Software": None})  # else Matplotlib's version would be in it
        kind = "jpeg" if self.photos else "png"
        width = Image.open(saved).width // 2 + 2 * MARGIN
        # The width is an attribute too: pages that clean HTML drop every style. What holds the image scrolls itself,
        # because on narrow pages Jupyter cuts an output off.
        return (
            '<div style="overflow-x:auto">'
            f'<img lang="{current_language()}" alt="{html.escape(self.alt)}" width="{width}" '
            f'style="max-width:max(100%,{NARROWEST}px);{CARD}" '
            f'src="data:image/{kind};base64,{b64encode(saved.getvalue()).decode()}"></div>'
        )


def fill_texts(caption: str, *figures: Mapping[str, object] | None) -> dict[str, str]:
    """Return the texts of a caption with their placeholders filled in.

    Parameters
    ----------
    caption : str
        Key of a table of messages; tables inside it are left out.
    *figures : mapping, optional
        What fills the placeholders; later ones win. A float is written with three digits. A placeholder that none
        of them names stays, for the drawing function to fill.

    Examples
    --------
    >>> fill_texts("03_basic_block.figures.digit", {"label": 7})["title"]
    'A handwritten 7: 28 × 28 numbers between 0 and 1'
    """

    class Rest(dict[str, object]):
        def __missing__(self, key: str) -> str:
            return "{" + key + "}"

    filled = Rest()
    for each in figures:
        filled |= {name: say(value) if isinstance(value, float) else value for name, value in (each or {}).items()}
    return {name: text.format_map(filled) for name, text in find(caption).items() if isinstance(text, str)}


def say(value: float) -> str:
    """Return a number of any size, short and in the current language's marks.

    Examples
    --------
    >>> say(0.25), say(36864), say(1.2e-9), say(0), say(float("inf"))
    ('0.25', '36,864', '1.2×10⁻⁹', '0', '∞')
    """
    if math.isnan(value):
        return "NaN"
    if math.isinf(value):
        return "∞" if value > 0 else "−∞"
    if value == 0 or 1e-3 <= abs(value) < 1e6:
        return number(value, ",.0f" if abs(value) >= 1000 else ".3g")
    mantissa, exponent = f"{value:.1e}".split("e")
    return f"{number(float(mantissa), '.1f')}×{_power_of_ten(int(exponent))}"


def say_percent(value: float) -> str:
    """Return a percentage (without its sign) with one decimal; a smaller one than a tenth as `say` does.

    Examples
    --------
    >>> say_percent(7.666), say_percent(21), say_percent(0.05), say_percent(0)
    ('7.7', '21.0', '0.05', '0')
    """
    return number(value, ".1f") if 0.1 <= abs(value) < math.inf else say(value)


def _power_of_ten(exponent: int) -> str:
    return "10" + str(exponent).translate(str.maketrans("-0123456789", "⁻⁰¹²³⁴⁵⁶⁷⁸⁹"))


def choose_colors(names: Iterable[str], colors: Mapping[str, str] | None = None) -> dict[str, str]:
    """Return the key in `COLORS` for each of some nets (or other items).

    Parameters
    ----------
    names : iterable of str
        ``"plain-56"`` and whatever else begins with a key of `COLORS` and a hyphen gets that colour; the others get
        those colours in turn that stand for no kind of net.
    colors : mapping, optional
        Name to a key of `COLORS`, where it should be another.

    Raises
    ------
    ValueError
        If `colors` names no colour of the course.

    Examples
    --------
    >>> choose_colors(["plain-20", "residual-20", "tanh"], {"tanh": "light"})
    {'plain-20': 'plain', 'residual-20': 'residual', 'tanh': 'light'}
    """
    free = [name for name in COLORS if name not in ("plain", "residual")]
    chosen: dict[str, str] = {}
    turn = 0
    for name in names:
        kind = (colors or {}).get(name, name.split("-")[0])
        if name in (colors or {}) and kind not in COLORS:
            raise ValueError(message("errors.plots.color", name=name, color=kind, known=", ".join(COLORS)))
        if kind not in COLORS:
            kind, turn = free[turn % len(free)], turn + 1
        chosen[name] = kind
    return chosen


def line_styles(names: Iterable[str], colors: Mapping[str, str] | None = None) -> dict[str, dict[str, Any]]:
    """Return how to draw the line of each net.

    Colour and marker tell its kind; dashes, and how the marker is filled, tell nets of one kind apart.

    Examples
    --------
    >>> styles = line_styles(["plain-20", "plain-56", "residual-20"])
    >>> [style["marker"] for style in styles.values()], styles["plain-20"]["linestyle"]
    (['o', 'o', 's'], 'solid')
    """
    seen: Counter[str] = Counter(neutral=1)  # grey is dashed from the first on: without colour it looks like green
    styles = {}
    for name, kind in choose_colors(names, colors).items():
        turn = seen[kind] % len(DASHES)
        styles[name] = {
            "color": COLORS[kind],
            "marker": MARKERS[kind],
            "linestyle": DASHES[turn],
            "fillstyle": FILLS[turn],
            "markerfacecoloralt": "white",
        }
        seen[kind] += 1
    return styles


def title_above(figure: Figure, title: str) -> None:
    """Write a title above all parts of a figure.

    Examples
    --------
    >>> figure = Figure()
    >>> title_above(figure, "Depth costs accuracy")
    >>> figure.get_suptitle()
    'Depth costs accuracy'
    """
    # Escaped, because where Matplotlib wraps lines it looks for formulas whatever it was told.
    style = {"fontsize": 12, "fontweight": "bold", "wrap": True, "parse_math": True}
    figure.suptitle(title.replace("$", r"\$"), x=0.02, ha="left", **style)


def localise(axes: Axes) -> None:
    """Write the numbers of the axes as the current language does.

    Examples
    --------
    >>> from resnet_course.language import speaking
    >>> axes = Figure().subplots()
    >>> with speaking("pt"):
    ...     localise(axes)
    ...     axes.xaxis.get_major_formatter()(0.5)
    '0,5'
    """
    for axis, limits in ((axes.xaxis, axes.get_xlim()), (axes.yaxis, axes.get_ylim())):
        if axis.get_scale() == "linear":
            axis.set_major_formatter(FuncFormatter(lambda value, _: number(value)))
        elif (
            limits[0] <= 1e-4 or limits[1] >= 1e5
        ):  # 10⁻⁹ reads better than 0.000000001, and draws faster than a formula
            axis.set_major_formatter(FuncFormatter(lambda value, _: _power_of_ten(round(math.log10(value)))))
            axis.set_minor_formatter(NullFormatter())
            low, high = (math.log10(limit) for limit in limits)
            step = next(each for each in POWERS if (high - low) / each <= 8)  # 10⁻²⁰, 10⁻⁴⁰ and not 10⁻²², 10⁻³³
            axis.set_major_locator(FixedLocator([10.0**power for power in _multiples(low, high, step)]))
        else:
            axis.set_major_formatter(FuncFormatter(lambda value, _: number(value, "g")))
            if limits[1] / limits[0] < 1e3:  # powers of ten alone would be too few marks
                axis.set_major_locator(LogLocator(subs=(1, 2, 5)))
            axis.set_minor_formatter(NullFormatter())


def _multiples(low: float, high: float, step: int) -> list[int]:
    return [each * step for each in range(math.ceil(low / step), math.floor(high / step) + 1)]


def bare(axes: Axes) -> None:
    """Take ticks and grid away, as an image needs.

    Examples
    --------
    >>> axes = Figure().subplots()
    >>> bare(axes)
    >>> axes.get_xticks().tolist()
    []
    """
    axes.set(xticks=[], yticks=[])
    axes.grid(False)


def label_ends(axes: Axes, ends: Iterable[tuple[float, float, str, str]], gap: float = 14) -> None:
    """Write the names of lines at their ends, moved up or down where they would overlap.

    Parameters
    ----------
    axes : matplotlib.axes.Axes
        Where the lines are; its limits must be final.
    ends : iterable of (x, y, text, color)
        Where each line ends, its name and its colour. Where several end at the same height, the first is lowest.
    gap : float
        Least distance between two names, in points.

    Examples
    --------
    >>> axes = Figure().subplots()
    >>> label_ends(axes, [(1, 0.5, "plain-20", COLORS["plain"]), (1, 0.5, "plain-56", COLORS["plain"])])
    >>> [text.get_text() for text in axes.texts]
    ['plain-20', 'plain-56']
    """
    figure = axes.get_figure()
    assert isinstance(figure, Figure)
    ends, layout = list(ends), figure.get_layout_engine()
    if layout is not None and len(ends) > 1:
        layout.execute(figure)  # only then it is known where the axes are, and how near the names are to each other
    points = 72 / figure.dpi
    low, high = axes.get_ylim()

    def place(x: float, y: float) -> tuple[float, float]:
        # 0 has no place on a logarithmic axis: its name stands at the bottom.
        across, up = axes.transData.transform((x, min(max(y, low), high)))
        return float(across) * points, float(up) * points

    placed = sorted(((*place(x, y), x, y, text, color) for x, y, text, color in ends), key=lambda end: end[1])
    rightmost = max((end[0] for end in placed), default=0)
    outside = [end for end in placed if end[0] > rightmost - 1]
    inside = [end for end in placed if end not in outside]
    targets = spread([end[1] for end in outside], axes.bbox.y0 * points, axes.bbox.y1 * points, gap)
    # A name in the middle of the chart goes where no line runs.
    drawn = [axes.transData.transform(np.asarray(line.get_xydata(), dtype=float)) * points for line in axes.lines]
    for across, up, *_, text, _ in inside:
        under = np.linspace(across + 10, across + 20 + 6.5 * len(text), 20)
        busy = [np.interp(under, line[:, 0], line[:, 1], left=np.nan, right=np.nan) for line in drawn]
        heights = np.append(np.concatenate(busy), targets)
        steps = [sign * step * gap / 2 for step in range(20) for sign in (1, -1)]
        free = (up + step for step in steps if not (abs(heights - up - step) < 0.7 * gap).any())
        targets.append(next(free, up))
    for (_, up, x, y, text, color), target in zip(outside + inside, targets, strict=True):
        leader = {"arrowstyle": "-", "color": color, "lw": 0.8, "relpos": (0, 0.5), "shrinkA": 0, "shrinkB": 4}
        axes.annotate(
            text, (x, min(max(y, low), high)), xytext=(14, target - up), textcoords="offset points", va="center",
            color=darker(color), arrowprops=leader if abs(target - up) > 2 else None,
        )  # fmt: skip


def spread(heights: Iterable[float], floor: float, ceiling: float, gap: float) -> list[float]:
    """Return heights, in ascending order, moved as little as gives each a gap to the next and to floor and ceiling.

    Examples
    --------
    >>> spread([1, 50, 50, 52], floor=0, ceiling=100, gap=10)
    [5.0, 41.0, 51.0, 61.0]
    """
    wanted = np.array(list(heights), dtype=float)
    if not len(wanted):
        return []
    # Push up from below, push down from above: halfway between, each group stands around where it wants to be.
    steps = gap * np.arange(len(wanted))
    upward = np.maximum.accumulate(wanted - steps) + steps
    downward = np.minimum.accumulate((wanted - steps)[::-1])[::-1] + steps
    halfway = np.maximum((upward + downward) / 2, floor + gap / 2 + steps)
    return [float(each) for each in np.minimum(halfway, ceiling - gap / 2 - steps[::-1])]


def darker(color: str) -> tuple[float, ...]:
    """Return a colour dark enough for text on white.

    Examples
    --------
    >>> darker("#FF0000")
    (0.65, 0.0, 0.0)
    """
    return tuple(0.65 * part for part in mpl.colors.to_rgb(color))
