"""The building blocks of residual networks, as torchvision names them.

The order of declaration is the order of the forward pass and of the paper's picture (He et al. 2015, figure 5).
"""

from __future__ import annotations

import torch.nn.functional as F
from torch import Tensor, nn

from resnet_course.language import message


def conv3x3(in_planes: int, out_planes: int, stride: int = 1, groups: int = 1) -> nn.Conv2d:
    """Return a 3×3 convolution that keeps height and width (at stride 1) and has no bias.

    Parameters
    ----------
    in_planes, out_planes : int
        Channels before and after.
    stride : int
        Step of the window; 2 halves height and width (rounded up).
    groups : int
        Number of parallel parts into which both channels are split (Xie et al. 2017, figure 3c).

    Returns
    -------
    torch.nn.Conv2d
        ``[N, in_planes, H, W] -> [N, out_planes, ceil(H / stride), ceil(W / stride)]``.

    Notes
    -----
    A BatchNorm follows each convolution and subtracts the channel's mean, and with it any bias
    (Ioffe & Szegedy 2015, section 3.2); so the bias is left out.

    Examples
    --------
    >>> conv3x3(3, 8, stride=2)
    Conv2d(3, 8, kernel_size=(3, 3), stride=(2, 2), padding=(1, 1), bias=False)
    """
    return nn.Conv2d(in_planes, out_planes, kernel_size=3, stride=stride, padding=1, groups=groups, bias=False)


def conv1x1(in_planes: int, out_planes: int, stride: int = 1) -> nn.Conv2d:
    """Return a 1×1 convolution without bias: it mixes channels and looks at one pixel at a time.

    Parameters
    ----------
    in_planes, out_planes : int
        Channels before and after.
    stride : int
        Step of the window; 2 keeps every second row and column.

    Returns
    -------
    torch.nn.Conv2d
        ``[N, in_planes, H, W] -> [N, out_planes, ceil(H / stride), ceil(W / stride)]``.

    Examples
    --------
    >>> conv1x1(8, 16)
    Conv2d(8, 16, kernel_size=(1, 1), stride=(1, 1), bias=False)
    """
    return nn.Conv2d(in_planes, out_planes, kernel_size=1, stride=stride, bias=False)


class Residual(nn.Module):
    """Any module with a shortcut around it: ``y = F(x) + shortcut(x)``.

    He et al. 2015, equations 1 and 2, without the ReLU that the paper's blocks have after the sum.

    Parameters
    ----------
    F : torch.nn.Module
        Computes the residual; its output must have the shape of the shortcut's.
    shortcut : torch.nn.Module, optional
        Brings ``x`` to that shape; without it, ``x`` itself is added.

    Examples
    --------
    >>> import torch
    >>> Residual(nn.ReLU())(torch.tensor([-1.0, 2.0]))
    tensor([-1.,  4.])
    """

    def __init__(self, F: nn.Module, shortcut: nn.Module | None = None) -> None:  # noqa: N803 - the paper's name
        super().__init__()
        self.F = F
        self.shortcut = shortcut

    def forward(self, x: Tensor) -> Tensor:
        """Return ``F(x) + shortcut(x)``, of the shape of either."""
        identity = x if self.shortcut is None else self.shortcut(x)
        return self.F(x) + identity


class BasicBlock(nn.Module):
    """Two 3×3 convolutions and a shortcut: the block of ResNet-18 and ResNet-34.

    Computes ``relu(bn2(conv2(relu(bn1(conv1(x))))) + shortcut(x))``: He et al. 2015, equations 1 and 2 and
    figure 5 (left).

    Parameters
    ----------
    inplanes : int
        Channels of the input.
    planes : int
        Channels of both convolutions and of the output.
    stride : int
        Step of the first convolution.
    downsample : torch.nn.Module, optional
        What brings the input to the output's shape; needed when `stride` is not 1 or the channels change
        (see `make_shortcut`). ``None`` adds the input as it is.

    Examples
    --------
    >>> import torch
    >>> BasicBlock(8, 16, stride=2, downsample=make_shortcut(8, 16, stride=2))(torch.zeros(1, 8, 28, 28)).shape
    torch.Size([1, 16, 14, 14])
    """

    expansion: int = 1

    def __init__(self, inplanes: int, planes: int, stride: int = 1, downsample: nn.Module | None = None) -> None:
        super().__init__()
        self.conv1 = conv3x3(inplanes, planes, stride)
        self.bn1 = nn.BatchNorm2d(planes)
        self.relu = nn.ReLU(inplace=True)
        self.conv2 = conv3x3(planes, planes)
        self.bn2 = nn.BatchNorm2d(planes)
        self.downsample = downsample

    def forward(self, x: Tensor) -> Tensor:
        """Map ``[N, inplanes, H, W]`` to ``[N, planes, ceil(H / stride), ceil(W / stride)]``."""
        identity = x

        out = self.conv1(x)
        out = self.bn1(out)
        out = self.relu(out)

        out = self.conv2(out)
        out = self.bn2(out)

        if self.downsample is not None:
            identity = self.downsample(x)

        out += identity
        return self.relu(out)


