"""The result card: what a learner sees after a check.

A card is an HTML display with a plain-text twin; a failed check also raises `CheckFailed`, so that nbgrader,
nbval and "Run all" see a Jupyter error.
"""

from __future__ import annotations

import html
import re
from dataclasses import dataclass, field
from typing import Any

from resnet_course.checks.check import Check
from resnet_course.checks.judging import Verdict
from resnet_course.checks.observing import Plain, fingerprint, first_lines
from resnet_course.language import current_language, find, message
from resnet_course.release import git_ref, repository

ROWS = ("seen", "expected", "cause", "look")
HONEST_TRIES = 3  # after so many different wrong answers the card points to the solved cell

# Okabe and Ito's colour-blind safe bluish green and vermilion, as in the figures.
GREEN, ORANGE = "#009E73", "#D55E00"


class CheckFailed(AssertionError):
    """A check's verdict on an answer that is not right yet; the text is the whole message for the learner."""

    def __init__(self, text: str, summary: str) -> None:
        super().__init__(text)
        self.summary = summary

    def _render_traceback_(self) -> list[str]:
        # IPython asks an exception how to show itself. The card stands above; our own lines would only distract.
        return [self.summary]


# The different answers tried for each exercise since the kernel started or since it last passed. The same answer
# checked twice is one try, an untouched exercise is none, and where an exercise has parts, each repaired part begins
# the count anew.
_tries: dict[str, set[str]] = {}


@dataclass(frozen=True)
class Card:
    """What a card says: a mark, a heading, a title, labelled rows, the learner's own lines and a last remark."""

    passed: bool
    mark: str
    heading: str
    title: str
    rows: list[tuple[str, str]] = field(default_factory=list)
    lines: list[str] = field(default_factory=list)
    remark: str = ""

    def text(self) -> str:
        """Return the card as plain text."""
        parts = [f"{self.heading}: {_plain(self.title)}"]
        parts += [f"  {label}: {_plain(sentence)}" for label, sentence in self.rows]
        parts += [f"    {line}" for line in self.lines]
        if self.remark:
            parts.append(f"  {_plain(self.remark)}")
        return "\n".join(parts)

    def html(self) -> str:
        """Return the card as HTML that needs no style sheet and reads on light and dark pages."""
        colour = GREEN if self.passed else ORANGE
        body = [
            f'<p style="margin:0 0 .4em"><b style="color:{colour}">{self.mark} {_inline(self.heading)}</b></p>',
            f'<p style="margin:0 0 .4em"><b>{_inline(self.title)}</b></p>',
        ]
        body += [
            f'<p style="margin:0 0 .3em"><i>{html.escape(label)}:</i> {_inline(sentence)}</p>'
            for label, sentence in self.rows
        ]
        if self.lines:
            body.append(
                f'<pre style="margin:.3em 0;font-family:monospace">{html.escape(chr(10).join(self.lines))}</pre>'
            )
        if self.remark:
            body.append(f'<p style="margin:.5em 0 0">{_inline(self.remark)}</p>')
        return (
            f'<div style="border-left:5px solid {colour};padding:.5em 1em;margin:.3em 0;max-width:46em">'
            f"{''.join(body)}</div>"
        )


# `code`, in which an asterisk is one, or *italics*.
_MARKED = re.compile(r"`([^`]+)`|\*([^\s*`](?:[^*`]*[^\s*`])?)\*")


def _plain(sentence: str) -> str:
    """Return a sentence as plain text: `code` keeps its backticks, *italics* lose their asterisks."""
    return _MARKED.sub(lambda found: found[2] or found[0], sentence)


def _inline(sentence: str) -> str:
    """Return a sentence as HTML: escaped, with `code`, *italics* and bare addresses as links."""
    escaped = html.escape(sentence, quote=False)
    escaped = _MARKED.sub(lambda found: f"<i>{found[2]}</i>" if found[2] else f"<code>{found[1]}</code>", escaped)
    return re.sub(r"(https://[^\s<)]+)", r'<a href="\1">\1</a>', escaped)


