"""What prose says of a run in words or numbers, bound to the run: asserts that the build makes and no notebook shows.

A claims cell stands in the lesson script between the code that measures and the prose that tells::

    # %% claims=true
    assert first < last / 100, {"en": "less than a hundredth", "pt": "menos de um centésimo"}

Each condition is plain Python over the names of the lesson; it must hold on any machine that builds the lesson. The
words must stand in the prose between this cell and the next claims cell, or the next heading of the second level.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator
from dataclasses import dataclass

from resnet_course.authoring.script import Cell, Finding, Lesson
from resnet_course.language import languages

EXAMPLE = 'assert CONDITION, {"en": "the words", "pt": "as palavras"}'


@dataclass(frozen=True)
class Claim:
    """One claim of a claims cell.

    Parameters
    ----------
    line : int
        Its line in the lesson script.
    words : dict
        Language to the words of the prose that say what the condition says.
    """

    line: int
    words: dict[str, str]


def claims_in(cell: Cell) -> list[Claim]:
    """Return the claims of a claims cell.

    Raises
    ------
    ValueError
        If something else than claims stands in it; its second argument is the line.
    """
    found = []
    for node in ast.parse(cell.source).body:
        line = cell.line + node.lineno
        if not isinstance(node, ast.Assert) or not isinstance(node.msg, ast.Dict):
            raise ValueError(f"a claims cell holds only lines such as `{EXAMPLE}`", line)
        try:
            words = ast.literal_eval(node.msg)
        except ValueError:
            words = {}
        if set(words) != set(languages()) or not all(isinstance(each, str) and each.strip() for each in words.values()):
            raise ValueError(f"a claim needs its words in each language: {', '.join(languages())}", line)
        found.append(Claim(line, words))
    return found


def faults(lesson: Lesson) -> Iterator[Finding]:
    """Yield, with its line, what is wrong in a lesson's claims cells; words that stand in no prose beside them too."""
    for place, cell in enumerate(lesson.cells):
        if cell.kind != "claims":
            continue
        if all(each.kind == "prose" for each in lesson.cells[:place]):
            yield cell.line, "a claim needs a run before it"
        try:
            claims = claims_in(cell)
        except ValueError as error:
            yield error.args[1], error.args[0]
            continue
        for claim in claims:
            for language, words in claim.words.items():
                if plain(words) not in plain(" ".join(each.source for each in _told(lesson, place, language))):
                    yield claim.line, f"the prose after it does not say {words!r} ({language})"


def _told(lesson: Lesson, place: int, language: str) -> Iterator[Cell]:
    """Yield the prose cells in which the claims at a place in the lesson are told."""
    for cell in lesson.cells[place + 1 :]:
        if cell.kind == "claims":
            return
        if cell.kind == "prose" and cell.get("lang") == language:
            yield cell
            if cell.source.startswith(("# ", "## ")):
                return


def plain(prose: str) -> str:
    """Return prose as one line without emphasis, in which words can be found however they are set.

    Examples
    --------
    >>> plain("*less* than\\na **hundredth**")
    'less than a hundredth'
    """
    return " ".join(prose.replace("*", "").split())


def checked_after(lesson: Lesson, names: dict[int, str]) -> dict[str, str]:
    """Return what the build runs after a code cell: the cell's id to the source of the claims cells that follow it.

    Parameters
    ----------
    lesson : Lesson
        A lesson that has been read.
    names : dict
        The ids of its cells, each under the `id` of the cell.
    """
    found: dict[str, str] = {}
    before = ""
    for cell in lesson.cells:
        if cell.kind == "claims":
            found[before] = "\n".join(filter(None, [found.get(before), cell.source]))
        elif cell.kind == "setup":
            before = "setup"
        elif cell.kind != "prose":
            before = names[id(cell)]
    return found
