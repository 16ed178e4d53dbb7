"""What kernels fork from: it has imported what grading a lesson needs, so that no kernel imports it once more."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from resnet_course.checks import LESSONS
from resnet_course.language import DEFAULT

pytestmark = pytest.mark.notebook

TESTS = Path(__file__).parents[1]
MOST = 40  # modules; torchvision brings 300 and takes a second, torch._dynamo 900
GRADE_AND_COUNT = """
import sys
from importlib import import_module

from kernel import solved
from resnet_course import checks
from resnet_course.grading import template_process
from resnet_course.grading.planning import needed_for

lesson, language = sys.argv[1:]
cells = solved(lesson, language).cells
template_process.preload()
template_process.prepare(lesson)
before = set(sys.modules)
names, ran = {"__name__": "__main__"}, set()
for grade_id in checks.LESSONS[lesson]:
    check = getattr(checks, checks.attribute(grade_id))
    answers = [place for place, cell in enumerate(cells) if checks.exercise_of(cell.id) == grade_id]
    test = next(place for place, cell in enumerate(cells) if cell.id == grade_id)
    for place in needed_for(cells, test, answers):
        if place not in ran:
            ran.add(place)
            exec(cells[place].source, names)
    watched, _ = check.watch(tuple(names[each] for each in check.answers + check.uses), check.inputs(0))
    check.conclude(watched, check.inputs(0))
print(*sorted(set(sys.modules) - before))
"""


@pytest.mark.parametrize("lesson", LESSONS)
def test_what_grading_a_lesson_imports_is_there_before_its_first_kernel(lesson: str) -> None:
    done = subprocess.run(
        [sys.executable, "-c", f"import sys; sys.path.insert(0, {str(TESTS)!r})\n{GRADE_AND_COUNT}", lesson, DEFAULT],
        capture_output=True,
        text=True,
    )

    assert done.returncode == 0, done.stderr
    late = done.stdout.splitlines()[-1].split()
    assert len(late) <= MOST, late
