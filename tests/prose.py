"""What the prose of a built notebook claims in figures and comparisons, and what stands beside it that bears it out."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field

from nbformat.notebooknode import NotebookNode

from resnet_course.language import catalogue

PERCENT = r"[ \u00a0\u202f]?%|[ -]per cent|[ -]percent\b| por cento| percentage points?| pontos? percentua(?:l|is)"
SUPERSCRIPTS = str.maketrans("⁰¹²³⁴⁵⁶⁷⁸⁹⁻", "0123456789-")
# What is no claim of the author's about a run.
NO_CLAIM = (
    r"```.*?```",
    r"`[^`\n]+`",
    r"\$\$.+?\$\$",
    r"\$[^$\n]+\$",
    r"^#+ [^\n]*",
    r"^> [^\n]*",  # an exercise's difficulty, time and points
    r"\]\([^)]+\)",
    r"\b(19[89]|20[0-3])\d\b(?![.,]?\d)",  # a paper's year
    r"\b(sections?|figures?|tables?|seç(?:ão|ões)|figuras?|tabelas?) \d+([.,]\d+)*((,| and| e) \d+[.,]\d+)*",
    r"\b(lessons?|exercises?|liç(?:ão|ões)|exercícios?) \d+",
    r"\b0\d\b",  # a lesson's number
    r"\b\d+ (?:minut|second|segundo|days|dias|points|pontos\b)\w*",  # times and points of the course
    r"\b\d+([ -](?:layer|camada)s?\b)",  # how deep a net is that the text speaks of
    r"\b\d+\s×\s\d+(?:\s×\s\d+)?",  # the size of an image
    r"[^.!?:|\n]*(?:\n[^.!?:|\n]+)*\?",  # a question
)
# Comparisons that can be read in every text; `_counted` are the words for how many times.
TIMES = {
    "en": r"two|three|four|five|six|seven|eight|nine|ten|twenty|fifty|a hundred|a thousand|a million|\d+",
    "pt": r"duas|três|quatro|cinco|seis|sete|oito|nove|dez|vinte|cinquenta|cem|mil|um milhão de|\d+",
}
PARTS = {
    "en": r"half|a third|a quarter|a fifth|a tenth|a hundredth|a thousandth|a millionth|two thirds|three quarters",
    "pt": r"a metade|metade|um terço|um quarto|um quinto|um décimo|um centésimo|um milésimo|dois terços|três quartos",
}
COMPARISONS = {
    "en": rf"(?:more|less|fewer) than (?:{PARTS['en']}|twice|(?:{TIMES['en']}) times)\b"
    rf"|(?:{PARTS['en']}) (?:of|as)\b|twice as\b"
    rf"|(?:{TIMES['en']}) times (?:as|more|less|fewer|the|better|worse|\w+er)\b",
    "pt": rf"(?:mais|menos|acima|abaixo) (?:de |d)(?:{PARTS['pt']}|(?:{TIMES['pt']}) vezes)\b"
    rf"|(?:{PARTS['pt']}|o dobro|o triplo|o quádruplo) (?:de|d[ao]s?)\b"
    rf"|(?:{TIMES['pt']}) vezes (?:mais|menos|[ao]s?|maior|menor|melhor|pior)(?:es)?\b",
}


@dataclass(frozen=True)
class Found:
    """A figure or comparison in prose: where it stands, in its sentence's words, as typed."""

    cell: int
    start: int
    typed: str
    around: str


@dataclass
class Beside:
    """The numbers of the code near a prose cell: those that it shows and those that are written in it."""

    shown: set[float] = field(default_factory=set)
    written: set[float] = field(default_factory=set)


def words_of(prose: str) -> str:
    """Return prose with all that is no claim blanked out; what is left stays where it was."""
    for pattern in NO_CLAIM:
        prose = re.sub(pattern, lambda match: re.sub(r"[^\n]", " ", match[0]), prose, flags=re.DOTALL | re.MULTILINE)
    return prose


def figures(prose: str, language: str, cell: int = 0) -> list[Found]:
    """Return the figures in prose that a run could refute: no whole number up to ten, which only counts things."""
    decimal, thousands = _marks(language)
    grouped = rf"\d{{1,3}}(?:(?:{thousands}|[ \u00a0\u202f])\d{{3}}(?!\d))+"
    alone = rf"(?<![\w{decimal}{thousands}/-])", rf"(?!\w|[{decimal}{thousands}]\d)"
    found = _find(rf"{alone[0]}(?:{grouped}|\d+)(?:{decimal}\d+)?{alone[1]}(?:{PERCENT})?", prose, cell)
    return [each for each in found if not re.fullmatch(r"\d|10", each.typed)]


