"""Small experiments on real digits: lessons show them, tests assert them, checks judge by them."""

from __future__ import annotations

import json
import math
from collections.abc import Callable, Mapping, Sequence
from copy import deepcopy
from dataclasses import dataclass
from functools import cache, partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

import torch
import torch.nn.functional as F
from torch import Tensor, nn
from torch.optim import SGD, Adam, Optimizer
from torch.optim.lr_scheduler import MultiStepLR

from resnet_course.data import Batches, mnist5k, split
from resnet_course.drawing import Picture, say
from resnet_course.evaluation import accuracy
from resnet_course.language import find, message, number
from resnet_course.mlp import deep_mlp, initialise_linear
from resnet_course.plots import profile
from resnet_course.recorders import gradient_norms
from resnet_course.shapes import table
from resnet_course.small_nets import create_plain_net, create_preactivation_net, create_small_resnet
from resnet_course.training import History, fit
from resnet_course.trainings import Training, one_thread, train_each

if TYPE_CHECKING:
    import pandas as pd

# --- what happens to the gradient --------------------------------------------------------------------------------

FATES = ("vanishes", "survives", "explodes")
LIMIT = 100  # that many times smaller or larger at the first layer than at the last
ACTIVATIONS: dict[str, type[nn.Module]] = {"sigmoid": nn.Sigmoid, "tanh": nn.Tanh, "relu": nn.ReLU}


def fate(norms: Sequence[float]) -> str:
    """Say in one word what happens to a gradient on its way from the last layer to the first.

    Parameters
    ----------
    norms : sequence of float
        Norm of the gradient at each layer, from the first to the last.

    Returns
    -------
    {"vanishes", "survives", "explodes"}
        ``"vanishes"`` if the first layer's is less than a hundredth of the last layer's, ``"explodes"`` if it is more
        than a hundred times as large (or no longer a number).

    Raises
    ------
    ValueError
        If there are fewer than two layers.

    Examples
    --------
    >>> fate([1e-9, 1e-3, 1.0]), fate([0.5, 0.7, 1.0]), fate([2e5, 400.0, 1.0])
    ('vanishes', 'survives', 'explodes')
    """
    if len(norms) < 2:
        raise ValueError(message("errors.experiments.norms", count=len(norms)))
    first, last = norms[0], norms[-1]
    if not math.isfinite(first) or first > LIMIT * last:
        return "explodes"
    return "vanishes" if first * LIMIT < last else "survives"


def profile_of(model: nn.Module, images: Tensor, labels: Tensor) -> dict[str, float]:
    """Return the norm of the gradient at every layer of a classifier, for its cross-entropy on some images.

    Computed with double precision: float32 holds no number below 10⁻⁴⁵, and some of these gradients are smaller.

    Parameters
    ----------
    model : torch.nn.Module
        ``[N, …] -> [N, classes]``. It stays as it is: a copy in the same mode (train or eval) is measured.
    images : torch.Tensor
        ``[N, …]``.
    labels : torch.Tensor
        ``[N]``.

    Examples
    --------
    >>> images, labels = mnist5k()
    >>> torch.manual_seed(0)  # doctest: +ELLIPSIS
    <torch._C.Generator ...>
    >>> norms = profile_of(deep_mlp(30, 64, nn.Sigmoid), images[::40], labels[::40])
    >>> len(norms), norms["1"] < 1e-15 * norms["59"]
    (30, True)
    """
    model = deepcopy(model).double()
    return gradient_norms(model, F.cross_entropy(model(images.double()), labels))


def draw_gradient_profile(
    depth: int = 30, activation: str = "sigmoid", init: str = "default", norm: bool = False, shortcut: bool = False
) -> Picture:
    """Return a picture of the gradient at every layer of a new net of linear layers, for 125 real digits.

    Parameters
    ----------
    depth, norm, shortcut
        As `resnet_course.mlp.deep_mlp` takes them.
    activation : {"sigmoid", "tanh", "relu"}
        What follows every layer.
    init : {"default", "xavier", "he"}
        As `resnet_course.mlp.initialise_linear` takes it.

    Examples
    --------
    >>> draw_gradient_profile(activation="relu", init="he").figure.axes[0].get_title("left").split(":")[0]
    'The gradient survives'
    """
    caption = "01_vanishing_gradient.figures.explorer"
    images, labels = mnist5k()
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(0)
        model = initialise_linear(deep_mlp(depth, 64, ACTIVATIONS[activation], norm=norm, shortcut=shortcut), init)
    norms = list(profile_of(model, images[::40], labels[::40]).values())
    texts = find(caption)
    figures = {
        "fate": texts["fates"][fate(norms)],
        "ratio": say(norms[0] / norms[-1] if norms[-1] else math.nan),
        "depth": depth,
    }
    return profile(
        caption, {"gradient": norms}, colors={"gradient": "residual" if shortcut else "plain"}, figures=figures
    )


