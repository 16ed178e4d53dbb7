"""Questions about the lessons, with fresh numbers each time they are asked.

Each is made by a function that draws its numbers and computes the right answer with what the course is made of; none is
typed. The words are messages, under the function's name with hyphens.
"""

from __future__ import annotations

import random
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor, nn

from resnet_course.blocks import (
    BasicBlock,
    Bottleneck,
    PreActivationBlock,
    Residual,
    conv1x1,
    conv3x3,
    make_shortcut,
)
from resnet_course.cost import count_cost, count_parameters
from resnet_course.gradients import path_lengths, residual_jacobian, zero_init_residual
from resnet_course.language import find, number
from resnet_course.resnet import ResNet, create_resnet
from resnet_course.roads import DenseBlock, Times, fold_shortcut, road_gradient
from resnet_course.small_nets import WideResNet, create_small_resnet
from resnet_course.transfer import freeze_backbone, parameter_groups

Answer = float | bool
Maker = Callable[[random.Random], tuple[Answer, dict[str, object]]]

BLOCKS: dict[str, Any] = {"BasicBlock": BasicBlock, "Bottleneck": Bottleneck}


@dataclass(frozen=True)
class Question:
    """A question with its numbers drawn.

    Parameters
    ----------
    name : str
        Which question it is.
    lesson : str
        The lesson that it belongs to.
    text : str
        What is asked.
    answer : float or bool
        The right answer: a number, or whether it is so.
    why : str
        Why it is right.

    Examples
    --------
    >>> Question("sum", "02_residual_gradient", "How much is 3 + 0?", 3, "Adding 0 changes nothing.").answer
    3
    """

    name: str
    lesson: str
    text: str
    answer: Answer
    why: str


MAKERS: dict[str, tuple[str, Maker]] = {}


def ask(name: str, draw: random.Random) -> Question:
    """Return a question with fresh numbers, in the current language.

    Parameters
    ----------
    name : str
        A key of `MAKERS`.
    draw : random.Random
        Where the numbers come from.

    Examples
    --------
    >>> print(ask("paths", random.Random(0)).text)
    10 residual blocks stand in a row. How many paths lead through them?
    """
    lesson, maker = MAKERS[name]
    answer, figures = maker(draw)
    figures = {**figures, "answer": answer}
    shown = {
        key: value if isinstance(value, str | bool) else number(value, "," if isinstance(value, int) else "g")  # type: ignore[arg-type]
        for key, value in figures.items()
    }
    texts = find(f"00_start_here.questions.{name}")
    why = texts["why-not"] if answer is False and "why-not" in texts else texts["why"]
    return Question(name, lesson, texts["text"].format(**shown), answer, why.format(**shown))


def of_lessons(lessons: list[str]) -> list[str]:
    """Return the names of the questions about some lessons, in the order of the course.

    Examples
    --------
    >>> of_lessons(["02_residual_gradient"])[0]
    'paths'
    """
    return [name for name, (lesson, _) in MAKERS.items() if lesson in lessons]


def _about(lesson: str) -> Callable[[Maker], Maker]:
    def keep(maker: Maker) -> Maker:
        MAKERS[maker.__name__.strip("_").replace("_", "-")] = (lesson, maker)
        return maker

    return keep


def _slope(f: Callable[[Tensor], Tensor], x: float) -> float:
    """Return the derivative of a function at a number."""
    at = torch.tensor(x, dtype=torch.float64, requires_grad=True)
    (slope,) = torch.autograd.grad(f(at), at)
    return float(slope)


def _shape(module: nn.Module, *size: int) -> torch.Size:
    """Return the shape of what a module makes of one image, without computing it."""
    with torch.device("meta"):
        shape: torch.Size = module.to("meta")(torch.empty(1, *size)).shape
    return shape


def _layers(net: nn.Module) -> int:
    """Return how many convolutions and linear layers follow each other on the road; projections stand beside it."""
    on_the_road = [each for name, each in net.named_modules() if "downsample" not in name]
    return sum(isinstance(each, nn.Conv2d | nn.Linear) for each in on_the_road)


def _net(block: str, blocks: tuple[int, ...]) -> ResNet:
    with torch.device("meta"):  # shapes only, no numbers
        return ResNet(BLOCKS[block], blocks)


# --- lesson 01 -------------------------------------------------------------------------------------------------------


