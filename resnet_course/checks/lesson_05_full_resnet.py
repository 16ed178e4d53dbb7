"""The checks of lesson 05: a stage, the whole ResNet, the family by name, and a net without one of its blocks."""

from __future__ import annotations

import copy
import inspect
import zlib
from functools import partial
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn

from resnet_course import lesion as reference_lesion
from resnet_course import resnet as reference
from resnet_course.blocks import BasicBlock, Bottleneck
from resnet_course.checks.check import Check
from resnet_course.checks.judging import (
    PASSED,
    Verdict,
    close,
    first_raised,
    not_a_tensor,
    not_finite,
    raised,
    shape,
    to_numpy,
    worst,
)
from resnet_course.checks.observing import Plain, describe, kind_of, trying
from resnet_course.language import number
from resnet_course.small_nets import create_plain_net, create_small_resnet

LESSON = "05_full_resnet"
BLOCKS: dict[str, Any] = {"BasicBlock": BasicBlock, "Bottleneck": Bottleneck}
Names = dict[str, list[int]]


# --- weights that both sides can make, shared by the exercises ---------------------------------------------------


def fill(module: nn.Module, seed: int) -> None:
    """Give every parameter and statistic random numbers that depend on its name, its shape and the seed only.

    So the learner's net and the reference get the same weights, wherever their names and shapes agree, although they
    are made in different processes.
    """
    with torch.no_grad():
        for name, tensor in module.state_dict().items():
            if not tensor.is_floating_point():
                continue
            draw = torch.Generator().manual_seed(seed + zlib.crc32(name.encode()))
            if name.endswith("running_var"):
                tensor.uniform_(0.5, 1.5, generator=draw)
            elif tensor.dim() > 1:
                half = (6 / tensor[0].numel()) ** 0.5  # so that activations keep their size
                tensor.uniform_(-half, half, generator=draw)
            else:
                centre = 1.0 if name.endswith("weight") else 0.0
                tensor.uniform_(centre - 0.5, centre + 0.5, generator=draw)


def shapes_of(module: nn.Module) -> Names:
    """Return the shape of every parameter and buffer, by name."""
    return {name: list(tensor.shape) for name, tensor in module.state_dict().items()}


def _random_images(seed: int, channels: int, side: int) -> np.ndarray:
    return np.random.default_rng(seed).normal(0, 1, (2, channels, side, side)).astype(np.float32)


def _difference(values: np.ndarray, expected: np.ndarray) -> dict[str, str]:
    """Return where two arrays differ most, or their shapes if these differ."""
    if values.shape == expected.shape:
        return worst(values, expected)
    return {"seen": shape(values.shape), "wanted": shape(expected.shape), "place": "–", "difference": "–"}


# --- make-layer --------------------------------------------------------------------------------------------------

# block, inplanes, planes, blocks, stride
STAGES: dict[str, tuple[str, int, int, int, int]] = {
    "same": ("BasicBlock", 4, 4, 3, 1),
    "strided": ("BasicBlock", 4, 6, 2, 2),
    "expanding": ("Bottleneck", 4, 4, 3, 1),
    "bottleneck-same": ("Bottleneck", 16, 4, 2, 1),
    "strided-same-channels": ("BasicBlock", 4, 4, 2, 2),
    "one-block": ("Bottleneck", 8, 4, 1, 2),
}


def _stage_inputs(seed: int) -> Plain:
    return {
        name: {"arguments": list(arguments), "seed": seed, "x": _random_images(seed, arguments[1], 8)}
        for name, arguments in STAGES.items()
    }


def _stage_observe(make_layer: Any, inputs: Plain) -> Plain:
    def case(given: Plain) -> Plain:
        block, inplanes, planes, blocks, stride = given["arguments"]
        asked = {"stride": stride} if stride != 1 else {}
        stage = make_layer(BLOCKS[block], inplanes, planes, blocks, **asked)
        if not isinstance(stage, nn.Module):
            return {"returned": describe(stage)}
        fill(stage, given["seed"])
        stage.eval()
        # Not `children()`: that leaves out a block which stands there twice.
        rows = list(stage) if isinstance(stage, nn.Sequential) else list(stage.children())
        objects = [id(each) for each in rows]
        return {
            "type": type(stage).__name__,
            "blocks": len(rows),
            "first_places": [objects.index(each) for each in objects],
            "names": shapes_of(stage),
            "strides": [_stride_of(each) for each in rows],
            "output": trying("forward", lambda: describe(stage(torch.from_numpy(given["x"])))),
        }

    return {name: trying("call", partial(case, given)) for name, given in inputs.items()}