# --- what depth does to training ---------------------------------------------------------------------------------

NETS: dict[str, Callable[..., nn.Module]] = {
    "plain": create_plain_net,
    "residual": create_small_resnet,
    "preactivation": create_preactivation_net,
}
WIDTH = 8  # channels of the first stage; the paper has 16
ADAM = partial(Adam, lr=0.001)


@dataclass
class Run:
    """One net that was trained: what it is now, how it went, and its errors after training (in eval mode, from 0 to 1).

    Parameters
    ----------
    model : torch.nn.Module
        The trained net.
    history : History
        What was measured in each epoch.
    train_error, validation_error : float
        Share of the images that it gets wrong: of those it was trained on, and of 1 000 others.

    Examples
    --------
    >>> Run(nn.Identity(), History(), train_error=0.07, validation_error=0.11).train_error
    0.07
    """

    model: nn.Module
    history: History
    train_error: float
    validation_error: float


def train_small_nets(
    names: Sequence[str],
    seeds: Sequence[int] = range(3),
    images: int = 1600,
    epochs: int = 4,
    lr: float = 0.05,
    batch_size: int = 64,
) -> dict[str, list[Run]]:
    """Train small convolutional nets on MNIST-5k, each several times.

    He et al. 2015, section 4.2, made small enough for a laptop: half of the paper's width, grey images that the first
    convolution halves. SGD with momentum 0.9; the learning rate becomes five times smaller for each of the
    last two epochs.

    Parameters
    ----------
    names : sequence of str
        Such as ``"plain-20"``, ``"residual-56"`` or ``"preactivation-110"``: the kind of net and its depth, 6n + 2;
        ``"residual-14-2"`` is twice as wide.
    seeds : sequence of int
        For every seed each net is made and trained once.
    images : int
        How many of the 4 000 training images to use.
    epochs : int
        How often to go through them; at least 3.
    lr : float
        The learning rate at first. (The paper too starts its deepest nets with a smaller one: section 4.2.)
    batch_size : int
        Images in each step.

    Returns
    -------
    dict
        Name to one `Run` for each seed.

    Raises
    ------
    ValueError
        If a name is not a kind of net and a depth of 6n + 2.

    Examples
    --------
    >>> runs = train_small_nets(["plain-8"], seeds=[0], images=500, epochs=3)
    >>> [len(run.history.train_loss) for run in runs["plain-8"]]
    [3]
    """
    sgd = partial(SGD, lr=lr, momentum=0.9)
    return train_nets({name: partial(small_net, name) for name in names}, seeds, images, epochs, sgd, batch_size)


def small_net(name: str) -> nn.Module:
    """Return one of the small convolutional nets that `train_small_nets` trains, with random weights.

    Examples
    --------
    >>> thin, wide = small_net("residual-14"), small_net("residual-14-2")
    >>> thin.fc.in_features, wide.fc.in_features
    (32, 64)
    """
    kind, depth, factor = _read_name(name)
    return NETS[kind](depth, width=WIDTH * factor, in_channels=1, stem_stride=2)


def _read_name(name: str) -> tuple[str, int, int]:
    kind, *sizes = name.split("-")
    if kind not in NETS or len(sizes) not in (1, 2) or not all(each.isdigit() and int(each) for each in sizes):
        raise ValueError(message("errors.experiments.name", name=name, known=", ".join(NETS)))
    depth, factor = [*map(int, sizes), 1][:2]
    return kind, depth, factor


