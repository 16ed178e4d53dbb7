"""The reading edition in Chromium, opened from its folder: read by everybody, searched, printed, in both languages."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from site_pages import Site

from resnet_course.language import languages

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page

pytestmark = [pytest.mark.site, pytest.mark.xdist_group("site")]

PHONE = {"width": 390, "height": 844}
# What is folded, or shows only while it is pointed at, is looked at as well. Of code, one word of each colour: there
# are thousands, and axe compares each with what lies behind it.
READY = """() => {
  document.querySelectorAll("details").forEach((each) => (each.open = true));
  document.querySelectorAll(".meaning").forEach((each) => (each.style = "display: block; position: static"));
  const seen = new Set();
  for (const each of document.querySelectorAll(".highlight pre span[class]"))
    if (seen.has(each.className)) each.replaceWith(...each.childNodes);
    else seen.add(each.className);
}"""

# What scrolls begins where it can be read: nobody can scroll to what stands before the beginning.
BEGINS_OUTSIDE = """() => [...document.querySelectorAll(".scrolls > *, div.math > *")].filter(
  (each) => each.getBoundingClientRect().left < each.parentElement.getBoundingClientRect().left - 1
).map((each) => each.textContent.slice(0, 60))"""


def opened(page: Page, site: Site, name: str) -> Page:
    page.goto((site.folder / name).as_uri())
    return page


def test_no_page_has_barriers_in_either_theme_or_scrolls_sideways_on_a_phone(site: Site, browser: Browser) -> None:
    from axe_playwright_python.sync_playwright import Axe

    axe, found, wide, errors, cut = Axe(), [], [], [], []
    page = browser.new_page(viewport={"width": 1280, "height": 900})
    page.on("pageerror", lambda error: errors.append(f"{page.url}: {error}"))
    for name in site.pages:
        opened(page, site, name).evaluate(READY)
        # A theme changes colours only.
        for theme, rules in (("light", {}), ("dark", {"runOnly": ["color-contrast"]})):
            page.evaluate("theme => { document.documentElement.dataset.theme = theme }", theme)
            for each in axe.run(page, options={"resultTypes": ["violations"], **rules}).response["violations"]:
                found += [f"{name}, {theme}: {each['id']}: {node['html'][:200]}" for node in each["nodes"]]
        page.set_viewport_size(PHONE)
        if page.evaluate("document.documentElement.scrollWidth") > PHONE["width"]:
            wide.append(name)
        cut += [f"{name}: {each}" for each in page.evaluate(BEGINS_OUTSIDE)]
        page.set_viewport_size({"width": 1280, "height": 900})
    page.close()

    assert found == []
    assert wide == []
    assert cut == []
    assert errors == []


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_the_theme_is_that_of_the_readers_system(theme: str, site: Site, browser: Browser) -> None:
    page = browser.new_page(color_scheme=theme)
    opened(page, site, "pt/index.html")

    assert page.evaluate("document.documentElement.dataset.theme") == theme
    page.close()


@pytest.mark.parametrize(
    ("language", "query", "expected"),
    [
        ("en", "grouped convolution", "07_width_and_cardinality.html"),
        ("en", "BasicBlock", "blocks.html"),
        ("pt", "convolução agrupada", "07_width_and_cardinality.html"),
        ("pt", "convolucao agrupada", "07_width_and_cardinality.html"),
        ("pt", "convolucoes agrupadas", "07_width_and_cardinality.html"),
        ("pt", "cardinalidade", "07_width_and_cardinality.html"),
        ("pt", "lote", "glossary.html"),
    ],
)
def test_a_search_finds_words_with_their_accents_and_without(
    language: str, query: str, expected: str, site: Site, page: Page
) -> None:
    page.goto(f"{(site.folder / language / 'search.html').as_uri()}?q={query}")
    results = page.locator("#search-results ul.search li a")
    results.first.wait_for(timeout=20_000)
    page.wait_for_function("document.querySelector('#search-results .search-summary').textContent.match(/\\d/)")

    assert any(expected in (each.get_attribute("href") or "") for each in results.all())


def test_long_names_of_the_api_are_whole_in_the_list_beside_them(site: Site, page: Page) -> None:
    page.set_viewport_size({"width": 1280, "height": 900})
    opened(page, site, "en/read/api/blocks.html")
    names = page.locator(".page-toc code").all()

    assert len(names) > 10
    assert [each.text_content() for each in names if each.evaluate("e => e.getBoundingClientRect().right") > 1280] == []


@pytest.mark.parametrize("language", languages())
def test_nothing_in_the_header_of_a_phone_touches_anything_else(language: str, site: Site, page: Page) -> None:
    page.set_viewport_size(PHONE)
    opened(page, site, f"{language}/learn/03_basic_block.html")
    title = page.locator(".bd-header .logo__title").bounding_box()
    search = page.locator(".bd-header .navbar-persistent--mobile .search-button").first.bounding_box()

    assert title and search
    assert title["x"] + title["width"] + 4 <= search["x"]


@pytest.mark.parametrize(
    ("language", "query", "answer"),
    [
        ("en", "cardinality vanishing xylophone", "No page has all of these words. Try fewer of them, or others."),
        ("pt", "cardinalidade xilofone", "Nenhuma página tem todas essas palavras. Tente com menos palavras"),
        ("pt", "cardinalidade", "A busca encontrou "),
    ],
)
def test_a_search_says_what_it_found(language: str, query: str, answer: str, site: Site, page: Page) -> None:
    page.goto(f"{(site.folder / language / 'search.html').as_uri()}?q={query}")
    page.get_by_text(answer).wait_for(timeout=20_000)


def test_the_other_language_opens_at_the_same_heading(site: Site, page: Page) -> None:
    opened(page, site, "en/learn/03_basic_block.html")
    page.locator("#exercise-2-basicblock").evaluate("each => each.scrollIntoView()")
    page.get_by_role("link", name="Português").first.dispatch_event("click")  # Playwright's click scrolls the page
    page.wait_for_url("**/pt/learn/03_basic_block.html#exercise-2-basicblock")

    top = page.locator("#exercise-2-basicblock").evaluate("each => each.getBoundingClientRect().top")
    assert 0 <= top < 300
    assert page.locator("html").get_attribute("lang") == "pt-BR"


def test_the_keyboard_alone_reaches_everything(site: Site, page: Page) -> None:
    opened(page, site, "pt/learn/03_basic_block.html")
    reached = "document.activeElement.dataset.reached = ''"
    for _ in range(400):
        page.keyboard.press("Tab")
        page.evaluate(reached)
    missed = page.evaluate(
        """() => [...document.querySelectorAll("a[href], button, summary, [tabindex='0']")]
          .filter((each) => each.checkVisibility({visibilityProperty: true}) && !("reached" in each.dataset)
            && getComputedStyle(each).visibility !== "hidden" && !each.closest("dialog:not([open])")
            && each.id !== "pst-back-to-top")  // comes and goes while the page scrolls
          .map((each) => each.outerHTML.slice(0, 150))"""
    )

    assert missed == []


def test_a_meaning_shows_while_its_word_has_the_focus(site: Site, page: Page) -> None:
    opened(page, site, "pt/learn/03_basic_block.html")
    word = page.locator(".term").first
    meaning = word.locator(".meaning")
    assert not meaning.is_visible()

    word.locator("a").focus()
    assert meaning.is_visible()


@pytest.mark.parametrize("language", languages())
def test_printed_code_is_not_cut(language: str, site: Site, page: Page) -> None:
    opened(page, site, f"{language}/learn/03_basic_block.html")
    page.emulate_media(media="print")
    page.set_viewport_size({"width": 700, "height": 1000})  # a sheet of paper, about

    cut = "[...document.querySelectorAll('pre')].filter((each) => each.scrollWidth > each.clientWidth + 1).length"
    assert page.evaluate("document.querySelectorAll('pre').length") > 20
    assert page.evaluate(cut) == 0
