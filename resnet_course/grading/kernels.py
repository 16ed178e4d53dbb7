"""Kernels for learners' code: forked from the template into a sandbox, spoken to by jupyter_client, ended at will."""

from __future__ import annotations

import contextlib
import json
import os
import pickle
import platform
import re
import socket
import subprocess
import sys
import tempfile
import threading
import time
from functools import cache
from importlib.metadata import requires, version
from typing import Any

from nbformat.notebooknode import NotebookNode
from nbformat.v4 import new_output, output_from_msg
from packaging.requirements import Requirement

from resnet_course.grading import GradingError
from resnet_course.grading.relay import START_SECONDS, Told
from resnet_course.grading.sandbox import PACKAGE, Limits, Sandbox
from resnet_course.grading.template import Call, Order
from resnet_course.language import message

CALL_PATIENCE = 6  # times the processor time that a call may use: graders are busy machines
MOST_LINE = 16 * 2**20  # bytes of one line from a kernel's relay
# Before Linux 5.14 a limit on processes counts all that the user has, in whatever sandbox or outside.
OTHERS = 0 if tuple(map(int, re.findall(r"\d+", platform.release())[:2])) >= (5, 14) else 4096
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
    "PYDEVD_DISABLE_FILE_VALIDATION": "1",  # the debugger, which nobody uses here, would print advice
}


SPEAKING = ("ipykernel", "jupyter-client")  # what a kernel and the grader talk with


ENDS = frozenset({"died", "time-limit", "notebook-time", "processes", "memory", "files", "output"})


class KernelEnded(Exception):
    """A kernel is gone, or was ended; ``key``, one of `ENDS`, says why."""

    def __init__(self, key: str) -> None:
        assert key in ENDS, key
        super().__init__(key)
        self.key = key


class TooMuch(Exception):
    """A call in a process of its own took more time or memory than it may, or ended that process."""