class Bottleneck(nn.Module):
    """A 3×3 convolution between two 1×1 convolutions, and a shortcut: the block of ResNet-50, -101 and -152.

    The first 1×1 convolution reduces the channels to ``width = int(planes * base_width / 64) * groups``, the last one
    expands them to ``4 * planes``: He et al. 2015, figure 5 (right). With `groups` it is the block of ResNeXt
    (Xie et al. 2017, figure 3c), with a larger `base_width` that of Wide ResNet-50-2 (Zagoruyko & Komodakis 2016).

    Parameters
    ----------
    inplanes : int
        Channels of the input.
    planes : int
        A quarter of the channels of the output.
    stride : int
        Step of the 3×3 convolution.
    downsample : torch.nn.Module, optional
        What brings the input to the output's shape; ``None`` adds the input as it is.
    groups : int
        Cardinality: the number of parallel paths through the 3×3 convolution.
    base_width : int
        Width of one path, in 64ths of `planes`.

    Notes
    -----
    The paper's own block has its stride on the first 1×1 convolution. Here, as in torchvision ("v1.5"), it is on the
    3×3 convolution, which sees every pixel; this costs more and is about half a percent more accurate on ImageNet.

    Examples
    --------
    >>> import torch
    >>> Bottleneck(256, 64)(torch.zeros(1, 256, 14, 14)).shape
    torch.Size([1, 256, 14, 14])
    >>> Bottleneck(256, 64, groups=32, base_width=4).conv2
    Conv2d(128, 128, kernel_size=(3, 3), stride=(1, 1), padding=(1, 1), groups=32, bias=False)
    """

    expansion: int = 4

    def __init__(
        self,
        inplanes: int,
        planes: int,
        stride: int = 1,
        downsample: nn.Module | None = None,
        groups: int = 1,
        base_width: int = 64,
    ) -> None:
        super().__init__()
        width = int(planes * (base_width / 64)) * groups
        self.conv1 = conv1x1(inplanes, width)
        self.bn1 = nn.BatchNorm2d(width)
        self.conv2 = conv3x3(width, width, stride, groups)
        self.bn2 = nn.BatchNorm2d(width)
        self.conv3 = conv1x1(width, planes * self.expansion)
        self.bn3 = nn.BatchNorm2d(planes * self.expansion)
        self.relu = nn.ReLU(inplace=True)
        self.downsample = downsample

    def forward(self, x: Tensor) -> Tensor:
        """Map ``[N, inplanes, H, W]`` to ``[N, 4 * planes, ceil(H / stride), ceil(W / stride)]``."""
        identity = x

        out = self.conv1(x)
        out = self.bn1(out)
        out = self.relu(out)

        out = self.conv2(out)
        out = self.bn2(out)
        out = self.relu(out)

        out = self.conv3(out)
        out = self.bn3(out)

        if self.downsample is not None:
            identity = self.downsample(x)

        out += identity
        return self.relu(out)


class PlainBlock(nn.Module):
    """`BasicBlock` without its shortcut: two layers of the plain nets that ResNets are compared with.

    Computes ``relu(bn2(conv2(relu(bn1(conv1(x))))))``: He et al. 2015, figure 3 (middle).

    Parameters
    ----------
    inplanes : int
        Channels of the input.
    planes : int
        Channels of both convolutions and of the output.
    stride : int
        Step of the first convolution.

    Examples
    --------
    >>> import torch
    >>> PlainBlock(8, 16, stride=2)(torch.zeros(1, 8, 28, 28)).shape
    torch.Size([1, 16, 14, 14])
    """

    expansion: int = 1

    def __init__(self, inplanes: int, planes: int, stride: int = 1) -> None:
        super().__init__()
        self.conv1 = conv3x3(inplanes, planes, stride)
        self.bn1 = nn.BatchNorm2d(planes)
        self.relu = nn.ReLU(inplace=True)
        self.conv2 = conv3x3(planes, planes)
        self.bn2 = nn.BatchNorm2d(planes)

    def forward(self, x: Tensor) -> Tensor:
        """Map ``[N, inplanes, H, W]`` to ``[N, planes, ceil(H / stride), ceil(W / stride)]``."""
        out = self.conv1(x)
        out = self.bn1(out)
        out = self.relu(out)

        out = self.conv2(out)
        out = self.bn2(out)
        return self.relu(out)


