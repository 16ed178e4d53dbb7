"""What the setup cell of every notebook calls."""

from __future__ import annotations

import contextlib
import platform
import socket
import threading
import traceback
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from types import TracebackType
from typing import Any

import torch

from resnet_course.language import DEFAULT, languages, message, set_language, speaking
from resnet_course.release import course_version, version_advice

# The network answers within this time, or the course works offline.
ONLINE_SECONDS = 0.5


def start(lesson: str, language: str, version: str = "") -> None:
    """Open a lesson: choose its language, make errors readable, and print one line about this machine.

    If notebook and package do not fit together, it says so first: that explains whatever fails afterwards.

    Parameters
    ----------
    lesson : str
        The lesson's id, such as ``"03_basic_block"``.
    language : str
        The language of cards, figures and tables, such as ``"pt"``.
    version : str, optional
        The version of the course that the notebook was built for.

    Raises
    ------
    ValueError
        If the lesson or the language is unknown; the message lists the known ones.

    Examples
    --------
    >>> start("03_basic_block", language="en")  # doctest: +ELLIPSIS
    resnet-course ... · Python ... · torch ... · torchvision ... · ...
    """
    from resnet_course.checks import LESSONS

    # A newer notebook may be in a language that this package does not speak yet.
    with speaking(language if language in languages() else DEFAULT):
        advice = version_advice(version) if version else ""
    if advice:
        print(advice)
    set_language(language)
    if lesson not in LESSONS:
        raise ValueError(message("common.setup.unknown-lesson", lesson=lesson, known=", ".join(LESSONS)))
    _explain_missing_names(lesson)
    print(environment_line())


def environment_line() -> str:
    """Return versions, device, and whether the network answers, in one line.

    Examples
    --------
    >>> environment_line().startswith("resnet-course ")
    True
    """
    return " · ".join(
        [
            f"resnet-course {course_version()}",
            f"Python {platform.python_version()}",
            f"torch {torch.__version__}",
            f"torchvision {package_version('torchvision')}",
            device_name(),
            message("common.setup.online" if is_online() else "common.setup.offline"),
        ]
    )


def device_name() -> str:
    """Return the device that training would use: ``"cuda (…)"``, ``"mps"`` or ``"cpu"``.

    Examples
    --------
    >>> device_name().split()[0] in ("cuda", "mps", "cpu")
    True
    """
    from resnet_course.training import choose_device

    kind = choose_device().type
    return f"cuda ({torch.cuda.get_device_name()})" if kind == "cuda" else kind


def is_online() -> bool:
    """Tell whether GitHub can be reached, as Colab and the links of the course need it.

    Examples
    --------
    >>> is_online() in (True, False)
    True
    """
    reached = threading.Event()

    def reach() -> None:
        with contextlib.suppress(OSError):
            socket.create_connection(("github.com", 443), timeout=ONLINE_SECONDS).close()
            reached.set()

    # In a thread, because looking up a name without a network can take far longer than any socket's timeout.
    trial = threading.Thread(target=reach, daemon=True)
    trial.start()
    trial.join(ONLINE_SECONDS)
    return reached.is_set()


def package_version(package: str) -> str:
    """Return the version of an installed package, or ``"–"`` if there is none.

    Examples
    --------
    >>> package_version("no-such-package")
    '–'
    """
    # From the metadata: importing torchvision only for its version would take seconds.
    try:
        return version(package)
    except PackageNotFoundError:
        return "–"


def _explain_missing_names(lesson: str) -> None:
    """Let IPython answer a NameError with what a learner probably forgot: running a cell, or a new name."""
    from IPython.core.getipython import get_ipython

    shell = get_ipython()
    if shell is None:
        return

    def explain(
        shell: Any,
        kind: type[NameError],
        error: NameError,
        where: TracebackType,
        tb_offset: int | None = None,
    ) -> None:
        if _is_in_a_file(where):  # not the learner's cell: a fault of ours, or of a module
            shell.showtraceback((kind, error, where), tb_offset=tb_offset)
            return
        advice, is_answer = name_advice(lesson, error.name or "")
        own = [] if is_answer else shell.InteractiveTB.structured_traceback(kind, error, where, tb_offset=tb_offset)
        shown = [*own, advice]
        error._render_traceback_ = lambda: shown  # type: ignore[attr-defined]
        shell.showtraceback((kind, error, where), tb_offset=tb_offset)

    shell.set_custom_exc((NameError,), explain)


def _is_in_a_file(where: TracebackType) -> bool:
    """Tell whether an error was raised in a file; code of a cell has the name of one that does not exist."""
    *_, (last, _) = traceback.walk_tb(where)
    return Path(last.f_code.co_filename).is_file()


def name_advice(lesson: str, name: str) -> tuple[str, bool]:
    """Return what to tell a learner about a name that does not exist, and whether it is an exercise's answer.

    Examples
    --------
    >>> advice, is_answer = name_advice("03_basic_block", "BasicBlock")
    >>> is_answer
    True
    """
    from resnet_course import checks

    for check in checks.of_lesson(lesson):
        if name in check.answers:
            return message("common.setup.missing-answer", name=name, grade_id=check.grade_id), True
    return message("common.setup.missing-name", name=name), False
