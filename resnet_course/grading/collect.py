"""``resnet-course collect``: what a learning platform lets a teacher download goes to ``submitted/``, safely and whole.

On nbgrader's ``zip_collect``: its application, with an extractor that trusts no archive, and a collector that knows the
names which Moodle and Canvas give to files. ``nbgrader zip_collect`` itself uses both, as ``nbgrader_config.py`` says.
"""

from __future__ import annotations

import filecmp
import logging
import lzma
import os
import re
import shutil
import stat
import struct
import tempfile
import unicodedata
import zipfile
import zlib
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import datetime, timedelta, timezone, tzinfo
from pathlib import Path, PurePosixPath
from typing import IO, Any
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from nbgrader.api import Gradebook, MissingEntry
from nbgrader.apps import ZipCollectApp
from nbgrader.coursedir import CourseDirectory
from nbgrader.plugins import ExtractorPlugin, FileNameCollectorPlugin
from traitlets import Instance, Integer, default

from resnet_course import checks
from resnet_course.files import why
from resnet_course.grading import GradingError
from resnet_course.grading.autograde import TIMESTAMP
from resnet_course.grading.beside import write_whole
from resnet_course.grading.command import course_config
from resnet_course.grading.findings import listed, printable
from resnet_course.grading.record import CourseGradebook
from resnet_course.grading.roster import Person, Roster, alphabetical, can_be_a_folder, read_people, sentence_on, when
from resnet_course.language import message

# `<full name>_<number>_assignsubmission_<plugin>_`, then the file, in that folder or behind it. (Moodle's
# mod/assign/classes/downloader.php; the full name has no underscores, the number is the learner's in this assignment.)
MOODLE = re.compile(r"(?P<name>[^_]*)_(?P<number>\d+)_assignsubmission_(?P<kind>[a-z]+)(?:_(?P<file>.*))?", re.DOTALL)
# `<name>_<LATE>_<user>_<attachment>_<file>`. (Canvas's lib/content_zipper.rb.)
CANVAS = re.compile(
    r"(?P<name>.*?)_(?:(?P<late>LATE)_)?(?P<number>\d+)_(?:(?P<attachment>\d+)_(?P<file>.+)|(?P<kind>text|link)\.html)",
    re.DOTALL,
)
RESERVED = (TIMESTAMP, "feedback_info.json", "submission_secret.txt")  # nbgrader's own, which learners could imitate
# What zipfile raises for archives that are none, or are damaged, locked, or packed in a way that Python does not know.
DAMAGED = (
    zipfile.BadZipFile,
    NotImplementedError,
    RuntimeError,
    EOFError,
    ValueError,
    zlib.error,
    lzma.LZMAError,
    struct.error,
)
LITTER = ("__MACOSX", ".DS_Store", "Thumbs.db", "desktop.ini")
UNPACKED = ".unpacked"  # where the files of a zip file lie that a learner handed in
MOST_NAMES = 200
SPARE_BYTES = 200 * 2**20  # that an archive may always unpack to


# --- unpacking ----------------------------------------------------------------------------------------------------


