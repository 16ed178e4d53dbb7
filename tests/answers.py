"""What answers each exercise, as its check takes it: a reference implementation, or a solved prediction and its run."""

from __future__ import annotations

from functools import cache
from typing import Any

import torch
from torch import nn

from resnet_course import blocks, data, experiments, gradients, mlp, recorders

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


REFERENCE: dict[str, tuple[Any, ...]] = {
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
}
