"""A closed place for one submission's kernels, made by bubblewrap: no network, no home, no gradebook, no neighbours.

Inside there are the system and Python, read-only; an empty ``/tmp`` of limited size; and one folder that is shared with
the grader, for the kernel's sockets and its observations. Everything inside dies with the sandbox.
"""

from __future__ import annotations

import contextlib
import json
import os
import re
import shutil
import signal
import stat
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import Any

from resnet_course.grading import GradingError
from resnet_course.grading.obstacle import cure
from resnet_course.language import message

MIB = 2**20
PACKAGE = Path(__file__).resolve().parents[1]
DEVICES = ("/dev/null", "/dev/zero", "/dev/full", "/dev/random", "/dev/urandom")
NOBODY = 65534
END_SECONDS = 10.0  # for processes that are killed to be gone
MOST_FILES = 1000  # in the folder that is shared; a kernel puts about ten there
SYSTEM = ("/usr", "/bin", "/lib", "/lib64", "/etc/ld.so.cache", "/etc/alternatives", "/etc/fonts", "/etc/localtime")


@dataclass(frozen=True)
class Limits:
    """What one submission may use.

    Parameters
    ----------
    memory : int
        Bytes of data, for one process (and twice that for all processes together).
    processes : int
        Processes at the same time.
    file_size : int
        Bytes of the largest file.
    scratch : int
        Bytes of all files in ``/tmp`` together.
    output : int
        Bytes of output that are kept for each cell; a kernel that sends far more is ended.
    question_seconds : float
        For one question: its cells, and observing the answers.
    notebook_seconds : float
        For all questions of a notebook.
    """

    memory: int = 3072 * MIB
    processes: int = 32
    file_size: int = 64 * MIB
    scratch: int = 256 * MIB
    output: int = 64 * 1024
    question_seconds: float = 30.0
    notebook_seconds: float = 240.0


class Sandbox:
    """A sandbox, or, with ``closed=False``, only a folder of its own: then learners' code runs with all your rights.

    Parameters
    ----------
    limits : Limits
        What may be used inside.
    closed : bool
        Whether to close it.

    Raises
    ------
    GradingError
        If bubblewrap is missing or refuses to work here.
    """

    def __init__(self, limits: Limits, *, closed: bool = True) -> None:
        self.limits = limits
        self.shared = Path(tempfile.mkdtemp(prefix="rc-"))
        self.pid: int | None = None
        self.user: int | None = None
        self._process: subprocess.Popen[bytes] | None = None
        self._namespace = 0
        if closed:
            try:
                self._close()
            except BaseException:
                self.end()
                raise

    def __enter__(self) -> Sandbox:
        return self

    def __exit__(self, *_: object) -> None:
        self.end()

    @property
    def folder(self) -> str:
        """Where the learner's code starts: an empty folder."""
        return "/tmp" if self.pid is not None else str(self.shared)

    def end(self) -> None:
        """Kill everything inside and remove the shared folder."""
        if self._process is not None:
            if self.pid is not None:
                # The first process in the sandbox takes all others with it, and bubblewrap waits for that.
                with contextlib.suppress(OSError):
                    os.kill(self.pid, signal.SIGKILL)
                with contextlib.suppress(subprocess.TimeoutExpired):
                    self._process.wait(END_SECONDS)
            self._process.kill()
            self._process.wait()
            self._process = None
            self.pid = None
        _remove(self.shared)

    def overuse(self) -> str:
        """Return which limit those inside exceed now, or an empty string."""
        processes = list(_processes_in(self._namespace)) if self.pid is not None else []
        if len(processes) > self.limits.processes:
            return "processes"
        most = 2 * self.limits.memory
        # Forks share most of their memory, which only the slower count knows.
        if sum(map(_resident, processes)) > most and sum(map(proportional, processes)) > most:
            return "memory"
        return "" if _holds_at_most(self.shared, 2 * self.limits.file_size, MOST_FILES) else "files"

    def read(self, name: str, most: int) -> bytes | None:
        """Return what a file in the shared folder holds, if it is an ordinary file of at most so many bytes.

        Its writer may be hostile: a link, a pipe or a huge file is not followed, waited for or read.
        """
        try:
            descriptor = os.open(self.shared / name, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC)
        except OSError:
            return None
        facts = os.fstat(descriptor)
        if not stat.S_ISREG(facts.st_mode) or facts.st_size > most:
            os.close(descriptor)
            return None
        with os.fdopen(descriptor, "rb") as file:
            return file.read(most)

    def _close(self) -> None:
        try:
            self._make()
        except OSError as error:  # this machine, or its container, lets us make no other user, say
            raise self._refusal(str(error)) from None

    def _make(self) -> None:
        bubblewrap = find_bubblewrap()
        root = _is_root()
        if root:
            # Root's files and root's exemptions from limits are no learner's: inside there is another user.
            self.user = NOBODY
            os.chown(self.shared, NOBODY, NOBODY)
        info, info_end = os.pipe()
        block_end, block = os.pipe()
        command = [
            *(bubblewrap, "--unshare-all", "--unshare-user", "--die-with-parent", "--new-session", "--as-pid-1"),
            *("--clearenv", "--cap-drop", "ALL", "--info-fd", str(info_end)),
            *(("--userns-block-fd", str(block_end)) if root else ()),
            *self._places(),
            *("--", "/usr/bin/env", "sleep", "infinity"),
        ]
        self._process = subprocess.Popen(
            command,
            pass_fds=(info_end, block_end),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.PIPE,
        )
        os.close(info_end)
        os.close(block_end)
        try:
            with os.fdopen(info, "rb") as lines:
                facts: dict[str, Any] = json.loads(lines.read() or b"{}")
            if "child-pid" not in facts:
                raise self._refusal(self._complaint())
            if root:
                for kind in ("uid", "gid"):
                    Path(f"/proc/{facts['child-pid']}/{kind}_map").write_text(f"0 0 1\n{NOBODY} {NOBODY} 1\n")
                os.write(block, b"\n")
        finally:
            os.close(block)
        self.pid, self._namespace = facts["child-pid"], facts["pid-namespace"]
        self._wait_until_closed()

    def _places(self) -> list[str]:
        """Return bubblewrap's words for what is inside."""
        python = [path for path in {sys.prefix, sys.base_prefix} if not _is_below(path, SYSTEM)]
        package = [] if _is_below(str(PACKAGE), [*SYSTEM, *python]) else [str(PACKAGE)]
        words: list[str] = []
        for path in SYSTEM:
            words += ["--ro-bind-try", path, path]
        # Not bubblewrap's --dev: for its terminals, ordinary users get a second user namespace, closed to the template.
        words += ["--proc", "/proc", "--perms", "0755", "--dir", "/dev", "--symlink", "/proc/self/fd", "/dev/fd"]
        for device in DEVICES:
            words += ["--dev-bind", device, device]
        words += ["--size", str(self.limits.scratch), "--perms", "1777", "--tmpfs", "/tmp"]
        for path in sorted([*python, *package]):
            # Folders on the way would be closed to others than the one who made the sandbox.
            for parent in reversed(Path(path).parents[:-1]):
                words += ["--perms", "0755", "--dir", str(parent)]
            words += ["--ro-bind", path, path]
        return [*words, "--bind", str(self.shared), str(self.shared), "--remount-ro", "/"]

    def _wait_until_closed(self) -> None:
        # bubblewrap tells the process before it has finished its work: its last act is to become `sleep`.
        assert self._process is not None
        while True:
            try:
                if Path(f"/proc/{self.pid}/comm").read_text().strip() not in ("bwrap", "env"):
                    return
            except OSError:
                pass
            if self._process.poll() is not None:
                raise self._refusal(self._complaint())
            os.sched_yield()

    @staticmethod
    def _refusal(reason: str) -> GradingError:
        return GradingError(message("grading.sandbox.refused", reason=reason, cure=cure()))

    def _complaint(self) -> str:
        assert self._process is not None and self._process.stderr is not None
        self._process.wait()
        return self._process.stderr.read().decode(errors="replace").strip() or "–"


