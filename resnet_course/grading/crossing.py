"""Plain data as bytes and back: how an observation leaves the sandbox. Never pickle: reading must not run anything.

The bytes are one line of JSON, in which ``{"\\u0000array": n}`` stands for the n-th array, and then the arrays as
``.npy``, one after the other.
"""

from __future__ import annotations

import io
import json
import math
import re
from typing import Any

import numpy as np

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
    arrays: list[np.ndarray] = []

    def without_arrays(part: Plain) -> Any:
        if isinstance(part, dict):
            return {key: without_arrays(each) for key, each in part.items()}
        if isinstance(part, list | tuple):
            return [without_arrays(each) for each in part]
        if isinstance(part, np.ndarray):
            arrays.append(part)
            return {ARRAY: len(arrays) - 1}
        # A learner's own object where a number belongs (a layer given as a stride, say) crosses as its type's name.
        return part if part is None or isinstance(part, str | int | float) else type(part).__name__

    text = io.BytesIO(json.dumps(without_arrays(plain)).encode() + b"\n")
    text.seek(0, io.SEEK_END)
    for array in arrays:
        np.lib.format.write_array(text, np.ascontiguousarray(array).reshape(array.shape), allow_pickle=False)
    return text.getvalue()


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
        line, _, rest = crossed.partition(b"\n")
        arrays = _read_arrays(rest)
        return _with_arrays(json.loads(line), arrays)
    except Exception as error:  # whatever hostile bytes make json and numpy raise
        raise CrossingError(f"{type(error).__name__}: {error}"[:200]) from None


def _read_arrays(crossed: bytes) -> list[np.ndarray]:
    arrays = []
    stream = io.BytesIO(crossed)
    while stream.tell() < len(crossed):
        if np.lib.format.read_magic(stream) != (1, 0):
            raise CrossingError("an array of an unknown version")
        shape, fortran, dtype = np.lib.format.read_array_header_1_0(stream)
        if dtype.kind not in "biuf" or fortran:
            raise CrossingError(f"an array of {dtype}")
        # The header is a claim: no memory is given for numbers that did not come along.
        size = math.prod(shape) * dtype.itemsize
        numbers = stream.read(size)
        if min(shape, default=0) < 0 or len(numbers) != size:
            raise CrossingError("an array shorter than it claims")
        arrays.append(np.frombuffer(numbers, dtype=dtype).reshape(shape).copy())
    return arrays


def _with_arrays(part: Any, arrays: list[np.ndarray]) -> Plain:
    if isinstance(part, dict):
        if set(part) == {ARRAY}:
            return arrays[part[ARRAY]]
        return {writable(key): _with_arrays(each, arrays) for key, each in part.items()}
    if isinstance(part, list):
        return [_with_arrays(each, arrays) for each in part]
    return writable(part) if isinstance(part, str) else part
