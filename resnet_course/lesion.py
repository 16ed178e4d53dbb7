"""Take one block out of a trained network and see what it was worth: Veit et al. 2016, section 4.1."""

from __future__ import annotations

import copy
from collections.abc import Callable

from torch import nn

from resnet_course.evaluation import Loader, accuracy
from resnet_course.language import message


def without_block(model: nn.Module, stage: int, index: int) -> nn.Module:
    """Return a copy of a network without one of its blocks.

    A residual block leaves its shortcut behind; a block without a shortcut leaves nothing, the input goes straight to
    the next block.

    Parameters
    ----------
    model : torch.nn.Module
        A network with the stages ``layer1``, ``layer2`` …; it stays as it is.
    stage : int
        Which stage, from 1.
    index : int
        Which block of the stage, from 0.

    Returns
    -------
    torch.nn.Module

    Raises
    ------
    ValueError
        If there is no such block, or the block changes the shape and has no shortcut that does the same.

    Examples
    --------
    >>> from resnet_course.small_nets import create_small_resnet
    >>> lesioned = without_block(create_small_resnet(20), stage=1, index=2)
    >>> lesioned.layer1[2]
    Identity()
    """
    stages = [name for name, _ in model.named_children() if name.startswith("layer") and name[5:].isdigit()]
    if f"layer{stage}" not in stages:
        raise ValueError(message("errors.lesion.stage", stage=stage, known=", ".join(name[5:] for name in stages)))
    blocks = len(getattr(model, f"layer{stage}"))
    if index not in range(blocks):
        raise ValueError(message("errors.lesion.index", index=index, stage=stage, last=blocks - 1))
    copied = copy.deepcopy(model)
    row = getattr(copied, f"layer{stage}")
    remains = _what_remains(row[index])
    if remains is None:
        raise ValueError(message("errors.lesion.shape", stage=stage, index=index))
    row[index] = remains
    return copied


def lesion_study(
    model: nn.Module, loader: Loader, remove: Callable[[nn.Module, int, int], nn.Module] = without_block
) -> dict[str, float]:
    """Return how much accuracy is lost with each block, taken out one at a time: Veit et al. 2016, figure 3.

    Parameters
    ----------
    model : torch.nn.Module
        A trained network with the stages ``layer1``, ``layer2`` …; it stays as it is.
    loader : iterable
        Batches of images and labels.
    remove : callable
        ``remove(model, stage, index)`` returns the network without that block.

    Returns
    -------
    dict
        ``"stage.index"`` to the loss of accuracy, a share of 1. A block that changes the shape and has no shortcut is
        left out: without it nothing would fit.

    Examples
    --------
    >>> from resnet_course.data import Batches, mnist5k
    >>> from resnet_course.small_nets import create_plain_net
    >>> images, labels = mnist5k()
    >>> losses = lesion_study(create_plain_net(20, in_channels=1), Batches(images[::100], labels[::100]))
    >>> list(losses)
    ['1.0', '1.1', '1.2', '2.1', '2.2', '3.1', '3.2']
    """
    whole = accuracy(model, loader)
    losses = {}
    for name, stage in model.named_children():
        if not (name.startswith("layer") and isinstance(stage, nn.Sequential)):
            continue
        for index, block in enumerate(stage):
            if _what_remains(block) is not None:
                losses[f"{name[5:]}.{index}"] = whole - accuracy(remove(model, int(name[5:]), index), loader)
    return losses


def _what_remains(block: nn.Module) -> nn.Module | None:
    """Return what a block computes when its convolutions are deleted, or None if they cannot be spared."""
    shortcut = getattr(block, "downsample", None)
    if shortcut is None:
        # The input has been through the ReLU of the block before, so the ReLU after the sum changes nothing.
        return nn.Identity() if _keeps_shape(block) else None
    first = next(block.children())
    if isinstance(first, nn.BatchNorm2d):
        # Pre-activation: BatchNorm and ReLU come first, and the shortcut gets what they return.
        return nn.Sequential(first, nn.ReLU(), shortcut)
    return nn.Sequential(shortcut, nn.ReLU())


def _keeps_shape(block: nn.Module) -> bool:
    convolutions = [module for module in block.modules() if isinstance(module, nn.Conv2d)]
    stride_one = all(convolution.stride == (1, 1) for convolution in convolutions)
    return stride_one and convolutions[0].in_channels == convolutions[-1].out_channels
