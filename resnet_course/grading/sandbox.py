"""A closed place for one submission's kernels, made by bubblewrap: no network, no home, no gradebook, no neighbours.

Inside there are the system and Python, read-only; an empty ``/tmp`` and ``/dev/shm`` of limited size; and one small
folder for the kernel's sockets and its observations, into which the grader looks. All three are in memory: nothing that
learners' code writes comes onto a disk, and everything inside dies with the sandbox, and with the grader.
"""

from __future__ import annotations

import contextlib
import json
import os
import resource
import shutil
import signal
import stat
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
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
SHARED = Path("/observed")  # inside; a kernel puts about ten files there
SHARED_BYTES = 64 * MIB
# How many files and folders may be in each place that can be written: empty ones too take a kilobyte of memory.
WRITABLE = {str(SHARED): 1000, "/tmp": 20_000, "/dev/shm": 20_000}
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
        Bytes of all files in ``/tmp`` together, and of all in ``/dev/shm``.
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
        self.pid: int | None = None
        self.user: int | None = None
        self._process: subprocess.Popen[bytes] | None = None
        self._folders: dict[str, int] = {}  # the grader's own ways in: they stay, whatever those inside do
        if not closed:
            self.shared = Path(tempfile.mkdtemp(prefix="rc-"))
            self._folders[str(self.shared)] = os.open(self.shared, os.O_RDONLY | os.O_DIRECTORY)
        else:
            self.shared = SHARED
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
        """Kill everything inside; with it goes what it has written."""
        for descriptor in self._folders.values():
            os.close(descriptor)
        self._folders = {}
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
        if self.shared != SHARED:
            shutil.rmtree(self.shared, ignore_errors=True)

    def overuse(self) -> str:
        """Return which limit those inside exceed now, or an empty string."""
        if self.pid is None:
            return ""
        proc = self._folders["/proc"]
        processes = [entry.name for entry in os.scandir(proc) if entry.name.isdigit()]
        if len(processes) > self.limits.processes:
            return "processes"
        # So many page tables no honest program needs; and they make the slower count below take for ever.
        if sum(_status(proc, process, ("VmPTE:",)) for process in processes) > self.limits.memory // 8:
            return "memory"
        # Forks share most of their memory, which only the slower count knows.
        for count in (resident, proportional):
            if sum(count(proc, process) for process in processes) <= 2 * self.limits.memory:
                break
        else:
            return "memory"
        for place, most in WRITABLE.items():
            facts = os.fstatvfs(self._folders[place])  # counts also what has no name any more
            if facts.f_files - facts.f_ffree > most:
                return "files"
        return ""

    def read(self, name: str, most: int) -> bytes | None:
        """Return what a file in the shared folder holds, if it is an ordinary file of at most so many bytes.

        Its writer may be hostile: a link, a pipe or a huge file is not followed, waited for or read.
        """
        flags = os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC
        try:
            descriptor = os.open(name, flags, dir_fd=self._folders[str(self.shared)])
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
        self.pid = facts["child-pid"]
        self._wait_until_closed()
        for place in ("/proc", *WRITABLE):
            self._folders[place] = os.open(f"/proc/{self.pid}/root{place}", os.O_RDONLY | os.O_DIRECTORY)

    def _places(self) -> list[str]:
        """Return bubblewrap's words for what is inside."""
        # Some install packages elsewhere (pip install --user). Other folders on the path may hold anything.
        installed = {path for path in sys.path if Path(path).name in ("site-packages", "dist-packages")}
        python = [path for path in {sys.prefix, sys.base_prefix} if not _is_below(path, SYSTEM)]
        python += [path for path in installed if Path(path).is_dir() and not _is_below(path, [*SYSTEM, *python])]
        package = [] if _is_below(str(PACKAGE), [*SYSTEM, *python]) else [str(PACKAGE)]
        words = ["--perms", "0755", "--dir", "/etc"]  # made on the way, it would be closed to others than its maker
        for path in SYSTEM:
            words += ["--ro-bind-try", path, path]
        # Not bubblewrap's --dev: for its terminals, ordinary users get a second user namespace, closed to the template.
        words += ["--proc", "/proc", "--perms", "0755", "--dir", "/dev", "--symlink", "/proc/self/fd", "/dev/fd"]
        for device in DEVICES:
            words += ["--dev-bind", device, device]
        for place in WRITABLE:
            size = SHARED_BYTES if place == str(SHARED) else self.limits.scratch
            words += ["--size", str(size), "--perms", "1777", "--tmpfs", place]
        for path in sorted([*python, *package]):
            # Folders on the way would be closed to others than the one who made the sandbox.
            for parent in reversed(Path(path).parents[:-1]):
                words += ["--perms", "0755", "--dir", str(parent)]
            words += ["--ro-bind", path, path]
        return [*words, "--remount-ro", "/"]

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


def held() -> int:
    """Return how many bytes of data this process has; 0 where there is no /proc to tell."""
    try:
        return int(Path("/proc/self/statm").read_text(encoding="ascii").split()[5]) * os.sysconf("SC_PAGE_SIZE")
    except OSError:
        return 0


@contextlib.contextmanager
def memory_limit(more: int) -> Iterator[None]:
    """Let this process take only so many bytes more in a ``with`` block; beyond, Python raises a MemoryError."""
    before = resource.getrlimit(resource.RLIMIT_DATA)
    most = held() + more
    if most > more and (before[0] == resource.RLIM_INFINITY or most < before[0]):
        resource.setrlimit(resource.RLIMIT_DATA, (most, before[1]))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_DATA, before)


TAKEN = ("VmRSS:", "VmSwap:", "VmPTE:")


def _status(proc: int, process: str, names: tuple[str, ...]) -> int:
    """Return the sum of some figures in a process's ``status``, in bytes.

    Anybody may read that: a process cannot keep it from the grader, as it can keep most else in ``/proc``.
    """
    try:
        descriptor = os.open(f"{process}/status", os.O_RDONLY, dir_fd=proc)
        with os.fdopen(descriptor, encoding="ascii", errors="replace") as file:
            return sum(int(line.split()[1]) * 1024 for line in file if line.startswith(names))
    except (OSError, ValueError, IndexError):
        return 0  # it has ended meanwhile


def resident(proc: int, process: str) -> int:
    """Return how many bytes of memory a process has, with its page tables and all that it shares with others."""
    found = _status(proc, process, TAKEN)
    if not found:
        # The first thread has ended, and with it what is said of it; the others have the memory still.
        with contextlib.suppress(OSError):
            folder = os.open(f"{process}/task", os.O_RDONLY, dir_fd=proc)
            try:
                tasks = [entry.name for entry in os.scandir(folder)]
            finally:
                os.close(folder)
            found = max((_status(proc, f"{process}/task/{task}", TAKEN) for task in tasks), default=0)
    return found


def proportional(proc: int, process: str) -> int:
    """Return how many bytes of memory a process has, its part of what is shared included."""
    try:
        with os.fdopen(os.open(f"{process}/smaps_rollup", os.O_RDONLY, dir_fd=proc), encoding="ascii") as file:
            found = [int(line.split()[1]) * 1024 for line in file if line.startswith(("Pss:", "Swap:"))]
    except (OSError, ValueError, IndexError):
        return resident(proc, process)  # it does not let the grader look closer
    return sum(found) + _status(proc, process, ("VmPTE:",))
