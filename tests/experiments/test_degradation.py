"""The course's central experiment reproduces: deeper plain nets train worse, deeper residual nets do not.

He et al. 2015, figures 1 and 6, on real digits instead of CIFAR-10: nets of half the paper's width on images of half
the size, four epochs instead of 164. Measured is the *training* error, after training, in eval mode: what the
deeper plain net fails at is not generalising.
"""

from __future__ import annotations

from functools import cache
from statistics import mean, median

import pytest
import torch
from torch import nn

from resnet_course.data import Batches, mnist5k, split
from resnet_course.experiments import RECIPES, Run, diagnose, profile_of, small_net, train_example, train_small_nets
from resnet_course.lesion import lesion_study
from resnet_course.small_nets import create_plain_net, create_small_resnet
from resnet_course.training import fit

pytestmark = [pytest.mark.training, pytest.mark.xdist_group("training")]

SEEDS = (0, 1, 2)
LESSON_01 = {"images": 1600, "batch_size": 64}
LESSON_05 = {"images": 1200, "batch_size": 48}  # as many steps, in three quarters of the time


@cache
def train(name: str, seed: int, **how: float) -> Run:
    (run,) = train_small_nets([name], [seed], **how)[name]
    print(f"seed {seed}, {how}: {name}: training error {run.train_error:.2%}")
    return run


def error(name: str, seed: int, **how: float) -> float:
    """Return the training error after training, in percent."""
    return 100 * train(name, seed, **how).train_error


def mean_error(name: str) -> float:
    return mean(error(name, seed, **LESSON_05) for seed in SEEDS)


@pytest.mark.parametrize("seed", SEEDS)
def test_a_plain_net_of_56_layers_trains_far_worse_than_one_of_20(seed: int) -> None:
    assert error("plain-56", seed, **LESSON_01) > error("plain-20", seed, **LESSON_01) + 30


@pytest.mark.parametrize("seed", SEEDS)
def test_it_does_not_overfit(seed: int) -> None:
    run = train("plain-56", seed, **LESSON_01)

    assert abs(run.validation_error - run.train_error) < 0.05


@pytest.mark.parametrize("seed", SEEDS)
def test_nor_is_it_merely_slower(seed: int) -> None:
    longer = {name: error(name, seed, epochs=12, **LESSON_01) for name in ("plain-20", "plain-56")}

    assert longer["plain-56"] > 10 * longer["plain-20"]
    # After only four epochs, plain-20 errs in 12 to 28 %: so much differs between runs, and between processors.
    assert longer["plain-56"] > error("plain-20", seed, **LESSON_01) + 5


@pytest.mark.parametrize("seed", SEEDS)
def test_its_gradient_does_not_vanish_as_that_of_a_deep_sigmoid_net_does(seed: int) -> None:
    # How much of it arrives differs from run to run and from processor to processor: 0.008 to 0.18 were measured, on
    # both sides of the lesson's limit of 1/100. In the sigmoid net of 30 layers it is less than 10⁻²⁰.
    ratio = first_to_last(train("plain-56", seed, **LESSON_01).model)
    print(f"seed {seed}: plain-56: gradient, first layer / last layer: {ratio:.2g}")

    assert 1e-3 < ratio < 1


@pytest.mark.parametrize("seed", SEEDS)
def test_before_training_its_first_layer_gets_far_more_than_the_last(seed: int) -> None:
    torch.manual_seed(seed)

    assert first_to_last(small_net("plain-56")) > 100


def first_to_last(model: nn.Module) -> float:
    """Return the norm of the first layer's gradient divided by the last layer's, in train mode as in the lesson."""
    images, labels = mnist5k()
    norms = list(profile_of(model.train(), images[::40], labels[::40]).values())
    return norms[0] / norms[-1]


@pytest.mark.parametrize("seed", SEEDS)
def test_with_shortcuts_training_gets_going_sooner(seed: int) -> None:
    second = {name: train(name, seed, **LESSON_01).history.train_error[1] for name in ("plain-20", "residual-56")}
    print(f"seed {seed}: training error during the second epoch: {second}")

    assert second["residual-56"] < second["plain-20"]


