"""What a learner has solved, read from the cards in the notebooks that they saved.

Nothing else is kept anywhere, and nothing leaves the machine.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from resnet_course.checks.registry import LESSONS
from resnet_course.machine import where

# Where Colab shows a learner's Drive, and the folder in it that holds the copies of notebooks.
DRIVE = Path("/content/drive/MyDrive/Colab Notebooks")
LARGEST = 32 * 2**20  # bytes; a lesson with all its figures has one or two million


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
        Solved exercise to the file with its green card.
    unread : tuple of Path
        Files with the lesson's name that are no notebooks that could be read.

    Examples
    --------
    >>> begun = Progress("03_basic_block", {"conv3x3": "solved", "basic-block": "tried"})
    >>> begun.solved, begun.total, begun.finished, begun.next
    (1, 4, False, 'basic-block')
    """

    lesson: str
    states: dict[str, str] = field(default_factory=dict)
    solved_in: dict[str, Path] = field(default_factory=dict)
    unread: tuple[Path, ...] = ()

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


def read_progress(lesson: str) -> Progress:
    """Return how far a learner is in a lesson, as the notebooks say that they saved.

    Looked at are the notebooks with the lesson's name in this folder, in the lesson's folder beside it, and in the
    Drive that Colab shows: ``Copy of 03_basic_block.ipynb`` too.

    Parameters
    ----------
    lesson : str
        The lesson's id.

    Examples
    --------
    >>> read_progress("03_basic_block").lesson
    '03_basic_block'
    """
    progress = Progress(lesson)
    unread = []
    for notebook in _saved(lesson):
        try:
            cards = read_cards(notebook)
        except (OSError, ValueError):
            unread.append(notebook)
            continue
        for grade_id, key in cards:
            if grade_id not in LESSONS[lesson] or key == "unsolved" or grade_id in progress.solved_in:
                continue
            progress.states[grade_id] = "solved" if key == "passed" else "tried"
            if key == "passed":
                progress.solved_in[grade_id] = notebook
    return Progress(lesson, progress.states, progress.solved_in, tuple(unread))


def _saved(lesson: str) -> Iterator[Path]:
    """Yield the files of a lesson, each once."""
    try:
        here = Path.cwd()
        folders = dict.fromkeys((here, here.parent / lesson, DRIVE))
        found = [path for folder in folders for path in sorted(folder.glob(f"*{lesson}*.ipynb")) if path.is_file()]
    except OSError:  # a folder that is gone, or may not be read
        return
    yield from found


def drive_is_missing() -> bool:
    """Tell whether this is Colab without the learner's Drive, where the saved notebooks are.

    Examples
    --------
    >>> drive_is_missing()
    False
    """
    return where() == "colab" and not DRIVE.parent.is_dir()


def read_cards(notebook: Path) -> list[tuple[str, str]]:
    """Return the cards in a saved notebook, in their order: each one's exercise, and the key of what it says.

    Raises
    ------
    OSError
        If the file cannot be read.
    ValueError
        If it holds no JSON, or more than a notebook would.

    Examples
    --------
    >>> import tempfile
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     file = Path(folder, "empty.ipynb")
    ...     _ = file.write_text('{"cells": []}')
    ...     read_cards(file)
    []
    """
    if notebook.stat().st_size > LARGEST:
        raise ValueError(f"{notebook} is too large for a notebook")
    try:
        whole = json.loads(notebook.read_bytes())
    except RecursionError as error:
        raise ValueError(f"{notebook} is nested too deeply") from error
    facts = [
        _part(output, "metadata", "resnet_course")
        for cell in _list(_part(whole, "cells"))
        for output in _list(_part(cell, "outputs"))
    ]
    cards = [(_part(each, "grade_id"), _part(each, "key")) for each in facts]
    return [(grade_id, key) for grade_id, key in cards if isinstance(grade_id, str) and isinstance(key, str)]


def _part(whole: Any, *names: str) -> Any:
    """Return what stands under some names in JSON, or None: anybody may have written the file."""
    for name in names:
        whole = whole.get(name) if isinstance(whole, dict) else None
    return whole


def _list(value: Any) -> list[Any]:
    return value if isinstance(value, list) else []
