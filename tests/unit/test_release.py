"""One heading of CHANGELOG.md decides which version notebooks are built for, install, link and fit."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from kernel import ROOT, cell

from resnet_course import checks, notebook, release
from resnet_course.authoring import CourseError, build
from resnet_course.authoring.assemble import make_notebook
from resnet_course.authoring.build import find_lessons, find_stale
from resnet_course.authoring.release import demand_own_package, facts_text, read_changelog, release_notes
from resnet_course.checks.card import where_solved
from resnet_course.cli import main
from resnet_course.grading.planning import names_of
from resnet_course.language import languages, message, speaking

LESSON = "03_basic_block"
GOOD = """\
# Changelog

## 0.2.0 (unreleased)

### Added

- More.

## 0.1.0 (2026-12-01)

The first.
"""


def write(folder: Path, text: str) -> Path:
    (folder / "CHANGELOG.md").write_text(text, encoding="utf-8")
    return folder


@pytest.fixture
def version(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The file that says which version the package is, to be written anew."""
    monkeypatch.setattr(release, "FACTS", tmp_path / "release.json")
    return tmp_path / "release.json"


def test_a_good_changelog_is_read(tmp_path: Path) -> None:
    newest, first = read_changelog(write(tmp_path, GOOD))

    assert (newest.version, newest.released, newest.notes) == ("0.2.0", False, "### Added\n\n- More.")
    assert (first.version, first.released, first.notes) == ("0.1.0", True, "The first.")


@pytest.mark.parametrize(
    ("old", "new", "expected"),
    [
        ("0.2.0 (unreleased)", "Unreleased", "line 3: the heading must be like `## 0.2.0 (unreleased)`"),
        ("0.2.0 (unreleased)", "0.2 (unreleased)", "line 3: the heading must be like"),
        ("0.2.0 (unreleased)", "v0.2.0 (unreleased)", "line 3: the heading must be like"),
        ("0.2.0 (unreleased)", "0.02.0 (unreleased)", "line 3: the heading must be like"),
        ("0.2.0 (unreleased)", "0.2.0", "not `## 0.2.0`"),
        ("0.2.0 (unreleased)", "0.2.0 (1.12.2026)", "line 3: the heading must be like"),
        ("## 0.2.0", "##0.2.0", "line 3: the heading must be like"),
        ("2026-12-01", "2026-13-01", "line 9: there is no day 2026-13-01"),
        ("2026-12-01", "unreleased", "line 9: only the newest version can be unreleased; 0.1.0 needs its date"),
        ("0.1.0", "0.2.0", "line 9: 0.2.0 stands below 0.2.0; the newest version comes first"),
        ("0.1.0", "0.10.0", "line 9: 0.10.0 stands below 0.2.0; the newest version comes first"),
        ("## 0.2.0", "# 0.2.0", "line 3: the heading must be like"),
        ("## 0.2.0", "### 0.2.0", "line 3: the heading must be like"),
        ("## 0.2.0", " ## [0.2.0]", "line 3: the heading must be like"),
        ("\n## ", "\nVersion ", "CHANGELOG.md has no heading that says the version"),
    ],
)
def test_a_bad_heading_is_a_clear_error(tmp_path: Path, old: str, new: str, expected: str) -> None:
    with pytest.raises(CourseError) as caught:
        facts_text(write(tmp_path, GOOD.replace(old, new)))

    assert expected in str(caught.value)


def test_a_course_without_a_changelog_is_a_clear_error(tmp_path: Path) -> None:
    with pytest.raises(CourseError, match=r"CHANGELOG.md is missing: its newest heading says the version"):
        facts_text(tmp_path)


def test_a_changelog_in_another_encoding_is_a_clear_error(tmp_path: Path) -> None:
    (tmp_path / "CHANGELOG.md").write_bytes(GOOD.replace("More", "Mais avanço").encode("latin-1"))
    with pytest.raises(CourseError, match="is no UTF-8 text"):
        read_changelog(tmp_path)


def test_a_version_without_notes_or_a_foreign_package_is_not_released(tmp_path: Path) -> None:
    with pytest.raises(CourseError, match=r"says nothing of 0\.3\.0"):
        release_notes(write(tmp_path, "\ufeff## 0.3.0 (2026-12-01)\n"), "v0.3.0")
    with pytest.raises(CourseError, match="not the package of this folder"):
        demand_own_package(tmp_path)


def test_the_package_knows_the_version_that_the_changelog_names() -> None:
    assert release.FACTS.read_text(encoding="utf-8") == facts_text(ROOT)