def _stride_of(block: nn.Module) -> int:
    """Return the product of the strides on the path of F."""
    strides = [
        module.stride[0] if isinstance(module.stride, tuple) else module.stride
        for name, module in block.named_modules()
        if isinstance(module, nn.Conv2d) and not name.startswith("downsample")
    ]
    return int(np.prod(strides))


def _stage_judge(observation: Plain, inputs: Plain) -> Verdict:
    for judge in (
        _judge_stage_type,
        _judge_stage_blocks,
        _judge_stage_projection,
        _judge_stage_shapes,
        _judge_stage_run,
    ):
        for name, given in inputs.items():
            block, inplanes, planes, blocks, stride = given["arguments"]
            call = f"make_layer({block}, {inplanes}, {planes}, {blocks}{f', stride={stride}' if stride != 1 else ''})"
            verdict = judge(observation, name, given, {"call": call})
            if not verdict.passed:
                return verdict
    return PASSED


def _judge_stage_type(observation: Plain, name: str, given: Plain, figures: dict[str, Any]) -> Verdict:
    seen = observation[name]
    error = first_raised(seen)
    if error and "list is not a Module subclass" in error["message"]:
        return Verdict("list-not-unpacked", figures | {"text": error["message"]})
    if error:
        return raised(error)
    if "returned" in seen:
        key = "returned-nothing" if seen["returned"]["kind"] == "none" else "not-a-sequential"
        return Verdict(key, figures | {"type": seen["returned"]["type"]})
    if seen["type"] == "ModuleList":
        return Verdict("not-a-sequential", figures | {"type": seen["type"]})
    return PASSED


def _judge_stage_blocks(observation: Plain, name: str, given: Plain, figures: dict[str, Any]) -> Verdict:
    seen = observation[name]
    block, _, _, blocks, stride = given["arguments"]
    figures = figures | {"seen": seen["blocks"], "wanted": blocks}
    for first in seen["first_places"]:
        same = [place for place, each in enumerate(seen["first_places"]) if each == first]
        if len(same) > 1:
            return Verdict("one-block-repeated", figures | {"places": ", ".join(map(str, same))})
    if seen["blocks"] != blocks:
        return Verdict("block-count", figures)
    if block == "Bottleneck" and not any("conv3" in each for each in seen["names"]):
        return Verdict("block-ignored", figures)
    wanted = [stride] + [1] * (blocks - 1)
    if seen["strides"] != wanted:
        figures |= {"strides": ", ".join(map(str, seen["strides"])), "wanted": ", ".join(map(str, wanted))}
        if seen["strides"] == [stride] * blocks:
            return Verdict("stride-everywhere", figures)
        if seen["strides"] == [1] * blocks:
            return Verdict("stride-ignored", figures)
        if stride == 1:
            return Verdict("stride-default", figures)
        return Verdict("stride-elsewhere", figures)
    return PASSED


def _judge_stage_projection(observation: Plain, name: str, given: Plain, figures: dict[str, Any]) -> Verdict:
    block, inplanes, planes, blocks, stride = given["arguments"]
    outplanes = planes * BLOCKS[block].expansion
    projected = _projected(observation[name]["names"], blocks)
    needed = [stride != 1 or inplanes != outplanes] + [False] * (blocks - 1)
    if projected == needed:
        return PASSED
    found = {each: _projected(observation[each]["names"], STAGES[each][3]) for each in STAGES if each in observation}
    figures |= {"inplanes": inplanes, "outplanes": outplanes, "stride": stride}
    if not any(any(each) for each in found.values()):
        return Verdict("no-projection", figures)
    if needed[0] and not projected[0]:
        return Verdict("not-for-the-stride" if inplanes == outplanes else "not-for-the-channels", figures)
    if any(projected[1:]):
        return Verdict("projection-everywhere", figures | {"seen": sum(projected)})
    given_channels = observation[name]["names"].get("0.downsample.0.weight", ["–"])[0]
    return Verdict("needless-projection", figures | {"given": given_channels})


def _projected(names: Names, blocks: int) -> list[bool]:
    return [any(name.startswith(f"{number}.downsample.") for name in names) for number in range(blocks)]


