"""The review: a few questions about lessons that are done, asked again after growing times."""

from __future__ import annotations

import errno
import html
import json
import os
import random
import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta
from pathlib import Path

from resnet_course.checks.registry import GRADED
from resnet_course.explorers import controls_can_run, show_controls
from resnet_course.files import try_writing, why
from resnet_course.language import current_language, find, message, number
from resnet_course.questions import Answer, Question, ask, of_lessons
from resnet_course.record import DRIVE, read_all, unread_sentences

DAYS = (1, 3, 7, 16, 35)  # how long a question rests after it was answered right once, twice, …
FEWEST, MOST = 3, 5  # questions in one review
NAME = "course-review"


def review(*lessons: str) -> None:
    """Ask three to five questions about lessons that are done, if it is time for any.

    A question that was answered right comes back after 1, 3, 7, 16, 35 days, always with fresh numbers; after a wrong
    answer it comes back in the next review. When it is time for each stands in a small file on this machine.

    Parameters
    ----------
    *lessons : str
        Which lessons; by default those in which more than half of the exercises have a green card in a notebook that
        was saved.

    Raises
    ------
    ValueError
        If there is no such lesson; the message lists them.

    Examples
    --------
    >>> review()  # doctest: +ELLIPSIS
    Nothing to review yet: this asks about lessons in which more than half of the exercises have a green card ...
    """
    from IPython.display import display

    for lesson in lessons:
        if lesson not in GRADED:
            raise ValueError(message("common.setup.unknown-lesson", lesson=lesson, known=", ".join(GRADED)))
    progress = [] if lessons else read_all(GRADED)
    done = lessons or tuple(each.lesson for each in progress if 2 * each.solved > each.total)
    unread = unread_sentences(progress)
    if not done:
        display(_Sentences([*unread, message("00_start_here.review.nothing")]))
        return
    schedule, remarks = Schedule.load(schedule_file())
    remarks = [*unread, *remarks]
    names = schedule.choose(of_lessons(list(done)), date.today())
    if not names:
        due = schedule.next_day(of_lessons(list(done))).strftime(find("00_start_here.record.date-format"))
        display(_Sentences([*remarks, message("00_start_here.review.later", day=due)]))
        return
    draw = random.Random()
    Review([ask(name, draw) for name in names], schedule, remarks).show()


def schedule_file() -> Path:
    """Return the file that says when it is time for each question: in Colab in the learner's Drive, if it is mounted.

    Examples
    --------
    >>> schedule_file().name
    'resnet-course-review.json'
    """
    import platformdirs

    # What else Colab's machine keeps is gone with it, a few hours later.
    folder = DRIVE if DRIVE.is_dir() else Path(platformdirs.user_data_dir("resnet-course", appauthor=False))
    return folder / "resnet-course-review.json"


