"""The finale of lessons 05 and 06: online ImageNet's weights, offline those of the course, and nothing drawn from noise."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
import torch
from kernel import Kernel, kernel, says, solved

from resnet_course.digit_weights import model_card
from resnet_course.language import number, speaking
from resnet_course.resnet import create_resnet
from resnet_course.transfer import pretrained_weights

pytestmark = [pytest.mark.notebook, pytest.mark.xdist_group("offline")]

# As on a machine that reaches nothing, wherever the tests run.
UNPLUG = "from resnet_course import image_data, transfer\nimage_data.is_online = transfer.is_online = lambda: False"


@contextmanager
def answered(lesson: str, language: str, tmp_path: Path) -> Iterator[tuple[Kernel, list[str]]]:
    """A kernel without a network in which all exercises are answered, and the lesson's code cells."""
    cells = [each for each in solved(lesson, language).cells if each.cell_type == "code"]
    answers = [each for each in cells if each.id.endswith("-answer")]
    with kernel(tmp_path, env=os.environ | {"TORCH_HOME": str(tmp_path / "home")}) as session:
        for source in [*(each.source for each in [*cells[:2], *answers]), UNPLUG]:
            assert session.run(source).error is None, source
        yield session, [each.source for each in cells]


def part(cells: list[str], first: str, last: str) -> list[str]:
    """Return the cells from the one that holds some code to the one that holds some other."""
    begin = next(n for n, each in enumerate(cells) if first in each)
    end = next(n for n, each in enumerate(cells) if last in each)
    return cells[begin : end + 1]


def run(session: Kernel, cells: list[str]) -> str:
    shown = [session.run(each) for each in cells]
    assert not [each.text for each in shown if each.error]
    return "\n".join(each.text for each in shown)


def put_weights(tmp_path: Path, architecture: str) -> None:
    folder = tmp_path / "home" / "hub" / "checkpoints"
    folder.mkdir(parents=True)
    torch.manual_seed(0)
    name = pretrained_weights(architecture).url.rpartition("/")[2]
    torch.save(create_resnet(architecture).state_dict(), folder / name)


@pytest.mark.parametrize("language", ["en", "pt"])
def test_offline_the_learners_resnet_gives_the_error_that_the_model_card_states(tmp_path: Path, language: str) -> None:
    with answered("05_full_resnet", language, tmp_path) as (session, cells):
        said = run(session, part(cells, "describe_card()", "card_error ="))

    wrong = model_card()["unseen"]
    with speaking(language):
        stated = number(100 * wrong["wrong"] / wrong["images"], ".1f")
    measured = f"{wrong['wrong'] / wrong['images']:.1%}"
    assert stated in said
    assert said.count(measured) >= 2  # the learner's net, and the card
    assert "All keys matched successfully" in said


@pytest.mark.parametrize(("language", "online"), [("en", False), ("pt", True)])
def test_what_imagenets_net_says_of_the_photo_is_shown_only_with_its_weights(
    tmp_path: Path, language: str, online: bool
) -> None:
    if online:
        put_weights(tmp_path, "resnet50")
    with answered("05_full_resnet", language, tmp_path) as (session, cells):
        said = run(session, part(cells, 'official_weights("resnet50")', "answers if trained"))

    assert said.count("0.0") >= 1  # the largest difference between the logits
    assert says(said, "common.weights.random", language) != online
    assert ("torchvision" in said) == online  # the table's second column
    assert ("ResNet50_Weights.IMAGENET1K_V2" in said) == online


@pytest.mark.parametrize("language", ["en", "pt"])
def test_offline_lesson_06_ends_with_a_real_transfer(tmp_path: Path, language: str) -> None:
    with answered("06_transfer_learning", language, tmp_path) as (session, cells):
        said = run(session, part(cells, "starting_point(", "confusion_matrix(photo_labels"))
        right = session.run("print((photo_probabilities.argmax(1) == photo_labels).double().mean().item())").text
        more = run(session, part(cells, "hardest = truth", "plots.heat_maps(pixels, grad_cam(tuned"))

    assert says(said, "common.weights.digits", language)
    assert not says(said + more, "common.weights.random", language)
    assert float(right) > 0.6
