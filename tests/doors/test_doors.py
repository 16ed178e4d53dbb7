"""The course works where people open it: with Colab's versions, with the lowest that we allow, with the newest.

Each lesson runs cell by cell in a kernel of that environment, as the notebook that learners open and as the solved one,
and what a learner would see is compared with what the built notebook shows.
"""

from __future__ import annotations

import re
import subprocess
import sys
from functools import cache
from pathlib import Path

import pytest
from environments import ROOT, Environment, make, uv
from front_end import IMAGES, FrontEnd, kinds, opened, plain, text
from images import is_cut_off
from kernel import released, says, solved
from nbformat.notebooknode import NotebookNode
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name
from packaging.version import Version

from resnet_course import checks
from resnet_course.language import languages

if sys.version_info >= (3, 11):
    import tomllib
else:
    import tomli as tomllib

pytestmark = pytest.mark.notebook

# What an unsolved exercise brings about further down. Any other error would be the course's own.
FOLLOWING = {"NotImplementedError", "ValueError", "RuntimeError"}
IN_BOTH_LANGUAGES = ("00_start_here", "03_basic_block", "06_transfer_learning")
LONG = ("01_vanishing_gradient", "05_full_resnet", "07_width_and_cardinality")  # they train whatever learners write
UNSOLVED = "unsolved-"


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """Run each test in each door, a door's tests on one worker, and with each lesson in the languages that are due."""
    names = metafunc.config.getoption("--doors").split(",")
    if "environment" in metafunc.fixturenames:
        doors = [pytest.param(name, marks=pytest.mark.xdist_group(f"door-{name}")) for name in names]
        metafunc.parametrize("environment", doors, indirect=True, scope="session")
    every = metafunc.config.getoption("--every-language")
    if "lesson" in metafunc.fixturenames:
        due = [
            (lesson, language)
            for lesson in checks.LESSONS
            for language in languages()
            if every or lesson in IN_BOTH_LANGUAGES or (language == "pt" and lesson not in LONG)
        ]
        metafunc.parametrize(("lesson", "language"), due)
    if "long_lesson" in metafunc.fixturenames:
        metafunc.parametrize(("long_lesson", "language"), [] if every else [(lesson, "pt") for lesson in LONG])