def _judge_stage_shapes(observation: Plain, name: str, given: Plain, figures: dict[str, Any]) -> Verdict:
    seen = observation[name]["names"]
    block, inplanes, planes, blocks, stride = given["arguments"]
    wanted = shapes_of(reference.make_layer(BLOCKS[block], inplanes, planes, blocks, stride))
    for key, sizes in wanted.items():
        if key not in seen:
            biased = [each for each in seen if each.endswith("downsample.0.bias")]
            return Verdict("projection-differs", figures | {"missing": key, "extra": ", ".join(biased) or "–"})
        if seen[key] != sizes:
            figures |= {"key": key, "seen": shape(seen[key]), "wanted": shape(sizes)}
            if key.startswith("0.downsample") and seen[key][0] == planes != sizes[0]:
                return Verdict("expansion-forgotten", figures)
            if (
                not key.startswith("0.")
                and len(sizes) == 4
                and sizes[1] != seen[key][1]
                and seen[key][1]
                in (
                    inplanes,
                    planes,
                )
            ):
                return Verdict("inplanes-again", figures)
            return Verdict("shape-differs", figures)
    extra = [key for key in seen if key not in wanted]
    if extra:
        return Verdict("projection-differs", figures | {"missing": "–", "extra": ", ".join(extra[:3])})
    return PASSED


def _judge_stage_run(observation: Plain, name: str, given: Plain, figures: dict[str, Any]) -> Verdict:
    output = observation[name]["output"]
    error = first_raised(output)
    if error and "must match the size of tensor" in error["message"]:
        return Verdict("projection-stride", figures | {"text": error["message"].splitlines()[0]})
    if error:
        return raised(error)
    problem = not_a_tensor(output) or not_finite(output)
    if problem:
        return problem
    block, inplanes, planes, blocks, stride = given["arguments"]
    stage = reference.make_layer(BLOCKS[block], inplanes, planes, blocks, stride)
    fill(stage, given["seed"])
    with torch.no_grad():
        expected = to_numpy(stage.eval()(torch.from_numpy(given["x"])))
    values = output["values"]
    return PASSED if close(values, expected) else Verdict("numbers-differ", figures | _difference(values, expected))


# --- resnet ------------------------------------------------------------------------------------------------------

NETS: dict[str, tuple[str, list[int], int]] = {
    "basic": ("BasicBlock", [2, 1, 1, 1], 7),
    # Its names and shapes only: the way of the image is the same, and its 10 million weights take time.
    "bottleneck": ("Bottleneck", [1, 2, 3, 1], 5),
}
STEPS = ("conv1", "bn1", "relu", "maxpool", "layer1", "layer2", "layer3", "layer4", "avgpool", "fc")
WIDTHS = {"layer1": 64, "layer2": 128, "layer3": 256, "layer4": 512}


def _net_inputs(seed: int) -> Plain:
    return {
        name: {"arguments": [block, layers, classes], "seed": seed, "x": _random_images(seed, 3, 64)}
        for name, (block, layers, classes) in NETS.items()
    }


def _net_observe(resnet_class: Any, inputs: Plain) -> Plain:
    if not (inspect.isclass(resnet_class) and issubclass(resnet_class, nn.Module)):
        return {"not_a_module": {"type": kind_of(resnet_class)}}

    def case(given: Plain) -> Plain:
        block, layers, classes = given["arguments"]
        if block == "Bottleneck":
            with torch.device("meta"):
                return {"names": shapes_of(resnet_class(BLOCKS[block], layers, classes))}
        net = resnet_class(BLOCKS[block], layers, classes)
        spread = {
            name: float(module.weight.detach().std())
            for name, module in net.named_modules()
            if isinstance(module, nn.Conv2d)
        }
        names = shapes_of(net)
        fill(net, given["seed"])
        net.eval()
        x = torch.from_numpy(given["x"])
        return {
            "names": names,
            "spread": spread,
            "steps": trying("forward", lambda: _record_steps(net, x)),
            "output": trying("forward", lambda: describe(net(x))),
            "gradient": trying("backward", lambda: _reached_by_gradient(net, x)),
        }

    return {name: trying("call", partial(case, given)) for name, given in inputs.items()}


