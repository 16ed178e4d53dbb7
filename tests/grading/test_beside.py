"""What lies beside a notebook is copied with it, if it is a file; and what lay beside an older one is gone."""

from __future__ import annotations

import os
from pathlib import Path
from typing import ClassVar

import pytest

from resnet_course.grading import beside
from resnet_course.grading.beside import SECRET, copy_beside


def write(place: Path, **files: str) -> Path:
    for name, text in files.items():
        path = place / name.replace("__", "/")
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    return place


def held(folder: Path) -> dict[str, str]:
    return {str(path.relative_to(folder)): path.read_text() for path in folder.rglob("*") if path.is_file()}


def copy(to: Path, *places: Path, left: frozenset[Path] = frozenset()) -> dict[str, str]:
    to.mkdir(exist_ok=True)
    copy_beside(places, to, left=left, ignored=["ignored", "*.ipynb"], most=10)
    return held(to)


@pytest.fixture
def to(tmp_path: Path) -> Path:
    return tmp_path / "to"


def test_files_are_copied_with_their_folders_but_for_notebooks_and_what_is_ignored(tmp_path: Path, to: Path) -> None:
    given = write(tmp_path / "given", a="1", b__c="2", ignored__d="3")
    (given / "x.ipynb").write_text("4")

    assert copy(to, given) == {"a": "1", "b/c": "2"}


def test_the_course_s_own_files_take_the_place_of_the_learner_s_but_where_they_are_left(
    tmp_path: Path, to: Path
) -> None:
    given, own = write(tmp_path / "given", a="theirs", b="theirs"), write(tmp_path / "own", a="ours", b="ours")

    assert copy(to, given, own, left=frozenset({own / "b"})) == {"a": "ours", "b": "theirs"}


def test_what_is_no_file_or_too_large_is_not_copied_nor_waited_for(tmp_path: Path, to: Path) -> None:
    given = write(tmp_path / "given", a="1", large="x" * 11)
    (given / "link").symlink_to("/etc/hostname")
    (given / "folder").symlink_to("/etc")
    os.mkfifo(given / "pipe")

    assert copy(to, given) == {"a": "1"}


def test_nothing_of_an_older_submission_stays_whatever_it_was(tmp_path: Path, to: Path) -> None:
    write(to, file__that_was_a_folder="old", folder="that was a file", gone__far="old", kept="old", link="old")
    given = write(tmp_path / "given", file="new", folder__now="new")
    (given / "link").symlink_to("/etc/hostname")

    assert copy(to, given, left=frozenset({to / "kept"})) == {"file": "new", "folder/now": "new", "kept": "old"}
    assert not (to / "gone").exists()


def test_a_file_that_cannot_be_written_costs_no_other(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    given = write(tmp_path / "given", a="1", b="2")
    deep = tmp_path
    while len(str(deep)) < 3700:  # near the longest path that Linux takes
        deep /= "d" * 200
    deep.mkdir(parents=True)
    long = "l" * 250
    (given / long).mkdir()
    monkeypatch.chdir(given)
    (Path(long) / long).write_text("3")

    assert copy(deep / "to", given) == {"a": "1", "b": "2"}


def test_of_very_many_files_the_secret_is_copied_first(
    tmp_path: Path, to: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(beside, "MOST_FILES", 3)
    given = write(tmp_path / "given", **{f"f{n}": "x" for n in range(9)})
    (given / SECRET).write_text("secret")

    copied = copy(to, given)
    assert len(copied) == 3
    assert copied[SECRET] == "secret"


def test_formgrader_serves_what_was_handed_in_without_its_scripts() -> None:
    from nbgrader.server_extensions.formgrader.handlers import SubmissionFilesHandler

    from resnet_course.grading.formgrader import install

    class Handler:
        headers: ClassVar[dict[str, str]] = {}

        def set_header(self, name: str, value: str) -> None:
            self.headers[name] = value

    install()
    SubmissionFilesHandler.set_extra_headers(Handler(), "page.html")

    assert Handler.headers["Content-Security-Policy"].startswith("sandbox;")
    assert Handler.headers["X-Content-Type-Options"] == "nosniff"
