"""What a network costs: parameters, multiply-adds (MACs), floating-point operations (FLOPs), memory, time.

One multiply-add is *two* floating-point operations, a product and a sum. Published tables often call MACs "FLOPs", and
are then off by a factor of two from those that do not; here each has its own name. Counted are convolutions and matrix
products, as in the literature; BatchNorm, ReLU and additions are not.
"""

from __future__ import annotations

import os
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from statistics import median
from typing import TYPE_CHECKING

import torch
from torch import Tensor, nn

from resnet_course.evaluation import evaluating
from resnet_course.language import message, number
from resnet_course.resnet import create_resnet
from resnet_course.shapes import table

if TYPE_CHECKING:
    import pandas as pd


@dataclass(frozen=True)
class Cost:
    """What one forward pass of one input costs.

    Parameters
    ----------
    parameters : int
        Numbers the model stores and training changes.
    flops : int
        Floating-point operations of its convolutions and matrix products.
    output : tuple of int
        Shape of what it returns.

    Examples
    --------
    >>> Cost(parameters=10, flops=16, output=(1, 2)).macs
    8
    """

    parameters: int
    flops: int
    output: tuple[int, ...]

    @property
    def macs(self) -> int:
        """Multiply-adds: half of the FLOPs."""
        return self.flops // 2


def count_parameters(model: nn.Module, trainable: bool = False) -> int:
    """Return how many parameters a model has.

    Parameters
    ----------
    model : torch.nn.Module
        Any model.
    trainable : bool
        Count only those that are not frozen.

    Examples
    --------
    >>> count_parameters(nn.Linear(4, 2))
    10
    """
    return sum(each.numel() for each in model.parameters() if each.requires_grad or not trainable)


def count_cost(model: nn.Module, input_size: Sequence[int] = (1, 3, 224, 224)) -> Cost:
    """Return what a forward pass costs, without computing it.

    The model's shapes run on PyTorch's ``meta`` device, where tensors have no content: instant, at any size. The model
    itself stays as it is.

    Parameters
    ----------
    model : torch.nn.Module
        A model that takes one tensor and returns one.
    input_size : sequence of int
        Shape of the input, the number of images first.

    Examples
    --------
    >>> cost = count_cost(create_resnet("resnet50"))
    >>> f"{cost.parameters / 1e6:.2f} M parameters, {cost.flops / 1e9:.2f} GFLOPs, {cost.macs / 1e9:.2f} GMACs"
    '25.56 M parameters, 8.18 GFLOPs, 4.09 GMACs'
    """
    from torch.utils.flop_counter import FlopCounterMode

    shapes = _shapes_of(model)
    x = torch.empty(*input_size, device="meta")
    # In eval mode, because in train mode BatchNorm refuses a single value per channel.
    with evaluating(model), FlopCounterMode(display=False) as counter:
        output = torch.func.functional_call(model, shapes, (x,))
    return Cost(count_parameters(model), counter.get_total_flops(), tuple(output.shape))


def _shapes_of(model: nn.Module) -> dict[str, Tensor]:
    """Return the model's parameters and buffers by name, as tensors without content."""
    return {
        name: torch.empty_like(tensor, device="meta")
        for named in (model.named_parameters(), model.named_buffers())
        for name, tensor in named
    }


