"""Which other exercises an answer uses: where one of them is wrong, the answer that uses it is not to blame."""

from __future__ import annotations

import inspect
from collections.abc import Iterator
from types import CodeType
from typing import Any


def used_objects(answer: object) -> dict[str, Any]:
    """Return the global objects that a learner's function or class uses, by name.

    Examples
    --------
    >>> def double(x):
    ...     return 2 * x
    >>> def quadruple(x):
    ...     return double(double(x))
    >>> list(used_objects(quadruple))
    ['double']
    """
    found: dict[str, Any] = {}
    for function in functions_of(answer):
        known = function.__globals__
        found |= {name: known[name] for name in _names(function.__code__) if name in known}
    return found


def functions_of(answer: object) -> Iterator[Any]:
    """Yield what a learner wrote: the function, or the methods of the class."""
    parts = list(vars(answer).values()) if inspect.isclass(answer) else [answer]
    yield from (inspect.unwrap(part) for part in parts if inspect.isfunction(part))


def _names(code: CodeType) -> Iterator[str]:
    yield from code.co_names
    for constant in code.co_consts:
        if isinstance(constant, CodeType):
            yield from _names(constant)
