"""Run Python as an ordinary user where the tests run as root, as continuous integration does.

Python, the environment and the course may lie below folders that only root may open (``/root``, say). So the user gets
a view of the machine, made by bubblewrap, in which those folders hold only the way to them.
"""

from __future__ import annotations

import os
import subprocess
import sys
import textwrap
from pathlib import Path

from kernel import ROOT
from programs import BUBBLEWRAP

USER = 65533


def run_as_ordinary_user(source: str, *arguments: str, timeout: float = 120) -> subprocess.CompletedProcess[str]:
    """Run Python code as a user without any right; where the tests are already run by such a one, as this one."""
    command = [sys.executable, "-c", textwrap.dedent(source), *arguments]
    if os.geteuid() == 0:
        rights = ["--reuid", str(USER), "--regid", str(USER), "--clear-groups", "--inh-caps=-all"]
        command = [*_view(), "setpriv", *rights, *command]
    environment = {
        "PATH": os.environ["PATH"],
        "HOME": "/tmp",
        "PYTHONPATH": f"{ROOT}:{ROOT}/tests:{ROOT}/tests/grading",
    }
    return subprocess.run(
        command, env=environment, cwd="/", capture_output=True, text=True, timeout=timeout, check=False
    )


def _view() -> list[str]:
    """Return the words that start a program where what Python needs can be read by everybody."""
    needed = {Path(place).resolve() for place in (sys.prefix, sys.base_prefix, ROOT)}
    closed = {parent for place in needed for parent in place.parents if parent.stat().st_mode & 0o005 != 0o005}
    words = [str(BUBBLEWRAP.find()), "--dev-bind", "/", "/"]
    for folder in sorted(closed):
        if not closed & set(folder.parents):
            words += ["--perms", "0755", "--tmpfs", str(folder)]
    for place in sorted(needed):
        if closed & set(place.parents):
            for parent in reversed(place.parents[:-1]):
                words += ["--perms", "0755", "--dir", str(parent)]
            words += ["--ro-bind", str(place), str(place)]
    return [*words, "--"]
