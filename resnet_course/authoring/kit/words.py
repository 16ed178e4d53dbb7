"""What people wrote for the kit: its words, in a file for each language, and what ``lessons/kit.toml`` says."""

from __future__ import annotations

import sys
from functools import cache
from pathlib import Path
from typing import Any

from resnet_course.authoring import WRITTEN
from resnet_course.language import current_language

if sys.version_info >= (3, 11):
    import tomllib
else:
    import tomli as tomllib


@cache
def catalogue(language: str) -> dict[str, Any]:
    """Return the words of the kit in a language."""
    return tomllib.loads(Path(__file__).with_name(f"{language}.toml").read_text(encoding="utf-8"))


def word(key: str, /, **figures: object) -> str:
    """Return a text of the kit in the current language, with its placeholders filled.

    Parameters
    ----------
    key : str
        Where it stands: table and name, with a dot between them.
    **figures : object
        What fills the placeholders.

    Examples
    --------
    >>> word("page.minutes", minutes=5)
    '5 min'
    """
    found: Any = catalogue(current_language())
    for part in key.split("."):
        found = found[part]
    return str(found).format(**figures)


def read_kit(root: Path) -> dict[str, dict[str, Any]]:
    """Return what an author says of each lesson for the kit."""
    return tomllib.loads((root / WRITTEN / "kit.toml").read_text(encoding="utf-8"))
