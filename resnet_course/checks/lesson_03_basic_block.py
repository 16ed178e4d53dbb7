"""The checks of lesson 03: the 3×3 convolution, the BasicBlock, the projection shortcut, and three bugs."""

from __future__ import annotations

import inspect
from collections.abc import Callable
from functools import partial
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn import functional as F

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
from resnet_course.checks.observing import (
    Plain,
    describe,
    describe_layers,
    describe_number,
    kind_of,
    load_arrays,
    trying,
)

LESSON = "03_basic_block"


# --- random weights and inputs, shared by the exercises ----------------------------------------------------------


def _convolution(draw: np.random.Generator, out_planes: int, in_planes: int, size: int) -> np.ndarray:
    return draw.normal(0, 0.5, (out_planes, in_planes, size, size)).astype(np.float32)


def _batch_norm(draw: np.random.Generator, name: str, planes: int) -> dict[str, np.ndarray]:
    values = {
        "weight": draw.uniform(0.5, 1.5, planes),
        "bias": draw.normal(0, 0.5, planes),
        "running_mean": draw.normal(0, 0.5, planes),
        "running_var": draw.uniform(0.5, 2.0, planes),
    }
    return {f"{name}.{part}": value.astype(np.float32) for part, value in values.items()}


def _image(draw: np.random.Generator, planes: int, height: int, width: int) -> np.ndarray:
    return draw.normal(0, 1, (2, planes, height, width)).astype(np.float32)


# --- conv3x3 -----------------------------------------------------------------------------------------------------


def _conv3x3_inputs(seed: int) -> Plain:
    draw = np.random.default_rng(seed)
    return {
        "default": {
            "arguments": [3, 5],
            "weight": _convolution(draw, 5, 3, 3),
            "x": _image(draw, 3, 7, 6),
        },
        "strided": {
            "arguments": [4, 6, 2],
            "weight": _convolution(draw, 6, 4, 3),
            "x": _image(draw, 4, 7, 6),
        },
    }


def _conv3x3_observe(conv3x3: Any, inputs: Plain) -> Plain:
    def case(given: Plain) -> Plain:
        layer = conv3x3(*given["arguments"])
        if not isinstance(layer, nn.Module):
            return {"returned": describe(layer)}
        load_arrays(layer, {"weight": given["weight"]})
        return {
            "layers": describe_layers(layer),
            "output": trying("forward", lambda: describe(layer(torch.from_numpy(given["x"])))),
        }

    return {name: trying("call", partial(case, given)) for name, given in inputs.items()}


def _conv3x3_judge(observation: Plain, inputs: Plain) -> Verdict:
    for name, given in inputs.items():
        verdict = _judge_convolution(observation[name], given)
        if not verdict.passed:
            return verdict
    return PASSED


def _judge_convolution(seen: Plain, given: Plain) -> Verdict:
    arguments = given["arguments"]
    figures: dict[str, Any] = {"call": f"conv3x3({', '.join(map(str, arguments))})"}
    error = first_raised(seen)
    if error:
        return raised(error)
    if "returned" in seen:
        key = "returned-nothing" if seen["returned"]["kind"] == "none" else "not-a-layer"
        return Verdict(key, figures | {"type": seen["returned"]["type"]})

    wanted = list(given["weight"].shape)
    names = seen["layers"]["names"]
    if "bias" in names:
        return Verdict("bias", figures | {"size": names["bias"][0]})
    if set(names) != {"weight"}:
        return Verdict("not-a-convolution", figures | {"names": ", ".join(names) or "–"})
    figures |= {"seen": shape(names["weight"]), "wanted": shape(wanted)}
    if names["weight"] != wanted:
        if names["weight"][2:] != wanted[2:]:
            return Verdict("kernel-size", figures)
        swapped = names["weight"][:2] == wanted[1::-1]
        return Verdict("swapped-channels" if swapped else "weight-shape", figures)

    error = first_raised(seen["output"])
    if error:
        return raised(error)
    problem = not_a_tensor(seen["output"]) or not_finite(seen["output"])
    if problem:
        return problem
    return _judge_convolution_output(seen, given, figures)


