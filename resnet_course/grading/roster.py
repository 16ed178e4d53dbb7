"""Who is in the class, and what a learning platform calls them: read from its CSV files, kept in the gradebook.

nbgrader's own table of students is the roster. Beside it stand the ids that Moodle and Canvas ask for when grades and
feedback come back.
"""

from __future__ import annotations

import csv
import io
import json
import re
import unicodedata
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timezone, tzinfo
from pathlib import Path
from typing import Any

from nbgrader.api import Gradebook, Student
from sqlalchemy import String, Text, select
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column

from resnet_course.files import why
from resnet_course.grading import GradingError
from resnet_course.grading.findings import MOST_OF_A_NAME, is_fit, listed, printable
from resnet_course.language import message

MOST_BYTES = 20 * 2**20

# How the platforms head their columns, in English and Portuguese, without case, accents, spaces and signs.
HEADINGS = {
    "participant": ("identifier", "identificador"),
    "name": ("fullname", "nomecompleto", "student"),
    "first": ("firstname", "nome", "primeironome"),
    "last": ("lastname", "surname", "sobrenome", "ultimonome"),
    "idnumber": ("idnumber", "numerodeidentificacao", "numeroid", "numerodeid", "matricula"),
    "username": ("username", "nomedeusuario", "identificacaodeusuario", "usuario"),
    "email": ("emailaddress", "email", "enderecodeemail"),
    "submitted": ("lastmodifiedsubmission", "ultimamodificacaoenvio", "ultimamodificacaodoenvio", "modificadoenvio"),
    "canvas": ("id",),
    "sis": ("sisuserid",),
    "login": ("sisloginid",),
    "section": ("section",),
}
IDS = ("idnumber", "sis", "username", "login", "email", "canvas")  # in the order in which they are preferred
MONTHS = (
    "jan",
    "feb fev",
    "mar",
    "apr abr",
    "may mai",
    "jun",
    "jul",
    "aug ago",
    "sep set",
    "oct out",
    "nov",
    "dec dez",
)
DAY_FIRST = re.compile(
    r"(\d{1,2})(?:\s+de)?[\s/.-]+([^\W\d_]{3,}|\d{1,2})\.?(?:\s+de)?[\s/.,-]+(\d{4})\D+(\d{1,2}):(\d\d)(.*)"
)
MONTH_FIRST = re.compile(r"([^\W\d_]{3,})\.?\s+(\d{1,2}),?\s+(\d{4})\D+(\d{1,2}):(\d\d)(.*)")


class _Base(DeclarativeBase):
    pass


class PlatformLearner(_Base):
    """What a platform calls a learner: the full name, and the ids by their kind."""

    __tablename__ = "resnet_course_platform_learner"

    learner: Mapped[str] = mapped_column(String(128), primary_key=True)
    name: Mapped[str] = mapped_column(Text)
    ids: Mapped[str] = mapped_column(Text)


class PlatformSubmission(_Base):
    """How a learner's submission was called in a platform's download, so that feedback finds the way back."""

    __tablename__ = "resnet_course_platform_submission"

    learner: Mapped[str] = mapped_column(String(128), primary_key=True)
    lesson: Mapped[str] = mapped_column(String(128), primary_key=True)
    platform: Mapped[str] = mapped_column(String(16))
    name: Mapped[str] = mapped_column(Text)


@dataclass
class Person:
    """A learner as a platform's file, or the gradebook, tells."""

    learner: str = ""
    name: str = ""
    first: str = ""
    last: str = ""
    ids: dict[str, str] = field(default_factory=dict)
    participant: str = ""  # Moodle's number of the learner in one assignment
    submitted: str = ""  # when, as Moodle's grading worksheet writes it


@dataclass(frozen=True)
class Changes:
    """What a file changed in the roster."""

    added: tuple[str, ...]
    known: int
    refused: tuple[str, ...]  # names of rows that cannot be told apart, or that have nothing to be called by