@_about("01_vanishing_gradient")
def _sigmoid_layers(draw: random.Random) -> tuple[Answer, dict[str, object]]:
    digits = draw.randint(2, 9)
    steepest, layers, left = _slope(torch.sigmoid, 0.0), 0, 1.0
    while left >= 10.0**-digits:
        layers, left = layers + 1, left * steepest
    return layers, {"fraction": 10**digits, "steepest": steepest}


@_about("01_vanishing_gradient")
def _sigmoid_slope(draw: random.Random) -> tuple[Answer, dict[str, object]]:
    value = draw.randint(1, 9) / 10
    at = float(torch.logit(torch.tensor(value, dtype=torch.float64)))
    return round(_slope(torch.sigmoid, at), 6), {"value": value, "rest": round(1 - value, 1)}


@_about("01_vanishing_gradient")
def _halving_layers(draw: random.Random) -> tuple[Answer, dict[str, object]]:
    layers = draw.randint(4, 10)

    def halve(x: Tensor) -> Tensor:
        for _ in range(layers):
            x = x / 2
        return x

    return round(1 / _slope(halve, 1.0)), {"layers": layers}


@_about("01_vanishing_gradient")
def _linear_parameters(draw: random.Random) -> tuple[Answer, dict[str, object]]:
    inputs, outputs = draw.randint(3, 30), draw.choice([10, 20, 50, 100])
    return count_parameters(nn.Linear(inputs, outputs)), {"inputs": inputs, "outputs": outputs}


@_about("01_vanishing_gradient")
def _relu_slope(draw: random.Random) -> tuple[Answer, dict[str, object]]:
    x = draw.choice([-1, 1]) * draw.randint(1, 99) / 10
    return round(_slope(torch.relu, x)), {"x": x}


# --- lesson 02 -------------------------------------------------------------------------------------------------------


@_about("02_residual_gradient")
def _paths(draw: random.Random) -> tuple[Answer, dict[str, object]]:
    blocks = draw.randint(4, 10)
    return sum(path_lengths(blocks)), {"blocks": blocks}


@_about("02_residual_gradient")
def _paths_of_length(draw: random.Random) -> tuple[Answer, dict[str, object]]:
    blocks = draw.randint(4, 8)
    length = draw.randint(1, 3)
    return path_lengths(blocks)[length], {"blocks": blocks, "length": length}


@_about("02_residual_gradient")
def _paths_left(draw: random.Random) -> tuple[Answer, dict[str, object]]:
    blocks = draw.randint(4, 10)
    return sum(path_lengths(blocks - 1)), {"blocks": blocks, "whole": sum(path_lengths(blocks))}


@_about("02_residual_gradient")
def _residual_slope(draw: random.Random) -> tuple[Answer, dict[str, object]]:
    factor = draw.choice([-4, -3, -2, -1, 2, 3, 4, 5])
    jacobian = residual_jacobian(lambda x: factor * x, torch.tensor([1.0]))
    return round(float(jacobian)), {"factor": factor}


@_about("02_residual_gradient")
def _residual_chain(draw: random.Random) -> tuple[Answer, dict[str, object]]:
    factor, blocks = draw.randint(1, 3), draw.randint(2, 4)

    class Times(nn.Module):
        def forward(self, x: Tensor) -> Tensor:
            return factor * x

    chain = nn.Sequential(*(Residual(Times()) for _ in range(blocks)))
    return round(_slope(chain, 1.0)), {"factor": factor, "blocks": blocks, "with": factor + 1}


@_about("02_residual_gradient")
def _zero_init(draw: random.Random) -> tuple[Answer, dict[str, object]]:
    x = draw.choice([-1, 1]) * draw.randint(1, 9)
    block = BasicBlock(2, 2).eval()
    zero_init_residual(block)
    with torch.no_grad():
        out = block(torch.full((1, 2, 4, 4), float(x)))
    return round(float(out.mean())), {"x": x}


# --- lesson 03 -------------------------------------------------------------------------------------------------------


@_about("03_basic_block")
def _conv_size(draw: random.Random) -> tuple[Answer, dict[str, object]]:
    side, stride = draw.randint(9, 64), draw.choice([1, 2])
    return _shape(conv3x3(1, 1, stride), 1, side, side)[-1], {"side": side, "stride": stride}


