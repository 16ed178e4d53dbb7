"""A small drawing for each lesson on the map, 150 wide and 100 high, as an image that needs no file."""

from __future__ import annotations

from base64 import b64encode

from resnet_course.drawing import COLORS

FRAME = (
    '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 150 100">'
    '<rect x=".5" y=".5" width="149" height="99" rx="4" fill="#F7F7F7" stroke="#CCC"/>{}</svg>'
)
INK = "#444"


def thumbnail(lesson: str) -> str:
    """Return the address of a lesson's drawing, which holds the drawing itself.

    Examples
    --------
    >>> thumbnail("03_basic_block")[:26]
    'data:image/svg+xml;base64,'
    """
    # A lesson that nobody has drawn yet is a block with a shortcut, as everything in this course.
    drawing = FRAME.format("".join(THUMBNAILS.get(lesson, THUMBNAILS["03_basic_block"])))
    return f"data:image/svg+xml;base64,{b64encode(drawing.encode()).decode()}"


def _box(x: float, y: float, wide: float, tall: float, color: str, opacity: float = 1) -> str:
    """Return a box around a middle."""
    place = f'x="{x - wide / 2:g}" y="{y - tall / 2:g}" width="{wide:g}" height="{tall:g}"'
    return f'<rect {place} fill="{COLORS[color]}" opacity="{opacity:g}"/>'


def _line(path: str, color: str = INK, width: float = 2, extra: str = "") -> str:
    return f'<path d="{path}" fill="none" stroke="{color}" stroke-width="{width:g}"{extra}/>'


def _road(start: float, end: float, y: float = 50) -> str:
    """Return an arrow to the right."""
    return _line(f"M{start:g} {y:g}H{end - 5:g}") + f'<path d="M{end - 7:g} {y - 4:g}l7 4l-7 4z" fill="{INK}"/>'


def _plus(x: float, y: float) -> str:
    circle = f'<circle cx="{x:g}" cy="{y:g}" r="8" fill="#fff" stroke="{INK}" stroke-width="2"/>'
    return circle + _line(f"M{x - 5:g} {y:g}h10M{x:g} {y - 5:g}v10")


def _bar(left: float, tall: float) -> str:
    return _box(left + 5.5, 86 - tall / 2, 11, tall, "plain")


THUMBNAILS: dict[str, list[str]] = {
    # A gradient that shrinks on its way from the last layer to the first.
    "01_vanishing_gradient": [_bar(127 - 16 * index, 72 * 0.62**index) for index in range(8)],
    # The gradient against depth: it falls without shortcuts, and stays with them.
    "02_residual_gradient": [
        _line("M15 22L135 82", COLORS["plain"], 4),
        _line("M15 22q20 -8 40 0t40 0t40 0", COLORS["residual"], 4),
        f'<text x="18" y="84" font-family="sans-serif" font-size="16" fill="{INK}">F(x) + x</text>',
    ],
    # Two convolutions and the shortcut around them.
    "03_basic_block": [
        _road(5, 145, 64),
        _box(42, 64, 24, 34, "plain"),
        _box(82, 64, 24, 34, "plain"),
        _line("M11 60A52 46 0 0 1 115 60", COLORS["residual"], 4),
        _plus(115, 64),
    ],
    # Many channels, few channels, many channels.
    "04_bottleneck": [
        _road(5, 145),
        *(_box(x, 50, 14, tall, "residual") for x, tall in ((22, 74), (57, 24), (92, 24), (124, 74))),
    ],
    # The stages of a net: images become smaller, channels more.
    "05_full_resnet": [
        _road(3, 147),
        _box(15, 50, 5, 84, "neutral"),
        *(
            _box(x, 50, wide, tall, "residual")
            for x, wide, tall in ((34, 10, 68), (60, 16, 52), (90, 22, 36), (121, 26, 22))
        ),
    ],
    # A net that is kept, in grey, with a new head in green.
    "06_transfer_learning": [
        _road(5, 145),
        *(_box(x, 50, 16, tall, "neutral", 0.55) for x, tall in ((22, 74), (47, 60), (72, 46))),
        _box(112, 50, 26, 40, "accent"),
        _line("M92 8V92", INK, 2, ' stroke-dasharray="4 4"'),
    ],
    # Paths beside each other that meet in a sum.
    "07_width_and_cardinality": [
        *(_line(f"M12 50L40 {y}H100L122 50") + _box(70, y, 36, 11, "residual") for y in (16, 33, 50, 67, 84)),
        _road(122, 146),
        _plus(122, 50),
    ],
    # A clear road, and layers on a side road that comes back to it.
    "08_identity_mappings": [
        _line("M5 68H140", COLORS["residual"], 4),
        _line("M24 68V34H118V60"),
        *(_box(x, 34, 18, 30, "plain") for x in (52, 88)),
        _plus(118, 68),
    ],
}
