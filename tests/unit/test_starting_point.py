"""What transfer starts from: ImageNet where it can be had, else the course's own weights and digits; never noise."""

from __future__ import annotations

import urllib.error
from pathlib import Path
from typing import Any

import pytest
import torch
from PIL import Image

from resnet_course import image_data, starting_point, transfer
from resnet_course.evaluation import accuracy
from resnet_course.language import languages, message, speaking
from resnet_course.resnet import create_resnet
from resnet_course.training import fit
from resnet_course.transfer import get_resnet_pretrained, pretrained_weights, weights_from


@pytest.fixture(autouse=True)
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty folder for weights, and no network."""
    monkeypatch.setenv("TORCH_HOME", str(tmp_path / "home"))
    for module in (transfer, image_data):
        monkeypatch.setattr(module, "is_online", lambda: False)

    def refuse(*_: Any, **__: Any) -> None:
        raise urllib.error.URLError("no route to host")

    monkeypatch.setattr(torch.hub, "urlopen", refuse)
    folder = tmp_path / "home" / "hub" / "checkpoints"
    folder.mkdir(parents=True)
    return folder


def put_imagenet(home: Path, architecture: str = "resnet18") -> None:
    name = pretrained_weights(architecture).url.rpartition("/")[2]
    torch.save(create_resnet(architecture).state_dict(), home / name)


def put_photos(folder: Path) -> Path:
    for name in ("cats", "dogs"):
        (folder / name).mkdir(parents=True)
        Image.new("RGB", (50, 50)).save(folder / name / "1.png")
    return folder


@pytest.mark.parametrize("language", languages())
def test_without_a_network_it_is_the_courses_own_weights_and_digits_of_other_writers(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], language: str
) -> None:
    with speaking(language):
        start = starting_point.starting_point("resnet18", folder=tmp_path)
        sentence, noise = message("common.weights.digits"), message("common.weights.random")
    train, held_out, classes = image_data.image_loaders(start.photos)

    said = capsys.readouterr().out
    assert sentence in said
    assert noise not in said
    assert not start.imagenet
    assert (len(train.dataset), len(held_out.dataset), classes) == (50, 200, list("0123456789"))


def test_with_imagenets_weights_it_is_those_and_the_learners_photos(
    tmp_path: Path, home: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    put_imagenet(home)
    start = starting_point.starting_point("resnet18", put_photos(tmp_path / "own"), tmp_path)

    assert start.imagenet
    assert start.photos == tmp_path / "own"
    assert start.transforms(torch.zeros(1, 3, 300, 300)).shape == (1, 3, 224, 224)
    said = capsys.readouterr().out
    assert "ResNet18_Weights.IMAGENET1K_V1" in said
    assert "cats: 1, dogs: 1" in said


def test_photos_without_imagenets_weights_are_checked_and_digits_take_their_place(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    start = starting_point.starting_point("resnet18", put_photos(tmp_path / "own"), tmp_path)

    assert start.photos == tmp_path / "digits"
    assert "cats: 1, dogs: 1" in capsys.readouterr().out


def test_a_net_for_which_there_are_no_weights_here_is_refused_with_a_way_out(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match=r"resnet50.*write `resnet18`"):
        starting_point.starting_point("resnet50", folder=tmp_path)


@pytest.mark.parametrize("seed", range(3))
def test_what_is_transferred_offline_is_knowledge(tmp_path: Path, seed: int) -> None:
    start = starting_point.starting_point("resnet18", folder=tmp_path)
    train, held_out, classes = image_data.image_loaders(start.photos, batch_size=12)
    train.dataset.transform = held_out.dataset.transform = start.transforms
    reached = {}
    noise = create_resnet("resnet18").state_dict()
    for name, weights in {"digits": start.weights, "noise": noise}.items():
        torch.manual_seed(seed)
        with weights_from(weights):
            net = get_resnet_pretrained("resnet18", len(classes))
        fit(net, train, epochs=5, lr=0.01, seed=seed, device="cpu", progress=False)
        reached[name] = accuracy(net, held_out)
    print(f"seed {seed}: " + ", ".join(f"{name} {share:.1%}" for name, share in reached.items()))

    assert reached["digits"] > 0.6
    assert reached["digits"] > reached["noise"] + 0.2
