"""What each built notebook was built from: in one file, so that a notebook changes only where its content does."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TypedDict

LOCK = "build.lock.json"


class Origin(TypedDict, total=False):
    """What a solved notebook was built from.

    Parameters
    ----------
    built_from : list of str
        The files of the package that the lesson used.
    digest : str
        Of their contents.
    claims : str
        The digest of what the prose claims, which was asserted while building; missing where it claims nothing.
    """

    built_from: list[str]
    digest: str
    claims: str


def read_origins(root: Path) -> dict[str, Origin]:
    """Return the origin of each notebook that was built, by its language and lesson: ``"en/03_basic_block"``."""
    path = root / "solutions" / LOCK
    found: dict[str, Origin] = json.loads(path.read_text(encoding="utf-8")) if path.is_file() else {}
    return found


def write_origin(root: Path, name: str, origin: Origin) -> None:
    """Note the origin of one notebook; read anew before, since another build may be at other lessons."""
    origins = {**read_origins(root), name: origin}
    text = json.dumps(dict(sorted(origins.items())), indent=1) + "\n"
    (root / "solutions" / LOCK).write_text(text, encoding="utf-8")
