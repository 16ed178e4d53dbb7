"""This machine with users, homes and processes of its own: all of it is gone with the process that holds it.

Accounts are made by the system's own tools, but in a copy of ``/etc`` that is mounted for these processes alone.
"""

from __future__ import annotations

import os
import shlex
import shutil
import stat
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path
from types import TracebackType

from kernel import ROOT
from programs import UNSHARE, demand

OWN = ("/etc", "/home", "/srv", "/var/tmp")


class Machine:
    """Made of mounts and processes in namespaces of their own, below an empty folder.

    Parameters
    ----------
    folder : Path
        An empty folder; what the machine writes to `OWN` lies there, in memory.
    """

    def __init__(self, folder: Path) -> None:
        lines = [f"mount -t tmpfs -o mode=755 machine {folder}"]
        for place in OWN:
            lines.append(f"mkdir -p {folder}{place}")
        lines += [f"cp -a /etc/. {folder}/etc", f"chmod 1777 {folder}/var/tmp"]
        lines += [line for place, paths in _closed().items() for line in _opening(place, paths, folder)]
        lines += [f"mount --bind {folder}{place} {place}" for place in OWN]
        command = [*("--mount", "--pid", "--fork", "--kill-child", "--mount-proc"), "sh", "-ec"]
        self._process = subprocess.Popen(
            [demand(UNSHARE), *command, "\n".join([*lines, "echo ready", "cat"])],
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True,
        )  # fmt: skip
        assert self._process.stdout is not None
        assert self._process.stdout.readline() == "ready\n"
        children = Path(f"/proc/{self._process.pid}/task/{self._process.pid}/children").read_text()
        self.first = int(children.split()[0])

    def __enter__(self) -> Machine:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, _: TracebackType | None) -> None:
        self._process.kill()  # with the first process all others end, and with the last one the mounts
        self._process.communicate()

    def path(self, path: str) -> Path:
        """Return where a file of the machine is seen from outside."""
        return Path(f"/proc/{self.first}/root{path}")

    def command(self, user: str, *words: str, **variables: str) -> list[str]:
        """Return the command that lets a user run another, in their home, with variables of their own only."""
        home = "/srv/resnet-course/hub" if user == "root" else f"/home/{user}"
        # No library of the tests' is a learner's; but here the course may come from a folder that is not installed.
        kept = {name: os.environ[name] for name in ("PYTHONPATH", "LANG") if name in os.environ}
        facts = {"HOME": home, "TMPDIR": "/var/tmp", "OMP_NUM_THREADS": "1", "USER": user, **kept, **variables}
        facts["PATH"] = os.pathsep.join(
            [str(Path(sys.executable).parent), "/usr/local/bin:/usr/bin:/bin:/usr/sbin:/sbin"]
        )
        enter = ["nsenter", f"--target={self.first}", "--mount", "--pid", "--wdns=/"]
        cd = ["sh", "-c", 'cd "$HOME" && exec "$@"', "sh"]
        return [*enter, "runuser", "-u", user, "--", "env", "-i", *_assigned(facts), *cd, *words]

    def run(self, user: str, *words: str, give: str = "", **variables: str) -> subprocess.CompletedProcess[str]:
        """Let a user run a command."""
        return subprocess.run(
            self.command(user, *words, **variables), input=give, capture_output=True, text=True, timeout=300
        )

    def say(self, user: str, *words: str, give: str = "", **variables: str) -> str:
        """Let a user run a command that goes well, and return what it says."""
        done = self.run(user, *words, give=give, **variables)
        assert done.returncode == 0, f"{user}: {shlex.join(words)}\n{done.stdout}{done.stderr}"
        return done.stdout + done.stderr


def _assigned(facts: Mapping[str, str]) -> list[str]:
    return [f"{name}={value}" for name, value in facts.items()]


def _closed() -> dict[Path, list[Path]]:
    """Return folders that ordinary users cannot enter, each with what lies in it of Python and of the course."""
    found: dict[Path, list[Path]] = {}
    for path in sorted({Path(sys.base_prefix).resolve(), Path(sys.prefix), ROOT}):
        for place in (*reversed(path.parents), path):
            if not place.stat().st_mode & stat.S_IXOTH:
                found.setdefault(place, []).append(path)
                break
    return found


def _opening(place: Path, paths: list[Path], folder: Path) -> list[str]:
    """Return the commands that put, in the place of a closed folder, one that holds only what is needed of it."""
    made = f"{folder}/opened{place}"
    lines = [f"mkdir -p {made}"]
    for path in paths:
        for each in sorted(path.iterdir()) if path == place else [path]:
            target = f"{made}/{each.relative_to(place)}"
            make = f"mkdir -p {target}" if each.is_dir() else f"mkdir -p $(dirname {target}); touch {target}"
            lines += [make, f"mount --rbind {each} {target}"]
    return [*lines, f"mount --rbind {made} {place}"]


def needs_root() -> str:
    """Return why there can be no machine here, or an empty string."""
    return "" if os.geteuid() == 0 and shutil.which("nsenter") else "only root can make users"
