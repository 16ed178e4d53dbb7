"""What judges share: the verdict, comparing numbers, and the faults that every exercise can have."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import numpy as np
from torch import Tensor

from resnet_course.checks.observing import Plain
from resnet_course.language import number

TOLERANCE = 1e-4


@dataclass(frozen=True)
class Verdict:
    """What a check concludes.

    Parameters
    ----------
    key : str
        ``"passed"`` or the name of the misconception; the message stands under it in the lesson's messages.
    figures : dict
        What fills the message's placeholders.
    exercise : str, optional
        The ``grade_id`` under whose messages to look, where it is not the check's own; ``"common"`` for those of every
        exercise, ``"blocks"`` for those of every residual block.
    """

    key: str
    figures: dict[str, Any] = field(default_factory=dict)
    exercise: str | None = None

    @property
    def passed(self) -> bool:
        """Whether the answer is right."""
        return self.key == "passed"


PASSED = Verdict("passed")


def close(seen: np.ndarray, expected: np.ndarray) -> bool:
    """Tell whether two arrays agree as well as float32 arithmetic in another order allows."""
    return seen.shape == expected.shape and bool(
        np.allclose(seen, expected, rtol=TOLERANCE, atol=TOLERANCE * max(1.0, float(np.abs(expected).max())))
    )


def shape(sizes: Any) -> str:
    """Return a shape as PyTorch users write it.

    Examples
    --------
    >>> shape((2, 3))
    '[2, 3]'
    """
    return str([int(size) for size in sizes])


def worst(seen: np.ndarray, expected: np.ndarray) -> dict[str, str]:
    """Return where two arrays of one shape differ most, as a message's figures in the current language."""
    difference = np.abs(seen - expected)
    place = np.unravel_index(int(difference.argmax()), difference.shape)
    digits = next(n for n in (4, 6, 9, 17) if n == 17 or f"{seen[place]:.{n}g}" != f"{expected[place]:.{n}g}")
    return {
        "difference": number(difference[place]),
        "place": shape(place),
        "seen": number(seen[place], f".{digits}g"),
        "wanted": number(expected[place], f".{digits}g"),
    }


def to_numpy(tensor: Tensor) -> np.ndarray:
    """Return a tensor as the array of float64 that observations hold."""
    return tensor.detach().double().numpy()


def first_raised(*parts: Plain) -> Plain | None:
    """Return the first error in the parts of an observation."""
    return next((part["raised"] for part in parts if isinstance(part, dict) and "raised" in part), None)


def raised(error: Plain) -> Verdict:
    """Return the verdict on code that raised an error: not yet written, or broken at one of the learner's lines."""
    if error["type"] == "NotImplementedError" and error["message"]:
        # PyTorch's own words: the class has no method of that name.
        return Verdict("no-forward", {}, "common")
    if error["type"] == "NotImplementedError":
        return Verdict("unsolved", {}, "common")
    figures = {"error": error["type"], "text": first_line(error["message"])}
    if error["lines"]:
        last = error["lines"][-1]
        figures |= {"function": last["function"], "line": last["line"], "code": last["code"]}
    if "before Module.__init__" in error["message"]:
        return Verdict("no-super-init", figures, "common")
    if error["type"] == "TypeError" and not error["lines"] and "argument" in error["message"]:
        # Python refused the call itself: no line of the learner's ran.
        return Verdict("signature" if error["stage"] == "call" else "missing-self", figures, "common")
    if error["type"] == "RecursionError":
        return Verdict("recursion", figures, "common")
    return Verdict("raised" if error["lines"] else "raised-outside", figures, "common")


def first_line(text: str, longest: int = 200) -> str:
    """Return the first line of an error's text, cut where a card would overflow."""
    line = text.splitlines()[0] if text else ""
    return line if len(line) <= longest else line[: longest - 1] + "…"


def not_a_tensor(value: Plain, function: str = "forward") -> Verdict | None:
    """Return the verdict on a function of the learner's that returned something else than a tensor of real numbers."""
    if value["kind"] == "none":
        return Verdict("returned-none", {"function": function}, "common")
    if value["kind"] != "tensor":
        return Verdict("returned-type", {"function": function, "type": value["type"]}, "common")
    return None


def not_finite(value: Plain) -> Verdict | None:
    """Return the verdict on a tensor with NaN or infinity in it."""
    values = value["values"]
    if np.isnan(values).any():
        return Verdict("nan", {"count": int(np.isnan(values).sum()), "total": values.size}, "common")
    if np.isinf(values).any():
        return Verdict("inf", {"count": int(np.isinf(values).sum()), "total": values.size}, "common")
    return None