class SafeExtractor(ExtractorPlugin):  # type: ignore[misc]  # nbgrader has no types
    """nbgrader's extractor, for archives that learners have had their hands in.

    Nothing is written outside, no link is followed or made, and it is counted what really comes out, whatever the
    archive says of itself. What is not taken is in ``refused``, with the reason.
    """

    most_mib_a_file = Integer(64, help="How large a file may be.").tag(config=True)
    most_files = Integer(100_000, help="How many files an archive may hold.").tag(config=True)
    most_growth = Integer(
        50, help="How many times as large as the archive its files may be together, beside 200 MiB."
    ).tag(config=True)

    def extract(self, archive_path: str, extracted_path: str) -> None:
        """Unpack a zip file, or copy a folder in which there may be some.

        Raises
        ------
        GradingError
            If the archive cannot be read, or unpacks to what no class hands in.
        """
        self.refused: list[tuple[str, str]] = []
        source, target = Path(archive_path), Path(extracted_path)
        self._files = 0
        try:
            if source.is_dir():
                size = sum(
                    path.stat().st_size for path in source.rglob("*") if path.is_file() and not path.is_symlink()
                )
                self._left = SPARE_BYTES + self.most_growth * size
                self._copy(source, target)
            else:
                self._left = SPARE_BYTES + self.most_growth * source.stat().st_size
                with zipfile.ZipFile(source) as archive:
                    self._unzip(archive, target, "")
        except GradingError:
            raise
        except DAMAGED:
            raise GradingError(message("grading.collect.no-zip", path=source)) from None
        except OSError as problem:
            raise GradingError(message("grading.collect.unreadable", path=source, reason=why(problem))) from problem
        for path in [each for each in sorted(target.rglob("*")) if each.suffix.lower() == ".zip" and each.is_file()]:
            self._open_inner(path, path.relative_to(target))

    def _copy(self, source: Path, target: Path) -> None:
        for path in sorted(source.rglob("*")):
            name = path.relative_to(source).as_posix()
            if path.is_symlink():
                self._refuse(name, "link")
            elif path.is_file() and (place := self._place(target, name)) is not None:
                try:
                    with path.open("rb") as file:
                        self._write(file, place, name, path.stat().st_mtime)
                except PermissionError:
                    self._refuse(name, "unreadable")

    def _unzip(self, archive: zipfile.ZipFile, target: Path, within: str) -> int:
        count = 0
        for entry in archive.infolist():
            name = _decoded(entry)
            if entry.is_dir():
                continue
            if stat.S_ISLNK(entry.external_attr >> 16):
                self._refuse(within + name, "link")
                continue
            place = self._place(target, name, within)
            if place is None:
                continue
            try:
                with archive.open(entry) as file:
                    count += self._write(file, place, within + name, _time_of(entry))
            except GradingError:  # a bomb
                raise
            except DAMAGED:
                place.unlink(missing_ok=True)
                self._refuse(within + name, "locked" if entry.flag_bits & 1 else "unreadable")
        return count

    def _open_inner(self, path: Path, name: Path) -> None:
        """Unpack what a learner handed in as a zip file; one that cannot be opened stays as it is."""
        try:
            with zipfile.ZipFile(path) as archive:
                if self._unzip(archive, path.with_name(path.name + UNPACKED), f"{name.as_posix()}/"):
                    path.unlink()
        except GradingError:
            raise
        except DAMAGED:
            self._refuse(name.as_posix(), "no-zip")

    def _place(self, target: Path, name: str, within: str = "") -> Path | None:
        """Return where a file goes, or None, with the reason noted, for names that lead elsewhere."""
        parts = PurePosixPath(name.replace("\\", "/")).parts
        if parts and (set(parts) & set(LITTER) or parts[-1].startswith("._")):
            return None
        if not parts or parts[0] == "/" or ".." in parts or re.match("[A-Za-z]:", parts[0]) or "\0" in name:
            self._refuse(within + name, "elsewhere")
            return None
        if any(len(os.fsencode(part)) > 200 for part in parts) or len(parts) > 20:
            self._refuse(within + name, "long")
            return None
        # Two names that are one after normalising are two files: the second gets a number.
        return free(target.joinpath(*(unicodedata.normalize("NFC", part) for part in parts)))

    def _write(self, file: IO[bytes], place: Path, name: str, changed: float) -> bool:
        self._files += 1
        if self._files > self.most_files:
            raise GradingError(message("grading.collect.bomb"))
        try:
            place.parent.mkdir(parents=True, exist_ok=True)
        except (FileExistsError, NotADirectoryError):  # a file has the name of this one's folder
            self._refuse(name, "elsewhere")
            return False
        written = 0
        with place.open("wb") as target:
            while block := file.read(2**20):
                written += len(block)
                self._left -= len(block)
                if self._left < 0:
                    raise GradingError(message("grading.collect.bomb"))
                if written > self.most_mib_a_file * 2**20:
                    break
                target.write(block)
        if written > self.most_mib_a_file * 2**20:
            place.unlink()
            self._refuse(name, "huge")
            return False
        os.utime(place, (changed, changed))
        return True

    def _refuse(self, name: str, reason: str) -> None:
        self.refused.append((name, reason))
        self.log.warning("%s: %s", printable(name), message(f"grading.collect.reasons.{reason}"))


