"""The glossary: one file of terms, a notebook of it in each language, and links from where a word is first read."""

from __future__ import annotations

import re
import shutil
from functools import cache
from pathlib import Path

import pytest

from resnet_course.authoring.assemble import make_glossary, make_notebook
from resnet_course.authoring.build import find_stale_glossary, glossary_paths, write_glossary
from resnet_course.authoring.glossary import read_glossary
from resnet_course.authoring.lint import avoided, lint
from resnet_course.authoring.script import LessonError, read_lesson
from resnet_course.language import languages

LESSONS = Path(__file__).resolve().parents[2] / "lessons"
GOOD = """\
[stride]
lesson = "03_basic_block"
en.term = "stride"
en.meaning = "How far the window moves."
pt.term = "passo"
pt.meaning = "Quanto a janela anda."

[logit]
lesson = "05_full_resnet"
en.term = "logit"
en.meaning = "A score."
pt.term = "logit"
pt.meaning = "Uma pontuação."
"""


def write(folder: Path, text: str) -> Path:
    path = folder / "glossary.toml"
    path.write_text(text, encoding="utf-8")
    return path


def test_the_notebook_has_a_cell_for_each_term_in_the_order_of_its_language(tmp_path: Path) -> None:
    terms = read_glossary(write(tmp_path, GOOD))
    notebooks = {language: make_glossary(terms, language) for language in languages()}

    assert [cell.id for cell in notebooks["en"].cells][1:] == ["logit", "stride"]
    assert [cell.id for cell in notebooks["pt"].cells][1:] == ["logit", "stride"]
    stride = notebooks["pt"].cells[-1].source
    assert stride.startswith("### passo\n\nQuanto a janela anda.")
    assert "(03_basic_block/03_basic_block.ipynb)" in stride
    assert "(../pt/glossary.ipynb)" in notebooks["en"].cells[0].source


@pytest.mark.parametrize(("word", "order"), [("época", ["stride", "logit"]), ("*passo*", ["logit", "stride"])])
def test_accents_and_italics_do_not_change_the_order(tmp_path: Path, word: str, order: list[str]) -> None:
    terms = read_glossary(write(tmp_path, GOOD.replace('pt.term = "passo"', f'pt.term = "{word}"')))

    assert [cell.id for cell in make_glossary(terms, "pt").cells][1:] == order


def test_nobody_takes_the_glossary_for_an_assignment(tmp_path: Path) -> None:
    made = make_glossary(read_glossary(write(tmp_path, GOOD)), "en")

    assert {cell.cell_type for cell in made.cells} == {"markdown"}
    assert not any("nbgrader" in cell.metadata for cell in made.cells)
    # An assignment is a folder with a notebook of the same name.
    beside = [path.relative_to(tmp_path).as_posix() for path in glossary_paths(tmp_path, "en")]
    assert beside == ["notebooks/en/glossary.ipynb", "solutions/en/glossary.ipynb"]


@pytest.mark.parametrize(
    ("old", "new", "expected"),
    [
        ('pt.term = "passo"\n', "", "1: [stride] lacks pt.term"),
        ('en.meaning = "A score."', 'en.meaning = " "', "8: [logit] lacks en.meaning"),
        ('lesson = "05_full_resnet"', 'lesson = "05"', "8: [logit] names no lesson: '05'"),
        ("[logit]", "[the_logit]", "8: a key is small letters, digits and hyphens, not 'the_logit'"),
        ('pt.term = "logit"', 'pt.term = "logit"\nfr.term = "logit"', "8: [logit] has more than a lesson and"),
    ],
)
def test_a_bad_entry_is_named_with_file_and_line(tmp_path: Path, old: str, new: str, expected: str) -> None:
    assert old in GOOD
    with pytest.raises(LessonError) as caught:
        read_glossary(write(tmp_path, GOOD.replace(old, new, 1)))

    assert f"glossary.toml:{expected}" in str(caught.value)


def test_a_file_that_is_no_toml_is_named(tmp_path: Path) -> None:
    with pytest.raises(LessonError, match=r"glossary\.toml:1: .*line 2"):
        read_glossary(write(tmp_path, "[a]\nb\n"))


LESSON = """\
# %% [markdown] lang="en"
# # A lesson
#
# The [stride](glossary:stride).

# %% [markdown] lang="pt"
# # Uma lição
#
# O [passo](glossary:stride).

# %% setup=true
"""


