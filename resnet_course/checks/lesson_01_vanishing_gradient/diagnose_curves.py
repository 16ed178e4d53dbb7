"""The check of four diagnoses, made from curves."""

from __future__ import annotations

from typing import Any, TypedDict

import numpy as np

from resnet_course.checks.check import Check
from resnet_course.checks.judging import Fault
from resnet_course.checks.lesson_01_vanishing_gradient.words import Words, describe_words, judge_words
from resnet_course.drawing import say
from resnet_course.experiments import DIAGNOSES, diagnose, example_curves


class Case(TypedDict):
    """What is given: the losses of each panel, and the order in which wrong panels are looked at."""

    curves: dict[str, dict[str, list[float]]]
    order: np.ndarray


def inputs(seed: int) -> Case:
    """Return the curves, which are everybody's."""
    return {"curves": example_curves(), "order": np.random.default_rng(seed).permutation(4)}


def observe(diagnosis: Any, inputs: Case) -> Words:
    """Read the diagnoses."""
    return describe_words(diagnosis)


# The right word and the one that many learners take for it.
CONFUSED = {
    ("degradation", "overfitting"): "degradation-as-overfitting",
    ("diverging", "overfitting"): "diverging-as-overfitting",
    ("diverging", "degradation"): "diverging-as-degradation",
    ("healthy", "overfitting"): "healthy-as-overfitting",
}


def judge(observation: Words, inputs: Case) -> None:
    """Ask for each word once, then name the wrong panel that tells most."""
    curves = inputs["curves"]
    said = judge_words(observation, curves, DIAGNOSES)
    for word in DIAGNOSES:
        if list(said.values()).count(word) > 1:
            panels = ", ".join(name for name in curves if said[name] == word)
            raise Fault("used-twice", word=word, panels=panels)
    pairs = {name: (diagnose(curves[name]), said[name]) for name in curves}
    wrong = [name for name, (right, word) in pairs.items() if word != right]
    if not wrong:
        return
    shuffled = [name for name in (list(curves)[place] for place in inputs["order"]) if name in wrong]
    panel = next((name for name in wrong if pairs[name] in CONFUSED), shuffled[0])
    losses = curves[panel]
    raise Fault(
        CONFUSED.get(pairs[panel], "mixed-up"),
        panel=panel,
        wrong=", ".join(wrong),
        train=say(losses["train"][-1]),
        lowest=say(min(losses["train"])),
        validation=say(losses["validation"][-1]),
        shallower=say(losses["shallower"][-1]),
    )


diagnose_curves = Check(
    grade_id="diagnose-curves",
    lesson="01_vanishing_gradient",
    answers=("diagnosis",),
    functions=False,
    inputs=inputs,
    observe=observe,
    judge=judge,
    references=("resnet_course.experiments.diagnose",),
)
