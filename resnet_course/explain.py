"""What the most frequent errors of Python and PyTorch mean, in the learner's language.

The sentences stand in ``messages/<language>/python_errors.toml``.
"""

from __future__ import annotations

import difflib
import re
import sys
from collections.abc import Iterable
from types import FrameType, ModuleType

from resnet_course.language import message

_FUNCTION = r"(?P<function>[\w.<>]+)\(\)"
_MISSING = r"missing \d+ required [\w-]+ arguments?: (?P<names>.+)"
_MISSING_SEVERAL = r"missing (?!1 )\d+ required [\w-]+ arguments: (?P<names>.+)"
_TOO_MANY = r"takes (?:from \d+ to )?(?P<takes>\d+) positional arguments? but (?P<given>\d+)"
_NAME = r"'(?P<name>\w+)'"
_OPERANDS = r"operand type\(s\) for (?P<sign>.+?): "
_COMPARED = r"'(?P<sign>[<>]=?)' not supported between instances of "
_TYPE = r"'(?P<type>[\w.]+)' object"
_FUNCTION_TYPE = r"(?:function|method|builtin_function_or_method|method_descriptor|functools\.partial)"
_OF_A_FUNCTION = rf"'{_FUNCTION_TYPE}'"

_NO_NAME = rf"name {_NAME} is not defined"
# What tensors have, and what tensors and nets have: not what an object of another kind is asked for by design.
_OF_A_TENSOR = (
    r"(?:n?dim|shape|size|numel|dtype|T|sum|mean|max|min|argmax|std|var|abs|exp|sqrt|norm|relu|sigmoid|item|tolist|view"
    r"|reshape|flatten|permute|transpose|squeeze|unsqueeze|chunk|split|clone|detach|grad|backward|requires_grad_?|numpy"
    r"|long|float|double|cpu|cuda|to)"
)
_OF_A_NET = r"(?:forward|parameters|named_parameters|children|modules|state_dict|train|eval|zero_grad|apply)"
_OF_A_LAYER = r"(?:stride|padding|kernel_size|weight|bias|(?:in|out)_(?:channels|features))"
_REFUSED_TYPES = r"(?:same dtype, but|and \w+ type .* should be|scalar type|[Ff]ound dtype)"

