"""Kernels for learners' code, and workers for our own: forks of one template, spoken to over a connection each."""

from __future__ import annotations

import base64
import binascii
import contextlib
import json
import os
import pickle
import platform
import re
import signal
import socket
import subprocess
import sys
import tempfile
import threading
import time
from multiprocessing.connection import Connection
from typing import Any, TypedDict, final

from nbformat.notebooknode import NotebookNode
from nbformat.v4 import new_output

from resnet_course.grading import GradingError
from resnet_course.grading.belonging import demand_same
from resnet_course.grading.crossing import writable
from resnet_course.grading.sandbox import PACKAGE, Limits, Sandbox
from resnet_course.language import message

CALL_PATIENCE = 6  # times the processor time that a call may use: graders are busy machines
START_SECONDS = 60.0  # for a kernel; on a busy machine it is late
# Before Linux 5.14 a limit on processes counts all that the user has, in whatever sandbox or outside.
OTHERS = 0 if tuple(map(int, re.findall(r"\d+", platform.release())[:2])) >= (5, 14) else 4096
LEAST_BYTES = 2**18  # that a kernel may send for a cell, whatever its output may be
LOOK_SECONDS = 0.1  # between two looks at what those in the sandbox use
# No variable of the grader's own: /proc would show it to the learner's code.
ENVIRONMENT = {
    "PATH": "/usr/local/bin:/usr/bin:/bin",
    "HOME": "/tmp",
    "LANG": "C.UTF-8",
    "MPLBACKEND": "module://matplotlib_inline.backend_inline",
    "OMP_NUM_THREADS": "1",
    "NBGRADER_EXECUTION": "autograde",
    "TORCHINDUCTOR_CPP_CACHE_PRECOMPILE_HEADERS": "0",  # of 150 MB, for one torch.compile
    "PYTHONDONTWRITEBYTECODE": "1",
}
# The template's memory in large pages: to start it takes half a second more, to fork it a quarter of the time.
LARGE_PAGES = {"PYTHONMALLOC": "malloc", "GLIBC_TUNABLES": "glibc.malloc.hugetlb=1"}

IMAGES = ("image/png", "image/jpeg")
SHOWN_TYPES = ("text/plain", *IMAGES)  # of what a learner's cell shows, what feedback has room for
ENDS = frozenset({"died", "time-limit", "notebook-time", "processes", "memory", "files", "output"})


@final
class KernelOrder(TypedDict):
    """What a kernel is to be.

    The folder in which it starts, its sandbox (a process in it, or none), the user that it becomes, its limits, and how
    many characters of output are kept.
    """

    folder: str
    sandbox: int | None
    user: int | None
    limits: dict[str, int]
    output: int


@final
class WorkerOrder(TypedDict):
    """What a worker may use for each call: seconds of processor time, and bytes of memory; 0 for no limit.

    And the environment of whoever orders it; the template's own is empty, because learners' code can see it.
    """

    seconds: int
    memory: int
    environment: dict[str, str]


class Told(TypedDict, total=False):
    """A line for the grader, which says one of these things."""

    ready: bool  # cells may come
    output: dict[str, Any]  # in nbformat's form
    cut: bool  # there was more output than is kept
    done: bool  # the cell has run
    ended: str  # the kernel must go; one of `ENDS`
    why: str


class KernelEnded(Exception):
    """A kernel is gone, or was ended; ``key``, one of `ENDS`, says why."""

    def __init__(self, key: str) -> None:
        assert key in ENDS, key
        super().__init__(key)
        self.key = key


class TooMuch(Exception):
    """A call in a process of its own took more time or memory than it may, or ended that process."""


