"""What tests see on a figure's image."""

from __future__ import annotations

import html
import io
import re
from base64 import b64decode
from typing import NamedTuple

import numpy as np
from PIL import Image

WHITE = 240  # a JPEG's white is not quite white
TAG = re.compile(r'<img lang="(?P<lang>\w+)" alt="(?P<alt>[^"]*)"[^>]* src="data:image/\w+;base64,(?P<pixels>[^"]+)">')


class Shown(NamedTuple):
    """A figure as a page shows it: the language of its alt text, that text, and the image in base64."""

    lang: str
    alt: str
    pixels: str


def figures_in(page: str) -> list[Shown]:
    """Return the figures in some HTML."""
    return [Shown(found["lang"], html.unescape(found["alt"]), found["pixels"]) for found in TAG.finditer(page)]


def _grey(encoded: str) -> np.ndarray:
    return np.asarray(Image.open(io.BytesIO(b64decode(encoded))).convert("L"))


def is_blank(encoded: str) -> bool:
    """Tell whether a base64-encoded image shows next to nothing."""
    return bool((_grey(encoded) < WHITE).mean() < 0.005)


def is_cut_off(encoded: str) -> bool:
    """Tell whether a base64-encoded image has ink on its outermost pixels: figures have a white margin around all."""
    pixels = _grey(encoded)
    return min(pixels[0].min(), pixels[-1].min(), pixels[:, 0].min(), pixels[:, -1].min()) < WHITE
