"""``nbgrader autograde`` made safe: nbgrader's own converter, with the course's pipeline where it ran learners' code.

`install` puts it in the place of nbgrader's; ``nbgrader_config.py`` calls it, so that the command line and formgrader
both grade this way. ``resnet-course grade`` uses the same class, with more workers.
"""

from __future__ import annotations

import os
import shutil
import tempfile
from collections import Counter
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from datetime import datetime, timezone
from fnmatch import fnmatch
from pathlib import Path

import nbformat
from nbgrader.converters import Autograde
from nbgrader.converters.base import NbGraderException
from nbgrader.preprocessors import AssignLatePenalties
from nbgrader.utils import parse_utc
from tqdm import tqdm
from traitlets import Bool, Float, Integer, Unicode

from resnet_course import checks
from resnet_course.grading import GradingError
from resnet_course.grading.batch import Task, grade_all
from resnet_course.grading.grade import Graded, Settings
from resnet_course.grading.intake import Finding, Submission, language_of, read_folder, read_release
from resnet_course.grading.record import CourseGradebook
from resnet_course.grading.sandbox import Limits, find_bubblewrap
from resnet_course.language import course_language, message

TIMESTAMP = "timestamp.txt"


@dataclass(frozen=True)
class Outcome:
    """What a run of the grader did: each learner's points, each exercise's message keys, and what was left alone."""

    points: dict[str, float]
    most: float
    keys: dict[str, Counter[str]]
    flagged: int
    skipped: int