# The error's type, what it looks like, and the key of the sentence about it. The first that fits counts, so the special
# stand before the general. An expression sees four lines: the error's message, the learner's line (empty where none
# ran, as when PyTorch calls a hook in vain), the function in which it stands, and what `meant_by` found. Python 3.10 to
# 3.13 and PyTorch 2.6 to 2.15 word some errors differently.
ERRORS = (
    ("NameError", r"name '(?P<name>[^']*·[^']*)' is not defined", "name.middle-dot"),
    ("NameError", r"name '(?P<name>[^']*[\u0370-\u03ff][^']*)' is not defined", "name.greek"),
    ("NameError", r"name '(?P<name>(?i:true|false|none|null))' is not defined", "name.constant"),
    ("NameError", r"name 'self' is not defined.*\n.*\n.*\n(?P<meant>.+)", "name.no-self-meant"),
    ("NameError", r"name 'self' is not defined", "name.no-self"),
    ("NameError", rf"{_NO_NAME}.*\n(?:.*\{{[^}}]*(?<![\w.]))?(?P=name)\s*:", "name.quotes"),
    ("NameError", rf"{_NO_NAME}.*\n.*(?:has|get|set)attr\([\w.]+, *(?P=name)\b", "name.quotes"),
    ("NameError", r"name '(?P<name>[A-Z]{2,})' is not defined.*\n.*=\s*(?P=name)\b", "name.quotes"),
    ("NameError", rf"{_NO_NAME}.*\n.*\n.*\n(?P<meant>import numpy .+)", "name.numpy"),
    ("NameError", rf"{_NO_NAME}.*\n.*\n.*\n(?P<meant>import .+)", "name.import"),
    ("NameError", rf"{_NO_NAME}.*\n.*\n.*\n(?P<meant>torch\..+)", "name.torch"),
    ("NameError", rf"{_NO_NAME}.*\n.*\n.*\n(?P<meant>\w+)$", "name.near"),
    ("NameError", rf"{_NO_NAME}.*\n.*\n.*\n(?P<meant>.+)", "name.attribute"),
    ("NameError", r"name '(?P<name>x|out|images?)' is not defined.*\n.*\n__init__\n", "name.no-input-yet"),
    ("NameError", r"name '(?P<name>x)' is not defined.*\n.*\n(?!forward)\w+\n", "name.no-input"),
    ("NameError", r"name 'optimizer' is not defined.*\n.*zero_grad", "name.optimizer"),
    ("NameError", r"name '(?P<name>[a-zA-Z])' is not defined.*\n.*\S.*\n(?!<module>)", "name.symbol"),
    ("NameError", rf"{_NO_NAME}.*\n.*\S.*\n(?!<module>)", "name.unknown"),
    ("UnboundLocalError", rf"local variable {_NAME}", "name.unbound"),
    ("ModuleNotFoundError", r"No module named '(?P<name>[\w.]+)'", "name.module"),
    ("ImportError", rf"cannot import name {_NAME} from '(?P<owner>[\w.]+)'", "attribute.missing"),
    # Before Python 3.11, `with torch.no_grad:` is an AttributeError.
    ("AttributeError", r"'(?P<type>Tensor|Parameter)' object has no attribute 'zero_grad'", "attribute.zero-grad"),
    ("AttributeError", r"'(?P<type>Sequential)' object has no attribute '(?P<name>weight|bias)'", "attribute.row"),
    ("AttributeError", rf"{_TYPE} has no attribute 'layer'", "attribute.numbered"),
    ("AttributeError", r"__enter__", "call.context"),
    ("AttributeError", rf"'bool' object has no attribute {_NAME}", "attribute.bool"),
    (
        "AttributeError",
        rf"'(?P<type>int|float)' object has no attribute {_NAME}.*\n(?!.*\.(?P=name)).*\S",
        "attribute.inside",
    ),
    (
        "AttributeError",
        rf"'(?P<type>int|float)' object has no attribute '(?P<name>{_OF_A_TENSOR})'",
        "attribute.number",
    ),
    ("AttributeError", rf"'tuple' object has no attribute {_NAME}", "attribute.tuple"),
    ("AttributeError", rf"'numpy.ndarray' object has no attribute {_NAME}", "attribute.array"),
    ("AttributeError", rf"'NoneType' object has no attribute {_NAME}", "attribute.none"),
    ("AttributeError", rf"{_OF_A_FUNCTION} object has no attribute {_NAME}", "attribute.function"),
    ("AttributeError", rf"{_TYPE} has no attribute '(?P<name>startswith|endswith)'", "attribute.of-a-name"),
    ("AttributeError", rf"'(?P<owner>Tensor)' object has no attribute {_NAME}", "attribute.missing"),
    ("AttributeError", rf"module '(?P<owner>[\w.]+)' has no attribute {_NAME}", "attribute.missing"),
    ("AttributeError", rf"type object '(?P<type>\w+)' has no attribute {_NAME}", "attribute.class"),
    ("AttributeError", rf"'(?P<type>[A-Z]\w*)' object has no attribute '(?P<name>{_OF_A_TENSOR})'", "attribute.layer"),
    ("AttributeError", rf"{_TYPE} has no attribute {_NAME}.*\n.*\bself\..*\n.*\n(?P=name)$", "attribute.outside"),
    ("AttributeError", rf"{_TYPE} has no attribute '(?P<name>append|extend)'", "attribute.append"),
    ("AttributeError", rf"{_TYPE} has no attribute '(?P<name>layer\d)'", "attribute.stage"),
    (
        "AttributeError",
        rf"{_TYPE} has no attribute '(?P<name>backbone|body|head|stem)'.*\n(?!.*\bself\.)",
        "attribute.of-the-text",
    ),
    (
        "AttributeError",
        rf"'(?P<type>\w*(?:Bottleneck|Block|Net))' object has no attribute '(?P<name>{_OF_A_LAYER})'",
        "attribute.of-a-layer",
    ),
    ("AttributeError", r"'(?P<type>[A-Z]\w*)' object has no attribute '(?P<name>\w+_)'", "attribute.in-place"),
    (
        "AttributeError",
        rf"{_TYPE} has no attribute '(?P<name>downsample|bn3|conv3)'.*\n(?!.*\bself\.)",
        "attribute.some-blocks",
    ),
    ("AttributeError", rf"{_TYPE} has no attribute {_NAME}.*\n.*\n.*\n(?P<meant>.+)", "attribute.near"),
    ("AttributeError", rf"'list' object has no attribute '(?P<name>{_OF_A_TENSOR}|{_OF_A_NET})'", "attribute.list"),
    ("AttributeError", rf"'(?P<type>int|float|list)' object has no attribute {_NAME}", "attribute.exchanged"),
    ("AttributeError", rf"'str' object has no attribute {_NAME}", "attribute.text"),
    ("AttributeError", rf"'dict' object has no attribute {_NAME}", "attribute.entry"),
    ("AttributeError", rf"{_TYPE} has no attribute {_NAME}", "attribute.object"),
    ("NotImplementedError", r'Module \[(?P<type>\w+)\] is missing the required "forward"', "call.no-forward"),
    ("RuntimeError", r"(?:Boolean value of T|The size of t)ensor.*\n.*(?:\bif\b.*\bin\b|\bnot in\b)", "value.in"),
    (
        "RuntimeError",
        r"(?:size of tensor|cannot be multiplied|channels, but got|should contain).*\n.*\n.*\n(?P<meant>.+)",
        "shape.stranger",
    ),
    ("RuntimeError", r"tensor a \((?P<a>\d+)\) .* tensor b \((?P<b>\d+)\) .*\n.*\+=.*==", "shape.counted"),
    (
        "RuntimeError",
        r"tensor a \((?P<a>\d+)\) .* tensor b \((?P<b>\d+)\) .* dimension (?P<dimension>\d+).*\n.*==",
        "shape.compared",
    ),
    (
        "RuntimeError",
        r"tensor a \((?P<a>\d+)\) .* tensor b \((?P<b>\d+)\) .* dimension (?P<dimension>\d+)",
        "shape.sum",
    ),
    ("RuntimeError", r"shapes cannot be multiplied \((?P<a>\d+x\d+) and (?P<b>\d+x\d+)\)\n.*[\w)] @ ", "shape.at-sign"),
    (
        "RuntimeError",
        r"shapes cannot be multiplied \((?P<a>\d+x(?P<columns>\d+)) and (?P<b>(?P<rows>\d+)x\d+)\)",
        "shape.product",
    ),
    ("RuntimeError", r"to have (?P<built>\d+) channels, but got (?P<given>\d+) channels", "shape.channels"),
    ("RuntimeError", r"running_mean should contain (?P<given>\d+) elements not (?P<built>\d+)", "shape.norm"),
    (
        "RuntimeError",
        r"or (?P<wanted>\d)D \(batched\) input to (?P<function>\w+), but got input of size: (?P<shape>\[[\d, ]*\])",
        "shape.dimensions",
    ),
    ("RuntimeError", r"expected stride to be a single integer value or a list of \d values", "shape.filter"),
    ("ValueError", r"expected 2D or 3D input \(got 4D input\)", "shape.norm-images"),
    ("ValueError", r"expected (?:\dD or )?(?P<wanted>\d)D input \(got (?P<given>\d)D input\)", "shape.norm-dimensions"),
    ("ValueError", r"more than 1 value per channel .* size torch.Size\((?P<shape>.*)\)", "shape.one-value"),
    ("RuntimeError", r"view size is not compatible", "shape.view"),
    ("RuntimeError", r"shape '(?P<shape>\[.*\])' is invalid for input of size (?P<size>\d+)", "shape.reshape"),
    (
        "RuntimeError",
        r"must match except in dimension (?P<dimension>\d+)\. Expected size (?P<a>\d+) but got size (?P<b>\d+)",
        "shape.joined",
    ),
    ("ValueError", r"padding='same' is not supported for strided convolutions", "shape.same"),
    ("RuntimeError", r"expected a non-empty list of Tensors", "iterate.empty"),
    ("ValueError", r"expected a non-empty list of Tensors", "iterate.empty"),
    ("RuntimeError", r"expanded size of the tensor \((?P<a>\d+)\).*existing size \((?P<b>\d+)\)", "shape.assigned"),
    ("ValueError", r"Input dimension should be at least 3", "shape.pooled"),
    (
        "RuntimeError",
        r"channel: \((?P<image>.*?)\)\. Kernel size: \((?P<window>.*?)\).*\n.*F\.conv2d",
        "shape.exchanged",
    ),
    ("RuntimeError", r"channel: \((?P<image>.*?)\)\. Kernel size: \((?P<window>.*?)\)", "shape.window"),
    ("RuntimeError", rf"{_REFUSED_TYPES}.*\n.*@ *torch\.eye\((?!.*dtype)", "dtype.product"),
    ("RuntimeError", rf"{_REFUSED_TYPES}.*\n.*(?P<cast>\.(?:float|double|half)\(\))", "dtype.cast"),
    ("RuntimeError", r"same dtype, but got:? (?P<a>\w+)(?: and | != )(?P<b>\w+)", "dtype.differ"),
    ("RuntimeError", r"Input type \((?P<a>[\w ]+)\) and \w+ type \((?P<b>[\w ]+)\) should be", "dtype.differ"),
    ("RuntimeError", r"scalar type (?P<b>\w+) but found (?P<a>\w+)", "dtype.differ"),
    ("RuntimeError", r"[Ff]ound dtype (?P<a>\w+) but expected (?P<b>\w+)", "dtype.differ"),
    ("RuntimeError", r"target dtype to be (?P<b>\w+).*, but got (?P<a>\w+)", "dtype.differ"),
    ("RuntimeError", r"Only Tensors of floating point", "dtype.whole"),
    ("RuntimeError", r"a leaf Variable that requires grad", "gradient.leaf"),
    ("RuntimeError", r"element \d+ of tensors does not require grad", "gradient.none"),
    ("RuntimeError", r"grad can be implicitly created only for scalar outputs", "gradient.scalar"),
    ("RuntimeError", r"backward through the graph a second time", "gradient.twice"),
    ("RuntimeError", r"modified by an inplace operation", "gradient.in-place"),
    ("RuntimeError", r"Can't call numpy\(\) on Tensor that requires grad.*\n(?!.*\.numpy\()", "gradient.array"),
    ("RuntimeError", r"Can't call numpy\(\) on Tensor that requires grad", "gradient.numpy"),
    ("RuntimeError", r"is a view and is being modified inplace", "gradient.view"),
    ("RuntimeError", r"Maybe you wanted to use the vjp or jacrev", "gradient.vector"),
    ("ValueError", r"Thing passed to transform API must be Tensor", "gradient.number"),
    ("RuntimeError", r"Boolean value of Tensor.*\n.*\b(?:if|while)\b.*==", "value.truth-of-equality"),
    ("RuntimeError", r"Boolean value of Tensor with more than one value", "value.truth"),
    ("ValueError", r"training mode is expected to be boolean", "value.mode"),
    ("ValueError", r"only one element tensors can be converted to Python scalars", "value.one"),
    ("RuntimeError", r"Tensor with (?P<count>\d+) elements cannot be converted to Scalar", "value.item"),
    ("RuntimeError", r"Found no NVIDIA driver", "call.no-gpu"),
    ("AssertionError", r"Torch not compiled with CUDA enabled", "call.no-gpu"),
    ("RuntimeError", r"no internet connection", "call.offline"),
    ("TypeError", r"descriptor '__init__' of 'super' object needs an argument", "call.super"),
    ("TypeError", rf"{_FUNCTION} {_MISSING}.*\n\n", "call.missing-default"),
    ("TypeError", rf"(?P<function>\w+\.forward)\(\) {_MISSING}", "call.no-input"),
    ("TypeError", rf"{_FUNCTION} {_MISSING}.*\n.*hook\(\w+\(", "call.hook"),
    ("TypeError", rf"(?P<function>[\w.]+\.__init__)\(\) {_MISSING}.*\n.*\b[A-Z]\w*\(\)", "call.missing-for-a-class"),
    ("TypeError", rf"(?P<function>[\w.]+\.__init__)\(\) {_MISSING_SEVERAL}", "call.missing-for-a-class"),
    (
        "TypeError",
        rf"(?P<function>Conv2d\.__init__)\(\) {_MISSING}.*\n.*Conv2d\([a-z]\w*, *[a-z]\w*[,)]",
        "call.missing-for-a-layer",
    ),
    ("TypeError", rf"{_FUNCTION} {_MISSING}", "call.missing"),
    ("TypeError", r"^(?:\w+\.)?__init__\(\) takes 1 positional argument but \d+ .*\n\n", "call.no-init-of-its-own"),
    ("TypeError", rf"(?P<function>[\w.]+\.__init__)\(\) {_TOO_MANY}.*\n.*\bnn\.", "call.too-many-for-a-layer"),
    ("TypeError", rf"(?P<function>[\w.]+\.__init__)\(\) {_TOO_MANY}", "call.too-many-for-a-class"),
    ("TypeError", r"(?P<type>\w+)\.forward\(\) takes 2 positional arguments but [3-9]", "call.object-for-class"),
    ("TypeError", rf"(?P<function>Module\.\w+)\(\) {_TOO_MANY}.*\n\n", "call.replaced"),
    ("TypeError", rf"(?P<function>(?:[\w.<>]+\.)?(?!<)\w+\.\w+)\(\) {_TOO_MANY}", "call.too-many-for-a-method"),
    ("TypeError", rf"{_FUNCTION} {_TOO_MANY}", "call.too-many"),
    ("TypeError", rf"{_FUNCTION} takes exactly one argument \((?P<given>\d+) given\)", "call.too-many-for-one"),
    ("TypeError", r"(?P<type>\w+)\(\) takes no arguments", "call.no-init"),
    ("TypeError", rf"{_FUNCTION} got multiple values for (?:keyword )?argument {_NAME}", "call.twice"),
    ("TypeError", r"Sequential\.__init__\(\) got an unexpected keyword argument", "call.sequential"),
    ("TypeError", rf"{_FUNCTION} got an unexpected keyword argument {_NAME}", "call.unexpected"),
    ("TypeError", rf"{_NAME} is an invalid keyword argument for {_FUNCTION}", "call.unexpected"),
    ("TypeError", r"'bool' object is not callable", "call.bool"),
    ("TypeError", r"'(?P<type>int|float)' object is not callable.*\n.*\.(?P<name>\w+)\(\)", "call.attribute"),
    ("TypeError", r"'(?P<type>int|float)' object is not callable.*\n.*\bself\.(?P<name>\w+)\(", "call.number-stored"),
    ("TypeError", r"'(?P<type>int|float)' object is not callable", "call.number"),
    (
        "TypeError",
        r"'Tensor' object is not callable.*\n.*\b(?P<name>jacrev|jacfwd|grad|vmap)\(",
        "call.function-itself",
    ),
    ("TypeError", r"'Tensor' object is not callable.*\n.*\bself\.(?P<name>\w+)\(", "call.tensor-stored"),
    ("TypeError", r"'Tensor' object is not callable", "call.tensor"),
    ("TypeError", r"'NoneType' object is not callable.*\n\n", "call.none-by-others"),
    ("TypeError", r"'NoneType' object is not callable.*\n.*(?:downsample|shortcut).*\n__init__\n", "call.none-in-init"),
    ("TypeError", r"'NoneType' object is not callable", "call.none"),
    (
        "TypeError",
        r"'(?P<type>tuple)' object is not callable.*\n.*\.(?P<name>stride|padding|kernel_size|shape)\(",
        "call.setting",
    ),
    ("TypeError", r"'(?P<type>list|tuple)' object is not callable", "call.list"),
    ("TypeError", r"'module' object is not callable", "call.module"),
    ("TypeError", r"'(?P<type>[A-Z]\w*)' object is not callable", "call.object"),
    ("TypeError", rf"{_TYPE} is not callable", "call.value"),
    ("TypeError", rf"{_TYPE} does not support the context manager protocol", "call.context"),
    ("TypeError", r"(?P<function>conv\dd)\(\) received an invalid combination .* got \(int", "call.at-once"),
    ("TypeError", r"(?P<function>linear)\(\): argument 'input'.* must be Tensor, not int", "call.at-once"),
    ("TypeError", rf"{_FUNCTION}: argument {_NAME}.* must be Tensor, not {_FUNCTION_TYPE}", "call.function-for-tensor"),
    (
        "TypeError",
        rf"{_FUNCTION}: argument {_NAME}.* must be Tensor, not (?P<type>(?!NoneType)[A-Z]\w*)",
        "call.layer-for-tensor",
    ),
    ("TypeError", rf"{_FUNCTION}: argument {_NAME}.* must be int, not float", "value.whole"),
    ("TypeError", rf"{_FUNCTION}: argument {_NAME}.* must be Tensor, not (?P<type>[\w.]+)", "call.not-tensor"),
    (
        "TypeError",
        rf"{_FUNCTION}: argument 'tensors'.* must be tuple of Tensors, not Tensor.*\n(?!.*\(\*)",
        "call.one-tensor",
    ),
    ("TypeError", rf"{_FUNCTION}: argument 'tensors'.* must be tuple of Tensors, not Tensor", "call.star"),
    ("TypeError", rf"{_FUNCTION} received an invalid combination .*\n.*\b(?:cat|stack)\(\*", "call.star"),
    (
        "TypeError",
        rf"{_FUNCTION} received an invalid combination .* got \((?P<type>(?!Tensor|Parameter|NoneType)[A-Z]\w*),",
        "call.layer-for-tensor",
    ),
    ("TypeError", rf"{_FUNCTION} received an invalid combination .* got \((?P<types>.*?)\)", "call.combination"),
    (
        "TypeError",
        r"(?P<function>\w+) expected (?:exactly |at (?:least|most) )?(?P<wanted>\d+) arguments?, got (?P<given>\d+)",
        "call.count",
    ),
    ("TypeError", r"(?P<type>list|tuple|generator) is not a Module subclass", "call.list-for-layers"),
    ("TypeError", r"(?:\w+\.)*(?P<type>[A-Z]\w*) is not a Module subclass", "call.class-for-layer"),
    (
        "TypeError",
        r"cannot assign '(?:[\w.]+\.)?(?P<type>[A-Z]\w*)' (?:object )?(?:as|to) child module",
        "call.class-for-layer",
    ),
    ("TypeError", r"'float' object cannot be interpreted as an integer", "value.whole"),
    ("TypeError", r"'range' object cannot be interpreted as an integer", "value.one-by-one"),
    ("TypeError", rf"{_TYPE} cannot be interpreted as an integer", "value.no-number"),
    ("TypeError", r"type Tensor doesn't define __round__ method", "value.round"),
    ("TypeError", r"must be tuple of ints, ?(?:but got|not|but found element of type) float", "value.whole"),
    ("TypeError", r"'(?:NoneType)' object is not subscriptable", "index.none"),
    ("TypeError", r"'(?P<type>int|float|bool)' object is not subscriptable", "index.number"),
    ("TypeError", rf"(?:{_OF_A_FUNCTION}|'type') object is not subscriptable", "index.function"),
    ("TypeError", r"'(?P<type>[A-Z]\w*)' object is not subscriptable", "index.net"),
    ("TypeError", r"'(?P<type>generator|dict_\w+|odict_\w+)' object is not subscriptable", "index.generator"),
    ("TypeError", rf"{_TYPE} is not subscriptable", "index.object"),
    ("TypeError", r"string indices must be integers", "index.text"),
    ("TypeError", r"'NoneType' object does not support item assignment", "index.none-assigned"),
    ("TypeError", r"'tuple' object does not support item assignment", "index.tuple"),
    ("TypeError", r"only integer tensors of a single element can be converted to an index.*\n.*\[", "index.tensor"),
    ("TypeError", r"only integer tensors of a single element can be converted to an index", "operand.tuple"),
    ("TypeError", r"'int' object is not iterable.*\n.*\+=", "iterate.added"),
    ("TypeError", r"'int' object is not iterable", "iterate.number"),
    ("TypeError", rf"{_OF_A_FUNCTION} object is not iterable", "iterate.function"),
    ("TypeError", r"argument after \* must be an iterable, not NoneType", "iterate.star"),
    ("TypeError", rf"{_TYPE} is not iterable", "iterate.object"),
    ("TypeError", r"cannot unpack non-iterable (?P<type>[\w.]+) object.*\n.*\bfor\b.*,.*\bin\b", "iterate.unpack-for"),
    ("TypeError", r"cannot unpack non-iterable (?P<type>[\w.]+) object", "iterate.unpack"),
    ("TypeError", r"iteration over a 0-d tensor", "iterate.scalar"),
    ("TypeError", rf"{_OPERANDS}.*'NoneType'.*\n\n", "operand.none-by-others"),
    ("TypeError", rf"{_OPERANDS}.*'NoneType'", "operand.none"),
    ("TypeError", rf"{_OPERANDS}'generator'", "operand.generator"),
    (
        "TypeError",
        rf"{_OPERANDS}.*{_OF_A_FUNCTION}",
        "operand.function",
    ),
    ("TypeError", r"operand type\(s\) for (?P<sign>\^)=?: ", "operand.power"),
    ("TypeError", rf"{_OPERANDS}.*'Identity'", "operand.identity"),
    ("TypeError", rf"{_OPERANDS}.*'(?P<type>(?!Tensor|Parameter)[A-Z]\w*)'.*\n *(?P<name>\w+) *\+=", "operand.row"),
    ("TypeError", rf"{_OPERANDS}.*'(?P<type>(?!Tensor|Parameter)[A-Z]\w*)'", "operand.layer"),
    ("ValueError", r"(?P<sign>add|mul) operator supports only", "operand.row-of-layers"),
    ("TypeError", rf"{_OPERANDS}'(?P<a>[\w.]+)' and '(?P<b>[\w.]+)'", "operand.types"),
    ("TypeError", r'can only concatenate (?P<a>\w+) \(not "(?P<b>[\w.]+)"\)', "operand.joined"),
    ("TypeError", rf"{_COMPARED}.*'NoneType'", "operand.none"),
    ("TypeError", rf"{_COMPARED}.*{_OF_A_FUNCTION}", "operand.function"),
    ("TypeError", r"can't multiply sequence by non-int of type '(?P<type>[\w.]+)'", "operand.repeated"),
    (
        "TypeError",
        rf"{_COMPARED}'(?P<a>[\w.]+)' and '(?P<b>[\w.]+)'",
        "operand.compared",
    ),
    ("IndexError", r"list assignment index out of range", "index.assigned"),
    ("IndexError", r"(?P<type>list|tuple|string) index out of range", "index.range"),
    (
        "IndexError",
        r"index (?P<index>-?\d+) is out of bounds for (?:dimension|axis) (?P<dimension>\d+) with size (?P<size>\d+)",
        "index.bounds",
    ),
    ("IndexError", r"index (?P<index>-?\d+) is out of range", "index.layers"),
    ("IndexError", r"range of \[(?P<least>-?\d+), (?P<most>-?\d+)\], but got (?P<given>-?\d+)", "index.dimension"),
    ("IndexError", r"too many indices for tensor of dimension (?P<count>\d+)", "index.too-many"),
    ("KeyError", r"^None\n", "index.no-key"),
    ("KeyError", r"(?P<entry>.+)", "index.key"),
    ("ZeroDivisionError", r"", "value.zero"),
    (
        "ValueError",
        r"not enough values to unpack.*\n.*\bfor (?P<first>\w+), *(?P<others>\w+(?:, *\w+)+) in enumerate\(",
        "value.enumerate",
    ),
    (
        "ValueError",
        r"not enough values to unpack \(expected (?P<wanted>[\w ]+), got (?P<given>\d+)\).*\n.*\bfor\b.*,.*\bin\b",
        "value.too-few-behind-for",
    ),
    ("ValueError", r"not enough values to unpack \(expected (?P<wanted>[\w ]+), got (?P<given>\d+)\)", "value.too-few"),
    ("ValueError", r"too many values to unpack \(expected (?P<wanted>\d+)", "value.too-many"),
    ("ValueError", r"(?P<name>in_channels|out_channels) must be divisible by groups", "value.groups"),
    ("SyntaxError", r"invalid character '(?P<character>.)' \((?P<code>U\+\w+)\)", "syntax.character"),
    ("SyntaxError", r"invalid non-printable character (?P<code>U\+\w+)", "syntax.invisible"),
    ("SyntaxError", r"leading zeros in decimal integer literals", "syntax.zeros"),
    ("SyntaxError", r"positional argument follows keyword argument.*\n.*\d,\d", "syntax.comma-in-call"),
    ("SyntaxError", r"positional argument follows keyword argument", "syntax.order-in-call"),
    ("SyntaxError", r"invalid decimal literal.*\n.*\d(?P<character>[²³])", "syntax.character"),  # Python 3.11.2
    ("SyntaxError", r"invalid (?:decimal|imaginary|hexadecimal) literal", "syntax.number"),
    ("SyntaxError", r"expected ':'", "syntax.colon"),
    ("SyntaxError", r"'(?P<bracket>.)' was never closed", "syntax.open"),
    ("SyntaxError", r"unmatched '(?P<bracket>.)'", "syntax.unmatched"),
    ("SyntaxError", r"parenthesis '(?P<closing>.)' does not match opening parenthesis '(?P<opening>.)'", "syntax.pair"),
    (
        "SyntaxError",
        r"(?:cannot assign|aybe you meant|dictionary key|invalid syntax).*\n(?:.*[{,])? *['\"]\w+['\"] *=(?!=)",
        "syntax.entry-equals",
    ),
    ("SyntaxError", r"(?:non-default argument|parameter without a default) follows", "syntax.default"),
    ("SyntaxError", r"invalid syntax.*\nreturn [\w.]+(?:\[[^\]]*\])? *=(?!=)", "syntax.return"),
    ("SyntaxError", r"invalid syntax.*\n.*(?:&&|\|\|)", "syntax.and-or"),
    ("SyntaxError", r"[Mm]aybe you meant '==' or ':=' instead of '='", "syntax.equals"),
    ("SyntaxError", r'expression cannot contain assignment, perhaps you meant "=="', "syntax.equals"),
    ("SyntaxError", r"(?:cannot assign to function call|'function call' is an illegal)", "syntax.assign-to-a-call"),
    ("SyntaxError", r"cannot assign to |illegal expression for augmented assignment", "syntax.assign"),
    ("SyntaxError", r"':' expected after dictionary key.*\n.*: *-?\d+,\d", "syntax.comma-in-entry"),
    ("SyntaxError", r"':' expected after dictionary key", "syntax.entry"),
    ("SyntaxError", r"invalid syntax.*\n(?:.*:.*['\"\w\])] +)?(['\"]).*?\1 *:", "syntax.comma-before"),
    ("SyntaxError", r"Perhaps you forgot a comma", "syntax.comma"),
    ("SyntaxError", r"f-string: ", "syntax.f-string"),
    ("SyntaxError", r"unterminated (?:triple-quoted )?(?:f-)?(?:string|f-string) literal", "syntax.text"),
    ("SyntaxError", r"unterminated triple-quoted", "syntax.text"),
    ("SyntaxError", r"'(?P<word>\w+)' outside (?:function|loop)", "syntax.outside"),
    ("SyntaxError", r"Missing parentheses in call to '(?P<name>\w+)'", "syntax.print"),
    ("SyntaxError", r"invalid syntax", "syntax.other"),
    (
        "IndentationError",
        r"expected an indented block after (?P<opener>.+) on line (?P<line>\d+)",
        "indentation.missing",
    ),
    ("IndentationError", r"unexpected indent", "indentation.unexpected"),
    ("IndentationError", r"unindent does not match", "indentation.unindent"),
    ("TabError", r"", "indentation.tabs"),
)

