"""What lesson 08 measures holds with other seeds: masks, factors, the end of the net, layers to skip, DenseNet.

He et al. 2016, *Identity Mappings in Deep Residual Networks*, on real digits instead of CIFAR-10.
"""

from __future__ import annotations

from functools import cache, partial
from statistics import mean
from typing import Any

import pytest
import torch
from torch import nn
from torch.optim import SGD, Adam

from resnet_course.blocks import PreActivationBlock
from resnet_course.cost import count_cost
from resnet_course.data import mnist5k, split
from resnet_course.experiments import Run, small_net, train_nets, train_small_nets
from resnet_course.roads import (
    DenseBlock,
    Times,
    create_skipping_net,
    first_losses,
    fold_shortcut,
    net_around,
    put_on_shortcuts,
    road_gradient,
)
from resnet_course.shapes import record_calls

pytestmark = [pytest.mark.training, pytest.mark.xdist_group("training")]

SEEDS = (0, 1, 2)
STAGES = ("layer1", "layer2", "layer3")


@cache
def trained(seed: int) -> Run:
    (run,) = train_small_nets(["residual-20"], [seed], images=1500)["residual-20"]
    return run


def sums_in(net: nn.Module, stage: str) -> list[torch.Tensor]:
    calls = [
        call
        for call in record_calls(net, split(*mnist5k())[1][0][:200])
        if call.name.startswith(stage) and call.name.endswith("relu")
    ]
    return [call.inputs for call in calls[1::2]]


def share(mask: torch.Tensor) -> float:
    return mask.float().mean().item()


@pytest.mark.parametrize("seed", SEEDS)
def test_the_last_relu_closes_about_a_third_of_the_road(seed: int) -> None:
    sums = {stage: sums_in(trained(seed).model.eval(), stage) for stage in STAGES}
    zeros = [share(each <= 0) for stage in STAGES for each in sums[stage]]
    print(f"seed {seed}: zeros {min(zeros):.0%} to {max(zeros):.0%}, mean {mean(zeros):.0%}")

    assert 0.25 < mean(zeros) < 0.45
    for each in sums.values():
        passes = share(road_gradient(each, torch.ones_like(each[0])) > 0)
        by_chance = float(torch.tensor([share(one > 0) for one in each]).prod())
        assert passes > by_chance


@pytest.mark.parametrize("seed", SEEDS)
def test_training_hardly_changes_how_much_is_closed(seed: int) -> None:
    torch.manual_seed(seed)
    new = [share(each <= 0) for stage in STAGES for each in sums_in(small_net("residual-20"), stage)]
    torch.manual_seed(seed)
    old = [share(each <= 0) for stage in STAGES for each in sums_in(trained(seed).model.eval(), stage)]

    assert abs(mean(new) - mean(old)) < 0.08


@pytest.mark.parametrize("seed", SEEDS)
def test_v1s_weights_cost_v2_digits_without_an_error(seed: int) -> None:
    images, labels = split(*mnist5k())[1]
    v1, v2 = small_net("residual-20"), small_net("preactivation-20")
    weights = {
        name: each.clone()
        for name, each in trained(seed).model.state_dict().items()
        if name.rpartition(".")[0] not in ("bn1", "layer2.0.bn1", "layer3.0.bn1")
    }
    right = []
    for net in (v1, v2):
        net.load_state_dict(net.state_dict() | weights)
        with torch.no_grad():
            right.append(share(net.train()(images).argmax(1) == labels))
    print(f"seed {seed}: control {right[0]:.0%}, v2 {right[1]:.0%}")

    assert 0.5 < right[1] < right[0] - 0.05


def v1_with_an_end(depth: int) -> nn.Module:
    net: Any = small_net(f"residual-{depth}")
    net.avgpool = nn.Sequential(nn.BatchNorm2d(32), nn.ReLU(), net.avgpool)
    return net


@pytest.mark.parametrize("seed", SEEDS)
def test_in_the_first_steps_it_is_the_end_of_the_net_that_tells(seed: int) -> None:
    trio = {
        "v1": partial(small_net, "residual-1004"),
        "control": partial(v1_with_an_end, 1004),
        "v2": partial(small_net, "preactivation-1004"),
    }
    losses = first_losses(trio, steps=3, images=16, seed=seed)
    print(f"seed {seed}: {losses}")

    assert losses["v1"][0] > 2 * losses["v2"][0]
    assert losses["v1"][-1] > 5 * losses["v2"][-1]
    assert losses["v2"] == sorted(losses["v2"], reverse=True)
    assert abs(losses["control"][-1] - losses["v2"][-1]) < 0.3


