"""Feedback pages: what the learner wrote, what was said of it and what it is worth; ``nbgrader generate_feedback``.

nbgrader's own page is the whole notebook: prose, formulas that a script from elsewhere must set, figures. This one
holds the exercises, in the learner's language, and nothing that runs, loads, or could be taken for a score.
"""

from __future__ import annotations

import html
import json
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from functools import cache
from importlib.resources import files
from pathlib import Path
from typing import Any

import nbformat
from jinja2 import Environment, FileSystemLoader, Template, select_autoescape
from latex2mathml.converter import convert as latex2mathml
from markupsafe import Markup
from nbconvert.filters import strip_ansi
from nbconvert.filters.highlight import Highlight2HTML
from nbformat.notebooknode import NotebookNode
from nbgrader.api import SubmittedNotebook
from nbgrader.converters import GenerateFeedback
from nbgrader.converters.base import NbGraderException
from pygments.formatters import HtmlFormatter
from traitlets import List

from resnet_course import checks
from resnet_course.checks.shown import first_lines
from resnet_course.grading.autograde import is_asked_for
from resnet_course.grading.findings import is_fit, printable
from resnet_course.grading.intake import language_of
from resnet_course.grading.record import CourseGradebook, GradedSubmission
from resnet_course.grading.sanitize import markdown2html
from resnet_course.language import course_language, current_language, find, message, number, speaking

# So many characters of what learners wrote fit on a page, the tags of coloured code among them.
MOST_CHARACTERS = 40_000
# Names and operators, most of all code, look like any other text.
PLAIN = re.compile(r'<span class="(?:n|o|p|w|nn)">(.*?)</span>', re.DOTALL)
FORMULA = re.compile(r"(\$\$?)(?=[^\s$])([^$<]+)(?<=\S)\1(?!\d)")
BEYOND_FORMULAS = re.compile(r"\\(href|style|class|cssId|url)")  # commands that set an attribute
UNSEEN = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f]")


@dataclass(frozen=True)
class Part:
    """One answer cell: its code as HTML, what it printed, and the comment under it as HTML."""

    code: str
    printed: str
    comment: str


@dataclass(frozen=True)
class Exercise:
    """One exercise: its parts, its card as HTML, its points as they are written."""

    name: str
    parts: list[Part]
    card: str
    printed: str
    points: str
    most: str
    right: bool
    undecided: bool = False  # the points were given by hand to an earlier submission


@dataclass(frozen=True)
class Page:
    """What a feedback page shows."""

    title: str
    points: str
    most: str
    exercises: list[Exercise]
    penalty: str = ""
    comments: list[Part] = field(default_factory=list)  # on cells that belong to no exercise
    findings: list[str] = field(default_factory=list)


class Feedback(GenerateFeedback):  # type: ignore[misc]  # nbgrader has no types
    """nbgrader's ``GenerateFeedback`` with the course's page; a folder that it cannot take costs nobody else theirs."""

    preprocessors: Any = List([])  # nbgrader's read the gradebook cell by cell

    def init_notebooks(self) -> None:
        """Find the graded notebooks of the lesson."""
        lesson = self.coursedir.assignment_id
        graded = Path(self.coursedir.root) / self.coursedir.autograded_directory
        self.assignments: dict[str, list[str]] = {}
        self.notebooks: list[str] = []
        for folder in sorted(graded.iterdir()) if graded.is_dir() else ():
            path = folder / lesson / f"{lesson}.ipynb"
            if not is_asked_for(folder.name, self.coursedir) or not path.is_file():
                continue
            if is_fit(folder.name):
                self.assignments[str(path.parent)] = [str(path)]
            else:
                self.log.warning("%s: %s", printable(folder.name), message("grading.command.unfit-name"))
        if not self.assignments:
            sentence = message("grading.command.not-graded", lesson=lesson)
            self.log.error(sentence)
            raise NbGraderException(sentence)

    def convert_notebooks(self) -> None:
        """Make the pages, all from one connection to the gradebook."""
        with CourseGradebook.of(self.coursedir) as self._gradebook:
            super().convert_notebooks()

    def convert_single_notebook(self, notebook_filename: str) -> None:
        """Make one page."""
        resources = self.init_single_notebook_resources(notebook_filename)
        content = Path(notebook_filename).read_bytes()
        lesson, learner = (resources["nbgrader"][name] for name in ("assignment", "student"))
        recorded = self._gradebook.find_submission_notebook(lesson, lesson, learner)
        row = self._gradebook.db.get(GradedSubmission, (learner, lesson))
        findings = [sentence for _, sentence in json.loads(row.findings)] if row is not None else []
        language = row.language if row is not None else language_of(content, course_language())
        with speaking(language):
            page = render(make_page(nbformat.reads(content, as_version=4), recorded, findings))
        self._gradebook.db.rollback()
        self.write_single_notebook(page, {**resources, "output_extension": ".html"})


def render(page: Page) -> str:
    """Return a page as HTML, in the current language."""
    return _template().render(
        page=page,
        language=current_language(),
        text=find("grading.feedback"),
        style=Markup(HtmlFormatter().get_style_defs("pre")),
    )


