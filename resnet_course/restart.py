"""Cells of a lesson that run before its setup cell has, as after a restart: they are told what to run."""

from __future__ import annotations

import re
import sys
from typing import Any

from resnet_course.language import languages, message, speaking
from resnet_course.machine import current_folder

# What the cell with the imports, right after the setup cell, brings in every lesson, and no other cell does.
IMPORTED_BY_ALL = "expect"

_started = False


class NotStarted(Exception):
    """A cell lacks what the cells before it make; the text says what to run, and Jupyter shows it alone.

    Examples
    --------
    >>> NotStarted("Run the first cell.")._render_traceback_()
    ['Run the first cell.']
    """

    def _render_traceback_(self) -> list[str]:
        return [str(self)]


def note_start() -> None:
    """Note that the setup cell has run.

    Examples
    --------
    >>> note_start()
    >>> waits_for_setup()
    False
    """
    global _started
    _started = True


def waits_for_setup() -> bool:
    """Tell whether this is a kernel in which the setup cell has not run yet.

    Examples
    --------
    >>> waits_for_setup()
    False
    """
    return not _started and running_shell() is not None


def waits_for_imports() -> bool:
    """Tell whether this is a kernel in which a lesson's cell with the imports has not run yet.

    Examples
    --------
    >>> waits_for_imports()
    False
    """
    shell = running_shell()
    return shell is not None and IMPORTED_BY_ALL not in shell.user_ns


def what_to_run(name: str) -> str | None:
    """Return what to run if the setup cell or the cell with the imports has not run, or None.

    Parameters
    ----------
    name : str
        What does not exist.

    Examples
    --------
    >>> what_to_run("torch") is None
    True
    """
    if waits_for_setup():
        return not_started()
    return message("common.setup.no-imports", name=name) if waits_for_imports() else None


def running_shell() -> Any:
    """Return IPython's shell where one runs, and otherwise None, without loading IPython for it.

    Examples
    --------
    >>> running_shell() is None
    True
    """
    if "IPython" not in sys.modules:
        return None
    from IPython.core.getipython import get_ipython

    return get_ipython()


def folder_language() -> str | None:
    """Return the language of the lesson in whose folder this runs, such as ``notebooks/pt/03_basic_block``, or None.

    Examples
    --------
    >>> folder_language() is None
    True
    """
    folder = current_folder()
    if folder is None:
        return None
    language = folder.parent.name
    return language if language in languages() and re.match(r"\d\d_", folder.name) else None


def not_started() -> str:
    """Return what to run when the setup cell has not run: in the folder's language, or a line in each.

    Examples
    --------
    >>> len(not_started().splitlines()) == len(languages())
    True
    """
    known = folder_language()
    lines = []
    for language in [known] if known else languages():
        with speaking(language):
            lines.append(message("common.setup.not-started", title=message("common.author.setup-title")))
    return "\n".join(lines)
