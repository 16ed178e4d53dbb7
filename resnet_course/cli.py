"""The command ``resnet-course``."""

from __future__ import annotations

import argparse
import sys
from importlib.metadata import version
from pathlib import Path

from resnet_course.language import course_language
from resnet_course.release import course_version


def main(arguments: list[str] | None = None) -> int:
    """Run the command and return its exit status: 0, or 1 with one sentence on stderr for each thing wrong."""
    options = _parser().parse_args(arguments)
    try:
        course_language()
    except ValueError as error:
        return _complain(str(error))
    return int(options.run(options))


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="resnet-course", description="Build, grade and report on the course.")
    parser.add_argument(
        "--version", action="version", version=f"resnet-course {course_version()} ({version('resnet-course')})"
    )
    commands = parser.add_subparsers(required=True, metavar="COMMAND")

    build = commands.add_parser("build", help="lesson scripts → solved notebooks → notebooks for learners")
    build.add_argument("lessons", nargs="*", metavar="LESSON", help="lesson ids, such as 03_basic_block (default: all)")
    build.add_argument("--check", action="store_true", help="write nothing; name what is stale and exit with 1")
    build.add_argument("--force", action="store_true", help="build also what is fresh")
    build.set_defaults(run=_build)

    release = commands.add_parser("check-release", help="whether a tag may be released; prints its notes")
    release.add_argument("tag", metavar="TAG", help="the git tag, such as v0.2.0")
    release.set_defaults(run=_check_release)

    roster = commands.add_parser("roster", help="learners and their ids from a CSV file of Moodle or Canvas")
    roster.add_argument("file", type=Path, metavar="FILE", help="participants, grading worksheet or gradebook, as CSV")
    roster.set_defaults(run=_roster)

    collect = commands.add_parser("collect", help="a download from Moodle or Canvas, or a folder → submitted/")
    collect.add_argument("file", type=Path, metavar="FILE", help="the zip file, or a folder of files")
    collect.add_argument("lesson", metavar="LESSON", help="a lesson's id, such as 03_basic_block")
    collect.add_argument("--roster", type=Path, metavar="FILE", help="CSV of the platform: learners, their ids, times")
    collect.add_argument(
        "--timezone", default="", metavar="NAME", help="of the times in that file (default: this machine's)"
    )
    collect.set_defaults(run=_collect)

    grade = commands.add_parser("grade", help="grade submitted/<learner>/<lesson>/ in a sandbox, over many workers")
    grade.add_argument("lessons", nargs="+", metavar="LESSON", help="lesson ids, such as 03_basic_block")
    grade.add_argument("--jobs", type=int, metavar="N", help="workers on this machine (default: cores + 1)")
    grade.add_argument("--scheduler", default="", metavar="ADDRESS", help="grade on the workers of a Dask cluster")
    grade.add_argument("--resume", action="store_true", help="skip what is graded already from the same notebook")
    grade.add_argument("--student", default="*", metavar="PATTERN", help="only these learners (a pattern such as a*)")
    grade.add_argument("--no-sandbox", action="store_true", help="run learners' code with all your rights")
    grade.set_defaults(run=_grade)

    feedback = commands.add_parser("export-feedback", help="a zip file of feedback for Moodle or Canvas")
    feedback.add_argument("lesson", metavar="LESSON", help="a lesson's id")
    feedback.add_argument("--to", type=Path, metavar="FILE", help="the file to write (default: LESSON_feedback.zip)")
    feedback.set_defaults(run=_export_feedback)

    check = commands.add_parser("check-submission", help="what the grader finds and says, before you hand in")
    check.add_argument("file", type=Path, metavar="FILE", help="the notebook")
    check.add_argument("--lesson", help="the lesson's id, if the notebook does not say it")
    check.set_defaults(run=_check_submission)

    report = commands.add_parser(
        "report", help="of one lesson, a page for the projector; of several or all, one for the teacher"
    )
    report.add_argument("lessons", nargs="*", metavar="LESSON", help="lesson ids (default: all that are graded)")
    report.add_argument(
        "--to", type=Path, metavar="FILE", help="the page to write (default: LESSON_report.html or class_report.html)"
    )
    report.add_argument("--csv", action="store_true", help="write the tables beside it too, as CSV (several lessons)")
    report.set_defaults(run=_report)
    return parser


AUTHORS = "{error}. Install the authors' part: pip install 'resnet-course[instructor]'"