@_about("03_basic_block")
def _window_size(draw: random.Random) -> tuple[Answer, dict[str, object]]:
    side, window, padding = draw.randint(12, 40), draw.choice([3, 5, 7]), draw.choice([0, 1])
    conv = nn.Conv2d(1, 1, window, padding=padding)
    return _shape(conv, 1, side, side)[-1], {"side": side, "window": window, "padding": padding}


@_about("03_basic_block")
def _conv_parameters(draw: random.Random) -> tuple[Answer, dict[str, object]]:
    inputs, outputs = draw.choice([1, 2, 3, 4, 8]), draw.choice([4, 8, 10, 16, 32])
    return count_parameters(conv3x3(inputs, outputs)), {"inputs": inputs, "outputs": outputs}


@_about("03_basic_block")
def _batchnorm_parameters(draw: random.Random) -> tuple[Answer, dict[str, object]]:
    channels = draw.choice([8, 16, 24, 32, 48, 64, 128])
    return count_parameters(nn.BatchNorm2d(channels)), {"channels": channels}


@_about("03_basic_block")
def _projection(draw: random.Random) -> tuple[Answer, dict[str, object]]:
    inplanes = draw.choice([16, 32, 64])
    planes, stride = draw.choice([(inplanes, 1), (inplanes, 1), (2 * inplanes, 1), (2 * inplanes, 2), (inplanes, 2)])
    needed = make_shortcut(inplanes, planes, stride) is not None
    return needed, {"inplanes": inplanes, "planes": planes, "stride": stride}


@_about("03_basic_block")
def _block_convolutions(draw: random.Random) -> tuple[Answer, dict[str, object]]:
    inplanes = draw.choice([16, 32, 64])
    planes, stride = draw.choice([(inplanes, 1), (2 * inplanes, 2)])
    block = BasicBlock(inplanes, planes, stride, make_shortcut(inplanes, planes, stride))
    count = sum(isinstance(each, nn.Conv2d) for each in block.modules())
    return count, {"inplanes": inplanes, "planes": planes, "stride": stride}


# --- lesson 04 -------------------------------------------------------------------------------------------------------


@_about("04_bottleneck")
def _pointwise_parameters(draw: random.Random) -> tuple[Answer, dict[str, object]]:
    inputs, outputs = draw.choice([16, 20, 30, 64]), draw.choice([4, 8, 10, 16])
    return count_parameters(conv1x1(inputs, outputs)), {"inputs": inputs, "outputs": outputs}


@_about("04_bottleneck")
def _bottleneck_output(draw: random.Random) -> tuple[Answer, dict[str, object]]:
    planes = draw.choice([16, 32, 48, 64, 96, 128])
    channels = Bottleneck.expansion * planes
    return _shape(Bottleneck(channels, planes), channels, 7, 7)[1], {"planes": planes}


@_about("04_bottleneck")
def _conv_macs(draw: random.Random) -> tuple[Answer, dict[str, object]]:
    side, inputs, outputs = draw.choice([4, 5, 8, 10]), draw.choice([1, 2, 3]), draw.choice([4, 5, 8, 10])
    cost = count_cost(conv3x3(inputs, outputs), (1, inputs, side, side))
    return cost.macs, {"side": side, "inputs": inputs, "outputs": outputs}


@_about("04_bottleneck")
def _stride_saving(draw: random.Random) -> tuple[Answer, dict[str, object]]:
    stride, side = draw.choice([2, 4]), draw.choice([16, 32, 64])
    size = (1, 8, side, side)
    times = count_cost(conv3x3(8, 8), size).macs / count_cost(conv3x3(8, 8, stride), size).macs
    return round(times), {"stride": stride, "side": side}


@_about("04_bottleneck")
def _bottleneck_parameters(draw: random.Random) -> tuple[Answer, dict[str, object]]:
    planes = draw.choice([2, 4, 5, 8, 10, 20])
    channels = Bottleneck.expansion * planes
    block = Bottleneck(channels, planes)
    count = sum(count_parameters(each) for each in block.modules() if isinstance(each, nn.Conv2d))
    return count, {"planes": planes, "channels": channels}


# --- lesson 05 -------------------------------------------------------------------------------------------------------


def _stages(draw: random.Random) -> tuple[int, ...]:
    return tuple(draw.randint(1, 8) for _ in range(4))


@_about("05_full_resnet")
def _weighted_layers(draw: random.Random) -> tuple[Answer, dict[str, object]]:
    block, blocks = draw.choice(list(BLOCKS)), _stages(draw)
    return _layers(_net(block, blocks)), {"block": block, "blocks": str(list(blocks)), "total": sum(blocks)}


