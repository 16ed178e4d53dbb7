"""ResNets for photographs: ResNet-18 to -152, ResNeXt and Wide ResNet, as torchvision names and initialises them.

He et al. 2015, table 1; Xie et al. 2017, table 1; Zagoruyko & Komodakis 2016, table 8.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from torch import Tensor, nn

from resnet_course.blocks import BasicBlock, Bottleneck, make_shortcut
from resnet_course.language import message

Block = Callable[..., nn.Module]

# name: (block, blocks in each of the four stages, what the blocks get besides)
ARCHITECTURES: dict[str, tuple[Block, tuple[int, int, int, int], dict[str, int]]] = {
    "resnet18": (BasicBlock, (2, 2, 2, 2), {}),
    "resnet34": (BasicBlock, (3, 4, 6, 3), {}),
    "resnet50": (Bottleneck, (3, 4, 6, 3), {}),
    "resnet101": (Bottleneck, (3, 4, 23, 3), {}),
    "resnet152": (Bottleneck, (3, 8, 36, 3), {}),
    "resnext50_32x4d": (Bottleneck, (3, 4, 6, 3), {"groups": 32, "base_width": 4}),
    "resnext101_32x8d": (Bottleneck, (3, 4, 23, 3), {"groups": 32, "base_width": 8}),
    "wide_resnet50_2": (Bottleneck, (3, 4, 6, 3), {"base_width": 128}),
    "wide_resnet101_2": (Bottleneck, (3, 4, 23, 3), {"base_width": 128}),
}


def make_layer(
    block: Any,
    inplanes: int,
    planes: int,
    blocks: int,
    stride: int = 1,
    shortcut: Callable[[int, int, int], nn.Module | None] = make_shortcut,
    **block_options: Any,
) -> nn.Sequential:
    """Return one stage: blocks in a row, of which only the first changes the shape.

    Parameters
    ----------
    block : type
        Such as `BasicBlock`: called with inplanes, planes, stride and downsample; its ``expansion`` times `planes`
        is the width of its output.
    inplanes : int
        Channels of the stage's input.
    planes : int
        Width of the blocks before their expansion.
    blocks : int
        How many.
    stride : int
        Step of the first block; the others have 1.
    shortcut : callable
        ``shortcut(inplanes, outplanes, stride)`` returns the module on the first block's shortcut, or None.
    **block_options
        Passed to every block: ``groups`` and ``base_width`` of `Bottleneck`.

    Returns
    -------
    torch.nn.Sequential
        ``[N, inplanes, H, W] -> [N, planes * expansion, ceil(H / stride), ceil(W / stride)]``.

    Examples
    --------
    >>> stage = make_layer(Bottleneck, 64, 64, blocks=3)
    >>> [block.downsample is not None for block in stage]
    [True, False, False]
    """
    outplanes = planes * block.expansion
    first = block(inplanes, planes, stride, shortcut(inplanes, outplanes, stride), **block_options)
    others = [block(outplanes, planes, **block_options) for _ in range(1, blocks)]
    return nn.Sequential(first, *others)


class ResNet(nn.Module):
    """Stem, four stages of blocks, global average pool, linear classifier: He et al. 2015, table 1.

    Parameters
    ----------
    block : type
        `BasicBlock` or `Bottleneck`, or a class with their signature.
    layers : sequence of int
        Number of blocks in each of the four stages.
    num_classes : int
        Number of outputs.
    width : int
        Channels of the stem and of the first stage's blocks; each stage after it has twice as many as the one before.
    **block_options
        Passed to every block: ``groups`` and ``base_width`` of `Bottleneck`.

    Examples
    --------
    >>> import torch
    >>> ResNet(BasicBlock, [1, 1, 1, 1], num_classes=10)(torch.zeros(1, 3, 64, 64)).shape
    torch.Size([1, 10])
    """

    def __init__(
        self, block: Any, layers: Sequence[int], num_classes: int = 1000, width: int = 64, **block_options: Any
    ) -> None:
        super().__init__()
        if len(layers) != 4:
            raise ValueError(message("errors.resnet.stages", layers=list(layers)))
        self.conv1 = nn.Conv2d(3, width, kernel_size=7, stride=2, padding=3, bias=False)
        self.bn1 = nn.BatchNorm2d(width)
        self.relu = nn.ReLU(inplace=True)
        self.maxpool = nn.MaxPool2d(kernel_size=3, stride=2, padding=1)

        wide = block.expansion * width
        self.layer1 = make_layer(block, width, width, layers[0], **block_options)
        self.layer2 = make_layer(block, wide, 2 * width, layers[1], stride=2, **block_options)
        self.layer3 = make_layer(block, 2 * wide, 4 * width, layers[2], stride=2, **block_options)
        self.layer4 = make_layer(block, 4 * wide, 8 * width, layers[3], stride=2, **block_options)

        self.avgpool = nn.AdaptiveAvgPool2d((1, 1))
        self.fc = nn.Linear(8 * wide, num_classes)

        initialise_convolutions(self)

    def forward(self, x: Tensor) -> Tensor:
        """Map images ``[N, 3, H, W]`` to logits ``[N, num_classes]``."""
        x = self.conv1(x)
        x = self.bn1(x)
        x = self.relu(x)
        x = self.maxpool(x)

        x = self.layer1(x)
        x = self.layer2(x)
        x = self.layer3(x)
        x = self.layer4(x)

        x = self.avgpool(x)
        x = x.flatten(1)
        return self.fc(x)


def initialise_convolutions(model: nn.Module) -> None:
    """Draw the weights of all convolutions so that the gradient keeps its size on the way back.

    Normal, with standard deviation ``sqrt(2 / fan_out)``: He et al. 2015 ("Delving deep into rectifiers"), equation 14.

    Parameters
    ----------
    model : torch.nn.Module
        Changed in place.

    Examples
    --------
    >>> convolution = nn.Conv2d(64, 64, kernel_size=3)
    >>> initialise_convolutions(convolution)
    >>> abs(convolution.weight.std().item() - (2 / (64 * 9)) ** 0.5) < 0.001
    True
    """
    for module in model.modules():
        if isinstance(module, nn.Conv2d):
            nn.init.kaiming_normal_(module.weight, mode="fan_out", nonlinearity="relu")


def create_resnet(architecture: str, num_classes: int = 1000) -> ResNet:
    """Return a network of the family, with random weights.

    Parameters
    ----------
    architecture : str
        One of `ARCHITECTURES`, such as ``"resnet50"``.
    num_classes : int
        Number of outputs; 1000 is ImageNet's.

    Raises
    ------
    ValueError
        If the architecture is unknown (the message lists the known ones), or there are no classes.

    Examples
    --------
    >>> model = create_resnet("resnet18", num_classes=10)
    >>> f"{sum(parameter.numel() for parameter in model.parameters()):,}"
    '11,181,642'
    """
    if architecture not in ARCHITECTURES:
        known = ", ".join(ARCHITECTURES)
        raise ValueError(message("errors.resnet.unknown", architecture=architecture, known=known))
    check_num_classes(num_classes)
    block, layers, block_options = ARCHITECTURES[architecture]
    return ResNet(block, layers, num_classes, **block_options)


def check_num_classes(num_classes: int) -> None:
    """Raise a ValueError in the learner's language unless `num_classes` is a whole number of at least 1.

    Examples
    --------
    >>> check_num_classes(10)
    """
    if not isinstance(num_classes, int) or isinstance(num_classes, bool) or num_classes < 1:
        raise ValueError(message("errors.resnet.num-classes", num_classes=num_classes))