def _decoded(entry: zipfile.ZipInfo) -> str:
    """Return an entry's name. Where the archive does not say that it is UTF-8, it mostly is; or Windows wrote it."""
    if entry.flag_bits & 0x800:
        return entry.filename
    raw = entry.filename.encode("cp437", errors="replace")
    try:
        return raw.decode("utf-8")
    except UnicodeDecodeError:
        return raw.decode("cp850")


def _time_of(entry: zipfile.ZipInfo) -> float:
    try:
        return datetime(*entry.date_time).timestamp()
    except (ValueError, OverflowError):
        return 0.0


def free(path: Path) -> Path:
    """Return a path at which nothing lies: this one, or one with a number."""
    number, found = 2, path
    while found.exists() or found.is_symlink():
        found, number = path.with_name(f"{path.stem} ({number}){path.suffix}"), number + 1
    return found


# --- who handed it in ---------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Sent:
    """One file, and what its name tells of who sent it."""

    platform: str  # moodle, canvas, or "" for a folder of files
    name: str
    number: str  # Moodle's participant, Canvas's user
    file: str
    call: str  # how feedback on it is to be called
    order: int = 0
    late: bool = False

    @property
    def is_notebook(self) -> bool:
        """Whether its name is a notebook's."""
        return self.file.lower().endswith(".ipynb")

    @property
    def sender(self) -> tuple[str, str]:
        """What tells one sender from another."""
        return (self.number, "" if self.platform == "canvas" else self.name)


def recognise(names: Sequence[str], lesson: str, known: Roster) -> tuple[str, dict[str, Sent]]:
    """Return which platform made these files, and what the name of each tells; others are left out.

    Parameters
    ----------
    names : sequence of str
        Paths inside the download.
    lesson : str
        The lesson's id.
    known : Roster
        Who is in the class.
    """
    paths = {name: PurePosixPath(name).parts for name in names}
    for pattern, platform in ((MOODLE, "moodle"), (CANVAS, "canvas")):
        depth = _shared(list(paths.values()), pattern)
        firsts = {parts[depth] for parts in paths.values()}
        if firsts and sum(pattern.fullmatch(first) is not None for first in firsts) * 2 > len(firsts):
            return platform, {
                name: sent
                for name, parts in paths.items()
                if (sent := _platform_file(pattern, platform, parts[depth:]))
            }
    return "", dict(_plain(paths, lesson, known))


def _shared(paths: Sequence[tuple[str, ...]], pattern: re.Pattern[str] | None = None) -> int:
    """Return how many folders every path begins with, up to the first that a platform may have named."""
    depth = 0
    while paths and all(len(parts) > depth + 1 for parts in paths) and len({parts[depth] for parts in paths}) == 1:
        if pattern is not None and pattern.fullmatch(paths[0][depth]):
            break
        depth += 1
    return depth


def _platform_file(pattern: re.Pattern[str], platform: str, parts: tuple[str, ...]) -> Sent | None:
    match = pattern.fullmatch(parts[0])
    if match is None:
        return None
    facts = match.groupdict()
    if platform == "moodle":
        if facts["kind"] != "file":
            return None  # text typed into a box of Moodle's
        file = parts[-1] if len(parts) > 1 else facts["file"] or ""
        call = f"{facts['name']}_{facts['number']}_assignsubmission_file_"
        return Sent(platform, facts["name"], facts["number"], file, call) if file else None
    if facts["name"] == "anon" or facts["kind"]:
        return None
    file = parts[-1] if len(parts) > 1 else facts["file"]
    call = parts[0].removesuffix(UNPACKED)
    return Sent(platform, facts["name"], facts["number"], file, call, int(facts["attachment"]), bool(facts["late"]))