# Characters that texts and keyboards have and Python does not, each with what Python writes instead.
SIGNS = {
    **dict.fromkeys("×·⋅∙∗•", "*"),
    **dict.fromkeys("−–—‐", "-"),
    **dict.fromkeys("“”„«»", '"'),
    **dict.fromkeys("‘’‚´", "'"),
    "²": "**2",
    "³": "**3",
    "÷": "/",
    "≤": "<=",
    "≥": ">=",
    "≠": "!=",
    "→": "->",
    "…": "...",
    "，": ",",
}


# How Python calls what stands in brackets, or after `lambda`.
IN_BRACKETS = ("<listcomp>", "<setcomp>", "<dictcomp>", "<genexpr>", "<lambda>")
# Where names that lack their module are looked for, in this order.
HOMES = ("torch", "torch.nn", "torch.nn.functional", "torch.func", "torch.nn.init", "math")
# What everybody calls modules.
ALIASES = {"np": "numpy", "nn": "torch.nn", "F": "torch.nn.functional", "pd": "pandas", "plt": "matplotlib.pyplot"}


def explain(kind: str, text: str, code: str = "", function: str = "", meant: str = "") -> str | None:
    """Return what an error of Python or PyTorch means, in the current language, or None where nobody knows.

    Parameters
    ----------
    kind : str
        The error's type, such as ``"TypeError"``.
    text : str
        The error's message.
    code : str, optional
        The learner's line that raised it, where it is known.
    function : str, optional
        The function in which that line stands; an unknown name is explained more carefully outside of functions.
    meant : str, optional
        What `meant_by` found.

    Examples
    --------
    >>> explain("SyntaxError", "expected ':'")
    'A colon is missing at the end of the line that the mark `^` shows. Lines with `if`, `else`, `for`, `while`, `with`, `def` and `class` end in `:`.'
    >>> explain("ValueError", "the house is on fire") is None
    True
    """  # noqa: E501 - a doctest's result stands on one line
    seen = "\n".join([text.partition("\n")[0], " ".join(code.strip().splitlines()), function, meant])
    for its_kind, pattern, key in ERRORS:
        found = re.search(pattern, seen) if its_kind == kind else None
        if found:
            figures = _figures(found)
            return message(f"python_errors.{key}-better" if "better" in figures else f"python_errors.{key}", **figures)
    return None


