"""What the course itself puts on a page can be read by everybody: axe finds nothing in it."""

from __future__ import annotations

import random
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from kernel import solved
from nbconvert import HTMLExporter

from resnet_course import lessons, questions, record, review
from resnet_course.checks import GRADED, LESSONS, card
from resnet_course.language import languages, speaking

if TYPE_CHECKING:
    from playwright.sync_api import Page

pytestmark = [pytest.mark.notebook, pytest.mark.xdist_group("browser")]

# The course's own words and outputs; prompts and code are the page's.
OURS = {"include": [[".jp-RenderedMarkdown"], [".jp-OutputArea-output"]]}
# How links look in a text is the page's choice.
OF_THE_PAGE = {"rules": {"link-in-text-block": {"enabled": False}}}


def violations(page: Page, html: str, context: dict[str, Any] | None = None) -> list[str]:
    """Return what axe finds on a page, or in parts of it."""
    from axe_playwright_python.sync_playwright import Axe

    page.set_content(html)
    found = Axe().run(page, context=context, options=OF_THE_PAGE).response["violations"]
    return [f"{each['id']}: {node['html'][:200]}" for each in found for node in each["nodes"]]


@pytest.mark.parametrize("language", languages())
@pytest.mark.parametrize("lesson", ["00_start_here", "03_basic_block", "06_transfer_learning"])
def test_a_lesson_has_no_barriers(lesson: str, language: str, page: Page) -> None:
    html, _ = HTMLExporter(language_code=language).from_notebook_node(solved(lesson, language))

    assert violations(page, html, OURS) == []


@pytest.mark.parametrize("wide", ["img", "table:has-text('bn2')"])
def test_on_a_phone_the_whole_of_a_figure_and_of_a_table_can_be_reached(wide: str, page: Page) -> None:
    html, _ = HTMLExporter().from_notebook_node(solved("08_identity_mappings", "en"))
    page.set_viewport_size({"width": 390, "height": 844})
    page.set_content(html)
    shown = page.locator(f".jp-OutputArea-output {wide}").first
    shown.scroll_into_view_if_needed()
    box = shown.bounding_box()
    hidden = "e => e.getBoundingClientRect().right - e.closest('.jp-OutputArea-child').getBoundingClientRect().right"
    assert box is not None and shown.evaluate(hidden) > 1

    page.mouse.move(box["x"] + 100, box["y"] + 100)
    page.mouse.wheel(1000, 0)
    page.wait_for_function(f"e => ({hidden})(e) <= 1", arg=shown.element_handle())


@pytest.mark.parametrize("theme", ["light", "dark"])
@pytest.mark.parametrize("state", card.STATES)
def test_a_card_has_no_barriers_on_light_and_dark_pages(state: str, theme: str, page: Page) -> None:
    with speaking("pt"):
        shown = card.Card(state, "Ainda não · conv3x3", "Falta `padding`", [("Obtido", "5")], ["linha 3"], "Uma nota.")
        colours = "background:#111;color:#eee" if theme == "dark" else ""
        html = f'<html lang="pt"><title>x</title><main style="{colours}"><h1>x</h1>{shown.html()}</main></html>'

    assert violations(page, html) == []


def a_record() -> list[record.Progress]:
    """Return a lesson that is finished, one that is begun, and others of which nothing is solved."""
    first, second, *others = GRADED
    done = dict.fromkeys(LESSONS[first], "solved")
    begun = {LESSONS[second][0]: "tried", LESSONS[second][1]: "solved"}
    files = dict.fromkeys(done, Path("my.ipynb"))
    return [record.Progress(first, done, files), record.Progress(second, begun), *map(record.Progress, others)]


def a_review() -> review.Review:
    asked = [questions.ask(name, random.Random(0)) for name in ("paths", "projection")]
    return review.Review(asked, review.Schedule(None), ["`review.json`"])


SHOWN = {
    "map": lambda: lessons.CourseMap(a_record()),
    "page to print": lambda: lessons.RecordPage(a_record()[:2]),
    "printed review": a_review,
}


@pytest.mark.parametrize("theme", ["light", "dark"])
@pytest.mark.parametrize("shown", SHOWN)
def test_a_learners_record_has_no_barriers_on_light_and_dark_pages(shown: str, theme: str, page: Page) -> None:
    with speaking("pt"):
        colours = "background:#111;color:#eee" if theme == "dark" else ""
        links = "a { color: #8cf }" if theme == "dark" else ""
        body = f'<main style="{colours}"><h1>x</h1>{SHOWN[shown]()._repr_html_()}</main>'
        html = f'<!DOCTYPE html><html lang="pt"><title>x</title><style>{links}</style>{body}</html>'

    assert violations(page, html) == []