def _plain(paths: dict[str, tuple[str, ...]], lesson: str, known: Roster) -> Iterator[tuple[str, Sent]]:
    """Yield the files of a folder: `<learner>/…`, or the learner's name in the file's."""
    depth = _shared(list(paths.values()))
    some = next(iter(paths.values()), ())
    if depth and (known.by_id(some[depth - 1]) or known.by_name(some[depth - 1])):
        depth -= 1  # the one learner's folder
    elif depth and not known.people and any(PurePosixPath(parts[-1]).stem == lesson for parts in paths.values()):
        depth -= 1
    if depth and some[depth - 1] == lesson and depth > 1:
        depth -= 2  # <learner>/<lesson>/…
    for name, parts in paths.items():
        inside = parts[depth:]
        if len(inside) > 1:
            sender = inside[0]
        else:
            sender = re.sub(r"\.unpacked$|\.(ipynb|json|txt|zip)", "", inside[0], flags=re.IGNORECASE)
            sender = re.sub(rf"^{lesson}[\s_-]+|[\s_-]+{lesson}$|^{lesson}$", "", sender).strip()
        if sender:
            yield name, Sent("", sender, "", inside[-1], "")


class PlatformCollector(FileNameCollectorPlugin):  # type: ignore[misc]
    """nbgrader's collector, for the names that Moodle and Canvas give to files, and for folders of files."""

    gradebook = Instance(Gradebook, allow_none=True, help="Where the roster is; by default the course's.")

    def prepare(self, root: Path, people: Sequence[Person] = (), others: Sequence[str] = ()) -> None:
        """Look at all files, since what one name means depends on the others, and find out who sent them.

        Parameters
        ----------
        root : Path
            Where the files lie.
        people : sequence of Person
            What a platform's file tells of this lesson, where there is one.
        others : sequence of str
            Files that were there too, and could not be taken.
        """
        course = self.parent.coursedir
        opened = self.gradebook or CourseGradebook.of(course)
        self.roster = Roster(opened)
        self._names = {
            str(path): path.relative_to(root).as_posix() for path in sorted(root.rglob("*")) if path.is_file()
        }
        numbers = {each.participant: each.learner for each in people if each.participant and each.learner}
        self.platform, self.sent = recognise([*self._names.values(), *others], course.assignment_id, self.roster)
        self.learners: dict[tuple[str, str], str] = {}
        self.unknown: list[str] = []
        self.unclear: list[str] = []
        for sent in self.sent.values():
            if sent.sender in self.learners or sent.name in self.unknown or sent.name in self.unclear:
                continue
            learner = numbers.get(sent.number, "") if sent.platform == "moodle" else ""
            found = {learner} if learner else self._find(sent)
            if len(found) > 1:
                self.unclear.append(sent.name)
            elif found:
                self.learners[sent.sender] = found.pop()
            elif self.roster.complete or not can_be_a_folder(sent.name):
                self.unknown.append(sent.name)
            else:
                self.learners[sent.sender] = sent.name
        # Two senders who are one learner: nobody can say which is meant.
        times = Counter(self.learners.values())
        for sender, learner in list(self.learners.items()):
            if times[learner] > 1:
                del self.learners[sender]
                self.unclear.append(f"{sender[1]} {sender[0]}".strip())
        if self.gradebook is None:
            opened.close()

    def _find(self, sent: Sent) -> set[str]:
        if sent.platform == "canvas":
            return self.roster.by_id(sent.number, "canvas") or self.roster.by_name(sent.name)
        if sent.platform == "moodle":
            return self.roster.by_name(sent.name)
        return self.roster.by_id(sent.name) or self.roster.by_name(sent.name)

    def collect(self, submitted_file: str) -> dict[str, Any] | None:
        """Return whose a file is, or None if that cannot be told."""
        if not hasattr(self, "sent"):  # `nbgrader zip_collect` asks for one file after the other
            self.prepare(Path(self.parent._format_collect_path(self.parent.extracted_directory)))
        sent = self.sent.get(self._names.get(submitted_file, ""))
        learner = self.learners.get(sent.sender) if sent is not None else None
        if sent is None or learner is None or (sent.file in RESERVED and sent.platform):
            return None
        return {"student_id": learner, "file_id": sent.file}


