"""The check of the block of ResNeXt: a Bottleneck with groups and a base width."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from resnet_course.checks.judging import Fault, first_line
from resnet_course.checks.observing import Plain
from resnet_course.checks.residual_blocks.judge import check_of, judge_block
from resnet_course.checks.residual_blocks.kinds import BlockKind, Setting

RESNEXT = BlockKind(
    name="Bottleneck",
    lesson="07_width_and_cardinality",
    exercise="resnext-block",
    windows=(1, 3, 1),
    strided="conv2",
    expansion=4,
    sizes={
        "same": (8, 2, 1, False),
        "strided": (6, 3, 2, True),
        "grouped": (32, 8, 1, False),
        "grouped-strided": (6, 8, 2, True),
        "wide": (16, 4, 1, False),
        # A width that is no whole number has to be cut before it is multiplied by the groups. It is 126 / 64 here, and
        # would be a whole number of 63rds.
        "cut": (5, 6, 1, True),
    },
    grouped={"grouped": (4, 32), "grouped-strided": (2, 16), "wide": (1, 128), "cut": (3, 21)},
    mistakes=(("stride-in-first-conv", {"strided": "conv1"}),),
    train_mistakes=(("stride-in-third-conv", {"strided": "conv3"}),),
)

# The shapes that a block with one well-known mistake has, of: inplanes, planes, groups, base width. They are: the
# channels that each filter of conv1 sees and those that leave it, the same of conv2, and of conv3.
Shapes = tuple[float, ...]


def shapes(inplanes: int, planes: int, groups: int, width: int, **other: float) -> Shapes:
    """Return the shapes of a block with this width, apart from `other` sizes."""
    sizes = {"in1": inplanes, "out1": width, "in2": width / groups, "out2": width, "in3": width, "out3": 4 * planes}
    return tuple((sizes | other).values())


WIDTH_MISTAKES: tuple[tuple[str, Callable[[int, int, int, int], Shapes]], ...] = (
    ("nothing-changed", lambda i, p, g, b: shapes(i, p, 1, p)),
    ("groups-ignored", lambda i, p, g, b: shapes(i, p, 1, p * b // 64 * g)),
    ("groups-nowhere", lambda i, p, g, b: shapes(i, p, 1, p * b // 64)),
    ("width-without-groups", lambda i, p, g, b: shapes(i, p, g, p * b // 64)),
    ("base-width-ignored", lambda i, p, g, b: shapes(i, p, g, p * g)),
    ("width-ignored", lambda i, p, g, b: shapes(i, p, g, p)),
    ("base-width-as-it-is", lambda i, p, g, b: shapes(i, p, g, b * g)),
    ("not-divided-by-64", lambda i, p, g, b: shapes(i, p, g, p * b * g)),
    ("output-widened", lambda i, p, g, b: shapes(i, p, g, p * b // 64 * g, out3=p * b // 64 * g * 4)),
    ("groups-everywhere", lambda i, p, g, b: shapes(i, p, g, p * b // 64 * g, in1=i / g, in3=p * b // 64)),
    ("groups-everywhere", lambda i, p, g, b: shapes(i, p, g, p * b // 64 * g, in3=p * b // 64)),
    ("groups-everywhere", lambda i, p, g, b: shapes(i, p, g, p * b // 64 * g, in1=i / g)),
    ("groups-misplaced", lambda i, p, g, b: shapes(i, p, 1, p * b // 64 * g, in1=i / g)),
    ("groups-misplaced", lambda i, p, g, b: shapes(i, p, 1, p * b // 64 * g, in3=p * b // 64)),
    ("groups-divided-twice", lambda i, p, g, b: shapes(i, p, g, p * b // 64 * g, in2=p * b // 64 / g)),
    ("groups-divided-twice", lambda i, p, g, b: shapes(i, p, g, p * b // 64 * g, out2=p * b // 64)),
    (
        "groups-divided-twice",
        lambda i, p, g, b: shapes(i, p, g, p * b // 64 * g, in2=p * b // 64 / g, out2=p * b // 64),
    ),
    ("depthwise", lambda i, p, g, b: shapes(i, p, p * b // 64 * g, p * b // 64 * g)),
)


def judge(observation: Plain, inputs: dict[str, Setting]) -> None:
    """Name mistakes in the widths, which are this exercise's own; the rest is what any block can get wrong."""
    if "not_a_module" not in observation:
        judge_order(observation["parameters"])
        judge_expansion(observation["expansion"])
        judge_building(observation, inputs)
        judge_widths(observation, inputs)
        judge_strides(observation, inputs)
    judge_block(RESNEXT, observation, inputs)


def judge_order(parameters: list[str]) -> None:
    """Ask for the groups before the base width, for nets hand them over by their places."""
    if [name for name in parameters if name in ("groups", "base_width")] == ["base_width", "groups"]:
        raise Fault("groups-order", seen=", ".join(parameters))


def judge_expansion(expansion: Any) -> None:
    """Ask for an expansion of 4 where there is one; a block with another has other shapes everywhere."""
    if isinstance(expansion, int) and expansion != RESNEXT.expansion:
        raise RESNEXT.fault("expansion", seen=expansion)


