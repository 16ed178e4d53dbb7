"""Put a model and its reference side by side."""

from __future__ import annotations

import copy
import difflib
import zlib
from collections.abc import Iterator
from typing import TYPE_CHECKING

import torch
from torch import Tensor, nn

from resnet_course.language import message, number
from resnet_course.shapes import record_calls, table

if TYPE_CHECKING:
    import pandas as pd

TOLERANCE = 1e-5


def first_divergence(
    model: nn.Module, reference: nn.Module, x: Tensor, seed: int = 0, around: int | None = None
) -> pd.DataFrame:
    """Return a table that compares two models layer by layer and marks the first layer whose output differs.

    Both are copied. The copies get the same random BatchNorm statistics and the model's own weights, matched by
    name, and run in eval mode; the models given stay as they are.

    Parameters
    ----------
    model : torch.nn.Module
        The model in doubt.
    reference : torch.nn.Module
        The model to trust, with the same names for the same layers.
    x : torch.Tensor
        An input for both.
    seed : int
        Seed of the random BatchNorm statistics.
    around : int, optional
        Show only so many rows before and after the first difference; by default all.

    Returns
    -------
    pandas.DataFrame
        A row for each call of a layer, in the order of the run, and a row for the output. A layer that only one of
        the models calls is missing or not in the reference.

    Examples
    --------
    >>> mine, reference = nn.Sequential(nn.Linear(2, 2)), nn.Sequential(nn.Linear(2, 2), nn.ReLU())
    >>> first_divergence(mine, reference, torch.tensor([[1.0, 2.0]]))["verdict"].tolist()[:2]
    ['same', 'missing ← first difference']
    """
    model, reference = copy.deepcopy(model).eval(), copy.deepcopy(reference).eval()
    for each in (model, reference):
        _randomise_batch_norm(each, seed)
    _copy_by_name(model, reference)

    rows: list[dict[str, str]] = []
    found: int | None = None
    for step, my_output, its_output in _aligned(_outputs(model, x), _outputs(reference, x)):
        verdict, difference = _compare(my_output, its_output)
        shown = message(f"common.divergence.{verdict}")
        if verdict != "same" and found is None:
            found = len(rows)
            shown = f"{shown} {message('common.divergence.first')}"
        rows.append(
            {
                message("common.divergence.step"): step,
                message("common.divergence.mine"): _shape(my_output),
                message("common.divergence.reference"): _shape(its_output),
                message("common.divergence.difference"): difference,
                message("common.divergence.verdict"): shown,
            }
        )
    if around is not None and found is not None:
        rows = rows[max(0, found - around) : found + around + 1]
    return table(rows)


def _randomise_batch_norm(model: nn.Module, seed: int) -> None:
    # Fresh statistics (mean 0, variance 1) would make a BatchNorm in eval mode invisible. The draws depend on the
    # layer's name, so that a layer that only one of the models has changes none of the others.
    for name, module in model.named_modules():
        if isinstance(module, nn.BatchNorm2d):
            draw = torch.Generator().manual_seed(seed + zlib.crc32(name.encode()))
            for tensor, centre in (
                (module.running_mean, 0.0),
                (module.running_var, 1.0),
                (module.weight.data, 1.0),
            ):
                if tensor is not None:
                    tensor.copy_(centre + 0.5 * torch.rand(tensor.shape, generator=draw))


def _copy_by_name(source: nn.Module, target: nn.Module) -> None:
    wanted = target.state_dict()
    fitting = {
        name: tensor
        for name, tensor in source.state_dict().items()
        if name in wanted and tensor.shape == wanted[name].shape
    }
    target.load_state_dict(fitting, strict=False)


Outputs = list[tuple[str, Tensor]]


def _outputs(model: nn.Module, x: Tensor) -> Outputs:
    return [
        (call.name or message("common.trace.output"), call.output)
        for call in record_calls(model, x)
        # An Identity does nothing: a model with one is a model without that layer.
        if not isinstance(call.module, nn.Identity)
    ]


def _aligned(mine: Outputs, theirs: Outputs) -> Iterator[tuple[str, Tensor | None, Tensor | None]]:
    """Yield the steps of both models in the order of the run; a step that one of them lacks has None there."""
    names, its_names = [name for name, _ in mine], [name for name, _ in theirs]
    matcher = difflib.SequenceMatcher(a=its_names, b=names, autojunk=False)
    for kind, its_start, its_end, start, end in matcher.get_opcodes():
        if kind == "equal":
            for (name, its_output), (_, my_output) in zip(theirs[its_start:its_end], mine[start:end], strict=True):
                yield name, my_output, its_output
        else:
            yield from ((name, None, its_output) for name, its_output in theirs[its_start:its_end])
            yield from ((name, my_output, None) for name, my_output in mine[start:end])


def _compare(mine: Tensor | None, theirs: Tensor | None) -> tuple[str, str]:
    if mine is None:
        return "missing", ""
    if theirs is None:
        return "extra", ""
    if mine.shape != theirs.shape:
        return "shape", ""
    difference = float((mine - theirs).abs().max())
    return ("same" if difference <= TOLERANCE else "differs"), number(difference, ".2g")


def _shape(tensor: Tensor | None) -> str:
    return "" if tensor is None else str(list(tensor.shape))
