"""What the pages of the reading edition hold: whole, the same in every language, and nothing from a server."""

from __future__ import annotations

import html
import re
from posixpath import dirname, join, normpath
from urllib.parse import unquote

import pytest
from kernel import ROOT, solved
from site_pages import Site

from resnet_course.authoring.glossary import FILE, read_glossary
from resnet_course.authoring.site import DOCUMENTS, MEASURES
from resnet_course.checks.registry import GRADED, LESSONS
from resnet_course.language import languages, message, speaking
from resnet_course.release import ASKED, GLOSSARY, colab_address, released_file

pytestmark = [pytest.mark.site, pytest.mark.xdist_group("site")]

ENGLISH_ONLY = "en/read/api/"
OUTSIDE = ("http://", "https://", "mailto:")


def targets(site: Site, name: str) -> list[str]:
    parsed = site.pages[name]
    pairs = [("a", "href"), ("link", "href"), ("img", "src"), ("script", "src")]
    return [value for tag, attribute in pairs for value in parsed.values(tag, attribute)]


def test_each_page_is_there(site: Site) -> None:
    for language in languages():
        for name in (*LESSONS, GLOSSARY, ASKED):
            assert f"{language}/learn/{name}.html" in site.pages
        for name in ("index", "search", "teach/grade", "teach/hub", "teach/lms", "teach/threats", "read/index"):
            assert f"{language}/{name}.html" in site.pages
        for lesson in LESSONS:
            assert f"{language}/teach/kit/{lesson}.html" in site.pages
        for lesson in GRADED:
            files = {path.name for path in (site.folder / language / "teach/kit" / lesson).iterdir()}
            assert files == {"figures", "quiz.gift.txt", "quiz.html", "quiz.qti21.zip", "slides.html"}
    assert f"{ENGLISH_ONLY}blocks.html" in site.pages
    assert {path.name for path in site.folder.iterdir()} == {".nojekyll", "index.html", *languages()}


def test_every_link_anchor_and_file_is_there(site: Site) -> None:
    lost = []
    for name in site.pages:
        for target in targets(site, name):
            if target.startswith((*OUTSIDE, "data:")):
                continue
            path, _, anchor = target.partition("#")
            path = unquote(path.partition("?")[0])
            place = normpath(join(dirname(name), path)) if path else name
            if not (site.folder / place).is_file() or (anchor and unquote(anchor) not in site.pages[place].ids()):
                lost.append((name, target))

    assert lost == []


def test_nothing_is_loaded_from_a_server(site: Site) -> None:
    loaded = [
        (name, value)
        for name, parsed in site.pages.items()
        for tag, attribute in (
            ("img", "src"),
            ("script", "src"),
            ("source", "src"),
            ("iframe", "src"),
            ("object", "data"),
        )
        for value in parsed.values(tag, attribute)
        if value.startswith((*OUTSIDE, "//"))
    ]
    sheets = [
        (name, attributes["href"])
        for name, parsed in site.pages.items()
        for tag, attributes in parsed.elements
        if tag == "link" and attributes.get("href", "").startswith((*OUTSIDE, "//"))
    ]
    imported = [
        (path.name, found)
        for path in site.folder.rglob("*.css")
        for found in re.findall(r"url\(\s*[\"']?(?:https?:)?//[^)]*\)", path.read_text(encoding="utf-8"))
    ]

    assert loaded + sheets + imported == []


def test_the_same_headings_have_the_same_anchors_in_each_language(site: Site) -> None:
    for name in [each for each in site.pages if each.startswith("en/") and not each.startswith(ENGLISH_ONLY)]:
        for language in languages():
            twin = site.pages[f"{language}{name.removeprefix('en')}"]
            ours = site.pages[name].sections()
            if f"learn/{GLOSSARY}" in name:  # in alphabetical order
                assert sorted(twin.sections()) == sorted(ours)
            else:
                assert twin.sections() == ours, name


def test_each_page_says_its_language(site: Site) -> None:
    spoken = {"en": "en", "pt": "pt-BR"}
    for name, parsed in site.pages.items():
        (language,) = parsed.values("html", "lang")
        assert language == spoken.get(name.partition("/")[0], "en"), name


# What the theme says in English unless the site knows better.
THEME = "Search|Search the docs ...|Icon Links|Version warning|Color mode|Light|Dark|System Settings|Breadcrumb|Home"
THEME += "|On this page|Section Navigation|Collapse Sidebar|Expand Sidebar|Next|next|Previous|previous|Back to top"


def test_the_theme_speaks_portuguese(site: Site) -> None:
    for name in [each for each in site.pages if each.startswith("pt/")]:
        around = re.sub(r"<article.*</article>", "", site.text(name), flags=re.DOTALL)
        said = re.findall(r'>([^<>]+)</|(?:title|aria-label|placeholder)="([^"]+)"', around)

        assert {each.strip() for words in said for each in words} & set(THEME.split("|")) == set(), name