@dataclass
class Schedule:
    """When it is time for each question.

    Parameters
    ----------
    file : Path
        Where it is kept; None keeps it nowhere.
    entries : dict
        Question to how often in a row it was answered right, and the day on which it is due.

    Examples
    --------
    >>> schedule = Schedule(Path("review.json"))
    >>> schedule.note("paths", True, date(2026, 1, 1))
    >>> schedule.note("paths", True, date(2026, 1, 2))
    >>> schedule.entries["paths"]
    (2, datetime.date(2026, 1, 5))
    """

    file: Path | None
    entries: dict[str, tuple[int, date]] = field(default_factory=dict)

    @classmethod
    def load(cls, file: Path) -> tuple[Schedule, list[str]]:
        """Return what a file holds, and sentences if it cannot be read or written; a damaged one is kept aside."""
        schedule, remarks = cls._read(file)
        if schedule.file:
            try:
                try_writing(file.parent)
                if file.exists() and not os.access(file, os.W_OK):  # whoever locked it will not want it replaced
                    raise PermissionError(errno.EACCES, os.strerror(errno.EACCES))
            except OSError as problem:
                schedule.file = None
                remarks.append(message("00_start_here.review.unwritable", file=file, reason=why(problem)))
        return schedule, remarks

    @classmethod
    def _read(cls, file: Path) -> tuple[Schedule, list[str]]:
        try:
            kept = json.loads(file.read_bytes())["questions"]
            entries = {
                name: (max(0, int(each["right"])), date.fromisoformat(each["due"])) for name, each in kept.items()
            }
        except FileNotFoundError:
            return cls(file), []
        except OSError as problem:
            return cls(None), [message("00_start_here.review.unreadable", file=file, reason=why(problem))]
        except (ValueError, TypeError, KeyError, AttributeError, OverflowError, RecursionError):
            return cls._anew(file)
        return cls(file, entries), []

    @classmethod
    def _anew(cls, damaged: Path) -> tuple[Schedule, list[str]]:
        number = 1
        while (aside := damaged.with_name(f"{damaged.stem}-damaged-{number}{damaged.suffix}")).exists():
            number += 1
        try:
            damaged.rename(aside)
        except OSError as problem:
            return cls(None), [message("00_start_here.review.unreadable", file=damaged, reason=why(problem))]
        return cls(damaged), [message("00_start_here.review.damaged", file=aside)]

    def choose(self, names: Sequence[str], today: date) -> list[str]:
        """Return those questions that are due, the longest waiting first, then new ones, and a few that come soon."""
        known = sorted((name for name in names if name in self.entries), key=lambda name: self.entries[name][1])
        due = [name for name in known if self.entries[name][1] <= today]
        chosen = [*due, *(name for name in names if name not in self.entries)][:MOST]
        soon = [name for name in known if name not in due]
        return [*chosen, *soon[: max(0, FEWEST - len(chosen))]] if chosen else []

    def next_day(self, names: Sequence[str]) -> date:
        """Return the first day on which one of these questions is due."""
        return min(self.entries[name][1] for name in names)

    def note(self, name: str, right: bool, today: date) -> None:
        """Take an answer down."""
        times = self.entries.get(name, (0, today))[0] + 1 if right else 0
        rest = DAYS[min(times, len(DAYS)) - 1] if right else 0
        self.entries[name] = (times, today + timedelta(days=rest))

    def save(self) -> str:
        """Write the file; return a sentence if that does not work."""
        if self.file is None:
            return ""
        questions = {name: {"right": right, "due": str(due)} for name, (right, due) in sorted(self.entries.items())}
        text = json.dumps(
            {"about": message("00_start_here.review.about"), "questions": questions}, ensure_ascii=False, indent=1
        )
        part = self.file.with_name(f"{self.file.name}.{os.getpid()}")
        try:
            self.file.parent.mkdir(parents=True, exist_ok=True)
            part.write_text(text + "\n", encoding="utf-8")
            part.replace(self.file)  # whole or not at all
        except OSError as problem:
            return message("00_start_here.review.unwritable", file=self.file, reason=why(problem))
        return ""


class Review:
    """Questions with fields for the answers; without ipywidgets, questions whose answers open with a click.

    Parameters
    ----------
    questions : list of Question
        What to ask.
    schedule : Schedule
        Where answers are taken down.
    remarks : list of str
        Sentences to begin with.

    Attributes
    ----------
    fields : list of Field
        One for each question, once they are shown in a notebook.

    Examples
    --------
    >>> questions = [ask("paths", random.Random(0))]
    >>> Review(questions, Schedule(Path("review.json")), []).show()
    1. 10 residual blocks stand in a row. How many paths lead through them?
    Answer to question 1: 1,024. At each block a path goes through F or along the shortcut: 2 ways, 10 times over.
    """

    def __init__(self, questions: list[Question], schedule: Schedule, remarks: list[str]) -> None:
        self.questions, self.schedule, self.remarks = questions, schedule, remarks
        self.fields: list[Field] = []
        self._language = current_language()

    def show(self) -> None:
        """Show the questions, with fields where they can run."""
        from IPython.display import display

        if not controls_can_run():
            display(self)
            return
        import ipywidgets  # type: ignore[import-untyped]

        self.fields = [Field(place, each, self.schedule) for place, each in enumerate(self.questions, 1)]
        controls = [widget for each in self.fields for widget in each.widgets]
        if self.remarks:
            controls.insert(0, ipywidgets.HTML(_Sentences(self.remarks)._repr_html_()))
        show_controls(NAME, controls, self._repr_html_(), repr(self), message("00_start_here.review.again"))

    def __repr__(self) -> str:
        asked = [f"{place}. {each.text}" for place, each in enumerate(self.questions, 1)]
        answers = [
            f"{message('00_start_here.review.answer', number=place)} {said(each.answer)}. {each.why}"
            for place, each in enumerate(self.questions, 1)
        ]
        return "\n".join([*self.remarks, *asked, *answers])

    def _repr_html_(self) -> str:
        rows = [
            f"<li><p>{_inline(each.text)}</p><details><summary>"
            f"{html.escape(message('00_start_here.review.answer', number=place))}</summary>"
            f"<p><b>{said(each.answer)}.</b> {_inline(each.why)}</p></details></li>"
            for place, each in enumerate(self.questions, 1)
        ]
        return f'<div lang="{self._language}">{_paragraphs(self.remarks)}<ol>{"".join(rows)}</ol></div>'


