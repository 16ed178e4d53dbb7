"""Watch activations and gradients layer by layer, without changing the model."""

from __future__ import annotations

from collections.abc import Sequence
from types import TracebackType
from typing import TYPE_CHECKING, Any

import torch
from torch import Tensor, nn

from resnet_course.language import message

if TYPE_CHECKING:
    import pandas as pd


class _Recorder:
    """Attaches hooks at the beginning of a ``with`` block and removes them at its end, whatever happens inside."""

    def __init__(self) -> None:
        self._hooks: list[Any] = []

    def _attach(self) -> None:
        raise NotImplementedError

    def __enter__(self) -> Any:
        self._attach()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, where: TracebackType | None
    ) -> None:
        for hook in self._hooks:
            hook.remove()
        self._hooks.clear()


class ActivationRecorder(_Recorder):
    """Record mean and standard deviation of what layers return, in every forward pass inside a ``with`` block.

    Parameters
    ----------
    model : torch.nn.Module
        The model to watch.
    kinds : sequence of type, optional
        Which layers, such as ``[nn.ReLU]``; by default all that contain no other layer. A layer that is called twice
        in one pass, such as a block's only ReLU, is recorded twice.

    Attributes
    ----------
    mean, std : dict
        Name of the layer to a list of numbers, one for each call.

    Raises
    ------
    ValueError
        If the model has no such layer.

    Examples
    --------
    >>> model = nn.Sequential(nn.Linear(4, 4), nn.ReLU())
    >>> with ActivationRecorder(model, kinds=[nn.ReLU]) as activations:
    ...     _ = model(torch.zeros(2, 4))
    ...     _ = model(torch.ones(2, 4))
    >>> list(activations.std), len(activations.std["1"])
    (['1'], 2)
    """

    def __init__(self, model: nn.Module, kinds: Sequence[type[nn.Module]] | None = None) -> None:
        super().__init__()
        self._layers = {
            name: module
            for name, module in model.named_modules()
            if (isinstance(module, tuple(kinds)) if kinds is not None else not any(module.children()))
        }
        if not self._layers:
            raise ValueError(message("errors.recorders.no-layer", kinds=[kind.__name__ for kind in kinds or ()]))
        self.mean: dict[str, list[float]] = {}
        self.std: dict[str, list[float]] = {}

    def _attach(self) -> None:
        for name, module in self._layers.items():
            self._hooks.append(module.register_forward_hook(lambda m, _, output, name=name: self._note(name, output)))

    def _note(self, name: str, output: Tensor) -> None:
        values = output.detach().float()
        self.mean.setdefault(name, []).append(values.mean().item())
        self.std.setdefault(name, []).append(values.std(correction=0).item())

    def table(self) -> pd.DataFrame:
        """Return the last pass as a table: a row for each layer, in the order in which they first ran."""
        from resnet_course.tables import Table

        last = {name: (means[-1], self.std[name][-1]) for name, means in self.mean.items()}
        return Table.from_dict(last, orient="index", columns=["mean", "std"])


class GradientRecorder(_Recorder):
    """Record the size of every weight's gradient, in every backward pass inside a ``with`` block.

    Parameters
    ----------
    model : torch.nn.Module
        The model to watch. Biases and BatchNorm's numbers are left out: only tensors with at least two dimensions are
        weights here. Frozen weights have no gradient and are left out too.

    Attributes
    ----------
    norms : dict
        Name of the layer to a list of L2 norms (the root of the sum of squares), one for each backward pass.

    Raises
    ------
    ValueError
        If the model has no weight that is trained.

    Examples
    --------
    >>> model = nn.Sequential(nn.Linear(2, 2), nn.Linear(2, 1))
    >>> with GradientRecorder(model) as gradients:
    ...     model(torch.zeros(1, 2)).sum().backward()
    >>> list(gradients.norms), gradients.norms["0"]
    (['0', '1'], [0.0])
    """

    def __init__(self, model: nn.Module) -> None:
        super().__init__()
        self._weights = _weights(model)
        self.norms: dict[str, list[float]] = {name: [] for name in self._weights}

    def _attach(self) -> None:
        for name, weight in self._weights.items():
            self._hooks.append(weight.register_hook(lambda gradient, name=name: self._note(name, gradient)))

    def _note(self, name: str, gradient: Tensor) -> None:
        self.norms[name].append(gradient.norm().item())


def gradient_norms(model: nn.Module, loss: Tensor) -> dict[str, float]:
    """Return the L2 norm of the gradient of every weight, from the first layer to the last.

    Parameters
    ----------
    model : torch.nn.Module
        The model that computed the loss. Nothing in it changes; its ``.grad`` stay as they were.
    loss : torch.Tensor
        One number, with its graph, which stays usable.

    Returns
    -------
    dict
        Name of the layer to the norm. Biases and BatchNorm's numbers are left out; a weight that the loss does not
        depend on has the norm 0.

    Raises
    ------
    ValueError
        If the loss is not a single number, or the model has no weight that is trained.

    Examples
    --------
    >>> model = nn.Linear(3, 1, bias=False)
    >>> gradient_norms(nn.Sequential(model), model(torch.tensor([[3.0, 4.0, 0.0]])).sum())
    {'0': 5.0}
    """
    if loss.numel() != 1:
        raise ValueError(message("errors.recorders.loss", shape=list(loss.shape)))
    weights = _weights(model)
    gradients = torch.autograd.grad(loss, list(weights.values()), retain_graph=True, allow_unused=True)
    return {
        # In float64, because float32 cannot hold the squares of gradients below 1e-19.
        name: 0.0 if gradient is None else gradient.cpu().double().norm().item()
        for name, gradient in zip(weights, gradients, strict=True)
    }


def _weights(model: nn.Module) -> dict[str, nn.Parameter]:
    """Return the trained weights of a model under the names of their layers."""
    found = {
        name.removesuffix("weight").removesuffix("."): parameter
        for name, parameter in model.named_parameters()
        if parameter.dim() > 1 and parameter.requires_grad
    }
    if not found:
        raise ValueError(message("errors.recorders.no-weight"))
    return found
