"""The reading edition: a static site, made of the solved notebooks and of the pages for teachers and authors.

``make site`` calls this module. It writes what Sphinx reads to ``build/site/source`` and lets Sphinx make pages of it,
in ``build/site/html``: a folder for each language, in which the same page has the same name and its headings the same
anchors. Nothing is executed. What Sphinx is told stands in the folder ``site``.
"""

from __future__ import annotations

import argparse
import ast
import hashlib
import html
import os
import posixpath
import re
import shutil
import subprocess
import sys
import unicodedata
from base64 import b64decode
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import partial
from importlib.util import find_spec
from itertools import groupby
from pathlib import Path
from pkgutil import walk_packages
from urllib.parse import unquote

import nbformat
from nbformat.notebooknode import NotebookNode

import resnet_course
from resnet_course.authoring.assemble import places
from resnet_course.authoring.build import glossary_paths, solved_path
from resnet_course.authoring.glossary import FILE, read_glossary
from resnet_course.authoring.kit.pages import write_kit
from resnet_course.authoring.kit.slides import NODE_MODULES
from resnet_course.authoring.kit.words import word
from resnet_course.authoring.script import BEGIN, END, WAS, stub_of
from resnet_course.checks.registry import GRADED, LESSONS, attribute
from resnet_course.language import DEFAULT, find, languages, message, speaking
from resnet_course.lessons import CourseMap, read_lessons
from resnet_course.record import Progress
from resnet_course.release import ASKED, GLOSSARY, public_address, released_file, repository

ROOT = Path(__file__).parents[2]

# Pages that are files of the repository, or one section of a file, by their place in the site. A language without a
# file of its own shows the English one.
DOCUMENTS = {
    "learn/start": {"en": "README.md#On your computer", "pt": "README.pt-BR.md#No seu computador"},
    "teach/grade": {"en": "instructor/GRADING.md", "pt": "instructor/GRADING.pt-BR.md"},
    "teach/lms": {"en": "instructor/LMS.md", "pt": "instructor/LMS.pt-BR.md"},
    "teach/hub": {"en": "instructor/README.md", "pt": "instructor/README.pt-BR.md"},
    "teach/threats": {
        "en": "resnet_course/grading/THREATS.md",
        "pt": "resnet_course/grading/THREATS.pt-BR.md",
    },
    "read/package": {"en": "README.md#The package", "pt": "README.pt-BR.md#O pacote"},
    "read/lessons": {"en": "lessons/README.md"},
}
API = "read/api"  # in English only, as docstrings are

HEADING = re.compile(r"^(#{1,6}) +(.+?) *$", re.MULTILINE)
FENCE = re.compile(r"^\s*(```+|~~~+)")
LINK = re.compile(r"(?<!!)\[((?:[^\[\]]|\[[^\]]*\])*)\]\(([^()\s]*(?:\([^()\s]*\)[^()\s]*)*)\)")
MEASURES = re.compile(r"^(?:expect|compare_prediction)\(", re.MULTILINE)  # a cell that answers a prediction
FILE_NAME = re.compile(r"`?[\w./-]+\.md`?")
HINTS = re.compile(r"<details>.*</details>", re.DOTALL)
PICTURE = re.compile(r'src="data:image/(\w+)(?:\+xml)?;base64,([^"]*)"')
PANDAS_STYLE = re.compile(r"<style scoped>.*?</style>\s*", re.DOTALL)
NOT_TO_READ = ("badges", "setup-prose", "setup")  # how to open a notebook is said at the top of each page


class SiteError(Exception):
    """A page of the site cannot be made; the message says which and why."""


@dataclass(frozen=True)
class Page:
    """A page while it is written: its place in the site, and how a link that stands in its source is to be written."""

    name: str
    link: Callable[[str], str]


def slug(heading: str) -> str:
    """Return the anchor of a heading.

    Examples
    --------
    >>> slug("Exercise 1 · `conv3x3`"), slug("Why adding $x$ helps")
    ('exercise-1-conv3x3', 'why-adding-x-helps')
    """
    plain = unicodedata.normalize("NFKD", heading.casefold()).encode("ascii", "ignore").decode()
    return re.sub(r"[^a-z0-9]+", "-", plain).strip("-")