def test_a_changed_changelog_makes_the_build_stale(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(build, "facts_text", lambda root: '{"version": "99.0.0"}\n')

    assert "resnet_course/release.json: CHANGELOG.md has changed since" in find_stale(ROOT, [LESSON])


def test_only_a_dated_heading_with_its_own_tag_is_released(tmp_path: Path) -> None:
    with pytest.raises(CourseError, match=r"0\.2\.0 is unreleased: put the day into its heading"):
        release_notes(write(tmp_path, GOOD), "v0.2.0")
    write(tmp_path, GOOD.replace("unreleased", "2027-01-31"))
    with pytest.raises(CourseError, match=r"the tag is 'v0\.1\.0', but the newest version .* asks for 'v0\.2\.0'"):
        release_notes(tmp_path, "v0.1.0")

    assert release_notes(tmp_path, "v0.2.0") == "### Added\n\n- More."


def test_the_command_refuses_a_tag_that_is_not_the_changelogs(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(ROOT)

    assert main(["check-release", "v99.0.0"]) == 1
    said = capsys.readouterr()
    assert said.out == ""
    assert "CHANGELOG.md" in said.err


@pytest.mark.parametrize(("stands", "ref"), [("0.2.0", "v0.2.0"), ("0.2.0.dev", "main")])
@pytest.mark.parametrize("language", languages())
def test_notebooks_and_cards_name_the_release_or_the_branch(
    version: Path, stands: str, ref: str, language: str
) -> None:
    version.write_text(json.dumps({"version": stands}), encoding="utf-8")
    made = make_notebook(find_lessons(ROOT, [LESSON])[0], language)
    setup, badges = cell(made, "setup").source, cell(made, "badges").source
    with speaking(language):
        remark = message("common.author.setup-unreleased", version="0.2.0")
        address = where_solved(checks.of_lesson(LESSON)[0])["address"]
    said = "".join(part.strip()[1:-1] for part in setup.split("print(")[1].split(")\n    course")[0].splitlines())

    assert f'"resnet-course @ git+{release.repository()}@{ref}"' in setup
    assert f'version="{stands}"' in setup
    assert f"/blob/{ref}/notebooks/{language}/{LESSON}/" in badges
    assert f"/{ref}?urlpath=lab/tree/notebooks/{language}/{LESSON}/" in badges
    assert f"/blob/{ref}/solutions/{language}/{LESSON}/" in address
    assert said.endswith(remark) == (ref == "main")


def test_the_setup_cells_names_clash_with_no_lessons() -> None:
    for lesson in find_lessons(ROOT):
        ours = names_of(cell(make_notebook(lesson, "en"), "setup").source).defined
        theirs = {name for each in lesson.cells if each.kind != "prose" for name in names_of(each.source).defined}

        assert ours & theirs == set(), lesson.id


# --- a notebook and a package of different versions --------------------------------------------------------------


@pytest.mark.parametrize("language", languages())
@pytest.mark.parametrize("package", ["0.2.0", "0.2.0.dev"])
@pytest.mark.parametrize("asked", ["0.2.0", "0.2.0.dev", "0.2.7"])
def test_what_fits_is_passed_over(
    version: Path, capsys: pytest.CaptureFixture[str], language: str, package: str, asked: str
) -> None:
    version.write_text(json.dumps({"version": package}), encoding="utf-8")
    notebook.start(LESSON, language=language, version=asked)
    said = capsys.readouterr().out

    assert said.count("\n") == 1
    assert said.startswith(f"resnet-course {package} · ")


@pytest.mark.parametrize("language", languages())
@pytest.mark.parametrize(("asked", "ref"), [("0.10.0", "v0.10.0"), ("1.0.0.dev", "main")])
def test_an_older_package_is_told_before_any_error(
    version: Path, capsys: pytest.CaptureFixture[str], language: str, asked: str, ref: str
) -> None:
    version.write_text('{"version": "0.9.3"}', encoding="utf-8")
    with pytest.raises(ValueError, match="99_nothing"):
        notebook.start("99_nothing", language=language, version=asked)
    command = f'pip install --no-deps "resnet-course @ git+{release.repository()}@{ref}"'
    with speaking(language):
        expected = message("common.setup.older-package", notebook=asked, package="0.9.3", command=command)

    assert capsys.readouterr().out == f"{expected}\n"


@pytest.mark.parametrize("language", languages())
def test_an_older_notebook_is_told_where_the_new_one_is(
    version: Path, capsys: pytest.CaptureFixture[str], language: str
) -> None:
    version.write_text('{"version": "0.10.1"}', encoding="utf-8")
    notebook.start(LESSON, language=language, version="0.9.0")
    address = f"{release.repository()}/tree/v0.10.1/notebooks/{language}"
    with speaking(language):
        expected = message("common.setup.older-notebook", notebook="0.9.0", package="0.10.1", address=address)

    told, line = capsys.readouterr().out.splitlines()
    assert told == expected
    assert line.startswith("resnet-course 0.10.1 · ")


def test_a_newer_notebook_in_a_language_that_the_package_lacks_is_told_in_english(
    version: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    version.write_text('{"version": "0.1.0"}', encoding="utf-8")
    with pytest.raises(ValueError, match="the course speaks: en, pt"):
        notebook.start(LESSON, language="es", version="0.2.0")

    assert capsys.readouterr().out.startswith("This notebook is of version 0.2.0 of the course, but the installed")