def find_bubblewrap() -> str:
    """Return where bubblewrap is.

    Raises
    ------
    GradingError
        If it is not installed; the message says how to get it.
    """
    found = shutil.which("bwrap")
    if not found:
        raise GradingError(message("grading.sandbox.missing"))
    return found


def _is_root() -> bool:
    """Tell whether we are root, and there is another user to be: where one user was mapped alone, root is that user."""
    mapped = [tuple(map(int, line.split())) for line in Path("/proc/self/uid_map").read_text().splitlines()]
    return os.geteuid() == 0 and any(first <= NOBODY < first + count for first, _, count in mapped)


def _is_below(path: str, places: Any) -> bool:
    return any(path == place or path.startswith(f"{place}/") for place in places)


def _remove(folder: Path) -> None:
    """Remove a folder, also where its writer has closed parts of it to us or made it deeper than Python goes."""
    with contextlib.suppress(OSError, RecursionError):
        shutil.rmtree(folder)
    if folder.exists():
        for command in (["chmod", "-R", "u+rwx"], ["rm", "-rf"]):
            subprocess.run([*command, str(folder)], stderr=subprocess.DEVNULL, check=False)


def _processes_in(namespace: int) -> Iterator[Path]:
    """Yield the folder in /proc of each process in a PID namespace."""
    for entry in os.scandir("/proc"):
        if not entry.name.isdigit():
            continue
        try:
            if Path(entry.path, "ns/pid").stat().st_ino == namespace:
                yield Path(entry.path)
        except OSError:
            continue  # it has ended meanwhile, or is not ours to see


def _resident(process: Path) -> int:
    """Return how many bytes of memory a process has, those that it shares included."""
    try:
        return int((process / "statm").read_text().split()[1]) * os.sysconf("SC_PAGE_SIZE")
    except (OSError, IndexError):
        return 0


def proportional(process: Path) -> int:
    """Return how many bytes of memory a process has, its part of what is shared included."""
    try:
        rollup = (process / "smaps_rollup").read_text()
    except OSError:
        return 0
    match = re.search(r"^Pss:\s+(\d+) kB", rollup, re.MULTILINE)
    return int(match[1]) * 1024 if match else 0


def _holds_at_most(folder: Path, size: int, files: int) -> bool:
    """Tell whether a folder, with all below it, holds no more than so many bytes and so many files."""
    waiting = [str(folder)]
    while waiting:
        try:
            entries = list(islice(os.scandir(waiting.pop()), files + 1))
            for entry in entries:
                files -= 1
                size -= entry.stat(follow_symlinks=False).st_blocks * 512
                if entry.is_dir(follow_symlinks=False):
                    waiting.append(entry.path)
        except OSError:
            continue  # gone meanwhile, or closed to us
        if size < 0 or files < 0:
            return False
    return True
