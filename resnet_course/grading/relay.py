"""Between the grader and a kernel: the only process that reads what learners' code can write into a kernel's sockets.

It forks from the template, enters the sandbox, gives up its rights, and has the kernel as its child. With the kernel
it speaks Jupyter's protocol; with the grader, over one connection, a line of JSON at a time (see `Told`). Junk instead
of messages, endless messages, a kernel that does not listen: they cost this process its time and its memory, which is
limited, and never the grader's.
"""

from __future__ import annotations

import contextlib
import json
import os
import resource
import secrets
import select
import signal
import socket
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, TypedDict

import zmq
from jupyter_client.connect import write_connection_file
from jupyter_client.session import Session

OUTPUTS = 1000  # times the output that is kept; a kernel that sends more is ended
START_SECONDS = 30.0
MEMORY = 512 * 2**20  # bytes for messages that are on their way
ERROR_LINES, ERROR_CHARACTERS = 50, 4000  # of an error, kept for each of its frames
SHOWN = ("stream", "error", "display_data", "execute_result")


class Told(TypedDict, total=False):
    """A line for the grader, which says one of these things."""

    ready: bool  # the kernel listens
    output: dict[str, Any]  # a message of that kind, shortened
    cut: bool  # there was more output than is kept
    done: bool  # the cell has run
    ended: str  # the kernel is gone, or must go; one of kernels.ENDS
    why: str


class Ended(Exception):
    """The kernel is gone, or must go: the first argument is one of kernels.ENDS."""


def serve(connection: socket.socket, folder: str, most: int, start: Callable[[str], int]) -> None:
    """Start a kernel and run cells in it until it is gone, or the grader closes the connection.

    Parameters
    ----------
    connection : socket.socket
        To the grader.
    folder : str
        Where the kernel's sockets are to be.
    most : int
        How many bytes of output are kept for each cell.
    start : callable
        ``start(connection_file)`` forks the kernel and returns its process id.
    """
    address = f"{folder}/{secrets.token_hex(8)}"
    key = secrets.token_hex(32).encode()
    file, facts = write_connection_file(f"{address}.json", transport="ipc", ip=address, key=key)
    kernel = start(file)
    told: Told
    try:
        relay = _Relay(connection, kernel, most, Session(key=key))
        relay.connect({"shell": f"{address}-{facts['shell_port']}", "iopub": f"{address}-{facts['iopub_port']}"})
        relay.answer()
        told = {}
    except Ended as ended:
        told = {"ended": ended.args[0], "why": str(ended.args[-1])}
    except MemoryError:
        told = {"ended": "output"}
    except Exception as error:
        # A message that is no message: whoever sends such has taken the kernel over.
        told = {"ended": "died", "why": f"{type(error).__name__}: {error}"[:500]}
    kill(kernel)
    with contextlib.suppress(OSError):
        _tell(connection, told)


def kill(kernel: int) -> None:
    """End a kernel and the processes of its group."""
    for way in (os.killpg, os.kill):
        with contextlib.suppress(OSError):
            way(kernel, signal.SIGKILL)
    with contextlib.suppress(ChildProcessError):
        os.waitpid(kernel, 0)


def limit_memory(taken: int) -> None:
    """Let this process take only some memory for messages beyond what it has; it leaves no core behind."""
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    allowed = resource.getrlimit(resource.RLIMIT_DATA)[1]
    if taken and (allowed == resource.RLIM_INFINITY or taken + MEMORY < allowed):
        resource.setrlimit(resource.RLIMIT_DATA, (taken + MEMORY, taken + MEMORY))


def _tell(connection: socket.socket, told: Told) -> None:
    connection.sendall(json.dumps(told, default=str).encode() + b"\n")