class Template:
    """The process from which kernels fork (`template_process.py`), as others see it.

    Start it once and use it for as many kernels as you like, from any process.

    Parameters
    ----------
    address : str, optional
        The socket of a template that runs already.
    many : bool
        Whether it is for many kernels: it starts later then, and they start faster.
    """

    def __init__(self, address: str = "", *, many: bool = False) -> None:
        self._process: subprocess.Popen[str] | None = None
        self._waiting = threading.Lock()  # a Dask worker has several threads
        self._idle: dict[tuple[int, int], list[Worker]] = {}
        self._folder: tempfile.TemporaryDirectory[str] | None = None
        self.address = address
        if not address:
            self._start(LARGE_PAGES if many else {})

    def _start(self, more: dict[str, str]) -> None:
        self._folder = tempfile.TemporaryDirectory(prefix="rc-template-")
        self.address = f"{self._folder.name}/socket"
        # The package first that the grader itself is of: sandboxes bind it, and another would judge by other rules.
        paths = os.pathsep.join([str(PACKAGE.parent), *(path for path in sys.path if path)])
        self._process = subprocess.Popen(
            [sys.executable, "-m", "resnet_course.grading.template_process", self.address],
            # A folder of its own for IPython too: what others have put into a shared one would be read.
            env=ENVIRONMENT
            | more
            | {"PYTHONPATH": paths, "MPLCONFIGDIR": self._folder.name, "IPYTHONDIR": self._folder.name},
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            start_new_session=True,  # Ctrl-C is for the grader, which then ends this
            cwd=self._folder.name,  # -m looks for modules here first: nobody else can write to it
            text=True,
        )

    def __enter__(self) -> Template:
        return self

    def __exit__(self, *_: object) -> None:
        self.end()

    def wait(self) -> None:
        """Wait until the template has imported everything.

        Raises
        ------
        GradingError
            If it does not start.
        """
        with self._waiting:
            if self._process is not None and self._process.stdout is not None:
                ready, _, package = self._process.stdout.readline().strip().partition(" ")
                if ready != "ready":
                    raise GradingError(message("grading.sandbox.template", code=self._process.wait()))
                demand_same({package}, str(PACKAGE))
                self._process.stdout.close()
                self._process.stdout = None

    def order(self, order: KernelOrder | WorkerOrder, lesson: str = "") -> socket.socket:
        """Order a fork, of a template that has what a lesson needs, and return the connection to it."""
        self.wait()
        connection = socket.socket(socket.AF_UNIX)
        connection.connect(self.address)
        channel = Connection(os.dup(connection.fileno()))
        channel.send_bytes(lesson.encode())
        channel.send(order)
        channel.close()
        return connection

    def call(self, function: str, *arguments: Any, seconds: int, memory: int) -> Any:
        """Call a function of the course's in a worker with limits, which stays for the next such call."""
        idle = self._idle.setdefault((seconds, memory), [])
        try:
            worker = idle.pop()
        except IndexError:
            worker = Worker(self, seconds=seconds, memory=memory)
        returned = worker.call(function, *arguments, patience=CALL_PATIENCE * seconds)
        idle.append(worker)
        return returned

    def end(self) -> None:
        """End the template; kernels that run go on."""
        for worker in [each for idle in self._idle.values() for each in idle]:
            worker.end()
        if self._process is not None:
            assert self._process.stdin is not None
            self._process.stdin.close()
            self._process.kill()
            self._process.wait()
            self._process = None
        if self._folder is not None:
            self._folder.cleanup()


class Worker:
    """A fork of the template that calls functions of the course's, one after the other.

    Parameters
    ----------
    template : Template
        What it is a fork of.
    seconds : int
        How much processor time a call may take; 0 for no limit.
    memory : int
        How many bytes of memory a call may take; 0 for no limit.
    """

    def __init__(self, template: Template, *, seconds: int = 0, memory: int = 0) -> None:
        order = WorkerOrder(seconds=seconds, memory=memory, environment=dict(os.environ))
        self._channel = Connection(template.order(order).detach())
        self._process: int | None = None

    def __enter__(self) -> Worker:
        return self

    def __exit__(self, *_: object) -> None:
        self.end()

    def call(self, function: str, *arguments: Any, patience: float) -> Any:
        """Return what a function returns.

        Parameters
        ----------
        function : str
            ``module:name``.
        *arguments
            What it is given.
        patience : float
            How many seconds to wait.

        Raises
        ------
        TooMuch
            If it used too much, did not return, or ended the worker: that is gone then.
        GradingError
            If it raised one.
        RuntimeError
            If it raised another error.
        """
        try:
            if self._process is None:
                self._process = self._receive(patience)
            self._channel.send((function, arguments))
            # It comes from our own function, which has only read what the learner wrote.
            returned, raised = self._receive(patience)
        except (OSError, EOFError, pickle.UnpicklingError):
            self.end()
            raise TooMuch(function) from None
        if raised is not None:
            raise raised
        return returned

    def _receive(self, patience: float) -> Any:
        if not self._channel.poll(patience):
            raise EOFError
        return self._channel.recv()

    def end(self) -> None:
        """End the worker, whatever it does."""
        self._channel.close()
        if self._process is not None:
            with contextlib.suppress(OSError):
                os.kill(self._process, signal.SIGKILL)
            self._process = None