@cache
def _template() -> Template:
    templates = Environment(loader=FileSystemLoader(Path(__file__).parent), autoescape=select_autoescape(["html"]))
    return templates.get_template("feedback.html")


def make_page(notebook: NotebookNode, recorded: SubmittedNotebook, findings: Sequence[str]) -> Page:
    """Return what the feedback on a graded notebook shows, in the current language."""
    grades = {grade.name: grade for grade in recorded.grades}
    # The grader's own comments say what the cards say.
    comments = {each.name: each.manual_comment for each in recorded.comments if each.manual_comment}
    cells = [cell for cell in notebook.cells if "nbgrader" in cell.metadata]
    answers = [cell for cell in cells if cell.metadata.nbgrader.get("solution")]
    share = MOST_CHARACTERS // max(1, len([cell for cell in answers if checks.exercise_of(cell.id)]))
    parts: dict[str | None, list[Part]] = {}
    for cell in answers:
        exercise = checks.exercise_of(cell.id)
        if exercise or cell.id in comments:
            comment = _with_formulas(markdown2html(comments[cell.id])) if cell.id in comments else ""
            parts.setdefault(exercise, []).append(Part(_code(cell.source, share), _printed(cell, share), comment))
    exercises = [
        Exercise(
            name=cell.id,
            parts=parts.get(cell.id, []),
            card=_card(cell),
            printed=_printed(cell, share),
            points=number(grades[cell.id].score or 0.0, "g"),
            most=number(grades[cell.id].max_score or 0.0, "g"),
            undecided=grades[cell.id].manual_score is not None and bool(grades[cell.id].needs_manual_grade),
            right=(grades[cell.id].score or 0.0) >= (grades[cell.id].max_score or 0.0),
        )
        for cell in cells
        if cell.metadata.nbgrader.get("grade") and cell.id in grades
    ]
    penalty = recorded.late_submission_penalty or 0.0
    return Page(
        title=_title(recorded.name) or notebook.metadata.get("title", recorded.name),
        points=number(max(0.0, recorded.score - penalty), "g"),
        most=number(recorded.max_score, "g"),
        exercises=exercises,
        penalty=number(penalty, "g") if penalty else "",
        comments=parts.get(None, []),
        findings=[_visible(each) for each in findings],
    )


def _title(lesson: str) -> str:
    """Return a lesson's title in the current language; it may have been released in another."""
    facts = json.loads(files("resnet_course").joinpath("lessons.json").read_text(encoding="utf-8"))
    return str(facts.get(lesson, {}).get("title", {}).get(current_language(), ""))


_highlight = Highlight2HTML(pygments_lexer="ipython3")


def _code(source: str, most: int) -> str:
    """Return code as HTML, coloured if it is not too long, and cut if it is longer still."""
    coloured = PLAIN.sub(r"\1", str(_highlight(_visible(source)))) if len(source) < most else ""
    found = re.search(r"<pre>(?:<span></span>)?(.*)</pre>", coloured, re.DOTALL)
    if found and len(found[1]) <= most:
        return found[1]
    return _cut(html.escape(_visible(source[: 2 * most])), most)


def _cut(text: str, most: int) -> str:
    """Return escaped text, with a remark in the place of what is too long."""
    if len(text) <= most:
        return text
    kept = re.sub(r"&[^;\s]*$", "", text[:most])
    return f"{kept}\n… {message('grading.feedback.cut')}"


def _with_formulas(text: str) -> str:
    """Return HTML with its formulas as MathML, which a browser sets without a script; what is none stays as it is."""

    def convert(found: re.Match[str]) -> str:
        if BEYOND_FORMULAS.search(found[2]):
            return found[0]
        try:
            return str(latex2mathml(html.unescape(found[2]), display="block" if found[1] == "$$" else "inline"))
        except Exception:  # of many kinds; a price in dollars, perhaps
            return found[0]

    return FORMULA.sub(convert, text)


def _printed(cell: NotebookNode, most: int) -> str:
    """Return as HTML what a cell printed and the last line of its error; of a check's cell, what the answer printed."""
    text = "\n".join(_texts(cell))
    return _cut(html.escape(first_lines(_visible(strip_ansi(text)))), most // 4) if text.strip() else ""


def _texts(cell: NotebookNode) -> Iterator[str]:
    for output in cell.get("outputs", []):
        if output.output_type == "stream":
            yield output.text.rstrip("\n")
        elif cell.metadata.nbgrader.get("grade"):
            continue  # the card, which stands by itself
        elif output.output_type == "error":
            yield f"{output.ename}: {output.evalue}"
        elif {"image/png", "image/jpeg"} & set(output.data):
            yield f"[{message('grading.feedback.figure')}]"
        else:
            yield str(output.data.get("text/plain", ""))


def _card(cell: NotebookNode) -> str:
    """Return the card that the grader wrote below a check."""
    shown = [output.data for output in cell.get("outputs", []) if output.output_type == "display_data"]
    return str(shown[-1].get("text/html", "")) if shown else ""


def _visible(text: Any) -> str:
    """Return text without control characters."""
    return UNSEEN.sub("�", str(text).replace("\r\n", "\n"))
