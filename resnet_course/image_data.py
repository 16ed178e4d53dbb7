"""The learner's own photos: a folder for each class, as torchvision's ``ImageFolder`` reads them.

Photos come from phones, scanners and downloads. What goes wrong with them is found before training starts, and said.
"""

from __future__ import annotations

import os
import sys
import warnings
from collections import Counter
from collections.abc import Callable, Iterable
from copy import copy
from pathlib import Path
from typing import TYPE_CHECKING, Any

import torch

from resnet_course.data import split
from resnet_course.files import why, write_somewhere
from resnet_course.language import message, showable
from resnet_course.machine import is_online

if TYPE_CHECKING:
    from PIL.Image import Image
    from torch.utils.data import DataLoader
    from torchvision.datasets import ImageFolder

# Of the 1.28 million training images of ImageNet, colours between 0 and 1: what torchvision's weights expect.
IMAGENET_MEAN = (0.485, 0.456, 0.406)
IMAGENET_STD = (0.229, 0.224, 0.225)

# Pillow cannot read .heic, an iPhone's own format; it stands here so that such photos are named and not overlooked.
# No .gif, as in torchvision: a stand-in for a missing photo often is one (PyTorch's ants have such a file).
IMAGE_ENDINGS = (
    ".jpg", ".jpeg", ".png", ".webp", ".bmp",
    ".jfif", ".tif", ".tiff", ".avif", ".ppm", ".pgm", ".heic", ".heif",
)  # fmt: skip

# 244 training and 153 validation photos from the web, used in PyTorch's tutorial on transfer learning.
ANTS_AND_BEES = "https://download.pytorch.org/tutorial/hymenoptera_data.zip"

HELD_OUT_NAMES = ("val", "valid", "validation", "test")

# Checking this many photos takes seconds; for more, a progress bar is shown.
QUICKLY_CHECKED = 200
NAMED_AT_MOST = 20


def load_photo(path: str | Path) -> Image:
    """Open an image as a viewer shows it: upright, in three colour channels.

    Parameters
    ----------
    path : str or Path
        An image file in any mode: greyscale (8 or 16 bits), palette, transparent, CMYK.

    Returns
    -------
    PIL.Image.Image
        In mode ``"RGB"``; turned as its EXIF orientation tells, on white where it is transparent.

    Raises
    ------
    OSError
        If the file is missing or cannot be read as an image.

    Examples
    --------
    >>> import tempfile
    >>> from PIL import Image
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     Image.new("L", (40, 30)).save(f"{folder}/scan.png")
    ...     photo = load_photo(f"{folder}/scan.png")
    >>> photo.mode, photo.size
    ('RGB', (40, 30))
    """
    from PIL import Image

    with Image.open(path) as image:
        return _as_shown(image)


def sample_photo() -> Path:
    """Return the path of a photo that is there without a network: a flower, from scikit-learn.

    Examples
    --------
    >>> load_photo(sample_photo()).size
    (640, 427)
    """
    import sklearn.datasets

    return Path(sklearn.datasets.__file__).parent / "images" / "flower.jpg"


def example_photos(folder: str | Path = "data") -> Path:
    """Return a folder of photos of two classes, divided into ``train`` and ``val``; a sentence says which they are.

    With a network, or if they are there already: ants and bees, 47 MB, downloaded once. Otherwise a stand-in that is
    there without one: small pieces of two photos, a temple and a flower, from scikit-learn. Pieces for ``val`` come
    from another half of the photo than those for ``train``. They show that everything works, and no more.

    Parameters
    ----------
    folder : str or Path
        Where to look for the photos, and where to put them. If nothing can be written there, they go to a temporary
        folder, and a sentence says so.

    Raises
    ------
    OSError
        If the temporary folder cannot be used either; the message says what to do.

    Examples
    --------
    >>> import tempfile
    >>> with tempfile.TemporaryDirectory() as folder:  # doctest: +ELLIPSIS
    ...     sorted(path.name for path in example_photos(folder).iterdir())
    Photos: ...
    ['train', 'val']
    """
    folder = Path(folder).expanduser()
    whole = _ants_and_bees(folder)
    if whole is not None:
        print(message("errors.image-data.ants-and-bees"))
        return whole
    print(message("errors.image-data.stand-in"))
    return write_somewhere(folder, lambda place: _stand_in(place / "temple_and_flower"))


