"""Shared by all tests: where the course is, English unless a test says otherwise, and programs that may be missing."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parent))

from programs import BUBBLEWRAP, closing_line, demand

from resnet_course.language import speaking

_skipped: list[str] = []


def pytest_runtest_logreport(report: pytest.TestReport) -> None:
    if report.skipped and isinstance(report.longrepr, tuple):
        _skipped.append(report.longrepr[2].removeprefix("Skipped: "))


def pytest_unconfigure(config: pytest.Config) -> None:
    """Say, after all else, what was not tested for want of a program."""
    line = closing_line(_skipped)
    if line and not hasattr(config, "workerinput"):
        config.get_terminal_writer().line(line)


def pytest_addoption(parser: pytest.Parser) -> None:
    # Here and not beside the tests that use them: pytest asks only this far down for options.
    doors = parser.getgroup("doors", "the environments in which the lessons run (tests/doors)")
    names = "colab,lowest,lowest-instructor"
    doors.addoption(
        "--doors", default=names, help=f"which, with commas between: {names},newest (default: all but the last)"
    )
    doors.addoption("--every-language", action="store_true", help="every lesson in every language")


@pytest.fixture(autouse=True)
def english() -> Iterator[None]:
    with speaking("en"):
        yield


@pytest.fixture(autouse=True)
def fresh_tries(monkeypatch: pytest.MonkeyPatch) -> None:
    from resnet_course.checks import card

    monkeypatch.setattr(card, "_tries", {})


@pytest.fixture(scope="session")
def sandboxed() -> None:
    """For tests that run code in the sandbox."""
    demand(BUBBLEWRAP)


@pytest.fixture(autouse=True)
def nothing_trained_yet() -> None:
    """Forget what other tests have trained."""
    from resnet_course import trainings

    trainings.forget()
