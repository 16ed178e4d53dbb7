"""The one place that turns message keys into sentences.

Every sentence the package shows a learner stands in ``resnet_course/messages/<language>/<area>.toml``; code
only names it. A folder with the same files is all that a further language needs.
"""

from __future__ import annotations

import os
import re
import reprlib
import sys
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from functools import cache
from pathlib import Path
from typing import Any

MESSAGES = Path(__file__).parent / "messages"
DEFAULT = "en"

_chosen: str | None = None  # by `set_language`: for all threads and all cells of a notebook
_spoken: ContextVar[str | None] = ContextVar("spoken", default=None)  # by `speaking`: for this thread


def languages() -> tuple[str, ...]:
    """Return the codes of the languages the course speaks, in alphabetical order.

    Examples
    --------
    >>> languages()
    ('en', 'pt')
    """
    return tuple(sorted(folder.name for folder in MESSAGES.iterdir() if folder.is_dir()))


def known_language(code: str, *, source: str = "language") -> str:
    """Return the code of a language that the course speaks, however it is written.

    Parameters
    ----------
    code : str
        A language code such as ``"pt"``, or a locale such as ``"pt-BR"`` or ``"pt_BR.UTF-8"``; empty for English.
    source : str
        Where the code came from, for the error.

    Raises
    ------
    ValueError
        If the language is unknown; the message lists the known ones.

    Examples
    --------
    >>> known_language("pt-BR")
    'pt'
    """
    written = re.fullmatch(r"([a-z]*)([-_.@].*)?", code.strip().lower() or DEFAULT)
    found = written[1] if written else ""
    if found not in languages():
        known = ", ".join(languages())
        raise ValueError(f"{source} is {code!r}; the course speaks: {known}. Set it to one of these.")
    return found


def course_language() -> str:
    """Return the language named by the environment variable ``COURSE_LANGUAGE``, or English.

    Raises
    ------
    ValueError
        If the variable names an unknown language.

    Examples
    --------
    >>> course_language() in languages()
    True
    """
    return known_language(os.environ.get("COURSE_LANGUAGE", ""), source="COURSE_LANGUAGE")


def current_language() -> str:
    """Return the language in which the package speaks now.

    Examples
    --------
    >>> with speaking("pt"):
    ...     current_language()
    'pt'
    """
    return _spoken.get() or _chosen or course_language()


def set_language(code: str) -> None:
    """Speak `code` from now on (inside `speaking`, until its end); the setup cell of every notebook calls this.

    Raises
    ------
    ValueError
        If the language is unknown.

    Examples
    --------
    >>> set_language("en")
    >>> current_language()
    'en'
    """
    global _chosen
    known = known_language(code)
    if _spoken.get() is None:
        _chosen = known
    else:
        _spoken.set(known)


@contextmanager
def speaking(code: str) -> Iterator[None]:
    """Speak `code` inside a ``with`` block; other threads speak on as they did.

    Examples
    --------
    >>> with speaking("pt"):
    ...     message("common.card.passed")
    'Correto'
    """
    before = _spoken.get()
    _spoken.set(known_language(code))
    try:
        yield
    finally:
        _spoken.set(before)


@cache
def catalogue(code: str, area: str) -> dict[str, Any]:
    """Return all messages of one area (a lesson id or ``"common"``) in one language.

    Examples
    --------
    >>> catalogue("pt", "common")["number"]["decimal-mark"]
    ','
    """
    # Imported here: the Makefile runs this file with a Python in which nothing is installed yet.
    if sys.version_info >= (3, 11):
        import tomllib
    else:
        import tomli as tomllib

    path = MESSAGES / code / f"{area}.toml"
    with path.open("rb") as file:
        return tomllib.load(file)


def find(key: str) -> Any:
    """Return what stands under ``area.part.part…`` in the current language: a sentence or a table of them.

    Raises
    ------
    KeyError
        If nothing stands there.

    Examples
    --------
    >>> with speaking("en"):
    ...     find("common.number")
    {'decimal-mark': '.', 'thousands-mark': ','}
    """
    area, *parts = key.split(".")
    found: Any = catalogue(current_language(), area)
    for part in parts:
        try:
            found = found[part]
        except (KeyError, TypeError):
            raise KeyError(f"no message {key!r} in language {current_language()!r}") from None
    return found


def message(key: str, **figures: Any) -> str:
    """Return one sentence in the current language, with its figures filled in.

    Parameters
    ----------
    key : str
        ``area.part.part…``; the area is a lesson id or ``common``.
    **figures
        What the sentence's ``{placeholders}`` stand for.

    Examples
    --------
    >>> with speaking("en"):
    ...     message("common.card.attempt", attempt=2)
    'attempt 2'
    """
    text: str = find(key)
    return showable(text.format(**figures))


def showable(text: str) -> str:
    """Return a text that holds names from the disk so that it can be shown: Linux allows names that are not UTF-8.

    Examples
    --------
    >>> showable(os.fsdecode(b"caf\\xe9"))
    'caf�'
    """
    # Python reads such bytes as lone surrogates, with which neither Jupyter nor Matplotlib can do anything.
    return re.sub(r"[\ud800-\udfff]", "�", text)


def in_short(value: object) -> str:
    """Return any value as Python writes it, cut where it is long; dots stay dots.

    Examples
    --------
    >>> in_short([1, ...]), in_short(10**5000)
    ('[1, ...]', 'int')
    """
    try:
        return re.sub(r"\bEllipsis\b", "...", reprlib.repr(value))
    except Exception:  # so many digits that Python writes none, or a class whose objects cannot show themselves
        return type(value).__name__


def spellings(word: str) -> list[str]:
    """Return how a word that a learner is asked for may be written: as it is, then in the current language, in others.

    Parameters
    ----------
    word : str
        A word, such as one of a prediction's choices.

    Examples
    --------
    >>> with speaking("pt"):
    ...     spellings("above")
    ['above', 'acima']
    """
    codes = sorted(languages(), key=lambda code: code != current_language())
    found = [catalogue(code, "common")["words"].get(word, word) for code in codes]
    return list(dict.fromkeys([word, *", ".join(found).split(", ")]))


def meant(written: str, words: Iterable[str]) -> str | None:
    """Return which of some words a learner wrote, in whatever language, or None.

    Parameters
    ----------
    written : str
        What was written; capitals, spaces and quotation marks around it do not matter.
    words : iterable of str
        The words that it may be.

    Examples
    --------
    >>> meant(" Acima", ["below", "above"])
    'above'
    """
    bare = " ".join(written.strip(" \t\n'\"`").lower().split())
    return next((word for word in words if bare in spellings(word)), None)


def number(value: float, form: str = ".3g") -> str:
    """Return a number for a figure, a table or a sentence, with the marks of the current language.

    Parameters
    ----------
    value : float
        The number.
    form : str
        How Python would format it, such as ``".2f"`` or ``","``.

    Examples
    --------
    >>> with speaking("pt"):
    ...     number(2.5), number(36864, ",")
    ('2,5', '36.864')
    """
    marks = {".": message("common.number.decimal-mark"), ",": message("common.number.thousands-mark")}
    return "".join(marks.get(character, character) for character in format(value, form))


if __name__ == "__main__":
    try:
        print(known_language(sys.argv[1], source="COURSE_LANGUAGE"))
    except ValueError as unknown:
        sys.exit(str(unknown))
