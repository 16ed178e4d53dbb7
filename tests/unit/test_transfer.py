"""Transfer: weights through torchvision's own loading path, a head that is new and a backbone that does not move."""

from __future__ import annotations

import copy
import hashlib
import urllib.error
from pathlib import Path
from typing import Any

import pytest
import torch
import torch.nn.functional as F
import torchvision
from torch import nn
from torch.optim import SGD

from resnet_course import few_labels, transfer
from resnet_course.data import uci_digits
from resnet_course.language import speaking
from resnet_course.resnet import ARCHITECTURES, create_resnet
from resnet_course.training import fit
from resnet_course.transfer import (
    freeze_backbone,
    get_resnet_pretrained,
    official_weights,
    parameter_groups,
    pretrained_weights,
    replace_head,
    weights_from,
)


@pytest.fixture
def checkpoints(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The folder in which torch.hub looks for weights."""
    monkeypatch.setenv("TORCH_HOME", str(tmp_path))
    folder = tmp_path / "hub" / "checkpoints"
    folder.mkdir(parents=True)
    return folder


@pytest.fixture
def no_network(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: Any, **__: Any) -> None:
        raise urllib.error.URLError("no route to host")

    monkeypatch.setattr(torch.hub, "urlopen", refuse)


def file_name(architecture: str) -> str:
    return pretrained_weights(architecture).url.rpartition("/")[2]


def moved(model: nn.Module, before: dict[str, torch.Tensor]) -> list[str]:
    return [name for name, tensor in model.state_dict().items() if not torch.equal(tensor, before[name])]


@pytest.mark.parametrize("architecture", ["resnet18", "resnet50"])
@pytest.mark.usefixtures("no_network")
def test_weights_in_torch_home_are_loaded_without_a_network(checkpoints: Path, architecture: str) -> None:
    theirs = torchvision.models.get_model(architecture)
    torch.save(theirs.state_dict(), checkpoints / file_name(architecture))
    model = get_resnet_pretrained(architecture, num_classes=3)

    backbone = {name: tensor for name, tensor in theirs.state_dict().items() if not name.startswith("fc")}
    assert all(torch.equal(tensor, model.state_dict()[name]) for name, tensor in backbone.items())
    assert model.fc.out_features == 3
    trainable = {name for name, parameter in model.named_parameters() if parameter.requires_grad}
    assert trainable == {"fc.weight", "fc.bias"}


def test_the_best_weights_are_v1_for_resnet18_and_v2_for_resnet50() -> None:
    assert pretrained_weights("resnet18") is torchvision.models.ResNet18_Weights.IMAGENET1K_V1
    assert pretrained_weights("resnet50") is torchvision.models.ResNet50_Weights.IMAGENET1K_V2


@pytest.mark.parametrize("architecture", ARCHITECTURES)
def test_every_member_of_the_family_has_weights(architecture: str) -> None:
    assert pretrained_weights(architecture).url.endswith(".pth")


@pytest.mark.parametrize("language", ["en", "pt"])
@pytest.mark.usefixtures("no_network")
def test_offline_without_weights_the_error_says_what_where_and_how(checkpoints: Path, language: str) -> None:
    with speaking(language), pytest.raises(OSError, match="no route to host") as caught:
        get_resnet_pretrained("resnet18", num_classes=2)

    text = str(caught.value)
    weights = pretrained_weights("resnet18")
    for part in (str(weights), str(checkpoints / file_name("resnet18")), weights.url, "create_resnet"):
        assert part in text


@pytest.mark.usefixtures("no_network")
def test_a_damaged_file_is_named(checkpoints: Path) -> None:
    file = checkpoints / file_name("resnet18")
    file.write_bytes(b"half a download")

    with pytest.raises(OSError, match="could not be read") as caught:
        get_resnet_pretrained("resnet18", num_classes=2)
    assert f"Looked at: {file}" in str(caught.value)


@pytest.mark.usefixtures("checkpoints")
def test_a_download_arrives_and_is_kept(checkpoints: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The whole download path, from a file address, with the hash that torch.hub demands in the name."""
    torch.save(create_resnet("resnet18").state_dict(), tmp_path / "weights.pth")
    digest = hashlib.sha256((tmp_path / "weights.pth").read_bytes()).hexdigest()[:8]
    source = (tmp_path / "weights.pth").rename(tmp_path / f"resnet18-{digest}.pth")

    class Weights:
        url = source.as_uri()

        def get_state_dict(self, **settings: Any) -> Any:
            return torch.hub.load_state_dict_from_url(self.url, **settings)

    monkeypatch.setattr(transfer, "pretrained_weights", lambda name: Weights())
    get_resnet_pretrained("resnet18", num_classes=2)

    assert (checkpoints / source.name).read_bytes() == source.read_bytes()


def test_a_download_that_cannot_be_kept_in_torch_home_goes_elsewhere(
    checkpoints: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    checkpoints.rmdir()
    checkpoints.write_text("a file where the folder should be")
    torch.save(create_resnet("resnet18").state_dict(), tmp_path / "resnet18-0000.pth")

    class Weights:
        url = (tmp_path / "resnet18-0000.pth").as_uri()

        def get_state_dict(self, check_hash: bool, **settings: Any) -> Any:
            return torch.hub.load_state_dict_from_url(self.url, **settings)

    monkeypatch.setattr(transfer, "pretrained_weights", lambda name: Weights())
    monkeypatch.setattr(transfer, "is_online", lambda: True)
    _, trained = official_weights("resnet18")

    assert trained
    assert f"The folder {checkpoints} cannot be used (" in capsys.readouterr().out


@pytest.mark.usefixtures("no_network")
def test_official_weights_are_imagenets_where_they_are_on_this_machine(
    checkpoints: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    theirs = torchvision.models.get_model("resnet18").state_dict()
    torch.save(theirs, checkpoints / file_name("resnet18"))
    weights, trained = official_weights("resnet18")

    assert trained
    assert all(torch.equal(weights[name], tensor) for name, tensor in theirs.items())
    assert "ResNet18_Weights.IMAGENET1K_V1" in capsys.readouterr().out


@pytest.mark.parametrize("damaged", [False, True])
@pytest.mark.usefixtures("no_network")
def test_elsewhere_official_weights_are_random_the_same_every_time_and_say_so(
    checkpoints: Path, damaged: bool, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(transfer, "is_online", lambda: False)
    if damaged:
        (checkpoints / file_name("resnet18")).write_bytes(b"half a download")
    state = torch.get_rng_state()
    (weights, trained), (again, _) = official_weights("resnet18"), official_weights("resnet18")

    assert not trained
    assert all(torch.equal(weights[name], again[name]) for name in weights)
    assert torch.equal(torch.get_rng_state(), state)
    said = capsys.readouterr().out
    assert "resnet18: random weights" in said
    assert ("could not be read" in said) == damaged


@pytest.mark.usefixtures("no_network", "checkpoints")
def test_inside_weights_from_every_way_to_official_weights_leads_to_the_source_and_afterwards_none() -> None:
    asked: list[Any] = []
    mine = create_resnet("resnet18").state_dict()

    def source(weights: Any) -> dict[str, torch.Tensor]:
        asked.append(weights)
        return mine

    member = pretrained_weights("resnet18")
    with weights_from(source):
        loaded = [
            torchvision.models.get_model("resnet18", weights="DEFAULT").state_dict(),
            torchvision.models.resnet18(weights=member).state_dict(),
            get_resnet_pretrained("resnet18", 2).state_dict(),
            member.get_state_dict(progress=False, check_hash=True),
            torch.hub.load_state_dict_from_url(member.url),
        ]
    assert asked == [member] * 5
    assert all(torch.equal(each["conv1.weight"], mine["conv1.weight"]) for each in loaded)
    with pytest.raises(urllib.error.URLError):
        member.get_state_dict()
    with pytest.raises(urllib.error.URLError):
        torch.hub.load_state_dict_from_url(member.url)


def test_an_unknown_name_lists_the_known_ones() -> None:
    with pytest.raises(ValueError, match=r"'vgg16'; the known ones are: resnet18, .*wide_resnet101_2"):
        get_resnet_pretrained("vgg16", num_classes=2)


def test_no_classes_are_an_error_before_anything_is_downloaded() -> None:
    with pytest.raises(ValueError, match="`num_classes` is 0"):
        get_resnet_pretrained("resnet18", num_classes=0)


def test_after_training_a_frozen_backbone_has_not_moved_by_a_bit() -> None:
    model = freeze_backbone(create_resnet("resnet18", 4))
    before = copy.deepcopy(model.state_dict())
    batches = [(torch.randn(4, 3, 32, 32), torch.randint(4, (4,))) for _ in range(5)]
    fit(model, batches, epochs=1, progress=False, device="cpu")

    assert moved(model, before) == ["fc.weight", "fc.bias"]


def test_without_our_freezing_all_buffers_of_batch_norm_would_move() -> None:
    # The trap itself, so that the test above is known to be able to fail.
    model = create_resnet("resnet18", 4).requires_grad_(False)
    before = copy.deepcopy(model.state_dict())
    model.train()(torch.randn(4, 3, 32, 32))

    assert len([name for name in moved(model, before) if "running" in name]) == 2 * 20


def test_an_unfrozen_backbone_trains_again_with_its_statistics() -> None:
    model = freeze_backbone(create_resnet("resnet18", 4))
    model.train()(torch.randn(2, 3, 32, 32))
    before = copy.deepcopy(model.state_dict())
    model.requires_grad_(True)
    batches = [(torch.randn(4, 3, 32, 32), torch.randint(4, (4,)))]
    fit(model, batches, epochs=1, progress=False, device="cpu")

    assert set(moved(model, before)) == set(before)


def test_a_copy_of_a_frozen_model_is_frozen_too() -> None:
    model = copy.deepcopy(freeze_backbone(create_resnet("resnet18", 4)))
    before = copy.deepcopy(model.state_dict())
    model.train()(torch.randn(4, 3, 32, 32))

    assert moved(model, before) == []


def test_torchvisions_own_models_can_be_frozen_and_get_a_head() -> None:
    model = freeze_backbone(replace_head(torchvision.models.resnet18(), 7))

    assert model.fc.out_features == 7
    assert not model.conv1.weight.requires_grad


def test_backbone_and_head_get_their_own_learning_rates() -> None:
    torch.manual_seed(0)
    model = create_resnet("resnet18", 4)
    before = copy.deepcopy(dict(model.named_parameters()))
    optimizer = SGD(parameter_groups(model, head_lr=0.1, backbone_lr=0.001))
    F.cross_entropy(model(torch.randn(4, 3, 32, 32)), torch.randint(4, (4,))).backward()
    optimizer.step()

    for name, parameter in model.named_parameters():
        step = before[name] - (0.1 if name.startswith("fc") else 0.001) * parameter.grad
        torch.testing.assert_close(parameter, step)
    assert sum(len(group["params"]) for group in optimizer.param_groups) == len(before)


def test_a_negative_rate_or_a_model_without_head_is_an_error() -> None:
    with pytest.raises(ValueError, match=r"`head_lr` is -0\.1"):
        parameter_groups(create_resnet("resnet18"), head_lr=-0.1, backbone_lr=0.1)
    with torch.device("meta"):
        vgg = torchvision.models.vgg11()
    for use in (freeze_backbone, lambda model: replace_head(model, 2), lambda model: parameter_groups(model, 1, 1)):
        with pytest.raises(ValueError, match="VGG has no linear layer `fc`; its last layer is `classifier`"):
            use(vgg)


def test_an_unknown_way_to_learn_from_few_labels_lists_the_known_ones() -> None:
    for way, source in (("half", few_labels.new_net()), ("frozen", None)):
        with pytest.raises(ValueError, match=f"`way` is '{way}'; it must be one of: scratch, frozen, tuned"):
            few_labels.prepare(way, source, seed=0)


def test_framed_digits_keep_every_digit_whole_and_in_mnists_box() -> None:
    images, labels = few_labels.framed_digits()

    assert torch.equal(images[:, :, 4:24, 4:24], uci_digits(size=20)[0])
    assert images.sum() == images[:, :, 4:24, 4:24].sum()
    assert torch.equal(labels, uci_digits()[1])


def test_the_digits_that_measure_are_never_trained_on() -> None:
    measured = {tuple(image.flatten().tolist()) for image in few_labels.held_out().images}

    for seed in range(3):
        images = few_labels.labelled(20, seed)[0].images
        assert measured.isdisjoint(tuple(image.flatten().tolist()) for image in images)
