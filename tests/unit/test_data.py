"""Data: digits, splits, batches, augmentation, CIFAR-10, and folders of the learner's own photos."""

from __future__ import annotations

import errno
import hashlib
import os
import pickle
import re
import shutil
import sys
import warnings
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread
from typing import Any

import numpy as np
import pytest
import torch
from PIL import Image
from torch import Tensor, nn
from torch.nn import functional as F

from resnet_course import data, image_data, plots
from resnet_course.data import Batches, few_per_class, normalize, random_crop_flip, split
from resnet_course.language import languages, message, speaking


def numbered(count: int, classes: int = 3) -> tuple[Tensor, Tensor]:
    """Images whose only pixel is their number, and labels 0, 1, 2, 0, 1, 2, …"""
    return torch.arange(count).float().reshape(-1, 1, 1, 1), torch.arange(count) % classes


def numbers(images: Tensor) -> list[int]:
    return images.flatten().int().tolist()


# ---------------------------------------------------------------------------------------------------- UCI digits


def test_uci_digits_are_scikit_learns_from_black_0_to_white_1() -> None:
    from sklearn.datasets import load_digits

    images, labels = data.uci_digits()

    assert images.dtype == torch.float32
    assert labels.dtype == torch.int64
    assert (float(images.min()), float(images.max())) == (0, 1)
    assert torch.equal(images, torch.from_numpy(load_digits().images / 16).float().unsqueeze(1))
    assert labels.tolist() == load_digits().target.tolist()


def test_uci_digits_scale_to_the_size_of_mnist() -> None:
    images, _ = data.uci_digits(size=28)

    assert images.shape[1:] == data.mnist5k()[0].shape[1:]
    assert 0 <= float(images.min()) < float(images.max()) <= 1
    by_pillow = Image.fromarray(data.uci_digits()[0][5, 0].numpy()).resize((28, 28), Image.Resampling.BILINEAR)
    torch.testing.assert_close(images[5, 0], torch.from_numpy(np.array(by_pillow)))


@pytest.mark.parametrize("size", [8, 28])
def test_changing_uci_digits_changes_nothing_for_the_next_caller(size: int) -> None:
    for tensor in data.uci_digits(size):
        tensor.zero_()

    images, labels = data.uci_digits(size)
    assert images.sum() > 0
    assert labels.sum() > 0


@pytest.mark.parametrize("size", [7, 0, -8, 28.0, "28", None])
def test_a_bad_size_of_uci_digits_is_an_error_that_says_what_is_allowed(size: Any) -> None:
    with pytest.raises(ValueError, match=r"`size` is .*; it must be a whole number, 8 or more"):
        data.uci_digits(size)


# --------------------------------------------------------------------------------------- split and few_per_class


def test_split_holds_out_the_fraction_of_every_class() -> None:
    labels = torch.tensor([0] * 10 + [1] * 20 + [5] * 30)
    (_, train), (_, held_out) = split(torch.zeros(60, 1), labels, fraction=0.3)

    assert held_out.bincount().tolist() == [3, 6, 0, 0, 0, 9]
    assert train.bincount().tolist() == [7, 14, 0, 0, 0, 21]


def test_split_puts_each_image_with_its_label_in_exactly_one_part() -> None:
    (train, train_labels), (held_out, held_out_labels) = split(*numbered(50))

    assert sorted(numbers(train) + numbers(held_out)) == list(range(50))
    assert train_labels.tolist() == [number % 3 for number in numbers(train)]
    assert held_out_labels.tolist() == [number % 3 for number in numbers(held_out)]


