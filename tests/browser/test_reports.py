"""The teachers' reports can be read by everybody, on phones and on paper, in light and in dark."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from classes import Answer, made_class, release, rights, write
from kernel import ROOT
from test_accessible import violations
from traitlets.config import Config

from resnet_course import checks
from resnet_course.grading.class_report import class_page, class_results
from resnet_course.grading.report import report_page
from resnet_course.language import languages, speaking

if TYPE_CHECKING:
    from playwright.sync_api import Page

pytestmark = [pytest.mark.notebook, pytest.mark.xdist_group("browser")]

LESSONS = ("03_basic_block", "06_transfer_learning")


@pytest.fixture(scope="module")
def pages(tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    """Each report in each language."""
    book = tmp_path_factory.mktemp("book") / "gradebook.db"
    release(f"sqlite:///{book}", LESSONS)
    work = made_class(40, LESSONS)
    for grade_id in checks.LESSONS["06_transfer_learning"]:
        unusual = max(rights(grade_id), key=lambda each: len(each.source))
        for learner in ("learner0001", "learner0003"):
            work[learner][grade_id] = [Answer("passed", unusual.source)]
    write(f"sqlite:///{book}", work, {"learner0001": ("A" * 60, "")})
    config = Config()
    config.CourseDirectory.root = str(ROOT)
    config.CourseDirectory.db_url = f"sqlite:///{book}"
    config.CourseDirectory.course_id = "course"
    found = {}
    for language in languages():
        with speaking(language):
            results = class_results(config, [])
            assert results is not None and results.hints
            found[f"class {language}"] = class_page(ROOT, results)
            found[f"lesson {language}"] = report_page(config, LESSONS[0]) or ""
    return found


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [1300, 375], ids=["desktop", "phone"])
def test_a_report_has_no_barriers(pages: dict[str, str], width: int, scheme: str, page: Page) -> None:
    page.set_viewport_size({"width": width, "height": 900})
    page.emulate_media(color_scheme=scheme)
    for name, html in pages.items():
        assert violations(page, html) == [], name
        assert page.evaluate("document.documentElement.scrollWidth") <= width, name


def test_a_report_is_black_on_white_on_paper(pages: dict[str, str], page: Page) -> None:
    page.emulate_media(color_scheme="dark", media="print")
    page.set_content(pages["class en"])

    assert page.evaluate("getComputedStyle(document.body).backgroundColor") == "rgb(255, 255, 255)"
    assert page.evaluate("getComputedStyle(document.body).color") == "rgb(28, 28, 28)"


@pytest.mark.parametrize("kind", ["class", "lesson"])
def test_a_report_asks_for_nothing_and_complains_of_nothing(
    pages: dict[str, str], kind: str, page: Page, tmp_path: Path
) -> None:
    said: list[str] = []
    page.on("request", lambda request: said.append(request.url))
    page.on("console", lambda line: said.append(line.text))
    path = tmp_path / "page.html"
    path.write_text(pages[f"{kind} pt"], encoding="utf-8")
    page.goto(path.as_uri())

    assert said == [path.as_uri()]
