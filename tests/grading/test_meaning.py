"""What a submission means where tools or learners left it in another form, and what breaks limits while it is read.

The corpus has the whole kinds, graded in every way; here are the rules behind them.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from copy import deepcopy
from pathlib import Path

import pytest
from corpus import LESSON, WRONG_SHORTCUT, copy_of, own_cell, place_of, solution, unsolve
from kernel import ROOT, cell, says
from nbformat.notebooknode import NotebookNode

from resnet_course.grading import GradingError
from resnet_course.grading.belonging import demand_belonging, demand_same
from resnet_course.grading.grade import grade, lacking
from resnet_course.grading.graded import Graded
from resnet_course.grading.intake import Intake, Release, Submission, read_release, rebuild, rebuild_apart
from resnet_course.grading.kernels import Template, TooMuch
from resnet_course.grading.meaning import leave_out
from resnet_course.grading.references import references_in

RELEASE = read_release(ROOT, LESSON, "en")
STUB = cell(RELEASE.notebook, "shortcut-answer").source
RIGHT = cell(solution(), "shortcut-answer").source


def handed_in(made: NotebookNode) -> Submission:
    return Submission(json.dumps(made).encode())


def with_parts(*sources: str) -> Intake:
    """Rebuild a notebook in which the answer to ``shortcut`` is spread over cells with its labels, above the check."""
    made = solution()
    target = cell(made, "shortcut-answer")
    target.source = sources[0]
    for source in sources[1:]:
        made.cells.insert(place_of(made, "shortcut"), copy_of(target, source))
    return rebuild(handed_in(made), RELEASE, "en")


def answer_of(intake: Intake) -> str:
    return str(cell(intake.notebook, "shortcut-answer").source)


@pytest.mark.parametrize(
    ("parts", "joined"),
    [
        (["a = 1", RIGHT], f"a = 1\n{RIGHT}"),
        ([WRONG_SHORTCUT, RIGHT], RIGHT),
        ([RIGHT, STUB], RIGHT),
        (["def make_shortcut(i, o, s):", "    return None"], "def make_shortcut(i, o, s):\n    return None"),
        (["def make_shortcut(i, o", RIGHT], RIGHT),
        ([RIGHT, "helper = ("], RIGHT),
        (["# it follows", RIGHT], RIGHT),
        (["helper = 1\ndef make_shortcut(): ...", RIGHT], f"helper = 1\ndef make_shortcut(): ...\n{RIGHT}"),
    ],
    ids=["helper", "version", "stub", "function cut", "broken version", "broken rest", "comment", "version and helper"],
)
def test_parts_are_joined_and_of_versions_the_last_is_taken(parts: list[str], joined: str) -> None:
    assert answer_of(with_parts(*parts)) == joined


def test_an_answer_in_parts_that_stands_below_the_check_is_taken_where_there_is_no_other() -> None:
    made = solution()
    unsolve(made, "shortcut")
    target = cell(made, "shortcut-answer")
    for source in (RIGHT, "a = 1"):
        made.cells.insert(place_of(made, "shortcut") + 1, copy_of(target, source))

    assert answer_of(rebuild(handed_in(made), RELEASE, "en")) == f"a = 1\n{RIGHT}"


def test_an_import_of_a_name_that_the_lesson_defines_changes_nothing() -> None:
    made = solution()
    made.cells.insert(2, own_cell("import numpy as nn\nfrom resnet_course.blocks import conv3x3"))

    assert answer_of(rebuild(handed_in(made), RELEASE, "en")) == RIGHT


def test_an_answer_from_another_cell_is_run_once_as_it_stands_there() -> None:
    made = solution()
    check = cell(made, "shortcut")
    check.source += f"\n{unsolve(made, 'shortcut')}"
    intake = rebuild(handed_in(made), RELEASE, "en")

    assert answer_of(intake) == RIGHT
    assert intake.taken == {"shortcut-answer": RIGHT.splitlines()[0]}


@pytest.mark.parametrize(
    ("source", "left_out"),
    [
        ("%time y = 1", []),
        ("%%bash\nls", []),
        ("x = 5 \\\n% 3", []),
        ('text = """\n!ls\n"""', []),
        ("%matplotlib widget\nif x:\n    !ls", ["%matplotlib widget", "!ls"]),
        ("names = !ls\nx", ["names = !ls"]),
        ("%pip install \\\n  x\ny", ["%pip install \\"]),
    ],
)
def test_only_commands_that_define_nothing_are_left_out(source: str, left_out: list[str]) -> None:
    text, lines = leave_out(source)

    assert lines == left_out
    assert text.count("\n") == source.count("\n")
    if left_out:
        compile(text, "cell", "exec")


@pytest.mark.parametrize(
    ("source", "found"),
    [
        ("blocks.BasicBlock(8, 8)", {"resnet_course.blocks.BasicBlock"}),
        ("getattr(blocks, 'BasicBlock')", {"resnet_course.blocks"}),
        ("blocks.conv1x1(8, 8)", set()),
        ("def f(blocks):\n    return blocks.BasicBlock", set()),
        ("import resnet_course as r\nr.blocks.BasicBlock", {"resnet_course.blocks.BasicBlock"}),
        ("import resnet_course.blocks", {"resnet_course.blocks"}),
        ("import resnet_course\nresnet_course.data.digit(7)", set()),
        ("__import__('resnet_course.blocks')", {"resnet_course.blocks"}),
        ("exec('from resnet_course.blocks import *')", {"resnet_course.blocks"}),
        ("%pip install x\nfrom resnet_course.blocks import BasicBlock as B", {"resnet_course.blocks"}),
        ("resnet18().layer1", {"torchvision.models.resnet18"}),
        ("from torchvision import models\nmodels.resnet.BasicBlock", {"torchvision.models.resnet.BasicBlock"}),
    ],
)
def test_whatever_leads_to_the_solution_is_named(source: str, found: set[str]) -> None:
    named = references_in(source, STUB, RELEASE.imports, "shortcut")

    assert found <= named
    assert bool(found) == bool(named)


@pytest.mark.parametrize(
    ("error", "text", "key"),
    [
        ("ModuleNotFoundError", "No module named 'google.colab'", "lacks-module"),
        ("URLError", "<urlopen error [Errno -3] Temporary failure in name resolution>", "lacks-network"),
        ("RuntimeError", "It looks like there is no internet connection and the repo", "lacks-network"),
        ("FileNotFoundError", "[Errno 2] No such file or directory", "lacks-shared-memory"),
        ("RuntimeError", "DataLoader worker (pid(s) 17) exited unexpectedly", "lacks-shared-memory"),
        ("FileNotFoundError", "[Errno 2] No such file or directory: 'mine.csv'", None),
        ("RuntimeError", "mat1 and mat2 shapes cannot be multiplied", None),
    ],
)
def test_what_the_graders_machine_lacks_is_named(error: str, text: str, key: str | None) -> None:
    found = lacking(error, text)

    assert (found and found.key) == key


# --- with a kernel -------------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def template() -> Iterator[Template]:
    with Template() as made:
        yield made


pytestmark = [pytest.mark.notebook, pytest.mark.xdist_group("meaning")]


def graded(made: NotebookNode, template: Template, release: Release = RELEASE) -> Graded:
    return grade("x", handed_in(made), release, template)


def test_a_call_that_breaks_its_limits_ends_alone(template: Template) -> None:
    with pytest.raises(TooMuch):
        template.call("re:match", "(a+)+$", "a" * 40 + "b", seconds=1, memory=2**28)
    with pytest.raises(TooMuch):
        template.call("builtins:bytes", 2**30, seconds=5, memory=2**28)
    with pytest.raises(TooMuch):
        template.call("os:_exit", 0, seconds=5, memory=2**28)
    with pytest.raises(RuntimeError, match="ValueError"):
        template.call("math:sqrt", -1, seconds=5, memory=2**28)
    assert template.call("builtins:len", b"x" * 10**7, seconds=5, memory=2**28) == 10**7


def test_a_submission_that_cannot_be_read_in_time_costs_itself(
    monkeypatch: pytest.MonkeyPatch, template: Template
) -> None:
    monkeypatch.setattr("resnet_course.grading.intake.MEMORY", 2**24)
    bomb = b'{"a": [' + b"{}," * 3_000_000 + b"{}]}"
    intake = rebuild_apart(Submission(bomb), RELEASE, "en", template)

    assert [finding.key for finding in intake.findings][-1] in ("too-much", "unreadable")
    assert {question.key for question in grade("x", Submission(bomb), RELEASE, template).questions} == {"no-notebook"}


@pytest.mark.usefixtures("sandboxed")
def test_the_card_says_from_where_an_answer_was_taken(template: Template) -> None:
    made = solution()
    made.cells.insert(place_of(made, "shortcut"), own_cell(unsolve(made, "shortcut")))
    made.cells.insert(place_of(made, "basic-block"), own_cell("class BasicBlock:\n    pass"))
    block = cell(made, "basic-block-answer")
    block.source = block.source.replace("self.relu(out + identity)", "self.relu(out)")
    told = {question.grade_id: question for question in graded(made, template).questions}

    assert told["shortcut"].passed
    assert says(told["shortcut"].text, "grading.card.taken", "en")
    assert told["basic-block"].key == "no-shortcut"
    assert says(told["basic-block"].text, "grading.card.own", "en")


@pytest.mark.usefixtures("sandboxed")
def test_an_error_in_a_released_cell_is_the_graders_fault_and_no_grade(template: Template) -> None:
    notebook = deepcopy(RELEASE.notebook)
    given = next(each for each in notebook.cells if each.source.startswith("import torch\n"))
    given.source += "\nimport a_module_that_is_missing_here"
    with pytest.raises(GradingError, match=f"The released cell {given.id} stops here with ModuleNotFoundError"):
        graded(solution(), template, Release(LESSON, "en", notebook))


@pytest.mark.usefixtures("sandboxed")
def test_a_released_cell_that_a_learners_code_broke_stops_nobodys_grading(template: Template) -> None:
    made = solution()
    cell(made, "conv3x3-answer").source += "\nimport torchvision.models\ntorchvision.models.resnet34 = None"
    target = cell(made, "shortcut-answer")
    # A name from the cell that stops now, defined before the line at which it does.
    target.source = target.source.replace("stride == 1", "stride == 1 and option_b")

    assert all(question.passed for question in graded(made, template).questions)


# --- one package ---------------------------------------------------------------------------------------------------


def test_a_course_folder_with_another_package_is_refused(tmp_path: Path) -> None:
    demand_belonging(tmp_path)
    demand_belonging(ROOT)
    other = tmp_path / "resnet_course"
    other.mkdir()
    (other / "__init__.py").write_text("")
    with pytest.raises(GradingError, match="has a package resnet_course of its own"):
        demand_belonging(tmp_path)
    with pytest.raises(GradingError, match="/elsewhere"):
        demand_same({"/here", "/elsewhere"}, "/here")


def test_workers_import_the_package_of_the_grader_wherever_it_is_started(tmp_path: Path) -> None:
    (tmp_path / "course" / "resnet_course").mkdir(parents=True)
    (tmp_path / "course" / "resnet_course" / "__init__.py").write_text("raise SystemExit('another copy')")
    script = tmp_path / "script.py"
    script.write_text(
        "from resnet_course.grading.kernels import Template, Worker\n"
        "with Template() as template, Worker(template) as worker:\n"
        "    print(worker.call('resnet_course.grading.belonging:place', patience=60))\n"
    )
    done = subprocess.run(
        [sys.executable, str(script)],
        cwd=tmp_path / "course",
        env=os.environ | {"PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
        timeout=300,
    )

    assert done.stdout.strip() == str(ROOT / "resnet_course"), done.stderr