# --- into submitted/ ----------------------------------------------------------------------------------------------


@dataclass
class Told:
    """What became of a download, to be told to the teacher."""

    platform: str = ""
    new: list[str] = field(default_factory=list)
    replaced: list[str] = field(default_factory=list)
    same: list[str] = field(default_factory=list)
    nothing: list[str] = field(default_factory=list)
    late: list[str] = field(default_factory=list)
    late_here: list[str] = field(default_factory=list)  # by the due date in the gradebook
    zone: str = ""  # of the times that were read
    untimed: list[str] = field(default_factory=list)  # whose time in the worksheet is not readable
    unknown: list[str] = field(default_factory=list)
    unclear: list[str] = field(default_factory=list)
    refused: list[tuple[str, str]] = field(default_factory=list)  # file, reason
    called_by_name: bool = False
    earlier: Path | None = None


class Collect(ZipCollectApp):  # type: ignore[misc]
    """nbgrader's ``zip_collect`` on one download, which loses nothing that was collected before."""

    @default("classes")
    def _classes_default(self) -> list[Any]:
        return [*super()._classes_default(), SafeExtractor, PlatformCollector]

    def take(self, source: Path, people: Sequence[Person], zone: tzinfo | None, gradebook: Gradebook) -> Told:
        """Collect a download.

        Raises
        ------
        GradingError
            If it cannot be read, or nothing in it can be given to anybody; nothing is changed then.
        """
        place = Path(self._format_collect_path(""))
        place.mkdir(parents=True, exist_ok=True)
        extractor = self.extractor_plugin(parent=self)
        collector = self.collector_plugin(parent=self, gradebook=gradebook)
        try:
            with tempfile.TemporaryDirectory(prefix="extracted-", dir=place) as folder:
                extractor.extract(str(source), folder)
                sent_all_the_same = [name for name, reason in extractor.refused if reason not in ("elsewhere", "link")]
                collector.prepare(Path(folder), people, sent_all_the_same)
                return self._take(Path(folder), extractor, collector, people, zone, gradebook)
        finally:
            with suppress(OSError):  # what was there before, or holds earlier submissions, stays
                place.rmdir()
                place.parent.rmdir()

    def _take(
        self,
        folder: Path,
        extractor: SafeExtractor,
        collector: PlatformCollector,
        people: Sequence[Person],
        zone: tzinfo | None,
        gradebook: Gradebook,
    ) -> Told:
        lesson, roster = self.coursedir.assignment_id, collector.roster
        told = Told(collector.platform, unknown=collector.unknown, unclear=collector.unclear)
        if not collector.learners:
            told.refused = extractor.refused
            raise GradingError(_nothing_taken(told))
        told.called_by_name = not roster.complete and bool(collector.platform)
        # Whoever sent something is there, even where none of it could be taken: an empty folder says so to the grader.
        by_learner: dict[str, list[tuple[Sent, Path]]] = {learner: [] for learner in collector.learners.values()}
        for path in sorted(path for path in folder.rglob("*") if path.is_file()):
            info = collector.collect(str(path))
            sent = collector.sent.get(path.relative_to(folder).as_posix())
            if info is not None and sent is not None:
                by_learner[info["student_id"]].append((sent, path))
            elif sent is None or (sent.file in RESERVED and sent.sender in collector.learners):
                told.refused.append((path.relative_to(folder).as_posix(), "reserved" if sent else "nobody"))
        told.refused += extractor.refused
        times = self._times(people, zone, told)
        if times:
            told.zone = str(zone or datetime.now().astimezone().strftime("%Z (UTC%z)"))
        due = _due(gradebook, lesson)
        for learner, files in sorted(by_learner.items(), key=lambda each: alphabetical(each[0])):
            late = any(sent.late for sent, _ in files)
            if late:
                told.late.append(learner)
            # Canvas tells who was late, and not when it came.
            if learner in times and due and times[learner] > due:
                told.late_here.append(learner)
            time = times.get(learner) or (due + timedelta(minutes=1) if late and due else None)
            if learner not in roster.people:
                roster.add(learner)
            self._put(learner, files, time, told)
            calls = sorted((sent for sent, _ in files if sent.call), key=lambda sent: (sent.is_notebook, sent.order))
            if calls:
                roster.handed_in(lesson, learner, calls[-1].platform, calls[-1].call)
        if collector.platform != "canvas":
            for person in people:
                if person.learner and person.participant and person.learner not in by_learner:
                    name = re.sub(r'[\\/:*?"<>|_.\x00-\x1f]', " ", person.name)
                    call = f"{name}_{person.participant}_assignsubmission_file_"
                    roster.handed_in(lesson, person.learner, "moodle", call)
        gradebook.db.commit()
        nothing = [roster.shown(name) for name in roster.people if not self._folder(name).is_dir()]
        told.nothing = sorted(nothing, key=alphabetical)
        return told

    def _times(self, people: Sequence[Person], zone: tzinfo | None, told: Told) -> dict[str, datetime]:
        found = {}
        for person in people:
            if person.submitted.strip(" -") and person.learner:
                time = when(person.submitted, zone)
                if time is None:
                    told.untimed.append(person.learner)
                else:
                    found[person.learner] = time
        return found

    def _folder(self, learner: str) -> Path:
        course = self.coursedir
        return Path(course.format_path(course.submitted_directory, learner, course.assignment_id))

    def _put(self, learner: str, files: list[tuple[Sent, Path]], time: datetime | None, told: Told) -> None:
        """Make a learner's folder, whole or not at all; another one that was there is moved aside."""
        target = self._folder(learner)
        if target.is_symlink() or target.parent.is_symlink():
            told.refused.append((f"{target.parent.name}/{target.name}", "link"))
            return
        target.parent.mkdir(parents=True, exist_ok=True)
        made = Path(tempfile.mkdtemp(prefix=".collecting-", dir=target.parent))
        try:
            made.chmod(0o755)
            # Handed over in the order in which the platform got them.
            for sent, path in sorted(files, key=lambda each: (each[0].order, each[0].file)):
                shutil.copy2(path, free(made / sent.file))
            if time is not None:
                (made / TIMESTAMP).unlink(missing_ok=True)
                write_whole(made / TIMESTAMP, time.isoformat(" ") + " UTC")
            if not target.exists():
                told.new.append(learner)
            elif _same(made, target):
                told.same.append(learner)
                if time is not None:
                    (made / TIMESTAMP).replace(target / TIMESTAMP)
                return
            else:
                told.replaced.append(learner)
                if told.earlier is None:
                    moment = datetime.now(timezone.utc).strftime("%Y-%m-%dT%H%M%SZ")
                    told.earlier = free(Path(self._format_collect_path("earlier")) / moment)
                told.earlier.mkdir(parents=True, exist_ok=True)
                shutil.move(target, told.earlier / learner)
            made.rename(target)
        finally:
            shutil.rmtree(made, ignore_errors=True)


