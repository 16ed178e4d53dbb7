"""Rebuild, don't repair: the learner's answers go into a clean copy of the release notebook, and only they.

Whatever else a submission holds (tests, tags, points, other files, cells of the learner's own) is listed in the
integrity report and never run.
"""

from __future__ import annotations

import ast
import hashlib
import json
import os
import re
import stat
import warnings
from collections.abc import Iterable, Iterator
from copy import deepcopy
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Any

import nbformat
from nbformat.notebooknode import NotebookNode

from resnet_course import checks
from resnet_course.checks.check import IMPORT
from resnet_course.grading.crossing import writable
from resnet_course.grading.planning import names_of
from resnet_course.language import find, languages

MOST_BYTES = 20 * 2**20
MOST_CELLS = 1000  # ten times as many as a lesson has
# What no answer needs, and an attempt on the grader does.
MACHINERY = re.compile(
    r"\bget_ipython\b|\bresnet_course\.(checks|grading)\b|\bchecks\.|\bsys\.modules\b|\b_exit\b|\bctypes\b|\bsubprocess\b"
    r"|\bast_transformers\b|\binput_transformers\b|\bsettrace\b|\b__builtins__\b|\bset_custom_exc\b|\bshowtraceback\b"
)

# The line of a setup cell that names the lesson; the rest differs from language to language and version to version.
OPENED = re.compile(r'\bresnet_course\.start\("[^"\n]*"')
# What may differ between the languages of a cell, and what editors change: space, comments, strings.
LAYOUT = re.compile(r"""\s+|#[^\n]*|\"{3}[\s\S]*?\"{3}|"[^"\n]*"|'[^'\n]*'""")


@dataclass(frozen=True)
class Finding:
    """One thing that the integrity report tells; its sentence is the message ``grading.findings.<key>``."""

    key: str
    figures: dict[str, Any] = field(default_factory=dict)

    def __str__(self) -> str:
        sentence: str = find(f"grading.findings.{self.key}")
        return sentence.format(**self.figures)


@dataclass(frozen=True)
class Release:
    """The notebook that learners were given."""

    lesson: str
    language: str
    notebook: NotebookNode

    @property
    def answers(self) -> list[NotebookNode]:
        """The cells that learners fill in."""
        return [cell for cell in self.notebook.cells if cell.metadata.get("nbgrader", {}).get("solution")]

    @property
    def tests(self) -> list[NotebookNode]:
        """The cells that check and grade."""
        return [cell for cell in self.notebook.cells if cell.metadata.get("nbgrader", {}).get("grade")]


@dataclass(frozen=True)
class Submission:
    """What a learner handed in: the bytes of the notebook (None if there is none) and what was found beside it."""

    content: bytes | None
    findings: tuple[Finding, ...] = ()

    @property
    def digest(self) -> str:
        """A short text that is the same for the same notebook."""
        return hashlib.sha256(self.content or b"").hexdigest()[:16]


@dataclass(frozen=True)
class Intake:
    """A submission, rebuilt.

    Parameters
    ----------
    notebook : NotebookNode
        The release with the learner's answers.
    findings : tuple of Finding
        The integrity report.
    language : str
        The language in which the learner worked.
    own : dict
        Which names the learner's own cells define, which are not run: name to the first line of its cell.
    """

    notebook: NotebookNode
    findings: tuple[Finding, ...]
    language: str
    own: dict[str, str]


def read_release(root: Path, lesson: str, language: str) -> Release:
    """Return a lesson's release in a language, or in whichever language it was released.

    Raises
    ------
    FileNotFoundError
        If the lesson has been released in no language.
    """
    for code in (language, *languages()):
        path = root / "notebooks" / code / lesson / f"{lesson}.ipynb"
        if path.is_file():
            return Release(lesson, code, _read_trusted(str(path), path.stat().st_mtime_ns))
    raise FileNotFoundError(lesson)


