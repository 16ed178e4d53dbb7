"""What a trained backbone is worth when labels are few: a net that knows MNIST learns other people's digits."""

from __future__ import annotations

import copy
from collections.abc import Callable, Mapping, Sequence
from functools import partial
from typing import Any

import torch
import torch.nn.functional as F
from torch import Tensor, nn
from torch.optim import SGD, Optimizer
from torch.optim.lr_scheduler import LRScheduler, MultiStepLR

from resnet_course.data import Batches, few_per_class, mnist5k, split, uci_digits
from resnet_course.evaluation import accuracy
from resnet_course.language import message
from resnet_course.small_nets import SmallResNet, create_small_resnet
from resnet_course.training import LEARNING_RATE, MOMENTUM, History, fit
from resnet_course.trainings import Training, one_thread, train_each
from resnet_course.transfer import freeze_backbone, parameter_groups, replace_head

WAYS = ("scratch", "frozen", "tuned")
STEPS = 60  # for every net the same number, however few its images are
BATCH_SIZE = 20
BACKBONE_LR = 0.005

Prepare = Callable[[int], tuple[nn.Module, Optimizer]]


def framed_digits() -> tuple[Tensor, Tensor]:
    """Return the UCI digits in MNIST's frame: 20 pixels high, with a border of 4.

    MNIST's makers scaled every digit into a box of 20 × 20 in the middle of 28 × 28 pixels; the UCI digits fill their
    whole image. To a net that is another task, and needlessly.

    Returns
    -------
    images : torch.Tensor
        ``[1797, 1, 28, 28]``, float32, 0 is black and 1 is white.
    labels : torch.Tensor
        ``[1797]``, int64, 0 to 9.

    Examples
    --------
    >>> images, labels = framed_digits()
    >>> images.shape, images[:, :, :4].abs().max().item()
    (torch.Size([1797, 1, 28, 28]), 0.0)
    """
    images, labels = uci_digits(size=20)
    return F.pad(images, [4] * 4), labels


def new_net() -> SmallResNet:
    """Return an untrained net for digits: 8 layers with weights, 75 000 parameters, PyTorch's random state.

    Examples
    --------
    >>> new_net()(torch.zeros(1, 1, 28, 28)).shape
    torch.Size([1, 10])
    """
    return create_small_resnet(8, width=16, in_channels=1, stem_stride=2)


def train_on_mnist(epochs: int = 4, seed: int = 0) -> SmallResNet:
    """Return a net that was trained on 4 000 digits of MNIST-5k: the backbone to transfer.

    Parameters
    ----------
    epochs : int
        How often to go through the images; at least 3. For each of the last two the learning rate becomes five times
        smaller.
    seed : int
        Of the weights and the order of the images.

    Examples
    --------
    >>> net = train_on_mnist(epochs=3)
    >>> accuracy(net, mnist_held_out()) > 0.9
    True
    """
    train, _ = split(*mnist5k())
    training = Training(
        name="MNIST",
        make=_new_net_and_optimizer,
        train=Batches(*train, batch_size=64, shuffle=True),
        epochs=epochs,
        seed=seed,
        schedule=partial(MultiStepLR, milestones=[epochs - 2, epochs - 1], gamma=0.2),
    )
    net = train_each([training])[0].model
    assert isinstance(net, SmallResNet)
    return net


def _new_net_and_optimizer() -> tuple[nn.Module, Optimizer]:
    net = new_net()
    return net, SGD(net.parameters(), lr=LEARNING_RATE, momentum=MOMENTUM)


def mnist_held_out() -> Batches:
    """Return the 1 000 digits of MNIST-5k that `train_on_mnist` leaves out.

    Examples
    --------
    >>> len(mnist_held_out().images)
    1000
    """
    return Batches(*split(*mnist5k())[1], batch_size=500)


def held_out() -> Batches:
    """Return the half of the UCI digits that no net is trained on.

    Examples
    --------
    >>> len(held_out().images)
    898
    """
    return Batches(*split(*framed_digits(), fraction=0.5)[1], batch_size=500)