def comparisons(prose: str, language: str, cell: int = 0) -> list[Found]:
    """Return the comparisons in words, such as *less than a hundredth*."""
    return _find(rf"\b(?:{COMPARISONS[language]})", re.sub(r"\*", " ", prose), cell, re.IGNORECASE)


def _find(pattern: str, prose: str, cell: int, flags: int = 0) -> list[Found]:
    shown = words_of(prose).replace("\n", " ")
    return [
        Found(cell, match.start(), " ".join(match[0].split()), around(prose, match.start(), match.end()))
        for match in re.finditer(pattern, shown, flags)
    ]


def around(prose: str, start: int, end: int, margin: int = 40) -> str:
    """Return the words around a place in prose, on one line."""
    return " ".join(prose[max(0, start - margin) : end + margin].replace("*", "").split())


def _marks(language: str) -> tuple[str, str]:
    marks = catalogue(language, "common")["number"]
    return re.escape(marks["decimal-mark"]), re.escape(marks["thousands-mark"])


def value(typed: str, language: str) -> tuple[float, float]:
    """Return what a typed figure says and half a unit of its last digit, by which it may be rounded.

    Examples
    --------
    >>> value("1.234,5 %", "pt")
    (1234.5, 0.05)
    """
    decimal, thousands = _marks(language)
    digits = re.match(r"[\d.,\s]*\d", typed)
    assert digits, typed
    plain = re.sub(rf"\s|{thousands}", "", digits[0]).replace(decimal.removeprefix("\\"), ".")
    return float(plain), 0.5 * 10 ** -len(plain.partition(".")[2])


def numbers_in(text: str, language: str) -> set[float]:
    """Return the numbers in what a cell shows, read with Python's marks and with those of the language."""
    text = re.sub(r"[×·]\s?10([⁰¹²³⁴⁵⁶⁷⁸⁹⁻]+)", lambda match: "e" + match[1].translate(SUPERSCRIPTS), text)
    marks = catalogue(language, "common")["number"]
    found = set()
    for match in re.finditer(r"\d[\d.,]*(?:e[-+]?\d+)?", text):
        for decimal, thousands in ((".", ","), (marks["decimal-mark"], marks["thousands-mark"])):
            plain = match[0].rstrip(".,").replace(thousands, "").replace(decimal, ".")
            if plain.count(".") < 2:
                found.add(float(plain))
    return found


def borne_out(figure: str, language: str, beside: Beside) -> bool:
    """Tell whether a typed figure is one that is shown, rounded as typed, or a size that is written in the code.

    What is shown as a share may be typed in per cent, or its rest.
    """
    said, half = value(figure, language)
    half *= 1 + 1e-9
    if re.search(PERCENT, figure):
        shares = {100 * each for each in beside.shown if each <= 1}
        rests = {100 - each for each in beside.shown | shares if each <= 100}
        return any(abs(each - said) <= half for each in beside.shown | shares | rests)
    return said in beside.written or any(abs(each - said) <= half for each in beside.shown)


def shown_by(cell: NotebookNode) -> str:
    """Return all that a code cell shows, as text: a figure's title, labels and numbers stand in its alt text."""
    parts = []
    for output in cell.get("outputs", []):
        page = str(output.get("data", {}).get("text/html", ""))
        parts += [output.get("text", ""), str(output.get("data", {}).get("text/plain", ""))]
        parts.append(re.sub(r"data:[^\"']*|<svg.*?</svg>|<style.*?</style>|<[^>]+>", " ", page, flags=re.DOTALL))
    return "\n".join(parts)


def told(notebook: NotebookNode, language: str) -> Iterator[tuple[int, str, Beside]]:
    """Yield each prose cell: its place, its text, and the numbers of the code near it.

    Near are the outputs above it under the same heading (of the first or second level) or at most three cells up, and
    the code of the whole lesson, whose sizes are named all over it.
    """
    cells = notebook.cells
    written = set().union(*(numbers_in(each.source, "en") for each in cells if each.cell_type == "code"))
    shown: list[tuple[int, set[float]]] = []
    begin = 0
    for place, cell in enumerate(cells):
        if cell.cell_type == "code":
            shown.append((place, numbers_in(shown_by(cell), language)))
        elif cell.id not in ("badges", "setup-prose"):
            if re.match(r"##? ", cell.source):
                begin = place
            near = (numbers for at, numbers in shown if at >= begin or at >= place - 3)
            yield place, cell.source, Beside(set().union(*near), written)
