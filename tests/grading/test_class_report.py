"""The report over several lessons finds what a made class is known to hold, and says it to the teacher alone."""

from __future__ import annotations

import csv
import io
import re
import shutil
import subprocess
import sys
from dataclasses import replace
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import nbformat
import pytest
from classes import (
    HARD,
    SEPARATES_NOBODY,
    STAYS,
    UNHELPFUL,
    Answer,
    disguised,
    made_class,
    misconception,
    release,
    rights,
    write,
)
from course import answer, make_course
from kernel import ROOT, cell
from nbgrader.api import Gradebook
from sqlalchemy import event
from sqlalchemy.engine import Engine
from traitlets.config import Config

from resnet_course import checks
from resnet_course.cli import main
from resnet_course.grading import report
from resnet_course.grading.class_report import (
    MOST_LOOKS,
    ClassResults,
    _looks,
    class_page,
    class_results,
    class_tables,
)
from resnet_course.grading.command import course_config
from resnet_course.grading.record import CourseGradebook
from resnet_course.grading.report import report_page, title_of
from resnet_course.language import find, languages, message, speaking

pytestmark = [pytest.mark.notebook, pytest.mark.xdist_group("class report")]

LESSON = "03_basic_block"
HOSTILE = ("Ana <script>alert(1)</script>", '=cmd|"x"‮')


def config(book: Path) -> Config:
    made = Config()
    made.CourseDirectory.root = str(ROOT)
    made.CourseDirectory.db_url = f"sqlite:///{book}"
    made.CourseDirectory.course_id = "course"
    return made


@pytest.fixture(scope="module")
def released_book(tmp_path_factory: pytest.TempPathFactory) -> Path:
    book = tmp_path_factory.mktemp("book") / "gradebook.db"
    release(f"sqlite:///{book}")
    return book


@pytest.fixture(scope="module")
def class_book(released_book: Path) -> Path:
    """Of 200 learners, two have copied, one handed in an empty folder, half handed in twice."""
    book = released_book.with_name("class.db")
    shutil.copy(released_book, book)
    work = made_class(200)
    for grade_id in checks.LESSONS["06_transfer_learning"]:
        unusual = max(rights(grade_id), key=lambda each: len(each.source))
        work["learner0001"][grade_id] = [unusual]
        work["learner0003"][grade_id] = [Answer("passed", disguised(unusual.source))]
    for grade_id in checks.LESSONS[LESSON]:
        work["learner0005"][grade_id] = [Answer("no-notebook", "")]
    write(f"sqlite:///{book}", work, {"learner0001": HOSTILE})
    return book


@pytest.fixture(scope="module")
def results(class_book: Path) -> ClassResults:
    found = class_results(config(class_book), [])
    assert found is not None
    return found


def test_the_planted_hard_exercise_is_the_hardest(results: ClassResults) -> None:
    assert min(results.items, key=lambda each: each.share).grade_id == HARD


def test_where_exercises_are_equally_hard_all_are_named_and_of_too_many_none(results: ClassResults) -> None:
    (hard,) = [each for each in results.items if each.grade_id == HARD]
    for count in (2, MOST_LOOKS + 1):
        items = [replace(each, right=hard.right, total=hard.total) for each in results.items[:count]]
        told = [each["text"] for each in _looks(replace(results, items=items)) if "Hardest" in each["text"]]

        assert len(told) == (count <= MOST_LOOKS)
        assert all(each.grade_id in text for text in told for each in items)


def test_the_planted_exercise_separates_nobody_and_all_others_do(results: ClassResults) -> None:
    meanings = {each.grade_id: each.discrimination and each.discrimination.meaning for each in results.items}

    assert meanings.pop(SEPARATES_NOBODY) == "weak"
    assert set(meanings.values()) == {"separates"}


def test_the_planted_misconception_stays(results: ClassResults) -> None:
    found = next(each for each in results.misconceptions if each.grade_id == STAYS)

    assert found.key == misconception(STAYS).key
    assert found.still == found.resubmitted >= 10
    assert found.changed == 0


def test_the_planted_card_does_not_help(results: ClassResults) -> None:
    found = next(each for each in results.misconceptions if each.grade_id == UNHELPFUL)

    assert found.key == misconception(UNHELPFUL).key
    assert found.again == found.changed >= 10


def test_nobody_but_the_planted_two_are_alike(results: ClassResults) -> None:
    assert [each.learners for each in results.hints] == [("learner0001", "learner0003")]


def test_an_empty_folder_is_no_submission(results: ClassResults, class_book: Path) -> None:
    assert (results.learners, results.submissions, results.unseen) == (200, 200 * 8 - 1, 1)
    assert {each.total for each in results.items if each.lesson == LESSON} == {199}
    page = report_page(config(class_book), LESSON)
    assert page is not None
    assert "199 submissions" in page
    assert message("grading.page.unseen", count=1) in page


