"""Small nets trained one after another, with one progress bar; what was trained is kept as long as Python runs."""

from __future__ import annotations

import copy
import random
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from torch import nn
from torch.optim import Optimizer
from torch.optim.lr_scheduler import LRScheduler

from resnet_course.data import Batches
from resnet_course.evaluation import accuracy
from resnet_course.fingerprint import fingerprint
from resnet_course.language import message
from resnet_course.training import History, fit, progress_bar

# Bytes of all weights that are kept; the oldest nets make room. All nets of a lesson together have about 20 million.
LIMIT = 200_000_000

_kept: dict[str, tuple[Trained, tuple[Any, ...]]] = {}


@dataclass(frozen=True)
class Training:
    """A net to train, and how.

    Parameters
    ----------
    name : str
        What the progress bar calls it.
    make : callable
        Returns the new net and its optimizer; PyTorch's random numbers are seeded before.
    train : Batches
        The images to train on.
    epochs : int
        How often to go through them.
    seed : int
        Of the new net and of the order of the images.
    schedule : callable, optional
        Takes the optimizer and returns what changes its learning rate after each epoch.
    measured_on : sequence of Batches
        For each of these the accuracy is measured after the training.

    Examples
    --------
    >>> digits = Batches(torch.zeros(4, 1, 28, 28), torch.arange(4))
    >>> Training("nothing", lambda: (nn.Identity(), None), digits, epochs=3, seed=0).epochs
    3
    """

    name: str
    make: Callable[[], tuple[nn.Module, Optimizer]]
    train: Batches
    epochs: int
    seed: int
    schedule: Callable[[Optimizer], LRScheduler] | None = None
    measured_on: Sequence[Batches] = ()


@dataclass
class Trained:
    """What came out of a training.

    Parameters
    ----------
    model : torch.nn.Module
        The net.
    history : History
        What was measured in each epoch.
    accuracies : list of float
        From 0 to 1, for what the net was to be measured on.

    Examples
    --------
    >>> Trained(nn.Identity(), History(), [0.5]).accuracies
    [0.5]
    """

    model: nn.Module
    history: History
    accuracies: list[float]


def train_each(trainings: Sequence[Training]) -> list[Trained]:
    """Train several nets, one after another, on one thread of the CPU.

    A training of which everything is as it was the last time, in this Python process, is not repeated: a copy of its
    net is returned at once, and PyTorch's random numbers go on as if it had been trained. `forget` ends that. Where it
    cannot be told whether all is as it was (see `resnet_course.fingerprint`), the net is trained.

    Parameters
    ----------
    trainings : sequence of Training
        All nets, so that one progress bar can tell the time that is left for all of them.

    Returns
    -------
    list of Trained
        In the same order.

    Raises
    ------
    KeyboardInterrupt
        If the learner stops it. A sentence says how many of the nets are kept.

    Examples
    --------
    >>> from torch.optim import SGD
    >>> from resnet_course.data import mnist5k
    >>> def make():
    ...     net = nn.Sequential(nn.Flatten(), nn.Linear(784, 10))
    ...     return net, SGD(net.parameters(), lr=0.1)
    >>> images, labels = mnist5k()
    >>> digits = Batches(images[::50], labels[::50], shuffle=True)
    >>> first, second = train_each([Training(f"seed {seed}", make, digits, epochs=2, seed=seed) for seed in (0, 1)])
    >>> first.history.train_loss[1] < first.history.train_loss[0]
    True
    """
    with one_thread():
        keys = _keys(trainings)
        missing = [key not in _kept for key in keys]
        steps = [len(each.train) * each.epochs for each in trainings]
        total = sum(count for count, new in zip(steps, missing, strict=True) if new)
        results = []
        try:
            with progress_bar(total, show=any(missing)) as bar:
                for index, training in enumerate(trainings):
                    bar.set_description_str(_say_which(index, trainings), refresh=False)
                    results.append(_train(training, bar))
                    # The same net under two names is trained only once.
                    bar.update(sum(steps[each] for each in range(index + 1) if missing[each]) - bar.n)
        except KeyboardInterrupt:
            kept = sum(key in _kept for key in keys)
            print(message("common.training.stopped", kept=kept, count=len(trainings)))
            raise
    if trainings and not any(missing):
        _say_kept(len(trainings))
    return results


