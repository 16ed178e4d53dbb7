"""The process from which kernels fork: it has imported everything once, and never runs anybody's code itself.

``python -m resnet_course.grading.template SOCKET`` listens on a Unix socket. Each connection brings one line of JSON
(see `Order`); a child enters the sandbox that it names, gives up every right, and becomes the relay (`relay.py`) of an
ordinary IPython kernel, which is its own child. The connection closes when that kernel is gone. The template ends when
its standard input closes, so with its owner.

It must stay single-threaded: a fork copies no threads, and only a single-threaded process may enter a user namespace.
"""

from __future__ import annotations

import contextlib
import ctypes
import errno
import gc
import json
import os
import pickle
import platform
import queue
import resource
import select
import shutil
import signal
import socket
import sys
import threading
from importlib import import_module
from pathlib import Path
from typing import BinaryIO, NoReturn, TypedDict, cast

from resnet_course.grading import relay, syscalls
from resnet_course.grading.sandbox import held

# What /usr/include/linux/sched.h and prctl.h call them.
NAMESPACES = {
    "user": 0x10000000,
    "pid": 0x20000000,
    "net": 0x40000000,
    "ipc": 0x08000000,
    "uts": 0x04000000,
    "mnt": 0x00020000,  # last: until then the system's own /proc can be written to
}
LINUX = sys.platform == "linux"
PR_CAPBSET_DROP, PR_SET_NO_NEW_PRIVS, LAST_CAPABILITY = 24, 38, 63
PR_SET_PDEATHSIG = 1
CAPABILITY_VERSION_3 = 0x20080522
KEYCTL, KEYCTL_ELSEWHERE, KEYCTL_JOIN_SESSION_KEYRING = {"x86_64": 250}, 219, 1


class Order(TypedDict):
    """What a kernel is to be.

    The folder in which it starts, that of its sockets, its sandbox (a process in it, or none), the user that it
    becomes, its limits, and how many bytes of output are kept.
    """

    folder: str
    sockets: str
    sandbox: int | None
    user: int | None
    limits: dict[str, int]
    output: int


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
    syscalls.make_filter()
    # A forked kernel's garbage collector would touch, and so copy, every object there is.
    gc.collect()
    gc.freeze()


def serve(address: str) -> None:
    """Listen until the owner is gone."""
    own_keyring()
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
    """Become the relay of the kernel that a connection orders."""
    try:
        os.setsid()  # Ctrl-C is for the grader, who then closes the connection
        signal.signal(signal.SIGCHLD, signal.SIG_DFL)
        null = os.open(os.devnull, os.O_RDWR)
        for descriptor in (0, 1, 2):
            os.dup2(null, descriptor)
        with connection.makefile("rb") as lines:
            order: Order = json.loads(lines.readline())
            if "call" in order:
                _call(cast("Call", order), lines, connection)
        taken = held()
        own_keyring()
        processes = enter(order["sandbox"]) if order["sandbox"] is not None else None

        def start(connection_file: str) -> int:
            if order["user"] is not None:
                os.chown(connection_file, order["user"], order["user"])
            if processes is None:
                kernel = _fork(order, connection_file)
            else:
                kernel = _fork_from_thread(order, connection_file, processes)
                drop_capabilities()
            relay.limit_memory(taken)
            return kernel

        relay.serve(connection, order["sockets"], order["output"], start)
        if order["sandbox"] is None:
            shutil.rmtree(order["sockets"], ignore_errors=True)  # also when the grader was killed
    except BaseException as error:
        with contextlib.suppress(OSError):
            told: relay.Told = {"ended": "died", "why": f"{type(error).__name__}: {error}"}
            connection.sendall(json.dumps(told).encode() + b"\n")
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


def _fork(order: Order, connection_file: str) -> int:
    kernel = os.fork()
    if kernel == 0:
        _become_kernel(order, connection_file)
    return kernel