@_about("05_full_resnet")
def _projections(draw: random.Random) -> tuple[Answer, dict[str, object]]:
    block, blocks = draw.choice(list(BLOCKS)), _stages(draw)
    count = sum(
        each.downsample is not None for each in _net(block, blocks).modules() if isinstance(each, BLOCKS[block])
    )
    return count, {"block": block, "blocks": str(list(blocks))}


@_about("05_full_resnet")
def _last_map(draw: random.Random) -> tuple[Answer, dict[str, object]]:
    side = 32 * draw.choice([2, 3, 4, 5, 6, 8, 9, 10])
    net = _net("BasicBlock", (1, 1, 1, 1))
    body = nn.Sequential(net.conv1, net.maxpool, net.layer1, net.layer2, net.layer3, net.layer4)
    return _shape(body, 3, side, side)[-1], {"side": side}


@_about("05_full_resnet")
def _stage_channels(draw: random.Random) -> tuple[Answer, dict[str, object]]:
    block, stage = draw.choice(list(BLOCKS)), draw.randint(1, 4)
    last = getattr(_net(block, (2, 2, 2, 2)), f"layer{stage}")[-1]
    convolutions = [each for each in last.modules() if isinstance(each, nn.Conv2d)]
    figures = {"block": block, "stage": stage, "planes": 64 * 2 ** (stage - 1), "expansion": BLOCKS[block].expansion}
    return convolutions[-1].out_channels, figures


@_about("05_full_resnet")
def _small_depth(draw: random.Random) -> tuple[Answer, dict[str, object]]:
    n = draw.choice([3, 4, 5, 7, 8, 9, 10])
    with torch.device("meta"):
        net = create_small_resnet(6 * n + 2)
    return _layers(net), {"n": n}


# --- lesson 06 -------------------------------------------------------------------------------------------------------


@_about("06_transfer_learning")
def _frozen_parameters(draw: random.Random) -> tuple[Answer, dict[str, object]]:
    architecture, classes = draw.choice(["resnet18", "resnet50"]), draw.choice([2, 3, 5, 10, 20])
    with torch.device("meta"):
        net = freeze_backbone(create_resnet(architecture, classes))
    figures = {"architecture": architecture, "classes": classes, "features": net.fc.in_features}
    return count_parameters(net, trainable=True), figures


@_about("06_transfer_learning")
def _group_rate(draw: random.Random) -> tuple[Answer, dict[str, object]]:
    head, backbone = draw.choice([0.1, 0.05, 0.01]), draw.choice([0.001, 0.0005, 0.0001])
    name = draw.choice(["fc.weight", "fc.bias", "conv1.weight", "layer3.0.conv1.weight", "layer4.1.bn2.bias"])
    with torch.device("meta"):
        net = create_resnet("resnet18")
    wanted = net.get_parameter(name)
    groups = parameter_groups(net, head_lr=head, backbone_lr=backbone)
    (rate,) = [each["lr"] for each in groups if any(parameter is wanted for parameter in each["params"])]
    return rate, {"name": name, "head": head, "backbone": backbone}


@_about("06_transfer_learning")
def _running_mean(draw: random.Random) -> tuple[Answer, dict[str, object]]:
    mode, channels = draw.choice(["train", "eval"]), draw.choice([16, 32, 64])
    norm = nn.BatchNorm2d(channels).requires_grad_(False)
    getattr(norm, mode)()
    norm(torch.ones(2, channels, 4, 4))
    assert norm.running_mean is not None
    return bool(norm.running_mean.any()), {"mode": mode, "channels": channels}


@_about("06_transfer_learning")
def _features(draw: random.Random) -> tuple[Answer, dict[str, object]]:
    architecture, images = draw.choice(["resnet18", "resnet34", "resnet50", "resnet101"]), draw.choice([2, 5, 10, 20])
    with torch.device("meta"):
        net = create_resnet(architecture)
    return images * net.fc.in_features, {"architecture": architecture, "images": images, "each": net.fc.in_features}


# --- lesson 07 -------------------------------------------------------------------------------------------------------


@_about("07_width_and_cardinality")
def _grouped_parameters(draw: random.Random) -> tuple[Answer, dict[str, object]]:
    groups, each = draw.choice([2, 4, 8]), draw.choice([2, 4, 5])
    channels = groups * each
    return count_parameters(conv3x3(channels, channels, groups=groups)), {"channels": channels, "groups": groups}


