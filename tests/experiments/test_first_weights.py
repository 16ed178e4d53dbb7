"""Lesson 05: with BatchNorm, the size of the first weights does not matter to the gradient; without it, it does."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import torch
from torch import nn

from resnet_course.authoring.script import read_lesson
from resnet_course.data import mnist5k
from resnet_course.experiments import small_net

LESSON = Path(__file__).parents[2] / "lessons" / "05_full_resnet.py"


@pytest.fixture(scope="module")
def shown() -> dict[str, Any]:
    """The functions that the lesson defines to measure it."""
    (cell,) = (each for each in read_lesson(LESSON).cells if "def gradient_after_stem" in each.source)
    namespace: dict[str, Any] = {"nn": nn, "torch": torch, "F": torch.nn.functional}
    exec(cell.source, namespace)
    return namespace


@pytest.mark.parametrize("seed", range(3))
def test_three_times_the_weights_leave_the_gradient_alone_with_batchnorm_and_not_without(
    shown: dict[str, Any], seed: int
) -> None:
    images, labels = mnist5k()
    factors = {}
    for norm in (True, False):
        torch.manual_seed(seed)
        net = small_net("residual-56").double()
        if not norm:
            shown["remove_batch_norm"](net)
        before = shown["gradient_after_stem"](net, images[::79].double(), labels[::79])
        for module in net.modules():
            if isinstance(module, nn.Conv2d):
                module.weight.data *= 3
        factors[norm] = shown["gradient_after_stem"](net, images[::79].double(), labels[::79]) / before
    print(f"seed {seed}: with BatchNorm × {factors[True]:.3g}, without × {factors[False]:.3g}")

    assert 0.9 < factors[True] < 1.1
    assert factors[False] > 1000
