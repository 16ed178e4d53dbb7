"""The course at a glance, from the facts that `resnet-course build` reads in the lesson scripts: `lessons.json`."""

from __future__ import annotations

import json
import textwrap
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import matplotlib as mpl
import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.patches import Arc, Circle, FancyArrowPatch, Patch, Rectangle
from matplotlib.ticker import MaxNLocator

from resnet_course.drawing import COLORS, STYLE, Picture, fill_texts, title_above
from resnet_course.language import current_language, message, number

FACTS = Path(__file__).with_suffix(".json")
WIDE = 4.9  # inches: what a phone shows without making it smaller
TALL = 1.02  # of one lesson on the map


def read_lessons() -> dict[str, dict[str, Any]]:
    """Return what the course knows of each graded lesson, in their order, in the current language.

    Returns
    -------
    dict
        Lesson id to its ``number``, ``name`` and ``subtitle`` (the parts of its title), its ``minutes`` in all, or
        None if its text does not say, and its ``exercises``: a list of dictionaries with ``grade_id``,
        ``difficulty``, ``minutes`` and ``points``.

    Examples
    --------
    >>> read_lessons()["03_basic_block"]["name"]
    'The BasicBlock'
    """
    found = {}
    for lesson, facts in json.loads(FACTS.read_text(encoding="utf-8")).items():
        counted, _, title = facts["title"][current_language()].partition(" · ")
        name, _, subtitle = title.partition(": ")
        found[lesson] = {**facts, "number": counted, "name": name, "subtitle": subtitle}
    return found


def course_map() -> Picture:
    """Return the map of the course: a picture for each lesson, its title, and what it asks of you.

    Examples
    --------
    >>> course_map()  # doctest: +ELLIPSIS
    Map of the course, a row for each of its ... lessons. 01 Why depth was hard: ...
    """
    lessons = read_lessons()
    texts = _fill("map", lessons)
    with mpl.rc_context(STYLE):
        figure = Figure(figsize=(WIDE, 0.62 + TALL * len(lessons)), layout="constrained")
        axes = figure.subplots()
        # One unit is one inch, so that words and pictures keep their places however many lessons there are.
        axes.set(xlim=(0, WIDE), ylim=(TALL * len(lessons), 0))
        axes.axis("off")
        middles = [TALL * (row + 0.5) for row in range(len(lessons))]
        axes.plot([0.22] * len(lessons), middles, color=COLORS["residual"], lw=3, zorder=1)
        for middle, (lesson, facts) in zip(middles, lessons.items(), strict=True):
            axes.add_patch(Circle((0.22, middle), 0.2, fc="white", ec=COLORS["residual"], lw=2.2, zorder=2))
            axes.text(0.22, middle, facts["number"], ha="center", va="center", fontsize=11, fontweight="bold")
            _draw_thumbnail(axes, lesson, middle)
            _write(axes, facts, middle)
        title_above(figure, texts["title"])
    return Picture(figure, texts["alt"])


def _write(axes: Axes, facts: dict[str, Any], middle: float) -> None:
    """Write a lesson's name, subtitle and demands beside its picture, as one block around its middle."""
    name, subtitle = textwrap.wrap(facts["name"], 28), textwrap.wrap(facts["subtitle"], 35)
    styles: tuple[dict[str, Any], ...] = (
        {"fontsize": 11.5, "fontweight": "bold"},
        {"fontsize": 10.5},
        {"fontsize": 10, "color": COLORS["neutral"]},
    )
    lines = [(line, 0.21, styles[0]) for line in name[:2]]
    lines += [(line, 0.19, styles[1]) for line in subtitle[:2]]
    lines += [(_demands(facts), 0.19, styles[2])]
    top = middle - sum(height for _, height, _ in lines) / 2
    for line, height, style in lines:
        axes.text(1.86, top + height / 2, line, va="center", **style)
        top += height


