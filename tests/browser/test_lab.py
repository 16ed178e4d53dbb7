"""`make lab` opens the course in JupyterLab, and a learner can work there."""

from __future__ import annotations

import os
import re
import shutil
import signal
import socket
import subprocess
import time
import urllib.request
from collections.abc import Iterator
from pathlib import Path

import pytest
from kernel import ROOT

from resnet_course.language import find, languages, speaking

pytestmark = [pytest.mark.notebook, pytest.mark.xdist_group("browser")]

CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
TOKEN = "course"
LESSON = "03_basic_block"
FLAGS = ["--headless", "--no-sandbox", "--disable-gpu", "--no-first-run", "--disable-background-networking"]


@pytest.fixture(scope="module", autouse=True)
def needs_chromium() -> None:
    if CHROMIUM is None:
        if os.environ.get("CI"):
            pytest.fail("CI must have Chromium: .ci/run installs it")
        pytest.skip("no Chromium on this machine (Debian: apt install chromium)")


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The address of the JupyterLab that `make lab` starts."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    flags = (
        f"--no-browser --allow-root --ServerApp.port={port} --ServerApp.port_retries=0 --IdentityProvider.token={TOKEN}"
    )
    home = tmp_path_factory.mktemp("home")
    log = (home / "log").open("w")
    process = subprocess.Popen(
        ["make", "lab", f"LAB_FLAGS={flags}"],
        cwd=ROOT,
        env=os.environ | {"JUPYTER_CONFIG_DIR": str(home), "JUPYTER_DATA_DIR": str(home), "COURSE_LANGUAGE": "pt"},
        stdout=log,
        stderr=subprocess.STDOUT,
        start_new_session=True,
    )
    address = f"http://127.0.0.1:{port}"
    try:
        for _ in range(240):
            try:
                urllib.request.urlopen(f"{address}/api?token={TOKEN}", timeout=1).close()
                break
            except OSError:
                assert process.poll() is None, (home / "log").read_text()
                time.sleep(0.5)
        else:
            pytest.fail((home / "log").read_text())
        yield address
    finally:
        os.killpg(process.pid, signal.SIGTERM)
        process.wait(30)


def test_make_lab_opens_the_first_notebook_of_the_chosen_language(server: str) -> None:
    asked = subprocess.run(
        ["make", "--dry-run", "lab"],
        cwd=ROOT, env=os.environ | {"COURSE_LANGUAGE": "pt"}, capture_output=True, text=True, check=True,
    )  # fmt: skip

    assert re.search(r"jupyter lab .* notebooks/pt/\w+/\w+\.ipynb", asked.stdout)


@pytest.mark.parametrize("language", languages())
def test_a_learner_runs_the_notebook_up_to_the_first_exercise(server: str, language: str, tmp_path: Path) -> None:
    from playwright.sync_api import expect, sync_playwright

    # JupyterLab saves what it runs: the learner gets a copy, not the repository's own file.
    folder = ROOT / "build" / "lab-test" / language
    folder.mkdir(parents=True, exist_ok=True)
    shutil.copy(ROOT / "notebooks" / language / LESSON / f"{LESSON}.ipynb", folder)
    with speaking(language):
        waiting = find("common.faults.unsolved")["title"]
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=FLAGS)
        page = browser.new_page(viewport={"width": 1300, "height": 1000})
        page.goto(f"{server}/lab/tree/build/lab-test/{language}/{LESSON}.ipynb?token={TOKEN}&reset")
        expect(page.locator(".jp-Notebook h1").first).to_contain_text("BasicBlock", timeout=90_000)
        # Formulas are typeset, not shown as dollars.
        expect(page.locator("mjx-container").first).to_be_attached(timeout=30_000)
        # "Run All" before the kernel is connected is silently ignored.
        expect(page.locator('.jp-Notebook-ExecutionIndicator[data-status="idle"]')).to_be_attached(timeout=90_000)
        page.get_by_role("menuitem", name="Run", exact=True).click()
        page.get_by_role("menuitem", name="Run All Cells", exact=True).click()
        expect(page.get_by_text(waiting, exact=True).first).to_be_visible(timeout=120_000)
        page.screenshot(path=tmp_path / f"{language}.png")
        browser.close()
