"""Where a learner's files go when they cannot go where they belong."""

from __future__ import annotations

import errno
import socket
import tempfile
from collections.abc import Callable
from functools import cache
from pathlib import Path
from ssl import SSLError
from typing import TypeVar
from urllib.error import HTTPError, URLError

from resnet_course.language import message

# What the system refuses, and the key of what is said of it.
REASONS = {
    getattr(errno, name): key
    for key, names in {
        "permission": "EACCES EPERM",
        "read-only": "EROFS",
        "full": "ENOSPC EDQUOT",
        "in-the-way": "EEXIST ENOTDIR",
        "folder": "EISDIR",
        "link": "ELOOP",
        "name": "ENAMETOOLONG",
        "missing": "ENOENT",
        "network": "ENETUNREACH ENETDOWN EHOSTUNREACH ECONNREFUSED ECONNRESET ECONNABORTED ETIMEDOUT EPIPE",
    }.items()
    for name in names.split()
    if hasattr(errno, name)
}

Result = TypeVar("Result")

# A folder that may only be read, a full disk, a file where the folder should be. Networks fail with other numbers.
UNUSABLE = {
    getattr(errno, name, None)
    for name in ("EROFS", "EACCES", "EPERM", "ENOSPC", "EDQUOT", "EEXIST", "ENOTDIR", "EISDIR", "ELOOP", "ENAMETOOLONG")
} - {None}


def write_somewhere(folder: Path, write: Callable[[Path], Result]) -> Result:
    """Return ``write(folder)``; if that folder cannot be used, ``write`` gets a temporary one, and a sentence says so.

    Parameters
    ----------
    folder : Path
        Where the files belong.
    write : callable
        Makes the folder, if it must, and the files in it.

    Raises
    ------
    OSError
        If the temporary folder cannot be used either; the message says what to do.

    Examples
    --------
    >>> with tempfile.NamedTemporaryFile() as file:  # a file, where the folder should be
    ...     place = write_somewhere(Path(file.name), lambda folder: folder.mkdir(exist_ok=True) or folder)
    ... # doctest: +ELLIPSIS
    The folder ... cannot be used (a file is in the way), so the files go to ...
    >>> place.is_dir()
    True
    """
    try:
        return write(folder)
    except OSError as problem:
        if problem.errno not in UNUSABLE:
            raise
        reason = why(problem)
    try:
        place = Path(_temporary().name)
        print(message("errors.files.elsewhere", folder=folder, reason=reason, place=place))
        return write(place)
    except OSError as problem:
        if problem.errno not in UNUSABLE and not isinstance(problem, FileNotFoundError):
            raise
        nowhere = message("errors.files.nowhere", folder=folder, reason=reason, other=why(problem))
        raise OSError(nowhere) from problem


@cache
def _temporary() -> tempfile.TemporaryDirectory[str]:
    # One for the whole kernel, so that nothing is fetched twice; deleted when the kernel ends.
    return tempfile.TemporaryDirectory(prefix="resnet-course-")


def try_writing(folder: Path) -> Path:
    """Make a folder if there is none, write a byte into it, and return it.

    Raises
    ------
    OSError
        If that does not work.

    Examples
    --------
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     try_writing(Path(folder, "new")).name
    'new'
    """
    folder.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryFile(dir=folder) as file:
        file.write(b"\n")
    return folder


def writable_folder(folder: str | Path) -> Path:
    """Return a folder in which files can be made: this one, or a temporary one, with a sentence that says so.

    Raises
    ------
    OSError
        If neither can be used; the message says what to do.

    Examples
    --------
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     writable_folder(folder) == Path(folder)
    True
    """
    return write_somewhere(Path(folder).expanduser(), try_writing)


def why(problem: Exception) -> str:
    """Return in a few words, without a path, why something could not be done; what is known in the learner's language.

    Examples
    --------
    >>> why(OSError(errno.EROFS, "Read-only file system", "data"))
    'it may only be read'
    >>> why(RuntimeError())
    'RuntimeError'
    """
    if isinstance(problem, HTTPError):
        return message("errors.reasons.server", code=problem.code)
    if isinstance(problem, URLError):  # which holds what the network said
        return why(problem.reason) if isinstance(problem.reason, Exception) else str(problem.reason)
    if isinstance(problem, TimeoutError | ConnectionError | socket.gaierror):
        return message("errors.reasons.network")
    number = getattr(problem, "errno", None)  # a sentence of ours has none
    if number in REASONS and not isinstance(problem, SSLError):  # which counts its errors in its own way
        return message(f"errors.reasons.{REASONS[number]}")
    text = getattr(problem, "strerror", None) or str(problem)
    return (text.splitlines() or [type(problem).__name__])[0]
