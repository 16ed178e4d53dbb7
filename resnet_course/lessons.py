"""The course at a glance, from the facts that `resnet-course build` reads in the lesson scripts: `lessons.json`.

And what a learner has solved of it, from what they saved.
"""

from __future__ import annotations

import html
import json
import os
from collections.abc import Callable, Iterator, Mapping
from datetime import date
from pathlib import Path
from typing import Any
from urllib.parse import quote

import matplotlib as mpl
from matplotlib.figure import Figure
from matplotlib.patches import Patch
from matplotlib.ticker import MaxNLocator

from resnet_course.checks.card import STATES
from resnet_course.drawing import COLORS, STYLE, Picture, fill_texts, title_above
from resnet_course.language import current_language, find, message, number
from resnet_course.machine import current_folder, where
from resnet_course.record import Progress, drive_is_missing, read_all, short_path, unread_sentences
from resnet_course.release import colab_address, kaggle_address
from resnet_course.review import review
from resnet_course.thumbnails import thumbnail

__all__ = ["course_map", "link_table", "minutes_chart", "read_lessons", "record_page", "review"]

FACTS = Path(__file__).with_suffix(".json")
WIDE = 4.9  # inches: what a phone shows without making it smaller

# The map needs no style sheet. Its rows wrap on a phone; its colours are the page's, light or dark.
BADGE = f"background-color:{STATES['passed'][1]};color:#fff;padding:.1em .5em;border-radius:3px"
MAP = """\
<div lang="{language}"><p><b>{title}</b></p>
<ol role="list" style="list-style:none;margin:0;padding:0">{rows}</ol>{remarks}</div>"""
MAP_ROW = """
<li style="display:flex;flex-wrap:wrap;align-items:center;gap:.3em 1em;margin:0;padding:.6em 0;\
border-top:1px solid rgba(128,128,128,.4)">
<img alt="" width="90" height="60" style="flex:none" src="{drawing}">
<div style="flex:2 1 13em;min-width:0"><a href="{link}"><b>{name}</b></a><br>{subtitle}</div>
<div style="flex:1 1 13em;min-width:0;line-height:1.6">{demands}{state}{here}</div></li>"""
# On paper it has a sheet of its own, black on white.
CELL = "text-align:left;vertical-align:top;padding:.25em .6em;white-space:normal"
PAGE = """\
<style>@media print {{ .course-record {{ break-before: page; break-after: page; color: #000; background: #fff }}
.course-record tr {{ break-inside: avoid }} }}</style>
<section class="course-record" lang="{language}" aria-label="{title}"><h2>{title}</h2>
<p>{name}: <span style="display:inline-block;width:18em;max-width:70%;border-bottom:1px solid">&nbsp;</span></p>
<p>{date}: {today}</p>
<table style="width:100%"><thead><tr>{heads}</tr></thead><tbody>{rows}</tbody></table>
<p>{claim}</p></section>"""


def read_lessons() -> dict[str, dict[str, Any]]:
    """Return what the course knows of each graded lesson, in their order, in the current language.

    Returns
    -------
    dict
        Lesson id to its ``number``, ``name`` and ``subtitle`` (the parts of its title), its ``minutes`` in all, or
        None if its text does not say, and its ``exercises``: a list of dictionaries with ``grade_id``,
        ``difficulty``, ``minutes`` and ``points``.

    Examples
    --------
    >>> read_lessons()["03_basic_block"]["name"]
    'The BasicBlock'
    """
    found = {}
    for lesson, facts in json.loads(FACTS.read_text(encoding="utf-8")).items():
        counted, _, title = facts["title"][current_language()].partition(" · ")
        name, _, subtitle = title.partition(": ")
        found[lesson] = {**facts, "number": counted, "name": name, "subtitle": subtitle}
    return found


def course_map() -> CourseMap:
    """Return the map of the course: each lesson, what it asks of you, and which of its exercises have a green card.

    That say the notebooks that stand beside this one, as they were saved; see `resnet_course.record`.

    Examples
    --------
    >>> course_map()  # doctest: +ELLIPSIS
    8 lessons, 35 exercises: from gradients that vanish to your own ResNet
    01 Why depth was hard: 5 exercises · about ... min
    ...
    """
    return CourseMap(read_all(read_lessons()))


