"""Slips of the pen in a learner's code: its text shows them, while its results tell another story.

A slip is named only where the answer is wrong: who writes `^` and means it may do so.
"""

from __future__ import annotations

import ast
import difflib
import inspect
import re
import textwrap
from collections.abc import Iterator
from typing import Any, TypedDict

import torch
from torch import nn

from resnet_course.checks.judging import Fault, common
from resnet_course.checks.used import functions_of, used_objects

# What lessons set on layers and parameters. Python makes a new attribute of a misspelt one without a word.
ATTRIBUTES = ("bias", "downsample", "eps", "fc", "grad", "momentum", "padding", "requires_grad", "stride", "weight")

# Methods that change a list or a dictionary and return nothing.
CHANGES = ("append", "extend", "insert", "reverse", "sort", "update")
# Functions and methods that give something new and leave what they were given as it was.
PURE = ("cat", "deepcopy", "flatten", "reshape", "softmax", "stack", "view")


class Slip(TypedDict):
    """A slip: the key of its message, the line where it stands, its text, and what was probably meant instead."""

    key: str
    line: int
    code: str
    meant: str


def find_slips(answers: tuple[object, ...], arguments: tuple[str, ...] = ()) -> list[Slip]:
    """Return the slips in a learner's functions and classes; none where their text cannot be read.

    Parameters
    ----------
    answers : tuple
        The functions and classes.
    arguments : tuple of str, optional
        The arguments in their order, with the defaults that matter, as ``stride=1``; of a class those of ``__init__``.
        Another order and another default are slips.

    Examples
    --------
    >>> def area(radius):
    ...     area == 3 * radius**2
    ...     return area
    >>> [slip["key"] for slip in find_slips((area,))]
    ['slip-equality']
    """
    found: list[Slip] = []
    for function in (each for answer in answers for each in functions_of(answer)):
        try:
            lines, first = inspect.getsourcelines(function)
            text = textwrap.dedent("".join(lines))
            tree = ast.parse(text)
        except (OSError, TypeError, ValueError, SyntaxError):
            continue
        for key, meant in _of_arguments(function, arguments):
            found.append({"key": key, "line": first, "code": lines[0].strip(), "meant": meant})
        for key, node, meant in (*_slips(tree, text), *_strangers(tree, function)):
            code = lines[node.lineno - 1].strip()
            found.append({"key": key, "line": first + node.lineno - 1, "code": code, "meant": meant})
    return found


Found = tuple[str, ast.stmt | ast.expr, str]


def _slips(tree: ast.AST, text: str) -> Iterator[Found]:
    """Yield the key of each slip, where it stands, and what was probably meant."""
    nodes = list(ast.walk(tree))
    arguments = {node.arg for node in nodes if isinstance(node, ast.arg)}
    names = arguments | {node.id for node in nodes if isinstance(node, ast.Name)}
    # Texts that are filled in, and those that only say something.
    filled = {id(part) for node in nodes if isinstance(node, ast.JoinedStr) for part in node.values}
    filled |= {id(node.value) for node in nodes if isinstance(node, ast.Attribute | ast.Expr)}
    indices = {id(node.slice) for node in nodes if isinstance(node, ast.Subscript)}
    for node in nodes:
        if isinstance(node, ast.Expr):
            yield from _without_effect(node)
            yield from _lost(node.value)
        elif isinstance(node, ast.Return | ast.Assign) and node.value is not None:
            yield from _of_a_value(node, node.value, text)
        # A loop may well end with a return, but not one that has begun to collect something.
        elif isinstance(node, ast.For | ast.While) and len(node.body) > 1 and isinstance(node.body[-1], ast.Return):
            yield "slip-loop", node.body[-1], ""
        elif isinstance(node, ast.AnnAssign) and node.value is None and not isinstance(node.target, ast.Name):
            yield "slip-colon", node, f"{ast.unparse(node.target)} = {ast.unparse(node.annotation)}"
        elif isinstance(node, ast.Attribute) and isinstance(node.ctx, ast.Store):
            yield from (("slip-attribute", node, meant) for meant in _meant_by(node))
        elif isinstance(node, ast.Tuple) and id(node) not in indices:
            yield from (("slip-decimal", node, meant) for meant in _decimals(node, text))
        elif isinstance(node, ast.BoolOp) and isinstance(node.op, ast.Or) and _is_always_true(node.values):
            yield "slip-always", node, ""
        elif isinstance(node, ast.Compare) and _compares_identity(node, arguments):
            yield "slip-identity", node, ""
        # `a == 1 & b == c` asks whether a, 1 & b and c are equal.
        elif isinstance(node, ast.Compare) and len(node.ops) > 1 and any(map(_is_bitwise, node.comparators)):
            yield "slip-and", node, ""
        elif isinstance(node, ast.BinOp | ast.AugAssign) and isinstance(node.op, ast.BitXor):
            yield "slip-caret", node, "**"
        elif isinstance(node, ast.Constant) and isinstance(node.value, str):
            if node.value in ("True", "False", "None"):
                yield "slip-text", node, node.value
            if id(node) not in filled and set(re.findall(r"{(\w+)}", node.value)) & names:
                yield "slip-braces", node, f"f{ast.unparse(node)}"