def _same(made: Path, there: Path) -> bool:
    """Tell whether two folders hold the same files, whatever the time at which they were handed in."""
    names = [sorted(path.name for path in folder.iterdir() if path.name != TIMESTAMP) for folder in (made, there)]
    return names[0] == names[1] and all(
        (there / name).is_file() and filecmp.cmp(made / name, there / name, shallow=False) for name in names[0]
    )


def _due(gradebook: Gradebook, lesson: str) -> datetime | None:
    try:
        due: datetime | None = gradebook.find_assignment(lesson).duedate
    except MissingEntry:
        return None
    return due


# --- the commands -------------------------------------------------------------------------------------------------


def collect(root: Path, source: Path, lesson: str, *, roster: Path | None = None, timezone: str = "") -> str:
    """Collect a download into ``submitted/`` and return what became of it.

    Parameters
    ----------
    root : Path
        The course folder.
    source : Path
        A zip file of Moodle or Canvas, or a folder of files.
    lesson : str
        The lesson's id.
    roster : Path, optional
        A CSV file of the platform. Moodle's grading worksheet also has the times at which learners handed in.
    timezone : str, optional
        The zone of those times; without it, this machine's.

    Raises
    ------
    GradingError
        If nothing can be collected; what was there is as it was.
    """
    if lesson not in checks.LESSONS:
        known = ", ".join(checks.LESSONS)
        raise GradingError(message("grading.command.unknown-lesson", lesson=lesson, known=known))
    if not source.exists():
        raise GradingError(message("grading.collect.no-file", path=source))
    zone = _zone(timezone)
    config = course_config(root)
    config.CourseDirectory.assignment_id = lesson
    course = CourseDirectory(config=config)
    people = read_people(roster) if roster is not None else []
    app = Collect(config=config, coursedir=course)
    app.log = logging.getLogger("resnet_course.grading.collect")
    app.log.propagate = False  # what the plugins log is told once, at the end
    app.log.addHandler(logging.NullHandler())
    with CourseGradebook.of(course) as gradebook:
        lines = []
        if roster is not None:
            lines.append(sentence_on(Roster(gradebook).update(people), roster))
        try:
            told = app.take(source, people, zone, gradebook)
        except OSError as problem:
            place = problem.filename or course.submitted_directory
            raise GradingError(message("grading.collect.unwritten", path=place, reason=why(problem))) from problem
    return "\n".join([*lines, *_lines(told, root, source, course.submitted_directory)])


