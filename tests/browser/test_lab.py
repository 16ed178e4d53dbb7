"""`make lab` opens the course in JupyterLab, and a learner can work there."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

import nbformat
import pytest
from kernel import ROOT, guessed

from resnet_course.language import find, languages, message, speaking

if TYPE_CHECKING:
    from playwright.sync_api import Page

pytestmark = [pytest.mark.notebook, pytest.mark.xdist_group("browser")]

START = "00_start_here"
LESSON = "03_basic_block"


def test_make_lab_opens_the_first_notebook_of_the_chosen_language(server: str) -> None:
    asked = subprocess.run(
        ["make", "--dry-run", "lab"],
        cwd=ROOT, env=os.environ | {"COURSE_LANGUAGE": "pt"}, capture_output=True, text=True, check=True,
    )  # fmt: skip

    assert re.search(rf"jupyter lab .* notebooks/pt/{START}/{START}\.ipynb", asked.stdout)


@pytest.mark.parametrize("language", languages())
def test_a_learner_runs_the_notebook_up_to_the_first_exercise(
    language: str, page: Page, open_notebook: Callable[[str], None], run_all: Callable[[], None], tmp_path: Path
) -> None:
    from playwright.sync_api import expect

    # JupyterLab saves what it runs: the learner gets a copy, not the repository's own file.
    folder = ROOT / "build" / "lab-test" / language
    folder.mkdir(parents=True, exist_ok=True)
    nbformat.write(guessed(LESSON, language), folder / f"{LESSON}.ipynb")
    with speaking(language):
        waiting = find("common.faults.unsolved")["title"]

    open_notebook(f"build/lab-test/{language}/{LESSON}.ipynb")
    expect(page.locator(".jp-Notebook h1").first).to_contain_text("BasicBlock", timeout=90_000)
    # Formulas are typeset, not shown as dollars.
    expect(page.locator("mjx-container").first).to_be_attached(timeout=30_000)
    run_all()
    expect(page.get_by_text(waiting, exact=True).first).to_be_visible(timeout=120_000)
    page.screenshot(path=tmp_path / f"{language}.png")


@pytest.mark.parametrize("language", languages())
def test_a_learner_guesses_and_solves_the_warm_up_of_the_start_page(
    language: str, page: Page, open_notebook: Callable[[str], None], run_all: Callable[[], None], tmp_path: Path
) -> None:
    from playwright.sync_api import expect

    folder = ROOT / "build" / "lab-test" / language
    folder.mkdir(parents=True, exist_ok=True)
    shutil.copy(ROOT / "notebooks" / language / START / f"{START}.ipynb", folder)
    with speaking(language):
        cards = find(f"{START}.checks.warm-up")
        no_guess = message("common.predict.empty", keys="`doubles`, `does_nothing`")

    open_notebook(f"build/lab-test/{language}/{START}.ipynb")
    run_all()
    expect(page.get_by_text(no_guess)).to_be_visible(timeout=60_000)
    page.screenshot(path=tmp_path / f"{language}-no-guess.png")

    page.locator(".cm-line").filter(has_text="shortcut_prediction = {").click()
    page.keyboard.press("Home")
    page.keyboard.press("Shift+End")
    page.keyboard.insert_text('shortcut_prediction = {"doubles": 9, "does_nothing": "0,5"}')
    run_all()
    # The first card is orange for everybody: the answer that stands there lacks the shortcut.
    expect(page.get_by_text(cards["no-shortcut"]["title"], exact=True)).to_be_visible(timeout=120_000)
    page.screenshot(path=tmp_path / f"{language}-orange.png")

    page.locator(".cm-line").filter(has_text=re.compile(r"^    return f\(x\)$")).click()
    page.keyboard.press("End")
    page.keyboard.type(" + x")
    page.keyboard.press("Shift+Enter")
    page.keyboard.press("Shift+Enter")
    expect(page.get_by_text(cards["passed"]["title"], exact=True)).to_be_visible(timeout=60_000)
    page.screenshot(path=tmp_path / f"{language}-green.png")
