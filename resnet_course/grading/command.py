"""What ``resnet-course grade`` and ``resnet-course report`` do, with nbgrader's configuration and classes."""

from __future__ import annotations

import logging
import os
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from copy import deepcopy
from pathlib import Path

from jupyter_core.paths import jupyter_config_path
from nbgrader.converters.base import NbGraderException
from nbgrader.coursedir import CourseDirectory
from traitlets.config import Config
from traitlets.config.loader import PyFileConfigLoader

from resnet_course import checks
from resnet_course.files import why
from resnet_course.grading import GradingError
from resnet_course.grading.autograde import SealedAutograde
from resnet_course.grading.batch import Workers
from resnet_course.grading.findings import printable
from resnet_course.language import message


class _Refusals(logging.Handler):
    """Keeps the sentences that nbgrader logs as errors, to say them once, without a log around them."""

    def __init__(self) -> None:
        super().__init__(logging.ERROR)
        self.sentences: list[str] = []

    def emit(self, record: logging.LogRecord) -> None:
        self.sentences.append(record.getMessage())


def course_config(root: Path) -> Config:
    """Return the configuration that nbgrader's own commands have in the course: of machine, user and course.

    Raises
    ------
    GradingError
        If this is no course folder, or its configuration cannot be read.
    """
    if not (root / "nbgrader_config.py").is_file():
        raise GradingError(message("grading.command.no-course", root=root))
    config = _configured([str(root), *jupyter_config_path()])
    config.CourseDirectory.root = str(root)
    return config


def _configured(places: Sequence[str]) -> Config:
    """Return what the configurations in some folders say together; the first has the last word."""
    config = Config()
    for place in reversed(places):
        if Path(place, "nbgrader_config.py").is_file():
            try:
                config.merge(PyFileConfigLoader("nbgrader_config.py", path=place).load_config())
            except Exception as error:  # it is somebody's Python
                facts = {"path": Path(place, "nbgrader_config.py"), "error": type(error).__name__, "text": error}
                raise GradingError(message("grading.command.broken-config", **facts)) from None
    return config


def course_root(folder: Path) -> Path:
    """Return the course folder that a command means, given in some folder: that of nbgrader's own commands.

    On a hub a terminal opens in the teacher's home, and the hub's configuration tells nbgrader where the course is.

    Raises
    ------
    GradingError
        If nbgrader's configuration cannot be read.

    Examples
    --------
    >>> course_root(Path("/nowhere")) == Path("/nowhere")  # of which `course_config` will say that it is none
    True
    """
    return folder / str(_configured([str(folder), *jupyter_config_path()]).CourseDirectory.get("root", folder))


def grade_lessons(
    root: Path,
    lessons: Sequence[str],
    workers: Workers,
    *,
    resume: bool = False,
    students: str = "*",
) -> None:
    """Grade the submissions of some lessons and print a summary of each.

    Parameters
    ----------
    root : Path
        The course folder.
    lessons : sequence of str
        Lesson ids.
    workers : Workers
        Who grades. They take their limits from the course's configuration.
    resume : bool
        Whether to skip what is graded already from the same notebook.
    students : str
        Which learners, as a pattern.

    Raises
    ------
    GradingError
        If nothing can be graded; the gradebook is as it was.
    """
    config = course_config(root)
    converters = [_converter(config, lesson, students, not resume, workers) for lesson in lessons]
    with _saying_why(converters):
        for converter in converters:
            converter.init_notebooks()
            converter.released_points()
        if not workers.settings.closed:
            print(message("grading.sandbox.open"))
        workers.settings = converters[0].settings()
        for converter in converters:
            converter.start()
            for line in converter.outcome.summary(converter.coursedir.assignment_id):
                print(line)
            if converter.outcome.skipped and not converter.outcome.graded:
                print(message("grading.summary.nothing-new"))
            for learner, sentence in converter.outcome.told:
                print(f"  {printable(learner)}: {printable(sentence, 400)}")


def _converter(config: Config, lesson: str, students: str, again: bool, workers: Workers) -> SealedAutograde:
    settings = deepcopy(config)
    settings.CourseDirectory.assignment_id = lesson
    settings.CourseDirectory.student_id = students
    settings.SealedAutograde.again = again
    settings.SealedAutograde.sandbox = workers.settings.closed
    return SealedAutograde(coursedir=CourseDirectory(config=settings), config=settings, workers=workers)


@contextmanager
def _saying_why(converters: Sequence[SealedAutograde]) -> Iterator[None]:
    """Turn nbgrader's refusals, which it logs, into an error with the same sentences."""
    refusals = _Refusals()
    log = logging.getLogger("resnet_course.grading")
    log.propagate = False
    log.addHandler(refusals)
    for converter in converters:
        converter.log = log
    try:
        yield
    except NbGraderException:
        raise GradingError("\n".join(refusals.sentences)) from None
    finally:
        log.removeHandler(refusals)


def write_report(root: Path, lessons: Sequence[str], to: Path | None = None, *, tables: bool = False) -> str:
    """Write a report and return sentences that name the files: of one lesson, or the class report of several or all.

    Parameters
    ----------
    root : Path
        The course folder.
    lessons : sequence of str
        Lesson ids; none for the class report of all that are graded.
    to : Path, optional
        The page to write.
    tables : bool
        Whether to write the class report's tables too, as CSV beside the page.

    Raises
    ------
    GradingError
        If a lesson is unknown, nothing is graded, there are no tables, or a file cannot be written.
    """
    known = ", ".join(checks.LESSONS)
    for lesson in lessons:
        if lesson not in checks.LESSONS:
            raise GradingError(message("grading.command.unknown-lesson", lesson=lesson, known=known))
    if len(lessons) == 1:
        from resnet_course.grading.report import report_page

        if tables:
            raise GradingError(message("grading.command.no-tables"))
        page = report_page(course_config(root), lessons[0])
        if page is None:
            raise GradingError(message("grading.command.not-graded", lesson=lessons[0]))
        return _written({to or root / f"{lessons[0]}_report.html": page})
    from resnet_course.grading.class_report import class_page, class_results, class_tables

    results = class_results(course_config(root), lessons)
    if results is None:
        raise GradingError(message("grading.command.nothing-graded"))
    path = to or root / "class_report.html"
    files = {path: class_page(root, results)}
    if tables:
        files |= {path.with_name(f"{path.stem}_{name}.csv"): text for name, text in class_tables(results).items()}
    return _written(files)


def _written(files: dict[Path, str]) -> str:
    for path, text in files.items():
        try:
            # With a mark at its start, Excel reads a table's accents.
            path.write_text(text, encoding="utf-8-sig" if path.suffix == ".csv" else "utf-8", newline="")
        except OSError as problem:
            raise GradingError(message("grading.command.unwritten", path=path, reason=why(problem))) from problem
    return "\n".join(message("grading.command.wrote", path=os.path.relpath(path)) for path in files)
