"""A net on which hasty code stumbles, and what the checks of this lesson ask of a net."""

from __future__ import annotations

from typing import Any, TypedDict

import numpy as np
import torch
from torch import Tensor, nn

from resnet_course.blocks import BasicBlock
from resnet_course.checks.judging import Fault, to_numpy
from resnet_course.checks.observing import Described, Raised
from resnet_course.checks.weights import fill
from resnet_course.resnet import make_layer

HEAD = ["fc.weight", "fc.bias"]
ASLEEP = "layer1"  # a part that someone froze, where a case says so


class Net(TypedDict, total=False):
    """Which net a case gives."""

    width: int
    classes: int
    dropout: float
    seed: int


class SeenNet(TypedDict, total=False):
    """What a function that was to return a net returned, if it is none; or its error."""

    returned: Described
    raised: Raised


class Gate(nn.Module):
    """Squeeze and excitation: its layers are named ``fc1`` and ``fc``, and belong to the backbone."""

    def __init__(self, channels: int) -> None:
        super().__init__()
        self.fc1 = nn.Linear(channels, channels)
        self.fc = nn.Linear(channels, channels)

    def forward(self, x: Tensor) -> Tensor:
        """Scale each channel by a share that its mean and those of the others decide on."""
        return x * torch.sigmoid(self.fc(torch.relu(self.fc1(x.mean((2, 3))))))[:, :, None, None]


class SmallNet(nn.Module):
    """A residual net of a few thousand weights, with torchvision's names, whose head is not made last."""

    def __init__(self, width: int = 8, classes: int = 5, dropout: float = 0.0) -> None:
        super().__init__()
        self.conv1 = nn.Conv2d(1, 6, 3, padding=1, bias=False)
        self.bn1 = nn.BatchNorm2d(6)
        self.relu = nn.ReLU()
        self.gate = Gate(width)
        self.avgpool = nn.AdaptiveAvgPool2d((1, 1))
        self.dropout = nn.Dropout(dropout)
        self.fc = nn.Linear(width, classes)
        self.layer1 = make_layer(BasicBlock, 6, width, 2, 2)

    def forward(self, x: Tensor) -> Tensor:
        """Return the logits."""
        x = self.gate(self.layer1(self.relu(self.bn1(self.conv1(x)))))
        return self.fc(self.dropout(self.avgpool(x).flatten(1)))


def made_net(given: Net) -> SmallNet:
    """Return a case's net, with the weights that its seed gives."""
    # Inputs are made outside the check's own random state, and the learner's must not notice.
    with torch.random.fork_rng(devices=[]):
        net = SmallNet(given["width"], given["classes"], given.get("dropout", 0.0))
    fill(net, given["seed"])
    return net


def lent_net(given: Net, training: bool) -> SmallNet:
    """Return a case's net in train or eval mode, with a part in it that someone has frozen, modes and all."""
    net = made_net(given).train(training)
    net.get_submodule(ASLEEP).eval().requires_grad_(False)
    return net


def images(seed: int, count: int, channels: int = 1, side: int = 12) -> np.ndarray:
    """Return random images."""
    return np.random.default_rng(seed).normal(0, 1, (count, channels, side, side)).astype(np.float32)


def features(net: Any, x: Tensor) -> np.ndarray:
    """Return what reaches the head; nothing where it is not asked."""
    caught: list[Tensor] = []
    hook = net.fc.register_forward_pre_hook(lambda _, inputs: caught.append(inputs[0].detach().clone()))
    with hook, torch.no_grad():
        net(x)
    return to_numpy(caught[-1]) if caught else np.empty(0)


def moved(net: nn.Module, before: dict[str, Tensor]) -> list[str]:
    """Return which parameters and buffers are not what they were."""
    return [name for name, tensor in net.state_dict().items() if name in before and not tensor.equal(before[name])]


def trainable(net: nn.Module) -> list[str]:
    """Return which parameters can learn."""
    return [name for name, parameter in net.named_parameters() if parameter.requires_grad]


def switched(now: list[str], before: nn.Module) -> list[str]:
    """Return which of a net's parameters can learn now and could not before, or the other way round."""
    return [name for name, parameter in before.named_parameters() if (name in now) != parameter.requires_grad]


def modes(net: nn.Module) -> dict[str, bool]:
    """Return which modules are in train mode, under the names that a learner would write."""
    return {f"model.{name}" if name else "model": module.training for name, module in net.named_modules()}


def altered(now: dict[str, bool], before: dict[str, bool]) -> list[str]:
    """Return which modules are in another mode than before, those that came or went left out."""
    return [name for name, mode in now.items() if before.get(name, mode) != mode]


def different_rows(weight: Tensor) -> int:
    """Return how many rows of a weight are unlike the others: all of them, where they were drawn."""
    return len(weight.detach().unique(dim=0))


def few(names: list[str]) -> str:
    """Return the first of some names, as code, with dots where there are more."""
    shown = [f"`{name}`" for name in names[:4]]
    return ", ".join([*shown, "…"] if len(names) > len(shown) else shown)


def is_a_net(seen: SeenNet, **figures: Any) -> None:
    """Raise a fault where a function that was to return a net returned something else."""
    if "returned" in seen:
        key = "returned-nothing" if seen["returned"]["kind"] == "none" else "not-a-net"
        raise Fault(key, **figures, type=seen["returned"]["type"])