def _strangers(tree: ast.AST, function: Any) -> Iterator[Found]:
    """Yield a `self` that is no argument, and a net or tensor of the notebook where an argument is left unused."""
    code = function.__code__
    names = [node for node in ast.walk(tree) if isinstance(node, ast.Name)]
    known = {*code.co_varnames, *code.co_cellvars, *code.co_freevars}
    method = "." in function.__qualname__.rpartition("<locals>.")[2]
    for node in names if method and "self" not in known else []:
        if node.id == "self":
            yield "slip-self", node, "self"
            break
    unused = set(inspect.signature(function).parameters) - {node.id for node in names}
    strangers = [name for name, value in used_objects(function).items() if isinstance(value, nn.Module | torch.Tensor)]
    for node in names:
        if node.id in strangers and (unused - {"self"} or isinstance(function.__globals__[node.id], nn.Module)):
            yield "slip-stranger", node, node.id
            break


def _decimals(pair: ast.Tuple, text: str) -> list[str]:
    """Return the decimal number that two numbers with a comma between them were meant to be, as in ``0,25``."""
    written = re.match(r"\(?(\d+),(\d+)(.?)", ast.get_source_segment(text, pair) or "")
    calculated = len(pair.elts) == 2 and not all(isinstance(each, ast.Constant) for each in pair.elts)
    if not written or len(pair.elts) != 2 or not (calculated or (written[1] == "0" and not written[3])):
        return []
    return [f"{written[1]}.{written[2]}"]


def _without_effect(statement: ast.Expr) -> Iterator[Found]:
    """Yield what is wrong with a statement that is a value and no call."""
    value = statement.value
    if isinstance(value, ast.IfExp) and isinstance(value.body, ast.Compare):
        value = value.body
    if isinstance(value, ast.Compare) and all(isinstance(sign, ast.Eq) for sign in value.ops):
        yield "slip-equality", statement, "="
    elif isinstance(value, ast.Attribute):
        yield "slip-call", statement, f"{ast.unparse(value)}()"
    elif isinstance(value, ast.Subscript) and isinstance(value.value, ast.Attribute) and value.value.attr in CHANGES:
        yield "slip-call", statement, f"{ast.unparse(value.value)}({ast.unparse(value.slice)})"
    elif isinstance(value, ast.BinOp | ast.Compare | ast.IfExp | ast.List | ast.Name | ast.Subscript | ast.Tuple) or (
        isinstance(value, ast.Constant) and not isinstance(value.value, str | type(...))
    ):
        yield "slip-value", statement, f"return {ast.unparse(value)}"


def _lost(value: ast.expr) -> Iterator[Found]:
    """Yield a call that only computes something, and stands alone on its line."""
    if not isinstance(value, ast.Call) or any(each.arg == "inplace" for each in value.keywords):
        return
    called, given = ast.unparse(value.func), ", ".join(map(ast.unparse, value.args))
    owner, _, function = called.rpartition(".")
    # A layer of the net's own; a ReLU may well work in place.
    of_a_layer = owner == "self" and given in ("x", "out") and "relu" not in function
    if of_a_layer or function in PURE:
        kept = (
            owner if owner.isidentifier() and owner not in ("self", "torch", "F", "copy") else given.partition(",")[0]
        )
        yield "slip-lost", value, f"{kept} = {ast.unparse(value)}"


def _of_a_value(statement: ast.Return | ast.Assign, value: ast.expr, text: str) -> Iterator[Found]:
    """Yield what is wrong with a value that is returned or stored."""
    targets = statement.targets[0] if isinstance(statement, ast.Assign) else None
    if isinstance(targets, ast.Tuple) and isinstance(targets.elts[0], ast.Name) and targets.elts[0].id == "self":
        yield "slip-dot", statement, ast.unparse(targets).strip("()").replace(", ", ".")
    elif isinstance(value, ast.UnaryOp) and "=+" in (ast.get_source_segment(text, statement) or ""):
        yield "slip-plus", statement, f"{ast.unparse(targets or value)} += {ast.unparse(value.operand)}"
    elif isinstance(statement, ast.Return) and _names_an_error(value):
        yield "slip-raise", statement, "raise"
    elif isinstance(value, ast.Tuple) and (ast.get_source_segment(text, value) or "").endswith(","):
        yield "slip-comma", statement, ast.unparse(value.elts[0])
    elif isinstance(value, ast.Call) and isinstance(value.func, ast.Attribute) and value.func.attr in CHANGES:
        yield "slip-append", statement, value.func.attr


