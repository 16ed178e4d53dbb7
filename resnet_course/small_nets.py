"""Nets for small images: the plain and residual nets with 6n + 2 layers of He et al. 2015 and 2016, and Wide ResNets.

All have three stages, at full, half and quarter size of the image.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any

from torch import Tensor, nn

from resnet_course.blocks import (
    BasicBlock,
    PlainBlock,
    PreActivationBlock,
    conv1x1,
    conv3x3,
    make_shortcut,
    make_zero_pad_shortcut,
)
from resnet_course.language import message
from resnet_course.resnet import check_num_classes, initialise_convolutions, make_layer

SHORTCUTS = {"A": make_zero_pad_shortcut, "B": make_shortcut}


class SmallResNet(nn.Module):
    """A 3×3 convolution, three stages of `n` blocks, global average pool, linear classifier.

    He et al. 2015, section 4.2. The depth is ``6 * n + 2``: two convolutions in each of the 3n blocks, the first
    convolution and the linear layer.

    Parameters
    ----------
    make_stage : callable
        ``make_stage(inplanes, planes, n, stride)`` returns a stage.
    n : int
        Blocks in each stage.
    width : int
        Channels of the first stage; the second has twice, the third four times as many.
    in_channels : int
        1 for grey images, 3 for colour.
    num_classes : int
        Number of outputs.
    stem_stride : int
        Step of the first convolution; 2 makes everything after it four times cheaper.

    Examples
    --------
    >>> import torch
    >>> create_small_resnet(20)(torch.zeros(1, 3, 32, 32)).shape
    torch.Size([1, 10])
    """

    def __init__(
        self,
        make_stage: Callable[[int, int, int, int], nn.Module],
        n: int,
        width: int = 16,
        in_channels: int = 3,
        num_classes: int = 10,
        stem_stride: int = 1,
    ) -> None:
        super().__init__()
        self.conv1 = conv3x3(in_channels, width, stem_stride)
        self.bn1 = nn.BatchNorm2d(width)
        self.relu = nn.ReLU(inplace=True)

        self.layer1 = make_stage(width, width, n, 1)
        self.layer2 = make_stage(width, 2 * width, n, 2)
        self.layer3 = make_stage(2 * width, 4 * width, n, 2)

        self.avgpool = nn.AdaptiveAvgPool2d((1, 1))
        self.fc = nn.Linear(4 * width, num_classes)

        initialise_convolutions(self)

    def forward(self, x: Tensor) -> Tensor:
        """Map images ``[N, in_channels, H, W]`` to logits ``[N, num_classes]``."""
        x = self.conv1(x)
        x = self.bn1(x)
        x = self.relu(x)

        x = self.layer1(x)
        x = self.layer2(x)
        x = self.layer3(x)

        x = self.avgpool(x)
        x = x.flatten(1)
        return self.fc(x)


def create_small_resnet(
    depth: int,
    *,
    shortcut: str = "A",
    width: int = 16,
    in_channels: int = 3,
    num_classes: int = 10,
    stem_stride: int = 1,
) -> SmallResNet:
    """Return a residual net with 6n + 2 layers, with random weights: He et al. 2015, section 4.2 and table 6.

    Parameters
    ----------
    depth : int
        20, 32, 44, 56, 110 and 1202 in the paper; any other ``6 * n + 2`` works as well.
    shortcut : {"A", "B"}
        Where the shape changes: zeros for the missing channels, as in the paper, or a projection.
    width, in_channels, num_classes, stem_stride : int
        See `SmallResNet`; the defaults are the paper's for CIFAR-10.

    Raises
    ------
    ValueError
        If the depth is not 6n + 2, or there is no such shortcut.

    Examples
    --------
    >>> sum(parameter.numel() for parameter in create_small_resnet(20).parameters())
    269722
    """
    stage = partial(_residual_stage, _find_shortcut(shortcut, SHORTCUTS))
    return _create(stage, depth, width, in_channels, num_classes, stem_stride)


def create_plain_net(
    depth: int, *, width: int = 16, in_channels: int = 3, num_classes: int = 10, stem_stride: int = 1
) -> SmallResNet:
    """Return the same net without its shortcuts: He et al. 2015, section 4.2, "plain".

    Parameters
    ----------
    depth : int
        20, 32, 44 and 56 in the paper; any other ``6 * n + 2`` works as well.
    width, in_channels, num_classes, stem_stride : int
        See `SmallResNet`; the defaults are the paper's for CIFAR-10.

    Raises
    ------
    ValueError
        If the depth is not 6n + 2.

    Examples
    --------
    >>> sum(parameter.numel() for parameter in create_plain_net(20).parameters())  # as many as with shortcuts
    269722
    """
    return _create(_plain_stage, depth, width, in_channels, num_classes, stem_stride)


def create_preactivation_net(
    depth: int,
    *,
    shortcut: str = "A",
    width: int = 16,
    in_channels: int = 3,
    num_classes: int = 10,
    stem_stride: int = 1,
) -> WideResNet:
    """Return `create_small_resnet`'s net with BatchNorm and ReLU before each convolution: He et al. 2016, figure 4e.

    Every layer has the name that it has there, and there are as many parameters. Other sizes have only the BatchNorms
    that stand before the first convolution of a stage or at the end of the net.

    Parameters
    ----------
    depth : int
        110 and 1001 (of bottlenecks) in the paper; any ``6 * n + 2`` works.
    shortcut : {"A", "B"}
        Where the shape changes: zeros for the missing channels, or a 1×1 convolution.
    width, in_channels, num_classes, stem_stride : int
        See `SmallResNet`; the defaults are the paper's for CIFAR-10.

    Raises
    ------
    ValueError
        If the depth is not 6n + 2, or there is no such shortcut.

    Examples
    --------
    >>> sum(parameter.numel() for parameter in create_preactivation_net(20).parameters())  # as many as before
    269722
    """
    n = _blocks_per_stage(depth, rest=2)
    made = _find_shortcut(shortcut, {"A": make_zero_pad_shortcut, "B": _convolution_shortcut})
    return WideResNet(6 * n + 4, 1, in_channels, num_classes, width, stem_stride, made)


def _find_shortcut(name: str, known: dict[str, Any]) -> Any:
    if name not in known:
        raise ValueError(message("errors.small-nets.shortcut", shortcut=name, known=", ".join(known)))
    return known[name]


def _residual_stage(shortcut: Any, inplanes: int, planes: int, n: int, stride: int) -> nn.Module:
    return make_layer(BasicBlock, inplanes, planes, n, stride, shortcut=shortcut)


def _plain_stage(inplanes: int, planes: int, n: int, stride: int) -> nn.Module:
    return nn.Sequential(PlainBlock(inplanes, planes, stride), *(PlainBlock(planes, planes) for _ in range(1, n)))


def _create(
    stage: Callable[[int, int, int, int], nn.Module], depth: int, width: int, in_channels: int, num_classes: int,
    stem_stride: int,
) -> SmallResNet:  # fmt: skip
    n = _blocks_per_stage(depth, rest=2)
    check_num_classes(num_classes)
    return SmallResNet(stage, n, width, in_channels, num_classes, stem_stride)


def _blocks_per_stage(depth: int, rest: int) -> int:
    """Return n of ``depth = 6n + rest``."""
    n, left = divmod(depth - rest, 6) if isinstance(depth, int) else (3, 1)
    if n < 1 or left:
        lower = 6 * max(n, 1) + rest
        raise ValueError(message("errors.small-nets.depth", depth=depth, rest=rest, lower=lower, higher=lower + 6))
    return n


def _convolution_shortcut(inplanes: int, planes: int, stride: int) -> nn.Module | None:
    if stride == 1 and inplanes == planes:
        return None
    return conv1x1(inplanes, planes, stride)


class WideResNet(nn.Module):
    """WRN-d-k: pre-activation blocks, `k` times as wide as the paper's ResNets for CIFAR-10.

    Zagoruyko & Komodakis 2016, table 1, without dropout.

    Parameters
    ----------
    depth : int
        ``6 * n + 4`` with n blocks in each stage, such as 16, 22, 28, 40.
    widen_factor : int
        k: the stages have 16k, 32k and 64k channels.
    in_channels : int
        1 for grey images, 3 for colour.
    num_classes : int
        Number of outputs.
    width : int
        What `widen_factor` multiplies: 16 in the paper.
    stem_stride : int
        Step of the first convolution.
    shortcut : callable
        ``shortcut(inplanes, planes, stride)`` returns what stands on the shortcut of a stage's first block, or None: in
        the paper a 1×1 convolution where the shape changes.

    Raises
    ------
    ValueError
        If the depth is not 6n + 4.

    Examples
    --------
    >>> f"{sum(parameter.numel() for parameter in WideResNet(28, 10).parameters()):,}"
    '36,479,194'
    """

    def __init__(
        self,
        depth: int,
        widen_factor: int,
        in_channels: int = 3,
        num_classes: int = 10,
        width: int = 16,
        stem_stride: int = 1,
        shortcut: Callable[[int, int, int], nn.Module | None] = _convolution_shortcut,
    ) -> None:
        super().__init__()
        n = _blocks_per_stage(depth, rest=4)
        check_num_classes(num_classes)
        wide = width * widen_factor
        self.conv1 = conv3x3(in_channels, width, stem_stride)

        self.layer1 = make_layer(PreActivationBlock, width, wide, n, 1, shortcut=shortcut)
        self.layer2 = make_layer(PreActivationBlock, wide, 2 * wide, n, 2, shortcut=shortcut)
        self.layer3 = make_layer(PreActivationBlock, 2 * wide, 4 * wide, n, 2, shortcut=shortcut)

        # The blocks end without BatchNorm and ReLU, so the net does it once for all of them.
        self.bn1 = nn.BatchNorm2d(4 * wide)
        self.relu = nn.ReLU(inplace=True)
        self.avgpool = nn.AdaptiveAvgPool2d((1, 1))
        self.fc = nn.Linear(4 * wide, num_classes)

        initialise_convolutions(self)

    def forward(self, x: Tensor) -> Tensor:
        """Map images ``[N, in_channels, H, W]`` to logits ``[N, num_classes]``."""
        x = self.conv1(x)

        x = self.layer1(x)
        x = self.layer2(x)
        x = self.layer3(x)

        x = self.bn1(x)
        x = self.relu(x)
        x = self.avgpool(x)
        x = x.flatten(1)
        return self.fc(x)