def _record_steps(net: nn.Module, x: Tensor) -> Plain:
    """Return what each direct child of the net gives, in the order of the run."""
    steps: list[Plain] = []
    hooks = [
        child.register_forward_hook(
            # A copy: a ReLU in place may write into it afterwards.
            lambda _, __, out, name=name: steps.append({"name": name, **describe(out)})
        )
        for name, child in net.named_children()
    ]
    try:
        with torch.no_grad():
            net(x.clone())
    finally:
        for hook in hooks:
            hook.remove()
    return {"calls": steps}


def _reached_by_gradient(net: nn.Module, x: Tensor) -> Plain:
    output = net(x)
    if not isinstance(output, Tensor) or not output.requires_grad:
        return {"reached": False}
    output.sum().backward()
    return {"reached": all(parameter.grad is not None for parameter in net.parameters())}


def _net_judge(observation: Plain, inputs: Plain) -> Verdict:
    if "not_a_module" in observation:
        return Verdict("not-a-module", observation["not_a_module"])
    for judge in (_judge_net_names, _judge_net_run, _judge_net_training):
        for name, given in inputs.items():
            seen = observation[name]
            if judge is not _judge_net_names and name != "basic":
                continue
            error = first_raised(seen)
            if error:
                return raised(error)
            block, layers, classes = given["arguments"]
            verdict = judge(seen, given, {"call": f"ResNet({block}, {layers}, {classes})"})
            if not verdict.passed:
                return verdict
    return PASSED


def _reference_run(given: Plain) -> tuple[dict[str, Plain], Tensor]:
    """Return what each step of the reference gives, by name, and its logits."""
    block, layers, classes = given["arguments"]
    with torch.device("meta"):
        net = reference.ResNet(BLOCKS[block], layers, classes)
    net = net.to_empty(device="cpu").eval()
    fill(net, given["seed"])
    steps = {each["name"]: each for each in _record_steps(net, torch.from_numpy(given["x"]))["calls"]}
    return steps, torch.from_numpy(steps["fc"]["values"])


def _judge_net_names(seen: Plain, given: Plain, figures: dict[str, Any]) -> Verdict:
    names: Names = seen["names"]
    with torch.device("meta"):
        block, layers, classes = given["arguments"]
        wanted = shapes_of(reference.ResNet(BLOCKS[block], layers, classes))
    expansion = BLOCKS[block].expansion
    if "conv1.bias" in names:
        return Verdict("stem-bias", figures)
    for key, sizes in wanted.items():
        if key not in names:
            part = key.split(".")[0]
            others = ", ".join(dict.fromkeys(each.split(".")[0] for each in names)) or "–"
            if part in WIDTHS and any(each.startswith(f"{part}.0.") for each in names):
                count = len({each.split(".")[1] for each in names if each.startswith(f"{part}.")})
                wanted_count = layers[int(part[-1]) - 1]
                if count != wanted_count:
                    return Verdict("block-count", figures | {"stage": part, "seen": count, "wanted": wanted_count})
            return Verdict("missing-key", figures | {"key": key, "names": others})
        if names[key] != sizes:
            shapes = figures | {"key": key, "seen": shape(names[key]), "wanted": shape(sizes)}
            return Verdict(_shape_fault(key, names[key], sizes, expansion, classes), shapes)
    for part in WIDTHS:
        count = len({each.split(".")[1] for each in names if each.startswith(f"{part}.")})
        if count != layers[int(part[-1]) - 1]:
            return Verdict("block-count", figures | {"stage": part, "seen": count, "wanted": layers[int(part[-1]) - 1]})
    extra = [key for key in names if key not in wanted]
    if extra:
        return Verdict("extra-key", figures | {"key": extra[0], "count": len(extra)})
    return PASSED


def _shape_fault(key: str, seen: list[int], wanted: list[int], expansion: int, classes: int) -> str:
    """Return the name of the misconception behind the first weight whose shape is wrong."""
    if key == "conv1.weight":
        return "stem-window" if seen[2:] != wanted[2:] else "stem-channels"
    if key.startswith("fc."):
        if seen[0] != classes:
            return "classes-ignored"
        return "head-expansion" if expansion != 1 and seen[1] * expansion == wanted[1] else "head-width"
    part = key.split(".")[0]
    if part in WIDTHS and len(seen) == 4 and seen[1] != wanted[1] and seen[1] * expansion == wanted[1]:
        return "stage-expansion"
    return "stage-width"