def headings(markdown: str) -> list[str]:
    """Return the headings of a text in Markdown, from top to bottom.

    Examples
    --------
    >>> headings("# One\\n\\n```\\n# a comment\\n```\\n\\n## Two")
    ['One', 'Two']
    """
    return [found[2] for line, prose in _lines(markdown) if prose and (found := HEADING.match(line))]


def _lines(markdown: str) -> Iterator[tuple[str, bool]]:
    """Yield each line of a text, and whether it is prose: outside a fenced block of code."""
    fence = ""
    for line in markdown.split("\n"):
        found = FENCE.match(line)
        if found and not fence:
            fence = found[1]
            yield line, False
        elif fence:
            yield line, False
            if found and line.strip() == fence:
                fence = ""
        else:
            yield line, True


def anchors(markdown: str) -> list[str]:
    """Return the anchors of a text's headings, each once: the English text's are those of every language.

    Examples
    --------
    >>> anchors("# One\\n\\n## Again\\n\\n## Again")
    ['one', 'again', 'again-2']
    """
    given: list[str] = []
    for heading in headings(markdown):
        first = slug(heading)
        number = sum(each == first or re.fullmatch(rf"{re.escape(first)}-\d+", each) is not None for each in given)
        given.append(first if not number else f"{first}-{number + 1}")
    return given


def written(markdown: str, page: Page, names: Iterator[str]) -> str:
    """Return a text as Sphinx is to read it: with an anchor for each heading, and links that lead on."""
    parts = []
    # A link may go on in the next line, but never into code.
    for prose, lines in groupby(_lines(markdown), key=lambda each: each[1]):
        text = "\n".join(line for line, _ in lines)
        if prose:
            text = LINK.sub(partial(_link, page), text)
            text = HEADING.sub(lambda found: f"\n({page.name}/{next(names)})=\n{found[0]}", text)
        parts.append(text)
    return "\n".join(parts)


def _link(page: Page, found: re.Match[str]) -> str:
    target = page.link(found[2])
    # A file's name says little on a page: there the title of the page stands for it.
    words = "" if FILE_NAME.fullmatch(found[1]) and target.endswith(".md") else found[1]
    return f"[{words}]({target})" if target else found[1]


# Lessons, the glossary and what learners ask ------------------------------------------------------------------------


@dataclass(frozen=True)
class Notebook:
    """A solved notebook: what it is called, its cells in the language of the site, and its English twin."""

    name: str
    cells: NotebookNode
    english: NotebookNode

    def prose(self, which: NotebookNode) -> str:
        """Return all prose of one of the twins."""
        return "\n\n".join(cell.source for cell in which.cells if cell.cell_type == "markdown")


def read_notebooks(root: Path, language: str) -> list[Notebook]:
    """Return the solved notebooks of the lessons, in their order, then the two pages beside them."""
    found = []
    for name in (*LESSONS, GLOSSARY, ASKED):
        paths = [
            solved_path(root, name, code) if name in LESSONS else glossary_paths(root, code)[1].with_stem(name)
            for code in (language, DEFAULT)
        ]
        found.append(Notebook(name, *(nbformat.read(path, as_version=4) for path in paths)))
    return found


def lesson_page(notebook: Notebook, language: str, answered: Iterable[str], pictures: Path) -> NotebookNode:
    """Return a solved notebook as a page to read.

    Answers are folded, with what learners find in their place before them, and the hints. What only a notebook needs is
    left out.

    Parameters
    ----------
    notebook : Notebook
        The solved notebook.
    language : str
        The language of the page.
    answered : iterable of str
        Ids of its cells to which other pages lead.
    pictures : Path
        The folder into which the figures go.
    """
    names = iter(anchors(notebook.prose(notebook.english)))
    jupyter = dict(
        zip(
            map(_jupyter_anchor, headings(notebook.prose(notebook.cells))),
            anchors(notebook.prose(notebook.english)),
            strict=True,
        )
    )
    page = Page(notebook.name, partial(_notebook_link, notebook.name, jupyter))
    cells: list[NotebookNode] = []
    hints = hints_of(notebook.cells)
    for cell in notebook.cells.cells:
        if cell.id in NOT_TO_READ:
            if cell.id == "badges":
                cells.append(_prose(_doors(notebook.name, language)))
            continue
        if cell.cell_type == "markdown":
            source = written(_without_hints(cell, hints), page, names)
            if cell.id in answered:
                source = f"({page.name}/cell-{cell.id})=\n{source}"
            cells.append(_prose(source))
            continue
        outputs = [_output(each, pictures) for each in cell.outputs]
        if MEASURES.search(cell.source):  # whoever reads may want to guess as well
            cells.append(nbformat.v4.new_code_cell(cell.source))
            cells += _folded("site.measured", "", outputs)
            continue
        if not cell.metadata.get("nbgrader", {}).get("solution"):
            cells.append(nbformat.v4.new_code_cell(cell.source, outputs=outputs))
            continue
        cells.append(nbformat.v4.new_code_cell(stub_of(cell.source)))
        cells += [_prose(written(each, page, names)) for each in hints.get(cell.id, [])]
        words = "site.guesses" if cell.id.startswith("predict-") else "site.solution"
        cells += _folded(words, solved(cell.source), outputs)
    metadata = {
        "language_info": {"name": "python", "pygments_lexer": "ipython3"},
        "kernelspec": notebook.cells.metadata.kernelspec,
    }
    return nbformat.v4.new_notebook(cells=cells, metadata=metadata)


