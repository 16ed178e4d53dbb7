"""The words of the course: one file of terms in every language, to which lessons link where a word is first read."""

from __future__ import annotations

import re
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from resnet_course.authoring.script import LessonError, Problem
from resnet_course.checks import registry
from resnet_course.language import languages

if sys.version_info >= (3, 11):
    import tomllib
else:
    import tomli as tomllib

FILE = "glossary.toml"
LINK = re.compile(r"\]\(glossary:([^)]*)\)")


@dataclass(frozen=True)
class Term:
    """A word of the course.

    Parameters
    ----------
    key : str
        What links call it; the id of its cell.
    lesson : str
        The lesson that introduces it.
    term, meaning : dict
        The word, with its other names, and what it means: language to text.
    """

    key: str
    lesson: str
    term: dict[str, str]
    meaning: dict[str, str]


def read_glossary(path: Path) -> dict[str, Term]:
    """Return the terms of a glossary file, by their keys.

    Raises
    ------
    LessonError
        If an entry is incomplete; every problem is listed with file and line.
    """
    text = path.read_text(encoding="utf-8")
    try:
        entries = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise LessonError([Problem(path, 1, f"not TOML: {error}")]) from None
    lines = {line.strip("[] "): number for number, line in enumerate(text.splitlines(), 1) if line.startswith("[")}
    problems = [Problem(path, lines[key], each) for key, entry in entries.items() for each in _faults(key, entry)]
    if problems:
        raise LessonError(problems)
    parts = ("term", "meaning")
    return {
        key: Term(key, entry["lesson"], *({code: entry[code][part] for code in languages()} for part in parts))
        for key, entry in entries.items()
    }


def _faults(key: str, entry: dict[str, Any]) -> Iterator[str]:
    if not re.fullmatch("[a-z0-9-]{1,64}", key):
        yield f"a key is small letters, digits and hyphens, not {key!r}"
    if entry.get("lesson") not in registry.LESSONS:
        yield f"[{key}] names no lesson: {entry.get('lesson')!r}"
    for code in languages():
        for part in ("term", "meaning"):
            if not str(entry.get(code, {}).get(part, "")).strip():
                yield f"[{key}] lacks {code}.{part}"
    if set(entry) - {"lesson", *languages()}:
        yield f"[{key}] has more than a lesson and a term in each of these languages: {', '.join(languages())}"