def _is_bitwise(side: ast.expr) -> bool:
    return isinstance(side, ast.BinOp) and isinstance(side.op, ast.BitAnd | ast.BitOr)


def _compares_identity(comparison: ast.Compare, arguments: set[str]) -> bool:
    """Tell whether ``is`` or ``is not`` stands between arguments of the function, or numbers and texts."""

    def is_a_value(side: ast.expr) -> bool:
        if isinstance(side, ast.Constant):
            return isinstance(side.value, int | float | str) and not isinstance(side.value, bool)
        return isinstance(side, ast.Name) and side.id in arguments

    identity = all(isinstance(sign, ast.Is | ast.IsNot) for sign in comparison.ops)
    return identity and all(is_a_value(side) for side in (comparison.left, *comparison.comparators))


def _is_always_true(parts: list[ast.expr]) -> bool:
    """Tell whether an ``or`` has a part that is true by itself, or asks whether one thing differs from two others."""
    compared = any(isinstance(part, ast.Compare) for part in parts)
    if compared and any(isinstance(part, ast.Constant) and part.value for part in parts):
        return True
    comparisons = [part for part in parts if isinstance(part, ast.Compare) and isinstance(part.ops[0], ast.NotEq)]
    return len(comparisons) == len(parts) and len({ast.unparse(each.left) for each in comparisons}) == 1


def _names_an_error(value: ast.expr) -> bool:
    name = value.func if isinstance(value, ast.Call) else value
    return isinstance(name, ast.Name) and re.fullmatch(r"[A-Z]\w*(Error|Exception)", name.id) is not None


def _meant_by(target: ast.Attribute) -> list[str]:
    """Return the known attribute that a name nearly is; on `self` learners choose names as they like."""
    own = isinstance(target.value, ast.Name) and target.value.id == "self"
    if own or target.attr in ATTRIBUTES:
        return []
    return difflib.get_close_matches(target.attr.lower(), ATTRIBUTES, 1, 0.8)


def _of_arguments(function: Any, arguments: tuple[str, ...]) -> Iterator[tuple[str, str]]:
    """Yield what is wrong with a function's arguments: their order, or a default that another call relies on."""
    given = inspect.signature(function).parameters
    names = [each.partition("=")[0] for each in arguments]
    if not arguments or sorted(given) != sorted(names):
        return
    if list(given) != names:
        yield "slip-arguments", ", ".join(arguments)
    other = [
        each
        for each in arguments
        if "=" in each and _differs(given[each.partition("=")[0]].default, ast.literal_eval(each.partition("=")[2]))
    ]
    if other:
        yield "slip-default", ", ".join(other)


def _differs(default: object, wanted: object) -> bool:
    """Tell whether a default is missing, or another number than the one that is wanted, or one where none is."""
    return default is inspect.Parameter.empty or (isinstance(default, int | float | None) and default != wanted)


def slip_behind(fault: Fault, slips: list[Slip]) -> Fault | None:
    """Return the slip that explains a fault, if there is one."""
    for slip in slips:
        if _explains(slip["key"], fault):
            return common(slip["key"], line=slip["line"], code=slip["code"], meant=slip["meant"])
    return None


def _explains(key: str, fault: Fault) -> bool:
    """Tell whether a slip can be behind a fault."""
    verdict = fault.verdict
    common_key = verdict.key if verdict.exercise == "common" else ""
    if common_key in ("unsolved", "missing-self"):
        return False
    if common_key == "signature":
        return key in ("slip-self", "slip-default")
    if key == "slip-attribute":  # where a misspelt attribute is read, the error's own card says what was meant
        return verdict.figures.get("error") != "AttributeError"
    if key == "slip-lost":  # these say so themselves
        return verdict.key not in ("called-twice", "no-copy", "result-lost")
    if key == "slip-caret":  # wrong numbers, or Python's refusal to compute one
        text: Any = verdict.figures.get("text", "")
        return (
            "for ^" in text
            or "bitwise_xor" in text
            or not (common_key or verdict.key.startswith(("returned-", "not-")))
        )
    return True
