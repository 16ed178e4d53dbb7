"""Claims cells: asserts that bind words of the prose to the run; the build makes them, and no notebook shows them."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import nbformat
import pytest

from resnet_course.authoring import CourseError
from resnet_course.authoring.assemble import make_notebook
from resnet_course.authoring.build import execute
from resnet_course.authoring.lint import lint
from resnet_course.authoring.script import read_lesson
from resnet_course.language import languages

CLAIM = 'assert first < last / 100, {"en": "less than a hundredth", "pt": "menos de um centésimo"}'
LESSON = f"""\
# %% [markdown] lang="en"
# # A lesson

# %% [markdown] lang="pt"
# # Uma lição

# %% setup=true

# %%
first, last = 0.004, 1.0

# %% claims=true
{CLAIM}

# %% [markdown] lang="en"
# The first layer gets *less than a
# hundredth*.

# %% [markdown] lang="pt"
# A primeira camada recebe menos de um **centésimo**.

# %%
first = 2
"""


@pytest.fixture
def write(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[[str], Path]:
    monkeypatch.setattr("resnet_course.checks.LESSONS", {"03_basic_block": ()})

    def write(text: str) -> Path:
        path = tmp_path / "03_basic_block.py"
        path.write_text(text, encoding="utf-8")
        return path

    return write


@pytest.mark.parametrize("language", languages())
def test_a_notebook_shows_no_claims(write: Callable[[str], Path], language: str) -> None:
    lesson = read_lesson(write(LESSON))

    assert list(lint(lesson)) == []
    made = make_notebook(lesson, language)
    assert "assert" not in "".join(cell.source for cell in made.cells)
    assert list(made.metadata["claims"].values()) == [lesson.of_kind("claims")[0].source]


@pytest.mark.parametrize(
    ("claim", "expected"),
    [
        ('assert 1, {"en": "hundredth", "pt": "milésimo"}', "the prose after it does not say 'milésimo' (pt)"),
        ('assert 1, {"en": "centésimo", "pt": "centésimo"}', "the prose after it does not say 'centésimo' (en)"),
        ('assert 1, {"en": "hundredth"}', "a claim needs its words in each language: en, pt"),
        ('assert 1, {"en": "hundredth", "pt": " "}', "a claim needs its words in each language: en, pt"),
        ('assert 1, {"en": "hundredth", "pt": last}', "a claim needs its words in each language: en, pt"),
        ('assert 1, "hundredth"', "a claims cell holds only lines such as `assert CONDITION, "),
        ("print(first)", "a claims cell holds only lines such as `assert CONDITION, "),
    ],
)
def test_a_claim_that_is_bound_to_nothing_is_named_with_its_line(
    write: Callable[[str], Path], claim: str, expected: str
) -> None:
    path = write(LESSON.replace(CLAIM, claim))

    (problem,) = lint(read_lesson(path))
    assert str(problem).startswith(f"{path}:13: {expected}")


def test_a_claim_before_all_runs_is_named(write: Callable[[str], Path]) -> None:
    path = write(f"{LESSON.split('# %% setup')[0]}# %% claims=true\n{CLAIM}\n\n# %% setup=true\n")

    assert f"{path}:7: a claim needs a run before it" in [str(problem) for problem in lint(read_lesson(path))]


def test_words_under_a_later_heading_do_not_count(write: Callable[[str], Path]) -> None:
    text = LESSON.replace("# The first layer", "# ## Later\n#\n# The").replace("# A primeira", "# ## Depois\n#\n# A")
    between = '# %% [markdown] lang="en"\n# ## Now\n\n# %% [markdown] lang="pt"\n# ## Agora\n\n# %%\nlater = 1\n\n'
    marker = '# %% [markdown] lang="en"\n# ## Later'
    path = write(text.replace(marker, between + marker))

    assert len(list(lint(read_lesson(path)))) == 2


def notebook(claim: str) -> nbformat.NotebookNode:
    cells = [nbformat.v4.new_code_cell(code) for code in ('language="en"', "first, last = 0.004, 1.0", "first = 2")]
    cells[0].id, cells[1].id = "setup", "measured"
    return nbformat.v4.new_notebook(cells=cells, metadata={"title": "A lesson", "claims": {"measured": claim}})


@pytest.mark.notebook
def test_the_build_makes_them_where_they_stand_and_leaves_no_trace_but_a_digest() -> None:
    made = execute(notebook("assert first < last / 100"))

    assert [cell.execution_count for cell in made.cells] == [1, 2, 3]
    assert "claims" not in made.metadata
    assert len(made.metadata["resnet_course"]["claims"]) == 16


@pytest.mark.notebook
def test_a_claim_that_does_not_hold_stops_the_build() -> None:
    with pytest.raises(CourseError, match=r"A lesson, after cell measured: the prose claims what does not hold"):
        execute(notebook('assert first > last / 100, {"en": "more than a hundredth"}'))