def meant_by(error: BaseException, frame: FrameType, code: str) -> str:
    """Return what the learner's line probably meant, from what is there where it stands; "" if nothing is known.

    Of a name that does not exist, the expression to write in its place; of an attribute that does not exist, the
    attribute, or the function of the notebook, that does; of any other error in a function, the tensors in the line
    that come from other cells.

    Parameters
    ----------
    error : Exception
        What Python or PyTorch raised.
    frame : frame
        The learner's innermost frame.
    code : str
        The line.

    Examples
    --------
    >>> meant_by(ValueError("the house is on fire"), sys._getframe(), "burn()")
    ''
    """
    name = getattr(error, "name", None) or ""
    if isinstance(error, NameError):
        if name == "self":
            wanted = re.search(r"\bself\.(\w+)", code)
            name = wanted[1] if wanted else ""
            return _of_a_local(name, frame) or (name if name in frame.f_globals else "")
        module = ALIASES.get(name, name)
        is_module = (name in ALIASES or name in sys.modules) and re.search(rf"(?<![\w.]){name}\.", code)
        return (
            _of_a_local(name, frame)
            or (f"import {module}{f' as {name}' if name != module else ''}" if is_module else _with_home(name))
            or _written_like(name, frame)
        )
    if isinstance(error, AttributeError):
        if callable(frame.f_globals.get(name)) and f"self.{name}" in code:
            return name
        return _near(name, dir(error.obj)) or ""
    if in_a_cell(frame):
        return ""
    tensors = [each for each in frame.f_code.co_names if type(frame.f_globals.get(each)).__name__ == "Tensor"]
    return ", ".join(each for each in tensors if re.search(rf"(?<![\w.]){each}\b", code))


