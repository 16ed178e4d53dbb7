"""The ways into the course that are no notebook: the Makefile, the READMEs' lines, Codespaces."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from resnet_course import checks
from resnet_course.authoring.assemble import make_notebook
from resnet_course.authoring.script import read_lesson
from resnet_course.checks.card import repository
from resnet_course.language import languages

ROOT = Path(__file__).resolve().parents[2]
READMES = ("README.md", "README.pt-BR.md")


@pytest.fixture
def fresh(tmp_path: Path) -> Path:
    """A copy of what make looks at, without an environment."""
    for name in ("Makefile", "requirements.txt", "pyproject.toml", "resnet_course/language.py"):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        shutil.copy(ROOT / name, tmp_path / name)
    for language in ("en", "pt"):
        (tmp_path / "resnet_course" / "messages" / language).mkdir(parents=True)
        (tmp_path / "notebooks" / language / "00_first").mkdir(parents=True)
        (tmp_path / "notebooks" / language / "00_first" / "00_first.ipynb").touch()
    return tmp_path


def make(folder: Path, *arguments: str, **variables: str) -> subprocess.CompletedProcess[str]:
    # As from a terminal, also where these tests are run by make themselves: it would announce its folder.
    outside = {name: value for name, value in os.environ.items() if not name.startswith(("MAKE", "MFLAGS"))}
    return subprocess.run(
        ["make", f"PYTHON={sys.executable}", *arguments],
        cwd=folder,
        env={**outside, **variables},
        capture_output=True,
        text=True,
        timeout=60,
    )


@pytest.mark.parametrize(
    ("written", "meant"), [("pt-BR", "pt"), ("PT", "pt"), ("pt_BR.UTF-8", "pt"), ("en_US", "en"), ("", "en")]
)
def test_make_lab_opens_the_language_that_is_meant(fresh: Path, written: str, meant: str) -> None:
    for asked in (
        make(fresh, "--dry-run", "lab", COURSE_LANGUAGE=written),
        make(fresh, "--dry-run", "lab", f"COURSE_LANGUAGE={written}"),
    ):
        assert f" notebooks/{meant}/00_first/00_first.ipynb" in asked.stdout, asked.stderr


@pytest.mark.parametrize("target", ["lab", "install"])
def test_make_in_an_unknown_language_says_one_sentence_and_installs_nothing(fresh: Path, target: str) -> None:
    done = make(fresh, target, COURSE_LANGUAGE="fr")

    assert done.returncode != 0
    assert done.stdout == ""
    said, ended = done.stderr.splitlines()
    assert said == "COURSE_LANGUAGE is 'fr'; the course speaks: en, pt. Set it to one of these."
    assert ended.startswith("make: *** ")
    assert not (fresh / ".venv").exists()


def test_make_with_an_old_python_says_one_sentence_and_installs_nothing(fresh: Path) -> None:
    old = fresh / "python3.9"
    # What Python 3.9 is to make: something that runs the line with another version_info.
    old.write_text(
        f"#!{sys.executable}\nimport sys\nsys.version_info, sys.version = (3, 9, 18), '3.9.18'\nexec(sys.argv[2])\n"
    )
    old.chmod(0o755)
    done = make(fresh, f"PYTHON={old}", "lab")

    assert done.returncode != 0
    said, ended = done.stderr.splitlines()
    least = re.search(r'requires-python = ">=(.*)"', (ROOT / "pyproject.toml").read_text())
    assert least
    assert said.startswith(f"The course needs Python {least[1]} or newer, and this is 3.9.18.")
    assert ended.startswith("make: *** ")
    assert not (fresh / ".venv").exists()


def test_make_installs_cpu_builds_where_asked(fresh: Path) -> None:
    address = "--extra-index-url https://download.pytorch.org/whl/cpu"

    assert all(address in (ROOT / readme).read_text(encoding="utf-8") for readme in READMES)
    assert address not in make(fresh, "--dry-run", "lab").stdout
    for target in ("lab", "install"):
        assert address in make(fresh, "--dry-run", target, "TORCH=cpu").stdout


def test_the_dev_container_runs_a_target_that_there_is_and_opens_files_that_there_are() -> None:
    settings = json.loads((ROOT / ".devcontainer" / "devcontainer.json").read_text())
    command, target, *variables = settings["postCreateCommand"].split()
    custom = settings["customizations"]

    assert command == "make"
    assert re.search(rf"^{target}:", (ROOT / "Makefile").read_text(), re.MULTILINE)
    assert variables == ["TORCH=cpu"]
    assert custom["vscode"]["settings"]["python.defaultInterpreterPath"].endswith("/.venv/bin/python")
    assert [name for name in custom["codespaces"]["openFiles"] if not (ROOT / name).is_file()] == []


REF = r"[^/?#]+"  # a branch or a tag


def leads_to(address: str) -> str | None:
    """Return the file of the repository that a link opens somewhere, or None for the repository as a whole."""
    owner = repository().removeprefix("https://github.com/")
    known = (
        rf"https://colab\.research\.google\.com/github/{owner}/blob/{REF}/(.+)",
        rf"https://kaggle\.com/kernels/welcome\?src={repository()}/blob/{REF}/(.+)",
        rf"https://mybinder\.org/v2/gh/{owner}/{REF}\?urlpath=lab/tree/(.+)",
        rf"https://codespaces\.new/{owner}()",
    )
    found = next(filter(None, (re.fullmatch(pattern, address) for pattern in known)))
    return found[1] or None


HOSTS = re.compile(r"\((https://(?:colab|kaggle|mybinder|codespaces)[^)]+)\)")


@pytest.mark.parametrize("readme", READMES)
def test_the_links_of_the_readmes_open_the_start_page_of_their_language(readme: str) -> None:
    language = "pt" if "pt" in readme else "en"
    page = f"notebooks/{language}/00_start_here/00_start_here.ipynb"
    text = (ROOT / readme).read_text(encoding="utf-8")
    files = re.findall(r"\]\((?!https?:|#)([^)#]+)", text)

    assert [leads_to(each) for each in HOSTS.findall(text)] == [page, page, page, None]
    assert [name for name in files if not (ROOT / name).exists()] == []


@pytest.mark.parametrize("language", languages())
@pytest.mark.parametrize("lesson", checks.LESSONS)
def test_the_links_of_a_lesson_open_that_lesson(lesson: str, language: str) -> None:
    notebook = make_notebook(read_lesson(ROOT / "lessons" / f"{lesson}.py"), language)
    links = next(cell.source for cell in notebook.cells if cell.id == "badges")
    page = f"notebooks/{language}/{lesson}/{lesson}.ipynb"

    assert [leads_to(each) for each in HOSTS.findall(links)] == [page, page, page, None]
    assert (ROOT / page).is_file()


@pytest.mark.parametrize("readme", READMES)
def test_the_readmes_lines_for_ones_own_computer_name_what_there_is(readme: str) -> None:
    text = (ROOT / readme).read_text(encoding="utf-8")
    block = next(each for each in text.split("```") if "python -m venv .venv" in each)
    lines = [line.split("#")[0].split() for line in block.strip().splitlines()]

    # First what refuses an old Python in one sentence, then what would fail there with hundreds of versions.
    assert [line[:2] for line in lines if line[0] == "pip"] == [["pip", "install"]] * 2
    assert [line[2:] for line in lines if line[0] == "pip"] == [["--no-deps", "-e", "."], ["-r", "requirements.txt"]]
    assert (ROOT / lines[-1][-1]).is_file()
    assert "Python 3.10 " in text
