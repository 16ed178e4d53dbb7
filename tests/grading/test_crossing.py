"""What leaves the sandbox: plain data, whatever the bytes claim."""

from __future__ import annotations

import io
import json
import pickle
from contextlib import suppress
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as numpy_st

from resnet_course.checks.observing import is_plain
from resnet_course.grading.crossing import MOST_BYTES, CrossingError, dump, load, writable

TEXT = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"))
SCALARS = st.none() | st.booleans() | st.integers(-(2**60), 2**60) | st.floats(allow_nan=False) | TEXT
ARRAYS = numpy_st.arrays(
    numpy_st.boolean_dtypes() | numpy_st.integer_dtypes(endianness="=") | numpy_st.floating_dtypes(endianness="="),
    numpy_st.array_shapes(min_dims=0, max_dims=4, min_side=0, max_side=4),
)
PLAIN = st.recursive(SCALARS | ARRAYS, lambda part: st.lists(part) | st.dictionaries(TEXT, part), max_leaves=20)


def same(first: Any, second: Any) -> bool:
    if isinstance(first, np.ndarray):
        equal = np.array_equal(first, second, equal_nan=first.dtype.kind == "f")
        return isinstance(second, np.ndarray) and equal and first.dtype == second.dtype
    if isinstance(first, dict):
        return (
            isinstance(second, dict) and first.keys() == second.keys() and all(same(first[k], second[k]) for k in first)
        )
    if isinstance(first, list):
        return isinstance(second, list) and len(first) == len(second) and all(map(same, first, second))
    return type(first) is type(second) and first == second


@settings(max_examples=50, deadline=None)
@given(PLAIN)
def test_plain_data_crosses_unchanged(plain: Any) -> None:
    assert same(plain, load(dump(plain)))


@given(st.binary(max_size=2000))
def test_any_bytes_are_plain_data_or_refused(crossed: bytes) -> None:
    with suppress(CrossingError):
        assert is_plain(load(crossed))


@settings(max_examples=200, deadline=None)
@given(PLAIN, st.data())
def test_damaged_bytes_are_plain_data_or_refused(plain: Any, data: st.DataObject) -> None:
    crossed = bytearray(dump({"observation": plain, "array": np.arange(6.0)}))
    for _ in range(data.draw(st.integers(1, 5))):
        crossed[data.draw(st.integers(0, len(crossed) - 1))] = data.draw(st.integers(0, 255))
    with suppress(CrossingError):
        assert is_plain(load(bytes(crossed)))


def npy(header: str, numbers: bytes = b"") -> bytes:
    text = header.encode()
    return b"{}\n" + b"\x93NUMPY\x01\x00" + len(text).to_bytes(2, "little") + text + numbers


class Bomb:
    def __reduce__(self) -> Any:
        return (print, ("it ran",))


def pickled() -> bytes:
    written = io.BytesIO()
    np.save(written, np.array([Bomb()], dtype=object), allow_pickle=True)
    return b'{"\\u0000array": 0}\n' + written.getvalue()


HOSTILE = {
    "nothing": b"",
    "no-json": b"\xff\xfe",
    "pickle": pickle.dumps({"passed": True}),
    "pickled-array": pickled(),
    "deep": b"[" * 100_000,
    "long-number": b"9" * 10_000,
    "array-that-is-not-there": b'{"\\u0000array": 3}',
    "array-of-no-number": b'{"\\u0000array": "x"}',
    "array-beyond-memory": npy("{'descr': '<f8', 'fortran_order': False, 'shape': (1000000000000,)}"),
    "array-of-negative-size": npy("{'descr': '<f8', 'fortran_order': False, 'shape': (-1, -8)}", bytes(64)),
    "array-of-texts": npy("{'descr': '<U1', 'fortran_order': False, 'shape': (1,)}", bytes(4)),
    "array-of-records": npy("{'descr': [('a', '<f8')], 'fortran_order': False, 'shape': (1,)}", bytes(8)),
    "array-of-complex-numbers": npy("{'descr': '<c16', 'fortran_order': False, 'shape': (1,)}", bytes(16)),
    "header-that-is-code": npy("__import__('os').system('touch /tmp/exploded')"),
    "header-that-nests": npy("(" * 5000),
    "too-many-dimensions": npy("{'descr': '<f8', 'fortran_order': False, 'shape': (" + "1," * 100 + ")}", bytes(8)),
    "too-large": b" " * (MOST_BYTES + 1),
}


@pytest.mark.parametrize("crossed", HOSTILE.values(), ids=HOSTILE)
def test_hostile_bytes_are_refused(crossed: bytes, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(CrossingError):
        load(crossed)
    assert "it ran" not in capsys.readouterr().out


def test_texts_that_fit_into_no_file_are_mended() -> None:
    found = load(json.dumps({"\ud800": ["\0", "a\udfff"]}).encode())

    assert found == {"�": ["�", "a�"]}


@given(st.text(st.characters()))
def test_a_writable_text_is_utf_8_without_nul(text: str) -> None:
    assert b"\0" not in writable(text).encode("utf-8")