def judge_building(observation: Plain, inputs: dict[str, Setting]) -> None:
    """Name the reason for a width that a convolution refuses."""
    for name, setting in inputs.items():
        built = observation[name]["built"]
        if not isinstance(built, dict):
            continue
        error = built["raised"]
        figures = {"call": call_of(setting), "text": first_line(error["message"])}
        if error["type"] == "TypeError" and "float" in error["message"]:
            raise Fault("width-not-whole", **figures)
        if error["type"] == "ValueError" and "divisible" in error["message"]:
            if name == "cut":
                judge_widths(observation, inputs)
                built = {each: inputs[each] for each in inputs if "layers" in observation[each]}
                if shapes_seen(observation, built) == {each: right_shapes(built[each]) for each in built}:
                    raise Fault("cut-too-late", **figures)
            raise Fault("not-divisible" if setting["groups"] > 1 else "groups-not-one", **figures)
        return


def judge_default(base_width: Any) -> None:
    """Ask for a base width of 64 where none is given; with few planes, 65 would give the same block."""
    if isinstance(base_width, int) and base_width != 64:
        raise Fault("default-width", seen=base_width)


def judge_widths(observation: Plain, inputs: dict[str, Setting]) -> None:
    """Name the mistake that gives the shapes of the learner's block in every setting where it could be built."""
    built = {name: each for name, each in inputs.items() if "layers" in observation[name]}
    seen = shapes_seen(observation, built)
    if seen is None:
        return
    right = {name: right_shapes(each) for name, each in built.items()}
    for key, formula in WIDTH_MISTAKES:
        mistaken = {name: formula(*arguments(each)) for name, each in built.items()}
        differs = next((name for name in built if mistaken[name] != right[name]), None)
        if seen == mistaken and differs:
            figures = {"seen": road(seen[differs]), "wanted": road(right[differs])}
            raise Fault(key, call=call_of(built[differs]), **figures)
    judge_default(observation["defaults"].get("base_width"))
    judge_one_width(seen, built)


def shapes_seen(observation: Plain, built: dict[str, Setting]) -> dict[str, Shapes] | None:
    """Return the shapes of the learner's block in each setting; None where a convolution is missing."""
    seen: dict[str, Shapes] = {}
    for name in built:
        names = observation[name]["layers"]["names"]
        sizes = [names.get(f"{conv}.weight", []) for conv in RESNEXT.convolutions]
        if any(len(each) != 4 for each in sizes):
            return None
        seen[name] = tuple(size for leaving, entering, *_ in sizes for size in (entering, leaving))
    return seen


def judge_strides(observation: Plain, inputs: dict[str, Setting]) -> None:
    """Name a convolution that has as its stride, in every setting, the number of groups."""
    built = {name: each for name, each in inputs.items() if "layers" in observation[name]}
    for conv in RESNEXT.convolutions:
        strides = {name: observation[name]["layers"]["convolutions"].get(conv, {}).get("stride") for name in built}
        if any(strides[name] != [each["groups"]] * 2 for name, each in built.items()):
            continue
        for each in built.values():
            wanted = each["stride"] if conv == RESNEXT.strided else 1
            if each["groups"] not in (1, wanted):
                raise Fault("groups-as-stride", call=call_of(each), name=conv, groups=each["groups"], stride=wanted)


def judge_one_width(seen: dict[str, Shapes], built: dict[str, Setting]) -> None:
    """Name a width that is wrong, where the three convolutions agree on it."""
    widths = {name: int(sizes[1]) for name, sizes in seen.items()}
    wanted = {name: int(right_shapes(each)[1]) for name, each in built.items()}
    differs = next((name for name in built if widths[name] != wanted[name]), None)
    if differs and all(seen[name] == shapes(*arguments(each)[:3], widths[name]) for name, each in built.items()):
        raise Fault("width-differs", call=call_of(built[differs]), seen=widths[differs], wanted=wanted[differs])


def road(sizes: Shapes) -> str:
    """Return the six numbers as a reader follows them: what each filter sees, and how many filters there are."""
    pairs = zip(RESNEXT.convolutions, sizes[::2], sizes[1::2], strict=True)
    return ", ".join(f"`{name}` {int(leaving)} × {int(entering)}" for name, entering, leaving in pairs)


def arguments(setting: Setting) -> tuple[int, int, int, int]:
    """Return inplanes, planes, groups and base width."""
    return setting["inplanes"], setting["planes"], setting["groups"], setting["base_width"]


def right_shapes(setting: Setting) -> Shapes:
    """Return the shapes of the reference."""
    inplanes, planes, groups, base_width = arguments(setting)
    return shapes(inplanes, planes, groups, planes * base_width // 64 * groups)


def call_of(setting: Setting) -> str:
    """Return the call as a learner would write it."""
    inplanes, planes, groups, base_width = arguments(setting)
    given = [str(inplanes), str(planes)]
    given += [f"stride={setting['stride']}"] if setting["stride"] != 1 else []
    given += ["downsample=…"] if setting["projected"] else []
    if (groups, base_width) != (1, 64):
        given += [f"groups={groups}", f"base_width={base_width}"]
    return f"Bottleneck({', '.join(given)})"


resnext_block = check_of(RESNEXT, "Bottleneck", judge)
