"""What happens inside a network in one forward pass: who is called, with which shapes, with how many parameters."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import torch
from torch import Tensor, nn

from resnet_course.language import message, number

if TYPE_CHECKING:
    import pandas as pd


@dataclass(frozen=True)
class Call:
    """One call of one layer.

    Parameters
    ----------
    name : str
        The layer's name in the model, such as ``"layer1.0.conv1"``; ``""`` is the model itself.
    module : torch.nn.Module
        The layer.
    inputs, output : torch.Tensor
        What it got (copied before the call, because a layer may write into it) and what it returned.

    Examples
    --------
    >>> Call("fc", nn.Linear(4, 2), torch.zeros(1, 4), torch.zeros(1, 2)).parameters
    10
    """

    name: str
    module: nn.Module
    inputs: Tensor
    output: Tensor

    @property
    def parameters(self) -> int:
        """Number of trainable and frozen parameters of the layer."""
        return sum(parameter.numel() for parameter in self.module.parameters())


def record_calls(model: nn.Module, x: Tensor) -> list[Call]:
    """Run ``model(x)`` without gradients and return the calls of all its leaf layers in the order of the run.

    The last call is the model's own. The model's mode (train or eval) is left as it is.

    Parameters
    ----------
    model : torch.nn.Module
        Any model of layers that take one tensor and return one.
    x : torch.Tensor
        Its input.

    Examples
    --------
    >>> [call.name for call in record_calls(nn.Sequential(nn.Flatten(), nn.Linear(4, 2)), torch.zeros(1, 2, 2))]
    ['0', '1', '']
    """
    calls: list[Call] = []
    before: dict[nn.Module, list[Tensor]] = {}

    def note_input(module: nn.Module, inputs: tuple[Any, ...]) -> None:
        before.setdefault(module, []).append(inputs[0].detach().clone())

    def note_output(name: str, module: nn.Module, output: Tensor) -> None:
        calls.append(Call(name, module, before[module].pop(), output.detach().clone()))

    watched = {name: module for name, module in model.named_modules() if not name or not any(module.children())}
    hooks = []
    for name, module in watched.items():
        hooks.append(module.register_forward_pre_hook(note_input))
        hooks.append(module.register_forward_hook(lambda m, _, out, name=name: note_output(name, m, out)))
    try:
        with torch.no_grad():
            model(x.clone())
    finally:
        for hook in hooks:
            hook.remove()
    return calls


def shape_table(model: nn.Module, x: Tensor) -> pd.DataFrame:
    """Return a table of the layers in the order in which they run: kind, shapes, parameters.

    Parameters
    ----------
    model : torch.nn.Module
        Any model of layers that take one tensor and return one.
    x : torch.Tensor
        Its input.

    Examples
    --------
    >>> print(shape_table(nn.Sequential(nn.Flatten(), nn.Linear(4, 2)), torch.zeros(1, 2, 2)))
    module     kind      input  output parameters
    0       Flatten  [1, 2, 2]  [1, 4]          0
    1        Linear     [1, 4]  [1, 2]         10
    """
    rows = [
        {
            message("common.trace.module"): call.name,
            message("common.trace.kind"): type(call.module).__name__,
            message("common.trace.input"): str(list(call.inputs.shape)),
            message("common.trace.output"): str(list(call.output.shape)),
            message("common.trace.parameters"): number(call.parameters, ","),
        }
        for call in record_calls(model, x)
        if call.name
    ]
    return table(rows)


def table(rows: list[dict[str, str]]) -> pd.DataFrame:
    """Return rows as a table whose first column names them.

    Examples
    --------
    >>> print(table([{"net": "resnet18", "blocks": "8"}, {"net": "resnet34", "blocks": "16"}]))
    net      blocks
    resnet18      8
    resnet34     16
    """
    from resnet_course.tables import Table

    made = Table(rows)
    first = made.columns[0]
    # The name goes to the head of the columns: as the index's own name pandas would give it a line to itself.
    return made.set_index(first).rename_axis(index=None, columns=first)
