"""Deep nets of linear layers: their layers, their depth, and how their weights are drawn."""

from __future__ import annotations

import pytest
import torch
from torch import nn

from resnet_course.mlp import CLASSES, PIXELS, deep_mlp, initialise_linear


def linear_layers(model: nn.Module) -> list[nn.Linear]:
    return [module for module in model.modules() if isinstance(module, nn.Linear)]


@pytest.mark.parametrize("depth", [2, 3, 30, 100])
@pytest.mark.parametrize("norm", [False, True])
@pytest.mark.parametrize("shortcut", [False, True])
def test_the_depth_counts_the_linear_layers_whatever_is_added(depth: int, norm: bool, shortcut: bool) -> None:
    model = deep_mlp(depth, 8, nn.ReLU, norm=norm, shortcut=shortcut)

    assert len(linear_layers(model)) == depth
    assert model(torch.randn(3, 1, 28, 28)).shape == (3, CLASSES)


def test_the_plain_net_is_the_formula() -> None:
    model = deep_mlp(3, 5, nn.Tanh)
    first, second, last = linear_layers(model)
    x = torch.randn(4, 1, 28, 28)

    torch.testing.assert_close(model(x), last(torch.tanh(second(torch.tanh(first(x.flatten(1)))))))


def test_a_shortcut_goes_around_every_hidden_layer_of_one_width() -> None:
    model = deep_mlp(4, 5, nn.Tanh, shortcut=True)
    first, second, third, last = linear_layers(model)
    x = torch.randn(4, 1, 28, 28)
    a = torch.tanh(first(x.flatten(1)))
    b = torch.tanh(second(a)) + a
    c = torch.tanh(third(b)) + b

    torch.testing.assert_close(model(x), last(c))


def test_batchnorm_stands_before_every_activation() -> None:
    kinds = [type(module).__name__ for module in deep_mlp(3, 5, nn.ReLU, norm=True)]

    assert kinds == ["Flatten", "Linear", "BatchNorm1d", "ReLU", "Linear", "BatchNorm1d", "ReLU", "Linear"]


# Glorot & Bengio 2010, equation 16; He et al. 2015 (Delving Deep), equation 10.
@pytest.mark.parametrize(
    ("rule", "variance"), [("xavier", 2 / (784 + 600)), ("he", 2 / 784), ("default", 1 / (3 * 784))]
)
def test_the_rules_draw_weights_of_their_variance(rule: str, variance: float) -> None:
    torch.manual_seed(0)
    layer = initialise_linear(nn.Linear(PIXELS, 600), rule)

    assert layer.weight.var().item() == pytest.approx(variance, rel=0.02)
    assert (layer.bias == 0).all().item() == (rule != "default")


@pytest.mark.parametrize("depth", [1, 0, 2.5, "30"])
def test_a_depth_that_is_no_number_of_layers_gets_a_sentence(depth: object) -> None:
    with pytest.raises(ValueError, match="depth"):
        deep_mlp(depth, 8, nn.ReLU)  # type: ignore[arg-type]


def test_an_unknown_rule_lists_the_known_ones() -> None:
    with pytest.raises(ValueError, match="default, xavier, he"):
        initialise_linear(nn.Linear(2, 2), "kaiming")  # type: ignore[arg-type]
