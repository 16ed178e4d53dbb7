"""A learner goes on in the middle, after a restart: the first cell of the course says what to run, in the right words."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from kernel import ROOT, Kernel, Shown, cell, kernel, says

from resnet_course.authoring.script import read_lesson
from resnet_course.authoring.assemble import make_notebook
from resnet_course.language import languages

pytestmark = [pytest.mark.notebook, pytest.mark.xdist_group("restart")]

LESSON = "03_basic_block"
NOT_STARTED = "common.setup.not-started"
PLACES = {**{f"notebooks/{code}/{LESSON}": (code,) for code in languages()}, "content": languages()}


def source(name: str, language: str = "en") -> str:
    return str(cell(make_notebook(read_lesson(ROOT / "lessons" / f"{LESSON}.py"), language), name).source)


def imports(language: str = "en") -> str:
    cells = make_notebook(read_lesson(ROOT / "lessons" / f"{LESSON}.py"), language).cells
    return next(str(each.source) for each in cells if each.cell_type == "code" and each.source.startswith("import t"))


@pytest.fixture(params=PLACES)
def place(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture
def restarted(place: str, tmp_path: Path) -> Iterator[Kernel]:
    """A kernel in a folder in which nothing has run yet."""
    folder = tmp_path / place
    folder.mkdir(parents=True)
    with kernel(folder) as started:
        yield started


def is_told(shown: Shown, place: str) -> bool:
    """Tell whether a cell says what to run in the languages of a place, once, and in no other."""
    assert shown.error is not None
    lines = shown.text.splitlines()
    told = [code for code in languages() if sum(says(line, NOT_STARTED, code) for line in lines) == 1]
    return tuple(told) == PLACES[place] and shown.text.count("Shift+Enter") == len(told)


def test_a_check_that_runs_first_says_what_to_run_and_nothing_else(restarted: Kernel, place: str) -> None:
    shown = restarted.run(source("basic-block"))

    assert is_told(shown, place)
    assert shown.error is not None
    assert shown.error.ename == "NameError"
    assert len(shown.text.splitlines()) == len(PLACES[place])


def test_an_answer_that_lacks_what_other_cells_make_is_not_blamed(restarted: Kernel, place: str) -> None:
    restarted.run(source("conv3x3-answer"))  # a function: it runs, and does not know yet that there is no `nn`
    shown = restarted.run(source("conv3x3"))

    assert is_told(shown, place)
    assert shown.card == {}


def test_a_cell_after_the_check_keeps_its_traceback(restarted: Kernel, place: str) -> None:
    restarted.run(source("basic-block"))
    shown = restarted.run("norm(features)")

    assert is_told(shown, place)
    assert "norm(features)" in shown.text


def test_the_setup_cell_ends_it(restarted: Kernel, place: str) -> None:
    restarted.run(source("basic-block"))
    for language in reversed(languages()):
        restarted.run(source("setup", language))
        shown = restarted.run(source("basic-block"))

        assert says(shown.text, "common.setup.missing-answer", language)
        assert not any(says(shown.text, NOT_STARTED, code) for code in languages())


# Modules that every lesson imports, that only some do, and what one imports from the course; lesson 03 makes `norm`.
MISSING = {
    "torch": "torch.zeros(3)",
    "math": "math.sqrt(2)",
    "copy": "copy.deepcopy([])",
    "nn": "class Net(nn.Module):\n    pass",
    "plots": "plots.image",
    "norm": "norm(features)",
}


@pytest.mark.parametrize("language", languages())
def test_after_the_setup_cell_alone_the_cells_below_it_are_to_be_run(language: str, tmp_path: Path) -> None:
    with kernel(tmp_path) as learner:
        learner.run(source("setup", language))
        for name, code in MISSING.items():
            shown = learner.run(code)

            assert says(shown.text, "common.setup.no-imports", language)
            assert code.splitlines()[0] in shown.text
            assert f"import {name}" not in shown.text
            assert not any(says(shown.text, f"python_errors.name.{key}", language) for key in ("import", "torch"))

        learner.run(source("conv3x3-answer"))
        shown = learner.run(source("conv3x3"))
        assert says(shown.text, "common.setup.no-imports", language)
        assert shown.card == {}

        learner.run(imports(language))
        assert says(learner.run("math.sqrt(2)").text, "common.setup.or-module", language)
        assert says(learner.run("norm(features)").text, "common.setup.missing-name", language)
        assert learner.run("torch.zeros(3)").error is None


def test_an_answer_that_needs_nothing_gets_its_card(restarted: Kernel, place: str) -> None:
    restarted.run("def conv3x3(in_planes, out_planes, stride=1):\n    return None")
    shown = restarted.run(source("conv3x3"))

    assert shown.card["grade_id"] == "conv3x3"
    assert says(shown.card_text, "common.card.not-yet", PLACES[place][0])


def test_who_only_uses_the_package_keeps_pythons_own_words(tmp_path: Path) -> None:
    with kernel(tmp_path) as own:
        own.run("import resnet_course")
        shown = own.run("misspelt")

    assert shown.error is not None
    assert not any(says(shown.text, NOT_STARTED, code) for code in languages())
