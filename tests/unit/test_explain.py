"""Every error that a learner can make with these lines is really made, and explained with the learner's own words."""

from __future__ import annotations

import math
import re
import traceback
import warnings
from string import Formatter

import numpy as np
import pytest
import torch
from torch import nn
from torch.nn import functional as F

from resnet_course.explain import ERRORS, explain, meant_by
from resnet_course.language import catalogue, find, languages, message, speaking

BLOCK = """
class Block(nn.Module):
    def __init__(self, planes):
        super().__init__()
        self.conv1 = nn.Conv2d(planes, planes, 3)
        self.downsample = None

    def forward(x):
        return x
"""
NO_RETURN = "def f(x):\n    x + 1\n"
SQUARE = "x = torch.ones(3, requires_grad=True)\ny = (x * 2).exp()\n"

NET = """
class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.conv1 = nn.Conv2d(3, 4, 3)
        self.fc = nn.Linear(8, 2)

    def forward(self, x):
        return conv1(x)
"""
HELPER = "def make_layer():\n    pass\n"
METHOD = "class Block:\n    def __init__(self):\n        self.{}\nBlock()"

# The sentence's key, the code, and what the sentence must name.
MADE = [
    ("name.attribute", NET + "Net()(1)", "`self.conv1`"),
    ("name.attribute", NET + "def f(net):\n    return conv1.weight\nf(Net())", "`net.conv1`"),
    ("name.attribute", NET + "def f(net):\n    return nn.Linear(in_features, 3)\nf(Net())", "`net.fc.in_features`"),
    ("name.attribute", "class A:\n    w = 1\n    def f(self):\n        return w\nA().f()", "`self.w`"),
    ("name.no-self", "def f(x):\n    return self.conv4(x)\nf(1)", "`self`"),
    ("name.no-self-meant", NET + "def f(net):\n    return self.conv1.stride\nf(Net())", "`net.conv1`"),
    ("name.no-self-meant", HELPER + "def f(x):\n    return self.make_layer(x)\nf(1)", "`make_layer`"),
    ("name.constant", "nn.Conv2d(3, 4, 3, bias=false)", "`False`"),
    ("name.constant", "x = null", "`None`"),
    ("name.greek", "def f(x):\n    return σ(x)\nf(1)", "`σ`"),
    ("name.quotes", "def f(x):\n    return {params: x, 'lr': 1}\nf(1)", '`"params"`'),
    ("name.quotes", "def f(x):\n    return {'params': x, lr: 1}\nf(1)", '`"lr"`'),
    ("name.quotes", "def f(x):\n    return {\n        resnet18: (x, [2, 2]),\n    }\nf(1)", '`"resnet18"`'),
    ("name.quotes", "def f(block):\n    return hasattr(block, bn3)\nf(1)", '`"bn3"`'),
    ("name.quotes", "def f(x):\n    return dict(weights=DEFAULT)\nf(1)", '`"DEFAULT"`'),
    ("name.symbol", "def f(x):\n    return torch.eye(n)\nf(1)", "len(x)"),
    ("name.torch", "def f(x):\n    return jacrev(abs)(x)\nf(1)", "`torch.func.jacrev`"),
    ("name.torch", "Conv2d(3, 4, 3)", "`torch.nn.Conv2d`"),
    ("name.torch", "cross_entropy(1, 2)", "`torch.nn.functional.cross_entropy`"),
    ("name.torch", "def forward(self, x):\n    return relu(x)\nforward(None, 1)", "`torch.relu`"),
    ("name.import", "def f(x):\n    return warnings.warn(x)\nf(1)", "`import warnings`"),
    ("name.numpy", "del np\nx = np.exp(3)", "import numpy as np"),
    ("name.import", "def f(x):\n    return plt.plot(x)\nf(1)", "`import matplotlib.pyplot as plt`"),
    ("name.attribute", "def f(x):\n    return comb(x, 1)\nf(1)", "`math.comb`"),
    ("name.near", "def conv_cost(L):\n    pass\ndef f(x):\n    return conv_costs(x)\nf(3)", "`conv_cost`"),
    ("name.near", "def f(stride):\n    return stirde\nf(3)", "`stride`"),
    ("name.near", "def forward(self, out):\n    identity = out\n    return identiy\nforward(1, 2)", "`identity`"),
    ("name.no-input-yet", METHOD.format("relu = nn.ReLU(x)"), "forward"),
    ("name.no-input", "def conv3x3(planes):\n    return nn.Conv2d(3, planes, 3)(x)\nconv3x3(4)", "`x`"),
    ("name.unknown", "def forward(self, x):\n    return bn3(x)\nforward(None, 1)", "`bn3`"),
    ("name.unknown", "def f(x):\n    return Y1 + 1\nf(1)", "`Y1`"),
    ("name.optimizer", "def f(model):\n    optimizer.zero_grad()\nf(1)", "model.zero_grad()"),
    ("name.middle-dot", "y = x·y", "x·y"),
    ("name.unbound", "def f():\n    total += 1\nf()", "total = …"),
    ("name.module", "import torchvison", "torchvison"),
    ("attribute.bool", "(3 == 3).sum()", ".sum"),
    ("attribute.number", "(1.0).item()", "float"),
    ("attribute.inside", "nn.BatchNorm2d(8)(8)", "int"),
    ("attribute.append", "nn.ReLU().append(3)", "`ReLU`"),
    ("attribute.of-a-name", "nn.Linear(3, 4).weight.startswith('fc.')", "`Parameter`"),
    ("attribute.stage", "class Net:\n    pass\nNet().layer4", "`layer4`"),
    ("attribute.of-the-text", "class Net:\n    pass\nNet().backbone", "`backbone`"),
    ("attribute.of-a-layer", "class Bottleneck:\n    pass\nBottleneck().stride", "`conv2.stride`"),
    ("attribute.in-place", "nn.init.zeros_(nn.BatchNorm2d(3))", "layer.weight"),
    ("attribute.some-blocks", "class PlainBlock:\n    pass\nPlainBlock().downsample", "PlainBlock"),
    ("attribute.exchanged", "(28).fc", "int"),
    ("attribute.exchanged", "[2, 2].expansion", "list"),
    ("attribute.text", "'BasicBlock'.expansion", ".expansion"),
    ("attribute.entry", "dict(accuracy=1).accuracy", '["accuracy"]'),
    ("attribute.layer", "nn.BatchNorm2d(3)(nn.Conv2d(3, 3, 3))", "`Conv2d`"),
    ("attribute.layer", "nn.Conv2d(3, 3, 3).shape", "self.conv1(x)"),
    ("attribute.outside", HELPER + METHOD.format("make_layer()"), "`self.`"),
    ("attribute.zero-grad", "torch.zeros(3).zero_grad()", "`model.zero_grad()`"),
    ("attribute.row", "nn.Sequential(nn.ReLU()).weight", "children()"),
    ("attribute.numbered", NET + "Net().layer[1]", "`layer1`"),
    ("attribute.near", NET + "Net().conv_1", ".conv1"),
    ("attribute.near", "dict(a=1).item()", ".items"),
    ("attribute.near", "[].apend(1)", ".append"),
    ("attribute.tuple", "(1, 2).backward()", ".backward"),
    ("attribute.list", "[1].shape", ".shape"),
    ("attribute.array", "np.zeros(3).detach()", ".detach"),
    ("attribute.none", NO_RETURN + "f(1).shape", ".shape"),
    ("attribute.function", "torch.zeros(3).sum.item()", ".item"),
    ("attribute.function", NO_RETURN + "f.shape", ".shape"),
    ("attribute.missing", "torch.zeros(3).flibber()", "flibber"),
    ("attribute.missing", "from torch import flibber", "flibber"),
    ("attribute.missing-better", "torch.zeros(3).siez()", "Tensor.size"),
    ("attribute.missing-better", "nn.Conv2D(3, 4, 3)", "torch.nn.Conv2d"),
    ("attribute.missing-better", "torch.Linear(3, 4)", "torch.nn.Linear"),
    ("attribute.missing-better", "torch.Conv2d(3, 4, 3)", "torch.nn.Conv2d"),
    ("attribute.missing-better", "nn.linear(3, 4)", "torch.nn.Linear"),
    ("attribute.missing-better", "nn.conv2d(3, 4, 3)", "torch.nn.Conv2d"),
    ("attribute.missing-better", "F.Linear(3, 4)", "torch.nn.Linear"),
    ("attribute.missing-better", "torch.Sigmoid(1)", "`torch.sigmoid`"),
    ("attribute.missing-better", "nn.init.zeros(1)", "torch.nn.init.zeros_"),
    ("attribute.missing-better", "nn.jacrev(abs)", "torch.func.jacrev"),
    ("attribute.missing-better", "from torch.nn import Conv2D", "torch.nn.Conv2d"),
    ("attribute.class", BLOCK + "Block.conv1", "Block"),
    ("attribute.object", BLOCK + "Block(3).conv4", "self.conv4"),
    ("call.no-forward", "nn.ModuleList([nn.ReLU()])(torch.zeros(3))", "ModuleList"),
    ("call.missing-for-a-class", "nn.Conv2d(3)", "`out_channels`, `kernel_size`"),
    ("call.missing-for-a-class", "def f(norm=nn.BatchNorm2d()):\n    pass", "num_features"),
    ("call.missing", "def f():\n    def cost(w):\n        pass\n    cost()\nf()", "`cost`"),
    ("call.missing", "def f(x, y, z):\n    pass\nf(1)", "`y`, `z`"),
    ("call.missing", "nn.Linear(3)", "`out_features`"),
    ("call.missing", "nn.Conv2d(4, 5)", "`kernel_size`"),
    ("call.no-input", "nn.Sequential(nn.ReLU())()", "Sequential.forward"),
    ("call.list-for-layers", "nn.Sequential([nn.ReLU()])", "nn.Sequential(*layers)"),
    ("call.hook", "def f(a, b):\n    pass\nnn.ReLU().register_forward_pre_hook(f())", "`a`, `b`"),
    ("call.object-for-class", BLOCK.replace("(x)", "(self, x)") + "block = Block(3)\nblock(4, 4)", "`Block`"),
    ("call.function-itself", "torch.func.jacrev(torch.zeros(3))(torch.zeros(3))", "`jacrev(f)(x)`"),
    ("call.number-stored", METHOD.format("shortcut = 0; self.shortcut(3)"), "`self.shortcut`"),
    ("call.missing-for-a-layer", "def f(x, w):\n    return nn.Conv2d(x, w)\nf(1, 2)", "`F.conv2d(x, weight)`"),
    ("call.none-in-init", METHOD.format("downsample = None(3, 4)"), "self.downsample = downsample"),
    ("call.setting", "nn.Conv2d(3, 4, 3).stride((1, 1))", "`.stride`"),
    ("call.function-for-tensor", "F.linear(torch.zeros(3).flatten, torch.zeros(3, 3))", "x.flatten(1)"),
    ("call.layer-for-tensor", "F.relu(nn.ReLU())", "`ReLU`"),
    ("call.layer-for-tensor", "nn.Conv2d(3, 4, 3)(nn.MaxPool2d(3))", "`MaxPool2d`"),
    ("call.one-tensor", "torch.cat(torch.zeros(3), dim=0)", "append"),
    ("call.tensor-stored", METHOD.format("b = torch.zeros(3); self.b(1)"), "`self.b`"),
    ("call.star", "torch.cat(*[torch.zeros(3), torch.zeros(3)], dim=0)", "`cat`"),
    ("call.count", "math.comb(3)", "comb"),
    ("call.class-for-layer", "nn.Sequential(nn.ReLU)", "`ReLU(…)`"),
    ("call.class-for-layer", "nn.Sequential(nn.ReLU())[0] = nn.Identity", "`Identity(…)`"),
    ("call.too-many-for-a-method", BLOCK + "Block(3)(torch.zeros(1))", "Block.forward"),
    ("call.too-many-for-a-class", BLOCK + "Block(3, 4, 5)", "Block.__init__"),
    ("call.too-many-for-a-layer", "nn.Sigmoid(torch.zeros(1))", "Sigmoid"),
    ("call.too-many-for-one", "[].append(1, 2)", "list.append"),
    ("call.too-many", "(lambda x: 1)(1, 2)", "2"),
    ("call.too-many", "def f(x, y=1):\n    pass\nf(1, 2, 3)", "2"),
    ("call.no-init", "class Block:\n    def _init_(self, x):\n        pass\nBlock(3)", "Block"),
    ("call.twice", "nn.Conv2d(4, 5, 3, in_channels=4)", "in_channels"),
    ("call.unexpected", "nn.Conv2d(4, 5, 3, kernel=3)", "kernel"),
    ("call.unexpected", "torch.relu(torch.zeros(2), inplase=True)", "inplase"),
    ("call.unexpected", "print(3, foo=2)", "foo"),
    ("call.super", "class A:\n    def __init__(self):\n        super.__init__()\nA()", "super().__init__()"),
    ("call.sequential", "nn.Sequential(conv=nn.ReLU())", "nn.Sequential(a, b)"),
    ("call.bool", "norm = True\nnorm(3)", "`True`"),
    ("call.attribute", "nn.Linear(3, 4).in_features()", ".in_features"),
    ("call.at-once", "F.conv2d(3, 4, padding=1)", "nn.Conv2d"),
    ("call.at-once", "F.linear(3, 4)", "nn.Linear"),
    ("call.number", "x = 2\n3 * x(x + 1)", "int"),
    ("call.tensor", "torch.zeros(3)(0)", "*"),
    ("call.none", BLOCK + "Block(3).downsample(1)", "None"),
    ("call.list", "[nn.ReLU()](torch.zeros(3))", "list"),
    ("call.module", "torch(3)", "torch.relu(x)"),
    ("call.object", "class Block:\n    pass\nBlock()(3)", "Block"),
    ("call.value", "torch.zeros(3).shape()", "torch.Size"),
    ("call.context", "with torch.no_grad:\n    pass", "torch.no_grad()"),
    ("call.not-tensor", "F.relu(None)", "NoneType"),
    ("call.combination", "F.conv2d([1, 2], torch.zeros(1, 1, 3, 3))", "list, Tensor"),
    ("shape.sum", "torch.zeros(2, 64) + torch.zeros(2, 32)", "64"),
    ("shape.product", "nn.Linear(8, 4)(torch.zeros(2, 3))", "2x3"),
    ("shape.product", "torch.mm(torch.zeros(2, 3), torch.zeros(5, 4))", "5x4"),
    ("shape.channels", "nn.Conv2d(3, 4, 3)(torch.zeros(1, 5, 8, 8))", "5"),
    ("shape.norm", "nn.BatchNorm2d(3)(torch.zeros(2, 8, 4, 4))", "8"),
    ("shape.dimensions", "nn.Conv2d(3, 4, 3)(torch.zeros(8, 7))", "[8, 7]"),
    ("shape.norm-dimensions", "nn.BatchNorm2d(3)(torch.zeros(8, 3))", "4"),
    ("shape.one-value", "nn.BatchNorm2d(7)(torch.zeros(1, 7, 1, 1))", "[1, 7, 1, 1]"),
    ("shape.at-sign", "s = torch.ones(2, 3)\ns @ (1 - s)", "`*`"),
    ("shape.view", "torch.zeros(2, 3).t().view(6)", "reshape"),
    ("shape.reshape", "torch.zeros(2, 3).view(4)", "[4]"),
    ("shape.stranger", "x = torch.zeros(2, 3)\ndef f(net):\n    return net(x)\nf(nn.Linear(4, 4))", "`x`"),
    ("shape.assigned", "torch.zeros(5, 3)[:, :3] = torch.zeros(5, 2)", "3"),
    ("shape.pooled", "nn.AdaptiveAvgPool2d((1, 1))(torch.zeros(2, 8))", "flatten(1)"),
    ("shape.exchanged", "F.conv2d(torch.zeros(4, 3, 3, 3), torch.zeros(2, 3, 7, 7))", "7 x 7"),
    ("shape.compared", "(torch.zeros(7, 5) == torch.zeros(7)).sum()", ".argmax(1)"),
    ("shape.counted", "r = torch.zeros(7)\nr += (torch.zeros(3) == torch.zeros(3))", ".sum()"),
    ("shape.same", "nn.Conv2d(3, 4, 3, stride=2, padding='same')", '"same"'),
    ("shape.filter", "F.conv2d(torch.zeros(1, 3, 4, 4), torch.zeros(3, 3, 3))", "weight.chunk(groups)"),
    ("shape.norm-images", "nn.BatchNorm1d(3)(torch.zeros(2, 3, 4, 4))", "nn.BatchNorm2d"),
    ("shape.joined", "torch.cat([torch.zeros(2, 3), torch.zeros(3, 4)])", "4"),
    ("shape.window", "nn.Conv2d(3, 4, 5)(torch.zeros(1, 3, 2, 2))", "5 x 5"),
    ("dtype.differ", "nn.Linear(3, 4)(torch.zeros(2, 3, dtype=torch.long))", "Long"),
    ("dtype.differ", "nn.Conv2d(3, 4, 3)(torch.zeros(1, 3, 8, 8, dtype=torch.double))", "double"),
    ("dtype.differ", "torch.zeros(2, 3, dtype=torch.double) @ torch.zeros(3, 4)", "double"),
    ("dtype.differ", "F.cross_entropy(torch.zeros(2, 3), torch.zeros(2))", "Float"),
    ("dtype.cast", "x = torch.zeros(2, 2).double()\nx @ x.float()", "`.float()`"),
    ("dtype.product", "torch.zeros(3, 3).double() @ torch.eye(3)", "`+`"),
    ("dtype.whole", "torch.tensor(3, requires_grad=True)", "3.0"),
    ("gradient.leaf", "torch.zeros(3, requires_grad=True).add_(1)", "+="),
    ("gradient.none", "torch.zeros(3).sum().backward()", "requires_grad=True"),
    ("gradient.scalar", "torch.zeros(3, requires_grad=True).backward()", ".sum()"),
    ("gradient.twice", SQUARE + "y.sum().backward()\ny.sum().backward()", "backward()"),
    ("gradient.in-place", SQUARE + "y += 1\ny.sum().backward()", "+="),
    ("gradient.numpy", "torch.zeros(3, requires_grad=True).numpy()", ".detach()"),
    ("gradient.array", "torch.zeros(3, requires_grad=True) + np.eye(3)", "torch.eye"),
    ("gradient.view", "x = torch.zeros(3, requires_grad=True)\nfor y in torch.unbind(x * 1):\n    y += 1", ".clone()"),
    ("gradient.vector", "torch.func.grad(torch.tanh)(torch.zeros(3))", "jacrev"),
    ("gradient.number", "torch.func.grad(abs)(0.1)", "torch.tensor(x)"),
    ("value.truth-of-equality", "if torch.zeros(3) == torch.zeros(3):\n    pass", "(a == b).sum()"),
    ("value.in", "[p for p in [torch.zeros(2)] if p not in [torch.zeros(3)]]", "`is`"),
    ("value.in", "a = torch.zeros(2)\nif a in [torch.ones(2)]:\n    pass", "`is`"),
    ("value.one-by-one", "math.comb(3, range(3))", "for k in range"),
    ("value.no-number", "range([1, 2])", "len(layers)"),
    ("value.round", "round(torch.zeros(2), 4)", "`round`"),
    ("value.mode", "nn.ReLU().train([True])", "module.training"),
    ("value.enumerate", "for i, x, y in enumerate([(1, 2)]):\n    pass", "for i, (x, y) in"),
    ("value.too-few-behind-for", "for a, b, c in [(1, 2)]:\n    pass", "`for`"),
    ("value.truth", "if torch.zeros(3):\n    pass", ".any()"),
    ("value.item", "torch.zeros(7).item()", "7"),
    ("value.one", "float(torch.zeros(2))", "float"),
    ("value.one", "math.exp(torch.zeros(2))", "torch.exp"),
    ("value.whole", "range(3 / 2)", "//"),
    ("value.whole", "nn.Conv2d(4 / 2, 5, 3)", "//"),
    ("value.whole", "torch.zeros(4 / 2)", "//"),
    ("value.zero", "1 / 0", ""),
    ("value.zero", "1 % 0", ""),
    ("value.too-few", "a, b, c = 1, 2", "3"),
    ("value.too-many", "a, b = 1, 2, 3", "2"),
    ("value.groups", "nn.Conv2d(5, 4, 3, groups=2)", "in_channels"),
    ("index.none", NO_RETURN + "f(1)[0]", "None"),
    ("index.number", "x = 3\nx[0]", "int"),
    ("index.function", "len[3]", ""),
    ("index.net", "nn.ReLU()[0]", "ReLU"),
    ("index.object", "{1, 2}[0]", "set"),
    ("index.generator", "nn.ReLU().modules()[-1]", "generator"),
    ("index.generator", "dict(a=1).values()[0]", "dict_values"),
    ("index.tuple", "nn.Conv2d(3, 4, 3).stride[0] = 2", "conv.stride = (1, 1)"),
    ("index.text", "'resnet18'['accuracy']", "nets[name]"),
    ("index.none-assigned", "row = None\nrow[0] = 3", "`None`"),
    ("index.assigned", "c = []\nc[0] = 16", "append"),
    ("index.no-key", "dict(a=1)[max([], default=None)]", "default=None"),
    ("iterate.star", "layers = [].append(1)\nnn.Sequential(*layers)", "append"),
    ("operand.generator", "nn.ReLU().parameters() - nn.ReLU().parameters()", "`-`"),
    ("index.tensor", "[1, 2][torch.tensor([0, 1])]", "torch.stack"),
    ("index.range", "[1, 2][5]", "list"),
    ("index.bounds", "torch.zeros(3)[5]", "5"),
    ("index.layers", "nn.Sequential(nn.ReLU())[4]", "4"),
    ("index.dimension", "torch.zeros(3).sum(7)", "7"),
    ("index.too-many", "torch.zeros(2, 3)[0, 0, 0]", "2"),
    ("index.key", "dict(a=1)['conv9']", "conv9"),
    ("iterate.number", "for i in 3:\n    pass", "range"),
    ("iterate.added", "c = []\nc += 3", "append"),
    ("iterate.function", "for m in nn.ReLU().modules:\n    pass", "model.modules()"),
    ("iterate.empty", "torch.cat([])", ""),
    ("iterate.object", "for i in nn.ReLU():\n    pass", "ReLU"),
    ("iterate.unpack-for", "for name, m in nn.ReLU().modules():\n    pass", "`ReLU`"),
    ("iterate.unpack", NO_RETURN + "a, b = f(3)", "NoneType"),
    ("iterate.scalar", "a, b = torch.zeros(3).sum()", ".sum()"),
    ("operand.none", "torch.zeros(3) + None", "+"),
    ("operand.none", "None * torch.zeros(3)", "*"),
    ("operand.function", "torch.relu + torch.zeros(3)", "+"),
    ("operand.none", "3 < None", "<"),
    ("operand.function", "torch.zeros(3).dim > 1", ">"),
    ("operand.power", "0.25 ^ 3", "**"),
    ("operand.layer", "torch.zeros(3) + nn.Linear(3, 4)", "Linear"),
    ("operand.identity", "torch.zeros(3) + nn.Identity()", "torch.eye"),
    ("operand.tuple", "torch.zeros(3) * (1, 0)", "1.0"),
    ("operand.types", "{} + 1", "dict"),
    ("operand.joined", "'x' + 1", "int"),
    ("operand.row", "row = nn.ReLU()\nrow += nn.ReLU()", "`row.append(block(…))`"),
    ("operand.row-of-layers", "nn.Sequential(nn.ReLU()) + torch.zeros(3)", "`self.F(x) + x`"),
    ("operand.repeated", "[1] * 1.5", "float"),
    ("operand.compared", "3 <= '4'", "<="),
    ("syntax.character", "x = 3 § 4", "§"),
    ("syntax.character-better", "y = x²", "**2"),
    ("syntax.character-better", "y = 3²", "**2"),
    ("syntax.character-better", "y = 2 × 3", "×"),
    ("syntax.character-better", "y = a · b", "·"),
    ("syntax.character-better", "y = a − b", "`-`"),
    ("syntax.character-better", "print(“x”)", '`"`'),
    ("syntax.invisible", "x\u00a0= 3", "U+00A0"),
    ("syntax.zeros", "lr = 0,05", "0.05"),
    ("syntax.comma-in-call", "f(lr=0,1)", "0.1"),
    ("syntax.number", "y = 2x", "2 * x"),
    ("syntax.colon", "if x\n    pass", ":"),
    ("syntax.open", "f(1", "`(`"),
    ("syntax.unmatched", "f(1))", "`)`"),
    ("syntax.pair", "f(1]", "`]`"),
    ("syntax.equals", "if x = 3:\n    pass", "=="),
    ("syntax.equals", "f(a.b=3)", "=="),
    ("syntax.assign-to-a-call", "f(x) = 3", "f(x)"),
    ("syntax.assign-to-a-call", "f(x) += x", "return"),
    ("syntax.assign", "x + 1 += 2", "="),
    ("syntax.comma-in-entry", 'd = {"a": 0,25, "b": 1}', "`0.25`"),
    ("syntax.comma-in-entry", 'd = {"a": ..., "b": 16,384}', "`16384`"),
    ("syntax.entry", 'd = {"a": B, [2, 2], "c": 3}', "(1, 2)"),
    ("syntax.entry-equals", "d = {'lr' = 3}", '"lr": 0.1'),
    ("syntax.entry-equals", "d = {\n    'lr' = 3,\n    'a': 2}", '"lr": 0.1'),
    ("syntax.default", "def f(a, b=1, c):\n    pass", "def"),
    ("syntax.return", "return model.fc = 3", "`return`"),
    ("syntax.and-or", "if a && b:\n    pass", "`and`"),
    ("syntax.and-or", "if a || b:\n    pass", "`or`"),
    ("syntax.comma-before", 'd = {"B": "healthy" "C": "x"}', "^"),
    ("syntax.comma-before", 'd = {\n"B": "healthy"\n"C": "x"}', "^"),
    ("syntax.order-in-call", "f(lr=1, x)", ""),
    ("syntax.assign", "True = 3", "="),
    ("syntax.comma", "x = [1 2]", "*"),
    ("syntax.comma", "x = f(y(x, bias=False) g(y))", "*"),
    ("syntax.f-string", "f'{x'", "f-string"),
    ("syntax.text", "print('hi)", ""),
    ("syntax.text", "print(f'hi)", ""),
    ("syntax.text", "'''hi", ""),
    ("syntax.outside", "return 3", "return"),
    ("syntax.print", "print 3", "print(x)"),
    ("syntax.other", "retrun x", "retrun"),
    ("indentation.missing", "x = 1\nfor i in x:\npass", "`for`"),
    ("indentation.missing", "x = 1\ndef f():\npass", "2"),
    ("indentation.missing", "class A:\npass", "`class`"),
    ("indentation.unexpected", "x = 1\n  y = 2", ""),
    ("indentation.unindent", "def f():\n    x = 1\n  y = 2", ""),
    ("indentation.tabs", "if x:\n\tx = 1\n        y = 2", ""),
]

