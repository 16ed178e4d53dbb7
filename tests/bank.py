"""The bank of wrong and right answers: one file each, in ``tests/<kind>/<lesson>/<exercise>/``."""

from __future__ import annotations

import re
from pathlib import Path

from kernel import ROOT

from resnet_course import checks
from resnet_course.checks.check import Check


def bank(kind: str) -> list[Path]:
    """Return the files of ``wrong_answers`` or ``right_answers``."""
    return sorted((ROOT / "tests" / kind).glob("*/*/*.py"))


def name(path: Path) -> str:
    """Return how tests call a file of the bank."""
    return "/".join(path.with_suffix("").parts[-3:])


def check_of(path: Path) -> Check:
    """Return the check of the exercise that a file answers."""
    check: Check = getattr(checks, path.parent.name)
    return check


def expected_key(path: Path) -> str:
    """Return the message key in a wrong answer's first line."""
    first = path.read_text(encoding="utf-8").splitlines()[0]
    match = re.fullmatch(r"# expect: ([a-z0-9-]+)", first)
    assert match, f"{path}: the first line must be `# expect: message-key`, not {first!r}"
    return match[1]
