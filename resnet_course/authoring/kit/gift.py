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


def plain(number: float) -> str:
    """Return a number as a program reads it, without an exponent.

    Examples
    --------
    >>> plain(-2.0), plain(0.00005)
    ('-2', '0.00005')
    """
    return f"{number:.9f}".rstrip("0").rstrip(".")


def gift(questions: Iterable[Question], *category: str) -> str:
    """Return a file of questions.

    Parameters
    ----------
    questions : iterable of Question
        What is asked.
    *category : str
        Where Moodle's question bank keeps them: a category, one inside it, and so on.
    """
    path = "/".join(each.replace("/", "//") for each in category)
    entries = [f"$CATEGORY: $course$/top/{path}", *map(_entry, questions)]
    return "\n\n".join(entries) + "\n"


def _entry(question: Question) -> str:
    head = f"// {question.key}\n::{escape(question.title)}::[html]{escape(question.text)}"
    return f"{head} {{\n{''.join(_answers(question))}}}"


def _answers(question: Question) -> Iterator[str]:
    if question.answer is not None:
        # With a point, whatever the language: so the format wants it, and Moodle takes either from learners.
        yield f"#{plain(question.answer)}:{plain(question.tolerance)}\n"
    for choice in question.choices:
        feedback = f"#{escape(choice.feedback)}" if choice.feedback else ""
        yield f"{'=' if choice.right else '~'}[html]{escape(choice.text)}{feedback}\n"
    if question.why:
        yield f"####[html]{escape(question.why)}\n"
