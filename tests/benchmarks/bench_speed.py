"""How fast the course feels, as ratios against a peer that is measured in the same run. Run by `make bench`."""

from __future__ import annotations

import statistics
import subprocess
import sys
import time
from collections.abc import Callable

import nbformat
import pytest
from kernel import ROOT, kernel, solved

from resnet_course import blocks, checks
from resnet_course.language import languages

REFERENCE = {
    "conv3x3": (blocks.conv3x3,),
    "basic-block": (blocks.BasicBlock,),
    "shortcut": (blocks.make_shortcut,),
    "find-the-bug": (blocks.BasicBlock,) * 3,
}


def seconds(action: Callable[[], object]) -> float:
    began = time.perf_counter()
    action()
    return time.perf_counter() - began


def python(code: str) -> None:
    subprocess.run([sys.executable, "-c", code], check=True)


def test_importing_the_course_adds_little_to_importing_torch() -> None:
    pairs = [
        (seconds(lambda: python("import torch")), seconds(lambda: python("import resnet_course"))) for _ in range(7)
    ]
    ratio = statistics.median(ours for _, ours in pairs) / statistics.median(torchs for torchs, _ in pairs)
    print(f"\nimport resnet_course / import torch: {ratio:.3f} (goal: at most 1.1)")

    assert ratio <= 1.1


@pytest.mark.parametrize("grade_id", [each for ids in checks.LESSONS.values() for each in ids])
def test_a_check_answers_in_under_half_a_second(grade_id: str) -> None:
    check = getattr(checks, checks.attribute(grade_id))

    def answer() -> None:
        inputs = check.inputs(0)
        check.conclude(check.watch(REFERENCE[grade_id], inputs)[0], inputs)

    first = seconds(answer)
    usual = statistics.median(seconds(answer) for _ in range(5))
    print(f"\n{grade_id}: first {first:.3f} s, then {usual:.3f} s (goal: 0.5 s)")

    assert max(first, usual) <= 0.5


@pytest.mark.parametrize("lesson", list(checks.LESSONS))
@pytest.mark.parametrize("language", languages())
def test_a_solved_lesson_runs_within_a_minute(lesson: str, language: str) -> None:
    notebook: nbformat.NotebookNode = solved(lesson, language)

    def run_all() -> None:
        with kernel(ROOT / "tests") as session:
            for cell in notebook.cells:
                if cell.cell_type == "code":
                    assert session.run(cell.source).error is None

    took = seconds(run_all)
    print(f"\nRun all of {language}/{lesson}: {took:.1f} s, kernel start included (goal: 60 s)")

    assert took <= 60
