"""A copy of the course in which an instructor works: released, submitted to, graded."""

from __future__ import annotations

import csv
import os
import shutil
import subprocess
import sys
import tempfile
from functools import cache
from pathlib import Path

import nbformat
from kernel import ROOT, cell, released, solved, typed
from nbformat.notebooknode import NotebookNode
from nbgrader.api import Gradebook

from resnet_course.language import languages


def nbgrader(course: Path, *arguments: str) -> str:
    """Run an nbgrader command in the course with nothing but its nbgrader_config.py."""
    done = subprocess.run(
        [str(Path(sys.executable).parent / "nbgrader"), *arguments],
        cwd=course,
        env=os.environ | {"COURSE_LANGUAGE": "pt", "PATH": _path(), "MPLBACKEND": "agg"},
        capture_output=True,
        text=True,
        timeout=500,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout + done.stderr


def _path() -> str:
    """Return the path as it is where the environment is not activated."""
    folders = os.environ["PATH"].split(os.pathsep)
    return os.pathsep.join(each for each in folders if Path(each) != Path(sys.executable).parent)


def answer(lesson: str, language: str, *grade_ids: str) -> NotebookNode:
    """Return a released notebook with the solutions of some exercises written into it."""
    notebook = released(lesson, language)
    for given in solved(lesson, language).cells:
        if any(given.id.startswith(f"{grade_id}-") and given.id.endswith("-answer") for grade_id in grade_ids):
            cell(notebook, given.id).source = typed(given.source)
    return notebook


def make_course(course: Path, lesson: str) -> Path:
    """Copy what an instructor needs of a lesson, and release it in Portuguese."""
    shutil.copy(ROOT / "nbgrader_config.py", course)
    for language in languages():
        shutil.copytree(ROOT / "solutions" / language / lesson, course / "solutions" / language / lesson)
    nbgrader(course, "generate_assignment", lesson)
    return course


@cache
def _empty_gradebook() -> bytes:
    # nbgrader takes seconds to make a gradebook.
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, "gradebook.db")
        with Gradebook(f"sqlite:///{path}", "resnet-course"):
            pass
        return path.read_bytes()


def empty_course(course: Path) -> str:
    """Make a course of which nothing is released, and return the address of its gradebook."""
    shutil.copy(ROOT / "nbgrader_config.py", course)
    (course / "gradebook.db").write_bytes(_empty_gradebook())
    return f"sqlite:///{course}/gradebook.db"


def submit(course: Path, lesson: str, learner: str, notebook: NotebookNode) -> None:
    folder = course / "submitted" / learner / lesson
    folder.mkdir(parents=True)
    nbformat.write(notebook, folder / f"{lesson}.ipynb")


def scores(course: Path) -> dict[str, tuple[float, float]]:
    """Return the points of each learner and the most that there are."""
    nbgrader(course, "export", "--to", "grades.csv")
    with (course / "grades.csv").open(encoding="utf-8") as file:
        return {row["student_id"]: (float(row["score"]), float(row["max_score"])) for row in csv.DictReader(file)}