def _build(options: argparse.Namespace) -> int:
    try:
        # nbgrader and jupytext come with the extra `instructor`; a learner's installation has neither.
        from resnet_course.authoring import CourseError
        from resnet_course.authoring.build import build, find_stale
        from resnet_course.authoring.script import LessonError
    except ImportError as error:
        return _complain(AUTHORS.format(error=error))
    root = Path.cwd()
    try:
        if options.check:
            stale = find_stale(root, options.lessons)
            return _complain(*stale, "Run `resnet-course build`.") if stale else 0
        for path in build(root, options.lessons, force=options.force):
            print(f"wrote {path.relative_to(root)}")
    except (CourseError, LessonError) as error:
        return _complain(*str(error).splitlines())
    return 0


def _check_release(options: argparse.Namespace) -> int:
    try:
        from resnet_course.authoring import CourseError
        from resnet_course.authoring.build import find_stale
        from resnet_course.authoring.release import demand_own_package, release_notes
        from resnet_course.authoring.script import LessonError
    except ImportError as error:
        return _complain(AUTHORS.format(error=error))
    try:
        notes = release_notes(Path.cwd(), options.tag)
        demand_own_package(Path.cwd())
        stale = find_stale(Path.cwd())
    except (CourseError, LessonError) as error:
        return _complain(*str(error).splitlines())
    if stale:
        return _complain(*stale, "Run `resnet-course build`.")
    print(notes)
    return 0


INSTRUCTORS = "{error}. Install the instructors' part: pip install 'resnet-course[instructor]'"


def _course() -> Path:
    from resnet_course.grading.command import course_root

    return course_root(Path.cwd())


def _grade(options: argparse.Namespace) -> int:
    try:
        from resnet_course.grading import GradingError
        from resnet_course.grading.batch import Workers, check_jobs
        from resnet_course.grading.graded import Settings
    except ImportError as error:
        return _complain(INSTRUCTORS.format(error=error))
    try:
        jobs = check_jobs(options.jobs)
        # Workers take seconds to start. Meanwhile nbgrader is imported, which also takes seconds.
        with Workers(jobs, options.scheduler, Settings(closed=not options.no_sandbox)) as workers:
            try:
                from resnet_course.grading.command import grade_lessons
            except ImportError as error:
                return _complain(INSTRUCTORS.format(error=error))
            grade_lessons(_course(), options.lessons, workers, resume=options.resume, students=options.student)
    except GradingError as error:
        return _complain(str(error))
    return 0


def _roster(options: argparse.Namespace) -> int:
    try:
        from resnet_course.grading import GradingError
        from resnet_course.grading.collect import take_roster
    except ImportError as error:
        return _complain(INSTRUCTORS.format(error=error))
    try:
        print(take_roster(_course(), options.file))
    except GradingError as error:
        return _complain(str(error))
    return 0


def _collect(options: argparse.Namespace) -> int:
    try:
        from resnet_course.grading import GradingError
        from resnet_course.grading.collect import collect
    except ImportError as error:
        return _complain(INSTRUCTORS.format(error=error))
    try:
        print(collect(_course(), options.file, options.lesson, roster=options.roster, timezone=options.timezone))
    except GradingError as error:
        return _complain(str(error))
    return 0


def _export_feedback(options: argparse.Namespace) -> int:
    try:
        from resnet_course.grading import GradingError
        from resnet_course.grading.returning import export_feedback
    except ImportError as error:
        return _complain(INSTRUCTORS.format(error=error))
    try:
        print(export_feedback(_course(), options.lesson, options.to))
    except GradingError as error:
        return _complain(str(error))
    return 0


def _check_submission(options: argparse.Namespace) -> int:
    try:
        from resnet_course.grading import GradingError
        from resnet_course.grading.inspection import inspect_file
    except ImportError as error:
        return _complain(INSTRUCTORS.format(error=error))
    try:
        return inspect_file(options.file, options.lesson)
    except GradingError as error:
        return _complain(str(error))


def _report(options: argparse.Namespace) -> int:
    try:
        from resnet_course.grading import GradingError
        from resnet_course.grading.command import write_report
    except ImportError as error:
        return _complain(INSTRUCTORS.format(error=error))
    try:
        print(write_report(_course(), options.lessons, options.to, tables=options.csv))
    except GradingError as error:
        return _complain(str(error))
    return 0


def _complain(*sentences: str) -> int:
    for sentence in sentences:
        print(sentence, file=sys.stderr)
    return 1
