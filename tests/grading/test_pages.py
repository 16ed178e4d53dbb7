"""Feedback and formgrader's pages: for learners to read, for teachers to grade on, and for nobody to act through."""

from __future__ import annotations

import os
import re
import shutil
import sqlite3
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import closing
from dataclasses import replace
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

import nbformat
import pytest
from corpus import LESSON, WRONG_SHORTCUT, save, solution
from kernel import ROOT, cell, released, says
from nbgrader.converters import GenerateAssignment
from nbgrader.coursedir import CourseDirectory
from servers import free_ports, wait_for

from resnet_course.grading.autograde import SealedAutograde, read_timestamp
from resnet_course.grading.command import course_config
from resnet_course.grading.feedback import Feedback
from resnet_course.grading.graded import Graded, Question
from resnet_course.grading.record import CourseGradebook
from resnet_course.grading.sanitize import clean_html, markdown2html
from resnet_course.language import languages, message, speaking

if TYPE_CHECKING:
    from playwright.sync_api import Page

pytestmark = [pytest.mark.notebook, pytest.mark.xdist_group("pages")]

BIN = Path(sys.executable).parent
# What formgrader's scripts bind to a grade, what Bootstrap draws, and what asks another machine for something.
OVERLAY = (
    '<div class="nbgrader_cell" style="position:fixed;inset:0;z-index:9999" onclick="alert(4711)">'
    '<input class="score tabbable" id="shortcut"><button class="btn full-credit" name="x">Read on</button>'
    '<a href="/logout" data-toggle="tooltip" role="button" aria-label="x">Read on</a>'
    '<h4 class="panel-title">Score: 10 / 10</h4><img src="http://127.0.0.1:9/4711.png"></div>'
)
MARKUP = '<b id="4711">[mallory]*</b>'

# --- what a page may hold ------------------------------------------------------------------------------------------


@pytest.mark.parametrize("clean", [clean_html, markdown2html])
def test_no_attribute_stays_on_which_scripts_or_style_sheets_act(clean: Any) -> None:
    names = (
        "class",
        "id",
        "style",
        "name",
        "for",
        "role",
        "aria-label",
        "data-link",
        "data-toggle",
        "title",
        "onclick",
    )
    for tag in ("p", "div", "span", "a", "img", "td", "table", "details", "h1"):
        made = clean(f"<{tag} {' '.join(f'{name}=score' for name in names)}>text</{tag}>")
        made = made.replace('<div class="tex2jax_ignore">', "<div>")
        assert not [name for name in names if f"{name}=" in made], made


@pytest.mark.parametrize("address", ["http://e.example/1.png", "//e.example/1.png", "/api/x", "data:image/svg+xml,x"])
def test_no_image_comes_from_elsewhere(address: str) -> None:
    assert "src" not in clean_html(f'<img src="{address}" alt="x">')
    assert "src" not in markdown2html(f"![x]({address})")


def test_an_image_that_is_there_and_a_table_stay() -> None:
    assert 'src="data:image/png;base64,AAAA"' in clean_html('<img src="data:image/png;base64,AAAA">')
    assert '<td colspan="2">x</td>' in clean_html('<table><tr><td colspan="2">x</td></tr></table>')


@pytest.mark.parametrize("address", ["/hub/logout", "x", "javascript:alert(1)", "data:text/html,x", "//e.example"])
def test_no_link_leads_into_the_server(address: str) -> None:
    assert "href" not in clean_html(f'<a href="{address}">x</a>')


def test_cleaning_takes_no_time_that_a_learner_chooses() -> None:
    began = time.process_time()
    clean_html("<div>" * 200_000)
    clean_html("<table>" + "<tr><td>1</td></tr>" * 200_000)

    assert time.process_time() - began < 1


# --- a course after a few have handed in ---------------------------------------------------------------------------


def handed_in(course: Path, learner: str, notebook: Any) -> Path:
    folder = course / "submitted" / learner / LESSON
    folder.mkdir(parents=True)
    save(notebook, folder)
    return folder


