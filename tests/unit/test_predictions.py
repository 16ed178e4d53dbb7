"""A guess comes before its experiment; it may be written as the learner's language writes it."""

from __future__ import annotations

import ast
import contextlib
import re
from collections.abc import Iterator
from decimal import Decimal
from fractions import Fraction
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

from resnet_course import checks, experiments
from resnet_course.authoring.assemble import make_notebook
from resnet_course.authoring.script import Cell, Lesson, read_lesson, stub_of
from resnet_course.grading.planning import needed_for
from resnet_course.language import find, languages, message, speaking, spellings
from resnet_course.predictions import Allowed, NoPrediction, compare_prediction, expect

SIDES = ["below", "above"]
FATES = list(experiments.FATES)
MOVED = ["none", "some", "all"]
SHARE = (0, 1)

# A guess, what it may be, and what it stands for.
ACCEPTED: dict[str, list[tuple[Any, Allowed, Any]]] = {
    "either language": [
        ("below", SIDES, "below"),
        (" Below ", SIDES, "below"),
        ("BELOW", SIDES, "below"),
        ("'below'", SIDES, "below"),
        ("a", ["A", "B"], "A"),
        ("the  same", ["half", "the same"], "the same"),
        (True, bool, True),
        ("True", bool, True),
        ("yes", bool, True),
        ("no", bool, False),
        (28, int, 28),
        ("28", int, 28),
        (28.0, int, 28),
        (-2, float, -2.0),
        ("−2", float, -2.0),
        (0.25, SHARE, 0.25),
        ("25%", SHARE, 0.25),
        ("25 %", SHARE, 0.25),
        ("1/4", SHARE, 0.25),
        ("0.25", SHARE, 0.25),
        ("0,25", SHARE, 0.25),
        ("100%", SHARE, 1.0),
        ("16 384", int, 16384),
        ("16.384", int, 16384),
        ("16,384", int, 16384),
        ("1.048.576", int, 1048576),
        (17, [2, 4, 17], 17),
        ("0,001", [0.001, 1], 0.001),
    ],
    "en": [("1,000", float, 1000.0), ("1.000", float, 1.0)],
    "pt": [
        ("abaixo", SIDES, "below"),
        ("Acima", SIDES, "above"),
        ("some", FATES, "vanishes"),
        ("alguns", MOVED, "some"),
        ("some", MOVED, "some"),
        ("nenhum", MOVED, "none"),
        ("todos", MOVED, "all"),
        ("o mesmo", ["half", "the same"], "the same"),
        ("verdadeiro", bool, True),
        ("sim", bool, True),
        ("não", bool, False),
        ("1.000", float, 1000.0),
        ("1,000", float, 1.0),
    ],
}

# A guess, what it may be, the sentence about it, and a word that stands in it.
REFUSED: list[tuple[Any, Allowed, str, str]] = [
    (..., SIDES, "empty", "`a`"),
    (None, SIDES, "empty", "`a`"),
    ("", SIDES, "empty", "`a`"),
    ("...", int, "empty", "`a`"),
    ("beneath", SIDES, "impossible", "below"),
    (3, SIDES, "impossible", "above"),
    ("many", int, "impossible", "many"),
    (2.5, int, "impossible", "2.5"),
    (True, int, "impossible", "True"),
    (1, bool, "impossible", "`False`"),
    ("maybe", bool, "impossible", "`True`"),
    (float("nan"), float, "impossible", "nan"),
    (25, SHARE, "impossible", "1"),
    ("25", SHARE, "impossible", "25"),
    ("1/0", SHARE, "impossible", "1/0"),
    (3, [2, 4, 17], "impossible", "17"),
    ([1, 2, 3], SIDES, "impossible", "[1, 2, 3]"),
    ((0, 25), SHARE, "comma", "`0.25`"),
    ((2, 5), float, "comma", "`2.5`"),
    ((16, 384), int, "comma", "`16384`"),
    ((1, 48, 576), int, "impossible", "(1, 48, 576)"),
    (16.384, int, "point", "`16384`"),
    (36.864, [36864, 4], "point", "`36864`"),
]


