"""The reference blocks are torchvision's, number for number."""

from __future__ import annotations

import copy

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import nn
from torchvision.models.resnet import BasicBlock as TorchvisionBlock
from torchvision.models.resnet import conv1x1 as torchvision_conv1x1
from torchvision.models.resnet import conv3x3 as torchvision_conv3x3

from resnet_course import BasicBlock, conv1x1, conv3x3, make_shortcut


def randomise(module: nn.Module) -> None:
    with torch.no_grad():
        for name, tensor in module.state_dict().items():
            if name.endswith("running_var"):
                tensor.uniform_(0.5, 2)
            elif tensor.is_floating_point():
                tensor.normal_()


widths = st.integers(1, 6)


@settings(max_examples=25, deadline=None)
@given(inplanes=widths, planes=widths, stride=st.integers(1, 3), height=st.integers(1, 9), width=st.integers(1, 9))
def test_a_block_with_torchvisions_weights_gives_its_numbers_and_gradients(
    inplanes: int, planes: int, stride: int, height: int, width: int
) -> None:
    ours = BasicBlock(inplanes, planes, stride, make_shortcut(inplanes, planes, stride))
    theirs = TorchvisionBlock(inplanes, planes, stride, make_shortcut(inplanes, planes, stride))
    randomise(theirs)
    ours.load_state_dict(theirs.state_dict(), strict=True)
    x = torch.randn(3, inplanes, height, width)

    for mode in (False, True):
        ours.train(mode)
        theirs.train(mode)
        gradients = []
        outputs = []
        for block in (copy.deepcopy(ours), copy.deepcopy(theirs)):
            leaf = x.clone().requires_grad_()
            output = block(leaf)
            output.square().sum().backward()
            outputs.append(output)
            gradients.append([leaf.grad, *(parameter.grad for parameter in block.parameters())])
        assert torch.equal(*outputs)
        assert all(torch.equal(mine, its) for mine, its in zip(*gradients, strict=True))


@pytest.mark.parametrize("stride", [1, 2])
def test_the_convolutions_are_torchvisions(stride: int) -> None:
    assert repr(conv3x3(3, 8, stride)) == repr(torchvision_conv3x3(3, 8, stride))
    assert repr(conv1x1(3, 8, stride)) == repr(torchvision_conv1x1(3, 8, stride))


def test_a_block_leaves_its_input_as_it_was() -> None:
    x = torch.randn(2, 4, 5, 5)
    before = x.clone()
    BasicBlock(4, 4)(x)

    assert torch.equal(x, before)


def test_a_block_of_64_channels_has_73_984_parameters() -> None:
    # 2 · 9 · 64 · 64 weights and 2 · 2 · 64 of BatchNorm.
    assert sum(parameter.numel() for parameter in BasicBlock(64, 64).parameters()) == 73_984
