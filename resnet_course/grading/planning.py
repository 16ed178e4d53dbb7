"""Which cells a question needs, by the names that they define and use, so that nothing else runs while grading.

A lesson's demonstrations (training runs, explorers) are no graded work. They are left out because no answer uses what
they define, never because of something that a learner could write into a notebook.
"""

from __future__ import annotations

import re
import symtable
import warnings
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache

from nbformat.notebooknode import NotebookNode

MOST_CHARACTERS = 64_000  # Python's parser needs time and memory that grow with their square, for some texts
# IPython's own: %pip …, !ls, x.sum?, and the lines that a backslash adds to them.
COMMAND = re.compile(r"^([ \t]*)((?:[%!?](?:[^\n]*\\\n)*|[\w.]+\?+(?=[ \t]*$))[^\n]*)$", re.MULTILINE)


@dataclass(frozen=True)
class Names:
    """The global names that a cell defines, and those that it takes from cells before it."""

    defined: frozenset[str]
    used: frozenset[str]


@lru_cache(maxsize=1024)
def names_of(source: str) -> Names:
    """Return the names that a cell defines and uses; for text that is not Python, those at the start of its lines.

    Examples
    --------
    >>> names = names_of("total = 0\\nfor x in numbers: total += weight(x)")
    >>> sorted(names.defined), sorted(names.used)
    (['total', 'x'], ['numbers', 'weight'])
    """
    try:
        table = _table_of(source) or _table_of(without_commands(source))
    except _TooMuch:
        # It may run all the same, so that every word may be a name.
        found = _at_line_starts(source)
        return Names(found, frozenset(re.findall(r"[^\W\d]\w*", source)) - found)
    if table is None:
        return Names(_at_line_starts(source), frozenset())
    defined, used = set(), set()
    for symbol in table.get_symbols():
        if symbol.is_assigned() or symbol.is_imported() or symbol.is_namespace():
            defined.add(symbol.get_name())
        elif symbol.is_referenced():
            used.add(symbol.get_name())
    for inner in _inside(table):
        for symbol in inner.get_symbols():
            if symbol.is_global():
                (defined if symbol.is_declared_global() and symbol.is_assigned() else used).add(symbol.get_name())
    return Names(frozenset(defined), frozenset(used - defined))


def without_commands(source: str) -> str:
    """Return a cell without IPython's own lines, in as many lines."""
    return COMMAND.sub(lambda found: f"{found[1]}pass" + "\n" * found[2].count("\n"), source)


class _TooMuch(Exception):
    """A text that is too long or too deeply nested to be parsed."""


def _table_of(source: str) -> symtable.SymbolTable | None:
    if len(source) > MOST_CHARACTERS:
        raise _TooMuch
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # about the learner's backslashes
            return symtable.symtable(source, "cell", "exec")
    except (RecursionError, MemoryError):
        raise _TooMuch from None
    except (SyntaxError, ValueError):
        return None


def _at_line_starts(source: str) -> frozenset[str]:
    found = re.findall(r"^(?:class|def)\s+(\w+)|^(\w+)\s*=[^=]", source, re.MULTILINE)
    return frozenset(name for pair in found for name in pair if name)


def _inside(table: symtable.SymbolTable) -> Iterator[symtable.SymbolTable]:
    waiting = list(table.get_children())
    while waiting:  # no recursion: a thousand functions may stand in each other
        each = waiting.pop()
        yield each
        waiting += each.get_children()


def needed_for(
    cells: Sequence[NotebookNode], test: int, answers: Sequence[int], names: Sequence[Names] | None = None
) -> list[int]:
    """Return which cells must have run before a test, in order.

    Parameters
    ----------
    cells : sequence of NotebookNode
        The rebuilt notebook.
    test : int
        Where the test stands among them.
    answers : sequence of int
        The answer cells of its exercise, which are needed whatever they define.
    names : sequence of Names, optional
        The names of each cell, where they are known.
    """
    known = names or [names_of(cell.source) for cell in cells]
    needed = set(answers)
    waiting = [test, *answers]
    while waiting:
        place = waiting.pop()
        for name in known[place].used:
            # An exercise may use what is defined after its answer, by the time of its test.
            before = test if place in answers else place
            giver = _last_definition(cells, known, name, before)
            if giver is not None and giver != place and giver not in needed:
                needed.add(giver)
                waiting.append(giver)
    return sorted(needed)


def _last_definition(cells: Sequence[NotebookNode], names: Sequence[Names], name: str, before: int) -> int | None:
    for place in range(before - 1, -1, -1):
        cell = cells[place]
        # A check cell imports `checks` once more; it is the grader that tells what it shows.
        is_test = cell.metadata.get("nbgrader", {}).get("grade")
        if cell.cell_type == "code" and not is_test and name in names[place].defined:
            return place
    return None