def in_a_cell(frame: FrameType | None) -> bool:
    """Tell whether a line stands in a cell itself; IPython 8 calls that ``<cell line: 1>``.

    What stands in brackets is a function of its own to Python, up to 3.11 also a list's: whoever calls it counts. Of a
    generator that is not known there, so it counts as part of a cell.

    Examples
    --------
    >>> in_a_cell(sys._getframe())
    True
    """
    while frame and frame.f_code.co_name in IN_BRACKETS:
        frame = frame.f_back
    return frame is None or frame.f_code.co_name.startswith(("<module", "<cell"))


def _of_a_local(name: str, frame: FrameType) -> str:
    """Return how to reach an attribute of that name: of `self`, of a net, or of one single layer in a net."""
    nets = {each: value for each, value in frame.f_locals.items() if hasattr(value, "named_children")}
    owners = [each for each, value in nets.items() if hasattr(value, name)]
    if not owners and hasattr(frame.f_locals.get("self"), name):
        owners = ["self"]
    if not owners:
        inside = [
            f"{each}.{child}"
            for each, value in nets.items()
            if "_modules" in vars(value)
            for child, layer in value.named_children()
            if hasattr(layer, name)
        ]
        owners = inside if len(inside) == 1 else []
    return f"{owners[0]}.{name}" if owners and name else ""


