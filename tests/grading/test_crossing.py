"""What leaves the sandbox: plain data, whatever the bytes claim."""

from __future__ import annotations

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


def array(kind: Any, shape: Any, numbers: bytes = b"") -> bytes:
    return json.dumps({"\0array": [kind, shape]}).encode() + b"\n" + numbers


HOSTILE = {
    "nothing": b"",
    "no-json": b"\xff\xfe",
    "pickle": pickle.dumps({"passed": True}),
    "deep": b"[" * 100_000,
    "long-number": b"9" * 10_000,
    "array-that-is-not-there": array("<f8", [3]),
    "array-of-no-number": b'{"\\u0000array": "x"}',
    "array-of-no-type": array(["<f8"], [1], bytes(8)),
    "array-beyond-memory": array("<f8", [10**12]),
    "array-beyond-numbers": array("<f8", [10**40]),
    "array-of-negative-size": array("<f8", [-1, -8], bytes(64)),
    "array-of-half-a-number": array("<f8", [0.5], bytes(8)),
    "array-of-objects": array("|O", [1], bytes(8)),
    "array-of-texts": array("<U1", [1], bytes(4)),
    "array-of-records": array("i4,f8", [1], bytes(12)),
    "array-of-complex-numbers": array("<c16", [1], bytes(16)),
    "array-of-arrays": array("(2,)f8", [1], bytes(16)),
    "kind-that-is-code": array("__import__('os').system('touch /tmp/exploded')", [1], bytes(8)),
    "numbers-left": array("<f8", [1], bytes(16)),
    "too-many-dimensions": array("<f8", [1] * 100, bytes(8)),
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