def _judge_net_run(seen: Plain, given: Plain, figures: dict[str, Any]) -> Verdict:
    error = first_raised(seen["steps"])
    if error:
        return _judge_net_error(error, figures)
    wanted, logits = _reference_run(given)
    calls = [each for each in seen["steps"]["calls"] if each["name"] in wanted]
    names = [each["name"] for each in calls]
    missing = [
        name
        for name in STEPS
        if name not in names and name in ("conv1", "bn1", "layer1", "layer2", "layer3", "layer4", "fc")
    ]
    if missing:
        return Verdict("step-missing", figures | {"step": missing[0]})
    weighted = [name for name in names if name in WIDTHS or name in ("conv1", "bn1", "fc")]
    right = [name for name in STEPS if name in weighted]
    if weighted != right:
        return Verdict("step-order", figures | {"seen": " → ".join(weighted), "wanted": " → ".join(right)})
    for each in calls:
        verdict = _judge_step(each, wanted[each["name"]], figures)
        if not verdict.passed:
            return verdict
    return _judge_net_output(seen["output"], logits, figures)


def _judge_net_error(error: Plain, figures: dict[str, Any]) -> Verdict:
    text = error["message"].splitlines()[0] if error["message"] else ""
    if "mat1 and mat2 shapes cannot be multiplied" in text:
        return Verdict("not-flattened", figures | {"text": text})
    return raised(error)


def _judge_step(seen: Plain, wanted: Plain, figures: dict[str, Any]) -> Verdict:
    """Judge what one module gives; the first that differs is where to look."""
    step = seen["name"]
    if step in ("relu", "maxpool", "avgpool"):
        # They have no weights, so functions may stand in their place and in another order: judged by what follows.
        return PASSED
    figures = figures | {"step": step}
    if "values" not in seen:
        return Verdict("diverges", figures | {"seen": seen["type"], "wanted": "–", "place": "–", "difference": "–"})
    figures |= {"seen": shape(seen["shape"]), "wanted": shape(wanted["shape"])}
    if seen["shape"] != wanted["shape"]:
        if step == "conv1":
            return Verdict("stem-stride", figures)
        if step == "layer1":
            return Verdict("no-max-pool" if seen["shape"][2] > wanted["shape"][2] else "stage-stride", figures)
        return Verdict("stage-stride", figures)
    if not close(seen["values"], wanted["values"]):
        figures |= worst(seen["values"], wanted["values"])
        return Verdict({"layer1": "stem-differs", "fc": "head-differs"}.get(step, "diverges"), figures)
    return PASSED


def _judge_net_output(output: Plain, logits: Tensor, figures: dict[str, Any]) -> Verdict:
    error = first_raised(output)
    if error:
        return raised(error)
    problem = not_a_tensor(output) or not_finite(output)
    if problem:
        return problem
    expected, values = to_numpy(logits), output["values"]
    if values.shape != expected.shape:
        return Verdict("output-shape", figures | {"seen": shape(values.shape), "wanted": shape(expected.shape)})
    if close(values, expected):
        return PASSED
    if close(values, to_numpy(logits.softmax(1))) or close(values, to_numpy(logits.log_softmax(1))):
        return Verdict("softmax", figures)
    return Verdict("output-differs", figures | worst(values, expected))


def _judge_net_training(seen: Plain, given: Plain, figures: dict[str, Any]) -> Verdict:
    error = first_raised(seen["gradient"])
    if error:
        return raised(error)
    if not seen["gradient"]["reached"]:
        return Verdict("no-gradient", figures)
    for name, spread in seen["spread"].items():
        sizes = seen["names"][f"{name}.weight"]
        expected = (2 / (sizes[0] * sizes[2] * sizes[3])) ** 0.5
        # Thousands of weights: their spread is within a few percent of the rule's.
        if np.prod(sizes) > 30_000 and abs(spread / expected - 1) > 0.05:
            return Verdict(
                "initialisation", figures | {"name": name, "seen": number(spread), "wanted": number(expected)}
            )
    return PASSED


# --- create-resnet -----------------------------------------------------------------------------------------------

RECIPES = {
    name: reference.ARCHITECTURES[name][:2] for name in ("resnet18", "resnet34", "resnet50", "resnet101", "resnet152")
}


def _family_inputs(seed: int) -> Plain:
    draw = np.random.default_rng(seed)
    classes = draw.permutation(np.arange(3, 30))[: len(RECIPES)]
    known = {name: int(count) for name, count in zip(RECIPES, classes, strict=True)}
    return {
        "known": known,
        "default": "resnet18",
        "unknown": f"resnet{int(draw.integers(19, 33))}",
    }


