"""What the integrity report tells, and how it shows names that learners chose."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

from resnet_course.language import find


@dataclass(frozen=True)
class Finding:
    """One thing that the integrity report tells; its sentence is the message ``grading.findings.<key>``."""

    key: str
    figures: dict[str, Any] = field(default_factory=dict)

    def __str__(self) -> str:
        sentence: str = find(f"grading.findings.{self.key}")
        return sentence.format(**self.figures)


def printable(name: str, most: int = 60) -> str:
    """Return a name that a learner chose, fit for a terminal and a page: one line, no control characters, short."""
    shown = "".join(character if character.isprintable() else "�" for character in name[: most + 1])
    return shown if len(shown) <= most else f"{shown[: most - 1]}…"


# What may stand in no learner's name: it would break lines, commands of nbgrader, or the reading of what is around it.
UNFIT = re.compile("[\x00-\x1f\x7f-\x9f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069\ud800-\udfff]")
MOST_OF_A_NAME = 128  # characters, in nbgrader's gradebook


def is_fit(name: str) -> bool:
    """Tell whether a gradebook and its pages can hold a learner's name."""
    return len(name) <= MOST_OF_A_NAME and not UNFIT.search(name)


def listed(names: Iterable[str], most: int = 8) -> str:
    """Return names as a list in a sentence, cut where it would go on too long."""
    shown = list(names)
    return ", ".join(map(printable, shown[:most])) + (f" … (+{len(shown) - most})" if len(shown) > most else "")
