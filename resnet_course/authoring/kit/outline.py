"""A lesson as a teacher sees it: its aims, and its sections with the minutes that each takes.

The minutes of an exercise stand in its banner, those of the whole lesson in its first cell; `lessons.json` holds both.
What the exercises leave is shared out among the sections that are read and run, in proportion to what there is to read.
"""

from __future__ import annotations

import json
import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

import nbformat
from nbformat.notebooknode import NotebookNode

from resnet_course import lessons
from resnet_course.authoring.build import solved_path
from resnet_course.language import DEFAULT

HEADING = re.compile(r"(#{2,3}) (.+)")
CODE_LINE = 4  # words: how long a line of code takes to read,
LOOK = 60  # a figure to understand, or a prediction to make
EXERCISE = re.compile(r"\w+ (\d+) · ")
FEWEST_WORDS = 1  # a section without a word takes time all the same


@dataclass
class Section:
    """A stretch of a lesson under a heading.

    Parameters
    ----------
    title : str
        Its heading.
    cell : str
        The id of the cell in which the heading stands.
    level : int
        2 or 3.
    words : int
        How much there is to read; code, figures and predictions count as so many words.
    predicts, shows : bool
        Whether it asks for a prediction, whether it has a figure.
    """

    title: str
    cell: str
    level: int
    words: int = 0
    predicts: bool = False
    shows: bool = False


@dataclass(frozen=True)
class Piece:
    """What a plan can give a place in time.

    Parameters
    ----------
    kind : str
        ``"read"`` or ``"exercise"``.
    sections : tuple of Section
        What it covers, beginning with the one that names it.
    minutes : int
        How long it takes.
    """

    kind: str
    sections: tuple[Section, ...]
    minutes: int

    @property
    def title(self) -> str:
        """The heading that names it."""
        return self.sections[0].title


@dataclass(frozen=True)
class Outline:
    """A lesson's aims and pieces, in one language.

    Parameters
    ----------
    lesson, language : str
        Which lesson.
    title : str
        Its heading.
    aims : tuple of str
        What learners will be able to do, as the lesson's first cell says.
    minutes : int
        How long it takes in all, without what may be skipped.
    pieces : tuple of Piece
        What the minutes are made of.
    optional : tuple of Section
        What may be skipped.
    sections : tuple of Section
        All of it.
    headings : tuple of str
        Their titles in the course's first language.
    notebook : NotebookNode
        The built notebook.
    """

    lesson: str
    language: str
    title: str
    aims: tuple[str, ...]
    minutes: int
    pieces: tuple[Piece, ...]
    optional: tuple[Section, ...]
    sections: tuple[Section, ...] = field(repr=False)
    headings: tuple[str, ...] = field(repr=False)
    notebook: NotebookNode = field(repr=False)

    def section(self, title: str) -> Section:
        """Return the section that has a heading, as it is in the course's first language.

        Raises
        ------
        LookupError
            If there is none.
        """
        if title not in self.headings:
            raise LookupError(f"{self.lesson} has no heading {title!r}")
        return self.sections[self.headings.index(title)]


def read(root: Path, lesson: str, language: str) -> NotebookNode:
    """Return the built, solved notebook of a lesson."""
    return nbformat.read(solved_path(root, lesson, language), as_version=4)