class Kernel:
    """A kernel in a sandbox. Whatever it says may be forged: its outputs are for reading, never for grading.

    What it sends is limited in its length, and waited for only until a deadline.
    """

    def __init__(self, template: Template, sandbox: Sandbox, lesson: str = "") -> None:
        self.limits: Limits = sandbox.limits
        self._sandbox = sandbox
        self._looked = time.monotonic()
        self._received = b""
        self._allowance = self._most = 16 * self.limits.output + LEAST_BYTES
        self._connection = template.order(
            KernelOrder(
                folder=sandbox.folder,
                sandbox=sandbox.pid,
                user=sandbox.user,
                limits={
                    "DATA": self.limits.memory,
                    "FSIZE": self.limits.file_size,
                    "NPROC": max(128, 4 * self.limits.processes) + OTHERS,  # counts threads too
                    "NOFILE": 512,
                    "CORE": 0,
                },
                output=self.limits.output,
            ),
            lesson,
        )
        try:
            told = self._receive(time.monotonic() + START_SECONDS)
            if not told.get("ready"):
                raise GradingError(message("grading.sandbox.kernel", reason=told.get("why", "–")))
        except KernelEnded as ended:
            self.end()
            raise GradingError(message("grading.sandbox.kernel", reason=ended.key)) from None
        except BaseException:
            self.end()
            raise

    def run(self, source: str, seconds: float) -> list[NotebookNode]:
        """Run a cell and return its outputs, cut where they are too long.

        Raises
        ------
        KernelEnded
            If the kernel died, took too long or used too much. It is gone then.
        """
        outputs: list[NotebookNode] = []
        deadline = time.monotonic() + seconds
        self._allowance = self._most
        try:
            self._send(source, deadline)
            while True:
                told = self._receive(deadline)
                if told.get("done"):
                    return outputs
                if "ended" in told:
                    raise KernelEnded(self._sandbox.overuse() or told["ended"])
                if told.get("cut"):
                    told["output"] = new_output("stream", name="stdout", text=f"\n{message('grading.run.cut')}\n")
                _add(outputs, harmless(told["output"]))
        except KernelEnded:
            self.end()
            raise
        except Exception as error:
            # An output that is none: whoever sends such has taken the kernel over.
            self.end()
            raise KernelEnded("died") from error

    def _send(self, source: str, deadline: float) -> None:
        self._connection.settimeout(max(0.001, deadline - time.monotonic()))
        try:
            self._connection.sendall(json.dumps({"run": source}).encode() + b"\n")
        except TimeoutError:
            raise KernelEnded("time-limit") from None
        except OSError:
            pass  # it is gone; what it has told, we read

    def _receive(self, deadline: float) -> Told:
        """Return the kernel's next line, or raise `KernelEnded` when there is none to wait for."""
        while b"\n" not in self._received:
            left = deadline - time.monotonic()
            if left <= 0:
                raise KernelEnded("time-limit")
            self._connection.settimeout(min(left, LOOK_SECONDS))
            received = None
            with contextlib.suppress(TimeoutError):
                received = self._connection.recv(2**16)
            if received is None or time.monotonic() - self._looked > LOOK_SECONDS:
                self._looked = time.monotonic()
                key = self._sandbox.overuse()
                if key:
                    raise KernelEnded(key)
            if received == b"":
                raise KernelEnded("died")
            self._received += received or b""
            self._allowance -= len(received or b"")
            if self._allowance < 0:
                raise KernelEnded("output")
        line, _, self._received = self._received.partition(b"\n")
        told: Told = json.loads(line)
        return told

    def end(self) -> None:
        """End the kernel; what else it started ends with the sandbox."""
        self._connection.close()


def _add(outputs: list[NotebookNode], output: NotebookNode) -> None:
    """Add an output to those of a cell, joining pieces of one stream."""
    last = outputs[-1] if outputs else None
    if last is not None and output.output_type == "stream" == last.output_type and last.name == output.name:
        last.text += output.text
    elif output.output_type != "display_data" or output.data:
        outputs.append(output)


def harmless(output: dict[str, Any]) -> NotebookNode:
    """Return an output of a learner's cell, of which nothing could run or hide in a page made from it.

    HTML could imitate a page's buttons and scores; its text stands beside it.
    """
    kind = output["output_type"]
    if kind == "stream":
        return new_output(
            "stream", name="stderr" if output["name"] == "stderr" else "stdout", text=_text(output["text"])
        )
    if kind == "error":
        lines = [_text(line) for line in output["traceback"]]
        return new_output("error", ename=_text(output["ename"]), evalue=_text(output["evalue"]), traceback=lines)
    data = {each: _text(output["data"][each]) for each in SHOWN_TYPES if each in output["data"]}
    for each in IMAGES:
        try:
            base64.b64decode(data.get(each, "").strip(), validate=True)
        except binascii.Error:
            del data[each]
    return new_output("display_data", data)


def _text(value: object) -> str:
    if not isinstance(value, str):
        raise TypeError(f"{type(value).__name__} where there should be text")
    return writable(value)
