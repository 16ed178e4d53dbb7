"""The ways into the course that are no notebook: the Makefile, the READMEs' lines, Codespaces."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]


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
    return subprocess.run(
        ["make", f"PYTHON={sys.executable}", *arguments],
        cwd=folder,
        env={**os.environ, **variables},
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
    address = "https://download.pytorch.org/whl/cpu"

    assert address not in make(fresh, "--dry-run", "lab").stdout
    for target in ("lab", "install"):
        assert address in make(fresh, "--dry-run", target, "TORCH=cpu").stdout
