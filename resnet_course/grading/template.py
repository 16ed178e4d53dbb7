"""The process from which kernels fork: it has imported everything once, and never runs anybody's code itself.

``python -m resnet_course.grading.template SOCKET`` listens on a Unix socket. Each connection brings one line of JSON
(see `Order`); a child enters the sandbox that it names, gives up every right, and becomes an ordinary IPython kernel.
The connection closes when that kernel is gone. The template ends when its standard input closes, so with its owner.

It must stay single-threaded: a fork copies no threads, and only a single-threaded process may enter a user namespace.
"""

from __future__ import annotations

import contextlib
import ctypes
import gc
import json
import os
import pickle
import resource
import select
import signal
import socket
import sys
from importlib import import_module
from pathlib import Path
from typing import BinaryIO, NoReturn, TypedDict, cast

# What /usr/include/linux/sched.h and prctl.h call them.
NAMESPACES = {
    "user": 0x10000000,
    "mnt": 0x00020000,
    "pid": 0x20000000,
    "net": 0x40000000,
    "ipc": 0x08000000,
    "uts": 0x04000000,
}
LINUX = sys.platform == "linux"
PR_CAPBSET_DROP, PR_SET_NO_NEW_PRIVS, LAST_CAPABILITY = 24, 38, 63
CAPABILITY_VERSION_3 = 0x20080522


class Order(TypedDict):
    """What a kernel is to be: its connection file, its folder, its sandbox (a process in it, or none), its limits."""

    connection_file: str
    folder: str
    sandbox: int | None
    user: int | None
    limits: dict[str, int]


class Call(TypedDict):
    """A function of the course's to call in a fork, the size of its pickled arguments, which follow, and its limits."""

    call: str
    size: int
    seconds: int
    memory: int


# What a kernel imports as it starts, then what lessons and their checks use. torch's first optimizer imports _dynamo,
# which takes most of a second.
PRELOADED = [
    "ipykernel.kernelapp",
    "ipykernel.debugger",
    "IPython.core.completer",
    "IPython.core.completerlib",
    "IPython.core.debugger",
    "IPython.core.oinspect",
    "IPython.extensions.storemagic",
    "tornado.platform.asyncio",
    "matplotlib.pyplot",
    "matplotlib_inline.backend_inline",
    "torch._dynamo",
    "torchvision",
    "resnet_course.grading.inside",
    "resnet_course.grading.intake",
    "resnet_course.plots",
    "resnet_course.explorers",
    "resnet_course.experiments",
]


def preload() -> None:
    """Import what notebooks use, so that a forked kernel has it already."""
    for name in PRELOADED:
        import_module(name)
    checks = import_module("resnet_course.checks")
    for lesson in checks.LESSONS:
        checks.of_lesson(lesson)
    # A forked kernel's garbage collector would touch, and so copy, every object there is.
    gc.collect()
    gc.freeze()


def serve(address: str) -> None:
    """Listen until the owner is gone."""
    listener = socket.socket(socket.AF_UNIX)
    listener.bind(address)
    listener.listen(64)
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)  # children are not waited for: their connection tells
    print("ready", flush=True)
    while True:
        readable, _, _ = select.select([listener, sys.stdin], [], [])
        if sys.stdin in readable:
            return
        connection, _ = listener.accept()
        if os.fork() == 0:
            listener.close()
            _answer(connection)
        connection.close()


def _answer(connection: socket.socket) -> NoReturn:
    """Start the kernel that a connection orders and wait for its end."""
    try:
        signal.signal(signal.SIGCHLD, signal.SIG_DFL)
        with connection.makefile("rb") as lines:
            order: Order = json.loads(lines.readline())
            if "call" in order:
                _call(cast("Call", order), lines, connection)
        if order["sandbox"] is not None:
            enter(order["sandbox"])
        # A process joins a PID namespace only by its children.
        kernel = os.fork()
        if kernel == 0:
            _become_kernel(order)
        connection.sendall(f"{_wait(kernel, connection)}\n".encode())
    except BaseException as error:
        with contextlib.suppress(OSError):
            connection.sendall(f"{type(error).__name__}: {error}\n".encode())
    finally:
        os._exit(0)