@pytest.mark.parametrize("seed", SEEDS)
def test_in_110_layers_v1_has_caught_up_by_the_sixth_step(seed: int) -> None:
    pair = {"v1": partial(small_net, "residual-110"), "v2": partial(small_net, "preactivation-110")}
    losses = first_losses(pair, steps=6, images=16, seed=seed)
    print(f"seed {seed}: {losses}")

    assert losses["v1"][0] > 1.5 * losses["v2"][0]
    assert losses["v1"][-1] < losses["v2"][-1] + 0.3


def test_without_its_end_v2_is_too_sure_of_its_first_guess() -> None:
    images, labels = (each[:100] for each in split(*mnist5k())[0])
    losses: dict[str, list[float]] = {"v1": [], "v2": [], "v2-bare": []}
    for name, each in losses.items():
        for seed in SEEDS:
            torch.manual_seed(seed)
            net: Any = small_net("residual-110" if name == "v1" else "preactivation-110")
            if name == "v2-bare":
                net.bn1, net.relu = nn.Identity(), nn.Identity()
            with torch.no_grad():
                each.append(nn.functional.cross_entropy(net(images), labels).item())
    print(losses)

    assert min(mean(losses["v1"]), mean(losses["v2-bare"])) > mean(losses["v2"]) + 0.1
    assert abs(mean(losses["v2"]) - 2.3) < 0.15


SGD_005 = partial(SGD, lr=0.05, momentum=0.9)


def begins_with_shortcuts() -> nn.Module:
    net = create_skipping_net(12, 0)
    with torch.no_grad():
        for layer in net.modules():
            if isinstance(layer, nn.Conv2d) and layer.in_channels == layer.out_channels:
                layer.weight.copy_(fold_shortcut(layer.weight))
    return net


def net_with(factor: float) -> nn.Module:
    return put_on_shortcuts(small_net("residual-56"), lambda channels: Times(factor))


@pytest.mark.parametrize("seed", SEEDS)
def test_the_smaller_the_factor_the_less_is_learnt(seed: int) -> None:
    nets = {str(factor): partial(net_with, factor) for factor in (1.0, 0.9, 0.5)}
    errors = [runs[0].train_error for runs in train_nets(nets, [seed], 700, 3, SGD_005).values()]
    print(f"seed {seed}: {errors}")

    assert errors == sorted(errors)
    assert errors[2] > errors[0] + 0.1


@pytest.mark.parametrize("seed", SEEDS)
def test_shortcuts_are_far_better_than_weights_that_begin_with_them(seed: int) -> None:
    nets = {f"skip-{skip}": partial(create_skipping_net, 12, skip) for skip in (0, 1, 2)}
    runs = train_nets(nets | {"folded": begins_with_shortcuts}, [seed], 1000, 3, SGD_005)
    errors = {name: run.train_error for name, (run,) in runs.items()}
    print(f"seed {seed}: {errors}")

    assert min(errors["skip-0"], errors["folded"]) > max(errors["skip-1"], errors["skip-2"]) + 0.15
    assert abs(errors["folded"] - errors["skip-0"]) < (errors["folded"] - errors["skip-1"]) / 2


def added_net() -> nn.Module:
    return net_around(nn.Sequential(*(PreActivationBlock(16, 16) for _ in range(2))), 16, 16)


def dense_net() -> nn.Module:
    return net_around(DenseBlock(16, 9, 4), 16, 52)


def test_adding_and_concatenating_cost_the_same() -> None:
    added, dense = (count_cost(make(), (1, 1, 28, 28)).macs for make in (added_net, dense_net))

    assert dense == pytest.approx(added, rel=0.05)


def test_at_equal_cost_and_in_few_epochs_adding_is_ahead_but_not_clearly_at_a_third_of_the_rate() -> None:
    gaps, spreads = [], []
    for lr in (0.01, 0.003):
        runs = train_nets({"added": added_net, "dense": dense_net}, SEEDS, 800, 4, partial(Adam, lr=lr))
        errors = {name: [run.validation_error for run in each] for name, each in runs.items()}
        print(lr, errors)
        gaps.append(mean(errors["dense"]) - mean(errors["added"]))
        spreads.append(max(max(each) - min(each) for each in errors.values()))

    assert gaps[0] > spreads[0]
    assert abs(gaps[1]) < spreads[1]
