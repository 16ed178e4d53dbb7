"""The review: what it asks when, how it takes answers, and that it never stands in the way of the course."""

from __future__ import annotations

import errno
import json
import os
import random
import re
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pytest

from resnet_course import checks, explorers, lessons, record
from resnet_course import review as reviewing
from resnet_course.language import languages, message, speaking
from resnet_course.questions import MAKERS, ask
from resnet_course.review import FEWEST, MOST, Field, Review, Schedule, read_number

TODAY = date(2026, 3, 1)
NAMES = list(MAKERS)


@pytest.fixture
def file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Where the schedule is kept; nothing is solved."""
    (tmp_path / "lessons" / "00_start_here").mkdir(parents=True)
    monkeypatch.chdir(tmp_path / "lessons" / "00_start_here")
    monkeypatch.setattr(record, "DRIVE", tmp_path / "no-drive")
    monkeypatch.setattr(reviewing, "schedule_file", lambda: tmp_path / "data" / "review.json")
    return tmp_path / "data" / "review.json"


def solve(lesson: str, count: int) -> None:
    outputs = [
        {"metadata": {"resnet_course": {"grade_id": grade_id, "key": "passed"}}}
        for grade_id in checks.LESSONS[lesson][:count]
    ]
    folder = Path.cwd().parent / lesson
    folder.mkdir()
    (folder / f"{lesson}.ipynb").write_text(json.dumps({"cells": [{"outputs": outputs}]}))


# ---------------------------------------------------------------- what it asks when


def test_with_nothing_solved_it_says_so_and_keeps_no_file(file: Path, capsys: pytest.CaptureFixture[str]) -> None:
    lessons.review()

    assert capsys.readouterr().out.strip() == message("00_start_here.review.nothing")
    assert not file.exists()


@pytest.mark.parametrize("others", [0, 4])
def test_a_lesson_that_cannot_be_read_is_named_and_the_rest_is_asked_about(
    file: Path, capsys: pytest.CaptureFixture[str], others: int
) -> None:
    solve("03_basic_block", others)
    (Path.cwd().parent / "04_bottleneck").mkdir()
    (Path.cwd().parent / "04_bottleneck" / "04_bottleneck.ipynb").write_text("[]")
    (sentence,) = record.unread_sentences(record.read_all(["04_bottleneck"]))
    lessons.review()
    first, *rest = capsys.readouterr().out.splitlines()

    assert first == sentence
    assert (rest == [message("00_start_here.review.nothing")]) == (not others)


def test_lessons_named_by_the_learner_need_no_notebooks(file: Path, capsys: pytest.CaptureFixture[str]) -> None:
    Path.cwd().rmdir()
    lessons.review("03_basic_block")

    assert capsys.readouterr().out.startswith("1. ")


def test_in_a_folder_that_is_gone_it_says_so(file: Path, capsys: pytest.CaptureFixture[str]) -> None:
    Path.cwd().rmdir()
    lessons.review()

    assert capsys.readouterr().out.splitlines()[0] == message("common.folder-gone")


@pytest.mark.parametrize(("solved", "asked"), [(2, False), (3, True)])
def test_a_lesson_is_asked_about_once_more_than_half_of_it_is_solved(
    file: Path, capsys: pytest.CaptureFixture[str], solved: int, asked: bool
) -> None:
    solve("03_basic_block", solved)
    lessons.review()
    out = capsys.readouterr().out

    assert bool(re.search(r"^1\. ", out)) == asked
    assert len(re.findall(r"(?m)^\d\. ", out)) == (MOST if asked else 0)


def test_lessons_may_be_named_where_none_are_saved(file: Path, capsys: pytest.CaptureFixture[str]) -> None:
    lessons.review("06_transfer_learning")
    assert len(re.findall(r"(?m)^\d\. ", capsys.readouterr().out)) == 4

    with pytest.raises(ValueError, match=r"99_nothing.*01_vanishing_gradient"):
        lessons.review("99_nothing")


def test_right_answers_come_back_after_growing_times_and_wrong_ones_soon() -> None:
    schedule, day, rests = Schedule(None), TODAY, []
    for _ in range(7):
        schedule.note("paths", True, day)
        rests.append((schedule.entries["paths"][1] - day).days)
        day = schedule.entries["paths"][1]
    assert rests == [1, 3, 7, 16, 35, 35, 35]

    schedule.note("paths", False, day)
    assert schedule.choose(["paths"], day) == ["paths"]
    schedule.note("paths", True, day)
    assert schedule.entries["paths"] == (1, day + timedelta(days=1))


def test_what_waits_longest_comes_first_and_new_questions_fill_up() -> None:
    days = {NAMES[0]: 0, NAMES[1]: -5, NAMES[2]: 4}
    schedule = Schedule(None, {name: (1, TODAY + timedelta(days=rest)) for name, rest in days.items()})

    assert schedule.choose(NAMES, TODAY) == [NAMES[1], NAMES[0], *NAMES[3:6]]


def test_there_are_at_least_three_or_none() -> None:
    rests = enumerate([0, 9, 5, 7])
    schedule = Schedule(None, {NAMES[index]: (2, TODAY + timedelta(days=rest)) for index, rest in rests})

    assert schedule.choose(NAMES[:4], TODAY) == [NAMES[0], NAMES[2], NAMES[3]]
    assert len(schedule.choose(NAMES[:4], TODAY)) == FEWEST
    assert schedule.choose(NAMES[1:4], TODAY) == []
    assert schedule.next_day(NAMES[1:4]) == TODAY + timedelta(days=5)


@pytest.mark.parametrize(("language", "day"), [("en", "2999-12-31"), ("pt", "31/12/2999")])
def test_when_nothing_is_due_it_says_when(
    file: Path, capsys: pytest.CaptureFixture[str], language: str, day: str
) -> None:
    schedule = Schedule(file, {name: (1, date(2999, 12, 31)) for name in MAKERS})
    schedule.save()
    with speaking(language):
        lessons.review("03_basic_block")

        assert capsys.readouterr().out.strip() == message("00_start_here.review.later", day=day)


# ---------------------------------------------------------------- the file


def test_the_file_can_be_read_by_people_and_read_back(file: Path) -> None:
    schedule = Schedule(file, {"paths": (2, TODAY), "conv-size": (0, TODAY)})

    assert schedule.save() == ""
    kept = json.loads(file.read_text(encoding="utf-8"))
    assert kept["questions"]["paths"] == {"right": 2, "due": "2026-03-01"}
    assert "delete" in kept["about"]
    assert Schedule.load(file) == (schedule, [])
    assert [each.name for each in file.parent.iterdir()] == [file.name]


def test_without_a_file_it_begins_anew(file: Path) -> None:
    assert Schedule.load(file) == (Schedule(file), [])


@pytest.mark.parametrize(
    "text",
    [
        b"",
        b"\xff\x00",
        b"[]",
        b'{"questions": 3}',
        b'{"questions": {"paths": {"right": 1}}}',
        b'{"questions": {"paths": {"right": 1, "due": "soon"}}}',
        b'{"questions": {"paths": {"right": null, "due": "2026-03-01"}}}',
        b'{"questions": {"paths": {"right": Infinity, "due": "2026-03-01"}}}',
        b"[" * 100_000,
    ],
)
def test_a_damaged_file_is_kept_aside_and_the_review_begins_anew(file: Path, text: bytes) -> None:
    file.parent.mkdir()
    for number in (1, 2):
        file.write_bytes(text)
        schedule, (remark,) = Schedule.load(file)

        aside = file.with_name(f"review-damaged-{number}.json")
        assert aside.read_bytes() == text
        assert (schedule, remark) == (Schedule(file), message("00_start_here.review.damaged", file=aside))
    assert schedule.save() == ""


def test_a_file_that_cannot_be_read_is_left_alone(file: Path) -> None:
    file.mkdir(parents=True)  # a folder, where the file should be
    schedule, (remark,) = Schedule.load(file)
    schedule.note("paths", True, TODAY)

    assert str(file) in remark
    assert schedule.save() == ""
    assert file.is_dir()


def test_an_answer_that_cannot_be_saved_is_judged_all_the_same(file: Path) -> None:
    file.parent.write_text("a file, where the folder should be")
    field = Field(1, ask("paths", random.Random(0)), Schedule(file))
    field.entry.value = "1024"
    field.button.click()

    assert "Right:" in field.verdict.value and str(file) in field.verdict.value


def test_the_file_belongs_in_the_users_data_folder(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr("platformdirs.user_data_dir", lambda name, appauthor: str(tmp_path / name))

    assert reviewing.schedule_file() == tmp_path / "resnet-course" / "resnet-course-review.json"


def test_in_colab_the_file_belongs_in_the_mounted_drive(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(reviewing, "DRIVE", tmp_path)

    assert reviewing.schedule_file() == tmp_path / "resnet-course-review.json"


# ---------------------------------------------------------------- the form


@pytest.fixture
def shown(monkeypatch: pytest.MonkeyPatch) -> list[Any]:
    """What a notebook with widgets is given to display."""
    displayed: list[Any] = []
    monkeypatch.setattr("IPython.display.display", displayed.append)
    monkeypatch.setattr(reviewing, "controls_can_run", lambda: True)
    return displayed


def kept(file: Path) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(file.read_text())["questions"]
    return found


@pytest.mark.parametrize("language", languages())
def test_each_question_has_a_named_field_and_a_button_of_its_own(shown: list[Any], file: Path, language: str) -> None:
    with speaking(language):
        lessons.review("02_residual_gradient")
        names = [message("00_start_here.review.answer", number=number) for number in range(1, MOST + 1)]
        again = message("00_start_here.review.again")
    still, controls = shown
    widgets = controls.box.children

    assert [each.description for each in widgets if type(each).__name__ == "Text"] == names
    assert len({each.description for each in widgets if type(each).__name__ == "Button"}) == MOST
    assert sum('role="status"' in str(getattr(each, "value", "")) for each in widgets) == MOST
    assert again in still._repr_html_() and still._repr_html_().count("<details>") == MOST
    assert f'<div lang="{language}">' in still._repr_html_()
    assert controls._repr_mimebundle_()["text/plain"] == ""


def test_a_right_answer_is_explained_and_taken_down_once(file: Path) -> None:
    question = ask("paths", random.Random(0))
    field = Field(1, question, Schedule(file))
    field.entry.value = "1,024"
    field.button.click()
    field.button.click()

    assert "Right: 1,024." in field.verdict.value and question.why in field.verdict.value
    assert kept(file)["paths"] == {"right": 1, "due": str(date.today() + timedelta(days=1))}
    assert field.entry.disabled and field.button.disabled


def test_a_wrong_answer_is_explained_and_comes_back(file: Path) -> None:
    field = Field(1, ask("projection", random.Random(0)), Schedule(file))
    field.entry.value = not field.question.answer
    field.button.click()

    assert "Not quite. It is" in field.verdict.value and field.question.why in field.verdict.value
    assert kept(file)["projection"] == {"right": 0, "due": str(date.today())}


def refuse_writing(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: object, **__: object) -> None:
        raise PermissionError(errno.EACCES, os.strerror(errno.EACCES), "review.json")

    monkeypatch.setattr("resnet_course.files.tempfile.TemporaryFile", refuse)


@pytest.mark.parametrize("language", languages())
def test_where_nothing_can_be_written_the_review_says_so_first_and_goes_on(
    file: Path, monkeypatch: pytest.MonkeyPatch, language: str
) -> None:
    Schedule(file, {"paths": (2, date(2026, 1, 5))}).save()
    refuse_writing(monkeypatch)
    with speaking(language):
        schedule, (remark,) = Schedule.load(file)

        assert "Permission denied" not in remark
        assert remark == message(
            "00_start_here.review.unwritable", file=file, reason=message("errors.reasons.permission")
        )
        field = Field(1, ask("paths", random.Random(0)), schedule)
        field.entry.value = "1024"
        field.button.click()
    assert schedule.entries["paths"][0] == 3
    assert str(file) not in field.verdict.value  # once is enough
    assert kept(file)["paths"]["right"] == 2


@pytest.mark.skipif(hasattr(os, "geteuid") and os.geteuid() == 0, reason="root may write anywhere")
@pytest.mark.parametrize("mode", [0o444, 0o400])
def test_a_schedule_that_may_only_be_read_stays_as_it_is(file: Path, mode: int) -> None:
    Schedule(file, {"paths": (2, date(2026, 1, 5))}).save()
    file.chmod(mode)
    schedule, remarks = Schedule.load(file)

    assert schedule.file is None and schedule.entries and len(remarks) == 1


@pytest.mark.parametrize("given", ["", "many", "1024 paths"])
def test_what_is_no_answer_is_not_counted(file: Path, given: str) -> None:
    field = Field(1, ask("paths", random.Random(0)), Schedule(file))
    field.entry.value = given
    field.button.click()

    assert message("00_start_here.review.no-answer") in field.verdict.value
    assert not file.exists() and not field.button.disabled


def test_a_choice_not_made_is_not_counted(file: Path) -> None:
    field = Field(1, ask("projection", random.Random(0)), Schedule(file))
    field.button.click()

    assert message("00_start_here.review.no-answer") in field.verdict.value
    assert not file.exists()


def test_a_damaged_file_is_said_above_the_questions(file: Path, shown: list[Any]) -> None:
    file.parent.mkdir()
    file.write_text("{")
    lessons.review("02_residual_gradient")

    assert "review-damaged-1.json" in shown[1].box.children[1].value


def test_without_widgets_the_answers_open_with_a_click() -> None:
    assert not explorers.controls_can_run()
    review = Review([ask("paths", random.Random(0)), ask("projection", random.Random(0))], Schedule(None), [])

    page = review._repr_html_()
    assert page.count("<details><summary>Answer to question ") == page.count("</details>") == 2
    assert "<p><b>1,024.</b>" in page


@pytest.mark.parametrize(
    ("language", "text", "value"),
    [
        ("en", "1,024", 1024),
        ("en", "1024", 1024),
        ("en", " 1 024 ", 1024),
        ("en", "0.25", 0.25),
        ("en", "1e-4", 1e-4),
        ("en", "-3", -3),
        ("en", "−3", -3),
        ("en", "1/4", 0.25),
        ("en", "1/0", None),
        ("en", "0,25", None),
        ("pt", "1.024", 1024),
        ("pt", "0,25", 0.25),
        ("pt", "0.25", 0.25),
        ("pt", "0.001", 0.001),
        ("pt", "1.024,5", 1024.5),
        ("pt", "mil", None),
    ],
)
def test_numbers_are_read_as_the_language_writes_them(language: str, text: str, value: float | None) -> None:
    with speaking(language):
        assert read_number(text) == value
