"""The experiments that lessons show: fates of gradients, diagnoses of curves, tables of difficulties."""

from __future__ import annotations

import math
from itertools import product

import pytest
import torch
from torch import nn

from resnet_course import experiments, trainings
from resnet_course.data import Batches, mnist5k
from resnet_course.drawing import fill_texts
from resnet_course.experiments import diagnose, draw_gradient_profile, example_curves, fate, profile_of, small_net
from resnet_course.language import speaking
from resnet_course.mlp import deep_mlp
from resnet_course.small_nets import create_plain_net


@pytest.mark.parametrize(
    ("norms", "word"),
    [
        ([1.0, 1.0], "survives"),
        ([0.0101, 5.0, 1.0], "survives"),
        ([0.0099, 5.0, 1.0], "vanishes"),
        ([0.0, 1.0], "vanishes"),
        ([99.0, 1.0], "survives"),
        ([101.0, 1.0], "explodes"),
        ([math.inf, 1.0], "explodes"),
        ([math.nan, 1.0], "explodes"),
    ],
)
def test_the_fate_of_a_gradient_compares_its_first_norm_with_its_last(norms: list[float], word: str) -> None:
    assert fate(norms) == word


def test_a_single_layer_has_no_fate() -> None:
    with pytest.raises(ValueError, match="two layers"):
        fate([1.0])


def test_measuring_a_profile_leaves_the_net_as_it_was() -> None:
    model = deep_mlp(3, 8, nn.ReLU)
    before = {name: tensor.clone() for name, tensor in model.state_dict().items()}
    profile_of(model, torch.rand(5, 1, 28, 28), torch.arange(5))

    assert all(torch.equal(tensor, before[name]) for name, tensor in model.state_dict().items())
    assert next(model.parameters()).dtype == torch.float32
    assert next(model.parameters()).grad is None


def test_profiles_hold_gradients_that_float32_could_not() -> None:
    images, labels = mnist5k()
    torch.manual_seed(0)
    first, *_, last = profile_of(deep_mlp(100, 64, nn.Sigmoid), images[::40], labels[::40]).values()

    assert 0 < first < 1e-50 < last


@pytest.mark.parametrize("language", ["en", "pt"])
def test_the_explorer_draws_every_choice(language: str) -> None:
    with speaking(language):
        for activation, init, norm, shortcut in product(
            ["sigmoid", "tanh", "relu"], ["default", "xavier", "he"], [False, True], [False, True]
        ):
            picture = draw_gradient_profile(7, activation, init, norm, shortcut)
            assert "{" not in picture.alt + picture.figure.axes[0].get_title()


def test_the_explorer_draws_the_same_for_the_same_choice_and_leaves_the_random_state() -> None:
    before = torch.get_rng_state()
    titles = {draw_gradient_profile(20, "tanh").figure.axes[0].get_title() for _ in range(2)}

    assert len(titles) == 1
    assert torch.equal(before, torch.get_rng_state())


def test_the_small_nets_are_half_as_wide_as_the_paper_s() -> None:
    assert 2 * len(small_net("plain-20").conv1.weight) == len(create_plain_net(20).conv1.weight)
    assert "half of the paper's width" in (experiments.train_small_nets.__doc__ or "")


def test_each_of_the_four_examples_has_a_diagnosis_of_its_own() -> None:
    found = {name: diagnose(curves) for name, curves in example_curves().items()}

    assert found == {"A": "diverging", "B": "degradation", "C": "healthy", "D": "overfitting"}


@pytest.mark.parametrize(
    ("train", "validation", "shallower", "word"),
    [
        ([2.0, 0.5, 1.2], [2.0, 0.6, 1.3], [2.0, 1.0, 0.5], "diverging"),
        ([2.0, math.nan], [2.0, 1.0], [2.0, 1.0], "diverging"),
        ([2.0, 1.9, 1.8], [2.0, 1.9, 1.8], [2.0, 0.9, 0.3], "degradation"),
        ([2.0, 0.3, 0.01], [2.0, 0.9, 0.8], [2.0, 0.3, 0.02], "overfitting"),
        ([2.0, 0.3, 0.1], [2.0, 0.4, 0.2], [2.0, 0.5, 0.2], "healthy"),
    ],
)
def test_the_diagnosis_asks_three_questions_in_turn(
    train: list[float], validation: list[float], shallower: list[float], word: str
) -> None:
    assert diagnose({"train": train, "validation": validation, "shallower": shallower}) == word


def test_the_table_of_difficulties_speaks_the_learners_language() -> None:
    images, labels = mnist5k()
    batches = Batches(images[:40], labels[:40])
    with speaking("pt"):
        table = experiments.difficulty_table(
            {"mlp-2": (deep_mlp(2, 8, nn.ReLU), batches)}, batches, images[:40], labels[:40]
        )

    assert list(table.columns) == ["gradiente, primeira / última camada", "erro de treino", "erro na validação"]
    assert fill_texts("01_vanishing_gradient.figures.curves")["x"] == "epoch"


@pytest.mark.parametrize("name", ["plain", "resnet-20", "plain-x", "-20"])
def test_a_net_that_is_not_there_gets_the_known_kinds(name: str) -> None:
    with pytest.raises(ValueError, match="plain, residual"):
        experiments.train_small_nets([name], seeds=[0])


def test_every_seed_is_a_run_of_its_own_and_repeats() -> None:
    first = experiments.train_small_nets(["plain-8"], seeds=[0, 1], images=200, epochs=3)["plain-8"]
    trainings.forget()
    again = experiments.train_small_nets(["plain-8"], seeds=[1], images=200, epochs=3)["plain-8"]

    assert first[0].history.train_loss != first[1].history.train_loss
    assert first[1].history.train_loss == again[0].history.train_loss
