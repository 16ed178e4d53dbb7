"""Questions in GIFT, the text format that Moodle imports (*Question bank → Import → GIFT format*)."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator

from resnet_course.authoring.kit.quiz import Question

SPECIAL = re.compile(r"([\\~=#{}:])")


def escape(text: str) -> str:
    r"""Return a text in which no sign means anything to GIFT; a line end is written as GIFT writes it.

    Examples
    --------
    >>> print(escape("{x: 1} = ~2\nend"))
    \{x\: 1\} \= \~2\nend
    """
    return SPECIAL.sub(r"\\\1", text).replace("\n", r"\n")


def gift(questions: Iterable[Question], category: str) -> str:
    """Return a file of questions.

    Parameters
    ----------
    questions : iterable of Question
        What is asked.
    category : str
        Under which name Moodle's question bank keeps them.
    """
    entries = [f"$CATEGORY: $course$/top/{category.replace('/', '//')}", *map(_entry, questions)]
    return "\n\n".join(entries) + "\n"


def _entry(question: Question) -> str:
    head = f"// {question.key}\n::{escape(question.title)}::[html]{escape(question.text)}"
    return f"{head} {{\n{''.join(_answers(question))}}}"


def _answers(question: Question) -> Iterator[str]:
    if question.answer is not None:
        # With a point, whatever the language: so the format wants it, and Moodle takes either from learners.
        yield f"#{question.answer!r}:{question.tolerance:.12g}\n"
    for choice in question.choices:
        feedback = f"#{escape(choice.feedback)}" if choice.feedback else ""
        yield f"{'=' if choice.right else '~'}[html]{escape(choice.text)}{feedback}\n"
    if question.why:
        yield f"####[html]{escape(question.why)}\n"
