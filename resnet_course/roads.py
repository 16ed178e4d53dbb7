"""What can stand on the road of a residual net, and how many layers it can skip: the nets of lesson 08.

He et al. 2016, *Identity Mappings in Deep Residual Networks*, made small enough for a laptop.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from functools import partial
from typing import Any

import torch
from torch import Tensor, nn
from torch.optim import SGD, Optimizer

from resnet_course.blocks import conv3x3, make_zero_pad_shortcut
from resnet_course.data import Batches, mnist5k, split
from resnet_course.resnet import initialise_convolutions
from resnet_course.small_nets import SmallResNet
from resnet_course.trainings import Training, train_each


def road_gradient(sums: Sequence[Tensor], gradient: Tensor) -> Tensor:
    """Return what reaches the first block's input along the shortcuts alone, where a ReLU follows each sum.

    Parameters
    ----------
    sums : sequence of torch.Tensor
        ``F(x) + x`` of each block, from the first to the last, all of one shape.
    gradient : torch.Tensor
        The gradient of the loss at the last block's output, of that shape.

    Returns
    -------
    torch.Tensor
        The gradient where every sum is positive, 0 elsewhere.

    Notes
    -----
    He et al. 2016, section 4.2: *"For f = ReLU, the signal is impacted if it is negative"*.

    Examples
    --------
    >>> road_gradient([torch.tensor([1.0, -1.0, 2.0]), torch.tensor([3.0, 4.0, 0.0])], torch.tensor([5.0, 5.0, 5.0]))
    tensor([5., 0., 0.])
    """
    for each in sums:
        gradient = gradient * (each > 0)
    return gradient


class Times(nn.Module):
    """Multiply by a number: the shortcut that He et al. 2016 call constant scaling (section 3.1).

    Parameters
    ----------
    factor : float
        The number; 1 is the identity.

    Examples
    --------
    >>> Times(0.5)(torch.tensor([4.0]))
    tensor([2.])
    """

    def __init__(self, factor: float) -> None:
        super().__init__()
        self.factor = factor

    def forward(self, x: Tensor) -> Tensor:
        """Return ``factor * x``, of the shape of `x`."""
        return self.factor * x

    def extra_repr(self) -> str:
        """Return what ``print`` shows between the brackets."""
        return f"{self.factor}"


class Gate(nn.Module):
    """Let of each number the share ``1 - g(x)`` pass, which the net learns: shortcut-only gating (section 3.1).

    Parameters
    ----------
    channels : int
        Channels of the input.
    bias : float
        Where the gate starts: with 0 about half of x passes, with -6 nearly all of it.

    Examples
    --------
    >>> gate = Gate(1, bias=-6)
    >>> round(gate(torch.zeros(1, 1, 1, 1) + 1e-9).item() / 1e-9, 3)
    0.998
    """

    def __init__(self, channels: int, bias: float) -> None:
        super().__init__()
        self.gate = nn.Conv2d(channels, channels, kernel_size=1)
        nn.init.constant_(self.gate.bias, bias)  # type: ignore[arg-type]

    def forward(self, x: Tensor) -> Tensor:
        """Return ``(1 - sigmoid(gate(x))) * x``, of the shape of `x`, ``[N, channels, H, W]``."""
        return (1 - torch.sigmoid(self.gate(x))) * x


def put_on_shortcuts(model: nn.Module, make: Callable[[int], nn.Module]) -> nn.Module:
    """Put a module on every shortcut of a net that carries x unchanged, and return the net.

    Parameters
    ----------
    model : torch.nn.Module
        A net with the stages ``layer1``, ``layer2``, ``layer3``, made of blocks with a ``downsample``; it is changed.
    make : callable
        ``make(channels)`` returns the module for a block of that many channels.

    Examples
    --------
    >>> from resnet_course.small_nets import create_small_resnet
    >>> put_on_shortcuts(create_small_resnet(8), lambda channels: Times(0.9)).layer1[0].downsample
    Times(0.9)
    """
    for stage in (model.layer1, model.layer2, model.layer3):
        for block in stage:  # type: ignore[union-attr]
            if block.downsample is None:
                block.downsample = make(block.conv2.out_channels)
    return model


def fold_shortcut(weight: Tensor) -> Tensor:
    """Return the weights of one convolution that gives a convolution plus its shortcut.

    Parameters
    ----------
    weight : torch.Tensor
        ``[C, C, k, k]`` with an odd k, of a convolution without bias that keeps the image's size.

    Returns
    -------
    torch.Tensor
        ``[C, C, k, k]``; ``conv(x, fold_shortcut(weight))`` is ``conv(x, weight) + x``.

    Notes
    -----
    Ding et al. 2021, *RepVGG: Making VGG-style ConvNets Great Again*, section 3.3.

    Examples
    --------
    >>> fold_shortcut(torch.tensor([[[[0.5]]]]))
    tensor([[[[1.5000]]]])
    """
    folded, middle = weight.clone(), weight.shape[-1] // 2
    for channel in range(len(weight)):
        folded[channel, channel, middle, middle] += 1
    return folded


class SkippingBlock(nn.Module):
    """A block of any number of layers with one shortcut around them all, or with none.

    Computes ``relu(F(x) + x)``, where F is so many times conv–BN with a ReLU between them: with two layers it is
    `BasicBlock` (He et al. 2015, equation 1), with one F is linear in eval mode.

    Parameters
    ----------
    inplanes, planes : int
        Channels of the input and of the output.
    stride : int
        Step of the first convolution.
    layers : int
        How many convolutions the shortcut skips.
    shortcut : bool
        Whether there is a shortcut at all. Where the shape changes it fills up with zeros.

    Examples
    --------
    >>> SkippingBlock(8, 16, stride=2, layers=3)(torch.zeros(1, 8, 28, 28)).shape
    torch.Size([1, 16, 14, 14])
    """

    def __init__(self, inplanes: int, planes: int, stride: int = 1, layers: int = 2, shortcut: bool = True) -> None:
        super().__init__()
        steps: list[nn.Module] = []
        for index in range(layers):
            steps += [nn.ReLU()] if index else []
            steps += [conv3x3(inplanes if index == 0 else planes, planes, stride if index == 0 else 1)]
            steps += [nn.BatchNorm2d(planes)]
        self.F = nn.Sequential(*steps)
        self.shortcut = (make_zero_pad_shortcut(inplanes, planes, stride) or nn.Identity()) if shortcut else None
        self.relu = nn.ReLU()

    def forward(self, x: Tensor) -> Tensor:
        """Map ``[N, inplanes, H, W]`` to ``[N, planes, ceil(H / stride), ceil(W / stride)]``."""
        out = self.F(x)
        return self.relu(out if self.shortcut is None else out + self.shortcut(x))


def create_skipping_net(
    layers: int, skip: int, *, width: int = 8, in_channels: int = 1, num_classes: int = 10, stem_stride: int = 2
) -> SmallResNet:
    """Return a net of three stages of so many convolutions each, of which every shortcut skips so many.

    Parameters
    ----------
    layers : int
        Convolutions of each stage, a multiple of `skip`; the net has ``3 * layers + 2`` layers.
    skip : int
        Convolutions that each shortcut skips; 0 is a plain net.
    width, in_channels, num_classes, stem_stride : int
        See `resnet_course.small_nets.SmallResNet`.

    Examples
    --------
    >>> [len(create_skipping_net(12, skip).layer1) for skip in (0, 1, 2, 3)]
    [12, 12, 6, 4]
    """
    stage = partial(_skipping_stage, max(skip, 1), skip > 0)
    return SmallResNet(stage, layers // max(skip, 1), width, in_channels, num_classes, stem_stride)


def _skipping_stage(layers: int, shortcut: bool, inplanes: int, planes: int, n: int, stride: int) -> nn.Module:
    first = SkippingBlock(inplanes, planes, stride, layers, shortcut)
    return nn.Sequential(first, *(SkippingBlock(planes, planes, 1, layers, shortcut) for _ in range(1, n)))


def first_losses(
    makers: Mapping[str, Callable[[], nn.Module]], steps: int, images: int = 32, seed: int = 0, lr: float = 0.05
) -> dict[str, list[float]]:
    """Return the loss of new nets at each of their first steps, always with the same digits: SGD with momentum 0.9.

    Parameters
    ----------
    makers : mapping
        Name to a function that makes the net.
    steps : int
        How many steps, at least 1.
    images : int
        How many digits.
    seed : int
        Of the new nets.
    lr : float
        The learning rate.

    Returns
    -------
    dict
        Name to the loss before each step.

    Examples
    --------
    >>> from resnet_course.small_nets import create_small_resnet
    >>> losses = first_losses({"residual-8": lambda: create_small_resnet(8, in_channels=1, stem_stride=2)}, steps=3)
    >>> len(losses["residual-8"])
    3
    """
    digits, labels = split(*mnist5k())[0]
    batch = Batches(digits[:images], labels[:images], batch_size=images)
    optimizer = partial(SGD, lr=lr, momentum=0.9)
    trained = train_each(
        [Training(name, partial(_with, make, optimizer), batch, steps, seed) for name, make in makers.items()]
    )
    return {name: each.history.train_loss for name, each in zip(makers, trained, strict=True)}


def _with(make: Callable[[], nn.Module], optimizer: Callable[[Any], Optimizer]) -> tuple[nn.Module, Optimizer]:
    model = make()
    return model, optimizer(model.parameters())


class DenseBlock(nn.Module):
    """Layers that each put new channels beside all channels that there are: Huang et al. 2017, section 3.

    A layer is BN–ReLU–conv3×3. It sees the block's input and what all layers before it gave.

    Parameters
    ----------
    channels : int
        Channels of the input.
    growth : int
        Channels that each layer adds.
    layers : int
        How many layers.

    Examples
    --------
    >>> DenseBlock(16, growth=8, layers=3)(torch.zeros(1, 16, 14, 14)).shape
    torch.Size([1, 40, 14, 14])
    """

    def __init__(self, channels: int, growth: int, layers: int) -> None:
        super().__init__()
        self.layers = nn.ModuleList()
        for index in range(layers):
            seen = channels + index * growth
            self.layers.append(nn.Sequential(nn.BatchNorm2d(seen), nn.ReLU(), conv3x3(seen, growth)))

    def forward(self, x: Tensor) -> Tensor:
        """Map ``[N, channels, H, W]`` to ``[N, channels + layers * growth, H, W]``."""
        for layer in self.layers:
            x = torch.cat([x, layer(x)], dim=1)
        return x


def net_around(block: nn.Module, channels: int, leaving: int, num_classes: int = 10) -> nn.Module:
    """Return a net of one stage for grey digits: a convolution, the blocks, BatchNorm and ReLU, a classifier.

    Parameters
    ----------
    block : torch.nn.Module
        ``[N, channels, H, W] -> [N, leaving, H, W]``.
    channels, leaving : int
        Channels that enter and leave it.
    num_classes : int
        Number of outputs.

    Examples
    --------
    >>> net_around(DenseBlock(16, 8, 3), 16, 40)(torch.zeros(1, 1, 28, 28)).shape
    torch.Size([1, 10])
    """
    net = nn.Sequential(
        conv3x3(1, channels, 2),
        block,
        nn.BatchNorm2d(leaving),
        nn.ReLU(),
        nn.AdaptiveAvgPool2d(1),
        nn.Flatten(),
        nn.Linear(leaving, num_classes),
    )
    initialise_convolutions(net)
    return net
