"""The words of the kit, in each language: a file beside this one, found like the course's messages."""

from __future__ import annotations

import sys
from functools import cache
from pathlib import Path
from typing import Any

from resnet_course.language import current_language

if sys.version_info >= (3, 11):
    import tomllib
else:
    import tomli as tomllib


@cache
def _catalogue(language: str) -> dict[str, Any]:
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
    found: Any = _catalogue(current_language())
    for part in key.split("."):
        found = found[part]
    return str(found).format(**figures)