def train_nets(
    makers: Mapping[str, Callable[[], nn.Module]],
    seeds: Sequence[int] = range(3),
    images: int = 4000,
    epochs: int = 5,
    make_optimizer: Callable[[Any], Optimizer] = ADAM,
    batch_size: int = 64,
) -> dict[str, list[Run]]:
    """Train any nets for digits on MNIST-5k, each several times.

    The learning rate becomes five times smaller for each of the last two epochs.

    Parameters
    ----------
    makers : mapping
        Name to a function that makes the net.
    seeds : sequence of int
        For every seed each net is made and trained once.
    images : int
        How many of the 4 000 training images to use.
    epochs : int
        How often to go through them; at least 3.
    make_optimizer : callable
        Takes the parameters and returns their optimizer.
    batch_size : int
        Images in each step.

    Returns
    -------
    dict
        Name to one `Run` for each seed.

    Examples
    --------
    >>> runs = train_nets({"mlp-2": lambda: deep_mlp(2, 32, nn.ReLU)}, seeds=[0, 1], images=500, epochs=3)
    >>> [run.history.train_loss[-1] < run.history.train_loss[0] for run in runs["mlp-2"]]
    [True, True]
    """
    train, held_out = split(*mnist5k())
    used = Batches(train[0][:images], train[1][:images], batch_size=batch_size, shuffle=True)
    schedule = partial(MultiStepLR, milestones=[epochs - 2, epochs - 1], gamma=0.2)
    measured_on = used, Batches(*held_out, batch_size=500)
    jobs = [(name, seed) for name in makers for seed in seeds]
    trained = train_each(
        [
            Training(
                name=f"{name}, {message('common.training.seed', seed=seed)}",
                make=partial(_with_optimizer, makers[name], make_optimizer),
                train=used,
                epochs=epochs,
                seed=seed,
                schedule=schedule,
                measured_on=measured_on,
            )
            for name, seed in jobs
        ]
    )
    runs: dict[str, list[Run]] = {name: [] for name in makers}
    for (name, _), each in zip(jobs, trained, strict=True):
        runs[name].append(Run(each.model, each.history, *(1 - right for right in each.accuracies)))
    return runs


def _with_optimizer(
    make: Callable[[], nn.Module], make_optimizer: Callable[[Any], Optimizer]
) -> tuple[nn.Module, Optimizer]:
    model = make()
    return model, make_optimizer(model.parameters())


def difficulty_table(
    trained: Mapping[str, tuple[nn.Module, Batches]], held_out: Batches, images: Tensor, labels: Tensor
) -> pd.DataFrame:
    """Return a table with the three measurements that tell vanishing gradients, degradation and overfitting apart.

    Parameters
    ----------
    trained : mapping
        Name of each net to the net and the batches that it was trained on.
    held_out : Batches
        Images that no net was trained on.
    images, labels : torch.Tensor
        For these the gradients are measured, in train mode.

    Returns
    -------
    pandas.DataFrame
        For each net the gradient's norm at the first layer divided by that at the last, the error on the images that
        it was trained on, and the error on the held-out ones.

    Examples
    --------
    >>> images, labels = mnist5k()
    >>> batches = Batches(images[:50], labels[:50])
    >>> difficulty_table({"mlp-2": (deep_mlp(2, 8, nn.ReLU), batches)}, batches, images[:50], labels[:50]).shape
    (1, 3)
    """
    rows = []
    for name, (model, batches) in trained.items():
        norms = list(profile_of(model.train(), images, labels).values())
        errors = {"train": 1 - accuracy(model, batches), "validation": 1 - accuracy(model, held_out)}
        rows.append(
            {
                message("01_vanishing_gradient.difficulties.net"): name,
                message("01_vanishing_gradient.difficulties.gradient"): say(norms[0] / norms[-1]),
                **{
                    message(f"01_vanishing_gradient.difficulties.{part}"): f"{number(100 * error, '.1f')}%"
                    for part, error in errors.items()
                },
            }
        )
    return table(rows)


# --- four trainings to diagnose ----------------------------------------------------------------------------------

DIAGNOSES = ("healthy", "overfitting", "degradation", "diverging")
EXAMPLES = Path(__file__).with_name("example_curves.json")


@dataclass(frozen=True)
class Recipe:
    """How one of the examples was trained: the net, a shallower one to compare it with, and what is usual or not.

    Parameters
    ----------
    net, shallower : str
        Kind and depth, such as ``"mlp-6"`` or ``"residual-20"``.
    images : int
        How many of the 4 000 training images.
    epochs : int
        How often through them.
    lr, momentum : float
        Of SGD.

    Examples
    --------
    >>> RECIPES["D"].images
    300
    """

    net: str
    shallower: str
    images: int
    epochs: int
    lr: float = 0.05
    momentum: float = 0.9


