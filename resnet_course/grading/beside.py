"""Files beside a notebook: nbgrader copies them, and so do we; but what learners hand in may be more than files."""

from __future__ import annotations

import os
import shutil
import stat
import tempfile
from collections.abc import Callable, Collection, Iterable
from contextlib import suppress
from functools import partial
from pathlib import Path
from typing import IO

from nbgrader.utils import find_all_files

SECRET = "submission_secret.txt"  # without it nbgrader cannot release feedback
MOST_FILES = 1000  # of one submission
PARTS = ".writing-*"  # files that are being written, by another grader perhaps


def copy_beside(
    places: Iterable[Path], to: Path, *, left: Collection[Path], ignored: Iterable[str], most: float
) -> None:
    """Let a folder hold the files of some others, the later ones' where names are the same, and no older files.

    Parameters
    ----------
    places : iterable of Path
        Folders; in a learner's, what is no ordinary file is left out, and so is what cannot be read.
    to : Path
        The folder that is to hold them.
    left : collection of Path
        Files, from there or here, that are left as they are.
    ignored : iterable of str
        Patterns of names that are not copied.
    most : float
        Bytes of the largest file that is copied.
    """
    wanted: dict[Path, Path] = {}
    for place in places:
        found = [Path(name) for name in find_all_files(str(place), list(ignored)) if Path(name) not in left]
        found.sort(key=lambda path: path.name != SECRET)
        wanted |= {to / path.relative_to(place): path for path in found[:MOST_FILES]}
    wanted = {path: source for path, source in wanted.items() if path not in left}
    for old in map(Path, find_all_files(str(to), [PARTS])):
        if old not in wanted and old not in left:
            old.unlink(missing_ok=True)
    for folder, _, _ in os.walk(to, topdown=False):
        if Path(folder) != to:
            with suppress(OSError):
                Path(folder).rmdir()  # it may stand where there is a file now
    for path, source in wanted.items():
        with suppress(OSError):  # a path too long, say: it costs this file
            if not copy_plain(source, path, most):
                path.unlink(missing_ok=True)


def copy_plain(source: Path, to: Path, most: float) -> bool:
    """Copy an ordinary file of at most so many bytes, and tell whether it was one: links and pipes are not followed."""
    try:
        descriptor = os.open(source, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK)
    except OSError:
        return False
    with os.fdopen(descriptor, "rb") as file:
        facts = os.fstat(descriptor)
        if not stat.S_ISREG(facts.st_mode) or facts.st_size > most:
            return False
        to.parent.mkdir(parents=True, exist_ok=True)
        _write(to, partial(shutil.copyfileobj, file))
    return True


def write_whole(path: Path, text: str) -> None:
    """Write a file so that it is there whole or not at all."""
    _write(path, lambda file: file.write(text.encode()))


def _write(path: Path, fill: Callable[[IO[bytes]], object]) -> None:
    handle, name = tempfile.mkstemp(dir=path.parent, prefix=".writing-")
    try:
        with os.fdopen(handle, "wb") as file:
            fill(file)
        Path(name).chmod(0o644)
        Path(name).replace(path)
    except BaseException:
        Path(name).unlink(missing_ok=True)
        raise