@pytest.fixture(scope="session")
def environment(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Environment:
    """An environment with the course as it is in this working tree, installed as learners there install it."""
    made = make(request.param)
    address = f"git+{snapshot(tmp_path_factory.mktemp('snapshot') / 'course').as_uri()}"
    uv("pip", "uninstall", "--quiet", "--python", str(made.python), "resnet-course")
    if made.door.name == "colab":
        before = made.versions()
        install_by_the_setup_cell(made, address, tmp_path_factory.mktemp("setup"))
        after = made.versions()
        assert after.pop("resnet-course")
        assert after == before, "the setup cell changed what Colab brings"
    else:
        uv("pip", "install", "--quiet", "--no-deps", "--python", str(made.python), f"resnet-course @ {address}")
    return made


def snapshot(folder: Path) -> Path:
    """Return a repository with the working tree as its last commit, as if it had been published."""

    def git(*arguments: str, cwd: Path = folder) -> str:
        who = ("-c", "user.name=test", "-c", "user.email=test@example.org")
        return subprocess.run(["git", *who, *arguments], cwd=cwd, check=True, capture_output=True, text=True).stdout

    git("clone", "--quiet", str(ROOT), str(folder), cwd=ROOT)
    for name in git("ls-files", "--deleted", cwd=ROOT).splitlines():
        (folder / name).unlink()
    for name in git("ls-files", "--modified", "--others", "--exclude-standard", cwd=ROOT).splitlines():
        if (ROOT / name).is_file():
            (folder / name).parent.mkdir(parents=True, exist_ok=True)
            (folder / name).write_bytes((ROOT / name).read_bytes())
    git("add", "--all")
    git("commit", "--quiet", "--allow-empty", "--message", "The working tree")
    return folder


def install_by_the_setup_cell(environment: Environment, address: str, folder: Path) -> None:
    """Do what a learner's first cell does in Colab, but for the address that it installs from."""
    notebook = released("00_start_here", "pt")
    setup = next(cell for cell in notebook.cells if cell.id == "setup")
    setup.source, count = re.subn(r"git\+https://[^\s\"']+", address, setup.source)
    assert count == 1, setup.source
    notebook.cells = [setup]
    with opened(environment, notebook, folder) as page:
        page.run()
    seen = [text(output) for output in setup.outputs]
    assert kinds(setup.outputs) == ["stdout"], seen
    assert "resnet-course" in seen[0]


def test_it_has_the_versions_that_it_stands_for(environment: Environment) -> None:
    installed = environment.versions()
    if environment.door.name == "colab":
        promised = [Requirement(line) for line in environment.door.requirements().splitlines() if line[0] != "#"]
        assert [each for each in promised if installed[canonicalize_name(each.name)] not in each.specifier] == []
    for requirement in own_requirements(environment):
        version = Version(Version(installed[canonicalize_name(requirement.name)]).public)  # torch may be a CPU build
        assert version in requirement.specifier, requirement
        if environment.door.name == "lowest":
            # A bound that another package does not allow either is no bound of ours: raise it.
            assert version == lower_bound(requirement), (
                f"{requirement} cannot be had at its bound; raise it to {version}"
            )


def own_requirements(environment: Environment) -> list[Requirement]:
    """Return what the learner's part of the course asks for in an environment."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    python = environment.run("-c", "import sys; print('%d.%d' % sys.version_info[:2])").strip()
    every = [Requirement(each) for each in project["dependencies"]]
    return [each for each in every if each.marker is None or each.marker.evaluate({"python_version": python})]


def lower_bound(requirement: Requirement) -> Version:
    """Return the version in ``>=version``, which every requirement of ours has."""
    (bound,) = [each.version for each in requirement.specifier if each.operator == ">="]
    return Version(bound)


def test_nothing_that_the_packages_ask_for_is_missing(environment: Environment) -> None:
    uv("pip", "check", "--python", str(environment.python))


def test_the_solved_lesson_shows_what_the_built_one_shows(
    environment: Environment, lesson: str, language: str, tmp_path: Path
) -> None:
    with opened(environment, solved(lesson, language), tmp_path) as page:
        page.run()
        for cell in page.nb.cells:
            shows_what_the_built_one_shows(cell, lesson, language)
        every_bar_ends(page)
        every_control_redraws_its_figure(page)


def test_the_lesson_that_learners_open_waits_for_them(
    environment: Environment, lesson: str, language: str, tmp_path: Path
) -> None:
    with opened(environment, released(lesson, language), tmp_path) as page:
        page.run()
        for cell in page.nb.cells:
            error = next((output.ename for output in cell.outputs if output.output_type == "error"), "")
            assert "stderr" not in kinds(cell.outputs), told(cell)
            if error == "NameError":
                tells_what_is_missing(cell, language)
            elif cell.id in checks.LESSONS[lesson]:
                shows_the_card_of_an_unsolved_exercise(cell)
            elif error:
                assert error in FOLLOWING, told(cell)
            elif "compare_prediction" not in cell.source:  # which waits for a guess
                shows_what_the_built_one_shows(cell, lesson, language)
        every_control_redraws_its_figure(page)


def test_a_long_lesson_is_worked_through(
    environment: Environment, long_lesson: str, language: str, tmp_path: Path
) -> None:
    """Both of the above in one run, because what takes long is the same in both: each check first without an answer."""
    notebook = solved(long_lesson, language)
    unsolved = {cell.id: cell for cell in released(long_lesson, language).cells}
    cells = []
    for cell in notebook.cells:
        if cell.id in checks.LESSONS[long_lesson]:
            answers = [each for each in cells if each.id.startswith(f"{cell.id}-") and each.id.endswith("-answer")]
            first = [unsolved[each.id] for each in answers] + [unsolved[cell.id]]
            place = cells.index(answers[0])
            cells[place:place] = [NotebookNode(each | {"id": f"{UNSOLVED}{each.id}"}) for each in first]
        cells.append(cell)
    notebook.cells = cells
    with opened(environment, notebook, tmp_path) as page:
        page.run()
        for cell in page.nb.cells:
            if not cell.id.startswith(UNSOLVED):
                shows_what_the_built_one_shows(cell, long_lesson, language)
            elif cell.metadata.nbgrader.grade:
                shows_the_card_of_an_unsolved_exercise(cell)
        every_bar_ends(page)
        every_control_redraws_its_figure(page)


def shows_what_the_built_one_shows(cell: NotebookNode, lesson: str, language: str) -> None:
    """Demand of a cell all that it shows in the built notebook, which was made with other versions."""
    assert kinds(cell.outputs) == shown_when_built(lesson, language)[cell.id], told(cell)
    everything_has_its_words(cell)


@cache
def shown_when_built(lesson: str, language: str) -> dict[str, list[str]]:
    """Return what each cell of the built notebook shows."""
    return {cell.id: kinds(cell.outputs) for cell in solved(lesson, language).cells if cell.cell_type == "code"}


def shows_the_card_of_an_unsolved_exercise(cell: NotebookNode) -> None:
    """Demand a card, and under it one line instead of a traceback."""
    assert kinds(cell.outputs) == ["text/html text/plain", "error CheckFailed"], told(cell)
    everything_has_its_words(cell)
    card, error = cell.outputs
    facts = card.metadata["resnet_course"]
    assert facts["grade_id"] == cell.id.removeprefix(UNSOLVED)
    # The warm-up of the start page begins with a wrong answer; everything else with none.
    assert facts["key"] == ("no-shortcut" if facts["grade_id"] == "warm-up" else "unsolved")
    assert len(error.traceback) == 1, told(cell)
    assert "Traceback" not in text(error)


def tells_what_is_missing(cell: NotebookNode, language: str) -> None:
    """Demand the sentence on a name that does not exist, as everywhere below an unsolved exercise."""
    error = cell.outputs[-1]
    keys = ("common.setup.missing-name", "common.setup.missing-answer")
    assert any(says(text(error), key, language) for key in keys), told(cell)


def told(cell: NotebookNode) -> str:
    """Return what to know of a cell that is not as it should be."""
    return "\n".join([cell.id, cell.source, *map(text, cell.outputs)])


def everything_has_its_words(cell: NotebookNode) -> None:
    """Demand of each figure its alt text, and of each card and table its twin in plain text."""
    for output in cell.outputs:
        data = output.get("data", {})
        for kind in IMAGES:
            if kind in data:
                assert len(output.metadata[kind]["alt"]) > 20, told(cell)
                assert data["text/plain"] == output.metadata[kind]["alt"]
                assert not is_cut_off(data[kind]), told(cell)
        if "text/html" in data:
            assert data["text/plain"].strip(), told(cell)
        if "resnet_course" in output.get("metadata", {}):
            first = plain(re.sub(r"<[^>]+>", " ", data["text/html"])).split(" · ")[0].strip(" ✓✗✎")
            assert data["text/plain"].startswith(first), told(cell)


def every_bar_ends(page: FrontEnd) -> None:
    """Demand that no progress bar stands still when everything has run."""
    for bar, ended in page.bars():
        assert ended, f"a progress bar of cell {bar.cell} stopped at {bar.state['value']:g} of {bar.state['max']:g}"


def every_control_redraws_its_figure(page: FrontEnd) -> None:
    """Demand that each control, moved as a page moves it, gives the figure of its own cell another image."""
    for cell in page.nb.cells:
        controls = page.controls(cell.id)
        failed = any(output.output_type == "error" for output in cell.outputs)
        assert bool(controls) == ("explore(" in cell.source and not failed), told(cell)
        for name, control in controls.items():
            label = control.state["description"]
            redrawn = page.move(name)
            assert redrawn is not None, f"{label!r} of cell {cell.id} changes nothing"
            assert (redrawn.cell, bool(redrawn.kind)) == (cell.id, True), label
            assert redrawn.metadata[redrawn.kind]["alt"] == redrawn.data["text/plain"]
            assert not is_cut_off(redrawn.data[redrawn.kind]), label


def test_training_shows_a_bar_that_ends(environment: Environment, tmp_path: Path) -> None:
    """Lessons whose bars were all switched off would pass the test above as well."""
    notebook = released("03_basic_block", "en")
    setup = next(cell for cell in notebook.cells if cell.id == "setup")
    notebook.cells = [setup, setup.copy()]
    notebook.cells[1].update(id="training", source=TRAINING)
    with opened(environment, notebook, tmp_path) as page:
        page.run()

    assert [(bar.cell, bar.state["max"], ended) for bar, ended in page.bars()] == [("training", 8, True)]


TRAINING = """
import torch
from torch import nn
from resnet_course.data import Batches, mnist5k
from resnet_course.training import fit

images, labels = mnist5k()
train = Batches(images[:400], labels[:400], batch_size=50)
_ = fit(nn.Sequential(nn.Flatten(), nn.Linear(784, 10)), train, epochs=1)
"""
