"""What a learner has solved, read from the cards in the notebooks that they saved.

A card in a notebook names its exercise, so that it does not matter what the notebook is called. It says what the check
found when it last ran; the answer may have been edited since. Nothing else is kept anywhere, and nothing leaves the
machine.
"""

from __future__ import annotations

import json
import os
import stat
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Any

from resnet_course.checks.registry import LESSONS
from resnet_course.files import why
from resnet_course.language import languages, message
from resnet_course.machine import current_folder, where

# Where Colab shows a learner's Drive, and the folder in it that holds the copies of notebooks.
DRIVE = Path("/content/drive/MyDrive/Colab Notebooks")
LARGEST = 32 * 2**20  # bytes; a lesson with all its figures has one or two million
FORMAT = 4  # of notebooks, as Jupyter has written them since 2015
MARK = b"resnet_course"  # stands in every notebook of the course

Card = tuple[str, str]  # its exercise, and the key of what it says


@dataclass(frozen=True)
class Unread:
    """A file or folder that may hold a lesson and could not be read.

    Parameters
    ----------
    path : Path
        The file or folder.
    reason : str
        ``"permission"``, ``"folder"`` (with a notebook's name), ``"empty"``, ``"damaged"``, ``"format"``, ``"large"``
        or ``"failed"``; ``"gone"`` if it is the folder of this notebook that is no longer there.
    detail : str
        What the sentence about it says besides: the format's number, or the system's own words.

    Examples
    --------
    >>> Unread(Path("03_basic_block.ipynb"), "empty").reason
    'empty'
    """

    path: Path
    reason: str
    detail: str = ""


_Read = tuple[tuple[Card, ...], Unread | None]


class NotRead(ValueError):
    """A notebook could not be read.

    Parameters
    ----------
    reason, detail : str
        As in `Unread`.

    Examples
    --------
    >>> NotRead("format", "3").detail
    '3'
    """

    def __init__(self, reason: str, detail: str = "") -> None:
        super().__init__(reason, detail)
        self.reason, self.detail = reason, detail


@dataclass(frozen=True)
class Progress:
    """How far a learner is in one lesson.

    Parameters
    ----------
    lesson : str
        The lesson's id.
    states : dict
        Exercise to ``"solved"``, if a card of it is green, or ``"tried"``, if one is not. Others are not in it.
    solved_in : dict
        Solved exercise to the file with its green card; where several have one, the lesson's own comes first.
    unread : tuple of Unread
        What may hold cards of the lesson and could not be read.

    Examples
    --------
    >>> begun = Progress("03_basic_block", {"conv3x3": "solved", "basic-block": "tried"})
    >>> begun.solved, begun.total, begun.finished, begun.next
    (1, 4, False, 'basic-block')
    """

    lesson: str
    states: dict[str, str] = field(default_factory=dict)
    solved_in: dict[str, Path] = field(default_factory=dict)
    unread: tuple[Unread, ...] = ()

    @property
    def total(self) -> int:
        """How many exercises the lesson has."""
        return len(LESSONS[self.lesson])

    @property
    def solved(self) -> int:
        """How many of them are solved."""
        return sum(state == "solved" for state in self.states.values())

    @property
    def finished(self) -> bool:
        """Whether all are."""
        return self.solved == self.total

    @property
    def next(self) -> str | None:
        """The first exercise that is not solved."""
        return next((each for each in LESSONS[self.lesson] if self.states.get(each) != "solved"), None)

    @property
    def main_file(self) -> Path | None:
        """The file with most of the green cards, or None if there are none."""
        counted = Counter(self.solved_in.values()).most_common(1)
        return counted[0][0] if counted else None

    def with_places(self, sentence: str) -> str:
        """Return a sentence about what is solved and, in brackets, where it was found if that is not where one looks.

        That is another language's folder, or a file without the lesson's name.
        """
        places = [_place(file, self.lesson) for file in self.solved_in.values()]
        unusual = ", ".join(dict.fromkeys(filter(None, places)))
        if not unusual:
            return sentence
        return f"{sentence} ({unusual if all(places) else message('common.found.partly', places=unusual)})"


