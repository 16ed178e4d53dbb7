"""A page for each lesson, in Markdown, and all that lies beside it: slides, pictures, quizzes."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from resnet_course import checks
from resnet_course.authoring.kit.gift import gift
from resnet_course.authoring.kit.outline import Outline, Section, outline
from resnet_course.authoring.kit.plan import Plan, Row, plan
from resnet_course.authoring.kit.qti import package
from resnet_course.authoring.kit.quiz import Question, quiz, shown
from resnet_course.authoring.kit.slides import bring_reveal, write_slides
from resnet_course.authoring.kit.stuck import exercise_names, misunderstandings
from resnet_course.authoring.kit.words import read_kit, word
from resnet_course.language import languages, speaking
from resnet_course.lessons import read_lessons
from resnet_course.release import public_address, released_file

if TYPE_CHECKING:
    from resnet_course.grading.class_report import ClassResults

LENGTHS = ((90, 1), (50, 3))  # minutes of a session, and how many
GIFT, PACKAGE = "quiz.gift.txt", "quiz.qti21.zip"
Link = Callable[[str, str, str], str]


def public_link(lesson: str, language: str, cell: str) -> str:
    """Return the address of a lesson in the repository; Jupyter, not GitHub, also finds the cell.

    Examples
    --------
    >>> public_link("03_basic_block", "en", "conv3x3").rpartition("/")[2]
    '03_basic_block.ipynb#cell-id=conv3x3'
    """
    return public_address(f"{released_file(lesson, language)}#cell-id={cell}")


def write_kit(
    root: Path, to: Path, results: ClassResults | None = None, link: Link = public_link, wanted: Iterable[str] = ()
) -> list[Path]:
    """Write the kit of all lessons in all languages into a folder, and return the files.

    Parameters
    ----------
    root : Path
        The course folder.
    to : Path
        Where the kit belongs. In ``to/<language>`` lies a page for each lesson, with a folder of the same name.
    results : ClassResults, optional
        What a class's gradebook says.
    link : callable, optional
        Returns the address of a cell, given lesson, language and the cell's id; the site has addresses of its own.
    wanted : iterable of str, optional
        Which lessons; by default all.
    """
    with_slides = bring_reveal(root, to / "reveal")
    chosen = [lesson for lesson in checks.LESSONS if not list(wanted) or lesson in wanted]
    written = []
    for language in languages():
        with speaking(language):
            folder = to / language
            folder.mkdir(parents=True, exist_ok=True)
            for lesson in chosen:
                written += _write_lesson(root, folder, lesson, language, results, link, with_slides)
            there = [lesson for lesson in checks.LESSONS if (folder / f"{lesson}.md").exists()]
            written.append(_write(folder / "index.md", index(there, with_slides)))
    return written


def _write_lesson(
    root: Path,
    folder: Path,
    lesson: str,
    language: str,
    results: ClassResults | None,
    link: Link,
    with_slides: bool,
) -> list[Path]:
    told = outline(root, lesson, language)
    kit = read_kit(root).get(lesson, {})
    questions = quiz(root, lesson, language) if told.minutes else []
    beside = folder / lesson
    written = [_write(folder / f"{lesson}.md", page(root, told, kit, questions, results, link, with_slides))]
    if questions:
        beside.mkdir(exist_ok=True)
        name = f"resnet-course-{lesson.replace('_', '-')}-{language}"
        title = re.sub("[`$]", "", told.title)
        written.append(_write(beside / GIFT, gift(questions, "resnet-course", title)))
        written.append(_write(beside / "quiz.md", answers_page(told, questions)))
        (beside / PACKAGE).write_bytes(package(questions, name, title))
        written.append(beside / PACKAGE)
    if questions and with_slides:
        written += write_slides(beside, told, kit.get("explained", ()), "../../reveal")
    return written


def _write(path: Path, text: str) -> Path:
    path.write_text(text, encoding="utf-8")
    return path


# --- pages --------------------------------------------------------------------------------------------------------


def index(lessons: Iterable[str], with_slides: bool) -> str:
    """Return the page that leads to the lessons' pages, in the current language."""
    facts = read_lessons()
    rows = []
    for lesson in lessons:
        known = facts.get(lesson)
        name = f"{known['number']} · {known['name']}" if known else word("index.start")
        minutes = word("page.minutes", minutes=known["minutes"]) if known else "–"
        rows.append(f"| [{name}]({lesson}.md) | {minutes} | {len(known['exercises']) if known else 1} |")
    table = "\n".join([word("index.table"), "|---|---|---|", *rows])
    about = " ".join([word("index.about"), *([word("index.slides")] if with_slides else [])])
    return f"# {word('index.title')}\n\n{about}\n\n{table}\n\n{word('index.import')}\n"


def page(
    root: Path,
    told: Outline,
    kit: dict[str, Any],
    questions: Sequence[Question],
    results: ClassResults | None,
    link: Link,
    with_slides: bool,
) -> str:
    """Return a lesson's page for teachers, in the current language."""

    def at(section: Section) -> str:
        return f"[{section.title}]({link(told.lesson, told.language, section.cell)})"

    parts = [f"# {word('page.title', title=told.title)}", _intro(told, link), *_aims(told)]
    if told.minutes:
        asked = [told.section(entry["before"]) for entry in kit["room"]]
        parts += [f"## {word('page.plans')}", word("page.plans-about", minutes=told.minutes)]
        for length, count in LENGTHS:
            parts += _plan(plan(told.pieces, asked, length, count), told, at)
        parts += _optional(told, at)
    parts += _stuck(root, told.lesson, results)
    if told.minutes:
        parts += _room(kit, asked, told.language, at)
        parts += _beside(told, questions, with_slides)
    return "\n\n".join(parts) + "\n"