def _folded(words: str, source: str, outputs: list[NotebookNode]) -> list[NotebookNode]:
    """Return a cell that opens with a click; without a source, its outputs alone."""
    metadata = {} if source else {"tags": ["remove-input"]}
    return [
        _prose(f'<details class="solution"><summary>{html.escape(message(words))}</summary>'),
        nbformat.v4.new_code_cell(
            source or "# not shown", outputs=outputs, metadata=metadata
        ),  # an empty cell is left out
        _prose("</details>"),
    ]


def _prose(source: str) -> NotebookNode:
    return nbformat.v4.new_markdown_cell(source)


def hints_of(notebook: NotebookNode) -> dict[str, list[str]]:
    """Return the hints of each exercise, which stand below its check, by the id of its first answer cell."""
    found: dict[str, list[str]] = {}
    first, checked = "", ""
    for cell in notebook.cells:
        task = cell.metadata.get("nbgrader", {})
        if task.get("solution") and not cell.id.startswith("predict-"):
            first = first or cell.id
        elif task.get("grade"):
            first, checked = "", first
        elif checked and cell.cell_type == "markdown" and (hints := HINTS.search(cell.source)):
            found.setdefault(checked, []).append(hints[0])
        else:
            checked = ""
    return found


def _without_hints(cell: NotebookNode, hints: Mapping[str, list[str]]) -> str:
    source = str(cell.source)
    for each in (text for texts in hints.values() for text in texts):
        source = source.replace(each, "")
    return source.strip()


def solved(source: str) -> str:
    """Return an answer cell as somebody writes it who has solved it: without the marks of the solution.

    Examples
    --------
    >>> print(solved("### BEGIN SOLUTION\\n# was: y = 0\\ny = 1\\n### END SOLUTION"))
    y = 1
    """
    lines = source.split("\n")
    return "\n".join(line for line in lines if not line.strip().startswith((BEGIN, END, WAS)))


def _output(output: NotebookNode, pictures: Path) -> NotebookNode:
    """Return an output whose figures are files, and whose links lead to pages."""
    if "text/html" not in output.get("data", {}):
        return output
    shown = PICTURE.sub(partial(_picture, pictures), PANDAS_STYLE.sub("", output.data["text/html"]))
    shown = re.sub(r'href="(?:\.\./)*(?:\w+/)?(\w+)\.ipynb', r'href="\1.html', shown)
    shown = shown.replace('<div style="overflow-x:auto">', '<div class="scrolls">')
    return nbformat.v4.new_output("display_data", {"text/html": shown})


def _picture(folder: Path, found: re.Match[str]) -> str:
    content = b64decode(found[2])
    name = f"{hashlib.sha256(content).hexdigest()[:16]}.{found[1]}"
    folder.mkdir(parents=True, exist_ok=True)
    (folder / name).write_bytes(content)
    return f'src="../{folder.name}/{name}"'


def _doors(name: str, language: str) -> str:
    """Return the links that open the learners' notebook of a page, and that to the file itself."""
    links = [f"[{words}]({address})" for words, address in places(name, language)]
    file = posixpath.join("/", "notebooks", f"{name}.ipynb")
    links.append("{download}`" + f"{message('site.download')} <{file}>`")
    lines = "\n".join(f"- {each}" for each in links)
    return f":::{{container}} open-it\n{message('site.read-here')}\n\n{lines}\n:::"