def read_progress(lesson: str) -> Progress:
    """Return how far a learner is in a lesson, as the notebooks say that they saved.

    Looked at are this folder, the lesson's folder beside it, in every language of the course, and of the Drive that
    Colab shows, where reading is slow, the notebooks with the lesson's name: ``Copy of 03_basic_block.ipynb`` too.

    Parameters
    ----------
    lesson : str
        The lesson's id.

    Examples
    --------
    >>> read_progress("03_basic_block").lesson
    '03_basic_block'
    """
    return read_all([lesson])[0]


def read_all(lessons: Iterable[str]) -> list[Progress]:
    """Return how far a learner is in each of these lessons; no file is read twice.

    Examples
    --------
    >>> [each.lesson for each in read_all(["03_basic_block", "04_bottleneck"])]
    ['03_basic_block', '04_bottleneck']
    """
    here = current_folder()
    read: Callable[[Path, bool], _Read] = cache(_read)
    return [_progress(lesson, here, read) for lesson in lessons]


def unread_sentences(progress: Iterable[Progress]) -> list[str]:
    """Return what could not be read, why, and what to do: a sentence for each reason.

    Examples
    --------
    >>> unread = (Unread(Path("a.ipynb"), "empty"), Unread(Path("b.ipynb"), "empty"))
    >>> [sentence] = unread_sentences([Progress("03_basic_block", unread=unread)])
    >>> "a.ipynb, b.ipynb" in sentence
    True
    """
    files: dict[tuple[str, str], list[str]] = {}
    for each in dict.fromkeys(unread for lesson in progress for unread in lesson.unread):
        files.setdefault((each.reason, each.detail), []).append(short_path(each.path))
    return [
        message("common.folder-gone")
        if reason == "gone"
        else message(f"00_start_here.unread.{reason}", files=", ".join(names), detail=detail)
        for (reason, detail), names in files.items()
    ]


def short_path(path: Path) -> str:
    """Return a file's path within the course, as ``03_basic_block/03_basic_block.ipynb``.

    Examples
    --------
    >>> short_path(Path("my.ipynb"))
    'my.ipynb'
    """
    here = current_folder()
    for folder in here.parents[:2] if here else ():
        if path.is_relative_to(folder):
            return str(path.relative_to(folder))
    return str(path)


def _place(file: Path, lesson: str) -> str | None:
    """Return in words where a file lies, or None if it is one in which a learner would look."""
    here = current_folder()
    language = file.parent.parent.name
    if here and file.parent.name == lesson and file.parent.parent != here.parent and language in languages():
        return message(f"common.found.{language}")
    return None if lesson in file.name else message("common.found.file", file=file.name)


def _read(path: Path, named: bool) -> _Read:
    """Return the cards in a file, or why there are none that could be read; a file of others, by its name, has none."""
    if not named and not _is_marked(path):
        return (), None
    try:
        return tuple(read_cards(path)), None
    except NotRead as problem:
        return (), Unread(path, problem.reason, problem.detail)
    except PermissionError:
        return (), Unread(path, "permission")
    except OSError as problem:
        return (), Unread(path, "failed", why(problem))


def _is_marked(path: Path) -> bool:
    """Tell whether a file is one of ours, without understanding it."""
    try:
        return path.is_file() and path.stat().st_size <= LARGEST and MARK in path.read_bytes()
    except OSError:
        return False


def _progress(lesson: str, here: Path | None, read: Callable[[Path, bool], _Read]) -> Progress:
    states: dict[str, str] = {}
    solved_in: dict[str, Path] = {}
    unread = [] if here else [Unread(Path(), "gone")]
    for folder in _folders(lesson, here):
        try:
            paths = _notebooks(folder, lesson)
        except OSError as problem:
            unread += _closed(folder, problem)
            continue
        for path in paths:
            cards, trouble = read(path, folder.name == lesson or lesson in path.name)
            if trouble:
                unread.append(trouble)
            for grade_id, key in cards:
                if grade_id not in LESSONS[lesson] or key == "unsolved" or grade_id in solved_in:
                    continue
                states[grade_id] = "solved" if key == "passed" else "tried"
                if key == "passed":
                    solved_in[grade_id] = path
    return Progress(lesson, states, solved_in, tuple(unread))