def _fork_from_thread(order: Order, connection_file: str, processes: int) -> int:
    """Fork the kernel into a PID namespace and return its process id.

    Who enters a PID namespace is in it only by its children, and can start no threads any more; ZeroMQ needs some. But
    it is a matter of each thread. This one stays: a kernel ends with the thread that it was forked from.
    """
    forked: queue.SimpleQueue[int | BaseException] = queue.SimpleQueue()

    def fork() -> None:
        try:
            _set_namespace(processes, "pid")
            drop_rights(order["user"])
            forked.put(_fork(order, connection_file))
        except BaseException as error:
            forked.put(error)
        threading.Event().wait()

    threading.Thread(target=fork, daemon=True).start()
    kernel = forked.get()
    if isinstance(kernel, BaseException):
        raise kernel
    return kernel


def own_keyring() -> None:
    """Leave the session's keyring, in which the teacher's keys are, for a new and empty one.

    Raises
    ------
    OSError
        If there can be none, and no filter keeps learners' code from the keys.
    """
    if sys.platform != "linux":
        return
    libc = ctypes.CDLL(None, use_errno=True)
    number = KEYCTL.get(platform.machine(), KEYCTL_ELSEWHERE)
    failed = libc.syscall(number, KEYCTL_JOIN_SESSION_KEYRING, None) < 0
    # A container that forbids such calls forbids them inside the sandbox too.
    if failed and ctypes.get_errno() not in (errno.ENOSYS, errno.EPERM) and syscalls.make_filter() is None:
        raise OSError(ctypes.get_errno(), "cannot get a session keyring of its own")


def die_with_parent() -> None:
    """Let this process be killed when its parent ends, however that happens."""
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGKILL, 0, 0, 0)


def enter(pid: int) -> int:
    """Enter every namespace of a sandbox but that of its processes, given a process in it; return a handle of that."""
    handles = {name: os.open(f"/proc/{pid}/ns/{name}", os.O_RDONLY) for name in NAMESPACES}
    processes = handles.pop("pid")
    for name, handle in handles.items():
        if name == "mnt":
            # A user namespace inside this one would bring rights back, and files in memory that nobody counts.
            Path("/proc/sys/user/max_user_namespaces").write_text("0")
            for kind in ("shmmni", "msgmni"):  # memory that belongs to no process
                with contextlib.suppress(OSError):  # older systems leave them to root
                    Path("/proc/sys/kernel", kind).write_text("0")
        _set_namespace(handle, name)
        os.close(handle)
    return processes


def _set_namespace(handle: int, name: str) -> None:
    if ctypes.CDLL(None, use_errno=True).setns(handle, NAMESPACES[name]) != 0:
        raise OSError(ctypes.get_errno(), f"cannot enter the sandbox's {name} namespace")


def drop_rights(user: int | None) -> None:
    """Become another user, if one is given, and give up every capability for good."""
    libc = ctypes.CDLL(None, use_errno=True)
    for capability in range(LAST_CAPABILITY + 1):
        libc.prctl(PR_CAPBSET_DROP, capability, 0, 0, 0)  # those that the system does not know are refused
    if user is not None:
        os.setgroups([])
        os.setresgid(user, user, user)
        os.setresuid(user, user, user)
    drop_capabilities()


def drop_capabilities() -> None:
    """Give up this thread's capabilities, and let no program that it runs have any."""
    libc = ctypes.CDLL(None, use_errno=True)
    header = (ctypes.c_uint32 * 2)(CAPABILITY_VERSION_3, 0)
    if libc.capset(header, (ctypes.c_uint32 * 6)()) != 0 or libc.prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0:
        raise OSError(ctypes.get_errno(), "cannot give up capabilities")


def _become_kernel(order: Order, connection_file: str) -> NoReturn:
    try:
        os.setsid()
        die_with_parent()
        os.closerange(3, resource.getrlimit(resource.RLIMIT_NOFILE)[0])
        os.chdir(order["folder"])
        for name, most in order["limits"].items():
            kind = getattr(resource, f"RLIMIT_{name}")
            allowed = resource.getrlimit(kind)[1]
            least = most if allowed == resource.RLIM_INFINITY else min(most, allowed)
            resource.setrlimit(kind, (least, least))
        filtering = syscalls.make_filter()
        if order["sandbox"] is not None and filtering is not None:
            filtering.load()
        _reseed()
        _run_kernel(connection_file)
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
    shutil.rmtree(Path(sys.argv[1]).parent, ignore_errors=True)  # a grader that was killed has not
    os._exit(0)  # nothing to tidy up, and libraries complain at a regular end