def _jupyter_anchor(heading: str) -> str:
    """Return what Jupyter calls a heading in links."""
    return heading.replace("`", "").replace(" ", "-")


def _notebook_link(name: str, jupyter: Mapping[str, str], target: str) -> str:
    """Return how a link of a notebook is written in the page that is made of it."""
    path, _, fragment = target.partition("#")
    if "://" in target:
        return target
    if not path:
        return f"#{name}/{jupyter[unquote(fragment)]}"
    if not path.endswith(".ipynb"):
        raise SiteError(f"{name}: where does {target!r} lead?")
    other = Path(path).stem
    if fragment.startswith("cell-id="):
        cell = fragment.removeprefix("cell-id=")
        return f"#{other}/{cell if other == GLOSSARY else f'cell-{cell}'}"
    return f"{other}{'.ipynb' if other in LESSONS else '.md'}"


def glossary_page(root: Path, language: str) -> str:
    """Return the page of the course's words: a heading for each, its meaning, and the lesson that introduces it."""
    notebook = nbformat.read(glossary_paths(root, language)[1], as_version=4)
    terms = read_glossary(root / "lessons" / FILE)
    link = partial(_notebook_link, GLOSSARY, {})
    parts = [_page_head(notebook, GLOSSARY)]
    for cell in notebook.cells[1:]:
        term = terms[cell.id]
        first = message("common.author.glossary-first", number=term.lesson[:2])
        meaning = LINK.sub(partial(_link, Page(GLOSSARY, link)), term.meaning[language])
        parts.append(
            f"({GLOSSARY}/{term.key})=\n## {term.term[language]}\n\n{meaning}\n\n[{first}]({term.lesson}.ipynb)"
        )
    return "\n\n".join(parts) + "\n"


def asked_page(root: Path, language: str) -> str:
    """Return the page of what learners ask: under each lesson, the questions, which lead to their answers."""
    notebook = nbformat.read(glossary_paths(root, language)[1].with_stem(ASKED), as_version=4)
    parts = [_page_head(notebook, ASKED)]
    for cell in notebook.cells[1:]:
        page = Page(ASKED, partial(_notebook_link, ASKED, {}))
        parts.append(written(re.sub("^### ", "## ", cell.source), page, iter([slug(cell.id)])))
    return "\n\n".join(parts) + "\n"


def _page_head(notebook: NotebookNode, name: str) -> str:
    """Return a page's heading and what it is for; what is said there of notebooks, in brackets, is left out."""
    about = re.sub(r"\s*\([^()]*Colab[^()]*\)", "", message(f"common.author.{name}-about"))
    with speaking(DEFAULT):
        anchor = slug(message(f"common.author.{name}"))
    return f"({name}/{anchor})=\n# {message(f'common.author.{name}')}\n\n{about}"


# Files of the repository --------------------------------------------------------------------------------------------


def document_page(root: Path, name: str, language: str) -> str:
    """Return a file of the repository, or a section of it, as a page.

    Raises
    ------
    SiteError
        If the file has no such section.
    """
    files = DOCUMENTS[name]
    spoken = language if language in files else DEFAULT
    text, english = (_read_document(root, files[code]) for code in (spoken, DEFAULT))
    # Of a section, and of a page in another language than its own, the site says the title itself.
    title = find("site.pages").get(name.rpartition("/")[2])
    text = re.sub(r"\A# .*", f"# {title}", text) if title else text
    # The languages of a page have a place of their own.
    text = re.sub(r"(?m)^\*?\[(?:English|Português)\]\(\S+?\)\*?(?: · |\n)", "", text)
    if name == "read/package":
        text = re.sub(r"(?m)^\| [^|]*", partial(_linked_modules, language), text)
    page = Page(name, partial(_document_link, root, name, files[spoken].partition("#")[0]))
    try:
        body = written(text, page, iter(anchors(english)))
    except StopIteration:
        raise SiteError(f"{files[spoken]} has more headings than {files[DEFAULT]}") from None
    if spoken == language:
        return body
    note = f"\n:::{{container}} note\n{message('site.in-english')}\n:::\n"
    return f"---\nspoken: {spoken}\n---\n" + re.sub(r"(?m)^# .*$", lambda found: f"{found[0]}\n{note}", body, count=1)