class Page(HTMLParser):
    """What a page holds."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.text = ""
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))

    def handle_data(self, data: str) -> None:
        self.text += data


@pytest.mark.parametrize("language", languages())
def test_what_stands_out_stands_first(results: ClassResults, language: str) -> None:
    with speaking(language):
        page = class_page(ROOT, results)
        looks = page.partition('<ol class="look">')[2].partition("</ol>")[0]

        assert f'lang="{language}"' in page
        assert [name for name in (HARD, STAYS, UNHELPFUL, SEPARATES_NOBODY) if f"<code>{name}</code>" in looks] == [
            *(HARD, STAYS, UNHELPFUL, SEPARATES_NOBODY)
        ]
        assert message("grading.class.looks.alike", count=len(results.hints)) in looks
        assert message("grading.class.hint") in Page(page).text
        assert page.index("look") < page.index("<table")


def test_a_page_needs_no_network_and_runs_nothing(results: ClassResults, class_book: Path) -> None:
    for text in (class_page(ROOT, results), report_page(config(class_book), LESSON) or ""):
        page = Page(text)
        assert not {"script", "link", "img", "iframe"} & {tag for tag, _ in page.tags}
        addresses = [facts.get(name) or "#" for _, facts in page.tags for name in ("href", "src", "style")]
        assert all(each.startswith(("#", "width:")) for each in addresses)
        assert not re.search(r"url\(|@import|https?:", text)


def test_names_are_texts(results: ClassResults) -> None:
    page = Page(class_page(ROOT, results))

    assert 'Ana <script>alert(1)</script> =cmd|"x"� (learner0001)' in page.text


@pytest.mark.parametrize("language", languages())
def test_a_title_is_a_sentence_where_what_it_begins_with_differs(language: str) -> None:
    with speaking(language):
        for key in find("common.faults"):
            assert not title_of(LESSON, "basic-block", key).startswith("…")
        assert title_of(LESSON, "basic-block", "earlier-exercise") == find("grading.titles.earlier-exercise")


def test_where_all_are_as_hard_none_is_the_hardest(class_book: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert "Hardest: " in (report_page(config(class_book), LESSON) or "")
    monkeypatch.setattr(report, "seen", lambda found: [each for each in found if each.key == "passed"])
    page = report_page(config(class_book), LESSON) or ""

    assert "Hardest" not in page
    assert message("grading.page.even", share="100%") in page


def test_a_lessons_page_names_nobody(class_book: Path) -> None:
    page = report_page(config(class_book), LESSON) or ""

    assert "learner0" not in page
    assert "Ana" not in page


def table(text: str) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(text, newline="")))


def test_the_tables_hold_what_the_page_shows(results: ClassResults) -> None:
    tables = {name: table(text) for name, text in class_tables(results).items()}

    exercise = next(each for each in tables["exercises"] if each["exercise"] == SEPARATES_NOBODY)
    item = next(each for each in results.items if each.grade_id == SEPARATES_NOBODY)
    assert (int(exercise["right"]), exercise["meaning"]) == (item.right, message("grading.class.meanings.weak"))
    assert float(exercise["low"]) < float(exercise["discrimination"]) < float(exercise["high"])
    assert [each["exercise"] for each in tables["exercises"]] == [each.grade_id for each in results.items]
    stays = next(each for each in tables["misconceptions"] if each["exercise"] == STAYS)
    assert int(stays["still"]) == int(stays["resubmitted"]) >= 10
    assert [each["learner"] for each in tables["alike"]][:2] == ["learner0001", "learner0003"]


def test_the_columns_are_named_in_the_language_of_the_course(results: ClassResults) -> None:
    with speaking("pt"):
        tables = class_tables(results)

    assert tables["exercises"].splitlines()[0].startswith("lição,exercício,entregas,acertos,não começaram,")
    assert tables["misconceptions"].splitlines()[0].startswith("lição,exercício,mensagem,título,na primeira,")
    assert tables["alike"].splitlines()[0].startswith("grupo,aluno,nome,lição,exercícios,em comum,")


def test_no_cell_of_a_table_is_a_formula(released_book: Path, tmp_path: Path) -> None:
    book = shutil.copy(released_book, tmp_path / "gradebook.db")
    unusual = max(rights("evaluate"), key=lambda each: len(each.source))
    work: Any = {f"=learner{n}": {"evaluate": [unusual if n < 2 else misconception("evaluate")]} for n in range(30)}
    write(f"sqlite:///{book}", work)
    found = class_results(config(book), [])

    assert found is not None and found.hints
    for text in class_tables(found).values():
        for row in csv.reader(io.StringIO(text, newline="")):
            assert not any(value.startswith(("=", "+", "@")) for value in row)


def test_in_a_small_class_the_report_says_that_they_are_too_few(released_book: Path, tmp_path: Path) -> None:
    book = shutil.copy(released_book, tmp_path / "gradebook.db")
    write(f"sqlite:///{book}", made_class(12, [LESSON]))
    found = class_results(config(book), [])
    assert found is not None
    page = class_page(ROOT, found)

    assert [each.discrimination for each in found.items] == [None] * 4
    assert page.count(message("grading.class.meanings.too-few")) == 4
    assert message("grading.class.none_alike") in page
    assert message("grading.class.private") not in page  # nobody is named


def test_only_the_lessons_that_were_asked_for(class_book: Path) -> None:
    found = class_results(config(class_book), [LESSON, "04_bottleneck"])

    assert found is not None
    assert found.lessons == (LESSON, "04_bottleneck")


def test_a_class_ten_times_as_large_takes_no_more_queries(released_book: Path, tmp_path: Path) -> None:
    def queries(learners: int) -> int:
        book = shutil.copy(released_book, tmp_path / f"{learners}.db")
        write(f"sqlite:///{book}", made_class(learners, [LESSON, "04_bottleneck"]))
        asked: list[str] = []

        def count(_connection: Any, _cursor: Any, statement: str, *_: Any) -> None:
            asked.append(statement)

        event.listen(Engine, "before_cursor_execute", count)
        try:
            assert class_results(config(book), []) is not None
        finally:
            event.remove(Engine, "before_cursor_execute", count)
        return sum(each.startswith("SELECT") for each in asked)

    assert queries(10) == queries(100) <= 10


def test_answers_that_an_earlier_version_did_not_keep(released_book: Path, tmp_path: Path) -> None:
    book = shutil.copy(released_book, tmp_path / "gradebook.db")
    work = {
        learner: {grade_id: [Answer(told[-1].key, "")] for grade_id, told in each.items()}
        for learner, each in made_class(30, [LESSON]).items()
    }
    write(f"sqlite:///{book}", work)
    found = class_results(config(book), [])

    assert found is not None
    assert message("grading.class.unkept", unkept=30) in class_page(ROOT, found)


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        ([], "Nothing of these lessons is graded yet"),
        ([LESSON, "99_nothing"], "There is no lesson '99_nothing'"),
        ([LESSON, "--csv"], "The tables belong to the report over several lessons"),
    ],
)
def test_what_cannot_be_reported_gets_a_sentence(
    arguments: list[str],
    sentence: str,
    released_book: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    shutil.copy(ROOT / "nbgrader_config.py", tmp_path)
    shutil.copy(released_book, tmp_path / "gradebook.db")
    monkeypatch.chdir(tmp_path)

    assert main(["report", *arguments]) == 1
    assert sentence in capsys.readouterr().err
    assert not list(tmp_path.glob("*.html"))


def test_from_submissions_to_the_page(sandboxed: None, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Two hand in the same mistake, one of them the right answer after that; a third only makes a folder."""
    course = make_course(tmp_path, LESSON)
    right = answer(LESSON, "en", "conv3x3", "shortcut")
    wrong = answer(LESSON, "en", "conv3x3")
    cell(wrong, "shortcut-answer").source = "def make_shortcut(inplanes, planes, stride):\n    return None\n"
    (course / "submitted" / "caio" / LESSON).mkdir(parents=True)
    for notebooks in ({"ana": wrong, "bia": wrong}, {"bia": right}):
        for learner, notebook in notebooks.items():
            folder = course / "submitted" / learner / LESSON
            folder.mkdir(parents=True, exist_ok=True)
            nbformat.write(notebook, folder / f"{LESSON}.ipynb")
        command = [str(Path(sys.executable).parent / "resnet-course"), "grade", LESSON, "--jobs", "1", "--resume"]
        subprocess.run(command, cwd=course, check=True, capture_output=True, timeout=300)
    monkeypatch.chdir(course)

    assert main(["report", "--csv"]) == 0
    with CourseGradebook(f"sqlite:///{course / 'gradebook.db'}", "resnet-course") as book:
        found = {(each.learner, each.grade_id): (each, source) for each, source in book.outcomes()}
    ana, source = found["ana", "shortcut"]
    assert [key for key, _ in ana.told] == ["always-none"]
    assert source == cell(wrong, "shortcut-answer").source
    assert [key for key, _ in found["bia", "shortcut"][0].told] == ["always-none", "passed"]
    rows = {each["exercise"]: each for each in table((course / "class_report_exercises.csv").read_text("utf-8-sig"))}
    assert (rows["shortcut"]["submissions"], rows["shortcut"]["right"]) == ("2", "1")
    assert message("grading.class.unseen", unseen=1) in (course / "class_report.html").read_text("utf-8")

    # Points by hand count in the page of one lesson, as in the exports.
    with Gradebook(f"sqlite:///{course / 'gradebook.db'}", "resnet-course") as book:
        earned = sum(each.score for each in book.assignment_submissions(LESSON))
        book.find_grade("find-the-bug", LESSON, LESSON, "bia").manual_score = 1.5
        book.db.commit()
    assert f"on average {(earned + 1.5) / 2:.2f} of 10 points" in (report_page(course_config(course), LESSON) or "")
