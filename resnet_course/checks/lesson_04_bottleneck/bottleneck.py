"""The check of the Bottleneck."""

from __future__ import annotations

from resnet_course.checks.judging import Fault
from resnet_course.checks.observing import Plain
from resnet_course.checks.residual_blocks.judge import check_of, judge_block
from resnet_course.checks.residual_blocks.kinds import BlockKind, Setting

BOTTLENECK = BlockKind(
    name="Bottleneck",
    lesson="04_bottleneck",
    exercise="bottleneck",
    windows=(1, 3, 1),
    strided="conv2",
    expansion=4,
    sizes={
        "same": (8, 2, 1, False),
        "strided": (8, 3, 2, True),
        # The first block of ResNet-50: as many channels enter as `planes` says.
        "wider": (3, 3, 1, True),
        "option-c": (8, 2, 1, True),
    },
    mistakes=(
        ("no-first-relu", {"no_relu_after": ("conv1",)}),
        ("no-second-relu", {"no_relu_after": ("conv2",)}),
        ("no-middle-relus", {"no_relu_after": ("conv1", "conv2")}),
        ("bn1-unused", {"unused": ("bn1",)}),
        ("bn2-unused", {"unused": ("bn2",)}),
        ("bn3-unused", {"unused": ("bn3",)}),
        ("bn-unused", {"unused": ("bn1", "bn2", "bn3")}),
        ("same-bn-twice", {"rename": {"bn2": "bn1"}}),
        ("same-bn-shared", {"rename": {"bn1": "bn2"}}),
        ("conv2-skipped", {"unused": ("conv2",)}),
        ("conv2-skipped", {"unused": ("conv2", "bn2")}),
        ("stride-in-first-conv", {"strided": "conv1"}),
    ),
    # A 1×1 convolution that skips pixels gives the numbers of a 3×3 one that skips them before: only the statistics of
    # BatchNorm tell, and the price.
    train_mistakes=(("stride-in-third-conv", {"strided": "conv3"}),),
)


def judge(observation: Plain, inputs: dict[str, Setting]) -> None:
    """Name what the task's table might make one think; the rest is what any block can get wrong."""
    for name in inputs:
        built = observation.get(name, {}).get("built")
        error = built["raised"] if isinstance(built, dict) else None
        # Inside a method the names of the class are not at hand.
        if error and error["type"] == "NameError" and "'expansion'" in error["message"]:
            raise Fault("expansion-without-self", text=error["message"])
    judge_block(BOTTLENECK, observation, inputs)


bottleneck = check_of(BOTTLENECK, "Bottleneck", judge)
