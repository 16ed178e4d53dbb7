"""Which answers are alike beyond what the exercise explains: a hint to look, never a verdict.

An answer is taken apart into its statements, without layout, order and the names that learners choose. A statement that
many learners write, that was given, or that stands in the course's own solution says nothing; one that two of sixty
write says something. So what two answers share is counted in bits (a statement of one learner in eight: 3 bits), and
half of what they do not share is taken off.
"""

from __future__ import annotations

import builtins
import keyword
import re
from collections import Counter
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from math import log2
from typing import Any

import numpy as np

# How much more than chance would give the most alike of all pairs: were statements chosen independently, one report in
# a hundred would hold a false hint. (They are not, which is why it is a hint only.)
MARGIN = log2(100)
FEWEST = 10  # answers to an exercise: of fewer it is not known what is rare
RINGS = 30  # what more learners write than these, or than a tenth of a small class, is common knowledge
SMALLEST_RING = 4
EXAMPLES = 3
TOKEN = re.compile(
    r"""[ \t\f\r]*(?:(?P<name>[^\W\d]\w*)|(?P<open>[(\[{])|(?P<close>[)\]}])|(?P<line>[\n;]+)"""
    r"""|(?P<skip>\#[^\n]*|\\\n|\Z)|(?P<string>\"{3}[\s\S]*?\"{3}|'{3}[\s\S]*?'{3}|"(?:\\.|[^"\\\n])*"|'(?:\\.|[^'\\\n])*')"""
    r"""|(?P<number>\.?\d[\w.]*)|(?P<symbol>[-+*/%@&|^=<>!:]=|\*\*|//|->|<<|>>|\.\.\.|[\s\S]))"""
)
PREFIX = re.compile(r"\b[rRbBuUfF]{1,2}(?=[\"'])")  # of a text
BUILTINS = frozenset(dir(builtins)) | frozenset(keyword.kwlist)


@dataclass(frozen=True)
class Alike:
    """Learners whose answers to a lesson are alike.

    Parameters
    ----------
    learners : tuple of str
        Two of them, or more where each is like another.
    exercises : tuple of str
        In which exercises.
    bits : float
        How much the two most alike share, less half of what they do not.
    shared, of : int
        How many rare statements these two share, of how many rare ones the one with fewer has.
    examples : tuple of str
        Some of what they share, the rarest first, each name that a learner chose as ``_``.
    """

    learners: tuple[str, ...]
    exercises: tuple[str, ...]
    bits: float
    shared: int
    of: int
    examples: tuple[str, ...]


def statements(source: str, given: frozenset[str] = frozenset()) -> tuple[str, ...]:
    """Return the statements of an answer without layout, comments, texts and the names that learners choose.

    Parameters
    ----------
    source : str
        The answer, whether or not it is Python.
    given : frozenset of str
        Names that are not the learner's: what the lesson imports and defines. Attributes stay too, but for ``self``'s.

    Examples
    --------
    >>> statements("total = 0  # so far\\nfor x in numbers:\\n    total += abs(x)")
    ('_=0', 'for _ in _:', '_+=abs(_)')
    """
    return tuple(_statements(source, given))


def _statements(source: str, given: frozenset[str]) -> Iterator[str]:
    known = BUILTINS | given
    shown: list[str] = []
    depth, before, last, word_before, only_text = 0, "", "", False, True
    for match in TOKEN.finditer(PREFIX.sub("", source) + "\n"):
        kind = match.lastgroup
        if kind == "skip" or (kind == "line" and depth):
            continue
        if kind == "line":
            if shown and not only_text:  # a text alone is a docstring
                yield "".join(shown)
            shown, before, last, word_before, only_text = [], "", "", False, True
            continue
        word = match[kind] if kind else ""
        is_word = kind in ("name", "number")
        if is_word and word_before:
            shown.append(" ")
        if kind == "name":
            own = before == "self" if last == "." else word not in known
            shown.append("_" if own and word != "self" else word)
        elif kind == "string":
            shown.append('""')
        else:
            shown.append(word)
            depth = depth + 1 if kind == "open" else max(0, depth - (kind == "close"))
        only_text = only_text and kind == "string"
        before, last, word_before = last, word, is_word
    # A bracket that is never closed: what stands behind it is one statement.
    if shown and not only_text:
        yield "".join(shown)