class Template:
    """The process from which kernels fork; start it once and use it for as many as you like, from any process.

    Parameters
    ----------
    address : str, optional
        The socket of a template that runs already.
    """

    def __init__(self, address: str = "") -> None:
        self._process: subprocess.Popen[str] | None = None
        self._waiting = threading.Lock()  # a Dask worker has several threads
        self._folder: tempfile.TemporaryDirectory[str] | None = None
        self.address = address
        if not address:
            self._start()

    def _start(self) -> None:
        self._folder = tempfile.TemporaryDirectory(prefix="rc-template-")
        self.address = f"{self._folder.name}/socket"
        # The package first that the grader itself is of: sandboxes bind it, and another would judge by other rules.
        paths = os.pathsep.join([str(PACKAGE.parent), *(path for path in sys.path if path)])
        self._process = subprocess.Popen(
            [sys.executable, "-m", "resnet_course.grading.template", self.address],
            env=ENVIRONMENT | {"PYTHONPATH": paths, "MPLCONFIGDIR": self._folder.name},
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
            If it does not start, or its kernels would not be what the grader understands.
        """
        demand_versions()
        with self._waiting:
            if self._process is not None and self._process.stdout is not None:
                if self._process.stdout.readline().strip() != "ready":
                    raise GradingError(message("grading.sandbox.template", code=self._process.wait()))
                self._process.stdout.close()
                self._process.stdout = None

    def fork(self, order: Order) -> socket.socket:
        """Order a kernel and return the connection that lasts as long as the kernel."""
        self.wait()
        connection = socket.socket(socket.AF_UNIX)
        connection.connect(self.address)
        connection.sendall(json.dumps(order).encode() + b"\n")
        return connection

    def call(self, function: str, *arguments: Any, seconds: int, memory: int) -> Any:
        """Call a function of the course's in a fork of the template, and return what it returns.

        Parameters
        ----------
        function : str
            ``module:name``.
        *arguments
            What it is given.
        seconds : int
            How much processor time it may use.
        memory : int
            How many bytes of memory it may use more than the template does.

        Raises
        ------
        TooMuch
            If it used more, or did not return.
        RuntimeError
            If it raised an error.
        """
        self.wait()
        given = pickle.dumps(arguments, protocol=pickle.HIGHEST_PROTOCOL)
        order = Call(call=function, size=len(given), seconds=seconds, memory=memory)
        with socket.socket(socket.AF_UNIX) as connection:
            connection.connect(self.address)
            connection.settimeout(CALL_PATIENCE * seconds)
            try:
                connection.sendall(json.dumps(order).encode() + b"\n" + given)
                with connection.makefile("rb") as answer:
                    returned = answer.read()
            except OSError:
                raise TooMuch(function) from None
        try:
            # It comes from our own function, which has only read what the learner wrote.
            value, error = pickle.loads(returned)
        except (EOFError, pickle.UnpicklingError):
            raise TooMuch(function) from None
        if error:
            raise RuntimeError(error)
        return value

    def end(self) -> None:
        """End the template; kernels that run go on."""
        if self._process is not None:
            assert self._process.stdin is not None
            self._process.stdin.close()
            self._process.kill()
            self._process.wait()
            self._process = None
        if self._folder is not None:
            self._folder.cleanup()


@cache
def demand_versions() -> None:
    """Refuse older versions than pyproject.toml asks for: their kernels do not say when they know of the grader.

    Whoever installed the learner's part alone, in Colab say, may have them.

    Raises
    ------
    GradingError
        If a version is older.
    """
    for requirement in map(Requirement, requires("resnet-course") or []):
        if requirement.name in SPEAKING and requirement.marker and requirement.marker.evaluate({"extra": "instructor"}):
            found = version(requirement.name)
            if found not in requirement.specifier:
                wanted, here = f"{requirement.name} {requirement.specifier}", f"{requirement.name} {found}"
                raise GradingError(message("grading.sandbox.versions", wanted=wanted, found=here))


class Kernel:
    """A kernel in a sandbox. Whatever it says may be forged: its outputs are for reading, never for grading.

    The grader itself never touches the kernel's sockets: a relay does (`relay.py`), and tells it what came, in lines.
    """

    def __init__(self, template: Template, sandbox: Sandbox) -> None:
        self.limits: Limits = sandbox.limits
        self._sandbox = sandbox
        self._looked = time.monotonic()
        self._received = b""
        self._connection = template.fork(
            Order(
                folder=sandbox.folder,
                sockets=str(sandbox.shared),
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
            )
        )
        try:
            told = self._receive(time.monotonic() + 2 * START_SECONDS)
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
        try:
            self._send({"run": source}, deadline)
            while True:
                told = self._receive(deadline)
                if told.get("done"):
                    return outputs
                if "ended" in told:
                    raise KernelEnded(self._sandbox.overuse() or told["ended"])
                if told.get("cut"):
                    outputs.append(new_output("stream", name="stdout", text=f"\n{message('grading.run.cut')}\n"))
                else:
                    _add(outputs, told["output"])
        except KernelEnded:
            self.end()
            raise
        except Exception as error:
            # An output that is none: whoever sends such has taken the kernel over.
            self.end()
            raise KernelEnded("died") from error

    def _send(self, request: dict[str, str], deadline: float) -> None:
        self._connection.settimeout(max(0.001, deadline - time.monotonic()))
        try:
            self._connection.sendall(json.dumps(request).encode() + b"\n")
        except TimeoutError:
            raise KernelEnded("time-limit") from None
        except OSError:
            pass  # the relay is gone; why, it has told

    def _receive(self, deadline: float) -> Told:
        """Return the relay's next line, or raise `KernelEnded` when there is none to wait for."""
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
            # A relay that ends without a word was given more than it may hold.
            if received == b"" or len(self._received) > MOST_LINE:
                raise KernelEnded("output")
            self._received += received or b""
        line, _, self._received = self._received.partition(b"\n")
        told: Told = json.loads(line)
        return told

    def end(self) -> None:
        """End the kernel; what else it started ends with the sandbox."""
        self._connection.close()


def _add(outputs: list[NotebookNode], reply: dict[str, Any]) -> None:
    """Add an output to those of a cell, joining pieces of one stream."""
    output = output_from_msg(reply)
    last = outputs[-1] if outputs else None
    if last is not None and output.output_type == "stream" == last.output_type and last.name == output.name:
        last.text += output.text
    else:
        outputs.append(output)
