"""In JupyterLab the start page knows what was solved and saved, and its review is answered by keyboard."""

from __future__ import annotations

import random
import re
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING

import nbformat
import pytest
from kernel import ROOT, cell, released, solved
from nbformat.notebooknode import NotebookNode

from resnet_course import lessons
from resnet_course.language import languages, message, speaking
from resnet_course.questions import ask
from resnet_course.record import Progress

if TYPE_CHECKING:
    from playwright.sync_api import Page

pytestmark = [pytest.mark.notebook, pytest.mark.xdist_group("browser")]

START = "00_start_here"
LESSON = "03_basic_block"


def put(notebook: NotebookNode, lesson: str, language: str) -> str:
    """Put a learner's own notebook into a course folder, and return its path."""
    path = f"build/lab-test/record-{language}/{lesson}/{lesson}.ipynb"
    (ROOT / path).parent.mkdir(parents=True, exist_ok=True)
    nbformat.write(notebook, ROOT / path)
    return path


@pytest.mark.parametrize("language", languages())
def test_the_map_fills_in_after_a_card_turned_green_and_the_notebook_was_saved(
    language: str,
    page: Page,
    open_notebook: Callable[[str], None],
    run_all: Callable[[], None],
    save: Callable[[], None],
    tmp_path: Path,
) -> None:
    from playwright.sync_api import expect

    with speaking(language):
        solved_here = message("00_start_here.map.solved", solved=1, total=4)
        name = lessons.read_lessons()[LESSON]["name"]
    lesson = released(LESSON, language)
    for done in ("predict-sizes", "conv3x3-answer"):
        cell(lesson, done).source = cell(solved(LESSON, language), done).source
    start, lesson_path = put(released(START, language), START, language), put(lesson, LESSON, language)
    row = page.get_by_role("listitem").filter(has=page.get_by_role("link", name=name))

    open_notebook(start)
    run_all()
    expect(row).to_have_count(1, timeout=60_000)
    expect(row).not_to_contain_text(solved_here)

    open_notebook(lesson_path)
    run_all()
    with speaking(language):
        expect(page.get_by_text(f"{message('common.card.passed')} · conv3x3")).to_be_visible(timeout=120_000)
    save()
    open_notebook(start)
    run_all()
    expect(row).to_contain_text(solved_here, timeout=60_000)
    page.screenshot(path=tmp_path / f"{language}.png")

    # The link on the map opens the learner's own notebook, in whose setup line the same number stands.
    tab = page.locator(f'.lm-TabBar-tab.lm-mod-current[title*="{LESSON}.ipynb"]')
    for _ in range(20):
        # Some time after the run has ended, JupyterLab moves the focus to the cell where it stopped.
        row.get_by_role("link").press("Enter")
        with suppress(AssertionError):
            expect(tab).to_be_visible(timeout=3000)
            break
    expect(tab).to_be_visible()
    expect(page.locator(".jp-Notebook h1", has_text="BasicBlock")).to_be_visible(timeout=60_000)


REVIEW = """\
from resnet_course.language import set_language
set_language("{language}")
from resnet_course import lessons
lessons.review("02_residual_gradient")"""


@pytest.mark.parametrize("language", languages())
def test_the_review_is_answered_by_keyboard_and_says_what_to_do_without_its_kernel(
    language: str,
    page: Page,
    open_notebook: Callable[[str], None],
    run_all: Callable[[], None],
    save: Callable[[], None],
) -> None:
    from axe_playwright_python.sync_playwright import Axe
    from playwright.sync_api import expect

    metadata = {"kernelspec": {"name": "python3", "display_name": "Python 3 (ipykernel)", "language": "python"}}
    code = nbformat.v4.new_code_cell(REVIEW.format(language=language))
    path = put(nbformat.v4.new_notebook(cells=[code], metadata=metadata), "review", language)
    with speaking(language):
        first = message("00_start_here.review.answer", number=1)
        again = message("00_start_here.review.again")
        why = ask("paths", random.Random(0)).why.partition(" F")[0]

    open_notebook(path)
    run_all()
    answer = page.get_by_label(first, exact=True)
    expect(answer).to_be_visible(timeout=60_000)
    sentence = page.locator("p:visible", has_text=again)
    expect(sentence).to_have_count(0)
    found = Axe().run(page, context={"include": [[".widget-vbox"]]}).response["violations"]
    assert [f"{each['id']}: {node['html']}" for each in found for node in each["nodes"]] == []

    answer.focus()
    page.keyboard.type("1024")
    page.keyboard.press("Tab")
    page.keyboard.press("Space")
    verdict = page.get_by_role("status").filter(has_text=why)
    expect(verdict).to_be_visible(timeout=20_000)
    expect(answer).to_be_disabled()
    save()

    # The next day there is no kernel with these fields.
    open_notebook(path)
    page.get_by_role("menuitem", name="Kernel", exact=True).click()
    page.get_by_role("menuitem", name=re.compile("^Restart Kernel…")).click()
    page.get_by_role("button", name="Confirm Kernel Restart").click()
    expect(sentence).to_have_count(1, timeout=60_000)


def test_the_page_to_print_has_a_sheet_of_its_own(page: Page, tmp_path: Path) -> None:
    shown = lessons.RecordPage([Progress(LESSON, {"conv3x3": "solved"}, {"conv3x3": Path("my.ipynb")})])
    page.set_content(f"<p>before</p>{shown._repr_html_()}<p>after</p>")
    paper = page.pdf(path=tmp_path / "record.pdf")

    assert len(re.findall(rb"/Type\s*/Page\b", paper)) == 3