def _read_document(root: Path, place: str) -> str:
    file, _, section = place.partition("#")
    text = (root / file).read_text(encoding="utf-8")
    if not section:
        return text
    found = re.search(rf"^## {re.escape(section)}\n(.*?)(?=^## |\Z)", text, re.DOTALL | re.MULTILINE)
    if not found:
        raise SiteError(f"{file} has no section {section!r}; DOCUMENTS of {__name__} says what the site takes from it")
    return f"# {section}\n{found[1]}"


def _linked_modules(language: str, found: re.Match[str]) -> str:
    """Return the first cell of a table's row, in which modules lead to their pages in the API."""
    known = {module.removeprefix("resnet_course.") for module in api_modules()}
    back = "" if language == DEFAULT else f"../../{DEFAULT}/read/"
    link = rf'<a href="{back}api/\1.html" hreflang="{DEFAULT}"><code>\1</code></a>'
    return re.sub(r"`(\w+)`", lambda name: name.expand(link) if name[1] in known else name[0], found[0])


def _address(place: str) -> str:
    """Return how links in files name a file, or a section of it: by the anchor that GitHub gives the section."""
    file, _, section = place.partition("#")
    return f"{file}#{section.lower().replace(' ', '-')}" if section else file


def _document_link(root: Path, page: str, file: str, target: str) -> str:
    """Return how a link of a file is written in the page that is made of it."""
    path, _, fragment = target.partition("#")
    if "://" in target or target.startswith(("mailto:", "glossary:")):
        return target
    place = posixpath.normpath(posixpath.join(posixpath.dirname(file), path)) if path else file
    pages = {_address(each): name for name, files in DOCUMENTS.items() for each in files.values()}
    lesson = re.fullmatch(r"notebooks/\w+/(?:\w+/)?(\w+)\.ipynb", place)
    found = f"learn/{lesson[1]}" if lesson else pages.get(f"{place}#{fragment}", pages.get(place, ""))
    if found:
        return posixpath.relpath(found, posixpath.dirname(page)) + (
            ".ipynb" if lesson and lesson[1] in LESSONS else ".md"
        )
    if not (root / place).exists():
        raise SiteError(f"{file} leads to {target}, which is not there")
    return public_address(f"{place}#{fragment}" if fragment else place)


# Pages that are computed ---------------------------------------------------------------------------------------------


def course_map() -> str:
    """Return the map of the lessons, whose links lead to pages of the site."""
    shown = CourseMap([Progress(lesson, {}) for lesson in GRADED])._repr_html_()
    shown = shown.partition("</ol>")[0] + "</ol></div>"  # what follows is said of notebooks that learners saved
    return re.sub(r'href="\.\./\w+/(\w+)\.ipynb"', r'href="learn/\1.html"', shown)


def exercise_table(root: Path) -> str:
    """Return a table of all exercises that leads to the code of their checks, and to the answers that test these."""
    words = find("site.exercises")
    rows = [f"| {' | '.join(words.values())} |", "|---" * len(words) + "|"]
    for lesson, exercises in LESSONS.items():
        for grade_id in exercises:
            name = attribute(grade_id)
            check = public_address(f"resnet_course/checks/lesson_{lesson}/{name}.py")
            cells = [f"[{lesson[:2]}](../learn/{lesson}.ipynb)", f"`{grade_id}`", f"[`{name}.py`]({check})"]
            for bank in ("right", "wrong"):
                place = f"tests/{bank}_answers/{lesson}/{name}"
                count = len([*(root / place).glob("*.py")])
                cells.append(f"[{count}]({public_address(place, folder=True)})")
            rows.append(f"| {' | '.join(cells)} |")
    return "\n".join(rows)


def api_modules() -> list[str]:
    """Return the modules whose docstrings are read as the API: what notebooks import, and how a check is made."""
    found = [each.name for each in walk_packages(resnet_course.__path__, "resnet_course.") if not each.ispkg]
    depth = {"checks": 3}
    return sorted(
        name
        for name in found
        if not any(part.startswith("_") for part in name.split("."))
        and len(name.split(".")) <= depth.get(name.split(".")[1], 2)
    )


def summary(module: str) -> str:
    """Return the first sentence that a module says of itself, without loading it.

    Examples
    --------
    >>> summary("resnet_course.blocks")
    'The building blocks of residual networks, as torchvision names them.'
    """
    found = find_spec(module)
    if found is None or found.origin is None:
        raise SiteError(f"there is no module {module}")
    text = ast.get_docstring(ast.parse(Path(found.origin).read_text(encoding="utf-8"))) or ""
    return " ".join(text.partition("\n\n")[0].split())


