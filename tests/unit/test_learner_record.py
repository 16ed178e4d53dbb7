"""What the course says that a learner has solved: what the saved notebooks say, and nothing else."""

from __future__ import annotations

import html
import itertools
import json
import re
import sys
import time
import types
from pathlib import Path
from typing import Any

import pytest
from kernel import ROOT

from resnet_course import checks, lessons, notebook, record
from resnet_course.language import languages, message, speaking
from resnet_course.record import read_progress

LESSON = "03_basic_block"


@pytest.fixture
def course(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder with the lessons, and a start page that is open in it."""
    for lesson in checks.LESSONS:
        (tmp_path / lesson).mkdir()
    monkeypatch.chdir(tmp_path / "00_start_here")
    monkeypatch.setattr(record, "DRIVE", tmp_path / "MyDrive" / "Colab Notebooks")
    return tmp_path


def card(grade_id: object, key: object) -> dict[str, Any]:
    return {"output_type": "display_data", "metadata": {"resnet_course": {"grade_id": grade_id, "key": key}}}


def save(path: Path, **keys: str) -> Path:
    """Save a notebook with a card for each exercise."""
    outputs = [card(grade_id.replace("_", "-"), key) for grade_id, key in keys.items()]
    path.write_text(json.dumps({"cells": [{"cell_type": "code", "outputs": [each]} for each in outputs]}))
    return path


def solve(course: Path, lesson: str) -> Path:
    keys = {grade_id.replace("-", "_"): "passed" for grade_id in checks.LESSONS[lesson]}
    return save(course / lesson / f"{lesson}.ipynb", **keys)


def enter(place: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Be in Colab or Kaggle."""
    if place == "kaggle":
        monkeypatch.setenv("KAGGLE_KERNEL_RUN_TYPE", "Interactive")
    monkeypatch.setitem(sys.modules, "google.colab", types.ModuleType("google.colab"))


# ---------------------------------------------------------------- what is read


def test_a_green_card_is_solved_another_is_tried_and_a_waiting_one_is_neither(course: Path) -> None:
    path = course / LESSON / f"{LESSON}.ipynb"
    save(path, conv3x3="passed", basic_block="no-shortcut", shortcut="unsolved")
    progress = read_progress(LESSON)

    assert progress.states == {"conv3x3": "solved", "basic-block": "tried"}
    assert progress.solved_in == {"conv3x3": path}
    assert (progress.solved, progress.total, progress.next) == (1, 4, "basic-block")


def test_nothing_saved_is_nothing_solved(course: Path) -> None:
    assert read_progress(LESSON) == record.Progress(LESSON)


def test_the_solved_notebooks_are_solved(course: Path) -> None:
    text = (ROOT / "solutions" / "pt" / LESSON / f"{LESSON}.ipynb").read_text(encoding="utf-8")
    (course / LESSON / f"{LESSON}.ipynb").write_text(text, encoding="utf-8")

    assert read_progress(LESSON).finished


@pytest.mark.parametrize("first", ["passed", "raised"])
def test_of_several_copies_the_best_counts(course: Path, first: str) -> None:
    save(course / LESSON / f"{LESSON}.ipynb", conv3x3=first)
    save(course / LESSON / f"{LESSON}-Copy1.ipynb", conv3x3="raised" if first == "passed" else "passed")

    assert read_progress(LESSON).states == {"conv3x3": "solved"}


@pytest.mark.parametrize("name", ["Copy of 03_basic_block.ipynb", "Cópia de 03_basic_block.ipynb"])
def test_in_colab_the_mounted_drive_is_read(course: Path, name: str) -> None:
    assert not read_progress(LESSON).states
    record.DRIVE.mkdir(parents=True)
    save(record.DRIVE / name, conv3x3="passed")

    assert read_progress(LESSON).states == {"conv3x3": "solved"}


def test_a_lesson_finds_its_own_notebook(course: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    save(course / LESSON / f"{LESSON}.ipynb", conv3x3="passed")
    monkeypatch.chdir(course / LESSON)

    assert read_progress(LESSON).solved == 1


def test_other_notebooks_and_other_exercises_do_not_count(course: Path) -> None:
    save(course / LESSON / "scribbles.ipynb", conv3x3="passed")
    save(course / LESSON / f"{LESSON}.ipynb", bottleneck="passed", no_such_exercise="passed")

    assert not read_progress(LESSON).states


@pytest.mark.parametrize(
    "text",
    [
        "[]",
        '"cells"',
        '{"worksheets": [{"cells": []}], "nbformat": 3}',
        '{"cells": {"outputs": 1}}',
        '{"cells": [1, null, {"outputs": "x"}, {"outputs": [[], {"metadata": []}]}]}',
        '{"cells": [{"outputs": [{"metadata": {"resnet_course": 1}}]}]}',
        json.dumps({"cells": [{"outputs": [card(1, ["passed"]), {"metadata": {"resnet_course": {}}}]}]}),
    ],
)
def test_json_of_any_shape_is_read_and_holds_no_card(course: Path, text: str) -> None:
    (course / LESSON / f"{LESSON}.ipynb").write_text(text)

    assert read_progress(LESSON) == record.Progress(LESSON)


@pytest.mark.parametrize("text", [b"", b'{"cells": [', b"\xff\xfe\x00", b"[" * 100_000])
def test_a_damaged_file_is_named_and_hides_no_other(course: Path, text: bytes) -> None:
    damaged = course / LESSON / f"{LESSON}-damaged.ipynb"
    damaged.write_bytes(text)
    save(course / LESSON / f"{LESSON}.ipynb", conv3x3="passed")
    progress = read_progress(LESSON)

    assert (progress.solved, progress.unread) == (1, (damaged,))


def test_a_huge_file_is_not_read(course: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = save(course / LESSON / f"{LESSON}.ipynb", conv3x3="passed")
    monkeypatch.setattr(record, "LARGEST", 10)

    assert read_progress(LESSON).unread == (path,)


def test_a_folder_with_a_notebooks_name_is_passed_over(course: Path) -> None:
    (course / LESSON / f"{LESSON}.ipynb").mkdir()

    assert read_progress(LESSON) == record.Progress(LESSON)


# ---------------------------------------------------------------- the map


def states_on(page: str) -> list[str]:
    """Return what the map says of each lesson, after what it asks."""
    rows = re.findall(r"<li.*?</li>", page, re.DOTALL)
    return [" ".join(re.sub("<[^>]*>", " ", row.rpartition(" min")[2]).split()) for row in rows]


def test_a_map_without_a_record_is_the_plain_map(course: Path) -> None:
    page = lessons.course_map()._repr_html_()

    assert states_on(page) == [""] * len(checks.GRADED)
    assert page.count("<img alt=") == page.count('alt=""') == len(checks.GRADED)


@pytest.mark.parametrize(
    ("language", "states"),
    [
        ("en", ["✓ all 5 solved", "1 of 5 solved go on here: numerical-derivative", "tried", "", "", "", ""]),
        ("pt", ["✓ todos os 5 resolvidos", "1 de 5 resolvidos continue aqui: numerical-derivative", "tentado"]),
    ],
)
def test_the_map_says_what_is_solved_what_was_tried_and_where_to_go_on(
    course: Path, language: str, states: list[str]
) -> None:
    solve(course, "01_vanishing_gradient")
    save(course / "02_residual_gradient" / "02_residual_gradient.ipynb", residual_wrapper="passed")
    save(course / LESSON / f"{LESSON}.ipynb", conv3x3="raised")
    with speaking(language):
        shown = lessons.course_map()
        page, text = shown._repr_html_(), repr(shown)

    assert states_on(page)[: len(states)] == states
    assert page.startswith(f'<div lang="{language}"')
    assert page.count('href="../02_residual_gradient/02_residual_gradient.ipynb"') == 2  # its name, and “go on here”
    for state in (states[0], *re.split(r" (?=go on|continue)", states[1])):
        assert f" · {state}" in text


def test_every_lesson_on_the_map_is_a_link_that_opens_it(course: Path) -> None:
    for lesson in checks.GRADED:
        save(course / lesson / f"{lesson}.ipynb")
    links = re.findall(r'<a href="([^"]+)"><b>', lessons.course_map()._repr_html_())

    assert links == [f"../{lesson}/{lesson}.ipynb" for lesson in checks.GRADED]
    assert [link for link in links if not Path(link).is_file()] == []


@pytest.mark.parametrize(
    ("place", "address"), [("colab", "https://colab.research.google.com/"), ("kaggle", "https://kaggle.com/kernels/")]
)
def test_where_no_file_stands_beside_the_page_its_links_lead_to_public_addresses(
    course: Path, monkeypatch: pytest.MonkeyPatch, place: str, address: str
) -> None:
    enter(place, monkeypatch)
    with speaking("pt"):
        links = re.findall(r'href="([^"]+)', lessons.course_map()._repr_html_())

    assert len(links) == len(checks.GRADED)
    assert all(
        link.startswith(address) and f"/notebooks/pt/{lesson}/" in link
        for link, lesson in zip(links, checks.GRADED, strict=True)
    )


def test_in_colab_without_a_drive_the_map_says_how_to_mount_it(course: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    advice = message("00_start_here.map.drive")
    assert advice not in lessons.course_map()._repr_html_()
    enter("colab", monkeypatch)
    assert advice in lessons.course_map()._repr_html_()
    record.DRIVE.mkdir(parents=True)
    assert advice not in lessons.course_map()._repr_html_()


def test_the_map_names_a_file_that_it_could_not_read(course: Path) -> None:
    (course / LESSON / f"{LESSON}<b>.ipynb").write_text("{")
    page = lessons.course_map()._repr_html_()

    assert f"{LESSON}&lt;b&gt;.ipynb" in page and "<b>.ipynb" not in page


@pytest.mark.parametrize("language", languages())
def test_map_and_table_share_the_titles_and_no_more(course: Path, language: str) -> None:
    with speaking(language):
        table = lessons.link_table({"Colab": lambda lesson: lesson})
        for facts in lessons.read_lessons().values():
            assert facts["name"] in table
            assert facts["subtitle"] not in table or not facts["subtitle"]
        assert " min" not in table


def test_eight_solved_lessons_are_read_in_less_than_a_third_of_a_second(course: Path) -> None:
    for lesson in checks.LESSONS:
        text = json.loads(solve(course, lesson).read_text())
        text["cells"][0]["outputs"].append({"data": {"image/png": "A" * 1_500_000}})
        (course / lesson / f"{lesson}.ipynb").write_text(json.dumps(text))
    lessons.course_map()._repr_html_()
    times = []
    for _ in range(3):
        start = time.perf_counter()
        lessons.course_map()._repr_html_()
        times.append(time.perf_counter() - start)

    assert min(times) < 0.3


# ---------------------------------------------------------------- the setup line


@pytest.mark.parametrize(("language", "words"), [("en", "3 of 4 solved here"), ("pt", "3 de 4 resolvidos aqui")])
def test_the_setup_line_of_a_lesson_says_how_many_are_solved(
    course: Path, capsys: pytest.CaptureFixture[str], language: str, words: str
) -> None:
    notebook.start(LESSON, language=language)
    assert len(capsys.readouterr().out.splitlines()) == 1
    save(course / LESSON / f"{LESSON}.ipynb", conv3x3="passed", basic_block="passed", shortcut="passed")
    notebook.start(LESSON, language=language)

    line, progress = capsys.readouterr().out.splitlines()
    assert (line.startswith("resnet-course "), progress) == (True, words)


def test_the_setup_line_breaks_between_words(course: Path) -> None:
    shown = notebook.SetupLine("resnet-course 0.1 · <cpu>", "3 of 4 solved here")._repr_html_()

    # As printed text JupyterLab would break it anywhere.
    assert shown == '<div lang="en">resnet-course 0.1 · &lt;cpu&gt;<br>3 of 4 solved here</div>'


# ---------------------------------------------------------------- the page to print


def test_with_nothing_solved_the_page_to_print_says_only_that(course: Path) -> None:
    page = lessons.record_page()

    assert repr(page) == message("00_start_here.record.nothing")
    assert not re.search(r"\d", page._repr_html_())  # and no date, which would differ in every build


@pytest.mark.parametrize("language", languages())
def test_the_page_to_print_says_what_was_solved_where_and_what_it_is_not(course: Path, language: str) -> None:
    save(course / LESSON / f"{LESSON}.ipynb", conv3x3="passed", basic_block="raised")
    with speaking(language):
        shown = lessons.record_page()
        page, text = html.unescape(shown._repr_html_()), repr(shown)
        texts = [message(f"00_start_here.record.{name}") for name in ("title", "name", "claim")]
        name = lessons.read_lessons()[LESSON]["name"]

    for part in (*texts, name, "conv3x3", f"{LESSON}.ipynb"):
        assert part in page and part in text
    assert "basic-block" not in page
    assert "@media print" in page and f'lang="{language}"' in page


def test_rows_of_the_page_to_print_are_the_solved_lessons(course: Path) -> None:
    for lesson in ("04_bottleneck", "01_vanishing_gradient"):
        solve(course, lesson)
    rows = re.findall(r"<tr><th scope=\"row\".*?</tr>", lessons.record_page()._repr_html_())

    assert [bool(re.search(name, row)) for name, row in itertools.zip_longest(("01 ·", "04 ·"), rows)] == [True, True]
