"""Every wrong answer in the bank gets its own message, every right one passes: in the notebook, in both languages."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from bank import bank, check_of, expected_key, name
from kernel import ROOT, Kernel, Shown, cell, kernel, released, says, solved

from resnet_course import checks
from resnet_course.language import catalogue, find, languages

pytestmark = pytest.mark.notebook

BLOCKS = ("basic-block", "bottleneck", "resnext-block")  # exercises whose answer is a residual block


# A language's tests share one kernel for each lesson, so they run on one worker.
IN_EACH_LANGUAGE = [pytest.param(each, marks=pytest.mark.xdist_group(f"answers-{each}")) for each in languages()]


@pytest.fixture(scope="module", params=IN_EACH_LANGUAGE)
def language(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture(scope="module")
def kernels(language: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, Kernel]]:
    """One kernel for each lesson, in which everything before the first exercise has run."""
    started: dict[str, Kernel] = {}
    managers = []
    for lesson in checks.LESSONS:
        manager = kernel(tmp_path_factory.mktemp(lesson))
        started[lesson] = manager.__enter__()
        managers.append(manager)
        started[lesson].run(cell(released(lesson, language), "setup").source)
    yield started
    for manager in managers:
        manager.__exit__(None, None, None)


def imports(lesson: str, language: str) -> str:
    """Return the cell after the setup, which holds the lesson's imports."""
    cells = released(lesson, language).cells
    return str(cells[[each.id for each in cells].index("setup") + 1].source)


def hand_in(kernels: dict[str, Kernel], language: str, path: Path) -> Shown:
    """Run an answer and its check as a learner would who has solved all other exercises."""
    check = check_of(path)
    session = kernels[check.lesson]
    cells = [each for each in solved(check.lesson, language).cells if each.cell_type == "code"]
    answers = [each.source for each in cells if each.id.endswith("-answer")]
    # What the notebook computes with the answers and the check looks at as well.
    runs = [each.source for name in check.uses for each in cells if re.search(rf"^{name} = ", each.source, re.M)]
    forget = f"for name in {check.answers!r}:\n    globals().pop(name, None)"
    # Another answer may have made a class of its own under an imported name.
    session.run("\n\n".join([imports(check.lesson, language), *answers, *runs, forget]))
    session.run(path.read_text(encoding="utf-8"))
    return session.run(cell(released(check.lesson, language), check.grade_id).source)


@pytest.mark.parametrize("path", bank("wrong_answers"), ids=name)
def test_a_wrong_answer_gets_its_own_message(kernels: dict[str, Kernel], language: str, path: Path) -> None:
    key = expected_key(path)
    shown = hand_in(kernels, language, path)

    assert shown.error is not None, "a wrong answer was accepted"
    if key == "missing-answer":
        assert shown.error.ename == "NameError"
        assert says(shown.text, "common.setup.missing-answer", language)
    else:
        assert shown.card.get("key") == key, shown.text
        assert says(shown.text, message_of(path, key), language), shown.text
        assert says(shown.error.evalue, message_of(path, key), language)
    assert "resnet_course/" not in shown.text, "our own code shows in the traceback"
    if language == "pt" and not key.startswith("raised"):  # Python's own words keep their marks
        assert decimal_points(shown.card_text) == []


def decimal_points(text: str) -> list[str]:
    """Return the numbers outside `code` that have a decimal point; 1.000 is a thousand."""
    return re.findall(r"(?<![\w.])\d+\.(?!\d{3}(?!\d))\d+", re.sub(r"`[^`]*`", "", text))


def message_of(path: Path, key: str) -> str:
    check = check_of(path)
    # Blocks to repair are judged as blocks, with the messages of that exercise.
    judged_as = ["basic-block"] if check.grade_id == "find-the-bug" else []
    places = [f"{check.lesson}.checks.{grade_id}" for grade_id in (check.grade_id, *judged_as)]
    places += ["blocks", "common.faults"]
    for place in places:
        if key in find(place):
            return f"{place}.{key}"
    raise AssertionError(f"no message for {key!r}")


@pytest.mark.parametrize("path", bank("right_answers"), ids=name)
def test_a_differently_written_right_answer_passes(kernels: dict[str, Kernel], language: str, path: Path) -> None:
    shown = hand_in(kernels, language, path)

    assert shown.error is None, shown.text
    assert shown.card["key"] == "passed"


def test_the_bank_is_large_enough() -> None:
    for lesson, grade_ids in checks.LESSONS.items():
        for grade_id in grade_ids:
            folder = f"{lesson}/{checks.attribute(grade_id)}"
            wrong = [path for path in bank("wrong_answers") if f"/{folder}/" in path.as_posix()]
            right = [path for path in bank("right_answers") if f"/{folder}/" in path.as_posix()]
            assert len(wrong) >= (12 if grade_id in BLOCKS else 6), folder
            assert len({expected_key(path) for path in wrong}) >= 6, folder
            assert len(right) >= 3, folder


def test_every_message_of_an_exercise_has_a_wrong_answer_that_gets_it() -> None:
    for lesson, grade_ids in checks.LESSONS.items():
        messages = catalogue("en", lesson)["checks"]
        for grade_id in grade_ids:
            folder = ROOT / "tests" / "wrong_answers" / lesson / checks.attribute(grade_id)
            got = {expected_key(path) for path in folder.glob("*.py")}
            assert set(messages[grade_id]) - {"passed"} <= got, grade_id


def test_every_message_about_blocks_has_a_wrong_answer_that_gets_it() -> None:
    got = {expected_key(path) for path in bank("wrong_answers") if check_of(path).grade_id in BLOCKS}

    assert set(catalogue("en", "blocks")) <= got