class Roster:
    """The learners of a gradebook, found by whatever a platform calls them.

    Parameters
    ----------
    gradebook : Gradebook
        nbgrader's gradebook; tables that it lacks are made.
    """

    def __init__(self, gradebook: Gradebook) -> None:
        self._gradebook = gradebook
        _Base.metadata.create_all(gradebook.db.connection())
        rows = {row.learner: row for row in gradebook.db.scalars(select(PlatformLearner))}
        self.people: dict[str, Person] = {}
        for student in gradebook.db.scalars(select(Student)):
            row = rows.get(student.id)
            first, last = student.first_name or "", student.last_name or ""
            person = Person(student.id, row.name if row else f"{first} {last}".strip(), first, last)
            person.ids = json.loads(row.ids) if row else {}
            if student.email:
                person.ids.setdefault("email", student.email)
            self.people[student.id] = person
        # Whether a platform's file was read: then whoever is not here is not in the class.
        self.complete = bool(rows)
        self._index()

    def _index(self) -> None:
        self._by_id: dict[tuple[str, str], set[str]] = {}
        self._by_name: dict[str, set[str]] = {}
        for person in self.people.values():
            for kind, value in (*person.ids.items(), ("learner", person.learner)):
                self._by_id.setdefault((kind, value.casefold()), set()).add(person.learner)
            for name in _names_of(person):
                for key in (exact(name), loose(name)):
                    self._by_name.setdefault(key, set()).add(person.learner)

    def by_id(self, value: str, *kinds: str) -> set[str]:
        """Return who has this id, of one of these kinds or of any."""
        return set().union(*(self._by_id.get((kind, value.casefold()), set()) for kind in kinds or ("learner", *IDS)))

    def by_name(self, name: str) -> set[str]:
        """Return who has this name: letter by letter, or else without accents, spaces and signs."""
        return self._by_name.get(exact(name)) or self._by_name.get(loose(name), set()) if loose(name) else set()

    def update(self, people: Iterable[Person]) -> Changes:
        """Take people from a platform's file; each gets the id by which the gradebook knows, or is to know, them."""
        people = list(people)
        added, refused, known = [], [], 0
        taken: set[str] = set()
        for person in people:
            found = self._known(person)
            learner = next(iter(found)) if len(found) == 1 else "" if found else self._new_id(person)
            if not learner or learner in taken:
                refused.append(person.name or next(iter(person.ids.values()), "?"))
                continue
            taken.add(learner)
            if learner in self.people:
                known += 1
            else:
                added.append(learner)
            self._take(learner, person)
        self._gradebook.db.commit()
        self.complete = self.complete or bool(taken)
        self._index()
        return Changes(tuple(added), known, tuple(refused))

    def _known(self, person: Person) -> set[str]:
        for kind in IDS:
            if kind in person.ids:
                found = self.by_id(person.ids[kind], kind) or (
                    self.by_id(person.ids[kind], "learner") if kind != "canvas" else set()
                )
                if found:
                    return found
        # A name alone is weak: only who has no id that contradicts it.
        return {
            learner
            for learner in self.by_name(person.name)
            if not any(self.people[learner].ids.get(kind, value) != value for kind, value in person.ids.items())
            and not (
                person.ids and self.people[learner].ids and not person.ids.keys() & self.people[learner].ids.keys()
            )
        }

    def _new_id(self, person: Person) -> str:
        candidates = [person.ids.get(kind, "") for kind in IDS if kind != "canvas"]
        candidates += [f"canvas-{person.ids['canvas']}" if "canvas" in person.ids else "", person.name]
        return next((each for each in candidates if can_be_a_folder(each) and each not in self.people), "")

    def _take(self, learner: str, person: Person) -> None:
        before = self.people.get(learner, Person(learner))
        person.learner = learner
        person.ids = {**before.ids, **person.ids}
        person.first, person.last = person.first or before.first, person.last or before.last
        person.name = person.name or before.name
        self.people[learner] = person
        student = self._gradebook.db.get(Student, learner) or Student(id=learner)
        student.first_name, student.last_name = person.first[:MOST_OF_A_NAME], person.last[:MOST_OF_A_NAME]
        student.email = person.ids.get("email", "")[:MOST_OF_A_NAME] or student.email
        student.lms_user_id = person.ids.get("canvas") or student.lms_user_id
        self._gradebook.db.add(student)
        self._gradebook.db.merge(PlatformLearner(learner=learner, name=person.name, ids=json.dumps(person.ids)))

    def add(self, learner: str) -> None:
        """Add somebody of whom only a name is known."""
        first, _, last = learner.partition(" ")
        self.people[learner] = Person(learner, learner, first, last)
        self._gradebook.db.add(Student(id=learner, first_name=first, last_name=last or None))
        self._gradebook.db.commit()
        self._index()

    def shown(self, learner: str) -> str:
        """Return a learner's id, with the name where that is another."""
        name = self.people[learner].name
        return f"{name} ({learner})" if name not in ("", learner) else learner

    def handed_in(self, lesson: str, learner: str, platform: str, name: str) -> None:
        """Note how a submission was called, or is to be called when feedback goes back."""
        self._gradebook.db.merge(PlatformSubmission(learner=learner, lesson=lesson, platform=platform, name=name))

    def calls(self, lesson: str) -> dict[str, PlatformSubmission]:
        """Return, for each learner, how the submission of a lesson was called."""
        rows = self._gradebook.db.scalars(select(PlatformSubmission).where(PlatformSubmission.lesson == lesson))
        return {row.learner: row for row in rows}


