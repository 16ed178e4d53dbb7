"""The result card: what a learner sees after a check.

A card is an HTML display with a plain-text twin; a failed check also raises `CheckFailed`, so that nbgrader,
nbval and "Run all" see a Jupyter error.
"""

from __future__ import annotations

import html
import platform
import re
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from typing import Any, Protocol
from urllib.parse import urlencode

import torch

from resnet_course.checks.judging import Verdict, first_line
from resnet_course.checks.observing import Plain, fingerprint
from resnet_course.checks.shown import first_lines, shortened
from resnet_course.explain import explain
from resnet_course.language import current_language, find, message
from resnet_course.release import course_version, public_address, repository
from resnet_course.restart import waits_for_setup

ROWS = ("seen", "expected", "cause", "ask", "look")
# The faults in which Python or PyTorch refused something, in words of their own.
REFUSED = frozenset({"raised", "raised-outside", "signature", "missing-self"})
MOST_OF_CARD = 800  # characters in an address: browsers and servers take some thousands
HONEST_TRIES = 3  # after so many different wrong answers the card points to the solved cell

# How an answer stands: its mark, and Okabe and Ito's bluish green and vermilion, dark enough for white words on them.
STATES = {"passed": ("✓", "#007A5A"), "not-yet": ("✗", "#B84E00"), "waiting": ("✎", "#5A5A5A")}


class Exercise(Protocol):
    """What a card has to know of a check."""

    @property
    def grade_id(self) -> str:
        """The exercise, as nbgrader knows it."""

    @property
    def lesson(self) -> str:
        """The lesson's id."""


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
_solutions = True


def point_to_solutions(allowed: bool) -> None:
    """Choose whether cards point to the solved cell after a few tries; in a graded class the setup cell forbids it."""
    global _solutions
    _solutions = allowed


