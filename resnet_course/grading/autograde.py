"""``nbgrader autograde`` made safe: nbgrader's own converter, with the course's pipeline where it ran learners' code.

`install` puts it in the place of nbgrader's; ``nbgrader_config.py`` calls it, so that the command line and formgrader
both grade this way. ``resnet-course grade`` uses the same class, with more workers.
"""

from __future__ import annotations

import os
import shutil
import sys
from collections import Counter
from collections.abc import Collection, Iterator
from contextlib import suppress
from dataclasses import dataclass, field, replace
from datetime import datetime, timezone
from fnmatch import fnmatch
from pathlib import Path
from typing import TYPE_CHECKING, Any

import nbformat
from nbgrader.apps.baseapp import NbGrader
from nbgrader.converters import Autograde
from nbgrader.converters.base import NbGraderException
from nbgrader.coursedir import CourseDirectory
from nbgrader.preprocessors import AssignLatePenalties
from nbgrader.utils import parse_utc
from sqlalchemy.exc import OperationalError
from tqdm import tqdm
from traitlets import Bool, Float, Instance
from traitlets.config import Application

if TYPE_CHECKING:
    from nbgrader.apps.api import NbGraderAPI

from resnet_course import checks
from resnet_course.files import UNUSABLE, why
from resnet_course.grading import GradingError
from resnet_course.grading.batch import Workers
from resnet_course.grading.belonging import demand_belonging
from resnet_course.grading.beside import copy_beside, write_whole
from resnet_course.grading.findings import Finding, is_fit, listed, printable
from resnet_course.grading.graded import Graded, Settings, Task
from resnet_course.grading.intake import Submission, language_of, loose_notebooks, read_folder, read_release
from resnet_course.grading.record import FLAGS, CourseGradebook
from resnet_course.grading.report import title_of
from resnet_course.grading.sandbox import Limits
from resnet_course.language import DEFAULT, course_language, message, number

TIMESTAMP = "timestamp.txt"
MOST_NAMES = 30  # in one line of the summary
NONE = "–"  # where all are right


@dataclass
class Outcome:
    """How a lesson stands after a run of the grader: each learner's points, each exercise's message keys, remarks."""

    most: float
    points: dict[str, float] = field(default_factory=dict)
    keys: dict[str, Counter[str]] = field(default_factory=dict)
    graded: int = 0
    skipped: int = 0
    late: list[str] = field(default_factory=list)  # learners
    remarks: list[str] = field(default_factory=list)  # learners whose reports say something
    told: list[tuple[str, str]] = field(default_factory=list)  # learner and sentence: what the teacher should look at

    def add_up(self, gradebook: CourseGradebook, lesson: str, learners: Collection[str]) -> None:
        """Take over how learners stand in the gradebook, whenever they were graded."""
        for learner, standing in sorted(gradebook.standings(lesson, learners).items()):
            self.points[learner] = standing.points
            if standing.findings:
                self.remarks.append(learner)
            self.told += [(learner, sentence) for key, sentence in standing.findings if key in FLAGS]
            for grade_id, key in standing.keys.items():
                self.keys.setdefault(grade_id, Counter())[key] += 1
            if standing.late and "no-notebook" not in dict(standing.findings):  # an empty folder is nothing handed in
                self.late.append(learner)
        for each in gradebook.overtaken(lesson):
            if each.learner in learners:
                facts = {name: number(getattr(each, name), "g") for name in ("by_hand", "automatic", "most")}
                sentence = message("grading.summary.overtaken", name=each.grade_id, **facts)
                self.told.append((each.learner, sentence))

    def summary(self, lesson: str) -> Iterator[str]:
        """Yield the lines of a summary: how many passed each exercise, what most others were told, means and names."""
        total = len(self.points)
        rows = [(lesson, message("grading.summary.passed"), message("grading.summary.most-common"))]
        for grade_id, keys in self.keys.items():
            others = [(key, count) for key, count in keys.most_common() if key != "passed"]
            told = f"{title_of(lesson, grade_id, others[0][0])} ({others[0][1]})" if others else NONE
            rows.append((grade_id, f"{keys['passed']}/{total}", told))
        widths = [max(len(row[column]) for row in rows) for column in range(3)]
        for row in rows:
            yield "  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip()
        mean = sum(self.points.values()) / total if total else 0.0
        facts: dict[str, Any] = {"count": self.graded, "skipped": self.skipped, "flagged": len(self.remarks)}
        facts |= {"mean": number(mean, ".2f"), "most": number(self.most, "g")}
        yield message("grading.summary.graded", **facts)
        for name, learners in (("late", self.late), ("remarks", self.remarks)):
            if learners:
                names = listed(learners, most=MOST_NAMES)
                yield message(f"grading.summary.{name}", count=len(learners), names=names)