class CourseMap:
    """The map of the course; Jupyter shows it as a list of links, a plain Python prints it line by line.

    Parameters
    ----------
    progress : list of Progress
        How far the learner is in each lesson.

    Examples
    --------
    >>> CourseMap([Progress("01_vanishing_gradient", {"prophecy": "solved"})])  # doctest: +ELLIPSIS
    8 lessons, 35 exercises: from gradients that vanish to your own ResNet
    01 Why depth was hard: 5 exercises · about ... min · a green card for 1 of 5 · go on here: sigmoid-derivative
    Read from the cards ...
    """

    def __init__(self, progress: list[Progress]) -> None:
        self.progress = progress
        begun = any(each.states for each in progress)
        self._here = next((each for each in progress if begun and not each.finished), None)
        self._language = current_language()

    def __repr__(self) -> str:
        lines = [_totals()]
        for each, facts in self._rows():
            said = [_demands(facts), _state(each), self._go_on(each)]
            lines.append(f"{facts['number']} {facts['name']}: {' · '.join(filter(None, said))}")
        return "\n".join([*lines, *self._remarks()])

    def _repr_html_(self) -> str:
        rows = [MAP_ROW.format(**self._cells(each, facts)) for each, facts in self._rows()]
        remarks = "".join(f'<p style="margin:.6em 0 0">{html.escape(each)}</p>' for each in self._remarks())
        return MAP.format(language=self._language, title=html.escape(_totals()), rows="".join(rows), remarks=remarks)

    def _rows(self) -> Iterator[tuple[Progress, dict[str, Any]]]:
        lessons = read_lessons()
        return ((each, lessons[each.lesson]) for each in self.progress)

    def _cells(self, progress: Progress, facts: dict[str, Any]) -> dict[str, str]:
        state, here = _state(progress), self._go_on(progress)
        link = _address(progress.lesson)
        return {
            "drawing": thumbnail(progress.lesson),
            "link": link,
            "name": html.escape(f"{facts['number']} · {facts['name']}"),
            "subtitle": html.escape(facts["subtitle"]),
            "demands": html.escape(_demands(facts)),
            "state": f"<br><b>{html.escape(state)}</b>" if state else "",
            "here": f'<br><a href="{_address_of_own(progress)}" style="{BADGE}"><b>{html.escape(here)}</b></a>'
            if here
            else "",
        }

    def _go_on(self, progress: Progress) -> str:
        return message("00_start_here.map.here", exercise=progress.next) if progress is self._here else ""

    def _remarks(self) -> list[str]:
        remarks = [message("00_start_here.map.source")]
        if drive_is_missing():
            remarks.append(message("00_start_here.map.drive"))
        return [*remarks, *unread_sentences(self.progress)]


def _totals() -> str:
    return " ".join(_fill("map", read_lessons())["title"].split())


def _state(progress: Progress) -> str:
    """Return in a few words how far a learner is in a lesson; nothing, if nothing was tried."""
    if progress.solved:
        key = "finished" if progress.finished else "solved"
        state = message(f"00_start_here.map.{key}", solved=progress.solved, total=progress.total)
        return progress.with_places(state)
    return message("00_start_here.map.tried") if progress.states else ""


def _address(lesson: str) -> str:
    """Return what opens a lesson from the start page: in Colab and Kaggle no file stands beside it."""
    public = {"colab": colab_address, "kaggle": kaggle_address}.get(where())
    return public(lesson, current_language()) if public else f"../{lesson}/{lesson}.ipynb"


def _address_of_own(progress: Progress) -> str:
    """Return what opens the learner's own notebook of a lesson, whatever its name and language."""
    folder, own = current_folder(), progress.main_file
    usual = _address(progress.lesson)
    if folder is None or own is None or where() in ("colab", "kaggle"):
        return usual
    return quote(os.fsencode(Path(os.path.relpath(own, folder)).as_posix()))


