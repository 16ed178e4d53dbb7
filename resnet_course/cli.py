"""The command ``resnet-course``."""

from __future__ import annotations

import argparse
import sys
from importlib.metadata import version
from pathlib import Path


def main(arguments: list[str] | None = None) -> int:
    """Run the command and return its exit status: 0, or 1 with one sentence on stderr for each thing wrong."""
    options = _parser().parse_args(arguments)
    return int(options.run(options))


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="resnet-course", description="Build the notebooks of the course.")
    parser.add_argument("--version", action="version", version=f"resnet-course {version('resnet-course')}")
    commands = parser.add_subparsers(required=True, metavar="COMMAND")

    build = commands.add_parser("build", help="lesson scripts → solved notebooks → notebooks for learners")
    build.add_argument("lessons", nargs="*", metavar="LESSON", help="lesson ids, such as 03_basic_block (default: all)")
    build.add_argument("--check", action="store_true", help="write nothing; name what is stale and exit with 1")
    build.add_argument("--force", action="store_true", help="build also what is fresh")
    build.set_defaults(run=_build)
    return parser


def _build(options: argparse.Namespace) -> int:
    try:
        # nbgrader and jupytext come with the extra `instructor`; a learner's installation has neither.
        from resnet_course.authoring.build import CourseError, build, find_stale
        from resnet_course.authoring.lesson import LessonError
    except ImportError as error:
        return _complain(f"{error}. Install the authors' part: pip install 'resnet-course[instructor]'")
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


def _complain(*sentences: str) -> int:
    for sentence in sentences:
        print(sentence, file=sys.stderr)
    return 1
