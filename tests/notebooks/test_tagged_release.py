"""A release from beginning to end: the heading gets its day, everything is built, the tag is set, the package made."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import nbformat
import pytest
from kernel import ROOT, cell

from resnet_course.authoring.release import read_changelog
from resnet_course.language import languages

pytestmark = pytest.mark.notebook

LESSON = "03_basic_block"


def run(folder: Path, *words: str) -> str:
    environment = os.environ | {"PYTHONPATH": str(folder), "GIT_CONFIG_GLOBAL": os.devnull}
    done = subprocess.run(words, cwd=folder, env=environment, capture_output=True, text=True, timeout=300)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


@pytest.fixture
def repository(tmp_path: Path) -> Path:
    """A repository of one commit with the package, and of the lessons one that is soon built."""
    folder = tmp_path / "course"
    (folder / "lessons").mkdir(parents=True)
    for name in (
        *("pyproject.toml", "MANIFEST.in", ".gitattributes", ".git_archival.txt", ".gitignore", "nbgrader_config.py"),
        *("CHANGELOG.md", "README.md", "LICENSE", "LICENSE-texts", f"lessons/{LESSON}.py", "lessons/glossary.toml"),
    ):
        shutil.copy(ROOT / name, folder / name)
    (folder / "lessons" / "asked.toml").write_text("\n\n".join(its_questions()), encoding="utf-8")
    shutil.copytree(ROOT / "resnet_course", folder / "resnet_course", ignore=shutil.ignore_patterns("__pycache__"))
    run(folder, "git", "init", "--quiet")
    run(folder, "git", "config", "user.name", "Maintainer")
    run(folder, "git", "config", "user.email", "maintainer@example.org")
    run(folder, "git", "add", ".")
    run(folder, "git", "commit", "--quiet", "--message", "The course")
    return folder


def its_questions() -> Iterator[str]:
    """Yield the questions that the lesson answers, as they stand in their file."""
    lesson = (ROOT / "lessons" / f"{LESSON}.py").read_text(encoding="utf-8")
    for entry in (ROOT / "lessons" / "asked.toml").read_text(encoding="utf-8").split("\n\n"):
        key = re.match(r"\[(.+)\]", entry)
        if key and f'asked="{key[1]}"' in lesson:
            yield entry


def test_a_release_stands_still(repository: Path) -> None:
    version = read_changelog(repository)[0].version
    changelog = repository / "CHANGELOG.md"
    dated = re.sub(r"(?m)^## .*$", f"## {version} (2026-12-01)", changelog.read_text(encoding="utf-8"), count=1)
    changelog.write_text(dated, encoding="utf-8")
    command = (sys.executable, "-c", "import sys; from resnet_course.cli import main; sys.exit(main())")
    (repository / "resnet_course" / "release.json").write_text('{"version": "0.0.1.dev"}\n', encoding="utf-8")
    with pytest.raises(AssertionError, match=r"release.json: CHANGELOG.md has changed since"):
        run(repository, *command, "check-release", f"v{version}")
    run(repository, *command, "build")
    run(repository, "git", "add", ".")
    run(repository, "git", "commit", "--quiet", "--message", f"Version {version}")
    for tag in (f"v{version}", "semana3", "turma-2026-1", f"v{version}-turma"):  # a class's own tags name no version
        run(repository, "git", "tag", tag)

    notes = run(repository, *command, "check-release", f"v{version}")
    assert notes.strip() == read_changelog(repository)[0].notes

    build = (sys.executable, "-m", "pip", "wheel", "--quiet", "--no-deps", "--no-build-isolation")
    run(repository, *build, "--wheel-dir", str(repository.parent), str(repository))
    assert [each.name for each in repository.parent.glob("*.whl")] == [f"resnet_course-{version}-py3-none-any.whl"]

    for language in languages():
        name = f"notebooks/{language}/{LESSON}/{LESSON}.ipynb"
        notebook = nbformat.read(repository / name, as_version=4)
        setup = cell(notebook, "setup").source
        assert f'@v{version}"\n' in setup
        assert f'language="{language}", version="{version}"' in setup
        assert f"/blob/v{version}/{name}" in cell(notebook, "badges").source
        assert f"/v{version}?urlpath=lab/tree/{name}" in cell(notebook, "badges").source
        assert not re.search(
            r"/blob/main/(notebooks|solutions)|\bmain\b[?`]", "\n".join(each.source for each in notebook.cells)
        )
        solved = nbformat.read(repository / "solutions" / language / LESSON / f"{LESSON}.ipynb", as_version=4)
        assert cell(solved, "setup").outputs[0].data["text/plain"].startswith(f"resnet-course {version} · ")
