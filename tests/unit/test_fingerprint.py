"""Two things with the same fingerprint would train to the same end; what cannot be known for sure has none."""

from __future__ import annotations

import copy
import random
import sys
from collections.abc import Callable
from functools import partial
from typing import Any

import numpy as np
import pytest
import torch
import torch.nn.functional as F
from torch import nn
from torch.optim import SGD, Adam

from resnet_course.blocks import BasicBlock
from resnet_course.data import Batches, random_crop_flip
from resnet_course.fingerprint import fingerprint
from resnet_course.small_nets import create_plain_net, create_small_resnet
from resnet_course.small_transformer import SmallTransformer
from resnet_course.transfer import freeze_backbone, replace_head

DIGITS = torch.rand(6, 1, 28, 28), torch.arange(6)


def notebook(code: str, **known: Any) -> dict[str, Any]:
    """Run code as a cell of a notebook does, and return what it names."""
    names = {"__name__": "__main__", "torch": torch, "nn": nn, **known}
    exec(code, names)
    return names


WATCH = notebook("def watch(*_):\n    pass")["watch"]


def seeded(make: Callable[[], nn.Module]) -> nn.Module:
    torch.manual_seed(0)
    return make()


def small() -> nn.Module:
    return create_small_resnet(8, width=2, in_channels=1, stem_stride=2)


def hooked(net: nn.Module) -> nn.Module:
    """Freeze a net with a hook that a notebook defines, as a learner's `freeze_backbone` does."""
    hook = notebook("def stay_still(norm, inputs):\n    norm.eval()")["stay_still"]
    for module in net.modules():
        if isinstance(module, nn.BatchNorm2d):
            module.register_forward_pre_hook(hook)
    return net


LEARNERS_NET = """
SCALE = 1.0

def squash(x):
    return SCALE * x.tanh()

class Net(nn.Sequential):
    def forward(self, x):
        return super().forward(squash(x))
"""


@pytest.mark.parametrize(
    "make",
    [
        small,
        lambda: create_small_resnet(14, width=2, in_channels=1, shortcut="B"),
        lambda: SmallTransformer(2),
        lambda: freeze_backbone(small()),
        lambda: hooked(small()),
        lambda: replace_head(small(), 3),
    ],
)
def test_what_is_made_twice_in_the_same_way_has_one_fingerprint(make: Callable[[], nn.Module]) -> None:
    nets = [seeded(make) for _ in range(2)]
    first, second = (fingerprint(net, SGD(net.parameters(), lr=0.1, momentum=0.9)) for net in nets)

    assert first is not None
    assert first == second


def test_a_class_of_the_notebook_is_known_by_its_code_and_by_all_that_this_uses() -> None:
    cells = notebook(LEARNERS_NET)

    def known() -> str | None:
        return fingerprint(seeded(lambda: cells["Net"](nn.Linear(2, 2))))

    seen = [known(), known()]
    cells["SCALE"] = 2.0
    seen.append(known())
    exec("def squash(x):\n    return SCALE * x.relu()", cells)
    seen.append(known())
    exec("class Net(nn.Sequential):\n    pass", cells)
    seen.append(known())

    assert None not in seen
    assert seen[0] == seen[1]
    assert len(set(seen)) == 4


def test_a_copy_has_the_fingerprint_of_the_original() -> None:
    net = seeded(lambda: hooked(small()))

    assert fingerprint(copy.deepcopy(net)) == fingerprint(net)


CHANGES: dict[str, Callable[[Any], object]] = {
    "a weight": lambda net: net.fc.weight.data[0, 0].add_(1e-3),
    "a running mean": lambda net: net.layer1[0].bn1.running_mean.add_(0.1),
    "the stride of a convolution": lambda net: setattr(net.conv1, "stride", (1, 1)),
    "the eps of a BatchNorm": lambda net: setattr(net.layer1[0].bn1, "eps", 1e-3),
    "the momentum of a BatchNorm": lambda net: setattr(net.layer1[0].bn1, "momentum", 0.5),
    "another activation": lambda net: setattr(net.layer1[0], "relu", nn.SiLU()),
    "the slope of an activation": lambda net: setattr(net.layer1[0], "relu", nn.LeakyReLU(0.3)),
    "an attribute of one's own": lambda net: setattr(net, "scale", 2),
    "eval mode": lambda net: net.eval(),
    "a frozen weight": lambda net: net.fc.weight.requires_grad_(False),
    "a hook": lambda net: net.fc.register_forward_hook(WATCH),
    "a hook on another layer": lambda net: hooked(net.layer2),
    "one layer in two places": lambda net: setattr(net.layer1[0], "conv2", net.layer1[0].conv1),
    "double precision": lambda net: net.double(),
}


@pytest.mark.parametrize("change", CHANGES.values(), ids=CHANGES)
def test_whatever_changes_a_net_changes_its_fingerprint(change: Callable[[nn.Module], object]) -> None:
    net, changed = seeded(small), seeded(small)
    change(changed)

    assert fingerprint(changed) not in (None, fingerprint(net))


