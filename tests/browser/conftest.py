"""A JupyterLab, as `make lab` starts it, and what a learner does in it."""

from __future__ import annotations

import os
import re
import signal
import subprocess
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING

import pytest
from kernel import ROOT
from programs import MAKE, demand
from servers import free_ports, wait_for

if TYPE_CHECKING:
    from playwright.sync_api import Page

TOKEN = "course"
HOMES = ("JUPYTER_CONFIG_DIR", "JUPYTER_DATA_DIR", "XDG_DATA_HOME")  # nothing of whoever runs the tests


@pytest.fixture(scope="session")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The address of the JupyterLab that `make lab` starts."""
    make = demand(MAKE)
    (port,) = free_ports(1)
    flags = (
        f"--no-browser --allow-root --ServerApp.port={port} --ServerApp.port_retries=0 --IdentityProvider.token={TOKEN}"
    )
    home = tmp_path_factory.mktemp("home")
    log = (home / "log").open("w")
    process = subprocess.Popen(
        [make, "lab", f"LAB_FLAGS={flags}"],
        cwd=ROOT,
        env=os.environ | {name: str(home) for name in HOMES} | {"COURSE_LANGUAGE": "pt"},
        stdout=log,
        stderr=subprocess.STDOUT,
        start_new_session=True,
    )
    address = f"http://127.0.0.1:{port}"
    try:
        wait_for(f"{address}/api?token={TOKEN}", process, home / "log")
        yield address
    finally:
        os.killpg(process.pid, signal.SIGTERM)
        process.wait(30)


@pytest.fixture
def open_notebook(server: str, page: Page) -> Callable[[str], None]:
    """Opens a notebook, by its path in the course, and waits for its kernel."""
    from playwright.sync_api import expect

    def open_it(path: str) -> None:
        page.goto(f"{server}/lab/tree/{path}?token={TOKEN}&reset")
        # Before it has asked for a kernel, JupyterLab says "idle" too; whoever runs a cell then, is asked for a kernel.
        expect(page.locator(".jp-NotebookPanel .jp-Toolbar-kernelName")).to_have_text(
            re.compile("Python"), timeout=90_000
        )
        idle = page.locator('.jp-Notebook-ExecutionIndicator[data-status="idle"]')
        expect(idle).to_be_attached(timeout=90_000)

    return open_it


@pytest.fixture
def run_all(page: Page) -> Callable[[], None]:
    """Runs all cells of the open notebook."""
    from playwright.sync_api import expect

    def run_them() -> None:
        # Not that of the setup cell: it is folded, and the prompt that stands for it is always empty.
        prompt = page.locator(".jp-CodeCell .jp-InputArea-prompt").first
        page.get_by_role("menuitem", name="Run", exact=True).click()
        page.get_by_role("menuitem", name="Run All Cells", exact=True).click()
        # Where JupyterLab asks for something, that is a second element, which fails the test with its text.
        expect(prompt.or_(page.locator(".jp-Dialog"))).to_have_text(re.compile(r"\[(\*|\d+)\]:"), timeout=20_000)
        expect(prompt).to_have_text(re.compile(r"\[\d+\]:"), timeout=60_000)

    return run_them


@pytest.fixture
def save(page: Page) -> Callable[[], None]:
    """Saves the open notebook, and waits until it is written: a page that is left at once takes its save along."""

    def save_it() -> None:
        with page.expect_response(lambda answer: answer.request.method == "PUT" and "/api/contents/" in answer.url):
            page.keyboard.press("Control+s")

    return save_it