def _family_observe(create_resnet: Any, inputs: Plain) -> Plain:
    def names(*arguments: Any, **options: Any) -> Plain:
        # On the meta device a net has shapes and no numbers: it is made at once.
        with torch.device("meta"):
            net = create_resnet(*arguments, **options)
        return {"names": shapes_of(net)} if isinstance(net, nn.Module) else {"returned": describe(net)}

    seen = {
        name: trying("call", partial(names, name, num_classes=classes)) for name, classes in inputs["known"].items()
    }
    return {
        "known": seen,
        "default": trying("call", partial(names, inputs["default"])),
        "unknown": trying("call", partial(names, inputs["unknown"])),
    }


def _family_judge(observation: Plain, inputs: Plain) -> Verdict:
    for name, classes in inputs["known"].items():
        verdict = _judge_member(observation["known"][name], name, classes)
        if not verdict.passed:
            return verdict
    default = observation["default"]
    error = first_raised(default)
    if error:
        return raised(error)
    found = default.get("names", {}).get("fc.weight", [0])[0]
    if found != 1000:
        return Verdict("default-classes", {"call": f'create_resnet("{inputs["default"]}")', "seen": found})
    return _judge_unknown(observation["unknown"], inputs["unknown"])


def _judge_member(seen: Plain, name: str, classes: int) -> Verdict:
    figures: dict[str, Any] = {"call": f'create_resnet("{name}", num_classes={classes})'}
    error = first_raised(seen)
    if error:
        if error["type"] in ("ValueError", "KeyError"):
            return Verdict("known-refused", figures | {"error": error["type"], "text": error["message"]})
        return raised(error)
    if "returned" in seen:
        key = "returned-nothing" if seen["returned"]["kind"] == "none" else "not-a-net"
        return Verdict(key, figures | {"type": seen["returned"]["type"]})
    names: Names = seen["names"]
    block, layers = RECIPES[name]
    counts = [len({key.split(".")[1] for key in names if key.startswith(f"layer{stage}.")}) for stage in range(1, 5)]
    bottlenecks = any(".conv3." in key for key in names)
    if bottlenecks != (block is Bottleneck):
        wanted = "Bottleneck" if block is Bottleneck else "BasicBlock"
        return Verdict("wrong-block", figures | {"wanted": wanted})
    if counts != list(layers):
        return Verdict("wrong-recipe", figures | {"seen": str(counts), "wanted": str(list(layers))})
    if names.get("fc.weight", [0])[0] != classes:
        return Verdict("classes-ignored", figures | {"seen": names.get("fc.weight", [0])[0], "wanted": classes})
    if name not in ("resnet18", "resnet50"):
        # The deeper ones are made by the same classes; here their recipes matter.
        return PASSED
    with torch.device("meta"):
        wanted_names = shapes_of(reference.create_resnet(name, classes))
    differing = [key for key in {**wanted_names, **names} if wanted_names.get(key) != names.get(key)]
    if differing:
        return Verdict("net-differs", figures | {"key": differing[0]})
    return PASSED


def _judge_unknown(seen: Plain, name: str) -> Verdict:
    figures: dict[str, Any] = {"call": f'create_resnet("{name}")'}
    error = first_raised(seen)
    if error is None:
        return Verdict("no-error", figures)
    if error["type"] != "ValueError":
        return Verdict("other-error", figures | {"error": error["type"], "text": error["message"]})
    missing = [known for known in RECIPES if known not in error["message"]]
    if missing:
        return Verdict("names-not-listed", figures | {"text": error["message"] or "–", "missing": ", ".join(missing)})
    return PASSED


# --- lesion ------------------------------------------------------------------------------------------------------

# kind of net, stage, index
LESIONS = {
    "identity": ("residual", 1, 1),
    "last": ("residual", 3, 2),
    "projected": ("residual", 2, 0),
    "after-it": ("residual", 2, 1),
    "plain": ("plain", 1, 2),
}


def _lesion_inputs(seed: int) -> Plain:
    return {
        name: {"kind": kind, "arguments": place, "seed": seed + number, "x": _random_images(seed + number, 1, 16)}
        for number, (name, (kind, *place)) in enumerate(LESIONS.items())
    }


