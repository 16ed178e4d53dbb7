"""What the integrity report tells, and how it shows names that learners chose."""

from __future__ import annotations

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


def printable(name: str) -> str:
    """Return a name that a learner chose, fit for a terminal and a page: one line, no control characters, short."""
    shown = "".join(character if character.isprintable() else "�" for character in name[:100])
    return shown if len(shown) <= 60 else f"{shown[:59]}…"


def listed(names: Iterable[str], most: int = 8) -> str:
    """Return names as a list in a sentence, cut where it would go on too long."""
    shown = list(names)
    return ", ".join(map(printable, shown[:most])) + (f" … (+{len(shown) - most})" if len(shown) > most else "")
