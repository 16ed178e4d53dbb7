"""The nets for small images have the papers' depths, parameters and shortcuts."""

from __future__ import annotations

from typing import Any

import pytest
import torch
from torch import nn

from resnet_course.cost import count_cost, count_parameters
from resnet_course.small_nets import WideResNet, create_plain_net, create_small_resnet


def weighted_layers(model: nn.Module) -> int:
    """Count convolutions and linear layers, as the papers do: projections on shortcuts are left out."""
    return sum(
        isinstance(module, nn.Conv2d | nn.Linear) for name, module in model.named_modules() if "downsample" not in name
    )


# He et al. 2015, table 6: parameters in millions.
@pytest.mark.parametrize(
    ("depth", "millions"), [(20, 0.27), (32, 0.46), (44, 0.66), (56, 0.85), (110, 1.7), (1202, 19.4)]
)
def test_a_residual_net_has_the_papers_depth_and_parameters(depth: int, millions: float) -> None:
    with torch.device("meta"):
        model = create_small_resnet(depth)

    assert weighted_layers(model) == depth
    assert float(f"{count_parameters(model) / 1e6:.{2 if millions < 1 else 1}f}") == millions


@pytest.mark.parametrize(("depth", "parameters"), [(20, 269_722), (56, 853_018)])
def test_a_plain_net_has_as_many_parameters_as_a_residual_one(depth: int, parameters: int) -> None:
    assert count_parameters(create_small_resnet(depth)) == parameters
    assert count_parameters(create_plain_net(depth)) == parameters


def test_a_plain_net_is_the_residual_net_with_the_shortcuts_cut() -> None:
    plain, residual = create_plain_net(20).eval(), create_small_resnet(20).eval()
    plain.load_state_dict(residual.state_dict(), strict=True)

    class NoShortcut(nn.Module):
        def forward(self, x: torch.Tensor) -> torch.Tensor:
            return torch.zeros(())

    for stage in (residual.layer1, residual.layer2, residual.layer3):
        for block in stage:
            block.downsample = NoShortcut()
    x = torch.randn(2, 3, 32, 32)

    torch.testing.assert_close(plain(x), residual(x), rtol=0, atol=0)


def test_option_b_projects_where_the_shape_changes_and_nowhere_else() -> None:
    model = create_small_resnet(20, shortcut="B")
    projections = {name for name, module in model.named_modules() if name.endswith("downsample")}

    assert projections == {"layer2.0.downsample", "layer3.0.downsample"}
    # 16 · 32 + 32 · 64 weights and their BatchNorms.
    assert count_parameters(model) - 269_722 == 16 * 32 + 2 * 32 + 32 * 64 + 2 * 64


# Zagoruyko & Komodakis 2016, tables 4 and 5: parameters in millions.
@pytest.mark.parametrize(
    ("depth", "k", "millions"), [(16, 8, 11.0), (22, 8, 17.2), (28, 10, 36.5), (40, 4, 8.9), (40, 1, 0.6)]
)
def test_a_wide_resnet_has_the_papers_parameters(depth: int, k: int, millions: float) -> None:
    with torch.device("meta"):
        model = WideResNet(depth, k)

    assert round(count_parameters(model) / 1e6, 1) == millions


def test_the_depth_of_a_wide_resnet_counts_all_its_convolutions() -> None:
    convolutions = [module for module in WideResNet(16, 2).modules() if isinstance(module, nn.Conv2d)]

    assert len(convolutions) == 16  # the three projections too, the linear layer not


def test_every_net_maps_images_to_one_logit_a_class() -> None:
    for model in (create_small_resnet(8), create_plain_net(8), WideResNet(10, 2)):
        assert model(torch.zeros(2, 3, 32, 32)).shape == (2, 10)
    grey = create_small_resnet(8, width=4, in_channels=1, num_classes=3, stem_stride=2)
    assert grey(torch.zeros(2, 1, 28, 28)).shape == (2, 3)


def test_a_step_of_two_at_the_stem_makes_the_net_four_times_cheaper() -> None:
    near, far = (count_cost(create_small_resnet(20, stem_stride=stride), (1, 3, 32, 32)).macs for stride in (1, 2))

    assert near / far == pytest.approx(4, rel=0.001)


@pytest.mark.parametrize("depth", [0, 2, 19, 21, -4, 20.5, "20"])
def test_another_depth_names_the_nearest_possible_ones(depth: Any) -> None:
    with pytest.raises(ValueError, match=r"6n \+ 2 .* such as \d+ or \d+"):
        create_small_resnet(depth)
    with pytest.raises(ValueError, match=r"6n \+ 2"):
        create_plain_net(depth)
    with pytest.raises(ValueError, match=r"6n \+ 4"):
        WideResNet(depth, 2)


def test_the_error_for_a_depth_of_50_proposes_50s_neighbours() -> None:
    with pytest.raises(ValueError, match="such as 44 or 50"):
        create_small_resnet(49)


def test_an_unknown_shortcut_lists_the_known_ones() -> None:
    with pytest.raises(ValueError, match="'C'; the known options are: A, B"):
        create_small_resnet(20, shortcut="C")