class SealedAutograde(Autograde):  # type: ignore[misc]  # nbgrader has no types
    """nbgrader's ``Autograde`` in which a submission is rebuilt, run in a sandbox and judged outside."""

    sandbox = Bool(
        True, help="Whether learners' code runs in a sandbox. Without one it runs with all your rights."
    ).tag(config=True)
    again = Bool(False, help="Whether to grade also what is graded already from the same notebook.").tag(config=True)
    workers = Instance(Workers, allow_none=True, help="Who grades; without any, this process does.")
    question_seconds = Float(30, help="How long one exercise of a submission may run.").tag(config=True)
    notebook_seconds = Float(240, help="How long all exercises of a submission may run.").tag(config=True)
    progress = Bool(True, help="Whether to show a progress bar.").tag(config=True)

    def init_notebooks(self) -> None:
        """Find the submissions: every folder of the lesson below ``submitted``, whatever is in it."""
        lesson = self.coursedir.assignment_id
        if lesson not in checks.LESSONS:
            known = ", ".join(checks.LESSONS)
            self._stop(message("grading.command.unknown-lesson", lesson=lesson, known=known))
        root = Path(self.coursedir.root)
        try:
            demand_belonging(root)
        except GradingError as error:
            self._stop(str(error))
        submitted = root / self.coursedir.submitted_directory
        self._folders: dict[str, Path] = {}
        self._unfit: list[tuple[str, str]] = []
        for folder in sorted(submitted.iterdir()) if submitted.is_dir() else ():
            if not is_asked_for(folder.name, self.coursedir):
                continue
            if folder.is_file() and lesson in folder.name:
                self._unfit.append((folder.name, message("grading.command.nobodys")))
            if not (_is_there(folder / lesson) or loose_notebooks(folder, lesson)):
                continue
            if is_fit(folder.name):
                self._folders[folder.name] = folder / lesson
            else:
                self._unfit.append((folder.name, message("grading.command.unfit-name")))
        if not self._folders:
            for name, sentence in self._unfit:
                self.log.warning("%s: %s", printable(name), sentence)
            place = f"{submitted}/{self.coursedir.student_id}/{lesson}"
            self._stop(message("grading.command.nothing-submitted", place=place))

    def convert_notebooks(self) -> None:
        """Grade what was found, record it, and write the notebooks that feedback is made from."""
        try:
            points = self.released_points()
            if self.workers is not None:
                self.outcome = self._grade(points, self.workers)
            else:
                with Workers(settings=self.settings()) as workers:
                    self.outcome = self._grade(points, workers)
        except GradingError as error:
            self._stop(str(error))
        except OSError as error:
            if error.errno not in UNUSABLE:
                raise
            self._stop(message("grading.command.stopped", reason=why(error)))
        except OperationalError as error:
            self._stop(message("grading.command.stopped", reason=error.orig))

    def settings(self) -> Settings:
        """Return how to grade, as the configuration says."""
        limits = Limits(question_seconds=self.question_seconds, notebook_seconds=self.notebook_seconds)
        return Settings(limits, closed=self.sandbox)

    def released_points(self) -> dict[str, float]:
        """Return what each exercise of the lesson is worth, as the gradebook has it.

        Raises
        ------
        GradingError
            If the lesson was not released, or not registered in the gradebook, or there is no gradebook.
        """
        lesson = self.coursedir.assignment_id
        try:
            read_release(Path(self.coursedir.root), lesson, course_language())
        except FileNotFoundError:
            raise GradingError(message("grading.command.not-released", lesson=lesson)) from None
        with CourseGradebook.of(self.coursedir) as gradebook:
            return gradebook.points(lesson)

    def _grade(self, points: dict[str, float], workers: Workers) -> Outcome:
        workers.check_sandbox()  # last: who has no bubblewrap is told first of mistakes in the command
        root, language, lesson = Path(self.coursedir.root), course_language(), self.coursedir.assignment_id
        outcome = Outcome(sum(points.values()), keys={name: Counter() for name in points})
        outcome.told += self._unfit
        with (
            CourseGradebook.of(self.coursedir) as gradebook,
            tqdm(total=len(self._folders), unit="notebook", disable=not self.progress) as bar,
        ):
            done = {} if self.again or self.force else gradebook.recorded_digests(lesson)

            def tasks() -> Iterator[Task]:
                for learner, folder in self._folders.items():
                    submission = self._read(folder, lesson)
                    if done.get(learner) == submission.digest and self._written(learner, lesson).is_file():
                        outcome.skipped += 1
                        self._renew_penalty(gradebook, learner)
                        bar.update()
                    else:
                        # In the language in which the learner works, if it was released in that.
                        spoken = language_of(submission.content, language)
                        yield Task(learner, submission, read_release(root, lesson, spoken))

            for graded in workers.grade(tasks()):
                self._record(gradebook, graded)
                outcome.graded += 1
                bar.set_postfix_str(printable(graded.learner)[:20])
                bar.update()
            outcome.add_up(gradebook, lesson, self._folders)
        # What `resnet-course grade` prints, `nbgrader autograde` and formgrader have in their logs.
        for line in outcome.summary(lesson):
            self.log.info(line)
        for learner, sentence in outcome.told:
            self.log.warning("%s: %s", printable(learner), printable(sentence, 400))
        return outcome

    def _read(self, folder: Path, lesson: str) -> Submission:
        submission = read_folder(folder, lesson)
        if submission.content and (folder / TIMESTAMP).exists() and read_timestamp(folder) is None:
            return replace(submission, findings=(*submission.findings, Finding("timestamp")))
        return submission

    def _record(self, gradebook: CourseGradebook, graded: Graded) -> None:
        timestamp = read_timestamp(self._folders[graded.learner])
        submission = gradebook.record(graded, timestamp)
        late = submission.total_seconds_late > 0
        gradebook.db.rollback()
        if late:
            self._assign_penalty(graded.learner)
        self._write(graded, timestamp)
        self.log.debug("%s: %d of %d exercises are right", graded.learner, graded.passed, len(graded.questions))

    def _renew_penalty(self, gradebook: CourseGradebook, learner: str) -> None:
        """Compute again what lateness costs a submission that is graded: dates may have changed since."""
        timestamp = read_timestamp(self._folders[learner])
        before, late = gradebook.note_timestamp(self.coursedir.assignment_id, learner, timestamp)
        if late:
            self._assign_penalty(learner)
        if gradebook.penalty(self.coursedir.assignment_id, learner) != before:
            self._forget_feedback(learner)

    def _assign_penalty(self, learner: str) -> None:
        lesson = self.coursedir.assignment_id
        names = {"student": learner, "assignment": lesson, "notebook": lesson}
        resources = {"nbgrader": {**names, "db_url": self.coursedir.db_url}}
        AssignLatePenalties(parent=self).preprocess(nbformat.v4.new_notebook(), resources)

    def _written(self, learner: str, lesson: str) -> Path:
        folder = self.coursedir.format_path(self.coursedir.autograded_directory, learner, lesson)
        return Path(folder) / f"{lesson}.ipynb"

    def _write(self, graded: Graded, timestamp: datetime | None) -> None:
        path = self._written(graded.learner, graded.lesson)
        path.parent.mkdir(parents=True, exist_ok=True)
        self._copy_beside(graded, path.parent)
        # Where nobody can say when, the file is empty: nbgrader cannot release feedback without one.
        write_whole(path.parent / TIMESTAMP, timestamp.isoformat(" ") + " UTC" if timestamp is not None else "")
        write_whole(path, graded.notebook)  # last: a notebook that is there says that all is there
        with suppress(OSError):  # of files that another grader is writing now
            self.set_permissions(graded.lesson, graded.learner)
        self._forget_feedback(graded.learner)

    def _forget_feedback(self, learner: str) -> None:
        """Remove the feedback on an older submission or an older penalty; it would not be made again."""
        lesson = self.coursedir.assignment_id
        old = self.coursedir.format_path(self.coursedir.feedback_directory, learner, lesson)
        shutil.rmtree(old, ignore_errors=True)

    def _copy_beside(self, graded: Graded, to: Path) -> None:
        """Copy what nbgrader copies: the files beside the notebook, and those beside the source's over them."""
        directory = self.coursedir
        submitted = self._folders[graded.learner]
        source = Path(directory.format_path(directory.source_directory, ".", graded.lesson))
        mine = {source / name for name in self.exclude_overwriting.get(graded.lesson, [])}
        linked = submitted.is_symlink() or submitted.parent.is_symlink()
        copy_beside(
            [source] if linked else [submitted, source],
            to,
            left={to / TIMESTAMP, self._written(graded.learner, graded.lesson), *mine},
            ignored=[*directory.ignore, "*.ipynb"],
            most=1000 * directory.max_file_size,  # as in the exchange
        )

    def _stop(self, sentence: str) -> None:
        self.log.error(sentence)
        raise NbGraderException(sentence)


