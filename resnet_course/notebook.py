"""What the setup cell of every notebook calls."""

from __future__ import annotations

import difflib
import html
import linecache
import platform
import sys
import traceback
from collections.abc import Callable
from functools import partial
from pathlib import Path
from types import FrameType, TracebackType
from typing import Any

from resnet_course.explain import explain, in_a_cell, meant_by
from resnet_course.language import DEFAULT, current_language, languages, message, set_language, speaking
from resnet_course.machine import device_name, is_online, package_version
from resnet_course.release import course_version, version_advice
from resnet_course.restart import folder_language, not_started, note_start, running_shell, waits_for_setup, what_to_run


def take_up() -> None:
    """Prepare a kernel for cells that run before the setup cell; elsewhere, do nothing.

    After a restart learners go on in the middle. Cards then speak the language of the folder, and a name that does not
    exist is answered with what to run.

    Examples
    --------
    >>> take_up()
    """
    language = folder_language()
    if waits_for_setup():
        if language:
            set_language(language)
        _explain_errors(advice_before_setup)


def start(lesson: str, language: str, version: str = "", *, solutions: bool = True) -> None:
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
    solutions : bool
        Whether cards point to the solved cell after a few tries. A graded class's release says that they do not.

    Raises
    ------
    ValueError
        If the lesson or the language is unknown; the message lists the known ones.

    Examples
    --------
    >>> start("03_basic_block", language="en")  # doctest: +ELLIPSIS
    resnet-course ... · Python ... · torch ... · torchvision ... · ...
    """
    from IPython.display import display

    from resnet_course.checks import LESSONS
    from resnet_course.checks.card import point_to_solutions

    # A newer notebook may be in a language that this package does not speak yet.
    with speaking(language if language in languages() else DEFAULT):
        advice = version_advice(version) if version else ""
    if advice:
        print(advice)
    try:
        set_language(language)
    except ValueError:
        raise ValueError(_unknown_language(language)) from None
    if lesson not in LESSONS:
        raise ValueError(message("common.setup.unknown-lesson", lesson=lesson, known=", ".join(LESSONS)))
    note_start()
    point_to_solutions(solutions)
    _explain_errors(partial(error_advice, lesson))
    display(SetupLine(environment_line(), _progress(lesson)))


def _unknown_language(code: str) -> str:
    """Return a line in each language: nobody knows which of them the learner reads."""
    lines = []
    for each in languages():
        with speaking(each):
            lines.append(message("common.setup.unknown-language", language=code, known=", ".join(languages())))
    return "\n".join(lines)


def environment_line() -> str:
    """Return versions, device, and whether the network answers, in one line.

    Examples
    --------
    >>> environment_line().startswith("resnet-course ")
    True
    """
    import torch

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


class SetupLine:
    """What the setup cell prints; as HTML, because printed text breaks inside words on a narrow page.

    Parameters
    ----------
    line : str
        What this machine has.
    progress : str
        For how much of the lesson green cards are saved, or nothing.

    Examples
    --------
    >>> SetupLine("Python 3.12.1 · cpu", "a green card for 3 of 4 exercises")
    Python 3.12.1 · cpu
    a green card for 3 of 4 exercises
    """

    def __init__(self, line: str, progress: str) -> None:
        self.lines = [line, progress] if progress else [line]

    def __repr__(self) -> str:
        return "\n".join(self.lines)

    def _repr_html_(self) -> str:
        return f'<div lang="{current_language()}">{"<br>".join(map(html.escape, self.lines))}</div>'


def _progress(lesson: str) -> str:
    from resnet_course.record import read_progress

    progress = read_progress(lesson)
    if not progress.solved:
        return ""
    return progress.with_places(message("common.found.cards", solved=progress.solved, total=progress.total))


# What makes of an error, and of its traceback, an advice and whether that is enough without the traceback.
Advise = Callable[[BaseException, TracebackType | None], tuple[str | None, bool]]


def _explain_errors(advise: Advise) -> None:
    """Let IPython end the traceback of an error in the learner's own cell with what the error means."""
    shell = running_shell()
    if shell is None:
        return
    # Errors that show themselves, as that of a result card does, never come here. IPython asks the one for errors in
    # the code that it read and the other for those that came up while it ran.
    for shown_by in (shell.SyntaxTB, shell.InteractiveTB):
        shown_by.structured_traceback = _with_advice(advise, shown_by)


def _with_advice(advise: Advise, shown_by: Any) -> Callable[..., list[str]]:
    """Return what makes the lines of a traceback as `shown_by` does, and adds advice."""
    ordinary = type(shown_by).structured_traceback  # not the instance's own, which an earlier setup cell has set

    def structured_traceback(
        kind: Any = None, error: Any = None, where: Any = None, *rest: Any, **options: Any
    ) -> list[str]:
        try:
            advice, is_enough = advise(error, where)
        except Exception:  # what cannot be explained is shown all the same
            advice, is_enough = None, False
        if advice and is_enough:
            return [advice]
        lines: list[str] = ordinary(shown_by, kind, error, where, *rest, **options)
        return [*lines, advice] if advice else lines

    return structured_traceback


