"""The check of the BasicBlock."""

from __future__ import annotations

from resnet_course.checks.residual_blocks.judge import check_of
from resnet_course.checks.residual_blocks.kinds import BlockKind

BASIC_BLOCK = BlockKind(
    name="BasicBlock",
    lesson="03_basic_block",
    exercise="basic-block",
    windows=(3, 3),
    strided="conv1",
    expansion=1,
    sizes={
        "same": (3, 3, 1, False),
        "strided": (3, 5, 2, True),
        "wider": (3, 5, 1, True),
        # The paper's option C: a projection though the shapes agree. Whoever gives one wants it used.
        "option-c": (4, 4, 1, True),
    },
    mistakes=(
        # With a projection of x, and without one of what is no longer x.
        ("skip-from-bn", {"bare_skip_from": "bn1"}),
        ("skip-from-conv", {"bare_skip_from": "conv1"}),
        ("skip-from-relu", {"bare_skip_from": "relu1"}),
        ("no-middle-relu", {"no_relu_after": ("conv1",)}),
        ("bn1-unused", {"unused": ("bn1",)}),
        ("bn2-unused", {"unused": ("bn2",)}),
        ("bn-unused", {"unused": ("bn1", "bn2")}),
        ("same-conv-twice", {"rename": {"conv2": "conv1"}}),
        ("same-conv-shared", {"rename": {"conv1": "conv2"}}),
        ("same-bn-twice", {"rename": {"bn2": "bn1"}}),
        ("same-bn-shared", {"rename": {"bn1": "bn2"}}),
        ("conv2-skipped", {"unused": ("conv2",)}),
        ("stride-in-second-conv", {"strided": "conv2"}),
    ),
)

basic_block = check_of(BASIC_BLOCK, "BasicBlock")