# What other versions of Python and PyTorch say, or what these lines cannot bring about here.
SAID = [
    ("name.unbound", "UnboundLocalError", "local variable 'total' referenced before assignment", "total"),
    ("call.context", "AttributeError", "__enter__", "with"),
    ("dtype.differ", "RuntimeError", "expected scalar type Float but found Long", "Long"),
    ("dtype.differ", "RuntimeError", "Found dtype Long but expected Float", "Long"),
    ("shape.product", "RuntimeError", "mat1 and mat2 shapes cannot be multiplied (2x8 and 4x3)", "2x8"),
    ("shape.norm-dimensions", "ValueError", "expected 2D or 3D input (got 1D input)", "3"),
    ("value.whole", "TypeError", "argument 'size' must be tuple of ints, but found element of type float", "//"),
    ("value.too-many", "ValueError", "too many values to unpack (expected 2, got 3)", "2"),
    ("call.unexpected", "TypeError", "f() got an unexpected keyword argument 'y'. Did you mean 'x'?", "`y`"),
    ("syntax.f-string", "SyntaxError", "f-string: empty expression not allowed", "f-string"),
    ("syntax.text", "SyntaxError", "unterminated triple-quoted f-string literal (detected at line 3)", ""),
    ("syntax.number", "SyntaxError", "invalid decimal literal", "2 * x"),
    ("iterate.empty", "RuntimeError", "torch.cat(): expected a non-empty list of Tensors", ""),
    ("call.offline", "RuntimeError", "It looks like there is no internet connection and the repo …", "internet"),
    ("call.no-gpu", "RuntimeError", "Found no NVIDIA driver on your system. Please check …", "cuda"),
    ("call.no-gpu", "AssertionError", "Torch not compiled with CUDA enabled", "cuda"),
]  # fmt: skip