def advice_before_setup(error: BaseException, where: TracebackType | None) -> tuple[str | None, bool]:
    """Return what to tell a learner about an error before the setup cell has run, as `error_advice` does after it.

    Examples
    --------
    >>> advice_before_setup(NameError("name 'x' is not defined"), None)
    (None, False)
    """
    place = _learners_place(where) if type(error) is NameError else None
    # Others use the package too, in notebooks of their own.
    if place is None or not place[2] or not (folder_language() or "resnet_course.checks" in sys.modules):
        return None, False
    return not_started(), _code_of(place).startswith("checks.")


def error_advice(lesson: str, error: BaseException, where: TracebackType | None) -> tuple[str | None, bool]:
    """Return what to tell a learner about an error, if anything, and whether that is enough without a traceback.

    Parameters
    ----------
    lesson : str
        The lesson's id.
    error : Exception
        The error.
    where : traceback
        Its traceback; of a syntax error it does not matter.

    Examples
    --------
    >>> error_advice("03_basic_block", ValueError("the house is on fire"), None)
    (None, False)
    """
    if isinstance(error, KeyboardInterrupt):
        return message("common.setup.stopped"), True
    kind = type(error).__name__
    if isinstance(error, SyntaxError):
        in_a_file = Path(error.filename or "").is_file()  # a cell has the name of a file that does not exist
        return None if in_a_file else explain(kind, error.msg, error.text or ""), False
    place = _learners_place(where)
    if place is None:
        return None, False
    frame, _, is_last = place
    code = _code_of(place)
    meant = meant_by(error, frame, code)
    if isinstance(error, NotImplementedError) and not str(error):
        return _unsolved(frame) if is_last else None, False
    if type(error) is not NameError:
        return explain(kind, str(error), code, frame.f_code.co_name, meant), False
    if not is_last:
        return None, False
    advice, is_answer = name_advice(lesson, error.name or "")
    if is_answer:
        return advice, True
    to_run = what_to_run(error.name or "")
    if to_run:
        return to_run, False
    if in_a_cell(frame) and not meant.startswith("import numpy"):  # which no lesson has
        # Of a lesson's own variables many are called as something in Python or PyTorch: the cell that makes them first.
        return explain(kind, str(error), code, "<module>") or _or_what_is_meant(advice, meant, error.name or ""), False
    # As if outside of functions: a name that is simply unknown may be one of a cell that has not run.
    return explain(kind, str(error), code, "<module>", meant) or advice, False


def _or_what_is_meant(advice: str, meant: str, name: str) -> str:
    """Add to what is said of a missing name what of Python, PyTorch or a net may be meant by it."""
    if not meant:
        return advice
    kind = "module" if meant.startswith("import ") else "thing"
    return f"{advice} {message(f'common.setup.or-{kind}', name=name, meant=meant)}"


# A frame, its line, and whether an error arose there.
Place = tuple[FrameType, int, bool]


def _code_of(place: Place) -> str:
    frame, line, _ = place
    return linecache.getline(frame.f_code.co_filename, line).strip()


def _learners_place(where: TracebackType | None) -> Place | None:
    """Return the learner's innermost frame, its line, and whether the error arose there; None if it is our fault."""
    frames = list(traceback.walk_tb(where))
    for depth, (frame, line) in enumerate(reversed(frames)):
        module = frame.f_globals.get("__name__", "")
        if module == "__main__":  # the cells
            return frame, line, depth == 0
        if module.partition(".")[0] == "resnet_course":
            return None
    return None


def _unsolved(frame: FrameType) -> str:
    """Return what to tell a learner who uses an exercise that is not solved yet, given where it says so."""
    name = type(frame.f_locals["self"]).__name__ if "self" in frame.f_locals else frame.f_code.co_name
    return message("python_errors.exercise.here" if name == "<module>" else "python_errors.exercise.above", name=name)


def name_advice(lesson: str, name: str) -> tuple[str, bool]:
    """Return what to tell a learner about a name that does not exist, and whether it is an exercise's answer.

    Examples
    --------
    >>> advice, is_answer = name_advice("03_basic_block", "BasicBlock")
    >>> is_answer
    True
    """
    from resnet_course import checks

    exercises = {answer: check.grade_id for check in checks.of_lesson(lesson) for answer in check.answers}
    if name in exercises:
        return message("common.setup.missing-answer", name=name, grade_id=exercises[name]), True
    missing = message("common.setup.missing-name", name=name)
    alike = difflib.get_close_matches(name, exercises, n=1, cutoff=0.8)
    return f"{missing} {message('common.setup.near-answer', answer=alike[0])}" if alike else missing, False