# --- the file -----------------------------------------------------------------------------------------------------


def read_people(path: Path) -> list[Person]:
    """Return the learners that a CSV file names: Moodle's participants, grades or worksheet, or Canvas's gradebook.

    Raises
    ------
    GradingError
        If the file cannot be read or has no columns that tell who is who.
    """
    try:
        if path.stat().st_size > MOST_BYTES:
            raise GradingError(message("grading.roster.unfit", path=path))
        content = path.read_bytes()
    except OSError as problem:
        raise GradingError(message("grading.roster.unreadable", path=path, reason=why(problem))) from problem
    text = _decoded(content)
    heading = text.split("\n", 1)[0]
    separator = max(",;\t", key=heading.count)
    try:
        rows = list(csv.reader(io.StringIO(text, newline=""), delimiter=separator))
    except csv.Error:
        raise GradingError(message("grading.roster.unfit", path=path)) from None
    columns = {kind: index for index, title in enumerate(rows[0] if rows else []) if (kind := _kind(title))}
    if "canvas" in columns and "section" not in columns:
        columns["username"] = columns.pop("canvas")  # no gradebook of Canvas: nbgrader's own list, or a teacher's
    if not columns.keys() & {"name", "last", *IDS}:
        raise GradingError(message("grading.roster.unfit", path=path))
    cells = [
        {kind: row[index].strip() for kind, index in columns.items() if index < len(row)}
        for row in rows[1:]
        if any(row)
    ]
    return [person for each in cells if (person := _person(each)) is not None]


def _decoded(content: bytes) -> str:
    if content.startswith((b"\xff\xfe", b"\xfe\xff")):
        return content.decode("utf-16", errors="replace")
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError:
        return content.decode("cp1252", errors="replace")  # what Excel writes in Brazil and Western Europe


def _kind(title: str) -> str | None:
    squeezed = loose(title)
    return next((kind for kind, titles in HEADINGS.items() if squeezed in titles), None)


