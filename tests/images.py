"""What tests see on a figure's image."""

from __future__ import annotations

import io
from base64 import b64decode

import numpy as np
from PIL import Image

WHITE = 240  # a JPEG's white is not quite white


def is_cut_off(encoded: str) -> bool:
    """Tell whether a base64-encoded image has ink on its outermost pixels: figures have a white margin around all."""
    pixels = np.asarray(Image.open(io.BytesIO(b64decode(encoded))).convert("L"))
    return min(pixels[0].min(), pixels[-1].min(), pixels[:, 0].min(), pixels[:, -1].min()) < WHITE
