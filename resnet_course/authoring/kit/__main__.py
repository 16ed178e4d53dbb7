"""Write the teacher's kit: ``python -m resnet_course.authoring.kit``."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

from resnet_course.authoring.kit.pages import write_kit
from resnet_course.authoring.kit.slides import NODE_MODULES


def main() -> None:
    """Read what to write where, write it, and say how much it is."""
    asked = argparse.ArgumentParser(prog="python -m resnet_course.authoring.kit", description=__doc__)
    asked.add_argument("lessons", nargs="*", help="which lessons (default: all)")
    asked.add_argument("--root", type=Path, default=Path(), help="the course folder (default: this folder)")
    asked.add_argument("--to", type=Path, help="where to write it (default: build/kit in the course folder)")
    asked.add_argument("--class", dest="course", type=Path, help="a course folder whose gradebook the pages may use")
    given = asked.parse_args()
    results = None
    if given.course:
        from resnet_course.grading.class_report import class_results
        from resnet_course.grading.command import course_config

        results = class_results(course_config(given.course.resolve()), [])
    to = given.to or given.root / "build" / "kit"
    written = write_kit(given.root, to, results, wanted=given.lessons)
    print(f"{len(written)} files in {to}")
    if not (given.root / NODE_MODULES).is_dir():
        sys.exit("No slides: reveal.js is missing. `npm install --prefix instructor` brings it.")


if __name__ == "__main__":
    main()
