"""The questions of the review: each answer agrees with a formula that the course's own code does not use."""

from __future__ import annotations

import math
import random
import re
from collections.abc import Callable
from typing import Any

import pytest

from resnet_course import checks
from resnet_course.language import find, languages, speaking
from resnet_course.questions import MAKERS, ask, of_lessons

SEEDS = range(12)


def layers_in_the_name(figures: dict[str, Any]) -> int:
    each = {"BasicBlock": 2, "Bottleneck": 3}[figures["block"]]
    return int(each * sum(map(int, re.findall(r"\d+", figures["blocks"]))) + 2)


def out_of_a_stage(figures: dict[str, Any]) -> int:
    return int({"BasicBlock": 1, "Bottleneck": 4}[figures["block"]] * 2 ** (5 + figures["stage"]))


HEADS = {"resnet18": 512, "resnet34": 512, "resnet50": 2048, "resnet101": 2048}

FORMULAS: dict[str, Callable[[Any], Any]] = {
    "sigmoid-layers": lambda f: math.floor(math.log(f["fraction"], 4)) + 1,
    "sigmoid-slope": lambda f: pytest.approx(f["value"] - f["value"] ** 2),
    "halving-layers": lambda f: 2 ** f["layers"],
    "linear-parameters": lambda f: (f["inputs"] + 1) * f["outputs"],
    "relu-slope": lambda f: int(f["x"] > 0),
    "paths": lambda f: 2 ** f["blocks"],
    "paths-of-length": lambda f: math.comb(f["blocks"], f["length"]),
    "paths-left": lambda f: 2 ** (f["blocks"] - 1),
    "residual-slope": lambda f: 1 + f["factor"],
    "residual-chain": lambda f: (1 + f["factor"]) ** f["blocks"],
    "zero-init": lambda f: max(0, f["x"]),
    "conv-size": lambda f: math.ceil(f["side"] / f["stride"]),
    "window-size": lambda f: f["side"] + 2 * f["padding"] - f["window"] + 1,
    "conv-parameters": lambda f: 9 * f["inputs"] * f["outputs"],
    "batchnorm-parameters": lambda f: 2 * f["channels"],
    "projection": lambda f: f["stride"] > 1 or f["inplanes"] != f["planes"],
    "block-convolutions": lambda f: 3 if f["stride"] > 1 else 2,
    "pointwise-parameters": lambda f: f["inputs"] * f["outputs"],
    "bottleneck-output": lambda f: 4 * f["planes"],
    "conv-macs": lambda f: f["side"] ** 2 * 9 * f["inputs"] * f["outputs"],
    "stride-saving": lambda f: f["stride"] ** 2,
    "bottleneck-parameters": lambda f: 17 * f["planes"] ** 2,
    "weighted-layers": layers_in_the_name,
    "projections": lambda f: 4 if f["block"] == "Bottleneck" else 3,
    "last-map": lambda f: f["side"] / 32,
    "stage-channels": out_of_a_stage,
    "small-depth": lambda f: 6 * f["n"] + 2,
    "frozen-parameters": lambda f: (HEADS[f["architecture"]] + 1) * f["classes"],
    "group-rate": lambda f: f["head"] if f["name"].startswith("fc") else f["backbone"],
    "running-mean": lambda f: f["mode"] == "train",
    "features": lambda f: f["images"] * HEADS[f["architecture"]],
    "grouped-parameters": lambda f: 9 * f["channels"] ** 2 / f["groups"],
    "channels-seen": lambda f: f["channels"] / f["groups"],
    "branch-width": lambda f: f["width"] * 2 ** (f["stage"] - 1),
    "wide-channels": lambda f: f["factor"] * 2 ** (f["stage"] + 3),
    "widening": lambda f: f["factor"] ** 2,
    "wide-blocks": lambda f: (f["depth"] - 4) / 6,
    "road-gradient": lambda f: f["gradient"] if "-" not in f["sums"] else 0,
    "scaled-road": lambda f: 2 ** f["blocks"],
    "first-norm": lambda f: f["inplanes"],
    "folded-weight": lambda f: f["weight"] + 1,
    "dense-channels": lambda f: f["channels"] + f["layers"] * f["growth"],
}


def test_every_question_has_a_formula_here_and_words_in_every_language() -> None:
    assert list(MAKERS) == list(FORMULAS)
    for language in languages():
        with speaking(language):
            assert set(find("00_start_here.questions")) == set(MAKERS)


@pytest.mark.parametrize("name", MAKERS)
def test_the_computed_answer_is_that_of_the_formula(name: str) -> None:
    _, maker = MAKERS[name]
    for seed in SEEDS:
        answer, figures = maker(random.Random(seed))

        assert answer == FORMULAS[name](figures), figures
        assert isinstance(answer, bool) == (name in ("projection", "running-mean"))


@pytest.mark.parametrize("name", MAKERS)
def test_the_numbers_are_fresh_and_the_same_seed_draws_the_same(name: str) -> None:
    texts = [ask(name, random.Random(seed)).text for seed in SEEDS]

    assert len(set(texts)) > 3
    assert ask(name, random.Random(0)) == ask(name, random.Random(0))


@pytest.mark.parametrize("language", languages())
@pytest.mark.parametrize("name", MAKERS)
def test_a_question_is_a_question_and_its_answer_is_not_in_it(name: str, language: str) -> None:
    with speaking(language):
        for seed in SEEDS:
            question = ask(name, random.Random(seed))

            assert "?" in question.text or name == "group-rate"
            assert "{" not in question.text + question.why
            assert "True" not in question.text + question.why


@pytest.mark.parametrize("name", ["projection", "running-mean"])
def test_yes_and_no_are_both_drawn_and_each_has_its_reason(name: str) -> None:
    drawn = {ask(name, random.Random(seed)).answer: ask(name, random.Random(seed)).why[:3] for seed in SEEDS}

    assert drawn == {True: "Yes", False: "No:"}


def test_numbers_have_the_marks_of_the_language() -> None:
    with speaking("pt"):
        assert re.search(r"1/1\d*(\.000)+ ", ask("sigmoid-layers", random.Random(0)).text)
        assert re.search(r"vale 0,\d\.", ask("sigmoid-slope", random.Random(0)).text)


def test_each_lesson_has_at_least_four_questions() -> None:
    for lesson in checks.GRADED:
        assert len(of_lessons([lesson])) >= 4
    assert of_lessons([]) == []
    assert of_lessons(list(checks.GRADED)) == list(MAKERS)
