"""The instructors' part works with the lowest versions that its extras allow, on the oldest Python."""

from __future__ import annotations

import subprocess

import pytest
from environments import ROOT, Environment, false_bounds, uv

from resnet_course import checks

pytestmark = pytest.mark.notebook

OPENS = ("lowest-instructor",)
# Workers and what they leave behind, the gradebook, the exports, and an instructor's day with nbgrader. The rest of the
# tests runs there where every language is asked for.
SHORT = (
    "tests/grading/test_batch.py",
    "tests/grading/test_export.py",
    "tests/grading/test_record.py",
    "tests/notebooks/test_nbgrader.py",
)
WHOLE = ("tests/unit", "tests/grading/test_commands.py", *SHORT)
# There, two lessons show what all would.
OTHER_LESSONS = " and ".join(
    f"not {each[:3]}" for each in checks.LESSONS if each not in ("00_start_here", "03_basic_block")
)


def test_bounds_are_true_and_nothing_is_missing(environment: Environment) -> None:
    assert false_bounds(environment) == []
    uv("pip", "check", "--python", str(environment.python))


def test_the_tests_of_grading_pass_there(environment: Environment, request: pytest.FixtureRequest) -> None:
    files = WHOLE if request.config.getoption("--every-language") else SHORT
    done = subprocess.run(
        [environment.python, "-m", "pytest", "-q", "-p", "no:cacheprovider", "-k", OTHER_LESSONS, *files],
        cwd=ROOT,
        env=environment.variables,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
