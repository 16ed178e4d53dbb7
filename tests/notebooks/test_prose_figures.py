"""What the prose says in figures and comparisons is shown by the code near it, claimed in the script, or has a reason."""

from __future__ import annotations

import sys
from functools import cache
from pathlib import Path

import nbformat
import pytest
from kernel import ROOT, solved
from prose import Beside, Found, borne_out, comparisons, figures, numbers_in, told, words_of

from resnet_course import checks
from resnet_course.authoring.claims import claims_in
from resnet_course.authoring.claims import plain as one_line
from resnet_course.authoring.script import read_lesson
from resnet_course.language import languages

if sys.version_info >= (3, 11):
    import tomllib
else:
    import tomli as tomllib

LESSONS = sorted(checks.LESSONS)
LIST = Path(__file__).with_name("prose_figures.toml")
KNOWN = tomllib.loads(LIST.read_text(encoding="utf-8"))["known"]


@cache
def unshown(lesson: str, language: str) -> list[Found]:
    """Return the figures that no output near them shows, and the comparisons, which no output can show."""
    return [
        each
        for place, prose, beside in told(solved(lesson, language), language)
        for each in (
            *(each for each in figures(prose, language, place) if not borne_out(each.typed, language, beside)),
            *comparisons(prose, language, place),
        )
    ]


@cache
def claimed(lesson: str, language: str) -> list[str]:
    """Return the words that a lesson's claims cells bear out."""
    cells = read_lesson(ROOT / "lessons" / f"{lesson}.py").of_kind("claims")
    return [one_line(claim.words[language]) for cell in cells for claim in claims_in(cell)]


def known(lesson: str, language: str) -> list[str]:
    return [each[language] for each in KNOWN if each["lesson"] == lesson and language in each]


@pytest.mark.parametrize("language", languages())
@pytest.mark.parametrize("lesson", LESSONS)
def test_each_figure_and_comparison_is_shown_or_claimed_or_has_a_reason(lesson: str, language: str) -> None:
    excused = known(lesson, language) + claimed(lesson, language)
    loose = [each for each in unshown(lesson, language) if not any(_covers(words, each) for words in excused)]

    assert [f"cell {each.cell}: {each.typed} (… {each.around} …)" for each in loose] == []


def _covers(words: str, found: Found) -> bool:
    """Tell whether a figure stands among these words of its prose."""
    return words in found.around and found.typed in words


@pytest.mark.parametrize("language", languages())
@pytest.mark.parametrize("lesson", LESSONS)
def test_no_reason_is_left_over(lesson: str, language: str) -> None:
    found = unshown(lesson, language)

    assert [words for words in known(lesson, language) if not any(_covers(words, each) for each in found)] == []


def test_each_reason_is_given() -> None:
    assert [each for each in KNOWN if not each["why"].strip() or not set(each) & set(languages())] == []


# --- how figures and comparisons are read ---------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("language", "prose", "expected"),
    [
        ("en", "It ends at 92.4 %, with 4 000 digits or 36,864.", ["92.4 %", "4 000", "36,864"]),
        ("pt", "Termina em 92,4%, com 4.000 dígitos.", ["92,4%", "4.000"]),
        ("en", "Three of 10 layers and 4 blocks, but 9 % of them", ["9 %"]),
        ("en", "ResNet-50 in `x[12]`, $25$ (He et al., 2015, section 4.1), lesson 03", []),
        ("en", "## 99 lessons\n\nIs it 25 % or more?\nIt is 31 %.", ["31 %"]),
        ("pt", "É 25% ou mais? É 31%.", ["31%"]),
    ],
)
def test_figures_are_read_with_the_marks_of_the_language(language: str, prose: str, expected: list[str]) -> None:
    assert [each.typed for each in figures(prose, language)] == expected


@pytest.mark.parametrize(
    ("language", "prose", "expected"),
    [
        ("en", "*less than a\nhundredth* is left", ["less than a hundredth"]),
        ("en", "It costs three times as much; call it three times.", ["three times as"]),
        ("pt", "Chega menos de um centésimo, e custa dez vezes mais", ["menos de um centésimo", "dez vezes mais"]),
        ("en", "Is it more than half?", []),
    ],
)
def test_comparisons_in_words_are_read(language: str, prose: str, expected: list[str]) -> None:
    assert [each.typed for each in comparisons(prose, language)] == expected


@pytest.mark.parametrize(
    ("figure", "shown", "right"),
    [
        ("92.4 %", "accuracy=0.9243", True),
        ("92.4 %", "92.36 %", True),
        ("92.5 %", "92.36 %", False),
        ("7.6 %", "accuracy=0.9243", True),
        ("36,864", "36864 weights", True),
        ("4 000", "4,000", True),
        ("0.03", "3.1e-02", True),
        ("0.03", "3.1×10⁻²", True),
        ("0.03", "3.1", False),
        ("12", "11.4", False),
        ("12", "11.6", True),
    ],
)
def test_a_figure_is_shown_as_it_was_rounded(figure: str, shown: str, right: bool) -> None:
    assert borne_out(figure, "en", Beside(shown=numbers_in(shown, "en"))) is right


def test_a_size_in_the_code_bears_a_count_out_but_no_percentage() -> None:
    code = Beside(written=numbers_in("train(1000, share=12)", "en"))

    assert borne_out("1 000", "en", code)
    assert not borne_out("12 %", "en", code)


def test_what_was_shown_under_another_heading_is_not_near() -> None:
    run = nbformat.v4.new_code_cell("", outputs=[nbformat.v4.new_output("stream", text="error 12.5")])
    quiet = nbformat.v4.new_code_cell("")
    prose = [nbformat.v4.new_markdown_cell(each) for each in ("It is 12.5.", "## Later\n\nIt is 12.5.")]
    notebook = nbformat.v4.new_notebook(cells=[run, prose[0], quiet, quiet, prose[1]])

    assert [borne_out("12.5", "en", beside) for _, _, beside in told(notebook, "en")] == [True, False]


def test_what_is_no_claim_is_blanked_in_its_place() -> None:
    assert words_of("see `x = 12` and 13") == "see          and 13"
