"""Guesses before experiments: asked for first, put beside what was measured afterwards."""

from __future__ import annotations

import math
import re
from collections.abc import Collection, Iterator
from decimal import Decimal
from numbers import Real
from typing import TYPE_CHECKING, Any

from resnet_course.language import find, in_short, meant, message, number
from resnet_course.shapes import table

if TYPE_CHECKING:
    import pandas as pd

# What a guess may be: a kind of value, a number from … to …, or one of these words or numbers.
Allowed = type[int] | type[float] | type[bool] | tuple[float, float] | list[Any]


class NoPrediction(Exception):
    """An experiment that does not begin, since there is no guess yet, or none that could come true.

    Examples
    --------
    >>> expect({"height": ...}, {"height": int})  # doctest: +ELLIPSIS
    Traceback (most recent call last):
    resnet_course.predictions.NoPrediction: No guess yet for `height`. ...
    """

    def _render_traceback_(self) -> list[str]:
        # IPython asks an exception how to show itself. Our own lines would only distract.
        return [str(self)]


def expect(prediction: dict[str, Any], allowed: dict[str, Allowed]) -> None:
    """Ask for a guess before an experiment begins.

    Guesses may be written in the learner's language, such as ``"acima"`` for ``"above"``; numbers also as text, such as
    ``"25%"``, ``"1/4"`` or ``"0,25"``.

    Parameters
    ----------
    prediction : dict
        The learner's guesses; ``...`` stands for a guess not made yet.
    allowed : dict
        What each of them may be: ``int``, ``float``, ``bool``, a tuple with the lowest and the highest number, or a
        list of words or numbers.

    Raises
    ------
    NoPrediction
        If a guess is missing or could not come true, whatever is measured; the message says what to write.

    Examples
    --------
    >>> expect({"height": "26", "error": "Above"}, {"height": int, "error": ["below", "above"]})
    """
    _demand_guesses(prediction, allowed)
    for key, kind in allowed.items():
        if not _is_possible(prediction[key], kind):
            raise _refusal(_complaint(key, prediction[key], kind))


def compare_prediction(prediction: dict[str, Any], measured: dict[str, Any], within: float = 0.0) -> pd.DataFrame:
    """Return a table of what the learner predicted beside what was measured.

    Parameters
    ----------
    prediction : dict
        The learner's guesses, as `expect` takes them.
    measured : dict
        The same keys with the measured words, numbers or truth values.
    within : float, optional
        How far from the measured number a guess may be, where the question asks for it roughly.

    Raises
    ------
    NoPrediction
        If a guess is missing, or if the keys are not those that were measured.

    Examples
    --------
    >>> print(compare_prediction({"height": 28}, {"height": 26}))
    key    you said measured right?
    height       28       26      ✗
    """
    _demand_guesses(prediction, measured)
    return table(
        [
            {
                message("common.predict.key"): key,
                message("common.predict.said"): _as_said(prediction[key]),
                message("common.predict.measured"): _shown(value),
                message("common.predict.right"): message(
                    f"common.predict.{'yes' if _agree(prediction[key], value, within) else 'no'}"
                ),
            }
            for key, value in measured.items()
        ]
    )


def _demand_guesses(prediction: object, keys: Collection[str]) -> None:
    if not isinstance(prediction, dict):
        wanted = ", ".join(f'"{key}": ...' for key in keys)
        raise _refusal(message("common.predict.no-entries", guess=in_short(prediction), wanted=f"{{{wanted}}}"))
    if set(prediction) != set(keys):
        raise _refusal(message("common.predict.keys", given=_code(prediction) or "–", wanted=_code(keys)))
    empty = [key for key in keys if _is_empty(prediction[key])]
    if empty:
        raise _refusal(message("common.predict.empty", keys=_code(empty)))


def _refusal(sentence: str) -> NoPrediction:
    return NoPrediction(f"{sentence} {message('common.predict.again')}")


def _code(names: Collection[object]) -> str:
    return ", ".join(f"`{name if isinstance(name, str) else in_short(name)}`" for name in names)


def _is_empty(guess: object) -> bool:
    return guess is ... or guess is None or (isinstance(guess, str) and guess.strip() in ("", "...", "…"))


