"""Rebuilding a submission, and planning which cells run."""

from __future__ import annotations

import json
import time
from copy import deepcopy
from pathlib import Path
from typing import Any

import nbformat
import pytest
from corpus import LESSON, save, solution
from hypothesis import given, settings
from hypothesis import strategies as st
from kernel import ROOT, cell, released

from resnet_course import checks
from resnet_course.authoring.assemble import make_notebook
from resnet_course.authoring.code_texts import in_language
from resnet_course.authoring.script import read_lesson, stub_of
from resnet_course.grading.findings import Finding, listed, printable
from resnet_course.grading.inspection import _lesson_in
from resnet_course.grading.intake import (
    MOST_CELLS,
    Release,
    Submission,
    language_of,
    parse,
    read_folder,
    read_release,
    rebuild,
)
from resnet_course.grading.planning import MOST_CHARACTERS, names_of, needed_for
from resnet_course.grading.references import solved_in
from resnet_course.language import catalogue, languages


@pytest.fixture(scope="module")
def release() -> Release:
    return read_release(ROOT, LESSON, "en")


def rebuilt(release: Release, made: Any) -> Any:
    content = json.dumps(made).encode()
    return rebuild(Submission(content), release, "en")


def test_only_answers_are_taken_over(release: Release) -> None:
    made = solution()
    for each in made.cells:
        each.source += "\n# mine"
        each.metadata["tags"] = ["mine"]
        each.metadata["evil"] = True
    intake = rebuilt(release, made)

    for before, after in zip(release.notebook.cells, intake.notebook.cells, strict=True):
        if before in release.answers:
            assert after.source == cell(made, before.id).source
        else:
            assert after == before
        assert after.metadata == before.metadata


def test_the_release_itself_is_never_changed(release: Release) -> None:
    before = json.dumps(release.notebook)
    rebuilt(release, solution())

    assert json.dumps(release.notebook) == before


def test_an_untouched_notebook_has_nothing_to_report(release: Release) -> None:
    assert rebuilt(release, released(LESSON, "en")).findings == ()
    assert rebuilt(release, solution()).findings == ()


# The setup cell of the notebooks that were given out before there were releases.
FIRST_SETUP = """\
import importlib.util, sys
if "google.colab" in sys.modules and not importlib.util.find_spec("resnet_course"):
    %pip install -q --no-deps "resnet-course @ git+https://github.com/resnet-course/resnet-course" mlxtend
import resnet_course
resnet_course.start("03_basic_block", language="pt")"""


@pytest.mark.parametrize("handed_in", ["pt", "en", "first"])
def test_a_setup_cell_of_any_language_and_version_is_known_without_its_id(handed_in: str) -> None:
    script = read_lesson(ROOT / "lessons" / f"{LESSON}.py")
    given, worked_in = (make_notebook(script, language) for language in ("en", "pt" if handed_in == "pt" else "en"))
    if handed_in == "first":
        cell(worked_in, "setup").source = FIRST_SETUP
    for each in worked_in.cells:
        del each["id"]
    worked_in.nbformat_minor = 4
    content = json.dumps(worked_in).encode()

    assert rebuild(Submission(content), Release(LESSON, "en", given), "en").findings == ()
    assert language_of(content, "fr") == ("en" if handed_in == "en" else "pt")
    assert _lesson_in(content) == LESSON


@pytest.mark.parametrize(("given", "handed_in"), [("cell", "call"), ("call", "cell")])
def test_a_check_cell_of_an_older_or_newer_release_is_no_edited_one(
    release: Release, given: str, handed_in: str
) -> None:
    ours, theirs = deepcopy(release.notebook), solution()
    for name in checks.LESSONS[LESSON]:
        check = getattr(checks, checks.attribute(name))
        cell(ours, name).source = getattr(check, given)
        cell(theirs, name).source = getattr(check, handed_in)

    assert rebuilt(Release(LESSON, "en", ours), theirs).findings == ()


def test_a_stub_in_another_language_than_the_release_is_no_second_answer(release: Release) -> None:
    script = read_lesson(ROOT / "lessons" / f"{LESSON}.py")
    (answer,) = script.answers("shortcut")
    made = solution()
    stub = deepcopy(cell(made, "shortcut-answer"))
    stub.source = stub_of(in_language(answer.source, "pt"))
    made.cells.append(stub)

    assert '"None, ou' in stub.source
    intake = rebuilt(release, made)
    assert cell(intake.notebook, "shortcut-answer").source == cell(made, "shortcut-answer").source


def test_the_language_is_the_learners(release: Release) -> None:
    assert language_of(json.dumps(released(LESSON, "pt")).encode(), "en") == "pt"
    assert language_of(b'language="xx"', "en") == "en"
    assert language_of(None, "pt") == "pt"


CELL = st.fixed_dictionaries(
    {},
    optional={
        "cell_type": st.sampled_from(["code", "markdown", "raw", "evil", ""]) | st.integers(),
        "source": st.text() | st.lists(st.text()) | st.integers(),
        "id": st.sampled_from(["shortcut", "shortcut-answer", "setup"])
        | st.text()
        | st.integers()
        | st.lists(st.text()),
        "metadata": st.dictionaries(
            st.sampled_from(["nbgrader", "tags", "x"]),
            st.text()
            | st.lists(st.text())
            | st.fixed_dictionaries({"grade_id": st.sampled_from(["shortcut-answer", "shortcut", 5, [], {}])}),
        )
        | st.integers(),
        "outputs": st.lists(st.integers()),
    },
)