def accepted() -> Iterator[Any]:
    for where, cases in ACCEPTED.items():
        for language in languages() if where == "either language" else [where]:
            yield from (pytest.param(language, *case, id=f"{language} {case[0]!r} {case[1]}") for case in cases)


@pytest.mark.parametrize(("language", "guess", "allowed", "meant"), list(accepted()))
def test_a_guess_is_understood_as_learners_write_it(language: str, guess: Any, allowed: Allowed, meant: Any) -> None:
    with speaking(language):
        expect({"a": guess}, {"a": allowed})
        table = compare_prediction({"a": guess}, {"a": meant})

        assert list(table[message("common.predict.right")]) == ["✓"]


@pytest.mark.parametrize("language", languages())
@pytest.mark.parametrize(("guess", "allowed", "key", "word"), REFUSED, ids=[repr(each[:2]) for each in REFUSED])
def test_what_is_no_guess_gets_a_sentence_before_the_experiment(
    language: str, guess: Any, allowed: Allowed, key: str, word: str
) -> None:
    with speaking(language):
        with pytest.raises(NoPrediction) as refused:
            expect({"a": guess}, {"a": allowed})
        said = str(refused.value)
        figures = dict.fromkeys(("typed", "guess", "better", "allowed"), "§")
        sentence = message(f"common.predict.{key}", keys="`a`", name="a", **figures)

        assert re.match(re.escape(sentence).replace("§", ".+"), said)
        assert said.endswith(message("common.predict.again"))
        assert word in said


@pytest.mark.parametrize("language", languages())
@pytest.mark.parametrize("prediction", [{}, {"b": 1}, {"a": 1, "b": 2}, {"A": 1}])
def test_other_keys_get_a_sentence_that_names_the_right_ones(language: str, prediction: Any) -> None:
    with speaking(language):
        for ask in (expect, compare_prediction):
            with pytest.raises(NoPrediction, match=r"exactly|exatamente") as refused:
                ask(prediction, {"a": int})
            assert "`a`" in str(refused.value)


@pytest.mark.parametrize("language", languages())
@pytest.mark.parametrize("prediction", [3, (9, 3), "a", None, ..., {1}])
def test_a_guess_without_keys_gets_a_sentence_that_shows_them(language: str, prediction: Any) -> None:
    with speaking(language), pytest.raises(NoPrediction) as refused:
        expect(prediction, {"a": int, "b": int})

    assert f"`{'...' if prediction is ... else repr(prediction)}`" in str(refused.value)
    assert '`{"a": ..., "b": ...}`' in str(refused.value)


class Unprintable:
    def __repr__(self) -> str:
        raise ValueError("no")

    def __eq__(self, other: object) -> bool:
        raise ValueError("no")

    __hash__ = object.__hash__


ODD: list[Any] = [
    10**400,
    -(10**400),
    10**5000,
    Fraction(10**400, 3),
    Decimal("NaN"),
    Decimal("0.25"),
    float("nan"),
    float("inf"),
    2 + 1j,
    np.float64(0.25),
    np.float32("inf"),
    np.int64(1),
    np.bool_(True),
    np.arange(3),
    torch.tensor(1),
    torch.tensor(0.25),
    torch.tensor(True),
    torch.ones(3),
    torch.tensor(1j),
    [],
    [...],
    {},
    {"a": 1},
    (),
    (10**5000, 2),
    (..., 1),
    None,
    ...,
    Ellipsis,
    "as it was",
    "1e999",
    "9" * 5000,
    "9" * 400 + "/" + "3",
    "\ud800",
    "{a}",
    b"25",
    True,
    len,
    int,
    Unprintable(),
]
KINDS: list[Allowed] = [int, float, bool, SHARE, SIDES, [2, 4, 17], [0.001, 1]]