def alike(
    answers: Mapping[str, Mapping[str, str]],
    explained: Mapping[str, Collection[str]],
    given: Collection[str] = (),
    lessons: int = 1,
) -> list[Alike]:
    """Return whose answers to a lesson's exercises are alike, the most alike first.

    Parameters
    ----------
    answers : mapping of str to mapping of str to str
        For each exercise, learner to answer; who has not begun is left out.
    explained : mapping of str to collection of str
        For each exercise, sources whose statements are no hint: the stub and the course's solution.
    given : collection of str
        Names that are not the learners': what the lesson imports and defines.
    lessons : int
        In how many lessons answers are compared: in more of them chance finds more.
    """
    names = frozenset(given)
    learners = sorted({learner for sources in answers.values() for learner in sources})
    compared = [
        _Compared(grade_id, sources, explained.get(grade_id, ()), names, learners)
        for grade_id, sources in answers.items()
        if len(sources) >= FEWEST
    ]
    if not compared:
        return []
    # They may be alike in some exercises and not in others; that there are so many choices is taken off again below.
    total = sum(np.maximum(each.bits, 0) for each in compared)
    pairs = len(learners) * (len(learners) - 1) / 2
    most_by_chance = log2(pairs * lessons) + len(compared)
    hits = np.argwhere(np.triu(total >= most_by_chance + MARGIN, 1))
    groups = _grouped([(int(one), int(other)) for one, other in hits])
    found = [_describe(group, compared, total, learners) for group in groups]
    return sorted(found, key=lambda each: (-each.bits, each.learners))


class _Compared:
    """The answers to one exercise, each compared with each."""

    def __init__(
        self,
        grade_id: str,
        sources: Mapping[str, str],
        explained: Collection[str],
        given: frozenset[str],
        learners: Sequence[str],
    ) -> None:
        self.grade_id = grade_id
        no_hint = {each for source in explained for each in statements(source, given)}
        known = {source: frozenset(statements(source, given)) - no_hint for source in set(sources.values())}
        self.rows = [known[sources[learner]] if learner in sources else frozenset() for learner in learners]
        counts = Counter(each for row in self.rows for each in row)
        ring = max(SMALLEST_RING, min(RINGS, len(sources) // 10))
        self.weights = {each: log2(len(sources) / count) for each, count in counts.items() if count <= ring}
        own = np.array([sum(self.weights.get(each, 0.0) for each in row) for row in self.rows], dtype=np.float32)
        columns = {
            each: column for column, each in enumerate(sorted(each for each in self.weights if counts[each] > 1))
        }
        marks = np.zeros((len(learners), len(columns)), dtype=np.float32)
        for place, row in enumerate(self.rows):
            for each in row:
                if each in columns:
                    marks[place, columns[each]] = 1
        weights = np.array([self.weights[each] for each in columns], dtype=np.float32)
        shared = (marks * weights) @ marks.T
        self.bits = shared - (own[:, None] + own[None, :] - 2 * shared) / 2

    def rare(self, place: int) -> set[str]:
        """Return what a learner writes and few others do."""
        return {each for each in self.rows[place] if each in self.weights}


def _grouped(pairs: Iterable[tuple[int, int]]) -> list[list[int]]:
    """Return groups in which each is paired with another."""
    group_of: dict[int, set[int]] = {}
    for one, other in pairs:
        merged = group_of.get(one, {one}) | group_of.get(other, {other})
        for each in merged:
            group_of[each] = merged
    return [sorted(group) for group in {id(group): group for group in group_of.values()}.values()]


def _describe(group: Sequence[int], compared: Sequence[_Compared], total: Any, learners: Sequence[str]) -> Alike:
    """Describe a group by the two in it that are most alike."""
    inside = np.triu(total[np.ix_(group, group)], 1)
    one, other = (group[int(place)] for place in np.unravel_index(np.argmax(inside), inside.shape))
    where = [each for each in compared if each.bits[one, other] > 0]
    shared = {(each.weights[text], text) for each in where for text in each.rare(one) & each.rare(other)}
    return Alike(
        learners=tuple(learners[each] for each in group),
        exercises=tuple(each.grade_id for each in where),
        bits=float(inside.max()),
        shared=sum(len(each.rare(one) & each.rare(other)) for each in where),
        of=sum(min(len(each.rare(one)), len(each.rare(other))) for each in where),
        examples=tuple(
            text for _, text in sorted(shared, key=lambda each: (-each[0], -len(each[1]), each[1]))[:EXAMPLES]
        ),
    )