def _small_net(given: Plain) -> nn.Module:
    if given["kind"] == "plain":
        net = create_plain_net(20, width=4, in_channels=1)
    else:
        net = create_small_resnet(20, shortcut="B", width=4, in_channels=1)
    fill(net, given["seed"])
    return net.eval()


def _lesion_observe(without_block: Any, inputs: Plain) -> Plain:
    def case(given: Plain) -> Plain:
        net = _small_net(given)
        x = torch.from_numpy(given["x"])
        with torch.no_grad():
            before = describe(net(x))
        result = without_block(net, *given["arguments"])
        with torch.no_grad():
            # A model that was changed in place may not even run any more.
            after = trying("original", lambda: describe(net(x)))
            seen: dict[str, Plain] = {"before": before, "after": after}
            if not isinstance(result, nn.Module):
                return seen | {"returned": describe(result)}
            seen["output"] = trying("forward", lambda: describe(result(x)))
        own = {id(parameter) for parameter in net.parameters()}
        seen["shared"] = sum(id(parameter) in own for parameter in result.parameters())
        return seen

    return {name: trying("call", partial(case, given)) for name, given in inputs.items()}


def _lesion_judge(observation: Plain, inputs: Plain) -> Verdict:
    error = first_raised(*observation.values())
    if error:
        return raised(error)
    for name, given in inputs.items():
        verdict = _judge_lesion(observation[name], given)
        if not verdict.passed:
            return verdict
    for name, given in inputs.items():
        if observation[name]["shared"]:
            stage, index = given["arguments"]
            return Verdict("shared", {"call": f"without_block(model, {stage}, {index})"})
    return PASSED


def _judge_lesion(seen: Plain, given: Plain) -> Verdict:
    stage, index = given["arguments"]
    figures: dict[str, Any] = {"call": f"without_block(model, {stage}, {index})", "stage": stage, "index": index}
    if first_raised(seen["after"]) or not close(seen["after"]["values"], seen["before"]["values"]):
        return Verdict("original-changed", figures)
    if "returned" in seen:
        key = "returned-nothing" if seen["returned"]["kind"] == "none" else "not-a-net"
        return Verdict(key, figures | {"type": seen["returned"]["type"]})
    output = seen["output"]
    error = first_raised(output)
    if error:
        text = error["message"].splitlines()[0] if error["message"] else error["type"]
        return Verdict("shapes-broken", figures | {"text": text})
    problem = not_a_tensor(output) or not_finite(output)
    if problem:
        return problem
    net, x, values = _small_net(given), torch.from_numpy(given["x"]), output["values"]

    def outputs(lesioned: nn.Module) -> np.ndarray:
        with torch.no_grad():
            return to_numpy(lesioned(x))

    if close(values, outputs(reference_lesion.without_block(net, stage, index))):
        return PASSED
    if close(values, outputs(net)):
        return Verdict("nothing-removed", figures)
    projected = getattr(getattr(net, f"layer{stage}")[index], "downsample", None) is not None
    if projected and close(values, outputs(_with_bare_projection(net, stage, index))):
        return Verdict("no-relu", figures)
    for other_stage in (1, 2, 3):
        for other in range(3):
            if given["kind"] == "plain" and other == 0 and other_stage > 1:
                continue  # it changes the shape and cannot be spared
            if close(values, outputs(reference_lesion.without_block(net, other_stage, other))):
                return Verdict("another-block", figures | {"other_stage": other_stage, "other": other})
    expected = outputs(reference_lesion.without_block(net, stage, index))
    return Verdict("numbers-differ", figures | _difference(values, expected))


def _with_bare_projection(net: nn.Module, stage: int, index: int) -> nn.Module:
    copied = copy.deepcopy(net)
    row = getattr(copied, f"layer{stage}")
    row[index] = row[index].downsample
    return copied


# --- the checks --------------------------------------------------------------------------------------------------

make_layer = Check("make-layer", LESSON, ("make_layer",), _stage_inputs, _stage_observe, _stage_judge)
resnet = Check("resnet", LESSON, ("ResNet",), _net_inputs, _net_observe, _net_judge)
create_resnet = Check("create-resnet", LESSON, ("create_resnet",), _family_inputs, _family_observe, _family_judge)
lesion = Check("lesion", LESSON, ("without_block",), _lesion_inputs, _lesion_observe, _lesion_judge)