def _with_home(name: str) -> str:
    """Return a function, class or module of PyTorch with its module before it; "" if there is none of that name."""
    for home in HOMES:
        found = getattr(sys.modules.get(home), name, None)
        if callable(found) or (isinstance(found, ModuleType) and found.__name__.startswith("torch")):
            return f"{home}.{name}"
    return ""


def _written_like(name: str, frame: FrameType) -> str:
    """Return the variable in a function that is written almost like this one; of short names too many are alike.

    Outside of functions the cell that makes the name may not have run.
    """
    if len(name) <= 3 or in_a_cell(frame):
        return ""
    return _near(name, {**frame.f_globals, **frame.f_locals}) or ""


def _near(name: str, known: Iterable[str]) -> str | None:
    """Return the name most like this one; names that differ in their digits are different on purpose."""
    there = {
        _bare(each): each
        for each in known
        if not each.startswith("_") and re.sub(r"\D", "", each) == re.sub(r"\D", "", name)
    }
    close = difflib.get_close_matches(_bare(name), there, n=1, cutoff=0.75)
    return there[close[0]] if close else None


def _bare(name: str) -> str:
    return name.lower().strip("_")


def _figures(found: re.Match[str]) -> dict[str, str]:
    """Return what fills a sentence's placeholders: the groups of the expression that fitted the error."""
    figures = found.groupdict()
    if "names" in figures:  # "'x' and 'y'"
        figures["names"] = ", ".join(f"`{name}`" for name in re.findall(r"'(\w+)'", figures["names"]))
    if "opener" in figures:  # "'for' statement", "function definition"
        word = re.sub(r"'([^']+)'.*|(class).*|function.*", r"\1\2", figures["opener"])
        figures["opener"] = word or "def"
    if "function" in figures:  # "make.<locals>.cost", "_BatchNorm.__init__"
        figures["function"] = re.sub(r"^_(?=[A-Z])", "", figures["function"].rpartition("<locals>.")[2])
    better = SIGNS.get(figures.get("character", ""))
    if "owner" in figures:
        better = _better_name(figures["owner"], figures["name"])
    return {**figures, "better": better} if better else figures


def _better_name(owner: str, name: str) -> str | None:
    """Return the name that was probably meant: with other capitals, in another part of PyTorch, or much like it."""
    # PyTorch is not imported for this: whoever has one of its errors has it.
    there = sys.modules.get(owner) or getattr(sys.modules.get("torch"), owner, None)
    known = dir(there) if there else []
    same = [each for each in known if _bare(each) == _bare(name) and not each.startswith("_")]
    if same and not re.match("Conv|Linear|BatchNorm", name):  # written so, a layer is meant and not the function
        return f"{owner}.{same[0]}"
    elsewhere = _with_home(name) if owner.startswith("torch") else ""
    near = _near(name, known)
    return elsewhere or (f"{owner}.{near}" if near else None)