@dataclass(frozen=True)
class Card:
    """What a card says: how the answer stands, a heading, a title, labelled rows, the learner's lines, a remark.

    Where the check itself may be wrong, `report` is the address of a form that tells us so.
    """

    state: str
    heading: str
    title: str
    rows: list[tuple[str, str]] = field(default_factory=list)
    lines: list[str] = field(default_factory=list)
    remark: str = ""
    report: str = ""

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
        mark, colour = STATES[self.state]
        badge = f"background-color:{colour};color:#fff;padding:.1em .5em;border-radius:3px"
        body = [
            f'<p style="margin:0 0 .5em"><b style="{badge}">{mark} {_inline(self.heading)}</b></p>',
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
        if self.report:
            link = f'<a href="{html.escape(self.report)}">{html.escape(message("common.card.report"))}</a>'
            body.append(f'<p style="margin:.5em 0 0;font-size:.85em">{link}</p>')
        return (
            f'<div lang="{current_language()}" '
            f'style="border-left:5px solid {colour};padding:.5em 1em;margin:.3em 0;max-width:46em">'
            f"{''.join(body)}</div>"
        )


# [words](#place) in the same notebook.
_LINK = re.compile(r"""\[([^\]]+)\]\((#[^)\s"']+)\)""")
# `code`, in which an asterisk is one, or *italics*.
_MARKED = re.compile(r"`([^`]+)`|\*([^\s*`](?:[^*`]*[^\s*`])?)\*")


def _plain(sentence: str) -> str:
    """Return a sentence as plain text: `code` keeps its backticks, *italics* lose asterisks, links their place."""
    return _MARKED.sub(lambda found: found[2] or found[0], _LINK.sub(r"\1", sentence))


def _inline(sentence: str) -> str:
    """Return a sentence as HTML: escaped, with `code`, *italics*, links, and bare addresses as links."""
    escaped = html.escape(sentence, quote=False)
    escaped = _MARKED.sub(lambda found: f"<i>{found[2]}</i>" if found[2] else f"<code>{found[1]}</code>", escaped)
    escaped = _LINK.sub(r'<a href="\2">\1</a>', escaped)
    return re.sub(r"""(https://[^\s<)"']+)""", r'<a href="\1">\1</a>', escaped)


def show(exercise: Exercise, verdict: Verdict, observation: Plain, printed: str = "") -> None:
    """Display the card of a verdict; count the try.

    Raises
    ------
    CheckFailed
        If the verdict is not "passed".
    """
    tried = _tries.setdefault(f"{exercise.grade_id}/{verdict.figures.get('repaired', '')}", set())
    if verdict.key != "unsolved":
        tried.add(fingerprint(observation))
    made = make_card(exercise, verdict, observation, tries=len(tried))
    if verdict.passed:
        for key in [key for key in _tries if key.split("/")[0] == exercise.grade_id]:
            del _tries[key]
    if printed:
        print(first_lines(printed), end="")
    _display(made, {"grade_id": exercise.grade_id, "key": verdict.key})
    if not verdict.passed:
        raise CheckFailed(made.text(), message("common.card.below", grade_id=exercise.grade_id))


def make_card(exercise: Exercise, verdict: Verdict, observation: Plain, tries: int) -> Card:
    """Return the card of a verdict, in the current language."""
    found = find_message(exercise, verdict)
    state = "passed" if verdict.passed else "waiting" if verdict.key == "unsolved" else "not-yet"
    heading = f"{message(f'common.card.{state}')} · {exercise.grade_id}"
    if tries > 1 and verdict.key != "unsolved":
        heading += f" · {message('common.card.attempt', attempt=tries)}"
    remark = ""
    # Before the setup cell has run, as after a restart, nobody knows whether this is a graded class.
    if not verdict.passed and tries >= HONEST_TRIES and _solutions and not waits_for_setup():
        remark = message("common.card.solution", **where_solved(exercise))
    made = Card(
        state=state,
        heading=heading,
        title=shortened(found["title"]),
        rows=[(message(f"common.card.{row}"), shortened(found[row])) for row in ROWS if row in found],
        lines=[*map(shortened, learner_lines(observation, verdict))] if verdict.key.startswith("raised") else [],
        remark=remark,
    )
    return replace(made, report=report_address(exercise, verdict, made)) if state == "not-yet" else made


def report_address(exercise: Exercise, verdict: Verdict, card: Card) -> str:
    """Return the address of the form for a check that was wrong, filled in with what the card says.

    The form is public, so what the learner wrote is not in it: of a card that quotes code or an error, the title only.
    """
    quotes = "code" in verdict.figures or verdict.key.startswith("raised")
    said = replace(card, lines=[], rows=[] if quotes else card.rows)
    facts = {
        "template": "wrong-check.yml",
        "language": current_language(),
        "lesson": exercise.lesson,
        "exercise": exercise.grade_id,
        "key": verdict.key,
        "versions": f"course {course_version()}, Python {platform.python_version()}, torch {torch.__version__}",
        "card": said.text()[:MOST_OF_CARD],
    }
    return f"{repository()}/issues/new?{urlencode(facts)}"


def find_message(exercise: Exercise, verdict: Verdict) -> dict[str, str]:
    """Return a verdict's sentences (title, seen, expected, cause, look) with their figures filled in."""
    figures: dict[str, Any] = {"grade_id": exercise.grade_id, **verdict.figures}
    found = find(verdict.message_key(exercise.lesson, exercise.grade_id))
    sentences = {part: sentence.format(**figures) for part, sentence in found.items()}
    explanation = explain_refusal(verdict)
    if explanation:
        sentences["cause"] = explanation
    if "block" in figures:
        # One of several objects in one check: say which.
        sentences["title"] = f"{figures['block']}: {sentences['title']}"
    return sentences


def explain_refusal(verdict: Verdict) -> str | None:
    """Return what the error behind a verdict means, if there is one and it is a well-known one."""
    if verdict.exercise != "common" or verdict.key not in REFUSED:
        return None
    known = {part: verdict.figures.get(part, "") for part in ("code", "function", "meant")}
    return explain(verdict.figures["error"], verdict.figures["text"], **known)


def learner_lines(observation: Plain, verdict: Verdict) -> list[str]:
    """Return the learner's own lines from the error in an observation that a verdict names, as a short traceback."""
    found = list(_errors(observation))
    if not found:
        return []
    named = [each for each in found if first_line(each["message"]) == verdict.figures.get("text")]
    error = (named or found)[0]
    lines = [
        message("common.card.line", function=each["function"], line=each["line"], code=each["code"])
        for each in error["lines"]
    ]
    return [*lines, f"{error['type']}: {error['message']}"]


def _errors(observation: Plain) -> Iterator[Any]:
    """Yield the errors anywhere in an observation."""
    if isinstance(observation, list | tuple):
        observation = dict(enumerate(observation))
    if not isinstance(observation, dict):
        return
    if "raised" in observation:
        yield observation["raised"]
        return
    for part in observation.values():
        yield from _errors(part)


def where_solved(exercise: Exercise) -> dict[str, str]:
    """Return where the solved cell stands: the file in the repository, and its public address."""
    path = f"solutions/{current_language()}/{exercise.lesson}/{exercise.lesson}.ipynb"
    return {"cell": exercise.grade_id, "path": path, "address": public_address(path)}


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