def is_asked_for(learner: str, course: CourseDirectory) -> bool:
    """Tell whether a learner is among those that a command was given, by name or by a pattern."""
    asked = learner == course.student_id or fnmatch(learner, course.student_id)
    return asked and learner not in (course.student_id_exclude or "").split(",")


def _is_there(folder: Path) -> bool:
    """Tell whether there is a submission; one below a folder that is closed to the grader is there, and unreadable."""
    try:
        return folder.is_dir() or folder.is_symlink()
    except OSError:
        return True


def read_timestamp(folder: Path) -> datetime | None:
    """Return when a submission says that it was handed in (UTC), or None if it does not say so, or not credibly."""
    path = folder / TIMESTAMP
    try:
        if path.is_symlink() or not path.is_file() or path.stat().st_size > 100:
            return None
        timestamp: datetime = parse_utc(path.read_text(encoding="utf-8").strip())
        now = datetime.now(timezone.utc).replace(tzinfo=None)
        return timestamp if timestamp <= now else None
    except (OSError, ValueError, OverflowError):
        return None


def install() -> None:
    """Put the course's classes in the place of nbgrader's, which names its own: on the command line and in formgrader.

    A time that cannot be read is no time to them, as it is none to the grader: nbgrader's pages would end in an error.
    """
    import nbgrader.apps.api
    import nbgrader.apps.autogradeapp
    import nbgrader.apps.generatefeedbackapp

    from resnet_course.grading.feedback import Feedback

    nbgrader.apps.api.Autograde = SealedAutograde
    nbgrader.apps.autogradeapp.Autograde = SealedAutograde
    nbgrader.apps.api.GenerateFeedback = Feedback
    nbgrader.apps.generatefeedbackapp.GenerateFeedback = Feedback
    CourseDirectory.get_existing_timestamp = lambda self, folder: read_timestamp(Path(folder))
    nbgrader.apps.api.NbGraderAPI.get_submitted_timestamp = _submitted_timestamp
    # In a server with formgrader, which reads this configuration; to import it elsewhere would take a second.
    if "nbgrader.server_extensions.formgrader.formgrader" in sys.modules:
        from resnet_course.grading import formgrader

        formgrader.install()


def _submitted_timestamp(api: NbGraderAPI, lesson: str, learner: str) -> datetime | None:
    course = api.coursedir
    return read_timestamp(Path(course.format_path(course.submitted_directory, learner, lesson)))


def release_language() -> str:
    """Return the language in which assignments are released, for ``nbgrader_config.py``.

    In a language that the course does not speak, an nbgrader command ends with one sentence. Jupyter servers read the
    configuration too, for formgrader and the Validate button. They say the sentence, and go on in English.

    Raises
    ------
    SystemExit
        In an nbgrader command. (traitlets logs any other exception with its traceback and goes on without the file.)
    """
    try:
        return course_language()
    except ValueError as error:
        if Application.initialized() and isinstance(Application.instance(), NbGrader):
            raise SystemExit(str(error)) from None
        print(error, file=sys.stderr)
        os.environ["COURSE_LANGUAGE"] = DEFAULT  # the configuration is read often; formgrader asks for messages
        return DEFAULT