@pytest.mark.parametrize("language", languages())
@pytest.mark.parametrize("place", range(len(ODD)))
def test_whatever_stands_in_place_of_a_guess_is_one_or_gets_a_sentence(place: int, language: str) -> None:
    guess = ODD[place]
    with speaking(language):
        for kind in KINDS:
            for prediction in ({"a": guess}, guess):
                try:
                    expect(prediction, {"a": kind})
                    right = kind[0] if isinstance(kind, list) else 1.5
                    compare_prediction(prediction, {"a": right})
                except NoPrediction as refused:
                    assert message("common.predict.again") in str(refused)
                    assert "Ellipsis" not in str(refused)
        for value in ("above", 3, 0.25, True):  # a cell of the experiment may have been run without `expect`
            with contextlib.suppress(NoPrediction):
                compare_prediction({"a": guess}, {"a": value})


@pytest.mark.parametrize("guess", [np.float64(0.25), np.float32(0.25), torch.tensor(0.25), Decimal("0.25")])
def test_a_number_of_numpy_or_pytorch_is_a_number(guess: Any) -> None:
    expect({"a": guess}, {"a": SHARE})

    assert list(compare_prediction({"a": guess}, {"a": 0.25})[message("common.predict.right")]) == ["✓"]


@pytest.mark.parametrize("language", languages())
def test_dots_in_place_of_all_guesses_are_called_dots(language: str) -> None:
    with speaking(language), pytest.raises(NoPrediction) as refused:
        expect(..., {"a": int})  # type: ignore[arg-type]

    assert "`...`" in str(refused.value)


def test_all_gaps_are_named_at_once() -> None:
    with pytest.raises(NoPrediction, match="`a`, `c`"):
        expect({"a": ..., "b": 1, "c": ...}, {"a": int, "b": int, "c": int})


def test_a_gap_shows_one_line_and_no_traceback() -> None:
    refused = NoPrediction("No guess yet.")

    assert refused._render_traceback_() == ["No guess yet."]


def test_the_sentence_says_what_is_allowed_in_the_learners_words() -> None:
    for language, words in {"en": "below, above", "pt": "below (abaixo), above (acima)"}.items():
        with speaking(language), pytest.raises(NoPrediction) as refused:
            expect({"a": "beside"}, {"a": SIDES})
        assert words in str(refused.value)


def test_no_answer_is_measured_before_there_is_a_guess() -> None:
    with pytest.raises(NoPrediction, match="`b`"):
        compare_prediction({"a": 1, "b": ...}, {"a": 2, "b": 3})


def test_a_prediction_is_put_beside_the_measurement_in_the_learners_marks() -> None:
    said, measured = {"a": 0.5, "b": 16384, "c": "acima", "d": False}, {"a": 0.25, "b": 16384, "c": "below", "d": True}
    with speaking("pt"):
        table = compare_prediction(said, measured)

    assert list(table["você disse"]) == ["0,5", "16.384", "acima", "False"]
    assert list(table["medido"]) == ["0,25", "16.384", "below (abaixo)", "True"]
    assert list(table["certo?"]) == ["✗", "✓", "✗", "✗"]


@pytest.mark.parametrize(("guess", "verdict"), [(17, "✓"), ("16,5", "✓"), (16, "✗"), (18, "✗"), ("many", "✗")])
def test_a_number_that_is_asked_for_roughly_is_right_nearby(guess: Any, verdict: str) -> None:
    with speaking("pt"):
        table = compare_prediction({"times": guess}, {"times": 16.94}, within=0.5)

    assert list(table["certo?"]) == [verdict]
    assert list(table["medido"]) == ["16,9"]


# --- the lessons ---------------------------------------------------------------------------------------------------

SCRIPTS = sorted((Path(__file__).parents[2] / "lessons").glob("*.py"))


def asked(lesson: Lesson) -> Iterator[tuple[Cell, str, str]]:
    """Yield each predict cell, the variable that it makes, and the `expect` that asks for it."""
    for place, cell in enumerate(lesson.cells):
        if cell.kind == "predict":
            (made,) = (node for node in ast.parse(cell.source).body if isinstance(node, ast.Assign))
            variable = ast.unparse(made.targets[0])
            begins = re.compile(rf"expect\(\s*{variable},")
            later = next(each.source for each in lesson.cells[place:] if begins.match(each.source))
            yield cell, variable, ast.unparse(ast.parse(later).body[0])


