"""The check of the pre-activation block: BatchNorm and ReLU before each convolution, nothing after the sum."""

from __future__ import annotations

from torch import Tensor
from torch.nn import functional as F

from resnet_course.checks.judging import Fault, close, to_numpy
from resnet_course.checks.observing import Plain
from resnet_course.checks.residual_blocks.judge import check_of, has_run, judge_block
from resnet_course.checks.residual_blocks.kinds import BlockKind, Setting
from resnet_course.checks.residual_blocks.simulate import post_activation

PRE_ACTIVATION = BlockKind(
    name="PreActivationBlock",
    lesson="08_identity_mappings",
    exercise="pre-activation",
    windows=(3, 3),
    strided="conv1",
    expansion=1,
    sizes={
        "same": (3, 3, 1, False),
        "strided": (3, 5, 2, True),
        "wider": (3, 5, 1, True),
        # Whoever gives a projection wants it used, also where the shapes agree.
        "option-c": (4, 4, 1, True),
    },
    mistakes=(
        ("relu-on-the-road", {"last": F.relu}),
        ("no-shortcut", {"join": lambda f, s: f}),
        ("no-residual", {"join": lambda f, s: s}),
        ("subtracts", {"join": lambda f, s: f - s}),
        ("subtracts", {"join": lambda f, s: s - f}),
        ("relu-before-add", {"residual": F.relu}),
        ("skip-from-relu", {"bare_skip_from": "relu1"}),
        ("projects-x", {"projection_from": "x"}),
        ("no-first-relu", {"no_relu_after": ("bn1",)}),
        ("no-second-relu", {"no_relu_after": ("bn2",)}),
        ("no-relu", {"no_relu_after": ("bn1", "bn2")}),
        ("relu-before-bn", {"relu_first": True}),
        # The ReLU of lesson 03 works in place: what it gets first is x itself.
        ("relu-before-bn", {"relu_first": True, "start": F.relu}),
        ("x-overwritten", {"start": F.relu}),
        ("stride-in-second-conv", {"strided": "conv2"}),
    ),
    pre_activation=True,
)


def judge(observation: Plain, inputs: dict[str, Setting]) -> None:
    """Name what is left of the block of lesson 03; the rest is what any block can get wrong."""
    if "not_a_module" not in observation:
        judge_order(observation, inputs)
        judge_first_norm(observation, inputs)
    judge_block(PRE_ACTIVATION, observation, inputs)


def judge_order(observation: Plain, inputs: dict[str, Setting]) -> None:
    """Ask for another order than that of lesson 03; where the channels stay, both have the same layers."""
    seen, setting = observation["same"], inputs["same"]
    if "layers" not in seen or not has_run(seen, setting):
        return

    def gives(computed: Tensor) -> bool:
        return close(seen["output"]["values"], to_numpy(computed))

    if gives(post_activation(PRE_ACTIVATION, setting)):
        raise Fault("still-post-activation")
    if gives(post_activation(PRE_ACTIVATION, setting, last=Tensor.clone)):
        raise Fault("only-last-relu-gone")


def judge_first_norm(observation: Plain, inputs: dict[str, Setting]) -> None:
    """Ask for a first BatchNorm of the size of x."""
    for name, setting in inputs.items():
        sizes = observation[name].get("layers", {}).get("names", {}).get("bn1.weight")
        if sizes == [setting["planes"]] != [setting["inplanes"]]:
            figures = {"inplanes": setting["inplanes"], "planes": setting["planes"]}
            raise Fault("first-norm-of-planes", **figures)


pre_activation = check_of(PRE_ACTIVATION, "PreActivationBlock", judge)