def minutes_chart() -> Picture:
    """Return a chart of where the minutes of each lesson go: its exercises, by difficulty, and the rest.

    Examples
    --------
    >>> minutes_chart()  # doctest: +ELLIPSIS
    Bar chart, a bar for each lesson...
    """
    lessons = read_lessons()
    texts = _fill("minutes", lessons)
    levels = sorted({each["difficulty"] for facts in lessons.values() for each in facts["exercises"]})
    with mpl.rc_context(STYLE):
        figure = Figure(figsize=(WIDE, 1.75 + 0.42 * len(lessons)), layout="constrained")
        axes = figure.subplots()
        for row, facts in enumerate(lessons.values()):
            left = 0
            for exercise in facts["exercises"]:
                level, minutes = exercise["difficulty"], exercise["minutes"]
                axes.barh(row, minutes, left=left, height=0.72, color=_tint(level), ec="white", lw=1.5)
                dark = "white" if level > 3 else "black"
                axes.text(left + minutes / 2, row, str(minutes), ha="center", va="center", fontsize=9, color=dark)
                left += minutes
            rest = _minutes(facts) - left
            axes.barh(row, rest, left=left, height=0.72, color="#EDEDED", ec="white", lw=1.5)
            if rest > 4:
                axes.text(left + rest / 2, row, str(rest), ha="center", va="center", fontsize=9)
        axes.set_yticks(range(len(lessons)), [facts["number"] for facts in lessons.values()])
        axes.set_ylim(len(lessons) - 0.4, -0.6)
        axes.set_xlabel(texts["x"])
        axes.xaxis.set_major_locator(MaxNLocator(6, integer=True))
        axes.grid(False, axis="y")
        axes.tick_params(axis="y", length=0)
        keys = [Patch(color=_tint(level), label=texts["level"].format(level=level)) for level in levels]
        keys.append(Patch(color="#EDEDED", label=texts["rest"]))
        figure.legend(handles=keys, loc="outside lower left", ncols=2, fontsize=10)
        title_above(figure, texts["title"])
    return Picture(figure, texts["alt"])


def link_table(places: Mapping[str, Callable[[str], str]]) -> str:
    """Return a Markdown table with a line for each lesson and links that open it here and in other places.

    Parameters
    ----------
    places : mapping
        The name of each place to a function from a lesson's id to the address that opens the lesson there.

    Examples
    --------
    >>> print(link_table({"Colab": lambda lesson: f"https://example.org/{lesson}"}))  # doctest: +ELLIPSIS
    | lesson | what it asks | open in |
    |---|---|---|
    | [01 · Why depth was hard](../01_vanishing_gradient/01_vanishing_gradient.ipynb) | ...
    """
    heads = [message(f"00_start_here.links.{head}") for head in ("lesson", "asks", "elsewhere")]
    rows = [f"| {' | '.join(heads)} |", "|---|---|---|"]
    for lesson, facts in read_lessons().items():
        here = f"[{facts['number']} · {facts['name']}](../{lesson}/{lesson}.ipynb)"
        there = " · ".join(f"[{place}]({address(lesson)})" for place, address in places.items())
        rows.append(f"| {here} | {_demands(facts)} | {there} |")
    return "\n".join(rows)


def _demands(facts: dict[str, Any]) -> str:
    return message("00_start_here.links.demands", exercises=len(facts["exercises"]), minutes=_minutes(facts))


def _minutes(facts: dict[str, Any]) -> int:
    """Return how long a lesson takes: what its text says, and at least what its exercises do."""
    return max(facts["minutes"] or 0, sum(each["minutes"] for each in facts["exercises"]))


def _fill(figure: str, lessons: dict[str, dict[str, Any]]) -> dict[str, str]:
    exercises = [each for facts in lessons.values() for each in facts["exercises"]]
    total = sum(map(_minutes, lessons.values()))
    own = sum(each["minutes"] for each in exercises)
    listed = [f"{facts['number']} {facts['name']}: {_demands(facts)}." for facts in lessons.values()]
    figures = {
        "lessons": len(lessons),
        "exercises": len(exercises),
        "hours": number(total / 60, ".0f"),
        "share": number(100 * own / max(total, 1), ".0f"),
        "list": " ".join(listed),
    }
    # What is left in braces is filled where it is drawn.
    return fill_texts(f"00_start_here.figures.{figure}", figures)


def _tint(level: int) -> str:
    """Return the green of a difficulty from 1 (pale) to 5 (dark)."""
    share = (0.28, 0.48, 0.7, 1.0, 1.0)[level - 1]
    dimmed = 0.7 if level == 5 else 1.0
    red, green, blue = (dimmed * (1 - share * (1 - part)) for part in mpl.colors.to_rgb(COLORS["accent"]))
    return mpl.colors.to_hex((red, green, blue))


# --- one small picture for each lesson; they draw in a box 1.5 wide and 1 high ---------------------------------------


def _draw_thumbnail(axes: Axes, lesson: str, middle: float) -> None:
    box = axes.inset_axes((0.54, middle - 0.4, 1.2, 0.8), transform=axes.transData)
    box.set(xlim=(0, 1.5), ylim=(0, 1), xticks=[], yticks=[], facecolor="#F7F7F7")
    for spine in box.spines.values():
        spine.set(visible=True, color="#CCCCCC", linewidth=0.8)
    # A lesson that nobody has drawn yet is a block with a shortcut, as everything in this course.
    THUMBNAILS.get(lesson, _block)(box)


