"""What transfer starts from here: ImageNet's weights and photos, or, without a network, the course's own and digits."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
from torch import Tensor

from resnet_course.data import few_per_class, split
from resnet_course.digit_weights import ARCHITECTURE, digit_transforms, digit_weights
from resnet_course.few_labels import framed_digits
from resnet_course.files import write_somewhere
from resnet_course.image_data import check_folder, choose_photos
from resnet_course.language import message
from resnet_course.transfer import imagenet_weights, pretrained_weights

TRAIN_DIGITS, HELD_OUT_DIGITS = 5, 20  # of each class


@dataclass(frozen=True)
class StartingPoint:
    """Weights of a net that has been trained, and images of another task that go with them.

    Parameters
    ----------
    weights : dict
        Name to tensor; with a head for ImageNet's 1 000 classes.
    transforms : callable
        The preprocessing with which the weights were measured.
    photos : Path
        A folder of images, as `resnet_course.image_data.image_loaders` takes it.
    imagenet : bool
        Whether the weights are ImageNet's. If not, they are those of `resnet_course.digit_weights`, and the images
        are digits too.

    Examples
    --------
    >>> StartingPoint({}, digit_transforms(), Path("data"), imagenet=False).imagenet
    False
    """

    weights: dict[str, Tensor]
    transforms: Callable[[Any], Tensor]
    photos: Path
    imagenet: bool


def starting_point(architecture: str, own: str | Path | None = None, folder: str | Path = "data") -> StartingPoint:
    """Return trained weights and images of another task, the best that this machine can have.

    ImageNet's weights, with the learner's photos or ants and bees. Where these weights cannot be had, the course's own
    for digits, and digits of other writers as image files: the same steps, and knowledge that is really transferred.
    Sentences in the learner's language say which they are.

    Parameters
    ----------
    architecture : str
        One of `resnet_course.resnet.ARCHITECTURES`.
    own : str or Path, optional
        The learner's folder of photos; see `resnet_course.image_data.choose_photos`.
    folder : str or Path
        Where the course's images are, or are put.

    Raises
    ------
    ValueError
        If the name is unknown; or if ImageNet's weights cannot be had, and the architecture is not the one for which
        the course has weights of its own.

    Examples
    --------
    >>> import tempfile
    >>> with tempfile.TemporaryDirectory() as place:  # doctest: +ELLIPSIS
    ...     start = starting_point("resnet18", folder=place)
    resnet18: ...
    >>> start.weights["fc.weight"].shape
    torch.Size([1000, 512])
    """
    weights = imagenet_weights(architecture)
    if weights is not None:
        photos = choose_photos(own, folder)
        return StartingPoint(weights, pretrained_weights(architecture).transforms(), photos, imagenet=True)
    if architecture != ARCHITECTURE:
        raise ValueError(message("errors.transfer.only-digits", architecture=architecture, known=ARCHITECTURE))
    if own is not None:
        print(check_folder(own))
    print(f"{architecture}: {message('common.weights.digits')}")
    photos = write_somewhere(Path(folder).expanduser(), lambda place: write_digits(place / "digits"))
    print(check_folder(photos))
    # torchvision's ResNet-18 has a head for ImageNet's classes, which is replaced afterwards.
    return StartingPoint(digit_weights(num_classes=1000), digit_transforms(), photos, imagenet=False)


def write_digits(folder: Path) -> Path:
    """Write UCI digits as image files: few to learn from in ``train``, others to measure on in ``val``.

    Parameters
    ----------
    folder : Path
        Is made, with a folder for each of the ten classes in both parts.

    Examples
    --------
    >>> import tempfile
    >>> with tempfile.TemporaryDirectory() as place:
    ...     len(list(write_digits(Path(place)).glob("val/7/*.png")))
    20
    """
    from PIL import Image

    halves = split(*framed_digits(), fraction=0.5)
    for part, half, count in zip(("train", "val"), halves, (TRAIN_DIGITS, HELD_OUT_DIGITS), strict=True):
        images, labels = few_per_class(*half, count=count)
        for position, (pixels, label) in enumerate(zip(images, labels.tolist(), strict=True)):
            (folder / part / str(label)).mkdir(parents=True, exist_ok=True)
            grey = (255 * pixels[0]).round().to(torch.uint8).numpy()
            Image.fromarray(grey).save(folder / part / str(label) / f"{position:03}.png")
    return folder
