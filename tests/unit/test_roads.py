"""What stands on the road of a residual net: masks, factors, gates, shortcuts around one layer, concatenation."""

from __future__ import annotations

import pytest
import torch
import torch.nn.functional as F
from torch import nn

from resnet_course.blocks import BasicBlock, PreActivationBlock
from resnet_course.cost import count_parameters
from resnet_course.roads import (
    DenseBlock,
    Gate,
    SkippingBlock,
    Times,
    create_skipping_net,
    first_losses,
    fold_shortcut,
    net_around,
    put_on_shortcuts,
    road_gradient,
)
from resnet_course.small_nets import create_preactivation_net, create_small_resnet


def test_the_gradient_on_the_road_is_autograds_where_the_residuals_are_constant() -> None:
    torch.manual_seed(0)
    x = torch.randn(2, 3, 4, 4, requires_grad=True)
    out, sums = x, []
    for _ in range(4):
        total = torch.randn(2, 3, 4, 4) + out
        sums.append(total.detach())
        out = F.relu(total)
    slope = torch.randn(2, 3, 4, 4)
    (wanted,) = torch.autograd.grad((out * slope).sum(), x)

    torch.testing.assert_close(road_gradient(sums, slope), wanted)


def test_a_pre_activation_net_blocks_nothing_on_the_road() -> None:
    """Where F gives 0, the net's stage is the identity, whatever the sign."""
    stage = create_preactivation_net(20, width=4).layer1
    for block in stage:
        nn.init.zeros_(block.conv2.weight)
    x = torch.randn(2, 4, 6, 6)

    assert torch.equal(stage(x), x)


def test_the_mean_of_v1s_signal_can_only_grow() -> None:
    torch.manual_seed(0)
    x = torch.randn(32, 8, 7, 7).relu()
    with torch.no_grad():
        for _ in range(20):
            y = BasicBlock(8, 8)(x)
            assert (y.mean((0, 2, 3)) - x.mean((0, 2, 3))).min() > -1e-5
            x = y


def test_a_factor_is_raised_to_the_power_of_the_depth() -> None:
    road = nn.Sequential(*(Times(0.9) for _ in range(50)))

    assert road(torch.ones(1)).item() == pytest.approx(0.9**50, rel=1e-4)


@pytest.mark.parametrize(("bias", "share"), [(0, 0.5), (-6, 0.9975)])
def test_a_gate_starts_as_open_as_its_bias_says(bias: float, share: float) -> None:
    gate = Gate(4, bias)
    nn.init.zeros_(gate.gate.weight)
    x = torch.randn(2, 4, 3, 3)

    torch.testing.assert_close(gate(x), share * x, rtol=1e-3, atol=1e-3)


def test_obstacles_stand_on_every_shortcut_that_carries_x_unchanged() -> None:
    net = put_on_shortcuts(create_small_resnet(20), lambda channels: Times(0.5))
    factors = [name for name, each in net.named_modules() if isinstance(each, Times)]

    assert len(factors) == 7  # of nine blocks two change the shape


def test_an_obstacle_of_factor_1_changes_nothing() -> None:
    net, x = create_small_resnet(20).eval(), torch.randn(1, 3, 16, 16)
    wanted = net(x)

    assert torch.equal(put_on_shortcuts(net, lambda channels: Times(1.0))(x), wanted)


@pytest.mark.parametrize("window", [1, 3, 5])
def test_a_folded_shortcut_gives_the_same_and_leaves_the_weights_alone(window: int) -> None:
    torch.manual_seed(0)
    weight, x = torch.randn(4, 4, window, window), torch.randn(2, 4, 7, 7)
    before = weight.clone()
    folded = F.conv2d(x, fold_shortcut(weight), padding=window // 2)

    torch.testing.assert_close(folded, F.conv2d(x, weight, padding=window // 2) + x, rtol=1e-4, atol=1e-4)
    assert torch.equal(weight, before)


def test_a_shortcut_around_two_layers_is_that_of_a_basic_block() -> None:
    ours, theirs = SkippingBlock(4, 4).eval(), BasicBlock(4, 4).eval()
    ours.F[0].load_state_dict(theirs.conv1.state_dict())
    ours.F[3].load_state_dict(theirs.conv2.state_dict())
    x = torch.randn(2, 4, 5, 5)

    torch.testing.assert_close(ours(x), theirs(x))


def test_nets_that_skip_differently_have_as_many_parameters() -> None:
    assert len({count_parameters(create_skipping_net(12, skip)) for skip in (0, 1, 2, 3)}) == 1


def test_a_dense_block_hands_its_input_on_untouched() -> None:
    x = torch.randn(1, 6, 5, 5)
    out = DenseBlock(6, growth=4, layers=3)(x)

    assert out.shape == (1, 18, 5, 5)
    assert torch.equal(out[:, :6], x)


def test_a_net_around_a_block_takes_grey_digits() -> None:
    assert net_around(PreActivationBlock(8, 8), 8, 8)(torch.zeros(2, 1, 28, 28)).shape == (2, 10)


def test_first_losses_fall_and_repeat() -> None:
    makers = {"net": lambda: create_small_resnet(8, width=4, in_channels=1, stem_stride=2)}
    once = first_losses(makers, steps=4)["net"]

    assert len(once) == 4
    assert once[-1] < once[0]
    assert first_losses(makers, steps=4)["net"] == once


def test_v2_has_v1s_names_and_number_of_parameters() -> None:
    v1, v2 = create_small_resnet(20), create_preactivation_net(20)
    differ = {
        name.rpartition(".")[0] for name, each in v1.named_parameters() if each.shape != v2.get_parameter(name).shape
    }

    assert set(v1.state_dict()) == set(v2.state_dict())
    assert count_parameters(v1) == count_parameters(v2) == 269_722
    assert differ == {"bn1", "layer2.0.bn1", "layer3.0.bn1"}


@pytest.mark.parametrize("shortcut", ["A", "B"])
def test_a_pre_activation_net_gives_logits(shortcut: str) -> None:
    assert create_preactivation_net(8, shortcut=shortcut, width=4)(torch.zeros(2, 3, 16, 16)).shape == (2, 10)


def test_an_unknown_shortcut_is_refused() -> None:
    with pytest.raises(ValueError, match="C"):
        create_preactivation_net(8, shortcut="C")