def forget() -> None:
    """Forget all nets that are kept, so that the next call trains them again.

    Examples
    --------
    >>> forget()
    """
    _kept.clear()


@contextmanager
def one_thread() -> Iterator[None]:
    """Let PyTorch compute on one thread inside the ``with`` block.

    In nets as small as these, threads mostly wait for each other; where other programs want the cores too, a training
    takes many times as long for it. And on one thread its numbers do not depend on how many cores there are.

    Examples
    --------
    >>> with one_thread():
    ...     torch.get_num_threads()
    1
    """
    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    try:
        yield
    finally:
        torch.set_num_threads(threads)


def _keys(trainings: Sequence[Training]) -> list[str | None]:
    """Make every net before the first is trained: one that cannot be made should say so at once."""
    before = _random_state()
    try:
        return [_begin(each)[2] for each in trainings]
    finally:
        _set_random_state(before)


def _begin(training: Training) -> tuple[nn.Module, Optimizer, str | None]:
    torch.manual_seed(training.seed)
    model, optimizer = training.make()
    model.to(memory_format=torch.channels_last)  # in which deep nets with few channels train a tenth faster
    # Of the net that was made, not of what made it: that may be any code, and this is what is trained.
    key = fingerprint(
        model, optimizer, training.schedule, training.train, training.epochs, training.seed, training.measured_on
    )
    return model, optimizer, key


def _train(training: Training, bar: Any) -> Trained:
    # Made anew, and so is the key: where nets share something, the training before has changed it.
    model, optimizer, key = _begin(training)
    if key in _kept:
        trained, state = _kept[key]
        _set_random_state(state)
        return copy.deepcopy(trained)
    scheduler = training.schedule(optimizer) if training.schedule is not None else None
    history = fit(
        model,
        training.train,
        epochs=training.epochs,
        optimizer=optimizer,
        scheduler=scheduler,
        seed=training.seed,
        device="cpu",
        progress=bar,
    )
    model.zero_grad()  # the last step's gradients; copies have none
    trained = Trained(model, history, [accuracy(model, each) for each in training.measured_on])
    if key is not None:
        _keep(key, trained)
    return trained


def _keep(key: str, trained: Trained) -> None:
    if _bytes(trained) > LIMIT:
        return
    try:
        _kept[key] = copy.deepcopy(trained), _random_state()
    except Exception:  # a learner's net may hold what cannot be copied
        return
    while sum(_bytes(each) for each, _ in _kept.values()) > LIMIT:
        del _kept[next(iter(_kept))]


def _bytes(trained: Trained) -> int:
    return sum(each.nbytes for each in (*trained.model.parameters(), *trained.model.buffers()))


def _random_state() -> tuple[Any, ...]:
    return torch.get_rng_state(), random.getstate(), np.random.get_state()


def _set_random_state(state: tuple[Any, ...]) -> None:
    torch.set_rng_state(state[0])
    random.setstate(state[1])
    np.random.set_state(state[2])


def _say_which(index: int, trainings: Sequence[Training]) -> str:
    name = trainings[index].name
    if len(trainings) == 1:
        return name
    return message("common.training.net", index=index + 1, count=len(trainings), name=name)


def _say_kept(count: int) -> None:
    """Say it where otherwise the progress bar is: what a cell prints stays the same."""
    from tqdm.auto import tqdm

    tqdm(total=count, initial=count, desc=message("common.training.kept", count=count), bar_format="{desc}").close()