def half_done(language: str) -> Any:
    made = solution(LESSON, language)
    cell(made, "shortcut-answer").source = WRONG_SHORTCUT
    cell(made, "find-the-bug-b-answer").source = cell(released(LESSON, language), "find-the-bug-b-answer").source
    shown = f"from IPython.display import HTML, display\ndisplay(HTML({OVERLAY!r}))"
    cell(made, "conv3x3-answer").source += f"\n\n{shown}\nprint('a' * 10**5, '\\x1b[5m\\x07')"
    return made


def convert(course: Path, converter: Any) -> None:
    """Do in this process what a command of nbgrader does."""
    config = course_config(course)
    config.CourseDirectory.assignment_id = LESSON
    converter(coursedir=CourseDirectory(config=config), config=config).start()


@pytest.fixture(scope="module")
def course(tmp_path_factory: pytest.TempPathFactory, sandboxed: None) -> Path:
    """Four learners: one in each language, one whose name is HTML, one whose time cannot be read."""
    made = tmp_path_factory.mktemp("pages")
    shutil.copy(ROOT / "nbgrader_config.py", made)
    shutil.copytree(ROOT / "solutions" / "en" / LESSON, made / "solutions" / "en" / LESSON)
    convert(made, GenerateAssignment)
    for language in languages():
        (handed_in(made, f"half_{language}", half_done(language)) / "![](http:e.example)$x$.txt").touch()
    handed_in(made, MARKUP.replace("/", "∕"), released(LESSON, "en"))
    (handed_in(made, "no-time", released(LESSON, "en")) / "timestamp.txt").write_bytes(b"\xff soon")
    bad = made / "submitted" / "two\nlines" / LESSON
    bad.mkdir(parents=True)
    save(released(LESSON, "en"), bad)
    convert(made, SealedAutograde)
    shutil.copytree(made / "autograded" / "no-time", made / "autograded" / "two\nlines")
    with CourseGradebook(f"sqlite:///{made}/gradebook.db", "resnet-course") as book:
        grade = book.find_grade("shortcut", LESSON, LESSON, "half_en")
        grade.manual_score, grade.needs_manual_grade = 0.5, True
        comment = book.find_comment("find-the-bug-c-answer", LESSON, LESSON, "half_en")
        comment.manual_comment = (
            r"**Nearly.** ![](http://e.example/4711.png) It is $F(x) + \frac{a}{b} < 1$, for $5 or $6: "
            r"$\href{javascript:x}{y}$"
        )
        book.find_submission_notebook(LESSON, LESSON, "half_pt").late_submission_penalty = 1.5
        book.db.commit()
    convert(made, Feedback)
    return made


def feedback(course: Path, learner: str) -> str:
    return (course / "feedback" / learner / LESSON / f"{LESSON}.html").read_text(encoding="utf-8")


def test_no_html_of_a_learner_is_kept(course: Path) -> None:
    kept = nbformat.read(course / "autograded" / "half_en" / LESSON / f"{LESSON}.ipynb", as_version=4)
    outputs = [output for output in cell(kept, "conv3x3-answer").outputs if "data" in output]

    assert [set(output.data) for output in outputs] == [{"text/plain"}]
    report = cell(kept, "grader-report").source
    assert "![](http:e.example)$x$.txt" in re.findall(r"^```text\n(.*)^```$", report, re.DOTALL | re.MULTILINE)[0]


@pytest.mark.parametrize("language", languages())
def test_feedback_is_in_the_learners_language_and_short(course: Path, language: str) -> None:
    page = feedback(course, f"half_{language}")
    with speaking(language):
        for part in ("points", "answer", "check", "found"):
            assert message(f"grading.feedback.{part}") in page
    assert f'<html lang="{language}">' in page
    assert says(page, "grading.findings.extra-files", language)
    assert len(page.encode()) < 60_000
    for other in ("Student's answer", "Test cell", "$$", "\\frac", "MathJax", "<script"):
        assert other not in page


def test_feedback_has_points_by_hand_comments_and_the_penalty(course: Path) -> None:
    english, portuguese = feedback(course, "half_en"), feedback(course, "half_pt")

    assert "0.5 of 2" in english
    assert english.count(message("grading.feedback.undecided")) == 1
    assert says(portuguese, "grading.feedback.undecided", "pt") is False
    below_the_third = english[english.index("BlockC") :]
    assert "<strong>Nearly.</strong>" in below_the_third
    assert english.count("Nearly.") == 1
    assert re.search(r"It is <math [^>]*display=.inline.>.*<mfrac>.*</math>, for \$5 or \$6: ", below_the_third)
    assert not re.search(r"<[^>]*javascript", below_the_third)
    with speaking("pt"):
        assert message("grading.feedback.late") in portuguese
    assert "−1,5" in portuguese


