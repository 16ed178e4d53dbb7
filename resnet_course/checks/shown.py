"""How much of a learner's text is shown: nobody reads more, and a page must not grow without end."""

from __future__ import annotations

SHOWN_LINES = 20  # of what the learner's code prints
SHOWN_CHARACTERS = 1000  # of a line of it, or of a sentence on a card


def first_lines(printed: str) -> str:
    """Return the first lines of a learner's prints, as many as a reader looks at, and of a long line both ends."""
    lines = printed.splitlines()
    if len(lines) <= SHOWN_LINES and max(map(len, lines), default=0) <= SHOWN_CHARACTERS:
        return printed
    more = [f"… (+{len(lines) - SHOWN_LINES})"] if len(lines) > SHOWN_LINES else []
    return "\n".join([*map(shortened, lines[:SHOWN_LINES]), *more]) + "\n"


def shortened(text: str) -> str:
    """Return a text that a card can hold: of a longer one the middle is left out."""
    half = SHOWN_CHARACTERS // 2
    return text if len(text) <= SHOWN_CHARACTERS else f"{text[:half]} … {text[-half:]}"