# Seen: 3.3 to 4.1 % with 56 layers, 3.6 to 5.4 % with 20. Another processor draws other runs: hence the margins.
@pytest.mark.parametrize("seed", SEEDS)
def test_a_residual_net_of_56_layers_trains_as_well_as_one_of_20(seed: int) -> None:
    assert error("residual-56", seed, **LESSON_05) < error("residual-20", seed, **LESSON_05) + 1.5


def test_over_the_seeds_depth_costs_the_residual_net_less_than_a_point() -> None:
    assert mean_error("residual-56") < mean_error("residual-20") + 0.75


def test_shortcuts_help_at_20_layers() -> None:
    assert mean_error("residual-20") < mean_error("plain-20") - 5


# --- lesson 05: deeper still, and without one block ---------------------------------------------------------------


@cache
def train_gently(name: str, seed: int) -> Run:
    # As in the lesson: at the others' 0.05 the deepest may not start on so few images.
    return train(name, seed, lr=0.01, **LESSON_05)


@pytest.mark.parametrize("seed", SEEDS)
def test_a_residual_net_of_110_layers_trains(seed: int) -> None:
    assert train_gently("residual-110", seed).train_error < 0.15


@pytest.mark.parametrize("seed", SEEDS)
def test_that_it_ends_above_the_shallower_ones_is_due_to_its_rate(seed: int) -> None:
    deep, shallow = train_gently("residual-110", seed), train_gently("residual-20", seed)

    assert deep.train_error < shallow.train_error / 2


@pytest.mark.parametrize("seed", SEEDS)
def test_a_plain_net_is_lost_without_any_block_and_a_residual_net_hardly_notices_most(seed: int) -> None:
    images, labels = split(*mnist5k())[1]
    held_out = Batches(images[:500], labels[:500], batch_size=500)  # as in the lesson, to be quick
    rises = {
        name: lesion_study(train(name, seed, **LESSON_05).model, held_out)
        for name in ("plain-20", "residual-20", "residual-56")
    }
    plain, as_deep, residual = (sorted(each.values()) for each in rises.values())
    print(
        f"seed {seed}: plain-20 loses {plain[0]:.1%} to {plain[-1]:.1%}, in the mean {mean(plain):.1%}; "
        f"residual-20 {mean(as_deep):.1%}; residual-56, median {median(residual):.1%}"
    )

    assert plain[0] > 0.25
    assert mean(as_deep) < mean(plain) / 2
    assert median(residual) < 0.05
    assert max(rises["residual-56"], key=lambda block: rises["residual-56"][block]).startswith("1.")  # an early one


@pytest.mark.parametrize("seed", SEEDS)
def test_one_step_helps_a_residual_net_of_1202_layers_and_not_a_plain_one(seed: int) -> None:
    images, labels = mnist5k()
    losses = {}
    for kind, create in {"plain": create_plain_net, "residual": create_small_resnet}.items():
        torch.manual_seed(seed)
        net = create(1202, width=8, in_channels=1, stem_stride=2)
        few = Batches(images[::313], labels[::313])
        losses[kind] = fit(net, few, epochs=2, lr=0.001, seed=seed, device="cpu", progress=False).train_loss
    print(f"seed {seed}: 1202 layers: {losses}")

    assert losses["residual"][1] < losses["residual"][0]
    assert not losses["plain"][1] < losses["plain"][0]  # no number any more


@pytest.mark.parametrize("seed", SEEDS)
def test_shortcuts_make_all_the_difference_at_56_layers(seed: int) -> None:
    assert error("residual-56", seed, **LESSON_01) < error("plain-56", seed, **LESSON_01) - 30


DIAGNOSES = {"A": "diverging", "B": "degradation", "C": "healthy", "D": "overfitting"}


@pytest.mark.parametrize("name", DIAGNOSES)
def test_the_four_trainings_to_diagnose_come_out_again(name: str) -> None:
    assert diagnose(train_example(RECIPES[name])) == DIAGNOSES[name]
