"""What a learner has who is given one notebook and the installed package, and nothing else."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import sysconfig
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from kernel import ROOT, Kernel, cell, guessed, kernel, released, says, solved
from nbformat.notebooknode import NotebookNode

from resnet_course import checks
from resnet_course.authoring.script import read_lesson
from resnet_course.authoring.assemble import make_notebook
from resnet_course.language import languages, message, speaking
from resnet_course.lessons import read_lessons
from resnet_course.release import course_version, repository, requirement

pytestmark = [pytest.mark.notebook, pytest.mark.xdist_group("standalone")]

LESSON = "03_basic_block"


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The package as a learner installs it, built from a copy of what the repository tracks."""
    folder = tmp_path_factory.mktemp("wheel")
    source = folder / "source"
    source.mkdir()
    for name in ("pyproject.toml", "README.md", "LICENSE", "LICENSE-texts"):
        shutil.copy(ROOT / name, source)
    shutil.copytree(ROOT / "resnet_course", source / "resnet_course", ignore=shutil.ignore_patterns("__pycache__"))
    subprocess.run(
        [
            sys.executable,
            "-m",
            "pip",
            "wheel",
            "--quiet",
            "--no-deps",
            "--no-build-isolation",
            "--wheel-dir",
            str(folder),
            str(source),
        ],
        check=True,
    )
    return next(folder.glob("*.whl"))


def make_python(folder: Path) -> tuple[Path, Path]:
    """Return the Python of a new environment that has this one's libraries without our package, and its packages."""
    subprocess.run([sys.executable, "-m", "venv", "--without-pip", str(folder)], check=True)
    python = folder / "bin" / "python"
    asked = "import sysconfig; print(sysconfig.get_path('purelib'))"
    site = Path(subprocess.run([python, "-c", asked], capture_output=True, text=True, check=True).stdout.strip())
    # A folder named in a .pth file is searched for modules, but its own .pth files (our editable install) are not read.
    (site / "libraries.pth").write_text(sysconfig.get_path("purelib"))
    return python, site


def make_kernel(python: Path, jupyter: Path) -> dict[str, str]:
    """Return the environment variables under which Jupyter finds a Python as kernel `learner`."""
    spec = jupyter / "kernels" / "learner"
    spec.mkdir(parents=True)
    argv = [str(python), "-m", "ipykernel_launcher", "-f", "{connection_file}"]
    (spec / "kernel.json").write_text(json.dumps({"argv": argv, "display_name": "learner", "language": "python"}))
    return {"JUPYTER_PATH": str(jupyter), "PYTHONPATH": ""}


