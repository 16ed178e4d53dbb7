"""Rebuild, don't repair: the learner's answers go into a clean copy of the release notebook, and only they.

Whatever else a submission holds (tests, tags, points, other files, cells of the learner's own) is listed in the
integrity report and never run.
"""

from __future__ import annotations

import hashlib
import json
import os
import re
import stat
import warnings
from copy import deepcopy
from dataclasses import dataclass, field
from functools import cache, cached_property
from pathlib import Path
from typing import Any

import nbformat
from nbformat.notebooknode import NotebookNode

from resnet_course import checks
from resnet_course.grading.crossing import writable
from resnet_course.grading.findings import Finding, listed, printable
from resnet_course.grading.kernels import Template, TooMuch
from resnet_course.grading.meaning import Meaning
from resnet_course.grading.planning import Names, names_of
from resnet_course.grading.references import uses_of
from resnet_course.language import languages

MOST_BYTES = 20 * 2**20
MOST_CELLS = 1000  # ten times as many as a lesson has
MOST_TEXT = 2 * 2**20  # of all cells together, outputs not counted
MOST_TAGS = 50
MOST_NOTEBOOKS = 8  # that are looked at, of one submission
# To rebuild one submission, in a process of its own.
SECONDS, MEMORY = 10, 1024 * 2**20
# What nbgrader and its exchange put beside a notebook.
THEIRS = frozenset({"timestamp.txt", "feedback_info.json", "submission_secret.txt"})
# A notebook's name as browsers, mailers and phones leave it.
NOTEBOOK = re.compile(r"\.ipynb(\.txt|\.json)?$|\.json$", re.IGNORECASE)


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

    @cached_property
    def names(self) -> dict[str, Names]:
        """What each cell defines and uses."""
        return {cell.id: names_of(cell.source) for cell in self._code()}

    @cached_property
    def imports(self) -> dict[str, str]:
        """What the names stand for that its cells import, but for the answers' own."""
        answers = {cell.id for cell in self.answers}
        cells = [cell for cell in self._code() if cell.id not in answers]
        return {name: meant for cell in cells for name, meant in uses_of(cell.source).imports.items()}

    def _code(self) -> list[NotebookNode]:
        return [cell for cell in self.notebook.cells if cell.cell_type == "code"]


