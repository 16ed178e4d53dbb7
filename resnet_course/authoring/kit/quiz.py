"""The questions of a lesson's quiz, with their answers: numbers drawn afresh, predictions, and code to read.

Whatever is drawn is drawn with a fixed seed: all languages have the same questions, and all builds the same files.
"""

from __future__ import annotations

import ast
import html
import random
import re
from collections.abc import Iterator
from dataclasses import dataclass, replace
from functools import cache
from pathlib import Path
from typing import Any

from nbformat.notebooknode import NotebookNode

from resnet_course import checks
from resnet_course.authoring.kit.marked_up import inline, xhtml
from resnet_course.authoring.kit.outline import read
from resnet_course.authoring.kit.slips import SLIPS, slips
from resnet_course.authoring.kit.stuck import BANK, expected, titles
from resnet_course.authoring.kit.words import read_kit, word
from resnet_course.authoring.script import BEGIN, END, WAS
from resnet_course.language import number, speaking
from resnet_course.predictions import expect
from resnet_course.questions import MAKERS, ask, of_lessons
from resnet_course.review import said

MOST_WRONG = 3
NEAR = 0.005  # of the answer: how far off a number with decimals may be
TRIES = 50  # draws until all mistakes give different numbers


@dataclass(frozen=True)
class Choice:
    """An answer to choose.

    Parameters
    ----------
    text : str
        The answer, as XHTML.
    right : bool
        Whether it is right.
    feedback : str
        What is wrong with it, as XHTML; may be empty.
    """

    text: str
    right: bool
    feedback: str = ""


@dataclass(frozen=True)
class Question:
    """A question of a quiz.

    Parameters
    ----------
    key : str
        What it is called: the same in all languages.
    lesson, language : str
        Where it belongs.
    title : str
        A few words for lists.
    text : str
        What is asked, as XHTML.
    choices : tuple of Choice
        The answers to choose from; none where a number is to be typed.
    answer : float or None
        The number to type.
    tolerance : float
        How far off it may be.
    why : str
        Why the answer is right, as XHTML.
    """

    key: str
    lesson: str
    language: str
    title: str
    text: str
    choices: tuple[Choice, ...] = ()
    answer: float | None = None
    tolerance: float = 0.0
    why: str = ""


def quiz(root: Path, lesson: str, language: str) -> list[Question]:
    """Return the questions of a lesson's quiz in one language."""
    with speaking(language):
        return [
            *(each for name in of_lessons([lesson]) for each in _fresh(name, lesson, language)),
            *_predictions(root, lesson, language),
            *_code(root, lesson, language),
        ]


# --- fresh numbers ------------------------------------------------------------------------------------------------


def drawn(name: str, turn: int) -> random.Random:
    """Return where the numbers of a question come from."""
    return random.Random(f"{name} {turn}")


def best_turn(name: str) -> int:
    """Return the first draw in which most of a question's mistakes give different numbers."""
    most = min(MOST_WRONG, len(SLIPS.get(name, ())))
    turns = range(1, TRIES)
    enough = (turn for turn in turns if len(slips(name, figures_of(name, turn))) >= most)
    return next(enough, None) or max(turns, key=lambda turn: len(slips(name, figures_of(name, turn))))


@cache
def figures_of(name: str, turn: int) -> dict[str, object]:
    """Return the numbers of a question, with its answer."""
    answer, figures = MAKERS[name][1](drawn(name, turn))
    return {**figures, "answer": answer}


def _fresh(name: str, lesson: str, language: str) -> Iterator[Question]:
    """Yield a question to choose from, and the same with other numbers, to be typed; or a question for yes or no."""
    turn = best_turn(name)
    asked = ask(name, drawn(name, turn))
    text, why = f"<p>{inline(asked.text)}</p>", inline(asked.why)
    if isinstance(asked.answer, bool):
        choices = tuple(Choice(said(each), each == asked.answer) for each in (True, False))
        yield Question(name, lesson, language, _titled(name), text, choices, why=why)
        return
    wrong = slips(name, figures_of(name, turn))[:MOST_WRONG]
    feedback = {asked.answer: ""} | {value: inline(word(f"slips.{slip}")) for slip, value in wrong}
    choices = tuple(Choice(shown(each), each == asked.answer, feedback[each]) for each in sorted(feedback))
    yield Question(f"{name}-choice", lesson, language, _titled(name), text, choices, why=why)
    turn += 1
    while figures_of(name, turn) == figures_of(name, turn - 1):
        turn += 1
    asked = ask(name, drawn(name, turn))
    text = f"<p>{inline(asked.text)}</p>"
    tolerance = 0.0 if float(asked.answer).is_integer() else NEAR * abs(asked.answer)
    yield Question(
        f"{name}-number",
        lesson,
        language,
        _titled(name),
        text,
        answer=asked.answer,
        tolerance=tolerance,
        why=inline(asked.why),
    )


def shown(value: float) -> str:
    """Return a number as the language writes it, whether a mistake made it a whole one or not."""
    return number(round(value), ",").replace("-", "−") if float(value).is_integer() else number(value, "g")


def _titled(key: str) -> str:
    return word(f"titles.{key}")


# --- predictions --------------------------------------------------------------------------------------------------

HEADING = re.compile(r"^#+ (.+)$", re.MULTILINE)
INSTRUCTION = re.compile(r"\b(?:Write|Replace|Escreva|Troque)\b.*?[.](?=\s|$)", re.DOTALL)


