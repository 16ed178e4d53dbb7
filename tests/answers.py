"""What answers each exercise, as its check takes it: a reference implementation, or a solved prediction and its run."""

from __future__ import annotations

from functools import cache
from typing import Any

import torch
from torch import nn

from resnet_course import (
    blocks,
    data,
    evaluation,
    experiments,
    gradients,
    lesion,
    mlp,
    recorders,
    resnet,
    roads,
    transfer,
)

DIAGNOSIS = {"A": "diverging", "B": "degradation", "C": "healthy", "D": "overfitting"}
PROPHECY = {
    "sigmoid": "vanishes",
    "tanh": "vanishes",
    "relu": "vanishes",
    "sigmoid_xavier": "vanishes",
    "tanh_xavier": "survives",
    "tanh_triple_xavier": "explodes",
    "relu_he": "survives",
    "sigmoid_batchnorm": "survives",
}


def sigmoid_derivative(x: torch.Tensor) -> torch.Tensor:
    """Return the slope of the sigmoid at each number."""
    return torch.sigmoid(x) * (1 - torch.sigmoid(x))


@cache
def profiles() -> dict[str, dict[str, float]]:
    """Measure the eight nets of lesson 01's prophecy, on real digits."""
    images, labels = data.mnist5k()

    def measure(
        activation: type[nn.Module], init: mlp.Init = "default", *, norm: bool = False, times: float = 1.0
    ) -> Any:
        net = mlp.initialise_linear(mlp.deep_mlp(30, 64, activation, norm=norm), init)
        with torch.no_grad():
            for parameter in net.parameters():
                parameter.mul_(times)
        return experiments.profile_of(net, images[::40], labels[::40])

    torch.manual_seed(0)
    return {
        "sigmoid": measure(nn.Sigmoid),
        "tanh": measure(nn.Tanh),
        "relu": measure(nn.ReLU),
        "sigmoid_xavier": measure(nn.Sigmoid, "xavier"),
        "tanh_xavier": measure(nn.Tanh, "xavier"),
        "tanh_triple_xavier": measure(nn.Tanh, "xavier", times=3.0),
        "relu_he": measure(nn.ReLU, "he"),
        "sigmoid_batchnorm": measure(nn.Sigmoid, norm=True),
    }


def conv_cost(
    in_channels: int, out_channels: int, kernel_size: int, height: int, width: int, groups: int = 1
) -> tuple[int, int]:
    """Count the weights and the multiply-adds of a convolution."""
    parameters = in_channels // groups * out_channels * kernel_size**2
    return parameters, parameters * height * width


def block_budget(channels: int, planes: int) -> int:
    """Return the largest width of a bottleneck that costs no more than a basic block."""
    width = 0
    while 2 * channels * (width + 1) + 9 * (width + 1) ** 2 <= 18 * planes**2:
        width += 1
    return width


def move_stride(block: blocks.Bottleneck) -> None:
    """Move the stride of a bottleneck from its 3×3 convolution to its first one, in place."""
    block.conv1.stride, block.conv2.stride = block.conv2.stride, block.conv1.stride


def wrn_channels(widening_factor: int) -> list[int]:
    """Return the channels of a Wide ResNet's first convolution and of its three stages."""
    return [16, *(width * widening_factor for width in (16, 32, 64))]


def split_transform_merge(x: torch.Tensor, weight: torch.Tensor, groups: int) -> torch.Tensor:
    """Compute a grouped convolution path by path."""
    paths = zip(x.chunk(groups, dim=1), weight.chunk(groups), strict=True)
    return torch.cat([nn.functional.conv2d(*path, padding=weight.shape[-1] // 2) for path in paths], dim=1)


def choose_net(nets: dict[str, dict[str, float]], limits: dict[str, float]) -> str | None:
    """Return the net with the lowest error within the limits, of equals that with the fewest multiply-adds."""
    fitting = [name for name in nets if all(nets[name][cost] <= limit for cost, limit in limits.items())]
    return min(fitting, key=lambda name: (nets[name]["error"], nets[name]["gmacs"]), default=None)


def dense_cost(channels: int, growth: int, layers: int) -> tuple[int, int]:
    """Count the channels that leave a dense block, and the weights of its convolutions."""
    weights = sum(9 * (channels + layer * growth) * growth for layer in range(layers))
    return channels + layers * growth, weights


REFERENCE: dict[str, tuple[Any, ...]] = {
    "warm-up": (lambda f, x: f(x) + x,),
    "sigmoid-derivative": (sigmoid_derivative, lambda depth: 0.25**depth),
    "deep-mlp": (mlp.deep_mlp,),
    "gradient-norms": (recorders.gradient_norms,),
    "prophecy": (PROPHECY, profiles()),
    "diagnose-curves": (DIAGNOSIS,),
    "numerical-derivative": (gradients.numerical_derivative,),
    "residual-wrapper": (blocks.Residual,),
    "residual-jacobian": (gradients.residual_jacobian,),
    "path-lengths": (gradients.path_lengths,),
    "identity-init": (gradients.zero_init_residual,),
    "conv3x3": (blocks.conv3x3,),
    "basic-block": (blocks.BasicBlock,),
    "shortcut": (blocks.make_shortcut,),
    "find-the-bug": (blocks.BasicBlock,) * 3,
    "conv-cost": (conv_cost,),
    "bottleneck": (blocks.Bottleneck,),
    "block-budget": (block_budget,),
    "stride-placement": (move_stride,),
    "make-layer": (resnet.make_layer,),
    "resnet": (resnet.ResNet,),
    "create-resnet": (resnet.create_resnet,),
    "lesion": (lesion.without_block,),
    "evaluate": (evaluation.accuracy,),
    "replace-head": (transfer.replace_head,),
    "freeze-backbone": (transfer.freeze_backbone,),
    "parameter-groups": (transfer.parameter_groups,),
    "pretrained-resnet": (transfer.get_resnet_pretrained,),
    "wrn-channels": (wrn_channels,),
    "grouped-conv": (split_transform_merge,),
    "resnext-block": (blocks.Bottleneck,),
    "trade-off": (choose_net,),
    "relu-on-the-road": (roads.road_gradient,),
    "pre-activation": (blocks.PreActivationBlock,),
    "how-many-to-skip": (roads.fold_shortcut,),
    "add-or-concatenate": (dense_cost,),
}