@dataclass(frozen=True)
class Submission:
    """What a learner handed in.

    Parameters
    ----------
    content : bytes or None
        The notebook, None if there is none; of several, the one that a tool or the learner made last.
    findings : tuple of Finding
        What was found beside it.
    name : str
        The notebook's file name.
    others : tuple of (str, bytes)
        The names and contents of further notebooks, the last made first: the last that differs from the release counts.
    """

    content: bytes | None
    findings: tuple[Finding, ...] = ()
    name: str = ""
    others: tuple[tuple[str, bytes], ...] = ()

    @property
    def digest(self) -> str:
        """A short text that is the same for the same notebook."""
        total = hashlib.sha256(self.content or b"")
        for name, content in self.others:
            total.update(b"\0" + os.fsencode(name) + b"\0" + content)
        return total.hexdigest()[:16]


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
    taken : dict
        Which answers stood in another cell: the answer cell's id to the first line of that cell.
    names : dict
        The names of each answer that was written, by the cell's id: learners' text is parsed nowhere else.
    """

    notebook: NotebookNode
    findings: tuple[Finding, ...]
    language: str
    own: dict[str, str] = field(default_factory=dict)
    taken: dict[str, str] = field(default_factory=dict)
    names: dict[str, Names] = field(default_factory=dict)

    @property
    def readable(self) -> bool:
        """Whether there is a notebook with answers to look at."""
        return not {"unreadable", "too-much"} & {finding.key for finding in self.findings}


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
            return _read_trusted(str(path), path.stat().st_mtime_ns, lesson, code)
    raise FileNotFoundError(lesson)


@cache
def _read_trusted(path: str, changed: int, lesson: str, language: str) -> Release:
    release = Release(lesson, language, nbformat.read(path, as_version=4))
    assert release.names and release.imports is not None  # found out once, for every submission
    return release


# --- the files ----------------------------------------------------------------------------------------------------


def read_folder(folder: Path, lesson: str) -> Submission:
    """Return what a submission's folder holds; nothing in it is trusted, nothing but notebooks is read.

    Parameters
    ----------
    folder : Path
        ``submitted/<learner>/<lesson>``. A notebook with the lesson's name may lie beside it, too.
    lesson : str
        The lesson's id; the notebook should be ``<lesson>.ipynb``.
    """
    expected = f"{lesson}.ipynb"
    try:
        if folder.is_symlink() or folder.parent.is_symlink():
            return Submission(None, (Finding("link", {"name": printable(folder.name)}),))
        inside = [path for path in _entries(folder) if path.name not in THEIRS]
        loose = loose_notebooks(folder.parent, lesson)
    except OSError:  # a folder that is closed to the grader stops nobody else's grading
        return Submission(None, (Finding("unreadable-file", {"name": printable(folder.name)}),))
    paths = [*loose, *(path for path in inside if NOTEBOOK.search(path.name))]
    findings = [Finding("loose", {"names": listed(path.name for path in loose), "lesson": lesson})] if loose else []
    found: list[tuple[Path, bytes]] = []
    problems: dict[Path, Finding] = {}
    for path in sorted(paths, key=lambda path: _made(path, expected), reverse=True)[:MOST_NOTEBOOKS]:
        content, problem = read_untrusted(path)
        if content is None:
            problems |= dict.fromkeys([path], problem[0])
        elif path.name == expected or _may_be(content, path.name, lesson):
            found.append((path, content))
    if found:
        problems = {path: problem for path, problem in problems.items() if path.name == expected}
    read = {path for path, _ in found} | set(problems)
    unused = [path.name for path in inside if path not in read]
    if unused:
        findings.append(Finding("extra-files", {"names": listed(unused)}))
    if not found:
        missing = [] if problems else [Finding("no-notebook", {"expected": expected})]
        return Submission(None, (*problems.values(), *missing, *findings))
    (first, content), *rest = found
    others = tuple((path.name, text) for path, text in rest)
    return Submission(content, (*problems.values(), *findings), first.name, others)


def read_file(file: Path) -> Submission:
    """Return a submission that is one file."""
    content, findings = read_untrusted(file)
    return Submission(content, findings, file.name if content is not None else "")


def loose_notebooks(folder: Path, lesson: str) -> list[Path]:
    """Return the notebooks of a lesson that lie in a learner's folder itself."""
    return [
        path for path in _entries(folder) if lesson in path.name and NOTEBOOK.search(path.name) and not path.is_dir()
    ]


def _entries(folder: Path) -> list[Path]:
    try:
        return sorted(Path(entry) for entry in os.scandir(folder) if not entry.name.startswith("."))
    except (FileNotFoundError, NotADirectoryError):
        return []


def _made(path: Path, expected: str) -> tuple[int, bool, list[tuple[int, str]]]:
    """Return by what files are ordered: when they were changed; where times were lost, by the number of the copy."""
    try:
        changed = int(path.lstat().st_mtime)
    except OSError:
        changed = 0
    numbers = [(int(part), "") if part.isdecimal() else (0, part) for part in re.split(r"(\d{1,9})", path.stem)]
    return changed, path.name != expected, numbers


