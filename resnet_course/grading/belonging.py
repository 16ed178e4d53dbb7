"""One package for all who grade: the command, its workers, the template, and the course folder must be of the same."""

from __future__ import annotations

import hashlib
import os
from pathlib import Path

from resnet_course.grading import GradingError
from resnet_course.language import message

PACKAGE = Path(__file__).resolve().parents[1]


def place() -> str:
    """Return where the package is that this process has imported."""
    return str(PACKAGE)


def digest(package: Path = PACKAGE) -> str:
    """Return a text that is the same for the same package, wherever it lies."""
    total = hashlib.sha256()
    for path in sorted(package.rglob("*")):
        if path.suffix in (".py", ".toml", ".json"):
            total.update(os.fsencode(path.relative_to(package).as_posix()) + b"\0" + path.read_bytes())
    return total.hexdigest()


def demand_belonging(root: Path) -> None:
    """Refuse a course folder with a package of its own that is another than the one that runs.

    That happens where two copies of the course share an environment: the answers of one would be judged by the other.

    Raises
    ------
    GradingError
        If they do not belong together.
    """
    theirs = (root / PACKAGE.name).resolve()
    if (theirs / "__init__.py").is_file() and theirs != PACKAGE and digest(theirs) != digest():
        raise GradingError(message("grading.command.two-packages", root=root, package=PACKAGE))


def demand_same(places: set[object], wanted: str) -> None:
    """Refuse workers that have imported another package.

    Raises
    ------
    GradingError
        If one has.
    """
    others = places - {wanted}
    if others:
        raise GradingError(message("grading.command.other-package", package=PACKAGE, other=next(iter(others))))
