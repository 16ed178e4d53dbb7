"""Numbers that a learner's function returns, as plain data."""

from __future__ import annotations

import math
from typing import Any

import numpy as np


def as_number(value: Any) -> float | str:
    """Return a number (a tensor's or NumPy's as well) as Python's own, anything else as the name of its type.

    Text is no number, though `float` reads its digits, and neither is a truth value.

    Examples
    --------
    >>> as_number(90), as_number("90"), as_number(True)
    (90.0, 'str', 'bool')
    """
    if isinstance(value, bool | np.bool_) or not hasattr(value, "__float__"):
        return type(value).__name__
    try:
        return float(value)
    except OverflowError:
        return math.inf
    except (TypeError, ValueError, RuntimeError):
        return type(value).__name__