class PreActivationBlock(nn.Module):
    """BatchNorm and ReLU *before* each convolution: the block of ResNet v2, and of Wide ResNets.

    Computes ``conv2(relu(bn2(conv1(relu(bn1(x)))))) + shortcut``: He et al. 2016, figure 4e. Nothing stands on the
    way from shortcut to shortcut, so a stack of these blocks adds to its input and does nothing else to it.

    Parameters
    ----------
    inplanes : int
        Channels of the input.
    planes : int
        Channels of both convolutions and of the output.
    stride : int
        Step of the first convolution.
    downsample : torch.nn.Module, optional
        What brings the input to the output's shape. It gets the input after the first BatchNorm and ReLU, as in the
        authors' code, and therefore needs neither itself. ``None`` adds the input as it is.

    Examples
    --------
    >>> import torch
    >>> PreActivationBlock(8, 16, stride=2, downsample=conv1x1(8, 16, stride=2))(torch.zeros(1, 8, 28, 28)).shape
    torch.Size([1, 16, 14, 14])
    """

    expansion: int = 1

    def __init__(self, inplanes: int, planes: int, stride: int = 1, downsample: nn.Module | None = None) -> None:
        super().__init__()
        self.bn1 = nn.BatchNorm2d(inplanes)
        self.relu = nn.ReLU(inplace=True)
        self.conv1 = conv3x3(inplanes, planes, stride)
        self.bn2 = nn.BatchNorm2d(planes)
        self.conv2 = conv3x3(planes, planes)
        self.downsample = downsample

    def forward(self, x: Tensor) -> Tensor:
        """Map ``[N, inplanes, H, W]`` to ``[N, planes, ceil(H / stride), ceil(W / stride)]``."""
        out = self.bn1(x)
        out = self.relu(out)
        identity = x if self.downsample is None else self.downsample(out)

        out = self.conv1(out)

        out = self.bn2(out)
        out = self.relu(out)
        out = self.conv2(out)
        return out + identity


def make_shortcut(inplanes: int, planes: int, stride: int) -> nn.Module | None:
    """Return the projection shortcut between two shapes, or None where none is needed.

    This is the paper's option B (He et al. 2015, section 3.3, equation 2): the identity wherever the shapes
    agree, a 1×1 convolution and a BatchNorm elsewhere.

    Parameters
    ----------
    inplanes, planes : int
        Channels of the block's input and output.
    stride : int
        The block's stride.

    Returns
    -------
    torch.nn.Module or None
        ``[N, inplanes, H, W] -> [N, planes, ceil(H / stride), ceil(W / stride)]``.

    Examples
    --------
    >>> make_shortcut(64, 64, stride=1) is None
    True
    >>> [type(layer).__name__ for layer in make_shortcut(64, 128, stride=2)]
    ['Conv2d', 'BatchNorm2d']
    """
    if stride == 1 and inplanes == planes:
        return None
    return nn.Sequential(conv1x1(inplanes, planes, stride), nn.BatchNorm2d(planes))


class ZeroPadShortcut(nn.Module):
    """The shortcut without parameters: every `stride`-th pixel, and zeros for the channels that are missing.

    This is the paper's option A (He et al. 2015, section 3.3), which its nets for CIFAR-10 use.

    Parameters
    ----------
    inplanes, planes : int
        Channels of the block's input and output; a shortcut cannot lose channels.
    stride : int
        The block's stride.

    Raises
    ------
    ValueError
        If `planes` is less than `inplanes`.

    Examples
    --------
    >>> import torch
    >>> ZeroPadShortcut(1, 2, stride=2)(torch.arange(1.0, 10).reshape(1, 1, 3, 3)).tolist()
    [[[[1.0, 3.0], [7.0, 9.0]], [[0.0, 0.0], [0.0, 0.0]]]]
    """

    def __init__(self, inplanes: int, planes: int, stride: int) -> None:
        super().__init__()
        if planes < inplanes:
            raise ValueError(message("errors.blocks.fewer-channels", inplanes=inplanes, planes=planes))
        self.missing = planes - inplanes
        self.stride = stride

    def forward(self, x: Tensor) -> Tensor:
        """Map ``[N, inplanes, H, W]`` to ``[N, planes, ceil(H / stride), ceil(W / stride)]``."""
        return F.pad(x[:, :, :: self.stride, :: self.stride], (0, 0, 0, 0, 0, self.missing))

    def extra_repr(self) -> str:
        """Return what ``print`` shows between the brackets."""
        return f"missing={self.missing}, stride={self.stride}"


def make_zero_pad_shortcut(inplanes: int, planes: int, stride: int) -> nn.Module | None:
    """Return the zero-padding shortcut between two shapes, or None where none is needed.

    Parameters
    ----------
    inplanes, planes : int
        Channels of the block's input and output.
    stride : int
        The block's stride.

    Returns
    -------
    torch.nn.Module or None
        ``[N, inplanes, H, W] -> [N, planes, ceil(H / stride), ceil(W / stride)]``.

    Raises
    ------
    ValueError
        If `planes` is less than `inplanes`.

    Examples
    --------
    >>> make_zero_pad_shortcut(16, 32, stride=2)
    ZeroPadShortcut(missing=16, stride=2)
    """
    if stride == 1 and inplanes == planes:
        return None
    return ZeroPadShortcut(inplanes, planes, stride)