def _ants_and_bees(folder: Path) -> Path | None:
    """Return the folder of the ants and bees, which are fetched if need be; None if they are not to be had."""
    whole = folder / "hymenoptera_data"
    if _parts(whole) is not None:
        return whole
    if is_online():
        try:
            return write_somewhere(folder, _download)
        except Exception as error:  # a network that breaks off, a proxy's page instead of a zip file, no room at all
            print(message("errors.image-data.download", url=ANTS_AND_BEES, reason=why(error)))
    return None


def _download(folder: Path) -> Path | None:
    from torchvision.datasets.utils import download_and_extract_archive

    whole = folder / "hymenoptera_data"
    if _parts(whole) is None:
        try:
            download_and_extract_archive(ANTS_AND_BEES, str(folder))
        except Exception:
            # torchvision would take half a file for the whole one the next time.
            (folder / ANTS_AND_BEES.rpartition("/")[2]).unlink(missing_ok=True)
            raise
    return whole if _parts(whole) is not None else None


def _stand_in(folder: Path) -> Path:
    photos = {"flower": sample_photo(), "temple": sample_photo().with_name("china.jpg")}
    draw = torch.Generator().manual_seed(0)
    for name, path in photos.items():
        photo = load_photo(path)
        for part, count in (("train", 12), ("val", 6)):
            (folder / part / name).mkdir(parents=True, exist_ok=True)
            top = 0 if part == "train" else photo.height // 2
            for number in range(count):
                side = int(torch.randint(100, 200, (), generator=draw))
                # Left and right of the flower there is nothing but leaves.
                x = photo.width // 5 + int(torch.randint(0, photo.width // 2 - side, (), generator=draw))
                y = top + int(torch.randint(0, photo.height // 2 - side, (), generator=draw))
                photo.crop((x, y, x + side, y + side)).save(folder / part / name / f"{number:02}.jpg")
    return folder


def check_folder(folder: str | Path) -> str:
    """Say how many photos of each class a folder holds, or what is wrong with it and what to do.

    Parameters
    ----------
    folder : str or Path
        The folder with the class folders, or with ``train`` and ``val``.

    Examples
    --------
    >>> import tempfile
    >>> from PIL import Image
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     for name in ("dogs", "cats"):
    ...         Path(folder, name).mkdir()
    ...         Image.new("L", (80, 60)).save(f"{folder}/{name}/1.png")
    ...     check_folder(folder)
    'cats: 1, dogs: 1'
    """
    return _examine(Path(folder).expanduser())[1]


def choose_photos(own: str | Path | None = None, folder: str | Path = "data") -> Path:
    """Return the learner's own folder of photos, or `example_photos` if there is none that can be used.

    Prints how many photos of each class there are; for a folder that cannot be used, why, and what to do.

    Parameters
    ----------
    own : str or Path, optional
        The learner's folder: a folder for each class, or ``train`` and ``val`` with those in them.
    folder : str or Path
        See `example_photos`.

    Examples
    --------
    >>> import tempfile
    >>> with tempfile.TemporaryDirectory() as folder:  # doctest: +ELLIPSIS
    ...     _ = choose_photos("no-such-folder", folder)
    There is no folder no-such-folder. ...
    Photos: ...
    train: ...
    """
    if own is not None:
        usable, text = _examine(Path(own).expanduser())
        print(text)
        if usable:
            return Path(own).expanduser()
    chosen = example_photos(folder)
    print(check_folder(chosen))
    return chosen


def _examine(folder: Path) -> tuple[bool, str]:
    lines = []
    usable = True
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        try:
            for part in _parts(folder) or (folder,):
                photos = _read(part, None)
                counts = Counter(photos.targets)
                counted = ", ".join(f"{name}: {counts[number]}" for number, name in enumerate(photos.classes))
                lines.append(counted if part == folder else f"{part.name}: {counted}")
        except (OSError, ValueError) as problem:
            usable = False
            lines.append(str(problem))
    lines += [str(each.message) for each in caught]
    # Where the notebook is does not matter to a reader.
    return usable, "\n".join(lines).replace(f"{Path.cwd()}{os.sep}", "")


def training_transform(image_size: int = 224) -> Callable[[Image], torch.Tensor]:
    """Return the augmentation of photos in training: a random part of the photo, and its mirror image half the time.

    Parameters
    ----------
    image_size : int
        Height and width of the result, in pixels.

    Returns
    -------
    callable
        From an RGB image to ``[3, image_size, image_size]``, float32, normalised as ImageNet's weights expect.

    Notes
    -----
    The crop of Szegedy et al. 2014, section 6 (8 to 100 % of the area, sides 3:4 to 4:3).

    Examples
    --------
    >>> from PIL import Image
    >>> training_transform(64)(Image.new("RGB", (400, 300))).shape
    torch.Size([3, 64, 64])
    """
    from torchvision import transforms

    return transforms.Compose(
        [
            transforms.RandomResizedCrop(image_size),
            transforms.RandomHorizontalFlip(),
            transforms.ToTensor(),
            transforms.Normalize(IMAGENET_MEAN, IMAGENET_STD),
        ]
    )


def evaluation_transform(image_size: int = 224) -> Callable[[Image], torch.Tensor]:
    """Return what turns a photo into a network's input, the same way every time.

    The shorter side becomes 256/224 of `image_size`, and the centre is cut out.

    Parameters
    ----------
    image_size : int
        Height and width of the result, in pixels.

    Returns
    -------
    callable
        From an RGB image to ``[3, image_size, image_size]``, float32, normalised as ImageNet's weights expect.

    Examples
    --------
    >>> from PIL import Image
    >>> evaluation_transform(64)(Image.new("RGB", (400, 300))).shape
    torch.Size([3, 64, 64])
    """
    from torchvision import transforms

    return transforms.Compose(
        [
            transforms.Resize(round(image_size * 256 / 224)),
            transforms.CenterCrop(image_size),
            transforms.ToTensor(),
            transforms.Normalize(IMAGENET_MEAN, IMAGENET_STD),
        ]
    )


def image_folder(
    folder: str | Path, transform: Callable[[Image], Any] | None = None, image_size: int = 224
) -> ImageFolder:
    """Read a folder that holds a folder of images for each class.

    Hidden files and folders (and ``__MACOSX``) are passed over. Every image is decoded once, and those that cannot
    be read are left out, with one warning that names them.

    Parameters
    ----------
    folder : str or Path
        The folder with the class folders.
    transform : callable, optional
        Applied to each RGB image; ``evaluation_transform(image_size)`` if not given.
    image_size : int
        Height and width for the transform that is used if none is given, in pixels.

    Returns
    -------
    torchvision.datasets.ImageFolder
        Of pairs (transformed image, class number), with the class names in ``classes`` and the paths in ``samples``.

    Raises
    ------
    FileNotFoundError
        If there is no such folder.
    ValueError
        If it is a file, has no class folders or only one, is already divided into ``train`` and ``val``, or a class
        has no image that can be read.

    Examples
    --------
    >>> import tempfile
    >>> from PIL import Image
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     for name in ("dogs", "cats"):
    ...         Path(folder, name).mkdir()
    ...         Image.new("RGB", (80, 60)).save(f"{folder}/{name}/1.jpg")
    ...     photos = image_folder(folder, image_size=32)
    ...     image, label = photos[1]
    >>> photos.classes, image.shape, label
    (['cats', 'dogs'], torch.Size([3, 32, 32]), 1)
    """
    return _read(Path(folder), transform or evaluation_transform(image_size))


def image_loaders(
    folder: str | Path,
    batch_size: int = 32,
    held_out: float = 0.2,
    image_size: int = 224,
    seed: int = 0,
    workers: int | None = None,
) -> tuple[DataLoader[Any], DataLoader[Any], list[str]]:
    """Return what a training run needs of a folder of photos.

    A folder with ``train`` and ``val`` inside (or ``valid``, ``validation``, ``test``) is taken as it is divided.
    Otherwise a fraction of every class is held out.

    Parameters
    ----------
    folder : str or Path
        The folder with the class folders, see `image_folder`; or with ``train`` and ``val``.
    batch_size : int
        Images in a batch.
    held_out : float
        How much of each class to hold out, between 0 and 1; see `resnet_course.data.split`.
    image_size : int
        Height and width of the images, in pixels.
    seed : int
        Another seed holds out other images. The global random numbers are left alone.
    workers : int, optional
        Processes that load images; if not given, some with a GPU, and none where training itself keeps the CPU busy.

    Returns
    -------
    train_loader : torch.utils.data.DataLoader
        Shuffled and augmented batches ``[batch_size, 3, image_size, image_size]`` and class numbers.
    held_out_loader : torch.utils.data.DataLoader
        The others, not augmented, in the order of ``held_out_loader.dataset.samples``.
    class_names : list of str
        The class folders' names, in the order of the class numbers.

    Raises
    ------
    FileNotFoundError
        If there is no such folder.
    ValueError
        As `image_folder`; and if a class has a single image, `held_out` is not between 0 and 1, ``train`` and
        ``val`` have different classes, or `batch_size` is not a whole number of at least 1.

    Examples
    --------
    >>> import tempfile
    >>> from PIL import Image
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     for name in ("dogs", "cats"):
    ...         Path(folder, name).mkdir()
    ...         for index in range(5):
    ...             Image.new("RGB", (80, 60)).save(f"{folder}/{name}/{index}.jpg")
    ...     train_loader, held_out_loader, class_names = image_loaders(folder, image_size=32)
    ...     images, labels = next(iter(train_loader))
    >>> images.shape, len(held_out_loader.dataset), class_names
    (torch.Size([8, 3, 32, 32]), 2, ['cats', 'dogs'])
    """
    from torch.utils.data import DataLoader

    if not isinstance(batch_size, int) or batch_size < 1:
        raise ValueError(message("errors.data.batch-size", batch_size=batch_size))
    folder = Path(folder).expanduser()
    parts = _parts(folder)
    if parts is None:
        photos = _read(folder, None)
        train, rest = _split(photos, held_out, seed)
    else:
        train, rest = _read(parts[0], None), _read(parts[1], None)
        if train.classes != rest.classes:
            names = {"train_classes": ", ".join(train.classes), "held_out_classes": ", ".join(rest.classes)}
            raise ValueError(message("errors.image-data.classes-differ", train=parts[0], held_out=parts[1], **names))
    train.transform = training_transform(image_size)
    rest.transform = evaluation_transform(image_size)

    if workers is None:
        workers = _workers()
    settings: dict[str, Any] = {
        "batch_size": batch_size,
        "num_workers": workers,
        "persistent_workers": workers > 0,
        "pin_memory": torch.cuda.is_available(),
    }
    # A BatchNorm in training cannot normalise a single small image, so a last batch of one is left out.
    last_is_one = len(train) > batch_size and len(train) % batch_size == 1
    train_loader = DataLoader(train, shuffle=True, drop_last=last_is_one, **settings)
    return train_loader, DataLoader(rest, **settings), train.classes


def _as_shown(image: Image) -> Image:
    from PIL import Image, ImageOps

    image = ImageOps.exif_transpose(image)
    if image.mode.startswith("I"):  # 16 bits; Pillow would cut them off at 255 and give an almost white image
        image = image.point(lambda value: value / 256).convert("L")
    if "A" in image.getbands() or "transparency" in image.info:
        image = image.convert("RGBA")
        image = Image.alpha_composite(Image.new("RGBA", image.size, "white"), image)
    return image.convert("RGB")


def _read(folder: Path, transform: Callable[[Image], Any] | None) -> ImageFolder:
    from torchvision.datasets import ImageFolder

    folder = folder.expanduser()
    names = _class_names(folder)
    photos = ImageFolder(
        folder,
        transform,
        loader=load_photo,
        is_valid_file=lambda path: _is_image(Path(path).relative_to(folder)),
        allow_empty=True,
    )
    # torchvision takes hidden folders for (empty) classes; this numbers the classes without them.
    numbers = {photos.class_to_idx[name]: number for number, name in enumerate(names)}
    samples = [(path, numbers[label]) for path, label in photos.samples if label in numbers]
    photos.classes, photos.class_to_idx = [*map(showable, names)], {name: n for n, name in enumerate(names)}

    full = {label for _, label in samples}
    empty = [name for number, name in enumerate(names) if number not in full]
    if empty:
        figures = {"names": _listed(empty), "endings": ", ".join(IMAGE_ENDINGS[:5])}
        raise ValueError(message("errors.image-data.empty", folder=folder, **figures))
    return _keep(photos, _readable(samples, names, folder))


def _class_names(folder: Path) -> list[str]:
    whole = folder.absolute()
    layout = message("errors.image-data.layout", name=whole.name)
    if not folder.exists():
        raise FileNotFoundError(message("errors.image-data.missing", folder=whole, layout=layout))
    if not folder.is_dir():
        raise ValueError(message("errors.image-data.not-a-folder", folder=whole, layout=layout))
    parts = _parts(folder)
    if parts is not None:
        train, held_out = (part.name for part in parts)
        raise ValueError(message("errors.image-data.parts", folder=whole, train=train, held_out=held_out))

    try:
        inside = sorted(path.name for path in folder.iterdir() if not _is_hidden(path.name))
    except OSError as problem:
        raise OSError(message("errors.image-data.unreadable", folder=whole, reason=why(problem))) from problem
    names = [name for name in inside if (folder / name).is_dir()]
    if not names:
        images = sum(_is_image(Path(name)) for name in inside)
        raise ValueError(message("errors.image-data.no-classes", folder=whole, images=images, layout=layout))
    if len(names) == 1:
        figures = {"name": names[0], "inner": whole / names[0], "layout": layout}
        raise ValueError(message("errors.image-data.one-class", folder=whole, **figures))
    return names


def _parts(folder: Path) -> tuple[Path, Path] | None:
    for name in HELD_OUT_NAMES:
        if (folder / "train").is_dir() and (folder / name).is_dir():
            return folder / "train", folder / name
    return None


def _is_hidden(name: str) -> bool:
    return name.startswith((".", "__"))  # .ipynb_checkpoints, .DS_Store; __MACOSX, which a Mac puts into zip files


def _is_image(path: Path) -> bool:
    return path.suffix.lower() in IMAGE_ENDINGS and not any(_is_hidden(part) for part in path.parts)


def _readable(samples: list[tuple[str, int]], names: list[str], folder: Path) -> list[tuple[str, int]]:
    from tqdm.auto import tqdm

    progress = tqdm(
        samples, desc=message("errors.image-data.checking"), disable=len(samples) <= QUICKLY_CHECKED, leave=False
    )
    readable, broken = [], []
    for path, label in progress:
        if _can_be_read(path):
            readable.append((path, label))
        else:
            broken.append(Path(path).relative_to(folder).as_posix())

    left = Counter(label for _, label in readable)
    for number, name in enumerate(names):
        if left[number] == 0:
            count = sum(label == number for _, label in samples)
            raise ValueError(message("errors.image-data.all-broken", folder=folder, name=name, count=count))
    if broken:
        figures = {"count": len(broken), "total": len(samples), "names": _listed(broken)}
        # Level 4 is the cell that called image_folder or image_loaders.
        warnings.warn(message("errors.image-data.broken", folder=folder, **figures), stacklevel=4)
    return readable


def _can_be_read(path: str) -> bool:
    from PIL import Image

    try:
        with Image.open(path) as image:
            image.draft("RGB", (1, 1))  # reads the whole file, but a JPEG at 1/8 of its size: 4 times as fast
            _as_shown(image)
    except Exception:  # a broken file makes Pillow raise OSError, SyntaxError, ValueError, struct.error and more
        return False
    return True


def _split(photos: ImageFolder, fraction: float, seed: int) -> tuple[ImageFolder, ImageFolder]:
    for number, name in enumerate(photos.classes):
        if photos.targets.count(number) == 1:
            raise ValueError(message("errors.image-data.class-of-one", folder=photos.root, name=name))
    (train, _), (rest, _) = split(torch.arange(len(photos)), torch.tensor(photos.targets), fraction, seed)
    # Sorted, so that the held-out photos come class by class, in the order of their names.
    train_samples, rest_samples = ([photos.samples[index] for index in sorted(part.tolist())] for part in (train, rest))
    return _keep(copy(photos), train_samples), _keep(copy(photos), rest_samples)


def _keep(photos: ImageFolder, samples: list[tuple[str, int]]) -> ImageFolder:
    photos.samples = photos.imgs = samples
    photos.targets = [label for _, label in samples]
    return photos


def _listed(names: Iterable[str]) -> str:
    names = list(names)
    more = f", … (+{len(names) - NAMED_AT_MOST})" if len(names) > NAMED_AT_MOST else ""
    return ", ".join(names[:NAMED_AT_MOST]) + more


def _workers() -> int:
    # On a CPU, training itself keeps all cores busy; Windows and macOS start processes slowly.
    if torch.cuda.is_available() and sys.platform == "linux":
        return min(4, os.cpu_count() or 1)
    return 0
