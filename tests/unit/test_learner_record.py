"""What the course says that a learner has solved: what the saved notebooks say, and nothing else."""

from __future__ import annotations

import errno
import html
import itertools
import json
import os
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


@pytest.fixture
def other_language(course: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The course in both languages, and the Portuguese start page open: the folder with the English lessons."""
    for language in languages():
        for lesson in checks.LESSONS:
            (course / "notebooks" / language / lesson).mkdir(parents=True)
    monkeypatch.chdir(course / "notebooks" / "pt" / "00_start_here")
    return course / "notebooks" / "en"


def remove_this_folder() -> None:
    Path.cwd().rmdir()


def refuse(monkeypatch: pytest.MonkeyPatch, refused: Path) -> None:
    """Let the system refuse to show a file or a folder, as it does to everybody but root after `chmod 0`."""

    def guarded(ordinary: Any) -> Any:
        def ask(path: Any, *rest: Any, **options: Any) -> Any:
            if Path(path) == refused or refused in Path(path).parents:
                raise PermissionError(errno.EACCES, os.strerror(errno.EACCES), str(path))
            return ordinary(path, *rest, **options)

        return ask

    monkeypatch.setattr(Path, "read_bytes", guarded(Path.read_bytes))
    monkeypatch.setattr(os, "scandir", guarded(os.scandir))


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


def test_exercises_of_other_lessons_and_unknown_ones_do_not_count(course: Path) -> None:
    save(course / LESSON / f"{LESSON}.ipynb", bottleneck="passed", no_such_exercise="passed")

    assert not read_progress(LESSON).states


@pytest.mark.parametrize("name", ["meu trabalho", f"{LESSON}-Copy1", "Untitled"])
@pytest.mark.parametrize("folder", [LESSON, "00_start_here"])
def test_a_notebook_is_known_by_its_cards_whatever_its_name(course: Path, folder: str, name: str) -> None:
    path = save(course / folder / f"{name}.ipynb", conv3x3="passed")

    assert read_progress(LESSON).solved_in == {"conv3x3": path}
    assert not read_progress("04_bottleneck").states


def test_what_is_solved_in_the_other_language_counts_once(other_language: Path) -> None:
    english = save(other_language / LESSON / "my own.ipynb", conv3x3="passed", shortcut="passed")
    own = save(other_language.parent / "pt" / LESSON / f"{LESSON}.ipynb", conv3x3="passed", shortcut="raised")
    progress = read_progress(LESSON)

    assert progress.solved == 2
    assert progress.solved_in == {"conv3x3": own, "shortcut": english}


@pytest.mark.parametrize(
    "text",
    [
        '{"cells": []}',
        '{"cells": [{"outputs": "x"}, {"outputs": [[], {"metadata": []}]}]}',
        '{"cells": [{"outputs": [{"metadata": {"resnet_course": 1}}]}]}',
        json.dumps({"cells": [{"outputs": [card(1, ["passed"]), {"metadata": {"resnet_course": {}}}]}]}),
    ],
)
def test_a_notebook_may_hold_no_card_of_ours(course: Path, text: str) -> None:
    (course / LESSON / f"{LESSON}.ipynb").write_text(text)

    assert read_progress(LESSON) == record.Progress(LESSON)


# ---------------------------------------------------------------- what cannot be read


UNREADABLE = {
    "empty": [b"", b" \n"],
    "damaged": [b'{"cells": [', b"\xff\xfe\x00", b"[" * 100_000, b"[]", b'"cells"', b"null", b"{}",
                b'{"cells": {"outputs": 1}}', b'{"cells": [1, null]}', b'{"cells": [], "nbformat": "four"}'],
    "format": [b'{"worksheets": [{"cells": []}], "nbformat": 3}', b'{"cells": [], "nbformat": 99}'],
}  # fmt: skip


@pytest.mark.parametrize(
    ("reason", "text"),
    [pytest.param(reason, text, id=reason) for reason in UNREADABLE for text in UNREADABLE[reason]],
)
@pytest.mark.parametrize("name", [f"{LESSON}-2", "Untitled"])
def test_a_file_that_is_no_whole_notebook_is_named_and_hides_no_other(
    course: Path, reason: str, text: bytes, name: str
) -> None:
    (course / LESSON / f"{name}.ipynb").write_bytes(text)
    save(course / LESSON / f"{LESSON}.ipynb", conv3x3="passed")
    progress = read_progress(LESSON)

    assert progress.solved == 1
    assert [(each.path, each.reason) for each in progress.unread] == [(course / LESSON / f"{name}.ipynb", reason)]


def test_a_huge_file_is_not_read_and_named(course: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = save(course / LESSON / f"{LESSON}.ipynb", conv3x3="passed")
    monkeypatch.setattr(record, "LARGEST", 10)

    assert [(each.path, each.reason) for each in read_progress(LESSON).unread] == [(path, "large")]


def test_a_folder_or_a_pipe_with_a_notebooks_name_is_named(course: Path) -> None:
    (course / LESSON / f"{LESSON}.ipynb").mkdir()
    os.mkfifo(course / LESSON / "pipe.ipynb")  # opened, it would wait for ever

    assert [each.reason for each in read_progress(LESSON).unread] == ["folder", "damaged"]


@pytest.mark.parametrize("refused", [LESSON, f"{LESSON}/{LESSON}.ipynb"])
def test_a_file_or_folder_that_may_not_be_read_is_named(
    course: Path, monkeypatch: pytest.MonkeyPatch, refused: str
) -> None:
    solve(course, LESSON)
    refuse(monkeypatch, course / refused)
    progress = read_progress(LESSON)

    assert (progress.solved, [(each.path, each.reason) for each in progress.unread]) == (
        0,
        [(course / refused, "permission")],
    )


def test_a_file_where_the_lessons_folder_should_be_is_named(course: Path) -> None:
    (course / LESSON).rmdir()
    (course / LESSON).write_text("a file")

    assert [each.path for each in read_progress(LESSON).unread] == [course / LESSON]


def test_any_other_trouble_is_named_with_what_the_system_says(course: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    solve(course, LESSON)

    def fail(path: Path) -> bytes:
        raise OSError(errno.EIO, os.strerror(errno.EIO), str(path))

    monkeypatch.setattr(Path, "read_bytes", fail)
    (sentence,) = record.unread_sentences([read_progress(LESSON)])

    assert os.strerror(errno.EIO) in sentence


def test_files_of_others_and_hidden_ones_are_left_alone(course: Path) -> None:
    (course / "00_start_here" / "holidays.ipynb").write_text("{")  # not in a lesson's folder, without its name
    (course / LESSON / f"._{LESSON}.ipynb").write_bytes(b"\x00\x05\x16\x07")  # what macOS leaves on foreign disks
    (course / LESSON / ".ipynb_checkpoints").mkdir()

    assert read_progress(LESSON) == record.Progress(LESSON)


def test_a_folder_that_is_gone_is_said_and_the_drive_is_read_all_the_same(course: Path) -> None:
    record.DRIVE.mkdir(parents=True)
    save(record.DRIVE / f"Copy of {LESSON}.ipynb", conv3x3="passed")
    remove_this_folder()
    progress = read_progress(LESSON)

    assert progress.solved == 1
    assert record.unread_sentences([progress]) == [message("common.folder-gone")]


@pytest.mark.parametrize("language", languages())
def test_each_reason_is_a_sentence_that_names_the_files_and_what_to_do(course: Path, language: str) -> None:
    for name in ("03_basic_block", "04_bottleneck"):
        (course / name / f"{name}.ipynb").write_text("")
    (course / LESSON / "Untitled.ipynb").write_text("[]")
    with speaking(language):
        empty, damaged = record.unread_sentences(record.read_all(["03_basic_block", "04_bottleneck"]))
        known = message("00_start_here.unread.damaged", files=str(Path(LESSON, "Untitled.ipynb")))

    files = [str(Path(name, f"{name}.ipynb")) for name in ("03_basic_block", "04_bottleneck")]
    assert ", ".join(files) in empty
    assert damaged == known


@pytest.mark.parametrize("language", languages())
def test_nothing_says_that_nothing_is_solved_where_something_could_not_be_read(course: Path, language: str) -> None:
    (course / LESSON / f"{LESSON}.ipynb").write_text("[]")
    with speaking(language):
        (sentence,) = record.unread_sentences(record.read_all([LESSON]))
        page = lessons.record_page()
        nothing = message("00_start_here.record.nothing")
        shown = [repr(lessons.course_map()), repr(page)]
        drawn = [lessons.course_map()._repr_html_(), page._repr_html_()]

    assert [sentence in each for each in shown] == [html.escape(sentence) in each for each in drawn] == [True, True]
    assert nothing not in shown[1]


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
        (
            "en",
            ["✓ a green card for all 5", "a green card for 1 of 5 go on here: numerical-derivative", "tried", "", ""],
        ),
        (
            "pt",
            ["✓ cartão verde em todos os 5", "cartão verde em 1 de 5 continue aqui: numerical-derivative", "tentado"],
        ),
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


@pytest.mark.parametrize(
    ("language", "words"), [("en", ("in English", "partly in")), ("pt", ("em inglês", "parte em"))]
)
def test_the_map_says_where_it_found_what_is_not_in_the_lessons_own_notebook(
    other_language: Path, language: str, words: tuple[str, str]
) -> None:
    solve(other_language, "01_vanishing_gradient")
    solve(other_language, "02_residual_gradient")
    save(other_language / LESSON / f"{LESSON}.ipynb", conv3x3="passed")
    save(other_language.parent / "pt" / "04_bottleneck" / "04_bottleneck.ipynb", conv_cost="passed")
    save(other_language.parent / "pt" / "04_bottleneck" / "my <own>.ipynb", bottleneck="passed")
    with speaking(language):
        shown = lessons.course_map()
        page, lines = shown._repr_html_(), repr(shown).splitlines()

    assert f"({words[0]})" in lines[3]
    assert f"({words[1]} my <own>.ipynb)" in lines[4] and "my &lt;own&gt;.ipynb" in page
    # “go on here” leads to the file that was found.
    assert f'href="../../en/{LESSON}/{LESSON}.ipynb"' in page


def test_the_link_to_a_notebook_of_another_name_is_an_address(course: Path) -> None:
    save(course / "01_vanishing_gradient" / "meu trabalho #1.ipynb", prophecy="passed")

    assert 'href="../01_vanishing_gradient/meu%20trabalho%20%231.ipynb"' in lessons.course_map()._repr_html_()


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


def test_the_map_names_a_file_that_it_could_not_read_once(course: Path) -> None:
    (course / "00_start_here" / f"{LESSON}<b>.ipynb").write_text("{")  # looked at for each lesson
    page = lessons.course_map()._repr_html_()

    assert page.count(f"{LESSON}&lt;b&gt;.ipynb") == 1 and "<b>.ipynb" not in page


@pytest.mark.parametrize("language", languages())
def test_map_and_table_share_the_titles_and_no_more(course: Path, language: str) -> None:
    with speaking(language):
        table = lessons.link_table({"Colab": lambda lesson: lesson})
        for facts in lessons.read_lessons().values():
            assert facts["name"] in table
            assert facts["subtitle"] not in table or not facts["subtitle"]
        assert " min" not in table


def test_all_lessons_solved_are_read_in_less_than_a_third_of_a_second(course: Path) -> None:
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


@pytest.mark.parametrize(
    ("language", "words"),
    [
        ("en", "Your saved notebooks show a green card for 3 of 4 exercises"),
        ("pt", "Os notebooks que você salvou mostram cartão verde em 3 de 4 exercícios"),
    ],
)
def test_the_setup_line_of_a_lesson_says_how_many_green_cards_are_saved(
    course: Path, capsys: pytest.CaptureFixture[str], language: str, words: str
) -> None:
    notebook.start(LESSON, language=language)
    assert len(capsys.readouterr().out.splitlines()) == 1
    save(course / LESSON / f"{LESSON}.ipynb", conv3x3="passed", basic_block="passed", shortcut="passed")
    notebook.start(LESSON, language=language)

    line, progress = capsys.readouterr().out.splitlines()
    assert (line.startswith("resnet-course "), progress) == (True, words)


def test_the_setup_line_says_where_it_found_what_is_solved_elsewhere(
    other_language: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    save(other_language / LESSON / f"{LESSON}.ipynb", conv3x3="passed")
    monkeypatch.chdir(other_language.parent / "pt" / LESSON)
    notebook.start(LESSON, language="pt")

    assert capsys.readouterr().out.splitlines()[1].endswith("1 de 4 exercícios (em inglês)")


def test_a_lesson_starts_in_a_folder_that_is_gone(course: Path, capsys: pytest.CaptureFixture[str]) -> None:
    remove_this_folder()
    notebook.start(LESSON, language="en")

    assert capsys.readouterr().out.startswith("resnet-course ")


def test_the_setup_line_breaks_between_words(course: Path) -> None:
    shown = notebook.SetupLine("resnet-course 0.1 · <cpu>", "3 of 4")._repr_html_()

    # As printed text JupyterLab would break it anywhere.
    assert shown == '<div lang="en">resnet-course 0.1 · &lt;cpu&gt;<br>3 of 4</div>'


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


def test_the_page_to_print_names_what_it_could_not_read_but_not_on_paper(course: Path) -> None:
    solve(course, "04_bottleneck")
    (course / LESSON / f"{LESSON}.ipynb").write_text("")
    shown = lessons.record_page()
    (sentence,) = record.unread_sentences([read_progress(LESSON)])

    assert repr(shown).endswith(sentence)
    assert shown._repr_html_().endswith(f"</section><p>{html.escape(sentence)}</p></div>")


def test_rows_of_the_page_to_print_are_the_solved_lessons(course: Path) -> None:
    for lesson in ("04_bottleneck", "01_vanishing_gradient"):
        solve(course, lesson)
    rows = re.findall(r"<tr><th scope=\"row\".*?</tr>", lessons.record_page()._repr_html_())

    assert [bool(re.search(name, row)) for name, row in itertools.zip_longest(("01 ·", "04 ·"), rows)] == [True, True]


@pytest.mark.parametrize("language", languages())
def test_every_language_has_a_name_for_the_others(language: str) -> None:
    with speaking(language):
        assert all(message(f"common.found.{other}") for other in languages())
