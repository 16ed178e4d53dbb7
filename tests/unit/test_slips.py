"""Slips of the pen are read from the learner's text, whatever the exercise."""

from __future__ import annotations

import pytest
import torch
from solved_lesson import run
from torch import nn

from resnet_course.checks.judging import Fault, common
from resnet_course.checks.slips import find_slips, slip_behind

SLIPS = {
    "slip-equality": "def f(x):\n    x == 3\n    return x",
    "slip-call": "def f(net):\n    net.eval\n    return net",
    "slip-raise": "def f(x):\n    if x < 0:\n        return ValueError('negative')\n    return x",
    "slip-loop": "def f(x):\n    for each in x:\n        total = each\n        return total",
    "slip-caret": "def f(x):\n    return x ^ 2",
    "slip-attribute": "def f(net):\n    for each in net.parameters():\n        each.require_grad = False",
    "slip-always": "def f(x):\n    if x == 'a' or 'b':\n        return 1\n    return 2",
    "slip-and": "def f(stride, x):\n    if stride == 1 & x == 4:\n        return 1\n    return 2",
    "slip-lost": "def f(x):\n    torch.flatten(x, 1)\n    return x",
    "slip-plus": "def f(x):\n    y = 3\n    y =+ x\n    return y",
    "slip-append": "def f(x):\n    y = []\n    y = y.append(x)\n    return y",
    "slip-braces": "def f(net, stage):\n    return getattr(net, 'layer{stage}')",
    "slip-colon": "def f(x):\n    norms = {}\n    norms['a']: x\n    return norms",
    "slip-comma": "def f(x):\n    return x + 1,",
    "slip-text": "def f(x):\n    return dict(bias='False')",
    "slip-identity": "def f(x):\n    return None if x is 3 else x",
    "slip-value": "def f(x):\n    x + 1",
    "slip-decimal": "def f(x):\n    return 0,25 ** x",
    "slip-dot": "def f(self):\n    self,conv1 = 3",
    "slip-stranger": "def f(x):\n    return layer(x)",
    "slip-arguments": "def f(y, x):\n    return x",
}
FINE = (
    "def f(x):\n    same = x == 3\n    return same",
    "def f(net):\n    net.eval()\n    return net",
    "def f(x):\n    raise ValueError('negative')",
    "def f(x):\n    for each in x:\n        if each > 0:\n            return each\n    return None",
    "def f(x):\n    for each in x:\n        return each",  # the first one: no slip, if short
    "def f(net):\n    net.conv1.stride = (1, 1)\n    net.width = 2",
    "def f(x):\n    'A line about it'\n    if x == 'a' or x == 'b':\n        return (x,)\n    return x,  x",
    "def f(x):\n    return f'{{x}}{x}' if x != 1 or len(x) != 2 else '{y}'.format(y=x)",
    "def f(x):\n    width: int\n    width = x\n    ...",
    "def f(x):\n    return x is None or type(x) is not ValueError or x is True",
    "def f(x, z):\n    return z",
    "def f(self, x):\n    self.relu(x)\n    x = self.layer4(x)\n    self.x = x.flatten(1)\n    return (x & 1) == 0",
    "def f(x=None):\n    x = x or 1\n    y = +x\n    return y",
    "def f(x):\n    return x[0,1], (1,1), f(0, 25), 3, 4 * x",
    "def f(x):\n    return table + x",
    "def f(x):\n    return lambda layer: layer(3)",
)


def answer(source: str) -> object:
    namespace: dict[str, object] = {"layer": nn.ReLU(), "table": torch.zeros(3)}
    run(source, namespace)
    return namespace["f"]


@pytest.mark.parametrize("key", SLIPS)
def test_a_slip_is_seen_with_its_line(key: str) -> None:
    (slip,) = find_slips((answer(SLIPS[key]),), ("x", "y") if key == "slip-arguments" else ())

    assert slip["key"] == key
    assert SLIPS[key].splitlines()[slip["line"] - 1].strip() == slip["code"]


@pytest.mark.parametrize("source", FINE)
def test_what_only_looks_like_a_slip_is_none(source: str) -> None:
    assert find_slips((answer(source),), ("x", "y")) == []


@pytest.mark.parametrize(
    ("line", "seen"),
    [
        ("def f(x, stride=1):", []),
        ("def f(x, stride=(1, 1)):", []),
        ("def f(x, stride=2):", ["slip-default"]),
        ("def f(x, stride):", ["slip-default"]),
        ("def f(stride, x):", ["slip-arguments", "slip-default"]),
        ("def f(x, y):", []),
    ],
)
def test_order_and_defaults_are_compared_with_the_exercise(line: str, seen: list[str]) -> None:
    slips = find_slips((answer(f"{line}\n    return x"),), ("x", "stride=1"))

    assert [slip["key"] for slip in slips] == seen


def test_a_tensor_of_the_notebook_is_a_stranger_where_an_argument_is_left_unused() -> None:
    (slip,) = find_slips((answer("def f(x):\n    return table + 1"),))

    assert (slip["key"], slip["meant"]) == ("slip-stranger", "table")


def test_a_return_ends_a_while_too() -> None:
    (slip,) = find_slips((answer("def f(x):\n    while x > 3:\n        x = x - 1\n        return x\n    return 0"),))

    assert slip["key"] == "slip-loop"


def test_methods_are_read_too() -> None:
    namespace: dict[str, object] = {}
    run("class Net:\n    def forward(self, x):\n        self.relu\n        return x", namespace)

    assert [slip["code"] for slip in find_slips((namespace["Net"], 3))] == ["self.relu"]


def test_a_method_that_uses_self_and_lacks_it_is_named() -> None:
    namespace: dict[str, object] = {}
    run("class Net:\n    def __init__(planes):\n        self.width = planes\n", namespace)

    (slip,) = find_slips((namespace["Net"],))

    assert (slip["key"], slip["line"]) == ("slip-self", 3)
    assert slip_behind(common("signature"), [slip]) is not None


def test_a_power_is_named_only_where_numbers_are_wrong() -> None:
    caret = find_slips((answer(SLIPS["slip-caret"]),))

    assert slip_behind(Fault("numbers-differ"), caret) is not None
    assert slip_behind(Fault("returned-nothing"), caret) is None
    assert slip_behind(common("unsolved"), caret) is None


def test_where_a_misspelt_attribute_is_read_the_error_itself_says_so() -> None:
    strides = find_slips((answer("def f(net):\n    net.strides = net.strides + 1"),))

    assert slip_behind(Fault("stride-lost"), strides) is not None
    assert slip_behind(common("raised", error="AttributeError", text=""), strides) is None