@pytest.fixture
def script(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setattr("resnet_course.checks.LESSONS", {"03_basic_block": ()})
    write(tmp_path, GOOD)
    path = tmp_path / "03_basic_block.py"
    path.write_text(LESSON, encoding="utf-8")
    return path


def test_a_link_to_a_term_leads_to_its_cell(script: Path) -> None:
    lesson = read_lesson(script)

    assert list(lint(lesson)) == []
    assert make_notebook(lesson, "pt").cells[0].source.endswith("O [passo](../glossary.ipynb#cell-id=stride).")


def test_a_link_to_an_unknown_term_is_named_with_file_and_line(script: Path) -> None:
    script.write_text(LESSON.replace("glossary:stride", "glossary:strode"), encoding="utf-8")

    assert [str(problem) for problem in lint(read_lesson(script))] == [
        f"{script}:4: 'strode' stands not in glossary.toml",
        f"{script}:9: 'strode' stands not in glossary.toml",
    ]


def test_a_changed_or_missing_glossary_is_stale_until_it_is_built(tmp_path: Path) -> None:
    (tmp_path / "lessons").mkdir()
    write(tmp_path / "lessons", GOOD)
    assert find_stale_glossary(tmp_path) == [
        "notebooks/en/glossary.ipynb: it has not been built",
        "solutions/en/glossary.ipynb: it has not been built",
        "notebooks/pt/glossary.ipynb: it has not been built",
        "solutions/pt/glossary.ipynb: it has not been built",
    ]

    assert write_glossary(tmp_path) == [path for language in languages() for path in glossary_paths(tmp_path, language)]
    assert find_stale_glossary(tmp_path) == []
    assert write_glossary(tmp_path) == []

    write(tmp_path / "lessons", GOOD.replace("A score", "One score"))
    assert find_stale_glossary(tmp_path) == [
        "notebooks/en/glossary.ipynb: glossary.toml has changed since",
        "solutions/en/glossary.ipynb: glossary.toml has changed since",
    ]


# --- the course's own ---------------------------------------------------------------------------------------------


@cache
def links() -> list[tuple[str, str, str]]:
    """Return each link to a term: lesson, language, key; in the order of the course."""
    return [
        (path.stem, cell.get("lang"), key)
        for path in sorted(LESSONS.glob("[0-9][0-9]_*.py"))
        for cell in read_lesson(path).of_kind("prose")
        for key in re.findall(r"\]\(glossary:([^)]+)\)", cell.source)
    ]


@pytest.mark.parametrize("language", languages())
def test_each_term_is_linked_in_the_lesson_that_it_names_and_in_none_before(language: str) -> None:
    first: dict[str, str] = {}
    for lesson, spoken, key in links():
        if spoken == language:
            first.setdefault(key, lesson)

    assert first == {key: term.lesson for key, term in read_glossary(LESSONS / "glossary.toml").items()}


def test_no_lesson_links_a_term_twice() -> None:
    assert len(links()) == len(set(links()))


@pytest.mark.parametrize("language", languages())
def test_its_sentences_are_short_and_keep_to_the_courses_words(language: str) -> None:
    for key, term in read_glossary(LESSONS / "glossary.toml").items():
        assert len(term.meaning[language].split()) <= 60, key
        assert list(avoided(term.meaning[language], language)) == [], key


def test_words_that_learners_search_for_lead_to_the_shortcut() -> None:
    shortcut = read_glossary(LESSONS / "glossary.toml")["shortcut"]

    assert "skip connection" in shortcut.term["en"]
    assert "conexão residual" in shortcut.term["pt"]
    assert "skip connection" in shortcut.term["pt"]


def test_the_start_pages_table_opens_the_glossary_where_relative_links_do_not(tmp_path: Path) -> None:
    shutil.copytree(LESSONS, tmp_path / "lessons", ignore=shutil.ignore_patterns("*.ipynb"))
    page = make_notebook(read_lesson(tmp_path / "lessons" / "00_start_here.py"), "pt")
    prose = "\n".join(cell.source for cell in page.cells)

    assert "(../glossary.ipynb)" in prose
    assert re.search(r"\[Colab\]\(https://colab\.[^)]+/notebooks/pt/glossary\.ipynb\)", prose)