@pytest.fixture(scope="module")
def learners_python(wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An environment that has our package only from the wheel."""
    python, site = make_python(tmp_path_factory.mktemp("learner"))
    subprocess.run(
        [sys.executable, "-m", "pip", "install", "--quiet", "--no-deps", "--target", str(site), str(wheel)], check=True
    )
    return python


@pytest.fixture(scope="module")
def environment(learners_python: Path, tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    return make_kernel(learners_python, tmp_path_factory.mktemp("jupyter"))


@pytest.fixture
def learner(environment: dict[str, str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Kernel]:
    for name, value in environment.items():
        monkeypatch.setenv(name, value)
    with kernel(tmp_path, "learner", env=os.environ | environment) as started:
        yield started


def code(notebook: NotebookNode) -> list[NotebookNode]:
    return [each for each in notebook.cells if each.cell_type == "code"]


@pytest.mark.parametrize("language", languages())
def test_the_released_notebook_runs_up_to_the_first_unsolved_exercise(learner: Kernel, language: str) -> None:
    first = checks.LESSONS[LESSON][0]
    for each in code(guessed(LESSON, language)):
        shown = learner.run(each.source)
        if each.id == first:
            break
        assert shown.error is None, shown.text

    assert shown.card == {"grade_id": first, "key": "unsolved"}
    assert says(shown.text, "common.faults.unsolved", language)
    assert "Traceback" not in shown.text


def test_the_package_comes_from_the_wheel_and_without_the_authors_tools(learner: Kernel) -> None:
    for each in code(solved(LESSON, "en")):
        assert learner.run(each.source).error is None
    loaded = learner.run("import sys, resnet_course; print(resnet_course.__file__, *sys.modules)").text.split()

    assert str(ROOT) not in loaded[0]
    assert {"nbgrader", "jupytext", "nbclient", "nbconvert", "pytest"} & set(loaded) == set()


def test_the_solved_lesson_runs_again_with_the_same_text(learner: Kernel) -> None:
    cells = [each for each in code(solved(LESSON, "pt")) if each.id != "setup"]
    learner.run(cell(solved(LESSON, "pt"), "setup").source)
    first, second = ([learner.run(each.source).text for each in cells] for _ in range(2))

    assert first == second


@pytest.mark.parametrize("language", languages())
def test_forgetting_a_cell_or_renaming_an_answer_gets_a_sentence(learner: Kernel, language: str) -> None:
    notebook = released(LESSON, language)
    learner.run(cell(notebook, "setup").source)
    for each in code(notebook)[1:2]:
        learner.run(each.source)

    forgotten = learner.run("checks.basic_block(BasicBlock)")
    assert forgotten.error is not None
    assert forgotten.error.ename == "NameError"
    assert says(forgotten.text, "common.setup.missing-answer", language)
    assert "Traceback" not in forgotten.text

    elsewhere = learner.run("print(seven)")
    assert says(elsewhere.text, "common.setup.missing-name", language)
    assert "print(seven)" in elsewhere.text


def test_a_missing_name_in_the_packages_own_code_is_not_blamed_on_the_learner(learner: Kernel) -> None:
    learner.run(cell(released(LESSON, "en"), "setup").source)
    shown = learner.run(
        "from resnet_course import data\n"
        "exec(compile('def broken():\\n    return misspelt', data.__file__, 'exec'), data.__dict__)\n"
        "data.broken()"
    )

    assert shown.error is not None
    assert "name 'misspelt' is not defined" in shown.text
    assert not says(shown.text, "common.setup.missing-name", "en")


@pytest.mark.parametrize("language", languages())
def test_the_start_page_knows_all_lessons_without_the_repository(learner: Kernel, language: str) -> None:
    seen = ""
    for each in code(solved("00_start_here", language)):
        shown = learner.run(each.source)
        assert shown.error is None, shown.text
        seen += shown.text
    with speaking(language):
        names = [facts["name"] for facts in read_lessons().values()]

    assert len(names) == len(checks.GRADED)
    assert [name for name in names if name not in seen] == []


def test_an_interrupted_check_is_the_learners_own_interrupt(learner: Kernel) -> None:
    learner.run(cell(released(LESSON, "en"), "setup").source)
    shown = learner.run(
        "from resnet_course import checks\n\n\ndef stop(*_):\n    raise KeyboardInterrupt\n\n\nchecks.conv3x3(stop)"
    )

    assert shown.error is not None
    assert shown.error.ename == "KeyboardInterrupt"


def test_a_check_outside_a_notebook_prints_its_card(learners_python: Path, tmp_path: Path) -> None:
    script = "from resnet_course import blocks, checks\nchecks.conv3x3(blocks.conv3x3)"
    done = subprocess.run(
        [learners_python, "-c", script],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        env=os.environ | {"COURSE_LANGUAGE": "pt"},
    )

    assert done.stdout.startswith("Correto · conv3x3"), done.stderr


def test_no_network_costs_no_time(learner: Kernel) -> None:
    setup = cell(released(LESSON, "en"), "setup").source
    learner.run(setup)
    began = time.perf_counter()
    learner.run(setup)

    assert time.perf_counter() - began < 3


# --- where the package is missing ---------------------------------------------------------------------------------

ON_COLAB = 'import sys, types; sys.modules["google.colab"] = types.ModuleType("google.colab")'
ON_KAGGLE = 'import os; os.environ["KAGGLE_KERNEL_RUN_TYPE"] = "Interactive"'
# In pip's place: notes what it was asked for, then really installs, but the wheel.
PIP = """
import json, os, subprocess, sys
with open({asked!r}, "a") as file:
    print(json.dumps(sys.argv[1:]), file=file)
install = [sys.executable, "-m", "pip", "install", "--quiet", "--no-deps", "--target", {site!r}, {wheel!r}]
sys.exit(subprocess.call(install, env=dict(os.environ, PYTHONPATH="")))
"""


def setup_cell(language: str) -> str:
    return cell(make_notebook(read_lesson(ROOT / "lessons" / f"{LESSON}.py"), language), "setup").source


def sentence(key: str, language: str, **figures: str) -> str:
    with speaking(language):
        return message(f"common.author.setup-{key}", repository=repository(), **figures)


def announced(language: str) -> str:
    """What the cell says before it installs; the notebooks of a release need no remark."""
    said = sentence("installing", language)
    version = course_version()
    return said if not version.endswith(".dev") else f"{said} {sentence('unreleased', language, version=version[:-4])}"


@pytest.fixture
def bare(tmp_path: Path, wheel: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Kernel]:
    """A kernel without the package; pip notes what it is asked for in `asked`, once `python_path` is searched."""
    python, site = make_python(tmp_path / "bare")
    pip = tmp_path / "python_path" / "pip"
    pip.mkdir(parents=True)
    (pip / "__init__.py").touch()
    (pip / "__main__.py").write_text(PIP.format(asked=str(tmp_path / "asked"), site=str(site), wheel=str(wheel)))
    environment = make_kernel(python, tmp_path / "jupyter")
    for name, value in environment.items():
        monkeypatch.setenv(name, value)
    with kernel(tmp_path, "learner", env=os.environ | environment) as started:
        yield started


def asked(folder: Path) -> list[list[str]]:
    noted = folder / "asked"
    return [json.loads(line) for line in noted.read_text().splitlines()] if noted.is_file() else []


@pytest.mark.parametrize("place", [ON_COLAB, ON_KAGGLE], ids=["colab", "kaggle"])
@pytest.mark.parametrize("language", languages())
def test_in_colab_and_kaggle_the_setup_cell_installs_the_package_alone(
    bare: Kernel, tmp_path: Path, place: str, language: str
) -> None:
    bare.run(f"{place}\nimport os; os.environ['PYTHONPATH'] = {str(tmp_path / 'python_path')!r}")
    first, second = (bare.run(setup_cell(language)) for _ in range(2))

    assert first.error is None, first.text
    said, line = filter(None, first.text.splitlines())
    assert said == announced(language)
    assert line.startswith("resnet-course ")
    assert second.text.strip() == line
    # --no-deps is what keeps Colab's own torch, torchvision and numpy.
    assert asked(tmp_path) == [["install", "--no-deps", requirement(), "mlxtend"]]
    assert str(tmp_path / "bare") in bare.run("print(resnet_course.__file__)").text


@pytest.mark.parametrize("language", languages())
def test_an_installation_that_fails_is_one_sentence_and_an_error(bare: Kernel, language: str) -> None:
    bare.run(ON_COLAB)
    shown = bare.run(setup_cell(language).replace(f"git+{repository()}", "git+http://127.0.0.1:9/x"))

    assert shown.error is not None  # which "Run all" stops at
    assert list(filter(None, shown.text.splitlines())) == [announced(language), sentence("failed", language)]


@pytest.mark.parametrize("language", languages())
def test_on_a_computer_without_the_package_there_is_one_sentence_and_nothing_is_installed(
    bare: Kernel, tmp_path: Path, language: str
) -> None:
    bare.run(f"import os; os.environ['PYTHONPATH'] = {str(tmp_path / 'python_path')!r}")
    shown = bare.run(setup_cell(language))

    assert shown.error is not None
    assert shown.text == sentence("missing", language)
    assert asked(tmp_path) == []


@pytest.mark.parametrize("language", languages())
def test_an_old_python_gets_one_sentence_before_anything_is_tried(bare: Kernel, tmp_path: Path, language: str) -> None:
    bare.run(f"{ON_COLAB}\nimport os; os.environ['PYTHONPATH'] = {str(tmp_path / 'python_path')!r}")
    shown = bare.run(f"sys.version_info = (3, 9, 18, 'final', 0)\n{setup_cell(language)}")

    assert shown.error is not None
    assert shown.text == sentence("python", language)
    assert asked(tmp_path) == []


@pytest.mark.parametrize("language", languages())
def test_where_the_package_is_the_setup_cell_only_imports(learner: Kernel, language: str) -> None:
    learner.run(ON_COLAB)
    shown = learner.run(setup_cell(language))

    assert shown.error is None
    assert shown.text.startswith(f"resnet-course {course_version()} · ")
    assert shown.text.strip().count("\n") == 0
