"""What learners ask most: a file of questions, the cells that answer them, and a page of links in each language."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from resnet_course.authoring.asked import read_questions, unanswered
from resnet_course.authoring.assemble import make_asked, make_notebook
from resnet_course.authoring.build import find_stale_asked, write_asked
from resnet_course.authoring.lint import avoided, lint
from resnet_course.authoring.script import LessonError, read_lesson
from resnet_course.language import languages

LESSONS = Path(__file__).resolve().parents[2] / "lessons"
QUESTIONS = """\
[no-bias]
en = "Why no bias?"
pt = "Por que sem viés?"
"""
LESSON = """\
# %% [markdown] lang="en"
# # 03 · A lesson

# %% [markdown] lang="pt"
# # 03 · Uma lição

# %% setup=true

# %% [markdown] lang="en" asked="no-bias"
# BatchNorm takes it away.

# %% [markdown] lang="pt" asked="no-bias"
# A BatchNorm o tira.
"""


@pytest.fixture
def script(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setattr("resnet_course.checks.LESSONS", {"03_basic_block": ()})
    (tmp_path / "lessons").mkdir()
    (tmp_path / "lessons" / "asked.toml").write_text(QUESTIONS, encoding="utf-8")
    path = tmp_path / "lessons" / "03_basic_block.py"
    path.write_text(LESSON, encoding="utf-8")
    return path


@pytest.mark.parametrize("language", languages())
def test_the_page_leads_from_each_question_to_its_cell(script: Path, language: str) -> None:
    lesson = read_lesson(script)
    page = make_asked(read_questions(script.with_name("asked.toml")), [lesson], language)

    assert list(lint(lesson)) == []
    assert [cell.id for cell in page.cells] == ["asked", "03_basic_block"]
    ((lesson_id, cell_id),) = re.findall(r"\((\w+)/\w+\.ipynb#cell-id=(\w+)\)", page.cells[1].source)
    answer = next(cell for cell in make_notebook(lesson, language).cells if cell.id == cell_id)
    assert lesson_id == "03_basic_block"
    assert "BatchNorm" in answer.source
    assert page.cells[1].source.startswith(f"### {'03 · A lesson' if language == 'en' else '03 · Uma lição'}\n")


def test_a_question_that_no_cell_or_several_cells_answer_is_named_with_its_line(script: Path) -> None:
    questions = script.with_name("asked.toml")
    script.write_text(LESSON.replace(' asked="no-bias"', ""), encoding="utf-8")
    (none,) = unanswered(questions, [read_lesson(script)])
    assert str(none) == f'{questions}:1: no cell of the lessons has asked="no-bias": one must answer it'

    twice = LESSON + "\n# %%\nx = 1\n\n" + LESSON[LESSON.index('# %% [markdown] lang="en" asked') :]
    script.write_text(twice, encoding="utf-8")
    (several,) = unanswered(questions, [read_lesson(script)])
    assert str(several) == f'{questions}:1: several cells of the lessons have asked="no-bias": one must answer it'


def test_an_answer_to_an_unknown_question_is_named(script: Path) -> None:
    script.write_text(LESSON.replace("no-bias", "no-baas"), encoding="utf-8")

    assert [str(problem) for problem in lint(read_lesson(script))] == [
        f"{script}:9: no question of asked.toml is 'no-baas'",
        f"{script}:12: no question of asked.toml is 'no-baas'",
    ]


def test_an_answer_is_marked_on_all_twins(script: Path) -> None:
    script.write_text(LESSON.replace('lang="pt" asked="no-bias"', 'lang="pt"'), encoding="utf-8")

    with pytest.raises(LessonError, match=":9: asked= stands on one of these twins only"):
        read_lesson(script)


@pytest.mark.parametrize(
    ("old", "new", "expected"),
    [
        ('pt = "Por que sem viés?"\n', "", "1: [no-bias] needs a question in 'pt'"),
        ("bias?", "bias.", "1: [no-bias] needs a question in 'en'"),
        ('viés?"', 'viés?"\nfr = "Pourquoi?"', "1: [no-bias] has more than a question"),
        ("[no-bias]", "[no-bias", "1: not TOML"),
    ],
)
def test_a_bad_question_is_named_with_file_and_line(script: Path, old: str, new: str, expected: str) -> None:
    path = script.with_name("asked.toml")
    path.write_text(QUESTIONS.replace(old, new), encoding="utf-8")

    with pytest.raises(LessonError, match=re.escape(f"asked.toml:{expected}")):
        read_questions(path)


def test_a_changed_question_or_answer_makes_the_page_stale_until_it_is_built(script: Path, tmp_path: Path) -> None:
    assert len(find_stale_asked(tmp_path)) == 4
    assert find_stale_asked(tmp_path)[0] == "notebooks/en/asked.ipynb: it has not been built"

    assert len(write_asked(tmp_path)) == 4
    assert write_asked(tmp_path) == find_stale_asked(tmp_path) == []

    script.write_text(LESSON.replace("BatchNorm takes", "The BatchNorm takes"), encoding="utf-8")
    assert find_stale_asked(tmp_path)[0] == "notebooks/en/asked.ipynb: asked.toml or a lesson script has changed since"


# --- the course's own ---------------------------------------------------------------------------------------------


@pytest.mark.parametrize("language", languages())
def test_the_courses_questions_are_short_and_keep_to_its_words(language: str) -> None:
    for key, question in read_questions(LESSONS / "asked.toml").items():
        assert len(question.text[language].split()) <= 25, key
        assert list(avoided(question.text[language], language)) == [], key


def test_each_of_the_courses_questions_has_one_answer() -> None:
    lessons = [read_lesson(path) for path in sorted(LESSONS.glob("[0-9][0-9]_*.py"))]

    assert list(unanswered(LESSONS / "asked.toml", lessons)) == []


@pytest.mark.parametrize("language", languages())
def test_the_start_pages_table_opens_the_page_here_and_elsewhere(language: str) -> None:
    cells = make_notebook(read_lesson(LESSONS / "00_start_here.py"), language).cells
    (table,) = (cell.source for cell in cells if "(../glossary.ipynb)" in cell.source)

    assert re.search(rf"\(\.\./asked\.ipynb\).+\(https://colab\.[^)]+/notebooks/{language}/asked\.ipynb\)", table)