def memory_per_image(model: nn.Module, input_size: Sequence[int] = (1, 3, 224, 224), images: int = 8) -> int:
    """Return the bytes that training keeps for each image between the forward and the backward pass, uncomputed.

    These are the *activations*: what the layers gave and the backward pass will need. For large batches they, not the
    weights, fill a GPU. Counted on the ``meta`` device, each stored tensor once; in training mode, with float32.

    Parameters
    ----------
    model : torch.nn.Module
        A model that takes one tensor and returns one. It stays as it is.
    input_size : sequence of int
        Shape of the input of one image.
    images : int
        Over so many images what is kept once for all of them (BatchNorm's means) is shared.

    Examples
    --------
    >>> from resnet_course.small_nets import create_small_resnet
    >>> memory_per_image(create_small_resnet(20), (1, 3, 32, 32)) // 1024  # KiB
    1484
    """
    shapes = _shapes_of(model)
    for name, parameter in model.named_parameters():
        shapes[name].requires_grad_(parameter.requires_grad)
    own = {tensor.untyped_storage()._cdata for tensor in shapes.values()}
    kept: dict[int, torch.UntypedStorage] = {}  # held here, so that no two of them get the same address

    def keep(tensor: Tensor) -> Tensor:
        storage = tensor.untyped_storage()
        if storage._cdata not in own:
            kept[storage._cdata] = storage
        return tensor

    x = torch.empty(images, *input_size[1:], device="meta")
    was_training = {module: module.training for module in model.modules()}
    try:
        model.train()
        with torch.enable_grad(), torch.autograd.graph.saved_tensors_hooks(keep, lambda tensor: tensor):
            torch.func.functional_call(model, shapes, (x,))
    finally:
        for module, training in was_training.items():
            module.training = training
    return sum(storage.nbytes() for storage in kept.values()) // images


def time_per_image(models: Mapping[str, nn.Module], x: Tensor, repeats: int = 5) -> dict[str, float]:
    """Return the seconds that a forward pass takes for each image of a batch: the median over some passes.

    Each model's milliseconds are printed, but not where progress bars are switched off, as in the built notebooks: they
    differ from machine to machine and from run to run.

    Parameters
    ----------
    models : mapping
        Name to model, in the mode and on the device where it is to run.
    x : torch.Tensor
        A batch, on the same device.
    repeats : int
        How many passes are timed; one more goes before them, to warm up. The models take turns, so that what slows the
        machine down for a moment slows all of them down.

    Examples
    --------
    >>> seconds = time_per_image({"linear": nn.Linear(4, 2)}, torch.zeros(8, 4))  # doctest: +ELLIPSIS
    linear: ... ms
    >>> 0 < seconds["linear"] < 1
    True
    """
    from tqdm.auto import tqdm

    times: dict[str, list[float]] = {name: [] for name in models}
    bar = tqdm(total=len(models) * (repeats + 1), leave=False)
    with torch.inference_mode():
        for _ in range(repeats + 1):
            for name, model in models.items():
                began = time.perf_counter()
                model(x)
                if x.is_cuda:
                    torch.cuda.synchronize()
                times[name].append(time.perf_counter() - began)
                bar.update()
    seconds = {name: median(each[1:]) / len(x) for name, each in times.items()}
    bar.close()
    if not os.environ.get("TQDM_DISABLE"):  # asked here: tqdm's bars for notebooks do not
        print(*(f"{name}: {number(1000 * each, '.3g')} ms" for name, each in seconds.items()), sep="\n")
    return seconds


def cost_table(
    models: Mapping[str, nn.Module] | Sequence[str],
    input_size: Sequence[int] = (1, 3, 224, 224),
    num_classes: int = 1000,
) -> pd.DataFrame:
    """Return a table of models: trainable parameters, GFLOPs, GMACs, shape of the output.

    Parameters
    ----------
    models : mapping or sequence of str
        Name to model; or names of `resnet_course.resnet.ARCHITECTURES`.
    input_size : sequence of int
        Shape of the input, the number of images first.
    num_classes : int
        Number of outputs of the models that are given by name only.

    Examples
    --------
    >>> print(cost_table(["resnet18", "resnet50"], num_classes=10))
    model    trainable parameters GFLOPs GMACs   output
    resnet18           11,181,642   3.63  1.81  [1, 10]
    resnet50           23,528,522   8.17  4.09  [1, 10]
    """
    if not isinstance(models, Mapping):
        with torch.device("meta"):
            models = {name: create_resnet(name, num_classes) for name in models}
    rows = []
    for name, model in models.items():
        cost = count_cost(model, input_size)
        rows.append(
            {
                message("common.cost.model"): name,
                message("common.cost.parameters"): number(count_parameters(model, trainable=True), ","),
                message("common.cost.gflops"): number(cost.flops / 1e9, ".2f"),
                message("common.cost.gmacs"): number(cost.macs / 1e9, ".2f"),
                message("common.cost.output"): str(list(cost.output)),
            }
        )
    return table(rows)