def test_feedback_loads_nothing_runs_nothing_and_shows_no_control_character(course: Path) -> None:
    page = feedback(course, "half_en")

    assert "default-src 'none'" in page
    assert not re.search(
        r"<(script|link|iframe|object|form|input|button)\b|<[^>]* src=.http|[\x00-\x08\x0b-\x1f]", page
    )
    assert "a" * 5000 not in page


def test_a_folder_that_nobody_can_name_costs_nobody_else_their_feedback(course: Path) -> None:
    made = {path.name for path in (course / "feedback").iterdir()}

    assert made == {"half_en", "half_pt", "no-time", MARKUP.replace("/", "∕")}


def test_the_graders_comment_stands_under_the_part_that_it_is_about(course: Path) -> None:
    with closing(sqlite3.connect(course / "gradebook.db")) as book:
        rows = book.execute(
            """
            SELECT DISTINCT b.name FROM comment c JOIN base_cell b ON c.cell_id = b.id
            JOIN submitted_notebook n ON c.notebook_id = n.id JOIN submitted_assignment s ON n.assignment_id = s.id
            WHERE s.student_id = 'half_pt' AND c.auto_comment IS NOT NULL
            """
        ).fetchall()

    assert {name for (name,) in rows} == {"shortcut-answer", "find-the-bug-b-answer"}


@pytest.mark.parametrize("content", [b"", b"\xff soon", b"yesterday", b"9" * 99, b"3024-01-01", None], ids=repr)
def test_a_time_that_cannot_be_read_is_none(tmp_path: Path, content: bytes | None) -> None:
    if content is None:
        (tmp_path / "timestamp.txt").mkdir()
    else:
        (tmp_path / "timestamp.txt").write_bytes(content)

    assert read_timestamp(tmp_path) is None


# --- in Chromium ---------------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def server(course: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The address of a Jupyter server with formgrader in the course."""
    (port,) = free_ports(1)
    address = f"http://127.0.0.1:{port}"
    home = tmp_path_factory.mktemp("home")
    flags = [f"--ServerApp.port={port}", "--ServerApp.port_retries=0", "--IdentityProvider.token=", "--allow-root"]
    with (home / "log").open("w") as log:
        process = subprocess.Popen(
            [str(BIN / "jupyter"), "server", "--no-browser", "--ServerApp.root_dir=.", *flags],
            cwd=course,
            env=os.environ | {"COURSE_LANGUAGE": "pt", "JUPYTER_CONFIG_DIR": str(home), "JUPYTER_DATA_DIR": str(home)},
            stdout=log,
            stderr=subprocess.STDOUT,
        )
    try:
        wait_for(f"{address}/api", process, home / "log")
        yield address
    finally:
        process.terminate()
        process.wait(30)


@pytest.fixture
def page(page: Page) -> Page:
    """A page that asks no other machine for anything."""
    page.route(re.compile(r"^https?://(?!127\.0\.0\.1)"), lambda route: route.abort())
    return page


def submission_of(course: Path, learner: str) -> str:
    with CourseGradebook(f"sqlite:///{course}/gradebook.db", "resnet-course") as book:
        return str(book.find_submission_notebook(LESSON, LESSON, learner).id)


def by_hand(course: Path) -> list[Any]:
    with closing(sqlite3.connect(course / "gradebook.db")) as book:
        return book.execute(
            "SELECT id, manual_score, extra_credit, needs_manual_grade FROM grade ORDER BY id"
        ).fetchall()


