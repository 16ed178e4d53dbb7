"""Take one block out of a trained network and see what it was worth: Veit et al. 2016, section 4.1."""

from __future__ import annotations

import copy

from torch import nn

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