def _is_possible(guess: object, kind: Allowed) -> bool:
    if isinstance(kind, list):
        return any(_agree(guess, choice) for choice in kind)
    if kind is bool:
        return _agree(guess, True) or _agree(guess, False)
    return any(_fits(value, kind) for value in _numbers(guess))


def _fits(value: float, kind: Allowed) -> bool:
    if isinstance(kind, tuple):
        return kind[0] <= value <= kind[1]
    return kind is float or value.is_integer()


def _agree(guess: object, value: object, within: float = 0.0) -> bool:
    """Tell whether a guess means a word, a truth value or a number."""
    if isinstance(value, bool | str):
        return guess is value or (isinstance(guess, str) and meant(guess, [str(value).lower()]) is not None)
    assert isinstance(value, Real)
    return any(math.isclose(each, value, rel_tol=1e-6, abs_tol=within) for each in _numbers(guess))


def _numbers(guess: object) -> Iterator[float]:
    """Yield what a guess may be as a number; of text first what it is by the marks of the current language."""
    readings: list[float | None]
    if isinstance(guess, str):
        marks = message("common.number.decimal-mark"), message("common.number.thousands-mark")
        readings = [_read(re.sub(r"\s", "", guess).replace("−", "-"), *each) for each in (marks, marks[::-1])]
    else:
        readings = [_as_float(guess)]
    yield from (value for value in readings if value is not None and math.isfinite(value))


def _as_float(value: object) -> float | None:
    """Return a number of Python, NumPy or PyTorch; None for a truth value and for what is no number, or too large."""
    single = getattr(value, "item", None)
    try:
        plain = single() if callable(single) else value
        return float(plain) if isinstance(plain, Real | Decimal) and not isinstance(plain, bool) else None
    except (ArithmeticError, TypeError, ValueError, RuntimeError):  # not finite; several numbers in one tensor
        return None


def _read(text: str, decimal: str, thousands: str) -> float | None:
    """Return the number that a text such as ``1.024``, ``25%`` or ``1/4`` is, or None."""
    if text.endswith("%"):
        share = _read(text[:-1], decimal, thousands)
        return None if share is None else share / 100
    if "/" in text:
        above, below = (_read(part, decimal, thousands) for part in text.split("/", 1))
        return above / below if above is not None and below else None
    grouped = rf"[-+]?[1-9]\d{{0,2}}({re.escape(thousands)}\d{{3}})+({re.escape(decimal)}\d+)?"
    if re.fullmatch(grouped, text):
        text = text.replace(thousands, "")
    if thousands in text:
        return None
    try:
        return float(text.replace(decimal, "."))
    except ValueError:
        return None


def _complaint(key: str, guess: object, kind: Allowed) -> str:
    """Return why a guess is none."""
    figures = {"name": key, "guess": in_short(guess)}
    if isinstance(guess, tuple):  # "a": (0,25)
        typed = ",".join(map(in_short, guess))
        better = _written(typed, kind)
        if better:
            return message("common.predict.comma", typed=typed, better=better, **figures)
    if isinstance(guess, float):  # 16.384 for 16384
        better = _written(f"{guess:.3f}".replace(".", ""), kind)
        if better and re.fullmatch(r"\d{1,3}\.\d{3}", str(guess)):
            return message("common.predict.point", better=better, **figures)
    return message("common.predict.impossible", allowed=_described(kind), **figures)


def _written(text: str, kind: Allowed) -> str:
    """Return a text as Python writes the number that it is, "" if that could not come true."""
    return next((f"{value:.15g}" for value in _numbers(text) if _is_possible(value, kind)), "")


def _described(kind: Allowed) -> str:
    if isinstance(kind, list):
        return message("common.predict.one-of", choices=", ".join(map(_shown, kind)))
    if isinstance(kind, tuple):
        return message("common.predict.range", low=number(kind[0]), high=number(kind[1]))
    return message(f"common.predict.{kind.__name__}")


def _as_said(guess: object) -> str:
    return guess.strip() if isinstance(guess, str) else _shown(guess)


def _shown(value: object) -> str:
    """Return a value for a table or a sentence: numbers with the language's marks, words with its own beside them."""
    figure = None if isinstance(value, str) else _as_float(value)
    if figure is not None:
        return number(figure, ",.0f" if figure.is_integer() else ".3g")
    if isinstance(value, str):
        own = find("common.words").get(value, value).partition(", ")[0]
        return value if own == value else f"{value} ({own})"
    return in_short(value)