def test_split_shuffles_both_parts() -> None:
    labels = torch.arange(300).sort().values // 100
    (_, train), (_, held_out) = split(torch.zeros(300, 1), labels)

    for part in (train, held_out):
        assert len(part[: len(part) // 3].unique()) == 3


def test_split_by_the_same_seed_is_the_same_and_by_another_seed_another() -> None:
    first, same, other = (split(*numbered(50), seed=seed)[1][0] for seed in (1, 1, 2))

    assert torch.equal(first, same)
    assert sorted(numbers(first)) != sorted(numbers(other))


def test_split_leaves_at_least_one_image_of_a_class_in_each_part() -> None:
    labels = torch.tensor([0] * 100 + [1] * 2)

    for fraction in (0.01, 0.99):
        for _, part in split(torch.zeros(102, 1), labels, fraction):
            assert (part == 1).sum() == 1


@pytest.mark.parametrize("fraction", [0, 1, -0.5, 1.5, 20, float("nan")])
def test_split_refuses_a_fraction_that_is_not_between_0_and_1(fraction: float) -> None:
    with pytest.raises(ValueError, match=r"the fraction to hold out is .*; it must lie between 0 and 1"):
        split(*numbered(9), fraction=fraction)


def test_split_refuses_a_class_of_one_and_names_it() -> None:
    with pytest.raises(ValueError, match="class 4 has only one image"):
        split(torch.zeros(4, 1), torch.tensor([0, 0, 4, 0]))


def test_few_per_class_gives_the_count_of_every_class_shuffled() -> None:
    images, labels = few_per_class(*numbered(90), count=20)

    assert labels.bincount().tolist() == [20, 20, 20]
    assert labels.tolist() == [number % 3 for number in numbers(images)]
    assert len(set(numbers(images))) == 60
    assert numbers(images) != sorted(numbers(images))
    assert len(labels[:20].unique()) == 3


def test_few_per_class_can_take_all_of_the_smallest_class() -> None:
    _, labels = few_per_class(torch.zeros(7, 1), torch.tensor([0, 0, 0, 0, 0, 1, 1]), count=2)

    assert labels.bincount().tolist() == [2, 2]


def test_few_per_class_by_the_same_seed_is_the_same_and_by_another_seed_another() -> None:
    first, same, other = (few_per_class(*numbered(90), count=5, seed=seed)[0] for seed in (1, 1, 2))

    assert torch.equal(first, same)
    assert set(numbers(first)) != set(numbers(other))


@pytest.mark.parametrize("count", [0, -1, 3, 2.0, "2"])
def test_few_per_class_says_how_many_the_smallest_class_has(count: Any) -> None:
    with pytest.raises(ValueError, match="whole number from 1 to 2, the number of images of the smallest class, 7"):
        few_per_class(torch.zeros(5, 1), torch.tensor([3, 3, 3, 7, 7]), count)


def test_choosing_images_leaves_the_global_random_numbers_alone() -> None:
    before = torch.get_rng_state()
    split(*numbered(50))
    few_per_class(*numbered(50), count=2)

    assert torch.equal(torch.get_rng_state(), before)


TAKERS: list[Callable[[Tensor, Tensor], Any]] = [split, lambda x, y: few_per_class(x, y, count=1), Batches]


@pytest.mark.parametrize("take", TAKERS)
def test_images_and_labels_of_different_lengths_are_refused_with_both_lengths(take: Callable) -> None:
    with pytest.raises(ValueError, match=r"images \(3\) and labels \(4\) differ"):
        take(torch.zeros(3, 1), torch.zeros(4, dtype=torch.int64))


@pytest.mark.parametrize("take", TAKERS)
def test_no_images_at_all_are_refused(take: Callable) -> None:
    with pytest.raises(ValueError, match="there are no images"):
        take(torch.zeros(0, 1), torch.zeros(0, dtype=torch.int64))


# -------------------------------------------------------------------------------------------------------- Batches


def epoch(batches: Batches) -> list[int]:
    return [number for images, _ in batches for number in numbers(images)]


def test_batches_come_in_order_and_the_last_one_has_the_rest() -> None:
    batches = Batches(*numbered(10), batch_size=4)

    assert [numbers(images) for images, _ in batches] == [[0, 1, 2, 3], [4, 5, 6, 7], [8, 9]]
    assert [labels.tolist() for _, labels in batches] == [[0, 1, 2, 0], [1, 2, 0, 1], [2, 0]]


@pytest.mark.parametrize("drop_last", [False, True])
@pytest.mark.parametrize("batch_size", [1, 3, 4, 9, 10])
def test_the_length_of_batches_is_how_many_come(batch_size: int, drop_last: bool) -> None:
    batches = Batches(*numbered(10), batch_size=batch_size, drop_last=drop_last)

    assert len(batches) == len(list(batches))


def test_the_dataset_of_batches_holds_every_pair_untransformed() -> None:
    batches = Batches(*numbered(10), batch_size=4, transform=torch.neg, drop_last=True)
    image, label = batches.dataset[7]

    assert len(batches.dataset) == 10
    assert (image.item(), label.item()) == (7, 1)


def test_shuffled_batches_hold_every_image_once_with_its_label_in_a_new_order_each_epoch() -> None:
    batches = Batches(*numbered(50), batch_size=8, shuffle=True)
    first, second = epoch(batches), epoch(batches)

    assert sorted(first) == sorted(second) == list(range(50))
    assert len({tuple(first), tuple(second), tuple(range(50))}) == 3
    for images, labels in batches:
        assert labels.tolist() == [number % 3 for number in numbers(images)]


def test_the_order_of_an_epoch_is_torchs_randperm() -> None:
    torch.manual_seed(0)
    order = torch.randperm(50).tolist()
    torch.manual_seed(0)

    assert epoch(Batches(*numbered(50), shuffle=True)) == order


def test_a_run_that_restores_the_random_numbers_goes_on_as_if_it_had_never_stopped() -> None:
    torch.manual_seed(1)
    batches = Batches(*numbered(50), shuffle=True)
    epoch(batches)
    state = torch.get_rng_state()
    second = epoch(batches)
    torch.manual_seed(99)
    torch.set_rng_state(state)

    assert epoch(Batches(*numbered(50), shuffle=True)) == second


def test_batches_in_order_draw_no_random_numbers() -> None:
    before = torch.get_rng_state()
    epoch(Batches(*numbered(50)))

    assert torch.equal(torch.get_rng_state(), before)


def test_changing_a_batch_in_place_does_not_change_the_images() -> None:
    batches = Batches(*numbered(10))
    for images, labels in batches:
        images.add_(100)
        labels.add_(100)

    assert numbers(batches.images) == list(range(10))
    assert int(batches.labels.max()) == 2


def test_the_transform_gets_whole_batches_of_images() -> None:
    seen = []

    def transform(images: Tensor) -> Tensor:
        seen.append(images.shape)
        return images + 100

    first, _ = next(iter(Batches(*numbered(10), batch_size=4, transform=transform)))

    assert seen == [(4, 1, 1, 1)]
    assert numbers(first) == [100, 101, 102, 103]


def test_dropping_the_last_batch_spares_batchnorm_a_batch_of_one() -> None:
    norm = nn.BatchNorm2d(1)
    with pytest.raises(ValueError, match="more than 1 value"):
        for images, _ in Batches(*numbered(9), batch_size=4):
            norm(images)

    for images, _ in Batches(*numbered(9), batch_size=4, drop_last=True):
        norm(images)


def test_batches_on_another_device_keep_their_settings() -> None:
    batches = Batches(*numbered(9), batch_size=4, shuffle=True, transform=torch.neg, drop_last=True)
    moved = batches.to("meta")

    assert moved.images.device == moved.labels.device == torch.device("meta")
    assert batches.images.device == torch.device("cpu")
    for name in ("batch_size", "shuffle", "transform", "drop_last"):
        assert getattr(moved, name) == getattr(batches, name)
    assert [images.device.type for images, _ in moved] == ["meta", "meta"]


@pytest.mark.parametrize("batch_size", [0, -1, 2.5, "64", None])
def test_a_bad_batch_size_is_refused(batch_size: Any) -> None:
    with pytest.raises(ValueError, match=r"`batch_size` is .*; it must be a whole number, 1 or more"):
        Batches(*numbered(9), batch_size=batch_size)


def test_dropping_the_only_batch_is_refused() -> None:
    with pytest.raises(ValueError, match="the batch size is 64, and the number of images only 20"):
        Batches(*numbered(20), batch_size=64, drop_last=True)


# --------------------------------------------------------------------------------------------- batch transforms


def test_normalize_does_what_torchvision_does() -> None:
    from torchvision.transforms import Normalize

    images = torch.rand(5, 3, 4, 4)
    mean, std = (0.1, 0.2, 0.3), (0.5, 0.6, 0.7)

    torch.testing.assert_close(normalize(mean, std)(images), Normalize(mean, std)(images))
    torch.testing.assert_close(normalize(0.1, 0.5)(images), (images - 0.1) / 0.5)


@pytest.mark.parametrize("dtype", [torch.float16, torch.float32, torch.float64])
def test_normalize_keeps_the_dtype_and_the_images(dtype: torch.dtype) -> None:
    images = torch.ones(2, 1, 2, 2, dtype=dtype)

    assert normalize(1.0, 2)(images).dtype == dtype
    assert images.sum() == 8


@pytest.mark.parametrize("std", [0, -1.0, (1.0, 0.0)])
def test_normalize_refuses_a_standard_deviation_that_is_not_positive(std: Any) -> None:
    with pytest.raises(ValueError, match="must be greater than 0"):
        normalize(0.0, std)


def test_normalize_refuses_bytes_and_says_how_to_convert_them() -> None:
    with pytest.raises(ValueError, match=r"`torch.uint8`.*`images.float\(\) / 255`"):
        normalize(0.5, 0.5)(torch.zeros(2, 1, 4, 4, dtype=torch.uint8))


@pytest.mark.parametrize(("mean", "std"), [((0, 0, 0), 1), (0, (1, 1, 1))])
def test_normalize_refuses_another_number_of_channels(mean: Any, std: Any) -> None:
    with pytest.raises(ValueError, match="number of channels is 1, and `mean` or `std` has 3 numbers"):
        normalize(mean, std)(torch.zeros(2, 1, 4, 4))


@pytest.mark.parametrize("transform", [normalize(0.5, 0.5), random_crop_flip()])
def test_a_batch_transform_refuses_a_single_image_and_says_how_to_make_a_batch(transform: Callable) -> None:
    with pytest.raises(ValueError, match=r"shape \[1, 28, 28\].*`image.unsqueeze\(0\)`"):
        transform(torch.zeros(1, 28, 28))


def windows(image: Tensor, padding: int) -> dict[tuple[int, int, bool], Tensor]:
    """All results that a crop and flip of one image may have."""
    _, height, width = image.shape
    padded = F.pad(image, [padding] * 4)
    crops = {
        (top, left): padded[:, top : top + height, left : left + width]
        for top in range(2 * padding + 1)
        for left in range(2 * padding + 1)
    }
    return {(*place, flip): crop.flip(2) if flip else crop for place, crop in crops.items() for flip in (False, True)}


@pytest.mark.parametrize("dtype", [torch.float32, torch.uint8])
def test_each_image_gets_its_own_crop_and_flip_and_all_of_them_occur(dtype: torch.dtype) -> None:
    torch.manual_seed(0)
    image = torch.randint(1, 255, (3, 5, 6)).to(dtype)
    possible = windows(image, padding=1)
    results = random_crop_flip(padding=1)(image.expand(400, 3, 5, 6))

    assert results.dtype == dtype
    seen = [next(place for place, crop in possible.items() if torch.equal(crop, result)) for result in results]
    assert set(seen) == set(possible)
    assert 150 < sum(flip for _, _, flip in seen) < 250


def test_crops_of_different_images_do_not_mix() -> None:
    images = torch.arange(1.0, 9).reshape(8, 1, 1, 1).expand(8, 2, 6, 6)
    values = [set(result.unique().tolist()) - {0.0} for result in random_crop_flip(padding=2)(images)]

    assert values == [{number} for number in range(1, 9)]


def test_without_flip_no_image_is_mirrored_and_without_padding_none_moves() -> None:
    images = torch.rand(100, 1, 4, 4)

    assert torch.equal(random_crop_flip(padding=0, flip=False)(images), images)
    flipped = random_crop_flip(padding=0)(images)
    mirrored = (flipped != images).flatten(1).any(1)
    assert 0 < mirrored.sum() < 100
    assert torch.equal(flipped[mirrored], images[mirrored].flip(3))


def test_manual_seed_repeats_an_augmentation() -> None:
    images, augment, results = torch.rand(20, 1, 8, 8), random_crop_flip(), []
    for seed in (0, 0, 1):
        torch.manual_seed(seed)
        results.append(augment(images))

    assert torch.equal(results[0], results[1])
    assert not torch.equal(results[0], results[2])


@pytest.mark.skipif(not torch.cuda.is_available(), reason="needs a GPU")
def test_a_seed_gives_the_same_batches_with_and_without_a_gpu() -> None:
    batches = Batches(torch.rand(100, 3, 8, 8), torch.arange(100), shuffle=True, transform=random_crop_flip())
    epochs = []
    for each in (batches, batches.to("cuda")):
        torch.manual_seed(0)
        epochs.append(torch.cat([images.cpu() for images, _ in each]))

    assert torch.equal(*epochs)


@pytest.mark.parametrize("padding", [-1, 1.5, "4"])
def test_a_bad_padding_is_refused(padding: Any) -> None:
    with pytest.raises(ValueError, match=r"`padding` is .*; it must be a whole number of pixels, 0 or more"):
        random_crop_flip(padding)


def test_the_cifar_10_transform_normalizes_and_augments_only_in_training() -> None:
    images = torch.randint(0, 256, (50, 3, 32, 32), dtype=torch.uint8)
    expected = normalize(data.CIFAR10_MEAN, data.CIFAR10_STD)(images / 255)
    trained, evaluated = data.cifar10_transform(train=True)(images), data.cifar10_transform(train=False)(images)

    torch.testing.assert_close(evaluated, expected)
    assert trained.shape == evaluated.shape
    assert not torch.equal(trained, evaluated)
    assert torch.isin(trained, torch.cat([evaluated.flatten(), torch.zeros(1)])).all()


# ------------------------------------------------------------------------------------------------------- CIFAR-10


@pytest.fixture
def tiny_cifar10(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Two images in each of CIFAR-10's real files, which torchvision then takes for whole."""
    from torchvision.datasets import CIFAR10

    inside = tmp_path / CIFAR10.base_folder
    inside.mkdir()
    random = np.random.default_rng(0)

    def write(name: str, content: dict) -> str:
        (inside / name).write_bytes(pickle.dumps(content))
        return hashlib.md5((inside / name).read_bytes()).hexdigest()

    for files in ("train_list", "test_list"):
        written = []
        for number, (name, _) in enumerate(getattr(CIFAR10, files)):
            pixels = random.integers(0, 256, (2, 3072), dtype=np.uint8)
            written.append([name, write(name, {"data": pixels, "labels": [number, 9]})])
        monkeypatch.setattr(CIFAR10, files, written)
    meta = dict(CIFAR10.meta)
    meta["md5"] = write(meta["filename"], {meta["key"]: list("abcdefghij")})
    monkeypatch.setattr(CIFAR10, "meta", meta)
    # Nothing to download there, whatever machine this runs on.
    monkeypatch.setattr(CIFAR10, "url", (tmp_path / "absent.tar.gz").as_uri())
    return tmp_path


@pytest.mark.parametrize("download", [False, True])
@pytest.mark.parametrize(("train", "count"), [(True, 10), (False, 2)])
def test_cifar_10_comes_as_bytes_from_the_files_that_torchvision_knows(
    tiny_cifar10: Path, train: bool, count: int, download: bool
) -> None:
    images, labels = data.cifar10(tiny_cifar10, train=train, download=download)

    assert (images.shape, images.dtype, labels.dtype) == ((count, 3, 32, 32), torch.uint8, torch.int64)
    assert labels.tolist() == ([0, 9, 1, 9, 2, 9, 3, 9, 4, 9] if train else [0, 9])
    file = tiny_cifar10 / "cifar-10-batches-py" / ("data_batch_1" if train else "test_batch")
    stored = pickle.loads(file.read_bytes())["data"]
    assert images[:2].flatten(1).tolist() == stored.tolist()


def test_cifar_10_trains_in_batches_of_floats(tiny_cifar10: Path) -> None:
    batches = Batches(*data.cifar10(tiny_cifar10), batch_size=4, transform=data.cifar10_transform(train=True))

    assert [(images.dtype, len(images)) for images, _ in batches] == [(torch.float32, n) for n in (4, 4, 2)]


@pytest.mark.parametrize("download", [False, True])
@pytest.mark.parametrize("damage", ["missing", "cut off"])
def test_cifar_10_that_is_not_there_is_an_error_that_says_where_it_looked_and_how_to_get_it(
    tiny_cifar10: Path, damage: str, download: bool
) -> None:
    file = tiny_cifar10 / "cifar-10-batches-py" / "data_batch_3"
    if damage == "missing":
        file.unlink()
    else:
        file.write_bytes(file.read_bytes()[:-1])

    with pytest.raises(FileNotFoundError) as caught:
        data.cifar10(tiny_cifar10, download=download)
    for part in (str(tiny_cifar10), "`cifar-10-batches-py`", "absent.tar.gz", "download=True"):
        assert part in str(caught.value)


def test_the_address_in_the_error_is_torchvisions(tmp_path: Path) -> None:
    from torchvision.datasets import CIFAR10

    with speaking("pt"), pytest.raises(FileNotFoundError, match="Sem internet, baixe") as caught:
        data.cifar10(tmp_path, download=False)
    assert CIFAR10.url in str(caught.value)


# --------------------------------------------------------------------------------------------- the learner's photos


def save(path: Path, image: Image.Image | None = None, **options: Any) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    (image or Image.radial_gradient("L").resize((80, 60)).convert("RGB")).save(path, **options)
    return path


def fill(folder: Path, **counts: int) -> Path:
    """Class folders with so many photos in each."""
    for name, count in counts.items():
        for index in range(count):
            save(folder / name / f"{index}.jpg", Image.new("RGB", (80, 60), (index * 20, 100, 200)))
    return folder


def truncate(path: Path) -> Path:
    path.write_bytes(path.read_bytes()[: path.stat().st_size // 2])
    return path


def names(loader: Any) -> list[str]:
    return [Path(path).relative_to(loader.dataset.root).as_posix() for path, _ in loader.dataset.samples]


MODES = {
    "greyscale.jpg": (Image.new("L", (40, 30), 128), (128, 128, 128)),
    "black and white.png": (Image.new("1", (40, 30), 1), (255, 255, 255)),
    "palette.png": (Image.new("RGB", (40, 30), "lime").convert("P"), (0, 255, 0)),
    "palette.gif": (Image.new("RGB", (40, 30), "lime").convert("P"), (0, 255, 0)),
    "transparent.png": (Image.new("RGBA", (40, 30), (255, 0, 0, 0)), (255, 255, 255)),
    "half transparent.png": (Image.new("LA", (40, 30), (0, 128)), (127, 127, 127)),
    "printed.jpg": (Image.new("CMYK", (40, 30), (0, 255, 255, 0)), (255, 0, 0)),
    "16 bits.png": (Image.new("I;16", (40, 30), 128 * 256), (128, 128, 128)),
    "photo.JPG": (Image.new("RGB", (40, 30), "blue"), (0, 0, 255)),
}


@pytest.mark.parametrize("name", MODES)
def test_an_image_of_any_mode_comes_out_in_three_channels_as_a_viewer_shows_it(tmp_path: Path, name: str) -> None:
    image, color = MODES[name]
    photo = image_data.load_photo(save(tmp_path / name, image))

    assert (photo.mode, photo.size) == ("RGB", (40, 30))
    pixel = photo.getpixel((20, 15))
    assert isinstance(pixel, tuple)
    assert pixel == pytest.approx(color, abs=2)


def test_a_palette_with_a_transparent_colour_is_shown_on_white_without_a_warning(tmp_path: Path) -> None:
    image = Image.new("P", (8, 8))
    image.putpalette([255, 0, 0, 0, 255, 0, 0, 0, 255])
    for index in (0, 1, 2):
        image.putpixel((index, 0), index)
    path = save(tmp_path / "1.png", image, transparency=bytes([255, 128, 0]))

    with warnings.catch_warnings():
        warnings.simplefilter("error")
        photo = image_data.load_photo(path)
    assert [photo.getpixel((index, 0)) for index in (0, 1, 2)] == [(255, 0, 0), (127, 255, 127), (255, 255, 255)]


def test_a_photo_that_a_phone_marked_as_turned_comes_out_upright(tmp_path: Path) -> None:
    upright = Image.new("RGB", (30, 40), "white")
    upright.paste((255, 0, 0), (0, 0, 30, 20))  # the upper half is red
    exif = Image.Exif()
    exif[0x0112] = 6  # "turn me a quarter clockwise"
    path = save(tmp_path / "1.jpg", upright.transpose(Image.Transpose.ROTATE_90), exif=exif, quality=95)

    photo = image_data.load_photo(path)
    assert photo.size == (30, 40)
    assert photo.getpixel((15, 5)) == pytest.approx((255, 0, 0), abs=5)
    assert photo.getpixel((15, 35)) == pytest.approx((255, 255, 255), abs=5)


def test_an_image_folder_has_its_classes_in_alphabetical_order_and_upright_tensors(tmp_path: Path) -> None:
    from torchvision.datasets import ImageFolder

    photos = image_data.image_folder(fill(tmp_path, dogs=2, cats=3), image_size=32)

    assert isinstance(photos, ImageFolder)
    assert photos.classes == ["cats", "dogs"]
    assert photos.class_to_idx == {"cats": 0, "dogs": 1}
    assert photos.targets == [label for _, label in photos.samples] == [0, 0, 0, 1, 1]
    image, label = photos[4]
    assert (image.shape, image.dtype, label) == ((3, 32, 32), torch.float32, 1)


def test_the_evaluation_transform_is_that_of_torchvisions_weights(tmp_path: Path) -> None:
    from torchvision.transforms._presets import ImageClassification

    photo = image_data.load_photo(save(tmp_path / "1.png"))
    preset = ImageClassification(crop_size=224, resize_size=256)

    torch.testing.assert_close(image_data.evaluation_transform()(photo), preset(photo))


def test_an_image_folder_takes_the_callers_transform(tmp_path: Path) -> None:
    photos = image_data.image_folder(fill(tmp_path, a=1, b=1), transform=lambda image: image.size)

    assert photos[0] == ((80, 60), 0)


def test_hidden_and_other_files_are_passed_over_but_no_hidden_folder_above(tmp_path: Path) -> None:
    folder = fill(tmp_path / ".cache" / "photos", cats=1, dogs=1)
    for name in (".ipynb_checkpoints/1.jpg", "__MACOSX/cats/1.jpg", "cats/.ipynb_checkpoints/1.jpg", "cats/._1.jpg"):
        save(folder / name, format="JPEG")
    save(folder / "cats" / "imageNotFound.gif")
    for name in ("notes.txt", "cats/Thumbs.db", ".DS_Store"):
        (folder / name).write_text("no image")

    photos = image_data.image_folder(folder)
    assert photos.classes == ["cats", "dogs"]
    assert len(photos) == 2


def test_images_deeper_inside_a_class_folder_belong_to_the_class(tmp_path: Path) -> None:
    save(fill(tmp_path, cats=1, dogs=1) / "dogs" / "holidays" / "1.webp")

    assert image_data.image_folder(tmp_path).targets == [0, 1, 1]


def test_broken_images_are_left_out_with_one_warning_at_the_callers_line_that_names_them(tmp_path: Path) -> None:
    folder = fill(tmp_path, cats=3, dogs=3)
    truncate(save(folder / "cats" / "cut off.jpg"))
    truncate(save(folder / "cats" / "cut off.png"))
    (folder / "dogs" / "empty.jpg").touch()
    (folder / "dogs" / "web page.png").write_text("<html>404</html>")
    (folder / "dogs" / "iphone.HEIC").write_bytes(b"\0\0\0\x18ftypheic")

    with pytest.warns(UserWarning, match=r"left out: 5 of 11 \(") as caught:
        photos = image_data.image_folder(folder)
    assert len(caught) == 1
    assert caught[0].filename == __file__
    for name in ("cats/cut off.jpg", "cats/cut off.png", "dogs/empty.jpg", "dogs/web page.png", "dogs/iphone.HEIC"):
        assert name in str(caught[0].message)
    assert photos.targets == [0, 0, 0, 1, 1, 1]
    assert len(list(photos)) == 6

    with pytest.warns(UserWarning, match=r"left out: 5 of 11 \(") as caught:
        image_data.image_loaders(folder)
    assert caught[0].filename == __file__


def test_very_many_broken_images_are_counted_and_not_all_named(tmp_path: Path) -> None:
    folder = fill(tmp_path, cats=1, dogs=1)
    for index in range(30):
        (folder / "cats" / f"broken{index:02}.jpg").touch()

    with pytest.warns(UserWarning, match=r"30 of 32 \(.*cats/broken19.jpg, … \(\+10\)\)"):
        image_data.image_folder(folder)


def test_whole_photos_give_no_warning_and_no_progress_bar(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        image_data.image_folder(fill(tmp_path, cats=2, dogs=2))
    assert capsys.readouterr() == ("", "")


def test_checking_many_photos_shows_a_progress_bar(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(image_data, "QUICKLY_CHECKED", 3)
    with speaking("pt"):
        image_data.image_folder(fill(tmp_path, cats=2, dogs=2))

    assert "Verificando as imagens" in capsys.readouterr().err


READERS: list[Callable[[Path], Any]] = [image_data.image_folder, image_data.image_loaders]


@pytest.mark.parametrize("read", READERS)
def test_a_missing_folder_is_an_error_with_the_whole_path_and_the_layout(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, read: Callable
) -> None:
    monkeypatch.chdir(tmp_path)
    with pytest.raises(FileNotFoundError, match=r"capital letters count.*\nThe folder.*\n +photos/\n +cats/") as caught:
        read(Path("photos"))
    assert str(tmp_path / "photos") in str(caught.value)


@pytest.mark.parametrize("read", READERS)
def test_a_zip_file_is_an_error_that_says_to_unpack_it(tmp_path: Path, read: Callable) -> None:
    (tmp_path / "photos.zip").touch()

    with pytest.raises(ValueError, match=r"is a file, and a folder is needed.+ zip file, unpack it"):
        read(tmp_path / "photos.zip")


@pytest.mark.parametrize("read", READERS)
def test_images_without_class_folders_are_an_error_that_counts_them(tmp_path: Path, read: Callable) -> None:
    save(tmp_path / "1.jpg")
    save(tmp_path / "2.jpg")
    (tmp_path / ".ipynb_checkpoints").mkdir()

    with pytest.raises(ValueError, match=r"has no class folders \(images directly in it: 2\)"):
        read(tmp_path)


@pytest.mark.parametrize("read", READERS)
def test_a_single_class_is_an_error_that_tells_of_a_folder_too_many(tmp_path: Path, read: Callable) -> None:
    fill(tmp_path / "photos" / "photos", cats=1, dogs=1)

    with pytest.raises(ValueError, match=r"only one class folder, photos; .*pass .*photos.photos\."):
        read(tmp_path / "photos")


@pytest.mark.parametrize("read", READERS)
def test_empty_class_folders_are_named(tmp_path: Path, read: Callable) -> None:
    fill(tmp_path, cats=2)
    for name in ("birds", "dogs"):
        (tmp_path / name).mkdir()
    (tmp_path / "dogs" / "list.txt").touch()

    with pytest.raises(ValueError, match=r"hold no images: birds, dogs\. .*\.jpg, \.jpeg, \.png"):
        read(tmp_path)


@pytest.mark.parametrize("read", READERS)
def test_a_class_whose_images_are_all_broken_is_named(tmp_path: Path, read: Callable) -> None:
    fill(tmp_path, cats=2, dogs=2)
    for path in (tmp_path / "dogs").iterdir():
        truncate(path)

    with pytest.raises(ValueError, match=r"No image of the class dogs in .* can be read \(files tried: 2\)"):
        read(tmp_path)


@pytest.mark.parametrize("held_out", ["val", "test"])
def test_a_divided_folder_is_no_image_folder_of_the_classes_train_and_val(tmp_path: Path, held_out: str) -> None:
    fill(tmp_path / "train", ants=1, bees=1)
    fill(tmp_path / held_out, ants=1, bees=1)

    with pytest.raises(ValueError, match=f"already divided into train and {held_out}.*`image_loaders`"):
        image_data.image_folder(tmp_path)
    assert image_data.image_folder(tmp_path / "train").classes == ["ants", "bees"]


def test_a_class_may_be_called_train(tmp_path: Path) -> None:
    assert image_data.image_folder(fill(tmp_path, bus=1, train=1)).classes == ["bus", "train"]


def test_errors_about_photos_speak_the_learners_language(tmp_path: Path) -> None:
    with speaking("pt"), pytest.raises(FileNotFoundError, match="Não existe a pasta"):
        image_data.image_folder(tmp_path / "fotos")


def test_image_loaders_hold_out_a_fraction_of_every_class_by_the_seed(tmp_path: Path) -> None:
    fill(tmp_path, cats=10, dogs=5)
    before = torch.get_rng_state()
    train, held_out, classes = image_data.image_loaders(tmp_path, held_out=0.4, image_size=16)
    _, other, _ = image_data.image_loaders(tmp_path, held_out=0.4, image_size=16, seed=1)
    _, same, _ = image_data.image_loaders(tmp_path, held_out=0.4, image_size=16, seed=0)

    assert torch.equal(torch.get_rng_state(), before)
    assert classes == ["cats", "dogs"]
    assert held_out.dataset.targets == [0] * 4 + [1] * 2
    assert len(set(names(train) + names(held_out))) == 15
    assert set(names(train)).isdisjoint(names(held_out))
    assert names(held_out) == names(same) == sorted(names(held_out))
    assert names(held_out) != names(other)


def test_image_loaders_augment_and_shuffle_only_for_training(tmp_path: Path) -> None:
    for name in ("cats", "dogs"):
        for index in range(5):
            save(tmp_path / name / f"{index}.png")
    train, held_out, _ = image_data.image_loaders(tmp_path, image_size=16)

    def once(loader: Any, seed: int) -> tuple[Tensor, Tensor]:
        torch.manual_seed(seed)
        images, labels = next(iter(loader))
        return images, labels

    assert torch.equal(once(held_out, 0)[0], once(held_out, 1)[0])
    assert once(held_out, 0)[1].tolist() == [0, 1]
    assert torch.equal(once(train, 0)[0], once(train, 0)[0])
    assert not torch.equal(once(train, 0)[0], once(train, 1)[0])
    assert once(train, 0)[1].tolist() != once(train, 1)[1].tolist()
    expected = image_data.evaluation_transform(16)(image_data.load_photo(held_out.dataset.samples[0][0]))
    assert torch.equal(once(held_out, 0)[0][0], expected)


@pytest.mark.parametrize("name", ["val", "valid", "validation", "test"])
def test_image_loaders_take_a_divided_folder_as_it_is(tmp_path: Path, name: str) -> None:
    fill(tmp_path / "train", ants=3, bees=2)
    fill(tmp_path / name, ants=1, bees=1)
    train, held_out, classes = image_data.image_loaders(tmp_path, image_size=16)

    assert classes == ["ants", "bees"]
    assert names(train) == ["ants/0.jpg", "ants/1.jpg", "ants/2.jpg", "bees/0.jpg", "bees/1.jpg"]
    assert names(held_out) == ["ants/0.jpg", "bees/0.jpg"]
    assert next(iter(train))[0].shape == (5, 3, 16, 16)


def test_image_loaders_refuse_parts_with_different_classes(tmp_path: Path) -> None:
    fill(tmp_path / "train", ants=1, bees=1)
    fill(tmp_path / "val", ants=1, wasps=1)

    with pytest.raises(ValueError, match=r"train has the classes ants, bees, and .*val has ants, wasps"):
        image_data.image_loaders(tmp_path)


def test_image_loaders_refuse_to_hold_out_from_a_class_of_one(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match=r"The class dogs in .* has only one image"):
        image_data.image_loaders(fill(tmp_path, cats=3, dogs=1))


def test_image_loaders_refuse_a_bad_fraction_and_a_bad_batch_size(tmp_path: Path) -> None:
    fill(tmp_path, cats=2, dogs=2)

    with pytest.raises(ValueError, match="the fraction to hold out is 20"):
        image_data.image_loaders(tmp_path, held_out=20)
    with pytest.raises(ValueError, match="`batch_size` is 0"):
        image_data.image_loaders(tmp_path, batch_size=0)


@pytest.mark.parametrize(("batch_size", "sizes"), [(4, [4, 4]), (7, [7, 2]), (9, [9]), (1, [1] * 9)])
def test_a_last_training_batch_of_one_is_left_out(tmp_path: Path, batch_size: int, sizes: list[int]) -> None:
    fill(tmp_path / "train", cats=4, dogs=5)
    fill(tmp_path / "val", cats=4, dogs=5)
    train, held_out, _ = image_data.image_loaders(tmp_path, batch_size, image_size=16)

    assert [len(labels) for _, labels in train] == sizes
    assert sum(len(labels) for _, labels in held_out) == 9


def test_photos_can_be_sent_to_worker_processes(tmp_path: Path) -> None:
    train, _, _ = image_data.image_loaders(fill(tmp_path, cats=3, dogs=3), image_size=16, workers=1)

    # Windows and macOS send the data set to a new process as a pickle; Linux need not.
    assert len(pickle.loads(pickle.dumps(train.dataset))) == 4
    assert next(iter(train))[0].shape == (4, 3, 16, 16)


@pytest.mark.skipif(torch.cuda.is_available(), reason="a GPU gets workers")
def test_without_a_gpu_no_worker_processes_are_started_and_no_memory_is_pinned(tmp_path: Path) -> None:
    for loader in image_data.image_loaders(fill(tmp_path, cats=2, dogs=2))[:2]:
        assert loader.num_workers == 0
        assert not loader.pin_memory


# ------------------------------------------------------------------------------------ photos for the lesson's reader


def test_checking_a_folder_counts_the_classes_and_names_what_cannot_be_read(tmp_path: Path) -> None:
    for name, mode in {"a/grey.png": "L", "a/print.jpg": "CMYK", "b/phone.jpg": "RGB"}.items():
        (tmp_path / name).parent.mkdir(exist_ok=True)
        Image.new(mode, (60, 40)).save(tmp_path / name)
    (tmp_path / "b" / "half.jpg").write_bytes((tmp_path / "b" / "phone.jpg").read_bytes()[:100])
    with warnings.catch_warnings():
        warnings.simplefilter("error")  # it tells, it does not warn: a notebook shows warnings in red
        text = image_data.check_folder(tmp_path)

    assert text.startswith("a: 2, b: 1\n")
    assert "b/half.jpg" in text


@pytest.mark.parametrize(
    ("made", "sentence"),
    [((), "There is no folder"), (("only",), "only one class folder"), (("a", "b"), "hold no images: a, b")],
)
@pytest.mark.parametrize("language", ["en", "pt"])
def test_checking_a_folder_that_cannot_be_used_is_a_sentence_without_this_machines_paths(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, made: tuple[str, ...], sentence: str, language: str
) -> None:
    monkeypatch.chdir(tmp_path)
    for name in made:
        (tmp_path / "mine" / name).mkdir(parents=True)
    with speaking(language):
        text = image_data.check_folder("mine")

    assert str(tmp_path) not in text
    assert "mine" in text
    assert (sentence in text) == (language == "en")


@pytest.fixture
def offline(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("resnet_course.image_data.is_online", lambda: False)


@pytest.mark.usefixtures("offline")
def test_without_a_network_the_example_photos_are_a_stand_in_that_says_so(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    folder = image_data.example_photos(tmp_path)
    train, held_out, classes = image_data.image_loaders(folder, batch_size=4, image_size=32)

    assert "a stand-in" in capsys.readouterr().out
    assert (len(train.dataset), len(held_out.dataset), classes) == (24, 12, ["flower", "temple"])
    assert len({Image.open(path).size for path, _ in train.dataset.samples}) > 10


@pytest.mark.usefixtures("offline")
def test_the_learners_own_photos_come_first_and_a_useless_folder_does_not_stop_the_lesson(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    own = tmp_path / "own"
    for name in ("cats", "dogs"):
        (own / name).mkdir(parents=True)
        Image.new("RGB", (50, 50)).save(own / name / "1.png")

    assert image_data.choose_photos(own, tmp_path) == own
    assert capsys.readouterr().out == "cats: 1, dogs: 1\n"
    (own / "dogs" / "1.png").unlink()
    assert image_data.choose_photos(own, tmp_path) == tmp_path / "temple_and_flower"
    said = capsys.readouterr().out
    assert "hold no images: dogs" in said
    assert "train: flower: 12, temple: 12" in said


@contextmanager
def serving(folder: Path) -> Iterator[str]:
    server = ThreadingHTTPServer(("127.0.0.1", 0), partial(SimpleHTTPRequestHandler, directory=str(folder)))
    Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()


@pytest.mark.parametrize("damaged", [False, True])
def test_ants_and_bees_are_downloaded_once_or_the_stand_in_takes_their_place(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], damaged: bool
) -> None:
    source = tmp_path / "source" / "hymenoptera_data"
    for part in ("train", "val"):
        for name in ("ants", "bees"):
            (source / part / name).mkdir(parents=True)
            Image.new("RGB", (50, 50)).save(source / part / name / "1.jpg")
    made = Path(shutil.make_archive(str(tmp_path / "hymenoptera_data"), "zip", source.parent, source.name))
    if damaged:
        made.write_bytes(made.read_bytes()[:200])
    monkeypatch.setattr("resnet_course.image_data.is_online", lambda: True)
    with serving(tmp_path) as address:
        monkeypatch.setattr(image_data, "ANTS_AND_BEES", f"{address}/{made.name}")
        folder = image_data.choose_photos(folder=tmp_path / "data")

    said = capsys.readouterr().out
    assert ("could not be downloaded" in said) == damaged
    assert ("train: ants: 1, bees: 1" in said) == (not damaged)
    if not damaged:  # now there is no server any more
        assert image_data.choose_photos(folder=tmp_path / "data") == folder


@pytest.fixture
def no_data(tmp_path: Path) -> Path:
    """A folder that nobody can make, not even the superuser, because a file is in its way."""
    (tmp_path / "data").write_text("a file")
    return tmp_path / "data"


@pytest.mark.parametrize("language", languages())
@pytest.mark.usefixtures("offline")
def test_where_the_stand_in_cannot_be_written_it_goes_elsewhere_and_a_sentence_says_so(
    no_data: Path, capsys: pytest.CaptureFixture[str], language: str
) -> None:
    with speaking(language):
        folder = image_data.choose_photos(folder=no_data)
        in_the_way = message("errors.reasons.in-the-way")
        wanted = message("errors.files.elsewhere", folder=no_data, reason=in_the_way, place=folder.parent)

    said = capsys.readouterr().out
    assert said.splitlines().count(wanted) == 1
    assert "train: flower: 12, temple: 12" in said


@pytest.mark.usefixtures("offline")
def test_on_a_full_disk_the_stand_in_goes_elsewhere(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    save = Image.Image.save

    def full(self: Image.Image, path: Path, *settings: Any) -> None:
        if tmp_path in Path(path).parents and Path(path).name == "05.jpg":
            raise OSError(errno.ENOSPC, "No space left on device", str(path))
        save(self, path, *settings)

    monkeypatch.setattr(Image.Image, "save", full)
    folder = image_data.choose_photos(folder=tmp_path)

    assert tmp_path not in folder.parents
    assert "(the disk is full)" in capsys.readouterr().out


@pytest.mark.parametrize("language", languages())
@pytest.mark.usefixtures("offline")
def test_where_nothing_can_be_written_at_all_the_error_is_a_sentence(
    no_data: Path, monkeypatch: pytest.MonkeyPatch, language: str
) -> None:
    def refuse() -> None:
        raise FileNotFoundError(errno.ENOENT, "No usable temporary directory found")

    monkeypatch.setattr("resnet_course.files._temporary", refuse)
    with speaking(language):
        wanted = message(
            "errors.files.nowhere",
            folder=no_data,
            reason=message("errors.reasons.in-the-way"),
            other=message("errors.reasons.missing"),
        )
        with pytest.raises(OSError, match=re.escape(wanted)):
            image_data.choose_photos(folder=no_data)


@pytest.mark.parametrize("language", languages())
def test_a_folder_of_photos_that_may_not_be_read_gets_a_sentence(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, language: str
) -> None:
    iterdir = Path.iterdir

    def refuse(self: Path) -> Iterator[Path]:
        if self == tmp_path:
            raise PermissionError(errno.EACCES, os.strerror(errno.EACCES), str(self))
        return iterdir(self)

    monkeypatch.setattr(Path, "iterdir", refuse)
    with speaking(language):
        said = image_data.check_folder(tmp_path)

        assert message("errors.reasons.permission") in said
        assert said.startswith(message("errors.image-data.unreadable", folder="§", reason="").partition("§")[0])
    assert "Permission denied" not in said


def test_downloads_that_cannot_be_kept_where_they_belong_go_elsewhere(
    no_data: Path, tiny_cifar10: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    from torchvision.datasets import CIFAR10

    made = shutil.make_archive(str(tiny_cifar10 / "absent"), "gztar", tiny_cifar10, CIFAR10.base_folder)
    monkeypatch.setattr(CIFAR10, "tgz_md5", hashlib.md5(Path(made).read_bytes()).hexdigest())
    with serving(tiny_cifar10) as address:
        monkeypatch.setattr(CIFAR10, "url", f"{address}/absent.tar.gz")
        images, _ = data.cifar10(no_data)
    again, _ = data.cifar10(no_data)  # now there is no server any more

    assert torch.equal(images, again)
    assert "so the files go to" in capsys.readouterr().out


def test_a_download_that_broke_off_is_not_taken_for_a_whole_one(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    source = tmp_path / "hymenoptera_data"
    for part in ("train", "val"):
        for name in ("ants", "bees"):
            (source / part / name).mkdir(parents=True)
            Image.new("RGB", (50, 50)).save(source / part / name / "1.jpg")
    made = Path(shutil.make_archive(str(source), "zip", tmp_path, source.name))
    monkeypatch.setattr("resnet_course.image_data.is_online", lambda: True)
    whole = made.read_bytes()
    with serving(tmp_path) as address:
        monkeypatch.setattr(image_data, "ANTS_AND_BEES", f"{address}/{made.name}")
        made.write_bytes(whole[:200])
        image_data.choose_photos(folder=tmp_path / "data")
        made.write_bytes(whole)
        image_data.choose_photos(folder=tmp_path / "data")

    assert capsys.readouterr().out.endswith("train: ants: 1, bees: 1\nval: ants: 1, bees: 1\n")


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux has names that are not UTF-8")
@pytest.mark.filterwarnings("default")
def test_folders_with_names_that_are_not_utf_8_can_be_used_drawn_and_named(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    folder = tmp_path / os.fsdecode(b"fotos-\xe0")
    for name in (b"caf\xe9", b"ma\xe7a"):
        (folder / os.fsdecode(name)).mkdir(parents=True)
        for number in range(3):
            Image.new("RGB", (40, 40)).save(folder / os.fsdecode(name) / f"{number}.png")
    (folder / os.fsdecode(b"caf\xe9") / os.fsdecode(b"\xe9.png")).write_bytes(b"half")
    assert image_data.choose_photos(folder) == folder
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        train, _, classes = image_data.image_loaders(folder, batch_size=4, image_size=32)
    images, labels = next(iter(train))
    images = (images - images.min()) / (images.max() - images.min())
    plots.image_grid(images, labels, classes)
    plots.confusion_matrix([0, 1], [1, 0], classes)

    said = capsys.readouterr().out + image_data.check_folder(tmp_path / os.fsdecode(b"nada-\xe9"))
    for text in (said, *classes):
        text.encode()
    assert classes == ["caf�", "ma�a"]
    assert "caf�/�.png" in said