@cache
def _read_trusted(path: str, changed: int) -> NotebookNode:
    return nbformat.read(path, as_version=4)


# --- the folder ---------------------------------------------------------------------------------------------------


def read_folder(folder: Path, lesson: str) -> Submission:
    """Return what a submission's folder holds; nothing in it is trusted, nothing but the one notebook is read.

    Parameters
    ----------
    folder : Path
        ``submitted/<learner>/<lesson>``.
    lesson : str
        The lesson's id; the notebook should be ``<lesson>.ipynb``.
    """
    findings: list[Finding] = []
    expected = f"{lesson}.ipynb"
    names = sorted(entry.name for entry in os.scandir(folder) if not entry.name.startswith("."))
    notebooks = [name for name in names if name.endswith(".ipynb")]
    others = [name for name in names if name not in (expected, "timestamp.txt", "feedback_info.json")]
    chosen = expected if expected in notebooks else ""
    if not chosen and len(notebooks) == 1:
        chosen = notebooks[0]
        others.remove(chosen)
        findings.append(Finding("renamed", {"name": printable(chosen), "expected": expected}))
    if others:
        findings.append(Finding("extra-files", {"names": listed(others)}))
    if not chosen:
        return Submission(None, (Finding("no-notebook", {"expected": expected}), *findings))
    content, problem = read_untrusted(folder / chosen)
    return Submission(content, (*problem, *findings))