def outline(root: Path, lesson: str, language: str) -> Outline:
    """Return a lesson's aims and pieces.

    Parameters
    ----------
    root : Path
        The course folder.
    lesson, language : str
        Which lesson, in which language. The minutes are the same in all of them.
    """
    notebook = read(root, lesson, language)
    named = sections(notebook)
    weighed = named if language == DEFAULT else sections(read(root, lesson, DEFAULT))
    facts = json.loads(lessons.FACTS.read_text(encoding="utf-8")).get(lesson)
    first = notebook.cells[0].source
    minutes = facts["minutes"] if facts else 0
    exercises = [each["minutes"] for each in facts["exercises"]] if facts else []
    return Outline(
        lesson=lesson,
        language=language,
        title=first.splitlines()[0].removeprefix("# "),
        aims=tuple(re.findall(r"^- (.+?)[;.]?$", first, re.MULTILINE)),
        minutes=minutes,
        pieces=tuple(_pieces(named, [each.words for each in weighed], minutes, exercises)) if facts else (),
        optional=tuple(each for each, wanted in zip(named, _required(named), strict=True) if not wanted),
        sections=tuple(named),
        headings=tuple(each.title for each in weighed),
        notebook=notebook,
    )


def sections(notebook: NotebookNode) -> list[Section]:
    """Return the sections of a built notebook; what stands before the first heading belongs to none."""
    found: list[Section] = []
    for cell in notebook.cells:
        if cell.cell_type == "markdown":
            fenced = False
            for line in cell.source.splitlines():
                fenced ^= line.startswith("```")
                heading = None if fenced else HEADING.fullmatch(line)
                if heading:
                    found.append(Section(heading[2].strip(), cell.id, len(heading[1])))
                elif found:
                    found[-1].words += len(line.split())
        elif found:
            found[-1].words += CODE_LINE * len(cell.source.splitlines())
            predicts = cell.id.startswith("predict-")
            shows = any("<img" in str(each.get("data", {}).get("text/html", "")) for each in cell.outputs)
            found[-1].words += LOOK * (predicts + shows)
            found[-1].predicts |= predicts
            found[-1].shows |= shows
    return found


def is_optional(section: Section) -> bool:
    """Tell whether a lesson says that a section may be skipped.

    Examples
    --------
    >>> is_optional(Section("More · Diagnosis in numbers", "a", 3)), is_optional(Section("Explore", "b", 2))
    (True, False)
    """
    return section.title.startswith(("More · ", "Mais · "))


def _required(named: Sequence[Section]) -> list[bool]:
    """Say of each section whether it belongs to the lesson's minutes: neither skipped, nor the readings at the end."""
    wanted, inside = [], True
    for place, section in enumerate(named):
        if section.level == 2:
            inside = not is_optional(section) and place != len(named) - 1
        wanted.append(inside and not is_optional(section))
    return wanted


def _pieces(named: Sequence[Section], words: Sequence[int], minutes: int, exercises: Sequence[int]) -> list[Piece]:
    groups: list[tuple[str, list[int]]] = []
    for place, wanted in enumerate(_required(named)):
        if not wanted:
            continue
        if named[place].level == 2:
            exercise = EXERCISE.match(named[place].title)
            groups.append(("exercise" if exercise else "read", [place]))
        elif groups and groups[-1][0] == "read":
            groups[-1][1].append(place)
        else:  # what is read after an exercise is a piece of its own: the banner's minutes do not count it
            groups.append(("read", [place]))
    reading = [sum(max(words[place], FEWEST_WORDS) for place in places) for kind, places in groups if kind == "read"]
    shared = iter(share_out(minutes - sum(exercises), reading))
    told = iter(exercises)
    return [
        Piece(kind, tuple(named[place] for place in places), next(told if kind == "exercise" else shared))
        for kind, places in groups
    ]


def share_out(minutes: int, weights: Sequence[int]) -> list[int]:
    """Return whole minutes in proportion to weights, at least 1 each, that add up exactly.

    Examples
    --------
    >>> share_out(10, [1, 1, 1])
    [4, 3, 3]
    >>> share_out(10, [1000, 1])
    [9, 1]
    """
    spare = minutes - len(weights)
    exact = [spare * weight / sum(weights) for weight in weights]
    shares = [int(each) for each in exact]
    for place in sorted(range(len(weights)), key=lambda place: shares[place] - exact[place])[: spare - sum(shares)]:
        shares[place] += 1
    return [1 + each for each in shares]
