"""Lesson 06's claims: a trained backbone beats training from scratch with few labels, rates wreck, statistics move."""

from __future__ import annotations

import copy
from functools import cache, partial
from statistics import mean

import pytest
import torch
from torch import nn
from torch.optim import SGD, Optimizer

from resnet_course import few_labels
from resnet_course.data import random_crop_flip
from resnet_course.evaluation import accuracy
from resnet_course.mlp import deep_mlp, initialise_linear
from resnet_course.transfer import replace_head

pytestmark = [pytest.mark.training, pytest.mark.xdist_group("training")]

SEEDS = (0, 1, 2)


@cache
def source() -> nn.Module:
    return few_labels.train_on_mnist()


@cache
def study(count: int) -> dict[str, list[float]]:
    measured = few_labels.study(
        {way: partial(few_labels.prepare, way, source()) for way in few_labels.WAYS}, count, seeds=SEEDS
    )
    print(f"{count} a class:", {way: [f"{share:.1%}" for share in shares] for way, shares in measured.items()})
    return measured


@cache
def tuned_with(rate: float) -> float:
    start = partial(few_labels.prepare, "tuned", source(), backbone_lr=rate)
    return mean(few_labels.study({"tuned": start}, 2, seeds=SEEDS)["tuned"])


def test_the_trained_net_knows_mnist_and_reads_other_digits_much_worse_but_better_than_guessing() -> None:
    assert accuracy(source(), few_labels.mnist_held_out()) > 0.95
    assert 0.2 < accuracy(source(), few_labels.held_out()) < 0.8


@pytest.mark.parametrize("seed", SEEDS)
def test_with_two_labels_a_class_transfer_beats_scratch_on_every_seed(seed: int) -> None:
    measured = study(2)

    for way in ("frozen", "tuned"):
        assert measured[way][seed] > measured["scratch"][seed] + 0.07


def test_the_fewer_the_labels_the_larger_the_lead() -> None:
    lead = {count: mean(study(count)["tuned"]) - mean(study(count)["scratch"]) for count in (2, 5, 20)}

    assert lead[2] > lead[5] > lead[20] > 0


def test_with_twenty_labels_a_class_the_frozen_backbone_is_the_worst_way() -> None:
    measured = {way: mean(shares) for way, shares in study(20).items()}

    assert measured["tuned"] > measured["scratch"] > measured["frozen"]


def test_fine_tuning_beats_the_frozen_backbone() -> None:
    for count in (2, 5, 20):
        assert mean(study(count)["tuned"]) > mean(study(count)["frozen"])


def test_too_high_a_rate_wrecks_the_backbone() -> None:
    rates = {rate: tuned_with(rate) for rate in (0.001, 0.005, 0.1, 1.0)}
    frozen, scratch = (mean(study(2)[way]) for way in ("frozen", "scratch"))
    print(f"frozen {frozen:.1%}, scratch {scratch:.1%}", {rate: f"{share:.1%}" for rate, share in rates.items()})

    assert min(rates, key=lambda rate: rates[rate]) == 1.0
    # What is left is nearer to a new net than to the frozen one.
    assert abs(rates[1.0] - scratch) < frozen - rates[1.0]


def trapped(seed: int) -> tuple[nn.Module, Optimizer]:
    torch.manual_seed(seed)
    net = replace_head(copy.deepcopy(source()), 10).requires_grad_(False)
    net.fc.requires_grad_(True)
    return net, SGD(net.fc.parameters(), lr=0.05, momentum=0.9)


@pytest.mark.parametrize("seed", SEEDS)
def test_moving_statistics_cost_the_backbone_part_of_its_old_task(seed: int) -> None:
    net, optimizer = trapped(seed)
    few_labels.learn(net, optimizer, count=2, seed=seed)
    net.fc = source().fc
    before, after = (accuracy(each, few_labels.mnist_held_out()) for each in (source(), net))
    print(f"seed {seed}: MNIST {before:.1%} before, {after:.1%} after training in the trap")

    assert after < before - 0.02


def test_but_do_no_harm_on_the_new_digits() -> None:
    moved = mean(few_labels.study({"trapped": trapped}, 5, seeds=SEEDS)["trapped"])

    assert moved > mean(study(5)["frozen"]) - 0.02


def test_augmentation_helps_from_scratch_and_weight_decay_hardly_matters() -> None:
    measured = few_labels.study(
        {
            "bare": partial(few_labels.prepare, "scratch", None),
            "decay": partial(few_labels.prepare, "scratch", None, weight_decay=0.01),
            "augmented": partial(few_labels.prepare, "scratch", None),
        },
        2,
        seeds=SEEDS,
        steps=160,
        transforms={"augmented": random_crop_flip(padding=2, flip=False)},
    )
    means = {name: mean(shares) for name, shares in measured.items()}
    print({name: f"{share:.1%}" for name, share in means.items()})

    assert means["augmented"] > means["bare"] + 0.03
    assert abs(means["decay"] - means["bare"]) < 0.03
    assert mean(study(2)["tuned"]) > means["augmented"] + 0.05


@pytest.mark.parametrize("seed", SEEDS)
def test_a_net_of_linear_layers_grows_surer_of_its_mistakes_and_early_stopping_saves_time(seed: int) -> None:
    torch.manual_seed(seed)
    net = initialise_linear(deep_mlp(4, 64, nn.ReLU), "he")
    optimizer = SGD(net.parameters(), lr=0.05, momentum=0.9)
    history = few_labels.learn(net, optimizer, 2, seed, steps=100, validation=few_labels.held_out())
    losses, accuracies = history.validation_loss, history.validation_accuracy
    best = losses.index(min(losses))
    print(f"seed {seed}: loss {losses[best]:.2f} after epoch {best + 1}, {losses[-1]:.2f} after {len(losses)}")

    assert best < len(losses) / 3
    assert losses[-1] > 1.3 * losses[best]
    assert abs(accuracies[-1] - accuracies[best]) < 0.06


@pytest.mark.parametrize("seed", SEEDS)
def test_from_scratch_a_net_learns_its_few_images_by_heart(seed: int) -> None:
    net, optimizer = few_labels.prepare("scratch", None, seed)
    few_labels.learn(net, optimizer, 2, seed)

    assert accuracy(net, few_labels.labelled(2, seed)[0]) > 0.95
    assert accuracy(net, few_labels.held_out()) < 0.75