@pytest.mark.parametrize("page", ["read/lessons"])
def test_what_is_in_english_only_says_so_to_those_who_hear_it(page: str, site: Site) -> None:
    pt = site.pages[f"pt/{page}.html"]
    marked = [
        attributes["id"] for tag, attributes in pt.elements if tag == "section" and attributes.get("lang") == "en"
    ]

    assert marked == pt.sections()[1:]


def test_no_page_leads_to_itself_in_the_words_of_another_language(site: Site) -> None:
    # A file of the repository has a link to its twin; here the head of the page has it.
    pages = {f"{language}/{name}.html" for language in languages() for name in DOCUMENTS}
    twice = [
        name
        for name in sorted(pages)
        if re.search(r">(?:<em>)?(?:English|Português)</", site.text(name).partition("<article")[2])
    ]

    assert twice == []


def test_each_page_leads_to_itself_in_the_other_language(site: Site) -> None:
    for name, parsed in site.pages.items():
        links = [attributes for tag, attributes in parsed.elements if "other-language" in attributes.get("class", "")]
        if name == "index.html":
            continue
        language, _, page = name.partition("/")
        others = [code for code in languages() if code != language]
        led = {
            normpath(join(dirname(name), each["href"])) for each in links
        }  # two: for wide pages, and for narrow ones
        if name.startswith(ENGLISH_ONLY):
            page = "read/index.html"
        assert led == {f"{other}/{page}" for other in others}, name


@pytest.mark.parametrize("language", languages())
@pytest.mark.parametrize("lesson", LESSONS)
def test_answers_are_folded_and_hints_come_before_them(lesson: str, language: str, site: Site) -> None:
    text = site.text(f"{language}/learn/{lesson}.html")
    with speaking(language):
        solution, hint = message("site.solution"), {"en": "Hint:", "pt": "Dica:"}[language]
    exercises = [cell for cell in solved(lesson, language).cells if cell.metadata.get("nbgrader", {}).get("solution")]
    answers = [cell for cell in exercises if not cell.id.startswith("predict-")]

    assert text.count(f"<summary>{solution}</summary>") == len(answers)
    measured = [cell for cell in solved(lesson, language).cells if MEASURES.search(cell.source)]
    assert text.count('<details class="solution">') == len(exercises) + len(measured)
    assert text.count("<details") == text.count("</details>")
    for mark in ("BEGIN SOLUTION", "END SOLUTION", "# was:"):
        assert mark not in text
    first = text.index(f"<summary>{solution}")
    assert 0 < text.find(hint) < first or lesson == "00_start_here"
    # What is solved is nowhere but under the folds.
    unfolded = re.sub(r'<details class="solution">.*?</details>', "", text, flags=re.DOTALL)
    assert unfolded.count("NotImplementedError") or lesson == "00_start_here"
    with speaking(language):
        assert f"<th>{message('common.predict.said')}</th>" not in unfolded


@pytest.mark.parametrize("language", languages())
@pytest.mark.parametrize("lesson", LESSONS)
def test_a_lesson_opens_and_gives_the_notebook_of_learners(lesson: str, language: str, site: Site) -> None:
    name = f"{language}/learn/{lesson}.html"
    links = site.pages[name].values("a", "href")
    downloads = [each for each in links if "_downloads/" in each]

    assert colab_address(lesson, language) in links
    assert {each.split("/")[2] for each in links if released_file(lesson, language) in each} >= {
        "kaggle.com",
        "mybinder.org",
    }
    assert [(site.folder / join(dirname(name), each)).resolve().read_bytes() for each in downloads] == [
        (ROOT / released_file(lesson, language)).read_bytes()
    ]


@pytest.mark.parametrize("language", languages())
def test_a_word_of_the_glossary_tells_its_meaning_where_it_stands(language: str, site: Site) -> None:
    text = site.text(f"{language}/learn/03_basic_block.html")
    terms = read_glossary(ROOT / "lessons" / FILE)
    words = re.findall(
        r'glossary\.html#([\w-]+)" aria-describedby="(meaning-\d+)">.*?id="(meaning-\d+)">(.*?)</span></span>', text
    )

    assert len(words) > 5
    for key, described, given, meaning in words:
        assert described == given
        start = re.split(r"[`$*\[]", terms[key].meaning[language])[0].strip()
        assert html.unescape(meaning).strip().startswith(start)


@pytest.mark.parametrize("language", languages())
def test_formulas_are_mathml(language: str, site: Site) -> None:
    text = site.text(f"{language}/learn/03_basic_block.html")

    assert "<mi>ReLU</mi>" in text
    assert not re.search(r"\\(?:mathrm|frac|text)\b", text)


def test_pages_and_figures_are_not_large(site: Site) -> None:
    assert max((path.stat().st_size, path.name) for path in site.folder.rglob("*.html"))[0] < 1_000_000
    assert max((path.stat().st_size, path.name) for path in site.folder.rglob("figures/*"))[0] < 500_000
    assert sum(path.stat().st_size for path in site.folder.rglob("*") if path.is_file()) < 50_000_000


def test_the_site_is_built_within_ninety_seconds(site: Site) -> None:
    # Of one processor, whatever else it has to do; the two languages are built at the same time.
    assert site.seconds < 90