def test_no_click_on_what_a_learner_wrote_gives_points(course: Path, server: str, page: Page) -> None:
    # As if an older grader had kept the learner's HTML.
    path = course / "autograded" / "half_en" / LESSON / f"{LESSON}.ipynb"
    kept = nbformat.read(path, as_version=4)
    shown = nbformat.v4.new_output("display_data", {"text/html": OVERLAY, "text/plain": "x"})
    cell(kept, "shortcut-answer").outputs = [shown]
    path.chmod(0o644)
    nbformat.write(kept, path)
    before = by_hand(course)
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    with page.expect_response(lambda answer: "/api/grades" in answer.url):
        page.goto(f"{server}/formgrader/submissions/{submission_of(course, 'half_en')}/")
    text = page.locator(".output_html", has_text="Read on")

    assert text.count() == 1
    assert text.locator("button, input, img[src], [id], [style], [data-toggle], [role]").count() == 0
    assert text.locator("[class]").count() == 1  # the grader's own: no formulas here
    assert page.locator("#shortcut").count() == 1
    for point in ((650, 300), (650, 600)):
        page.mouse.click(*point)
    for each in text.locator("*").all():
        each.click(force=True)
    page.wait_for_timeout(300)
    assert by_hand(course) == before
    assert not [address for address in asked if "4711" in address]


def test_a_teachers_click_does_give_points(course: Path, server: str, page: Page) -> None:
    with page.expect_response(lambda answer: "/api/grades" in answer.url):
        page.goto(f"{server}/formgrader/submissions/{submission_of(course, 'no-time')}/")
    with page.expect_response(lambda answer: "/api/grade/" in answer.url):
        page.locator(".nbgrader_cell", has=page.locator("#shortcut")).locator(".full-credit").click()
    with CourseGradebook(f"sqlite:///{course}/gradebook.db", "resnet-course") as book:
        assert book.find_grade("shortcut", LESSON, LESSON, "no-time").manual_score == 2


def test_a_time_that_cannot_be_read_breaks_no_page_and_names_are_text(course: Path, server: str, page: Page) -> None:
    page.goto(f"{server}/formgrader/manage_submissions/{LESSON}")
    page.get_by_text("no-time").first.wait_for()
    assert page.get_by_text("half_en").count() >= 1
    for address in (
        f"submissions/{submission_of(course, MARKUP.replace('/', '∕'))}/",
        f"manage_students/{MARKUP.replace('/', '∕')}",
    ):
        page.goto(f"{server}/formgrader/{address}")
        assert page.locator("[id='4711']").count() == 0
        assert "mallory" in page.content()


@pytest.mark.parametrize("width", [1200, 360])
@pytest.mark.parametrize("language", languages())
def test_feedback_fits_a_phone_and_a_screen_reader(course: Path, page: Page, language: str, width: int) -> None:
    from axe_playwright_python.sync_playwright import Axe

    page.set_viewport_size({"width": width, "height": 900})
    page.goto((course / "feedback" / f"half_{language}" / LESSON / f"{LESSON}.html").as_uri())
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    # axe runs as a script, which the page's own policy would not let in: look at its content without the policy.
    page.set_content(re.sub(r"<meta http-equiv[^>]*>", "", page.content()))
    found = Axe().run(page).response["violations"]
    assert not found, [(each["id"], [node["html"] for node in each["nodes"]]) for each in found]


# --- many ----------------------------------------------------------------------------------------------------------


def test_feedback_for_sixty_takes_seconds(course: Path, tmp_path: Path) -> None:
    made = tmp_path / "course"
    shutil.copytree(course, made, ignore=shutil.ignore_patterns("feedback", "submitted"))
    shutil.rmtree(made / "autograded" / "two\nlines")
    questions = [
        Question(name, "unsolved", "t", 7, 0.1) for name in ("conv3x3", "basic-block", "shortcut", "find-the-bug")
    ]
    graded = Graded("", LESSON, "en", "d", tuple(questions), (), "{}", "v")
    with CourseGradebook(f"sqlite:///{made}/gradebook.db", "resnet-course") as book:
        for number in range(56):
            book.record(replace(graded, learner=f"l{number}"), datetime(2025, 1, 2))
            shutil.copytree(made / "autograded" / "half_en", made / "autograded" / f"l{number}")
    began = time.process_time()
    convert(made, Feedback)
    taken = time.process_time() - began
    pages = list((made / "feedback").rglob("*.html"))

    assert len(pages) == 60
    assert max(path.stat().st_size for path in pages) < 60_000
    assert taken < 3  # to start nbgrader takes as long again