RECIPES = {
    "A": Recipe("mlp-6", "mlp-3", images=2000, epochs=10, momentum=0.97),
    "B": Recipe("mlp-30", "mlp-6", images=4000, epochs=8, lr=0.02),
    "C": Recipe("residual-20", "residual-8", images=4000, epochs=5, lr=0.02),
    "D": Recipe("mlp-4", "mlp-2", images=300, epochs=40, lr=0.02),
}


def example_curves() -> dict[str, dict[str, list[float]]]:
    """Return the losses of four real trainings, epoch by epoch, as ``python -m resnet_course.experiments`` wrote them.

    Returns
    -------
    dict
        ``"A"`` to ``"D"``, each with ``"train"`` and ``"validation"``, the net's losses, and ``"shallower"``, the
        training loss of a shallower net that was trained in the same way.

    Examples
    --------
    >>> curves = example_curves()
    >>> list(curves), list(curves["A"])
    (['A', 'B', 'C', 'D'], ['train', 'validation', 'shallower'])
    """
    return {name: {part: list(values) for part, values in curves.items()} for name, curves in _read_examples().items()}


@cache
def _read_examples() -> Any:
    return json.loads(EXAMPLES.read_text(encoding="utf-8"))


def train_example(recipe: Recipe) -> dict[str, list[float]]:
    """Train one of the examples again, on one thread, and return its curves as `example_curves` does.

    Examples
    --------
    >>> curves = train_example(Recipe("mlp-4", "mlp-2", images=200, epochs=2))
    >>> [len(values) for values in curves.values()]
    [2, 2, 2]
    """
    with one_thread():
        deep, shallow = (_train_example_net(name, recipe) for name in (recipe.net, recipe.shallower))
    curves = {"train": deep.train_loss, "validation": deep.validation_loss, "shallower": shallow.train_loss}
    return {part: [float(f"{value:.4g}") for value in values] for part, values in curves.items()}


def _train_example_net(name: str, recipe: Recipe) -> History:
    train, held_out = split(*mnist5k())
    kind, _, depth = name.partition("-")
    torch.manual_seed(0)
    if kind == "mlp":
        model: nn.Module = initialise_linear(deep_mlp(int(depth), 64, nn.ReLU), "he")
    else:
        model = NETS[kind](int(depth), width=WIDTH, in_channels=1, stem_stride=2)
    optimizer = SGD(model.parameters(), lr=recipe.lr, momentum=recipe.momentum)
    batches = Batches(train[0][: recipe.images], train[1][: recipe.images], batch_size=64, shuffle=True)
    return fit(
        model,
        batches,
        Batches(*held_out, batch_size=500),
        epochs=recipe.epochs,
        optimizer=optimizer,
        seed=0,
        device="cpu",
        progress=False,
    )


def diagnose(curves: Mapping[str, Sequence[float]]) -> str:
    """Name what went wrong in a training, if anything, from its losses alone.

    Parameters
    ----------
    curves : mapping
        ``"train"``, ``"validation"`` and ``"shallower"``, as `example_curves` returns them.

    Returns
    -------
    {"healthy", "overfitting", "degradation", "diverging"}
        ``"diverging"`` if the training loss ends at more than twice its lowest value; ``"degradation"`` if it ends at
        more than twice the shallower net's; ``"overfitting"`` if the validation loss ends at more than ten times the
        training loss.

    Examples
    --------
    >>> diagnose({"train": [2.0, 0.1, 0.01], "validation": [2.1, 1.2, 1.9], "shallower": [2.0, 0.2, 0.02]})
    'overfitting'
    """
    train, validation = curves["train"], curves["validation"]
    if not math.isfinite(train[-1]) or train[-1] > 2 * min(train):
        return "diverging"
    if train[-1] > 2 * curves["shallower"][-1]:
        return "degradation"
    return "overfitting" if validation[-1] > 10 * train[-1] else "healthy"


if __name__ == "__main__":
    made = {name: train_example(recipe) for name, recipe in RECIPES.items()}
    EXAMPLES.write_text(json.dumps(made, indent=1) + "\n", encoding="utf-8")
