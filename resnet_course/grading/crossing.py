"""Plain data as bytes and back: how an observation leaves the sandbox. Never pickle: reading must not run anything.

The bytes are one line of JSON, in which ``{"\\u0000array": ["<f8", [2, 3]]}`` stands for an array of that dtype and
shape, and then the numbers of the arrays, one after the other.
"""

from __future__ import annotations

import json
import math
import re
from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from resnet_course.checks.observing import Plain

ARRAY = "\0array"
UNWRITABLE = re.compile("[\0\ud800-\udfff]")
MOST_BYTES = 32 * 2**20
NUMBERS = frozenset({bool, int, float, type(None)})  # most of an observation: they pass as they are


class CrossingError(ValueError):
    """These bytes are not plain data, or too many."""


def writable(text: str) -> str:
    """Return a text without what no file and no database takes: NUL, and halves of surrogate pairs.

    Examples
    --------
    >>> writable("a\\0b")
    'a�b'
    """
    harmless = text.isascii() and "\0" not in text  # as most are, and this is ten times as fast
    return text if harmless else UNWRITABLE.sub("�", text)


def dump(plain: Plain) -> bytes:
    """Return plain data as bytes.

    Examples
    --------
    >>> load(dump({"shape": [2, 3], "values": np.zeros(2)}))
    {'shape': [2, 3], 'values': array([0., 0.])}
    """
    numbers: list[bytes] = []

    def without_arrays(part: Plain) -> Any:
        if isinstance(part, dict):
            return {key: without_arrays(each) for key, each in part.items()}
        if isinstance(part, list | tuple):
            return [without_arrays(each) for each in part]
        if isinstance(part, np.ndarray):
            numbers.append(part.tobytes())
            return {ARRAY: [part.dtype.str, part.shape]}
        # A learner's own object where a number belongs (a layer given as a stride, say) crosses as its type's name.
        return part if part is None or isinstance(part, str | int | float) else type(part).__name__

    return json.dumps(without_arrays(plain)).encode() + b"\n" + b"".join(numbers)


def load(crossed: bytes) -> Plain:
    """Return the plain data in bytes that nobody vouches for.

    Raises
    ------
    CrossingError
        If they are anything else.
    """
    if len(crossed) > MOST_BYTES:
        raise CrossingError(f"{len(crossed)} bytes; at most {MOST_BYTES} cross")
    try:
        line, _, numbers = crossed.partition(b"\n")
        behind = _Numbers(numbers)
        plain = _with_arrays(json.loads(line), behind)
    except Exception as error:  # whatever hostile bytes make json and numpy raise
        raise CrossingError(f"{type(error).__name__}: {error}"[:200]) from None
    if behind.left:
        raise CrossingError("more numbers than arrays")
    return plain


class _Numbers:
    """The numbers behind the text, which its arrays take one after the other."""

    def __init__(self, numbers: bytes) -> None:
        self.left = memoryview(numbers)

    def take(self, kind: str, shape: list[int]) -> np.ndarray:
        dtype = np.dtype(kind) if isinstance(kind, str) else np.dtype(object)
        if dtype.kind not in "biuf":
            raise CrossingError(f"an array of {dtype}")
        # What it says of itself is a claim: no memory is given for numbers that did not come along.
        size = math.prod(shape) * dtype.itemsize
        if min(shape, default=0) < 0 or len(self.left) < size:
            raise CrossingError("an array shorter than it claims")
        taken, self.left = self.left[:size], self.left[size:]
        return np.frombuffer(taken, dtype=dtype).reshape(shape).copy()


def _with_arrays(part: Any, numbers: _Numbers) -> Plain:
    """Return a part with its arrays."""
    if isinstance(part, str):
        return writable(part)
    if isinstance(part, list):
        return [each if type(each) in NUMBERS else _with_arrays(each, numbers) for each in part]
    if isinstance(part, dict):
        if part.keys() == {ARRAY}:
            return numbers.take(*part[ARRAY])
        return {writable(key): _with_arrays(each, numbers) for key, each in part.items()}
    return part
