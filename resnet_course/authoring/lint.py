"""What a lesson's prose and code must keep to, beyond being buildable."""

from __future__ import annotations

import ast
import builtins
import re
import symtable
from collections.abc import Iterator

from resnet_course.authoring import asked, claims
from resnet_course.authoring.code_texts import faults, twin_of, untranslated
from resnet_course.authoring.glossary import FILE, LINK, read_glossary
from resnet_course.authoring.script import Cell, Finding, Lesson, Problem, prose_groups
from resnet_course.language import find, speaking

WORDS_A_CELL = 120
CODE_WIDTH = 100  # what a notebook shows on a laptop without scrolling


def lint(lesson: Lesson) -> Iterator[Problem]:
    """Yield what a reader of this lesson would stumble over."""
    examiners = (
        _twins_agree,
        _links,
        _avoided,
        _glossary_links,
        _questions,
        _length,
        _width,
        _globals,
        _guesses_first,
        _code_texts,
        claims.faults,
    )
    for examine in examiners:
        for line, text in examine(lesson):
            yield Problem(lesson.path, line, text)


STRUCTURE = {
    "headings": r"^(#+) ",
    "formulas": r"\$\$.+?\$\$|\$[^$\n]+\$",
    "links": r"(?<!!)\[[^\]]*\]\(([^)]+)\)",
    "images": r"!\[[^\]]*\]\(([^)]+)\)",
    "code": r"`([^`\n]+)`",
    "code blocks": r"^```\w*$",
    "hints": r"<(details|summary)>",
    "list items": r"^ *([-*]|\d+\.) ",
    "table rows": r"^\|",
}


def structure(prose: str) -> dict[str, list[str]]:
    """Return what twins must have in common: headings, formulas, links, images, code spans, lists, hints."""
    return {
        name: [match[0] if name != "headings" else match[1] for match in re.finditer(pattern, prose, re.M | re.S)]
        for name, pattern in STRUCTURE.items()
    }


def _twins_agree(lesson: Lesson) -> Iterator[Finding]:
    for first, *others in prose_groups(lesson):
        wanted = structure(first.source)
        for twin in others:
            for name, items in structure(twin.source).items():
                # Word order differs between languages, so only headings must keep their order.
                same = (
                    items == wanted[name]
                    if name == "headings"
                    else sorted(_texts(items)) == sorted(_texts(wanted[name]))
                )
                if not same:
                    yield (
                        twin.line,
                        f"{name} differ from the twin at line {first.line}: {_only(items, wanted[name])}",
                    )


def _texts(items: list[str]) -> list[str]:
    # A link's words are translated, its address is not, unless it is a heading.
    return [re.sub(r"\(#[^)]*\)", "(#)", re.sub(r"\[[^\]]*\]", "[]", item)).strip() for item in items]


def _only(here: list[str], there: list[str]) -> str:
    mine, theirs = _texts(here), _texts(there)
    extra = [item for item in mine if mine.count(item) > theirs.count(item)]
    missing = [item for item in theirs if theirs.count(item) > mine.count(item)]
    return f"only here {sorted(set(extra))}, only there {sorted(set(missing))}"


def _links(lesson: Lesson) -> Iterator[Finding]:
    """Yield the links within a lesson that lead to no heading: Jupyter reads the words of one, joined by hyphens."""
    anchors: dict[str, list[str]] = {}
    for cell in lesson.of_kind("prose"):
        without_code = re.sub(r"```.*?```", "", cell.source, flags=re.DOTALL)
        headings = re.findall(r"^#+ (.+)$", without_code, re.MULTILINE)
        anchors.setdefault(cell.get("lang"), []).extend(
            "#" + re.sub(r"[`*]", "", heading).strip().replace(" ", "-") for heading in headings
        )
    for cell in lesson.of_kind("prose"):
        known = anchors[cell.get("lang")]
        for number, line in enumerate(cell.source.splitlines(), start=1):
            for anchor in re.findall(r"\]\((#[^)]+)\)", line):
                if anchor not in known:
                    there = ", ".join(known)
                    yield cell.line + number, f"no heading of this lesson is {anchor}; they are: {there}"


def _avoided(lesson: Lesson) -> Iterator[Finding]:
    for cell in lesson.of_kind("prose"):
        for line, text in avoided(cell.source, cell.get("lang")):
            yield cell.line + line, text


def avoided(prose: str, language: str) -> Iterator[Finding]:
    """Yield, with its line, each word in a piece of prose that the course writes otherwise."""
    with speaking(language):
        words: dict[str, str] = find("glossary.avoid")
    prose = strip_code(prose)
    for pattern, advice in words.items():
        match = re.search(rf"\b({pattern})\b", prose, re.IGNORECASE)
        if match:
            yield 1 + prose[: match.start()].count("\n"), f"{match[0]!r}: {advice}"


def _glossary_links(lesson: Lesson) -> Iterator[Finding]:
    path = lesson.path.with_name(FILE)
    known = read_glossary(path) if path.is_file() else {}
    for cell in lesson.of_kind("prose"):
        for match in LINK.finditer(cell.source):
            if match[1] not in known:
                yield cell.line + 1 + cell.source[: match.start()].count("\n"), f"{match[1]!r} stands not in {FILE}"


