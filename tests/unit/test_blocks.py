"""The reference blocks are torchvision's, number for number; those that torchvision lacks do what their papers say."""

from __future__ import annotations

import copy

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import Tensor, nn
from torchvision.models import resnet as torchvision_resnet

from resnet_course import blocks
from resnet_course.blocks import (
    BasicBlock,
    Bottleneck,
    PlainBlock,
    PreActivationBlock,
    conv1x1,
    conv3x3,
    make_shortcut,
    make_zero_pad_shortcut,
)


def randomise(module: nn.Module) -> None:
    with torch.no_grad():
        for name, tensor in module.state_dict().items():
            if name.endswith("running_var"):
                tensor.uniform_(0.5, 2)
            elif tensor.is_floating_point():
                tensor.normal_()


def outputs_and_gradients(block: nn.Module, x: Tensor) -> list[Tensor]:
    block = copy.deepcopy(block)
    leaf = x.clone().requires_grad_()
    output = block(leaf)
    output.square().sum().backward()
    return [output, leaf.grad, *(each.grad for each in block.parameters()), *block.buffers()]


def assert_same(ours: nn.Module, theirs: nn.Module, x: Tensor) -> None:
    randomise(theirs)
    ours.load_state_dict(theirs.state_dict(), strict=True)
    for mode in (False, True):
        mine, its = (outputs_and_gradients(block.train(mode), x) for block in (ours, theirs))
        assert all(torch.equal(left, right) for left, right in zip(mine, its, strict=True))


widths = st.integers(1, 6)
sizes = st.integers(1, 9)


@settings(max_examples=25, deadline=None)
@given(inplanes=widths, planes=widths, stride=st.integers(1, 3), height=sizes, width=sizes)
def test_a_basic_block_with_torchvisions_weights_gives_its_numbers_and_gradients(
    inplanes: int, planes: int, stride: int, height: int, width: int
) -> None:
    settings = inplanes, planes, stride, make_shortcut(inplanes, planes, stride)

    assert_same(
        BasicBlock(*settings), torchvision_resnet.BasicBlock(*settings), torch.randn(3, inplanes, height, width)
    )


@settings(max_examples=25, deadline=None)
@given(
    inplanes=widths, planes=st.integers(2, 6), stride=st.integers(1, 3), groups=st.integers(1, 4),
    base_width=st.sampled_from([32, 64, 100, 128]), height=sizes, width=sizes,
)  # fmt: skip
def test_a_bottleneck_with_torchvisions_weights_gives_its_numbers_and_gradients(
    inplanes: int, planes: int, stride: int, groups: int, base_width: int, height: int, width: int
) -> None:
    settings = inplanes, planes, stride, make_shortcut(inplanes, 4 * planes, stride), groups, base_width

    assert_same(
        Bottleneck(*settings), torchvision_resnet.Bottleneck(*settings), torch.randn(3, inplanes, height, width)
    )


@pytest.mark.parametrize("stride", [1, 2])
@pytest.mark.parametrize("groups", [1, 2])
def test_the_convolutions_are_torchvisions(stride: int, groups: int) -> None:
    assert repr(conv3x3(4, 8, stride, groups)) == repr(torchvision_resnet.conv3x3(4, 8, stride, groups))
    assert repr(conv1x1(4, 8, stride)) == repr(torchvision_resnet.conv1x1(4, 8, stride))


@pytest.mark.parametrize("name", ["BasicBlock", "Bottleneck", "PlainBlock", "PreActivationBlock"])
def test_a_block_leaves_its_input_as_it_was(name: str) -> None:
    block = getattr(blocks, name)
    x = torch.randn(2, 4 * block.expansion, 5, 5)
    before = x.clone()
    block(4 * block.expansion, 4)(x)

    assert torch.equal(x, before)


def test_a_basic_block_of_64_channels_has_73_984_parameters() -> None:
    # 2 · 9 · 64 · 64 weights and 2 · 2 · 64 of BatchNorm.
    assert sum(parameter.numel() for parameter in BasicBlock(64, 64).parameters()) == 73_984


def test_a_bottleneck_of_256_channels_has_70_400_parameters() -> None:
    # 256 · 64 + 9 · 64 · 64 + 64 · 256 weights and 2 · (64 + 64 + 256) of BatchNorm.
    assert sum(parameter.numel() for parameter in Bottleneck(256, 64).parameters()) == 70_400


def test_a_plain_block_is_a_basic_block_whose_shortcut_carries_zero() -> None:
    class Zero(nn.Module):
        def forward(self, x: Tensor) -> Tensor:
            return torch.zeros(())

    plain, residual = PlainBlock(4, 4), BasicBlock(4, 4, downsample=Zero())
    randomise(plain)
    residual.load_state_dict(plain.state_dict(), strict=True)
    x = torch.randn(2, 4, 6, 6)

    assert torch.equal(plain.eval()(x), residual.eval()(x))


def test_a_pre_activation_block_only_adds_to_its_input() -> None:
    block = PreActivationBlock(4, 4)
    x = torch.randn(2, 4, 6, 6)
    nn.init.zeros_(block.conv2.weight)

    assert torch.equal(block(x), x)  # negative numbers too: no ReLU after the sum


def test_a_pre_activation_block_computes_figure_4e_of_he_et_al_2016() -> None:
    shortcut = conv1x1(4, 6, stride=2)
    block = PreActivationBlock(4, 6, stride=2, downsample=shortcut).eval()
    randomise(block)
    x = torch.randn(2, 4, 6, 6)
    first = block.bn1(x).relu()

    expected = block.conv2(block.bn2(block.conv1(first)).relu()) + shortcut(first)
    torch.testing.assert_close(block(x), expected)


@settings(max_examples=25, deadline=None)
@given(inplanes=widths, more=st.integers(0, 4), stride=st.integers(1, 3), height=sizes, width=sizes)
def test_option_a_keeps_pixels_and_adds_zeros_and_has_no_parameters(
    inplanes: int, more: int, stride: int, height: int, width: int
) -> None:
    shortcut = make_zero_pad_shortcut(inplanes, inplanes + more, stride)
    x = torch.randn(2, inplanes, height, width)
    if shortcut is None:
        assert (stride, more) == (1, 0)
        return
    output = shortcut(x)

    assert torch.equal(output[:, :inplanes], x[:, :, ::stride, ::stride])
    assert output.shape[1] == inplanes + more
    assert not output[:, inplanes:].any()
    assert list(shortcut.parameters()) == []


def test_option_a_cannot_take_channels_away() -> None:
    with pytest.raises(ValueError, match="8 channels before and 4 after"):
        make_zero_pad_shortcut(8, 4, stride=1)