def _box(axes: Axes, x: float, y: float, wide: float, tall: float, color: str, alpha: float = 1) -> None:
    """Draw a box around a middle."""
    axes.add_patch(Rectangle((x - wide / 2, y - tall / 2), wide, tall, fc=COLORS[color], ec="none", alpha=alpha))


def _road(axes: Axes, start: float, end: float, y: float = 0.5) -> None:
    arrow = FancyArrowPatch((start, y), (end, y), arrowstyle="-|>", mutation_scale=7, shrinkA=0, shrinkB=0)
    arrow.set(color="#444444", lw=1.2, zorder=0)
    axes.add_patch(arrow)


def _vanishing(axes: Axes) -> None:
    """Draw a gradient that shrinks on its way from the last layer to the first."""
    for index, height in enumerate(0.72 * 0.62 ** np.arange(8)):
        axes.add_patch(Rectangle((1.27 - 0.16 * index, 0.14), 0.11, height, fc=COLORS["plain"]))


def _two_profiles(axes: Axes) -> None:
    """Draw the gradient against depth: it falls without shortcuts, and stays with them."""
    x = np.linspace(0.15, 1.35, 30)
    axes.plot(x, 0.78 - 0.6 * (x - 0.15) / 1.2, color=COLORS["plain"], lw=2.4)
    axes.plot(x, 0.78 + 0.03 * np.sin(6 * x), color=COLORS["residual"], lw=2.4)
    axes.text(0.33, 0.2, "F(x) + x", fontsize=8, color="#444444")


def _block(axes: Axes) -> None:
    """Draw two convolutions and the shortcut around them."""
    _road(axes, 0.05, 1.45, 0.36)
    for x in (0.42, 0.82):
        _box(axes, x, 0.36, 0.24, 0.34, "plain")
    axes.add_patch(Arc((0.63, 0.4), 1.04, 0.92, theta1=0, theta2=180, color=COLORS["residual"], lw=2.4))
    _plus(axes, 1.15, 0.36)


def _plus(axes: Axes, x: float, y: float) -> None:
    axes.plot([x], [y], marker="o", markersize=9, mfc="white", mec="#444444", zorder=3)
    axes.plot([x], [y], marker="+", markersize=6, mec="#444444", zorder=4)


def _hourglass(axes: Axes) -> None:
    """Draw many channels, few channels, many channels."""
    _road(axes, 0.05, 1.45)
    for x, tall in ((0.22, 0.74), (0.57, 0.24), (0.92, 0.24), (1.24, 0.74)):
        _box(axes, x, 0.5, 0.14, tall, "residual")


def _whole_net(axes: Axes) -> None:
    """Draw the stages of a net: images become smaller, channels more."""
    _road(axes, 0.03, 1.47)
    _box(axes, 0.15, 0.5, 0.05, 0.84, "neutral")
    for x, wide, tall in ((0.34, 0.1, 0.68), (0.6, 0.16, 0.52), (0.9, 0.22, 0.36), (1.21, 0.26, 0.22)):
        _box(axes, x, 0.5, wide, tall, "residual")


def _new_head(axes: Axes) -> None:
    """Draw a net that is kept, in grey, with a new head in green."""
    _road(axes, 0.05, 1.45)
    for x, tall in ((0.22, 0.74), (0.47, 0.6), (0.72, 0.46)):
        _box(axes, x, 0.5, 0.16, tall, "neutral", 0.55)
    _box(axes, 1.12, 0.5, 0.26, 0.4, "accent")
    axes.plot([0.92, 0.92], [0.08, 0.92], color="#444444", lw=1, ls=(0, (2, 2)))


def _many_paths(axes: Axes) -> None:
    """Draw paths beside each other that meet in a sum."""
    for y in (0.16, 0.33, 0.5, 0.67, 0.84):
        axes.plot([0.12, 0.4, 1.0, 1.22], [0.5, y, y, 0.5], color="#444444", lw=1, zorder=0)
        _box(axes, 0.7, y, 0.36, 0.11, "residual")
    _road(axes, 1.2, 1.46)
    _plus(axes, 1.22, 0.5)


THUMBNAILS: dict[str, Callable[[Axes], None]] = {
    "01_vanishing_gradient": _vanishing,
    "02_residual_gradient": _two_profiles,
    "03_basic_block": _block,
    "04_bottleneck": _hourglass,
    "05_full_resnet": _whole_net,
    "06_transfer_learning": _new_head,
    "07_width_and_cardinality": _many_paths,
}