# What PyTorch or a check calls in vain: no line of the learner's is to blame.
CALLED_BY_OTHERS = [
    ("call.none-by-others", "TypeError", "'NoneType' object is not callable", "None"),
    ("call.missing-default", "TypeError", "f() missing 1 required positional argument: 'stride'", "`stride`"),
    ("call.no-init-of-its-own", "TypeError", "__init__() takes 1 positional argument but 3 were given", "__int__"),
    ("call.replaced", "TypeError", "Module.eval() takes 1 positional argument but 2 were given", "Module.eval"),
    ("operand.none-by-others", "TypeError", "unsupported operand type(s) for *: 'NoneType' and 'int'", "*"),
]

UNKNOWN = [
    ("NameError", "name 'seven' is not defined", ""),
    ("NameError", "name 'bn3' is not defined", ""),
    ("ValueError", "the house is on fire", ""),
    ("OwnError", "'bool' object has no attribute 'sum'", ""),
    ("AssertionError", "", ""),
    ("RuntimeError", "", ""),
]


def make(code: str) -> tuple[str, ...]:
    """Run code and return what `explain` is told of its error: type, message, line, function, and what was meant."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            exec(compile(code, "<cell>", "exec"), {"math": math, "torch": torch, "nn": nn, "F": F, "np": np})
    except SyntaxError as error:
        return type(error).__name__, error.msg, error.text or "", "", ""
    except Exception as error:
        frames = [each for each in traceback.walk_tb(error.__traceback__) if each[0].f_code.co_filename == "<cell>"]
        frame, number = frames[-1]
        line = code.splitlines()[number - 1].strip()
        return type(error).__name__, str(error), line, frame.f_code.co_name, meant_by(error, frame, line)
    raise AssertionError(f"no error: {code}")


def fits(sentence: str, key: str) -> bool:
    """Tell whether a sentence is a key's, whatever its figures are."""
    parts = Formatter().parse(find(f"python_errors.{key}"))
    pattern = "".join(re.escape(words) + (".+" if figure else "") for words, figure, *_ in parts)
    return re.fullmatch(pattern, sentence) is not None