def show(check: Check, verdict: Verdict, observation: Plain, printed: str = "") -> None:
    """Display the card of a verdict; count the try.

    Raises
    ------
    CheckFailed
        If the verdict is not "passed".
    """
    tried = _tries.setdefault(f"{check.grade_id}/{verdict.figures.get('repaired', '')}", set())
    if verdict.key != "unsolved":
        tried.add(fingerprint(observation))
    made = make_card(check, verdict, observation, tries=len(tried))
    if verdict.passed:
        for key in [key for key in _tries if key.split("/")[0] == check.grade_id]:
            del _tries[key]
    if printed:
        print(first_lines(printed), end="")
    _display(made, {"grade_id": check.grade_id, "key": verdict.key})
    if not verdict.passed:
        raise CheckFailed(made.text(), message("common.card.below", grade_id=check.grade_id))


def make_card(check: Check, verdict: Verdict, observation: Plain, tries: int) -> Card:
    """Return the card of a verdict, in the current language."""
    found = find_message(check, verdict)
    mark, word = (
        ("✓", "passed") if verdict.passed else ("✎", "waiting") if verdict.key == "unsolved" else ("✗", "not-yet")
    )
    heading = f"{message(f'common.card.{word}')} · {check.grade_id}"
    if tries > 1 and verdict.key != "unsolved":
        heading += f" · {message('common.card.attempt', attempt=tries)}"
    remark = ""
    if not verdict.passed and tries >= HONEST_TRIES:
        remark = message("common.card.solution", **where_solved(check))
    return Card(
        passed=verdict.passed,
        mark=mark,
        heading=heading,
        title=found["title"],
        rows=[(message(f"common.card.{row}"), found[row]) for row in ROWS if row in found],
        lines=learner_lines(observation) if verdict.key.startswith("raised") else [],
        remark=remark,
    )


def find_message(check: Check, verdict: Verdict) -> dict[str, str]:
    """Return a verdict's sentences (title, seen, expected, cause, look) with their figures filled in."""
    if verdict.exercise == "common":
        key = f"common.faults.{verdict.key}"
    elif verdict.exercise == "blocks":
        key = f"blocks.{verdict.key}"
    else:
        key = f"{check.lesson}.checks.{verdict.exercise or check.grade_id}.{verdict.key}"
    figures: dict[str, Any] = {"grade_id": check.grade_id, **verdict.figures}
    sentences = {part: sentence.format(**figures) for part, sentence in find(key).items()}
    if "block" in figures:
        # One of several objects in one check: say which.
        sentences["title"] = f"{figures['block']}: {sentences['title']}"
    return sentences


def learner_lines(observation: Plain) -> list[str]:
    """Return the learner's own lines from the first error in an observation, as a short traceback."""
    if not isinstance(observation, dict):
        return []
    if "raised" in observation:
        error = observation["raised"]
        lines = [
            message("common.card.line", function=each["function"], line=each["line"], code=each["code"])
            for each in error["lines"]
        ]
        return [*lines, f"{error['type']}: {error['message']}"]
    for part in observation.values():
        lines = learner_lines(part)
        if lines:
            return lines
    return []


def where_solved(check: Check) -> dict[str, str]:
    """Return where the solved cell stands: the file in the repository, and its public address."""
    path = f"solutions/{current_language()}/{check.lesson}/{check.lesson}.ipynb"
    return {"cell": check.grade_id, "path": path, "address": f"{repository()}/blob/{git_ref()}/{path}"}


def _display(card: Card, facts: dict[str, str]) -> None:
    try:
        from IPython.core.getipython import get_ipython
        from IPython.display import display
    except ImportError:  # pragma: no cover - IPython is a dependency; a bare script still works
        print(card.text())
        return
    if get_ipython() is None:
        print(card.text())
        return
    bundle = {"text/plain": card.text(), "text/html": card.html()}
    display(bundle, raw=True, metadata={"resnet_course": facts})
