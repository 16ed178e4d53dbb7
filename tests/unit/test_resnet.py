"""The reference networks are torchvision's, bit for bit, and cost what the published tables say."""

from __future__ import annotations

import pytest
import torch
import torch.nn.functional as F
import torchvision
from test_blocks import randomise
from torch import nn

from resnet_course import cost
from resnet_course.blocks import BasicBlock
from resnet_course.cost import count_cost, count_parameters
from resnet_course.language import speaking
from resnet_course.resnet import ARCHITECTURES, ResNet, create_resnet

# Parameters in millions and GFLOPs at 224 × 224, as published (GFLOPs = 2 × multiply-adds).
PUBLISHED = {
    "resnet18": (11.69, 3.63),
    "resnet34": (21.80, 7.33),
    "resnet50": (25.56, 8.18),
    "resnet101": (44.55, 15.60),
    "resnet152": (60.19, 23.03),
    "resnext50_32x4d": (25.03, 8.46),
    "wide_resnet50_2": (68.88, 22.80),
}


def test_the_family_has_nine_members() -> None:
    assert len(ARCHITECTURES) == 9


@pytest.mark.parametrize("architecture", ARCHITECTURES)
def test_with_torchvisions_weights_a_network_gives_its_logits_and_gradients_bit_for_bit(architecture: str) -> None:
    torch.manual_seed(0)
    ours, theirs = create_resnet(architecture, 10), torchvision.models.get_model(architecture, num_classes=10)
    for module in theirs.modules():
        if isinstance(module, nn.BatchNorm2d):
            randomise(module)
    ours.load_state_dict(theirs.state_dict(), strict=True)
    images, labels = torch.randn(2, 3, 64, 64), torch.tensor([3, 7])

    with torch.no_grad():
        assert torch.equal(ours.eval()(images), theirs.eval()(images))

    for model in (ours, theirs):
        F.cross_entropy(model.train()(images), labels).backward()
    pairs = list(zip(ours.named_parameters(), theirs.named_parameters(), strict=True))
    assert all(mine[0] == its[0] and torch.equal(mine[1].grad, its[1].grad) for mine, its in pairs)
    # The running statistics have moved, and alike.
    assert all(torch.equal(*both) for both in zip(ours.buffers(), theirs.buffers(), strict=True))


@pytest.mark.parametrize("architecture", ["resnet18", "resnext50_32x4d"])
def test_with_the_same_seed_a_network_begins_with_torchvisions_weights(architecture: str) -> None:
    torch.manual_seed(5)
    ours = create_resnet(architecture)
    torch.manual_seed(5)
    theirs = torchvision.models.get_model(architecture)

    assert all(torch.equal(*both) for both in zip(ours.parameters(), theirs.parameters(), strict=True))


def test_an_unknown_architecture_lists_the_known_ones() -> None:
    with pytest.raises(ValueError, match=r"'resnet20'; the known ones are: resnet18, resnet34, .*wide_resnet101_2"):
        create_resnet("resnet20")


def test_errors_speak_the_learners_language() -> None:
    with speaking("pt"), pytest.raises(ValueError, match="as conhecidas são: resnet18"):
        create_resnet("resnet20")


@pytest.mark.parametrize("num_classes", [0, -1, 2.5, "10", True])
def test_a_number_of_classes_that_cannot_be_is_an_error(num_classes: object) -> None:
    with pytest.raises(ValueError, match="a whole number, 1 or more"):
        create_resnet("resnet18", num_classes)  # type: ignore[arg-type]


def test_a_resnet_needs_four_stages() -> None:
    with pytest.raises(ValueError, match=r"\[3, 3, 3\]; a ResNet has four stages"):
        ResNet(BasicBlock, [3, 3, 3])


@pytest.mark.parametrize("architecture", PUBLISHED)
def test_parameters_and_flops_are_the_published_ones(architecture: str) -> None:
    millions, gflops = PUBLISHED[architecture]
    with torch.device("meta"):
        counted = count_cost(create_resnet(architecture))

    assert round(counted.parameters / 1e6, 2) == millions
    assert round(counted.flops / 1e9, 2) == gflops


@pytest.mark.parametrize("architecture", ARCHITECTURES)
def test_torchvision_publishes_our_macs_under_the_name_of_gflops(architecture: str) -> None:
    meta = torchvision.models.get_model_weights(architecture).DEFAULT.meta
    with torch.device("meta"):
        counted = count_cost(create_resnet(architecture))

    assert counted.parameters == meta["num_params"]
    assert counted.macs / 1e9 == pytest.approx(meta["_ops"], abs=1e-3)


def test_the_field_before_resnet_costs_what_is_published() -> None:
    with torch.device("meta"):
        vgg = torchvision.models.vgg16()
        googlenet = torchvision.models.googlenet(init_weights=False)
    vgg_cost, googlenet_cost = count_cost(vgg), count_cost(googlenet)

    assert (round(vgg_cost.parameters / 1e6, 2), round(vgg_cost.flops / 1e9, 2)) == (138.36, 30.94)
    assert (round(googlenet_cost.parameters / 1e6, 1), round(googlenet_cost.flops / 1e9, 2)) == (13.0, 3.00)


def test_counting_a_convolution_by_hand_gives_the_same() -> None:
    # 8 · 4 · 9 weights, each used at 5 · 5 places, for 2 images.
    counted = count_cost(nn.Conv2d(4, 8, 3, padding=1), (2, 4, 5, 5))

    assert counted.macs == 2 * 5 * 5 * 8 * 4 * 9
    assert counted.flops == 2 * counted.macs
    assert counted.parameters == 8 * 4 * 9 + 8


def test_counting_changes_nothing_and_needs_no_meta_model() -> None:
    model = create_resnet("resnet18").train()
    model.bn1.eval()
    before = {name: tensor.clone() for name, tensor in model.state_dict().items()}
    count_cost(model)

    assert model.training
    assert not model.bn1.training
    assert all(torch.equal(tensor, before[name]) for name, tensor in model.state_dict().items())


def test_frozen_parameters_are_counted_apart() -> None:
    model = nn.Sequential(nn.Linear(4, 2), nn.Linear(2, 1))
    model[0].requires_grad_(False)

    assert (count_parameters(model), count_parameters(model, trainable=True)) == (13, 3)


def test_the_table_of_five_networks_with_ten_classes_is_one_line_in_either_language() -> None:
    names = ["resnet18", "resnet34", "resnet50", "resnet101", "resnet152"]
    english = cost.cost_table(names, num_classes=10)
    with speaking("pt"):
        portuguese = cost.cost_table(names, num_classes=10)

    trainable = ["11,181,642", "21,289,802", "23,528,522", "42,520,650", "58,164,298"]
    assert list(english["trainable parameters"]) == trainable
    assert list(portuguese["parâmetros treináveis"]) == [each.replace(",", ".") for each in trainable]
    assert set(english["output"]) == {"[1, 10]"}