def _questions(lesson: Lesson) -> Iterator[Finding]:
    known = asked.read_questions(lesson.path.with_name(asked.FILE))
    for cell in lesson.of_kind("prose"):
        if cell.get("asked") not in (None, *known):
            yield cell.line, f"no question of {asked.FILE} is {cell.get('asked')!r}"


def strip_code(prose: str) -> str:
    """Return prose with code, formulas, links and quotations blanked, so that only the author's words are left."""
    blank = lambda match: re.sub(r"[^\n]", " ", match[0])  # noqa: E731
    for pattern in (
        r"```.*?```",
        r"`[^`\n]+`",
        r"\$\$.+?\$\$",
        r"\$[^$\n]+\$",
        r"\[[^\]]*\]\([^)]+\)",
        r"«[^»]*»",
        r"(?<!\*)\*(?!\*)[^*\n]+\*(?!\*)",
    ):
        prose = re.sub(pattern, blank, prose, flags=re.DOTALL)
    return prose


def _length(lesson: Lesson) -> Iterator[Finding]:
    for cell in lesson.of_kind("prose"):
        # A hint is closed until a learner opens it.
        shown = re.sub(r"<details>.*?</details>", "", strip_code(cell.source), flags=re.DOTALL)
        shown = "\n".join(line for line in shown.splitlines() if not line.startswith("|"))
        words = len(re.findall(r"\w+", shown))
        if words > WORDS_A_CELL:
            yield cell.line, f"{words} words in one cell; split it so that none has more than {WORDS_A_CELL}"


def _width(lesson: Lesson) -> Iterator[Finding]:
    for cell in _shown_code(lesson):
        for number, line in enumerate(cell.source.splitlines(), start=1):
            twin = twin_of(line)
            width = len(twin[1] if twin else line)
            if width > CODE_WIDTH:
                yield cell.line + number, f"this line of code is {width} wide; learners see {CODE_WIDTH}"


def _code_texts(lesson: Lesson) -> Iterator[Finding]:
    for cell in _shown_code(lesson):
        for line, text in (*faults(cell.source), *untranslated(cell.source)):
            yield cell.line + line, text


def _shown_code(lesson: Lesson) -> list[Cell]:
    return [cell for cell in lesson.cells if cell.kind not in ("prose", "claims")]


def _globals(lesson: Lesson) -> Iterator[Finding]:
    code = _shown_code(lesson)
    stable = {name for cell in code for name in _stable_names(cell)}
    for cell in code:
        table = symtable.symtable(cell.source, str(lesson.path), "exec")
        for line, function, name in _global_reads(table):
            if name not in stable and not hasattr(builtins, name):
                yield (
                    cell.line + line,
                    f"{function} reads {name!r}, a global of the notebook; make it an argument",
                )


def _stable_names(cell: Cell) -> Iterator[str]:
    """Yield the functions, classes and imports a cell defines: what a function may use from outside."""
    for node in ast.parse(cell.source).body:
        if isinstance(node, ast.FunctionDef | ast.ClassDef):
            yield node.name
        elif isinstance(node, ast.Import | ast.ImportFrom):
            yield from ((alias.asname or alias.name).split(".")[0] for alias in node.names)


COMPREHENSIONS = {"listcomp", "setcomp", "dictcomp", "genexpr"}


def _global_reads(table: symtable.SymbolTable) -> Iterator[tuple[int, str, str]]:
    for child in table.get_children():
        # A comprehension that stands in the cell itself runs at once, like a loop; only functions outlive the cell.
        at_once = table.get_type() == "module" and child.get_name() in COMPREHENSIONS
        if child.get_type() == "function" and not at_once:
            for symbol in child.get_symbols():
                if symbol.is_global() and symbol.is_referenced():
                    yield child.get_lineno(), child.get_name(), symbol.get_name()
        yield from _global_reads(child)


def _guesses_first(lesson: Lesson) -> Iterator[Finding]:
    code = _shown_code(lesson)
    for place, cell in enumerate(code):
        if cell.kind != "predict":
            continue
        asks = f"expect({_last_name(cell)}, "
        # A definition reveals nothing before it is called.
        running = (each for each in code[place + 1 :] if each.kind != "predict" and not _only_defines(each))
        following = next(running, None)
        if following is None:
            yield cell.line, f"no cell begins with `{asks}…)`, which asks for this guess before its experiment"
        elif not ast.unparse(ast.parse(following.source)).startswith(asks):
            yield following.line, f"this cell may give the answer away: it must begin with `{asks}…)`"


def _last_name(cell: Cell) -> str:
    """Return the last name that a cell gives to something."""
    stored = [node for node in ast.walk(ast.parse(cell.source)) if isinstance(node, ast.Name)]
    return next(node.id for node in reversed(stored) if isinstance(node.ctx, ast.Store))


def _only_defines(cell: Cell) -> bool:
    definitions = ast.FunctionDef | ast.ClassDef | ast.Import | ast.ImportFrom
    return all(isinstance(node, definitions) for node in ast.parse(cell.source).body)
