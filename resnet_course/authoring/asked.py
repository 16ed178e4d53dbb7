"""What learners ask: one file of questions in every language, each answered by a prose cell that bears its key."""

from __future__ import annotations

import sys
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from resnet_course.authoring.script import Lesson, LessonError, Problem
from resnet_course.language import languages

if sys.version_info >= (3, 11):
    import tomllib
else:
    import tomli as tomllib

FILE = "asked.toml"


@dataclass(frozen=True)
class Question:
    """A question that learners ask.

    Parameters
    ----------
    key : str
        What the marker of the answering cell calls it: ``asked="key"``.
    text : dict
        Language to the question, as a learner would put it.
    line : int
        Its line in the file.
    """

    key: str
    text: dict[str, str]
    line: int


def read_questions(path: Path) -> dict[str, Question]:
    """Return the questions of a file, by their keys; none if there is no such file.

    Raises
    ------
    LessonError
        If a question lacks a language; every problem is listed with file and line.
    """
    text = path.read_text(encoding="utf-8") if path.is_file() else ""
    try:
        entries = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise LessonError([Problem(path, 1, f"not TOML: {error}")]) from None
    lines = {line.strip("[] "): number for number, line in enumerate(text.splitlines(), 1) if line.startswith("[")}
    problems = [Problem(path, lines[key], each) for key, entry in entries.items() for each in _faults(key, entry)]
    if problems:
        raise LessonError(problems)
    return {key: Question(key, entry, lines[key]) for key, entry in entries.items()}


def _faults(key: str, entry: dict[str, Any]) -> Iterator[str]:
    for code in languages():
        if not str(entry.get(code, "")).strip().endswith("?"):
            yield f"[{key}] needs a question in {code!r}, with a question mark"
    if set(entry) - set(languages()):
        yield f"[{key}] has more than a question in each of these languages: {', '.join(languages())}"


def unanswered(path: Path, lessons: Iterable[Lesson]) -> Iterator[Problem]:
    """Yield the questions of a file that no cell of these lessons answers, and those that several do."""
    keys = [
        cell.get("asked") for each in lessons for cell in each.of_kind("prose") if cell.get("lang") == languages()[0]
    ]
    for question in read_questions(path).values():
        if keys.count(question.key) != 1:
            cells = "several cells of the lessons have" if question.key in keys else "no cell of the lessons has"
            yield Problem(path, question.line, f'{cells} asked="{question.key}": one must answer it')