class _Relay:
    def __init__(self, connection: socket.socket, kernel: int, most: int, session: Session) -> None:
        self._connection, self._kernel, self._most, self._session = connection, kernel, most, session
        self._requests = b""
        self._status: int | None = None
        self._context = zmq.Context()
        # One message larger than this closes the connection, before it is in memory.
        self._context.setsockopt(zmq.MAXMSGSIZE, OUTPUTS * most)
        self._context.setsockopt(zmq.LINGER, 0)
        self._context.setsockopt(zmq.SNDTIMEO, 1000)
        # A kernel's socket is there a moment before it listens. A connection that is lost later ends all.
        self._context.setsockopt(zmq.RECONNECT_IVL, 4)
        self._shell = self._context.socket(zmq.DEALER)
        self._iopub = self._context.socket(zmq.SUB)
        self._monitors = [each.get_monitor_socket(zmq.EVENT_DISCONNECTED) for each in (self._shell, self._iopub)]
        self._poller = zmq.Poller()
        for source in (connection, self._shell, self._iopub, *self._monitors):
            self._poller.register(source, zmq.POLLIN)

    def connect(self, addresses: dict[str, str]) -> None:
        """Connect to a kernel that is starting, and wait until it knows of us."""
        deadline = time.monotonic() + START_SECONDS
        while not all(Path(address).exists() for address in addresses.values()):
            self._look(deadline)
            time.sleep(0.004)
        self._shell.connect(f"ipc://{addresses['shell']}")
        self._iopub.subscribe(b"")
        self._iopub.connect(f"ipc://{addresses['iopub']}")
        while not self._iopub.poll(50):
            self._look(deadline)
        self._session.recv(self._iopub)
        _tell(self._connection, {"ready": True})

    def _is_gone(self) -> bool:
        if self._status is None:
            ended, status = os.waitpid(self._kernel, os.WNOHANG)
            self._status = os.waitstatus_to_exitcode(status) if ended else None
        return self._status is not None

    def _look(self, deadline: float) -> None:
        """Stop when the kernel is gone, or its time, or the grader."""
        if self._is_gone():
            raise Ended("died", self._status)
        if time.monotonic() > deadline:
            raise Ended("time-limit")
        if select.select([self._connection], [], [], 0)[0]:
            self._take()

    def _take(self) -> None:
        """Read what the grader says; it says nothing more when it has closed the connection."""
        received = self._connection.recv(2**16)
        if not received:
            raise Ended("died", "the grader is gone")
        self._requests += received

    def _events(self) -> dict[Any, int]:
        """Wait for something to happen; return which sockets have messages."""
        events = dict(self._poller.poll(50))
        if self._connection.fileno() in events:
            self._take()
        dropped = any(monitor in events for monitor in self._monitors)
        for _ in range(20 if dropped else 1):
            if self._is_gone():
                if self._iopub in events or self._shell in events:
                    return events  # what it said before its end
                raise Ended("died", self._status)
            if dropped:
                time.sleep(0.005)  # a kernel that has just died is known as dead by then
        if dropped:
            raise Ended("output")
        return events

    def answer(self) -> None:
        """Run the cells that the grader sends, one after the other."""
        while True:
            while b"\n" not in self._requests:
                for _ in self._messages(self._events()):
                    pass  # what comes between two cells belongs to none
            line, _, self._requests = self._requests.partition(b"\n")
            self._run(json.loads(line)["run"])

    def _messages(self, events: dict[Any, int]) -> Iterator[tuple[dict[str, Any], int, int]]:
        """Yield the messages that have come, its output's first, with the bytes of their contents and of the whole."""
        for source in (self._iopub, self._shell):
            if source not in events:
                continue
            frames = source.recv_multipart(zmq.NOBLOCK)
            _, parts = self._session.feed_identities(frames)
            yield self._session.deserialize(parts), len(parts[4]), sum(map(len, frames))

    def _run(self, source: str) -> None:
        content = {
            "code": source,
            "silent": False,
            "store_history": False,
            "user_expressions": {},
            "allow_stdin": False,
            "stop_on_error": False,
        }
        sent = self._session.send(self._shell, "execute_request", content)
        assert sent is not None
        request = sent["msg_id"]
        collected, received, idle, replied, failed = 0, 0, False, False, False
        while not (idle and replied):
            for message, size, whole in self._messages(self._events()):
                received += whole
                if received > OUTPUTS * self._most + len(source):
                    raise Ended("output")
                if message["parent_header"].get("msg_id") != request:
                    continue
                kind, content = message["msg_type"], message["content"]
                # Before ipykernel 7.4, a request that comes as a reply is sent may never be read (its issue 1554).
                replied = replied or kind == "execute_reply"
                idle = idle or (kind == "status" and content.get("execution_state") == "idle")
                if kind not in SHOWN or idle:
                    continue
                collected += size
                if collected <= self._most or (kind == "error" and not failed):
                    failed = failed or kind == "error"
                    output = {"header": {"msg_type": kind}, "content": _shortened(kind, content)}
                    _tell(self._connection, {"output": output})
                elif collected - size <= self._most:
                    _tell(self._connection, {"cut": True})
        _tell(self._connection, {"done": True})


def _shortened(kind: str, content: dict[str, Any]) -> dict[str, Any]:
    """Return an output without what nobody reads of an endless error."""
    if kind != "error":
        return content
    return {
        "ename": str(content["ename"])[:ERROR_CHARACTERS],
        "evalue": str(content["evalue"])[:ERROR_CHARACTERS],
        "traceback": [str(line)[:ERROR_CHARACTERS] for line in content["traceback"][-ERROR_LINES:]],
    }