def _folders(lesson: str, here: Path | None) -> Iterator[Path]:
    """Yield where a lesson's notebooks may lie, each folder once, those in which a learner looks first."""
    folders = []
    if here:
        folders = [here.parent / lesson, here]
        if here.parent.name in languages():
            folders += [here.parent.parent / language / lesson for language in languages()]
    yield from dict.fromkeys([*folders, DRIVE])


def _notebooks(folder: Path, lesson: str) -> list[Path]:
    """Return the notebooks in a folder, the lesson's own first; hidden files are what systems leave behind."""
    with os.scandir(folder) as entries:
        names = sorted(each.name for each in entries if each.name.endswith(".ipynb") and each.name[0] != ".")
    if folder == DRIVE:
        names = [name for name in names if lesson in name]
    return [folder / name for name in sorted(names, key=lambda name: name != f"{lesson}.ipynb")]


def _closed(folder: Path, problem: OSError) -> list[Unread]:
    """Return what to say of a folder that cannot be looked into: nothing, if there is none."""
    if isinstance(problem, FileNotFoundError):
        return []
    if isinstance(problem, PermissionError):
        return [Unread(folder, "permission")]
    return [Unread(folder, "failed", why(problem))]


def drive_is_missing() -> bool:
    """Tell whether this is Colab without the learner's Drive, where the saved notebooks are.

    Examples
    --------
    >>> drive_is_missing()
    False
    """
    return where() == "colab" and not DRIVE.parent.is_dir()


def read_cards(notebook: Path) -> list[Card]:
    """Return the cards in a saved notebook, in their order: each one's exercise, and the key of what it says.

    Raises
    ------
    OSError
        If the file cannot be read.
    NotRead
        If it holds no whole notebook.

    Examples
    --------
    >>> import tempfile
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     file = Path(folder, "empty.ipynb")
    ...     _ = file.write_text('{"cells": []}')
    ...     read_cards(file)
    []
    """
    cells = _cells(_whole(notebook))
    facts = [_part(output, "metadata", "resnet_course") for cell in cells for output in _list(_part(cell, "outputs"))]
    cards = [(_part(each, "grade_id"), _part(each, "key")) for each in facts]
    return [(grade_id, key) for grade_id, key in cards if isinstance(grade_id, str) and isinstance(key, str)]


def _whole(notebook: Path) -> Any:
    """Return the JSON in a file."""
    facts = notebook.stat()
    if stat.S_ISDIR(facts.st_mode):
        raise NotRead("folder")
    if not stat.S_ISREG(facts.st_mode):  # to open a pipe is to wait for whoever writes into it
        raise NotRead("damaged")
    if facts.st_size > LARGEST:
        raise NotRead("large", str(LARGEST // 2**20))
    text = notebook.read_bytes()
    if not text.strip():
        raise NotRead("empty")
    try:
        return json.loads(text)
    except (ValueError, RecursionError) as error:
        raise NotRead("damaged") from error


def _cells(whole: Any) -> list[Any]:
    """Return the cells of a notebook."""
    version = _part(whole, "nbformat")
    if isinstance(version, int) and version != FORMAT:
        raise NotRead("format", str(version))
    cells = _part(whole, "cells")
    if (
        version not in (None, FORMAT)
        or not isinstance(cells, list)
        or not all(isinstance(each, dict) for each in cells)
    ):
        raise NotRead("damaged")
    return cells


def _part(whole: Any, *names: str) -> Any:
    """Return what stands under some names in JSON, or None: anybody may have written the file."""
    for name in names:
        whole = whole.get(name) if isinstance(whole, dict) else None
    return whole


def _list(value: Any) -> list[Any]:
    return value if isinstance(value, list) else []
