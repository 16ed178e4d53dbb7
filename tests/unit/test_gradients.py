"""The reference implementations of lesson 02 against what is known by other means."""

from __future__ import annotations

import math

import pytest
import torch
from torch import nn

from resnet_course.blocks import BasicBlock, Bottleneck, Residual, make_shortcut
from resnet_course.gradients import numerical_derivative, path_lengths, residual_jacobian, zero_init_residual


def test_the_error_of_the_central_difference_shrinks_with_the_square_of_eps() -> None:
    errors = [abs(numerical_derivative(math.sin, 1.0, eps) - math.cos(1.0)) for eps in (1e-1, 1e-2, 1e-3)]

    assert errors[0] / errors[1] == pytest.approx(100, rel=0.01)
    assert errors[1] / errors[2] == pytest.approx(100, rel=0.01)


def test_a_tensor_is_differentiated_element_by_element_and_stays_as_it_is() -> None:
    x = torch.linspace(-2, 2, 7, dtype=torch.float64)
    before = x.clone()

    assert torch.allclose(numerical_derivative(torch.tanh, x), 1 - torch.tanh(x) ** 2, atol=1e-6)
    assert torch.equal(x, before)


@pytest.mark.parametrize("eps", [0, -1e-3, float("nan")])
def test_a_step_must_be_positive(eps: float) -> None:
    with pytest.raises(ValueError, match="eps"):
        numerical_derivative(math.sin, 1.0, eps)


def test_the_residual_jacobian_is_that_of_the_wrapped_module() -> None:
    torch.manual_seed(0)
    branch = nn.Sequential(nn.Linear(5, 8), nn.Tanh(), nn.Linear(8, 5)).double()
    x = torch.randn(5, dtype=torch.float64)

    expected = torch.autograd.functional.jacobian(Residual(branch), x)
    assert torch.allclose(residual_jacobian(branch, x), expected)


def test_the_residual_jacobian_agrees_with_finite_differences() -> None:
    torch.manual_seed(0)
    branch = nn.Sequential(nn.Linear(3, 3), nn.Tanh()).double()
    x = torch.randn(3, dtype=torch.float64)

    columns = [
        numerical_derivative(lambda step, unit=unit: branch(x + step * unit) + x + step * unit, 0.0)  # type: ignore
        for unit in torch.eye(3, dtype=torch.float64)
    ]
    assert torch.allclose(torch.stack(columns, dim=1), residual_jacobian(branch, x), atol=1e-6)


def test_a_jacobian_needs_a_vector() -> None:
    with pytest.raises(ValueError, match=r"\[2, 3\]"):
        residual_jacobian(torch.tanh, torch.zeros(2, 3))


@pytest.mark.parametrize("blocks", [0, 1, 2, 7, 54, 200])
def test_all_paths_are_counted_once(blocks: int) -> None:
    counts = path_lengths(blocks)

    assert len(counts) == blocks + 1
    assert sum(counts) == 2**blocks
    assert counts == counts[::-1]


@pytest.mark.parametrize("blocks", [-1, 2.0, "3", None])
def test_blocks_are_counted_in_whole_numbers(blocks: object) -> None:
    with pytest.raises(ValueError, match="whole number"):
        path_lengths(blocks)  # type: ignore[arg-type]


@pytest.mark.parametrize("projected", [False, True])
@pytest.mark.parametrize("kind", [BasicBlock, Bottleneck])
def test_a_zero_initialised_block_hands_on_its_shortcut(
    kind: type[BasicBlock] | type[Bottleneck], projected: bool
) -> None:
    torch.manual_seed(0)
    planes = 8 // kind.expansion
    block = kind(8, planes, 2, make_shortcut(8, 8, 2)) if projected else kind(8, planes)
    zero_init_residual(block)
    x = torch.randn(4, 8, 6, 6)

    shortcut = block.downsample(x) if block.downsample is not None else x
    assert torch.equal(block(x), torch.relu(shortcut))
    last = block.bn2 if isinstance(block, BasicBlock) else block.bn3
    assert last.weight.requires_grad
    block(x).sum().backward()
    assert last.weight.grad is not None
    assert last.weight.grad.abs().max() > 0


def test_a_module_without_batch_norm_cannot_be_zero_initialised() -> None:
    with pytest.raises(ValueError, match="Linear"):
        zero_init_residual(nn.Linear(2, 2))
