"""ResNet-18 for digits: weights that the course has trained itself, with their model card. They need no network.

``python -m resnet_course.digit_weights`` trains the net on MNIST-5k and writes both files beside this module. Only a
quarter of ResNet-18's channels are trained, 16 instead of 64 in the first stage and so on; the weights of all others
are 0, and are not stored. So an ordinary ResNet-18 with ten classes takes them, and the file stays below 2 MB.
"""

from __future__ import annotations

import hashlib
import json
import textwrap
from collections.abc import Callable
from pathlib import Path
from typing import Any

import torch
import torch.nn.functional as F
from torch import Tensor, nn
from torch.optim import SGD
from torch.optim.lr_scheduler import OneCycleLR

from resnet_course.blocks import BasicBlock
from resnet_course.cost import count_parameters
from resnet_course.data import Batches, mnist5k, random_crop_flip, split
from resnet_course.evaluation import accuracy
from resnet_course.language import find, message, number
from resnet_course.resnet import ResNet, create_resnet
from resnet_course.trainings import one_thread

ARCHITECTURE = "resnet18"
FILE = Path(__file__).with_name("resnet18_digits.pt")
CARD = Path(__file__).with_name("resnet18_digits.json")

IMAGE_SIZE = 64  # MNIST's 28 pixels, enlarged: ResNet-18's stem makes 16 of them
CLASSES = 10
USED = 16  # of the 64 channels of the first stage
LINE = 92  # characters: what a narrow window shows of a text without breaking it inside a word

RECIPE = {"seed": 0, "epochs": 12, "batch_size": 64, "lr": 0.1, "momentum": 0.9, "weight_decay": 5e-4, "shift": 2}


def digit_weights(num_classes: int = CLASSES) -> dict[str, Tensor]:
    """Return the trained weights, under the names and in the shapes of ResNet-18's.

    Parameters
    ----------
    num_classes : int
        Outputs of the net that takes them, at least ten. Those after the tenth get zeros: they stand for nothing.

    Returns
    -------
    dict
        Name to tensor, float32: what ``create_resnet("resnet18", num_classes).load_state_dict`` takes.

    Raises
    ------
    ValueError
        If there are fewer than ten classes.

    Examples
    --------
    >>> create_resnet("resnet18", num_classes=10).load_state_dict(digit_weights(), strict=True)
    <All keys matched successfully>
    """
    if num_classes < CLASSES:
        raise ValueError(message("errors.digit-weights.classes", num_classes=num_classes, least=CLASSES))
    stored = torch.load(FILE, weights_only=True)
    with torch.device("meta"):
        wanted = create_resnet(ARCHITECTURE, num_classes).state_dict()
    return {name: _in_zeros(stored[name], like.shape) for name, like in wanted.items()}


def _in_zeros(part: Tensor, shape: torch.Size) -> Tensor:
    """Return zeros of this shape, with `part` in the corner where all indices begin."""
    part = part.float() if part.is_floating_point() else part
    whole = torch.zeros(shape, dtype=part.dtype)
    whole[tuple(slice(size) for size in part.shape)] = part
    return whole


def digit_transforms() -> Callable[[Any], Tensor]:
    """Return the preprocessing with which the weights were trained and measured.

    torchvision's for ResNet-18's ImageNet weights, with images of 64 × 64 pixels.

    Returns
    -------
    callable
        From an RGB image, or a tensor ``[..., 3, H, W]`` between 0 and 1, to ``[..., 3, 64, 64]``.

    Examples
    --------
    >>> digit_transforms()(torch.zeros(2, 3, 28, 28)).shape
    torch.Size([2, 3, 64, 64])
    """
    from torchvision.models import get_model_weights

    preset = get_model_weights(ARCHITECTURE).DEFAULT.transforms
    return preset(crop_size=IMAGE_SIZE, resize_size=IMAGE_SIZE)


def prepare_digits(images: Tensor) -> Tensor:
    """Return grey digits as the net wants them: enlarged, the grey in all three colours, normalised.

    Parameters
    ----------
    images : torch.Tensor
        ``[N, 1, H, W]``, float32 between 0 and 1.

    Returns
    -------
    torch.Tensor
        ``[N, 3, 64, 64]``.

    Examples
    --------
    >>> prepare_digits(mnist5k()[0][:5]).shape
    torch.Size([5, 3, 64, 64])
    """
    return digit_transforms()(images.expand(-1, 3, -1, -1))


def unseen_digits() -> Batches:
    """Return the 1 000 digits of MNIST-5k that the net was not trained on, on which the card's error is measured.

    Examples
    --------
    >>> images, labels = next(iter(unseen_digits()))
    >>> images.shape
    torch.Size([250, 3, 64, 64])
    """
    return Batches(*split(*mnist5k())[1], batch_size=250, transform=prepare_digits)


def model_card() -> dict[str, Any]:
    """Return what the weights' makers say of them: the data, the training, the measured errors, the file.

    Examples
    --------
    >>> model_card()["unseen"]["images"]
    1000
    """
    card: dict[str, Any] = json.loads(CARD.read_text(encoding="utf-8"))
    return card


