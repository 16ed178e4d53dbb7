"""Shared by all tests: English unless a test says otherwise, Chromium, and programs that may be missing."""

from __future__ import annotations

import asyncio
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

sys.path.insert(0, str(Path(__file__).parent))

from programs import BUBBLEWRAP, CHROMIUM, closing_line, demand

from resnet_course.language import speaking

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page

FLAGS = ["--headless", "--no-sandbox", "--disable-gpu", "--no-first-run", "--disable-background-networking"]

_skipped: list[str] = []


def pytest_runtest_logreport(report: pytest.TestReport) -> None:
    if report.skipped and isinstance(report.longrepr, tuple):
        _skipped.append(report.longrepr[2].removeprefix("Skipped: "))


@pytest.hookimpl(wrapper=True)
def pytest_runtest_teardown(item: pytest.Item, nextitem: pytest.Item | None) -> Iterator[None]:
    """Fail the file of tests that leaves an event loop running, not those after it, which need one of their own."""
    yield
    if (nextitem is None or nextitem.path != item.path) and asyncio._get_running_loop() is not None:
        pytest.fail(f"{item.path.name} left an event loop running: does a fixture outlive the file?")


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


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    """One Chromium for the tests of a file. Playwright's loop runs as long as it: not for the whole session."""
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        started = playwright.chromium.launch(executable_path=demand(CHROMIUM), args=FLAGS)
        yield started
        started.close()


@pytest.fixture
def page(browser: Browser) -> Iterator[Page]:
    """An empty page that shares nothing with other pages."""
    context = browser.new_context(viewport={"width": 1300, "height": 1000})
    yield context.new_page()
    context.close()


@pytest.fixture(scope="session")
def sandboxed() -> None:
    """For tests that run code in the sandbox."""
    demand(BUBBLEWRAP)


@pytest.fixture(autouse=True)
def nothing_trained_yet() -> None:
    """Forget what other tests have trained."""
    from resnet_course import trainings

    trainings.forget()