def minutes_chart() -> Picture:
    """Return a chart of where the minutes of each lesson go: its exercises, by difficulty, and the rest.

    Examples
    --------
    >>> minutes_chart()  # doctest: +ELLIPSIS
    Bar chart, a bar for each lesson...
    """
    lessons = read_lessons()
    texts = _fill("minutes", lessons)
    levels = sorted({each["difficulty"] for facts in lessons.values() for each in facts["exercises"]})
    with mpl.rc_context(STYLE):
        figure = Figure(figsize=(WIDE, 1.75 + 0.42 * len(lessons)), layout="constrained")
        axes = figure.subplots()
        for row, facts in enumerate(lessons.values()):
            left = 0
            for exercise in facts["exercises"]:
                level, minutes = exercise["difficulty"], exercise["minutes"]
                axes.barh(row, minutes, left=left, height=0.72, color=_tint(level), ec="white", lw=1.5)
                dark = "white" if level > 3 else "black"
                axes.text(left + minutes / 2, row, str(minutes), ha="center", va="center", fontsize=9, color=dark)
                left += minutes
            rest = _minutes(facts) - left
            axes.barh(row, rest, left=left, height=0.72, color="#EDEDED", ec="white", lw=1.5)
            if rest > 4:
                axes.text(left + rest / 2, row, str(rest), ha="center", va="center", fontsize=9)
        axes.set_yticks(range(len(lessons)), [facts["number"] for facts in lessons.values()])
        axes.set_ylim(len(lessons) - 0.4, -0.6)
        axes.set_xlabel(texts["x"])
        axes.xaxis.set_major_locator(MaxNLocator(6, integer=True))
        axes.grid(False, axis="y")
        axes.tick_params(axis="y", length=0)
        keys = [Patch(color=_tint(level), label=texts["level"].format(level=level)) for level in levels]
        keys.append(Patch(color="#EDEDED", label=texts["rest"]))
        figure.legend(handles=keys, loc="outside lower left", ncols=2, fontsize=10)
        title_above(figure, texts["title"])
    return Picture(figure, texts["alt"])


def link_table(places: Mapping[str, Callable[[str], str]]) -> str:
    """Return a Markdown table with a line for each lesson and links that open it here and in other places.

    Parameters
    ----------
    places : mapping
        The name of each place to a function from a lesson's id to the address that opens the lesson there.

    Examples
    --------
    >>> print(link_table({"Colab": lambda lesson: f"https://example.org/{lesson}"}))  # doctest: +ELLIPSIS
    | lesson | open in |
    |---|---|
    | [01 · Why depth was hard](../01_vanishing_gradient/01_vanishing_gradient.ipynb) | ...
    """
    heads = [message(f"00_start_here.links.{head}") for head in ("lesson", "elsewhere")]
    rows = [f"| {' | '.join(heads)} |", "|---|---|"]
    for lesson, facts in read_lessons().items():
        here = f"[{facts['number']} · {facts['name']}](../{lesson}/{lesson}.ipynb)"
        there = " · ".join(f"[{place}]({address(lesson)})" for place, address in places.items())
        rows.append(f"| {here} | {there} |")
    return "\n".join(rows)


def record_page() -> RecordPage:
    """Return a page to print: who, when, and which exercises have a green card in which notebooks.

    Examples
    --------
    >>> RecordPage([])
    There is no green card yet in the notebooks saved beside this one. When there is one, run this cell again.
    """
    return RecordPage(read_all(read_lessons()))