def _judge_convolution_output(seen: Plain, given: Plain, figures: dict[str, Any]) -> Verdict:
    x, weight = torch.from_numpy(given["x"]), torch.from_numpy(given["weight"])
    stride = (given["arguments"] + [1])[2]
    expected = to_numpy(F.conv2d(x, weight, stride=stride, padding=1))
    values = seen["output"]["values"]
    if close(values, expected):
        return PASSED
    figures |= {"x": shape(x.shape), "seen": shape(values.shape), "wanted": shape(expected.shape)}
    if values.shape != expected.shape:
        mistakes = {
            "no-padding": F.conv2d(x, weight, stride=stride),
            "stride-ignored": F.conv2d(x, weight, padding=1),
            "stride-default": F.conv2d(x, weight, stride=2, padding=1),
            "padding-too-large": F.conv2d(x, weight, stride=stride, padding=2),
        }
        for key, mistake in mistakes.items():
            if values.shape == mistake.shape:
                return Verdict(key, figures)
        return Verdict("output-shape", figures)
    if close(values, to_numpy(F.conv2d(x, weight, stride=stride, padding=2, dilation=2))):
        return Verdict("dilated", figures)
    inside = np.s_[:, :, 1:-1, 1:-1]
    if values[inside].size and close(values[inside], expected[inside]):
        return Verdict("padding-values", figures | worst(values, expected))
    return Verdict("numbers-differ", figures | worst(values, expected))


# --- basic-block -------------------------------------------------------------------------------------------------


def _block_inputs(seed: int) -> Plain:
    draw = np.random.default_rng(seed)
    return {
        "same": _block_setting(draw, inplanes=3, planes=3, stride=1, projected=False),
        "strided": _block_setting(draw, inplanes=3, planes=5, stride=2, projected=True),
        "wider": _block_setting(draw, inplanes=3, planes=5, stride=1, projected=True),
        # The paper's option C: a projection though the shapes agree. Whoever gives one wants it used.
        "option-c": _block_setting(draw, inplanes=4, planes=4, stride=1, projected=True),
    }