class Field:
    """The widgets of one question.

    Parameters
    ----------
    place : int
        Its number on the page, from 1.
    question : Question
        What is asked.
    schedule : Schedule
        Where the answer is taken down.

    Attributes
    ----------
    entry, button, verdict : ipywidgets.Widget
        Where to answer, what to press then, and what is said about it.
    widgets : list
        All of them, in their order.

    Examples
    --------
    >>> field = Field(1, ask("paths", random.Random(0)), Schedule(Path("review.json")))
    >>> field.entry.description, field.button.description
    ('Answer to question 1:', 'Check answer 1')
    """

    def __init__(self, place: int, question: Question, schedule: Schedule) -> None:
        import ipywidgets

        self.question, self.schedule = question, schedule
        self._language = current_language()
        label = {
            "description": message("00_start_here.review.answer", number=place),
            "style": {"description_width": "initial"},
            "layout": {"width": "24em", "max_width": "100%"},
        }
        if isinstance(question.answer, bool):
            options = [("–", None), *((said(each), each) for each in (True, False))]
            self.entry = ipywidgets.Dropdown(options=options, value=None, **label)
        else:
            self.entry = ipywidgets.Text(**label)
        self.button = ipywidgets.Button(description=message("00_start_here.review.check", number=place))
        self.button.on_click(lambda _: self.check())
        self.verdict = ipywidgets.HTML(self._status(""))
        asked = ipywidgets.HTML(f'<p lang="{self._language}"><b>{place}.</b> {_inline(question.text)}</p>')
        self.widgets = [asked, self.entry, self.button, self.verdict]

    def check(self) -> None:
        """Judge what was entered, take it down, and explain; ask for more, if it is no answer."""
        if self.button.disabled:  # a second click that came before the page knew of the first
            return
        given = self.entry.value
        if isinstance(given, str):
            given = read_number(given)
        if given is None:
            self.verdict.value = self._status(html.escape(message("00_start_here.review.no-answer")))
            return
        right = agrees(given, self.question.answer)
        self.entry.disabled = self.button.disabled = True
        self.schedule.note(self.question.name, right, date.today())
        trouble = self.schedule.save()
        words = message("00_start_here.review.right" if right else "00_start_here.review.wrong")
        shown = f"<b>{html.escape(words)} {said(self.question.answer)}.</b> {_inline(self.question.why)}"
        self.verdict.value = self._status(shown + (f"<br>{html.escape(trouble)}" if trouble else ""))

    def _status(self, shown: str) -> str:
        # A status that is on the page from the beginning is read out when its text changes.
        return f'<div role="status" lang="{self._language}" style="line-height:1.5">{shown}</div>'


def agrees(given: Answer, answer: Answer) -> bool:
    """Tell whether an answer is right.

    Examples
    --------
    >>> agrees(0.25, 0.25), agrees(25, 26), agrees(True, False)
    (True, False, False)
    """
    return abs(given - answer) <= 1e-9 * max(1.0, abs(answer))


def read_number(text: str) -> float | None:
    """Return the number that a learner wrote in the current language, or None.

    Examples
    --------
    >>> read_number("1,024"), read_number("0.25"), read_number("1/4"), read_number("many")
    (1024.0, 0.25, 0.25, None)
    """
    decimal, thousands = find("common.number.decimal-mark"), find("common.number.thousands-mark")
    written = re.sub(r"\s", "", text).replace("−", "-")
    if re.fullmatch(rf"-?[1-9]\d{{0,2}}({re.escape(thousands)}\d{{3}})+({re.escape(decimal)}\d+)?", written):
        written = written.replace(thousands, "")
    written = written.replace(decimal, ".")
    found = re.fullmatch(r"([-+]?(?:\d+\.?\d*|\.\d+)(?:e-?\d{1,2})?)(?:/([1-9]\d*))?", written, re.IGNORECASE)
    return float(found[1]) / int(found[2] or 1) if found else None


def said(answer: Answer) -> str:
    """Return an answer in the current language.

    Examples
    --------
    >>> said(1024), said(0.0001), said(True)
    ('1,024', '0.0001', 'yes')
    """
    if isinstance(answer, bool):
        return message(f"00_start_here.review.{'yes' if answer else 'no'}")
    return number(answer, "," if isinstance(answer, int) else "g")


def _inline(text: str) -> str:
    return re.sub(r"`([^`]+)`", r"<code>\1</code>", html.escape(text, quote=False))


def _paragraphs(sentences: Sequence[str]) -> str:
    return "".join(f"<p>{_inline(each)}</p>" for each in sentences)


class _Sentences:
    """Sentences that a notebook shows as prose."""

    def __init__(self, sentences: list[str]) -> None:
        self.sentences, self._language = sentences, current_language()

    def __repr__(self) -> str:
        return "\n".join(self.sentences)

    def _repr_html_(self) -> str:
        return f'<div lang="{self._language}">{_paragraphs(self.sentences)}</div>'