def labelled(
    count: int, seed: int = 0, transform: Callable[[Tensor], Tensor] | None = None, steps: int = STEPS
) -> tuple[Batches, int]:
    """Return `count` labelled UCI digits of each class, and how many epochs of them make `steps` steps.

    Parameters
    ----------
    count : int
        Images of each class, at least 2.
    seed : int
        Another seed chooses other images.
    transform : callable, optional
        Augmentation, such as `resnet_course.data.random_crop_flip`.
    steps : int
        Batches of 20 to train on.

    Examples
    --------
    >>> batches, epochs = labelled(5)
    >>> len(batches.images), epochs
    (50, 20)
    """
    images, labels = few_per_class(*split(*framed_digits(), fraction=0.5)[0], count=count, seed=seed)
    batches = Batches(images, labels, batch_size=BATCH_SIZE, shuffle=True, transform=transform)
    return batches, max(3, steps // len(batches))


def learn(
    net: nn.Module,
    optimizer: Optimizer,
    count: int,
    seed: int = 0,
    *,
    steps: int = STEPS,
    transform: Callable[[Tensor], Tensor] | None = None,
    validation: Batches | None = None,
) -> History:
    """Train a net on a few labelled UCI digits, in place; for the last third the learning rates are ten times smaller.

    Parameters
    ----------
    net : torch.nn.Module
        ``[N, 1, 28, 28] -> [N, 10]``.
    optimizer : torch.optim.Optimizer
        Over the net's parameters.
    count, seed, transform, steps
        See `labelled`; the seed is also that of the order of the images.
    validation : Batches, optional
        Measured after every epoch.

    Examples
    --------
    >>> net, optimizer = prepare("scratch", None, seed=0)
    >>> len(learn(net, optimizer, count=2, steps=4).train_loss)
    4
    """
    batches, epochs = labelled(count, seed, transform, steps)
    with one_thread():
        return fit(
            net,
            batches,
            validation,
            epochs=epochs,
            optimizer=optimizer,
            scheduler=_slower_at_the_end(epochs)(optimizer),
            seed=seed,
            device="cpu",
            progress=False,  # it takes a second
        )


def _slower_at_the_end(epochs: int) -> Callable[[Optimizer], LRScheduler]:
    return partial(MultiStepLR, milestones=[2 * epochs // 3], gamma=0.1)


def prepare(
    way: str, source: nn.Module | None, seed: int, backbone_lr: float = BACKBONE_LR, weight_decay: float = 0.0
) -> tuple[nn.Module, Optimizer]:
    """Return a net for ten classes and its optimizer, before training on the new digits.

    Parameters
    ----------
    way : {"scratch", "frozen", "tuned"}
        A new net; a copy of `source` whose new head alone learns; a copy of which everything learns.
    source : torch.nn.Module, optional
        The trained net; not needed for ``"scratch"``.
    seed : int
        Of the new weights.
    backbone_lr : float
        Learning rate of a fine-tuned backbone. Heads, and nets from scratch, have 0.05.
    weight_decay : float
        Of SGD.

    Raises
    ------
    ValueError
        If there is no such way, or no net to transfer.

    Examples
    --------
    >>> net, optimizer = prepare("frozen", new_net(), seed=0)
    >>> [name for name, parameter in net.named_parameters() if parameter.requires_grad]
    ['fc.weight', 'fc.bias']
    """
    if way not in WAYS or (source is None and way != "scratch"):
        raise ValueError(message("errors.few-labels.way", way=way, known=", ".join(WAYS)))
    torch.manual_seed(seed)
    if way == "scratch":
        net: nn.Module = new_net()
        backbone_lr = LEARNING_RATE
    else:
        assert source is not None
        net = replace_head(copy.deepcopy(source), 10)
    if way == "frozen":
        freeze_backbone(net)
    groups = parameter_groups(net, head_lr=LEARNING_RATE, backbone_lr=backbone_lr)
    return net, SGD(groups, momentum=MOMENTUM, weight_decay=weight_decay)


def study(
    starts: Mapping[str, Prepare],
    count: int,
    measure: Callable[[nn.Module, Any], float] = accuracy,
    *,
    seeds: Sequence[int] = range(3),
    steps: int = STEPS,
    transforms: Mapping[str, Callable[[Tensor], Tensor]] | None = None,
) -> dict[str, list[float]]:
    """Train several nets on a few labelled digits, each several times, and measure them on the held-out ones.

    Parameters
    ----------
    starts : mapping
        Name to ``prepare(seed)``, which returns a net and its optimizer, as `prepare` does.
    count : int
        Labelled images of each class.
    measure : callable
        ``measure(net, loader)``.
    seeds : sequence of int
        Each seed draws other labelled images, other new weights and another order.
    steps : int
        See `labelled`.
    transforms : mapping, optional
        Name to augmentation.

    Returns
    -------
    dict
        Name to one measurement for each seed.

    Examples
    --------
    >>> from functools import partial
    >>> measured = study({"scratch": partial(prepare, "scratch", None)}, count=2, seeds=[0], steps=3)
    >>> [len(values) for values in measured.values()]
    [1]
    """
    trainings = []
    for name, start in starts.items():
        for seed in seeds:
            batches, epochs = labelled(count, seed, (transforms or {}).get(name), steps)
            shown = f"{name}, {message('common.training.seed', seed=seed)}"
            trainings.append(Training(shown, partial(start, seed), batches, epochs, seed, _slower_at_the_end(epochs)))
    trained = iter(train_each(trainings))
    rest = held_out()
    return {name: [float(measure(next(trained).model, rest)) for _ in seeds] for name in starts}