PREDICTIONS = [
    pytest.param(*each, id=f"{path.stem} {each[1]}") for path in SCRIPTS for each in asked(read_lesson(path))
]

# What cells before the predictions have made.
NETS = ["resnet18", "resnet34", "resnet50", "resnext50_32x4d"]
MADE_BEFORE = {"expect": expect, "candidates": dict.fromkeys(NETS)}


@pytest.mark.parametrize("language", languages())
@pytest.mark.parametrize(("cell", "variable", "call"), PREDICTIONS)
def test_the_solved_guess_of_every_lesson_is_a_possible_one_and_the_gap_is_not(
    cell: Cell, variable: str, call: str, language: str
) -> None:
    with speaking(language):
        exec(f"{cell.source}\n{call}", MADE_BEFORE.copy())
        with pytest.raises(NoPrediction) as refused:
            exec(f"{stub_of(cell.source)}\n{call}", MADE_BEFORE.copy())

        assert str(refused.value).startswith(message("common.predict.empty", keys="§").partition("§")[0])


@pytest.mark.parametrize("path", SCRIPTS, ids=lambda path: path.stem)
def test_every_table_of_guesses_is_seen(path: Path) -> None:
    """A notebook shows what stands last in a cell, and nothing of what stands before."""
    for cell in read_lesson(path).cells:
        if "compare_prediction" in cell.source and cell.kind not in ("prose", "claims"):
            *before, _ = ast.parse(cell.source).body
            unseen = [
                node for node in before if isinstance(node, ast.Expr) and "compare_prediction" in ast.unparse(node)
            ]
            assert unseen == [], cell.source


def choices() -> Iterator[list[str]]:
    """The words of each question that asks for one of several."""
    for _, _, call in (each.values for each in PREDICTIONS):
        kinds = eval(ast.unparse(ast.parse(call).body[0].value.args[1]), MADE_BEFORE.copy())  # type: ignore[attr-defined]
        lists = [kind for kind in kinds.values() if isinstance(kind, list)]
        yield from ([word for word in each if isinstance(word, str)] for each in lists)


def test_what_is_written_means_one_word_of_a_question_in_whatever_language() -> None:
    for words in [*choices(), FATES, experiments.DIAGNOSES]:
        written = [way for word in words for way in spellings(word)]

        assert sorted(written) == sorted(set(written))


def test_every_word_that_a_lesson_asks_for_may_be_written_in_each_language() -> None:
    words = {word for each in choices() for word in each} | {*FATES, *experiments.DIAGNOSES}
    # Names of nets and letters are the same everywhere.
    words = {word for word in words if not re.search(r"\d|^.$", word)}

    assert {"below", "vanishes", "some", "the same"} < words
    for language in languages():
        with speaking(language):
            assert words <= set(find("common.words"))


@pytest.mark.parametrize("path", SCRIPTS, ids=lambda path: path.stem)
def test_no_point_depends_on_a_guess(path: Path) -> None:
    """Whoever leaves every prediction empty must lose nothing: no check needs what an experiment makes.

    A prophecy that is graded is an exercise, and without it only its own check waits for its own experiment.
    """
    cells = make_notebook(read_lesson(path), "en").cells
    found = {place: re.match(r"expect\(\s*(\w+)", cell.source) for place, cell in enumerate(cells)}
    asks = {place: begins[1] for place, begins in found.items() if begins}
    graded = [place for place, cell in enumerate(cells) if cell.id in checks.LESSONS[path.stem]]
    assert graded
    assert asks
    for test in graded:
        answers = [p for p in range(test) if checks.exercise_of(cells[p].id) == cells[test].id]
        written = "\n".join(cells[place].source for place in answers)
        experiments = {place for place, name in asks.items() if f"{name} = " not in written}
        assert experiments.isdisjoint(needed_for(cells, test, answers)), cells[test].id
