"""Shared by all tests: where the course is, and English unless a test says otherwise."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parent))

from resnet_course.language import speaking


def pytest_addoption(parser: pytest.Parser) -> None:
    # Here and not beside the tests that use them: pytest asks only this far down for options.
    doors = parser.getgroup("doors", "the environments in which the lessons run (tests/doors)")
    doors.addoption("--doors", default="colab,lowest", help="which, with commas between: colab, lowest, newest")
    doors.addoption("--every-language", action="store_true", help="every lesson in every language")


@pytest.fixture(autouse=True)
def english() -> Iterator[None]:
    with speaking("en"):
        yield


@pytest.fixture(autouse=True)
def fresh_tries(monkeypatch: pytest.MonkeyPatch) -> None:
    from resnet_course.checks import card

    monkeypatch.setattr(card, "_tries", {})