class RecordPage:
    """A learner's own record, to print.

    Parameters
    ----------
    progress : list of Progress
        How far the learner is in each lesson; shown are those in which something is solved.

    Examples
    --------
    >>> RecordPage([Progress("03_basic_block", {"conv3x3": "solved"}, {"conv3x3": Path("my.ipynb")})])
    ... # doctest: +ELLIPSIS
    My record: a course on residual networks
    Name: ______________________________
    Date: ...
    03 · The BasicBlock: 1 of 4: conv3x3 (my.ipynb)
    This is ... own record...
    """

    def __init__(self, progress: list[Progress]) -> None:
        self.progress = [each for each in progress if each.solved]
        self._unread = unread_sentences(progress)
        self._texts = find("00_start_here.record")
        self._date = date.today()
        self._language = current_language()

    def __repr__(self) -> str:
        texts = self._texts
        if not self.progress:
            return "\n".join([self._nothing(), *self._unread])
        rows = [f"{name}: {count}: {exercises} ({files})" for name, count, exercises, files in self._rows()]
        return "\n".join(
            [
                texts["title"],
                f"{texts['name']}: {'_' * 30}",
                f"{texts['date']}: {self._today()}",
                *rows,
                texts["claim"],
                *self._unread,
            ]
        )

    def _repr_html_(self) -> str:
        unread = "".join(f"<p>{html.escape(each)}</p>" for each in self._unread)
        if not self.progress:
            return f'<div lang="{self._language}"><p>{html.escape(self._nothing())}</p>{unread}</div>'
        heads = "".join(
            f'<th scope="col" style="{CELL}">{html.escape(each)}</th>' for each in self._texts["heads"].values()
        )
        styles = (CELL, CELL, f"{CELL};overflow-wrap:anywhere")  # only names of files are broken inside of words
        rows = [
            f'<tr><th scope="row" style="{CELL}">{html.escape(name)}</th>'
            + "".join(f'<td style="{style}">{html.escape(each)}</td>' for each, style in zip(rest, styles, strict=True))
            + "</tr>"
            for name, *rest in self._rows()
        ]
        texts = {name: html.escape(text) for name, text in self._texts.items() if isinstance(text, str)}
        page = PAGE.format(language=self._language, today=self._today(), heads=heads, rows="".join(rows), **texts)
        return f'<div lang="{self._language}">{page}{unread}</div>' if unread else page

    def _nothing(self) -> str:
        return str(self._texts["nothing-read" if self._unread else "nothing"])

    def _rows(self) -> list[tuple[str, str, str, str]]:
        """Return for each lesson its name, how much of it is solved, the exercises, and the files."""
        lessons = read_lessons()
        rows = []
        for each in self.progress:
            facts = lessons[each.lesson]
            solved = [grade_id for grade_id, state in each.states.items() if state == "solved"]
            files = dict.fromkeys(short_path(file) for file in each.solved_in.values())
            count = message("00_start_here.record.count", solved=each.solved, total=each.total)
            rows.append((f"{facts['number']} · {facts['name']}", count, ", ".join(solved), ", ".join(files)))
        return rows

    def _today(self) -> str:
        return self._date.strftime(self._texts["date-format"])


def _demands(facts: dict[str, Any]) -> str:
    return message("00_start_here.links.demands", exercises=len(facts["exercises"]), minutes=_minutes(facts))


def _minutes(facts: dict[str, Any]) -> int:
    """Return how long a lesson takes: what its text says, and at least what its exercises do."""
    return max(facts["minutes"] or 0, sum(each["minutes"] for each in facts["exercises"]))


def _fill(figure: str, lessons: dict[str, dict[str, Any]]) -> dict[str, str]:
    exercises = [each for facts in lessons.values() for each in facts["exercises"]]
    total = sum(map(_minutes, lessons.values()))
    own = sum(each["minutes"] for each in exercises)
    listed = [f"{facts['number']} {facts['name']}: {_demands(facts)}." for facts in lessons.values()]
    figures = {
        "lessons": len(lessons),
        "exercises": len(exercises),
        "hours": number(total / 60, ".0f"),
        "share": number(100 * own / max(total, 1), ".0f"),
        "list": " ".join(listed),
    }
    # What is left in braces is filled where it is drawn.
    return fill_texts(f"00_start_here.figures.{figure}", figures)


def _tint(level: int) -> str:
    """Return the green of a difficulty from 1 (pale) to 5 (dark)."""
    share = (0.28, 0.48, 0.7, 1.0, 1.0)[level - 1]
    dimmed = 0.7 if level == 5 else 1.0
    red, green, blue = (dimmed * (1 - share * (1 - part)) for part in mpl.colors.to_rgb(COLORS["accent"]))
    return mpl.colors.to_hex((red, green, blue))
