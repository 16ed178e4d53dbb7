"""The texts in a lesson's code, in each language: docstrings, comments, and what a cell prints.

A line ``# pt: …`` directly below a line of code is that line in Portuguese: all but its strings and comments must be
the same. A notebook gets the lines of its language.
"""

from __future__ import annotations

import ast
import io
import re
import tokenize
from collections.abc import Iterator

from resnet_course.authoring.script import WAS, stub_of
from resnet_course.language import DEFAULT, languages

# What is called the same in all languages: nets, layers, functions, rules, symbols.
NAMES = frozenset(
    {"autograd", "batchnorm", "bn", "conv", "eps", "float", "func", "gmacs", "macs", "planes"}
    | {"relu", "residual", "sigmoid", "sin", "tanh", "torchvision"}
)
# What a prediction may say; the learner's word is compared with it.
ANSWERS = frozenset({"the same"})
# Words of a shape or a formula, in brackets or code: [N, in_planes, H, W].
CODE = re.compile(r"\[[^\]]*\]|\w*[._(]\w[\w.()]*|\b[\w]+\([^)]*\)")
WORD = re.compile(r"[^\W\d_]{2,}")
MARKERS = re.compile(r"# *(fmt:|noqa|type:)|###")


def twin_of(line: str) -> tuple[str, str] | None:
    """Return, of a line that is another in a further language, that language and the line; of any other, None.

    Examples
    --------
    >>> twin_of('    # pt: x = 1  # um')
    ('pt', '    x = 1  # um')
    >>> twin_of("x = 1  # one")
    """
    others = "|".join(code for code in languages() if code != DEFAULT)
    match = re.fullmatch(rf"([ \t]*)# ({others}): (.*)", line)
    return (match[2], match[1] + match[3]) if match else None


def in_language(source: str, language: str) -> str:
    """Return a cell's code with the texts of one language.

    Examples
    --------
    >>> in_language('print("one")\\n# pt: print("um")', "pt")
    'print("um")'
    """
    lines: list[str] = []
    for line in source.split("\n"):
        twin = twin_of(line)
        if twin is None:
            lines.append(line)
        elif twin[0] == language:
            lines[-1:] = [twin[1]]
    return "\n".join(lines)


def same_code(first: str, second: str) -> bool:
    """Tell whether two pieces of code differ in nothing but their strings and comments.

    Examples
    --------
    >>> same_code('print(f"{depth=}")  # one', 'print(f"profundidade={depth!r}")')
    True
    """
    try:
        parts = [ast.dump(_WithoutTexts().visit(ast.parse(each))) for each in (first, second)]
    except SyntaxError:
        return False
    return parts[0] == parts[1]


class _WithoutTexts(ast.NodeTransformer):
    def visit_Constant(self, node: ast.Constant) -> ast.Constant:
        return ast.Constant("") if isinstance(node.value, str) else node

    def visit_JoinedStr(self, node: ast.JoinedStr) -> ast.JoinedStr:
        return ast.JoinedStr([self.visit(each) for each in node.values if isinstance(each, ast.FormattedValue)])

    def visit_FormattedValue(self, node: ast.FormattedValue) -> ast.FormattedValue:
        # How a number is written (`.1%`) is code.
        return ast.FormattedValue(self.visit(node.value), node.conversion, node.format_spec)


def faults(source: str) -> Iterator[tuple[int, str]]:
    """Yield, with its number in the cell, each line for a language that is no twin of the line above it."""
    lines = source.split("\n")
    whole = in_language(source, DEFAULT)
    for number, line in enumerate(lines, start=1):
        twin = twin_of(line)
        if twin is None:
            continue
        language, form = twin
        place = next((each for each in range(number - 2, -1, -1) if twin_of(lines[each]) is None), None)
        if place is None:
            yield number, f"`# {language}:` has no line of code above it"
        elif form == lines[place]:
            yield number, f"nothing differs between this line for {language!r} and the one above it; take it out"
        else:
            other = in_language("\n".join([*lines[:place], form, *lines[place + 1 :]]), DEFAULT)
            if not all(same_code(view(whole), view(other)) for view in (str, stub_of)):
                yield number, f"this line for {language!r} has other code than the one above it, not only other texts"


def untranslated(source: str) -> Iterator[tuple[int, str]]:
    """Yield, with its number in the cell, each line that shows learners a text and has no twin in some language."""
    lines = source.split("\n")
    further = [code for code in languages() if code != DEFAULT]
    for number, text in sorted(dict(_texts(source)).items()):
        given = set()
        for line in lines[number:]:
            twin = twin_of(line)
            if twin is None:
                break
            given.add(twin[0])
        for code in further:
            if code not in given:
                yield number, f"the text {text!r} needs its twin: a line `# {code}: …` below it"


def _texts(source: str) -> Iterator[tuple[int, str]]:
    yield from _comments(source)
    tree = ast.parse(source)
    docstrings = {id(text) for node in ast.walk(tree) if (text := _docstring(node))}
    keys = {id(key) for node in ast.walk(tree) if isinstance(node, ast.Dict) for key in node.keys}
    places = {id(node.slice) for node in ast.walk(tree) if isinstance(node, ast.Subscript)}
    # Of a dict's keys, those of a table are shown as its heads; others are names, in code or in a prediction.
    shown = {
        id(part)
        for node in ast.walk(tree)
        if isinstance(node, ast.Call) and _called(node) in ("print", "table", "prediction_table")
        for part in ast.walk(node)
    }
    for node in ast.walk(tree):
        if not isinstance(node, ast.Constant) or not isinstance(node.value, str) or id(node) in places:
            continue
        prose = id(node) in docstrings or id(node) in shown or (id(node) not in keys and " " in node.value.strip())
        if prose and node.value not in ANSWERS and not _is_code(node.value) and _words(node.value.replace("_", " ")):
            yield node.lineno, node.value


def _is_code(text: str) -> bool:
    """Tell whether a text is what ``{a / b=}`` puts before the value: code. A name alone reads as a word."""
    code = text.strip()
    if not code.endswith("="):
        return False
    try:
        return not isinstance(ast.parse(code[:-1].strip(), mode="eval").body, ast.Name)
    except SyntaxError:
        return False


def _docstring(node: ast.AST) -> ast.Constant | None:
    if not isinstance(node, ast.FunctionDef | ast.ClassDef) or ast.get_docstring(node) is None:
        return None
    first = node.body[0]
    return first.value if isinstance(first, ast.Expr) and isinstance(first.value, ast.Constant) else None


def _called(call: ast.Call) -> str:
    return call.func.attr if isinstance(call.func, ast.Attribute) else getattr(call.func, "id", "")


def _comments(source: str) -> Iterator[tuple[int, str]]:
    for token in tokenize.generate_tokens(io.StringIO(source).readline):
        if token.type != tokenize.COMMENT or MARKERS.match(token.string) or twin_of(token.line.rstrip("\n")):
            continue
        text = token.string
        if text.startswith(WAS):
            _, found, text = text.removeprefix(WAS).partition("#")
            text = text if found else ""
        if _words(text):
            yield token.start[0], text.strip("# ")


def _words(text: str) -> list[str]:
    """Return the words in a text that another language has others for."""
    return [word for word in WORD.findall(CODE.sub(" ", text)) if word.lower() not in NAMES]
