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


class CrossingError(ValueError):
    """These bytes are not plain data, or too many."""


def writable(text: str) -> str:
    """Return a text without what no file and no database takes: NUL, and halves of surrogate pairs.

    Examples
    --------
    >>> writable("a\\0b")
    'a�b'
    """
    return UNWRITABLE.sub("�", text)


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
        plain, left = _with_arrays(json.loads(line), memoryview(numbers))
    except Exception as error:  # whatever hostile bytes make json and numpy raise
        raise CrossingError(f"{type(error).__name__}: {error}"[:200]) from None
    if left:
        raise CrossingError("more numbers than arrays")
    return plain


def _with_arrays(part: Any, numbers: memoryview) -> tuple[Plain, memoryview]:
    """Return a part with its arrays, and the numbers that are left for those that follow."""
    if isinstance(part, dict) and set(part) == {ARRAY}:
        kind, sizes = part[ARRAY]
        return _array(kind, sizes, numbers)
    if isinstance(part, dict):
        found = {}
        for key, each in part.items():
            found[writable(key)], numbers = _with_arrays(each, numbers)
        return found, numbers
    if isinstance(part, list):
        listed = []
        for each in part:
            filled, numbers = _with_arrays(each, numbers)
            listed.append(filled)
        return listed, numbers
    return writable(part) if isinstance(part, str) else part, numbers


def _array(kind: str, shape: list[int], numbers: memoryview) -> tuple[np.ndarray, memoryview]:
    dtype = np.dtype(kind) if isinstance(kind, str) else np.dtype(object)
    if dtype.kind not in "biuf":
        raise CrossingError(f"an array of {dtype}")
    # What it says of itself is a claim: no memory is given for numbers that did not come along.
    size = math.prod(shape) * dtype.itemsize
    if min(shape, default=0) < 0 or len(numbers) < size:
        raise CrossingError("an array shorter than it claims")
    return np.frombuffer(numbers[:size], dtype=dtype).reshape(shape).copy(), numbers[size:]