def api_pages() -> dict[str, str]:
    """Return the pages of the API: a list of modules, and a page for each."""
    modules = api_modules()
    shorts = [name.removeprefix("resnet_course.") for name in modules]
    listed = "\n".join(f"* :doc:`{short}`: {summary(name)}" for name, short in zip(modules, shorts, strict=True))
    tree = "\n".join(f"   {short}" for short in shorts)
    pages = {f"{API}/index.rst": f"API\n===\n\n{listed}\n\n.. toctree::\n   :hidden:\n\n{tree}\n"}
    for name, short in zip(modules, shorts, strict=True):
        pages[f"{API}/{short}.rst"] = f"{short}\n{'=' * len(short)}\n\n.. automodule:: {name}\n   :members:\n"
    return pages


# The teacher's kit --------------------------------------------------------------------------------------------------


KIT = "teach/kit"
BESIDE = re.compile(r"\[([^\]]+)\]\((\w+/[\w.]+)\)")  # slides and files of quizzes, which are no pages of Sphinx's


def cell_in_kit(lesson: str, _: str, cell: str) -> str:
    """Return how the kit's pages name a cell of a lesson, for `kit_pages` to make a link of."""
    return f"{lesson}.ipynb" + (f"#cell-id={cell}" if cell not in NOT_TO_READ else "")


def kit_pages(kit: Path, language: str) -> dict[str, str]:
    """Return the pages of the teacher's kit in a language, as Sphinx is to read them.

    Parameters
    ----------
    kit : Path
        The kit of all languages, as `write_kit` writes it.
    language : str
        The language.
    """
    pages = {}
    known = read_lessons()
    menu = {f"{each}.md": f"{known[each]['number']} · {known[each]['name']}" for each in LESSONS if each in known}
    for source in sorted((kit / language).rglob("*.md")):
        name = source.relative_to(kit / language).as_posix()
        english = (kit / DEFAULT / name).read_text(encoding="utf-8")
        page = Page(f"{KIT}/{name.removesuffix('.md')}", _kit_link)
        text = written(BESIDE.sub(_beside, source.read_text(encoding="utf-8")), page, iter(anchors(english)))
        below = {f"{source.stem}/quiz.md": word("page.quiz")}
        if name == "index.md":
            below = {"00_start_here.md": word("index.start"), **menu}
        tree = [f"{title} <{file}>" for file, title in below.items() if (kit / language / file).is_file()]
        if tree:
            text += "\n".join(["\n```{toctree}", ":hidden:", "", *tree, "```\n"])
        pages[f"{KIT}/{name}"] = text
    return pages


def _kit_link(target: str) -> str:
    path, _, fragment = target.partition("#")
    if not path.endswith(".ipynb"):
        return target
    cell = fragment.removeprefix("cell-id=")
    return f"#{path.removesuffix('.ipynb')}/cell-{cell}" if cell else f"../../learn/{path}"


def _beside(found: re.Match[str]) -> str:
    return f'<a href="{found[2].removesuffix(".md")}{".html" if found[2].endswith(".md") else ""}">{found[1]}</a>'


def copy_beside(kit: Path, language: str, extra: Path) -> None:
    """Copy what lies beside the kit's pages to where Sphinx takes files as they are."""
    keep_out = shutil.ignore_patterns("*.md")
    shutil.copytree(kit / language, extra / KIT, ignore=keep_out, dirs_exist_ok=True)
    if (kit / "reveal").is_dir():
        shutil.copytree(kit / "reveal", extra / "teach" / "reveal", dirs_exist_ok=True)


# The whole ----------------------------------------------------------------------------------------------------------


