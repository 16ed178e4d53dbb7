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

MOST_CHARACTERS = 200_000
COMMAND = re.compile(r"^([ \t]*)(?:[%!?].*|[\w.]+\?+)$", re.MULTILINE)  # IPython's own: %pip …, !ls, x.sum?


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
    if len(source) > MOST_CHARACTERS:
        return Names(frozenset(), frozenset())
    table = _table_of(source) or _table_of(COMMAND.sub(r"\1pass", source))
    if table is None:
        found = re.findall(r"^(?:class|def)\s+(\w+)|^(\w+)\s*=[^=]", source, re.MULTILINE)
        return Names(frozenset(name for pair in found for name in pair if name), frozenset())
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


def _table_of(source: str) -> symtable.SymbolTable | None:
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # about the learner's backslashes
            return symtable.symtable(source, "cell", "exec")
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return None


def _inside(table: symtable.SymbolTable) -> Iterator[symtable.SymbolTable]:
    for child in table.get_children():
        yield child
        yield from _inside(child)


def needed_for(cells: Sequence[NotebookNode], test: int, answers: Sequence[int]) -> list[int]:
    """Return which cells must have run before a test, in order.

    Parameters
    ----------
    cells : sequence of NotebookNode
        The rebuilt notebook.
    test : int
        Where the test stands among them.
    answers : sequence of int
        The answer cells of its exercise, which are needed whatever they define.
    """
    needed = set(answers)
    waiting = [test, *answers]
    while waiting:
        place = waiting.pop()
        for name in names_of(cells[place].source).used:
            # An exercise may use what is defined after its answer, by the time of its test.
            before = test if place in answers else place
            giver = _last_definition(cells, name, before)
            if giver is not None and giver != place and giver not in needed:
                needed.add(giver)
                waiting.append(giver)
    return sorted(needed)


def _last_definition(cells: Sequence[NotebookNode], name: str, before: int) -> int | None:
    for place in range(before - 1, -1, -1):
        cell = cells[place]
        # A check cell imports `checks` once more; it is the grader that tells what it shows.
        is_test = cell.metadata.get("nbgrader", {}).get("grade")
        if cell.cell_type == "code" and not is_test and name in names_of(cell.source).defined:
            return place
    return None
