"""The course's central experiment reproduces: deeper plain nets train worse, deeper residual nets do not.

He et al. 2015, figures 1 and 6, on 4 000 real digits instead of CIFAR-10: nets of a quarter of the paper's width on
images of half the size, four epochs instead of 164. Measured is the *training* error, after training, in eval mode:
what the deeper plain net fails at is not generalising.
"""

from __future__ import annotations

import time
from functools import cache
from statistics import mean

import pytest
import torch
from torch.optim import SGD
from torch.optim.lr_scheduler import MultiStepLR

from resnet_course.data import Batches, mnist5k, split
from resnet_course.evaluation import accuracy
from resnet_course.small_nets import create_plain_net, create_small_resnet
from resnet_course.training import fit

pytestmark = [pytest.mark.training, pytest.mark.xdist_group("training")]

SEEDS = (0, 1, 2)
MAKE = {"plain": create_plain_net, "residual": create_small_resnet}


@cache
def training_error(kind: str, depth: int, seed: int) -> float:
    """Train a net on 4 000 digits and return how many of them it gets wrong, in percent."""
    torch.manual_seed(seed)
    model = MAKE[kind](depth, width=8, in_channels=1, stem_stride=2)
    optimizer = SGD(model.parameters(), lr=0.05, momentum=0.9)
    (images, labels), _ = split(*mnist5k())
    train = Batches(images, labels, batch_size=64, shuffle=True)
    began = time.perf_counter()
    fit(
        model, train, epochs=4, optimizer=optimizer, scheduler=MultiStepLR(optimizer, [2, 3], 0.2), seed=seed,
        device="cpu", progress=False,
    )  # fmt: skip
    took = time.perf_counter() - began
    error = 100 * (1 - accuracy(model, Batches(images, labels, batch_size=500)))
    print(f"seed {seed}: {kind}-{depth}: training error {error:.2f} %, {took:.1f} s")
    return error


def mean_error(kind: str, depth: int) -> float:
    return mean(training_error(kind, depth, seed) for seed in SEEDS)


@pytest.mark.parametrize("seed", SEEDS)
def test_a_plain_net_of_56_layers_trains_far_worse_than_one_of_20(seed: int) -> None:
    assert training_error("plain", 56, seed) > training_error("plain", 20, seed) + 30


# Over nine runs (six seeds; three of them also on one thread, which rounds differently) depth costs the residual net
# 0.05 points in the mean, with a standard deviation of 0.4 for a single run: nothing, as far as four epochs can tell.
# The margins are more than three deviations, of one run and of the mean of three: another processor draws other runs.
@pytest.mark.parametrize("seed", SEEDS)
def test_a_residual_net_of_56_layers_trains_as_well_as_one_of_20(seed: int) -> None:
    assert training_error("residual", 56, seed) < training_error("residual", 20, seed) + 1.5


def test_over_the_seeds_depth_costs_the_residual_net_less_than_a_point() -> None:
    assert mean_error("residual", 56) < mean_error("residual", 20) + 0.75


def test_shortcuts_help_a_little_at_20_layers() -> None:
    assert mean_error("residual", 20) < mean_error("plain", 20) - 0.5


@pytest.mark.parametrize("seed", SEEDS)
def test_shortcuts_make_all_the_difference_at_56_layers(seed: int) -> None:
    assert training_error("residual", 56, seed) < training_error("plain", 56, seed) - 30
