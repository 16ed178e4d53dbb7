"""The programs beside Python that the tests use: which are there, how the others are installed, what they are for.

``python3 tests/programs.py`` says which are missing and installs them where it may: as root, or with a sudo that asks
for no password, on a machine with apt-get, unless the variable INSTALL is "no". `make test` and .ci/run begin with it,
before there is an environment: this file needs nothing but the standard library.
"""

from __future__ import annotations

import importlib.util
import os
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path

# Ubuntu's AppArmor keeps ordinary programs, bubblewrap too, from making user namespaces.
RESTRICTED = Path("/proc/sys/kernel/apparmor_restrict_unprivileged_userns")


@dataclass(frozen=True)
class Program:
    """A program: its name in sentences, its package, what it is for, how to find it, and arguments to try it with."""

    name: str
    package: str  # of Debian and Ubuntu
    use: str
    find: Callable[[], str | None]
    trial: tuple[str, ...] = ("--version",)

    def lacking(self) -> str:
        """Return why it cannot be used, or an empty string if it can."""
        found = self.find()
        if found is None:
            return f"{self.name} is not installed"
        complaint = _trial(found, *self.trial)
        return f"{self.name} does not work here: {complaint}" if complaint else ""


def _which(*names: str) -> str | None:
    return next(filter(None, map(shutil.which, names)), None)


def _initdb() -> str | None:
    """Look in the folder that POSTGRESQL names; without it, on the path and where Debian keeps PostgreSQL."""
    place = os.environ.get("POSTGRESQL")
    if place is not None:
        return shutil.which("initdb", path=place)
    folders = sorted(Path("/usr/lib/postgresql").glob("*/bin"), reverse=True)
    return _which("initdb", *(f"{folder}/initdb" for folder in folders))


def _ensurepip() -> str | None:
    return sys.executable if importlib.util.find_spec("ensurepip") else None


MAKE = Program("make", "make", "`make lab`", lambda: _which("make"))
ENSUREPIP = Program("ensurepip", "python3-venv", "making the environment", _ensurepip)
BUBBLEWRAP = Program(
    "bubblewrap",
    "bubblewrap",
    "the sandbox",
    lambda: _which("bwrap"),
    (
        "--unshare-all",
        "--unshare-user",
        "--ro-bind",
        "/",
        "/",
        "--proc",
        "/proc",
        "/usr/bin/env",
    ),  # a container may forbid it
)
CHROMIUM = Program(
    "Chromium",
    "chromium",
    "JupyterLab in a browser",
    lambda: _which("chromium", "chromium-browser", "google-chrome"),
)
POSTGRESQL = Program("PostgreSQL", "postgresql", "gradebooks in PostgreSQL", _initdb)
HUB = Path(__file__).resolve().parents[1] / "instructor"  # its package.json pins what npm brings
PROXY = Program(
    "configurable-http-proxy",
    "npm",  # which then installs it: see install_of_npm
    "a class on JupyterHub",
    lambda: _which(f"{HUB}/node_modules/.bin/configurable-http-proxy", "configurable-http-proxy"),
)
GIFT_PARSER = Program(
    "gift-pegjs",
    "npm",  # likewise
    "quiz files that Moodle reads",
    lambda: _which("node") if (HUB / "node_modules" / "gift-pegjs").is_dir() else None,
)
UNSHARE = Program(
    "unshare",
    "util-linux",
    "users of the tests' own",
    lambda: _which("unshare"),
    ("--mount", "--pid", "--fork", "--mount-proc", "mount", "-t", "tmpfs", "none", "/mnt"),
)
GIT = Program("git", "git", "the course with other versions of its packages", lambda: _which("git"))
PROGRAMS = (MAKE, ENSUREPIP, GIT, BUBBLEWRAP, CHROMIUM, POSTGRESQL, PROXY, GIFT_PARSER)
OF_NPM = (PROXY, GIFT_PARSER)


