"""CHANGELOG.md: which version of the course is being worked on, and what may be released under which tag."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from datetime import date
from pathlib import Path

from resnet_course.authoring import CourseError

PACKAGE = Path(__file__).resolve().parents[1]
CHANGELOG = "CHANGELOG.md"
NUMBER = r"(?:0|[1-9]\d*)"
MEANT = re.compile(r"##(?!#)|\s*#+\s*\[?v?\d")  # a heading of a version, or what was meant to be one
HEADING = re.compile(rf"## ({NUMBER}\.{NUMBER}\.{NUMBER}) \((unreleased|\d{{4}}-\d\d-\d\d)\)")
EXAMPLES = "`## 0.2.0 (unreleased)` or `## 0.2.0 (2026-12-01)`"


@dataclass(frozen=True)
class Entry:
    """What CHANGELOG.md says of one version; `released` is false while it is being worked on."""

    version: str
    released: bool
    notes: str


def read_changelog(root: Path) -> list[Entry]:
    """Return the entries of a course's CHANGELOG.md, the newest first.

    Parameters
    ----------
    root : Path
        The course folder.

    Raises
    ------
    CourseError
        If there is no such file, or a heading is not a version with its date, the newest first.
    """
    path = root / CHANGELOG
    if not path.is_file():
        raise CourseError(f"{path} is missing: its newest heading says the version of the course, as {EXAMPLES}")
    try:
        lines = path.read_text(encoding="utf-8-sig").splitlines()
    except UnicodeDecodeError as error:
        raise CourseError(f"{path} is no UTF-8 text ({error.reason}): save it as UTF-8") from None
    starts = [place for place, line in enumerate(lines) if MEANT.match(line)]
    if not starts:
        raise CourseError(f"{CHANGELOG} has no heading that says the version of the course, as {EXAMPLES}")
    entries: list[Entry] = []
    for start, end in zip(starts, [*starts[1:], len(lines)], strict=True):
        where = f"{CHANGELOG}, line {start + 1}"
        match = HEADING.fullmatch(lines[start].rstrip())
        if not match:
            raise CourseError(f"{where}: the heading must be like {EXAMPLES}, not `{lines[start]}`")
        version, day = match.groups()
        if day == "unreleased" and entries:
            raise CourseError(f"{where}: only the newest version can be unreleased; {version} needs its date")
        if day != "unreleased" and not _is_day(day):
            raise CourseError(f"{where}: there is no day {day}")
        if entries and _numbers(version) >= _numbers(entries[-1].version):
            raise CourseError(f"{where}: {version} stands below {entries[-1].version}; the newest version comes first")
        entries.append(Entry(version, day != "unreleased", "\n".join(lines[start + 1 : end]).strip()))
    return entries


def _is_day(text: str) -> bool:
    try:
        date.fromisoformat(text)
    except ValueError:
        return False
    return True


def _numbers(version: str) -> list[int]:
    return [int(each) for each in version.split(".")]


def facts_text(root: Path) -> str:
    """Return what the package's `release.json` must hold, from the newest heading of CHANGELOG.md."""
    newest = read_changelog(root)[0]
    return json.dumps({"version": newest.version + ("" if newest.released else ".dev")}) + "\n"


def release_notes(root: Path, tag: str) -> str:
    """Return what CHANGELOG.md says of the version that is about to be released under a tag.

    Raises
    ------
    CourseError
        If the newest heading has no date yet or nothing below it, or the tag is not its version's.
    """
    newest = read_changelog(root)[0]
    if not newest.released:
        raise CourseError(
            f"{CHANGELOG} says that {newest.version} is unreleased: put the day into its heading, and build"
        )
    if tag != f"v{newest.version}":
        raise CourseError(f"the tag is {tag!r}, but the newest version of {CHANGELOG} asks for 'v{newest.version}'")
    if not newest.notes:
        raise CourseError(f"{CHANGELOG} says nothing of {newest.version}: write below its heading what has changed")
    return newest.notes


def demand_own_package(root: Path) -> None:
    """Refuse a package that was installed from elsewhere: it cannot tell what is stale here.

    Raises
    ------
    CourseError
        If the package that runs is not that of the course folder.
    """
    if root.resolve() != PACKAGE.parent:
        raise CourseError(f"{PACKAGE} is installed, not the package of this folder: pip install --no-deps --editable .")
