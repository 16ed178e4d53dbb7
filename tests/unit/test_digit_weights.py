"""The course's own weights: an ordinary ResNet-18 takes them and errs as often as their model card says."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path

import pytest
import torch
import torchvision

from resnet_course import digit_weights
from resnet_course.cost import count_parameters
from resnet_course.data import Batches, mnist5k, split
from resnet_course.digit_weights import (
    CARD,
    FILE,
    RECIPE,
    describe_card,
    model_card,
    narrow_net,
    prepare_digits,
    train_digits,
    unseen_digits,
    write,
)
from resnet_course.evaluation import accuracy, predict
from resnet_course.language import languages, number, speaking
from resnet_course.resnet import ResNet, create_resnet


@pytest.fixture(scope="module")
def net() -> ResNet:
    model = create_resnet("resnet18", num_classes=10)
    model.load_state_dict(digit_weights.digit_weights(), strict=True)
    return model


def test_the_file_is_small_and_the_one_that_the_card_describes() -> None:
    made = FILE.read_bytes()

    assert len(made) == model_card()["file"]["bytes"] < 2_000_000
    assert hashlib.sha256(made).hexdigest() == model_card()["file"]["sha256"]


def test_the_net_errs_on_unseen_digits_as_often_as_the_card_says_on_every_processor(net: ResNet) -> None:
    probabilities, labels = predict(net, unseen_digits())
    wrong = int((probabilities.argmax(1) != labels).sum())
    first, second = probabilities.log().topk(2).values.T

    assert (wrong, len(labels)) == (model_card()["unseen"]["wrong"], model_card()["unseen"]["images"])
    assert wrong / len(labels) < 0.03
    # Processors round differently, in the seventh digit: no answer is so close that it could tip over.
    assert (first - second).min() > 1e-3


def test_the_error_on_the_training_digits_is_the_cards_too() -> None:
    stored = torch.load(FILE, weights_only=True)
    narrow = narrow_net()
    narrow.load_state_dict({name: each.float() for name, each in stored.items()}, strict=True)
    train, _ = split(*mnist5k())
    right = accuracy(narrow, Batches(*train, batch_size=500, transform=prepare_digits))

    assert round(len(train[0]) * (1 - right)) == model_card()["train"]["wrong"]


def test_the_narrow_net_that_was_trained_and_the_one_filled_up_with_zeros_are_one_function(net: ResNet) -> None:
    narrow = narrow_net()
    narrow.load_state_dict({name: each.float() for name, each in torch.load(FILE, weights_only=True).items()})
    images, _ = mnist5k()
    with torch.no_grad():
        torch.testing.assert_close(
            net.eval()(prepare_digits(images[::500])), narrow.eval()(prepare_digits(images[::500]))
        )


def test_training_on_leaves_the_unused_channels_unused(net: ResNet) -> None:
    images, labels = mnist5k()
    optimizer = torch.optim.SGD(net.parameters(), lr=0.01, weight_decay=1e-4)
    before = {name: each.clone() for name, each in net.state_dict().items()}
    torch.nn.functional.cross_entropy(net.train()(prepare_digits(images[::100])), labels[::100]).backward()
    optimizer.step()

    assert (net.layer4[1].conv2.weight[128:] == 0).all()
    net.load_state_dict(before)


def test_torchvisions_own_resnet18_takes_them() -> None:
    print(torchvision.models.resnet18(num_classes=10).load_state_dict(digit_weights.digit_weights(), strict=True))


def test_a_head_for_more_classes_has_zeros_for_those_that_the_weights_do_not_know() -> None:
    head = digit_weights.digit_weights(num_classes=1000)["fc.weight"]

    assert head.shape == (1000, 512)
    assert (head[10:] == 0).all()
    with pytest.raises(ValueError, match="at least 10"):
        digit_weights.digit_weights(num_classes=2)


def test_the_card_counts_the_parameters_and_those_that_are_not_zero(net: ResNet) -> None:
    not_zero = sum(int((each != 0).sum()) for each in net.parameters())

    assert model_card()["parameters"] == count_parameters(net)
    assert 0.99 * model_card()["not_zero"] < not_zero <= model_card()["not_zero"]  # 16 bits make 0 of a tiny weight


@pytest.mark.parametrize("language", languages())
def test_the_card_tells_all_its_numbers_in_every_language(language: str) -> None:
    with speaking(language):
        text = describe_card()
        told = [number(model_card()["parameters"], ","), number(RECIPE["lr"], "g"), model_card()["file"]["sha256"][:8]]

    assert all(each in text for each in told)
    assert "{" not in text
    assert max(map(len, text.splitlines())) <= 100


def test_the_card_was_made_with_the_recipe_that_the_module_has() -> None:
    assert model_card()["training"] == RECIPE


def test_the_same_code_writes_the_weights_and_the_card(tmp_path: Path) -> None:
    untrained = RECIPE | {"epochs": 0}
    write(train_digits(untrained), untrained, tmp_path / "net.pt", tmp_path / "net.json")
    card = json.loads((tmp_path / "net.json").read_text())

    assert card.keys() == model_card().keys()
    assert card["file"]["sha256"] == hashlib.sha256((tmp_path / "net.pt").read_bytes()).hexdigest()
    assert card["unseen"]["wrong"] > 800  # without training it guesses
    assert torch.load(tmp_path / "net.pt", weights_only=True).keys() == torch.load(FILE, weights_only=True).keys()


@pytest.mark.training
def test_a_new_training_comes_near_the_published_one_and_twice_the_same() -> None:
    again, once_more = (train_digits(RECIPE | {"epochs": 3}) for _ in range(2))

    assert accuracy(again, unseen_digits()) > 0.9
    assert all(each.equal(once_more.state_dict()[name]) for name, each in again.state_dict().items())


def test_the_card_is_readable_without_the_course() -> None:
    assert json.loads(CARD.read_text(encoding="utf-8"))["made_by"] == "python -m resnet_course.digit_weights"
