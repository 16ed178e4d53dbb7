"""Which of an answer's names lead to the solution, and which to the grader: for the teacher to look at, never to judge.

Nothing is run. Names are followed through the imports of the release and of the answer.
"""

from __future__ import annotations

import ast
import re
import warnings
from dataclasses import dataclass
from functools import cache, lru_cache

from resnet_course import checks
from resnet_course.grading.planning import MOST_CHARACTERS, without_commands

# What no answer needs, and an attempt on the grader does.
MACHINERY = re.compile(
    r"\bget_ipython\b|\bresnet_course\.(checks|grading)\b|\bchecks\.|\bsys\.modules\b|\b_exit\b|\bctypes\b|\bsubprocess\b"
    r"|\bast_transformers\b|\binput_transformers\b|\bsettrace\b|\b__builtins__\b|\bset_custom_exc\b|\bshowtraceback\b"
    r"|\bimportlib\b|\b__import__\b"
)
TORCHVISION = "torchvision.models"
FROM_TORCHVISION = frozenset({"pretrained-resnet"})  # the exercises that ask for torchvision's nets
# Modules that only one notebook service has.
ELSEWHERE = ("google.colab", "kaggle_secrets", "kaggle_datasets")


def tree_of(source: str) -> ast.Module | None:
    """Return the syntax tree of a cell without IPython's lines, or None if it has none or is too long."""
    return parsed(source) or parsed(without_commands(source))


@lru_cache(maxsize=1024)
def parsed(source: str) -> ast.Module | None:
    """Return the syntax tree of Python's text, or None."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # about the learner's backslashes
            return ast.parse(source) if len(source) <= MOST_CHARACTERS else None
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return None


@dataclass(frozen=True)
class Uses:
    """What a cell imports and which names it follows.

    Parameters
    ----------
    imports : dict
        What each imported name stands for: its dotted name.
    modules : frozenset of str
        The modules that are imported, and what is imported from them, by their dotted names.
    chains : frozenset of str
        The names that are read, as far as they are followed: ``blocks.BasicBlock``; the cell's own variables left out.
    words : frozenset of str
        Dotted words in its texts.
    """

    imports: dict[str, str]
    modules: frozenset[str]
    chains: frozenset[str]
    words: frozenset[str]

    def through(self, known: dict[str, str]) -> set[str]:
        """Return the dotted names that are used through names of which it is known what they stand for."""
        found = set()
        for chain in self.chains:
            first, dot, rest = chain.partition(".")
            if first in known:
                found.add(known[first] + dot + rest)
        return found


@lru_cache(maxsize=1024)
def uses_of(source: str) -> Uses:
    """Return what a cell imports and follows; nothing for what is no Python, or too long.

    Examples
    --------
    >>> found = uses_of("import resnet_course as r\\nfrom torch import nn\\nr.blocks.BasicBlock(nn)")
    >>> found.imports, sorted(found.chains)
    ({'r': 'resnet_course', 'nn': 'torch.nn'}, ['nn', 'r.blocks.BasicBlock'])
    """
    tree = tree_of(source)
    imports: dict[str, str] = {}
    modules, chains, own, words = set(), set(), set(), set()
    inner = set()
    for node in ast.walk(tree) if tree else ():  # an attribute comes before what it is an attribute of
        if isinstance(node, ast.Import):
            modules |= {alias.name for alias in node.names}
            imports |= {
                alias.asname or _first(alias.name): alias.name if alias.asname else _first(alias.name)
                for alias in node.names
            }
        elif isinstance(node, ast.ImportFrom):
            modules |= {str(node.module), *(f"{node.module}.{alias.name}" for alias in node.names)}
            imports |= {alias.asname or alias.name: f"{node.module}.{alias.name}" for alias in node.names}
        elif isinstance(node, ast.arg):
            own.add(node.arg)
        elif isinstance(node, ast.Constant) and isinstance(node.value, str):
            words |= set(re.findall(r"[A-Za-z_]\w*\.[\w.]+", node.value))
        elif isinstance(node, ast.Name) and not isinstance(node.ctx, ast.Load):
            own.add(node.id)
        elif isinstance(node, ast.Attribute | ast.Name) and id(node) not in inner:
            parts: list[str] = []
            at: ast.AST = node
            while isinstance(at, ast.Attribute):
                parts.append(at.attr)
                at = at.value
                inner.add(id(at))
            if isinstance(at, ast.Name):
                chains.add(".".join([at.id, *reversed(parts)]))
    followed = frozenset(each for each in chains if _first(each) not in own)
    return Uses(imports, frozenset(modules), followed, frozenset(words))


def _first(dotted: str) -> str:
    return dotted.partition(".")[0]


def references_in(source: str, stub: str, given: dict[str, str], exercise: str | None) -> set[str]:
    """Return what an answer takes from where its exercise is solved.

    Parameters
    ----------
    source : str
        The answer.
    stub : str
        The answer cell as it was released.
    given : dict
        What the names stand for that the release imports.
    exercise : str or None
        Its ``grade_id``, if it is an exercise's.
    """
    uses, released = uses_of(source), uses_of(stub)
    found = {each for each in uses.modules - released.modules if each in solved_in() or each.startswith(TORCHVISION)}
    found |= {each for each in uses.through(uses.imports) - released.through(released.imports) if _in_solution(each)}
    if exercise in FROM_TORCHVISION:
        found = {each for each in found if not each.startswith(TORCHVISION)}
    wanted = _references(exercise) if exercise else frozenset()
    for name in uses.through(given) - released.through(given):
        # The solution itself, or its module handed on whole, as to getattr.
        leads = any(each == name or each.startswith(f"{name}.") for each in wanted)
        if leads or (wanted and name.startswith(TORCHVISION) and exercise not in FROM_TORCHVISION):
            found.add(name)
    # importlib.import_module("resnet_course.blocks"), exec("from resnet_course.blocks import *")
    return found | {each for each in uses.words if _in_solution(each)}


def _in_solution(name: str) -> bool:
    return ".".join(name.split(".")[:2]) in solved_in() or name.startswith(TORCHVISION)


@cache
def _references(exercise: str) -> frozenset[str]:
    """Return what solves an exercise or another one of its lesson."""
    lesson = next(lesson for lesson, ids in checks.LESSONS.items() if exercise in ids)
    return frozenset(name for check in checks.of_lesson(lesson) for name in check.references)


@cache
def solved_in() -> frozenset[str]:
    """Return the modules that solve exercises: importing one in an answer is no crime, but somebody should look."""
    every = (check for lesson in checks.LESSONS for check in checks.of_lesson(lesson))
    names = [name for check in every for name in check.references]
    # `resnet_course` itself hands on what is in its modules.
    handed_on = {f"resnet_course.{name.rpartition('.')[2]}" for name in names}
    return frozenset({".".join(name.split(".")[:2]) for name in names} | handed_on)