@_about("07_width_and_cardinality")
def _channels_seen(draw: random.Random) -> tuple[Answer, dict[str, object]]:
    channels, groups = draw.choice([64, 128, 256]), draw.choice([4, 8, 16, 32])
    return conv3x3(channels, channels, groups=groups).weight.shape[1], {"channels": channels, "groups": groups}


@_about("07_width_and_cardinality")
def _branch_width(draw: random.Random) -> tuple[Answer, dict[str, object]]:
    groups, width = draw.choice([(32, 4), (32, 8), (16, 8), (8, 16), (64, 4)])
    stage = draw.randint(1, 4)
    planes = 64 * 2 ** (stage - 1)
    with torch.device("meta"):
        block = Bottleneck(4 * planes, planes, groups=groups, base_width=width)
    return block.conv2.out_channels // block.conv2.groups, {"groups": groups, "width": width, "stage": stage}


@_about("07_width_and_cardinality")
def _wide_channels(draw: random.Random) -> tuple[Answer, dict[str, object]]:
    factor, stage = draw.choice([2, 4, 5, 8, 10, 12]), draw.randint(1, 3)
    with torch.device("meta"):
        net = WideResNet(16, factor)
    convolutions = [each for each in getattr(net, f"layer{stage}").modules() if isinstance(each, nn.Conv2d)]
    return convolutions[-1].out_channels, {"factor": factor, "stage": stage, "plain": 16 * 2 ** (stage - 1)}


@_about("07_width_and_cardinality")
def _widening(draw: random.Random) -> tuple[Answer, dict[str, object]]:
    factor, channels = draw.choice([2, 3, 4, 5, 10]), draw.choice([16, 32])
    wide = factor * channels
    times = count_parameters(conv3x3(wide, wide)) / count_parameters(conv3x3(channels, channels))
    return round(times), {"factor": factor, "channels": channels}


@_about("07_width_and_cardinality")
def _wide_blocks(draw: random.Random) -> tuple[Answer, dict[str, object]]:
    depth, factor = draw.choice([16, 22, 28, 34, 40]), draw.choice([2, 4, 8, 10])
    with torch.device("meta"):
        net = WideResNet(depth, factor)
    return len(net.layer1), {"depth": depth, "factor": factor}


# --- lesson 08 -------------------------------------------------------------------------------------------------------


@_about("08_identity_mappings")
def _road_gradient(draw: random.Random) -> tuple[Answer, dict[str, object]]:
    sums = [draw.choice([-2, -1, 1, 2, 3, 4, 5]) for _ in range(3)]
    gradient = draw.choice([2, 3, 4, 5])
    reaches = road_gradient([torch.tensor(float(each)) for each in sums], torch.tensor(float(gradient)))
    return round(reaches.item()), {"sums": ", ".join(map(str, sums)), "gradient": gradient}


@_about("08_identity_mappings")
def _scaled_road(draw: random.Random) -> tuple[Answer, dict[str, object]]:
    blocks = draw.randint(2, 6)
    road = nn.Sequential(*(Times(0.5) for _ in range(blocks)))
    return round(1 / road(torch.ones(1)).item()), {"blocks": blocks}


@_about("08_identity_mappings")
def _first_norm(draw: random.Random) -> tuple[Answer, dict[str, object]]:
    inplanes, planes = draw.sample([16, 24, 32, 48, 64], 2)
    return PreActivationBlock(inplanes, planes).bn1.num_features, {"inplanes": inplanes, "planes": planes}


@_about("08_identity_mappings")
def _folded_weight(draw: random.Random) -> tuple[Answer, dict[str, object]]:
    channels, weight = draw.randint(2, 5), draw.choice([-3, -2, 1, 2, 3])
    folded = fold_shortcut(torch.full((channels, channels, 3, 3), float(weight)))
    return round(folded[1, 1, 1, 1].item()), {"channels": channels, "weight": weight}


@_about("08_identity_mappings")
def _dense_channels(draw: random.Random) -> tuple[Answer, dict[str, object]]:
    channels, growth, layers = draw.choice([16, 24, 32]), draw.choice([4, 8, 12]), draw.randint(3, 6)
    block = DenseBlock(channels, growth, layers)
    return _shape(block, channels, 2, 2)[1], {"channels": channels, "growth": growth, "layers": layers}