@pytest.mark.parametrize("language", languages())
@pytest.mark.parametrize(("key", "code", "word"), MADE, ids=[f"{key}: {code[-30:]!r}" for key, code, _ in MADE])
def test_a_mistake_gets_its_sentence_with_the_learners_own_word(language: str, key: str, code: str, word: str) -> None:
    with speaking(language):
        kind, text, *where = make(code)
        sentence = explain(kind, text, *where)

        assert sentence is not None, f"{kind}: {text}"
        assert fits(sentence, key), sentence
    assert word in sentence


@pytest.mark.parametrize("language", languages())
@pytest.mark.parametrize(("key", "kind", "text", "word"), SAID + CALLED_BY_OTHERS)
def test_what_other_versions_say_is_known_too(language: str, key: str, kind: str, text: str, word: str) -> None:
    with speaking(language):
        sentence = explain(kind, text)

        assert sentence is not None
        assert fits(sentence, key), sentence
    assert word in sentence


@pytest.mark.parametrize(("kind", "text", "code"), UNKNOWN)
def test_what_is_not_known_is_not_explained(kind: str, text: str, code: str) -> None:
    assert explain(kind, text, code) is None


@pytest.mark.parametrize("language", languages())
def test_every_sentence_is_reached_and_every_row_has_one(language: str) -> None:
    there = {f"{area}.{name}" for area, part in catalogue(language, "python_errors").items() for name in part}
    there = {key for key in there if not key.startswith("exercise.")}  # those are the notebook's own

    assert {key for key, *_ in MADE + SAID + CALLED_BY_OTHERS} == there
    assert {key for _, _, key in ERRORS} == {key for key in there if not key.endswith("-better")}


@pytest.mark.parametrize("language", languages())
def test_a_line_break_or_braces_in_an_error_do_no_harm(language: str) -> None:
    with speaking(language):
        assert "{a}" in str(explain("KeyError", "'{a}'"))
        assert explain("KeyError", "'a'\nb") == message("python_errors.index.key", entry="'a'")


def test_a_layer_with_a_weight_of_its_own_is_not_a_digit_away() -> None:
    sentence = explain(*make(BLOCK + "Block(3).conv4"))

    assert sentence is not None
    assert "conv1" not in sentence


@pytest.mark.parametrize("code", ["y = {}", "y = [{} for i in range(3)]", "y = sum({} for i in range(3))"])
def test_an_unknown_name_outside_of_functions_is_left_to_the_notebook(code: str) -> None:
    _, text, line, _, meant = make("gradient = 3\n" + code.format("gradients"))

    # Although a name there is written almost like it: the cell that makes `gradients` may not have run.
    assert explain("NameError", text, line, "<module>", meant) is None
