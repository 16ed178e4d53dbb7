"""The building blocks of residual networks, as torchvision names them.

The order of declaration is the order of the forward pass and of the paper's picture (He et al. 2015, figure 5).
"""

from __future__ import annotations

from torch import Tensor, nn


def conv3x3(in_planes: int, out_planes: int, stride: int = 1) -> nn.Conv2d:
    """Return a 3×3 convolution that keeps height and width (at stride 1) and has no bias.

    Parameters
    ----------
    in_planes, out_planes : int
        Channels before and after.
    stride : int
        Step of the window; 2 halves height and width (rounded up).

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
    return nn.Conv2d(in_planes, out_planes, kernel_size=3, stride=stride, padding=1, bias=False)


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
