"""Plans for a lesson in class: 90 minutes at once, or three times 50. Each adds up exactly, and so does the homework.

The lesson is taken in its own order, as far as the time goes, because each exercise builds on those before it. The rest
is homework. What is too long for the time left is begun in class and finished at home, or in the next session.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from resnet_course.authoring.kit.outline import Piece, Section

QUESTION = 4  # minutes: think alone, tell a neighbour, raise hands
OPENING = 5
CLOSING = 5
FEWEST = 4  # minutes worth beginning something for


@dataclass(frozen=True)
class Row:
    """A line of a plan.

    Parameters
    ----------
    kind : str
        ``"opening"``, ``"question"``, ``"read"``, ``"exercise"``, ``"spare"`` or ``"closing"``.
    minutes : int
        How long it takes.
    piece : Piece or None
        What of the lesson it covers.
    part : str
        ``"whole"``, ``"begin"``, ``"go-on"`` or ``"finish"``; ``"ahead"`` of a question that homework answers.
    question : int
        Which question for the room, from 1; 0 if it is none.
    """

    kind: str
    minutes: int
    piece: Piece | None = None
    part: str = "whole"
    question: int = 0


@dataclass(frozen=True)
class Plan:
    """Sessions in class, and what is left for home.

    Parameters
    ----------
    length : int
        Minutes of each session.
    sessions : list of list of Row
        What happens in each.
    homework : list of Row
        What of the lesson is left.
    """

    length: int
    sessions: list[list[Row]]
    homework: list[Row]


def plan(pieces: Sequence[Piece], questions: Sequence[Section], length: int, count: int) -> Plan:
    """Return a plan for a lesson.

    Parameters
    ----------
    pieces : sequence of Piece
        The lesson, in its order.
    questions : sequence of Section
        Before which section each question for the room belongs, in their order.
    length, count : int
        How many minutes a session has, and how many sessions there are.

    Examples
    --------
    >>> read = Piece("read", (Section("Size", "a", 2),), 20)
    >>> exercise = Piece("exercise", (Section("Exercise 1", "b", 2),), 30)
    >>> made = plan([read, exercise], [], 50, 1)
    >>> [(row.kind, row.part, row.minutes) for row in made.sessions[0]]
    [('opening', 'whole', 5), ('read', 'whole', 20), ('exercise', 'begin', 20), ('closing', 'whole', 5)]
    >>> [(row.kind, row.part, row.minutes) for row in made.homework]
    [('exercise', 'finish', 10)]
    """
    waiting = _in_order(pieces, questions)
    whole = sum(row.minutes for row in waiting)
    room = length - OPENING - CLOSING
    sessions = []
    for left in range(count, 0, -1):
        # Where the lesson is shorter than the time, each session keeps its share of what is left over.
        enough = -(-sum(row.minutes for row in waiting) // left)
        # A question that the lesson does not get to in class looks ahead to the homework; its time is kept.
        kept = QUESTION * len(questions) if left == 1 and whole > room * count else 0
        rows, waiting = _fill(waiting, room, enough, kept)
        sessions.append([Row("opening", OPENING), *rows, Row("closing", CLOSING)])
    return Plan(length, sessions, waiting)


def _in_order(pieces: Sequence[Piece], questions: Sequence[Section]) -> list[Row]:
    rows = []
    for piece in pieces:
        for number, section in enumerate(questions, 1):
            if section in piece.sections:
                rows.append(Row("question", QUESTION, question=number))
        rows.append(Row(piece.kind, piece.minutes, piece))
    return rows


def _fill(waiting: Sequence[Row], room: int, enough: int, kept: int) -> tuple[list[Row], list[Row]]:
    """Return the rows of a session, which ends as soon as it has enough, and what is left.

    The last session keeps time for the questions that are still to come; each that comes in its place gives its own
    back.
    """
    ahead = [row for row in waiting if row.kind == "question"]
    reserve = min(kept, QUESTION * len(ahead))
    left = room - reserve
    rows: list[Row] = []
    rest = list(waiting)
    while rest and sum(row.minutes for row in rows) < enough:
        row = rest[0]
        if row.kind == "question":
            if reserve:
                reserve -= row.minutes
                left += row.minutes
            if row.minutes + FEWEST > left:  # no time to measure what was asked
                if kept:
                    reserve += row.minutes
                    left -= row.minutes
                break
        elif row.minutes > left:
            begun = min(left, row.minutes - FEWEST)
            if begun >= FEWEST:
                rows.append(Row(row.kind, begun, row.piece, "begin" if row.part == "whole" else "go-on"))
                rest[0] = Row(row.kind, row.minutes - begun, row.piece, "finish")
                left -= begun
            break
        rows.append(row)
        left -= row.minutes
        del rest[0]
    if reserve:
        rows += [replace(row, part="ahead") for row in rest if row.kind == "question"]
        rest = [row for row in rest if row.kind != "question"]
    if left:
        rows.append(Row("spare", left))
    return rows, rest