def prepare(root: Path, language: str, folder: Path, kit: Path) -> None:
    """Write what Sphinx reads to make the site of one language.

    Parameters
    ----------
    root : Path
        The course folder.
    language : str
        The language.
    folder : Path
        Where the sources go; what was there before is removed.
    kit : Path
        The teacher's kit.
    """
    shutil.rmtree(folder, ignore_errors=True)
    with speaking(language):
        notebooks = read_notebooks(root, language)
        texts = [each.prose(each.cells) for each in notebooks]
        texts += [each.read_text(encoding="utf-8") for each in (kit / language).glob("*.md")]
        linked = re.findall(r"(\w+)\.ipynb#cell-id=([\w-]+)", "".join(texts))
        copy_beside(kit, language, folder / "extra")
        for notebook in notebooks:
            released = root / released_file(notebook.name, language)
            _write(folder / "notebooks" / released.name, released.read_bytes())
            if notebook.name in LESSONS:
                cells = [cell for name, cell in linked if name == notebook.name]
                page = lesson_page(notebook, language, cells, folder / "extra" / "figures")
                _write(folder / "learn" / f"{notebook.name}.ipynb", nbformat.writes(page).encode())
        pages = {
            f"learn/{GLOSSARY}.md": glossary_page(root, language),
            f"learn/{ASKED}.md": asked_page(root, language),
            **{f"{name}.md": document_page(root, name, language) for name in DOCUMENTS},
            **(api_pages() if language == DEFAULT else {}),
            **kit_pages(kit, language),
        }
        for source in sorted((root / "site" / "pages" / language).rglob("*.md")):
            name = source.relative_to(root / "site" / "pages" / language).as_posix()
            pages[name] = _filled(root, name, source)
        for name, text in pages.items():
            _write(folder / name, text.encode())


def _filled(root: Path, name: str, source: Path) -> str:
    """Return a page of the folder `site`, with its anchors, and with what is computed in the place of {braces}."""
    english = root / "site" / "pages" / DEFAULT / name
    page = Page(name.removesuffix(".md"), lambda target: target)
    text = written(source.read_text(encoding="utf-8"), page, iter(anchors(english.read_text(encoding="utf-8"))))
    lessons = "\n".join(f"{lesson}.ipynb" for lesson in LESSONS)
    minutes = sum(facts["minutes"] for facts in read_lessons().values())
    filled: dict[str, Callable[[], str]] = {
        "map": lambda: f"```{{raw}} html\n{course_map()}\n```",
        "exercises": partial(exercise_table, root),
        "lessons": lambda: lessons,
        "hours": lambda: str(round(minutes / 60)),
        "repository": repository,
    }
    for place, made in filled.items():
        if f"{{{place}}}" in text:
            text = text.replace(f"{{{place}}}", made())
    return text


def _write(path: Path, content: bytes) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content)


def build_site(root: Path, folder: Path) -> Path:
    """Build the site of all languages and return the folder of its pages.

    Parameters
    ----------
    root : Path
        The course folder.
    folder : Path
        Where everything goes; what was there before is removed.

    Raises
    ------
    SiteError
        If Sphinx warns of anything.
    """
    shutil.rmtree(folder, ignore_errors=True)
    kit = folder / "kit"
    write_kit(root, kit, link=cell_in_kit)
    words = shutil.copytree(root / "site" / "locale", folder / "locale")  # Sphinx compiles them where they lie
    running = {}
    for language in languages():
        prepare(root, language, folder / "source" / language, kit)
        command = [sys.executable, "-m", "sphinx", "--fail-on-warning", "--keep-going", "--quiet", "-b", "html"]
        command += ["-c", str(root / "site"), "-d", str(folder / "doctrees" / language)]
        command += ["-D", f"locale_dirs={words}", str(folder / "source" / language), str(folder / "html" / language)]
        environment = os.environ | {"COURSE_LANGUAGE": language, "OMP_NUM_THREADS": "1"}
        running[language] = subprocess.Popen(command, env=environment)  # all languages at the same time
    failed = [language for language, process in running.items() if process.wait()]
    if failed:
        raise SiteError(f"the site was not built: {', '.join(failed)}; Sphinx says why, above")
    shutil.rmtree(folder / "html" / "jupyter_execute")  # myst-nb's, of which no page needs anything
    for template in (folder / "html").glob("*/_static/*.html"):
        template.unlink()  # the theme's; nothing reads it
    shutil.copy(root / "site" / "index.html", folder / "html" / "index.html")
    # GitHub Pages leaves out folders that begin with an underscore, unless this file is there.
    (folder / "html" / ".nojekyll").touch()
    return folder / "html"


if __name__ == "__main__":
    argparse.ArgumentParser(
        prog="python -m resnet_course.authoring.site", description="Build the reading edition in build/site/html."
    ).parse_args()
    try:
        print(build_site(ROOT, ROOT / "build" / "site"))
    except SiteError as error:
        sys.exit(str(error))
    if not (ROOT / NODE_MODULES).is_dir():
        print("Without slides: reveal.js is missing. `npm install --prefix instructor` brings it.", file=sys.stderr)