def _intro(told: Outline, link: Link) -> str:
    return word("page.lesson", link=link(told.lesson, told.language, told.notebook.cells[0].id))


def _aims(told: Outline) -> list[str]:
    return [f"## {word('page.aims')}", "\n".join(f"- {each}" for each in told.aims)]


def _plan(made: Plan, told: Outline, at: Callable[[Section], str]) -> list[str]:
    count = len(made.sessions)
    kind = "page.once" if count == 1 else "page.several"
    parts = [f"### {word(kind, length=made.length, count=count)}"]
    for number, rows in enumerate(made.sessions, 1):
        if count > 1:
            parts.append(f"**{word('page.session', number=number)}**")
        lines, clock = [word("page.plan-table"), "|--:|--:|---|---|"], 0
        for row in rows:
            lines.append(f"| {clock} | {row.minutes} | {_what(row, at)} | {_how(row)} |")
            clock += row.minutes
        lines.append(f"| {clock} | | {word('page.end')} | |")
        parts.append("\n".join(lines))
    if made.homework:
        total = sum(row.minutes for row in made.homework)
        listed = [f"- {_what(row, at)}: {word('page.minutes', minutes=row.minutes)}" for row in made.homework]
        parts += [f"**{word('page.homework', minutes=total)}**", "\n".join(listed)]
    else:
        parts.append(word("page.no-homework"))
    return parts


def _what(row: Row, at: Callable[[Section], str]) -> str:
    if row.piece is None:
        return word(f"plan.{row.kind}", number=row.question)
    title = at(row.piece.sections[0])
    return title if row.part == "whole" else f"{title} ({word(f'plan.{row.part}')})"


def _how(row: Row) -> str:
    if row.piece is None:
        return word(f"how.{row.kind}{'-ahead' if row.part == 'ahead' else ''}")
    if row.kind == "exercise":
        return word("how.exercise")
    sections = row.piece.sections
    does = [name for name in ("predicts", "shows") if any(getattr(each, name) for each in sections)]
    return word(f"how.{'-'.join(['read', *does])}")


def _optional(told: Outline, at: Callable[[Section], str]) -> list[str]:
    return [word("page.optional"), "\n".join(f"- {at(each)}" for each in told.optional)] if told.optional else []


def _stuck(root: Path, lesson: str, results: ClassResults | None) -> list[str]:
    parts = [f"## {word('page.stuck')}", word("page.stuck-class" if results else "page.stuck-about")]
    names = exercise_names(lesson)
    shares = {each.grade_id: each for each in results.items if each.lesson == lesson} if results else {}
    for grade_id, cards in misunderstandings(root, lesson, results).items():
        parts.append(f"### {names[grade_id]}")
        if grade_id in shares:
            item = shares[grade_id]
            parts.append(word("page.share", right=item.right, total=item.total))
        lines = []
        for card in cards:
            count = word("page.learners", count=card.learners) if card.learners else ""
            details = " ".join(filter(None, [card.cause, word("page.ask", ask=card.ask) if card.ask else ""]))
            lines.append(f"- **{card.title}.**{count} {details}".rstrip())
        parts.append("\n".join(lines))
    return parts


def _room(kit: dict[str, Any], asked: Sequence[Section], language: str, at: Callable[[Section], str]) -> list[str]:
    parts = [f"## {word('page.room')}", word("page.room-about")]
    for number, (entry, section) in enumerate(zip(kit["room"], asked, strict=True), 1):
        parts += [
            f"### {word('page.question', number=number)}",
            entry["question"][language].strip(),
            f"<details><summary>{word('page.answer')}</summary>\n\n{entry['answer'][language].strip()}\n\n</details>",
            word("page.measured", section=at(section)),
        ]
    return parts


def _beside(told: Outline, questions: Sequence[Question], with_slides: bool) -> list[str]:
    folder = told.lesson
    typed = sum(each.answer is not None for each in questions)
    parts = []
    if with_slides:
        parts += [f"## {word('page.slides')}", word("page.slides-about", page=f"{folder}/slides.html")]
    facts = {"count": len(questions), "typed": typed, "chosen": len(questions) - typed}
    files = {"answers": f"{folder}/quiz.md", "gift": f"{folder}/{GIFT}", "qti": f"{folder}/{PACKAGE}"}
    return [*parts, f"## {word('page.quiz')}", word("page.quiz-about", **facts, **files)]


def answers_page(told: Outline, questions: Sequence[Question]) -> str:
    """Return a page with all questions and their answers, to read before they are imported."""
    parts = [f"# {word('page.quiz-of', title=told.title)}", word("page.quiz-answers")]
    for number, each in enumerate(questions, 1):
        choices = [
            f"<li>{f'<strong>{choice.text}</strong> ✓' if choice.right else choice.text}"
            f"{f': {choice.feedback}' if choice.feedback else ''}</li>"
            for choice in each.choices
        ]
        listed = [f"<ul>{''.join(choices)}</ul>"] if choices else []
        answer = [f"<p>{word('page.answer')}: <strong>{_told(each)}</strong></p>"] if each.answer is not None else []
        why = [f"<p>{each.why}</p>"] if each.why else []
        parts += [f"## {number}. {each.title}", "\n".join([each.text, *listed, *answer, *why])]
    return "\n\n".join(parts) + "\n"


def _told(question: Question) -> str:
    assert question.answer is not None
    near = f" ± {shown(float(f'{question.tolerance:.3g}'))}" if question.tolerance else ""
    return shown(question.answer) + near