def _may_be(content: bytes, name: str, lesson: str) -> bool:
    """Tell whether a file of another name may be a lesson's notebook: JSON with cells, which opens no other lesson."""
    if not name.lower().endswith(".ipynb") and not re.search(rb'"(?:cells|worksheets)"', content):
        return False
    opened = {match[1].decode() for match in re.finditer(rb'start\(\\?["\'](\w+)\\?["\']', content)}
    return not (opened & set(checks.LESSONS)) or lesson in opened


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
    """Return a notebook without its outputs, whatever its version, or None if the bytes are none.

    What is not looked at is not validated either: that could take nbformat minutes.
    """
    try:
        raw = json.loads(content.decode("utf-8-sig"))
        sheets = [raw, *raw.get("worksheets", [])]
        cells = [cell for sheet in sheets for cell in sheet.get("cells", [])]
        if len(cells) > MOST_CELLS:
            return None  # no lesson
        if sum(len(str(cell.get("source") or cell.get("input"))) for cell in cells) > MOST_TEXT:
            return None
        for sheet in sheets:
            if "cells" in sheet:
                sheet["cells"] = [_bare(cell, raw.get("nbformat")) for cell in sheet["cells"]]
        kernel = raw.get("metadata", {}).get("kernelspec")
        raw["metadata"] = (
            {"kernelspec": {"name": kernel.get("name"), "display_name": ""}} if isinstance(kernel, dict) else {}
        )
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # about ids that are not there, or there twice
            notebook = nbformat.reads(json.dumps(raw), as_version=4)
        cells = [cell for cell in notebook.cells if isinstance(cell.source, str) and isinstance(cell.metadata, dict)]
        for cell in cells:
            cell.source = writable(cell.source)
            cell.cell_type = cell.get("cell_type") or "raw"
    except Exception:  # whatever a hostile file makes nbformat raise, it is no notebook
        return None
    notebook.cells = cells
    return notebook


def _bare(cell: Any, version: Any) -> Any:
    """Return what of a cell is looked at."""
    kept = {name: cell[name] for name in ("cell_type", "id", "metadata", "source", "input", "level") if name in cell}
    metadata = kept.get("metadata")
    if isinstance(metadata, dict):
        kept["metadata"] = {name: metadata[name] for name in ("nbgrader", "tags") if name in metadata}
        if isinstance(metadata.get("tags"), list):
            kept["metadata"]["tags"] = metadata["tags"][:MOST_TAGS]
    if kept.get("cell_type") == "code":
        number = "execution_count" if version == 4 else "prompt_number"
        kept |= {"outputs": [], number: None, **({} if version == 4 else {"language": "python", "collapsed": False})}
    return kept


def language_of(content: bytes | None, otherwise: str) -> str:
    """Return the language in which a learner worked, as the notebook's setup cell says."""
    match = re.search(rb'language=\\?["\']([a-z]{2})\\?["\']', content or b"")
    code = match[1].decode() if match else ""
    return code if code in languages() else otherwise


def rebuild(submission: Submission, release: Release, language: str) -> Intake:
    """Put a submission's answers into a clean copy of the release, and report everything else."""
    findings = list(submission.findings)
    notebook = deepcopy(release.notebook)
    if submission.content is None:
        return Intake(notebook, tuple(findings), language)
    name, meaning = _chosen(submission, release)
    expected = f"{release.lesson}.ipynb"
    if submission.others:
        names = [submission.name, *(other for other, _ in submission.others)]
        findings.append(Finding("several", {"name": printable(name), "names": listed(sorted(names))}))
    elif name not in ("", expected):
        findings.append(Finding("renamed", {"name": printable(name), "expected": expected}))
    if meaning is None:
        return Intake(notebook, (*findings, Finding("unreadable")), language)
    sources = meaning.untouched | meaning.sources
    for cell in notebook.cells:
        cell.source = sources.get(cell.id, cell.source)
    return Intake(
        notebook,
        (*findings, *meaning.report()),
        language,
        meaning.own,
        meaning.taken,
        {name: names_of(source) for name, source in sources.items()},
    )


def _chosen(submission: Submission, release: Release) -> tuple[str, Meaning | None]:
    """Return the last notebook in which something was written; where there is none, the last that is one."""
    assert submission.content is not None
    untouched = []
    for name, content in ((submission.name, submission.content), *submission.others):
        parsed = parse(content)
        if parsed is not None:
            meaning = Meaning(parsed, release)
            if meaning.written:
                return name, meaning
            untouched.append((name, meaning))
    return untouched[-1] if untouched else (submission.name, None)


def rebuild_apart(submission: Submission, release: Release, language: str, template: Template) -> Intake:
    """Rebuild a submission in a process of its own, with limits of its own: what breaks them costs this one only."""
    if submission.content is None:
        return rebuild(submission, release, language)
    try:
        made: Intake = template.call(
            "resnet_course.grading.intake:rebuild", submission, release, language, seconds=SECONDS, memory=MEMORY
        )
    except TooMuch:
        findings = (*submission.findings, Finding("too-much"))
        return Intake(deepcopy(release.notebook), findings, language)
    return made