def describe_card() -> str:
    """Return the model card as a text in the learner's language, a paragraph for each of its parts.

    Examples
    --------
    >>> describe_card().splitlines()[0].split()[:3]
    ['net', 'ResNet-18', 'for']
    """
    card = model_card()
    figures: dict[str, Any] = {
        **{name: number(value, "g") for name, value in card["training"].items()},
        "parameters": number(card["parameters"], ","),
        "not_zero": number(card["not_zero"], ","),
        "megabytes": number(card["file"]["bytes"] / 1e6, ".2f"),
        "sha256": card["file"]["sha256"][:8],
        "size": IMAGE_SIZE,
        "torch": card["torch"],
    }
    for part in ("train", "unseen"):
        images, wrong = card[part]["images"], card[part]["wrong"]
        figures[part], figures[f"{part}_wrong"] = number(images, ","), number(wrong, ",")
        figures[f"{part}_error"] = number(100 * wrong / images, ".1f")
        figures[f"{part}_right"] = number(100 - 100 * wrong / images, ".1f")
    parts: dict[str, dict[str, str]] = find("05_full_resnet.card")
    names = max(len(part["name"]) for part in parts.values()) + 2
    paragraphs = (
        textwrap.wrap(
            part["name"].ljust(names) + part["text"].format(**figures), width=LINE, subsequent_indent=" " * names
        )
        for part in parts.values()
    )
    return "\n".join(line for paragraph in paragraphs for line in paragraph)


# --- how they were made -------------------------------------------------------------------------------------------


def train_digits(recipe: dict[str, Any] = RECIPE) -> ResNet:
    """Train the net from random weights, on one thread.

    The training of the weights in `FILE`, again. (Another processor rounds differently, so that its weights are
    different ones.) Returned is the narrow net, before its numbers are rounded to 16 bits.

    Parameters
    ----------
    recipe : dict
        As `RECIPE`.

    Examples
    --------
    >>> net = train_digits(RECIPE | {"epochs": 0})
    >>> net.fc
    Linear(in_features=128, out_features=10, bias=True)
    """
    train, _ = split(*mnist5k())
    shift = random_crop_flip(padding=recipe["shift"], flip=False)
    batches = Batches(
        *train, batch_size=recipe["batch_size"], shuffle=True, transform=lambda images: prepare_digits(shift(images))
    )
    torch.manual_seed(recipe["seed"])
    net = narrow_net()
    settings = {name: recipe[name] for name in ("momentum", "weight_decay")}
    optimizer = SGD(net.parameters(), lr=recipe["lr"], nesterov=True, **settings)
    if recipe["epochs"]:
        schedule = OneCycleLR(optimizer, recipe["lr"], total_steps=recipe["epochs"] * len(batches))
    with one_thread():
        for _ in range(recipe["epochs"]):
            for images, labels in batches:
                loss = F.cross_entropy(net.train()(images), labels)
                optimizer.zero_grad()
                loss.backward()
                optimizer.step()
                schedule.step()
    return net


def narrow_net() -> ResNet:
    """Return ResNet-18 with a quarter of the channels, for ten classes, with random weights.

    Examples
    --------
    >>> f"{count_parameters(narrow_net()):,}"
    '703,386'
    """
    return ResNet(BasicBlock, [2, 2, 2, 2], CLASSES, width=USED)


def write(net: nn.Module, recipe: dict[str, Any], file: Path, card: Path) -> None:
    """Write a narrow net's weights, as 16-bit numbers, and then the card, measured with what was written.

    Examples
    --------
    >>> write(train_digits(), RECIPE, FILE, CARD)  # doctest: +SKIP
    """
    halves = {name: each.half() if each.is_floating_point() else each for name, each in net.state_dict().items()}
    torch.save(halves, file)
    made = file.read_bytes()
    stored = narrow_net()
    stored.load_state_dict({name: each.float() for name, each in halves.items()})
    train, _ = split(*mnist5k())
    facts = {
        "architecture": ARCHITECTURE,
        "parameters": count_parameters(create_resnet(ARCHITECTURE, CLASSES)),
        "not_zero": count_parameters(net),
        "training": recipe,
        "train": _measure(stored, Batches(*train, batch_size=250, transform=prepare_digits)),
        "unseen": _measure(stored, unseen_digits()),
        "file": {"bytes": len(made), "sha256": hashlib.sha256(made).hexdigest()},
        "made_by": "python -m resnet_course.digit_weights",
        "torch": torch.__version__.partition("+")[0],
    }
    card.write_text(json.dumps(facts, indent=1) + "\n", encoding="utf-8")


def _measure(net: nn.Module, batches: Batches) -> dict[str, int]:
    count = len(batches.images)
    return {"images": count, "wrong": count - round(accuracy(net, batches) * count)}


if __name__ == "__main__":
    write(train_digits(), RECIPE, FILE, CARD)
    print(CARD.read_text(encoding="utf-8"))