PAIRS: dict[str, tuple[Any, Any]] = {
    "shortcuts": tuple(seeded(partial(SmallTransformer, 2, shortcut=each)) for each in (True, False)),
    "plain and residual": tuple(seeded(partial(make, 8, width=2)) for make in (create_plain_net, create_small_resnet)),
    "images": (Batches(*DIGITS), Batches(DIGITS[0] + 0.1, DIGITS[1])),
    "labels": (Batches(*DIGITS), Batches(DIGITS[0], DIGITS[1].flip(0))),
    "batch size": (Batches(*DIGITS, batch_size=2), Batches(*DIGITS, batch_size=3)),
    "order": (Batches(*DIGITS), Batches(*DIGITS, shuffle=True)),
    "augmentation": (Batches(*DIGITS), Batches(*DIGITS, transform=random_crop_flip(2))),
    "setting of an augmentation": tuple(Batches(*DIGITS, transform=random_crop_flip(each)) for each in (1, 2)),
    "numbers": (3, 4),
}


@pytest.mark.parametrize(("one", "other"), PAIRS.values(), ids=PAIRS)
def test_different_things_have_different_fingerprints(one: Any, other: Any) -> None:
    assert None not in (fingerprint(one), fingerprint(other))
    assert fingerprint(one) != fingerprint(other)
    assert fingerprint(one) == fingerprint(copy.deepcopy(one))


def test_an_optimizer_is_known_by_kind_settings_state_and_which_weights_it_has() -> None:
    net = seeded(small)
    makers = [
        lambda: SGD(net.parameters(), lr=0.1),
        lambda: SGD(net.parameters(), lr=0.2),
        lambda: SGD(net.parameters(), lr=0.1, momentum=0.9),
        lambda: SGD(net.parameters(), lr=0.1, weight_decay=0.1),
        lambda: SGD(net.fc.parameters(), lr=0.1),
        lambda: SGD([{"params": net.fc.parameters(), "lr": 0.1}, {"params": net.conv1.parameters(), "lr": 0.2}]),
        lambda: SGD([{"params": net.fc.parameters(), "lr": 0.2}, {"params": net.conv1.parameters(), "lr": 0.1}]),
        lambda: Adam(net.parameters(), lr=0.1),
    ]
    known = [fingerprint(net, make()) for make in makers]
    used = SGD(net.parameters(), lr=0.1, momentum=0.9)
    used.state[net.fc.weight]["momentum_buffer"] = torch.ones_like(net.fc.weight)
    watched = SGD(net.parameters(), lr=0.1)
    watched.register_step_pre_hook(WATCH)
    known += [fingerprint(net, used), fingerprint(net, watched)]

    assert None not in known
    assert len(set(known)) == len(known)
    assert known[: len(makers)] == [fingerprint(net, make()) for make in makers]


def test_a_method_that_a_notebook_puts_into_a_class_of_the_course_is_seen(monkeypatch: pytest.MonkeyPatch) -> None:
    net = seeded(small)
    before = fingerprint(net)
    own = notebook("def forward(self, x):\n    return x")["forward"]
    monkeypatch.setattr(BasicBlock, "forward", own)
    patched = fingerprint(net)
    monkeypatch.undo()
    monkeypatch.setattr(F, "relu", own)
    function = fingerprint(net)
    monkeypatch.undo()

    assert None not in (before, patched, function)
    assert len({before, patched, function}) == 3
    assert fingerprint(net) == before


def test_settings_of_the_whole_process_are_seen() -> None:
    net = seeded(small)
    known = [fingerprint(net)]
    with torch.autocast("cpu", dtype=torch.bfloat16):
        known.append(fingerprint(net))
    handle = nn.modules.module.register_module_forward_hook(WATCH)
    known.append(fingerprint(net))
    handle.remove()
    # A transform may draw from these; torch's own generator is seeded by every training.
    states = random.getstate(), np.random.get_state()
    random.random()
    known.append(fingerprint(net))
    random.setstate(states[0])
    np.random.random()
    known.append(fingerprint(net))
    np.random.set_state(states[1])

    assert None not in known
    assert len(set(known)) == 5
    assert fingerprint(net) == known[0]


class FromAFile(nn.Linear):
    """Of a module that is neither the course's nor PyTorch's: its code may change while its name stays."""


class Unpicklable:
    def __reduce__(self) -> str:
        raise TypeError("no")


def test_what_would_be_known_by_a_name_of_the_notebook_is_in_doubt(monkeypatch: pytest.MonkeyPatch) -> None:
    """A cached function is pickled by its name, which the next cell may give to another function."""
    cached = notebook("import functools\n\n@functools.cache\ndef double(x):\n    return 2 * x")["double"]
    monkeypatch.setattr(sys.modules["__main__"], "double", cached, raising=False)
    hook = notebook("def watch(module, inputs, output):\n    return double(output)", double=cached)["watch"]
    net = seeded(small)
    net.fc.register_forward_hook(hook)

    assert fingerprint(cached) is None
    assert fingerprint(net) is None


def test_what_is_in_doubt_has_no_fingerprint() -> None:
    net = seeded(small)
    pulled = nn.Linear(2, 2)
    pulled.weight.register_hook(lambda gradient: 2 * gradient)

    assert fingerprint(net) is not None
    for doubtful in (FromAFile(2, 2), Unpicklable(), (each for each in [1]), pulled, nn.Linear(2, 2).weight * 2):
        assert fingerprint(net, doubtful) is None