def read_untrusted(path: Path) -> tuple[bytes | None, tuple[Finding, ...]]:
    """Return the bytes of a file, unless it is a link, no ordinary file, or too large: then what it is instead."""
    name = printable(path.name)
    try:
        descriptor = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK)
    except OSError:
        return None, (Finding("link" if path.is_symlink() else "unreadable-file", {"name": name}),)
    facts = os.fstat(descriptor)
    if not stat.S_ISREG(facts.st_mode):
        os.close(descriptor)
        return None, (Finding("unreadable-file", {"name": name}),)
    with os.fdopen(descriptor, "rb") as file:
        if facts.st_size > MOST_BYTES:
            size = {"name": name, "size": facts.st_size // 2**20, "most": MOST_BYTES // 2**20}
            return None, (Finding("huge", size),)
        return file.read(), ()


# --- the notebook -------------------------------------------------------------------------------------------------


def parse(content: bytes) -> NotebookNode | None:
    """Return a notebook, whatever its version, or None if the bytes are none."""
    try:
        text = content.decode("utf-8-sig")
        raw = json.loads(text)
        lists = [raw.get("cells", []), *(sheet.get("cells", []) for sheet in raw.get("worksheets", []))]
        if sum(map(len, lists)) > MOST_CELLS:
            return None  # no lesson; to validate it would take nbformat minutes
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # about ids that are not there, or there twice
            notebook = nbformat.reads(text, as_version=4)
        cells = [cell for cell in notebook.cells if isinstance(cell.source, str) and isinstance(cell.metadata, dict)]
        for cell in cells:
            cell.source = writable(cell.source)
            cell.cell_type = cell.get("cell_type") or "raw"
    except Exception:  # whatever a hostile file makes nbformat raise, it is no notebook
        return None
    notebook.cells = cells
    return notebook


def language_of(content: bytes | None, otherwise: str) -> str:
    """Return the language in which a learner worked, as the notebook's setup cell says."""
    match = re.search(rb'language=\\?["\']([a-z]{2})\\?["\']', content or b"")
    code = match[1].decode() if match else ""
    return code if code in languages() else otherwise


def rebuild(submission: Submission, release: Release, language: str) -> Intake:
    """Put a submission's answers into a clean copy of the release, and report everything else."""
    findings = list(submission.findings)
    notebook = deepcopy(release.notebook)
    handed_in = parse(submission.content) if submission.content is not None else None
    if submission.content is not None and handed_in is None:
        findings.append(Finding("unreadable"))
    if handed_in is None:
        return Intake(notebook, tuple(findings), language, {})
    match = _Match(handed_in, release)
    for cell in notebook.cells:
        if cell.id in match.chosen:
            cell.source = match.chosen[cell.id].source
    return Intake(notebook, (*findings, *match.report()), language, match.own())


class _Match:
    """Which of the learner's cells belongs to which cell of the release."""

    def __init__(self, handed_in: NotebookNode, release: Release) -> None:
        self._handed_in, self._release = handed_in, release
        self._by_name: dict[str, list[NotebookNode]] = {}
        self._nameless: list[NotebookNode] = []
        known = {cell.id for cell in release.notebook.cells}
        for cell in handed_in.cells:
            own = cell.get("id")
            name = next((each for each in (_grade_id(cell), own) if isinstance(each, str) and each in known), None)
            if name is None:
                self._nameless.append(cell)
            else:
                self._by_name.setdefault(name, []).append(cell)
        # Where metadata and ids were lost, a cell is known by what it says, or by the name that it defines.
        by_content = {_squeezed(cell.source): cell.id for cell in release.notebook.cells}
        for cell in list(self._nameless):
            name = by_content.get(_squeezed(cell.source), "")
            if name and name not in self._by_name:
                self._claim(cell, name)
        for answer in release.answers:
            if answer.id not in self._by_name:
                for cell in [each for each in self._nameless if _defines_the_same(each, answer)]:
                    self._claim(cell, answer.id)
        self.chosen = {
            answer.id: self._choose(self._by_name[answer.id], answer)
            for answer in release.answers
            if answer.id in self._by_name
        }

    def _claim(self, cell: NotebookNode, name: str) -> None:
        self._nameless = [each for each in self._nameless if each is not cell]
        self._by_name.setdefault(name, []).append(cell)

    def _choose(self, cells: list[NotebookNode], answer: NotebookNode) -> NotebookNode:
        """Of several cells for one answer, take the last that is more than the stub: so would running them all."""
        written = [cell for cell in cells if _squeezed(cell.source) != _squeezed(answer.source)]
        return (written or cells)[-1]

    def own(self) -> dict[str, str]:
        """Return the names that the learner's own cells define."""
        return {
            name: cell.source.strip().splitlines()[0][:80]
            for cell in self._nameless
            if cell.cell_type == "code" and cell.source.strip()
            for name in names_of(cell.source).defined
        }

    def report(self) -> Iterator[Finding]:
        """Yield what the integrity report tells about the notebook."""
        release = self._release
        answers, tests = {cell.id for cell in release.answers}, {cell.id for cell in release.tests}
        given = self._by_name
        for key, names in (
            ("duplicate", [name for name in given if name in answers | tests and len(given[name]) > 1]),
            ("missing-answer", [cell.id for cell in release.answers if cell.id not in given]),
            ("missing-test", [cell.id for cell in release.tests if cell.id not in given]),
            ("edited-test", [cell.id for cell in release.tests if self._edited(cell)]),
            ("changed-type", [name for name in answers if name in given and self.chosen[name].cell_type != "code"]),
            ("metadata", [cell.id for cell in (*release.answers, *release.tests) if self._relabelled(cell)]),
        ):
            if names:
                yield Finding(key, {"names": listed(sorted(names))})
        order = [name for name in self._order() if name in answers | tests]
        if order != [cell.id for cell in release.notebook.cells if cell.id in order]:
            yield Finding("moved")
        kernel = self._handed_in.metadata.get("kernelspec", {})
        if isinstance(kernel, dict) and kernel.get("name") not in (None, "python3", "resnet-course"):
            yield Finding("kernel", {"name": printable(str(kernel.get("name")))})
        own = [cell for cell in self._nameless if cell.cell_type == "code" and cell.source.strip()]
        if own:
            names = sorted(self.own())
            yield Finding("own-cells-names" if names else "own-cells", {"count": len(own), "names": listed(names)})
        yield from self._flags()

    def _order(self) -> Iterable[str]:
        names = {id(cell): name for name, cells in self._by_name.items() for cell in cells}
        return dict.fromkeys(names[id(cell)] for cell in self._handed_in.cells if id(cell) in names)

    def _edited(self, test: NotebookNode) -> bool:
        return any(_squeezed(cell.source) != _squeezed(test.source) for cell in self._by_name.get(test.id, []))

    def _relabelled(self, cell: NotebookNode) -> bool:
        """Tell whether nbgrader's labels or the tags of a cell are others than in the release."""
        kept = ("points", "locked", "grade", "solution", "task", "schema_version")

        def labels(each: NotebookNode) -> Any:
            noted = each.metadata.get("nbgrader")
            if not isinstance(noted, dict):
                return None
            return [noted.get(name) for name in kept], each.metadata.get("tags", [])

        return any(labels(each) not in (labels(cell), None) for each in self._by_name.get(cell.id, []))

    def _flags(self) -> Iterator[Finding]:
        for cell in self._release.answers:
            source = self.chosen[cell.id].source if cell.id in self.chosen else ""
            if source == cell.source:
                continue
            references = sorted(_imported(source) - _imported(cell.source))
            if references:
                yield Finding("reference", {"name": cell.id, "modules": listed(references)})
            words = sorted({match[0] for match in MACHINERY.finditer(source)})
            if words:
                yield Finding("machinery", {"name": cell.id, "words": listed(words)})


def _grade_id(cell: NotebookNode) -> Any:
    noted = cell.metadata.get("nbgrader")
    name = noted.get("grade_id") if isinstance(noted, dict) else None
    return name if isinstance(name, str) else None


def _squeezed(source: str) -> str:
    """Return what a cell does, in any language: without layout, comments and texts; of a setup cell, its lesson.

    Check cells were once without their import.
    """
    opened = OPENED.search(source)
    if opened:
        return opened[0]
    return re.sub(rf"{IMPORT.replace(' ', '')}(?=checks\.)", "", LAYOUT.sub("", source))


def _defines_the_same(cell: NotebookNode, answer: NotebookNode) -> bool:
    wanted = names_of(answer.source).defined
    return bool(wanted) and wanted <= names_of(cell.source).defined


def _imported(source: str) -> set[str]:
    """Return the modules with solutions that a cell imports."""
    try:
        tree = ast.parse(source)
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return set()
    found = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            found |= {f"{node.module}.{alias.name}" for alias in node.names} | {str(node.module)}
    return {each for each in found if each in solved_in() or each.startswith("torchvision.models")}


@cache
def solved_in() -> frozenset[str]:
    """Return the modules that solve exercises: importing one in an answer is no crime, but somebody should look."""
    every = (check for lesson in checks.LESSONS for check in checks.of_lesson(lesson))
    return frozenset(".".join(name.split(".")[:2]) for check in every for name in check.references)


def printable(name: str, most: int = 60) -> str:
    """Return a name that a learner chose, fit for a terminal and a page: one line, no control characters, short."""
    shown = "".join(character if character.isprintable() else "�" for character in name[: most + 1])
    return shown if len(shown) <= most else f"{shown[: most - 1]}…"


# What may stand in no learner's name: it would break lines, commands of nbgrader, or the reading of what is around it.
UNFIT = re.compile("[\x00-\x1f\x7f-\x9f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069\ud800-\udfff]")
MOST_OF_A_NAME = 128  # characters, in nbgrader's gradebook


def is_fit(name: str) -> bool:
    """Tell whether a gradebook and its pages can hold a learner's name."""
    return len(name) <= MOST_OF_A_NAME and not UNFIT.search(name)


def listed(names: Iterable[str], most: int = 8) -> str:
    """Return names as a list in a sentence, cut where it would go on too long."""
    shown = [printable(name) for name in names]
    return ", ".join(shown[:most]) + (f" … (+{len(shown) - most})" if len(shown) > most else "")
