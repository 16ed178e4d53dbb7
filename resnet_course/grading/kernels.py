"""Kernels for learners' code: forked from the template into a sandbox, spoken to by jupyter_client, ended at will."""

from __future__ import annotations

import contextlib
import json
import os
import pickle
import platform
import queue
import re
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from functools import cache
from importlib.metadata import requires, version
from pathlib import Path
from typing import Any

import zmq
from jupyter_client.blocking.client import BlockingKernelClient
from jupyter_client.connect import write_connection_file
from nbformat.notebooknode import NotebookNode
from nbformat.v4 import new_output, output_from_msg
from packaging.requirements import Requirement

from resnet_course.grading import GradingError
from resnet_course.grading.sandbox import PACKAGE, Limits, Sandbox
from resnet_course.grading.template import Call, Order
from resnet_course.language import message

START_SECONDS = 30.0
CALL_PATIENCE = 6  # times the processor time that a call may use: graders are busy machines
OUTPUTS = 1000  # times the output that is kept; a kernel that sends more is ended
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
    """A kernel in a sandbox. Any message it sends may be forged: its outputs are for reading, never for grading."""

    _count = 0

    def __init__(self, template: Template, sandbox: Sandbox) -> None:
        self.limits: Limits = sandbox.limits
        self._sandbox = sandbox
        self._last_words = ""
        self._looked = time.monotonic()
        Kernel._count += 1
        address = f"{sandbox.shared}/{Kernel._count}"
        file, _ = write_connection_file(f"{address}.json", transport="ipc", ip=address)
        if sandbox.user is not None:
            os.chown(file, sandbox.user, sandbox.user)
        self._connection = template.fork(
            Order(
                connection_file=file,
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
            )
        )
        self._client = BlockingKernelClient(connection_file=file)
        try:
            self._connect(address)
        except BaseException:
            self.end()
            raise

    def _connect(self, address: str) -> None:
        # A connection tried before the kernel listens is tried again only a tenth of a second later.
        deadline = time.monotonic() + START_SECONDS
        while not all(Path(f"{address}-{port}").exists() for port in range(1, 6)):
            if time.monotonic() > deadline or self._reason():
                raise GradingError(message("grading.sandbox.kernel", reason=self._reason() or "–"))
            time.sleep(0.004)
        # One message larger than this closes the connection, before it is in the grader's memory.
        self._client.context.setsockopt(zmq.MAXMSGSIZE, OUTPUTS * self.limits.output)
        self._client.load_connection_file()
        self._client.start_channels(shell=True, iopub=True, stdin=False, hb=False, control=False)
        self._monitor = self._client.iopub_channel.socket.get_monitor_socket(zmq.EVENT_DISCONNECTED)
        while True:
            try:
                # The first message on this channel says that the kernel knows of us.
                self._client.get_iopub_msg(timeout=1)
                return
            except queue.Empty:
                if time.monotonic() > deadline or self._reason():
                    raise GradingError(message("grading.sandbox.kernel", reason=self._reason() or "–")) from None

    def _reason(self) -> str:
        """Return what the template says when the kernel is gone, else an empty string."""
        if not self._last_words:
            self._connection.settimeout(0)
            try:
                self._last_words = self._connection.recv(1000).decode(errors="replace").strip() or "gone"
            except (BlockingIOError, TimeoutError):
                return ""
            except OSError:
                self._last_words = "gone"
        return self._last_words

    def run(self, source: str, seconds: float) -> list[NotebookNode]:
        """Run a cell and return its outputs, cut where they are too long.

        Raises
        ------
        KernelEnded
            If the kernel died, took too long or used too much. It is gone then.
        """
        outputs: list[NotebookNode] = []
        deadline = time.monotonic() + seconds
        collected = 0
        try:
            request = self._client.execute(source, store_history=False, allow_stdin=False, stop_on_error=False)
            while True:
                reply = self._receive(self._client.get_iopub_msg, deadline)
                if reply["parent_header"].get("msg_id") != request:
                    continue
                kind, content = reply["msg_type"], reply["content"]
                if kind == "status" and content.get("execution_state") == "idle":
                    # Before ipykernel 7.4, a request that comes as a reply is sent may never be read (its issue 1554).
                    while self._receive(self._client.get_shell_msg, deadline)["parent_header"].get("msg_id") != request:
                        pass
                    return outputs
                if kind in ("stream", "error", "display_data", "execute_result"):
                    before, collected = collected, collected + len(json.dumps(content, default=str))
                    if collected > OUTPUTS * self.limits.output:
                        raise KernelEnded("output")
                    if collected <= self.limits.output or kind == "error":
                        _add(outputs, reply, self.limits.output)
                    elif before <= self.limits.output:
                        outputs.append(new_output("stream", name="stdout", text=f"\n{message('grading.run.cut')}\n"))
        except KernelEnded:
            self.end()
            raise
        except Exception as error:
            # A message that is no message: whoever sends such has taken the kernel over.
            self.end()
            raise KernelEnded("died") from error

    def _receive(self, get: Callable[..., dict[str, Any]], deadline: float) -> dict[str, Any]:
        """Return the next message, or raise `KernelEnded` when there is none to wait for."""
        while True:
            left = deadline - time.monotonic()
            if left <= 0:
                raise KernelEnded("time-limit")
            reply = None
            with contextlib.suppress(queue.Empty):
                reply = get(timeout=min(left, LOOK_SECONDS))
            if self._monitor.poll(0):
                time.sleep(LOOK_SECONDS)  # a kernel that has just died is known as dead by then
                raise KernelEnded("died" if self._reason() else "output")
            if reply is None or time.monotonic() - self._looked > LOOK_SECONDS:
                self._looked = time.monotonic()
                key = self._sandbox.overuse()
                if key or (reply is None and self._reason()):
                    raise KernelEnded(key or "died")
            if reply is not None:
                return reply

    def end(self) -> None:
        """End the kernel; what else it started ends with the sandbox."""
        with contextlib.suppress(Exception):
            self._client.iopub_channel.socket.disable_monitor()
            self._client.stop_channels()
        self._connection.close()


def _add(outputs: list[NotebookNode], reply: dict[str, Any], most: int) -> None:
    """Add an output to those of a cell, joining pieces of one stream and shortening endless errors."""
    output = output_from_msg(reply)
    if output.output_type == "error":
        output.evalue = str(output.evalue)[:most]
        output.traceback = [str(line)[:most] for line in output.traceback[-50:]]
    last = outputs[-1] if outputs else None
    if last is not None and output.output_type == "stream" == last.output_type and last.name == output.name:
        last.text += output.text
    else:
        outputs.append(output)