def _predictions(root: Path, lesson: str, language: str) -> Iterator[Question]:
    notebook = read(root, lesson, language)
    for key in read_kit(root)[lesson].get("predictions", []):
        place = next(place for place, cell in enumerate(notebook.cells) if cell.id == f"predict-{key}")
        prose = [cell.source for cell in notebook.cells[:place] if cell.cell_type == "markdown"]
        heading = HEADING.findall("\n".join(prose))[-1].replace("`", "")  # a title is plain text
        guesses = solved(notebook, str(key))
        kinds, within = allowed(notebook, str(key))
        for count, (name, guess) in enumerate(guesses.items(), 1):
            asked = f"<p>{inline(word('quiz.for-key', key=name))}</p>" if len(guesses) > 1 else ""
            how = isinstance(kinds[name], list)  # it says what the words mean
            text = prompted(prose[-1], how=how) + asked
            title = word("titles.prediction", heading=heading) + (f" ({count})" if len(guesses) > 1 else "")
            yield _prediction(Question(f"{key}-{name}", lesson, language, title, text), guess, kinds[name], within)


def prompted(markdown: str, *, how: bool = False) -> str:
    """Return the words that ask for a prediction, as XHTML, without heading and, if asked, with how to type a guess.

    Examples
    --------
    >>> prompted("## Size\\n\\n**Predict.** How high is it?\\nWrite a number.")
    '<p><strong>Predict.</strong> How high is it?</p>'
    """
    body = HEADING.split(markdown)[-1].strip()
    if how:
        return xhtml(body)
    asking = (each for each in body.split("\n\n") if not _only_says_how(each))
    return xhtml("\n\n".join(each if each.startswith("|") else INSTRUCTION.sub("", each).strip() for each in asking))


def _only_says_how(paragraph: str) -> bool:
    found = INSTRUCTION.match(paragraph.strip())
    return found is not None and "?" not in paragraph


def solved(notebook: NotebookNode, key: str) -> dict[str, Any]:
    """Return the right guesses of a prediction, which its solved cell holds."""
    source = next(cell.source for cell in notebook.cells if cell.id == f"predict-{key}")
    code = "\n".join(line for line in source.splitlines() if line.strip() not in (BEGIN, END) and WAS not in line)
    (assignment,) = ast.parse(code).body
    assert isinstance(assignment, ast.Assign)
    guesses: dict[str, Any] = _value(assignment.value)
    return guesses


def allowed(notebook: NotebookNode, key: str) -> tuple[dict[str, Any], float]:
    """Return what each guess of a prediction may be, as its `expect` says, and how near a number must come."""
    place = next(place for place, cell in enumerate(notebook.cells) if cell.id == f"predict-{key}")
    for cell in notebook.cells[place + 1 :]:
        tree = ast.parse(cell.source) if cell.cell_type == "code" else ast.Module([], [])
        calls = {_called(each): each for each in ast.walk(tree) if isinstance(each, ast.Call)}
        if expect.__name__ in calls:
            keywords = calls["compare_prediction"].keywords if "compare_prediction" in calls else []
            within = next((_value(each.value) for each in keywords if each.arg == "within"), 0.0)
            return _value(calls[expect.__name__].args[1]), within
    raise LookupError(f"nothing expects the prediction {key!r}")


def _called(call: ast.Call) -> str:
    return call.func.id if isinstance(call.func, ast.Name) else ""


def _value(expression: ast.expr) -> Any:
    """Return what an expression of the lesson's own code is worth, where it needs nothing but Python's types."""
    names = {"int": int, "float": float, "bool": bool, "dict": dict, "list": list, "range": range}
    code = compile(ast.fix_missing_locations(ast.Expression(expression)), "prediction", "eval")
    return eval(code, {"__builtins__": {}, **names})


def _prediction(asked: Question, guess: Any, kind: Any, within: float) -> Question:
    if kind is bool or isinstance(kind, list):
        options: list[Any] = kind if isinstance(kind, list) else [True, False]
        return replace(asked, choices=tuple(Choice(_option(each), each == guess) for each in options))
    tolerance = within or (0.0 if float(guess).is_integer() else NEAR * abs(guess))
    return replace(asked, answer=guess, tolerance=tolerance)


def _option(value: object) -> str:
    if isinstance(value, bool):
        return said(value)
    return f"<code>{html.escape(value)}</code>" if isinstance(value, str) else shown(value)  # type: ignore[arg-type]


# --- code to read -------------------------------------------------------------------------------------------------


def _code(root: Path, lesson: str, language: str) -> Iterator[Question]:
    for entry in read_kit(root)[lesson].get("code", []):
        path = root / BANK / lesson / f"{entry['answer']}.py"
        grade_id = path.parent.name.replace("_", "-")
        code = path.read_text(encoding="utf-8").split("\n", 1)[1].strip()
        names = ", ".join(f"`{each}`" for each in getattr(checks, path.parent.name).answers)
        keys = [expected(path), *entry["others"]]
        choices = [Choice(inline(title), place == 0) for place, title in enumerate(titles(lesson, grade_id, keys))]
        random.Random(f"{lesson} {entry['answer']}").shuffle(choices)
        text = f"<p>{inline(word('quiz.code', names=names))}</p><pre>{html.escape(code, quote=False)}</pre>"
        title = word("titles.code", names=names.replace("`", ""))  # a file's name would give its mistake away
        yield Question(f"code-{path.parent.name}-{path.stem}", lesson, language, title, text, tuple(choices))