def _call(call: Call, lines: BinaryIO, connection: socket.socket) -> NoReturn:
    """Answer a call: what comes out of it, pickled, or nothing where it broke its limits."""
    try:
        arguments = pickle.loads(lines.read(call["size"]))
        data = int(Path("/proc/self/statm").read_text().split()[5]) * resource.getpagesize() if LINUX else 0
        limits = {"CPU": call["seconds"], "DATA": data + call["memory"], "CORE": 0}
        for name, most in limits.items():
            with contextlib.suppress(OSError, ValueError):  # macOS does not know all of them
                resource.setrlimit(getattr(resource, f"RLIMIT_{name}"), (most, most))
        module, _, function = call["call"].partition(":")
        returned, error = None, ""
        try:
            returned = getattr(import_module(module), function)(*arguments)
        except Exception as raised:
            if isinstance(raised, MemoryError):
                raise
            error = f"{type(raised).__name__}: {raised}"
        connection.sendall(pickle.dumps((returned, error)))
    finally:
        os._exit(0)


def _wait(kernel: int, connection: socket.socket) -> int:
    """Return the exit status of a kernel; end it when the owner closes the connection."""
    while True:
        ended, status = os.waitpid(kernel, os.WNOHANG)
        if ended:
            return os.waitstatus_to_exitcode(status)
        if select.select([connection], [], [], 0.05)[0]:
            with contextlib.suppress(OSError):
                os.killpg(kernel, signal.SIGKILL)
            os.kill(kernel, signal.SIGKILL)
            return os.waitstatus_to_exitcode(os.waitpid(kernel, 0)[1])


def enter(pid: int) -> None:
    """Enter every namespace of a sandbox, given a process in it."""
    libc = ctypes.CDLL(None, use_errno=True)
    handles = {name: os.open(f"/proc/{pid}/ns/{name}", os.O_RDONLY) for name in NAMESPACES}
    for name, kind in NAMESPACES.items():
        if name == "mnt":
            # A user namespace inside this one would bring rights back, and files in memory that nobody counts.
            Path("/proc/sys/user/max_user_namespaces").write_text("0")
        if libc.setns(handles[name], kind) != 0:
            raise OSError(ctypes.get_errno(), f"cannot enter the sandbox's {name} namespace")
        os.close(handles[name])


def drop_rights(user: int | None) -> None:
    """Give up every capability for good, and become another user if one is given."""
    libc = ctypes.CDLL(None, use_errno=True)
    for capability in range(LAST_CAPABILITY + 1):
        libc.prctl(PR_CAPBSET_DROP, capability, 0, 0, 0)  # those that the system does not know are refused
    if user is not None:
        os.setgroups([])
        os.setresgid(user, user, user)
        os.setresuid(user, user, user)
    header = (ctypes.c_uint32 * 2)(CAPABILITY_VERSION_3, 0)
    if libc.capset(header, (ctypes.c_uint32 * 6)()) != 0 or libc.prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0:
        raise OSError(ctypes.get_errno(), "cannot give up capabilities")


def _become_kernel(order: Order) -> NoReturn:
    try:
        os.setsid()
        null = os.open(os.devnull, os.O_RDWR)
        for descriptor in (0, 1, 2):
            os.dup2(null, descriptor)
        os.closerange(3, resource.getrlimit(resource.RLIMIT_NOFILE)[0])
        os.chdir(order["folder"])
        for name, most in order["limits"].items():
            kind = getattr(resource, f"RLIMIT_{name}")
            allowed = resource.getrlimit(kind)[1]
            least = most if allowed == resource.RLIM_INFINITY else min(most, allowed)
            resource.setrlimit(kind, (least, least))
        if order["sandbox"] is not None:
            drop_rights(order["user"])
        _reseed()
        _run_kernel(order["connection_file"])
    finally:
        os._exit(1)


def _reseed() -> None:
    # Two forks would otherwise draw the same "random" numbers.
    import random

    import numpy
    import torch

    random.seed()
    numpy.random.seed()
    torch.seed()


def _run_kernel(connection_file: str) -> None:
    from ipykernel.kernelapp import IPKernelApp

    app = IPKernelApp.instance(capture_fd_output=False)
    app.initialize(["-f", connection_file, "--HistoryManager.enabled=False", "--IPKernelApp.log_level=CRITICAL"])
    # IPython leaves with exit() only a moment later: in the middle of another exercise, which would be blamed.
    app.shell.ask_exit = lambda: os._exit(0)
    app.start()
    os._exit(0)


if __name__ == "__main__":
    import resnet_course.grading.template as template

    template.preload()
    template.serve(sys.argv[1])
    os._exit(0)  # nothing to tidy up, and libraries complain at a regular end