def demand(program: Program) -> str:
    """Return where a program is. Without it a test skips and says why; in continuous integration it fails."""
    import pytest  # not yet there when this file runs as a script

    lacking = program.lacking()
    if lacking:
        (pytest.fail if os.environ.get("CI") else pytest.skip)(lacking)
    return str(program.find())


def closing_line(reasons: Sequence[str]) -> str:
    """Return what was not tested, given why tests skipped; empty if none skipped for want of a program."""
    found = {each: reason for each in PROGRAMS for reason in reasons if reason.startswith(f"{each.name} ")}
    return f"Not tested: {_listed(found)}." if found else ""


def _listed(lacking: dict[Program, str]) -> str:
    return ", ".join(f"{program.use} ({reason})" for program, reason in lacking.items())


def rights() -> list[str] | None:
    """Return what goes before a command that changes this machine, or None where we may not or cannot install."""
    if os.environ.get("INSTALL", "").lower() in ("no", "n", "0", "false", "off") or not shutil.which("apt-get"):
        return None
    if os.geteuid() == 0:
        return []
    sudo = ["sudo", "-n"]
    return None if _complaint([*sudo, "true"]) else sudo


def install(packages: Iterable[str], before: list[str]) -> None:
    """Install packages one by one: one that cannot be had keeps out no other."""
    apt_get = [*before, "env", "DEBIAN_FRONTEND=noninteractive", "apt-get", "--quiet"]
    _complaint([*apt_get, "update"])  # where it fails, the packages known already may still be had
    for package in packages:
        print(f"Installing {package}", flush=True)
        complaint = _complaint([*apt_get, "install", "--yes", "--no-install-recommends", package])
        if complaint:
            print(f"{package} could not be installed ({complaint}): the tests go on without it.", flush=True)


def install_of_npm(lacking: Iterable[Program]) -> None:
    """Install what npm brings beside the hub's configuration, which looks for its proxy there."""
    names = ", ".join(program.name for program in lacking)
    print(f"Installing {names}", flush=True)
    complaint = _complaint(["npm", "install", "--no-audit", "--no-fund", "--prefix", str(HUB)])
    if complaint:
        print(f"{names} could not be installed ({complaint}): the tests go on without it.", flush=True)


def _allow_namespaces(before: list[str]) -> None:
    if RESTRICTED.exists() and RESTRICTED.read_text().strip() != "0":
        subprocess.run([*before, "tee", RESTRICTED], input=b"0\n", stdout=subprocess.DEVNULL, check=False)


def main() -> None:
    """Say which programs are missing, and install them where that is allowed."""
    before = rights()
    if before is not None and os.environ.get("CI"):  # on anybody's own machine this is theirs to decide
        _allow_namespaces(before)
    lacking = {program: reason for program in PROGRAMS if (reason := program.lacking())}
    if lacking:
        print(f"Missing on this machine: {_listed(lacking)}.", flush=True)
    packages = list(dict.fromkeys(program.package for program in lacking if program.find() is None))
    if _which("npm") and PROXY.package in packages:
        packages.remove(PROXY.package)
    if packages and before is not None:
        install(packages, before)
    elif packages:
        print(f"The tests go on without. On Debian and Ubuntu: apt install {' '.join(packages)}", flush=True)
    of_npm = [program for program in OF_NPM if program in lacking]
    if of_npm and before is not None:
        install_of_npm(of_npm)


def _complaint(command: Iterable[str], seconds: float | None = None) -> str:
    """Run a command; return the last line that it complains with, or an empty string if it goes well."""
    try:
        done = subprocess.run(
            [*command], stdin=subprocess.DEVNULL, capture_output=True, text=True, errors="replace", timeout=seconds
        )
    except (OSError, subprocess.TimeoutExpired) as error:
        return str(error)
    lines = done.stderr.strip().splitlines() or [f"exit status {done.returncode}"]
    return lines[-1].strip() if done.returncode else ""


@cache
def _trial(*command: str) -> str:
    return _complaint(command, 60)


if __name__ == "__main__":
    main()
