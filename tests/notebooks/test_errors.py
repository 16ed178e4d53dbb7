"""Errors outside of checks: Python's traceback stays, and a sentence in the learner's language follows it."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from kernel import ROOT, Kernel, cell, kernel, released, says
from nbformat.notebooknode import NotebookNode

from resnet_course import checks
from resnet_course.authoring.script import read_lesson, stub_of
from resnet_course.authoring.assemble import make_notebook
from resnet_course.language import languages, message, speaking

# Each language's kernel runs on one worker.
pytestmark = pytest.mark.notebook
IN_EACH_LANGUAGE = [pytest.param(each, marks=pytest.mark.xdist_group(f"errors-{each}")) for each in languages()]

LESSON = "03_basic_block"


@pytest.fixture(scope="module", params=IN_EACH_LANGUAGE)
def language(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture(scope="module")
def learner(language: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Kernel]:
    """A kernel in which the setup cell has run, twice, as it does for many learners."""
    notebook = released(LESSON, language)
    with kernel(tmp_path_factory.mktemp(language)) as started:
        for _ in range(2):
            started.run(cell(notebook, "setup").source)
        started.run(imports_of(notebook))
        yield started


def imports_of(notebook: NotebookNode) -> str:
    """Return the first cell after the setup cell."""
    cells = [each.source for each in notebook.cells if each.cell_type == "code"]
    return str(cells[1])


BLOCK = """
class Block(nn.Module):
    def __init__(self):
        super().__init__()
        self.bn3 = nn.BatchNorm2d(3)

    def forward(self, x):
        return {returned}


Block()(torch.zeros(1, 3, 8, 8))"""

CASES = {
    "square": ("y = x²", "SyntaxError", "invalid character '²' (U+00B2)", "syntax.character-better"),
    "decimal comma": ("lr = 0,05", "SyntaxError", "leading zeros", "syntax.zeros"),
    "colon": ("if True", "SyntaxError", "expected ':'", "syntax.colon"),
    "indentation": ("for i in [1]:\npass", "IndentationError", "expected an indented block", "indentation.missing"),
    "shapes": (
        "torch.zeros(2, 64) + torch.zeros(2, 32)",
        "RuntimeError",
        "The size of tensor a (64) must match the size of tensor b (32)",
        "shape.sum",
    ),
    "in PyTorch's files": ("nn.Linear(8, 4)(torch.zeros(2, 3))", "RuntimeError", "(2x3 and 8x4)", "shape.product"),
    "a call of ours": ("checks.conv3x3.find()", "AttributeError", "no attribute 'find'", "attribute.object"),
    "without self": (BLOCK.format(returned="bn3(x)"), "NameError", "name 'bn3' is not defined", "name.attribute"),
    "unbound": ("def f():\n    n += 1\n\nf()", "UnboundLocalError", "local variable 'n'", "name.unbound"),
    "stub": (
        "def stub():\n    raise NotImplementedError()\n\nstub()",
        "NotImplementedError",
        "stub()",
        "exercise.above",
    ),
    "answer cell": ("raise NotImplementedError()", "NotImplementedError", "", "exercise.here"),
}


@pytest.mark.parametrize("name", CASES)
def test_an_error_in_a_cell_keeps_its_traceback_and_gets_a_sentence(learner: Kernel, language: str, name: str) -> None:
    code, kind, text, key = CASES[name]
    shown = learner.run(code)

    assert shown.error is not None
    assert shown.error.ename == kind
    assert text in shown.text
    assert kind in shown.text  # the traceback's own last line
    assert code.splitlines()[-1] in shown.text
    assert says(shown.error.traceback[-1], f"python_errors.{key}", language)
    assert [each.output_type for each in shown.outputs] == ["error"]
    assert shown.text.count(shown.error.traceback[-1]) == 1


def test_an_unsolved_class_is_named(learner: Kernel, language: str) -> None:
    learner.run(cell(released(LESSON, language), "basic-block-answer").source)
    shown = learner.run("BasicBlock(64, 64)")

    with speaking(language):
        assert message("python_errors.exercise.above", name="BasicBlock") in shown.text


def test_an_exercise_misspelt_in_a_cell_is_named(learner: Kernel, language: str) -> None:
    shown = learner.run("BasicBlok(64, 64)")

    assert says(shown.text, "common.setup.missing-name", language)
    with speaking(language):
        assert message("common.setup.near-answer", answer="BasicBlock") in shown.text


def test_a_card_explains_and_the_error_below_it_does_not_again(learner: Kernel, language: str) -> None:
    learner.run("def conv3x3(in_planes, out_planes, stride=1):\n    return nn.Conv2D(in_planes, out_planes, 3)")
    shown = learner.run("checks.conv3x3(conv3x3)")

    assert shown.card == {"grade_id": "conv3x3", "key": "raised"}
    assert shown.error is not None
    assert len(shown.error.traceback) == 1
    card, _, below = shown.text.rpartition("\n")
    assert says(card, "python_errors.attribute.missing-better", language)
    assert "module 'torch.nn' has no attribute 'Conv2D'" in card
    assert not says(below, "python_errors.attribute.missing-better", language)


@pytest.mark.parametrize("code", ["raise ValueError('the house is on fire')", "assert 1 == 2, 'no'"])
def test_what_nobody_can_explain_stays_as_it_is(learner: Kernel, code: str) -> None:
    shown = learner.run(code)

    assert shown.error is not None
    assert shown.error.evalue in shown.error.traceback[-1]


def test_a_fault_of_ours_is_not_explained_as_the_learners(learner: Kernel, language: str) -> None:
    shown = learner.run(
        "from resnet_course import data\n"
        "exec(compile('def broken():\\n    return [1, 2][5]', data.__file__, 'exec'), data.__dict__)\n"
        "data.broken()"
    )

    assert shown.error is not None
    assert shown.error.ename == "IndexError"
    assert not says(shown.text, "python_errors.index.range", language)


def test_a_cell_that_the_learner_stops_says_so_in_a_sentence(learner: Kernel, language: str) -> None:
    shown = learner.run("def steps():\n    raise KeyboardInterrupt\n\n\nerrors = [steps()]")

    assert shown.error is not None
    assert shown.error.ename == "KeyboardInterrupt"
    assert says(shown.text, "common.setup.stopped", language)
    assert len(shown.error.traceback) == 1


@pytest.mark.parametrize("exercise", ["conv3x3", "basic-block", "shortcut"])
def test_whoever_skips_an_exercise_reads_its_name_wherever_it_is_needed(exercise: str, tmp_path: Path) -> None:
    cells = make_notebook(read_lesson(ROOT / "lessons" / f"{LESSON}.py"), "en").cells
    answers = checks.find_check(checks.attribute(exercise)).answers
    stopped = []
    with kernel(tmp_path) as learner:
        for each in cells:
            if each.cell_type == "code":
                skipped = checks.exercise_of(each.id) == exercise
                shown = learner.run(stub_of(each.source) if skipped else each.source)
                if shown.error is not None and shown.error.ename != "CheckFailed":
                    stopped.append(shown.text.splitlines()[-1])

    with speaking("en"):
        assert set(stopped) == {message("python_errors.exercise.above", name=name) for name in answers}
