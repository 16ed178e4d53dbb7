"""What is said before the setup cell has run."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from resnet_course.language import languages
from resnet_course.restart import folder_language, not_started, waits_for_setup


@pytest.mark.parametrize(
    ("folder", "language"),
    [
        *((f"notebooks/{code}/03_basic_block", code) for code in languages()),
        ("course/pt/my_lesson", None),
        ("pt", None),
        ("03_basic_block", None),
        ("xx/03_basic_block", None),
    ],
)
def test_the_folder_of_a_lesson_tells_the_language(
    folder: str, language: str | None, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / folder).mkdir(parents=True)
    monkeypatch.chdir(tmp_path / folder)

    assert folder_language() == language
    assert len(not_started().splitlines()) == (1 if language else len(languages()))


def test_a_folder_that_is_gone_tells_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    def cwd() -> Path:
        raise FileNotFoundError

    monkeypatch.setattr(Path, "cwd", cwd)

    assert folder_language() is None


def test_outside_of_a_kernel_nothing_waits_and_nothing_is_loaded_for_it() -> None:
    asked = "import sys; from resnet_course import checks, restart"
    asked += "; print(restart.waits_for_setup(), 'IPython' in sys.modules)"
    done = subprocess.run([sys.executable, "-c", asked], capture_output=True, text=True, check=True)

    assert done.stdout.split() == ["False", "False"]
    assert not waits_for_setup()