def _block_setting(draw: np.random.Generator, inplanes: int, planes: int, stride: int, projected: bool) -> Plain:
    height, width = 7, 6
    weights = {
        "conv1.weight": _convolution(draw, planes, inplanes, 3),
        **_batch_norm(draw, "bn1", planes),
        "conv2.weight": _convolution(draw, planes, planes, 3),
        **_batch_norm(draw, "bn2", planes),
    }
    if projected:
        weights["downsample.0.weight"] = _convolution(draw, planes, inplanes, 1)
        weights |= _batch_norm(draw, "downsample.1", planes)
    return {
        "inplanes": inplanes,
        "planes": planes,
        "stride": stride,
        "projected": projected,
        "weights": weights,
        "x": _image(draw, inplanes, height, width),
        # The loss is the sum of output × slope, so that every output has a gradient of its own.
        "slope": _image(draw, planes, -(-height // stride), -(-width // stride)),
    }


def observe_block(block_class: Any, inputs: Plain) -> Plain:
    """Build a learner's block in each setting, load given weights, run it forward and backward, note everything."""
    if not (inspect.isclass(block_class) and issubclass(block_class, nn.Module)):
        return {"not_a_module": {"type": kind_of(block_class)}}
    return {
        "parameters": list(inspect.signature(block_class.__init__).parameters),
        "expansion": describe_number(getattr(block_class, "expansion", None)),
        **{name: _run_block(block_class, setting) for name, setting in inputs.items()},
    }


def _run_block(block_class: type[nn.Module], setting: Plain) -> Plain:
    def build() -> nn.Module:
        inplanes, planes, stride = setting["inplanes"], setting["planes"], setting["stride"]
        if not setting["projected"]:
            return block_class(inplanes, planes)
        downsample = nn.Sequential(
            nn.Conv2d(inplanes, planes, kernel_size=1, stride=stride, bias=False), nn.BatchNorm2d(planes)
        )
        if stride != 1:
            return block_class(inplanes, planes, stride=stride, downsample=downsample)
        return block_class(inplanes, planes, stride, downsample)

    built: list[nn.Module] = []
    seen: dict[str, Plain] = {"built": trying("call", lambda: built.append(build()))}
    if not built:
        return seen
    (block,) = built
    seen["built"] = True
    seen["layers"] = describe_layers(block)
    load_arrays(block, setting["weights"])
    x = torch.from_numpy(setting["x"])

    block.eval()
    seen["output"] = trying("forward", lambda: _forward_once(block, x))
    seen["gradient"] = trying("backward", lambda: _gradient(block, x, torch.from_numpy(setting["slope"])))
    block.train()
    seen["train_output"] = trying("forward", lambda: describe(block(x.clone())))
    seen["statistics"] = trying(
        "forward",
        lambda: {name: tensor.double().numpy().copy() for name, tensor in block.named_buffers() if "running" in name},
    )
    return seen


def _forward_once(block: nn.Module, x: Tensor) -> Plain:
    given = x.clone()
    with torch.no_grad():
        output = describe(block(given))
    return {**output, "input_after": given.double().numpy().copy()}


def _gradient(block: nn.Module, x: Tensor, slope: Tensor) -> Plain:
    # A copy goes in, because PyTorch forbids in-place changes of a leaf: that is noted elsewhere.
    leaf = x.clone().requires_grad_()
    output = block(leaf.clone())
    if not isinstance(output, Tensor) or output.shape != slope.shape:
        return {"kind": "none", "type": "None"}
    if not output.requires_grad:
        return {"kind": "detached"}
    (output * slope).sum().backward()
    frozen = [name for name, parameter in block.named_parameters() if parameter.grad is None]
    return {**describe(leaf.grad), "frozen": frozen}


# What a block with one well-known mistake would compute: each choice is one way to be wrong.
MISTAKES: tuple[tuple[str, dict[str, Any]], ...] = (
    ("no-shortcut", {"join": lambda f, s: f}),
    ("no-residual", {"join": lambda f, s: s}),
    ("subtracts", {"join": lambda f, s: f - s}),
    ("subtracts-residual", {"join": lambda f, s: s - f}),
    ("doubled-shortcut", {"join": lambda f, s: f + 2 * s}),
    ("doubled-residual", {"join": lambda f, s: 2 * f + s}),
    ("averages", {"join": lambda f, s: (f + s) / 2}),
    ("multiplies", {"join": lambda f, s: f * s}),
    ("no-final-relu", {"last": lambda y: y}),
    ("add-after-relu", {"residual": F.relu, "last": lambda y: y}),
    ("relu-before-add", {"residual": F.relu}),
    ("relu-on-shortcut", {"shortcut": F.relu}),
    ("relu-on-shortcut", {"bare_shortcut": F.relu}),
    ("no-middle-relu", {"middle": lambda y: y}),
    ("no-relu", {"middle": lambda y: y, "last": lambda y: y}),
    ("relu-before-bn", {"order": "conv-relu-bn"}),
    ("bn-before-conv", {"order": "bn-conv", "last": lambda y: y}),
    ("skip-from-bn", {"skip_from": "bn1"}),
    ("skip-from-conv", {"skip_from": "conv1"}),
    ("skip-from-relu", {"skip_from": "relu1"}),
    ("clobbered-skip", {"start": F.relu}),
    ("bn1-unused", {"unused": ("bn1",)}),
    ("bn2-unused", {"unused": ("bn2",)}),
    ("bn-unused", {"unused": ("bn1", "bn2")}),
    ("same-conv-twice", {"rename": {"conv2": "conv1"}}),
    ("same-conv-shared", {"rename": {"conv1": "conv2"}}),
    ("same-bn-twice", {"rename": {"bn2": "bn1"}}),
    ("same-bn-shared", {"rename": {"bn1": "bn2"}}),
    ("conv2-skipped", {"unused": ("conv2",)}),
    ("zeros", {"last": torch.zeros_like}),
    ("stride-in-second-conv", {"strides": "second"}),
)


def _normalise(x: Tensor, weights: dict[str, Tensor], name: str, *, train: bool = False) -> Tensor:
    mean, var = weights[f"{name}.running_mean"], weights[f"{name}.running_var"]
    return F.batch_norm(x, mean, var, weights[f"{name}.weight"], weights[f"{name}.bias"], training=train)


def simulate(
    setting: Plain,
    *,
    train: bool = False,
    join: Callable[[Tensor, Tensor], Tensor] = torch.add,
    start: Callable[[Tensor], Tensor] | None = None,
    residual: Callable[[Tensor], Tensor] | None = None,
    shortcut: Callable[[Tensor], Tensor] | None = None,
    bare_shortcut: Callable[[Tensor], Tensor] | None = None,
    middle: Callable[[Tensor], Tensor] = F.relu,
    last: Callable[[Tensor], Tensor] = F.relu,
    order: str = "conv-bn",
    skip_from: str = "x",
    unused: tuple[str, ...] = (),
    rename: dict[str, str] | None = None,
    strides: str = "first",
    x: Tensor | None = None,
    weights: dict[str, Tensor] | None = None,
) -> Tensor:
    """Compute a basic block with the weights of a setting; the keywords make it wrong in known ways.

    Without keywords this is He et al. 2015, equations 1 and 2, written with functions only: the reference that
    judges learners' blocks and shares no code with them.

    Raises
    ------
    RuntimeError
        If a mistake cannot be computed in this setting, because its shapes do not fit.
    """
    if weights is None:
        weights = {name: torch.from_numpy(array.copy()) for name, array in setting["weights"].items()}
    x = torch.from_numpy(setting["x"]) if x is None else x
    first, second = (setting["stride"], 1) if strides == "first" else (1, setting["stride"])

    def convolve(name: str, value: Tensor, stride: int) -> Tensor:
        if name in unused:
            return value
        weight = weights[f"{(rename or {}).get(name, name)}.weight"]
        return F.conv2d(value, weight, stride=stride, padding=weight.shape[-1] // 2)

    def normalise(name: str, value: Tensor) -> Tensor:
        if name in unused:
            return value
        return _normalise(value, weights, (rename or {}).get(name, name), train=train)

    if start:
        x = start(x)
    steps = {"x": x}
    if order == "conv-bn":
        steps["conv1"] = convolve("conv1", x, first)
        steps["bn1"] = normalise("bn1", steps["conv1"])
        steps["relu1"] = middle(steps["bn1"])
        branch = normalise("bn2", convolve("conv2", steps["relu1"], second))
    elif order == "conv-relu-bn":
        branch = normalise("bn1", F.relu(convolve("conv1", x, first)))
        branch = normalise("bn2", convolve("conv2", branch, second))
    else:
        branch = convolve("conv1", F.relu(normalise("bn1", x)), first)
        branch = convolve("conv2", F.relu(normalise("bn2", branch)), second)

    identity = steps[skip_from]
    if setting["projected"] and skip_from == "x":
        identity = normalise("downsample.1", convolve("downsample.0", x, setting["stride"]))
    if residual:
        branch = residual(branch)
    if shortcut:
        identity = shortcut(identity)
    if bare_shortcut and not setting["projected"]:
        identity = bare_shortcut(identity)
    return last(join(branch, identity))


def judge_block(observation: Plain, inputs: Plain) -> Verdict:
    """Judge a learner's block; the most basic fault is named first."""
    if "not_a_module" in observation:
        return Verdict("not-a-module", {"type": observation["not_a_module"]["type"]}, "basic-block")
    order = [name for name in observation["parameters"] if name in ("stride", "downsample")]
    if order == ["downsample", "stride"]:
        return _block_verdict("argument-order", {"seen": ", ".join(observation["parameters"])})
    # Every setting passes one stage before any is asked the next: a missing layer explains a wrong number.
    for judge in (
        _judge_building,
        _judge_layers,
        _judge_running,
        _judge_mistakes,
        _judge_numbers,
        _judge_training,
    ):
        for name in inputs:
            verdict = judge(name, observation, inputs)
            if not verdict.passed:
                return verdict
    if observation["expansion"] != 1:
        return _block_verdict("expansion", {"seen": observation["expansion"]})
    return PASSED


def _block_verdict(key: str, figures: dict[str, Any] | None = None) -> Verdict:
    # The exercise is named, because find-the-bug borrows these messages.
    return Verdict(key, figures or {}, "basic-block")


def _judge_building(name: str, observation: Plain, inputs: Plain) -> Verdict:
    error = first_raised(observation[name]["built"])
    return raised(error) if error else PASSED


def _judge_layers(name: str, observation: Plain, inputs: Plain) -> Verdict:
    seen, setting = observation[name], inputs[name]
    names: dict[str, list[int]] = seen["layers"]["names"]
    wanted = {name: list(array.shape) for name, array in setting["weights"].items()}
    biases = [each for each in names if each in ("conv1.bias", "conv2.bias")]
    missing_layers = sorted({each.rsplit(".", 1)[0] for each in wanted if each not in names})
    partial = [layer for layer in missing_layers if any(each.startswith(f"{layer}.") for each in names)]
    if partial:
        lacking = [each for each in wanted if each not in names and each.rsplit(".", 1)[0] in partial]
        return _block_verdict("norm-incomplete", {"name": partial[0], "missing": ", ".join(lacking)})
    if missing_layers:
        figures = {
            "missing": ", ".join(missing_layers),
            "names": ", ".join(dict.fromkeys(each.rsplit(".", 1)[0] for each in names)) or "–",
        }
        if missing_layers == ["bn1", "bn2"] and not any(
            "running_mean" in each for each in names if not each.startswith("downsample")
        ):
            return _block_verdict("no-norm", figures)
        if all(each.startswith("downsample") for each in missing_layers):
            return _block_verdict("downsample-not-kept", figures)
        return _block_verdict("missing-layers", figures)
    if biases:
        return _block_verdict("conv-bias", {"names": ", ".join(biases)})
    for layer, sizes in wanted.items():
        if names[layer] != sizes:
            figures = {"name": layer, "seen": shape(names[layer]), "wanted": shape(sizes)}
            if len(sizes) == 4 and names[layer][2:] != sizes[2:]:
                return _block_verdict("kernel-size", figures)
            # A pre-activation block, for one, has a bn1 of its own shape: its numbers elsewhere give it away.
            return _known_mistake(observation, inputs) or _block_verdict("layer-shape", figures)
    extra = {each.rsplit(".", 1)[0] for each in names} - {each.rsplit(".", 1)[0] for each in wanted}
    if extra:
        return _block_verdict("extra-layers", {"extra": ", ".join(sorted(extra))})
    for layer, settings in seen["layers"]["norms"].items():
        for what, usual in (("eps", 1e-5), ("momentum", 0.1)):
            if settings[what] != usual:
                figures = {"name": layer, "what": what, "seen": str(settings[what]), "wanted": str(usual)}
                return _block_verdict("norm-settings", figures)
    convolutions = seen["layers"]["convolutions"]
    for layer in ("conv1", "conv2"):
        padding = convolutions.get(layer, {}).get("padding", [1, 1])
        if padding not in ([1, 1], "same"):
            return _block_verdict("padding", {"name": layer, "padding": padding})
    strides = [convolutions.get(layer, {}).get("stride", [0])[0] for layer in ("conv1", "conv2")]
    if setting["stride"] != 1 and strides == [1, 1]:
        return _block_verdict("stride-ignored", {"stride": setting["stride"]})
    if setting["stride"] != 1 and strides == [setting["stride"]] * 2:
        return _block_verdict("stride-twice", {"stride": setting["stride"]})
    return PASSED


def _judge_running(name: str, observation: Plain, inputs: Plain) -> Verdict:
    seen, setting = observation[name], inputs[name]
    output = seen["output"]
    error = first_raised(output)
    if error:
        return _known_mistake(observation, inputs) or _judge_forward_error(error, setting)
    problem = not_a_tensor(output) or not_finite(output)
    if problem:
        return problem
    wanted = list(simulate(setting).shape)
    if output["shape"] != wanted:
        figures = {"seen": shape(output["shape"]), "wanted": shape(wanted), "x": shape(setting["x"].shape)}
        channels = output["shape"][1:2]
        if channels and channels[0] > wanted[1] and output["shape"][2:] == wanted[2:]:
            return _block_verdict("concatenates", figures)
        return _block_verdict("output-shape", figures)
    return PASSED


def _judge_forward_error(error: Plain, setting: Plain) -> Verdict:
    last = error["lines"][-1]["code"] if error["lines"] else ""
    if not setting["projected"] and "'NoneType' object is not callable" in error["message"]:
        return _block_verdict("downsample-unguarded", {"code": last})
    if setting["projected"] and error["type"] == "RuntimeError":
        text = error["message"].splitlines()[0]
        if "must match the size of tensor" in text:
            shapes = {"x": shape(setting["x"].shape), "branch": shape(simulate(setting).shape)}
            return _block_verdict("downsample-ignored", {**shapes, "text": text})
        if "downsample(" in last:
            return _block_verdict("downsample-wrong-input", {"code": last, "text": text})
    return raised(error)


def _judge_mistakes(name: str, observation: Plain, inputs: Plain) -> Verdict:
    values = observation[name]["output"]["values"]
    if close(values, to_numpy(simulate(inputs[name]))):
        return PASSED
    # Where it is none of the known mistakes, _judge_numbers says how far off it is.
    return _known_mistake(observation, inputs) or PASSED


def _known_mistake(observation: Plain, inputs: Plain) -> Verdict | None:
    """Name the well-known mistake whose numbers the learner's block gives in every setting where it runs."""
    ran = {name: setting for name, setting in inputs.items() if _has_run(observation[name], setting)}
    for key, choices in MISTAKES:
        given = [_gives(observation[name]["output"]["values"], setting, choices) for name, setting in ran.items()]
        if True in given and False not in given:
            return _block_verdict(key)
    return None


def _has_run(seen: Plain, setting: Plain) -> bool:
    """Tell whether a block ran with all the given weights in it."""
    names = seen["layers"]["names"]
    weights_fit = all(names.get(name) == list(array.shape) for name, array in setting["weights"].items())
    return weights_fit and "values" in seen["output"]


def _gives(output: np.ndarray, setting: Plain, choices: dict[str, Any]) -> bool | None:
    """Tell whether a block with this mistake gives this output; None where the mistake changes nothing."""
    right = to_numpy(simulate(setting))
    try:
        mistaken = to_numpy(simulate(setting, **choices))
    except RuntimeError:
        # The mistake cannot be made with these shapes.
        mistaken = right
    if mistaken.shape == right.shape and close(mistaken, right):
        return None if close(output, right) else False
    return close(output, mistaken)


def _judge_numbers(name: str, observation: Plain, inputs: Plain) -> Verdict:
    seen, setting = observation[name], inputs[name]
    values, expected = seen["output"]["values"], to_numpy(simulate(setting))
    if not close(values, expected):
        figures = worst(values, expected)
        return _block_verdict("numbers-differ-strided" if setting["projected"] else "numbers-differ", figures)
    if not close(seen["output"]["input_after"], setting["x"].astype(np.float64)):
        return _block_verdict("input-changed", worst(seen["output"]["input_after"], setting["x"].astype(np.float64)))
    return PASSED


def _judge_training(name: str, observation: Plain, inputs: Plain) -> Verdict:
    seen, setting = observation[name], inputs[name]
    error = first_raised(seen["gradient"], seen["train_output"])
    if error:
        return raised(error)
    gradient = seen["gradient"]
    if gradient["kind"] == "detached":
        return _block_verdict("detached")
    if gradient["kind"] == "none":
        return _block_verdict("no-gradient")
    expected = _expected_gradient(setting)
    if not close(gradient["values"], expected):
        if close(gradient["values"], _expected_gradient(setting, shortcut=torch.Tensor.detach)):
            return _block_verdict("detached-shortcut", worst(gradient["values"], expected))
        if close(gradient["values"], _expected_gradient(setting, residual=torch.Tensor.detach)):
            return _block_verdict("detached-residual", worst(gradient["values"], expected))
        return _block_verdict("gradient-differs", worst(gradient["values"], expected))
    if gradient["frozen"]:
        return _block_verdict("frozen-weights", {"names": ", ".join(gradient["frozen"])})
    return _judge_train_mode(seen, setting)


def _expected_gradient(setting: Plain, **choices: Any) -> np.ndarray:
    x = torch.from_numpy(setting["x"].copy()).requires_grad_()
    (simulate(setting, x=x, **choices) * torch.from_numpy(setting["slope"])).sum().backward()
    assert x.grad is not None
    return to_numpy(x.grad)


def _judge_train_mode(seen: Plain, setting: Plain) -> Verdict:
    weights = {name: torch.from_numpy(array.copy()) for name, array in setting["weights"].items()}
    expected = to_numpy(simulate(setting, train=True, weights=weights))
    values = seen["train_output"]["values"]
    if not close(values, expected):
        return _block_verdict("train-differs", worst(values, expected))
    for name, tensor in weights.items():  # simulate's batch_norm has moved the running ones, as training does
        if "running" in name and not close(seen["statistics"][name], to_numpy(tensor)):
            return _block_verdict("statistics", {"name": name, **worst(seen["statistics"][name], to_numpy(tensor))})
    return PASSED


# --- shortcut ----------------------------------------------------------------------------------------------------

SHORTCUTS = {
    "same": (4, 4, 1),
    "wider": (4, 6, 1),
    "narrower": (6, 4, 1),
    "strided": (4, 4, 2),
    "strided-3": (4, 4, 3),
    "both": (4, 6, 2),
}


def _shortcut_inputs(seed: int) -> Plain:
    draw = np.random.default_rng(seed)
    inputs = {}
    for name, (inplanes, planes, stride) in SHORTCUTS.items():
        weights = {"0.weight": _convolution(draw, planes, inplanes, 1), **_batch_norm(draw, "1", planes)}
        inputs[name] = {
            "arguments": [inplanes, planes, stride],
            "weights": weights,
            "x": _image(draw, inplanes, 7, 6),
        }
    return inputs


def _shortcut_observe(make_shortcut: Any, inputs: Plain) -> Plain:
    def case(given: Plain) -> Plain:
        module = make_shortcut(*given["arguments"])
        if not isinstance(module, nn.Module):
            return {"returned": describe(module)}
        load_arrays(module, given["weights"])
        module.eval()
        return {
            "layers": describe_layers(module),
            "kinds": [type(part).__name__ for part in module.modules()][1:],
            "output": trying("forward", lambda: describe(module(torch.from_numpy(given["x"]).clone()))),
        }

    return {name: trying("call", partial(case, given)) for name, given in inputs.items()}


def _shortcut_judge(observation: Plain, inputs: Plain) -> Verdict:
    error = first_raised(*observation.values())
    if error:
        return raised(error)
    nothing = {name for name, seen in observation.items() if seen.get("returned", {}).get("kind") == "none"}
    if nothing == set(inputs):
        return Verdict("always-none")
    if nothing == set(inputs) - {"same"}:
        return Verdict("inverted")
    if nothing >= {"same", "wider", "strided"} and "both" not in nothing:
        return Verdict("both-conditions")
    for name, given in inputs.items():
        verdict = _judge_shortcut(name, observation[name], given)
        if not verdict.passed:
            return verdict
    return PASSED


def _judge_shortcut(name: str, seen: Plain, given: Plain) -> Verdict:
    figures: dict[str, Any] = {"call": f"make_shortcut({', '.join(map(str, given['arguments']))})"}
    if "returned" in seen and seen["returned"]["kind"] != "none":
        return Verdict("not-a-module", figures | {"type": seen["returned"]["type"]})
    if name == "same":
        return _judge_no_shortcut(seen, given, figures)
    if "returned" in seen:
        same_channels = given["arguments"][0] == given["arguments"][1]
        return Verdict("none-when-strided" if same_channels else "none-when-wider", figures)
    names, wanted = seen["layers"]["names"], given["weights"]
    biases = [each for each in names if each.endswith("bias") and each.replace("bias", "running_mean") not in names]
    if biases:
        return Verdict("bias", figures | {"names": ", ".join(biases)})
    if not any("running_mean" in each for each in names):
        return Verdict("no-norm", figures | {"kinds": ", ".join(seen["kinds"]) or "–"})
    if len(names.get("0.weight", [])) == 1:
        return Verdict("bn-first", figures)
    if set(names) - {"1.num_batches_tracked"} != set(wanted):
        return Verdict("names", figures | {"names": ", ".join(names), "wanted": ", ".join(wanted)})
    figures |= {"seen": shape(names["1.weight"]), "wanted": shape(wanted["1.weight"].shape)}
    if names["1.weight"] != list(wanted["1.weight"].shape):
        return Verdict("norm-channels", figures)
    figures |= {"seen": shape(names["0.weight"]), "wanted": shape(wanted["0.weight"].shape)}
    if names["0.weight"] != list(wanted["0.weight"].shape):
        other_size = names["0.weight"][2:] != [1, 1]
        return Verdict("kernel-size" if other_size else "weight-shape", figures)
    return _judge_shortcut_output(seen, given, figures)


def _judge_no_shortcut(seen: Plain, given: Plain, figures: dict[str, Any]) -> Verdict:
    if "returned" in seen:
        return PASSED
    output = seen["output"]
    # nn.Identity() has no weights and changes nothing: another way to write the same shortcut.
    untouched = output.get("kind") == "tensor" and close(output["values"], given["x"].astype(np.float64))
    if untouched and not seen["layers"]["names"]:
        return PASSED
    return Verdict("needless-projection", figures | {"kinds": ", ".join(seen["kinds"]) or "–"})


def _judge_shortcut_output(seen: Plain, given: Plain, figures: dict[str, Any]) -> Verdict:
    error = first_raised(seen["output"])
    if error:
        return raised(error)
    problem = not_a_tensor(seen["output"]) or not_finite(seen["output"])
    if problem:
        return problem
    values, expected = seen["output"]["values"], _project(given)
    if close(values, to_numpy(expected)):
        return PASSED
    figures |= {"x": shape(given["x"].shape), "seen": shape(values.shape), "wanted": shape(expected.shape)}
    if values.shape != tuple(expected.shape):
        stride_missing = values.shape == tuple(_project(given, stride=1).shape)
        return Verdict("stride-missing" if stride_missing else "output-shape", figures)
    if close(values, to_numpy(F.relu(expected))):
        return Verdict("relu", figures)
    return Verdict("numbers-differ", figures | worst(values, to_numpy(expected)))


def _project(given: Plain, stride: int | None = None) -> Tensor:
    weights = {name: torch.from_numpy(array) for name, array in given["weights"].items()}
    x = F.conv2d(torch.from_numpy(given["x"]), weights["0.weight"], stride=stride or given["arguments"][2])
    return _normalise(x, weights, "1")


# --- find-the-bug ------------------------------------------------------------------------------------------------

# The mistake that stands in each block when the learner gets it.
PLANTED = {"BlockA": "no-norm", "BlockB": "stride-in-second-conv", "BlockC": "clobbered-skip"}


def _bugs_observe(block_a: Any, block_b: Any, block_c: Any, inputs: Plain) -> Plain:
    blocks = zip(PLANTED, (block_a, block_b, block_c), strict=True)
    return {name: observe_block(block, inputs) for name, block in blocks}


def _bugs_judge(observation: Plain, inputs: Plain) -> Verdict:
    repaired: list[str] = []
    broken: list[Verdict] = []
    for name, planted in PLANTED.items():
        verdict = judge_block(observation[name], inputs)
        if verdict.passed:
            repaired.append(name)
        elif verdict.key == planted:
            # Its own message would give the bug away.
            broken.append(Verdict(f"still-broken-{name[-1].lower()}", {"block": name}))
        else:
            broken.append(Verdict(verdict.key, {**verdict.figures, "block": name}, verdict.exercise))
    if not broken:
        return PASSED
    first = broken[0]
    return Verdict(first.key, {**first.figures, "repaired": ", ".join(repaired) or "–"}, first.exercise)


# --- the checks --------------------------------------------------------------------------------------------------

conv3x3 = Check("conv3x3", LESSON, ("conv3x3",), _conv3x3_inputs, _conv3x3_observe, _conv3x3_judge)
basic_block = Check("basic-block", LESSON, ("BasicBlock",), _block_inputs, observe_block, judge_block)
shortcut = Check("shortcut", LESSON, ("make_shortcut",), _shortcut_inputs, _shortcut_observe, _shortcut_judge)
find_the_bug = Check("find-the-bug", LESSON, tuple(PLANTED), _block_inputs, _bugs_observe, _bugs_judge)
