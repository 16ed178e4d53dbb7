"""`make lab` opens the course in JupyterLab, and a learner can work there."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from kernel import ROOT

from resnet_course.language import find, languages, speaking

if TYPE_CHECKING:
    from playwright.sync_api import Page

pytestmark = [pytest.mark.notebook, pytest.mark.xdist_group("browser")]

LESSON = "03_basic_block"


def test_make_lab_opens_the_first_notebook_of_the_chosen_language(server: str) -> None:
    asked = subprocess.run(
        ["make", "--dry-run", "lab"],
        cwd=ROOT, env=os.environ | {"COURSE_LANGUAGE": "pt"}, capture_output=True, text=True, check=True,
    )  # fmt: skip

    assert re.search(r"jupyter lab .* notebooks/pt/\w+/\w+\.ipynb", asked.stdout)


@pytest.mark.parametrize("language", languages())
def test_a_learner_runs_the_notebook_up_to_the_first_exercise(
    language: str, page: Page, open_notebook: Callable[[str], None], run_all: Callable[[], None], tmp_path: Path
) -> None:
    from playwright.sync_api import expect

    # JupyterLab saves what it runs: the learner gets a copy, not the repository's own file.
    folder = ROOT / "build" / "lab-test" / language
    folder.mkdir(parents=True, exist_ok=True)
    shutil.copy(ROOT / "notebooks" / language / LESSON / f"{LESSON}.ipynb", folder)
    with speaking(language):
        waiting = find("common.faults.unsolved")["title"]

    open_notebook(f"build/lab-test/{language}/{LESSON}.ipynb")
    expect(page.locator(".jp-Notebook h1").first).to_contain_text("BasicBlock", timeout=90_000)
    # Formulas are typeset, not shown as dollars.
    expect(page.locator("mjx-container").first).to_be_attached(timeout=30_000)
    run_all()
    expect(page.get_by_text(waiting, exact=True).first).to_be_visible(timeout=120_000)
    page.screenshot(path=tmp_path / f"{language}.png")