def take_roster(root: Path, file: Path) -> str:
    """Take the learners of a platform's CSV file into the gradebook and return what changed.

    Raises
    ------
    GradingError
        If the file tells no learners.
    """
    course = CourseDirectory(config=course_config(root))
    people = read_people(file)
    with CourseGradebook.of(course) as gradebook:
        return sentence_on(Roster(gradebook).update(people), file)


def _zone(name: str) -> tzinfo | None:
    if not name:
        return None
    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        raise GradingError(message("grading.collect.timezone", name=name)) from None


def _lines(told: Told, root: Path, source: Path, submitted: str) -> Iterator[str]:
    """Yield what the teacher is told, the outcome first."""
    count = len(told.new) + len(told.replaced) + len(told.same)
    layout = message(f"grading.collect.layouts.{told.platform or 'folder'}")
    yield message(
        "grading.collect.done",
        path=source,
        layout=layout,
        count=count,
        new=len(told.new),
        replaced=len(told.replaced),
        same=len(told.same),
        submitted=submitted,
    )
    earlier = os.path.relpath(told.earlier, root) if told.earlier else ""
    for key, names in (
        ("replaced", told.replaced),
        ("late", told.late),
        ("late-here", told.late_here),
        ("untimed", told.untimed),
        ("unknown", told.unknown),
        ("unclear", told.unclear),
        ("nothing", told.nothing),
    ):
        if names:
            facts = {"count": len(names), "names": _listed(names), "earlier": earlier}
            yield "  " + message(f"grading.collect.{key}", **facts)
    if told.zone:
        yield "  " + message("grading.collect.zone", zone=told.zone)
    if told.called_by_name:
        yield "  " + message("grading.collect.by-name")
    for name, reason in told.refused:
        yield f"  {printable(name)}: {message(f'grading.collect.reasons.{reason}')}"


def _nothing_taken(told: Told) -> str:
    lines = [message("grading.collect.nothing-taken")]
    lines += [
        "  " + message(f"grading.collect.{key}", names=_listed(names), count=len(names), earlier="")
        for key, names in (("unknown", told.unknown), ("unclear", told.unclear))
        if names
    ]
    lines += [f"  {printable(name)}: {message(f'grading.collect.reasons.{reason}')}" for name, reason in told.refused]
    return "\n".join(lines)


def _listed(names: Sequence[str]) -> str:
    return listed(names, MOST_NAMES)