@settings(max_examples=100, deadline=None)
@given(st.lists(CELL, max_size=6), st.integers(0, 6), st.dictionaries(st.sampled_from(["kernelspec", "a"]), st.text()))
def test_whatever_a_notebook_holds_the_rebuilt_one_is_the_release(
    cells: list[Any], version: int, metadata: dict[str, Any]
) -> None:
    release = read_release(ROOT, LESSON, "en")
    made = {"cells": cells, "metadata": metadata, "nbformat": version, "nbformat_minor": 5}
    intake = rebuilt(release, made)

    assert [each.id for each in intake.notebook.cells] == [each.id for each in release.notebook.cells]
    nbformat.writes(intake.notebook).encode("utf-8")
    assert all(str(finding) for finding in intake.findings)


def test_a_notebook_of_too_many_cells_is_none() -> None:
    one = {"cell_type": "raw", "metadata": {}, "source": ""}
    made = {"cells": [one] * (MOST_CELLS + 1), "metadata": {}, "nbformat": 4, "nbformat_minor": 4}

    assert parse(json.dumps(made).encode()) is None
    assert parse(json.dumps({**made, "cells": [one] * 10}).encode()) is not None


def test_a_thousand_copies_of_an_answer_take_no_time(release: Release) -> None:
    made = solution()
    made.cells += [cell(made, "shortcut-answer")] * (MOST_CELLS - len(made.cells))
    began = time.process_time()
    intake = rebuilt(release, made)

    assert [finding.key for finding in intake.findings] == ["duplicate"]
    assert time.process_time() - began < 5


def test_the_folder_is_read_and_nothing_in_it_followed(tmp_path: Path) -> None:
    folder = tmp_path / LESSON
    folder.mkdir()
    save(solution(), folder)
    (folder / "link").symlink_to("/etc/passwd")
    submission = read_folder(folder, LESSON)

    assert submission.content is not None
    assert [finding.key for finding in submission.findings] == ["extra-files"]


def test_names_are_shown_as_one_short_line() -> None:
    assert printable("a\nb\x1b[31m") == "a�b�[31m"
    assert len(printable("x" * 1000)) == 60
    assert listed(str(number) for number in range(100)).endswith("… (+92)")


@pytest.mark.parametrize("language", languages())
def test_every_finding_has_a_sentence_in_every_language(language: str) -> None:
    assert set(catalogue(language, "grading")["findings"]) == set(catalogue("en", "grading")["findings"])
    assert str(Finding("moved"))


# --- planning ----------------------------------------------------------------------------------------------------


def test_names_that_functions_use_are_used() -> None:
    names = names_of("import os.path as p\n\ndef f(x):\n    global g\n    g = h\n    return x + y\n\nf(z)")

    assert names.defined == {"p", "f", "g"}
    assert names.used == {"h", "y", "z"}


def test_commands_of_ipython_hide_no_names() -> None:
    assert names_of("%matplotlib inline\n!ls\nx = 1\nx?\nif x:\n    %pip install y").defined == {"x"}
    assert names_of('x = """\n%s\n""" \\\n% 1').defined == {"x"}


def test_text_that_is_not_python_has_the_names_at_the_start_of_its_lines() -> None:
    assert names_of("def f(:\nclass C\ny = 1\nz == 2").defined == {"f", "C", "y"}


@pytest.mark.parametrize(
    "source",
    [
        *("(" * 100_000, "not " * 40_000 + "1", "-" * 190_000 + "1", "a" + ".a" * 90_000, "1" + "+1" * 90_000),
        *("lambda:" * 28_000 + "1", "a" + "[0]" * 60_000, "%x\n" * 60_000, "x=" * 90_000 + "1", "\ud800", "a\0b"),
        *("x" * (MOST_CHARACTERS + 1), "if x: pass\n" + "elif x: pass\n" * 14_000, "'" * 100_000),
    ],
    ids=lambda source: f"{source[:6]!r}",
)
def test_no_source_stops_the_planning(source: str) -> None:
    began = time.process_time()
    names_of(source)

    assert time.process_time() - began < 5


def test_demonstrations_are_left_out_and_what_answers_need_is_not(release: Release) -> None:
    cells = rebuilt(release, solution()).notebook.cells
    places = {each.id: place for place, each in enumerate(cells)}
    needed = needed_for(cells, places["basic-block"], [places["basic-block-answer"]])
    sources = "\n".join(cells[place].source for place in needed if cells[place].id != "setup")

    assert places["conv3x3-answer"] in needed
    assert places["shortcut-answer"] not in needed
    assert "plots." not in sources


def test_a_check_cell_is_never_run_for_the_name_that_it_imports(release: Release) -> None:
    made = solution()
    for name in checks.LESSONS[LESSON]:
        cell(made, name).source = getattr(checks, checks.attribute(name)).cell
    places = {each.id: place for place, each in enumerate(made.cells)}
    answer = places["shortcut-answer"]
    made.cells[answer].source += "\n\nprint(checks)"
    needed = needed_for(made.cells, places["shortcut"], [answer])

    assert "checks" in names_of(made.cells[answer].source).used
    assert [each.id for each in (made.cells[place] for place in needed) if each.id in checks.LESSONS[LESSON]] == []
    assert any("import blocks, checks" in made.cells[place].source for place in needed)


@given(st.text())
@settings(deadline=None, max_examples=50)
def test_any_text_has_names(source: str) -> None:
    names = names_of(source)

    assert not names.defined & names.used


def test_the_modules_that_solve_exercises_are_those_that_the_checks_name() -> None:
    named = {
        "blocks",
        "cost",
        "evaluation",
        "gradients",
        "lesion",
        "mlp",
        "recorders",
        "resnet",
        "small_nets",
        "transfer",
    }

    assert {f"resnet_course.{name}" for name in named} <= solved_in()
