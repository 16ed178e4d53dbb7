"""Derivatives of residual blocks: finite differences, Jacobians, paths, and blocks that start as the identity."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import TypeVar

import torch
from torch import Tensor, nn

from resnet_course.language import message

Number = TypeVar("Number", float, Tensor)


def numerical_derivative(f: Callable[[Number], Number], x: Number, eps: float = 1e-3) -> Number:
    """Return the slope of a function between two points at equal distances left and right of `x`.

    Parameters
    ----------
    f : callable
        Takes what `x` is and returns the same kind; on a tensor it works on each element by itself.
    x : float or torch.Tensor
        Where to measure. In float64 the result is far more precise than in float32.
    eps : float
        Distance of either point from `x`.

    Returns
    -------
    float or torch.Tensor
        ``(f(x + eps) - f(x - eps)) / (2 * eps)``, of the shape of `x`. It differs from the derivative by about
        ``eps ** 2 * f'''(x) / 6``, and by rounding, which grows as `eps` shrinks.

    Raises
    ------
    ValueError
        If `eps` is not positive.

    Notes
    -----
    The central difference; see Press et al. 2007, *Numerical Recipes*, section 5.7.

    Examples
    --------
    >>> numerical_derivative(lambda x: x**3, 2.0, eps=0.5)
    12.25
    >>> numerical_derivative(torch.square, torch.tensor([1.0, 3.0]), eps=0.5)
    tensor([2., 6.])
    """
    if not eps > 0:
        raise ValueError(message("errors.gradients.eps", eps=eps))
    return (f(x + eps) - f(x - eps)) / (2 * eps)


def residual_jacobian(F: Callable[[Tensor], Tensor], x: Tensor) -> Tensor:  # noqa: N803 - the paper's name
    """Return the Jacobian of ``x -> F(x) + x``: the identity matrix plus the Jacobian of `F`.

    Parameters
    ----------
    F : callable
        ``[n] -> [n]``, made of PyTorch's operations.
    x : torch.Tensor
        ``[n]``.

    Returns
    -------
    torch.Tensor
        ``[n, n]``; row i, column j says how much output i grows with input j.

    Raises
    ------
    ValueError
        If `x` is not a vector.

    Notes
    -----
    He et al. 2016, *Identity Mappings in Deep Residual Networks*, equation 5, for a single block.

    Examples
    --------
    >>> residual_jacobian(lambda x: 3 * x, torch.tensor([1.0, 2.0]))
    tensor([[4., 0.],
            [0., 4.]])
    """
    if x.dim() != 1:
        raise ValueError(message("errors.gradients.vector", shape=list(x.shape)))
    jacobian: Tensor = torch.func.jacrev(F)(x)
    return torch.eye(len(x), dtype=x.dtype, device=x.device) + jacobian


def path_lengths(L: int) -> list[int]:  # noqa: N803 - the lesson's name
    """Return how many paths of each length lead through `L` residual blocks.

    At every block a path goes either through the residual or along the shortcut; its length is the number of
    residuals on it. (Veit et al. 2016, *Residual Networks Behave Like Ensembles of Relatively Shallow Networks*,
    section 4.)

    Parameters
    ----------
    L : int
        Number of blocks, 0 or more.

    Returns
    -------
    list of int
        ``L + 1`` numbers, for the lengths 0 to `L`; their sum is ``2 ** L``.

    Raises
    ------
    ValueError
        If `L` is not a whole number of at least 0.

    Examples
    --------
    >>> path_lengths(3)
    [1, 3, 3, 1]
    """
    if not isinstance(L, int) or L < 0:
        raise ValueError(message("errors.gradients.blocks", blocks=L))
    return [math.comb(L, length) for length in range(L + 1)]


def zero_init_residual(block: nn.Module) -> None:
    """Make a fresh residual block the identity: set the weight of its last BatchNorm to zero, in place.

    With that weight and the bias of a fresh BatchNorm at 0, the residual is 0 whatever comes in, and the block returns
    ``relu(shortcut(x))``. The weight goes on learning.

    Parameters
    ----------
    block : torch.nn.Module
        A block whose BatchNorms are its attributes ``bn1``, ``bn2`` …, such as `BasicBlock` or `Bottleneck`. The one
        with the highest number is the last; one inside ``downsample`` belongs to the shortcut and stays as it is.

    Raises
    ------
    ValueError
        If the block has no such BatchNorm.

    Notes
    -----
    Goyal et al. 2017, *Accurate, Large Minibatch SGD*, section 5.1; torchvision's ``zero_init_residual``.

    Examples
    --------
    >>> from resnet_course import BasicBlock
    >>> block = BasicBlock(2, 2)
    >>> zero_init_residual(block)
    >>> block.bn2.weight.tolist(), block.bn1.weight.tolist()
    ([0.0, 0.0], [1.0, 1.0])
    """
    norms = [
        module for name, module in sorted(block.named_children()) if name[:2] == "bn" and hasattr(module, "running_var")
    ]
    if not norms:
        raise ValueError(message("errors.gradients.no-norm", block=type(block).__name__))
    nn.init.zeros_(norms[-1].weight)  # type: ignore[arg-type]
