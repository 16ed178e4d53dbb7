"""Weights and images that checks give to a learner's layers and to the reference, the same to both."""

from __future__ import annotations

import zlib

import numpy as np
import torch
from torch import nn

Names = dict[str, list[int]]


def convolution(draw: np.random.Generator, out_planes: int, in_planes: int, size: int) -> np.ndarray:
    """Return random weights of a convolution."""
    return draw.normal(0, 0.5, (out_planes, in_planes, size, size)).astype(np.float32)


def batch_norm(draw: np.random.Generator, name: str, planes: int) -> dict[str, np.ndarray]:
    """Return random weights and statistics of a BatchNorm, by their names in a ``state_dict``."""
    values = {
        "weight": draw.uniform(0.5, 1.5, planes),
        "bias": draw.normal(0, 0.5, planes),
        "running_mean": draw.normal(0, 0.5, planes),
        "running_var": draw.uniform(0.5, 2.0, planes),
    }
    return {f"{name}.{part}": value.astype(np.float32) for part, value in values.items()}


def image(draw: np.random.Generator, planes: int, height: int, width: int) -> np.ndarray:
    """Return two random images."""
    return draw.normal(0, 1, (2, planes, height, width)).astype(np.float32)


def fill(module: nn.Module, seed: int) -> None:
    """Give every parameter and statistic random numbers that depend on its name, its shape and the seed only.

    So the learner's net and the reference get the same weights, wherever their names and shapes agree, although they
    are made in different processes.
    """
    with torch.no_grad():
        for name, tensor in module.state_dict().items():
            if not tensor.is_floating_point():
                continue
            draw = torch.Generator().manual_seed(seed + zlib.crc32(name.encode()))
            if name.endswith("running_var"):
                tensor.uniform_(0.5, 1.5, generator=draw)
            elif tensor.dim() > 1:
                half = (6 / tensor[0].numel()) ** 0.5  # so that activations keep their size
                tensor.uniform_(-half, half, generator=draw)
            else:
                centre = 1.0 if name.endswith("weight") else 0.0
                tensor.uniform_(centre - 0.5, centre + 0.5, generator=draw)


def shapes_of(module: nn.Module) -> Names:
    """Return the shape of every parameter and buffer, by name."""
    return {name: list(tensor.shape) for name, tensor in module.state_dict().items()}
