"""What a trained model says, and how often it is right."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from resnet_course.language import message, number
from resnet_course.shapes import table

if TYPE_CHECKING:
    import pandas as pd

Loader = Iterable[tuple[Tensor, Tensor]]


@contextmanager
def evaluating(model: nn.Module) -> Iterator[None]:
    """Put a model into eval mode without gradients, and each of its modules back into its own mode afterwards.

    Parameters
    ----------
    model : torch.nn.Module
        Any model.

    Examples
    --------
    >>> model = nn.Dropout()
    >>> with evaluating(model):
    ...     model.training
    False
    >>> model.training
    True
    """
    modes = [(module, module.training) for module in model.modules()]
    model.eval()
    try:
        with torch.no_grad():
            yield
    finally:
        for module, mode in modes:
            module.training = mode


def device_of(model: nn.Module) -> torch.device:
    """Return where a model's parameters are, the CPU for a model without any.

    Examples
    --------
    >>> device_of(nn.ReLU())
    device(type='cpu')
    """
    return next((parameter.device for parameter in model.parameters()), torch.device("cpu"))


def predict(model: nn.Module, loader: Loader) -> tuple[Tensor, Tensor]:
    """Return the probabilities that a model gives each class, and the true labels.

    Parameters
    ----------
    model : torch.nn.Module
        ``[N, …] -> [N, classes]`` logits. Runs in eval mode; its own mode is restored.
    loader : iterable
        Batches of images and labels.

    Returns
    -------
    probabilities : torch.Tensor
        ``[images, classes]``, on the CPU; each row adds up to 1.
    labels : torch.Tensor
        ``[images]``, on the CPU.

    Raises
    ------
    ValueError
        If the loader gives no batch.

    Examples
    --------
    >>> probabilities, labels = predict(nn.Identity(), [(torch.zeros(3, 2), torch.tensor([0, 1, 1]))])
    >>> probabilities.tolist(), labels.tolist()
    ([[0.5, 0.5], [0.5, 0.5], [0.5, 0.5]], [0, 1, 1])
    """
    device = device_of(model)
    logits, labels = [], []
    with evaluating(model):
        for images, truth in loader:
            logits.append(model(images.to(device)).float())
            labels.append(truth.cpu())
    if not logits:
        raise ValueError(message("errors.evaluation.empty"))
    return F.softmax(torch.cat(logits), dim=1).cpu(), torch.cat(labels)


def evaluate(model: nn.Module, loader: Loader) -> tuple[float, float]:
    """Return a model's mean cross-entropy and its accuracy.

    Parameters
    ----------
    model : torch.nn.Module
        ``[N, …] -> [N, classes]`` logits. Runs in eval mode; its own mode is restored.
    loader : iterable
        Batches of images and labels.

    Returns
    -------
    loss : float
        Mean over all images, in nats.
    accuracy : float
        Share of the images, from 0 to 1, whose most probable class is their label.

    Raises
    ------
    ValueError
        If the loader gives no batch.

    Examples
    --------
    >>> loss, accuracy = evaluate(nn.Identity(), [(torch.eye(2) * 100, torch.tensor([0, 0]))])
    >>> round(loss), accuracy
    (50, 0.5)
    """
    device = device_of(model)
    loss, right, count = torch.zeros((), device=device), torch.zeros((), device=device), 0
    with evaluating(model):
        for images, labels in loader:
            images, labels = images.to(device), labels.to(device)
            logits = model(images).float()
            loss += F.cross_entropy(logits, labels, reduction="sum")
            right += (logits.argmax(1) == labels).sum()
            count += len(labels)
    if count == 0:
        raise ValueError(message("errors.evaluation.empty"))
    return loss.item() / count, right.item() / count


def accuracy(model: nn.Module, loader: Loader) -> float:
    """Return how many of the images a model gets right, from 0 to 1.

    Parameters
    ----------
    model : torch.nn.Module
        ``[N, …] -> [N, classes]`` logits. Runs in eval mode without gradients; its own mode is restored.
    loader : iterable
        Batches of images and labels.

    Raises
    ------
    ValueError
        If the loader gives no batch.

    Examples
    --------
    >>> accuracy(nn.Identity(), [(torch.eye(3), torch.tensor([0, 1, 1]))])
    0.6666666666666666
    """
    return evaluate(model, loader)[1]


def prediction_table(probabilities: Mapping[str, Tensor], classes: Sequence[str], top: int = 5) -> pd.DataFrame:
    """Return the most probable classes of one image in a table, with a column for each model.

    Parameters
    ----------
    probabilities : mapping
        Name of the model to its probabilities ``[classes]``.
    classes : sequence of str
        Names of the classes.
    top : int
        Number of rows: the classes that the first model finds most probable.

    Raises
    ------
    ValueError
        If there are not as many probabilities as names.

    Examples
    --------
    >>> print(prediction_table({"mine": torch.tensor([0.2, 0.7, 0.1])}, ["ant", "bee", "fly"], top=2))
    class   mine
    bee    70.0%
    ant    20.0%
    """
    for name, each in probabilities.items():
        if each.shape != (len(classes),):
            raise ValueError(
                message("errors.evaluation.classes", name=name, shape=list(each.shape), classes=len(classes))
            )
    first = next(iter(probabilities.values()))
    rows = [
        {
            message("common.prediction.class"): classes[index],
            **{name: number(float(each[index]), ".1%") for name, each in probabilities.items()},
        }
        for index in first.argsort(descending=True, stable=True)[:top].tolist()
    ]
    return table(rows)


def most_confident_mistakes(probabilities: Tensor, labels: Tensor, count: int = 8) -> list[int]:
    """Return which images a model gets wrong, the one it is surest about first.

    Parameters
    ----------
    probabilities : torch.Tensor
        ``[images, classes]``, as `predict` returns them.
    labels : torch.Tensor
        ``[images]``.
    count : int
        How many at most.

    Examples
    --------
    >>> most_confident_mistakes(torch.tensor([[0.9, 0.1], [0.6, 0.4], [0.2, 0.8]]), torch.tensor([0, 1, 0]))
    [2, 1]
    """
    confidence, said = probabilities.max(1)
    order = confidence.argsort(descending=True, stable=True)
    return order[said[order] != labels[order]][:count].tolist()
