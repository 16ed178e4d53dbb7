"""Small changes to a program, one at a time: what a learner could mistype, and whether a check would notice."""

from __future__ import annotations

import ast
from collections.abc import Callable, Iterator
from dataclasses import dataclass

OPERATORS: dict[type[ast.operator], tuple[type[ast.operator], ...]] = {
    ast.Add: (ast.Sub, ast.Mult),
    ast.Sub: (ast.Add,),
    ast.Mult: (ast.Add, ast.Div),
    ast.Div: (ast.Mult, ast.FloorDiv),
    ast.FloorDiv: (ast.Mult, ast.Div),
    ast.Mod: (ast.FloorDiv,),
    ast.Pow: (ast.Mult, ast.BitXor),
    ast.MatMult: (ast.Mult,),
    ast.BitOr: (ast.BitAnd,),
    ast.BitAnd: (ast.BitOr,),
}
COMPARISONS: dict[type[ast.cmpop], tuple[type[ast.cmpop], ...]] = {
    ast.Lt: (ast.LtE, ast.GtE),
    ast.LtE: (ast.Lt, ast.Gt),
    ast.Gt: (ast.GtE, ast.LtE),
    ast.GtE: (ast.Gt, ast.Lt),
    ast.Eq: (ast.NotEq,),
    ast.NotEq: (ast.Eq,),
    ast.Is: (ast.IsNot,),
    ast.IsNot: (ast.Is,),
    ast.In: (ast.NotIn,),
    ast.NotIn: (ast.In,),
}


@dataclass(frozen=True)
class Mutant:
    """A changed program, and the change as people read it."""

    change: str
    source: str


def mutants(source: str) -> list[Mutant]:
    """Return every program with one small change.

    Operators, comparisons and conditions are replaced, numbers moved by one and to 0, strings exchanged for others of
    the program, arguments dropped and swapped, keywords dropped, statements deleted.

    Examples
    --------
    >>> [each.change for each in mutants("y = x + 2")]
    ['1: 2 → 3', '1: 2 → 1', '1: 2 → 0', '1: x + 2 → x - 2', '1: x + 2 → x * 2', '1: y = x + 2 → (deleted)']
    """
    tree = ast.parse(source)
    words = {node.value for node in _code(tree) if isinstance(node, ast.Constant) and isinstance(node.value, str)}
    found: dict[str, Mutant] = {}
    for node in _code(tree):
        for put, undo in _variants(node, sorted(words)):
            before = _text(node)
            after = put()
            program = ast.unparse(ast.fix_missing_locations(tree))
            undo()
            found.setdefault(program, Mutant(f"{node.lineno}: {before} → {after}", program))  # type: ignore[attr-defined]
    found.pop(ast.unparse(tree), None)
    return list(found.values())


def _code(tree: ast.AST) -> Iterator[ast.AST]:
    """Return the expressions and statements that run: no docstring, no annotation, nothing without a line."""
    for name, value in ast.iter_fields(tree):
        if name in ("annotation", "returns"):
            continue
        for child in value if isinstance(value, list) else [value]:
            if not isinstance(child, ast.AST):
                continue
            if isinstance(child, ast.Expr) and isinstance(child.value, ast.Constant):
                continue
            yield from _code(child)
            if hasattr(child, "lineno"):
                yield child


def _text(node: ast.AST) -> str:
    return " ".join(ast.unparse(node).split())


Change = tuple[Callable[[], str], Callable[[], None]]  # make the change and return the new text; undo it


def _variants(node: ast.AST, words: list[str]) -> Iterator[Change]:
    if isinstance(node, ast.BinOp | ast.AugAssign):
        for operator in OPERATORS.get(type(node.op), ()):
            yield _set(node, "op", operator())
    elif isinstance(node, ast.Compare):
        for place, compared in enumerate(node.ops):
            for comparison in COMPARISONS[type(compared)]:
                yield _set(node, "ops", [*node.ops[:place], comparison(), *node.ops[place + 1 :]])
    elif isinstance(node, ast.BoolOp):
        yield _set(node, "op", ast.Or() if isinstance(node.op, ast.And) else ast.And())
        for place in range(len(node.values)):
            yield _set(node, "values", node.values[:place] + node.values[place + 1 :])
    elif isinstance(node, ast.UnaryOp):
        yield _set(node, "op", ast.UAdd() if isinstance(node.op, ast.USub) else ast.Not())
        if isinstance(node.op, ast.Not):
            yield _become(node, node.operand)
    elif isinstance(node, ast.If | ast.IfExp | ast.While):
        yield _set(node, "test", ast.UnaryOp(ast.Not(), node.test))
    elif isinstance(node, ast.Constant):
        yield from _other_constants(node, words)
    elif isinstance(node, ast.Call):
        yield from _other_calls(node)
    if isinstance(node, ast.stmt) and not isinstance(node, ast.FunctionDef | ast.ClassDef | ast.Pass):
        yield _become(node, ast.Pass(), "(deleted)")


def _other_constants(node: ast.Constant, words: list[str]) -> Iterator[Change]:
    value = node.value
    others: list[object] = []
    if isinstance(value, bool):
        others = [not value]
    elif isinstance(value, int | float):
        others = [value + 1, value - 1, 0]
    elif isinstance(value, str):
        others = [word for word in words if word != value][:2] or [f"{value}_"]
    for other in others:
        yield _set(node, "value", other)


def _other_calls(node: ast.Call) -> Iterator[Change]:
    for place in range(len(node.args)):
        yield _set(node, "args", node.args[:place] + node.args[place + 1 :])
    for place in range(len(node.args) - 1):
        swapped = [*node.args[:place], node.args[place + 1], node.args[place], *node.args[place + 2 :]]
        yield _set(node, "args", swapped)
    for place in range(len(node.keywords)):
        yield _set(node, "keywords", node.keywords[:place] + node.keywords[place + 1 :])


def _set(node: ast.AST, field: str, value: object) -> Change:
    before = getattr(node, field)

    def put() -> str:
        setattr(node, field, value)
        return _text(node)

    return put, lambda: setattr(node, field, before)


def _become(node: ast.AST, other: ast.AST, text: str = "") -> Change:
    """Let a node become another one in place, so that whoever holds it need not be found."""
    kind, fields = node.__class__, dict(node.__dict__)

    def put() -> str:
        node.__class__ = other.__class__  # type: ignore[assignment]
        node.__dict__.update(other.__dict__)
        return text or _text(node)

    def undo() -> None:
        node.__class__ = kind  # type: ignore[assignment]
        node.__dict__.clear()
        node.__dict__.update(fields)

    return put, undo
