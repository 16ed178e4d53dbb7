"""The check of eight predictions about the gradient, against the learner's own run."""

from __future__ import annotations

import math
from typing import Any, TypedDict

import numpy as np
import torch
from torch import nn

from resnet_course.checks.check import Check
from resnet_course.checks.judging import Fault
from resnet_course.checks.lesson_01_vanishing_gradient.words import Words, describe_words, judge_words
from resnet_course.checks.observing import kind_of
from resnet_course.drawing import say
from resnet_course.experiments import FATES, fate, profile_of
from resnet_course.mlp import deep_mlp, initialise_linear

# How each net is made.
NETS: dict[str, dict[str, Any]] = {
    "sigmoid": {"activation": nn.Sigmoid},
    "tanh": {"activation": nn.Tanh},
    "relu": {"activation": nn.ReLU},
    "sigmoid_xavier": {"activation": nn.Sigmoid, "scheme": "xavier"},
    "tanh_xavier": {"activation": nn.Tanh, "scheme": "xavier"},
    "tanh_triple_xavier": {"activation": nn.Tanh, "scheme": "xavier", "times": 3},
    "relu_he": {"activation": nn.ReLU, "scheme": "he"},
    "sigmoid_batchnorm": {"activation": nn.Sigmoid, "norm": True},
}


class Case(TypedDict):
    """What is given: random images and their labels, and where the random weights of our nets start."""

    seed: int
    images: np.ndarray
    labels: np.ndarray


class Seen(Words, total=False):
    """What is seen: the words, and the norms in each net from the first layer to the last (or no dict, but a type)."""

    run: dict[str, list[float]] | str


def inputs(seed: int) -> Case:
    """Return random images and labels."""
    draw = np.random.default_rng(seed)
    return {
        "seed": int(draw.integers(2**31)),
        "images": draw.random((32, 1, 28, 28)),
        "labels": draw.integers(0, 10, 32),
    }


def observe(prophecy: Any, profiles: Any, inputs: Case) -> Seen:
    """Read the words, and the norms that the learner's run gave."""
    return {**describe_words(prophecy), "run": describe_run(profiles)}


def describe_run(profiles: Any) -> dict[str, list[float]] | str:
    """Return the norms in each net as plain numbers, or what the run is if no dict."""
    if not isinstance(profiles, dict):
        return kind_of(profiles)
    return {str(name): plain_norms(norms) for name, norms in profiles.items()}


def plain_norms(norms: Any) -> list[float]:
    """Return norms as plain numbers; none where `gradient_norms` gave something else before it was right."""
    try:
        return [float(norm) for norm in (norms.values() if isinstance(norms, dict) else norms)]
    except (TypeError, ValueError, RuntimeError):
        return []


# What each wrong word reveals, where many learners share the thought.
BELIEFS = (
    ("relu-survives", "relu", ("survives",)),
    ("tanh-survives", "tanh", ("survives",)),
    ("xavier-saves-sigmoid", "sigmoid_xavier", ("survives",)),
    ("batchnorm-does-not-help", "sigmoid_batchnorm", ("vanishes",)),
    ("never-explodes", "tanh_triple_xavier", ("survives", "vanishes")),
    ("he-does-not-help", "relu_he", ("vanishes",)),
)


def judge(observation: Seen, inputs: Case) -> None:
    """Ask for eight words and a run of these nets, then compare the two."""
    said = judge_words(observation, NETS, FATES)
    run = observation["run"]
    if not isinstance(run, dict) or set(run) != set(NETS) or any(len(norms) < 2 for norms in run.values()):
        raise Fault("no-run", names=", ".join(NETS))
    # The learner's own run decides. Ours, with other weights and images, only tells whether theirs was really run.
    for name in NETS:
        if fate(run[name]) != fate(fresh_norms(name, inputs)):
            raise Fault("run-differs", name=name, ratio=ratio(run[name]))
    judge_prophecy(said, run)


def fresh_norms(name: str, inputs: Case) -> list[float]:
    """Return the norms in a new net of ours."""
    torch.manual_seed(inputs["seed"])
    net = make_net(**NETS[name])
    return list(profile_of(net, torch.from_numpy(inputs["images"]), torch.from_numpy(inputs["labels"])).values())


def make_net(
    activation: type[nn.Module], scheme: str = "default", *, norm: bool = False, times: float = 1
) -> nn.Module:
    """Return a net as the notebook makes it, its weights drawn by a scheme and multiplied."""
    net = initialise_linear(deep_mlp(30, 64, activation, norm=norm), scheme)
    with torch.no_grad():
        for layer in net.modules():
            if isinstance(layer, nn.Linear):
                layer.weight.mul_(times)
    return net


def judge_prophecy(said: dict[str, str], run: dict[str, list[float]]) -> None:
    """Compare the words with what the run shows."""
    wrong = [name for name in NETS if said[name] != fate(run[name])]
    if not wrong:
        return
    figures = {"wrong": len(wrong), "names": ", ".join(wrong), "total": len(NETS)}
    if len(set(said.values())) == 1:
        raise Fault("all-the-same", **figures, word=said[wrong[0]])
    for key, name, words in BELIEFS:
        if name in wrong and said[name] in words:
            raise Fault(key, **figures, said=said[name], ratio=ratio(run[name]))
    name = wrong[0]
    raise Fault("disagrees", **figures, name=name, said=said[name], ratio=ratio(run[name]))


def ratio(norms: list[float]) -> str:
    """Return how many times the last layer's norm the first one's is."""
    first, last = norms[0], norms[-1]
    if first == last:  # both may be 0
        return say(1)
    return say(first / last) if last else say(math.inf)


prophecy = Check(
    grade_id="prophecy",
    lesson="01_vanishing_gradient",
    answers=("prophecy",),
    functions=False,
    inputs=inputs,
    observe=observe,
    judge=judge,
    uses=("profiles",),
)