def _person(cells: Mapping[str, str]) -> Person | None:
    name, first, last = (cells.get(kind, "") for kind in ("name", "first", "last"))
    if name.startswith("Points Possible") or name == "Student, Test":
        return None  # Canvas's second row, and its "Test Student"
    ids = {kind: cells[kind] for kind in IDS if cells.get(kind)}
    if "canvas" in cells:
        if not ids:
            return None  # Canvas's row on assignments that are not posted
        if not first and ", " in name:
            last, first = name.split(", ", 1)
            name = f"{first} {last}"
    elif not last and name:
        first, _, last = name.partition(" ")
    number = re.search(r"\d+$", cells.get("participant", ""))
    name = name or f"{first} {last}".strip()
    if not name and not ids and not number:
        return None
    return Person("", name, first, last, ids, number[0] if number else "", cells.get("submitted", ""))


def when(text: str, zone: tzinfo | None) -> datetime | None:
    """Return a time that Moodle wrote in English or Portuguese, as UTC without a zone, or None if it is not readable.

    Examples
    --------
    >>> when("Friday, 10 January 2025, 11:59 PM", timezone.utc)
    datetime.datetime(2025, 1, 10, 23, 59)
    >>> when("sexta-feira, 10 de janeiro de 2025, 23:59", timezone.utc)
    datetime.datetime(2025, 1, 10, 23, 59)
    """
    if match := DAY_FIRST.search(text):
        day, month, year, hour, minute, rest = match.groups()
    elif match := MONTH_FIRST.search(text):
        month, day, year, hour, minute, rest = match.groups()
    else:
        return None
    number = int(month) if month.isdigit() else _month(month)
    half = re.search(r"\b([ap])\.?m\b", rest, re.IGNORECASE)
    hours = int(hour) % 12 + 12 * (half[1].lower() == "p") if half else int(hour)
    try:
        local = datetime(int(year), number, int(day), hours, int(minute))
        return local.replace(tzinfo=zone).astimezone(timezone.utc).replace(tzinfo=None)
    except (ValueError, OverflowError):
        return None


def _month(name: str) -> int:
    return next((number for number, starts in enumerate(MONTHS, 1) if loose(name)[:3] in starts.split()), 0)


# --- names --------------------------------------------------------------------------------------------------------


def exact(name: str) -> str:
    """Return a name as it is compared letter by letter.

    Examples
    --------
    >>> exact(" João  Silva")
    'joão silva'
    """
    return " ".join(unicodedata.normalize("NFC", name).casefold().split())


def loose(name: str) -> str:
    """Return a name as platforms leave it in the names of files: without accents, spaces and signs.

    Examples
    --------
    >>> loose("D’Ávila, José")
    'davilajose'
    """
    plain = unicodedata.normalize("NFKD", name).casefold()
    return "".join(character for character in plain if character.isalnum())


def alphabetical(name: str) -> tuple[str, str]:
    """Return a name as a key to sort by: Álvaro comes before Bia.

    Examples
    --------
    >>> sorted(["Zoé", "Álvaro", "bia"], key=alphabetical)
    ['Álvaro', 'bia', 'Zoé']
    """
    return loose(name), name


def _names_of(person: Person) -> set[str]:
    names = {person.name, f"{person.first} {person.last}", f"{person.last}, {person.first}"}
    return {name for name in names if loose(name)}


def can_be_a_folder(learner: str) -> bool:
    """Tell whether a learner's id can be a folder's name and a key of the gradebook."""
    return (
        learner == learner.strip() != ""
        and is_fit(learner)
        and learner.isprintable()
        and not learner.startswith(".")
        and not set(learner) & set("/\\")
        and len(learner.encode()) < 255
    )


def sentence_on(changes: Changes, path: Path) -> str:
    """Return what a file changed in the roster, for the teacher."""
    lines = [message("grading.roster.read", path=path, added=len(changes.added), known=changes.known)]
    if changes.refused:
        lines.append("  " + message("grading.roster.refused", names=listed(map(printable, changes.refused), 200)))
    return "\n".join(lines)


def ids_of(gradebook: Gradebook) -> dict[str, dict[str, Any]]:
    """Return the ids of those learners whom a platform's file named."""
    _Base.metadata.create_all(gradebook.db.connection())
    return {row.learner: json.loads(row.ids) for row in gradebook.db.scalars(select(PlatformLearner))}
