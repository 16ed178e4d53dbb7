"""The teacher's slides: a folder that needs no server, a keyboard that is enough, no barriers."""

from __future__ import annotations

from itertools import product
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from axe_playwright_python.sync_playwright import Axe
from kernel import ROOT

from resnet_course.authoring.kit import slides
from resnet_course.authoring.kit.outline import outline
from resnet_course.authoring.kit.words import read_kit
from resnet_course.checks import GRADED
from resnet_course.language import languages

if TYPE_CHECKING:
    from playwright.sync_api import Page

pytestmark = [pytest.mark.notebook, pytest.mark.xdist_group("browser")]

LESSON = "03_basic_block"


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    to = tmp_path_factory.mktemp("kit")
    if not slides.bring_reveal(ROOT, to / "reveal"):
        pytest.skip("reveal.js is not installed")
    for lesson, language in product(GRADED, languages()):
        told = outline(ROOT, lesson, language)
        slides.write_slides(to / language / lesson, told, read_kit(ROOT)[lesson]["explained"], "../../reveal")
    return to


def open_slides(page: Page, folder: Path, language: str, lesson: str = LESSON) -> int:
    page.goto(f"file://{folder}/{language}/{lesson}/slides.html")
    page.wait_for_function("window.Reveal && Reveal.isReady()")
    total: int = page.evaluate("Reveal.getTotalSlides()")
    return total


@pytest.mark.parametrize("language", languages())
def test_slides_need_no_network_and_no_mouse(folder: Path, language: str, page: Page) -> None:
    asked, wrong = [], []
    page.context.set_offline(True)
    page.on("request", lambda request: asked.append(request.url))
    page.on("requestfailed", lambda request: wrong.append(request.url))
    page.on("pageerror", lambda error: wrong.append(str(error)))
    total = open_slides(page, folder, language)
    assert total == len(slides.figures(outline(ROOT, LESSON, language))) + 2

    for place in range(total):
        assert page.evaluate("Reveal.getIndices().h") == place
        current = page.locator("section.present")
        assert current.locator("h1, h2").is_visible()
        for image in current.locator("img").all():
            assert image.evaluate("each => each.complete && each.naturalWidth > 0")
        page.keyboard.press("ArrowRight")
    page.keyboard.press("Home")
    assert page.evaluate("Reveal.getIndices().h") == 0

    assert all(address.startswith(("file:", "data:")) for address in asked)
    assert wrong == []


@pytest.mark.parametrize("language", languages())
def test_what_stands_on_a_slide_has_room(folder: Path, language: str, page: Page) -> None:
    page.set_viewport_size({"width": 1280, "height": 800})
    for lesson in GRADED:
        for place in range(open_slides(page, folder, language, lesson)):
            box = page.locator("section.present").bounding_box()
            assert box is not None and box["y"] >= 0 and box["y"] + box["height"] <= 800, f"{lesson}, slide {place}"
            page.keyboard.press("ArrowRight")


@pytest.mark.parametrize("language", languages())
def test_slides_have_no_barriers(folder: Path, language: str, page: Page) -> None:
    for place in range(open_slides(page, folder, language)):
        found = Axe().run(page).response["violations"]
        assert [f"{each['id']}: {node['html'][:200]}" for each in found for node in each["nodes"]] == [], place
        page.keyboard.press("ArrowRight")