class SealedAutograde(Autograde):
    """nbgrader's ``Autograde`` in which a submission is rebuilt, run in a sandbox and judged outside."""

    sandbox = Bool(
        True, help="Whether learners' code runs in a sandbox. Without one it runs with all your rights."
    ).tag(config=True)
    jobs = Integer(1, help="How many submissions are graded at the same time on this machine.").tag(config=True)
    scheduler = Unicode("", help="The address of a Dask scheduler, whose workers grade instead.").tag(config=True)
    again = Bool(False, help="Whether to grade also what is graded already from the same notebook.").tag(config=True)
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
        submitted = root / self.coursedir.submitted_directory
        excluded = (self.coursedir.student_id_exclude or "").split(",")
        self._folders: dict[str, Path] = {}
        for folder in sorted(submitted.iterdir()) if submitted.is_dir() else ():
            wanted = fnmatch(folder.name, self.coursedir.student_id) and folder.name not in excluded
            if wanted and ((folder / lesson).is_dir() or (folder / lesson).is_symlink()):
                self._folders[folder.name] = folder / lesson
        if not self._folders:
            place = f"{self.coursedir.submitted_directory}/{self.coursedir.student_id}/{lesson}"
            self._stop(message("grading.command.nothing-submitted", place=place))

    def convert_notebooks(self) -> None:
        """Grade what was found, record it, and write the notebooks that feedback is made from."""
        try:
            self.outcome = self._grade()
        except GradingError as error:
            self._stop(str(error))
        except FileNotFoundError as error:
            self._stop(message("grading.command.not-released", lesson=error.args[0]))

    def _grade(self) -> Outcome:
        lesson = self.coursedir.assignment_id
        root, language = Path(self.coursedir.root), course_language()
        read_release(root, lesson, language)
        if self.sandbox and not self.scheduler:
            find_bubblewrap()  # before the gradebook is touched
        gradebook = CourseGradebook(self.coursedir.db_url, self.coursedir.course_id)
        with gradebook:
            points = gradebook.points(lesson)
            done = {} if self.again or self.force else gradebook.recorded_digests(lesson)
            counts, total, bars = Counter[str](), len(self._folders), list[tqdm]()
            earned: dict[str, float] = {}
            keys: dict[str, Counter[str]] = {name: Counter() for name in points}

            def tasks() -> Iterator[Task]:
                # Asked for once everything that could be missing is there: no bar stands before a refusal.
                bars.append(stack.enter_context(tqdm(total=total, unit="notebook", disable=not self.progress)))
                for learner, folder in self._folders.items():
                    submission = self._read(folder, lesson)
                    if done.get(learner) == submission.digest and self._written(learner, lesson).is_file():
                        counts["skipped"] += 1
                        bars[0].update()
                    else:
                        # In the language in which the learner works, if it was released in that.
                        spoken = language_of(submission.content, language)
                        yield Task(learner, submission, read_release(root, lesson, spoken))

            limits = Limits(question_seconds=self.question_seconds, notebook_seconds=self.notebook_seconds)
            settings = Settings(limits, closed=self.sandbox)
            with ExitStack() as stack:
                for graded in grade_all(tasks(), settings, jobs=self.jobs, scheduler=self.scheduler):
                    self._record(gradebook, graded)
                    earned[graded.learner] = sum(
                        points.get(each.grade_id, 0) for each in graded.questions if each.passed
                    )
                    counts["flagged"] += bool(graded.findings)
                    for each in graded.questions:
                        keys.setdefault(each.grade_id, Counter())[each.key] += 1
                    bars[0].set_postfix_str(graded.learner[:20])
                    bars[0].update()
        return Outcome(earned, sum(points.values()), keys, counts["flagged"], counts["skipped"])

    def _read(self, folder: Path, lesson: str) -> Submission:
        if folder.is_symlink() or folder.parent.is_symlink():
            return Submission(None, (Finding("link", {"name": folder.name}),))
        submission = read_folder(folder, lesson)
        if (folder / TIMESTAMP).exists() and read_timestamp(folder) is None:
            return Submission(submission.content, (*submission.findings, Finding("timestamp")))
        return submission

    def _record(self, gradebook: CourseGradebook, graded: Graded) -> None:
        timestamp = read_timestamp(self._folders[graded.learner])
        submission = gradebook.record(graded, timestamp)
        late = submission.total_seconds_late > 0
        gradebook.db.rollback()
        if late:
            self._assign_penalty(graded)
        self._write(graded, timestamp)
        self.log.debug("%s: %d of %d exercises are right", graded.learner, graded.passed, len(graded.questions))

    def _assign_penalty(self, graded: Graded) -> None:
        names = {"student": graded.learner, "assignment": graded.lesson, "notebook": graded.lesson}
        resources = {"nbgrader": {**names, "db_url": self.coursedir.db_url}}
        AssignLatePenalties(parent=self).preprocess(nbformat.v4.new_notebook(), resources)

    def _written(self, learner: str, lesson: str) -> Path:
        folder = self.coursedir.format_path(self.coursedir.autograded_directory, learner, lesson)
        return Path(folder) / f"{lesson}.ipynb"

    def _write(self, graded: Graded, timestamp: datetime | None) -> None:
        path = self._written(graded.learner, graded.lesson)
        path.parent.mkdir(parents=True, exist_ok=True)
        write_whole(path, graded.notebook)
        if timestamp is not None:
            write_whole(path.parent / TIMESTAMP, timestamp.isoformat(" ") + " UTC")
        # Feedback on an older submission is no feedback on this one.
        old = self.coursedir.format_path(self.coursedir.feedback_directory, graded.learner, graded.lesson)
        shutil.rmtree(old, ignore_errors=True)

    def _stop(self, sentence: str) -> None:
        self.log.error(sentence)
        raise NbGraderException(sentence)


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


def write_whole(path: Path, text: str) -> None:
    """Write a file so that it is there whole or not at all."""
    handle, name = tempfile.mkstemp(dir=path.parent, prefix=".writing-")
    with os.fdopen(handle, "w", encoding="utf-8") as file:
        file.write(text)
    Path(name).chmod(0o644)
    Path(name).replace(path)


def install() -> None:
    """Let ``nbgrader autograde`` and formgrader grade by `SealedAutograde`: there nbgrader names its own class."""
    import nbgrader.apps.api
    import nbgrader.apps.autogradeapp

    nbgrader.apps.api.Autograde = SealedAutograde
    nbgrader.apps.autogradeapp.Autograde = SealedAutograde
